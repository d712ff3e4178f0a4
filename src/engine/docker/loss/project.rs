//! What a command of Compose does to its project: what its files name, and what the daemon has of it.

use super::{Loss, Whole, act_on, put};
use crate::engine::docker::daemon::{Container, Learnt, Mounted, Volume};
use crate::engine::docker::second::{Itself, Opening};
use crate::engine::docker::wish::{Act, Project};
use crate::engine::effect::Effect;
use crate::engine::fact::Known;
use crate::engine::impact::Fate;

/// What Compose makes of its files (`docker compose config --format json`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct File {
    /// The project's name.
    pub project: String,
    /// Its services.
    pub services: Vec<Service>,
    /// Its volumes with a name.
    pub volumes: Vec<FileVolume>,
    /// No file was read: this is what bears the project's labels.
    pub by_labels: bool,
}

/// A service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// What its containers mount.
    pub mounts: Vec<Mounted>,
    /// How many containers it has.
    pub replicas: u32,
    /// Services that are started before it.
    pub needs: Vec<String>,
    /// Containers of elsewhere whose volumes it takes over.
    pub takes_from: Vec<String>,
}

/// A volume of the file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileVolume {
    /// Its name as the daemon knows it.
    pub name: String,
    /// Somebody else made it: no command of Compose removes it.
    pub external: bool,
}

impl File {
    /// Who is about to open what, when this is done. `mounts` are those that the words add to a one-off.
    pub fn openings(&self, wanted: &Project, mounts: &[Mounted], learnt: &Learnt) -> Vec<Opening> {
        let named = self.named(wanted);
        let meant = |service: &&Service| {
            // The program of a one-off may be no server; what it needs is started all the same.
            let starts = wanted.starts || (wanted.one_off && !wanted.services.contains(&service.name));
            starts && (wanted.services.is_empty() || named.contains(&service.name.as_str()))
        };
        let opening = |service: &Service| {
            let scaled = wanted.scale.iter().find(|(name, _)| *name == service.name).map(|(_, count)| *count);
            Opening {
                who: format!("service {}", service.name),
                mounts: {
                    let others = service.takes_from.iter().flat_map(|name| learnt.called(name));
                    let more =
                        if wanted.one_off && wanted.services.contains(&service.name) { mounts } else { &[] };
                    let taken = others.flat_map(|one| one.mounts.iter());
                    service.mounts.iter().chain(taken).chain(more).cloned().collect()
                },
                count: if wanted.one_off { 1 } else { scaled.unwrap_or(service.replicas) },
                is: match wanted.one_off && wanted.services.contains(&service.name) {
                    true => Itself::Nobody,
                    false => Itself::Service { project: self.project.clone(), service: service.name.clone() },
                },
            }
        };
        let all = self.services.iter().filter(meant).map(opening);
        all.filter(|opening| opening.count > 0).collect()
    }
}

impl File {
    /// The services that are named, and those that they need.
    fn named<'s>(&'s self, wanted: &'s Project) -> Vec<&'s str> {
        let mut all: Vec<&str> = wanted.services.iter().map(String::as_str).collect();
        let mut at = 0;
        while let Some(name) = all.get(at).copied().filter(|_| wanted.with_needed) {
            at += 1;
            let needs =
                self.services.iter().filter(|service| service.name == name).flat_map(|one| &one.needs);
            for need in needs {
                if !all.contains(&need.as_str()) {
                    all.push(need);
                }
            }
        }
        all
    }
}

/// What goes.
pub(super) fn of(wanted: &Project, learnt: &Learnt, file: &Known<File>, loss: &mut Loss) {
    let file = match file {
        Known::Known(file) => file,
        Known::Unknown(why) => {
            loss.impact.unseen("what the project's files name", why.clone());
            return;
        }
    };
    if let Known::Unknown(why) = &learnt.containers {
        loss.impact.unseen("containers, and what they hold", why.clone());
        return;
    }
    let none_left = |service: &str| wanted.scale.iter().any(|(name, count)| name == service && *count == 0);
    let scaled_away = wanted.scale.iter().any(|(_, count)| *count == 0);
    let acts = !matches!(wanted.act, Act::Change) || wanted.orphans || scaled_away;
    if !acts {
        loss.impact.light = true;
        return;
    }
    let named = |container: &&Container| {
        container.service().is_some_and(|service| {
            let known = file.services.iter().any(|one| one.name == service);
            let named = wanted.services.iter().any(|one| one == service);
            let meant = wanted.services.is_empty() || named;
            match wanted.act {
                _ if none_left(service) => true,
                Act::Change => !known && wanted.orphans,
                _ if known || named => meant,
                _ => wanted.orphans,
            }
        })
    };
    let all = learnt.all().iter().filter(|container| container.project() == Some(file.project.as_str()));
    let down = matches!(wanted.act, Act::Remove { .. }) && wanted.named_volumes;
    let hit: Vec<&Container> = all
        .filter(|container| down || !container.is_one_off())
        .filter(|container| named(container))
        .filter(|container| !wanted.only_stopped || !container.state.may_run())
        .collect();
    // Orphans and what is scaled to nothing go whatever happens to the rest.
    let act = if wanted.act == Act::Change { Act::Remove { volumes: false } } else { wanted.act };
    act_on(&hit, act, learnt, loss);
    if wanted.named_volumes {
        named_volumes(wanted, file, &hit, learnt, loss);
    } else if hit.is_empty() {
        loss.impact.lower(Effect::Mutate, "the project has no such container");
    }
    if wanted.named_volumes && wanted.services.is_empty() && !loss.lost.is_empty() {
        loss.whole = Some(Whole::Project(file.project.clone()));
    }
    loss.impact.whole_scope |= wanted.services.is_empty() && matches!(wanted.act, Act::Remove { .. });
}

/// `down -v`: the volumes of the file go, but those that somebody else made, and those that others still use.
fn named_volumes(wanted: &Project, file: &File, hit: &[&Container], learnt: &Learnt, loss: &mut Loss) {
    if let Known::Unknown(why) = &learnt.volumes {
        loss.impact.unseen("the project's volumes", why.clone());
        return;
    }
    let mut any = false;
    for named in &file.volumes {
        let Some(volume) = learnt.volume(&named.name).cloned() else { continue };
        let of_services = wanted.services.is_empty()
            || file
                .services
                .iter()
                .filter(|service| wanted.services.contains(&service.name))
                .any(|service| mounts(service, &volume));
        if !of_services {
            continue;
        }
        let others: Vec<&str> = learnt
            .users(&volume.name)
            .filter(|user| !hit.iter().any(|gone| gone.id == user.id))
            .map(|user| user.name.as_str())
            .collect();
        let (fate, because) = match (named.external, others.is_empty()) {
            (true, _) => (Fate::Kept, "external: Compose leaves it".to_owned()),
            (false, false) => (Fate::Kept, format!("in use by {}", super::listed(&others))),
            (false, true) => (Fate::Erased, String::new()),
        };
        any |= fate == Fate::Erased;
        // Said with its fate, in place of the row that the container's mount gave it.
        loss.impact.data.retain(|data| {
            !(data.fate == Fate::Kept
                && data.because.is_empty()
                && data.what == super::volume_data(&volume, "", learnt))
        });
        put(&volume, "", fate, because, learnt, loss);
    }
    loss.impact.light &= !any;
    if hit.is_empty() && !any {
        loss.impact.lower(Effect::Mutate, "the project has no container and no volume");
    }
}

fn mounts(service: &Service, volume: &Volume) -> bool {
    service.mounts.iter().any(|mount| mount.is_of(&volume.name))
}
