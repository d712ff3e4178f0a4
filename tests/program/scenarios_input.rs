//! Manifests that come through pipes, and the answer of a pipeline: what the tool reads is what the caller sent, and
//! only `GUARD_CONFIRM` answers without a terminal.

use crate::support::cluster;
use crate::support::embedded::{Embedded, Seed};
use crate::support::ended::{Ended, ended, told};
use crate::support::machine::{Machine, REFUSED};
use serde_json::json;
use std::fs;
use std::path::PathBuf;

const MAP: &str = "/api/v1/namespaces/shop/configmaps/settings";

fn namespace(name: &str) -> serde_json::Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
}

fn map(namespace: &str, name: &str) -> serde_json::Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": namespace}, "data": {"a": "b"}})
}

fn shop() -> Embedded {
    let seed = Seed::new().object(namespace("shop")).object(namespace("other"));
    Embedded::start(seed.object(map("shop", "settings")).object(map("other", "settings")))
}

fn real() -> Option<PathBuf> {
    let kubectl = cluster::real_kubectl();
    if kubectl.is_none() {
        cluster::skip("no real kubectl: run tests/fetch-kubectl");
    }
    kubectl
}

macro_rules! real {
    () => {
        match real() {
            Some(kubectl) => kubectl,
            None => return,
        }
    };
}

/// A tool that keeps its words, variables and what it reads; guard's own dry runs go to the real kubectl.
fn recorder(kubectl: &std::path::Path) -> Machine {
    Machine::with_script(&format!(
        "#!/bin/sh\ncase \"$*\" in *--dry-run=*) exec '{}' \"$@\" ;; esac\ncd \"$HOME\"\n\
         printf '%s\\n' \"$@\" > words\nenv > variables\ncat > stdin\n\
         while [ $# -gt 0 ]; do case \"$1\" in -f) [ \"$2\" = - ] || cat \"$2\" > file ;; esac; shift; done\n",
        kubectl.display()
    ))
}

fn manifest(name: &str) -> String {
    format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: shop\n  # ümlaut, tab\there\r\ndata: {{a: b}}\n"
    )
}

#[test]
fn a_harmless_apply_from_a_pipe_passes_byte_for_byte() {
    let kubectl = real!();
    let cluster = shop();
    let mut s = recorder(&kubectl);
    // Without any policy, and on a local cluster.
    for context in ["lab", "kind-lab"] {
        s.on(&cluster.url, context);
        let text = manifest("fresh");
        let out = told(&s.alone(s.kubectl(&["apply", "-f", "-"]), text.as_bytes())).is(0);
        assert_eq!(out.output, "", "nothing is said");
        assert_eq!(fs::read_to_string(s.at("stdin")).unwrap(), text);
        assert_eq!(fs::read_to_string(s.at("words")).unwrap(), "apply\n-f\n-\n");
    }
}

#[test]
fn a_large_manifest_reaches_the_tool_whole() {
    let kubectl = real!();
    let cluster = shop();
    let mut s = recorder(&kubectl);
    s.on(&cluster.url, "lab");
    let mut text = manifest("fresh");
    text.push_str(&"# filler, filler, filler, filler, filler, filler\n".repeat(60_000));
    told(&s.alone(s.kubectl(&["apply", "-f", "-"]), text.as_bytes())).is(0);
    assert_eq!(fs::read(s.at("stdin")).unwrap(), text.as_bytes());
}

#[test]
fn a_here_document_and_a_process_substitution_reach_the_tool() {
    let kubectl = real!();
    let cluster = shop();
    let mut s = recorder(&kubectl);
    s.on(&cluster.url, "lab");
    let text = manifest("fresh");
    let line = format!("kubectl apply -f - <<'EOF'\n{text}EOF\n");
    told(&s.alone(s.command("/bin/bash", &["-c", &line]), b"")).is(0);
    assert_eq!(fs::read_to_string(s.at("stdin")).unwrap(), text);
    let line = format!("kubectl apply -f <(cat <<'EOF'\n{text}EOF\n) < /dev/null");
    told(&s.alone(s.command("/bin/bash", &["-c", &line]), b"")).is(0);
    assert_eq!(fs::read_to_string(s.at("file")).unwrap(), text);
}

#[test]
fn deleting_from_a_pipe_asks_about_what_the_manifest_names() {
    let kubectl = real!();
    let cluster = shop();
    let mut s = Machine::with_tool(&kubectl);
    s.on(&cluster.url, "lab");
    let yaml = manifest("settings");
    let file = s.file("app.yaml", &yaml);
    for line in [
        format!("cat {file} | kubectl delete -f -"),
        format!("kubectl delete -f <(cat {file})"),
        format!("kubectl delete -f - < {file}"),
    ] {
        let mut terminal = s.shell(&line);
        let screen = terminal.expect("tries: ");
        assert!(screen.contains("ConfigMap") && screen.contains("settings"), "{line}:\n{screen}");
        assert!(screen.contains("<cluster>/<namespace>, both"), "{line}:\n{screen}");
        terminal.send("lab/shop\n");
        ended(terminal).is(0).says("deleted");
        assert!(!cluster.exists(MAP), "{line}");
        assert!(cluster.exists("/api/v1/namespaces/other/configmaps/settings"));
        cluster.add(map("shop", "settings"));
    }
}

#[test]
fn yes_in_a_pipe_is_no_answer() {
    let kubectl = real!();
    let cluster = shop();
    let mut s = Machine::with_tool(&kubectl);
    s.on(&cluster.url, "lab");
    let mut terminal = s.shell("yes lab/shop | kubectl delete cm settings -n shop");
    terminal.expect("tries: ");
    assert!(!terminal.comes("deleted", std::time::Duration::from_millis(700)), "{}", terminal.output());
    assert!(cluster.exists(MAP));
    terminal.send("\n");
    ended(terminal).is(REFUSED);
    // Nor is it one where there is no terminal.
    let out = s.alone(s.kubectl(&["delete", "cm", "settings", "-n", "shop"]), &b"lab/shop\n".repeat(1000));
    told(&out).is(REFUSED);
    assert!(cluster.exists(MAP));
}

/// A run of `delete cm settings -n shop` without a terminal, with this answer.
fn confirmed(s: &mut Machine, answer: &str) -> Ended {
    s.env("GUARD_CONFIRM", answer);
    told(&s.pipeline(&["delete", "cm", "settings", "-n", "shop"]))
}

#[test]
fn only_the_phrase_of_this_command_answers_for_a_pipeline() {
    let kubectl = real!();
    let cluster = shop();
    let mut s = Machine::with_tool(&kubectl);
    s.on(&cluster.url, "lab");
    for wrong in [
        "",
        "y",
        "yes",
        "true",
        "1",
        "lab",
        "lab/",
        "lab/other",
        "lab/sh op",
        "lab/shop/*",
        "disrupt lab/shop",
        "LAB/shop",
        "shop",
        "*",
    ] {
        let refused = confirmed(&mut s, wrong).is(REFUSED).says("GUARD_CONFIRM");
        assert!(cluster.exists(MAP), "{wrong:?}");
        let record = s.last_record();
        let want = if wrong.is_empty() { "no-terminal" } else { "mismatched" };
        assert_eq!(record["answer"], want, "{wrong:?}: {}", refused.output);
        if wrong.len() > 4 {
            assert!(!record.to_string().contains(wrong.trim()) || wrong.trim() == "lab/shop", "{record}");
        }
    }
    // Blanks around it are no other answer, and the effect may stand before it.
    confirmed(&mut s, " destroy lab/shop\n").is(0).says("deleted").says("confirmed by GUARD_CONFIRM");
    assert!(!cluster.exists(MAP));
    assert!(cluster.exists("/api/v1/namespaces/other/configmaps/settings"));
    let record = s.last_record();
    assert_eq!((&record["answer"], &record["outcome"]), (&json!("variable"), &json!("exec")));
    assert!(told(&s.guard(&["audit", "verify"])).code == 0);
}

#[test]
fn the_answer_does_not_reach_the_tool() {
    let kubectl = real!();
    let cluster = shop();
    let mut s = recorder(&kubectl);
    s.on(&cluster.url, "lab");
    confirmed(&mut s, "lab/shop").is(0);
    let variables = fs::read_to_string(s.at("variables")).unwrap();
    assert!(!variables.contains("GUARD_CONFIRM") && variables.contains("KUBECONFIG="), "{variables}");
    // A harmless call takes it away, too, so that nothing further down the line can use it.
    told(&s.pipeline(&["get", "pods"])).is(0);
    assert!(!fs::read_to_string(s.at("variables")).unwrap().contains("GUARD_CONFIRM"));
}

#[test]
fn where_a_person_can_be_asked_the_variable_does_not_answer() {
    let kubectl = real!();
    let cluster = shop();
    let mut s = Machine::with_tool(&kubectl);
    let delete = ["delete", "cm", "settings", "-n", "shop"];
    s.on(&cluster.url, "lab").env("GUARD_CONFIRM", "lab/shop");
    s.answer(&delete, "tries: ", "").is(REFUSED).says("does not answer where a person can be asked");
    assert!(cluster.exists(MAP));
    // Policy may say otherwise, and a pipeline with a terminal is no person.
    s.policy("version: 1\nprompt: {env_confirm_at_terminal: true}\n");
    s.env("GUARD_CONFIRM", "lab/other");
    s.unasked(&delete).is(REFUSED).says("does not name this command's target").not("tries: ");
    s.policy("version: 1\n");
    s.env("GUARD_CONFIRM", "lab/shop").env("GITHUB_ACTIONS", "true").env("CI", "true");
    s.unasked(&delete).is(0).says("confirmed by GUARD_CONFIRM");
    assert!(!cluster.exists(MAP));
}

#[test]
fn whoever_gives_the_phrase_of_guard_0_1_is_told_the_new_one() {
    let kubectl = real!();
    let cluster = shop();
    let mut s = Machine::with_tool(&kubectl);
    s.on(&cluster.url, "lab").env("GUARD_CONFIRM", "lab/shop");
    for (line, now) in [
        ("delete ns shop", "'lab/shop/*'"),
        ("delete cm --all -n shop", "'lab/shop/*'"),
        ("delete --raw /api/v1/namespaces/shop/configmaps", "'lab/shop/*'"),
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        told(&s.pipeline(&words)).is(REFUSED).says(now);
    }
    assert!(cluster.exists(MAP));
    s.env("GUARD_CONFIRM", "lab/other");
    told(&s.pipeline(&["delete", "ns", "shop"]))
        .is(REFUSED)
        .not("lab/shop/*")
        .says("<cluster>/<namespace>/*");
}

#[test]
fn a_policy_can_forbid_the_variable() {
    let kubectl = real!();
    let cluster = shop();
    let mut s = Machine::with_tool(&kubectl);
    s.on(&cluster.url, "lab");
    s.policy("version: 1\nprompt: {env_confirm: false}\n");
    confirmed(&mut s, "lab/shop").is(REFUSED).says("forbids GUARD_CONFIRM");
    assert!(cluster.exists(MAP));
}

/// `/etc/guard/policy.yaml` of a mount namespace of its own, without touching the machine's.
fn with_system_policy(s: &Machine, text: &str, line: &str) -> Option<Ended> {
    s.file("etc/guard/policy.yaml", text);
    let etc = s.at("etc").display().to_string();
    let script = format!("mount --bind '{etc}' /etc && {line}");
    let probe = s.alone(s.command("/usr/bin/unshare", &["-m", "true"]), b"");
    if !probe.status.success() {
        cluster::skip(
            "no mount namespace of one's own (needs root): the system policy is not tested end to end",
        );
        return None;
    }
    Some(told(&s.alone(s.command("/usr/bin/unshare", &["-m", "/bin/sh", "-c", &script]), b"")))
}

#[test]
fn the_system_policy_is_a_floor_the_user_cannot_lower() {
    let kubectl = real!();
    let cluster = shop();
    let mut s = Machine::with_tool(&kubectl);
    s.on(&cluster.url, "lab").env("GUARD_CONFIRM", "lab/shop");
    s.policy("version: 1\nprompt: {env_confirm: true}\nmode: audit\n");
    let delete = "kubectl delete cm settings -n shop";
    let system = "version: 1\nbuiltin_floor: true\nprompt: {env_confirm: false}\n";
    let Some(refused) = with_system_policy(&s, system, delete) else { return };
    refused.is(REFUSED).says("forbids GUARD_CONFIRM");
    assert!(cluster.exists(MAP));
    let system = "version: 1\nrules:\n- {id: no-deletes, when: {verb: delete}, then: deny, reason: ask the platform team}\n";
    with_system_policy(&s, system, delete).unwrap().is(REFUSED).says("ask the platform team");
    assert!(cluster.exists(MAP));
    // A floor that others may write to is none: refused, but reads pass.
    s.file("etc/guard/policy.yaml", system);
    let loose = format!("chmod 666 /etc/guard/policy.yaml && {delete}");
    with_system_policy(&s, system, &loose).unwrap().is(78).says("/etc/guard/policy.yaml");
    with_system_policy(&s, system, "chmod 666 /etc/guard/policy.yaml && kubectl get cm -n shop")
        .unwrap()
        .is(0);
    assert!(cluster.exists(MAP));
}
