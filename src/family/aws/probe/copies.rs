//! The newest copies of a database, a table or a volume: from the answers that are asked for anyway, and from AWS Backup where
//! these have none that is any use. Shapes: botocore 1.44.5; what goes with a deletion: the models' own documentation.

mod database;
mod key;
mod point;

use super::cli::Cli;
use super::json;
use crate::engine::backup::{
    Amount, Backups, Covers, Evidence, Expiry, Fate, Holder, Outcome, Read, Record, Source, Stored, Unit,
};
use crate::engine::fact::Why;
use point::Point;
use serde_json::Value;

pub(super) use database::{CLUSTER, Database, INSTANCE, Loss};

/// The source of what RDS and EC2 call so.
const SNAPSHOTS: &str = "snapshots";
/// So many copies of one kind are kept, the newest.
const NEWEST: usize = 3;
/// So many keys are asked for one holder.
const KEYS: usize = 3;
/// An instance's log is put away every five minutes; what is older than this is stuck.
const STUCK_S: u64 = 30 * 60;

/// One copy, and what only AWS knows of it.
pub(super) struct Copy {
    pub(super) record: Record,
    /// The KMS key without which it is no use.
    key: Option<String>,
    /// Where AWS Backup keeps it.
    point: Option<Point>,
    /// Whether its key and its vault were looked at.
    checked: bool,
}

impl From<Record> for Copy {
    fn from(record: Record) -> Copy {
        Copy { record, key: None, point: None, checked: false }
    }
}

/// What is found out about one holder.
pub(super) struct Copies {
    holder: Holder,
    copies: Vec<Copy>,
    sources: Vec<Source>,
    now: i64,
    /// The ids of the keys that the same command takes away.
    doomed: Vec<String>,
}

impl Copies {
    /// Of one thing that holds data; `identity` is what no other of its name has.
    pub(super) fn of(what: String, identity: Option<&str>) -> Copies {
        let holder = Holder { what, identity: identity.map(str::to_owned), records: Vec::new() };
        let now = jiff::Timestamp::now().as_second();
        Copies { holder, copies: Vec::new(), sources: Vec::new(), now, doomed: Vec::new() }
    }

    /// The same, where these keys go along.
    pub(super) fn without_keys(self, doomed: &[String]) -> Copies {
        Copies { doomed: doomed.to_vec(), ..self }
    }

    pub(super) fn source(&mut self, name: &'static str, read: Read) {
        self.sources.push(Source { name, full: name, read });
    }

    /// Changes what is known of every copy so far.
    pub(super) fn hold(&mut self, change: impl Fn(&mut Record)) {
        self.copies.iter_mut().for_each(|copy| change(&mut copy.record));
    }

    /// What was read was read of one place, and there may be others.
    pub(super) fn limit(&mut self, within: &str, why: &Why) {
        for source in self.sources.iter_mut().filter(|source| source.read == Read::All) {
            source.read = Read::Partly { within: within.to_owned(), why: why.clone() };
        }
    }

    /// Takes in what another question found about the same holder.
    pub(super) fn absorb(&mut self, other: Copies) {
        self.copies.extend(other.copies);
        self.sources.extend(other.sources);
    }

    /// The newest of these, of a source that was read.
    pub(super) fn add(&mut self, name: &'static str, copies: Vec<Copy>) {
        self.page(name, copies, &Value::Null);
    }

    /// The same of an answer that may be one page of several.
    fn page(&mut self, name: &'static str, mut copies: Vec<Copy>, answer: &Value) {
        copies.sort_by_key(|copy| std::cmp::Reverse(copy.record.finished_at));
        copies.truncate(NEWEST);
        self.copies.extend(copies);
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
                let because = match database::replicas(thing).next() {
                    Some((_, region)) => {
                        format!("they go with it; whether those in {region} stay is not known")
                    }
                    None => "they go with it".to_owned(),
                };
                record.stored = self.stored(goes, &because);
                if newest.is_some_and(|age| age > STUCK_S) {
                    record.remarks.push("nothing newer is put away: archiving may be stuck".to_owned());
                }
                vec![Copy { key: key_of(thing), ..record.into() }]
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
            Some(Copy { key: key_of(one), ..record.into() })
        });
        let records = records.collect();
        self.page(SNAPSHOTS, records, &answer);
    }

    /// Point-in-time recovery of a table: where it is on, AWS keeps a last backup for 35 days when the table goes.
    pub(super) fn history(&mut self, latest: Result<Option<u64>, Why>, table: &Value) {
        const NAME: &str = "point-in-time recovery";
        match latest {
            Err(why) => self.source(NAME, Read::Not(why)),
            Ok(None) => self.add(NAME, Vec::new()),
            Ok(Some(age)) => {
                let mut record = self.record("DynamoDB", "point-in-time recovery", Some(age));
                record.outcome = Outcome::Ok;
                record.remarks.push("AWS keeps it for 35 days when the table goes".to_owned());
                self.add(NAME, vec![Copy { key: key_of(table), ..record.into() }]);
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
            // The list names no key; a backup has that of its table.
            Some(Copy { key: key_of(table), ..record.into() })
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
            Some(Copy { key: key_of(one), ..record.into() })
        });
        let records = records.collect();
        self.page(SNAPSHOTS, records, answer);
    }

    /// Whether one is there already that is some use: then nobody else is asked.
    pub(super) fn has_usable(&self) -> bool {
        self.newest_usable().is_some()
    }

    fn newest_usable(&self) -> Option<usize> {
        let usable = self.copies.iter().enumerate().filter(|(_, c)| c.record.unfit(self.now).is_none());
        usable.max_by_key(|(_, copy)| copy.record.finished_at).map(|(at, _)| at)
    }

    /// Looks whether the newest usable copy can be read, and whether it is locked, until one can; then asks AWS Backup, where
    /// none is left that is any use.
    pub(super) async fn finish(mut self, cli: &Cli<'_>, arn: Option<&str>) -> Backups {
        self.check(cli).await;
        if !self.has_usable() {
            self.recovery_points(cli, arn).await;
            self.check(cli).await;
        }
        self.done()
    }

    /// Looks after the key and the vault of the newest usable copy, until one is found that can be read.
    pub(super) async fn check(&mut self, cli: &Cli<'_>) {
        self.drop_doomed();
        let mut asked = 0;
        while let Some(at) = self.newest_usable() {
            let Some(copy) = self.copies.get_mut(at).filter(|copy| !copy.checked) else { return };
            copy.checked = true;
            let (key, point) = (copy.key.clone(), copy.point.clone());
            asked += usize::from(key.is_some());
            let (state, vault) = tokio::join!(
                async {
                    match &key {
                        Some(_) if asked > KEYS => Some(key::State::Unknown(Why::NotAsked)),
                        Some(key) => Some(key::ask(cli, key).await),
                        None => None,
                    }
                },
                async {
                    match &point {
                        Some(point) => point.ask(cli).await,
                        None => point::Vault::default(),
                    }
                },
            );
            if let (Some(key), Some(state)) = (key, state) {
                self.apply(&key, &state);
            }
            if let Some(copy) = self.copies.get_mut(at) {
                vault.apply(&mut copy.record);
            }
        }
    }

    /// What is known of a key holds for every copy under it.
    fn apply(&mut self, key: &str, state: &key::State) {
        for copy in self.copies.iter_mut().filter(|copy| copy.key.as_deref() == Some(key)) {
            copy.checked |= copy.point.is_none();
            match state {
                key::State::Usable => {}
                key::State::Dead(why) => copy.record.stored.unreachable = Some(why.clone()),
                key::State::Unknown(why) => {
                    let text = format!("its key could not be looked at ({why})");
                    if !copy.record.remarks.contains(&text) {
                        copy.record.remarks.push(text);
                    }
                }
            }
        }
    }

    /// A copy goes with its key, whatever keeps the copy itself.
    fn drop_doomed(&mut self) {
        let doomed = &self.doomed;
        let goes = |copy: &&mut Copy| {
            copy.key.as_deref().is_some_and(|key| doomed.iter().any(|id| json::tail(key) == json::tail(id)))
        };
        for copy in self.copies.iter_mut().filter(goes) {
            copy.record.stored.fate = Fate::Command;
            copy.record.stored.because = "its key goes with the stack".to_owned();
        }
    }

    /// What there is.
    pub(super) fn done(mut self) -> Backups {
        self.drop_doomed();
        self.holder.records = self.copies.into_iter().map(|copy| copy.record).collect();
        Backups {
            now: self.now,
            looked: true,
            holders: vec![self.holder],
            sources: self.sources,
            beyond: Vec::new(),
        }
    }

    /// A copy of this very thing, in the same account.
    pub(super) fn record(&self, tool: &'static str, object: &str, age_s: Option<u64>) -> Record {
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

/// Where a key stands: of a database, a snapshot, a volume, a table.
fn key_of(thing: &Value) -> Option<String> {
    let off = |at: &str| json::truth(thing, at) == Some(false);
    if off("/Encrypted") || off("/StorageEncrypted") {
        return None;
    }
    ["/KmsKeyId", "/SSEDescription/KMSMasterKeyArn"]
        .iter()
        .find_map(|at| json::text(thing, at))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests;
