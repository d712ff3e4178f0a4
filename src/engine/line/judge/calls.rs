//! One command, its words expanded: aliases, functions, guarded tools, wrappers, the rest.

use super::super::LineVerdict;
use super::super::expand::Field;
use super::super::lex::Word;
use super::super::scope::Text;
use super::super::tables::{
    RECORDS, guarded, image, is_database_client, is_harmless, is_host_tool, is_message, takes_text,
};
use super::super::wrappers::wrapper;
use super::assign::assignment;
use super::host::{host_by_variable, host_verdict};
use super::{
    DEPTH, Io, NOTHING, Reader, STRANGE, basename, guarded_as, only_serious, quoted, unguarded, worse,
};
use crate::engine::classify::classify_tool;
use crate::engine::effect::Effect;
use crate::engine::grammar::cobra::parse;
use crate::engine::inner;
use crate::engine::kube::classify::refused_by_kubectl;
use crate::engine::kube::kubectl;
use crate::engine::tool::{self, FamilyId, Linked, Tool};

/// How many places of one command's words are tried as the beginning of a command of their own.
const PLACES: usize = 64;

impl Reader {
    /// Judges one command.
    pub(super) fn command(&mut self, fields: &[Field], io: &Io) -> LineVerdict {
        let Some((first, rest)) = fields.split_first() else { return NOTHING };
        if self.depth > DEPTH {
            self.over = true;
        }
        if !self.tick() {
            return NOTHING;
        }
        self.depth += 1;
        let verdict = self.called(first, rest, fields, io);
        self.depth -= 1;
        verdict
    }

    fn called(&mut self, first: &Field, rest: &[Field], fields: &[Field], io: &Io) -> LineVerdict {
        if first.unknown {
            return self.nameless(first, rest, io);
        }
        if first.bytes == b"{}"
            && let Some(text) = self.scope.every_file()
        {
            // `find . -exec {} ;`: any file, one that the line has written too.
            return self.file(&Text { text, partial: true, shared: false }, Some(rest), io);
        }
        // `=kubectl` of zsh is its path.
        if !first.quoted
            && let Some(name) = first.bytes.strip_prefix(b"=").filter(|name| !name.is_empty())
        {
            return self.plain(&Field::text(name), rest, fields, io);
        }
        let active = self.active.contains(&first.bytes);
        if !active
            && !first.quoted
            && let Some(mut line) = self.scope.alias(&first.bytes)
        {
            self.active.push(first.bytes.clone());
            line.extend(rest.iter().flat_map(|f| quoted(&f.bytes)));
            let (verdict, _) = self.judge(&line, io);
            self.active.pop();
            // A shell that is not interactive expands no alias: the word counts as it stands, too.
            let plain = self.plain(first, rest, fields, io);
            return if plain.guarded.is_some() { worse(verdict, plain) } else { verdict };
        }
        let bodies = self.scope.function(&first.bytes);
        if !active && !bodies.is_empty() {
            return self.function(first, rest, fields, io);
        }
        self.plain(first, rest, fields, io)
    }

    /// A call of a function the line defines.
    fn function(&mut self, first: &Field, rest: &[Field], fields: &[Field], io: &Io) -> LineVerdict {
        for defined in self.defined.iter_mut().filter(|d| d.name == first.bytes) {
            defined.called = true;
        }
        let names: Vec<Vec<u8>> =
            ["@", "*", "1", "2", "3", "4", "5", "6", "7", "8", "9"].map(|n| n.as_bytes().to_vec()).into();
        let held: Vec<_> = names.iter().map(|n| self.scope.held(n)).collect();
        let given: Vec<Vec<u8>> = rest.iter().map(|f| f.bytes.clone()).collect();
        self.set_positional(rest.iter().all(|f| !f.unknown).then_some(&given));
        self.active.push(first.bytes.clone());
        let mut verdict = NOTHING;
        // What is local to it, or to the shell its parentheses start, is gone afterwards: it only adds.
        self.scope.enter();
        for body in self.scope.function(&first.bytes) {
            verdict = worse(verdict, self.run(&body, io).0);
        }
        self.scope.leave(false);
        self.active.pop();
        for (name, values) in names.iter().zip(held) {
            self.scope.restore(name, values);
        }
        // `sudo kubectl` is not the function of that name, and a second shell does not know it.
        if is_tool(&first.bytes) {
            verdict = worse(verdict, self.plain(first, rest, fields, io));
        }
        verdict
    }

    /// A command whose name is not known: `$TOOL delete ns shop`.
    fn nameless(&mut self, first: &Field, rest: &[Field], io: &Io) -> LineVerdict {
        let mut verdict = STRANGE;
        if let Some(tool) = named_by_variable(&first.bytes) {
            verdict = worse(verdict, self.guarded_call(tool, rest, io));
        }
        // `$SYSTEMCTL stop nginx`, `$BIN/systemctl stop nginx`
        if let Some(tool) = host_by_variable(&first.bytes) {
            verdict = worse(verdict, self.host(tool, rest).unwrap_or(NOTHING));
        }
        let name = basename(&first.bytes);
        let known =
            guarded(name).is_some() || tool::called_in_line(name).is_some() || wrapper(name).is_some();
        if known && name.len() > 1 && name.len() < first.bytes.len() {
            return worse(verdict, self.plain(&Field::text(name), rest, rest, io));
        }
        if self.strict > 0 {
            return verdict;
        }
        if first.optional {
            // `$SUDO reboot`: the variable may be empty.
            verdict = worse(verdict, only_serious(self.command(rest, io)));
        }
        verdict = worse(verdict, self.guarded_words(rest));
        worse(verdict, self.quoted_words(rest))
    }

    /// A command by the name it has, aliases and functions aside.
    pub(super) fn plain(&mut self, first: &Field, rest: &[Field], fields: &[Field], io: &Io) -> LineVerdict {
        let name = basename(&first.bytes);
        if let Some(tool) = guarded(name) {
            return self.guarded_call(tool, rest, io);
        }
        if let Some(verdict) = self.host(&first.bytes, rest) {
            // `machinectl shell db systemctl stop pg`, `homectl with u -- kubectl …`: they run commands, too.
            let runs = tool::called_in_line(name).is_none() && self.strict == 0;
            return if runs { worse(verdict, only_serious(self.guarded_words(rest))) } else { verdict };
        }
        if let Some(wrapper) = wrapper(name) {
            return self.unwrap(wrapper, rest, io);
        }
        if let Some(text) = self.scope.program(&first.bytes) {
            return self.file(&text, Some(rest), io);
        }
        if let Some(verdict) = self.program(name, rest, io) {
            return verdict;
        }
        if is_harmless(name) {
            return NOTHING;
        }
        // `kubectl-foo` called directly is a plugin.
        if let Some(plugin) = name.strip_prefix(b"kubectl-") {
            let mut words = vec![Field::text(plugin)];
            words.extend_from_slice(rest);
            return self.guarded_call(&tool::KUBECTL, &words, io);
        }
        let mut verdict = worse(self.known_program(fields), self.unknown(name, rest, io));
        if first.bytes.iter().any(u8::is_ascii_whitespace) {
            // `sudo -s 'kubectl delete ns shop'`: a name with blanks is a line.
            verdict = worse(verdict, self.as_text(&first.bytes));
        }
        verdict
    }

    /// A tool that works on the host itself. In a container that is thrown away nothing of the host is touched.
    fn host(&self, called: &[u8], words: &[Field]) -> Option<LineVerdict> {
        let verdict = host_verdict(called, words, self.remote > 0)?;
        Some(if self.boxed > 0 { STRANGE } else { verdict })
    }

    /// What a program that no table of this reader names does, from the closed lists for commands inside containers. On
    /// another machine what it loses is refused like a guarded command; here it is only judged.
    fn known_program(&mut self, fields: &[Field]) -> LineVerdict {
        let words: Vec<&[u8]> = fields.iter().map(|f| f.bytes.as_slice()).collect();
        match inner::classify(&words).effect {
            Effect::Destroy if self.remote > 0 && self.removes_scratch(fields) => {
                self.scratched = true;
                STRANGE
            }
            Effect::Destroy if self.remote > 0 => guarded_as(Effect::Destroy),
            Effect::Read if fields.iter().any(|f| f.unknown) => STRANGE,
            effect @ (Effect::Destroy | Effect::Read) => unguarded(effect),
            _ => STRANGE,
        }
    }

    /// A program nobody knows may be a wrapper: its words are tried as commands, its quoted words and its here document
    /// as lines for a shell.
    fn unknown(&mut self, name: &[u8], rest: &[Field], io: &Io) -> LineVerdict {
        if takes_text(name) {
            return NOTHING;
        }
        if is_database_client(name) {
            // Statements are no commands, but `\! LINE` and `.shell LINE` are.
            let starts = |text: &[u8]| {
                text.windows(2).any(|w| w == b"\\!")
                    || text.starts_with(b".shell")
                    || text.starts_with(b".system")
            };
            let input = io.input.clone();
            let texts =
                rest.iter().map(|f| f.bytes.as_slice()).chain(input.iter().map(|i| i.text.as_slice()));
            let texts: Vec<&[u8]> = texts.filter(|t| starts(t)).collect();
            return texts.into_iter().fold(NOTHING, |verdict, text| worse(verdict, self.mentioned(text)));
        }
        let mut verdict = NOTHING;
        if self.strict == 0 {
            verdict = worse(verdict, self.guarded_words(rest));
        }
        verdict = worse(verdict, self.quoted_words(&without_messages(rest)));
        worse(verdict, self.document(io))
    }

    /// A call of a guarded tool.
    pub(super) fn guarded_call(&mut self, tool: &Tool, words: &[Field], io: &Io) -> LineVerdict {
        if self.strict > 0 && tool.family == FamilyId::Kube && is_fragment(words) {
            return NOTHING;
        }
        let mut verdict = guarded_verdict(tool, words);
        if words.iter().any(|f| f.unknown && f.optional) {
            // `kubectl $FLAGS delete ns shop`: what is not known may be nothing at all.
            let less: Vec<Field> = words.iter().filter(|f| !(f.unknown && f.optional)).cloned().collect();
            verdict = worse(verdict, only_serious(guarded_verdict(tool, &less)));
        }
        if tool.family == FamilyId::Kube && may_undo_dry_run(words) {
            let real: Vec<Field> =
                words.iter().filter(|f| !f.unknown && !f.bytes.starts_with(DRY_RUN)).cloned().collect();
            verdict = worse(verdict, only_serious(guarded_verdict(tool, &real)));
        }
        if tool.family == FamilyId::Kube {
            verdict = worse(verdict, self.inside_pod(words, io));
        }
        if tool.family == FamilyId::Docker {
            verdict = self.inside_container(tool, words, verdict, io);
            verdict = worse(verdict, self.with_variables(tool, words));
        }
        // `aws ecs execute-command --command LINE`, `aws ssm send-command --parameters commands=LINE`
        let sends =
            |f: &Field| matches!(f.bytes.as_slice(), b"execute-command" | b"send-command" | b"start-session");
        if tool.family == FamilyId::Aws && words.iter().any(sends) {
            verdict = worse(verdict, self.quoted_words(words));
        }
        verdict
    }

    /// The worst reading of words in which the name of a tool that is judged stands somewhere. One letter is too little
    /// of a name, and a word that makes no known command there is more likely a package or a file of that name.
    pub(super) fn guarded_words(&mut self, words: &[Field]) -> LineVerdict {
        let mut verdict = NOTHING;
        let mut places = 0;
        for (at, field) in words.iter().enumerate() {
            let name = basename(&field.bytes);
            let rest = words.get(at + 1..).unwrap_or_default();
            let dashes = rest.iter().take_while(|f| f.bytes == b"--" && !guarded_name(name)).count();
            let rest = rest.get(dashes.min(1)..).unwrap_or_default();
            let found = if let Some(tool) =
                guarded(name).filter(|_| name.len() > 1).or_else(|| image(&field.bytes))
            {
                guarded_verdict(tool, rest)
            } else if is_host_tool(name) {
                self.host(name, rest).unwrap_or(NOTHING)
            } else {
                continue;
            };
            places += 1;
            if places > PLACES || !self.tick() {
                self.over = true;
                return verdict;
            }
            if found.effect != Effect::Unknown {
                verdict = worse(verdict, found);
            }
        }
        verdict
    }
}

/// kubectl's option for a dry run; of several the last one counts (pflag).
const DRY_RUN: &[u8] = b"--dry-run";

/// Whether a word that is not known, and is not the value of an option, stands behind the dry run: it may be another one.
fn may_undo_dry_run(words: &[Field]) -> bool {
    let Some(dry) = words.iter().rposition(|f| f.bytes.starts_with(DRY_RUN)) else { return false };
    let later = words.get(dry..).unwrap_or_default();
    later.windows(2).any(|pair| {
        let value = pair[0].bytes.starts_with(b"-") && !pair[0].bytes.contains(&b'=');
        pair[1].unknown && !(value && pair[0].bytes != DRY_RUN)
    })
}

/// The words without those that are text by the option before them: `--title 'kubectl delete …'`, and behind a verb that
/// makes or changes a record `-m 'kubectl delete …'` as well.
fn without_messages(words: &[Field]) -> Vec<Field> {
    let mut records = false;
    let mut text = false;
    let mut out = Vec::with_capacity(words.len());
    for field in words {
        let bytes = field.bytes.as_slice();
        let joined = bytes.iter().position(|b| *b == b'=').and_then(|at| bytes.get(..at));
        let skip = std::mem::replace(&mut text, is_message(bytes, records))
            || joined.is_some_and(|o| is_message(o, false));
        records |= RECORDS.iter().any(|verb| verb.as_bytes() == bytes);
        if !skip {
            out.push(field.clone());
        }
    }
    out
}

fn guarded_name(name: &[u8]) -> bool {
    guarded(name).is_some()
}

/// Words of a text that kubectl would refuse for want of a name: `-k 'kubectl delete'` chooses tests.
fn is_fragment(words: &[Field]) -> bool {
    let words: Vec<&[u8]> = words.iter().map(|f| f.bytes.as_slice()).collect();
    refused_by_kubectl(&parse(&kubectl::TABLE, &words)).is_some()
}

fn guarded_verdict(tool: &Tool, words: &[Field]) -> LineVerdict {
    let words: Vec<&[u8]> = words.iter().map(|f| f.bytes.as_slice()).collect();
    guarded_as(classify_tool(tool, &words).effect)
}

/// A variable by whose name people keep a tool: `$KUBECTL`.
fn named_by_variable(shown: &[u8]) -> Option<&'static Tool> {
    let name = shown.strip_prefix(b"$")?;
    let name = name.strip_prefix(b"{").unwrap_or(name).to_ascii_uppercase();
    if name.windows(7).any(|w| w == b"KUBECTL") {
        Some(&tool::KUBECTL)
    } else {
        matches!(name.as_slice(), b"AWS" | b"AWS_CLI" | b"AWSCLI" | b"AWS_BIN").then_some(&tool::AWS)
    }
}

/// Whether guard's shims answer to this name.
pub(super) fn is_tool(name: &[u8]) -> bool {
    tool::called_in_line(name)
        .is_some_and(|tool| tool.linked != Linked::WhenAsked && !tool.is_file_of_its_own(name))
}

/// Wrappers that hand their environment on and change nothing else.
const TRANSPARENT: &[&[u8]] = &[b"command", b"env", b"exec", b"nice", b"nohup", b"sudo", b"time"];

/// Variables beside which a phrase counts for nothing: they make something else of the tool, or of guard.
fn is_suspicious(name: &[u8]) -> bool {
    name.starts_with(b"LD_")
        || name.starts_with(b"DYLD_")
        || name == b"PATH"
        || name == b"DPKG_MAINTSCRIPT_NAME"
        || (name.starts_with(b"GUARD_") && name != b"GUARD_CONFIRM")
}

/// Whether a command is one call of a guarded tool, by the name the shims answer to, that brings a phrase of its own:
/// `GUARD_CONFIRM=main/shop kubectl delete …`, also behind `sudo` or `env`. The phrase has to stand there as text: one that
/// is computed has been asked of nobody.
pub(super) fn confirms(words: &[Word]) -> bool {
    let mut phrase = false;
    for word in words {
        if let Some(assigned) = assignment(word) {
            if is_suspicious(&assigned.name) {
                return false;
            }
            if assigned.name == b"GUARD_CONFIRM" {
                phrase = literal(&assigned.value).is_some_and(|text| !text.is_empty());
                if !phrase {
                    return false;
                }
            }
            continue;
        }
        let Some(name) = word.literal() else { return false };
        if !TRANSPARENT.contains(&name) {
            return phrase && is_tool(name);
        }
    }
    false
}

/// The text of a value in which nothing is expanded.
fn literal(value: &Word) -> Option<Vec<u8>> {
    use super::super::lex::Piece;
    let mut out = Vec::new();
    for piece in &value.pieces {
        match piece {
            Piece::Text(text) => out.extend_from_slice(text),
            _ => return None,
        }
    }
    Some(out)
}
