
# Again before every prompt: version managers, activated environments and sourced files like to come first.
if [[ ";${PROMPT_COMMAND[*]:-};" != *__guard_path* ]]; then
    # Bash 5.1 and later take an array; appending a string to it would change its first element only.
    if [[ "$(\builtin declare -p PROMPT_COMMAND 2>/dev/null || \builtin true)" == "declare -a"* ]]; then
        PROMPT_COMMAND+=(__guard_path)
    else
        # shellcheck disable=SC2178
        PROMPT_COMMAND="${PROMPT_COMMAND:+${PROMPT_COMMAND%;};}__guard_path"
    fi
fi
