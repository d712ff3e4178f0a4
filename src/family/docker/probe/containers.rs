//! Containers: the list, and of those that are hit what the list does not say.

use super::client::Client;
use super::wire::{Change, Inspected, Listed, Top, add};
use super::{List, encoded, known, read};
use crate::engine::docker::daemon::{Container, Learnt, Origin};
use crate::engine::docker::holders::is_passing;
use crate::engine::docker::loss::{File, only_programs_tell};
use crate::engine::docker::second::{Opening, sharers};
use crate::engine::docker::wish::{Act, Wish};
use crate::engine::fact::{Known, Why};
use crate::run::tasks::gather;
use http::Method;

/// Of so many containers each is looked at.
const LOOKED_AT: usize = 24;

/// Every container; where one is only made, those that run.
pub(super) async fn list(client: &Client<'_>, wish: &Wish) -> List {
    // `--volumes-from` may name one that does not run.
    let of_others = |wish: &Wish| match wish {
        Wish::Create { mounts, replaces: None, .. } => {
            mounts.iter().any(|new| matches!(new.wanted, crate::engine::docker::wish::Wanted::Of(_)))
        }
        _ => true,
    };
    let path = if of_others(wish) { "/containers/json?all=1" } else { "/containers/json" };
    match client.ask(Method::GET, path).await {
        Err(why) => List { containers: Known::Unknown(why), api: None, is_podman: false },
        Ok(answer) => {
            let (api, is_podman) = (answer.version(), answer.is_podman);
            let listed = answer.good().and_then(|answer| answer.json::<Vec<Listed>>());
            List { containers: known(listed.map(read)), api, is_podman }
        }
    }
}

/// The containers that are hit, and whether they go.
fn hit<'a>(wish: &'a Wish, file: &Known<File>, learnt: &'a Learnt) -> (Vec<&'a Container>, Act) {
    let all = learnt.all();
    match wish {
        Wish::Containers { names, all: every, act } => {
            (if *every { all.iter().collect() } else { learnt.meant(names) }, *act)
        }
        Wish::Create { replaces: Some(name), .. } => (learnt.called(name), Act::Remove { volumes: true }),
        Wish::Prune(prune) if prune.containers => {
            (all.iter().filter(|one| !one.state.may_run()).collect(), Act::Remove { volumes: false })
        }
        Wish::Project(project) => {
            let name = file.value().map(|file| file.project.as_str());
            let of_it = |one: &&Container| {
                name.is_some()
                    && one.project() == name
                    && (project.services.is_empty()
                        || one.service().is_some_and(|s| project.services.iter().any(|n| n == s)))
            };
            (all.iter().filter(of_it).collect(), project.act)
        }
        _ => (Vec::new(), Act::Change),
    }
}

/// Looks at each of those that are hit: whether it is removed when it stops, what it wrote for itself.
pub(super) async fn look(client: &Client<'_>, wish: &Wish, file: &Known<File>, learnt: &mut Learnt) {
    let (hit, act) = hit(wish, file, learnt);
    if act == Act::Change {
        return;
    }
    let ids: Vec<String> = hit.iter().take(LOOKED_AT).map(|one| one.id.clone()).collect();
    let asks = ids.iter().map(|id| async move {
        let goes = matches!(act, Act::Remove { .. });
        let path = format!("/containers/{}/json", encoded(id));
        let mut inspected = client.json::<Inspected>(&path).await;
        let itself = inspected.as_ref().is_ok_and(|one| one.host_config.auto_remove == Some(true));
        if !goes && !itself {
            return (inspected, Known::Unknown(Why::NotAsked));
        }
        let changes = format!("/containers/{}/changes", encoded(id));
        let changes = known(client.json::<Option<Vec<Change>>>(&changes).await);
        // The daemon goes through every file for it.
        let wrote =
            changes.value().iter().flat_map(|all| all.iter().flatten()).any(|one| !is_passing(&one.path));
        if wrote && let Ok(one) = &mut inspected {
            let sized = client.json::<Inspected>(&format!("{path}?size=1")).await;
            one.size_rw = sized.ok().and_then(|one| one.size_rw);
        }
        (inspected, changes)
    });
    let answers = gather(asks).await;
    let Known::Known(all) = &mut learnt.containers else { return };
    for (id, (inspected, changes)) in ids.iter().zip(answers) {
        let Some(one) = all.iter_mut().find(|one| one.id == *id) else { continue };
        match inspected {
            Ok(inspected) => add(one, &inspected),
            Err(why) => one.removes_itself = Known::Unknown(why),
        }
        one.wrote = match changes {
            // What is gone of the image is nothing that anybody would miss.
            Known::Known(list) => Known::Known(
                list.unwrap_or_default().into_iter().filter(|c| c.kind != 2).map(|c| c.path).collect(),
            ),
            Known::Unknown(why) => Known::Unknown(why),
        };
    }
}

/// What runs in the containers that share something with what is about to start: only a server has a database open. And in those that
/// go with a volume that is empty: a server may have all of it in memory. Of most of these the image or the words say enough.
pub(super) async fn programs(client: &Client<'_>, openings: &[Opening], learnt: &mut Learnt) {
    let mut ids: Vec<String> = Vec::new();
    for opening in openings {
        for mount in opening.mounts.iter().filter(|mount| mount.writable) {
            for (other, _) in sharers(learnt, mount, &opening.is) {
                if !ids.contains(&other.id) && ids.len() < LOOKED_AT {
                    ids.push(other.id.clone());
                }
            }
        }
    }
    // What they wrote for themselves was asked of those alone that go.
    let goes = |one: &Container| !matches!(one.wrote, Known::Unknown(Why::NotAsked));
    let is_empty = |volume: &str| {
        let inside = learnt.inside.get(&Origin::Volume(volume.to_owned())).and_then(Known::value);
        inside.is_some_and(|inside| inside.empty)
    };
    for one in learnt.all().iter().filter(|one| goes(one) && only_programs_tell(one)) {
        if one.volumes().any(is_empty) && !ids.contains(&one.id) && ids.len() < LOOKED_AT {
            ids.push(one.id.clone());
        }
    }
    let asks = ids.iter().map(|id| async move {
        let top = client.json::<Top>(&format!("/containers/{}/top", encoded(id))).await;
        top.and_then(|top| top.programs().ok_or(Why::Unsupported))
    });
    let answers = gather(asks).await;
    let Known::Known(all) = &mut learnt.containers else { return };
    for (id, programs) in ids.iter().zip(answers) {
        if let Some(one) = all.iter_mut().find(|one| one.id == *id) {
            one.programs = known(programs);
        }
    }
}
