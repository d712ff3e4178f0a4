//! Which words and groups are the API server's own, and which somebody added.

use super::kinds::{KINDS, parts};

/// Groups that the API server itself serves; every other one is a custom resource's or another server's.
const GROUPS: [&str; 20] = [
    "",
    "admissionregistration.k8s.io",
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "apps",
    "authentication.k8s.io",
    "authorization.k8s.io",
    "autoscaling",
    "batch",
    "certificates.k8s.io",
    "coordination.k8s.io",
    "discovery.k8s.io",
    "events.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "networking.k8s.io",
    "node.k8s.io",
    "policy",
    "rbac.authorization.k8s.io",
    "resource.k8s.io",
    "scheduling.k8s.io",
];

/// Whether the API server itself serves a group.
pub fn is_own_group(group: &str) -> bool {
    GROUPS.contains(&group) || matches!(group, "storage.k8s.io" | "storagemigration.k8s.io")
}

/// Every word for a well-known kind: plural, singular and short.
pub fn words() -> impl Iterator<Item = &'static str> {
    KINDS.iter().flat_map(|kind| [kind.resource, kind.singular].into_iter().chain(kind.short.iter().copied()))
}

/// Whether a word of a command line (`pods`, `deployments.apps`, `deployments.v1.apps`, `Pod`) is a built-in kind.
pub fn is_built_in(word: &str) -> bool {
    let word = word.to_ascii_lowercase();
    let (plain, group) = parts(&word);
    let mut named = KINDS.iter().filter(|kind| kind.is_called(plain));
    is_own_group(group) && (plain == "all" || named.any(|kind| is_own_group(kind.group)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_built_in_kinds() {
        for word in
            ["pods", "po", "Pod", "deployments.apps", "deployments.v1.apps", "leases", "all", "secret"]
        {
            assert!(is_built_in(word), "{word}");
        }
        for word in [
            "certificates.cert-manager.io",
            "widgets",
            "pods.metrics.k8s.io",
            "pods.v1beta1.metrics.k8s.io",
            "",
        ] {
            assert!(!is_built_in(word), "{word}");
        }
    }
}
