//! The list of places that the shim reads: where databases keep their data on this machine, and homes that lie elsewhere than
//! usual. PostgreSQL's clusters as the packages family finds them, what other servers' settings say, and what the processes that
//! run now work in.

use crate::engine::files::{databases, places};
use crate::engine::packages::plan::{Change, Kind};
use crate::family::packages::probe::facts;
use crate::run::mounts::{Mount, Mounts};
use crate::run::places as kept;
use crate::run::proc::Proc;
use crate::world::World;
use std::collections::{BTreeSet, HashSet};
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// A list that is older, in seconds, is made anew when the full guard looks anyway.
const FRESH: i64 = 5 * 60;
/// So many directories of open files are looked at.
const DIRECTORIES: usize = 4000;
/// Users of the system have lower numbers (Debian Policy §9.2.2), as have those without a login higher ones.
const PEOPLE: std::ops::Range<u32> = 1000..60_000;

/// Settings of servers: the file, a directory with files of that ending, and the word before the path.
const SETTINGS: &[(&str, &str, &str)] = &[
    ("/etc/mysql/my.cnf", "", "datadir"),
    ("/etc/my.cnf", "", "datadir"),
    ("/etc/mysql/conf.d", ".cnf", "datadir"),
    ("/etc/mysql/mysql.conf.d", ".cnf", "datadir"),
    ("/etc/mysql/mariadb.conf.d", ".cnf", "datadir"),
    ("/etc/my.cnf.d", ".cnf", "datadir"),
    ("/etc/redis", ".conf", "dir"),
    ("/etc/redis.conf", "", "dir"),
    ("/etc/valkey", ".conf", "dir"),
    ("/etc/mongod.conf", "", "dbPath:"),
    ("/etc/mongodb.conf", "", "dbpath"),
    ("/etc/default/etcd", "", "ETCD_DATA_DIR"),
    ("/etc/elasticsearch/elasticsearch.yml", "", "path.data:"),
    ("/etc/opensearch/opensearch.yml", "", "path.data:"),
];

/// The list as it stands, made anew where it is missing or old. That it could not be written is no reason not to go on: then
/// every call is looked at.
pub fn current(world: &World, within: Duration) -> Vec<u8> {
    let file = kept::Me::look().and_then(|me| Some((file(world, me)?, me)));
    if let Some((path, me)) = &file
        && let Some(text) = me.read(path.as_os_str().as_bytes(), FRESH)
        && places::Places::read(&text).is_some()
    {
        return text;
    }
    let text = places::written(&find(world, within), own_home(world).as_deref());
    if let Some((path, _)) = &file {
        let _ = write(path, &text);
    }
    text
}

fn file(world: &World, me: kept::Me) -> Option<PathBuf> {
    let path = me.place(|name| world.var(name).map(OsStrExt::as_bytes))?;
    let path = PathBuf::from(OsString::from_vec(path));
    // Below a test's own root.
    Some(if me.user == 0 { world.absolute(path.to_str()?) } else { path })
}

/// Puts the list in its place, whole or not at all.
pub fn write(path: &Path, text: &[u8]) -> io::Result<()> {
    let Some(dir) = path.parent() else { return Err(io::ErrorKind::InvalidInput.into()) };
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let new = dir.join(format!("places.{}", std::process::id()));
    // One that was left behind by a process of the same number.
    let _ = fs::remove_file(&new);
    let made = File::options().write(true).create_new(true).mode(0o600).open(&new);
    let done = made.and_then(|mut file| file.write_all(text)).and_then(|()| fs::rename(&new, path));
    if done.is_err() {
        let _ = fs::remove_file(&new);
    }
    done
}

/// Everything that belongs on the list, as it is spelt and as it really lies.
pub fn find(world: &World, within: Duration) -> Vec<Vec<u8>> {
    let until = Instant::now() + within;
    let mut found: BTreeSet<PathBuf> = BTreeSet::new();
    for path in clusters(world, within / 2).into_iter().chain(configured(world)).chain(homes(world)) {
        found.insert(path);
    }
    if !world.is_made_up() {
        found.extend(at_work(until));
    }
    // What lies on another machine may not answer.
    let mounts = Mounts::read();
    let near = found.iter().filter(|path| !mounts.of(path).is_some_and(Mount::is_elsewhere));
    let real: Vec<PathBuf> = near.filter_map(|path| fs::canonicalize(path).ok()).collect();
    found.extend(real);
    // A setting that names the root directory would make everything a place.
    let named = found.into_iter().filter(|path| path.is_absolute() && path.parent().is_some());
    named.map(|path| path.into_os_string().into_vec()).collect()
}

/// PostgreSQL's, by the packages family.
fn clusters(world: &World, within: Duration) -> Vec<PathBuf> {
    let found = facts::collect(&world.absolute("/"), &versions(world).iter().collect::<Vec<_>>(), within);
    found
        .into_iter()
        .flat_map(|facts| facts.clusters)
        .flat_map(|c| [vec![c.found.data], c.found.elsewhere].concat())
        .collect()
}

/// A removal of every version of PostgreSQL that has clusters here, as that family wants to be asked.
pub(super) fn versions(world: &World) -> Vec<Change> {
    let entries = fs::read_dir(world.absolute("/etc/postgresql")).into_iter().flatten().flatten();
    let change = |version: String| Change {
        name: format!("postgresql-{version}"),
        arch: None,
        version: None,
        kind: Kind::Purge,
        named: true,
        unused: false,
    };
    entries.filter_map(|entry| entry.file_name().into_string().ok()).map(change).collect()
}

/// What settings say.
fn configured(world: &World) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for (path, ending, key) in SETTINGS {
        let path = world.absolute(path);
        let mut files = vec![path.clone()];
        if !ending.is_empty() {
            let entries = fs::read_dir(&path).into_iter().flatten().flatten();
            files = entries.map(|e| e.path()).filter(|p| p.to_string_lossy().ends_with(ending)).collect();
        }
        for file in files {
            let text = fs::read_to_string(file).unwrap_or_default();
            found.extend(text.lines().filter_map(|line| value(line, key)).map(PathBuf::from));
        }
    }
    found
}

/// The absolute path behind a word: `datadir = /x`, `dir /x`, `dbPath: "/x"`.
fn value<'a>(line: &'a str, key: &str) -> Option<&'a str> {
    let rest = line.trim_start().strip_prefix(key)?;
    let sign = |c: char| c.is_whitespace() || matches!(c, '=' | '"' | '\'');
    let path = rest.strip_prefix(sign).map(|rest| rest.trim_matches(sign))?;
    path.starts_with('/').then_some(path)
}

/// Homes of people that do not lie where homes do, but for the caller's own.
fn homes(world: &World) -> Vec<PathBuf> {
    let own = rustix::process::geteuid().as_raw();
    let text = fs::read_to_string(world.absolute("/etc/passwd")).unwrap_or_default();
    let home = |line: &str| {
        let fields: Vec<&str> = line.split(':').collect();
        let user: u32 = fields.get(2)?.parse().ok()?;
        let home = fields.get(5).filter(|home| home.starts_with('/') && home.len() > 1)?;
        let usual = places::is_of_homes(home.as_bytes());
        (PEOPLE.contains(&user) && user != own && !usual).then(|| PathBuf::from(home))
    };
    text.lines().filter_map(home).collect()
}

/// The caller's own home, its links followed, where it is the caller's: another one may have been left in the environment.
pub(super) fn own_home(world: &World) -> Option<Vec<u8>> {
    let real = fs::canonicalize(world.home().filter(|home| home.is_absolute())?).ok()?;
    let user = rustix::process::geteuid().as_raw();
    // Root owns all of the system, and one list serves all of root's shells: whatever HOME says, root's home is one.
    let may_be = user != 0 || world.is_made_up() || real == Path::new("/root");
    let own = may_be && fs::metadata(&real).ok()?.uid() == user;
    own.then(|| real.into_os_string().into_vec())
}

/// Directories of databases that processes work in, or have files of open.
fn at_work(until: Instant) -> Vec<PathBuf> {
    let mut dirs: HashSet<PathBuf> = HashSet::new();
    for process in Proc::at(Path::new("/")).processes().unwrap_or_default() {
        if Instant::now() >= until || dirs.len() >= DIRECTORIES {
            break;
        }
        let own = PathBuf::from(format!("/proc/{}", process.pid));
        dirs.extend(fs::read_link(own.join("cwd")));
        for entry in fs::read_dir(own.join("fd")).into_iter().flatten().flatten() {
            let Ok(target) = fs::read_link(entry.path()) else { continue };
            let plain = target.is_absolute() && !target.starts_with("/dev") && !target.starts_with("/proc");
            // A server's files lie in its directory, or a few below.
            dirs.extend(target.ancestors().skip(1).take(3).filter(|_| plain).map(Path::to_owned));
        }
    }
    let mounts = Mounts::read();
    let is_database = |dir: &PathBuf| {
        dir.is_absolute()
            && !mounts.of(dir).is_some_and(Mount::is_elsewhere)
            && databases::kind_of(|name| fs::symlink_metadata(dir.join(name)).is_ok()).is_some()
    };
    dirs.into_iter().take_while(|_| Instant::now() < until).filter(is_database).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use std::time::SystemTime;

    fn stage() -> (tempfile::TempDir, World) {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("etc/postgresql/15/main/postgresql.conf", "data_directory = '/srv/pg'\n");
        write("etc/postgresql/15/next/postgresql.conf", "");
        write("srv/pg/PG_VERSION", "15\n");
        write("etc/mysql/mariadb.conf.d/50-server.cnf", "[mysqld]\ndatadir = /data/mysql\n#datadir=/x\n");
        write("etc/redis/redis.conf", "dir /data/redis\ndirectory /y\n");
        write("etc/mongod.conf", "storage:\n  dbPath: \"/data/mongo\"\n");
        write(
            "etc/passwd",
            "root:x:0:0::/root:/bin/sh\na:x:1000:1::/home/a:/bin/sh\nb:x:1001:1::/export/b:/bin/sh\nnobody:x:65534:1::/x:/n\n",
        );
        let home = dir.path().join("home");
        fs::create_dir(&home).unwrap();
        let world = World::of(&[("HOME", home.to_str().unwrap())], "/").with_root(dir.path());
        (dir, world)
    }

    #[test]
    fn databases_and_homes_are_found() {
        let (_dir, world) = stage();
        let found = find(&world, Duration::from_secs(20));
        let found: Vec<_> = found.iter().map(|path| String::from_utf8_lossy(path)).collect();
        let own = rustix::process::geteuid().as_raw();
        for path in ["/srv/pg", "/var/lib/postgresql/15/next", "/data/mysql", "/data/redis", "/data/mongo"] {
            assert!(found.iter().any(|f| f == path), "{path}: {found:?}");
        }
        assert_eq!(found.iter().any(|f| f == "/export/b"), own != 1001);
        assert!(
            !found.iter().any(|f| matches!(f.as_ref(), "/home/a" | "/x" | "/y" | "/root" | "/")),
            "{found:?}"
        );
    }

    #[test]
    fn the_list_is_written_once_and_read_again() {
        let (_dir, world) = stage();
        let me = kept::Me::look().unwrap();
        let path = file(&world, me).unwrap();
        assert!(!path.exists());
        let text = current(&world, Duration::from_secs(20));
        assert!(places::Places::read(&text).is_some_and(|p| p.touched(b"/data/mysql/ibdata1").is_some()));
        assert_eq!(fs::read(&path).unwrap(), text);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
        let again = kept::Me::look().unwrap().read(path.as_os_str().as_bytes(), FRESH);
        assert_eq!(again, Some(text));
        // What stands there counts, until it is old or no list.
        let other = places::written(&[b"/other".to_vec()], None);
        write(&path, &other).unwrap();
        assert_eq!(current(&world, Duration::ZERO), other);
        let open = File::options().write(true).open(&path).unwrap();
        open.set_modified(SystemTime::now() - Duration::from_secs(2 * 60 * 60)).unwrap();
        assert_ne!(current(&world, Duration::from_secs(20)), other);
        fs::write(&path, "x").unwrap();
        assert_ne!(current(&world, Duration::from_secs(20)), b"x");
        let left = fs::read_dir(path.parent().unwrap()).unwrap().count();
        assert_eq!(left, 1, "nothing is left beside it");
    }

    #[test]
    fn values_of_settings() {
        for (line, key, want) in [
            ("datadir=/x", "datadir", Some("/x")),
            ("  datadir = \"/x y\" ", "datadir", Some("/x y")),
            ("datadirectory = /x", "datadir", None),
            ("#dir /x", "dir", None),
            ("dir ./", "dir", None),
            ("dir", "dir", None),
            ("  dbPath: /x", "dbPath:", Some("/x")),
        ] {
            assert_eq!(value(line, key), want, "{line}");
        }
    }

    /// A process that works in a directory of a database.
    #[test]
    #[cfg(target_os = "linux")]
    fn what_runs_is_found() {
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().canonicalize().unwrap().join("data");
        fs::create_dir(&data).unwrap();
        fs::write(data.join("ibdata1"), "x").unwrap();
        let mut child = std::process::Command::new("sleep").arg("60").current_dir(&data).spawn().unwrap();
        let found = at_work(Instant::now() + Duration::from_secs(20));
        let _ = child.kill();
        let _ = child.wait();
        assert!(found.contains(&data), "{found:?}");
    }
}
