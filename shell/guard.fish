# guard: keeps its shims first on PATH. Load it with: guard init fish | source

# Puts the shims first on PATH when something has come before them. At a prompt this is one comparison.
function __guard_path
    set -l saved $status
    set -l dir @DIR@
    if not set -q PATH[1]; or test "$PATH[1]" != "$dir"
        set -l rest
        for entry in $PATH
            test "$entry" = "$dir"; or set -a rest $entry
        end
        set -gx PATH $dir $rest
    end
    return $saved
end
__guard_path
