//! The living databases of what holds data here: what a dump is held against.

use super::{Kind, Look, Place};
use crate::engine::backup::Beyond;
use crate::engine::backup::content::{LiveRows, LiveTable};
use crate::engine::fact::Why;
use crate::family::machine::child;
use crate::family::machine::postgres::{Server, live};
use crate::family::machine::servers::{self, Listening};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

/// So many databases of one server are asked for their tables.
const DATABASES: usize = 24;
/// So many of them at once.
const AT_ONCE: usize = 4;
/// A server that does not answer in this time answers nobody.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// So long for one database, before the others have had their turn.
const FIRST: Duration = Duration::from_millis(700);

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
    /// Places whose server said which databases it has, and not what is in each of them.
    pub untold: Vec<(usize, String)>,
    /// What was too much to be asked for: `60 more databases of 15/main`.
    pub more: Vec<String>,
}

impl Living {
    /// What may hold data and was not looked at.
    pub fn beyond(&self, places: &[Place]) -> Vec<Beyond> {
        let of = |(n, why): &(usize, String)| {
            let place = places.get(*n)?;
            Some(Beyond { what: format!("databases of {}", place.what), why: Why::Failed(why.clone()) })
        };
        let too_many =
            |what: &String| Beyond { what: what.clone(), why: Why::Failed("there are too many".to_owned()) };
        self.silent.iter().chain(&self.untold).filter_map(of).chain(self.more.iter().map(too_many)).collect()
    }
}

/// Databases that every server comes with: without a table of their own they hold nothing.
const OWN: &[&str] = &["postgres", "template1", "mysql", "information_schema", "performance_schema", "sys"];

/// Asks every server, all at the same time: one that does not answer costs the others nothing.
pub fn ask(look: &Look<'_>, places: &[Place]) -> Living {
    let until = look.until.min(Instant::now() + PATIENCE);
    let asked: Vec<Result<Told, String>> = std::thread::scope(|scope| {
        let each: Vec<_> = places
            .iter()
            .enumerate()
            .map(|(n, place)| scope.spawn(move || of(look, n, place, until)))
            .collect();
        each.into_iter()
            .map(|one| one.join().unwrap_or_else(|_| Err("asking it broke off".to_owned())))
            .collect()
    });
    let mut living = Living::default();
    for (n, asked) in asked.into_iter().enumerate() {
        match asked {
            Ok(told) => {
                living.untold.extend(told.untold().map(|why| (n, why)));
                living.all.extend(told.all);
                living.more.extend(told.beyond);
            }
            Err(why) => {
                living.all.push(whole(n));
                living.silent.push((n, why));
            }
        }
    }
    living
}

/// What one server said.
#[derive(Default)]
struct Told {
    all: Vec<Database>,
    /// Databases that it did not say the tables of.
    late: Vec<String>,
    beyond: Option<String>,
}

impl Told {
    fn untold(&self) -> Option<String> {
        let (first, more) = (self.late.first()?, self.late.len() - 1);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        Some(format!("the server did not say the tables of {first}{more} in time"))
    }
}

/// A place that is not divided as far as anybody can see.
fn whole(place: usize) -> Database {
    Database { place, name: None, tables: None, keys: None }
}

fn of(look: &Look<'_>, n: usize, place: &Place, until: Instant) -> Result<Told, String> {
    let one = |database| Ok(Told { all: vec![database], ..Told::default() });
    match place.kind {
        // Another system's programs are not run.
        _ if look.root != Path::new("/") => Err("its server is another system's".to_owned()),
        Kind::Postgres => postgres(n, place, until),
        Kind::MySql => Ok(Told { all: mysql(n, place, until)?, ..Told::default() }),
        Kind::Redis => one(Database { keys: keys(place, until), ..whole(n) }),
        Kind::Other => one(whole(n)),
    }
}

fn postgres(n: usize, place: &Place, until: Instant) -> Result<Told, String> {
    let cluster = place
        .cluster
        .as_ref()
        .ok_or("which ones it has could not be asked: it is no cluster of Debian's tools")?;
    let server = Server::of(cluster, until).ok_or("its server does not run")?;
    let mut all = live::databases(&server)?;
    // The largest ones are missed most.
    all.sort_by_key(|database| std::cmp::Reverse(database.bytes));
    let mut told = Told::default();
    if let more @ 1.. = all.len().saturating_sub(DATABASES) {
        told.beyond = Some(format!("{more} more databases of {}", cluster.called()));
        all.truncate(DATABASES);
    }
    // One whose catalogue is locked does not keep the others from being asked.
    let tables = |database: &live::Database, until: Instant| {
        live::tables(&Server { until, ..server.clone() }, &database.name)
    };
    let mut asked: Vec<Option<Result<Vec<LiveTable>, String>>> = Vec::new();
    for some in all.chunks(AT_ONCE) {
        let first = until.min(Instant::now() + FIRST);
        let tables = &tables;
        asked.extend(std::thread::scope(|scope| {
            let each: Vec<_> = some
                .iter()
                .map(|database| database.connects.then(|| scope.spawn(move || tables(database, first))))
                .collect();
            let answer = |one: std::thread::ScopedJoinHandle<'_, _>| {
                one.join().unwrap_or_else(|_| Err("it ended".to_owned()))
            };
            each.into_iter().map(|one| one.map(answer)).collect::<Vec<_>>()
        }));
    }
    for (database, answer) in all.iter().zip(asked) {
        // A server that has few connections left answers one at a time.
        let answer = answer.map(|answer| answer.or_else(|_| tables(database, until)));
        if matches!(answer, Some(Err(_))) && !database.template {
            told.late.push(database.name.clone());
        }
        let tables = answer.and_then(Result::ok);
        if is_held(database, tables.as_deref()) {
            told.all.push(Database { place: n, name: Some(database.name.clone()), tables, keys: None });
        }
    }
    told.all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(told)
}

/// Whether something of a person's may be in it. One that lets nobody in may hold anything; a template holds what somebody has
/// put there, and that has to be seen.
fn is_held(database: &live::Database, tables: Option<&[LiveTable]>) -> bool {
    match tables {
        Some(tables) => !tables.is_empty() || !OWN.contains(&database.name.as_str()),
        None => !database.template,
    }
}

/// A client of this machine's own server, which knows root by its socket (unix_socket, auth_socket).
fn client(programs: &[&str]) -> Option<Command> {
    let found = programs.iter().map(|name| Path::new("/usr/bin").join(name)).find(|path| path.exists())?;
    let mut command = Command::new(found);
    command.env_clear().envs([("PATH", "/usr/bin:/bin"), ("LC_ALL", "C"), ("HOME", "/nonexistent")]);
    command.current_dir("/");
    Some(command)
}

/// The client of the server over this directory, and of no other one of this machine. Where no such server is seen, whichever
/// answers has to say itself that it is the one.
fn mysql_client(place: &Place) -> Result<Command, String> {
    let mut client = client(&["mariadb", "mysql"]).ok_or("there is no client to ask it with")?;
    client.args(["--batch", "--skip-column-names", "--connect-timeout=1"]);
    if let Some(server) = servers::over(&place.data, &["mysqld", "mariadbd"])? {
        let socket = server.sockets.first().ok_or("its server has no socket")?;
        client.args(["--protocol=socket", "--host=localhost"]);
        client.arg("--socket").arg(socket);
    }
    Ok(client)
}

/// The rows that it answers to a query, a field each; what its own server says of the directory it works on comes first.
fn mysql_ask(place: &Place, query: &str, until: Instant) -> Result<Vec<Vec<String>>, String> {
    let mut asked = mysql_client(place)?;
    asked.args(["-e", &format!("select @@datadir; {query}")]);
    let (ended, text) = child::output(asked, until)?;
    if !ended.ok {
        return Err(ended.why());
    }
    let mut lines = text.lines();
    let dir = unescaped(lines.next().unwrap_or_default());
    if !is_same(&place.data.join(dir), &place.data) {
        return Err("the server that answers is another one".to_owned());
    }
    Ok(lines.map(|line| line.split('\t').map(unescaped).collect()).collect())
}

/// A field as `--batch` writes it (mariadb(1)).
fn unescaped(field: &str) -> String {
    let mut out = String::new();
    let mut chars = field.chars();
    while let Some(c) = chars.next() {
        match (c, chars.as_str().chars().next()) {
            ('\\', Some(next)) => {
                chars.next();
                out.push(match next {
                    'n' => '\n',
                    't' => '\t',
                    '0' => '\0',
                    other => other,
                });
            }
            (c, _) => out.push(c),
        }
    }
    out
}

/// Whether two paths lead to one directory.
fn is_same(a: &Path, b: &Path) -> bool {
    let identity = |path: &Path| std::fs::metadata(path).ok().map(|meta| (meta.dev(), meta.ino()));
    a == b || (identity(a).is_some() && identity(a) == identity(b))
}

fn mysql(n: usize, place: &Place, until: Instant) -> Result<Vec<Database>, String> {
    // How many rows InnoDB has is an estimate (MySQL's manual, `TABLE_ROWS`), which nobody is alarmed by before they are counted.
    let query = "select table_schema, table_name, table_rows from information_schema.tables \
        where table_type = 'BASE TABLE' union all select schema_name, '', null from information_schema.schemata";
    Ok(schemas(n, &mysql_ask(place, query, until)?))
}

/// The databases, by rows of a name, a table and how many rows it is thought to have.
fn schemas(n: usize, rows: &[Vec<String>]) -> Vec<Database> {
    let mut found: Vec<Database> = Vec::new();
    for row in rows {
        let [schema, table, rows] = row.as_slice() else { continue };
        if OWN.contains(&schema.as_str()) {
            continue;
        }
        let at = found.iter().position(|known| known.name.as_ref() == Some(schema)).unwrap_or_else(|| {
            found.push(Database { name: Some(schema.clone()), tables: Some(Vec::new()), ..whole(n) });
            found.len() - 1
        });
        if let Some(tables) =
            found.get_mut(at).and_then(|known| known.tables.as_mut()).filter(|_| !table.is_empty())
        {
            let rows = rows.parse().map_or(LiveRows::Unknown, LiveRows::About);
            tables.push(LiveTable { name: table.clone(), rows });
        }
    }
    found
}

/// Puts what a MySQL or MariaDB counts in place of what it estimates, for these tables, as far as that can be done in time.
pub fn count(place: &Place, database: &str, tables: &mut [LiveTable], which: &[String], until: Instant) {
    if place.kind != Kind::MySql {
        return;
    }
    for name in which.iter().take(COUNTED) {
        let Some(table) = tables.iter_mut().find(|table| table.name == *name) else { continue };
        let ask = |what: &str, end: &str| {
            let query = format!("{COUNTING} {what} from {}.{}{end}", quoted(database), quoted(name));
            mysql_ask(place, &query, until)
        };
        let number = |rows: Vec<Vec<String>>| rows.first()?.first()?.parse::<u64>().ok();
        if let Some(n) = ask("count(*)", "").ok().and_then(number) {
            table.rows = LiveRows::Exactly(n);
        } else if ask("1", " limit 1").ok().and_then(number).is_some() {
            table.rows = LiveRows::Some;
        }
    }
}

/// A query that ends after a second: MariaDB reads the first comment as part of it, MySQL takes the second for advice.
const COUNTING: &str =
    "/*M! set statement max_statement_time=1 for */ select /*+ MAX_EXECUTION_TIME(1000) */";
/// So many tables are counted to be sure.
const COUNTED: usize = 20;

/// A name as MySQL quotes it.
fn quoted(name: &str) -> String {
    format!("`{}`", name.replace('`', "``"))
}

/// How many keys the Redis over this directory has, in all of its databases, if it asks nobody for a password.
fn keys(place: &Place, until: Instant) -> Option<u64> {
    let server = servers::over(&place.data, &["redis-server", "valkey-server"]).ok()?;
    let ask = |words: &[&str]| {
        let mut asked = client(&["redis-cli", "valkey-cli"])?;
        match &server {
            Some(Listening { sockets, addresses }) => match (sockets.first(), addresses.first()) {
                (Some(socket), _) => asked.arg("-s").arg(socket),
                (None, Some(at)) => asked.args(["-h", &at.ip().to_string(), "-p", &at.port().to_string()]),
                (None, None) => return None,
            },
            None => asked.args(["-p", &place.port.unwrap_or(6379).to_string()]),
        };
        let (ended, text) = child::output(
            {
                asked.args(words);
                asked
            },
            until,
        )
        .ok()?;
        ended.ok.then_some(text)
    };
    // Whoever answers says itself where its data is; a server that may not be asked that is known by its process.
    let dir = ask(&["CONFIG", "GET", "dir"])?;
    match dir.lines().collect::<Vec<_>>().as_slice() {
        ["dir", dir] if is_same(Path::new(dir), &place.data) => {}
        ["dir", ..] => return None,
        _ if server.is_none() => return None,
        _ => {}
    }
    keyspace(&ask(&["INFO", "keyspace"])?)
}

/// `db0:keys=2000,expires=0,avg_ttl=0`, a line for each database that has any.
fn keyspace(text: &str) -> Option<u64> {
    let of = |line: &str| {
        let (_, rest) = line.strip_prefix("db")?.split_once(":keys=")?;
        rest.split(',').next()?.parse::<u64>().ok()
    };
    text.starts_with("# Keyspace").then(|| text.lines().filter_map(of).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_templates_that_nobody_has_used_are_left_out() {
        let of = |name: &str, template: bool, tables: Option<usize>| {
            let database = live::Database { name: name.to_owned(), bytes: 0, connects: true, template };
            let table = LiveTable { name: "public.t".to_owned(), rows: LiveRows::Unknown };
            is_held(&database, tables.map(|n| vec![table; n]).as_deref())
        };
        for (name, template, tables, held) in [
            ("shop", false, Some(1), true),
            ("shop", false, Some(0), true),
            // It lets nobody in, or did not answer in time.
            ("shop", false, None, true),
            ("postgres", false, Some(0), false),
            ("postgres", false, Some(1), true),
            ("postgres", false, None, true),
            ("template1", true, Some(0), false),
            ("template1", true, Some(1), true),
            ("template1", true, None, false),
            // Somebody has made an own one of it.
            ("template1", false, None, true),
        ] {
            assert_eq!(of(name, template, tables), held, "{name} {template} {tables:?}");
        }
    }

    #[test]
    fn tables_that_were_not_told_are_said() {
        let of = |late: &[&str]| {
            Told { late: late.iter().map(|name| (*name).to_owned()).collect(), ..Told::default() }.untold()
        };
        assert_eq!(of(&[]), None);
        assert_eq!(of(&["shop"]).as_deref(), Some("the server did not say the tables of shop in time"));
        assert_eq!(
            of(&["shop", "crm"]).as_deref(),
            Some("the server did not say the tables of shop and 1 more in time")
        );
    }

    #[test]
    fn keys_are_those_of_all_databases() {
        for (text, want) in [
            (
                "# Keyspace\r\ndb0:keys=1,expires=0,avg_ttl=0\r\ndb5:keys=2000,expires=1,avg_ttl=0\r\n",
                Some(2001),
            ),
            ("# Keyspace\r\n", Some(0)),
            ("NOAUTH Authentication required.\n", None),
            ("", None),
        ] {
            assert_eq!(keyspace(text), want, "{text}");
        }
    }

    #[test]
    fn rows_of_mysql_are_estimates() {
        let row = |fields: [&str; 3]| fields.map(str::to_owned).to_vec();
        let rows = [
            row(["shop", "t", "3000"]),
            row(["shop", "v", "NULL"]),
            row(["mysql", "user", "9"]),
            row(["crm", "", "NULL"]),
            row(["shop", "", "NULL"]),
        ];
        let found = schemas(3, &rows);
        let [shop, crm] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(
            (shop.place, shop.name.as_deref(), crm.tables.as_deref()),
            (3, Some("shop"), Some(&[][..]))
        );
        let rows: Vec<LiveRows> = shop.tables.iter().flatten().map(|table| table.rows).collect();
        assert_eq!(rows, [LiveRows::About(3000), LiveRows::Unknown]);
    }

    #[test]
    fn names_of_mysql() {
        assert_eq!(quoted("we`ird"), "`we``ird`");
        assert_eq!(unescaped(r"a\\b\tc\nd\"), "a\\b\tc\nd\\");
    }

    /// Of a server that nobody sees over a directory nothing is asked but whether it is the one.
    #[test]
    fn no_other_server_answers_for_a_directory() {
        let dir = tempfile::tempdir().unwrap();
        let place = Place { kind: Kind::Redis, data: dir.path().to_owned(), ..Place::default() };
        let soon = Instant::now() + Duration::from_secs(5);
        assert_eq!(keys(&place, soon), None);
        assert!(mysql(0, &Place { kind: Kind::MySql, ..place }, soon).is_err());
    }
}
