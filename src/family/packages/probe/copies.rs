//! Copies of what packages hold that go: of their databases, which stop or are dropped, and of what else their scripts delete.

use super::facts::PackageFacts;
use super::impact;
use crate::engine::backup::{Backups, Beyond};
use crate::engine::files::databases::kind_of;
use crate::engine::impact::{Fate, Impact};
use crate::engine::packages::plan::Plan;
use crate::family::machine::backup::places;
use crate::family::machine::backup::{self, Place};
use crate::family::machine::links::below;
use crate::family::machine::postgres::Cluster;
use crate::family::machine::servers::is_database;
use crate::world::World;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Looks for them. What is seen of two servers over one directory goes into the impact.
pub fn copies_of(
    root: &Path,
    world: &World,
    plan: &Plan,
    facts: &[PackageFacts],
    until: Instant,
    impact: &mut Impact,
) -> Backups {
    let clusters: Vec<Cluster> =
        facts.iter().flat_map(|facts| &facts.clusters).map(|cluster| cluster.found.clone()).collect();
    let mut found: Vec<Place> = clusters.iter().map(places::of_cluster).collect();
    let mut add = |place: Place| {
        if !found.iter().any(|known| known.data == place.data) {
            found.push(place);
        }
    };
    let pids: Vec<u32> = facts.iter().flat_map(|facts| &facts.processes).map(|process| process.pid).collect();
    let mut beyond = Vec::new();
    match places::of_processes(root, &pids, is_database) {
        Ok(all) => all.into_iter().for_each(&mut add),
        Err((name, why)) => beyond.push(Beyond { what: format!("data of {name}"), why }),
    }
    let mut going: Vec<PathBuf> = Vec::new();
    for (package, path, fate) in impact::stores_of(plan, facts) {
        let real = below(root, path);
        match kind_of(|name| real.join(name).exists()) {
            Some(kind) => add(places::of_directory(root, path, kind, &clusters)),
            None if fate == Fate::Erased => add(places::of_other(package, path)),
            None => {}
        }
        if fate == Fate::Erased {
            going.push(path.to_owned());
        }
    }
    for (cluster, fate) in impact::clusters_of(plan, facts) {
        if fate == Fate::Erased {
            going.extend(cluster.elsewhere.iter().cloned().chain([cluster.data.clone()]));
        }
    }
    places::tell_second_servers(root, &found, impact);
    if found.is_empty() {
        return Backups { beyond, ..Backups::default() };
    }
    let mut backups = backup::find(root, world, found, going, until);
    backups.beyond.extend(beyond);
    backups
}
