//! The machine as a target: what packages and units are changed on.

pub mod backup;
pub mod child;
pub mod links;
pub mod postgres;
pub(super) mod reading;
pub mod resolve;
pub mod screen;
pub mod second;
pub mod servers;
mod situation;
pub(super) mod weigh;

use super::cx::Cx;
use super::judge::{Outcome, target_changed};
use crate::engine::escape::escape;
use crate::engine::fact::Why;
use crate::engine::impact::Impact;
use crate::engine::machine::HostTarget;
use crate::engine::target::Target;
use crate::engine::verdict::Verdict;
use crate::fail::{Fail, Kind, Result};
use crate::prompt::progress::Progress;
use crate::ui::stderr::is_dumb;
use crate::ui::view::Sight;
use resolve::ResolvedHost;
use screen::Words;
use std::path::PathBuf;

/// A command on the machine: what its families have in common.
pub(super) struct Command<'a> {
    pub cx: Cx<'a>,
    pub verdict: Verdict,
    /// The file that will run.
    pub tool: PathBuf,
    resolved: Result<ResolvedHost>,
}

impl<'a> Command<'a> {
    /// A command whose machine was not looked for yet.
    pub fn new(cx: Cx<'a>, verdict: &Verdict, tool: PathBuf) -> Command<'a> {
        let resolved = Err(Fail::new(Kind::Bug, "the target was not looked for"));
        Command { cx, verdict: verdict.clone(), tool, resolved }
    }

    /// Finds the machine the words lead to.
    pub fn resolve(&mut self) {
        self.resolved = resolve::host(self.cx.world, self.cx.call.tool.name.as_bytes(), self.cx.raw);
    }

    /// Takes the machine that the family has found by itself.
    pub fn leads_to(&mut self, resolved: Result<ResolvedHost>) {
        self.resolved = resolved;
    }

    /// The machine, when it is known.
    pub fn found(&self) -> Option<&ResolvedHost> {
        self.resolved.as_ref().ok()
    }

    /// Why nobody can look what is there: it is another machine.
    pub fn out_of_sight(&self) -> Option<Why> {
        let remote = self.found()?.target.remote.as_ref()?;
        Some(Why::Failed(format!("{} is another machine", remote.value)))
    }

    /// The line that is shown while it is looked at.
    pub fn progress(&self) -> Option<Progress> {
        let told = format!("{}: looking at what would go", self.cx.call.tool);
        self.cx.options.progress.then(|| Progress::start(&told, is_dumb(self.cx.world)))
    }

    /// Whether the words still lead to the same machine, and the same system on it. Nothing was known of an unknown machine
    /// that could have changed.
    ///
    /// # Errors
    /// They do not.
    pub fn leads_there_still(&self) -> Result<()> {
        let Some(before) = self.found() else { return Ok(()) };
        let now = resolve::host(self.cx.world, self.cx.call.tool.name.as_bytes(), self.cx.raw)?;
        if before.is_still(&now) {
            return Ok(());
        }
        let told = |host: &ResolvedHost| escape(host.told().as_bytes());
        Err(target_changed(told(before), told(&now), "hostnamectl"))
    }

    /// The target as data.
    ///
    /// # Errors
    /// It is not known.
    pub fn target(&self, outcome: &Outcome) -> Result<Target> {
        let resolved = self.resolved.as_ref().map_err(Fail::clone)?;
        Ok(resolved.target.data(&outcome.name))
    }

    /// The target on the screen. `words` are what the family calls things.
    pub fn sight(&self, impact: &Impact, outcome: &Outcome, words: Words<'_>) -> Sight {
        let blank = HostTarget::default();
        let target = self.found().map_or(&blank, |found| &found.target);
        let home = self.cx.world.home().map(|home| home.to_string_lossy().into_owned());
        screen::sight(target, &outcome.about(home.as_deref(), impact), words)
    }
}
