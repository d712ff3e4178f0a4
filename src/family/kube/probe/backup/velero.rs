//! Velero (velero.io/v1, v2alpha1 for data movers): a Backup that covers the namespace is no copy of a claim. What tells of one
//! is a PodVolumeBackup or a DataUpload with that very claim's uid, which also tells apart what a shared bucket brought in from
//! another cluster.

use super::doomed::Doomed;
use super::held::Held;
use super::json;
use super::lists::Listed;
use crate::engine::backup::{Amount, Covers, Evidence, Expiry, Outcome, Previous, Record, Stored, Unit};
use crate::engine::glob;
use serde_json::Value;

/// As people call it.
const TOOL: &str = "Velero";
/// A label has no more characters: a name that fills it may have been cut.
const LABEL: usize = 63;
/// So many copies of one claim are looked at, the newest.
const NEWEST: usize = 3;

/// A Backup.
#[derive(Debug)]
pub struct Backup {
    namespace: String,
    name: String,
    going: bool,
    included: Vec<String>,
    excluded: Vec<String>,
    phase: String,
    /// `status.completionTimestamp`; of a failed one before its upload.
    completed: Option<i64>,
    made: Option<i64>,
    errors: u64,
    items: Option<u64>,
    snapshots: u64,
    expiration: Option<i64>,
    location: String,
    schedule: Option<String>,
}

/// What is read of a Backup.
pub fn backup(of: &Value) -> Option<Backup> {
    let snapshots = ["/status/csiVolumeSnapshotsCompleted", "/status/volumeSnapshotsCompleted"];
    Some(Backup {
        namespace: json::owned(of, "/metadata/namespace").unwrap_or_default(),
        going: json::text(of, "/metadata/deletionTimestamp").is_some(),
        name: json::owned(of, "/metadata/name")?,
        included: json::texts(of, "/spec/includedNamespaces"),
        excluded: json::texts(of, "/spec/excludedNamespaces"),
        phase: json::owned(of, "/status/phase").unwrap_or_default(),
        completed: json::time(of, "/status/completionTimestamp"),
        made: json::time(of, "/metadata/creationTimestamp"),
        errors: json::number(of, "/status/errors").unwrap_or(0),
        items: json::number(of, "/status/progress/itemsBackedUp"),
        snapshots: snapshots.iter().filter_map(|at| json::number(of, at)).sum(),
        expiration: json::time(of, "/status/expiration"),
        location: json::owned(of, "/spec/storageLocation").unwrap_or_default(),
        schedule: json::mark(of, "labels", "velero.io/schedule-name").map(str::to_owned),
    })
}

impl Backup {
    /// Whether its words take this namespace in.
    fn includes(&self, namespace: &str) -> bool {
        let named = |list: &[String]| list.iter().any(|one| one == "*" || glob::matches(one, namespace));
        (self.included.is_empty() || named(&self.included)) && !named(&self.excluded)
    }

    /// A Backup that was made after it had ended came out of the bucket: another cluster wrote it, or this one before it was
    /// set up anew.
    fn came_from_the_bucket(&self) -> bool {
        matches!((self.made, self.completed), (Some(made), Some(completed)) if made > completed)
    }

    fn outcome(&self) -> Outcome {
        let errors = || match self.errors {
            0 => String::new(),
            1 => "1 error".to_owned(),
            n => format!("{n} errors"),
        };
        if self.going {
            return Outcome::Failed("it is being deleted".to_owned());
        }
        match self.phase.as_str() {
            "Completed" => Outcome::Ok,
            "PartiallyFailed" | "FinalizingPartiallyFailed" | "WaitingForPluginOperationsPartiallyFailed" => {
                Outcome::Partial(errors())
            }
            "Failed" | "FailedValidation" => Outcome::Failed(errors()),
            "New"
            | "Queued"
            | "ReadyToStart"
            | "InProgress"
            | "WaitingForPluginOperations"
            | "Finalizing" => Outcome::Running,
            "Deleting" => Outcome::Failed("it is being deleted".to_owned()),
            _ => Outcome::Unknown,
        }
    }
}

/// A PodVolumeBackup or a DataUpload: the data of one claim.
#[derive(Debug)]
pub struct Volume {
    namespace: String,
    backup: String,
    claim: String,
    phase: String,
    message: String,
    completed: Option<i64>,
    bytes: Option<u64>,
    location: String,
}

impl Volume {
    fn is_of(&self, backup: &Backup) -> bool {
        self.backup == backup.name && self.namespace == backup.namespace
    }
}

/// The label of both that names the claim.
pub const CLAIM_UID: &str = "velero.io/pvc-uid";

/// What is read of one.
pub fn volume(of: &Value) -> Option<Volume> {
    Some(Volume {
        claim: json::mark(of, "labels", CLAIM_UID)?.to_owned(),
        namespace: json::owned(of, "/metadata/namespace").unwrap_or_default(),
        // A label holds no more than 63 characters: longer names are cut there, and an owner's never.
        backup: json::list(of, "/metadata/ownerReferences")
            .filter(|owner| json::text(owner, "/kind") == Some("Backup"))
            .find_map(|owner| json::owned(owner, "/name"))
            .or_else(|| json::mark(of, "labels", "velero.io/backup-name").map(str::to_owned))
            .unwrap_or_default(),
        phase: json::owned(of, "/status/phase").unwrap_or_default(),
        message: json::owned(of, "/status/message").unwrap_or_default(),
        completed: json::time(of, "/status/completionTimestamp"),
        bytes: json::number(of, "/status/progress/bytesDone"),
        location: json::owned(of, "/spec/backupStorageLocation").unwrap_or_default(),
    })
}

/// A Schedule.
#[derive(Debug)]
pub struct Schedule {
    namespace: String,
    name: String,
    paused: bool,
}

/// What is read of one.
pub fn schedule(of: &Value) -> Option<Schedule> {
    let namespace = json::owned(of, "/metadata/namespace").unwrap_or_default();
    Some(Schedule {
        namespace,
        name: json::owned(of, "/metadata/name")?,
        paused: json::flag(of, "/spec/paused"),
    })
}

/// A BackupStorageLocation.
#[derive(Debug)]
pub struct Location {
    name: String,
    namespace: String,
    phase: String,
    at: String,
    endpoint: Option<String>,
}

/// What is read of one.
pub fn location(of: &Value) -> Option<Location> {
    let provider = json::text(of, "/spec/provider").unwrap_or_default();
    // Of others than the clouds' own nobody knows where they put it.
    let scheme = match provider.rsplit('/').next().unwrap_or_default() {
        "aws" => "s3://",
        "gcp" => "gs://",
        "azure" => "azure://",
        _ => "",
    };
    let bucket = json::text(of, "/spec/objectStorage/bucket").unwrap_or_default();
    let prefix = json::text(of, "/spec/objectStorage/prefix");
    Some(Location {
        name: json::owned(of, "/metadata/name")?,
        namespace: json::owned(of, "/metadata/namespace").unwrap_or_default(),
        phase: json::owned(of, "/status/phase").unwrap_or_default(),
        at: format!("{scheme}{bucket}{}", prefix.map(|p| format!("/{p}")).unwrap_or_default()),
        endpoint: json::owned(of, "/spec/config/s3Url"),
    })
}

/// Everything of Velero's that was read.
#[derive(Debug, Default)]
pub struct Velero {
    /// Backups.
    pub backups: Listed<Backup>,
    /// Schedules.
    pub schedules: Listed<Schedule>,
    /// Locations.
    pub locations: Listed<Location>,
    /// PodVolumeBackups and DataUploads of the claims that are asked about.
    pub volumes: Listed<Volume>,
}

impl Velero {
    /// Copies of one claim: the newest by its uid, and the newest Backup that takes in its namespace and not the claim.
    pub fn records(&self, held: &Held, doomed: &Doomed) -> Vec<Record> {
        let mut own: Vec<&Volume> =
            self.volumes.items.iter().filter(|volume| Some(&volume.claim) == held.uid.as_ref()).collect();
        own.sort_by_key(|volume| std::cmp::Reverse(volume.completed));
        let mut records: Vec<Record> = own
            .iter()
            .enumerate()
            .take(NEWEST)
            .map(|(i, volume)| self.of_claim(volume, own.get(i + 1).copied(), doomed))
            .collect();
        let newest = self
            .backups
            .items
            .iter()
            .filter(|backup| backup.includes(&held.namespace))
            .filter(|backup| !own.iter().any(|volume| volume.is_of(backup)))
            .max_by_key(|backup| backup.completed.or(backup.made));
        records.extend(newest.map(|backup| self.around(backup, held, doomed)));
        records
    }

    /// The data of the claim itself.
    fn of_claim(&self, volume: &Volume, before: Option<&Volume>, doomed: &Doomed) -> Record {
        let backup = self.backups.items.iter().find(|backup| volume.is_of(backup));
        let mut record = Record {
            covers: Covers::Yes,
            finished_at: volume.completed,
            outcome: match volume.phase.as_str() {
                "Completed" => Outcome::Ok,
                "Failed" | "Canceled" => Outcome::Failed(volume.message.clone()),
                "" => Outcome::Unknown,
                _ => Outcome::Running,
            },
            expires: match backup {
                Some(backup) => backup.expiration.map_or(Expiry::Unknown, Expiry::At),
                None => Expiry::Unknown,
            },
            stored: self.stored(&volume.namespace, &volume.location, doomed),
            ..Record::of(TOOL, &volume.backup, Evidence::Recorded)
        };
        record.amounts.extend(volume.bytes.map(|n| Amount { n, unit: Unit::Bytes, live: None }));
        record.previous =
            before.and_then(|before| Some(Previous { finished_at: before.completed?, n: before.bytes? }));
        match backup {
            Some(backup) => {
                // The volume alone brings nothing back where its Backup did not come to be.
                match (&record.outcome, backup.outcome()) {
                    (_, Outcome::Partial(errors)) => {
                        record.remarks.push(format!("its Backup is PartiallyFailed ({errors})"));
                    }
                    (Outcome::Ok, Outcome::Failed(why)) => {
                        let why = if why.is_empty() { String::new() } else { format!(": {why}") };
                        record.outcome = Outcome::Failed(format!("its Backup is {}{why}", backup.phase));
                    }
                    (Outcome::Ok, other @ (Outcome::Running | Outcome::Unknown)) => record.outcome = other,
                    _ => {}
                }
                record.remarks.extend(self.paused(backup));
            }
            // What belongs to a Backup that is gone cannot be restored.
            None if self.backups.whole() && record.outcome == Outcome::Ok && volume.backup.len() < LABEL => {
                record.outcome = Outcome::Failed("its Backup is not there any more".to_owned());
            }
            None => {}
        }
        record
    }

    /// A Backup of the namespace without the claim's data.
    fn around(&self, backup: &Backup, held: &Held, doomed: &Doomed) -> Record {
        let mut record = Record {
            finished_at: backup.completed,
            outcome: backup.outcome(),
            expires: backup.expiration.map_or(Expiry::Unknown, Expiry::At),
            stored: self.stored(&backup.namespace, &backup.location, doomed),
            ..Record::of(TOOL, &backup.name, Evidence::Recorded)
        };
        let told = if held.uid.is_none() {
            "which claim this is could not be read"
        } else if !self.volumes.whole() {
            "the volumes in it could not all be read"
        } else if backup.snapshots > 0 {
            "of whom its volume snapshots are is not said"
        } else {
            // Of one that did not end well nobody knows what it would have held.
            if record.outcome == Outcome::Ok {
                record.covers = Covers::No;
            }
            "it has objects and no volume of this claim"
        };
        record.remarks.push(told.to_owned());
        if backup.items.is_some_and(|items| items <= 1) {
            record.remarks.push("there is hardly anything in it".to_owned());
        }
        if backup.came_from_the_bucket() {
            record.remarks.push("it came out of the bucket: maybe another cluster's".to_owned());
        }
        if held.left_out {
            record.remarks.push("the claim is marked to be left out".to_owned());
        }
        record.remarks.extend(self.paused(backup));
        record
    }

    fn paused(&self, backup: &Backup) -> Option<String> {
        let name = backup.schedule.as_ref()?;
        let mine = |one: &&Schedule| one.name == *name && one.namespace == backup.namespace;
        let paused = self.schedules.items.iter().find(mine).is_some_and(|schedule| schedule.paused);
        paused.then(|| format!("schedule {name} is paused"))
    }

    fn stored(&self, namespace: &str, name: &str, doomed: &Doomed) -> Stored {
        let mine = |one: &&Location| one.name == name && one.namespace == namespace;
        let Some(location) = self.locations.items.iter().find(mine) else {
            let unreachable =
                (self.locations.whole() && !name.is_empty()).then(|| format!("location {name} is not there"));
            return Stored { unreachable, ..Stored::default() };
        };
        let mut stored = doomed.stored(&location.at, location.endpoint.as_deref(), &location.namespace);
        if location.phase == "Unavailable" {
            stored.unreachable = Some(format!("location {name} is Unavailable"));
        }
        // Without Velero's own namespace the bucket stays, and Velero has to be set up anew to read it.
        stored
    }
}
