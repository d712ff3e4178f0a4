//! The phrase a person has to type: the target's own name.

use super::escape::escape;
use super::fact::Source;
use super::target::{AwsTarget, HostTarget, KubeTarget, is_loopback, server_parts};

/// What is asked, and what answers it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    /// The exact text that answers a typed question and that `GUARD_CONFIRM` must equal.
    pub phrase: String,
    /// The kind of thing to type, as the question names it: `cluster/namespace`, `cluster`.
    pub kind: &'static str,
}

impl Challenge {
    /// Whether an answer matches: byte for byte, after one trailing newline is removed. An empty phrase matches nothing.
    pub fn accepts(&self, answer: &[u8]) -> bool {
        !self.phrase.is_empty() && answer.strip_suffix(b"\n").unwrap_or(answer) == self.phrase.as_bytes()
    }
}

/// How far a command reaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Objects in these namespaces, or these namespaces themselves.
    Namespaces(Vec<String>),
    /// Cluster-scoped objects, or every namespace.
    Cluster,
}

impl Scope {
    /// From the namespace of every object hit; `None` stands for a cluster-scoped one, and one of those is enough.
    pub fn of(namespaces: &[Option<String>]) -> Scope {
        let named: Option<Vec<String>> = namespaces.iter().cloned().collect();
        match named {
            Some(names) if !names.is_empty() => Scope::Namespaces(names),
            _ => Scope::Cluster,
        }
    }
}

/// Names that tools give to every cluster they make, and that therefore name none.
const GENERIC: &[&str] = &[
    "kubernetes",
    "default",
    "cluster.local",
    "cluster",
    "local",
    "k8s",
    "kubernetes-cluster",
    "microk8s-cluster",
    "k0s",
    "eks",
    "gke",
    "aks",
    "in-cluster",
];

/// More namespaces than this are counted instead of listed.
const LISTED: usize = 3;

/// The question for a command that reaches this far.
pub fn challenge(target: &KubeTarget, policy_name: Option<&str>, scope: &Scope) -> Challenge {
    let cluster = cluster_name(target, policy_name);
    let mut names: Vec<String> = match scope {
        Scope::Cluster => Vec::new(),
        Scope::Namespaces(names) => names.iter().map(|n| typeable_form(n)).collect(),
    };
    names.sort_unstable();
    names.dedup();
    match names.len() {
        0 => Challenge { phrase: cluster, kind: "cluster" },
        1 => Challenge { phrase: format!("{cluster}/{}", names.concat()), kind: "cluster/namespace" },
        n if n <= LISTED => {
            Challenge { phrase: format!("{cluster}/{}", names.join(",")), kind: "cluster/namespaces" }
        }
        n => Challenge { phrase: format!("{cluster}/{n} namespaces"), kind: "cluster/namespaces" },
    }
}

/// The question for a command of the AWS CLI: the account and what is hit in it; the account alone where the command
/// names nothing.
pub fn aws_challenge(target: &AwsTarget, policy_name: Option<&str>, resources: &[String]) -> Challenge {
    let account = target.account_name(policy_name);
    within(&account, resources, ["account", "account/resource", "account/first+others"])
}

/// The question for a command that works on a host: its name, and where something is lost that also.
pub fn host_challenge(target: &HostTarget, policy_name: Option<&str>, lost: &[String]) -> Challenge {
    let host = target.host_name(policy_name);
    within(&host, lost, ["host", "host/thing lost", "host/first lost+others"])
}

/// A place and what is hit in it; of several things the first and how many more. The kinds are those of the place alone,
/// with one thing, and with several. Nothing answers for a place nobody knows.
fn within(place: &str, things: &[String], [alone, one, several]: [&'static str; 3]) -> Challenge {
    let place = typeable_form(place);
    let (phrase, kind) = match things {
        _ if place.is_empty() => (place, alone),
        [] => (place, alone),
        [thing] => (format!("{place}/{}", typeable_form(thing)), one),
        [first, more @ ..] => (format!("{place}/{}+{}", typeable_form(first), more.len()), several),
    };
    Challenge { phrase, kind }
}

/// What the cluster is called in a phrase: the policy's name for it; else its real name, where the context or the
/// cluster entry carries the one its provider gave; else the cluster entry, unless that names nothing in particular;
/// else the server's `host:port`. Two servers that go by generic names never get the same.
pub fn cluster_name(target: &KubeTarget, policy_name: Option<&str>) -> String {
    if let Some(name) = policy_name.filter(|n| is_typeable(n)) {
        return name.to_owned();
    }
    let cluster = target.cluster.as_ref().map(|c| c.value.as_str());
    // With --server the entry's name says nothing about where the command goes.
    let entry_counts = !matches!(&target.server.from, Source::Flag(_));
    if entry_counts {
        let context = target.context.as_ref().map(|c| c.value.as_str());
        for entry in [context, cluster].into_iter().flatten() {
            if let Some(real) = real_name(entry, &target.server.value) {
                let name = if target.cluster_name_is_ambiguous || is_generic(&real.name) {
                    real.full
                } else {
                    real.name
                };
                if is_typeable(&name) {
                    return name;
                }
            }
        }
        if let Some(name) =
            cluster.filter(|n| !target.cluster_name_is_ambiguous && !is_generic(n) && is_typeable(n))
        {
            return name.to_owned();
        }
    }
    address(target)
}

/// Host, port and path of the server. Addresses that mean another cluster on another machine (loopback, a pod's own
/// API server) carry the beginning of the CA's hash or the cluster's uid as well.
fn address(target: &KubeTarget) -> String {
    let parts = server_parts(&target.server.value);
    let mut out = typeable_form(&format!("{}{}", parts.host_port(), parts.path));
    let elsewhere = is_loopback(&parts.host) || target.server.from == Source::InCluster;
    let mark = target.ca_sha256.as_ref().or(target.uid.value()).filter(|m| elsewhere && is_typeable(m));
    if let Some(mark) = mark {
        out.push('+');
        out.extend(mark.chars().take(8));
    }
    out
}

/// A cluster's name as its provider knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RealName {
    /// The name alone.
    pub name: String,
    /// The name with what makes it unique: region and account, project and zone.
    pub full: String,
}

/// The real name inside a context or cluster entry that a provider's tool wrote.
///
/// `arn:aws:eks:REGION:ACCOUNT:cluster/NAME` (aws eks update-kubeconfig), `USER@NAME.REGION.eksctl.io` (eksctl),
/// `gke_PROJECT_ZONE_NAME` (gcloud), `NAME-admin` on an azmk8s.io server (az aks get-credentials).
pub fn real_name(entry: &str, server: &str) -> Option<RealName> {
    if let Some(rest) = entry.strip_prefix("arn:aws") {
        let mut parts = rest.splitn(5, ':').skip(1);
        let (service, region, account) = (parts.next()?, parts.next()?, parts.next()?);
        let name = parts.next()?.strip_prefix("cluster/")?;
        let good = service == "eks" && !name.is_empty() && !name.contains('/');
        return good.then(|| RealName { name: name.into(), full: format!("{name}.{region}.{account}") });
    }
    if let Some(rest) = entry.strip_suffix(".eksctl.io") {
        let cluster = rest.rsplit_once('@').map_or(rest, |(_, c)| c);
        let name = cluster.rsplit_once('.')?.0;
        return (!name.is_empty()).then(|| RealName { name: name.into(), full: cluster.into() });
    }
    if let Some(rest) = entry.strip_prefix("gke_") {
        let name = rest.splitn(3, '_').nth(2)?;
        return (!name.is_empty()).then(|| RealName { name: name.into(), full: entry.into() });
    }
    let host = server_parts(server).host;
    if host.ends_with(".azmk8s.io") {
        let name = entry.strip_suffix("-admin").unwrap_or(entry);
        return (!name.is_empty()).then(|| RealName { name: name.into(), full: host });
    }
    None
}

/// Whether a name is given to so many clusters that it names none.
pub fn is_generic(name: &str) -> bool {
    GENERIC.iter().any(|g| g.eq_ignore_ascii_case(name))
}

/// Printable ASCII without spaces: what every keyboard can type and every eye can tell apart.
fn is_typeable(text: &str) -> bool {
    !text.is_empty() && text.len() <= 200 && text.bytes().all(|b| b.is_ascii_graphic())
}

/// The text itself when it can be typed, else with everything odd written out as `\u{…}`.
fn typeable_form(text: &str) -> String {
    if text.is_empty() || is_typeable(text) {
        return text.to_owned();
    }
    let mut out = String::new();
    for c in escape(text.as_bytes()).chars() {
        if c.is_ascii_graphic() {
            out.push(c);
        } else {
            out.extend(c.escape_unicode());
        }
    }
    out
}

#[cfg(test)]
#[path = "challenge_tests.rs"]
mod tests;
