//! Everything that is found out about copies on this machine, put together: which dump is of which database, what the catalogues
//! list, what is not read here.

use super::databases::{Database, Living};
use super::dump_file::{self, Dump, Of};
use super::dumps::{self, Candidate, Listing};
use super::history::Memory;
use super::lies::Ground;
use super::{Found, Kind, Look, Place, databases, physical};
use crate::engine::backup::content::{Contents, LiveTable, Through};
use crate::engine::backup::sql_dump::{Maker, Part};
use crate::engine::backup::{
    Amount, Backups, Beyond, Covers, Evidence, Expiry, Holder, Outcome, Previous, Read, Record, Source, Unit,
};
use crate::engine::fact::Why;
use crate::family::machine::links::below;
use crate::family::machine::postgres::{Server, cluster, live};
use crate::run::mounts::Mounts;
use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::Instant;

/// So many series are read.
const SERIES: usize = 60;
/// So many dumps of one series, the newest, until one of them is any use.
const OF_ONE: usize = 3;
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
pub(super) fn look(look: &Look<'_>, places: &[Place], going: &[PathBuf]) -> Backups {
    let mut backups = Backups { now: look.now, looked: true, ..Backups::default() };
    if places.is_empty() {
        return backups;
    }
    let mounts = Mounts::read();
    let ground = Ground { root: look.root, mounts: &mounts, going };
    let data: Vec<PathBuf> =
        places.iter().flat_map(|place| place.elsewhere.iter().cloned().chain([place.data.clone()])).collect();
    let (living, listing) = std::thread::scope(|scope| {
        let asked = scope.spawn(|| databases::ask(look, places));
        let listing = dumps::find(look, &mounts, &[], &data);
        (asked.join().unwrap_or_default(), listing)
    });
    let found = read_all(look, &ground, places, &living, &listing);
    backups.holders = holders(places, &living.all);
    for (n, why) in &living.silent {
        if let Some(place) = places.get(*n) {
            let why = Why::Failed(why.clone());
            backups.beyond.push(Beyond { what: format!("databases of {}", place.what), why });
        }
    }
    for what in &living.beyond {
        backups.beyond.push(Beyond { what: what.clone(), why: Why::Failed("there are too many".to_owned()) });
    }
    for (n, record) in found.records {
        if let Some(holder) = backups.holders.get_mut(n) {
            holder.records.push(record);
        }
    }
    backups.sources.push(found.source);
    backups.sources.extend(not_read(look.root));
    backups
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
    let source = |name: &'static str| Source { name, full: name, read: Read::Not(Why::Unsupported) };
    NOT_READ.iter().filter(|(_, signs)| there(signs)).map(|(name, _)| source(name)).collect()
}

/// Reads the dumps, each series in turn, and says whose they are. Records carry the number of a database.
fn read_all(
    look: &Look<'_>,
    ground: &Ground<'_>,
    places: &[Place],
    living: &Living,
    listing: &Listing,
) -> Found {
    let mut read = listing.read();
    let mut left: Vec<&Vec<Candidate>> = listing.series.values().collect();
    // Those that are made now before those that nobody makes any more.
    left.sort_by_key(|series| std::cmp::Reverse(series.first().map(|newest| newest.written_at)));
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
                    let Some(series) = queue.lock().ok().and_then(|mut queue| queue.pop_front()) else {
                        return;
                    };
                    let one = read_series(look, ground, places, living, series);
                    if let Ok(mut found) = found.lock() {
                        found.push(one);
                    }
                }
            });
        }
    });
    let mut records = Vec::new();
    let mut unread = Vec::new();
    // What was read at once is written down one after the other.
    for one in found.into_inner().unwrap_or_default() {
        records.extend(one.records);
        unread.extend(one.unread);
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
    Found { source: Source { name: DUMPS, full: "dumps in files", read }, records }
}

/// What comes of one series.
#[derive(Default)]
struct One {
    records: Vec<(usize, Record)>,
    /// Dumps of which nobody could tell what is in them.
    unread: Vec<(PathBuf, String)>,
    memory: Option<(String, Memory)>,
}

fn read_series(
    look: &Look<'_>,
    ground: &Ground<'_>,
    places: &[Place],
    living: &Living,
    series: &[Candidate],
) -> One {
    let mut one = One::default();
    let Some(first) = series.first() else { return one };
    let name = dumps::series_of(&first.path);
    let mut memory = Memory::recall(look.world, &name);
    let mut news = false;
    for candidate in series.iter().take(OF_ONE) {
        if candidate.is_dir && !below(look.root, &candidate.path).join("toc.dat").exists() {
            let of_place = physical::read(look, candidate, places);
            one.records.extend(
                of_place.into_iter().flat_map(|(place, record)| {
                    everywhere(ground, places, living, place, candidate, &record)
                }),
            );
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
        let mut useful = false;
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
                Reading { look, ground, places, living, candidate, dump: &dump, part, read_at, series };
            let records = read.records(&earlier);
            useful |= records.iter().any(|(_, record)| record.unfit(look.now).is_none());
            one.records.extend(records);
        }
        news |= memory.add(candidate, &dump, look.now);
        if useful {
            break;
        }
    }
    one.memory = news.then_some((name, memory));
    one
}

/// A copy of a whole place is one of everything in it.
fn everywhere(
    ground: &Ground<'_>,
    places: &[Place],
    living: &Living,
    place: usize,
    candidate: &Candidate,
    record: &Record,
) -> Vec<(usize, Record)> {
    let data = places.get(place).map(|place| place.data.as_path());
    let mut record = record.clone();
    record.stored = ground.stored(&candidate.path, data.as_slice());
    let of = living.all.iter().enumerate().filter(|(_, database)| database.place == place);
    of.map(|(n, _)| (n, record.clone())).collect()
}

/// One database of one dump, and what it is held against.
struct Reading<'a> {
    look: &'a Look<'a>,
    ground: &'a Ground<'a>,
    places: &'a [Place],
    living: &'a Living,
    candidate: &'a Candidate,
    dump: &'a Dump,
    part: &'a Part,
    read_at: i64,
    series: &'a [Candidate],
}

impl Reading<'_> {
    /// A record for each database whose it is, or may be.
    fn records(&self, earlier: &[crate::engine::backup::content::Earlier]) -> Vec<(usize, Record)> {
        let own: Vec<usize> = self.of_this_kind();
        let of = |n: &usize, covers: Covers| Some((*n, self.record(*n, covers, earlier)?));
        if self.dump.maker == Maker::PgDumpAll.word() && !self.is_named() {
            // `--globals-only` ends as a whole one does.
            let only_roles = |(n, mut record): (usize, Record)| {
                record.remarks = vec!["only roles are in it".to_owned()];
                (n, record)
            };
            return own.iter().filter_map(|n| of(n, Covers::No)).map(only_roles).collect();
        }
        let sure = self.whose(&own);
        match sure {
            Some(n) => of(&n, Covers::Yes).into_iter().collect(),
            // The dump of a database that is not here is none of these.
            None if self.is_named() && self.all_answer(&own) => Vec::new(),
            // Of nobody knows what nothing.
            None if self.part.contents.tables.is_empty() && self.dump.kind != Of::Redis => Vec::new(),
            None => own.iter().filter_map(|n| of(n, Covers::Unknown)).collect(),
        }
    }

    /// The databases of the program that the dump is of.
    fn of_this_kind(&self) -> Vec<usize> {
        let fits = |database: &Database| {
            let Some(place) = self.places.get(database.place) else { return false };
            match self.dump.kind {
                Of::Postgres => place.kind == Kind::Postgres,
                Of::MySql => place.kind == Kind::MySql,
                Of::Redis => place.kind == Kind::Redis,
                Of::Nothing => place.kind != Kind::Other,
            }
        };
        self.living.all.iter().enumerate().filter(|(_, database)| fits(database)).map(|(n, _)| n).collect()
    }

    fn is_named(&self) -> bool {
        self.part.name.is_some()
    }

    /// Whether every server that it may be of has said which databases it has.
    fn all_answer(&self, own: &[usize]) -> bool {
        let places: Vec<usize> = own.iter().filter_map(|n| Some(self.living.all.get(*n)?.place)).collect();
        !self.living.silent.iter().any(|(place, _)| places.contains(place)) && self.living.beyond.is_empty()
    }

    /// The one whose it is: by the name that stands in it, by the file's name, by its tables, or because there is no other.
    fn whose(&self, own: &[usize]) -> Option<usize> {
        let named = |name: &str| {
            let same = |n: &&usize| {
                self.living.all.get(**n).is_some_and(|database| database.name.as_deref() == Some(name))
            };
            let all: Vec<usize> = own.iter().filter(same).copied().collect();
            self.one_of(&all)
        };
        if let Some(name) = &self.part.name {
            return named(name);
        }
        if matches!(self.dump.kind, Of::Redis | Of::Nothing) && own.len() == 1 {
            return self.one_of(own);
        }
        let file = self.candidate.path.file_name().unwrap_or_default().to_string_lossy();
        let mentioned = |n: &&usize| {
            let name = self.living.all.get(**n).and_then(|database| database.name.as_deref());
            name.is_some_and(|name| mentions(&file, name))
        };
        let by_file: Vec<usize> = own.iter().filter(mentioned).copied().collect();
        if let Some(n) = self.one_of(&by_file) {
            return Some(n);
        }
        let shared = |n: &usize| {
            self.living
                .all
                .get(*n)
                .and_then(|d| d.tables.as_deref())
                .map_or(0, |live| overlap(&self.part.contents, live))
        };
        let best = own.iter().map(shared).max().filter(|most| *most > 0)?;
        let by_tables: Vec<usize> = own.iter().filter(|n| shared(n) == best).copied().collect();
        // More than half of it is there.
        if best * 2 > self.part.contents.tables.len() { self.one_of(&by_tables) } else { None }
    }

    /// The only one of these; of several that of the version the dump is of, where there is only one.
    fn one_of(&self, all: &[usize]) -> Option<usize> {
        match all {
            [one] => Some(*one),
            several => {
                let version = self.dump.version.as_deref()?;
                let of = |n: &&usize| {
                    let place = self.living.all.get(**n).and_then(|database| self.places.get(database.place));
                    place.is_some_and(|place| place.version.as_deref() == Some(version))
                };
                let mut fits = several.iter().filter(of);
                fits.next().copied().filter(|_| fits.next().is_none())
            }
        }
    }

    fn record(
        &self,
        n: usize,
        covers: Covers,
        earlier: &[crate::engine::backup::content::Earlier],
    ) -> Option<Record> {
        let database = self.living.all.get(n)?;
        let place = self.places.get(database.place)?;
        let (candidate, dump) = (self.candidate, self.dump);
        let name = candidate.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut record = Record::of(dump.maker, name, Evidence::Recorded);
        record.covers = covers;
        record.finished_at = Some(dump.begun_at.unwrap_or(candidate.written_at));
        // Whoever rotates them takes them away; when, nobody says.
        record.expires = Expiry::Never;
        record.stored = self.ground.stored(&candidate.path, &[place.data.as_path()]);
        if let Some(dir) = candidate.path.parent() {
            record.stored.at = dir.display().to_string();
        }
        if dump.kind == Of::Nothing {
            record.outcome = Outcome::Ok;
            record.amounts = vec![Amount { n: 0, unit: Unit::Bytes, live: None }];
            return Some(record);
        }
        if dump.kind == Of::Redis {
            return Some(self.redis(record, database));
        }
        let live = if covers == Covers::Yes { self.counted(database, place) } else { None };
        let found = self.part.contents.findings(live.as_deref(), earlier);
        record.amounts = found.amounts;
        record.outcome = found.outcome;
        record.remarks = found.remarks;
        let archive = dump.maker == "pg_dump" && dump.version.is_some();
        if found.measured {
            record.evidence = Evidence::Measured;
            if archive && self.part.contents.read == Through::Whole {
                record.evidence = Evidence::Verified;
                record.read_back_at = Some(self.read_at);
            }
        } else if record.outcome == Outcome::Ok && !self.part.contents.tables.is_empty() {
            record.remarks.push("nothing to compare it with".to_owned());
        }
        record.previous = self.previous(earlier);
        if covers == Covers::Unknown {
            record.remarks.insert(0, "of which database it is, nobody says".to_owned());
        }
        self.doubt(&mut record, place);
        Some(record)
    }

    /// Two servers over one directory: what either dumps is called the same.
    fn doubt(&self, record: &mut Record, place: &Place) {
        if place.kind == Kind::Postgres
            && cluster::servers_in(self.look.root, &below(self.look.root, &place.data)).len() > 1
        {
            record.covers = Covers::Unknown;
            record.remarks.insert(
                0,
                format!("two servers run over {}, and it does not say of which it is", place.data.display()),
            );
        }
    }

    fn previous(&self, earlier: &[crate::engine::backup::content::Earlier]) -> Option<Previous> {
        let before = earlier.first()?;
        let at = self.series.iter().find(|other| other.written_at < self.candidate.written_at)?.written_at;
        Some(Previous { finished_at: at, n: before.tables })
    }

    fn redis(&self, mut record: Record, database: &Database) -> Record {
        record.outcome = match &self.part.contents.read {
            Through::Broken(why) => Outcome::Failed(why.clone()),
            Through::Whole | Through::Listed => Outcome::Ok,
        };
        let keys = self.dump.keys;
        record.amounts =
            keys.map(|n| Amount { n, unit: Unit::Keys, live: database.keys }).into_iter().collect();
        if let (Some(n), Some(live)) = (keys, database.keys) {
            if n > 0 && live >= 1_000 && n < live / 2 {
                record.outcome = Outcome::Partial(format!("{n} of {live} keys"));
            } else if n > 0 && record.outcome == Outcome::Ok {
                record.evidence = Evidence::Measured;
            }
        }
        record
    }

    /// The living tables, those counted that would alarm somebody by an estimate.
    fn counted(&self, database: &Database, place: &Place) -> Option<Vec<LiveTable>> {
        let mut live = database.tables.clone()?;
        let contents = &self.part.contents;
        let doubtful: Vec<String> = contents.doubtful(&live).iter().map(|table| table.name.clone()).collect();
        if let (Some(cluster), Some(name), false) = (&place.cluster, &database.name, doubtful.is_empty())
            && let Some(server) = Server::of(cluster, self.look.until)
        {
            live::count(&server, name, &mut live, &doubtful);
        }
        Some(live)
    }
}

/// Whether a file's name has a database's in it, as a word.
fn mentions(file: &str, name: &str) -> bool {
    let starts = |at: usize| {
        let before = file.get(..at).and_then(|text| text.chars().next_back());
        let after = file.get(at + name.len()..).and_then(|text| text.chars().next());
        let bounds = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
        bounds(before) && bounds(after)
    };
    !name.is_empty() && file.match_indices(name).any(|(at, _)| starts(at))
}

/// How many tables of a dump a living database has.
fn overlap(contents: &Contents, live: &[LiveTable]) -> usize {
    contents.tables.iter().filter(|table| live.iter().any(|other| other.name == table.name)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_names() {
        for (file, name, is) in [
            ("shop.sql", "shop", true),
            ("pg-shop-2026.dump", "shop", true),
            ("shop_2026.dump", "shop", true),
            ("workshop.sql", "shop", false),
            ("shop2.sql", "shop", false),
            ("x.sql", "", false),
        ] {
            assert_eq!(mentions(file, name), is, "{file} {name}");
        }
    }
}
