//! Files: what is in them counts wherever it lies, and what could not be read may lie anywhere.

use crate::support::ended::told;
use crate::support::machine::{Machine, REFUSED};
use crate::support::shop::{DELETE, MAP, scene, shop};
use serde_json::json;

fn map(namespace: &str) -> serde_json::Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": namespace}})
}

/// The phrase `check` names for a command, or what it says instead.
fn phrase(s: &Machine, line: &str) -> String {
    let words: Vec<&str> = ["check", "--json", "--", "kubectl"].into_iter().chain(line.split(' ')).collect();
    let out = s.guard(&words);
    let value: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap_or_default();
    value["challenge"]["phrase"].as_str().map_or_else(|| told(&out).output, str::to_owned)
}

#[test]
fn streams_and_lists_are_read_to_their_end() {
    let (cluster, s) = scene!(shop(), "lab");
    let (shop, other) = (map("shop"), map("other"));
    let list = |one: &serde_json::Value| json!({"apiVersion": "v1", "kind": "List", "items": [one]});
    for (name, text) in [
        // `jq -c '.items[]'`, two `get -o json` behind each other, a JSON document before YAML.
        ("lines.json", format!("{shop}\n{other}\n")),
        ("pretty.json", format!("{:#}{:#}", list(&shop), list(&other))),
        (
            "mixed.yaml",
            format!(
                "{shop}\n---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: settings, namespace: other}}\n"
            ),
        ),
    ] {
        s.file(name, &text);
        assert_eq!(phrase(&s, &format!("delete -f {name}")), "lab/other,shop", "{name}");
    }
    s.file("dir/a.json", &shop.to_string());
    s.file("dir/b.json", &other.to_string());
    for line in ["delete -f dir", "delete -f dir/*.json", "delete -f dir/a.json,dir/b.json"] {
        assert_eq!(phrase(&s, line), "lab/other,shop", "{line}");
    }
    // The same by hand, with the answer for one of them.
    s.wrong(&["delete", "-f", "lines.json"], "lab/shop").is(REFUSED);
    assert!(cluster.exists(MAP));
    cluster.add(map("other"));
    s.answer(&["delete", "-f", "lines.json"], "tries: ", "lab/shop,other").is(0);
    assert!(!cluster.exists(MAP));
}

#[test]
fn what_could_not_be_read_may_lie_anywhere() {
    let (cluster, mut s) = scene!(shop(), "lab");
    let shop = map("shop");
    s.file("broken.yaml", &format!("{shop}\n---\nkind: [\n"));
    s.file("kustomization/none.txt", "");
    for line in ["delete -f broken.yaml", "delete -k kustomization", "delete -f http://127.0.0.1:1/app.yaml"]
    {
        assert_eq!(phrase(&s, line), "lab/*", "{line}");
    }
    for narrow in ["lab/default", "lab/shop", "lab"] {
        s.env("GUARD_CONFIRM", narrow);
        told(&s.pipeline(&["delete", "-f", "broken.yaml"])).is(REFUSED).says("unclosed bracket");
    }
    assert!(cluster.exists(MAP));
    s.env("GUARD_CONFIRM", "lab/*");
    told(&s.pipeline(&["delete", "-f", "broken.yaml"])).says("\"settings\" deleted");
    assert!(!cluster.exists(MAP));
}

/// A server that takes connections and never says a word; it lasts as long as the listener.
fn silent(s: &mut Machine, context: &str) -> std::net::TcpListener {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    s.on(&url, context);
    listener
}

#[test]
fn a_file_is_named_although_the_cluster_is_silent() {
    let (_cluster, mut s) = scene!(shop(), "lab");
    let _silent = silent(&mut s, "lab");
    s.policy("version: 1\nprobe: {timeout_ms: 300}\n");
    s.file("ns.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n");
    assert_eq!(phrase(&s, "delete -f ns.yaml"), "lab/shop/*");
    let screen = told(&s.guard(&["check", "--", "kubectl", "delete", "-f", "ns.yaml"])).output;
    assert!(screen.contains("Namespace shop") && screen.contains("timed out"), "{screen}");
}

#[test]
fn on_a_local_cluster_unread_files_count_as_everything_and_urls_do_not() {
    let (_cluster, mut s) = scene!(shop(), "lab");
    let _silent = silent(&mut s, "kind-lab");
    s.policy("version: 1\nprobe: {timeout_ms: 300}\n");
    s.file("ns.yaml", "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop}\n");
    s.file("broken.yaml", "kind: [\n");
    s.file("map.json", &map("shop").to_string());
    for (line, asked) in [
        ("delete -f ns.yaml", true),
        ("delete -f broken.yaml", true),
        ("delete -f http://127.0.0.1:1/app.yaml", false),
        ("delete -f map.json", false),
        ("delete --raw /api/v1/namespaces/shop/configmaps", true),
        ("delete crd widgets.example.com", true),
        ("delete cm settings -n shop", false),
    ] {
        let words: Vec<&str> = ["check", "--", "kubectl"].into_iter().chain(line.split(' ')).collect();
        let told = told(&s.guard(&words));
        assert_eq!(told.code, if asked { 3 } else { 0 }, "{line}: {}", told.output);
    }
}

#[test]
fn a_rule_about_a_namespace_holds_for_files_and_copies() {
    let (cluster, s) = scene!(shop(), "lab");
    s.policy("version: 1\nrules:\n- {id: frozen, when: {namespace: prod-db}, then: freeze, reason: moving house}\n");
    cluster.add(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "prod-db"}}));
    let new =
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "new", "namespace": "prod-db"}});
    s.file("new.json", &new.to_string());
    s.file("two.json", &format!("{}\n{new}\n", map("shop")));
    s.file("broken.yaml", "kind: [\n");
    s.file("shop.json", &map("shop").to_string());
    for line in [
        "apply -f new.json",
        "create -f new.json",
        "delete -f new.json",
        "annotate -f two.json a=b",
        "label -f new.json a=b",
        "patch -f new.json -p {}",
        "replace -f two.json",
        "cp local prod-db/web:/x",
        "cp shop/web:/x prod-db/web:/x",
        "delete -f broken.yaml",
        "annotate -f http://127.0.0.1:1/app.yaml a=b",
        "create namespace prod-db",
    ] {
        let words: Vec<&str> = line.split(' ').collect();
        told(&s.pipeline(&words)).is(REFUSED).says("moving house");
    }
    for line in ["annotate -f shop.json a=b", "apply -f shop.json"] {
        let words: Vec<&str> = line.split(' ').collect();
        told(&s.pipeline(&words)).is(0);
    }
    assert!(!cluster.exists("/api/v1/namespaces/prod-db/configmaps/new"));
    assert!(cluster.exists(MAP));
    s.wrong(DELETE, "lab/prod-db").is(REFUSED);
}

/// What kubectl reads as an object is one to guard too, however it is written.
#[test]
fn objects_that_only_kubectl_knows_are_asked_about() {
    let (cluster, mut s) = scene!(shop(), "lab");
    let absent = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "none", "namespace": "default"}});
    for (name, text) in [
        (
            "typed.json",
            json!({"apiVersion": "v1", "kind": "NamespaceList", "items": [{"metadata": {"name": "shop"}}]})
                .to_string(),
        ),
        ("small.yaml", "apiVersion: v1\nkind: namespace\nmetadata: {name: shop}\n".to_owned()),
    ] {
        for (file, text) in
            [(name.to_owned(), text.clone()), (format!("with-{name}"), format!("{absent}\n---\n{text}\n"))]
        {
            s.file(&file, &text);
            s.env("GUARD_CONFIRM", "lab/default");
            told(&s.pipeline(&["delete", "-f", &file])).is(REFUSED);
            assert!(cluster.exists(MAP), "{file}");
        }
        assert_eq!(phrase(&s, &format!("delete -f {name}")), "lab/shop/*", "{name}");
    }
    let line = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: settings # x\u{2028}  namespace: shop\n";
    s.file("breaks.yaml", &format!("{absent}\n---\n{line}"));
    assert_eq!(phrase(&s, "delete -f breaks.yaml"), "lab/*");
    s.policy(
        "version: 1\nrules:\n- {id: frozen, when: {namespace: shop}, then: freeze, reason: moving house}\n",
    );
    s.file("maps.json", &json!({"apiVersion": "v1", "kind": "ConfigMapList", "items": [{"metadata": {"name": "settings", "namespace": "shop"}}]}).to_string());
    for words in [["annotate", "-f", "maps.json", "a=b"], ["label", "-f", "maps.json", "a=b"]] {
        told(&s.pipeline(&words)).is(REFUSED).says("moving house");
    }
}

/// The server takes `..` and escapes out of a path: it leads somewhere else than it reads.
#[test]
fn paths_that_lead_elsewhere_reach_anywhere() {
    let (cluster, mut s) = scene!(shop(), "lab");
    for path in [
        "/api/v1/namespaces/x/configmaps/none/../../../shop",
        "/api/v1/namespaces/shop/../shop",
        "/api/v1/namespaces/%73hop",
        "/api/v1/namespaces/%73hop/configmaps/settings",
        "/api/v1/./namespaces/shop",
    ] {
        assert_eq!(phrase(&s, &format!("delete --raw {path}")), "lab/*", "{path}");
        s.env("GUARD_CONFIRM", "lab/x");
        told(&s.pipeline(&["delete", "--raw", path])).is(REFUSED);
    }
    s.policy(
        "version: 1\nrules:\n- {id: frozen, when: {namespace: shop}, then: freeze, reason: moving house}\n",
    );
    s.file("new.json", &map("shop").to_string());
    told(&s.pipeline(&["create", "--raw", "/api/v1/namespaces/%73hop/configmaps", "-f", "new.json"]))
        .is(REFUSED)
        .says("moving house");
    assert!(cluster.exists(MAP));
}
