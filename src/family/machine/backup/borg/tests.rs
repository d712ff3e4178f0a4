use super::super::Kind;
use super::super::repository::tests::runner;
use super::super::repository::uses;
use super::*;
use crate::engine::backup::Fate;
use crate::run::child::Done;
use crate::world::World;

/// Printed by borg 1.2.4 of Debian 12 with `TZ=UTC` on a machine called `vm`; the first archive was made with another zone.
const ARCHIVES_LISTED: &str = include_str!("../../../../../tests/backups/borg-1.2-list.json");
const FILES: &str = include_str!("../../../../../tests/backups/borg-1.2-files.jsonl");

#[test]
fn archives_of_this_machine() {
    let here =
        ARCHIVES_LISTED.replace("\"hostname\": \"vm\"", &format!("\"hostname\": \"{}\"", stored::own_name()));
    let all = archives_of(here.as_bytes()).unwrap();
    let told: Vec<(&str, i64)> = all.iter().map(|one| (one.name.as_str(), one.at)).collect();
    assert_eq!(told, [("empty-1", 1_796_083_246), ("nightly-1", 1_796_083_245)]);
    assert_eq!(all[1].paths, [PathBuf::from("/tmp/w/h2r/var/backups")]);
    assert_eq!(
        archives_of(ARCHIVES_LISTED.replace("vm", "no-machine-of-this-name").as_bytes()),
        Some(vec![])
    );
    assert_eq!(archives_of(b"[]"), None);
    let relative = here.replace("\"/tmp/w/h2r/empty\"", "\"empty\"");
    assert_eq!((archives_of(relative.as_bytes()).unwrap()[0].told, all[0].told), (false, true));
}

#[test]
fn what_is_in_one() {
    let all = entries_of(FILES.as_bytes());
    let dump = Entry {
        path: "/tmp/w/h2r/var/backups/shop.dump".into(),
        is_dir: false,
        size: 5,
        at: Some(1_796_007_600),
    };
    assert_eq!((all.len(), all[0].is_dir, &all[1]), (2, true, &dump));
}

#[test]
fn repositories_and_passphrases_of_scripts() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("etc")).unwrap();
    let own = rustix::process::geteuid().as_raw();
    std::fs::write(dir.path().join("etc/passwd"), format!("root:x:{own}:0::/root:/bin/sh\n")).unwrap();
    std::fs::write(dir.path().join("p"), "of a file\n").unwrap();
    let world = World::of(&[], "/");
    let look = Look { root: dir.path(), world: &world, until: Instant::now(), now: 0 };
    let of = |text: &str, variables: &[(&str, &str)]| {
        let runners = [runner(text, variables)];
        let used = &uses(&runners, "borg")[0];
        Repository::of(&look, used).map(|found| {
            let of =
                |name: &str| found.variables.iter().find(|(n, _)| n == name).map(|(_, value)| value.clone());
            (found.address.clone(), of("BORG_PASSPHRASE"), of("BORG_RSH").unwrap_or_default())
        })
    };
    let ssh = "ssh -oBatchMode=yes".to_owned();
    let some = |text: &str| Some(text.to_owned());
    let repo = ("BORG_REPO", "/srv/b");
    assert_eq!(of("borg create /srv/x::{now} /etc", &[repo]), Ok(("/srv/x".into(), None, ssh.clone())));
    assert_eq!(
        of("borg create ::{now} /etc", &[repo, ("BORG_PASSPHRASE", "x")]),
        Ok(("/srv/b".into(), some("x"), ssh.clone()))
    );
    assert_eq!(
        of("borg create ::x /etc", &[repo, ("BORG_PASSCOMMAND", "cat /p")]),
        Ok(("/srv/b".into(), some("of a file"), ssh))
    );
    let keyed =
        of("borg create ::x /etc", &[("BORG_REPO", "u@nas:b"), ("BORG_RSH", "ssh -i /root/.ssh/borg")]);
    assert_eq!(keyed.unwrap().2, "ssh -i /root/.ssh/borg -oBatchMode=yes");
    for variables in [
        vec![repo, ("BORG_PASSCOMMAND", "pass show borg")],
        vec![repo, ("BORG_PASSPHRASE_FD", "3")],
        vec![repo, ("BORG_RSH", "/opt/evil")],
        vec![repo, ("BORG_RSH", "ssh -oProxyCommand=/opt/evil")],
        vec![],
    ] {
        assert!(of("borg create ::x /etc", &variables).is_err(), "{variables:?}");
    }
    assert_eq!(read(&look, &[], &[runner("pg_dump shop", &[])], &[]), None);
}

#[test]
fn where_repositories_lie() {
    let place = Place {
        what: "x".into(),
        kind: Kind::Other,
        data: "/".into(),
        elsewhere: vec![],
        system_id: None,
        version: None,
        port: None,
        ..Place::default()
    };
    for (address, at, fate) in [
        ("/srv/borg", "/srv/borg", Fate::Storage),
        ("u@nas.example.com:borg/db1", "nas.example.com:borg/db1", Fate::Nothing),
        ("ssh://u@x.repo.borgbase.com/./repo", "ssh://x.repo.borgbase.com/./repo", Fate::Nothing),
        ("ssh://localhost:2222/./repo", "ssh://localhost:2222/./repo", Fate::Unknown),
        ("repo", "", Fate::Unknown),
    ] {
        let stored = place_of(Path::new("/"), address, Some(&place));
        assert_eq!((stored.at.as_str(), stored.fate), (at, fate), "{address}");
    }
}

/// What borg 1.2.4 says without a terminal.
#[test]
fn a_question_nobody_can_answer() {
    let of = |err: &str| why(&Done { ok: false, code: Some(2), out: vec![], err: err.as_bytes().to_vec() });
    let asks = "Enter passphrase for key /r: can not acquire a passphrase: BORG_PASSPHRASE is not set. BORG_PASSCOMMAND is not set. Interactive password query failed.\n";
    assert_eq!(of(asks), Why::Failed("its passphrase is not known here".into()));
    assert_eq!(of("Repository /x does not exist.\n"), Why::Failed("Repository /x does not exist.".into()));
}
