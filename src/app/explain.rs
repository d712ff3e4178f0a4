//! `guard explain`: every stage of the decision, and where each value comes from.

use super::check::named_call;
use super::show;
use crate::engine::classify::redact;
use crate::engine::decide::Decision;
use crate::engine::effect::Effect;
use crate::engine::escape::escape;
use crate::engine::human::counted;
use crate::engine::target::{Part, Value};
use crate::exit::Exit;
use crate::fail::Result;
use crate::family;
use crate::family::call::Options;
use crate::family::cx::Cx;
use crate::family::judge::Evaluation;
use crate::family::reading::Reading;
use crate::policy;
use crate::ui::{ColourChoice, CommandLine, Look, backup, stderr};
use crate::world::World;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io::Write as _;

/// Show every stage of the decision about a command, and where each value comes from
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  guard explain kubectl delete ns shop
  guard explain --offline kubectl -n shop delete pod web-0")]
pub struct Args {
    /// Do not ask the live system; what it would have said counts as unknown
    #[arg(long)]
    pub offline: bool,
    /// The command; what stands behind its name is its own
    #[arg(trailing_var_arg = true, required = true, value_name = "CMD")]
    pub command: Vec<OsString>,
}

/// Runs the subcommand.
pub fn run(args: &Args, world: &World, choice: ColourChoice) -> Result<Exit> {
    let call = named_call(&args.command)?;
    let reading = family::read(&call, world)?;
    let invocation = reading.invocation();
    let read = invocation.verdict.completion || invocation.verdict.effect == Effect::Read;
    let policy = policy::load(world)?;
    let options = Options {
        probe: !args.offline && !read,
        interactive: true,
        progress: true,
        recalls: false,
        runs: false,
    };
    let (raw, words) = (call.words(), invocation.slices());
    let judged = reading.judge(Cx::new(&call, &raw, &words, world, &policy, options))?;
    let mut out = String::new();
    write_words(&mut out, &judged, &*reading);
    write_target(&mut out, &judged);
    write_policy(&mut out, &judged);
    write_facts(&mut out, &judged);
    write_decision(&mut out, &judged);
    let shown = show::Shown::new(&judged);
    let look = Look { width: 80, ..stderr::look(world, choice) };
    let _ = writeln!(out, "\nscreen\n{}", shown.screen().facts(look).trim_end());
    let _ = std::io::stdout().write_all(out.as_bytes());
    Ok(Exit::Ok)
}

/// One line: a label, a value, its source.
fn line(out: &mut String, label: &str, value: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(out, "  {label:<12} {}", escape(value.as_bytes()));
}

/// Notes about a target: of a list of files that are missing, the first ones.
fn notes(out: &mut String, notes: &[String]) {
    const SHOWN: usize = 32;
    for note in notes.iter().take(SHOWN) {
        line(out, "note", note);
    }
    if let more @ 1.. = notes.len().saturating_sub(SHOWN) {
        line(out, "note", &format!("and {}", counted(more as u64, "more note")));
    }
}

fn write_words(out: &mut String, judged: &Evaluation<'_>, reading: &dyn Reading) {
    let _ = writeln!(out, "words");
    let (cx, invocation) = (judged.cx, judged.invocation);
    if let Some(file) = &invocation.preferences {
        let does = invocation.rewritten.join(", ");
        let does = if does.is_empty() { "changes nothing here" } else { &does };
        line(out, "preferences", &format!("{}: {does}", file.display()));
        line(out, "read as", &CommandLine::of(redact(cx.call.tool, cx.words)).to_string());
    }
    for (label, text) in reading.details() {
        line(out, label, &text);
    }
    line(out, "effect", judged.verdict.effect.word());
    for why in &judged.verdict.because {
        line(out, "", why);
    }
    line(out, "real tool", &judged.tool.display().to_string());
}

fn write_target(out: &mut String, judged: &Evaluation<'_>) {
    let _ = writeln!(out, "\ntarget");
    let target = match &judged.target {
        Ok(target) => target,
        Err(why) => return line(out, "unknown", &why.what),
    };
    for part in &target.parts {
        write_part(out, part);
    }
    notes(out, &target.notes);
    if let Some(moving) = &judged.moving {
        let unknown = "where this terminal has been cannot be told";
        line(out, "moved", &moving.sentence().unwrap_or_else(|| unknown.to_owned()));
    }
    if show::tells_phrase(judged) {
        let challenge = &judged.outcome.challenge;
        line(out, "phrase", &format!("{} ({})", challenge.variable(), challenge.kind));
    }
}

fn write_part(out: &mut String, part: &Part) {
    let Some(label) = part.label else { return };
    match &part.value {
        Value::None | Value::Flag(_) => {}
        Value::Nothing(word) => line(out, label, word),
        Value::Text(text) => line(out, label, text),
        Value::Said { value, from } => line(out, label, &format!("{value} from {from}")),
        Value::Live { value, says, .. } => line(out, label, &format!("{value}{says}")),
        Value::Unknown(why) => line(out, label, &format!("not known: {why}")),
        Value::List(texts) => texts.iter().for_each(|text| line(out, label, text)),
    }
}

fn write_policy(out: &mut String, judged: &Evaluation<'_>) {
    let _ = writeln!(out, "\npolicy");
    if judged.cx.policy.is_empty() {
        line(out, "files", "none: the built-in table");
    }
    for layer in judged.cx.policy.layers() {
        line(out, layer.layer.word(), &layer.file);
    }
    line(
        out,
        "environment",
        &format!("{} ({})", judged.outcome.place.environment, judged.outcome.place.because),
    );
    if let Some(name) = &judged.outcome.place.name {
        line(out, "name", name);
    }
}

fn write_facts(out: &mut String, judged: &Evaluation<'_>) {
    let impact = &judged.impact;
    let _ = writeln!(out, "\nfacts (asked in {} ms)", judged.probing.as_millis());
    line(out, "objects hit", &impact.subjects_total.to_string());
    for group in &impact.groups {
        let more = if group.more { "more than " } else { "" };
        line(out, "goes", &format!("{more}{} {}", group.count, group.kind));
    }
    for data in &impact.data {
        let because = if data.because.is_empty() { String::new() } else { format!(" ({})", data.because) };
        line(out, "data", &format!("{}: {}{because}", data.what, data.fate.word()));
    }
    for text in backup::lines(&impact.backups) {
        line(out, "backup", &text);
    }
    for source in &impact.backups.sources {
        line(out, "asked for it", &backup::source(source));
    }
    if let Some(row) = backup::definitions(&impact.definitions, impact.definable()) {
        row.items.iter().for_each(|item| line(out, "definition", &item.text()));
    }
    for also in &impact.also {
        line(out, "also", also);
    }
    for protection in &impact.protections {
        line(out, "protection", &format!("{}: {}", protection.what, protection.effect));
    }
    for gap in &impact.gaps {
        line(out, "unchecked", &format!("{}: {}", gap.what, gap.why));
    }
    if let Some(refused) = &impact.refused {
        line(out, "server says", refused);
    }
    for c in &impact.consequences {
        let how = if c.raises { "raises to" } else { "lowers to" };
        line(out, how, &format!("{}: {}", c.effect, c.because));
    }
    line(
        out,
        "effect",
        &format!(
            "{} by words, {} with the facts",
            judged.outcome.assessment.words, judged.outcome.assessment.effect
        ),
    );
}

fn write_decision(out: &mut String, judged: &Evaluation<'_>) {
    let _ = writeln!(out, "\ndecision");
    let (word, reason) = match &judged.outcome.decision {
        Decision::Allow(a) if a.notice => ("allow, with one line".to_owned(), None),
        Decision::Allow(_) => ("allow".to_owned(), None),
        Decision::Confirm(a) => (format!("confirm, {}", a.level.told()), None),
        Decision::Deny(d) => ("deny".to_owned(), Some(d.reason.as_str())),
    };
    line(out, "outcome", &word);
    if let Some(reason) = reason {
        line(out, "reason", reason);
    }
    for rule in judged.outcome.decision.rules() {
        line(out, "rule", rule);
    }
    for down in judged.outcome.decision.stood_down() {
        line(out, "stood down", down);
    }
}
