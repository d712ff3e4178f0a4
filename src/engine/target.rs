//! Where a command goes, as data, and what that place is to its people. Each family fills in [`Target`] from what it resolved;
//! JSON, `guard explain` and the audit log read the one list and know no family.

use super::fact::{Known, Sourced, Why};
use std::fmt;

/// What a target is to the people who run it: known by identity, never by a context's name alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Environment {
    /// Safe to play with.
    Development,
    /// Shared, but nothing of it is irreplaceable.
    Staging,
    /// Nobody has said; treated as production.
    Unclassified,
    /// Named production by policy or by a naming hint.
    Production,
}

impl Environment {
    /// All of them, mildest first.
    pub const ALL: [Environment; 4] =
        [Environment::Development, Environment::Staging, Environment::Unclassified, Environment::Production];

    /// The word used in output, policy files and audit records.
    pub const fn word(self) -> &'static str {
        match self {
            Environment::Development => "development",
            Environment::Staging => "staging",
            Environment::Unclassified => "unclassified",
            Environment::Production => "production",
        }
    }

    /// The environment with this word.
    pub fn from_word(word: &str) -> Option<Environment> {
        Environment::ALL.into_iter().find(|e| e.word() == word)
    }
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.word())
    }
}

/// Who said what the live system was asked for, as records name it.
pub const LIVE: &str = "the live system";

/// Where a command goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// What it is known by, in the order in which it is shown.
    pub parts: Vec<Part>,
    /// What a person should know about the resolution itself: ignored variables, a pod's namespace leaking in.
    pub notes: Vec<String>,
}

/// One thing a target is known by. The three readers have names of their own for it: those of JSON and of the record are
/// public formats (schema 1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Its key in `guard check --json`; `None` keeps it out of there.
    pub key: Option<&'static str>,
    /// The key that says why it is not known, where there is one.
    pub why: Option<&'static str>,
    /// Its label in `guard explain`.
    pub label: Option<&'static str>,
    /// Its key in the audit log.
    pub record: Option<&'static str>,
    /// What it is.
    pub value: Value,
}

impl Part {
    /// A part under this key of JSON.
    pub const fn new(key: &'static str, value: Value) -> Part {
        Part { key: Some(key), why: None, label: None, record: None, value }
    }

    /// A part of `guard explain` alone.
    pub const fn shown(label: &'static str, value: Value) -> Part {
        Part { key: None, why: None, label: Some(label), record: None, value }
    }

    /// A part of the audit log alone.
    pub const fn recorded(record: &'static str, value: Value) -> Part {
        Part { key: None, why: None, label: None, record: Some(record), value }
    }

    /// With this label in `guard explain`.
    pub const fn label(mut self, label: &'static str) -> Part {
        self.label = Some(label);
        self
    }

    /// Under this key in the audit log.
    pub const fn record(mut self, key: &'static str) -> Part {
        self.record = Some(key);
        self
    }

    /// Under this key JSON says why it is not known.
    pub const fn or_why(mut self, key: &'static str) -> Part {
        self.why = Some(key);
        self
    }
}

/// What a part is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// There is none: `null` in JSON, not mentioned elsewhere.
    None,
    /// There is none, and `guard explain` says so in this word.
    Nothing(&'static str),
    /// A text that needs no source.
    Text(String),
    /// A text and where it comes from.
    Said {
        /// The text.
        value: String,
        /// A flag, a variable, a file with its line.
        from: String,
    },
    /// What the live system says.
    Live {
        /// Its answer.
        value: String,
        /// What `guard explain` says behind it, a blank or a comma first.
        says: &'static str,
        /// Where it comes from, for the record.
        from: &'static str,
    },
    /// It has one, and why nobody knows it.
    Unknown(Why),
    /// A yes or no for programs.
    Flag(bool),
    /// Any number of texts.
    List(Vec<String>),
}

impl Value {
    /// A text and where it comes from.
    pub fn said(value: impl Into<String>, from: impl Into<String>) -> Value {
        Value::Said { value: value.into(), from: from.into() }
    }

    /// A text, where there is one.
    pub fn text(text: Option<&str>) -> Value {
        text.map_or(Value::None, |text| Value::Text(text.to_owned()))
    }

    /// What the live system was asked for.
    pub fn live(known: &Known<String>, says: &'static str, from: &'static str) -> Value {
        match known {
            Known::Known(value) => Value::Live { value: value.clone(), says, from },
            Known::Unknown(why) => Value::Unknown(why.clone()),
        }
    }
}

impl From<&Sourced<String>> for Value {
    fn from(part: &Sourced<String>) -> Value {
        Value::said(part.value.clone(), part.from.to_string())
    }
}
