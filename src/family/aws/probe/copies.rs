//! The newest copies of a database, a table or a volume: from the answers that are asked for anyway, and from AWS Backup where
//! these have none that is any use. Shapes: botocore 1.44.5; what goes with a deletion: the models' own documentation.

use super::cli::Cli;
use super::json;
use crate::engine::backup::{
    Amount, Backups, Covers, Evidence, Expiry, Fate, Holder, Outcome, Read, Record, Source, Stored, Unit,
};
use crate::engine::fact::Why;
use serde_json::Value;

/// The source of what RDS and EC2 call so.
const SNAPSHOTS: &str = "snapshots";
/// So many copies of one kind are kept, the newest.
const NEWEST: usize = 3;
/// An instance's log is put away every five minutes; what is older than this is stuck.
const STUCK_S: u64 = 30 * 60;

/// What is found out about one holder.
pub(super) struct Copies {
    holder: Holder,
    sources: Vec<Source>,
    now: i64,
}

impl Copies {
    /// Of one thing that holds data; `identity` is what no other of its name has.
    pub(super) fn of(what: String, identity: Option<&str>) -> Copies {
        let holder = Holder { what, identity: identity.map(str::to_owned), records: Vec::new() };
        Copies { holder, sources: Vec::new(), now: jiff::Timestamp::now().as_second() }
    }

    fn source(&mut self, name: &'static str, read: Read) {
        self.sources.push(Source { name, full: name, read });
    }

    /// The newest of these, of a source that was read.
    fn add(&mut self, name: &'static str, records: Vec<Record>) {
        self.page(name, records, &Value::Null);
    }

    /// The same of an answer that may be one page of several.
    fn page(&mut self, name: &'static str, mut records: Vec<Record>, answer: &Value) {
        records.sort_by_key(|record| std::cmp::Reverse(record.finished_at));
        records.truncate(NEWEST);
        self.holder.records.extend(records);
        let more = || Why::Failed("there are more".to_owned());
        let within = || "the first page".to_owned();
        let cut = json::is_cut_off(answer);
        self.source(name, if cut { Read::Partly { within: within(), why: more() } } else { Read::All });
    }

    /// Automated backups of a database. They go with it unless the caller says otherwise.
    pub(super) fn automated(&mut self, thing: &Value, goes: bool) {
        const NAME: &str = "automated backups";
        let retention = json::number(thing, "/BackupRetentionPeriod");
        let newest = json::age_s(thing, "/LatestRestorableTime");
        let records = match (retention, newest) {
            (Some(0), _) => Vec::new(),
            (None, None) => {
                return self.source(NAME, Read::Not(Why::Failed("the answer does not say".to_owned())));
            }
            (_, newest) => {
                let mut record = self.record("RDS", "automated backups", newest);
                record.outcome = if newest.is_some() { Outcome::Ok } else { Outcome::Unknown };
                record.stored = self.stored(goes, "they go with it");
                if newest.is_some_and(|age| age > STUCK_S) {
                    record.remarks.push("nothing newer is put away: archiving may be stuck".to_owned());
                }
                vec![record]
            }
        };
        self.add(NAME, records);
    }

    /// Snapshots of a database: of this one by its resource id, and not of an older one by the same name.
    pub(super) fn snapshots(&mut self, answer: &Result<Option<Value>, Why>, of: &Database, thing: &Value) {
        let answer = match answer {
            Ok(answer) => answer.clone().unwrap_or_default(),
            Err(why) => return self.source(SNAPSHOTS, Read::Not(why.clone())),
        };
        let mine = json::text(thing, of.id);
        let made = json::age_s(thing, of.made);
        let records = json::list(&answer, of.list).iter().filter_map(|one| {
            let age =
                json::age_s(one, "/SnapshotDatabaseTime").or_else(|| json::age_s(one, "/SnapshotCreateTime"));
            // Without an id on both sides the age tells whose it is.
            let another = match (mine, json::text(one, of.id)) {
                (Some(mine), Some(theirs)) => mine != theirs,
                _ => matches!((age, made), (Some(age), Some(made)) if age > made),
            };
            if another {
                return None;
            }
            let mut record = self.record("snapshot", json::text(one, of.called)?, age);
            record.outcome = match json::text(one, "/Status") {
                Some("available") => Outcome::Ok,
                Some("creating") => Outcome::Running,
                Some(other) => Outcome::Failed(other.to_owned()),
                None => Outcome::Unknown,
            };
            let size = json::number(one, "/FullSnapshotSizeInBytes").filter(|n| *n > 0);
            record.amounts.extend(size.map(|n| Amount { n, unit: Unit::Bytes, live: None }));
            Some(record)
        });
        let records = records.collect();
        self.page(SNAPSHOTS, records, &answer);
    }

    /// Point-in-time recovery of a table: where it is on, AWS keeps a last backup for 35 days when the table goes.
    pub(super) fn history(&mut self, latest: Result<Option<u64>, Why>) {
        const NAME: &str = "point-in-time recovery";
        match latest {
            Err(why) => self.source(NAME, Read::Not(why)),
            Ok(None) => self.add(NAME, Vec::new()),
            Ok(Some(age)) => {
                let mut record = self.record("DynamoDB", "point-in-time recovery", Some(age));
                record.outcome = Outcome::Ok;
                record.remarks.push("AWS keeps it for 35 days when the table goes".to_owned());
                self.add(NAME, vec![record]);
            }
        }
    }

    /// Backups of a table, those that AWS Backup has made among them: of this one by its id.
    pub(super) fn of_table(&mut self, answer: &Result<Option<Value>, Why>, table: &Value) {
        const NAME: &str = "backups";
        let answer = match answer {
            Ok(answer) => answer.clone().unwrap_or_default(),
            Err(why) => return self.source(NAME, Read::Not(why.clone())),
        };
        let mine = json::text(table, "/TableId");
        let made = json::age_s(table, "/CreationDateTime");
        let records = json::list(&answer, "/BackupSummaries").iter().filter_map(|one| {
            let theirs = json::text(one, "/TableId");
            if matches!((mine, theirs), (Some(mine), Some(theirs)) if mine != theirs) {
                return None;
            }
            let age = json::age_s(one, "/BackupCreationDateTime");
            let mut record = self.record("DynamoDB", json::text(one, "/BackupName")?, age);
            // Without an id on both sides the age tells whose it is.
            if matches!((age, made), (Some(age), Some(made)) if age > made) {
                return None;
            }
            record.outcome = match json::text(one, "/BackupStatus") {
                Some("AVAILABLE") => Outcome::Ok,
                Some("CREATING") => Outcome::Running,
                Some("DELETED") => return None,
                _ => Outcome::Unknown,
            };
            let size = json::number(one, "/BackupSizeBytes");
            record.amounts.extend(size.map(|n| Amount { n, unit: Unit::Bytes, live: None }));
            // What has an end in the past has no age here, and may be gone.
            if one.pointer("/BackupExpiryDateTime").is_some() {
                record.expires = Expiry::Unknown;
            }
            Some(record)
        });
        let records = records.collect();
        self.page(NAME, records, &answer);
    }

    /// Snapshots of a volume. Its data is of the moment they were begun.
    pub(super) fn of_volume(&mut self, answer: &Result<Value, Why>, volume: &str) {
        let answer = match answer {
            Ok(answer) => answer,
            Err(why) => return self.source(SNAPSHOTS, Read::Not(why.clone())),
        };
        let mine = json::list(answer, "/Snapshots").iter();
        let records = mine.filter(|one| json::text(one, "/VolumeId") == Some(volume)).filter_map(|one| {
            let mut record =
                self.record("snapshot", json::text(one, "/SnapshotId")?, json::age_s(one, "/StartTime"));
            record.outcome = match json::text(one, "/State") {
                Some("completed") => Outcome::Ok,
                Some("pending") => Outcome::Running,
                Some(other) => Outcome::Failed(other.to_owned()),
                None => Outcome::Unknown,
            };
            if json::text(one, "/StorageTier") == Some("archive") {
                record.remarks.push("archived: hours until it can be used".to_owned());
            }
            Some(record)
        });
        let records = records.collect();
        self.page(SNAPSHOTS, records, answer);
    }

    /// Asks AWS Backup, where nothing else has a copy that is any use.
    pub(super) async fn recovery_points(&mut self, cli: &Cli<'_>, arn: Option<&str>) {
        const NAME: &str = "AWS Backup";
        if self.has_usable() {
            return;
        }
        let Some(arn) = arn else {
            return self.source(NAME, Read::Not(Why::Failed("the answer has no ARN".to_owned())));
        };
        let answer = cli.ask(&["backup", "list-recovery-points-by-resource", "--resource-arn", arn]).await;
        let answer = match answer {
            Ok(out) => serde_json::from_slice(&out).map_err(|e| Why::Failed(e.to_string())),
            // By this code alone it says that it knows nothing of the thing; a bare 404 may be anybody's.
            Err(refusal) if refusal.code.as_deref() == Some("ResourceNotFoundException") => Ok(Value::Null),
            Err(refusal) => Err(refusal.why),
        };
        let answer: Value = match answer {
            Ok(answer) => answer,
            Err(why) => return self.source(NAME, Read::Not(why)),
        };
        let records = json::list(&answer, "/RecoveryPoints").iter().filter_map(|one| {
            let vault = json::text(one, "/BackupVaultName").unwrap_or_default();
            let point = json::tail(json::text(one, "/RecoveryPointArn")?);
            let mut record =
                self.record(NAME, &format!("{vault}/{point}"), json::age_s(one, "/CreationDate"));
            record.outcome = match json::text(one, "/Status") {
                Some("COMPLETED" | "AVAILABLE") => Outcome::Ok,
                Some("CREATING") => Outcome::Running,
                Some("PARTIAL") => Outcome::Partial("PARTIAL".to_owned()),
                Some(other) => Outcome::Failed(other.to_owned()),
                None => Outcome::Unknown,
            };
            let size = json::number(one, "/BackupSizeBytes").filter(|n| *n > 0);
            record.amounts.extend(size.map(|n| Amount { n, unit: Unit::Bytes, live: None }));
            if json::text(one, "/VaultType") == Some("LOGICALLY_AIR_GAPPED_BACKUP_VAULT") {
                record.stored.fate = Fate::Nothing;
            }
            Some(record)
        });
        let records = records.collect();
        self.page(NAME, records, &answer);
    }

    /// Whether one is there already that is some use: then nobody else is asked.
    pub(super) fn has_usable(&self) -> bool {
        self.holder.records.iter().any(|record| record.unfit(self.now).is_none())
    }

    /// What there is.
    pub(super) fn done(self) -> Backups {
        Backups {
            now: self.now,
            looked: true,
            holders: vec![self.holder],
            sources: self.sources,
            beyond: Vec::new(),
        }
    }

    /// A copy of this very thing, in the same account.
    fn record(&self, tool: &'static str, object: &str, age_s: Option<u64>) -> Record {
        let at = age_s.and_then(|age| i64::try_from(age).ok()).map(|age| self.now - age);
        Record {
            covers: Covers::Yes,
            finished_at: at,
            expires: Expiry::Never,
            stored: self.stored(false, ""),
            ..Record::of(tool, object, Evidence::Recorded)
        }
    }

    fn stored(&self, goes: bool, because: &str) -> Stored {
        let fate = if goes { Fate::Command } else { Fate::Account };
        Stored { fate, because: because.to_owned(), ..Stored::default() }
    }
}

/// How the copies of one kind of database are told.
pub(super) struct Database {
    /// Its id, which its snapshots have by the same name.
    pub id: &'static str,
    pub arn: &'static str,
    made: &'static str,
    /// The operation that lists its snapshots, and the option that names it there.
    pub describe: &'static str,
    pub by_name: &'static str,
    list: &'static str,
    called: &'static str,
}

/// An instance.
pub(super) const INSTANCE: Database = Database {
    id: "/DbiResourceId",
    arn: "/DBInstanceArn",
    made: "/InstanceCreateTime",
    describe: "describe-db-snapshots",
    by_name: "--db-instance-identifier",
    list: "/DBSnapshots",
    called: "/DBSnapshotIdentifier",
};

/// A cluster.
pub(super) const CLUSTER: Database = Database {
    id: "/DbClusterResourceId",
    arn: "/DBClusterArn",
    made: "/ClusterCreateTime",
    describe: "describe-db-cluster-snapshots",
    by_name: "--db-cluster-identifier",
    list: "/DBClusterSnapshots",
    called: "/DBClusterSnapshotIdentifier",
};

#[cfg(test)]
mod tests {
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
        copies.history(Err(Why::Forbidden));
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
            copies.history(Ok(history));
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
            let one =
                json!({"SnapshotId": "snap-1", "VolumeId": volume, "State": state, "StartTime": ago(60)});
            copies.of_volume(&Ok(json!({"Snapshots": [one]})), "vol-1");
            end(copies).0
        };
        assert_eq!(of("vol-1", "completed"), "usable");
        assert_eq!(of("vol-2", "completed"), "none");
        assert_eq!(of("vol-1", "error"), "none");
        assert_eq!(of("vol-1", "pending"), "none");
    }
}
