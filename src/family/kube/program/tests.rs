//! Which kubectl a file is, and where it would go.

use super::*;
use crate::engine::fact::{Known, Sourced};
use std::fs;
use std::os::unix::fs::symlink;

fn target(server: &str, namespace: &str) -> KubeTarget {
    let of = |text: &str| Sourced::new(text.to_owned(), Source::Default);
    KubeTarget::at(of(server), of(namespace))
}

fn goes(server: Option<&str>, namespace: Option<&str>, uid: Option<&str>) -> Goes {
    let of = |text: Option<&str>| text.map(str::to_owned);
    Goes { server: of(server), namespace: of(namespace), uid: of(uid) }
}

#[test]
fn another_place_is_refused_and_silence_is_no_answer() {
    let kubectl = Kubectl { path: Path::new("/x/kubectl"), kind: Kind::Unknown };
    let mut here = target("https://a:6443", "shop");
    here.uid = Known::Known("u".into());
    let rows = [
        (goes(Some("https://A:6443/"), Some("shop"), Some("u")), None),
        (goes(Some("https://a:6443"), None, None), None),
        // Its log was swallowed, and yet it is the same cluster.
        (goes(None, Some("shop"), Some("u")), None),
        (goes(Some("https://b:6443"), Some("shop"), None), Some("https://b:6443")),
        (goes(Some("https://a:6443"), Some("other"), Some("u")), Some("namespace other")),
        // The same address, another cluster behind it.
        (goes(Some("https://a:6443"), Some("shop"), Some("v")), Some("another cluster")),
        (goes(None, Some("shop"), None), Some("does not say where it goes")),
        (Goes::default(), Some("does not say where it goes")),
    ];
    for (goes, want) in rows {
        let said = kubectl.differs(&goes, &here).map(|fail| fail.to_string());
        match want {
            None => assert_eq!(said, None, "{goes:?}"),
            Some(text) => assert!(said.as_ref().is_some_and(|s| s.contains(text)), "{goes:?}: {said:?}"),
        }
    }
    here.all_namespaces = true;
    assert!(kubectl.differs(&goes(Some("https://a:6443"), Some("other"), None), &here).is_none());
}

#[test]
fn kin_are_known_by_the_file_and_bring_their_kubeconfig() {
    let dir = tempfile::tempdir().unwrap();
    let at = |path: &str| dir.path().join(path);
    for path in ["bin", "snap/bin", "etc/rancher/k3s", "home/.kube", "var/snap/microk8s/current/credentials"]
    {
        fs::create_dir_all(at(path)).unwrap();
    }
    fs::write(at("bin/k3s"), "#!/bin/sh\n").unwrap();
    fs::write(at("bin/snap"), "#!/bin/sh\n").unwrap();
    fs::write(at("bin/tool"), "#!/bin/sh\n").unwrap();
    symlink("k3s", at("bin/kubectl")).unwrap();
    symlink("microk8s.kubectl", at("snap/bin/kubectl")).unwrap();
    symlink("../../bin/snap", at("snap/bin/microk8s.kubectl")).unwrap();
    fs::write(at("home/.kube/k3s.yaml"), "").unwrap();
    fs::write(at("var/snap/microk8s/current/credentials/client.config"), "").unwrap();
    let home = at("home").display().to_string();
    let table = &TABLE;
    let kubeconfig = |tool: &str, vars: &[(&str, &str)], line: &str| {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let vars: Vec<(&str, &str)> =
            [("HOME", home.as_str())].into_iter().chain(vars.iter().copied()).collect();
        let world = World::of(&vars, "/").with_root(dir.path());
        let path = at(tool);
        let world = Kubectl::at(&path).world(&parse(table, &words), &world).into_owned();
        world.var("KUBECONFIG").map(|v| v.to_string_lossy().into_owned())
    };
    let own = |path: &str| Some(at(path).display().to_string());
    assert_eq!(kubeconfig("bin/kubectl", &[], "delete ns a"), own("home/.kube/k3s.yaml"));
    fs::write(at("etc/rancher/k3s/k3s.yaml"), "").unwrap();
    assert_eq!(kubeconfig("bin/kubectl", &[], "delete ns a"), own("etc/rancher/k3s/k3s.yaml"));
    assert_eq!(
        kubeconfig("bin/kubectl", &[("KUBECONFIG", "")], "delete ns a"),
        own("etc/rancher/k3s/k3s.yaml")
    );
    assert_eq!(kubeconfig("bin/kubectl", &[("KUBECONFIG", "/k")], "delete ns a").as_deref(), Some("/k"));
    assert_eq!(kubeconfig("bin/kubectl", &[], "delete ns a --kubeconfig=/k"), None);
    let micro = own("var/snap/microk8s/current/credentials/client.config");
    assert_eq!(kubeconfig("snap/bin/kubectl", &[], "delete ns a"), micro);
    assert_eq!(kubeconfig("snap/bin/kubectl", &[("KUBECONFIG", "/k")], "delete ns a"), micro);
    assert_eq!(kubeconfig("bin/tool", &[], "delete ns a"), None);
    assert!(Kubectl::at(&at("bin/tool")).for_dry_runs().is_none());
    assert!(Kubectl::at(&at("bin/kubectl")).for_dry_runs().is_some());
}

#[test]
fn a_switch_of_contexts_is_about_the_place_it_leads_to() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("config");
    let text = "apiVersion: v1\nkind: Config\ncurrent-context: prod\nclusters:\n- {name: p, cluster: {server: 'https://p'}}\n- {name: s, cluster: {server: 'https://s'}}\ncontexts:\n- {name: prod, context: {cluster: p}}\n- {name: staging-eu, context: {cluster: s}}\n";
    fs::write(&file, text).unwrap();
    let world = World::of(&[("KUBECONFIG", file.to_str().unwrap())], "/");
    let server = |line: &str| {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        super::target(&parse(&TABLE, &words), &world).unwrap().target.server.value
    };
    assert_eq!(server("config use-context staging-eu"), "https://s");
    assert_eq!(server("config use staging-eu"), "https://s");
    assert_eq!(server("config use-context nowhere"), "https://p");
    assert_eq!(server("config current-context"), "https://p");
    assert_eq!(server("delete ns staging-eu"), "https://p");
}
