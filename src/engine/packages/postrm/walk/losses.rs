//! What a command of a script deletes, empties or moves away.

use super::super::lex::{Part, Word};
use super::super::places::{Place, place};
use super::super::values::{ACTION, ANSWER, UNKNOWN};
use super::super::{Deletion, Links};
use super::{DATABASES, List, PURGE, REMOVE, Walk, is_paren, settled, shown};
use crate::engine::glob::matches;

impl Walk<'_> {
    /// `mv`: what goes to where nothing is kept is gone.
    pub(super) fn moved(&mut self, words: &[Word], operands: &[Word]) {
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
    pub(super) fn written(&mut self, word: &Word, prefix: &str) {
        for value in self.values.word(word) {
            if let Some(path) = value.strip_prefix(prefix) {
                self.empties(path, std::slice::from_ref(word));
            }
        }
    }

    /// A file that is emptied: what was in it is lost as if it had been deleted.
    pub(super) fn emptied(&mut self, file: &Word) {
        for path in self.values.word(file) {
            self.empties(&path, std::slice::from_ref(file));
        }
    }

    pub(super) fn empties(&mut self, path: &str, words: &[Word]) {
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
        self.delete_as(&shown, &[path.to_owned()], &[], true, Links::Itself);
    }

    pub(super) fn rm(&mut self, words: &[Word], operands: &[Word]) {
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
        // shred writes over what it opens; rm and unlink take a name away.
        let shreds = words.iter().filter_map(Word::bare).any(|w| w.ends_with("shred"));
        let links = if shreds { Links::Itself } else { Links::Not };
        let counts = |path: &String| {
            let name = path.rsplit('/').next().unwrap_or_default();
            name == "*" || DATABASES.iter().any(|suffix| matches(suffix, name))
        };
        let (whole, single): (Vec<String>, Vec<String>) = paths.into_iter().partition(counts);
        self.delete_as(words, &whole, &[], false, links);
        // A file of which nobody can say where it is, one of many small ones.
        let single: Vec<String> = single.into_iter().filter(|path| settled(path).is_some()).collect();
        self.delete_as(words, &single, &[], true, links);
    }

    /// `find PLACES … -delete`, or what it hands to `rm`.
    pub(super) fn find(&mut self, words: &[Word], operands: &[Word], list: &mut List) {
        let option = |w: &Word| w.bare().is_some_and(|w| w.starts_with('-') || w == "!") || is_paren(w);
        // `-H -L -P -D WORD -O3` stand in front of the places; the last of the first three counts.
        let mut operands = operands;
        let mut links = Links::Not;
        while let Some((first, rest)) = operands.split_first() {
            links = match first.bare() {
                Some("-H") => Links::Itself,
                Some("-L") => Links::Every,
                Some("-P") => Links::Not,
                _ => links,
            };
            operands = match first.bare() {
                Some("-H" | "-L" | "-P" | "--") => rest,
                Some("-D") => rest.get(1..).unwrap_or_default(),
                Some(word) if word.starts_with("-O") => rest,
                _ => break,
            };
        }
        let end = operands.iter().position(option).unwrap_or(operands.len());
        let (places, tests) = operands.split_at(end);
        let mut paths: Vec<String> = places.iter().flat_map(|w| self.values.word(w)).collect();
        if places.is_empty() {
            paths.push(".".to_owned());
        }
        let has = |name: &str| tests.iter().any(|w| w.bare() == Some(name));
        let holds = |name: &str| {
            let at = tests.iter().position(|w| w.bare() == Some(name));
            let before = at.and_then(|at| at.checked_sub(1)).and_then(|at| tests.get(at));
            at.is_some() && !matches!(before.and_then(Word::bare), Some("!" | "-not"))
        };
        // Links and empty directories hold nothing.
        if holds("-lname") || holds("-empty") {
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
        if has("-follow") {
            links = Links::Every;
        }
        if links != Links::Not {
            // What is handed on through a pipe lies behind the link as well.
            paths.iter_mut().for_each(|path| path.push('/'));
        }
        if has("-delete") || hands_to_rm {
            self.delete_as(words, &paths, &names, false, links);
        } else if hands_on {
            self.unclear(words);
        }
        list.found = Some(paths);
    }

    /// `userdel -r`, `deluser --remove-home`: the home directory goes.
    pub(super) fn delete_user(&mut self, words: &[Word], operands: &[Word]) {
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
    pub(super) fn delete(&mut self, words: &[Word], paths: &[String], names: &[String]) {
        self.delete_as(words, paths, names, false, Links::Not);
    }

    /// The same; `single`: one file, which counts only when it is large. A path that ends in a slash goes through a link
    /// in any case.
    pub(super) fn delete_as(
        &mut self,
        words: &[Word],
        paths: &[String],
        names: &[String],
        single: bool,
        links: Links,
    ) {
        if self.actions & (PURGE | REMOVE) == 0 {
            return;
        }
        let mut unclear = false;
        for path in paths.iter().flat_map(|path| unbraced(path)) {
            let path = &path;
            let unknown = path.starts_with([UNKNOWN, ACTION, ANSWER]);
            let whole: Vec<String> = if path.starts_with(['/', '~']) || (unknown && self.directory.is_none())
            {
                vec![path.clone()]
            } else {
                let start = self.directory.clone().unwrap_or_else(|| vec![String::new()]);
                start.iter().map(|start| format!("{start}/{path}")).collect()
            };
            for path in whole {
                let slashed = path.ends_with('/') || path.ends_with("/.");
                let links = if slashed && links == Links::Not { Links::Itself } else { links };
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
                            links,
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

    pub(super) fn unclear(&mut self, words: &[Word]) {
        if self.actions & (PURGE | REMOVE) != 0 {
            self.script.note_unclear(&shown(words), self.actions & REMOVE != 0);
        }
    }
}

/// `a/{b,c}` as `a/b` and `a/c`, as bash reads it; what is nested or counts is not known.
fn unbraced(path: &str) -> Vec<String> {
    let whole = || vec![path.to_owned()];
    let Some((head, rest)) = path.split_once('{') else { return whole() };
    let Some((inner, tail)) = rest.split_once('}') else { return whole() };
    if inner.contains('{') || tail.contains('{') || inner.contains("..") {
        let end = path.rsplit_once('}').map_or("", |(_, end)| end);
        return vec![format!("{head}{UNKNOWN}{end}")];
    }
    if !inner.contains(',') {
        return whole();
    }
    inner.split(',').take(64).map(|one| format!("{head}{one}{tail}")).collect()
}
