//! PostgreSQL's clusters as Debian keeps them (postgresql-common's PgCommon.pm): settings below /etc/postgresql/VERSION/NAME,
//! the data where these say. A purge drops them wherever that is, table spaces included.

use super::data::{Ticket, Walker};
use super::info::Info;
use super::links::below;
use super::status::why;
use super::{Cluster, End, PackageFacts, State, debconf};
use std::collections::HashSet;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// A cluster whose data is being counted.
pub(super) struct Asked {
    clusters: Vec<(Cluster, Ticket)>,
    failed: Vec<(String, io::Error)>,
}

/// The version a server package is for: `15` of `postgresql-15`.
fn version(name: &str) -> Option<&str> {
    let version = name.strip_prefix("postgresql-")?;
    let is_version = version.starts_with(|c: char| c.is_ascii_digit())
        && version.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    is_version.then_some(version)
}

/// Finds the clusters of a server package.
pub(super) fn ask(root: &Path, info: &Info, walker: &Walker) -> Asked {
    let mut asked = Asked { clusters: Vec::new(), failed: Vec::new() };
    let Some(version) = version(&info.name) else { return asked };
    let dir = below(root, &Path::new("/etc/postgresql").join(version));
    let entries = match std::fs::read_dir(&dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return asked,
        Err(e) => {
            asked.failed.push((dir.display().to_string(), e));
            return asked;
        }
    };
    let mut names: Vec<String> = entries.flatten().filter_map(|e| e.file_name().into_string().ok()).collect();
    names.sort();
    let end = info.script.drops_clusters.as_ref().map(|question| match question {
        Some(question) => End::Asked {
            question: question.clone(),
            deletes: debconf::says_yes(root, &info.templates, question),
        },
        None => End::Purge,
    });
    let end = if info.script.drops_at_removal { end.map(|_| End::Removal) } else { end };
    for name in names {
        let settings = dir.join(&name).join("postgresql.conf");
        match std::fs::read_to_string(&settings) {
            Ok(text) => {
                let cluster = read_cluster(root, version, &name, &text, end.clone());
                let mut paths = vec![below(root, &cluster.data)];
                paths.extend(cluster.elsewhere.iter().map(|p| below(root, p)));
                let ticket = walker.ask(paths, Vec::new(), HashSet::new());
                asked.clusters.push((cluster, ticket));
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => asked.failed.push((format!("cluster {version}/{name}"), e)),
        }
    }
    asked
}

fn read_cluster(root: &Path, version: &str, name: &str, settings: &str, end: Option<End>) -> Cluster {
    let link = below(root, &Path::new("/etc/postgresql").join(version).join(name).join("pgdata"));
    let data = setting(settings, "data_directory").map(PathBuf::from);
    let data = data.or_else(|| std::fs::read_link(link).ok());
    let data = data.unwrap_or_else(|| Path::new("/var/lib/postgresql").join(version).join(name));
    let real = below(root, &data);
    let mut cluster = Cluster {
        version: version.to_owned(),
        name: name.to_owned(),
        port: setting(settings, "port").and_then(|p| p.parse().ok()),
        socket: setting(settings, "unix_socket_directories")
            .and_then(|dirs| dirs.split(',').next().map(|d| PathBuf::from(d.trim()))),
        system_id: system_id(&real.join("global/pg_control")),
        end,
        ..Cluster::default()
    };
    let spaces = std::fs::read_dir(real.join("pg_tblspc")).into_iter().flatten().flatten().map(|e| e.path());
    for link in spaces.chain([real.join("pg_wal"), real.join("pg_xlog")]) {
        if let Ok(target) = std::fs::read_link(&link) {
            cluster.elsewhere.push(target);
        }
    }
    cluster.elsewhere.sort();
    running(root, &real, &mut cluster);
    cluster.data = data;
    cluster
}

/// What postmaster.pid says, as long as that process is the server of this directory: process, directory, start, port,
/// socket directory, a line each (`src/include/utils/pidfile.h`).
fn running(root: &Path, data: &Path, cluster: &mut Cluster) {
    let Ok(text) = std::fs::read_to_string(data.join("postmaster.pid")) else { return };
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    let Some(pid) = lines.first().and_then(|l| l.parse::<u32>().ok()).filter(|pid| *pid > 0) else { return };
    let tables = [root.join("proc"), PathBuf::from("/proc")];
    let Some(process) = tables.iter().map(|t| t.join(pid.to_string())).find(|p| p.exists()) else { return };
    let same = |a: &Path, b: &Path| {
        let identity = |path: &Path| std::fs::metadata(path).ok().map(|m| (m.dev(), m.ino()));
        identity(a).is_some() && identity(a) == identity(b)
    };
    // The server works in its data directory; to anybody but root and its own user only its name is shown.
    let named = || std::fs::read_to_string(process.join("comm")).is_ok_and(|name| name.trim() == "postgres");
    let hidden = process.join("cwd/.").metadata().is_err();
    if !(same(&process.join("cwd/."), data) || (hidden && named())) {
        return;
    }
    cluster.pid = Some(pid);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let started = lines.get(2).and_then(|l| l.parse::<u64>().ok());
    cluster.since_s = started.map(|at| now.saturating_sub(at));
    cluster.port = lines.get(3).and_then(|l| l.parse().ok()).or(cluster.port);
    cluster.socket = lines.get(4).filter(|l| !l.is_empty()).map(PathBuf::from).or(cluster.socket.take());
}

/// `name = value` of postgresql.conf: the last one counts, quotes may stand around the value, `=` may be left out.
fn setting(text: &str, name: &str) -> Option<String> {
    let value = |line: &str| {
        let rest = line.trim_start().strip_prefix(name)?;
        let rest = rest.strip_prefix([' ', '\t', '='])?.trim_start_matches([' ', '\t', '=']);
        if let Some(quoted) = rest.strip_prefix('\'') {
            return Some(quoted.split('\'').next()?.to_owned());
        }
        let bare = rest.split(['#', ' ', '\t']).next()?;
        (!bare.is_empty()).then(|| bare.to_owned())
    };
    text.lines().filter_map(value).next_back()
}

/// The first eight bytes of pg_control, if what follows is a version of that file
/// (`src/include/catalog/pg_control.h`; 833 is 8.3's, four digits are today's).
fn system_id(file: &Path) -> Option<u64> {
    let mut head = [0; 12];
    std::fs::File::open(file).ok()?.read_exact(&mut head).ok()?;
    let (id, version) = head.split_at(8);
    let version = u32::from_ne_bytes(version.try_into().ok()?);
    (800..=9999).contains(&version).then(|| id.try_into().map(u64::from_ne_bytes).ok()).flatten()
}

/// Takes the answers.
pub(super) fn fill(facts: &mut PackageFacts, asked: Asked, walker: &Walker) {
    for (mut cluster, ticket) in asked.clusters {
        match walker.answer(&ticket) {
            Ok(size) => cluster.size = Some(size),
            Err(why) => {
                facts.gap(
                    format!("{} of cluster {}/{}", cluster.data.display(), cluster.version, cluster.name),
                    why,
                );
            }
        }
        facts.clusters.push(cluster);
    }
    for (what, error) in asked.failed {
        facts.gap(what, why(&error));
    }
    // Largest first: it is named in the question.
    facts.clusters.sort_by_key(|c| std::cmp::Reverse(c.size.as_ref().map_or(0, |s| s.bytes)));
    if facts.state == State::Leftover {
        facts.clusters.iter_mut().for_each(|c| c.pid = None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::packages::postrm::Script;
    use std::time::{Duration, Instant};

    #[test]
    fn settings() {
        let text = "port = 5432\n#port = 1\ndata_directory = '/srv/pg data'\t\t# use data\nport=5433 # x\nport_x = 9\n";
        assert_eq!(setting(text, "port").as_deref(), Some("5433"));
        assert_eq!(setting(text, "data_directory").as_deref(), Some("/srv/pg data"));
        assert_eq!(setting(text, "none"), None);
        assert_eq!(setting("port 7", "port").as_deref(), Some("7"));
    }

    #[test]
    fn versions() {
        assert_eq!(version("postgresql-15"), Some("15"));
        assert_eq!(version("postgresql-9.6"), Some("9.6"));
        assert_eq!(version("postgresql-client-15"), None);
        assert_eq!(version("postgresql-15-postgis-3"), None);
    }

    #[test]
    fn clusters_are_found_where_their_settings_say() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, bytes: &[u8]| {
            let path = root.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        };
        write("etc/postgresql/15/main/postgresql.conf", b"data_directory = '/srv/pg'\nport = 5433\n");
        write("etc/postgresql/15/other/postgresql.conf", b"");
        write("etc/postgresql/15/half/start.conf", b"");
        write("srv/pg/base/1", &[7; 20_000]);
        write("space/x", &[7; 10_000]);
        let mut control = 7_123_456_789_012_345_678_u64.to_ne_bytes().to_vec();
        control.extend(1300_u32.to_ne_bytes());
        write("srv/pg/global/pg_control", &control);
        write("srv/pg/postmaster.pid", b"999999999\n/srv/pg\n1700000000\n5433\n/run\n");
        std::fs::create_dir(root.path().join("srv/pg/pg_tblspc")).unwrap();
        std::os::unix::fs::symlink("/space", root.path().join("srv/pg/pg_tblspc/1")).unwrap();
        let info = Info {
            name: "postgresql-15".into(),
            script: Script::read(b"#!/bin/sh\n[ $1 = purge ] && pg_dropcluster 15 main", "postgresql-15"),
            ..Info::default()
        };
        let walker = Walker::start(root.path(), Instant::now() + Duration::from_secs(20));
        let mut facts = PackageFacts { state: State::Installed, ..PackageFacts::default() };
        fill(&mut facts, ask(root.path(), &info, &walker), &walker);
        let [main, other] = facts.clusters.as_slice() else { panic!("{:?}", facts.clusters) };
        assert_eq!(
            (main.name.as_str(), main.data.to_str(), main.port),
            ("main", Some("/srv/pg"), Some(5433))
        );
        assert_eq!(main.system_id, Some(7_123_456_789_012_345_678));
        assert_eq!(main.elsewhere, [PathBuf::from("/space")]);
        assert!(main.size.as_ref().unwrap().bytes >= 30_000);
        assert_eq!((main.pid, &main.end), (None, &Some(End::Purge)), "that process is long gone");
        assert_eq!(other.data, Path::new("/var/lib/postgresql/15/other"));
    }
}
