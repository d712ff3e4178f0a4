//! Policies end to end: what a file says is what happens to the command, on a terminal and without one.

use crate::support::embedded::{Embedded, Seed};
use crate::support::ended::{ended, told};
use crate::support::machine::{Machine, REFUSED};
use crate::support::{cluster, embedded};
use serde_json::{Value, json};

const UID: &str = "4c2f6d0e-8a51-4c7e-9b36-52f1d07c9a1e";
const MAP: &str = "/api/v1/namespaces/shop/configmaps/settings";
const DELETE: &[&str] = &["delete", "cm", "settings", "-n", "shop"];

fn map() -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "shop"}, "data": {"a": "b"}})
}

struct Scene {
    cluster: Embedded,
    stage: Machine,
}

impl Scene {
    /// One cluster with a config map, its context called `context`, and this policy (`{url}` stands for the server).
    fn new(context: &str, policy: &str) -> Option<Scene> {
        let Some(kubectl) = cluster::real_kubectl() else {
            cluster::skip("no real kubectl: run tests/fetch-kubectl");
            return None;
        };
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}});
        let seed = Seed::new().cluster_uid(UID).object(namespace).object(map());
        let seed = seed.object(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "web", "image": "web"}]}}}}));
        let cluster = Embedded::start(seed);
        let mut stage = Machine::with_tool(&kubectl);
        stage.on(&cluster.url, context);
        stage.policy(&policy.replace("{url}", &cluster.url));
        Some(Scene { cluster, stage })
    }

    #[track_caller]
    fn intact(&self) {
        assert!(self.cluster.exists(MAP), "the config map is gone");
    }

    #[track_caller]
    fn gone(&self) {
        assert!(!self.cluster.exists(MAP), "the config map is still there");
        self.cluster.add(map());
    }
}

macro_rules! scene {
    ($context:expr, $policy:expr) => {
        match Scene::new($context, $policy) {
            Some(scene) => scene,
            None => return,
        }
    };
}

#[test]
fn a_freeze_stops_changes_and_lets_reads_pass() {
    let s = scene!(
        "lab",
        "version: 1\nrules:\n- {id: xmas, when: {cluster: lab}, then: freeze, reason: change freeze until January}\n"
    );
    s.stage.unasked(DELETE).is(REFUSED).says("change freeze until January").not("tries:");
    told(&s.stage.pipeline(DELETE)).is(REFUSED).says("change freeze until January");
    s.intact();
    let scale = ["scale", "deployment", "web", "--replicas=3", "-n", "shop"];
    told(&s.stage.pipeline(&scale)).is(REFUSED).says("change freeze until January");
    told(&s.stage.pipeline(&["get", "cm", "-n", "shop"])).is(0).says("settings").not("guard");
    let record = s.stage.last_record();
    assert_eq!((&record["decision"], &record["outcome"]), (&json!("deny"), &json!("refused")));
    assert!(record["rules"].to_string().contains("xmas"), "{record}");
}

#[test]
fn a_denial_gives_its_reason_and_no_variable_opens_it() {
    let mut s = scene!(
        "lab",
        "version: 1\nrules:\n- {id: no-claims, when: {resource: configmaps, name: 'set*'}, then: deny, reason: 'settings belong to the team of the shop'}\n"
    );
    s.stage.env("GUARD_CONFIRM", "lab/shop");
    told(&s.stage.pipeline(DELETE)).is(REFUSED).says("settings belong to the team of the shop");
    s.intact();
    told(&s.stage.guard(&["check", "--", "kubectl", "delete", "cm", "settings", "-n", "shop"])).is(REFUSED);
}

#[test]
fn a_written_reason_is_demanded_and_recorded_and_typed_text_is_not() {
    let s = scene!(
        "lab",
        "version: 1\nrules:\n- {id: why, when: {effect: destroy}, then: confirm, justification: required}\n"
    );
    let mut terminal = s.stage.terminal(DELETE);
    terminal.expect("tries: ");
    terminal.send("not-the-phrase-xyzzy\n");
    terminal.expect(">: ");
    terminal.send("lab/shop\n");
    // An empty reason does not discard the right answer.
    terminal.expect("Why?");
    terminal.send("\n");
    terminal.expect("too short");
    terminal.expect(": ");
    terminal.send("OPS-4711 old settings\n");
    ended(terminal).is(0).says("deleted");
    s.gone();
    let record = s.stage.last_record();
    assert_eq!(record["justification"], "OPS-4711 old settings");
    assert!(!record.to_string().contains("xyzzy"), "{record}");
    // Without a terminal nobody can write one.
    let mut s = s;
    s.stage.env("GUARD_CONFIRM", "lab/shop");
    told(&s.stage.pipeline(DELETE)).is(REFUSED).says("reason");
    s.intact();
}

#[test]
fn the_difference_is_shown_before_the_question() {
    let s = scene!(
        "lab",
        "version: 1\nrules:\n- {id: look, when: {verb: apply}, then: confirm, level: yes-no, show: diff}\n"
    );
    let mut changed = map();
    changed["data"]["a"] = json!("quite-another-value");
    let file = s.stage.file("app.yaml", &changed.to_string());
    for line in [
        format!("kubectl apply -f {file}"),
        format!("kubectl apply -f - < {file}"),
        format!("kubectl apply -f <(cat {file})"),
    ] {
        let mut terminal = s.stage.shell(&line);
        let shown = terminal.expect("[y/N]: ");
        assert!(shown.contains("quite-another-value"), "{line}:\n{shown}");
        terminal.send("n\n");
        ended(terminal).is(REFUSED);
        assert_eq!(s.cluster.object(MAP).unwrap()["data"]["a"], "b");
    }
    let mut terminal = s.stage.shell(&format!("kubectl apply -f <(cat {file})"));
    terminal.expect("[y/N]: ");
    terminal.send("y\n");
    ended(terminal).is(0).says("configured");
    assert_eq!(s.cluster.object(MAP).unwrap()["data"]["a"], "quite-another-value");
}

#[test]
fn mode_warn_says_what_it_would_have_done() {
    let s = scene!(
        "kind-lab",
        "version: 1\nmode: warn\nrules:\n- {id: strict, when: {verb: delete}, then: deny, reason: nothing is deleted here}\n"
    );
    s.stage.unasked(DELETE).is(0).says("guard: warning").says("strict").says("deleted");
    s.gone();
    let record = s.stage.last_record();
    assert!(record["facts"]["stood_down"].to_string().contains("strict"), "{record}");
}

#[test]
fn mode_audit_only_writes_it_down() {
    let s = scene!(
        "kind-lab",
        "version: 1\nmode: audit\nrules:\n- {id: strict, when: {verb: delete}, then: deny, reason: nothing is deleted here}\n"
    );
    s.stage.unasked(DELETE).is(0).not("strict").not("warning").says("deleted");
    s.gone();
    let record = s.stage.last_record();
    assert!(record["facts"]["stood_down"].to_string().contains("strict"), "{record}");
}

#[test]
fn a_server_is_what_it_is_whatever_the_context_is_called() {
    let s = scene!(
        "kind-dev",
        "version: 1\nclusters:\n- {name: main, environment: production, server: '{url}'}\n"
    );
    s.stage.unasked_refusal(DELETE).says("PRODUCTION").says("main");
    s.intact();
    s.stage.wrong(DELETE, "kind-dev/shop").is(REFUSED);
    s.intact();
    s.stage.answer(DELETE, "tries: ", "main/shop").is(0);
    s.gone();
    let record = s.stage.last_record();
    assert_eq!(record["target"]["environment"], "production", "{record}");
}

#[test]
fn a_cluster_is_known_by_its_uid_through_any_address() {
    let mut s = scene!(
        "kind-dev",
        &format!("version: 1\nclusters:\n- {{name: main, environment: production, uid: {UID}}}\n")
    );
    let tunnel = s.cluster.user("tunnel", embedded::Rights::All);
    s.stage.on(&tunnel, "dev");
    s.stage.unasked_refusal(DELETE).says("PRODUCTION").says("main");
    s.stage.answer(DELETE, "tries: ", "main/shop").is(0);
    s.gone();
}

#[test]
fn staging_asks_yes_or_no_and_production_the_name() {
    let s = scene!(
        "lab",
        &format!("version: 1\nclusters:\n- {{name: stage, environment: staging, uid: {UID}}}\n")
    );
    let shown = s.stage.answer(DELETE, "[y/N]: ", "n").is(REFUSED);
    shown.says("STAGING").says("stage/shop");
    s.intact();
    s.stage.answer(DELETE, "[y/N]: ", "y").is(0).says("deleted");
    s.gone();
    // What only stops passes with one line.
    told(&s.stage.pipeline(&["rollout", "restart", "deployment", "web", "-n", "shop"])).is(0).says("staging");
    s.stage.policy(&format!(
        "version: 1\nclusters:\n- {{environment: production, server: '{}'}}\n",
        s.cluster.url
    ));
    s.stage.wrong(DELETE, "y").is(REFUSED);
    s.intact();
    s.stage.answer(&["rollout", "restart", "deployment", "web", "-n", "shop"], "[y/N]: ", "n").is(REFUSED);
}

#[test]
fn a_time_window_holds_only_inside_it() {
    let rule = |time: &str| {
        format!(
            "version: 1\nrules:\n- {{id: night, when: {{verb: delete, time: {time}}}, then: deny, reason: not now}}\n"
        )
    };
    let s = scene!("kind-lab", &rule("{first: 2020-01-01, last: 2020-12-31}"));
    s.stage.unasked(DELETE).is(0);
    s.gone();
    s.stage.policy(&rule("{first: 2020-01-01, last: 2099-12-31}"));
    s.stage.unasked(DELETE).is(REFUSED).says("not now");
    s.stage.policy(&rule("{days: [mon, tue, wed, thu, fri, sat, sun], from: '00:00', to: '00:00'}"));
    s.stage.unasked(DELETE).is(REFUSED).says("not now");
    s.intact();
}

#[test]
fn who_is_at_work_can_decide() {
    let mut s = scene!(
        "kind-lab",
        "version: 1\nrules:\n- {id: agents, when: {actor: [agent, ci], verb: delete}, then: deny, reason: a person has to do this}\n"
    );
    for (name, value) in [("CI", "true"), ("CLAUDECODE", "1"), ("GITHUB_ACTIONS", "true")] {
        s.stage.env(name, value);
        s.stage.unasked(DELETE).is(REFUSED).says("a person has to do this");
        s.stage.unset(name);
    }
    s.intact();
    s.stage.unasked(DELETE).is(0);
    s.gone();
}

#[test]
fn a_project_tightens_and_cannot_loosen() {
    let mut s = scene!("kind-lab", "version: 1\n");
    s.stage.file(
        "repo/.guard.yaml",
        "version: 1\nrules:\n- {id: here, when: {verb: delete}, then: confirm, level: typed}\n",
    );
    s.stage.cd(s.stage.at("repo"));
    s.stage.wrong(DELETE, "no").is(REFUSED);
    s.intact();
    s.stage.file("repo/.guard.yaml", "version: 1\nmode: audit\n");
    told(&s.stage.pipeline(DELETE)).is(78).says(".guard.yaml");
    s.intact();
}
