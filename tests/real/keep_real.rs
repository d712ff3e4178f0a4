//! Copies and the way back against a real API server: what guard keeps before the real kubectl deletes it, and what
//! `guard restore` makes of it.

use crate::support::cluster::{ADMIN, Cluster, within};
use crate::support::ended::said;
use crate::support::machine::Machine;
use guard::family::kube::keep::rules;
use serde_json::Value;
use std::time::Duration;

const DEFINITION: &str = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: GROUPNAME}
spec:
  group: GROUP
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
";

fn define(cluster: &Cluster, group: &str) {
    cluster.apply(&DEFINITION.replace("GROUPNAME", &format!("widgets.{group}")).replace("GROUP", group));
    let served = || cluster.run(&["api-resources", "--api-group", group, "-o", "name"]).contains("widgets");
    assert!(within(Duration::from_secs(30), served), "the definition is not served");
}

fn contents(ns: &str, group: &str) -> String {
    format!(
        "apiVersion: v1
kind: PersistentVolume
metadata: {{name: {ns}-data}}
spec:
  capacity: {{storage: 1Gi}}
  accessModes: [ReadWriteOnce]
  persistentVolumeReclaimPolicy: Retain
  storageClassName: ''
  hostPath: {{path: /nowhere/{ns}}}
  claimRef: {{namespace: {ns}, name: data}}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: data}}
spec: {{accessModes: [ReadWriteOnce], storageClassName: '', volumeName: {ns}-data, resources: {{requests: {{storage: 1Gi}}}}}}
---
apiVersion: v1
kind: Secret
metadata: {{name: password}}
data: {{password: aHVudGVyMg==}}
---
apiVersion: v1
kind: ConfigMap
metadata: {{name: settings, labels: {{a: b}}, annotations: {{example.com/note: 'kept: yes'}}}}
data: {{text: \"line\\nline\"}}
binaryData: {{raw: AAEC/w==}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {{name: runner}}
---
apiVersion: v1
kind: Service
metadata: {{name: web}}
spec: {{type: NodePort, selector: {{app: web}}, ports: [{{port: 80}}]}}
---
apiVersion: v1
kind: Service
metadata: {{name: headless}}
spec: {{clusterIP: None, selector: {{app: web}}, ports: [{{port: 80}}]}}
---
apiVersion: v1
kind: LimitRange
metadata: {{name: limits}}
spec: {{limits: [{{type: Container, max: {{cpu: '4'}}}}]}}
---
apiVersion: v1
kind: ResourceQuota
metadata: {{name: quota}}
spec: {{hard: {{configmaps: '100'}}}}
---
apiVersion: v1
kind: Pod
metadata: {{name: alone}}
spec: {{serviceAccountName: runner, containers: [{{name: c, image: none}}]}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: web}}}}
  template: {{metadata: {{labels: {{app: web}}}}, spec: {{containers: [{{name: c, image: none}}]}}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: db}}
spec:
  serviceName: headless
  selector: {{matchLabels: {{app: db}}}}
  template: {{metadata: {{labels: {{app: db}}}}, spec: {{containers: [{{name: c, image: none}}]}}}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {{name: agent}}
spec:
  selector: {{matchLabels: {{app: agent}}}}
  template: {{metadata: {{labels: {{app: agent}}}}, spec: {{containers: [{{name: c, image: none}}]}}}}
---
apiVersion: batch/v1
kind: Job
metadata: {{name: once}}
spec: {{template: {{spec: {{restartPolicy: Never, containers: [{{name: c, image: none}}]}}}}}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {{name: nightly}}
spec: {{schedule: '0 3 * * *', jobTemplate: {{spec: {{template: {{spec: {{restartPolicy: Never, containers: [{{name: c, image: none}}]}}}}}}}}}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {{name: reader}}
rules: [{{apiGroups: [''], resources: [pods], verbs: [get]}}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {{name: reader}}
roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}}
subjects: [{{kind: ServiceAccount, name: runner, namespace: {ns}}}]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {{name: closed}}
spec: {{podSelector: {{}}, policyTypes: [Ingress]}}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {{name: front}}
spec: {{defaultBackend: {{service: {{name: web, port: {{number: 80}}}}}}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{name: web}}
spec: {{minAvailable: 1, selector: {{matchLabels: {{app: web}}}}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {{name: web}}
spec: {{maxReplicas: 3, scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}}}
---
apiVersion: {group}/v1
kind: Widget
metadata: {{name: parent}}
spec: {{size: 3, ratio: 0.5}}
"
    )
}

/// Kinds that are compared, as `kubectl get` takes them.
const COMPARED: &str = "pvc,secret,configmap,sa,service,limitrange,quota,deploy,sts,ds,job,cronjob,role,rolebinding,networkpolicy,ingress,pdb,hpa";

fn live(cluster: &Cluster, ns: &str, kinds: &str) -> Vec<Value> {
    let text = cluster.run(&["get", kinds, "-n", ns, "-o", "json"]);
    let list: Value = serde_json::from_str(&text).unwrap();
    list["items"].as_array().unwrap().clone()
}

/// What is left of objects without their first life, and without uids of owners; sorted.
fn bare(objects: Vec<Value>) -> Vec<String> {
    let mut all: Vec<String> = objects
        .into_iter()
        .map(|mut object| {
            rules::strip(&mut object);
            rules::remap_owners(&mut object, |_| rules::NewOwner::Is("some uid".into()));
            serde_json::to_string(&sorted(object)).unwrap()
        })
        .collect();
    all.sort();
    all
}

/// Keys in one order.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut pairs: Vec<(String, Value)> = map.into_iter().map(|(k, v)| (k, sorted(v))).collect();
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(pairs.into_iter().collect())
        }
        Value::Array(all) => Value::Array(all.into_iter().map(sorted).collect()),
        other => other,
    }
}

/// The id of the one copy.
fn id(guarded: &Machine) -> String {
    let out = guarded.guard(&["kept", "list", "--json"]);
    assert!(out.status.success(), "{}", said(&out));
    let all: Vec<Value> =
        String::from_utf8(out.stdout).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!(all.len(), 1, "{all:#?}");
    all[0]["id"].as_str().unwrap().to_owned()
}

fn uid(cluster: &Cluster, ns: &str, what: &str) -> String {
    cluster.run(&["get", what, "-n", ns, "-o", "jsonpath={.metadata.uid}"])
}

#[test]
fn a_namespace_comes_back() {
    let Some(cluster) = Cluster::start() else { return };
    let ns = cluster.namespace("keep-ns");
    let group = format!("{ns}.example.com");
    define(cluster, &group);
    cluster.apply_in(&ns, &contents(&ns, &group));
    let widget = format!("widgets.{group}/parent");
    let parent = uid(cluster, &ns, &widget);
    cluster.apply_in(
        &ns,
        &format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: child\n  ownerReferences: [{{apiVersion: {group}/v1, kind: Widget, \
             name: parent, uid: {parent}}}]\nstringData: {{a: b}}\n"
        ),
    );
    let phase = || cluster.run(&["get", "pvc", "data", "-n", &ns, "-o", "jsonpath={.status.phase}"]);
    assert!(within(Duration::from_secs(60), || phase() == "Bound"), "binding");
    let pods = || live(cluster, &ns, "pods").len();
    assert!(within(Duration::from_secs(60), || pods() == 5), "pods: {}", pods());
    let kinds = format!("{COMPARED},widgets.{group}");
    let before = live(cluster, &ns, &kinds);
    assert!(before.len() >= 20);

    let mut guarded = Machine::behind(cluster.kubectl_path(), &cluster.kubeconfig(ADMIN));
    guarded.env("GUARD_CONFIRM", format!("real/{ns}/*"));
    let out = guarded.pipeline(&["delete", "ns", &ns]);
    assert!(out.status.success(), "{}", said(&out));
    // What comes back are objects in it.
    guarded.env("GUARD_CONFIRM", format!("real/{ns}"));
    let told = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(told.contains("kept the manifests of") && !told.contains("INCOMPLETE"), "{told}");
    assert!(!cluster.exists(&["ns", &ns]));
    let id = id(&guarded);
    assert!(told.contains(&format!("guard restore {id}")), "{told}");
    let log = std::fs::read_to_string(guarded.home.path().join(".local/state/guard/audit.jsonl")).unwrap();
    assert!(log.contains(&format!("\"kept\":\"{id}\"")), "{log}");

    let out = guarded.guard(&["kept", "show", &id]);
    assert!(String::from_utf8_lossy(&out.stdout).contains("1  Widget."), "{}", said(&out));
    let out = guarded.guard(&["kept", "show", &id, "-o", "yaml"]);
    assert!(String::from_utf8_lossy(&out.stdout).contains("aHVudGVyMg=="), "{}", said(&out));

    let out = guarded.guard(&["restore", &id]);
    assert!(out.status.success(), "{}", said(&out));
    assert!(within(Duration::from_secs(60), || phase() == "Bound"), "binding again");
    assert!(within(Duration::from_secs(60), || pods() == 5), "pods again: {}", pods());
    // Longer than the garbage collector needs for an owner that does not exist.
    std::thread::sleep(Duration::from_secs(4));
    assert_eq!(bare(before), bare(live(cluster, &ns, &kinds)));
    let owner = "jsonpath={.metadata.ownerReferences[0].uid}";
    let owner = cluster.run(&["get", "secret", "child", "-n", &ns, "-o", owner]);
    assert!(owner == uid(cluster, &ns, &widget) && owner != parent);

    // Once more changes nothing.
    let out = guarded.guard(&["restore", &id]);
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(out.status.success() && text.contains("\n0 created, "), "{}", said(&out));
    cluster.run(&["delete", "ns", &ns, "--wait=false"]);
    cluster.run(&["delete", "pv", &format!("{ns}-data"), "--wait=false"]);
    cluster.run(&["delete", "crd", &format!("widgets.{group}"), "--wait=false"]);
}

#[test]
fn a_definition_comes_back_with_its_objects() {
    let Some(cluster) = Cluster::start() else { return };
    let ns = cluster.namespace("keep-crd");
    let group = format!("{ns}.example.com");
    define(cluster, &group);
    cluster.apply_in(
        &ns,
        &format!("apiVersion: {group}/v1\nkind: Widget\nmetadata: {{name: w}}\nspec: {{a: 1}}\n"),
    );
    let crd = format!("widgets.{group}");
    let mut guarded = Machine::behind(cluster.kubectl_path(), &cluster.kubeconfig(ADMIN));
    guarded.env("GUARD_CONFIRM", "real");
    let out = guarded.pipeline(&["delete", "crd", &crd]);
    assert!(out.status.success(), "{}", said(&out));
    let out = guarded.guard(&["restore", &id(&guarded), "--dry-run"]);
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(
        text.contains(&format!("create    CustomResourceDefinition {crd}\ncreate    Widget {ns}/w\n")),
        "{text}"
    );
    guarded.env("GUARD_CONFIRM", format!("real/{ns}"));
    let out = guarded.guard(&["restore", &id(&guarded)]);
    assert!(out.status.success(), "{}", said(&out));
    let size = cluster.run(&["get", &crd, "w", "-n", &ns, "-o", "jsonpath={.spec.a}"]);
    assert_eq!(size, "1");
    cluster.run(&["delete", "crd", &crd, "--wait=false"]);
}

#[test]
fn an_object_takes_what_it_owns_into_the_copy() {
    let Some(cluster) = Cluster::start() else { return };
    let ns = cluster.namespace("keep-owned");
    cluster.apply_in(&ns, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: owner}\ndata: {a: b}\n");
    let owner = uid(cluster, &ns, "configmap/owner");
    cluster.apply_in(
        &ns,
        &format!(
            "apiVersion: v1\nkind: Secret\nmetadata:\n  name: owned\n  ownerReferences: [{{apiVersion: v1, kind: ConfigMap, name: owner, \
             uid: {owner}}}]\n---\napiVersion: v1\nkind: Secret\nmetadata: {{name: free}}\n"
        ),
    );
    let mut guarded = Machine::behind(cluster.kubectl_path(), &cluster.kubeconfig(ADMIN));
    guarded.env("GUARD_CONFIRM", format!("real/{ns}"));
    let out = guarded.pipeline(&["delete", "cm", "owner", "-n", &ns]);
    assert!(out.status.success(), "{}", said(&out));
    assert!(cluster.gone_within(60, &["secret", "owned", "-n", &ns]));
    let out = guarded.guard(&["restore", &id(&guarded)]);
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(
        out.status.success() && text.contains("\n2 created, 0 there already, 0 left out, 0 failed"),
        "{}",
        said(&out)
    );
    std::thread::sleep(Duration::from_secs(4));
    assert!(cluster.stays(&["secret", "owned", "-n", &ns]));
    cluster.run(&["delete", "ns", &ns, "--wait=false"]);
}

#[test]
fn what_apply_prunes_is_copied() {
    let Some(cluster) = Cluster::start() else { return };
    let ns = cluster.namespace("keep-prune");
    let map = |name: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: {ns}, labels: {{p: {ns}}}}}\ndata: {{a: b}}\n---\n"
        )
    };
    cluster.apply_in(&ns, &(map("stays") + &map("goes")));
    let mut guarded = Machine::behind(cluster.kubectl_path(), &cluster.kubeconfig(ADMIN));
    let file = guarded.file("m.yaml", &map("stays"));
    let selector = format!("p={ns}");
    let line =
        ["apply", "--prune", "-l", &selector, "--prune-allowlist=core/v1/ConfigMap", "-n", &ns, "-f", &file];
    let out = guarded.guard(&[&["check", "--json", "--", "kubectl"], &line[..]].concat());
    let checked: Value = serde_json::from_slice(&out.stdout).unwrap();
    let phrase = checked["challenge"]["phrase"].as_str().unwrap_or_else(|| panic!("{checked:#}")).to_owned();
    guarded.env("GUARD_CONFIRM", phrase);
    let out = guarded.pipeline(&line);
    assert!(out.status.success() && !cluster.exists(&["cm", "goes", "-n", &ns]), "{}", said(&out));
    guarded.env("GUARD_CONFIRM", format!("real/{ns}"));
    let out = guarded.guard(&["restore", &id(&guarded)]);
    assert!(out.status.success(), "{}", said(&out));
    assert!(cluster.stays(&["cm", "goes", "-n", &ns]));
    cluster.run(&["delete", "ns", &ns, "--wait=false"]);
}
