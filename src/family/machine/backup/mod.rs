//! Copies of what this machine holds: what runs them, and what their catalogues list.

pub mod borg;
pub mod pgbackrest;
mod repository;
pub mod restic;
pub mod runners;
mod snapshots;
pub mod stored;
pub mod tool;

use crate::engine::backup::{Record, Source};
use crate::world::World;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// How a question about copies is asked.
pub struct Look<'a> {
    /// The system below, `/` unless another.
    pub root: &'a Path,
    /// The process's own world.
    pub world: &'a World,
    /// When nobody waits any longer.
    pub until: Instant,
    /// Now, in seconds since 1970-01-01T00:00Z.
    pub now: i64,
}

/// Something on this machine that holds data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// As a person calls it: `PostgreSQL cluster 15/main`.
    pub what: String,
    /// What it is of.
    pub kind: Kind,
    /// Its directory, as the system below root names it.
    pub data: PathBuf,
    /// Directories of it that lie elsewhere.
    pub elsewhere: Vec<PathBuf>,
    /// The system identifier of a PostgreSQL cluster.
    pub system_id: Option<u64>,
    /// Its version: `15`.
    pub version: Option<String>,
    /// The port its server listens on.
    pub port: Option<u16>,
}

/// What kind of server data is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    MySql,
    /// Redis.
    Redis,
    /// Anything else.
    Other,
}

/// A dump of one of them that lies in a file here: what carries that file away carries the data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DumpFile {
    /// The file.
    pub path: PathBuf,
    /// Of which place, by its index.
    pub place: usize,
    /// When it was complete, in seconds since 1970-01-01T00:00Z.
    pub made_at: i64,
}

/// What one source has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The source.
    pub source: Source,
    /// What it has, each with the index of its place.
    pub records: Vec<(usize, Record)>,
}
