//! One command of a script: what it tests, leaves, reads in and starts.

use super::super::lex::{Part, Token, Word, quoted, tokens};
use super::super::programs::{Program, only_asks, only_prints, program};
use super::super::values::{ACTION, ANSWER, UNKNOWN};
use super::super::{Held, is_shell};
use super::{
    ALL, COMMANDS, DEPTH, Frame, List, OTHER, Outcome, PATH, PURGE, REMOVE, WRAPPED, WRAPPERS, Walk,
    assignment, is_action, is_letters, shown_whole, wrapped,
};

impl Walk<'_> {
    /// The commands inside a word, `$( … )` and backquotes: they run before the word means anything.
    pub(super) fn inside(&mut self, word: &Word) {
        for part in &word.parts {
            match part {
                Part::Text(_) => {}
                Part::Command(text) if text.trim().is_empty() => {}
                Part::Command(text) => self.subshell(text),
                // `${NAME:-$(COMMAND)}`
                Part::Variable(raw) if raw.contains("$(") || raw.contains('`') => {
                    for part in quoted(raw).parts {
                        if let Part::Command(text) = part {
                            self.subshell(&text);
                        }
                    }
                }
                Part::Variable(_) => {}
            }
        }
    }

    /// A text that runs in a shell of its own: what it sets, and where it goes, ends with it.
    fn subshell(&mut self, text: &str) {
        let outer = (self.values.clone(), self.directory.clone(), self.ended);
        self.output += 1;
        self.follow(&tokens(text));
        self.output -= 1;
        (self.values, self.directory, self.ended) = outer;
    }

    /// A command whose first word is put together from values: each may be several words, or none.
    fn spliced(
        &mut self,
        first: &Word,
        operands: &[Word],
        depth: usize,
        list: &mut List,
        frames: &mut [Frame],
    ) -> Option<Outcome> {
        let whole = Word { splits: false, ..first.clone() };
        let mut all: Vec<Vec<String>> = Vec::new();
        for value in self.values.word(&whole) {
            let fields: Vec<String> = value.split_whitespace().map(str::to_owned).collect();
            if !all.contains(&fields) {
                all.push(fields);
            }
        }
        if matches!(all.as_slice(), [one] if one.len() == 1) || all.is_empty() {
            return None;
        }
        // One program that nobody can name: it is told as it is written.
        if all.iter().any(|fields| fields.first().is_some_and(|f| f.contains([UNKNOWN, ACTION, ANSWER]))) {
            let words: Vec<Word> = std::iter::once(first).chain(operands).cloned().collect();
            self.unclear(&words);
        }
        for fields in all {
            if fields.first().is_some_and(|f| f.contains([UNKNOWN, ACTION, ANSWER])) {
                continue;
            }
            self.commands += 1;
            let field = |text: String| Word { parts: vec![Part::Text(text)], ..Word::default() };
            let words: Vec<Word> = fields.into_iter().map(field).chain(operands.iter().cloned()).collect();
            self.command(&words, depth, list, frames);
        }
        Some(Outcome::EITHER)
    }

    /// One command with its words.
    pub(super) fn command(
        &mut self,
        words: &[Word],
        depth: usize,
        list: &mut List,
        frames: &mut [Frame],
    ) -> Outcome {
        if self.words >= WRAPPED || self.commands > COMMANDS {
            self.script.note_unclear("a script too long to follow", true);
            return Outcome::EITHER;
        }
        self.words += 1;
        let outcome = self.one(words, depth, list, frames);
        self.words -= 1;
        outcome
    }

    fn one(&mut self, words: &[Word], depth: usize, list: &mut List, frames: &mut [Frame]) -> Outcome {
        let mut rest = words;
        while let Some((first, after)) = rest.split_first() {
            let Some((name, value)) = assignment(first) else { break };
            // In front of a command it is that command's alone; to keep it does no harm.
            let mut values = self.values.word(&value);
            if values.is_empty() {
                values.push(String::new());
            }
            self.values.assign(&name, values, depth);
            rest = after;
        }
        let Some((first, operands)) = rest.split_first() else { return Outcome::EITHER };
        if first.splits
            && let Some(outcome) = self.spliced(first, operands, depth, list, frames)
        {
            return outcome;
        }
        let names = self.values.word(first);
        let name = names.first().map(String::as_str).unwrap_or_default().to_owned();
        let found = list.found.take();
        let base = name.rsplit('/').next().unwrap_or_default();
        if let Some((_, taking, before)) = WRAPPERS.iter().find(|(wrapper, ..)| *wrapper == base) {
            let inner = wrapped(operands, taking, *before);
            return if inner.is_empty() { Outcome::EITHER } else { self.command(inner, depth, list, frames) };
        }
        match base {
            "[" | "test" | "[[" => return self.test(operands),
            "true" | ":" => return Outcome { yes: ALL, no: 0 },
            "export" | "local" | "readonly" | "declare" | "typeset" => {
                for word in operands {
                    if let Some((name, value)) = assignment(word) {
                        let values = self.values.word(&value);
                        self.values.set(&name, values, depth);
                    }
                }
            }
            "read" => {
                for name in operands.iter().filter_map(Word::bare).filter(|w| !w.starts_with('-')) {
                    self.values.set(name, vec![UNKNOWN.to_string()], depth);
                }
            }
            "exit" | "return" => self.leave(name == "exit", list, frames),
            "cd" | "pushd" => self.directory = operands.last().map(|word| self.values.word(word)),
            "sh" | "bash" | "dash" | "ash" | "ksh" | "zsh" | "su" | "runuser" => {
                self.shell(words, operands, base)
            }
            "eval" => self.nested(words, operands),
            "trap" => {
                // What it is told to run may run at any time.
                if let Some(text) = operands.first().filter(|w| w.bare().is_none_or(|w| !w.starts_with('-')))
                {
                    self.nested(words, std::slice::from_ref(text));
                }
            }
            "xargs" => {
                let is_rm = |w: &Word| matches!(w.bare(), Some("rm" | "/bin/rm" | "shred" | "unlink"));
                if operands.iter().any(is_rm) {
                    match found.clone() {
                        Some(paths) => self.delete(words, &paths, &[]),
                        None => self.unclear(words),
                    }
                } else {
                    let inner = wrapped(operands, &["-n", "-L", "-I", "-P", "-d", "-s", "-a", "-E"], 0);
                    if inner.first().is_some_and(|w| !self.is_harmless(w)) {
                        self.unclear(words);
                    }
                }
                list.found = found;
            }
            "rm" | "shred" | "unlink" => self.rm(words, operands),
            "truncate" => {
                let mut options = operands.iter().peekable();
                while let Some(word) = options.next() {
                    match word.bare() {
                        Some("-s" | "-r" | "--size" | "--reference") => drop(options.next()),
                        Some(word) if word.starts_with('-') => {}
                        _ => self.emptied(word),
                    }
                }
            }
            "dd" => {
                for word in operands {
                    self.written(word, "of=");
                }
            }
            "tee" if !operands.iter().any(|w| matches!(w.bare(), Some("-a" | "--append"))) => {
                operands
                    .iter()
                    .filter(|w| w.bare().is_none_or(|w| !w.starts_with('-')))
                    .for_each(|w| self.emptied(w));
            }
            "tee" => {}
            "cp" | "install" if operands.iter().any(|w| w.bare() == Some("/dev/null")) => {
                operands.last().into_iter().for_each(|word| self.emptied(word));
            }
            "mv" => self.moved(words, operands),
            "find" => self.find(words, operands, list),
            "." | "source" => self.read_in(words, operands),
            "db_input" | "db_get" | "db_go" | "db_fget" => {
                if name != "db_go" {
                    let question =
                        operands.iter().flat_map(|w| self.values.word(w)).rfind(|w| w.contains('/'));
                    self.question = question.or_else(|| self.question.take());
                }
                self.values.set("RET", vec![ANSWER.to_string()], 0);
            }
            "dbc_go" => self.script.dbconfig = true,
            "pg_dropcluster" if self.actions & (PURGE | REMOVE) != 0 => {
                let asked = self.asked.clone();
                // Once without a question is without a question.
                let before = self.script.drops_clusters.take();
                self.script.drops_clusters = Some(before.map_or(asked.clone(), |b| b.and(asked)));
                self.script.drops_at_removal |= self.actions & REMOVE != 0;
            }
            "pg_dropcluster" => {}
            // Which files lie there is not known; those of `/etc` are for everybody to put hooks into.
            "run-parts" => {
                let only_lists = |w: &Word| matches!(w.bare(), Some("--test" | "--list"));
                let places: Vec<String> = operands.last().map(|w| self.values.word(w)).unwrap_or_default();
                if !operands.iter().any(only_lists) && !places.iter().all(|dir| dir.starts_with("/etc/")) {
                    self.unclear(words);
                }
            }
            "deluser" | "userdel" => self.delete_user(words, operands),
            "mysqladmin" | "mysql" | "mariadb" | "mariadb-admin" | "psql" | "mongo" | "mongosh"
            | "sqlite3" => {
                self.query(words, operands);
            }
            _ if self.functions.contains_key(&name) => {
                let arguments = self.arguments(operands);
                return self.call(&name, &arguments);
            }
            program if program.contains("nuke") => {
                let paths: Vec<String> = operands.iter().flat_map(|w| self.values.word(w)).collect();
                self.delete(words, &paths, &[]);
                // The script is there only where it was put.
                for deletion in self.script.deletions.iter_mut().filter(|d| paths.contains(&d.path)) {
                    deletion.needs = Some(name.clone());
                }
            }
            // What it lists is what the package itself brought.
            "dpkg" | "dpkg-query"
                if operands.iter().any(|w| matches!(w.bare(), Some("-L" | "--listfiles"))) =>
            {
                list.found = Some(Vec::new());
            }
            _ => {
                let filters = found.as_ref().is_some_and(Vec::is_empty) && program(base) != Program::Unknown;
                if !filters {
                    for name in names {
                        self.runs(words, &name, operands);
                    }
                }
                list.found = found;
            }
        }
        Outcome::EITHER
    }

    /// `[ … ]`: what it says about the action, and whether it looks at an answer.
    pub(super) fn test(&mut self, operands: &[Word]) -> Outcome {
        let words: Vec<Vec<String>> = operands.iter().map(|w| self.values.word(w)).collect();
        let any = |word: &[String], mark: char| word.iter().any(|v| v.contains(mark));
        if words.iter().any(|w| any(w, ANSWER)) {
            self.answers += 1;
        }
        let mut result: Option<Outcome> = None;
        let mut joined = None;
        let mut at = 0;
        while at < operands.len() {
            let sign = |n: usize| operands.get(n).and_then(Word::bare);
            match sign(at) {
                Some(word @ ("-o" | "-a" | "||" | "&&")) => {
                    joined = Some(word == "-a" || word == "&&");
                    at += 1;
                    continue;
                }
                Some("]" | "]]") => break,
                _ => {}
            }
            let (mut negated, mut start) = (false, at);
            if sign(start) == Some("!") {
                (negated, start) = (true, start + 1);
            }
            let next = |n: usize| matches!(sign(n), None | Some("-o" | "-a" | "]" | "]]" | "||" | "&&"));
            let mut end = start;
            while end < operands.len() && !(next(end) && sign(end).is_some()) {
                end += 1;
            }
            let one = match (words.get(start), sign(start + 1), words.get(start + 2)) {
                (Some(left), Some(is @ ("=" | "==" | "!=")), Some(right)) => {
                    let (action, other) =
                        if is_action(left) { (true, right) } else { (is_action(right), left) };
                    if action {
                        negated ^= is == "!=";
                        let bits = other.iter().map(|v| match v.trim_start_matches('x') {
                            "purge" => PURGE,
                            "remove" => REMOVE,
                            v if v.contains(UNKNOWN) || v.contains('*') => ALL,
                            _ => OTHER,
                        });
                        match bits.fold(0, |all, bit| all | bit) {
                            // One of many others: not being it leaves the rest.
                            yes if yes & OTHER != 0 => Outcome { yes, no: ALL },
                            yes => Outcome::of(yes),
                        }
                    } else {
                        Outcome::EITHER
                    }
                }
                _ => Outcome::EITHER,
            };
            let one = if negated { one.not() } else { one };
            result = Some(match (result, joined) {
                (Some(before), Some(true)) => before.and(one),
                (Some(before), Some(false)) => before.or(one),
                _ => one,
            });
            at = end.max(at + 1);
        }
        result.unwrap_or(Outcome::EITHER)
    }

    /// `exit` or `return`.
    pub(super) fn leave(&mut self, exit: bool, list: &mut List, frames: &mut [Frame]) {
        let exact = list.so_far.is_none_or(Outcome::exact) && frames.iter().all(|f| f.exact);
        if exact {
            if exit && self.depth == 0 {
                self.ended |= self.actions;
            }
            for frame in frames.iter_mut() {
                frame.gone |= self.actions;
            }
        }
        // Left because of an answer: what comes after hangs on it as well.
        let inside = frames.iter().any(|f| self.asked != f.asked);
        if self.answers > list.answers || inside {
            let question = self.question.clone().or_else(|| Some(String::new()));
            for frame in frames.iter_mut() {
                frame.asked.clone_from(&question);
                frame.list.asked.clone_from(&question);
            }
            list.asked.clone_from(&question);
            self.asked = question;
        }
    }

    /// A text that is run as a part of this script: `eval`, `sh -c`, `trap`.
    pub(super) fn nested(&mut self, words: &[Word], texts: &[Word]) {
        let texts: Vec<String> = texts.iter().take(9).flat_map(|w| self.values.word(w)).collect();
        let text = texts.join(" ");
        if text.contains([UNKNOWN, ANSWER]) && !self.holds_only_operands(&text) {
            return self.unclear(words);
        }
        self.follow(&tokens(&text));
    }

    /// Whether what is not known of a text that is run stands behind a program, where it is a name of something.
    pub(super) fn holds_only_operands(&self, text: &str) -> bool {
        let known = |word: &str| !word.contains([UNKNOWN, ANSWER, ACTION]);
        let mut words = text.split_whitespace();
        words.next().is_some_and(known) && !text.contains(['`', '$'])
    }

    /// Walks through other text, as for a function.
    pub(super) fn follow(&mut self, tokens: &[Token]) {
        if self.depth >= DEPTH {
            return self.script.note_unclear("a script too deep to follow", self.actions & REMOVE != 0);
        }
        self.depth += 1;
        let outer = (self.actions, self.asked.clone());
        self.run(tokens);
        (self.actions, self.asked) = outer;
        self.actions &= !self.ended;
        self.depth -= 1;
    }

    /// `sh -c TEXT`, `sh FILE`, `su USER -c TEXT`, `runuser -u USER PROGRAM`.
    pub(super) fn shell(&mut self, words: &[Word], operands: &[Word], base: &str) {
        let user = matches!(base, "su" | "runuser");
        let is_c = |w: &Word| w.bare().is_some_and(|w| w == "--command" || is_letters(w) && w.ends_with('c'));
        if let Some(at) = operands.iter().position(is_c) {
            return match operands.get(at + 1) {
                Some(text) => self.nested(words, std::slice::from_ref(text)),
                None => self.unclear(words),
            };
        }
        if base == "runuser" && operands.iter().any(|w| w.bare() == Some("-u")) {
            let inner = wrapped(operands, &["-u", "-g", "-G", "-s", "-w"], 0).to_vec();
            if !inner.is_empty() {
                let (mut list, mut frames) = (self.list(), Vec::new());
                self.command(&inner, 0, &mut list, &mut frames);
                return;
            }
        }
        let file = operands.iter().find(|w| w.bare().is_none_or(|w| !w.starts_with('-')));
        match file {
            Some(file) if !user => {
                let rest: Vec<Word> = operands.iter().skip_while(|w| *w != file).skip(1).cloned().collect();
                for name in self.values.word(file) {
                    self.helper(words, &name, &rest);
                }
            }
            // It reads what to do from its input.
            _ => self.unclear(words),
        }
    }

    /// `. FILE`
    pub(super) fn read_in(&mut self, words: &[Word], operands: &[Word]) {
        let Some(file) = operands.first() else { return };
        for file in self.values.word(file) {
            if file.contains("dbconfig-common") {
                self.script.dbconfig |= self.actions & PURGE != 0;
            } else if file.ends_with("/debconf/confmodule") || file.ends_with("/lsb/init-functions") {
                // Their functions have rows of their own.
            } else if file.contains([UNKNOWN, ACTION, ANSWER]) {
                if !file.starts_with("/etc/default/") {
                    self.unclear(words);
                }
            } else {
                match (self.files)(&file) {
                    Held::Text(text) => self.follow(&tokens(&text)),
                    Held::Missing => {}
                    // Settings, by the rules of Debian's policy (9.3.2): variables.
                    Held::Unknown if file.starts_with("/etc/default/") => {}
                    Held::Program | Held::Unknown => self.unclear(words),
                }
            }
        }
    }

    /// Any other program.
    pub(super) fn runs(&mut self, words: &[Word], name: &str, operands: &[Word]) {
        let base = name.rsplit('/').next().unwrap_or_default();
        if name.trim().is_empty() {
            return;
        }
        // What is started and stopped there is a service, whichever it is.
        if name.starts_with("/etc/init.d/") {
            return;
        }
        if name.contains([UNKNOWN, ACTION, ANSWER]) {
            return self.unclear(words);
        }
        let text = || shown_whole(operands).to_ascii_lowercase();
        let asks = || only_asks(&operands.iter().filter_map(Word::bare).collect::<Vec<_>>());
        match program(base) {
            Program::Harmless => {}
            Program::Unless(bad) if bad.iter().any(|bad| text().contains(bad)) => self.unclear(words),
            Program::Unless(_) => {}
            Program::Interprets => self.interprets(words, operands),
            Program::Unknown if self.output > 0 && asks() => {}
            Program::Unknown if name.contains('/') => self.helper(words, name, operands),
            Program::Unknown => {
                let there = |dir: &&str| (self.files)(&format!("{dir}/{name}"));
                // What is nowhere cannot run.
                if PATH.iter().any(|dir| there(dir) != Held::Missing) {
                    self.unclear(words);
                }
            }
        }
    }

    /// A script that is called by its path.
    pub(super) fn helper(&mut self, words: &[Word], path: &str, operands: &[Word]) {
        let held = if path.contains([UNKNOWN, ACTION, ANSWER]) { Held::Unknown } else { (self.files)(path) };
        match held {
            Held::Missing => {}
            Held::Text(text) if is_shell(&text) || !text.starts_with("#!") => {
                let arguments = self.arguments(operands);
                let before = self.values.arguments(&arguments);
                let functions = self.functions.clone();
                self.follow(&tokens(&text));
                self.functions = functions;
                self.values.restore(before);
            }
            Held::Text(text) if only_prints(&text) => {}
            Held::Text(_) | Held::Program | Held::Unknown => self.unclear(words),
        }
    }

    /// `perl -e TEXT`, `python3 FILE`.
    pub(super) fn interprets(&mut self, words: &[Word], operands: &[Word]) {
        let mut rest = operands.iter();
        let python =
            words.iter().filter_map(Word::bare).any(|w| w.rsplit('/').any(|name| name.starts_with("python")));
        while let Some(word) = rest.next() {
            match word.bare() {
                // A module is a program; these two only compile.
                Some(word) if python && word.starts_with('-') && word.ends_with('m') && is_letters(word) => {
                    let module = rest.next().and_then(Word::bare);
                    if !matches!(module, Some("compileall" | "py_compile")) {
                        self.unclear(words);
                    }
                    return;
                }
                Some(word) if python && word.starts_with("-m") => {
                    if !matches!(word, "-mcompileall" | "-mpy_compile") {
                        self.unclear(words);
                    }
                    return;
                }
                Some(word) if is_letters(word) && word.ends_with(['e', 'E', 'c', 'r']) => {
                    let text = rest.next().map(|w| self.values.word(w).join(" ")).unwrap_or_default();
                    if text.is_empty() || text.contains(UNKNOWN) || !only_prints(&text) {
                        self.unclear(words);
                    }
                    return;
                }
                Some("-V" | "--version") => return,
                Some(word) if word.starts_with('-') => {}
                _ => {
                    let files = self.values.word(word);
                    let reads = |file: &String| match (self.files)(file) {
                        Held::Text(text) => only_prints(&text),
                        Held::Missing => true,
                        Held::Program | Held::Unknown => false,
                    };
                    if !files.iter().all(|file| !file.contains(UNKNOWN) && reads(file)) {
                        self.unclear(words);
                    }
                    return;
                }
            }
        }
        self.unclear(words);
    }

    /// A client of a database: what it is told in its words, or from its input.
    pub(super) fn query(&mut self, words: &[Word], operands: &[Word]) {
        const WRITES: &[&str] = &[
            "drop", "delete", "truncate", "alter", "update ", "insert", "replace", "create", ".read", "\\i",
        ];
        let values: Vec<Vec<String>> = operands.iter().map(|w| self.values.word(w)).collect();
        let mut text = shown_whole(operands);
        for value in values.iter().flatten() {
            text.push(' ');
            text.push_str(value);
        }
        let text = text.to_ascii_lowercase();
        let tells = |w: &str| {
            matches!(w, "--execute" | "--command" | "--list" | "--eval")
                || is_letters(w) && w.ends_with(['e', 'c', 'l'])
        };
        let told = operands.iter().filter_map(Word::bare).any(tells);
        let admin = words.iter().filter_map(Word::bare).any(|w| w.ends_with("admin"));
        let sqlite =
            words.iter().filter_map(Word::bare).any(|w| w.ends_with("sqlite3")) && operands.len() > 1;
        // What it is told, where nobody knows how that begins.
        let unknown = |value: &String| value.starts_with([UNKNOWN, ANSWER, ACTION]);
        let mut before = std::iter::once(None).chain(operands.iter().map(Word::bare));
        let dark = values.iter().enumerate().any(|(n, values)| {
            let follows = before.next().flatten().is_some_and(tells);
            let joined = |value: &String| {
                let starts = ["--execute=", "--command=", "--eval=", "-e", "-c"];
                starts.iter().any(|s| value.strip_prefix(s).is_some_and(|rest| unknown(&rest.to_owned())))
            };
            (follows || sqlite && n > 0) && values.iter().any(unknown) || values.iter().any(joined)
        });
        if dark || WRITES.iter().any(|w| text.contains(w)) || !(told || admin || sqlite) {
            self.unclear(words);
        }
    }

    /// The values of a call's words; `"$@"` are those of the caller.
    pub(super) fn arguments(&self, operands: &[Word]) -> Vec<Vec<String>> {
        let mut all = Vec::new();
        for word in operands {
            match word.parts.as_slice() {
                [Part::Variable(name)] if name == "@" || name == "*" => {
                    let own = (1..=9).map_while(|n| self.values.held(&n.to_string()));
                    all.extend(own);
                }
                _ => all.push(self.values.word(word)),
            }
        }
        all
    }

    /// Whether a program, named by a word, deletes nothing.
    pub(super) fn is_harmless(&self, word: &Word) -> bool {
        let harmless = |name: &String| {
            let base = name.rsplit('/').next().unwrap_or_default();
            matches!(program(base), Program::Harmless | Program::Unless(_)) || base == "test" || base == "["
        };
        let names = self.values.word(word);
        !names.is_empty() && names.iter().all(harmless)
    }
}
