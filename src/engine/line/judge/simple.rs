//! One simple command: its assignments, the builtins that set names, every value of its variables.

use super::super::LineVerdict;
use super::super::expand::{Expanded, Field, LARGEST, Printed, combinations, expand, joined};
use super::super::lex::{Piece, Word, commands_inside};
use super::super::scope::{ELEMENT, Value};
use super::super::tables::{RUN_AS_COMMAND, guarded};
use super::calls::confirms;
use super::{Io, NOTHING, Out, Reader, only_guarded, only_serious, unguarded, worse};
use crate::engine::effect::Effect;
use crate::engine::tool::FamilyId;
use std::rc::Rc;

/// How many combinations of values are tried for one command.
const COMBINATIONS: usize = 4096;
/// How many combinations one assignment takes over; what is beyond counts as not known.
pub(super) const ASSIGNED: usize = 64;

/// A command being put together.
#[derive(Default)]
pub(super) struct Simple {
    pub words: Vec<Word>,
    /// What standard input holds: a here document, a file, what the stage before prints.
    pub input: Option<Rc<Out>>,
    /// The file standard output goes to, and whether it is added to what is there.
    pub output: Option<(Vec<u8>, bool)>,
    /// It stands in the place of a block that is closed, which printed this.
    pub closed: Option<Out>,
    /// That block was a loop: its tokens, to be read again with what is redirected into it.
    pub looped: Option<(usize, usize)>,
}

impl Simple {
    /// Inside `[[ … ]]`, where operators are words.
    pub fn is_test(&self) -> bool {
        self.is_head(&[b"[["]) && self.words.last().and_then(Word::bare) != Some(b"]]")
    }

    /// Whether no word of it has been read, and no block.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty() && self.closed.is_none()
    }

    /// Whether it has one word.
    pub fn is_only_head(&self) -> bool {
        self.words.len() == 1
    }

    /// Whether the first word is one of these, unquoted.
    pub fn is_head(&self, words: &[&[u8]]) -> bool {
        self.words.first().and_then(Word::bare).is_some_and(|first| words.contains(&first))
    }

    /// Whether it calls a guarded tool by its name.
    pub fn names_guarded(&self) -> bool {
        self.words.first().and_then(Word::bare).is_some_and(|w| guarded(w).is_some())
    }
}

impl Reader {
    /// Ends a simple command: its assignments enter the scope, its words are judged for every value of its variables.
    pub(super) fn finish(&mut self, simple: &Simple, inherited: Option<Rc<Out>>) -> (LineVerdict, Out) {
        if !self.tick() {
            return (NOTHING, Out::default());
        }
        let mut verdict = self.substitutions(&simple.words);
        let assignments = simple.words.iter().take_while(|w| assignment(w).is_some()).count();
        let (assigned, words) = simple.words.split_at(assignments);
        if words.is_empty() {
            for word in assigned {
                verdict = worse(verdict, self.assign(word));
            }
            return (verdict, Out::default());
        }
        if self.builtin(words, simple, inherited.as_ref(), &mut verdict) {
            return (verdict, Out::default());
        }
        let io = Io { input: simple.input.clone().or(inherited) };
        // What stands before a command counts for this command alone.
        let names: Vec<Vec<u8>> = assigned.iter().filter_map(|w| assignment(w).map(|a| a.name)).collect();
        let held: Vec<_> = names.iter().map(|name| self.scope.held(name)).collect();
        let before: Vec<Expanded> = self.choices(words);
        let exports = (!names.is_empty()).then(|| self.scope.exports());
        for word in assigned {
            verdict = worse(verdict, self.assign(word));
        }
        names.iter().for_each(|name| self.scope.export(name, true));
        let mut out = Out::default();
        let confirmed = !self.shadowed && confirms(&simple.words);
        for expanded in before {
            self.over |= expanded.overflow;
            let mut judged = self.command(&expanded.fields, &io);
            if confirmed {
                judged.unconfirmed = None;
            }
            verdict = worse(verdict, judged);
            if self.over {
                break;
            }
            let printed = self.prints(&expanded.fields, &io);
            self.over |= !out.append(printed);
        }
        for (name, values) in names.iter().zip(held) {
            self.scope.restore(name, values);
        }
        if let Some(exports) = exports {
            self.scope.set_exports(exports);
        }
        (verdict, out)
    }

    /// The fields of some words, once for each combination of values.
    fn choices(&mut self, words: &[Word]) -> Vec<Expanded> {
        let all = combinations(words, &self.scope);
        self.over |= all > COMBINATIONS;
        let tried = all.min(COMBINATIONS).min(self.commands + 1);
        (0..tried).map(|choice| expand(words, &self.scope, &self.captured, choice)).collect()
    }

    /// Builtins that set names; true when there is nothing more to judge.
    fn builtin(
        &mut self,
        words: &[Word],
        simple: &Simple,
        inherited: Option<&Rc<Out>>,
        verdict: &mut LineVerdict,
    ) -> bool {
        let Some(name) = words.first().and_then(Word::bare) else { return false };
        let rest = words.get(1..).unwrap_or_default();
        match name {
            b"for" | b"foreach" | b"select" => self.loop_variable(words),
            b"export" | b"local" | b"declare" | b"readonly" | b"typeset" => {
                let other_name = rest.iter().any(|w| w.bare() == Some(b"-n"));
                let plain = name == b"export";
                let exports =
                    rest.iter().filter_map(Word::bare).any(|w| w.starts_with(b"-") && w.contains(&b'x'));
                // `export $(cat FILE)`: any name.
                if rest.iter().any(|w| assignment(w).is_none() && w.literal().is_none()) {
                    self.scope.doubt();
                }
                for word in rest {
                    *verdict = worse(*verdict, self.assign(word));
                    let named = assignment(word).map(|a| a.name).or_else(|| word.bare().map(<[u8]>::to_vec));
                    if let Some(named) = named.filter(|_| plain || exports) {
                        self.scope.export(&named, !(plain && other_name));
                    }
                    // `declare -n R=D`: what is assigned to R is D's.
                    if let (true, Some(Assignment { name, value, .. })) = (other_name, assignment(word)) {
                        let target = expand(&[value], &self.scope, &self.captured, 0);
                        let target = joined(&target.fields);
                        let both = [self.scope.get(&name), self.scope.get(&target)].concat();
                        self.scope.set(&name, both);
                        self.scope.references.push((name, target));
                    }
                }
            }
            b"let" => {
                for word in rest {
                    let text = word.literal().unwrap_or_default();
                    let end = text.iter().position(|b| !(b.is_ascii_alphanumeric() || *b == b'_'));
                    self.scope.set(text.get(..end.unwrap_or(text.len())).unwrap_or_default(), vec![None]);
                }
            }
            b"alias" => {
                for word in rest {
                    if let Some(Assignment { name, value, .. }) = assignment(word) {
                        let text = expand(&[value], &self.scope, &self.captured, 0);
                        self.shadowed |= super::calls::is_tool(&name);
                        self.scope.aliases.push((name, joined(&text.fields)));
                    }
                }
            }
            b"mapfile" | b"readarray" => {
                *verdict = worse(*verdict, self.map_file(rest, simple.input.as_ref().or(inherited)));
            }
            b"read" | b"getopts" | b"unset" => {
                let names: Vec<&[u8]> =
                    rest.iter().filter_map(Word::bare).filter(|w| !w.starts_with(b"-")).collect();
                // `unset 'a[0]'`
                let elements = rest.iter().filter(|_| name == b"unset").filter_map(Word::literal);
                for element in elements.filter_map(|e| e.split(|b| *b == b'[').next()) {
                    self.scope.set(element, vec![None]);
                }
                let input = simple.input.as_ref().or(inherited).filter(|_| name == b"read");
                self.read_into(&names, simple, input.map(|i| i.text.as_slice()).unwrap_or_default());
            }
            b"printf" if rest.first().and_then(Word::bare) == Some(b"-v") => {
                let name = rest.get(1).and_then(Word::bare).unwrap_or_default().to_vec();
                let expanded = expand(rest.get(2..).unwrap_or_default(), &self.scope, &self.captured, 0);
                self.over |= expanded.overflow;
                let text = expanded.is_known().then(|| super::text::printf(&expanded.fields));
                self.scope.set(&name, vec![text]);
            }
            b"hash" | b"enable" => {
                self.shadowed = true;
                return false;
            }
            b"shift" => self.set_positional(None),
            b"set" => {
                let option = rest.first().and_then(Word::bare).unwrap_or_default();
                let long = rest.get(1).and_then(Word::bare) == Some(b"allexport");
                if matches!(option, [b'-', letters @ ..] if letters.contains(&b'a') || (letters == b"o" && long))
                {
                    self.scope.exports_all = true;
                }
                let dashes = rest.iter().position(|w| w.bare() == Some(b"--"));
                let given = dashes.and_then(|at| rest.get(at + 1..));
                let Some(words) = given else { return false };
                let expanded = expand(words, &self.scope, &self.captured, 0);
                self.over |= expanded.overflow;
                let fields: Vec<Vec<u8>> = expanded.fields.into_iter().map(|f| f.bytes).collect();
                self.set_positional(Some(&fields));
            }
            _ => return false,
        }
        true
    }

    /// `mapfile -t A`: the array holds the lines that are read. `-C` names a command that is run for them (bash(1)).
    fn map_file(&mut self, words: &[Word], input: Option<&Rc<Out>>) -> LineVerdict {
        let (mut name, mut verdict, mut rest) = (b"MAPFILE".to_vec(), NOTHING, words.iter());
        while let Some(word) = rest.next() {
            let expanded = expand(std::slice::from_ref(word), &self.scope, &self.captured, 0);
            let text = joined(&expanded.fields);
            match text.as_slice() {
                [b'-', .., b'C'] => {
                    let callback = rest.next().and_then(Word::literal).unwrap_or_default();
                    verdict = worse(verdict, only_serious(self.as_text(callback)));
                }
                [b'-', .., b'd' | b'n' | b'O' | b's' | b'u' | b'c'] => drop(rest.next()),
                [b'-', ..] => {}
                _ => name = text,
            }
        }
        let mut lines: Vec<Value> = Vec::new();
        if let Some(input) = input {
            let all = input.text.strip_suffix(b"\n").unwrap_or(&input.text);
            lines.extend(all.split(|b| *b == b'\n').take(ASSIGNED).map(|line| Some(line.to_vec())));
        }
        let whole = !input.is_none_or(|i| i.opaque || i.maybe) && lines.len() < ASSIGNED;
        let joined = lines.iter().flatten().fold(Vec::new(), |all, line| [&all, &b" "[..], line].concat());
        let mut all = vec![Some(joined)];
        if !whole {
            lines.push(None);
            all.push(None);
        }
        self.scope.set(&[name.as_slice(), ELEMENT].concat(), lines);
        self.scope.set(&name, all);
        verdict
    }

    /// `read A B`: each name may hold its part of any line that is read, in a loop all of them; the last one the rest.
    fn read_into(&mut self, names: &[&[u8]], simple: &Simple, text: &[u8]) {
        let own = simple.words.iter().filter_map(assignment).find(|a| a.name == b"IFS");
        let own = own.and_then(|a| a.value.literal().map(<[u8]>::to_vec));
        let held = self.scope.get(b"IFS").iter().flatten().flatten().copied().collect();
        let separators: Vec<u8> = own.unwrap_or(held);
        let parts = |b: &u8| separators.contains(b) || (*b == b'\t' && separators.contains(&b' '));
        let mut values: Vec<Vec<Value>> = vec![vec![None]; names.len()];
        for line in text.split(|b| *b == b'\n').take(ASSIGNED) {
            let mut rest = line;
            for (at, value) in values.iter_mut().enumerate() {
                let from = rest.iter().position(|b| !parts(b)).unwrap_or(rest.len());
                rest = rest.get(from..).unwrap_or_default();
                let end = if at + 1 == names.len() { None } else { rest.iter().position(parts) };
                let (part, more) = rest.split_at_checked(end.unwrap_or(rest.len())).unwrap_or_default();
                value.push(Some(part.to_vec()));
                rest = more;
            }
        }
        for (name, values) in names.iter().zip(values) {
            self.scope.set(name, values);
        }
    }

    /// `$1`, `$2` … and all of them; `None` when they are not known.
    pub(super) fn set_positional(&mut self, given: Option<&[Vec<u8>]>) {
        let all: Value = given.map(|g| g.join(&b' '));
        self.scope.set(b"@", vec![all.clone()]);
        self.scope.set(b"*", vec![all]);
        for index in 0..9_usize {
            let value = given.and_then(|g| g.get(index)).cloned();
            self.scope.set((index + 1).to_string().as_bytes(), vec![value]);
        }
    }

    /// Commands inside `$(…)`, backquotes and `<(…)` run too; what they print is remembered for the expansion.
    pub(super) fn substitutions(&mut self, words: &[Word]) -> LineVerdict {
        let mut verdict = NOTHING;
        let aws = words.first().and_then(Word::bare).and_then(guarded);
        let aws = aws.is_some_and(|tool| tool.family == FamilyId::Aws);
        for (index, word) in words.iter().enumerate() {
            let before = index.checked_sub(1).and_then(|at| words.get(at)).and_then(Word::bare);
            let joined =
                matches!(word.pieces.first(), Some(Piece::Text(text)) if text.starts_with(b"--query="));
            // JMESPath writes its texts in backquotes. Where a shell sees them it tries to run them; unless they hold
            // a guarded command that comes to nothing.
            let jmespath = aws && (joined || before == Some(b"--query"));
            for piece in &word.pieces {
                verdict = worse(verdict, self.substituted(piece, jmespath));
            }
        }
        verdict
    }

    fn substituted(&mut self, piece: &Piece, jmespath: bool) -> LineVerdict {
        match piece {
            Piece::Command { source, back, .. } => {
                self.scope.enter();
                let (inner, out) = self.judge(source, &Io::default());
                self.scope.leave(false);
                let text = looked_up(source).or((!out.opaque).then_some(out.text));
                self.captured.insert(source.clone(), Printed { text, maybe: out.maybe });
                if jmespath && *back { only_guarded(inner) } else { inner }
            }
            Piece::Process { source, written: true } => {
                // What it reads is what the command writes, which is known when that has been read.
                self.sinks.push(source.clone());
                NOTHING
            }
            Piece::Process { source, .. } => {
                self.scope.enter();
                let (inner, out) = self.judge(source, &Io::default());
                self.scope.leave(false);
                self.scope.write(super::super::expand::PROCESS, out.text, false, out.shared);
                self.process_unknown = out.opaque;
                inner
            }
            Piece::Param { word, .. } => self.substitutions(std::slice::from_ref(word)),
            Piece::Array(words) => self.substitutions(words),
            _ => NOTHING,
        }
    }

    /// Takes an assignment into the scope. The value of a variable that is run as a command by whatever reads it is
    /// judged at once.
    fn assign(&mut self, word: &Word) -> LineVerdict {
        let Some(Assignment { name, value, adds, element }) = assignment(word) else { return NOTHING };
        let words = [value];
        let all = combinations(&words, &self.scope);
        let mut values: Vec<Value> = Vec::new();
        for choice in 0..all.min(ASSIGNED) {
            let expanded = expand(&words, &self.scope, &self.captured, choice);
            self.over |= expanded.overflow;
            let maybe = expanded.fields.iter().any(|f| f.maybe);
            if maybe {
                values.push(None);
            }
            values.push((maybe || expanded.is_known()).then(|| joined(&expanded.fields)));
        }
        if all > ASSIGNED {
            values.push(None);
        }
        let mut verdict = NOTHING;
        if RUN_AS_COMMAND.iter().any(|n| n.as_bytes() == name) {
            for value in values.iter().flatten() {
                verdict = worse(verdict, only_serious(self.as_text(value)));
            }
        }
        if matches!(name.as_slice(), b"PS0" | b"PS1" | b"PS2" | b"PS4" | b"PROMPT") {
            for source in values.iter().flatten().flat_map(|v| commands_inside(v)) {
                verdict = worse(verdict, only_serious(self.judge(&source, &Io::default()).0));
            }
        }
        self.shadowed |= matches!(name.as_slice(), b"PATH" | b"BASH_ENV" | b"ENV");
        if let Some(at) = element {
            self.element(&name, at, values);
            return verdict;
        }
        if adds {
            values = self.added(&name, &values);
        }
        self.elements(&name, words.first(), &values, adds);
        for (reference, _) in self.scope.references.clone().into_iter().filter(|(_, target)| *target == name)
        {
            let both = [self.scope.get(&reference), &values].concat();
            self.scope.set(&reference, both);
        }
        let meant = self.scope.references.iter().filter(|(r, _)| *r == name).map(|(_, d)| d.clone());
        for target in meant.collect::<Vec<_>>() {
            // Which of its assignments came last is not followed: each may hold.
            let both = [self.scope.get(&target), &values].concat();
            self.scope.set(&target, both);
        }
        self.scope.set(&name, values);
        verdict
    }

    /// Takes the elements of an array over one by one: `${a[1]}` is any of them.
    fn elements(&mut self, name: &[u8], value: Option<&Word>, values: &[Value], adds: bool) {
        let arrays = value.into_iter().flat_map(|word| &word.pieces).filter_map(|piece| match piece {
            Piece::Array(words) => Some(words),
            _ => None,
        });
        let arrays: Vec<&Vec<Word>> = arrays.collect();
        if arrays.is_empty() && !self.scope.has_elements(name) {
            return;
        }
        let element = [name, ELEMENT].concat();
        let mut each = if adds { self.scope.get(&element).to_vec() } else { Vec::new() };
        if arrays.is_empty() {
            each.extend_from_slice(values);
        }
        for words in arrays {
            for expanded in self.choices(words).into_iter().take(ASSIGNED) {
                self.over |= expanded.overflow;
                let fields = expanded.fields.into_iter().map(|f| {
                    // `[key]=value`
                    let key = f.bytes.first() == Some(&b'[');
                    let end = f.bytes.windows(2).position(|w| w == b"]=").filter(|_| key);
                    let value = end.and_then(|at| f.bytes.get(at + 2..)).unwrap_or(&f.bytes);
                    (!f.unknown).then(|| value.to_vec())
                });
                each.extend(fields);
            }
        }
        self.scope.set(&element, each);
    }

    /// `NAME[3]=value`: any one of its elements may be this, and the whole array may hold it in its place or behind the rest.
    fn element(&mut self, name: &[u8], at: Option<usize>, values: Vec<Value>) {
        let element = [name, ELEMENT].concat();
        let held = self.scope.held(name).filter(|held| !held.is_empty());
        let mut each = match &held {
            Some(_) => self.scope.get(&element).to_vec(),
            None => Vec::new(),
        };
        each.extend_from_slice(&values);
        let mut all: Vec<Value> = Vec::new();
        for whole in held.unwrap_or_else(|| vec![Some(Vec::new())]).iter().take(ASSIGNED) {
            for value in values.iter().take(ASSIGNED) {
                let (Some(whole), Some(value)) = (whole, value) else {
                    all.push(None);
                    continue;
                };
                all.push(Some([whole, &b" "[..], value].concat()));
                let mut parts: Vec<&[u8]> =
                    whole.split(|b| *b == b' ').filter(|part| !part.is_empty()).collect();
                if let Some(part) = at.and_then(|at| parts.get_mut(at)) {
                    *part = value;
                    all.push(Some(parts.join(&b' ')));
                }
                self.over |= whole.len() > LARGEST;
            }
        }
        self.scope.set(&element, each);
        self.scope.set(name, all);
    }

    /// `NAME+=value`.
    fn added(&mut self, name: &[u8], values: &[Value]) -> Vec<Value> {
        let mut sums: Vec<Value> = Vec::new();
        for held in self.scope.get(name).iter().take(ASSIGNED) {
            for value in values.iter().take(ASSIGNED) {
                let sum = match (held, value) {
                    // What the environment holds under a name the line fills itself is most often nothing.
                    (None, Some(value)) => Some(value.clone()),
                    (Some(held), Some(value)) => Some([held.as_slice(), value].concat()),
                    (_, None) => None,
                };
                self.over |= sum.as_ref().is_some_and(|s| s.len() > LARGEST);
                sums.push(sum);
            }
        }
        sums
    }

    /// `for NAME in WORDS`: the variable may be any of them.
    fn loop_variable(&mut self, words: &[Word]) {
        let name = words.get(1).and_then(Word::bare).unwrap_or_default().to_vec();
        if words.get(2).and_then(Word::bare) != Some(b"in") {
            // `for i do`: the arguments of the script or function.
            let given = self.scope.get(b"@").to_vec();
            let split = |v: Value| match v {
                Some(all) => all.split(u8::is_ascii_whitespace).map(|w| Some(w.to_vec())).collect(),
                None => vec![None],
            };
            self.scope.set(&name, given.into_iter().flat_map(split).collect());
            return;
        }
        let words = words.get(3..).unwrap_or_default();
        let mut values: Vec<Value> = Vec::new();
        for expanded in self.choices(words) {
            self.over |= expanded.overflow;
            values.extend(expanded.fields.into_iter().map(|f| (!f.unknown).then_some(f.bytes)));
        }
        self.scope.set(&name, values);
    }
}

/// `NAME=value`, `NAME+=value` (`adds`), `NAME[index]=value`.
pub(super) struct Assignment {
    pub name: Vec<u8>,
    pub value: Word,
    adds: bool,
    /// An element of an array is assigned; which one, when the index is a number.
    element: Option<Option<usize>>,
}

/// The assignment a word is, when it is one.
pub(super) fn assignment(word: &Word) -> Option<Assignment> {
    let (Piece::Text(first), mut rest) = word.pieces.split_first()? else { return None };
    let end = first.iter().position(|&b| !(b.is_ascii_alphanumeric() || b == b'_'))?;
    let (left, mut value, element);
    if first.get(end) == Some(&b'[') {
        // `a[1]=x`, `a[$i]=x`: the bracket is closed in this piece or behind an expansion.
        let closed = |text: &[u8]| text.windows(2).position(|w| matches!(w, b"]=" | b"]+"));
        let index = first.get(end + 1..).unwrap_or_default();
        left = first.get(..end).unwrap_or_default();
        if let Some(at) = closed(index) {
            value = index.get(at + 1..).unwrap_or_default();
            let number = std::str::from_utf8(index.get(..at).unwrap_or_default());
            element = Some(number.ok().and_then(|n| n.parse().ok()));
        } else {
            let (piece, at) = rest.iter().enumerate().find_map(|(piece, p)| match p {
                Piece::Text(text) => closed(text).map(|at| (piece, at)),
                _ => None,
            })?;
            let Some(Piece::Text(text)) = rest.get(piece) else { return None };
            value = text.get(at + 1..).unwrap_or_default();
            rest = rest.get(piece + 1..).unwrap_or_default();
            element = Some(None);
        }
        let sign = usize::from(value.first() == Some(&b'+'));
        if value.get(sign) != Some(&b'=') {
            return None;
        }
        value = value.get(sign..).unwrap_or_default();
    } else {
        let at = first.iter().position(|&b| b == b'=')?;
        (left, value, element) = (first.get(..at)?, first.get(at..)?, None);
    }
    let name = left.strip_suffix(b"+").unwrap_or(left);
    let starts_well = name.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_');
    if !starts_well || !name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_') {
        return None;
    }
    let value = value.get(1..).unwrap_or_default().to_vec();
    let mut pieces = Vec::with_capacity(rest.len() + 1);
    pieces.push(Piece::Text(value));
    // Values are not split into fields.
    pieces.extend(rest.iter().cloned().map(|piece| match piece {
        Piece::Var { name, .. } => Piece::Var { name, quoted: true },
        Piece::Command { source, back, .. } => Piece::Command { source, quoted: true, back },
        Piece::Param { name, word, alternate, .. } => Piece::Param { name, word, alternate, quoted: true },
        Piece::Braces(list) => Piece::Text([&b"{"[..], &list.join(&b','), b"}"].concat()),
        other => other,
    }));
    Some(Assignment {
        name: name.to_vec(),
        value: Word { pieces, quoted: true },
        adds: left.len() > name.len(),
        element,
    })
}

/// `$(which kubectl)` and its like: the name they look up.
fn looked_up(source: &[u8]) -> Option<Vec<u8>> {
    use super::super::lex::{Token, lex};
    let tokens = lex(source).tokens;
    let words: Option<Vec<&[u8]>> = tokens
        .iter()
        .filter(|t| !matches!(t, Token::Redirect(b">" | b"&>", _)))
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

/// Judged nothing, but of a command that is not known.
pub(super) const STRANGE: LineVerdict = unguarded(Effect::Unknown);

/// The names and values of words that are assignments of a wrapper (`env A=b`).
pub(super) fn assigned_words<'f>(words: impl Iterator<Item = &'f Field>) -> Vec<(Vec<u8>, Vec<u8>)> {
    let split = |field: &Field| {
        let at = field.bytes.iter().position(|b| *b == b'=').unwrap_or(field.bytes.len());
        let value = field.bytes.get(at + 1..).unwrap_or_default().to_vec();
        (field.bytes.get(..at).unwrap_or_default().to_vec(), value)
    };
    words.map(split).collect()
}
