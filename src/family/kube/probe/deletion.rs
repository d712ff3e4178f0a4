//! What goes with the objects a command deletes, kind by kind.

use super::backup::Held;
use super::catalog::Catalog;
use super::http::{Api, Meta, Miss};
use super::inventory;
use super::object::{Claim, Object, Pod, StatefulSet};
use super::operators::{self, operator};
use super::origins::Origins;
use super::protect::{self, KEPT_NAMESPACES};
use super::stops::{self, Behind};
use super::subjects::{Found, Set};
use super::volumes;
use crate::engine::backup::Beyond;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::{Data, Fate, Group, Impact, Protection};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// How it is deleted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Manner {
    /// `--cascade=orphan`: what it owns stays.
    pub orphan: bool,
    /// `--force`, `--grace-period=0`: nothing is waited for.
    pub force: bool,
}

/// Protections and marks are looked for on so many objects.
const MARKED: usize = 200;

/// What goes with a set.
#[derive(Debug, Default)]
pub struct Deeper {
    /// All of it.
    pub impact: Impact,
    /// When the newest object inside was made (RFC 3339), where that tells more than the object itself.
    pub newest: Option<String>,
    /// What holds data, whether it goes or only stands still.
    pub behind: Behind,
    /// Who applied what goes.
    pub origins: Origins,
}

/// Everything that goes with the set.
pub async fn deepen(api: &Api, catalog: &Catalog, set: &Set, manner: Manner) -> Deeper {
    let mut impact = Impact::default();
    let mut newest = None;
    let mut held: Vec<Held> = Vec::new();
    let mut origins = Origins::default();
    for found in set.found.iter().filter(|f| !f.kind.is("", "namespaces")) {
        origins.note_meta(&found.kind, found.object.metadata());
    }
    for found in set.found.iter().take(MARKED) {
        for mark in protect::marks(found.object.metadata()) {
            if !impact.protections.contains(&mark) {
                impact.protections.push(mark);
            }
        }
    }
    let of = |group: &str, resource: &str| -> Vec<&Meta> {
        set.found.iter().filter(|f| f.kind.is(group, resource)).map(|f| f.object.metadata()).collect()
    };
    let objects = || set.found.iter().map(|f| &f.object);

    let namespaces: Vec<String> = of("", "namespaces").iter().map(|m| m.name.clone()).collect();
    let mut empty_namespaces = false;
    if !namespaces.is_empty() {
        impact.whole_scope = true;
        for kept in namespaces.iter().filter(|n| KEPT_NAMESPACES.contains(&n.as_str())) {
            impact.protections.push(Protection {
                what: format!("namespace {kept}"),
                effect: "the server refuses its deletion".into(),
            });
        }
        let bulk = inventory::namespaces(api, catalog, &namespaces).await;
        empty_namespaces = bulk.objects == 0 && bulk.impact.gaps.is_empty();
        newest = bulk.newest;
        held.extend(bulk.claims.iter().map(|claim| Held::of(&claim.metadata)));
        origins.absorb(bulk.origins);
        impact.absorb(bulk.impact);
        impact.absorb(volumes::fates(api, &bulk.claims).await);
    }

    for object in objects() {
        let Object::Definition(definition) = object else { continue };
        impact.whole_scope = true;
        let (Some(group), Some(names)) = (&definition.spec.group, &definition.spec.names) else { continue };
        match catalog.of_resource(group, &names.plural) {
            Some(kind) => {
                let bulk = inventory::whole_kind(api, kind).await;
                impact.absorb(bulk.impact);
            }
            // Not served yet, or no longer: then there is nothing to list.
            None => impact.gap(definition.metadata.name.clone(), Why::Unsupported),
        }
    }

    let claims: Vec<&Claim> = objects().filter_map(Object::claim).collect();
    if !claims.is_empty() {
        held.extend(claims.iter().map(|claim| Held::of(&claim.metadata)));
        impact.absorb(volumes::fates(api, claims).await);
    }
    let mut data = Vec::new();
    for object in objects() {
        let Object::Volume(volume) = object else { continue };
        let (fate, because) = volumes::fate_of(volume);
        let of = volume.spec.claim_ref.as_ref().map_or_else(String::new, |claim| {
            let part = |text: &Option<String>| text.clone().unwrap_or_default();
            format!(" of claim {}/{}", part(&claim.namespace), part(&claim.name))
        });
        data.push(Data { what: format!("volume {}{of}", volume.metadata.name), fate, because });
        held.extend(volume.spec.claim_ref.as_ref().and_then(|claim| {
            Some(Held {
                uid: claim.uid.clone(),
                ..Held::named(claim.namespace.as_deref()?, claim.name.as_deref()?)
            })
        }));
    }
    impact.data.extend(volumes::shorten(data));

    for object in objects() {
        if let Object::Service(service) = object
            && let Some(addresses) = service.load_balancer()
        {
            let at = if addresses.is_empty() { "without an address".into() } else { addresses.join(", ") };
            impact.also.push(format!("load balancer {at}"));
        }
    }
    let named: Vec<&Pod> = objects().filter_map(Object::pod).collect();
    pods(&named, &mut impact);
    impact.absorb(workloads(api, set, manner).await);
    let made: Vec<&StatefulSet> = objects().filter_map(Object::stateful_set).collect();
    let mut behind = Behind::of(held);
    let (part, claims) = sets(api, &made, manner).await;
    impact.absorb(part);
    behind.absorb(claims);
    for node in of("", "nodes") {
        let (part, claims) = super::node::lost(api, &node.name).await;
        impact.absorb(part);
        behind.held.extend(claims);
    }
    let (part, (claims, mounted)) = tokio::join!(operated(api, set), async {
        tokio::join!(stops::operated(api, set), stops::mounted(api, set))
    });
    impact.absorb(part);
    behind.absorb(claims);
    behind.absorb(mounted);
    for (group, resource, clause) in CLAUSES {
        if !of(group, resource).is_empty() && !impact.also.iter().any(|a| a == clause) {
            impact.also.push((*clause).to_owned());
        }
    }
    milder(api, set, manner, empty_namespaces, &mut impact).await;
    Deeper { impact, newest, behind, origins }
}

/// What it means when an object of these kinds goes.
const CLAUSES: &[(&str, &str, &str)] = &[
    ("storage.k8s.io", "storageclasses", "no new volumes of this class"),
    ("storage.k8s.io", "csidrivers", "volumes of this driver cannot be attached or removed"),
    ("snapshot.storage.k8s.io", "volumesnapshotclasses", "no new snapshots of this class"),
    (
        "apiregistration.k8s.io",
        "apiservices",
        "its API disappears, and no namespace can be deleted while it is registered and down",
    ),
    ("admissionregistration.k8s.io", "validatingwebhookconfigurations", "its checks on changes are off"),
    (
        "admissionregistration.k8s.io",
        "mutatingwebhookconfigurations",
        "its changes to new objects are no longer made",
    ),
    ("admissionregistration.k8s.io", "validatingadmissionpolicies", "its checks on changes are off"),
    ("admissionregistration.k8s.io", "validatingadmissionpolicybindings", "its checks on changes are off"),
    ("rbac.authorization.k8s.io", "clusterroles", "who relies on it loses access"),
    ("rbac.authorization.k8s.io", "clusterrolebindings", "who relies on it loses access"),
    ("rbac.authorization.k8s.io", "rolebindings", "who relies on it loses access"),
    ("rbac.authorization.k8s.io", "roles", "who relies on it loses access"),
    ("networking.k8s.io", "ingressclasses", "its Ingresses are no longer served"),
    (
        "networking.k8s.io",
        "networkpolicies",
        "traffic it blocked is let through, unless another policy blocks it",
    ),
];

/// Pods named by the command.
fn pods(pods: &[&Pod], impact: &mut Impact) {
    let mut emptied = BTreeSet::new();
    for pod in pods {
        let dirs = pod.empty_dirs();
        if dirs.is_empty() {
            continue;
        }
        if pod.metadata.controller().is_none() {
            impact.data.push(Data {
                what: format!("emptyDir {} of pod {}", dirs.join(", "), pod.metadata.name),
                fate: Fate::Erased,
                because: "goes with the pod".into(),
            });
        } else {
            emptied.extend(dirs.into_iter().map(str::to_owned));
        }
    }
    impact.data = volumes::shorten(std::mem::take(&mut impact.data));
    if !emptied.is_empty() {
        impact.also.push(format!(
            "emptyDir volumes start empty: {}",
            inventory::first(emptied.iter().map(String::as_str))
        ));
    }
}

/// Pods, ReplicaSets and Jobs that go with workloads.
async fn workloads(api: &Api, set: &Set, manner: Manner) -> Impact {
    const OWNERS: &[(&str, &str)] = &[
        ("", "replicationcontrollers"),
        ("apps", "daemonsets"),
        ("apps", "deployments"),
        ("apps", "replicasets"),
        ("apps", "statefulsets"),
        ("batch", "cronjobs"),
        ("batch", "jobs"),
    ];
    #[derive(Deserialize)]
    struct One {
        metadata: Meta,
    }
    let mut impact = Impact::default();
    let owners: Vec<&Found> = set
        .found
        .iter()
        .filter(|f| OWNERS.contains(&(f.kind.group.as_str(), f.kind.resource.as_str())))
        .collect();
    if owners.is_empty() {
        return impact;
    }
    if manner.orphan {
        impact.also.push("what it owns stays (--cascade=orphan)".into());
        return impact;
    }
    let between = |f: &&&Found| ["deployments", "cronjobs"].contains(&f.kind.resource.as_str());
    let needs = |resource: &str| owners.iter().filter(between).any(|f| f.kind.resource == resource);
    let namespaces: BTreeSet<&str> =
        owners.iter().filter_map(|f| f.object.metadata().namespace.as_deref()).collect();
    for namespace in namespaces.into_iter().take(8) {
        let ns = super::http::segment(namespace);
        let lists = [
            (true, "pods", format!("/api/v1/namespaces/{ns}/pods")),
            (needs("deployments"), "replicasets.apps", format!("/apis/apps/v1/namespaces/{ns}/replicasets")),
            (needs("cronjobs"), "jobs.batch", format!("/apis/batch/v1/namespaces/{ns}/jobs")),
        ];
        let wanted: Vec<_> = lists.iter().filter(|(want, ..)| *want).collect();
        let answers = crate::run::tasks::gather(
            wanted.iter().map(|(_, _, path)| api.list::<One>(path, "", true, 20_000)),
        )
        .await;
        let mut gone: HashSet<String> =
            owners.iter().filter_map(|f| f.object.metadata().uid.clone()).collect();
        let mut parts: Vec<(&str, Vec<One>)> = Vec::new();
        for ((_, name, _), answer) in wanted.iter().zip(answers) {
            match answer {
                Ok((items, _)) => parts.push((name, items)),
                Err(miss) => impact.gap(format!("{name} in {namespace}"), miss.why()),
            }
        }
        // Owners in between first, pods last.
        parts.sort_by_key(|(name, _)| *name == "pods");
        for (name, items) in parts {
            let mut count = 0;
            let mut names = Vec::new();
            for item in items {
                if item.metadata.owner_references.iter().any(|o| gone.contains(&o.uid)) {
                    gone.extend(item.metadata.uid);
                    count += 1;
                    if names.len() < 5 {
                        names.push(item.metadata.name);
                    }
                }
            }
            if count > 0 && name == "pods" {
                impact.also.push(format!("{count} {}", if count == 1 { "pod stops" } else { "pods stop" }));
                impact.groups.push(Group { kind: "Pod".into(), count, names, ..Group::default() });
            }
        }
    }
    impact
}

/// Claims of StatefulSets: they stay unless the set says otherwise.
async fn sets(api: &Api, sets: &[&StatefulSet], manner: Manner) -> (Impact, Behind) {
    let mut impact = Impact::default();
    let mut behind = Behind::default();
    for set in sets.iter().filter(|s| !s.spec.volume_claim_templates.is_empty()).take(50) {
        let claims = match stops::claims_of(api, set, |_| true).await {
            Ok(claims) => claims,
            Err(miss) => {
                let (what, why) = (format!("claims of {}", set.metadata.name), miss.why());
                behind.beyond.push(Beyond { what: what.clone(), why: why.clone() });
                impact.gap(what, why);
                continue;
            }
        };
        if claims.is_empty() {
            continue;
        }
        behind.held.extend(claims.iter().map(|claim| Held::of(&claim.metadata)));
        if set.claims_go_when_deleted() && !manner.orphan {
            let mut part = volumes::fates(api, &claims).await;
            part.data.iter_mut().for_each(|d| d.because = format!("whenDeleted Delete, {}", d.because));
            impact.absorb(part);
        } else {
            let n = claims.len();
            impact.data.push(Data {
                what: format!("{n} {} of {}", if n == 1 { "claim" } else { "claims" }, set.metadata.name),
                fate: Fate::Kept,
                because: "claims stay when the StatefulSet goes".into(),
            });
        }
    }
    (impact, behind)
}

/// Objects of operators, and of controllers that delete what they applied.
async fn operated(api: &Api, set: &Set) -> Impact {
    let mut impact = Impact::default();
    let rows: Vec<(&Found, &operators::Operator)> = set
        .found
        .iter()
        .filter_map(|f| operator(&f.kind.group, &f.kind.kind).map(|row| (f, row)))
        .take(200)
        .collect();
    let asked = rows.iter().map(|(f, row)| async {
        row.policy?;
        let meta = f.object.metadata();
        Some(api.json::<Value>(&f.kind.object(meta.namespace.as_deref(), &meta.name)).await)
    });
    let answers = crate::run::tasks::gather(asked).await;
    let mut data = Vec::new();
    for ((found, row), answer) in rows.iter().zip(answers) {
        let (fate, because) = match answer {
            Some(Ok(object)) => operators::fate(row, Some(&object)),
            Some(Err(miss)) => (Fate::Unknown, format!("{}: {}", row.because, miss.why())),
            None => operators::fate(row, None),
        };
        data.push(Data { what: format!("{} {}", row.what, found.object.metadata().name), fate, because });
    }
    impact.data = volumes::shorten(data);
    for found in set.found.iter().take(200) {
        let Meta { name, finalizers, .. } = found.object.metadata();
        let clause = match (found.kind.group.as_str(), found.kind.kind.as_str()) {
            ("argoproj.io", "Application") => {
                if finalizers.iter().any(|f| f.starts_with("resources-finalizer.argocd.argoproj.io")) {
                    format!("Argo CD deletes everything application {name} deployed")
                } else {
                    format!("what application {name} deployed stays")
                }
            }
            ("kustomize.toolkit.fluxcd.io", "Kustomization") => {
                format!("Flux deletes what {name} applied, unless its prune is off")
            }
            ("helm.toolkit.fluxcd.io", "HelmRelease") => {
                format!("Flux uninstalls the Helm release of {name}")
            }
            _ => continue,
        };
        impact.also.push(clause);
    }
    impact
}

/// Whether every object of the set is one that comes back or holds nothing.
async fn milder(api: &Api, set: &Set, manner: Manner, empty_namespaces: bool, impact: &mut Impact) {
    if set.found.is_empty() || set.total != set.found.len() as u64 || !set.impact.gaps.is_empty() {
        return;
    }
    let mut owners: BTreeMap<(String, String, String), Vec<String>> = BTreeMap::new();
    let mut reasons: Vec<String> = Vec::new();
    for found in &set.found {
        let meta = found.object.metadata();
        let reason = match (found.kind.group.as_str(), found.kind.resource.as_str()) {
            ("", "namespaces") if empty_namespaces => "nothing in it but what every namespace has".to_owned(),
            ("", "pods") => match recreated_by(meta, manner) {
                Some((owner, path)) => {
                    owners
                        .entry((owner.kind.clone(), owner.name.clone(), path))
                        .or_default()
                        .push(owner.uid.clone());
                    if owner.kind == "Job" && found.object.pod().is_some_and(Pod::has_succeeded) {
                        "its Job has finished".to_owned()
                    } else {
                        format!("its {} re-creates it", owner.kind)
                    }
                }
                None => return,
            },
            ("apps", "replicasets") => match meta.controller() {
                Some(owner) if owner.kind == "Deployment" && !manner.orphan => {
                    let ns = super::http::segment(meta.namespace.as_deref().unwrap_or_default());
                    let name = super::http::segment(&owner.name);
                    let path = format!("/apis/apps/v1/namespaces/{ns}/deployments/{name}");
                    owners
                        .entry((owner.kind.clone(), owner.name.clone(), path))
                        .or_default()
                        .push(owner.uid.clone());
                    "its Deployment re-creates it".to_owned()
                }
                _ => return,
            },
            ("batch", "jobs") if matches!(&found.object, Object::Job(job) if job.has_finished()) => {
                "it has finished".to_owned()
            }
            ("", "configmaps") if meta.name == "kube-root-ca.crt" => "the server re-creates it".to_owned(),
            ("", "serviceaccounts") if meta.name == "default" => "the server re-creates it".to_owned(),
            ("", "events") | ("events.k8s.io", "events") => "only a record of what happened".to_owned(),
            ("", "endpoints") | ("discovery.k8s.io", "endpointslices") if meta.controller().is_some() => {
                "its Service re-creates it".to_owned()
            }
            _ => return,
        };
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    // An owner that is gone, or on its way out, re-creates nothing.
    let asked = owners.keys().map(|(_, _, path)| api.meta(path));
    let answers = crate::run::tasks::gather(asked).await;
    for ((_, uids), answer) in owners.iter().zip(answers) {
        let alive = answer
            .is_ok_and(|m| m.deletion_timestamp.is_none() && uids.iter().all(|u| m.uid.as_ref() == Some(u)));
        if !alive {
            return;
        }
    }
    impact.lower(Effect::Disrupt, reasons.join("; "));
}

/// The controller that makes a pod again, and the path to look it up at.
fn recreated_by(meta: &Meta, manner: Manner) -> Option<(&super::http::Owner, String)> {
    let owner = meta.controller()?;
    let (resource, group) =
        match (owner.kind.as_str(), owner.api_version.split_once('/').map_or("", |(g, _)| g)) {
            ("ReplicationController", "") => ("replicationcontrollers", "/api/v1"),
            ("ReplicaSet", "apps") => ("replicasets", "/apis/apps/v1"),
            ("DaemonSet", "apps") => ("daemonsets", "/apis/apps/v1"),
            // A forced deletion can leave two pods of one number at work on the same data.
            ("StatefulSet", "apps") if !manner.force => ("statefulsets", "/apis/apps/v1"),
            ("Job", "batch") => ("jobs", "/apis/batch/v1"),
            _ => return None,
        };
    let ns = super::http::segment(meta.namespace.as_deref().unwrap_or_default());
    Some((owner, format!("{group}/namespaces/{ns}/{resource}/{}", super::http::segment(&owner.name))))
}

/// Labels of the namespaces the subjects live in, and with `absent` of those that others are made in, for policies that
/// match on them. A namespace that does not exist has none; one that could not be read is left out.
pub async fn namespace_labels(api: &Api, set: &Set, absent: bool) -> Vec<(String, Vec<(String, String)>)> {
    let names: BTreeSet<&str> = set
        .found
        .iter()
        .filter_map(|f| f.object.metadata().namespace.as_deref())
        .chain(set.absent.iter().filter(|_| absent).filter_map(|r| r.namespace.as_deref()))
        .take(1_000)
        .collect();
    let names: Vec<&str> = names.into_iter().take(8).collect();
    let paths: Vec<String> =
        names.iter().map(|n| format!("/api/v1/namespaces/{}", super::http::segment(n))).collect();
    let answers = crate::run::tasks::gather(paths.iter().map(|p| api.meta(p))).await;
    let mut all = Vec::new();
    for (name, answer) in names.iter().zip(answers) {
        match answer {
            Ok(meta) => all.push(((*name).to_owned(), meta.labels.into_iter().collect())),
            Err(Miss::Absent) => all.push(((*name).to_owned(), Vec::new())),
            Err(_) => {}
        }
    }
    all
}
