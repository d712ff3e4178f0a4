//! What runs backups on a real Debian, and what the real pgBackRest, restic and borg list there: read from inside, by this very
//! test program, which is bound into the copy.

use crate::support::chroot::{Release, Root};
use guard::engine::backup::{Record, Source};
use guard::family::machine::backup::{DumpFile, Found, Kind, Look, Place, borg, pgbackrest, restic, runners};
use guard::world::World;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

/// Where this program is inside.
const READER: &str = "/usr/local/bin/read-catalogues";
const DUMP: &str = "/var/backups/prod.dump";

/// Runs inside: a line for each source, each runner and each record.
#[test]
#[ignore = "the other tests start it inside a copy of Debian"]
fn told_inside() {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs().cast_signed();
    let seconds = std::env::var("PATIENCE").map_or(60, |text| text.parse().unwrap());
    let world = World::of_process();
    let look = Look {
        root: Path::new("/"),
        world: &world,
        until: Instant::now() + Duration::from_secs(seconds),
        now,
    };
    let data = PathBuf::from("/var/lib/postgresql/15/main");
    let control = std::fs::read(data.join("global/pg_control"));
    let places = [Place {
        what: "PostgreSQL cluster 15/main".to_owned(),
        kind: Kind::Postgres,
        data,
        elsewhere: Vec::new(),
        system_id: control.ok().map(|bytes| u64::from_ne_bytes(bytes[..8].try_into().unwrap())),
        version: Some("15".to_owned()),
        port: Some(5432),
        ..Place::default()
    }];
    let made_at = std::fs::metadata(DUMP).ok().map(|meta| meta.mtime());
    let dumps: Vec<DumpFile> = made_at
        .into_iter()
        .map(|made_at| DumpFile { path: DUMP.into(), place: 0, made_at, judged: None })
        .collect();
    let (source, runners) = runners::find(&look);
    told(source, &[], now);
    for runner in &runners {
        println!("RUNNER {runner:?}");
    }
    for (_, record) in runners::records(&look, &runners, &places) {
        println!("CLAIM {} {}", record.object, line(&record, now));
    }
    let catalogues = [
        pgbackrest::read(&look, &places),
        restic::read(&look, &places, &runners, &dumps),
        borg::read(&look, &places, &runners, &dumps),
    ];
    for Found { source, records } in catalogues.into_iter().flatten() {
        told(source, &records, now);
    }
}

fn told(source: Source, records: &[(usize, Record)], now: i64) {
    println!("SOURCE {} {:?}", source.name, source.read);
    for (_, record) in records {
        println!("RECORD {} {}", record.tool, line(record, now));
    }
}

fn line(record: &Record, now: i64) -> String {
    let unfit = record.unfit(now);
    let Record { covers, outcome, finished_at, amounts, stored, remarks, .. } = record;
    let amounts: Vec<String> =
        amounts.iter().map(|amount| format!("{} {:?}", amount.n, amount.unit)).collect();
    format!(
        "{covers:?} {outcome:?} at {finished_at:?} [{}] in {} {} ({}) {unfit:?}",
        amounts.join(", "),
        stored.at,
        stored.fate.word(),
        remarks.join("; ")
    )
}

fn enter(booted: bool, test: &str) -> Option<Root> {
    let own = std::env::current_exe().unwrap();
    let root = Root::enter(Release::Twelve, booted, &[(own, READER)], test)?;
    root.ok("sed -i '\\,file:/srv/mirror,!d' /etc/apt/sources.list");
    Some(root)
}

/// What it says inside, as root or somebody else.
#[track_caller]
fn read(root: &Root, user: &str, patience: &str) -> String {
    let words = format!("{READER} --exact backups_catalogues::told_inside --ignored --nocapture");
    root.ok(&format!("setpriv --reuid {user} --regid {user} --clear-groups env PATIENCE={patience} {words}"))
}

/// The line that begins so.
#[track_caller]
fn one<'a>(all: &'a str, start: &str) -> &'a str {
    all.lines().find(|line| line.starts_with(start)).unwrap_or_else(|| panic!("no {start:?} in:\n{all}"))
}

#[track_caller]
fn says(line: &str, parts: &[&str]) {
    for part in parts {
        assert!(line.contains(part), "no {part:?} in {line}");
    }
}

#[test]
fn timers_and_cron() {
    let Some(root) = enter(true, "timers_and_cron") else { return };
    for (name, script) in [
        ("never", "pg_dump prod > /var/backups/never.sql"),
        ("ok", "pg_dumpall -p 5432 > /var/backups/ok.sql"),
        ("bad", "pg_dump -p 5433 prod; exit 3"),
        ("stamp", "pg_dumpall > /var/backups/x"),
        ("busy", "# pg_dumpall\npg_dumpall() { exec sleep 600; }; pg_dumpall -p 5432"),
    ] {
        root.write(&format!("/usr/local/bin/{name}-run"), format!("#!/bin/sh\n{script}\n"));
        let service = format!(
            "[Service]\nType=oneshot\nUser=postgres\nExecStart=/usr/local/bin/{name}-run\nEnvironment=PGDATABASE=prod\n"
        );
        root.write(&format!("/etc/systemd/system/{name}.service"), service);
        let persistent = if name == "stamp" { "Persistent=yes\n" } else { "" };
        let timer =
            format!("[Timer]\nOnCalendar=*-02-29 03:00:00\n{persistent}[Install]\nWantedBy=timers.target\n");
        root.write(&format!("/etc/systemd/system/{name}.timer"), timer);
    }
    root.write(
        "/etc/cron.d/nightly",
        "PGPORT=5433\n0 3 * * * postgres pg_dumpall | gzip > /var/backups/n.gz\n",
    );
    root.write("/etc/cron.d/nightly.old", "0 3 * * * postgres pg_dumpall > /var/backups/old\n");
    root.ok("chmod 755 /usr/local/bin/*-run; chown postgres /var/backups; systemctl daemon-reload");
    root.ok("systemctl enable -q --now never.timer ok.timer bad.timer stamp.timer busy.timer");
    root.ok("systemctl start ok; systemctl start --no-block busy; ! systemctl start bad 2>/dev/null");
    // A restart shows the time of its stamp as the last trigger, and nothing ever ran.
    root.ok("systemctl restart stamp.timer; systemctl show -p LastTriggerUSec stamp.timer | grep -q 20");
    root.ok("until systemctl show -p ActiveState busy | grep -q activating; do sleep 0.1; done; journalctl --sync");

    let all = read(&root, "root", "60");
    assert!(!all.contains("dpkg-db-backup") && !all.contains("nightly.old"), "{all}");
    assert_eq!(one(&all, "SOURCE timers"), "SOURCE timers All");
    says(one(&all, "CLAIM never.timer"), &["Yes Failed(\"it never ran\") at None", "database prod alone"]);
    says(one(&all, "CLAIM ok.timer"), &["Yes Ok at Some(", "in /var/backups/ok.sql", "OnlyClaimed"]);
    says(one(&all, "CLAIM bad.timer"), &["No Failed("]);
    says(one(&all, "CLAIM stamp.timer"), &["Yes Unknown at None", "the journal does not say how it ended"]);
    says(one(&all, "CLAIM busy.timer"), &["Yes Running"]);
    says(
        one(&all, "CLAIM /etc/cron.d/nightly"),
        &["No Unknown", "would look successful", "cron keeps no result"],
    );

    // The manager forgets, the journal does not.
    root.ok("systemctl stop busy busy.timer; systemctl daemon-reexec; systemctl reset-failed");
    root.ok("until systemctl is-system-running | grep -Eq 'running|degraded'; do sleep 0.1; done");
    says(one(&read(&root, "root", "60"), "CLAIM ok.timer"), &["Yes Ok at Some("]);
    // Whoever may not ask the manager does not hear that there is nothing.
    says(one(&read(&root, "alice", "60"), "SOURCE timers"), &["Partly"]);
}

const SETTINGS: &str = "[global]\nrepo1-path=/srv/pgbackrest\nlog-level-file=off\nstart-fast=y\n\
                        [main]\npg1-path=/var/lib/postgresql/15/main\n";

#[test]
fn pgbackrest_on_debian() {
    let Some(root) = enter(false, "pgbackrest_on_debian") else { return };
    assert!(!read(&root, "root", "60").contains("SOURCE pgbackrest"), "it is not installed");
    root.ok("apt-get -qq install -y pgbackrest >/dev/null 2>&1");
    assert_eq!(one(&read(&root, "root", "60"), "SOURCE pgbackrest"), "SOURCE pgbackrest All");
    root.write("/etc/pgbackrest.conf", SETTINGS);
    root.ok(
        "install -d -o postgres -m 750 /srv/pgbackrest; cat >>/etc/postgresql/15/main/postgresql.conf <<'X'
archive_mode = on
archive_command = 'pgbackrest --stanza=main archive-push %p'
X",
    );
    root.start("postgres");
    // Configured, and nobody has made the stanza: it may be another repository.
    says(
        one(&read(&root, "root", "60"), "SOURCE pgbackrest"),
        &["Not(", "no stanza main in /srv/pgbackrest"],
    );
    root.ok("su postgres -c 'pgbackrest --stanza=main stanza-create'");
    assert_eq!(one(&read(&root, "root", "60"), "SOURCE pgbackrest"), "SOURCE pgbackrest All");
    root.ok("su postgres -c 'pgbackrest --stanza=main --type=full backup' 2>&1");
    let all = read(&root, "root", "60");
    assert_eq!(one(&all, "SOURCE pgbackrest"), "SOURCE pgbackrest All");
    says(
        one(&all, "RECORD pgBackRest"),
        &["Yes Ok at Some(", "Bytes]", "in /srv/pgbackrest storage (full) None"],
    );
    // Somebody else may not read it, and hears of no backup.
    let other = read(&root, "alice", "60");
    says(one(&other, "SOURCE pgbackrest"), &["Not(Forbidden)"]);
    assert!(!other.contains("RECORD pgBackRest"), "{other}");
    // A disk that is not mounted looks like a repository without anything.
    root.ok("mv /srv/pgbackrest /srv/away; install -d -o postgres /srv/pgbackrest");
    says(one(&read(&root, "root", "60"), "SOURCE pgbackrest"), &["Not(", "no stanza main"]);
    // One that does not answer.
    root.write("/usr/local/bin/pgbackrest", "#!/bin/sh\nexec sleep 600\n");
    root.ok("chmod 755 /usr/local/bin/pgbackrest");
    let before = Instant::now();
    says(one(&read(&root, "root", "2"), "SOURCE pgbackrest"), &["Not(TimedOut)"]);
    assert!(before.elapsed() < Duration::from_secs(60));
    root.ok("! pgrep -x sleep");
}

#[test]
fn restic_and_borg_on_debian() {
    let Some(root) = enter(false, "restic_and_borg_on_debian") else { return };
    root.ok("apt-get -qq install -y restic borgbackup >/dev/null 2>&1");
    root.start("postgres");
    root.ok(&format!("su postgres -c 'pg_dump -Fc prod' >{DUMP}; touch -d '2026-01-02 03:04:05 UTC' {DUMP}"));
    root.write("/root/secret", "correct horse\n");
    root.write(
        "/usr/local/sbin/copy-away",
        "#!/bin/bash\nset -euo pipefail\n. /etc/copy-away.env\nrestic backup --quiet /var/backups\n\
         export BORG_PASSPHRASE=$(cat /root/secret)\nborg create \"$BORG\"::night-{now} /var/backups\n",
    );
    let env = "export RESTIC_REPOSITORY=/srv/restic RESTIC_PASSWORD_FILE=/root/secret\nBORG=/srv/borg\n";
    root.write("/etc/copy-away.env", env);
    root.write("/etc/cron.d/copy-away", "0 4 * * * root /usr/local/sbin/copy-away\n");
    root.ok("chmod 700 /usr/local/sbin/copy-away; chmod 600 /root/secret");
    // Neither repository is there yet.
    let all = read(&root, "root", "60");
    says(one(&all, "SOURCE restic"), &["Not(", "/srv/restic"]);
    says(one(&all, "SOURCE borg"), &["Not(", "/srv/borg"]);
    root.ok(". /etc/copy-away.env; restic init -q; BORG_PASSPHRASE=$(cat /root/secret) borg init -e repokey /srv/borg");
    root.ok("mv /var/backups /var/kept; mkdir /var/backups; /usr/local/sbin/copy-away 2>&1");
    root.ok("rmdir /var/backups; mv /var/kept /var/backups");
    // The night in which there was nothing.
    let all = read(&root, "root", "60");
    assert_eq!(one(&all, "SOURCE restic"), "SOURCE restic All");
    assert_eq!(one(&all, "SOURCE borg"), "SOURCE borg All");
    says(one(&all, "RECORD restic"), &["[0 Files]", "Some(Empty)"]);
    says(one(&all, "RECORD borg"), &["[0 Files]", "Some(Empty)"]);
    root.ok("/usr/local/sbin/copy-away 2>&1");
    let all = read(&root, "root", "60");
    let made = "Yes Ok at Some(1767323045)";
    says(
        one(&all, "RECORD restic"),
        &[made, "Bytes] in /srv/restic storage (holds /var/backups/prod.dump) None"],
    );
    says(
        one(&all, "RECORD borg"),
        &[made, "Bytes] in /srv/borg storage (holds /var/backups/prod.dump) None"],
    );
    assert!(!all.contains("correct horse"), "a password is told");
    // What only root may read is not read for a table of somebody else, who would be handed its passwords.
    root.ok("echo '@daily /usr/local/sbin/copy-away' >/var/spool/cron/crontabs/alice");
    let all = read(&root, "root", "60");
    assert!(!all.contains("crontabs/alice"), "{all}");
    root.ok("rm /var/spool/cron/crontabs/alice");
    // The dump of today is in none of them.
    root.ok(&format!("su postgres -c 'pg_dump -Fc prod' >{DUMP}"));
    says(one(&read(&root, "root", "60"), "RECORD restic"), &[made]);
    // The script is root's own.
    let other = read(&root, "alice", "60");
    assert!(!other.contains("RECORD restic") && !other.contains("RECORD borg"), "{other}");
    says(one(&other, "SOURCE timers"), &["Partly"]);
    // Passwords that are wrong, or that a person would be asked for.
    root.write("/root/secret", "wrong\n");
    let all = read(&root, "root", "60");
    says(one(&all, "SOURCE restic"), &["Not(", "/srv/restic: "]);
    says(one(&all, "SOURCE borg"), &["Not(", "/srv/borg: "]);
    root.ok("sed -i '/PASSPHRASE/d' /usr/local/sbin/copy-away");
    root.write(
        "/etc/copy-away.env",
        "export RESTIC_REPOSITORY=/srv/restic RESTIC_PASSWORD_COMMAND=/root/ask\nBORG=/srv/borg\n",
    );
    root.write("/root/ask", "#!/bin/sh\ntouch /root/was-run\necho correct horse\n");
    let all = read(&root, "root", "60");
    says(one(&all, "SOURCE restic"), &["a command gives its password"]);
    says(one(&all, "SOURCE borg"), &["/srv/borg: its passphrase is not known here"]);
    assert!(!root.has("/root/was-run"));
    // A tool that asks at the terminal, or hangs.
    root.write("/etc/copy-away.env", env);
    for tool in ["restic", "borg"] {
        root.write(&format!("/usr/local/bin/{tool}"), "#!/bin/bash\nread -r x </dev/tty || exec sleep 600\n");
    }
    root.ok("chmod 755 /usr/local/bin/restic /usr/local/bin/borg");
    let before = Instant::now();
    let all = read(&root, "root", "3");
    says(one(&all, "SOURCE restic"), &["Not(TimedOut)"]);
    says(one(&all, "SOURCE borg"), &["Not(TimedOut)"]);
    assert!(before.elapsed() < Duration::from_secs(60));
    root.ok("! pgrep -x sleep");
}
