//! Copies and the way back against embedded API servers and the real kubectl: what happens when something is in the way.

use crate::support::cluster;
use crate::support::embedded::{Embedded, Seed};
use crate::support::ended::{answered, said};
use crate::support::machine::{Machine, REFUSED};
use serde_json::{Value, json};
use std::process::Output;
use std::time::Instant;

/// A namespace `shop` with `maps` config maps and a secret.
fn shop(maps: usize) -> Seed {
    let mut seed = Seed::new()
        .cluster_uid("11111111-aaaa")
        .yaml("apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: a}}\n")
        .yaml("apiVersion: v1\nkind: Secret\nmetadata: {name: password, namespace: shop}\ndata: {a: aHVudGVyMg==}\n");
    for i in 0..maps {
        seed = seed
            .object(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": format!("m{i}"),
            "namespace": "shop"}, "data": {"text": "x".repeat(400)}}));
    }
    seed
}

/// kubectl behind guard on this server.
fn guarded(server: &Embedded) -> Option<Machine> {
    let Some(kubectl) = cluster::real_kubectl() else {
        cluster::skip("no real kubectl: run tests/fetch-kubectl");
        return None;
    };
    let guarded = Machine::behind(&kubectl, std::path::Path::new("/dev/null"));
    let config = server.kubeconfig(guarded.home.path().join("config"));
    let mut guarded = guarded;
    guarded.env("KUBECONFIG", config.display().to_string()).env("GUARD_CONFIRM", "embedded/shop");
    Some(guarded)
}

/// Runs a command with the phrase that `guard check` names for it.
fn agree(guarded: &mut Machine, words: &[&str]) -> Output {
    let check: Vec<&str> = ["check", "--json", "--", "kubectl"].iter().chain(words).copied().collect();
    let checked: Value = serde_json::from_slice(&guarded.guard(&check).stdout).unwrap();
    if let Some(phrase) = checked["challenge"]["phrase"].as_str() {
        guarded.env("GUARD_CONFIRM", phrase);
    }
    let out = guarded.pipeline(words);
    guarded.env("GUARD_CONFIRM", "embedded/shop");
    out
}

fn copies(guarded: &Machine) -> Vec<Value> {
    let out = guarded.guard(&["kept", "list", "--json"]);
    String::from_utf8(out.stdout).unwrap().lines().map(|l| serde_json::from_str(l).unwrap()).collect()
}

fn id(guarded: &Machine) -> String {
    copies(guarded)[0]["id"].as_str().unwrap().to_owned()
}

/// The last line of the audit log.
fn record(guarded: &Machine) -> Value {
    let log = std::fs::read_to_string(guarded.home.path().join(".local/state/guard/audit.jsonl")).unwrap();
    serde_json::from_str(log.lines().last().unwrap()).unwrap()
}

fn err(out: &Output) -> String {
    String::from_utf8_lossy(&out.stderr).into_owned()
}

#[test]
fn the_screen_promises_the_copy_and_the_way_back() {
    let volume = "apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: pv-1}\nspec: {persistentVolumeReclaimPolicy: Delete, \
                  claimRef: {namespace: shop, name: data}}\nstatus: {phase: Bound}\n---\napiVersion: v1\nkind: PersistentVolumeClaim\n\
                  metadata: {name: data, namespace: shop}\nspec: {volumeName: pv-1}\nstatus: {phase: Bound}\n";
    let server = Embedded::start(shop(1).yaml(volume));
    let Some(guarded) = guarded(&server) else { return };
    let out = guarded.guard(&["check", "--", "kubectl", "delete", "ns", "shop"]);
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("Secrets included, are kept in ~/.local/state/guard/kept"), "{text}");
    assert!(
        flat.contains("back with: guard restore, by the id it gets then; data in volumes is not in it"),
        "{text}"
    );
    assert!(flat.contains("kubectl patch pv pv-1 -p"), "{text}");
    assert!(copies(&guarded).is_empty(), "a check keeps nothing");
    if std::env::var_os("GUARD_TEST_FIGURES").is_some() {
        let _ = std::io::Write::write_all(&mut std::io::stderr(), text.as_bytes());
    }
}

#[test]
fn what_may_not_be_read_is_missing_and_said() {
    let server = Embedded::start(shop(3).forbid("list", "secrets"));
    let Some(mut guarded) = guarded(&server) else { return };
    let out = agree(&mut guarded, &["delete", "ns", "shop"]);
    assert!(out.status.success(), "{}", said(&out));
    assert!(err(&out).contains("the copy is INCOMPLETE: secrets in shop: forbidden"), "{}", said(&out));
    let copy = &copies(&guarded)[0];
    assert_eq!(copy["gaps"], json!([{"what": "secrets in shop", "why": "forbidden"}]));
    // With the one every namespace has.
    assert_eq!(copy["kinds"]["ConfigMap"], 4);
    let record = record(&guarded);
    assert_eq!(record["kept"], copy["id"]);
    assert_eq!(record["facts"]["not_kept"], json!(["secrets in shop: forbidden"]));
    assert!(!server.exists("/api/v1/namespaces/shop"));
}

#[test]
fn a_copy_that_was_promised_and_fails_refuses() {
    let server = Embedded::start(shop(60));
    let Some(mut guarded) = guarded(&server) else { return };
    // No file may grow beyond 16 KiB; the copy needs more, the audit record less.
    let script =
        format!("trap '' XFSZ; ulimit -f 16; exec {} delete ns shop", guarded.at("shims/kubectl").display());
    guarded.env("GUARD_CONFIRM", "embedded/shop/*");
    let out = guarded.run(std::path::Path::new("/bin/bash"), &["-c", &script]);
    assert!(
        err(&out).contains("could not be written") && err(&out).contains("GUARD_KEEP=off"),
        "{}",
        said(&out)
    );
    assert_eq!(out.status.code(), Some(77), "{}", said(&out));
    assert!(server.exists("/api/v1/namespaces/shop"));
    let record = record(&guarded);
    assert!(record.get("kept").is_none() && record["outcome"] == "refused", "{record:#}");
    let kept = guarded.home.path().join(".local/state/guard/kept");
    assert!(std::fs::read_dir(kept).unwrap().next().is_none(), "half a copy is left");
}

#[test]
fn secrets_and_whole_copies_can_be_left_out() {
    let server = Embedded::start(shop(2));
    let Some(mut guarded) = guarded(&server) else { return };
    guarded.env("GUARD_KEEP", "no-secrets");
    let out = agree(&mut guarded, &["delete", "cm", "m0", "-n", "shop"]);
    assert!(out.status.success(), "{}", said(&out));
    guarded.env("GUARD_KEEP", "off");
    let out = agree(&mut guarded, &["delete", "cm", "m1", "-n", "shop"]);
    assert!(out.status.success() && !err(&out).contains("kept"), "{}", said(&out));
    assert!(err(&out).contains("NONE: GUARD_KEEP=off"), "{}", said(&out));
    let all = copies(&guarded);
    assert_eq!((all.len(), &all[0]["secrets"], &all[0]["objects"]), (1, &json!(false), &json!(1)));
}

#[test]
fn every_form_of_deletion_is_copied() {
    let map = |name: &str, data: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: shop, labels: {{p: x}}}}\ndata: {{a: '{data}'}}\n"
        )
    };
    // (words, manifest, names in the copy)
    let rows: &[(&[&str], &str, &[&str])] = &[
        (&["delete", "cm", "-l", "p=x"], "", &["a", "b"]),
        (&["delete", "cm/a", "secret/password"], "", &["a", "password"]),
        (&["delete", "cm", "--all"], "", &["a", "b", "kube-root-ca.crt", "m0"]),
        (&["delete", "-f", "FILE"], &map("b", "1"), &["b"]),
        (&["replace", "--force", "-f", "FILE"], &map("a", "2"), &["a"]),
        (&["delete", "--raw", "/api/v1/namespaces/shop/configmaps/a"], "", &["a"]),
    ];
    for (words, manifest, want) in rows {
        let server = Embedded::start(shop(1).yaml(&map("a", "1")).yaml(&map("b", "1")));
        let Some(mut guarded) = guarded(&server) else { return };
        let file = guarded.file("m.yaml", manifest);
        let mut args: Vec<&str> =
            words.iter().map(|w| if *w == "FILE" { file.as_str() } else { w }).collect();
        args.extend(["-n", "shop"]);
        let out = agree(&mut guarded, &args);
        assert!(out.status.success(), "{words:?}: {}", said(&out));
        let path =
            guarded.home.path().join(format!(".local/state/guard/kept/{}/objects.jsonl", id(&guarded)));
        let mut names: Vec<String> = std::fs::read_to_string(path)
            .unwrap()
            .lines()
            .map(|l| {
                serde_json::from_str::<Value>(l).unwrap()["metadata"]["name"].as_str().unwrap().to_owned()
            })
            .collect();
        names.sort();
        assert_eq!(names, *want, "{words:?}");
        assert_eq!(copies(&guarded)[0]["gaps"], json!([]), "{words:?}");
    }
}

#[test]
fn another_cluster_is_refused() {
    let (one, two) = (Embedded::start(shop(2)), Embedded::start(Seed::new().cluster_uid("22222222-bbbb")));
    let Some(mut guarded) = guarded(&one) else { return };
    assert!(agree(&mut guarded, &["delete", "ns", "shop"]).status.success());
    let other = two.kubeconfig(guarded.home.path().join("other")).display().to_string();
    let id = id(&guarded);
    let out = guarded.guard(&["restore", &id, "--kubeconfig", &other]);
    assert_eq!(out.status.code(), Some(REFUSED), "{}", said(&out));
    assert!(
        err(&out).contains("the copy is from uid 11111111-aaaa, this is uid 22222222-bbbb"),
        "{}",
        said(&out)
    );
    assert!(!two.exists("/api/v1/namespaces/shop"));
    // Without a terminal and without the phrase nothing is created either.
    guarded.env("GUARD_CONFIRM", "embedded/other");
    let out = guarded.guard(&["restore", &id, "--kubeconfig", &other, "--to-another-cluster"]);
    assert_eq!(out.status.code(), Some(REFUSED), "{}", said(&out));
    assert!(!two.exists("/api/v1/namespaces/shop"));
    guarded.env("GUARD_CONFIRM", "embedded/shop");
    let out = guarded.guard(&["restore", &id, "--kubeconfig", &other, "--to-another-cluster"]);
    assert!(out.status.success(), "{}", said(&out));
    let secret = two.object("/api/v1/namespaces/shop/secrets/password").unwrap();
    assert_eq!(secret["data"]["a"], "aHVudGVyMg==");
    assert_eq!(two.object("/api/v1/namespaces/shop").unwrap()["metadata"]["labels"]["team"], "a");
}

#[test]
fn at_a_terminal_the_way_back_is_asked_whatever_the_variable_says() {
    let server = Embedded::start(shop(2));
    let Some(mut guarded) = guarded(&server) else { return };
    assert!(agree(&mut guarded, &["delete", "ns", "shop"]).status.success());
    let id = id(&guarded);
    let asked = |answer: &str| {
        let command = guarded.command(env!("CARGO_BIN_EXE_guard"), &["restore", &id]);
        answered(guarded.terminal_of(command), "[y/N]: ", answer)
    };
    asked("n").is(REFUSED).says("does not answer where a person can be asked");
    assert!(!server.exists("/api/v1/namespaces/shop"));
    asked("y").is(0).says("created");
    assert!(server.exists("/api/v1/namespaces/shop"));
    let record = guarded.audit().pop().unwrap();
    assert_eq!(
        (&record["tool"], &record["argv"], &record["answer"], &record["kept"]),
        (&json!("guard"), &json!(["restore", id]), &json!("matched"), &json!(id)),
        "{record:#}"
    );
    assert_eq!(record["target"]["namespace"]["value"], "shop", "{record:#}");
    // Policy may forbid the variable altogether: nothing is created without a terminal.
    guarded.policy("version: 1\nprompt: {env_confirm: false}\n");
    let out = guarded.guard(&["restore", &id]);
    assert_eq!(out.status.code(), Some(REFUSED), "{}", said(&out));
}

#[test]
fn volumes_stay_with_their_cluster() {
    let volume = |name: &str, policy: &str| {
        format!(
            "apiVersion: v1\nkind: PersistentVolume\nmetadata: {{name: pv-{name}}}\nspec: {{persistentVolumeReclaimPolicy: {policy}, \
             claimRef: {{namespace: shop, name: {name}}}}}\nstatus: {{phase: Bound}}\n---\napiVersion: v1\nkind: PersistentVolumeClaim\n\
             metadata: {{name: {name}, namespace: shop}}\nspec: {{volumeName: pv-{name}}}\nstatus: {{phase: Bound}}\n"
        )
    };
    let seed = || shop(1).yaml(&volume("stays", "Retain")).yaml(&volume("goes", "Delete"));
    let (one, two) = (Embedded::start(seed()), Embedded::start(Seed::new().cluster_uid("22222222-bbbb")));
    let Some(mut guarded) = guarded(&one) else { return };
    assert!(agree(&mut guarded, &["delete", "ns", "shop"]).status.success());
    assert_eq!(copies(&guarded)[0]["volumes"], json!(["pv-goes", "pv-stays"]));
    let other = two.kubeconfig(guarded.home.path().join("other")).display().to_string();
    let out = guarded.guard(&["restore", &id(&guarded), "--kubeconfig", &other, "--to-another-cluster"]);
    assert!(out.status.success(), "{}", said(&out));
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(text.contains("PersistentVolume pv-stays: its disk belongs to the cluster"), "{text}");
    assert!(
        text.contains("shop/stays: its volume pv-stays is not there for it; it comes back EMPTY"),
        "{text}"
    );
    assert!(!two.exists("/api/v1/persistentvolumes/pv-stays"));
    let claim = two.object("/api/v1/namespaces/shop/persistentvolumeclaims/stays").unwrap();
    assert!(claim["spec"].get("volumeName").is_none());

    let out = guarded.guard(&["restore", &id(&guarded)]);
    assert!(out.status.success(), "{}", said(&out));
    let claim =
        |name: &str| one.object(&format!("/api/v1/namespaces/shop/persistentvolumeclaims/{name}")).unwrap();
    assert_eq!(claim("stays")["spec"]["volumeName"], "pv-stays", "{}", said(&out));
    assert!(claim("goes")["spec"].get("volumeName").is_none(), "{}", said(&out));
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert!(
        text.contains("shop/goes: its volume pv-goes is not there for it; it comes back EMPTY"),
        "{text}"
    );
}

#[test]
fn what_is_there_is_never_overwritten_and_failures_count() {
    let server = Embedded::start(shop(2).forbid("create", "secrets"));
    let Some(mut guarded) = guarded(&server) else { return };
    assert!(agree(&mut guarded, &["delete", "ns", "shop"]).status.success());
    let id = id(&guarded);
    server.add(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}));
    server.add(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m0", "namespace": "shop"}, "data": {"new": "1"}}));
    let out = guarded.guard(&["restore", &id]);
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    assert_eq!(out.status.code(), Some(69), "{}", said(&out));
    assert!(text.contains("is there  ConfigMap shop/m0: left as it is"), "{text}");
    assert!(text.contains("FAILED    Secret shop/password: "), "{text}");
    assert_eq!(server.object("/api/v1/namespaces/shop/configmaps/m0").unwrap()["data"], json!({"new": "1"}));
    assert!(server.exists("/api/v1/namespaces/shop/configmaps/m1"));
}

#[test]
fn another_namespace() {
    let server = Embedded::start(shop(2));
    let Some(mut guarded) = guarded(&server) else { return };
    assert!(agree(&mut guarded, &["delete", "ns", "shop"]).status.success());
    guarded.env("GUARD_CONFIRM", "embedded/shop-back");
    let out = guarded.guard(&["restore", &id(&guarded), "--namespace", "shop-back"]);
    assert!(out.status.success(), "{}", said(&out));
    assert!(server.exists("/api/v1/namespaces/shop-back/secrets/password"));
    assert!(!server.exists("/api/v1/namespaces/shop"));
}

#[test]
fn copies_are_deleted_only_by_a_yes() {
    let server = Embedded::start(shop(2));
    let Some(mut guarded) = guarded(&server) else { return };
    assert!(agree(&mut guarded, &["delete", "ns", "shop"]).status.success());
    let out = guarded.guard(&["kept", "prune", "--older-than", "1h"]);
    assert!(out.status.success() && err(&out).contains("no copies to delete"), "{}", said(&out));
    let out = guarded.guard(&["kept", "prune", "--all"]);
    assert_eq!(out.status.code(), Some(REFUSED), "{}", said(&out));
    assert_eq!(copies(&guarded).len(), 1);
    // A copy that was touched is not restored.
    let file = guarded.home.path().join(format!(".local/state/guard/kept/{}/objects.jsonl", id(&guarded)));
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("aHVudGVyMg==", "aHVudGVyMw==")).unwrap();
    let out = guarded.guard(&["restore", &id(&guarded)]);
    assert_eq!(out.status.code(), Some(65), "{}", said(&out));
    assert!(err(&out).contains("changed after they were written"), "{}", said(&out));
}

#[test]
fn a_thousand_objects() {
    let server = Embedded::start(shop(1000));
    let Some(mut guarded) = guarded(&server) else { return };
    assert!(agree(&mut guarded, &["delete", "ns", "shop"]).status.success());
    let copy = &copies(&guarded)[0];
    assert_eq!(
        (&copy["objects"], &copy["gaps"]),
        (&json!(1004), &json!([])),
        "two of them every namespace has"
    );
    let started = Instant::now();
    let out = guarded.guard(&["restore", &id(&guarded)]);
    assert!(out.status.success(), "{}", said(&out));
    let back = started.elapsed();
    assert!(server.exists("/api/v1/namespaces/shop/configmaps/m999"));
    assert!(
        copy["took_ms"].as_u64().unwrap() < 100_000 && back.as_secs() < 300,
        "{} ms, {back:?}",
        copy["took_ms"]
    );
    if std::env::var_os("GUARD_TEST_FIGURES").is_some() {
        let _ = std::io::Write::write_fmt(
            &mut std::io::stderr(),
            format_args!(
                "1,004 objects: copied in {} ms, restored in {} ms\n",
                copy["took_ms"],
                back.as_millis()
            ),
        );
    }
}
