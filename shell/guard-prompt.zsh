
# Again before every prompt: version managers, activated environments and sourced files like to come first.
\builtin typeset -ga precmd_functions
if (( ! ${precmd_functions[(Ie)__guard_path]} )); then
    precmd_functions+=(__guard_path)
fi
