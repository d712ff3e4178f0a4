//! The target of a kubectl command: server, context, namespace, and what proves which cluster that is.

use crate::engine::fact::{Known, Source, Sourced, Why};
use crate::engine::policy::place::{IdKind, Identity, Seen};
use crate::engine::server::{is_private, server_parts};
use crate::engine::target::{LIVE, Part, Target, Value};
use crate::engine::tool::TargetKind;

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
    /// The name the server's certificate is checked for, and a proxy in front of many clusters goes by (`tls-server-name`).
    pub tls_server_name: Option<String>,
    /// The proxy that requests go through, without a password in it: what it takes for the server's address is its own.
    pub proxy: Option<Sourced<String>>,
    /// What a person should know about the resolution itself (ignored variables, a pod's namespace leaking in …).
    pub notes: Vec<String>,
}

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
            tls_server_name: None,
            proxy: None,
            notes: Vec::new(),
        }
    }

    /// A target nothing is known of at all.
    pub fn unknown() -> KubeTarget {
        let nothing = || Sourced::new("unknown".to_owned(), Source::Default);
        KubeTarget::at(nothing(), nothing())
    }

    /// Whether the server's address says nothing of where requests end: behind a proxy `10.0.0.1` is whatever lies
    /// behind that proxy.
    pub fn address_proves_nothing(&self) -> bool {
        self.proxy.is_some() && is_private(&server_parts(&self.server.value).host)
    }

    /// Where the command goes, as data. `name` is the cluster's as the phrase spells it; `hit` are the namespaces of what is hit.
    pub fn data(&self, name: &str, hit: &[String]) -> Target {
        let entry = |part: &Option<Sourced<String>>| part.as_ref().map_or(Value::None, Value::from);
        // `delete ns pay` hits `pay`, wherever it is called, and `delete pv x` no namespace at all.
        let elsewhere = !self.all_namespaces && *hit != [self.namespace.value.clone()];
        let recorded = match (self.all_namespaces, elsewhere) {
            (true, _) => Value::said("*", "--all-namespaces"),
            (false, true) if hit.is_empty() => Value::None,
            (false, true) => Value::said(hit.join(","), "the objects"),
            (false, false) => Value::from(&self.namespace),
        };
        let parts = vec![
            Part::new("cluster", Value::Text(name.to_owned())),
            Part::new("server", Value::from(&self.server)).label("server").record("server"),
            Part::new("context", entry(&self.context)).label("context").record("context"),
            Part::new("cluster_entry", entry(&self.cluster)).label("cluster").record("cluster"),
            Part::new("user", entry(&self.user)).label("user").record("user"),
            Part::new("acting_as", entry(&self.acting_as)).label("acting as").record("acting_as"),
            Part::new("namespace", Value::from(&self.namespace)).label("namespace"),
            Part::new("all_namespaces", Value::Flag(self.all_namespaces)),
            Part::recorded("namespace", recorded),
            Part::shown("chosen by", Value::Text(self.chosen_by.to_string())),
            Part::new("ca_sha256", Value::text(self.ca_sha256.as_deref())).label("ca sha256"),
            Part::new("uid", Value::live(&self.uid, " (kube-system)", LIVE))
                .or_why("uid_unknown")
                .label("uid")
                .record("uid"),
            Part::new("chosen_by", Value::Text(self.chosen_by.to_string())),
        ];
        Target { parts, notes: self.notes.clone() }
    }

    /// The identities of a Kubernetes self.
    pub fn seen(&self) -> Seen {
        let mut seen = Seen { of: Some(TargetKind::Cluster), ..Seen::default() };
        let mut push = |kind, value: &str| seen.identities.push(Identity::new(kind, value));
        push(IdKind::Server, &self.server.value);
        if let Some(context) = &self.context {
            push(IdKind::Context, &context.value);
        }
        if let Some(cluster) = &self.cluster {
            push(IdKind::Cluster, &cluster.value);
        }
        if let Some(name) = &self.exec_cluster_name {
            push(IdKind::Cluster, name);
        }
        if let Some(ca) = &self.ca_sha256 {
            push(IdKind::Ca, ca);
        }
        match &self.uid {
            Known::Known(uid) => push(IdKind::Uid, uid),
            Known::Unknown(_) => seen.unknown.push(IdKind::Uid),
        }
        if self.address_proves_nothing() {
            seen.unknown.push(IdKind::Server);
        }
        seen
    }
}
