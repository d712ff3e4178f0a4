//! What changes from one recording to the next, and how it is written down instead: the test's own directory, the
//! server's port, keys, and every time.
//!
//! In a recording the test began with the year 2100. Replayed, all its times are moved so that the recording ends now:
//! what was three years old stays three years old, whenever that is. A time that is not recognised as one would lie in
//! the future, where nothing has an age.

use jiff::SignedDuration;
use jiff::civil::DateTime;
use serde_json::{Number, Value};

/// Where the server of every recording listened; nothing connects to it.
pub const PORT: u16 = 5000;
/// 2100-01-01T00:00:00Z, the beginning of every recording.
const BEGIN: i64 = 4_102_444_800;
/// Further from the test than this, a number is a size and a date a constant of the server.
const NEAR: i64 = 5 * 366 * 86_400;
const HOME: &str = "{home}";

/// The two spellings of one run.
#[derive(Clone, Debug)]
pub struct Plain {
    /// Here, and in the recording.
    texts: Vec<(String, String)>,
    /// When this run began, as seconds since the epoch.
    begin: i64,
    keys: usize,
}

impl Plain {
    /// A run that began at this second, in this directory.
    pub fn new(home: &str, begin: i64) -> Plain {
        Plain { texts: vec![(home.to_owned(), HOME.to_owned())], begin, keys: 0 }
    }

    /// The server of a recording under way.
    pub fn port(&mut self, port: u16) {
        for host in ["127.0.0.1", "localhost"] {
            self.texts.push((format!("{host}:{port}"), format!("{host}:{PORT}")));
        }
    }

    /// Learns the keys of an answer: no recording holds anything that looks like a secret.
    pub fn learn(&mut self, answer: &Value) {
        match answer {
            Value::Object(members) => {
                for (name, value) in members {
                    match (name.as_str(), value.as_str()) {
                        ("secret" | "SecretAccessKey", Some(secret)) => {
                            self.stands_for(secret, "not-a-secret".to_owned())
                        }
                        ("key" | "AccessKeyId", Some(key)) if key.starts_with("AKIA") => {
                            self.stands_for(key, format!("AKIA{:09}EXAMPLE", self.keys + 1));
                        }
                        _ => self.learn(value),
                    }
                }
            }
            Value::Array(list) => list.iter().for_each(|value| self.learn(value)),
            _ => {}
        }
    }

    fn stands_for(&mut self, here: &str, there: String) {
        if !self.texts.iter().any(|(known, _)| known == here) {
            self.keys += 1;
            self.texts.push((here.to_owned(), there));
        }
    }

    /// A text as the recording has it.
    pub fn text(&self, text: &str) -> String {
        self.texts.iter().fold(text.to_owned(), |text, (here, there)| text.replace(here, there))
    }

    /// A text as it is here.
    pub fn text_here(&self, text: &str) -> String {
        text.replace(HOME, &self.texts[0].0)
    }

    /// A value as the recording has it.
    pub fn value(&self, value: &Value) -> Value {
        walk(value, &|text| self.text(text), &Shift { around: self.begin, by: BEGIN - self.begin })
    }

    /// A value as it is here.
    pub fn value_here(&self, value: &Value) -> Value {
        walk(value, &|text| self.text_here(text), &Shift { around: BEGIN, by: self.begin - BEGIN })
    }
}

/// Moves times that lie near one moment.
#[derive(Clone, Copy, Debug)]
struct Shift {
    around: i64,
    by: i64,
}

fn walk(value: &Value, text: &dyn Fn(&str) -> String, shift: &Shift) -> Value {
    match value {
        Value::String(s) => Value::String(shift.text(s).unwrap_or_else(|| text(s))),
        Value::Number(n) => Value::Number(shift.number(n).unwrap_or_else(|| n.clone())),
        Value::Array(list) => list.iter().map(|v| walk(v, text, shift)).collect(),
        Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), walk(v, text, shift))).collect(),
        Value::Null | Value::Bool(_) => value.clone(),
    }
}

impl Shift {
    /// A text that is a time and nothing else: ISO 8601 in any zone, or the digits of a number.
    fn text(&self, text: &str) -> Option<String> {
        if text.len() >= 10 && text.bytes().all(|b| b.is_ascii_digit()) {
            return self.integer(text.parse().ok()?).map(|n| n.to_string());
        }
        let (time, rest) = text.split_at_checked(19)?;
        let separator = text.as_bytes()[10] as char;
        let zone = rest.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
        let time: DateTime = time.parse().ok().filter(|_| matches!(separator, 'T' | ' '))?;
        if !(zone.is_empty() || zone == "Z" || (zone.starts_with(['+', '-']) && zone.len() >= 5)) {
            return None;
        }
        let at = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second();
        let moved = self.near(at).then(|| time.checked_add(SignedDuration::from_secs(self.by)).ok())??;
        Some(format!("{}{rest}", moved.strftime(&format!("%Y-%m-%d{separator}%H:%M:%S"))))
    }

    /// Seconds or milliseconds since the epoch.
    fn number(&self, number: &Number) -> Option<Number> {
        match number.as_i64() {
            Some(n) => self.integer(n).map(Number::from),
            None => {
                let seconds = number.as_f64()?;
                self.near(seconds as i64).then(|| Number::from_f64(micros(seconds + self.by as f64)))?
            }
        }
    }

    fn integer(&self, n: i64) -> Option<i64> {
        if self.near(n) { Some(n + self.by) } else { self.near(n / 1000).then_some(n + 1000 * self.by) }
    }

    fn near(&self, second: i64) -> bool {
        (second - self.around).abs() < NEAR
    }
}

/// What a sum of two floats adds to the digits of a time is not part of it.
fn micros(seconds: f64) -> f64 {
    (seconds * 1e6).round() / 1e6
}
