//! The commands of docker, Compose and podman, and how a line of these tables is read.
//!
//! A table is a text and no array: every pointer in an array is a relocation that each start of the shim pays for, and these are
//! some 1,500 flags. Of a text only the lines of one group are looked at. A line is
//!
//! ```text
//! NAME|ALIAS EFFECT FLAG FLAG …          or          NAME =GROUP NAME, another name of that command
//! ```
//!
//! with `NAME` of a command below another one as `key/load`; `EFFECT` the letter of a [`Kind`] and signs behind it, `!` when the
//! full guard always looks at it, `/` when flags end at the first operand; `FLAG` a name, its letter and a dot before it, `=`
//! behind it when it takes a value, `?` when only a joined one. `+NAME` stands for the flags of that line, `*` for any.

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
        let line = self.text.split('\n').find(|line| names(line, parent, word))?;
        let (name, rest) = line.split_once(' ').unwrap_or((line, ""));
        if let Some(path) = rest.strip_prefix('=') {
            let (group, name) = path.split_once(' ')?;
            return cli.group(group.as_bytes())?.command(cli, "", name.as_bytes());
        }
        let (effect, flags) = rest.split_once(' ').unwrap_or((rest, ""));
        Some(Row {
            group: self.name,
            name: name.split('|').next().unwrap_or(name),
            kind: Kind::of(effect),
            looked_at: effect.contains('!'),
            ends: effect.contains('/'),
            flags,
            text: self.text,
        })
    }

    /// Every command of the group.
    #[cfg(any(feature = "cli", test))]
    pub fn commands(self) -> impl Iterator<Item = Row> {
        self.text.split('\n').filter_map(move |line| {
            let (name, rest) = line.split_once(' ')?;
            let name = name.split('|').next()?;
            let (parent, last) = name.rsplit_once('/').unwrap_or(("", name));
            (!rest.starts_with('=')).then(|| self.command(Cli::Docker, parent, last.as_bytes()))?
        })
    }
}

/// Whether a line is that of a command of this name below `parent`.
fn names(line: &str, parent: &str, word: &[u8]) -> bool {
    let all = line.split(' ').next().unwrap_or(line).as_bytes();
    let all = match parent {
        "" => all,
        parent => match all.strip_prefix(parent.as_bytes()) {
            Some([b'/', rest @ ..]) => rest,
            _ => return false,
        },
    };
    // Most lines differ in the first byte; only other names have further parts.
    if word.is_empty() || (all.first() != word.first() && !all.contains(&b'|')) {
        return false;
    }
    let mut names = all.split(|b| *b == b'|');
    // Another name stands for the last word of the path alone.
    names.next().is_some_and(|own| !own.contains(&b'/') && (own == word || names.any(|name| name == word)))
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
            let to = rows.filter_map(|row| row.strip_prefix(name)?.strip_prefix(b" "));
            to.filter_map(|to| self.own(|flag| named(flag, to))).next()
        };
        self.own(|flag| named(flag, name)).or_else(renamed)
    }

    /// Its flag of this letter.
    pub fn letter(&self, letter: u8) -> Option<Flag> {
        self.own(|flag| lettered(flag, letter))
    }

    /// The only one of its flags whose name begins so, as docopt takes it.
    pub fn beginning(&self, name: &[u8]) -> Option<Flag> {
        beginning(self.flags, name)
    }

    fn own(&self, find: impl Fn(&'static str) -> Option<Flag>) -> Option<Flag> {
        let others = |flag: &'static str| {
            let other = flag.strip_prefix('+')?;
            let line = self.text.split('\n').find(|line| names(line, "", other.as_bytes()))?;
            line.split(' ').find_map(&find)
        };
        self.flags.split(' ').find_map(|flag| find(flag).or_else(|| others(flag)))
    }

    /// Each of its flags with its letter, or 0; those of another line that its own stands for as well.
    #[cfg(any(feature = "cli", test))]
    pub fn flags(&self) -> Vec<(u8, Flag)> {
        let line = |name: &str| self.text.split('\n').find(|line| names(line, "", name.as_bytes()));
        let shared = self.flags.split(' ').filter_map(|flag| flag.strip_prefix('+')).filter_map(line);
        let shared = shared.flat_map(|line| line.split(' ').skip(2));
        let own = self.flags.split(' ').filter(|flag| !flag.starts_with(['+', '*']) && !flag.is_empty());
        own.chain(shared).map(read).collect()
    }
}

/// The flag of this name in a list.
pub fn flag_in(list: &'static str, name: &[u8]) -> Option<Flag> {
    list.split(' ').find_map(|flag| named(flag, name))
}

/// The flag of this letter in a list.
pub fn letter_in(list: &'static str, letter: u8) -> Option<Flag> {
    list.split(' ').find_map(|flag| lettered(flag, letter))
}

/// The only flag of a list whose name begins so.
pub fn beginning(list: &'static str, name: &[u8]) -> Option<Flag> {
    let mut all = list.split(' ').filter(|flag| !flag.is_empty()).map(read).map(|(_, flag)| flag);
    let begins = |flag: &Flag| flag.name.as_bytes().starts_with(name) && !name.is_empty();
    let first = all.find(begins)?;
    (!all.any(|flag| begins(&flag))).then_some(first)
}

fn named(flag: &'static str, name: &[u8]) -> Option<Flag> {
    // The name stands at the beginning, or two bytes on.
    let bytes = flag.as_bytes();
    if bytes.first() != name.first() && bytes.get(2) != name.first() {
        return None;
    }
    Some(read(flag).1).filter(|flag| flag.name.as_bytes() == name && !name.is_empty())
}

fn lettered(flag: &'static str, letter: u8) -> Option<Flag> {
    match flag.as_bytes() {
        [first, b'.', ..] if *first == letter => Some(read(flag).1),
        _ => None,
    }
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
