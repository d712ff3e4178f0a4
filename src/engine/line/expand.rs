//! From words to fields: variables, substitutions and braces put in as far as the line tells what they hold.

use super::lex::{Piece, Word};
use super::scope::{Scope, Value};
use std::collections::BTreeMap;

/// More bytes than this out of one expansion are not looked at: `a=$a$a` doubles with every repetition.
pub(super) const LARGEST: usize = 64 << 10;

/// What `$(…)` was seen to print, by its source.
pub(super) type Captured = BTreeMap<Vec<u8>, Printed>;

/// What a substitution prints.
#[derive(Clone, Debug, Default)]
pub(super) struct Printed {
    pub text: Value,
    /// It may print nothing: `$([ -n "$X" ] && echo --dry-run=client)`.
    pub maybe: bool,
}

/// One field of a command after expansion.
#[derive(Clone, Debug, Default)]
pub(super) struct Field {
    pub bytes: Vec<u8>,
    /// Something of which the value is not known took part in it.
    pub unknown: bool,
    /// It may be no field at all: nothing but an unquoted expansion that may be empty.
    pub optional: bool,
    /// Part of it was written in quotes, or expanded inside them.
    pub quoted: bool,
    /// What is known of it may be nothing: it counts as unknown as well.
    pub maybe: bool,
    /// It may be several fields, or none: `$OPTS`, `"${OPTS[@]}"`.
    pub many: bool,
}

impl Field {
    pub fn text(bytes: &[u8]) -> Field {
        Field { bytes: bytes.to_vec(), ..Field::default() }
    }
}

/// The fields of some words.
#[derive(Default)]
pub(super) struct Expanded {
    pub fields: Vec<Field>,
    /// The expansion grew too large; what is there is not all.
    pub overflow: bool,
}

impl Expanded {
    pub fn is_known(&self) -> bool {
        !self.overflow && self.fields.iter().all(|f| !f.unknown)
    }
}

pub(super) fn joined(fields: &[Field]) -> Vec<u8> {
    fields.iter().map(|f| f.bytes.as_slice()).collect::<Vec<_>>().join(&b' ')
}

/// A choice is one value for each name; a default (`${x:-y}`) is one more.
fn options(piece: &Piece, scope: &Scope) -> usize {
    match piece {
        Piece::Var { name, .. } => scope.get(name).len(),
        Piece::Param { name, .. } => scope.get(name).len() + 1,
        _ => 1,
    }
}

/// How many combinations of values the names in these words have.
pub(super) fn combinations(words: &[Word], scope: &Scope) -> usize {
    let mut seen: Vec<(&[u8], bool)> = Vec::new();
    let mut total = 1usize;
    for piece in words.iter().flat_map(|w| &w.pieces) {
        if let Piece::Var { name, .. } | Piece::Param { name, .. } = piece {
            let key = (name.as_slice(), matches!(piece, Piece::Param { .. }));
            if !seen.contains(&key) {
                seen.push(key);
                total = total.saturating_mul(options(piece, scope).max(1));
            }
        }
    }
    total
}

/// Expands words with one choice of values.
pub(super) fn expand(words: &[Word], scope: &Scope, captured: &Captured, choice: usize) -> Expanded {
    let mut expander = Expander {
        scope,
        captured,
        remaining: choice,
        chosen: Vec::new(),
        room: LARGEST,
        out: Expanded::default(),
        field: Field::default(),
        begun: false,
    };
    for word in words {
        expander.word(word);
    }
    expander.out
}

struct Expander<'a> {
    scope: &'a Scope,
    captured: &'a Captured,
    /// The choice that is left to be spread over names that come.
    remaining: usize,
    chosen: Vec<((&'a [u8], bool), usize)>,
    room: usize,
    out: Expanded,
    /// The field being put together, and whether there is one.
    field: Field,
    begun: bool,
}

impl<'a> Expander<'a> {
    fn word(&mut self, word: &'a Word) {
        let pieces = word.pieces.as_slice();
        let at = pieces.iter().position(|p| matches!(p, Piece::Braces(_)));
        if let Some((before, [Piece::Braces(list), after @ ..])) = at.map(|at| pieces.split_at(at)) {
            for item in list {
                self.begin(word.quoted);
                before.iter().for_each(|p| self.piece(p));
                self.field.bytes.extend_from_slice(item);
                self.begun |= !item.is_empty();
                after.iter().for_each(|p| self.piece(p));
                self.end();
            }
            return;
        }
        self.begin(word.quoted);
        pieces.iter().for_each(|p| self.piece(p));
        self.end();
    }

    fn begin(&mut self, quoted: bool) {
        self.field = Field { quoted, optional: !quoted, ..Field::default() };
        self.begun = quoted;
    }

    fn end(&mut self) {
        let field = std::mem::take(&mut self.field);
        if self.begun {
            self.out.fields.push(field);
        }
        self.begun = false;
    }

    /// Puts bytes in that stand for something else, as many as there is room for.
    fn put(&mut self, bytes: &[u8]) {
        if bytes.len() > self.room {
            self.out.overflow = true;
            self.field.unknown = true;
            return;
        }
        self.room -= bytes.len();
        self.field.bytes.extend_from_slice(bytes);
    }

    fn piece(&mut self, piece: &'a Piece) {
        match piece {
            Piece::Text(text) => {
                self.field.bytes.extend_from_slice(text);
                self.field.optional = false;
                self.begun = true;
            }
            Piece::Var { name, quoted } => match self.choose(name, false, self.scope.get(name).len()) {
                Some(Some(value)) => self.value(&value, *quoted),
                _ => {
                    self.field.many |= !*quoted && self.field.bytes.is_empty();
                    self.unknown(&[b"$", name.as_slice()].concat());
                }
            },
            Piece::Param { name, word, alternate, quoted } => {
                let values = self.scope.get(name).len();
                match self.choose(name, true, values + 1) {
                    // The value of `:+` is the word or nothing.
                    Some(Some(_)) if *alternate => {}
                    Some(Some(value)) => self.value(&value, *quoted),
                    Some(None) if *alternate => {}
                    Some(None) => self.unknown(&[b"$", name.as_slice()].concat()),
                    None => {
                        let inner = expand(std::slice::from_ref(word), self.scope, self.captured, 0);
                        self.out.overflow |= inner.overflow;
                        self.field.unknown |= !inner.is_known();
                        self.value(&joined(&inner.fields), *quoted);
                    }
                }
            }
            Piece::Command { source, quoted, .. } => match self.captured.get(source) {
                Some(Printed { text: Some(text), maybe }) => {
                    let end = text.iter().rposition(|b| *b != b'\n').map_or(0, |at| at + 1);
                    let optional = self.field.optional;
                    self.value(text.get(..end).unwrap_or_default(), *quoted);
                    if *maybe {
                        (self.field.unknown, self.field.maybe) = (true, true);
                        self.field.optional = optional;
                    }
                }
                _ => self.unknown(b"$()"),
            },
            Piece::Process { .. } => {
                self.field.bytes.extend_from_slice(PROCESS);
                self.field.optional = false;
                self.begun = true;
            }
            // Inside quotes or behind text a list stands for one of its words; the first will do.
            Piece::Braces(list) => {
                let first = list.first().map(Vec::as_slice).unwrap_or_default();
                self.field.bytes.extend_from_slice(first);
                self.begun = true;
            }
            Piece::Array(words) => {
                let inner = expand(words, self.scope, self.captured, 0);
                self.out.overflow |= inner.overflow;
                self.field.unknown |= !inner.is_known();
                self.begun = true;
                // The blank keeps what is added to an array apart from what it held.
                self.put(&[b" ", joined(&inner.fields).as_slice()].concat());
            }
            Piece::Opaque(text) => self.unknown(text),
        }
    }

    /// The value this choice gives to a name; the outer `None` is the one past its values.
    fn choose(&mut self, name: &'a [u8], param: bool, options: usize) -> Option<Value> {
        let known = self.chosen.iter().find(|(key, _)| *key == (name, param)).map(|(_, index)| *index);
        let index = known.unwrap_or_else(|| {
            let index = self.remaining % options.max(1);
            self.remaining /= options.max(1);
            self.chosen.push(((name, param), index));
            index
        });
        self.scope.get(name).get(index).cloned()
    }

    fn unknown(&mut self, shown: &[u8]) {
        self.field.bytes.extend_from_slice(shown);
        self.field.unknown = true;
        self.begun = true;
    }

    /// A value: outside quotes its blanks end fields.
    fn value(&mut self, value: &[u8], quoted: bool) {
        if quoted {
            self.field.optional = false;
            self.field.quoted = true;
            self.begun = true;
            self.put(value);
            return;
        }
        let mut rest = value;
        let separators: Vec<u8> = self.scope.get(b"IFS").iter().flatten().flatten().copied().collect();
        let parts = |b: &u8| b.is_ascii_whitespace() || separators.contains(b);
        loop {
            let blanks = rest.iter().take_while(|b| parts(b)).count();
            if blanks > 0 && self.begun {
                let next = Field { optional: true, ..Field::default() };
                let field = std::mem::replace(&mut self.field, next);
                self.out.fields.push(field);
                self.begun = false;
            }
            rest = rest.get(blanks..).unwrap_or_default();
            let length = rest.iter().take_while(|b| !parts(b)).count();
            if length == 0 {
                return;
            }
            self.put(rest.get(..length).unwrap_or_default());
            self.field.optional = false;
            self.begun = true;
            rest = rest.get(length..).unwrap_or_default();
        }
    }
}

/// The file a process substitution is read from.
pub(super) const PROCESS: &[u8] = b"/dev/fd/63";
