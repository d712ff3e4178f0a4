//! How strongly is asked, and for what: consequences set the level, the reach sets the phrase.

use crate::support::embedded::{Embedded, Seed};
use crate::support::ended::told;
use crate::support::machine::{Machine, REFUSED};
use crate::support::shop::{DELETE, MAP, scene, shop};
use serde_json::{Value, json};

fn object(api: &str, kind: &str, name: &str, rest: Value) -> Value {
    let mut value = json!({"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": "shop"}});
    for (key, part) in rest.as_object().unwrap() {
        if key == "metadata" {
            for (field, content) in part.as_object().unwrap() {
                value["metadata"][field] = content.clone();
            }
        } else {
            value[key] = part.clone();
        }
    }
    value
}

fn template(app: &str) -> Value {
    json!({"metadata": {"labels": {"app": app}}, "spec": {"containers": [{"name": app, "image": app}]}})
}

/// A shop with a bit of everything in it.
fn stocked() -> Seed {
    let owned = |api: &str, kind: &str, name: &str| json!([{"apiVersion": api, "kind": kind, "name": name, "controller": true}]);
    let select = |app: &str| json!({"matchLabels": {"app": app}});
    let mut seed = shop()
        .object(object("apps/v1", "Deployment", "web", json!({"spec": {"replicas": 1, "selector": select("web"), "template": template("web")},
            "status": {"replicas": 1, "readyReplicas": 1, "availableReplicas": 1}})))
        .object(object("apps/v1", "ReplicaSet", "web-1", json!({"metadata": {"labels": {"app": "web"}, "ownerReferences": owned("apps/v1", "Deployment", "web")},
            "spec": {"replicas": 1, "selector": select("web"), "template": template("web")}})))
        .object(object("v1", "Pod", "web-1-a", json!({"metadata": {"labels": {"app": "web"}, "ownerReferences": owned("apps/v1", "ReplicaSet", "web-1")},
            "spec": {"containers": [{"name": "web", "image": "web"}]}, "status": {"phase": "Running"}})))
        .object(object("v1", "Pod", "bare", json!({"spec": {"containers": [{"name": "bare", "image": "bare"}]}, "status": {"phase": "Running"}})))
        .object(object("batch/v1", "Job", "done", json!({"spec": {"template": template("done")},
            "status": {"succeeded": 1, "completionTime": "2026-01-01T00:00:00Z", "conditions": [{"type": "Complete", "status": "True"}]}})))
        .object(object("batch/v1", "Job", "busy", json!({"spec": {"template": template("busy")}, "status": {"active": 1}})))
        .object(object("v1", "ConfigMap", "held", json!({"metadata": {"finalizers": ["example.com/keep"]}})))
        .object(object("apps/v1", "StatefulSet", "db", json!({"spec": {"replicas": 1, "serviceName": "db", "selector": select("db"), "template": template("db"),
            "persistentVolumeClaimRetentionPolicy": {"whenScaled": "Delete", "whenDeleted": "Retain"},
            "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}]},
            "status": {"replicas": 1}})))
        .object(json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "vol-1"}, "spec": {"capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"], "persistentVolumeReclaimPolicy": "Delete", "hostPath": {"path": "/x"},
            "claimRef": {"kind": "PersistentVolumeClaim", "namespace": "shop", "name": "data-db-0"}}, "status": {"phase": "Bound"}}))
        .object(object("v1", "PersistentVolumeClaim", "data-db-0", json!({"metadata": {"labels": {"app": "db"}}, "spec": {"accessModes": ["ReadWriteOnce"], "volumeName": "vol-1",
            "resources": {"requests": {"storage": "1Gi"}}}, "status": {"phase": "Bound"}})));
    for name in ["a", "b", "c", "d", "empty"] {
        seed = seed.object(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}));
        if name != "empty" {
            seed = seed.object(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": name}}));
        }
    }
    seed
}

/// What `guard check --json` says about a command.
fn check(s: &Machine, line: &str) -> Value {
    let words: Vec<&str> = line.split(' ').collect();
    let out = s.guard(&[&["check", "--json", "--", "kubectl"], words.as_slice()].concat());
    serde_json::from_slice(&out.stdout).unwrap_or_else(|e| panic!("{line}: {e}\n{}", told(&out).output))
}

/// `(level, kind, phrase)` of the question, `None` when there is none.
fn question(s: &Machine, line: &str) -> Option<(String, String, String)> {
    let checked = check(s, line);
    let text = |key: &str| checked["challenge"][key].as_str().unwrap_or_default().to_owned();
    checked["challenge"].is_object().then(|| (text("level"), text("kind"), text("phrase")))
}

#[track_caller]
fn asks(s: &Machine, line: &str, level: &str, kind: &str, phrase: &str) {
    let want = Some((level.to_owned(), kind.to_owned(), phrase.to_owned()));
    assert_eq!(question(s, line), want, "kubectl {line}: {}", check(s, line));
}

#[test]
fn consequences_set_how_strongly_is_asked() {
    let (_cluster, s) = scene!(stocked(), "lab");
    for (line, level) in [
        // Comes back by itself.
        ("delete pod web-1-a -n shop", "yes-no"),
        ("delete rs web-1 -n shop", "yes-no"),
        // Over and done with.
        ("delete job done -n shop", "yes-no"),
        // Nobody brings these back.
        ("delete pod bare -n shop", "typed"),
        ("delete job busy -n shop", "typed"),
        ("delete deployment web -n shop", "typed"),
        ("delete pods --all -n shop", "typed"),
        ("delete cm held -n shop", "typed"),
        // Words that only change something, and what they do.
        ("scale sts db --replicas=0 -n shop", "typed"),
        ("scale deployment web --replicas=0 -n shop", "yes-no"),
        ("scale deployment --all --replicas=0 -n shop", "yes-no"),
    ] {
        let got = question(&s, line).map(|(level, _, _)| level);
        assert_eq!(got.as_deref(), Some(level), "kubectl {line}: {}", check(&s, line));
    }
}

#[test]
fn what_does_no_harm_is_not_asked_about() {
    let (_cluster, s) = scene!(stocked(), "lab");
    for line in [
        "delete cm absent -n shop --ignore-not-found",
        // More of it, or as much as there is.
        "scale deployment web --replicas=2 -n shop",
        "scale rs/web-1 --replicas=1 -n shop",
        "scale sts db --replicas=3 -n shop",
        "label cm settings a=b -n shop",
        "annotate cm settings a=b -n shop",
        "create ns fresh",
        "delete cm settings -n shop --dry-run=server",
        "get pods -A",
        "rollout status deployment/web -n shop",
    ] {
        assert_eq!(question(&s, line), None, "kubectl {line}");
    }
}

#[test]
fn on_a_local_cluster_only_whole_namespaces_are_asked_about() {
    let (cluster, s) = scene!(stocked(), "kind-lab");
    s.unasked(DELETE).is(0).says("guard: kind-lab/shop").says("deleted");
    asks(&s, "delete ns a", "yes-no", "cluster/namespace/*", "kind-lab/a/*");
    asks(&s, "delete cm --all -n shop", "yes-no", "cluster/namespace/*", "kind-lab/shop/*");
    s.answer(&["delete", "ns", "a"], "[y/N]: ", "n").is(REFUSED);
    assert!(cluster.exists("/api/v1/namespaces/a"));
    s.answer(&["delete", "ns", "a"], "[y/N]: ", "y").is(0).says("deleted");
    assert!(!cluster.exists("/api/v1/namespaces/a"));
}

#[test]
fn the_phrase_names_what_is_reached() {
    let (_cluster, s) = scene!(stocked(), "lab");
    asks(&s, "delete cm settings -n shop", "typed", "cluster/namespace", "lab/shop");
    asks(&s, "delete ns shop", "typed", "cluster/namespace/*", "lab/shop/*");
    asks(&s, "delete ns b a", "typed", "cluster/namespaces/*", "lab/a,b/*");
    asks(&s, "delete ns a b c d", "typed", "cluster/namespaces/*", "lab/a,b,c,d/*");
    asks(&s, "delete pv vol-1", "typed", "cluster", "lab");
    asks(&s, "delete cm --all -A", "typed", "cluster/*", "lab/*");
    asks(&s, "delete cm --all -n shop", "typed", "cluster/namespace/*", "lab/shop/*");
    asks(&s, "delete pvc -l app=db -n shop", "typed", "cluster/namespace/*", "lab/shop/*");
    asks(&s, "delete --raw /api/v1/namespaces/shop/configmaps", "typed", "cluster/namespace/*", "lab/shop/*");
    asks(&s, "delete --raw /api/v1/configmaps", "typed", "cluster/*", "lab/*");
    asks(&s, "delete pv --all", "typed", "cluster/*", "lab/*");
    asks(
        &s,
        "delete --raw /api/v1/namespaces/shop/configmaps/settings",
        "typed",
        "cluster/namespace",
        "lab/shop",
    );
    asks(&s, "delete --raw /api/v1/persistentvolumes/vol-1", "typed", "cluster", "lab");
}

#[test]
fn objects_in_two_namespaces_need_both_names() {
    let (cluster, s) = scene!(stocked(), "lab");
    let x =
        |ns: &str| format!("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: x, namespace: {ns}}}\n");
    s.file("two.yaml", &(x("a") + &x("b")));
    s.wrong(&["delete", "-f", "two.yaml"], "lab/a").is(REFUSED);
    assert!(cluster.exists("/api/v1/namespaces/a/configmaps/x"));
    s.answer(&["delete", "-f", "two.yaml"], "tries: ", "lab/a,b").is(0);
    for ns in ["a", "b"] {
        assert!(!cluster.exists(&format!("/api/v1/namespaces/{ns}/configmaps/x")));
    }
}

#[test]
fn scaling_down_names_the_claims_that_go() {
    let (cluster, s) = scene!(stocked(), "lab");
    let scale = ["scale", "sts", "db", "--replicas=0", "-n", "shop"];
    s.wrong(&scale, "y").is(REFUSED).says("data-db-0");
    assert_eq!(
        cluster.object("/apis/apps/v1/namespaces/shop/statefulsets/db").unwrap()["spec"]["replicas"],
        1
    );
    s.answer(&scale, "tries: ", "lab/shop").is(0).says("scaled");
}

#[test]
fn taking_a_finalizer_away_is_a_deletion() {
    let (cluster, s) = scene!(stocked(), "lab");
    let patch =
        ["patch", "cm", "held", "-n", "shop", "--type=merge", "-p", "{\"metadata\":{\"finalizers\":null}}"];
    s.wrong(&patch, "y").is(REFUSED).says("finalizer");
    assert_eq!(
        cluster.object("/api/v1/namespaces/shop/configmaps/held").unwrap()["metadata"]["finalizers"][0],
        "example.com/keep"
    );
    s.answer(&patch, "tries: ", "lab/shop").is(0);
}

#[test]
fn a_raw_delete_is_asked_about_and_runs() {
    let (cluster, s) = scene!(stocked(), "lab");
    let raw = ["delete", "--raw", MAP];
    s.wrong(&raw, "y").is(REFUSED);
    assert!(cluster.exists(MAP));
    s.answer(&raw, "tries: ", "lab/shop").is(0);
    assert!(!cluster.exists(MAP));
}

#[test]
fn what_the_server_would_refuse_is_said_and_not_asked() {
    let (cluster, mut s) = scene!(stocked(), "lab");
    s.unasked(&["delete", "ns", "default"]).is(REFUSED).says("the server would refuse it").not("tries:");
    s.env("GUARD_CONFIRM", "lab/default");
    told(&s.pipeline(&["delete", "ns", "default"])).is(REFUSED).says("the server would refuse it");
    assert!(cluster.exists("/api/v1/namespaces/default"));
}

#[test]
fn a_deletion_of_nothing_is_the_tools_own_message() {
    let (_cluster, s) = scene!(stocked(), "lab");
    s.unasked(&["delete", "cm", "absent", "-n", "shop"]).is(1).says("not found").not("tries:");
}

/// What kubeadm writes for every cluster it makes.
fn kubeadm(url: &str) -> String {
    Embedded::kubeconfig_for(url, "kubernetes-admin@kubernetes", None)
        .replace("name: kubernetes-admin@kubernetes\n  cluster:", "name: kubernetes\n  cluster:")
        .replace("cluster: kubernetes-admin@kubernetes\n", "cluster: kubernetes\n")
}

#[test]
fn two_clusters_with_one_name_never_share_a_phrase() {
    let (one, mut s) = scene!(shop(), "unused");
    let two = Embedded::start(shop());
    let files = [s.file("one", &kubeadm(&one.url)), s.file("two", &kubeadm(&two.url))];
    let phrases = files.clone().map(|file| {
        s.env("KUBECONFIG", file);
        let (level, kind, phrase) = question(&s, &DELETE.join(" ")).unwrap();
        assert_eq!((level.as_str(), kind.as_str()), ("typed", "cluster/namespace"));
        phrase
    });
    assert_ne!(phrases[0], phrases[1]);
    assert!(!phrases[0].starts_with("kubernetes"), "{}", phrases[0]);
    // The answer for one is none for the other, typed or set.
    s.env("KUBECONFIG", &files[1]);
    s.wrong(DELETE, &phrases[0]).is(REFUSED);
    s.env("GUARD_CONFIRM", &phrases[0]);
    told(&s.pipeline(DELETE)).is(REFUSED);
    assert!(one.exists(MAP) && two.exists(MAP));
    s.env("GUARD_CONFIRM", &phrases[1]);
    told(&s.pipeline(DELETE)).is(0);
    assert!(one.exists(MAP) && !two.exists(MAP));
}
