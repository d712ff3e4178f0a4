//! Programs that run what a file says: which of its recipes a call reaches, and what those do.

use super::super::LineVerdict;
use super::super::expand::Field;
use super::targets::called;
use super::{Io, NOTHING, Reader, only_serious, worse};

/// Programs that run what a file says: name, the files they look for by themselves, options with which they only tell what
/// they would do. An operand that names a file counts as one.
const RUNNERS: &[(&[u8], &[&str], &[&str])] = &[
    (b"ansible-playbook", &[], &["--check", "-C", "--syntax-check", "--list-tasks", "--list-hosts"]),
    (b"bun", &["package.json"], &[]),
    (b"gmake", &["Makefile", "makefile", "GNUmakefile"], &["-n", "--dry-run", "--just-print", "--recon"]),
    (b"just", &["justfile", "Justfile", ".justfile"], &["-n", "--dry-run", "-l", "--list", "--show"]),
    (b"make", &["Makefile", "makefile", "GNUmakefile"], &["-n", "--dry-run", "--just-print", "--recon"]),
    (b"ninja", &["build.ninja"], &["-n"]),
    (b"npm", &["package.json"], &[]),
    (b"pnpm", &["package.json"], &[]),
    (b"rake", &["Rakefile", "rakefile"], &["-n", "--dry-run", "-T"]),
    (b"run-parts", &["*"], &["--test", "--list", "--report"]),
    (b"task", &["Taskfile.yml", "Taskfile.yaml"], &["-n", "--dry", "-l", "--list"]),
    (b"yarn", &["package.json"], &[]),
];

/// How many lines of a file that a program runs are looked at.
const LINES: usize = 1000;

impl Reader {
    /// A program that runs what a file says which the line has written.
    pub(super) fn runner(&mut self, name: &[u8], rest: &[Field]) -> LineVerdict {
        let Some((_, files, looks)) = RUNNERS.iter().find(|(n, ..)| *n == name) else { return NOTHING };
        if rest.iter().any(|f| looks.iter().any(|l| l.as_bytes() == f.bytes)) {
            return NOTHING;
        }
        let mut verdict = NOTHING;
        let named = rest.iter().map(|f| f.bytes.as_slice()).filter(|w| !w.starts_with(b"-"));
        for path in files.iter().map(|f| f.as_bytes()).chain(named) {
            if let Some(text) = self.scope.read(path) {
                let text = called(name, &text, rest).unwrap_or(text);
                verdict = worse(verdict, self.mentioned(&text));
                verdict = worse(verdict, self.recipes(&text, path.ends_with(b".json")));
            }
        }
        verdict
    }

    /// Lines of recipes (make, just), or quoted texts (`package.json`): each is one for a shell.
    fn recipes(&mut self, text: &[u8], json: bool) -> LineVerdict {
        let mut verdict = NOTHING;
        if json {
            for text in text.split(|b| *b == b'"').filter(|t| t.contains(&b' ')).take(LINES) {
                verdict = worse(verdict, self.as_text(text));
            }
            return verdict;
        }
        self.scope.enter();
        let mut left = LINES;
        for line in text.split(|b| *b == b'\n') {
            if !line.first().is_some_and(|b| matches!(b, b'\t' | b' ')) {
                // `KUBECTL ?= kubectl`
                let at = line.iter().position(|b| *b == b'=').filter(|_| !line.contains(&b'\t'));
                if let Some((name, value)) = at.and_then(|at| line.split_at_checked(at)) {
                    let sign = |b: &u8| matches!(b, b':' | b'?' | b' ');
                    let end = name.iter().position(sign).unwrap_or(name.len());
                    let value = value.get(1..).unwrap_or_default().trim_ascii().to_vec();
                    self.scope.set(name.get(..end).unwrap_or_default(), vec![Some(value)]);
                }
                continue;
            }
            let from = line.iter().position(|b| !matches!(b, b'\t' | b' ' | b'@' | b'-' | b'+'));
            let line = make_variables(line.get(from.unwrap_or(line.len())..).unwrap_or_default());
            if !super::text::names_tool(&line) && !line.contains(&b'$') {
                continue;
            }
            left -= 1;
            if left == 0 {
                self.over = true;
                break;
            }
            self.strict += 1;
            let judged = self.judge(&line, &Io::default()).0;
            self.strict -= 1;
            verdict = worse(verdict, only_serious(judged));
        }
        self.scope.leave(false);
        verdict
    }
}

/// Variables of make as a shell writes them: `$(KUBECTL)`; what is for the shell itself: `$$`.
fn make_variables(line: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some((b, more)) = rest.split_first() {
        rest = more;
        out.push(*b);
        if *b != b'$' {
            continue;
        }
        match more.first() {
            Some(b'$') => rest = more.get(1..).unwrap_or_default(),
            Some(b'(') => {
                let inside = more.get(1..).unwrap_or_default();
                let end = inside.iter().position(|b| !b.is_ascii_alphanumeric() && *b != b'_');
                let name = end.filter(|end| *end > 0 && inside.get(*end) == Some(&b')'));
                if let Some((name, after)) = name.and_then(|end| inside.split_at_checked(end)) {
                    out.extend_from_slice(&[b"{", name, b"}"].concat());
                    rest = after.get(1..).unwrap_or_default();
                }
            }
            _ => {}
        }
    }
    out
}
