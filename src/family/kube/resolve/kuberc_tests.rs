use super::load as load_file;
use super::*;
use proptest::prelude::*;

const BETA: &str = "apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n";
const ALPHA: &str = "apiVersion: kubectl.config.k8s.io/v1alpha1\nkind: Preference\n";

fn prefs(text: &str) -> Kuberc {
    match decode(text.as_bytes()).unwrap() {
        Decoded::Preferences(kuberc) => kuberc,
        other => panic!("{other:?}"),
    }
}

#[test]
fn v1beta1_reads_defaults_aliases_and_policy() {
    let kuberc = prefs(&format!(
        "{BETA}defaults:\n- command: delete\n  options:\n  - {{name: namespace, default: b}}\naliases:\n- name: bye\n  command: delete\n  prependArgs: [namespace]\n  appendArgs: ['--', x]\n  options: [{{name: wait, default: 'false'}}]\ncredentialPluginPolicy: DenyAll\n"
    ));
    assert_eq!(
        kuberc.defaults[0],
        Defaults {
            command: "delete".into(),
            options: vec![Opt { name: "namespace".into(), value: "b".into() }]
        }
    );
    assert_eq!(kuberc.aliases[0].prepend_args, ["namespace"]);
    assert_eq!(kuberc.aliases[0].append_args, ["--", "x"]);
    assert_eq!(kuberc.aliases[0].options, [Opt { name: "wait".into(), value: "false".into() }]);
    assert_eq!(kuberc.policy, CredentialPolicy::DenyAll);
}

#[test]
fn v1alpha1_has_other_keys() {
    let text = format!(
        "{ALPHA}overrides:\n- command: apply\n  flags: [{{name: server-side, default: 'true'}}]\ndefaults: [{{command: delete}}]\n"
    );
    let kuberc = prefs(&text);
    assert_eq!(kuberc.defaults.len(), 1);
    assert_eq!(kuberc.defaults[0].options[0].name, "server-side");
}

#[test]
fn the_first_supported_document_counts() {
    let text = format!(
        "kind: Other\napiVersion: v1\n---\n{BETA}aliases: [{{name: a, command: get}}]\n--- # next\n{BETA}aliases: [{{name: b, command: delete}}]\n"
    );
    assert_eq!(prefs(&text).aliases[0].name, "a");
}

#[test]
fn a_wrong_type_makes_kubectl_pass_over_the_document() {
    let text = format!("{BETA}defaults: [{{command: delete, options: [{{name: wait, default: true}}]}}]\n");
    assert_eq!(decode(text.as_bytes()).unwrap(), Decoded::Unusable);
    assert_eq!(decode(b"").unwrap(), Decoded::Empty);
    assert_eq!(decode(b"\n\n").unwrap(), Decoded::Empty);
}

#[test]
fn what_kubectl_refuses_is_refused() {
    for (text, want) in [
        ("aliases: [{name: a-b, command: get}]", "letters only"),
        ("aliases: [{name: a, command: get}, {name: a, command: get}]", "two aliases"),
        ("defaults: [{command: get, options: [{name: --x, default: ''}]}]", "without dashes"),
        ("credentialPluginPolicy: Maybe", "none of"),
        ("credentialPluginPolicy: Allowlist", "needs a"),
        ("credentialPluginAllowlist: [{command: x}]", "needs credentialPluginPolicy"),
    ] {
        let bad = decode(format!("{BETA}{text}\n").as_bytes()).unwrap_err();
        assert!(bad.why.contains(want), "{text}: {}", bad.why);
    }
}

#[test]
fn where_the_file_is() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().to_str().unwrap();
    let default = dir.path().join(".kube/kuberc");
    let default = default.to_str().unwrap();
    let with_equals = format!("--kuberc={default}");
    type Row<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str], Option<(&'a str, bool)>);
    let rows: &[Row<'_>] = &[
        (&[], &["get"], Some((default, false))),
        (&[], &[], None),
        (&[("KUBERC", "/x")], &["get"], Some(("/x", true))),
        (&[("KUBERC", "off")], &["get"], None),
        (&[("KUBECTL_KUBERC", "False")], &["get"], None),
        (&[("KUBECTL_KUBERC", "0")], &["get"], Some((default, false))),
        (&[("KUBERC", "/x")], &["--kuberc", "/y", "get"], Some(("/y", true))),
        (&[("KUBERC", "/x")], &["get", "--kuberc=/y"], Some(("/y", true))),
        (&[("KUBERC", "/x")], &["get", "--kuberc", default], Some(("/x", true))),
        (&[], &[&with_equals, "get"], Some((default, true))),
        (&[], &["get", "--kuberc=/a=b"], Some(("/a", true))),
        (&[], &["get", "--", "--kuberc=/y"], Some((default, false))),
        (&[], &["get", "x--kuberc=/y"], Some(("/y", true))),
    ];
    for (vars, words, want) in rows {
        let mut all = vec![("HOME", home)];
        all.extend_from_slice(vars);
        let words: Vec<&[u8]> = words.iter().map(|w| w.as_bytes()).collect();
        let got = find(&World::of(&all, "/"), &words).unwrap();
        assert_eq!(got, want.map(|(p, e)| (PathBuf::from(p), e)), "{vars:?} {words:?}");
    }
    for (vars, words) in [
        (vec![("KUBERC", "off")], vec![&b"--kuberc=/x"[..], b"get"]),
        (vec![], vec![b"get", b"--kuberc"]),
        (vec![], vec![b"--kuberc="]),
    ] {
        assert!(find(&World::of(&vars, "/"), &words).is_err(), "{words:?}");
    }
}

#[test]
fn absent_files_matter_only_when_named() {
    let dir = tempfile::tempdir().unwrap();
    let home = dir.path().to_str().unwrap();
    let load = |vars: &[(&str, &str)]| load_file(&World::of(vars, "/"), &[b"get"]);
    assert_eq!(load(&[("HOME", home)]).unwrap(), None);
    assert!(load(&[("HOME", home), ("KUBERC", "/nowhere/at/all")]).is_err());
    let file = dir.path().join("rc");
    std::fs::write(&file, "kind: x\n").unwrap();
    assert!(load(&[("HOME", home), ("KUBERC", file.to_str().unwrap())]).is_err());
    std::fs::create_dir(dir.path().join(".kube")).unwrap();
    std::fs::write(dir.path().join(".kube/kuberc"), "kind: x\n").unwrap();
    assert_eq!(load(&[("HOME", home)]).unwrap(), None);
}

proptest! {
    #[test]
    fn reading_never_panics(text in "(apiVersion: kubectl.config.k8s.io/v1beta1\nkind: Preference\n)?[a-z:\\-\\[\\]{} \n#]{0,120}") {
        let _ = decode(text.as_bytes());
    }
}
