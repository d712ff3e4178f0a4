//! Asking the person at the terminal, and nobody else: never standard input, never standard output.

pub(crate) mod hold;
pub mod progress;
pub mod signals;
pub mod tty;
mod turn;

use crate::engine::challenge::Challenge;
use crate::engine::situation::Level;
use crate::ui::Screen;
use std::time::Duration;

pub use tty::Terminal;

/// What is asked, and on which terms.
#[derive(Clone, Debug)]
pub struct Question<'a> {
    /// What answers a typed question.
    pub challenge: &'a Challenge,
    /// Typed, or y/N.
    pub level: Level,
    /// How often a wrong text may be corrected; y/N takes the first answer.
    pub attempts: u32,
    /// How long the question stands.
    pub deadline: Duration,
    /// What has to be typed as well, after the right answer.
    pub also: Option<&'static str>,
    /// When set, a written reason of at least this many characters is asked for after the right answer.
    pub justification: Option<usize>,
}

impl<'a> Question<'a> {
    /// Three attempts, two minutes, no written reason.
    pub fn new(challenge: &'a Challenge, level: Level) -> Question<'a> {
        Question {
            challenge,
            level,
            attempts: 3,
            deadline: Duration::from_secs(120),
            also: None,
            justification: None,
        }
    }
}

/// How it ended. Only [`Answer::Matched`] lets a command run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Answer {
    /// The right answer, and the written reason if one was asked for.
    Matched {
        /// As typed, blanks at both ends removed.
        justification: Option<String>,
    },
    /// Something else, as often as it was allowed.
    Mismatched,
    /// The right answer, but not what has to be typed as well.
    NotAlso,
    /// The right answer, but no reason that was long enough.
    Unexplained,
    /// No: Enter, `n`, end of file, hang-up.
    Declined,
    /// Nobody answered in time.
    TimedOut,
    /// Nobody could be asked.
    NoTerminal(Absent),
    /// A signal (its number) ended it. The terminal is as it was; [`signals::die_of`] ends the process the same way.
    Interrupted(i32),
}

/// Why nobody could be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Absent {
    /// The process has no controlling terminal.
    NoTty,
    /// The process is not in the terminal's foreground.
    Background,
    /// The terminal is there but does not work.
    Broken,
}

impl Absent {
    /// For the refusal: `there is no terminal to ask on`.
    pub const fn because(self) -> &'static str {
        match self {
            Absent::NoTty => "there is no terminal to ask on",
            Absent::Background => "this runs in the background, where nobody can be asked",
            Absent::Broken => "the terminal could not be read",
        }
    }
}

/// The seam: whoever can put a question to a person.
pub trait Ask {
    /// Shows the screen, asks, and says how it ended.
    fn ask(&self, screen: &Screen, question: &Question<'_>) -> Answer;
}
