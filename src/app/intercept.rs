//! A guarded call that the shim did not let through at once: judge it, ask if it has to be asked, run it or refuse it.

use super::call::Call;
use super::caller::{Agency, agency};
use super::judge::{self, How, Judged, judge, read_words, table_of};
use super::kubectl::{self, Kubectl};
use super::record::{self, Ending};
use super::{diff, keeping, origin, show, situation};
use crate::audit::Answer as Recorded;
use crate::engine::aws;
use crate::engine::challenge::Challenge;
use crate::engine::decide::{Asked, Cause, Decision};
use crate::engine::effect::Effect;
use crate::engine::escape::escape;
use crate::engine::host::{self, is_guarded};
use crate::engine::parse::parse;
use crate::engine::policy::rule::Actor;
use crate::engine::table::Role;
use crate::exit::Exit;
use crate::fail::{Fail, Result};
use crate::policy;
use crate::prompt::{self, Answer, Ask, Question, Terminal};
use crate::resolve::{Resolved, ResolvedKube};
use crate::run::exec::{self, CONFIRM, EnvEdit};
use crate::run::pin::Pinned;
use crate::run::{shim, token};
use crate::ui::{ColourChoice, Hint};
use crate::world::World;
use std::os::unix::ffi::OsStrExt;
use std::time::{Duration, Instant, SystemTime};

/// The shortest written reason that is taken for one.
const SHORTEST_REASON: usize = 8;

/// Carries a call through. Returns only when the command does not run.
pub fn intercept(call: &Call, world: &World, choice: ColourChoice) -> Result<Exit> {
    if is_guarded(call.tool.as_bytes())
        && shim::is_decided(call.tool, |name| world.var(name).map(OsStrExt::as_bytes))
    {
        return Err(pass(call, world));
    }
    let words = match read_words(call, world) {
        Ok(words) => words,
        // Preferences nobody can read: kubectl refuses them as well, so a read fails in its own words.
        Err(fail) => return if is_read(call) { Err(pass(call, world)) } else { Err(fail) },
    };
    if words.only_read(call) {
        return Err(pass(call, world));
    }
    super::enough_files()?;
    let host = is_guarded(call.tool.as_bytes());
    if host
        && (judge::host::is_powerless(call, world) || judge::housekeeping::is_housekeeping(call.tool, world))
    {
        return Err(pass(call, world));
    }
    let policy = match policy::load(world) {
        Ok(policy) => policy,
        // A machine has to be able to get its updates, and what mends the policy's file, whatever is the matter with it.
        Err(_) if judge::host::takes_nothing(call, &words, world) => return Err(pass(call, world)),
        Err(fail) => return Err(refuse_for_policy(fail, call)),
    };
    let interactive = Terminal::available().is_ok();
    let how = How { probe: true, interactive, progress: true };
    let judged = judge(call, words, policy, world, how)?;
    let ending = answer(&judged, call, world, choice)?;
    run(judged, call, world, choice, &ending)
}

/// Whether the words alone, preferences aside, only read.
fn is_read(call: &Call) -> bool {
    let verdict = crate::engine::classify::classify(call.tool.as_bytes(), &call.words());
    verdict.completion || verdict.effect == Effect::Read
}

/// Becomes the real tool without a word.
fn pass(call: &Call, world: &World) -> Fail {
    // A broken policy never stops a read; it may name the tool's place, though.
    let terms = policy::load(world).unwrap_or_default().terms();
    match judge::real_tool(call.tool, &terms, world) {
        Ok(tool) => exec::exec(&tool, &call.argv, &as_typed(call, world)),
        Err(fail) => fail,
    }
}

/// Keeps the AWS CLI from letting the person compose another command than the one that was looked at.
fn as_typed(call: &Call, world: &World) -> EnvEdit {
    let mut edit = EnvEdit::default();
    if call.tool != "aws" {
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

/// Gets the go-ahead, or ends the call.
fn answer(judged: &Judged, call: &Call, world: &World, choice: ColourChoice) -> Result<Ending> {
    let shown = show::Shown::new(judged, call, world);
    match &judged.decision {
        Decision::Allow(allowed) => {
            show::allowed(&shown, allowed, world, choice);
            Ok(Ending { answer: Recorded::NotAsked, justification: None, prompting: Duration::ZERO })
        }
        Decision::Deny(denied) => {
            let mut because = vec![denied.reason.clone()];
            because.extend(origin::lines(denied, &judged.policy, judged.situation.now));
            let ending = Ending::refused(Recorded::NotAsked);
            record::refused(judged, call, world, &ending, &denied.reason);
            // Nothing is known that could be shown; why that is so can be put right.
            if let Some(fail) = judged.unresolved() {
                return Err(fail.because(format!("{} was not run: {}", call.tool, denied.reason)));
            }
            let nobody = matches!(denied.cause, Cause::Nobody(_));
            let hint = if nobody { hint(world, None) } else { Hint::None };
            Err(show::refusal(&shown, "refused by policy", &because, hint, true, world, choice))
        }
        Decision::Confirm(asked) => confirm(judged, asked, &shown, call, world, choice),
    }
}

fn confirm(
    judged: &Judged,
    asked: &Asked,
    shown: &show::Shown<'_>,
    call: &Call,
    world: &World,
    choice: ColourChoice,
) -> Result<Ending> {
    let refuse = |answer: Recorded, why: &str, hint: Hint<'_>, facts: bool| {
        record::refused(judged, call, world, &Ending::refused(answer), why);
        show::refusal(shown, "refused", &[why.to_owned()], hint, facts, world, choice)
    };
    if let Some(server) = &judged.impact.refused {
        let why = format!("the server would refuse it: {server}");
        return Err(refuse(Recorded::NotAsked, &why, Hint::None, true));
    }
    if show::must_know(judged) {
        let why = "policy demands that the live system is asked first, and it could not be";
        let mut fail = refuse(Recorded::NotAsked, why, Hint::None, true);
        fail.exit = Exit::Unavailable;
        return Err(fail);
    }
    let given = world.set_var(CONFIRM).map(OsStrExt::as_bytes);
    // Whoever can be asked is asked: a variable somebody once exported is no answer to this question.
    let person = judged.situation.interactive
        && judged.situation.actor == Actor::Human
        && !judged.terms.env_confirm_at_terminal;
    if given.is_some() && person {
        super::out::complain(&format!(
            "guard: {CONFIRM} is set, and does not answer where a person can be asked\n"
        ));
    } else if let Some(value) = given {
        if !asked.env_confirm {
            let why = if judged.situation.actor == Actor::Agent {
                "a coding agent cannot confirm it: only a person can".to_owned()
            } else {
                format!("policy forbids {CONFIRM}")
            };
            return Err(refuse(Recorded::NoTerminal, &why, hint(world, None), true));
        }
        if asked.justification {
            let why = "policy demands a written reason, which only a person at a terminal can give";
            return Err(refuse(Recorded::NoTerminal, why, hint(world, None), true));
        }
        if judged.challenge.accepts_variable(value, judged.assessment.effect) {
            show::confirmed_by_variable(shown, world, choice);
            return Ok(Ending { answer: Recorded::Variable, justification: None, prompting: Duration::ZERO });
        }
        let why = not_this_target(judged, value);
        return Err(refuse(Recorded::Mismatched, &why, hint(world, Some(&judged.challenge)), true));
    }
    if judged.situation.actor == Actor::Agent && !judged.policy.agents_terminal() {
        let why = "policy lets a coding agent answer no question on a terminal";
        return Err(refuse(Recorded::NoTerminal, why, hint(world, None), true));
    }
    if asked.show_diff {
        diff::show(judged, call, world)?;
    }
    let mut question = Question::new(&judged.challenge, asked.level);
    question.attempts = judged.terms.prompt_attempts;
    question.deadline = Duration::from_secs(u64::from(judged.terms.prompt_timeout_s));
    question.justification = asked.justification.then_some(SHORTEST_REASON);
    let started = Instant::now();
    let answer = Terminal::new(world, choice).ask(&shown.screen_to_ask(), &question);
    let prompting = started.elapsed();
    let why = match answer {
        Answer::Matched { justification } => {
            return Ok(Ending { answer: Recorded::Matched, justification, prompting });
        }
        Answer::Mismatched => {
            let challenge = &judged.challenge;
            let asked_for = format!("asked for was {}, {}", challenge.pattern(), challenge.stands(false));
            let why = "what was typed is not the name of the target";
            return Err(refuse(Recorded::Mismatched, why, Hint::Say(&asked_for), false));
        }
        Answer::Unexplained => (Recorded::Declined, "no reason was given"),
        Answer::Declined => (Recorded::Declined, "the answer was no"),
        Answer::TimedOut => (Recorded::TimedOut, "nobody answered in time"),
        Answer::NoTerminal(absent) => {
            let hint = hint(world, asked.env_confirm.then_some(&judged.challenge));
            return Err(refuse(Recorded::NoTerminal, absent.because(), hint, true));
        }
        Answer::Interrupted(signal) => {
            record::refused(judged, call, world, &Ending::refused(Recorded::Interrupted), "interrupted");
            prompt::signals::die_of(signal);
        }
    };
    Err(refuse(why.0, why.1, Hint::None, false))
}

/// The one thing to do where nobody could be asked; `variable` says what `GUARD_CONFIRM` would have to name, where it may
/// answer. Whoever might be an agent is sent to the person, and told of no variable.
fn hint<'a>(world: &World, variable: Option<&'a Challenge>) -> Hint<'a> {
    match (agency(world), variable) {
        (Agency::None, None) => Hint::Say("run it at a terminal"),
        // For an agent only where policy allows it.
        (Agency::None | Agency::Certain, Some(challenge)) => Hint::Confirm(challenge),
        _ => Hint::Say("ask the person to run it in a terminal of their own"),
    }
}

/// Why the variable does not answer. Whoever still gives the phrase of guard 0.1 is told the one that counts now.
fn not_this_target(judged: &Judged, value: &[u8]) -> String {
    let namespace = match &judged.resolved {
        Ok(Resolved::Kube(kube)) => kube.target.namespace.value.as_str(),
        Ok(Resolved::Aws(_) | Resolved::Host(_)) | Err(_) => "",
    };
    let formerly = judged.challenge.was_formerly(value, &judged.name, namespace);
    if formerly && judged.situation.actor != Actor::Agent {
        return format!(
            "{CONFIRM} has the phrase that guard 0.1 took; for this command it is now '{}'",
            judged.challenge.variable()
        );
    }
    format!("{CONFIRM} does not name this command's target")
}

/// All of it but the command: the go-ahead, the copy, the last look and the record. For what another program does when
/// guard agrees.
pub(super) fn consent(judged: &Judged, call: &Call, world: &World, choice: ColourChoice) -> Result<()> {
    let ending = answer(judged, call, world, choice)?;
    let copied = keeping::take(judged, call, world, choice);
    if let Some(fail) = &copied.refuse {
        record::refused(judged, call, world, &ending, &fail.what);
        return Err(fail.clone());
    }
    unmoved(judged, call, world, ending.prompting).inspect_err(|fail| {
        record::refused(judged, call, world, &ending, &fail.what);
    })?;
    record::exec(judged, call, world, &ending, &copied, choice)
}

/// Checks once more that nothing moved, writes the record, and becomes the tool.
fn run(
    mut judged: Judged,
    call: &Call,
    world: &World,
    choice: ColourChoice,
    ending: &Ending,
) -> Result<Exit> {
    // Before the last look at the target: the copy may take a moment.
    let copied = keeping::take(&judged, call, world, choice);
    if let Some(fail) = &copied.refuse {
        record::refused(&judged, call, world, ending, &fail.what);
        return Err(fail.clone());
    }
    let mut edit = EnvEdit::default();
    let mut held = Vec::new();
    unmoved(&judged, call, world, ending.prompting).inspect_err(|fail| {
        // The go-ahead is on record together with why nothing ran all the same.
        record::refused(&judged, call, world, ending, &fail.what);
    })?;
    if let Some(before) = judged.resolved.as_ref().ok().and_then(Resolved::kube) {
        let words = judged.words.slices();
        let parsed = parse(table_of(call)?, &words);
        // A plugin may be the one that switches contexts, and `config` writes the files: those need the files themselves.
        let reads_only = parsed.command.is_some() && !situation::is_local_only(&parsed);
        if reads_only && !before.access.in_cluster && !before.access.writes_back {
            let raw = call.words();
            judged.inputs.pin_kubeconfig(&parse(table_of(call)?, &raw), &before.access.kubeconfig)?;
        }
        if reads_only {
            held.extend(pin_preferences(&mut judged, call, &mut edit)?);
        }
    }
    if let Ok(Resolved::Aws(before)) = &judged.resolved {
        for (name, value) in &before.access.freeze {
            edit.set(name, value);
        }
    }
    if call.tool == "service" {
        edit.set(host::ANSWERED, std::process::id().to_string());
    }
    if matches!(judged.decision, Decision::Allow(_)) {
        judged.inputs.release_files();
    }
    let argv = judge::aws::hand_over(&judged, judged.inputs.argv(&call.argv), &mut edit);
    judged.inputs.env(&mut edit);
    record::exec(&judged, call, world, ending, &copied, choice)?;
    for pin in &held {
        pin.inherit()?;
    }
    if let Some(plan) = judged.host.as_ref().and_then(|facts| facts.plan.as_ref()).filter(|p| p.removes()) {
        // For the package manager's own hook, which asks nobody about what was answered just now. Without it, it does.
        let _ = token::leave(plan, SystemTime::now());
    }
    judged.inputs.install()?;
    Err(exec::exec(&judged.tool, &argv, &edit))
}

/// Holds kubectl's preferences as they were read; where there were none, none that appear now are taken.
fn pin_preferences(judged: &mut Judged, call: &Call, edit: &mut EnvEdit) -> Result<Option<Pinned>> {
    let raw = call.words();
    let parsed = parse(table_of(call)?, &raw);
    let named = parsed.role(Role::Preferences).is_some();
    match &judged.words.kuberc {
        Some(kuberc) if named => judged.inputs.pin_preferences(&parsed, &kuberc.bytes).map(|()| None),
        Some(kuberc) => {
            let pinned = Pinned::of("the kuberc file", &kuberc.bytes)?;
            edit.set("KUBERC", pinned.shared_path());
            Ok(Some(pinned))
        }
        // kubectl refuses the flag together with the variable.
        None if named => Ok(None),
        None => {
            edit.set("KUBERC", "off");
            Ok(None)
        }
    }
}

/// Whether what was judged still is what would run.
fn unmoved(judged: &Judged, call: &Call, world: &World, prompting: Duration) -> Result<()> {
    match &judged.resolved {
        Ok(Resolved::Kube(before)) => still_the_same(judged, before, call, world)?,
        Ok(Resolved::Aws(before)) => judge::aws::still_the_same(judged, before, call, world)?,
        Ok(Resolved::Host(before)) => judge::host::still_the_same(judged, before, call, world, prompting)?,
        Err(_) => {}
    }
    judged.inputs.recheck()
}

/// Resolves the target again: another terminal may have switched contexts while the person was reading.
fn still_the_same(judged: &Judged, before: &ResolvedKube, call: &Call, world: &World) -> Result<()> {
    let words = read_words(call, world)?;
    let slices = words.slices();
    let parsed = parse(table_of(call)?, &slices);
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
