//! What a command does that runs inside a container, a pod or on another machine, from its words alone: `kubectl exec … --
//! CMD`, `docker exec`, `ssh`.
//!
//! A closed list of programs with harmless options only reads; programs and statements that delete data destroy; a shell does
//! what the commands of its line do; whatever nobody knows disrupts. The shim and the reader of command lines ask the same function.

mod client;
pub mod programs;
mod shell;
pub mod sql;
// Not in the shim, whose size is bounded: what it does not see as a read the full guard does, and passes.
#[cfg(any(feature = "cli", test))]
mod text;

use super::aws;
use super::docker;
use super::docker::tables::Cli;
use super::docker::words::Words;
use super::effect::Effect;
use super::kube::classify::{self, program_at};
use super::tool::{self, FamilyId};
use super::verdict::Verdict;
use crate::engine::grammar::cobra::parse;
use crate::engine::inner::programs::{DESTROYS, READS, Row, WRAPPERS, When};
use crate::engine::kube::kubectl;
use crate::engine::{packages, units};

/// How deep shells inside shells are followed.
const DEPTH: u8 = 3;
/// How many commands that only run another one are opened: each reads all words behind it.
const LAYERS: usize = 12;

const READS_ONLY: &str = "a program that only reads";
const DELETES: &str = "a program that deletes data";

/// Judges the words of a command, its program first. The effect is read, disrupt or destroy.
pub fn classify(words: &[&[u8]]) -> Verdict {
    classify_at(words, DEPTH, false, None)
}

/// The same where it is known what the command reads.
pub fn classify_reading(words: &[&[u8]], input: &[u8]) -> Verdict {
    classify_at(words, DEPTH, false, Some(input))
}

/// The same inside the line of a shell: `depth` is how many further shells may be opened, `loose` that some of the words may
/// be more options, `input` what the command reads from.
fn classify_at(words: &[&[u8]], depth: u8, loose: bool, input: Option<&[u8]>) -> Verdict {
    let (mut words, mut loose) = (words, loose);
    for _ in 0..LAYERS {
        let Some((program, rest)) = words.split_first() else { break };
        let name = program.rsplit(|b| *b == b'/').next().unwrap_or(program);
        if let Some(line) = line_of_user(name, rest) {
            return depth
                .checked_sub(1)
                .map_or(Verdict::of(Effect::Disrupt), |depth| shell::line(line, depth));
        }
        if name == b"command" && rest.first().is_some_and(|w| matches!(*w, b"-v" | b"-V")) {
            return Verdict::why(Effect::Read, READS_ONLY);
        }
        if let Some(inner) = opened(name, rest) {
            // What xargs reads stands behind the words.
            loose |= name == b"xargs";
            words = inner;
            continue;
        }
        let verdict = match (tool::called_in_line(name).map(|tool| tool.family), name) {
            (Some(FamilyId::Kube), _) => match in_cluster(rest) {
                Ok(verdict) => verdict,
                Err(inner) => {
                    words = rest.get(inner..).unwrap_or_default();
                    continue;
                }
            },
            (Some(FamilyId::Aws), _) => bounded(aws::classify(rest)),
            (Some(FamilyId::Docker), _) => match in_container(name, rest) {
                Ok(verdict) => verdict,
                Err(inner) => {
                    words = rest.get(inner..).unwrap_or_default();
                    continue;
                }
            },
            (_, b"sh" | b"bash" | b"ash" | b"dash" | b"zsh" | b"ksh") => shell::judge(rest, depth, input),
            (_, b"find") => find(rest, depth),
            (Some(FamilyId::Packages | FamilyId::Units | FamilyId::Files) | None, _) => {
                program_verdict(name, rest, input)
            }
        };
        return if loose && verdict.effect == Effect::Read && !reads_whatever_follows(name) {
            Verdict::of(Effect::Disrupt)
        } else {
            verdict
        };
    }
    Verdict::of(Effect::Disrupt)
}

/// `su - USER -c LINE`, `runuser -l USER -c LINE`: the line.
fn line_of_user<'a>(name: &[u8], words: &[&'a [u8]]) -> Option<&'a [u8]> {
    if !matches!(name, b"su" | b"runuser") {
        return None;
    }
    let is_line = |w: &&[u8]| {
        *w == b"--command" || matches!(**w, [b'-', letter, .., b'c'] if letter != b'-') || *w == b"-c"
    };
    let at = words.iter().position(is_line);
    let joined = || words.iter().find_map(|w| w.strip_prefix(b"--command="));
    at.and_then(|at| words.get(at + 1).copied()).or_else(joined)
}

/// Whether a program only reads whatever its words are.
fn reads_whatever_follows(name: &[u8]) -> bool {
    READS.iter().any(|(n, when, list)| *when == When::Without && list.bytes().is_empty() && n.is(name))
}

/// Inside a command only three effects count: what changes something there is handled like what stops something.
fn bounded(verdict: Verdict) -> Verdict {
    match verdict.effect {
        Effect::Read if !verdict.content => Verdict::why(Effect::Read, READS_ONLY),
        Effect::Destroy => verdict,
        _ => Verdict { effect: Effect::Disrupt, content: false, ..verdict },
    }
}

/// kubectl inside a pod. `Err` is where the command of a further `exec` begins.
fn in_cluster(words: &[&[u8]]) -> Result<Verdict, usize> {
    let parsed = parse(&kubectl::TABLE, words);
    if parsed.path() == "exec" {
        return match program_at(&parsed) {
            Some(at) => Err(at),
            None => Ok(Verdict::of(Effect::Disrupt)),
        };
    }
    let verdict = bounded(classify::classify_parsed(&parsed, classify));
    if parsed.problem.is_some() && verdict.effect == Effect::Read {
        return Ok(Verdict::of(Effect::Disrupt));
    }
    Ok(verdict)
}

/// docker in a container, or on another machine. `Err` is where the command of a further `exec` begins.
fn in_container(name: &[u8], words: &[&[u8]]) -> Result<Verdict, usize> {
    let Some(tool) = tool::called_in_line(name) else { return Ok(Verdict::of(Effect::Disrupt)) };
    let read = Words::read(Cli::of(tool), words, false);
    match docker::program_at(&read) {
        Some(at) if !read.strange => Err(at),
        _ => Ok(bounded(docker::classify(tool, words, unopened))),
    }
}

/// The same for what stands too deep to be opened once more.
fn unopened(words: &[&[u8]]) -> Verdict {
    let Some((program, rest)) = words.split_first() else { return Verdict::of(Effect::Disrupt) };
    program_verdict(program.rsplit(|b| *b == b'/').next().unwrap_or(program), rest, None)
}

/// The words behind a program that only runs another one; `None` for other programs.
fn opened<'w, 'a>(name: &[u8], words: &'w [&'a [u8]]) -> Option<&'w [&'a [u8]]> {
    let (_, operands, values) = WRAPPERS.iter().find(|(n, ..)| n.is(name))?;
    let mut at = 0;
    while let Some(word) = words.get(at).filter(|w| w.len() > 1 && w.first() == Some(&b'-')) {
        at += 1;
        if *word == b"--" {
            break;
        }
        // The last letter of a cluster takes the next word; a long option's value is joined, or it is taken for the program.
        let last = word.last().copied().unwrap_or_default();
        at += usize::from(word.get(1) != Some(&b'-') && values.bytes().contains(&last));
    }
    let is_assignment = |w: &&&[u8]| w.iter().position(|b| *b == b'=').is_some_and(|at| at > 0);
    if matches!(name, b"env" | b"sudo" | b"doas") {
        at += words.get(at..)?.iter().take_while(is_assignment).count();
    }
    at += usize::from(*operands);
    // Without a command `env` prints; the others are no wrappers then.
    words.get(at..).filter(|inner| !inner.is_empty())
}

fn program_verdict(name: &[u8], words: &[&[u8]], input: Option<&[u8]>) -> Verdict {
    if let Some(verdict) = client::judge(name, words, input) {
        return verdict;
    }
    let holds = |table: &[Row]| {
        table.iter().filter(|(n, ..)| n.is(name)).any(|(_, when, list)| holds(*when, list.bytes(), words))
    };
    if holds(DESTROYS) || name.starts_with(b"mkfs") {
        return Verdict::why(Effect::Destroy, DELETES);
    }
    if holds(READS) || (name == b"env" && words.is_empty()) {
        return Verdict::why(Effect::Read, READS_ONLY);
    }
    match packages::classify(name, words).or_else(|| units::classify(name, words)) {
        Some(verdict) => bounded(verdict),
        None => Verdict::of(Effect::Disrupt),
    }
}

/// `find`: what it starts for each file is a command whose last words are not known.
fn find(words: &[&[u8]], depth: u8) -> Verdict {
    if words.contains(&&b"-delete"[..]) {
        return Verdict::why(Effect::Destroy, DELETES);
    }
    let mut verdict = Verdict::why(Effect::Read, READS_ONLY);
    if words.iter().any(|w| w.starts_with(b"-fprint") || *w == b"-fls") {
        verdict = Verdict::of(Effect::Disrupt);
    }
    let mut rest = words;
    while let Some(at) = rest.iter().position(|w| matches!(*w, b"-exec" | b"-execdir" | b"-ok" | b"-okdir")) {
        rest = rest.get(at + 1..).unwrap_or_default();
        let end = rest.iter().position(|w| matches!(*w, b";" | b"+")).unwrap_or(rest.len());
        let inner = rest.get(..end).unwrap_or_default();
        let found = match depth.checked_sub(1) {
            Some(depth) => classify_at(inner, depth, false, None),
            None => Verdict::of(Effect::Disrupt),
        };
        if found.effect > verdict.effect {
            verdict = found;
        }
        rest = rest.get(end..).unwrap_or_default();
    }
    verdict
}

fn holds(when: When, list: &[u8], words: &[&[u8]]) -> bool {
    let mut listed = list.split(|b| *b == b' ').filter(|w| !w.is_empty());
    let is_operand = |w: &[u8]| w.first() != Some(&b'-') || w == b"-";
    match when {
        When::Only => !words.is_empty() && words.iter().all(|w| listed.clone().any(|l| l == *w)),
        When::Without => {
            let operands = words.iter().filter(|w| is_operand(w)).count();
            !listed.any(|l| match l {
                b"*" => operands > 0,
                b"2" => operands > 1,
                b"+" => words.iter().any(|w| is_operand(w) && w.first() != Some(&b'+')),
                option => words.iter().any(|w| is_given(option, w)),
            })
        }
        When::Verb => {
            let mut operands = words.iter().filter(|w| is_operand(w));
            let (Some(first), second) = (operands.next(), operands.next()) else { return false };
            listed.any(|l| match l.iter().position(|b| *b == b'/').map(|at| l.split_at(at)) {
                Some((one, two)) => *first == one && second.is_some_and(|s| Some(*s) == two.get(1..)),
                None => *first == l,
            })
        }
    }
}

/// Whether a word gives an option: a letter anywhere in a cluster, a long name or the beginning of one.
fn is_given(option: &[u8], word: &[u8]) -> bool {
    match (option, word) {
        ([b'-', b'-', ..], [b'-', b'-', _, ..]) => {
            let name = word.split(|b| *b == b'=').next().unwrap_or(word);
            name.starts_with(option) || option.starts_with(name)
        }
        ([b'-', letter], [b'-', rest @ ..]) => rest.first() != Some(&b'-') && rest.contains(letter),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
