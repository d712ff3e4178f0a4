use super::*;
use crate::engine::policy::Merged;
use crate::engine::policy::place::classify_target;
use proptest::prelude::*;
use std::fs;
use std::os::unix::fs::PermissionsExt;

/// A machine made of files.
struct Machine(tempfile::TempDir);

impl Machine {
    fn named(name: &str) -> Machine {
        let machine = Machine(tempfile::tempdir().unwrap());
        machine.with("proc/sys/kernel/hostname", name)
    }

    fn with(self, name: &str, text: &str) -> Machine {
        self.write(name, text.as_bytes());
        self
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.0.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    }

    fn mode(&self, name: &str, mode: u32) {
        fs::set_permissions(self.0.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    fn look(&self, line: &str) -> ResolvedHost {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let (tool, words) = words.split_first().unwrap();
        host(&World::of(&[], "/").with_root(self.0.path()), tool, words).unwrap()
    }

    fn environment(&self, line: &str) -> (Environment, String) {
        let seen = self.look(line).target.seen();
        let found = classify_target(&seen, &Merged::default());
        (found.environment, found.because)
    }
}

fn text(value: &Option<Sourced<String>>) -> Option<String> {
    value.as_ref().map(|v| format!("{} {}", v.value, v.from))
}

#[test]
fn a_machine_and_what_its_people_call_it() {
    let machine = Machine::named("db1\n")
        .with("etc/hostname", "# static\ndb1\n")
        .with("etc/hosts", "127.0.1.1 db1.example.com db1\n")
        .with(
            "etc/machine-info",
            "PRETTY_HOSTNAME=\"DB primary (Oslo)\"\n# c\nDEPLOYMENT=production\nLOCATION='Row 3'\n",
        );
    let found = machine.look("apt-get remove p");
    let target = &found.target;
    assert_eq!(target.name.value().map(|n| n.value.as_str()), Some("db1"));
    assert_eq!(target.static_name, None);
    assert_eq!(target.fqdn.as_deref(), Some("db1.example.com"));
    assert_eq!(text(&target.pretty).as_deref(), Some("DB primary (Oslo) /etc/machine-info:1"));
    assert_eq!(text(&target.deployment).as_deref(), Some("production /etc/machine-info:3"));
    assert_eq!(text(&target.location).as_deref(), Some("Row 3 /etc/machine-info:4"));
    assert_eq!((found.root.as_path(), found.told().as_str()), (machine.0.path(), "db1"));
    assert_eq!(found.database, machine.0.path().join("var/lib/dpkg"));
    assert!(found.is_still(&machine.look("apt-get remove p")));
}

#[test]
fn the_name_in_the_file_where_it_is_another_one() {
    for (own, file, other, full) in [
        ("db1", "db1\n", None, None),
        ("db1", "DB1", None, None),
        ("db1", "# c\n\nweb1\n", Some("web1 /etc/hostname:3"), None),
        ("db1", "db1.example.com\n", None, Some("db1.example.com")),
        ("db1.example.com", "db1\n", None, None),
        ("db1.a.example", "db1.b.example\n", Some("db1.b.example /etc/hostname:1"), None),
        ("db1", "", None, None),
    ] {
        let found = Machine::named(own).with("etc/hostname", file).look("reboot").target;
        assert_eq!(
            (text(&found.static_name).as_deref(), found.fqdn.as_deref()),
            (other, full),
            "{own} {file:?}"
        );
    }
    let nameless = Machine::named("(none)\n").look("reboot").target;
    assert!(matches!(nameless.name, Known::Unknown(_)));
}

#[test]
fn another_look_sees_what_moved() {
    let machine = Machine::named("db1").with("etc/machine-info", "DEPLOYMENT=staging\n");
    let before = machine.look("apt-get remove p");
    machine.write("etc/hosts", b"10.0.0.1 db1.example.com db1\n");
    assert!(before.is_still(&machine.look("apt-get remove p")));
    assert!(!before.is_still(&machine.look("apt-get -o RootDir=/mnt remove p")));
    machine.write("etc/machine-info", b"DEPLOYMENT=production\n");
    assert!(!before.is_still(&machine.look("apt-get remove p")));
    machine.write("etc/machine-info", b"DEPLOYMENT=staging\n");
    machine.write("proc/sys/kernel/hostname", b"db2");
    assert!(!before.is_still(&machine.look("apt-get remove p")));
    // Where the name names nothing, the address is what is typed.
    let machine = Machine::named("localhost");
    let before = machine.look("reboot");
    machine.write("proc/net/fib_trie", b"|-- 10.0.0.7\n/32 host LOCAL\n");
    assert!(!before.is_still(&machine.look("reboot")));
    assert_eq!(machine.look("reboot").told(), "10.0.0.7");
}

#[test]
fn deployment_makes_it_harder_and_easier() {
    use Environment::{Development, Production, Staging, Unclassified};
    for (word, want) in [
        ("production", Production),
        ("Production", Production),
        ("prod", Production),
        ("staging", Staging),
        ("integration", Staging),
        ("development", Development),
        ("whatever", Unclassified),
        ("", Unclassified),
    ] {
        let machine = Machine::named("db1").with("etc/machine-info", &format!("DEPLOYMENT={word}\n"));
        let (environment, because) = machine.environment("apt-get remove p");
        assert_eq!(environment, want, "{word}");
        if want != Unclassified {
            assert_eq!(because, format!("DEPLOYMENT={word} in /etc/machine-info:1"));
        }
    }
    // A name that says production is heard all the same.
    let machine = Machine::named("prod-db1").with("etc/machine-info", "DEPLOYMENT=development\n");
    assert_eq!(machine.environment("reboot").0, Production);
}

#[test]
fn a_word_that_anybody_can_write_makes_nothing_easier() {
    for (word, want) in [("staging", Environment::Unclassified), ("production", Environment::Production)] {
        let machine = Machine::named("db1").with("etc/machine-info", &format!("DEPLOYMENT={word}\n"));
        machine.mode("etc/machine-info", 0o664);
        assert_eq!(machine.environment("apt-get remove p").0, want);
        let notes = machine.look("apt-get remove p").target.notes.join("\n");
        assert_eq!(notes.contains("does not count"), word == "staging", "{notes}");
    }
}

#[test]
fn easier_only_for_the_machine_itself() {
    let machine = Machine::named("db1").with("etc/machine-info", "DEPLOYMENT=development\n");
    for line in ["systemctl -H db2 stop x", "systemctl -M web1 stop x", "dpkg --root=/mnt -P p"] {
        assert_eq!(machine.environment(line).0, Environment::Unclassified, "{line}");
    }
    fs::create_dir_all(machine.0.path().join("proc/1")).unwrap();
    std::os::unix::fs::symlink("/", machine.0.path().join("proc/1/root")).unwrap();
    assert_eq!(machine.look("reboot").target.within.as_deref(), Some("chroot"));
    assert_eq!(machine.environment("reboot").0, Environment::Unclassified);
    // Harder it gets from all of them that stand on this machine.
    let machine = Machine::named("db1").with("etc/machine-info", "DEPLOYMENT=production\n");
    for (line, want) in [
        ("systemctl -M web1 stop x", Environment::Production),
        ("dpkg --root=/mnt -P p", Environment::Production),
        ("systemctl -H db2 stop x", Environment::Unclassified),
        ("systemctl -H prod-db2 stop x", Environment::Production),
    ] {
        assert_eq!(machine.environment(line).0, want, "{line}");
    }
}

#[test]
fn another_machine_has_its_own_name_alone() {
    let machine = Machine::named("db1").with("etc/machine-info", "PRETTY_HOSTNAME=x\n");
    let found = machine.look("systemctl -H root@db2.example.com stop x").target;
    assert_eq!(found.name.value().map(|n| n.value.as_str()), Some("db2.example.com"));
    assert_eq!(text(&found.remote).as_deref(), Some("root@db2.example.com --host"));
    let name = found.host_name(None);
    assert_eq!((found.pretty, found.address, name), (None, None, "db2".to_owned()));
}

#[test]
fn a_system_below_another_directory() {
    let other = Machine::named("x")
        .with("etc/hostname", "web2\n")
        .with("etc/machine-info", "DEPLOYMENT=production\n");
    let machine = Machine::named("db1").with("etc/machine-info", "DEPLOYMENT=development\n");
    let dir = other.0.path().display();
    let found = machine.look(&format!("dpkg --root={dir} -P p"));
    assert_eq!(found.root, other.0.path());
    assert_eq!(found.database, other.0.path().join("var/lib/dpkg"));
    assert!(found.target.notes.iter().any(|n| n.ends_with("calls itself web2")), "{:?}", found.target.notes);
    assert_eq!(machine.environment(&format!("dpkg --root={dir} -P p")).0, Environment::Production);
}

#[test]
fn an_instance_by_its_cloud() {
    let machine = Machine::named("localhost").with(
        "run/cloud-init/instance-data.json",
        r#"{"v1": {"cloud_name": "aws", "region": "eu-west-1", "instance_id": "i-0abc"}}"#,
    );
    let found = machine.look("reboot");
    assert_eq!(found.told(), "i-0abc");
    assert_eq!(text(&found.target.cloud).as_deref().map(|t| t.starts_with("aws eu-west-1 ")), Some(true));
}

/// The machine the test runs on: no scratch directory stands in for anything.
#[test]
fn this_machine() {
    let started = std::time::Instant::now();
    let found = host(&World::of_process(), b"apt-get", &[b"remove", b"p"]).unwrap();
    let took = started.elapsed();
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    assert_eq!(found.target.name.value().map(|n| n.value.clone()), Some(name));
    assert_eq!(found.root, Path::new("/"));
    assert!(found.is_still(&host(&World::of_process(), b"apt-get", &[b"remove", b"p"]).unwrap()));
    // A resolver that does not answer is tried for five seconds and more.
    assert!(took < std::time::Duration::from_secs(4), "{took:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]
    #[test]
    fn any_files_are_read(
        info in prop::collection::vec(any::<u8>(), 0..200),
        name in prop::collection::vec(any::<u8>(), 0..40),
        json in "\\{\"v1\": ?[\\[\\]{}\":a-z0-9, ]{0,40}",
        word in "[-=/A-Za-z:. @]{0,24}",
    ) {
        let machine = Machine::named("db1");
        machine.write("etc/machine-info", &info);
        machine.write("etc/hostname", &name);
        machine.write("etc/hosts", &info);
        machine.write("proc/net/fib_trie", &info);
        machine.write("run/cloud-init/instance-data.json", json.as_bytes());
        machine.write("etc/apt/apt.conf", &info);
        machine.write("etc/dpkg/dpkg.cfg", &info);
        for tool in ["apt-get", "aptitude", "dpkg", "systemctl", "loginctl"] {
            let line = format!("{tool} {word} remove p");
            let found = machine.look(&line);
            prop_assert!(found.is_still(&machine.look(&line)));
        }
    }
}
