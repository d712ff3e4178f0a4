//! Which place a hash and a file led to: one line of JSON for each, added when guard resolves it. The newest counts.

use super::place::Dir;
use crate::engine::trail::moved::{Place, Stop};
use crate::engine::trail::step::{Stamp, Step};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::ffi::CStr;
use std::io::Write as _;
use std::os::fd::FromRawFd as _;

const NAME: &CStr = c"names";
const NEW: &CStr = c"names.new";
const KEY: &CStr = c"key";
/// Some thousand places. With more, the older half goes.
const MOST: u64 = 512 << 10;

#[derive(Serialize, Deserialize)]
struct Line {
    key: u64,
    file: (u64, u64, u64),
    #[serde(flatten)]
    place: Place,
}

/// The places that are known.
#[derive(Debug, Default)]
pub struct Names {
    known: HashMap<(u64, Stamp), Place>,
    /// How long the file is.
    size: u64,
}

impl Names {
    /// Reads the table. What cannot be read is not known.
    pub fn of(dir: &Dir) -> Names {
        let Ok(bytes) = dir.tail(NAME, MOST + (64 << 10)) else { return Names::default() };
        let lines = bytes.split(|b| *b == b'\n').filter_map(|line| serde_json::from_slice::<Line>(line).ok());
        let known = lines.map(|line| {
            let (device, inode, changed) = line.file;
            ((line.key, Stamp { device, inode, changed }), line.place)
        });
        Names { known: known.collect(), size: bytes.len() as u64 }
    }

    /// Where a step led.
    pub fn place(&self, step: &Step) -> Option<&Place> {
        self.known.get(&(step.key, step.file))
    }

    /// Steps with their places.
    pub fn stops(&self, steps: Vec<Step>) -> Vec<Stop> {
        steps.into_iter().map(|step| Stop { step, place: self.place(&step).cloned() }).collect()
    }

    /// Keeps where a step leads, unless that is known. One write of one line; a line that is cut off is none.
    ///
    /// # Errors
    /// The error number of what was in the way: then less is known, and nothing else.
    pub fn learn(&mut self, dir: &Dir, step: &Step, place: &Place) -> Result<(), i32> {
        if let Some(known) = self.place(step) {
            let same = Place { inside: known.inside.clone(), ..place.clone() } == *known;
            // With a namespace among the words nobody sees which one counts without.
            if same && (place.inside.is_empty() || place.inside == known.inside) {
                return Ok(());
            }
        }
        let Stamp { device, inode, changed } = step.file;
        let line = Line { key: step.key, file: (device, inode, changed), place: place.clone() };
        // A line break first ends whatever a full file system left unfinished.
        let mut text = serde_json::to_string(&line).map_err(|_| libc::EINVAL)?;
        text.insert(0, '\n');
        text.push('\n');
        if self.size > MOST {
            self.halve(dir)?;
        }
        let flags = libc::O_WRONLY | libc::O_APPEND | libc::O_CREAT;
        write(dir, NAME, flags, text.as_bytes())?;
        self.size += text.len() as u64;
        self.known.insert((step.key, step.file), place.clone());
        Ok(())
    }

    /// Drops the older half.
    fn halve(&mut self, dir: &Dir) -> Result<(), i32> {
        // One at a time; whoever comes while another is at it only adds.
        let lock = dir.file(KEY, libc::O_RDONLY)?;
        // SAFETY: the descriptor was opened right here and belongs to nobody else; it lets go of the lock when it is closed.
        let lock = unsafe { std::fs::File::from_raw_fd(lock.fd) };
        if rustix::fs::flock(&lock, rustix::fs::FlockOperation::NonBlockingLockExclusive).is_err() {
            return Ok(());
        }
        let kept = dir.tail(NAME, MOST / 2)?;
        let from = kept.iter().position(|b| *b == b'\n').unwrap_or(0);
        write(
            dir,
            NEW,
            libc::O_WRONLY | libc::O_CREAT | libc::O_TRUNC,
            kept.get(from..).unwrap_or_default(),
        )?;
        // SAFETY: both names are C strings, the directory is open.
        let moved = unsafe { libc::renameat(dir.fd(), NEW.as_ptr(), dir.fd(), NAME.as_ptr()) };
        self.size = kept.len() as u64;
        if moved == 0 { Ok(()) } else { Err(super::place::errno()) }
    }
}

fn write(dir: &Dir, name: &CStr, flags: i32, bytes: &[u8]) -> Result<(), i32> {
    let opened = dir.file(name, flags)?;
    // SAFETY: the descriptor was opened right here and belongs to nobody else.
    let mut file = unsafe { std::fs::File::from_raw_fd(opened.fd) };
    file.write_all(bytes).map_err(|e| e.raw_os_error().unwrap_or(libc::EIO))
}
