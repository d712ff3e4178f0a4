//! What every stage of a call can look at.

use super::actor::actor;
use super::call::{Call, Options};
use crate::engine::policy::{Merged, Terms};
use crate::engine::situation::Actor;
use crate::engine::trail::Moved;
use crate::fail::{Fail, Result};
use crate::run::find::{self, Lookup};
use crate::run::self_path;
use crate::world::World;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One call, and all that is fixed while it is looked at.
#[derive(Clone, Copy)]
pub struct Cx<'a> {
    /// The caller's own words, which are also the ones that run.
    pub call: &'a Call,
    /// Those behind the tool's name.
    pub raw: &'a [&'a [u8]],
    /// The same as the tool will read them: aliases and defaults written out.
    pub words: &'a [&'a [u8]],
    /// Variables and files.
    pub world: &'a World,
    /// The policy in force.
    pub policy: &'a Merged,
    /// How it is looked at.
    pub options: Options,
    /// Who is at work; nobody looks where nothing is decided.
    pub actor: Actor,
    /// Whether it goes elsewhere than its terminal has been, as soon as it is known where it goes.
    pub moved: Moved,
}

impl<'a> Cx<'a> {
    /// Puts it together. `raw` and `words` are the slices of the call's own words and of those of its reading.
    pub fn new(
        call: &'a Call,
        raw: &'a [&'a [u8]],
        words: &'a [&'a [u8]],
        world: &'a World,
        policy: &'a Merged,
        options: Options,
    ) -> Cx<'a> {
        Cx {
            call,
            raw,
            words,
            world,
            policy,
            options,
            actor: if options.recalls { Actor::Human } else { actor(world) },
            moved: Moved::No,
        }
    }

    /// The real tool of this call.
    ///
    /// # Errors
    /// There is none on PATH, or where the policy says.
    pub fn tool(&self) -> Result<PathBuf> {
        real_tool(self.call.file(), &self.policy.terms(), self.world)
    }

    /// The policy's time for the probe, else what this one needs.
    pub fn probe_deadline(&self, needed: Duration) -> Duration {
        let set = self.policy.layers().find_map(|p| p.probe_timeout_ms);
        set.map_or(needed, |ms| Duration::from_millis(u64::from(ms)))
    }
}

/// Finds the real tool of this name, as the policy and PATH say.
///
/// # Errors
/// There is none.
pub fn real_tool(tool: &OsStr, terms: &Terms, world: &World) -> Result<PathBuf> {
    let fixed =
        terms.tools.iter().find(|(name, _)| OsStr::new(name) == tool).map(|(_, path)| Path::new(path));
    let selves = self_path::selves();
    let path = world.var("PATH");
    find::lookup(&Lookup { tool: tool.as_bytes(), path, selves: &selves, shim_dirs: &[], fixed })
        .map_err(Fail::from)
}
