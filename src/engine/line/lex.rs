//! Shell words: POSIX quoting with the common bash additions, cut into simple commands.

mod span;
mod word;

pub(super) use span::commands_inside;

/// One piece of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Piece {
    /// Literal text.
    Text(Vec<u8>),
    /// `$name` or `${name}`; `quoted` ones are never split into several words.
    Var { name: Vec<u8>, quoted: bool },
    /// `${name:-word}` and its like: the variable's value, or this word; `alternate` (`:+`) is never the value.
    Param { name: Vec<u8>, word: Box<Word>, alternate: bool, quoted: bool },
    /// `$(…)` or backquotes (`back`): the source between them.
    Command { source: Vec<u8>, quoted: bool, back: bool },
    /// `<(…)`, and `>(…)` (`written`): the source; as a word it is the name of a file, which the source writes or reads.
    Process { source: Vec<u8>, written: bool },
    /// `{a,b}`: one word for each.
    Braces(Vec<Vec<u8>>),
    /// `(a b)` behind `NAME=`.
    Array(Vec<Word>),
    /// An expansion whose value cannot be told from the text: `${x%y}`, `$((…))`, `{1..9}`.
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
    /// `;`, newline: the next command stands for itself.
    End,
    /// `&`: the same, and the command before it runs in a shell of its own.
    Background,
    /// `&&`: the next command runs when this one did well.
    And,
    /// `||`: the next command runs when this one did not.
    Or,
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
    /// A here document, in its place after the command's words; in a `quoted` one nothing is expanded.
    Here {
        body: Vec<u8>,
        quoted: bool,
    },
}

/// The tokens of a text, and whether all of it could be read (quotes and parentheses closed).
pub(super) struct Lexed {
    pub tokens: Vec<Token>,
    /// Sources of commands that run inside what is otherwise not read (arithmetic, patterns of expansions).
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
    /// Here documents announced on this line.
    pending: Vec<Pending>,
    /// How deep this text stands inside others.
    depth: usize,
    /// How often more is looked ahead for what may turn out to be nothing.
    tries: usize,
}

/// Deeper than this nothing is read, and [`Lexed::whole`] says so: the text would cost its length once for each level.
const DEEPEST: usize = 32;

/// How often is looked ahead in one text.
const TRIES: usize = 2_000;

/// How far an arithmetic command or a list in braces is looked for; what is longer is taken as text.
const WINDOW: usize = 4096;

/// A here document whose body is still to come.
struct Pending {
    token: usize,
    delimiter: Vec<u8>,
    strip: bool,
    quoted: bool,
}

/// Cuts a text into tokens. Never fails; what is left open ends with the text and clears [`Lexed::whole`].
pub(super) fn lex(text: &[u8]) -> Lexed {
    let mut lexer = Lexer::new(text, 0, 0);
    lexer.run();
    lexer.out
}

impl<'a> Lexer<'a> {
    fn new(text: &'a [u8], at: usize, depth: usize) -> Lexer<'a> {
        let out = Lexed { tokens: Vec::with_capacity(8), processes: Vec::new(), whole: true };
        Lexer { text, at, out, pending: Vec::new(), depth, tries: TRIES }
    }

    /// Goes one level down; false, and to the end of the text, when that is too deep.
    fn descend(&mut self) -> bool {
        self.depth += 1;
        if self.depth > DEEPEST {
            self.depth -= 1;
            self.at = self.text.len();
            self.out.whole = false;
            return false;
        }
        true
    }

    /// The text ahead; nothing when that was looked at too often.
    fn window(&mut self, from: usize) -> &'a [u8] {
        self.tries = self.tries.saturating_sub(1);
        if self.tries == 0 {
            return &[];
        }
        let rest = self.text.get(from..).unwrap_or_default();
        rest.get(..WINDOW).unwrap_or(rest)
    }

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
                let token = self.out.tokens.len();
                let strip = op == b"<<-";
                self.pending.push(Pending { token, delimiter, strip, quoted: target.quoted });
                self.out.tokens.push(Token::Here { body: Vec::new(), quoted: target.quoted });
            } else {
                self.out.tokens.push(Token::Redirect(op, target));
            }
            return true;
        }
        if self.starts(b"((") && self.arithmetic_command() {
            return true;
        }
        let (token, length) = match (self.peek(0), self.peek(1)) {
            (b';', b';') => (Token::BranchEnd, if self.peek(2) == b'&' { 3 } else { 2 }),
            (b';', b'&') => (Token::BranchEnd, 2),
            (b';', _) => (Token::End, 1),
            (b'&', b'&') => (Token::And, 2),
            (b'|', b'|') => (Token::Or, 2),
            (b'&', _) => (Token::Background, 1),
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

    /// `((…))`, which computes and runs nothing: one word.
    fn arithmetic_command(&mut self) -> bool {
        let mut inner = Lexer::new(self.window(self.at + 2), 0, self.depth);
        let inside = inner.until_close();
        if inner.peek(0) != b')' || !span::is_arithmetic(&inside) {
            return false;
        }
        self.at += inner.at + 3;
        self.out.processes.extend(commands_inside(&inside));
        let pieces = vec![Piece::Text(b"((".to_vec()), Piece::Opaque(inside)];
        self.out.tokens.push(Token::Word(Word { pieces, quoted: true }));
        true
    }

    fn read_here_documents(&mut self) {
        for Pending { token, delimiter, strip, quoted } in std::mem::take(&mut self.pending) {
            let (body, closed) = self.here_document(&delimiter, strip);
            self.out.whole &= closed;
            if let Some(slot) = self.out.tokens.get_mut(token) {
                *slot = Token::Here { body, quoted };
            }
        }
    }

    /// The lines up to the delimiter, and whether it came.
    fn here_document(&mut self, delimiter: &[u8], strip: bool) -> (Vec<u8>, bool) {
        let mut body = Vec::new();
        while self.at < self.text.len() {
            let rest = self.text.get(self.at..).unwrap_or_default();
            let length = rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
            let line = rest.get(..length).unwrap_or_default();
            self.at = (self.at + length + 1).min(self.text.len());
            let tabs = if strip { line.iter().take_while(|&&b| b == b'\t').count() } else { 0 };
            let line = line.get(tabs..).unwrap_or_default();
            if line == delimiter {
                return (body, true);
            }
            body.extend_from_slice(line);
            body.push(b'\n');
        }
        (body, false)
    }
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
                        other => format!("{other:?}"),
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
        assert_eq!(words("$((1+2)) ${a} ${a%b}"), ["<?$((1+2))>", "<a>", "<?${a%b}>"]);
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
