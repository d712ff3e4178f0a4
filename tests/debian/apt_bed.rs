//! The systems that the tests of apt, dpkg and systemctl run in are what those tests take them for: real packages that
//! really go, with the data of the real servers, in a copy that leaves nothing behind.

use crate::support::chroot;
use crate::support::chroot::{Release, Root};
use crate::support::own_test;
use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

macro_rules! fresh {
    ($name:literal) => {
        match Root::fresh($name) {
            Some(root) => root,
            None => return,
        }
    };
}

/// The names of the packages that a simulation would take, with its word for each.
fn goes(simulated: &str) -> BTreeSet<(&str, &str)> {
    let words = simulated.lines().map(|line| line.split_whitespace().take(2).collect::<Vec<_>>());
    words.filter(|w| matches!(w.first(), Some(&"Remv" | &"Purg"))).map(|w| (w[0], w[1])).collect()
}

/// Every file below a directory with its size and time.
fn tree(dir: &Path) -> Vec<(std::path::PathBuf, u64, std::time::SystemTime)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let meta = fs::symlink_metadata(&path).unwrap();
        if meta.is_dir() {
            found.extend(tree(&path));
        }
        found.push((path, meta.len(), meta.modified().unwrap()));
    }
    found.sort();
    found
}

/// alwaysdata, 2011: the client's package takes the server along, and its purge the data.
#[test]
fn purging_the_client_drops_the_cluster_here_and_nowhere_else() {
    let root = fresh!("purge");
    let original = chroot::original(Release::Twelve).unwrap();
    let data = original.join("var/lib/postgresql/15/main");
    let before = tree(&data);
    assert!(before.iter().map(|f| f.1).sum::<u64>() > 20 << 20, "a cluster of some size");
    let both = |word| BTreeSet::from([(word, "postgresql-15"), (word, "postgresql-client-15")]);
    let simulated = root.ok("apt-get -s -qq remove postgresql-client-15");
    assert_eq!(goes(&simulated), both("Remv"));
    assert_eq!(goes(&root.ok("apt-get -s -qq purge postgresql-client-15")), both("Purg"));

    root.start("postgres");
    assert_eq!(root.customers(), Some(120_000));
    let said = root.ok("DEBIAN_FRONTEND=noninteractive apt-get -y purge postgresql-client-15 2>&1");
    assert!(said.contains("Dropping cluster main"), "{said}");
    assert!(!root.has("/var/lib/postgresql/15/main") && !root.has("/etc/postgresql/15/main"));
    assert!(!root.in_state("ii", &["postgresql-15"]) && root.customers().is_none());
    assert!(!root.ok("ps ax").contains("postgres:"), "its server is stopped");

    assert_eq!(tree(&data), before, "the original is as it was");
    let next = fresh!("after a purge");
    assert!(next.in_state("ii", &["postgresql-15", "postgresql-client-15"]));
    assert!(next.has("/var/lib/postgresql/15/main/PG_VERSION"), "and so is the next copy");
}

#[test]
fn what_the_other_tests_count_on_is_there() {
    let root = fresh!("contents");
    assert_eq!(
        goes(&root.ok("apt-get -s -qq purge redis-tools")),
        BTreeSet::from([("Purg", "redis-server"), ("Purg", "redis-tools")])
    );
    let cascade = root.ok("apt-get -s -qq remove shop-base");
    assert!(goes(&cascade).is_superset(&BTreeSet::from([("Remv", "shop"), ("Remv", "shop-web")])));
    let unused = root.ok("apt-get -s -qq autoremove --purge shop");
    assert_eq!(goes(&unused).len(), 5, "{unused}");
    let swap = root.ok("apt-get -s -qq install exim4-daemon-light");
    assert_eq!(goes(&swap), BTreeSet::from([("Remv", "postfix")]));
    assert_eq!(goes(&root.ok("apt-get -s -qq purge '~c'")), BTreeSet::from([("Purg", "etcd-server")]));
    assert!(root.in_state("rc", &["etcd-server"]) && root.has("/var/lib/etcd/default/member/snap/db"));
    assert!(root.in_state("hi", &["rsync"]), "held");
    assert!(!root.run("apt-get -s remove -y rsync").status.success(), "apt keeps to it");
    assert!(!root.run("apt-get -s remove -y dash").status.success(), "essential");
    // Without a network: from the cache of downloads, and from the mirror inside.
    assert_eq!(root.ok("ip -o link | cut -d : -f 2"), " lo\n");
    root.ok("apt-get clean && cd /tmp && apt-get download postgresql-15 redis-tools && test -s postgresql-15_*.deb");
    root.ok(
        "DEBIAN_FRONTEND=noninteractive apt-get install -y exim4-daemon-light && test -x /usr/sbin/exim4",
    );
    assert_eq!(root.ok("hostname").trim(), "db1");
    assert_eq!(root.ok("su alice -c 'sudo -n id -u'").trim(), "0");
    for tool in
        ["aptitude --version", "python3 -c 'import apt'", "systemctl --version", "dpkg-repack --version"]
    {
        root.ok(tool);
    }
}

#[test]
fn its_servers_run_and_hold_data() {
    let root = fresh!("servers");
    for service in ["postgres", "redis", "nginx", "postfix", "ssh"] {
        root.start(service);
    }
    assert_eq!(root.customers(), Some(120_000));
    assert_eq!(root.ok("redis-cli dbsize").trim(), "20000");
    assert_eq!(root.ok("redis-cli get order:7").trim(), "paid");
}

/// With systemd the packages' scripts stop what goes through their units, and processes belong to units.
#[test]
#[ignore = "tests/run --all: one more booted systemd"]
fn it_boots() {
    let Some(root) = Root::booted("boots") else { return };
    for service in ["postgres", "redis", "nginx", "postfix", "ssh"] {
        root.start(service);
    }
    assert_eq!(root.ok("systemctl list-units --failed --no-legend").trim(), "");
    assert_eq!(root.customers(), Some(120_000));
    let group = root.ok("cat /proc/$(pidof redis-server)/cgroup");
    assert!(group.lines().any(|line| line == "0::/system.slice/redis-server.service"), "{group}");
    root.ok("DEBIAN_FRONTEND=noninteractive apt-get -y remove redis-server");
    assert!(!root.run("pidof redis-server").status.success() && root.has("/var/lib/redis/dump.rdb"));
    // It can even be taken down, and the machine stays up.
    let first = format!("/proc/{}/exe", root.pid());
    root.run("systemctl poweroff");
    until("it is down", || fs::read_link(&first).is_err());
}

#[test]
fn apt_3_takes_the_same() {
    let Some(root) = Root::of(Release::Thirteen, "apt 3") else { return };
    assert!(root.ok("apt-get --version").starts_with("apt 3."));
    assert_eq!(
        goes(&root.ok("apt-get -s -qq purge redis-tools")),
        BTreeSet::from([("Purg", "redis-server"), ("Purg", "redis-tools")])
    );
    root.start("redis");
    assert_eq!(root.ok("redis-cli dbsize").trim(), "20000");
}

#[test]
fn a_person_at_its_terminal_is_asked_by_the_packages_themselves() {
    let root = fresh!("terminal");
    let mut terminal = root.pty("tty; apt-get purge postgresql-client-15");
    terminal.expect("/dev/pts/");
    terminal.expect("Do you want to continue? [Y/n] ");
    terminal.send("y\n");
    terminal.expect("Remove PostgreSQL directories when package is purged?");
    terminal.send("no\n");
    assert_eq!(terminal.code(), 0, "{}", terminal.output());
    assert!(root.has("/var/lib/postgresql/15/main/PG_VERSION"), "the answer was heard");
}

#[test]
fn a_snapshot_sees_every_change() {
    let root = fresh!("snapshot");
    let before = root.snapshot(&[]);
    root.ok("apt-get -s -qq purge redis-tools && dpkg -l >/dev/null && aptitude -s -y remove redis-tools </dev/null");
    root.is_as(&before, &[]);
    root.ok("printf x | dd of=/var/lib/redis/dump.rdb bs=1 seek=20 conv=notrunc status=none");
    root.ok("apt-mark hold nginx-light && rm /etc/default/redis-server && touch /srv/new && chmod 700 /usr/bin/less");
    let changed = before.differences(&root.snapshot(&[])).join("\n");
    for path in
        ["dump.rdb", "nginx-light", "gone: ./etc/default/redis-server", "new: ./srv/new", "./usr/bin/less"]
    {
        assert!(changed.contains(path), "{path} in\n{changed}");
    }
}

/// Processes and mounts end with the copy, also when whoever started it is killed.
#[test]
fn nothing_stays_running_or_mounted() {
    let root = fresh!("end");
    let inside = root.path().join("var/lib/dpkg/status");
    assert!(inside.is_file(), "seen from outside while it lives");
    root.start("redis");
    let running = root.ok("pidof redis-server");
    assert!(!running.trim().is_empty());
    let mut sleeper = root.command(&["sleep", "1000"]).spawn().unwrap();
    until("the sleeper starts", || !root.ok("pgrep -x sleep || true").is_empty());
    // SAFETY: a plain system call; the number is that of a live process this test started.
    unsafe { libc::kill(i32::try_from(root.pid()).unwrap(), libc::SIGKILL) };
    until("the sleeper ends", || sleeper.try_wait().unwrap().is_some());
    assert!(!inside.exists());
    drop(root);
    let left: Vec<String> =
        chroot::mounts_outside().into_iter().filter(|m| m.contains("guard-tests")).collect();
    assert!(left.is_empty(), "{left:?}");
}

/// The other half of the next test: it is started by it, to be killed.
#[test]
#[ignore = "started by the next one, to be killed"]
fn as_child_hold() {
    let root = fresh!("holder");
    println!("holds {}", root.pid());
    std::thread::sleep(Duration::from_secs(100));
}

#[test]
fn a_copy_ends_with_whoever_held_it() {
    drop(fresh!("held"));
    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", own_test!("as_child_hold"), "--ignored", "--nocapture"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(holder.stdout.take().unwrap()).lines();
    let pid =
        lines.map_while(Result::ok).find_map(|line| Some(line.split_once("holds ")?.1.to_owned())).unwrap();
    let process = format!("/proc/{pid}");
    assert!(Path::new(&process).exists());
    holder.kill().unwrap();
    holder.wait().unwrap();
    until("its copy ends", || !Path::new(&process).exists());
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let end = Instant::now() + Duration::from_secs(60);
    while !holds() {
        assert!(Instant::now() < end, "never: {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
