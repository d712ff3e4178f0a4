//! What runs on a node: for `delete node` and `drain`.

use super::backup::Held;
use super::http::{Answer, Api, segment};
use super::inventory::first;
use super::object::{Budget, Pod, Volume};
use super::volumes::shorten;
use crate::engine::effect::Effect;
use crate::engine::human::counted;
use crate::engine::impact::{Data, Fate, Impact, Protection};
use std::collections::BTreeSet;

/// How a node is drained.
#[derive(Clone, Copy, Debug, Default)]
pub struct Drain {
    /// `--force`: pods without a controller go too.
    pub force: bool,
    /// `--delete-emptydir-data`.
    pub emptydir: bool,
    /// `--disable-eviction`: deletes, past the disruption budgets.
    pub disable_eviction: bool,
    /// `--ignore-daemonsets`.
    pub ignore_daemonsets: bool,
}

async fn pods_on(api: &Api, node: &str) -> Answer<Vec<Pod>> {
    let query = format!("fieldSelector={}", segment(&format!("spec.nodeName={node}")));
    api.list::<Pod>("/api/v1/pods", &query, false, 20_000).await.map(|(pods, _)| pods)
}

fn is_mirror(pod: &Pod) -> bool {
    pod.metadata.annotations.contains_key("kubernetes.io/config.mirror")
}

/// The claims that pods mount.
fn mounted<'a>(pods: impl Iterator<Item = &'a Pod>) -> Vec<Held> {
    let claims = pods.flat_map(|pod| {
        let namespace = pod.metadata.namespace.as_deref().unwrap_or_default();
        pod.spec.claims().map(move |claim| Held::named(namespace, claim))
    });
    claims.collect()
}

/// What goes with a node that is deleted, and which claims its pods mount.
pub async fn lost(api: &Api, node: &str) -> (Impact, Vec<Held>) {
    let mut impact = Impact::default();
    let mut held = Vec::new();
    let volumes = api.list::<Volume>("/api/v1/persistentvolumes", "", false, 20_000);
    let (pods, volumes) = tokio::join!(pods_on(api, node), volumes);
    match pods {
        Ok(pods) => {
            let running: Vec<&Pod> = pods.iter().filter(|p| !is_mirror(p)).collect();
            held = mounted(running.iter().copied());
            if !running.is_empty() {
                impact.also.push(format!("{} pods on {node} are lost", running.len()));
            }
            let alone = running.iter().filter(|p| p.metadata.controller().is_none());
            let alone: Vec<&str> = alone.map(|p| p.metadata.name.as_str()).collect();
            if !alone.is_empty() {
                impact.also.push(format!("nothing re-creates {}", first(alone.into_iter())));
            }
        }
        Err(miss) => impact.gap(format!("pods on {node}"), miss.why()),
    }
    match volumes {
        Ok((all, _)) => {
            // A volume bound to nodes may be bound to this one; its data stays on the disk.
            let local = all.iter().filter(|v| v.spec.node_affinity.is_some() && v.spec.claim_ref.is_some());
            let local: Vec<&str> = local.map(|v| v.metadata.name.as_str()).collect();
            if !local.is_empty() {
                impact.also.push(format!("volumes tied to nodes: {}", first(local.into_iter())));
            }
        }
        Err(miss) => impact.gap("volumes tied to the node", miss.why()),
    }
    (impact, held)
}

/// What a drain does, and which claims the pods that leave mount.
pub async fn drained(api: &Api, nodes: &[String], how: Drain) -> (Impact, Vec<Held>) {
    let mut impact = Impact::default();
    let budgets =
        async { api.list::<Budget>("/apis/policy/v1/poddisruptionbudgets", "", false, 20_000).await };
    let pods = crate::run::tasks::gather(nodes.iter().map(|n| pods_on(api, n)));
    let (pods, budgets) = tokio::join!(pods, budgets);
    let mut all = Vec::new();
    for (node, answer) in nodes.iter().zip(pods) {
        match answer {
            Ok(pods) => all.extend(pods),
            Err(miss) => impact.gap(format!("pods on {node}"), miss.why()),
        }
    }
    let owner = |pod: &Pod| pod.metadata.controller().map(|o| o.kind.clone());
    let daemons = all.iter().filter(|p| owner(p).as_deref() == Some("DaemonSet")).count();
    let leaving: Vec<&Pod> =
        all.iter().filter(|p| !is_mirror(p) && owner(p).as_deref() != Some("DaemonSet")).collect();
    let alone: Vec<&str> =
        leaving.iter().filter(|p| owner(p).is_none()).map(|p| p.metadata.name.as_str()).collect();
    let mut emptied = Vec::new();
    for pod in &leaving {
        let dirs = pod.empty_dirs();
        let done = matches!(pod.status.phase.as_deref(), Some("Succeeded" | "Failed"));
        if !dirs.is_empty() && !done {
            emptied.push(Data {
                what: format!("emptyDir {} of pod {}", dirs.join(", "), pod.metadata.name),
                fate: Fate::Erased,
                because: "goes with the pod".into(),
            });
        }
    }
    if !leaving.is_empty() {
        // Those with data are the ones to know of; there is not room for all.
        let (with, without): (Vec<&Pod>, Vec<&Pod>) =
            leaving.iter().partition(|pod| pod.spec.claims().next().is_some());
        let names = first(with.iter().chain(&without).map(|pod| pod.metadata.name.as_str()));
        let leave = if leaving.len() == 1 { "leaves" } else { "leave" };
        impact.also.push(format!("{} {leave}: {names}", counted(leaving.len() as u64, "pod")));
    }
    if daemons > 0 && !how.ignore_daemonsets {
        impact.also.push(format!("{daemons} pods of DaemonSets stop the drain without --ignore-daemonsets"));
    }
    let complete = impact.gaps.is_empty();
    let no_alone = alone.is_empty();
    if !no_alone {
        let names = first(alone.into_iter());
        if how.force {
            impact.raise(Effect::Destroy, format!("nothing re-creates {names}"));
        } else {
            impact.also.push(format!("{names} stop the drain without --force: nothing re-creates them"));
        }
    }
    let keeps_all = emptied.is_empty();
    if how.emptydir {
        impact.data = shorten(emptied);
    } else if !keeps_all {
        impact.also.push(format!(
            "{} pods with emptyDir stop the drain without --delete-emptydir-data",
            emptied.len()
        ));
    }
    match budgets {
        Ok((budgets, _)) => {
            let closed: BTreeSet<&str> = budgets
                .iter()
                .filter(|b| b.status.disruptions_allowed == Some(0))
                .filter(|b| leaving.iter().any(|p| covers(b, p)))
                .map(|b| b.metadata.name.as_str())
                .collect();
            if !closed.is_empty() {
                let names = first(closed.into_iter());
                if how.disable_eviction {
                    impact.raise(Effect::Destroy, format!("goes past disruption budget {names}"));
                } else {
                    impact.protections.push(Protection {
                        what: format!("disruption budget {names}"),
                        effect: "allows no eviction now: the drain waits".into(),
                    });
                }
            }
        }
        Err(miss) => impact.gap("disruption budgets", miss.why()),
    }
    if complete && (no_alone || !how.force) && (keeps_all || !how.emptydir) && !how.disable_eviction {
        impact.lower(Effect::Disrupt, "every pod that leaves is re-created by its controller");
    }
    let held = mounted(leaving.iter().copied());
    (impact, held)
}

/// Whether a budget covers a pod. Expressions are not evaluated: then it may.
fn covers(budget: &Budget, pod: &Pod) -> bool {
    if budget.metadata.namespace != pod.metadata.namespace {
        return false;
    }
    let Some(selector) = &budget.spec.selector else { return false };
    selector.match_labels.iter().flatten().all(|(k, v)| pod.metadata.labels.get(k) == Some(v))
}
