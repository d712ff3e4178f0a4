//! The effect of one command of the AWS CLI, and what it is about.

use super::documents::Documents;
use super::grammar::{Parsed, Problem, only_version, parse, versions_differ};
use super::hit::Hit;
use super::opts::{self, Opts};
use super::{names, table, whereto};
use crate::engine::aws::tables;
use crate::engine::effect::Effect;
use crate::engine::verdict::Verdict;

/// Judges the words after `aws`. [`Verdict::content`] says that a document has to be read first.
pub fn classify(words: &[&[u8]]) -> Verdict {
    classify_with(words, &Documents::none())
}

/// The same with the documents the words name.
///
/// Where the two major versions of the CLI read the words differently, the worse reading counts.
pub fn classify_with(words: &[&[u8]], documents: &Documents) -> Verdict {
    if let Some(major) = only_version(words) {
        return classify_reading(&parse(words, major), documents);
    }
    let verdict = classify_reading(&parse(words, 2), documents);
    if versions_differ(words) {
        verdict.or_worse(classify_reading(&parse(words, 1), documents))
    } else {
        verdict
    }
}

/// Whether the CLI would let the person compose another command (`--cli-auto-prompt`, `AWS_CLI_AUTO_PROMPT`), so that the
/// words are not what runs. `variable` is the environment's `AWS_CLI_AUTO_PROMPT`.
pub fn prompts(words: &[&[u8]], variable: Option<&[u8]>) -> bool {
    // The CLI looks for these two words anywhere, whatever stands around them (`resolve_auto_prompt_mode`).
    if words.contains(&b"--no-cli-auto-prompt".as_slice()) {
        return false;
    }
    if words.contains(&b"--cli-auto-prompt".as_slice()) {
        return true;
    }
    match variable {
        Some(value) if value.eq_ignore_ascii_case(b"on") => true,
        // Only where the CLI would otherwise refuse the words.
        Some(value) if value.eq_ignore_ascii_case(b"on-partial") => {
            let parsed = parse(words, 2);
            parsed.problem.is_some() || parsed.operation.is_empty()
        }
        _ => false,
    }
}

/// Judges one reading, and says whether it goes anywhere.
fn classify_reading(parsed: &Parsed<'_>, documents: &Documents) -> Verdict {
    let mut verdict = classify_parsed(parsed, documents);
    verdict.goes = whereto::goes(parsed, verdict.effect);
    verdict
}

/// Judges one reading.
fn classify_parsed(parsed: &Parsed<'_>, documents: &Documents) -> Verdict {
    if parsed.words.contains(&b"--cli-auto-prompt".as_slice())
        && !parsed.words.contains(&b"--no-cli-auto-prompt".as_slice())
    {
        return Verdict::why(Effect::Unknown, "lets the person compose another command");
    }
    let Some((_, service)) = parsed.service else {
        // The CLI prints its version or its usage.
        return Verdict::of(Effect::Read);
    };
    if service == b"help" {
        return Verdict::of(Effect::Read);
    }
    let operation: Vec<&[u8]> = parsed.operation.iter().map(|(_, word)| *word).collect();
    let (floor, because) = table::effect(service, &operation);
    let stripped = parsed.dashes.is_empty() && parsed.problem.is_none();
    if floor == Effect::Read && operation.last() != Some(&b"help".as_slice()) {
        return Verdict::of(Effect::Read);
    }
    if parsed.global_on("version") && stripped {
        return Verdict::why(Effect::Read, "only prints the version");
    }
    if !tables::is_service(service) {
        return Verdict::why(floor, because);
    }
    if parsed.help && stripped {
        return Verdict::why(Effect::Read, "only prints help");
    }
    let mut verdict = Verdict::why(floor, because);
    let opts = opts::resolve(parsed, documents);
    let command = parsed.command();
    if stripped && is_skeleton(parsed, &opts) {
        return Verdict::why(Effect::Read, "only prints a skeleton");
    }
    match dry_run(&command, &opts) {
        Some(true) if stripped => return Verdict::why(Effect::Read, "a dry run"),
        None => verdict.content = true,
        _ => {}
    }
    apply(&command, &opts, stripped, &mut verdict);
    // The names of what is hit may stand in the document.
    verdict.content |= opts.pending && verdict.effect > Effect::Read;
    verdict
}

#[cfg(feature = "cli")]
fn apply(command: &[u8], opts: &Opts, certain: bool, verdict: &mut Verdict) {
    super::conditions::apply(command, opts, certain, verdict);
}

/// The lean build only sees that arguments may matter; the full guard reads them.
#[cfg(not(feature = "cli"))]
fn apply(command: &[u8], opts: &Opts, _: bool, verdict: &mut Verdict) {
    if !verdict.content {
        verdict.content = tables::has_conditions(command) || super::lean::matter(opts);
    }
}

/// `--generate-cli-skeleton`: a prefix of it is either it or ambiguous, and then nothing runs.
fn is_skeleton(parsed: &Parsed<'_>, opts: &Opts) -> bool {
    const NAME: &str = "generate-cli-skeleton";
    let own = matches!(parsed.service, Some((_, b"s3" | b"configure" | b"deploy" | b"emr")));
    opts.list.iter().any(|opt| {
        let fits = opt.name == NAME
            || (!parsed.known && !own && opt.name.len() > 2 && NAME.starts_with(opt.name.as_str()));
        fits && (parsed.known || !own)
            && match opt.values.as_slice() {
                [] => true,
                [value] => matches!(value.as_str(), "input" | "output" | "yaml-input"),
                _ => false,
            }
    })
}

/// Whether the command only tries: the last of `--dry-run` and `--no-dry-run` counts, the command line before a
/// document. `None` when a document has to be read first.
fn dry_run(command: &[u8], opts: &Opts) -> Option<bool> {
    let (yes, no) = match command {
        b"s3 cp" | b"s3 mv" | b"s3 rm" | b"s3 sync" => ("dryrun", ""),
        _ if tables::has_dry_run(command) => ("dry-run", "no-dry-run"),
        _ => return Some(false),
    };
    // A prefix is either this option or ambiguous, and then nothing runs.
    let is = |name: &str, full: &str, shortest: usize| {
        !full.is_empty() && name.len() >= shortest && full.starts_with(name)
    };
    for opt in opts.list.iter().rev() {
        if is(&opt.name, no, 4) {
            return Some(false);
        }
        if is(&opt.name, yes, 2) {
            return Some(opt.values.is_empty());
        }
    }
    if opts.pending { None } else { Some(false) }
}

/// Takes one command apart. Where the two major versions read the words differently, the worse reading counts.
pub fn hit(words: &[&[u8]], documents: &Documents) -> Hit {
    let two = parse(words, 2);
    if let Some(major) = only_version(words) {
        return hit_of(&parse(words, major), documents);
    }
    if !versions_differ(words) {
        return hit_of(&two, documents);
    }
    let one = parse(words, 1);
    let refused = |parsed: &Parsed<'_>| {
        matches!(parsed.problem, Some(Problem::Ambiguous(_) | Problem::MissingValue(_)))
    };
    let worse = classify_parsed(&one, documents).effect > classify_parsed(&two, documents).effect;
    let first = if worse || (refused(&two) && !refused(&one)) { &one } else { &two };
    hit_of(first, documents)
}

fn hit_of(parsed: &Parsed<'_>, documents: &Documents) -> Hit {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let opts = opts::resolve(parsed, documents);
    let operation: Vec<String> = parsed.operation.iter().map(|(_, word)| text(word)).collect();
    let globals =
        parsed.globals.iter().map(|g| (text(g.name), g.values.first().map(|(_, value)| text(value))));
    let template =
        opts.list.iter().rfind(|opt| opt.name == "template-file").and_then(|opt| opt.values.first());
    let template = template
        .and_then(|path| documents.at(path))
        .map(|read| read.as_ref().map(|bytes| text(bytes)).map_err(Clone::clone));
    let mut hit = Hit {
        template,
        service: parsed.service.map(|(_, word)| text(word)).unwrap_or_default(),
        operation: operation.join(" "),
        globals: globals.collect(),
        unread: opts.unread || opts.pending || opts.list.iter().any(|opt| opt.unread || opt.pending),
        options: opts.list.into_iter().map(|opt| (opt.name, opt.values)).collect(),
        operands: parsed.operands.iter().map(|(_, word)| text(word)).collect(),
        resources: Vec::new(),
    };
    hit.resources = names::resources(&hit);
    hit
}
