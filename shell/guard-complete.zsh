
# Completion for guard itself, fetched when it is first asked for. The tools' own completions are not touched.
__guard_complete() {
    \builtin eval "$(\command guard completions zsh 2>/dev/null)" && _guard "$@"
}
if (( ${+functions[compdef]} )); then
    compdef __guard_complete guard
fi
