//! What a row makes of one place in an answer: a clause, an amount, a protection, a reason why the service refuses.

use super::words::Words;
use crate::engine::human::number;
use crate::engine::impact::{Data, Fate, Impact, Protection};
use crate::family::aws::probe::json;
use serde::Deserialize;
use serde_json::Value;

/// How the value at a place is written.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Style {
    /// As it stands.
    #[default]
    Plain,
    /// A number with its unit: `1,200 users`.
    Count(String),
    /// A number of bytes: `3.1 GB`.
    Bytes,
    /// A time: `3 days ago`.
    Ago,
    /// How many members a list has, with their unit.
    Len(String),
    /// The members of a list, which are texts.
    Names,
    /// One member of each member of a list.
    NamesAt(String),
}

/// One fact. `at` is a place in the answer, `{}` in what is said stands for the value there.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum Fact {
    /// A clause among the other consequences.
    Also(Clause),
    /// The service is certain to refuse.
    Refuses(Clause),
    /// An amount of what is held, said beside the thing's name: `{} waiting`.
    Amount {
        at: String,
        #[serde(default, rename = "as")]
        style: Style,
        #[serde(default = "the_value")]
        say: String,
    },
    /// A protection that is on when the value is `is`. Then it `refuses` the deletion, or may.
    Guard {
        at: String,
        is: String,
        what: String,
        #[serde(default)]
        refuses: bool,
        turn_on: Words,
    },
    /// The newest member of the list of backups, which stay.
    Newest { at: String, time: String, name: String, what: String, because: String },
    /// The name a person gave it.
    Called(String),
}

/// What is said of a value that is there: not empty, not 0, not false.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Clause {
    pub(super) at: String,
    /// Said only when the text or truth value is exactly this.
    pub(super) is: Option<String>,
    #[serde(default, rename = "as")]
    pub(super) style: Style,
    #[serde(default = "the_value")]
    pub(super) say: String,
}

fn the_value() -> String {
    "{}".to_owned()
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

/// So many names of a list are written out.
const SHOWN: usize = 3;

/// The first few of many names.
pub(in crate::family::aws::probe) fn first<S: AsRef<str>>(names: &[S]) -> String {
    let shown: Vec<&str> = names.iter().take(SHOWN).map(AsRef::as_ref).collect();
    match names.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {} more", shown.join(", "), number(more as u64)),
    }
}

fn write(style: &Style, value: &Value, more: bool) -> Option<String> {
    let names = |member: &str| {
        let names: Vec<&str> =
            value.as_array()?.iter().filter_map(|v| json::text(v, member)).map(json::tail).collect();
        let and_more = if more { " and more" } else { "" };
        Some(format!("{}{and_more}", first(&names)))
    };
    Some(match style {
        Style::Plain => match value {
            Value::String(s) => s.clone(),
            other => other.to_string(),
        },
        Style::Count(one) => json::counted(json::number(value, "")?, one),
        Style::Bytes => json::bytes(json::number(value, "")?),
        Style::Ago => format!("{} ago", json::span(json::age_s(value, "")?)),
        Style::Len(one) => {
            let least = if more { "more than " } else { "" };
            format!("{least}{}", json::counted(value.as_array()?.len() as u64, one))
        }
        Style::Names => names("")?,
        Style::NamesAt(member) => names(member)?,
    })
}

impl Clause {
    /// What is said of the thing, if it is said at all.
    fn of(&self, value: &Value, more: bool) -> Option<String> {
        let there = value.pointer(&self.at)?;
        let holds = self.is.as_ref().map_or_else(|| is_some(there), |text| is(there, text));
        let written = holds.then(|| write(&self.style, there, more))??;
        Some(self.say.replace("{}", &written))
    }
}

impl Fact {
    /// Takes the fact from `value`. `command` writes out the command that switches a protection on.
    pub(super) fn tell(
        &self,
        value: &Value,
        name: &str,
        command: &dyn Fn(&Words) -> String,
        told: &mut Told,
    ) {
        match self {
            Fact::Also(clause) => told.impact.also.extend(clause.of(value, told.more)),
            Fact::Refuses(clause) => {
                let certain = clause.of(value, told.more);
                told.impact.refused = certain.or(told.impact.refused.take());
            }
            Fact::Amount { at, style, say } => {
                let written = value.pointer(at).and_then(|v| write(style, v, told.more));
                told.amounts.extend(written.map(|w| say.replace("{}", &w)));
            }
            Fact::Guard { at, is: on, what, refuses, turn_on } => {
                // An older CLI or region does not say; then nothing is said of it either.
                let Some(there) = value.pointer(at) else { return };
                let effect = if !is(there, on) {
                    off(&command(turn_on))
                } else if *refuses {
                    told.impact.refused = Some(format!("{what} of {name} is on"));
                    "is ON: refuses the deletion".to_owned()
                } else {
                    "is ON: may refuse the deletion".to_owned()
                };
                told.impact.protections.push(Protection { what: what.clone(), effect });
            }
            Fact::Newest { at, time, name, what, because } => {
                let all = value.pointer(at).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
                newest(all, time, name, what, because, &mut told.impact);
            }
            Fact::Called(at) => {
                let text = json::text(value, at).map(json::tail).filter(|t| !t.is_empty() && *t != name);
                told.called = told.called.take().or(text.map(str::to_owned));
            }
        }
    }
}

/// A protection that is off, with the command that switches it on.
pub(in crate::family::aws::probe) fn off(command: &str) -> String {
    format!("is OFF; turn on: {command}")
}

/// The newest of the backups that stay, or that there is none.
pub(in crate::family::aws::probe) fn newest(
    all: &[Value],
    time: &str,
    name: &str,
    what: &str,
    because: &str,
    impact: &mut Impact,
) {
    let newest = all.iter().filter_map(|b| Some((json::age_s(b, time)?, b))).min_by_key(|(age, _)| *age);
    match newest {
        Some((age, backup)) => {
            let more = match all.len() {
                0 | 1 => String::new(),
                n => format!(", the newest of {}", number(n as u64)),
            };
            let name = json::tail(&json::owned(backup, name)).to_owned();
            impact.data.push(Data {
                what: format!("{what} {name}, {} old{more}", json::span(age)),
                fate: Fate::Kept,
                because: because.to_owned(),
            });
        }
        None => impact.also.push(format!("no {what} exists")),
    }
}
