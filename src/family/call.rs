//! One call of a guarded tool: the caller's own words, which are also the words that will run.

use crate::engine::classify::redact;
use crate::engine::tool::Tool;
use crate::run::names::{self, Called, basename};
use std::borrow::Cow;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// The caller's argv and the tool it stands for.
#[derive(Clone, Debug)]
pub struct Call {
    /// The tool it stands for (kubectl, also when it was called as `k`).
    pub tool: &'static Tool,
    /// Every word, `argv[0]` first.
    pub argv: Vec<OsString>,
}

impl Call {
    /// Reads an argv; `None` when `argv[0]` names no guarded tool.
    pub fn of(argv: Vec<OsString>) -> Option<Call> {
        let first = argv.first()?;
        match names::called_as(Some(first.as_bytes())) {
            Called::Tool(name) => {
                let tool = name.tool;
                Some(Call { tool, argv })
            }
            Called::Own | Called::Unknown(_) | Called::Nameless => None,
        }
    }

    /// The file to look for on PATH: what was called is what runs.
    pub fn file(&self) -> &OsStr {
        OsStr::from_bytes(self.tool.file(names::name_in(self.name().as_bytes())))
    }

    /// The caller's words with secrets replaced.
    pub fn redacted(&self) -> Vec<Vec<u8>> {
        let name = basename(self.name().as_bytes()).to_vec();
        let words = self.words();
        let shown = redact(self.tool, &words).into_iter().map(Cow::into_owned);
        std::iter::once(name).chain(shown).collect()
    }

    /// The words after `argv[0]`.
    pub fn words(&self) -> Vec<&[u8]> {
        self.argv.iter().skip(1).map(|w| w.as_bytes()).collect()
    }

    /// `argv[0]` as it was given.
    pub fn name(&self) -> &OsStr {
        self.argv.first().map_or(OsStr::new(""), OsString::as_os_str)
    }
}

/// How a call is looked at.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Ask the live system at all (`guard check --offline` does not).
    pub probe: bool,
    /// Whether a person can be asked.
    pub interactive: bool,
    /// Show a progress line on the terminal.
    pub progress: bool,
    /// What was established within the last hours stands in for what is not asked. Only for what shows where one is, and decides
    /// nothing.
    pub recalls: bool,
    /// Whether it runs if it may. What is only looked at promises no copy that could be found by its id.
    pub runs: bool,
}
