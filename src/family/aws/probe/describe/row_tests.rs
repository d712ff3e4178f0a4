use super::row::{Commands, FILES, Row, Thing, read, rows};
use super::row_fact::{Clause, Fact, Style};
use super::words::Words;
use crate::engine::aws::tables;
use serde_yaml::Value;
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
        match fact {
            Fact::Also(Clause { at, style, .. })
            | Fact::Refuses(Clause { at, style, .. })
            | Fact::Amount { at, style, .. } => match style {
                Style::NamesAt(member) => all.push(format!("{at}/0{member}")),
                _ => all.push(at.clone()),
            },
            Fact::Guard { at, .. } | Fact::Called(at) => all.push(at.clone()),
            Fact::Newest { at, time, name, .. } => {
                all.extend([format!("{at}/0{time}"), format!("{at}/0{name}")])
            }
        }
    }
    all
}

fn turn_ons(row: &Row) -> impl Iterator<Item = &Words> {
    facts(row).filter_map(|f| match f {
        Fact::Guard { turn_on, .. } => Some(turn_on),
        _ => None,
    })
}

/// Every fact of a row.
fn facts(row: &Row) -> impl Iterator<Item = &Fact> {
    row.facts.iter().chain(row.more.iter().flat_map(|m| &m.facts))
}

/// Every command of guard's own in a row.
fn commands(row: &Row) -> impl Iterator<Item = &[String]> {
    let asked = [&row.ask].into_iter().chain(row.more.iter().map(|m| &m.ask));
    asked.chain(turn_ons(row)).map(|w| w.0.as_slice())
}

/// One claim a line: what it is about, service, operation, place or option.
fn claims() -> String {
    let mut claims = BTreeSet::new();
    for row in rows().unwrap() {
        let Commands { service, operations, options } = &row.commands;
        claims.extend(operations.iter().map(|operation| format!("operation\t{service}\t{operation}\t")));
        for words in commands(row) {
            for word in words.iter().filter_map(|w| w.strip_prefix("--")) {
                // `--{}s`: several words of an API name one of them in the plural.
                let names: Vec<String> = match word.strip_prefix("{}") {
                    Some(end) => options.iter().map(|o| format!("{o}{end}")).collect(),
                    None => vec![word.to_owned()],
                };
                let claim = |name| format!("option\t{}\t{}\t{name}", words[0], words[1]);
                claims.extend(names.into_iter().map(claim));
            }
        }
        let mut place = |ask: &Words, at: &str| {
            claims.insert(format!("place\t{}\t{}\t{at}", ask.0[0], ask.0[1]));
        };
        let Thing { at, pick, created, tags, .. } = &row.thing;
        let thing = match pick {
            Some(member) => {
                place(&row.ask, &format!("{at}/0{member}"));
                format!("{at}/0")
            }
            None => at.clone(),
        };
        let leaning = row.more.iter().flat_map(|m| &m.ask.0).filter(|w| w.starts_with("{/"));
        let leaning = leaning.map(|w| w.trim_matches(['{', '}']).to_owned());
        for at in pointers(&row.facts)
            .into_iter()
            .chain([String::new(), created.clone(), tags.clone()])
            .chain(leaning)
        {
            place(&row.ask, &format!("{thing}{at}"));
        }
        for ask in &row.more {
            for at in pointers(&ask.facts) {
                place(&ask.ask, &at);
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
fn no_command_has_two_rows_and_the_cli_has_them_all() {
    let mut seen = BTreeSet::new();
    for row in rows().unwrap() {
        let Commands { service, operations, .. } = &row.commands;
        for operation in operations {
            assert!(seen.insert((service, operation)), "{service} {operation} twice");
            assert!(tables::exists(format!("{service} {operation}").as_bytes()), "{service} {operation}");
        }
        for words in commands(row) {
            assert!(words.len() > 2 && tables::exists(words[..2].join(" ").as_bytes()), "{words:?}");
        }
    }
}

/// A place in an answer: a JSON pointer, or all of it.
fn is_place(at: &str) -> bool {
    at.is_empty() || (at.starts_with('/') && !at.ends_with('/') && !at.contains(['{', '}', ' ']))
}

#[test]
fn places_and_placeholders_are_well_formed() {
    for row in rows().unwrap() {
        let Thing { at, pick, created, tags, .. } = &row.thing;
        let mut places = vec![at.clone(), pick.clone().unwrap_or_default(), created.clone(), tags.clone()];
        places.extend(facts(row).flat_map(|f| pointers(std::slice::from_ref(f))));
        assert!(places.iter().all(|p| is_place(p)), "{places:?}");
        for word in commands(row).flatten() {
            let Some((_, rest)) = word.split_once('{') else {
                assert!(!word.contains('}'), "{word}");
                continue;
            };
            let (name, after) = rest.split_once('}').unwrap();
            let option = name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
            assert!((option || is_place(name)) && !after.contains(['{', '}']), "{word}");
        }
        for words in turn_ons(row).chain([&row.ask]) {
            assert!(!words.lean(), "{words:?}");
        }
        for fact in facts(row) {
            let (Fact::Also(Clause { say, .. })
            | Fact::Refuses(Clause { say, .. })
            | Fact::Amount { say, .. }) = fact
            else {
                continue;
            };
            assert!(!say.is_empty() && !say.replace("{}", "").contains(['{', '}']), "{say}");
        }
    }
}

/// What says the same as nothing, by its path.
fn spelled_out(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Mapping(members) => {
            for (key, value) in members {
                spelled_out(value, &format!("{path}/{}", key.as_str().unwrap_or("?")), found);
            }
        }
        Value::Sequence(all) if !all.is_empty() => {
            for (i, value) in all.iter().enumerate() {
                spelled_out(value, &format!("{path}/{i}"), found);
            }
        }
        // An empty text behind a tag is one: `!goes ""`.
        Value::Tagged(tagged) if tagged.value.is_string() => {}
        Value::Tagged(tagged) => spelled_out(&tagged.value, path, found),
        Value::String(text) => {
            let last = path.rsplit('/').next();
            let default = matches!(
                (last, text.as_str()),
                (_, "") | (Some("say"), "{}") | (Some("as"), "plain") | (Some("data"), "nothing")
            );
            found.extend(default.then(|| path.to_owned()));
        }
        Value::Bool(true) => {}
        Value::Null | Value::Bool(false) | Value::Number(_) | Value::Sequence(_) => {
            found.push(path.to_owned())
        }
    }
}

#[test]
fn what_goes_without_saying_is_not_said() {
    for (name, text) in FILES {
        let mut found = Vec::new();
        spelled_out(&serde_yaml::from_str(text).unwrap(), name, &mut found);
        assert!(found.is_empty(), "{found:#?}");
    }
}

#[test]
fn a_word_that_no_entry_has_is_an_error() {
    let entry = "- for: sqs delete-queue --queue-url
  ask: sqs get-queue-attributes --queue-url {}
  thing: { kind: queue }
  data: !snapshot { named: x }
  facts:
  - !also { at: /a }
  - !amount { at: /a }
  - !guard { at: /a, is: x, what: x, turn_on: x }
  - !newest { at: /a, time: /a, name: /a, what: x, because: x }
  more:
  - { what: x, ask: x, facts: [] }
";
    assert!(read(&[("x.yaml", entry)]).is_ok());
    let wrong = entry.match_indices(" }").map(|(at, _)| format!("{}, odd: x{}", &entry[..at], &entry[at..]));
    let wrong = wrong.chain([
        format!("{entry}  odd: x"),
        entry.replace("!also", "!odd"),
        entry.replace("/a }", "/a, as: odd }"),
        entry.replace("sqs delete-queue --queue-url", "sqs delete-queue"),
        entry.replace("sqs delete-queue --queue-url", "sqs --queue-url"),
    ]);
    let wrong: Vec<String> = wrong.collect();
    assert_eq!(wrong.len(), 12);
    for text in wrong {
        assert!(read(&[("x.yaml", &text)]).is_err(), "{text}");
    }
}
