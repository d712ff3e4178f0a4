//! What goes, by what a command is about to do and by what its daemon says. Pure: facts in, facts out.

mod content;
mod project;

pub use project::{File, FileVolume, Service};

use super::daemon::{Container, Learnt, Origin, Volume, called};
use super::second::{Clash, Opening, clashes};
use super::wish::{Act, Prune, Unused, Wish};
use crate::engine::effect::Effect;
use crate::engine::fact::{Known, Why};
use crate::engine::impact::{Data, Fate, Impact, Subject};
use content::{own_files, volume_data};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// How far a command reaches, where its phrase names no single thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whole {
    /// Whatever the daemon has of a kind.
    Daemon,
    /// Whatever a project has.
    Project(String),
}

/// What goes.
#[derive(Clone, Debug, Default)]
pub struct Loss {
    /// The facts.
    pub impact: Impact,
    /// The names of what is lost for good, what counts most first.
    pub lost: Vec<String>,
    /// Or all of something.
    pub whole: Option<Whole>,
    /// What stops or goes.
    pub stops: Vec<String>,
    /// Volumes that go for good, empty ones as well, by their names.
    pub erased: Vec<String>,
    /// Containers that go, by their ids.
    pub removed: Vec<String>,
    /// Directories that would have two servers.
    pub clashes: Vec<Clash>,
    /// What of it is a database's: rows and names.
    heavy: BTreeSet<String>,
}

impl Loss {
    /// Whether containers go with files that they wrote outside of volumes.
    pub fn removes_own_files(&self) -> bool {
        self.impact.data.iter().any(|data| data.fate != Fate::Kept && data.what.starts_with(content::OWN))
    }
}

/// The most names that a list may have before it is only counted.
const NAMED: usize = 200;
/// A list that names every one of so many at least names the whole.
const MANY: usize = 3;

/// What goes. `file` is what Compose makes of its files, `openings` who is about to open what.
pub fn of(wish: &Wish, learnt: &Learnt, file: &Known<File>, openings: &[Opening]) -> Loss {
    let mut loss = Loss::default();
    match wish {
        Wish::Containers { names, all, act } => containers(names, *all, *act, learnt, &mut loss),
        Wish::Volumes { names, all } => volumes(names, *all, learnt, &mut loss),
        Wish::Prune(prune) => pruned(prune, learnt, &mut loss),
        Wish::Project(wanted) => project::of(wanted, learnt, file, &mut loss),
        Wish::Create { replaces: Some(name), .. } => {
            containers(std::slice::from_ref(name), false, Act::Remove { volumes: true }, learnt, &mut loss);
        }
        Wish::Networks { names } => {
            for name in names {
                loss.impact.subjects.push(Subject {
                    kind: "Network".into(),
                    name: name.clone(),
                    ..Subject::default()
                });
            }
            loss.impact.subjects_total = loss.impact.subjects.len() as u64;
            loss.stops = names.clone();
            loss.impact.light = !names.is_empty();
        }
        Wish::Create { .. } | Wish::Start { .. } => {}
        Wish::Own => loss.impact.light = true,
        Wish::Other => {
            loss.impact.unseen(
                "what goes with it",
                Why::Failed("guard has no question for this command".to_owned()),
            );
        }
    }
    second(openings, learnt, &mut loss);
    // What counts most first: what goes before what stays, databases before the rest.
    let Loss { impact, lost, heavy, .. } = &mut loss;
    impact.data.sort_by_key(|data| (Reverse(data.fate), !heavy.contains(&data.what)));
    lost.sort_by_key(|name| !heavy.contains(name));
    loss
}

/// Two servers on one directory: their data is lost, however harmless the words are.
fn second(openings: &[Opening], learnt: &Learnt, loss: &mut Loss) {
    if openings.is_empty() {
        return;
    }
    if let Known::Unknown(why) = &learnt.containers {
        loss.impact.gap("whether another server has this data open", why.clone());
    }
    loss.clashes = clashes(openings, learnt);
    for clash in &loss.clashes {
        loss.impact.raise(Effect::Destroy, clash.says.clone());
        let name = match &clash.what {
            Origin::Volume(name) | Origin::Path(name) => name.clone(),
            Origin::None => continue,
        };
        if !loss.lost.contains(&name) {
            loss.lost.push(name);
        }
    }
}

/// The containers that the words mean.
fn meant<'a>(names: &[String], all: bool, learnt: &'a Learnt) -> Vec<&'a Container> {
    if all { learnt.all().iter().collect() } else { learnt.meant(names) }
}

fn containers(names: &[String], all: bool, act: Act, learnt: &Learnt, loss: &mut Loss) {
    let Known::Known(there) = &learnt.containers else {
        if let Known::Unknown(why) = &learnt.containers {
            loss.impact.unseen("containers, and what they hold", why.clone());
        }
        return;
    };
    let hit = meant(names, all, learnt);
    if hit.is_empty() {
        loss.impact.lower(Effect::Mutate, "there is no such container");
        return;
    }
    if hit.len() >= MANY && hit.len() == there.len() {
        loss.whole = Some(Whole::Daemon);
    }
    act_on(&hit, act, learnt, loss);
}

/// What becomes of containers, and of what they hold.
fn act_on(hit: &[&Container], act: Act, learnt: &Learnt, loss: &mut Loss) {
    let mut light = true;
    for container in hit {
        subject(container, loss);
        loss.stops.push(container.name.clone());
        if container.state.may_run() {
            let mut told = vec![format!("{}: {}", container.name, running(container))];
            told.extend(
                (!container.ports.is_empty()).then(|| format!("ports {}", container.ports.join(", "))),
            );
            loss.impact.also.push(told.join(", "));
        }
        light &= !serves_data(container);
        let goes = match act {
            Act::Remove { volumes } => Some(volumes),
            // It is removed as soon as it stops, with what nobody has named.
            Act::Stop | Act::Restart => match &container.removes_itself {
                Known::Known(true) if act == Act::Stop => {
                    loss.impact.raise(
                        Effect::Destroy,
                        format!("{} is removed as soon as it stops (--rm)", container.name),
                    );
                    Some(true)
                }
                Known::Known(_) => None,
                Known::Unknown(why) => {
                    loss.impact
                        .gap(format!("whether {} is removed when it stops", container.name), why.clone());
                    None
                }
            },
            Act::Change => None,
        };
        if let Some(volumes) = goes {
            loss.removed.push(container.id.clone());
            light &= own_files(container, loss);
            light &= removed_volumes(container, volumes, hit, learnt, loss);
        }
    }
    loss.impact.light = light && !hit.is_empty();
    if !hit.iter().any(|container| container.state.may_run()) && is_kept(loss) && !hit.is_empty() {
        loss.impact.lower(Effect::Mutate, "nothing of it runs");
    }
    if matches!(act, Act::Remove { .. }) && is_kept(loss) {
        loss.impact.lower(
            Effect::Disrupt,
            match hit.len() {
                1 => "it wrote nothing that would be missed outside of volumes",
                _ => "they wrote nothing that would be missed outside of volumes",
            },
        );
    }
}

fn running(container: &Container) -> String {
    match container.status.as_str() {
        "" => "running".to_owned(),
        status => {
            let mut chars = status.chars();
            let first = chars.next().map(|first| first.to_lowercase().to_string()).unwrap_or_default();
            first + chars.as_str()
        }
    }
}

/// Whether a running container is a server of data: whoever stops it stops those who use it.
fn serves_data(container: &Container) -> bool {
    container.state.may_run()
        && container.mounts.iter().any(|mount| super::holders::at(&mount.target).is_some())
}

fn subject(container: &Container, loss: &mut Loss) {
    let (uid, age_s) = (Some(container.id.clone()), container.age_s);
    let subject =
        Subject { uid, age_s, ..named("Container", "containers", &container.name, &container.labels) };
    hits(subject, loss);
}

/// Something of the daemon that is hit.
fn named(kind: &str, resource: &str, name: &str, labels: &BTreeMap<String, String>) -> Subject {
    Subject {
        kind: kind.to_owned(),
        resource: resource.to_owned(),
        name: name.to_owned(),
        labels: labels.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        ..Subject::default()
    }
}

/// Counts it, and tells it where there are not too many.
fn hits(subject: Subject, loss: &mut Loss) {
    loss.impact.subjects_total += 1;
    if loss.impact.subjects.len() < NAMED {
        loss.impact.subjects.push(subject);
    }
}

/// Volumes of a container that goes: those that nobody has named go along where that is said, and no other container has them.
fn removed_volumes(
    container: &Container,
    along: bool,
    hit: &[&Container],
    learnt: &Learnt,
    loss: &mut Loss,
) -> bool {
    let mut kept = true;
    for mount in &container.mounts {
        let Origin::Volume(name) = &mount.origin else { continue };
        let volume = learnt
            .volume(name)
            .cloned()
            .unwrap_or_else(|| Volume { name: name.clone(), ..Volume::default() });
        let others = learnt.users(name).any(|user| !hit.iter().any(|gone| gone.id == user.id));
        let unnamed = match &container.named {
            Some(named) => !named.contains(name),
            None => volume.is_anonymous(),
        };
        let (fate, because) = match (unnamed, along, others) {
            (true, true, false) => (Fate::Erased, String::new()),
            (true, true, true) => (Fate::Kept, "another container has it".to_owned()),
            (true, false, _) => (Fate::Kept, "left without a name: a prune takes it".to_owned()),
            (false, _, _) => (Fate::Kept, String::new()),
        };
        kept &= fate == Fate::Kept;
        put(&volume, mount.target.as_str(), fate, because, learnt, loss);
    }
    kept
}

/// A row for a volume, and its name among what is lost. With one that is known to be empty nothing is.
fn put(volume: &Volume, target: &str, fate: Fate, because: String, learnt: &Learnt, loss: &mut Loss) {
    let (fate, because) = match fate {
        Fate::Erased if volume.leads_elsewhere() => {
            (Fate::Kept, "it only leads there: what it mounts stays".to_owned())
        }
        _ => (fate, because),
    };
    if fate == Fate::Erased && !loss.erased.contains(&volume.name) {
        loss.erased.push(volume.name.clone());
    }
    let inside = learnt.inside.get(&Origin::Volume(volume.name.clone())).and_then(Known::value);
    let because = match fate == Fate::Erased && inside.is_some_and(|inside| inside.empty) {
        true => match in_memory(volume, learnt, loss) {
            Some(because) => because,
            None => return,
        },
        false => because,
    };
    let what = volume_data(volume, target, learnt);
    if inside.is_some_and(|inside| inside.database.is_some()) {
        loss.heavy.extend([what.clone(), volume.name.clone()]);
    }
    let row = Data { what, fate, because };
    // Of two containers that have it the one that takes it along counts.
    let same = |data: &&Data| data.what == row.what;
    if loss.impact.data.iter().filter(same).any(|data| data.fate >= fate) {
        return;
    }
    loss.impact.data.retain(|data| data.what != row.what);
    if fate == Fate::Erased && !loss.lost.contains(&volume.name) {
        loss.lost.push(volume.name.clone());
    }
    loss.impact.data.push(row);
}

/// Why an empty volume is a loss: a server that runs may have all of it in memory still, and write it down when it is stopped.
fn in_memory(volume: &Volume, learnt: &Learnt, loss: &mut Loss) -> Option<String> {
    let mut perhaps = None;
    for user in learnt.users(&volume.name).filter(|user| has_memory(user)) {
        match user.signs.in_memory(&user.image, &user.programs) {
            Known::Known(Some(_)) => return Some("what its server has in memory goes with it".to_owned()),
            Known::Known(None) => {}
            Known::Unknown(why) => {
                loss.impact.gap(format!("whether {} has data in memory only", user.name), why);
                perhaps = Some("what its server may have in memory goes with it".to_owned());
            }
        }
    }
    perhaps
}

/// Whether a container may have anything in memory. What is about to be started again has nothing.
fn has_memory(container: &Container) -> bool {
    container.state.may_run() && !container.status.starts_with("Restarting")
}

/// Whether only its programs say if it is a server that has data in memory.
pub fn only_programs_tell(container: &Container) -> bool {
    has_memory(container) && container.signs.leave_open(&container.image)
}

fn volumes(names: &[String], all: bool, learnt: &Learnt, loss: &mut Loss) {
    let known = match &learnt.volumes {
        Known::Known(known) => known,
        Known::Unknown(why) => return loss.impact.unseen("volumes, and who uses them", why.clone()),
    };
    if let Known::Unknown(why) = &learnt.containers {
        loss.impact.unseen("who uses them", why.clone());
    }
    let hit: Vec<&Volume> = known.iter().filter(|volume| all || names.contains(&volume.name)).collect();
    if hit.is_empty() {
        return loss.impact.lower(Effect::Mutate, "there is no such volume");
    }
    if hit.len() >= MANY && learnt.volumes_total == Some(hit.len() as u64) {
        loss.whole = Some(Whole::Daemon);
    }
    for volume in &hit {
        volume_goes(volume, learnt, loss);
    }
    if is_kept(loss) {
        let used = hit.iter().all(|volume| learnt.users(&volume.name).next().is_some());
        loss.impact.refused = used.then(|| "every one of them is in use".to_owned());
        let why =
            if used { "docker removes no volume that a container uses" } else { "nothing is in what goes" };
        loss.impact.lower(Effect::Mutate, why);
    }
}

/// Whether no data goes, as far as is known.
fn is_kept(loss: &Loss) -> bool {
    loss.impact.data.iter().all(|data| data.fate == Fate::Kept)
}

/// A volume that a command names: the daemon keeps what any container has, a stopped one too.
fn volume_goes(volume: &Volume, learnt: &Learnt, loss: &mut Loss) {
    hits(named("Volume", "volumes", &volume.name, &volume.labels), loss);
    loss.stops.push(volume.name.clone());
    let users: Vec<&str> = learnt.users(&volume.name).map(|user| user.name.as_str()).collect();
    if !users.is_empty() {
        let because = format!("in use by {}: docker refuses", listed(&users));
        return put(volume, "", Fate::Kept, because, learnt, loss);
    }
    put(volume, "", Fate::Erased, String::new(), learnt, loss);
}

fn listed(names: &[&str]) -> String {
    const SHOWN: usize = 3;
    let (shown, more) = names.split_at(names.len().min(SHOWN));
    match more.len() {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}

fn pruned(prune: &Prune, learnt: &Learnt, loss: &mut Loss) {
    if let Known::Unknown(why) = &learnt.containers {
        loss.impact.unseen("containers, and what they hold", why.clone());
        loss.whole = Some(Whole::Daemon);
        return;
    }
    let gone: Vec<&Container> = if prune.containers {
        learnt.all().iter().filter(|container| !container.state.may_run()).collect()
    } else {
        Vec::new()
    };
    for container in &gone {
        subject(container, loss);
        loss.stops.push(container.name.clone());
        loss.removed.push(container.id.clone());
        own_files(container, loss);
    }
    if prune.volumes != Unused::No {
        match &learnt.volumes {
            Known::Unknown(why) => loss.impact.unseen("volumes that no container uses", why.clone()),
            Known::Known(volumes) => unused(prune, volumes, &gone, learnt, loss),
        }
    }
    if prune.filtered {
        loss.impact.also.push("a filter narrows it: at most these go".to_owned());
    }
    if loss.impact.subjects_total == 0 && is_kept(loss) && loss.impact.gaps.is_empty() {
        let networks_only = prune.networks && !prune.containers;
        loss.impact.light = networks_only;
        if !networks_only {
            loss.impact.lower(Effect::Mutate, "no container and no volume goes");
        }
        return;
    }
    if is_kept(loss) && loss.impact.subjects_total <= loss.impact.subjects.len() as u64 {
        return loss.impact.lower(Effect::Mutate, "nothing is in what goes");
    }
    loss.whole = Some(Whole::Daemon);
    loss.impact.whole_scope = true;
}

/// The volumes that a prune takes once these containers are gone.
fn unused(prune: &Prune, volumes: &[Volume], gone: &[&Container], learnt: &Learnt, loss: &mut Loss) {
    // Since API 1.42 named ones stay unless all are asked for (moby `daemon/volumes.go`); podman always takes all.
    let named_too = match (prune.volumes, learnt.api) {
        (Unused::All, _) => true,
        _ if learnt.is_podman => true,
        (_, Some(version)) => version < (1, 42),
        (_, None) => {
            loss.impact.gap(
                "whether volumes with a name go as well",
                Why::Failed("the version of the API".to_owned()),
            );
            true
        }
    };
    let used: BTreeSet<&str> = learnt
        .all()
        .iter()
        .filter(|container| !gone.iter().any(|gone| gone.id == container.id))
        .flat_map(Container::volumes)
        .collect();
    let mut taken: Vec<&Volume> = volumes
        .iter()
        .filter(|volume| !used.contains(volume.name.as_str()) && !volume.is_spared())
        .filter(|volume| named_too || volume.is_anonymous())
        .collect();
    // Those with a name first, then the largest.
    taken.sort_by_key(|volume| (volume.is_anonymous(), Reverse(volume.bytes)));
    for volume in &taken {
        hits(named("Volume", "volumes", &volume.name, &volume.labels), loss);
        if loss.impact.data.len() < NAMED {
            put(volume, "", Fate::Erased, String::new(), learnt, loss);
        } else {
            loss.erased.push(volume.name.clone());
        }
    }
    if !named_too {
        let unused = volumes.iter().filter(|volume| !used.contains(volume.name.as_str()));
        let kept = unused.filter(|volume| !volume.is_anonymous() && !volume.is_spared());
        let kept: Vec<String> = kept.take(NAMED).map(|volume| called(&volume.name)).collect();
        if let Some(first) = kept.first() {
            let what =
                if kept.len() == 1 { first.clone() } else { format!("{} volumes with a name", kept.len()) };
            loss.impact.data.push(Data {
                what,
                fate: Fate::Kept,
                because: "a prune takes only those without".to_owned(),
            });
        }
    }
}

#[cfg(test)]
mod tests;
