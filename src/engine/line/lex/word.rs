//! Words: quoting, expansions, braces.

use super::span::{commands_inside, is_arithmetic};
use super::{Lexer, Piece, Token, Word};
use crate::engine::line::scope::ELEMENT;

impl Lexer<'_> {
    pub(super) fn word(&mut self) -> Word {
        let mut word = Word::default();
        let mut text = Vec::new();
        while self.at < self.text.len() {
            match self.peek(0) {
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b')' => break,
                b'(' if word.pieces.is_empty() && is_assigned(&text) => {
                    self.at += 1;
                    let elements = self.array();
                    flush(&mut word, &mut text);
                    word.pieces.push(Piece::Array(elements));
                }
                b'(' => break,
                sign @ (b'<' | b'>') if self.peek(1) == b'(' => {
                    self.at += 2;
                    let source = self.until_close();
                    flush(&mut word, &mut text);
                    word.pieces.push(Piece::Process { source, written: sign == b'>' });
                }
                b'<' | b'>' => break,
                b'\\' => {
                    word.quoted = true;
                    if self.at + 1 >= self.text.len() {
                        self.out.whole = false;
                    } else if self.peek(1) != b'\n' {
                        text.push(self.peek(1));
                    }
                    self.at = (self.at + 2).min(self.text.len());
                }
                b'\'' => {
                    word.quoted = true;
                    self.at += 1;
                    self.single_quoted(&mut text);
                }
                b'"' => {
                    word.quoted = true;
                    self.at += 1;
                    self.double_quoted(&mut word, &mut text);
                }
                b'$' if self.peek(1) == b'\'' => {
                    word.quoted = true;
                    self.at += 2;
                    self.ansi_quoted(&mut text);
                }
                b'$' if self.peek(1) == b'"' => self.at += 1,
                b'$' | b'`' => self.expansion(&mut word, &mut text, false),
                b'{' => self.brace(&mut word, &mut text),
                other => {
                    text.push(other);
                    self.at += 1;
                }
            }
        }
        if !text.is_empty() {
            flush(&mut word, &mut text);
        }
        word
    }

    fn single_quoted(&mut self, text: &mut Vec<u8>) {
        loop {
            match self.text.get(self.at) {
                None => {
                    self.out.whole = false;
                    return;
                }
                Some(b'\'') => {
                    self.at += 1;
                    return;
                }
                Some(&b) => text.push(b),
            }
            self.at += 1;
        }
    }

    /// `$'…'`: the escapes that matter for words; others keep their letter.
    fn ansi_quoted(&mut self, text: &mut Vec<u8>) {
        while let Some(&b) = self.text.get(self.at) {
            self.at += 1;
            match b {
                b'\'' => return,
                b'\\' => {
                    let escaped = self.peek(0);
                    self.at += 1;
                    match escaped {
                        b'n' => text.push(b'\n'),
                        b't' => text.push(b'\t'),
                        b'r' => text.push(b'\r'),
                        b'x' => self.numeric(text, 16, 2),
                        b'u' => self.numeric(text, 16, 4),
                        b'0'..=b'7' => {
                            self.at -= 1;
                            self.numeric(text, 8, 3);
                        }
                        other => text.push(other),
                    }
                }
                other => text.push(other),
            }
        }
        self.out.whole = false;
    }

    fn numeric(&mut self, text: &mut Vec<u8>, radix: u32, most: usize) {
        let mut value = 0;
        for _ in 0..most {
            let Some(digit) = char::from(self.peek(0)).to_digit(radix) else { break };
            value = value * radix + digit;
            self.at += 1;
        }
        match char::from_u32(value) {
            Some(c) if value > 127 && radix == 16 && most > 2 => {
                text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            _ => text.push((value & 255) as u8),
        }
    }

    fn double_quoted(&mut self, word: &mut Word, text: &mut Vec<u8>) {
        loop {
            match self.text.get(self.at) {
                None => {
                    self.out.whole = false;
                    return;
                }
                Some(b'"') => {
                    self.at += 1;
                    return;
                }
                Some(b'\\') => {
                    let next = self.peek(1);
                    if !matches!(next, b'$' | b'`' | b'"' | b'\\' | b'\n') {
                        text.push(b'\\');
                    }
                    if next != b'\n' && self.at + 1 < self.text.len() {
                        text.push(next);
                    }
                    self.at = (self.at + 2).min(self.text.len());
                }
                Some(b'$' | b'`') => self.expansion(word, text, true),
                Some(&b) => {
                    text.push(b);
                    self.at += 1;
                }
            }
        }
    }

    /// `$…` or a backquote.
    fn expansion(&mut self, word: &mut Word, text: &mut Vec<u8>, quoted: bool) {
        let start = self.at;
        let piece = if self.peek(0) == b'`' && !quoted && self.at + 1 == self.text.len() {
            // PowerShell's sign for a line that goes on.
            self.at += 1;
            return;
        } else if self.peek(0) == b'`' {
            self.at += 1;
            let mut source = Vec::new();
            loop {
                match self.text.get(self.at) {
                    None => {
                        self.out.whole = false;
                        break;
                    }
                    Some(b'`') => {
                        self.at += 1;
                        break;
                    }
                    Some(b'\\') if matches!(self.peek(1), b'`' | b'\\' | b'$') => {
                        source.push(self.peek(1));
                        self.at += 2;
                    }
                    Some(&b) => {
                        source.push(b);
                        self.at += 1;
                    }
                }
            }
            Piece::Command { source, quoted, back: true }
        } else if self.starts(b"$((") {
            self.at += 3;
            let inside = self.until_close();
            if self.peek(0) == b')' && is_arithmetic(&inside) {
                self.at += 1;
                self.out.processes.extend(commands_inside(&inside));
            } else {
                // `$((cmd); cmd)`: a substitution that starts with a subshell.
                self.out.processes.push(inside);
                let rest = self.until_close();
                self.out.processes.push(rest);
            }
            Piece::Opaque(self.text.get(start..self.at).unwrap_or_default().to_vec())
        } else if self.starts(b"$(") {
            self.at += 2;
            Piece::Command { source: self.until_close(), quoted, back: false }
        } else if self.starts(b"${") {
            self.at += 2;
            let inside = self.until_brace();
            match inside.split_first() {
                // bash 5.3: `${ CMD; }` and `${| CMD; }` run a command in this very shell.
                Some((b' ' | b'\t' | b'\n' | b'|', source)) => {
                    Piece::Command { source: source.to_vec(), quoted, back: false }
                }
                _ => self.parameter(unflagged(inside), start, quoted),
            }
        } else {
            let length = self
                .text
                .get(self.at + 1..)
                .unwrap_or_default()
                .iter()
                .take_while(|b| b.is_ascii_alphanumeric() || **b == b'_')
                .count();
            let special = matches!(self.peek(1), b'@' | b'*' | b'#' | b'?' | b'!' | b'$' | b'-');
            if length == 0 && !special {
                text.push(b'$');
                self.at += 1;
                return;
            }
            let end = self.at + 1 + length.max(usize::from(length == 0));
            let name = self.text.get(self.at + 1..end).unwrap_or_default().to_vec();
            self.at = end;
            if special && length == 0 && !matches!(name.as_slice(), b"@" | b"*") {
                let mut opaque = vec![b'$'];
                opaque.extend(name);
                Piece::Opaque(opaque)
            } else {
                // `"$@"` is one field for each of them.
                let all = special && length == 0;
                Piece::Var { name, quoted: quoted && !all }
            }
        };
        flush(word, text);
        word.pieces.push(piece);
    }

    /// What stands between `${` and `}`.
    fn parameter(&mut self, inside: Vec<u8>, start: usize, quoted: bool) -> Piece {
        let length = inside.iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count();
        let (name, rest) = inside.split_at_checked(length).unwrap_or((&inside, &[]));
        let name = name.to_vec();
        match rest {
            [] if length > 0 => return Piece::Var { name, quoted },
            // All elements of an array, or one of them; which one, does not matter.
            [b'[', index @ .., b']'] if length > 0 => {
                self.out.processes.extend(commands_inside(rest));
                return match index {
                    b"@" | b"*" => Piece::Var { name, quoted: false },
                    _ => Piece::Var { name: [name.as_slice(), ELEMENT].concat(), quoted },
                };
            }
            [] if matches!(inside.as_slice(), b"@" | b"*") => {
                return Piece::Var { name: inside, quoted: false };
            }
            _ => {}
        }
        let operator = rest.strip_prefix(b":").unwrap_or(rest);
        if let [sign @ (b'-' | b'=' | b'+'), word @ ..] = operator
            && (length > 0 || rest.len() > operator.len())
        {
            let mut lexer = Lexer::new(word, 0, self.depth);
            let word = if lexer.descend() { lexer.value() } else { Word::default() };
            self.out.whole &= lexer.out.whole;
            self.out.processes.append(&mut lexer.out.processes);
            return Piece::Param { name, word: Box::new(word), alternate: *sign == b'+', quoted };
        }
        // `${x%$(…)}`: what is inside may run commands of its own.
        self.out.processes.extend(commands_inside(&inside));
        Piece::Opaque(self.text.get(start..self.at).unwrap_or_default().to_vec())
    }

    /// A whole text as one word: blanks and operators are no end of it.
    fn value(&mut self) -> Word {
        let mut word = Word { pieces: Vec::new(), quoted: true };
        let mut text = Vec::new();
        while let Some(&b) = self.text.get(self.at) {
            match b {
                b'\'' => {
                    self.at += 1;
                    self.single_quoted(&mut text);
                }
                b'"' => {
                    self.at += 1;
                    self.double_quoted(&mut word, &mut text);
                }
                b'$' | b'`' => self.expansion(&mut word, &mut text, true),
                b'\\' => {
                    text.push(self.peek(1));
                    self.at += 2;
                }
                b => {
                    text.push(b);
                    self.at += 1;
                }
            }
        }
        flush(&mut word, &mut text);
        word
    }

    /// The words of an array, up to its `)`.
    fn array(&mut self) -> Vec<Word> {
        let source = self.until_close();
        let mut lexer = Lexer::new(&source, 0, self.depth);
        if lexer.descend() {
            lexer.run();
        }
        self.out.whole &= lexer.out.whole;
        self.out.processes.append(&mut lexer.out.processes);
        let words = lexer.out.tokens.into_iter().filter_map(|token| match token {
            Token::Word(word) => Some(word),
            _ => None,
        });
        words.collect()
    }

    /// `{` in a word: a list or range expands to several words, anything else is a plain brace.
    fn brace(&mut self, word: &mut Word, text: &mut Vec<u8>) {
        let rest = self.window(self.at);
        let (mut end, mut list, mut quote, mut depth) = (0, false, 0u8, 0usize);
        for (index, b) in rest.iter().enumerate() {
            match (quote, b) {
                (0, b'\'' | b'"') => quote = *b,
                (0, b' ' | b'\t' | b'\n' | b';') => break,
                (0, b'{') => depth += 1,
                (0, b'}') => {
                    depth -= 1;
                    if depth == 0 {
                        end = index + 1;
                        break;
                    }
                }
                (0, b',') => list |= depth == 1,
                (0, b'.') => list |= depth == 1 && rest.get(index + 1) == Some(&b'.'),
                (_, b) if *b == quote => quote = 0,
                _ => {}
            }
        }
        let inside = rest.get(..end).unwrap_or_default();
        let expands = list && !inside.is_empty();
        if expands {
            flush(word, text);
            word.pieces.push(match alternatives(inside) {
                Some(words) => Piece::Braces(words),
                None => {
                    self.out.processes.extend(commands_inside(inside));
                    Piece::Opaque(inside.to_vec())
                }
            });
            self.at += inside.len();
        } else {
            text.push(b'{');
            self.at += 1;
        }
    }
}

/// What stands between `${` and `}` without the flags of zsh, which say how a value is split and matched: `${=x}`,
/// `${~x}`, `${(z)x}` (zshexpn(1)).
fn unflagged(mut inside: Vec<u8>) -> Vec<u8> {
    let end = inside.iter().position(|b| *b == b')');
    let flags = match end {
        Some(end) if inside.first() == Some(&b'(') => end + 1,
        _ => 0,
    };
    let rest = inside.get(flags..).unwrap_or_default();
    // `${=}` and `${^}` alone are nothing of the kind.
    let signs = rest.iter().take_while(|b| matches!(b, b'=' | b'~' | b'^')).count();
    if flags + signs < inside.len() {
        inside.drain(..flags + signs);
    }
    inside
}

fn flush(word: &mut Word, text: &mut Vec<u8>) {
    if !text.is_empty() {
        word.pieces.push(Piece::Text(std::mem::take(text)));
    }
}

fn is_name(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
}

/// `NAME=` or `NAME+=`, behind which an array may stand.
fn is_assigned(text: &[u8]) -> bool {
    let Some(name) = text.strip_suffix(b"=") else { return false };
    let name = name.strip_suffix(b"+").unwrap_or(name);
    is_name(name) && !name.first().is_some_and(u8::is_ascii_digit)
}

/// The words of `{a,b}` when they are plain; nested lists, ranges and what is quoted or expanded inside stay unread.
fn alternatives(inside: &[u8]) -> Option<Vec<Vec<u8>>> {
    let list = inside.strip_prefix(b"{")?.strip_suffix(b"}")?;
    let plain = |b: &u8| !matches!(b, b'{' | b'}' | b'$' | b'`' | b'\'' | b'"' | b'\\' | b'(' | b'<' | b'>');
    if !list.iter().all(plain) || list.windows(2).any(|pair| pair == b"..") {
        return None;
    }
    Some(list.split(|b| *b == b',').map(<[u8]>::to_vec).collect())
}
