//! What holds data on this machine, as far as a command hits it: by a cluster's settings, by where a process works, by the files in
//! a directory.

use super::{Kind, Place};
use crate::engine::fact::Why;
use crate::engine::files::databases::{self, kind_of};
use crate::engine::human::span;
use crate::engine::impact::Impact;
use crate::family::machine::links::{below, inner};
use crate::family::machine::postgres::{Cluster, cluster};
use crate::run::proc::Proc;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// A cluster that Debian's tools know.
pub fn of_cluster(cluster: &Cluster) -> Place {
    Place {
        aliases: Vec::new(),
        what: format!("PostgreSQL cluster {}", cluster.called()),
        kind: Kind::Postgres,
        data: cluster.data.clone(),
        elsewhere: cluster.elsewhere.clone(),
        system_id: cluster.system_id,
        version: Some(cluster.version.clone()),
        port: cluster.port,
        cluster: Some(cluster.clone()),
    }
}

/// A directory in which a database of this kind lies.
pub fn of_directory(root: &Path, dir: &Path, kind: &databases::Kind, clusters: &[Cluster]) -> Place {
    let identity =
        |path: &Path| std::fs::metadata(below(root, path)).ok().map(|meta| (meta.dev(), meta.ino()));
    let own = identity(dir);
    let known = clusters
        .iter()
        .find(|cluster| cluster.data == dir || (own.is_some() && identity(&cluster.data) == own));
    if let Some(cluster) = known {
        return of_cluster(cluster);
    }
    let real = below(root, dir);
    let of = match kind.name {
        "PostgreSQL cluster" => Kind::Postgres,
        "MySQL or MariaDB data" => Kind::MySql,
        "Redis data" => Kind::Redis,
        _ => Kind::Other,
    };
    let postgres = of == Kind::Postgres;
    let version = std::fs::read_to_string(real.join("PG_VERSION")).ok().filter(|_| postgres);
    Place {
        what: format!("{} in {}", kind.name, dir.display()),
        kind: of,
        data: dir.to_owned(),
        system_id: if postgres { cluster::system_id(&real.join("global/pg_control")) } else { None },
        version: version.map(|text| text.trim().to_owned()).filter(|text| cluster::is_version(text)),
        ..Place::default()
    }
}

/// Data of another kind in a directory, under the name of what it is of.
pub fn of_other(what: &str, dir: &Path) -> Place {
    Place { what: format!("data of {what}"), data: dir.to_owned(), ..Place::default() }
}

/// What these processes work on: a server that holds data works in its directory. `may_hold` tells by a process's name whether it
/// is one that does.
///
/// # Errors
/// The name of a process that may hold data and may not be looked at.
pub fn of_processes(
    root: &Path,
    pids: &[u32],
    may_hold: impl Fn(&str) -> bool,
) -> Result<Vec<Place>, (String, Why)> {
    let (clusters, _) = cluster::all(root);
    let mut places: Vec<Place> = Vec::new();
    for cluster in clusters.iter().filter(|cluster| cluster.pid.is_some_and(|pid| pids.contains(&pid))) {
        places.push(of_cluster(cluster));
    }
    let proc = Proc::at(root);
    for pid in pids {
        let Some(process) = proc.process(*pid).filter(|process| may_hold(&process.name)) else { continue };
        // A cluster's own children work there as well.
        let of_known =
            places.iter().any(|place| place.cluster.as_ref().is_some_and(|c| c.pid == Some(process.parent)));
        if of_known || places.iter().any(|place| place.cluster.as_ref().is_some_and(|c| c.pid == Some(*pid)))
        {
            continue;
        }
        let at = match std::fs::read_link(root.join("proc").join(pid.to_string()).join("cwd")) {
            Ok(at) => inner(root, &at),
            Err(e) if e.kind() == io::ErrorKind::PermissionDenied => {
                return Err((process.name, Why::Forbidden));
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
            Err(e) => return Err((process.name, Why::Failed(e.to_string()))),
        };
        let real = below(root, &at);
        let place = match kind_of(|name| real.join(name).exists()) {
            Some(kind) => of_directory(root, &at, kind, &clusters),
            // Where its data is, nobody says.
            None => Place {
                what: format!("data of {}", process.name),
                kind: by_name(&process.name),
                data: at,
                ..Place::default()
            },
        };
        if !places.iter().any(|known| known.data == place.data && known.kind == place.kind) {
            places.push(place);
        }
    }
    Ok(places)
}

fn by_name(process: &str) -> Kind {
    match process {
        "mysqld" | "mariadbd" => Kind::MySql,
        "redis-server" | "valkey-server" => Kind::Redis,
        _ => Kind::Other,
    }
}

/// Says first of all that two servers run over one directory: what either writes destroys what the other has.
pub fn tell_second_servers(root: &Path, places: &[Place], impact: &mut Impact) {
    for place in places.iter().filter(|place| place.kind == Kind::Postgres) {
        let servers = cluster::servers_in(root, &below(root, &place.data));
        if servers.len() < 2 {
            continue;
        }
        let own = namespace(root, std::process::id());
        let proc = Proc::at(root);
        let one = |pid: &u32| {
            let age =
                proc.process(*pid).and_then(|process| process.age_s).map(|age| format!(", up {}", span(age)));
            let elsewhere =
                namespace(root, *pid).is_some_and(|other| own.as_ref().is_some_and(|own| *own != other));
            let at = if elsewhere { " in a container" } else { "" };
            format!("process {pid}{at}{}", age.unwrap_or_default())
        };
        let all: Vec<String> = servers.iter().map(one).collect();
        impact.also.insert(
            0,
            format!(
                "TWO SERVERS run over {}: {}; what either writes destroys the other's",
                place.data.display(),
                all.join(" and ")
            ),
        );
    }
}

/// The namespace of processes that one is in: a container has its own (pid_namespaces(7)).
fn namespace(root: &Path, pid: u32) -> Option<PathBuf> {
    std::fs::read_link(root.join("proc").join(pid.to_string()).join("ns/pid")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_told_by_their_files() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("srv/pg");
        std::fs::create_dir_all(dir.join("base")).unwrap();
        std::fs::create_dir_all(dir.join("global")).unwrap();
        std::fs::write(dir.join("PG_VERSION"), "15\n").unwrap();
        let kind = kind_of(|name| dir.join(name).exists()).unwrap();
        let place = of_directory(root.path(), Path::new("/srv/pg"), kind, &[]);
        assert_eq!((place.what.as_str(), place.kind), ("PostgreSQL cluster in /srv/pg", Kind::Postgres));
        assert_eq!((place.version.as_deref(), place.system_id), (Some("15"), None));
        let cluster = Cluster {
            version: "15".into(),
            name: "main".into(),
            data: "/srv/pg".into(),
            ..Cluster::default()
        };
        assert_eq!(
            of_directory(root.path(), Path::new("/srv/pg"), kind, &[cluster]).what,
            "PostgreSQL cluster 15/main"
        );
    }

    #[test]
    fn a_process_is_where_it_works() {
        let own = std::process::id();
        let places = of_processes(Path::new("/"), &[own], |_| true).unwrap();
        let [place] = places.as_slice() else { panic!("{places:?}") };
        assert_eq!(
            (place.kind, place.data.as_path()),
            (Kind::Other, std::env::current_dir().unwrap().as_path())
        );
        assert!(of_processes(Path::new("/"), &[own], |_| false).unwrap().is_empty());
    }
}
