# guard: keeps its shims first on PATH. Load it with: eval "$(guard init zsh)"

# Puts the shims first on PATH when something has come before them. At a prompt this is one comparison.
__guard_path() {
    \builtin local -i ret=$?
    \builtin emulate -L zsh
    \builtin local dir=@DIR@
    if [[ ${path[1]-} != $dir ]]; then
        path=($dir "${(@)path:#$dir}")
        \builtin export PATH
        # A path the shell remembers for a tool would go past the shim.
        \builtin rehash
    fi
    \builtin return $ret
}
__guard_path
