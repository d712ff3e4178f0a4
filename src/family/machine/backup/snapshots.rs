//! Snapshots of files, by whatever tool: which of them hold a dump of a place, and from when that dump is. That a snapshot was
//! told to take a directory is not that the dump is in it: what it lists counts.

use super::{DumpFile, Look, Place, dumps, names};
use crate::engine::backup::{Amount, Covers, Evidence, Expiry, Outcome, Previous, Record, Stored, Unit};
use crate::family::machine::links::below;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// So many snapshots of one place are told.
const NEWEST: usize = 2;
/// So many snapshots of one repository are listed.
const LISTED: usize = 6;

/// One snapshot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Snapshot {
    /// By what its tool finds it.
    pub id: String,
    /// What it is called on the screen.
    pub name: String,
    /// When it was begun, in seconds since 1970-01-01T00:00Z: nothing in it is younger for certain.
    pub at: i64,
    /// What it was told to take.
    pub paths: Vec<PathBuf>,
    /// Whether that is known; else it may be anything.
    pub told: bool,
    /// Files and bytes in all of it, where its tool counted them.
    pub counted: Option<(u64, u64)>,
}

/// Something in a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its whole path.
    pub path: PathBuf,
    /// It is a directory.
    pub is_dir: bool,
    /// Its size.
    pub size: u64,
    /// When it was written, in seconds since 1970-01-01T00:00Z.
    pub at: Option<i64>,
}

impl Snapshot {
    fn takes(&self, path: &Path) -> bool {
        self.paths.iter().any(|taken| path.starts_with(taken))
    }
}

/// What of one snapshot is to be listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Which snapshot, by its index.
    pub snapshot: usize,
    /// These directories.
    pub dirs: Vec<PathBuf>,
    /// And everything below them: nobody knows where in them a dump would lie.
    pub deep: bool,
}

/// The snapshots that may hold something of these places, and the directories to be listed of each. They come newest first.
pub fn wanted(all: &[Snapshot], places: &[Place], files: &[DumpFile]) -> Vec<Wanted> {
    let mut found: BTreeMap<usize, (BTreeSet<PathBuf>, bool)> = BTreeMap::new();
    for (at, place) in places.iter().enumerate() {
        let own = files.iter().filter(|dump| dump.place == at);
        let mut dirs: BTreeSet<PathBuf> =
            own.filter_map(|dump| Some(dump.path.parent()?.to_owned())).collect();
        // Of those that are not here any more nobody knows where they were.
        let deep = dirs.is_empty();
        if deep {
            dirs.extend(dumps::DIRS.iter().map(PathBuf::from));
        }
        dirs.insert(place.data.clone());
        let takes = |snapshot: &Snapshot| dirs.iter().any(|dir| takes_any(snapshot, dir));
        let newest = all.iter().enumerate().filter(|(_, snapshot)| takes(snapshot)).take(NEWEST);
        for (i, snapshot) in newest {
            let of = dirs.iter().flat_map(|dir| within(snapshot, dir));
            let have = found.entry(i).or_default();
            have.0.extend(of);
            have.1 |= deep;
        }
    }
    let wanted = |(snapshot, (dirs, deep)): (usize, (BTreeSet<PathBuf>, bool))| Wanted {
        snapshot,
        dirs: dirs.into_iter().collect(),
        deep,
    };
    found.into_iter().take(LISTED).map(wanted).collect()
}

/// What a snapshot takes of a directory.
fn within(snapshot: &Snapshot, dir: &Path) -> Vec<PathBuf> {
    if snapshot.takes(dir) {
        return vec![dir.to_owned()];
    }
    snapshot.paths.iter().filter(|taken| taken.starts_with(dir)).cloned().collect()
}

/// Whether older snapshots need not be listed: of each place that has a dump here a newer one holds a usable copy. To list one takes a
/// start of its tool, half a second of restic's and a quarter of borg's.
pub fn settled(now: i64, files: &[DumpFile], records: &[(usize, Record)]) -> bool {
    let has =
        |dump: &DumpFile| records.iter().any(|(at, record)| *at == dump.place && record.unfit(now).is_none());
    !files.is_empty() && files.iter().all(has)
}

/// Whether a snapshot takes a directory, or something in it.
fn takes_any(snapshot: &Snapshot, dir: &Path) -> bool {
    snapshot.takes(dir) || snapshot.paths.iter().any(|taken| taken.starts_with(dir))
}

/// A snapshot as its tool told it.
#[derive(Clone, Copy)]
pub struct Told<'a> {
    /// The tool.
    pub tool: &'static str,
    /// The snapshot.
    pub snapshot: &'a Snapshot,
    /// The one before it of the same paths.
    pub before: Option<&'a Snapshot>,
    /// What is in the directories that were asked for; `None` where that is not known.
    pub listed: Option<&'a [Entry]>,
}

/// What one snapshot has of a place, which is given with its index.
pub fn record(
    look: &Look<'_>,
    told: Told<'_>,
    (at, place): (usize, &Place),
    dumps: &[DumpFile],
    stored: Stored,
) -> Option<Record> {
    let Told { tool, snapshot, before, listed } = told;
    let mine: Vec<&DumpFile> =
        dumps.iter().filter(|dump| dump.place == at && snapshot.takes(&dump.path)).collect();
    let is_data = snapshot.takes(&place.data);
    let gone = if mine.is_empty() { gone(look, listed.unwrap_or_default()) } else { None };
    if mine.is_empty() && !is_data && gone.is_none() {
        return None;
    }
    let mut record = Record {
        outcome: Outcome::Ok,
        finished_at: Some(snapshot.at),
        expires: Expiry::Never,
        stored,
        ..Record::of(tool, &snapshot.name, Evidence::Recorded)
    };
    // The tool's own count of all of it needs no list.
    if let Some((0, _)) = snapshot.counted {
        record.amounts.push(files(0));
        return Some(record);
    }
    let Some(listed) = listed else {
        record.remarks.push("what is in it was not listed".to_owned());
        return Some(record);
    };
    if let Some(entry) = gone {
        record.finished_at = entry.at.or(record.finished_at);
        record
            .remarks
            .push(format!("holds {}, which is not here, of whatever database", entry.path.display()));
        return Some(record);
    }
    let entry = |dump: &DumpFile| listed.iter().find(|entry| entry.path == dump.path);
    let held = mine.iter().filter_map(|dump| Some((*dump, entry(dump)?)));
    if let Some((dump, entry)) = held.max_by_key(|(_, entry)| entry.at) {
        record.covers = Covers::Yes;
        record.finished_at = made_at(look, dump, entry).or(record.finished_at);
        record.remarks.push(format!("holds {}", dump.path.display()));
        if let Some((outcome, amounts)) = dump.judged.as_ref().filter(|_| is_same(look, dump, entry)) {
            record.outcome = outcome.clone();
            record.amounts.clone_from(amounts);
        } else if !entry.is_dir {
            record.amounts.push(Amount { n: entry.size, unit: Unit::Bytes, live: None });
        }
        return Some(record);
    }
    let within = |dir: &Path| {
        listed.iter().filter(|entry| !entry.is_dir && entry.path.starts_with(dir)).count() as u64
    };
    if is_data {
        let n = within(&place.data);
        if n == 0 && !snapshot.told {
            return None;
        }
        // The data is in directories of its own: what is beside them says enough.
        record.amounts.push(files(n));
        record.remarks.push("files of a running server".to_owned());
        record.previous =
            before.and_then(|before| Some(Previous { finished_at: before.at, n: before.counted?.0 }));
        record.previous = record.previous.filter(|_| snapshot.counted.is_some());
        return Some(record);
    }
    let n = mine.iter().filter_map(|dump| dump.path.parent()).map(within).max().unwrap_or(0);
    if n == 0 && snapshot.told {
        record.amounts.push(files(0));
    } else {
        record.covers = Covers::No;
        record.remarks.push("without the dump".to_owned());
    }
    Some(record)
}

/// A dump that lies in a snapshot and not here, the newest.
fn gone<'e>(look: &Look<'_>, listed: &'e [Entry]) -> Option<&'e Entry> {
    let is_dump = |entry: &&Entry| {
        let is_here = || fs::symlink_metadata(below(look.root, &entry.path)).is_ok();
        !entry.is_dir && entry.size > 0 && names::is_surely_one(&entry.path) && !is_here()
    };
    listed.iter().filter(is_dump).max_by_key(|entry| entry.at)
}

fn files(n: u64) -> Amount {
    Amount { n, unit: Unit::Files, live: None }
}

/// When the dump in a snapshot was made: that of the file here where it is the same one, else when it was written.
fn made_at(look: &Look<'_>, dump: &DumpFile, entry: &Entry) -> Option<i64> {
    if is_same(look, dump, entry) { Some(dump.made_at) } else { entry.at }
}

/// Whether what is in a snapshot is what lies here.
fn is_same(look: &Look<'_>, dump: &DumpFile, entry: &Entry) -> bool {
    let here = fs::symlink_metadata(below(look.root, &dump.path)).ok();
    here.is_some_and(|meta| Some(meta.mtime()) == entry.at && (entry.is_dir || meta.len() == entry.size))
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;
    use crate::engine::backup::standing::Unfit;
    use crate::world::World;
    use std::time::Instant;

    fn snapshot(at: i64, paths: &[&str]) -> Snapshot {
        let paths = paths.iter().map(PathBuf::from).collect();
        Snapshot { id: format!("id{at}"), name: format!("s{at}"), at, paths, told: true, counted: None }
    }

    fn place() -> Place {
        Place {
            what: "PostgreSQL cluster 15/main".into(),
            kind: Kind::Postgres,
            data: "/var/lib/postgresql/15/main".into(),
            elsewhere: vec![],
            system_id: None,
            version: None,
            port: None,
            ..Place::default()
        }
    }

    fn dump() -> DumpFile {
        DumpFile { path: "/nonexistent/b/shop.dump".into(), place: 0, made_at: 50, judged: None }
    }

    fn of(snapshot: &Snapshot, listed: Option<&[Entry]>) -> Option<Record> {
        let world = World::of(&[], "/");
        let look = Look { root: Path::new("/"), world: &world, until: Instant::now(), now: 1_000 };
        let told = Told { tool: "restic", snapshot, before: None, listed };
        record(&look, told, (0, &place()), &[dump()], Stored::default())
    }

    fn entry(path: &str, size: u64, at: i64) -> Entry {
        Entry { path: path.into(), is_dir: size == u64::MAX, size, at: Some(at) }
    }

    #[test]
    fn what_is_listed_counts() {
        let taken = snapshot(100, &["/nonexistent"]);
        let good = of(&taken, Some(&[entry("/nonexistent/b/shop.dump", 9, 40)])).unwrap();
        assert_eq!((good.covers, good.finished_at, good.unfit(1_000)), (Covers::Yes, Some(40), None));
        assert_eq!(good.remarks, ["holds /nonexistent/b/shop.dump"]);
        let nothing = of(&taken, Some(&[entry("/nonexistent/b/shop.dump", 0, 40)])).unwrap();
        assert_eq!(nothing.unfit(1_000), Some(Unfit::Empty));
        let empty = of(&taken, Some(&[entry("/nonexistent/b", u64::MAX, 40)])).unwrap();
        assert_eq!(empty.unfit(1_000), Some(Unfit::Empty));
        // Others are in it, and the dump was excluded.
        let without = of(&taken, Some(&[entry("/nonexistent/b/x", 9, 40)])).unwrap();
        assert_eq!(without.unfit(1_000), Some(Unfit::NotIn));
        let unlisted = of(&taken, None).unwrap();
        assert_eq!(unlisted.unfit(1_000), Some(Unfit::CoverageUnknown));
        // What was to be taken is not known: then it is just not in it.
        let vague = Snapshot { told: false, paths: vec!["/".into()], ..taken.clone() };
        assert_eq!(of(&vague, Some(&[])), None);
        let counted = Snapshot { counted: Some((0, 0)), ..taken };
        assert_eq!(of(&counted, None).unwrap().unfit(1_000), Some(Unfit::Empty));
        assert_eq!(of(&snapshot(100, &["/etc"]), None), None);
    }

    #[test]
    fn what_was_found_in_the_dump_is_said_of_its_copy() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("shop.dump");
        fs::write(&path, "12345").unwrap();
        let at = 40;
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(40);
        fs::File::options().write(true).open(&path).unwrap().set_modified(time).unwrap();
        let world = World::of(&[], "/");
        let look = Look { root: Path::new("/"), world: &world, until: Instant::now(), now: 1_000 };
        let none = vec![Amount { n: 0, unit: Unit::Tables, live: Some(2) }];
        let dump = DumpFile { path: path.clone(), judged: Some((Outcome::Ok, none)), ..dump() };
        let snapshot = snapshot(100, &[dir.path().to_str().unwrap()]);
        let held = |size, at| {
            let listed = [Entry { path: path.clone(), is_dir: false, size, at: Some(at) }];
            let told = Told { tool: "restic", snapshot: &snapshot, before: None, listed: Some(&listed) };
            record(&look, told, (0, &place()), std::slice::from_ref(&dump), Stored::default()).unwrap()
        };
        assert_eq!(held(5, at).unfit(1_000), Some(Unfit::Empty));
        assert_eq!(held(7, at).unfit(1_000), None, "another one, of the same name");
    }

    #[test]
    fn a_dump_that_is_in_a_snapshot_alone() {
        let world = World::of(&[], "/");
        let look = Look { root: Path::new("/"), world: &world, until: Instant::now(), now: 1_000 };
        let taken = snapshot(100, &["/var/backups"]);
        let wanted = wanted(std::slice::from_ref(&taken), &[place()], &[]);
        assert!(wanted[0].deep && wanted[0].dirs.contains(&"/var/backups".into()), "{wanted:?}");
        let of = |path: &str| {
            let listed = [entry(path, 9, 40)];
            let told = Told { tool: "restic", snapshot: &taken, before: None, listed: Some(&listed) };
            record(&look, told, (0, &place()), &[], Stored::default())
        };
        let held = of("/var/backups/nobody/shop.sql.gz").unwrap();
        assert_eq!((held.unfit(1_000), held.finished_at), (Some(Unfit::CoverageUnknown), Some(40)));
        assert_eq!(of("/var/backups/dpkg.status.0"), None);
    }

    #[test]
    fn files_of_a_server_are_no_backup_for_certain() {
        let data =
            of(&snapshot(100, &["/var/lib"]), Some(&[entry("/var/lib/postgresql/15/main/PG_VERSION", 3, 1)]))
                .unwrap();
        assert_eq!((data.covers, data.unfit(1_000)), (Covers::Unknown, Some(Unfit::CoverageUnknown)));
        assert_eq!(data.remarks, ["files of a running server"]);
    }

    #[test]
    fn older_ones_are_listed_where_the_newest_is_no_use() {
        let taken = snapshot(100, &["/nonexistent"]);
        let good = of(&taken, Some(&[entry("/nonexistent/b/shop.dump", 9, 40)])).unwrap();
        let empty = of(&taken, Some(&[entry("/nonexistent/b/shop.dump", 0, 40)])).unwrap();
        let other = DumpFile { place: 1, ..dump() };
        assert!(settled(1_000, &[dump()], &[(0, good.clone())]));
        assert!(!settled(1_000, &[dump()], &[(0, empty)]));
        assert!(!settled(1_000, &[dump(), other], &[(0, good)]), "the other place has none");
        assert!(!settled(1_000, &[], &[]));
    }

    #[test]
    fn the_newest_of_each_place_are_listed() {
        let all: Vec<Snapshot> = [(5, "/etc"), (4, "/nonexistent/b"), (3, "/etc"), (2, "/"), (1, "/")]
            .map(|(at, path)| snapshot(at, &[path]))
            .to_vec();
        let got = wanted(&all, &[place()], &[dump()]);
        let data = PathBuf::from("/var/lib/postgresql/15/main");
        let of = |snapshot, dirs| Wanted { snapshot, dirs, deep: false };
        assert_eq!(got, [of(1, vec!["/nonexistent/b".into()]), of(3, vec!["/nonexistent/b".into(), data])]);
    }
}
