//! Functions a line defines: where their bodies stand, and what they do when they run.

use super::super::lex::Token;
use super::blocks::Run;
use super::calls::is_tool;
use super::{DEPTH, Defined, Io, Reader};
use std::rc::Rc;

impl Reader {
    /// A function's body: read as if it ran, and kept for its calls.
    pub(super) fn define(&mut self, run: &mut Run<'_>, name: &[u8]) {
        while matches!(run.peek(), Some(Token::End)) {
            run.at += 1;
        }
        let Some((from, to, after)) = body(run.tokens, run.at) else { return };
        let body: Rc<[Token]> = run.tokens.get(from..to).unwrap_or_default().into();
        run.at = after;
        self.scope.functions.push((name.to_vec(), Rc::clone(&body)));
        if is_tool(name) {
            self.shadowed = true;
        }
        if self.depth > DEPTH {
            self.over = true;
            return;
        }
        self.depth += 1;
        self.active.push(name.to_vec());
        let held: Vec<_> = [b"@", b"*", b"1"].iter().map(|n| (*n, self.scope.held(*n))).collect();
        held.iter().for_each(|(n, _)| self.scope.restore(*n, None));
        let (verdict, out) = self.maybe(&body, &Io::default());
        held.into_iter().for_each(|(n, values)| self.scope.restore(n, values));
        self.active.pop();
        self.depth -= 1;
        self.defined.push(Defined { name: name.to_vec(), verdict, out, called: false });
    }
}

/// Where the body of a function stands that begins here: its tokens, and what comes behind.
fn body(tokens: &[Token], at: usize) -> Option<(usize, usize, usize)> {
    let is_brace = |index: usize, brace: &[u8]| match tokens.get(index) {
        Some(Token::Word(word)) => {
            let before = index.checked_sub(1).and_then(|b| tokens.get(b));
            let placed = match before {
                Some(Token::Word(word)) => {
                    matches!(word.bare(), Some(b"{" | b"}" | b"do" | b"then" | b"else" | b"!"))
                }
                _ => true,
            };
            word.bare() == Some(brace) && (placed || index == at)
        }
        _ => false,
    };
    let mut depth = 0usize;
    let braces = is_brace(at, b"{");
    let (open, close) = match tokens.get(at)? {
        Token::Open => (true, true),
        _ => (braces, braces),
    };
    if !open {
        // Another compound command: up to the end of the line.
        let end = tokens
            .iter()
            .skip(at)
            .position(|t| matches!(t, Token::End | Token::Background))
            .map_or(tokens.len(), |e| at + e);
        return Some((at, end, end));
    }
    for index in at..tokens.len() {
        let (opens, closes) = if braces {
            (is_brace(index, b"{"), is_brace(index, b"}"))
        } else {
            (tokens.get(index) == Some(&Token::Open), close && tokens.get(index) == Some(&Token::Close))
        };
        depth += usize::from(opens);
        if closes {
            depth -= 1;
            if depth == 0 {
                return Some((at + 1, index, index + 1));
            }
        }
    }
    Some((at + 1, tokens.len(), tokens.len()))
}
