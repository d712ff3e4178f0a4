//! Programs that start others in ways of their own: containers, `find`, `parallel`, `git`, `trap`, code in an argument.

use super::super::LineVerdict;
use super::super::expand::{Field, joined};
use super::super::tables::is_interpreter;
use super::{Io, NOTHING, Reader, STRANGE, guarded_as, unguarded, worse};
use crate::engine::effect::Effect;
use crate::engine::tool;

/// Tools that run a command with other credentials, environment or place: name, subcommand, operands before the command
/// when no `--` stands there. Without a command they start a shell.
const EXECUTORS: &[(&[u8], &[u8], usize)] = &[
    (b"asdf", b"exec", 0),
    (b"aws-vault", b"exec", 1),
    (b"bundle", b"exec", 0),
    (b"chamber", b"exec", 1),
    (b"devbox", b"run", 0),
    (b"direnv", b"exec", 1),
    (b"doppler", b"run", 0),
    (b"incus", b"exec", 1),
    (b"infisical", b"run", 0),
    (b"kubie", b"exec", 2),
    (b"lxc", b"exec", 1),
    (b"mise", b"exec", 0),
    (b"mise", b"x", 0),
    (b"multipass", b"exec", 1),
    (b"op", b"run", 0),
    (b"pipenv", b"run", 0),
    (b"poetry", b"run", 0),
    (b"rtx", b"exec", 0),
    (b"saml2aws", b"exec", 0),
    (b"tailscale", b"ssh", 1),
    (b"teller", b"run", 0),
    (b"tsh", b"ssh", 1),
    (b"uv", b"run", 0),
];

/// Commands that open a shell somewhere else which reads standard input: the words that begin them.
const REMOTE_SHELLS: &[&[&[u8]]] = &[
    &[b"az", b"ssh"],
    &[b"flyctl", b"ssh"],
    &[b"gcloud", b"compute", b"ssh"],
    &[b"heroku", b"run"],
    &[b"machinectl", b"shell"],
    &[b"multipass", b"shell"],
    &[b"tsh", b"ssh"],
    &[b"vagrant", b"ssh"],
];

/// Executors that run the command on another machine.
const FAR: &[&[u8]] = &[b"incus", b"lxc", b"multipass", b"tailscale", b"tsh"];

impl Reader {
    /// A program with ways of its own; `None` for the others.
    pub(super) fn program(&mut self, name: &[u8], rest: &[Field], io: &Io) -> Option<LineVerdict> {
        let verdict = match name {
            b"find" | b"fd" => self.executed_by_find(rest, io),
            b"guard" => self.guard_itself(rest, io),
            b"docker" | b"podman" | b"nerdctl" | b"finch" | b"docker-compose" | b"podman-compose" => {
                return self.container(name, rest, io);
            }
            b"minikube" | b"microk8s" | b"k3s" | b"k0s" | b"rke2" => match behind(b"kubectl", rest) {
                Some(rest) => {
                    let dashes = usize::from(rest.first().is_some_and(|f| f.bytes == b"--"));
                    self.guarded_call(&tool::KUBECTL, rest.get(dashes..).unwrap_or_default(), io)
                }
                _ => return None,
            },
            b"kubectx" => return self.guarded_alias(b"ctx", rest, io),
            b"kubens" => return self.guarded_alias(b"ns", rest, io),
            b"trap" => {
                let line = rest.iter().find(|f| f.bytes != b"--");
                let line = line.filter(|f| !f.bytes.starts_with(b"-") && !f.bytes.is_empty())?;
                let line = line.bytes.clone();
                self.scope.enter();
                let (verdict, _) = self.judge(&line, io);
                self.scope.leave(false);
                verdict
            }
            b"ansible" => worse(STRANGE, self.fleet(name, rest)),
            b"parallel" => self.parallel(rest, io),
            b"awk" | b"gawk" | b"mawk" | b"nawk" => self.awk(rest),
            b"sed" => self.sed(rest),
            b"git" => self.git(rest, io),
            b"crontab" => {
                let mut verdict = STRANGE;
                let text = rest.iter().find_map(|f| self.scope.read(&f.bytes));
                let listed = rest.iter().any(|f| matches!(f.bytes.as_slice(), b"-l" | b"-r" | b"-e"));
                let input = io.input.clone().filter(|_| !listed);
                for text in text.into_iter().chain(input.map(|i| i.text.clone())) {
                    verdict = worse(verdict, self.mentioned(&text));
                }
                verdict
            }
            b"at" | b"batch" => {
                let text = rest.iter().find_map(|f| self.scope.look(&f.bytes));
                match text {
                    Some(text) => self.file(&text, None, io),
                    None => self.feed(io),
                }
            }
            b"source" | b"." => self.sourced(rest, io),
            _ if is_interpreter(name) => {
                let mut verdict = worse(STRANGE, self.interpreter(name, rest, io));
                // `bun run x` reads a file as npm does.
                verdict = worse(verdict, self.runner(name, rest));
                if self.strict == 0 {
                    verdict = worse(verdict, self.guarded_words(rest));
                }
                // `python --version`
                let version =
                    matches!(rest, [f] if matches!(f.bytes.as_slice(), b"--version" | b"-V" | b"-v"));
                if version { NOTHING } else { verdict }
            }
            _ => {
                let runs = worse(self.runner(name, rest), self.fleet(name, rest));
                let other = self.elsewhere(name, rest, io);
                // Its words are read as those of any program that is not known, too.
                return if runs.guarded < Some(Effect::Disrupt) {
                    other
                } else {
                    Some(worse(runs, other.unwrap_or(STRANGE)))
                };
            }
        };
        Some(verdict)
    }

    /// A plugin under a name of its own.
    fn guarded_alias(&mut self, plugin: &[u8], rest: &[Field], io: &Io) -> Option<LineVerdict> {
        let mut words = vec![Field::text(plugin)];
        words.extend_from_slice(rest);
        Some(self.guarded_call(&tool::KUBECTL, &words, io))
    }

    /// Executors and remote shells.
    fn elsewhere(&mut self, name: &[u8], rest: &[Field], io: &Io) -> Option<LineVerdict> {
        let row =
            EXECUTORS.iter().find(|(n, sub, _)| *n == name && rest.first().is_some_and(|f| f.bytes == *sub));
        if let Some((.., operands)) = row {
            let operands = *operands;
            if FAR.contains(&name) {
                return Some(self.far(false, |reader| reader.executed(operands, rest, io)));
            }
            return Some(self.executed(operands, rest, io));
        }
        let begins = |words: &&&[&[u8]]| {
            words.split_first().is_some_and(|(first, more)| {
                *first == name && more.iter().zip(rest).filter(|(w, f)| **w == f.bytes).count() == more.len()
            })
        };
        REMOTE_SHELLS.iter().find(begins)?;
        let mut verdict = worse(STRANGE, self.feed_remote(io));
        // `vagrant ssh -c LINE`, `gcloud compute ssh VM --command=LINE`
        for (at, field) in rest.iter().enumerate() {
            let line = match field.bytes.as_slice() {
                b"-c" | b"--command" | b"-C" => rest.get(at + 1).map(|f| f.bytes.clone()),
                bytes => bytes.strip_prefix(b"--command=").map(<[u8]>::to_vec),
            };
            if let Some(line) = line {
                verdict = worse(verdict, self.judge_remote(&line, io));
            }
        }
        verdict = worse(verdict, self.guarded_words(rest));
        Some(worse(verdict, self.quoted_words(rest)))
    }

    /// What an executor runs, by the words behind its own name.
    fn executed(&mut self, operands: usize, rest: &[Field], io: &Io) -> LineVerdict {
        let rest = rest.get(1..).unwrap_or_default();
        if let Some(at) = rest.iter().position(|f| f.bytes == b"--") {
            let inner = rest.get(at + 1..).unwrap_or_default();
            return if inner.is_empty() { self.feed(io) } else { self.command(inner, io) };
        }
        // Which of its options take a word is not known: the words are tried from each place as well.
        let plain: Vec<usize> =
            (0..rest.len()).filter(|at| rest.get(*at).is_some_and(|f| !f.bytes.starts_with(b"-"))).collect();
        match plain.get(operands) {
            Some(at) => {
                let verdict = self.command(rest.get(*at..).unwrap_or_default(), io);
                let verdict = worse(verdict, self.guarded_words(rest));
                worse(verdict, self.quoted_words(rest))
            }
            None => self.feed(io),
        }
    }

    /// `guard run -- CMD` runs it. What switches guard off, or takes copies away, is a person's to do; the rest only looks.
    fn guard_itself(&mut self, rest: &[Field], io: &Io) -> LineVerdict {
        match rest.split_first() {
            Some((sub, rest)) if sub.bytes == b"run" => {
                let at = rest.iter().position(|f| f.bytes == b"--").map_or(0, |at| at + 1);
                self.command(rest.get(at..).unwrap_or_default(), io)
            }
            Some((sub, rest)) => {
                let has = |word: &[u8]| rest.iter().any(|f| f.bytes == word);
                match sub.bytes.as_slice() {
                    b"uninstall" => guarded_as(Effect::Disrupt),
                    b"init" if has(b"--off") => guarded_as(Effect::Disrupt),
                    b"kept" if has(b"prune") => guarded_as(Effect::Destroy),
                    _ => NOTHING,
                }
            }
            None => NOTHING,
        }
    }

    /// `find … -exec CMD … ;`
    fn executed_by_find(&mut self, words: &[Field], io: &Io) -> LineVerdict {
        let mut verdict = NOTHING;
        let mut rest = words;
        let scratch = self.remote > 0 && self.begins_in_scratch(words);
        while let Some(at) = rest.iter().position(|f| {
            matches!(f.bytes.as_slice(), b"-exec" | b"-execdir" | b"-ok" | b"-okdir" | b"-x" | b"-X")
        }) {
            rest = rest.get(at + 1..).unwrap_or_default();
            let end =
                rest.iter().position(|f| matches!(f.bytes.as_slice(), b";" | b"+")).unwrap_or(rest.len());
            let mut inner = rest.get(..end).unwrap_or_default().to_vec();
            if scratch {
                // What it finds lies below the place it begins at.
                let found = words.first().map(|f| [&f.bytes, &b"/x"[..]].concat()).unwrap_or_default();
                inner.iter_mut().filter(|f| f.bytes == b"{}").for_each(|f| f.bytes.clone_from(&found));
            }
            verdict = worse(verdict, self.command(&inner, io));
            rest = rest.get(end..).unwrap_or_default();
        }
        let deletes = rest.iter().any(|f| f.bytes == b"-delete");
        match deletes {
            // On another machine what is lost is refused like a guarded command.
            true if scratch => {
                self.scratched = true;
                worse(verdict, STRANGE)
            }
            true if self.remote > 0 => worse(verdict, guarded_as(Effect::Destroy)),
            true => worse(verdict, unguarded(Effect::Destroy)),
            false => verdict,
        }
    }

    /// GNU parallel: a line for a shell and its arguments; without a line the arguments are lines.
    fn parallel(&mut self, rest: &[Field], io: &Io) -> LineVerdict {
        let is_source = |f: &Field| f.bytes.starts_with(b":::");
        let sources = rest.iter().position(is_source).unwrap_or(rest.len());
        let (own, arguments) = rest.split_at_checked(sources).unwrap_or((rest, &[]));
        if own.iter().any(|f| matches!(f.bytes.as_slice(), b"--dry-run" | b"--dryrun")) {
            return NOTHING;
        }
        let mut at = 0;
        while let Some(option) = own.get(at).filter(|f| f.bytes.starts_with(b"-")) {
            let bytes = option.bytes.as_slice();
            let takes = matches!(bytes, [b'-', letter] if b"jaNnLICdEPsSlU".contains(letter))
                || [
                    &b"--jobs"[..],
                    b"--arg-file",
                    b"--colsep",
                    b"--delimiter",
                    b"--joblog",
                    b"--results",
                    b"--retries",
                    b"--sshlogin",
                    b"--delay",
                    b"--timeout",
                    b"--max-args",
                    b"--max-procs",
                    b"--halt",
                ]
                .contains(&bytes);
            at += 1 + usize::from(takes);
        }
        let line = joined(own.get(at..).unwrap_or_default());
        let arguments: Vec<Field> = arguments.iter().filter(|f| !is_source(f)).cloned().collect();
        if line.is_empty() {
            let mut verdict = if arguments.is_empty() { self.feed(io) } else { STRANGE };
            for argument in &arguments {
                verdict = worse(verdict, self.judge(&argument.bytes, &Io::default()).0);
            }
            return verdict;
        }
        let mut values: Vec<Vec<u8>> = arguments.into_iter().take(64).map(|f| f.bytes).collect();
        if values.is_empty() {
            values = match &io.input {
                Some(input) if !input.opaque => {
                    input.text.split(|b| *b == b'\n').take(64).map(<[u8]>::to_vec).collect()
                }
                _ => vec![b"$INPUT".to_vec()],
            };
        }
        let mut verdict = NOTHING;
        for value in values {
            let whole = match find(&line, b"{}").or_else(|| find(&line, b"{1}")) {
                Some(_) => replaced(&replaced(&line, b"{}", &value), b"{1}", &value),
                None => [line.as_slice(), b" ", &value].concat(),
            };
            verdict = worse(verdict, self.judge(&whole, &Io::default()).0);
        }
        verdict
    }

    /// awk prints; what it starts by `system` or a pipe of its own is a command.
    fn awk(&mut self, rest: &[Field]) -> LineVerdict {
        let program = joined(rest);
        let pipes =
            program.contains(&b'"') && rest.iter().any(|f| !f.bytes.starts_with(b"-F") && has_pipe(&f.bytes));
        let system = program.windows(6).any(|w| w == b"system");
        if system || pipes { self.mentioned(&program) } else { NOTHING }
    }

    /// sed edits; its `e` runs a command.
    fn sed(&mut self, rest: &[Field]) -> LineVerdict {
        let mut verdict = NOTHING;
        for script in rest.iter().filter(|f| f.bytes.len() > 2) {
            let bytes = script.bytes.as_slice();
            let command = bytes.iter().position(|b| *b == b'e').filter(|at| {
                let before = at.checked_sub(1).and_then(|b| bytes.get(b));
                bytes.get(at + 1) == Some(&b' ') && before.is_none_or(|b| !b.is_ascii_alphabetic())
            });
            if command.is_some() || (bytes.starts_with(b"s") && bytes.ends_with(b"e")) {
                verdict = worse(verdict, self.mentioned(bytes));
            }
        }
        verdict
    }

    /// git takes text; a few of its words are commands.
    fn git(&mut self, rest: &[Field], io: &Io) -> LineVerdict {
        let mut verdict = NOTHING;
        let follows = |word: &[u8]| rest.iter().position(|f| f.bytes == word).and_then(|at| rest.get(at + 1));
        for option in [&b"-c"[..], b"--config-env"] {
            let Some(setting) = follows(option) else { continue };
            let at = setting.bytes.iter().position(|b| *b == b'=').unwrap_or(setting.bytes.len());
            let (name, value) = setting.bytes.split_at_checked(at).unwrap_or((&setting.bytes, &[]));
            let lower = name.to_ascii_lowercase();
            let runs = [
                &b"alias."[..],
                b"core.pager",
                b"core.editor",
                b"core.sshcommand",
                b"pager.",
                b"diff.",
                b"merge.",
            ];
            if runs.iter().any(|r| lower.starts_with(r)) {
                let value = value.get(1..).unwrap_or_default().to_vec();
                verdict = worse(verdict, self.as_text(&value));
            }
        }
        let verb = rest.iter().find(|f| !f.bytes.starts_with(b"-")).map(|f| f.bytes.as_slice());
        match verb {
            Some(b"rebase") => {
                let line = follows(b"-x").or_else(|| follows(b"--exec")).map(|f| f.bytes.clone());
                let joined = rest.iter().find_map(|f| f.bytes.strip_prefix(b"--exec=").map(<[u8]>::to_vec));
                for line in line.into_iter().chain(joined) {
                    verdict = worse(verdict, self.judge(&line, io).0);
                }
            }
            Some(b"bisect") => {
                let at = rest.iter().position(|f| f.bytes == b"run");
                if let Some(inner) = at.and_then(|at| rest.get(at + 1..)) {
                    verdict = worse(verdict, self.command(inner, io));
                }
            }
            Some(b"submodule") => {
                let at = rest.iter().position(|f| f.bytes == b"foreach");
                if let Some(inner) = at.and_then(|at| rest.get(at + 1..)) {
                    let inner: Vec<Field> =
                        inner.iter().filter(|f| f.bytes != b"--recursive").cloned().collect();
                    verdict = worse(verdict, self.judge(&joined(&inner), io).0);
                }
            }
            Some(b"config") => {
                for line in rest.iter().filter_map(|f| f.bytes.strip_prefix(b"!")) {
                    verdict = worse(verdict, self.as_text(line));
                }
            }
            Some(b"filter-branch" | b"difftool" | b"mergetool") => {
                verdict = worse(verdict, self.quoted_words(rest));
            }
            _ => {}
        }
        verdict
    }
}

/// Whether an awk program has a pipe outside its strings (in a program whose quotes do not pair up, anywhere).
fn has_pipe(program: &[u8]) -> bool {
    let pairs = program.iter().filter(|b| **b == b'"').count() % 2 == 0;
    let mut inside = false;
    program.windows(2).any(|w| {
        inside ^= pairs && w.first() == Some(&b'"');
        !inside && matches!(w, b"|\"" | b"| ")
    })
}

/// The words behind a subcommand before which only options stand, and their values.
fn behind<'f>(sub: &[u8], words: &'f [Field]) -> Option<&'f [Field]> {
    let at = words.iter().position(|f| f.bytes == sub)?;
    let mut value = false;
    for field in words.get(..at).unwrap_or_default() {
        let option = field.bytes.starts_with(b"-");
        if !option && !value {
            return None;
        }
        value = option && !field.bytes.contains(&b'=');
    }
    words.get(at + 1..)
}

fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|w| w == part)
}

pub(super) fn replaced(text: &[u8], part: &[u8], with: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = find(rest, part).and_then(|at| rest.split_at_checked(at)) {
        out.extend_from_slice(before);
        out.extend_from_slice(with);
        rest = after.get(part.len()..).unwrap_or_default();
        if out.len() > super::super::expand::LARGEST {
            break;
        }
    }
    out.extend_from_slice(rest);
    out
}
