//! What stops with units: against answers that systemd 252 gave and that are played back, and against systemd itself,
//! where what was foretold is held against what really stopped.

use crate::booted::{booted, check, texts};
use crate::support::chroot::Root;
use guard::engine::assess::{Assessment, assess};
use guard::engine::effect::Effect::{self, Destroy, Disrupt, Mutate, Read};
use guard::engine::fact::Why;
use guard::engine::impact::Impact;
use guard::family::units::probe::{Answered, Request, ask};
use guard::world::World;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

/// A systemctl that answers `show` out of a recording, unit by unit, and notes how it was called.
struct Recorded {
    dir: tempfile::TempDir,
    program: PathBuf,
}

const ANSWERS: &str = include_str!("../systemd/show-252.txt");

impl Recorded {
    fn new() -> Recorded {
        // Blocks of the recording, chosen by their `Id=`; what is not in it is not found, as systemd says it.
        let script = r#"#!/bin/sh
echo "$@" >>"$0.calls"
env | grep -E '^(LC_ALL|SYSTEMD_PAGER|GUARD_DEPTH|GUARD_CONFIRM)=' | sort >"$0.env"
[ "$1" = show ] || exit 9
while [ "$1" != -- ]; do shift; done
shift
first=yes
for name; do
    awk -v want="$name" 'BEGIN { RS = ""; ORS = "" } {
        id = $0; sub(/.*\nId=/, "", id); sub(/\n.*/, "", id)
        pattern = want; gsub(/\./, "\\.", pattern); gsub(/\*/, ".*", pattern)
        if (id == want || (want ~ /\*/ && id ~ "^" pattern "$")) print $0 "\n\n"
    }' "$0.answers"
done
"#;
        Recorded::with(script)
    }

    fn with(script: &str) -> Recorded {
        let dir = tempfile::tempdir().unwrap();
        let program = dir.path().join("systemctl");
        fs::write(dir.path().join("draft"), script).unwrap();
        // Another program writes the file that will be run: a child forked by another test at this moment would hold
        // it open for writing, and it could not be run.
        let mut install = Command::new("install");
        install.args(["-m", "755"]).args([&dir.path().join("draft"), &program]);
        assert!(install.status().unwrap().success());
        fs::write(dir.path().join("systemctl.answers"), ANSWERS).unwrap();
        // A process table in which nothing but the first process and the web server runs.
        for (pid, name, cgroup) in [(1, "systemd", "init.scope"), (47, "python3", "system.slice/web.service")]
        {
            let proc = dir.path().join(format!("root/proc/{pid}"));
            fs::create_dir_all(proc.join("fd")).unwrap();
            let rest =
                ["S", "1"].into_iter().chain(std::iter::repeat_n("0", 20)).collect::<Vec<_>>().join(" ");
            fs::write(proc.join("stat"), format!("{pid} ({name}) {rest}\n")).unwrap();
            fs::write(proc.join("cgroup"), format!("0::/{cgroup}\n")).unwrap();
        }
        fs::write(dir.path().join("root/proc/uptime"), "7200.0 1.0\n").unwrap();
        Recorded { dir, program }
    }

    fn ask(&self, line: &str) -> Answered {
        self.ask_within(line, Duration::from_secs(60))
    }

    fn ask_within(&self, line: &str, deadline: Duration) -> Answered {
        let words: Vec<OsString> = line.split(' ').skip(1).map(OsString::from).collect();
        let path = format!("{}:/usr/bin:/bin", self.dir.path().display());
        let vars = [("PATH", path.as_str()), ("GUARD_CONFIRM", "db1"), ("LC_ALL", "de_DE.UTF-8")];
        let world = World::of(&vars, "/");
        ask(&Request {
            tool: line.split(' ').next().unwrap(),
            words: &words,
            program: &self.program,
            world: &world,
            root: &self.dir.path().join("root"),
            deadline,
        })
    }

    fn noted(&self, what: &str) -> String {
        fs::read_to_string(self.dir.path().join(format!("systemctl.{what}"))).unwrap()
    }
}

fn names(impact: &Impact) -> Vec<&str> {
    impact.subjects.iter().map(|s| s.name.as_str()).collect()
}

fn along(impact: &Impact) -> BTreeSet<String> {
    impact.groups.iter().flat_map(|g| g.names.clone()).collect()
}

fn effect(words: Effect, impact: &Impact) -> Effect {
    let Assessment { effect, .. } = assess(words, impact);
    effect
}

#[test]
fn what_depends_on_a_unit_stops_with_it() {
    let recorded = Recorded::new();
    let found = recorded.ask("systemctl stop web").impact;
    assert_eq!(names(&found), ["web"]);
    // part.service was not running when this was recorded, and is in no answer.
    assert_eq!(along(&found), BTreeSet::from(["app".to_owned()]));
    assert_eq!(found.surprise.as_deref(), Some("you named 1 unit, 2 stop; not named by you: app"));
    assert!(found.also.contains(&"web: running 2 hours".to_owned()), "{:?}", found.also);
    assert!(found.gaps.is_empty(), "{:?}", found.gaps);
    assert_eq!(effect(Disrupt, &found), Disrupt);
    // The recording's own words, in the C locale and without what is meant for guard alone.
    assert_eq!(recorded.noted("env"), "GUARD_DEPTH=1\nLC_ALL=C\nSYSTEMD_PAGER=\n");
    assert!(
        recorded.noted("calls").lines().all(|call| call.starts_with("show ")),
        "{}",
        recorded.noted("calls")
    );
}

#[test]
fn the_umbrella_of_postgresql_is_every_cluster() {
    let recorded = Recorded::new();
    for line in ["systemctl stop postgresql", "service postgresql stop", "invoke-rc.d postgresql stop"] {
        let found = recorded.ask(line).impact;
        let clusters = ["postgresql@15-b".to_owned(), "postgresql@15-main".to_owned()];
        assert_eq!(along(&found), BTreeSet::from(clusters), "{line}");
    }
    let found = recorded.ask("systemctl stop postgresql@*").impact;
    assert_eq!(names(&found), ["postgresql@15-main", "postgresql@15-b"]);
    let found = recorded.ask("pg_ctlcluster 15 main stop").impact;
    assert_eq!(names(&found), ["postgresql@15-main"]);
}

#[test]
fn what_does_not_run_is_no_loss() {
    let recorded = Recorded::new();
    for (line, words, want) in [
        ("systemctl stop nope", Disrupt, Read),
        ("systemctl restart nope", Disrupt, Read),
        ("systemctl stop zzz*", Disrupt, Read),
        ("systemctl stop web nope", Disrupt, Disrupt),
        ("systemctl reload-or-restart web", Disrupt, Mutate),
        ("systemctl reload-or-restart app", Disrupt, Disrupt),
        ("systemctl clean --what=state web", Destroy, Read),
        ("systemctl kill -s CONT web", Disrupt, Mutate),
        ("systemctl kill web", Disrupt, Disrupt),
        ("systemctl mask web", Disrupt, Disrupt),
    ] {
        let found = recorded.ask(line).impact;
        assert_eq!(effect(words, &found), want, "{line}: {found:?}");
    }
}

#[test]
fn units_that_are_marked_are_restarted() {
    let answers = |blocks: &str| Recorded::with(&format!("#!/bin/sh\ncat <<'EOF'\n{blocks}\nEOF\n"));
    let block = |name: &str, marks: &str, reloads: &str| {
        format!(
            "Id={name}.service\nLoadState=loaded\nActiveState=active\nSubState=running\nCanReload={reloads}\n{marks}\n\n"
        )
    };
    let line = "systemctl reload-or-restart --marked";
    let told = |blocks: String| {
        let found = answers(&blocks).ask(line).impact;
        (effect(Disrupt, &found), names(&found).join(" "), found.also.join("; "))
    };
    let web = block("web", "Markers=needs-reload", "yes");
    let (is, which, also) = told(web.clone() + &block("db", "Markers=needs-restart", "yes"));
    assert_eq!((is, which.as_str()), (Disrupt, "db"));
    assert!(also.contains("web is only reloaded"), "{also}");
    // What cannot be reloaded is restarted.
    assert_eq!(told(block("db", "Markers=needs-reload", "no")).1, "db");
    assert_eq!(told(web).0, Mutate);
    assert_eq!(told(block("db", "Markers=", "yes")).0, Read);
    // A manager that knows no marks has not said that there are none.
    let found = answers(&block("db", "Restart=no", "yes")).ask(line).impact;
    assert_eq!((effect(Disrupt, &found), found.gaps.len()), (Disrupt, 1));
    // What the tool refuses stops nothing.
    assert_eq!(effect(Disrupt, &answers("").ask("systemctl restart --marked").impact), Mutate);
    assert_eq!(effect(Disrupt, &answers("").ask("systemctl preset --now web").impact), Mutate);
}

#[test]
fn a_reload_is_offered_where_there_is_one() {
    let recorded = Recorded::new();
    assert_eq!(recorded.ask("systemctl restart web").safer.as_deref(), Some("systemctl reload web"));
    assert_eq!(recorded.ask("systemctl restart app").safer, None);
    assert_eq!(recorded.ask("systemctl stop web").safer, None);
}

#[test]
fn no_answer_is_never_taken_for_nothing() {
    let says = |text: &str| Recorded::with(&format!("#!/bin/sh\necho '{text}' >&2\nexit 1\n"));
    let down =
        "System has not been booted with systemd as init system (PID 1). Can't operate.".replace('\'', "");
    let recorded = says(&down);
    for line in
        ["systemctl stop web", "service web stop", "systemctl mask web", "systemctl isolate rescue.target"]
    {
        let found = recorded.ask(line).impact;
        assert!(!found.gaps.is_empty(), "{line}");
        assert_eq!(effect(Disrupt, &found), Disrupt, "{line}");
    }
    // systemctl in a chroot: it says that it does nothing, and ends well.
    let chroot = Recorded::with("#!/bin/sh\necho 'Running in chroot, ignoring command '$1 >&2\n");
    assert_eq!(chroot.ask("systemctl stop web").impact.gaps.len(), 1);
    let denied = says("Failed to get properties: Access denied");
    assert_eq!(denied.ask("systemctl stop web").impact.gaps[0].why, Why::Forbidden);
    // A start, a limit and a removal of settings, too, where systemd is at work; elsewhere systemctl does none of them.
    let others = [
        "systemctl start web",
        "systemctl enable --now web",
        "service web start",
        "systemctl set-property web MemoryMax=1G",
        "systemctl revert web",
    ];
    for line in others {
        assert_eq!(denied.ask(line).impact, Impact::default(), "{line}");
    }
    fs::create_dir_all(denied.dir.path().join("root/run/systemd/system")).unwrap();
    for line in others {
        let found = denied.ask(line).impact;
        assert_eq!((found.gaps.len(), effect(Mutate, &found)), (1, Disrupt), "{line}");
    }
    let slow = Recorded::with("#!/bin/sh\nexec sleep 600\n");
    let start = Instant::now();
    let found = slow.ask_within("systemctl stop web", Duration::from_millis(300)).impact;
    assert_eq!(found.gaps[0].why, Why::TimedOut);
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    let garbage = Recorded::with("#!/bin/sh\necho 'Id='; printf '\\377\\0=\\n'; echo x >&2\n");
    assert!(!garbage.ask("systemctl stop web").impact.gaps.is_empty());
}

/// A process that left its number in `/run` is told of without a manager, too.
#[test]
fn without_systemd_the_process_table_tells() {
    let recorded = Recorded::with("#!/bin/sh\necho 'System has not been booted' >&2\nexit 1\n");
    let run = recorded.dir.path().join("root/run/postgresql");
    fs::create_dir_all(&run).unwrap();
    fs::write(run.join("15-main.pid"), "47\n").unwrap();
    let found = recorded.ask("pg_ctlcluster 15 main stop").impact;
    assert_eq!(found.also, ["postgresql@15-main: python3 (process 47) running 2 hours"]);
    assert_eq!(found.gaps.len(), 1);
}

fn active(root: &Root) -> BTreeSet<String> {
    let list = root.ok("systemctl list-units --state=active --plain --no-legend 't-*' | cut -d' ' -f1");
    list.lines().map(|l| l.trim_end_matches(".service").to_owned()).collect()
}

/// Units in each of the relations by which one may stop with another, really stopped.
#[test]
fn what_was_foretold_is_what_stops() {
    let root = booted!("stops");
    let unit = |name: &str, lines: &str| {
        root.write(
            &format!("/etc/systemd/system/t-{name}.service"),
            format!("[Unit]\n{lines}\n[Service]\nExecStart=/bin/sleep 99999\n"),
        );
    };
    unit("base", "");
    unit("requires", "Requires=t-base.service\nAfter=t-base.service");
    unit("deeper", "Requires=t-requires.service\nAfter=t-requires.service");
    unit("binds", "BindsTo=t-base.service\nAfter=t-base.service");
    unit("part", "PartOf=t-base.service");
    unit("told", "StopPropagatedFrom=t-base.service");
    unit("wants", "Wants=t-base.service\nAfter=t-base.service");
    unit("requisite", "Requisite=t-base.service\nAfter=t-base.service");
    unit("idle", "Requires=t-base.service");
    root.ok("systemctl daemon-reload && systemctl start t-base t-deeper t-binds t-part t-told t-wants && systemctl start t-requisite");
    let before = active(&root);
    assert_eq!(before.len(), 8, "{before:?}");
    let found = check(&root, "systemctl stop t-base");
    let impact = &found["impact"];
    let foretold: BTreeSet<String> = impact["groups"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|g| texts(&g["names"]))
        .chain(impact["subjects"].as_array().unwrap().iter().map(|s| s["name"].as_str().unwrap().to_owned()))
        .collect();
    root.ok("systemctl stop t-base");
    // What is bound to it stops in jobs of its own.
    let end = Instant::now() + Duration::from_secs(60);
    let stopped = loop {
        let idle = root.ok("systemctl list-jobs --no-legend").trim().is_empty();
        let stopped: BTreeSet<String> = before.difference(&active(&root)).cloned().collect();
        if (idle && stopped == foretold) || Instant::now() > end {
            break stopped;
        }
        std::thread::sleep(Duration::from_millis(50));
    };
    assert_eq!(foretold, stopped);
    assert!(stopped.contains("t-deeper") && !stopped.contains("t-wants"), "{stopped:?}");
    // Now it is down: stopping it once more is nothing, cleaning it would be something.
    assert_eq!(
        check(&root, "systemctl stop t-base")["effect"]["facts"],
        check(&root, "systemctl start t-base")["effect"]["facts"]
    );
}

/// PostgreSQL with a session, nginx with a mistake in its configuration, data that `clean` would take.
#[test]
#[ignore = "tests/run --all: one more booted systemd"]
fn servers_of_debian() {
    let root = booted!("servers");
    root.ok("(su postgres -c \"psql -qc 'select pg_sleep(120)' prod\" >/dev/null 2>&1 &)
        until pgrep -f 'prod \\[local\\] SELECT' >/dev/null; do sleep 0.1; done");
    let also = |line: &str| texts(&check(&root, line)["impact"]["also"]).join("\n");
    let postgres = also("systemctl restart postgresql@15-main");
    assert!(postgres.contains("1 client of this machine (/var/run/postgresql/.s.PGSQL.5432)"), "{postgres}");
    // The umbrella has no process; what it stands for has.
    let umbrella = also("systemctl stop postgresql");
    assert!(umbrella.starts_with("postgresql@15-main: running"), "{umbrella}");
    let reboot = also("systemctl reboot");
    assert!(reboot.contains("postgresql@15-main: 1 client"), "{reboot}");
    assert!(!also("systemctl restart nginx").contains("WOULD NOT"));
    root.write("/etc/nginx/conf.d/broken.conf", "listne 80;\n");
    let nginx = also("systemctl restart nginx");
    assert!(nginx.starts_with("nginx WOULD NOT COME BACK: "), "{nginx}");
    assert!(nginx.contains("unknown directive \"listne\" in /etc/nginx/conf.d/broken.conf:1"), "{nginx}");
    assert!(!root.run("nginx -t").status.success());
    root.ok("echo 'Foo bar' >>/etc/ssh/sshd_config");
    let ssh = also("service ssh restart");
    assert!(ssh.starts_with("ssh WOULD NOT COME BACK: /etc/ssh/sshd_config:"), "{ssh}");
    root.ok("echo 'foo = bar' >>/etc/postgresql/15/main/postgresql.conf");
    let postgres = also("systemctl restart postgresql@15-main");
    assert!(postgres.starts_with("postgresql@15-main WOULD NOT COME BACK: "), "{postgres}");
    root.write(
        "/etc/systemd/system/keeper.service",
        "[Service]\nExecStart=/bin/sleep 99999\nStateDirectory=keeper\n",
    );
    root.ok(
        "systemctl daemon-reload && systemctl start keeper && until test -d /var/lib/keeper; do sleep 0.1; done; head -c 3000000 /dev/zero >/var/lib/keeper/db",
    );
    // `clean` itself needs D-Bus, which the test bed has not: only what is told of it is looked at.
    assert_eq!(
        check(&root, "systemctl clean --what=state keeper")["impact"]["data"].as_array().map(Vec::len),
        Some(0)
    );
    root.ok("systemctl stop keeper");
    let data = check(&root, "systemctl clean --what=state keeper")["impact"]["data"].to_string();
    assert!(data.contains("/var/lib/keeper: 3 MB in 1 file") && data.contains("erased"), "{data}");
}
