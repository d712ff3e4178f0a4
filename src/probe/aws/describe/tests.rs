use super::fact::Fact;
use super::*;
use std::collections::BTreeSet;
use std::io::Write as _;
use std::process::{Command, Stdio};

/// What the rows say of one service's answers, checked against the CLI's own models: standard input has one claim a line.
const CHECK: &str = r#"
import sys
import botocore.session
from botocore import xform_name
session, models, wrong = botocore.session.Session(), {}, []

def model(service):
    name = {"efs": "efs", "stepfunctions": "stepfunctions"}.get(service, service)
    return models.setdefault(name, session.get_service_model(name))

def operation(service, words):
    for name in model(service).operation_names:
        if xform_name(name, "-") == words:
            return model(service).operation_model(name)
    raise LookupError(f"no operation {service} {words}")

def walk(shape, pointer):
    for part in [p for p in pointer.split("/") if p]:
        if shape.type_name == "list":
            shape = shape.member
            if part.isdigit():
                continue
        if shape.type_name == "map":
            keys = shape.key.enum if hasattr(shape.key, "enum") else []
            if keys and part not in keys:
                raise LookupError(f"no key {part}")
            shape = shape.value
            continue
        if shape.type_name != "structure" or part not in shape.members:
            raise LookupError(f"no {part} in {shape.name}")
        shape = shape.members[part]
    return shape

for line in sys.stdin:
    kind, service, words, what = line.rstrip("\n").split("\t")
    try:
        found = operation(service, words)
        if kind == "option":
            names = {xform_name(m, "-") for m in found.input_shape.members} if found.input_shape else set()
            if what.removeprefix("no-") not in names | {"max-items"}:
                raise LookupError(f"no option --{what}")
        elif kind == "place":
            walk(found.output_shape, what)
    except Exception as error:
        wrong.append(f"{line.rstrip()}: {error}")
print("\n".join(wrong))
"#;

fn pointers(facts: &[Fact]) -> Vec<String> {
    let mut all = Vec::new();
    for fact in facts {
        match *fact {
            Fact::Say { at, form: fact::Form::Names(member), .. } if !member.is_empty() => {
                all.push(format!("{at}/0{member}"));
            }
            Fact::Say { at, .. } | Fact::Holds { at, .. } | Fact::Guard { at, .. } | Fact::Called(at) => {
                all.push(at.to_owned());
            }
            Fact::Newest { time, name, .. } => all.extend([format!("/0{time}"), format!("/0{name}")]),
        }
    }
    all
}

fn turn_ons(facts: &[Fact]) -> impl Iterator<Item = &'static [&'static str]> {
    facts.iter().filter_map(|f| match f {
        Fact::Guard { turn_on, .. } => Some(*turn_on),
        _ => None,
    })
}

/// One claim a line: what it is about, service, operation, place or option.
fn claims() -> String {
    let mut claims = BTreeSet::new();
    let command = |words: &[&str], options: &[&str], claims: &mut BTreeSet<String>| {
        for word in words.iter().filter_map(|w| w.strip_prefix("--")) {
            // `--{}s`: several words of an API name one of them in the plural.
            let names: Vec<String> = match word.strip_prefix("{}") {
                Some(end) => options.iter().map(|o| format!("{o}{end}")).collect(),
                None => vec![word.to_owned()],
            };
            let claim = |name: String| format!("option\t{}\t{}\t{name}", words[0], words[1]);
            claims.extend(names.into_iter().map(claim));
        }
    };
    for row in rows() {
        for operation in row.operations {
            claims.insert(format!("operation\t{}\t{operation}\t", row.service));
        }
        for (i, ask) in [&row.main].into_iter().chain(row.more).enumerate() {
            command(ask.words, row.options, &mut claims);
            let mut place = |at: &str| {
                claims.insert(format!("place\t{}\t{}\t{at}", ask.words[0], ask.words[1]));
            };
            let base = match (i, row.pick) {
                (0, Some(member)) => {
                    place(&format!("{}/0{member}", ask.at));
                    format!("{}/0", ask.at)
                }
                _ => ask.at.to_owned(),
            };
            place(&base);
            for pointer in pointers(ask.facts) {
                place(&format!("{base}{pointer}"));
            }
            if i == 0 {
                for pointer in [row.created, row.tags].into_iter().filter(|p| !p.is_empty()) {
                    place(&format!("{base}{pointer}"));
                }
                let leaning = row.more.iter().flat_map(|m| m.words).filter_map(|w| w.strip_prefix("{/"));
                for pointer in leaning {
                    place(&format!("{base}/{}", pointer.trim_end_matches('}')));
                }
            }
            for words in turn_ons(ask.facts) {
                command(words, row.options, &mut claims);
            }
        }
    }
    claims.into_iter().collect::<Vec<_>>().join("\n")
}

#[test]
fn every_row_speaks_of_what_the_services_have() {
    let Some(python) = python() else {
        let told = "SKIPPED: the AWS CLI's models are not here; run `tests/run aws`";
        assert!(std::env::var_os("CI").is_none_or(|v| v != "true"), "{told}");
        return eprintln!("{told}");
    };
    let mut child = Command::new(python)
        .args(["-c", CHECK])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(claims().as_bytes()).unwrap();
    let done = child.wait_with_output().unwrap();
    assert!(done.status.success());
    assert_eq!(String::from_utf8_lossy(&done.stdout).trim(), "");
}

/// The interpreter of the environment that has the CLI.
fn python() -> Option<std::path::PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(std::path::PathBuf::from);
    let cache = || {
        set("GUARD_TEST_CACHE")
            .or_else(|| set("XDG_CACHE_HOME").map(|dir| dir.join("guard-tests")))
            .or_else(|| set("HOME").map(|dir| dir.join(".cache/guard-tests")))
    };
    let dir = set("GUARD_TEST_AWS").or_else(|| cache().map(|dir| dir.join("aws/venv")))?;
    let python = dir.join("bin/python");
    python.exists().then_some(python)
}

#[test]
fn no_command_has_two_rows() {
    let mut seen = BTreeSet::new();
    for row in rows() {
        assert!(!row.options.is_empty() && !row.main.words.is_empty(), "{}", row.kind);
        for operation in row.operations {
            assert!(seen.insert((row.service, operation)), "{} {operation}", row.service);
        }
    }
}

fn hit(options: &[(&str, &[&str])]) -> Hit {
    Hit {
        service: "redshift".into(),
        operation: "delete-cluster".into(),
        globals: vec![("profile".into(), Some("prod".into()))],
        options: options
            .iter()
            .map(|(n, v)| ((*n).to_owned(), v.iter().map(|v| (*v).to_owned()).collect()))
            .collect(),
        ..Hit::default()
    }
}

#[test]
fn the_last_copy_is_what_the_options_say() {
    let told = |options: &[(&str, &[&str])]| {
        let mut impact = Impact::default();
        let skip = Some("skip-final-cluster-snapshot");
        let (fate, because) =
            last_copy(&hit(options), "final-cluster-snapshot-identifier", skip, None, &mut impact);
        (fate, because, impact.refused.is_some())
    };
    assert_eq!(
        told(&[("skip-final-cluster-snapshot", &[])]),
        (Fate::Erased, "no final snapshot: --skip-final-cluster-snapshot".into(), false)
    );
    assert_eq!(
        told(&[("final-cluster-snapshot-identifier", &["x"])]),
        (Fate::Kept, "final snapshot x".into(), false)
    );
    assert_eq!(told(&[]), (Fate::Erased, "no final snapshot".into(), true));
}

#[test]
fn places_in_commands_are_filled_or_left_out() {
    let hit = hit(&[("cluster-identifier", &["c 1"])]);
    let one = Named { given: "c 1".into(), name: "c 1".into() };
    let cli_free = |words: &[&str], thing: Option<&Value>| {
        // The way's `Cli` plays no part in filling.
        fill(&hit, "cluster-identifier", &one, words, thing)
    };
    assert_eq!(cli_free(&["a", "--{}", "{}"], None), ["a", "--cluster-identifier", "c 1"]);
    assert_eq!(cli_free(&["a", "--x", "{none}", "--y", "1"], None), ["a", "--y", "1"]);
    assert_eq!(cli_free(&["Name=id,Values={}"], None), ["Name=id,Values=c 1"]);
    let thing = serde_json::json!({"Arn": "arn:x"});
    assert_eq!(cli_free(&["--arn", "{/Arn}"], Some(&thing)), ["--arn", "arn:x"]);
    assert_eq!(
        command(&hit, &["redshift", "modify-cluster", "--cluster-identifier", "c 1", "--flag"]),
        "aws --profile prod redshift modify-cluster --cluster-identifier 'c 1' --flag"
    );
}

#[test]
fn what_is_absent_lowers_only_when_nothing_else_is_named() {
    let named = |names: &[&str]| -> Vec<Named> {
        names.iter().map(|n| Named { given: (*n).to_owned(), name: (*n).to_owned() }).collect()
    };
    let mut impact = Impact::default();
    merge("queue", &named(&["a"]), vec![Seen::Absent], &mut impact);
    assert_eq!((impact.subjects_total, impact.consequences.len()), (0, 1));
    assert_eq!(impact.consequences[0].because, "no such queue: a");
    let mut impact = Impact::default();
    let there = Seen::There(Impact { subjects_total: 1, ..Impact::default() });
    merge("queue", &named(&["a", "b"]), vec![Seen::Absent, there], &mut impact);
    assert_eq!(
        (impact.also.as_slice(), impact.consequences.len()),
        (&["no such queue: a".to_owned()][..], 0)
    );
    let mut impact = Impact::default();
    merge("queue", &named(&["a"]), vec![Seen::Unseen(Why::Forbidden)], &mut impact);
    assert_eq!((impact.gaps.len(), impact.subjects_total, impact.consequences.len()), (1, 1, 0));
    let mut impact = Impact::default();
    merge("queue", &named(&["a", "b"]), vec![Seen::Absent], &mut impact);
    assert_eq!((impact.gaps[0].why.clone(), impact.consequences.len()), (Why::NotAsked, 0));
}

#[test]
fn names_are_those_of_the_phrase_and_a_list_may_be_json() {
    let told = |resources: &[&str], values: &[&str]| -> Vec<(String, String)> {
        let mut hit = hit(&[("names", values)]);
        hit.resources = resources.iter().map(|r| (*r).to_owned()).collect();
        names(&hit, "names").into_iter().map(|n| (n.given, n.name)).collect()
    };
    let pair = |given: &str, name: &str| (given.to_owned(), name.to_owned());
    assert_eq!(
        told(&["app"], &["arn:aws:rds:eu-west-1:1:db:app"]),
        [pair("arn:aws:rds:eu-west-1:1:db:app", "app")]
    );
    assert_eq!(told(&[], &["/app/web"]), [pair("/app/web", "/app/web")]);
    assert_eq!(told(&[], &["https://sqs.eu-west-1.amazonaws.com/1/jobs"])[0].1, "jobs");
    assert_eq!(told(&["x"], &[r#"["a", "b"]"#]), [pair("a", "a"), pair("b", "b")]);
    assert_eq!(told(&[], &["[odd"]), [pair("[odd", "[odd")]);
}

#[test]
fn what_cannot_be_seen_keeps_the_end_its_words_give_it() {
    let one = Named { given: "dwh".into(), name: "dwh".into() };
    let told = |options: &[(&str, &[&str])]| {
        let hit = hit(options);
        by_words(&hit, row_of(&hit).unwrap(), &one, Why::TimedOut)
    };
    let impact = told(&[("skip-final-cluster-snapshot", &[])]);
    assert_eq!((impact.subjects_total, impact.gaps[0].why.clone()), (1, Why::TimedOut));
    assert_eq!(impact.data[0].fate, Fate::Erased);
    assert_eq!(impact.data[0].because, "no final snapshot: --skip-final-cluster-snapshot");
    assert_eq!(told(&[("final-cluster-snapshot-identifier", &["x"])]).data[0].fate, Fate::Kept);
    // It may not be there at all: then AWS says something else.
    assert_eq!(told(&[]).refused, None);
}
