//! Opening commands that run another one: their options and operands are stepped over, the inner words judged.

use super::super::LineVerdict;
use super::super::wrappers::{Inner, Wrapper};
use super::{Field, NOTHING, Scope, Simple, command, guarded_words, joined, judge, quoted, unguarded, worse};
use crate::engine::effect::Effect;

/// `guard run -- CMD` runs it; everything else of guard's own only looks.
pub(super) fn guard_itself(rest: &[Field], simple: &Simple, scope: &mut Scope, depth: usize) -> LineVerdict {
    match rest.split_first() {
        Some((sub, rest)) if sub.bytes == b"run" => {
            let at = rest.iter().position(|f| f.bytes == b"--").map_or(0, |at| at + 1);
            command(rest.get(at..).unwrap_or_default(), simple, scope, depth + 1)
        }
        _ => NOTHING,
    }
}

/// `find … -exec CMD … ;`
pub(super) fn executed_by_find(
    words: &[Field],
    simple: &Simple,
    scope: &mut Scope,
    depth: usize,
) -> LineVerdict {
    let mut verdict = NOTHING;
    let mut rest = words;
    while let Some(at) = rest.iter().position(|f| {
        matches!(f.bytes.as_slice(), b"-exec" | b"-execdir" | b"-ok" | b"-okdir" | b"-x" | b"-X")
    }) {
        rest = rest.get(at + 1..).unwrap_or_default();
        let end = rest.iter().position(|f| matches!(f.bytes.as_slice(), b";" | b"+")).unwrap_or(rest.len());
        verdict = worse(verdict, command(rest.get(..end).unwrap_or_default(), simple, scope, depth + 1));
        rest = rest.get(end..).unwrap_or_default();
    }
    if rest.iter().any(|f| f.bytes == b"-delete") {
        worse(verdict, unguarded(Effect::Unknown))
    } else {
        verdict
    }
}

/// Opens a wrapper: steps over its options and operands and judges what it runs.
pub(super) fn unwrap(
    w: &Wrapper,
    words: &[Field],
    simple: &Simple,
    scope: &mut Scope,
    depth: usize,
) -> LineVerdict {
    let mut at = 0;
    let mut line: Option<&[u8]> = None;
    while let Some(field) = words.get(at) {
        let bytes = field.bytes.as_slice();
        if bytes == b"--" {
            at += 1;
            break;
        }
        let option = bytes.len() > 1 && (bytes[0] == b'-' || (w.inner == Inner::Shell && bytes[0] == b'+'));
        if !option {
            break;
        }
        at += 1;
        if let Some(long) = bytes.strip_prefix(b"--") {
            if w.longs.iter().any(|l| l.as_bytes() == long) {
                at += 1;
            } else if w.name == "env" && long.starts_with(b"split-string") {
                let value = long.strip_prefix(b"split-string=").or(words.get(at).map(|f| f.bytes.as_slice()));
                return split_string(
                    value.unwrap_or_default(),
                    words.get(at..).unwrap_or_default(),
                    scope,
                    depth,
                );
            } else if long == b"command" && matches!(w.inner, Inner::Shell | Inner::DashC) {
                line = words.get(at).map(|f| f.bytes.as_slice());
                at += 1;
            } else if let Some(value) = long.strip_prefix(b"command=") {
                line = Some(value);
            }
            continue;
        }
        let letters = &bytes[1..];
        if w.name == "env" && letters.first() == Some(&b'S') {
            let (value, rest) = match letters.get(1..) {
                Some(value) if !value.is_empty() => (value, words.get(at..)),
                _ => (words.get(at).map(|f| f.bytes.as_slice()).unwrap_or_default(), words.get(at + 1..)),
            };
            return split_string(value, rest.unwrap_or_default(), scope, depth);
        }
        if w.name == "command" && letters.iter().any(|l| matches!(l, b'v' | b'V')) {
            return NOTHING;
        }
        for (i, letter) in letters.iter().enumerate() {
            let takes_line = *letter == b'c' && matches!(w.inner, Inner::Shell | Inner::DashC);
            if takes_line && w.inner == Inner::Shell {
                // The line is the first operand, whatever letters follow.
                line = Some(b"");
            } else if takes_line {
                line = match letters.get(i + 1..) {
                    Some(value) if !value.is_empty() => Some(value),
                    _ => {
                        at += 1;
                        words.get(at - 1).map(|f| f.bytes.as_slice())
                    }
                };
                break;
            } else if w.shorts.as_bytes().contains(letter) {
                if i + 1 == letters.len() {
                    at += 1;
                }
                break;
            }
        }
    }
    if w.inner == Inner::Shell {
        return shell(line.is_some(), words, at, simple, scope, depth);
    }
    if let Some(line) = line {
        return judge(line, scope, depth + 1);
    }
    if w.name == "su" {
        // `su - USER -c LINE`: operands may stand before the option.
        let rest = words.get(at..).unwrap_or_default();
        let line = rest.iter().position(|f| f.bytes == b"-c").and_then(|i| rest.get(i + 1));
        return line.map_or(unguarded(Effect::Unknown), |line| judge(&line.bytes, scope, depth + 1));
    }
    at += w.skip;
    if w.inner == Inner::DashC && words.get(at).is_some_and(|f| f.bytes == b"-c") {
        let line = words.get(at + 1).map(|f| f.bytes.as_slice()).unwrap_or_default();
        return judge(line, scope, depth + 1);
    }
    if w.assigns {
        let is_assignment = |f: &Field| f.bytes.iter().position(|&b| b == b'=').is_some_and(|i| i > 0);
        at += words.iter().skip(at).take_while(|f| is_assignment(f)).count();
    }
    let inner = words.get(at..).unwrap_or_default();
    match w.inner {
        Inner::Line if inner.is_empty() => unguarded(Effect::Unknown),
        Inner::Line => judge(&joined(inner), scope, depth + 1),
        Inner::Extended => extended(inner, simple, scope, depth),
        _ if inner.is_empty() && w.name == "sudo" => unguarded(Effect::Unknown),
        _ if w.name == "aws-vault" => worse(NOTHING, after_dashes(inner, simple, scope, depth)),
        _ => command(inner, simple, scope, depth + 1),
    }
}

/// `aws-vault exec PROFILE -- CMD`.
fn after_dashes(words: &[Field], simple: &Simple, scope: &mut Scope, depth: usize) -> LineVerdict {
    match words.iter().position(|f| f.bytes == b"--").and_then(|at| words.get(at + 1..)) {
        Some(inner) => command(inner, simple, scope, depth + 1),
        None => worse(unguarded(Effect::Unknown), guarded_words(words)),
    }
}

/// `env -S 'kubectl delete'` and further words.
fn split_string(value: &[u8], rest: &[Field], scope: &mut Scope, depth: usize) -> LineVerdict {
    let mut line = b"env ".to_vec();
    line.extend_from_slice(value);
    line.extend(rest.iter().flat_map(|f| quoted(&f.bytes)));
    judge(&line, scope, depth + 1)
}

/// `xargs CMD`: what is read from standard input is added at the end.
fn extended(inner: &[Field], simple: &Simple, scope: &mut Scope, depth: usize) -> LineVerdict {
    let mut words = inner.to_vec();
    match &simple.input {
        Some(text) => {
            let parts = text.split(u8::is_ascii_whitespace).filter(|p| !p.is_empty());
            words.extend(parts.map(|p| Field { bytes: p.to_vec(), unknown: false }));
        }
        None => words.push(Field { bytes: b"{}".to_vec(), unknown: true }),
    }
    command(&words, simple, scope, depth + 1)
}

/// A shell: a line, a script file, or standard input.
fn shell(
    dash_c: bool,
    words: &[Field],
    at: usize,
    simple: &Simple,
    scope: &mut Scope,
    depth: usize,
) -> LineVerdict {
    match (words.get(at), dash_c) {
        (Some(line), true) if !line.unknown => judge(&line.bytes, scope, depth + 1),
        (Some(line), true) => worse(unguarded(Effect::Unknown), judge(&line.bytes, scope, depth + 1)),
        (None, false) => match &simple.input {
            Some(text) => judge(text, scope, depth + 1),
            None => unguarded(Effect::Unknown),
        },
        // A script file: its text is not here; the shim sees what it runs.
        _ => unguarded(Effect::Unknown),
    }
}
