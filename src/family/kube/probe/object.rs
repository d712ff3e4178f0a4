//! The few fields of well-known kinds that say what a deletion does. Values of Secrets and ConfigMaps are not among
//! them: of those only metadata is asked for.

use super::http::{Meta, null_is_default};
use serde::Deserialize;
use serde::de::IgnoredAny;

/// Kinds that are read whole; of all others the metadata is enough.
const WHOLE: &[(&str, &str)] = &[
    ("", "nodes"),
    ("", "persistentvolumeclaims"),
    ("", "persistentvolumes"),
    ("", "pods"),
    ("", "services"),
    ("apiextensions.k8s.io", "customresourcedefinitions"),
    ("apps", "statefulsets"),
    ("batch", "jobs"),
    ("policy", "poddisruptionbudgets"),
];

/// Whether a kind is read whole.
pub fn whole(group: &str, resource: &str) -> bool {
    WHOLE.contains(&(group, resource))
}

/// An object of any of these kinds, or the metadata of another.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Object {
    /// Its metadata.
    #[serde(default)]
    pub metadata: Meta,
    /// What is wanted of it.
    #[serde(default)]
    pub spec: Spec,
    /// What is.
    #[serde(default)]
    pub status: Status,
}

/// Fields of `spec`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Spec {
    /// PersistentVolumeClaim: the volume it is bound to.
    pub volume_name: Option<String>,
    /// PersistentVolumeClaim, PersistentVolume.
    pub storage_class_name: Option<String>,
    /// PersistentVolume.
    pub persistent_volume_reclaim_policy: Option<String>,
    /// PersistentVolume: the claim it is bound to.
    pub claim_ref: Option<ClaimRef>,
    /// PersistentVolume: where it can be reached from.
    pub node_affinity: Option<IgnoredAny>,
    /// StatefulSet.
    pub replicas: Option<i64>,
    /// StatefulSet.
    pub ordinals: Option<Ordinals>,
    /// StatefulSet.
    #[serde(deserialize_with = "null_is_default")]
    pub volume_claim_templates: Vec<Template>,
    /// StatefulSet.
    pub persistent_volume_claim_retention_policy: Option<Retention>,
    /// Pod.
    pub node_name: Option<String>,
    /// Pod.
    #[serde(deserialize_with = "null_is_default")]
    pub volumes: Vec<Volume>,
    /// Service.
    #[serde(rename = "type")]
    pub kind: Option<String>,
    /// CustomResourceDefinition.
    pub group: Option<String>,
    /// CustomResourceDefinition.
    pub names: Option<Names>,
    /// PodDisruptionBudget (a label selector); a Service's plain map does not fit and is not needed.
    pub selector: Option<Selector>,
}

/// Fields of `status`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Status {
    /// Pod, claim, volume.
    pub phase: Option<String>,
    /// Job.
    #[serde(deserialize_with = "null_is_default")]
    pub conditions: Vec<Condition>,
    /// Service.
    pub load_balancer: Option<LoadBalancer>,
    /// Claim.
    pub capacity: Option<Capacity>,
    /// PodDisruptionBudget.
    pub disruptions_allowed: Option<i64>,
}

/// A claim as a volume knows it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct ClaimRef {
    /// Namespace.
    pub namespace: String,
    /// Name.
    pub name: String,
}

/// Where a StatefulSet's numbering starts.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Ordinals {
    /// The first number.
    pub start: i64,
}

/// A claim template; only its name counts.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Template {
    /// Its metadata.
    pub metadata: Meta,
}

/// What becomes of a StatefulSet's claims.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Retention {
    /// When the set is deleted.
    pub when_deleted: Option<String>,
    /// When it is scaled down.
    pub when_scaled: Option<String>,
}

/// A pod's volume.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Volume {
    /// Its name.
    pub name: String,
    /// Lives and dies with the pod.
    pub empty_dir: Option<IgnoredAny>,
}

/// Names of a custom resource.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Names {
    /// Plural.
    pub plural: String,
}

/// One condition.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Condition {
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// `True`, `False`, `Unknown`.
    pub status: String,
}

/// Addresses of a load balancer.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct LoadBalancer {
    /// One per address.
    #[serde(deserialize_with = "null_is_default")]
    pub ingress: Vec<Ingress>,
}

/// One address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Ingress {
    /// Address.
    pub ip: Option<String>,
    /// Name.
    pub hostname: Option<String>,
}

/// Capacity of a claim.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Capacity {
    /// Such as `10Gi`.
    pub storage: Option<String>,
}

/// A label selector.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Selector {
    /// All of these labels.
    #[serde(deserialize_with = "string_map")]
    pub match_labels: Vec<(String, String)>,
    /// Anything here is not evaluated.
    #[serde(deserialize_with = "null_is_default")]
    pub match_expressions: Vec<IgnoredAny>,
}

fn string_map<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<(String, String)>, D::Error> {
    null_is_default::<D, std::collections::BTreeMap<String, String>>(from).map(|m| m.into_iter().collect())
}

impl Object {
    /// Whether a condition is true.
    pub fn is(&self, condition: &str) -> bool {
        self.status.conditions.iter().any(|c| c.kind == condition && c.status == "True")
    }

    /// Names of the emptyDir volumes.
    pub fn empty_dirs(&self) -> Vec<&str> {
        self.spec.volumes.iter().filter(|v| v.empty_dir.is_some()).map(|v| v.name.as_str()).collect()
    }

    /// Addresses a load balancer gave this Service.
    pub fn addresses(&self) -> Vec<&str> {
        let ingress = self.status.load_balancer.iter().flat_map(|l| &l.ingress);
        ingress.filter_map(|i| i.ip.as_deref().or(i.hostname.as_deref())).collect()
    }

    /// Whether the claims of a StatefulSet go when it is deleted.
    pub fn claims_go_when_deleted(&self) -> bool {
        let policy = self.spec.persistent_volume_claim_retention_policy.as_ref();
        policy.is_some_and(|p| p.when_deleted.as_deref() == Some("Delete"))
    }

    /// Whether the claims of a StatefulSet go when it is scaled down.
    pub fn claims_go_when_scaled(&self) -> bool {
        let policy = self.spec.persistent_volume_claim_retention_policy.as_ref();
        policy.is_some_and(|p| p.when_scaled.as_deref() == Some("Delete"))
    }

    /// Whether a claim's name is one this StatefulSet gives, and its number.
    pub fn ordinal_of(&self, claim: &str) -> Option<i64> {
        self.spec.volume_claim_templates.iter().find_map(|t| {
            let rest = claim.strip_prefix(&t.metadata.name)?.strip_prefix('-')?;
            rest.strip_prefix(&self.metadata.name)?.strip_prefix('-')?.parse().ok()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_claim_belongs_to_the_set_that_names_it() {
        let set: Object = serde_json::from_value(json!({
            "metadata": {"name": "pg"},
            "spec": {"volumeClaimTemplates": [{"metadata": {"name": "data"}}],
                     "persistentVolumeClaimRetentionPolicy": {"whenScaled": "Delete", "whenDeleted": "Retain"}}
        }))
        .unwrap();
        assert_eq!(set.ordinal_of("data-pg-12"), Some(12));
        assert_eq!(set.ordinal_of("data-pg2-1"), None);
        assert_eq!(set.ordinal_of("data-pg-x"), None);
        assert!(set.claims_go_when_scaled() && !set.claims_go_when_deleted());
    }

    #[test]
    fn a_service_with_a_plain_selector_is_read() {
        let service: Object = serde_json::from_value(json!({
            "metadata": {"name": "web"},
            "spec": {"type": "LoadBalancer", "selector": {"app": "web"}},
            "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}]}}
        }))
        .unwrap();
        assert_eq!(service.addresses(), ["203.0.113.7"]);
    }
}
