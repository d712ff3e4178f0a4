use super::*;
use std::fs;

fn at(root: &Path, vars: &[(&str, &str)], line: &str) -> Elsewhere {
    let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
    let (tool, words) = words.split_first().unwrap();
    named_by(&World::of(vars, "/").with_root(root), tool, words)
}

fn shown(found: &Elsewhere) -> String {
    let dir = |d: &Option<Sourced<String>>| {
        d.as_ref().map(|d| format!("{} {}", d.value, d.from)).unwrap_or_default()
    };
    format!("{}|{}|{}", dir(&found.root), dir(&found.database), found.notes.len())
}

#[test]
fn another_root_in_the_words() {
    let root = tempfile::tempdir().unwrap();
    for (line, want) in [
        ("dpkg -P p", "||0"),
        ("dpkg --root=/mnt -P p", "/mnt --root||0"),
        ("dpkg --root /mnt/ -P p", "/mnt/ --root||0"),
        ("dpkg --instdir=/mnt -P p", "/mnt --instdir||0"),
        ("dpkg --admindir=/mnt/db -P p", "|/mnt/db --admindir|1"),
        ("dpkg --instdir=/a --root=/b -P p", "/b --root||0"),
        ("dpkg --root=/ -P p", "||0"),
        ("dpkg -P p --root=/mnt", "||0"),
        ("apt-get remove p", "||0"),
        ("apt-get -o RootDir=/mnt remove p", "/mnt --option RootDir||0"),
        ("apt-get -oDPkg::Chroot-Directory=/mnt remove p", "/mnt --option DPkg::Chroot-Directory||0"),
        ("apt-get -o Dir=/mnt remove p", "||1"),
        ("apt-get -o Dir::State::status=/x remove p", "||1"),
        ("apt-get -o dir::state::STATUS=/var/lib/dpkg/status remove p", "||0"),
        ("apt-get -o Dir=/mnt -o DPkg::Options::=--root=/mnt remove p", "/mnt --option DPkg::Options::||0"),
        ("apt-get -o Dir=/mnt -o Dir=/ remove p", "||0"),
        ("aptitude -o RootDir=/mnt remove p", "/mnt --option RootDir||0"),
        ("systemctl --root=/mnt disable x", "/mnt --root||0"),
        ("systemctl stop x", "||0"),
        ("reboot", "||0"),
    ] {
        assert_eq!(shown(&at(root.path(), &[], line)), want, "{line}");
    }
}

#[test]
fn another_root_in_variables_and_files() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let vars = [("DPKG_ROOT", "/mnt")];
    for line in ["dpkg -P p", "apt-get remove p", "aptitude remove p"] {
        assert_eq!(shown(&at(root, &vars, line)), "/mnt $DPKG_ROOT||0", "{line}");
    }
    assert_eq!(shown(&at(root, &[("DPKG_ROOT", "")], "dpkg -P p")), "||0");
    assert_eq!(shown(&at(root, &vars, "dpkg --root=/ -P p")), "||0");
    assert_eq!(shown(&at(root, &vars, "systemctl stop x")), "||0");
    let write = |name: &str, text: &str| {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path.display().to_string()
    };
    let conf = write("own.conf", "// here\nRootDir \"/mnt\";\n");
    let vars = [("APT_CONFIG", conf.as_str())];
    assert_eq!(shown(&at(root, &vars, "apt-get remove p")), format!("/mnt {conf}:2||0"));
    let line = format!("apt-get -c {conf} remove p");
    assert_eq!(shown(&at(root, &[], &line)), format!("/mnt {conf}:2||0"));
    // What stands later counts.
    assert_eq!(shown(&at(root, &[], &format!("{line} -o RootDir=/b"))), "/b --option RootDir||0");
    let line = format!("apt-get -o RootDir=/b -c {conf} remove p");
    assert_eq!(shown(&at(root, &[], &line)), format!("/mnt {conf}:2||0"));
    let part = write("etc/apt/apt.conf.d/50x", "DPkg::Chroot-Directory \"/c\";");
    write("etc/apt/apt.conf.d/60y.bak", "RootDir \"/no\";");
    assert_eq!(shown(&at(root, &[], "apt-get remove p")), format!("/c {part}:1||0"));
    assert_eq!(shown(&at(root, &vars, "apt-get remove p")), format!("/mnt/c {part}:1||0"));
    assert_eq!(shown(&at(root, &[], "dpkg -P p")), "||0");
    let part = write("etc/dpkg/dpkg.cfg.d/x", "# c\nno-debsig\nroot = \"/d\"\n");
    assert_eq!(shown(&at(root, &[], "dpkg -P p")), format!("/d {part}:3||0"));
    assert_eq!(shown(&at(root, &[], "apt-get remove p")), format!("/c/d {part}:3||0"));
    write("etc/apt/apt.conf", "#include \"/x\";");
    assert_eq!(at(root, &[], "apt-get remove p").notes.len(), 1);
}

#[test]
fn another_machine() {
    let root = tempfile::tempdir().unwrap();
    for (line, want) in [
        ("systemctl -H db1 stop x", Some(("db1", None, false))),
        ("systemctl stop x --host=root@DB1.example.com:2222", Some(("DB1.example.com", None, false))),
        ("systemctl -H anna@db1/web stop x", Some(("db1", Some("web"), false))),
        ("systemctl -H [fe80::1]:22 stop x", Some(("fe80::1", None, false))),
        ("systemctl -H fe80::1 stop x", Some(("fe80::1", None, false))),
        ("systemctl -M web1 stop x", Some(("web1", Some("web1"), true))),
        ("systemctl -M anna@web1 stop x", Some(("web1", Some("web1"), true))),
        ("systemctl -M .host stop x", None),
        ("systemctl --user -M anna@ stop x", None),
        ("systemctl --user -M anna@.host stop x", None),
        ("systemctl -H db1 -M web1 stop x", Some(("web1", Some("web1"), true))),
        ("systemctl -M web1 -Hdb1 stop x", Some(("db1", None, false))),
        ("systemctl stop -- -H db1", None),
        ("loginctl -H db1 terminate-user x", Some(("db1", None, false))),
        ("shutdown -H now", None),
    ] {
        let found = at(root.path(), &[], line).remote;
        let got = found.as_ref().map(|r| (r.name.as_str(), r.container.as_deref(), r.here));
        assert_eq!(got, want, "{line}");
    }
}
