# guard: takes its shims off the PATH of this shell. What a hook holds as text, nu evals before the next prompt, so load it with:
#   $env.config.hooks.pre_prompt ++= [(guard init nu --off)]

let __guard_path = $env.PATH? | default []
let __guard_path = if ($__guard_path | describe) == "string" { $__guard_path | split row (char esep) } else { $__guard_path }
$env.PATH = ($__guard_path | where $it != @DIR@)

# Out of the hooks go what would put it back, and this text.
let __guard_others = {|hook| not (try { "__guard_path" in $hook } catch { false }) }
$env.config.hooks.pre_prompt = ($env.config.hooks.pre_prompt? | default [] | where $__guard_others)
$env.config.hooks.pre_execution = ($env.config.hooks.pre_execution? | default [] | where $__guard_others)
