//! The words of guard's own questions and commands.

use crate::engine::aws::Hit;
use crate::family::aws::probe::json;
use crate::family::aws::probe::safer_command::Form;
use serde::Deserialize;
use serde_json::Value;

/// The words of a command. `{}` is the name as it was given, `--{}` the option that gave it, `{x}` the value of the
/// option `x` (left out with the option before it when there is none), `{/a/b}` a place in the description.
#[derive(Debug, Deserialize)]
#[serde(from = "String")]
pub(super) struct Words(pub(super) Vec<String>);

impl From<String> for Words {
    fn from(text: String) -> Words {
        Words(text.split_ascii_whitespace().map(str::to_owned).collect())
    }
}

impl Words {
    /// Whether they need the description first.
    pub(super) fn lean(&self) -> bool {
        self.0.iter().any(|w| w.starts_with("{/"))
    }

    /// The words with their places filled. `option` named the thing as `given`.
    pub(super) fn fill(&self, hit: &Hit, option: &str, given: &str, thing: Option<&Value>) -> Vec<String> {
        let mut filled: Vec<String> = Vec::with_capacity(self.0.len());
        for word in &self.0 {
            let place = word.split_once('{').and_then(|(before, rest)| {
                let (place, after) = rest.split_once('}')?;
                Some((before, place, after))
            });
            let Some((before, place, after)) = place else {
                filled.push(word.clone());
                continue;
            };
            let value = match place {
                "" if before == "--" => Some(option.to_owned()),
                "" => Some(given.to_owned()),
                at if at.starts_with('/') => thing.and_then(|t| json::text(t, at)).map(str::to_owned),
                other => hit.value(other).map(str::to_owned),
            };
            match value {
                Some(value) => filled.push(format!("{before}{value}{after}")),
                // The option that waits for it goes too.
                None => drop(filled.pop()),
            }
        }
        filled
    }
}

/// A command of guard's own for the person to copy, with the global options of the one at hand. The words are service,
/// operation, then options with their values.
pub(in crate::family::aws::probe) fn command(hit: &Hit, words: &[&str]) -> String {
    let (service, operation) = (words.first().unwrap_or(&""), words.get(1).unwrap_or(&""));
    let mut form = Form::new(hit, service, operation);
    let options = words.get(2..).unwrap_or_default();
    for (i, word) in options.iter().enumerate().filter(|(_, w)| w.starts_with("--")) {
        let rest = options.get(i + 1..).unwrap_or_default();
        let values: Vec<&str> = rest.iter().take_while(|w| !w.starts_with("--")).copied().collect();
        form = form.with(word.trim_start_matches("--"), &values);
    }
    form.text()
}
