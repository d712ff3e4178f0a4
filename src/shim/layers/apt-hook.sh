#!/bin/sh
# Called by apt before dpkg starts, with the list of what is about to happen (apt.conf(5), DPkg::Pre-Install-Pkgs,
# version 3). No program of guard's runs unless a package is taken away, so that no fault of guard's can stop an
# upgrade. Exit code 77 stops apt; the line in apt.conf.d lets every other one pass.
plan=$(/bin/cat) || plan=
case $plan in
*' **REMOVE**'*) ;;
'VERSION 2'* | 'VERSION 3'*) exit 0 ;;
*)
    echo 'guard: warning: apt does not say what it is about to remove: dpkg will ask. Run `guard doctor`' >&2
    exit 0
    ;;
esac
[ -x /usr/lib/guard/guard ] || exit 0
printf '%s\n' "$plan" | /usr/lib/guard/guard apt-hook pre-install
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
