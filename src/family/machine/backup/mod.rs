//! The newest usable copies of what holds data on this machine: dumps that lie in files, the catalogues of backup tools, and what
//! runs them. All sources side by side, and all within the deadline of the question.

pub mod borg;
mod catalogue;
mod databases;
mod doom;
mod dump_file;
mod dumps;
mod format;
mod history;
mod look;
mod names;
pub mod pgbackrest;
mod physical;
pub mod places;
mod repository;
pub mod restic;
pub mod runners;
mod snapshots;
pub mod stored;
pub mod tool;
mod whose;

use crate::engine::backup::{Amount, Backups, Beyond, Outcome, Read, Record, Source};
use crate::engine::fact::Why;
use crate::family::machine::postgres::Cluster;
use crate::world::World;
use std::path::{Path, PathBuf};
use std::sync::mpsc::RecvTimeoutError;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// So long past the deadline a reader may take to notice it.
const GRACE: Duration = Duration::from_millis(300);

/// How a question about copies is asked.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// The system below: `/` unless the words name another one.
    pub root: &'a Path,
    /// The caller's variables.
    pub world: &'a World,
    /// When answers are no longer waited for.
    pub until: Instant,
    /// Seconds since 1970-01-01T00:00Z.
    pub now: i64,
}

/// Something on this machine that holds data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// As a person calls it: `PostgreSQL cluster 15/main`.
    pub what: String,
    /// Which program's it is.
    pub kind: Kind,
    /// Its directory, as the system below `root` names it.
    pub data: PathBuf,
    /// Parts of it that lie elsewhere.
    pub elsewhere: Vec<PathBuf>,
    /// PostgreSQL's `Database system identifier`.
    pub system_id: Option<u64>,
    /// PostgreSQL's version: `15`.
    pub version: Option<String>,
    /// The port it listens on.
    pub port: Option<u16>,
    /// The cluster, where it is one that Debian's tools know.
    pub cluster: Option<Cluster>,
    /// What people call it besides, as in the name of a dump's file: the volume, its project of Compose.
    pub aliases: Vec<String>,
}

/// Which program's data it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// PostgreSQL.
    Postgres,
    /// MySQL or MariaDB.
    MySql,
    /// Redis.
    Redis,
    /// Another one.
    #[default]
    Other,
}

/// A dump of one of them that lies in a file here: what carries that file away carries the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DumpFile {
    /// Where.
    pub path: PathBuf,
    /// Which of the places it is of.
    pub place: usize,
    /// When it was complete, in seconds since 1970-01-01T00:00Z.
    pub made_at: i64,
    /// What was found in it, where it was read: whatever took it along has no more.
    pub judged: Option<(Outcome, Vec<Amount>)>,
}

/// Looks for copies of these places; `going` is what the command takes away. Never longer than until the deadline: a file system that
/// does not answer leaves them unknown.
pub fn find(root: &Path, world: &World, places: Vec<Place>, going: Vec<PathBuf>, until: Instant) -> Backups {
    let now = jiff::Timestamp::now().as_second();
    let names: Vec<String> = places.iter().map(|place| place.what.clone()).collect();
    let (root, world) = (root.to_owned(), world.clone());
    let so_far = Arc::new(SoFar::default());
    let told = Arc::clone(&so_far);
    let looks = move || look::look(&Look { root: &root, world: &world, until, now }, &places, &going, &told);
    let left = (until + GRACE).saturating_duration_since(Instant::now());
    in_time(looks, left).unwrap_or_else(|why| {
        so_far.given_up(&why).unwrap_or_else(|| {
            let beyond = names.into_iter().map(|what| Beyond { what, why: why.clone() }).collect();
            Backups { now, looked: true, beyond, ..Backups::default() }
        })
    })
}

/// What has been found while it is still being looked for: whoever gives up has that much.
#[derive(Default)]
struct SoFar(Mutex<Option<Backups>>);

impl SoFar {
    /// What holds data is known, and nothing of its copies.
    fn begins(&self, backups: &Backups) {
        if let Ok(mut so_far) = self.0.lock() {
            *so_far = Some(backups.clone());
        }
    }

    /// Copies that were found, by the numbers of what holds data.
    fn adds(&self, records: impl Iterator<Item = (usize, Record)>) {
        if let Ok(mut so_far) = self.0.lock()
            && let Some(backups) = so_far.as_mut()
        {
            for (n, record) in records {
                backups.holders.get_mut(n).into_iter().for_each(|holder| holder.records.push(record.clone()));
            }
        }
    }

    /// All that these sources have.
    fn knows(&self, sources: &[Source], records: impl Iterator<Item = (usize, Record)>) {
        if let Ok(mut so_far) = self.0.lock()
            && let Some(backups) = so_far.as_mut()
        {
            backups.sources = sources.to_vec();
            backups.holders.iter_mut().for_each(|holder| holder.records.clear());
        }
        self.adds(records);
    }

    /// What is known by now: that there was no time for the rest, or what else kept it, is a source that was not read. `None` where not
    /// even what holds data is known.
    fn given_up(&self, why: &Why) -> Option<Backups> {
        let mut backups = self.0.lock().ok()?.take()?;
        let read = Read::Not(why.clone());
        backups.sources.push(Source { name: "others", full: "what was not reached", read });
        Some(backups)
    }
}

/// What comes of something that may never end, or end without an answer.
fn in_time<T: Send + 'static>(
    does: impl FnOnce() -> T + Send + 'static,
    longest: Duration,
) -> Result<T, Why> {
    let (said, heard) = std::sync::mpsc::channel();
    let started = std::thread::Builder::new().name("copies".to_owned()).spawn(move || {
        // Whoever asked may have gone on.
        let _ = said.send(does());
    });
    started.map_err(|e| Why::Failed(e.to_string()))?;
    heard.recv_timeout(longest).map_err(|e| match e {
        RecvTimeoutError::Timeout => Why::TimedOut,
        RecvTimeoutError::Disconnected => Why::Failed("looking for them broke off".to_owned()),
    })
}

/// What one source has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The source, and whether it was read.
    pub source: Source,
    /// Copies, each with the place it is of.
    pub records: Vec<(usize, Record)>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::backup::backed::Backed;
    use crate::engine::backup::{Evidence, Holder};
    use crate::engine::impact::Impact;

    #[test]
    fn what_breaks_off_or_never_ends_is_not_known() {
        let soon = Duration::from_millis(100);
        assert_eq!(in_time(|| 7, Duration::from_secs(60)), Ok(7));
        let slow = || std::thread::sleep(Duration::from_secs(2));
        assert_eq!(in_time(slow, soon), Err(Why::TimedOut));
        let breaks = || -> u8 { std::panic::resume_unwind(Box::new(())) };
        assert!(matches!(in_time(breaks, Duration::from_secs(60)), Err(Why::Failed(_))));
    }

    #[test]
    fn what_was_found_is_not_thrown_away() {
        let so_far = SoFar::default();
        assert_eq!(so_far.given_up(&Why::TimedOut), None);
        let holder = |what: &str| Holder { what: what.to_owned(), ..Holder::default() };
        let record = |name: &str| Record::of("pg_dump", name, Evidence::Recorded);
        so_far.begins(&Backups { holders: vec![holder("shop"), holder("crm")], ..Backups::default() });
        so_far.adds([(0, record("a")), (7, record("b"))].into_iter());
        let dumps = Source { name: "dumps", full: "dumps in files", read: Read::All };
        so_far.knows(&[dumps], [(0, record("c"))].into_iter());
        let given = so_far.given_up(&Why::TimedOut).unwrap();
        let names: Vec<usize> = given.holders.iter().map(|holder| holder.records.len()).collect();
        assert_eq!((names.as_slice(), given.sources.len()), (&[1, 0][..], 2));
        assert_eq!(given.sources[1].read, Read::Not(Why::TimedOut));
        // Whoever has none may have one that was not reached.
        let impact = Impact { backups: given, ..Impact::default() };
        assert_eq!(Backed::of(&impact, true, false), Backed::Unknown);
    }
}
