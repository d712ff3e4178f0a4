//! What `-k` builds, built once by the real tool, so that it can be judged and handed on as the same bytes.

use crate::fail::Result;
use crate::family::kube::inputs::{Inputs, Loose};
use crate::prompt::progress::Progress;
use crate::run::child;
use crate::ui::stderr::is_dumb;
use crate::world::World;
use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

/// So long a rendering may take: remote bases are cloned. One that takes longer is something that could not be checked.
const PATIENCE: Duration = Duration::from_secs(20);
/// A rendering that takes longer is named on the terminal.
const SHOWN_AFTER: Duration = Duration::from_millis(300);

/// Renders every `-k` of a command through `kubectl kustomize`. What cannot be rendered stays as it is, and is told as
/// something that could not be checked.
pub(super) fn render(inputs: &mut Inputs, tool: &Path, world: &World) -> Result<()> {
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
    let mut command = child::command(tool, world);
    command.arg("kustomize").arg(directory);
    let text = format!("rendering {}", directory.to_string_lossy());
    let _progress = Progress::after(SHOWN_AFTER, &text, is_dumb(world));
    // What does not fit would be cut, and half a rendering hides the rest.
    let output = child::wait(command, None, PATIENCE).ok()?;
    (output.ok && output.out.len() < child::LARGEST).then_some(output.out)
}
