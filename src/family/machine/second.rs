//! A server that is about to start on this machine where one in a container has its data open already: each has processes and locks
//! of its own, so neither knows of the other, and what both write is lost. Two servers of this machine itself see each other's lock.
//!
//! Where servers keep their data: postgresql-common(7); mariadbd(8) `datadir`; redis.conf `dir`; mongod.conf `dbPath`; Debian's units.

use super::links::below;
use super::postgres::cluster::{self, is_version};
use super::servers::{DATABASES, is_database};
use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// A server of a distribution.
struct Row {
    /// How its packages begin.
    packages: &'static [&'static str],
    /// Its units, without `.service` and what stands behind `@`.
    units: &'static [&'static str],
    /// Where its data lies unless a setting says otherwise.
    data: &'static str,
    /// Files and directories with settings.
    settings: &'static [&'static str],
    /// The setting that says where.
    key: &'static str,
}

const ROWS: &[Row] = &[
    Row {
        packages: &["mariadb-server", "mysql-server", "default-mysql-server", "percona-server-server"],
        units: &["mariadb", "mysql", "mysqld"],
        data: "/var/lib/mysql",
        settings: &[
            "/etc/my.cnf",
            "/etc/mysql/my.cnf",
            "/etc/mysql/conf.d",
            "/etc/mysql/mysql.conf.d",
            "/etc/mysql/mariadb.conf.d",
        ],
        key: "datadir",
    },
    Row {
        packages: &["redis-server"],
        units: &["redis", "redis-server"],
        data: "/var/lib/redis",
        settings: &["/etc/redis/redis.conf", "/etc/redis.conf"],
        key: "dir",
    },
    Row {
        packages: &["valkey-server"],
        units: &["valkey", "valkey-server"],
        data: "/var/lib/valkey",
        settings: &["/etc/valkey/valkey.conf"],
        key: "dir",
    },
    Row {
        packages: &["mongodb-org-server", "mongodb-server"],
        units: &["mongod", "mongodb"],
        data: "/var/lib/mongodb",
        settings: &["/etc/mongod.conf", "/etc/mongodb.conf"],
        key: "dbPath",
    },
    Row {
        packages: &["etcd-server", "etcd"],
        units: &["etcd"],
        data: "/var/lib/etcd",
        settings: &[],
        key: "",
    },
];

/// So many processes are looked at.
const PROCESSES: usize = 20_000;
/// So many open files of one.
const FILES: usize = 512;
/// A file of settings that is larger is none.
const LARGEST: u64 = 1 << 20;

/// A directory of data that a server in a container has open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Second {
    /// The directory, as this machine names it.
    pub data: PathBuf,
    /// The server that has it open.
    pub by: &'static str,
    /// Its process.
    pub pid: u32,
    /// The container's id, as far as its control group tells.
    pub container: Option<String>,
}

impl Second {
    /// The directory as the phrase has it.
    pub fn name(&self) -> String {
        self.data.to_string_lossy().trim_start_matches('/').to_owned()
    }

    /// `/var/lib/redis is open by Redis in container 3f2a91cc0b7d, process 4711`.
    pub fn says(&self) -> String {
        let container =
            self.container.as_ref().map_or("a container".to_owned(), |id| format!("container {id}"));
        format!("{} is open by {} in {container}, process {}", self.data.display(), self.by, self.pid)
    }
}

/// Whether what this unit starts would be a second server.
pub fn by_unit(root: &Path, unit: &str) -> Option<Second> {
    let name = unit.strip_suffix(".service").unwrap_or(unit);
    let (plain, instance) = name.split_once('@').unwrap_or((name, ""));
    if plain == "postgresql" {
        let all = cluster::all(root).0;
        // What the unit of all clusters starts, or the one that is named: `postgresql@15-main`.
        let meant = |one: &cluster::Cluster| {
            instance.is_empty() || instance == format!("{}-{}", one.version, one.name)
        };
        return open(root, all.into_iter().filter(meant).map(|one| one.data).collect());
    }
    let row = ROWS.iter().find(|row| row.units.contains(&plain))?;
    open(root, data_of(root, row))
}

/// Whether the server that this package starts as soon as it is installed would be a second one.
pub fn by_package(root: &Path, package: &str) -> Option<Second> {
    if let Some(version) = package.strip_prefix("postgresql-").filter(|version| is_version(version)) {
        let clusters = cluster::of_version(root, version).0;
        // Without settings of a cluster it makes one, or takes over what lies there (pg_createcluster(1)).
        let own = Path::new("/var/lib/postgresql").join(version).join("main");
        return open(root, clusters.into_iter().map(|one| one.data).chain([own]).collect());
    }
    let row = ROWS.iter().find(|row| row.packages.iter().any(|begins| is_of(package, begins)))?;
    open(root, data_of(root, row))
}

/// `mariadb-server-10.11` is one of `mariadb-server`, `mariadb-server-core` holds only programs.
fn is_of(package: &str, begins: &str) -> bool {
    match package.strip_prefix(begins) {
        Some("") => true,
        Some(rest) => rest.strip_prefix('-').is_some_and(is_version),
        None => false,
    }
}

/// Where the data lies: as the settings say, which may be several, else as usual.
fn data_of(root: &Path, row: &Row) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for place in row.settings {
        let place = below(root, Path::new(place));
        match fs::read_dir(&place) {
            Ok(entries) => files.extend(entries.flatten().map(|entry| entry.path())),
            Err(_) => files.push(place),
        }
    }
    let mut all: Vec<PathBuf> = files.iter().filter_map(|file| setting(file, row.key)).collect();
    if all.is_empty() {
        all.push(PathBuf::from(row.data));
    }
    all
}

/// The last value of a setting: `datadir = /x`, `dir /x`, `dbPath: /x`.
fn setting(file: &Path, key: &str) -> Option<PathBuf> {
    let small = fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.len() <= LARGEST);
    let text = small.then(|| fs::read_to_string(file).ok()).flatten()?;
    let value = |line: &str| {
        let rest = line.trim().strip_prefix(key)?;
        let value = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, '=' | ':'));
        let value = value.trim().trim_matches(['"', '\'']);
        // Another setting begins the same way.
        (value.len() < rest.len() && value.starts_with('/')).then(|| PathBuf::from(value))
    };
    text.lines().rev().find_map(value)
}

fn identity(path: &Path) -> Option<(u64, u64)> {
    fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino()))
}

/// A database's process that sees other files than this one, and works in one of these directories or has a file of one open.
fn open(root: &Path, dirs: Vec<PathBuf>) -> Option<Second> {
    let own = |dir: &PathBuf| Some((identity(&below(root, dir))?, dir.clone()));
    let own: Vec<((u64, u64), PathBuf)> = dirs.iter().filter_map(own).collect();
    if own.is_empty() {
        return None;
    }
    let mounts = |process: &Path| fs::read_link(process.join("ns/mnt")).ok();
    let here = mounts(Path::new("/proc/self"))?;
    let is_one =
        |at: Option<(u64, u64)>| own.iter().find(|(one, _)| Some(*one) == at).map(|(_, dir)| dir.clone());
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let numbers = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    numbers.take(PROCESSES).find_map(|pid| {
        let process = PathBuf::from(format!("/proc/{pid}"));
        let name = fs::read_to_string(process.join("comm")).ok()?.trim().to_owned();
        if !is_database(&name) || mounts(&process).is_none_or(|theirs| theirs == here) {
            return None;
        }
        let data = is_one(identity(&process.join("cwd/."))).or_else(|| {
            let files = fs::read_dir(process.join("fd")).into_iter().flatten().flatten().take(FILES);
            let mut seen = HashSet::new();
            let links = files.filter_map(|file| fs::read_link(file.path()).ok());
            // A path is the container's: it is looked up as that sees it.
            let above = links
                .filter(|link| link.is_absolute())
                .flat_map(|link| link.ancestors().skip(1).map(Path::to_owned).collect::<Vec<_>>());
            let below_it = |dir: PathBuf| process.join("root").join(dir.strip_prefix("/").unwrap_or(&dir));
            above.filter(|dir| seen.insert(dir.clone())).find_map(|dir| is_one(identity(&below_it(dir))))
        })?;
        let by = DATABASES.iter().find(|(program, _)| *program == name).map_or("a server", |(_, what)| what);
        Some(Second { data, by, pid, container: container(&process) })
    })
}

/// The container's id in a process's control group: `…/docker/ID`, `docker-ID.scope`, `libpod-ID.scope` (cgroups(7)).
fn container(process: &Path) -> Option<String> {
    const SHOWN: usize = 12;
    let group = fs::read_to_string(process.join("cgroup")).ok()?;
    let mut words = group.split(|c: char| !c.is_ascii_hexdigit());
    words.find(|word| word.len() == 64).and_then(|id| id.get(..SHOWN)).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Child, Command, Stdio};
    use std::time::{Duration, Instant};

    /// A process of this name that works in a directory and sees files of its own, as one in a container does.
    struct Apart(Child);

    impl Drop for Apart {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    fn apart(root: &Path, name: &str, dir: &Path) -> Option<Apart> {
        if !rustix::process::geteuid().is_root() {
            eprintln!("SKIPPED: a second server: only root can make a namespace");
            return None;
        }
        let program = root.join(name);
        fs::copy("/bin/sleep", &program).unwrap();
        let mut unshare = Command::new("unshare");
        unshare.arg("--mount").arg(&program).arg("600").current_dir(dir).stdin(Stdio::null());
        let child = unshare.spawn().unwrap();
        let comm = format!("/proc/{}/comm", child.id());
        let child = Apart(child);
        let until = Instant::now() + Duration::from_secs(60);
        while fs::read_to_string(&comm).unwrap_or_default().trim() != name {
            assert!(Instant::now() < until, "{name} did not start");
            std::thread::sleep(Duration::from_millis(5));
        }
        Some(child)
    }

    #[test]
    fn a_server_of_a_container_on_the_data_of_a_unit_or_package() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        for path in ["srv/redis", "var/lib/redis", "etc/redis", "var/lib/postgresql/15/main"] {
            fs::create_dir_all(root.join(path)).unwrap();
        }
        fs::write(root.join("etc/redis/redis.conf"), "# dir /var/lib/redis\ndirect 1\ndir /srv/redis\n")
            .unwrap();
        assert_eq!(by_unit(root, "redis-server.service"), None);
        let Some(redis) = apart(root, "redis-server", &root.join("srv/redis")) else { return };
        let found = by_unit(root, "redis-server.service").unwrap();
        assert_eq!(
            (found.data.as_path(), found.by, found.pid),
            (Path::new("/srv/redis"), "Redis", redis.0.id())
        );
        assert!(found.says().starts_with("/srv/redis is open by Redis in "), "{}", found.says());
        assert_eq!(by_package(root, "redis-server").map(|found| found.pid), Some(redis.0.id()));
        for other in ["redis-tools", "postgresql-15", "nginx"] {
            assert_eq!(by_package(root, other), None, "{other}");
        }
        drop(redis);
        assert_eq!(by_unit(root, "redis-server"), None);
        let Some(_postgres) = apart(root, "postgres", &root.join("var/lib/postgresql/15/main")) else {
            return;
        };
        assert!(by_package(root, "postgresql-15").is_some(), "it would take over what lies there");
        assert_eq!(by_package(root, "postgresql-16"), None);
        assert_eq!(by_unit(root, "postgresql@15-main"), None, "there are no settings of such a cluster");
    }

    #[test]
    fn packages_that_hold_a_server() {
        for (package, begins, want) in [
            ("mariadb-server", "mariadb-server", true),
            ("mariadb-server-10.11", "mariadb-server", true),
            ("mariadb-server-core", "mariadb-server", false),
            ("mysql-server-8.0", "mysql-server", true),
            ("redis-sentinel", "redis-server", false),
        ] {
            assert_eq!(is_of(package, begins), want, "{package}");
        }
    }

    #[test]
    fn settings_are_read_as_each_server_writes_them() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("conf");
        for (text, key, want) in [
            ("[mysqld]\ndatadir = /srv/my\n", "datadir", Some("/srv/my")),
            ("storage:\n  dbPath: \"/srv/mongo\"\n", "dbPath", Some("/srv/mongo")),
            ("directory /x\n#dir /y\n", "dir", None),
            ("datadir=relative\n", "datadir", None),
        ] {
            fs::write(&file, text).unwrap();
            assert_eq!(setting(&file, key).as_deref(), want.map(Path::new), "{text}");
        }
    }
}
