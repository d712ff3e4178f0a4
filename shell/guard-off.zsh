# guard: takes its shims off the PATH of this shell. Load it with: eval "$(guard init zsh --off)"

\builtin typeset -ga precmd_functions preexec_functions
__guard_off() {
    \builtin emulate -L zsh
    \builtin local dir=@DIR@
    path=("${(@)path:#$dir}")
    \builtin export PATH
    \builtin rehash
    # Before the next prompt it would be put back.
    precmd_functions=("${(@)precmd_functions:#(__guard_path|__guard_first)}")
    preexec_functions=("${(@)preexec_functions:#__guard_path}")
    \builtin unset 'functions[__guard_path]' 'functions[__guard_first]'
}
__guard_off
\builtin unfunction __guard_off
