//! The layers below PATH, with the real apt and dpkg: what removes packages is asked about whoever calls, what removes
//! nothing passes whatever is wrong with guard, and after a refusal every package is as before.

use crate::support::apt_stage::asked_for;
use crate::support::chroot;
use crate::support::chroot::{Release, Root};
use crate::support::ended::said;
use crate::support::pty::Pty;
use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

/// What guard and the package tools write down themselves.
const BESIDES: &[&str] =
    &["root/.local", "var/lib/dpkg/lock", "var/lib/dpkg/lock-frontend", "var/lib/apt/extended_states"];

/// aptitude's notes of what it planned, and dpkg's list with the same in it.
const APTITUDES_OWN: &[&str] = &["var/lib/aptitude", "var/lib/dpkg/status", "var/lib/dpkg/status-old"];

/// How guard's question ends.
const ASKS: &str = "tries: ";

/// Takes `redis-server` along, which nobody named.
const REMOVE: &str = "remove redis-tools";

/// Removals of the same packages by each program that can.
const PROGRAMS: &[&str] = &[
    "apt-get -y remove redis-tools",
    "apt -y purge redis-tools",
    "apt-get -y install redis-tools-",
    "aptitude -y remove redis-tools",
    "aptitude -y purge redis-tools",
    "aptitude -y install redis-tools_",
    "python3 -c 'import apt; c = apt.Cache(); c[\"redis-tools\"].mark_delete(); c.commit()'",
    "python3 -c 'import apt; c = apt.Cache(); c[\"redis-tools\"].mark_delete(purge=True); c.commit()'",
    "dpkg --force-depends --purge redis-tools",
    "dpkg --purge redis-server redis-tools",
];

/// What has to work whatever is wrong with guard.
const HARMLESS: &[&str] = &[
    "apt-get -y install --reinstall nginx-common",
    "apt-get -y install libidn12",
    "apt-get -y upgrade",
    "aptitude -y reinstall redis-tools",
    "dpkg -i /srv/mirror/adduser_*.deb",
    "dpkg --configure -a",
];

fn with_hooks(test: &str) -> Option<Root> {
    let root = Root::fresh(test)?;
    // The real mirror cannot be reached from inside.
    root.ok("sed -i '\\,file:/srv/mirror,!d' /etc/apt/sources.list");
    root.ok("guard install --apt");
    Some(root)
}

/// Every file is as it was, but for aptitude's notes, and every package is there.
#[track_caller]
fn is_as_but_for_aptitude(root: &Root, before: &chroot::Snapshot) {
    root.aptitude_has_ended();
    let mut found = before.differences(&root.snapshot(BESIDES));
    found.retain(|line| {
        !line.starts_with("package") && !APTITUDES_OWN.iter().any(|own| line.contains(&format!(": ./{own}")))
    });
    assert!(found.is_empty(), "changed:\n{}", found.join("\n"));
    assert!(are_there(root));
}

/// How often guard has asked.
fn questions(pty: &Pty) -> usize {
    pty.output().matches(ASKS).count()
}

fn are_there(root: &Root) -> bool {
    root.in_state("ii", &["redis-server", "redis-tools"])
}

#[track_caller]
fn works(root: &Root, line: &str) {
    let out = root.run(line);
    assert!(out.status.success(), "{line}: {}", said(&out));
    assert!(!said(&out).contains("guard:"), "{line}: guard has nothing to say: {}", said(&out));
}

#[track_caller]
fn refused(out: &Output, why: &str) {
    assert!(!out.status.success(), "{}", said(out));
    assert!(said(out).contains(why), "no {why:?} in {}", said(out));
}

#[test]
fn without_a_terminal_nothing_unconfirmed_goes() {
    let Some(root) = with_hooks("no terminal") else { return };
    // aptitude forgets, in its first call, what others have put on hold.
    root.ok("apt-mark unhold rsync && cp /var/lib/dpkg/status /var/lib/dpkg/status-old /tmp");
    let before = root.snapshot(BESIDES);
    for line in PROGRAMS {
        let out = root.run(line);
        refused(&out, "there is no terminal to ask on");
        let text = said(&out);
        assert!(text.contains("redis-server") || line.contains("force-depends"), "{line}: {text}");
        assert!(text.contains("GUARD_CONFIRM"), "{line}: what to do about it: {text}");
        if line.starts_with("aptitude") {
            // It notes its plan for its next call before it asks anybody, whoever refuses then.
            assert!(text.contains("that is taken back"), "{text}");
            is_as_but_for_aptitude(&root, &before);
            root.ok("rm /var/lib/aptitude/pkgstates*; cp /tmp/status /var/lib/dpkg/status");
        }
        root.ok("cp /tmp/status-old /var/lib/dpkg/status-old");
        root.is_as(&before, BESIDES);
    }
}

#[test]
fn the_right_answer_lets_it_go_and_is_asked_for_once() {
    let Some(root) = with_hooks("answers") else { return };
    let before = root.snapshot(BESIDES);
    // Typed ahead of the question: it counts for apt's own, not for guard's.
    let mut pty = root.pty(&format!("apt-get {REMOVE}"));
    pty.expect("[Y/n]");
    pty.send("y\ndb1\n");
    pty.expect(ASKS);
    pty.send("\n");
    assert_eq!(pty.code(), 100, "{}", pty.output());
    root.is_as(&before, BESIDES);
    // What deletes data: the name is typed, and another one is no answer.
    let mut pty = root.pty("apt-get -y purge redis-tools");
    for (question, wrong) in [(ASKS, "db2"), (">: ", "y"), (">: ", "db1.example.org x")] {
        pty.expect(question);
        pty.send(format!("{wrong}\n"));
    }
    assert_eq!(pty.code(), 100, "{}", pty.output());
    root.is_as(&before, BESIDES);

    for line in [format!("apt-get -y {REMOVE}"), format!("aptitude -y {REMOVE}")] {
        let root = with_hooks("answers").unwrap();
        let mut pty = root.pty(&line);
        pty.expect(ASKS);
        pty.send(format!("{}\n", asked_for(&pty.output())));
        assert_eq!(pty.code(), 0, "{}", pty.output());
        assert_eq!(questions(&pty), 1, "{line}: {}", pty.output());
        assert!(root.in_state("rc", &["redis-server"]), "{line}: {}", pty.output());
    }
}

#[test]
fn an_answer_in_the_environment_counts_for_its_target_alone() {
    let Some(root) = with_hooks("variable") else { return };
    let wrong = root.run_with(&format!("apt-get -y {REMOVE}"), &[("GUARD_CONFIRM", "db2")], b"");
    refused(&wrong, "GUARD_CONFIRM does not name this command's target");
    assert!(are_there(&root));
    // sudo takes the variable away, and says nothing; guard says how it is handed on.
    let line = format!("sudo apt-get -y {REMOVE}");
    let out = root.run_with(&line, &[("GUARD_CONFIRM", "db1/redis-server")], b"");
    refused(&out, "sudo env GUARD_CONFIRM=");
    assert!(are_there(&root));
    let out = root.run(&format!("sudo env GUARD_CONFIRM=db1/redis-server apt-get -y {REMOVE}"));
    assert!(out.status.success(), "{}", said(&out));
    assert!(root.in_state("rc", &["redis-server"]));
}

#[test]
fn what_removes_nothing_always_works() {
    let Some(root) = with_hooks("harmless") else { return };
    for line in HARMLESS {
        works(&root, line);
    }
    // A broken policy stops no upgrade; removals are refused with the reason.
    root.write("/etc/guard/policy.yaml", "version: [");
    for line in HARMLESS {
        works(&root, line);
    }
    refused(&root.run(&format!("apt-get -y {REMOVE}")), "policy.yaml");
    assert!(are_there(&root));
    root.ok("rm -r /etc/guard");

    // A guard that crashes, hangs up, says yes by accident, is no program or lacks its libraries.
    let broken = [
        ("#!/bin/sh\nexit 1\n", "it ended with code 1"),
        ("#!/bin/sh\nkill -SEGV $$\n", "it ended with code 139"),
        ("#!/bin/sh\nkill -ABRT $$\n", "it ended with code 134"),
        ("#!/bin/sh\nexit 0\n", "it ended with code 0"),
        ("", "it ended with code 0"),
        ("#!/nonexistent/ld.so\n", "it ended with code 127"),
    ];
    for (text, why) in broken {
        root.write("/usr/lib/guard/guard", text);
        for line in HARMLESS {
            let out = root.run(line);
            assert!(out.status.success(), "{line}: {}", said(&out));
            // Nobody looked whether something has to make room.
            let warned = said(&out).contains(&format!("guard: warning: {why}"));
            assert_eq!(warned, line.starts_with("dpkg -i"), "{line}: {}", said(&out));
        }
        for line in [&format!("apt-get -y {REMOVE}"), "dpkg --force-depends -P redis-tools"] {
            let out = root.run(line);
            refused(&out, why);
            refused(&out, "nothing was changed");
            assert!(are_there(&root), "{line}");
        }
    }
}

#[test]
fn a_guard_that_is_gone_stops_nothing() {
    let Some(root) = with_hooks("gone") else { return };
    for gone in ["rm /usr/lib/guard/guard", "rm -r /usr/lib/guard"] {
        root.ok(gone);
        for line in HARMLESS {
            works(&root, line);
        }
    }
    works(&root, &format!("apt-get -y {REMOVE}"));
    assert!(root.in_state("rc", &["redis-server"]));
}

#[test]
fn edited_hooks_are_noticed_and_stop_no_upgrade() {
    let Some(root) = with_hooks("edited") else { return };
    let doctor = || root.run("SHELL= guard doctor --apt");
    let fine = doctor();
    assert!(fine.status.success(), "{}", said(&fine));
    for (file, edit, finds) in [
        (
            "/usr/lib/guard/apt-hook",
            "echo 'fi' >>",
            "apt's hook         /usr/lib/guard/apt-hook was edited by hand",
        ),
        ("/usr/lib/guard/dpkg-hook", "echo 'case x in' >>", "was edited by hand"),
        (
            "/usr/lib/guard/apt-hook",
            "printf '#!/bin/sh\\nexit 0\\n' >",
            "a removal was not refused (exit code 0)",
        ),
        ("/usr/lib/guard/dpkg-hook", "printf '#!/bin/sh\\nexit 0\\n' >", "dpkg does not call it"),
        (
            "/etc/apt/apt.conf.d/99guard",
            "echo 'DPkg::Pre-Install-Pkgs \"\"; #clear DPkg::Pre-Install-Pkgs;' >",
            "apt does not call the hook",
        ),
        ("/etc/apt/apt.conf.d/zz", "echo '#clear DPkg::Pre-Install-Pkgs;' >", "apt does not call the hook"),
        (
            "/etc/apt/apt.conf.d/zz",
            "echo 'DPkg::Tools::Options::guard=apt::Version \"1\";' >",
            "in a version that does not name",
        ),
        ("/etc/apt/apt.conf.d/99guard", "rm", "99guard is not there"),
        ("/etc/dpkg/dpkg.cfg.d/00guard", "rm", "00guard is not there"),
        ("/usr/lib/guard/guard", "printf '' >", "is not guard"),
        ("/usr/lib/guard/guard", "chmod 777", "others than its owner may write"),
        ("/usr/lib/guard", "chown alice", "belongs to user 1000"),
        ("/etc/apt/apt.conf.d/99guard", "chown alice", "belongs to user 1000"),
    ] {
        root.ok(&format!("cp -a {file} /tmp/saved 2>/dev/null; {edit} {file}"));
        let out = doctor();
        refused(&out, finds);
        for line in HARMLESS {
            let out = root.run(line);
            assert!(out.status.success(), "{edit} {file}: {line}: {}", said(&out));
        }
        root.ok(&format!("rm -rf {file}; [ ! -e /tmp/saved ] || mv -T /tmp/saved {file}"));
        let fine = doctor();
        assert!(fine.status.success(), "{edit} {file}: {}", said(&fine));
    }
    // One layer broken: the other one still asks.
    root.ok("printf '#!/bin/sh\\nexit 0\\n' >/usr/lib/guard/apt-hook");
    refused(&root.run(&format!("apt-get -y {REMOVE}")), "there is no terminal to ask on");
    assert!(are_there(&root));
    root.ok("rm /usr/lib/guard/apt-hook && guard install --apt");
    root.ok("rm /etc/dpkg/dpkg.cfg.d/00guard");
    refused(&root.run(&format!("apt-get -y {REMOVE}")), "there is no terminal to ask on");
    refused(&root.run("aptitude -y purge redis-tools"), "there is no terminal to ask on");
    root.aptitude_has_ended();
    root.ok("aptitude keep-all");
    assert!(are_there(&root));
    // An older apt, or another's setting: removals would be invisible to the hook, and dpkg asks.
    root.ok(
        "guard install --apt; echo 'DPkg::Tools::Options::guard=apt::Version \"1\";' >/etc/apt/apt.conf.d/zz",
    );
    let out = root.run(&format!("apt-get -y {REMOVE}"));
    refused(&out, "dpkg will ask");
    refused(&out, "there is no terminal to ask on");
    assert!(are_there(&root));
}

#[test]
fn what_was_confirmed_at_the_shim_is_not_asked_again() {
    let Some(root) = with_hooks("shims") else { return };
    root.ok("guard install --apt --shims");
    assert!(root.ok("readlink /usr/local/sbin/apt-get").trim() == "/usr/lib/guard/guard-shim");
    for line in [
        format!("apt-get {REMOVE}"),
        format!("sudo apt-get -y {REMOVE}"),
        format!("aptitude -y {REMOVE}"),
        format!("sh -c 'apt -y {REMOVE}; true'"),
    ] {
        let root = with_hooks("shims").unwrap();
        root.ok("guard install --apt --shims");
        let mut pty = root.pty(&line);
        pty.expect(ASKS);
        pty.send(format!("{}\n", asked_for(&pty.output())));
        if !line.contains("-y") {
            pty.expect("[Y/n]");
            pty.send("y\n");
        }
        assert_eq!(pty.code(), 0, "{line}: {}", pty.output());
        assert_eq!(questions(&pty), 1, "{line}: {}", pty.output());
        assert!(root.in_state("rc", &["redis-server"]), "{line}: {}", pty.output());
        assert_eq!(root.ok("find /run/guard -name '*.call'"), "", "it was used up");
    }
    // The variable is answered once, too.
    let out = root.run_with(&format!("apt-get -y {REMOVE}"), &[("GUARD_CONFIRM", "db1/redis-server")], b"");
    assert!(out.status.success(), "{}", said(&out));
}

/// Leaves an approval as the shim does, from a shell that then becomes apt; `change` is done to it first.
fn approved(root: &Root, change: &str, line: &str) -> Output {
    let script = format!(
        "umask 077; mkdir -p /run/guard; start=$(sed 's/.*) //' /proc/$$/stat | cut -d' ' -f20); f=/run/guard/$$.call
         {{ echo 'guard approval 1'; echo \"$(cat /proc/sys/kernel/random/boot_id) $$ $start $(date +%s)\"
            echo 'remove redis-server'; echo 'remove redis-tools'; echo end; }} >$f
         {change}
         exec {line}"
    );
    root.run(&script)
}

#[test]
fn an_approval_cannot_be_forged_lent_or_kept() {
    let Some(root) = with_hooks("forged") else { return };
    let line = format!("apt-get -y {REMOVE}");
    for change in [
        "chown alice $f",
        "chmod 644 $f",
        "chown alice /run/guard",
        "chmod 777 /run/guard",
        "mv /run/guard /run/real; ln -s real /run/guard",
        "mv $f /tmp/f; ln -s /tmp/f $f",
        "ln $f /tmp/second",
        "mv $f /run/guard/1.call",
        "sed -i '2s/ [0-9]* [0-9]*$/ 1 '$(date +%s)'/' $f",
        "sed -i \"2s/[0-9]*$/$(($(date +%s) - 3700))/\" $f",
        "sed -i \"2s/[0-9]*$/$(($(date +%s) + 60))/\" $f",
        "sed -i '2s/^[^ ]*/00000000-0000-0000-0000-000000000000/' $f",
        "sed -i '/redis-tools/d' $f",
        "sed -i '/^end/i remove nginx' $f",
        "sed -i 's/^remove redis-server/purge redis-server/' $f",
        "sed -i '/^end/d' $f",
        "chmod 777 /run",
    ] {
        let out = approved(&root, change, &line);
        refused(&out, "there is no terminal to ask on");
        assert!(are_there(&root), "{change}");
        root.ok("rm -rf /run/guard /run/real /tmp/second /tmp/f; chmod 755 /run");
    }
    // A user cannot put one there.
    let out = root.run("su alice -s /bin/sh -c 'mkdir -m 700 /run/guard || : >/run/guard/1.call'");
    assert!(!out.status.success() && !root.has("/run/guard"), "{}", said(&out));
    // The same process, another set; and a second apt that is not the approved one.
    refused(&approved(&root, "", "apt-get -y remove nginx-common"), "there is no terminal to ask on");
    refused(&approved(&root, &line, "false"), "there is no terminal to ask on");
    // Nothing changed about it: it counts, which proves the rest of this test; and once.
    let out = approved(&root, "", &line);
    assert!(out.status.success(), "{}", said(&out));
    assert!(root.in_state("rc", &["redis-server", "redis-tools"]));
    assert_eq!(root.ok("find /run/guard -name '*.call'"), "");
}

#[test]
fn purging_what_is_left_of_a_removed_server_is_asked_about() {
    let Some(root) = with_hooks("leftovers") else { return };
    assert!(root.in_state("rc", &["etcd-server"]), "the test bed has one");
    let before = root.snapshot(BESIDES);
    for line in ["apt-get -y purge '~c'", "dpkg -P etcd-server", "aptitude -y purge '~c'"] {
        refused(&root.run(line), "there is no terminal to ask on");
        if line.starts_with("aptitude") {
            is_as_but_for_aptitude(&root, &before);
        } else {
            root.is_as(&before, BESIDES);
        }
    }
    // Marked for later, by dselect or `dpkg --set-selections`.
    root.ok("echo 'etcd-server purge' | dpkg --set-selections");
    refused(&root.run("dpkg --purge --pending"), "there is no terminal to ask on");
    assert!(root.has("/var/lib/etcd/default"));
}

#[test]
fn simulations_and_rehearsals_are_asked_about_by_nobody() {
    let Some(root) = with_hooks("rehearsals") else { return };
    for line in [
        "apt-get -s purge redis-tools",
        "aptitude -s -y purge redis-tools",
        "dpkg --no-act --purge redis-server",
        "apt-get --download-only -y remove redis-tools",
        "dpkg -l redis-tools",
    ] {
        works(&root, line);
    }
    assert!(are_there(&root));
}

#[test]
fn uninstalling_takes_away_what_was_written_and_no_more() {
    let Some(root) = Root::fresh("uninstall") else { return };
    let before = root.snapshot(BESIDES);
    root.ok("guard install --apt --shims");
    root.ok("guard uninstall --apt");
    root.is_as(&before, BESIDES);
    root.ok("guard install --apt; echo '# mine' >>/etc/dpkg/dpkg.cfg.d/00guard");
    let out = root.run("guard uninstall --apt");
    assert!(out.status.success() && said(&out).contains("00guard (edited by hand)"), "{}", said(&out));
    assert!(root.has("/etc/dpkg/dpkg.cfg.d/00guard") && !root.has("/etc/apt/apt.conf.d/99guard"));
    refused(&root.run("guard install --apt"), "it was edited by hand");
    works(&root, "dpkg --configure -a");
    refused(&root.run("su alice -s /bin/sh -c 'guard install --apt'"), "only root");
}

#[test]
fn the_hook_takes_no_time_when_nothing_is_removed() {
    let Some(root) = with_hooks("time") else { return };
    // An upgrade of everything there is: a long configuration, a thousand packages.
    let mut text = String::from("VERSION 3\n");
    for line in root.ok("apt-config dump").lines() {
        let (key, value) = line.split_once(' ').unwrap_or((line, ""));
        let _ = writeln!(text, "{key}={}", value.trim_matches(['"', ';']).replace(' ', "%20"));
    }
    text.push('\n');
    for n in 0..1000 {
        let _ = writeln!(text, "p{n} 1 amd64 none < 2 amd64 none /var/cache/apt/archives/p{n}_2_amd64.deb");
        let _ = writeln!(text, "p{n} 1 amd64 none < 2 amd64 none **CONFIGURE**");
    }
    root.write("/tmp/plan", &text);
    let script = "for i in 1 2 3 4 5 6 7 8 9 10; do
        s=$(date +%s%N); /bin/sh -c 'guard=apt test ! -x /usr/lib/guard/apt-hook || /usr/lib/guard/apt-hook || test $? -ne 77' </tmp/plan
        e=$(date +%s%N); echo $((e - s)); done | sort -n | head -1";
    let best: u64 = root.ok(script).trim().parse().unwrap();
    let best = Duration::from_nanos(best);
    println!("the hook, 1000 upgrades and nothing removed: {best:?} with two calls of date in it");
    assert!(best < Duration::from_millis(100), "{best:?}");
}

/// With the apt of Debian 13.
#[test]
fn the_same_with_apt_3() {
    let Some(root) = Root::of(Release::Thirteen, "apt 3") else { return };
    root.ok("guard install --apt");
    let fine = root.run("SHELL= guard doctor --apt");
    assert!(fine.status.success(), "{}", said(&fine));
    for line in [
        format!("apt-get -y {REMOVE}"),
        "apt -y purge redis-tools".into(),
        "dpkg -P --force-depends redis-tools".into(),
    ] {
        refused(&root.run(&line), "there is no terminal to ask on");
        assert!(are_there(&root), "{line}");
    }
    let mut pty = root.pty(&format!("apt-get -y {REMOVE}"));
    pty.expect(ASKS);
    pty.send(format!("{}\n", asked_for(&pty.output())));
    assert_eq!(pty.code(), 0, "{}", pty.output());
    assert!(root.in_state("rc", &["redis-server"]));
}

/// Without any chroot: the text on standard input and in another descriptor, and what is no text of apt's.
#[test]
fn the_text_is_read_from_where_apt_says() {
    let home = tempfile::tempdir().unwrap();
    let hook = |text: &str, fd: &str, line: &str| {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", line, "sh", env!("CARGO_BIN_EXE_guard")]).env("HOME", home.path());
        command.env("APT_HOOK_INFO_FD", fd).env_remove("GUARD_CONFIRM");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(text.as_bytes());
        child.wait_with_output().unwrap()
    };
    let selftest = "VERSION 3\n\nguard-self-test 1 none none > - - none **REMOVE**\n";
    let direct = "exec \"$1\" apt-hook pre-install";
    for (text, fd, line, code, says) in [
        (selftest, "0", direct, 77, "guard-self-test "),
        (selftest, "", direct, 77, "guard-self-test "),
        (selftest, "7", "exec \"$1\" apt-hook pre-install 7<&0 0</dev/null", 77, "guard-self-test "),
        (selftest, "7", direct, 65, "names no open file"),
        (selftest, "-1", direct, 65, "names no open file"),
        (selftest, "x", direct, 65, "names no open file"),
        ("", "0", direct, 65, "apt said nothing"),
        ("/x.deb\n", "0", direct, 65, "removals would be invisible"),
        ("VERSION 3\n\np 1 **REMOVE**\n", "0", direct, 65, "line 3 of what apt said"),
        ("VERSION 3\n\np 1 amd64 none > - - none **REM", "0", direct, 65, "is cut off"),
    ] {
        let out = hook(text, fd, line);
        assert_eq!(out.status.code(), Some(code), "{text:?} {fd}: {}", said(&out));
        assert!(said(&out).contains(says), "{text:?} {fd}: {}", said(&out));
    }
    let began = Instant::now();
    hook(selftest, "0", direct);
    assert!(began.elapsed() < Duration::from_secs(60));
}

/// What unattended-upgrades does by night: packages that nothing needs any more, which run nothing and hold nothing.
#[test]
fn what_nothing_needs_any_more_goes_by_night() {
    let Some(root) = with_hooks("unattended") else { return };
    let commit = "import apt; c = apt.Cache(); c[\"libidn12\"].mark_delete(); c.commit()";
    for line in [
        format!("python3 -c '{commit}'"),
        "apt-get -y autoremove".into(),
        "apt-get -y remove libidn12".into(),
    ] {
        root.ok("apt-get -y install libidn12 && apt-mark auto libidn12");
        let out = root.run(&line);
        assert!(out.status.success(), "{line}: {}", said(&out));
        assert!(!root.in_state("ii", &["libidn12"]), "{line}: {}", said(&out));
    }
}
