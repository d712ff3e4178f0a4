//! Copies that are promised, and tools that never answer: nothing that guard starts is waited for without end.

use crate::support::ended::told;
use crate::support::machine::{Machine, REFUSED};
use crate::support::shop::{DELETE, MAP, scene, shop};
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

/// A program in the home.
fn program(s: &Machine, name: &str, text: &str) -> String {
    let path = s.file(name, text);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

#[test]
fn fifty_deletions_at_once_all_keep_a_copy() {
    let mut seed = shop();
    for n in 0..50 {
        seed = seed.object(serde_json::json!({"apiVersion": "v1", "kind": "ConfigMap",
            "metadata": {"name": format!("m{n}"), "namespace": "shop"}}));
    }
    let (cluster, mut s) = scene!(seed, "lab");
    s.policy("version: 1\nprobe: {timeout_ms: 60000}\n");
    s.env("GUARD_CONFIRM", "lab/shop");
    let line = "for n in $(seq 0 49); do echo m$n; done | xargs -P8 -n1 kubectl delete -n shop cm";
    let out = s.alone(s.command("/bin/sh", &["-c", line]), b"");
    assert!(out.status.success(), "{}", told(&out).output);
    let kept = s.guard(&["kept", "list", "--json"]).stdout;
    assert_eq!(String::from_utf8(kept).unwrap().lines().count(), 50);
    assert!(!cluster.exists("/api/v1/namespaces/shop/configmaps/m49"));
}

#[test]
fn a_tool_that_hangs_does_not_hang_guard() {
    let (cluster, s) = scene!(shop(), "lab");
    // Whatever guard asks it, it never answers.
    let hanging = program(&s, "tools/kubectl", "#!/bin/sh\nexec sleep 600\n");
    s.policy(&format!("version: 1\nprobe: {{timeout_ms: 500}}\ntools: {{kubectl: {{path: {hanging}}}}}\n"));
    s.file("base/kustomization.yaml", "resources: []\n");
    for line in ["frobnicate now", "delete cm settings -n shop"] {
        let words: Vec<&str> = line.split(' ').collect();
        let started = Instant::now();
        told(&s.pipeline(&words)).is(REFUSED);
        assert!(started.elapsed() < Duration::from_secs(40), "{line}: {:?}", started.elapsed());
    }
    assert!(cluster.exists(MAP));
}

#[test]
fn a_store_that_cannot_be_written_is_said_before_the_question_and_refuses_nothing() {
    let (cluster, mut s) = scene!(shop(), "lab");
    // A file where the directory of copies would be; the audit log beside it can be written.
    s.file(".local/state/guard/kept", "");
    s.env("GUARD_CONFIRM", "lab/shop");
    told(&s.pipeline(DELETE)).is(0).says("NONE: ").says("is no directory");
    assert!(!cluster.exists(MAP));
}

#[test]
fn what_is_refused_names_no_copy() {
    let (cluster, s) = scene!(shop(), "lab");
    // Nobody can be asked; with the answer the copy is named, because then it is there.
    told(&s.pipeline(DELETE)).is(REFUSED).says("settings").not("guard restore");
    assert!(cluster.exists(MAP));
    let mut s = s;
    s.env("GUARD_CONFIRM", "lab/shop");
    told(&s.pipeline(DELETE)).is(0).says("guard restore");
}
