//! The built-in kinds and whether their objects live in namespaces: what `kubectl api-resources` prints for a server
//! without anything added (Kubernetes 1.24 to 1.36), the snapshot controller's kinds, and OpenShift's projects.
//!
//! A kind that does not stand here may live anywhere: only the server's discovery tells.

/// Where the objects of a kind live.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placed {
    /// In a namespace.
    Namespaced,
    /// Beside all namespaces.
    Cluster,
}

/// One built-in kind.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// Plural name, as in paths.
    pub resource: &'static str,
    /// Singular name: the kind in lower case.
    pub singular: &'static str,
    /// Short names.
    pub short: &'static [&'static str],
    /// API group, empty for the core group.
    pub group: &'static str,
    /// Where its objects live.
    pub placed: Placed,
}

impl Kind {
    /// Whether this is one of its names: plural, singular or short, in small letters.
    pub(super) fn is_called(&self, name: &str) -> bool {
        self.resource == name || self.singular == name || self.short.contains(&name)
    }
}

const fn row(
    resource: &'static str,
    singular: &'static str,
    short: &'static [&'static str],
    group: &'static str,
    placed: Placed,
) -> Kind {
    Kind { resource, singular, short, group, placed }
}

use Placed::{Cluster, Namespaced};

const ADMISSION: &str = "admissionregistration.k8s.io";
const FLOW: &str = "flowcontrol.apiserver.k8s.io";
const NETWORK: &str = "networking.k8s.io";
const RBAC: &str = "rbac.authorization.k8s.io";
const RESOURCE: &str = "resource.k8s.io";
const SNAPSHOT: &str = "snapshot.storage.k8s.io";
const STORAGE: &str = "storage.k8s.io";

/// Every built-in kind, sorted by resource.
pub const KINDS: &[Kind] = &[
    row("apiservices", "apiservice", &[], "apiregistration.k8s.io", Cluster),
    row("bindings", "binding", &[], "", Namespaced),
    row("certificatesigningrequests", "certificatesigningrequest", &["csr"], "certificates.k8s.io", Cluster),
    row("clusterrolebindings", "clusterrolebinding", &[], RBAC, Cluster),
    row("clusterroles", "clusterrole", &[], RBAC, Cluster),
    row("componentstatuses", "componentstatus", &["cs"], "", Cluster),
    row("configmaps", "configmap", &["cm"], "", Namespaced),
    row("controllerrevisions", "controllerrevision", &[], "apps", Namespaced),
    row("cronjobs", "cronjob", &["cj"], "batch", Namespaced),
    row("csidrivers", "csidriver", &[], STORAGE, Cluster),
    row("csinodes", "csinode", &[], STORAGE, Cluster),
    row("csistoragecapacities", "csistoragecapacity", &[], STORAGE, Namespaced),
    row(
        "customresourcedefinitions",
        "customresourcedefinition",
        &["crd", "crds"],
        "apiextensions.k8s.io",
        Cluster,
    ),
    row("daemonsets", "daemonset", &["ds"], "apps", Namespaced),
    row("deployments", "deployment", &["deploy"], "apps", Namespaced),
    row("deviceclasses", "deviceclass", &[], RESOURCE, Cluster),
    row("endpoints", "endpoints", &["ep"], "", Namespaced),
    row("endpointslices", "endpointslice", &[], "discovery.k8s.io", Namespaced),
    row("events", "event", &["ev"], "", Namespaced),
    row("flowschemas", "flowschema", &[], FLOW, Cluster),
    row("horizontalpodautoscalers", "horizontalpodautoscaler", &["hpa"], "autoscaling", Namespaced),
    row("ingressclasses", "ingressclass", &[], NETWORK, Cluster),
    row("ingresses", "ingress", &["ing"], NETWORK, Namespaced),
    row("ipaddresses", "ipaddress", &["ip"], NETWORK, Cluster),
    row("jobs", "job", &[], "batch", Namespaced),
    row("leases", "lease", &[], "coordination.k8s.io", Namespaced),
    row("limitranges", "limitrange", &["limits"], "", Namespaced),
    row("mutatingadmissionpolicies", "mutatingadmissionpolicy", &[], ADMISSION, Cluster),
    row("mutatingadmissionpolicybindings", "mutatingadmissionpolicybinding", &[], ADMISSION, Cluster),
    row("mutatingwebhookconfigurations", "mutatingwebhookconfiguration", &[], ADMISSION, Cluster),
    row("namespaces", "namespace", &["ns"], "", Cluster),
    row("networkpolicies", "networkpolicy", &["netpol"], NETWORK, Namespaced),
    row("nodes", "node", &["no"], "", Cluster),
    row("persistentvolumeclaims", "persistentvolumeclaim", &["pvc"], "", Namespaced),
    row("persistentvolumes", "persistentvolume", &["pv"], "", Cluster),
    row("poddisruptionbudgets", "poddisruptionbudget", &["pdb"], "policy", Namespaced),
    row("pods", "pod", &["po"], "", Namespaced),
    row("podtemplates", "podtemplate", &[], "", Namespaced),
    row("priorityclasses", "priorityclass", &["pc"], "scheduling.k8s.io", Cluster),
    row("prioritylevelconfigurations", "prioritylevelconfiguration", &[], FLOW, Cluster),
    row("projects", "project", &[], "project.openshift.io", Cluster),
    row("replicasets", "replicaset", &["rs"], "apps", Namespaced),
    row("replicationcontrollers", "replicationcontroller", &["rc"], "", Namespaced),
    row("resourceclaims", "resourceclaim", &[], RESOURCE, Namespaced),
    row("resourceclaimtemplates", "resourceclaimtemplate", &[], RESOURCE, Namespaced),
    row("resourcequotas", "resourcequota", &["quota"], "", Namespaced),
    row("resourceslices", "resourceslice", &[], RESOURCE, Cluster),
    row("rolebindings", "rolebinding", &[], RBAC, Namespaced),
    row("roles", "role", &[], RBAC, Namespaced),
    row("runtimeclasses", "runtimeclass", &[], "node.k8s.io", Cluster),
    row("secrets", "secret", &[], "", Namespaced),
    row("serviceaccounts", "serviceaccount", &["sa"], "", Namespaced),
    row("servicecidrs", "servicecidr", &[], NETWORK, Cluster),
    row("services", "service", &["svc"], "", Namespaced),
    row("statefulsets", "statefulset", &["sts"], "apps", Namespaced),
    row("storageclasses", "storageclass", &["sc"], STORAGE, Cluster),
    row("validatingadmissionpolicies", "validatingadmissionpolicy", &[], ADMISSION, Cluster),
    row("validatingadmissionpolicybindings", "validatingadmissionpolicybinding", &[], ADMISSION, Cluster),
    row("validatingwebhookconfigurations", "validatingwebhookconfiguration", &[], ADMISSION, Cluster),
    row("volumeattachments", "volumeattachment", &[], STORAGE, Cluster),
    row("volumeattributesclasses", "volumeattributesclass", &["vac"], STORAGE, Cluster),
    row("volumesnapshotclasses", "volumesnapshotclass", &["vsclass", "vsclasses"], SNAPSHOT, Cluster),
    row("volumesnapshotcontents", "volumesnapshotcontent", &["vsc", "vscs"], SNAPSHOT, Cluster),
    row("volumesnapshots", "volumesnapshot", &["vs"], SNAPSHOT, Namespaced),
];

/// Groups some built-in kinds were or are served in as well.
const OTHER_GROUPS: &[&str] = &["extensions", "events.k8s.io", "apps", "batch", "autoscaling", "policy"];

/// Where objects of a kind live, by any name kubectl takes for it (`po`, `pods`, `Deployment`, `deployments.v1.apps`,
/// the category `all`); `None` when only the server tells.
pub fn placed(word: &str) -> Option<Placed> {
    let lower = word.to_ascii_lowercase();
    let (name, group) = parts(&lower);
    if name == "all" && group.is_empty() {
        return Some(Namespaced);
    }
    let found = KINDS.iter().find(|k| k.is_called(name))?;
    let group = if is_version(group) { "" } else { group };
    is_group_of(found, group).then_some(found.placed)
}

/// The same for a document's `apiVersion` (its group) and `kind`.
pub fn placed_kind(group: &str, kind: &str) -> Option<Placed> {
    let lower = kind.to_ascii_lowercase();
    let found = KINDS.iter().find(|k| k.singular == lower)?;
    (found.group == group || (!group.is_empty() && is_group_of(found, group))).then_some(found.placed)
}

/// Whether a word without a group, or with this one, may only mean the built-in kind.
fn is_group_of(kind: &Kind, group: &str) -> bool {
    group.is_empty() || kind.group == group || OTHER_GROUPS.contains(&group)
}

/// A word in small letters, taken apart into name and group: a version may stand before the group (`deployments.v1.apps`).
pub(super) fn parts(word: &str) -> (&str, &str) {
    let (name, group) = word.split_once('.').unwrap_or((word, ""));
    match group.split_once('.') {
        Some((version, rest)) if is_version(version) => (name, rest),
        _ => (name, group),
    }
}

fn is_version(text: &str) -> bool {
    text.strip_prefix('v').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

/// Whether a kind, as written, is known to have no namespace.
pub fn is_cluster_scoped(word: &str) -> bool {
    placed(word) == Some(Cluster)
}

/// Whether everything in a namespace goes with an object of this kind, as written: the namespace itself.
pub fn is_namespace(word: &str) -> bool {
    matches!(parts(&word.to_ascii_lowercase()).0, "namespaces" | "namespace" | "ns" | "projects" | "project")
}

/// Whether every object of some kind goes with an object of this kind, as written: a definition.
pub fn is_definition(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    matches!(parts(&lower).0, "customresourcedefinitions" | "customresourcedefinition" | "crd" | "crds")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted() {
        assert!(KINDS.is_sorted_by_key(|k| k.resource));
    }

    #[test]
    fn kinds_are_found_by_every_name() {
        for (word, want) in [
            ("pod", Some(Namespaced)),
            ("Pods", Some(Namespaced)),
            ("deploy", Some(Namespaced)),
            ("deployments.apps", Some(Namespaced)),
            ("deployments.v1.apps", Some(Namespaced)),
            ("deployments.v1beta1.extensions", Some(Namespaced)),
            ("services.v1", Some(Namespaced)),
            ("all", Some(Namespaced)),
            ("pv", Some(Cluster)),
            ("customresourcedefinitions.apiextensions.k8s.io", Some(Cluster)),
            ("services.serving.knative.dev", None),
            ("certificates", None),
            ("clusterissuers.cert-manager.io", None),
            ("", None),
        ] {
            assert_eq!(placed(word), want, "{word}");
        }
        for (group, kind, want) in [
            ("", "Pod", Some(Namespaced)),
            ("apps", "Deployment", Some(Namespaced)),
            ("extensions", "Ingress", Some(Namespaced)),
            ("rbac.authorization.k8s.io", "ClusterRole", Some(Cluster)),
            ("serving.knative.dev", "Service", None),
            ("", "Deployment", None),
            ("cert-manager.io", "Certificate", None),
        ] {
            assert_eq!(placed_kind(group, kind), want, "{group} {kind}");
        }
    }
}
