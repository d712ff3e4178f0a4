//! Dumps of databases that run in containers, by the tools that are in these: what a file system cannot tell, that every row can be
//! read, and what goes into another version as well. Read back and counted as every dump is. What was in memory only is written first.
//!
//! pg_dumpall(1), mariadb-dump(1), mysqldump(1), redis-cli(1); the variables are those of the official images and of Bitnami's.

use super::api::{Api, Refused};
use super::content::{Pack, first_line, unpacked};
use super::manifest::Dump;
use crate::engine::backup::content::Through;
use crate::engine::backup::sql_dump::Reader;
use crate::engine::docker::holders::keeps_in_memory;
use crate::engine::fact::Why;
use crate::family::docker::probe::{Goes, encoded};
use crate::keep::stored::Stored;
use serde_json::{Value, json};
use std::io::Read as _;
use std::path::Path;
use std::time::Duration;

/// What a server does before its files are read.
struct Row {
    /// What the database is called that it is about.
    server: &'static str,
    /// Users of the container to be, one after the other; empty is the container's own.
    users: &'static [&'static str],
    /// Said to the container's shell.
    script: &'static str,
    /// Whether it writes a dump to standard output.
    dumps: bool,
}

const ROWS: &[Row] = &[
    Row {
        server: "PostgreSQL",
        users: &["postgres", ""],
        script: "(sleep 120; kill $$) >/dev/null 2>&1 & PGPASSWORD=\"${PGPASSWORD:-${POSTGRES_PASSWORD:-${POSTGRESQL_PASSWORD:-}}}\" \
            exec pg_dumpall -w --lock-wait-timeout=10000 -U \"${POSTGRES_USER:-postgres}\"",
        dumps: true,
    },
    Row {
        server: "MySQL or MariaDB",
        users: &[""],
        script: "d=$(command -v mariadb-dump || command -v mysqldump) || { echo no mysqldump in it >&2; exit 1; }; \
            (sleep 120; kill $$) >/dev/null 2>&1 & MYSQL_PWD=\"${MARIADB_ROOT_PASSWORD:-${MYSQL_ROOT_PASSWORD:-}}\" \
            exec \"$d\" -uroot --all-databases --single-transaction --quick --routines --events --triggers",
        dumps: true,
    },
    Row {
        server: "Redis",
        users: &[""],
        script: "REDISCLI_AUTH=\"${REDISCLI_AUTH:-${REDIS_PASSWORD:-}}\"; \
            [ -z \"$REDISCLI_AUTH\" ] || export REDISCLI_AUTH; \
            said=$(redis-cli save) && [ \"$said\" = OK ] || { echo \"$said\" >&2; exit 1; }",
        dumps: false,
    },
];

/// How long one server may take: its files are read afterwards, and want time, too. So long the scripts wait as well.
const PATIENCE: Duration = Duration::from_secs(120);

/// The server of a container by its image and the variables that this sets, where nobody saw by its files which one it is.
fn by_image(one: &Value) -> Option<String> {
    const SIGNS: [(&str, &str); 5] = [
        ("PGDATA=", "PostgreSQL"),
        ("PG_MAJOR=", "PostgreSQL"),
        ("MARIADB_VERSION=", "MySQL or MariaDB"),
        ("MYSQL_VERSION=", "MySQL or MariaDB"),
        ("REDIS_VERSION=", "Redis"),
    ];
    let set = one["Config"]["Env"].as_array().cloned().unwrap_or_default();
    let is_set = |sign: &str| set.iter().filter_map(Value::as_str).any(|one| one.starts_with(sign));
    let by_name = || one["Config"]["Image"].as_str().is_some_and(keeps_in_memory).then_some("Redis");
    let sign = SIGNS.iter().find(|(sign, _)| is_set(sign)).map(|(_, server)| *server);
    sign.or_else(by_name).map(str::to_owned)
}

/// More of what a tool says on standard error nobody reads.
const SAID: usize = 16 << 10;

/// Dumps every database that runs and whose volume goes. The second part of the answer is what could not be done: the files are copied
/// all the same.
pub async fn all(
    api: &Api<'_>,
    inspected: &[Value],
    goes: &Goes,
    copy: &Path,
    most: u64,
    begins: &dyn Fn(&str),
) -> (Vec<Dump>, Vec<String>) {
    let (mut dumps, mut notes) = (Vec::new(), Vec::new());
    for one in inspected.iter().filter(|one| {
        one["State"]["Running"].as_bool() == Some(true) && one["State"]["Paused"].as_bool() != Some(true)
    }) {
        let (Some(id), Some(name)) = (one["Id"].as_str(), one["Name"].as_str()) else { continue };
        let name = name.trim_start_matches('/');
        let mounts = one["Mounts"].as_array().cloned().unwrap_or_default();
        let told = by_image(one);
        let seen = mounts.iter().filter_map(|mount| goes.databases.get(mount["Name"].as_str()?));
        let mut databases = seen.chain(&told);
        let Some((row, database)) = databases
            .find_map(|database| Some((ROWS.iter().find(|row| database.starts_with(row.server))?, database)))
        else {
            continue;
        };
        begins(name);
        let file = format!("dumps/{}.sql.zst", dumps.len());
        match asked(api, id, row, copy, &file, most).await {
            Ok(Some(mut dump)) => {
                (dump.container, dump.database) = (name.to_owned(), database.clone());
                dumps.push(dump);
            }
            Ok(None) => {}
            Err(why) => {
                let _ = std::fs::remove_file(copy.join(&file));
                let what = if row.dumps { "no dump" } else { "what is in memory only is not saved" };
                notes.push(format!("{database} of container {name}: {what} ({why}); its files are kept"));
            }
        }
    }
    (dumps, notes)
}

/// One server. `None` where it writes no dump.
async fn asked(
    api: &Api<'_>,
    container: &str,
    row: &Row,
    copy: &Path,
    file: &str,
    most: u64,
) -> Result<Option<Dump>, String> {
    let path = copy.join(file);
    let mut why = String::new();
    for user in row.users {
        let mut pack =
            if row.dumps { Some(Pack::begin(&path, most).map_err(|e| e.to_string())?) } else { None };
        let ran = run(api, container, user, row.script, |some| match &mut pack {
            Some(pack) => pack.take(some),
            None => Ok(()),
        });
        let ran = tokio::time::timeout(PATIENCE, ran).await;
        match ran.unwrap_or_else(|_| Err(Why::TimedOut.into())) {
            Ok(()) => {
                let Some(pack) = pack else { return Ok(None) };
                pack.end().map_err(|e| e.to_string())?;
                return read_back(copy, file).map(Some);
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

/// Runs something in a container, and hands on what it writes to standard output.
async fn run(
    api: &Api<'_>,
    container: &str,
    user: &str,
    script: &str,
    mut taken: impl FnMut(&[u8]) -> std::io::Result<()>,
) -> Result<(), Refused> {
    let body =
        json!({ "AttachStdout": true, "AttachStderr": true, "User": user, "Cmd": ["sh", "-c", script] });
    let made = api.post(&format!("/containers/{}/exec", encoded(container)), &body).await?;
    let id = made["Id"].as_str().unwrap_or_default().to_owned();
    let mut streams = Streams::default();
    let start = json!({ "Detach": false, "Tty": false });
    let path = format!("/exec/{}/start", encoded(&id));
    api.follow(&path, &start, |some| streams.take(some, &mut taken)).await?;
    let ended: Value = api.get(&format!("/exec/{}/json", encoded(&id))).await?;
    if ended["ExitCode"].as_i64() == Some(0) {
        return Ok(());
    }
    Err(Refused { status: 0, message: first_line(&streams.said) })
}

/// Two streams in one: eight bytes say which and how much comes (Engine API, `POST /containers/{id}/attach`).
#[derive(Default)]
struct Streams {
    head: Vec<u8>,
    left: usize,
    is_error: bool,
    said: Vec<u8>,
}

impl Streams {
    fn take(
        &mut self,
        mut some: &[u8],
        taken: &mut impl FnMut(&[u8]) -> std::io::Result<()>,
    ) -> std::io::Result<()> {
        const HEAD: usize = 8;
        while !some.is_empty() {
            if self.left == 0 {
                let (head, rest) = some.split_at((HEAD - self.head.len()).min(some.len()));
                self.head.extend_from_slice(head);
                some = rest;
                if let [stream, _, _, _, a, b, c, d] = *self.head.as_slice() {
                    (self.is_error, self.left) = (stream == 2, u32::from_be_bytes([a, b, c, d]) as usize);
                    self.head.clear();
                }
                continue;
            }
            let (piece, rest) = some.split_at(self.left.min(some.len()));
            self.left -= piece.len();
            some = rest;
            if self.is_error {
                let room = SAID.saturating_sub(self.said.len()).min(piece.len());
                self.said.extend_from_slice(piece.get(..room).unwrap_or_default());
            } else {
                taken(piece)?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_streams_are_told_apart_wherever_they_are_cut() {
        let whole: Vec<u8> = [
            &[1, 0, 0, 0, 0, 0, 0, 3][..],
            b"abc",
            &[2, 0, 0, 0, 0, 0, 0, 5],
            b"wrong",
            &[1, 0, 0, 0, 0, 0, 0, 0],
            &[1, 0, 0, 0, 0, 0, 0, 1],
            b"d",
        ]
        .concat();
        for size in 1..whole.len() {
            let (mut streams, mut out) = (Streams::default(), Vec::new());
            for piece in whole.chunks(size) {
                let mut taken = |some: &[u8]| {
                    out.extend_from_slice(some);
                    Ok(())
                };
                streams.take(piece, &mut taken).unwrap();
            }
            assert_eq!((out.as_slice(), streams.said.as_slice()), (&b"abcd"[..], &b"wrong"[..]), "{size}");
        }
    }

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
        for row in ROWS {
            assert!(MARKERS.iter().any(|marker| marker.server == row.server), "{}", row.server);
        }
    }
}
