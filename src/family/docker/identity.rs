//! Who a daemon is: what it calls itself, the machine it says it runs on, and what a policy can know it by.

use super::probe::{self, Info};
use super::resolve::{self, Daemon, Endpoint};
use crate::engine::docker::desktop::is_desktop;
use crate::engine::docker::tables::Cli;
use crate::engine::fact::{Known, Source, Sourced};
use crate::engine::machine::HostTarget;
use crate::engine::policy::place::{IdKind, Identity, Seen, is_everywhere};
use crate::engine::tool::TargetKind;
use crate::fail::{Fail, Kind, Result};
use crate::world::World;

/// The machine that the daemon says it runs on, where that is another one than its address says. Nothing that is known of this machine
/// holds of another one, or of a virtual one on it.
pub(super) fn machine(daemon: &Daemon, info: &Info) -> Option<HostTarget> {
    let before = daemon.host.target.name.value().map(|name| &name.value);
    if info.name.is_empty() || before == Some(&info.name) {
        return None;
    }
    Some(HostTarget {
        name: Known::Known(Sourced::new(info.name.clone(), Source::Probe)),
        remote: Some(daemon.endpoint.clone()),
        // A name like `localhost` or `ubuntu` says nothing: then it is what it is reached by.
        address: before.cloned(),
        origin: daemon.host.target.origin.clone(),
        notes: daemon.notes.clone(),
        ..HostTarget::default()
    })
}

/// What the daemon is known by besides its machine. podman has no name for itself, and makes one up each time it is asked.
pub(super) fn known_by(daemon: &Daemon, info: Option<&Info>, is_podman: bool) -> Seen {
    let mut seen = Seen { of: Some(TargetKind::Daemon), ..Seen::default() };
    seen.identities.push(Identity::new(IdKind::Endpoint, daemon.endpoint.value.clone()));
    if is_everywhere(&daemon.endpoint.value) {
        seen.unknown.push(IdKind::Endpoint);
    }
    match info.map(|info| info.id.as_str()) {
        _ if is_podman => {}
        None | Some("") => seen.unknown.push(IdKind::Daemon),
        Some(id) => seen.identities.push(Identity::new(IdKind::Daemon, id)),
    }
    if let (Endpoint::Unix(path), Some(info)) = (&daemon.way, info)
        && is_desktop(&path.to_string_lossy(), &info.name, &info.operating_system)
    {
        seen.local = Some("a daemon of this desktop, by socket and name".to_owned());
    }
    // The name it is reached by may say more than the one it gives itself.
    let reached = daemon.host.target.remote.as_ref().and(daemon.host.target.name.value());
    let told = info.is_some_and(|info| reached.is_some_and(|name| name.value != info.name));
    let hosts = reached.filter(|_| told).map(|name| Identity::new(IdKind::Host, name.value.clone()));
    seen.identities.extend(hosts);
    seen
}

/// A daemon that something is put back into.
pub struct Found {
    /// The daemon.
    pub daemon: Daemon,
    /// What it calls itself; `None` where it has no name for itself.
    pub id: Option<String>,
    /// The machine it runs on.
    pub machine: HostTarget,
    /// What a policy can know it by.
    pub seen: Seen,
    /// Whether its paths are this machine's.
    pub local: bool,
}

/// Finds the daemon that a command without flags goes to.
///
/// # Errors
/// Nothing says which one, or it does not answer.
pub fn find(world: &World, cli: Cli) -> Result<Found> {
    let daemon = resolve::daemon(world, cli, &[])?;
    let (info, is_podman) = probe::who(&daemon.way, world).map_err(|why| {
        Fail::new(Kind::Unavailable, "the daemon cannot be asked")
            .because(format!("{}: {why}", daemon.endpoint.value))
            .help("check with `docker info`")
    })?;
    let is_podman = is_podman || cli == Cli::Podman;
    let target = machine(&daemon, &info).unwrap_or_else(|| daemon.host.target.clone());
    let mut seen = target.seen();
    let by = known_by(&daemon, Some(&info), is_podman);
    seen.of = by.of;
    seen.identities.extend(by.identities);
    seen.unknown.extend(by.unknown);
    seen.local = by.local.or(seen.local);
    let local = probe::is_here(&daemon.way, Some(&Known::Known(info.clone())));
    let id = Some(info.id).filter(|id| !id.is_empty() && !is_podman);
    Ok(Found { daemon, id, machine: target, seen, local })
}
