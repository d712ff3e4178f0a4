use super::super::Kind;
use super::super::repository::tests::runner;
use super::super::repository::uses;
use super::*;
use crate::engine::backup::Read;
use crate::world::World;

/// Printed by restic 0.14 of Debian 12 on a machine called `vm`.
const SNAPSHOTS: &str = include_str!("../../../../../tests/backups/restic-0.14-snapshots.json");
const LISTED: &str = include_str!("../../../../../tests/backups/restic-0.14-ls.jsonl");

fn here(text: &str) -> String {
    text.replace("\"hostname\":\"vm\"", &format!("\"hostname\":\"{}\"", stored::own_name()))
}

#[test]
fn snapshots_of_this_machine() {
    let all = snapshots_of(here(SNAPSHOTS).as_bytes()).unwrap();
    let told: Vec<(&str, i64)> = all.iter().map(|one| (one.name.as_str(), one.at)).collect();
    assert_eq!(told, [("f95ecc66", 1_796_083_237), ("ea77efaa", 1_796_083_236)]);
    assert_eq!(all[1].paths, [PathBuf::from("/tmp/w/h2r/var/backups")]);
    assert_eq!(snapshots_of(SNAPSHOTS.replace("vm", "no-machine-of-this-name").as_bytes()), Some(vec![]));
    assert_eq!(snapshots_of(b"null"), Some(vec![]));
    assert_eq!(snapshots_of(b"{}"), None);
    // From 0.17 on they are counted.
    let counted = here(SNAPSHOTS).replace(
        "\"short_id\":\"f95",
        "\"summary\":{\"total_files_processed\":0,\"total_bytes_processed\":0},\"short_id\":\"f95",
    );
    assert_eq!(snapshots_of(counted.as_bytes()).unwrap()[0].counted, Some((0, 0)));
}

#[test]
fn what_is_in_one() {
    let all = entries_of(LISTED.as_bytes());
    let dump = Entry {
        path: "/tmp/w/h2r/var/backups/shop.dump".into(),
        is_dir: false,
        size: 5,
        // 2026-11-30T03:00:00Z.
        at: Some(1_796_007_600),
    };
    assert_eq!((all.len(), all[0].is_dir, &all[1]), (2, true, &dump));
}

#[test]
fn repositories_and_passwords_of_scripts() {
    let world = World::of(&[], "/");
    let look = Look { root: Path::new("/"), world: &world, until: Instant::now(), now: 0 };
    let of = |text: &str, variables: &[(&str, &str)]| {
        let runners = [runner(text, variables)];
        let used = &uses(&runners, "restic")[0];
        Repository::of(&look, used).map(|found| {
            let secret = found.variables.last().cloned().unwrap_or_default();
            (found.address, secret.0, secret.1)
        })
    };
    let want =
        |address: &str, name: &str, value: &str| Ok((address.to_owned(), name.to_owned(), value.to_owned()));
    let repo = ("RESTIC_REPOSITORY", "/srv/r");
    assert_eq!(
        of("restic -r /srv/x -p /root/p backup /etc", &[repo]),
        want("/srv/x", "RESTIC_PASSWORD_FILE", "/root/p")
    );
    assert_eq!(
        of("restic backup /etc", &[repo, ("RESTIC_PASSWORD", "x")]),
        want("/srv/r", "RESTIC_PASSWORD", "x")
    );
    assert_eq!(
        of("restic backup /etc", &[repo, ("RESTIC_PASSWORD_COMMAND", "cat /root/p")]),
        want("/srv/r", "RESTIC_PASSWORD_FILE", "/root/p")
    );
    assert_eq!(
        of("restic backup /etc", &[repo, ("RESTIC_PASSWORD", "$(cat /root/p)")]),
        want("/srv/r", "RESTIC_PASSWORD_FILE", "/root/p")
    );
    for (text, variables) in [
        ("restic backup /etc", vec![repo, ("RESTIC_PASSWORD_COMMAND", "pass show restic")]),
        ("restic backup /etc", vec![repo]),
        ("restic backup /etc", vec![("RESTIC_PASSWORD", "x")]),
        ("restic -r $R backup /etc", vec![("RESTIC_PASSWORD", "x")]),
        ("docker run restic/restic restic backup /etc", vec![repo, ("RESTIC_PASSWORD", "x")]),
    ] {
        assert!(of(text, &variables).is_err(), "{text}");
    }
    // Nothing here runs it: then it is no source at all.
    assert_eq!(read(&look, &[], &[runner("pg_dump shop", &[])], &[]), None);
    let unknown = read(&look, &[], &[runner("restic backup /etc", &[repo])], &[]).unwrap();
    assert_eq!(unknown.source.read, Read::Not(Why::Failed("its password is not known here".into())));
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
        ("/srv/restic", "/srv/restic", Fate::Storage),
        ("local:/srv/restic", "/srv/restic", Fate::Storage),
        ("sftp:u@backup.example.com:/srv/r", "sftp://backup.example.com", Fate::Nothing),
        ("sftp://u@localhost:2222//srv/r", "sftp://localhost:2222//srv/r", Fate::Unknown),
        ("rest:https://u:secret@rest.example.com/r", "https://rest.example.com/r", Fate::Nothing),
        ("s3:s3.amazonaws.com/acme/x", "s3://s3.amazonaws.com/acme", Fate::Nothing),
        ("s3:http://127.0.0.1:9000/acme", "s3://127.0.0.1/acme", Fate::Unknown),
        ("b2:acme:x", "b2://acme", Fate::Nothing),
        ("rclone:box:x", "rclone", Fate::Unknown),
        ("secret", "", Fate::Unknown),
    ] {
        let stored = place_of(Path::new("/"), address, Some(&place));
        assert_eq!((stored.at.as_str(), stored.fate), (at, fate), "{address}");
    }
}
