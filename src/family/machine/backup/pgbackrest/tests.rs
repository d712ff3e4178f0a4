use super::*;

/// Printed by pgBackRest 2.45 of Debian 12; the second with a page of a table written over.
const TWO: &str = include_str!("../../../../../tests/backups/pgbackrest-2.45-two.json");
const CHECKSUMS: &str = include_str!("../../../../../tests/backups/pgbackrest-2.45-checksums.json");
const ID: u64 = 7_714_118_676_497_800_992;

fn place(id: Option<u64>) -> Place {
    Place {
        what: "PostgreSQL cluster 15/main".into(),
        kind: Kind::Postgres,
        data: "/srv/pg".into(),
        elsewhere: vec![],
        system_id: id,
        version: Some("15".into()),
        port: Some(5432),
        ..Place::default()
    }
}

fn conf(more: &str) -> Configuration {
    Configuration::parse(&format!("[global]\nrepo1-path=/nonexistent/r\n{more}\n[shop]\npg1-path=/srv/pg\n"))
}

fn found(json: &str, conf: &Configuration, places: &[Place]) -> Found {
    told(Path::new("/"), &serde_json::from_str(json).unwrap(), conf, places)
}

#[test]
fn backups_are_joined_by_the_system_identifier() {
    let all = found(TWO, &conf(""), &[place(Some(ID))]);
    assert_eq!(all.source.read, Read::All);
    let [(0, incr), (0, full)] = all.records.as_slice() else { panic!("{:?}", all.records) };
    assert_eq!(
        (incr.object.as_str(), incr.finished_at),
        ("20261201-000021F_20261201-000030I", Some(1_796_083_232))
    );
    assert_eq!((full.object.as_str(), full.finished_at), ("20261201-000021F", Some(1_796_083_229)));
    assert_eq!((incr.covers, &incr.outcome, incr.evidence), (Covers::Yes, &Outcome::Ok, Evidence::Recorded));
    assert_eq!(incr.previous, Some(Previous { finished_at: 1_796_083_229, n: 23_033_514 }));
    assert_eq!((incr.amounts[0].n, incr.remarks.as_slice()), (23_090_858, ["incr".to_owned()].as_slice()));
    // The next number as a float is the same one.
    let other = found(TWO, &conf(""), &[place(Some(ID + 1))]);
    assert_eq!((other.source.read, other.records.len()), (Read::All, 0));
    // A place whose identifier nobody knows.
    let unknown = found(TWO, &conf(""), &[place(None)]);
    assert_eq!(unknown.records.first().map(|(_, record)| record.covers), Some(Covers::Unknown));
    // A clone has the same, and another path.
    let clone = Place { data: "/srv/clone".into(), ..place(Some(ID)) };
    let both = found(TWO, &conf(""), &[clone, place(Some(ID))]);
    assert!(both.records.iter().all(|(at, _)| *at == 1), "{:?}", both.records);
}

#[test]
fn a_backup_with_errors_or_without_its_base_is_a_part() {
    let all = found(CHECKSUMS, &conf(""), &[place(Some(ID))]);
    assert_eq!(all.records[0].1.outcome, Outcome::Partial("page checksum errors".into()));
    assert_eq!(all.records[1].1.outcome, Outcome::Ok);
    let cut = TWO.replacen("\"label\":\"20261201-000021F\"", "\"label\":\"x\"", 1);
    let all = found(&cut, &conf(""), &[place(Some(ID))]);
    let incr = all.records.iter().find(|(_, record)| record.object.ends_with('I')).unwrap();
    assert_eq!(incr.1.outcome, Outcome::Partial("it needs 20261201-000021F, which is gone".into()));
}

/// All of these are answers of 2.45 with status 0.
#[test]
fn what_could_not_be_read_is_unknown() {
    let denied = r#"[{"archive":[],"backup":[],"cipher":"none","db":[],"name":"[invalid]","repo":[{"cipher":"none","key":1,"status":{"code":99,"message":"[PathOpenError] unable to list file info for path '/r/backup': [13] Permission denied"}}],"status":{"code":99,"lock":{"backup":{"held":false}},"message":"other"}}]"#;
    let places = [place(Some(ID))];
    assert_eq!(found(denied, &conf(""), &places).source.read, Read::Not(Why::Forbidden));
    // The repository is gone, or its disk is not mounted.
    let gone = found("[]", &conf(""), &places);
    assert_eq!(gone.source.read, Read::Not(Why::Failed("no stanza shop in /nonexistent/r".into())));
    let empty = r#"[{"backup":[],"db":[],"name":"shop","repo":[{"key":1,"status":{"code":2,"message":"no valid backups"}}],"status":{"code":2,"message":"no valid backups"}}]"#;
    assert_eq!(found(empty, &conf(""), &places).source.read, Read::All);
    assert!(matches!(found("{}", &conf(""), &places).source.read, Read::Not(_)));
}

#[test]
fn where_the_repository_lies() {
    for (more, at, fate) in [
        (
            "repo1-type=s3\nrepo1-s3-bucket=acme\nrepo1-s3-endpoint=s3.eu-west-1.amazonaws.com",
            "s3://acme",
            Fate::Nothing,
        ),
        ("repo1-type=s3\nrepo1-s3-bucket=acme\nrepo1-s3-endpoint=127.0.0.1:9000", "s3://acme", Fate::Unknown),
        ("repo1-type=gcs\nrepo1-gcs-bucket=acme", "gs://acme", Fate::Nothing),
        ("repo1-type=azure\nrepo1-azure-container=acme", "azure://acme", Fate::Nothing),
        ("repo1-host=backup.example.com", "backup.example.com:/nonexistent/r", Fate::Nothing),
        ("repo1-type=sftp\nrepo1-sftp-host=nas", "sftp://nas/nonexistent/r", Fate::Nothing),
        ("", "/nonexistent/r", Fate::Storage),
        ("repo1-type=new", "/nonexistent/r", Fate::Unknown),
    ] {
        let stored = conf(more).stored(Path::new("/"), "shop", 1, &place(None));
        assert_eq!((stored.at.as_str(), stored.fate), (at, fate), "{more}");
    }
}

#[test]
fn without_a_configuration_there_is_no_source() {
    let root = tempfile::tempdir().unwrap();
    let world = crate::world::World::of(&[], "/");
    let look = Look { root: root.path(), world: &world, until: std::time::Instant::now(), now: 0 };
    assert_eq!(read(&look, &[]), None);
    std::fs::create_dir(root.path().join("etc")).unwrap();
    // As Debian's package brings it.
    let file = root.path().join("etc/pgbackrest.conf");
    std::fs::write(&file, "[global]\nrepo1-path=/var/lib/pgbackrest\n#[main]\n#pg1-path=/x\n").unwrap();
    assert_eq!(read(&look, &[]).map(|found| found.source.read), Some(Read::All));
    std::fs::write(&file, "[main]\npg1-path=/x\n").unwrap();
    assert!(matches!(read(&look, &[]).map(|found| found.source.read), Some(Read::Not(_))));
}
