//! Opening commands that run another one: their options and operands are stepped over, the inner words judged.

use super::super::LineVerdict;
use super::super::expand::{Field, PROCESS, joined};
use super::super::scope::Text;
use super::super::wrappers::{Inner, Wrapper};
use super::programs::replaced as put;
use super::simple::{STRANGE, assigned_words};
use super::{Io, NOTHING, Reader, only_serious, quoted, worse};
use crate::engine::effect::Effect;
use std::collections::BTreeSet;

/// Wrappers that start a shell when no command follows: it reads standard input.
const SHELL_WITHOUT: &[&str] = &[
    "chroot", "doas", "fakeroot", "nsenter", "pkexec", "run0", "runuser", "script", "sg", "su", "sudo",
    "unshare",
];

/// What stands where a wrapper's own options end.
struct Opened<'w> {
    /// Where the operands begin.
    at: usize,
    /// The line given to `-c`; empty for a shell, whose line is its first operand.
    line: Option<&'w [u8]>,
    /// `-s` of a shell: it reads standard input whatever the operands are.
    stdin: bool,
    /// `env -S`: a line in which further words stand, and the words behind it.
    split: Option<(&'w [u8], &'w [Field])>,
    /// It only says where a command is.
    looks: bool,
}

impl Reader {
    /// Opens a wrapper and judges what it runs.
    pub(super) fn unwrap(&mut self, w: &Wrapper, words: &[Field], io: &Io) -> LineVerdict {
        let Opened { mut at, line, stdin, split, looks } = options(w, words);
        if looks {
            return NOTHING;
        }
        if let Some((value, rest)) = split {
            // `env -S 'kubectl delete'` and further words.
            let mut line = b"env ".to_vec();
            line.extend_from_slice(value);
            line.extend(rest.iter().flat_map(|f| quoted(&f.bytes)));
            return self.judge(&line, io).0;
        }
        if w.inner == Inner::Shell {
            return self.shell(line.is_some(), stdin, words, at, io);
        }
        if let Some(line) = line {
            return self.apart(false, |reader| reader.judge(line, io).0);
        }
        if w.name == "su" {
            // `su - USER -c LINE`: operands may stand before the option.
            let rest = words.get(at..).unwrap_or_default();
            let line = rest.iter().position(|f| f.bytes == b"-c").and_then(|i| rest.get(i + 1));
            return match line {
                Some(line) => self.apart(false, |reader| reader.judge(&line.bytes, io).0),
                None => self.feed(io),
            };
        }
        let operands = at;
        at += w.skip;
        if w.inner == Inner::Remote || w.name == "setarch" {
            // OpenSSH reads options on behind the host.
            at += options(w, words.get(at..).unwrap_or_default()).at;
        }
        if w.inner == Inner::DashC && words.get(at).is_some_and(|f| f.bytes == b"-c") {
            let line = words.get(at + 1).map(|f| f.bytes.as_slice()).unwrap_or_default();
            return self.apart(false, |reader| reader.judge(line, io).0);
        }
        let mut names = Vec::new();
        if w.assigns {
            let is_assignment = |f: &&Field| f.bytes.iter().position(|&b| b == b'=').is_some_and(|i| i > 0);
            let assigned = words.iter().skip(at).take_while(is_assignment);
            names = assigned_words(assigned);
            at += names.len();
        }
        let inner = words.get(at..).unwrap_or_default();
        let held: Vec<_> = names.iter().map(|(name, _)| self.scope.held(name)).collect();
        let resets = resets_environment(w, words.get(..operands).unwrap_or_default());
        let exports = (resets || !names.is_empty()).then(|| self.scope.exports());
        if resets {
            self.scope.set_exports(BTreeSet::new());
        }
        for (name, value) in &names {
            self.scope.set(name, vec![Some(value.clone())]);
            self.scope.export(name, true);
        }
        let own = words.get(..words.len() - inner.len()).unwrap_or_default();
        let mut verdict = match (w.inner, placeholder(own)) {
            (Inner::Extended, Some(mark)) => self.replaced(&mark, inner, io),
            _ => self.inner(w, inner, io),
        };
        let mut skipped = words.get(operands..at).unwrap_or_default().iter();
        if let Some(unsure) = skipped.find(|f| w.skip > 0 && may_be_options(f)) {
            let sure = is_options(unsure);
            if sure || !is_operand(unsure) {
                let programs = !sure && verdict.effect != Effect::Unknown;
                verdict = worse(verdict, self.after_options(w, inner, programs, io));
            }
        }
        if let Some(exports) = exports {
            self.scope.set_exports(exports);
        }
        for ((name, _), values) in names.iter().zip(held) {
            self.scope.restore(name, values);
        }
        verdict
    }

    /// `ssh $OPTS HOST CMD`: the word that is not known was no operand but options, or nothing. What then is the operand
    /// was taken for a command; it is none when that is one of the `programs` that are known.
    fn after_options(&mut self, w: &Wrapper, inner: &[Field], programs: bool, io: &Io) -> LineVerdict {
        let mut verdict = NOTHING;
        let mut rest = inner;
        for _ in 0..OPTIONAL {
            let Some((operand, more)) = rest.split_first() else { break };
            let program = !operand.unknown && (programs || operand.bytes.contains(&b'/'));
            if more.is_empty() || program {
                break;
            }
            let skipped = options(w, more).at;
            rest = more.get(skipped..).unwrap_or_default();
            if !rest.is_empty() {
                verdict = worse(verdict, only_serious(self.inner(w, rest, io)));
            }
            if !may_be_options(operand) {
                break;
            }
        }
        verdict
    }

    fn inner(&mut self, w: &Wrapper, inner: &[Field], io: &Io) -> LineVerdict {
        match w.inner {
            Inner::Remote if inner.is_empty() => self.feed_remote(io),
            Inner::Remote => self.judge_remote(&joined(inner), io),
            Inner::Line if inner.is_empty() => STRANGE,
            Inner::Line if w.name == "eval" => {
                let verdict = self.judge(&joined(inner), io).0;
                if inner.iter().any(|f| f.unknown) {
                    self.scope.doubt();
                }
                verdict
            }
            Inner::Line => self.apart(false, |reader| reader.judge(&joined(inner), io).0),
            // Without a command xargs prints.
            Inner::Extended if inner.is_empty() => NOTHING,
            Inner::Extended => self.extended(inner, io),
            _ if inner.is_empty() && w.name == "systemd-run" => STRANGE,
            _ if inner.is_empty() && SHELL_WITHOUT.contains(&w.name) => self.feed(io),
            _ => self.command(inner, io),
        }
    }

    /// `xargs -I MARK CMD`: once for each line of standard input, put in where the mark stands.
    fn replaced(&mut self, mark: &[u8], inner: &[Field], io: &Io) -> LineVerdict {
        let mut verdict = NOTHING;
        if let Some(input) = io.input.clone() {
            let lines = input.text.split(|b| *b == b'\n').filter(|l| !l.is_empty());
            for line in lines.take(LINES) {
                let with = |f: &Field| Field { bytes: put(&f.bytes, mark, line), ..f.clone() };
                let words: Vec<Field> = inner.iter().map(with).collect();
                verdict = worse(verdict, self.command(&words, &Io::default()));
            }
            if !input.opaque {
                return verdict;
            }
        }
        // What is read is not known: the mark stands for anything.
        worse(verdict, self.command(inner, &Io::default()))
    }

    /// `xargs CMD`: what is read from standard input is added at the end.
    fn extended(&mut self, inner: &[Field], io: &Io) -> LineVerdict {
        let mut words = inner.to_vec();
        let input = io.input.clone();
        if inner.last().is_some_and(|last| last.bytes == b"-c") {
            // `xargs -0 sh -c`: what is read is the line.
            return self.feed(io);
        }
        if let Some(input) = &input {
            let parts = input.text.split(u8::is_ascii_whitespace).filter(|p| !p.is_empty());
            words.extend(parts.map(Field::text));
        }
        if input.is_none_or(|i| i.opaque) {
            words.push(Field { bytes: b"{}".to_vec(), unknown: true, ..Field::default() });
        }
        self.command(&words, &Io::default())
    }

    /// A shell: a line, a script file, or standard input.
    pub(super) fn shell(
        &mut self,
        dash_c: bool,
        stdin: bool,
        words: &[Field],
        at: usize,
        io: &Io,
    ) -> LineVerdict {
        let Some(operand) = words.get(at) else {
            return if dash_c { STRANGE } else { self.feed(io) };
        };
        if dash_c {
            // `sh -c 'kubectl delete "$1"' NAME ARGUMENT…`
            let given: Vec<Vec<u8>> =
                words.get(at + 2..).unwrap_or_default().iter().map(|f| f.bytes.clone()).collect();
            let outside = self.scope.apart(false);
            self.commands = self.commands.saturating_sub(self.scope.size() / 64);
            self.scope.enter();
            self.set_positional(Some(&given));
            let name = words.get(at + 1).filter(|f| !f.unknown).map(|f| f.bytes.clone());
            self.scope.set(b"0", vec![name]);
            let verdict = self.judge(&operand.bytes, io).0;
            self.scope.leave(false);
            self.scope.rejoin(outside);
            return if operand.unknown { worse(STRANGE, verdict) } else { verdict };
        }
        let bytes = operand.bytes.as_slice();
        let given = words.get(at + 1..).unwrap_or_default();
        if (operand.unknown || bytes == b"{}")
            && let Some(text) = self.scope.every_file()
        {
            return self.file(&Text { text, partial: true, shared: false }, Some(given), io);
        }
        if stdin || matches!(bytes, b"-" | b"/dev/stdin" | b"/dev/fd/0" | b"/proc/self/fd/0") {
            return self.feed(io);
        }
        if let Some(text) = self.scope.look(bytes) {
            let verdict = self.script_file(&text, Some(given), io);
            // What a process printed is all there is; a file may hold more than was seen.
            return if bytes == PROCESS { verdict } else { worse(STRANGE, verdict) };
        }
        // A script file: its text is not here; the shim sees what it runs.
        worse(STRANGE, self.quoted_words(words))
    }

    /// A file the line has written is run.
    pub(super) fn file(&mut self, text: &Text, given: Option<&[Field]>, io: &Io) -> LineVerdict {
        worse(STRANGE, self.script_file(text, given, io))
    }

    /// A script that a shell of its own reads: it sees what is exported, and what it is given.
    fn script_file(&mut self, text: &Text, given: Option<&[Field]>, io: &Io) -> LineVerdict {
        // The names in it stand for what they held when it was written.
        let all = self.scope.exports_all;
        self.scope.exports_all |= text.shared;
        let known = given.filter(|given| given.iter().all(|f| !f.unknown));
        let given: Option<Vec<Vec<u8>>> = known.map(|given| given.iter().map(|f| f.bytes.clone()).collect());
        let verdict = self.apart(false, |reader| {
            reader.scope.enter();
            reader.set_positional(given.as_deref());
            let verdict = reader.judge(&text.text, io).0;
            reader.scope.leave(false);
            verdict
        });
        self.scope.exports_all = all;
        verdict
    }

    /// `. FILE`: this very shell reads it, and what it assigns stays.
    pub(super) fn sourced(&mut self, words: &[Field], io: &Io) -> LineVerdict {
        let Some(operand) = words.iter().find(|f| f.bytes != b"--") else { return STRANGE };
        let bytes = operand.bytes.as_slice();
        if operand.unknown {
            let text = self.scope.every_file().unwrap_or_default();
            let verdict = self.judge(&text, io).0;
            self.scope.doubt();
            return worse(STRANGE, verdict);
        }
        if matches!(bytes, b"-" | b"/dev/stdin" | b"/dev/fd/0" | b"/proc/self/fd/0") {
            let Some(input) = io.input.clone() else {
                self.scope.doubt();
                return STRANGE;
            };
            let mut verdict = self.judge(&input.text, &Io::default()).0;
            if input.opaque {
                verdict = worse(verdict, self.mentioned(&input.hints));
                self.scope.doubt();
            }
            return worse(STRANGE, verdict);
        }
        let Some(file) = self.scope.look(bytes) else {
            self.scope.doubt();
            return worse(STRANGE, self.quoted_words(words));
        };
        let (verdict, _) = self.judge(&file.text, io);
        let process = bytes == PROCESS;
        if file.partial || (process && self.process_unknown) {
            self.scope.doubt();
        }
        if process { verdict } else { worse(STRANGE, verdict) }
    }
}

/// How many words that may be options are stepped over.
const OPTIONAL: usize = 8;

/// Whether a word may be options, or nothing at all: `$OPTS`, `"${OPTS[@]}"`, `"$@"`.
fn may_be_options(field: &Field) -> bool {
    field.unknown && (field.optional || field.many)
}

/// Whether it hands nothing of the environment on but what is assigned behind its own name: sudo without `-E`.
fn resets_environment(w: &Wrapper, own: &[Field]) -> bool {
    let short =
        |f: &Field| f.bytes.starts_with(b"-") && !f.bytes.starts_with(b"--") && f.bytes.contains(&b'E');
    let keeps = |f: &Field| short(f) || f.bytes.starts_with(b"--preserve-env");
    matches!(w.name, "doas" | "pkexec" | "run0" | "sudo") && !own.iter().any(keeps)
}

/// Whether what stands for it may be options: `$OPTS`, `$APT_FLAGS`, `"$@"`.
pub(super) fn may_hold_options(field: &Field) -> bool {
    named(field, &[b"OPT", b"ARG", b"FLAG", b"EXTRA", b"PARAM", b"@", b"*"])
}

/// Whether its name says that it is options: `$SSH_OPTS`; an array in quotes can be nothing else.
fn is_options(field: &Field) -> bool {
    field.many && (field.quoted || named(field, &[b"OPT", b"ARG", b"FLAG"]))
}

/// Whether its name says that it is an operand.
fn is_operand(field: &Field) -> bool {
    named(field, &[b"HOST", b"SERVER", b"NODE", b"ADDR", b"MACHINE", b"TARGET"])
}

fn named(field: &Field, parts: &[&[u8]]) -> bool {
    let name = field.bytes.to_ascii_uppercase();
    parts.iter().any(|part| name.windows(part.len()).any(|w| w == *part))
}

/// How many lines of input are put into a command of xargs.
const LINES: usize = 64;

/// The mark `xargs -I` puts its input in for.
fn placeholder(own: &[Field]) -> Option<Vec<u8>> {
    own.iter().enumerate().find_map(|(at, field)| match field.bytes.as_slice() {
        b"-I" | b"-J" => own.get(at + 1).map(|f| f.bytes.clone()),
        b"-i" | b"--replace" => Some(b"{}".to_vec()),
        option => {
            let joined = option.strip_prefix(b"--replace=").or_else(|| option.strip_prefix(b"-I"));
            joined.filter(|mark| !mark.is_empty()).map(<[u8]>::to_vec)
        }
    })
}

/// Steps over a wrapper's options.
fn options<'w>(w: &Wrapper, words: &'w [Field]) -> Opened<'w> {
    let mut opened = Opened { at: 0, line: None, stdin: false, split: None, looks: false };
    let text = |at: usize| words.get(at).map(|f| f.bytes.as_slice()).unwrap_or_default();
    while let Some(field) = words.get(opened.at) {
        let bytes = field.bytes.as_slice();
        if bytes == b"--" {
            opened.at += 1;
            break;
        }
        let option = bytes.len() > 1 && (bytes[0] == b'-' || (w.inner == Inner::Shell && bytes[0] == b'+'));
        if !option {
            break;
        }
        opened.at += 1;
        if let Some(long) = bytes.strip_prefix(b"--") {
            if w.longs.iter().any(|l| l.as_bytes() == long) {
                opened.at += 1;
            } else if w.name == "env" && long.starts_with(b"split-string") {
                let joined = long.strip_prefix(b"split-string=");
                let from = opened.at + usize::from(joined.is_none());
                let value = joined.unwrap_or_else(|| text(opened.at));
                opened.split = Some((value, words.get(from..).unwrap_or_default()));
                return opened;
            } else if long == b"command" && matches!(w.inner, Inner::Shell | Inner::DashC) {
                opened.line = Some(text(opened.at));
                // A shell's line is its first operand.
                opened.at += usize::from(w.inner != Inner::Shell);
            } else if let Some(value) = long.strip_prefix(b"command=") {
                opened.line = Some(value);
            }
            continue;
        }
        let letters = &bytes[1..];
        if only_reads(w, letters) {
            opened.looks = true;
            return opened;
        }
        if w.name == "env" && letters.first() == Some(&b'S') {
            let (value, from) = match letters.get(1..) {
                Some(value) if !value.is_empty() => (value, opened.at),
                _ => (text(opened.at), opened.at + 1),
            };
            opened.split = Some((value, words.get(from..).unwrap_or_default()));
            return opened;
        }
        if w.name == "command" && letters.iter().any(|l| matches!(l, b'v' | b'V')) {
            opened.looks = true;
            return opened;
        }
        cluster(w, letters, words, &mut opened);
    }
    opened
}

/// Whether a shell only checks what it reads: `bash -n`. An interactive one ignores it.
fn only_reads(w: &Wrapper, letters: &[u8]) -> bool {
    let posix = w.inner == Inner::Shell && (w.shorts == "oO" || w.name == "fish");
    posix && letters.iter().all(u8::is_ascii_lowercase) && letters.contains(&b'n') && !letters.contains(&b'i')
}

/// One word of one-letter options.
fn cluster<'w>(w: &Wrapper, letters: &'w [u8], words: &'w [Field], opened: &mut Opened<'w>) {
    for (i, letter) in letters.iter().enumerate() {
        let takes_line = *letter == b'c' && matches!(w.inner, Inner::Shell | Inner::DashC);
        opened.stdin |= *letter == b's' && w.inner == Inner::Shell;
        if takes_line && w.inner == Inner::Shell {
            // The line is the first operand, whatever letters follow.
            opened.line = Some(b"");
        } else if takes_line {
            opened.line = match letters.get(i + 1..) {
                Some(value) if !value.is_empty() => Some(value),
                _ => {
                    opened.at += 1;
                    words.get(opened.at - 1).map(|f| f.bytes.as_slice())
                }
            };
            return;
        } else if w.shorts.as_bytes().contains(letter) {
            if i + 1 == letters.len() {
                opened.at += 1;
            }
            return;
        }
    }
}
