//! The API servers of a kubeconfig, each once, whatever contexts lead to it.

use crate::engine::escape::escape;
use crate::engine::fact::{Source, Sourced};
use crate::engine::kube::KubeTarget;
use crate::engine::policy::place::is_local;
use crate::engine::target::Environment;
use crate::family::kube::resolve::ContextSummary;

/// One API server and everything that leads to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Its URL.
    pub url: String,
    /// What people call it.
    pub name: String,
    /// What it is; `None` when that was not said.
    pub environment: Option<Environment>,
    /// The contexts that lead to it.
    pub contexts: Vec<ContextSummary>,
    /// `metadata.uid` of its kube-system namespace, as it says itself.
    pub uid: Option<String>,
    /// SHA-256 of the certificates that kubectl trusts for it.
    pub ca: Option<String>,
}

impl Server {
    /// The URL, safe to show.
    pub fn shown(&self) -> String {
        escape(self.url.as_bytes())
    }

    /// Whether it is known to be a cluster on this machine, by all that leads to it.
    pub fn is_local(&self) -> bool {
        self.contexts.iter().all(|context| {
            let from = |text: &str| Sourced::new(text.to_owned(), Source::Default);
            let mut target = KubeTarget::at(from(&self.url), from("default"));
            target.context = Some(from(&context.name));
            target.cluster = Some(from(&context.cluster));
            is_local(&target.seen())
        })
    }
}

/// The servers behind contexts, each once, in the order of their first context.
pub fn servers(contexts: Vec<ContextSummary>) -> Vec<Server> {
    let mut servers: Vec<Server> = Vec::new();
    for context in contexts.into_iter().filter(|context| !context.server.is_empty()) {
        match servers.iter_mut().find(|server| server.url == context.server) {
            Some(server) => server.contexts.push(context),
            None => servers.push(Server {
                url: context.server.clone(),
                name: short_name(&context.cluster),
                environment: None,
                contexts: vec![context],
                uid: None,
                ca: None,
            }),
        }
    }
    // The name is what has to be typed: two clusters of one name would make it worthless.
    for i in 0..servers.len() {
        let (before, rest) = servers.split_at_mut(i);
        if let Some(server) = rest.first_mut() {
            let plain = server.name.clone();
            for n in 2.. {
                if before.iter().all(|other| other.name != server.name) {
                    break;
                }
                server.name = format!("{plain}-{n}");
            }
        }
    }
    servers
}

/// What is left of a cluster entry's name when the cloud's prefix is taken off: the end of an EKS ARN
/// (`arn:aws:eks:eu-west-1:111111111111:cluster/main`) and of a GKE name (`gke_project_europe-west1_main`).
fn short_name(cluster: &str) -> String {
    let short = match cluster {
        arn if arn.starts_with("arn:") => arn.rsplit('/').next(),
        gke if gke.starts_with("gke_") => gke.splitn(4, '_').nth(3),
        other => Some(other),
    };
    short.filter(|name| !name.is_empty()).unwrap_or(cluster).to_owned()
}
