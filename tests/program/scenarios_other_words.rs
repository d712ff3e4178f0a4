//! The same act by another command, and what runs inside pods: through the shim, with an API server that may be gone.

use crate::support::ended::told;
use crate::support::machine::{Machine, REFUSED};
use crate::support::shop::{scene, shop};

const TOOL: &str = "#!/bin/sh\ncase \"$*\" in *--dry-run=*) exit 1 ;; esac\nprintf 'ran: %s\\n' \"$*\"\n";

/// A machine whose kubectl only says that it ran, and whose cluster does not answer.
fn silent() -> Machine {
    let mut s = Machine::with_script(TOOL);
    s.on("https://127.0.0.1:9", "prod");
    s
}

#[test]
fn a_program_that_only_reads_is_let_through_and_nothing_else_is() {
    let s = silent();
    told(&s.pipeline(&["exec", "web-0", "--", "psql", "-c", "select 1"])).is(0).says("ran: exec web-0");
    told(&s.pipeline(&["exec", "web-0", "--", "psql", "-c", "drop table x"])).is(REFUSED).not("ran:");
    for words in ["ls -la /data", "cat /etc/hosts", "env", "pg_dump shop", "sh -c ls"] {
        let args: Vec<&str> = ["exec", "web-0", "--"].into_iter().chain(words.split(' ')).collect();
        told(&s.pipeline(&args)).is(0).says("ran: exec web-0");
    }
    for words in ["sh", "rm -rf /data", "./migrate", "sh -c ./migrate", "kubectl delete ns shop"] {
        let args: Vec<&str> = ["exec", "web-0", "--"].into_iter().chain(words.split(' ')).collect();
        told(&s.pipeline(&args)).is(REFUSED).not("ran:");
    }
}

#[test]
fn well_known_plugins_go_by_what_they_do() {
    let s = silent();
    for words in [
        "ctx",
        "ctx prod",
        "ns shop",
        "neat get -- pod x",
        "tree deploy web",
        "sudo get pods",
        "cnpg status main",
    ] {
        let args: Vec<&str> = words.split(' ').collect();
        told(&s.pipeline(&args)).is(0).says("ran:");
    }
    for words in ["ctx -d prod", "sudo delete ns shop", "cnpg destroy main 1", "argo rollouts abort web"] {
        let args: Vec<&str> = words.split(' ').collect();
        told(&s.pipeline(&args)).is(REFUSED).not("ran:");
    }
}

#[test]
fn lifting_a_protection_says_so_with_and_without_a_server() {
    let (_cluster, live) = scene!(shop(), "lab");
    for s in [&live, &silent()] {
        let args = ["annotate", "cm", "settings", "-n", "shop", "helm.sh/resource-policy-"];
        told(&s.pipeline(&args)).is(REFUSED).says("lifts a protection");
    }
}

#[test]
fn a_selector_by_patch_is_asked_about() {
    let s = silent();
    for patch in [
        &["patch", "svc", "web", "-p", r#"{"spec":{"selector":{"app":"x"}}}"#][..],
        &["patch", "svc", "web", "--type=merge", "-p", r#"{"spec":{"selector":null}}"#],
        &[
            "patch",
            "svc/web",
            "--type=json",
            "-p",
            r#"[{"op":"replace","path":"/spec/selector/app","value":"x"}]"#,
        ],
        &["set", "selector", "svc", "web", "app=x"],
        &["label", "pod", "web-0", "app=x", "--overwrite"],
        &["edit", "cm", "aws-auth", "-n", "kube-system"],
    ] {
        told(&s.pipeline(patch)).is(REFUSED).not("ran:");
    }
    told(&s.pipeline(&["taint", "nodes", "--all", "node-role.kubernetes.io/control-plane-"]))
        .is(0)
        .says("ran:");
}

#[test]
fn a_deletion_of_namespaces_without_a_name_is_kubectls_to_refuse() {
    let (_cluster, live) = scene!(shop(), "lab");
    for s in [&live, &silent()] {
        told(&s.pipeline(&["delete", "namespace", "-n", "shop"])).says("-n does not bound namespaces");
        told(&s.pipeline(&["delete", "namespace", "--all", "-n", "shop"])).is(REFUSED);
    }
    told(&silent().pipeline(&["delete", "namespace", "-n", "shop"]))
        .is(0)
        .says("ran: delete namespace -n shop");
}
