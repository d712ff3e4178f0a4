//! Which claims stand behind pods that stop, so that one can say how old the newest copy of a database is before it is stopped.

use super::backup::Held;
use super::backup::held::CNPG_CLUSTER;
use super::http::{Answer, Api, Bare, segment};
use super::object::{Claim, Object, StatefulSet, Templated};
use super::subjects::{Found, Set};
use crate::engine::grammar::cobra::Parsed;
use std::collections::BTreeSet;

/// Kinds whose template has to be asked for: of the others what is there already tells.
const TEMPLATED: &[(&str, &str)] = &[
    ("", "replicationcontrollers"),
    ("apps", "deployments"),
    ("apps", "replicasets"),
    ("apps", "daemonsets"),
];
/// So many objects are asked for theirs, and so many claims one by one.
const ASKED: usize = 12;

/// Claims of what a `rollout restart` restarts.
pub async fn restarted(api: &Api, set: &Set) -> Vec<Held> {
    let (mut mounted, own) = tokio::join!(mounted(api, set), of_sets(api, set, |_| true));
    mounted.extend(own);
    mounted
}

/// Claims of what a `scale` stops: of StatefulSets those of the pods that go, of others all when none stays.
pub async fn scaled(api: &Api, parsed: &Parsed<'_>, set: &Set) -> Vec<Held> {
    let to = parsed.last("replicas").and_then(|v| std::str::from_utf8(v).ok()?.trim().parse::<i64>().ok());
    let Some(to) = to else { return Vec::new() };
    let (mounted, mut own) = tokio::join!(
        async { if to == 0 { mounted(api, set).await } else { Vec::new() } },
        of_sets(api, set, |n| n >= to)
    );
    own.extend(mounted);
    own
}

/// The claims a StatefulSet made, those with fitting numbers.
pub async fn claims_of(api: &Api, set: &StatefulSet, fits: impl Fn(i64) -> bool) -> Answer<Vec<Claim>> {
    let namespace = segment(set.metadata.namespace.as_deref().unwrap_or("default"));
    let path = format!("/api/v1/namespaces/{namespace}/persistentvolumeclaims");
    let (all, _) = api.list::<Claim>(&path, "", false, 20_000).await?;
    Ok(all.into_iter().filter(|c| set.ordinal_of(&c.metadata.name).is_some_and(&fits)).collect())
}

async fn of_sets(api: &Api, set: &Set, fits: impl Fn(i64) -> bool) -> Vec<Held> {
    let sets = set.found.iter().filter_map(|f| f.object.stateful_set());
    let sets = sets.filter(|one| !one.spec.volume_claim_templates.is_empty()).take(ASKED);
    let asked = sets.map(async |one| claims_of(api, one, |n| fits(n - one.start())).await);
    // Claims that cannot be read have no copies that one could find by them.
    let claims = crate::run::tasks::gather(asked).await.into_iter().flatten().flatten();
    claims.map(|claim| Held::of(&claim.metadata)).collect()
}

/// Claims that the pods of these objects mount by name.
pub async fn mounted(api: &Api, set: &Set) -> Vec<Held> {
    let held = |found: &Found, names: &mut dyn Iterator<Item = &str>| -> Vec<Held> {
        let namespace = found.object.metadata().namespace.as_deref().unwrap_or_default();
        names.map(|name| Held::named(namespace, name)).collect()
    };
    let mut all = Vec::new();
    for found in &set.found {
        match &found.object {
            Object::Pod(pod) => all.extend(held(found, &mut pod.spec.claims())),
            Object::StatefulSet(one) => all.extend(held(found, &mut one.shared_claims())),
            _ => {}
        }
    }
    let templated =
        |found: &&Found| TEMPLATED.contains(&(found.kind.group.as_str(), found.kind.resource.as_str()));
    let asked: Vec<&Found> = set.found.iter().filter(templated).take(ASKED).collect();
    let paths = asked.iter().map(|found| {
        let meta = found.object.metadata();
        found.kind.object(meta.namespace.as_deref(), &meta.name)
    });
    let answers = crate::run::tasks::gather(paths.map(async |path| api.json::<Templated>(&path).await)).await;
    for (found, answer) in asked.iter().zip(answers) {
        if let Ok(template) = answer {
            all.extend(held(found, &mut template.claims()));
        }
    }
    all
}

/// Claims of the PostgreSQL clusters among these objects.
pub async fn operated(api: &Api, set: &Set) -> Vec<Held> {
    let clusters = set.found.iter().filter(|f| f.kind.is("postgresql.cnpg.io", "clusters")).take(ASKED);
    let asked = clusters.map(async |found| {
        let meta = found.object.metadata();
        let namespace = meta.namespace.as_deref().unwrap_or_default();
        let list = format!("/api/v1/namespaces/{}/persistentvolumeclaims", segment(namespace));
        let query = format!("labelSelector={}", segment(&format!("{CNPG_CLUSTER}={}", meta.name)));
        api.list::<Bare>(&list, &query, true, 500).await
    });
    let answers = crate::run::tasks::gather(asked).await;
    answers
        .into_iter()
        .flatten()
        .flat_map(|(claims, _)| claims)
        .map(|claim| Held::of(&claim.metadata))
        .collect()
}

/// Looks up what is known of no more than the name, and leaves out what is there twice.
pub async fn known(api: &Api, held: Vec<Held>) -> Vec<Held> {
    let mut seen: BTreeSet<(String, String)> = BTreeSet::new();
    let mut all: Vec<Held> = Vec::new();
    // What is known best stands for the others of its name.
    let (known, named): (Vec<Held>, Vec<Held>) = held.into_iter().partition(|one| one.made.is_some());
    for one in known.into_iter().chain(named) {
        if seen.insert((one.namespace.clone(), one.name.clone())) {
            all.push(one);
        }
    }
    let path = |one: &Held| {
        format!(
            "/api/v1/namespaces/{}/persistentvolumeclaims/{}",
            segment(&one.namespace),
            segment(&one.name)
        )
    };
    let paths: Vec<String> = all.iter().filter(|one| one.made.is_none()).take(ASKED).map(path).collect();
    let answers = crate::run::tasks::gather(paths.iter().map(|path| api.meta(path))).await;
    let unknown = all.iter_mut().filter(|one| one.made.is_none());
    for (one, answer) in unknown.zip(answers) {
        // A claim of another uid is another claim.
        if let Ok(meta) = answer
            && (one.uid.is_none() || one.uid == meta.uid)
        {
            *one = Held::of(&meta);
        }
    }
    all
}
