//! Walks through a removal script: every branch, with what is known in it.

mod commands;
mod losses;

use super::lex::{Part, Token, Word, tokens};
use super::places::{Place, place};
use super::values::{ACTION, ANSWER, UNKNOWN, Values};
use super::{Held, Script, Which};
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
/// So many programs in a row that run each other.
const WRAPPED: usize = 32;

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
        words: 0,
        output: 0,
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
    /// How many programs run each other here, each the words of the one before.
    words: usize,
    /// How many commands that stand in a word are around this one: its output is what counts.
    output: usize,
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
                Token::Into(word) => {
                    self.inside(word);
                    self.emptied(word);
                }
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
                            Some(Token::Word(word)) => {
                                self.inside(word);
                                self.values.word(word)
                            }
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
                                Some(Token::Into(file)) => {
                                    self.inside(file);
                                    self.emptied(file);
                                }
                                _ => break,
                            }
                            at += 1;
                        }
                        words.iter().for_each(|word| self.inside(word));
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
                _ => {
                    self.inside(word);
                    values.extend(self.values.word(word));
                }
            }
            at += 1;
        }
        if !listed {
            values.push(UNKNOWN.to_string());
        }
        self.values.set(&name, values, depth);
        at
    }

    /// Keeps the body of a function, `{` or `(` being next.
    fn define(&mut self, tokens: &[Token], mut at: usize, name: &str) -> usize {
        if matches!(tokens.get(at..at + 2), Some([Token::Open, Token::Close])) {
            at += 2;
        }
        while matches!(tokens.get(at), Some(Token::End | Token::Close)) {
            at += 1;
        }
        let start = at;
        if matches!(tokens.get(at), Some(Token::Open)) {
            at = subshell(tokens, at);
            let body = tokens.get(start..at).unwrap_or_default().to_vec();
            self.functions.insert(name.to_owned(), body);
            return at;
        }
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
            if self.actions & (PURGE | REMOVE) != 0 {
                self.script.note_unclear("a script too deep to follow", self.actions & REMOVE != 0);
            }
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
}

/// The place behind the `)` of the `(` here. The patterns of `case` end with one that opens nowhere.
fn subshell(tokens: &[Token], mut at: usize) -> usize {
    let mut open: Vec<char> = Vec::new();
    let mut first = true;
    while let Some(token) = tokens.get(at) {
        at += 1;
        let was_first = std::mem::replace(&mut first, !matches!(token, Token::Word(_) | Token::Into(_)));
        match token {
            Token::Open => open.push('('),
            Token::Close if open.last() == Some(&'(') => {
                open.pop();
                if open.is_empty() {
                    break;
                }
            }
            Token::Word(word) => match word.bare() {
                Some("case") if was_first => open.push('c'),
                Some("esac") if was_first && open.last() == Some(&'c') => {
                    open.pop();
                }
                Some("then" | "do" | "else" | "{" | "in" | "!") => first = true,
                _ => {}
            },
            _ => {}
        }
    }
    at
}

fn is_paren(word: &Word) -> bool {
    matches!(word.parts.as_slice(), [Part::Text(text)] if text == "(" || text == ")")
}

/// A path with nothing doubled and its unknown parts as `*`; `None` when it does not say where.
fn settled(path: &str) -> Option<String> {
    let path = path.replace([ACTION, ANSWER, UNKNOWN], "\u{3}");
    if path.starts_with('~') {
        let path = path.trim_end_matches('/');
        return (!path.contains(UNKNOWN) && path.len() > 1).then(|| path.to_owned());
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
    let (name, adds) = name.strip_suffix('+').map_or((name, false), |name| (name, true));
    let valid = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !valid {
        return None;
    }
    let mut parts = if adds { vec![Part::Variable(name.to_owned())] } else { Vec::new() };
    parts.push(Part::Text(value.to_owned()));
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
    let text = shown_whole(words).replace([ACTION, ANSWER, UNKNOWN], "?");
    let mut text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() > 60 {
        text = text.chars().take(57).collect::<String>() + "...";
    }
    text
}
