//! The words of one call, read as the tool reads them: spf13/cobra and spf13/pflag, with docker's own ways
//! (`HandleGlobalFlags` in docker/cli `cli/cobra.go`) and, for `docker-compose`, docopt's (long options may be shortened).
//!
//! Each level knows its own flags and no other's: what stands before a command is read by the level above it. `-v` is docker's
//! version before a command, a mount behind `run`, and takes volumes along behind `rm` and `compose down`.

use super::tables::{self, Cli, Flag, Group, Row};
use crate::engine::grammar::cobra::go_bool;
use crate::engine::grammar::table::Arity;

/// At which level a flag stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Before everything: docker's, podman's.
    Tool,
    /// Between `compose` and its command.
    Compose,
    /// Behind a group's name.
    Group,
    /// Behind the command.
    Command,
}

/// One flag as it was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Given<'a> {
    /// Where it stands.
    pub level: Level,
    /// The flag, or `None` for one that nobody knows there.
    pub flag: Option<Flag>,
    /// Its value: what stood after `=`, the rest of a cluster, the next word, or `true`.
    pub value: &'a [u8],
    /// The index of the word that names it.
    pub at: usize,
    /// The index of the word that holds the value when that is another one.
    pub value_at: Option<usize>,
}

/// What the words lead to.
#[derive(Clone, Copy, Debug)]
pub enum Found {
    /// No command: the tool prints its help, or its version.
    Nothing,
    /// A group without a command: the tool prints its help.
    Group(&'static str),
    /// `help`, `--help` or `-h` where the tool looks for it.
    Help,
    /// A word that names no command: a plugin, or what a newer tool has.
    Unknown(usize),
    /// A command.
    Command(Row),
}

/// The words, read.
#[derive(Clone, Debug)]
pub struct Words<'a> {
    /// The program that is called.
    pub cli: Cli,
    /// The words behind its name, untouched.
    pub words: &'a [&'a [u8]],
    /// What they lead to.
    pub found: Found,
    /// Every flag in its order.
    pub given: Vec<Given<'a>>,
    /// What is no flag, behind the command, with its index.
    pub operands: Vec<(usize, &'a [u8])>,
    /// Whether a flag is among them that nobody knows where it stands.
    pub strange: bool,
    /// How flags that nobody knows are read: whether they take the next word.
    eats: bool,
}

impl<'a> Words<'a> {
    /// Reads the words behind the name of the program. Flags that nobody knows take the next word where `eats`, else none.
    pub fn read(cli: Cli, words: &'a [&'a [u8]], eats: bool) -> Words<'a> {
        let mut read = Words {
            cli,
            words,
            found: Found::Nothing,
            given: Vec::with_capacity(words.len().min(8)),
            operands: Vec::with_capacity(words.len().min(8)),
            strange: false,
            eats,
        };
        read.found = read.all();
        read
    }

    fn all(&mut self) -> Found {
        let top = self.cli.top();
        let level = if self.cli == Cli::Compose { Level::Compose } else { Level::Tool };
        let Some(at) = self.before(0, level) else { return self.nothing() };
        let word = self.word(at);
        match self.cli.group(word) {
            Some(group) if group.name == tables::COMPOSE.name => match self.before(at + 1, Level::Compose) {
                Some(at) => self.below(group, "", at),
                None => self.nothing_in(group),
            },
            Some(group) => match self.before(at + 1, Level::Group) {
                Some(at) => self.below(group, "", at),
                None => self.nothing_in(group),
            },
            None => self.below(top, "", at),
        }
    }

    /// The command that the word at `at` names in a group, below `parent`.
    fn below(&mut self, group: Group, parent: &str, at: usize) -> Found {
        let word = self.word(at);
        if word == b"help" && parent.is_empty() {
            return Found::Help;
        }
        // A slash stands in the tables between the words of a path.
        let named = group.command(self.cli, parent, word).filter(|_| !word.contains(&b'/'));
        let Some(row) = named else {
            return Found::Unknown(at);
        };
        if row.kind == tables::Kind::Group {
            return match self.before(at + 1, Level::Group) {
                Some(at) => self.below(group, row.name, at),
                None => self.nothing_in(group),
            };
        }
        self.behind(&row, at + 1)
    }

    fn nothing(&self) -> Found {
        if self.asks_help() { Found::Help } else { Found::Nothing }
    }

    fn nothing_in(&self, group: Group) -> Found {
        if self.asks_help() { Found::Help } else { Found::Group(group.name) }
    }

    /// Whether one of the flags so far asks for help.
    fn asks_help(&self) -> bool {
        let last =
            self.given.iter().rev().find(|given| given.flag.is_some_and(|flag| flag.name == HELP.name));
        last.is_some_and(|given| go_bool(given.value) != Some(false))
    }

    fn word(&self, at: usize) -> &'a [u8] {
        self.words.get(at).copied().unwrap_or_default()
    }

    /// Reads the flags of a level from `at` on; answers where the first word stands that is none.
    fn before(&mut self, at: usize, level: Level) -> Option<usize> {
        let mut at = at;
        while let Some(word) = self.words.get(at).copied() {
            match word {
                b"--" => {
                    // What follows is no flag. A group's own look for its command takes it for one.
                    self.strange |= level == Level::Group;
                    at += 1;
                    if !self.strange {
                        return (at < self.words.len()).then_some(at);
                    }
                    continue;
                }
                [b'-', b'-', ..] => at = self.long(None, level, at),
                [b'-', _, ..] => at = self.shorts(None, level, at),
                _ => return Some(at),
            }
            at += 1;
        }
        None
    }

    /// Reads what stands behind a command.
    fn behind(&mut self, row: &Row, at: usize) -> Found {
        let mut at = at;
        while let Some(word) = self.words.get(at).copied() {
            match word {
                b"--" => {
                    self.rest(at + 1);
                    break;
                }
                [b'-', b'-', ..] => at = self.long(Some(row), Level::Command, at),
                [b'-', _, ..] => at = self.shorts(Some(row), Level::Command, at),
                _ if row.ends => {
                    self.rest(at);
                    break;
                }
                word => self.operands.push((at, word)),
            }
            at += 1;
        }
        if self.asks_help() { Found::Help } else { Found::Command(*row) }
    }

    fn rest(&mut self, at: usize) {
        self.operands.extend(self.words.iter().copied().enumerate().skip(at));
    }

    /// The flag of this long name. docopt takes the beginning of one.
    fn by_name(&self, row: Option<&Row>, level: Level, name: &[u8]) -> Option<Flag> {
        let lists = self.lists(level);
        let own = row.and_then(|row| row.flag(name));
        let found = own.or_else(|| lists.iter().find_map(|list| tables::flag_in(list, name)));
        let help = || (name == HELP.name.as_bytes()).then_some(HELP);
        let found = found.or_else(help);
        if found.is_some() || self.cli != Cli::Compose {
            return found;
        }
        match row {
            Some(row) => row.beginning(name),
            None => lists.iter().find_map(|list| tables::beginning(list, name)),
        }
    }

    /// The flag of this letter. `-h` is help where nothing else is.
    fn by_letter(&self, row: Option<&Row>, level: Level, letter: u8) -> Option<Flag> {
        let own = row.and_then(|row| row.letter(letter));
        let listed = || self.lists(level).iter().find_map(|list| tables::letter_in(list, letter));
        own.or_else(listed).or_else(|| (letter == b'h').then_some(HELP))
    }

    /// The flags of a level that are no command's own.
    fn lists(&self, level: Level) -> [&'static str; 2] {
        let globals = self.cli.globals();
        match (level, self.cli) {
            (Level::Tool, _) | (Level::Command | Level::Group, Cli::Podman) => [globals, ""],
            (Level::Compose, Cli::Compose) => [tables::COMPOSE_GLOBALS, globals],
            (Level::Compose, Cli::Docker | Cli::Podman) => [tables::COMPOSE_GLOBALS, ""],
            (Level::Command | Level::Group, Cli::Docker | Cli::Compose) => ["", ""],
        }
    }

    /// Reads `--name`, `--name=value` or `--name value`; answers with the index of the last word used.
    fn long(&mut self, row: Option<&Row>, level: Level, at: usize) -> usize {
        let body = self.word(at).get(2..).unwrap_or_default();
        let split = body.iter().position(|b| *b == b'=');
        let name = split.and_then(|split| body.get(..split)).unwrap_or(body);
        let joined = split.and_then(|split| body.get(split + 1..));
        let mut flag = self.by_name(row, level, name);
        if flag.is_none() && row.is_some_and(|row| row.group == tables::COMPOSE.name) {
            flag = tables::flag_in(tables::COMPOSE_PERSISTENT, name);
        }
        self.give(row, level, at, flag, joined)
    }

    /// Reads `-a`, `-abc`, `-avalue`, `-a=value` or `-a value`; answers with the index of the last word used.
    fn shorts(&mut self, row: Option<&Row>, level: Level, at: usize) -> usize {
        let mut rest = self.word(at).get(1..).unwrap_or_default();
        while let [letter, after @ ..] = rest {
            let flag = self.by_letter(row, level, *letter);
            match after {
                // pflag wants at least one byte after the sign: `-n=` is the value "=".
                [b'=', value @ ..] if !value.is_empty() => {
                    return self.give(row, level, at, flag, Some(value));
                }
                [_, ..] if self.takes_word(row, flag) => return self.give(row, level, at, flag, Some(after)),
                [] => return self.give(row, level, at, flag, None),
                _ => self.put(row, level, at, flag, b"true", None),
            }
            rest = after;
        }
        at
    }

    fn takes_word(&self, row: Option<&Row>, flag: Option<Flag>) -> bool {
        match flag {
            Some(flag) => flag.arity == Arity::Value,
            None => self.eats && row.is_none_or(|row| !row.takes_any()),
        }
    }

    fn give(
        &mut self,
        row: Option<&Row>,
        level: Level,
        at: usize,
        flag: Option<Flag>,
        joined: Option<&'a [u8]>,
    ) -> usize {
        if let Some(value) = joined {
            self.put(row, level, at, flag, value, None);
            return at;
        }
        if self.takes_word(row, flag)
            && let Some(value) = self.words.get(at + 1).copied()
        {
            self.put(row, level, at, flag, value, Some(at + 1));
            return at + 1;
        }
        let bare: &[u8] = if self.takes_word(row, flag) { b"" } else { b"true" };
        self.put(row, level, at, flag, bare, None);
        at
    }

    fn put(
        &mut self,
        row: Option<&Row>,
        level: Level,
        at: usize,
        flag: Option<Flag>,
        value: &'a [u8],
        value_at: Option<usize>,
    ) {
        self.strange |= flag.is_none() && row.is_none_or(|row| !row.takes_any());
        self.given.push(Given { level, flag, value, at, value_at });
    }

    /// The command, when the words lead to one.
    pub fn row(&self) -> Option<&Row> {
        match &self.found {
            Found::Command(row) => Some(row),
            Found::Nothing | Found::Group(_) | Found::Help | Found::Unknown(_) => None,
        }
    }

    /// Every value of a flag of the command itself, in order.
    pub fn all_of<'s>(&'s self, name: &'s str) -> impl DoubleEndedIterator<Item = &'s Given<'a>> + 's {
        self.at_level(Level::Command, name)
    }

    /// Every value of a flag at one level, in order.
    pub fn at_level<'s>(
        &'s self,
        level: Level,
        name: &'s str,
    ) -> impl DoubleEndedIterator<Item = &'s Given<'a>> + 's {
        self.given
            .iter()
            .filter(move |given| given.level == level && given.flag.is_some_and(|flag| flag.name == name))
    }

    /// The last value of a flag of the command itself: the one that counts for scalars.
    pub fn last(&self, name: &str) -> Option<&'a [u8]> {
        self.all_of(name).next_back().map(|given| given.value)
    }

    /// Whether a switch of the command ends up on, or a flag has a value. What is no boolean counts as on: the tool refuses it.
    pub fn on(&self, name: &str) -> bool {
        self.all_of(name).next_back().is_some_and(is_on)
    }

    /// Whether Compose is asked to change nothing: `--dry-run` before its command or behind it.
    pub fn dry_run(&self) -> bool {
        let composed = self.row().is_some_and(|row| row.group == tables::COMPOSE.name);
        let given = self.given.iter().rev().find(|given| {
            matches!(given.level, Level::Compose | Level::Command)
                && given.flag.is_some_and(|flag| flag.name == tables::COMPOSE_PERSISTENT)
        });
        // Only what is surely on counts.
        composed && given.is_some_and(|given| go_bool(given.value) == Some(true))
    }
}

fn is_on(given: &Given<'_>) -> bool {
    match given.flag.map(|flag| flag.arity) {
        Some(Arity::Value) => !given.value.is_empty(),
        Some(Arity::Switch | Arity::Optional(_)) | None => go_bool(given.value) != Some(false),
    }
}

/// What every command has.
const HELP: Flag = Flag { name: "help", arity: Arity::Switch };

#[cfg(test)]
mod tests;
