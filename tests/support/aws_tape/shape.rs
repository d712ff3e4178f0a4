//! The shape of an answer: which members it has at which place, and of what kind. Two answers about the same things
//! have the same one, whatever the names, numbers and times in them.

use jiff::civil::DateTime;
use serde_json::Value;
use std::collections::BTreeSet;

/// Further than this from today a number is a size.
const NEAR: f64 = 5.0 * 366.0 * 86_400.0;

/// How the second answer differs, a line for each place: `Table.ItemCount: number is gone`.
pub fn differences(recorded: &Value, live: &Value) -> Vec<String> {
    let (recorded, live) = (shape(recorded), shape(live));
    let gone = recorded.difference(&live).map(|place| format!("{place} is gone"));
    let new = live.difference(&recorded).map(|place| format!("{place} is new"));
    gone.chain(new).collect()
}

/// How many places it has.
pub fn size(value: &Value) -> usize {
    shape(value).len()
}

fn shape(value: &Value) -> BTreeSet<String> {
    let mut places = BTreeSet::new();
    note(value, "", &mut places);
    places
}

fn note(value: &Value, at: &str, places: &mut BTreeSet<String>) {
    places.insert(format!("{}: {}", if at.is_empty() { "." } else { at }, kind(value)));
    match value {
        Value::Object(map) => {
            for (name, member) in map {
                let dot = if at.is_empty() { "" } else { "." };
                note(member, &format!("{at}{dot}{name}"), places);
            }
        }
        Value::Array(list) => list.iter().for_each(|member| note(member, &format!("{at}[]"), places)),
        _ => {}
    }
}

/// Version 1 of the CLI prints times as the service sent them, version 2 as texts.
fn kind(value: &Value) -> &'static str {
    let now = jiff::Timestamp::now().as_second() as f64;
    match value {
        Value::Null => "null",
        Value::Bool(_) => "truth",
        Value::Number(n) if n.as_f64().is_some_and(|n| (n - now).abs() < NEAR) => "time",
        Value::Number(_) => "number",
        Value::String(text) if text.get(..19).is_some_and(|t| t.parse::<DateTime>().is_ok()) => "time",
        Value::String(_) => "text",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}
