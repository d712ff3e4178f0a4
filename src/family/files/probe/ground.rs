//! What is known before the first path is looked at, and what a path is worth by where it lies.

use super::database;
use super::git::Git;
use super::processes::{Table, Users};
use super::walk::Reach;
use crate::engine::effect::Effect;
use crate::engine::files::databases::Kind;
use crate::engine::files::grammar::Rm;
use crate::engine::files::places::{Places, is_of_homes, is_of_root, is_of_system};
use crate::engine::impact::Impact;
use crate::family::machine::backup::{Place, places};
use crate::family::machine::postgres;
use crate::family::packages::probe::facts::Cluster;
use crate::run::mounts::Mounts;
use crate::world::World;
use std::cell::{OnceCell, RefCell};
use std::collections::HashSet;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// So long at least a question about databases may take.
const LEAST: Duration = Duration::from_millis(250);

/// How much one path matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Weight {
    /// Nobody's loss.
    Light,
    /// As the words say.
    Plain,
    /// What the machine, others, or a database need; what exists nowhere else.
    Heavy,
}

/// What is known before the first path is looked at.
pub(super) struct Ground<'a> {
    /// The words.
    pub rm: &'a Rm<'a>,
    /// The process's environment.
    pub world: &'a World,
    /// What is mounted.
    pub mounts: Mounts,
    /// Where databases and people's homes are.
    pub places: Option<Places<'a>>,
    /// The caller's own home.
    pub home: Option<Vec<u8>>,
    /// One path is named, and no other.
    pub alone: bool,
    /// The caller.
    pub user: u32,
    /// The caller's git.
    pub git: Option<Git<'a>>,
    /// Paths that a build makes again.
    pub made_again: HashSet<PathBuf>,
    /// Who uses what; read when it is first asked for.
    pub processes: OnceCell<Table>,
    /// What the packages family says of databases; asked where there is one.
    pub clusters: OnceCell<Vec<Cluster>>,
    /// Directories of databases that go, or lose a part.
    pub databases: RefCell<Vec<Place>>,
    /// Until when everything has to be known.
    pub until: Instant,
}

/// Notes what makes it as bad as the words say. That stays in sight: what a level is made of is shown where it was raised alone.
pub(super) fn tell(impact: &mut Impact, because: String) {
    if !impact.also.contains(&because) {
        impact.also.push(because.clone());
    }
    impact.raise(Effect::Destroy, because);
}

impl Ground<'_> {
    /// Keeps in mind that a database loses its directory, or a part of it.
    pub fn hits_database(&self, dir: &Path, kind: &Kind) {
        let known: Vec<postgres::Cluster> =
            self.clusters().iter().map(|cluster| cluster.found.clone()).collect();
        let place = places::of_directory(Path::new("/"), dir, kind, &known);
        let mut all = self.databases.borrow_mut();
        if !all.iter().any(|known| known.data == place.data) {
            all.push(place);
        }
    }

    /// How much a path matters by where it lies alone.
    pub fn weight_of_place(&self, path: &Path, impact: &mut Impact) -> Weight {
        match self.place(path) {
            Some(because) => {
                tell(impact, because);
                Weight::Heavy
            }
            None => Weight::Light,
        }
    }

    /// Why a path matters by where it lies.
    pub fn place(&self, path: &Path) -> Option<String> {
        let shown = path.display();
        let touched = |path: &[u8]| self.places.and_then(|places| places.touched(path));
        // By the name the system has for it, and as it lies: in tests these are two.
        let named = self.named(path);
        let found = named.as_deref().and_then(touched).or_else(|| {
            let found = touched(path.as_os_str().as_bytes())?;
            (!self.world.is_made_up() || !is_of_homes(found)).then_some(found)
        });
        if let Some(place) = found {
            let whose = match place {
                place if is_of_homes(place) => "other people's",
                place if is_of_system(place) => "the system's",
                _ => "a database's, or somebody's home",
            };
            return Some(format!("{shown}: {} is {whose}", String::from_utf8_lossy(place)));
        }
        named.is_some_and(|named| is_of_root(&named)).then(|| format!("{shown} stands in the root directory"))
    }

    /// The path as the system that is looked at has it: in tests that one lies below a directory.
    pub fn named(&self, path: &Path) -> Option<Vec<u8>> {
        let inner = if self.world.is_made_up() {
            Path::new("/").join(path.strip_prefix(self.world.absolute("/")).ok()?)
        } else {
            path.to_owned()
        };
        Some(inner.into_os_string().into_vec())
    }

    /// PostgreSQL's clusters of this machine.
    pub fn clusters(&self) -> Vec<Cluster> {
        let left = self.until.saturating_duration_since(Instant::now());
        self.clusters.get_or_init(|| database::clusters(self.world, left.max(LEAST))).clone()
    }

    /// Who uses what is in a directory.
    pub fn users_of(&self, path: &Path, files: &HashSet<(u64, u64)>) -> Users {
        self.processes.get_or_init(|| Table::read(self.until)).of(path, files)
    }

    /// How far a walk goes.
    pub fn reach(&self, depth: usize, until: Instant) -> Reach {
        Reach { until, depth, one_file_system: self.rm.one_file_system, user: self.user, alone: self.alone }
    }
}
