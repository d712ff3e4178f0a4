//! Volumes: those that are named, or all where all may go; their sizes as far as the daemon counts in time.

use super::client::Client;
use super::wire::{Kept, Volumes};
use super::{encoded, known};
use crate::engine::docker::daemon::{Learnt, Volume, is_anonymous};
use crate::engine::docker::holders;
use crate::engine::docker::loss::File;
use crate::engine::docker::wish::{Act, Unused, Wish};
use crate::engine::fact::{Known, Why};
use crate::run::tasks::gather;
use http::{Method, StatusCode};
use std::time::Duration;
use tokio::time::timeout;

/// So many volumes are asked for by their names; of more the list of all is.
const NAMED: usize = 16;
/// So long the daemon may count: it goes through every file of every volume.
const COUNTING: Duration = Duration::from_millis(1_500);

/// The names of volumes that may go, as far as they are known before any volume was asked for.
fn named(wish: &Wish, file: &Known<File>, learnt: &Learnt) -> Vec<String> {
    let of_containers = |wanted: &dyn Fn(&crate::engine::docker::daemon::Container) -> bool| {
        let all = learnt.all().iter().filter(|one| wanted(one));
        all.flat_map(|one| one.volumes().map(str::to_owned)).collect::<Vec<_>>()
    };
    let mut names = match wish {
        Wish::Volumes { names, .. } => names.clone(),
        Wish::Containers { names, all, act: Act::Remove { .. } | Act::Stop } => {
            let meant: Vec<&str> = learnt.meant(names).iter().map(|one| one.id.as_str()).collect();
            of_containers(&|one| *all || meant.contains(&one.id.as_str()))
        }
        Wish::Create { replaces: Some(name), .. } => {
            let meant: Vec<&str> = learnt.called(name).iter().map(|one| one.id.as_str()).collect();
            of_containers(&|one| meant.contains(&one.id.as_str()))
        }
        Wish::Project(project) => {
            let Some(file) = file.value() else { return Vec::new() };
            let mut names: Vec<String> = Vec::new();
            if project.named_volumes {
                names.extend(file.volumes.iter().map(|volume| volume.name.clone()));
            }
            if project.anonymous || matches!(project.act, Act::Remove { .. }) {
                names.extend(of_containers(&|one| one.project() == Some(file.project.as_str())));
            }
            names
        }
        _ => Vec::new(),
    };
    names.sort();
    names.dedup();
    names
}

/// The volumes that go for good, or may: worth a look into them.
pub(super) fn going(wish: &Wish, file: &Known<File>, learnt: &Learnt) -> Vec<String> {
    /// More nobody reads on a screen.
    const MOST: usize = 64;
    let there = |name: &String| learnt.volume(name).is_some();
    let mut all: Vec<String> = match wish {
        Wish::Prune(prune) if prune.volumes != Unused::No => {
            let volumes = learnt.volumes.value().map(Vec::as_slice).unwrap_or_default();
            let mut unused: Vec<&Volume> =
                volumes.iter().filter(|one| learnt.users(&one.name).next().is_none()).collect();
            unused.sort_by_key(|one| (one.is_anonymous(), std::cmp::Reverse(one.bytes)));
            unused.into_iter().take(MOST).map(|one| one.name.clone()).collect()
        }
        Wish::Volumes { .. } | Wish::Project(_) => named(wish, file, learnt),
        Wish::Containers { act: Act::Remove { volumes: true }, .. } => named(wish, file, learnt),
        // Of a server that stops, which one that is.
        _ => {
            let mounts = || learnt.all().iter().flat_map(|one| &one.mounts);
            let serves =
                |name: &str| mounts().any(|mount| mount.is_of(name) && holders::at(&mount.target).is_some());
            named(wish, file, learnt).into_iter().filter(|name| is_anonymous(name) || serves(name)).collect()
        }
    };
    all.retain(there);
    // The largest first: a database is no small thing.
    all.sort_by_key(|name| std::cmp::Reverse(learnt.volume(name).and_then(|volume| volume.bytes)));
    all.truncate(MOST);
    all
}

/// Asks for them.
pub(super) async fn look(client: &Client<'_>, wish: &Wish, file: &Known<File>, learnt: &mut Learnt) {
    let names = named(wish, file, learnt);
    let every = match wish {
        Wish::Prune(prune) => prune.volumes != Unused::No,
        // Whether a list names all that there is takes the list.
        Wish::Volumes { names, all } => *all || names.len() > 2,
        _ => names.len() > NAMED,
    };
    if !every && names.is_empty() {
        learnt.volumes = Known::Known(Vec::new());
        return;
    }
    let sizes = async {
        let df = client.json::<Volumes>("/system/df?type=volume");
        timeout(COUNTING, df).await.ok().and_then(Result::ok).unwrap_or_default()
    };
    let (found, sizes) = tokio::join!(
        async { if every { list(client).await } else { by_name(client, &names).await } },
        sizes,
    );
    let mut found = found.map(|all| all.into_iter().map(Kept::read).collect::<Vec<Volume>>());
    if let Ok(found) = &mut found {
        // The daemon's own order is another one each time, and phrases are made of it.
        found.sort_by(|one, other| one.name.cmp(&other.name));
        let sizes: std::collections::BTreeMap<String, Option<u64>> =
            sizes.volumes.into_iter().map(Kept::read).map(|one| (one.name, one.bytes)).collect();
        for volume in found.iter_mut() {
            volume.bytes = sizes.get(&volume.name).copied().flatten();
        }
        learnt.volumes_total = every.then_some(found.len() as u64);
    }
    learnt.volumes = known(found);
}

async fn list(client: &Client<'_>) -> Result<Vec<Kept>, Why> {
    client.json::<Volumes>("/volumes").await.map(|all| all.volumes)
}

/// Those that there are.
async fn by_name(client: &Client<'_>, names: &[String]) -> Result<Vec<Kept>, Why> {
    let asks = names.iter().map(|name| async move {
        let answer = client.ask(Method::GET, &format!("/volumes/{}", encoded(name))).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        answer.good()?.json::<Kept>().map(Some)
    });
    let answers: Result<Vec<Option<Kept>>, Why> = gather(asks).await.into_iter().collect();
    Ok(answers?.into_iter().flatten().collect())
}

/// Which directory each of these is, where that can be seen from here: a volume that was made anew under its old name is another
/// one. The daemon itself does not tell one from the other.
pub(super) fn identities<'v>(volumes: impl Iterator<Item = &'v Volume>) -> Vec<(String, String)> {
    use std::os::unix::fs::MetadataExt as _;
    let of = |volume: &Volume| {
        let meta = std::fs::metadata(&volume.mountpoint).ok()?;
        let born = meta.created().ok().and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        Some(format!("{} {} {born:?}", meta.dev(), meta.ino()))
    };
    volumes
        .filter(|volume| !volume.mountpoint.is_empty())
        .filter_map(|v| Some((v.name.clone(), of(v)?)))
        .collect()
}

/// The same, asked again.
pub(super) async fn identities_now(
    client: &Client<'_>,
    names: &[String],
) -> Result<Vec<(String, String)>, Why> {
    let found = if names.len() > NAMED { list(client).await } else { by_name(client, names).await };
    let found: Vec<Volume> = found?.into_iter().map(Kept::read).collect();
    Ok(identities(found.iter().filter(|volume| names.contains(&volume.name))))
}
