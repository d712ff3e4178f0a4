//! Walks through a removal script: every branch, with what is known in it.

use super::lex::{Part, Token, Word, tokens};
use super::places::{Place, place};
use super::values::{ACTION, ANSWER, UNKNOWN, Values};
use super::{Deletion, Script};
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

/// Reads a shell script.
pub fn walk(text: &str, package: &str) -> Script {
    let mut walk = Walk {
        values: Values::of(package),
        script: Script::default(),
        functions: BTreeMap::new(),
        called: BTreeSet::new(),
        actions: ALL,
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
        walk.actions = PURGE;
        walk.ended = 0;
        walk.call(&name, &[]);
    }
    walk.script
}

struct Walk {
    values: Values,
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

impl Walk {
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
                self.script.unclear.push("a script too long to follow".to_owned());
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
                        frame.of_action = subject.iter().any(|v| v.contains(ACTION));
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
                        while let Some(Token::Word(word)) = tokens.get(at) {
                            words.push(word.clone());
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
        match name.rsplit('/').next().unwrap_or_default() {
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
            "command" | "exec" | "sudo" | "nice" | "ionice" | "env" | "builtin" | "nohup" | "timeout" => {
                let inner = operands.iter().position(|w| !w.bare().is_some_and(|w| w.starts_with('-')));
                if let Some(inner) = inner.and_then(|at| operands.get(at..)) {
                    return self.command(inner, depth, list, frames);
                }
            }
            "sh" | "bash" | "dash" | "su" | "runuser" | "eval" => {
                self.nested(operands, name.ends_with("eval"))
            }
            "xargs" => {
                let is_rm = |w: &Word| matches!(w.bare(), Some("rm" | "/bin/rm" | "shred" | "unlink"));
                if operands.iter().any(is_rm) {
                    match found {
                        Some(paths) => self.delete(words, &paths, &[]),
                        None => self.unclear(words),
                    }
                }
            }
            "rm" | "shred" | "unlink" => self.rm(words, operands),
            "find" => self.find(words, operands, list),
            "." | "source" => {
                let mut files = operands.iter().flat_map(|w| self.values.word(w));
                self.script.dbconfig |=
                    files.any(|f| f.contains("dbconfig-common")) && self.actions & PURGE != 0;
            }
            "dbc_go" => self.script.dbconfig = true,
            "db_input" | "db_get" | "db_go" | "db_fget" => {
                if name != "db_go" {
                    let question =
                        operands.iter().flat_map(|w| self.values.word(w)).rfind(|w| w.contains('/'));
                    self.question = question.or_else(|| self.question.take());
                }
                self.values.set("RET", vec![ANSWER.to_string()], 0);
            }
            "pg_dropcluster" if self.actions & (PURGE | REMOVE) != 0 => {
                let asked = self.asked.clone();
                // Once without a question is without a question.
                let before = self.script.drops_clusters.take();
                self.script.drops_clusters = Some(before.map_or(asked.clone(), |b| b.and(asked)));
            }
            "deluser" | "userdel" => self.delete_user(words, operands),
            "dropdb" | "lvremove" | "vgremove" => self.unclear(words),
            "zfs" | "zpool" | "btrfs" | "mysqladmin" | "mysql" | "psql" | "mongo" => {
                let says = |needle: &str| shown(operands).to_ascii_lowercase().contains(needle);
                if says("destroy") || says("drop ") || says("subvolume delete") {
                    self.unclear(words);
                }
            }
            program if program.contains("nuke") => {
                let paths: Vec<String> = operands.iter().flat_map(|w| self.values.word(w)).collect();
                self.delete(words, &paths, &[]);
                // The script is there only where it was put.
                for deletion in self.script.deletions.iter_mut().filter(|d| paths.contains(&d.path)) {
                    deletion.needs = Some(name.clone());
                }
            }
            _ if self.functions.contains_key(&name) => {
                let arguments: Vec<Vec<String>> = operands.iter().map(|w| self.values.word(w)).collect();
                return self.call(&name, &arguments);
            }
            _ => {}
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
                        if any(left, ACTION) { (true, right) } else { (any(right, ACTION), left) };
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

    fn nested(&mut self, operands: &[Word], eval: bool) {
        let mut words = operands.iter();
        if !eval && !words.any(|w| w.bare().is_some_and(|w| w.starts_with('-') && w.ends_with('c'))) {
            return;
        }
        let texts: Vec<String> =
            words.take(if eval { 9 } else { 1 }).flat_map(|w| self.values.word(w)).collect();
        if self.depth < DEPTH {
            self.depth += 1;
            let outer = (self.actions, self.asked.clone());
            self.run(&tokens(&texts.join(" ")));
            (self.actions, self.asked) = outer;
            self.depth -= 1;
        }
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
        if !recursive {
            let counts = |path: &String| {
                let name = path.rsplit('/').next().unwrap_or_default();
                name == "*" || DATABASES.iter().any(|suffix| matches(suffix, name))
            };
            paths.retain(counts);
        }
        self.delete(words, &paths, &[]);
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
        if has("-delete") || hands_to_rm {
            self.delete(words, &paths, &names);
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
        let text = shown(words);
        if self.actions & (PURGE | REMOVE) != 0 && !self.script.unclear.contains(&text) {
            self.script.unclear.push(text);
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

/// A command as it is written, shortened.
fn shown(words: &[Word]) -> String {
    let word = |w: &Word| -> String {
        let part = |p: &Part| match p {
            Part::Text(text) => text.clone(),
            Part::Variable(name) => format!("${name}"),
            Part::Command(command) => format!("$({command})"),
        };
        w.parts.iter().map(part).collect()
    };
    let text = words.iter().map(word).collect::<Vec<_>>().join(" ");
    let mut text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() > 60 {
        text = text.chars().take(57).collect::<String>() + "...";
    }
    text
}
