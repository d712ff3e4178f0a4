//! Arrays: their elements one by one, and as a whole.

use super::super::LineVerdict;
use super::super::expand::{LARGEST, expand, joined};
use super::super::lex::{Piece, Word};
use super::super::scope::{ELEMENT, Value};
use super::simple::ASSIGNED;
use super::{NOTHING, Out, Reader, only_serious, worse};
use std::rc::Rc;

impl Reader {
    /// `mapfile -t A`: the array holds the lines that are read. `-C` names a command that is run for them (bash(1)).
    pub(super) fn map_file(&mut self, words: &[Word], input: Option<&Rc<Out>>) -> LineVerdict {
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

    /// Takes the elements of an array over one by one: `${a[1]}` is any of them.
    pub(super) fn elements(&mut self, name: &[u8], value: Option<&Word>, values: &[Value], adds: bool) {
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
    pub(super) fn element(&mut self, name: &[u8], at: Option<usize>, values: Vec<Value>) {
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
    pub(super) fn added(&mut self, name: &[u8], values: &[Value]) -> Vec<Value> {
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
}
