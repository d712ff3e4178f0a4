//! The stage most scenarios start from: a cluster with a namespace `shop` and a config map in it, and a home whose
//! kubectl is the real one.

use crate::support::cluster;
use crate::support::embedded::{Embedded, Seed};
use crate::support::machine::Machine;
use serde_json::{Value, json};

/// The config map.
pub const MAP: &str = "/api/v1/namespaces/shop/configmaps/settings";
/// Words that delete it.
pub const DELETE: &[&str] = &["delete", "cm", "settings", "-n", "shop"];
/// Words that read it.
pub const READ: &[&str] = &["get", "cm", "settings", "-n", "shop", "-o", "name"];

/// The config map as an object.
pub fn map() -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "shop"}, "data": {"a": "b"}})
}

/// The namespace with the config map.
pub fn shop() -> Seed {
    Seed::new()
        .object(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}))
        .object(map())
}

/// The cluster and the home; `None` with a loud word when there is no real kubectl.
pub fn set(seed: Seed, context: &str) -> Option<(Embedded, Machine)> {
    let Some(kubectl) = cluster::real_kubectl() else {
        cluster::skip("no real kubectl: run tests/fetch-kubectl");
        return None;
    };
    let cluster = Embedded::start(seed);
    let mut stage = Machine::with_tool(&kubectl);
    stage.on(&cluster.url, context);
    Some((cluster, stage))
}

/// Sets a scene, or ends the test when it cannot be set here.
#[allow(unused_macros, reason = "not every program plays scenes")]
macro_rules! scene {
    ($seed:expr, $context:expr) => {
        match $crate::support::shop::set($seed, $context) {
            Some(scene) => scene,
            None => return,
        }
    };
}

#[allow(unused_imports, reason = "not every program plays scenes")]
pub(crate) use scene;
