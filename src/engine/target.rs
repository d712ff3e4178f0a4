//! The real target of a command, every part with its source.

use super::fact::{Known, Sourced, Why};
use std::fmt;

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
            notes: Vec::new(),
        }
    }
}
