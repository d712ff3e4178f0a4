#!/bin/sh
# Called by dpkg before it does anything (dpkg(1), --pre-invoke); only what takes packages away is looked at. Exit code
# 77 stops dpkg; the line in dpkg.cfg.d lets every other one pass.
case $DPKG_HOOK_ACTION in
remove | purge) ;;
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
    echo "guard: error: it ended with code $code while it looked at what would be removed; nothing was changed" >&2
    echo '  help: run `guard doctor`; what removes nothing still works' >&2
    ;;
esac
exit 77
