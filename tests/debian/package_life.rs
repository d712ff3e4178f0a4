//! The life of the .deb on a real Debian: installed, upgraded, removed and purged by the real apt and dpkg, with hooks on,
//! shims in front and questions open. Whatever happens to it, apt and dpkg go on working.

use crate::support::apt_stage::asked_for;
use crate::support::chroot::{Release, Root, binaries_at};
use crate::support::ended::{Ended, ended, told};
use std::path::PathBuf;
use std::process::Command;

/// The settings by which apt and dpkg call the hooks.
const SETTINGS: [&str; 2] = ["/etc/apt/apt.conf.d/99guard", "/etc/dpkg/dpkg.cfg.d/00guard"];

/// What guard and the package tools write down themselves.
const BESIDES: &[&str] = &[
    "root/.local",
    "root/.cache",
    "var/lib/dpkg",
    "var/lib/apt",
    "var/cache/debconf",
    "etc/apt/sources.list",
    "srv/packages",
];

/// Where the packages of this run are.
fn packages() -> PathBuf {
    if let Some(dir) = std::env::var_os("GUARD_TEST_PACKAGES") {
        return dir.into();
    }
    let made = Command::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/packages/make")).output().unwrap();
    assert!(made.status.success(), "{}", told(&made).output);
    PathBuf::from(String::from_utf8(made.stdout).unwrap().trim())
}

/// A Debian without guard, with the package at hand and no network.
fn bed(release: Release, test: &str, more: &[(PathBuf, &'static str)]) -> Option<Root> {
    let mut binds = vec![(packages(), "/srv/packages")];
    binds.extend_from_slice(more);
    let root = Root::enter(release, false, &binds, test)?;
    root.ok("sed -i '\\,file:/srv/mirror,!d' /etc/apt/sources.list; ! command -v guard");
    Some(root)
}

fn twelve(test: &str) -> Option<Root> {
    bed(Release::Twelve, test, &[])
}

fn alone(root: &Root, line: &str) -> Ended {
    told(&root.run_with(line, &[("DEBIAN_FRONTEND", "noninteractive")], b""))
}

fn install(root: &Root) {
    alone(root, "apt-get -y install /srv/packages/guard_*-1_*.deb").is(0).not("rror");
    assert!(root.in_state("ii", &["guard"]));
}

/// The same package as a later one; `scripts` is shell that changes its maintainer scripts in the working directory.
fn next(root: &Root, scripts: &str) {
    root.ok(&format!(
        "rm -rf /tmp/next && dpkg-deb -R /srv/packages/guard_*-1_*.deb /tmp/next &&
         sed -i '/^Version:/s/-1$/-2/' /tmp/next/DEBIAN/control && cd /tmp/next/DEBIAN && {{ {scripts}; }} &&
         dpkg-deb -Zgzip -z1 --root-owner-group --build /tmp/next /tmp/next.deb"
    ));
}

/// Settings as an older guard would have written them, with a digest that is right.
fn older_settings(root: &Root) {
    for (setting, comment) in SETTINGS.iter().zip(["//", "#"]) {
        root.ok(&format!(
            "body=$(tail -n +2 {setting}); body=\"$body
{comment} of another time\"
             sum=$(printf '%s\\n' \"$body\" | sha256sum | cut -d ' ' -f 1)
             printf '%s\\n%s\\n' '{comment} Written by guard 0.0.9; sha256 of all the other lines: '\"$sum\" \"$body\" >/tmp/older
             cat /tmp/older >{setting}"
        ));
    }
}

fn settings_are(root: &Root, current: bool) {
    for setting in SETTINGS {
        let name = setting.rsplit('/').next().unwrap();
        let same = root.run(&format!("cmp {setting} /usr/lib/guard/settings/{name}")).status.success();
        assert_eq!(same, current, "{setting}: {}", root.ok(&format!("cat {setting}")));
    }
    let new = root.ok("ls -A /etc/apt/apt.conf.d /etc/dpkg/dpkg.cfg.d");
    assert!(!new.contains("guard-new"), "{new}");
}

/// What has to work whatever state guard's package is in.
#[track_caller]
fn apt_works(root: &Root) {
    alone(root, "dpkg --configure -a && dpkg --audit").is(0);
    alone(root, "/usr/bin/apt-get -y install --reinstall less").is(0);
    alone(root, "/usr/bin/apt-get -y upgrade && /usr/bin/apt-get check").is(0);
}

/// From nothing to nothing: it does nothing by itself, and leaves nothing but records.
fn life(root: &Root) {
    let before = root.snapshot(BESIDES);
    install(root);
    alone(root, "guard version").is(0).says("/usr/bin/guard-shim");
    for setting in SETTINGS {
        assert!(!root.has(setting), "{setting}: nobody has asked for it");
    }
    // Removals are nobody's business yet.
    alone(root, "apt-get -y remove nginx-light && apt-get -y install nginx-light").is(0).not("guard");
    alone(root, "guard doctor").not("hook");

    alone(root, "guard install --apt --shims").is(0).says("written   /etc/apt/apt.conf.d/99guard");
    alone(root, "guard doctor --apt").is(0);
    alone(root, "/usr/bin/apt-get -y remove redis-tools").says("guard: refused");
    assert!(root.in_state("ii", &["redis-server", "redis-tools"]));
    alone(root, "guard uninstall --apt").is(0);
    alone(root, "guard install --apt --shims").is(0);
    root.ok("guard install && mkdir -p /home/alice/.local/share/guard/shims /var/log/guard");
    root.ok("ln -s /usr/bin/guard-shim /home/alice/.local/share/guard/shims/kubectl");

    // Removed while all of it points there.
    let gone = alone(root, "apt-get -y remove guard").is(0);
    for said in [
        "removed /etc/apt/apt.conf.d/99guard",
        "/root/.local/share/guard/shims",
        "/home/alice/.local/share/guard/shims",
        "hash -r",
        "guard init",
    ] {
        assert!(gone.output.contains(said), "no {said:?} in:\n{}", gone.output);
    }
    assert!(!root.has("/usr/lib/guard") && !root.has("/usr/local/sbin/apt-get"));
    // Whose shims are in front finds what stands behind them.
    let path = "export PATH=/root/.local/share/guard/shims:/usr/bin:/bin";
    let found = root.ok(&format!("{path}; bash -c 'apt-get --version; type -p apt-get'"));
    assert!(found.trim_end().ends_with("\n/usr/bin/apt-get"), "{found}");
    apt_works(root);

    root.write("/etc/guard/policy.yaml", "version: 1\n");
    root.ok("mkdir -p /run/guard /root/.local/state/guard");
    let purged =
        alone(root, "apt-get -y purge guard").is(0).says("/var/log/guard").says("/root/.local/state/guard");
    assert!(!root.has("/etc/guard") && !root.has("/run/guard"), "{}", purged.output);
    assert!(root.has("/var/log/guard") && root.has("/root/.local/share/guard/shims/apt-get"));
    apt_works(root);
    root.ok("rm -r /home/alice/.local");
    root.is_as(&before, BESIDES);
}

#[test]
fn from_nothing_to_nothing() {
    let Some(root) = twelve("package: life") else { return };
    life(&root);
}

#[test]
fn from_nothing_to_nothing_on_debian_13() {
    let Some(root) = bed(Release::Thirteen, "package: life on Debian 13", &[]) else { return };
    life(&root);
}

/// Hooks stay on, what an older guard wrote becomes what this one would write, and what people wrote stays theirs.
#[test]
fn an_upgrade_keeps_what_is_switched_on() {
    let Some(root) = twelve("package: upgrade") else { return };
    install(&root);
    root.ok("guard install --apt --shims");
    root.write("/etc/guard/policy.yaml", "# mine\nversion: 1\n");
    older_settings(&root);
    alone(&root, "guard doctor --apt").says("is of guard 0.0.9");
    next(&root, "true");
    alone(&root, "apt-get -y install /tmp/next.deb")
        .is(0)
        .says("is that of this version now")
        .not("each user runs");
    settings_are(&root, true);
    assert_eq!(root.ok("cat /etc/guard/policy.yaml"), "# mine\nversion: 1\n");
    alone(&root, "guard doctor --apt").is(0);
    alone(&root, "/usr/bin/apt-get -y remove redis-tools").says("guard: refused");

    // What was edited stays, also when the package goes, and apt works with it.
    for setting in SETTINGS {
        let comment = if setting.starts_with("/etc/apt") { "//" } else { "#" };
        root.ok(&format!("echo '{comment} mine' >>{setting}"));
    }
    let edited = root.ok(&format!("cat {}", SETTINGS.join(" ")));
    alone(&root, "apt-get -y install --reinstall /tmp/next.deb").is(0).not("of this version now");
    alone(&root, "/usr/bin/dpkg -r guard").is(0).says("stays, for it was edited");
    assert_eq!(root.ok(&format!("cat {}", SETTINGS.join(" "))), edited);
    apt_works(&root);
    alone(&root, "/usr/bin/apt-get -y remove redis-tools").is(0);
}

/// Two guards on PATH: doctor says which one is called, and the other one leaves the package's files alone.
#[test]
fn over_a_guard_that_cargo_installed() {
    let cargo = binaries_at(["/root/.cargo/bin/guard", "/root/.cargo/bin/guard-shim"]);
    let Some(root) = bed(Release::Twelve, "package: cargo", &cargo) else { return };
    let path = "export PATH=/root/.cargo/bin:$PATH; ";
    root.ok(&format!("{path} guard install && guard install --apt"));
    assert!(root.ok("readlink /root/.local/share/guard/shims/apt-get").starts_with("/root/.cargo/bin/"));
    alone(&root, &format!("{path} guard doctor")).not("guard on PATH");
    // The copies that it made for the hooks become the package's.
    install(&root);
    alone(&root, "guard doctor -v --apt").says("apt calls the hook");
    let doctor = alone(&root, &format!("{path} guard doctor -v"));
    let line =
        doctor.output.lines().find(|line| line.contains("guard on PATH")).unwrap_or_default().to_owned();
    for said in [
        "`guard` is /root/.cargo/bin/guard (",
        "behind it: /usr/bin/guard (",
        "lead to /root/.cargo/bin/guard-shim",
    ] {
        assert!(line.contains(said), "no {said:?} in:\n{}", doctor.output);
    }
    alone(&root, &format!("{path} guard install --apt"))
        .is(77)
        .says("belongs to a package")
        .says("/usr/lib/guard/guard install");
    // The other one goes: the links are taken over by name.
    alone(&root, "guard install").is(0).says("moved");
    assert_eq!(root.ok("readlink /root/.local/share/guard/shims/apt-get").trim(), "/usr/bin/guard-shim");
    alone(&root, "apt-get -y remove guard").is(0);
    alone(&root, "apt-get -y remove redis-tools").is(0);
}

/// The package goes under a question, and the answer comes afterwards.
#[test]
fn a_question_is_open_while_the_package_goes() {
    let Some(root) = twelve("package: question") else { return };
    install(&root);
    root.ok("guard install --apt --shims");
    for right in [false, true] {
        let mut terminal = root.pty("apt-get -y remove redis-tools");
        terminal.expect("tries: ");
        if root.in_state("ii", &["guard"]) {
            alone(&root, "/usr/bin/dpkg --remove guard").is(0);
        }
        terminal.send(if right { format!("{}\n", asked_for(&terminal.output())) } else { "\n".to_owned() });
        let end = ended(terminal);
        if right {
            end.is(0);
            assert!(!root.in_state("ii", &["redis-tools"]), "the real tool did it");
        } else {
            end.is(77).says("refused");
            assert!(root.in_state("ii", &["redis-tools"]));
            install(&root);
            root.ok("guard install --apt --shims");
        }
    }
    apt_works(&root);
}

/// A script that is killed at any of its lines is run again and does the rest.
#[test]
fn killed_in_a_maintainer_script() {
    let Some(root) = twelve("package: killed") else { return };
    install(&root);
    root.ok("guard install --apt --shims");
    // Before each command of the script: whether this is where it ends.
    let trap = "trap 'n=$((n + 1)); [ ! -e /tmp/kill-at ] || [ $n != \"$(cat /tmp/kill-at)\" ] || kill -9 $$' DEBUG; set -T\n";
    root.write("/tmp/trap", trap);
    next(
        &root,
        "for script in postinst prerm; do sed -i -e '1s,.*,#!/bin/bash,' -e '1r /tmp/trap' $script; done",
    );
    let mut killed = 0;
    for at in (2..).step_by(4) {
        older_settings(&root);
        root.write("/tmp/kill-at", format!("{at}"));
        let upgrade = alone(&root, "/usr/bin/dpkg -i /tmp/next.deb");
        if upgrade.code == 0 {
            break;
        }
        killed += 1;
        assert!(upgrade.output.contains("Killed") || upgrade.output.contains("killed"), "{}", upgrade.output);
        if killed == 1 {
            // As it stands, half configured, what is switched on works.
            alone(&root, "/usr/bin/apt-get -y remove redis-tools").says("guard: refused");
        }
        root.ok("rm /tmp/kill-at");
        alone(&root, "dpkg --configure -a && /usr/bin/apt-get check").is(0);
        settings_are(&root, true);
        assert!(root.in_state("ii", &["guard"]));
    }
    assert!(killed > 3, "killed {killed} times");
    for at in [3, 9, 15] {
        root.write("/tmp/kill-at", format!("{at}"));
        assert_ne!(alone(&root, "/usr/bin/dpkg --remove guard").code, 0, "killed at {at}");
        root.ok("rm /tmp/kill-at");
        alone(&root, "dpkg --configure -a && /usr/bin/apt-get check").is(0);
    }
    alone(&root, "/usr/bin/dpkg --remove guard").is(0);
    apt_works(&root);
    alone(&root, "/usr/bin/apt-get -y remove redis-tools").is(0);
}

/// What is broken is mended by installing it again, or goes.
#[test]
fn a_broken_guard_is_installed_again_or_removed() {
    let Some(root) = twelve("package: broken") else { return };
    install(&root);
    root.ok("guard install --apt");
    root.ok(": >/usr/lib/guard/guard");
    apt_works(&root);
    alone(&root, "apt-get -y remove redis-tools").says("guard: error");
    alone(&root, "apt-get -y install --reinstall /srv/packages/guard_*-1_*.deb").is(0);
    alone(&root, "guard doctor --apt").is(0);
    root.ok("rm /usr/lib/guard/guard");
    alone(&root, "apt-get -y remove guard").is(0);
    apt_works(&root);
}
