//! What is said of units whoever asks: how many of a kind, which processes are theirs, whom they serve.

use super::manager::Unit;
use crate::engine::human::counted;
use crate::engine::impact::{Group, Impact};
use crate::run::proc::{Listener, Process, Protocol};

/// Counts units by their kind, among what goes without having been named.
pub(super) fn group(with: &[Unit], impact: &mut Impact) {
    for unit in with {
        if !impact.unnamed.iter().any(|name| name == unit.name()) {
            impact.unnamed.push(unit.name().to_owned());
        }
        let kind = unit.id.rsplit_once('.').map_or("unit", |(_, kind)| kind);
        match impact.groups.iter_mut().find(|group| group.kind == kind) {
            Some(group) if group.names.iter().any(|name| name == unit.name()) => {}
            Some(group) => {
                group.count += 1;
                group.names.push(unit.name().to_owned());
            }
            None => impact.groups.push(Group {
                kind: kind.to_owned(),
                count: 1,
                names: vec![unit.name().to_owned()],
                ..Group::default()
            }),
        }
    }
}

/// The processes of a unit: everything in its control group, and its main process.
pub(super) fn pids_of(unit: &Unit, processes: &[Process]) -> Vec<u32> {
    let inside = |process: &&Process| match (&unit.cgroup, &process.cgroup) {
        (Some(own), Some(theirs)) => {
            theirs == own || theirs.strip_prefix(own.as_str()).is_some_and(|rest| rest.starts_with('/'))
        }
        (None, _) => process.unit.as_deref() == Some(unit.id.as_str()),
        (Some(_), None) => false,
    };
    let mut pids: Vec<u32> = processes.iter().filter(inside).map(|process| process.pid).collect();
    if let Some(main) = unit.main_pid.filter(|main| !pids.contains(main)) {
        pids.push(main);
    }
    pids
}

/// `37 clients from 5 addresses (0.0.0.0:5432, /run/postgresql/.s.PGSQL.5432)`; without clients what is listened on.
pub(super) fn served(listeners: &[Listener]) -> Option<String> {
    const SHOWN: usize = 3;
    // Abstract and private sockets are between a program and itself.
    let worth = |l: &&Listener| l.protocol != Protocol::Unix || l.clients > 0;
    let counts: Vec<&Listener> = listeners.iter().filter(worth).collect();
    let first = counts.first()?;
    let clients: u64 = counts.iter().map(|l| l.clients).sum();
    let mut peers: Vec<_> = counts.iter().flat_map(|l| l.peers.iter()).collect();
    peers.sort_unstable();
    peers.dedup();
    let mut places: Vec<&str> =
        counts.iter().filter(|l| clients == 0 || l.clients > 0).map(|l| l.address.as_str()).collect();
    places.dedup();
    let more = places.len().saturating_sub(SHOWN);
    places.truncate(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let places = format!("{}{more}", places.join(", "));
    Some(match (clients, peers.as_slice()) {
        (0, _) if counts.iter().all(|l| l.is_local) => {
            format!("listens on {places} for this machine alone, no clients now")
        }
        (0, _) if first.protocol == Protocol::Udp && counts.iter().all(|l| l.protocol == Protocol::Udp) => {
            format!("listens on {places} (udp)")
        }
        (0, _) => format!("listens on {places}, no clients now"),
        (clients, [peer]) => format!("{} from {peer} ({places})", counted(clients, "client")),
        (clients, []) => format!("{} of this machine ({places})", counted(clients, "client")),
        (clients, peers) => {
            format!("{} from {} addresses ({places})", counted(clients, "client"), peers.len())
        }
    })
}
