//! What was not seen is never taken for the narrow case: taking any fact away never weakens the decision, never narrows
//! the phrase; an object in a file counts like the same object in words.

use crate::cases::cases;
use crate::decide_laws::{merged, situation};
use guard::engine::challenge::Challenge;
use guard::engine::classify::classify;
use guard::engine::decide::decide;
use guard::engine::effect::Effect;
use guard::engine::fact::{Known, Source, Sourced, Why};
use guard::engine::grammar::cobra::parse;
use guard::engine::impact::{Consequence, Impact, KindScope, Subject};
use guard::engine::kube::KubeTarget;
use guard::engine::kube::documents::Documents;
use guard::engine::kube::kubectl;
use guard::engine::kube::reach;
use guard::engine::policy::Merged;
use guard::engine::policy::place::IdKind;
use guard::engine::situation::{Actor, Object, Situation, Whole};
use guard::engine::tool::kind_of;
use guard::engine::trail::Moved;
use guard::family::judge::Outcome;
use guard::family::kube::weigh::Stage;
use proptest::prelude::*;
use proptest::sample::select;

/// An object of a generated cluster: kind, group, the word of the command line, namespace, name.
#[derive(Clone, Debug)]
struct Thing {
    kind: &'static str,
    version: &'static str,
    word: &'static str,
    namespace: Option<&'static str>,
    name: &'static str,
}

impl Thing {
    fn group(&self) -> &'static str {
        self.version.split_once('/').map_or("", |(group, _)| group)
    }

    fn document(&self) -> String {
        let namespace = self.namespace.map(|ns| format!(", namespace: {ns}")).unwrap_or_default();
        format!(
            "apiVersion: {}\nkind: {}\nmetadata: {{name: {}{namespace}}}\n",
            self.version, self.kind, self.name
        )
    }

    fn subject(&self) -> Subject {
        Subject {
            kind: self.kind.to_owned(),
            group: self.group().to_owned(),
            resource: self.word.to_owned(),
            name: self.name.to_owned(),
            namespace: self.namespace.map(str::to_owned),
            labels: vec![("tier".to_owned(), "critical".to_owned())],
            ..Subject::default()
        }
    }
}

/// Kinds: built in, cluster-scoped, a namespace, and two nobody knows by words.
const KINDS: &[(&str, &str, &str, bool)] = &[
    ("Pod", "v1", "pods", true),
    ("Deployment", "apps/v1", "deploy", true),
    ("StatefulSet", "apps/v1", "statefulsets", true),
    ("PersistentVolumeClaim", "v1", "pvc", true),
    ("Namespace", "v1", "ns", false),
    ("PersistentVolume", "v1", "pv", false),
    ("CustomResourceDefinition", "apiextensions.k8s.io/v1", "crd", false),
    ("Certificate", "cert-manager.io/v1", "certificates", true),
    ("ClusterIssuer", "cert-manager.io/v1", "clusterissuers.cert-manager.io", false),
];

fn thing() -> impl Strategy<Value = Thing> {
    let kind = select(KINDS.to_vec());
    (kind, select(vec!["shop", "prod-db", "default"]), select(vec!["a", "b1", "shop", "prod-db"])).prop_map(
        |((kind, version, word, namespaced), namespace, name)| Thing {
            kind,
            version,
            word,
            namespace: namespaced.then_some(namespace),
            name,
        },
    )
}

/// One command on things, in words or by a file.
#[derive(Clone, Debug)]
struct Case {
    words: Vec<String>,
    things: Vec<Thing>,
    from_file: bool,
}

const VERBS: &[&[&str]] = &[
    &["delete"],
    &["delete", "--force"],
    &["scale", "--replicas=0"],
    &["annotate", "x=y", "--overwrite"],
    &["label", "x-"],
    &["patch", "-p", "{}"],
    &["rollout", "restart"],
];

/// The words for one thing.
fn worded(verb: &[&str], thing: &Thing) -> Vec<String> {
    let flags = verb.iter().skip(1).filter(|w| w.starts_with('-') || **w == "{}");
    let (head, tail): (Vec<&str>, Vec<&str>) = match verb {
        ["rollout", sub] => (vec!["rollout", sub], vec![]),
        [name, rest @ ..] => (
            vec![name],
            rest.iter().copied().filter(|w| w.contains('=') && !w.starts_with('-') || *w == "x-").collect(),
        ),
        [] => (vec![], vec![]),
    };
    let mut words: Vec<String> = head.into_iter().map(str::to_owned).collect();
    words.extend([thing.word.to_owned(), thing.name.to_owned()]);
    words.extend(tail.into_iter().map(str::to_owned));
    words.extend(flags.map(|f| (*f).to_owned()));
    words.extend(thing.namespace.iter().map(|ns| format!("--namespace={ns}")));
    words
}

fn filed(verb: &[&str]) -> Vec<String> {
    let mut words: Vec<String> = verb.iter().map(|w| (*w).to_owned()).collect();
    words.extend(["-f".to_owned(), "app.yaml".to_owned()]);
    words
}

fn case() -> impl Strategy<Value = Case> {
    let verb = select(VERBS.to_vec());
    let file_only =
        select(vec![&["apply"][..], &["replace", "--force"], &["create"], &["apply", "--prune", "--all"]]);
    let things = || proptest::collection::vec(thing(), 1..4);
    prop_oneof![
        (verb.clone(), thing()).prop_map(|(verb, thing)| Case {
            words: worded(verb, &thing),
            things: vec![thing],
            from_file: false,
        }),
        (verb, things()).prop_map(|(verb, things)| Case { words: filed(verb), things, from_file: true }),
        (file_only, things()).prop_map(|(verb, things)| Case { words: filed(verb), things, from_file: true }),
        (select(vec!["pods", "deploy", "ns", "pv", "certificates"]), select(vec!["--all", "-l=app=x", "-A"]))
            .prop_map(|(word, how)| {
                let mut words: Vec<String> = ["delete", word, how].map(str::to_owned).to_vec();
                words.extend((how == "-A").then(|| "--all".to_owned()));
                Case { words, things: Vec::new(), from_file: false }
            }),
        select(vec![
            "/api/v1/namespaces/shop/pods",
            "/api/v1/namespaces/shop/pods/a",
            "/api/v1/namespaces/shop",
            "/api/v1/pods",
            "/api/v1/nodes/n",
        ])
        .prop_map(|path| Case {
            words: ["delete", "--raw", path].map(str::to_owned).to_vec(),
            things: Vec::new(),
            from_file: false
        }),
    ]
}

fn documents(case: &Case) -> Documents {
    let mut documents = Documents::default();
    if case.from_file {
        let text: Vec<String> = case.things.iter().map(Thing::document).collect();
        documents.add("app.yaml", text.join("---\n").as_bytes());
    }
    documents
}

fn target() -> KubeTarget {
    let of = |v: &str| Sourced::new(v.to_owned(), Source::Default);
    let mut target = KubeTarget::at(of("https://10.0.0.1:6443"), of("default"));
    target.cluster = Some(of("main"));
    target.context = Some(of("main"));
    target.uid = Known::Known("4c2f9a1e".to_owned());
    target
}

/// Everything the live system says about it.
fn facts(case: &Case, lowered: Option<Effect>) -> Impact {
    let mut impact = Impact {
        subjects: case.things.iter().map(Thing::subject).collect(),
        subjects_total: case.things.len() as u64,
        ..Impact::default()
    };
    for thing in &case.things {
        let word =
            if case.from_file { format!("{}.{}", thing.kind, thing.group()) } else { thing.word.to_owned() };
        impact.kinds.push(KindScope { word, namespaced: thing.namespace.is_some() });
    }
    impact.whole_scope = case.words.first().is_some_and(|w| w == "delete")
        && case.things.iter().any(|t| matches!(t.kind, "Namespace" | "CustomResourceDefinition"));
    if let Some(effect) = lowered {
        impact.consequences.push(Consequence { effect, raises: false, because: "a controller".to_owned() });
    }
    impact
}

/// A fact that is taken away.
#[derive(Clone, Debug)]
enum Missing {
    /// The live system was not asked, or said nothing.
    Everything,
    /// One object could not be read.
    Subject(usize),
    /// The labels of one.
    Labels(usize),
    /// Which kinds live in namespaces.
    Kinds,
    /// What lowers the effect.
    Lowering,
    /// A document could not be read, nor what it names.
    Document(usize),
    /// Something else: volumes, owned objects.
    Other,
    /// The cluster's identity.
    Uid,
}

fn missing() -> impl Strategy<Value = Missing> {
    prop_oneof![
        Just(Missing::Everything),
        (0..3_usize).prop_map(Missing::Subject),
        (0..3_usize).prop_map(Missing::Labels),
        Just(Missing::Kinds),
        Just(Missing::Lowering),
        (0..3_usize).prop_map(Missing::Document),
        Just(Missing::Other),
        Just(Missing::Uid),
    ]
}

fn without(missing: &Missing, documents: &mut Documents, target: &mut KubeTarget, impact: &mut Impact) {
    match missing {
        Missing::Everything => {
            *impact = Impact::default();
            impact.gap("the cluster", Why::TimedOut);
            if !documents.objects.is_empty() {
                (impact.subjects, impact.subjects_total) = reach::subjects(documents, target, impact);
            }
        }
        Missing::Subject(at) if *at < impact.subjects.len() => {
            impact.subjects.remove(*at);
            impact.gap("one object", Why::Forbidden);
        }
        Missing::Labels(at) if *at < impact.subjects.len() => {
            impact.subjects[*at].labels.clear();
            impact.subjects[*at].labels_unknown = true;
        }
        Missing::Kinds => {
            impact.kinds.clear();
            impact.gap("what kinds of objects there are", Why::TimedOut);
        }
        Missing::Lowering => impact.consequences.retain(|c| c.raises),
        Missing::Document(at) if *at < documents.objects.len() => {
            let gone = documents.objects.remove(*at);
            documents.leave("document 1 of app.yaml".to_owned(), Why::Failed("broken".to_owned()), false);
            impact.subjects.retain(|s| s.kind != gone.kind() || s.name != gone.name());
            impact.subjects_total = impact.subjects.len() as u64;
            impact.gap("document 1 of app.yaml", Why::Failed("broken".to_owned()));
        }
        Missing::Other => impact.gap("volumes", Why::Forbidden),
        Missing::Uid => target.uid = Known::Unknown(Why::TimedOut),
        Missing::Subject(_) | Missing::Labels(_) | Missing::Document(_) => {}
    }
}

fn outcome(
    words: &[String],
    documents: &Documents,
    target: &KubeTarget,
    impact: &Impact,
    policy: &Merged,
    probed: bool,
) -> Outcome {
    let words: Vec<&[u8]> = words.iter().map(|w| w.as_bytes()).collect();
    let parsed = parse(&kubectl::TABLE, &words);
    Stage {
        tool: "kubectl",
        parsed: &parsed,
        effect: classify(b"kubectl", &words).effect,
        documents,
        policy,
        interactive: true,
        actor: Actor::Human,
        moved: Moved::No,
    }
    .decide(Some(target), impact, probed)
}

/// How much a phrase answers for, as the table of phrases has it.
#[derive(Debug)]
struct Reaches<'a> {
    everything: bool,
    cluster: bool,
    namespaces: Vec<&'a str>,
    whole: bool,
}

fn reaches(challenge: &Challenge) -> Reaches<'_> {
    let rest = challenge.phrase.strip_prefix("main").unwrap();
    let everything = rest == "/*";
    let (list, whole) = rest.strip_suffix("/*").map_or((rest, false), |r| (r, true));
    let namespaces: Vec<&str> = list.strip_prefix('/').map(|l| l.split(',').collect()).unwrap_or_default();
    Reaches { everything, cluster: rest.is_empty(), namespaces, whole }
}

/// Whether whoever typed `wide` has answered at least for what `narrow` names.
fn covers(wide: &Challenge, narrow: &Challenge) -> bool {
    let (wide, narrow) = (reaches(wide), reaches(narrow));
    if wide.everything {
        return true;
    }
    !narrow.everything
        && wide.cluster == narrow.cluster
        && narrow.namespaces.iter().all(|n| wide.namespaces.contains(n))
        && (wide.whole || !narrow.whole)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(1024), max_global_rejects: cases(16384), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn taking_a_fact_away_never_weakens_the_decision_nor_narrows_the_phrase(
        case in case(),
        policy in merged(),
        lowered in proptest::option::of(select(vec![Effect::Disrupt, Effect::Mutate])),
        taken in proptest::collection::vec(missing(), 1..3),
    ) {
        let (mut documents, mut target) = (documents(&case), target());
        let mut impact = facts(&case, lowered);
        let with = outcome(&case.words, &documents, &target, &impact, &policy, true);
        for one in &taken {
            without(one, &mut documents, &mut target, &mut impact);
        }
        let now = outcome(&case.words, &documents, &target, &impact, &policy, true);
        prop_assert!(
            now.decision.strength() >= with.decision.strength(),
            "{:?}\n{:?}\n{:?}\n{:?}\n{:?}", case, with.decision, now.decision, with.situation, now.situation
        );
        prop_assert!(covers(&now.challenge, &with.challenge), "{:?} {:?} {:?}", case, with.challenge, now.challenge);
    }

    /// What passes before the live system was asked passes with its answers, too.
    #[test]
    fn a_pass_without_facts_is_a_pass_with_them(
        case in case(),
        policy in merged(),
        lowered in proptest::option::of(select(vec![Effect::Disrupt, Effect::Mutate])),
    ) {
        let (documents, target) = (documents(&case), target());
        let before = outcome(&case.words, &documents, &target, &Impact::default(), &policy, false);
        let after = outcome(&case.words, &documents, &target, &facts(&case, lowered), &policy, true);
        prop_assert!(before.decision.strength() >= after.decision.strength(), "{:?} {:?} {:?}", case, before.decision, after.decision);
        prop_assert!(covers(&before.challenge, &after.challenge), "{:?} {:?} {:?}", case, before.challenge, after.challenge);
    }

    #[test]
    fn an_object_in_a_file_counts_like_the_same_object_in_words(
        verb in select(VERBS.to_vec()),
        thing in thing(),
        policy in merged(),
        seen in any::<bool>(),
    ) {
        let case = |words, from_file| Case { words, things: vec![thing.clone()], from_file };
        let (words, file) = (case(worded(verb, &thing), false), case(filed(verb), true));
        let of = |case: &Case, here: &str| {
            let mut target = target();
            target.namespace.value = here.to_owned();
            let impact = if seen { facts(case, None) } else { Impact::default() };
            outcome(&case.words, &documents(case), &target, &impact, &policy, seen)
        };
        let words = of(&words, thing.namespace.unwrap_or("default"));
        let file = of(&file, "default");
        prop_assert!(
            file.decision.strength() >= words.decision.strength(),
            "{:?} {:?}\n{:?}\n{:?}\n{:?}\n{:?}", verb, thing, words.decision, file.decision, words.situation, file.situation
        );
        prop_assert!(covers(&file.challenge, &words.challenge), "{:?} {:?}", words.challenge, file.challenge);
    }

    /// The same for whatever a rule can look at.
    #[test]
    fn a_situation_of_which_less_is_known_is_never_decided_milder(s in situation(), m in merged(), which in 0..9_usize, at in 0..4_usize) {
        // No cluster is an account.
        let mut s = s;
        let domain = kind_of(&s.tool);
        let own = |kind: IdKind| domain.is_none_or(|domain| kind.is_of(domain));
        s.identities.retain(|identity| own(identity.kind));
        s.unknown_identities.retain(|kind| own(*kind));
        let mut less: Situation = s.clone();
        // What is said to be complete is; the generated objects lie in the namespaces that are named.
        for object in &s.objects {
            s.namespaces.extend(object.namespace.clone());
        }
        less.namespaces.clone_from(&s.namespaces);
        let object = |s: &mut Situation, change: &dyn Fn(&mut Object)| {
            if let Some(object) = s.objects.get_mut(at) {
                change(object);
            }
        };
        match which {
            0 => object(&mut less, &|o| o.labels = None),
            1 => {
                object(&mut less, &|o| o.name = None);
                less.objects_complete = false;
            }
            2 if at < less.objects.len() => {
                less.objects.remove(at);
                (less.objects_complete, less.kinds_complete, less.all_namespaces) = (false, false, true);
            }
            3 => less.whole_scope = Whole::Unknown,
            4 => less.now = None,
            5 => less.target_known = false,
            6 => (less.objects_complete, less.kinds_complete) = (false, false),
            7 => less.all_namespaces = true,
            8 => {
                let gone = less.identities.pop();
                less.unknown_identities.extend(gone.map(|i| i.kind));
            }
            _ => {}
        }
        let (with, now) = (decide(&s, &m).strength(), decide(&less, &m).strength());
        prop_assert!(now >= with, "{:?}\n{:?}\n{:?}\n{:?}", with, now, s, less);
    }
}
