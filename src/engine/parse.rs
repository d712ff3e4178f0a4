//! Lossless reading of argv by a tool's table, after the grammar of spf13/cobra and spf13/pflag.

use super::table::{Command, Flag};

/// One flag as it was given.
#[derive(Clone, Debug)]
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
    /// The words after argv[0], untouched.
    pub words: &'a [&'a [u8]],
    /// The command row, `None` when no built-in matches.
    pub command: Option<&'static Command>,
    /// Every flag in its order.
    pub given: Vec<Given<'a>>,
    /// Positional arguments after the command's own words, as (index into words, bytes).
    pub args: Vec<(usize, &'a [u8])>,
    /// How many of `args` stood before `--`, when there was one.
    pub dash: Option<usize>,
    /// Why the tool itself would refuse these words, when it would.
    pub problem: Option<Problem>,
}

/// Why the tool would refuse the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// A flag the table does not know (a newer tool may).
    UnknownFlag(usize),
    /// A flag that needs a value and stands last.
    MissingValue(usize),
    /// A value that cannot be read as what the flag wants.
    BadValue(usize),
}

impl<'a> Parsed<'a> {
    /// The command's path (`rollout restart`), empty when none was found.
    pub fn path(&self) -> &'static str {
        self.command.map_or("", |c| c.path)
    }

    /// Every value given for the flag with this long name, in order.
    pub fn all(&self, long: &'static str) -> impl Iterator<Item = &Given<'a>> + '_ {
        self.given.iter().filter(move |g| g.flag.is_some_and(|f| f.long == long))
    }

    /// The last value given for this flag: the one that counts for scalars.
    pub fn last(&self, long: &'static str) -> Option<&'a [u8]> {
        self.all(long).last().map(|g| g.value)
    }

    /// Whether a switch ends up on. A value that is no Go boolean counts as on: the tool will refuse it.
    pub fn on(&self, long: &'static str) -> bool {
        self.last(long).is_some_and(|v| go_bool(v) != Some(false))
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
