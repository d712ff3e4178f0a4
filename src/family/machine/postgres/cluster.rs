//! PostgreSQL's clusters as Debian keeps them (postgresql-common's PgCommon.pm): settings below /etc/postgresql/VERSION/NAME,
//! the data where these say.

use crate::family::machine::links::below;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Where Debian keeps a cluster's settings (pg_lsclusters(1)).
pub const ETC: &str = "/etc/postgresql";
/// So many processes are looked at for servers of one directory.
const PROCESSES: usize = 20_000;

/// A cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    /// `15`
    pub version: String,
    /// `main`
    pub name: String,
    /// Its data directory, as the system below `root` names it.
    pub data: PathBuf,
    /// Table spaces and a write-ahead log that lie elsewhere.
    pub elsewhere: Vec<PathBuf>,
    /// User and group that own the data; `None` where there is none.
    pub owner: Option<(u32, u32)>,
    /// The port it listens on.
    pub port: Option<u16>,
    /// The directory of its socket.
    pub socket: Option<PathBuf>,
    /// The server's process, where it runs.
    pub pid: Option<u32>,
    /// Since when, in seconds.
    pub since_s: Option<u64>,
    /// What pg_controldata calls `Database system identifier`: backups carry it too.
    pub system_id: Option<u64>,
}

impl Cluster {
    /// `15/main`.
    pub fn called(&self) -> String {
        format!("{}/{}", self.version, self.name)
    }
}

/// What was found, and what could not be read: what, and why.
pub type Found = (Vec<Cluster>, Vec<(String, io::Error)>);

/// Whether this is a version, `15` or `9.6`.
pub fn is_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// Every cluster.
pub fn all(root: &Path) -> Found {
    let mut found = Found::default();
    let dir = below(root, Path::new(ETC));
    for version in names(&dir, &mut found.1).iter().filter(|name| is_version(name)) {
        let (clusters, failed) = of_version(root, version);
        found.0.extend(clusters);
        found.1.extend(failed);
    }
    found
}

/// The clusters of one version.
pub fn of_version(root: &Path, version: &str) -> Found {
    let mut found = Found::default();
    let dir = below(root, &Path::new(ETC).join(version));
    for name in names(&dir, &mut found.1) {
        match std::fs::read(dir.join(&name).join("postgresql.conf")) {
            Ok(text) => found.0.push(read(root, version, &name, &String::from_utf8_lossy(&text))),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => found.1.push((format!("cluster {version}/{name}"), e)),
        }
    }
    found
}

/// What is in a directory, in order; nothing where there is none.
fn names(dir: &Path, failed: &mut Vec<(String, io::Error)>) -> Vec<String> {
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(e) => {
            failed.push((dir.display().to_string(), e));
            return Vec::new();
        }
    };
    let mut names: Vec<String> = entries.flatten().filter_map(|e| e.file_name().into_string().ok()).collect();
    names.sort();
    names
}

fn read(root: &Path, version: &str, name: &str, settings: &str) -> Cluster {
    let link = below(root, &Path::new(ETC).join(version).join(name).join("pgdata"));
    let data = setting(settings, "data_directory").map(PathBuf::from);
    let data = data.or_else(|| std::fs::read_link(link).ok());
    let data = data.unwrap_or_else(|| Path::new("/var/lib/postgresql").join(version).join(name));
    let real = below(root, &data);
    let mut cluster = Cluster {
        version: version.to_owned(),
        name: name.to_owned(),
        owner: std::fs::metadata(&real).ok().map(|meta| (meta.uid(), meta.gid())),
        port: setting(settings, "port").and_then(|p| p.parse().ok()),
        socket: setting(settings, "unix_socket_directories")
            .and_then(|dirs| dirs.split(',').next().map(|d| PathBuf::from(d.trim()))),
        system_id: system_id(&real.join("global/pg_control")),
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
    // The server works in its data directory; to anybody but root and its own user only its name is shown.
    let named = || is_postgres(&process);
    let hidden = process.join("cwd/.").metadata().is_err();
    if !(is_same(&process.join("cwd/."), data) || (hidden && named())) {
        return;
    }
    cluster.pid = Some(pid);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs();
    let started = lines.get(2).and_then(|l| l.parse::<u64>().ok());
    cluster.since_s = started.map(|at| now.saturating_sub(at));
    cluster.port = lines.get(3).and_then(|l| l.parse().ok()).or(cluster.port);
    cluster.socket = lines.get(4).filter(|l| !l.is_empty()).map(PathBuf::from).or(cluster.socket.take());
}

/// Whether two paths lead to one file.
fn is_same(a: &Path, b: &Path) -> bool {
    let identity = |path: &Path| std::fs::metadata(path).ok().map(|m| (m.dev(), m.ino()));
    identity(a).is_some() && identity(a) == identity(b)
}

fn is_postgres(process: &Path) -> bool {
    std::fs::read_to_string(process.join("comm")).is_ok_and(|name| name.trim() == "postgres")
}

/// The servers that work in a data directory, by process: one, unless somebody started a second one where the first one's processes
/// are not seen (another container), which destroys what either writes. The server's own children work there as well; its
/// parent does not.
pub fn servers_in(root: &Path, data: &Path) -> Vec<u32> {
    let table = root.join("proc");
    let Ok(entries) = std::fs::read_dir(&table) else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let works = |pid: &u32| {
        let process = table.join(pid.to_string());
        is_postgres(&process) && is_same(&process.join("cwd/."), data)
    };
    let inside: Vec<u32> = pids.take(PROCESSES).filter(works).collect();
    let parent = |pid: u32| {
        let stat = std::fs::read(table.join(pid.to_string()).join("stat")).ok()?;
        crate::run::proc_stat::Stat::of(&stat).map(|stat| stat.parent)
    };
    let mut servers: Vec<u32> = inside
        .iter()
        .copied()
        .filter(|pid| parent(*pid).is_some_and(|parent| !inside.contains(&parent)))
        .collect();
    servers.sort_unstable();
    servers
}

/// The last value of a setting (`guc-file.l`): `name = 'value'`, in any case; quotes and the sign may be left out.
fn setting(text: &str, name: &str) -> Option<String> {
    let value = |line: &str| {
        let line = line.trim_start();
        let rest = line
            .get(name.len()..)
            .filter(|_| line.get(..name.len()).is_some_and(|n| n.eq_ignore_ascii_case(name)))?;
        if !rest.starts_with(['=', ' ', '\t']) {
            return None;
        }
        let rest = rest.trim_start().trim_start_matches('=').trim_start();
        match rest.strip_prefix('\'') {
            Some(quoted) => {
                let mut value = String::new();
                let mut chars = quoted.chars().peekable();
                while let Some(c) = chars.next() {
                    match c {
                        '\'' if chars.peek() == Some(&'\'') => value.extend(chars.next()),
                        '\'' => break,
                        c => value.push(c),
                    }
                }
                Some(value)
            }
            None => Some(rest.split([' ', '\t', '#']).next().unwrap_or_default().to_owned()),
        }
    };
    text.lines().filter_map(value).next_back().filter(|v| !v.is_empty())
}

/// The first eight bytes of pg_control, if what follows is a version of that file
/// (`src/include/catalog/pg_control.h`; 833 is 8.3's, four digits are today's).
pub fn system_id(file: &Path) -> Option<u64> {
    let mut head = [0; 12];
    std::fs::File::open(file).ok()?.read_exact(&mut head).ok()?;
    let (id, version) = head.split_at(8);
    let version = u32::from_ne_bytes(version.try_into().ok()?);
    (800..=9999).contains(&version).then(|| id.try_into().map(u64::from_ne_bytes).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_as_the_server_reads_them() {
        let of = |text: &str| setting(text, "data_directory");
        assert_eq!(of("data_directory = '/srv/it''s'\t# c\n").as_deref(), Some("/srv/it's"));
        assert_eq!(of("#data_directory = 'x'\nData_Directory /a # b\n").as_deref(), Some("/a"));
        assert_eq!(of("data_directory='/a'\ndata_directory='/b'\n").as_deref(), Some("/b"));
        assert_eq!(of("data_directory_mode = 1\n"), None);
        let text = "port = 5432\n#port = 1\nport=5433 # x\nport_x = 9\n";
        assert_eq!(setting(text, "port").as_deref(), Some("5433"));
        assert_eq!(setting("port 7", "port").as_deref(), Some("7"));
    }

    #[test]
    fn versions() {
        for (text, is) in [("15", true), ("9.6", true), ("common", false), ("15-x", false), ("", false)] {
            assert_eq!(is_version(text), is, "{text}");
        }
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
        write("etc/postgresql/9.6/old/postgresql.conf", b"");
        write("etc/postgresql/15/half/start.conf", b"");
        write("etc/postgresql-common/user_clusters", b"");
        let mut control = 7_123_456_789_012_345_678_u64.to_ne_bytes().to_vec();
        control.extend(1300_u32.to_ne_bytes());
        write("srv/pg/global/pg_control", &control);
        write("srv/pg/postmaster.pid", b"999999999\n/srv/pg\n1700000000\n5433\n/run\n");
        std::fs::create_dir(root.path().join("srv/pg/pg_tblspc")).unwrap();
        std::os::unix::fs::symlink("/space", root.path().join("srv/pg/pg_tblspc/1")).unwrap();
        let (found, failed) = all(root.path());
        let [main, old] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(
            (main.called().as_str(), main.data.to_str(), main.port),
            ("15/main", Some("/srv/pg"), Some(5433))
        );
        assert_eq!(main.system_id, Some(7_123_456_789_012_345_678));
        assert_eq!(main.elsewhere, [PathBuf::from("/space")]);
        assert_eq!(main.pid, None, "that process is long gone");
        assert_eq!((old.data.as_path(), old.owner), (Path::new("/var/lib/postgresql/9.6/old"), None));
        assert!(failed.is_empty());
        assert!(servers_in(root.path(), &root.path().join("srv/pg")).is_empty());
    }
}
