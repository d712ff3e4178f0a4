//! Copies of what the processes that stop hold.

use super::Request;
use super::counted::pids_of;
use super::manager::Unit;
use crate::engine::backup::{Backups, Beyond};
use crate::engine::impact::Impact;
use crate::family::machine::backup::{self, places};
use crate::family::machine::servers::is_database;
use crate::run::proc::Proc;
use std::time::Instant;

/// Looks for those of units that stop. That their processes cannot be seen is told by whoever asks whom they serve.
pub(super) fn of_units(request: &Request<'_>, units: &[&Unit], until: Instant, impact: &mut Impact) {
    let processes = Proc::at(request.root).processes().unwrap_or_default();
    let mut pids: Vec<u32> = units.iter().flat_map(|unit| pids_of(unit, &processes)).collect();
    pids.sort_unstable();
    pids.dedup();
    of_processes(request, &pids, until, impact);
}

/// Looks for those of processes that end.
pub(super) fn of_processes(request: &Request<'_>, pids: &[u32], until: Instant, impact: &mut Impact) {
    if pids.is_empty() {
        return;
    }
    match places::of_processes(request.root, pids, is_database) {
        Ok(found) if found.is_empty() => {}
        Ok(found) => {
            places::tell_second_servers(request.root, &found, impact);
            impact.backups.absorb(backup::find(request.root, request.world, found, Vec::new(), until));
        }
        Err((name, why)) => {
            let beyond = vec![Beyond { what: format!("data of {name}"), why }];
            impact.backups.absorb(Backups { beyond, ..Backups::default() });
        }
    }
}
