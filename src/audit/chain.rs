//! Checking that no line was changed, removed or moved.

use super::file::line_hash;
use super::read::{generations, read};
use std::path::{Path, PathBuf};

/// A log whose chain holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many lines.
    pub lines: u64,
    /// In how many files.
    pub files: u64,
    /// The oldest line names a line before it: older files were rotated away or removed.
    pub earlier_missing: bool,
    /// Logs that begin anew although older ones stand before them. Earlier guards left such a break when they were killed
    /// while they moved the log on; whether lines were taken out there cannot be told.
    pub restarts: Vec<PathBuf>,
    /// SHA-256 of the last line: kept elsewhere, it proves later that nothing up to here was cut off or rewritten.
    pub head: Option<String>,
}

/// The first line that breaks the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The file.
    pub path: PathBuf,
    /// The line, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub why: String,
}

/// Checks the chain over a log and its older files: `Ok(Ok(_))` when it holds, `Ok(Err(_))` with the first broken line.
///
/// # Errors
/// When a file cannot be read.
pub fn verify(path: &Path) -> Result<Result<Verified, Broken>, (PathBuf, std::io::Error)> {
    let mut verified = Verified {
        lines: 0,
        files: generations(path).len() as u64,
        earlier_missing: false,
        restarts: Vec::new(),
        head: None,
    };
    let mut broken = None;
    read(path, |entry| {
        let why = match entry.record() {
            _ if !entry.ended => Some("the line has no end: it was cut off while being written".to_owned()),
            Err(error) => Some(format!("it is no audit record: {error}")),
            Ok(record) if record.schema != 1 => {
                Some(format!("it has schema {}, this guard knows schema 1", record.schema))
            }
            Ok(record) => match (&verified.head, record.prev) {
                (None, prev) => {
                    verified.earlier_missing = prev.is_some();
                    None
                }
                (Some(head), Some(prev)) if *head == prev => None,
                (Some(_), Some(_)) => {
                    Some("the line before it was changed, removed or added later".to_owned())
                }
                (Some(_), None) if entry.line == 1 => {
                    verified.restarts.push(entry.path.clone());
                    None
                }
                (Some(_), None) => Some("it begins a new log although lines stand before it".to_owned()),
            },
        };
        if let Some(why) = why {
            broken = Some(Broken { path: entry.path, line: entry.line, why });
            return false;
        }
        verified.lines += 1;
        verified.head = Some(line_hash(&entry.text));
        true
    })?;
    Ok(broken.map_or(Ok(verified), Err))
}
