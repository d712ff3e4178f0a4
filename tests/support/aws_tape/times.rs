//! Finding the times in an answer, and moving them.

use jiff::SignedDuration;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Number, Value};

/// 2100-01-01T00:00:00Z, the beginning of every recording.
pub const BEGIN: i64 = 4_102_444_800;
/// Further from the test than this, a number is a size and a date a constant of the server.
const NEAR: i64 = 5 * 366 * 86_400;
/// How times are written in texts, and how long they are. The last is part of the names of automated snapshots.
const FORMS: [(&str, usize); 3] =
    [("%Y-%m-%dT%H:%M:%S", 19), ("%Y-%m-%d %H:%M:%S", 19), ("%Y-%m-%d-%H-%M", 16)];

/// Moves times that lie near one moment.
#[derive(Clone, Copy, Debug)]
pub struct Shift {
    pub around: i64,
    pub by: i64,
    /// Leaves nothing of them instead.
    pub blank: bool,
}

/// The value with every text changed and every time moved.
pub fn walk(value: &Value, text: &dyn Fn(&str) -> String, shift: &Shift) -> Value {
    match value {
        Value::String(s) => Value::String(shift.text(&text(s))),
        Value::Number(n) => Value::Number(shift.number(n).unwrap_or_else(|| n.clone())),
        Value::Array(list) => list.iter().map(|v| walk(v, text, shift)).collect(),
        Value::Object(map) => map.iter().map(|(k, v)| (k.clone(), walk(v, text, shift))).collect(),
        Value::Null | Value::Bool(_) => value.clone(),
    }
}

impl Shift {
    /// Every time in a text: ISO 8601 in whatever zone, with a space for the `T` in sentences; or the digits of a number.
    fn text(&self, text: &str) -> String {
        if text.len() >= 10 && text.bytes().all(|b| b.is_ascii_digit()) {
            let moved = text.parse().ok().and_then(|n| self.integer(n));
            return moved.map_or_else(|| text.to_owned(), |n| n.to_string());
        }
        let (mut out, mut rest) = (String::new(), text);
        while let Some(first) = rest.chars().next() {
            if let Some((moved, length)) = FORMS.iter().find_map(|form| self.moment(rest, form)) {
                out += &moved;
                rest = &rest[length..];
                if self.blank {
                    rest = rest.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
                }
            } else {
                out.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
        out
    }

    /// The time that a text begins with, moved, and its length.
    fn moment(&self, text: &str, (form, length): &(&str, usize)) -> Option<(String, usize)> {
        let time = text.get(..*length).filter(|time| time.as_bytes()[4] == b'-')?;
        let moment = DateTime::strptime(form, time).ok()?;
        let at = moment.to_zoned(TimeZone::UTC).ok()?.timestamp().as_second();
        let moved = moment.checked_add(SignedDuration::from_secs(self.by)).ok().filter(|_| self.near(at))?;
        let told = if self.blank { String::new() } else { moved.strftime(form).to_string() };
        Some((told, *length))
    }

    /// Seconds or milliseconds since the epoch.
    fn number(&self, number: &Number) -> Option<Number> {
        match number.as_i64() {
            Some(n) => self.integer(n).map(Number::from),
            None => {
                let seconds = number.as_f64()?;
                let moved = if self.blank { 0.0 } else { micros(seconds + self.by as f64) };
                self.near(seconds as i64).then(|| Number::from_f64(moved))?
            }
        }
    }

    fn integer(&self, n: i64) -> Option<i64> {
        let moved = if self.near(n) { n + self.by } else { n + 1000 * self.by };
        (self.near(n) || self.near(n / 1000)).then_some(if self.blank { 0 } else { moved })
    }

    fn near(&self, second: i64) -> bool {
        (second - self.around).abs() < NEAR
    }
}

/// What a sum of two floats adds to the digits of a time is not part of it.
fn micros(seconds: f64) -> f64 {
    (seconds * 1e6).round() / 1e6
}
