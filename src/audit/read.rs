//! Reading the log back, oldest line first, across rotations.

use super::file::{GENERATIONS, generation};
use super::record::Record;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

/// A line longer than this is no record of guard's.
const LONGEST_LINE: usize = 16 << 20;

/// One line of a log.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The file it stands in.
    pub path: PathBuf,
    /// Its number, from 1.
    pub line: u64,
    /// The line without its end.
    pub text: Vec<u8>,
    /// Whether the line has an end.
    pub ended: bool,
}

impl Entry {
    /// The record, if it is one.
    pub fn record(&self) -> Result<Record, serde_json::Error> {
        serde_json::from_slice(&self.text)
    }
}

/// The files of a log that exist, oldest first.
pub fn generations(path: &Path) -> Vec<PathBuf> {
    (0..=GENERATIONS).rev().map(|n| generation(path, n)).filter(|p| p.is_file()).collect()
}

/// Reads every line of a log with its older files, oldest first; `visit` says whether to go on.
///
/// # Errors
/// When a file cannot be read; the error carries its path.
pub fn read(path: &Path, mut visit: impl FnMut(Entry) -> bool) -> Result<(), (PathBuf, std::io::Error)> {
    for file in generations(path) {
        let mut lines = BufReader::new(File::open(&file).map_err(|e| (file.clone(), e))?);
        for line in 1.. {
            let mut text = Vec::new();
            let limit = LONGEST_LINE as u64 + 1;
            let read = std::io::Read::take(&mut lines, limit).read_until(b'\n', &mut text);
            let n = read.map_err(|e| (file.clone(), e))?;
            if n == 0 {
                break;
            }
            if n > LONGEST_LINE {
                return Err((file, std::io::Error::other(format!("line {line} is longer than 16 MiB"))));
            }
            let ended = text.pop_if(|b| *b == b'\n').is_some();
            if !visit(Entry { path: file.clone(), line, text, ended }) {
                return Ok(());
            }
        }
    }
    Ok(())
}
