//! The newest usable copies of what holds data on this machine: dumps that lie in files, the catalogues of backup tools, and what
//! runs them. All sources side by side, and all within the deadline of the question.

pub mod borg;
mod catalogue;
mod databases;
mod doom;
mod dump_file;
mod dumps;
mod history;
mod look;
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

use crate::engine::backup::{Amount, Backups, Beyond, Outcome, Record, Source};
use crate::engine::fact::Why;
use crate::family::machine::postgres::Cluster;
use crate::world::World;
use std::path::{Path, PathBuf};
use std::sync::mpsc::RecvTimeoutError;
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
    let looks = move || look::look(&Look { root: &root, world: &world, until, now }, &places, &going);
    let left = (until + GRACE).saturating_duration_since(Instant::now());
    in_time(looks, left).unwrap_or_else(|why| {
        let beyond = names.into_iter().map(|what| Beyond { what, why: why.clone() }).collect();
        Backups { now, looked: true, beyond, ..Backups::default() }
    })
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

    #[test]
    fn what_breaks_off_or_never_ends_is_not_known() {
        let soon = Duration::from_millis(100);
        assert_eq!(in_time(|| 7, Duration::from_secs(60)), Ok(7));
        let slow = || std::thread::sleep(Duration::from_secs(2));
        assert_eq!(in_time(slow, soon), Err(Why::TimedOut));
        let breaks = || -> u8 { std::panic::resume_unwind(Box::new(())) };
        assert!(matches!(in_time(breaks, Duration::from_secs(60)), Err(Why::Failed(_))));
    }
}
