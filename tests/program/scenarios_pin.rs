//! What was confirmed is what runs: the target moves while the question stands, or at the very last moment, and the
//! command never lands elsewhere. Two clusters, the real kubectl, a real terminal.

use crate::support::embedded::{Embedded, Seed};
use crate::support::ended::{ended, told};
use crate::support::machine::{Machine, REFUSED};
use crate::support::{cluster, embedded};
use serde_json::json;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

const MAP: &str = "/api/v1/namespaces/shop/configmaps/settings";

fn seed() -> Seed {
    Seed::new()
        .object(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}))
        .object(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "shop"}, "data": {"a": "b"}}))
}

/// Two clusters with the same things in them, and a home whose kubeconfig `kube/both.yaml` knows both, `one` in use.
struct Two {
    one: Embedded,
    two: Embedded,
    stage: Machine,
}

fn both(one: &Embedded, two: &Embedded, current: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: {current}\nclusters:\n- {{name: one, cluster: {{server: \"{}\"}}}}\n\
         - {{name: two, cluster: {{server: \"{}\"}}}}\ncontexts:\n- {{name: one, context: {{cluster: one, user: u}}}}\n\
         - {{name: two, context: {{cluster: two, user: u}}}}\nusers:\n- {{name: u, user: {{}}}}\n",
        one.url, two.url
    )
}

impl Two {
    fn new() -> Option<Two> {
        let Some(kubectl) = cluster::real_kubectl() else {
            cluster::skip("no real kubectl: run tests/fetch-kubectl");
            return None;
        };
        let (one, two) = (Embedded::start(seed()), Embedded::start(seed()));
        let mut stage = Machine::with_tool(&kubectl);
        let file = stage.file("kube/both.yaml", &both(&one, &two, "one"));
        stage.env("KUBECONFIG", file);
        Some(Two { one, two, stage })
    }

    /// The same, but the tool behind the shim first runs these shell lines and then becomes the real kubectl: what
    /// they do happens after guard's last look.
    fn with_last_moment(lines: &str) -> Option<Two> {
        let kubectl = cluster::real_kubectl()?;
        let mut two = Two::new()?;
        // guard calls the tool for a dry run of the deletion before it asks; that is not the moment yet.
        let script = format!(
            "#!/bin/sh\nset -e\ncase \"$*\" in *--dry-run=*) ;; *) cd '{}'; {lines} ;; esac\nexec '{}' \"$@\"\n",
            two.stage.home.path().display(),
            kubectl.display()
        );
        two.stage.script(&script);
        two.stage.file("kube/other.yaml", &both(&two.one, &two.two, "two"));
        two.stage.env("KUBERC", "off");
        Some(two)
    }

    /// The command reached the first cluster and nothing on the second changed.
    #[track_caller]
    fn hit_one_only(&self) {
        assert!(!self.one.exists(MAP), "it did not reach the confirmed cluster");
        self.two_is_untouched();
    }

    #[track_caller]
    fn two_is_untouched(&self) {
        assert!(self.two.exists(MAP));
        let changes: Vec<_> = self.two.requests().into_iter().filter(embedded::Seen::mutates).collect();
        assert!(changes.is_empty(), "{changes:?}");
    }
}

macro_rules! two {
    ($made:expr) => {
        match $made {
            Some(two) => two,
            None => return,
        }
    };
}

const DELETE: &[&str] = &["delete", "cm", "settings", "-n", "shop"];

#[test]
fn a_context_switched_while_the_question_stands_refuses() {
    let t = two!(Two::new());
    let mut terminal = t.stage.terminal(DELETE);
    terminal.expect("tries: ");
    // Another shell on the same machine.
    let switched = t.stage.pipeline(&["config", "use-context", "two"]);
    assert!(switched.status.success(), "{}", told(&switched).output);
    terminal.send("one/shop\n");
    ended(terminal)
        .is(REFUSED)
        .says("the target changed while the question stood")
        .says("context one")
        .says("context two");
    assert!(t.one.exists(MAP));
    t.two_is_untouched();
    let record = t.stage.last_record();
    assert_eq!(record["outcome"], "refused", "the refusal is on record: {record}");
}

#[test]
fn a_switch_and_back_is_no_change() {
    let t = two!(Two::new());
    let mut terminal = t.stage.terminal(DELETE);
    terminal.expect("tries: ");
    for context in ["two", "one"] {
        assert!(t.stage.pipeline(&["config", "use-context", context]).status.success());
    }
    terminal.send("one/shop\n");
    ended(terminal).is(0).says("deleted");
    t.hit_one_only();
}

#[test]
fn a_kubeconfig_rewritten_at_the_last_moment_redirects_nothing() {
    let t = two!(Two::with_last_moment("cp kube/other.yaml kube/both.yaml"));
    t.stage.answer(DELETE, "tries: ", "one/shop").is(0);
    t.hit_one_only();
    assert!(fs::read_to_string(t.stage.at("kube/both.yaml")).unwrap().contains("current-context: two"));
}

#[test]
fn the_same_for_a_file_named_by_a_flag() {
    let mut t = two!(Two::with_last_moment("cp kube/other.yaml kube/both.yaml"));
    let file = t.stage.at("kube/both.yaml").display().to_string();
    t.stage.unset("KUBECONFIG");
    for flag in [vec![format!("--kubeconfig={file}")], vec!["--kubeconfig".to_owned(), file.clone()]] {
        fs::write(&file, both(&t.one, &t.two, "one")).unwrap();
        let words: Vec<&str> = flag.iter().map(String::as_str).chain(DELETE.iter().copied()).collect();
        t.stage.answer(&words, "tries: ", "one/shop").is(0);
        t.hit_one_only();
        t.one.add(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "shop"}}));
    }
}

#[test]
fn a_link_that_points_elsewhere_at_the_last_moment_redirects_nothing() {
    let mut t = two!(Two::with_last_moment("ln -sfn other.yaml kube/link"));
    symlink("both.yaml", t.stage.at("kube/link")).unwrap();
    let link = t.stage.at("kube/link").display().to_string();
    t.stage.env("KUBECONFIG", link);
    t.stage.answer(DELETE, "tries: ", "one/shop").is(0);
    t.hit_one_only();
    assert_eq!(fs::read_link(t.stage.at("kube/link")).unwrap(), Path::new("other.yaml"));
}

#[test]
fn a_file_that_appears_in_front_of_the_list_redirects_nothing() {
    let mut t = two!(Two::with_last_moment("cp kube/other.yaml kube/first.yaml"));
    let list = ["kube/first.yaml", "kube/both.yaml"].map(|f| t.stage.at(f).display().to_string()).join(":");
    t.stage.env("KUBECONFIG", list.clone());
    t.stage.answer(DELETE, "tries: ", "one/shop").is(0);
    t.hit_one_only();
    // And while the question stands it refuses.
    let t2 = two!(Two::new());
    let mut stage = t2.stage;
    let list = ["kube/first.yaml", "kube/both.yaml"].map(|f| stage.at(f).display().to_string()).join(":");
    stage.env("KUBECONFIG", list);
    let mut terminal = stage.terminal(DELETE);
    terminal.expect("tries: ");
    stage.file("kube/first.yaml", &both(&t2.one, &t2.two, "two"));
    terminal.send("one/shop\n");
    ended(terminal).is(REFUSED).says("target changed");
    assert!(t2.one.exists(MAP) && t2.two.exists(MAP));
}

#[test]
fn the_default_file_is_pinned_too() {
    let mut t = two!(Two::with_last_moment("cp kube/other.yaml .kube/config"));
    t.stage.unset("KUBECONFIG");
    t.stage.file(".kube/config", &both(&t.one, &t.two, "one"));
    t.stage.answer(DELETE, "tries: ", "one/shop").is(0);
    t.hit_one_only();
}

fn kuberc(namespace: &str) -> String {
    format!(
        "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\ndefaults:\n- command: delete\n  options:\n  - name: namespace\n    default: {namespace}\n"
    )
}

#[test]
fn preferences_that_change_while_the_question_stands_refuse() {
    let t = two!(Two::new());
    t.stage.file(".kube/kuberc", &kuberc("shop"));
    let mut terminal = t.stage.terminal(&["delete", "cm", "settings"]);
    let screen = terminal.expect("tries: ");
    assert!(screen.contains("kuberc"), "the file that chose the namespace is named:\n{screen}");
    t.stage.file(".kube/kuberc", &kuberc("default"));
    terminal.send("one/shop\n");
    ended(terminal).is(REFUSED).says("changed while the question stood");
    assert!(t.one.exists(MAP));
}

#[test]
fn preferences_that_change_at_the_last_moment_redirect_nothing() {
    let mut t = two!(Two::with_last_moment("cp kube/kuberc .kube/kuberc"));
    t.stage.unset("KUBERC");
    t.stage.file("kube/kuberc", &kuberc("other"));
    t.stage.file(".kube/kuberc", &kuberc("shop"));
    t.stage.answer(&["delete", "cm", "settings"], "tries: ", "one/shop").is(0);
    t.hit_one_only();
}

#[test]
fn preferences_named_by_a_flag_are_pinned_too() {
    let mut t = two!(Two::with_last_moment("cp kube/kuberc mine"));
    t.stage.unset("KUBERC");
    t.stage.file("kube/kuberc", &kuberc("other"));
    let mine = t.stage.file("mine", &kuberc("shop"));
    t.stage.answer(&["--kuberc", &mine, "delete", "cm", "settings"], "tries: ", "one/shop").is(0);
    t.hit_one_only();
}

#[test]
fn preferences_that_appear_at_the_last_moment_change_nothing() {
    let mut t = two!(Two::with_last_moment("mkdir -p .kube && cp kube/kuberc .kube/kuberc"));
    t.stage.unset("KUBERC");
    let file = t.stage.at("kube/other.yaml").display().to_string();
    let text = format!(
        "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\ndefaults:\n- command: delete\n  options:\n  - name: context\n    default: two\n  - name: kubeconfig\n    default: {file}\n"
    );
    t.stage.file("kube/kuberc", &text);
    t.stage.answer(DELETE, "tries: ", "one/shop").is(0);
    t.hit_one_only();
}

#[test]
fn a_manifest_that_changes_at_the_last_moment_deletes_what_was_shown() {
    let t = two!(Two::with_last_moment("cp kube/harmful.yaml app.yaml"));
    let map = |name: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: shop}}\n")
    };
    t.stage.file("app.yaml", &map("settings"));
    t.stage.file("kube/harmful.yaml", &map("precious"));
    t.one.add(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "precious", "namespace": "shop"}}));
    t.stage.answer(&["delete", "-f", "app.yaml"], "tries: ", "one/shop").is(0);
    assert!(t.one.exists("/api/v1/namespaces/shop/configmaps/precious"));
    t.hit_one_only();
}

#[test]
fn a_directory_that_changes_while_the_question_stands_refuses() {
    let t = two!(Two::new());
    let map = |name: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}, namespace: shop}}\n")
    };
    t.stage.file("app/one.yaml", &map("settings"));
    let mut terminal = t.stage.terminal(&["delete", "-f", "app"]);
    terminal.expect("tries: ");
    t.stage.file("app/two.yaml", &map("precious"));
    terminal.send("one/shop\n");
    ended(terminal).is(REFUSED).says("changed after it was looked at");
    assert!(t.one.exists(MAP));
    assert_eq!(t.stage.last_record()["outcome"], "refused");
}
