//! Shell words: POSIX quoting with the common bash additions, cut into simple commands.

/// One piece of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Literal text.
    Text(Vec<u8>),
    /// `$name` or `${name}`; `quoted` ones are never split into several words.
    Var { name: Vec<u8>, quoted: bool },
    /// `$(…)` or backquotes (`back`): the source between them.
    Command { source: Vec<u8>, quoted: bool, back: bool },
    /// An expansion whose value cannot be told from the text: `${x:-y}`, `$((…))`, `{a,b}`.
    Opaque(Vec<u8>),
}

/// A word: its pieces, and whether any of it was quoted (a quoted word is never a keyword or an alias).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    pub pieces: Vec<Piece>,
    pub quoted: bool,
}

impl Word {
    /// The text of a word without expansions.
    pub fn literal(&self) -> Option<&[u8]> {
        match self.pieces.as_slice() {
            [] => Some(b""),
            [Piece::Text(t)] => Some(t),
            _ => None,
        }
    }

    /// An unquoted literal: what a keyword, an assignment or an alias has to be.
    pub fn bare(&self) -> Option<&[u8]> {
        if self.quoted { None } else { self.literal() }
    }
}

/// A token of a command line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Word(Word),
    /// `;`, newline, `&`, `&&`, `||`: the next command stands for itself.
    End,
    /// `|` or `|&`: the next command reads what this one writes.
    Pipe,
    /// `(` at a command's place.
    Open,
    /// `)`.
    Close,
    /// `;;`, `;&`, `;;&`: the end of a `case` branch.
    BranchEnd,
    /// A redirection, with the word it goes to; the operator without its number.
    Redirect(&'static [u8], Word),
    /// A here document, in its place after the command's words.
    Here(Vec<u8>),
}

/// The tokens of a text, and whether all of it could be read (quotes and parentheses closed).
pub(super) struct Lexed {
    pub tokens: Vec<Token>,
    /// Sources of process substitutions, which run as commands of their own.
    pub processes: Vec<Vec<u8>>,
    pub whole: bool,
}

/// Longest operators first.
const REDIRECTS: &[&[u8]] =
    &[b"&>>", b"<<<", b"<<-", b"&>", b">>", b">|", b">&", b"<<", b"<>", b"<&", b"<", b">"];

struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    out: Lexed,
    /// Here documents announced on this line: (token to replace, delimiter, strip tabs).
    pending: Vec<(usize, Vec<u8>, bool)>,
}

/// Cuts a text into tokens. Never fails; what is left open ends with the text and clears [`Lexed::whole`].
pub(super) fn lex(text: &[u8]) -> Lexed {
    let out = Lexed { tokens: Vec::with_capacity(8), processes: Vec::new(), whole: true };
    let mut lexer = Lexer { text, at: 0, out, pending: Vec::new() };
    lexer.run();
    lexer.out
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.text.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn starts(&self, with: &[u8]) -> bool {
        self.text.get(self.at..).is_some_and(|rest| rest.starts_with(with))
    }

    fn run(&mut self) {
        while self.at < self.text.len() {
            match self.peek(0) {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\\' if self.peek(1) == b'\n' => self.at += 2,
                b'#' => self.skip_comment(),
                b'\n' => {
                    self.at += 1;
                    self.out.tokens.push(Token::End);
                    self.read_here_documents();
                }
                _ if self.operator() => {}
                _ => {
                    let before = self.at;
                    let word = self.word();
                    if self.at == before {
                        // A byte no rule takes: step over it, and say that the text was not understood.
                        self.at += 1;
                        self.out.whole = false;
                        continue;
                    }
                    self.push_word(word);
                }
            }
        }
        if !self.pending.is_empty() {
            self.out.whole = false;
            self.read_here_documents();
        }
    }

    fn skip_comment(&mut self) {
        while self.at < self.text.len() && self.peek(0) != b'\n' {
            self.at += 1;
        }
    }

    fn push_word(&mut self, word: Word) {
        // `2>file`: the number belongs to the redirection that follows at once.
        let number = word.bare().is_some_and(|t| !t.is_empty() && t.iter().all(u8::is_ascii_digit));
        if !(number && matches!(self.peek(0), b'<' | b'>') && self.peek(1) != b'(') {
            self.out.tokens.push(Token::Word(word));
        }
    }

    /// Takes an operator or redirection, if one stands here.
    fn operator(&mut self) -> bool {
        if matches!(self.peek(0), b'<' | b'>') && self.peek(1) == b'(' {
            return false; // process substitution: part of a word
        }
        if let Some(op) = REDIRECTS.iter().copied().find(|op| self.starts(op)) {
            self.at += op.len();
            while matches!(self.peek(0), b' ' | b'\t') {
                self.at += 1;
            }
            let target = self.word();
            if op == b"<<" || op == b"<<-" {
                let mut delimiter = Vec::new();
                for piece in &target.pieces {
                    if let Piece::Text(t) | Piece::Opaque(t) = piece {
                        delimiter.extend_from_slice(t);
                    }
                }
                self.pending.push((self.out.tokens.len(), delimiter, op == b"<<-"));
                self.out.tokens.push(Token::Here(Vec::new()));
            } else {
                self.out.tokens.push(Token::Redirect(op, target));
            }
            return true;
        }
        let (token, length) = match (self.peek(0), self.peek(1)) {
            (b';', b';') => (Token::BranchEnd, if self.peek(2) == b'&' { 3 } else { 2 }),
            (b';', b'&') => (Token::BranchEnd, 2),
            (b';', _) => (Token::End, 1),
            (b'&', b'&') | (b'|', b'|') => (Token::End, 2),
            (b'&', _) => (Token::End, 1),
            (b'|', b'&') => (Token::Pipe, 2),
            (b'|', _) => (Token::Pipe, 1),
            (b'(', _) => (Token::Open, 1),
            (b')', _) => (Token::Close, 1),
            _ => return false,
        };
        self.at += length;
        self.out.tokens.push(token);
        true
    }

    fn read_here_documents(&mut self) {
        for (token, delimiter, strip) in std::mem::take(&mut self.pending) {
            let mut body = Vec::new();
            let mut closed = false;
            while self.at < self.text.len() {
                let rest = self.text.get(self.at..).unwrap_or_default();
                let length = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
                let line = rest.get(..length).unwrap_or_default();
                self.at = (self.at + length + 1).min(self.text.len());
                let tabs = if strip { line.iter().take_while(|&&b| b == b'\t').count() } else { 0 };
                let line = line.get(tabs..).unwrap_or_default();
                if line == delimiter {
                    closed = true;
                    break;
                }
                body.extend_from_slice(line);
                body.push(b'\n');
            }
            self.out.whole &= closed;
            if let Some(slot) = self.out.tokens.get_mut(token) {
                *slot = Token::Here(body);
            }
        }
    }

    fn word(&mut self) -> Word {
        let mut word = Word::default();
        let mut text = Vec::new();
        while self.at < self.text.len() {
            match self.peek(0) {
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b')' => break,
                b'(' => break,
                b'<' | b'>' if self.peek(1) == b'(' => {
                    self.at += 2;
                    let source = self.until_close();
                    self.out.processes.push(source);
                    flush(&mut word, &mut text);
                    word.pieces.push(Piece::Text(b"/dev/fd/63".to_vec()));
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
            if is_name(&inside) {
                Piece::Var { name: inside, quoted }
            } else {
                // `${x:-$(…)}`: what is inside may run commands of its own.
                self.out.processes.extend(commands_inside(&inside));
                Piece::Opaque(self.text.get(start..self.at).unwrap_or_default().to_vec())
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
            if special && length == 0 {
                let mut opaque = vec![b'$'];
                opaque.extend(name);
                Piece::Opaque(opaque)
            } else {
                Piece::Var { name, quoted }
            }
        };
        flush(word, text);
        word.pieces.push(piece);
    }

    /// `{` in a word: a list or range expands to several words, anything else is a plain brace.
    fn brace(&mut self, word: &mut Word, text: &mut Vec<u8>) {
        let rest = self.text.get(self.at..).unwrap_or_default();
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
            word.pieces.push(Piece::Opaque(inside.to_vec()));
            self.at += inside.len();
        } else {
            text.push(b'{');
            self.at += 1;
        }
    }

    /// The source up to the `)` that closes what was opened just before; steps over it.
    fn until_close(&mut self) -> Vec<u8> {
        let start = self.at;
        let mut depth = 1usize;
        let mut quote = 0u8;
        while let Some(&b) = self.text.get(self.at) {
            self.at += 1;
            match (quote, b) {
                (b'\'', b'\'') | (b'"', b'"') => quote = 0,
                (b'\'', _) => {}
                (_, b'\\') => self.at += 1,
                (b'"', _) => {}
                (_, b'\'' | b'"') => quote = b,
                (_, b'(') => depth += 1,
                (_, b')') => {
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

    fn until_brace(&mut self) -> Vec<u8> {
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

fn flush(word: &mut Word, text: &mut Vec<u8>) {
    if !text.is_empty() {
        word.pieces.push(Piece::Text(std::mem::take(text)));
    }
}

fn is_name(text: &[u8]) -> bool {
    !text.is_empty() && text.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
}

/// Whether a text can be an arithmetic expression: no two operands stand side by side.
fn is_arithmetic(text: &[u8]) -> bool {
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
fn commands_inside(text: &[u8]) -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.windows(2).position(|pair| pair == b"$(") {
        let mut lexer = Lexer {
            text: rest,
            at: at + 2,
            out: Lexed { tokens: Vec::new(), processes: Vec::new(), whole: true },
            pending: Vec::new(),
        };
        found.push(lexer.until_close());
        rest = rest.get(lexer.at..).unwrap_or_default();
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        lex(text.as_bytes())
            .tokens
            .into_iter()
            .map(|t| match t {
                Token::Word(w) => w
                    .pieces
                    .iter()
                    .map(|p| match p {
                        Piece::Text(t) => String::from_utf8_lossy(t).into_owned(),
                        Piece::Var { name, .. } => format!("<{}>", String::from_utf8_lossy(name)),
                        Piece::Command { source, .. } => format!("<({})>", String::from_utf8_lossy(source)),
                        Piece::Opaque(t) => format!("<?{}>", String::from_utf8_lossy(t)),
                    })
                    .collect(),
                other => format!("{other:?}"),
            })
            .collect()
    }

    #[test]
    fn quoting_follows_the_shell() {
        assert_eq!(words(r#"a 'b c' "d \"e\" $f" g\ h"#), ["a", "b c", "d \"e\" <f>", "g h"]);
        assert_eq!(words(r"$'a\x20\n\101'"), ["a \nA"]);
        assert_eq!(words("''"), [""]);
    }

    #[test]
    fn substitutions_keep_their_source() {
        assert_eq!(words("x$(echo ')' $(y))z"), ["x<(echo ')' $(y))>z"]);
        assert_eq!(words("`a \\`b\\``"), ["<(a `b`)>"]);
        assert_eq!(words("$((1+2)) ${a} ${a:-b}"), ["<?$((1+2))>", "<a>", "<?${a:-b}>"]);
    }

    #[test]
    fn redirections_are_not_words() {
        assert_eq!(
            words("a 2>/dev/null"),
            [
                "a",
                "Redirect([62], Word { pieces: [Text([47, 100, 101, 118, 47, 110, 117, 108, 108])], quoted: false })"
            ]
        );
        assert_eq!(words("a <<X\nb\nX\nc").len(), 4);
    }

    #[test]
    fn open_quotes_are_reported() {
        assert!(!lex(b"kubectl get 'x").whole);
        assert!(!lex(b"kubectl get $(x").whole);
        assert!(lex(b"kubectl get 'x'").whole);
    }
}
