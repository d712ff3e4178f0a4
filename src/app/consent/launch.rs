//! The last step: what was looked at is pinned, and guard becomes the tool. Nothing else in guard's full program does.

use super::Recorded;
use super::case::Case;
use crate::app::call::Call;
use crate::app::intercept::unasked::Unasked;
use crate::app::judge::{self, Judged};
use crate::app::situation;
use crate::engine::decide::Decision;
use crate::engine::grammar::cobra::parse;
use crate::engine::grammar::table::Role;
use crate::engine::kube::kubectl::TABLE;
use crate::engine::tool;
use crate::engine::units;
use crate::fail::{Fail, Result};
use crate::resolve::Resolved;
use crate::run::exec::{self, EnvEdit};
use crate::run::pin::Pinned;
use crate::run::token;
use std::ffi::OsString;
use std::path::Path;
use std::time::SystemTime;

/// What is going to run, word for word. Made by [`Sure::pin`](super::Sure::pin).
pub struct Launch {
    argv: Vec<OsString>,
    edit: EnvEdit,
    held: Vec<Pinned>,
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
    fn exec(self, argv: &[OsString], edit: &EnvEdit) -> Fail {
        let tool = match self {
            Leave::Recorded(recorded) => &recorded.case.judged.tool,
            Leave::Unasked(Unasked { .. }, tool) => tool,
        };
        exec::exec(tool, argv, edit)
    }
}

/// Becomes the tool for a call that nobody has to be asked about.
pub fn pass(unasked: Unasked, tool: &Path, call: &Call, edit: &EnvEdit) -> Fail {
    Leave::Unasked(unasked, tool).exec(&call.argv, edit)
}

impl Recorded<'_> {
    /// Becomes the tool. Returns only when the command does not run.
    pub fn run(mut self, launch: Launch) -> Fail {
        // The bytes that are pinned have to be there until the exec.
        let Launch { argv, edit, held } = launch;
        match self.give(&held) {
            Ok(()) => Leave::Recorded(&self).exec(&argv, &edit),
            Err(fail) => fail,
        }
    }

    /// Gives the tool what is held for it.
    fn give(&mut self, held: &[Pinned]) -> Result<()> {
        let judged = &mut self.case.judged;
        for pin in held {
            pin.inherit()?;
        }
        if let Some(plan) = judged.host.as_ref().and_then(|facts| facts.plan.as_ref()).filter(|p| p.removes())
        {
            // For the package manager's own hook, which asks nobody about what was answered just now. Without it, it does.
            let _ = token::leave(plan, SystemTime::now());
        }
        judged.inputs.install()
    }
}

/// Pins what the command reads, and puts its words and variables together.
pub(super) fn pin(case: &mut Case<'_>) -> Result<Launch> {
    let Case { call, judged } = case;
    let mut edit = EnvEdit::default();
    let mut held = Vec::new();
    if let Some(before) = judged.resolved.as_ref().ok().and_then(Resolved::kube) {
        let words = judged.words.slices();
        let parsed = parse(&TABLE, &words);
        // A plugin may be the one that switches contexts, and `config` writes the files: those need the files themselves.
        let reads_only = parsed.command.is_some() && !situation::is_local_only(&parsed);
        if reads_only && !before.access.in_cluster && !before.access.writes_back {
            let raw = call.words();
            judged.inputs.pin_kubeconfig(&parse(&TABLE, &raw), &before.access.kubeconfig)?;
        }
        if reads_only {
            held.extend(pin_preferences(judged, call, &mut edit)?);
        }
    }
    if let Ok(Resolved::Aws(before)) = &judged.resolved {
        for (name, value) in &before.access.freeze {
            edit.set(name, value);
        }
    }
    if call.tool.is(&tool::SERVICE) {
        edit.set(units::ANSWERED, std::process::id().to_string());
    }
    if matches!(judged.decision, Decision::Allow(_)) {
        judged.inputs.release_files();
    }
    let argv = judge::aws::hand_over(judged, judged.inputs.argv(&call.argv), &mut edit);
    judged.inputs.env(&mut edit);
    Ok(Launch { argv, edit, held })
}

/// Holds kubectl's preferences as they were read; where there were none, none that appear now are taken.
fn pin_preferences(judged: &mut Judged, call: &Call, edit: &mut EnvEdit) -> Result<Option<Pinned>> {
    let raw = call.words();
    let parsed = parse(&TABLE, &raw);
    let named = parsed.role(Role::Preferences).is_some();
    match &judged.words.kuberc {
        Some(kuberc) if named => judged.inputs.pin_preferences(&parsed, &kuberc.bytes).map(|()| None),
        Some(kuberc) => {
            let pinned = Pinned::of("the kuberc file", &kuberc.bytes)?;
            edit.set("KUBERC", pinned.shared_path());
            Ok(Some(pinned))
        }
        // kubectl refuses the flag together with the variable.
        None if named => Ok(None),
        None => {
            edit.set("KUBERC", "off");
            Ok(None)
        }
    }
}
