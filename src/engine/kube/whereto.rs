//! Where a kubectl call goes, for the memory of a terminal: what of it says so (client-go `loader.go`, cli-runtime
//! `config_flags.go`), and which calls go nowhere. Tokens and users say who goes there.

use crate::engine::effect::Effect;
use crate::engine::grammar::cobra::Parsed;
use crate::engine::trail::says::{File, Kind, Says};
use crate::engine::verdict::Goes;

/// The row.
pub const SAYS: Says = Says {
    kind: Kind::Cluster,
    vars: &["KUBECONFIG", "KUBERNETES_MASTER", "HTTPS_PROXY", "https_proxy"],
    flags: &[("kubeconfig", 0), ("context", 0), ("cluster", 0), ("server", b's')],
    inside: &[("namespace", b'n'), ("all-namespaces", b'A')],
    files: &[File { flag: Some(0), var: 0, list: true, below_home: "/.kube/config" }],
};

/// Commands that look at files of this machine alone, by the first word of their path.
const STAYS: [&str; 7] = ["completion", "config", "help", "kuberc", "kustomize", "options", "plugin"];

/// Whether this command goes to no cluster.
pub fn stays(path: &str) -> bool {
    let first = path.split(' ').next().unwrap_or(path);
    STAYS.contains(&first)
}

/// Whether these words go to a cluster, by what they do.
pub(super) fn goes(parsed: &Parsed<'_>, effect: Effect) -> Goes {
    // A plugin, or nothing at all.
    let Some(command) = parsed.command else {
        return if effect == Effect::Read { Goes::Nowhere } else { Goes::Out };
    };
    let asks_nobody = parsed.problem.is_some()
        || parsed.on("help")
        || (command.path == "version" && parsed.on("client"))
        || parsed.last("dry-run") == Some(b"client");
    match stays(command.path) {
        _ if asks_nobody => Goes::Nowhere,
        true if effect == Effect::Read => Goes::Nowhere,
        true => Goes::Switches,
        false => Goes::Out,
    }
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

    #[test]
    fn what_prints_help_or_is_refused_goes_nowhere() {
        use crate::engine::classify::classify;
        for (line, want) in [
            ("get pods", Goes::Out),
            ("delete ns a", Goes::Out),
            ("version", Goes::Out),
            ("apply -f x --dry-run=server", Goes::Out),
            ("no-such-plugin x", Goes::Out),
            ("config use-context a", Goes::Switches),
            ("config set-context --current --namespace=a", Goes::Switches),
            ("config view", Goes::Nowhere),
            ("config use-context a --help", Goes::Nowhere),
            ("", Goes::Nowhere),
            ("--help", Goes::Nowhere),
            ("get -h", Goes::Nowhere),
            ("delete --help", Goes::Nowhere),
            ("version --client", Goes::Nowhere),
            ("get pods --no-such-flag", Goes::Nowhere),
            ("create cm a --dry-run=client -o yaml", Goes::Nowhere),
        ] {
            let words: Vec<&[u8]> = line.split_whitespace().map(str::as_bytes).collect();
            assert_eq!(classify(b"kubectl", &words).goes, want, "{line}");
        }
    }
}
