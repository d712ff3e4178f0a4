//! Whether a dry run may be no dry run: the API server hands requests for aggregated groups to other servers, and whether
//! those heed `dryRun` is theirs to know.

use super::Request;
use super::catalog::Catalog;
use super::http::{Api, Miss, null_is_default};
use super::server_dry_run;
use crate::engine::effect::Effect;
use crate::engine::kube;
use crate::engine::kube::builtin::{is_built_in, is_own_group};
use crate::engine::tool;
use serde::Deserialize;

/// What says who serves a group.
const SERVICES: &str = "/apis/apiregistration.k8s.io/v1/apiservices";

#[derive(Deserialize)]
struct Services {
    #[serde(default, deserialize_with = "null_is_default")]
    items: Vec<Service>,
}

#[derive(Deserialize)]
struct Service {
    #[serde(default)]
    spec: Spec,
}

#[derive(Default, Deserialize)]
struct Spec {
    #[serde(default)]
    group: String,
    /// The other server; absent where the API server serves the group itself.
    service: Option<serde_json::Value>,
}

/// What the command may hit beside built-in kinds.
enum Custom {
    /// Nothing.
    None,
    /// Kinds of these groups, and kinds by these words, whose group is not known.
    Some { groups: Vec<String>, words: Vec<String> },
    /// Anything.
    Unknown,
}

/// Whether a dry run of this command may reach a server that ignores the flag. What cannot be learnt counts as yes.
pub async fn may_ignore_dry_run(api: &Api, request: &Request<'_>) -> bool {
    if request.kubectl.is_none() || server_dry_run::words(request).is_none() {
        return false;
    }
    let (groups, words) = match custom(request) {
        Custom::None => return false,
        Custom::Some { groups, words } => (Some(groups), words),
        Custom::Unknown => (None, Vec::new()),
    };
    let services: Services = match api.json(SERVICES).await {
        Ok(services) => services,
        // No aggregation at all.
        Err(Miss::Absent) => return false,
        Err(_) => return true,
    };
    let others: Vec<&str> =
        services.items.iter().filter(|s| s.spec.service.is_some()).map(|s| s.spec.group.as_str()).collect();
    if others.is_empty() {
        return false;
    }
    let Some(groups) = groups else { return true };
    if groups.iter().any(|group| others.contains(&group.as_str())) {
        return true;
    }
    if words.is_empty() {
        return false;
    }
    let Ok(catalog) = Catalog::of(api).await else { return true };
    words.iter().any(|word| {
        let kinds = catalog.find(word);
        kinds.iter().any(|kind| others.contains(&kind.group.as_str()))
    })
}

fn custom(request: &Request<'_>) -> Custom {
    let worded = kube::situation(tool::KUBECTL.name, request.parsed, Effect::Unknown);
    let mut words: Vec<String> = Vec::new();
    for object in &worded.objects {
        let word = &object.resource;
        if !word.is_empty() && !is_built_in(word) && !words.contains(word) {
            words.push(word.clone());
        }
    }
    let mut groups: Vec<String> = Vec::new();
    for document in &request.documents.objects {
        let group = document.group();
        if !is_own_group(group) && !groups.iter().any(|g| g == group) {
            groups.push(group.to_owned());
        }
    }
    let unread = !request.documents.unread.is_empty();
    match (groups.is_empty() && words.is_empty(), unread) {
        (_, true) => Custom::Unknown,
        (true, _) => Custom::None,
        (false, _) => Custom::Some { groups, words },
    }
}
