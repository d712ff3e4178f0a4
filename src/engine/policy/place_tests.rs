//! What a target is: by identity, by name, by address.

use crate::engine::aws::AwsTarget;
use crate::engine::fact::{Known, Source, Sourced, Why};
use crate::engine::kube::KubeTarget;
use crate::engine::policy::place::{
    IdKind, Identity, Place, Seen, classify_target, host_of, is_local, naming_hint,
};
use crate::engine::policy::{Layer, Merged, Policy};
use crate::engine::target::Environment;
use crate::engine::target::Environment::{Development, Production, Staging, Unclassified};

fn seen(ids: &[(IdKind, &str)]) -> Seen {
    Seen { identities: ids.iter().map(|(k, v)| Identity::new(*k, *v)).collect(), ..Seen::default() }
}

fn at(context: &str, server: &str) -> Seen {
    seen(&[(IdKind::Context, context), (IdKind::Cluster, context), (IdKind::Server, server)])
}

#[test]
fn local_takes_a_name_and_an_address() {
    for (context, server, want) in [
        ("kind-ci", "https://127.0.0.1:41003", true),
        ("kind-ci", "https://[::1]:41003", true),
        ("kind-ci", "https://localhost:41003", true),
        ("kind-ci", "https://10.0.3.12:6443", false),
        ("kind-ci", "https://127.0.0.1.example.com", false),
        ("default", "https://127.0.0.1:6443", false),
        // k3d writes the unspecified address, which connects to this machine.
        ("k3d-a", "https://0.0.0.0:6550", true),
        ("minikube", "https://192.168.49.2:8443", true),
        ("minikube", "https://192.168.49.2.example.com:8443", false),
        ("minikube", "https://10.0.0.1:8443", false),
        ("docker-desktop", "https://kubernetes.docker.internal:6443", true),
        ("orbstack", "https://k8s.orb.local:26443", true),
        ("kindly", "https://127.0.0.1:6443", false),
    ] {
        assert_eq!(is_local(&at(context, server)), want, "{context} {server}");
    }
    // A context that somebody called so does not make another cluster local, nor does the entry alone.
    let mixed = |context, cluster| {
        seen(&[
            (IdKind::Context, context),
            (IdKind::Cluster, cluster),
            (IdKind::Server, "https://127.0.0.1:6443"),
        ])
    };
    assert!(!is_local(&mixed("kind-dev", "main")));
    assert!(!is_local(&mixed("main", "kind-dev")));
    assert!(!is_local(&mixed("kind-a", "k3d-a")));
}

#[test]
fn names_hint_by_whole_segments() {
    for (name, want) in [
        ("prod-eu", Some(Production)),
        ("eu_PROD_1", Some(Production)),
        ("arn:aws:eks:eu-west-1:1:cluster/live", Some(Production)),
        ("prod2", Some(Production)),
        ("prd.example.com", Some(Production)),
        ("delivery", None),
        ("product-team", None),
        ("preprod", Some(Staging)),
        ("pre-prod-eu", Some(Staging)),
        ("non-prod", Some(Staging)),
        ("staging", Some(Staging)),
        ("dev", None),
        ("", None),
    ] {
        assert_eq!(naming_hint(name).map(|(e, _)| e), want, "{name}");
    }
}

#[test]
fn without_policy_names_only_raise() {
    for (context, server, want) in [
        ("work", "https://10.0.3.12:6443", Unclassified),
        ("work", "https://api.prod.example.com", Production),
        ("preprod", "https://10.0.3.12:6443", Unclassified),
        ("kind-ci", "https://127.0.0.1:1", Development),
        ("kind-preprod", "https://127.0.0.1:1", Staging),
        ("kind-prod", "https://127.0.0.1:1", Production),
    ] {
        assert_eq!(classify_target(&at(context, server), &Merged::default()).environment, want, "{context}");
    }
}

fn place(environment: Environment, ids: &[(IdKind, &str)]) -> Place {
    Place {
        name: Some("main".to_owned()),
        environment: Some(environment),
        identity: ids.iter().map(|(k, v)| (*k, vec![(*v).to_owned()])).collect(),
        line: Some(7),
    }
}

fn user(places: Vec<Place>) -> Merged {
    Merged { user: Some(Policy { places, ..Policy::empty(Layer::User, "policy.yaml") }), ..Merged::default() }
}

#[test]
fn lowering_takes_every_identity_and_raising_any() {
    let both = [(IdKind::Server, "*.try.example.com"), (IdKind::Uid, "ABC")];
    let easy = user(vec![place(Development, &both)]);
    let hard = user(vec![place(Production, &both)]);
    let full = seen(&[(IdKind::Server, "https://api.try.example.com:6443"), (IdKind::Uid, "abc")]);
    let no_uid = seen(&[(IdKind::Server, "https://api.try.example.com:6443")]);
    let other_uid = seen(&[(IdKind::Server, "https://api.try.example.com:6443"), (IdKind::Uid, "xyz")]);
    let by_uid = seen(&[(IdKind::Server, "https://tunnel"), (IdKind::Uid, "abc")]);
    for (seen, easy_env, hard_env, name) in [
        (&full, Development, Production, Some("main")),
        (&no_uid, Unclassified, Production, Some("main")),
        (&other_uid, Unclassified, Production, None),
        (&by_uid, Unclassified, Production, None),
    ] {
        assert_eq!(classify_target(seen, &easy).environment, easy_env);
        let hard = classify_target(seen, &hard);
        assert_eq!(hard.environment, hard_env);
        assert_eq!(hard.name.as_deref(), name, "{seen:?}");
        assert_eq!(hard.because, "policy.yaml:7");
    }
}

/// Many clusters have one CA; a uid tells them apart, as long as it is known.
#[test]
fn a_shared_ca_says_nothing_of_a_cluster_that_is_another_one() {
    let prod = place(
        Production,
        &[(IdKind::Server, "https://10.9.9.9:6443"), (IdKind::Uid, "1111"), (IdKind::Ca, "aa")],
    );
    let lab = place(
        Development,
        &[(IdKind::Server, "https://10.1.1.1:6443"), (IdKind::Uid, "2222"), (IdKind::Ca, "aa")],
    );
    let policy = user(vec![prod, lab]);
    let is = |ids: &[(IdKind, &str)]| classify_target(&seen(ids), &policy).environment;
    let server = (IdKind::Server, "https://10.1.1.1:6443");
    assert_eq!(is(&[server, (IdKind::Uid, "2222"), (IdKind::Ca, "aa")]), Development);
    assert_eq!(is(&[server, (IdKind::Ca, "aa")]), Production, "without the uid it may be either");
    assert_eq!(
        is(&[(IdKind::Server, "https://tunnel"), (IdKind::Uid, "1111"), (IdKind::Ca, "aa")]),
        Production
    );
}

#[test]
fn servers_match_by_url_or_by_host() {
    for (pattern, server, want) in [
        ("https://10.0.3.12:6443", "https://10.0.3.12:6443/", true),
        ("https://api.example.com", "HTTPS://API.example.com:443", true),
        ("https://api.example.com", "https://api.example.com:6443", false),
        ("https://api.example.com", "https://api.example.com/k8s/clusters/c-1", false),
        ("*.example.com", "https://api.example.com:6443", true),
        ("api.example.com:6443", "https://api.example.com:6443", true),
        ("*.example.com", "https://example.com.evil.org", false),
        ("10.0.3.12", "https://10.0.3.12:6443/x", true),
        ("*.example.com", "https://a.example.com@evil.org", false),
    ] {
        assert_eq!(IdKind::Server.matches(pattern, server), want, "{pattern} {server}");
    }
    assert_eq!(host_of("https://[fd00::1]:6443/x"), "fd00::1");
    assert!(IdKind::Ca.matches("sha256:AB:CD", "abcd"));
}

#[test]
fn a_kubernetes_target_knows_its_identities_and_what_it_could_not_learn() {
    let mut target = KubeTarget::at(
        Sourced::new("https://10.0.3.12:6443".to_owned(), Source::Default),
        Sourced::new("default".to_owned(), Source::Default),
    );
    assert_eq!(target.seen().unknown, vec![IdKind::Uid]);
    target.uid = Known::Known("u".to_owned());
    target.context = Some(Sourced::new("work".to_owned(), Source::Default));
    let seen = target.seen();
    assert!(seen.unknown.is_empty());
    assert!(seen.identities.contains(&Identity::new(IdKind::Uid, "u")));
    assert!(seen.identities.contains(&Identity::new(IdKind::Context, "work")));
}

#[test]
fn a_region_narrows_an_account_and_says_nothing_alone() {
    let entry = |name: &str, environment, region: Option<&str>| Place {
        name: Some(name.to_owned()),
        environment: Some(environment),
        identity: std::iter::once((IdKind::Account, vec!["111111111111".to_owned()]))
            .chain(region.map(|r| (IdKind::Region, vec![r.to_owned()])))
            .collect(),
        line: None,
    };
    let policy = |places| Merged {
        user: Some(Policy { places, ..Policy::empty(Layer::User, "p") }),
        ..Merged::default()
    };
    let parts = policy(vec![
        entry("acme-eu", Production, Some("eu-*")),
        entry("acme-us", Staging, Some("us-east-1")),
    ]);
    let at = |account, region: Option<&'static str>| {
        let mut ids = vec![(IdKind::Account, account)];
        ids.extend(region.map(|r| (IdKind::Region, r)));
        let place = classify_target(&seen(&ids), &parts);
        (place.environment, place.name)
    };
    let named = |name: &str| Some(name.to_owned());
    assert_eq!(at("111111111111", Some("eu-west-1")), (Production, named("acme-eu")));
    assert_eq!(at("111111111111", Some("us-east-1")), (Staging, named("acme-us")));
    assert_eq!(at("111111111111", Some("ap-east-1")), (Unclassified, None));
    // Services without regions: the most severe part counts.
    assert_eq!(at("111111111111", None), (Production, named("acme-eu")));
    // Somebody else's account in the same region.
    assert_eq!(at("222222222222", Some("eu-west-1")), (Unclassified, None));
    let whole = policy(vec![entry("acme", Development, None)]);
    let other = classify_target(&seen(&[(IdKind::Account, "acme"), (IdKind::Region, "eu-west-1")]), &whole);
    assert_eq!(other.environment, Unclassified);
}

#[test]
fn an_endpoint_of_somebody_else_is_what_the_policy_says_of_it() {
    let target = |account: Known<String>| AwsTarget {
        endpoint: Some(Sourced::new("https://minio.lab:9000".to_owned(), Source::Default)),
        account,
        ..AwsTarget::default()
    };
    let none = || Known::Unknown(Why::Unsupported);
    let entry = |kind: IdKind, pattern: &str, environment: Environment| Place {
        name: None,
        environment: Some(environment),
        identity: vec![(kind, vec![pattern.to_owned()])],
        line: None,
    };
    let judged =
        |target: &AwsTarget, places: Vec<Place>| classify_target(&target.seen(), &user(places)).environment;
    for (pattern, want) in [
        ("minio.lab:9000", Development),
        ("MINIO.lab", Development),
        ("*.lab", Development),
        ("https://minio.lab:9000", Development),
        ("minio.lab:9001", Unclassified),
        ("http://minio.lab:9000", Unclassified),
    ] {
        assert_eq!(
            judged(&target(none()), vec![entry(IdKind::Endpoint, pattern, Development)]),
            want,
            "{pattern}"
        );
    }
    // The account that AWS knows the keys by makes it worse and never better.
    let known = target(Known::Known("111111111111".into()));
    let both = vec![
        entry(IdKind::Endpoint, "*.lab", Development),
        entry(IdKind::Account, "111111111111", Production),
    ];
    assert_eq!(judged(&known, both.clone()), Production);
    assert_eq!(judged(&target(none()), both), Development);
    assert_eq!(judged(&known, vec![entry(IdKind::Account, "111111111111", Development)]), Unclassified);
    // What could not be learnt may be any account.
    assert!(target(Known::Unknown(Why::TimedOut)).seen().unknown.contains(&IdKind::Account));
    assert!(!target(none()).seen().unknown.contains(&IdKind::Account));
}
