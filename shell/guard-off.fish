# guard: takes its shims off the PATH of this shell. Load it with: guard init fish --off | source

function __guard_off
    set -l dir @DIR@
    set -l rest
    for entry in $PATH
        test "$entry" = "$dir"; or set -a rest $entry
    end
    set -gx PATH $rest
    # Before the next prompt it would be put back.
    functions --erase __guard_first __guard_prompt __guard_path
end
__guard_off
functions --erase __guard_off
