//! A daemon behind ssh: why it cannot be asked, the person who has to log in, and a machine whose name says nothing. The `ssh` here is
//! made up; it asks on the terminal and keeps a login as the real one does.

use crate::docker::Stage;
use crate::support::ended::ended;
use crate::support::fake_daemon::volume;
use crate::support::machine::REFUSED;
use std::fs;

/// Answers as OpenSSH does: `-G` tells the machine, a login is kept at `ControlPath`, and only over one that is there it goes on
/// without a password.
const SSH: &str = r#"#!/bin/sh
path= master= batch= said= ends=
for word; do
    case $word in
    ControlPath=*) path=${word#*=} ;;
    ControlMaster=yes) master=yes ;;
    BatchMode=yes) batch=yes ;;
    -G) said=yes ;;
    exit) ends=yes ;;
    esac
done
[ -z "$said" ] || { echo "hostname ${FAR_NAME:-db1}"; exit; }
[ -z "$ends" ] || { echo exit >>"$HOME/ran"; rm "$path"; exit; }
refuse() {
    echo "Warning: Permanently added 'db1' (ED25519) to the list of known hosts." >&2
    echo "root@db1: Permission denied (publickey,password)." >&2
    exit 255
}
if [ "$master" ]; then
    printf "root@db1's password: " >/dev/tty
    read -r secret
    [ "$secret" = sesame ] || refuse
    : >"$path"
    exit
fi
[ -e "$HOME/key" ] || [ -e "${path:-/nonexistent}" ] || refuse
[ "$batch" ] || exit 9
exec perl -MIO::Socket::UNIX -e '
    my $far = IO::Socket::UNIX->new(Peer => $ENV{FAR}) or die;
    if (my $other = fork) {
        while (sysread STDIN, my $some, 65536) { syswrite $far, $some }
        kill "TERM", $other;
    } else {
        while (sysread $far, my $some, 65536) { syswrite STDOUT, $some }
    }'
"#;

/// The daemon `db1` behind `ssh://db1`.
fn behind_ssh() -> Stage {
    let mut s = Stage::new();
    s.daemon.volumes(vec![volume("pgdata")]);
    s.machine.program("real/ssh", SSH);
    let socket = s.daemon.socket().display().to_string();
    s.machine.env("FAR", socket).env("DOCKER_HOST", "ssh://root@db1");
    s.machine.dir("run");
    let run = s.machine.at("run").display().to_string();
    s.machine.env("XDG_RUNTIME_DIR", run);
    s
}

const RM: &str = "volume rm pgdata";

#[test]
fn with_a_key_it_is_asked_as_any_other() {
    let s = behind_ssh();
    s.machine.file("key", "");
    s.alone(RM).is(REFUSED).says("volume pgdata: 231 MB").says("id AAAA:BBBB:CCCC");
    s.answer(RM, "db1/pgdata").is(0);
    assert_eq!(s.ran(), "ssh://root@db1||volume rm pgdata\n");
}

#[test]
fn where_nobody_can_log_in_ssh_says_why() {
    let s = behind_ssh();
    let screen = s.alone(RM).is(REFUSED).says("ssh: root@db1: Permission denied (publickey,password)");
    screen.not("password: ").not("Warning: ");
    assert_eq!(s.asked(RM), "destroy db1/pgdata");
    s.machine.program("real/ssh", "#!/bin/sh\n[ \"$1\" = -G ] && echo hostname db1 && exit\nexit 255\n");
    s.alone(RM).is(REFUSED).says("the connection broke");
}

#[test]
fn a_person_logs_in_once_for_all_questions() {
    let s = behind_ssh();
    let mut terminal = s.machine.terminal_of(s.docker(RM));
    terminal.expect("ssh wants you before the daemon can be asked");
    terminal.expect("password: ");
    terminal.send("sesame\n");
    let screen = terminal.expect("3 tries: ");
    assert!(screen.contains("volume pgdata: 231 MB") && !screen.contains("unchecked"), "{screen}");
    terminal.send("db1/pgdata\n");
    ended(terminal).is(0);
    // The login ends before the tool runs, which knows nothing of it.
    assert_eq!(s.ran(), "exit\nssh://root@db1||volume rm pgdata\n");
    assert_eq!(fs::read_dir(s.machine.at("run")).unwrap().count(), 0, "nothing is left");
}

#[test]
fn a_login_that_fails_or_is_given_up_leaves_what_is_known() {
    let s = behind_ssh();
    let mut terminal = s.machine.terminal_of(s.docker(RM));
    terminal.expect("password: ");
    terminal.send("wrong\n");
    terminal.expect("3 tries: ");
    terminal.send("\x04");
    ended(terminal).is(REFUSED).says("Permission denied");
    let mut terminal = s.machine.terminal_of(s.docker(RM));
    terminal.expect("password: ");
    terminal.send("sesame\n");
    terminal.expect("3 tries: ");
    terminal.send("\x04");
    ended(terminal).is(REFUSED);
    assert_eq!(s.ran(), "exit\n");
    assert_eq!(fs::read_dir(s.machine.at("run")).unwrap().count(), 0, "nothing is left");
}

#[test]
fn a_machine_whose_name_says_nothing_goes_by_its_address() {
    let mut s = behind_ssh();
    s.machine.file("key", "");
    s.daemon.is("AAAA:BBBB:CCCC", "localhost");
    assert_eq!(s.asked(RM), "destroy db1/pgdata");
    s.machine.env("FAR_NAME", "192.0.2.7");
    assert_eq!(s.asked(RM), "destroy 192.0.2.7/pgdata");
}
