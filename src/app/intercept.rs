//! A guarded call that the shim did not let through at once: judge it, ask if it has to be asked, run it or refuse it.

pub(super) mod unasked;

use super::consent;
use crate::engine::classify::classify_tool;
use crate::engine::effect::Effect;
use crate::exit::Exit;
use crate::fail::{Fail, Result};
use crate::family::call::{Call, Options};
use crate::family::cx::{Cx, real_tool};
use crate::family::reading::Pass;
use crate::family::{self, as_typed};
use crate::policy;
use crate::prompt::Terminal;
use crate::ui::ColourChoice;
use crate::world::World;
use unasked::Unasked;

/// Carries a call through. Returns only when the command does not run.
///
/// # Errors
/// It is refused, or cannot be run.
pub fn intercept(call: &Call, world: &World, choice: ColourChoice) -> Result<Exit> {
    let reading = match family::read(call, world) {
        Ok(reading) => reading,
        // Preferences nobody can read: the tool refuses them as well, so a read fails in its own words.
        Err(fail) => return if is_read(call) { Err(pass(Pass::Reads, call, world)) } else { Err(fail) },
    };
    if reading.invocation().only_reads(call.tool) {
        return Err(pass(Pass::Reads, call, world));
    }
    if let Some(why) = reading.passes(call, world) {
        return Err(pass(why, call, world));
    }
    super::enough_files()?;
    let policy = match policy::load(world) {
        Ok(policy) => policy,
        Err(_) if reading.takes_nothing(call, world) => return Err(pass(Pass::TakesNothing, call, world)),
        Err(fail) => return Err(refuse_for_policy(fail, call)),
    };
    let interactive = Terminal::available().is_ok();
    let options = Options { probe: true, interactive, progress: true, recalls: false, runs: true };
    let (raw, words) = (call.words(), reading.invocation().slices());
    let judged = reading.judge(Cx::new(call, &raw, &words, world, &policy, options))?;
    let mut sure = consent::ask(judged, choice)?.keep(choice)?.look_again()?;
    let launch = sure.pin()?;
    Err(sure.record(choice)?.run(launch))
}

/// Whether the words alone, preferences aside, only read.
fn is_read(call: &Call) -> bool {
    let verdict = classify_tool(call.tool, &call.words());
    verdict.completion || verdict.effect == Effect::Read
}

/// Becomes the real tool without a word.
fn pass(why: Pass, call: &Call, world: &World) -> Fail {
    // A broken policy never stops a read; it may name the tool's place, though.
    let terms = policy::load(world).unwrap_or_default().terms();
    match real_tool(call.file(), &terms, world) {
        Ok(tool) => consent::pass(Unasked::because(why), &tool, call, &as_typed(call, world)),
        Err(fail) => fail,
    }
}

fn refuse_for_policy(fail: Fail, call: &Call) -> Fail {
    let tool = call.tool;
    fail.because(format!("without its policy guard refuses everything but reads; {tool} was not run"))
}
