//! Commands whose own words say which kind they make: a rule about secrets has nothing to say about `create configmap`.

use crate::engine::situation::Object;

/// What a command makes: its path, then kind, group and plural of the API.
struct Makes(&'static str, &'static str, &'static str, &'static str);

const RBAC: &str = "rbac.authorization.k8s.io";

/// By kubectl's own sources of 1.36 (`pkg/cmd/create`, `run`, `expose`, `autoscale`). A path stands for every command
/// below it. `create -f` says no kind and is not in here.
const MAKES: [Makes; 19] = [
    Makes("autoscale", "HorizontalPodAutoscaler", "autoscaling", "horizontalpodautoscalers"),
    Makes("create clusterrole", "ClusterRole", RBAC, "clusterroles"),
    Makes("create clusterrolebinding", "ClusterRoleBinding", RBAC, "clusterrolebindings"),
    Makes("create configmap", "ConfigMap", "", "configmaps"),
    Makes("create cronjob", "CronJob", "batch", "cronjobs"),
    Makes("create deployment", "Deployment", "apps", "deployments"),
    Makes("create ingress", "Ingress", "networking.k8s.io", "ingresses"),
    Makes("create job", "Job", "batch", "jobs"),
    Makes("create namespace", "Namespace", "", "namespaces"),
    Makes("create poddisruptionbudget", "PodDisruptionBudget", "policy", "poddisruptionbudgets"),
    Makes("create priorityclass", "PriorityClass", "scheduling.k8s.io", "priorityclasses"),
    Makes("create quota", "ResourceQuota", "", "resourcequotas"),
    Makes("create role", "Role", RBAC, "roles"),
    Makes("create rolebinding", "RoleBinding", RBAC, "rolebindings"),
    Makes("create secret", "Secret", "", "secrets"),
    Makes("create service", "Service", "", "services"),
    Makes("create serviceaccount", "ServiceAccount", "", "serviceaccounts"),
    Makes("expose", "Service", "", "services"),
    Makes("run", "Pod", "", "pods"),
];

/// Commands that work on a subresource of one named object: its path, then the kind as above.
const WORKS_ON: [Makes; 3] = [
    Makes(
        "certificate approve",
        "CertificateSigningRequest",
        "certificates.k8s.io",
        "certificatesigningrequests",
    ),
    Makes(
        "certificate deny",
        "CertificateSigningRequest",
        "certificates.k8s.io",
        "certificatesigningrequests",
    ),
    Makes("create token", "ServiceAccount", "", "serviceaccounts"),
];

/// The object a command makes or works on by its path alone, when there is one; it has no name yet.
pub fn of_path(path: &str) -> Option<Object> {
    let below =
        |makes: &str| path.strip_prefix(makes).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
    let Makes(_, kind, group, resource) = MAKES.iter().chain(&WORKS_ON).find(|row| below(row.0))?;
    Some(Object {
        kind: (*kind).to_owned(),
        group: (*group).to_owned(),
        resource: (*resource).to_owned(),
        ..Object::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::kube::kubectl;

    #[test]
    fn every_path_is_one_of_kubectls_and_every_create_is_in_here() {
        let table = &kubectl::TABLE;
        let known = |path: &str| table.commands.iter().any(|c| c.path == path);
        for Makes(path, ..) in MAKES.iter().chain(&WORKS_ON) {
            assert!(known(path), "{path}");
        }
        for command in table.commands.iter().filter(|c| c.path.starts_with("create ")) {
            assert!(of_path(command.path).is_some(), "{}", command.path);
        }
    }

    #[test]
    fn a_path_covers_what_stands_below_it_and_nothing_beside_it() {
        let kind = |path: &str| of_path(path).map(|o| o.kind);
        assert_eq!(kind("create secret generic").as_deref(), Some("Secret"));
        assert_eq!(kind("create role").as_deref(), Some("Role"));
        assert_eq!(kind("create rolebinding").as_deref(), Some("RoleBinding"));
        assert_eq!((kind("create"), kind("runner"), kind("")), (None, None, None));
    }
}
