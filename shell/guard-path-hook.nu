
# Again before every prompt, and before every line is run: hooks on a change of directory come after those of the prompt.
$env.config.hooks.pre_prompt ++= [{__guard_path: true, code: $__guard_path}]
$env.config.hooks.pre_execution ++= [{__guard_path: true, code: $__guard_path}]
