//! The laws of deciding, over generated policies and situations: total, monotone, and a floor that holds.

use crate::cases::cases;
use guard::engine::backup::Evidence;
use guard::engine::backup::backed::{Backed, Demand, Unmet, Usable};
use guard::engine::decide::{Decision, decide};
use guard::engine::effect::Effect;
use guard::engine::policy::agents::Agents;
use guard::engine::policy::place::{IdKind, Identity, Place, Seen, classify_target};
use guard::engine::policy::rule::{LabelTest, Rule, When};
use guard::engine::policy::window::Window;
use guard::engine::policy::{Layer, Merged, Mode, Policy, UnknownAs};
use guard::engine::situation::{Actor, Level, Object, Outcome, Situation, Whole};
use guard::engine::target::Environment;
use guard::engine::tool::TargetKind;
use guard::engine::trail::Moved;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};

fn words(of: &'static [&'static str]) -> impl Strategy<Value = Vec<String>> {
    subsequence(of.to_vec(), 0..=2).prop_map(|w| w.into_iter().map(str::to_owned).collect())
}

fn mostly<T: Clone + std::fmt::Debug + 'static>(
    s: impl Strategy<Value = T> + 'static,
) -> BoxedStrategy<Option<T>> {
    prop_oneof![2 => Just(None), 1 => s.prop_map(Some)].boxed()
}

fn effect() -> impl Strategy<Value = Effect> {
    select(Effect::ALL.to_vec())
}

fn when() -> impl Strategy<Value = When> {
    let first = (
        words(&["kubectl", "aws"]),
        words(&["delete", "rollout", "scale*"]),
        mostly(select(vec![Effect::Mutate, Effect::Unknown, Effect::Disrupt, Effect::Destroy])),
        mostly(any::<bool>()),
        words(&["pods", "pvc", "ns"]),
        words(&["a*", "b"]),
        words(&["shop", "kube-*"]),
    );
    let label = (select(vec!["tier", "team"]), words(&["critical", "x*"]))
        .prop_map(|(k, values)| LabelTest { key: k.to_owned(), values });
    let id = (select(IdKind::ALL.to_vec()), select(vec!["main", "other", "*"]))
        .prop_map(|(k, v)| (k, vec![v.to_owned()]));
    let window = (0_u16..1440, 0_u16..1440).prop_map(|h| Window {
        days: vec![1, 3],
        hours: Some(h),
        dates: None,
        offset_min: 60,
        zone: None,
    });
    let second = (
        proptest::collection::vec(label, 0..2),
        subsequence(Environment::ALL.to_vec(), 0..=2),
        proptest::collection::vec(id, 0..2),
        mostly(any::<bool>()),
        mostly(any::<bool>()),
        subsequence(Actor::ALL.to_vec(), 0..=1),
        mostly(window),
        mostly(any::<bool>()),
    );
    (first, second).prop_map(
        |(
            (tool, verb, effect, whole_scope, resource, name, namespace),
            (labels, environment, identity, local, interactive, actor, time, moved),
        )| When {
            tool,
            verb,
            effect,
            whole_scope,
            resource,
            name,
            namespace,
            labels,
            environment,
            identity,
            local,
            interactive,
            actor,
            time,
            moved,
        },
    )
}

/// What a rule may demand of copies.
fn demand() -> impl Strategy<Value = Option<Demand>> {
    let demand =
        (mostly(0_u64..200_000), select(Evidence::ALL.to_vec()), any::<bool>(), select(Unmet::ALL.to_vec()));
    let demand = demand.prop_map(|(max_age_s, evidence, other_domain, unmet)| Demand {
        max_age_s,
        evidence,
        other_domain,
        unmet,
    });
    proptest::option::weighted(0.3, demand)
}

/// What copies there may be.
pub(crate) fn backed() -> impl Strategy<Value = Backed> {
    let copy = (0_u64..200_000, select(Evidence::ALL.to_vec()), any::<bool>());
    let copy = copy.prop_map(|(age_s, evidence, elsewhere)| Usable { age_s, evidence, elsewhere });
    let holders = proptest::collection::vec(proptest::collection::vec(copy, 0..3), 1..3);
    prop_oneof![Just(Backed::Unknown), Just(Backed::NoData), holders.prop_map(Backed::Holders)]
}

fn rule(relaxing: bool) -> impl Strategy<Value = Rule> {
    let raising =
        vec![Outcome::Warn, Outcome::Confirm(Level::YesNo), Outcome::Confirm(Level::Typed), Outcome::Deny];
    let relaxed = vec![Outcome::Allow, Outcome::Confirm(Level::YesNo)];
    let then = prop_oneof![
        3 => select(raising).prop_map(|t| (t, false)),
        (if relaxing { 2 } else { 0 }) => select(relaxed).prop_map(|t| (t, true)),
    ];
    (when(), then, any::<bool>(), 0..1000_u32, demand()).prop_map(
        |(when, (then, relax), justification, n, backup)| Rule {
            id: format!("r{n}"),
            when,
            then,
            relax,
            freeze: false,
            reason: None,
            justification,
            show_diff: false,
            backup: backup.filter(|_| !relax),
            line: None,
        },
    )
}

fn layer(layer: Layer) -> impl Strategy<Value = Policy> {
    let rules = proptest::collection::vec(rule(layer == Layer::User), 0..4);
    (
        rules,
        mostly(select(Mode::ALL.to_vec())),
        mostly(select(UnknownAs::ALL.to_vec())),
        mostly(any::<bool>()),
        any::<bool>(),
        (mostly(any::<bool>()), mostly(any::<bool>())),
    )
        .prop_map(move |(rules, mode, unknown, env_confirm, floor, (confirm, terminal))| Policy {
            agents: Agents { confirm, terminal },
            rules,
            mode: if layer == Layer::Project { None } else { mode },
            unknown,
            env_confirm,
            builtin_floor: floor && layer == Layer::System,
            ..Policy::empty(layer, "generated")
        })
}

pub(crate) fn merged() -> impl Strategy<Value = Merged> {
    (
        mostly(layer(Layer::System)),
        mostly(layer(Layer::User)),
        proptest::collection::vec(layer(Layer::Project), 0..2),
    )
        .prop_map(|(system, user, project)| Merged { system, user, project, ignored: Vec::new() })
}

fn object() -> impl Strategy<Value = Object> {
    let labels = mostly(select(vec![vec![("tier".to_owned(), "critical".to_owned())], vec![]]));
    (
        select(vec!["pods", "persistentvolumeclaims", "namespaces", ""]),
        mostly(select(vec!["a1", "b", "shop"])),
        mostly(select(vec!["shop", "kube-system"])),
        labels,
    )
        .prop_map(|(resource, name, namespace, labels)| Object {
            resource: resource.to_owned(),
            name: name.map(str::to_owned),
            namespace: namespace.map(str::to_owned),
            labels,
            ..Object::default()
        })
}

pub(crate) fn situation() -> impl Strategy<Value = Situation> {
    let id =
        (select(IdKind::ALL.to_vec()), select(vec!["main", "other"])).prop_map(|(k, v)| Identity::new(k, v));
    (
        (
            select(vec!["kubectl", "aws", "systemctl", "docker", "odd"]),
            select(vec!["delete", "rollout restart", "scale", "plugin"]),
            effect(),
            any::<bool>(),
            any::<bool>(),
        ),
        (
            proptest::collection::vec(object(), 0..3),
            any::<bool>(),
            any::<bool>(),
            any::<bool>(),
            words(&["shop", "kube-system"]),
        ),
        (
            select(Environment::ALL.to_vec()),
            any::<bool>(),
            proptest::collection::vec(id, 0..3),
            subsequence(IdKind::ALL.to_vec(), 0..2),
        ),
        (
            any::<bool>(),
            any::<bool>(),
            select(Actor::ALL.to_vec()),
            mostly(any::<i64>()),
            select(vec![Moved::No, Moved::Unknown, Moved::Yes]),
            backed(),
        ),
    )
        .prop_map(
            |(
                (tool, verb, effect, whole_scope, light),
                (objects, objects_complete, kinds_complete, all_namespaces, namespaces),
                (environment, target_known, identities, unknown_identities),
                (local, interactive, actor, now, moved, backed),
            )| Situation {
                tool: tool.to_owned(),
                verb: verb.to_owned(),
                effect,
                whole_scope: Whole::from(whole_scope),
                light,
                objects,
                objects_complete,
                kinds_complete,
                namespaces,
                all_namespaces,
                environment,
                target_known,
                identities,
                unknown_identities,
                local,
                interactive,
                actor,
                now,
                moved,
                backed,
            },
        )
}

fn strength(s: &Situation, m: &Merged) -> Outcome {
    decide(s, m).strength()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(512), max_global_rejects: cases(8192), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_worse_effect_never_gives_a_weaker_decision(s in situation(), m in merged(), mild in 0..3_usize, step in 1..4_usize) {
        // What is unknown has no place in the order of severity; it is compared below.
        let order = [Effect::Read, Effect::Mutate, Effect::Disrupt, Effect::Destroy];
        let s = Situation { effect: order[mild], ..s };
        let worse = Situation { effect: order[(mild + step).min(3)], ..s.clone() };
        prop_assert!(strength(&worse, &m) >= strength(&s, &m), "{:?} {:?}", decide(&s, &m), decide(&worse, &m));
    }

    /// Nor does one that goes elsewhere than its terminal has been, or of which nobody can tell.
    #[test]
    fn going_elsewhere_is_never_the_milder_of_the_two(s in situation(), m in merged()) {
        let of = |moved| strength(&Situation { moved, ..s.clone() }, &m);
        prop_assert!(of(Moved::Yes) >= of(Moved::No));
        prop_assert!(of(Moved::Unknown) >= of(Moved::Yes));
    }

    /// Nor does one of whose copies nobody knows, or of which one is taken away.
    #[test]
    fn a_copy_less_is_never_the_milder_of_the_two(s in situation(), m in merged(), at in 0_usize..3) {
        let unknown = strength(&Situation { backed: Backed::Unknown, ..s.clone() }, &m);
        prop_assert!(unknown >= strength(&s, &m));
        if let Backed::Holders(mut holders) = s.backed.clone() {
            for copies in &mut holders {
                copies.truncate(at);
            }
            let less = strength(&Situation { backed: Backed::Holders(holders), ..s.clone() }, &m);
            prop_assert!(less >= strength(&s, &m));
        }
    }

    #[test]
    fn an_unknown_effect_is_never_treated_better_than_a_mutation(s in situation(), m in merged()) {
        let mutate = Situation { effect: Effect::Mutate, ..s.clone() };
        let unknown = Situation { effect: Effect::Unknown, ..s };
        prop_assert!(strength(&unknown, &m) >= strength(&mutate, &m));
    }

    /// And the variable answers for an agent only where a file that may says so, and none says no.
    #[test]
    fn an_agent_is_never_treated_better_than_a_person(s in situation(), mut m in merged()) {
        for layer in m.system.iter_mut().chain(&mut m.user).chain(&mut m.project) {
            layer.rules.iter_mut().for_each(|rule| rule.when.actor.clear());
        }
        let person = Situation { actor: Actor::Human, ..s.clone() };
        let agent = Situation { actor: Actor::Agent, ..s };
        prop_assert!(strength(&agent, &m) >= strength(&person, &m), "{:?}\n{:?}", decide(&person, &m), decide(&agent, &m));
        if let Decision::Confirm(asked) = decide(&agent, &m) {
            let says = |word| m.layers().any(|layer| layer.agents.confirm == Some(word));
            prop_assert!(!asked.env_confirm || (says(true) && !says(false) && m.terms().env_confirm));
        }
    }

    #[test]
    fn a_wider_scope_never_gives_a_weaker_decision(s in situation(), m in merged()) {
        let of = |whole_scope| Situation { whole_scope, ..s.clone() };
        let [no, unknown, yes] = [Whole::No, Whole::Unknown, Whole::Yes].map(|w| strength(&of(w), &m));
        prop_assert!(no <= unknown && unknown <= yes);
        // Not to know it is no way around what holds for it.
        prop_assert!(unknown == yes || m.is_empty() || unknown > no || no == yes, "{no:?} {unknown:?} {yes:?}");
    }

    #[test]
    fn what_is_not_known_to_be_light_is_never_treated_better(s in situation(), m in merged()) {
        let of = |light| strength(&Situation { light, ..s.clone() }, &m);
        prop_assert!(of(false) >= of(true));
        // Loss of data is asked for by name in any case.
        prop_assert!(s.effect == Effect::Disrupt || of(false) == of(true));
    }

    #[test]
    fn one_more_object_never_gives_a_weaker_decision(s in situation(), m in merged(), more in object()) {
        prop_assume!(!s.objects.is_empty());
        let mut wider = s.clone();
        wider.objects.push(more);
        prop_assert!(strength(&wider, &m) >= strength(&s, &m), "{:?}\n{:?}", decide(&s, &m), decide(&wider, &m));
    }

    #[test]
    fn one_more_system_rule_never_weakens(s in situation(), m in merged(), extra in rule(false)) {
        let mut with = m.clone();
        let mut system = m.system.clone().unwrap_or_else(|| Policy::empty(Layer::System, "generated"));
        system.rules.push(extra);
        with.system = Some(system);
        prop_assert!(strength(&s, &with) >= strength(&s, &m));
    }

    #[test]
    fn nothing_below_weakens_the_systems_floor(s in situation(), system in layer(Layer::System), m in merged()) {
        // The floor: the system's own rules, and the built-in table only where the system keeps it.
        let alone = Merged { system: Some(system.clone()), ..Merged::default() };
        let mut quiet = alone.clone();
        if !system.builtin_floor {
            // The user may relax the table altogether: what is left is the floor.
            let all = Rule { id: "all".into(), when: When::default(), then: Outcome::Allow, relax: true, freeze: false, reason: None, justification: false, show_diff: false, backup: None, line: None };
            quiet.user = Some(Policy { rules: vec![all], mode: Some(Mode::Audit), agents: Agents { confirm: Some(true), terminal: None }, ..Policy::empty(Layer::User, "user") });
        }
        let whole = Merged { system: Some(system), ..m };
        prop_assert!(strength(&s, &whole) >= strength(&s, &quiet), "{:?}\n{:?}", decide(&s, &quiet), decide(&s, &whole));
    }

    #[test]
    fn a_project_only_tightens(s in situation(), m in merged(), project in layer(Layer::Project)) {
        let mut with = m.clone();
        with.project.push(project);
        prop_assert!(strength(&s, &with) >= strength(&s, &m));
    }

    #[test]
    fn a_relaxing_rule_outside_the_users_file_changes_nothing(s in situation(), m in merged(), mut extra in rule(true)) {
        extra.relax = true;
        let mut with = m.clone();
        with.project.push(Policy { rules: vec![extra.clone()], ..Policy::empty(Layer::Project, "p") });
        if let Some(system) = &mut with.system {
            system.rules.push(extra);
        }
        prop_assert_eq!(decide(&s, &with), decide(&s, &m));
    }

    #[test]
    fn an_unknown_target_is_never_treated_better_than_production(s in situation(), m in merged()) {
        // Identities of a family the tool does not reach say nothing about its targets.
        prop_assume!(s.identities.iter().all(|i| guard::engine::tool::kind_of(&s.tool).is_none_or(|d| i.kind.is_of(d))));
        let production = Situation { target_known: true, environment: Environment::Production, unknown_identities: vec![], ..s.clone() };
        let unknown = Situation { target_known: false, ..s };
        prop_assert!(strength(&unknown, &m) >= strength(&production, &m), "{:?}\n{:?}", decide(&production, &m), decide(&unknown, &m));
    }

    #[test]
    fn reads_always_pass(s in situation(), m in merged()) {
        let read = Situation { effect: Effect::Read, ..s };
        prop_assert!(matches!(decide(&read, &m), Decision::Allow(a) if !a.notice && a.warnings.is_empty()));
    }

    #[test]
    fn a_decision_other_than_pass_names_its_rules(s in situation(), m in merged()) {
        let d = decide(&s, &m);
        if d.strength() > Outcome::Allow {
            prop_assert!(!d.rules().is_empty());
        }
        if let Decision::Deny(denied) = &d {
            prop_assert!(!denied.reason.is_empty());
        }
    }

    #[test]
    fn nobody_lowers_what_the_system_says_of_a_place(
        mut system in places(), user in places(), project in places(), seen in seen(), own in select(Environment::ALL.to_vec()),
    ) {
        let identity: Vec<_> = seen.identities.iter().map(|i| (i.kind, vec![i.value.clone()])).collect();
        system.push(Place { of: TargetKind::Cluster, name: None, environment: Some(own), identity, line: None });
        let of = |layer, places: &Vec<Place>| Policy { places: places.clone(), ..Policy::empty(layer, "p") };
        let alone = Merged { system: Some(of(Layer::System, &system)), ..Merged::default() };
        let spoke = classify_target(&seen, &alone);
        // Where the system has nothing to say there is nothing to lower.
        prop_assume!(spoke.layer == Layer::System);
        let all = Merged { user: Some(of(Layer::User, &user)), project: vec![of(Layer::Project, &project)], ..alone };
        prop_assert!(classify_target(&seen, &all).environment >= spoke.environment);
    }

    #[test]
    fn names_alone_never_lower(user in places(), seen in seen()) {
        let weak: Vec<Place> = user
            .into_iter()
            .map(|p| Place { identity: p.identity.into_iter().filter(|(k, _)| !k.is_proof()).collect(), ..p })
            .filter(|p| !p.identity.is_empty())
            .collect();
        let m = Merged { user: Some(Policy { places: weak, ..Policy::empty(Layer::User, "p") }), ..Merged::default() };
        let before = classify_target(&seen, &Merged::default());
        let after = classify_target(&seen, &m);
        prop_assert!(after.environment >= before.environment.min(Environment::Unclassified));
        prop_assert!(after.layer == Layer::BuiltIn || after.environment >= Environment::Unclassified);
        prop_assert_eq!(after.name, None);
    }
}

fn places() -> impl Strategy<Value = Vec<Place>> {
    let id = (
        select(vec![IdKind::Context, IdKind::Cluster, IdKind::Server, IdKind::Uid, IdKind::Ca]),
        select(vec!["main", "other"]),
    )
        .prop_map(|(k, v)| (k, vec![v.to_owned()]));
    let place =
        (proptest::collection::vec(id, 1..3), mostly(select(Environment::ALL.to_vec())), any::<bool>())
            .prop_map(|(identity, environment, named)| Place {
                of: TargetKind::Cluster,
                name: named.then(|| "main".to_owned()),
                environment,
                identity,
                line: None,
            });
    proptest::collection::vec(place, 0..3)
}

fn seen() -> impl Strategy<Value = Seen> {
    let id = (
        select(vec![IdKind::Context, IdKind::Cluster, IdKind::Server, IdKind::Uid, IdKind::Ca]),
        select(vec!["main", "other", "prod-x"]),
    )
        .prop_map(|(k, v)| Identity::new(k, v));
    proptest::collection::vec(id, 0..4).prop_map(|identities| Seen { identities, ..Seen::default() })
}

/// What a policy may say of hosts and daemons.
fn daemon_places() -> impl Strategy<Value = Vec<Place>> {
    let id = (select(vec![IdKind::Daemon, IdKind::Endpoint, IdKind::Host]), select(vec!["main", "other"]))
        .prop_map(|(k, v)| (k, vec![v.to_owned()]));
    let place = (
        select(vec![TargetKind::Machine, TargetKind::Daemon]),
        proptest::collection::vec(id, 1..3),
        mostly(select(Environment::ALL.to_vec())),
        any::<bool>(),
    )
        .prop_map(|(of, identity, environment, named)| Place {
            of,
            name: named.then(|| "main".to_owned()),
            environment,
            identity,
            line: None,
        });
    proptest::collection::vec(place, 0..4)
}

/// A daemon of which everything is known: its ID, where it listens, its machine.
fn daemon() -> impl Strategy<Value = Seen> {
    let value = || select(vec!["main", "other", "third", "prod-x"]);
    (value(), value(), value()).prop_map(|(id, endpoint, host)| Seen {
        of: Some(TargetKind::Daemon),
        identities: vec![
            Identity::new(IdKind::Daemon, id),
            Identity::new(IdKind::Endpoint, endpoint),
            Identity::new(IdKind::Host, host),
        ],
        ..Seen::default()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(1024), max_global_rejects: cases(8192), failure_persistence: None, ..ProptestConfig::default() })]

    /// Whoever switches the daemon off, or asks where guard may not, is not taken to a milder place.
    #[test]
    fn a_daemon_whose_id_is_not_known_is_never_treated_more_kindly(
        system in daemon_places(), user in daemon_places(), seen in daemon(), unproven in any::<bool>(),
    ) {
        let of = |layer, places| Some(Policy { places, ..Policy::empty(layer, "p") });
        let m = Merged { system: of(Layer::System, system), user: of(Layer::User, user), ..Merged::default() };
        let mut seen = seen;
        seen.unknown.extend(unproven.then_some(IdKind::Endpoint));
        let mut less = seen.clone();
        less.identities.retain(|identity| identity.kind != IdKind::Daemon);
        less.unknown.push(IdKind::Daemon);
        let (with, now) = (classify_target(&seen, &m), classify_target(&less, &m));
        prop_assert!(now.environment >= with.environment, "{with:?} {now:?}");
    }

    /// What is said of a daemon makes the machine it runs on no milder, and gives it no name.
    #[test]
    fn an_entry_of_a_daemon_never_lowers_its_machine(places in daemon_places(), host in select(vec!["main", "other", "prod-x"])) {
        let machine = Seen {
            of: Some(TargetKind::Machine),
            identities: vec![Identity::new(IdKind::Host, host)],
            ..Seen::default()
        };
        let of = |places| Merged { user: Some(Policy { places, ..Policy::empty(Layer::User, "p") }), ..Merged::default() };
        let without = places.iter().filter(|place| place.of == TargetKind::Machine).cloned().collect();
        let (with, without) = (classify_target(&machine, &of(places)), classify_target(&machine, &of(without)));
        // By nothing at all it is unclassified.
        prop_assert!(with.environment >= without.environment, "{with:?} {without:?}");
        prop_assert_eq!(with.name, without.name);
    }
}
