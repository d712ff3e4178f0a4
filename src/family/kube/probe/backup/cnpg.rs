//! CloudNativePG (postgresql.cnpg.io/v1 and, for its Barman plugin, barmancloud.cnpg.io/v1). With the plugin the cluster's own
//! fields stay empty for ever: what was last put away stands in the ObjectStore, by the name of the server.

use super::doomed::Doomed;
use super::held::Held;
use super::json;
use super::lists::Listed;
use crate::engine::backup::{Covers, Evidence, Expiry, Outcome, Record};
use serde_json::Value;

/// As people call it.
const TOOL: &str = "CloudNativePG";
/// So many Backup objects of one cluster are looked at, the newest.
const NEWEST: usize = 3;

/// A Backup.
#[derive(Debug)]
pub struct Backup {
    namespace: String,
    name: String,
    cluster: String,
    phase: String,
    error: String,
    stopped: Option<i64>,
    /// `volumeSnapshot`, `barmanObjectStore`, `plugin`.
    method: String,
    destination: Option<String>,
    endpoint: Option<String>,
    /// The store that its own settings name.
    store: Option<String>,
    uid: Option<String>,
    owners: Vec<String>,
}

impl Backup {
    /// Its own uid and those of its owners.
    pub fn family(&self) -> (Option<&str>, &[String]) {
        (self.uid.as_deref(), &self.owners)
    }
}

/// What is read of one.
pub fn backup(of: &Value) -> Option<Backup> {
    Some(Backup {
        namespace: json::owned(of, "/metadata/namespace").unwrap_or_default(),
        name: json::owned(of, "/metadata/name")?,
        cluster: json::owned(of, "/spec/cluster/name")?,
        phase: json::owned(of, "/status/phase").unwrap_or_default(),
        error: json::owned(of, "/status/error").unwrap_or_default(),
        stopped: json::time(of, "/status/stoppedAt"),
        method: json::owned(of, "/status/method")
            .or_else(|| json::owned(of, "/spec/method"))
            .unwrap_or_default(),
        destination: json::owned(of, "/status/destinationPath"),
        endpoint: json::owned(of, "/status/endpointURL"),
        store: json::owned(of, "/spec/pluginConfiguration/parameters/barmanObjectName"),
        uid: json::owned(of, "/metadata/uid"),
        owners: json::owners(of),
    })
}

/// A ScheduledBackup.
#[derive(Debug)]
pub struct Schedule {
    namespace: String,
    cluster: String,
    suspended: bool,
}

/// What is read of one.
pub fn schedule(of: &Value) -> Option<Schedule> {
    Some(Schedule {
        namespace: json::owned(of, "/metadata/namespace").unwrap_or_default(),
        cluster: json::owned(of, "/spec/cluster/name")?,
        suspended: json::flag(of, "/spec/suspend"),
    })
}

/// A Cluster.
#[derive(Debug)]
pub struct Cluster {
    namespace: String,
    name: String,
    /// Object store and server of its plugins.
    stores: Vec<(String, String)>,
    has_plugins: bool,
    /// The place of the older way.
    destination: Option<String>,
    endpoint: Option<String>,
    /// The last one in the object store, and the last failure.
    last_success: Option<i64>,
    last_failure: Option<i64>,
    made: Option<i64>,
    archiving_fails: bool,
}

/// What is read of one.
pub fn cluster(of: &Value) -> Option<Cluster> {
    let name = json::owned(of, "/metadata/name")?;
    let plugins: Vec<&Value> = json::list(of, "/spec/plugins")
        .filter(|plugin| plugin.pointer("/enabled").and_then(Value::as_bool) != Some(false))
        .collect();
    let stores = plugins.iter().filter_map(|plugin| {
        let store = json::owned(plugin, "/parameters/barmanObjectName")?;
        Some((store, json::owned(plugin, "/parameters/serverName").unwrap_or_else(|| name.clone())))
    });
    let failing = |condition: &Value| {
        json::text(condition, "/type") == Some("ContinuousArchiving")
            && json::text(condition, "/status") == Some("False")
    };
    Some(Cluster {
        namespace: json::owned(of, "/metadata/namespace").unwrap_or_default(),
        stores: stores.collect(),
        has_plugins: !plugins.is_empty(),
        destination: json::owned(of, "/spec/backup/barmanObjectStore/destinationPath"),
        endpoint: json::owned(of, "/spec/backup/barmanObjectStore/endpointURL"),
        // Where the methods are told apart, snapshots are told by themselves.
        last_success: match of.pointer("/status/lastSuccessfulBackupByMethod").filter(|by| by.is_object()) {
            Some(by) => json::time(by, "/barmanObjectStore"),
            None => json::time(of, "/status/lastSuccessfulBackup"),
        },
        last_failure: json::time(of, "/status/lastFailedBackup"),
        made: json::time(of, "/metadata/creationTimestamp"),
        archiving_fails: json::list(of, "/status/conditions").any(failing),
        name,
    })
}

/// An ObjectStore of the Barman plugin.
#[derive(Debug)]
pub struct Store {
    namespace: String,
    name: String,
    destination: String,
    endpoint: Option<String>,
    windows: Vec<Window>,
}

/// What it has of one server.
#[derive(Debug)]
struct Window {
    server: String,
    first: Option<i64>,
    last: Option<i64>,
    failed: Option<i64>,
}

/// What is read of one.
pub fn store(of: &Value) -> Option<Store> {
    let windows = of.pointer("/status/serverRecoveryWindow").and_then(Value::as_object);
    let windows = windows.into_iter().flatten().map(|(server, window)| Window {
        server: server.clone(),
        first: json::time(window, "/firstRecoverabilityPoint"),
        last: json::time(window, "/lastSuccessfulBackupTime"),
        failed: json::time(window, "/lastFailedBackupTime"),
    });
    Some(Store {
        namespace: json::owned(of, "/metadata/namespace").unwrap_or_default(),
        name: json::owned(of, "/metadata/name")?,
        destination: json::owned(of, "/spec/configuration/destinationPath").unwrap_or_default(),
        endpoint: json::owned(of, "/spec/configuration/endpointURL"),
        windows: windows.collect(),
    })
}

/// Everything of CloudNativePG's that was read.
#[derive(Debug, Default)]
pub struct Cnpg {
    /// Backups.
    pub backups: Listed<Backup>,
    /// Schedules.
    pub schedules: Listed<Schedule>,
    /// Clusters.
    pub clusters: Listed<Cluster>,
    /// Object stores.
    pub stores: Listed<Store>,
}

impl Cnpg {
    /// Copies of the cluster that a claim belongs to.
    pub fn records(&self, held: &Held, doomed: &Doomed) -> Vec<Record> {
        let Some(name) = &held.cnpg else { return Vec::new() };
        let here = |namespace: &str, cluster: &str| namespace == held.namespace && cluster == name;
        let cluster = self.clusters.items.iter().find(|one| here(&one.namespace, &one.name));
        let mut records = Vec::new();
        for (store, server) in cluster.iter().flat_map(|cluster| &cluster.stores) {
            records.extend(self.in_store(held, store, server, doomed));
        }
        if let Some(cluster) = cluster.filter(|cluster| !cluster.has_plugins) {
            records.extend(of_cluster(cluster, doomed));
        }
        let first = self.first(held, cluster);
        let mut own: Vec<&Backup> =
            self.backups.items.iter().filter(|one| here(&one.namespace, &one.cluster)).collect();
        own.sort_by_key(|backup| std::cmp::Reverse(backup.stopped));
        let own = own.into_iter().filter(|backup| {
            // Of volumes the snapshots themselves tell; a Backup object outlives what its store has pruned.
            let told = backup.method == "volumeSnapshot" && backup.phase == "completed";
            let pruned = matches!((backup.stopped, first), (Some(stopped), Some(first)) if stopped < first);
            !told && !pruned
        });
        records.extend(own.take(NEWEST).map(|backup| self.of_backup(backup, cluster, doomed)));
        // What is older than the cluster is of another one by its name.
        let made = cluster.and_then(|cluster| cluster.made);
        records.retain(|record| !matches!((record.finished_at, made), (Some(at), Some(made)) if at < made));
        self.remark(held, cluster, &mut records);
        records
    }

    /// The earliest moment a store can go back to.
    fn first(&self, held: &Held, cluster: Option<&Cluster>) -> Option<i64> {
        let stores = cluster.into_iter().flat_map(|cluster| &cluster.stores);
        stores.filter_map(|(store, server)| self.window(held, store, server)?.1.first).min()
    }

    fn window(&self, held: &Held, store: &str, server: &str) -> Option<(&Store, &Window)> {
        let store =
            self.stores.items.iter().find(|one| one.namespace == held.namespace && one.name == store)?;
        Some((store, store.windows.iter().find(|window| window.server == server)?))
    }

    fn in_store(&self, held: &Held, store: &str, server: &str, doomed: &Doomed) -> Option<Record> {
        let (store, window) = self.window(held, store, server)?;
        let mut record = Record {
            covers: Covers::Yes,
            finished_at: window.last,
            outcome: if window.last.is_some() { Outcome::Ok } else { Outcome::Failed(String::new()) },
            expires: Expiry::Never,
            stored: doomed.stored(&store.destination, store.endpoint.as_deref(), &store.namespace),
            ..Record::of(TOOL, format!("store {}", store.name), Evidence::Recorded)
        };
        if window.failed > window.last {
            record.remarks.push("the last try failed".to_owned());
        }
        // A server that nobody has backed up yet is no failure of its own.
        (window.last.is_some() || window.failed.is_some()).then_some(record)
    }

    fn of_backup(&self, backup: &Backup, cluster: Option<&Cluster>, doomed: &Doomed) -> Record {
        // Of several stores of the cluster nobody knows which it was.
        let only = || match cluster?.stores.as_slice() {
            [(store, _)] => Some(store),
            _ => None,
        };
        let store = backup.store.as_ref().or_else(only).and_then(|store| {
            self.stores.items.iter().find(|one| one.namespace == backup.namespace && one.name == *store)
        });
        let old = cluster.map(|cluster| (cluster.destination.as_deref(), cluster.endpoint.as_deref()));
        let (destination, endpoint) = match (&backup.destination, store, old) {
            (Some(at), ..) => (Some(at.as_str()), backup.endpoint.as_deref()),
            (None, Some(store), _) => (Some(store.destination.as_str()), store.endpoint.as_deref()),
            (None, None, Some(old)) => old,
            (None, None, None) => (None, None),
        };
        Record {
            covers: Covers::Yes,
            finished_at: backup.stopped,
            outcome: match backup.phase.as_str() {
                "completed" => Outcome::Ok,
                "failed" | "walArchivingFailing" => Outcome::Failed(backup.error.clone()),
                "pending" | "started" | "running" | "finalizing" => Outcome::Running,
                _ => Outcome::Unknown,
            },
            expires: Expiry::Never,
            stored: destination.map(|at| doomed.stored(at, endpoint, &backup.namespace)).unwrap_or_default(),
            ..Record::of(TOOL, &backup.name, Evidence::Recorded)
        }
    }

    fn remark(&self, held: &Held, cluster: Option<&Cluster>, records: &mut [Record]) {
        let mut remarks = Vec::new();
        if cluster.is_some_and(|cluster| cluster.archiving_fails) {
            remarks.push("WAL archiving fails".to_owned());
        }
        let mut schedules = self
            .schedules
            .items
            .iter()
            .filter(|one| one.namespace == held.namespace && Some(&one.cluster) == held.cnpg.as_ref())
            .peekable();
        if schedules.peek().is_some() && schedules.all(|schedule| schedule.suspended) {
            remarks.push("its schedule is suspended".to_owned());
        }
        for record in records {
            record.remarks.extend(remarks.iter().cloned());
        }
    }
}

/// The older way: without plugins the cluster says it itself.
fn of_cluster(cluster: &Cluster, doomed: &Doomed) -> Option<Record> {
    let (destination, last) = (cluster.destination.as_ref()?, cluster.last_success?);
    let failed = cluster.last_failure > Some(last);
    Some(Record {
        remarks: failed.then(|| "the last try failed".to_owned()).into_iter().collect(),
        covers: Covers::Yes,
        finished_at: Some(last),
        outcome: Outcome::Ok,
        expires: Expiry::Never,
        stored: doomed.stored(destination, cluster.endpoint.as_deref(), &cluster.namespace),
        ..Record::of(TOOL, format!("cluster {}", cluster.name), Evidence::Recorded)
    })
}
