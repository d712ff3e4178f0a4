//! PostgreSQL clusters that a purge drops: found in Debian's layout, dumped as their owner over the socket the running
//! server listens on, and read back. A dump that is not whole is not kept at all, so that nobody takes it for one.
//!
//! What is looked at (tried with PostgreSQL 15): `pg_restore --list` accepts a dump that was cut off, so the whole of it
//! is read; it has to hold the data of every table there was; and when it is suspiciously small its rows are counted.

use super::child::{self, Out};
use super::manifest::{Cluster, Database, Stored};
use super::settings::{digest, is_version};
use super::system::System;
use crate::engine::packages::plan::{Kind, Plan};
use crate::keep::atomic_dir::{Partial, create};
use crate::keep::head::Missing;
use std::collections::BTreeSet;
use std::fs::{self, DirBuilder};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// Where dumps lie in a copy.
pub const CLUSTERS: &str = "clusters";
/// Where Debian keeps a cluster's settings (pg_lsclusters(1)).
const ETC: &str = "/etc/postgresql";
/// A dump below this part of its tables' size is looked at again: a hundredth is less than compression gets out of
/// anything but repetition.
const SUSPICIOUS: u64 = 100;
/// Below this a dump may be of any size.
const SMALL: u64 = 64 << 10;
/// How long sizes may be summed up for the question.
const PATIENCE: Duration = Duration::from_millis(300);

/// A cluster that a plan drops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// `15`.
    pub version: String,
    /// `main`.
    pub name: String,
    /// Its data directory.
    pub data: PathBuf,
    /// User and group that own the data.
    pub owner: (u32, u32),
    /// The port and socket directory of the running server.
    pub running: Option<(u16, PathBuf)>,
    /// Bytes of data, as far as they could be summed up in time.
    pub bytes: u64,
}

impl Found {
    /// `15/main`.
    pub fn called(&self) -> String {
        format!("{}/{}", self.version, self.name)
    }
}

/// The clusters whose server packages are purged.
pub fn dropped(plan: &Plan, system: &System) -> Vec<Found> {
    let versions: BTreeSet<&str> = plan
        .removals()
        .filter(|change| change.kind == Kind::Purge)
        .filter_map(|change| change.name.strip_prefix("postgresql-"))
        .filter(|version| is_version(version))
        .collect();
    let until = Instant::now() + PATIENCE;
    let mut found = Vec::new();
    for version in versions {
        let dir = system.at(ETC).join(version);
        let Ok(entries) = fs::read_dir(&dir) else { continue };
        let mut names: Vec<String> =
            entries.flatten().filter_map(|e| e.file_name().into_string().ok()).collect();
        names.sort();
        for name in names {
            let Ok(text) = fs::read(dir.join(&name).join("postgresql.conf")) else { continue };
            let data = setting(&String::from_utf8_lossy(&text), "data_directory")
                .unwrap_or_else(|| format!("/var/lib/postgresql/{version}/{name}"));
            let at = system.at(&data);
            // The purge of a cluster whose data is gone drops nothing.
            let Ok(meta) = fs::metadata(&at) else { continue };
            found.push(Found {
                version: version.to_owned(),
                name,
                running: running(&at, &system.at("/")),
                owner: (meta.uid(), meta.gid()),
                bytes: weigh(&at, until),
                data: PathBuf::from(data),
            });
        }
    }
    found
}

/// The last value of a setting (`guc-file.l`): `name = 'value'`, quotes and the sign may be left out.
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

/// What the running server wrote into `postmaster.pid` (`miscadmin.h`): its port and its socket directory.
fn running(data: &Path, root: &Path) -> Option<(u16, PathBuf)> {
    let text = fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let mut lines = text.lines();
    let pid: u32 = lines.next()?.trim().parse().ok()?;
    let port = lines.nth(2)?.trim().parse().ok()?;
    let socket = lines.next()?.trim();
    // A file that a crash left behind names a process that is none of the server's.
    let runs_in = fs::read_link(root.join(format!("proc/{pid}/cwd"))).ok()?;
    let same = fs::canonicalize(data).is_ok_and(|data| data == runs_in || runs_in.ends_with(&data));
    (same && socket.starts_with('/')).then(|| (port, PathBuf::from(socket)))
}

/// Bytes below a directory, tablespaces included, as far as they can be counted in time.
fn weigh(dir: &Path, until: Instant) -> u64 {
    let mut left = vec![dir.to_owned()];
    left.extend(
        fs::read_dir(dir.join("pg_tblspc"))
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|e| fs::canonicalize(e.path()).ok()),
    );
    let mut bytes = 0;
    while let Some(dir) = left.pop() {
        for entry in fs::read_dir(&dir).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(meta) if meta.is_dir() => left.push(entry.path()),
                Ok(meta) if meta.is_file() => bytes += meta.len(),
                _ => {}
            }
        }
        if Instant::now() >= until {
            break;
        }
    }
    bytes
}

/// Dumps every cluster into the copy. An error means that the copy cannot be written; what could not be dumped, or is
/// not whole, stands in the second part of the answer.
pub fn dump(found: &[Found], partial: &Partial, until: Instant) -> io::Result<(Vec<Cluster>, Vec<Missing>)> {
    let (mut clusters, mut gaps) = (Vec::new(), Vec::new());
    if !found.is_empty() {
        DirBuilder::new().mode(0o700).create(partial.path().join(CLUSTERS))?;
    }
    for one in found {
        let mut missing = |what: String, why: String| gaps.push(Missing { what, why });
        let Some((port, socket)) = &one.running else {
            match directories(one, partial, until)? {
                Ok(cluster) => clusters.push(cluster),
                Err(why) => missing(format!("PostgreSQL cluster {}", one.called()), why),
            }
            continue;
        };
        let server = Server { found: one, port: *port, socket, until };
        let dir = format!("{CLUSTERS}/{}-{}", one.version, one.name);
        DirBuilder::new().mode(0o700).create(partial.path().join(&dir))?;
        match server.dump(partial, &dir, &mut missing)? {
            Ok(cluster) => clusters.push(cluster),
            Err(why) => missing(format!("PostgreSQL cluster {}", one.called()), why),
        }
    }
    Ok((clusters, gaps))
}

/// Packs the directories of a cluster whose server does not run: its data, its settings, and what its links lead to.
/// Nothing writes to them, so that what is packed is whole; it is compared with what is there once it is written.
fn directories(one: &Found, partial: &Partial, until: Instant) -> io::Result<Result<Cluster, String>> {
    let mut places = vec![one.data.clone(), Path::new(ETC).join(&one.version).join(&one.name)];
    let spaces = fs::read_dir(one.data.join("pg_tblspc")).into_iter().flatten().flatten().map(|e| e.path());
    for link in spaces.chain([one.data.clone(), one.data.join("pg_wal"), one.data.join("pg_xlog")]) {
        if fs::read_link(&link).is_ok() {
            match fs::canonicalize(&link) {
                Ok(place) => places.push(place),
                Err(e) => return Ok(Err(format!("{}: {e}", link.display()))),
            }
        }
    }
    let needed: u64 = places.iter().map(|place| weigh(place, until)).sum();
    if let Some(why) = too_little(partial.path(), needed)? {
        return Ok(Err(why));
    }
    let file = format!("{CLUSTERS}/{}-{}.tar", one.version, one.name);
    let path = partial.path().join(&file);
    let tar = |does: &str| {
        let mut tar = Command::new("tar");
        tar.env_clear().envs([("PATH", "/usr/bin:/bin"), ("LC_ALL", "C")]).current_dir("/");
        tar.args([does, "--numeric-owner", "--sparse", "--directory=/", "--file"]);
        tar
    };
    let mut pack = tar("--create");
    pack.arg("-").arg("--").args(places.iter().filter_map(|place| place.strip_prefix("/").ok()));
    let mut compare = tar("--compare");
    compare.arg(&path);
    let packed = child::run(pack, Out::File(create(&path)?), until).and_then(|ended| {
        if ended.ok { child::run(compare, Out::To(&mut |_| {}), until) } else { Ok(ended) }
    });
    let done = match packed {
        _ if running(&one.data, Path::new("/")).is_some() => Err("it was started meanwhile".to_owned()),
        Ok(ended) if ended.ok => Ok(()),
        Ok(ended) => Err(ended.why()),
        Err(why) => Err(why),
    };
    Ok(kept(&path, &file, done)?.map(|stored| Cluster {
        version: one.version.clone(),
        name: one.name.clone(),
        owner: one.owner.0.to_string(),
        data: one.data.display().to_string(),
        directories: Some(stored),
        ..Cluster::default()
    }))
}

struct Server<'a> {
    found: &'a Found,
    port: u16,
    socket: &'a Path,
    until: Instant,
}

/// A database as its server describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Live {
    name: String,
    bytes: u64,
    connects: bool,
}

/// The user's own tables: not the server's, not those an extension makes again. Those that are only divided into others
/// hold no rows themselves.
const TABLES: &str = "from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
    where c.relkind = 'r' and c.relpersistence <> 't' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' \
    and not exists (select 1 from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::regclass \
    and d.objid = c.oid and d.deptype = 'e')";

impl Server<'_> {
    /// One of the programs that belong to this server, as its owner, with nothing of the caller's world.
    fn program(&self, name: &str) -> Command {
        let mut command = Command::new(format!("/usr/lib/postgresql/{}/bin/{name}", self.found.version));
        command.env_clear().envs([
            ("PATH", "/usr/bin:/bin"),
            ("LC_ALL", "C"),
            ("PGCLIENTENCODING", "UTF8"),
            ("PGCONNECT_TIMEOUT", "10"),
            ("HOME", "/nonexistent"),
        ]);
        command.current_dir("/");
        // Only root can be somebody else; without it the dump works for the owner alone.
        if rustix::process::geteuid().is_root() {
            command.gid(self.found.owner.1).uid(self.found.owner.0);
        }
        command
    }

    /// The same, connecting to this server.
    fn client(&self, name: &str) -> Command {
        let mut command = self.program(name);
        command.arg("-h").arg(self.socket).args(["-p", &self.port.to_string(), "-w"]);
        command
    }

    fn ask(&self, database: &str, query: &str) -> Result<Vec<String>, String> {
        let mut psql = self.client("psql");
        psql.args(["-XAtqz0", "-v", "ON_ERROR_STOP=1", "-d", &conninfo(database), "-c", query]);
        let (ended, text) = child::output(psql, self.until)?;
        if !ended.ok {
            return Err(ended.why());
        }
        let mut fields: Vec<String> = text.split('\0').map(str::to_owned).collect();
        // The last record ends with a separator or a line's end.
        if fields.last().is_some_and(|last| last.trim().is_empty()) {
            fields.pop();
        }
        Ok(fields)
    }

    fn databases(&self) -> Result<Vec<Live>, String> {
        let query = "select datname, pg_catalog.pg_database_size(oid), datallowconn from pg_catalog.pg_database \
            where datname <> 'template0' order by datname";
        let fields = self.ask("postgres", query).or_else(|_| self.ask("template1", query))?;
        let live = |f: &[String]| match f {
            [name, bytes, connects] => {
                Ok(Live { name: name.clone(), bytes: bytes.parse().unwrap_or(0), connects: connects == "t" })
            }
            _ => Err("psql answered in another form".to_owned()),
        };
        fields.chunks(3).map(live).collect()
    }

    fn dump(
        &self,
        partial: &Partial,
        dir: &str,
        missing: &mut impl FnMut(String, String),
    ) -> io::Result<Result<Cluster, String>> {
        let all = match self.databases() {
            Ok(all) => all,
            Err(why) => return Ok(Err(why)),
        };
        let needed = all.iter().map(|d| d.bytes).sum::<u64>() / 10 * 3;
        if let Some(why) = too_little(partial.path(), needed)? {
            return Ok(Err(why));
        }
        let shape = self.ask(
            "template1",
            "select pg_catalog.pg_encoding_to_char(encoding), datcollate, current_user \
                from pg_catalog.pg_database where datname = 'template1'",
        );
        let mut shape = match shape {
            Ok(shape) => shape.into_iter(),
            Err(why) => return Ok(Err(why)),
        };
        let mut cluster = Cluster {
            version: self.found.version.clone(),
            name: self.found.name.clone(),
            port: self.port,
            data: self.found.data.display().to_string(),
            encoding: shape.next().unwrap_or_default(),
            locale: shape.next().unwrap_or_default(),
            owner: shape.next().unwrap_or_default(),
            ..Cluster::default()
        };
        match self.globals(partial, &format!("{dir}/globals.sql"))? {
            Ok(stored) => cluster.globals = Some(stored),
            Err(why) => missing(format!("roles of PostgreSQL cluster {}", self.found.called()), why),
        }
        for (n, live) in all.iter().enumerate() {
            let what = || format!("database {} of cluster {}", live.name, self.found.called());
            if !live.connects {
                missing(what(), "it takes no connections".to_owned());
                continue;
            }
            match self.database(partial, &format!("{dir}/{n}.dump"), live)? {
                // A template that nobody put anything into comes with every new cluster.
                Ok(None) => {}
                Ok(Some(database)) => cluster.databases.push(database),
                Err(why) => missing(what(), why),
            }
        }
        Ok(Ok(cluster))
    }

    fn globals(&self, partial: &Partial, file: &str) -> io::Result<Result<Stored, String>> {
        let path = partial.path().join(file);
        let mut dumpall = self.client("pg_dumpall");
        dumpall.args(["--globals-only", "-l", "template1"]);
        let done = match child::run(dumpall, Out::File(create(&path)?), self.until) {
            Ok(ended) if ended.ok => ends_whole(&path)?,
            Ok(ended) => Err(ended.why()),
            Err(why) => Err(why),
        };
        kept(&path, file, done)
    }

    fn database(
        &self,
        partial: &Partial,
        file: &str,
        live: &Live,
    ) -> io::Result<Result<Option<Database>, String>> {
        let counted = self.ask(
            &live.name,
            &format!("select count(*), coalesce(sum(pg_catalog.pg_table_size(c.oid)), 0)::bigint {TABLES}"),
        );
        let (tables, held): (u64, u64) = match counted.as_deref() {
            Ok([tables, held]) => (tables.parse().unwrap_or(u64::MAX), held.parse().unwrap_or(u64::MAX)),
            Ok(_) => return Ok(Err("psql answered in another form".to_owned())),
            Err(why) => return Ok(Err(why.clone())),
        };
        if live.name == "template1" && tables == 0 {
            return Ok(Ok(None));
        }
        let path = partial.path().join(file);
        let mut dump = self.client("pg_dump");
        dump.args(["-Fc", "-d", &conninfo(&live.name)]);
        let mut rows = 0;
        let done = match child::run(dump, Out::File(create(&path)?), self.until) {
            Ok(ended) if ended.ok => self.whole(&path, tables).and_then(|found| {
                rows = found;
                let bytes = fs::metadata(&path).map_err(|e| e.to_string())?.len();
                self.in_proportion(live, bytes, held, rows)
            }),
            Ok(ended) => Err(ended.why()),
            Err(why) => Err(why),
        };
        Ok(kept(&path, file, done)?.map(|dump| {
            Some(Database { name: live.name.clone(), dump, live_bytes: live.bytes, tables, rows })
        }))
    }

    /// Reads a dump through; answers with the rows in it.
    fn whole(&self, path: &Path, tables: u64) -> Result<u64, String> {
        // Read as root: the copy is nobody else's to look at.
        let restore = |args: &[&str]| {
            let mut command = Command::new(self.program("pg_restore").get_program());
            command.env_clear().envs([("PATH", "/usr/bin:/bin"), ("LC_ALL", "C")]).args(args).arg(path);
            command
        };
        let (ended, list) = child::output(restore(&["--list"]), self.until)?;
        if !ended.ok {
            return Err(format!("the dump cannot be read back: {}", ended.why()));
        }
        let data = list.lines().filter(|line| is_table_data(line)).count() as u64;
        if data < tables {
            return Err(format!("the dump holds the data of {data} tables, there are {tables}"));
        }
        let mut rows = Rows::default();
        let ended = child::run(restore(&["-f", "-"]), Out::To(&mut |some| rows.read(some)), self.until)?;
        if !ended.ok {
            return Err(format!("the dump cannot be read back: {}", ended.why()));
        }
        Ok(rows.seen)
    }

    /// Looks again at a dump that is much smaller than what it is of: then its rows are compared.
    fn in_proportion(&self, live: &Live, bytes: u64, held: u64, rows: u64) -> Result<(), String> {
        if bytes >= SMALL.max(held / SUSPICIOUS) || held < SMALL * SUSPICIOUS {
            return Ok(());
        }
        let query = format!(
            "select coalesce(sum((xpath('/row/n/text()', query_to_xml(format('select count(*) as n from only %I.%I', \
            n.nspname, c.relname), false, true, '')))[1]::text::bigint), 0) {TABLES}"
        );
        let counted = self.ask(&live.name, &query)?;
        let there: u64 =
            counted.first().and_then(|n| n.parse().ok()).ok_or("psql answered in another form")?;
        // Others may be writing meanwhile; a hundredth more or less is no loss.
        if rows >= there - there / 100 {
            return Ok(());
        }
        Err(format!("the dump holds {rows} rows, there are {there}"))
    }
}

/// What a program left becomes part of the copy, or goes.
fn kept(path: &Path, file: &str, done: Result<(), String>) -> io::Result<Result<Stored, String>> {
    match done {
        Ok(()) => {
            fs::File::open(path)?.sync_all()?;
            let (bytes, sha256) = digest(path)?;
            Ok(Ok(Stored { file: file.to_owned(), bytes, sha256 }))
        }
        Err(why) => {
            fs::remove_file(path)?;
            Ok(Err(why))
        }
    }
}

/// The last lines that pg_dumpall writes.
fn ends_whole(path: &Path) -> io::Result<Result<(), String>> {
    const LAST: &str = "-- PostgreSQL database cluster dump complete";
    let mut file = fs::File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(1024)))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    let whole = String::from_utf8_lossy(&end).contains(LAST);
    Ok(if whole { Ok(()) } else { Err("the dump ends before its end".to_owned()) })
}

/// A name as a connection string has it: a bare one with `=` in it would be taken for such a string.
fn conninfo(database: &str) -> String {
    format!("dbname='{}'", database.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// `3355; 0 16385 TABLE DATA public t postgres`
fn is_table_data(line: &str) -> bool {
    let mut words = line.split_ascii_whitespace();
    let numbered =
        words.next().is_some_and(|n| n.ends_with(';') && n.trim_end_matches(';').parse::<u64>().is_ok());
    numbered && words.nth(2) == Some("TABLE") && words.next() == Some("DATA")
}

/// Counts the rows of COPY blocks in a stream of SQL.
#[derive(Debug, Default)]
struct Rows {
    seen: u64,
    inside: bool,
    line: Vec<u8>,
    long: bool,
}

impl Rows {
    fn read(&mut self, some: &[u8]) {
        /// A line that begins and ends a block is shorter than this.
        const LONGEST: usize = 64 << 10;
        for part in some.split_inclusive(|b| *b == b'\n') {
            let room = LONGEST.saturating_sub(self.line.len()).min(part.len());
            self.long |= room < part.len();
            self.line.extend_from_slice(part.get(..room).unwrap_or_default());
            if part.ends_with(b"\n") {
                let line = self.line.trim_ascii_end();
                match self.inside {
                    true if line == b"\\." => self.inside = false,
                    true => self.seen += 1,
                    false => {
                        self.inside =
                            !self.long && line.starts_with(b"COPY ") && line.ends_with(b" FROM stdin;");
                    }
                }
                self.line.clear();
                self.long = false;
            }
        }
    }
}

/// Why a copy of so many bytes is not begun: the store has too little room for it.
fn too_little(store: &Path, needed: u64) -> io::Result<Option<String>> {
    let free = super::free(store)?;
    let wanted = needed + super::SPARE;
    Ok((free < wanted).then(|| format!("{} MiB are free, {} may be needed", free >> 20, wanted >> 20)))
}

#[cfg(test)]
mod tests {
    use super::super::system::tests::scratch;
    use super::*;
    use crate::engine::packages::plan::Change;

    #[test]
    fn settings_are_read_as_the_server_reads_them() {
        let of = |text: &str| setting(text, "data_directory");
        assert_eq!(of("data_directory = '/srv/it''s'\t# c\n").as_deref(), Some("/srv/it's"));
        assert_eq!(of("#data_directory = 'x'\nData_Directory /a # b\n").as_deref(), Some("/a"));
        assert_eq!(of("data_directory='/a'\ndata_directory='/b'\n").as_deref(), Some("/b"));
        assert_eq!(of("data_directory_mode = 1\n"), None);
    }

    #[test]
    fn clusters_of_purged_servers_are_found() {
        let dir = scratch("", "");
        let at = |path: &str| dir.path().join(path);
        for cluster in ["15/main", "15/gone", "16/main"] {
            fs::create_dir_all(at("etc/postgresql").join(cluster)).unwrap();
            let conf = format!("data_directory = '/var/lib/postgresql/{cluster}'\n");
            fs::write(at("etc/postgresql").join(cluster).join("postgresql.conf"), conf).unwrap();
        }
        for cluster in ["15/main", "16/main"] {
            fs::create_dir_all(at("var/lib/postgresql").join(cluster).join("base/1")).unwrap();
            fs::write(at("var/lib/postgresql").join(cluster).join("base/1/1"), [0; 100]).unwrap();
        }
        let system = System::read(dir.path()).unwrap();
        let change = |name: &str, kind| Change {
            name: name.into(),
            arch: None,
            version: Some("1".into()),
            kind,
            named: true,
            unused: false,
        };
        let plan = Plan {
            changes: vec![
                change("postgresql-15", Kind::Purge),
                change("postgresql-16", Kind::Remove),
                change("postgresql-client-16", Kind::Purge),
            ],
            ..Plan::default()
        };
        let found = dropped(&plan, &system);
        let names: Vec<String> = found.iter().map(Found::called).collect();
        assert_eq!(names, ["15/main"]);
        assert_eq!((found[0].bytes, &found[0].running), (100, &None));
    }

    #[test]
    fn rows_are_counted_whatever_the_pieces() {
        let text = b"SET x;\nCOPY public.t (a) FROM stdin;\n1\n2\n\\.\n\nCOPY public.u (a) FROM stdin;\n\\.\nSELECT 1;\n";
        for size in [1, 2, 7, 1000] {
            let mut rows = Rows::default();
            text.chunks(size).for_each(|some| rows.read(some));
            assert_eq!((rows.seen, rows.inside), (2, false));
        }
        let mut rows = Rows::default();
        rows.read(b"COPY t (a) FROM stdin;\n");
        rows.read(&[b'x'; 200_000]);
        rows.read(b"\n\\.\n");
        assert_eq!((rows.seen, rows.inside), (1, false));
    }

    #[test]
    fn names_and_lists() {
        assert_eq!(conninfo("a=b'\\"), "dbname='a=b\\'\\\\'");
        assert!(is_table_data("3355; 0 16385 TABLE DATA public t postgres"));
        assert!(!is_table_data("215; 1259 16385 TABLE public DATA postgres"));
        assert!(!is_table_data(";     Dumped from database version: 15.20"));
    }
}
