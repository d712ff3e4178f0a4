//! What a command does that runs inside a container, a pod or on another machine, from its words alone: `kubectl exec … --
//! CMD`, `docker exec`, `ssh`.
//!
//! A closed list of programs with harmless options only reads; programs and statements that delete data destroy; a shell, and
//! whatever nobody knows, disrupts. The shim and the reader of command lines ask the same function.

mod client;
pub mod sql;

use super::effect::Effect;
use super::kube::classify::{self, program_at};
use super::parse::parse;
use super::tool::{self, FamilyId};
use super::tools::kubectl;
use super::tools::programs::{DESTROYS, READS, Row, WRAPPERS, When};
use super::verdict::Verdict;
use super::{apt, aws, host};

/// How deep shells inside shells are followed.
const DEPTH: u8 = 3;
/// How many commands that only run another one are opened: each reads all words behind it.
const LAYERS: usize = 12;

const READS_ONLY: &str = "a program that only reads";
const DELETES: &str = "a program that deletes data";

/// Judges the words of a command, its program first. The effect is read, disrupt or destroy.
pub fn judge(words: &[&[u8]]) -> Verdict {
    judge_at(words, DEPTH)
}

fn judge_at(words: &[&[u8]], depth: u8) -> Verdict {
    let mut words = words;
    for _ in 0..LAYERS {
        let Some((program, rest)) = words.split_first() else { break };
        let name = program.rsplit(|b| *b == b'/').next().unwrap_or(program);
        if let Some(inner) = opened(name, rest) {
            words = inner;
            continue;
        }
        return match (tool::called(name).map(|tool| tool.family), name) {
            (Some(FamilyId::Kube), _) => match in_cluster(rest) {
                Ok(verdict) => verdict,
                Err(inner) => {
                    words = rest.get(inner..).unwrap_or_default();
                    continue;
                }
            },
            (Some(FamilyId::Aws), _) => bounded(aws::classify(rest)),
            (_, b"sh" | b"bash" | b"ash" | b"dash" | b"zsh" | b"ksh") => shell(rest, depth),
            (Some(FamilyId::Packages | FamilyId::Units) | None, _) => program_verdict(name, rest),
        };
    }
    Verdict::of(Effect::Disrupt)
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
    let verdict = bounded(classify::judge(&parsed, judge));
    if parsed.problem.is_some() && verdict.effect == Effect::Read {
        return Ok(Verdict::of(Effect::Disrupt));
    }
    Ok(verdict)
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

fn program_verdict(name: &[u8], words: &[&[u8]]) -> Verdict {
    if let Some(verdict) = client::judge(name, words) {
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
    match apt::classify(name, words).or_else(|| host::classify(name, words)) {
        Some(verdict) => bounded(verdict),
        None => Verdict::of(Effect::Disrupt),
    }
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

/// A shell: what deletes data in its line destroys; whatever else is in there disrupts.
fn shell(words: &[&[u8]], depth: u8) -> Verdict {
    let is_line = |w: &&[u8]| w.first() == Some(&b'-') && w.get(1) != Some(&b'-') && w.contains(&b'c');
    let Some(at) = words.iter().position(is_line) else { return Verdict::of(Effect::Disrupt) };
    let mut behind = words.get(at + 1..).unwrap_or_default().iter();
    // `-c -e LINE`, `-ec LINE`
    let line = behind.find(|w| w.first() != Some(&b'-')).copied().unwrap_or_default();
    let mut verdict = Verdict::of(Effect::Disrupt);
    if depth == 0 {
        return verdict;
    }
    commands(line, &mut |words| {
        if verdict.effect < Effect::Destroy {
            let slices: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
            let inner = judge_at(&slices, depth - 1);
            if inner.effect == Effect::Destroy {
                verdict = inner;
            }
        }
    });
    verdict
}

/// Cuts a shell's line into commands, roughly: what is found can only raise the effect.
fn commands(line: &[u8], each: &mut impl FnMut(&[Vec<u8>])) {
    let (mut words, mut word, mut begun, mut quote) = (Vec::new(), Vec::new(), false, 0u8);
    let mut bytes = line.iter().copied().peekable();
    let mut end = |words: &mut Vec<Vec<u8>>| {
        let begins = words.iter().position(|w: &Vec<u8>| {
            !matches!(
                w.as_slice(),
                b"if" | b"then" | b"else" | b"do" | b"while" | b"until" | b"!" | b"{" | b"time"
            ) && !w.iter().position(|b| *b == b'=').is_some_and(|at| {
                at > 0 && w.iter().take(at).all(|b| b.is_ascii_alphanumeric() || *b == b'_')
            })
        });
        if let Some(command) = begins.and_then(|at| words.get(at..)) {
            each(command);
        }
        words.clear();
    };
    while let Some(b) = bytes.next() {
        match (quote, b) {
            (b'\'', b'\'') | (b'"', b'"') => quote = 0,
            (b'\'', b) => word.push(b),
            (_, b'\\') => word.extend(bytes.next()),
            // What is substituted is a command of its own.
            (_, b'`') => end_command(&mut words, &mut word, &mut begun, &mut end),
            (_, b'$') if bytes.peek() == Some(&b'(') => {
                bytes.next();
                end_command(&mut words, &mut word, &mut begun, &mut end);
            }
            (b'"', b) => word.push(b),
            (_, b'\'' | b'"') => {
                quote = b;
                begun = true;
            }
            (_, b';' | b'|' | b'&' | b'\n' | b'(' | b')') => {
                end_command(&mut words, &mut word, &mut begun, &mut end);
            }
            (_, b) if b.is_ascii_whitespace() => {
                if begun || !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                    begun = false;
                }
            }
            (_, b) => word.push(b),
        }
    }
    end_command(&mut words, &mut word, &mut begun, &mut end);
}

fn end_command(
    words: &mut Vec<Vec<u8>>,
    word: &mut Vec<u8>,
    begun: &mut bool,
    end: &mut impl FnMut(&mut Vec<Vec<u8>>),
) {
    if *begun || !word.is_empty() {
        words.push(std::mem::take(word));
        *begun = false;
    }
    end(words);
}

#[cfg(test)]
#[cfg(feature = "cli")]
mod tests;
