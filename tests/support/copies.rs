//! A namespace with data in it and the kinds that tell of copies, made from the fields that guard reads of them.

use serde_json::{Value, json};

/// Seconds before now as the API writes a moment.
pub fn ago(seconds: i64) -> String {
    let at = jiff::Timestamp::now().as_second() - seconds;
    jiff::Timestamp::from_second(at).unwrap().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

/// Group, version, plural, kind, and whether its objects live in namespaces.
const KINDS: &[(&str, &str, &str, &str, bool)] = &[
    ("velero.io", "v1", "backups", "Backup", true),
    ("velero.io", "v1", "schedules", "Schedule", true),
    ("velero.io", "v1", "backupstoragelocations", "BackupStorageLocation", true),
    ("velero.io", "v1", "podvolumebackups", "PodVolumeBackup", true),
    ("velero.io", "v2alpha1", "datauploads", "DataUpload", true),
    ("postgresql.cnpg.io", "v1", "backups", "Backup", true),
    ("postgresql.cnpg.io", "v1", "scheduledbackups", "ScheduledBackup", true),
    ("postgresql.cnpg.io", "v1", "clusters", "Cluster", true),
    ("barmancloud.cnpg.io", "v1", "objectstores", "ObjectStore", true),
    ("snapshot.storage.k8s.io", "v1", "volumesnapshots", "VolumeSnapshot", true),
    ("snapshot.storage.k8s.io", "v1", "volumesnapshotcontents", "VolumeSnapshotContent", false),
    ("argoproj.io", "v1alpha1", "applications", "Application", true),
    ("kustomize.toolkit.fluxcd.io", "v1", "kustomizations", "Kustomization", true),
    ("helm.toolkit.fluxcd.io", "v2", "helmreleases", "HelmRelease", true),
    ("source.toolkit.fluxcd.io", "v1", "gitrepositories", "GitRepository", true),
    ("k8up.io", "v1", "schedules", "Schedule", true),
];

/// Definitions of every kind of these groups.
pub fn definitions(groups: &[&str]) -> Vec<Value> {
    let of = |(group, version, plural, kind, namespaced): &(&str, &str, &str, &str, bool)| {
        let open = json!({"type": "object", "x-kubernetes-preserve-unknown-fields": true});
        // The API server wants to be asked before it takes a definition of its own project's groups.
        let approved = json!({"api-approved.kubernetes.io": "unapproved, for tests"});
        json!({
            "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": format!("{plural}.{group}"), "annotations": approved},
            "spec": {
                "group": group, "scope": if *namespaced { "Namespaced" } else { "Cluster" },
                "names": {"plural": plural, "singular": kind.to_lowercase(), "kind": kind, "listKind": format!("{kind}List")},
                "versions": [{"name": version, "served": true, "storage": true, "schema": {"openAPIV3Schema": open}}],
            },
        })
    };
    KINDS.iter().filter(|(group, ..)| groups.contains(group)).map(of).collect()
}

/// The uid of a claim in [`claim`].
pub fn uid(name: &str) -> String {
    format!("00000000-0000-0000-0000-{name:0>12}")
}

/// A bound claim, a week old.
pub fn claim(namespace: &str, name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": name, "namespace": namespace, "uid": uid(name), "creationTimestamp": ago(7 * 86_400)},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
    })
}

/// Any object: `apiVersion`, kind, namespace, name, and the rest of it.
pub fn object(version: &str, kind: &str, namespace: &str, name: &str, rest: Value) -> Value {
    let mut object = json!({"apiVersion": version, "kind": kind, "metadata": {"name": name}});
    if !namespace.is_empty() {
        object["metadata"]["namespace"] = namespace.into();
    }
    for (key, value) in rest.as_object().into_iter().flatten() {
        match (key.as_str(), value) {
            ("metadata", Value::Object(more)) => {
                more.iter().for_each(|(key, value)| object["metadata"][key] = value.clone());
            }
            _ => object[key] = value.clone(),
        }
    }
    object
}

/// What Velero keeps of one claim: a location, a Backup of the namespace, and the data of the claim in it.
pub fn velero(namespace: &str, claim: &str, seconds: i64) -> Vec<Value> {
    let done = ago(seconds);
    vec![
        object(
            "velero.io/v1",
            "BackupStorageLocation",
            "velero",
            "default",
            json!({
                "spec": {"provider": "velero.io/aws", "objectStorage": {"bucket": "acme-velero"}},
                "status": {"phase": "Available"},
            }),
        ),
        object(
            "velero.io/v1",
            "Backup",
            "velero",
            "nightly-1",
            json!({
                "metadata": {"creationTimestamp": ago(seconds + 600), "labels": {"velero.io/schedule-name": "nightly"}},
                "spec": {"includedNamespaces": [namespace], "storageLocation": "default"},
                "status": {"phase": "Completed", "completionTimestamp": done, "expiration": ago(-86_400 * 20),
                           "progress": {"itemsBackedUp": 83, "totalItems": 83}},
            }),
        ),
        object(
            "velero.io/v1",
            "PodVolumeBackup",
            "velero",
            "nightly-1-x",
            json!({
                "metadata": {"labels": {"velero.io/backup-name": "nightly-1", "velero.io/pvc-uid": uid(claim)}},
                "spec": {"backupStorageLocation": "default", "volume": "data", "pod": {"namespace": namespace, "name": "pg-0"}},
                "status": {"phase": "Completed", "completionTimestamp": done,
                           "progress": {"bytesDone": 1_234_567_890_u64, "totalBytes": 1_234_567_890_u64}},
            }),
        ),
    ]
}
