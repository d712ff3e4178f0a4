//! What a package's own scripts do, what a file takes away that is installed, what was selected long ago: on a real
//! Debian, with packages made for it.

use crate::support::apt_stage::Bed;
use crate::support::ended::{self, Ended};
use crate::support::machine::REFUSED;
use std::time::{Duration, Instant};

macro_rules! bed {
    ($way:ident, $name:literal) => {
        match Bed::$way($name) {
            Some(bed) => bed,
            None => return,
        }
    };
}

/// Builds a package: lines of its control file, and its scripts by name.
fn package(bed: &Bed, name: &str, control: &str, scripts: &[(&str, &str)]) -> String {
    let dir = format!("/tmp/build/{name}");
    bed.root.write(
        &format!("{dir}/DEBIAN/control"),
        format!(
            "Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: nobody <nobody@example.org>\n{control}Description: {name}\n"
        ),
    );
    bed.root.write(&format!("{dir}/usr/share/{name}/README"), "x\n");
    for (script, text) in scripts {
        bed.root.write(&format!("{dir}/DEBIAN/{script}"), format!("{text}\n"));
        bed.root.ok(&format!("chmod 755 {dir}/DEBIAN/{script}"));
    }
    let deb = format!("/tmp/{name}.deb");
    bed.root.ok(&format!("dpkg-deb --build --root-owner-group {dir} {deb} >/dev/null"));
    deb
}

/// What takes Redis's place: dpkg removes what it conflicts with and replaces, scripts and all.
fn kappa(bed: &Bed) -> String {
    let instead = "redis-server, redis-tools";
    package(bed, "kappa", &format!("Conflicts: {instead}\nReplaces: {instead}\nProvides: {instead}\n"), &[])
}

fn asked(bed: &Bed, line: &str, right: bool) -> Ended {
    let mut terminal = bed.terminal(line);
    let question = bed.question(&mut terminal);
    terminal.send(if right { question.right } else { question.wrong.to_owned() });
    ended::ended(terminal)
}

#[test]
fn what_is_installed_from_a_file_takes_nothing_away_unseen() {
    let bed = bed!(shims, "dpkg -i");
    let deb = kappa(&bed);
    bed.start("redis");
    bed.root.ok("mkdir /tmp/dir && cp /tmp/kappa.deb /tmp/dir/");
    let before = bed.snapshot();
    for line in [
        "dpkg -i /tmp/kappa.deb",
        "dpkg --unpack /tmp/kappa.deb",
        "dpkg -RGEi /tmp/dir",
        "dpkg --force-depends --install /srv/mirror/nano_*.deb /tmp/kappa.deb",
        "apt-get -y install /tmp/kappa.deb",
        "GUARD_CONFIRM=db2 dpkg -i /tmp/kappa.deb",
    ] {
        bed.alone(line).is(REFUSED).says("redis-server");
        bed.is_as(&before);
    }
    asked(&bed, &format!("dpkg -i {deb}"), false).is(REFUSED).says("running");
    bed.is_as(&before);
    for line in [
        "dpkg --no-act -i /tmp/kappa.deb",
        "dpkg -I /tmp/kappa.deb",
        "dpkg -i /srv/mirror/nano_*.deb",
        "dpkg --configure -a",
    ] {
        bed.alone(line).is(0).not("guard");
    }
    // Files that dpkg itself refuses are left to it.
    bed.alone("dpkg -i /no/such.deb").is(2).not("guard");
    asked(&bed, &format!("dpkg -i {deb}"), true).is(0);
    assert!(bed.root.in_state("ii", &["kappa"]) && !bed.root.in_state("ii", &["redis-server"]));
}

#[test]
fn dpkgs_own_hook_sees_what_has_to_make_room() {
    let bed = bed!(hooks, "dpkg -i, hook");
    let deb = kappa(&bed);
    bed.start("redis");
    let before = bed.snapshot();
    for line in ["/usr/bin/dpkg -i /tmp/kappa.deb", "/usr/bin/dpkg --unpack /tmp/kappa.deb"] {
        let end = bed.alone(line);
        assert!(end.code != 0 && end.output.contains("guard: refused"), "{line}\n{}", end.output);
        bed.is_as(&before);
    }
    bed.alone("/usr/bin/dpkg -i /srv/mirror/nano_*.deb").is(0).not("guard");
    bed.alone("/usr/bin/apt-get -y --reinstall install less").is(0).not("guard");
    asked(&bed, &format!("/usr/bin/dpkg -i {deb}"), true).is(0);
    assert!(bed.root.in_state("ii", &["kappa"]));
}

/// One question, and the hook of guard's own is no reason not to rehearse.
#[test]
fn a_file_is_asked_about_once() {
    let bed = bed!(whole, "dpkg -i, once");
    let deb = kappa(&bed);
    bed.start("redis");
    bed.alone(&format!("dpkg -i {deb}")).is(REFUSED).says("redis-server");
    bed.alone("dpkg -i /srv/mirror/nano_*.deb").is(0).not("guard");
    let end = asked(&bed, &format!("dpkg -i {deb}"), true).is(0);
    assert_eq!(
        end.output.matches("[y/N]: ").count() + end.output.matches("tries: ").count(),
        1,
        "{}",
        end.output
    );
}

/// Removed before and selected for a purge since: every purge takes it along.
#[test]
fn what_was_selected_for_a_purge_goes_with_the_next_one() {
    let bed = bed!(shims, "armed");
    bed.alone("apt-get -y install nano").is(0);
    bed.root.ok("/usr/bin/apt-mark purge etcd-server");
    let before = bed.snapshot();
    for line in [
        "apt-get -y purge nano",
        "apt-get -y remove --purge nano",
        "aptitude -y purge nano",
        "apt-get -y autoremove --purge nano",
        "GUARD_CONFIRM=db1 apt-get -y purge nano",
        "GUARD_CONFIRM=db1/nano apt-get -y purge nano",
    ] {
        bed.alone(line).is(REFUSED).says("not named by you: etcd-server").says("/var/lib/etcd");
        bed.is_as(&before);
    }
    bed.alone("apt-get -y remove nano").is(0).not("guard");
    assert!(bed.root.has("/var/lib/etcd/default/member/snap/db"));
    bed.alone("apt-get -y install nano").is(0);
    bed.answer("apt-get -y purge nano", "db1/etcd-server").is(0);
    assert!(!bed.root.has("/var/lib/etcd") && !bed.root.in_state("pc", &["etcd-server"]));
}

#[test]
fn a_selection_is_asked_about_once_and_blocks_nothing() {
    let bed = bed!(whole, "armed, whole");
    bed.alone("apt-get -y install nano").is(0);
    bed.root.ok("/usr/bin/dpkg --set-selections <<E\netcd-server purge\nE\n");
    for line in ["apt-get -y purge nano", "/usr/bin/apt-get -y purge nano", "aptitude -y purge nano"] {
        let end = bed.alone(line);
        assert!(end.code != 0 && end.output.contains("etcd"), "{line}\n{}", end.output);
        assert!(bed.root.in_state("ii", &["nano"]) && bed.root.has("/var/lib/etcd"), "{line}");
    }
    bed.root.aptitude_has_ended();
    let mut terminal = bed.terminal("/usr/bin/apt-get -y purge nano");
    terminal.expect("tries: ");
    terminal.send("db1/etcd-server\n");
    let end = ended::ended(terminal).is(0);
    assert_eq!(end.output.matches("tries: ").count(), 1, "{}", end.output);
    assert!(!bed.root.has("/var/lib/etcd"));
    bed.alone("apt-get -y install nano").is(0);
    bed.alone("apt-get -y purge nano").is(0).not("guard");
}

/// aptitude would carry out what was refused with its next call, whatever that is about.
#[test]
fn what_aptitude_was_refused_it_forgets() {
    let bed = bed!(hooks, "aptitude forgets");
    let end = bed.alone("/usr/bin/aptitude -y purge redis-tools");
    assert!(end.code != 0 && end.output.contains("taken back"), "{}", end.output);
    let planned = || bed.root.ok("/usr/bin/aptitude -s -y install 2>&1 </dev/null");
    let end = Instant::now() + Duration::from_secs(60);
    while planned().contains("redis") {
        assert!(Instant::now() < end, "{}", planned());
        std::thread::sleep(Duration::from_millis(200));
    }
    assert!(bed.root.in_state("ii", &["redis-server", "redis-tools"]));
}

/// 5 MB of data, and what takes them, one way each: in the script, and when.
#[test]
fn every_script_and_every_way_to_lose_data_counts() {
    let bed = bed!(shims, "scripts");
    bed.root.write("/opt/wipe-book", "#!/bin/sh\nrm -rf /srv/book-$1\n");
    bed.root.ok("chmod 755 /opt/wipe-book");
    let rows = [
        ("prerm", "#!/bin/sh\n[ \"$1\" = remove ] && rm -rf /srv/book-N\nexit 0", true),
        ("prerm", "#!/bin/sh\ncase $1 in remove) truncate -s 0 /srv/book-N/data;; esac", true),
        ("postrm", "#!/bin/sh\n[ \"$1\" = remove ] && : > /srv/book-N/data\nexit 0", true),
        ("prerm", "#!/bin/sh\n/opt/wipe-book N", true),
        ("prerm", "#!/usr/bin/perl\nsystem(\"rm\", \"-rf\", \"/srv/book-N\");", true),
        ("postrm", "#!/bin/sh\nperl -e 'system(\"rm\", \"-rf\", \"/srv/book-N\")'", true),
        ("prerm", "#!/bin/sh\ndd if=/dev/null of=/srv/book-N/data 2>/dev/null", true),
        ("prerm", "#!/bin/sh\nX='rm -rf'; eval \"$X /srv/book-N\"", true),
        ("postrm", "#!/bin/sh\nset -e\nif [ \"$1\" = purge ]; then . /opt/wipe-book N; fi", false),
        (
            "postrm",
            "#!/bin/sh\n[ \"$1\" != purge ] || python3 -c 'import shutil; shutil.rmtree(\"/srv/book-N\")'",
            false,
        ),
    ];
    for (n, (script, text, at_removal)) in rows.iter().enumerate() {
        let name = format!("book-{n}");
        let text = text.replace('N', &n.to_string());
        let deb = package(&bed, &name, "", &[(script, &text)]);
        bed.root.ok(&format!(
            "mkdir /srv/{name} && head -c 5000000 /dev/urandom >/srv/{name}/data && /usr/bin/dpkg -i {deb}"
        ));
        let refused = |line: String| {
            let end = bed.alone(&line).is(REFUSED);
            assert!(!end.output.contains("no script deletes it"), "{line}\n{text}\n{}", end.output);
            assert_eq!(
                bed.root.ok(&format!("stat -c %s /srv/{name}/data")).trim(),
                "5000000",
                "{line}\n{text}"
            );
            end
        };
        for verb in ["apt-get -y purge", "dpkg -P"] {
            let end = refused(format!("{verb} {name}"));
            // Where the removal erases as well, it is no milder way.
            let milder = end.output.contains("keep data and settings");
            assert_eq!(milder, !at_removal, "{verb}\n{text}\n{}", end.output);
        }
        for verb in ["apt-get -y remove", "dpkg -r", "aptitude -y remove"] {
            if *at_removal {
                refused(format!("{verb} {name}"));
            }
        }
        if !at_removal {
            bed.alone(&format!("dpkg -r {name}")).is(0);
            assert!(bed.root.has(&format!("/srv/{name}/data")));
        }
    }
}

#[test]
fn what_a_running_service_needs_is_not_taken_away_by_force() {
    let bed = bed!(shims, "force-depends");
    bed.start("postgres");
    let before = bed.snapshot();
    for line in [
        "dpkg --force-depends -r postgresql-client-15",
        "dpkg --force-all --remove postgresql-client-15",
        "dpkg --force-depends -r postgresql-client-common",
        "dpkg --force-depends -P libpq5",
    ] {
        bed.alone(line).is(REFUSED).says("which it needs").says("(running)");
        bed.is_as(&before);
    }
    // Without force dpkg says no by itself.
    bed.alone("dpkg -r postgresql-client-15").is(1).not("guard");
}

#[test]
fn a_cluster_that_is_down_is_copied_before_it_is_dropped() {
    let bed = bed!(shims, "cluster down");
    let line = "DEBIAN_FRONTEND=noninteractive apt-get -y purge postgresql-15";
    bed.alone(line).is(REFUSED).says("15/main").not("guard restore 2");
    bed.alone(&format!("guard check -- {line}", line = "apt-get purge postgresql-15"))
        .is(3)
        .not("guard restore 2");
    let end = bed.alone(&format!("GUARD_CONFIRM=db1/15/main {line}")).is(0);
    let end = end.says("the files of PostgreSQL").says("1 database cluster");
    assert!(!bed.root.has("/var/lib/postgresql/15/main"), "{}", end.output);
    bed.root.ok("DEBIAN_FRONTEND=noninteractive /usr/bin/apt-get -y install postgresql-15");
    let id = bed.root.ok("ls /root/.local/state/guard/kept").trim().to_owned();
    let told = bed.alone(&format!("guard restore --dry-run {id}"));
    let commands: Vec<&str> = told
        .output
        .lines()
        .map(str::trim)
        .filter(|l| l.starts_with("pg_") || l.starts_with("tar "))
        .collect();
    assert_eq!(commands.len(), 3, "{}", told.output);
    for command in commands {
        bed.root.ok(command);
    }
    let end = Instant::now() + Duration::from_secs(60);
    while bed.root.customers().is_none() {
        assert!(Instant::now() < end, "{}", told.output);
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(bed.root.customers(), Some(120_000));
}

#[test]
fn a_cluster_that_cannot_be_copied_is_not_dropped() {
    let bed = bed!(shims, "cluster down, no copy");
    bed.root.write("/usr/local/sbin/tar", "#!/bin/sh\nexit 2\n");
    bed.root.ok("mv /usr/bin/tar /usr/bin/tar.real; printf '#!/bin/sh\\nexit 2\\n' >/usr/bin/tar; chmod 755 /usr/bin/tar");
    let line = "GUARD_CONFIRM=db1/15/main DEBIAN_FRONTEND=noninteractive apt-get -y purge postgresql-15";
    bed.alone(line).is(REFUSED).says("not whole");
    assert!(
        bed.root.has("/var/lib/postgresql/15/main/PG_VERSION") && bed.root.in_state("ii", &["postgresql-15"])
    );
}

/// Settings as they came are in the package; what apt does not know it says itself.
#[test]
fn no_question_where_nothing_is_lost() {
    let bed = bed!(shims, "false alarms");
    for line in [
        "apt-get purge -y nano",
        "apt-get -y autoremove --purge nano",
        "dpkg -P nano",
        "aptitude -y purge nano",
    ] {
        bed.alone("/usr/bin/apt-get -y install nano").is(0);
        bed.alone(line).is(0).not("guard");
        assert!(!bed.root.in_state("ii", &["nano"]) && !bed.root.has("/etc/nanorc"), "{line}");
    }
    bed.alone("/usr/bin/apt-get -y install nano && echo set nowrap >>/etc/nanorc").is(0);
    bed.alone("apt-get -y purge nano").is(REFUSED).says("/etc/nanorc");
    assert!(bed.root.has("/etc/nanorc"));
    for (line, code, says) in [
        ("apt-get frobnicate", 100, "Invalid operation"),
        ("apt-get -y frobnicate nano", 100, "Invalid operation"),
        ("apt uninstal nano", 100, "Invalid operation"),
        ("aptitude uninstal nano", 1, "uninstal"),
        ("dpkg --frobnicate nano", 2, "unknown option"),
        ("apt-mark frobnicate nano", 100, "Invalid operation"),
    ] {
        bed.alone(line).is(code).says(says).not("guard");
    }
}
