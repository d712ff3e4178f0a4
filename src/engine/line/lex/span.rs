//! Where something that was opened ends: parentheses, braces, and what runs inside a text that is otherwise not read.

use super::Lexer;

impl Lexer<'_> {
    /// The source up to the `)` that closes what was opened just before; steps over it. Quotes, comments and here
    /// documents inside are stepped over whole: an apostrophe in them opens nothing.
    pub(super) fn until_close(&mut self) -> Vec<u8> {
        let start = self.at;
        let mut depth = 1usize;
        let mut documents: Vec<(Vec<u8>, bool)> = Vec::new();
        while let Some(&b) = self.text.get(self.at) {
            self.at += 1;
            match b {
                b'\\' => self.at += 1,
                b'\'' => self.skip_quoted(b'\''),
                b'"' => self.skip_quoted(b'"'),
                b'#' if self.begins_word() => self.skip_comment(),
                b'<' if self.peek(0) == b'<' && self.peek(1) == b'<' => self.at += 2,
                b'<' if self.peek(0) == b'<' => {
                    self.at += 1;
                    let strip = self.peek(0) == b'-';
                    self.at += usize::from(strip);
                    documents.push((self.delimiter(), strip));
                }
                b'\n' => {
                    for (delimiter, strip) in std::mem::take(&mut documents) {
                        self.here_document(&delimiter, strip);
                    }
                }
                b'(' => depth += 1,
                b')' => {
                    depth -= 1;
                    if depth == 0 {
                        return self.text.get(start..self.at - 1).unwrap_or_default().to_vec();
                    }
                }
                _ => {}
            }
        }
        self.at = self.text.len();
        self.out.whole = false;
        self.text.get(start..).unwrap_or_default().to_vec()
    }

    /// Whether the byte just stepped over stands where a word begins.
    fn begins_word(&self) -> bool {
        let before = self.at.checked_sub(2).and_then(|at| self.text.get(at));
        before.is_none_or(|b| matches!(b, b' ' | b'\t' | b'\n' | b';' | b'('))
    }

    fn skip_quoted(&mut self, quote: u8) {
        while let Some(&b) = self.text.get(self.at) {
            self.at += 1;
            match b {
                b if b == quote => return,
                b'\\' if quote == b'"' => self.at += 1,
                // What is substituted inside double quotes has quotes of its own.
                b'$' if quote == b'"' && self.peek(0) == b'(' && self.descend() => {
                    self.at += 1;
                    self.until_close();
                    self.depth -= 1;
                }
                _ => {}
            }
        }
    }

    /// The word behind `<<`, its quotes taken off.
    fn delimiter(&mut self) -> Vec<u8> {
        while matches!(self.peek(0), b' ' | b'\t') {
            self.at += 1;
        }
        let mut out = Vec::new();
        while let Some(&b) = self.text.get(self.at) {
            match b {
                b' ' | b'\t' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')' => break,
                b'\'' | b'"' | b'\\' => {}
                _ => out.push(b),
            }
            self.at += 1;
        }
        out
    }

    pub(super) fn until_brace(&mut self) -> Vec<u8> {
        let start = self.at;
        let mut depth = 1usize;
        while let Some(&b) = self.text.get(self.at) {
            self.at += 1;
            match b {
                b'\\' => self.at += 1,
                b'{' => depth += 1,
                b'}' => {
                    depth -= 1;
                    if depth == 0 {
                        return self.text.get(start..self.at - 1).unwrap_or_default().to_vec();
                    }
                }
                _ => {}
            }
        }
        self.at = self.text.len();
        self.out.whole = false;
        self.text.get(start..).unwrap_or_default().to_vec()
    }
}

/// Whether a text can be an arithmetic expression: no two operands stand side by side.
pub(super) fn is_arithmetic(text: &[u8]) -> bool {
    let operand = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$' | b'#');
    let mut after_operand = false;
    let mut gap = false;
    for b in text {
        match b {
            b' ' | b'\t' | b'\n' => gap = true,
            b if operand(b) => {
                if after_operand && gap {
                    return false;
                }
                (after_operand, gap) = (true, false);
            }
            b'+' | b'-' | b'*' | b'/' | b'%' | b'<' | b'>' | b'=' | b'!' | b'&' | b'|' | b'^' | b'~'
            | b'?' | b':' | b',' | b'(' | b')' | b'[' | b']' | b'{' | b'}' => {
                (after_operand, gap) = (false, false)
            }
            _ => return false,
        }
    }
    true
}

/// Command substitutions somewhere inside a text that is otherwise not read.
pub(in super::super) fn commands_inside(text: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut lexer = Lexer::new(text, 0, 0);
    while lexer.at < text.len() {
        match lexer.peek(0) {
            b'\\' => lexer.at += 2,
            b'$' if lexer.peek(1) == b'(' => {
                lexer.at += 2;
                found.push(lexer.until_close());
            }
            b'`' => {
                let rest = text.get(lexer.at + 1..).unwrap_or_default();
                let end = rest.iter().position(|b| *b == b'`').unwrap_or(rest.len());
                found.push(rest.get(..end).unwrap_or_default().to_vec());
                lexer.at += end + 2;
            }
            _ => lexer.at += 1,
        }
    }
    found
}
