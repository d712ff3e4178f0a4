# guard: takes its shims off the PATH of this shell. Load it with: eval "$(guard init sh --off)"

__guard_off() {
    \set -- @DIR@ ":${PATH-}:"
    while \true; do
        case "$2" in
            *":$1:"*) \set -- "$1" "${2%%":$1:"*}:${2#*":$1:"}" ;;
            *) \break ;;
        esac
    done
    \set -- "$1" "${2#:}"
    PATH="${2%:}"
    \export PATH
}
__guard_off
\unset -f __guard_off
