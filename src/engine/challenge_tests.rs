use super::super::fact::{Known, Sourced};
use super::*;
use proptest::prelude::*;

fn target(context: &str, cluster: &str, server: &str) -> KubeTarget {
    let of = |v: &str| Sourced::new(v.to_owned(), Source::File { path: "f".into(), line: Some(1) });
    let mut t = KubeTarget::at(of(server), of("default"));
    t.context = Some(of(context));
    t.cluster = Some(of(cluster));
    t
}

#[test]
fn names_rows() {
    for (context, cluster, server, want) in [
        ("prod", "main", "https://10.0.3.12:6443", "main"),
        ("kubernetes-admin@kubernetes", "kubernetes", "https://10.0.3.12:6443", "10.0.3.12:6443"),
        ("default", "default", "https://k3s.example", "k3s.example:443"),
        ("x", "Kubernetes", "https://10.0.0.1:6443", "10.0.0.1:6443"),
        (
            "arn:aws:eks:eu-west-1:111111111111:cluster/acme",
            "arn:aws:eks:eu-west-1:111111111111:cluster/acme",
            "https://A.eks.amazonaws.com",
            "acme",
        ),
        (
            "renamed",
            "arn:aws-cn:eks:cn-north-1:111111111111:cluster/acme",
            "https://A.eks.amazonaws.com",
            "acme",
        ),
        ("anna@acme.eu-west-1.eksctl.io", "acme.eu-west-1.eksctl.io", "https://A.eks.amazonaws.com", "acme"),
        ("gke_proj_europe-west1-b_acme_x", "gke_proj_europe-west1-b_acme_x", "https://1.2.3.4", "acme_x"),
        ("acme-admin", "acme", "https://acme-dns-1.hcp.westeurope.azmk8s.io:443", "acme"),
        ("acme-admin", "acme", "https://1.2.3.4", "acme"),
        (
            "arn:aws:eks:eu-west-1:111111111111:cluster/default",
            "x",
            "https://A",
            "default.eu-west-1.111111111111",
        ),
        ("a", "two words", "https://h:1", "h:1"),
        ("a", "b\u{202e}c", "https://h:1", "h:1"),
        ("a", "größe", "https://h:1", "h:1"),
        ("a", "", "https://h:1", "h:1"),
        (
            "a",
            "kubernetes",
            "https://rancher.example/k8s/clusters/c-1",
            "rancher.example:443/k8s/clusters/c-1",
        ),
        ("a", "kubernetes", "https://[::2]:6443", "[::2]:6443"),
    ] {
        assert_eq!(cluster_name(&target(context, cluster, server), None), want, "{context} {cluster}");
    }
}

#[test]
fn the_policys_name_goes_first_when_it_can_be_typed() {
    let t = target("c", "entry", "https://h:1");
    assert_eq!(cluster_name(&t, Some("main")), "main");
    assert_eq!(cluster_name(&t, Some("no\u{200b}")), "entry");
    assert_eq!(cluster_name(&t, Some("")), "entry");
}

#[test]
fn an_ambiguous_name_is_not_used() {
    let mut t = target("c", "entry", "https://h:1");
    t.cluster_name_is_ambiguous = true;
    assert_eq!(cluster_name(&t, None), "h:1");
    let arn = "arn:aws:eks:eu-west-1:111111111111:cluster/main";
    let mut t = target(arn, arn, "https://h:1");
    t.cluster_name_is_ambiguous = true;
    assert_eq!(cluster_name(&t, None), "main.eu-west-1.111111111111");
}

#[test]
fn another_server_by_flag_takes_the_entrys_name_away() {
    let mut t = target("c", "entry", "https://h:1");
    t.server.from = Source::Flag("server".into());
    assert_eq!(cluster_name(&t, None), "h:1");
}

#[test]
fn loopback_and_pods_carry_a_mark_of_the_cluster() {
    let mut t = target("default", "default", "https://127.0.0.1:6443");
    assert_eq!(cluster_name(&t, None), "127.0.0.1:6443");
    t.uid = Known::Known("11112222-3333".into());
    assert_eq!(cluster_name(&t, None), "127.0.0.1:6443+11112222");
    t.ca_sha256 = Some("abcdef0123456789".into());
    assert_eq!(cluster_name(&t, None), "127.0.0.1:6443+abcdef01");
    t.server = Sourced::new("https://10.96.0.1:443".into(), Source::InCluster);
    assert_eq!(cluster_name(&t, None), "10.96.0.1:443+abcdef01");
}

#[test]
fn scopes() {
    let t = target("c", "main", "https://h:1");
    let ns = |names: &[&str]| Scope::Namespaces(names.iter().map(|n| (*n).to_owned()).collect());
    for (scope, phrase, kind) in [
        (ns(&["shop"]), "main/shop", "cluster/namespace"),
        (ns(&["b", "a", "b"]), "main/a,b", "cluster/namespaces"),
        (ns(&["c", "b", "a"]), "main/a,b,c", "cluster/namespaces"),
        (ns(&["c", "b", "a", "d"]), "main/4 namespaces", "cluster/namespaces"),
        (ns(&[]), "main", "cluster"),
        (Scope::Cluster, "main", "cluster"),
        (ns(&["a b"]), "main/a\\u{20}b", "cluster/namespace"),
    ] {
        let got = challenge(&t, None, &scope);
        assert_eq!((got.phrase.as_str(), got.kind), (phrase, kind), "{scope:?}");
    }
    assert_eq!(Scope::of(&[Some("a".into()), None]), Scope::Cluster);
    assert_eq!(Scope::of(&[Some("a".into())]), ns(&["a"]));
    assert_eq!(Scope::of(&[]), Scope::Cluster);
}

#[test]
fn answers_match_byte_for_byte() {
    let c = Challenge { phrase: "main/shop".into(), kind: "cluster/namespace" };
    assert!(c.accepts(b"main/shop") && c.accepts(b"main/shop\n"));
    for wrong in [
        &b""[..],
        b"y",
        b"main",
        b"main/shop ",
        b" main/shop",
        b"MAIN/shop",
        b"main/shop\n\n",
        b"main/shop\r\n",
    ] {
        assert!(!c.accepts(wrong), "{wrong:?}");
    }
}

proptest! {
    /// Two kubeadm clusters, both `kubernetes-admin@kubernetes`, never share a phrase.
    #[test]
    fn generic_names_never_share_a_phrase(
        a in "https://[a-z0-9.]{1,12}:[1-9][0-9]{2,4}(/[a-z]{1,4}){0,2}",
        b in "https://[a-z0-9.]{1,12}:[1-9][0-9]{2,4}(/[a-z]{1,4}){0,2}",
        cluster in proptest::sample::select(GENERIC),
        namespace in "[a-z]{1,5}",
    ) {
        use super::super::target::normal_server;
        prop_assume!(normal_server(&a) != normal_server(&b));
        let scope = Scope::Namespaces(vec![namespace]);
        let one = challenge(&target("kubernetes-admin@kubernetes", cluster, &a), None, &scope);
        let two = challenge(&target("kubernetes-admin@kubernetes", cluster, &b), None, &scope);
        prop_assert_ne!(one.phrase, two.phrase);
    }

    #[test]
    fn a_phrase_can_always_be_typed(context in any::<String>(), cluster in any::<String>(), server in any::<String>(),
        policy in proptest::option::of(any::<String>()), names in proptest::collection::vec(any::<String>(), 0..5)) {
        let got = challenge(&target(&context, &cluster, &server), policy.as_deref(), &Scope::Namespaces(names));
        prop_assert!(got.phrase.bytes().all(|b| b.is_ascii_graphic() || b == b' '), "{}", got.phrase);
        prop_assert!(!got.phrase.starts_with(' ') && !got.phrase.is_empty());
    }
}

#[test]
fn an_account_is_named_with_what_is_hit_in_it() {
    use crate::engine::fact::Known;
    let mut target = AwsTarget { account: Known::Known("111111111111".into()), ..AwsTarget::default() };
    let phrase = |target: &AwsTarget, names: &[&str]| {
        let names: Vec<String> = names.iter().map(|n| (*n).to_owned()).collect();
        aws_challenge(target, None, &names).phrase
    };
    assert_eq!(phrase(&target, &["app"]), "111111111111/app");
    target.alias = Known::Known(Some("acme-prod".into()));
    assert_eq!(phrase(&target, &["app"]), "acme-prod/app");
    assert_eq!(phrase(&target, &["i-1", "i-2", "i-3"]), "acme-prod/i-1+2");
    assert_eq!(phrase(&target, &[]), "acme-prod");
    assert_eq!(phrase(&target, &["a b"]), "acme-prod/a\\u{20}b".replace("\\\\", "\\"));
    let unknown = aws_challenge(&AwsTarget::default(), None, &["app".to_owned()]);
    assert!(unknown.phrase.is_empty() && !unknown.accepts(b""));
}
