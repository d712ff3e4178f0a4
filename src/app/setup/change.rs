//! Changing what a policy says of a place that stands in it already: the word behind `environment:`, and nothing else.

use crate::engine::policy::Layer;
use crate::engine::target::Environment;
use crate::policy;
use std::path::Path;

/// The policy with another environment for the entry that begins on this line (from 1); `None` where it is not written so that
/// one word could be replaced.
pub fn changed(old: &str, line: u32, to: Environment) -> Option<String> {
    let lines: Vec<&str> = old.split_inclusive('\n').collect();
    let first = usize::try_from(line).ok()?.checked_sub(1)?;
    let head = lines.get(first)?;
    let indent = depth(head);
    let ends =
        |text: &&str| !text.trim().is_empty() && depth(text) <= indent && !text.trim_start().starts_with('#');
    let last = lines.iter().skip(first + 1).position(ends).map_or(lines.len(), |n| first + 1 + n);
    let (at, new) = (first..last).find_map(|at| Some((at, replaced(lines.get(at)?, to)?)))?;
    let new = [lines.get(..at)?.concat(), new, lines.get(at + 1..)?.concat()].concat();
    said_of_it_alone(old, &new, line, to).then_some(new)
}

fn depth(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The line with another word behind `environment:`.
fn replaced(line: &str, to: Environment) -> Option<String> {
    const KEY: &str = "environment:";
    let at = line.find(KEY)?;
    let (before, rest) = (line.get(..at)?, line.get(at + KEY.len()..)?);
    // Behind the key's own line, a dash, or in `{ … }`: not in a comment, nor the end of another word.
    if before.contains('#') || before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        return None;
    }
    let word = rest.trim_start_matches([' ', '"', '\'']);
    let from = rest.len() - word.len();
    let end = word.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(word.len());
    Environment::from_word(word.get(..end)?)?;
    Some(format!("{before}{KEY}{}{to}{}", rest.get(..from)?, word.get(end..)?))
}

/// Whether both are policies that differ in the environment of this entry alone.
fn said_of_it_alone(old: &str, new: &str, line: u32, to: Environment) -> bool {
    let read = |text| policy::parse(text, Path::new("policy.yaml"), Layer::User).ok();
    let (Some(mut was), Some(is)) = (read(old), read(new)) else { return false };
    let Some(place) = was.places.iter_mut().find(|place| place.line == Some(line)) else { return false };
    place.environment = Some(to);
    was == is
}

#[cfg(test)]
mod tests {
    use super::*;
    use Environment::{Development, Production, Staging};

    #[test]
    fn one_word_is_replaced_however_the_entry_is_written() {
        for (old, line) in [
            (
                "version: 1\nclusters:\n- name: a # environment: x\n  environment: staging # ours\n  server: https://a\n- {name: b, environment: staging, server: https://b}\n",
                3,
            ),
            ("version: 1\nclusters:\n  - environment: 'staging'\n    server: https://a\n", 3),
            (
                "version: 1\nclusters:\n  - {name: a, environment: \"staging\", server: https://a}\nmode: warn\n",
                3,
            ),
            (
                "version: 1\nclusters:\n  # one\n  - name: z\n    environment: staging\n    server: https://z\n  # two\n  - name: a\n\n    server: https://a\n    environment: staging",
                8,
            ),
        ] {
            let new = changed(old, line, Production).unwrap_or_else(|| panic!("{old}"));
            let count = |text: &str, word| text.matches(word).count();
            assert_eq!(count(&new, "production"), 1, "{new}");
            assert_eq!(count(&new, "staging"), count(old, "staging") - 1, "{new}");
            assert_eq!(changed(&new, line, Staging).as_deref(), Some(old));
        }
    }

    #[test]
    fn what_cannot_be_changed_by_a_word_stays() {
        for (old, line) in [
            (
                "version: 1\nclusters:\n- name: a\n  server: https://a\n- environment: staging\n  server: https://b\n",
                3,
            ),
            ("version: 1\nclusters:\n- {name: a, server: https://a}\n", 9),
            ("version: 1\nclusters:\n- name: a\n  environment: &e staging\n  server: https://a\n", 3),
        ] {
            assert_eq!(changed(old, line, Development), None, "{old}");
        }
    }
}
