
# The first prompt tells, once, what a later line of a start-up file put in front. What direnv or mise did is no such line.
if (( ! ${+functions[__guard_first]} )); then
    __guard_first() {
        \builtin local -i ret=$?
        \builtin emulate -L zsh
        \builtin local dir=@DIR@ files='~/.zshrc' what
        # It stays where it is, for zsh is walking through precmd_functions now, and has no more to say.
        functions[__guard_first]='\builtin return $?'
        if [[ ${path[1]-} != $dir && -z ${DIRENV_DIR-}${__MISE_DIFF-} ]]; then
            if (( ${path[(Ie)$dir]} )); then
                what="${(q)path[1]} was put before guard's directory"
            else
                what="guard's directory was taken off PATH"
            fi
            if [[ -o login ]]; then files+=' or ~/.zlogin'; fi
            \builtin print -ru2 -- "guard: $what by a later line of $files; "@MENDED@
        fi
        \builtin return $ret
    }
fi

# Before every prompt, and before every line is run: version managers, activated environments and sourced files like to come
# first, and some add their hooks later than guard.
\builtin typeset -ga precmd_functions preexec_functions
for __guard_hook in @HOOKS@; do
    if (( ! ${precmd_functions[(Ie)$__guard_hook]} )); then
        precmd_functions+=($__guard_hook)
    fi
    if [[ $__guard_hook == __guard_path ]] && (( ! ${preexec_functions[(Ie)$__guard_hook]} )); then
        preexec_functions+=($__guard_hook)
    fi
done
\builtin unset __guard_hook
