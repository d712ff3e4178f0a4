//! The effect of one kubectl command, from its words alone.

mod plugins;
mod redact;
mod rules;

use crate::engine::effect::Effect;
use crate::engine::grammar::cobra::{Parsed, Problem, Reading, go_bool, parse, parse_as};
use crate::engine::grammar::table::{Carries, Command, Role, Table};
use crate::engine::kube::{keys, whereto};
use crate::engine::verdict::Verdict;

pub use redact::redact;
pub use rules::Filed;

/// Judges a command that runs inside a container, its program first: any tool's, so this file cannot know how.
pub type Inside = fn(&[&[u8]]) -> Verdict;

/// With more unknown flags than this, not every combination of readings is tried.
const TRIED_FLAGS: usize = 4;

/// Judges the words after the name of a tool from the tables.
pub fn classify_words(tool: &'static Table, words: &[&[u8]], inside: Inside) -> Verdict {
    if is_completion(words) {
        return Verdict { completion: true, ..Verdict::of(Effect::Read) };
    }
    let parsed = parse(tool, words);
    let verdict = classify_parsed(&parsed, inside);
    let verdict = match parsed.problem {
        None | Some(Problem::MissingValue(_) | Problem::BadValue(_)) => verdict,
        Some(Problem::UnknownFlag(_) | Problem::UnknownCommand(_)) => {
            worst_reading(tool, words, (&parsed, verdict), inside)
        }
    };
    Verdict { goes: whereto::goes(&parsed, verdict.effect), ..verdict }
}

/// The entry points of shell completion: they pass untouched (cobra's `__complete` and `__completeNoDesc`).
pub fn is_completion(words: &[&[u8]]) -> bool {
    matches!(words.first(), Some(&(b"__complete" | b"__completeNoDesc")))
}

/// A flag of a newer tool may take a value or none: every combination is tried and the worst kept.
fn worst_reading(
    tool: &'static Table,
    words: &[&[u8]],
    (parsed, first): (&Parsed<'_>, Verdict),
    inside: Inside,
) -> Verdict {
    let mut worst = first;
    if parsed.command.is_none() {
        // kubectl refuses flags before a plugin's name, so that the only other reading is a command behind them.
        let loose = parse_as(tool, words, Reading::Loose);
        if loose.command.is_some() && !parsed.given.is_empty() {
            worst = classify_parsed(&loose, inside);
        }
    }
    let mut unknown: Vec<usize> = parsed.unknown_flags().collect();
    unknown.dedup();
    let many = unknown.len() > TRIED_FLAGS;
    if many {
        worst.raise(Effect::Unknown, "more unknown flags than can be told apart");
        worst = worst.or_worse(classify_parsed(&parse_as(tool, words, Reading::Eat(&unknown)), inside));
        unknown.clear();
    }
    let mut eat = Vec::with_capacity(unknown.len());
    for mask in 0..1_usize << unknown.len() {
        eat.clear();
        eat.extend(unknown.iter().enumerate().filter(|(bit, _)| mask >> bit & 1 == 1).map(|(_, at)| *at));
        let reading = parse_as(tool, words, Reading::Eat(&eat));
        if reading.command.is_some() {
            worst = worst.or_worse(classify_parsed(&reading, inside));
        }
    }
    worst
}

/// Judges one reading.
pub fn classify_parsed(parsed: &Parsed<'_>, inside: Inside) -> Verdict {
    classify_filed(parsed, Filed::default(), inside)
}

/// The same when the command's files have been read.
pub fn classify_filed(parsed: &Parsed<'_>, filed: Filed<'_>, inside: Inside) -> Verdict {
    let Some(command) = parsed.command else {
        return match parsed.problem {
            // kubectl refuses flags before a plugin's name.
            Some(Problem::UnknownCommand(0)) => plugins::judge(parsed.words, inside),
            Some(Problem::UnknownCommand(_)) => {
                Verdict::why(Effect::Unknown, "no command of this tool: a plugin or an alias would run")
            }
            // The tool alone prints its help.
            _ => Verdict::of(Effect::Read),
        };
    };
    if command.effect == Effect::Read && command.rules.is_empty() {
        return Verdict { completion: command.path.starts_with("__"), ..Verdict::of(Effect::Read) };
    }
    if let Some(because) = harmless(parsed, command) {
        return Verdict::why(Effect::Read, because);
    }
    let mut verdict = Verdict::of(command.effect);
    for rule in command.rules {
        if rules::holds(rule.when, parsed, filed) {
            verdict.raise(rule.effect, rule.because);
        }
    }
    // What kinds the files hold only the full guard reads.
    verdict.content |= parsed.role(Role::Filename).is_some()
        && command.rules.iter().any(|rule| rules::looks_at_kinds(rule.when) && rule.effect > verdict.effect);
    match command.carries {
        Carries::Nothing => {}
        Carries::Manifest | Carries::Edit => verdict.content = true,
        Carries::Patch => patch(parsed, &mut verdict),
        Carries::Keys => keys::judge(parsed, &mut verdict),
        Carries::Program => program(parsed, &mut verdict, inside),
    }
    verdict
}

/// `kubectl exec POD -- CMD` does what the command does; a shell, and what nobody knows, disrupts.
fn program(parsed: &Parsed<'_>, verdict: &mut Verdict, inside: Inside) {
    // Words kubectl itself would refuse, or read in another way, are not looked into for what would make them milder.
    let Some(words) = program_at(parsed).and_then(|at| parsed.words.get(at..)) else { return };
    let judged = inside(words);
    let reads = judged.effect == Effect::Read && parsed.problem.is_none() && parsed.dash.is_some();
    if reads || judged.effect > verdict.effect {
        *verdict = judged;
    }
}

/// Where the program stands among the words of `kubectl exec`.
pub fn program_at(parsed: &Parsed<'_>) -> Option<usize> {
    let from = match parsed.dash {
        Some(dash) => dash,
        None if parsed.all("filename").next().is_some() => return None,
        None => 1,
    };
    parsed.args.get(from).map(|(at, _)| *at)
}

/// Why the tool carries nothing out, when it does not.
fn harmless(parsed: &Parsed<'_>, command: &Command) -> Option<&'static str> {
    if parsed.on("help") {
        return Some("only prints help");
    }
    // `RunDelete`, `RunCreate` and `RunReplace` take the raw branch before they look at the dry run.
    if parsed.last("raw").is_some_and(|path| !path.is_empty()) {
        return None;
    }
    if parsed.role(Role::DryRun).is_some_and(|given| dry_run(given.value)) {
        return Some("a dry run");
    }
    if command.passive.iter().any(|switch| parsed.on(switch)) {
        return Some("changes nothing on the server");
    }
    None
}

/// Said of a deletion of namespaces without a name.
pub const NAMESPACES_UNBOUND: &str = "kubectl refuses this: no name is given. -n does not bound namespaces: with --all every one of the cluster goes";
const UNNAMED: &str = "kubectl refuses this: no name, no selector and no --all is given";

/// Why kubectl itself refuses a deletion, whatever is in the cluster (`visitByResource` in `pkg/resource/builder.go`): kinds
/// without a name. A flag that is not known may take the name away or bring one, and a word that is no kind may stand for
/// anything.
pub fn refused_by_kubectl(parsed: &Parsed<'_>) -> Option<&'static str> {
    let chooses = ["filename", "kustomize", "raw", "selector", "field-selector", "all"];
    if parsed.path() != "delete"
        || matches!(parsed.problem, Some(Problem::UnknownFlag(_)))
        || chooses.iter().any(|flag| parsed.all(flag).next().is_some())
    {
        return None;
    }
    let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b',' | b'-');
    match parsed.args.as_slice() {
        [] => Some(UNNAMED),
        [(_, kinds)] if kinds.iter().all(plain) => {
            let namespaces = |kind: &[u8]| matches!(kind, b"ns" | b"namespace" | b"namespaces");
            Some(if kinds.split(|b| *b == b',').any(namespaces) { NAMESPACES_UNBOUND } else { UNNAMED })
        }
        _ => None,
    }
}

/// Whether this value of `--dry-run` keeps kubectl from acting (`GetDryRunStrategy` in `pkg/cmd/util/helpers.go`).
/// Values it refuses count as acting.
pub fn dry_run(value: &[u8]) -> bool {
    matches!(value, b"client" | b"server" | b"unchanged") || go_bool(value) == Some(true)
}

#[cfg(not(feature = "cli"))]
fn patch(_: &Parsed<'_>, verdict: &mut Verdict) {
    verdict.content = true;
}

#[cfg(feature = "cli")]
fn patch(parsed: &Parsed<'_>, verdict: &mut Verdict) {
    use crate::engine::kube::content::{PatchKind, classify_patch_of};
    verdict.content = true;
    let kind = PatchKind::from_flag(parsed.last("type"));
    if parsed.last("subresource") == Some(b"scale") {
        verdict.raise(Effect::Disrupt, "changes the number of pods");
    }
    if let Some(text) = parsed.last("patch").filter(|text| !text.is_empty()) {
        let judged = classify_patch_of(kind, hit(parsed), text);
        verdict.content = judged.unread;
        verdict.effect = verdict.effect.max(judged.effect);
        verdict.because.extend(judged.because);
    }
}

/// The kind a patch goes to, as far as the words name it.
#[cfg(feature = "cli")]
fn hit(parsed: &Parsed<'_>) -> crate::engine::kube::content::Hit {
    use crate::engine::kube::content::Hit;
    let Some((_, first)) = parsed.args.first() else { return Hit::Unknown };
    let kind = first.split(|b| matches!(b, b'/' | b'.')).next().unwrap_or(first);
    match kind.to_ascii_lowercase().as_slice() {
        b"svc" | b"service" | b"services" => Hit::Service,
        b"rc" | b"replicationcontroller" | b"replicationcontrollers" => Hit::Service,
        b"po" | b"pod" | b"pods" | b"rs" | b"replicaset" | b"replicasets" => Hit::Selected,
        _ => Hit::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::kube::kubectl;

    #[test]
    fn a_deletion_without_a_name_is_kubectls_to_refuse() {
        for (line, want) in [
            ("delete namespace -n shop", Some(NAMESPACES_UNBOUND)),
            ("delete ns", Some(NAMESPACES_UNBOUND)),
            ("delete pods,namespaces", Some(NAMESPACES_UNBOUND)),
            ("delete pods,services -n shop", Some(UNNAMED)),
            ("delete pods -A", Some(UNNAMED)),
            ("delete", Some(UNNAMED)),
            ("delete ns --all", None),
            ("delete ns --all=false", None),
            ("delete ns -l a=b", None),
            ("delete pods --field-selector=a=b", None),
            ("delete ns shop", None),
            ("delete ns/shop", None),
            ("delete ns $N", None),
            ("delete $N", None),
            ("delete {}", None),
            ("delete -f x.yaml", None),
            ("delete -k .", None),
            ("delete --raw=/api/v1/namespaces/x", None),
            ("delete ns --frobnicate shop", None),
            ("delete ns --frobnicate", None),
            ("get ns", None),
        ] {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            assert_eq!(refused_by_kubectl(&parse(&kubectl::TABLE, &words)), want, "{line}");
        }
    }
}
