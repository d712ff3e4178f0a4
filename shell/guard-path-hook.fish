
# The first prompt tells, once, what a later line of a start-up file put in front. What direnv or mise did is no such line.
if not functions -q __guard_prompt
    function __guard_first --on-event fish_prompt
        set -l dir @DIR@
        functions --erase __guard_first
        if test "$PATH[1]" = "$dir"; or set -q DIRENV_DIR; or set -q __MISE_DIFF
            return
        end
        set -l what "guard's directory was taken off PATH"
        if contains -- $dir $PATH
            set what (string escape -- $PATH[1])" was put before guard's directory"
        end
        echo "guard: $what by a later line of ~/.config/fish/config.fish; "@MENDED@ >&2
    end
end

# Before every prompt, and before every line is run: version managers, activated environments and sourced files like to come
# first, and some add their hooks later than guard.
function __guard_prompt --on-event fish_prompt --on-event fish_preexec
    @HOOKS@
end
