//! Dumps of databases that run in containers, by the tools that are in these: what a file system cannot tell, that every row can be
//! read, and what goes into another version as well. Read back and counted as every dump is. What was in memory only is written first.
//!
//! pg_dumpall(1), mariadb-dump(1), mysqldump(1), redis-cli(1); the variables are those of the official images and of Bitnami's.

mod inside;
mod saved;

use super::api::Api;
use super::content::{Pack, unpacked};
use super::manifest::Dump;
use crate::engine::backup::content::Through;
use crate::engine::backup::sql_dump::Reader;
use crate::engine::docker::holders::Signs;
use crate::engine::fact::{Known, Why};
use crate::family::docker::probe::{Goes, Top, encoded};
use crate::keep::head::Missing;
use crate::keep::stored::Stored;
use inside::run;
use saved::{Saved, saved};
use serde_json::Value;
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

/// What a server does before its files are read.
struct Row {
    /// What the databases are called that it is about.
    servers: &'static [&'static str],
    /// Users of the container to be, one after the other; empty is the container's own.
    users: &'static [&'static str],
    /// Said to the container's shell, in a shell below another one that ends it (`inside.rs`): what it starts is to end before it.
    script: &'static str,
    /// Whether it writes a dump to standard output; else it says where it has saved to.
    dumps: bool,
}

const ROWS: &[Row] = &[
    Row {
        servers: &["PostgreSQL"],
        users: &["postgres", ""],
        // pg_dump hears the signal whatever it was told, takes its query back, and fails (since 9.6, `parallel.c`); so does pg_dumpall then.
        script: "trap '' TERM; PGPASSWORD=\"${PGPASSWORD:-${POSTGRES_PASSWORD:-${POSTGRESQL_PASSWORD:-}}}\" \
            exec pg_dumpall -w --lock-wait-timeout=10000 -U \"${POSTGRES_USER:-postgres}\"",
        dumps: true,
    },
    Row {
        servers: &["MySQL", "MariaDB"],
        users: &[""],
        script: "d=$(command -v mariadb-dump || command -v mysqldump) || { echo no mysqldump in it >&2; exit 1; }; \
            MYSQL_PWD=\"${MARIADB_ROOT_PASSWORD:-${MYSQL_ROOT_PASSWORD:-}}\" \
            exec \"$d\" -uroot --all-databases --single-transaction --quick --routines --events --triggers",
        dumps: true,
    },
    Row {
        servers: &["Redis", "Valkey", "KeyDB", "Dragonfly"],
        users: &[""],
        // Where `CONFIG` is renamed or refused it is saved all the same.
        script: "trap : TERM; \
            cli=$(command -v redis-cli || command -v valkey-cli || command -v keydb-cli) || { echo no redis-cli in it >&2; exit 1; }; \
            REDISCLI_AUTH=\"${REDISCLI_AUTH:-${REDIS_PASSWORD:-${VALKEY_PASSWORD:-}}}\"; \
            [ -z \"$REDISCLI_AUTH\" ] || export REDISCLI_AUTH; \
            said=$(\"$cli\" save) && [ \"$said\" = OK ] || { echo \"$said\" >&2; exit 1; }; \
            \"$cli\" config get dir || :",
        dumps: false,
    },
];

/// How long one server may take: its files are read afterwards, and want time, too.
const PATIENCE: Duration = Duration::from_secs(120);

/// The row of a database.
fn row(database: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.servers.iter().any(|server| database.starts_with(server)))
}

/// The server of a container by the variables that its image sets, where nobody saw by its files which one it is.
fn by_variables(one: &Value) -> Option<&'static str> {
    const SIGNS: [(&str, &str); 4] = [
        ("PGDATA=", "PostgreSQL"),
        ("PG_MAJOR=", "PostgreSQL"),
        ("MARIADB_VERSION=", "MySQL or MariaDB"),
        ("MYSQL_VERSION=", "MySQL or MariaDB"),
    ];
    let is_set = |sign: &str| texts(&one["Config"]["Env"]).any(|variable| variable.starts_with(sign));
    SIGNS.iter().find(|(sign, _)| is_set(sign)).map(|(_, server)| *server)
}

fn texts(list: &Value) -> impl Iterator<Item = &str> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str)
}

/// The server of a container that has in memory what no file has yet: by the same signs that the question was asked by.
async fn in_memory(api: &Api<'_>, one: &Value, id: &str, goes: &Goes) -> Known<Option<&'static str>> {
    let image = one["Config"]["Image"].as_str().unwrap_or_default();
    let words = one["Path"].as_str().into_iter().chain(texts(&one["Args"]));
    let signs = Signs::read(image, words, texts(&one["Config"]["Env"]));
    let of_goes = |mount: &Value| goes.volumes.iter().any(|volume| mount["Name"] == volume.name.as_str());
    let asks = signs.leave_open(image)
        && one["State"]["Restarting"] != true
        && one["Mounts"].as_array().is_some_and(|mounts| mounts.iter().any(of_goes));
    let run = if asks { running(api, id).await } else { Known::Known(Vec::new()) };
    signs.in_memory(image, &run)
}

/// The programs that run in a container.
async fn running(api: &Api<'_>, id: &str) -> Known<Vec<String>> {
    match api.get::<Top>(&format!("/containers/{}/top", encoded(id))).await {
        Ok(top) => top.programs().map_or(Known::Unknown(Why::Unsupported), Known::Known),
        Err(refused) => Known::Unknown(Why::Failed(refused.message)),
    }
}

/// Dumps every database that runs and whose volume goes. The second part of the answer is which dumps there are not: the files are copied
/// all the same. The third is what no copied file has.
pub async fn all(
    api: &Api<'_>,
    inspected: &[Value],
    goes: &Goes,
    copy: &Path,
    most: u64,
    begins: &dyn Fn(&str),
) -> (Vec<Dump>, Vec<String>, Vec<Missing>) {
    let (mut dumps, mut notes, mut gaps) = (Vec::new(), Vec::new(), Vec::new());
    for one in inspected.iter().filter(|one| one["State"]["Running"] == true) {
        let (Some(id), Some(name)) = (one["Id"].as_str(), one["Name"].as_str()) else { continue };
        let name = name.trim_start_matches('/');
        let mut gap = |server: &str, why: String| {
            gaps.push(Missing { what: format!("what {server} of container {name} has in memory only"), why });
        };
        let mounts = one["Mounts"].as_array().map(Vec::as_slice).unwrap_or_default();
        let seen = mounts.iter().filter_map(|mount| goes.databases.get(mount["Name"].as_str()?));
        let mut seen = seen.map(String::as_str).chain(by_variables(one));
        let mut found = seen.find_map(|database| Some((row(database)?, database)));
        if found.is_none() {
            match in_memory(api, one, id, goes).await {
                Known::Known(server) => found = server.and_then(|server| Some((row(server)?, server))),
                Known::Unknown(why) => gap("a server", format!("what runs there could not be seen: {why}")),
            }
        }
        // What is about to be started again has nothing in memory.
        let restarts = one["State"]["Restarting"] == true;
        let Some((row, database)) = found.filter(|(row, _)| row.dumps || !restarts) else { continue };
        let file = format!("dumps/{}.sql.zst", dumps.len());
        let is_paused = one["State"]["Paused"] == true;
        let done = if is_paused {
            Err("it is paused".to_owned())
        } else {
            begins(name);
            asked(api, id, row, copy, &file, most).await
        };
        match done {
            Ok(Done::Dumped(dump)) => {
                dumps.push(Dump { container: name.to_owned(), database: database.to_owned(), ..dump });
            }
            Ok(Done::Saved(said)) => match saved(&said, one, goes) {
                Saved::Kept => {}
                Saved::Elsewhere(why) => gap(database, why),
                Saved::Unknown(why) => {
                    gap(database, format!("whether it is in the copy could not be told: {why}"))
                }
            },
            Err(why) if row.dumps => {
                let _ = std::fs::remove_file(copy.join(&file));
                notes.push(format!("{database} of container {name}: no dump ({why}); its files are kept"));
            }
            Err(why) => gap(database, format!("it is not saved: {why}")),
        }
    }
    (dumps, notes, gaps)
}

/// What a server has done.
enum Done {
    /// It wrote a dump, which was read back.
    Dumped(Dump),
    /// It wrote down what it had in memory, and says this of where.
    Saved(Vec<u8>),
}

/// One server.
async fn asked(
    api: &Api<'_>,
    container: &str,
    row: &Row,
    copy: &Path,
    file: &str,
    most: u64,
) -> Result<Done, String> {
    /// A path is no longer.
    const LONGEST: usize = 16 << 10;
    let path = copy.join(file);
    let mut why = String::new();
    for user in row.users {
        let mut pack =
            if row.dumps { Some(Pack::begin(&path, most).map_err(|e| e.to_string())?) } else { None };
        let mut said = Vec::new();
        let ran = run(api, container, user, row.script, PATIENCE, |some| match &mut pack {
            Some(pack) => pack.take(some),
            None => {
                said.extend(some.iter().take(LONGEST.saturating_sub(said.len())));
                Ok(())
            }
        });
        let ran = tokio::time::timeout(PATIENCE, ran).await;
        match ran.unwrap_or_else(|_| Err(Why::TimedOut.into())) {
            Ok(()) => {
                let Some(pack) = pack else { return Ok(Done::Saved(said)) };
                pack.end().map_err(|e| e.to_string())?;
                return read_back(copy, file).map(Done::Dumped);
            }
            Err(failed) if why.is_empty() => why = failed.to_string(),
            Err(_) => {}
        }
        if row.dumps {
            std::fs::remove_file(&path).map_err(|e| e.to_string())?;
        }
    }
    Err(why)
}

/// Reads a dump through: the whole of it, with its tables and rows.
fn read_back(copy: &Path, file: &str) -> Result<Dump, String> {
    let unread = |e: std::io::Error| format!("it cannot be read back: {e}");
    let mut from = unpacked(&copy.join(file)).map_err(unread)?;
    let (mut reader, mut some) = (Reader::default(), vec![0; 64 << 10]);
    loop {
        match from.read(&mut some) {
            Ok(0) => break,
            Ok(n) => reader.read(some.get(..n).unwrap_or_default()),
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            Err(e) => return Err(unread(e)),
        }
    }
    let found = reader.finish(true).ok_or("what came is no dump")?;
    let (mut tables, mut rows) = (0, 0);
    for part in &found.parts {
        if let Through::Broken(why) = &part.contents.read {
            return Err(why.replacen("it ", "the dump ", 1));
        }
        tables += part.contents.count();
        rows += part.contents.rows().unwrap_or(0);
    }
    let stored = Stored::of(copy, file).map_err(unread)?;
    Ok(Dump { stored, tables, rows, ..Dump::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dump_that_breaks_off_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str, text: &str| {
            let mut pack = Pack::begin(&dir.path().join(name), 1 << 20).unwrap();
            pack.take(text.as_bytes()).unwrap();
            pack.end().unwrap();
        };
        let whole = "--\n-- PostgreSQL database dump\n--\n\nCOPY public.t (id) FROM stdin;\n1\n2\n\\.\n\n--\n-- PostgreSQL database dump complete\n--\n";
        write("a", whole);
        let dump = read_back(dir.path(), "a").unwrap();
        assert_eq!((dump.tables, dump.rows), (1, 2));
        write("b", whole.get(..70).unwrap());
        assert!(read_back(dir.path(), "b").is_err());
        write("c", "psql: error\n");
        assert_eq!(read_back(dir.path(), "c").unwrap_err(), "what came is no dump");
    }

    #[test]
    fn every_row_is_of_a_server_that_is_known() {
        use crate::engine::docker::holders::MARKERS;
        for row in ROWS.iter().filter(|row| row.dumps) {
            let is_of = |server: &str| row.servers.iter().any(|one| server.starts_with(one));
            assert!(MARKERS.iter().any(|marker| is_of(marker.server)), "{:?}", row.servers);
        }
        assert!(row("PostgreSQL 15").is_some_and(|row| row.dumps) && row("MySQL or MariaDB").is_some());
        for image in ["redis:7", "valkey/valkey", "eqalpha/keydb", "dragonflydb/dragonfly"] {
            let server = Signs::default().in_memory(image, &Known::Known(vec![]));
            assert!(
                matches!(server, Known::Known(Some(server)) if row(server).is_some_and(|row| !row.dumps)),
                "{image}"
            );
        }
    }
}
