//! Everything that is found out about copies on this machine, put together: which dump is of which database, what the catalogues
//! list, what is not read here.

use super::databases::{self, Database, Living};
use super::dump_file;
use super::dumps::{self, Candidate, Listing};
use super::history::Memory;
use super::runners::{self, Runner};
use super::whose::Reading;
use super::{DumpFile, Found, Kind, Look, Place, SoFar, borg, doom, pgbackrest, physical, restic, stored};
use crate::engine::backup::{Backups, Covers, Evidence, Holder, Outcome, Read, Record, Source};
use crate::engine::fact::Why;
use crate::family::machine::links::below;
use crate::family::machine::postgres::cluster;
use crate::run::mounts::Mounts;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

/// So many series are read.
const SERIES: usize = 60;
/// So many dumps of one series, the newest, until one of them is any use.
const OF_ONE: usize = 10;
/// So many are read at once: two cores unpack two.
const READERS: usize = 3;
/// The source of dumps in files.
const DUMPS: &str = "dumps";

/// Tools that keep copies elsewhere and are not read here, by what they leave on a machine that they look after.
const NOT_READ: &[(&str, &[&str])] = &[
    ("barman", &["/etc/barman.conf", "/etc/barman.d"]),
    ("wal-g", &["/etc/wal-g.d", "/etc/wal-g", "/etc/wal-e.d"]),
    ("kopia", &["/etc/kopia", "/root/.config/kopia/repository.config"]),
    ("duplicity", &["/etc/duply", "/root/.duply"]),
    ("rsnapshot", &["/etc/rsnapshot.conf"]),
    ("backupninja", &["/etc/backupninja.conf"]),
    ("bacula", &["/etc/bacula/bacula-fd.conf"]),
    ("bareos", &["/etc/bareos/bareos-fd.d"]),
    ("veeam", &["/etc/veeam"]),
    ("urbackup", &["/etc/default/urbackupclient"]),
    ("amanda", &["/etc/amanda"]),
    ("proxmox", &["/etc/vzdump.conf"]),
];

/// Looks for copies of these places. `going` is what the command takes away.
pub(super) fn look(look: &Look<'_>, places: &[Place], going: &[PathBuf], so_far: &SoFar) -> Backups {
    let mut backups = Backups { now: look.now, looked: true, ..Backups::default() };
    if places.is_empty() {
        return backups;
    }
    let mark = |record: &Record| {
        let mut record = record.clone();
        doom::mark(look.root, going, &mut record);
        record
    };
    let mounts = Mounts::read();
    let data: Vec<PathBuf> =
        places.iter().flat_map(|place| place.elsewhere.iter().cloned().chain([place.data.clone()])).collect();
    let (living, (running, runners)) = std::thread::scope(|scope| {
        let asked = scope.spawn(|| databases::ask(look, places));
        let runners = runners::find(look);
        (ended(asked.join()), runners)
    });
    let written: Vec<PathBuf> = runners
        .iter()
        .flat_map(|runner| &runner.looks.steps)
        .flat_map(|step| step.paths.iter().map(PathBuf::from))
        .collect();
    backups.holders = holders(places, &living.all);
    backups.beyond = living.beyond(places);
    so_far.begins(&backups);
    let listing = dumps::find(look, &mounts, &written, &data);
    let mut told = Told::default();
    let files = std::thread::scope(|scope| {
        let rest = scope.spawn(|| pgbackrest::read(look, places));
        let tell =
            |records: &[(usize, Record)]| so_far.adds(records.iter().map(|(n, record)| (*n, mark(record))));
        let (dumps, files) = read_all(look, places, &living, &runners, &listing, &tell);
        told.take(dumps);
        // What a server's own tool lists is of everything in it.
        if let Some(found) = ended(rest.join()) {
            let each =
                found.records.iter().flat_map(|(place, record)| within(&living, *place, record)).collect();
            told.take(Found { records: each, ..found });
        }
        files
    });
    let tell =
        |told: &Told| so_far.knows(&told.sources, told.records.iter().map(|(n, record)| (*n, mark(record))));
    tell(&told);
    // A place for each database: what carries the dump of one is no copy of the others.
    let each: Vec<Place> =
        living.all.iter().filter_map(|database| places.get(database.place).cloned()).collect();
    std::thread::scope(|scope| {
        let borg = scope.spawn(|| borg::read(look, &each, &runners, &files));
        restic::read(look, &each, &runners, &files).into_iter().for_each(|found| told.take(found));
        ended(borg.join()).into_iter().for_each(|found| told.take(found));
    });
    tell(&told);
    let claims = runners::records(look, &runners, &each);
    let claims =
        claims.into_iter().filter(|claim| counts(claim, &runners, &living.all, &told.records)).collect();
    told.take(Found { source: running, records: claims });
    for (n, record) in &told.records {
        if let Some(holder) = backups.holders.get_mut(*n) {
            holder.records.push(mark(record));
        }
    }
    backups.sources = told.sources;
    backups.sources.extend(not_read(look.root));
    backups
}

/// What a reader has found. One that breaks off takes all of the search along, which then says so: nothing would look like none.
fn ended<T>(joined: std::thread::Result<T>) -> T {
    joined.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// What the sources have said so far; records carry the number of a database.
#[derive(Default)]
struct Told {
    sources: Vec<Source>,
    records: Vec<(usize, Record)>,
}

impl Told {
    fn take(&mut self, found: Found) {
        self.sources.push(found.source);
        self.records.extend(found.records);
    }
}

/// The same for every database of a place.
fn within(living: &Living, place: usize, record: &Record) -> Vec<(usize, Record)> {
    let of = living.all.iter().enumerate().filter(|(_, database)| database.place == place);
    of.map(|(n, _)| (n, record.clone())).collect()
}

/// Whether what a runner claims tells anything: not where what it made was found itself, and not of a database that it leaves out.
fn counts(
    (n, claim): &(usize, Record),
    runners: &[Runner],
    all: &[Database],
    told: &[(usize, Record)],
) -> bool {
    let Some(runner) = runners.iter().find(|runner| runner.name == claim.object) else { return true };
    let name = all.get(*n).and_then(|database| database.name.as_deref());
    let steps = &runner.looks.steps;
    let of_others = |step: &crate::engine::backup::script::Step| {
        step.database.as_deref().is_some_and(|own| name.is_some_and(|name| name != own))
    };
    if !steps.is_empty() && steps.iter().all(of_others) {
        return false;
    }
    // That it failed, or never ran, explains what is missing.
    if !matches!(claim.outcome, Outcome::Ok | Outcome::Unknown) || claim.covers == Covers::No {
        return true;
    }
    let made = |record: &Record| {
        let by_tool = steps.iter().any(|step| step.program.eq_ignore_ascii_case(record.tool));
        let by_place = steps.iter().flat_map(|step| &step.paths).any(|path| {
            !record.stored.at.is_empty()
                && (path.starts_with(&record.stored.at) || record.stored.at.starts_with(path.as_str()))
        });
        record.evidence >= Evidence::Recorded && record.covers == Covers::Yes && (by_tool || by_place)
    };
    !told.iter().any(|(other, record)| other == n && made(record))
}

/// One for each database, or for a place that is not divided or does not answer.
fn holders(places: &[Place], all: &[Database]) -> Vec<Holder> {
    let of = |database: &Database| {
        let place = places.get(database.place);
        let around = place.map(|place| {
            let shown = || place.data.display().to_string();
            place.cluster.as_ref().map_or_else(shown, cluster::Cluster::called)
        });
        let what = match &database.name {
            Some(name) => format!("database {name} ({})", around.unwrap_or_default()),
            None => place.map(|place| place.what.clone()).unwrap_or_default(),
        };
        let identity = place.and_then(|place| place.system_id).map(|id| match &database.name {
            Some(name) => format!("{id}/{name}"),
            None => id.to_string(),
        });
        Holder { what, identity, records: Vec::new() }
    };
    all.iter().map(of).collect()
}

fn not_read(root: &Path) -> Vec<Source> {
    let there = |signs: &[&str]| signs.iter().any(|sign| below(root, Path::new(sign)).exists());
    let unread = || Read::Not(Why::Failed("not read by guard".to_owned()));
    let source = |name: &'static str| Source { name, full: name, read: unread() };
    NOT_READ.iter().filter(|(_, signs)| there(signs)).map(|(name, _)| source(name)).collect()
}

/// Who is told of what was found as soon as it is.
type Tell<'a> = dyn Fn(&[(usize, Record)]) + Sync + 'a;

/// Reads the dumps, each series in turn, and says whose they are. Records carry the number of a database.
fn read_all(
    look: &Look<'_>,
    places: &[Place],
    living: &Living,
    runners: &[Runner],
    listing: &Listing,
    tell: &Tell<'_>,
) -> (Found, Vec<DumpFile>) {
    let mut read = listing.read();
    let mut left: Vec<(&String, &Vec<Candidate>)> = listing.series.iter().collect();
    // Those that are made now before those that nobody makes any more.
    left.sort_by_key(|(_, series)| std::cmp::Reverse(series.first().map(|newest| newest.written_at)));
    if left.len() > SERIES {
        left.truncate(SERIES);
        read =
            Read::Partly { within: "the newest".to_owned(), why: Why::Failed("there are more".to_owned()) };
    }
    let queue = Mutex::new(VecDeque::from(left));
    let found: Mutex<Vec<One>> = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..READERS {
            scope.spawn(|| {
                loop {
                    let Some((name, series)) = queue.lock().ok().and_then(|mut queue| queue.pop_front())
                    else {
                        return;
                    };
                    let one = read_series(look, places, living, runners, (name, series));
                    tell(&one.records);
                    if let Ok(mut found) = found.lock() {
                        found.push(one);
                    }
                }
            });
        }
    });
    let mut records = Vec::new();
    let (mut unread, mut files) = (Vec::new(), Vec::new());
    // What was read at once is written down one after the other.
    for one in found.into_inner().unwrap_or_default() {
        records.extend(one.records);
        unread.extend(one.unread);
        files.extend(one.files);
        if let Some((series, memory)) = one.memory {
            memory.keep(look.world, &series);
        }
    }
    if let (Some((path, why)), Read::All) = (unread.first(), &read) {
        read = Read::Partly {
            within: "the others".to_owned(),
            why: Why::Failed(format!("{}: {why}", path.display())),
        };
    }
    let other = places.iter().find(|place| place.kind == Kind::Other);
    if let (Some(place), Read::All) = (other, &read) {
        read = Read::Not(Why::Failed(format!("dumps of {} are not known", place.what)));
    }
    (Found { source: Source { name: DUMPS, full: "dumps in files", read }, records }, files)
}

/// What comes of one series.
#[derive(Default)]
struct One {
    records: Vec<(usize, Record)>,
    /// Dumps of which nobody could tell what is in them.
    unread: Vec<(PathBuf, String)>,
    memory: Option<(String, Memory)>,
    /// Files in which dumps are, of which database it is known.
    files: Vec<DumpFile>,
}

impl One {
    /// The dumps of a series are of this database, and this is what was found in one of them.
    fn knows(&mut self, place: usize, series: &[Candidate], read: &Candidate, record: &Record) {
        for other in series {
            let judged = (other.path == read.path).then(|| (record.outcome.clone(), record.amounts.clone()));
            let known = self.files.iter_mut().find(|file| file.place == place && file.path == other.path);
            match known {
                Some(known) => known.judged = judged.or(known.judged.take()),
                None => self.files.push(DumpFile {
                    path: other.path.clone(),
                    place,
                    made_at: other.written_at,
                    judged,
                }),
            }
        }
    }
}

/// Reads the newest of a series, and older ones until one of them is any use.
fn read_series(
    look: &Look<'_>,
    places: &[Place],
    living: &Living,
    runners: &[Runner],
    (name, series): (&str, &[Candidate]),
) -> One {
    let mut one = One::default();
    let mut memory = Memory::recall(look.world, name);
    let mut news = false;
    let mut useful = false;
    for candidate in series.iter().take(OF_ONE) {
        if candidate.is_dir && !below(look.root, &candidate.path).join("toc.dat").exists() {
            for (place, mut record) in physical::read(look, candidate, places) {
                if let Some(of) = places.get(place) {
                    record.stored = stored::in_path(look.root, &candidate.path, of);
                }
                one.records.extend(within(living, place, &record));
            }
            useful = true;
            break;
        }
        if Instant::now() >= look.until {
            one.unread.push((candidate.path.clone(), "there was no time to read it".to_owned()));
            break;
        }
        let read = match memory.dump(candidate) {
            Some((dump, at)) => Ok(Some((dump, at))),
            None => dump_file::read(look, candidate).map(|dump| dump.map(|dump| (dump, look.now))),
        };
        let (dump, read_at) = match read {
            Ok(Some(read)) => read,
            // It is called like a dump and is none.
            Ok(None) => continue,
            Err(why) => {
                one.unread.push((candidate.path.clone(), why));
                continue;
            }
        };
        if dump.may_hold_more() {
            one.unread.push((candidate.path.clone(), "there was no time to read all of it".to_owned()));
        }
        // The one before may be there still, and was never looked at.
        if let Some(previous) = series.iter().find(|other| other.written_at < candidate.written_at)
            && memory.dump(previous).is_none()
            && let Ok(Some(before)) = dump_file::read(look, previous)
        {
            news |= memory.add(previous, &before, look.now);
        }
        for part in &dump.parts {
            let earlier = memory.before(candidate, part.name.as_deref());
            let read =
                Reading { look, places, living, candidate, dump: &dump, part, read_at, series, runners };
            let records = read.records(&earlier);
            useful |= records.iter().any(|(_, record)| record.unfit(look.now).is_none());
            for (n, record) in records.iter().filter(|(_, record)| record.covers == Covers::Yes) {
                one.knows(*n, series, candidate, record);
            }
            one.records.extend(records);
        }
        news |= memory.add(candidate, &dump, look.now);
        if useful {
            break;
        }
    }
    if let (Some(next), false) = (series.get(OF_ONE), useful) {
        one.unread.push((
            next.path.clone(),
            "the newer ones are no use, and this one was not looked at".to_owned(),
        ));
    }
    one.memory = news.then(|| (name.to_owned(), memory));
    one
}
