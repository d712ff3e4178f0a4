//! The whole program against a real API server, through the shim, on a terminal: what was refused is still there, what
//! was confirmed is gone.

use crate::support::cluster::Cluster;
use crate::support::ended::told;
use crate::support::machine::{Machine, REFUSED};
use crate::support::{cluster, ended};

/// A namespace of the real server with a config map `q` in it, and a home whose kubectl is the real one.
pub(crate) struct Scene {
    pub cluster: &'static Cluster,
    pub ns: String,
    pub stage: Machine,
}

impl Scene {
    pub fn new(name: &str) -> Option<Scene> {
        let cluster = Cluster::start()?;
        let ns = cluster.namespace(&format!("e2e-{name}"));
        cluster.run(&["create", "configmap", "q", "-n", &ns, "--from-literal=a=b"]);
        let mut stage = Machine::with_tool(cluster.kubectl_path());
        stage.env("KUBECONFIG", cluster.kubeconfig(cluster::ADMIN).display().to_string());
        Some(Scene { cluster, ns, stage })
    }

    fn has(&self, kind: &str, name: &str) -> bool {
        self.cluster.stays(&[kind, name, "-n", &self.ns])
    }
}

macro_rules! scene {
    ($name:literal) => {
        match $crate::scenarios_real::Scene::new($name) {
            Some(scene) => scene,
            None => return,
        }
    };
}

pub(crate) use scene;

#[test]
fn a_namespace_goes_only_by_its_name() {
    let s = scene!("namespace");
    let delete = ["delete", "ns", &s.ns];
    s.stage.wrong(&delete, "real/default").is(REFUSED).says("ConfigMap").says(&s.ns);
    assert!(s.has("configmap", "q"));
    told(&s.stage.pipeline(&delete)).is(REFUSED);
    assert!(s.cluster.stays(&["namespace", &s.ns]));
    s.stage.answer(&delete, "tries: ", &format!("real/{}/*", s.ns)).is(0).says("deleted");
    assert!(s.cluster.gone_within(30, &["namespace", &s.ns]));
}

#[test]
fn the_default_namespace_is_the_servers_to_refuse() {
    let s = scene!("default");
    s.stage
        .unasked(&["delete", "ns", "default"])
        .is(REFUSED)
        .says("the server would refuse it")
        .not("tries:");
    s.stage.unasked(&["delete", "ns", "kube-system"]).is(REFUSED).says("the server would refuse it");
    assert!(s.cluster.stays(&["namespace", "default"]));
}

#[test]
fn manifests_from_a_pipe_are_shown_and_deleted() {
    let s = scene!("pipe");
    let yaml = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: q, namespace: {}}}\n", s.ns);
    let file = s.stage.file("q.yaml", &yaml);
    for line in [format!("kubectl delete -f - < {file}"), format!("kubectl delete -f <(cat {file})")] {
        let mut terminal = s.stage.shell(&line);
        let screen = terminal.expect("tries: ");
        assert!(!screen.contains("unchecked"), "{line}:\n{screen}");
        terminal.send("\n");
        ended::ended(terminal).is(REFUSED);
        assert!(s.has("configmap", "q"));
        let mut terminal = s.stage.shell(&line);
        terminal.expect("tries: ");
        terminal.send(format!("real/{}\n", s.ns));
        ended::ended(terminal).is(0).says("deleted");
        assert!(!s.cluster.exists(&["configmap", "q", "-n", &s.ns]));
        s.cluster.run(&["create", "configmap", "q", "-n", &s.ns, "--from-literal=a=b"]);
    }
}

#[test]
fn the_difference_is_the_servers() {
    let s = scene!("diff");
    s.stage.policy(
        "version: 1\nrules:\n- {id: look, when: {verb: apply}, then: confirm, level: yes-no, show: diff}\n",
    );
    let yaml = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: q, namespace: {}}}\ndata: {{a: quite-another-value}}\n",
        s.ns
    );
    s.stage.file("q.yaml", &yaml);
    let value = || s.cluster.run(&["get", "cm", "q", "-n", &s.ns, "-o", "jsonpath={.data.a}"]);
    for line in ["kubectl apply -f q.yaml", "kubectl apply -f - < q.yaml", "kubectl apply -f <(cat q.yaml)"] {
        let mut terminal = s.stage.shell(line);
        let shown = terminal.expect("[y/N]: ");
        assert!(shown.contains("quite-another-value"), "{line}:\n{shown}");
        terminal.send("n\n");
        ended::ended(terminal).is(REFUSED);
        assert_eq!(value(), "b");
    }
    s.stage.answer(&["apply", "-f", "q.yaml"], "[y/N]: ", "y").is(0);
    assert_eq!(value(), "quite-another-value");
}

#[test]
fn somebody_who_may_not_look_is_told_what_was_not_seen() {
    let mut s = scene!("nobody");
    s.stage.env("KUBECONFIG", s.cluster.kubeconfig(cluster::NOBODY).display().to_string());
    let ns = s.ns.clone();
    told(&s.stage.pipeline(&["delete", "ns", &ns])).is(REFUSED).says("forbidden");
    s.stage.env("KUBECONFIG", s.cluster.kubeconfig(cluster::LIMITED).display().to_string());
    s.cluster.run(&["create", "configmap", &ns, "-n", cluster::TEAM, "--from-literal=a=b"]);
    s.stage.wrong(&["delete", "cm", &ns], "no").is(REFUSED).says("namespace team");
    assert!(s.cluster.stays(&["configmap", &ns, "-n", cluster::TEAM]));
    s.stage.answer(&["delete", "cm", &ns], "tries: ", "real/team").is(0);
    assert!(!s.cluster.exists(&["configmap", &ns, "-n", cluster::TEAM]));
}

#[test]
fn a_watch_and_an_exit_code_are_kubectls() {
    let s = scene!("plain");
    told(&s.stage.pipeline(&["get", "cm", "absent", "-n", &s.ns])).is(1).says("NotFound").not("guard");
    told(&s.stage.pipeline(&["scale", "deployment", "absent", "--replicas=3", "-n", &s.ns]))
        .is(1)
        .says("not found");
    told(&s.stage.pipeline(&["create", "configmap", "fresh", "-n", &s.ns]))
        .is(0)
        .says("created")
        .not("guard");
}
