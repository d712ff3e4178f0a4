//! Lossless reading of argv by a tool's table, after the grammar of spf13/cobra and spf13/pflag.
//!
//! Two passes, as in cobra: the first finds the command and knows only the flags of the level it stands at (every
//! other flag without `=` swallows the next word); the second reads all remaining words with the command's own flags.

use super::table::{Arity, Command, Flag, Role, Table};

/// One flag as it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given<'a> {
    /// The row, or `None` for a flag the table does not know.
    pub flag: Option<&'static Flag>,
    /// The name as written, without dashes and value (one letter for shorts).
    pub name: &'a [u8],
    /// Its value: what stood after `=`, the rest of a cluster, the next word, or the flag's bare value.
    pub value: &'a [u8],
    /// Index into the words of the word that names it.
    pub at: usize,
    /// Index of the word that holds the value when that is another one.
    pub value_at: Option<usize>,
}

/// What the words say. Borrowed from them; [`Parsed::words`] gives them back byte for byte.
#[derive(Clone, Debug)]
pub struct Parsed<'a> {
    /// The words after `argv[0]`, untouched.
    pub words: &'a [&'a [u8]],
    /// The command row, `None` when no built-in matches.
    pub command: Option<&'static Command>,
    /// Where the command's own words stand, outermost first.
    pub command_at: CommandAt,
    /// Every flag in its order.
    pub given: Vec<Given<'a>>,
    /// Positional arguments after the command's own words, as (index into words, bytes).
    pub args: Vec<(usize, &'a [u8])>,
    /// How many of `args` stood before `--`, when there was one.
    pub dash: Option<usize>,
    /// Why the tool itself would refuse these words, when it would (the first reason).
    pub problem: Option<Problem>,
}

/// Why the tool would refuse the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A flag the table does not know (a newer tool may); the index of its word.
    UnknownFlag(usize),
    /// A flag that needs a value and stands last.
    MissingValue(usize),
    /// A value that cannot be read as what the flag wants.
    BadValue(usize),
    /// A word that names no command; the tool looks for a plugin.
    UnknownCommand(usize),
}

/// The positions of a command's words: no command has more than three.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CommandAt {
    at: [usize; 3],
    len: u8,
}

impl CommandAt {
    /// The positions, outermost word first.
    pub fn as_slice(&self) -> &[usize] {
        self.at.get(..usize::from(self.len)).unwrap_or(&[])
    }

    fn push(&mut self, index: usize) -> bool {
        match self.at.get_mut(usize::from(self.len)) {
            Some(slot) => {
                *slot = index;
                self.len += 1;
                true
            }
            None => false,
        }
    }
}

/// How flags the table does not know are read.
#[derive(Clone, Copy, Debug)]
pub enum Reading<'r> {
    /// As the tool's own finder does: they swallow a word before the command, and nothing after it.
    Tool,
    /// Those named by a word at one of these indices take the next word, all others take none.
    Eat(&'r [usize]),
    /// As a person would read it who does not know that a command's own flags swallow a word before the command.
    Loose,
}

/// Reads the words after `argv[0]`. Never fails: what the tool would refuse is in [`Parsed::problem`].
pub fn parse<'a>(tool: &'static Table, words: &'a [&'a [u8]]) -> Parsed<'a> {
    parse_as(tool, words, Reading::Tool)
}

/// The same with a choice of how unknown flags are read.
pub fn parse_as<'a>(tool: &'static Table, words: &'a [&'a [u8]], reading: Reading<'_>) -> Parsed<'a> {
    let (command, command_at, unknown_command) = find(tool, words, reading);
    let mut parsed = Parsed {
        words,
        command,
        command_at,
        given: Vec::with_capacity(words.len().min(8)),
        args: Vec::with_capacity(words.len().min(8)),
        dash: None,
        problem: unknown_command.map(Problem::UnknownCommand),
    };
    // Completion takes its words raw (cobra's `__complete` sets DisableFlagParsing).
    let raw = command.is_some_and(|c| c.path.starts_with("__"));
    let mut index = 0;
    while let Some(word) = words.get(index).copied() {
        if command_at.as_slice().contains(&index) {
            index += 1;
            continue;
        }
        match word {
            _ if raw => parsed.args.push((index, word)),
            b"--" => {
                parsed.dash = Some(parsed.args.len());
                let rest = words.iter().copied().enumerate().skip(index + 1);
                parsed.args.extend(rest.filter(|(i, _)| !command_at.as_slice().contains(i)));
                break;
            }
            [b'-', b'-', ..] => index = parsed.long(tool, reading, index, word),
            [b'-', _, ..] => index = parsed.shorts(tool, reading, index, word),
            _ => parsed.args.push((index, word)),
        }
        index += 1;
    }
    parsed
}

/// cobra's `Find`: descends from the tool's own level as long as the first word that is neither a flag nor swallowed by
/// one names a child. The third part is the index of a word that names nothing where the tool insists on a command.
fn find(
    tool: &'static Table,
    words: &[&[u8]],
    reading: Reading<'_>,
) -> (Option<&'static Command>, CommandAt, Option<usize>) {
    let mut command: Option<&'static Command> = None;
    let mut at = CommandAt::default();
    loop {
        if command.is_some_and(|c| !tool.has_children(c)) {
            return (command, at, None);
        }
        let Some(index) = first_word(tool, command, words, at.as_slice(), reading) else {
            return (command, at, None);
        };
        let child = words.get(index).and_then(|word| tool.child(command, word));
        match child {
            Some(child) if at.push(index) => command = Some(child),
            _ => return (command, at, if command.is_none() { Some(index) } else { None }),
        }
    }
}

/// cobra's `stripFlags`: the first word that is no flag and is not taken for a flag's value at this level.
fn first_word(
    tool: &'static Table,
    level: Option<&Command>,
    words: &[&[u8]],
    skip: &[usize],
    reading: Reading<'_>,
) -> Option<usize> {
    let mut index = 0;
    let mut swallow = false;
    while let Some(word) = words.get(index).copied() {
        let here = index;
        index += 1;
        if skip.contains(&here) {
            continue;
        }
        if swallow {
            swallow = false;
            continue;
        }
        match word {
            b"--" => return None,
            [b'-', b'-', name @ ..] if !word.contains(&b'=') => {
                let flag = level.and_then(|c| tool.own_flag(c, name)).or_else(|| tool.global_flag(name));
                swallow = swallows(tool, flag, here, name, reading);
            }
            [b'-', letter] if *letter != b'=' => {
                let flag = tool.short_flag(level, *letter);
                swallow = swallows(tool, flag, here, std::slice::from_ref(letter), reading);
            }
            [] | [b'-', ..] => {}
            _ => return Some(here),
        }
    }
    None
}

fn swallows(tool: &Table, flag: Option<&Flag>, at: usize, name: &[u8], reading: Reading<'_>) -> bool {
    // cobra adds `--help` only when the command is found, so that here it is a flag like any unknown one.
    if let Some(flag) = flag.filter(|f| f.role != Role::Help) {
        return flag.arity == Arity::Value;
    }
    match reading {
        Reading::Tool => true,
        // A flag of some command swallows here whatever an unknown one does: that is cobra's own behaviour.
        Reading::Eat(eat) => eat.contains(&at) || tool.takes_word(name).is_some(),
        Reading::Loose => tool.takes_word(name).unwrap_or(false),
    }
}

impl<'a> Parsed<'a> {
    /// The command's path (`rollout restart`), empty when none was found.
    pub fn path(&self) -> &'static str {
        self.command.map_or("", |c| c.path)
    }

    /// Every value given for the flag with this long name, in order.
    pub fn all<'s>(&'s self, long: &'s str) -> impl Iterator<Item = &'s Given<'a>> + 's {
        self.given.iter().filter(move |g| g.flag.is_some_and(|f| f.long == long))
    }

    /// The last value given for this flag: the one that counts for scalars.
    pub fn last(&self, long: &str) -> Option<&'a [u8]> {
        self.all(long).last().map(|g| g.value)
    }

    /// Whether a switch ends up on. A value that is no Go boolean counts as on: the tool will refuse it.
    pub fn on(&self, long: &str) -> bool {
        self.last(long).is_some_and(|v| go_bool(v) != Some(false))
    }

    /// The last flag with this role: the one that counts for scalars.
    pub fn role(&self, role: Role) -> Option<&Given<'a>> {
        self.given.iter().rev().find(|g| g.flag.is_some_and(|f| f.role == role))
    }

    /// Every element of a string slice: the flag may be repeated, and each value is split at commas.
    pub fn slice<'s>(&'s self, long: &'s str) -> impl Iterator<Item = &'a [u8]> + 's {
        self.all(long).flat_map(|g| g.value.split(|b| *b == b','))
    }

    /// The positional arguments before `--` (all of them when there is none).
    pub fn args_before_dash(&self) -> &[(usize, &'a [u8])] {
        self.args.get(..self.dash.unwrap_or(self.args.len())).unwrap_or(&[])
    }

    /// The words of the flags the table does not know, by index.
    pub fn unknown_flags(&self) -> impl Iterator<Item = usize> + '_ {
        self.given.iter().filter(|g| g.flag.is_none()).map(|g| g.at)
    }

    fn trouble(&mut self, problem: Problem) {
        self.problem.get_or_insert(problem);
    }

    /// Reads `--name`, `--name=value` or `--name value`; answers with the index of the last word used.
    fn long(&mut self, tool: &'static Table, reading: Reading<'_>, at: usize, word: &'a [u8]) -> usize {
        let body = word.get(2..).unwrap_or(&[]);
        let split = body.iter().position(|b| *b == b'=');
        let name = split.and_then(|s| body.get(..s)).unwrap_or(body);
        let attached = split.and_then(|s| body.get(s + 1..));
        let flag = self.command.and_then(|c| tool.own_flag(c, name)).or_else(|| tool.global_flag(name));
        self.give(reading, at, name, flag, attached)
    }

    /// Reads `-a`, `-abc`, `-avalue`, `-a=value` or `-a value`; answers with the index of the last word used.
    fn shorts(&mut self, tool: &'static Table, reading: Reading<'_>, at: usize, word: &'a [u8]) -> usize {
        let mut rest = word.get(1..).unwrap_or(&[]);
        while let Some(letter) = rest.first() {
            let name = rest.get(..1).unwrap_or(&[]);
            let after = rest.get(1..).unwrap_or(&[]);
            let flag = tool.short_flag(self.command, *letter);
            let eats = match (flag, reading) {
                (Some(flag), _) => flag.arity == Arity::Value,
                (None, Reading::Eat(eat)) => eat.contains(&at),
                (None, Reading::Tool | Reading::Loose) => false,
            };
            match after {
                // pflag wants at least one byte after the sign: `-n=` is the value "=".
                [b'=', value @ ..] if !value.is_empty() => {
                    return self.give(reading, at, name, flag, Some(value));
                }
                [_, ..] if eats => return self.give(reading, at, name, flag, Some(after)),
                [] => return self.give(reading, at, name, flag, None),
                _ => {
                    // A switch inside a cluster, or a flag with an optional value: the rest are more letters.
                    let value = flag.map_or(&b"true"[..], bare_value);
                    self.put(at, name, flag, value, None);
                }
            }
            rest = after;
        }
        at
    }

    fn give(
        &mut self,
        reading: Reading<'_>,
        at: usize,
        name: &'a [u8],
        flag: Option<&'static Flag>,
        attached: Option<&'a [u8]>,
    ) -> usize {
        if let Some(value) = attached {
            if flag.is_some_and(|f| f.arity == Arity::Switch) && go_bool(value).is_none() {
                self.trouble(Problem::BadValue(at));
            }
            self.put(at, name, flag, value, None);
            return at;
        }
        let eats = match (flag, reading) {
            (Some(flag), _) => flag.arity == Arity::Value,
            (None, Reading::Eat(eat)) => eat.contains(&at),
            (None, Reading::Tool | Reading::Loose) => false,
        };
        if !eats {
            let value = flag.map_or(&b"true"[..], bare_value);
            self.put(at, name, flag, value, None);
            return at;
        }
        // The command's own words are not there any more when the flags are read.
        let mut next = at + 1;
        while self.command_at.as_slice().contains(&next) {
            next += 1;
        }
        match self.words.get(next).copied() {
            Some(value) => {
                self.put(at, name, flag, value, Some(next));
                next
            }
            None => {
                self.trouble(Problem::MissingValue(at));
                self.put(at, name, flag, b"", None);
                at
            }
        }
    }

    fn put(
        &mut self,
        at: usize,
        name: &'a [u8],
        flag: Option<&'static Flag>,
        value: &'a [u8],
        value_at: Option<usize>,
    ) {
        if flag.is_none() {
            self.trouble(Problem::UnknownFlag(at));
        }
        self.given.push(Given { flag, name, value, at, value_at });
    }
}

/// What a flag means when nothing follows it.
fn bare_value(flag: &'static Flag) -> &'static [u8] {
    match flag.arity {
        Arity::Switch => b"true",
        Arity::Optional(bare) => bare.as_bytes(),
        Arity::Value => b"",
    }
}

/// A boolean as Go's `strconv.ParseBool` reads it.
pub fn go_bool(text: &[u8]) -> Option<bool> {
    match text {
        b"1" | b"t" | b"T" | b"true" | b"TRUE" | b"True" => Some(true),
        b"0" | b"f" | b"F" | b"false" | b"FALSE" | b"False" => Some(false),
        _ => None,
    }
}
