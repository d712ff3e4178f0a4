//! Where a dump in SQL stands between its rows: outside, where a statement may begin, or in the body of a function, a string or a
//! comment, whose lines only look like statements. PostgreSQL 15, "Lexical Structure"; MariaDB 10.11, "String Literals" and
//! "Comment Syntax".

/// The longest tag of a dollar quote that is told apart: a name of the server's.
const TAG: usize = 64;

/// A reader of SQL, byte by byte.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Lex {
    inside: Inside,
    /// Something of a statement was read, and not its semicolon.
    open: bool,
    /// The bytes before this one, where they belong together: `--`, `/*`, `E'`.
    before: [u8; 2],
    /// A string that ended just now, and whether a backslash escaped in it: a second quote goes on with it.
    ended: Option<bool>,
    mysql: bool,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Inside {
    #[default]
    Nothing,
    /// `'…'`, or MySQL's `"…"`.
    Text { quote: u8, escapes: bool, escaped: bool },
    /// `"…"`, or MySQL's `` `…` ``.
    Name(u8),
    /// Up to the end of the line.
    Comment,
    /// Up to `*/`.
    Block,
    /// Perhaps the tag of a dollar quote.
    Tag(Vec<u8>),
    /// `$tag$ … $tag$`, and what has come since the last `$`.
    Dollar { tag: Vec<u8>, since: Option<Vec<u8>> },
}

impl Lex {
    /// At the beginning of a statement.
    pub(super) fn new(mysql: bool) -> Lex {
        Lex { mysql, ..Lex::default() }
    }

    /// Whether a statement, or a comment on one, may begin here.
    pub(super) fn is_between(&self) -> bool {
        self.inside == Inside::Nothing && !self.open
    }

    /// Takes in what comes next.
    pub(super) fn read(&mut self, some: &[u8]) {
        for byte in some {
            self.byte(*byte);
        }
    }

    fn byte(&mut self, byte: u8) {
        let before = self.before;
        self.before = [before[1], byte];
        let ended = self.ended.take();
        match &mut self.inside {
            Inside::Nothing => self.outside(byte, before, ended),
            Inside::Text { escaped, .. } if *escaped => *escaped = false,
            Inside::Text { escapes: true, escaped, .. } if byte == b'\\' => *escaped = true,
            Inside::Text { quote, escapes, .. } if byte == *quote => {
                self.ended = Some(*escapes);
                self.inside = Inside::Nothing;
            }
            Inside::Name(quote) if byte == *quote => self.inside = Inside::Nothing,
            Inside::Comment if byte == b'\n' => self.inside = Inside::Nothing,
            Inside::Block if byte == b'/' && before[1] == b'*' => {
                self.inside = Inside::Nothing;
                self.before = [0; 2];
            }
            Inside::Tag(tag) => match byte {
                b'$' => self.inside = Inside::Dollar { tag: std::mem::take(tag), since: None },
                b if is_of_name(b) && tag.len() < TAG => tag.push(b),
                _ => {
                    self.inside = Inside::Nothing;
                    self.outside(byte, before, None);
                }
            },
            Inside::Dollar { tag, since } => match (byte, &mut *since) {
                (b'$', Some(have)) if have == tag => self.inside = Inside::Nothing,
                (b'$', _) => *since = Some(Vec::new()),
                (b, Some(have)) if have.len() < tag.len() => have.push(b),
                _ => *since = None,
            },
            Inside::Text { .. } | Inside::Name(_) | Inside::Comment | Inside::Block => {}
        }
    }

    fn outside(&mut self, byte: u8, before: [u8; 2], ended: Option<bool>) {
        let escapes = |own: bool| ended.unwrap_or(own);
        // `E'…'`, and the E is no end of a name.
        let marked = matches!(before[1], b'e' | b'E') && !is_of_name(before[0]);
        match byte {
            b'\'' => self.text(byte, escapes(self.mysql || marked)),
            b'"' if self.mysql => self.text(byte, escapes(true)),
            b'"' => self.inside = Inside::Name(byte),
            b'`' if self.mysql => self.inside = Inside::Name(byte),
            b'-' if before[1] == b'-' => self.inside = Inside::Comment,
            b'#' if self.mysql => self.inside = Inside::Comment,
            b'*' if before[1] == b'/' => self.inside = Inside::Block,
            b'$' if !self.mysql && !is_of_name(before[1]) => self.inside = Inside::Tag(Vec::new()),
            _ => {}
        }
        match byte {
            b';' => self.open = false,
            // The first of two that begin a comment is nothing yet.
            b'-' | b'/' | b'*' | b'#' => {}
            b if b.is_ascii_whitespace() => {}
            _ => self.open = true,
        }
    }

    fn text(&mut self, quote: u8, escapes: bool) {
        self.inside = Inside::Text { quote, escapes, escaped: false };
    }
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_statement_may_begin() {
        for (text, mysql, want) in [
            ("", false, true),
            ("SELECT 1;", false, true),
            ("SELECT 1", false, false),
            ("SELECT ';", false, false),
            ("SELECT 'it''s';", false, true),
            ("SELECT 'a\\';", false, true),
            ("SELECT E'a\\';", false, false),
            ("SELECT E'a\\'''\\';b';", false, true),
            ("SELECT name'a\\';", false, true),
            ("SELECT 'a\\';", true, false),
            ("SELECT \"a;", false, false),
            ("SELECT `a;`;", true, true),
            ("-- it's\n", false, true),
            ("-- it's", false, false),
            ("/* it's; */", false, true),
            ("/* it's */ /", false, true),
            ("# it's\n", true, true),
            ("CREATE FUNCTION f() AS $$\nINSERT INTO t VALUES (1 -- it's\n);\n", false, false),
            ("CREATE FUNCTION f() AS $$ $_$ ' $$;", false, true),
            ("CREATE FUNCTION f() AS $_$ $$ ' $_$;", false, true),
            ("CREATE FUNCTION f() AS $_$ $x$ ' $_;", false, false),
            ("SELECT $1, a$b;", false, true),
            ("SELECT 8 - 1 / 2;", false, true),
        ] {
            let mut all = Lex::new(mysql);
            all.read(text.as_bytes());
            assert_eq!(all.is_between(), want, "{text}");
        }
    }
}
