//! A guarded call that the shim did not let through at once: judge it, ask if it has to be asked, run it or refuse it.

pub(super) mod unasked;

use super::call::Call;
use super::call::How;
use super::consent::{self, Case};
use super::judge::{self, judge, read_words};
use crate::engine::aws;
use crate::engine::classify::classify_tool;
use crate::engine::effect::Effect;
use crate::engine::tool::FamilyId;
use crate::exit::Exit;
use crate::fail::{Fail, Result};
use crate::policy;
use crate::prompt::Terminal;
use crate::run::exec::EnvEdit;
use crate::run::shim;
use crate::ui::ColourChoice;
use crate::world::World;
use std::os::unix::ffi::OsStrExt;
use unasked::{Because, Unasked};

/// Carries a call through. Returns only when the command does not run.
pub fn intercept(call: &Call, world: &World, choice: ColourChoice) -> Result<Exit> {
    if call.tool.is_of_machine()
        && shim::is_decided(call.tool, |name| world.var(name).map(OsStrExt::as_bytes))
    {
        return Err(pass(Because::Decided, call, world));
    }
    let words = match read_words(call, world) {
        Ok(words) => words,
        // Preferences nobody can read: kubectl refuses them as well, so a read fails in its own words.
        Err(fail) => return if is_read(call) { Err(pass(Because::Reads, call, world)) } else { Err(fail) },
    };
    if words.only_read(call) {
        return Err(pass(Because::Reads, call, world));
    }
    super::enough_files()?;
    if call.tool.is_of_machine()
        && (judge::host::is_powerless(call, world) || judge::housekeeping::is_housekeeping(call.tool, world))
    {
        return Err(pass(Because::OfTheMachine, call, world));
    }
    let policy = match policy::load(world) {
        Ok(policy) => policy,
        // A machine has to be able to get its updates, and what mends the policy's file, whatever is the matter with it.
        Err(_) if judge::host::takes_nothing(call, &words, world) => {
            return Err(pass(Because::TakesNothing, call, world));
        }
        Err(fail) => return Err(refuse_for_policy(fail, call)),
    };
    let interactive = Terminal::available().is_ok();
    let how = How { probe: true, interactive, progress: true };
    let judged = judge(call, words, policy, world, how)?;
    let consent = consent::ask(Case { call, judged }, world, choice)?;
    let mut sure = consent.keep(world, choice)?.look_again(world)?;
    let launch = sure.pin()?;
    Err(sure.record(world, choice)?.run(launch))
}

/// Whether the words alone, preferences aside, only read.
fn is_read(call: &Call) -> bool {
    let verdict = classify_tool(call.tool, &call.words());
    verdict.completion || verdict.effect == Effect::Read
}

/// Becomes the real tool without a word.
fn pass(why: Because, call: &Call, world: &World) -> Fail {
    // A broken policy never stops a read; it may name the tool's place, though.
    let terms = policy::load(world).unwrap_or_default().terms();
    match judge::real_tool(call.file(), &terms, world) {
        Ok(tool) => consent::pass(Unasked::because(why), &tool, call, &as_typed(call, world)),
        Err(fail) => fail,
    }
}

/// Keeps the AWS CLI from letting the person compose another command than the one that was looked at.
fn as_typed(call: &Call, world: &World) -> EnvEdit {
    let mut edit = EnvEdit::default();
    if call.tool.family != FamilyId::Aws {
        return edit;
    }
    let mode = world.var(AUTO_PROMPT).map(OsStrExt::as_bytes);
    if mode.is_none() {
        // The config file's `cli_auto_prompt` would count.
        edit.set(AUTO_PROMPT, "off");
    }
    if aws::prompts(&call.words(), mode) {
        edit.set(AUTO_PROMPT, "off");
        super::out::complain(&format!(
            "guard: {AUTO_PROMPT} is off for this call: what is composed there goes past guard\n"
        ));
    }
    edit
}

/// Makes version 2 of the AWS CLI ask for the rest of a command, or for all of it (`resolve_auto_prompt_mode`).
const AUTO_PROMPT: &str = "AWS_CLI_AUTO_PROMPT";

fn refuse_for_policy(fail: Fail, call: &Call) -> Fail {
    let tool = call.tool;
    fail.because(format!("without its policy guard refuses everything but reads; {tool} was not run"))
}
