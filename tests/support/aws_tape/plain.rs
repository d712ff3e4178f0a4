//! What changes from one recording to the next, and how it is written down instead: the test's own directory, the
//! server's port, keys, and every time.
//!
//! In a recording the test began with the year 2100. Replayed, all its times are moved so that the recording ends now:
//! what was three years old stays three years old, whenever that is. A time that is not recognised as one would lie in
//! the future, where nothing has an age.

use super::times::{BEGIN, Shift, walk};
use serde_json::Value;

/// Where the server of every recording listened; nothing connects to it.
pub const PORT: u16 = 5000;
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
    /// A run that began at this second, in this directory. Taken to the minute, so that times without seconds come back
    /// as they were.
    pub fn new(home: &str, begin: i64) -> Plain {
        let begin = begin - begin.rem_euclid(60);
        Plain { texts: vec![(home.to_owned(), HOME.to_owned())], begin, keys: 0 }
    }

    /// How long this run has lasted at this second.
    pub fn seconds(&self, now: i64) -> i64 {
        now - self.begin
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
        walk(
            value,
            &|text| self.text(text),
            &Shift { around: self.begin, by: BEGIN - self.begin, blank: false },
        )
    }

    /// A value as it is here.
    pub fn value_here(&self, value: &Value) -> Value {
        walk(
            value,
            &|text| self.text_here(text),
            &Shift { around: BEGIN, by: self.begin - BEGIN, blank: false },
        )
    }
}

/// A recording without its times, which are a little different every time.
pub fn timeless(recording: &Value) -> Value {
    let mut value = walk(recording, &str::to_owned, &Shift { around: BEGIN, by: 0, blank: true });
    value["seconds"] = Value::Null;
    value
}
