//! Copies that go with what the very command takes away.

use crate::engine::backup::{Fate, Record};
use crate::family::machine::links::below;
use std::path::{Path, PathBuf};

/// Marks a copy that lies in one of these directories, by whatever way.
pub fn mark(root: &Path, going: &[PathBuf], record: &mut Record) {
    let at = Path::new(&record.stored.at);
    if going.is_empty() || !at.is_absolute() {
        return;
    }
    let real = |path: &Path| std::fs::canonicalize(below(root, path)).unwrap_or_else(|_| below(root, path));
    let own = real(at);
    if let Some(dir) = going.iter().find(|dir| own.starts_with(real(dir))) {
        record.stored.fate = Fate::Command;
        record.stored.because = format!("it lies in {}", dir.display());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::backup::{Evidence, Stored};

    #[test]
    fn a_copy_in_what_goes_goes_with_it() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("srv/pg/dumps")).unwrap();
        std::fs::create_dir_all(dir.path().join("var/backups")).unwrap();
        std::os::unix::fs::symlink(dir.path().join("srv/pg/dumps"), dir.path().join("var/link")).unwrap();
        let fate = |at: &str| {
            let mut record = Record::of("x", "y", Evidence::Recorded);
            record.stored = Stored { at: at.to_owned(), fate: Fate::Host, ..Stored::default() };
            mark(dir.path(), &[PathBuf::from("/srv/pg")], &mut record);
            record.stored.fate
        };
        assert_eq!(fate("/srv/pg/dumps"), Fate::Command);
        assert_eq!(fate("/srv/pg/gone"), Fate::Command);
        assert_eq!(fate("/var/link"), Fate::Command, "by way of a link");
        for at in ["/var/backups", "/srv/pg2", "s3://srv/pg", ""] {
            assert_eq!(fate(at), Fate::Host, "{at}");
        }
    }
}
