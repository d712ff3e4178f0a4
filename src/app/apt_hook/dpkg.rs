//! dpkg's own hook: plain `dpkg --remove` and `--purge`, and the runs that apt starts. dpkg says only what it does, not
//! to what: the packages stand in its words, or are those marked for it.

use super::{caller, judge, selftest};
use crate::app::call::Call;
use crate::engine::apt::dpkg::parse;
use crate::engine::apt::hook::SELFTEST;
use crate::engine::apt::status;
use crate::engine::escape::escape;
use crate::engine::tools::dpkg::Kind;
use crate::exit::Exit;
use crate::fail::{Fail, Result};
use crate::run::token::{For, Store};
use crate::ui::ColourChoice;
use crate::world::World;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::SystemTime;

pub(super) fn run(world: &World, choice: ColourChoice) -> Result<Exit> {
    let purges = match world.var("DPKG_HOOK_ACTION").map(OsStrExt::as_bytes) {
        Some(b"purge") => true,
        Some(b"remove") => false,
        _ => return Ok(Exit::HookAgrees),
    };
    let caller = caller::of_dpkg().ok_or_else(|| {
        Fail::new(Exit::Refused, "refused: there is no telling what dpkg is about to remove")
            .because("dpkg names no packages to its hooks, and its words cannot be read from /proc")
            .help("mount /proc there, then run it again")
    })?;
    let words = caller.call.words();
    let line = parse(&words);
    if line.args.iter().any(|(_, word)| *word == SELFTEST.as_bytes()) {
        return Err(selftest());
    }
    // dpkg calls its hooks in a rehearsal, too.
    if line.has(Kind::NoAct) {
        return Ok(Exit::HookAgrees);
    }
    let database = match world.set_var("DPKG_ADMINDIR") {
        Some(dir) => PathBuf::from(dir),
        None => PathBuf::from("/var/lib/dpkg"),
    };
    let list = database.join("status");
    let text = std::fs::read(&list).map_err(|e| {
        let what = format!("dpkg's list of packages cannot be read: {}", escape(list.as_os_str().as_bytes()));
        Fail::new(Exit::Unavailable, what).because(e.to_string())
    })?;
    let plan = status::going(&text, &words, purges);
    if !plan.removes() {
        return Ok(Exit::HookAgrees);
    }
    let (store, now) = (Store::system(), SystemTime::now());
    let mut approvals = [For::Dpkg, For::Call].into_iter().filter_map(|step| store.find(step, now));
    if approvals.any(|approval| approval.covers(&plan.changes)) {
        return Ok(Exit::HookAgrees);
    }
    // The words as dpkg reads them, without the channels that apt opened for itself.
    let call = Call { tool: "dpkg", argv: caller.call.argv.clone() };
    judge(&call, plan, world, choice)?;
    Ok(Exit::HookAgrees)
}
