//! One error shape for everything a person can be told: what happened, why, and one thing to do.

use crate::exit::Exit;
use std::fmt;

/// An error on its way to the person: printed as `guard: error: WHAT`, `  because: WHY`, `  help: DO`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fail {
    /// The exit code this error ends the process with.
    pub exit: Exit,
    /// What happened; one line, lower-case start, no full stop. Outside text in it is already escaped.
    pub what: String,
    /// Each cause once, outermost first.
    pub because: Vec<String>,
    /// The one thing to do about it.
    pub help: Option<String>,
    /// A source excerpt with a caret, for files (several lines, printed as they are after `what`).
    pub excerpt: Option<String>,
    /// The whole text when it is already put together (a refusal with its facts); nothing is added to it.
    pub said: Option<String>,
}

impl Fail {
    /// An error with nothing but its exit code and what happened.
    pub fn new(exit: Exit, what: impl Into<String>) -> Fail {
        Fail { exit, what: what.into(), because: Vec::new(), help: None, excerpt: None, said: None }
    }

    /// A failure whose text is already put together.
    pub fn said(exit: Exit, text: impl Into<String>) -> Fail {
        Fail { said: Some(text.into()), ..Fail::new(exit, "") }
    }

    /// Adds a cause.
    #[must_use]
    pub fn because(mut self, why: impl Into<String>) -> Fail {
        self.because.push(why.into());
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Fail {
        self.help = Some(text.into());
        self
    }

    /// Attaches a source excerpt.
    #[must_use]
    pub fn excerpt(mut self, text: impl Into<String>) -> Fail {
        self.excerpt = Some(text.into());
        self
    }
}

impl fmt::Display for Fail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(said) = &self.said {
            return f.write_str(said.trim_end());
        }
        // A refusal is no error: guard did what it is for.
        let kind = if self.exit == Exit::Refused { "" } else { "error: " };
        write!(f, "guard: {kind}{}", self.what)?;
        if let Some(excerpt) = &self.excerpt {
            write!(f, "\n{}", excerpt.trim_end())?;
        }
        for why in &self.because {
            write!(f, "\n  because: {why}")?;
        }
        if let Some(help) = &self.help {
            write!(f, "\n  help: {help}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Fail {}

/// The result of everything that can fail towards the person.
pub type Result<T> = std::result::Result<T, Fail>;
