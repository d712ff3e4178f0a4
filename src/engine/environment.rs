//! What a target's names hint at, before any policy speaks. Names only ever classify up; the one way down is a known
//! local cluster whose server is on this machine.

use super::escape::escape;
use super::glob;
use super::target::{Environment, KubeTarget, server_parts};

/// Words that mean production when they stand alone between separators.
const PRODUCTION: &[&str] = &["prod", "production", "prd", "live"];
/// Words that take the meaning away from the next one: `pre-prod`, `non-prod`.
const BEFORE: &[&str] = &["pre", "non", "not", "no"];

/// Local clusters by the names their tools give to context and cluster entry alike, with the servers they write besides
/// loopback addresses.
const LOCAL: &[(&str, &[&str])] = &[
    ("kind-*", &[]),
    // The docker and kvm2 drivers' own networks on this machine (minikube's defaults).
    ("minikube", &["192.168.49.*", "192.168.39.*"]),
    ("k3d-*", &[]),
    ("docker-desktop", &["kubernetes.docker.internal"]),
    ("rancher-desktop", &[]),
    ("orbstack", &["k8s.orb.local"]),
    ("colima", &[]),
    ("colima-*", &[]),
];

/// The environment the names suggest, and the reason in words for the screen.
pub fn by_hints(target: &KubeTarget) -> (Environment, String) {
    let parts = server_parts(&target.server.value);
    let value = |v: &Option<super::fact::Sourced<String>>| v.as_ref().map(|v| v.value.clone());
    let mut places = vec![
        ("context", value(&target.context)),
        ("cluster", value(&target.cluster)),
        ("cluster", target.exec_cluster_name.clone()),
        ("server", Some(format!("{}{}", parts.host, parts.path))),
    ];
    if !target.all_namespaces {
        places.push(("namespace", Some(target.namespace.value.clone())));
    }
    for (place, text) in places {
        if let Some(text) = text.filter(|t| names_production(t)) {
            return (Environment::Production, format!("{place} {} says so", escape(text.as_bytes())));
        }
    }
    if is_local(target) {
        let name = target.context.as_ref().map_or("", |c| c.value.as_str());
        return (Environment::Development, format!("{} is a local cluster", escape(name.as_bytes())));
    }
    (Environment::Unclassified, "no policy names it".into())
}

/// Whether a whole segment of the name says production: `prod-eu`, `eu_prod`, `prod01`; not `preprod`, `pre-prod`,
/// `nonprod`, `product`.
pub fn names_production(name: &str) -> bool {
    let lower = name.to_lowercase();
    let mut before = "";
    for segment in lower.split(|c: char| !c.is_alphanumeric()).filter(|s| !s.is_empty()) {
        let word = segment.trim_end_matches(|c: char| c.is_ascii_digit());
        if PRODUCTION.contains(&word) && !BEFORE.contains(&before) {
            return true;
        }
        before = segment;
    }
    false
}

/// A known local cluster by the name of its context and of its cluster entry, and by a server on this machine.
/// A loopback server alone proves nothing: k3s and kubeadm write one into production kubeconfigs, and tunnels end there.
pub fn is_local(target: &KubeTarget) -> bool {
    let (Some(context), Some(cluster)) = (&target.context, &target.cluster) else { return false };
    let parts = server_parts(&target.server.value);
    LOCAL.iter().any(|(name, hosts)| {
        glob::matches(name, &context.value)
            && glob::matches(name, &cluster.value)
            && (is_loopback(&parts.host) || hosts.iter().any(|h| glob::matches(h, &parts.host)))
    })
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
    use super::super::fact::{Source, Sourced};
    use super::*;

    fn target(context: &str, cluster: &str, server: &str, namespace: &str) -> KubeTarget {
        let of = |v: &str| Sourced::new(v.to_owned(), Source::Default);
        let mut t = KubeTarget::at(of(server), of(namespace));
        t.context = Some(of(context));
        t.cluster = Some(of(cluster));
        t
    }

    #[test]
    fn segments() {
        for yes in [
            "prod",
            "PROD",
            "production",
            "prd",
            "live",
            "eu-prod",
            "prod-eu",
            "prod_eu",
            "a.prod.b",
            "prod1",
            "prod-01",
            "gke_acme_eu_prod",
            "arn:aws:eks:eu-west-1:1:cluster/prod",
            "admin@prod",
            "live-2",
            "prod:eu",
        ] {
            assert!(names_production(yes), "{yes}");
        }
        for no in [
            "",
            "preprod",
            "pre-prod",
            "pre_prod",
            "nonprod",
            "non-prod",
            "not-prod",
            "product",
            "products",
            "reproduction",
            "delivery",
            "alive",
            "staging",
            "prodigy",
            "1prod",
            "livestream",
            "no-prod",
        ] {
            assert!(!names_production(no), "{no}");
        }
    }

    #[test]
    fn a_hint_in_any_place_counts() {
        for t in [
            target("prod", "a", "https://h", "x"),
            target("a", "prod", "https://h", "x"),
            target("a", "b", "https://api.prod.example.com", "x"),
            target("a", "b", "https://rancher/k8s/prod", "x"),
            target("a", "b", "https://h", "prod"),
            target("kind-prod", "kind-prod", "https://127.0.0.1:1", "x"),
        ] {
            assert_eq!(by_hints(&t).0, Environment::Production, "{t:?}");
        }
    }

    #[test]
    fn local_needs_the_name_twice_and_the_server() {
        for (name, server) in [
            ("kind-a", "https://127.0.0.1:40001"),
            ("minikube", "https://192.168.49.2:8443"),
            ("k3d-x", "https://0.0.0.0:6550"),
            ("docker-desktop", "https://kubernetes.docker.internal:6443"),
            ("orbstack", "https://127.0.0.1:26443"),
            ("colima", "https://[::1]:1"),
            ("colima-two", "https://localhost:1"),
            ("rancher-desktop", "https://127.0.0.1:6443"),
        ] {
            assert_eq!(
                by_hints(&target(name, name, server, "default")).0,
                Environment::Development,
                "{name}"
            );
        }
        for t in [
            target("default", "default", "https://127.0.0.1:6443", "x"),
            target("kubernetes-admin@kubernetes", "kubernetes", "https://localhost:6443", "x"),
            target("kind-a", "kind-a", "https://10.0.0.1:6443", "x"),
            target("kind-a", "other", "https://127.0.0.1:6443", "x"),
            target("other", "kind-a", "https://127.0.0.1:6443", "x"),
            target("minikube", "minikube", "https://10.0.0.1:8443", "x"),
            target("kind", "kind", "https://127.0.0.1:6443", "x"),
            target("kind-a", "kind-a", "https://127.0.0.1.evil.example", "x"),
        ] {
            assert_eq!(by_hints(&t).0, Environment::Unclassified, "{t:?}");
        }
    }

    #[test]
    fn nothing_but_a_local_cluster_goes_below_unclassified() {
        for name in ["staging", "dev", "test", "preprod", "qa", "sandbox"] {
            assert_eq!(
                by_hints(&target(name, name, "https://h", name)).0,
                Environment::Unclassified,
                "{name}"
            );
        }
    }
}
