//! What a target is: by identity, by name, by address.

use crate::engine::aws::AwsTarget;
use crate::engine::fact::{Known, Source, Sourced, Why};
use crate::engine::kube::KubeTarget;
use crate::engine::policy::place::{
    IdKind, Identity, Place, Seen, classify_target, host_of, is_everywhere, is_local, naming_hint,
};
use crate::engine::policy::{Layer, Merged, Policy};
use crate::engine::target::Environment;
use crate::engine::target::Environment::{Development, Production, Staging, Unclassified};
use crate::engine::tool::TargetKind;

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
        of: TargetKind::Cluster,
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
        of: TargetKind::Account,
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
        of: TargetKind::Account,
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

const ID: &str = "7TRN:IPZB:QYBB:VPBQ:UMPP:KARE:6ZNR:XE6T:7EWV:PKF4:ZOJD:TPYS";
const SOCKET: &str = "unix:///var/run/docker.sock";

/// A daemon with this ID, heard at this endpoint on this machine; sockets and loopback addresses prove nothing.
fn daemon(id: Option<&str>, endpoint: &str, host: &str) -> Seen {
    let mut seen = seen(&[(IdKind::Endpoint, endpoint), (IdKind::Host, host)]);
    seen.of = Some(TargetKind::Daemon);
    match id {
        Some(id) => seen.identities.push(Identity::new(IdKind::Daemon, id)),
        None => seen.unknown.push(IdKind::Daemon),
    }
    if is_everywhere(endpoint) {
        seen.unknown.push(IdKind::Endpoint);
    }
    seen
}

fn entry(of: TargetKind, environment: Environment, ids: &[(IdKind, &str)]) -> Place {
    Place { of, ..place(environment, ids) }
}

#[test]
fn a_daemon_is_known_by_its_id_its_endpoint_and_its_machine() {
    let id = ID.to_ascii_lowercase();
    for (ids, want) in [
        (&[(IdKind::Daemon, id.as_str())][..], true),
        (&[(IdKind::Daemon, &id[..54])], false),
        (&[(IdKind::Endpoint, "ssh://root@DB1:22")], true),
        (&[(IdKind::Endpoint, "db1")], true),
        (&[(IdKind::Endpoint, "ssh://db1")], false),
        (&[(IdKind::Endpoint, "tcp://db1")], false),
        (&[(IdKind::Host, "db*")], true),
        (&[(IdKind::Daemon, &id), (IdKind::Endpoint, "db1"), (IdKind::Host, "db1")], true),
        (&[(IdKind::Daemon, &id), (IdKind::Host, "db2")], false),
    ] {
        let easy = user(vec![entry(TargetKind::Daemon, Development, ids)]);
        let classified = classify_target(&daemon(Some(ID), "ssh://root@db1", "db1"), &easy);
        assert_eq!(classified.environment == Development, want, "{ids:?}");
        assert_eq!(classified.name.is_some(), want, "{ids:?}");
    }
    assert!(!IdKind::Endpoint.matches("tcp://db1:443", "tcp://db1"));
    // An ID is no name, whatever stands in it.
    let odd = classify_target(&daemon(Some("prod"), SOCKET, "ci1"), &Merged::default());
    assert_eq!(odd.environment, Unclassified);
}

#[test]
fn a_socket_alone_proves_nothing() {
    for endpoint in [
        SOCKET,
        "unix:///run/user/1000/docker.sock",
        "npipe:////./pipe/docker_engine",
        "tcp://127.0.0.1:2375",
        "tcp://[::1]:2376",
        "ssh://root@LOCALHOST",
    ] {
        assert!(is_everywhere(endpoint), "{endpoint}");
        let here = daemon(Some(ID), endpoint, "ci1");
        let easy = |ids: &[(IdKind, &str)]| user(vec![entry(TargetKind::Daemon, Development, ids)]);
        let is = |policy: &Merged| {
            let classified = classify_target(&here, policy);
            (classified.environment, classified.name.is_some())
        };
        assert_eq!(is(&easy(&[(IdKind::Endpoint, endpoint)])), (Unclassified, false), "{endpoint}");
        assert_eq!(is(&easy(&[(IdKind::Endpoint, endpoint), (IdKind::Daemon, ID)])), (Development, true));
        assert_eq!(is(&easy(&[(IdKind::Endpoint, endpoint), (IdKind::Host, "ci1")])), (Development, true));
        assert_eq!(
            is(&easy(&[(IdKind::Endpoint, endpoint), (IdKind::Daemon, "other")])),
            (Unclassified, false)
        );
        // Nor does it say that this is production, where the ID says that it is another one.
        let hard = |ids: &[(IdKind, &str)]| user(vec![entry(TargetKind::Daemon, Production, ids)]);
        assert_eq!(
            is(&hard(&[(IdKind::Endpoint, endpoint), (IdKind::Daemon, "other")])),
            (Unclassified, false)
        );
        assert_eq!(is(&hard(&[(IdKind::Endpoint, endpoint)])), (Production, false));
        // It is no other daemon for it: by its ID it has its name, wherever it is called from.
        assert_eq!(is(&hard(&[(IdKind::Endpoint, "ssh://db1"), (IdKind::Daemon, ID)])), (Production, true));
    }
    for endpoint in
        ["ssh://root@db1", "tcp://10.0.0.9:2376", "db1:2376", "*.example.com", "tcp://localhost.example.com"]
    {
        assert!(!is_everywhere(endpoint), "{endpoint}");
    }
    assert!(is_everywhere("/var/run/docker.sock") && is_everywhere("localhost:2375"));
}

#[test]
fn an_id_that_could_not_be_learnt_may_be_any() {
    let policy = user(vec![
        entry(TargetKind::Machine, Development, &[(IdKind::Host, "ci1")]),
        entry(TargetKind::Daemon, Production, &[(IdKind::Daemon, ID)]),
    ]);
    let is = |id: Option<&str>| {
        let classified = classify_target(&daemon(id, SOCKET, "ci1"), &policy);
        (classified.environment, classified.because)
    };
    assert_eq!(is(Some("other")), (Development, "policy.yaml:7".to_owned()));
    assert_eq!(is(Some(ID)), (Production, "policy.yaml:7".to_owned()));
    assert_eq!(is(None), (Production, "policy.yaml:7, as the daemon's ID could not be learnt".to_owned()));
    // What has none cannot be this one.
    let mut none = daemon(None, SOCKET, "ci1");
    none.unknown.clear();
    assert_eq!(classify_target(&none, &policy).environment, Development);
}

#[test]
fn what_may_be_it_stands_before_what_is_proven_and_milder() {
    let policy = user(vec![
        entry(TargetKind::Machine, Development, &[(IdKind::Host, "prod-x")]),
        entry(TargetKind::Daemon, Unclassified, &[(IdKind::Daemon, ID), (IdKind::Endpoint, "ssh://db1")]),
    ]);
    let is = |id: Option<&str>| classify_target(&daemon(id, SOCKET, "prod-x"), &policy).environment;
    // What is only hinted at lets the name of the machine count.
    assert_eq!((is(Some(ID)), is(None), is(Some("other"))), (Production, Production, Development));
}

#[test]
fn what_is_said_of_a_daemon_makes_nothing_else_milder() {
    let host = |of| Seen { of: Some(of), ..seen(&[(IdKind::Host, "ci1")]) };
    let of_machine =
        |environment| user(vec![entry(TargetKind::Machine, environment, &[(IdKind::Host, "ci1")])]);
    let of_daemon =
        |environment| user(vec![entry(TargetKind::Daemon, environment, &[(IdKind::Host, "ci1")])]);
    for (seen, policy, want) in [
        // The machine's word holds for what runs on it.
        (host(TargetKind::Daemon), of_machine(Development), (Development, true)),
        (host(TargetKind::Daemon), of_machine(Production), (Production, true)),
        (host(TargetKind::Daemon), of_daemon(Development), (Development, true)),
        // The daemon's does not make the machine milder, nor give it a name.
        (host(TargetKind::Machine), of_daemon(Development), (Unclassified, false)),
        (host(TargetKind::Machine), of_daemon(Production), (Production, false)),
    ] {
        let classified = classify_target(&seen, &policy);
        assert_eq!((classified.environment, classified.name.is_some()), want, "{seen:?} {policy:?}");
    }
    // Somebody's object store is not the daemon at the same address.
    let at = |of| Seen { of: Some(of), ..seen(&[(IdKind::Endpoint, "tcp://a.lab:2376")]) };
    for (of, list, want) in [
        (TargetKind::Daemon, TargetKind::Account, Unclassified),
        (TargetKind::Account, TargetKind::Daemon, Unclassified),
        (TargetKind::Account, TargetKind::Account, Development),
    ] {
        let policy = user(vec![entry(list, Development, &[(IdKind::Endpoint, "*.lab")])]);
        assert_eq!(classify_target(&at(of), &policy).environment, want, "{of:?} {list:?}");
    }
}
