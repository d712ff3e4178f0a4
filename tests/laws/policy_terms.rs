//! A project's policy never makes any setting milder: every setting of every layer, made up.

use crate::cases::cases;
use guard::engine::effect::Effect;
use guard::engine::policy::{Layer, Merged, OnFailure, Policy, Terms, UnknownAs};
use proptest::prelude::*;
use proptest::sample::select;

fn maybe<T: Clone + std::fmt::Debug + 'static>(of: Vec<T>) -> impl Strategy<Value = Option<T>> {
    proptest::option::of(select(of))
}

fn layer(layer: Layer) -> impl Strategy<Value = Policy> {
    let text = || maybe(vec!["/a".to_owned(), "/b".to_owned()]);
    let numbers = (maybe(vec![1, 3, 10]), maybe(vec![5, 120, 3600]), maybe(vec![100, 1500, 60_000]));
    let words = (
        maybe(UnknownAs::ALL.to_vec()),
        maybe(OnFailure::ALL.to_vec()),
        maybe(vec![Effect::Read, Effect::Mutate, Effect::Disrupt, Effect::Destroy]),
        proptest::option::of(any::<bool>()),
        proptest::option::of(any::<bool>()),
    );
    (numbers, words, text(), text(), any::<bool>()).prop_map(
        move |(
            (attempts, timeout, probe),
            (unknown, failure, required, env, at_terminal),
            path,
            tool,
            floor,
        )| Policy {
            prompt_attempts: attempts,
            prompt_timeout_s: timeout,
            probe_timeout_ms: probe,
            credentials_timeout_ms: probe,
            unknown,
            probe_on_failure: failure,
            audit_required: required,
            env_confirm: env,
            env_confirm_at_terminal: at_terminal,
            audit_path: path,
            copies_volumes_mib: attempts,
            tools: tool.into_iter().map(|path| ("kubectl".to_owned(), path)).collect(),
            builtin_floor: floor && layer == Layer::System,
            ..Policy::empty(layer, "generated")
        },
    )
}

/// How strict the demand for a record is: none at all, or from which effect on.
fn strictness(required: Option<Effect>) -> std::cmp::Reverse<u8> {
    std::cmp::Reverse(match required {
        None => u8::MAX,
        Some(effect) => effect as u8,
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(2048), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_project_makes_no_setting_milder(
        system in proptest::option::of(layer(Layer::System)),
        user in proptest::option::of(layer(Layer::User)),
        project in proptest::collection::vec(layer(Layer::Project), 1..3),
    ) {
        let without = Merged { system, user, ..Merged::default() };
        let with = Merged { project, ..without.clone() };
        // Taken apart, so that a new setting has to find its place here.
        let Terms {
            prompt_attempts,
            prompt_timeout_s,
            env_confirm,
            env_confirm_at_terminal,
            probe_timeout_ms,
            credentials_timeout_ms,
            probe_on_failure,
            audit_path,
            audit_required,
            copies_volumes_mib,
            tools,
        } = with.terms();
        let base = without.terms();
        prop_assert!(prompt_attempts <= base.prompt_attempts);
        prop_assert!(prompt_timeout_s <= base.prompt_timeout_s);
        prop_assert!(env_confirm <= base.env_confirm);
        prop_assert!(env_confirm_at_terminal <= base.env_confirm_at_terminal);
        prop_assert!(probe_on_failure >= base.probe_on_failure);
        prop_assert!(strictness(audit_required) >= strictness(base.audit_required));
        // Neither stricter nor milder: where things are is not a stranger's to say.
        prop_assert_eq!((probe_timeout_ms, audit_path, tools), (base.probe_timeout_ms, base.audit_path, base.tools));
        prop_assert_eq!(credentials_timeout_ms, base.credentials_timeout_ms);
        prop_assert_eq!(copies_volumes_mib, base.copies_volumes_mib);
        prop_assert!(with.unknown() >= without.unknown());
        prop_assert_eq!((with.builtin_mode(), with.builtin_is_floor()), (without.builtin_mode(), without.builtin_is_floor()));
    }
}

#[test]
fn a_project_that_wants_no_record_gets_one() {
    let project =
        |required| Policy { audit_required: required, ..Policy::empty(Layer::Project, ".guard.yaml") };
    for (said, want) in [
        (None, Effect::Disrupt),
        (Some(Effect::Read), Effect::Disrupt),
        (Some(Effect::Destroy), Effect::Disrupt),
        (Some(Effect::Mutate), Effect::Mutate),
    ] {
        let merged = Merged { project: vec![project(said)], ..Merged::default() };
        assert_eq!(merged.terms().audit_required, Some(want), "{said:?}");
    }
}
