//! Places a policy knows: clusters, accounts, hosts and daemons, recognised by identity, with their name and environment.
//!
//! Making a place harder to hurt is easy (any sign of production counts), making it easier takes proof: every
//! identity the policy gives must be there, and one of them must be more than a name somebody chose.

use super::{Layer, Merged};
use crate::engine::glob;
use crate::engine::server::is_loopback;
use crate::engine::target::Environment;
use crate::engine::tool::TargetKind;

/// A kind of identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdKind {
    /// A cluster's name: the kubeconfig entry's, or the one a policy gives. Weak: anybody can choose it.
    Cluster,
    /// A kubeconfig context's name. Weak.
    Context,
    /// The API server's URL, or a pattern over its host.
    Server,
    /// `metadata.uid` of the kube-system namespace.
    Uid,
    /// SHA-256 of the CA certificates.
    Ca,
    /// An AWS account: id or alias.
    Account,
    /// An AWS region. Weak.
    Region,
    /// A daemon's own ID, as `docker info` says it.
    Daemon,
    /// An endpoint of an AWS service that is not AWS's own, or where a daemon listens: a URL, or a pattern over its host.
    Endpoint,
    /// A machine's name.
    Host,
}

impl IdKind {
    /// All of them.
    pub const ALL: [IdKind; 10] = [
        IdKind::Cluster,
        IdKind::Context,
        IdKind::Server,
        IdKind::Uid,
        IdKind::Ca,
        IdKind::Account,
        IdKind::Region,
        IdKind::Daemon,
        IdKind::Endpoint,
        IdKind::Host,
    ];

    /// The word used in policy files.
    pub const fn word(self) -> &'static str {
        match self {
            IdKind::Cluster => "cluster",
            IdKind::Context => "context",
            IdKind::Server => "server",
            IdKind::Uid => "uid",
            IdKind::Ca => "ca",
            IdKind::Account => "account",
            IdKind::Region => "region",
            IdKind::Daemon => "daemon",
            IdKind::Endpoint => "endpoint",
            IdKind::Host => "host",
        }
    }

    /// Whether a target of this kind has it. A daemon is known by the machine it runs on.
    pub const fn is_of(self, target: TargetKind) -> bool {
        match self {
            IdKind::Cluster | IdKind::Context | IdKind::Server | IdKind::Uid | IdKind::Ca => {
                matches!(target, TargetKind::Cluster)
            }
            IdKind::Account | IdKind::Region => matches!(target, TargetKind::Account),
            IdKind::Daemon => matches!(target, TargetKind::Daemon),
            IdKind::Endpoint => matches!(target, TargetKind::Account | TargetKind::Daemon),
            IdKind::Host => matches!(target, TargetKind::Machine | TargetKind::Daemon),
        }
    }

    /// Whether it is more than a name somebody chose on the client's side.
    pub const fn is_proof(self) -> bool {
        !matches!(self, IdKind::Cluster | IdKind::Context | IdKind::Region)
    }

    /// Whether a pattern of a policy matches a value of this kind.
    pub fn matches(self, pattern: &str, value: &str) -> bool {
        match self {
            IdKind::Server | IdKind::Endpoint => server_matches(pattern, value),
            IdKind::Uid => pattern.eq_ignore_ascii_case(value),
            IdKind::Ca => plain_hash(pattern) == plain_hash(value),
            // Rules name a daemon by the name policy gives it as well, and such a name may be a pattern.
            IdKind::Host | IdKind::Daemon => {
                let (pattern, value) = (pattern.to_ascii_lowercase(), value.to_ascii_lowercase());
                glob::matches(&pattern, &value)
            }
            _ => glob::matches(pattern, value),
        }
    }
}

/// One identity of a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its kind.
    pub kind: IdKind,
    /// Its value.
    pub value: String,
}

impl Identity {
    /// Puts the two together.
    pub fn new(kind: IdKind, value: impl Into<String>) -> Identity {
        Identity { kind, value: value.into() }
    }
}

/// One entry of `clusters:`, `accounts:`, `hosts:` or `daemons:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// What it speaks of, by the list it stands in.
    pub of: TargetKind,
    /// What people call it; the phrase to type.
    pub name: Option<String>,
    /// What it is to them.
    pub environment: Option<Environment>,
    /// How it is recognised: per kind, patterns of which one has to match.
    pub identity: Vec<(IdKind, Vec<String>)>,
    /// The line (from 1) it stands on.
    pub line: Option<u32>,
}

/// What is known of a target before policy has spoken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// What kind of target it is; where that is not said, the entries of every list may speak of it.
    pub of: Option<TargetKind>,
    /// Its identities.
    pub identities: Vec<Identity>,
    /// Kinds of identity it has but that could not be learnt. One that stands among the identities as well has a value
    /// that proves nothing.
    pub unknown: Vec<IdKind>,
    /// What proves by itself that this is a play thing of this machine, in the words the screen shows.
    pub local: Option<String>,
    /// What it says of itself where none but its administrator can have written it, and the clause that tells so.
    pub declared: Option<(Environment, String)>,
}

impl Seen {
    /// Whether this kind of identity, where it matches, is more than a name or an address that others have too.
    fn is_proof(&self, kind: IdKind) -> bool {
        kind.is_proof() && !self.unknown.contains(&kind)
    }

    fn values(&self, kind: IdKind) -> impl Iterator<Item = &str> {
        self.identities.iter().filter(move |i| i.kind == kind).map(|i| i.value.as_str())
    }
}

/// What a target is, and who says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classified {
    /// The environment.
    pub environment: Environment,
    /// The name the policy gives it.
    pub name: Option<String>,
    /// Why, in a short clause: `/etc/guard/policy.yaml:12`, `"prod" in context prod-eu`.
    pub because: String,
    /// Which layer decided the environment.
    pub layer: Layer,
    /// A known local cluster.
    pub local: bool,
}

/// What a target is: by the system's list, else by the user's, else by what names and addresses suggest. Projects, and
/// the user where the system has spoken, can only make it more severe.
pub fn classify_target(seen: &Seen, policy: &Merged) -> Classified {
    let mut out = by_signs(seen);
    let user = policy.user.as_ref().and_then(|p| by_places(seen, &p.places, &p.file));
    let system = policy.system.as_ref().and_then(|p| by_places(seen, &p.places, &p.file));
    // What is only hinted at never makes it milder than its names do.
    let mut told = |entry: &Entry, layer| match entry.proven {
        true => out.say(entry.environment, &entry.because, layer),
        false => out.raise(entry.environment, &entry.because, layer),
    };
    if let Some(entry) = &user {
        told(entry, Layer::User);
    }
    if let Some(entry) = &system {
        told(entry, Layer::System);
        if let Some(entry) = &user {
            out.raise(entry.environment, &entry.because, Layer::User);
        }
    }
    for p in &policy.project {
        if let Some(entry) = by_places(seen, &p.places, &p.file) {
            out.raise(entry.environment, &entry.because, Layer::Project);
        }
    }
    // A project's file may come with a stranger's repository: it names nothing.
    out.name = [&policy.system, &policy.user].into_iter().flatten().find_map(|p| name_of(seen, &p.places));
    out
}

impl Classified {
    /// The name that policy gives it, as rules may ask for it: by the machine's name a daemon is known, too.
    pub fn named(&self, target: TargetKind) -> impl Iterator<Item = Identity> {
        let kinds: &[IdKind] = match target {
            TargetKind::Cluster => &[IdKind::Cluster],
            TargetKind::Account => &[IdKind::Account],
            TargetKind::Machine => &[IdKind::Host],
            TargetKind::Daemon => &[IdKind::Daemon, IdKind::Host],
        };
        kinds.iter().filter_map(|kind| Some(Identity::new(*kind, self.name.as_deref()?)))
    }

    fn say(&mut self, environment: Environment, because: &str, layer: Layer) {
        self.environment = environment;
        self.because = because.to_owned();
        self.layer = layer;
    }

    fn raise(&mut self, environment: Environment, because: &str, layer: Layer) {
        if environment > self.environment {
            self.say(environment, because, layer);
        }
    }
}

/// What one policy says of a target.
struct Entry {
    environment: Environment,
    because: String,
    /// Every identity that it gives is there, and one of them is more than a name.
    proven: bool,
}

/// The most severe of the entries that recognise the target, or that might be it as far as anybody knows.
fn by_places(seen: &Seen, places: &[Place], file: &str) -> Option<Entry> {
    let found = places.iter().filter_map(|p| {
        let environment = p.environment?;
        let proven = p.proves(seen);
        let told = proven || (environment >= Environment::Unclassified && p.hints_at(seen));
        // What might be it stands before what is proven and milder: if it is it, that says nothing any more.
        (told || p.may_be(seen)).then_some((environment, proven, told, p.line))
    });
    let (environment, proven, told, line) =
        found.max_by_key(|(environment, proven, told, _)| (*environment, *proven, *told))?;
    let line = line.map(|line| format!(":{line}")).unwrap_or_default();
    let note = if told { "" } else { ", as the daemon's ID could not be learnt" };
    Some(Entry { environment, because: format!("{file}{line}{note}"), proven })
}

/// The name given by the most severe entry that recognises the target and that nothing contradicts.
fn name_of(seen: &Seen, places: &[Place]) -> Option<String> {
    let sure = places.iter().filter(|p| p.name.is_some() && p.names(seen));
    // Of several the most severe, and of those the first.
    let most_severe = sure.rev().max_by_key(|p| p.environment.unwrap_or(Environment::Unclassified))?;
    most_severe.name.clone()
}

impl Place {
    fn identity_is(&self, seen: &Seen, kind: IdKind, patterns: &[String]) -> bool {
        seen.values(kind).any(|v| patterns.iter().any(|p| kind.matches(p, v)))
    }

    /// Whether entries of this list speak of such a target. A daemon is what the machine is that it runs on; what is said of a
    /// daemon says nothing of the machine, nor an account's endpoint of a daemon at the same address.
    fn speaks_of(&self, seen: &Seen) -> bool {
        let runs_on = seen.of == Some(TargetKind::Daemon) && self.of == TargetKind::Machine;
        seen.of.is_none_or(|of| of == self.of) || runs_on
    }

    /// One matching identity is enough to be careful. A region alone says nothing of the account: beside anything else it
    /// narrows the entry to that part of it. Nor does a CA say anything of a cluster that is known to be another one: many
    /// clusters may have the same; nor a socket, which every machine has, of a daemon that is.
    fn hints_at(&self, seen: &Seen) -> bool {
        let alone = self.identity.iter().all(|(kind, _)| *kind == IdKind::Region);
        let is_another = |by: IdKind| {
            let mut told = self.identity.iter().filter(|(kind, _)| *kind == by);
            let known = seen.values(by).next().is_some();
            known && told.any(|(kind, patterns)| !self.identity_is(seen, *kind, patterns))
        };
        let says = |kind: IdKind| match kind {
            IdKind::Region => alone,
            IdKind::Ca => !is_another(IdKind::Uid),
            IdKind::Endpoint => seen.is_proof(kind) || !is_another(IdKind::Daemon),
            _ => true,
        };
        let mut counts = self.identity.iter().filter(|(kind, _)| says(*kind));
        // A machine on which production runs is production, too.
        let holds = seen.of == Some(TargetKind::Machine) && self.of == TargetKind::Daemon;
        (self.speaks_of(seen) || holds)
            && counts.any(|(kind, patterns)| self.identity_is(seen, *kind, patterns))
            && self.in_region(seen)
    }

    /// Whether it is known by a daemon's ID and the target's could not be learnt: then it may be this one.
    fn may_be(&self, seen: &Seen) -> bool {
        let by_id = self.identity.iter().any(|(kind, _)| *kind == IdKind::Daemon);
        by_id && seen.unknown.contains(&IdKind::Daemon) && self.speaks_of(seen)
    }

    /// Whether the target may lie in the regions this entry speaks of: services without regions, and commands whose
    /// region is not known, lie in all of them.
    fn in_region(&self, seen: &Seen) -> bool {
        let mut regions = self.identity.iter().filter(|(kind, _)| *kind == IdKind::Region);
        seen.values(IdKind::Region).next().is_none()
            || regions.all(|(kind, patterns)| self.identity_is(seen, *kind, patterns))
    }

    /// Every identity matches, and one of them proves something.
    fn proves(&self, seen: &Seen) -> bool {
        self.speaks_of(seen)
            && self.identity.iter().any(|(kind, _)| seen.is_proof(*kind))
            && self.identity.iter().all(|(kind, patterns)| self.identity_is(seen, *kind, patterns))
    }

    /// A proof matches, and no proof that could be learnt says otherwise. A socket does not: the daemon may have an address, too.
    fn names(&self, seen: &Seen) -> bool {
        let proofs = || self.identity.iter().filter(|(kind, _)| kind.is_proof());
        let says_nothing = |kind: IdKind| {
            seen.values(kind).next().is_none() || (kind == IdKind::Endpoint && !seen.is_proof(kind))
        };
        self.speaks_of(seen)
            && proofs()
                .any(|(kind, patterns)| seen.is_proof(*kind) && self.identity_is(seen, *kind, patterns))
            && self.in_region(seen)
            && proofs().all(|(kind, patterns)| self.identity_is(seen, *kind, patterns) || says_nothing(*kind))
    }
}

/// What names and addresses suggest when no policy knows the target. Names only ever make it more severe.
fn by_signs(seen: &Seen) -> Classified {
    let cluster = is_local(seen).then_some("a local cluster, by name and address");
    let sign = seen.local.as_deref().or(cluster);
    let local = sign.is_some();
    let mut out = Classified {
        environment: if local { Environment::Development } else { Environment::Unclassified },
        name: None,
        because: sign.unwrap_or("no policy names it").to_owned(),
        layer: Layer::BuiltIn,
        local,
    };
    if let Some((environment, because)) = &seen.declared {
        if out.environment == Environment::Unclassified {
            out.say(*environment, because, Layer::BuiltIn);
        } else {
            out.raise(*environment, because, Layer::BuiltIn);
        }
    }
    for identity in &seen.identities {
        let text = match identity.kind {
            IdKind::Uid | IdKind::Ca | IdKind::Region | IdKind::Daemon => continue,
            IdKind::Server | IdKind::Endpoint => host_of(&identity.value),
            _ => identity.value.as_str(),
        };
        if let Some((environment, word)) = naming_hint(text) {
            let because = format!("\"{word}\" in {} {text}", identity.kind.word());
            out.raise(environment, &because, Layer::BuiltIn);
        }
    }
    out
}

/// What `DEPLOYMENT=` of /etc/machine-info says, in the words machine-info(5) suggests and the usual ones beside them.
pub fn deployment(word: &str) -> Option<Environment> {
    let word = word.to_ascii_lowercase();
    match word.as_str() {
        "development" | "dev" | "devel" => Some(Environment::Development),
        "integration" | "testing" | "test" | "qa" => Some(Environment::Staging),
        word => naming_hint(word).map(|(environment, _)| environment),
    }
}

/// Segments of names that say what a thing is. Whole segments: `delivery` is not `live`.
pub const NAMING_HINTS: [(&str, Environment); 8] = [
    ("prod", Environment::Production),
    ("production", Environment::Production),
    ("prd", Environment::Production),
    ("live", Environment::Production),
    ("preprod", Environment::Staging),
    ("preproduction", Environment::Staging),
    ("stage", Environment::Staging),
    ("staging", Environment::Staging),
];

/// Segments that turn the one after them into its opposite: `pre-prod`, `non-prod`.
const NEGATIONS: [&str; 5] = ["pre", "non", "not", "no", "pseudo"];

/// What a name hints at, and the segment that does.
pub fn naming_hint(name: &str) -> Option<(Environment, &str)> {
    let mut best: Option<(Environment, &str)> = None;
    let mut before = "";
    for segment in name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|s| !s.is_empty()) {
        let word = segment.trim_end_matches(|c: char| c.is_ascii_digit());
        let row = NAMING_HINTS.iter().find(|(hint, _)| hint.eq_ignore_ascii_case(word));
        let negated = NEGATIONS.iter().any(|n| n.eq_ignore_ascii_case(before));
        if let Some((_, environment)) = row {
            let environment = if negated { Environment::Staging } else { *environment };
            if best.is_none_or(|(have, _)| environment > have) {
                best = Some((environment, segment));
            }
        }
        before = segment;
    }
    best
}

/// Local clusters by the name their tool gives the context or cluster entry, and where their API server then is.
/// kind, k3d and the desktop applications publish it on loopback; minikube's own networks are the defaults of its
/// docker, kvm2, virtualbox and hyperkit drivers.
pub const LOCAL_CLUSTERS: [(&str, &[&str]); 8] = [
    ("kind-*", &[]),
    ("k3d-*", &[]),
    ("minikube", &["192.168.49.", "192.168.39.", "192.168.59.", "192.168.99.", "192.168.64."]),
    ("docker-desktop", &["kubernetes.docker.internal"]),
    ("docker-for-desktop", &["kubernetes.docker.internal"]),
    ("rancher-desktop", &[]),
    ("orbstack", &["k8s.orb.local"]),
    ("colima*", &[]),
];

/// Whether the target is a known local cluster: by the name its tool gives to the context *and* the cluster entry, and
/// by its address. An address alone proves nothing: k3s and kubeadm write 127.0.0.1 into the kubeconfig of production
/// machines, and tunnels end there; nor does a context that somebody called `kind-dev`.
pub fn is_local(seen: &Seen) -> bool {
    let named = |kind: IdKind, pattern: &str| {
        let mut values = seen.values(kind).peekable();
        values.peek().is_some() && values.all(|v| glob::matches(pattern, v))
    };
    let near = |host: &str, networks: &[&str]| {
        let in_any = |n: &&str| if n.ends_with('.') { in_network(host, n) } else { host == *n };
        is_loopback(host) || networks.iter().any(in_any)
    };
    // Behind a proxy even the loopback address is somewhere else.
    if seen.unknown.contains(&IdKind::Server) {
        return false;
    }
    LOCAL_CLUSTERS.iter().any(|(name, networks)| {
        let mut servers = seen.values(IdKind::Server).map(host_of).peekable();
        named(IdKind::Context, name)
            && named(IdKind::Cluster, name)
            && servers.peek().is_some()
            && servers.all(|host| near(host, networks))
    })
}

/// A dotted address whose first three numbers are these (`192.168.49.`): the rest must be one number.
fn in_network(host: &str, network: &str) -> bool {
    host.strip_prefix(network).is_some_and(|last| last.parse::<u8>().is_ok())
}

/// The host of a server URL: without scheme, user, port and path.
pub fn host_of(server: &str) -> &str {
    let rest = server.split_once("://").map_or(server, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    if let Some(end) = host.strip_prefix('[').and_then(|h| h.find(']')) {
        return host.get(1..=end).unwrap_or(host);
    }
    host.split(':').next().unwrap_or(host)
}

/// Whether a daemon's endpoint, or a pattern for it, names no machine in particular: a socket, which every machine has, or an
/// address of the loopback, where tunnels end.
pub fn is_everywhere(endpoint: &str) -> bool {
    let endpoint = endpoint.to_ascii_lowercase();
    let scheme = endpoint.split_once("://").map(|(scheme, _)| scheme);
    let host = host_of(&endpoint);
    matches!(scheme, Some("unix" | "npipe" | "fd")) || host.is_empty() || is_loopback(host)
}

/// A pattern with a scheme is compared with the whole URL, one without with the host and with host:port.
fn server_matches(pattern: &str, server: &str) -> bool {
    if pattern.contains("://") {
        return glob::matches(&plain_url(pattern), &plain_url(server));
    }
    let pattern = pattern.to_ascii_lowercase();
    let host = host_of(server).to_ascii_lowercase();
    let url = plain_url(server);
    let with_port = url.split_once("://").map_or(url.as_str(), |(_, rest)| rest);
    let authority = with_port.split('/').next().unwrap_or(with_port);
    glob::matches(&pattern, &host) || glob::matches(&pattern, authority)
}

/// One spelling per URL: lower-case scheme and host, no trailing slash, no default port.
fn plain_url(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("https", url));
    let scheme = scheme.to_ascii_lowercase();
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let mut authority = authority.to_ascii_lowercase();
    let default = match scheme.as_str() {
        "http" => ":80",
        "ssh" => ":22",
        // It is 2375 or 2376, by whether there are certificates.
        "tcp" => "",
        _ => ":443",
    };
    if let Some(plain) = authority.strip_suffix(default) {
        authority.truncate(plain.len());
    }
    format!("{scheme}://{authority}{}", path.trim_end_matches('/'))
}

/// A hash without its decoration: `sha256:`, colons, upper case.
fn plain_hash(hash: &str) -> String {
    let hash = hash.to_ascii_lowercase();
    hash.strip_prefix("sha256:").unwrap_or(&hash).chars().filter(|c| *c != ':').collect()
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
