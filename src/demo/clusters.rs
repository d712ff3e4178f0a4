//! The two clusters of the story: production, with what years of work leave in a namespace, and the one it moves to.

use super::embedded::Seed;
use serde_json::{Value, json};

fn years_ago(years: i64) -> String {
    let then = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(years * 8766);
    then.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

fn object(api: &str, kind: &str, namespace: Option<&str>, name: &str, rest: Value) -> Value {
    let mut meta = json!({"name": name, "creationTimestamp": years_ago(4)});
    if let Some(namespace) = namespace {
        meta["namespace"] = json!(namespace);
    }
    let mut value = json!({"apiVersion": api, "kind": kind, "metadata": meta});
    for (key, part) in rest.as_object().into_iter().flatten() {
        value[key] = part.clone();
    }
    value
}

/// The old cluster: what years of work leave in a namespace.
pub fn old() -> Seed {
    let ns = Some("acoustid");
    let mut seed = Seed::new().cluster_uid("4c2f6d0e-8a51-4c7e-9b36-52f1d07c9a1e");
    seed = seed.object(object("v1", "Namespace", None, "acoustid", json!({})));
    for (number, (name, reclaim)) in [("pg", "Delete"), ("index", "Retain")].iter().enumerate() {
        let claim = format!("{name}-data-{number}");
        let volume = if number == 0 { "pg-data-0".to_owned() } else { format!("pvc-{number}") };
        seed = seed.object(object("v1", "PersistentVolume", None, &volume, json!({"spec": {
            "capacity": {"storage": "200Gi"}, "accessModes": ["ReadWriteOnce"], "persistentVolumeReclaimPolicy": reclaim,
            "claimRef": {"kind": "PersistentVolumeClaim", "namespace": "acoustid", "name": claim}, "storageClassName": "ssd",
        }, "status": {"phase": "Bound"}})));
        seed = seed.object(object(
            "v1",
            "PersistentVolumeClaim",
            ns,
            &claim,
            json!({"spec": {
            "accessModes": ["ReadWriteOnce"], "volumeName": volume, "storageClassName": "ssd",
            "resources": {"requests": {"storage": "200Gi"}},
        }, "status": {"phase": "Bound", "capacity": {"storage": "200Gi"}}}),
        ));
    }
    for name in ["api", "index", "web", "importer", "stats", "worker"] {
        let labels = json!({"app": name});
        seed = seed.object(object("apps/v1", "Deployment", ns, name, json!({"spec": {
            "replicas": 2, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": name, "image": "acoustid"}]}},
        }})));
        seed = seed.object(object("v1", "ConfigMap", ns, name, json!({"data": {"config": "…"}})));
    }
    for name in ["pg", "redis"] {
        let labels = json!({"app": name});
        seed = seed.object(object("apps/v1", "StatefulSet", ns, name, json!({"spec": {
            "replicas": 1, "serviceName": name, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{"name": name, "image": name}]}},
        }})));
    }
    for number in 0..8 {
        seed = seed.object(object(
            "v1",
            "Secret",
            ns,
            &format!("secret-{number}"),
            json!({"type": "Opaque", "data": {}}),
        ));
    }
    seed.object(object(
        "v1",
        "Service",
        ns,
        "web",
        json!({"spec": {"type": "LoadBalancer", "ports": [{"port": 443}]},
        "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.7"}]}}}),
    ))
}

/// The new cluster: set up this morning.
pub fn new() -> Seed {
    let seed = Seed::new().cluster_uid("b10f7a55-0c3d-4f5a-8d21-7d1f2a9e6b44");
    let now = json!({"name": "acoustid", "creationTimestamp": years_ago(0)});
    seed.object(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": now})).object(json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "trial", "namespace": "acoustid", "creationTimestamp": years_ago(0)}, "data": {},
    }))
}
