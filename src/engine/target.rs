//! The real target of a command, every part with its source.

mod aws;
mod host;

use super::fact::{Known, Sourced, Why};
use core::net::{IpAddr, Ipv4Addr};
use std::fmt;

pub use aws::AwsTarget;
pub use host::{HostTarget, is_generic};

/// What a target is to the people who run it: known by identity, never by a context's name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Environment {
    /// Safe to play with.
    Development,
    /// Shared, but nothing of it is irreplaceable.
    Staging,
    /// Nobody has said; treated as production.
    Unclassified,
    /// Named production by policy or by a naming hint.
    Production,
}

impl Environment {
    /// All of them, mildest first.
    pub const ALL: [Environment; 4] =
        [Environment::Development, Environment::Staging, Environment::Unclassified, Environment::Production];

    /// The word used in output, policy files and audit records.
    pub const fn word(self) -> &'static str {
        match self {
            Environment::Development => "development",
            Environment::Staging => "staging",
            Environment::Unclassified => "unclassified",
            Environment::Production => "production",
        }
    }

    /// The environment with this word.
    pub fn from_word(word: &str) -> Option<Environment> {
        Environment::ALL.into_iter().find(|e| e.word() == word)
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// A Kubernetes target as kubectl itself would reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeTarget {
    /// The API server's URL.
    pub server: Sourced<String>,
    /// The context entry in use, when one is.
    pub context: Option<Sourced<String>>,
    /// The cluster entry in use, when one is.
    pub cluster: Option<Sourced<String>>,
    /// The user entry in use, when one is.
    pub user: Option<Sourced<String>>,
    /// Whom the caller impersonates (`--as`, `act-as`).
    pub acting_as: Option<Sourced<String>>,
    /// The namespace of namespaced objects that name none.
    pub namespace: Sourced<String>,
    /// True when `-A` widens the command to every namespace.
    pub all_namespaces: bool,
    /// SHA-256 of the CA certificates in DER, lower-case hex; absent when TLS is off, unverified or rests on the system's roots.
    pub ca_sha256: Option<String>,
    /// `metadata.uid` of the kube-system namespace: the cluster's identity, as the live system says it.
    pub uid: Known<String>,
    /// Which file or variable chose the context: the answer to "why here?".
    pub chosen_by: Source,
    /// How often the cluster entry's name stands in the files at hand with different servers; more than one makes it useless as a phrase.
    pub cluster_name_is_ambiguous: bool,
    /// The cluster's name as the credential plugin's arguments say it (`--cluster-name x`, `--cluster x`).
    pub exec_cluster_name: Option<String>,
    /// The proxy that requests go through, without a password in it: what it takes for the server's address is its own.
    pub proxy: Option<Sourced<String>>,
    /// What a person should know about the resolution itself (ignored variables, a pod's namespace leaking in …).
    pub notes: Vec<String>,
}

pub use super::fact::Source;

impl KubeTarget {
    /// A target nothing is known of but its server; the start for resolvers and tests.
    pub fn at(server: Sourced<String>, namespace: Sourced<String>) -> KubeTarget {
        KubeTarget {
            chosen_by: server.from.clone(),
            server,
            context: None,
            cluster: None,
            user: None,
            acting_as: None,
            namespace,
            all_namespaces: false,
            ca_sha256: None,
            uid: Known::Unknown(Why::NotAsked),
            cluster_name_is_ambiguous: false,
            exec_cluster_name: None,
            proxy: None,
            notes: Vec::new(),
        }
    }

    /// Whether the server's address says nothing of where requests end: behind a proxy `10.0.0.1` is whatever lies
    /// behind that proxy.
    pub fn address_proves_nothing(&self) -> bool {
        self.proxy.is_some() && is_private(&server_parts(&self.server.value).host)
    }
}

/// The target of a command, of whichever family its tool is.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// A cluster.
    Kube(&'a KubeTarget),
    /// An account.
    Aws(&'a AwsTarget),
    /// A machine.
    Host(&'a HostTarget),
}

impl<'a> Target<'a> {
    /// The Kubernetes target, if it is one.
    pub const fn kube(self) -> Option<&'a KubeTarget> {
        match self {
            Target::Kube(target) => Some(target),
            Target::Aws(_) | Target::Host(_) => None,
        }
    }

    /// The AWS target, if it is one.
    pub const fn aws(self) -> Option<&'a AwsTarget> {
        match self {
            Target::Aws(target) => Some(target),
            Target::Kube(_) | Target::Host(_) => None,
        }
    }

    /// What a person should know about the resolution itself.
    pub fn notes(self) -> &'a [String] {
        match self {
            Target::Kube(target) => &target.notes,
            Target::Aws(target) => &target.notes,
            Target::Host(target) => &target.notes,
        }
    }
}

/// Names that only mean something inside a network (RFC 6762, 8375, 9476 and ICANN's `internal`, and the usual ones).
const PRIVATE_DOMAINS: [&str; 9] =
    ["local", "localhost", "internal", "home.arpa", "lan", "intranet", "corp", "home", "svc"];

/// Whether a host is an address or a name that many networks use at the same time.
pub fn is_private(host: &str) -> bool {
    if let Ok(address) = host.parse::<IpAddr>() {
        return match address {
            IpAddr::V4(v4) => is_private_v4(v4),
            IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
                Some(v4) => is_private_v4(v4),
                // fc00::/7 (RFC 4193), fe80::/10.
                None => {
                    let first = v6.segments().first().copied().unwrap_or_default();
                    v6.is_loopback()
                        || v6.is_unspecified()
                        || first & 0xfe00 == 0xfc00
                        || first & 0xffc0 == 0xfe80
                }
            },
        };
    }
    let inside = |domain: &&str| host.strip_suffix(*domain).is_some_and(|h| h.is_empty() || h.ends_with('.'));
    !host.contains('.') || PRIVATE_DOMAINS.iter().any(inside)
}

fn is_private_v4(address: Ipv4Addr) -> bool {
    // 100.64.0.0/10 (RFC 6598) is the carriers' and the mesh VPNs' own.
    let shared = matches!(address.octets(), [100, second, ..] if second & 0xc0 == 64);
    address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_unspecified()
        || shared
}

/// An API server's URL, taken apart as client-go does: without a scheme (or with a name that only looks like one, as in
/// `localhost:8080`) it is plain HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServerParts<'a> {
    /// Lower-case.
    pub scheme: String,
    /// Lower-case, without brackets.
    pub host: String,
    /// The port, also when it is only the scheme's own.
    pub port: String,
    /// The path without slashes at its end; empty when there is none.
    pub path: &'a str,
}

impl ServerParts<'_> {
    /// `host:port`, an IPv6 address in brackets.
    pub fn host_port(&self) -> String {
        let (open, close) = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        format!("{open}{}{close}:{}", self.host, self.port)
    }
}

/// Takes a server apart. Total: what is no URL is a host.
pub fn server_parts(server: &str) -> ServerParts<'_> {
    let (scheme, rest) = match server.split_once("://") {
        Some((scheme, rest)) if is_scheme(scheme) && !rest.starts_with('/') && !rest.is_empty() => {
            (scheme.to_ascii_lowercase(), rest)
        }
        _ => ("http".to_owned(), server),
    };
    let rest = rest.split(['?', '#']).next().unwrap_or(rest);
    let (authority, path) = match rest.find('/') {
        Some(at) => rest.split_at(at),
        None => (rest, ""),
    };
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port))
            if port.bytes().all(|b| b.is_ascii_digit()) && (!host.contains(':') || host.ends_with(']')) =>
        {
            (host, port)
        }
        _ => (authority, ""),
    };
    let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    let port = match (port.trim_start_matches('0'), scheme.as_str()) {
        ("", "https") => "443",
        ("", _) => "80",
        (port, _) => port,
    };
    ServerParts {
        port: port.to_owned(),
        host: host.trim_end_matches('.').to_lowercase(),
        path: path.trim_end_matches('/'),
        scheme,
    }
}

fn is_scheme(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|b| b.is_ascii_alphabetic())
        && bytes.all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'-' | b'.'))
}

/// Whether kubectl speaks TLS with this server. Without TLS it never reads any credentials.
pub fn is_tls(server: &str) -> bool {
    server_parts(server).scheme == "https"
}

/// The server in the one form used for comparing: scheme and host in lower case, the port always written, no slash at
/// the end, no user, query or fragment.
pub fn normal_server(server: &str) -> String {
    let parts = server_parts(server);
    format!("{}://{}{}", parts.scheme, parts.host_port(), parts.path)
}

/// What a policy can know a target by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentityKind {
    /// The server's URL in its normal form.
    Server,
    /// The server's host name or address.
    Host,
    /// `metadata.uid` of kube-system.
    Uid,
    /// SHA-256 of the CA certificates.
    Ca,
    /// The context's name: anybody can choose it.
    Context,
    /// The cluster entry's name, or what the credential plugin calls the cluster: chosen by people too.
    Cluster,
}

impl IdentityKind {
    /// The word used in policy files and output.
    pub const fn word(self) -> &'static str {
        match self {
            IdentityKind::Server => "server",
            IdentityKind::Host => "host",
            IdentityKind::Uid => "uid",
            IdentityKind::Ca => "ca",
            IdentityKind::Context => "context",
            IdentityKind::Cluster => "cluster",
        }
    }

    /// True for what the target itself proves; names out of a file prove nothing.
    pub const fn is_proof(self) -> bool {
        !matches!(self, IdentityKind::Context | IdentityKind::Cluster)
    }
}

/// Everything this target can be recognised by, the strong kinds first.
pub fn identities(target: &KubeTarget) -> Vec<(IdentityKind, String)> {
    let parts = server_parts(&target.server.value);
    let mut out =
        vec![(IdentityKind::Server, normal_server(&target.server.value)), (IdentityKind::Host, parts.host)];
    if let Some(uid) = target.uid.value() {
        out.push((IdentityKind::Uid, uid.clone()));
    }
    if let Some(ca) = &target.ca_sha256 {
        out.push((IdentityKind::Ca, ca.clone()));
    }
    if let Some(context) = &target.context {
        out.push((IdentityKind::Context, context.value.clone()));
    }
    let names = target.cluster.as_ref().map(|c| &c.value).into_iter().chain(&target.exec_cluster_name);
    for name in names {
        let row = (IdentityKind::Cluster, name.clone());
        if !out.contains(&row) {
            out.push(row);
        }
    }
    out
}

/// Whether a host is this machine itself.
pub fn is_loopback(host: &str) -> bool {
    if host == "localhost" || host.ends_with(".localhost") {
        return true;
    }
    // Connecting to the unspecified address reaches this machine too; k3d writes it.
    if matches!(host, "::1" | "::" | "0:0:0:0:0:0:0:1") {
        return true;
    }
    let numbers: Option<Vec<u8>> = host.split('.').map(|part| part.parse().ok()).collect();
    numbers.is_some_and(|n| n.len() == 4 && (n.first() == Some(&127) || n.iter().all(|b| *b == 0)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn servers_in_their_normal_form() {
        for (server, want) in [
            ("https://10.0.3.12:6443", "https://10.0.3.12:6443"),
            ("HTTPS://API.Example.com/", "https://api.example.com:443"),
            ("https://api.example.com:443", "https://api.example.com:443"),
            ("https://api.example.com.", "https://api.example.com:443"),
            ("http://localhost:8080", "http://localhost:8080"),
            ("localhost:8080", "http://localhost:8080"),
            ("10.0.0.1", "http://10.0.0.1:80"),
            ("https://[::1]:6443/", "https://[::1]:6443"),
            ("https://[FE80::1]", "https://[fe80::1]:443"),
            ("https://rancher.example/k8s/clusters/c-1/", "https://rancher.example:443/k8s/clusters/c-1"),
            ("https://h/a?x=1#y", "https://h:443/a"),
            ("https://user:pw@h:6443", "https://h:6443"),
            ("https://h:06443", "https://h:6443"),
        ] {
            assert_eq!(normal_server(server), want, "{server}");
        }
    }

    #[test]
    fn only_https_is_tls() {
        assert!(is_tls("https://h") && is_tls("HTTPS://h:1"));
        assert!(!is_tls("http://h") && !is_tls("h:443") && !is_tls("https:///x") && !is_tls(""));
    }

    #[test]
    fn proofs_come_before_names() {
        let mut t = KubeTarget::at(
            Sourced::new("https://h:6443".into(), Source::Default),
            Sourced::new("default".into(), Source::Default),
        );
        t.context = Some(Sourced::new("c".into(), Source::Default));
        t.cluster = Some(Sourced::new("k".into(), Source::Default));
        t.exec_cluster_name = Some("k".into());
        t.uid = Known::Known("u".into());
        t.ca_sha256 = Some("ab".into());
        let all: Vec<String> = identities(&t).into_iter().map(|(k, v)| format!("{}={v}", k.word())).collect();
        assert_eq!(all, ["server=https://h:6443", "host=h", "uid=u", "ca=ab", "context=c", "cluster=k"]);
    }

    proptest! {
        #[test]
        fn the_normal_form_is_a_fixed_point(server in "\\PC{0,60}") {
            let once = normal_server(&server);
            prop_assume!(!server_parts(&server).host.contains([':', '@', '[', ']']));
            prop_assume!(!server_parts(&server).host.is_empty());
            prop_assert_eq!(normal_server(&once), once.clone());
        }
    }
}
