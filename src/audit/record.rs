//! What one line of the audit log says. Field names and words are a public format: schema 1 only ever gains fields.

use super::Caller;
use crate::engine::target::{self, Environment, Value};
use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::Read;

/// Longest word kept; what is longer is cut and says so. A manifest given as one argument is not what the log is for.
const LONGEST_WORD: usize = 4096;
/// Most words kept.
const MOST_WORDS: usize = 1000;

/// One line of the audit log.
///
/// The caller hands in words that are already redacted and escaped: nothing here knows which word is a secret. What a
/// person typed into a question is never a field; the justification they gave is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Always 1.
    pub schema: u32,
    /// When, RFC 3339 in UTC with milliseconds.
    pub ts: String,
    /// Unique and sortable by time (the layout of a ULID).
    pub id: String,
    /// The version of guard that wrote the line.
    pub guard: String,
    /// Who and where the command came from.
    pub caller: Caller,
    /// The tool, by its own name.
    pub tool: String,
    /// The words after the tool's name, secrets replaced.
    pub argv: Vec<String>,
    /// What it would have hit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Target>,
    /// What it would have done.
    pub operation: Operation,
    /// What the live system said would go: free-form, for people and for `jq`.
    #[serde(default, skip_serializing_if = "serde_json::Map::is_empty")]
    pub facts: serde_json::Map<String, serde_json::Value>,
    /// `allow`, `warn`, `confirm` or `deny`.
    pub decision: String,
    /// The rules that made it so.
    pub rules: Vec<String>,
    /// The kind of thing that had to be typed (`cluster/namespace` …), when something had to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub challenge: Option<String>,
    /// How the question was answered.
    pub answer: Answer,
    /// The written justification, when policy demanded one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub justification: Option<String>,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The copy taken before the command ran (`guard restore ID`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
    /// Where the time went.
    pub elapsed_ms: ElapsedMs,
    /// What guard did.
    pub outcome: Outcome,
    /// SHA-256 of the line before this one; absent in the first line of a log. Set by [`append`](super::append).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prev: Option<String>,
}

impl Record {
    /// A record with the time, an id and the command; the rest is filled in by field. `random` makes the id unique
    /// ([`entropy`]).
    pub fn new(now: Timestamp, random: [u8; 10], caller: Caller, tool: &str, argv: &[String]) -> Record {
        Record {
            schema: 1,
            ts: stamp(now),
            id: ulid(now, random),
            guard: env!("CARGO_PKG_VERSION").to_owned(),
            caller,
            tool: tool.to_owned(),
            argv: shortened(argv),
            target: None,
            operation: Operation::default(),
            facts: serde_json::Map::new(),
            decision: String::new(),
            rules: Vec::new(),
            challenge: None,
            answer: Answer::NotAsked,
            justification: None,
            reason: None,
            kept: None,
            elapsed_ms: ElapsedMs::default(),
            outcome: Outcome::Refused,
            prev: None,
        }
    }
}

/// What a command would have hit, every part with its source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Target {
    /// `production`, `staging`, `development` or `unclassified`.
    pub environment: String,
    /// `server`, `cluster`, `namespace` …; for AWS `account`, `region`; for apt `host`.
    #[serde(flatten)]
    pub parts: BTreeMap<String, Part>,
}

/// One part of a target.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its value.
    pub value: String,
    /// Where the value comes from.
    pub from: String,
}

impl Target {
    /// The record of a target; `name` is the one that policy gave it. What only the live system can say stands in it only when
    /// it did.
    pub fn of(target: &target::Target, environment: Environment, name: Option<&str>) -> Target {
        let recorded = target.parts.iter().filter_map(|part| {
            let (value, from) = match &part.value {
                Value::Said { value, from } => (value.clone(), from.clone()),
                Value::Live { value, from, .. } => (value.clone(), (*from).to_owned()),
                Value::None
                | Value::Nothing(_)
                | Value::Text(_)
                | Value::Unknown(_)
                | Value::Flag(_)
                | Value::List(_) => return None,
            };
            Some((part.record?.to_owned(), Part { value, from }))
        });
        let named =
            name.map(|name| ("name".to_owned(), Part { value: name.to_owned(), from: "policy".to_owned() }));
        Target { environment: environment.word().to_owned(), parts: recorded.chain(named).collect() }
    }
}

/// What a command would have done.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// The effect after the facts.
    pub effect: String,
    /// The effect by words alone.
    pub words: String,
    /// What moved it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub because: Vec<String>,
}

/// How a question was answered. Never what was typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// There was no question.
    NotAsked,
    /// The right phrase, or yes.
    Matched,
    /// Something else was typed.
    Mismatched,
    /// No, Enter, or Ctrl-D.
    Declined,
    /// The deadline passed.
    TimedOut,
    /// Nobody could be asked.
    NoTerminal,
    /// Ctrl-C.
    Interrupted,
    /// `GUARD_CONFIRM` held the right phrase.
    Variable,
}

/// What guard did in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// Handed over to the tool.
    Exec,
    /// Refused.
    Refused,
}

/// Milliseconds spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ElapsedMs {
    /// Finding the target.
    pub resolve: u64,
    /// Asking the live system.
    pub probe: u64,
    /// Waiting for the person.
    pub prompt: u64,
}

/// Ten random bytes for [`Record::new`]. An id has to be unique, not secret: where the kernel gives none, the process
/// id and the time stand in.
pub fn entropy() -> [u8; 10] {
    let mut bytes = [0; 10];
    let read = std::fs::File::open("/dev/urandom").and_then(|mut f| f.read_exact(&mut bytes));
    if read.is_err() {
        let nanos = Timestamp::now().as_nanosecond().to_le_bytes();
        for (to, from) in bytes.iter_mut().zip(std::process::id().to_le_bytes().iter().chain(&nanos)) {
            *to = *from;
        }
    }
    bytes
}

/// RFC 3339 in UTC with exactly three digits after the second.
fn stamp(now: Timestamp) -> String {
    let cut = now.round(Unit::Millisecond).unwrap_or(now);
    format!("{cut:.3}")
}

/// 48 bits of milliseconds and 80 random bits in Crockford's base 32 (<https://github.com/ulid/spec>).
fn ulid(now: Timestamp, random: [u8; 10]) -> String {
    const DIGITS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let mut value = u128::try_from(now.as_millisecond().max(0)).unwrap_or(0) & ((1 << 48) - 1);
    for byte in random {
        value = value << 8 | u128::from(byte);
    }
    (0..26).rev().map(|i| char::from(DIGITS[(value >> (i * 5)) as usize & 31])).collect()
}

fn shortened(argv: &[String]) -> Vec<String> {
    let mut words: Vec<String> = argv.iter().take(MOST_WORDS).map(|word| shorten(word)).collect();
    if argv.len() > MOST_WORDS {
        words.push(format!("… {} more words", argv.len() - MOST_WORDS));
    }
    words
}

fn shorten(word: &str) -> String {
    if word.len() <= LONGEST_WORD {
        return word.to_owned();
    }
    let mut end = LONGEST_WORD;
    while !word.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}… ({} bytes)", &word[..end], word.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(argv: &[&str]) -> Record {
        let argv: Vec<String> = argv.iter().map(|w| (*w).to_owned()).collect();
        Record::new(
            Timestamp::from_millisecond(1_789_000_000_007).unwrap(),
            [7; 10],
            Caller::default(),
            "kubectl",
            &argv,
        )
    }

    #[test]
    fn time_has_milliseconds_and_the_id_sorts_by_it() {
        assert_eq!(record(&[]).ts, "2026-09-10T00:26:40.007Z");
        assert_eq!(stamp(Timestamp::from_second(0).unwrap()), "1970-01-01T00:00:00.000Z");
        let (a, b) = (record(&[]).id, ulid(Timestamp::from_millisecond(1_789_000_000_008).unwrap(), [0; 10]));
        assert_eq!((a.len(), a < b), (26, true));
        // The example of the ULID specification's reference implementations: 1469918176385 ms.
        assert!(
            ulid(Timestamp::from_millisecond(1_469_918_176_385).unwrap(), [0; 10]).starts_with("01ARYZ6S41")
        );
    }

    #[test]
    fn what_is_too_long_is_cut_and_says_so() {
        let long = "ü".repeat(LONGEST_WORD);
        let cut = &record(&["delete", &long]).argv[1];
        assert!(cut.ends_with("… (8192 bytes)"), "{cut}");
        let many = record(&["x"; MOST_WORDS + 5]);
        assert_eq!(many.argv.len(), MOST_WORDS + 1);
        assert_eq!(many.argv[MOST_WORDS], "… 5 more words");
    }

    #[test]
    fn a_line_reads_back_as_it_was_written_and_has_no_line_break() {
        let mut written = record(&["delete", "ns", "a\nb\u{2028}"]);
        written.justification = Some("ticket 12\nsecond line".to_owned());
        let line = serde_json::to_string(&written).unwrap();
        assert!(!line.contains('\n'));
        assert_eq!(serde_json::from_str::<Record>(&line).unwrap(), written);
    }

    #[test]
    fn a_line_of_a_later_guard_with_more_fields_is_still_read() {
        let line = serde_json::to_string(&record(&["x"])).unwrap().replacen('{', "{\"later\":1,", 1);
        assert!(serde_json::from_str::<Record>(&line).is_ok());
    }
}
