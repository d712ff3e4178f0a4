//! Which claims stand behind what stops, so that one can say how old the newest copy of a database is before it is stopped.

use super::backup::Held;
use super::backup::held::CNPG_CLUSTER;
use super::http::{Answer, Api, Bare, Miss, segment};
use super::object::{Claim, Object, StatefulSet, Templated};
use super::subjects::{Found, Set};
use crate::engine::backup::Beyond;
use crate::engine::fact::Why;
use crate::engine::grammar::cobra::Parsed;
use std::collections::{BTreeMap, BTreeSet};

/// Kinds whose template has to be asked for: of the others what is there already tells.
const TEMPLATED: &[(&str, &str)] = &[
    ("", "replicationcontrollers"),
    ("apps", "deployments"),
    ("apps", "replicasets"),
    ("apps", "daemonsets"),
];
/// So many objects are asked for theirs.
const ASKED: usize = 100;
/// So many claims of a namespace are looked up one by one; of more the whole list is read.
const ONE_BY_ONE: usize = 4;

/// Claims, and what may have some more.
#[derive(Debug, Default)]
pub struct Behind {
    /// Those that are known.
    pub held: Vec<Held>,
    /// What could not be looked at.
    pub beyond: Vec<Beyond>,
}

impl Behind {
    /// Claims that are known.
    pub fn of(held: Vec<Held>) -> Behind {
        Behind { held, beyond: Vec::new() }
    }

    /// Takes in what another look found.
    pub fn absorb(&mut self, other: Behind) {
        self.held.extend(other.held);
        self.beyond.extend(other.beyond);
    }

    fn gap(&mut self, what: String, why: Why) {
        self.beyond.push(Beyond { what, why });
    }

    /// What is there beyond so many objects.
    fn cut(&mut self, all: usize) {
        if let beyond @ 1.. = all.saturating_sub(ASKED) {
            self.gap(format!("claims of {beyond} more objects"), Why::NotAsked);
        }
    }
}

/// Claims of what a `rollout restart` restarts.
pub async fn restarted(api: &Api, set: &Set) -> Behind {
    let (mut mounted, own) = tokio::join!(mounted(api, set), of_sets(api, set, |_| true));
    mounted.absorb(own);
    mounted
}

/// Claims of what a `scale` stops: of StatefulSets those of the pods that go, of others all when none stays.
pub async fn scaled(api: &Api, parsed: &Parsed<'_>, set: &Set) -> Behind {
    let to = parsed.last("replicas").and_then(|v| std::str::from_utf8(v).ok()?.trim().parse::<i64>().ok());
    let Some(to) = to else {
        let mut unknown = Behind::default();
        unknown.gap("claims of what stops".to_owned(), Why::Failed("to how many is not said".to_owned()));
        return unknown;
    };
    let none = async { if to == 0 { mounted(api, set).await } else { Behind::default() } };
    let (mounted, mut own) = tokio::join!(none, of_sets(api, set, |n| n >= to));
    own.absorb(mounted);
    own
}

async fn of_sets(api: &Api, set: &Set, fits: impl Fn(i64) -> bool) -> Behind {
    let sets: Vec<&StatefulSet> = set
        .found
        .iter()
        .filter_map(|f| f.object.stateful_set())
        .filter(|one| !one.spec.volume_claim_templates.is_empty())
        .collect();
    let mut behind = Behind::default();
    behind.cut(sets.len());
    let asked = sets.iter().take(ASKED).map(async |one| claims_of(api, one, |n| fits(n - one.start())).await);
    for (one, answer) in sets.iter().zip(crate::run::tasks::gather(asked).await) {
        match answer {
            Ok(claims) => behind.held.extend(claims.iter().map(|claim| Held::of(&claim.metadata))),
            Err(miss) => behind.gap(format!("claims of {}", one.metadata.name), miss.why()),
        }
    }
    behind
}

/// The claims a StatefulSet made, those with fitting numbers.
pub async fn claims_of(api: &Api, set: &StatefulSet, fits: impl Fn(i64) -> bool) -> Answer<Vec<Claim>> {
    let namespace = segment(set.metadata.namespace.as_deref().unwrap_or("default"));
    let path = format!("/api/v1/namespaces/{namespace}/persistentvolumeclaims");
    let (all, _) = api.list::<Claim>(&path, "", false, 20_000).await?;
    Ok(all.into_iter().filter(|c| set.ordinal_of(&c.metadata.name).is_some_and(&fits)).collect())
}

/// Claims that the pods of these objects mount by name.
pub async fn mounted(api: &Api, set: &Set) -> Behind {
    let held = |found: &Found, names: &mut dyn Iterator<Item = &str>| -> Vec<Held> {
        let namespace = found.object.metadata().namespace.as_deref().unwrap_or_default();
        names.map(|name| Held::named(namespace, name)).collect()
    };
    let mut behind = Behind::default();
    for found in &set.found {
        match &found.object {
            Object::Pod(pod) => behind.held.extend(held(found, &mut pod.spec.claims())),
            Object::StatefulSet(one) => behind.held.extend(held(found, &mut one.shared_claims())),
            _ => {}
        }
    }
    let templated =
        |found: &&Found| TEMPLATED.contains(&(found.kind.group.as_str(), found.kind.resource.as_str()));
    let asked: Vec<&Found> = set.found.iter().filter(templated).collect();
    behind.cut(asked.len());
    let paths = asked.iter().take(ASKED).map(|found| {
        let meta = found.object.metadata();
        found.kind.object(meta.namespace.as_deref(), &meta.name)
    });
    let answers = crate::run::tasks::gather(paths.map(async |path| api.json::<Templated>(&path).await)).await;
    for (found, answer) in asked.iter().zip(answers) {
        match answer {
            Ok(template) => behind.held.extend(held(found, &mut template.claims())),
            Err(Miss::Absent) => {}
            Err(miss) => behind.gap(format!("claims of {}", found.object.metadata().name), miss.why()),
        }
    }
    behind
}

/// Claims of the PostgreSQL clusters among these objects.
pub async fn operated(api: &Api, set: &Set) -> Behind {
    let clusters: Vec<&Found> =
        set.found.iter().filter(|f| f.kind.is("postgresql.cnpg.io", "clusters")).collect();
    let mut behind = Behind::default();
    behind.cut(clusters.len());
    let asked = clusters.iter().take(ASKED).map(async |found| {
        let meta = found.object.metadata();
        let namespace = meta.namespace.as_deref().unwrap_or_default();
        let list = format!("/api/v1/namespaces/{}/persistentvolumeclaims", segment(namespace));
        let query = format!("labelSelector={}", segment(&format!("{CNPG_CLUSTER}={}", meta.name)));
        api.list::<Bare>(&list, &query, true, 500).await
    });
    for (found, answer) in clusters.iter().zip(crate::run::tasks::gather(asked).await) {
        match answer {
            Ok((claims, _)) => behind.held.extend(claims.iter().map(|claim| Held::of(&claim.metadata))),
            Err(miss) => behind.gap(format!("claims of {}", found.object.metadata().name), miss.why()),
        }
    }
    behind
}

/// Looks up what is known of no more than the name, and leaves out what is there twice. A claim that could not be looked up has
/// copies that nobody could look for.
pub async fn known(api: &Api, behind: Behind) -> Behind {
    let mut done = Behind { held: Vec::new(), beyond: behind.beyond };
    let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
    let mut named: BTreeMap<String, Vec<Held>> = BTreeMap::new();
    // What is known best stands for the others of its name.
    let (known, bare): (Vec<Held>, Vec<Held>) = behind.held.into_iter().partition(|one| one.made.is_some());
    for one in known.into_iter().chain(bare) {
        if !seen.insert((one.namespace.clone(), one.name.clone())) {
            continue;
        }
        match one.made {
            Some(_) => done.held.push(one),
            None => named.entry(one.namespace.clone()).or_default().push(one),
        }
    }
    let asked = named.iter().map(async |(namespace, wanted)| look_up(api, namespace, wanted).await);
    for part in crate::run::tasks::gather(asked).await {
        done.absorb(part);
    }
    done
}

async fn look_up(api: &Api, namespace: &str, wanted: &[Held]) -> Behind {
    let list = format!("/api/v1/namespaces/{}/persistentvolumeclaims", segment(namespace));
    let mut behind = Behind::default();
    let mut take = |one: &Held, found: Result<Held, Miss>| match found {
        // A claim of another uid is another claim, and one that is not there has no data.
        Ok(found) if one.uid.is_none() || one.uid == found.uid => behind.held.push(found),
        Ok(_) | Err(Miss::Absent) => {}
        Err(miss) => behind.gap(format!("claim {}", one.name), miss.why()),
    };
    if wanted.len() <= ONE_BY_ONE {
        let paths: Vec<String> = wanted.iter().map(|one| format!("{list}/{}", segment(&one.name))).collect();
        let answers = crate::run::tasks::gather(paths.iter().map(|path| api.meta(path))).await;
        for (one, answer) in wanted.iter().zip(answers) {
            take(one, answer.map(|meta| Held::of(&meta)));
        }
        return behind;
    }
    match api.list::<Bare>(&list, "", true, 20_000).await {
        Ok((all, _)) => {
            let all: BTreeMap<&str, &Bare> =
                all.iter().map(|one| (one.metadata.name.as_str(), one)).collect();
            for one in wanted {
                let found = all.get(one.name.as_str()).map(|bare| Held::of(&bare.metadata));
                take(one, found.ok_or(Miss::Absent));
            }
        }
        Err(miss) => wanted.iter().for_each(|one| take(one, Err(miss.clone()))),
    }
    behind
}
