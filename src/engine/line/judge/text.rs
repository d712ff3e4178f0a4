//! Text that may be commands: quoted words, here documents, code of other languages, what is printed into a shell.

use super::super::LineVerdict;
use super::super::expand::{Field, joined};
use super::super::tables::{guarded, is_host_tool, starts};
use super::code::acting;
use super::{Io, NOTHING, Reader, STRANGE, basename, guarded_as, only_guarded, only_serious, worse};
use crate::engine::classify::{classify_host, classify_tool};
use crate::engine::tool;

/// How many mentions of a tool in one text are looked at.
const MENTIONS: usize = 64;

impl Reader {
    /// A text that itself reads as a guarded command which would be refused; anything else is nothing.
    pub(super) fn as_text(&mut self, text: &[u8]) -> LineVerdict {
        // What starts a command in an editor.
        let begin = text.iter().position(|b| !matches!(b, b' ' | b'\t' | b'\n' | b'!' | b':' | b'@'));
        let text = text.get(begin.unwrap_or(text.len())..).unwrap_or_default();
        if !names_tool(text) {
            return NOTHING;
        }
        self.strict += 1;
        let (verdict, _) = self.judge(text, &Io::default());
        self.strict -= 1;
        only_serious(verdict)
    }

    /// Every quoted word, and the quoted value of an option, as a text.
    pub(super) fn quoted_words(&mut self, fields: &[Field]) -> LineVerdict {
        let mut verdict = NOTHING;
        for field in fields.iter().filter(|f| f.bytes.iter().any(u8::is_ascii_whitespace)) {
            let bytes = field.bytes.as_slice();
            verdict = worse(verdict, self.as_text(bytes));
            let blank = bytes.iter().position(u8::is_ascii_whitespace).unwrap_or(0);
            let head = bytes.get(..blank).unwrap_or_default();
            // `--command=LINE`, `--checkpoint-action=exec=LINE`
            let signs = head.iter().enumerate().filter(|(_, b)| **b == b'=').map(|(at, _)| at + 1);
            for value in signs.take(3).filter_map(|at| bytes.get(at..)) {
                verdict = worse(verdict, self.as_text(value));
            }
        }
        verdict
    }

    /// The verdict on a here document of a command that is no shell: only what would be refused counts.
    pub(super) fn document(&mut self, io: &Io) -> LineVerdict {
        match io.input.clone().filter(|input| input.document) {
            Some(input) => only_guarded(self.as_text(&input.text)),
            None => NOTHING,
        }
    }

    /// Standard input is read by a shell.
    pub(super) fn feed(&mut self, io: &Io) -> LineVerdict {
        let Some(input) = io.input.clone() else { return STRANGE };
        let mut verdict = if input.shared {
            // The names in it are this line's.
            let all = std::mem::replace(&mut self.scope.exports_all, true);
            let verdict = self.apart(false, |reader| reader.judge(&input.text, &Io::default()).0);
            self.scope.exports_all = all;
            verdict
        } else {
            self.apart(false, |reader| reader.judge(&input.text, &Io::default()).0)
        };
        if input.opaque {
            verdict = worse(verdict, STRANGE);
            verdict = worse(verdict, self.mentioned(&input.hints));
        }
        verdict
    }

    /// The same on another machine or in a container.
    pub(super) fn feed_remote(&mut self, io: &Io) -> LineVerdict {
        let shared = io.input.as_ref().is_some_and(|input| input.shared);
        self.far(shared, |reader| reader.feed(io))
    }

    /// Code of another language: mentions of guarded commands count when it starts other programs, and what is only said
    /// is left out.
    fn code(&mut self, language: &[u8], code: &[u8]) -> LineVerdict {
        let calls = starts(language);
        let starts =
            |code: &[u8]| calls.iter().any(|call| code.windows(call.len()).any(|w| w == call.as_bytes()));
        if !names_tool(code) || !starts(code) {
            return NOTHING;
        }
        match acting(language, code, calls) {
            Some(code) if starts(&code) => self.mentioned(&code),
            Some(_) => NOTHING,
            None => self.mentioned(code),
        }
    }

    /// What a language's interpreter is given: arguments, standard input, a file the line has written.
    pub(super) fn interpreter(&mut self, name: &[u8], rest: &[Field], io: &Io) -> LineVerdict {
        let arguments: Vec<&[u8]> = rest.iter().map(|f| f.bytes.as_slice()).collect();
        let mut verdict = self.code(name, &arguments.join(&b'\n'));
        if let Some(input) = io.input.clone() {
            verdict = worse(verdict, self.code(name, &input.text));
        }
        for field in rest {
            if let Some(text) = self.scope.read(&field.bytes) {
                verdict = worse(verdict, self.code(name, &text));
            }
        }
        verdict
    }

    /// Mentions of guarded tools anywhere in a text, each read as a command up to the end of its line; only what would be
    /// refused counts. Quotes, commas and brackets count as blanks: `["kubectl", "delete", "ns", x]`.
    pub(super) fn mentioned(&mut self, text: &[u8]) -> LineVerdict {
        let mut verdict = NOTHING;
        let mut mentions = 0;
        for line in text.split(|b| matches!(b, b'\n' | b';' | b'|' | b'&')) {
            let words: Vec<&[u8]> = line.split(|b| !is_word(*b)).filter(|w| !w.is_empty()).collect();
            for (at, word) in words.iter().enumerate() {
                // `-v c='kubectl …'`
                let name = basename(word.rsplit(|b| *b == b'=').next().unwrap_or(word));
                let rest = words.get(at + 1..).unwrap_or_default();
                let effect = if let Some(tool) = guarded(name).filter(|_| name.len() > 1) {
                    classify_tool(tool, rest).effect
                } else if is_host_tool(name)
                    || (matches!(name, b"reboot" | b"poweroff" | b"shutdown")
                        && (!rest.is_empty() || is_alone(text, name)))
                {
                    match classify_host(name, rest) {
                        Some(verdict) => verdict.effect,
                        None => continue,
                    }
                } else {
                    continue;
                };
                mentions += 1;
                if mentions > MENTIONS || !self.tick() {
                    self.over = true;
                    return verdict;
                }
                verdict = worse(verdict, only_serious(guarded_as(effect)));
            }
        }
        verdict
    }
}

/// Whether a name stands alone in quotes: `system("reboot")`.
fn is_alone(text: &[u8], name: &[u8]) -> bool {
    let quoted = |quote: u8| {
        let whole = [&[quote], name, &[quote]].concat();
        text.windows(whole.len()).any(|w| w == whole)
    };
    text.trim_ascii() == name || quoted(b'"') || quoted(b'\'') || quoted(b'`')
}

/// A byte of a word in text of any language.
fn is_word(b: u8) -> bool {
    !b.is_ascii_whitespace()
        && !matches!(b, b'"' | b'\'' | b'`' | b',' | b'(' | b')' | b'[' | b']' | b'{' | b'}' | b'\\')
}

/// Whether the name of a guarded tool stands anywhere in a text: what has none is not read any further.
pub(super) fn names_tool(text: &[u8]) -> bool {
    let part = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    text.split(|b| !part(*b))
        .any(|w| guarded(w).is_some() || tool::called_in_line(w).is_some() || w == b"init.d")
}

/// What `echo` prints.
pub(super) fn echo(rest: &[Field]) -> Vec<u8> {
    let is_option = |f: &&Field| {
        f.bytes.len() > 1
            && f.bytes.first() == Some(&b'-')
            && f.bytes.iter().skip(1).all(|b| b"neE".contains(b))
    };
    let options = rest.iter().take_while(is_option).count();
    let (options, rest) = rest.split_at_checked(options).unwrap_or((&[], rest));
    let mut text = escapes(&joined(rest));
    if !options.iter().any(|f| f.bytes.contains(&b'n')) {
        text.push(b'\n');
    }
    text
}

/// What `printf` prints: every `%s` and its like gets the next argument, and the format is used again while there are any.
pub(super) fn printf(rest: &[Field]) -> Vec<u8> {
    let mut words: Vec<&[u8]> = rest.iter().map(|f| f.bytes.as_slice()).collect();
    words.retain(|w| *w != b"--");
    let Some((format, mut arguments)) = words.split_first().map(|(f, a)| (escapes(f), a)) else {
        return Vec::new();
    };
    let mut out = Vec::new();
    loop {
        let before = arguments.len();
        let mut bytes = format.iter();
        while let Some(b) = bytes.next() {
            if *b != b'%' {
                out.push(*b);
                continue;
            }
            match bytes.find(|b| b.is_ascii_alphabetic() || **b == b'%') {
                Some(b'%') => out.push(b'%'),
                _ => {
                    if let Some((argument, more)) = arguments.split_first() {
                        out.extend_from_slice(argument);
                        arguments = more;
                    }
                }
            }
        }
        if arguments.is_empty() || arguments.len() == before || out.len() > super::super::expand::LARGEST {
            return out;
        }
    }
}

/// `\n`, `\t`, `\xHH` and `\NNN` as what they stand for; shells differ in whether `echo` does that.
fn escapes(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter().peekable();
    let number = |bytes: &mut std::iter::Peekable<std::slice::Iter<'_, u8>>, radix: u32, most: usize| {
        let mut value = 0;
        for _ in 0..most {
            let Some(digit) = bytes.peek().and_then(|b| char::from(**b).to_digit(radix)) else { break };
            value = value * radix + digit;
            bytes.next();
        }
        (value & 255) as u8
    };
    while let Some(b) = bytes.next() {
        match b {
            b'\\' if bytes.peek().is_some_and(|b| matches!(b, b'0'..=b'7')) => {
                let most = if bytes.peek() == Some(&&b'0') { 4 } else { 3 };
                out.push(number(&mut bytes, 8, most));
            }
            b'\\' => match bytes.next() {
                Some(b'n') => out.push(b'\n'),
                Some(b't') => out.push(b'\t'),
                Some(b'x') => out.push(number(&mut bytes, 16, 2)),
                Some(other) => out.extend_from_slice(&[b'\\', *other]),
                None => out.push(b'\\'),
            },
            b => out.push(*b),
        }
    }
    out
}

/// `base64 -d` and `openssl base64 -d` of a known text.
pub(super) fn base64(rest: &[Field], text: &[u8]) -> Option<Vec<u8>> {
    if text.is_empty()
        || !rest.iter().any(|f| matches!(f.bytes.as_slice(), b"-d" | b"-D" | b"--decode" | b"-di"))
    {
        return None;
    }
    let mut out = Vec::new();
    let (mut bits, mut count) = (0u32, 0u32);
    for b in text.iter().filter(|b| !b.is_ascii_whitespace()) {
        let value = match b {
            b'A'..=b'Z' => b - b'A',
            b'a'..=b'z' => b - b'a' + 26,
            b'0'..=b'9' => b - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => break,
            _ => return None,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count & 255) as u8);
        }
    }
    Some(out)
}
