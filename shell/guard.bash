# guard: keeps its shims first on PATH. Load it with: eval "$(guard init bash)"

# Puts the shims first on PATH when something has come before them. At a prompt this is one comparison.
__guard_path() {
    \builtin local status=$? dir=@DIR@ rest
    case "${PATH-}" in
        "${dir}" | "${dir}":*) \builtin return "${status}" ;;
        *) ;;
    esac
    rest=":${PATH-}:"
    while [[ ${rest} == *:"${dir}":* ]]; do
        rest="${rest%%:"${dir}":*}:${rest#*:"${dir}":}"
    done
    rest="${rest#:}"
    rest="${rest%:}"
    PATH="${dir}${rest:+:${rest}}"
    \builtin export PATH
    # A path the shell remembers for a tool would go past the shim.
    \builtin hash -r
    \builtin return "${status}"
}
__guard_path
