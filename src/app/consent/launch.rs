//! The last step: guard becomes the tool. Nothing else in guard's full program does.

use super::Recorded;
use crate::app::intercept::unasked::Unasked;
use crate::fail::{Fail, Result};
use crate::family::call::Call;
use crate::family::judge::Pins;
use crate::run::exec::{self, EnvEdit};
use crate::run::pin::Pinned;
use crate::run::shim;
use std::ffi::OsString;
use std::path::Path;

/// What is going to run, word for word. Made by [`Sure::pin`](super::Sure::pin).
pub struct Launch {
    argv: Vec<OsString>,
    edit: EnvEdit,
    held: Vec<Pinned>,
}

impl Launch {
    pub(super) fn of(pins: Pins) -> Launch {
        let Pins { argv, edit, held } = pins;
        Launch { argv, edit, held }
    }
}

/// Why the tool may run, and which one.
enum Leave<'r, 'c> {
    /// Everything is done that has to be done before.
    Recorded(&'r Recorded<'c>),
    /// Nobody has to be asked.
    Unasked(Unasked, &'r Path),
}

impl Leave<'_, '_> {
    /// Becomes the tool. Returns only when that failed.
    fn exec(self, argv: &[OsString], edit: &EnvEdit, call: &Call) -> Fail {
        shim::remember_call(call.tool, &call.words());
        let tool = match self {
            Leave::Recorded(recorded) => &recorded.judged.tool,
            Leave::Unasked(Unasked { .. }, tool) => tool,
        };
        exec::exec(tool, argv, edit)
    }
}

/// Becomes the tool for a call that nobody has to be asked about.
pub fn pass(unasked: Unasked, tool: &Path, call: &Call, edit: &EnvEdit) -> Fail {
    Leave::Unasked(unasked, tool).exec(&call.argv, edit, call)
}

impl Recorded<'_> {
    /// Becomes the tool. Returns only when the command does not run.
    pub fn run(mut self, launch: Launch) -> Fail {
        // The bytes that are pinned have to be there until the exec.
        let Launch { argv, edit, held } = launch;
        match self.give(&held) {
            Ok(()) => Leave::Recorded(&self).exec(&argv, &edit, self.judged.cx.call),
            Err(fail) => fail,
        }
    }

    /// Gives the tool what is held for it.
    fn give(&mut self, held: &[Pinned]) -> Result<()> {
        for pin in held {
            pin.inherit()?;
        }
        self.judged.held.hand_over()
    }
}
