//! The law as types: what could stop or lose something runs only after a go-ahead, and the compiler sees to it.
//!
//! [`Consent`] → keep → [`Kept`] → last look → [`Sure`] → record → [`Recorded`] → run. Each step takes the one before it
//! by value, so that no step is left out and no go-ahead counts twice; their fields are private, nothing copies them,
//! and what was agreed to travels inside, so that the go-ahead for one command cannot be spent on another. From
//! [`Recorded`] a command runs ([`Recorded::run`]), or a package manager's hook agrees (`app/apt_hook/agree.rs`).
//! `guard restore` ends sooner: it keeps what it replaces by itself, and runs from the [`Consent`].
//!
//! Who makes a [`Consent`] stands below this module and nowhere else:
//! - `answer.rs`: policy allows a command, or its question was answered: typed, y/N, or by `GUARD_CONFIRM`;
//! - `put_back.rs`: the same for what `guard restore` puts back;
//! - an approval by somebody else, once there is such a thing, belongs into a file beside these two (`approval.rs`): it
//!   has to be found to be for this very command, and then makes a [`Consent`] as they do.
//!
//! A go-ahead cannot be made elsewhere:
//! ```compile_fail,E0451
//! use guard::app::consent::{Consent, Ending};
//! fn forged(ending: Ending) -> Consent<&'static str> {
//!     Consent { to: "kubectl delete ns shop", ending }
//! }
//! ```
//! ```compile_fail,E0624
//! let forged = guard::app::consent::Consent::of("kubectl delete ns shop", loop {});
//! ```
//! nor can what stands in it, so that no record tells of an answer nobody gave:
//! ```compile_fail,E0451
//! use guard::{app::consent::Ending, audit::Answer};
//! let forged = Ending { answer: Answer::Matched, justification: None, prompting: std::time::Duration::ZERO };
//! ```
//! It counts once:
//! ```compile_fail,E0382
//! use guard::app::consent::Consent;
//! fn twice<T>(consent: Consent<T>) -> (T, T) {
//!     (consent.spend(), consent.spend())
//! }
//! ```
//! and neither it nor a later step can be copied, or comes out of nothing:
//! ```compile_fail,E0277
//! fn copy<T: Clone>() {}
//! copy::<guard::app::consent::Consent<&'static str>>();
//! ```
//! ```compile_fail,E0277
//! fn copy<T: Clone>() {}
//! copy::<guard::app::consent::Recorded<'static>>();
//! ```
//! ```compile_fail,E0277
//! let forged: guard::app::consent::Consent<()> = Default::default();
//! ```
//! No step is left out: what was looked at is not on record yet, and what was agreed to has no copy yet.
//! ```compile_fail,E0308
//! use guard::app::consent::{Launch, Recorded, Sure};
//! fn unrecorded(sure: Sure<'_>, launch: Launch) {
//!     let _ = Recorded::run(sure, launch);
//! }
//! ```
//! ```compile_fail,E0599
//! use guard::{app::consent::{Consent, Sure}, family::judge::Evaluation};
//! fn unkept(consent: Consent<Evaluation<'_>>) {
//!     let _ = consent.look_again();
//! }
//! ```
//! The same steps in their order do compile:
//! ```no_run
//! use guard::{app::consent::Consent, fail::Result, family::judge::Evaluation, ui::ColourChoice};
//! fn run(consent: Consent<Evaluation<'_>>) -> Result<()> {
//!     let mut sure = consent.keep(ColourChoice::Auto)?.look_again()?;
//!     let launch = sure.pin()?;
//!     Err(sure.record(ColourChoice::Auto)?.run(launch))
//! }
//! ```

mod answer;
pub mod given;
mod hint;
mod launch;
pub mod put_back;
mod variable;

pub use answer::ask;
pub use given::{Consent, Ending};
pub use launch::Launch;
pub(super) use launch::pass;

use super::record;
use crate::engine::decide::Decision;
use crate::fail::Result;
use crate::family::judge::Evaluation;
use crate::family::promise::Copied;
use crate::prompt::signals;
use crate::ui::{ColourChoice, stderr};

impl<'c> Consent<Evaluation<'c>> {
    /// Takes the copy that was promised; without it the command does not run.
    ///
    /// # Errors
    /// It could not be taken.
    pub fn keep(self, choice: ColourChoice) -> Result<Kept<'c>> {
        let judged = self.to();
        let copied = match judged.promise.intent() {
            Some(intent) => judged.held.keep(judged, intent, choice),
            None => Copied::default(),
        };
        if let Some(fail) = &copied.refuse {
            // The go-ahead is on record together with why nothing ran all the same.
            record::refused(judged, self.ending(), &fail.what);
            if let Some(signal) = copied.interrupted {
                stderr::complain(&format!("{fail}\n"));
                signals::die_of(signal);
            }
            return Err(fail.clone());
        }
        Ok(Kept { consent: self, copied })
    }
}

/// A go-ahead whose copy is taken, where one was promised.
#[must_use]
pub struct Kept<'c> {
    consent: Consent<Evaluation<'c>>,
    copied: Copied,
}

impl<'c> Kept<'c> {
    /// Looks once more whether what was judged still is what would run: another terminal may have switched contexts, or
    /// changed a file, while the person was reading. After the copy: that may take a moment.
    ///
    /// # Errors
    /// Something changed.
    pub fn look_again(self) -> Result<Sure<'c>> {
        let (judged, ending) = (self.consent.to(), self.consent.ending());
        judged.held.unchanged(judged, ending.prompting()).inspect_err(|fail| {
            record::refused(judged, ending, &fail.what);
        })?;
        Ok(Sure { kept: self })
    }
}

/// What was looked at once more.
#[must_use]
pub struct Sure<'c> {
    kept: Kept<'c>,
}

impl<'c> Sure<'c> {
    /// Makes what runs the very thing that was looked at: bytes that cannot change any more, keys, variables.
    ///
    /// # Errors
    /// It cannot be held.
    pub fn pin(&mut self) -> Result<Launch> {
        let judged = self.kept.consent.to_mut();
        let allowed = matches!(judged.outcome.decision, Decision::Allow(_));
        judged.held.pin(judged.cx, allowed).map(Launch::of)
    }

    /// Writes the record.
    ///
    /// # Errors
    /// It cannot be written, and policy demands it.
    pub fn record(self, choice: ColourChoice) -> Result<Recorded<'c>> {
        let Kept { consent, copied } = self.kept;
        record::exec(&consent, &copied, choice)?;
        Ok(Recorded { judged: consent.spend() })
    }
}

/// What is on record, and may run.
#[must_use]
pub struct Recorded<'c> {
    judged: Evaluation<'c>,
}
