//! VolumeSnapshots (snapshot.storage.k8s.io/v1): they name their claim by its name, so that a claim made anew inherits those of
//! the old one; they live in the namespace, and the policy of their content says whether the data goes with them.

use super::doomed::Doomed;
use super::held::{CNPG_CLUSTER, Held};
use super::json;
use super::lists::Listed;
use crate::engine::backup::{Covers, Evidence, Expiry, Fate, Outcome, Record, Stored};
use serde_json::Value;

/// As people call it.
const TOOL: &str = "VolumeSnapshot";
/// So many of one claim are looked at, the newest.
const NEWEST: usize = 3;

/// A VolumeSnapshot.
#[derive(Debug)]
pub struct Snapshot {
    namespace: String,
    name: String,
    claim: String,
    ready: bool,
    error: Option<String>,
    made: Option<i64>,
    content: Option<String>,
    /// The CloudNativePG cluster it was made of: every instance has the same data.
    cnpg: Option<String>,
    owners: Vec<String>,
    going: bool,
    goes: bool,
}

impl Snapshot {
    /// The uids of its owners.
    pub fn owners(&self) -> &[String] {
        &self.owners
    }

    /// It goes along with its owner.
    pub fn goes_with_owner(&mut self) {
        self.goes = true;
    }
}

/// What is read of one.
pub fn snapshot(of: &Value, doomed: &Doomed) -> Option<Snapshot> {
    Some(Snapshot {
        namespace: json::owned(of, "/metadata/namespace").unwrap_or_default(),
        name: json::owned(of, "/metadata/name")?,
        claim: json::owned(of, "/spec/source/persistentVolumeClaimName")?,
        ready: json::flag(of, "/status/readyToUse"),
        // An error that came before it was ready says nothing any more.
        error: of
            .pointer("/status/error")
            .filter(|error| !error.is_null())
            .map(|error| json::owned(error, "/message").unwrap_or_default()),
        made: json::time(of, "/status/creationTime"),
        content: json::owned(of, "/status/boundVolumeSnapshotContentName"),
        cnpg: json::mark(of, "labels", CNPG_CLUSTER).map(str::to_owned),
        owners: json::owners(of),
        going: json::text(of, "/metadata/deletionTimestamp").is_some(),
        goes: doomed.takes(of),
    })
}

/// A VolumeSnapshotContent: its name and whether it takes its data along.
#[derive(Debug)]
pub struct Content {
    name: String,
    policy: String,
}

/// What is read of one.
pub fn content(of: &Value) -> Option<Content> {
    let policy = json::owned(of, "/spec/deletionPolicy").unwrap_or_default();
    Some(Content { name: json::owned(of, "/metadata/name")?, policy })
}

/// Everything of the snapshots that was read.
#[derive(Debug, Default)]
pub struct Snapshots {
    /// Snapshots.
    pub all: Listed<Snapshot>,
    /// Contents.
    pub contents: Listed<Content>,
}

impl Snapshots {
    /// The newest snapshots of one claim: of this one, and not of an older one by the same name.
    pub fn records(&self, held: &Held) -> Vec<Record> {
        let of_cluster = |one: &Snapshot| {
            (one.cnpg.is_some() && one.cnpg == held.cnpg) || held.siblings.contains(&one.claim)
        };
        let named =
            |one: &&Snapshot| one.namespace == held.namespace && (one.claim == held.name || of_cluster(one));
        let younger = |one: &&Snapshot| {
            let before = matches!((one.made, held.made), (Some(at), Some(made)) if at < made);
            !before || (of_cluster(one) && one.claim != held.name)
        };
        let mut own: Vec<&Snapshot> = self.all.items.iter().filter(named).filter(younger).collect();
        own.sort_by_key(|one| std::cmp::Reverse(one.made));
        own.into_iter().take(NEWEST).map(|one| self.record(one, held)).collect()
    }

    fn record(&self, one: &Snapshot, held: &Held) -> Record {
        let outcome = match (&one.error, one.ready) {
            _ if one.going => Outcome::Failed("it is being deleted".to_owned()),
            (_, true) => Outcome::Ok,
            (Some(error), false) => Outcome::Failed(error.clone()),
            (None, false) => Outcome::Running,
        };
        let (stored, remark) = self.stored(one);
        Record {
            // Without the claim's own age nobody can tell whose it is.
            covers: if held.made.is_some() { Covers::Yes } else { Covers::Unknown },
            finished_at: one.made,
            outcome,
            expires: Expiry::Never,
            stored,
            remarks: remark.into_iter().map(str::to_owned).collect(),
            ..Record::of(TOOL, &one.name, Evidence::Recorded)
        }
    }

    fn stored(&self, one: &Snapshot) -> (Stored, Option<&'static str>) {
        let content = one
            .content
            .as_ref()
            .and_then(|name| self.contents.items.iter().find(|content| content.name == *name));
        let mut remark = None;
        let (fate, because) = match (one.goes, content.map(|content| content.policy.as_str())) {
            (false, _) => (Fate::Storage, String::new()),
            (true, Some("Retain")) => {
                remark = Some("its content stays (Retain), without the snapshot");
                (Fate::Storage, String::new())
            }
            (true, Some(policy)) => (Fate::Command, format!("class {policy}")),
            (true, None) => (Fate::Command, "whether its data stays could not be read".to_owned()),
        };
        (Stored { at: String::new(), fate, because, unreachable: None }, remark)
    }
}
