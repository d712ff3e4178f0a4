//! Laws of the screen for any facts: what has to be typed can be read, nothing from outside reaches the terminal raw,
//! and the question does not give the answer away.

#[allow(dead_code)]
#[path = "../examples/prompt/scenes.rs"]
mod scenes;

use guard::engine::decide::Level;
use guard::engine::escape::escape;
use guard::engine::fact::{Source, Sourced};
use guard::engine::impact::{Data, Fate, Gap, Group, Protection, Subject};
use guard::ui::{Colours, CommandLine, Look, render_notice, view};
use proptest::prelude::*;
use unicode_width::UnicodeWidthStr;

/// Names as the API allows them, and as nobody should ever name anything.
fn name() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9][a-z0-9.-]{3,62}",
        "arn:aws:eks:eu-west-1:[0-9]{12}:cluster/[a-z]{1,40}",
        "[a-zA-Z0-9 \\\\\u{0}-\u{1f}\u{7f}-\u{a0}\u{200b}-\u{206f}äж字]{4,40}",
    ]
}

/// Names short enough for every line.
fn short() -> impl Strategy<Value = String> {
    "[a-z]{4,12}"
}

fn scene<S: Strategy<Value = String>>(name: fn() -> S) -> impl Strategy<Value = scenes::Scene> {
    let lists = (prop::collection::vec(name(), 0..30), prop::collection::vec(0_u64..2_000_000, 0..30));
    (name(), name(), name(), lists, any::<bool>(), any::<bool>()).prop_map(
        |(cluster, namespace, object, (names, counts), whole, mild)| {
            let mut scene = if whole { scenes::delete() } else { scenes::scale() };
            scene.target.cluster = Some(Sourced::new(cluster.clone(), Source::Env(object.clone())));
            scene.target.namespace = Sourced::new(namespace.clone(), Source::Default);
            scene.challenge.phrase = format!("{cluster}/{namespace}");
            scene.cluster = cluster;
            scene.level = if mild { Level::YesNo } else { Level::Typed };
            let home = (!whole).then(|| namespace.clone());
            let subject = |name: &String| Subject {
                kind: "Namespace".into(),
                name: name.clone(),
                namespace: home.clone(),
                ..Subject::default()
            };
            scene.impact.subjects = std::iter::once(&namespace).chain(&names).map(subject).collect();
            scene.impact.subjects_total = scene.impact.subjects.len() as u64;
            if whole {
                scene.impact.subjects.truncate(1);
                scene.impact.subjects_total = 1;
            }
            let group = |(kind, count): (&String, &u64)| Group {
                kind: kind.clone(),
                count: *count,
                names: names.clone(),
                ..Group::default()
            };
            scene.impact.groups = names.iter().zip(&counts).map(group).collect();
            let fates = [Fate::Erased, Fate::Unknown, Fate::Kept];
            let data = |(i, what): (usize, &String)| Data {
                what: what.clone(),
                fate: fates[i % 3],
                because: object.clone(),
            };
            scene.impact.data = names.iter().enumerate().map(data).collect();
            scene.impact.also = names.clone();
            scene.impact.gaps = names
                .iter()
                .map(|n| Gap { what: n.clone(), why: guard::engine::fact::Why::Failed(object.clone()) })
                .collect();
            scene.impact.protections =
                names.iter().map(|n| Protection { what: n.clone(), effect: object.clone() }).collect();
            scene.impact.refused = Some(object.clone());
            scene.command = CommandLine::of(&names);
            scene.notes = vec![object];
            scene
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn what_has_to_be_typed_can_be_read(scene in scene(name), width in 40_usize..200) {
        let look = Look { width, ..Look::PLAIN };
        let screen = view::screen(&scene.view());
        let facts = screen.facts(look);
        let namespace = &scene.challenge.phrase[scene.cluster.len() + 1..];
        for name in [scene.cluster.as_str(), namespace] {
            // Blanks at the end of a line cannot be seen; a row of its own speaks of them.
            let shown = escape(name.as_bytes());
            prop_assert!(facts.contains(shown.trim_end()), "{name:?} is not in\n{facts}");
            prop_assert!(screen.tells(name), "{name:?} may be dropped from\n{facts}");
        }
    }

    #[test]
    fn no_line_is_wider_than_the_terminal(scene in scene(short), width in 40_usize..200) {
        let look = Look { width, ..Look::PLAIN };
        for line in view::screen(&scene.view()).render(look).trim_end().lines() {
            prop_assert!(line.width() <= width, "{} > {width}: {line:?}", line.width());
        }
    }

    #[test]
    fn nothing_raw_reaches_the_terminal(scene in scene(name), width in 40_usize..200, utf8 in any::<bool>()) {
        let look = Look { width, utf8, colours: Colours::None };
        let view = scene.view();
        for text in [view::screen(&view).render(look), render_notice(&view, look)] {
            for line in text.lines() {
                prop_assert_eq!(escape(line.replace('\\', "").as_bytes()), line.replace('\\', ""));
                prop_assert!(utf8 || line.is_ascii(), "{line:?}");
            }
        }
    }

    #[test]
    fn colours_change_nothing_but_colours(scene in scene(name), width in 40_usize..200) {
        let plain = view::screen(&scene.view()).render(Look { width, ..Look::PLAIN });
        for colours in [Colours::Sixteen, Colours::Many] {
            let painted = view::screen(&scene.view()).render(Look { width, colours, utf8: true });
            let lines = |text: &str| text.lines().map(|l| l.trim_end().to_owned()).collect::<Vec<_>>();
            prop_assert_eq!(lines(&without_sgr(&painted)), lines(&plain));
        }
    }

    #[test]
    fn the_question_names_the_kind_and_never_the_value(scene in scene(name), width in 40_usize..200) {
        let screen = view::screen(&scene.view());
        let question = screen.question(Look { width, ..Look::PLAIN });
        prop_assert!(question.ends_with(": "));
        if scene.level == Level::Typed {
            prop_assert!(question.contains("cluster/namespace"));
            prop_assert!(!question.contains(&escape(scene.challenge.phrase.as_bytes())));
        }
    }
}

fn without_sgr(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("\x1b[") {
        out.push_str(&rest[..at]);
        rest = rest[at..].split_once('m').map_or("", |(_, after)| after);
    }
    out + rest
}

#[test]
fn json_is_stable() {
    let scene = scenes::delete();
    let decision = guard::engine::decide::Decision::Deny(guard::engine::decide::Denied {
        reason: "tickets only".to_owned(),
        rules: vec!["no-namespaces".to_owned()],
        stood_down: Vec::new(),
    });
    let text = guard::ui::json::render_json(&guard::ui::json::Checked {
        decision: &decision,
        assessment: &scene.assessment,
        environment: (scene.environment, scene.why),
        name: &scene.cluster,
        target: guard::engine::target::Target::Kube(&scene.target),
        impact: &scene.impact,
        challenge: Some(&scene.challenge),
        exit: guard::exit::Exit::Refused,
    })
    .unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    insta::assert_snapshot!(serde_json::to_string_pretty(&value).unwrap());
}
