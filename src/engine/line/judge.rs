//! From tokens to a verdict: assignments and loops followed as far as the text tells, wrappers opened, worst part kept.

mod unwrap;

use super::LineVerdict;
use super::lex::{Lexed, Piece, Token, Word, lex};
use super::wrappers::{guarded, is_harmless, is_host_tool, wrapper};
use crate::engine::classify::{Verdict, classify, classify_host};
use crate::engine::effect::Effect;
use crate::engine::host::is_guarded;
use unwrap::{executed_by_find, guard_itself, unwrap};

/// How deep substitutions, `sh -c` and wrappers are followed; deeper is unknown.
const DEPTH: usize = 24;
/// How many combinations of loop variables are tried for one command; more is unknown.
const COMBINATIONS: usize = 64;

/// What a name stands for inside the line: every value it may have.
type Names = Vec<(Vec<u8>, Vec<Vec<u8>>)>;

#[derive(Clone, Default)]
struct Scope {
    variables: Names,
    aliases: Names,
}

fn look<'a>(names: &'a Names, name: &[u8]) -> Option<&'a [Vec<u8>]> {
    names.iter().rev().find(|(n, _)| n == name).map(|(_, values)| values.as_slice())
}

/// One field of a command after expansion: its bytes, and whether an unknown expansion took part in it.
#[derive(Clone, Debug)]
struct Field {
    bytes: Vec<u8>,
    unknown: bool,
}

/// A command being put together.
#[derive(Default)]
struct Simple {
    words: Vec<Word>,
    /// What standard input is known to hold: a here document, here string, or what the stage before prints.
    input: Option<Vec<u8>>,
    /// Standard input comes from a stage of which nothing is known.
    piped: bool,
}

const NOTHING: LineVerdict = LineVerdict { effect: Effect::Read, guarded: None };

fn worse(a: LineVerdict, b: LineVerdict) -> LineVerdict {
    LineVerdict { effect: a.effect.max(b.effect), guarded: a.guarded.max(b.guarded) }
}

const fn unguarded(effect: Effect) -> LineVerdict {
    LineVerdict { effect, guarded: None }
}

/// Judges a text as a shell script.
pub(super) fn script(text: &[u8]) -> LineVerdict {
    judge(text, &mut Scope::default(), 0)
}

/// Judges an argv.
pub(super) fn words(words: &[&[u8]]) -> LineVerdict {
    let fields: Vec<Field> = words.iter().map(|w| Field { bytes: w.to_vec(), unknown: false }).collect();
    command(&fields, &Simple::default(), &mut Scope::default(), 0)
}

fn judge(text: &[u8], scope: &mut Scope, depth: usize) -> LineVerdict {
    if depth > DEPTH {
        return unguarded(Effect::Unknown);
    }
    let Lexed { tokens, processes, whole } = lex(text);
    let mut verdict = if whole { NOTHING } else { unguarded(Effect::Unknown) };
    for process in &processes {
        verdict = worse(verdict, judge(process, scope, depth + 1));
    }
    let mut simple = Simple::default();
    let mut in_case_pattern = false;
    let mut open: Vec<Simple> = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            // The words of a `case` pattern, up to its `)`, are no command.
            Token::Close if in_case_pattern => {
                in_case_pattern = false;
                simple = Simple::default();
            }
            Token::Word(word) if in_case_pattern && word.bare() != Some(b"esac") => {}
            Token::Pipe if in_case_pattern => {}
            Token::Word(word) => {
                in_case_pattern = false;
                if simple.words.is_empty() && is_keyword(&word) {
                    continue;
                }
                simple.words.push(word);
                if is_case_head(&simple.words) {
                    in_case_pattern = true;
                    simple = Simple::default();
                }
            }
            // `name() {`: the body is read as if it ran.
            Token::Open if simple.words.len() == 1 && tokens.peek() == Some(&Token::Close) => {
                tokens.next();
                simple = Simple::default();
            }
            // `aws … (text)`: bash and its kin refuse the line, fish would run what is inside. Guarded commands in there
            // count, and the words go on behind it.
            Token::Open
                if simple.words.first().and_then(Word::bare).is_some_and(|w| guarded(w).is_some()) =>
            {
                open.push(std::mem::take(&mut simple));
            }
            Token::Close if !open.is_empty() => {
                verdict = worse(verdict, only_guarded(finish(&simple, scope, depth)));
                simple = open.pop().unwrap_or_default();
            }
            Token::Redirect(op, word) if op == b"<<<" => {
                simple.input = Some(joined(&expand(std::slice::from_ref(&word), scope, 0).0));
            }
            Token::Redirect(op, word) => {
                verdict = worse(verdict, substitutions(std::slice::from_ref(&word), scope, depth));
                simple.piped |= op == b"<";
                if op.contains(&b'>') && word.literal() == Some(b"/proc/sysrq-trigger") {
                    // `b` and `o` go down at once, with nothing written to disk.
                    verdict = worse(verdict, unguarded(Effect::Destroy));
                }
            }
            Token::Here(body) => simple.input = Some(body),
            Token::Pipe => {
                let printed = printed_text(&simple, scope);
                verdict = worse(verdict, finish(&simple, scope, depth));
                simple = Simple { words: Vec::new(), piped: printed.is_none(), input: printed };
            }
            Token::End | Token::Open | Token::Close | Token::BranchEnd => {
                verdict = worse(verdict, finish(&simple, scope, depth));
                simple = Simple::default();
                in_case_pattern = token == Token::BranchEnd;
            }
        }
    }
    for outer in &open {
        verdict = worse(verdict, finish(outer, scope, depth));
    }
    worse(verdict, finish(&simple, scope, depth))
}

/// What is left of a verdict when only the commands of guarded tools count.
fn only_guarded(verdict: LineVerdict) -> LineVerdict {
    LineVerdict { effect: verdict.guarded.unwrap_or(Effect::Read), ..verdict }
}

fn is_keyword(word: &Word) -> bool {
    matches!(
        word.bare(),
        Some(
            b"if"
                | b"then"
                | b"elif"
                | b"else"
                | b"fi"
                | b"while"
                | b"until"
                | b"do"
                | b"done"
                | b"esac"
                | b"{"
                | b"}"
                | b"!"
        )
    )
}

/// `case WORD in`: what follows is patterns.
fn is_case_head(words: &[Word]) -> bool {
    matches!(words, [case, _, r#in] if case.bare() == Some(b"case") && r#in.bare() == Some(b"in"))
}

/// What `echo …`, `printf …` or `cat` of a here document writes, when the text tells.
fn printed_text(simple: &Simple, scope: &Scope) -> Option<Vec<u8>> {
    let (fields, known) = expand(&simple.words, scope, 0);
    let (name, rest) = fields.split_first()?;
    match basename(&name.bytes) {
        b"echo" if known => Some(joined(rest)),
        b"printf" if known && rest.len() == 1 => Some(joined(rest)),
        b"cat" if rest.is_empty() => simple.input.clone(),
        _ => None,
    }
}

fn joined(fields: &[Field]) -> Vec<u8> {
    fields.iter().map(|f| f.bytes.as_slice()).collect::<Vec<_>>().join(&b' ')
}

/// Ends a simple command: its assignments enter the scope, its words are judged for every value of its variables.
fn finish(simple: &Simple, scope: &mut Scope, depth: usize) -> LineVerdict {
    let mut verdict = substitutions(&simple.words, scope, depth);
    let assignments = simple.words.iter().take_while(|w| assignment(w).is_some()).count();
    let (assigned, words) = simple.words.split_at(assignments);
    if words.is_empty() {
        for word in assigned {
            assign(word, scope);
        }
        return verdict;
    }
    match words.first().and_then(Word::bare) {
        Some(b"for" | b"select") => {
            loop_variable(words, scope);
            return verdict;
        }
        Some(b"function") => return verdict,
        Some(b"export" | b"local" | b"declare" | b"readonly" | b"typeset") => {
            words.iter().skip(1).for_each(|word| assign(word, scope));
            return verdict;
        }
        Some(b"alias") => {
            for word in words.iter().skip(1) {
                if let Some((name, value)) = assignment(word) {
                    scope.aliases.push((name, vec![text_of(&value)]));
                }
            }
            return verdict;
        }
        _ => {}
    }
    let choices = combinations(words, scope);
    if choices > COMBINATIONS {
        verdict = worse(verdict, unguarded(Effect::Unknown));
    }
    for choice in 0..choices.min(COMBINATIONS) {
        let (fields, _) = expand(words, scope, choice);
        verdict = worse(verdict, command(&fields, simple, scope, depth));
    }
    verdict
}

/// Commands inside `$(…)` and backquotes run too.
fn substitutions(words: &[Word], scope: &mut Scope, depth: usize) -> LineVerdict {
    let mut verdict = NOTHING;
    let aws = words.first().and_then(Word::bare).and_then(guarded) == Some("aws");
    for (index, word) in words.iter().enumerate() {
        let before = index.checked_sub(1).and_then(|at| words.get(at)).and_then(Word::bare);
        let joined = matches!(word.pieces.first(), Some(Piece::Text(text)) if text.starts_with(b"--query="));
        // JMESPath writes its texts in backquotes. Where a shell sees them it tries to run them; unless they hold a
        // guarded command that comes to nothing.
        let jmespath = aws && (joined || before == Some(b"--query"));
        for piece in &word.pieces {
            if let Piece::Command { source, back, .. } = piece {
                let inner = judge(source, scope, depth + 1);
                verdict = worse(verdict, if jmespath && *back { only_guarded(inner) } else { inner });
            }
        }
    }
    verdict
}

/// `NAME=value` (also `NAME+=value`), split.
fn assignment(word: &Word) -> Option<(Vec<u8>, Vec<Piece>)> {
    let (Piece::Text(first), rest) = word.pieces.split_first()? else { return None };
    let at = first.iter().position(|&b| b == b'=')?;
    let (name, value) = first.split_at(at);
    let name = name.strip_suffix(b"+").unwrap_or(name);
    let starts_well = name.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_');
    if !starts_well || !name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_') {
        return None;
    }
    let mut pieces = vec![Piece::Text(value.get(1..).unwrap_or_default().to_vec())];
    pieces.extend_from_slice(rest);
    Some((name.to_vec(), pieces))
}

fn assign(word: &Word, scope: &mut Scope) {
    let Some((name, value)) = assignment(word) else { return };
    let (fields, known) = expand(&[Word { pieces: value, quoted: true }], scope, 0);
    if known {
        scope.variables.push((name, vec![joined(&fields)]));
    } else {
        scope.variables.retain(|(n, _)| *n != name);
    }
}

/// `for NAME in WORDS`: the variable may be any of them.
fn loop_variable(words: &[Word], scope: &mut Scope) {
    let name = words.get(1).and_then(Word::bare).unwrap_or_default().to_vec();
    let (fields, known) = expand(words.get(3..).unwrap_or_default(), scope, 0);
    if known && words.get(2).and_then(Word::bare) == Some(b"in") {
        scope.variables.push((name, fields.into_iter().map(|f| f.bytes).collect()));
    } else {
        scope.variables.retain(|(n, _)| *n != name);
    }
}

fn text_of(pieces: &[Piece]) -> Vec<u8> {
    let mut out = Vec::new();
    for piece in pieces {
        if let Piece::Text(t) = piece {
            out.extend_from_slice(t);
        }
    }
    out
}

/// How many combinations of values the variables of these words have.
fn combinations(words: &[Word], scope: &Scope) -> usize {
    let mut seen: Vec<&[u8]> = Vec::new();
    let mut total = 1usize;
    for piece in words.iter().flat_map(|w| &w.pieces) {
        if let Piece::Var { name, .. } = piece
            && !seen.contains(&name.as_slice())
        {
            seen.push(name);
            total = total.saturating_mul(look(&scope.variables, name).map_or(1, <[_]>::len).max(1));
        }
    }
    total
}

/// Expands words with one choice of values. The second result is false when something stayed unknown.
fn expand(words: &[Word], scope: &Scope, choice: usize) -> (Vec<Field>, bool) {
    let mut fields = Vec::with_capacity(words.len());
    let mut known = true;
    let mut chosen: Vec<(&[u8], usize)> = Vec::new();
    let mut remaining = choice;
    for word in words {
        let mut field = Field { bytes: Vec::new(), unknown: false };
        let mut has_field = word.quoted || word.pieces.iter().any(|p| matches!(p, Piece::Text(_)));
        for piece in &word.pieces {
            match piece {
                Piece::Text(text) => field.bytes.extend_from_slice(text),
                Piece::Var { name, quoted } => {
                    let Some(values) = look(&scope.variables, name).filter(|v| !v.is_empty()) else {
                        field.bytes.push(b'$');
                        field.bytes.extend_from_slice(name);
                        field.unknown = true;
                        has_field = true;
                        continue;
                    };
                    let index = match chosen.iter().find(|(n, _)| *n == name.as_slice()) {
                        Some((_, index)) => *index,
                        None => {
                            let index = remaining % values.len();
                            remaining /= values.len();
                            chosen.push((name, index));
                            index
                        }
                    };
                    let value = values.get(index).map(Vec::as_slice).unwrap_or_default();
                    if *quoted {
                        field.bytes.extend_from_slice(value);
                        has_field = true;
                        continue;
                    }
                    let mut parts = value.split(u8::is_ascii_whitespace).filter(|p| !p.is_empty()).peekable();
                    while let Some(part) = parts.next() {
                        field.bytes.extend_from_slice(part);
                        has_field = true;
                        if parts.peek().is_some() {
                            fields.push(std::mem::replace(
                                &mut field,
                                Field { bytes: Vec::new(), unknown: false },
                            ));
                        }
                    }
                }
                Piece::Command { source, .. } => match looked_up(source) {
                    Some(path) => {
                        field.bytes.extend_from_slice(&path);
                        has_field = true;
                    }
                    None => {
                        field.bytes.extend_from_slice(b"$()");
                        field.unknown = true;
                        has_field = true;
                    }
                },
                Piece::Opaque(text) => {
                    field.bytes.extend_from_slice(text);
                    field.unknown = true;
                    has_field = true;
                }
            }
        }
        if has_field {
            known &= !field.unknown;
            fields.push(field);
        }
    }
    (fields, known)
}

/// `$(which kubectl)` and its like: the name they look up.
fn looked_up(source: &[u8]) -> Option<Vec<u8>> {
    let tokens = lex(source).tokens;
    let words: Option<Vec<&[u8]>> = tokens
        .iter()
        .map(|t| match t {
            Token::Word(w) => w.literal(),
            _ => None,
        })
        .collect();
    match words?.as_slice() {
        [b"which", name] | [b"command", b"-v", name] | [b"type", b"-p" | b"-P", name] => Some(name.to_vec()),
        _ => None,
    }
}

fn basename(path: &[u8]) -> &[u8] {
    path.rsplit(|&b| b == b'/').next().unwrap_or(path)
}

/// Judges one command, its words expanded.
fn command(fields: &[Field], simple: &Simple, scope: &mut Scope, depth: usize) -> LineVerdict {
    let Some((first, rest)) = fields.split_first() else { return NOTHING };
    if depth > DEPTH {
        return unguarded(Effect::Unknown);
    }
    if first.unknown {
        return worse(unguarded(Effect::Unknown), guarded_words(rest));
    }
    if let Some(values) = look(&scope.aliases, &first.bytes) {
        let mut line = values.first().cloned().unwrap_or_default();
        let mut scope = scope.clone();
        scope.aliases.retain(|(n, _)| *n != first.bytes);
        line.extend(rest.iter().flat_map(|f| quoted(&f.bytes)));
        return judge(&line, &mut scope, depth + 1);
    }
    let name = basename(&first.bytes);
    if let Some(tool) = guarded(name) {
        return guarded_verdict(tool, rest);
    }
    if let Some(verdict) = host_verdict(&first.bytes, rest) {
        return verdict;
    }
    if let Some(wrapper) = wrapper(name) {
        return unwrap(wrapper, rest, simple, scope, depth);
    }
    match name {
        b"find" | b"fd" => executed_by_find(rest, simple, scope, depth),
        b"guard" => guard_itself(rest, simple, scope, depth),
        // `aws ecr get-login-password | docker login …`
        b"docker" | b"podman" | b"nerdctl" | b"finch"
            if rest.first().is_some_and(|f| f.bytes == b"login") =>
        {
            NOTHING
        }
        b"minikube" | b"microk8s" | b"k3s" | b"k0s" | b"rke2" => match rest.split_first() {
            Some((sub, rest)) if sub.bytes == b"kubectl" => {
                let rest = if rest.first().is_some_and(|f| f.bytes == b"--") { &rest[1..] } else { rest };
                guarded_verdict("kubectl", rest)
            }
            _ => unguarded(Effect::Unknown),
        },
        _ if is_harmless(name) => NOTHING,
        // `kubectl-foo` called directly is a plugin.
        _ if name.starts_with(b"kubectl-") => {
            LineVerdict { effect: Effect::Unknown, guarded: Some(Effect::Unknown) }
        }
        // An unknown wrapper may run what follows: both readings, the worse one kept.
        _ => worse(unguarded(Effect::Unknown), guarded_words(rest)),
    }
}

fn guarded_verdict(tool: &str, words: &[Field]) -> LineVerdict {
    let words: Vec<&[u8]> = words.iter().map(|f| f.bytes.as_slice()).collect();
    let effect = classify(tool.as_bytes(), &words).effect;
    LineVerdict { effect, guarded: Some(effect) }
}

/// Tools that work on the host itself. All are judged; those that no shim stands in front of are nothing guarded.
fn host_verdict(called: &[u8], words: &[Field]) -> Option<LineVerdict> {
    let mut words: Vec<&[u8]> = words.iter().map(|f| f.bytes.as_slice()).collect();
    let mut name = basename(called);
    if called.starts_with(b"/etc/init.d/") {
        words.insert(0, name);
        name = b"service";
    }
    classify_host(name, &words)
        .map(|Verdict { effect, .. }| LineVerdict { effect, guarded: is_guarded(name).then_some(effect) })
}

/// The worst reading of words in which the name of a tool that is judged stands somewhere. One letter is too little of a
/// name.
fn guarded_words(words: &[Field]) -> LineVerdict {
    let host = words.iter().position(|f| is_host_tool(basename(&f.bytes)));
    let host = host.and_then(|at| host_verdict(&words.get(at)?.bytes, words.get(at + 1..)?));
    let mut rest = words.iter().enumerate();
    let found =
        rest.find_map(|(at, f)| Some((at, guarded(basename(&f.bytes)).filter(|_| f.bytes.len() > 1)?)));
    match found.and_then(|(at, tool)| Some((tool, words.get(at + 1..)?))) {
        Some((tool, rest)) => worse(host.unwrap_or(NOTHING), guarded_verdict(tool, rest)),
        None => host.unwrap_or(NOTHING),
    }
}

fn quoted(bytes: &[u8]) -> Vec<u8> {
    let mut out = b" '".to_vec();
    for &b in bytes {
        if b == b'\'' {
            out.extend_from_slice(b"'\\''");
        } else {
            out.push(b);
        }
    }
    out.push(b'\'');
    out
}
