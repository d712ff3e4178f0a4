# guard: takes its shims off the PATH of this shell. Load it with: eval "$(guard init bash --off)"

__guard_off() {
    \builtin local dir=@DIR@ rest i
    rest=":${PATH-}:"
    while [[ ${rest} == *:"${dir}":* ]]; do
        rest="${rest%%:"${dir}":*}:${rest#*:"${dir}":}"
    done
    rest="${rest#:}"
    PATH="${rest%:}"
    \builtin export PATH
    \builtin hash -r
    # Before the next prompt it would be put back. A text is an array of one element here.
    for i in "${!PROMPT_COMMAND[@]}"; do
        PROMPT_COMMAND[i]="${PROMPT_COMMAND[i]//__guard_path/:}"
        PROMPT_COMMAND[i]="${PROMPT_COMMAND[i]//__guard_first/:}"
    done
    \builtin unset -f __guard_path __guard_first
}
__guard_off
\builtin unset -f __guard_off
