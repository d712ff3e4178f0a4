//! What variables and words of a script may hold. A value is text in which three characters stand for what is only known
//! when the script runs.

use super::Which;
use super::lex::{Part, Token, Word, quoted, tokens};
use crate::engine::glob::matches;
use std::collections::BTreeMap;

/// What dpkg calls the script for: `purge`, `remove` …
pub const ACTION: char = '\u{1}';
/// The answer to a debconf question.
pub const ANSWER: char = '\u{2}';
/// Anything else that the text does not tell.
pub const UNKNOWN: char = '\u{3}';

/// More values than this of one word are not followed.
const MOST: usize = 64;

/// Variables with all the values they may have, and how deep in branches they got them.
#[derive(Clone, Debug, Default)]
pub struct Values {
    all: BTreeMap<String, (Vec<String>, usize)>,
}

impl Values {
    /// What a script starts with.
    pub fn of(package: &str, which: Which) -> Values {
        let mut values = Values::default();
        let script = if which == Which::Prerm { "prerm" } else { "postrm" };
        for (name, value) in [
            ("DPKG_MAINTSCRIPT_PACKAGE", package),
            ("DPKG_MAINTSCRIPT_NAME", script),
            ("DPKG_ROOT", ""),
            ("1", "\u{1}"),
            ("RET", "\u{2}"),
        ] {
            values.set(name, vec![value.to_owned()], 0);
        }
        values
    }

    /// A variable gets values. In a branch they are further possibilities, for nobody knows whether it is taken.
    pub fn assign(&mut self, name: &str, new: Vec<String>, depth: usize) {
        match self.all.get_mut(name) {
            Some((values, at)) if depth > *at => {
                values.extend(new);
                values.dedup();
                values.truncate(MOST);
            }
            _ => self.set(name, new, depth),
        }
    }

    /// A variable gets these values and no others.
    pub fn set(&mut self, name: &str, values: Vec<String>, depth: usize) {
        self.all.insert(name.to_owned(), (values, depth));
    }

    /// What a variable may hold, if it has got any value.
    pub fn held(&self, name: &str) -> Option<Vec<String>> {
        self.all.get(name).map(|(values, _)| values.clone())
    }

    /// The arguments of a function, in place of the current ones.
    pub fn arguments(&mut self, words: &[Vec<String>]) -> Vec<Option<(Vec<String>, usize)>> {
        let mut before = Vec::new();
        for n in 1..=9_usize {
            let name = n.to_string();
            before.push(self.all.remove(&name));
            let values = words.get(n - 1).cloned().unwrap_or_else(|| vec![String::new()]);
            self.all.insert(name, (values, 0));
        }
        before
    }

    /// Puts the arguments of the caller back.
    pub fn restore(&mut self, before: Vec<Option<(Vec<String>, usize)>>) {
        for (n, value) in before.into_iter().enumerate() {
            let name = (n + 1).to_string();
            match value {
                Some(value) => self.all.insert(name, value),
                None => self.all.remove(&name),
            };
        }
    }

    /// Everything a word may be.
    pub fn word(&self, word: &Word) -> Vec<String> {
        let mut out = vec![String::new()];
        for part in &word.parts {
            let values = match part {
                Part::Text(text) => vec![text.clone()],
                Part::Variable(raw) => self.variable(raw),
                Part::Command(command) => self.output(command),
            };
            let mut next = Vec::new();
            for start in &out {
                next.extend(values.iter().map(|value| format!("{start}{value}")));
            }
            next.truncate(MOST);
            out = next;
        }
        if word.splits {
            out = out.iter().flat_map(|v| v.split_whitespace().map(str::to_owned)).collect();
            out.truncate(MOST);
        }
        out
    }

    fn variable(&self, raw: &str) -> Vec<String> {
        let unknown = || vec![UNKNOWN.to_string()];
        let end = raw.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(raw.len());
        let (name, rest) = raw.split_at(end);
        let base = self.all.get(name).map(|(values, _)| values.clone());
        if rest.is_empty() || name.is_empty() {
            return base.unwrap_or_else(unknown);
        }
        let argument = |sign: &str| rest.strip_prefix(sign).map(|text| self.word(&quoted(text)));
        for sign in [":-", ":=", "-", "="] {
            if let Some(default) = argument(sign) {
                let base = base.filter(|values| values.iter().any(|v| !v.is_empty()));
                return base.unwrap_or(default);
            }
        }
        if let Some(instead) = argument(":+").or_else(|| argument("+")) {
            return if base.is_some() { instead } else { vec![String::new()] };
        }
        let Some(base) = base else { return unknown() };
        for (sign, front, longest) in
            [("##", true, true), ("#", true, false), ("%%", false, true), ("%", false, false)]
        {
            if let Some(patterns) = argument(sign) {
                let Some(pattern) = patterns.first() else { return base };
                return base.iter().map(|value| strip(value, pattern, front, longest)).collect();
            }
        }
        unknown()
    }

    /// What a command in a word prints, for the few that only turn paths round.
    fn output(&self, command: &str) -> Vec<String> {
        let unknown = || vec![UNKNOWN.to_string()];
        let mut words = Vec::new();
        for token in tokens(command) {
            match token {
                Token::Word(word) => words.push(word),
                Token::Into(_) => {}
                _ => return unknown(),
            }
        }
        let Some((name, arguments)) = words.split_first() else { return unknown() };
        let plain = || arguments.iter().filter(|w| !w.bare().is_some_and(|w| w.starts_with('-')));
        let last = || plain().next_back().map(|word| self.word(word)).unwrap_or_default();
        let map = |turn: fn(&str) -> String| {
            let values = last();
            if values.is_empty() { unknown() } else { values.iter().map(|v| turn(v)).collect() }
        };
        match name.bare() {
            Some("echo") => {
                let words: Vec<String> = plain().map(|w| self.word(w).join(" ")).collect();
                vec![words.join(" ")]
            }
            Some("readlink" | "realpath") => map(str::to_owned),
            // What it is called is made up; where it lies is not.
            Some("mktemp" | "tempfile") => vec!["/tmp/mktemp".to_owned()],
            Some("basename") => map(|path| {
                let path = path.trim_end_matches('/');
                path.rsplit('/').next().unwrap_or(path).to_owned()
            }),
            Some("dirname") => map(|path| {
                let path = path.trim_end_matches('/');
                path.rsplit_once('/')
                    .map_or(".", |(dir, _)| if dir.is_empty() { "/" } else { dir })
                    .to_owned()
            }),
            _ => unknown(),
        }
    }
}

/// `${V#P}`, `${V##P}`, `${V%P}`, `${V%%P}`.
fn strip(value: &str, pattern: &str, front: bool, longest: bool) -> String {
    if value.contains([ACTION, ANSWER, UNKNOWN]) {
        return value.to_owned();
    }
    let mut cuts: Vec<usize> = value.char_indices().map(|(at, _)| at).chain([value.len()]).collect();
    if front == longest {
        cuts.reverse();
    }
    for cut in cuts {
        let (head, tail) = value.split_at(cut);
        let (part, rest) = if front { (head, tail) } else { (tail, head) };
        if matches(pattern, part) {
            return rest.to_owned();
        }
    }
    value.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_expanded() {
        let mut values = Values::of("postgresql-15", Which::Postrm);
        values.set("D", vec!["/var/lib/x".into()], 0);
        values.set("E", vec!["a b".into()], 0);
        for (text, want) in [
            ("$D/y", "/var/lib/x/y"),
            ("${D}y", "/var/lib/xy"),
            ("${D##*/}", "x"),
            ("${D#/var}", "/lib/x"),
            ("${D%/*}", "/var/lib"),
            ("${D%%/*}", ""),
            ("${DPKG_MAINTSCRIPT_PACKAGE##*-}", "15"),
            ("${DPKG_ROOT:-}/var", "/var"),
            ("${NONE:-/srv/$E}", "/srv/a|b"),
            ("${NONE}", "\u{3}"),
            ("${D:+z}", "z"),
            ("$(basename $D)", "x"),
            ("$(dirname $D)/y", "/var/lib/y"),
            ("$(readlink -f \"$D\")", "/var/lib/x"),
            ("$(ls | head)", "\u{3}"),
            ("$E", "a|b"),
            ("$1", "\u{1}"),
            ("${RET:-false}", "\u{2}"),
            ("${#D}", "\u{3}"),
            ("${D/a/b}", "\u{3}"),
        ] {
            let mut word = quoted(text);
            word.splits = true;
            assert_eq!(values.word(&word).join("|"), want, "{text}");
        }
        assert_eq!(values.word(&quoted("$E")), ["a b"]);
    }

    #[test]
    fn branches_add_values_and_the_same_level_replaces_them() {
        let mut values = Values::of("p", Which::Postrm);
        values.assign("A", vec!["1".into()], 0);
        values.assign("A", vec!["2".into()], 1);
        assert_eq!(values.word(&quoted("$A")), ["1", "2"]);
        values.assign("A", vec!["3".into()], 0);
        assert_eq!(values.word(&quoted("$A")), ["3"]);
    }
}
