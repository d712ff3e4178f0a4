//! The kinds the embedded server knows: a table of built-in ones, and whatever CustomResourceDefinitions it holds.

use serde_json::Value;

/// One served resource type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// API group, empty for the core group.
    pub group: String,
    /// The one version served.
    pub version: String,
    /// Plural name, as in URLs.
    pub plural: String,
    /// `Kind` as in manifests.
    pub kind: String,
    /// Short names.
    pub short: Vec<String>,
    /// Categories such as `all`.
    pub categories: Vec<String>,
    /// Lives in a namespace.
    pub namespaced: bool,
    /// Subresources with a URL of their own.
    pub subresources: Vec<String>,
    /// Comes from a CustomResourceDefinition.
    pub custom: bool,
}

/// group, version, plural, kind, short names, categories, namespaced, subresources; words separated by blanks.
type Row =
    (&'static str, &'static str, &'static str, &'static str, &'static str, &'static str, bool, &'static str);

#[rustfmt::skip]
const BUILT_IN: &[Row] = &[
    ("", "v1", "namespaces", "Namespace", "ns", "", false, "finalize status"),
    ("", "v1", "pods", "Pod", "po", "all", true, "eviction status"),
    ("", "v1", "services", "Service", "svc", "all", true, "status"),
    ("", "v1", "configmaps", "ConfigMap", "cm", "", true, ""),
    ("", "v1", "secrets", "Secret", "", "", true, ""),
    ("", "v1", "serviceaccounts", "ServiceAccount", "sa", "", true, ""),
    ("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", "pvc", "", true, "status"),
    ("", "v1", "persistentvolumes", "PersistentVolume", "pv", "", false, "status"),
    ("", "v1", "nodes", "Node", "no", "", false, "status"),
    ("", "v1", "events", "Event", "ev", "", true, ""),
    ("", "v1", "endpoints", "Endpoints", "ep", "", true, ""),
    ("", "v1", "replicationcontrollers", "ReplicationController", "rc", "all", true, "scale status"),
    ("", "v1", "limitranges", "LimitRange", "limits", "", true, ""),
    ("", "v1", "resourcequotas", "ResourceQuota", "quota", "", true, "status"),
    ("apps", "v1", "deployments", "Deployment", "deploy", "all", true, "scale status"),
    ("apps", "v1", "replicasets", "ReplicaSet", "rs", "all", true, "scale status"),
    ("apps", "v1", "statefulsets", "StatefulSet", "sts", "all", true, "scale status"),
    ("apps", "v1", "daemonsets", "DaemonSet", "ds", "all", true, "status"),
    ("apps", "v1", "controllerrevisions", "ControllerRevision", "", "", true, ""),
    ("batch", "v1", "jobs", "Job", "", "all", true, "status"),
    ("batch", "v1", "cronjobs", "CronJob", "cj", "all", true, "status"),
    ("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", "hpa", "all", true, "status"),
    ("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", "pdb", "", true, "status"),
    ("networking.k8s.io", "v1", "ingresses", "Ingress", "ing", "", true, "status"),
    ("networking.k8s.io", "v1", "networkpolicies", "NetworkPolicy", "netpol", "", true, ""),
    ("networking.k8s.io", "v1", "ingressclasses", "IngressClass", "", "", false, ""),
    ("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", "", "", true, ""),
    ("coordination.k8s.io", "v1", "leases", "Lease", "", "", true, ""),
    ("storage.k8s.io", "v1", "storageclasses", "StorageClass", "sc", "", false, ""),
    ("storage.k8s.io", "v1", "volumeattachments", "VolumeAttachment", "", "", false, "status"),
    ("storage.k8s.io", "v1", "csidrivers", "CSIDriver", "", "", false, ""),
    ("rbac.authorization.k8s.io", "v1", "roles", "Role", "", "", true, ""),
    ("rbac.authorization.k8s.io", "v1", "rolebindings", "RoleBinding", "", "", true, ""),
    ("rbac.authorization.k8s.io", "v1", "clusterroles", "ClusterRole", "", "", false, ""),
    ("rbac.authorization.k8s.io", "v1", "clusterrolebindings", "ClusterRoleBinding", "", "", false, ""),
    ("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", "pc", "", false, ""),
    ("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations", "ValidatingWebhookConfiguration", "", "", false, ""),
    ("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations", "MutatingWebhookConfiguration", "", "", false, ""),
    ("apiregistration.k8s.io", "v1", "apiservices", "APIService", "", "api-extensions", false, "status"),
    ("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", "crd crds", "api-extensions", false, "status"),
];

impl Kind {
    /// `apps/v1`, or `v1` for the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// `deployments.apps`, or `pods` for the core group: the name the store and the error messages use.
    pub fn qualified(&self) -> String {
        if self.group.is_empty() { self.plural.clone() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// What the resource allows. A namespace cannot be deleted as part of a collection.
    pub fn verbs(&self) -> Vec<&'static str> {
        let all = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"];
        all.into_iter().filter(|v| *v != "deletecollection" || self.qualified() != "namespaces").collect()
    }

    /// The kind a CustomResourceDefinition describes, with its storage version.
    pub fn of_definition(crd: &Value) -> Option<Kind> {
        let words = |v: &Value| -> Vec<String> {
            v.as_array().into_iter().flatten().filter_map(|w| w.as_str().map(String::from)).collect()
        };
        let spec = crd.get("spec")?;
        let versions = spec.get("versions")?.as_array()?;
        let storage =
            versions.iter().find(|v| v["storage"] == Value::Bool(true)).or_else(|| versions.first())?;
        let subresources = storage.get("subresources").and_then(Value::as_object);
        Some(Kind {
            group: spec.get("group")?.as_str()?.to_owned(),
            version: storage.get("name")?.as_str()?.to_owned(),
            plural: spec["names"].get("plural")?.as_str()?.to_owned(),
            kind: spec["names"].get("kind")?.as_str()?.to_owned(),
            short: words(&spec["names"]["shortNames"]),
            categories: words(&spec["names"]["categories"]),
            namespaced: spec["scope"] != "Cluster",
            subresources: subresources.into_iter().flatten().map(|(name, _)| name.clone()).collect(),
            custom: true,
        })
    }
}

/// The built-in kinds, core group first.
pub fn built_in() -> Vec<Kind> {
    let words = |s: &str| s.split_whitespace().map(String::from).collect();
    BUILT_IN
        .iter()
        .map(|(group, version, plural, kind, short, categories, namespaced, subresources)| Kind {
            group: (*group).to_owned(),
            version: (*version).to_owned(),
            plural: (*plural).to_owned(),
            kind: (*kind).to_owned(),
            short: words(short),
            categories: words(categories),
            namespaced: *namespaced,
            subresources: words(subresources),
            custom: false,
        })
        .collect()
}
