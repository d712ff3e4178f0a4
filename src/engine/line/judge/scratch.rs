//! What is removed on another machine that would be nobody's loss here: scratch files, and names in the caller's own home.
//!
//! `rm` is no tool guard stands in front of on this machine. On another one there is no shim that looks at what is there, so
//! that what is lost there is refused by its words; but not what the words themselves say is of no account.
//! (Filesystem Hierarchy Standard 3.0: `/tmp`, `/var/tmp`; file-hierarchy(7): `/dev/shm`, `/run/user`.)

use super::super::expand::Field;
use super::{Reader, basename};

/// Directories of files that nothing relies upon.
const SCRATCH: &[&[u8]] = &[b"/tmp/", b"/var/tmp/", b"/dev/shm/", b"/run/user/"];

impl Reader {
    /// Follows `cd` on another machine; without a word it goes home.
    pub(super) fn goes_to(&mut self, rest: &[Field]) {
        // Whether a later one was carried out, and in this very shell, is not followed.
        if self.place.as_deref() == Some(b"/") {
            return;
        }
        let Some(to) = rest.iter().find(|f| !f.bytes.starts_with(b"-") || f.bytes == b"-") else {
            self.place = None;
            return;
        };
        self.place = match to.bytes.as_slice() {
            b"~" | b"$HOME" => None,
            path if is_named(path) && !path.starts_with(b"/") => {
                self.place.take().map(|place| [place.as_slice(), b"/", path].concat())
            }
            path if self.is_scratch(path) || path == b"/tmp" || path == b"/var/tmp" => Some(path.to_vec()),
            // Anywhere else there may be data.
            _ => Some(b"/".to_vec()),
        };
    }

    /// Whether a command takes away nothing but scratch files.
    pub(super) fn removes_scratch(&self, fields: &[Field]) -> bool {
        let Some((first, rest)) = fields.split_first() else { return false };
        if !matches!(basename(&first.bytes), b"rm" | b"unlink" | b"shred" | b"truncate") {
            return false;
        }
        let dashes = rest.iter().position(|f| f.bytes == b"--").unwrap_or(rest.len());
        let mut operands = rest
            .iter()
            .enumerate()
            .filter(|(at, f)| *at != dashes && (*at > dashes || !f.bytes.starts_with(b"-")))
            .map(|(_, f)| f)
            .peekable();
        operands.peek().is_some() && operands.all(|f| self.is_scratch_field(f))
    }

    /// The same of what `find` deletes: every place it begins at.
    pub(super) fn begins_in_scratch(&self, words: &[Field]) -> bool {
        let begins = |f: &&Field| !f.bytes.starts_with(b"-") && !matches!(f.bytes.as_slice(), b"(" | b"!");
        let mut places = words.iter().take_while(begins).peekable();
        places.peek().is_some() && places.all(|f| self.is_scratch_field(f))
    }

    fn is_scratch_field(&self, field: &Field) -> bool {
        // `/tmp/build-$N` stays below /tmp whatever the name holds; a whole word may be anything.
        let known = !field.unknown || SCRATCH.iter().any(|dir| field.bytes.starts_with(dir));
        known && self.is_scratch(&field.bytes)
    }

    fn is_scratch(&self, path: &[u8]) -> bool {
        if path.split(|b| *b == b'/').any(|part| part == b"..") {
            return false;
        }
        if path.starts_with(b"/") {
            return SCRATCH.iter().any(|dir| path.strip_prefix(*dir).is_some_and(|rest| !rest.is_empty()));
        }
        if let Some(rest) = path.strip_prefix(b"~/") {
            return is_named(rest);
        }
        let place = self.place.as_deref();
        let below =
            place.is_none_or(|place| SCRATCH.iter().any(|dir| [place, b"/"].concat().starts_with(dir)));
        below && is_named(path)
    }
}

/// Whether a path below a directory names something in it: not the directory itself, not all that is in it.
fn is_named(path: &[u8]) -> bool {
    let path = path.strip_prefix(b"./").unwrap_or(path);
    let first = path.split(|b| *b == b'/').next().unwrap_or_default();
    !path.starts_with(b"~") && !path.starts_with(b"$") && first.iter().any(u8::is_ascii_alphanumeric)
}
