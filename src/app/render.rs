//! What `-k` builds, built once by the real tool, so that it can be judged and handed on as the same bytes.

use crate::fail::Result;
use crate::run::exec::CONFIRM;
use crate::run::inputs::{Inputs, Loose};
use crate::world::World;
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

/// Renders every `-k` of a command through `kubectl kustomize`. What cannot be rendered stays as it is, and is told as
/// something that could not be checked.
pub fn loose(inputs: &mut Inputs, tool: &Path, world: &World) -> Result<()> {
    let mut number = 0;
    loop {
        let Some(loose) = inputs.loose().nth(number).cloned() else { return Ok(()) };
        let rendered = match &loose {
            Loose::Kustomize(directory) => kustomize(directory, tool, world),
            Loose::Url(_) | Loose::Pattern(_) => None,
        };
        match rendered {
            Some(bytes) => inputs.supply(number, bytes)?,
            None => number += 1,
        }
    }
}

fn kustomize(directory: &OsStr, tool: &Path, world: &World) -> Option<Vec<u8>> {
    let mut command = Command::new(tool);
    command
        .arg("kustomize")
        .arg(directory)
        .env_clear()
        .envs(world.vars().iter().filter(|(k, _)| k != CONFIRM).cloned());
    command.stdin(Stdio::null()).stderr(Stdio::null());
    let output = command.output().ok()?;
    output.status.success().then_some(output.stdout)
}
