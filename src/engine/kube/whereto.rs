//! What of a kubectl call says where it goes, for the memory of a terminal (client-go `loader.go`, cli-runtime
//! `config_flags.go`). Tokens and users say who goes there.

use crate::engine::trail::says::{File, Kind, Says};

/// The row.
pub const SAYS: Says = Says {
    kind: Kind::Cluster,
    vars: &["KUBECONFIG"],
    flags: &[("kubeconfig", 0), ("context", 0), ("cluster", 0), ("server", b's')],
    file: File { flag: 0, var: 0, list: true, below_home: "/.kube/config" },
};

/// Commands that look at files of this machine alone, by the first word of their path.
const STAYS: [&str; 7] = ["completion", "config", "help", "kuberc", "kustomize", "options", "plugin"];

/// Whether this command goes to no cluster.
pub fn stays(path: &str) -> bool {
    let first = path.split(' ').next().unwrap_or(path);
    STAYS.contains(&first)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::kube::kubectl::TABLE;

    #[test]
    fn what_stays_is_a_command_and_the_rest_goes() {
        for word in STAYS {
            let known = TABLE.commands.iter().any(|c| c.path.split(' ').next() == Some(word));
            assert!(known || word == "help", "{word}");
        }
        assert!(stays("config use-context") && stays("plugin list"));
        assert!(!stays("get") && !stays("version") && !stays("config-x"));
    }
}
