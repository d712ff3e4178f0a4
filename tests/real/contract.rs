//! The same questions to a real API server and to the embedded one. What the examples and the other tests learn from
//! the embedded server is worth something because these hold for both.

use crate::support::cluster;
use crate::support::cluster::{Cluster, within};
use crate::support::embedded::{Embedded, Rights, Seed};
use http::Request;
use kube::client::Body;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

/// An API server under test, as three users see it.
struct Subject {
    kubectl: PathBuf,
    admin: PathBuf,
    nobody: PathBuf,
    home: tempfile::TempDir,
    /// Stops when the subject goes; `None` for the real one.
    _server: Option<Embedded>,
}

struct Reply {
    code: u16,
    mime: String,
    body: Value,
}

impl Subject {
    fn real() -> Option<Subject> {
        let cluster = Cluster::start()?;
        Some(Subject {
            kubectl: cluster.kubectl_path().to_owned(),
            admin: cluster.kubeconfig(cluster::ADMIN),
            nobody: cluster.kubeconfig(cluster::NOBODY),
            home: tempfile::tempdir().unwrap(),
            _server: None,
        })
    }

    fn embedded() -> Option<Subject> {
        let server = Embedded::start(Seed::new());
        let home = tempfile::tempdir().unwrap();
        let (admin, nobody) = (server.kubeconfig(home.path().join("admin")), home.path().join("nobody"));
        let url = server.user("nobody", Rights::Nothing);
        std::fs::write(&nobody, Embedded::kubeconfig_for(&url, "nobody", None)).unwrap();
        let kubectl = cluster::real_kubectl().unwrap_or_default();
        Some(Subject { kubectl, admin, nobody, home, _server: Some(server) })
    }

    fn call_as(
        &self,
        kubeconfig: &Path,
        method: &str,
        path: &str,
        accept: &str,
        mime: &str,
        body: Option<&Value>,
    ) -> Reply {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let read = kube::config::Kubeconfig::read_from(kubeconfig).unwrap();
            let config = kube::Config::from_custom_kubeconfig(read, &Default::default()).await.unwrap();
            let client = kube::Client::try_from(config).unwrap();
            let bytes = body.map(|b| b.to_string().into_bytes()).unwrap_or_default();
            let request = Request::builder()
                .method(method)
                .uri(path)
                .header("Accept", accept)
                .header("Content-Type", mime);
            let answer = client.send(request.body(Body::from(bytes)).unwrap()).await.unwrap();
            let code = answer.status().as_u16();
            let mime = answer.headers()["content-type"].to_str().unwrap().to_owned();
            let bytes = answer.into_body().collect_bytes().await.unwrap();
            let text = || Value::from(String::from_utf8_lossy(&bytes).into_owned());
            Reply { code, mime, body: serde_json::from_slice(&bytes).unwrap_or_else(|_| text()) }
        })
    }

    fn get(&self, path: &str) -> Reply {
        self.call_as(&self.admin, "GET", path, "application/json", "application/json", None)
    }

    fn delete(&self, path: &str, options: Value) -> Reply {
        self.call_as(&self.admin, "DELETE", path, "application/json", "application/json", Some(&options))
    }

    fn post(&self, path: &str, object: Value) -> Reply {
        self.call_as(&self.admin, "POST", path, "application/json", "application/json", Some(&object))
    }

    fn merge(&self, path: &str, change: Value) -> Reply {
        self.call_as(
            &self.admin,
            "PATCH",
            path,
            "application/json",
            "application/merge-patch+json",
            Some(&change),
        )
    }

    /// A new namespace with `count` config maps `c-0` … in it, labelled `half=a` and `half=b` in turn.
    fn namespace(&self, name: &str, count: usize) -> String {
        let name = format!("contract-{name}-{}", std::process::id());
        let made = self.post(
            "/api/v1/namespaces",
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}),
        );
        assert_eq!(made.code, 201, "{}", made.body);
        for i in 0..count {
            let half = if i % 2 == 0 { "a" } else { "b" };
            let made = self.config_map(&name, &format!("c-{i}"), json!({"labels": {"half": half}}));
            assert_eq!(made.code, 201, "{}", made.body);
        }
        let own = format!("/api/v1/namespaces/{name}/configmaps/kube-root-ca.crt");
        assert!(within(Duration::from_secs(20), || self.get(&own).code == 200), "{name} was not furnished");
        name
    }

    fn config_map(&self, ns: &str, name: &str, mut meta: Value) -> Reply {
        meta["name"] = name.into();
        let object =
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": {"key": "value"}});
        self.post(&format!("/api/v1/namespaces/{ns}/configmaps"), object)
    }

    fn there(&self, path: &str) -> bool {
        self.get(path).code == 200
    }

    fn gone(&self, path: &str) -> bool {
        within(Duration::from_secs(60), || self.get(path).code == 404)
    }

    fn kubectl(&self, args: &[&str]) -> Output {
        let mut command = Command::new(&self.kubectl);
        command
            .args(args)
            .env_clear()
            .env("HOME", self.home.path())
            .env("KUBECONFIG", &self.admin)
            .env("PATH", "/usr/bin:/bin");
        command.stdin(Stdio::null()).output().expect("the real kubectl")
    }

    fn ok(&self, args: &[&str]) -> String {
        let out = self.kubectl(args);
        let said = String::from_utf8_lossy(&out.stderr);
        assert!(out.status.success(), "kubectl {args:?}: {said}");
        String::from_utf8_lossy(&out.stdout).into_owned()
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.home.path().join(name);
        std::fs::write(&path, text).unwrap();
        path.display().to_string()
    }
}

/// Each contract is a test of the embedded server and a test of the real one.
macro_rules! contracts {
    ($($name:ident)*) => {
        mod on_embedded {
            $(#[test] fn $name() { super::$name(&super::Subject::embedded().expect("the embedded server starts")); })*
        }
        mod on_real {
            $(#[test] fn $name() { if let Some(subject) = super::Subject::real() { super::$name(&subject); } })*
        }
    };
}

contracts! {
    the_cluster_has_one_identity
    lists_come_in_pages
    metadata_alone_can_be_asked_for
    a_dry_run_deletes_nothing
    a_delete_with_a_body_ignores_the_query
    somebody_without_rights_is_told_so
    three_namespaces_cannot_be_deleted
    a_namespace_takes_everything_along
    a_collection_can_be_deleted_by_label
    a_delete_says_what_it_deleted
    what_is_not_there_is_not_found
    a_finalizer_holds_an_object
    dependents_go_with_their_owner_unless_orphaned
    a_precondition_pins_the_object
    an_old_resource_version_conflicts
    creating_meets_the_namespace_and_the_name
    discovery_says_what_can_be_listed
    a_definition_brings_and_takes_its_resources
    a_retained_volume_is_released
    a_pending_pod_can_be_evicted
    kubectl_deletes_a_namespace
    kubectl_applies_scales_and_deletes
    kubectl_dry_runs_on_the_server
}

fn the_cluster_has_one_identity(s: &Subject) {
    let uid = |r: Reply| r.body["metadata"]["uid"].as_str().map(String::from).expect("a uid");
    let first = uid(s.get("/api/v1/namespaces/kube-system"));
    assert_eq!(first.len(), 36);
    assert_eq!(first, uid(s.get("/api/v1/namespaces/kube-system")));
    assert_ne!(first, uid(s.get("/api/v1/namespaces/default")));
    assert_eq!(s.get("/version").body["major"], "1");
    assert_eq!(s.get("/readyz").body, "ok");
}

fn lists_come_in_pages(s: &Subject) {
    let ns = s.namespace("pages", 5);
    let path = format!("/api/v1/namespaces/{ns}/configmaps");
    let (mut names, mut at, mut pages) = (Vec::new(), String::new(), 0);
    loop {
        let page = s.get(&format!("{path}?limit=2&continue={at}"));
        assert_eq!(page.body["kind"], "ConfigMapList", "{}", page.body);
        let items = page.body["items"].as_array().unwrap();
        assert!(items.len() <= 2);
        names.extend(items.iter().map(|i| i["metadata"]["name"].as_str().unwrap().to_owned()));
        if pages == 0 {
            assert_eq!(page.body["metadata"]["remainingItemCount"], 4);
        }
        pages += 1;
        at = page.body["metadata"]["continue"].as_str().unwrap_or("").to_owned();
        if at.is_empty() {
            break;
        }
    }
    assert_eq!(names, ["c-0", "c-1", "c-2", "c-3", "c-4", "kube-root-ca.crt"]);
    assert_eq!(pages, 3);
    let picked = s.get(&format!("{path}?limit=1&labelSelector=half%3Da")).body;
    assert!(picked["metadata"].get("remainingItemCount").is_none(), "not known under a selector");
    assert_eq!(
        s.get(&format!("{path}?fieldSelector=metadata.name%3Dc-3")).body["items"].as_array().unwrap().len(),
        1
    );
    assert_eq!(
        s.get(&format!("{path}?labelSelector=half%20in%20(a,b),half!%3Da")).body["items"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(s.get(&format!("{path}?continue=nonsense")).code, 400);
}

fn metadata_alone_can_be_asked_for(s: &Subject) {
    let ns = s.namespace("meta", 1);
    let path = format!("/api/v1/namespaces/{ns}/configmaps");
    let accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
    let list = s.call_as(&s.admin, "GET", &path, accept, "application/json", None).body;
    assert_eq!(
        (&list["kind"], &list["apiVersion"]),
        (&json!("PartialObjectMetadataList"), &json!("meta.k8s.io/v1"))
    );
    let item = &list["items"][0];
    assert_eq!(item["metadata"]["name"], "c-0");
    assert!(item.get("data").is_none());
    let accept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";
    let one = s.call_as(&s.admin, "GET", &format!("{path}/c-0"), accept, "application/json", None).body;
    assert_eq!(one["kind"], "PartialObjectMetadata");
    assert!(one.get("data").is_none());
}

fn a_dry_run_deletes_nothing(s: &Subject) {
    let ns = s.namespace("dry", 2);
    let path = format!("/api/v1/namespaces/{ns}/configmaps");
    let bare = |path: String| {
        s.call_as(&s.admin, "DELETE", &path, "application/json", "application/json", None).code
    };
    assert_eq!(bare(format!("{path}/c-0?dryRun=All")), 200);
    assert_eq!(bare(format!("{path}?dryRun=All")), 200);
    assert_eq!(bare(format!("/api/v1/namespaces/{ns}?dryRun=All")), 200);
    let options = json!({"kind": "DeleteOptions", "apiVersion": "v1", "dryRun": ["All"]});
    for path in [format!("{path}/c-0"), path.clone(), format!("/api/v1/namespaces/{ns}")] {
        assert_eq!(s.delete(&path, options.clone()).code, 200);
    }
    std::thread::sleep(Duration::from_millis(300));
    assert!(s.there(&format!("{path}/c-0")) && s.there(&format!("{path}/c-1")));
    assert_eq!(s.get(&format!("/api/v1/namespaces/{ns}")).body["status"]["phase"], "Active");
}

fn a_delete_with_a_body_ignores_the_query(s: &Subject) {
    let ns = s.namespace("body", 1);
    let path = format!("/api/v1/namespaces/{ns}/configmaps/c-0");
    assert_eq!(s.delete(&format!("{path}?dryRun=All"), json!({})).code, 200);
    assert!(!s.there(&path), "an empty body is a body: the dry run in the query was not one");
}

fn somebody_without_rights_is_told_so(s: &Subject) {
    let ask = |method: &str, path: &str| {
        let reply = s.call_as(&s.nobody, method, path, "application/json", "application/json", None);
        assert_eq!(reply.code, 403, "{}", reply.body);
        assert_eq!(reply.body["reason"], "Forbidden");
        reply.body["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        ask("GET", "/api/v1/namespaces/default/pods"),
        r#"pods is forbidden: User "nobody" cannot list resource "pods" in API group "" in the namespace "default""#
    );
    assert_eq!(
        ask("DELETE", "/apis/apps/v1/namespaces/default/deployments/web"),
        r#"deployments.apps "web" is forbidden: User "nobody" cannot delete resource "deployments" in API group "apps" in the namespace "default""#
    );
    assert_eq!(
        ask("GET", "/api/v1/nodes"),
        r#"nodes is forbidden: User "nobody" cannot list resource "nodes" in API group "" at the cluster scope"#
    );
    assert_eq!(
        ask("DELETE", "/api/v1/namespaces/default"),
        r#"namespaces "default" is forbidden: User "nobody" cannot delete resource "namespaces" in API group "" in the namespace "default""#
    );
    // Discovery is open to everybody who is known.
    let open = s.call_as(&s.nobody, "GET", "/apis", "application/json", "application/json", None);
    assert_eq!(open.code, 200);
}

fn three_namespaces_cannot_be_deleted(s: &Subject) {
    for name in ["default", "kube-system", "kube-public"] {
        for query in ["", "?dryRun=All"] {
            let reply = s.delete(&format!("/api/v1/namespaces/{name}{query}"), json!({}));
            assert_eq!(reply.code, 403, "{}", reply.body);
            let said = format!("namespaces {name:?} is forbidden: this namespace may not be deleted");
            assert_eq!(reply.body["message"], said.as_str());
        }
    }
}

fn a_namespace_takes_everything_along(s: &Subject) {
    let ns = s.namespace("cascade", 2);
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}});
    assert_eq!(s.post(&format!("/api/v1/namespaces/{ns}/pods"), pod).code, 201);
    let reply = s.delete(&format!("/api/v1/namespaces/{ns}"), json!({"propagationPolicy": "Background"}));
    assert_eq!(reply.code, 200);
    assert_eq!(reply.body["kind"], "Namespace");
    assert_eq!(reply.body["status"]["phase"], "Terminating");
    assert!(reply.body["metadata"]["deletionTimestamp"].is_string());
    assert!(s.gone(&format!("/api/v1/namespaces/{ns}")));
    assert!(!s.there(&format!("/api/v1/namespaces/{ns}/configmaps/c-0")));
    assert!(!s.there(&format!("/api/v1/namespaces/{ns}/pods/p")));
}

fn a_collection_can_be_deleted_by_label(s: &Subject) {
    let ns = s.namespace("collection", 4);
    let path = format!("/api/v1/namespaces/{ns}/configmaps");
    let reply = s.delete(&format!("{path}?labelSelector=half%3Da"), json!({}));
    assert_eq!((reply.code, reply.body["kind"].as_str()), (200, Some("ConfigMapList")));
    assert!(!s.there(&format!("{path}/c-0")) && !s.there(&format!("{path}/c-2")));
    assert!(s.there(&format!("{path}/c-1")) && s.there(&format!("{path}/c-3")));
    assert_eq!(s.delete("/api/v1/namespaces", json!({})).code, 405);
    assert_eq!(s.delete("/api/v1/configmaps", json!({})).code, 405);
}

fn a_delete_says_what_it_deleted(s: &Subject) {
    let ns = s.namespace("says", 1);
    let path = format!("/api/v1/namespaces/{ns}/configmaps/c-0");
    let uid = s.get(&path).body["metadata"]["uid"].clone();
    let reply = s.delete(&path, json!({}));
    assert_eq!(
        reply.body,
        json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
            "details": {"name": "c-0", "kind": "configmaps", "uid": uid}})
    );
}

fn what_is_not_there_is_not_found(s: &Subject) {
    let reply = s.get("/api/v1/namespaces/default/configmaps/absent");
    assert_eq!(reply.code, 404);
    assert_eq!(
        reply.body,
        json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": "configmaps \"absent\" not found", "reason": "NotFound",
            "details": {"name": "absent", "kind": "configmaps"}, "code": 404})
    );
    let reply = s.delete("/apis/apps/v1/namespaces/default/deployments/absent", json!({}));
    assert_eq!(reply.body["message"], "deployments.apps \"absent\" not found");
    assert_eq!(reply.body["details"], json!({"name": "absent", "group": "apps", "kind": "deployments"}));
    assert_eq!(s.get("/apis/nowhere.example.com/v1/things").code, 404);
    assert_eq!(s.get("/api/v1/namespaces/default/things").code, 404);
}

fn a_finalizer_holds_an_object(s: &Subject) {
    let ns = s.namespace("finalizer", 0);
    assert_eq!(s.config_map(&ns, "held", json!({"finalizers": ["example.com/held"]})).code, 201);
    let path = format!("/api/v1/namespaces/{ns}/configmaps/held");
    let reply = s.delete(&path, json!({}));
    assert_eq!(reply.body["kind"], "ConfigMap", "a held object is answered, not a Status: {}", reply.body);
    assert!(s.get(&path).body["metadata"]["deletionTimestamp"].is_string());
    assert_eq!(s.merge(&path, json!({"metadata": {"finalizers": null}})).code, 200);
    assert!(s.gone(&path));
}

fn dependents_go_with_their_owner_unless_orphaned(s: &Subject) {
    let ns = s.namespace("owners", 2);
    let base = format!("/api/v1/namespaces/{ns}/configmaps");
    let owner = |name: &str| {
        let uid = s.get(&format!("{base}/{name}")).body["metadata"]["uid"].clone();
        json!({"ownerReferences": [{"apiVersion": "v1", "kind": "ConfigMap", "name": name, "uid": uid}]})
    };
    assert_eq!(s.config_map(&ns, "child-0", owner("c-0")).code, 201);
    assert_eq!(s.config_map(&ns, "child-1", owner("c-1")).code, 201);
    // The garbage collector needs a moment to learn of them: it has when it takes away what was made after them.
    assert_eq!(s.config_map(&ns, "first", json!({})).code, 201);
    assert_eq!(s.config_map(&ns, "later", owner("first")).code, 201);
    s.delete(&format!("{base}/first"), json!({"propagationPolicy": "Background"}));
    assert!(s.gone(&format!("{base}/later")));
    s.delete(&format!("{base}/c-1"), json!({"propagationPolicy": "Orphan"}));
    assert!(s.gone(&format!("{base}/c-1")));
    s.delete(&format!("{base}/c-0"), json!({"propagationPolicy": "Background"}));
    assert!(s.gone(&format!("{base}/child-0")));
    let orphan = s.get(&format!("{base}/child-1"));
    assert_eq!(orphan.code, 200);
    assert!(orphan.body["metadata"].get("ownerReferences").is_none());
}

fn a_precondition_pins_the_object(s: &Subject) {
    let ns = s.namespace("pin", 1);
    let path = format!("/api/v1/namespaces/{ns}/configmaps/c-0");
    let uid = s.get(&path).body["metadata"]["uid"].clone();
    let wrong = "00000000-0000-0000-0000-000000000000";
    let reply = s.delete(&path, json!({"preconditions": {"uid": wrong}}));
    assert_eq!((reply.code, reply.body["reason"].as_str()), (409, Some("Conflict")), "{}", reply.body);
    let said = reply.body["message"].as_str().unwrap();
    assert!(
        said.contains(
            "ConfigMap \"c-0\": the UID in the precondition (00000000-0000-0000-0000-000000000000)"
        ),
        "{said}"
    );
    assert!(s.there(&path));
    assert_eq!(s.delete(&path, json!({"preconditions": {"uid": uid}})).code, 200);
    assert!(!s.there(&path));
}

fn an_old_resource_version_conflicts(s: &Subject) {
    let ns = s.namespace("conflict", 1);
    let path = format!("/api/v1/namespaces/{ns}/configmaps/c-0");
    let old = s.get(&path).body;
    assert_eq!(s.merge(&path, json!({"data": {"key": "newer"}})).code, 200);
    let reply = s.call_as(&s.admin, "PUT", &path, "application/json", "application/json", Some(&old));
    assert_eq!((reply.code, reply.body["reason"].as_str()), (409, Some("Conflict")));
    assert_eq!(s.get(&path).body["data"]["key"], "newer");
}

fn creating_meets_the_namespace_and_the_name(s: &Subject) {
    let ns = s.namespace("create", 1);
    let again = s.config_map(&ns, "c-0", json!({}));
    assert_eq!((again.code, again.body["reason"].as_str()), (409, Some("AlreadyExists")));
    assert_eq!(again.body["message"], "configmaps \"c-0\" already exists");
    let nowhere = s.config_map("not-there", "x", json!({}));
    assert_eq!(
        (nowhere.code, nowhere.body["message"].as_str()),
        (404, Some("namespaces \"not-there\" not found"))
    );
}

fn discovery_says_what_can_be_listed(s: &Subject) {
    let accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";
    let new = s.call_as(&s.admin, "GET", "/apis", accept, "application/json", None);
    assert!(new.mime.contains("as=APIGroupDiscoveryList"), "{}", new.mime);
    let apps = new.body["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|g| g["metadata"]["name"] == "apps")
        .unwrap()
        .clone();
    assert_eq!(apps["versions"][0]["freshness"], "Current");
    let all = apps["versions"][0]["resources"].as_array().unwrap();
    let sets = all.iter().find(|r| r["resource"] == "statefulsets").unwrap();
    assert_eq!((&sets["scope"], &sets["shortNames"]), (&json!("Namespaced"), &json!(["sts"])));
    assert_eq!(
        sets["verbs"],
        json!(["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"])
    );

    let old = s.get("/apis");
    assert_eq!(old.body["kind"], "APIGroupList");
    let rows = s.get("/api/v1").body;
    let namespaces =
        rows["resources"].as_array().unwrap().iter().find(|r| r["name"] == "namespaces").unwrap().clone();
    assert_eq!(namespaces["verbs"], json!(["create", "delete", "get", "list", "patch", "update", "watch"]));
    assert_eq!(namespaces["namespaced"], false);
}

/// A definition of `WORDs.contract.example.com`.
fn definition(word: &str) -> Value {
    let kind = format!("{}{}", word[..1].to_uppercase(), &word[1..]);
    json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{word}s.contract.example.com")},
        "spec": {"group": "contract.example.com", "scope": "Namespaced",
            "names": {"plural": format!("{word}s"), "singular": word, "kind": kind, "listKind": format!("{kind}List")},
            "versions": [{"name": "v1", "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}}}]}})
}

fn a_definition_brings_and_takes_its_resources(s: &Subject) {
    let definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    assert_eq!(s.post(definitions, definition("widget")).code, 201);
    let base = "/apis/contract.example.com/v1/namespaces/default/widgets";
    let widget =
        json!({"apiVersion": "contract.example.com/v1", "kind": "Widget", "metadata": {"name": "w"}});
    assert!(within(Duration::from_secs(20), || matches!(s.post(base, widget.clone()).code, 201 | 409)));
    assert!(s.there(&format!("{base}/w")));
    assert_eq!(s.delete(&format!("{definitions}/widgets.contract.example.com"), json!({})).code, 200);
    assert!(s.gone(&format!("{definitions}/widgets.contract.example.com")));
    assert!(s.gone(&format!("{base}/w")));
}

fn a_retained_volume_is_released(s: &Subject) {
    let ns = s.namespace("volume", 0);
    let volume = format!("{ns}-volume");
    let size = json!({"storage": "1Gi"});
    let made = s.post("/api/v1/persistentvolumes", json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": volume},
        "spec": {"capacity": size, "accessModes": ["ReadWriteOnce"], "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "", "hostPath": {"path": "/tmp/not-there"}, "claimRef": {"namespace": ns, "name": "claim"}}}));
    assert_eq!(made.code, 201, "{}", made.body);
    let claims = format!("/api/v1/namespaces/{ns}/persistentvolumeclaims");
    let made = s.post(&claims, json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "claim"},
        "spec": {"accessModes": ["ReadWriteOnce"], "storageClassName": "", "volumeName": volume, "resources": {"requests": size}}}));
    assert_eq!(made.code, 201, "{}", made.body);
    let claim = format!("{claims}/claim");
    assert!(within(Duration::from_secs(40), || s.get(&claim).body["status"]["phase"] == "Bound"));
    s.delete(&claim, json!({}));
    assert!(s.gone(&claim));
    let path = format!("/api/v1/persistentvolumes/{volume}");
    assert!(within(Duration::from_secs(40), || s.get(&path).body["status"]["phase"] == "Released"));
    s.delete(&path, json!({}));
}

fn a_pending_pod_can_be_evicted(s: &Subject) {
    let ns = s.namespace("evict", 0);
    let pods = format!("/api/v1/namespaces/{ns}/pods");
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "labels": {"app": "p"}},
        "spec": {"containers": [{"name": "c", "image": "i"}]}});
    assert_eq!(s.post(&pods, pod).code, 201);
    let eviction =
        json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "p", "namespace": ns}});
    assert_eq!(s.post(&format!("{pods}/p/eviction?dryRun=All"), eviction.clone()).code, 201);
    assert!(s.there(&format!("{pods}/p")));
    let reply = s.post(&format!("{pods}/p/eviction"), eviction);
    assert_eq!((reply.code, reply.body["status"].as_str()), (201, Some("Success")), "{}", reply.body);
    assert!(s.gone(&format!("{pods}/p")));
}

fn kubectl_deletes_a_namespace(s: &Subject) {
    let ns = s.namespace("kubectl-ns", 2);
    assert_eq!(s.ok(&["delete", "ns", &ns]), format!("namespace {ns:?} deleted\n"));
    assert!(!s.there(&format!("/api/v1/namespaces/{ns}")));
    let out = s.kubectl(&["delete", "namespace", "default"]);
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&out.stderr).contains("this namespace may not be deleted"));
}

fn kubectl_applies_scales_and_deletes(s: &Subject) {
    let ns = s.namespace("kubectl", 0);
    let deployment = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: web}}\nspec:\n  replicas: 2\n  \
        selector: {matchLabels: {app: web}}\n  template:\n    metadata: {labels: {app: web}}\n    \
        spec: {containers: [{name: web, image: one}]}\n---\napiVersion: v1\nkind: Service\nmetadata: {name: web}\n\
        spec: {ports: [{port: 80}], selector: {app: web}}\n";
    let file = s.file("web.yaml", deployment);
    assert_eq!(
        s.ok(&["apply", "-n", &ns, "-f", &file]),
        "deployment.apps/web created\nservice/web created\n"
    );
    assert_eq!(
        s.ok(&["apply", "-n", &ns, "-f", &file]),
        "deployment.apps/web unchanged\nservice/web unchanged\n"
    );
    let file = s.file("web.yaml", &deployment.replace("image: one", "image: two"));
    assert_eq!(
        s.ok(&["apply", "-n", &ns, "-f", &file]),
        "deployment.apps/web configured\nservice/web unchanged\n"
    );
    let image = "jsonpath={.spec.template.spec.containers[*].image}";
    assert_eq!(s.ok(&["get", "deploy", "web", "-n", &ns, "-o", image]), "two");
    assert_eq!(s.ok(&["scale", "deploy/web", "-n", &ns, "--replicas=0"]), "deployment.apps/web scaled\n");
    assert_eq!(s.ok(&["get", "deploy", "web", "-n", &ns, "-o", "jsonpath={.spec.replicas}"]), "0");
    assert!(s.ok(&["get", "deploy,svc", "-n", &ns]).contains("deployment.apps/web"));
    s.ok(&["label", "svc", "web", "-n", &ns, "gone=soon"]);
    s.ok(&["annotate", "svc", "web", "-n", &ns, "note=x"]);
    s.ok(&[
        "patch",
        "svc",
        "web",
        "-n",
        &ns,
        "--type=json",
        "-p",
        r#"[{"op":"add","path":"/metadata/labels/more","value":"x"}]"#,
    ]);
    let said = s.ok(&["delete", "svc", "-l", "gone=soon,more=x", "-n", &ns]);
    assert_eq!(said, format!("service \"web\" deleted from {ns} namespace\n"));
    assert!(!s.there(&format!("/api/v1/namespaces/{ns}/services/web")));
    let file = s.file("x.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n");
    s.ok(&["create", "-n", &ns, "-f", &file]);
    s.ok(&["delete", "cm", "--all", "-n", &ns]);
    assert!(s.gone(&format!("/api/v1/namespaces/{ns}/configmaps/x")));
    let out = s.kubectl(&["delete", "svc", "web", "-n", &ns]);
    assert!(
        String::from_utf8_lossy(&out.stderr)
            .contains("Error from server (NotFound): services \"web\" not found")
    );
}

fn kubectl_dry_runs_on_the_server(s: &Subject) {
    let ns = s.namespace("kubectl-dry", 1);
    s.ok(&["delete", "cm", "c-0", "-n", &ns, "--dry-run=server"]);
    s.ok(&["delete", "ns", &ns, "--dry-run=server"]);
    assert!(s.there(&format!("/api/v1/namespaces/{ns}/configmaps/c-0")));
    // The raw form knows no dry run.
    let path = format!("/api/v1/namespaces/{ns}/configmaps/c-0");
    s.ok(&["delete", "--raw", &path, "--dry-run=server"]);
    assert!(!s.there(&path));
}
