# guard: keeps its shims first on PATH. What a hook holds as text, nu evals before the next prompt, so load it with:
#   $env.config.hooks.pre_prompt ++= [(guard init nu)]

# Puts the shims first on PATH when something has come before them. At a prompt this is one comparison.
let __guard_path = {||
    let dir = @DIR@
    # A start-up file may have left it as one text.
    let path = $env.PATH? | default []
    let path = if ($path | describe) == "string" { $path | split row (char esep) } else { $path }
    if ($path | get 0?) != $dir {
        # An empty PATH is one empty entry here, and that would be the working directory.
        let rest = if $path == [""] { [] } else { $path | where $it != $dir }
        $env.PATH = [$dir] ++ $rest
    }
}
do --env $__guard_path

# Out of the hooks go this text, which is run once, and what an earlier load left.
let __guard_others = {|hook| not (try { "__guard_path" in $hook } catch { false }) }
$env.config.hooks.pre_prompt = ($env.config.hooks.pre_prompt? | default [] | where $__guard_others)
$env.config.hooks.pre_execution = ($env.config.hooks.pre_execution? | default [] | where $__guard_others)
