//! The machine as a target: what packages and units are changed on.

pub(super) mod reading;
pub mod resolve;
pub mod screen;
mod situation;
pub(super) mod weigh;

use super::cx::Cx;
use super::judge::{Outcome, target_changed};
use crate::engine::escape::escape;
use crate::engine::impact::Impact;
use crate::engine::machine::HostTarget;
use crate::engine::target::Target;
use crate::fail::{Fail, Result};
use crate::family::machine::resolve::ResolvedHost;
use crate::ui::view::Sight;

/// The machine the words lead to.
///
/// # Errors
/// Never at present: what is not known of a machine is a fact of its own.
pub(super) fn resolve(cx: Cx<'_>) -> Result<ResolvedHost> {
    resolve::host(cx.world, cx.call.tool.name.as_bytes(), cx.raw)
}

/// Whether the words still lead to the same machine, and the same system on it.
///
/// # Errors
/// They do not.
pub(super) fn leads_there_still(cx: Cx<'_>, before: &ResolvedHost) -> Result<()> {
    let now = resolve(cx)?;
    if before.is_still(&now) {
        return Ok(());
    }
    let told = |host: &ResolvedHost| escape(host.told().as_bytes());
    Err(target_changed(told(before), told(&now), "hostnamectl"))
}

/// The target as data.
pub(super) fn target(resolved: &Result<ResolvedHost>, outcome: &Outcome) -> Result<Target> {
    let resolved = resolved.as_ref().map_err(Fail::clone)?;
    Ok(resolved.target.data(&outcome.name))
}

/// The target on the screen.
pub(super) fn sight(
    cx: Cx<'_>,
    resolved: &Result<ResolvedHost>,
    impact: &Impact,
    outcome: &Outcome,
) -> Sight {
    let blank = HostTarget::default();
    let target = resolved.as_ref().map_or(&blank, |found| &found.target);
    let home = cx.world.home().map(|home| home.to_string_lossy().into_owned());
    screen::sight(target, &outcome.about(home.as_deref(), impact))
}
