#!/bin/sh
# Called by dpkg before it does anything (dpkg(1), --pre-invoke); only what takes packages away is looked at, and what
# may by making room for others. Exit code 77 stops dpkg; the line in dpkg.cfg.d lets every other one pass.
case $DPKG_HOOK_ACTION in
remove | purge) ;;
install | unpack)
    # apt's library takes away what is in the way before it unpacks anything, and has said so to its own hook.
    [ -z "$DPKG_FRONTEND_LOCKED" ] || exit 0
    if [ "$DPKG_HOOK_ACTION" = unpack ]; then
        dpkg=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$PPID/status" 2>/dev/null)
        case $(tr '\0' ' ' <"/proc/${dpkg:-0}/cmdline" 2>/dev/null) in
        *' --status-fd '*) exit 0 ;;
        esac
    fi
    ;;
*) exit 0 ;;
esac
[ -x /usr/lib/guard/guard ] || exit 0
/usr/lib/guard/guard apt-hook dpkg
code=$?
case $code in
# Said by nothing but guard: a file that was emptied or replaced ends with 0, too.
40) exit 0 ;;
64 | 65 | 69 | 70 | 74 | 77 | 78 | 130) ;;
*)
    case $DPKG_HOOK_ACTION in
    # No fault of guard's stops an installation.
    install | unpack)
        echo "guard: warning: it ended with code $code while it looked at what has to make room. Run \`guard doctor\`" >&2
        exit 0
        ;;
    esac
    echo "guard: error: it ended with code $code while it looked at what would be removed; nothing was changed" >&2
    echo '  help: run `guard doctor`; what removes nothing still works' >&2
    ;;
esac
exit 77
