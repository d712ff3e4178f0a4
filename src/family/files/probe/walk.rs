//! What is in a directory that would go: how much, how old, whose, which databases and repositories. Bounded by time and count;
//! what was not seen is said, and is never taken for nothing.

use super::operand::why;
use crate::engine::fact::Why;
use crate::engine::files::databases::{self, Kind};
use crate::family::packages::probe::facts::Size;
use crate::run::mounts::Mounts;
use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

/// So many files are counted.
const FILES: u64 = 200_000;

/// How far a walk goes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reach {
    /// Until when.
    pub until: Instant,
    /// So many directories deep.
    pub depth: usize,
    /// What lies on other devices stays (`--one-file-system`).
    pub one_file_system: bool,
    /// Whose files are the caller's own.
    pub user: u32,
    /// Nothing else goes with it: other names of a file stay.
    pub alone: bool,
}

/// What was found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// How much, without what has other names that stay.
    pub size: Size,
    /// Files of which other names stay: they are not lost.
    pub named_elsewhere: u64,
    /// Something belongs to somebody else.
    pub foreign: bool,
    /// Directories of databases, the outermost ones.
    pub databases: Vec<(PathBuf, &'static Kind)>,
    /// Work trees and repositories of git.
    pub repositories: Vec<PathBuf>,
    /// The files, for those who know them by other paths.
    pub files: HashSet<(u64, u64)>,
    /// What could not be looked into, and why.
    pub unread: Option<(PathBuf, Why)>,
}

/// Looks through a directory. Links are not followed: they go alone.
pub(super) fn through(top: &Path, mounts: &Mounts, reach: &Reach) -> Found {
    let mut walk = Walk { found: Found::default(), names: HashMap::new(), newest: None };
    walk.found.size.whole = true;
    let device = fs::symlink_metadata(top).map(|meta| meta.dev()).ok();
    let mut todo = vec![(top.to_owned(), 0)];
    while let Some((dir, depth)) = todo.pop() {
        if Instant::now() >= reach.until || walk.found.size.files >= FILES {
            walk.found.size.whole = false;
            break;
        }
        if let Some(mount) = mounts.of(&dir).filter(|mount| mount.is_elsewhere()) {
            let kind = mount.kind.clone();
            walk.missed(&dir, Why::Failed(format!("on another machine's file system ({kind})")));
            continue;
        }
        let entries = match fs::read_dir(&dir) {
            Ok(entries) => entries,
            // It went while it was looked at.
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            Err(e) => {
                walk.missed(&dir, why(&e));
                continue;
            }
        };
        let mut telling: Vec<OsString> = Vec::new();
        for (n, entry) in entries.flatten().enumerate() {
            if n % 256 == 255 && Instant::now() >= reach.until {
                walk.found.size.whole = false;
                break;
            }
            let name = entry.file_name();
            if name.to_str().is_some_and(|name| databases::is_telling(name) || GIT.contains(&name)) {
                telling.push(name);
            }
            let meta = match entry.metadata() {
                Ok(meta) => meta,
                Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
                Err(e) => {
                    walk.missed(&entry.path(), why(&e));
                    continue;
                }
            };
            walk.found.foreign |= meta.uid() != reach.user;
            if !meta.is_dir() {
                walk.add(&meta);
            } else if !(reach.one_file_system && device.is_some_and(|device| device != meta.dev())) {
                if depth + 1 < reach.depth {
                    todo.push((entry.path(), depth + 1));
                } else {
                    walk.found.size.whole = false;
                }
            }
        }
        walk.tell(&dir, &telling);
    }
    walk.end(reach.alone)
}

/// What a directory of git's has in it: a work tree, or a repository without one.
const GIT: [&str; 4] = [".git", "HEAD", "objects", "refs"];

struct Walk {
    found: Found,
    /// Files with several names: how many there are, how many were seen, and how large it is.
    names: HashMap<(u64, u64), (u64, u64, u64)>,
    newest: Option<SystemTime>,
}

impl Walk {
    fn missed(&mut self, path: &Path, why: Why) {
        self.found.size.whole = false;
        self.found.unread.get_or_insert((path.to_owned(), why));
    }

    fn add(&mut self, meta: &Metadata) {
        // Links, sockets and devices hold nothing.
        if !meta.is_file() {
            return;
        }
        let id = (meta.dev(), meta.ino());
        // What is allocated, as du(1) counts; file systems keep the smallest files elsewhere.
        let allocated = meta.blocks() * 512;
        let bytes = if allocated == 0 && meta.len() <= 4096 { meta.len() } else { allocated };
        self.newest = self.newest.max(meta.modified().ok());
        self.found.files.insert(id);
        if meta.nlink() > 1 {
            self.names.entry(id).or_insert((meta.nlink(), 0, bytes)).1 += 1;
        } else {
            self.found.size.files += 1;
            self.found.size.bytes += bytes;
        }
    }

    fn tell(&mut self, dir: &Path, telling: &[OsString]) {
        let has = |name: &str| telling.iter().any(|t| t == name);
        if let Some(kind) = databases::kind_of(has)
            && !self.found.databases.iter().any(|(known, _)| dir.starts_with(known))
        {
            self.found.databases.push((dir.to_owned(), kind));
        }
        let bare = has("HEAD") && has("objects") && has("refs");
        if has(".git") || (bare && dir.file_name().is_none_or(|name| name != ".git")) {
            self.found.repositories.push(dir.to_owned());
        }
    }

    fn end(mut self, alone: bool) -> Found {
        for (there, seen, bytes) in self.names.into_values() {
            // Where more is named the others may be in that.
            if alone && seen < there {
                self.found.named_elsewhere += 1;
            } else {
                self.found.size.files += 1;
                self.found.size.bytes += bytes;
            }
        }
        let now = SystemTime::now();
        // A file written in the future was written just now.
        self.found.size.written_s = self.newest.map(|t| now.duration_since(t).unwrap_or_default().as_secs());
        // What a walk finds later may hold what it found before.
        let all = self.found.databases.clone();
        self.found
            .databases
            .retain(|(dir, _)| !all.iter().any(|(other, _)| other != dir && dir.starts_with(other)));
        self.found.databases.sort_by(|a, b| a.0.cmp(&b.0));
        self.found.repositories.sort();
        self.found
    }
}

/// The database's directory that holds a path: its own, or one above it.
pub(super) fn database_above(path: &Path) -> Option<(PathBuf, &'static Kind)> {
    // A database inside a cluster is told by its own files as well: the outermost one is what is lost.
    let kinds = path.ancestors().skip(1).filter_map(|dir| {
        let kind = databases::kind_of(|name| fs::symlink_metadata(dir.join(name)).is_ok())?;
        Some((dir.to_owned(), kind))
    });
    kinds.last()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn reach() -> Reach {
        Reach {
            until: Instant::now() + Duration::from_secs(20),
            depth: 64,
            one_file_system: false,
            user: rustix::process::geteuid().as_raw(),
            alone: true,
        }
    }

    fn stage(files: &[&str]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        for path in files {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "x".repeat(5000)).unwrap();
        }
        dir
    }

    #[test]
    fn what_is_there_is_counted_and_told() {
        let dir = stage(&[
            "pg/15/main/PG_VERSION",
            "pg/15/main/base/1/PG_VERSION",
            "pg/15/main/base/1/pg_filenode.map",
            "pg/15/main/global/pg_control",
            "repo/.git/HEAD",
            "repo/.git/objects/x",
            "repo/.git/refs/x",
            "bare.git/HEAD",
            "bare.git/objects/x",
            "bare.git/refs/x",
            "deep/a/b/c/d",
        ]);
        std::os::unix::fs::symlink("/", dir.path().join("root")).unwrap();
        let found = through(dir.path(), &Mounts::default(), &reach());
        assert_eq!(found.size.files, 11);
        assert!(found.size.whole && found.size.bytes >= 55_000, "{:?}", found.size);
        assert!(found.size.written_s.is_some_and(|s| s < 600) && !found.foreign && found.unread.is_none());
        let at = |path: &str| dir.path().join(path);
        let databases: Vec<_> = found.databases.iter().map(|(dir, kind)| (dir.clone(), kind.name)).collect();
        assert_eq!(databases, [(at("pg/15/main"), "PostgreSQL cluster")]);
        assert_eq!(found.repositories, [at("bare.git"), at("repo")]);
        let shallow = through(dir.path(), &Mounts::default(), &Reach { depth: 2, ..reach() });
        assert!(!shallow.size.whole && shallow.repositories == [at("bare.git"), at("repo")]);
        let late = through(dir.path(), &Mounts::default(), &Reach { until: Instant::now(), ..reach() });
        assert!(!late.size.whole);
        assert!(through(dir.path(), &Mounts::default(), &Reach { user: u32::MAX, ..reach() }).foreign);
    }

    #[test]
    fn a_file_with_another_name_is_not_lost() {
        let dir = stage(&["in/a", "in/b", "out/x"]);
        fs::hard_link(dir.path().join("in/a"), dir.path().join("out/a")).unwrap();
        fs::hard_link(dir.path().join("in/b"), dir.path().join("in/c")).unwrap();
        let found = through(&dir.path().join("in"), &Mounts::default(), &reach());
        assert_eq!((found.size.files, found.named_elsewhere), (1, 1));
    }

    #[test]
    fn a_path_inside_a_cluster_is_known_for_it() {
        let dir = stage(&[
            "main/PG_VERSION",
            "main/base/1/PG_VERSION",
            "main/base/1/pg_filenode.map",
            "main/base/1/2619",
            "main/global/x",
            "other/x",
        ]);
        let at = |path: &str| dir.path().join(path);
        let of = |path: &str| database_above(&at(path)).map(|(dir, kind)| (dir, kind.name));
        assert_eq!(of("main/base/1/2619"), Some((at("main"), "PostgreSQL cluster")));
        assert_eq!(of("main/base"), Some((at("main"), "PostgreSQL cluster")));
        assert_eq!(of("main"), None);
        assert_eq!(of("other/x"), None);
    }

    /// Root may look into everything.
    #[test]
    fn what_cannot_be_read_is_said() {
        use std::os::unix::fs::PermissionsExt;
        let dir = stage(&["in/a"]);
        let inner = dir.path().join("in");
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o0)).unwrap();
        let readable = fs::read_dir(&inner).is_ok();
        let found = through(dir.path(), &Mounts::default(), &reach());
        fs::set_permissions(&inner, fs::Permissions::from_mode(0o700)).unwrap();
        assert_eq!(found.unread.is_none(), readable);
        assert_eq!(found.size.whole, readable);
    }
}
