//! What a program answered is remembered for a day, for the very same file, words and kubeconfig.

use super::ask::{Goes, target_flags};
use crate::engine::grammar::cobra::Parsed;
use crate::family::kube::resolve::ResolvedKube;
use crate::family::kube::resolve::identity::hex;
use crate::run::note;
use crate::run::trust::{self, Asked};
use crate::world::World;
use sha2::{Digest as _, Sha256};
use std::fs::OpenOptions;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// How long an answer is believed, in seconds.
const A_DAY: u64 = 24 * 60 * 60;
/// How many answers are kept.
const MOST: usize = 64;
/// A file of answers is not larger than this.
const LARGEST: u64 = 64 << 10;

/// Where an answer is written down, and under which key.
pub(super) struct Note {
    place: PathBuf,
    key: String,
}

impl Note {
    /// `None` without a home, or when the file cannot be looked at.
    pub(super) fn of(
        tool: &Path,
        resolved: &ResolvedKube,
        parsed: &Parsed<'_>,
        world: &World,
    ) -> Option<Note> {
        let cache = world.set_var("XDG_CACHE_HOME").map(PathBuf::from).filter(|p| p.is_absolute());
        let cache = cache.or_else(|| Some(world.home()?.join(".cache")).filter(|p| p.is_absolute()))?;
        let meta = std::fs::metadata(tool).ok()?;
        let mut hash = Sha256::new();
        let mut put = |part: &[u8]| {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        };
        put(tool.as_os_str().as_bytes());
        let identity = [meta.dev(), meta.ino(), meta.size()].into_iter();
        let times = [meta.mtime(), meta.mtime_nsec(), meta.ctime(), meta.ctime_nsec()];
        identity.for_each(|n| put(&n.to_le_bytes()));
        times.into_iter().for_each(|n| put(&n.to_le_bytes()));
        put(&resolved.access.digest);
        target_flags(parsed).iter().for_each(|word| put(word.as_bytes()));
        // A script may look at any of these.
        for (name, value) in world.vars().iter().filter(|(name, _)| name.as_bytes().starts_with(b"KUBE")) {
            put(name.as_bytes());
            put(value.as_bytes());
        }
        Some(Note { place: cache.join("guard").join("kubectl-goes"), key: hex(&hash.finalize()) })
    }

    /// The answer, if it is not older than a day.
    pub(super) fn recall(&self) -> Option<Goes> {
        let now = seconds()?;
        self.lines().iter().rev().find_map(|line| {
            let mut fields = line.split('\t');
            let same = fields.next()? == self.key;
            let age = now.checked_sub(fields.next()?.parse().ok()?)?;
            let mut field = || fields.next().filter(|f| !f.is_empty()).map(str::to_owned);
            let goes = Goes { server: field(), namespace: field(), uid: field() };
            (same && age < A_DAY).then_some(goes)
        })
    }

    /// The lines that are there. Whoever else may write them could make guard believe anything.
    fn lines(&self) -> Vec<String> {
        let read = || {
            let file = OpenOptions::new()
                .read(true)
                .custom_flags(libc::O_NONBLOCK | libc::O_NOFOLLOW | libc::O_CLOEXEC)
                .open(&self.place)
                .ok()?;
            let meta = file.metadata().ok()?;
            let owners = [rustix::process::geteuid().as_raw()];
            let asked = Asked { owners: &owners, own_group: false, top: None };
            if !meta.is_file() || meta.len() > LARGEST || trust::writers(&meta, &asked).is_err() {
                return None;
            }
            let mut text = String::new();
            file.take(LARGEST).read_to_string(&mut text).ok()?;
            Some(text)
        };
        let text: Option<String> = read();
        text.unwrap_or_default().lines().map(str::to_owned).collect()
    }

    /// Written beside its place and moved into it, so that nobody ever reads half of it. Without it the next call takes
    /// longer, no more.
    pub(super) fn keep(&self, goes: &Goes) {
        let (Some(server), Some(namespace), Some(now)) = (&goes.server, &goes.namespace, seconds()) else {
            return;
        };
        let uid = goes.uid.as_deref().unwrap_or_default();
        if [server.as_str(), namespace, uid].iter().any(|field| field.contains(char::is_control)) {
            return;
        }
        let mut lines = self.lines();
        lines.retain(|line| !line.starts_with(&self.key));
        lines.push(format!("{}\t{now}\t{server}\t{namespace}\t{uid}", self.key));
        let kept = lines.get(lines.len().saturating_sub(MOST)..).unwrap_or_default().join("\n");
        let _ = note::write(&self.place, format!("{kept}\n").as_bytes());
    }
}

fn seconds() -> Option<u64> {
    Some(SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn an_answer_lasts_a_day_and_only_in_a_file_of_ones_own() {
        let dir = tempfile::tempdir().unwrap();
        let note = |key: &str| Note { place: dir.path().join("guard/kubectl-goes"), key: key.to_owned() };
        let goes = Goes { server: Some("https://h".into()), namespace: Some("a".into()), uid: None };
        assert_eq!(note("k").recall(), None);
        note("k").keep(&goes);
        assert_eq!(note("k").recall(), Some(goes.clone()));
        assert_eq!(note("other").recall(), None);
        // What was not wholly said is asked again.
        note("half").keep(&Goes { namespace: None, ..goes.clone() });
        assert_eq!(note("half").recall(), None);
        for n in 0..100 {
            note(&format!("k{n}")).keep(&goes);
        }
        assert_eq!(note("k").lines().len(), MOST);
        assert_eq!((note("k0").recall(), note("k99").recall()), (None, Some(goes.clone())));
        let place = note("k").place;
        let old = seconds().unwrap() - A_DAY - 1;
        std::fs::write(&place, format!("k\t{old}\thttps://h\ta\t\nj\t99999999999\thttps://h\ta\t\n"))
            .unwrap();
        assert_eq!((note("k").recall(), note("j").recall()), (None, None));
        note("k").keep(&goes);
        std::fs::set_permissions(&place, std::fs::Permissions::from_mode(0o666)).unwrap();
        assert_eq!(note("k").recall(), None);
    }
}
