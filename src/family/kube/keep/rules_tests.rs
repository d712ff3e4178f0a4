use super::*;
use proptest::prelude::*;
use serde_json::json;

#[test]
fn each_kind_is_stripped_of_its_first_life() {
    // (live, restorable)
    let rows = [
        (
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "uid": "u", "annotations": {}},
                "spec": {"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], "healthCheckNodePort": 3, "ports": [{"nodePort": 30001}]},
                "status": {"loadBalancer": {}}}),
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"ports": [{"nodePort": 30001}]}}),
        ),
        (
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "h"}, "spec": {"clusterIP": "None", "clusterIPs": ["None"]}}),
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "h"}, "spec": {"clusterIP": "None", "clusterIPs": ["None"]}}),
        ),
        (
            json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j", "labels": {"job-name": "j", "a": "b"}},
                "spec": {"selector": {"matchLabels": {"x": "y"}}, "template": {"metadata": {"labels": {"batch.kubernetes.io/job-name": "j", "c": "d"}}}}}),
            json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j", "labels": {"a": "b"}},
                "spec": {"template": {"metadata": {"labels": {"c": "d"}}}}}),
        ),
        (
            json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "spec": {"manualSelector": true, "selector": {"matchLabels": {"x": "y"}}}}),
            json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "spec": {"manualSelector": true, "selector": {"matchLabels": {"x": "y"}}}}),
        ),
        (
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"nodeName": "n1",
                "volumes": [{"name": "kube-api-access-x"}, {"name": "data"}],
                "containers": [{"name": "c", "volumeMounts": [{"name": "kube-api-access-x"}, {"name": "data"}]}]}}),
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {
                "volumes": [{"name": "data"}], "containers": [{"name": "c", "volumeMounts": [{"name": "data"}]}]}}),
        ),
        (
            json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token", "data": {"token": "x", "mine": "y"},
                "metadata": {"name": "t", "annotations": {"kubernetes.io/service-account.name": "a", "kubernetes.io/service-account.uid": "u"}}}),
            json!({"apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token", "data": {"mine": "y"},
                "metadata": {"name": "t", "annotations": {"kubernetes.io/service-account.name": "a"}}}),
        ),
        (
            json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "v", "finalizers": ["kubernetes.io/pv-protection"]},
                "spec": {"claimRef": {"namespace": "a", "name": "b", "uid": "u", "resourceVersion": "1"}}}),
            json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "v"}, "spec": {"claimRef": {"namespace": "a", "name": "b"}}}),
        ),
        (
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n", "finalizers": ["example.com/x", "orphan"]}, "spec": {"finalizers": ["kubernetes"]}}),
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n", "finalizers": ["example.com/x"]}, "spec": {}}),
        ),
        (
            // A custom resource of a kind that is called like a built-in one is nobody's business.
            json!({"apiVersion": "serving.knative.dev/v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"clusterIP": "x"}}),
            json!({"apiVersion": "serving.knative.dev/v1", "kind": "Service", "metadata": {"name": "a"}, "spec": {"clusterIP": "x"}}),
        ),
    ];
    for (mut live, want) in rows {
        strip(&mut live);
        assert_eq!(live, want);
    }
}

#[test]
fn what_comes_back_by_itself_or_must_not_run_again_is_left_out() {
    let of = |v: Value| left_out(&v);
    let named =
        |kind: &str, name: &str| json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}});
    assert!(of(named("ConfigMap", "kube-root-ca.crt")).is_some());
    assert!(of(named("ConfigMap", "default")).is_none());
    assert!(of(named("ServiceAccount", "default")).is_some());
    let job = |status: Value| json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "j"}, "status": status});
    assert!(of(job(json!({"conditions": [{"type": "Complete", "status": "True"}]}))).is_some());
    assert!(of(job(json!({"conditions": [{"type": "Complete", "status": "False"}]}))).is_none());
    assert!(of(job(json!({}))).is_none());
    assert!(of(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s", "deletionTimestamp": "2026-01-01T00:00:00Z"}})).is_some());
}

#[test]
fn the_order_is_owners_data_and_rights_first() {
    let order = [
        ("apiextensions.k8s.io", "CustomResourceDefinition"),
        ("", "Namespace"),
        ("storage.k8s.io", "StorageClass"),
        ("", "PersistentVolume"),
        ("", "PersistentVolumeClaim"),
        ("", "ServiceAccount"),
        ("", "Secret"),
        ("", "ConfigMap"),
        ("", "Service"),
        ("apps", "Deployment"),
        ("example.com", "Widget"),
        ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
    ];
    let ranks: Vec<usize> = order.iter().map(|(g, k)| rank(g, k)).collect();
    assert!(ranks.windows(2).all(|w| w[0] < w[1]), "{ranks:?}");
    assert_eq!(rank("apps", "StatefulSet"), rank("batch", "CronJob"));
    assert_eq!(rank("gateway.networking.k8s.io", "Gateway"), rank("example.com", "Widget"));
}

#[test]
fn tables_are_sorted_and_name_a_row_once() {
    assert!(STRIPPED.windows(2).all(|w| w[0] < w[1]), "STRIPPED");
    assert!(REMADE.windows(2).all(|w| w[0] < w[1]), "REMADE");
    assert!(FINALIZERS.is_sorted());
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "[a-z/.]{0,12}".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map(
                prop_oneof![
                    Just("metadata".to_owned()),
                    Just("spec".to_owned()),
                    Just("status".to_owned()),
                    Just("labels".to_owned()),
                    Just("finalizers".to_owned()),
                    Just("ownerReferences".to_owned()),
                    Just("uid".to_owned()),
                    "[a-z]{1,8}",
                ],
                inner,
                0..5
            )
            .prop_map(|m| Value::Object(m.into_iter().collect())),
        ]
    })
}

fn any_object() -> impl Strategy<Value = Value> {
    let kinds = prop::sample::select(vec![
        ("v1", "Pod"),
        ("v1", "Service"),
        ("v1", "Secret"),
        ("v1", "Namespace"),
        ("v1", "PersistentVolume"),
        ("batch/v1", "Job"),
        ("apps/v1", "Deployment"),
        ("example.com/v1", "Widget"),
    ]);
    (kinds, any_json(), any_json(), any_json()).prop_map(|((version, kind), metadata, spec, status)| {
        json!({"apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec, "status": status})
    })
}

proptest! {
    /// Whatever an object looks like: stripping ends, what the server writes is gone, and doing it twice changes nothing.
    #[test]
    fn stripping_is_total_and_settles(mut object in any_object()) {
        strip(&mut object);
        for gone in ["/status", "/metadata/uid", "/metadata/resourceVersion", "/metadata/managedFields"] {
            prop_assert!(object.pointer(gone).is_none());
        }
        let once = object.clone();
        strip(&mut object);
        prop_assert_eq!(object, once);
    }

    /// A ConfigMap's own content is nobody's to change.
    #[test]
    fn content_is_never_touched(data in any_json()) {
        let mut object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a", "uid": "u"}, "data": data.clone()});
        strip(&mut object);
        prop_assert_eq!(object, json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": data}));
    }

    /// No uid of the first life survives, whatever is known of the owners, and none is invented.
    #[test]
    fn no_old_owner_survives(uids in prop::collection::vec("[a-d]", 0..6), alive in "[a-d]{0,4}") {
        let owners: Vec<Value> = uids.iter().map(|u| json!({"kind": "K", "name": u, "uid": u})).collect();
        let mut object = json!({"metadata": {"ownerReferences": owners}});
        let find = |uid: &str| if alive.contains(uid) { NewOwner::Is(format!("new-{uid}")) } else { NewOwner::Gone };
        let lost = remap_owners(&mut object, find);
        let left: Vec<String> = object.pointer("/metadata/ownerReferences").and_then(Value::as_array).into_iter().flatten()
            .map(|o| text(o, "/uid").to_owned()).collect();
        let want: Vec<String> = uids.iter().filter(|u| alive.contains(u.as_str())).map(|u| format!("new-{u}")).collect();
        prop_assert_eq!(&left, &want);
        prop_assert_eq!(lost.len() + left.len(), uids.len());
        prop_assert!(!left.is_empty() || object.pointer("/metadata/ownerReferences").is_none() || uids.is_empty());
    }
}
