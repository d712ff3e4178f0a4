//! Whose kubectl, whose policy: programs that go elsewhere than kubectl would, and files that others can write.

use crate::support::cluster;
use crate::support::embedded::Embedded;
use crate::support::ended::told;
use crate::support::machine::{Machine, REFUSED};
use crate::support::shop::{DELETE, MAP, READ, scene, shop};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;

const UID: &str = "4c2f6d0e-8a51-4c7e-9b36-52f1d07c9a1e";

/// Two clusters with the same content; the caller's kubeconfig leads to the first, `kube/other.yaml` to the second, and
/// each holds a context for the other one, too.
fn two() -> Option<(Embedded, Embedded, Machine, std::path::PathBuf)> {
    let kubectl = cluster::real_kubectl()?;
    let (cluster, mut stage) = crate::support::shop::set(shop(), "lab")?;
    let other = Embedded::start(shop());
    let text = |current: &str| {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: {current}\nclusters:\n- {{name: lab, cluster: {{server: '{}'}}}}\n\
             - {{name: other, cluster: {{server: '{}'}}}}\ncontexts:\n- {{name: lab, context: {{cluster: lab, user: u}}}}\n\
             - {{name: other, context: {{cluster: other, user: u}}}}\nusers:\n- {{name: u, user: {{}}}}\n",
            cluster.url, other.url
        )
    };
    let own = stage.file("kube/lab.yaml", &text("lab"));
    stage.file("kube/other.yaml", &text("other"));
    stage.env("KUBECONFIG", own);
    fs::remove_file(stage.at("real/kubectl")).unwrap();
    Some((cluster, other, stage, kubectl))
}

/// A script in the place of kubectl: it counts its calls, and `{kubectl}` and `{home}` in it are filled in.
fn wrapper(stage: &Machine, kubectl: &Path, text: &str) {
    let home = stage.home.path().display().to_string();
    let text = text.replace("{kubectl}", &kubectl.display().to_string()).replace("{home}", &home);
    stage.program("real/kubectl", &format!("#!/bin/sh\necho \"$*\" >> '{home}/calls'\n{text}\n"));
}

fn calls(stage: &Machine) -> Vec<String> {
    let text = fs::read_to_string(stage.at("calls")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn a_program_that_goes_elsewhere_is_refused_and_its_reads_pass() {
    for text in [
        "KUBECONFIG='{home}/kube/other.yaml' exec '{kubectl}' \"$@\"",
        "exec '{kubectl}' --context=other \"$@\"",
        "exec '{kubectl}' \"$@\" --context=other",
        "exec '{kubectl}' \"$@\" --kubeconfig='{home}/kube/other.yaml'",
        "exec '{kubectl}' \"$@\" -n other",
    ] {
        let Some((cluster, other, mut s, kubectl)) = two() else { return };
        wrapper(&s, &kubectl, text);
        told(&s.pipeline(READ)).not("guard:");
        s.env("GUARD_CONFIRM", "lab/shop");
        let said =
            told(&s.pipeline(DELETE)).is(REFUSED).says("goes elsewhere").says("tools: {kubectl: {path:");
        assert!(said.output.matches("help:").count() == 1, "{}", said.output);
        assert!(cluster.exists(MAP) && other.exists(MAP), "{text}");
        assert!(calls(&s).iter().all(|line| !line.contains("delete")), "{text}: {:?}", calls(&s));
        // Nothing of it can be taken for the narrow case either.
        told(&s.guard(&["check", "--json", "--", "kubectl", "delete", "ns", "shop"])).is(REFUSED);
    }
    // Without a namespace of the caller's, the program's own counts.
    let Some((_cluster, _other, s, kubectl)) = two() else { return };
    wrapper(&s, &kubectl, "exec '{kubectl}' -n shop \"$@\"");
    told(&s.pipeline(&["delete", "cm", "settings"]))
        .is(REFUSED)
        .says("namespace shop")
        .says("namespace default");
}

#[test]
fn a_program_that_changes_nothing_is_asked_once() {
    let Some((cluster, other, mut s, kubectl)) = two() else { return };
    wrapper(&s, &kubectl, "exec '{kubectl}' \"$@\"");
    let asks = |s: &Machine| calls(s).iter().filter(|line| line.contains("kube-root-ca.crt")).count();
    told(&s.pipeline(DELETE)).is(REFUSED).says("cluster");
    assert_eq!(asks(&s), 1, "{:?}", calls(&s));
    s.env("GUARD_CONFIRM", "lab/shop");
    told(&s.pipeline(DELETE)).is(0).says("deleted");
    assert!(!cluster.exists(MAP) && other.exists(MAP));
    assert_eq!(asks(&s), 1, "the answer lasts a day: {:?}", calls(&s));
    // No dry run goes through a program that may drop the flag.
    assert!(calls(&s).iter().all(|line| !line.contains("--dry-run")), "{:?}", calls(&s));
    // Another file of that name is another program.
    wrapper(&s, &kubectl, "KUBECONFIG='{home}/kube/other.yaml' exec '{kubectl}' \"$@\"");
    told(&s.pipeline(DELETE)).is(REFUSED).says("goes elsewhere");
    assert!(other.exists(MAP));
}

#[test]
fn a_program_that_does_not_say_where_it_goes_is_refused() {
    for text in ["exit 0", "exit 1", "sleep 60", "echo https://elsewhere/api >&2"] {
        let Some((cluster, _other, mut s, kubectl)) = two() else { return };
        wrapper(&s, &kubectl, text);
        s.env("GUARD_CONFIRM", "lab/shop");
        told(&s.pipeline(DELETE)).is(REFUSED).says("does not say where it goes");
        assert!(cluster.exists(MAP), "{text}");
    }
}

#[test]
fn k3s_goes_by_its_own_kubeconfig_where_none_is_named() {
    let Some((cluster, other, mut s, kubectl)) = two() else { return };
    // What k3s does (pkg/kubectl/main.go), on top of the real kubectl.
    let text = "[ -n \"$KUBECONFIG\" ] || export KUBECONFIG='{home}/.kube/k3s.yaml'\nexec '{kubectl}' \"$@\"";
    let home = s.home.path().display().to_string();
    s.script(&format!(
        "#!/bin/sh\n{}\n",
        text.replace("{home}", &home).replace("{kubectl}", &kubectl.display().to_string())
    ));
    let others = fs::read_to_string(s.at("kube/other.yaml")).unwrap();
    s.file(".kube/k3s.yaml", &others);
    s.unset("KUBECONFIG");
    told(&s.pipeline(DELETE)).is(REFUSED).says(".kube/k3s.yaml").says("k3s");
    s.env("GUARD_CONFIRM", "other/shop");
    told(&s.pipeline(DELETE)).is(0).says("deleted");
    assert!(cluster.exists(MAP) && !other.exists(MAP));
    // The variable goes before it, as in k3s itself.
    let own = s.at("kube/lab.yaml").display().to_string();
    s.env("KUBECONFIG", own).env("GUARD_CONFIRM", "lab/shop");
    told(&s.pipeline(DELETE)).is(0).says("deleted");
    assert!(!cluster.exists(MAP));
}

#[test]
fn an_address_behind_a_proxy_proves_nothing() {
    let mut s = Machine::bare();
    s.tool("real", "kubectl", "#!/bin/sh\n");
    let key = rcgen::KeyPair::generate().unwrap();
    let ca = rcgen::CertificateParams::new(vec!["x".into()]).unwrap().self_signed(&key).unwrap();
    s.file("kube/ca.pem", &ca.pem());
    let config = |extra: &str| {
        format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: dev\nclusters:\n- name: dev\n  cluster: {{server: 'https://10.0.0.1:6443', \
             certificate-authority: ca.pem{extra}}}\ncontexts:\n- {{name: dev, context: {{cluster: dev, user: u}}}}\nusers:\n- {{name: u, user: {{}}}}\n"
        )
    };
    let plain = s.file("kube/plain.yaml", &config(""));
    let proxied = s.file("kube/proxied.yaml", &config(", proxy-url: 'http://me:secret@proxy.example:3128'"));
    let environment = |s: &Machine| {
        let out = told(&s.guard(&["check", "--json", "--offline", "--", "kubectl", "delete", "cm", "x"]));
        let json: Value = serde_json::from_str(&out.output).unwrap_or_else(|e| panic!("{e}: {}", out.output));
        (json["environment"]["name"].as_str().unwrap().to_owned(), json["target"].to_string())
    };
    s.policy(
        "version: 1\nclusters:\n- {name: dev, environment: development, server: 'https://10.0.0.1:6443'}\n",
    );
    s.env("KUBECONFIG", plain.clone());
    assert_eq!(environment(&s).0, "development");
    // By the kubeconfig, and by the environment.
    s.env("KUBECONFIG", proxied);
    let (name, target) = environment(&s);
    assert_eq!(name, "unclassified");
    assert!(target.contains("proxy.example:3128") && !target.contains("secret"), "{target}");
    s.env("KUBECONFIG", plain).env("HTTPS_PROXY", "http://proxy.example:3128");
    let (name, target) = environment(&s);
    assert!(name == "unclassified" && target.contains("HTTPS_PROXY"), "{name} {target}");
    s.env("NO_PROXY", "10.0.0.0/8");
    assert_eq!(environment(&s).0, "development");
    s.unset("NO_PROXY");
    // The cluster's own certificates are a proof, wherever it is.
    let out = told(&s.guard(&["setup", "--print"])).is(0);
    let line = out
        .output
        .lines()
        .find(|l| l.trim_start().starts_with("ca: "))
        .unwrap_or_else(|| panic!("{}", out.output));
    s.policy(&format!("version: 1\nclusters:\n- name: dev\n  environment: development\n  server: https://10.0.0.1:6443\n  {}\n", line.trim()));
    assert_eq!(environment(&s).0, "development");
}

#[test]
fn a_policy_others_can_write_stops_all_but_reads() {
    let (cluster, mut s) = scene!(shop(), "lab");
    s.policy("version: 1\n");
    s.env("GUARD_CONFIRM", "lab/shop");
    for path in [".config/guard/policy.yaml", ".config/guard", ".config"] {
        let at = s.at(path);
        let good = fs::metadata(&at).unwrap().permissions();
        fs::set_permissions(&at, fs::Permissions::from_mode(good.mode() & 0o7777 | 0o002)).unwrap();
        told(&s.pipeline(DELETE)).is(78).says("cannot be trusted").says("anybody can write to it");
        told(&s.pipeline(READ)).is(0).not("guard:");
        told(&s.guard(&["doctor", "--require-interception", "kubectl"])).says("anybody can write to it");
        fs::set_permissions(&at, good).unwrap();
    }
    if rustix::process::geteuid().is_root() {
        // Somebody else's, where the environment says the configuration is.
        s.file("theirs/guard/policy.yaml", "version: 1\ntools: {kubectl: {path: /bin/false}}\n");
        chown(s.at("theirs"), Some(4711), None).unwrap();
        let theirs = s.at("theirs").display().to_string();
        s.env("XDG_CONFIG_HOME", theirs);
        told(&s.pipeline(DELETE)).is(78).says("it belongs to user 4711, not to root");
        told(&s.pipeline(READ)).is(0);
        s.unset("XDG_CONFIG_HOME");
    }
    assert!(cluster.exists(MAP));
    told(&s.pipeline(DELETE)).is(0);
}

#[test]
fn a_project_file_in_a_shared_directory_is_ignored_and_named() {
    let (cluster, mut s) = scene!(shop(), "lab");
    let dir = s.dir("shared");
    s.file("shared/.guard.yaml", "version: 1\nrules:\n- {id: no, then: freeze}\n");
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o1777)).unwrap();
    s.cd(&dir);
    s.env("GUARD_CONFIRM", "lab/shop");
    let out =
        told(&s.guard(&["check", "--json", "--", "kubectl", "delete", "cm", "settings", "-n", "shop"])).is(3);
    let json: Value = serde_json::from_str(&out.output).unwrap();
    assert!(json["ignored_policies"][0]["file"].as_str().unwrap().ends_with("shared/.guard.yaml"), "{json}");
    assert!(
        json["ignored_policies"][0]["because"].as_str().unwrap().contains("anybody can put files"),
        "{json}"
    );
    told(&s.guard(&["policy", "check"])).is(0).says("is not used as policy");
    told(&s.pipeline(DELETE)).is(0).says(".guard.yaml is not used as policy");
    assert!(!cluster.exists(MAP));
    // In a directory of one's own it counts.
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
    told(&s.pipeline(&["annotate", "ns", "shop", "a=b"]))
        .is(REFUSED)
        .says("freeze no in ")
        .says(".guard.yaml:3");
}

#[test]
fn a_project_cannot_do_without_the_record() {
    let (cluster, mut s) = scene!(shop(), "lab");
    let dir = s.dir("repo");
    s.file(
        "repo/.guard.yaml",
        "version: 1\naudit: {required: never}\nprompt: {attempts: 10, timeout_s: 3600}\n",
    );
    s.cd(&dir);
    s.env("GUARD_CONFIRM", "lab/shop");
    // A directory where the log should be.
    s.dir(".local/state/guard/audit.jsonl");
    told(&s.pipeline(DELETE)).is(74);
    assert!(cluster.exists(MAP));
    told(&s.guard(&["policy", "show"])).is(0).says("3 attempts, 120 s").says("required from disrupt");
}

#[test]
fn the_record_says_what_the_screen_said() {
    let (cluster, mut s) = scene!(shop().cluster_uid(UID), "lab");
    let url = cluster.url.clone();
    s.policy(&format!("version: 1\nclusters:\n- {{name: acme, environment: production, server: '{url}'}}\n"));
    s.env("CLAUDECODE", "1");
    told(&s.pipeline(&["delete", "ns", "shop"])).is(REFUSED);
    let record = s.last_record();
    assert_eq!(record["target"]["namespace"]["value"], "shop", "{record:#}");
    assert_eq!(record["target"]["name"]["value"], "acme", "{record:#}");
    assert_eq!(record["caller"]["actor"], "agent", "{record:#}");
    told(&s.guard(&["audit", "show"])).is(0).says("acme/shop").says("(agent)");
    told(&s.guard(&["audit", "show", "-v"])).is(0).says("an agent").says("namespace shop").says("name acme");
    s.unset("CLAUDECODE");
    told(&s.pipeline(DELETE)).is(REFUSED);
    let record = s.last_record();
    assert_eq!(
        (&record["caller"]["actor"], &record["target"]["namespace"]["value"]),
        (&json!("human"), &json!("shop"))
    );
}

#[test]
fn the_kubectl_of_a_link_is_the_file_behind_it() {
    // A real kubectl under another name, through two links, is known without a question.
    let (cluster, mut s) = scene!(shop(), "lab");
    let Some(kubectl) = cluster::real_kubectl() else { return };
    fs::remove_file(s.at("real/kubectl")).unwrap();
    symlink(&kubectl, s.at("real/kubectl-1.37")).unwrap();
    symlink("kubectl-1.37", s.at("real/kubectl")).unwrap();
    s.env("GUARD_CONFIRM", "lab/shop");
    told(&s.pipeline(DELETE)).is(0);
    assert!(!cluster.exists(MAP) && !s.at(".cache/guard/kubectl-goes").exists());
}

/// A custom kind, served by the API server itself or by another one.
fn widgets(aggregated: bool) -> crate::support::embedded::Seed {
    let seed = shop().object(json!({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": "widgets.other.example"},
        "spec": {"group": "other.example", "scope": "Namespaced",
            "names": {"plural": "widgets", "singular": "widget", "kind": "Widget", "listKind": "WidgetList"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {"openAPIV3Schema": {"type": "object"}}}]}}));
    let service = if aggregated { json!({"name": "widgets", "namespace": "shop"}) } else { Value::Null };
    seed.object(json!({"apiVersion": "apiregistration.k8s.io/v1", "kind": "APIService", "metadata": {"name": "v1.other.example"},
        "spec": {"group": "other.example", "version": "v1", "service": service, "groupPriorityMinimum": 100, "versionPriority": 100}}))
        .object(json!({"apiVersion": "other.example/v1", "kind": "Widget", "metadata": {"name": "w", "namespace": "shop"}}))
}

#[test]
fn no_dry_run_goes_to_a_server_that_may_ignore_it() {
    for (aggregated, words) in [
        (true, &["delete", "widget", "w", "-n", "shop"][..]),
        (true, &["delete", "widgets.other.example", "--all", "-n", "shop"]),
        (false, &["delete", "widget", "w", "-n", "shop"]),
    ] {
        let (cluster, s) = scene!(widgets(aggregated), "lab");
        told(&s.pipeline(words)).is(REFUSED);
        let dry = |seen: &crate::support::embedded::Seen| {
            seen.query.iter().any(|(k, _)| k == "dryRun") || seen.body.contains("\"dryRun\"")
        };
        let tried = cluster.requests().iter().any(dry);
        assert_eq!(tried, !aggregated, "{words:?}");
        assert!(cluster.exists("/apis/other.example/v1/namespaces/shop/widgets/w"));
    }
}

#[test]
fn a_switch_of_contexts_names_the_place_it_leads_to() {
    let mut s = Machine::bare();
    s.script("#!/bin/sh\nexit 0\n");
    let text = "apiVersion: v1\nkind: Config\ncurrent-context: staging-eu\nclusters:\n- {name: prod-eu, cluster: {server: 'https://p.example'}}\n\
                - {name: staging-eu, cluster: {server: 'https://s.example'}}\ncontexts:\n- {name: prod-eu, context: {cluster: prod-eu}}\n\
                - {name: staging-eu, context: {cluster: staging-eu}}\n";
    let config = s.file("kube/config", text);
    s.env("KUBECONFIG", config);
    // With a policy at all, guard decides about changes, too.
    s.policy("version: 1\n");
    told(&s.pipeline(&["config", "use-context", "prod-eu"])).is(0).says("prod-eu").not("staging-eu (");
    s.file("kube/config", &text.replace("current-context: staging-eu", "current-context: prod-eu"));
    told(&s.pipeline(&["config", "use-context", "staging-eu"])).is(0).not("production");
}

#[test]
fn a_check_promises_no_copy_by_an_id_that_never_is() {
    let (_cluster, s) = scene!(shop(), "lab");
    let said = told(&s.guard(&["check", "--", "kubectl", "delete", "ns", "shop"])).is(3);
    assert!(said.output.contains("guard restore, by the id it"), "{}", said.output);
    let said = told(&s.guard(&["explain", "--", "kubectl", "delete", "ns", "shop"])).is(0);
    assert!(said.output.contains("guard restore, by the id it"), "{}", said.output);
}
