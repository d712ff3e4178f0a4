//! Where mounts really lead: a volume to its directory, or to the one it only leads to; a path through links and bind mounts. Two names of
//! one directory are one directory.

use super::client::Client;
use super::encoded;
use super::wire::Kept;
use crate::engine::docker::daemon::{Learnt, Mounted, Origin, Volume};
use crate::engine::docker::holders;
use crate::engine::docker::second::Opening;
use crate::engine::fact::Known;
use crate::family::docker::resolve::Endpoint;
use crate::run::tasks::gather;
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt as _;

/// Of so many volumes each is asked for.
const MOST: usize = 32;

/// Fills in where the mounts of these lead, and those of the containers that run.
pub(super) async fn settle(
    client: &Client<'_>,
    way: &Endpoint,
    openings: &mut [Opening],
    learnt: &mut Learnt,
) {
    if openings.is_empty() {
        return;
    }
    let names = asked_for(openings, learnt);
    let asks = names.iter().map(|name| async move {
        client.json::<Kept>(&format!("/volumes/{}", encoded(name))).await.ok().map(Kept::read)
    });
    let found: BTreeMap<String, Volume> =
        gather(asks).await.into_iter().flatten().map(|volume| (volume.name.clone(), volume)).collect();
    // Another machine's paths are not this one's.
    let near = matches!(way, Endpoint::Unix(_));
    let settle = |mount: &mut Mounted| {
        if let Origin::Volume(name) = &mount.origin
            && let Some(volume) = found.get(name)
        {
            let device = volume.options.get("device").filter(|_| volume.leads_elsewhere());
            mount.source = device.unwrap_or(&volume.mountpoint).clone();
        }
        if near && mount.is.is_none() && !mount.source.is_empty() {
            mount.is = std::fs::metadata(&mount.source).ok().map(|meta| (meta.dev(), meta.ino()));
        }
    };
    openings.iter_mut().flat_map(|opening| opening.mounts.iter_mut()).for_each(settle);
    if let Known::Known(all) = &mut learnt.containers {
        let running = all.iter_mut().filter(|one| one.state.may_run());
        running.flat_map(|one| one.mounts.iter_mut()).for_each(settle);
    }
}

/// Volumes whose place matters: what is opened where a server keeps its data, and, once that is so or a server runs, what servers
/// have.
fn asked_for(openings: &[Opening], learnt: &Learnt) -> Vec<String> {
    let opened = || openings.iter().flat_map(|opening| opening.mounts.iter()).filter(|mount| mount.writable);
    let running = || learnt.all().iter().filter(|one| one.state.may_run()).flat_map(|one| one.mounts.iter());
    let holds = |mount: &&Mounted| holds(mount);
    let of = |mount: &Mounted| match &mount.origin {
        Origin::Volume(name) => Some(name.clone()),
        Origin::Path(_) | Origin::None => None,
    };
    let served = running().any(|mount| holds(&mount));
    let mut names: BTreeSet<String> =
        opened().filter(|mount| served || holds(mount)).filter_map(of).collect();
    if served {
        names.extend(running().filter(holds).filter_map(of));
    }
    names.into_iter().take(MOST).collect()
}

/// Whether a server may keep its data there: `/data` is Redis's, and others'.
fn holds(mount: &Mounted) -> bool {
    holders::at(&mount.target).is_some() || mount.target.trim_end_matches('/') == "/data"
}
