//! A dump that is SQL, read as a stream: which databases and tables are in it, how many rows of each, and whether it ends as a whole
//! one does. Written by pg_dump and pg_dumpall (PostgreSQL 9 to 17) or by mysqldump and mariadb-dump.

mod lex;

use super::content::{Contents, Table, Through};
use lex::Lex;
use std::collections::HashMap;

/// Who wrote a dump.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    /// pg_dump, of one database.
    PgDump,
    /// pg_dumpall, of all databases of a cluster.
    PgDumpAll,
    /// mysqldump or mariadb-dump.
    MySqlDump,
}

impl Maker {
    /// As a person calls it.
    pub const fn word(self) -> &'static str {
        match self {
            Maker::PgDump => "pg_dump",
            Maker::PgDumpAll => "pg_dumpall",
            Maker::MySqlDump => "mysqldump",
        }
    }
}

/// First words of a dump, and the last ones of a whole one (`pg_backup_archiver.c`, `pg_dumpall.c`, mysqldump's `write_header`).
const MAKERS: &[(&str, Maker, &str)] = &[
    ("-- PostgreSQL database cluster dump", Maker::PgDumpAll, "-- PostgreSQL database cluster dump complete"),
    ("-- PostgreSQL database dump", Maker::PgDump, "-- PostgreSQL database dump complete"),
    ("-- MySQL dump", Maker::MySqlDump, "-- Dump completed"),
    ("-- MariaDB dump", Maker::MySqlDump, "-- Dump completed"),
];
/// The header stands in the first lines: mariadb-dump's follows a line for the sandbox, pg_dump's an empty comment.
const HEADER_LINES: u64 = 20;
/// The trailer stands in the last lines: since PostgreSQL 17.6 and 15.14 `\unrestrict` follows it.
const TRAILER_LINES: u64 = 10;
/// So much of a line is looked at; of rows only whether one ends the block.
const LONGEST: usize = 4 << 10;
/// So much of one that names columns: PostgreSQL has at most 1,600 in a table, with names of 63 bytes.
const LONGEST_HEAD: usize = 256 << 10;
/// How rows begin that are copied.
const COPY: &[u8] = b"COPY ";
/// How rows begin that are statements (`dumpTableData_insert`; mysqldump's `dump_table`).
const INSERTS: &[&[u8]] =
    &[b"INSERT INTO ", b"INSERT  IGNORE INTO ", b"INSERT IGNORE INTO ", b"REPLACE INTO ", b"REPLACE  INTO "];
/// What is made in a dump that has nothing but rows all the same: `-C`, and the header of mysqldump.
const NO_DEFINITIONS: &[&str] = &["CREATE DATABASE", "CREATE ROLE"];
/// The header of each database's dump.
const HEADER: &str = "-- PostgreSQL database dump";
/// Comments on an entry, which the maker writes between statements only (`_printTocEntry`; mysqldump's `print_comment`): wherever
/// a body of a function has led the reader, it is outside again.
const ENTRIES: &[(&str, &str)] = &[
    ("-- Name: ", "; Type: "),
    ("-- Data for Name: ", "; Type: "),
    ("-- Table structure for table `", "`"),
    ("-- Dumping data for table `", "`"),
];
/// So many tables of a database are told apart.
const TABLES: usize = 20_000;

/// One database in a dump.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Its name; `None` where the dump does not say which it is of.
    pub name: Option<String>,
    /// What is in it.
    pub contents: Contents,
}

/// What a dump holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlDump {
    /// Who wrote it.
    pub maker: Maker,
    /// The databases in it.
    pub parts: Vec<Part>,
    /// When it was complete, as it says itself: `2026-11-30 02:15:12`, in the time of the machine that made it.
    pub completed: Option<String>,
}

/// Where in the text the reader is.
#[derive(Debug, Default, PartialEq, Eq)]
enum At {
    #[default]
    Between,
    /// In the rows of a table, up to the line `\.`.
    Copy,
    /// In the values of an INSERT.
    Values {
        depth: u32,
        string: bool,
        /// A backslash takes the next character along, as in MySQL.
        escapes: bool,
        escaped: bool,
    },
}

/// Reads a dump piece by piece.
#[derive(Debug, Default)]
pub struct Reader {
    maker: Option<(Maker, &'static str)>,
    parts: Vec<Part>,
    /// The table whose rows are being read, in the last part.
    table: Option<usize>,
    /// That table was named by the comment above its rows, which may go into another one, that is divided into such.
    announced: bool,
    /// The tables of the last part.
    known: HashMap<String, usize>,
    at: At,
    line: Vec<u8>,
    /// Of this line more came than is looked at.
    long: bool,
    lines: u64,
    trailer: Option<u64>,
    lex: Lex,
    /// This line begins where a statement may begin.
    between: bool,
    /// This line has begun.
    begun: bool,
    /// A COPY that goes on in the next line, in a name.
    head: Vec<u8>,
    /// The columns of what is copied, where they are named.
    columns: Option<u64>,
    /// Tabs in this row.
    tabs: u64,
    /// Bytes of nothing are in this row.
    hole: bool,
    /// A header was read, and not the last line that belongs to it.
    dumping: bool,
    /// Statements end with something else than a semicolon: in a routine.
    routine: bool,
    completed: Option<String>,
}

impl Reader {
    /// Takes in the next piece, wherever it was cut.
    pub fn read(&mut self, mut some: &[u8]) {
        while !some.is_empty() {
            if matches!(self.at, At::Values { .. }) {
                some = self.values(some);
                continue;
            }
            if !self.begun {
                self.begun = true;
                self.between = self.lex.is_between();
            }
            let end = some.iter().position(|b| *b == b'\n');
            let part = some.get(..end.unwrap_or(some.len())).unwrap_or_default();
            let taken = self.take(part, LONGEST);
            let more = part.get(taken..).unwrap_or_default();
            let taken =
                taken + if !more.is_empty() && self.is_head() { self.take(more, LONGEST_HEAD) } else { 0 };
            if self.at == At::Copy {
                // Never in text: a file system lost this piece.
                self.hole |= part.contains(&0);
                self.tabs += part.iter().filter(|b| **b == b'\t').count() as u64;
            }
            if taken < part.len() {
                // The values of an INSERT may be longer than any line that is kept.
                if self.is_head() && self.insert_at(&self.line).is_some() {
                    let line = std::mem::take(&mut self.line);
                    self.insert(&line, false);
                    some = some.get(taken..).unwrap_or_default();
                    continue;
                }
                self.long = true;
            }
            if self.at == At::Between {
                // A line for psql is no statement and ends without a semicolon.
                if !(self.between && self.line.starts_with(b"\\")) {
                    self.lex.read(part);
                }
            }
            let Some(end) = end else { return };
            some = some.get(end + 1..).unwrap_or_default();
            self.line_ends();
        }
    }

    /// Keeps so much of a line, and answers with how much that was.
    fn take(&mut self, part: &[u8], longest: usize) -> usize {
        let room = longest.saturating_sub(self.line.len()).min(part.len());
        self.line.extend_from_slice(part.get(..room).unwrap_or_default());
        room
    }

    /// Whether this line begins rows.
    fn is_head(&self) -> bool {
        self.at == At::Between
            && self.between
            && (self.line.starts_with(COPY) || self.insert_at(&self.line).is_some())
    }

    /// Where the table stands in an INSERT that is one.
    fn insert_at(&self, line: &[u8]) -> Option<usize> {
        let head = INSERTS.iter().find(|head| line.starts_with(head))?;
        (!self.routine).then_some(head.len())
    }

    fn line_ends(&mut self) {
        self.lines += 1;
        let mut line = std::mem::take(&mut self.line);
        if self.at == At::Copy {
            let torn = self.hole || self.columns.is_some_and(|columns| columns != self.tabs + 1);
            if line.trim_ascii_end() == b"\\." && !self.long {
                self.at = At::Between;
            } else if torn && line.trim_ascii_end() == HEADER.as_bytes() {
                // The next dump has begun, in the rows of one that broke off.
                self.at = At::Between;
                self.lex = self.outside();
                self.between = true;
                self.between(&line);
            } else {
                if torn {
                    self.broken("a row in it is torn");
                }
                self.add_rows(1);
            }
        } else {
            if matches!(self.at, At::Between) {
                self.lex.read(b"\n");
            }
            self.between(&line);
        }
        self.tabs = 0;
        self.hole = false;
        self.begun = false;
        self.long = false;
        line.clear();
        self.line = line;
    }

    fn outside(&self) -> Lex {
        Lex::new(self.maker.is_some_and(|(maker, _)| maker == Maker::MySqlDump))
    }

    fn broken(&mut self, why: &str) {
        let read = &mut self.part().contents.read;
        if !matches!(read, Through::Broken(_)) {
            *read = Through::Broken(why.to_owned());
        }
    }

    /// A line outside of all data.
    fn between(&mut self, line: &[u8]) {
        if !self.head.is_empty() {
            return self.goes_on(line);
        }
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end();
        if self.maker.is_none() && self.lines <= HEADER_LINES {
            let known = MAKERS.iter().find(|(first, ..)| text.starts_with(first));
            self.maker = known.map(|(_, maker, last)| (*maker, *last));
            if self.maker.is_some() {
                self.lex = self.outside();
            }
        }
        if ENTRIES.iter().any(|(first, has)| text.starts_with(first) && text.contains(has)) {
            self.lex = self.outside();
            self.between = true;
        }
        if self.maker.is_some_and(|(_, last)| text.starts_with(last)) {
            self.trailer = Some(self.lines);
            self.dumping = false;
            self.completed = text.split_once(" on ").map(|(_, at)| at.to_owned()).or(self.completed.take());
        } else if text.starts_with("-- PostgreSQL database dump complete") {
            self.dumping = false;
        } else if text == HEADER {
            self.header();
        }
        if self.between {
            self.statement(line, text);
        }
    }

    /// A line where a statement may begin.
    fn statement(&mut self, line: &[u8], text: &str) {
        if text.starts_with("COPY ") {
            if self.lex.is_between() {
                self.copy(text);
            } else {
                self.head = line.to_vec();
            }
        } else if self.insert_at(line).is_some() {
            self.insert(line, true);
        } else if let Some(rest) = text.strip_prefix("-- Data for Name: ") {
            // `orders; Type: TABLE DATA; Schema: public; Owner: postgres`
            let named = rest.split_once("; Type: TABLE DATA; Schema: ");
            if let Some((name, rest)) = named {
                let schema = rest.split(';').next().unwrap_or_default();
                self.enter(&format!("{schema}.{name}"));
                self.announced = true;
            } else if rest.contains("; Type: BLOB") || rest.contains("; Type: MATERIALIZED VIEW DATA") {
                self.part().contents.others += 1;
            }
        } else if let Some(rest) = text.strip_prefix("-- Dumping data for table ") {
            self.enter(&identifier(rest));
        } else if let Some((_, name)) =
            text.split_once("    Database: ").filter(|_| text.starts_with("-- Host: "))
        {
            // Of all databases it names none here.
            if !name.trim().is_empty() {
                self.database(name.trim());
            }
        } else if let Some(at) = text.strip_prefix("-- Completed on ") {
            self.completed = Some(at.to_owned());
        } else if let Some(rest) = text.strip_prefix("\\connect ") {
            self.database(&connected(rest));
        } else if let Some(rest) = text.strip_prefix("USE `") {
            self.database(rest.trim_end_matches([';', '`']));
        } else if let Some(rest) = text.strip_prefix("DELIMITER ") {
            self.routine = rest.trim() != ";";
        } else if text.starts_with("CREATE ") && !NO_DEFINITIONS.iter().any(|no| text.starts_with(no)) {
            let defined = &mut self.part().contents.defined;
            *defined = Some(defined.unwrap_or(0) + 1);
        }
    }

    /// `COPY public.t (a, b) FROM stdin;`
    fn copy(&mut self, text: &str) {
        let Some(head) = text.strip_prefix("COPY ").and_then(|rest| rest.strip_suffix(" FROM stdin;")) else {
            return;
        };
        // The comment above says whose rows these are, where they go into one that is divided (`--load-via-partition-root`).
        if !std::mem::take(&mut self.announced) || self.table.is_none() {
            self.enter(&identifier(head));
        }
        self.columns = columns(head);
        self.tabs = 0;
        self.at = At::Copy;
    }

    /// A COPY whose names have ends of lines in them.
    fn goes_on(&mut self, line: &[u8]) {
        self.head.push(b'\n');
        self.head.extend_from_slice(line);
        if self.lex.is_between() || self.head.len() > LONGEST_HEAD {
            let head = std::mem::take(&mut self.head);
            let text = String::from_utf8_lossy(&head).into_owned();
            self.copy(text.trim_end());
        }
    }

    /// Another dump begins: of the next database of a cluster, or behind one that went into the same file.
    fn header(&mut self) {
        if self.dumping {
            self.broken("it breaks off before the next one");
        }
        self.dumping = true;
        let one = self.maker.is_some_and(|(maker, _)| maker == Maker::PgDump);
        if one && self.parts.last().is_some_and(|part| *part != Part::default()) {
            self.next(Part::default());
        }
    }

    fn database(&mut self, name: &str) {
        self.table = None;
        let named = Some(name.to_owned());
        // What stood before the first one is of the same dump and of no database: roles, tablespaces.
        self.parts.retain(|part| part.name.is_some() || part.contents.holds_anything());
        if self.parts.last().is_some_and(|part| part.name == named) {
            return;
        }
        self.next(Part { name: named, contents: Contents::default() });
    }

    fn next(&mut self, part: Part) {
        self.table = None;
        self.known.clear();
        self.parts.push(part);
    }

    fn part(&mut self) -> &mut Part {
        if self.parts.is_empty() {
            self.parts.push(Part::default());
        }
        let last = self.parts.len() - 1;
        &mut self.parts[last]
    }

    /// The table whose rows come now.
    fn enter(&mut self, name: &str) {
        self.announced = false;
        if let Some(at) = self.known.get(name) {
            self.table = Some(*at);
            return;
        }
        let tables = &mut self.part().contents.tables;
        let at = tables.len();
        if at == TABLES {
            self.table = None;
            return;
        }
        tables.push(Table { name: name.to_owned(), rows: Some(0) });
        self.known.insert(name.to_owned(), at);
        self.table = Some(at);
    }

    fn add_rows(&mut self, n: u64) {
        let Some(at) = self.table else { return };
        if let Some(table) = self.part().contents.tables.get_mut(at) {
            table.rows = table.rows.map(|rows| rows.saturating_add(n));
        }
    }

    /// Bytes of nothing are in no text: a file system lost this piece.
    fn add_values(&mut self, rows: u64, hole: bool) {
        self.add_rows(rows);
        if hole {
            self.broken("a row in it is torn");
        }
    }

    /// The beginning of an INSERT, up to its end or to the end of what is there.
    fn insert(&mut self, line: &[u8], ended: bool) {
        let rest = line.get(self.insert_at(line).unwrap_or_default()..).unwrap_or_default();
        let head = String::from_utf8_lossy(rest);
        // Several follow one comment.
        if !self.announced || self.table.is_none() {
            self.enter(&identifier(&head));
        }
        let Some(values) = find(rest, b" VALUES").or_else(|| find(rest, b"\nVALUES")) else { return };
        self.at = At::Values { depth: 0, string: false, escapes: rest.starts_with(b"`"), escaped: false };
        let rest = rest.get(values..).unwrap_or_default();
        let left = self.values(rest);
        debug_assert!(left.is_empty() || left.len() < rest.len(), "it goes on");
        if ended && matches!(self.at, At::Values { .. }) {
            // The line went on, in a string.
            self.values(b"\n");
        }
    }

    /// Values of an INSERT: a row for each parenthesis that opens outside of all others. Answers with what follows its end.
    fn values<'a>(&mut self, some: &'a [u8]) -> &'a [u8] {
        let At::Values { mut depth, mut string, escapes, mut escaped } = self.at else { return some };
        let mut rows = 0;
        let mut hole = false;
        for (i, byte) in some.iter().enumerate() {
            hole |= *byte == 0;
            if string {
                match byte {
                    _ if escaped => escaped = false,
                    b'\\' if escapes => escaped = true,
                    b'\'' => string = false,
                    _ => {}
                }
                continue;
            }
            match byte {
                b'\'' => string = true,
                b'(' => {
                    rows += u64::from(depth == 0);
                    depth += 1;
                }
                b')' => depth = depth.saturating_sub(1),
                b';' if depth == 0 => {
                    self.add_values(rows, hole);
                    self.at = At::Between;
                    self.lex = self.outside();
                    self.between = true;
                    return some.get(i + 1..).unwrap_or_default();
                }
                _ => {}
            }
        }
        self.add_values(rows, hole);
        self.at = At::Values { depth, string, escapes, escaped };
        &[]
    }

    /// What was in it. `all` says that it was read to its end; otherwise what was seen is its beginning, and rows are not
    /// known. `None` where it is no dump.
    pub fn finish(mut self, all: bool) -> Option<SqlDump> {
        if all && !self.line.is_empty() {
            self.line_ends();
        }
        let (maker, last) = self.maker?;
        let ended = self.trailer.is_some_and(|at| self.lines.saturating_sub(at) <= TRAILER_LINES);
        let read = match (all, ended) {
            (true, true) if self.at == At::Between => Through::Whole,
            (true, _) => {
                Through::Broken(format!("it does not end with \"{}\"", last.trim_start_matches("-- ")))
            }
            (false, _) => Through::Begun { ends: false },
        };
        self.part();
        for part in &mut self.parts {
            if !matches!(part.contents.read, Through::Broken(_)) {
                part.contents.read.clone_from(&read);
            }
            part.contents.defined = part.contents.defined.or(Some(0));
            for table in part.contents.tables.iter_mut().filter(|_| !all) {
                table.rows = None;
            }
        }
        Some(SqlDump { maker, parts: self.parts, completed: self.completed })
    }
}

/// Whether these are the last bytes of a whole dump by this maker: nothing follows its last line but what its maker puts there.
pub fn ends_whole(maker: Maker, tail: &[u8]) -> bool {
    let text = String::from_utf8_lossy(tail);
    let is_last = |line: &str| MAKERS.iter().any(|(_, by, last)| *by == maker && line.starts_with(last));
    let mut lines = text
        .lines()
        .rev()
        .map(str::trim_end)
        .skip_while(|line| line.is_empty() || matches!(*line, "--") || line.starts_with("\\unrestrict "));
    // What stands above it is an empty comment, or what mysqldump sets back.
    lines.next().is_some_and(is_last) && lines.next().is_none_or(|above| !is_last(above))
}

/// The maker by the first lines of a dump.
pub fn maker_of(head: &[u8]) -> Option<Maker> {
    let text = String::from_utf8_lossy(head);
    let known =
        |line: &str| MAKERS.iter().find(|(first, ..)| line.starts_with(first)).map(|(_, maker, _)| *maker);
    text.lines().take(HEADER_LINES as usize).find_map(known)
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

/// A name as SQL writes it, quotes taken off: `public."Order Items" (id) FROM` → `public.Order Items`.
fn identifier(text: &str) -> String {
    let mut name = String::new();
    let mut chars = text.chars().peekable();
    let mut quote = None;
    while let Some(c) = chars.next() {
        match (quote, c) {
            (Some(q), c) if c == q && chars.peek() == Some(&q) => name.extend(chars.next()),
            (Some(q), c) if c == q => quote = None,
            (Some(_), c) => name.push(c),
            (None, '"' | '`') => quote = Some(c),
            (None, ' ' | '(' | ';') => break,
            (None, c) => name.push(c),
        }
    }
    name
}

/// How many columns the head of a COPY names: `public.t (a, "b, c")` has two.
fn columns(head: &str) -> Option<u64> {
    let mut found = None;
    let mut quoted = false;
    for c in head.chars() {
        match c {
            '"' => quoted = !quoted,
            '(' if !quoted && found.is_none() => found = Some(1),
            ',' if !quoted => found = found.map(|n| n + 1),
            _ => {}
        }
    }
    found
}

/// `shop`, `"My Shop"`, or `-reuse-previous=on "dbname='shop'"` (`fmtId`, `appendPsqlMetaConnect`).
fn connected(rest: &str) -> String {
    let rest = rest.strip_prefix("-reuse-previous=on ").unwrap_or(rest);
    let name = identifier(rest);
    match name.strip_prefix("dbname='").and_then(|name| name.strip_suffix('\'')) {
        Some(name) => name.replace("\\'", "'").replace("\\\\", "\\"),
        None => name,
    }
}

#[cfg(test)]
mod tests;
