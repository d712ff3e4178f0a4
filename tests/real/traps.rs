//! Command lines that look harmless, or look as if they meant something else, and delete: run through guard against a
//! real API server with the real kubectl. There is no terminal, so guard has to refuse, and what the line would have
//! deleted has to be there afterwards.

use crate::support::cluster;
use crate::support::cluster::Cluster;
use crate::support::ended::said;
use crate::support::machine::{Machine, REFUSED};
use std::path::Path;
use std::process::Output;

/// A namespace of one test with the config maps `q` and `r` in it, and a guarded kubectl.
struct Scene {
    cluster: &'static Cluster,
    ns: String,
    guarded: Machine,
}

impl Scene {
    fn new(name: &str) -> Option<Scene> {
        let cluster = Cluster::start()?;
        let ns = cluster.namespace(&format!("trap-{name}"));
        for map in ["q", "r"] {
            cluster.run(&["create", "configmap", map, "-n", &ns, "--from-literal=a=b"]);
        }
        let guarded = Machine::behind(cluster.kubectl_path(), &cluster.kubeconfig(cluster::ADMIN));
        Some(Scene { cluster, ns, guarded })
    }

    /// `{ns}` in an argument stands for the namespace of the scene.
    fn kubectl(&self, line: &[&str]) -> Output {
        let args: Vec<String> = line.iter().map(|a| a.replace("{ns}", &self.ns)).collect();
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        self.guarded.pipeline(&args)
    }

    /// Everything is there, and nothing is on its way out.
    fn intact(&self) {
        let shape = "jsonpath={range .items[*]}{.metadata.name}{.metadata.deletionTimestamp} {end}";
        let maps =
            self.cluster.run(&["get", "cm", "q", "r", "-n", &self.ns, "--ignore-not-found", "-o", shape]);
        assert_eq!(maps, "q r ", "a config map is gone or going");
        assert!(self.cluster.stays(&["namespace", &self.ns]), "the namespace is gone");
    }

    /// guard refuses the line, says so on stderr and not on stdout, and everything is still there.
    fn refused(&self, line: &[&str]) -> Output {
        let out = self.kubectl(line);
        assert_eq!(out.status.code(), Some(REFUSED), "kubectl {line:?} was not refused: {}", said(&out));
        assert!(String::from_utf8_lossy(&out.stderr).contains("guard: "), "{}", said(&out));
        assert!(out.stdout.is_empty(), "{}", said(&out));
        self.intact();
        out
    }

    /// The line reaches the real kubectl and succeeds, with nothing said by guard.
    fn passes(&self, line: &[&str]) -> Output {
        let out = self.kubectl(line);
        assert_eq!(out.status.code(), Some(0), "kubectl {line:?}: {}", said(&out));
        assert!(!String::from_utf8_lossy(&out.stderr).contains("guard:"), "{}", said(&out));
        out
    }
}

macro_rules! scene {
    ($name:literal) => {
        match Scene::new($name) {
            Some(scene) => scene,
            None => return,
        }
    };
}

#[test]
fn a_dry_run_after_the_double_dash_is_a_name() {
    let s = scene!("dash");
    s.refused(&["delete", "cm", "-n", "{ns}", "--", "q", "--dry-run=client"]);
}

#[test]
fn raw_knows_no_dry_run() {
    let s = scene!("raw");
    for dry in ["--dry-run=server", "--dry-run=client", "--dry-run"] {
        s.refused(&["delete", "--raw", "/api/v1/namespaces/{ns}/configmaps/q", dry]);
    }
    s.refused(&["delete", "--raw", "/api/v1/namespaces/{ns}/configmaps", "--dry-run=server"]);
    s.refused(&["delete", "--raw=/api/v1/namespaces/{ns}"]);
}

#[test]
fn raw_posts_and_puts_are_no_dry_run_either() {
    let s = scene!("raw-post");
    let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i}]}\n";
    s.cluster.apply_in(&s.ns, pod);
    let eviction = format!(
        r#"{{"apiVersion":"policy/v1","kind":"Eviction","metadata":{{"name":"p","namespace":"{}"}}}}"#,
        s.ns
    );
    let file = s.guarded.file("eviction.json", &eviction);
    let path = "/api/v1/namespaces/{ns}/pods/p/eviction";
    s.refused(&["create", "--raw", path, "-f", &file]);
    s.refused(&["create", "--raw", path, "-f", &file, "--dry-run=server"]);
    assert!(s.cluster.stays(&["pod", "p", "-n", &s.ns]));
}

#[test]
fn a_value_after_a_blank_is_a_name() {
    let s = scene!("blank");
    // `--dry-run` alone is a dry run, `server` is the name of one more object; kubectl does not find it.
    s.kubectl(&["delete", "cm", "q", "--dry-run", "server", "-n", "{ns}"]);
    s.intact();
    // `--cascade` alone is a background delete.
    s.refused(&["delete", "cm", "q", "--cascade", "orphan", "-n", "{ns}"]);
}

#[test]
fn a_dry_run_that_is_switched_off_is_none() {
    let s = scene!("off");
    for dry in
        ["--dry-run=false", "--dry-run=0", "--dry-run=f", "--dry-run=F", "--dry-run=FALSE", "--dry-run=none"]
    {
        s.refused(&["delete", "cm", "q", "-n", "{ns}", dry]);
    }
    s.refused(&["delete", "cm", "q", "-n", "{ns}", "--dry-run=server", "--dry-run=none"]);
    s.refused(&["--dry-run=server", "delete", "cm", "q", "-n", "{ns}", "--dry-run=none"]);
    s.refused(&["delete", "cm", "q", "-n", "{ns}", "--dry_run=none"]);
}

#[test]
fn a_dry_run_that_kubectl_honours_passes() {
    let s = scene!("honoured");
    for dry in ["--dry-run=server", "--dry-run=client", "--dry-run", "--dry-run=true", "--dry_run=server"] {
        s.passes(&["delete", "cm", "q", "-n", "{ns}", dry]);
        s.intact();
    }
    s.passes(&["delete", "ns", "{ns}", "--dry-run=none", "--dry-run=server"]);
    s.intact();
}

#[test]
fn prune_with_all_reaches_other_namespaces() {
    let s = scene!("prune");
    let unrelated = format!("{}-unrelated", s.ns);
    s.cluster.apply(&format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {unrelated}}}\n"));
    let map = s.guarded.file("one.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: one}\n");
    s.refused(&["apply", "--prune", "--all", "-n", "{ns}", "-f", &map]);
    s.refused(&["apply", "--prune", "-l", "a!=b", "-n", "{ns}", "-f", &map]);
    assert!(s.cluster.stays(&["namespace", &unrelated]));
}

#[test]
fn a_namespace_flag_does_not_narrow_cluster_scoped_kinds() {
    let s = scene!("scope");
    let volume = format!("{}-volume", s.ns);
    s.cluster.apply(&format!(
        "apiVersion: v1\nkind: PersistentVolume\nmetadata: {{name: {volume}}}\nspec: {{capacity: {{storage: 1Gi}}, \
         accessModes: [ReadWriteOnce], hostPath: {{path: /tmp/x}}, persistentVolumeReclaimPolicy: Retain}}\n"
    ));
    s.refused(&["delete", "ns", "--all", "-n", "{ns}"]);
    s.refused(&["delete", "pv", "--all", "-n", "{ns}"]);
    s.refused(&["delete", "pv", "-l", "!x", "-n", "{ns}"]);
    assert!(s.cluster.stays(&["persistentvolume", &volume]));
}

#[test]
fn kuberc_defaults_move_a_delete() {
    let s = scene!("kuberc");
    let defaults = format!(
        "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\ndefaults:\n- command: delete\n  options:\n  - name: namespace\n    default: {}\n",
        s.ns
    );
    s.guarded.file(".kube/kuberc", &defaults);
    let out = s.refused(&["delete", "cm", "q"]);
    assert!(
        String::from_utf8_lossy(&out.stderr).contains(&s.ns),
        "the namespace that is hit is named: {}",
        said(&out)
    );
}

#[test]
fn a_kuberc_default_can_be_a_dry_run_switched_off_by_nobody() {
    let s = scene!("kuberc-dry");
    let text = "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\ndefaults:\n- command: delete\n  options:\n  - name: dry-run\n    default: none\n";
    s.guarded.file(".kube/kuberc", text);
    s.refused(&["delete", "cm", "q", "-n", "{ns}"]);
}

#[test]
fn a_kuberc_alias_makes_any_word_a_delete() {
    let s = scene!("alias");
    let text = "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\naliases:\n- name: bye\n  command: delete\n  prependArgs: [configmap]\n";
    let file = s.guarded.file(".kube/kuberc", text);
    s.refused(&["bye", "q", "-n", "{ns}"]);
    s.refused(&["--kuberc", &file, "bye", "q", "-n", "{ns}"]);
    s.refused(&[&format!("--kuberc={file}"), "bye", "q", "-n", "{ns}"]);
}

#[test]
fn short_flags_cluster_and_take_their_value_in_four_ways() {
    let mut s = scene!("short");
    for namespace in [vec!["-n{ns}"], vec!["-n={ns}"], vec!["-n", "{ns}"], vec!["--namespace={ns}"]] {
        s.refused(&[&["delete", "cm", "q"], namespace.as_slice()].concat());
        s.refused(&[namespace.as_slice(), &["delete", "cm", "q"]].concat());
    }
    // `-A` with `-n` in one word: every namespace.
    s.refused(&["delete", "cm", "-An{ns}", "--field-selector=metadata.name=q"]);
    // The last of two namespaces counts.
    let out = s.refused(&["delete", "cm", "q", "-n", "default", "-n", "{ns}"]);
    assert!(String::from_utf8_lossy(&out.stderr).contains(&s.ns), "{}", said(&out));
    // The second file of a comma list counts too.
    let map = |name: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: {}}}\n", s.ns)
    };
    let (a, b) = (s.guarded.file("a.yaml", &map("absent")), s.guarded.file("b.yaml", &map("q")));
    s.refused(&["delete", "-f", &format!("{a},{b}")]);
    s.guarded.stdin(map("q"));
    s.refused(&["delete", "-f", "-"]);
    s.refused(&["delete", "-f-", "--ignore-not-found"]);
}

#[test]
fn files_name_their_own_namespace() {
    let s = scene!("files");
    let map = format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: q, namespace: {}}}\n", s.ns);
    s.guarded.file("dir/deep/q.yaml", &map);
    s.guarded.file("k/q.yaml", &map);
    s.guarded.file("k/kustomization.yaml", "resources: [q.yaml]\n");
    s.refused(&["delete", "-R", "-f", "dir"]);
    s.refused(&["delete", "-Rf", "dir"]);
    s.refused(&["delete", "-k", "k"]);
    s.refused(&["replace", "--force", "-f", "k/q.yaml"]);
    let namespace = format!("apiVersion: v1\nkind: Namespace\nmetadata: {{name: {}}}\n", s.ns);
    s.guarded.file("namespace.yaml", &namespace);
    s.refused(&["replace", "--force", "-f", "namespace.yaml"]);
}

#[test]
fn objects_can_be_written_in_many_ways() {
    let s = scene!("forms");
    for line in [
        &["delete", "ns/{ns}"][..],
        &["delete", "pods,ns", "{ns}"],
        &["delete", "NAMESPACE", "{ns}"],
        &["delete", "namespaces.v1.", "{ns}"],
        &["delete", "configmap/q", "configmap/r", "-n", "{ns}"],
        &["delete", "cm", "--all", "-n", "{ns}"],
        &["delete", "cm,secret", "-l", "!x", "-n", "{ns}"],
        &["--wait=false", "delete", "ns", "{ns}"],
        &["delete", "ns", "{ns}", "--now", "--force"],
        &["delete", "all,cm", "--all", "-n", "{ns}"],
    ] {
        s.refused(line);
    }
    // Short names respect case: kubectl knows no `NS`. Whoever stops it, nothing goes.
    let out = s.kubectl(&["delete", "NS", "{ns}"]);
    assert_ne!(out.status.code(), Some(0), "{}", said(&out));
    s.intact();
}

#[test]
fn a_flag_value_that_is_a_verb_is_a_value() {
    let s = scene!("verb");
    s.refused(&["--user", "admin", "delete", "ns", "{ns}"]);
    s.refused(&["--as", "get", "--as-group", "system:masters", "delete", "ns", "{ns}"]);
    s.refused(&["-n", "get", "delete", "ns", "{ns}"]);
    s.refused(&["--context=", "delete", "ns", "{ns}"]);
    s.refused(&["--context", "absent", "--context", "admin", "delete", "ns", "{ns}"]);
    s.refused(&["delete", "ns", "{ns}", "--v", "0", "--request-timeout", "get"]);
}

#[test]
fn a_flag_nobody_knows_is_not_harmless() {
    let s = scene!("unknown");
    let out = s.kubectl(&["delete", "cm", "q", "-n", "{ns}", "--brand-new-flag"]);
    assert!(matches!(out.status.code(), Some(65 | REFUSED)), "{}", said(&out));
    s.intact();
    s.refused(&["delete", "cm", "q", "-n", "{ns}", "--proxy-url="]);
}

#[test]
fn the_first_file_of_a_list_wins() {
    let mut s = scene!("list");
    let real = s.cluster.kubeconfig(cluster::ADMIN).display().to_string();
    let first = "{apiVersion: v1, kind: Config, current-context: elsewhere, clusters: [{name: elsewhere, cluster: {server: \"https://127.0.0.1:1\"}}], \
        contexts: [{name: elsewhere, context: {cluster: elsewhere, user: admin, namespace: first}}], users: []}";
    let first = s.guarded.file("first", first);
    s.guarded.env("KUBECONFIG", format!("{first}:{real}"));
    let out = s.kubectl(&["delete", "cm", "q"]);
    assert_eq!(out.status.code(), Some(REFUSED), "{}", said(&out));
    assert!(String::from_utf8_lossy(&out.stderr).contains("elsewhere"), "{}", said(&out));
    // Empty and missing entries are passed over; the server of another context can be asked for by flag.
    s.guarded.env("KUBECONFIG", format!(":/not/there:{real}"));
    s.refused(&["delete", "cm", "q", "-n", "{ns}"]);
    s.guarded.env("KUBECONFIG", format!("{first}:{real}"));
    s.refused(&["delete", "cm", "q", "-n", "{ns}", "--cluster=real"]);
    s.refused(&["delete", "cm", "q", "-n", "{ns}", "--context=admin"]);
    let (url, ca) = (s.cluster.url(), s.cluster.ca().display().to_string());
    s.refused(&["delete", "cm", "q", "-n", "{ns}", "--server", &url, "--certificate-authority", &ca]);
}

#[test]
fn a_context_named_no_is_a_boolean() {
    let mut s = scene!("boolean");
    let real = std::fs::read_to_string(s.cluster.kubeconfig(cluster::ADMIN)).unwrap();
    let no = real
        .replace("current-context: admin", "current-context: no")
        .replace("contexts:\n- name: admin", "contexts:\n- name: no");
    let file = s.guarded.file("no", &no);
    s.guarded.env("KUBECONFIG", file);
    let out = s.kubectl(&["delete", "cm", "q", "-n", "{ns}"]);
    assert_ne!(out.status.code(), Some(0), "{}", said(&out));
    s.intact();
}

#[test]
fn scaling_down_can_delete_claims() {
    let s = scene!("scaled");
    s.cluster.apply_in(
        &s.ns,
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {name: db}\nspec:\n  replicas: 1\n  serviceName: db\n  \
         persistentVolumeClaimRetentionPolicy: {whenScaled: Delete, whenDeleted: Delete}\n  selector: {matchLabels: {app: db}}\n  \
         template:\n    metadata: {labels: {app: db}}\n    spec: {containers: [{name: db, image: i, volumeMounts: [{name: data, mountPath: /d}]}]}\n  \
         volumeClaimTemplates:\n  - metadata: {name: data}\n    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}\n",
    );
    let claim = ["pvc", "data-db-0", "-n", s.ns.as_str()];
    assert!(
        cluster::within(std::time::Duration::from_secs(30), || s.cluster.exists(&claim)),
        "the claim is made"
    );
    s.refused(&["scale", "sts", "db", "--replicas=0", "-n", "{ns}"]);
    s.refused(&["scale", "--replicas", "0", "sts/db", "-n", "{ns}"]);
    s.refused(&["delete", "sts", "db", "-n", "{ns}"]);
    assert!(s.cluster.stays(&claim));
    assert_eq!(s.cluster.run(&["get", "sts", "db", "-n", &s.ns, "-o", "jsonpath={.spec.replicas}"]), "1");
}

#[test]
fn an_owner_that_does_not_exist_deletes() {
    let s = scene!("ghost");
    let owner = r#"{"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"ghost","uid":"00000000-0000-0000-0000-000000000000"}]}}"#;
    s.refused(&["patch", "cm", "q", "-n", "{ns}", "--type=merge", "-p", owner]);
    s.refused(&["patch", "cm", "q", "-n", "{ns}", "--type=merge", &format!("--patch={owner}")]);
    let file = s.guarded.file("owner.json", owner);
    s.refused(&["patch", "cm", "q", "-n", "{ns}", "--type=merge", "--patch-file", &file]);
    // The garbage collector takes up to three seconds.
    std::thread::sleep(std::time::Duration::from_secs(4));
    s.intact();
}

#[test]
fn taking_a_finalizer_away_finishes_a_deletion() {
    let s = scene!("finalizer");
    s.cluster.apply_in(
        &s.ns,
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: held, finalizers: [example.com/held]}\n",
    );
    s.cluster.run(&["delete", "cm", "held", "-n", &s.ns, "--wait=false"]);
    s.refused(&[
        "patch",
        "cm",
        "held",
        "-n",
        "{ns}",
        "--type=merge",
        "-p",
        r#"{"metadata":{"finalizers":null}}"#,
    ]);
    s.refused(&[
        "patch",
        "cm",
        "held",
        "-n",
        "{ns}",
        "--type=json",
        "-p",
        r#"[{"op":"remove","path":"/metadata/finalizers"}]"#,
    ]);
    assert!(s.cluster.exists(&["cm", "held", "-n", &s.ns]));
    s.cluster.run(&[
        "patch",
        "cm",
        "held",
        "-n",
        &s.ns,
        "--type=merge",
        "-p",
        r#"{"metadata":{"finalizers":null}}"#,
    ]);
}

#[test]
fn turning_a_volume_to_delete_is_found_in_the_patch() {
    let s = scene!("reclaim");
    let volume = format!("{}-volume", s.ns);
    s.cluster.apply(&format!(
        "apiVersion: v1\nkind: PersistentVolume\nmetadata: {{name: {volume}}}\nspec: {{capacity: {{storage: 1Gi}}, \
         accessModes: [ReadWriteOnce], hostPath: {{path: /tmp/x}}, persistentVolumeReclaimPolicy: Retain}}\n"
    ));
    s.refused(&["patch", "pv", &volume, "-p", r#"{"spec":{"persistentVolumeReclaimPolicy":"Delete"}}"#]);
    let policy = "jsonpath={.spec.persistentVolumeReclaimPolicy}";
    assert_eq!(s.cluster.run(&["get", "pv", &volume, "-o", policy]), "Retain");
}

#[test]
fn a_plugin_is_not_guessed_to_be_harmless() {
    let s = scene!("plugin");
    let text = format!("#!/bin/sh\nexec \"${{KUBECTL_PATH:-kubectl}}\" delete cm q -n {}\n", s.ns);
    let file = s.guarded.file("real/kubectl-wipe", &text);
    std::fs::set_permissions(file, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    s.refused(&["wipe"]);
    s.refused(&["wipe", "it", "all"]);
}

#[test]
fn completion_passes_and_says_nothing_of_its_own() {
    let s = scene!("complete");
    for word in ["__complete", "__completeNoDesc"] {
        let out = s.passes(&[word, "delete", "cm", "-n", "{ns}", ""]);
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        assert!(text.starts_with("kube-root-ca.crt") && text.trim_end().ends_with(":4"), "{}", said(&out));
    }
    s.intact();
}

#[test]
fn reading_is_byte_for_byte_the_tools_own() {
    let s = scene!("read");
    for line in [
        &["get", "cm", "-n", "{ns}", "-o", "yaml"][..],
        &["-n{ns}", "get", "cm", "q", "-o=json"],
        &["get", "--raw", "/api/v1/namespaces/{ns}/configmaps/q"],
        &["config", "view", "--minify"],
        &["auth", "can-i", "delete", "ns"],
        &["delete", "--help"],
        &["explain", "pods.spec"],
    ] {
        let guarded = s.passes(line);
        let args: Vec<String> = line.iter().map(|a| a.replace("{ns}", &s.ns)).collect();
        let direct =
            s.guarded.run(s.cluster.kubectl_path(), &args.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(guarded.stdout, direct.stdout, "{line:?}");
        assert_eq!(guarded.stderr, direct.stderr, "{line:?}");
    }
    let missing = s.kubectl(&["get", "cm", "absent", "-n", "{ns}"]);
    assert_eq!(missing.status.code(), Some(1), "the tool's own exit code: {}", said(&missing));
}

#[test]
fn standard_input_is_no_answer() {
    let mut s = scene!("yes");
    s.guarded.stdin("y\n".repeat(100));
    s.refused(&["delete", "cm", "q", "-n", "{ns}"]);
    s.refused(&["delete", "cm", "q", "-n", "{ns}", "-i"]);
    let answer = format!("real/{}\n", s.ns);
    s.guarded.stdin(answer.repeat(10));
    s.refused(&["delete", "cm", "q", "-n", "{ns}"]);
    for blanket in ["yes", "y", "1", "true", "admin", "real"] {
        s.guarded.env("GUARD_CONFIRM", blanket);
        s.refused(&["delete", "cm", "q", "-n", "{ns}"]);
    }
}

#[test]
fn the_phrase_of_this_target_lets_this_command_through() {
    let mut s = scene!("phrase");
    s.guarded.env("GUARD_CONFIRM", "real/default");
    s.refused(&["delete", "cm", "q", "-n", "{ns}"]);
    let phrase = format!("real/{}", s.ns);
    s.guarded.env("GUARD_CONFIRM", phrase);
    let out = s.kubectl(&["delete", "cm", "q", "-n", "{ns}"]);
    assert_eq!(out.status.code(), Some(0), "{}", said(&out));
    let line = format!("configmap \"q\" deleted from {} namespace\n", s.ns);
    assert_eq!(String::from_utf8_lossy(&out.stdout), line);
    assert!(!s.cluster.exists(&["cm", "q", "-n", &s.ns]));
    assert!(s.cluster.stays(&["cm", "r", "-n", &s.ns]));
}

#[test]
fn wrappers_still_meet_the_shim() {
    let s = scene!("wrap");
    let line = format!("kubectl delete cm q -n {}", s.ns);
    let through = |program: &str, args: &[&str]| {
        let out = s.guarded.run(Path::new(program), args);
        assert_ne!(out.status.code(), Some(0), "{program} {args:?}: {}", said(&out));
        assert!(
            String::from_utf8_lossy(&out.stderr).contains("guard: "),
            "{program} {args:?}: {}",
            said(&out)
        );
        s.intact();
    };
    through("/bin/sh", &["-c", &line]);
    through("/bin/sh", &["-c", &format!("for x in q r; do kubectl delete cm $x -n {} || exit; done", s.ns)]);
    through("/bin/sh", &["-c", &format!("echo q | xargs kubectl delete cm -n {}", s.ns)]);
    through("/usr/bin/env", &["-S", &line]);
    through("/usr/bin/nice", &["-n", "5", "kubectl", "delete", "cm", "q", "-n", &s.ns]);
    through("/usr/bin/timeout", &["60", "kubectl", "delete", "cm", "q", "-n", &s.ns]);
    through(
        "/bin/sh",
        &["-c", &format!("exec {} delete cm q -n {} <&-", s.guarded.at("shims/kubectl").display(), s.ns)],
    );
}

#[test]
fn without_a_real_kubectl_the_shim_says_so() {
    let s = scene!("missing");
    std::fs::remove_file(s.guarded.home.path().join("real/kubectl")).unwrap();
    let path = s.guarded.path().split(':').next().unwrap().to_owned();
    let out = {
        let mut guarded = Machine::behind(s.cluster.kubectl_path(), &s.cluster.kubeconfig(cluster::ADMIN));
        guarded.env("PATH", path);
        guarded.run(&s.guarded.at("shims/kubectl"), &["get", "ns"])
    };
    assert_eq!(out.status.code(), Some(127), "{}", said(&out));
}

#[test]
fn the_same_for_a_user_who_may_not() {
    let Some(cluster) = Cluster::start() else { return };
    // What guard could not see must not be taken for nothing: refused, or kubectl's own refusal; never an exit 0.
    let guarded = Machine::behind(cluster.kubectl_path(), &cluster.kubeconfig(cluster::NOBODY));
    let out = guarded.pipeline(&["delete", "ns", cluster::TEAM]);
    assert_eq!(out.status.code(), Some(REFUSED), "{}", said(&out));
    let guarded = Machine::behind(cluster.kubectl_path(), &cluster.kubeconfig(cluster::LIMITED));
    cluster.apply_in(cluster::TEAM, "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kept}\n");
    let out = guarded.pipeline(&["delete", "cm", "kept"]);
    assert_eq!(out.status.code(), Some(REFUSED), "{}", said(&out));
    assert!(cluster.stays(&["cm", "kept", "-n", cluster::TEAM]));
}
