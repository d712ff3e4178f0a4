//! What a package's removal script (postrm) deletes, read from its text without running it. The script stays on disk
//! after `apt remove`, and runs at the purge that may come weeks later (deb-postrm(5)).
//!
//! The script is walked through: which branches `purge` and `remove` take, what variables hold, which functions are
//! called, and which deletions hang on the answer to a question. What cannot be told is said, never left out.

mod lex;
mod places;
mod values;
mod walk;

pub use places::{Place, place};

/// What a removal script does to files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Script {
    /// What it deletes.
    pub deletions: Vec<Deletion>,
    /// Deletions of which the text does not tell what they hit, as written.
    pub unclear: Vec<String>,
    /// It drops PostgreSQL's clusters of its version (`pg_dropcluster`); `Some(question)` where it asks before.
    pub drops_clusters: Option<Option<String>>,
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
}

impl Script {
    /// Reads a script; `package` is the package's name without the architecture, as dpkg tells it the script.
    pub fn read(script: &[u8], package: &str) -> Script {
        let text = String::from_utf8_lossy(script);
        let interpreter = text.lines().next().and_then(|line| line.strip_prefix("#!"));
        let interpreter = interpreter.and_then(|line| line.split_whitespace().next()).unwrap_or_default();
        match interpreter.rsplit('/').next() {
            Some("sh" | "bash" | "dash" | "ash" | "ksh" | "zsh") => walk::walk(&text, package),
            name => Script::foreign(&text, name.unwrap_or_default()),
        }
    }

    /// A script of another language, or a program: only whether it could delete trees.
    fn foreign(text: &str, name: &str) -> Script {
        const TREES: &[&str] = &["rmtree", "remove_tree", "rm -r", "rm -fr", "removedirs", "unlink"];
        let mut script = Script::default();
        if name.is_empty() {
            script.unclear.push("a program".to_owned());
        } else if TREES.iter().any(|word| text.contains(word)) {
            script.unclear.push(format!("a {name} script"));
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

#[cfg(test)]
mod tests;
