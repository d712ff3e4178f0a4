//! The go-ahead itself, and how the question ended. What makes one stands beside this file.

use crate::audit::Answer;
use std::time::Duration;

/// The go-ahead for `to`.
#[must_use]
pub struct Consent<T> {
    to: T,
    ending: Ending,
}

impl<T> Consent<T> {
    /// For what stands in this folder alone.
    pub(super) fn of(to: T, yes: Yes) -> Consent<T> {
        Consent { to, ending: Ending::given(yes) }
    }

    /// What was agreed to.
    pub fn to(&self) -> &T {
        &self.to
    }

    /// What was agreed to, to put it together for the exec: the go-ahead stays with it.
    pub(super) fn to_mut(&mut self) -> &mut T {
        &mut self.to
    }

    /// How the question ended.
    pub fn ending(&self) -> &Ending {
        &self.ending
    }

    /// Uses the go-ahead up, for what needs no further step.
    pub fn spend(self) -> T {
        self.to
    }
}

/// How a question ended, for the record. It lets nothing run by itself.
pub struct Ending {
    answer: Answer,
    justification: Option<String>,
    prompting: Duration,
}

/// How a question ended with a go-ahead.
pub(super) enum Yes {
    /// There was no question: it is allowed.
    Allowed,
    /// The right phrase, or a yes, at the terminal.
    Matched {
        /// The written reason, when one was demanded.
        justification: Option<String>,
        /// How long the person took.
        prompting: Duration,
    },
    /// `GUARD_CONFIRM` named the target.
    Variable,
}

/// How a question ended without a go-ahead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum No {
    /// There was no question.
    NotAsked,
    /// Something else was typed, or given.
    Mismatched,
    /// No, or no reason.
    Declined,
    /// The deadline passed.
    TimedOut,
    /// Nobody could be asked.
    NoTerminal,
    /// Ctrl-C.
    Interrupted,
}

impl Ending {
    fn given(yes: Yes) -> Ending {
        let (answer, justification, prompting) = match yes {
            Yes::Allowed => (Answer::NotAsked, None, Duration::ZERO),
            Yes::Matched { justification, prompting } => (Answer::Matched, justification, prompting),
            Yes::Variable => (Answer::Variable, None, Duration::ZERO),
        };
        Ending { answer, justification, prompting }
    }

    /// An ending without the go-ahead.
    pub fn refused(no: No) -> Ending {
        let answer = match no {
            No::NotAsked => Answer::NotAsked,
            No::Mismatched => Answer::Mismatched,
            No::Declined => Answer::Declined,
            No::TimedOut => Answer::TimedOut,
            No::NoTerminal => Answer::NoTerminal,
            No::Interrupted => Answer::Interrupted,
        };
        Ending { answer, justification: None, prompting: Duration::ZERO }
    }

    /// The answer, never its text.
    pub fn answer(&self) -> Answer {
        self.answer
    }

    /// The written reason, when one was demanded.
    pub fn justification(&self) -> Option<&str> {
        self.justification.as_deref()
    }

    /// How long the person took.
    pub fn prompting(&self) -> Duration {
        self.prompting
    }
}
