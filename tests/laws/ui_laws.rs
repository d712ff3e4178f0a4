//! Laws of the screen for any facts: what has to be typed can be read, nothing from outside reaches the terminal raw,
//! and the question does not give the answer away.

use crate::cases::cases;
use crate::scenes;
use guard::engine::aws::AwsTarget;
use guard::engine::aws::naming::Naming;
use guard::engine::challenge::aws_challenge;
use guard::engine::escape::escape;
use guard::engine::fact::{Known, Source, Sourced, Why};
use guard::engine::impact::{Data, Fate, Gap, Group, Protection, Subject};
use guard::engine::situation::Level;
use guard::ui::{Colours, CommandLine, Hint, Look, Refusal, render_notice, render_refusal, view};
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
    (name(), name(), name(), lists, any::<bool>(), any::<bool>(), any::<bool>()).prop_map(
        |(cluster, namespace, object, (names, counts), whole, mild, aws)| {
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
            scene.impact.gaps =
                names.iter().map(|n| Gap { what: n.clone(), why: Why::Failed(object.clone()) }).collect();
            scene.impact.protections =
                names.iter().map(|n| Protection { what: n.clone(), effect: object.clone() }).collect();
            scene.impact.refused = Some(object.clone());
            scene.command = CommandLine::of(&names);
            scene.notes = vec![object.clone()];
            if aws { in_account(scene, namespace, object, names) } else { scene }
        },
    )
}

/// The same facts of an AWS command: whatever was a cluster's name is the account's, a namespace a resource.
fn in_account(
    mut scene: scenes::Scene,
    resource: String,
    object: String,
    names: Vec<String>,
) -> scenes::Scene {
    let text = |text: &String| Some(Sourced::new(text.clone(), Source::Env(object.clone())));
    let target = AwsTarget {
        account: Known::Known("111111111111".to_owned()),
        principal: Known::Known(object.clone()),
        alias: Known::Known(Some(scene.cluster.clone())),
        organisation_name: Known::Known(names.first().cloned()),
        credentials: text(&object),
        suggested_account: text(&object),
        region: text(&object),
        endpoint: text(&object),
        elsewhere: names.iter().take(2).cloned().collect(),
        notes: vec![object.clone()],
        ..AwsTarget::default()
    };
    let mut resources = vec![resource];
    resources.extend(names.iter().take(scene.impact.subjects.len().saturating_sub(1)).cloned());
    scene.verb = "ec2 terminate-instances";
    let naming = Naming { kind: "instance".to_owned(), names: resources.clone(), ..Naming::default() };
    scene.challenge = aws_challenge(&target, None, &naming, &resources);
    // As the application has it: the name as the phrase spells it.
    scene.cluster = target.account_name(None);
    let off = format!("is OFF; turn on: aws {}", scene.command);
    scene.impact.protections.insert(0, Protection { what: object, effect: off });
    scene.aws = Some(target);
    scene
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(64), ..ProptestConfig::default() })]

    #[test]
    fn what_has_to_be_typed_can_be_read(scene in scene(name), width in 40_usize..200) {
        let look = Look { width, ..Look::PLAIN };
        let screen = view::screen(&scene.view(&scene.sight()));
        let facts = screen.facts(look);
        // A yes is typed there; a pipeline gives the phrase of the variable.
        let phrase = match scene.level {
            Level::Typed => scene.challenge.phrase.clone(),
            Level::YesNo if scene.aws.is_some() => scene.challenge.variable().to_owned(),
            Level::YesNo => scene.challenge.phrase.clone(),
        };
        let rest = phrase.strip_prefix(&scene.cluster).and_then(|rest| rest.strip_prefix('/'));
        let names = &scene.challenge.names;
        let parts = match rest {
            // An account's phrase that is not made of the names as they are stands in full.
            Some(_) if scene.aws.is_some() && !names.iter().all(|name| screen.tells(name)) => vec![phrase.as_str()],
            Some(_) if scene.aws.is_some() => {
                std::iter::once(&scene.cluster).chain(names).map(String::as_str).collect()
            }
            None => vec![phrase.as_str()],
            Some(rest) => vec![scene.cluster.as_str(), rest],
        };
        for name in parts {
            // Blanks at the end of a line cannot be seen; a row of its own speaks of them.
            let shown = escape(name.as_bytes());
            prop_assert!(facts.contains(shown.trim_end()), "{name:?} is not in\n{facts}");
            prop_assert!(screen.tells(name), "{name:?} may be dropped from\n{facts}");
        }
    }

    #[test]
    fn no_line_is_wider_than_the_terminal(scene in scene(short), width in 40_usize..200) {
        let look = Look { width, ..Look::PLAIN };
        for line in view::screen(&scene.view(&scene.sight())).render(look).trim_end().lines() {
            // A phrase that is longer stands alone and whole.
            let alone = !line.trim().contains(' ');
            prop_assert!(alone || line.width() <= width, "{} > {width}: {line:?}", line.width());
        }
    }

    #[test]
    fn nothing_raw_reaches_the_terminal(scene in scene(name), width in 40_usize..200, utf8 in any::<bool>()) {
        let look = Look { width, utf8, colours: Colours::None };
        let sight = scene.sight();
        let view = scene.view(&sight);
        for text in [view::screen(&view).render(look), render_notice(&view, look)] {
            for line in text.lines() {
                prop_assert_eq!(escape(line.replace('\\', "").as_bytes()), line.replace('\\', ""));
                prop_assert!(utf8 || line.is_ascii(), "{line:?}");
            }
        }
    }

    #[test]
    fn colours_change_nothing_but_colours(scene in scene(name), width in 40_usize..200) {
        struct Rendered {
            facts: String,
            question: String,
        }
        let screen = view::screen(&scene.view(&scene.sight()));
        let render = |look| Rendered { facts: screen.facts(look), question: screen.question(look) };
        let plain = render(Look { width, ..Look::PLAIN });
        for colours in [Colours::Sixteen, Colours::Many] {
            let painted = render(Look { width, colours, utf8: true });
            let lines = |text: &str| text.lines().map(|l| l.trim_end().to_owned()).collect::<Vec<_>>();
            prop_assert_eq!(lines(&without_sgr(&painted.facts)), lines(&plain.facts));
            // Only where there is bold the question can speak of it.
            let words = |text: &str| text.replace("in bold", "named").split_whitespace().collect::<Vec<_>>().join(" ");
            let painted = without_sgr(&painted.question);
            let painted: Vec<&str> = painted.split_whitespace().collect();
            prop_assert_eq!(words(&painted.join(" ")), words(&plain.question));
        }
    }

    #[test]
    fn the_question_names_the_kind_and_never_the_value(scene in scene(name), width in 40_usize..200) {
        let screen = view::screen(&scene.view(&scene.sight()));
        let question = screen.question(Look { width, ..Look::PLAIN });
        prop_assert!(question.ends_with(": "));
        if scene.level == Level::Typed {
            let words: Vec<&str> = question.split_whitespace().collect();
            prop_assert!(words.concat().contains(&scene.challenge.pattern().replace(' ', "")), "{question}");
            prop_assert!(!question.contains(&escape(scene.challenge.phrase.as_bytes())));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(64), ..ProptestConfig::default() })]

    #[test]
    fn a_command_to_copy_is_the_same_in_every_window(
        words in prop::collection::vec("[a-z\"'$ {},-]{1,60}", 1..12),
        width in 24_usize..200,
    ) {
        let mut scene = scenes::aws::stack();
        let command = shell_words::join(std::iter::once("aws").chain(words.iter().map(String::as_str)));
        scene.impact.protections[0].effect = format!("is OFF; turn on: {command}");
        let facts = view::screen(&scene.view(&scene.sight())).facts(Look { width, ..Look::PLAIN });
        let (_, copied) = facts.split_once("turn on").unwrap();
        let mut text = String::new();
        for line in copied.trim_start_matches(':').lines() {
            text.push_str(line);
            text.push('\n');
            if !line.ends_with(" \\") {
                break;
            }
        }
        // As a shell reads it.
        let read = shell_words::split(&text.replace("\\\n", "")).unwrap();
        prop_assert_eq!(&read[1..], &words[..], "{}", facts);
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

/// However much there is of everything, the screen stays a screen, and is there at once: every kind of row that holds
/// what the command line or the live system hands over.
#[test]
fn no_row_grows_with_what_it_tells_of() {
    const MANY: usize = 131_072;
    let text = |what: &str, n: usize| (0..n).map(|i| format!("{what}-{i}")).collect::<Vec<_>>();
    for scene in [scenes::delete(), scenes::scale()] {
        let mut scene = scene;
        let impact = &mut scene.impact;
        let subject = impact.subjects.first().cloned().unwrap();
        impact.subjects =
            text("object", MANY).into_iter().map(|name| Subject { name, ..subject.clone() }).collect();
        impact.subjects_total = MANY as u64;
        impact.groups = text("Kind", 5000)
            .into_iter()
            .map(|kind| Group { kind, count: 3, names: text("name", 5000), ..Group::default() })
            .take(200)
            .collect();
        let data = |what: String| Data { because: format!("because of {what}"), fate: Fate::Erased, what };
        impact.data = text("claim", 10_000).into_iter().map(data).collect();
        impact.also = text("also", 10_000);
        impact.gaps = text("gap", 10_000)
            .into_iter()
            .map(|what| Gap { why: Why::Failed(format!("it is {what}")), what })
            .collect();
        let protection = |what: String| Protection { what, effect: "is OFF; turn on: aws x y".to_owned() };
        impact.protections = text("protection", 10_000).into_iter().map(protection).collect();
        impact.refused = Some("no ".repeat(100_000));
        impact.surprise = Some("more ".repeat(100_000));
        scene.target.notes = text("missing", 4000);
        scene.notes = text("note", 4000);
        scene.command = CommandLine::of(text("word", MANY));
        scene.assessment.because = text("reason", 10_000);
        for width in [40, 80, 200] {
            let look = Look { width, ..Look::PLAIN };
            let sight = scene.sight();
            let view = scene.view(&sight);
            let shown = view::screen(&view).render(look);
            assert!(shown.lines().count() < 100 && shown.len() < 20_000, "{shown}");
            assert!(render_notice(&view, look).len() < 4096);
        }
        let because = vec!["no ".repeat(100_000); 100];
        let hint = Hint::None;
        let refusal = Refusal { screen: None, what: "refused", because: &because, hint };
        assert!(render_refusal(&refusal, Look::PLAIN).len() < 20_000);
    }
}

#[test]
fn json_is_stable() {
    insta::assert_snapshot!("json_is_stable", json(&scenes::delete()));
    insta::assert_snapshot!("json_of_aws_is_stable", json(&scenes::aws::mismatch()));
}

fn json(scene: &scenes::Scene) -> String {
    let decision = guard::engine::decide::Decision::Deny(guard::engine::decide::Denied {
        reason: "tickets only".to_owned(),
        cause: guard::engine::decide::Cause::Rules,
        rules: vec!["no-namespaces".to_owned()],
        stood_down: Vec::new(),
    });
    let text = guard::ui::json::render_json(&guard::ui::json::Checked {
        decision: &decision,
        assessment: &scene.assessment,
        whole_scope: scene.assessment.whole_scope.into(),
        environment: (scene.environment, scene.why),
        tool: scene.tool(),
        target: &scene.target(),
        impact: &scene.impact,
        challenge: Some(&scene.challenge),
        tells_phrase: true,
        moving: None,
        ignored: &[],
        exit: guard::exit::Exit::Refused,
    })
    .unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    serde_json::to_string_pretty(&value).unwrap()
}
