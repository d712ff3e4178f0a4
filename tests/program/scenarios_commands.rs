//! guard's own commands, run as people and pipelines run them.

use crate::support::embedded;
use crate::support::ended::told;
use crate::support::machine::{Machine, REFUSED};
use crate::support::shop::{DELETE, MAP, READ, scene, shop};
use serde_json::{Value, json};
use std::path::Path;

/// Every path of a value, lists as `[]`, sorted.
fn paths(value: &Value, at: &str, out: &mut std::collections::BTreeSet<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, part)| paths(part, &format!("{at}.{key}"), out)),
        Value::Array(items) if !items.is_empty() => {
            items.iter().for_each(|item| paths(item, &format!("{at}[]"), out))
        }
        _ => {
            out.insert(at.trim_start_matches('.').to_owned());
        }
    }
}

#[test]
fn check_ends_with_what_would_happen_and_touches_nothing() {
    let (cluster, mut s) = scene!(shop(), "lab");
    let check = |s: &Machine, words: &[&str]| told(&s.guard(&[&["check", "--"], words].concat()));
    let delete = ["kubectl", "delete", "cm", "settings", "-n", "shop"];
    assert_eq!(check(&s, &["kubectl", "get", "pods"]).is(0).output, "");
    check(&s, &["kubectl", "create", "ns", "x"]).is(0).says("would run");
    check(&s, &delete).is(3).says("would ask to type <cluster>/<namespace>").says("settings");
    check(&s, &["kubectl", "delete", "ns", "default"]).is(REFUSED).says("would be refused by the server");
    check(&s, &["/usr/local/bin/kubectl", "delete", "ns", "shop"]).is(3);
    check(&s, &["k", "delete", "ns", "shop"]).is(3);
    s.policy("version: 1\nrules:\n- {id: never, when: {verb: delete}, then: deny, reason: not here}\n");
    check(&s, &delete).is(REFUSED).says("would be refused: not here").says("never");
    s.policy("version: 2\n");
    check(&s, &delete).is(78).says("policy.yaml:1:10");
    check(&s, &["kubectl", "get", "pods"]).is(0);
    s.policy("version: 1\n");
    check(&s, &["kubectx", "prod"]).is(64).says("it knows: kubectl");
    check(&s, &["--", "kubectl"]).is(64);
    s.env("KUBECONFIG", "/nonexistent/a:/nonexistent/b");
    let broken = s.file("broken", "a: [");
    s.env("KUBECONFIG", broken);
    check(&s, &delete).is(65);
    told(&s.guard(&[&["check", "--json", "--"], delete.as_slice()].concat())).is(65);
    assert!(!cluster.requests().iter().any(embedded::Seen::mutates));
    assert!(s.audit().is_empty(), "a check is no deed");
}

#[test]
fn check_offline_asks_no_server() {
    let (cluster, s) = scene!(shop(), "lab");
    let out = told(&s.guard(&["check", "--offline", "--", "kubectl", "delete", "ns", "shop"]));
    out.is(3).says("unchecked").says("not asked");
    assert!(cluster.requests().is_empty());
}

/// Where nothing is asked there is no phrase to be told, and what nobody asked is not taken for an answer.
#[test]
fn what_would_run_shows_no_phrase_and_what_was_not_asked_is_said() {
    let machine = Machine::bare();
    for tool in ["real/systemctl", "real/dpkg", "real/apt-get"] {
        machine.program(tool, "#!/bin/sh\nexit 1\n");
    }
    let check = |words: &[&str]| told(&machine.guard(&[&["check", "--"], words].concat()));
    let offline = |words: &[&str]| told(&machine.guard(&[&["check", "--offline", "--"], words].concat()));
    check(&["systemctl", "disable", "nginx"]).is(0).says("would run").not("GUARD_CONFIRM");
    machine
        .policy("version: 1\nrules:\n- {id: never, when: {tool: systemctl}, then: deny, reason: not here}\n");
    check(&["systemctl", "restart", "nginx"]).is(REFUSED).says("not here").not("GUARD_CONFIRM");
    machine.policy("version: 1\n");
    // A package's file may have others make room for it, a start may stop what it conflicts with.
    offline(&["dpkg", "-i", "x.deb"]).is(3).says("unchecked").says("not asked");
    offline(&["systemctl", "start", "nginx"]).is(3).says("not asked");
    offline(&["apt-get", "install", "x"]).is(0).says("would run; not asked: what would go");
    offline(&["systemctl", "daemon-reload"]).is(0).says("would run").not("not asked");
    // Nor can anybody be asked about what another machine or a container would stop.
    for place in ["-H", "-M"] {
        check(&["systemctl", place, "web", "start", "nginx"]).is(3).says("could not be asked");
        check(&["systemctl", place, "web", "status", "nginx"]).is(0);
    }
}

#[test]
fn the_fields_of_the_json_stay() {
    let (_cluster, s) = scene!(shop(), "lab");
    let out = s.guard(&["check", "--json", "--", "kubectl", "delete", "ns", "shop"]);
    assert_eq!(out.status.code(), Some(3));
    assert_eq!(out.stdout.iter().filter(|b| **b == b'\n').count(), 1, "one line");
    let value: Value = serde_json::from_slice(&out.stdout).unwrap();
    let mut found = std::collections::BTreeSet::new();
    paths(&value, "", &mut found);
    let found: Vec<&str> = found.iter().map(String::as_str).collect();
    let wanted = "because|challenge.env_confirm|challenge.justification|challenge.kind|challenge.level|challenge.phrase|decision|effect|effect_by_words|\
        environment.because|environment.name|exit|impact.also|impact.data|impact.groups[].count|impact.groups[].group|impact.groups[].kind|\
        impact.groups[].names[]|impact.protections|impact.refused|impact.subjects[].age_s|impact.subjects[].changed_s|impact.subjects[].group|\
        impact.subjects[].kind|impact.subjects[].name|impact.subjects[].namespace|impact.subjects[].resource|impact.subjects[].uid|\
        impact.subjects_total|rules[]|schema|target.acting_as|target.all_namespaces|target.ca_sha256|target.chosen_by|target.cluster|\
        target.cluster_entry.from|target.cluster_entry.value|target.context.from|target.context.value|target.namespace.from|target.namespace.value|\
        target.notes|target.server.from|target.server.value|target.tool|target.uid|target.uid_unknown|target.user.from|target.user.value|\
        unchecked|whole_scope";
    assert_eq!(found.join("\n"), wanted.split('|').collect::<Vec<_>>().join("\n"));
    assert_eq!(
        (&value["schema"], &value["exit"], &value["decision"]),
        (&json!(1), &json!(3), &json!("confirm"))
    );
    assert_eq!(value["challenge"]["phrase"], "lab/shop/*");
    assert_eq!(value["target"]["namespace"]["from"], "built-in default");
}

#[test]
fn explain_shows_every_stage_and_every_source() {
    let (cluster, s) = scene!(shop(), "lab");
    s.policy("version: 1\nrules:\n- {id: careful, when: {verb: delete}, then: confirm, level: typed}\n");
    let out = told(&s.guard(&["explain", "--", "kubectl", "delete", "cm", "settings", "-n", "shop"])).is(0);
    for text in [
        "words\n",
        "\ntarget\n",
        "\npolicy\n",
        "\nfacts (asked in",
        "\ndecision\n",
        "\nscreen\n",
        "--namespace = shop",
        "kube/lab.yaml:",
        "chosen by    $KUBECONFIG",
        "lab/shop (cluster/namespace)",
        "careful",
        "policy.yaml",
        "real tool",
        "confirm, typed",
        "destroy by words, destroy with the facts",
    ] {
        assert!(out.output.contains(text), "no {text:?} in:\n{}", out.output);
    }
    // Secrets on the line are not repeated.
    told(&s.guard(&[
        "explain",
        "--",
        "kubectl",
        "--token=hunter2-4711",
        "delete",
        "cm",
        "settings",
        "-n",
        "shop",
    ]))
    .is(0)
    .not("hunter2");
    told(&s.guard(&["explain", "--", "kubectl", "get", "pods"])).is(0).says("read");
    assert!(!cluster.requests().iter().any(embedded::Seen::mutates));
}

#[test]
fn run_is_the_shim_without_a_shim() {
    let (cluster, mut s) = scene!(shop(), "lab");
    let run = |s: &Machine, words: &[&str]| told(&s.guard(&[&["run", "--", "kubectl"], words].concat()));
    assert_eq!(run(&s, READ).is(0).output, "configmap/settings\n");
    run(&s, &["get", "cm", "absent"]).is(1).says("NotFound");
    run(&s, DELETE).is(REFUSED);
    assert!(cluster.exists(MAP));
    s.env("GUARD_CONFIRM", "lab/shop");
    run(&s, DELETE).is(0).says("deleted");
    assert!(!cluster.exists(MAP));
    told(&s.guard(&["run", "--", "kubectx"])).is(64).says("no tool guard knows");
    told(&s.guard(&["run"])).is(64);
}

#[test]
fn the_record_of_a_run_can_be_shown_and_verified() {
    let (_cluster, mut s) = scene!(shop(), "lab");
    told(&s.pipeline(DELETE)).is(REFUSED);
    s.env("GUARD_CONFIRM", "lab/shop");
    told(&s.pipeline(&["--token=hunter2-4711", "delete", "cm", "settings", "-n", "shop"])).is(0);
    told(&s.guard(&["audit", "show"])).is(0).says("settings").says("lab").not("hunter2");
    told(&s.guard(&["audit", "verify"])).is(0);
    let log = s.at(".local/state/guard/audit.jsonl");
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(!text.contains("hunter2") && text.lines().count() == 2, "{text}");
    std::fs::write(&log, text.replacen("refused", "allowed", 1)).unwrap();
    let out = told(&s.guard(&["audit", "verify"]));
    assert_ne!(out.code, 0, "{}", out.output);
}

#[test]
fn classify_takes_words_and_lines() {
    let s = Machine::bare();
    assert_eq!(
        told(&s.guard(&["classify", "--", "kubectl", "delete", "ns", "shop"])).is(0).output,
        "destroy\tkubectl delete ns shop\n"
    );
    let lines = b"kubectl get pods\nsudo kubectl drain n1\necho hello; kubectl delete pvc x\nkubectl apply -f a.yaml\nkubectl frobnicate\n\n";
    let out = told(&s.alone(s.command(env!("CARGO_BIN_EXE_guard"), &["classify"]), lines)).is(0);
    let effects: Vec<&str> = out.output.lines().map(|l| l.split('\t').next().unwrap()).collect();
    assert_eq!(effects[..5], ["read", "disrupt", "destroy", "mutate", "unknown"], "{}", out.output);
}

/// Where one is, in three lines, without a question to anybody.
#[test]
fn status_says_where_one_is() {
    let (cluster, s) = scene!(shop(), "prod-eu");
    let said = told(&s.guard(&["status"])).is(0).output;
    assert_eq!(said.lines().count(), 3, "{said}");
    let line = |said: &str, tool: &str| {
        said.lines()
            .find(|line| line.contains(tool))
            .unwrap_or_else(|| panic!("no {tool}:\n{said}"))
            .to_owned()
    };
    assert!(
        line(&said, "kubectl ").contains("PRODUCTION") && line(&said, "kubectl ").contains("prod-eu"),
        "{said}"
    );
    assert!(line(&said, "host ").contains("stands in front of"), "{said}");
    assert!(cluster.requests().is_empty(), "nothing is asked");
    let (cluster, mut s) = scene!(shop(), "lab");
    s.policy(&format!(
        "version: 1\nclusters:\n- {{name: play, environment: production, server: '{}'}}\n",
        cluster.url
    ));
    let said = told(&s.guard(&["status"])).is(0).output;
    assert!(line(&said, "kubectl ").contains("PRODUCTION") && said.contains("play/"), "{said}");
    let json: Value = serde_json::from_str(&told(&s.guard(&["status", "--json"])).is(0).output).unwrap();
    assert_eq!(json["kubectl"]["environment"], "production", "{json:#}");
    assert!(cluster.requests().is_empty(), "nothing is asked");
    s.env("KUBECONFIG", "/nonexistent/config");
    told(&s.guard(&["status"])).is(0);
    let broken = s.file("broken", "a: [");
    s.env("KUBECONFIG", broken);
    told(&s.guard(&["status"])).is(0).says("kubectl");
}

/// What to do about a place that nobody classified is said once a day.
#[test]
fn the_question_says_how_to_classify_once_a_day() {
    let (_cluster, s) = scene!(shop(), "lab");
    let ask = || {
        let mut pty = s.terminal(&["delete", "cm", "settings", "-n", "shop"]);
        let shown = pty.expect("tries: ");
        pty.send("\x04");
        pty.code();
        shown
    };
    let first = ask();
    assert!(first.contains("UNCLASSIFIED") && first.contains("`guard setup` asks once"), "{first}");
    let second = ask();
    assert!(second.contains("UNCLASSIFIED") && !second.contains("guard setup"), "{second}");
}

#[test]
fn help_starts_with_examples_and_every_command_has_some() {
    let s = Machine::bare();
    let help = told(&s.guard(&["--help"])).is(0);
    assert!(help.output.starts_with("Examples:\n"), "{}", help.output);
    for text in ["guard check kubectl delete ns shop", "GUARD_CONFIRM=", "Exit codes:", "77 refused"] {
        assert!(help.output.contains(text), "no {text:?} in {}", help.output);
    }
    assert!(help.output.lines().all(|l| l.chars().count() <= 130));
    // Without a word the help is the answer, and the exit code says that something was missing.
    assert!(told(&s.guard(&[])).is(64).output.starts_with("Examples:\n"));
    let commands: Vec<&str> = help
        .output
        .lines()
        .skip_while(|l| *l != "Commands:")
        .skip(1)
        .take_while(|l| !l.is_empty())
        .filter(|l| !l.starts_with("   "))
        .filter_map(|l| l.split_whitespace().next())
        .collect();
    assert_eq!(
        commands,
        [
            "check",
            "explain",
            "run",
            "classify",
            "init",
            "install",
            "uninstall",
            "status",
            "segment",
            "doctor",
            "policy",
            "audit",
            "kept",
            "restore",
            "setup",
            "hook",
            "demo",
            "completions",
            "man",
            "version",
            "help"
        ]
    );
    told(&s.guard(&["help"])).is(0).says("Commands:");
    told(&s.guard(&["help", "check"])).is(0).says("Usage: guard check");
    for command in commands.into_iter().filter(|command| *command != "help") {
        let text = told(&s.guard(&[command, "--help"])).is(0).says("Usage: guard");
        assert!(
            text.output.starts_with("Examples:\n"),
            "guard {command} --help has no example:\n{}",
            text.output
        );
    }
    // Written for 100 columns: a line that is broken once more is hard to read.
    let mut pages: Vec<(String, String)> = Vec::new();
    let mut under = vec![(String::from("guard"), guard::app::cli::command())];
    while let Some((name, command)) = under.pop() {
        for text in [command.get_before_help(), command.get_after_help()].into_iter().flatten() {
            pages.push((name.clone(), text.to_string()));
        }
        under.extend(command.get_subcommands().map(|c| (format!("{name} {}", c.get_name()), c.clone())));
    }
    let is_long = |line: &&str| line.chars().count() > 100;
    let long: Vec<String> = pages
        .iter()
        .flat_map(|(name, text)| text.lines().filter(is_long).map(move |line| format!("{name}: {line}")))
        .collect();
    assert!(long.is_empty(), "{long:#?}");
    told(&s.guard(&["chek"])).is(64).says("check");
    told(&s.guard(&["check", "--jason", "--", "kubectl", "get", "pods"])).is(64).says("--json");
    told(&s.guard(&["--version"])).is(0).says("guard ");
}

/// The command begins with its name; what stands behind that belongs to it, with `--` before it and without.
#[test]
fn a_command_needs_no_dashes_before_it() {
    let s = Machine::behind(Path::new("/bin/true"), Path::new("/dev/null"));
    for command in ["check", "explain", "classify"] {
        let words = ["kubectl", "get", "pods", "-o", "json", "--json", "--offline"];
        let with = told(&s.guard(&[&[command, "--"], &words[..]].concat()));
        let without = told(&s.guard(&[&[command], &words[..]].concat()));
        assert_eq!((without.code, &without.output), (with.code, &with.output), "{command}");
    }
    told(&s.guard(&["check", "--offline", "kubectl", "delete", "ns", "shop"])).is(3).says("delete");
    told(&s.guard(&["classify", "kubectl", "delete", "ns", "shop", "--dry-run=client"])).is(0).says("read");
    told(&s.guard(&["check", "--color", "never", "kubectl", "get", "pods", "--color", "always"])).is(0);
    told(&s.guard(&["check"])).is(64).says("CMD");
}

#[test]
fn the_version_says_what_was_built() {
    let s = Machine::behind(Path::new("/bin/true"), Path::new("/dev/null"));
    told(&s.guard(&["version"])).is(0).says("guard 0.").says("target").says("guard-shim");
    let out = s.guard(&["version", "--json"]);
    let said: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(said["version"], env!("CARGO_PKG_VERSION"));
    assert!(said["target"].as_str().unwrap().contains(std::env::consts::ARCH), "{said}");
    assert_eq!(said["features"], json!(["cli"]));
    assert!(said["shim"].as_str().unwrap().ends_with("guard-shim"), "{said}");
}
