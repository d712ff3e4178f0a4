//! The real target: what kubectl itself would reach with these words, this environment and these files.
//!
//! Nothing here talks to a server or starts a program: files and variables are read, and every value keeps its source.

pub mod identity;
pub mod kubeconfig;
pub mod kuberc;
pub mod yaml;

use crate::engine::kube::KubeTarget;
use crate::engine::kube::kuberc::CredentialPolicy;

/// A resolved cluster, and how to reach it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedKube {
    /// Where the command goes, every part with its source.
    pub target: KubeTarget,
    /// What a client needs to go there too.
    pub access: Access,
}

/// What a client needs to reach exactly the resolved target.
#[derive(Clone, PartialEq, Eq)]
pub struct Access {
    /// A kubeconfig with the one cluster, user and context in use, as the files have them: relative paths made absolute,
    /// flags not folded in. kubectl with the caller's own words and `KUBECONFIG` pointing here reaches the same target.
    pub kubeconfig: Vec<u8>,
    /// The same with everything from the command line, the environment and the pod folded in: for guard's own client.
    pub effective: Vec<u8>,
    /// `--kubeconfig` stands among the words, so the variable `KUBECONFIG` cannot pin the file.
    pub from_flag: bool,
    /// kubectl would use the service account of the pod it runs in.
    pub in_cluster: bool,
    /// SHA-256 over everything that decides the target. Resolving again before the exec must give the same.
    pub digest: [u8; 32],
    /// `kubeconfig` with the answer of the credential plugin in place of the plugin, for kubectls that guard starts itself.
    pub settled: Option<Vec<u8>>,
    /// The command of the credential plugin that a client has to run, if any.
    pub exec_plugin: Option<String>,
    /// What kuberc says about credential plugins.
    pub plugin_policy: CredentialPolicy,
    /// The user entry has an `auth-provider` (OIDC), whose renewed tokens kubectl writes back into the file it came from:
    /// with a pinned copy in place of that file a renewal would be lost.
    pub writes_back: bool,
}

impl std::fmt::Debug for Access {
    /// The two kubeconfigs hold secrets: their lengths are shown, never their text.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access")
            .field("kubeconfig", &self.kubeconfig.len())
            .field("effective", &self.effective.len())
            .field("from_flag", &self.from_flag)
            .field("in_cluster", &self.in_cluster)
            .field("exec_plugin", &self.exec_plugin)
            .field("plugin_policy", &self.plugin_policy)
            .field("writes_back", &self.writes_back)
            .finish_non_exhaustive()
    }
}

/// One context of the files at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextSummary {
    /// The context's name.
    pub name: String,
    /// Its cluster entry.
    pub cluster: String,
    /// The server of that entry, empty when there is none.
    pub server: String,
    /// Its namespace, when it names one.
    pub namespace: Option<String>,
    /// True when `current-context` names it.
    pub current: bool,
    /// The file it stands in.
    pub file: String,
    /// The line it starts on, from 1.
    pub line: u32,
}
