//! Plans held against what really happens, in copies of Debian systems: the same words are planned, then carried out,
//! and what is gone afterwards has to be what the plan said.

use crate::support::chroot::{Release, Root};
use crate::support::ended;
use guard::engine::fact::{Known, Why};
use guard::engine::packages::plan::{Kind, Plan};
use guard::family::packages::probe::{Answered, Request, plan};
use guard::world::World;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

/// A system, and scripts in the place of its tools that go in and run them there.
struct Inside {
    root: Root,
    tools: tempfile::TempDir,
}

impl Inside {
    fn of(release: Release, test: &str) -> Option<Inside> {
        let root = Root::of(release, test)?;
        let tools = tempfile::tempdir().unwrap();
        for tool in ["apt", "apt-get", "apt-cache", "apt-config", "aptitude", "dpkg", "dpkg-query"] {
            let path = tools.path().join(tool);
            let enter = format!("nsenter -t {} -m -p -u -n -i --root --wd --", root.pid());
            fs::write(&path, format!("#!/bin/sh\nexec {enter} /usr/bin/{tool} \"$@\"\n")).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Some(Inside { root, tools })
    }

    fn ask(&self, line: &str) -> Answered {
        let mut words = line.split(' ');
        let tool = words.next().unwrap();
        let words: Vec<OsString> = words.map(|w| OsString::from(w.replace('\u{b7}', " "))).collect();
        let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
        let world = World::of(&[("PATH", path), ("HOME", "/root")], "/").with_root(self.root.path());
        let program = self.tools.path().join(tool);
        let root = self.root.path();
        let deadline = Duration::from_secs(120);
        plan(&Request { tool, words: &words, program: &program, world: &world, root: &root, deadline })
    }

    #[track_caller]
    fn plan(&self, line: &str) -> Plan {
        match self.ask(line).plan {
            Known::Known(plan) => plan,
            Known::Unknown(why) => panic!("{line}: no plan: {why}"),
        }
    }

    /// Each package that is installed or of which something is left, with its state.
    fn states(&self) -> BTreeMap<String, String> {
        let list = self.root.ok("dpkg-query -W -f='${binary:Package} ${db:Status-Status}\\n'");
        let lines = list.lines().filter_map(|l| l.split_once(' '));
        let there = lines.filter(|(_, state)| *state != "not-installed");
        there.map(|(name, state)| (name.split(':').next().unwrap().to_owned(), state.to_owned())).collect()
    }

    /// Plans a line, carries it out, and holds the one against the other.
    #[track_caller]
    fn carry_out(&self, line: &str) -> Plan {
        let plan = self.plan(line);
        let before = self.states();
        let shell: Vec<String> = line.split(' ').map(|w| format!("'{}'", w.replace('\u{b7}', " "))).collect();
        let out = self.root.run_with(
            &format!("yes | {}", shell.join(" ")),
            &[("DEBIAN_FRONTEND", "noninteractive")],
            b"",
        );
        assert!(out.status.success(), "{line}\n{}", ended::said(&out));
        let after = self.states();
        let gone: BTreeSet<&str> = before
            .iter()
            .filter(|(name, state)| {
                let now = after.get(*name).map_or("", String::as_str);
                now != *state && (now.is_empty() || now == "config-files")
            })
            .map(|(name, _)| name.as_str())
            .collect();
        let planned: BTreeSet<&str> = plan.removals().map(|c| c.name.as_str()).collect();
        assert_eq!(planned, gone, "{line}");
        for change in plan.removals() {
            let left = after.get(&change.name).map(String::as_str);
            assert!(change.kind != Kind::Purge || left.is_none(), "{line}: {change:?} is not purged");
            assert_eq!(
                change.version.is_some(),
                before[&change.name] != "config-files",
                "{line}: {change:?}"
            );
        }
        plan
    }
}

macro_rules! inside {
    ($release:ident, $name:literal) => {
        match Inside::of(Release::$release, $name) {
            Some(inside) => inside,
            None => return,
        }
    };
}

/// `package`, with `+` when it was named, `~` when it is unused, `!` when it is purged.
fn shown(plan: &Plan) -> Vec<String> {
    let mut all: Vec<String> = plan
        .removals()
        .map(|c| {
            let mark = |on: bool, mark: &'static str| if on { mark } else { "" };
            let purged = mark(c.kind == Kind::Purge, "!");
            format!("{}{purged}{}{}", c.full_name(), mark(c.named, "+"), mark(c.unused, "~"))
        })
        .collect();
    all.sort();
    all
}

#[test]
fn the_client_takes_the_server_along() {
    let inside = inside!(Twelve, "the_client_takes_the_server_along");
    for (line, goes) in [
        ("apt-get remove postgresql-client-15", "postgresql-15 postgresql-client-15+"),
        ("apt remove postgresql-client-15:amd64", "postgresql-15 postgresql-client-15+"),
        ("apt-get install postgresql-client-15-", "postgresql-15 postgresql-client-15+"),
        ("apt-get satisfy Conflicts:\u{b7}postgresql-client-15", "postgresql-15 postgresql-client-15+"),
        ("apt-get remove ^postgresql-cl.*15$", "postgresql-15 postgresql-client-15+"),
        ("apt-get remove postgresql-c.ient-15", "postgresql-15 postgresql-client-15+"),
        ("apt remove ?exact-name(postgresql-client-15)", "postgresql-15 postgresql-client-15+"),
        ("apt-get dist-upgrade postgresql-client-15-", "postgresql-15 postgresql-client-15+"),
        ("apt-get -y purge postgresql-client-15 postgresql-15", "postgresql-15!+ postgresql-client-15!+"),
        ("apt-get remove -o APT::Get::Purge=1 postgresql-client-15", "postgresql-15! postgresql-client-15!+"),
    ] {
        assert_eq!(shown(&inside.plan(line)).join(" "), goes, "{line}");
    }
    let quiet = inside.plan("aptitude remove ~n^postgresql-client-15$");
    assert!(quiet.removals().any(|c| c.name == "postgresql-15" && !c.named && !c.unused), "{quiet:?}");
    assert!(quiet.removals().any(|c| c.name == "postgresql-client-15" && c.named), "{quiet:?}");
    let plan = inside.carry_out("apt-get -y purge postgresql-client-15");
    assert_eq!(shown(&plan), ["postgresql-15!", "postgresql-client-15!+"]);
    assert!(!inside.root.has("/var/lib/postgresql/15/main"), "what the purge script does");
}

#[test]
fn aptitude_says_what_is_unused_and_what_comes_along() {
    let inside = inside!(Twelve, "aptitude_says_what_is_unused_and_what_comes_along");
    let plan = inside.carry_out("aptitude -y -VDZ -P remove postgresql-client-15 nginx-light_");
    let of = |name: &str| plan.removals().find(|c| c.name == name).unwrap();
    assert!(!of("postgresql-15").named && !of("postgresql-15").unused);
    assert!(of("postgresql-client-15").named && of("nginx-light").named);
    assert_eq!((of("nginx-light").kind, of("postgresql-15").kind), (Kind::Purge, Kind::Remove));
    assert!(of("postgresql-common").unused, "{plan:?}");
}

#[test]
fn what_is_unused_is_told_from_what_needs_the_package() {
    let inside = inside!(Twelve, "what_is_unused_is_told_from_what_needs_the_package");
    for (line, goes) in [
        ("apt-get remove shop", "shop+"),
        ("apt-get autoremove shop", "shop+ shop-base~ shop-ledger~ shop-web~ shop-worker~"),
        ("apt-get --auto-remove remove shop", "shop+ shop-base~ shop-ledger~ shop-web~ shop-worker~"),
        // The shop needs its web part, and goes with it; the rest is then needed by nothing.
        ("apt-get autoremove shop-web", "shop shop-base~ shop-ledger~ shop-web+ shop-worker~"),
        ("apt-get autopurge shop-web", "shop! shop-base!~ shop-ledger!~ shop-web!+ shop-worker!~"),
        (
            "apt-get -o APT::Get::AutomaticRemove=1 remove shop-base",
            "shop shop-base+ shop-ledger shop-web shop-worker",
        ),
        ("apt-get remove shop-base", "shop shop-base+ shop-ledger shop-web shop-worker"),
    ] {
        assert_eq!(shown(&inside.plan(line)).join(" "), goes, "{line}");
    }
    // The setting of a file counts as much.
    inside.root.write("/etc/apt/apt.conf.d/99unused", "APT::Get::AutomaticRemove \"1\";\n");
    assert_eq!(
        shown(&inside.plan("apt remove shop")).join(" "),
        "shop+ shop-base~ shop-ledger~ shop-web~ shop-worker~"
    );
    inside.carry_out("apt-get -y purge shop-worker");
    let nothing = inside.plan("apt-get autoremove");
    assert!(!nothing.removes(), "{nothing:?}");
}

#[test]
fn what_is_left_of_packages_goes_with_patterns_and_selections() {
    let inside = inside!(Twelve, "what_is_left_of_packages_goes_with_patterns_and_selections");
    assert_eq!(shown(&inside.plan("dpkg -P etcd-server")), ["etcd-server!+"]);
    assert!(!inside.plan("dpkg -r etcd-server").removes());
    assert_eq!(shown(&inside.plan("aptitude purge ~c")), ["etcd-server!+"]);
    assert!(!inside.plan("apt-get remove etcd-server").removes());
    let plan = inside.carry_out("apt -y purge ~c");
    assert_eq!(shown(&plan), ["etcd-server!+"]);

    // Selections, which some other command made. apt knows its own map of the packages to be stale by the size and the
    // second of dpkg's list.
    std::thread::sleep(Duration::from_millis(1100));
    inside.root.ok(
        "echo redis-server purge | dpkg --set-selections; echo nginx-light deinstall | dpkg --set-selections",
    );
    let armed = inside.plan("apt-get dselect-upgrade");
    assert!(
        armed.removals().any(|c| c.name == "redis-server" && c.kind == Kind::Purge && !c.named),
        "{armed:?}"
    );
    assert!(!inside.plan("dpkg --clear-selections").removes());
    // A removal of everything that is selected purges what is selected to be purged.
    let plan = inside.carry_out("dpkg -r --pending");
    assert_eq!(shown(&plan), ["nginx-light", "redis-server!"]);
}

#[test]
fn dpkg_takes_what_is_named_and_what_is_in_the_way() {
    let inside = inside!(Twelve, "dpkg_takes_what_is_named_and_what_is_in_the_way");
    let refused = inside.ask("dpkg -r postgresql-client-15");
    assert!(refused.error.as_deref().is_some_and(|e| e.contains("postgresql-client-15")), "{refused:?}");
    let forced = inside.plan("dpkg --force-depends -P postgresql-client-15");
    assert_eq!(shown(&forced), ["postgresql-client-15!+"]);
    // One of two goes although the other cannot.
    assert_eq!(shown(&inside.plan("dpkg -P shop redis-tools")), ["shop!+"]);
    inside.root.ok(
        "mkdir -p /tmp/rival/DEBIAN && printf 'Package: rival\\nVersion: 1\\nArchitecture: all\\nMaintainer: x\\n\
         Conflicts: shop\\nReplaces: shop\\nProvides: shop\\nDescription: x\\n' >/tmp/rival/DEBIAN/control && \
         dpkg-deb -b /tmp/rival /tmp/rival.deb",
    );
    let plan = inside.carry_out("dpkg -i /tmp/rival.deb");
    assert_eq!(shown(&plan), ["shop"]);
    // A hook that is not guard's own would run.
    inside.root.write("/etc/dpkg/dpkg.cfg.d/site", "pre-invoke=\"touch /tmp/ran\"\n");
    assert_eq!(shown(&inside.plan("dpkg -P redis-tools nginx-light")), ["nginx-light!+", "redis-tools!+"]);
    assert!(!inside.root.has("/tmp/ran"));
    assert!(matches!(inside.ask("dpkg -i /tmp/rival.deb").plan, Known::Unknown(Why::Failed(_))));
    inside.root.write("/etc/dpkg/dpkg.cfg.d/site", "");
    // Another database.
    inside.root.ok("mkdir -p /srv/other/var/lib && cp -a /var/lib/dpkg /srv/other/var/lib/dpkg && dpkg --root=/srv/other --force-all -P nginx-light >/dev/null 2>&1; true");
    assert!(!inside.plan("dpkg --root=/srv/other -P nginx-light").removes());
    assert_eq!(shown(&inside.plan("dpkg --admindir /srv/other/var/lib/dpkg -r rival")), ["rival+"]);
}

#[test]
fn one_mail_server_takes_the_place_of_another() {
    let inside = inside!(Twelve, "one_mail_server_takes_the_place_of_another");
    assert_eq!(shown(&inside.plan("apt-get --purge install exim4-daemon-light")), ["postfix!"]);
    let plan = inside.carry_out("apt-get -y install exim4-daemon-light");
    assert_eq!(shown(&plan), ["postfix"]);
    assert!(
        plan.changes.iter().any(|c| c.name == "exim4-daemon-light" && c.named && c.kind == Kind::Install)
    );
}

#[test]
fn a_held_package_keeps_what_it_needs() {
    let inside = inside!(Twelve, "a_held_package_keeps_what_it_needs");
    inside.root.ok("apt-mark hold postgresql-15");
    for line in ["apt-get remove postgresql-client-15", "apt purge postgresql-client-15"] {
        let answered = inside.ask(line);
        assert!(
            answered.error.as_deref().is_some_and(|e| e.contains("held packages")),
            "{line}: {answered:?}"
        );
        let words: Vec<&str> = line.split(' ').collect();
        let out = inside.root.run(&format!("{} -y {}", words[0], words[1..].join(" ")));
        assert_eq!(out.status.code(), Some(100), "the command itself fails the same way");
    }
    assert!(
        inside.root.in_state("hi", &["postgresql-15"])
            && inside.root.in_state("ii", &["postgresql-client-15"])
    );
}

#[test]
fn a_newer_apt_plans_the_same_way_and_fetches_nothing() {
    let inside = inside!(Thirteen, "a_newer_apt_plans_the_same_way_and_fetches_nothing");
    for (line, goes) in [
        ("apt-get remove redis-tools", "redis-server redis-tools+"),
        ("apt purge redis-tools", "redis-server! redis-tools!+"),
        ("apt-get -U remove redis-tools", "redis-server redis-tools+"),
        ("apt --update remove redis-tools", "redis-server redis-tools+"),
        ("apt -yU -o APT::Update=1 remove redis-tools", "redis-server redis-tools+"),
        ("apt --with-update=yes remove redis-tools", "redis-server redis-tools+"),
        ("apt-get autoremove shop-web", "shop shop-base~ shop-ledger~ shop-web+ shop-worker~"),
    ] {
        let stamp = "find /var/lib/apt/lists -printf '%p %T@ %C@\\n' | sort";
        let before = inside.root.ok(stamp);
        let answered = inside.ask(line);
        match answered.plan {
            Known::Known(plan) => assert_eq!(shown(&plan).join(" "), goes, "{line}"),
            Known::Unknown(why) => assert!(line.contains("--with-update"), "{line}: {why}"),
        }
        assert_eq!(inside.root.ok(stamp), before, "{line} touched the lists");
    }
    inside.carry_out("apt-get -y purge redis-tools");
    inside.carry_out("aptitude -y remove shop");
}
