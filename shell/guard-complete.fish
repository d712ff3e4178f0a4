
# Completion for guard itself, fetched when it is first asked for. The tools' own completions are not touched.
function __guard_complete
    complete -e -c guard
    command guard completions fish 2>/dev/null | source
    complete -C (commandline -cp)
end
complete -c guard -f -a '(__guard_complete)'
