//! Whether AWS still answers as it was recorded: for every service one call of the recordings, made again of the real
//! CLI in front of the real server after the same steps. Its answer has to have the same members of the same kinds.

use crate::support::aws::{Aws, Cli, Way};
use crate::support::aws_tape::format;
use crate::support::aws_tape::plain::Plain;
use crate::support::aws_tape::shape::{differences, size};
use crate::support::aws_warm::warm;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Services without a JSON answer in the recordings: the organisation is only ever refused, by a fault that the test
/// asked for, and `s3 … --dryrun` prints a plan for people.
const WITHOUT: [&str; 2] = ["organizations", "s3"];

/// A recorded call: in which recording, in which of its steps.
#[derive(Clone, Debug)]
struct Chosen {
    recording: String,
    step: usize,
    call: Value,
}

impl Chosen {
    fn words(&self) -> Vec<&str> {
        self.call["aws"].as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect()
    }

    /// Every difference of an answer, with the service and the command.
    fn compare(&self, names: &Names, live: &Value) -> Vec<String> {
        let words = self.words();
        let plain = Plain::new("/home", jiff::Timestamp::now().as_second());
        let recorded = names.value(&plain.value_here(&self.call["json"]));
        let name = |place| format!("{}: aws {}: {place}", words[0], words[..2].join(" "));
        differences(&recorded, live).into_iter().map(name).collect()
    }
}

/// For each service the call whose answer has the most members.
fn chosen(recordings: &[(String, Value)]) -> BTreeMap<String, Chosen> {
    let mut best: BTreeMap<String, Chosen> = BTreeMap::new();
    for (recording, content) in recordings {
        for (step, asked) in content["steps"].as_array().unwrap().iter().enumerate() {
            for call in asked["calls"].as_array().into_iter().flatten() {
                let service = call["aws"][0].as_str().unwrap();
                let more = |known: &Chosen| size(&call["json"]) > size(&known.call["json"]);
                if call["exit"].is_null() && call["json"].is_object() && best.get(service).is_none_or(more) {
                    let found = Chosen { recording: recording.clone(), step, call: call.clone() };
                    best.insert(service.to_owned(), found);
                }
            }
        }
    }
    best
}

/// Every service that the recordings ask.
fn services(recordings: &[(String, Value)]) -> BTreeSet<String> {
    let steps = recordings.iter().flat_map(|(_, content)| content["steps"].as_array().unwrap());
    let calls = steps.flat_map(|step| step["calls"].as_array().into_iter().flatten());
    calls.map(|call| call["aws"][0].as_str().unwrap().to_owned()).collect()
}

/// The recorded names of things, and what the same things are called this time.
#[derive(Debug, Default)]
struct Names(Vec<(String, String)>);

impl Names {
    fn learn(&mut self, recorded: &Value, live: &Value) {
        match (recorded, live) {
            (Value::Object(a), Value::Object(b)) => {
                a.iter().filter_map(|(name, a)| Some((a, b.get(name)?))).for_each(|(a, b)| self.learn(a, b));
            }
            (Value::Array(a), Value::Array(b)) => a.iter().zip(b).for_each(|(a, b)| self.learn(a, b)),
            (Value::String(a), Value::String(b)) if a.split('/').count() == b.split('/').count() => {
                // A zone is called `/hostedzone/Z1` and asked for as `Z1`. Short ones are words and sizes.
                let parts = a.split('/').zip(b.split('/')).filter(|(a, b)| a != b && a.len() > 5);
                self.0.extend(parts.map(|(a, b)| (a.to_owned(), b.to_owned())));
                // A name before the names it is part of.
                self.0.sort_by_key(|(recorded, _)| std::cmp::Reverse(recorded.len()));
            }
            _ => {}
        }
    }

    fn text(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (recorded, live)| text.replace(recorded, live))
    }

    fn value(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.text(text)),
            Value::Array(list) => list.iter().map(|v| self.value(v)).collect(),
            Value::Object(map) => map.iter().map(|(name, v)| (self.text(name), self.value(v))).collect(),
            _ => value.clone(),
        }
    }
}

/// Takes the recorded steps anew, and makes the chosen calls where they were made.
fn walk(aws: &Aws, cli: &Cli, content: &Value, chosen: &[&Chosen]) -> Vec<String> {
    let home = tempfile::tempdir().unwrap();
    let plain = Plain::new(&home.path().display().to_string(), jiff::Timestamp::now().as_second());
    let mut names = Names(vec![(
        format!("127.0.0.1:{}", crate::support::aws_tape::plain::PORT),
        format!("127.0.0.1:{}", aws.port),
    )]);
    let mut vars = aws.vars(Way::Endpoint);
    vars.push(("AWS_DEFAULT_REGION".to_owned(), aws.alice("prod").region.clone()));
    vars.extend(aws.alice("prod").keys());
    let mut found = Vec::new();
    let last = chosen.iter().map(|c| c.step).max().unwrap_or(0);
    for (at, step) in content["steps"].as_array().unwrap().iter().enumerate().take(last + 1) {
        // Faults only refuse what was answered here.
        let change = step["control"].as_str().filter(|method| matches!(*method, "key" | "call" | "age"));
        if let Some(method) = change {
            let live = aws.send(method, &names.value(&plain.value_here(&step["body"])));
            match (&live, step["error"].as_str()) {
                (Ok(live), None) => names.learn(&step["answer"], live),
                (Err(_), Some(_)) => {}
                _ => found.push(format!("{method} {} now gives {live:?}", step["body"])),
            }
        }
        for chosen in chosen.iter().filter(|c| c.step == at) {
            let words: Vec<String> =
                chosen.words().into_iter().map(|w| names.text(&plain.text_here(w))).collect();
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let done = cli.run(home.path(), &vars, &words);
            match serde_json::from_slice(&done.stdout) {
                Ok(live) => found.extend(chosen.compare(&names, &live)),
                Err(_) => found.push(format!("{words:?}: {}", String::from_utf8_lossy(&done.stderr))),
            }
        }
    }
    found
}

#[test]
fn one_call_of_every_service_is_answered_as_recorded() {
    let Some(cli) = Cli::v2().or_else(Cli::v1).as_ref().map(warm) else { return };
    // Not the server of the other tests: lists would show what those make.
    let Some(aws) = Aws::launch() else { return };
    let recordings = format::all();
    let chosen = chosen(&recordings);
    let asked: BTreeSet<String> = chosen.keys().cloned().collect();
    let left: Vec<String> = services(&recordings).difference(&asked).cloned().collect();
    assert_eq!(left, WITHOUT, "services that no call here asks");
    let mut found = Vec::new();
    for (name, content) in &recordings {
        let mine: Vec<&Chosen> = chosen.values().filter(|c| c.recording == *name).collect();
        if !mine.is_empty() {
            found.extend(walk(&aws, &cli, content, &mine));
        }
    }
    assert!(found.is_empty(), "the recordings no longer say what AWS says:\n{}", found.join("\n"));
    println!("{} services asked", asked.len());
}

/// The comparison sees a member that is gone, one that is new and one of another kind, at any depth.
#[test]
fn a_doctored_recording_is_found_out() {
    let call = json!({"aws": ["rds", "describe-db-instances", "--output", "json"],
                      "json": {"DBInstances": [{"Port": 5432, "Endpoint": {"Address": "a"}, "InstanceCreateTime": "2100-01-01T00:00:00.000Z"}]}});
    let of = |call: &Value| Chosen { recording: "x".to_owned(), step: 0, call: call.clone() };
    let live = json!({"DBInstances": [{"Port": 3306, "Endpoint": {"Address": "b"}, "InstanceCreateTime": jiff::Timestamp::now().as_second()}]});
    assert_eq!(
        of(&call).compare(&Names::default(), &live),
        [""; 0],
        "names, numbers and times may be others"
    );
    let doctored = |change: &dyn Fn(&mut Value)| {
        let mut call = call.clone();
        change(&mut call["json"]["DBInstances"][0]);
        of(&call).compare(&Names::default(), &live)
    };
    let at = "rds: aws rds describe-db-instances: DBInstances[]";
    let gone = doctored(&|db| db["Endpoint"]["Port"] = json!(1));
    assert_eq!(gone, [format!("{at}.Endpoint.Port: number is gone")]);
    let new = doctored(&|db| db["Endpoint"] = json!({}));
    assert_eq!(new, [format!("{at}.Endpoint.Address: text is new")]);
    let other = doctored(&|db| db["Port"] = json!("5432"));
    assert_eq!(other, [format!("{at}.Port: text is gone"), format!("{at}.Port: number is new")]);
}

/// A recording as it is, with one member more in its best answer: the choice and the comparison see it.
#[test]
fn a_doctored_file_is_found_out() {
    let recordings = format::all();
    let services = chosen(&recordings);
    assert!(services.len() > 15, "{:?}", services.keys());
    for (service, honest) in services {
        let plain = Plain::new("/home", jiff::Timestamp::now().as_second());
        let live = plain.value_here(&honest.call["json"]);
        assert_eq!(honest.compare(&Names::default(), &live), [""; 0], "{service}");
        let mut doctored = honest.clone();
        doctored.call["json"]["NoSuchMember"] = json!(true);
        let found = doctored.compare(&Names::default(), &live);
        let want = format!("{service}: aws {}: NoSuchMember: truth is gone", honest.words()[..2].join(" "));
        assert_eq!(found, [want]);
    }
}
