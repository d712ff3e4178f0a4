//! What is known of a database whose directory would go: which it is, how much it holds, whether its server runs, whom it serves.

use super::processes::Users;
use crate::engine::fact::Why;
use crate::engine::files::databases::Kind;
use crate::engine::human::{counted, span};
use crate::family::packages::probe::facts::{self, Cluster};
use crate::run::proc::Proc;
use crate::world::World;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// PostgreSQL's clusters as Debian keeps them, by the packages family; asked once, where there may be one.
pub(super) fn clusters(world: &World, within: Duration) -> Vec<Cluster> {
    let versions = super::places::versions(world);
    let found = facts::collect(&world.absolute("/"), &versions.iter().collect::<Vec<_>>(), within);
    found.into_iter().flat_map(|facts| facts.clusters).collect()
}

/// One database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Database {
    /// Where.
    pub path: PathBuf,
    /// `PostgreSQL cluster 15/main`
    pub name: String,
    /// Somebody works in it: `its server runs: postgres, 41 days, 37 clients`.
    pub server: Option<String>,
    /// What could not be learnt.
    pub gap: Option<(String, Why)>,
}

/// Describes the database in a directory. `users` are those who use what goes.
pub(super) fn describe(path: &Path, kind: &Kind, clusters: &[Cluster], users: &Users) -> Database {
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let known = clusters.iter().find(|cluster| real(&cluster.found.data) == path);
    let name = known
        .map_or_else(|| kind.name.to_owned(), |cluster| format!("{} {}", kind.name, cluster.found.called()));
    let mut found = Database { path: path.to_owned(), name, ..Database::default() };
    let works = |user: &&super::processes::User| user.path.starts_with(path);
    let servers: Vec<_> = users.all.iter().filter(works).collect();
    let known_pid = known.and_then(|cluster| cluster.found.pid);
    if servers.is_empty() && known_pid.is_none() {
        return found;
    }
    let named = |user: &&&super::processes::User| {
        !kind.server.is_empty() && user.process.name.starts_with(kind.server)
    };
    let first = servers.iter().find(named).or_else(|| servers.first());
    let mut parts = vec![first.map_or_else(|| kind.server.to_owned(), |user| user.process.name.clone())];
    let age = servers.iter().filter_map(|user| user.process.age_s).max();
    parts.extend(
        age.or_else(|| known.and_then(|c| c.found.since_s)).map(|age| format!("running {}", span(age))),
    );
    let mut pids: Vec<u32> = servers.iter().map(|user| user.process.pid).collect();
    pids.extend(known_pid.filter(|pid| !pids.contains(pid)));
    match Proc::at(Path::new("/")).listeners_of(&pids) {
        Ok(listeners) => match listeners.iter().map(|listener| listener.clients).sum::<u64>() {
            0 => {}
            n => parts.push(counted(n, "client")),
        },
        Err(why) => found.gap = Some((format!("clients of {}", found.name), why)),
    }
    found.server = Some(format!("its server runs: {}", parts.join(", ")));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::files::databases::kind_of;
    use crate::family::machine::postgres;

    #[test]
    fn a_cluster_is_called_by_its_name() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().canonicalize().unwrap();
        let kind = kind_of(|name| ["PG_VERSION", "base", "global"].contains(&name)).unwrap();
        let found = postgres::Cluster {
            version: "15".into(),
            name: "main".into(),
            data: path.clone(),
            ..postgres::Cluster::default()
        };
        let cluster = Cluster { found, ..Cluster::default() };
        let found = describe(&path, kind, &[cluster], &Users::default());
        assert_eq!((found.name.as_str(), found.server), ("PostgreSQL cluster 15/main", None));
        assert_eq!(describe(&path, kind, &[], &Users::default()).name, "PostgreSQL cluster");
    }
}
