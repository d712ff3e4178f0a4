//! The words of `rm`.

use super::{Files, unattended};
use crate::fail::Result;
use crate::family::call::Call;
use crate::family::cx::Cx;
use crate::family::invocation::Invocation;
use crate::family::judge::{Evaluation, judge};
use crate::family::machine::reading::read;
use crate::family::reading::{Pass, Reading};
use crate::family::units::unattended::is_housekeeping;
use crate::run::places;
use crate::world::World;
use std::os::unix::ffi::OsStrExt;

/// What is to be removed.
pub struct FilesReading {
    invocation: Invocation,
}

impl FilesReading {
    /// Reads the words.
    pub fn of(call: &Call) -> FilesReading {
        FilesReading { invocation: read(call) }
    }
}

impl Reading for FilesReading {
    fn invocation(&self) -> &Invocation {
        &self.invocation
    }

    fn judge<'a>(&'a self, cx: Cx<'a>) -> Result<Evaluation<'a>> {
        let tool = cx.tool()?;
        let family = Files::begin(cx, self, tool.clone());
        judge(cx, &self.invocation, tool, family)
    }

    fn passes(&self, _call: &Call, world: &World) -> Option<Pass> {
        if unattended::is_decided(world) {
            return Some(Pass::Decided);
        }
        is_housekeeping(world).then_some(Pass::OfTheMachine)
    }

    /// Plain files, where nothing of note lies: what mends a policy's file is one, and a directory that cannot be read is no
    /// reason to break a script.
    fn takes_nothing(&self, call: &Call, world: &World) -> bool {
        places::lets_through(&call.words(), |name| world.var(name).map(OsStrExt::as_bytes))
    }
}
