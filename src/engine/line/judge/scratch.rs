//! What is removed on another machine that would be nobody's loss here: scratch files, named in full.
//!
//! `rm` is no tool guard stands in front of on this machine. On another one there is no shim that looks at what is there, so
//! that what is lost there is refused by its words; but not what the words themselves say is of no account.
//! (Filesystem Hierarchy Standard 3.0: `/tmp`, `/var/tmp`; file-hierarchy(7): `/dev/shm`, `/run/user`.)
//!
//! Only whole paths count. A relative one goes by a directory that a wrapper may have changed (`sudo -D`, `env -C`), and a home
//! may be where a service keeps its data.

use super::super::expand::Field;
use super::{Reader, basename};

/// Directories of files that nothing relies upon.
const SCRATCH: &[&[u8]] = &[b"/tmp/", b"/var/tmp/", b"/dev/shm/", b"/run/user/"];

impl Reader {
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
        operands.peek().is_some() && operands.all(is_scratch)
    }

    /// The same of what `find` deletes: every place it begins at.
    pub(super) fn begins_in_scratch(&self, words: &[Field]) -> bool {
        let begins = |f: &&Field| !f.bytes.starts_with(b"-") && !matches!(f.bytes.as_slice(), b"(" | b"!");
        let mut places = words.iter().take_while(begins).peekable();
        places.peek().is_some() && places.all(is_scratch)
    }
}

/// Whether a word is a path below one of those directories whatever it expands to there. A `*` stands for no slash, and only
/// behind a dot for `..`; everything else that expands may lead out again.
fn is_scratch(field: &Field) -> bool {
    let path = field.bytes.as_slice();
    let leads_out = |part: &[u8]| part == b".." || (part.starts_with(b".") && part.contains(&b'*'));
    let plain = |b: &u8| b.is_ascii_alphanumeric() || b"/._-+,:@%=*~".contains(b) || !b.is_ascii();
    !field.unknown
        && path.iter().all(plain)
        && !path.split(|b| *b == b'/').any(leads_out)
        && SCRATCH
            .iter()
            .any(|dir| path.strip_prefix(*dir).is_some_and(|rest| rest.iter().any(|b| *b != b'/')))
}
