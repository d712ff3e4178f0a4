//! One error shape for everything a person can be told: what happened, why, and one thing to do.

use crate::exit::Exit;
use std::fmt;

/// What kind of failure it is. The exit code follows from it, and nobody has to read a meaning from the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// guard's own command line is wrong.
    Usage,
    /// Words, a file or an answer cannot be understood.
    Data,
    /// Something that is needed cannot be had.
    Unavailable,
    /// A bug in guard.
    Bug,
    /// The audit record could not be written.
    Audit,
    /// The policy is invalid or unsafe.
    Policy,
    /// The real tool was found but cannot be executed.
    NotExecutable,
    /// The real tool was not found.
    NotFound,
    /// Refused: guard did what it is for.
    Refused,
    /// Refused because nobody could be asked and `GUARD_CONFIRM` did not answer: not set, another target's, or forbidden.
    Unanswered,
    /// Refused because policy demands that the live system is asked first, and it could not be.
    Unprobed,
}

impl Kind {
    /// What the process ends with.
    pub const fn exit(self) -> Exit {
        match self {
            Kind::Usage => Exit::Usage,
            Kind::Data => Exit::Data,
            Kind::Unavailable | Kind::Unprobed => Exit::Unavailable,
            Kind::Bug => Exit::Bug,
            Kind::Audit => Exit::Audit,
            Kind::Policy => Exit::Policy,
            Kind::NotExecutable => Exit::NotExecutable,
            Kind::NotFound => Exit::NotFound,
            Kind::Refused | Kind::Unanswered => Exit::Refused,
        }
    }

    /// Whether it is a refusal, and no error.
    pub const fn is_refusal(self) -> bool {
        matches!(self, Kind::Refused | Kind::Unanswered | Kind::Unprobed)
    }
}

/// What else there is to know about a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What it is about, in one word: `sudo`, `aptitude`.
    pub about: &'static str,
    /// What there is to know.
    pub text: String,
}

/// An error on its way to the person: printed as `guard: error: WHAT`, `  because: WHY`, `  help: DO`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fail {
    /// What kind it is.
    pub kind: Kind,
    /// What happened; one line, lower-case start, no full stop. Outside text in it is already escaped.
    pub what: String,
    /// Each cause once, outermost first.
    pub because: Vec<String>,
    /// The one thing to do about it.
    pub help: Option<String>,
    /// A source excerpt with a caret, for files (several lines, printed as they are after `what`).
    pub excerpt: Option<String>,
    /// The facts of a refused command (several lines, printed as they are before everything else).
    pub facts: Option<String>,
    /// What else there is to know; printed last.
    pub notes: Vec<Note>,
}

impl Fail {
    /// An error with nothing but its kind and what happened.
    pub fn new(kind: Kind, what: impl Into<String>) -> Fail {
        Fail {
            kind,
            what: what.into(),
            because: Vec::new(),
            help: None,
            excerpt: None,
            facts: None,
            notes: Vec::new(),
        }
    }

    /// The exit code this error ends the process with.
    pub const fn exit(&self) -> Exit {
        self.kind.exit()
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

    /// Adds what else there is to know.
    #[must_use]
    pub fn note(mut self, about: &'static str, text: impl Into<String>) -> Fail {
        self.notes.push(Note { about, text: text.into() });
        self
    }
}

impl fmt::Display for Fail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(facts) = &self.facts {
            writeln!(f, "{facts}")?;
        }
        // A refusal is no error: guard did what it is for.
        let kind = if self.kind.is_refusal() { "" } else { "error: " };
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
        for Note { about, text } in &self.notes {
            write!(f, "\n  {about}: {text}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Fail {}

/// The result of everything that can fail towards the person.
pub type Result<T> = std::result::Result<T, Fail>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_failure_ends_as_a_success() {
        for kind in [
            Kind::Usage,
            Kind::Data,
            Kind::Unavailable,
            Kind::Bug,
            Kind::Audit,
            Kind::Policy,
            Kind::NotExecutable,
            Kind::NotFound,
            Kind::Refused,
            Kind::Unanswered,
            Kind::Unprobed,
        ] {
            let exit = Fail::new(kind, "x").exit();
            // Nor as a hook that agrees, or one that passes.
            assert!(
                !matches!(exit, Exit::Ok | Exit::WouldAsk | Exit::HookAgrees | Exit::HookBlocks),
                "{kind:?}"
            );
            assert!(!kind.is_refusal() || matches!(exit, Exit::Refused | Exit::Unavailable), "{kind:?}");
        }
    }

    #[test]
    fn facts_stand_first_and_notes_last() {
        let mut fail = Fail::new(Kind::Unprobed, "refused").because("a").help("b").note("sudo", "c");
        fail.facts = Some("FACTS".to_owned());
        assert_eq!(fail.to_string(), "FACTS\nguard: refused\n  because: a\n  help: b\n  sudo: c");
        assert_eq!(Fail::new(Kind::Data, "x").excerpt("y\n").to_string(), "guard: error: x\ny");
    }
}
