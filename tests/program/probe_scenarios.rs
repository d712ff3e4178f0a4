//! The probe against scripted and embedded API servers: exactly which questions it asks, and what it says when answers
//! are late, forbidden, stale or old.

use crate::support::embedded::{Embedded, Seed};
use crate::support::probing::{Caller, Told};
use guard::engine::effect::Effect;
use guard::engine::fact::{Known, Why};
use guard::engine::impact::Fate;
use guard::family::kube::probe;
use http::{Request, Response};
use kube::client::Body;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Answers exactly the scripted paths; the test fails on a question that is not in the script and on one that was
/// never asked.
fn scripted(script: &[(&str, u16, Value)], args: &[&str]) -> Told {
    let dir = tempfile::tempdir().unwrap();
    let kubeconfig = dir.path().join("config");
    std::fs::write(&kubeconfig, Embedded::kubeconfig_for("http://127.0.0.1:1", "mock", None)).unwrap();
    let answers: BTreeMap<String, (u16, Value)> =
        script.iter().map(|(path, code, body)| ((*path).to_owned(), (*code, body.clone()))).collect();
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let told = Caller::new(&kubeconfig, None).with(args, |request| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (answers, seen) = (answers.clone(), Arc::clone(&asked));
            let service = tower::service_fn(move |request: Request<Body>| {
                let path = request.uri().path_and_query().unwrap().to_string();
                assert_eq!(request.method(), "GET");
                seen.lock().unwrap().push(path.clone());
                let missing = json!({"kind": "Status", "message": format!("not in the script: {path}")});
                let (code, body) = answers.get(&path).cloned().unwrap_or((500, missing));
                async move {
                    let body = Body::from(serde_json::to_vec(&body).unwrap());
                    Ok::<_, std::convert::Infallible>(Response::builder().status(code).body(body).unwrap())
                }
            });
            probe::over(kube::Client::new(service, "default"), request).await
        })
    });
    let mut asked = asked.lock().unwrap().clone();
    asked.sort();
    // The namespace is asked for twice: as the target, and for the labels of the subjects in it.
    asked.dedup();
    let mut wanted: Vec<String> = answers.keys().cloned().collect();
    wanted.sort();
    assert_eq!(asked, wanted, "the questions of the script, and no other");
    told
}

fn discovery(groups: Value) -> Value {
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "items": groups})
}

fn resource(plural: &str, kind: &str, scope: &str) -> Value {
    json!({"resource": plural, "responseKind": {"group": "", "version": "v1", "kind": kind}, "scope": scope,
        "singularResource": kind.to_lowercase(), "verbs": ["list", "get", "delete", "create"]})
}

fn common() -> Vec<(&'static str, u16, Value)> {
    let core = json!([{"metadata": {}, "versions": [{"version": "v1", "freshness": "Current", "resources": [
        resource("namespaces", "Namespace", "Cluster"), resource("pods", "Pod", "Namespaced"),
        resource("secrets", "Secret", "Namespaced"), resource("events", "Event", "Namespaced")]}]}]);
    vec![
        ("/api/v1/namespaces/kube-system", 200, json!({"metadata": {"name": "kube-system", "uid": "u-1"}})),
        ("/version", 200, json!({"gitVersion": "v1.36.2"})),
        ("/api", 200, discovery(core)),
        ("/apis", 200, discovery(json!([]))),
    ]
}

#[test]
fn a_pod_that_comes_back_takes_a_handful_of_questions() {
    let owner = json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "uid": "rs", "controller": true}]);
    let mut script = common();
    script.extend([
        ("/api/v1/namespaces/shop", 200, json!({"metadata": {"name": "shop", "labels": {"team": "a"}}})),
        (
            "/api/v1/namespaces/shop/pods/web-1-x",
            200,
            json!({"metadata": {"name": "web-1-x", "namespace": "shop", "uid": "p", "ownerReferences": owner},
                   "spec": {"volumes": [{"name": "tmp", "emptyDir": {}}]}}),
        ),
        (
            "/apis/apps/v1/namespaces/shop/replicasets/web-1",
            200,
            json!({"metadata": {"name": "web-1", "uid": "rs"}}),
        ),
    ]);
    let told = scripted(&script, &["delete", "pod", "web-1-x", "-n", "shop"]);
    assert_eq!(told.whole().effect(), Effect::Disrupt);
    told.says("emptyDir volumes start empty: tmp");
    assert_eq!(told.impact().subjects[0].labels, [("team".to_owned(), "a".to_owned())]);
    assert_eq!(told.probed.uid, Known::Known("u-1".into()));
}

#[test]
fn an_owner_that_is_going_re_creates_nothing() {
    let owner = json!([{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "uid": "rs", "controller": true}]);
    for (code, body) in [
        (404, json!({"kind": "Status"})),
        (200, json!({"metadata": {"name": "web-1", "uid": "another"}})),
        (
            200,
            json!({"metadata": {"name": "web-1", "uid": "rs", "deletionTimestamp": "2026-01-01T00:00:00Z"}}),
        ),
        (403, json!({"kind": "Status"})),
    ] {
        let mut script = common();
        script.extend([
            ("/api/v1/namespaces/shop", 200, json!({"metadata": {"name": "shop"}})),
            (
                "/api/v1/namespaces/shop/pods/x",
                200,
                json!({"metadata": {"name": "x", "namespace": "shop", "ownerReferences": owner}}),
            ),
            ("/apis/apps/v1/namespaces/shop/replicasets/web-1", code, body),
        ]);
        assert_eq!(scripted(&script, &["delete", "pod/x", "-n", "shop"]).effect(), Effect::Destroy);
    }
}

#[test]
fn a_whole_namespace_is_one_list_per_kind_and_noise_is_left_alone() {
    let mut script = common();
    let rows = json!({"kind": "Table", "metadata": {"continue": "t/1", "remainingItemCount": 1}, "rows": [
        {"cells": ["a", "Opaque", 1, "5d"], "object": {"metadata": {"name": "a", "namespace": "shop"}}}]});
    let more = json!({"kind": "Table", "metadata": {}, "rows": [
        {"cells": ["b", "kubernetes.io/tls", 2, "5d"], "object": {"metadata": {"name": "b", "namespace": "shop"}}}]});
    script.extend([
        ("/api/v1/namespaces/default", 200, json!({"metadata": {"name": "default"}})),
        ("/api/v1/namespaces/shop", 200, json!({"metadata": {"name": "shop", "uid": "n"}})),
        ("/api/v1/namespaces/shop/pods?limit=500", 200, json!({"metadata": {}, "items": null})),
        ("/api/v1/namespaces/shop/secrets?limit=500", 200, rows),
        ("/api/v1/namespaces/shop/secrets?limit=500&continue=t%2F1", 200, more),
    ]);
    let told = scripted(&script, &["delete", "namespace", "shop"]);
    assert_eq!((told.whole().effect(), told.groups().as_str()), (Effect::Destroy, "Secret 2"));
    told.says("secrets: 1 Opaque, 1 TLS");
}

#[test]
fn a_list_that_breaks_off_is_a_gap_and_never_empty() {
    for (code, why) in
        [(403, Why::Forbidden), (503, Why::Stale), (406, Why::Unsupported), (500, Why::Failed("boom".into()))]
    {
        let mut script = common();
        script.extend([
            ("/api/v1/namespaces/default", 200, json!({"metadata": {"name": "default"}})),
            ("/api/v1/namespaces/shop", 200, json!({"metadata": {"name": "shop"}})),
            ("/api/v1/namespaces/shop/pods?limit=500", code, json!({"kind": "Status", "message": "boom"})),
            ("/api/v1/namespaces/shop/secrets?limit=500", 200, json!({"items": []})),
        ]);
        let told = scripted(&script, &["delete", "namespace", "shop"]);
        assert_eq!(told.effect(), Effect::Destroy);
        assert_eq!(
            told.impact().gaps.iter().map(|g| (g.what.as_str(), &g.why)).collect::<Vec<_>>(),
            [("pods", &why)]
        );
    }
}

fn embedded(server: &Embedded) -> (tempfile::TempDir, Caller) {
    let dir = tempfile::tempdir().unwrap();
    let kubeconfig = server.kubeconfig(dir.path().join("config"));
    (dir, Caller::new(&kubeconfig, None))
}

fn filled(count: usize) -> Seed {
    let mut seed = Seed::new().yaml("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n");
    for i in 0..count {
        let kind = if i % 2 == 0 { "ConfigMap" } else { "Secret" };
        seed = seed.object(json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": format!("o-{i}"), "namespace": "shop"}}));
    }
    seed
}

#[test]
fn servers_before_aggregated_discovery_give_the_same_answer() {
    let (new, old) = (Embedded::start(filled(10)), Embedded::start(filled(10).legacy_discovery()));
    let args = ["delete", "ns", "shop"];
    let (new, old) = (embedded(&new).1.ask(&args), embedded(&old).1.ask(&args));
    assert_eq!(new.whole().groups(), "ConfigMap 5, Secret 5");
    assert_eq!(new.groups(), old.whole().groups());
}

#[test]
fn a_stale_api_is_said() {
    let server = Embedded::start(filled(2).stale("metrics.k8s.io", "v1beta1"));
    let told = embedded(&server).1.ask(&["delete", "ns", "shop"]);
    told.has_gap("metrics.k8s.io");
    assert!(told.impact().gaps.iter().any(|g| g.why == Why::Stale), "{:?}", told.impact().gaps);
}

#[test]
fn the_deadline_holds_and_what_was_answered_is_kept() {
    let server = Embedded::start(filled(20).hang("configmaps"));
    let (_dir, mut caller) = embedded(&server);
    caller.deadline = Duration::from_secs(6);
    let start = Instant::now();
    let told = caller.ask(&["delete", "ns", "shop"]);
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    assert_eq!((told.effect(), told.groups().as_str()), (Effect::Destroy, "Secret 10"));
    told.has_gap("configmaps");
    assert!(told.impact().gaps.iter().all(|g| g.why == Why::TimedOut), "{:?}", told.impact().gaps);
}

#[test]
fn nobody_there_is_unreachable_and_never_empty() {
    let dir = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let kubeconfig = dir.path().join("config");
    std::fs::write(&kubeconfig, Embedded::kubeconfig_for(&format!("http://127.0.0.1:{port}"), "x", None))
        .unwrap();
    let told = Caller::new(&kubeconfig, None).ask(&["delete", "pod", "x"]);
    assert_eq!(told.effect(), Effect::Destroy);
    assert!(matches!(told.probed.uid, Known::Unknown(Why::Unreachable(_))), "{:?}", told.probed.uid);
    assert!(!told.impact().gaps.is_empty());
}

#[test]
fn a_credential_plugin_runs_without_a_terminal_and_only_until_the_deadline() {
    let server = Embedded::start(filled(2));
    let run = |script: &str, ms: u64| {
        let dir = tempfile::tempdir().unwrap();
        let kubeconfig = dir.path().join("config");
        let seen = dir.path().join("seen");
        let user = json!({"exec": {"apiVersion": "client.authentication.k8s.io/v1", "interactiveMode": "IfAvailable",
            "command": "/bin/sh", "args": ["-c", script], "env": [{"name": "SEEN", "value": seen.display().to_string()}]}});
        let text =
            Embedded::kubeconfig_for(&server.url, "x", None).replace("user: {}", &format!("user: {user}"));
        std::fs::write(&kubeconfig, &text).unwrap();
        let mut caller = Caller::new(&kubeconfig, None);
        caller.deadline = Duration::from_millis(ms);
        let start = Instant::now();
        // The embedded server speaks plain HTTP, over which kubectl asks no plugin; the probe is told to all the same.
        let told = caller.with(&["delete", "ns", "shop"], |request| {
            probe::kube(&probe::Request { effective_kubeconfig: text.as_bytes(), ..*request })
        });
        (told, start.elapsed(), std::fs::read_to_string(seen).unwrap_or_default())
    };
    let answer = "printf '%s' \"$KUBERNETES_EXEC_INFO\" > $SEEN; wc -c >> $SEEN; \
        echo '{\"kind\":\"ExecCredential\",\"status\":{\"token\":\"t\"}}'";
    let (told, _, seen) = run(answer, 60_000);
    assert_eq!(told.whole().groups(), "ConfigMap 1, Secret 1");
    assert!(seen.contains("\"interactive\":false") && seen.trim_end().ends_with('0'), "{seen}");
    let (told, took, _) = run("exec sleep 600", 700);
    assert!(took < Duration::from_secs(60), "{took:?}");
    assert!(told.impact().gaps.iter().any(|g| g.why.to_string().contains("did not answer in time")));
    assert_eq!(told.effect(), Effect::Destroy);
    let (told, ..) = run("echo log in first >&2; exit 1", 60_000);
    let gaps = &told.impact().gaps;
    assert!(gaps.iter().any(|g| g.why.to_string().contains("log in first")), "{gaps:?}");
}

#[test]
fn every_request_reads_and_a_thousand_objects_cost_what_their_lists_cost() {
    let server = Embedded::start(filled(1_000));
    let (_dir, caller) = embedded(&server);
    let told = caller.ask(&["delete", "ns", "shop"]);
    assert_eq!(told.whole().groups(), "ConfigMap 500, Secret 500");
    let seen = server.requests();
    assert!(seen.iter().all(|r| r.method == "GET" && r.agent.starts_with("guard/")));
    let mut paths: Vec<_> = seen.iter().map(|r| (r.path.clone(), r.query.clone())).collect();
    let all = paths.len();
    paths.sort();
    paths.dedup();
    // The namespace itself may be asked for as target and as subject; nothing else twice.
    assert!(all - paths.len() <= 1, "{all} {}", paths.len());
    let noise = ["/events", "/endpoints", "/endpointslices", "/leases", "/controllerrevisions"];
    assert!(!seen.iter().any(|r| noise.iter().any(|n| r.path.ends_with(n))));
}

#[test]
fn ten_thousand_objects_are_counted_without_reading_them_all() {
    let server = Embedded::start(filled(10_000));
    let told = embedded(&server).1.ask(&["delete", "ns", "shop"]);
    assert_eq!(told.whole().groups(), "ConfigMap 5000, Secret 5000");
    assert!(told.impact().groups.iter().all(|g| g.names.len() <= 5));
    let pages = server.requests().iter().filter(|r| r.path.ends_with("/configmaps")).count();
    assert_eq!(pages, 1, "the server's own count of the rest is enough");
}

#[test]
fn deleting_all_namespaces_lists_every_kind_once() {
    let mut seed = Seed::new();
    for i in 0..6 {
        let yaml = format!(
            "apiVersion: v1\nkind: Namespace\nmetadata: {{name: n-{i}}}\n---\n\
             apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c, namespace: n-{i}}}\n"
        );
        seed = seed.yaml(&yaml);
    }
    let server = Embedded::start(seed);
    let told = embedded(&server).1.ask(&["delete", "ns", "--all", "-n", "n-1"]);
    assert_eq!((told.whole().effect(), told.impact().subjects_total), (Effect::Destroy, 10));
    assert!(told.impact().whole_scope);
    assert!(told.groups().contains("ConfigMap 6"), "{}", told.groups());
    assert_eq!(server.requests().iter().filter(|r| r.path.ends_with("/configmaps")).count(), 1);
    told.says("namespace kube-system");
}

#[test]
fn reclaim_policies_that_cannot_be_read_are_unknown() {
    let yaml = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n---\n\
        apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {name: pg, namespace: shop}\nspec: {volumeName: v}\n";
    let server = Embedded::start(Seed::new().yaml(yaml).forbid("*", "persistentvolumes"));
    let told = embedded(&server).1.ask(&["delete", "ns", "shop"]);
    assert_eq!(told.fate("claim pg"), Fate::Unknown);
    told.has_gap("reclaim policy of volumes");
}
