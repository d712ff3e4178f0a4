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
fn the_pattern_shows_what_is_typed_as_it_stands() {
    for (kind, pattern, stands) in [
        ("cluster", "<cluster>", "in bold above"),
        ("cluster/*", "<cluster>/*", "in bold above"),
        ("cluster/namespace", "<cluster>/<namespace>", "both in bold above"),
        ("cluster/namespace/*", "<cluster>/<namespace>/*", "both in bold above"),
        ("cluster/plugin:name", "<cluster>/plugin:<name>", "both in bold above"),
        ("host/thing lost", "<host>/<thing lost>", "both in bold above"),
        ("account/first+others", "<account>/<first>+<others>", "all in bold above"),
    ] {
        let c = Challenge::new("", kind);
        assert_eq!((c.pattern().as_str(), c.stands(true)), (pattern, stands));
        assert_eq!(c.stands(false), stands.replace("in bold", "named"));
    }
}

#[test]
fn scopes() {
    let t = target("c", "main", "https://h:1");
    let some = |names: &[&str], whole| Scope::Namespaces {
        names: names.iter().map(|n| (*n).to_owned()).collect(),
        whole,
    };
    let ns = |names: &[&str]| some(names, false);
    let many: Vec<String> = (0..40).map(|n| format!("team-{n:02}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    for (scope, phrase, kind) in [
        (ns(&["shop"]), "main/shop", "cluster/namespace"),
        (some(&["shop"], true), "main/shop/*", "cluster/namespace/*"),
        (ns(&["b", "a", "b"]), "main/a,b", "cluster/namespaces"),
        (some(&["b", "a"], true), "main/a,b/*", "cluster/namespaces/*"),
        (ns(&["c", "b", "a", "d"]), "main/a,b,c,d", "cluster/namespaces"),
        (ns(&many), "main/team-00+39.8297", "cluster/namespaces"),
        (some(&many, true), "main/team-00+39.8297/*", "cluster/namespaces/*"),
        (ns(&[]), "main/*", "cluster/*"),
        (Scope::Cluster, "main", "cluster"),
        (Scope::Everything, "main/*", "cluster/*"),
        (Scope::Plugin("neat".into()), "main/plugin:neat", "cluster/plugin:name"),
        (ns(&["a b"]), "main/a\\u{20}b", "cluster/namespace"),
    ] {
        let got = challenge(&t, None, &scope);
        assert_eq!((got.phrase.as_str(), got.kind.as_ref()), (phrase, kind), "{scope:?}");
    }
}

#[test]
fn answers_match_but_for_blanks_around_them_and_the_order_of_namespaces() {
    let accepts = |phrase: &str, answer: &[u8]| Challenge::new(phrase, "cluster/namespace").accepts(answer);
    for right in [&b"main/shop"[..], b"main/shop\n", b" main/shop ", b"main/shop\r\n", b"\tmain/shop"] {
        assert!(accepts("main/shop", right), "{right:?}");
    }
    for wrong in [&b""[..], b" ", b"y", b"main", b"MAIN/shop", b"main/shop/*", b"main/sh op", b"main/ shop"] {
        assert!(!accepts("main/shop", wrong), "{wrong:?}");
    }
    assert!(accepts("main/a,b/*", b"main/b,a/*") && accepts("main/a,b", b"main/b,a"));
    for wrong in ["main/a,b/*", "main/a", "main/a,b,b", "main/a,a", "main/a,b,c", "main/a, b", "other/a,b"] {
        assert!(!accepts("main/a,b", wrong.as_bytes()), "{wrong}");
    }
    assert!(!accepts("", b"") && !accepts("main/*", b"main") && !accepts("main/shop/*", b"main/shop"));
}

#[test]
fn the_variable_may_name_the_effect() {
    let c = Challenge::new("main/shop/*", "cluster/namespace/*");
    for (value, effect, want) in [
        ("main/shop/*", Effect::Destroy, true),
        ("destroy main/shop/*", Effect::Destroy, true),
        (" destroy  main/shop/* ", Effect::Destroy, true),
        ("disrupt main/shop/*", Effect::Destroy, false),
        ("destroy main/shop/*", Effect::Disrupt, false),
        ("destroymain/shop/*", Effect::Destroy, false),
        ("destroy", Effect::Destroy, false),
        ("destroy main/shop", Effect::Destroy, false),
    ] {
        assert_eq!(c.accepts_variable(value.as_bytes(), effect), want, "{value} {effect}");
    }
    assert!(!c.accepts(b"destroy main/shop/*"), "typed by a person it is another answer");
}

#[test]
fn what_answered_formerly_is_known() {
    for (phrase, value, want) in [
        ("main/shop/*", "main/shop", true),
        ("main/shop/*", "main", false),
        ("main/shop/*", "main/other", false),
        ("main/*", "main", true),
        ("main/*", "main/default", true),
        ("main/*", "main/shop", false),
        ("main/*", "other", false),
        ("main/plugin:neat", "main/default", true),
        ("main/a,b,c,d/*", "main/4 namespaces", true),
        ("main/a,b,c,d", "main/4 namespaces", true),
        ("main/shop", "main/shop", false),
        ("main/shop", "mainx", false),
    ] {
        let namespace = "default".to_owned();
        let c = Challenge { namespace, ..Challenge::new(phrase, "cluster") };
        assert_eq!(c.was_formerly(value.as_bytes(), "main"), want, "{phrase} {value}");
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
        use crate::engine::server::normal_server;
        prop_assume!(normal_server(&a) != normal_server(&b));
        let scope = Scope::Namespaces { names: vec![namespace], whole: false };
        let one = challenge(&target("kubernetes-admin@kubernetes", cluster, &a), None, &scope);
        let two = challenge(&target("kubernetes-admin@kubernetes", cluster, &b), None, &scope);
        prop_assert_ne!(one.phrase, two.phrase);
    }

    #[test]
    fn a_phrase_can_always_be_typed(context in any::<String>(), cluster in any::<String>(), server in any::<String>(),
        policy in proptest::option::of(any::<String>()), names in proptest::collection::vec(any::<String>(), 0..5), whole: bool) {
        let scope = Scope::Namespaces { names, whole };
        let got = challenge(&target(&context, &cluster, &server), policy.as_deref(), &scope);
        prop_assert!(got.phrase.bytes().all(|b| b.is_ascii_graphic()), "{}", got.phrase);
        prop_assert!(!got.phrase.starts_with(' ') && !got.phrase.is_empty());
        prop_assert!(got.phrase.len() <= LONGEST, "{}", got.phrase);
    }
}

#[test]
fn an_account_is_named_with_what_is_hit_in_it() {
    use crate::engine::aws::AwsTarget;
    use crate::engine::aws::naming::Naming;
    use crate::engine::fact::Known;
    let mut target = AwsTarget { account: Known::Known("111111111111".into()), ..AwsTarget::default() };
    let naming = |names: &[&str]| Naming {
        kind: "stack".to_owned(),
        names: names.iter().map(|n| (*n).to_owned()).collect(),
        ..Naming::default()
    };
    let phrase = |target: &AwsTarget, names: &[&str]| aws_challenge(target, None, &naming(names), &[]).phrase;
    assert_eq!(phrase(&target, &["app"]), "111111111111/stack/app");
    target.alias = Known::Known(Some("acme-prod".into()));
    assert_eq!(phrase(&target, &["app"]), "acme-prod/stack/app");
    assert_eq!(phrase(&target, &["a", "b", "c"]), "acme-prod/stack/a+2");
    assert_eq!(phrase(&target, &[]), "acme-prod/stack");
    assert_eq!(phrase(&target, &["a b"]), "acme-prod/stack/a\\u{20}b");
    let unknown = aws_challenge(&AwsTarget::default(), None, &naming(&["app"]), &[]);
    assert!(
        unknown.phrase.is_empty() && !unknown.accepts(b"") && !unknown.accepts_variable(b"", Effect::Destroy)
    );
}

#[test]
fn a_host_is_named_with_what_goes_besides_what_was_named() {
    use crate::engine::fact::Known;
    use crate::engine::machine::HostTarget;
    let name = Known::Known(Sourced::new("db1".to_owned(), Source::Probe));
    let target = HostTarget { name, ..HostTarget::default() };
    let owned = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
    let of = |lost: &[&str], machine, unnamed: &[&str], unseen, stops: &[&str]| {
        let (lost, unnamed, stops) = (owned(lost), owned(unnamed), owned(stops));
        let scope = HostScope { lost: &lost, machine, unnamed: &unnamed, unseen, whole: None, stops: &stops };
        let c = host_challenge(&target, None, &scope);
        (c.phrase.clone(), c.variable().to_owned(), c.pattern())
    };
    for (got, want) in [
        (of(&[], None, &[], false, &["cron"]), ("db1", "db1/cron", "<host>")),
        (of(&[], None, &[], false, &["a", "b", "c"]), ("db1", "db1/a+2.d672", "<host>")),
        (of(&[], None, &["p15"], false, &["client"]), ("db1/p15", "db1/p15", "<host>/<not named by you>")),
        (
            of(&[], Some("poweroff"), &[], false, &["poweroff"]),
            ("db1/poweroff", "db1/poweroff", "<host>/poweroff"),
        ),
        (
            of(&["15/main"], None, &["p15"], false, &["client"]),
            ("db1/15/main", "db1/15/main", "<host>/<thing lost>"),
        ),
        (of(&[], None, &[], true, &["cron"]), ("db1/*", "db1/*", "<host>/*")),
        (of(&[], None, &[], false, &[]), ("db1", "db1", "<host>")),
    ] {
        let (phrase, variable, pattern) = want;
        assert_eq!(got, (phrase.to_owned(), variable.to_owned(), pattern.to_owned()));
    }
    // A name with blanks or letters of other alphabets answers as people write it, and as it is spelt without them.
    for (name, spelt) in
        [("srv/My Documents", "db1/srv/My\\u{20}Documents"), ("srv/größe", "db1/srv/gr\\u{f6}\\u{df}e")]
    {
        let lost = owned(&[name]);
        let c = host_challenge(&target, None, &HostScope { lost: &lost, ..HostScope::default() });
        let natural = format!("db1/{name}");
        assert_eq!((c.phrase.as_str(), c.shown()), (spelt, natural.as_str()));
        assert!(c.accepts(natural.as_bytes()) && c.accepts(spelt.as_bytes()) && !c.accepts(b"db1/srv/My"));
    }
    let lost = owned(&["srv/a\u{202e}b c"]);
    let c = host_challenge(&target, None, &HostScope { lost: &lost, ..HostScope::default() });
    assert_eq!(c.shown(), c.phrase, "what may be read as something else is written out");
    let stops = owned(&["cron"]);
    let all = HostScope { lost: &lost, whole: Some(""), ..HostScope::default() };
    let c = host_challenge(&target, None, &all);
    assert_eq!((c.phrase.as_str(), c.pattern().as_str()), ("db1/*", "<host>/*"));
    let c = host_challenge(&target, None, &HostScope { whole: Some("shop"), ..all });
    assert_eq!((c.phrase.as_str(), c.pattern().as_str()), ("db1/shop/*", "<host>/<project>/*"));
    let c = host_challenge(&target, None, &HostScope { stops: &stops, ..HostScope::default() });
    assert!(c.was_formerly(b"db1", "db1") && c.was_formerly(b"disrupt db1", "db1"));
    assert!(c.accepts_variable(b"db1/cron", Effect::Disrupt) && !c.accepts_variable(b"db1", Effect::Disrupt));
    assert!(c.accepts_variable(b"disrupt db1/cron", Effect::Disrupt));
    assert!(c.accepts(b"db1"));
}

#[test]
fn nothing_asked_for_is_longer_than_a_person_types() {
    let long = "n".repeat(200);
    let mut t = target("c", &long, "https://h:1");
    t.cluster = Some(Sourced::new(long.clone(), Source::Default));
    for names in [vec!["shop".to_owned()], vec![long.clone(), "shop".to_owned()]] {
        for whole in [true, false] {
            let got = challenge(&t, None, &Scope::Namespaces { names: names.clone(), whole }).phrase;
            assert!(got.len() <= LONGEST && got.contains('~'), "{got}");
        }
    }
    // A short name stays whole beside a long one.
    let got = challenge(&t, None, &Scope::Namespaces { names: vec!["shop".into()], whole: true }).phrase;
    assert!(got.ends_with("/shop/*"), "{got}");
}
