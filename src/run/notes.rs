//! Small notes in the user's cache: what accounts are called, where a key last led to, which cluster answered. Whoever else may write them could
//! give production another name, so such notes are as good as none.

use super::note;
use crate::world::World;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// More than the notes of any number of accounts that one person has.
const LARGEST: u64 = 256 << 10;

/// One file of notes, by key, at a time.
pub struct Notes {
    /// The file.
    pub place: PathBuf,
    /// Seconds since the epoch.
    pub now: u64,
}

impl Notes {
    /// `$XDG_CACHE_HOME/guard/NAME`, else `~/.cache/guard/NAME`; `None` without either.
    pub fn named(world: &World, name: &str) -> Option<Notes> {
        let cache = world.set_var("XDG_CACHE_HOME").map(PathBuf::from).filter(|p| p.is_absolute());
        let cache = cache.or_else(|| Some(world.home()?.join(".cache")).filter(|p| p.is_absolute()))?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?.as_secs();
        Some(Notes { place: cache.join("guard").join(name), now })
    }

    fn read(&self) -> Option<Value> {
        let file = std::fs::OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NONBLOCK | libc::O_NOFOLLOW | libc::O_CLOEXEC)
            .open(&self.place)
            .ok()?;
        let meta = file.metadata().ok()?;
        if !meta.is_file() || meta.mode() & 0o022 != 0 || meta.uid() != rustix::process::geteuid().as_raw() {
            return None;
        }
        let mut text = String::new();
        file.take(LARGEST).read_to_string(&mut text).ok()?;
        serde_json::from_str(&text).ok().filter(Value::is_object)
    }

    /// The note under this key, when it is younger than `fresh` seconds.
    pub fn recall(&self, key: &str, fresh: u64) -> Option<Value> {
        let note = self.read()?.get(key)?.clone();
        let age = self.now.checked_sub(at(&note)?)?;
        (age < fresh).then_some(note)
    }

    /// Keeps a note, with its time; those older than `fresh` seconds go. Written beside its place and moved into it, so
    /// that nobody ever reads half a note.
    pub fn keep(&self, key: &str, mut note: Value, fresh: u64) -> std::io::Result<()> {
        note["at"] = json!(self.now);
        let mut notes = self.read().unwrap_or_else(|| json!({}));
        if let Some(all) = notes.as_object_mut() {
            all.retain(|_, old| at(old).is_some_and(|at| self.now.saturating_sub(at) < fresh));
            all.insert(key.to_owned(), note);
        }
        note::write(&self.place, format!("{notes}\n").as_bytes())
    }
}

fn at(note: &Value) -> Option<u64> {
    note.get("at")?.as_u64()
}

/// The name of a note about something that is known by these parts; it tells none of them.
pub fn key(parts: &[&str]) -> String {
    let mut sum = Sha256::new();
    for part in parts {
        sum.update((part.len() as u64).to_le_bytes());
        sum.update(part.as_bytes());
    }
    sum.finalize().iter().take(16).map(|b| format!("{b:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_note_lasts_for_its_time() {
        let dir = tempfile::tempdir().unwrap();
        let at = |now| Notes { place: dir.path().join("guard/notes.json"), now };
        assert_eq!(at(100).recall("a", 10), None);
        at(100).keep("a", json!({"x": 1}), 10).unwrap();
        at(105).keep("b", json!({"x": 2}), 10).unwrap();
        assert_eq!(at(109).recall("a", 10).map(|n| n["x"].clone()), Some(json!(1)));
        assert_eq!(
            (at(110).recall("a", 10), at(99).recall("a", 10), at(105).recall("c", 10)),
            (None, None, None)
        );
        // The old one goes with the next.
        at(112).keep("c", json!({}), 10).unwrap();
        let all = at(112).read().unwrap();
        assert_eq!(all.as_object().unwrap().keys().collect::<Vec<_>>(), ["b", "c"]);
        let place = at(0).place;
        assert_eq!(std::fs::metadata(&place).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(place.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn notes_that_others_may_write_are_not_believed() {
        let dir = tempfile::tempdir().unwrap();
        let notes = Notes { place: dir.path().join("notes.json"), now: 10 };
        notes.keep("1", json!({}), 60).unwrap();
        assert!(notes.recall("1", 60).is_some());
        std::fs::set_permissions(&notes.place, std::fs::Permissions::from_mode(0o666)).unwrap();
        assert_eq!(notes.recall("1", 60), None);
        std::fs::remove_file(&notes.place).unwrap();
        for odd in ["", "[]", "{\"1\": 5}", "{\"1\": {\"at\": \"x\"}}"] {
            std::fs::write(&notes.place, odd).unwrap();
            std::fs::set_permissions(&notes.place, std::fs::Permissions::from_mode(0o600)).unwrap();
            assert_eq!(notes.recall("1", 60), None, "{odd}");
        }
    }
}
