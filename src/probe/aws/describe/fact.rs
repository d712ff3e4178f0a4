//! What a row makes of one place in an answer: a clause, an amount, a protection, a reason why the service refuses.

use crate::engine::human::number;
use crate::engine::impact::{Data, Fate, Impact, Protection};
use crate::probe::aws::read;
use serde_json::Value;

/// How the value at a place is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// As it stands.
    Plain,
    /// A number with its unit: `1,200 users`.
    Count(&'static str),
    /// A number of bytes: `3.1 GB`.
    Bytes,
    /// A time: `3 days ago`.
    Ago,
    /// How many members a list has, with their unit.
    Len(&'static str),
    /// The members of a list: the texts themselves, or one member of each.
    Names(&'static str),
}

/// When a fact holds, by the value at its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// Something is there: not empty, not 0, not false.
    Some,
    /// The text or truth value is exactly this.
    Is(&'static str),
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Then {
    /// A clause among the other consequences.
    Also,
    /// The service is certain to refuse.
    Refuses,
}

/// One fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fact {
    /// `{}` in the text stands for the value.
    Say { at: &'static str, when: When, form: Form, then: Then, text: &'static str },
    /// An amount of what is held, said beside the thing's name: `{} waiting`.
    Holds { at: &'static str, form: Form, text: &'static str },
    /// A protection that can be on or off. Where it is on it `refuses` the deletion, or may.
    Guard {
        at: &'static str,
        on: &'static str,
        what: &'static str,
        refuses: bool,
        turn_on: &'static [&'static str],
    },
    /// The newest member of the list of backups, which stay.
    Newest { time: &'static str, name: &'static str, what: &'static str, because: &'static str },
    /// The name a person gave it.
    Called(&'static str),
}

pub(super) const fn also(at: &'static str, form: Form, text: &'static str) -> Fact {
    Fact::Say { at, when: When::Some, form, then: Then::Also, text }
}

pub(super) const fn holds(at: &'static str, form: Form, text: &'static str) -> Fact {
    Fact::Holds { at, form, text }
}

pub(super) const fn say(at: &'static str, when: When, then: Then, text: &'static str) -> Fact {
    Fact::Say { at, when, form: Form::Plain, then, text }
}

pub(super) const fn refuses(at: &'static str, form: Form, text: &'static str) -> Fact {
    Fact::Say { at, when: When::Some, form, then: Then::Refuses, text }
}

/// What the facts of one answer add up to.
#[derive(Debug, Default)]
pub(super) struct Told {
    pub(super) impact: Impact,
    pub(super) amounts: Vec<String>,
    /// The answer is the beginning of a list: what is counted in it is the least there is.
    pub(super) more: bool,
    pub(super) called: Option<String>,
}

/// Whether something stands there that is worth a word.
fn is_some(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(b) => *b,
        Value::Number(n) => n.as_f64() != Some(0.0),
        Value::String(s) => !s.is_empty() && s != "0",
        Value::Array(a) => !a.is_empty(),
        Value::Object(o) => !o.is_empty(),
    }
}

fn is(value: &Value, text: &str) -> bool {
    match value {
        Value::String(s) => s == text,
        Value::Bool(b) => b.to_string() == text,
        Value::Number(n) => n.to_string() == text,
        _ => false,
    }
}

fn holds_true(when: When, value: Option<&Value>) -> bool {
    match (when, value) {
        (When::Some, Some(v)) => is_some(v),
        (When::Is(text), Some(v)) => is(v, text),
        (_, None) => false,
    }
}

/// So many names of a list are written out.
const SHOWN: usize = 3;

/// The first few of many names.
pub(in crate::probe::aws) fn first<S: AsRef<str>>(names: &[S]) -> String {
    let shown: Vec<&str> = names.iter().take(SHOWN).map(AsRef::as_ref).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {} more", shown.join(", "), number(more as u64)),
    }
}

fn write(form: Form, value: &Value, more: bool) -> Option<String> {
    Some(match form {
        Form::Plain => match value {
            Value::String(s) => s.clone(),
            other => other.to_string(),
        },
        Form::Count(one) => read::counted(read::number(value, "")?, one),
        Form::Bytes => read::bytes(read::number(value, "")?),
        Form::Ago => format!("{} ago", read::span(read::age_s(value, "")?)),
        Form::Len(one) => {
            let least = if more { "more than " } else { "" };
            format!("{least}{}", read::counted(value.as_array()?.len() as u64, one))
        }
        Form::Names(member) => {
            let names: Vec<&str> =
                value.as_array()?.iter().filter_map(|v| read::text(v, member)).map(read::tail).collect();
            let and_more = if more { " and more" } else { "" };
            format!("{}{and_more}", first(&names))
        }
    })
}

impl Fact {
    /// Takes the fact from `value`. `command` writes out the command that switches a protection on.
    pub(super) fn tell(
        &self,
        value: &Value,
        name: &str,
        command: &dyn Fn(&[&str]) -> String,
        told: &mut Told,
    ) {
        match *self {
            Fact::Say { at, when, form, then, text } => {
                let there = value.pointer(at);
                let Some(there) = there.filter(|_| holds_true(when, there)) else { return };
                let Some(written) = write(form, there, told.more) else { return };
                let text = text.replace("{}", &written);
                match then {
                    Then::Also => told.impact.also.push(text),
                    Then::Refuses => told.impact.refused = Some(text),
                }
            }
            Fact::Holds { at, form, text } => {
                let written = value.pointer(at).and_then(|v| write(form, v, told.more));
                told.amounts.extend(written.map(|w| text.replace("{}", &w)));
            }
            Fact::Guard { at, on, what, refuses, turn_on } => {
                // An older CLI or region does not say; then nothing is said of it either.
                let Some(there) = value.pointer(at) else { return };
                let effect = if !is(there, on) {
                    off(&command(turn_on))
                } else if refuses {
                    told.impact.refused = Some(format!("{what} of {name} is on"));
                    "is ON: refuses the deletion".to_owned()
                } else {
                    "is ON: may refuse the deletion".to_owned()
                };
                told.impact.protections.push(Protection { what: what.to_owned(), effect });
            }
            Fact::Newest { time, name: at, what, because } => {
                let all = value.as_array().map_or(&[][..], Vec::as_slice);
                newest(all, time, at, what, because, &mut told.impact);
            }
            Fact::Called(at) => {
                let text = read::text(value, at).map(read::tail).filter(|t| !t.is_empty() && *t != name);
                told.called = told.called.take().or(text.map(str::to_owned));
            }
        }
    }
}

/// A protection that is off, with the command that switches it on.
pub(in crate::probe::aws) fn off(command: &str) -> String {
    format!("is OFF; turn on: {command}")
}

/// The newest of the backups that stay, or that there is none.
pub(in crate::probe::aws) fn newest(
    all: &[Value],
    time: &str,
    name: &str,
    what: &str,
    because: &str,
    impact: &mut Impact,
) {
    let newest = all.iter().filter_map(|b| Some((read::age_s(b, time)?, b))).min_by_key(|(age, _)| *age);
    match newest {
        Some((age, backup)) => {
            let more = match all.len() {
                0 | 1 => String::new(),
                n => format!(", the newest of {}", number(n as u64)),
            };
            let name = read::tail(&read::owned(backup, name)).to_owned();
            impact.data.push(Data {
                what: format!("{what} {name}, {} old{more}", read::span(age)),
                fate: Fate::Kept,
                because: because.to_owned(),
            });
        }
        None => impact.also.push(format!("no {what} exists")),
    }
}
