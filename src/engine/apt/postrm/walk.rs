//! Walks through a removal script: every branch, with what is known in it.

use super::lex::{Part, Token, Word, tokens};
use super::places::{Place, place};
use super::programs::{Program, only_prints, program};
use super::values::{ACTION, ANSWER, UNKNOWN, Values};
use super::{Deletion, Held, Script, Which};
use crate::engine::glob::matches;
use std::collections::{BTreeMap, BTreeSet};

/// What the script may have been called for, as bits.
type Actions = u8;
const PURGE: Actions = 1;
const REMOVE: Actions = 2;
const OTHER: Actions = 4;
const ALL: Actions = PURGE | REMOVE | OTHER;

/// So many commands are looked at, functions and nested scripts counted each time.
const COMMANDS: usize = 20_000;
/// So deep functions and nested scripts are followed.
const DEPTH: usize = 8;

/// A file that `rm` alone deletes counts when it is a database by its name.
const DATABASES: &[&str] = &[
    "*.db",
    "*.sqlite",
    "*.sqlite3",
    "*.rrd",
    "*.mdb",
    "*.fdb",
    "*.gdb",
    "*.tdb",
    "*.ldb",
    "*.ibd",
    "*.pem",
    "*.key",
];

/// Where programs without a directory are looked for.
const PATH: &[&str] = &["/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin"];

/// What others are called with that run yet another program: their options that take a word of their own, and how many
/// words stand before the program.
const WRAPPERS: &[(&str, &[&str], usize)] = &[
    ("command", &[], 0),
    ("builtin", &[], 0),
    ("exec", &["-a"], 0),
    ("nohup", &[], 0),
    ("setsid", &[], 0),
    ("eatmydata", &[], 0),
    ("env", &["-u", "-C", "--unset", "--chdir"], 0),
    ("sudo", &["-u", "-g", "-h", "-p", "-C", "-r", "-t", "--user", "--group"], 0),
    ("nice", &["-n", "--adjustment"], 0),
    ("ionice", &["-c", "-n", "-p", "--class", "--classdata"], 0),
    ("chrt", &[], 1),
    ("timeout", &["-s", "-k", "--signal", "--kill-after"], 1),
    ("flock", &["-w", "-E", "--timeout"], 1),
    ("chroot", &[], 1),
    ("setpriv", &["--reuid", "--regid", "--groups"], 0),
    ("time", &[], 0),
];

/// Reads a shell script. `files` says what lies at a path that the script runs or reads in.
pub fn walk(text: &str, package: &str, which: Which, files: &dyn Fn(&str) -> Held) -> Script {
    let mut walk = Walk {
        values: Values::of(package, which),
        files,
        script: Script::default(),
        functions: BTreeMap::new(),
        called: BTreeSet::new(),
        actions: if which == Which::Prerm { REMOVE | OTHER } else { ALL },
        ended: 0,
        answers: 0,
        asked: None,
        question: None,
        directory: None,
        commands: 0,
        depth: 0,
    };
    walk.run(&tokens(text));
    // A function nobody seems to call: its name is put together somewhere.
    let uncalled: Vec<String> =
        walk.functions.keys().filter(|f| !walk.called.contains(*f)).cloned().collect();
    for name in uncalled {
        walk.actions = if which == Which::Prerm { REMOVE } else { PURGE };
        walk.ended = 0;
        walk.call(&name, &[]);
    }
    walk.script
}

struct Walk<'f> {
    values: Values,
    files: &'f dyn Fn(&str) -> Held,
    script: Script,
    functions: BTreeMap<String, Vec<Token>>,
    called: BTreeSet<String>,
    /// What the script may have been called for, here.
    actions: Actions,
    /// For these the script has ended.
    ended: Actions,
    /// Tests of an answer so far.
    answers: usize,
    /// The question that this place hangs on.
    asked: Option<String>,
    /// The question asked last.
    question: Option<String>,
    /// Where `cd` went.
    directory: Option<Vec<String>>,
    commands: usize,
    depth: usize,
}

/// For which actions a command succeeds, and for which it fails.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Outcome {
    yes: Actions,
    no: Actions,
}

impl Outcome {
    const EITHER: Outcome = Outcome { yes: ALL, no: ALL };

    fn of(yes: Actions) -> Outcome {
        Outcome { yes, no: ALL & !yes }
    }

    /// Nothing but the action decides.
    fn exact(self) -> bool {
        self.yes & self.no == 0
    }

    fn not(self) -> Outcome {
        Outcome { yes: self.no, no: self.yes }
    }

    fn and(self, other: Outcome) -> Outcome {
        Outcome { yes: self.yes & other.yes, no: self.no | other.no }
    }

    fn or(self, other: Outcome) -> Outcome {
        Outcome { yes: self.yes | other.yes, no: self.no & other.no }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    If,
    Case,
    Loop,
    Group,
}

/// What is put back when a compound command ends.
struct Frame {
    shape: Shape,
    actions: Actions,
    asked: Option<String>,
    list: List,
    /// Actions for which no branch was taken so far.
    rest: Actions,
    /// Actions for which the branch ended the script or function.
    gone: Actions,
    /// Only the action decides which branch is taken.
    exact: bool,
    /// Answers tested before the condition.
    answers: usize,
    /// The word of `case` is an answer.
    of_answer: bool,
    /// The word of `case` is the action.
    of_action: bool,
}

/// A list of commands joined by `&&` and `||`.
#[derive(Clone)]
struct List {
    /// What was possible where it began.
    actions: Actions,
    asked: Option<String>,
    so_far: Option<Outcome>,
    /// The sign before the next command: true for `&&`.
    and: Option<bool>,
    answers: usize,
    negated: bool,
    /// The paths a `find` before the pipe was given.
    found: Option<Vec<String>>,
}

impl Walk<'_> {
    fn list(&self) -> List {
        List {
            actions: self.actions,
            asked: self.asked.clone(),
            so_far: None,
            and: None,
            answers: self.answers,
            negated: false,
            found: None,
        }
    }

    /// Walks through the tokens; returns the outcome of the last list.
    fn run(&mut self, tokens: &[Token]) -> Outcome {
        let mut frames: Vec<Frame> = Vec::new();
        let mut list = self.list();
        let mut last = Outcome::EITHER;
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            self.commands += 1;
            if self.commands > COMMANDS {
                self.script.note_unclear("a script too long to follow", true);
                break;
            }
            at += 1;
            match token {
                Token::End => {
                    last = list.so_far.unwrap_or(last);
                    self.end_list(&mut list);
                }
                Token::And => self.join(&mut list, true),
                Token::Or => self.join(&mut list, false),
                Token::Pipe => {}
                Token::Into(word) => self.emptied(word),
                Token::EndCase => {
                    self.end_list(&mut list);
                    at = self.label(tokens, at, &mut frames, &mut list);
                }
                Token::Open => {
                    let mut frame = self.frame(Shape::Group, &mut list);
                    // What a subshell ends is itself.
                    frame.exact = false;
                    frames.push(frame);
                }
                Token::Close => self.pop(&mut frames, Shape::Group, &mut list),
                Token::Word(word) => match word.bare() {
                    Some("if") => frames.push(self.frame(Shape::If, &mut list)),
                    Some("then") => {
                        let condition = list.so_far.unwrap_or(last);
                        self.end_list(&mut list);
                        self.branch(&mut frames, condition, &mut list);
                    }
                    Some("elif" | "else") => {
                        self.end_list(&mut list);
                        if let Some(frame) = frames.last() {
                            self.actions = frame.rest & !self.ended;
                        }
                        list = self.list();
                    }
                    Some("fi") => self.pop(&mut frames, Shape::If, &mut list),
                    Some("while" | "until" | "time") => {}
                    Some("do") => {
                        self.end_list(&mut list);
                        frames.push(self.frame(Shape::Loop, &mut list));
                    }
                    Some("done") => self.pop(&mut frames, Shape::Loop, &mut list),
                    Some("{") => frames.push(self.frame(Shape::Group, &mut list)),
                    Some("}") => self.pop(&mut frames, Shape::Group, &mut list),
                    Some("esac") => self.pop(&mut frames, Shape::Case, &mut list),
                    Some("!") => list.negated = !list.negated,
                    Some("for" | "select") => at = self.each(tokens, at, frames.len()),
                    Some("case") => {
                        let mut frame = self.frame(Shape::Case, &mut list);
                        let subject = match tokens.get(at) {
                            Some(Token::Word(word)) => self.values.word(word),
                            _ => Vec::new(),
                        };
                        frame.of_action = is_action(&subject);
                        frame.of_answer = subject.iter().any(|v| v.contains(ANSWER));
                        frame.exact = frame.of_action;
                        frames.push(frame);
                        at += 1;
                        while !matches!(tokens.get(at), None | Some(Token::Word(_))) {
                            at += 1;
                        }
                        at = self.label(tokens, at + 1, &mut frames, &mut list);
                    }
                    Some("function") => {
                        if let Some(Token::Word(name)) = tokens.get(at)
                            && let Some(name) = name.bare()
                        {
                            at = self.define(tokens, at + 1, name);
                        }
                    }
                    Some(name) if matches!(tokens.get(at..at + 2), Some([Token::Open, Token::Close])) => {
                        at = self.define(tokens, at + 2, name);
                    }
                    _ => {
                        let mut words = vec![word.clone()];
                        loop {
                            match tokens.get(at) {
                                Some(Token::Word(word)) => words.push(word.clone()),
                                Some(Token::Into(file)) => self.emptied(file),
                                _ => break,
                            }
                            at += 1;
                        }
                        let piped = matches!(tokens.get(at), Some(Token::Pipe));
                        let conditional = usize::from(list.and.is_some());
                        let outcome =
                            self.command(&words, frames.len() + conditional, &mut list, &mut frames);
                        // The last command of a pipe decides, and nothing is known of it.
                        let outcome = if piped { Outcome::EITHER } else { outcome };
                        let outcome = if std::mem::take(&mut list.negated) { outcome.not() } else { outcome };
                        list.so_far = Some(match (list.so_far, list.and) {
                            (Some(before), Some(true)) => before.and(outcome),
                            (Some(before), Some(false)) => before.or(outcome),
                            _ => outcome,
                        });
                    }
                },
            }
        }
        let last = list.so_far.unwrap_or(last);
        self.end_list(&mut list);
        while let Some(shape) = frames.last().map(|f| f.shape) {
            self.pop(&mut frames, shape, &mut list);
        }
        last
    }

    /// `&&` or `||`: what follows runs only for some actions.
    fn join(&mut self, list: &mut List, and: bool) {
        if let Some(so_far) = list.so_far {
            self.actions = list.actions & if and { so_far.yes } else { so_far.no } & !self.ended;
        }
        if self.answers > list.answers {
            self.asked = self.question.clone().or_else(|| Some(String::new()));
        }
        list.and = Some(and);
    }

    fn end_list(&mut self, list: &mut List) {
        self.actions = list.actions & !self.ended;
        self.asked.clone_from(&list.asked);
        *list = self.list();
    }

    fn frame(&self, shape: Shape, list: &mut List) -> Frame {
        let frame = Frame {
            shape,
            actions: self.actions,
            asked: self.asked.clone(),
            list: list.clone(),
            rest: self.actions,
            gone: 0,
            exact: shape == Shape::Group,
            answers: self.answers,
            of_answer: false,
            of_action: false,
        };
        *list = self.list();
        frame
    }

    /// `then`: the branch is taken for the actions of which the condition holds.
    fn branch(&mut self, frames: &mut [Frame], condition: Outcome, list: &mut List) {
        let Some(frame) = frames.last_mut().filter(|f| f.shape == Shape::If) else { return };
        self.actions = frame.rest & condition.yes & !self.ended;
        frame.rest &= condition.no;
        frame.exact = condition.exact();
        if self.answers > frame.answers {
            self.asked = self.question.clone().or_else(|| Some(String::new()));
        }
        *list = self.list();
    }

    /// Ends the innermost compound command of this shape; those inside it that were never ended end with it.
    fn pop(&mut self, frames: &mut Vec<Frame>, shape: Shape, list: &mut List) {
        let Some(found) = frames.iter().rposition(|f| f.shape == shape) else { return };
        let last = list.so_far;
        while frames.len() > found {
            let Some(frame) = frames.pop() else { return };
            let gone = if frame.exact { frame.gone } else { 0 };
            self.actions = frame.actions & !gone & !self.ended;
            *list = frame.list;
            self.asked = frame.asked;
            list.actions &= !gone & !self.ended;
            // `{ [ "$1" = purge ]; }` decides as its last list does.
            let outcome =
                if shape == Shape::Group { last.unwrap_or(Outcome::EITHER) } else { Outcome::EITHER };
            list.so_far = Some(match (list.so_far, list.and) {
                (Some(before), Some(true)) => before.and(outcome),
                (Some(before), Some(false)) => before.or(outcome),
                _ => outcome,
            });
            if let Some(outer) = frames.last_mut() {
                outer.gone |= gone;
            }
        }
    }

    /// Reads the patterns of the next branch of `case`.
    fn label(&mut self, tokens: &[Token], mut at: usize, frames: &mut Vec<Frame>, list: &mut List) -> usize {
        while matches!(tokens.get(at), Some(Token::End | Token::Open)) {
            at += 1;
        }
        if let Some(Token::Word(word)) = tokens.get(at)
            && word.bare() == Some("esac")
        {
            self.pop(frames, Shape::Case, list);
            return at + 1;
        }
        let mut patterns = Vec::new();
        while let Some(Token::Word(_) | Token::Pipe) = tokens.get(at) {
            if let Some(Token::Word(word)) = tokens.get(at) {
                patterns.extend(self.values.word(word));
            }
            at += 1;
        }
        if matches!(tokens.get(at), Some(Token::Close)) {
            at += 1;
        }
        let question = self.question.clone();
        if let Some(frame) = frames.last_mut().filter(|f| f.shape == Shape::Case) {
            self.actions = frame.actions & !self.ended;
            self.asked = frame.asked.clone();
            if frame.of_action {
                let (mut taken, mut used) = (0, 0);
                for pattern in &patterns {
                    let mut hit = 0;
                    hit |= if matches(pattern, "purge") { PURGE } else { 0 };
                    hit |= if matches(pattern, "remove") { REMOVE } else { 0 };
                    used |= hit;
                    taken |= if hit == 0 || pattern == "*" { hit | OTHER } else { hit };
                }
                self.actions &= taken & frame.rest;
                frame.rest &= !used;
            }
            if frame.of_answer {
                self.asked = question.or_else(|| Some(String::new()));
            }
        }
        *list = self.list();
        at
    }

    /// `for NAME in WORDS`: the variable may be each of them.
    fn each(&mut self, tokens: &[Token], mut at: usize, depth: usize) -> usize {
        let Some(Token::Word(name)) = tokens.get(at) else { return at };
        let name = name.bare().unwrap_or_default().to_owned();
        at += 1;
        let mut values = Vec::new();
        let mut listed = false;
        while let Some(Token::Word(word)) = tokens.get(at) {
            match word.bare() {
                Some("in") if !listed => listed = true,
                Some("do") if !listed => break,
                _ => values.extend(self.values.word(word)),
            }
            at += 1;
        }
        if !listed {
            values.push(UNKNOWN.to_string());
        }
        self.values.set(&name, values, depth);
        at
    }

    /// Keeps the body of a function, `{` being the next word.
    fn define(&mut self, tokens: &[Token], mut at: usize, name: &str) -> usize {
        while matches!(tokens.get(at), Some(Token::End | Token::Open | Token::Close)) {
            at += 1;
        }
        let start = at;
        let mut depth = 0_usize;
        while let Some(token) = tokens.get(at) {
            at += 1;
            let Token::Word(word) = token else { continue };
            match word.bare() {
                Some("{") => depth += 1,
                Some("}") => depth = depth.saturating_sub(1),
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
        let body = tokens.get(start + 1..at.saturating_sub(1)).unwrap_or_default().to_vec();
        self.functions.insert(name.to_owned(), body);
        at
    }

    fn call(&mut self, name: &str, arguments: &[Vec<String>]) -> Outcome {
        let Some(body) = self.functions.get(name).cloned() else { return Outcome::EITHER };
        self.called.insert(name.to_owned());
        if self.depth >= DEPTH {
            return Outcome::EITHER;
        }
        let before = self.values.arguments(arguments);
        let outer = (self.actions, self.asked.clone());
        self.depth += 1;
        self.run(&body);
        self.depth -= 1;
        self.values.restore(before);
        (self.actions, self.asked) = outer;
        self.actions &= !self.ended;
        Outcome::EITHER
    }

    /// One command with its words.
    fn command(&mut self, words: &[Word], depth: usize, list: &mut List, frames: &mut [Frame]) -> Outcome {
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
            "cp" if operands.iter().any(|w| w.bare() == Some("/dev/null")) => {
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
    fn test(&mut self, operands: &[Word]) -> Outcome {
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
    fn leave(&mut self, exit: bool, list: &mut List, frames: &mut [Frame]) {
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
    fn nested(&mut self, words: &[Word], texts: &[Word]) {
        let texts: Vec<String> = texts.iter().take(9).flat_map(|w| self.values.word(w)).collect();
        let text = texts.join(" ");
        if text.contains([UNKNOWN, ANSWER]) && !self.holds_only_operands(&text) {
            return self.unclear(words);
        }
        self.follow(&tokens(&text));
    }

    /// Whether what is not known of a text that is run stands behind a program, where it is a name of something.
    fn holds_only_operands(&self, text: &str) -> bool {
        let known = |word: &str| !word.contains([UNKNOWN, ANSWER, ACTION]);
        let mut words = text.split_whitespace();
        words.next().is_some_and(known) && !text.contains(['`', '$'])
    }

    /// Walks through other text, as for a function.
    fn follow(&mut self, tokens: &[Token]) {
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
    fn shell(&mut self, words: &[Word], operands: &[Word], base: &str) {
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
    fn read_in(&mut self, words: &[Word], operands: &[Word]) {
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
    fn runs(&mut self, words: &[Word], name: &str, operands: &[Word]) {
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
        match program(base) {
            Program::Harmless => {}
            Program::Unless(bad) if bad.iter().any(|bad| text().contains(bad)) => self.unclear(words),
            Program::Unless(_) => {}
            Program::Interprets => self.interprets(words, operands),
            Program::Unknown if name.contains('/') => self.helper(words, name, operands),
            Program::Unknown => {
                let there = |dir: &&str| (self.files)(&format!("{dir}/{name}"));
                // What is nowhere cannot run.
                if PATH.iter().any(|dir| there(&dir) != Held::Missing) {
                    self.unclear(words);
                }
            }
        }
    }

    /// A script that is called by its path.
    fn helper(&mut self, words: &[Word], path: &str, operands: &[Word]) {
        let held = if path.contains([UNKNOWN, ACTION, ANSWER]) { Held::Unknown } else { (self.files)(path) };
        match held {
            Held::Missing => {}
            Held::Text(text) if super::is_shell(&text) || !text.starts_with("#!") => {
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
    fn interprets(&mut self, words: &[Word], operands: &[Word]) {
        let mut rest = operands.iter();
        while let Some(word) = rest.next() {
            match word.bare() {
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
    fn query(&mut self, words: &[Word], operands: &[Word]) {
        const WRITES: &[&str] = &[
            "drop", "delete", "truncate", "alter", "update ", "insert", "replace", "create", ".read", "\\i",
        ];
        let text = shown_whole(operands).to_ascii_lowercase();
        let told = operands.iter().filter_map(Word::bare).any(|w| {
            matches!(w, "--execute" | "--command" | "--list" | "--eval")
                || is_letters(w) && w.ends_with(['e', 'c', 'l'])
        });
        let admin = words.iter().filter_map(Word::bare).any(|w| w.ends_with("admin"));
        let sqlite =
            words.iter().filter_map(Word::bare).any(|w| w.ends_with("sqlite3")) && operands.len() > 1;
        if WRITES.iter().any(|w| text.contains(w)) || !(told || admin || sqlite) {
            self.unclear(words);
        }
    }

    /// The values of a call's words; `"$@"` are those of the caller.
    fn arguments(&self, operands: &[Word]) -> Vec<Vec<String>> {
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
    fn is_harmless(&self, word: &Word) -> bool {
        let harmless = |name: &String| {
            let base = name.rsplit('/').next().unwrap_or_default();
            matches!(program(base), Program::Harmless | Program::Unless(_)) || base == "test" || base == "["
        };
        let names = self.values.word(word);
        !names.is_empty() && names.iter().all(harmless)
    }

    /// `mv`: what goes to where nothing is kept is gone.
    fn moved(&mut self, words: &[Word], operands: &[Word]) {
        let plain: Vec<&Word> =
            operands.iter().filter(|w| w.bare().is_none_or(|w| !w.starts_with('-'))).collect();
        let Some((into, from)) = plain.split_last() else { return };
        let lost =
            |path: &String| path == "/dev/null" || path.starts_with("/tmp") || path.starts_with("/run");
        if self.values.word(into).iter().any(lost) {
            let paths: Vec<String> = from.iter().flat_map(|w| self.values.word(w)).collect();
            self.delete(words, &paths, &[]);
        }
    }

    /// `NAME=PATH` as an operand (`dd of=PATH`): the file is written anew.
    fn written(&mut self, word: &Word, prefix: &str) {
        for value in self.values.word(word) {
            if let Some(path) = value.strip_prefix(prefix) {
                self.empties(path, std::slice::from_ref(word));
            }
        }
    }

    /// A file that is emptied: what was in it is lost as if it had been deleted.
    fn emptied(&mut self, file: &Word) {
        for path in self.values.word(file) {
            self.empties(&path, std::slice::from_ref(file));
        }
    }

    fn empties(&mut self, path: &str, words: &[Word]) {
        let known = settled(path);
        // Settings are written all the time; a file that nobody can name is most often one for the time being.
        if known.as_ref().is_some_and(|path| path.starts_with('/') && place(path) != Place::Data) {
            return;
        }
        if path.starts_with("/dev/") || path.starts_with(UNKNOWN) && !path.contains('/') {
            return;
        }
        let written = Word { parts: vec![Part::Text(">".to_owned())], ..Word::default() };
        let shown: Vec<Word> = std::iter::once(written).chain(words.iter().cloned()).collect();
        self.delete_as(&shown, &[path.to_owned()], &[], true);
    }

    fn rm(&mut self, words: &[Word], operands: &[Word]) {
        let mut paths = Vec::new();
        let (mut recursive, mut options) = (false, true);
        for operand in operands {
            match operand.bare() {
                Some("--") => options = false,
                Some("--recursive") if options => recursive = true,
                Some(word) if options && word.starts_with("--") => {}
                Some(word) if options && word.starts_with('-') => recursive |= word.contains(['r', 'R']),
                _ => paths.extend(self.values.word(operand)),
            }
        }
        if recursive {
            return self.delete(words, &paths, &[]);
        }
        let counts = |path: &String| {
            let name = path.rsplit('/').next().unwrap_or_default();
            name == "*" || DATABASES.iter().any(|suffix| matches(suffix, name))
        };
        let (whole, single): (Vec<String>, Vec<String>) = paths.into_iter().partition(counts);
        self.delete(words, &whole, &[]);
        // A file of which nobody can say where it is, one of many small ones.
        let single: Vec<String> = single.into_iter().filter(|path| settled(path).is_some()).collect();
        self.delete_as(words, &single, &[], true);
    }

    /// `find PLACES … -delete`, or what it hands to `rm`.
    fn find(&mut self, words: &[Word], operands: &[Word], list: &mut List) {
        let option = |w: &Word| w.bare().is_some_and(|w| w.starts_with('-') || w == "!") || is_paren(w);
        let end = operands.iter().position(option).unwrap_or(operands.len());
        let (places, tests) = operands.split_at(end);
        let paths: Vec<String> = places.iter().flat_map(|w| self.values.word(w)).collect();
        let has = |name: &str| tests.iter().any(|w| w.bare() == Some(name));
        // Links and empty directories hold nothing.
        if has("-lname") || has("-empty") {
            list.found = Some(Vec::new());
            return;
        }
        let mut names = Vec::new();
        for (n, pair) in tests.windows(2).enumerate() {
            let [sign, value] = pair else { continue };
            let before = n.checked_sub(1).and_then(|n| tests.get(n)).and_then(Word::bare);
            if matches!(sign.bare(), Some("-name" | "-iname")) && !matches!(before, Some("!" | "-not")) {
                names.extend(self.values.word(value).iter().map(|v| v.replace(UNKNOWN, "*")));
            }
        }
        let hands_to_rm = tests.windows(2).any(|pair| match pair {
            [sign, program] => {
                matches!(sign.bare(), Some("-exec" | "-execdir" | "-ok"))
                    && matches!(program.bare(), Some("rm" | "/bin/rm" | "shred"))
            }
            _ => false,
        });
        let hands_on = tests.windows(2).any(|pair| match pair {
            [sign, program] => {
                matches!(sign.bare(), Some("-exec" | "-execdir" | "-ok" | "-okdir"))
                    && !self.is_harmless(program)
            }
            _ => false,
        });
        if has("-delete") || hands_to_rm {
            self.delete(words, &paths, &names);
        } else if hands_on {
            self.unclear(words);
        }
        list.found = Some(paths);
    }

    /// `userdel -r`, `deluser --remove-home`: the home directory goes.
    fn delete_user(&mut self, words: &[Word], operands: &[Word]) {
        let removes = |w: &str| match w.strip_prefix('-') {
            Some(long) if long.starts_with('-') => {
                matches!(long, "-remove" | "-remove-home" | "-remove-all-files")
            }
            Some(short) => short.contains('r'),
            None => false,
        };
        let program = words.iter().find_map(Word::bare).unwrap_or_default();
        let home = operands.iter().filter_map(Word::bare).any(|w| {
            // `-r` is userdel's alone; `--remove` is long for it there.
            removes(w) && (program.ends_with("userdel") || w.starts_with("--remove-"))
        });
        if home {
            let user = operands.iter().filter(|w| !w.bare().is_some_and(|w| w.starts_with('-')));
            let users: Vec<String> =
                user.flat_map(|w| self.values.word(w)).map(|u| format!("~{u}")).collect();
            self.delete(words, &users, &[]);
        }
    }

    /// Notes what is deleted, where it holds anything.
    fn delete(&mut self, words: &[Word], paths: &[String], names: &[String]) {
        self.delete_as(words, paths, names, false);
    }

    /// The same; `single`: one file, which counts only when it is large.
    fn delete_as(&mut self, words: &[Word], paths: &[String], names: &[String], single: bool) {
        if self.actions & (PURGE | REMOVE) == 0 {
            return;
        }
        let mut unclear = false;
        for path in paths {
            let unknown = path.starts_with([UNKNOWN, ACTION, ANSWER]);
            let whole: Vec<String> = if path.starts_with(['/', '~']) || (unknown && self.directory.is_none())
            {
                vec![path.clone()]
            } else {
                let start = self.directory.clone().unwrap_or_else(|| vec![String::new()]);
                start.iter().map(|start| format!("{start}/{path}")).collect()
            };
            for path in whole {
                match settled(&path) {
                    Some(path) if path.starts_with('~') || place(&path) != Place::Nothing => {
                        let deletion = Deletion {
                            path,
                            names: names.to_vec(),
                            purge: self.actions & PURGE != 0,
                            remove: self.actions & REMOVE != 0,
                            question: self.asked.clone(),
                            needs: None,
                            single,
                        };
                        if !self.script.deletions.contains(&deletion) {
                            self.script.deletions.push(deletion);
                        }
                    }
                    Some(_) => {}
                    None => unclear = true,
                }
            }
        }
        if unclear {
            self.unclear(words);
        }
    }

    fn unclear(&mut self, words: &[Word]) {
        if self.actions & (PURGE | REMOVE) != 0 {
            self.script.note_unclear(&shown(words), self.actions & REMOVE != 0);
        }
    }
}

fn is_paren(word: &Word) -> bool {
    matches!(word.parts.as_slice(), [Part::Text(text)] if text == "(" || text == ")")
}

/// A path with nothing doubled and its unknown parts as `*`; `None` when it does not say where.
fn settled(path: &str) -> Option<String> {
    let path = path.replace([ACTION, ANSWER, UNKNOWN], "\u{3}");
    if path.starts_with('~') {
        return (!path.contains(UNKNOWN) && path.len() > 1).then_some(path);
    }
    let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty() && *p != ".").collect();
    let known = parts.iter().take_while(|p| !p.contains(UNKNOWN)).count();
    if !path.starts_with('/') || parts.contains(&"..") {
        return None;
    }
    let whole = format!("/{}", parts.join("/")).replace(UNKNOWN, "*");
    let fixed = format!("/{}", parts.get(..known)?.join("/"));
    // `/var/lib/$NAME` may be anybody's; `/var/lib/x/$NAME` and `/var/lib/x-$NAME` are below what is one thing's own.
    const SHARED: &[&str] = &["/var/lib", "/var/spool", "/var/opt", "/var/mail", "/var/local"];
    let named = parts.get(known).is_some_and(|p| p.trim_matches(UNKNOWN).len() >= 2);
    let own = known >= 2 && (named || !SHARED.contains(&fixed.as_str()));
    let told = known == parts.len() || (known > 0 && place(&fixed) != Place::Data);
    (told || own).then_some(whole)
}

/// `NAME=VALUE`.
fn assignment(word: &Word) -> Option<(String, Word)> {
    let Some(Part::Text(text)) = word.parts.first() else { return None };
    let (name, value) = text.split_once('=')?;
    let name = name.strip_suffix('+').unwrap_or(name);
    let valid = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !valid {
        return None;
    }
    let mut parts = vec![Part::Text(value.to_owned())];
    parts.extend(word.parts.iter().skip(1).cloned());
    // The value of an assignment is not split.
    Some((name.to_owned(), Word { parts, splits: false, quoted: true }))
}

/// Whether a word is what dpkg calls the script for, and nothing besides: `$1`, `x$1`.
fn is_action(values: &[String]) -> bool {
    let mut exact = values.iter().map(|v| v.trim_start_matches('x').strip_prefix(ACTION) == Some(""));
    !values.is_empty() && exact.all(|is| is)
}

/// `-c`, `-lc`: letters behind one dash.
fn is_letters(word: &str) -> bool {
    word.strip_prefix('-')
        .is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric()))
}

/// Whether a word begins like an option, whatever may stand in its value.
fn is_option(word: &Word) -> bool {
    matches!(word.parts.first(), Some(Part::Text(text)) if text.starts_with('-') && text.len() > 1)
}

/// The program that another one runs, with its words: behind options, those of `taking` with a word of their own, and
/// behind `before` more words.
fn wrapped<'w>(operands: &'w [Word], taking: &[&str], before: usize) -> &'w [Word] {
    let mut at = 0;
    while let Some(word) = operands.get(at).filter(|w| is_option(w)) {
        at += if word.bare().is_some_and(|w| taking.contains(&w)) { 2 } else { 1 };
        if word.bare() == Some("--") {
            break;
        }
    }
    operands.get(at + before..).unwrap_or_default()
}

/// Words as they are written.
fn shown_whole(words: &[Word]) -> String {
    let word = |w: &Word| -> String {
        let part = |p: &Part| match p {
            Part::Text(text) => text.clone(),
            Part::Variable(name) => format!("${name}"),
            Part::Command(command) => format!("$({command})"),
        };
        w.parts.iter().map(part).collect()
    };
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}

/// A command as it is written, shortened.
fn shown(words: &[Word]) -> String {
    let text = shown_whole(words);
    let mut text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() > 60 {
        text = text.chars().take(57).collect::<String>() + "...";
    }
    text
}
