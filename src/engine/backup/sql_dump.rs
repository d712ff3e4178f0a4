//! A dump that is SQL, read as a stream: which databases and tables are in it, how many rows of each, and whether it ends as a whole
//! one does. Written by pg_dump and pg_dumpall (PostgreSQL 9 to 17) or by mysqldump and mariadb-dump.

use super::content::{Contents, Table, Through};

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
/// How rows begin that are statements.
const INSERT: &[u8] = b"INSERT INTO ";
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
    at: At,
    line: Vec<u8>,
    /// Of this line more came than is looked at.
    long: bool,
    lines: u64,
    trailer: Option<u64>,
}

impl Reader {
    /// Takes in the next piece, wherever it was cut.
    pub fn read(&mut self, mut some: &[u8]) {
        while !some.is_empty() {
            if matches!(self.at, At::Values { .. }) {
                some = self.values(some);
                continue;
            }
            let end = some.iter().position(|b| *b == b'\n');
            let part = some.get(..end.unwrap_or(some.len())).unwrap_or_default();
            let room = LONGEST.saturating_sub(self.line.len()).min(part.len());
            self.line.extend_from_slice(part.get(..room).unwrap_or_default());
            if room < part.len() {
                // The values of an INSERT may be longer than any line that is kept.
                if self.at == At::Between && self.line.starts_with(INSERT) {
                    let line = std::mem::take(&mut self.line);
                    self.insert(&line, false);
                    some = some.get(room..).unwrap_or_default();
                    continue;
                }
                self.long = true;
            }
            let Some(end) = end else { return };
            some = some.get(end + 1..).unwrap_or_default();
            self.line_ends();
        }
    }

    fn line_ends(&mut self) {
        self.lines += 1;
        if self.at == At::Copy {
            if self.line.trim_ascii_end() == b"\\." && !self.long {
                self.at = At::Between;
            } else {
                self.add_rows(1);
            }
        } else {
            let line = std::mem::take(&mut self.line);
            self.between(&line);
            self.line = line;
        }
        self.line.clear();
        self.long = false;
    }

    /// A line outside of all data.
    fn between(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(line);
        let text = text.trim_end();
        if self.maker.is_none() && self.lines <= HEADER_LINES {
            let known = MAKERS.iter().find(|(first, ..)| text.starts_with(first));
            self.maker = known.map(|(_, maker, last)| (*maker, *last));
        }
        if self.maker.is_some_and(|(_, last)| text.starts_with(last)) {
            self.trailer = Some(self.lines);
        } else if let Some(rest) = text.strip_prefix("COPY ") {
            if rest.ends_with(" FROM stdin;") && !self.long {
                self.enter(&identifier(rest));
                self.at = At::Copy;
            }
        } else if line.starts_with(INSERT) {
            self.insert(line, true);
        } else if let Some(rest) = text.strip_prefix("-- Data for Name: ") {
            // `orders; Type: TABLE DATA; Schema: public; Owner: postgres`
            let named = rest.split_once("; Type: TABLE DATA; Schema: ");
            if let Some((name, rest)) = named {
                let schema = rest.split(';').next().unwrap_or_default();
                self.enter(&format!("{schema}.{name}"));
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
        } else if let Some(rest) = text.strip_prefix("\\connect ") {
            self.database(&connected(rest));
        } else if let Some(rest) = text.strip_prefix("USE `") {
            self.database(rest.trim_end_matches([';', '`']));
        }
    }

    fn database(&mut self, name: &str) {
        self.table = None;
        let named = Some(name.to_owned());
        // What stood before the first one is of the same dump and of no database: roles, tablespaces.
        self.parts.retain(|part| part.name.is_some() || part.contents != Contents::default());
        if self.parts.last().is_some_and(|part| part.name == named) {
            return;
        }
        self.parts.push(Part { name: named, contents: Contents::default() });
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
        let tables = &mut self.part().contents.tables;
        // It is the last one nearly always.
        let known = tables.iter().rposition(|table| table.name == name);
        let at = known.or_else(|| {
            let room = tables.len() < TABLES;
            room.then(|| {
                tables.push(Table { name: name.to_owned(), rows: Some(0) });
                tables.len() - 1
            })
        });
        self.table = at;
    }

    fn add_rows(&mut self, n: u64) {
        let Some(at) = self.table else { return };
        if let Some(table) = self.part().contents.tables.get_mut(at) {
            table.rows = table.rows.map(|rows| rows.saturating_add(n));
        }
    }

    /// The beginning of an INSERT, up to its end or to the end of what is there.
    fn insert(&mut self, line: &[u8], ended: bool) {
        let rest = line.get(INSERT.len()..).unwrap_or_default();
        let head = String::from_utf8_lossy(rest);
        self.enter(&identifier(&head));
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
        for (i, byte) in some.iter().enumerate() {
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
                    self.add_rows(rows);
                    self.at = At::Between;
                    return some.get(i + 1..).unwrap_or_default();
                }
                _ => {}
            }
        }
        self.add_rows(rows);
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
            part.contents.read.clone_from(&read);
            for table in part.contents.tables.iter_mut().filter(|_| !all) {
                table.rows = None;
            }
        }
        Some(SqlDump { maker, parts: self.parts })
    }
}

/// Whether these are the last bytes of a whole dump by this maker.
pub fn ends_whole(maker: Maker, tail: &[u8]) -> bool {
    let text = String::from_utf8_lossy(tail);
    let last = MAKERS.iter().filter(|(_, by, _)| *by == maker).map(|(.., last)| last);
    let mut lines = text.lines().rev().take(TRAILER_LINES as usize + 1);
    let last: Vec<&&str> = last.collect();
    lines.any(|line| last.iter().any(|last| line.starts_with(**last)))
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
mod tests {
    use super::*;

    fn read(text: &str) -> Option<SqlDump> {
        let whole = |size: usize| {
            let mut reader = Reader::default();
            text.as_bytes().chunks(size).for_each(|some| reader.read(some));
            reader.finish(true)
        };
        let all = whole(text.len().max(1));
        for size in [1, 2, 3, 7, 64, 4096] {
            assert_eq!(whole(size), all, "pieces of {size}");
        }
        all
    }

    fn tables(dump: &SqlDump) -> Vec<(Option<&str>, &str, Option<u64>)> {
        let of = |part: &'_ Part| part.contents.tables.len();
        assert!(dump.parts.iter().map(of).sum::<usize>() < 100);
        let each = dump.parts.iter().flat_map(|part| {
            part.contents.tables.iter().map(|table| (part.name.as_deref(), table.name.as_str(), table.rows))
        });
        each.collect()
    }

    const HEAD: &str = "--\n-- PostgreSQL database dump\n--\n\n\\restrict x\n\n-- Dumped from database version 15.18\nSET x;\n";
    const TAIL: &str = "--\n-- PostgreSQL database dump complete\n--\n\n\\unrestrict x\n\n";

    #[test]
    fn rows_of_copy() {
        let text = format!(
            "{HEAD}COPY public.t (a) FROM stdin;\n1\n2\nCOPY public.no (a) FROM stdin;\n-- PostgreSQL database dump complete\n\\.\n\n\
             COPY public.\"Order \"\"Items\" (a) FROM stdin;\n\\.\n{TAIL}"
        );
        let dump = read(&text).unwrap();
        assert_eq!(dump.maker, Maker::PgDump);
        assert_eq!(tables(&dump), [(None, "public.t", Some(4)), (None, "public.Order \"Items", Some(0))]);
        assert_eq!(dump.parts[0].contents.read, Through::Whole);
    }

    #[test]
    fn rows_of_inserts() {
        let text = format!(
            "{HEAD}-- Data for Name: t; Type: TABLE DATA; Schema: public; Owner: postgres\n\
             INSERT INTO public.t VALUES (1, 'a;(b\n--'')\\', (2));\nINSERT INTO public.t (a, b) VALUES\n\t(1, 'x'),\n\t(2, 'y');\n\
             -- Data for Name: none; Type: TABLE DATA; Schema: public; Owner: postgres\n\
             -- Data for Name: BLOBS; Type: BLOBS; Schema: -; Owner: -\n{TAIL}"
        );
        let dump = read(&text).unwrap();
        assert_eq!(tables(&dump), [(None, "public.t", Some(3)), (None, "public.none", Some(0))]);
        assert_eq!((dump.parts[0].contents.others, &dump.parts[0].contents.read), (1, &Through::Whole));
    }

    #[test]
    fn mysql() {
        let long = "x".repeat(9_000);
        let text = format!(
            "/*M!999999\\- enable the sandbox mode */ \n-- MariaDB dump 10.19  Distrib 10.11\n--\nUSE `shop`;\n\
             -- Dumping data for table `orders`\nINSERT INTO `orders` VALUES (1,'it\\'s; ('),(2,'{long}'),\n(3,NULL);\n\
             -- Dumping data for table `none`\n-- Dump completed on 2026-11-30\n"
        );
        let dump = read(&text).unwrap();
        assert_eq!(dump.maker, Maker::MySqlDump);
        assert_eq!(tables(&dump), [(Some("shop"), "orders", Some(3)), (Some("shop"), "none", Some(0))]);
        assert_eq!(dump.parts[0].contents.read, Through::Whole);
    }

    #[test]
    fn mysql_names_its_database_in_the_first_lines() {
        let text = "-- MySQL dump 10.13\n--\n-- Host: localhost    Database: shop\n-- Dumping data for table `t`\n-- Dump completed\n";
        assert_eq!(tables(&read(text).unwrap()), [(Some("shop"), "t", Some(0))]);
        let all = read("-- MySQL dump 10.13\n-- Host: localhost    Database: \n-- Dump completed\n").unwrap();
        assert_eq!(all.parts[0].name, None);
    }

    #[test]
    fn a_cluster() {
        let text = format!(
            "--\n-- PostgreSQL database cluster dump\n--\nCREATE ROLE x;\n\\connect template1\n{HEAD}{TAIL}\
             \\connect -reuse-previous=on \"dbname='it''s'\"\n{HEAD}COPY public.t (a) FROM stdin;\n1\n\\.\n{TAIL}\
             --\n-- PostgreSQL database cluster dump complete\n--\n\n"
        );
        let dump = read(&text).unwrap();
        assert_eq!(dump.maker, Maker::PgDumpAll);
        let names: Vec<_> = dump.parts.iter().map(|part| part.name.as_deref()).collect();
        assert_eq!(names, [Some("template1"), Some("it''s")]);
        assert_eq!(dump.parts[1].contents.rows(), Some(1));
        assert_eq!(dump.parts[1].contents.read, Through::Whole);
    }

    #[test]
    fn what_is_cut_off_is_not_whole() {
        for text in [
            format!("{HEAD}COPY public.t (a) FROM stdin;\n1\n"),
            format!("{HEAD}SET y;\n"),
            format!("{HEAD}{TAIL}{}", "SET y;\n".repeat(20)),
            format!("{HEAD}INSERT INTO t VALUES ('{TAIL}"),
        ] {
            let dump = read(&text).unwrap();
            assert!(matches!(dump.parts[0].contents.read, Through::Broken(_)), "{text}");
        }
        // Not read to its end: nothing is known of rows.
        let mut reader = Reader::default();
        reader.read(format!("{HEAD}COPY public.t (a) FROM stdin;\n1\n").as_bytes());
        let dump = reader.finish(false).unwrap();
        let read = &dump.parts[0].contents.read;
        assert_eq!((dump.parts[0].contents.rows(), read), (None, &Through::Begun { ends: false }));
    }

    #[test]
    fn what_is_no_dump() {
        for text in
            ["", "x", "CREATE TABLE t;\nINSERT INTO t VALUES (1);\n", "COPY t (a) FROM stdin;\n1\n\\.\n"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    proptest::proptest! {
        /// The same answer wherever the pieces are cut, whatever stands in it.
        #[test]
        fn pieces_make_no_difference(
            lines in proptest::collection::vec(
                proptest::sample::select(vec![
                    "COPY public.t (a) FROM stdin;", "\\.", "1\t2", "INSERT INTO `t` VALUES (1,'a\\'b'),", "(2,'x;y');",
                    "INSERT INTO public.t VALUES ('it''s", "');", "\\connect shop", "-- Dump completed on 2026",
                    "-- Dumping data for table `t`", "", "-- PostgreSQL database dump complete", "USE `x`;",
                ]),
                0..30,
            ),
            size in 1..40_usize,
        ) {
            for head in ["-- PostgreSQL database dump\n", "-- MySQL dump\n"] {
                let text = format!("{head}{}\n", lines.join("\n"));
                let cut = |size: usize| {
                    let mut reader = Reader::default();
                    text.as_bytes().chunks(size).for_each(|some| reader.read(some));
                    reader.finish(true)
                };
                proptest::prop_assert_eq!(cut(text.len()), cut(size));
            }
        }
    }

    #[test]
    fn both_ends_alone() {
        assert_eq!(maker_of(HEAD.as_bytes()), Some(Maker::PgDump));
        assert!(ends_whole(Maker::PgDump, TAIL.as_bytes()));
        assert!(!ends_whole(Maker::PgDumpAll, TAIL.as_bytes()));
        assert!(!ends_whole(Maker::PgDump, b"COPY x\n1\n"));
    }
}
