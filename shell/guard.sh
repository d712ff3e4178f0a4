# guard: puts its shims first on PATH. Load it with: eval "$(guard init sh)"

# Positional parameters are all that is local to a function in every sh. PATH set anew makes the shell forget where tools were.
__guard_path() {
    \set -- @DIR@ ":${PATH-}:"
    case "$2" in
        ":$1:"*) \return 0 ;;
        *) ;;
    esac
    while \true; do
        case "$2" in
            *":$1:"*) \set -- "$1" "${2%%":$1:"*}:${2#*":$1:"}" ;;
            *) \break ;;
        esac
    done
    \set -- "$1" "${2#:}"
    \set -- "$1" "${2%:}"
    PATH="$1${2:+:$2}"
    \export PATH
}
__guard_path
\unset -f __guard_path
