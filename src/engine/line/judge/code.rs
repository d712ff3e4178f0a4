//! Code of other languages: what in it is only said (comments, the texts that document it, what is printed, logged or thrown)
//! and what may be handed to another program.
//!
//! Sources: the lexical chapters of the references of Python 3.13, ECMAScript 2025, Ruby 3.4, perl 5.40 (perlop), PHP 8.4.

use std::collections::{BTreeMap, BTreeSet};

/// A language as far as its texts and comments go.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Language {
    Python,
    Script,
    Ruby,
    Perl,
    Php,
}

/// Calls that only say what they are given; the last part of a name counts.
const SAYS: &[&str] = &[
    "abort",
    "alert",
    "critical",
    "debug",
    "die",
    "echo",
    "error",
    "exception",
    "exit",
    "fail",
    "fatal",
    "info",
    "input",
    "log",
    "notice",
    "p",
    "pp",
    "pprint",
    "print",
    "printf",
    "puts",
    "raise",
    "say",
    "trace",
    "warn",
    "warning",
];

/// Calls that make text of what they are given.
const MAKES_TEXT: &[&str] = &[
    "basename",
    "count",
    "float",
    "format",
    "get",
    "int",
    "items",
    "join",
    "keys",
    "len",
    "length",
    "list",
    "lower",
    "now",
    "repr",
    "sorted",
    "str",
    "strftime",
    "stringify",
    "strip",
    "sum",
    "time",
    "title",
    "toString",
    "upper",
];

/// Arguments and keys whose value describes something.
const DESCRIBES: &[&str] =
    &["description", "epilog", "help", "message", "metavar", "prog", "summary", "title", "usage"];

/// More tokens than these are not told apart: the code counts as it stands.
const TOKENS: usize = 200_000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Word,
    Text,
    Comment,
    Sign(u8),
    Line,
}

#[derive(Clone, Copy)]
struct Token {
    kind: Kind,
    from: usize,
    to: usize,
}

/// The code without what is only said; `None` where it counts as it stands. `starts` are the calls with which this language
/// starts other programs.
pub(super) fn acting(interpreter: &[u8], code: &[u8], starts: &[&str]) -> Option<Vec<u8>> {
    let end = interpreter.iter().rposition(|b| b.is_ascii_alphabetic()).map_or(0, |at| at + 1);
    let language = match interpreter.get(..end)? {
        b"python" | b"pypy" => Language::Python,
        b"node" | b"nodejs" | b"bun" | b"deno" | b"ts-node" | b"tsx" => Language::Script,
        b"ruby" | b"irb" => Language::Ruby,
        b"perl" => Language::Perl,
        b"php" => Language::Php,
        _ => return None,
    };
    let tokens = tokens(code, language)?;
    let mut said =
        Said { code, tokens: &tokens, language, starts, defined: BTreeSet::new(), closing: BTreeMap::new() };
    said.prepare();
    let mut out = Vec::with_capacity(code.len());
    let mut at = 0;
    for (from, to) in said.ranges() {
        out.extend_from_slice(code.get(at..from.max(at))?);
        out.push(b' ');
        at = at.max(to);
    }
    out.extend_from_slice(code.get(at..)?);
    Some(out)
}

fn tokens(code: &[u8], language: Language) -> Option<Vec<Token>> {
    let mut out = Vec::new();
    let mut at = 0;
    // What is opened behind this is not closed.
    let closed = code.windows(2).rposition(|w| w == b"*/").unwrap_or(0);
    while let Some(b) = code.get(at) {
        let from = at;
        let rest = code.get(at..)?;
        let kind = match b {
            b'\n' => {
                at += 1;
                Kind::Line
            }
            b if b.is_ascii_whitespace() => {
                at += 1;
                continue;
            }
            b'#' | b'/' if comment(code, at, language, closed).is_some() => {
                at += comment(code, at, language, closed)?;
                Kind::Comment
            }
            b'"' | b'\'' | b'`' => match text(rest, language) {
                Some(length) => {
                    at += length;
                    Kind::Text
                }
                None => {
                    at += 1;
                    Kind::Sign(*b)
                }
            },
            b if is_word(*b) => {
                at += rest.iter().position(|b| !is_word(*b)).unwrap_or(rest.len());
                Kind::Word
            }
            b => {
                at += 1;
                Kind::Sign(*b)
            }
        };
        out.push(Token { kind, from, to: at });
        if out.len() > TOKENS {
            return None;
        }
    }
    Some(out)
}

fn is_word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'$' | b'@')
}

/// How long a comment is that begins here.
fn comment(code: &[u8], at: usize, language: Language, closed: usize) -> Option<usize> {
    let rest = code.get(at..)?;
    let before = at.checked_sub(1).and_then(|b| code.get(b));
    // `$#array`, `s#a#b#`, `http://x`
    let stands_free = before.is_none_or(|b| b.is_ascii_whitespace() || b";{}()".contains(b));
    let line = || rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
    let slashes = matches!(language, Language::Script | Language::Php);
    match rest {
        [b'#', ..] if language != Language::Script && stands_free => Some(line()),
        [b'/', b'/', ..] if slashes && stands_free => Some(line()),
        [b'/', b'*', ..] if slashes && stands_free && at < closed => {
            rest.windows(2).skip(2).position(|w| w == b"*/").map(|end| end + 4)
        }
        _ => None,
    }
}

/// How long a text in quotes is that begins here; `None` where it does not end.
fn text(rest: &[u8], language: Language) -> Option<usize> {
    let quote = *rest.first()?;
    let triple = [quote; 3];
    if language == Language::Python && quote != b'`' && rest.starts_with(&triple) {
        return rest.get(3..)?.windows(3).position(|w| w == triple).map(|end| end + 6);
    }
    // Backquotes start a program in every other language.
    if quote == b'`' && language != Language::Script {
        return None;
    }
    let mut at = 1;
    loop {
        match rest.get(at)? {
            b'\\' => at += 1,
            b'\n' if quote != b'`' => return None,
            b if *b == quote => return Some(at + 1),
            _ => {}
        }
        at += 1;
    }
}

struct Said<'c> {
    code: &'c [u8],
    tokens: &'c [Token],
    language: Language,
    starts: &'c [&'c str],
    /// Names that the code itself makes something of.
    defined: BTreeSet<Vec<u8>>,
    /// What stands behind the bracket that closes another.
    closing: BTreeMap<usize, usize>,
}

impl Said<'_> {
    fn bytes(&self, at: usize) -> &[u8] {
        self.tokens.get(at).and_then(|t| self.code.get(t.from..t.to)).unwrap_or_default()
    }

    fn kind(&self, at: usize) -> Option<Kind> {
        self.tokens.get(at).map(|t| t.kind)
    }

    /// The parts that are only said, in their order.
    fn ranges(&self) -> Vec<(usize, usize)> {
        let mut out: Vec<(usize, usize)> = Vec::new();
        let (mut at, mut depth, mut begins) = (0, 0_usize, true);
        while let Some(token) = self.tokens.get(at) {
            match token.kind {
                Kind::Comment => out.push((token.from, token.to)),
                Kind::Text if begins && depth == 0 && self.documents(at + 1) => {
                    out.push((token.from, token.to))
                }
                Kind::Word => {
                    let end = self.spoken(at, begins).or_else(|| self.described(at));
                    if let Some(last) =
                        end.and_then(|end| end.checked_sub(1)).and_then(|end| self.tokens.get(end))
                    {
                        out.push((token.to, last.to));
                        at = end.unwrap_or(at + 1);
                        begins = false;
                        continue;
                    }
                    // `r"""…"""`
                    let prefix = self.bytes(at).len() < 3
                        && self
                            .tokens
                            .get(at + 1)
                            .is_some_and(|t| t.kind == Kind::Text && t.from == token.to);
                    if begins && prefix {
                        at += 1;
                        continue;
                    }
                }
                Kind::Sign(b'(' | b'[' | b'{') => depth += 1,
                Kind::Sign(b')' | b']' | b'}') => depth = depth.saturating_sub(1),
                _ => {}
            }
            begins = match token.kind {
                Kind::Line => begins || depth == 0 || self.language != Language::Python,
                Kind::Comment => begins,
                Kind::Sign(b';' | b'{' | b'}') => true,
                _ => false,
            };
            at += 1;
        }
        out
    }

    /// Whether a text that begins a statement is one that only documents: nothing follows on its line.
    fn documents(&self, next: usize) -> bool {
        self.language == Language::Python
            && matches!(self.kind(next), None | Some(Kind::Line | Kind::Comment | Kind::Sign(b';')))
    }

    /// Where what a call says ends, when the word here begins one: `print(…)`, `puts "…"`.
    fn spoken(&self, at: usize, begins: bool) -> Option<usize> {
        let word = self.bytes(at);
        let last = word.rsplit(|b| *b == b'.').next().unwrap_or_default();
        let is = |names: &[&str]| names.iter().any(|n| n.as_bytes() == last);
        let stream = [&b"stdout.write"[..], b"stderr.write"].iter().any(|end| word.ends_with(end));
        let thrown = last.ends_with(b"Error") || last.ends_with(b"Exception");
        if !is(SAYS) && !stream && !thrown || (last == word && self.defined.contains(word)) {
            return None;
        }
        let end = match self.kind(at + 1)? {
            Kind::Sign(b'(') => *self.closing.get(&(at + 1))?,
            // `puts "…"`, `print "…" if x`
            Kind::Text if begins && self.language != Language::Script => {
                let stops = |t: &Token| matches!(t.kind, Kind::Line | Kind::Sign(b';' | b'}'));
                let rest = self.tokens.get(at + 1..)?;
                at + 1 + rest.iter().position(stops).unwrap_or(rest.len())
            }
            _ => return None,
        };
        self.is_plain(at + 1, end).then_some(end)
    }

    /// What the code itself makes something of (`log = subprocess.run`, `def log(`, `import x as log`), and where brackets
    /// are closed.
    fn prepare(&mut self) {
        const MAKES: [&[u8]; 7] = [b"as", b"const", b"def", b"function", b"let", b"sub", b"var"];
        let mut open: Vec<usize> = Vec::new();
        let (mut defined, mut closing) = (BTreeSet::new(), BTreeMap::new());
        for (at, token) in self.tokens.iter().enumerate() {
            match token.kind {
                Kind::Word => {
                    let before = at.checked_sub(1).map(|b| self.bytes(b)).unwrap_or_default();
                    let assigned = self.kind(at + 1) == Some(Kind::Sign(b'='))
                        && !matches!(self.kind(at + 2), Some(Kind::Sign(b'=' | b'>')));
                    if assigned || MAKES.contains(&before) {
                        defined.insert(self.bytes(at).to_vec());
                    }
                }
                Kind::Sign(b'(' | b'[' | b'{') => open.push(at),
                Kind::Sign(b')' | b']' | b'}') => {
                    if let Some(begun) = open.pop() {
                        closing.insert(begun, at + 1);
                    }
                }
                _ => {}
            }
        }
        (self.defined, self.closing) = (defined, closing);
    }

    /// `description="…"`, `help: '…'`.
    fn described(&self, at: usize) -> Option<usize> {
        let name = self.bytes(at);
        let names = DESCRIBES.iter().any(|n| n.as_bytes() == name);
        let sign = matches!(self.kind(at + 1)?, Kind::Sign(b'=' | b':'));
        let text = self.kind(at + 2)? == Kind::Text;
        let ends = matches!(self.kind(at + 3), None | Some(Kind::Sign(b',' | b')' | b'}') | Kind::Line));
        // `message = "kubectl delete …"` as a statement is a variable.
        let inside = at.checked_sub(1).and_then(|b| self.kind(b));
        let argument = matches!(inside, Some(Kind::Sign(b'(' | b',' | b'{')))
            || self.kind(at + 3) == Some(Kind::Sign(b','));
        (names && sign && text && ends && argument && self.is_plain(at + 2, at + 3)).then_some(at + 3)
    }

    /// Whether nothing in a part runs anything or writes it elsewhere: no call but those that make text.
    fn is_plain(&self, from: usize, to: usize) -> bool {
        let part = |at: usize| self.tokens.get(at);
        let (Some(first), Some(last)) = (part(from), to.checked_sub(1).and_then(part)) else { return false };
        let whole = self.code.get(first.from..last.to).unwrap_or_default();
        let plain = (from..to).all(|at| match self.kind(at) {
            Some(Kind::Word) => {
                let word = self.bytes(at);
                let last = word.rsplit(|b| *b == b'.').next().unwrap_or_default();
                let makes_text = MAKES_TEXT.iter().any(|n| n.as_bytes() == last);
                let calls = self.kind(at + 1) == Some(Kind::Sign(b'(')) && at + 1 < to;
                // `print(x, file=f)`
                let elsewhere = word == b"file" && self.kind(at + 1) == Some(Kind::Sign(b'='));
                (!calls || makes_text) && !elsewhere
            }
            // `f"{run(x)}"`, `"#{run x}"`, `${run(x)}`
            Some(Kind::Text) => {
                let text = self.bytes(at);
                let brace = text.iter().position(|b| *b == b'{');
                brace.is_none_or(|at| !text.get(at..).unwrap_or_default().iter().any(|b| b"( ".contains(b)))
            }
            Some(Kind::Sign(b'`' | b'|')) => false,
            _ => true,
        });
        plain && !self.starts.iter().any(|call| whole.windows(call.len()).any(|w| w == call.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::acting;

    fn kept(language: &str, code: &str) -> String {
        let starts: &[&str] =
            if language == "node" { &["exec", "$`"] } else { &["system(", "subprocess", "`"] };
        let left = acting(language.as_bytes(), code.as_bytes(), starts).expect(code);
        String::from_utf8_lossy(&left).into_owned()
    }

    #[test]
    fn what_is_only_said_is_left_out() {
        for (language, code) in [
            ("python3", "\"\"\"Wraps X\"\"\"\nimport os"),
            ("python3.12", "def f():\n    '''Runs X.\n\n    And more.\n    '''\n    g()"),
            ("python3", "def f():\n    r\"\"\"X\"\"\"\n"),
            ("python3", "g() # X"),
            ("python3", "print('X')"),
            ("python3", "print(f'X {name}', len(names))"),
            ("python3", "logging.info('X %s', name)"),
            ("python3", "raise RuntimeError('X')"),
            ("python3", "sys.stderr.write('X')"),
            ("python3", "a.add_argument('-x', help='X', default=1)"),
            ("python3", "ArgumentParser(description=\"X\")"),
            ("node", "console.log('X'); f()"),
            ("node", "// X\nf()"),
            ("node", "/* X\n X */ f()"),
            ("node", "throw new Error(`X`)"),
            ("ruby", "puts 'X'\nf"),
            ("ruby", "warn \"X\" if y"),
            ("ruby", "# X\nf"),
            ("perl", "print \"X\\n\"; f();"),
            ("php", "echo 'X'; f();"),
            ("php", "// X\nf();"),
        ] {
            let left = kept(language, code);
            assert!(!left.contains('X'), "{language}: {code}: {left}");
        }
    }

    #[test]
    fn what_may_be_run_stays() {
        for (language, code) in [
            ("python3", "os.system('X')"),
            ("python3", "run(['X'])"),
            ("python3", "c = 'X'"),
            ("python3", "c = '''X'''\nrun(c)"),
            ("python3", "run(\n'X'\n)"),
            ("python3", "run(\n'''X''',\n)"),
            ("python3", "print(run('X'))"),
            ("python3", "print(f\"{run('X')}\")"),
            ("python3", "print(subprocess.check_output('X'))"),
            ("python3", "print('X', file=f)"),
            ("python3", "f.write('X')"),
            ("python3", "message = 'X'"),
            ("python3", "log = subprocess.run\nlog('X')"),
            ("python3", "def log(c): subprocess.run(c)\nlog('X')"),
            ("node", "const log = run; log('X')"),
            ("python3", "'X'.split()"),
            ("python3", "x = \"it's # X\""),
            ("node", "exec('X')"),
            ("node", "const u = 'http://X'"),
            ("node", "f(/[/]/, 'X')"),
            ("ruby", "system 'X'"),
            ("ruby", "puts `X`"),
            ("ruby", "puts \"#{run 'X'}\""),
            ("perl", "print P 'X'"),
            ("perl", "open(P, '|X')"),
            ("php", "echo shell_exec('X');"),
        ] {
            let left = kept(language, code);
            assert!(left.contains('X'), "{language}: {code}: {left}");
        }
        assert_eq!(acting(b"tclsh", b"puts X", &[]), None);
    }

    #[test]
    fn anything_is_read_to_its_end() {
        assert!(acting(b"node", "/* ".repeat(100_000).as_bytes(), &[]).is_some());
        for part in ["'", "\"\"\"", "(", "print(", "/*", "#", "`", "raise 'x", "{"] {
            for language in ["python", "node", "ruby"] {
                let _ = acting(language.as_bytes(), part.repeat(3_000).as_bytes(), &[]);
            }
        }
    }
}
