//! What would be lost, asked of the live cluster before anything runs.
//!
//! Everything here is bound to one deadline and never fails: a question that got no answer is a
//! [`Gap`], so that "could not be checked" is never taken for "nothing there".
//! Texts in the answer are as the server gave them; whoever shows them escapes them.

mod act;
mod aggregated;
mod backup;
pub mod catalog;
pub mod client;
mod copies;
mod deletion;
mod dry_run_diff;
pub mod http;
mod impact;
mod inventory;
mod named_objects;
mod node;
mod object;
mod operators;
mod origins;
mod protect;
pub mod selection;
mod server_dry_run;
mod stops;
pub mod subjects;
mod volumes;

use crate::engine::fact::{Known, Why};
use crate::engine::grammar::cobra::Parsed;
use crate::engine::impact::{Gap, Impact};
use crate::engine::kube::KubeTarget;
use crate::engine::kube::documents::Documents;
use crate::engine::kube::kuberc::CredentialPolicy;
use crate::engine::verdict::Verdict;
use crate::world::World;
use std::ffi::OsString;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a person waits at most for everything the probe asks.
pub const DEADLINE: Duration = Duration::from_millis(1500);

/// What the probe needs to know about one command.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The words as the tool's table reads them.
    pub parsed: &'a Parsed<'a>,
    /// The same words as they are handed to the tool; a server-side dry run of them is tried when that is safe.
    pub words: &'a [OsString],
    /// The same words with the files they name in the form they were read, for the dry run: a pipe (`-f <(…)`) can be
    /// read only once. Empty: the words themselves.
    pub held: &'a [OsString],
    /// Where they go.
    pub target: &'a KubeTarget,
    /// A kubeconfig (YAML or JSON) that stands for the target alone, every override folded in.
    pub effective_kubeconfig: &'a [u8],
    /// What `-f` and `-k` bring along, and what of it could not be read.
    pub documents: &'a Documents,
    /// Standard input, where `-f -` reads it.
    pub stdin: Option<&'a [u8]>,
    /// The real kubectl; without it the dry run is left out.
    pub kubectl: Option<&'a Path>,
    /// The process's environment and working directory, for credential plugins and the dry run.
    pub world: &'a World,
    /// How long everything together may take.
    pub deadline: Duration,
    /// The effect by words.
    pub verdict: &'a Verdict,
    /// Whether kuberc lets credential plugins run.
    pub plugins: Plugins<'a>,
    /// The kubeconfig file for guard's own kubectl, where the caller's would start a credential plugin once more.
    pub kubeconfig: Option<&'a Path>,
}

impl<'a> Request<'a> {
    /// The way to the target.
    pub fn door(&self) -> client::Door<'a> {
        client::Door { kubeconfig: self.effective_kubeconfig, world: self.world, plugins: self.plugins }
    }
}

/// What kuberc's `credentialPluginPolicy` says about running a credential plugin (kubectl 1.35 and newer).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Plugins<'a> {
    /// `AllowAll`, or no such policy.
    #[default]
    All,
    /// `DenyAll`.
    None,
    /// `Allowlist`: only these commands, by name or path as written.
    Only(&'a [String]),
}

impl<'a> From<&'a CredentialPolicy> for Plugins<'a> {
    fn from(policy: &'a CredentialPolicy) -> Plugins<'a> {
        match policy {
            CredentialPolicy::AllowAll => Plugins::All,
            CredentialPolicy::DenyAll => Plugins::None,
            CredentialPolicy::Allowlist(names) => Plugins::Only(names),
        }
    }
}

/// What the cluster answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probed {
    /// The blast radius, with everything that could not be checked.
    pub impact: Impact,
    /// `metadata.uid` of kube-system.
    pub uid: Known<String>,
    /// `gitVersion` of the server.
    pub server_version: Known<String>,
    /// Labels of the namespace the command goes to.
    pub namespace_labels: Known<Vec<(String, String)>>,
    /// How long it took.
    pub took: Duration,
}

impl Probed {
    /// The answer of a cluster that could not be asked.
    pub fn nothing(why: &Why, took: Duration) -> Probed {
        Probed {
            impact: Impact {
                gaps: vec![Gap { what: "the cluster".into(), why: why.clone() }],
                ..Impact::default()
            },
            uid: Known::Unknown(why.clone()),
            server_version: Known::Unknown(why.clone()),
            namespace_labels: Known::Unknown(why.clone()),
            took,
        }
    }
}

/// Whether what is owned by the deleted objects stays (`--cascade=orphan`).
pub fn orphans(parsed: &Parsed<'_>) -> bool {
    impact::manner(parsed).orphan
}

/// Asks the cluster what the command would do.
///
/// Starts its own single-threaded runtime, and ends every child it started when the deadline passes.
pub fn kube(request: &Request<'_>) -> Probed {
    let start = Instant::now();
    let until = tokio::time::Instant::from_std(start + request.deadline);
    let probed = crate::run::tasks::block_on(async {
        match client::connect(&request.door(), until).await {
            Ok(client) => over(client, request).await,
            Err(why) => Probed::nothing(&why, start.elapsed()),
        }
    });
    let probed = probed.unwrap_or_else(|e| Probed::nothing(&Why::Failed(e.to_string()), start.elapsed()));
    Probed { took: start.elapsed(), ..probed }
}

/// The same over a client that is already there; the clock starts now.
pub async fn over(client: kube::Client, request: &Request<'_>) -> Probed {
    let start = Instant::now();
    let api = http::Api::new(client, tokio::time::Instant::from_std(start + request.deadline));
    let namespace = format!("/api/v1/namespaces/{}", http::segment(&request.target.namespace.value));
    let (uid, version, labels, mut impact) = tokio::join!(
        api.meta("/api/v1/namespaces/kube-system"),
        api.json::<http::Version>("/version"),
        api.meta(&namespace),
        impact::probe_impact(&api, request),
    );
    impact.groups.sort_by_key(|g| std::cmp::Reverse(g.count));
    Probed {
        impact,
        uid: http::known(uid.map(|m| m.uid.unwrap_or_default())),
        server_version: http::known(version.map(|v| v.git_version)),
        namespace_labels: http::known(labels.map(|m| m.labels.into_iter().collect())),
        took: start.elapsed(),
    }
}
