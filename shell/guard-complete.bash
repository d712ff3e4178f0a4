
# Completion for guard itself, fetched when it is first asked for. The tools' own completions are not touched.
__guard_complete() {
    \builtin local script
    script="$(\command guard completions bash 2>/dev/null)" || \builtin return 1
    # 124 tells Bash to look for the completion again.
    \builtin eval "${script}" && \builtin return 124
}
if \builtin type complete >/dev/null 2>&1; then
    \builtin complete -F __guard_complete guard
fi
