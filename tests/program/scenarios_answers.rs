//! Answers of every kind at the one question, and calls the way shells make them.

use crate::support::ended::{ended, told};
use crate::support::machine::REFUSED;
use crate::support::shop::{DELETE, MAP, scene, shop};
use serde_json::{Value, json};

use std::time::Duration;

fn namespace(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

#[test]
fn ctrl_c_ends_the_question_and_is_on_record() {
    let (cluster, s) = scene!(shop(), "lab");
    let mut terminal = s.terminal(DELETE);
    terminal.expect("tries: ");
    terminal.send("\x03");
    ended(terminal).is(130).not("deleted");
    assert!(cluster.exists(MAP));
    let record = s.last_record();
    assert_eq!((&record["answer"], &record["outcome"]), (&json!("interrupted"), &json!("refused")));
}

#[test]
fn ctrl_d_and_enter_are_a_no() {
    let (cluster, s) = scene!(shop(), "lab");
    for key in ["\x04", "\n"] {
        let mut terminal = s.terminal(DELETE);
        terminal.expect("tries: ");
        terminal.send(key);
        ended(terminal).is(REFUSED).says("the answer was no");
        assert_eq!(s.last_record()["answer"], "declined");
    }
    assert!(cluster.exists(MAP));
}

#[test]
fn three_wrong_names_refuse() {
    let (cluster, s) = scene!(shop(), "lab");
    let mut terminal = s.terminal(DELETE);
    for (question, wrong) in [("3 tries: ", "lab"), ("2 tries are left", "shop"), ("1 try is left", "y")] {
        terminal.expect(question);
        // After a wrong answer the form of the right one stands behind it.
        if wrong != "lab" {
            terminal.expect("<cluster>/<namespace>: ");
        }
        terminal.send(format!("{wrong}\n"));
    }
    let ended = ended(terminal).is(REFUSED).says("not the name of the target");
    ended.says("asked for was <cluster>/<namespace>, both named above").not("lab/shop");
    assert_eq!(s.last_record()["answer"], "mismatched");
    assert!(cluster.exists(MAP));
}

#[test]
fn nobody_there_is_a_no_after_a_while() {
    let (cluster, s) = scene!(shop(), "lab");
    s.policy("version: 1\nprompt: {timeout_s: 5}\n");
    let started = std::time::Instant::now();
    s.unasked(DELETE).is(REFUSED).says("nobody answered in time");
    assert!(started.elapsed() >= Duration::from_secs(5));
    assert_eq!(s.last_record()["answer"], "timed-out");
    assert!(cluster.exists(MAP));
}

#[test]
fn xargs_and_loops_ask_for_each_command() {
    let (cluster, s) = scene!(shop().object(namespace("a")).object(namespace("b")), "lab");
    for name in ["a", "b"] {
        cluster.add(
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "x", "namespace": name}}),
        );
    }
    // xargs gives its command no standard input to speak of.
    let mut terminal = s.shell("kubectl get cm settings -n shop -o name | xargs kubectl delete -n shop");
    terminal.expect("tries: ");
    terminal.send("lab/shop\n");
    ended(terminal).is(0).says("deleted");
    assert!(!cluster.exists(MAP));
    let mut terminal = s.shell("for ns in a b; do kubectl delete ns $ns || exit; done");
    terminal.expect("tries: ");
    terminal.send("lab/a/*\n");
    terminal.expect("deleted");
    // The answer to the first is none to the second.
    terminal.expect("tries: ");
    terminal.send("lab/a/*\n");
    terminal.expect("2 tries are left");
    terminal.expect(">/*: ");
    terminal.send("\n");
    ended(terminal).is(REFUSED);
    assert!(!cluster.exists("/api/v1/namespaces/a") && cluster.exists("/api/v1/namespaces/b"));
}

#[test]
fn a_name_of_ones_own_for_the_tool_is_guarded_too() {
    let (cluster, s) = scene!(shop(), "lab");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_guard-shim"), s.at("shims/k")).unwrap();
    let run = |line: &str| told(&s.alone(s.command("/bin/sh", &["-c", line]), b""));
    run("k get cm settings -n shop -o name").is(0).says("configmap/settings");
    run("k delete cm settings -n shop").is(REFUSED);
    assert!(cluster.exists(MAP));
    run("GUARD_CONFIRM=lab/shop k delete cm settings -n shop").is(0).says("deleted");
}

#[test]
fn many_at_once_leave_one_unbroken_record() {
    let (cluster, mut s) = scene!(shop(), "lab");
    for n in 0..6 {
        cluster.add(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("m{n}"), "namespace": "shop"}}));
    }
    s.env("GUARD_CONFIRM", "lab/shop");
    let codes: Vec<i32> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..6)
            .map(|n| {
                let s = &s;
                scope.spawn(move || told(&s.pipeline(&["delete", "cm", &format!("m{n}"), "-n", "shop"])).code)
            })
            .collect();
        runs.into_iter().map(|run| run.join().unwrap()).collect()
    });
    assert_eq!(codes, [0; 6]);
    assert_eq!(s.audit().len(), 6);
    told(&s.guard(&["audit", "verify"])).is(0);
}

#[test]
fn text_from_outside_cannot_draw_on_the_screen() {
    let (cluster, mut s) = scene!(shop(), "lab");
    // A context name with an escape sequence and a fake line in it.
    let evil = "x\u{1b}[2J\u{1b}[1;1Hsafe\r\nGO AHEAD \u{202e}";
    let config = json!({"apiVersion": "v1", "kind": "Config", "current-context": evil,
        "clusters": [{"name": "lab", "cluster": {"server": cluster.url}}],
        "contexts": [{"name": evil, "context": {"cluster": "lab", "user": "u"}}], "users": [{"name": "u", "user": {}}]});
    let file = s.file("kube/evil", &config.to_string());
    s.env("KUBECONFIG", file);
    let mut terminal = s.terminal(DELETE);
    let screen = terminal.expect("tries: ");
    assert!(
        !screen.contains("\u{1b}[2J") && !screen.contains('\u{202e}') && !screen.contains("\nGO AHEAD"),
        "{screen:?}"
    );
    terminal.send("\n");
    ended(terminal).is(REFUSED);
    let refused = told(&s.pipeline(DELETE)).is(REFUSED);
    assert!(
        !refused.output.contains('\u{1b}') && !refused.output.contains('\u{202e}'),
        "{:?}",
        refused.output
    );
}
