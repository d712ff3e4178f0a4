#!/bin/sh
# Installs guard for one user; no root is needed.
#
#   sh install.sh [--to DIR] [--version VERSION]     DIR is ~/.local/bin unless said otherwise
#   sh install.sh [--to DIR] --undo                  removes what it wrote there, and nothing else
#
# The tarball for this machine is fetched with curl or wget (and with what they know of proxies), its SHA-256 digest is
# compared, and only then anything changes. Running it again changes to the version it is given.
#
#   GUARD_BASE_URL   where the files are: BASE/vVERSION/FILE
#   XDG_DATA_HOME    where manual pages and completions go (default: ~/.local/share)

# Everything stands in functions, and the last line is the end of what calls them: a download that was cut off runs nothing.
set -eu

say() { printf '%s\n' "$*"; }
fail() { # WHAT WHY HELP
    printf 'install.sh: error: %s\n  because: %s\n  help: %s\n' "$1" "$2" "$3" >&2
    exit 1
}

usage() {
    say "sh install.sh [--to DIR] [--version VERSION] [--undo]"
    say "  --to DIR            where the programs go (default: ~/.local/bin)"
    say "  --version VERSION   which guard (default: $default_version)"
    say "  --undo              remove what it wrote"
}

# Downloads URL FILE. What begins with https does not go on without.
fetch() {
    if command -v curl >/dev/null 2>&1; then
        case $1 in https:*) only='=https' ;; *) only='=http,https' ;; esac
        curl --fail --silent --show-error --location --proto-redir "$only" --output "$2" "$1" 2>"$work/why"
    elif command -v wget >/dev/null 2>&1; then
        wget -q -O "$2" "$1" 2>"$work/why"
    else
        fail "nothing can be downloaded" "neither curl nor wget is installed" "install one of them"
    fi || fail "cannot download $1" "$(tail -n 1 "$work/why" | cut -c 1-200)" "check the address (GUARD_BASE_URL), the version and the network"
}

digest() {
    if command -v sha256sum >/dev/null 2>&1; then
        sha256sum <"$1"
    elif command -v shasum >/dev/null 2>&1; then
        shasum -a 256 <"$1"
    else
        fail "the download cannot be checked" "neither sha256sum nor shasum is installed" "install coreutils"
    fi | cut -d ' ' -f 1
}

target() {
    case $(uname -s)/$(uname -m) in
    Linux/x86_64 | Linux/amd64) say x86_64-unknown-linux-musl ;;
    Linux/aarch64 | Linux/arm64) say aarch64-unknown-linux-musl ;;
    Darwin/x86_64) say x86_64-apple-darwin ;;
    Darwin/arm64) say aarch64-apple-darwin ;;
    *) fail "there is no guard for this machine" "it is $(uname -sm)" "build it: cargo install --path . in guard's sources" ;;
    esac
}

# The lists of what was written: `f PATH` a file, `d PATH` a directory that was made for it.
is_listed() { [ -f "$list" ] && grep -qxF "f $1" "$list"; }

# Makes a directory, and notes each that was not there in $new_list, the outermost first.
directory() {
    [ ! -d "$1" ] || return 0
    directory "$(dirname "$1")"
    mkdir "$1" || fail "cannot create $1" "see above" "choose another place with --to"
    say "d $1" >>"$new_list"
}

# Removes the files of the list $1 that are not in the list $2, and its directories where they are empty then.
remove() {
    grep '^f ' "$1" | cut -c 3- | while IFS= read -r path; do
        if ! grep -qxF "f $path" "$2"; then rm -f "$path" "$path.guard-new"; fi
    done
    # The innermost first.
    grep '^d ' "$1" | cut -c 3- | sort -r | while IFS= read -r path; do
        if ! grep -qxF "d $path" "$2"; then rmdir "$path" 2>/dev/null || true; fi
    done
}

# At the end, whatever it was: what was copied and not put in place goes again.
clean_up() {
    if [ -f "$work/staged" ]; then
        while read -r _ path; do rm -f "$path.guard-new"; done <"$work/plan"
        remove "$work/staged" "$old"
    fi
    rm -rf "$work"
}

undo() {
    [ -f "$list" ] || fail "nothing to remove" "there is no $list" "name the directory it was installed to with --to"
    cp "$list" "$work/list"
    # Links that lead to what goes now.
    shims=$data/guard/shims
    for link in "$shims"/*; do
        [ -L "$link" ] || continue
        if is_listed "$(readlink "$link")"; then
            say "links in $shims lead to what is removed now: the tools behind them run unguarded (in open shells: hash -r)."
            say "remove them with: rm -r '$shims'"
            break
        fi
    done
    rm -f "$list"
    remove "$work/list" /dev/null
    say "removed guard from $to. The line with \`guard init\` in the shell's start-up file is yours to take out;"
    say "policy, records and copies stay: ~/.config/guard, ~/.local/state/guard"
}

# Whether PATH has the directory.
on_path() { case :${PATH:-}: in *:"$1":*) return 0 ;; *) return 1 ;; esac; }

install_guard() {
    [ -n "$base" ] || fail "there is no telling where to download from" "this install.sh knows no address" "set GUARD_BASE_URL: the files are at BASE/vVERSION/FILE"
    target=$(target)
    name=guard-$version-$target
    fetch "$base/v$version/SHA256SUMS" "$work/SHA256SUMS"
    wanted=$(awk -v file="$name.tar.gz" '$2 == file || $2 == "*" file { print $1 }' "$work/SHA256SUMS")
    [ -n "$wanted" ] || fail "there is no guard $version for $target" "SHA256SUMS at $base/v$version does not list $name.tar.gz" "try another --version"
    fetch "$base/v$version/$name.tar.gz" "$work/$name.tar.gz"
    found=$(digest "$work/$name.tar.gz")
    [ "$found" = "$wanted" ] || fail "the download is not what SHA256SUMS says" "digest $found instead of $wanted" "nothing was installed: run it again, and do not use this file if that does not help"
    tar -xzf "$work/$name.tar.gz" -C "$work" || fail "$name.tar.gz cannot be unpacked" "see above" "run it again"
    rm -f "$work/$name.tar.gz"
    got=$("$work/$name/bin/guard" --version 2>"$work/why") || fail "this guard does not run here" "$(head -n 1 "$work/why")" "set TMPDIR to a directory that programs may run in, or build guard: cargo install --path ."

    # What goes where. Programs last: whoever finds one finds its pages, too.
    : >"$work/plan"
    (cd "$work/$name" && find share bin -type f | LC_ALL=C sort -r) | while IFS= read -r file; do
        case $file in
        bin/*) say "$file $to/${file#bin/}" ;;
        share/*) say "$file $data/${file#share/}" ;;
        esac
    done >"$work/plan"
    while read -r file path; do
        if { [ -e "$path" ] || [ -L "$path" ]; } && ! is_listed "$path"; then
            fail "$path is there already" "this install.sh did not write it" "move it away, or choose another place with --to"
        fi
    done <"$work/plan"

    # Beside its place, so that it can be renamed into it.
    old=/dev/null
    [ ! -f "$list" ] || old=$list
    new_list=$work/staged
    : >"$new_list"
    while read -r file path; do
        directory "$(dirname "$path")"
        cp "$work/$name/$file" "$path.guard-new"
    done <"$work/plan"
    directory "$(dirname "$list")"

    # Nothing interrupts the renames. A kill between them leaves whole programs, and the next run mends what is old: until
    # all is in place the list says what either version has.
    trap '' INT TERM HUP
    {
        # Directories that an earlier run made are still its own.
        cat "$work/staged" "$old" | grep '^d ' | sort -u
        while read -r _ path; do say "f $path"; done <"$work/plan"
        say "f $list"
    } >"$work/installed"
    cp "$old" "$work/old"
    cat "$work/installed" "$work/old" >"$list.guard-new"
    rm -f "$work/staged"
    mv -f "$list.guard-new" "$list"
    while read -r _ path; do mv -f "$path.guard-new" "$path"; done <"$work/plan"
    remove "$work/old" "$work/installed"
    cp "$work/installed" "$list.guard-new"
    mv -f "$list.guard-new" "$list"
    trap 'exit 130' INT TERM HUP

    say "$got is in $to"
    if ! on_path "$to"; then
        say "$to is not on PATH: add this to ~/.profile and log in again"
        say "  export PATH=\"$to:\$PATH\""
    fi
    say "next: guard install    puts it in front of your tools; guard doctor then proves it"
}

main() {
    default_version=@VERSION@
    base=${GUARD_BASE_URL:-@BASE_URL@}
    base=${base%/}
    version=$default_version to='' undo=no
    while [ $# -gt 0 ]; do
        case $1 in
        --to | --version)
            [ -n "${2:-}" ] || fail "$1 needs a value" "nothing comes after it" "sh install.sh --help"
            if [ "$1" = --to ]; then to=$2; else version=${2#v}; fi
            shift
            ;;
        --undo) undo=yes ;;
        -h | --help)
            usage
            return 0
            ;;
        *) fail "there is no option $1" "it knows --to, --version and --undo" "sh install.sh --help" ;;
        esac
        shift
    done
    case $version in *[!0-9A-Za-z.+-]*) fail "$version is no version" "versions are like $default_version" "sh install.sh --help" ;; esac
    if [ -z "$to" ] || [ -z "${XDG_DATA_HOME:-}" ]; then
        [ -n "${HOME:-}" ] || fail "there is no telling where your files go" "HOME is not set" "set HOME, or --to and XDG_DATA_HOME"
    fi
    to=${to:-$HOME/.local/bin}
    case $to in /*) ;; *) to=$(pwd)/$to ;; esac
    to=${to%/}
    data=${XDG_DATA_HOME:-$HOME/.local/share}
    # One list for each place that was installed to.
    list=$data/guard/installed$(say "$to" | tr / =)
    umask 022
    work=$(mktemp -d "${TMPDIR:-/tmp}/guard-install.XXXXXX") || fail "no temporary directory can be made" "see above" "set TMPDIR to a directory you may write to"
    trap clean_up EXIT
    trap 'exit 130' INT TERM HUP
    if [ "$undo" = yes ]; then undo; else install_guard; fi
}

{
    main "$@"
    exit
}
