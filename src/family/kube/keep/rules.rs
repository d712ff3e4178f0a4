//! What has to be taken off a live object before a server creates it again, which objects come back by themselves, and
//! the order in which the others have to be created. Data, with the few steps that need a look at the object.
//!
//! Sources: the defaulting, validation and `PrepareForCreate` strategies of each kind in kubernetes/kubernetes
//! `pkg/registry`; the order is that of Velero (`pkg/cmd/server/config`, restore priorities).

use serde_json::Value;

/// Group and kind; `*` in the kind stands for every kind.
type Of = (&'static str, &'static str);

/// Fields the server writes itself: path from the object's root.
pub const STRIPPED: &[(Of, &[&str])] = &[
    (("", "*"), &["metadata", "creationTimestamp"]),
    (("", "*"), &["metadata", "deletionGracePeriodSeconds"]),
    (("", "*"), &["metadata", "deletionTimestamp"]),
    (("", "*"), &["metadata", "generation"]),
    (("", "*"), &["metadata", "managedFields"]),
    (("", "*"), &["metadata", "resourceVersion"]),
    (("", "*"), &["metadata", "selfLink"]),
    (("", "*"), &["metadata", "uid"]),
    (("", "*"), &["status"]),
    (("", "Namespace"), &["spec", "finalizers"]),
    (("", "PersistentVolume"), &["metadata", "annotations", "pv.kubernetes.io/bound-by-controller"]),
    (("", "PersistentVolume"), &["spec", "claimRef", "resourceVersion"]),
    (("", "PersistentVolume"), &["spec", "claimRef", "uid"]),
    (("", "PersistentVolumeClaim"), &["metadata", "annotations", "pv.kubernetes.io/bind-completed"]),
    (("", "PersistentVolumeClaim"), &["metadata", "annotations", "pv.kubernetes.io/bound-by-controller"]),
    (
        ("", "PersistentVolumeClaim"),
        &["metadata", "annotations", "volume.beta.kubernetes.io/storage-provisioner"],
    ),
    (("", "PersistentVolumeClaim"), &["metadata", "annotations", "volume.kubernetes.io/selected-node"]),
    (("", "PersistentVolumeClaim"), &["metadata", "annotations", "volume.kubernetes.io/storage-provisioner"]),
    (("", "Pod"), &["spec", "ephemeralContainers"]),
    (("", "Pod"), &["spec", "nodeName"]),
    (("", "Service"), &["spec", "healthCheckNodePort"]),
    (("", "ServiceAccount"), &["secrets"]),
    (("apps", "DaemonSet"), &["metadata", "annotations", "deprecated.daemonset.template.generation"]),
    (("apps", "Deployment"), &["metadata", "annotations", "deployment.kubernetes.io/revision"]),
    (("apps", "ReplicaSet"), &["metadata", "annotations", "deployment.kubernetes.io/desired-replicas"]),
    (("apps", "ReplicaSet"), &["metadata", "annotations", "deployment.kubernetes.io/max-replicas"]),
    (("apps", "ReplicaSet"), &["metadata", "annotations", "deployment.kubernetes.io/revision"]),
];

/// Finalizers the server or its controllers put on by themselves; every other one belongs to the object.
pub const FINALIZERS: &[&str] = &[
    "foregroundDeletion",
    "kubernetes",
    "kubernetes.io/pv-protection",
    "kubernetes.io/pvc-protection",
    "orphan",
];

/// Steps that look at the object first.
type Step = fn(&mut Value);

/// Each kind's own steps.
const STEPS: &[(Of, Step)] =
    &[(("", "Pod"), pod), (("", "Secret"), token), (("", "Service"), service), (("batch", "Job"), job)];

/// Kinds a controller makes again from its own object, by the owner's kind.
const REMADE: &[(Of, Of)] = &[
    (("", "Pod"), ("", "ReplicationController")),
    (("", "Pod"), ("apps", "DaemonSet")),
    (("", "Pod"), ("apps", "ReplicaSet")),
    (("", "Pod"), ("apps", "StatefulSet")),
    (("", "Pod"), ("batch", "Job")),
    (("apps", "ControllerRevision"), ("apps", "DaemonSet")),
    (("apps", "ControllerRevision"), ("apps", "StatefulSet")),
    (("apps", "ReplicaSet"), ("apps", "Deployment")),
    (("batch", "Job"), ("batch", "CronJob")),
];

/// Objects every namespace gets by itself.
const FURNISHED: &[(Of, &str)] =
    &[(("", "ConfigMap"), "kube-root-ca.crt"), (("", "ServiceAccount"), "default")];

/// Kinds in the order of their creation; what is not in here comes after them, custom resources after that.
const FIRST: &[Of] = &[
    ("apiextensions.k8s.io", "CustomResourceDefinition"),
    ("", "Namespace"),
    ("scheduling.k8s.io", "PriorityClass"),
    ("storage.k8s.io", "CSIDriver"),
    ("storage.k8s.io", "StorageClass"),
    ("snapshot.storage.k8s.io", "VolumeSnapshotClass"),
    ("snapshot.storage.k8s.io", "VolumeSnapshotContent"),
    ("snapshot.storage.k8s.io", "VolumeSnapshot"),
    ("", "PersistentVolume"),
    ("", "PersistentVolumeClaim"),
    ("", "ServiceAccount"),
    ("", "Secret"),
    ("", "ConfigMap"),
    ("", "LimitRange"),
    ("", "ResourceQuota"),
    ("rbac.authorization.k8s.io", "ClusterRole"),
    ("rbac.authorization.k8s.io", "Role"),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding"),
    ("rbac.authorization.k8s.io", "RoleBinding"),
    ("networking.k8s.io", "NetworkPolicy"),
    ("", "Service"),
];

/// What can stand in the way of everything else comes last: it may point to a server that is not up yet.
const LAST: &[&str] = &["admissionregistration.k8s.io", "apiregistration.k8s.io"];

/// The place of a kind in the order.
pub fn rank(group: &str, kind: &str) -> usize {
    if let Some(at) = FIRST.iter().position(|row| *row == (group, kind)) {
        return at;
    }
    if LAST.contains(&group) {
        return FIRST.len() + 2;
    }
    FIRST.len() + usize::from(!is_built_in(group))
}

/// Groups of the API server itself; all others come from definitions and aggregated servers.
fn is_built_in(group: &str) -> bool {
    const NAMED: &[&str] = &["", "apps", "autoscaling", "batch", "policy"];
    const NOT: &[&str] = &["snapshot.storage.k8s.io", "gateway.networking.k8s.io", "metrics.k8s.io"];
    NAMED.contains(&group)
        || (group.ends_with(".k8s.io") && !group.ends_with(".x-k8s.io") && !NOT.contains(&group))
}

/// Whether the controller of such an owner makes the object again.
pub fn remade(group: &str, kind: &str, owner_group: &str, owner_kind: &str) -> bool {
    REMADE.contains(&((group, kind), (owner_group, owner_kind)))
}

/// The group of an `apiVersion`.
pub fn group_of(api_version: &str) -> &str {
    api_version.rsplit_once('/').map_or("", |(group, _)| group)
}

fn text<'v>(object: &'v Value, at: &str) -> &'v str {
    object.pointer(at).and_then(Value::as_str).unwrap_or_default()
}

/// Why an object is not created again, judged from itself alone.
pub fn left_out(object: &Value) -> Option<&'static str> {
    let (group, kind) = (group_of(text(object, "/apiVersion")), text(object, "/kind"));
    let is = |condition: &str| {
        let all = object.pointer("/status/conditions").and_then(Value::as_array);
        all.into_iter().flatten().any(|c| text(c, "/type") == condition && text(c, "/status") == "True")
    };
    if FURNISHED.contains(&((group, kind), text(object, "/metadata/name"))) {
        return Some("every namespace gets it by itself");
    }
    if object.pointer("/metadata/deletionTimestamp").is_some_and(|v| !v.is_null()) {
        return Some("it was being deleted already");
    }
    match (group, kind) {
        ("batch", "Job") if is("Complete") || is("Failed") => {
            Some("it has finished; created again it would run again")
        }
        ("", "Pod") if ["Succeeded", "Failed"].contains(&text(object, "/status/phase")) => {
            Some("it has finished; created again it would run again")
        }
        _ => None,
    }
}

/// Takes off everything a server would refuse or that belongs to the object's first life. Owners are not touched.
pub fn strip(object: &mut Value) {
    let group = group_of(text(object, "/apiVersion")).to_owned();
    let kind = text(object, "/kind").to_owned();
    for ((g, k), path) in STRIPPED {
        if *k == "*" || (*g, *k) == (group.as_str(), kind.as_str()) {
            remove(object, path);
        }
    }
    keep_only(object, "/metadata/finalizers", |f| f.as_str().is_none_or(|f| !FINALIZERS.contains(&f)));
    for ((g, k), step) in STEPS {
        if (*g, *k) == (group.as_str(), kind.as_str()) {
            step(object);
        }
    }
    for map in ["annotations", "labels", "finalizers"] {
        let empty = object.pointer(&format!("/metadata/{map}")).is_some_and(|v| {
            v.is_null()
                || v.as_object().is_some_and(|m| m.is_empty())
                || v.as_array().is_some_and(Vec::is_empty)
        });
        if empty {
            remove(object, &["metadata", map]);
        }
    }
}

/// Removes a field; nothing happens when a part of the way is not there.
pub fn remove(object: &mut Value, path: &[&str]) {
    let Some((last, way)) = path.split_last() else { return };
    let mut at = object;
    for part in way {
        match at.get_mut(*part) {
            Some(next) => at = next,
            None => return,
        }
    }
    if let Some(map) = at.as_object_mut() {
        // `remove` of an order-keeping map moves the last field into the gap.
        map.shift_remove(*last);
    }
}

fn keep_only(object: &mut Value, list: &str, keep: impl Fn(&Value) -> bool) {
    if let Some(items) = object.pointer_mut(list).and_then(Value::as_array_mut) {
        items.retain(keep);
    }
}

/// Addresses are given out anew; "None" is a choice of the author's.
fn service(object: &mut Value) {
    if text(object, "/spec/clusterIP") != "None" {
        remove(object, &["spec", "clusterIP"]);
        remove(object, &["spec", "clusterIPs"]);
    }
}

/// Marks by which the controller finds the pods of the first Job.
fn job(object: &mut Value) {
    const LABELS: &[&str] =
        &["batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name", "controller-uid", "job-name"];
    if object.pointer("/spec/manualSelector").and_then(Value::as_bool) == Some(true) {
        return;
    }
    remove(object, &["spec", "selector"]);
    for label in LABELS {
        remove(object, &["metadata", "labels", label]);
        remove(object, &["spec", "template", "metadata", "labels", label]);
    }
}

/// The service account's token is mounted anew under another volume name.
fn pod(object: &mut Value) {
    let is_token = |v: &Value| text(v, "/name").starts_with("kube-api-access-");
    keep_only(object, "/spec/volumes", |v| !is_token(v));
    for containers in ["containers", "initContainers"] {
        let Some(all) = object.pointer_mut(&format!("/spec/{containers}")).and_then(Value::as_array_mut)
        else {
            continue;
        };
        for container in all {
            keep_only(container, "/volumeMounts", |m| !is_token(m));
        }
    }
}

/// A service account's token is signed for the account's uid: the new account gets a new one.
fn token(object: &mut Value) {
    if text(object, "/type") == "kubernetes.io/service-account-token" {
        for key in ["ca.crt", "namespace", "token"] {
            remove(object, &["data", key]);
        }
        remove(object, &["metadata", "annotations", "kubernetes.io/service-account.uid"]);
        remove(object, &["metadata", "labels", "kubernetes.io/legacy-token-last-used"]);
    }
}

/// One entry of `ownerReferences` after its owner was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NewOwner {
    /// The uid it has now.
    Is(String),
    /// It is not there: with its old uid the garbage collector would delete the object within seconds.
    Gone,
}

/// Puts new uids into `ownerReferences` and takes out owners that are not there. Returns the names of those.
pub fn remap_owners(object: &mut Value, find: impl Fn(&str) -> NewOwner) -> Vec<String> {
    let mut lost = Vec::new();
    let Some(owners) = object.pointer_mut("/metadata/ownerReferences").and_then(Value::as_array_mut) else {
        return lost;
    };
    owners.retain_mut(|owner| match find(text(owner, "/uid")) {
        NewOwner::Is(uid) => {
            if let Some(map) = owner.as_object_mut() {
                map.insert("uid".into(), uid.into());
            }
            true
        }
        NewOwner::Gone => {
            lost.push(format!("{} {}", text(owner, "/kind"), text(owner, "/name")));
            false
        }
    });
    if owners.is_empty() {
        remove(object, &["metadata", "ownerReferences"]);
    }
    lost
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
