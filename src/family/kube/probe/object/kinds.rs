//! What is read of each kind: k8s-openapi's types where they cost about as much as naming the few fields that are
//! wanted, and those few fields, of k8s-openapi's types again, where they do not.
//!
//! Time and memory for 20,000 objects as clusters have them (2,000 definitions), in pages of 500, and how many times
//! dearer k8s-openapi's `spec` and `status` are:
//!
//! | kind | the fields below | `spec` and `status` |
//! |---|---|---|
//! | Pod | 0.28 s, 52 MB | 1.0 s, 1170 MB: × 3.6, × 23 |
//! | StatefulSet | 0.27 s, 69 MB | 0.95 s, 1140 MB: × 3.5, × 16 |
//! | Job | 0.27 s, 67 MB | 0.91 s, 1065 MB: × 3.4, × 16; `status` alone is what the left column has |
//! | CustomResourceDefinition | 0.05 s, 5 MB | 0.51 s, 2083 MB: × 11, × 417 |
//! | PersistentVolume | 0.12 s, 54 MB | 0.18 s, 223 MB: × 1.6, × 4.1 |
//! | PersistentVolumeClaim | 0.10 s, 49 MB | 0.12 s, 98 MB: taken |
//! | Service | 0.11 s, 57 MB | 0.14 s, 95 MB: `spec` taken |
//! | PodDisruptionBudget | 0.11 s, 68 MB | 0.13 s, 84 MB: `spec` taken |
//!
//! Metadata is guard's own for every kind: `ObjectMeta` keeps all of `managedFields`, which makes a Service three times
//! as slow and six times as large.
//!
//! One object that cannot be read makes its whole list "could not be checked". What k8s-openapi does not bear is a field
//! of another type than Kubernetes gives it; API servers write these kinds from Go's types, which do not have that. But
//! Go writes a time that was never set as `null`, and `meta/v1.Condition` insists on its `lastTransitionTime`: nothing
//! with such conditions is taken.

use crate::family::kube::probe::http::{Meta, null_is_default};
use k8s_openapi::api::apps::v1::{StatefulSetOrdinals, StatefulSetPersistentVolumeClaimRetentionPolicy};
use k8s_openapi::api::autoscaling::v1::ScaleSpec;
use k8s_openapi::api::batch::v1::JobStatus;
use k8s_openapi::api::core::v1::{
    LoadBalancerStatus, ObjectReference, PersistentVolumeClaimSpec, PersistentVolumeClaimStatus, ServiceSpec,
};
use k8s_openapi::api::policy::v1::PodDisruptionBudgetSpec;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinitionNames;
use serde::Deserialize;
use serde::de::IgnoredAny;

/// Metadata as guard reads it of every kind, with the kind's own `spec` and `status`. Absent and `null` mean empty.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(bound(deserialize = "S: Deserialize<'de> + Default, T: Deserialize<'de> + Default"))]
pub(crate) struct Whole<S, T = IgnoredAny> {
    /// Its metadata.
    #[serde(default)]
    pub metadata: Meta,
    /// What is wanted of it.
    #[serde(default, deserialize_with = "null_is_default")]
    pub spec: S,
    /// What is.
    #[serde(default, deserialize_with = "null_is_default")]
    pub status: T,
}

/// PersistentVolumeClaim.
pub(crate) type Claim = Whole<PersistentVolumeClaimSpec, PersistentVolumeClaimStatus>;
/// PersistentVolume.
pub(crate) type Volume = Whole<VolumeSpec>;
/// Pod.
pub(crate) type Pod = Whole<PodSpec, PodStatus>;
/// Service.
pub(crate) type Service = Whole<ServiceSpec, ServiceStatus>;
/// CustomResourceDefinition.
pub(crate) type Definition = Whole<DefinitionSpec>;
/// StatefulSet.
pub(crate) type StatefulSet = Whole<StatefulSetSpec>;
/// Job.
pub(crate) type Job = Whole<IgnoredAny, JobStatus>;
/// PodDisruptionBudget.
pub(crate) type Budget = Whole<PodDisruptionBudgetSpec, BudgetStatus>;
/// Any kind with a template of pods.
pub(crate) type Templated = Whole<TemplatedSpec>;
/// Any kind with replicas: a `Scale` has them where all of these have them.
pub(crate) type Scalable = Whole<ScaleSpec>;

/// Of a PersistentVolume's `spec`: not the two dozen kinds of storage it may stand for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct VolumeSpec {
    /// What becomes of the data when the claim goes.
    pub persistent_volume_reclaim_policy: Option<String>,
    /// The claim it is bound to.
    pub claim_ref: Option<ObjectReference>,
    /// Where it can be reached from.
    pub node_affinity: Option<IgnoredAny>,
}

/// Of a Pod's `spec`: not its containers.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PodSpec {
    #[serde(deserialize_with = "null_is_default")]
    volumes: Vec<PodVolume>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct PodVolume {
    name: String,
    /// Lives and dies with the pod.
    empty_dir: Option<IgnoredAny>,
    persistent_volume_claim: Option<MountedClaim>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct MountedClaim {
    claim_name: String,
}

/// Of the `spec` of whatever makes pods: the template of these.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct TemplatedSpec {
    #[serde(deserialize_with = "null_is_default")]
    template: Whole<PodSpec>,
}

/// Of a Pod's `status`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct PodStatus {
    /// `Running`, `Succeeded`, `Failed` …
    pub phase: Option<String>,
}

/// Of a Service's `status`: not its conditions.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct ServiceStatus {
    load_balancer: Option<LoadBalancerStatus>,
}

/// Of a CustomResourceDefinition's `spec`: not its schemas.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct DefinitionSpec {
    /// API group.
    pub group: Option<String>,
    /// What its kind is called.
    pub names: Option<CustomResourceDefinitionNames>,
}

/// Of a StatefulSet's `spec`: of its pod template no more than of a Pod.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct StatefulSetSpec {
    /// How many pods it wants.
    pub replicas: Option<i32>,
    ordinals: Option<StatefulSetOrdinals>,
    /// Claims it makes for each pod; only their names count.
    #[serde(deserialize_with = "null_is_default")]
    pub volume_claim_templates: Vec<Whole<IgnoredAny>>,
    #[serde(deserialize_with = "null_is_default")]
    template: Whole<PodSpec>,
    persistent_volume_claim_retention_policy: Option<StatefulSetPersistentVolumeClaimRetentionPolicy>,
}

/// Of a PodDisruptionBudget's `status`: not its conditions. In k8s-openapi's type "not known yet" is 0, which says that
/// it stops a drain.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct BudgetStatus {
    /// How many pods may be evicted now.
    pub disruptions_allowed: Option<i32>,
}

impl PodSpec {
    /// Names of the claims it mounts.
    pub(crate) fn claims(&self) -> impl Iterator<Item = &str> {
        self.volumes.iter().filter_map(|v| Some(v.persistent_volume_claim.as_ref()?.claim_name.as_str()))
    }
}

impl Templated {
    /// Names of the claims its pods mount.
    pub(crate) fn claims(&self) -> impl Iterator<Item = &str> {
        self.spec.template.spec.claims()
    }
}

impl Pod {
    /// Whether it ran to its end well.
    pub(crate) fn has_succeeded(&self) -> bool {
        self.status.phase.as_deref() == Some("Succeeded")
    }

    /// Names of the emptyDir volumes.
    pub(crate) fn empty_dirs(&self) -> Vec<&str> {
        self.spec.volumes.iter().filter(|v| v.empty_dir.is_some()).map(|v| v.name.as_str()).collect()
    }
}

impl Job {
    /// Whether it ran to its end, well or not.
    pub(crate) fn has_finished(&self) -> bool {
        let conditions = self.status.conditions.iter().flatten();
        conditions.filter(|c| c.status == "True").any(|c| c.type_ == "Complete" || c.type_ == "Failed")
    }
}

impl Service {
    /// Addresses its load balancer gave it, when it has one.
    pub(crate) fn load_balancer(&self) -> Option<Vec<&str>> {
        let ingress = self.status.load_balancer.iter().flat_map(|l| l.ingress.iter().flatten());
        let addresses = ingress.filter_map(|i| i.ip.as_deref().or(i.hostname.as_deref()));
        (self.spec.type_.as_deref() == Some("LoadBalancer")).then(|| addresses.collect())
    }
}

impl StatefulSet {
    /// Whether its claims go when it is deleted.
    pub(crate) fn claims_go_when_deleted(&self) -> bool {
        let policy = self.spec.persistent_volume_claim_retention_policy.as_ref();
        policy.is_some_and(|p| p.when_deleted.as_deref() == Some("Delete"))
    }

    /// Whether its claims go when it is scaled down.
    pub(crate) fn claims_go_when_scaled(&self) -> bool {
        let policy = self.spec.persistent_volume_claim_retention_policy.as_ref();
        policy.is_some_and(|p| p.when_scaled.as_deref() == Some("Delete"))
    }

    /// Names of claims that all its pods mount.
    pub(crate) fn shared_claims(&self) -> impl Iterator<Item = &str> {
        self.spec.template.spec.claims()
    }

    /// The number of its first pod.
    pub(crate) fn start(&self) -> i64 {
        self.spec.ordinals.as_ref().and_then(|o| o.start).map_or(0, i64::from)
    }

    /// Whether a claim's name is one this StatefulSet gives, and its number.
    pub(crate) fn ordinal_of(&self, claim: &str) -> Option<i64> {
        self.spec.volume_claim_templates.iter().find_map(|t| {
            let rest = claim.strip_prefix(&t.metadata.name)?.strip_prefix('-')?;
            rest.strip_prefix(&self.metadata.name)?.strip_prefix('-')?.parse().ok()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read<T: serde::de::DeserializeOwned>(object: &Value) -> Result<T, String> {
        serde_json::from_value(object.clone()).map_err(|e| e.to_string())
    }

    #[test]
    fn a_claim_belongs_to_the_set_that_names_it() {
        let set: StatefulSet = read(&json!({
            "metadata": {"name": "pg"},
            "spec": {"volumeClaimTemplates": [{"metadata": {"name": "data", "creationTimestamp": null}}],
                     "persistentVolumeClaimRetentionPolicy": {"whenScaled": "Delete", "whenDeleted": "Retain"}}
        }))
        .unwrap();
        assert_eq!(set.ordinal_of("data-pg-12"), Some(12));
        assert_eq!(set.ordinal_of("data-pg2-1"), None);
        assert_eq!(set.ordinal_of("data-pg-x"), None);
        assert!(set.claims_go_when_scaled() && !set.claims_go_when_deleted());
    }

    /// One object that cannot be read makes its whole list "could not be checked".
    #[test]
    fn what_every_kind_bears() {
        fn bears<T: serde::de::DeserializeOwned>(kind: &str) {
            for odd in [
                json!({}),
                json!({"metadata": {"name": "x"}}),
                json!({"metadata": {"name": "x"}, "spec": null, "status": null}),
                json!({"metadata": {"name": "x", "labels": null, "finalizers": null, "managedFields": null},
                       "spec": {}, "status": {}}),
                json!({"metadata": {"name": "x", "creationTimestamp": "yesterday"}, "spec": {"new": [1, {}]},
                       "status": {"newer": {"than": "guard"}}, "data": 7}),
                json!({"apiVersion": 1, "kind": null, "metadata": {"name": "x", "generation": "7"}}),
            ] {
                if let Err(why) = read::<T>(&odd) {
                    panic!("{kind}: {odd}: {why}");
                }
            }
        }
        bears::<Claim>("PersistentVolumeClaim");
        bears::<Volume>("PersistentVolume");
        bears::<Pod>("Pod");
        bears::<Service>("Service");
        bears::<Definition>("CustomResourceDefinition");
        bears::<StatefulSet>("StatefulSet");
        bears::<Job>("Job");
        bears::<Budget>("PodDisruptionBudget");
        bears::<Scalable>("Deployment");
        bears::<Templated>("Deployment");
    }

    #[test]
    fn claims_with_odd_fields() {
        let capacity =
            |size: Value| json!({"spec": {"volumeName": "v"}, "status": {"capacity": {"storage": size}}});
        let odd = [
            (capacity(json!("10Gi")), Some("10Gi")),
            // Legal in a manifest; servers write text.
            (capacity(json!(10_737_418_240_u64)), Some("10737418240")),
            (json!({"spec": {"volumeName": "v", "accessModes": null, "resources": null}}), None),
            (
                json!({"spec": {"volumeName": "v", "resources": {"requests": {"storage": 5}}, "selector": {}},
                       "status": {"capacity": null, "conditions": [
                           {"type": "Resizing", "status": "True", "lastProbeTime": null}]}}),
                None,
            ),
        ];
        for (object, want) in odd {
            let claim: Claim = read(&object).unwrap();
            assert_eq!(claim.spec.volume_name.as_deref(), Some("v"), "{object}");
            let capacity = claim.status.capacity.unwrap_or_default();
            assert_eq!(capacity.get("storage").map(|q| q.0.as_str()), want, "{object}");
        }
    }

    #[test]
    fn services_with_odd_fields() {
        let of = |spec: Value, status: Value| json!({"spec": spec, "status": status});
        let at = |ingress: Value| json!({"loadBalancer": {"ingress": ingress}});
        let ip = || at(json!([{"ip": "203.0.113.7"}]));
        let odd = [
            (
                of(json!({"type": "LoadBalancer", "selector": {"app": "web"}}), ip()),
                Some(vec!["203.0.113.7"]),
            ),
            // A label may be called what a label selector's field is called.
            (
                of(json!({"type": "LoadBalancer", "selector": {"matchLabels": "x"}}), ip()),
                Some(vec!["203.0.113.7"]),
            ),
            (
                of(
                    json!({"type": "ClusterIP", "selector": null, "ports": null}),
                    json!({"loadBalancer": {}}),
                ),
                None,
            ),
            (of(json!({"type": "LoadBalancer"}), at(Value::Null)), Some(vec![])),
            (of(json!({"type": "LoadBalancer"}), json!({"loadBalancer": null})), Some(vec![])),
            (
                of(
                    json!({"type": "LoadBalancer", "ports": [{"port": 80, "targetPort": "http"}, {"targetPort": 1}]}),
                    json!({"loadBalancer": {"ingress": [{"hostname": "lb.example", "ports": null}]},
                           "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": null}]}),
                ),
                Some(vec!["lb.example"]),
            ),
        ];
        for (object, want) in odd {
            let service: Service = read(&object).unwrap();
            assert_eq!(service.load_balancer(), want, "{object}");
        }
    }

    #[test]
    fn jobs_with_odd_fields() {
        let of = |conditions: Value| json!({"spec": {"template": 1}, "status": {"conditions": conditions}});
        let odd = [
            (of(Value::Null), false),
            (of(json!([{"type": "Complete", "status": "True", "lastTransitionTime": null}])), true),
            (of(json!([{"type": "Failed", "status": "True"}])), true),
            (
                of(json!([{"type": "Complete", "status": "False"}, {"type": "Suspended", "status": "True"}])),
                false,
            ),
            (of(json!([{"type": "Failed"}, {}])), false),
            (
                json!({"status": {"uncountedTerminatedPods": null, "startTime": null, "ready": null,
                                  "completionTime": "2025-03-01T10:11:20.123456Z",
                                  "conditions": [{"type": "Complete", "status": "True"}]}}),
                true,
            ),
        ];
        for (object, want) in odd {
            let job: Job = read(&object).unwrap();
            assert_eq!(job.has_finished(), want, "{object}");
        }
    }

    #[test]
    fn pods_and_sets_are_read_past_what_is_not_looked_at() {
        let spec =
            json!({"containers": [{"resources": {"limits": {"cpu": 0.5}}, "env": "none"}], "volumes": null});
        let pod: Pod = read(&json!({"spec": spec, "status": {"phase": null, "startTime": ""}})).unwrap();
        assert!(pod.empty_dirs().is_empty());
        let volumes =
            json!([{"name": "tmp", "emptyDir": {"sizeLimit": 5}}, {"name": "a", "emptyDir": null}, {}]);
        let pod: Pod = read(&json!({"spec": {"volumes": volumes}})).unwrap();
        assert_eq!(pod.empty_dirs(), ["tmp"]);

        let spec =
            json!({"template": {"spec": spec}, "volumeClaimTemplates": [{}], "ordinals": {"start": 5}});
        let set: StatefulSet = read(&json!({"metadata": {"name": "pg"}, "spec": spec})).unwrap();
        assert_eq!((set.start(), set.spec.replicas), (5, None));
        let volumes = json!([{"name": "a", "persistentVolumeClaim": {"claimName": "pg"}}, {"name": "b", "persistentVolumeClaim": null}]);
        let mounting: Templated =
            read(&json!({"spec": {"template": {"spec": {"volumes": volumes}}}})).unwrap();
        assert_eq!(mounting.claims().collect::<Vec<_>>(), ["pg"]);
        let set: StatefulSet = read(&json!({"spec": {"ordinals": {}, "replicas": null}})).unwrap();
        assert_eq!((set.start(), set.claims_go_when_deleted()), (0, false));
    }

    #[test]
    fn budgets_and_definitions_with_odd_fields() {
        let selector = json!({"matchLabels": null, "matchExpressions": [{"key": "a", "operator": "New"}]});
        let conditions = json!([{"type": "DisruptionAllowed", "lastTransitionTime": null}]);
        let budget: Budget = read(&json!({
            "spec": {"maxUnavailable": "30%", "minAvailable": 1, "selector": selector},
            "status": {"conditions": conditions, "disruptedPods": {"a": null}}
        }))
        .unwrap();
        assert_eq!(budget.status.disruptions_allowed, None, "not known is not 0");
        assert!(budget.spec.selector.is_some_and(|s| s.match_labels.is_none()));

        let definition: Definition = read(&json!({
            "spec": {"group": "db.example.com", "names": {"plural": "pgs", "shortNames": null}, "versions": [{"schema": 1}]},
            "status": {"conditions": conditions}
        }))
        .unwrap();
        assert_eq!(definition.spec.names.unwrap().plural, "pgs");
    }
}
