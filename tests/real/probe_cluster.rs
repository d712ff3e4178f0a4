//! What the probe says, proven against a real API server: etcd, kube-apiserver, kube-controller-manager and kubectl.

use crate::support::cluster::{ADMIN, Cluster, LIMITED, NOBODY, TEAM, within};
use crate::support::probing::Caller;
use guard::engine::effect::Effect;
use guard::engine::fact::{Known, Why};
use guard::engine::impact::Fate;
use std::time::Duration;

fn admin(cluster: &Cluster) -> Caller {
    Caller::new(&cluster.kubeconfig(ADMIN), Some(cluster.kubectl_path()))
}

fn wait(what: &str, ask: impl FnMut() -> bool) {
    assert!(within(Duration::from_secs(60), ask), "{what} did not happen");
}

/// A volume and the claim bound to it.
fn volume(ns: &str, name: &str, policy: &str) -> String {
    format!(
        "apiVersion: v1\nkind: PersistentVolume\nmetadata: {{name: {ns}-{name}}}\nspec:\n  capacity: {{storage: 1Gi}}\n  \
         accessModes: [ReadWriteOnce]\n  persistentVolumeReclaimPolicy: {policy}\n  storageClassName: ''\n  \
         hostPath: {{path: /nowhere/{ns}-{name}}}\n  claimRef: {{namespace: {ns}, name: {name}}}\n---\n\
         apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: {name}, namespace: {ns}}}\nspec:\n  \
         accessModes: [ReadWriteOnce]\n  storageClassName: ''\n  volumeName: {ns}-{name}\n  \
         resources: {{requests: {{storage: 1Gi}}}}\n---\n"
    )
}

fn deployment(name: &str, replicas: u32) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: {name}}}\nspec:\n  replicas: {replicas}\n  \
         selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    \
         spec: {{containers: [{{name: c, image: none}}]}}\n---\n"
    )
}

fn bound(cluster: &Cluster, ns: &str, claim: &str) -> bool {
    cluster.run(&["get", "pvc", claim, "-n", ns, "-o", "jsonpath={.status.phase}"]) == "Bound"
}

#[test]
fn a_namespace_with_everything_in_it() {
    let Some(cluster) = Cluster::start() else { return };
    let ns = cluster.namespace("probe-all");
    let mut yaml = volume(&ns, "gone", "Delete") + &volume(&ns, "kept", "Retain") + &deployment("web", 2);
    yaml += "apiVersion: v1\nkind: Secret\nmetadata: {name: tls}\ntype: kubernetes.io/tls\n\
             data: {tls.crt: '', tls.key: ''}\n---\n\
             apiVersion: v1\nkind: Secret\nmetadata: {name: plain}\nstringData: {password: hunter2-secret}\n---\n\
             apiVersion: v1\nkind: Secret\nmetadata: {name: sh.helm.release.v1.index.v3}\ntype: helm.sh/release.v1\n---\n\
             apiVersion: v1\nkind: Service\nmetadata: {name: lb}\nspec: {type: LoadBalancer, ports: [{port: 80}]}\n---\n\
             apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, finalizers: [example.com/cleanup]}\n";
    cluster.apply_in(&ns, &yaml);
    let status = "{\"status\":{\"loadBalancer\":{\"ingress\":[{\"ip\":\"203.0.113.7\"}]}}}";
    cluster.run(&["patch", "svc", "lb", "-n", &ns, "--subresource=status", "--type=merge", "-p", status]);
    wait("binding", || bound(cluster, &ns, "gone") && bound(cluster, &ns, "kept"));
    let pods = || cluster.run(&["get", "pods", "-n", &ns, "-o", "name"]).lines().count();
    wait("pods", || pods() == 2);

    let told = admin(cluster).ask(&["delete", "ns", &ns]);
    told.whole();
    assert_eq!(told.effect(), Effect::Destroy);
    assert_eq!(told.impact().subjects_total, 1);
    let subject = &told.impact().subjects[0];
    assert_eq!((subject.kind.as_str(), subject.name.as_str()), ("Namespace", ns.as_str()));
    assert!(
        subject.uid.is_some() && subject.age_s.is_some_and(|a| a < 600) && subject.changed_s <= subject.age_s
    );
    assert_eq!(told.groups(), "Secret 3, PersistentVolumeClaim 2, ConfigMap 1, Deployment 1, Service 1");
    assert_eq!((told.fate("claim gone"), told.fate("claim kept")), (Fate::Erased, Fate::Kept));
    told.says("2 pods stop").says("load balancer 203.0.113.7").says("Helm release index").says("1 TLS");
    told.says("finalizer example.com/cleanup on 1 ConfigMap");
    assert!(!format!("{:?}", told.probed).contains("hunter2"));
    let uid = cluster.run(&["get", "ns", "kube-system", "-o", "jsonpath={.metadata.uid}"]);
    assert_eq!(told.probed.uid, Known::Known(uid));
    assert!(matches!(&told.probed.server_version, Known::Known(v) if v.starts_with("v1.")));
    assert!(cluster.stays(&["ns", &ns]), "the probe itself deletes nothing");
    // Its finalizer would keep the namespace for good.
    cluster.run(&[
        "patch",
        "cm",
        "a",
        "-n",
        &ns,
        "--type=merge",
        "-p",
        "{\"metadata\":{\"finalizers\":null}}",
    ]);
}

#[test]
fn an_empty_namespace_is_no_loss_and_a_kept_one_is_refused() {
    let Some(cluster) = Cluster::start() else { return };
    let ns = cluster.namespace("probe-empty");
    wait("furnishing", || cluster.exists(&["cm", "kube-root-ca.crt", "-n", &ns]));
    let told = admin(cluster).ask(&["delete", "ns", &ns]);
    assert_eq!(told.whole().effect(), Effect::Disrupt, "{:?}", told.impact());
    cluster.run(&["create", "cm", "one", "-n", &ns]);
    assert_eq!(admin(cluster).ask(&["delete", "ns", &ns]).whole().effect(), Effect::Destroy);
    let told = admin(cluster).ask(&["delete", "namespace", "kube-system"]);
    assert!(
        told.impact().refused.as_deref().is_some_and(|r| r.contains("may not be deleted")),
        "{:?}",
        told.impact()
    );
}

#[test]
fn pods_sets_and_jobs_that_come_back_are_milder() {
    let Some(cluster) = Cluster::start() else { return };
    let ns = cluster.namespace("probe-mild");
    let lone = "apiVersion: v1\nkind: Pod\nmetadata: {name: lone}\nspec: {containers: [{name: c, image: none}], \
                volumes: [{name: scratch, emptyDir: {}}]}\n";
    cluster.apply_in(&ns, &(deployment("web", 1) + lone));
    let owned = || cluster.run(&["get", "pods", "-n", &ns, "-l", "app=web", "-o", "name"]).trim().to_owned();
    wait("a pod", || !owned().is_empty());
    let (pod, caller) = (owned(), admin(cluster));
    let told = caller.ask(&["-n", &ns, "delete", &pod]);
    assert_eq!(told.whole().effect(), Effect::Disrupt, "{:?}", told.impact());
    told.says("its ReplicaSet re-creates it");
    let told = caller.ask(&["delete", "pod", "lone", "-n", &ns]);
    assert_eq!(
        (told.whole().effect(), told.fate("emptyDir scratch of pod lone")),
        (Effect::Destroy, Fate::Erased)
    );
    // One that comes back next to one that does not.
    let told = caller.ask(&["delete", "pods", "--all", "-n", &ns]);
    assert_eq!((told.whole().effect(), told.impact().subjects_total), (Effect::Destroy, 2));
    assert!(told.impact().whole_scope);
    let told = caller.ask(&["delete", "rs", "-l", "app=web", "-n", &ns]);
    assert_eq!((told.whole().effect(), told.impact().subjects_total), (Effect::Disrupt, 1));
    told.says("its Deployment re-creates it").says("1 pod stops");
    let told = caller.ask(&["delete", "deploy", "web", "-n", &ns]);
    assert_eq!(told.whole().effect(), Effect::Destroy);
    told.says("1 pod stops");
    let told = caller.ask(&["delete", "deploy", "web", "-n", &ns, "--cascade=orphan"]);
    told.whole().says("what it owns stays");

    let job = "apiVersion: batch/v1\nkind: Job\nmetadata: {name: once}\nspec: {template: {spec: {restartPolicy: Never, \
               containers: [{name: c, image: none}]}}}\n";
    cluster.apply_in(&ns, job);
    assert_eq!(caller.ask(&["delete", "job", "once", "-n", &ns]).effect(), Effect::Destroy);
}

#[test]
fn what_is_not_there_cannot_be_lost() {
    let Some(cluster) = Cluster::start() else { return };
    let ns = cluster.namespace("probe-none");
    let caller = admin(cluster);
    let told = caller.ask(&["delete", "deploy", "nothing", "-n", &ns]);
    assert_eq!(
        (told.whole().effect(), told.impact().subjects_total),
        (Effect::Read, 0),
        "{:?}",
        told.impact()
    );
    told.says("not found: Deployment nothing");
    assert_eq!(caller.ask(&["delete", "pods", "-l", "a=b", "-n", &ns]).whole().effect(), Effect::Read);
    // Short names are case-sensitive: kubectl itself knows no NS.
    let told = caller.ask(&["delete", "NS", &ns]);
    assert_eq!((told.effect(), told.impact().subjects_total), (Effect::Read, 0), "{:?}", told.impact());
    let told = caller.ask(&["delete", "NAMESPACE", &ns]);
    assert_eq!(told.impact().subjects_total, 1);
}

#[test]
fn who_may_not_look_is_told_so() {
    let Some(cluster) = Cluster::start() else { return };
    let ns = cluster.namespace("probe-403");
    cluster.run(&["create", "cm", "one", "-n", &ns]);
    let nobody = Caller::new(&cluster.kubeconfig(NOBODY), Some(cluster.kubectl_path()));
    let told = nobody.ask(&["delete", "ns", &ns]);
    assert_eq!(told.effect(), Effect::Destroy);
    assert!(told.impact().gaps.iter().any(|g| g.why == Why::Forbidden), "{:?}", told.impact());
    assert_eq!(told.probed.uid, Known::Unknown(Why::Forbidden));
    assert!(told.impact().refused.as_deref().is_some_and(|r| r.contains("cannot")), "{:?}", told.impact());
    // Without kubectl's view: the namespace counts as there.
    let nobody = Caller::new(&cluster.kubeconfig(NOBODY), None);
    let told = nobody.ask(&["delete", "ns", &ns]);
    assert_eq!(
        (told.effect(), told.impact().subjects_total, told.impact().refused.is_none()),
        (Effect::Destroy, 1, true)
    );
    // Rights in one namespace are enough for what is in it, but not for the volumes behind it.
    cluster.apply_in(TEAM, &volume(TEAM, "theirs", "Retain"));
    wait("binding", || bound(cluster, TEAM, "theirs"));
    let limited = Caller::new(&cluster.kubeconfig(LIMITED), Some(cluster.kubectl_path()));
    let told = limited.ask(&["delete", "pvc", "theirs"]);
    assert_eq!((told.effect(), told.fate("claim theirs")), (Effect::Destroy, Fate::Unknown));
    told.has_gap("reclaim policy of volumes");
}

#[test]
fn stateful_sets_and_their_claims() {
    let Some(cluster) = Cluster::start() else { return };
    let ns = cluster.namespace("probe-sts");
    let set = |name: &str, deleted: &str, scaled: &str| {
        format!(
            "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: {name}}}\nspec:\n  replicas: 2\n  serviceName: x\n  \
             podManagementPolicy: Parallel\n  persistentVolumeClaimRetentionPolicy: {{whenDeleted: {deleted}, whenScaled: {scaled}}}\n  \
             selector: {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    \
             spec: {{containers: [{{name: c, image: none}}]}}\n  volumeClaimTemplates:\n  - metadata: {{name: data}}\n    \
             spec: {{accessModes: [ReadWriteOnce], storageClassName: '', resources: {{requests: {{storage: 1Gi}}}}}}\n---\n"
        )
    };
    cluster.apply_in(&ns, &(set("safe", "Retain", "Retain") + &set("rash", "Delete", "Delete")));
    let claims = || cluster.run(&["get", "pvc", "-n", &ns, "-o", "name"]).lines().count();
    wait("claims", || claims() == 4);
    // One volume behind one of the claims, reclaim Delete.
    let text = volume(&ns, "data-rash-1", "Delete");
    cluster.apply(text.split("---\n").next().unwrap());
    wait("binding", || bound(cluster, &ns, "data-rash-1"));

    let caller = admin(cluster);
    let scale =
        |name: &str, to: &str| caller.ask(&["scale", "sts", name, "-n", &ns, &format!("--replicas={to}")]);
    assert_eq!(scale("safe", "0").whole().effect(), Effect::Disrupt);
    let told = scale("rash", "1");
    assert_eq!((told.whole().effect(), told.fate("claim data-rash-1")), (Effect::Destroy, Fate::Erased));
    told.says("rash has whenScaled Delete: 1 claims go");
    assert_eq!(scale("rash", "3").whole().effect(), Effect::Mutate);
    let told = caller.ask(&["delete", "sts", "safe", "-n", &ns]);
    assert_eq!((told.whole().effect(), told.fate("2 claims of safe")), (Effect::Destroy, Fate::Kept));
    let told = caller.ask(&["delete", "sts", "rash", "-n", &ns]);
    assert_eq!(told.whole().fate("claim data-rash-1"), Fate::Erased);
    // The same by content instead of by words.
    let patch = "{\"spec\":{\"replicas\":0}}";
    let told = caller.ask(&["patch", "sts", "rash", "-n", &ns, "-p", patch]);
    assert_eq!(told.whole().effect(), Effect::Destroy, "{:?}", told.impact());
}

#[test]
fn changes_that_destroy_are_found_in_the_servers_answer() {
    let Some(cluster) = Cluster::start() else { return };
    let ns = cluster.namespace("probe-change");
    cluster.apply_in(
        &ns,
        &(volume(&ns, "v", "Retain")
            + "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: f, finalizers: [example.com/cleanup]}\ndata: {a: '1'}\n"),
    );
    let caller = admin(cluster);
    let patch = |target: &[&str], patch: &str| {
        caller.ask(&[&["patch"], target, &["-n", &ns, "--type=merge", "-p", patch]].concat())
    };
    let told = patch(&["cm", "f"], "{\"metadata\":{\"finalizers\":null}}");
    assert_eq!(told.whole().effect(), Effect::Destroy, "{:?}", told.impact());
    told.says("finalizer example.com/cleanup is removed");
    let ghost = "{\"metadata\":{\"ownerReferences\":[{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"name\":\"no\",\
                 \"uid\":\"00000000-0000-0000-0000-000000000000\"}]}}";
    let told = patch(&["cm", "f"], ghost);
    assert_eq!(told.whole().effect(), Effect::Destroy, "{:?}", told.impact());
    told.says("the garbage collector deletes it");
    let pv = format!("{ns}-v");
    let told = patch(&["pv", &pv], "{\"spec\":{\"persistentVolumeReclaimPolicy\":\"Delete\"}}");
    assert_eq!(told.whole().effect(), Effect::Destroy);
    assert_eq!(patch(&["cm", "f"], "{\"data\":{\"a\":null}}").whole().effect(), Effect::Destroy);
    let harmless = patch(&["cm", "f"], "{\"data\":{\"b\":\"2\"}}");
    assert_eq!(harmless.whole().effect(), Effect::Mutate, "{:?}", harmless.impact());
    // Replacing drops what the manifest does not carry.
    let mut caller = admin(cluster);
    let file =
        caller.file("f.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: f}\ndata: {a: '2'}\n");
    let told = caller.ask(&["replace", "-n", &ns, "-f", &file]);
    assert_eq!(told.whole().effect(), Effect::Destroy, "{:?}", told.impact());
    assert_eq!(
        cluster.run(&["get", "cm", "f", "-n", &ns, "-o", "jsonpath={.data.a}"]),
        "1",
        "only a dry run"
    );
    cluster.run(&[
        "patch",
        "cm",
        "f",
        "-n",
        &ns,
        "--type=merge",
        "-p",
        "{\"metadata\":{\"finalizers\":null}}",
    ]);
}

#[test]
fn a_definition_takes_its_objects_along() {
    let Some(cluster) = Cluster::start() else { return };
    let (one, two) = (cluster.namespace("probe-crd"), cluster.namespace("probe-crd"));
    let crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: clusters.postgresql.cnpg.io}\n\
        spec:\n  group: postgresql.cnpg.io\n  scope: Namespaced\n  names: {plural: clusters, singular: cluster, kind: Cluster}\n  \
        versions:\n  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}\n";
    cluster.apply(crd);
    cluster.run(&["wait", "--for=condition=Established", "crd/clusters.postgresql.cnpg.io", "--timeout=60s"]);
    for (ns, name) in [(&one, "a"), (&one, "b"), (&two, "c")] {
        let yaml = format!("apiVersion: postgresql.cnpg.io/v1\nkind: Cluster\nmetadata: {{name: {name}}}\n");
        wait("the new kind", || {
            cluster.kubectl(&["get", "clusters.postgresql.cnpg.io", "-A"]).status.success()
        });
        cluster.apply_in(ns, &yaml);
    }
    let caller = admin(cluster);
    let told = caller.ask(&["delete", "crd", "clusters.postgresql.cnpg.io"]);
    assert_eq!((told.whole().effect(), told.groups().as_str()), (Effect::Destroy, "Cluster 3"));
    assert!(told.impact().whole_scope);
    assert_eq!(told.fate("PostgreSQL cluster c"), Fate::Erased);
    let told = caller.ask(&["delete", "cluster.postgresql", "a", "-n", &one]);
    assert_eq!(told.whole().fate("PostgreSQL cluster a"), Fate::Erased);
    let told = caller.ask(&["delete", "ns", &one]);
    assert_eq!(told.whole().groups(), "Cluster 2");
    cluster.run(&["delete", "crd", "clusters.postgresql.cnpg.io"]);
}

#[test]
fn pruning_and_manifests() {
    let Some(cluster) = Cluster::start() else { return };
    let ns = cluster.namespace("probe-prune");
    let cm = |name: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: {ns}, labels: {{set: {ns}}}}}\n---\n"
        )
    };
    cluster.apply_in(&ns, &(cm("one") + &cm("two")));
    let mut caller = admin(cluster);
    let file = caller.file("one.yaml", &cm("one"));
    let label = format!("set={ns}");
    let told = caller.ask(&["apply", "-n", &ns, "--prune", "-l", &label, "-f", &file]);
    assert_eq!(told.effect(), Effect::Destroy, "{:?}", told.impact());
    told.says("prunes configmap/two");
    assert!(told.impact().subjects.iter().any(|s| s.name == "two" && s.uid.is_some()), "{:?}", told.impact());
    let file = caller.file("both.yaml", &(cm("one") + &cm("two")));
    let told = caller.ask(&["apply", "-n", &ns, "--prune", "-l", &label, "-f", &file]);
    assert!(told.effect() <= Effect::Mutate, "{:?}", told.impact());
    let list = format!(
        "apiVersion: v1\nkind: List\nitems:\n- {}\n",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: two}}"
    );
    let file = caller.file("list.yaml", &list);
    let told = caller.ask(&["delete", "-n", &ns, "-f", &file]);
    assert_eq!((told.whole().effect(), told.impact().subjects_total), (Effect::Destroy, 1));
    // A directory guard did not read: kubectl's dry run names what is in it.
    let dir = file.trim_end_matches("/list.yaml").to_owned();
    caller.documents = guard::engine::kube::documents::Documents::default();
    let told = caller.ask(&["delete", "-n", &ns, "-f", &dir]);
    assert_eq!(told.impact().subjects_total, 4, "{:?}", told.impact());
    assert!(told.impact().subjects.iter().any(|s| s.name == "two"));
    let told = caller.ask(&["delete", "--raw", &format!("/api/v1/namespaces/{ns}/configmaps")]);
    assert!(
        told.impact().subjects_total >= 2 && told.impact().whole_scope && told.effect() == Effect::Destroy
    );
    assert!(cluster.stays(&["cm", "two", "-n", &ns]));
}

#[test]
fn nodes_that_are_drained() {
    let Some(cluster) = Cluster::start() else { return };
    let ns = cluster.namespace("probe-drain");
    let node = format!("node-{ns}");
    cluster.apply(&format!("apiVersion: v1\nkind: Node\nmetadata: {{name: {node}}}\n"));
    let pod = |name: &str, more: &str| {
        format!(
            "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, labels: {{app: x}}}}\nspec: {{nodeName: {node}, \
             tolerations: [{{operator: Exists}}], containers: [{{name: c, image: none}}]{more}}}\n---\n"
        )
    };
    let budget = "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: tight}\n\
                  spec: {minAvailable: 5, selector: {matchLabels: {app: x}}}\n";
    cluster.apply_in(
        &ns,
        &(pod("alone", "") + &pod("scratch", ", volumes: [{name: tmp, emptyDir: {}}]") + budget),
    );
    let caller = admin(cluster);
    let told = caller.ask(&["drain", &node]);
    told.says("2 pods leave: alone, scratch")
        .says("stop the drain without --force")
        .says("disruption budget tight");
    let told = caller.ask(&["drain", &node, "--force", "--delete-emptydir-data"]);
    assert_eq!(
        (told.whole().effect(), told.fate("emptyDir tmp of pod scratch")),
        (Effect::Destroy, Fate::Erased)
    );
    let told = caller.ask(&["delete", "node", &node]);
    told.whole().says(&format!("2 pods on {node} are lost"));
    cluster.run(&["delete", "node", &node]);
}
