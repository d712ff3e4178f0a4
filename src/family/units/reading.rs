//! The words of a tool for units, or for the whole machine.

use super::{Units, unattended};
use crate::fail::Result;
use crate::family::call::Call;
use crate::family::cx::Cx;
use crate::family::invocation::Invocation;
use crate::family::judge::{Evaluation, judge};
use crate::family::machine::reading::read;
use crate::family::reading::{Pass, Reading};
use crate::run::shim;
use crate::world::World;
use std::os::unix::ffi::OsStrExt;

/// What is asked of the service manager.
pub struct UnitsReading {
    invocation: Invocation,
}

impl UnitsReading {
    /// Reads the words.
    pub fn of(call: &Call) -> UnitsReading {
        UnitsReading { invocation: read(call) }
    }
}

impl Reading for UnitsReading {
    fn invocation(&self) -> &Invocation {
        &self.invocation
    }

    fn judge<'a>(&'a self, cx: Cx<'a>) -> Result<Evaluation<'a>> {
        let tool = cx.tool()?;
        let family = Units::begin(cx, self, tool.clone());
        judge(cx, &self.invocation, tool, family)
    }

    fn passes(&self, call: &Call, world: &World) -> Option<Pass> {
        if shim::is_decided(call.tool, |name| world.var(name).map(OsStrExt::as_bytes)) {
            return Some(Pass::Decided);
        }
        unattended::is_housekeeping(world).then_some(Pass::OfTheMachine)
    }
}
