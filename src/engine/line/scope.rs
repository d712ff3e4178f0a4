//! What names stand for inside a line: variables with every value they may have, aliases, functions, files it writes.
//!
//! An assignment that may not have happened (behind `&&`, inside `if`, in a loop) adds a value when its block ends and
//! takes none away: a dry run that was put into a variable under a condition is no dry run.

use super::lex::Token;
use crate::engine::glob;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// A value, or that it is not known.
pub(super) type Value = Option<Vec<u8>>;

/// What is added to an array's name for that of any one of its elements.
pub(super) const ELEMENT: &[u8] = b"[]";

/// More values than this for one name: what is beyond counts as unknown.
const VALUES: usize = 1024;

/// Nothing was assigned inside the line: what the environment holds is not known.
const UNKNOWN: &[Value] = &[None];

type Values = Vec<(Vec<u8>, Vec<Value>)>;

/// A part of the line that may run or not.
#[derive(Clone, Default)]
struct Frame {
    /// What names held before it.
    before: Values,
    /// What they held at the end of each branch that is read already.
    branches: Vec<Values>,
    /// One of the branches runs for certain.
    exhaustive: bool,
}

/// What the shell that starts another one knows.
pub(super) struct Outside {
    variables: BTreeMap<Vec<u8>, Vec<Value>>,
    exported: BTreeSet<Vec<u8>>,
    exports_all: bool,
}

/// The names of a line.
#[derive(Clone, Default)]
pub(super) struct Scope {
    variables: BTreeMap<Vec<u8>, Vec<Value>>,
    /// Names that a shell started from here sees.
    exported: BTreeSet<Vec<u8>>,
    /// `set -a`: every name is exported.
    pub exports_all: bool,
    frames: Vec<Frame>,
    /// Aliases: name and text.
    pub aliases: Vec<(Vec<u8>, Vec<u8>)>,
    /// Functions: name and body.
    pub functions: Vec<(Vec<u8>, Rc<[Token]>)>,
    /// Names that stand for another name (`declare -n R=D`): R and D.
    pub references: Vec<(Vec<u8>, Vec<u8>)>,
    /// Files the line writes.
    files: Vec<File>,
}

/// A file the line writes.
#[derive(Clone, Default)]
struct File {
    path: Vec<u8>,
    text: Vec<u8>,
    /// It may hold more: it was added to.
    partial: bool,
    /// Names in it stand for what they held when it was written.
    shared: bool,
}

/// What is known of a file.
pub(super) struct Text {
    pub text: Vec<u8>,
    /// It may hold more than that.
    pub partial: bool,
    /// Names in it stand for what they held when it was written.
    pub shared: bool,
}

impl Scope {
    /// Every value a variable may have.
    pub fn get(&self, name: &[u8]) -> &[Value] {
        match self.variables.get(name) {
            Some(values) if !values.is_empty() => values,
            _ => match name.strip_suffix(ELEMENT) {
                Some(array) => self.get(array),
                None => UNKNOWN,
            },
        }
    }

    /// Assigns; what the name held before comes back when the block turns out not to have run.
    pub fn set(&mut self, name: &[u8], mut values: Vec<Value>) {
        let before = self.get(name).to_vec();
        if let Some(frame) = self.frames.last_mut() {
            keep(&mut frame.before, name, before);
        }
        dedupe(&mut values);
        self.variables.insert(name.to_vec(), values);
    }

    /// What a name held, to be put back by [`Scope::restore`].
    pub fn held(&self, name: &[u8]) -> Option<Vec<Value>> {
        self.variables.get(name).cloned()
    }

    /// Puts back what a name held for a while.
    pub fn restore(&mut self, name: &[u8], held: Option<Vec<Value>>) {
        match held {
            Some(values) => self.variables.insert(name.to_vec(), values),
            None => self.variables.remove(name),
        };
    }

    /// Every name that is exported; to be put back by [`Scope::set_exports`].
    pub fn exports(&self) -> BTreeSet<Vec<u8>> {
        self.exported.clone()
    }

    /// Puts back which names are exported.
    pub fn set_exports(&mut self, exported: BTreeSet<Vec<u8>>) {
        self.exported = exported;
    }

    /// A shell started from here sees this name from now on, or no longer.
    pub fn export(&mut self, name: &[u8], seen: bool) {
        if seen {
            self.exported.insert(name.to_vec());
        } else {
            self.exported.remove(name);
        }
    }

    /// Whether elements of this array are known one by one.
    pub fn has_elements(&self, name: &[u8]) -> bool {
        self.variables.contains_key([name, ELEMENT].concat().as_slice())
    }

    /// Something may have assigned any of the names: a file that is sourced, a text that is evaluated.
    pub fn doubt(&mut self) {
        let known = |(name, values): &(&Vec<u8>, &Vec<Value>)| *name != b"IFS" && !values.contains(&None);
        let names: Vec<Vec<u8>> = self.variables.iter().filter(known).map(|(name, _)| name.clone()).collect();
        for name in names {
            let mut values = self.get(&name).to_vec();
            values.push(None);
            self.set(&name, values);
        }
    }

    /// How many names the line has assigned.
    pub fn size(&self) -> usize {
        self.variables.len()
    }

    /// Another shell begins. It sees what is exported, one on another machine (`far`) nothing of this: what the names
    /// hold is not known there. What it assigns is gone with it: [`Scope::rejoin`].
    pub fn apart(&mut self, far: bool) -> Outside {
        let outside = Outside {
            variables: self.variables.clone(),
            exported: self.exported.clone(),
            exports_all: self.exports_all,
        };
        if far {
            self.exported.clear();
            self.exports_all = false;
        }
        if !self.exports_all {
            for (name, values) in &mut self.variables {
                if name != b"IFS" && !self.exported.contains(name) && !values.contains(&None) {
                    values.push(None);
                }
            }
        }
        outside
    }

    /// The other shell has ended.
    pub fn rejoin(&mut self, outside: Outside) {
        self.variables = outside.variables;
        self.exported = outside.exported;
        self.exports_all = outside.exports_all;
    }

    /// A part begins that may not run.
    pub fn enter(&mut self) {
        self.frames.push(Frame::default());
    }

    /// Another branch of the same choice begins; `last` when none is left (`else`).
    pub fn branch(&mut self, last: bool) {
        let Some(frame) = self.frames.last_mut() else { return };
        frame.exhaustive |= last;
        let mut ended = Values::new();
        for (name, before) in &frame.before {
            ended.push((name.clone(), self.variables.get(name).cloned().unwrap_or_default()));
            self.variables.insert(name.clone(), before.clone());
        }
        frame.branches.push(ended);
    }

    /// How many names were assigned in the innermost part.
    pub fn changes(&self) -> usize {
        self.frames.last().map_or(0, |frame| frame.before.len())
    }

    /// One of the branches runs for certain: `*)` in a `case`.
    pub fn exhaust(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.exhaustive = true;
        }
    }

    /// The part ends: each name may hold what any of the branches left. `ended` when the last one was closed already.
    pub fn leave(&mut self, ended: bool) {
        if !ended {
            self.branch(false);
        }
        let Some(Frame { before, branches, exhaustive }) = self.frames.pop() else { return };
        for (name, before) in before {
            let mut values: Vec<Value> = Vec::new();
            for branch in &branches {
                match branch.iter().find(|(n, _)| *n == name) {
                    Some((_, ended)) => values.extend(ended.iter().cloned()),
                    None => values.extend(before.iter().cloned()),
                }
            }
            if !exhaustive {
                values.extend(before.iter().cloned());
            }
            dedupe(&mut values);
            if let Some(outer) = self.frames.last_mut() {
                keep(&mut outer.before, &name, before);
            }
            self.variables.insert(name, values);
        }
    }

    /// Remembers what a file holds. Names in it are those of this line when it is `shared`.
    pub fn write(&mut self, path: &[u8], text: Vec<u8>, appends: bool, shared: bool) {
        let path = plain(path);
        match self.files.iter_mut().rev().find(|file| appends && file.path == path) {
            Some(file) => {
                file.text.extend_from_slice(&text);
                file.shared &= shared;
            }
            None => self.files.push(File { path: path.to_vec(), text, partial: appends, shared }),
        }
    }

    /// Everything a file may hold, one text.
    ///
    /// A line may go to the file's directory first, or name it by a pattern: a file of the same name counts as well.
    pub fn read(&self, path: &[u8]) -> Option<Vec<u8>> {
        self.look(path).map(|file| file.text)
    }

    /// The same, and what else is known of it.
    pub fn look(&self, path: &[u8]) -> Option<Text> {
        let path = plain(path);
        let last = |p: &[u8]| p.rsplit(|b| *b == b'/').next().unwrap_or_default().to_vec();
        let wanted = last(path);
        let pattern = String::from_utf8_lossy(&wanted).into_owned();
        let is = |written: &[u8]| {
            let called = last(written);
            let fits = wanted.contains(&b'*') && glob::matches(&pattern, &String::from_utf8_lossy(&called));
            written == path || (!wanted.is_empty() && called == wanted) || fits
        };
        let mut files = self.files.iter().filter(|file| is(&file.path)).peekable();
        files.peek()?;
        let mut all = Text { text: Vec::new(), partial: false, shared: true };
        for file in files {
            all.text.extend_from_slice(&file.text);
            all.text.push(b'\n');
            all.partial |= file.partial;
            all.shared &= file.shared;
        }
        Some(all)
    }

    /// Everything the line writes to files, one text: for a shell that is given a file of which the name is not known.
    pub fn every_file(&self) -> Option<Vec<u8>> {
        let texts: Vec<&[u8]> = self.files.iter().map(|file| file.text.as_slice()).collect();
        (!texts.is_empty()).then(|| texts.join(&b'\n'))
    }

    /// What was written to the file a command's name stands for: a path, or a name in a directory of programs.
    pub fn program(&self, called: &[u8]) -> Option<Text> {
        if called.contains(&b'/') {
            return self.look(called);
        }
        let installed = |path: &[u8]| {
            path.strip_suffix(called)
                .is_some_and(|dir| dir.ends_with(b"bin/") || dir.ends_with(b".local/bin/"))
        };
        let file = self.files.iter().rev().find(|file| installed(&file.path))?;
        self.look(&file.path)
    }

    /// The alias of this name.
    pub fn alias(&self, name: &[u8]) -> Option<Vec<u8>> {
        self.aliases.iter().rev().find(|(n, _)| n == name).map(|(_, text)| text.clone())
    }

    /// The functions of this name: every definition, since each may be the one in force.
    pub fn function(&self, name: &[u8]) -> Vec<Rc<[Token]>> {
        self.functions.iter().filter(|(n, _)| n == name).map(|(_, body)| Rc::clone(body)).collect()
    }
}

/// The first value that is kept for a name is the one from before the block.
fn keep(values: &mut Values, name: &[u8], before: Vec<Value>) {
    if !values.iter().any(|(n, _)| n == name) {
        values.push((name.to_vec(), before));
    }
}

fn dedupe(values: &mut Vec<Value>) {
    if values.len() > 1 {
        values.sort();
        values.dedup();
    }
    if values.len() > VALUES {
        values.truncate(VALUES - 1);
        values.push(None);
    }
}

/// `./f` and `f` are one file.
fn plain(path: &[u8]) -> &[u8] {
    path.strip_prefix(b"./").unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(text: &str) -> Value {
        Some(text.as_bytes().to_vec())
    }

    #[test]
    fn what_may_not_have_run_adds() {
        let mut scope = Scope::default();
        scope.enter();
        scope.set(b"x", vec![some("a")]);
        assert_eq!(scope.get(b"x"), [some("a")]);
        scope.leave(false);
        assert_eq!(scope.get(b"x"), [None, some("a")]);
    }

    #[test]
    fn of_branches_one_has_run() {
        let mut scope = Scope::default();
        scope.set(b"x", vec![some("old")]);
        scope.enter();
        scope.set(b"x", vec![some("a")]);
        scope.branch(true);
        assert_eq!(scope.get(b"x"), [some("old")]);
        scope.set(b"x", vec![some("b")]);
        scope.leave(false);
        assert_eq!(scope.get(b"x"), [some("a"), some("b")]);
    }

    #[test]
    fn what_is_doubted_in_a_block_is_doubted_behind_it() {
        let mut scope = Scope::default();
        scope.set(b"x", vec![some("a")]);
        scope.enter();
        scope.doubt();
        scope.leave(false);
        assert_eq!(scope.get(b"x"), [None, some("a")]);
        scope.set(b"x", vec![some("b")]);
        assert_eq!(scope.get(b"x"), [some("b")]);
    }

    #[test]
    fn blocks_inside_blocks_reach_outwards() {
        let mut scope = Scope::default();
        scope.enter();
        scope.enter();
        scope.set(b"x", vec![some("a")]);
        scope.leave(false);
        scope.leave(false);
        assert_eq!(scope.get(b"x"), [None, some("a")]);
    }
}
