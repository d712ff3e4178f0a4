//! What each cluster is known by besides its address: the certificates kubectl trusts for it, as the kubeconfig has them,
//! and the uid that it says itself, through the caller's own kubectl. Asked while the person answers the questions.

use super::servers::Server;
use crate::engine::grammar::cobra::parse;
use crate::engine::kube::kubectl::TABLE;
use crate::engine::policy::Merged;
use crate::engine::tool;
use crate::family::cx::real_tool;
use crate::family::kube::program::Kubectl;
use crate::family::kube::resolve::kubeconfig;
use crate::shim::ask::{Ended, ask};
use crate::world::World;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// How long all clusters together may take, from the start of the wizard.
const PATIENCE: Duration = Duration::from_secs(3);
/// Clusters asked at once; the rest is known by server and certificates.
const AT_ONCE: usize = 16;
/// Clusters looked at so closely; each means reading the kubeconfigs as kubectl does, and there are files with thousands. The rest
/// is known by its server.
const MOST: usize = 64;

/// Answers under way.
pub struct Asked {
    until: Instant,
    left: usize,
    answers: Receiver<(String, Option<String>)>,
}

/// Fills in the certificates and starts asking for the uids.
pub fn start(servers: &mut [Server], policy: &Merged, world: &World) -> Asked {
    let until = Instant::now() + PATIENCE;
    let (sender, answers) = channel();
    let tool = real_tool(tool::KUBECTL.name.as_ref(), &policy.terms(), world).ok();
    let mut left = 0;
    for server in servers.iter_mut().take(MOST) {
        let contexts = server.contexts.iter().map(|c| format!("--context={}", c.name));
        let resolved = contexts.into_iter().find_map(|context| {
            let words = [context.as_bytes()];
            let parsed = parse(&TABLE, &words);
            let seen = tool.as_ref().map(|tool| Kubectl::at(tool).world(&parsed, world).into_owned());
            let found = kubeconfig::kube(seen.as_ref().unwrap_or(world), &parsed).ok()?;
            (found.target.server.value == server.url).then_some((context, found.target))
        });
        let Some((context, target)) = resolved else { continue };
        server.ca = target.ca_sha256;
        let Some(tool) = tool.clone().filter(|_| left < AT_ONCE) else { continue };
        let mut command = Command::new(tool);
        command.arg(context).args(["get", "namespace", "kube-system", "--output=jsonpath={.metadata.uid}"]);
        command.arg("--request-timeout=2s");
        let (sender, url) = (sender.clone(), server.url.clone());
        left += 1;
        std::thread::spawn(move || {
            let (said, ended) = ask(command, PATIENCE);
            let uid = Some(said).filter(|uid| ended == Ended::Itself(Some(0)) && is_uid(uid));
            // Whoever asked may be gone.
            let _ = sender.send((url, uid));
        });
    }
    Asked { until, left, answers }
}

impl Asked {
    /// Waits for what is still under way, and fills it in.
    pub fn finish(self, servers: &mut [Server]) {
        for _ in 0..self.left {
            let wait = self.until.saturating_duration_since(Instant::now());
            let Ok((url, uid)) = self.answers.recv_timeout(wait) else { return };
            if let Some(server) = servers.iter_mut().find(|server| server.url == url) {
                server.uid = uid;
            }
        }
    }
}

/// Whether a text is a uid as the API server gives them.
fn is_uid(text: &str) -> bool {
    text.len() == 36 && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-')
}
