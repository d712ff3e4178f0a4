//! The layers below PATH, on a real Debian: whatever calls libapt or dpkg is asked for, nothing that removes nothing is,
//! and neither a broken guard nor a broken policy stops an installation.

use crate::support::apt_stage::Bed;
use crate::support::{ended, machine};
use std::time::{Duration, Instant};

macro_rules! bed {
    ($way:ident, $name:literal) => {
        match Bed::$way($name) {
            Some(bed) => bed,
            None => return,
        }
    };
}

/// A commit of python-apt, as unattended-upgrades does it.
const COMMIT: &str =
    "python3 -c 'import apt; c = apt.Cache(); p = c[\"redis-tools\"]; p.mark_delete(purge=True); c.commit()'";

/// No shim: the tools by their full paths, a library, a script.
#[test]
fn no_way_round_the_shims_leads_round_the_hooks() {
    let bed = bed!(hooks, "hooks");
    bed.start("redis");
    bed.start("postgres");
    let before = bed.snapshot();
    for line in [
        "/usr/bin/apt-get -y remove redis-tools",
        "/usr/bin/apt-get -y purge redis-tools",
        "DEBIAN_FRONTEND=noninteractive /usr/bin/apt -y autoremove --purge redis-tools",
        "/usr/bin/dpkg --remove postgresql-15",
        "/usr/bin/dpkg --purge redis-server redis-tools",
        "/usr/bin/dpkg -P etcd-server",
        COMMIT,
        "env -i /usr/bin/apt-get -y purge redis-tools",
    ] {
        let end = bed.alone(line);
        assert_ne!(end.code, 0, "{line}\n{}", end.output);
        assert!(end.output.contains("guard: refused"), "{line}\n{}", end.output);
        bed.is_as(&before);
    }
    // aptitude notes what it was asked for before it calls anybody: that alone is another afterwards.
    for line in ["/usr/bin/aptitude -y remove redis-tools", "/usr/bin/aptitude -y purge redis-tools"] {
        let end = bed.alone(line);
        assert!(end.code != 0 && end.output.contains("guard: refused"), "{line}\n{}", end.output);
        bed.root.aptitude_has_ended();
        assert!(!bed.root.ok("/usr/bin/aptitude -s -y install </dev/null").contains("redis"), "{line}");
        assert!(bed.root.in_state("ii", &["redis-server", "redis-tools"]), "{line}");
    }
    assert_eq!(bed.root.ok("redis-cli dbsize").trim(), "20000");
}

#[test]
fn what_removes_nothing_meets_no_question() {
    let bed = bed!(whole, "installs");
    for line in [
        "DEBIAN_FRONTEND=noninteractive apt-get -y install nano",
        "apt-get -y --reinstall install less",
        "apt-get -o Dir::Etc::sourcelist=/etc/apt/none update",
        "apt-get -y upgrade",
        "dpkg --configure -a",
        "/usr/bin/dpkg -i /srv/mirror/nano_*.deb",
    ] {
        bed.alone(line).is(0).not("guard:");
    }
    assert!(bed.root.in_state("ii", &["nano"]));
}

/// One question for one command, however many layers it passes.
#[test]
fn what_was_confirmed_once_is_not_asked_about_again() {
    let bed = bed!(whole, "once");
    bed.start("redis");
    let line = "DEBIAN_FRONTEND=noninteractive apt-get -y remove redis-tools";
    let mut terminal = bed.terminal(line);
    let question = bed.question(&mut terminal);
    terminal.send(question.right);
    let end = ended::ended(terminal).is(0);
    assert_eq!(end.output.matches(question.asks).count(), 1, "{}", end.output);
    assert!(bed.root.in_state("rc", &["redis-server"]));
}

/// The hook asks on the terminal of whoever runs the tool, where no shim did.
#[test]
fn a_hook_asks_by_itself() {
    let bed = bed!(hooks, "hook asks");
    bed.start("redis");
    bed.start("postgres");
    let before = bed.snapshot();
    for line in [COMMIT, "/usr/bin/apt -y autoremove redis-tools", "/usr/bin/dpkg --remove postgresql-15"] {
        let end = bed.declined(line);
        assert!(end.code != 0 && end.output.contains("running"), "{line}\n{}", end.output);
        bed.is_as(&before);
    }
    let mut terminal = bed.terminal("/usr/bin/dpkg --remove postgresql-15");
    let question = bed.question(&mut terminal);
    terminal.send(question.right);
    ended::ended(terminal).is(0);
    assert!(bed.root.in_state("rc", &["postgresql-15"]));
}

/// Whatever is wrong with guard: installations work, and nothing is removed behind its back.
#[test]
fn a_broken_guard_bricks_nothing() {
    let bed = bed!(hooks, "broken");
    let install = "apt-get -y --reinstall install less";
    let remove = "apt-get -y remove redis-tools";
    for (broken, removes) in [
        // Crashes at once; says nothing and ends well; cannot be started; hangs on nothing.
        ("printf '#!/bin/sh\\nkill -SEGV $$\\n' >/usr/lib/guard/guard", false),
        (": >/usr/lib/guard/guard", false),
        ("printf '#!/no/such/interpreter\\n' >/usr/lib/guard/guard", false),
        ("printf '#!/bin/sh\\nexit 0\\n' >/usr/lib/guard/guard", false),
        // Gone, by whoever took it away: as if it had never been.
        ("rm /usr/lib/guard/guard", true),
    ] {
        bed.root.ok(&format!("cp -p /usr/lib/guard/guard /root/guard.whole; {broken}"));
        bed.alone(install).is(0);
        bed.alone("/usr/bin/dpkg -i /srv/mirror/nano_*.deb && /usr/bin/dpkg --configure -a").is(0);
        let end = bed.alone(remove);
        assert_eq!(end.code == 0, removes, "{broken}\n{}", end.output);
        assert_eq!(bed.root.in_state("ii", &["redis-server", "redis-tools"]), !removes, "{broken}");
        bed.root.ok("mv /root/guard.whole /usr/lib/guard/guard");
    }
}

#[test]
fn a_policy_that_cannot_be_read_lets_nothing_go_and_everything_come() {
    let bed = bed!(hooks, "policy");
    bed.root.write("/etc/guard/policy.yaml", "version: 1\nclusters: [{{\n");
    let before = bed.snapshot();
    for line in ["apt-get -y remove redis-tools", COMMIT, "/usr/bin/dpkg -P etcd-server"] {
        let end = bed.alone(line);
        assert!(end.code != 0 && end.output.contains("policy"), "{line}\n{}", end.output);
        bed.is_as(&before);
    }
    bed.alone("apt-get -y install nano").is(0);
    bed.root.shims(&["apt-get"]);
    bed.alone("apt-get -y install --reinstall nano").is(0);
    bed.alone("apt-get -y remove redis-tools").is(78).says("policy.yaml");
    assert!(bed.root.in_state("ii", &["redis-server", "redis-tools"]));
}

/// Somebody else's apt runs: the simulation takes no lock, and the command itself ends as it would without guard.
#[test]
fn locks_held_by_another_apt_hold_up_no_question() {
    let bed = bed!(shims, "locks");
    let lock = "import fcntl, os, time
for path in ['/var/lib/dpkg/lock-frontend', '/var/lib/dpkg/lock', '/var/cache/apt/archives/lock', '/var/lib/apt/lists/lock']:
    fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)
    fcntl.lockf(fd, fcntl.LOCK_EX)
open('/tmp/locked', 'w')
time.sleep(1000)";
    bed.root.write("/tmp/lock.py", lock);
    bed.root.ok("setsid python3 /tmp/lock.py >/dev/null 2>&1 </dev/null &");
    let end = Instant::now() + Duration::from_secs(60);
    while !bed.root.has("/tmp/locked") {
        assert!(Instant::now() < end, "the locks are not taken");
        std::thread::sleep(Duration::from_millis(10));
    }
    let before = bed.snapshot();
    bed.alone("apt-get -y purge redis-tools").is(machine::REFUSED).says("redis-server");
    let mut terminal = bed.terminal("apt-get -y remove redis-tools");
    let question = bed.question(&mut terminal);
    terminal.send(question.right);
    ended::ended(terminal).is(100).says("Could not get lock");
    bed.is_as(&before);
}

/// A package database that apt itself cannot work with.
#[test]
fn broken_dependencies_are_apts_to_tell() {
    let bed = bed!(whole, "broken dependencies");
    bed.root.ok("/usr/bin/dpkg --force-depends --unpack /srv/mirror/exim4-daemon-light_*.deb 2>&1 || true");
    let end = bed.alone("apt-get -y remove redis-tools");
    assert!(end.code != 0, "{}", end.output);
    assert!(bed.root.in_state("ii", &["redis-server", "redis-tools"]));
}

/// Nothing can be written: guard says so or leaves it to apt; nothing goes either way.
#[test]
fn a_full_or_read_only_disk_loses_nothing() {
    let bed = bed!(whole, "disk");
    let before = bed.snapshot();
    bed.root.ok("mount -o remount,ro /");
    for line in
        ["apt-get -y purge redis-tools", "/usr/bin/dpkg -P etcd-server", "apt-get -y remove shop-base"]
    {
        let end = bed.alone(line);
        assert_ne!(end.code, 0, "{line}\n{}", end.output);
    }
    bed.root.ok("mount -o remount,rw /");
    bed.is_as(&before);
}

#[test]
fn uninstalling_leaves_nothing() {
    let bed = bed!(whole, "uninstall");
    bed.root.ok("guard doctor --apt");
    bed.root.ok("guard uninstall --apt");
    for path in [
        "/etc/apt/apt.conf.d/99guard",
        "/etc/dpkg/dpkg.cfg.d/00guard",
        "/usr/lib/guard",
        "/usr/local/sbin/apt-get",
    ] {
        assert!(!bed.root.has(path), "{path}");
    }
    bed.alone("apt-get -y remove redis-tools").is(0).not("guard");
}
