
# The first prompt tells, once, what a later line of a start-up file put in front. What direnv or mise did is no such line.
if ! \builtin declare -F __guard_first >/dev/null; then
    __guard_first() {
        \builtin local status=$? dir=@DIR@ files=.bashrc what
        # It stays where it is, for Bash is walking through PROMPT_COMMAND now, and has no more to say.
        # shellcheck disable=SC2317
        __guard_first() { \builtin return $?; }
        # What a later line added to PROMPT_COMMAND may put something first as well.
        case "${PROMPT_COMMAND[*]-}" in
            *__guard_path) ;;
            *__guard_path*) PROMPT_COMMAND[${#PROMPT_COMMAND[@]} - 1]+=$'\n__guard_path' ;;
            *) ;;
        esac
        case ":${PATH-}:" in
            ":${dir}:"*) \builtin return "${status}" ;;
            *":${dir}:"*) \builtin printf -v what "%q was put before guard's directory" "${PATH%%:*}" ;;
            *) what="guard's directory was taken off PATH" ;;
        esac
        if [[ -z ${DIRENV_DIR-}${__MISE_DIFF-} ]]; then
            if \builtin shopt -q login_shell; then files+=' or ~/.profile'; fi
            \builtin printf 'guard: %s by a later line of ~/%s; %s\n' "${what}" "${files}" @MENDED@ >&2
        fi
        \builtin return "${status}"
    }
fi

# Before every prompt: version managers, activated environments and sourced files like to come first.
for __guard_hook in @HOOKS@; do
    if [[ ";${PROMPT_COMMAND[*]:-};" == *"${__guard_hook}"* ]]; then
        \builtin continue
    fi
    # Bash 5.1 and later take an array; appending a string to it would change its first element only.
    if [[ "$(\builtin declare -p PROMPT_COMMAND 2>/dev/null || \builtin true)" == "declare -a"* ]]; then
        PROMPT_COMMAND+=("${__guard_hook}")
    else
        # shellcheck disable=SC2178
        PROMPT_COMMAND="${PROMPT_COMMAND:+${PROMPT_COMMAND%;};}${__guard_hook}"
    fi
done
\builtin unset -v __guard_hook
