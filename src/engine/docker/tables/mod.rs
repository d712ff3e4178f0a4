//! The commands of docker, Compose and podman, and how a line of these tables is read.
//!
//! A table is a text and no array: every pointer in an array is a relocation that each start of the shim pays for, and these are
//! some 1,500 flags. Of a text only the lines of one group are looked at. A line is
//!
//! ```text
//! NAME EFFECT FLAG FLAG …          or          NAME =GROUP NAME, another name of that command
//! ```
//!
//! with `NAME` of a command below another one as `key/load`; `EFFECT` the letter of a [`Kind`] and signs behind it, `!` when the
//! full guard always looks at it, `/` when flags end at the first operand, `?` when its flags change what it does; `FLAG` a name, its letter and a dot before it, `=`
//! behind it when it takes a value, `?` when only a joined one. `+NAME`, in
//! the first place, stands for the flags of that line, `*` for any. Lines and flags are sorted by name, so that few are looked at.

mod compose;
mod docker;
mod groups;
mod podman;
mod rules;
#[cfg(test)]
mod tests;

pub use groups::{COMPOSE, COMPOSE_GLOBALS, COMPOSE_PERSISTENT, Cli};
pub(super) use rules::{Raise, When, raises};

use crate::engine::grammar::table::Arity;
use std::cmp::Ordering;

/// What a command does when none of its flags says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `r`: nothing changes.
    Reads,
    /// `m`: something changes.
    Mutates,
    /// `d`: something stops or goes away.
    Disrupts,
    /// `x`: data, or the only record of it, goes.
    Destroys,
    /// `u`: what it runs stands elsewhere.
    Unknown,
    /// `c`: copies files into a container, or out of one.
    Copies,
    /// `e`: runs a command that its words name.
    Executes,
    /// `g`: has commands below it.
    Group,
}

/// One command.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// The group it belongs to: `container`, `compose`; empty for those without.
    pub group: &'static str,
    /// Its name in there: `rm`, `key/load`.
    pub name: &'static str,
    /// What it does.
    pub kind: Kind,
    /// Whether words never say enough: the full guard always looks at it.
    pub looked_at: bool,
    /// Whether flags end at the first operand.
    pub ends: bool,
    /// Whether there are rules about it.
    ruled: bool,
    /// Its flags.
    flags: &'static str,
    /// The lines it stands in.
    text: &'static str,
}

/// A flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flag {
    /// Its long name.
    pub name: &'static str,
    /// How it takes its value.
    pub arity: Arity,
}

/// A group of commands and its lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// What it is called; empty for the commands that belong to none.
    pub name: &'static str,
    text: &'static str,
}

impl Group {
    /// The command of this name below `parent`, by its own or another name; of those without a group `cli` says where a short
    /// name leads.
    pub fn command(self, cli: Cli, parent: &str, word: &[u8]) -> Option<Row> {
        let line = line_of(self.text, parent, word)?;
        let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
        if let Some(path) = rest.strip_prefix('=') {
            let (group, name) = path.split_once(' ')?;
            let group = if group == self.name { self } else { cli.group(group.as_bytes())? };
            return group.command(cli, "", name.as_bytes());
        }
        let (effect, flags) = rest.split_once(' ').unwrap_or((rest, ""));
        Some(Row {
            group: self.name,
            name,
            kind: Kind::of(effect),
            looked_at: effect.contains('!'),
            ends: effect.contains('/'),
            ruled: effect.contains('?'),
            flags,
            text: self.text,
        })
    }

    /// Every command of the group.
    #[cfg(any(feature = "cli", test))]
    pub fn commands(self) -> impl Iterator<Item = Row> {
        self.text.split('\n').filter_map(move |line| {
            let (name, rest) = line.split_once(' ')?;
            let (parent, last) = name.rsplit_once('/').unwrap_or(("", name));
            (!rest.starts_with('=')).then(|| self.command(Cli::Docker, parent, last.as_bytes()))?
        })
    }
}

/// The line of the command of this name below `parent`. Lines are sorted by their names.
fn line_of(text: &'static str, parent: &str, word: &[u8]) -> Option<&'static str> {
    let gap: &[u8] = if parent.is_empty() { b"" } else { b"/" };
    search(text, '\n', |line| {
        let line = line.as_bytes();
        let end = line.iter().position(|b| *b == b' ').unwrap_or(line.len());
        let name = line.get(..end).unwrap_or(line);
        if gap.is_empty() {
            return name.cmp(word);
        }
        name.iter().cmp(parent.as_bytes().iter().chain(gap).chain(word))
    })
}

/// Halves a text whose parts are sorted until one is found.
fn search(
    text: &'static str,
    between: char,
    compare: impl Fn(&'static str) -> Ordering,
) -> Option<&'static str> {
    let mut rest = text;
    while !rest.is_empty() {
        let (left, right) = rest.split_at_checked(rest.len() / 2)?;
        let start = left.rfind(between).map_or(0, |at| at + 1);
        let end = right.find(between).map_or(rest.len(), |at| left.len() + at);
        let part = rest.get(start..end)?;
        rest = match compare(part) {
            Ordering::Equal => return Some(part),
            Ordering::Less => rest.get(end + 1..)?,
            Ordering::Greater => rest.get(..start.saturating_sub(1))?,
        };
    }
    None
}

impl Kind {
    fn of(effect: &str) -> Kind {
        match effect.as_bytes().first() {
            Some(b'r') => Kind::Reads,
            Some(b'm') => Kind::Mutates,
            Some(b'd') => Kind::Disrupts,
            Some(b'x') => Kind::Destroys,
            Some(b'c') => Kind::Copies,
            Some(b'e') => Kind::Executes,
            Some(b'g') => Kind::Group,
            _ => Kind::Unknown,
        }
    }
}

/// Names of flags that stand for others. Compose: the `SetNormalizeFunc`s of `cmd/compose`; podman: `cmd/podman/utils/alias.go`.
const RENAMED: &[u8] = b"dns-opt dns-option\nlabels label\nnamespace ns\nnet network\nno-TTY no-tty\nno-tty no-TTY\n\
    notruncate no-trunc\noverride-arch arch\noverride-os os\noverride-variant variant\nstorage external\ntime timeout\n\
    timeout time\nvolume volumes\nvolumes volume\ny yes";

impl Row {
    /// Its path as people write it: `volume rm`, `trust key load`.
    pub fn path(&self) -> String {
        let name = self.name.replace('/', " ");
        if self.group.is_empty() { name } else { format!("{} {name}", self.group) }
    }

    /// Whether it is this command.
    pub fn is(&self, group: &str, name: &str) -> bool {
        self.group == group && self.name == name
    }

    /// Whether any flag may stand there.
    pub fn takes_any(&self) -> bool {
        self.flags == "*"
    }

    /// Its flag of this long name.
    pub fn flag(&self, name: &[u8]) -> Option<Flag> {
        let renamed = || {
            let rows = RENAMED.split(|b| *b == b'\n');
            let mut to = rows.filter_map(|row| row.strip_prefix(name)?.strip_prefix(b" "));
            to.find_map(|to| self.in_lists(|list| flag_in(list, to)))
        };
        self.in_lists(|list| flag_in(list, name)).or_else(renamed)
    }

    /// Its flag of this letter.
    pub fn letter(&self, letter: u8) -> Option<Flag> {
        self.in_lists(|list| letter_in(list, letter))
    }

    /// The only one of its flags whose name begins so, as docopt takes it.
    pub fn beginning(&self, name: &[u8]) -> Option<Flag> {
        beginning(self.lists().0, name)
    }

    /// Its own flags, and those of the other line that it stands for as well.
    fn lists(&self) -> (&'static str, &'static str) {
        let Some(flags) = self.flags.strip_prefix('+') else { return (self.flags, "") };
        let (other, own) = flags.split_once(' ').unwrap_or((flags, ""));
        let line = line_of(self.text, "", other.as_bytes()).unwrap_or_default();
        (own, line.splitn(3, ' ').nth(2).unwrap_or_default())
    }

    fn in_lists(&self, find: impl Fn(&'static str) -> Option<Flag>) -> Option<Flag> {
        let (own, others) = self.lists();
        find(own).or_else(|| find(others))
    }

    /// Each of its flags with its letter, or 0; those of another line that its own stands for as well.
    #[cfg(any(feature = "cli", test))]
    pub fn flags(&self) -> Vec<(u8, Flag)> {
        let (own, others) = self.lists();
        let all = own.split(' ').chain(others.split(' '));
        all.filter(|flag| !flag.is_empty() && *flag != "*").map(read).collect()
    }
}

/// The flag of this name in a list, which is sorted by names.
pub fn flag_in(list: &'static str, name: &[u8]) -> Option<Flag> {
    search(list, ' ', |flag| read(flag).1.name.as_bytes().cmp(name)).map(|flag| read(flag).1)
}

/// The flag of this letter in a list.
pub fn letter_in(list: &'static str, letter: u8) -> Option<Flag> {
    // Only letters have a dot behind them.
    let mut dots = list.match_indices('.').map(|(at, _)| at);
    let at = dots.find(|at| at.checked_sub(1).and_then(|at| list.as_bytes().get(at)) == Some(&letter))?;
    let flag = list.get(at - 1..)?.split(' ').next()?;
    Some(read(flag).1)
}

/// The only flag of a list whose name begins so.
pub fn beginning(list: &'static str, name: &[u8]) -> Option<Flag> {
    let mut all = list.split(' ').filter(|flag| !flag.is_empty()).map(read).map(|(_, flag)| flag);
    let begins = |flag: &Flag| flag.name.as_bytes().starts_with(name) && !name.is_empty();
    let first = all.find(begins)?;
    (!all.any(|flag| begins(&flag))).then_some(first)
}

/// A flag as the tables write it: its letter, or 0, and the rest.
fn read(flag: &'static str) -> (u8, Flag) {
    let (letter, name) = match flag.as_bytes() {
        [letter, b'.', ..] => (*letter, flag.get(2..).unwrap_or_default()),
        _ => (0, flag),
    };
    let (name, arity) = if let Some(name) = name.strip_suffix('=') {
        (name, Arity::Value)
    } else if let Some(name) = name.strip_suffix('?') {
        (name, Arity::Optional("true"))
    } else {
        (name, Arity::Switch)
    };
    (letter, Flag { name, arity })
}
