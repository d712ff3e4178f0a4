//! Command lines for the host itself as people write them: behind sudo, ssh and xargs, in pipes and lists.

use crate::engine::effect::Effect::{self, Destroy, Disrupt, Mutate, Read, Unknown};
use crate::engine::line::{judge_line, judge_words};

const ROWS: &[(Effect, &str)] = &[
    (Destroy, "sudo apt-get -y purge postgresql-15"),
    (Destroy, "DEBIAN_FRONTEND=noninteractive apt-get -y purge postgresql-15"),
    (Destroy, "sudo env DEBIAN_FRONTEND=noninteractive apt-get -yq --purge remove p"),
    (Destroy, "dpkg -l | awk '/^rc/{print $2}' | xargs sudo dpkg -P"),
    (Destroy, "dpkg -P $(dpkg -l | awk '/^rc/{print $2}')"),
    (Destroy, "deborphan | xargs apt-get -y remove --purge"),
    (Destroy, "apt-get remove default-mysql-server && apt autoremove --purge"),
    (Destroy, "/usr/bin/apt-get purge p"),
    (Disrupt, "yes | apt-get remove p"),
    (Disrupt, "apt-get -s remove p && apt-get -y remove p"),
    (Disrupt, "for p in a b; do apt-get -y remove $p; done"),
    (Destroy, "for v in remove purge; do apt-get -y $v p; done"),
    (Disrupt, "chroot /mnt apt-get remove p"),
    (
        Disrupt,
        "debconf-apt-progress -- apt-get -q -y -o APT::Get::AutomaticRemove=true install task-mail-server-",
    ),
    (Disrupt, "some-wrapper --quiet aptitude remove p"),
    (Disrupt, "systemd-run --on-active=5 systemctl stop nginx"),
    (Mutate, "apt-get update && apt-get install -y p"),
    (Mutate, "echo 'p purge' | dpkg --set-selections"),
    (Read, "apt list --installed | grep postgres"),
    (Read, "sudo apt-get -s dist-upgrade | grep ^Remv"),
    (Disrupt, "ssh db1 sudo systemctl stop postgresql"),
    // Not refused, and a loss all the same.
    (Destroy, "ssh db1 'rm -rf /tmp/x'"),
    (Destroy, "ssh db1 'rm -rf /srv/x'"),
    (Destroy, "ssh db1 ssh db2 'rm -rf /tmp/x'"),
    (Disrupt, "systemctl --user stop x"),
    (Disrupt, "ssh db1 reboot"),
    (Disrupt, "sudo shutdown -r now"),
    (Disrupt, "sleep 5; reboot"),
    (Disrupt, "sudo /etc/init.d/postgresql stop"),
    (Read, "/etc/init.d/postgresql status"),
    (Disrupt, "nsenter -t 1 -m -p systemctl restart x"),
    (Destroy, "echo b > /proc/sysrq-trigger"),
    (Destroy, "echo b | sudo tee /proc/sysrq-trigger"),
    (Read, "echo b | tee /tmp/x"),
    // Words of others that are names here.
    (Unknown, "terraform init"),
    (Destroy, "docker service rm web"),
    (Unknown, "somewhere reboot -f"),
    (Read, "echo apt-get purge p"),
    (Read, "grep -r 'systemctl stop' ."),
    (Read, "which apt-get"),
];

#[test]
fn rows() {
    let wrong: Vec<String> = ROWS
        .iter()
        .filter_map(|(want, line)| {
            let got = judge_line(line.as_bytes()).effect;
            (got != *want).then(|| format!("{line}: {got}, not {want}"))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What hooks refuse: lines that call a tool guard stands in front of. The others are judged, and not its business.
#[test]
fn lines_with_guarded_tools_are_guarded() {
    for (want, line) in [
        (Some(Destroy), "sudo apt-get -y purge postgresql-15"),
        (Some(Destroy), "dpkg -P $(dpkg -l | awk '/^rc/{print $2}')"),
        (Some(Destroy), "apt-get purge p; kubectl get ns"),
        (Some(Disrupt), "ssh db1 sudo systemctl stop postgresql"),
        (Some(Disrupt), "sleep 5; reboot"),
        (Some(Disrupt), "sudo /etc/init.d/postgresql stop"),
        (Some(Disrupt), "some-wrapper --quiet aptitude remove p"),
        (Some(Mutate), "apt-get update && apt-get install -y p"),
        (Some(Read), "apt list --installed | grep postgres"),
        (None, "echo b > /proc/sysrq-trigger"),
        (None, "snap remove p"),
        (Some(Destroy), "docker service rm web"),
        (None, "somewhere reboot -f"),
        (None, "echo apt-get purge p"),
    ] {
        assert_eq!(judge_line(line.as_bytes()).guarded, want, "{line}");
    }
}

#[test]
fn an_argv_is_judged_like_a_line() {
    assert_eq!(judge_words(&[b"apt-get", b"purge", b"p"]).effect, Destroy);
    assert_eq!(judge_words(&[b"sudo", b"/etc/init.d/x", b"stop"]).effect, Disrupt);
}
