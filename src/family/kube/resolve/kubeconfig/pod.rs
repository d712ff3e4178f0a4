//! The pod this process runs in, when it runs in one (client-go `inClusterClientConfig`).

use crate::engine::fact::{Source, Sourced};
use crate::world::World;

const DIRECTORY: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
pub(crate) const TOKEN: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";
pub(crate) const CA: &str = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";

/// What a pod's process is given.
pub(crate) struct Pod {
    /// The API server's URL.
    pub(crate) server: String,
    /// The namespace kubectl takes when nothing names one.
    pub(crate) namespace: Sourced<String>,
}

impl Pod {
    /// The pod, when kubectl would see one: both service variables and a token file.
    pub(crate) fn of(world: &World) -> Option<Pod> {
        let host = world.set_var("KUBERNETES_SERVICE_HOST")?.to_string_lossy().into_owned();
        let port = world.set_var("KUBERNETES_SERVICE_PORT")?.to_string_lossy().into_owned();
        let token = std::fs::metadata(world.absolute(TOKEN)).ok()?;
        if token.is_dir() {
            return None;
        }
        let host = if host.contains([':', '%']) { format!("[{host}]") } else { host };
        Some(Pod { server: format!("https://{host}:{port}"), namespace: namespace(world) })
    }
}

fn namespace(world: &World) -> Sourced<String> {
    if let Some(ns) = world.set_var("POD_NAMESPACE") {
        return Sourced::new(ns.to_string_lossy().into_owned(), Source::Env("POD_NAMESPACE".into()));
    }
    let path = format!("{DIRECTORY}/namespace");
    let read = std::fs::read_to_string(world.absolute(&path)).unwrap_or_default();
    match read.trim() {
        "" => Sourced::new("default".into(), Source::Default),
        ns => Sourced::new(ns.to_owned(), Source::File { path, line: Some(1) }),
    }
}
