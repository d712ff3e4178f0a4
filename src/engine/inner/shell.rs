//! A line that a shell inside a container or on another machine reads: it does what its commands do.
//!
//! The line is cut into commands, and each of them is judged; the worst counts. What the text does not tell makes the line
//! disrupt at least: a program whose name is expanded, a file that is sourced or written, words of which it is not known how
//! many they are where one more option would count. (POSIX.1-2017, Shell Command Language, 2.2 to 2.10; bash 5.2.)

use super::super::effect::Effect;
use super::super::verdict::Verdict;
use super::{READS_ONLY, classify_at, client};
use crate::engine::inner::programs::{SHELL_OWN, SHELL_WORDS};

/// The longest line that is read: no argument of a program can be longer (Linux, `MAX_ARG_STRLEN`).
const LARGEST: usize = 128 << 10;
/// How deep substitutions inside substitutions are followed.
const NESTED: u8 = 16;

/// Judges the words behind the name of a shell. `depth` is how many shells may still be opened inside one another.
pub(super) fn judge(words: &[&[u8]], depth: u8, input: Option<&[u8]>) -> Verdict {
    let Some(depth) = depth.checked_sub(1) else { return Verdict::of(Effect::Disrupt) };
    let Some(at) = line_at(words) else {
        // `echo LINE | sh`: without a file or options of their own shells read what is piped into them.
        return match input {
            Some(text) if words.is_empty() || words == [b"-s"] => line(text, depth),
            _ => Verdict::of(Effect::Disrupt),
        };
    };
    // `-c -e LINE`, `-ec LINE`
    let behind = words.get(at + 1..).unwrap_or_default().iter();
    let given = behind.copied().find(|w| w.first() != Some(&b'-'));
    given.map_or(Verdict::of(Effect::Disrupt), |text| line(text, depth))
}

/// Where `-c` stands: among the options, before any file.
fn line_at(words: &[&[u8]]) -> Option<usize> {
    let mut at = 0;
    while let Some(word) = words.get(at).filter(|w| w.len() > 1 && matches!(w.first(), Some(b'-' | b'+'))) {
        let long = word.starts_with(b"--");
        if !long && word.first() == Some(&b'-') && word.contains(&b'c') {
            return Some(at);
        }
        // `-o pipefail`, `+O extglob`, `--rcfile FILE`
        let takes = match long {
            true => matches!(*word, b"--rcfile" | b"--init-file"),
            false => matches!(word.last(), Some(b'o' | b'O')),
        };
        at += 1 + usize::from(takes);
    }
    None
}

/// Judges a line for a shell.
pub(super) fn line(text: &[u8], depth: u8) -> Verdict {
    if text.len() > LARGEST {
        return Verdict::of(Effect::Disrupt);
    }
    let mut reader = Reader { text, at: 0, depth, nested: NESTED, worst: None, blind: false, document: None };
    reader.list(None);
    let Reader { worst, blind, .. } = reader;
    match worst {
        Some(verdict) if verdict.effect == Effect::Destroy || !blind => verdict,
        _ => Verdict::of(Effect::Disrupt),
    }
}

/// A word as the text tells it: expansions stand in it as they are written.
#[derive(Clone, Default)]
struct Word {
    bytes: Vec<u8>,
    /// Some of it stands in quotes.
    quoted: bool,
    /// An expansion takes part in it.
    expands: bool,
    /// It may be an option, several words or none.
    varies: bool,
}

/// A command being read.
#[derive(Default)]
struct Command {
    words: Vec<Word>,
    /// It writes a file.
    writes: bool,
    /// What it reads from, when the line says so.
    input: Option<Vec<u8>>,
}

struct Reader<'t> {
    text: &'t [u8],
    at: usize,
    depth: u8,
    nested: u8,
    worst: Option<Verdict>,
    /// Something could not be read.
    blind: bool,
    /// A here document: where the line ends behind which it stands, and where it ends itself.
    document: Option<(usize, usize)>,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> u8 {
        self.text.get(self.at + ahead).copied().unwrap_or(0)
    }

    fn add(&mut self, verdict: Verdict) {
        if self.worst.as_ref().is_none_or(|worst| worst.effect < verdict.effect) {
            self.worst = Some(verdict);
        }
    }

    /// Reads commands up to the end, or to the sign that closes this list.
    fn list(&mut self, close: Option<u8>) {
        let mut command = Command::default();
        while self.at < self.text.len() {
            let byte = self.peek(0);
            if Some(byte) == close {
                break;
            }
            match byte {
                b'|' if self.peek(1) != b'|' => {
                    self.at += 1 + usize::from(self.peek(1) == b'&');
                    let input = self.end(std::mem::take(&mut command));
                    command.input = input;
                    // `CMD |` at the end of a line
                    while self.peek(0).is_ascii_whitespace() {
                        self.at += 1;
                    }
                }
                b'&' if self.peek(1) == b'>' => {
                    self.at += 1;
                    self.redirect(&mut command);
                }
                b';' | b'&' | b'|' | b'\n' | b'(' | b')' => {
                    match self.document {
                        Some((newline, end)) if newline == self.at => self.at = end,
                        _ => self.at += 1,
                    }
                    self.end(std::mem::take(&mut command));
                }
                b'#' => {
                    let rest = self.text.get(self.at..).unwrap_or_default();
                    self.at += rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
                }
                b'<' | b'>' if self.peek(1) != b'(' => self.redirect(&mut command),
                b if b.is_ascii_whitespace() => self.at += 1,
                _ => {
                    let word = self.word();
                    let number = !word.bytes.is_empty() && word.bytes.iter().all(u8::is_ascii_digit);
                    // `2>&1`
                    if !(number && matches!(self.peek(0), b'<' | b'>')) {
                        command.words.push(word);
                    }
                }
            }
        }
        self.end(command);
    }

    /// `>FILE`, `2>&1`, `<FILE`, `<<<TEXT`, `<<END`.
    fn redirect(&mut self, command: &mut Command) {
        let from = self.at;
        while matches!(self.peek(0), b'<' | b'>') || (self.at > from && matches!(self.peek(0), b'&' | b'|')) {
            self.at += 1;
        }
        let sign = self.text.get(from..self.at).unwrap_or_default().to_vec();
        while matches!(self.peek(0), b' ' | b'\t') {
            self.at += 1;
        }
        let word = self.word();
        match sign.as_slice() {
            b"<" | b"<&" => {}
            b"<<<" => command.input = Some(word.bytes).filter(|_| !word.expands),
            b"<<" => command.input = self.document(&word),
            // `2>&1`, `>&-`
            b">&" if word.bytes.iter().all(|b| b.is_ascii_digit() || *b == b'-') => {}
            _ => {
                command.writes |=
                    !matches!(word.bytes.as_slice(), b"/dev/null" | b"/dev/stderr" | b"/dev/stdout");
            }
        }
    }

    /// The here document that ends at this word, a `-` before which is stripped; `None` when its text is not known.
    fn document(&mut self, end: &Word) -> Option<Vec<u8>> {
        // A second one on the same line.
        if self.document.is_some_and(|(newline, _)| newline >= self.at) {
            self.blind = true;
            return None;
        }
        let mark = end.bytes.strip_prefix(b"-").unwrap_or(&end.bytes);
        let rest = self.text.get(self.at..).unwrap_or_default();
        let newline = self.at + rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
        let body = self.text.get(newline + 1..).unwrap_or_default();
        let mut length = 0;
        for line in body.split_inclusive(|b| *b == b'\n') {
            if line.trim_ascii() == mark {
                break;
            }
            length += line.len();
        }
        let (inside, rest) = body.split_at_checked(length)?;
        let closing = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
        self.document = Some((newline, newline + 1 + length + closing));
        let expands = !end.quoted && inside.iter().any(|b| b"$`\\".contains(b));
        self.blind |= expands;
        (!expands).then(|| inside.to_vec())
    }

    /// Reads one word.
    fn word(&mut self) -> Word {
        let mut word = Word::default();
        let from = self.at;
        let mut double = false;
        while self.at < self.text.len() {
            let byte = self.peek(0);
            match byte {
                b'\\' => {
                    if self.peek(1) != b'\n' {
                        word.bytes.push(self.peek(1));
                    }
                    word.quoted = true;
                    self.at = (self.at + 2).min(self.text.len());
                    continue;
                }
                b'"' => {
                    double = !double;
                    word.quoted = true;
                }
                b'$' | b'`' => {
                    self.expansion(&mut word, double);
                    continue;
                }
                byte if double => word.bytes.push(byte),
                b'\'' => {
                    let rest = self.text.get(self.at + 1..).unwrap_or_default();
                    let end = rest.iter().position(|b| *b == b'\'');
                    self.blind |= end.is_none();
                    word.bytes.extend_from_slice(rest.get(..end.unwrap_or(rest.len())).unwrap_or_default());
                    word.quoted = true;
                    self.at += end.map_or(rest.len(), |end| end + 1);
                }
                b'<' | b'>' if self.peek(1) == b'(' && word.bytes.is_empty() => {
                    self.at += 1;
                    self.nest(b')');
                    word.bytes.extend_from_slice(b"/dev/fd/63");
                    continue;
                }
                b';' | b'&' | b'|' | b'(' | b')' | b'<' | b'>' => break,
                byte if byte.is_ascii_whitespace() => break,
                // `{a,b}` is several words.
                b'{' if !matches!(self.peek(1), b'}' | b' ' | b'\n') => {
                    word.bytes.push(byte);
                    word.varies |= word.bytes.len() < 3;
                }
                byte => word.bytes.push(byte),
            }
            self.at += 1;
        }
        self.blind |= double;
        // Nothing was taken: the sign stands where none belongs.
        if self.at == from {
            self.at += 1;
            self.blind = true;
        }
        word
    }

    /// `$NAME`, `${…}`, `$(…)`, `$((…))`, backquotes.
    fn expansion(&mut self, word: &mut Word, double: bool) {
        let from = self.at;
        self.at += 1;
        match (self.text.get(from), self.peek(0)) {
            (Some(b'`'), _) => {
                let rest = self.text.get(self.at..).unwrap_or_default();
                let end = rest.iter().position(|b| *b == b'`');
                let inner = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
                self.at += end.map_or(rest.len(), |end| end + 1);
                // Quotes inside are hidden by backslashes: that is not followed.
                self.blind |= end.is_none() || inner.contains(&b'\\');
                self.inside(inner);
            }
            (_, b'(') => self.nest(b')'),
            (_, b'{') => {
                let rest = self.text.get(self.at..).unwrap_or_default();
                let end = rest.iter().position(|b| *b == b'}');
                let inner = rest.get(..end.unwrap_or(rest.len())).unwrap_or_default();
                self.at += end.map_or(rest.len(), |end| end + 1);
                // A command in there, `${x:-$(reboot)}`, or a value that is a program's name.
                let plain = |b: &u8| b.is_ascii_alphanumeric() || b"{_#?!*@%/:.,+-=[]~^".contains(b);
                self.blind |= end.is_none() || !inner.iter().all(plain);
                if inner.iter().any(|b| b"$`(".contains(b)) {
                    self.inside(inner.get(1..).unwrap_or_default());
                }
            }
            // `$'…'`: its escapes are not followed.
            (_, b'\'') if !double => self.blind = true,
            (_, b) if b.is_ascii_alphanumeric() || b == b'_' => {
                while self.peek(0).is_ascii_alphanumeric() || self.peek(0) == b'_' {
                    self.at += 1;
                }
            }
            (_, b'?' | b'#' | b'@' | b'*' | b'$' | b'!' | b'-') => self.at += 1,
            // A dollar alone stands for itself.
            _ => {
                word.bytes.push(b'$');
                return;
            }
        }
        // In quotes it is one word. With letters before it, it is what those letters begin: `-p$PASSWORD`, `http://$HOST`.
        let many = matches!(self.text.get(from..self.at), Some(b"$@" | b"$*"));
        let begins = word.bytes.len() < 2 || word.bytes == b"--";
        word.varies |= begins && (!double || many);
        word.expands = true;
        word.bytes.extend_from_slice(self.text.get(from..self.at).unwrap_or_default());
    }

    /// A list in brackets: `$( … )`, `<( … )`. This side of its opening bracket.
    fn nest(&mut self, close: u8) {
        self.at += 1;
        let Some(nested) = self.nested.checked_sub(1) else {
            self.blind = true;
            self.at = self.text.len();
            return;
        };
        // `$((1 + n))` is arithmetic: read as commands it is none that is known.
        if self.peek(0) == b'(' && self.arithmetic() {
            return;
        }
        self.nested = nested;
        self.list(Some(close));
        self.blind |= self.at >= self.text.len();
        self.at += 1;
        self.nested = nested + 1;
    }

    /// Steps over `((…))` with nothing but names, numbers and signs inside.
    fn arithmetic(&mut self) -> bool {
        let rest = self.text.get(self.at + 1..).unwrap_or_default();
        let plain = |b: &u8| b.is_ascii_alphanumeric() || b" \t_$+-*/%<>=!?:".contains(b);
        let end = rest.iter().position(|b| !plain(b)).unwrap_or(rest.len());
        let whole = rest.get(end..end + 2) == Some(b"))");
        if whole {
            self.at += end + 3;
        }
        whole
    }

    /// The commands of a text that stands inside this one.
    fn inside(&mut self, text: &[u8]) {
        let Some(nested) = self.nested.checked_sub(1) else {
            self.blind = true;
            return;
        };
        let mut inner =
            Reader { text, at: 0, depth: self.depth, nested, worst: None, blind: false, document: None };
        inner.list(None);
        self.blind |= inner.blind;
        inner.worst.into_iter().for_each(|verdict| self.add(verdict));
    }

    /// Judges a command; what it prints, when the line says so.
    fn end(&mut self, command: Command) -> Option<Vec<u8>> {
        let Command { words, writes, input } = command;
        let begins = words.iter().position(|w| {
            !is_assignment(&w.bytes) && (w.expands || !SHELL_WORDS.iter().any(|k| k.is(&w.bytes)))
        });
        for word in words.iter().take(begins.unwrap_or(words.len())) {
            // What is read by the shell before anything else, or parts its words.
            let odd = |name: &[u8]| word.bytes.starts_with(name);
            self.blind |= odd(b"LD_") || odd(b"IFS=") || odd(b"ENV=") || odd(b"BASH_ENV=");
        }
        if writes {
            self.add(Verdict::of(Effect::Disrupt));
        }
        let Some((first, rest)) = begins.and_then(|at| words.get(at..)).and_then(<[Word]>::split_first)
        else {
            if !words.is_empty() {
                self.add(Verdict::why(Effect::Read, READS_ONLY));
            }
            return None;
        };
        let slices: Vec<&[u8]> = std::iter::once(first).chain(rest).map(|w| w.bytes.as_slice()).collect();
        let name = first.bytes.rsplit(|b| *b == b'/').next().unwrap_or_default();
        // `--user $USER`: the value of an option of a client is none of its statements.
        let is_value =
            |at: usize| client::is_client(name) && slices.get(at).is_some_and(|w| w.starts_with(b"-"));
        let loose = rest.iter().enumerate().any(|(at, w)| w.varies && !is_value(at));
        let verdict = match name {
            _ if SHELL_OWN.iter().any(|own| own.is(&first.bytes)) => Verdict::why(Effect::Read, READS_ONLY),
            b"eval" | b"trap" => {
                let all = match name {
                    b"eval" => slices.get(1..).unwrap_or_default().join(&b' '),
                    _ => slices.get(1).copied().unwrap_or_default().to_vec(),
                };
                self.blind |= rest.iter().any(|w| w.expands) || all.starts_with(b"-");
                match self.depth.checked_sub(1) {
                    Some(depth) => line(&all, depth),
                    None => Verdict::of(Effect::Disrupt),
                }
            }
            _ => classify_at(&slices, self.depth, loose, input.as_deref()),
        };
        let unsure = first.expands && verdict.effect < Effect::Disrupt;
        self.add(if unsure { Verdict::of(Effect::Disrupt) } else { verdict });
        let known = !rest.iter().any(|w| w.expands);
        (known && matches!(name, b"echo" | b"printf"))
            .then(|| slices.get(1..).unwrap_or_default().join(&b' '))
    }
}

/// `NAME=value`
fn is_assignment(word: &[u8]) -> bool {
    word.iter().position(|b| *b == b'=').is_some_and(|at| {
        let name = word.get(..at).unwrap_or_default();
        let name = name.strip_suffix(b"+").unwrap_or(name);
        name.first().is_some_and(|b| !b.is_ascii_digit())
            && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
    })
}
