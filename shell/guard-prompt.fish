
# Again before every prompt: version managers, activated environments and sourced files like to come first.
function __guard_prompt --on-event fish_prompt
    __guard_path
end
