//! What a package's removal scripts (prerm, postrm) delete, read from their text without running them. prerm runs before
//! the files of a package go, postrm afterwards, and once more at a purge (deb-prerm(5), deb-postrm(5)): it stays on disk
//! after `apt remove`, and the purge may come weeks later.
//!
//! A script is walked through: which branches `purge` and `remove` take, what variables hold, which functions and helper
//! scripts are called, and which deletions hang on the answer to a question. What cannot be told is said, never left out;
//! a program that nobody knows may do anything.

mod lex;
mod places;
mod programs;
mod values;
mod walk;

pub use places::{Place, place};

/// What a removal script does to files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// What it deletes.
    pub deletions: Vec<Deletion>,
    /// What it runs of which the text does not tell what that does, as written.
    pub unclear: Vec<String>,
    /// Those of them that run at removal already.
    pub unclear_at_removal: Vec<String>,
    /// It drops PostgreSQL's clusters of its version (`pg_dropcluster`); `Some(question)` where it asks before.
    pub drops_clusters: Option<Option<String>>,
    /// It does so at removal already.
    pub drops_at_removal: bool,
    /// It hands over to dbconfig-common, which may drop a database, also on another host.
    pub dbconfig: bool,
}

/// One thing that is deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// Where: an absolute path, perhaps with `*` and `?`. `~name` is the home directory of that user.
    pub path: String,
    /// Only files whose names match one of these; everything when empty.
    pub names: Vec<String>,
    /// At purge.
    pub purge: bool,
    /// At removal already.
    pub remove: bool,
    /// The debconf question that it hangs on.
    pub question: Option<String>,
    /// Only if this file is there.
    pub needs: Option<String>,
    /// One file, deleted or emptied by its name: most of them hold a state that comes back, and only a large one counts.
    pub single: bool,
    /// Which symbolic links it goes through.
    pub links: Links,
}

/// Which symbolic links a deletion goes through, to what lies behind them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Links {
    /// None: the link itself goes, what lies behind it stays.
    #[default]
    Not,
    /// The path itself, where it is one: `rm -r LINK/`, `find -H LINK`, `> LINK`. A slash behind a name asks for the
    /// directory (path_resolution(7), "Trailing slashes"); GNU rm 9.1 empties it and then complains about the link.
    Itself,
    /// And every one below it: `find -L`, `find … -follow` (find(1), findutils 4.9).
    Every,
}

/// Which of a package's scripts it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// Runs before the files go. Never for a purge.
    Prerm,
    /// Runs after they went, and at the purge.
    Postrm,
}

/// What lies at a path that a script runs or reads in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Held {
    /// A script, or text.
    Text(String),
    /// A program that cannot be read as text.
    Program,
    /// Nothing.
    Missing,
    /// Nobody looked, or nobody may.
    Unknown,
}

impl Script {
    /// Reads a postrm alone; `package` is the package's name without the architecture, as dpkg tells it the script.
    pub fn read(script: &[u8], package: &str) -> Script {
        Script::read_as(script, package, Which::Postrm, &|_| Held::Unknown)
    }

    /// Reads a script. `files` says what lies at the paths that it runs.
    pub fn read_as(script: &[u8], package: &str, which: Which, files: &dyn Fn(&str) -> Held) -> Script {
        let text = String::from_utf8_lossy(script);
        if is_shell(&text) { walk::walk(&text, package, which, files) } else { Script::foreign(&text) }
    }

    /// What both scripts of a package do.
    #[must_use]
    pub fn and(mut self, other: Script) -> Script {
        for deletion in other.deletions {
            if !self.deletions.contains(&deletion) {
                self.deletions.push(deletion);
            }
        }
        for text in &other.unclear {
            self.note_unclear(text, other.unclear_at_removal.contains(text));
        }
        self.drops_clusters = match (self.drops_clusters, other.drops_clusters) {
            // Once without a question is without a question.
            (Some(one), Some(two)) => Some(one.and(two)),
            (one, two) => one.or(two),
        };
        self.drops_at_removal |= other.drops_at_removal;
        self.dbconfig |= other.dbconfig;
        self
    }

    fn note_unclear(&mut self, text: &str, at_removal: bool) {
        let note = |all: &mut Vec<String>| {
            if !all.iter().any(|known| known == text) {
                all.push(text.to_owned());
            }
        };
        note(&mut self.unclear);
        if at_removal {
            note(&mut self.unclear_at_removal);
        }
    }

    /// A script of another language, or a program: only whether it could delete anything.
    fn foreign(text: &str) -> Script {
        let mut script = Script::default();
        let name = interpreter(text).unwrap_or_default();
        if name.is_empty() {
            script.note_unclear("a program", true);
        } else if !programs::only_prints(text) {
            script.note_unclear(&format!("a {name} script"), true);
        }
        script
    }

    /// What hangs on an answer, once each.
    pub fn questions(&self) -> Vec<&str> {
        let asked = self.deletions.iter().filter_map(|d| d.question.as_deref());
        let mut all: Vec<&str> =
            asked.chain(self.drops_clusters.iter().flatten().map(String::as_str)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// The name of the program that runs a script.
fn interpreter(text: &str) -> Option<&str> {
    let mut words = text.lines().next()?.strip_prefix("#!")?.split_whitespace();
    let first = words.next()?.rsplit('/').next()?;
    if first == "env" { words.find(|word| !word.starts_with('-')) } else { Some(first) }
}

fn is_shell(text: &str) -> bool {
    matches!(interpreter(text), Some("sh" | "bash" | "dash" | "ash" | "ksh" | "zsh"))
}

#[cfg(test)]
mod tests;
