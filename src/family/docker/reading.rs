//! The words of docker, Compose and podman. None of them has aliases for its commands.

use super::Docker;
use crate::engine::docker::tables::Cli;
use crate::engine::docker::variables;
use crate::engine::docker::words::Words;
use crate::fail::Result;
use crate::family::call::Call;
use crate::family::cx::Cx;
use crate::family::invocation::Invocation;
use crate::family::judge::{Evaluation, judge};
use crate::family::machine::reading::read;
use crate::family::reading::Reading;
use crate::world::World;
use std::os::unix::ffi::OsStrExt;

/// What is to be done.
pub struct DockerReading {
    invocation: Invocation,
}

impl DockerReading {
    /// Reads the words, and the variables that change what they do.
    pub fn of(call: &Call, world: &World) -> DockerReading {
        let mut invocation = read(call);
        let words = call.words();
        let read = Words::read(Cli::of(call.tool), &words, false);
        let value = world.var(variables::REMOVE_ORPHANS).map(OsStrExt::as_bytes);
        variables::raise(&read, value, &mut invocation.verdict);
        DockerReading { invocation }
    }
}

impl Reading for DockerReading {
    fn invocation(&self) -> &Invocation {
        &self.invocation
    }

    fn judge<'a>(&'a self, cx: Cx<'a>) -> Result<Evaluation<'a>> {
        let tool = cx.tool()?;
        let family = Docker::begin(cx, self, tool.clone());
        judge(cx, &self.invocation, tool, family)
    }
}
