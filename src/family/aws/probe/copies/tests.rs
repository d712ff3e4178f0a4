use super::*;
use crate::engine::backup::standing::Standing;
use serde_json::json;

fn ago(seconds: i64) -> String {
    let at = jiff::Timestamp::now().as_second() - seconds;
    jiff::Timestamp::from_second(at).unwrap().to_string()
}

fn instance() -> Value {
    json!({"DbiResourceId": "db-A", "InstanceCreateTime": ago(86_400 * 30), "BackupRetentionPeriod": 7,
           "LatestRestorableTime": ago(300)})
}

fn snapshot(id: &str, seconds: i64, status: &str) -> Value {
    json!({"DBSnapshotIdentifier": "s", "DbiResourceId": id, "SnapshotCreateTime": ago(seconds), "Status": status})
}

/// The end, and the name of the copy it is about.
fn end(copies: Copies) -> (&'static str, Option<String>) {
    let all = copies.done();
    let standing = all.standing(&all.holders[0]);
    (standing.word(), standing.record().map(|record| record.object.clone()))
}

fn rds(instance: &Value, goes: bool, snapshots: Vec<Value>) -> (&'static str, Option<String>) {
    let mut copies = Copies::of("DB instance app".to_owned(), Some("db-A"));
    copies.automated(instance, goes);
    copies.snapshots(&Ok(Some(json!({"DBSnapshots": snapshots}))), &INSTANCE, instance);
    end(copies)
}

#[test]
fn automated_backups_go_with_the_instance_and_snapshots_stay() {
    let snap = |id: &str| snapshot(id, 7_200, "available");
    assert_eq!(rds(&instance(), true, vec![]).0, "dies");
    assert_eq!(rds(&instance(), false, vec![]), ("usable", Some("automated backups".to_owned())));
    assert_eq!(rds(&instance(), true, vec![snap("db-A")]), ("usable", Some("s".to_owned())));
    // One of another instance that had the same name.
    assert_eq!(rds(&instance(), true, vec![snap("db-OLD")]).0, "dies");
    let mut off = instance();
    off["BackupRetentionPeriod"] = 0.into();
    assert_eq!(rds(&off, true, vec![]).0, "none");
    assert_eq!(rds(&off, true, vec![snapshot("db-A", 60, "creating")]), ("none", Some("s".to_owned())));
    assert_eq!(rds(&off, true, vec![snapshot("db-A", 60, "failed")]), ("none", Some("s".to_owned())));
    // An answer without the members says nothing.
    assert_eq!(rds(&json!({}), true, vec![]).0, "unknown");
    let mut stuck = instance();
    stuck["LatestRestorableTime"] = ago(86_400).into();
    let mut copies = Copies::of(String::new(), None);
    copies.automated(&stuck, false);
    let all = copies.done();
    let Standing::Usable { record, .. } = all.standing(&all.holders[0]) else { panic!() };
    assert!(record.remarks[0].contains("stuck"));
}

#[test]
fn an_answer_that_never_came_is_unknown() {
    let mut copies = Copies::of(String::new(), None);
    copies.snapshots(&Err(Why::TimedOut), &CLUSTER, &json!({}));
    assert_eq!(end(copies).0, "unknown");
    let mut copies = Copies::of(String::new(), None);
    copies.history(Err(Why::Forbidden), &Value::Null);
    assert_eq!(end(copies).0, "unknown");
    // More than one page was there.
    let mut copies = Copies::of(String::new(), None);
    copies.of_volume(&Ok(json!({"Snapshots": [], "NextToken": "x"})), "vol-1");
    assert_eq!(end(copies).0, "unknown");
}

#[test]
fn a_tables_history_and_its_backups() {
    let table = json!({"TableId": "t-1"});
    let backup = |id: &str, status: &str| {
        json!({"BackupSummaries": [{"TableId": id, "BackupName": "b", "BackupStatus": status,
                "BackupCreationDateTime": ago(3_600), "BackupSizeBytes": 10}]})
    };
    let of = |history: Option<u64>, backups: Value| {
        let mut copies = Copies::of("table orders".to_owned(), None);
        copies.history(Ok(history), &table);
        copies.of_table(&Ok(Some(backups)), &table);
        end(copies)
    };
    assert_eq!(of(None, json!({})).0, "none");
    assert_eq!(of(Some(300), json!({})), ("usable", Some("point-in-time recovery".to_owned())));
    assert_eq!(of(None, backup("t-1", "AVAILABLE")), ("usable", Some("b".to_owned())));
    assert_eq!(of(None, backup("t-0", "AVAILABLE")).0, "none");
    let nameless = json!({"BackupSummaries": [{"BackupName": "b", "BackupStatus": "AVAILABLE",
        "BackupCreationDateTime": ago(3_600)}]});
    assert_eq!(of(None, nameless).0, "usable");
    assert_eq!(of(None, backup("t-1", "CREATING")).0, "none");
}

#[test]
fn a_volumes_snapshots_are_its_own() {
    let of = |volume: &str, state: &str| {
        let mut copies = Copies::of("volume vol-1".to_owned(), None);
        let one = json!({"SnapshotId": "snap-1", "VolumeId": volume, "State": state, "StartTime": ago(60)});
        copies.of_volume(&Ok(json!({"Snapshots": [one]})), "vol-1");
        end(copies).0
    };
    assert_eq!(of("vol-1", "completed"), "usable");
    assert_eq!(of("vol-2", "completed"), "none");
    assert_eq!(of("vol-1", "error"), "none");
    assert_eq!(of("vol-1", "pending"), "none");
}

/// The end of a holder with these copies, newest first, and why it is no better.
fn of_keys(keys: &[&str], doomed: &[&str], states: &[(&str, key::State)]) -> (&'static str, String) {
    let doomed: Vec<String> = doomed.iter().map(|id| (*id).to_owned()).collect();
    let mut copies = Copies::of("volume v".to_owned(), None).without_keys(&doomed);
    let one = |(at, key): (usize, &&str)| {
        let mut record = copies.record("snapshot", &format!("s{at}"), Some(60 * (at as u64 + 1)));
        record.outcome = Outcome::Ok;
        Copy { key: Some((*key).to_owned()), ..record.into() }
    };
    let all = keys.iter().enumerate().map(one).collect();
    copies.add(SNAPSHOTS, all);
    for (key, state) in states {
        copies.apply(key, state);
    }
    let all = copies.done();
    let standing = all.standing(&all.holders[0]);
    let record = standing.record().unwrap();
    let stored = &record.stored;
    let why = stored.unreachable.clone().or(record.remarks.first().cloned());
    (standing.word(), format!("{} {}", record.object, why.unwrap_or_else(|| stored.because.clone())))
}

#[test]
fn a_copy_is_worth_no_more_than_its_key() {
    let dead = || key::State::Dead("its key is disabled".to_owned());
    let (one, two) = ("arn:aws:kms:r:1:key/k-1", "arn:aws:kms:r:1:key/k-2");
    let want = |word, why: &str| (word, why.to_owned());
    assert_eq!(of_keys(&[one, two], &[], &[(one, dead())]), want("usable", "s1 "));
    assert_eq!(of_keys(&[one, one], &[], &[(one, dead())]), want("none", "s0 its key is disabled"));
    assert_eq!(of_keys(&[one], &[], &[(one, key::State::Usable)]), want("usable", "s0 "));
    let unknown = key::State::Unknown(Why::Forbidden);
    assert_eq!(
        of_keys(&[one], &[], &[(one, unknown)]),
        want("usable", "s0 its key could not be looked at (forbidden)")
    );
    // A key of the same stack, by its id or its ARN.
    let goes = want("dies", "s0 its key goes with the stack");
    assert_eq!(of_keys(&[one], &["k-1"], &[]), goes);
    assert_eq!(of_keys(&["k-1"], &[one], &[]), goes);
    assert_eq!(of_keys(&[one, two], &["k-1"], &[]), want("usable", "s1 "));
    assert_eq!(of_keys(&[one], &["k-2"], &[]), want("usable", "s0 "));
}

#[test]
fn backups_in_another_region_are_elsewhere_where_they_say_whose_they_are() {
    let replica = json!([{"DBInstanceAutomatedBackupsArn": "arn:aws:rds:us-east-1:1:auto-backup:ab-1"}]);
    let mut thing = instance();
    thing["DBInstanceAutomatedBackupsReplications"] = replica;
    assert_eq!(
        database::replicas(&thing).collect::<Vec<_>>(),
        [("arn:aws:rds:us-east-1:1:auto-backup:ab-1", "us-east-1")]
    );
    let of = |answer: Value| {
        let mut copies = Copies::of(String::new(), None);
        let all = copies.of_replica(&json!({"DBInstanceAutomatedBackups": [answer]}), &thing, "us-east-1");
        copies.add("replicated automated backups", all);
        let fate = copies.copies.first().map(|copy| copy.record.stored.fate);
        (end(copies).0, fate)
    };
    let window = json!({"LatestTime": ago(600)});
    let elsewhere = Some(Fate::Nothing);
    assert_eq!(of(json!({"DbiResourceId": "db-A", "RestoreWindow": window})), ("usable", elsewhere));
    assert_eq!(of(json!({"DbiResourceId": "db-A"})), ("unknown", elsewhere));
    assert_eq!(of(json!({"RestoreWindow": window})), ("unknown", elsewhere));
    assert_eq!(of(json!({"DbiResourceId": "db-B", "RestoreWindow": window})), ("none", None));
    // What becomes of them when the instance goes is nowhere said.
    let mut copies = Copies::of(String::new(), None);
    copies.automated(&thing, true);
    let all = copies.done();
    let Standing::Dies(record) = all.standing(&all.holders[0]) else { panic!() };
    assert_eq!(record.stored.because, "they go with it; whether those in us-east-1 stay is not known");
}
