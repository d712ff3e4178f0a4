//! Where dumps lie on a machine, and which of them are the same dump at different times.

use super::Look;
use super::format::is_dump;
use super::names::{is_named_like_one, is_time, key_of, series_of};
use crate::engine::backup::Read;
use crate::engine::fact::Why;
use crate::family::machine::links::below;
use crate::run::mounts::{Mount, Mounts};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Directories that people, and Debian's own packages of that kind, put dumps into.
pub const DIRS: &[&str] = &[
    "/backup",
    "/backups",
    "/data/backup",
    "/data/backups",
    "/mnt/backup",
    "/mnt/backups",
    "/opt/backup",
    "/opt/backups",
    "/root/backup",
    "/root/backups",
    "/srv/backup",
    "/srv/backups",
    "/var/backup",
    "/var/backups",
    "/var/lib/autopostgresqlbackup",
    "/var/lib/automysqlbackup",
    "/var/lib/mysql-backups",
    "/var/lib/pgsql/backups",
    "/var/lib/postgresql/backup",
    "/var/lib/postgresql/backups",
    "/var/lib/postgresql/dumps",
    "/var/local/backups",
];
/// Files by which a directory is a dump: pg_dump's own format, pg_basebackup's, and mariadb-backup's.
pub const TOKENS: &[&str] = &["toc.dat", "backup_manifest", "xtrabackup_info", "mariadb_backup_info"];
/// What is written within this time, in seconds, is of one run.
const TOGETHER_S: i64 = 3_600;
/// So deep below one of these directories.
const DEPTH: usize = 4;
/// So many names are looked at below one of them.
const NAMES: usize = 5_000;

/// A dump that may be one, not read yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Where, as the system below `root` names it.
    pub path: PathBuf,
    /// It is a directory.
    pub is_dir: bool,
    /// Bytes; of a directory those of its list.
    pub size: u64,
    /// When it was last written, in seconds since 1970-01-01T00:00Z.
    pub written_at: i64,
    /// Its number in its file system.
    pub inode: u64,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Dumps that are the same at different times, each newest first.
    pub series: BTreeMap<String, Vec<Candidate>>,
    /// Where one could not look, and why.
    pub gaps: Vec<(PathBuf, Why)>,
}

impl Listing {
    /// Whether all places were read.
    pub fn read(&self) -> Read {
        match self.gaps.first() {
            None => Read::All,
            Some((path, why)) => Read::Partly {
                within: "what can be read".to_owned(),
                why: Why::Failed(format!("{}: {}", path.display(), says(why))),
            },
        }
    }
}

fn says(why: &Why) -> String {
    match why {
        Why::Forbidden => "not to be read".to_owned(),
        other => other.to_string(),
    }
}

/// Looks in the usual directories, and in those that something here writes dumps to. What lies below one of `data` is the data itself.
pub fn find(look: &Look<'_>, mounts: &Mounts, also: &[PathBuf], data: &[PathBuf]) -> Listing {
    let mut listing = Listing::default();
    let mut dirs: Vec<PathBuf> = DIRS.iter().map(PathBuf::from).collect();
    let (files, named): (Vec<&PathBuf>, Vec<&PathBuf>) =
        also.iter().partition(|path| !below(look.root, path).is_dir());
    dirs.extend(named.into_iter().cloned());
    dirs.sort();
    dirs.dedup();
    // What is below another one is seen with it.
    let mut outermost: Vec<PathBuf> = Vec::new();
    for dir in dirs {
        if !outermost.iter().any(|outer| dir.starts_with(outer)) {
            outermost.push(dir);
        }
    }
    for dir in &outermost {
        walk(look, mounts, dir, DEPTH, data, &mut listing);
    }
    // A file that is written each time has its older ones beside it.
    let mut beside: Vec<&Path> = files.iter().filter_map(|file| file.parent()).collect();
    beside.retain(|dir| !outermost.iter().any(|outer| dir.starts_with(outer)));
    beside.sort();
    beside.dedup();
    for dir in beside {
        walk(look, mounts, dir, 0, data, &mut listing);
    }
    listing.series = std::mem::take(&mut listing.series).into_iter().flat_map(apart).collect();
    for series in listing.series.values_mut() {
        series.sort_by_key(|one| std::cmp::Reverse((one.written_at, one.path.clone())));
    }
    listing
}

/// One series, or several where the numbers in its names are no times: `tenant_1.dump` and `tenant_2.dump` are written in the same
/// hour, one dump at two times is not.
fn apart((name, all): (String, Vec<Candidate>)) -> Vec<(String, Vec<Candidate>)> {
    let mut by_name: BTreeMap<String, Vec<Candidate>> = BTreeMap::new();
    for one in &all {
        by_name.entry(key_of(&one.path, is_time)).or_default().push(one.clone());
    }
    let mut newest: Vec<i64> =
        by_name.values().filter_map(|those| those.iter().map(|one| one.written_at).max()).collect();
    newest.sort_unstable();
    let together = newest.windows(2).any(|two| matches!(two, [a, b] if b - a < TOGETHER_S));
    if together { by_name.into_iter().collect() } else { vec![(name, all)] }
}

fn walk(
    look: &Look<'_>,
    mounts: &Mounts,
    dir: &Path,
    deepest: usize,
    data: &[PathBuf],
    listing: &mut Listing,
) {
    let mut left = vec![(dir.to_owned(), 0)];
    let mut seen = 0;
    let mut been: BTreeSet<(u64, u64)> =
        std::fs::metadata(below(look.root, dir)).into_iter().map(|meta| (meta.dev(), meta.ino())).collect();
    let mut deeper: Option<PathBuf> = None;
    while let Some((dir, depth)) = left.pop() {
        let real = below(look.root, &dir);
        // A server that is gone would hold everything up.
        if mounts.of(&real).is_some_and(Mount::is_elsewhere) && !answers(&real) {
            listing.gaps.push((dir, Why::TimedOut));
            continue;
        }
        let entries = match std::fs::read_dir(&real) {
            Ok(entries) => entries,
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => continue,
            Err(e) => {
                let why = if e.kind() == io::ErrorKind::PermissionDenied {
                    Why::Forbidden
                } else {
                    Why::Failed(e.to_string())
                };
                listing.gaps.push((dir, why));
                continue;
            }
        };
        for entry in entries.flatten() {
            seen += 1;
            if seen > NAMES || Instant::now() >= look.until {
                let why = if seen > NAMES { Why::Failed("there are more".to_owned()) } else { Why::TimedOut };
                return listing.gaps.push((dir, why));
            }
            let name = entry.file_name().to_string_lossy().into_owned();
            let path = dir.join(entry.file_name());
            // A link is followed: `latest.dump` is one of those beside it, and counts once by its number.
            let Ok(meta) = std::fs::metadata(entry.path()) else { continue };
            // Where a linked one really is: data may lie there, or another way to what was looked at.
            let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
            let path = if is_link && meta.is_dir() {
                real_place(look.root, &entry.path()).unwrap_or(path)
            } else {
                path
            };
            if data.iter().any(|data| path.starts_with(data)) {
                continue;
            }
            if meta.is_dir() {
                if depth < deepest && been.insert((meta.dev(), meta.ino())) {
                    left.push((path, depth + 1));
                } else if depth == deepest && deepest > 0 {
                    deeper.get_or_insert(path);
                }
                continue;
            }
            if !meta.is_file() {
                continue;
            }
            let candidate = Candidate {
                path: path.clone(),
                is_dir: false,
                size: meta.len(),
                written_at: meta.mtime(),
                inode: meta.ino(),
            };
            if TOKENS.contains(&name.as_str()) {
                add(listing, Candidate { path: dir.clone(), is_dir: true, ..candidate });
            } else if is_named_like_one(&name) || (seen <= OPENED && begins_like_one(&entry.path())) {
                add(listing, candidate);
            }
        }
    }
    if let Some(path) = deeper {
        listing.gaps.push((path, Why::Failed("deeper than is looked at".to_owned())));
    }
}

/// A linked place, as the system below `root` names it.
fn real_place(root: &Path, path: &Path) -> Option<PathBuf> {
    let real = std::fs::canonicalize(path).ok()?;
    let root = std::fs::canonicalize(root).ok()?;
    Some(Path::new("/").join(real.strip_prefix(root).ok()?))
}

/// So many files are opened whose names say nothing.
const OPENED: usize = 500;

/// Whether a file of any name begins as a dump does.
fn begins_like_one(path: &Path) -> bool {
    let mut head = [0; 512];
    let read = File::options()
        .read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY)
        .open(path)
        .and_then(|mut file| file.read(&mut head));
    read.is_ok_and(|n| is_dump(head.get(..n).unwrap_or_default()))
}

/// Whether a directory on another machine answers at once: asked by a thread that nobody waits for.
fn answers(dir: &Path) -> bool {
    let (said, heard) = std::sync::mpsc::channel();
    let dir = dir.to_owned();
    let asked = std::thread::Builder::new().name("answers".to_owned()).spawn(move || {
        let _ = std::fs::read_dir(dir);
        let _ = said.send(());
    });
    asked.is_ok() && heard.recv_timeout(std::time::Duration::from_millis(500)).is_ok()
}

fn add(listing: &mut Listing, candidate: Candidate) {
    let series = listing.series.entry(series_of(&candidate.path)).or_default();
    if !series.iter().any(|other| other.inode == candidate.inode || other.path == candidate.path) {
        series.push(candidate);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::World;
    use std::time::Duration;

    #[test]
    fn several_databases_of_one_run() {
        const DAY: i64 = 86_400;
        let of = |files: &[(&str, i64)]| {
            let file = |(path, at): &(&str, i64)| Candidate {
                path: PathBuf::from(path),
                is_dir: false,
                size: 1,
                written_at: *at,
                inode: 1,
            };
            let series = (series_of(Path::new(files[0].0)), files.iter().map(file).collect());
            let mut sizes: Vec<usize> = apart(series).into_iter().map(|(_, all)| all.len()).collect();
            sizes.sort_unstable();
            sizes
        };
        assert_eq!(of(&[("/b/shop.sql.1", DAY), ("/b/shop.sql.2", 0)]), [2]);
        assert_eq!(of(&[("/b/tenant_1.dump", 100), ("/b/tenant_2.dump", 110)]), [1, 1]);
        assert_eq!(of(&[("/b/1/db.dump", 100), ("/b/2/db.dump", 110)]), [1, 1]);
        assert_eq!(of(&[("/b/daily.dump", 100), ("/b/monthly.dump", 110)]), [1, 1]);
        let days = [
            ("/b/tenant_1-2026-11-30.dump", DAY),
            ("/b/tenant_2-2026-11-30.dump", DAY + 9),
            ("/b/tenant_1-2026-11-29.dump", 0),
            ("/b/tenant_2-2026-11-29.dump", 9),
        ];
        assert_eq!(of(&days), [2, 2]);
        // Twice within an hour is still one where the name says when.
        assert_eq!(of(&[("/b/shop-20261130-0215.dump", 0), ("/b/shop-20261130-0230.dump", 900)]), [2]);
    }

    #[test]
    fn they_are_found_where_people_put_them() {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "x").unwrap();
        };
        for path in [
            "var/backups/pg/shop-1.dump",
            "var/backups/pg/shop-2.dump",
            "var/backups/dpkg.status.0",
            "var/backups/d/toc.dat",
            "var/backups/d/3.dat",
            "var/backups/data/x.dump",
            "srv/own/crm.sql.gz",
            "home/x.dump",
            "srv/elsewhere/far.dump",
            "var/backups/1/2/3/4/5/deep.dump",
        ] {
            write(path);
        }
        let older = std::time::SystemTime::now() - Duration::from_secs(86_400);
        let first = File::options().write(true).open(dir.path().join("var/backups/pg/shop-1.dump"));
        first.unwrap().set_modified(older).unwrap();
        std::fs::write(dir.path().join("var/backups/pg/nightly"), "-- PostgreSQL database dump\n").unwrap();
        std::os::unix::fs::symlink("../../srv/elsewhere", dir.path().join("var/backups/linked")).unwrap();
        std::os::unix::fs::symlink(".", dir.path().join("var/backups/circle")).unwrap();
        std::os::unix::fs::symlink("shop-2.dump", dir.path().join("var/backups/pg/shop-latest.dump"))
            .unwrap();
        let world = World::of(&[], "/");
        let look =
            Look { root: dir.path(), world: &world, until: Instant::now() + Duration::from_secs(60), now: 0 };
        let listing = find(
            &look,
            &Mounts::default(),
            &["/srv/own".into(), "/srv/none".into()],
            &["/var/backups/data".into()],
        );
        let found: Vec<(usize, bool)> =
            listing.series.values().map(|all| (all.len(), all[0].is_dir)).collect();
        let all = [(1, false), (1, false), (1, true), (1, false), (2, false)];
        assert_eq!(found, all, "{:?}", listing.series.keys());
        assert!(matches!(listing.read(), Read::Partly { .. }), "something lies deeper: {:?}", listing.gaps);
    }
}
