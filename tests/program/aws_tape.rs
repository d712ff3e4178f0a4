//! The recordings of AWS themselves: what is not in them fails, times stay as old as they were, nothing secret is kept.

use crate::support::aws::Between as _;
use crate::support::aws_tape::format::{all, fold};
use crate::support::aws_tape::plain::{Plain, timeless};
use crate::support::aws_tape::{StandIn, Tape};
use serde_json::{Value, json};
use std::path::Path;
use std::process::{Command, Output};
use std::sync::Arc;

/// A person, a question with two calls, a change, and the question again.
fn recording() -> Value {
    let (ask, topics) = (["sns", "delete-topic"], ["sns", "list-topics"]);
    json!({"seconds": 5, "accounts": [], "steps": [
        {"control": "key", "body": {"user": "x"}, "answer": {"key": "k"}},
        {"ask": ask, "calls": [
            {"aws": topics, "json": {"Topics": ["{home}/a"]}},
            {"aws": ["sts", "who"], "exit": 254, "err": "\nAn error occurred (Expired)\n"},
        ]},
        {"control": "call", "body": {"method": "delete"}, "error": "NotFound: no"},
        {"ask": ask, "calls": [{"aws": topics}, {"aws": ["sts", "who"], "out": "me\n"}]},
    ]})
}

fn play() -> (Arc<Tape>, StandIn) {
    let tape = Arc::new(Tape::play_value("example", &recording(), Path::new("/here")).impatient());
    (Arc::clone(&tape), StandIn::new(tape))
}

fn run(stand_in: &StandIn, words: &[&str]) -> Output {
    Command::new(stand_in.path()).args(words).output().unwrap()
}

fn never(_: &Value) -> Result<Value, String> {
    panic!("a recording is played without a server")
}

fn control(tape: &Tape, method: &str, body: Value) -> Result<Value, String> {
    tape.control(method, &body, &|| never(&Value::Null))
}

#[test]
fn a_recording_answers_as_it_was_answered() {
    let (tape, aws) = play();
    assert_eq!(control(&tape, "key", json!({"user": "x"})), Ok(json!({"key": "k"})));
    let ask = ["sns", "delete-topic"];
    tape.begin(&ask);
    let topics = run(&aws, &["sns", "list-topics"]);
    assert_eq!(
        String::from_utf8_lossy(&topics.stdout),
        "{\n    \"Topics\": [\n        \"/here/a\"\n    ]\n}\n"
    );
    let who = run(&aws, &["sts", "who"]);
    assert_eq!((who.status.code(), who.stdout.len()), (Some(254), 0));
    assert_eq!(String::from_utf8_lossy(&who.stderr), "\nAn error occurred (Expired)\n");
    tape.end();
    assert_eq!(control(&tape, "call", json!({"method": "delete"})), Err("NotFound: no".to_owned()));
    assert_eq!(tape.left(), 1);
    tape.begin(&ask);
    assert_eq!(run(&aws, &["sns", "list-topics"]).stdout, topics.stdout, "as before");
    let who = run(&aws, &["sts", "who"]);
    assert_eq!((who.status.code(), who.stdout.as_slice()), (Some(0), b"me\n".as_slice()));
    tape.end();
    assert_eq!(tape.left(), 0);
}

/// guard ends its other calls when it has its answer: those need none, and fail nothing.
#[test]
fn a_call_that_is_ended_by_its_caller_needs_no_answer() {
    let calls = json!([{"aws": ["sts", "who"], "exit": 254}]);
    let recording = json!({"seconds": 1, "accounts": [], "steps": [{"ask": ["sns"], "calls": calls}]});
    let tape = Arc::new(Tape::play_value("example", &recording, Path::new("/here")));
    let aws = StandIn::new(Arc::clone(&tape));
    tape.begin(&["sns"]);
    let mut other = Command::new(aws.path()).args(["sns", "list-topics"]).spawn().unwrap();
    assert_eq!(run(&aws, &["sts", "who"]).status.code(), Some(254));
    assert_eq!(other.try_wait().unwrap(), None, "it waits");
    other.kill().unwrap();
    other.wait().unwrap();
    tape.end();
    drop(aws);
    tape.complain();
}

#[test]
#[should_panic(expected = "the recording example has no answer to\n  aws sns list-topics --output json\n")]
fn an_argument_list_that_was_never_recorded_fails_by_its_name() {
    let (tape, aws) = play();
    control(&tape, "key", json!({"user": "x"})).unwrap();
    tape.begin(&["sns", "delete-topic"]);
    let answer = run(&aws, &["sns", "list-topics", "--output", "json"]);
    assert!(!answer.status.success() && answer.stdout.is_empty());
    assert!(String::from_utf8_lossy(&answer.stderr).starts_with("never recorded: aws sns list-topics"));
    tape.end();
}

#[test]
#[should_panic(expected = "has no answer to\n  aws sts who\n")]
fn a_call_before_its_question_is_not_answered() {
    let (tape, aws) = play();
    control(&tape, "key", json!({"user": "x"})).unwrap();
    run(&aws, &["sts", "who"]);
    tape.complain();
}

#[test]
#[should_panic(
    expected = "the test asks for\n  control \"key\" body {\"user\":\"y\"}\nwhere the recording example has"
)]
fn another_request_than_the_recorded_one_fails() {
    let _ = control(&play().0, "key", json!({"user": "y"}));
}

#[test]
#[should_panic(
    expected = "the test asks for\n  ask [\"sns\",\"list-topics\"]\nwhere the recording example has\n  control"
)]
fn a_question_at_the_wrong_place_fails() {
    play().0.begin(&["sns", "list-topics"]);
}

#[test]
#[should_panic(expected = "where the recording example has\n  end \"nothing more\"")]
fn a_request_after_the_end_fails() {
    let recording = json!({"seconds": 1, "accounts": [], "steps": []});
    let tape = Tape::play_value("example", &recording, Path::new("/here"));
    let _ = control(&tape, "log", json!({}));
}

/// What was three hours old when it was recorded is so whenever it is played.
#[test]
fn times_stay_as_old_as_they_were() {
    const HOUR: i64 = 3600;
    let recorded = 1_764_000_000;
    let then = recorded - 3 * HOUR;
    let iso = |at: i64| jiff::Timestamp::from_second(at).unwrap().strftime("%Y-%m-%dT%H:%M:%S").to_string();
    let said = |at: i64| {
        json!({"seconds": at, "digits": at.to_string(), "ms": at * 1000 + 7, "float": at as f64 + 0.25,
               "zulu": iso(at) + "Z", "zone": iso(at) + ".123000+00:00", "joined": iso(at) + ".000+0000",
               "name": jiff::Timestamp::from_second(at).unwrap().strftime("rds:db-%Y-%m-%d-%H-%M").to_string(),
               "text": format!("made ({} GMT), or {}Z", iso(at).replace('T', " "), iso(at))})
    };
    let others = json!({"size": 1000, "big": 5_000_000_000_000_000_i64, "version": "2012-10-17", "port": "5432",
                        "constant": "1970-01-01T00:00:00Z", "account": "111111111111"});
    let file = Plain::new("/there", recorded).value(&said(then));
    assert_eq!(file["zulu"], "2099-12-31T21:00:00Z");
    assert_eq!(Plain::new("/there", recorded).value(&others), others);
    // Made anew a little slower, it is the same recording.
    let slower = Plain::new("/there", recorded).value(&said(then + 2));
    assert_eq!(timeless(&slower), timeless(&file));
    assert_ne!(timeless(&json!({"zulu": slower["zulu"]})), timeless(&file));
    for years in [0, 3, 30] {
        let now = recorded + years * 366 * 24 * HOUR;
        assert_eq!(Plain::new("/here", now).value_here(&file), said(now - 3 * HOUR), "after {years} years");
        assert_eq!(Plain::new("/here", now).value_here(&others), others);
    }
}

#[test]
fn directories_ports_and_keys_are_written_as_what_they_stand_for() {
    let mut plain = Plain::new("/tmp/x1", 0);
    plain.port(40_123);
    plain.learn(&json!({"key": "AKIAREALREALREALREAL", "secret": "very/secret"}));
    plain.learn(
        &json!({"AccessKey": {"AccessKeyId": "AKIAOTHEROTHEROTHERO", "SecretAccessKey": "very/secret2"}}),
    );
    let said = json!([
        "/tmp/x1/site",
        "http://127.0.0.1:40123/q",
        "AKIAREALREALREALREAL very/secret",
        "AKIAOTHEROTHEROTHERO"
    ]);
    let want = json!([
        "{home}/site",
        "http://127.0.0.1:5000/q",
        "AKIA000000001EXAMPLE not-a-secret",
        "AKIA000000003EXAMPLE"
    ]);
    assert_eq!(plain.value(&said), want);
    assert_eq!(Plain::new("/tmp/y2", 0).value_here(&want[0]), "/tmp/y2/site");
}

#[test]
fn long_values_are_folded_and_read_the_same() {
    let long = json!({"a": {"b": "x".repeat(70), "c": ["y".repeat(70), {}, []]}, "d": [1, null]});
    let text = fold(&long);
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), long);
    assert!(text.lines().count() == 7 && text.lines().all(|line| line.len() <= 110), "{text}");
}

/// Every key is a placeholder, and every time is counted from the beginning.
#[test]
fn the_recordings_hold_no_keys_and_no_dates_of_their_making() {
    let recordings = all();
    assert!(recordings.len() > 20, "{}", recordings.len());
    let mut size = 0;
    for (name, recording) in recordings {
        let text = fold(&recording);
        size += text.len();
        for (at, _) in text.match_indices("AKIA").chain(text.match_indices("ASIA")) {
            assert!(text[at..].get(13..20) == Some("EXAMPLE"), "{name}: {}", &text[at..at + 20]);
        }
        for secret in ["SecretAccessKey\":\"", "secret\":\"", "SessionToken\":\""] {
            for (at, _) in text.match_indices(secret) {
                let value = &text[at + secret.len()..];
                assert!(value.starts_with("not-a-secret\""), "{name}: {secret}{}", &value[..20]);
            }
        }
        for year in 2024..2090 {
            let dated = text.find(&format!("{year}-"));
            assert_eq!(dated.map(|at| &text[at.saturating_sub(40)..at + 20]), None, "{name}");
        }
    }
    assert!(size < 1 << 20, "{size} bytes of recordings");
}
