//! PostgreSQL clusters that a purge drops: found in Debian's layout, dumped as their owner over the socket the running
//! server listens on, and read back. A dump that is not whole is not kept at all, so that nobody takes it for one.
//!
//! The whole of a dump is read back and held against the living database: it has to hold the data of every table there was, and
//! its rows. That is the same reading by which dumps that others have made are judged (`engine::backup::content`).

use super::manifest::{Cluster, Database};
use super::system::System;
use crate::engine::backup::Outcome;
use crate::engine::backup::content::{LARGE_OBJECTS, LiveTable, Through};
use crate::engine::backup::sql_dump::{Maker, ends_whole};
use crate::engine::human::counted;
use crate::engine::packages::plan::{Kind, Plan};
use crate::family::machine::child::{self, Out};
use crate::family::machine::links::below;
use crate::family::machine::postgres::cluster::{self, ETC, is_version};
use crate::family::machine::postgres::server::{conninfo, programs};
use crate::family::machine::postgres::{self, archive, live};
use crate::keep::atomic_dir::{Partial, create};
use crate::keep::head::Missing;
use crate::keep::stored::{Stored, digest, too_little};
use std::collections::BTreeSet;
use std::fs::{self, DirBuilder};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// Where dumps lie in a copy.
pub const CLUSTERS: &str = "clusters";
/// How long sizes may be summed up for the question.
const PATIENCE: Duration = Duration::from_millis(300);

/// A cluster that a plan drops.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The cluster.
    pub cluster: postgres::Cluster,
    /// Bytes of data, as far as they could be summed up in time.
    pub bytes: u64,
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
    let root = system.at("/");
    let mut found = Vec::new();
    for version in versions {
        // What cannot be read was told with the question.
        let (clusters, _) = cluster::of_version(&root, version);
        // The purge of a cluster whose data is gone drops nothing.
        for cluster in clusters.into_iter().filter(|cluster| cluster.owner.is_some()) {
            let bytes = weigh(&below(&root, &cluster.data), until);
            found.push(Found { cluster, bytes });
        }
    }
    found
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
        let cluster = &one.cluster;
        let mut missing = |what: String, why: String| gaps.push(Missing { what, why });
        let done = match postgres::Server::of(cluster, until) {
            Some(server) => {
                let dir = format!("{CLUSTERS}/{}-{}", cluster.version, cluster.name);
                DirBuilder::new().mode(0o700).create(partial.path().join(&dir))?;
                Dumper { cluster, server }.dump(partial, &dir, &mut missing)?
            }
            None if cluster.pid.is_some() => Err("its server listens on no socket".to_owned()),
            None => directories(cluster, partial, until)?,
        };
        match done {
            Ok(cluster) => clusters.push(cluster),
            Err(why) => missing(format!("PostgreSQL cluster {}", cluster.called()), why),
        }
    }
    Ok((clusters, gaps))
}

/// Packs the directories of a cluster whose server does not run: its data, its settings, and what its links lead to.
/// Nothing writes to them, so that what is packed is whole; it is compared with what is there once it is written.
fn directories(
    one: &postgres::Cluster,
    partial: &Partial,
    until: Instant,
) -> io::Result<Result<Cluster, String>> {
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
        _ if !cluster::servers_in(Path::new("/"), &one.data).is_empty() => {
            Err("it was started meanwhile".to_owned())
        }
        Ok(ended) if ended.ok => Ok(()),
        Ok(ended) => Err(ended.why()),
        Err(why) => Err(why),
    };
    Ok(kept(&path, &file, done)?.map(|stored| Cluster {
        version: one.version.clone(),
        name: one.name.clone(),
        owner: one.owner.map(|(user, _)| user.to_string()).unwrap_or_default(),
        data: one.data.display().to_string(),
        directories: Some(stored),
        ..Cluster::default()
    }))
}

struct Dumper<'a> {
    cluster: &'a postgres::Cluster,
    server: postgres::Server<'a>,
}

impl Dumper<'_> {
    fn dump(
        &self,
        partial: &Partial,
        dir: &str,
        missing: &mut impl FnMut(String, String),
    ) -> io::Result<Result<Cluster, String>> {
        let all = match live::databases(&self.server) {
            Ok(all) => all,
            Err(why) => return Ok(Err(why)),
        };
        let needed = all.iter().map(|d| d.bytes).sum::<u64>() / 10 * 3;
        if let Some(why) = too_little(partial.path(), needed)? {
            return Ok(Err(why));
        }
        let shape = self.server.ask(
            "template1",
            "select pg_catalog.pg_encoding_to_char(encoding), datcollate, current_user \
                from pg_catalog.pg_database where datname = 'template1'",
        );
        let mut shape = match shape {
            Ok(shape) => shape.into_iter(),
            Err(why) => return Ok(Err(why)),
        };
        let mut cluster = Cluster {
            version: self.cluster.version.clone(),
            name: self.cluster.name.clone(),
            port: self.server.port,
            data: self.cluster.data.display().to_string(),
            encoding: shape.next().unwrap_or_default(),
            locale: shape.next().unwrap_or_default(),
            owner: shape.next().unwrap_or_default(),
            ..Cluster::default()
        };
        match self.globals(partial, &format!("{dir}/globals.sql"))? {
            Ok(stored) => cluster.globals = Some(stored),
            Err(why) => missing(format!("roles of PostgreSQL cluster {}", self.cluster.called()), why),
        }
        for (n, live) in all.iter().enumerate() {
            let what = || format!("database {} of cluster {}", live.name, self.cluster.called());
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
        let mut dumpall = self.server.client("pg_dumpall");
        dumpall.args(["--globals-only", "-l", "template1"]);
        let done = match child::run(dumpall, Out::File(create(&path)?), self.server.until) {
            Ok(ended) if ended.ok => is_whole(&path)?,
            Ok(ended) => Err(ended.why()),
            Err(why) => Err(why),
        };
        kept(&path, file, done)
    }

    fn database(
        &self,
        partial: &Partial,
        file: &str,
        database: &live::Database,
    ) -> io::Result<Result<Option<Database>, String>> {
        let tables = match live::tables(&self.server, &database.name) {
            Ok(tables) => tables,
            Err(why) => return Ok(Err(why)),
        };
        if database.name == "template1" && tables.is_empty() {
            return Ok(Ok(None));
        }
        let path = partial.path().join(file);
        let mut dump = self.server.client("pg_dump");
        dump.args(["-Fc", "-d", &conninfo(&database.name)]);
        let mut rows = 0;
        let count = tables.iter().filter(|table| table.name != LARGE_OBJECTS).count() as u64;
        let done = match child::run(dump, Out::File(create(&path)?), self.server.until) {
            Ok(ended) if ended.ok => self.whole(&path, &database.name, tables).map(|found| rows = found),
            Ok(ended) => Err(ended.why()),
            Err(why) => Err(why),
        };
        Ok(kept(&path, file, done)?.map(|dump| {
            Some(Database {
                name: database.name.clone(),
                dump,
                live_bytes: database.bytes,
                tables: count,
                rows,
            })
        }))
    }

    /// Reads a dump through and holds it against the living database; answers with the rows in it.
    fn whole(&self, path: &Path, database: &str, mut tables: Vec<LiveTable>) -> Result<u64, String> {
        let program = programs(self.server.version).join("pg_restore");
        let contents = archive::read(&program, path, self.server.until)?.contents;
        match &contents.read {
            Through::Whole => {}
            Through::Listed { .. } | Through::Begun { .. } => {
                return Err("there was no time to read the dump back".to_owned());
            }
            Through::Broken(why) => return Err(why.replacen("it ", "the dump ", 1)),
        }
        let living = tables.iter().filter(|table| table.name != LARGE_OBJECTS).count() as u64;
        if contents.tables.is_empty() && living > 0 {
            return Err(format!("the dump is empty: 0 of {}", counted(living, "table")));
        }
        let doubtful: Vec<String> =
            contents.doubtful(&tables).iter().map(|table| table.name.clone()).collect();
        live::count(&self.server, database, &mut tables, &doubtful);
        match contents.findings(Some(&tables), &[]).outcome {
            Outcome::Ok => Ok(contents.rows().unwrap_or(0)),
            Outcome::Partial(why) | Outcome::Failed(why) => Err(format!("the dump is not whole: {why}")),
            Outcome::Running | Outcome::Unknown => Err("the dump could not be judged".to_owned()),
        }
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

/// Whether pg_dumpall came to its end.
fn is_whole(path: &Path) -> io::Result<Result<(), String>> {
    let mut file = fs::File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(1024)))?;
    let mut end = Vec::new();
    file.read_to_end(&mut end)?;
    let whole = ends_whole(Maker::PgDumpAll, &end);
    Ok(if whole { Ok(()) } else { Err("the dump ends before its end".to_owned()) })
}

#[cfg(test)]
mod tests {
    use super::super::system::tests::scratch;
    use super::*;
    use crate::engine::packages::plan::Change;

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
        let names: Vec<String> = found.iter().map(|one| one.cluster.called()).collect();
        assert_eq!(names, ["15/main"]);
        assert_eq!((found[0].bytes, found[0].cluster.pid), (100, None));
    }
}
