//! The newest usable copies of what a command hits: every source that the server has, asked side by side while the rest of the
//! probe is under way, and once more for what only the claims themselves lead to.

mod cnpg;
mod doomed;
pub mod held;
mod jobs;
pub mod json;
pub mod lists;
pub mod rows;
mod snapshots;
mod velero;

pub use doomed::Doomed;
pub use held::Held;

use super::catalog::{Catalog, Kind};
use super::http::{Api, segment};
use crate::engine::backup::{Backups, Beyond, Read, Source};
use crate::engine::fact::Why;
use cnpg::Cnpg;
use jobs::{Jobs, Wanted};
use lists::{Listed, everywhere, merged};
use rows::ROWS;
use snapshots::Snapshots;
use std::collections::{BTreeMap, HashSet};
use velero::Velero;

/// So many claims are told apart; of more the rest is not looked at, and that is said.
const CLAIMS: usize = 500;
/// So many uids fit into the query of one list.
const UIDS: usize = 100;

/// What the sources said before anybody knew which claims it is about.
#[derive(Debug, Default)]
pub struct Asked {
    velero: Option<Velero>,
    cnpg: Option<Cnpg>,
    snapshots: Option<Snapshots>,
    jobs: Option<Jobs>,
    /// Groups that nothing here can read.
    strange: Vec<&'static rows::Row>,
}

/// Asks everything that does not depend on the claims. `namespaces` are those the command works in, for callers who may list
/// only there.
pub async fn ask(api: &Api, catalog: &Catalog, namespaces: &[String], doomed: &Doomed) -> Asked {
    let api = &api.hurried();
    let has = |group: &str| catalog.kinds.iter().any(|kind| kind.group == group);
    let velero = async {
        if !has("velero.io") {
            return None;
        }
        let (backups, schedules, locations) = tokio::join!(
            list(api, catalog, "velero.io", "backups", namespaces, velero::backup),
            list(api, catalog, "velero.io", "schedules", namespaces, velero::schedule),
            list(api, catalog, "velero.io", "backupstoragelocations", namespaces, velero::location),
        );
        Some(Velero { backups, schedules, locations, ..Velero::default() })
    };
    let cnpg = async {
        if !has("postgresql.cnpg.io") && !has("barmancloud.cnpg.io") {
            return None;
        }
        let (backups, schedules, clusters, stores) = tokio::join!(
            list(api, catalog, "postgresql.cnpg.io", "backups", namespaces, cnpg::backup),
            list(api, catalog, "postgresql.cnpg.io", "scheduledbackups", namespaces, cnpg::schedule),
            list(api, catalog, "postgresql.cnpg.io", "clusters", namespaces, cnpg::cluster),
            list(api, catalog, "barmancloud.cnpg.io", "objectstores", namespaces, cnpg::store),
        );
        Some(Cnpg { backups, schedules, clusters, stores })
    };
    let snapshots = async {
        const GROUP: &str = "snapshot.storage.k8s.io";
        if !has(GROUP) {
            return None;
        }
        let snapshot = |of: &serde_json::Value| snapshots::snapshot(of, doomed);
        let (all, contents) = tokio::join!(
            list(api, catalog, GROUP, "volumesnapshots", namespaces, snapshot),
            list(api, catalog, GROUP, "volumesnapshotcontents", namespaces, snapshots::content),
        );
        Some(Snapshots { all, contents })
    };
    let jobs = async {
        if !has("batch") {
            return None;
        }
        let (cron, lone) = tokio::join!(
            list(api, catalog, "batch", "cronjobs", namespaces, jobs::cron_job),
            lone_jobs(api, catalog, namespaces),
        );
        Some(Jobs { cron, lone, ..Jobs::default() })
    };
    let (velero, cnpg, mut snapshots, jobs) = tokio::join!(velero, cnpg, snapshots, jobs);
    owned(doomed, cnpg.as_ref(), snapshots.as_mut());
    // What is announced and does not answer may have something as well.
    let silent = |group: &str| catalog.gaps.iter().any(|gap| gap.what.contains(group));
    let strange = ROWS.iter().filter(|row| (!row.read && has(row.group)) || silent(row.group));
    let strange = strange.collect();
    Asked { velero, cnpg, snapshots, jobs, strange }
}

/// Marks the snapshots that go with a Backup that goes with its cluster.
fn owned(doomed: &Doomed, cnpg: Option<&Cnpg>, snapshots: Option<&mut Snapshots>) {
    let Some(snapshots) = snapshots else { return };
    let mut going: HashSet<String> = doomed.uids.clone();
    let backups = cnpg.map(|cnpg| cnpg.backups.items.as_slice()).unwrap_or_default();
    let takes = |going: &HashSet<String>, owners: &[String]| owners.iter().any(|owner| going.contains(owner));
    for (uid, owners) in backups.iter().map(cnpg::Backup::family) {
        if takes(&going, owners) {
            going.extend(uid.map(str::to_owned));
        }
    }
    for snapshot in &mut snapshots.all.items {
        if takes(&going, snapshot.owners()) {
            snapshot.goes_with_owner();
        }
    }
}

/// Jobs that no CronJob made are looked for where the command works: of a large cluster's there are too many.
async fn lone_jobs(api: &Api, catalog: &Catalog, namespaces: &[String]) -> Listed<jobs::Job> {
    let Some(kind) = catalog.of_resource("batch", "jobs") else { return Listed::default() };
    let mut listed = together(api, kind, namespaces.iter().take(lists::NAMESPACES), jobs::lone_job).await;
    let beyond = namespaces.len().saturating_sub(lists::NAMESPACES);
    if beyond > 0 && listed.whole() {
        let within = namespaces[..lists::NAMESPACES].join(", ");
        let why = Why::Failed(format!("Jobs of {beyond} more namespaces were not read"));
        listed.read = Read::Partly { within, why };
    }
    listed
}

/// Lists of several namespaces as one.
async fn together<T>(
    api: &Api,
    kind: &Kind,
    namespaces: impl Iterator<Item = &String>,
    form: impl Fn(&serde_json::Value) -> Option<T>,
) -> Listed<T> {
    let asked = namespaces.map(|namespace| lists::within(api, kind, namespace, &form));
    merged(crate::run::tasks::gather(asked).await)
}

async fn list<T>(
    api: &Api,
    catalog: &Catalog,
    group: &str,
    resource: &str,
    namespaces: &[String],
    form: impl Fn(&serde_json::Value) -> Option<T>,
) -> Listed<T> {
    match catalog.of_resource(group, resource) {
        Some(kind) => everywhere(api, kind, "", namespaces, form).await,
        // A version of the tool that has no such kind.
        None => Listed::default(),
    }
}

impl Asked {
    /// Asks what only the claims lead to, of which there is one at least, and says what there is of each.
    pub async fn about(mut self, api: &Api, catalog: &Catalog, held: &[Held], doomed: &Doomed) -> Backups {
        let now = jiff::Timestamp::now().as_second();
        let beyond = held.len().saturating_sub(CLAIMS);
        let held = &with_siblings(&held[..held.len() - beyond]);
        if let Some(jobs) = &mut self.jobs {
            jobs.read(held);
        }
        let wanted = self.jobs.as_ref().map(|jobs| jobs.wanted(held)).unwrap_or_default();
        let (volumes, scripts, services, pods) = tokio::join!(
            volumes(api, catalog, self.velero.is_some(), held),
            scripts(api, &wanted),
            services(api, &wanted),
            pods(api, &wanted),
        );
        if let (Some(velero), Some(volumes)) = (&mut self.velero, volumes) {
            velero.volumes = volumes;
        }
        if let Some(jobs) = &mut self.jobs {
            jobs.unopened = wanted.unopened + wanted.scripts.len().saturating_sub(scripts.len());
            jobs.with_scripts(&scripts);
            jobs.services = services;
            jobs.pods_read = pods.as_ref().is_some_and(Listed::whole);
            jobs.pods = pods.map(|pods| pods.items).unwrap_or_default();
        }
        let apart = held.iter().any(|one| one.namespace != held[0].namespace);
        let holders = held.iter().map(|one| {
            let mut holder = one.holder(apart);
            holder.records.extend(self.velero.iter().flat_map(|velero| velero.records(one, doomed)));
            holder.records.extend(self.cnpg.iter().flat_map(|cnpg| cnpg.records(one, doomed)));
            holder.records.extend(self.snapshots.iter().flat_map(|snapshots| snapshots.records(one)));
            holder.records.extend(self.jobs.iter().flat_map(|jobs| jobs.records(one, doomed)));
            holder
        });
        let (holders, sources) = (holders.collect(), self.sources());
        let mut backups = Backups { now, looked: true, holders, sources, beyond: Vec::new() };
        if beyond > 0 {
            backups.beyond.push(Beyond { what: format!("{beyond} more claims"), why: Why::NotAsked });
        }
        backups
    }

    /// Which sources were read. One that has parts is read when each of them is.
    fn sources(&self) -> Vec<Source> {
        let mut all: Vec<Source> = Vec::new();
        let mut add = |name: &'static str, full: &'static str, parts: Vec<&Read>| {
            let worst = parts.into_iter().max_by_key(|read| match read {
                Read::All => 0,
                Read::Partly { .. } => 1,
                Read::Not(_) => 2,
            });
            all.push(Source { name, full, read: worst.cloned().unwrap_or(Read::All) });
        };
        if let Some(velero) = &self.velero {
            // Where a location is, and whether a schedule is paused, is no copy: without it that is not known.
            add("velero", "velero.io", vec![&velero.backups.read, &velero.volumes.read]);
        }
        if let Some(cnpg) = &self.cnpg {
            let parts = vec![&cnpg.backups.read, &cnpg.clusters.read, &cnpg.stores.read];
            add("cnpg", "postgresql.cnpg.io", parts);
        }
        if let Some(snapshots) = &self.snapshots {
            add("snapshots", "snapshot.storage.k8s.io", vec![&snapshots.all.read]);
        }
        if let Some(jobs) = &self.jobs {
            let unopened = Read::Partly {
                within: "those that were read".to_owned(),
                why: Why::Failed(format!("{} scripts were not read", jobs.unopened)),
            };
            let scripts = if jobs.unopened > 0 { &unopened } else { &Read::All };
            add("cronjobs", "batch", vec![&jobs.cron.read, &jobs.lone.read, scripts]);
        }
        for row in &self.strange {
            let why = Why::Failed("not read by guard".to_owned());
            all.push(Source { name: row.name, full: row.group, read: Read::Not(why) });
        }
        all
    }
}

/// The claims, each with the others of its cluster.
fn with_siblings(held: &[Held]) -> Vec<Held> {
    let mut clusters: BTreeMap<(&str, &str), Vec<&str>> = BTreeMap::new();
    for one in held {
        if let Some(cluster) = &one.cnpg {
            clusters.entry((&one.namespace, cluster)).or_default().push(&one.name);
        }
    }
    let siblings = |one: &Held| {
        let cluster =
            one.cnpg.as_deref().and_then(|cluster| clusters.get(&(one.namespace.as_str(), cluster)));
        cluster
            .into_iter()
            .flatten()
            .filter(|name| **name != one.name)
            .map(|name| (*name).to_owned())
            .collect()
    };
    held.iter().map(|one| Held { siblings: siblings(one), ..one.clone() }).collect()
}

/// What Velero has of the claims themselves, by their uids.
async fn volumes(
    api: &Api,
    catalog: &Catalog,
    velero: bool,
    held: &[Held],
) -> Option<Listed<velero::Volume>> {
    if !velero {
        return None;
    }
    let uids: Vec<&str> = held.iter().filter_map(|one| one.uid.as_deref()).collect();
    if uids.is_empty() {
        let read = Read::Not(Why::Failed("the claims could not be read".to_owned()));
        return Some(Listed { items: Vec::new(), read });
    }
    let namespaces: Vec<String> = held::namespaces(held).into_iter().map(str::to_owned).collect();
    // A long query is cheaper than the volumes of everybody, and none is cut off.
    let chunks: Vec<String> = uids
        .chunks(UIDS)
        .map(|uids| {
            format!("labelSelector={}", segment(&format!("{} in ({})", velero::CLAIM_UID, uids.join(","))))
        })
        .collect();
    let kinds = ["podvolumebackups", "datauploads"];
    let kinds = kinds.iter().filter_map(|resource| catalog.of_resource("velero.io", resource));
    let asked: Vec<(&Kind, &String)> =
        kinds.flat_map(|kind| chunks.iter().map(move |query| (kind, query))).collect();
    let one = async |(kind, query): (&Kind, &String)| {
        everywhere(api, kind, query, &namespaces, velero::volume).await
    };
    Some(merged(crate::run::tasks::gather(asked.into_iter().map(one)).await))
}

async fn scripts(api: &Api, wanted: &Wanted) -> BTreeMap<(String, String), String> {
    let get = async |(namespace, name): &(String, String)| {
        let path = format!("/api/v1/namespaces/{}/configmaps/{}", segment(namespace), segment(name));
        let map = api.json::<serde_json::Value>(&path).await.ok()?;
        let data = map.pointer("/data").and_then(serde_json::Value::as_object)?;
        let texts: Vec<&str> = data.values().filter_map(serde_json::Value::as_str).collect();
        Some(((namespace.clone(), name.clone()), texts.join("\n")))
    };
    let answers = crate::run::tasks::gather(wanted.scripts.iter().map(get)).await;
    answers.into_iter().flatten().collect()
}

async fn services(
    api: &Api,
    wanted: &Wanted,
) -> BTreeMap<(String, String), Option<BTreeMap<String, String>>> {
    let get = async |(namespace, name): &(String, String)| {
        let path = format!("/api/v1/namespaces/{}/services/{}", segment(namespace), segment(name));
        let selector = api.json::<serde_json::Value>(&path).await.ok().map(|service| {
            let selector = service.pointer("/spec/selector").and_then(serde_json::Value::as_object);
            let pairs = selector.into_iter().flatten();
            pairs.filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned()))).collect()
        });
        ((namespace.clone(), name.clone()), selector)
    };
    crate::run::tasks::gather(wanted.services.iter().map(get)).await.into_iter().collect()
}

async fn pods(api: &Api, wanted: &Wanted) -> Option<Listed<jobs::Mounting>> {
    if wanted.pods.is_empty() {
        return None;
    }
    let kind =
        Kind { version: "v1".to_owned(), resource: "pods".to_owned(), namespaced: true, ..Kind::default() };
    Some(together(api, &kind, wanted.pods.iter(), jobs::mounting).await)
}
