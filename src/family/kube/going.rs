//! The place a kubectl command goes to, for the memory of its terminal.

use super::resolve::kubeconfig;
use crate::engine::challenge::cluster_name;
use crate::engine::fact::Source;
use crate::engine::grammar::cobra::parse;
use crate::engine::kube::KubeTarget;
use crate::engine::kube::kubectl::TABLE;
use crate::engine::policy::{Merged, place};
use crate::engine::server::{normal_server, server_parts};
use crate::engine::trail::moved::Place;
use crate::family::judge::Outcome;
use crate::family::trail::{Going, Other};
use crate::world::World;

/// So many contexts are looked up for steps that nobody has named.
const CONTEXTS: usize = 32;

/// Where this one goes.
pub(super) fn of(target: &KubeTarget, outcome: &Outcome) -> Going {
    let own = [target.namespace.value.clone()];
    let by_flag = matches!(target.namespace.from, Source::Flag(_));
    let inside_counts = !by_flag && !target.all_namespaces && outcome.situation.namespaces == own;
    Going { place: place_of(target, outcome.name.clone(), by_flag), inside_counts }
}

fn place_of(target: &KubeTarget, name: String, by_flag: bool) -> Place {
    let through = target.proxy.as_ref().map_or("", |proxy| proxy.value.as_str());
    let ca = target.ca_sha256.as_deref().unwrap_or_default();
    // What a proxy in front of many clusters tells them by.
    let named = target.tls_server_name.as_deref().unwrap_or_default();
    let by_plugin = target.exec_cluster_name.as_deref().unwrap_or_default();
    Place {
        // Two clusters behind one end of a tunnel have other certificates.
        identity: [&normal_server(&target.server.value), ca, through, named, by_plugin].join("\n"),
        name,
        address: server_parts(&target.server.value).host_port(),
        chosen: target.context.as_ref().map(|context| context.value.clone()).unwrap_or_default(),
        // What a flag says is no part of what is remembered of the words.
        inside: if by_flag { String::new() } else { target.namespace.value.clone() },
    }
}

/// Where other contexts, cluster entries and servers of these files would lead, and the words without any.
pub(super) fn others(world: &World, policy: &Merged) -> Vec<Other> {
    const FLAGS: [&str; 3] = ["--context", "--cluster", "--server"];
    let contexts = kubeconfig::contexts(world).unwrap_or_default();
    let mut all: Vec<Option<(&str, String)>> = vec![None];
    for context in contexts.into_iter().take(CONTEXTS) {
        let values = [context.name, context.cluster, context.server];
        all.extend(FLAGS.into_iter().zip(values).filter(|(_, value)| !value.is_empty()).map(Some));
    }
    all.sort();
    all.dedup();
    let found = |given: Option<(&'static str, String)>| {
        let flag = given.as_ref().map(|(name, value)| format!("{name}={value}"));
        let words: Vec<&[u8]> =
            [&b"get"[..], b"pods"].into_iter().chain(flag.as_ref().map(|flag| flag.as_bytes())).collect();
        let target = kubeconfig::kube(world, &parse(&TABLE, &words)).ok()?.target;
        let called = place::classify_target(&target.seen(), policy).name;
        let name = cluster_name(&target, called.as_deref());
        let value = |flag| given.as_ref().filter(|(name, _)| *name == flag).map(|(_, value)| value.clone());
        let with = FLAGS.into_iter().map(|flag| (flag, value(flag))).collect();
        Some(Other { with, place: place_of(&target, name, false) })
    };
    all.into_iter().filter_map(found).collect()
}
