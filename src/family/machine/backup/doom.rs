//! Copies that go with what the very command takes away.

use crate::engine::backup::{Evidence, Fate, Record};
use crate::family::machine::links::below;
use std::path::{Component, Path, PathBuf};

/// Marks a copy that goes with one of these, by whatever way: it is what goes, it lies in that, or a part of it does.
pub fn mark(root: &Path, going: &[PathBuf], record: &mut Record) {
    let at = Path::new(&record.stored.at);
    if going.is_empty() || !at.is_absolute() {
        return;
    }
    let own = names(root, &copy(root, at, &record.object));
    // Where only a claim says that it puts something there, what goes may be anything else.
    let divided = record.evidence > Evidence::Claimed;
    let because = going.iter().find_map(|dir| {
        let gone = names(root, dir);
        let any =
            |is: fn(&PathBuf, &PathBuf) -> bool| own.iter().any(|own| gone.iter().any(|gone| is(own, gone)));
        if any(|own, gone| own == gone) {
            return Some(format!("it is {}", dir.display()));
        }
        if any(|own, gone| own.starts_with(gone)) {
            return Some(format!("it lies in {}", dir.display()));
        }
        (divided && any(|own, gone| gone.starts_with(own)))
            .then(|| format!("{} is a part of it", dir.display()))
    });
    if let Some(because) = because {
        record.stored.fate = Fate::Command;
        record.stored.because = because;
    }
}

/// The copy itself: what lies there by its name, or the place where one of that name is not to be seen, as in a repository.
fn copy(root: &Path, at: &Path, object: &str) -> PathBuf {
    let name = Path::new(object);
    let is_name = matches!(name.components().collect::<Vec<_>>().as_slice(), [Component::Normal(_)]);
    let within = at.join(name);
    let own = at.file_name() == Some(name.as_os_str());
    let seen = is_name && !own && std::fs::symlink_metadata(below(root, &within)).is_ok();
    if seen { within } else { at.to_owned() }
}

/// What a path is by its words, and what it leads to.
fn names(root: &Path, path: &Path) -> [PathBuf; 2] {
    let whole = below(root, path);
    let mut words = PathBuf::new();
    for part in whole.components() {
        match part {
            Component::ParentDir => {
                words.pop();
            }
            Component::CurDir => {}
            part => words.push(part),
        }
    }
    // Of what is not there the directory that is leads somewhere.
    let mut dirs = whole.ancestors();
    let real = dirs.find_map(|dir| {
        let real = std::fs::canonicalize(dir).ok()?;
        Some(real.join(whole.strip_prefix(dir).ok()?))
    });
    [words.clone(), real.unwrap_or(words)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::backup::Stored;

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

    /// A copy in `at` of this name, made or claimed, when this goes.
    fn because(root: &Path, at: &str, object: &str, evidence: Evidence, going: &str) -> String {
        let mut record = Record::of("x", object, evidence);
        record.stored = Stored { at: at.to_owned(), fate: Fate::Host, ..Stored::default() };
        mark(root, &[PathBuf::from(going)], &mut record);
        if record.stored.fate == Fate::Command { record.stored.because } else { String::new() }
    }

    #[test]
    fn a_copy_that_is_what_goes_goes() {
        use std::os::unix::fs::symlink;
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        std::fs::create_dir_all(root.join("b/pg/shop.d")).unwrap();
        std::fs::create_dir_all(root.join("srv/real")).unwrap();
        std::fs::write(root.join("b/pg/shop.dump"), "x").unwrap();
        std::fs::write(root.join("b/pg/crm.dump"), "x").unwrap();
        std::fs::write(root.join("b/pg/shop.d/toc.dat"), "x").unwrap();
        std::fs::write(root.join("srv/real/linked.dump"), "x").unwrap();
        symlink(root.join("srv/real/linked.dump"), root.join("b/pg/linked.dump")).unwrap();
        symlink(root.join("b"), root.join("bk")).unwrap();
        let is = |object: &str, going: &str| because(root, "/b/pg", object, Evidence::Recorded, going);
        for (object, going, want) in [
            ("shop.dump", "/b/pg/shop.dump", "it is /b/pg/shop.dump"),
            ("shop.dump", "/bk/pg/shop.dump", "it is /bk/pg/shop.dump"),
            ("shop.dump", "/b/pg/../pg/shop.dump", "it is /b/pg/../pg/shop.dump"),
            ("shop.dump", "/b", "it lies in /b"),
            ("shop.dump", "/b/pg/crm.dump", ""),
            ("shop.dump", "/b/pg/shop.d", ""),
            ("shop.d", "/b/pg/shop.d/toc.dat", "/b/pg/shop.d/toc.dat is a part of it"),
            // Its name goes, or what that leads to.
            ("linked.dump", "/b/pg/linked.dump", "it is /b/pg/linked.dump"),
            ("linked.dump", "/srv/real", "it lies in /srv/real"),
            ("linked.dump", "/srv/other", ""),
        ] {
            assert_eq!(is(object, going), want, "{object} {going}");
        }
    }

    #[test]
    fn a_part_of_a_repository_takes_its_copies_along() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        std::fs::create_dir_all(root.join("repo/backup/main")).unwrap();
        std::fs::create_dir_all(root.join("b/base/base")).unwrap();
        let is = |at: &str, object: &str, evidence, going: &str| because(root, at, object, evidence, going);
        let part = "/repo/backup is a part of it";
        assert_eq!(is("/repo", "20261201-010101F", Evidence::Recorded, "/repo/backup"), part);
        assert_eq!(is("/repo", "20261201-010101F", Evidence::Recorded, "/repo2"), "");
        assert_eq!(
            is("/repo", "pg-backup.timer", Evidence::Claimed, "/repo/backup"),
            "",
            "it may be another's"
        );
        // A directory that is the copy has one of its own name in it.
        assert_eq!(
            is("/b/base", "base", Evidence::Recorded, "/b/base/global"),
            "/b/base/global is a part of it"
        );
        assert_eq!(is("/repo", "/etc/cron.d/b", Evidence::Claimed, "/etc/cron.d/b"), "");
    }
}
