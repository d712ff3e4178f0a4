//! The living databases of what holds data here: what a dump is held against.

use super::{Kind, Look, Place};
use crate::engine::backup::content::{LiveRows, LiveTable};
use crate::family::machine::child;
use crate::family::machine::postgres::{Server, live};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// So many databases of one server are asked for their tables.
const DATABASES: usize = 24;
/// So many of them at once.
const AT_ONCE: usize = 4;
/// A server that does not answer in this time answers nobody.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// One database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// Which of the places it is in.
    pub place: usize,
    /// Its name; `None` where the place is not divided.
    pub name: Option<String>,
    /// Its tables; `None` where nobody could ask.
    pub tables: Option<Vec<LiveTable>>,
    /// Keys, of a store that has no tables.
    pub keys: Option<u64>,
}

/// What the servers said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Living {
    /// The databases that hold anything, and those that were made for it.
    pub all: Vec<Database>,
    /// Places whose server did not answer, with the reason: one database without a name stands for each.
    pub silent: Vec<(usize, String)>,
    /// What was too much to be asked for: `60 more databases of 15/main`.
    pub beyond: Vec<String>,
}

/// Databases that every server comes with: without a table of their own they hold nothing.
const OWN: &[&str] = &["postgres", "template1", "mysql", "information_schema", "performance_schema", "sys"];

/// Asks every server.
pub fn ask(look: &Look<'_>, places: &[Place]) -> Living {
    let mut living = Living::default();
    let until = look.until.min(Instant::now() + PATIENCE);
    for (n, place) in places.iter().enumerate() {
        let asked = match place.kind {
            // Another system's programs are not run.
            _ if look.root != Path::new("/") => Err("its server is another system's".to_owned()),
            Kind::Postgres => postgres(n, place, until, &mut living.beyond),
            Kind::MySql => mysql(n, place, until),
            Kind::Redis => {
                Ok(vec![Database { place: n, name: None, tables: None, keys: keys(place, until) }])
            }
            Kind::Other => Ok(vec![Database { place: n, name: None, tables: None, keys: None }]),
        };
        match asked {
            Ok(all) => living.all.extend(all),
            Err(why) => {
                living.all.push(Database { place: n, name: None, tables: None, keys: None });
                living.silent.push((n, why));
            }
        }
    }
    living
}

fn postgres(
    n: usize,
    place: &Place,
    until: Instant,
    beyond: &mut Vec<String>,
) -> Result<Vec<Database>, String> {
    let cluster = place.cluster.as_ref().ok_or("it is no cluster of Debian's tools")?;
    let server = Server::of(cluster, until).ok_or("its server does not run")?;
    let mut all = live::databases(&server)?;
    all.retain(|database| database.connects);
    // The largest ones are missed most.
    all.sort_by_key(|database| std::cmp::Reverse(database.bytes));
    if let more @ 1.. = all.len().saturating_sub(DATABASES) {
        beyond.push(format!("{more} more databases of {}", cluster.called()));
        all.truncate(DATABASES);
    }
    let mut found = Vec::new();
    for some in all.chunks(AT_ONCE) {
        let asked: Vec<_> = std::thread::scope(|scope| {
            let each: Vec<_> = some
                .iter()
                .map(|database| {
                    let server = &server;
                    scope.spawn(move || live::tables(server, &database.name))
                })
                .collect();
            each.into_iter().map(|one| one.join().unwrap_or_else(|_| Err("it ended".to_owned()))).collect()
        });
        for (database, tables) in some.iter().zip(asked) {
            let tables: Option<Vec<LiveTable>> = tables.ok();
            let holds = tables.as_ref().is_none_or(|tables| !tables.is_empty());
            if holds || !OWN.contains(&database.name.as_str()) {
                found.push(Database { place: n, name: Some(database.name.clone()), tables, keys: None });
            }
        }
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// A client of this machine's own server, which knows root by its socket (unix_socket, auth_socket).
fn client(programs: &[&str]) -> Option<Command> {
    let found = programs.iter().map(|name| Path::new("/usr/bin").join(name)).find(|path| path.exists())?;
    let mut command = Command::new(found);
    command.env_clear().envs([("PATH", "/usr/bin:/bin"), ("LC_ALL", "C"), ("HOME", "/nonexistent")]);
    command.current_dir("/");
    Some(command)
}

fn mysql(n: usize, _place: &Place, until: Instant) -> Result<Vec<Database>, String> {
    let mut asked = client(&["mariadb", "mysql"]).ok_or("there is no client to ask it with")?;
    let query = "select table_schema, table_name from information_schema.tables where table_type = 'BASE TABLE' \
        union all select schema_name, '' from information_schema.schemata";
    // How many rows InnoDB estimates says nothing (MySQL's manual, `TABLE_ROWS`).
    asked.args(["--batch", "--skip-column-names", "--connect-timeout=1", "-e", query]);
    let (ended, text) = child::output(asked, until)?;
    if !ended.ok {
        return Err(ended.why());
    }
    let mut found: Vec<Database> = Vec::new();
    for (schema, table) in text.lines().filter_map(|line| line.split_once('\t')) {
        if OWN.contains(&schema) {
            continue;
        }
        let at = found.iter().position(|known| known.name.as_deref() == Some(schema)).unwrap_or_else(|| {
            let tables = Some(Vec::new());
            found.push(Database { place: n, name: Some(schema.to_owned()), tables, keys: None });
            found.len() - 1
        });
        if let Some(tables) =
            found.get_mut(at).and_then(|known| known.tables.as_mut()).filter(|_| !table.is_empty())
        {
            tables.push(LiveTable { name: table.to_owned(), rows: LiveRows::Unknown });
        }
    }
    Ok(found)
}

/// How many keys a Redis has that asks nobody for a password.
fn keys(place: &Place, until: Instant) -> Option<u64> {
    let mut asked = client(&["redis-cli"])?;
    asked.args(["-p", &place.port.unwrap_or(6379).to_string(), "DBSIZE"]);
    let (ended, text) = child::output(asked, until).ok()?;
    text.trim().parse().ok().filter(|_| ended.ok)
}
