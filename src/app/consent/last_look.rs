//! Whether what was judged still is what would run: another terminal may have switched contexts, or changed a file, while
//! the person was reading.

use super::case::Case;
use crate::app::call::Call;
use crate::app::judge::{self, Judged, read_words};
use crate::app::kubectl::{self, Kubectl};
use crate::engine::escape::escape;
use crate::engine::grammar::cobra::parse;
use crate::engine::kube::kubectl::TABLE;
use crate::fail::Result;
use crate::resolve::{Resolved, ResolvedKube};
use crate::world::World;
use std::time::Duration;

/// Looks at the target and at the files once more.
pub(super) fn unmoved(case: &Case<'_>, world: &World, prompting: Duration) -> Result<()> {
    let Case { call, judged } = case;
    match &judged.resolved {
        Ok(Resolved::Kube(before)) => still_the_same(judged, before, call, world)?,
        Ok(Resolved::Aws(before)) => judge::aws::still_the_same(judged, before, call, world)?,
        Ok(Resolved::Host(before)) => judge::host::still_the_same(judged, before, call, world, prompting)?,
        // Nothing was known that could have changed. What would stop or lose something there is refused by then, unless
        // a policy's mode stands that rule down.
        Err(_) => {}
    }
    judged.inputs.recheck()
}

/// Resolves the target again.
fn still_the_same(judged: &Judged, before: &ResolvedKube, call: &Call, world: &World) -> Result<()> {
    let words = read_words(call, world)?;
    let slices = words.slices();
    let parsed = parse(&TABLE, &slices);
    let now = kubectl::target(&parsed, &Kubectl::at(&judged.tool).world(&parsed, world))?;
    if words.words == judged.words.words && now.access.digest == before.access.digest {
        return Ok(());
    }
    let place = |r: &ResolvedKube| {
        let context = r.target.context.as_ref().map(|c| format!("context {}, ", c.value)).unwrap_or_default();
        escape(
            format!("{context}{}, namespace {}", r.target.server.value, r.target.namespace.value).as_bytes(),
        )
    };
    Err(judge::target_changed(place(before), place(&now), "kubectl config current-context"))
}
