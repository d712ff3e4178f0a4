//! Of which database a dump is, and what comes of holding it against that one.

use super::databases::{self, Database, Living};
use super::dump_file::{Dump, Of};
use super::dumps::Candidate;
use super::runners::{self, Runner};
use super::{Kind, Look, Place, stored};
use crate::engine::backup::content::{Contents, Earlier, LiveTable, Through};
use crate::engine::backup::sql_dump::{Maker, Part};
use crate::engine::backup::{Amount, Covers, Evidence, Expiry, Outcome, Previous, Record, Unit};
use crate::family::machine::links::below;
use crate::family::machine::postgres::{Server, cluster, live};

/// One database of one dump, and what it is held against.
pub(super) struct Reading<'a> {
    pub look: &'a Look<'a>,
    pub places: &'a [Place],
    pub living: &'a Living,
    pub candidate: &'a Candidate,
    pub dump: &'a Dump,
    pub part: &'a Part,
    pub read_at: i64,
    pub series: &'a [Candidate],
    pub runners: &'a [Runner],
}

impl Reading<'_> {
    /// A record for each database whose it is, or may be.
    pub fn records(&self, earlier: &[Earlier]) -> Vec<(usize, Record)> {
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
            // Several servers have one of that name.
            None if !self.named(&own).is_empty() => {
                self.named(&own).iter().filter_map(|n| of(n, Covers::Unknown)).collect()
            }
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

    /// Those that are called as the dump says.
    fn named(&self, own: &[usize]) -> Vec<usize> {
        let Some(name) = &self.part.name else { return Vec::new() };
        let same = |n: &&usize| {
            self.living.all.get(**n).is_some_and(|database| database.name.as_ref() == Some(name))
        };
        own.iter().filter(same).copied().collect()
    }

    fn is_named(&self) -> bool {
        self.part.name.is_some()
    }

    /// Whether every server that it may be of has said which databases it has.
    fn all_answer(&self, own: &[usize]) -> bool {
        let places: Vec<usize> = own.iter().filter_map(|n| Some(self.living.all.get(*n)?.place)).collect();
        !self.living.silent.iter().any(|(place, _)| places.contains(place)) && self.living.more.is_empty()
    }

    /// The one whose it is: by the name that stands in it, by the file's name, by its tables, or because there is no other.
    fn whose(&self, own: &[usize]) -> Option<usize> {
        if self.is_named() {
            return self.one_of(&self.named(own));
        }
        if matches!(self.dump.kind, Of::Redis | Of::Nothing) && own.len() == 1 {
            return self.one_of(own);
        }
        let file = self.candidate.path.file_name().unwrap_or_default().to_string_lossy();
        let mentioned = |n: &&usize| {
            let Some(database) = self.living.all.get(**n) else { return false };
            let aliases =
                self.places.get(database.place).map(|place| place.aliases.as_slice()).unwrap_or_default();
            database.name.iter().chain(aliases).any(|name| mentions(&file, name))
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

    fn record(&self, n: usize, covers: Covers, earlier: &[Earlier]) -> Option<Record> {
        let database = self.living.all.get(n)?;
        let place = self.places.get(database.place)?;
        let (candidate, dump) = (self.candidate, self.dump);
        let name = candidate.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut record = Record::of(dump.maker, name, Evidence::Recorded);
        record.covers = covers;
        record.finished_at = Some(dump.begun_at.unwrap_or(candidate.written_at));
        // Whoever rotates them takes them away; when, nobody says.
        record.expires = Expiry::Never;
        record.stored = stored::in_path(self.look.root, &candidate.path, place);
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
        // A database of that name may be another server's as well.
        let whence =
            runners::whence(self.look, self.runners, &candidate.path, database.name.as_deref(), place);
        let whence = whence.filter(|_| covers == Covers::Yes);
        let covers = whence.as_ref().map_or(covers, |(covers, _)| *covers);
        record.covers = covers;
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
        } else if record.outcome == Outcome::Ok
            && self.part.contents.read == Through::Whole
            && self.part.contents.count() > 0
        {
            record.remarks.push("nothing to compare it with".to_owned());
        }
        record.previous = self.previous(earlier);
        if let Some((_, remark)) = whence {
            record.remarks.insert(0, remark);
        } else if covers == Covers::Unknown {
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

    fn previous(&self, earlier: &[Earlier]) -> Option<Previous> {
        let before = earlier.first()?;
        let at = self.series.iter().find(|other| other.written_at < self.candidate.written_at)?.written_at;
        Some(Previous { finished_at: at, n: before.tables })
    }

    fn redis(&self, mut record: Record, database: &Database) -> Record {
        record.outcome = match &self.part.contents.read {
            Through::Broken(why) => Outcome::Failed(why.clone()),
            _ => Outcome::Ok,
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
        if let (None, Some(name)) = (&place.cluster, &database.name) {
            databases::count(place, name, &mut live, &doubtful, self.look.until);
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
