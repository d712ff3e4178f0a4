//! A daemon behind ssh: why it cannot be asked, and a machine whose name says nothing. The `ssh` here is made up.

use crate::docker::Stage;
use crate::support::fake_daemon::volume;
use crate::support::machine::REFUSED;

/// Answers as OpenSSH does: `-G` tells the machine, and without a key it does not get in.
const SSH: &str = r#"#!/bin/sh
case " $* " in
*" -G "*) echo "hostname ${FAR_NAME:-db1}"; exit ;;
*" BatchMode=yes "*) ;;
*) echo asks >/dev/tty ;;
esac
[ -e "$HOME/key" ] || {
    echo "Warning: Permanently added 'db1' (ED25519) to the list of known hosts." >&2
    echo "root@db1: Permission denied (publickey,password)." >&2
    exit 255
}
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
    let screen =
        s.alone(RM).is(REFUSED).says("ssh: root@db1: Permission denied").says("(publickey,password)");
    screen.not("Warning: ");
    assert_eq!(s.asked(RM), "destroy db1/*", "which volume that is nobody saw");
    s.machine.program("real/ssh", "#!/bin/sh\n[ \"$1\" = -G ] && echo hostname db1 && exit\nexit 255\n");
    s.alone(RM).is(REFUSED).says("the connection broke");
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
