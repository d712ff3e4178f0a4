//! `guard explain`: every stage of the decision, and where each value comes from.

use super::call::How;
use super::check::named_call;
use super::judge::aws::AwsWords;
use super::judge::{Judged, judge, read_words};
use super::show;
use crate::engine::aws;
use crate::engine::classify::redact;
use crate::engine::decide::Decision;
use crate::engine::effect::Effect;
use crate::engine::escape::escape;
use crate::engine::fact::{Known, Sourced};
use crate::engine::grammar::cobra::{Parsed, parse};
use crate::engine::human::counted;
use crate::engine::kube::kubectl::TABLE;
use crate::engine::target::{AwsTarget, HostTarget, KubeTarget, Target};
use crate::engine::tool::{FamilyId, Tool};
use crate::exit::Exit;
use crate::fail::Result;
use crate::policy;
use crate::ui::{ColourChoice, CommandLine, Look};
use crate::world::World;
use std::borrow::Cow;
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
    let words = read_words(&call, world)?;
    let read = words.verdict.completion || words.verdict.effect == Effect::Read;
    let policy = policy::load(world)?;
    let how = How { probe: !args.offline && !read, interactive: true, progress: true };
    let mut judged = judge(&call, words, policy, world, how)?;
    judged.copy.is_not_run();
    let mut out = String::new();
    write_words(&mut out, &judged, call.tool);
    write_target(&mut out, &judged);
    write_policy(&mut out, &judged);
    write_facts(&mut out, &judged);
    write_decision(&mut out, &judged);
    let shown = show::Shown::new(&judged, &call, world);
    let _ = writeln!(
        out,
        "\nscreen\n{}",
        shown.screen().facts(Look { width: 80, ..show::look(world, choice) }).trim_end()
    );
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

fn write_words(out: &mut String, judged: &Judged, tool: &Tool) {
    let _ = writeln!(out, "words");
    let slices = judged.words.slices();
    if let Some(file) = judged.words.preferences.as_ref() {
        let does = judged.words.rewritten.join(", ");
        let does = if does.is_empty() { "changes nothing here" } else { &does };
        line(out, "preferences", &format!("{}: {does}", file.display()));
        let read_as = CommandLine::of(redact(tool, &slices));
        line(out, "read as", &read_as.to_string());
    }
    if let Some(read) = judged.words.aws.as_deref() {
        write_hit(out, read, &aws::redact(&slices));
    } else if tool.family == FamilyId::Kube {
        write_parse(out, &parse(&TABLE, &slices));
    }
    line(out, "effect", judged.words.verdict.effect.word());
    for why in &judged.words.verdict.because {
        line(out, "", why);
    }
    line(out, "real tool", &judged.tool.display().to_string());
}

fn write_hit(out: &mut String, read: &AwsWords, shown: &[Cow<'_, [u8]>]) {
    let hit = &read.hit;
    if let Some(text) = &read.shell {
        line(out, "shell line", &aws::redact_text(text));
        return;
    }
    let verb = hit.verb();
    line(out, "command", if verb.is_empty() { "none" } else { &verb });
    for (name, value) in &hit.globals {
        line(
            out,
            "global",
            &value.as_ref().map_or(format!("--{name}"), |v| format!("--{name} = {}", aws::redact_text(v))),
        );
    }
    for (name, values) in &hit.options {
        let values: Vec<String> = values.iter().map(|value| aws::redact_option(&verb, name, value)).collect();
        let value = values.join(" ");
        line(
            out,
            "option",
            &if values.is_empty() { format!("--{name}") } else { format!("--{name} = {value}") },
        );
    }
    // What does not stand among the words as they may be shown is a secret, whichever list holds it.
    let is_shown =
        |text: &str| shown.iter().any(|word| word.windows(text.len().max(1)).any(|w| w == text.as_bytes()));
    for operand in &hit.operands {
        let text = if is_shown(operand) { aws::redact_text(operand) } else { "[redacted]".to_owned() };
        line(out, "argument", &text);
    }
    let given = |name: &str| hit.options.iter().any(|(_, values)| values.iter().any(|value| value == name));
    for name in hit.resources.iter().filter(|name| !given(name) || is_shown(name)) {
        line(out, "resource", name);
    }
    if hit.unread {
        line(out, "unread", "a document that guard cannot read");
    }
}

fn write_parse(out: &mut String, parsed: &Parsed<'_>) {
    line(out, "command", if parsed.path().is_empty() { "none of the built-in ones" } else { parsed.path() });
    for given in &parsed.given {
        let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
        let name = given
            .flag
            .map_or_else(|| format!("{} (not in the table)", text(given.name)), |f| format!("--{}", f.long));
        let secret = given.flag.is_some_and(|f| f.role == crate::engine::grammar::table::Role::Secret);
        let value = if secret { "***".to_owned() } else { text(given.value) };
        line(out, "flag", &format!("{name} = {value} (word {})", given.at + 1));
    }
    for (at, arg) in &parsed.args {
        line(out, "argument", &format!("{} (word {})", String::from_utf8_lossy(arg), at + 1));
    }
    if let Some(problem) = &parsed.problem {
        line(out, "problem", &format!("{problem:?}"));
    }
}

fn write_target(out: &mut String, judged: &Judged) {
    let _ = writeln!(out, "\ntarget");
    match &judged.resolved {
        Ok(resolved) => match resolved.target() {
            Target::Kube(target) => write_cluster(out, target),
            Target::Aws(target) => write_account(out, target),
            Target::Host(target) => write_host(out, target),
        },
        Err(why) => return line(out, "unknown", &why.what),
    }
    if show::tells_phrase(judged) {
        line(out, "phrase", &format!("{} ({})", judged.challenge.variable(), judged.challenge.kind));
    }
}

fn write_host(out: &mut String, target: &HostTarget) {
    match &target.name {
        Known::Known(name) => line(out, "host", &format!("{} from {}", name.value, name.from)),
        Known::Unknown(why) => line(out, "host", &format!("not known: {why}")),
    }
    let parts = [
        ("static name", &target.static_name),
        ("deployment", &target.deployment),
        ("called", &target.pretty),
        ("location", &target.location),
        ("instance", &target.instance),
        ("cloud", &target.cloud),
        ("root", &target.root),
        ("remote", &target.remote),
    ];
    for (label, part) in parts {
        if let Some(part) = part {
            line(out, label, &format!("{} from {}", part.value, part.from));
        }
    }
    for (label, text) in
        [("full name", &target.fqdn), ("address", &target.address), ("within", &target.within)]
    {
        if let Some(text) = text {
            line(out, label, text);
        }
    }
    for text in &target.origin {
        line(out, "origin", text);
    }
    notes(out, &target.notes);
}

fn write_account(out: &mut String, target: &AwsTarget) {
    let known = |known: &Known<String>| match known {
        Known::Known(value) if target.remembered => {
            format!("{value}, where the same key and profile led before")
        }
        Known::Known(value) => format!("{value} from sts get-caller-identity"),
        Known::Unknown(why) => format!("not known: {why}"),
    };
    line(out, "account", &known(&target.account));
    line(out, "principal", &known(&target.principal));
    for (label, name) in [("alias", &target.alias), ("organisation", &target.organisation_name)] {
        let text = match name {
            Known::Known(Some(name)) => name.clone(),
            Known::Known(None) => "none".to_owned(),
            Known::Unknown(why) => format!("not known: {why}"),
        };
        line(out, label, &text);
    }
    let parts = [
        ("profile", &target.profile),
        ("credentials", &target.credentials),
        ("suggests", &target.suggested_account),
        ("region", &target.region),
        ("endpoint", &target.endpoint),
    ];
    for (label, part) in parts {
        if let Some(part) = part {
            line(out, label, &format!("{} from {}", aws::redact_text(&part.value), part.from));
        }
    }
    if target.global_service {
        line(out, "", "the service has no regions");
    }
    for text in &target.elsewhere {
        line(out, "elsewhere", text);
    }
    notes(out, &target.notes);
}

fn write_cluster(out: &mut String, target: &KubeTarget) {
    let mut part = |label: &str, value: Option<&Sourced<String>>| {
        if let Some(v) = value {
            line(out, label, &format!("{} from {}", v.value, v.from));
        }
    };
    part("server", Some(&target.server));
    part("context", target.context.as_ref());
    part("cluster", target.cluster.as_ref());
    part("user", target.user.as_ref());
    part("acting as", target.acting_as.as_ref());
    part("namespace", Some(&target.namespace));
    line(out, "chosen by", &target.chosen_by.to_string());
    if let Some(ca) = &target.ca_sha256 {
        line(out, "ca sha256", ca);
    }
    match &target.uid {
        Known::Known(uid) => line(out, "uid", &format!("{uid} (kube-system)")),
        Known::Unknown(why) => line(out, "uid", &format!("not known: {why}")),
    }
    notes(out, &target.notes);
}

fn write_policy(out: &mut String, judged: &Judged) {
    let _ = writeln!(out, "\npolicy");
    if judged.policy.is_empty() {
        line(out, "files", "none: the built-in table");
    }
    for layer in judged.policy.layers() {
        line(out, layer.layer.word(), &layer.file);
    }
    line(out, "environment", &format!("{} ({})", judged.place.environment, judged.place.because));
    if let Some(name) = &judged.place.name {
        line(out, "name", name);
    }
}

fn write_facts(out: &mut String, judged: &Judged) {
    let impact = &judged.impact;
    let _ = writeln!(out, "\nfacts (asked in {} ms)", judged.probing.as_millis());
    line(out, "objects hit", &impact.subjects_total.to_string());
    for group in &impact.groups {
        let more = if group.more { "more than " } else { "" };
        line(out, "goes", &format!("{more}{} {}", group.count, group.kind));
    }
    for data in &impact.data {
        line(out, "data", &format!("{}: {:?} ({})", data.what, data.fate, data.because));
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
        &format!("{} by words, {} with the facts", judged.assessment.words, judged.assessment.effect),
    );
}

fn write_decision(out: &mut String, judged: &Judged) {
    let _ = writeln!(out, "\ndecision");
    let (word, reason) = match &judged.decision {
        Decision::Allow(a) if a.notice => ("allow, with one line".to_owned(), None),
        Decision::Allow(_) => ("allow".to_owned(), None),
        Decision::Confirm(a) => (format!("confirm ({:?})", a.level), None),
        Decision::Deny(d) => ("deny".to_owned(), Some(d.reason.as_str())),
    };
    line(out, "outcome", &word);
    if let Some(reason) = reason {
        line(out, "reason", reason);
    }
    for rule in judged.decision.rules() {
        line(out, "rule", rule);
    }
    for down in judged.decision.stood_down() {
        line(out, "stood down", down);
    }
}
