//! What a running server says of its databases: which there are, their tables, and how many rows those have.

use super::Server;
use crate::engine::backup::content::{LARGE_OBJECTS, LiveRows, LiveTable};

/// A database as its server describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Database {
    /// Its name.
    pub name: String,
    /// Bytes on disk.
    pub bytes: u64,
    /// Whether anybody may connect to it.
    pub connects: bool,
    /// It is one of the two that every server comes with for new ones to be made of (`template0`, `template1`), and still marked so.
    pub template: bool,
}

/// The user's own tables: not the server's, not those an extension makes again. Those that are only divided into others
/// hold no rows themselves.
pub const TABLES: &str = "from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
    where c.relkind = 'r' and c.relpersistence <> 't' and n.nspname !~ '^pg_' and n.nspname <> 'information_schema' \
    and not exists (select 1 from pg_catalog.pg_depend d where d.classid = 'pg_catalog.pg_class'::regclass \
    and d.objid = c.oid and d.deptype = 'e')";
/// So long one table may be counted, in milliseconds.
const COUNTING_MS: u32 = 1_000;
/// So many tables are counted to be sure.
const COUNTED: usize = 20;

/// All databases, also those that let nobody in, but the template that nobody can change.
///
/// # Errors
/// Why there is no answer, in words.
pub fn databases(server: &Server<'_>) -> Result<Vec<Database>, String> {
    let query = "select datname, pg_catalog.pg_database_size(oid), datallowconn, \
        datistemplate and datname in ('template0', 'template1') from pg_catalog.pg_database \
        where datname <> 'template0' or not datistemplate order by datname";
    let fields = server.ask("postgres", query).or_else(|_| server.ask("template1", query))?;
    let live = |f: &[String]| match f {
        [name, bytes, connects, template] => Ok(Database {
            name: name.clone(),
            bytes: bytes.parse().unwrap_or(0),
            connects: connects == "t",
            template: template == "t",
        }),
        _ => Err(STRANGE.to_owned()),
    };
    fields.chunks(4).map(live).collect()
}

/// What psql says that nobody here understands.
const STRANGE: &str = "psql answered in another form";

/// The tables of a database with the rows that the server's statistics have, and its large objects as if they were one.
///
/// # Errors
/// Why there is no answer, in words.
pub fn tables(server: &Server<'_>, database: &str) -> Result<Vec<LiveTable>, String> {
    let query = format!(
        "select n.nspname || '.' || c.relname, pg_catalog.pg_stat_get_live_tuples(c.oid), c.reltuples::bigint {TABLES} \
        union all select '{LARGE_OBJECTS}', count(*), -1 from pg_catalog.pg_largeobject_metadata having count(*) > 0 order by 1"
    );
    let fields = server.ask(database, &query)?;
    let table = |f: &[String]| match f {
        [name, living, counted] => {
            // Both are nothing after a crash; the second is -1 where nobody has analysed it.
            let known = [living, counted].into_iter().find_map(|n| n.parse::<u64>().ok().filter(|n| *n > 0));
            let exact = name == LARGE_OBJECTS;
            let rows =
                known.map_or(LiveRows::Unknown, if exact { LiveRows::Exactly } else { LiveRows::About });
            Ok(LiveTable { name: name.clone(), rows })
        }
        _ => Err(STRANGE.to_owned()),
    };
    fields.chunks(3).map(table).collect()
}

/// Puts what was counted in place of what the statistics say, for these tables, as far as that can be done in time.
pub fn count(server: &Server<'_>, database: &str, tables: &mut [LiveTable], which: &[String]) {
    for name in which.iter().take(COUNTED) {
        let Some(table) = tables.iter_mut().find(|table| table.name == *name) else { continue };
        let query = format!(
            "set statement_timeout = {COUNTING_MS}; \
            select coalesce((xpath('/row/n/text()', query_to_xml(format('select count(*) as n from only %I.%I', \
            n.nspname, c.relname), false, true, '')))[1]::text::bigint, 0) {TABLES} and n.nspname || '.' || c.relname = {}",
            literal(name)
        );
        if let Some(n) = server.ask(database, &query).ok().and_then(|f| f.first()?.trim().parse().ok()) {
            table.rows = LiveRows::Exactly(n);
        } else if server
            .ask(database, &any(name))
            .is_ok_and(|f| f.first().is_some_and(|one| one.trim() == "1"))
        {
            table.rows = LiveRows::Some;
        }
    }
}

/// Whether there is a row at all, where counting takes too long.
fn any(name: &str) -> String {
    format!(
        "set statement_timeout = {COUNTING_MS}; \
        select coalesce((xpath('/row/n/text()', query_to_xml(format('select 1 as n from only %I.%I limit 1', \
        n.nspname, c.relname), false, true, '')))[1]::text::bigint, 0) {TABLES} and n.nspname || '.' || c.relname = {}",
        literal(name)
    )
}

/// A text as SQL writes it.
fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_quoted() {
        assert_eq!(literal("public.it's"), "'public.it''s'");
    }
}
