//! Files in a copy: their place, their size and what they are known by.

use super::atomic_dir::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

/// What stays free on the disk that a copy is written to.
pub const SPARE: u64 = 64 << 20;

/// A file in the copy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// Its place in the copy.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256, lower-case hex.
    pub sha256: String,
}

impl Stored {
    /// The file of this name in `dir`, as it is.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn of(dir: &Path, file: &str) -> io::Result<Stored> {
        let (bytes, sha256) = digest(&inside(dir, file)?)?;
        Ok(Stored { file: file.to_owned(), bytes, sha256 })
    }

    /// Whether the file is still what it was.
    ///
    /// # Errors
    /// It is not, or cannot be read.
    pub fn verify(&self, dir: &Path) -> io::Result<()> {
        if digest(&inside(dir, &self.file)?)? == (self.bytes, self.sha256.clone()) {
            return Ok(());
        }
        let why = format!("{} was changed after it was written", self.file);
        Err(io::Error::new(io::ErrorKind::InvalidData, why))
    }
}

/// Size and SHA-256 of a file.
///
/// # Errors
/// It cannot be read.
pub fn digest(path: &Path) -> io::Result<(u64, String)> {
    let (mut from, mut hash, mut bytes) = (File::open(path)?, Sha256::new(), 0_u64);
    let mut some = vec![0_u8; 64 << 10];
    loop {
        match from.read(&mut some) {
            Ok(0) => return Ok((bytes, hex(&hash.finalize()))),
            Ok(n) => {
                hash.update(some.get(..n).unwrap_or_default());
                bytes += n as u64;
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
}

/// A place in a copy. A manifest that was tampered with leads nowhere else.
///
/// # Errors
/// It would lead out of it.
pub fn inside(dir: &Path, name: &str) -> io::Result<PathBuf> {
    let path = Path::new(name);
    if path.components().all(|part| matches!(part, Component::Normal(_))) {
        return Ok(dir.join(path));
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, format!("{name:?} is no place in a copy")))
}

/// Bytes that are free where this path lies.
///
/// # Errors
/// Nobody can tell.
pub fn free(at: &Path) -> io::Result<u64> {
    let stat = rustix::fs::statvfs(at)?;
    Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
}

/// Why a copy of so many bytes is not begun: the store has too little room for it.
///
/// # Errors
/// Nobody can tell.
pub fn too_little(store: &Path, needed: u64) -> io::Result<Option<String>> {
    let (free, wanted) = (free(store)?, needed.saturating_add(SPARE));
    Ok((free < wanted).then(|| format!("{} MiB are free, {} may be needed", free >> 20, wanted >> 20)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_changed_is_told() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("a"), "one").unwrap();
        let stored = Stored::of(dir.path(), "a").unwrap();
        assert_eq!(stored.bytes, 3);
        stored.verify(dir.path()).unwrap();
        std::fs::write(dir.path().join("a"), "two").unwrap();
        assert_eq!(stored.verify(dir.path()).unwrap_err().to_string(), "a was changed after it was written");
    }

    #[test]
    fn nothing_leads_out_of_a_copy() {
        for name in ["../a", "/etc/passwd", "a/../../b", "."] {
            assert!(inside(Path::new("/k"), name).is_err(), "{name}");
        }
        assert_eq!(inside(Path::new("/k"), "a/b").unwrap(), Path::new("/k/a/b"));
    }
}
