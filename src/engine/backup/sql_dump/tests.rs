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

const HEAD: &str =
    "--\n-- PostgreSQL database dump\n--\n\n\\restrict x\n\n-- Dumped from database version 15.18\nSET x;\n";
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
        "--\n-- PostgreSQL database cluster dump\n--\nCREATE ROLE x;\n\\connect template1\n{HEAD}{TAIL}{HEAD}CREATE DATABASE x;\n\
         \\connect -reuse-previous=on \"dbname='it''s'\"\nCOPY public.t (a) FROM stdin;\n1\n\\.\n{TAIL}\
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

fn broken(dump: &SqlDump) -> Vec<bool> {
    dump.parts.iter().map(|part| matches!(part.contents.read, Through::Broken(_))).collect()
}

#[test]
fn one_that_broke_off_before_another() {
    let cut = format!("{HEAD}COPY public.a (n, t) FROM stdin;\n1\tx\n2\ty");
    let whole = format!("{HEAD}COPY public.b (n, t) FROM stdin;\n1\tx\n\\.\n{TAIL}");
    let dump = read(&format!("{cut}{whole}")).unwrap();
    assert_eq!(broken(&dump), [true, false]);
    assert_eq!(tables(&dump), [(None, "public.a", Some(2)), (None, "public.b", Some(1))]);
    // `-C` names the databases.
    let create = |name: &str| format!("CREATE DATABASE {name};\n\\connect {name}\n");
    let named = |text: &str, name: &str| text.replacen("SET x;\n", &create(name), 1);
    let dump = read(&format!("{}{}", named(&cut, "shop"), named(&whole, "crm"))).unwrap();
    let names: Vec<_> = dump.parts.iter().map(|part| part.name.as_deref()).collect();
    assert_eq!((names, broken(&dump)), (vec![Some("shop"), Some("crm")], vec![true, false]));
    let dump = read(&format!("{HEAD}SET y;\n{whole}")).unwrap();
    assert_eq!(broken(&dump), [true, false], "nothing is in the first one");
    // Two that are whole are two.
    let dump = read(&format!("{whole}{whole}")).unwrap();
    assert_eq!(broken(&dump), [false, false]);
}

#[test]
fn a_row_has_as_many_columns_as_its_table() {
    for (row, want) in
        [("1\tx", false), ("1\tx\0\0y", true), ("1", true), ("1\tx\ty", true), ("1\t\0\0\n", true)]
    {
        let text = format!("{HEAD}COPY public.t (n, \"a, b\") FROM stdin;\n{row}\n\\.\n{TAIL}");
        assert_eq!(broken(&read(&text).unwrap()), [want], "{row:?}");
    }
    let none = format!("{HEAD}COPY public.z  FROM stdin;\n\n\n\\.\n{TAIL}");
    assert_eq!(tables(&read(&none).unwrap()), [(None, "public.z", Some(2))]);
}

#[test]
fn what_only_looks_like_rows() {
    let body = "INSERT INTO public.t VALUES (1 -- it's\n);\nCOPY public.u (a) FROM stdin;";
    for (quoted, ends) in [(format!("$$\n{body}\n$$"), ""), (format!("$_$\n{body}\n$$\n$_$"), "")] {
        let text = format!(
            "{HEAD}CREATE FUNCTION f() RETURNS void LANGUAGE sql AS {quoted};{ends}\nCREATE TABLE public.t (a int);\n\
             COPY public.t (a) FROM stdin;\n1\n\\.\n{TAIL}"
        );
        let dump = read(&text).unwrap();
        assert_eq!(tables(&dump), [(None, "public.t", Some(1))]);
        assert_eq!((dump.parts[0].contents.defined, broken(&dump)), (Some(2), vec![false]));
    }
    let text = "-- MariaDB dump 10.19\nDELIMITER ;;\nCREATE PROCEDURE p()\nBEGIN\nINSERT INTO `t` VALUES (1);\n\
                INSERT INTO `t` VALUES ('it''s');\nEND ;;\nDELIMITER ;\n-- Dumping data for table `u`\n\
                INSERT  IGNORE INTO `u` VALUES (1),(2);\nREPLACE INTO `u` VALUES (3);\n-- Dump completed on 2026-11-30  2:15:12\n";
    let dump = read(text).unwrap();
    assert_eq!(tables(&dump), [(None, "u", Some(3))]);
    assert_eq!(dump.completed.as_deref(), Some("2026-11-30  2:15:12"));
}

#[test]
fn wide_tables_and_odd_names() {
    let names: Vec<String> = (0..1_600).map(|n| format!("a_long_name_of_a_column_{n}")).collect();
    let row = vec!["1"; 1_600];
    let text = format!(
        "{HEAD}CREATE TABLE public.w (x int);\nCOPY public.w ({}) FROM stdin;\n{}\n\\.\n\
         INSERT INTO public.w ({}) VALUES ({});\nCOPY public.n (\"a\nb\", c) FROM stdin;\n1\t2\n\\.\n{TAIL}",
        names.join(", "),
        row.join("\t"),
        names.join(", "),
        row.join(", ")
    );
    let dump = read(&text).unwrap();
    assert_eq!(tables(&dump), [(None, "public.w", Some(2)), (None, "public.n", Some(1))]);
    assert_eq!(broken(&dump), [false]);
    // `--load-via-partition-root`
    let of = |name: &str| format!("-- Data for Name: {name}; Type: TABLE DATA; Schema: public; Owner: a b\n");
    let text = format!(
        "{HEAD}{}-- load via partition root public.p\nCOPY public.p (a) FROM stdin;\n1\n\\.\n{}\
         INSERT INTO public.p VALUES (1);\nINSERT INTO public.p VALUES (1);\n{TAIL}",
        of("p1"),
        of("p2")
    );
    let dump = read(&text).unwrap();
    assert_eq!(tables(&dump), [(None, "public.p1", Some(1)), (None, "public.p2", Some(2))]);
}

#[test]
fn what_is_no_dump() {
    for text in ["", "x", "CREATE TABLE t;\nINSERT INTO t VALUES (1);\n", "COPY t (a) FROM stdin;\n1\n\\.\n"]
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
                "-- PostgreSQL database dump", "CREATE FUNCTION f() AS $_$", "$_$;", "it's", "DELIMITER ;;", "DELIMITER ;",
                "COPY public.t (a, \"b", "c\") FROM stdin;", "-- Data for Name: t; Type: TABLE DATA; Schema: public; Owner: a",
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
    let rows = "-- PostgreSQL database dump complete\n".repeat(5);
    assert!(!ends_whole(Maker::PgDump, rows.as_bytes()), "rows that read like its last line");
    assert!(!ends_whole(Maker::PgDump, format!("{TAIL}SET y;\n").as_bytes()));
    assert!(ends_whole(
        Maker::MySqlDump,
        b"/*!40111 SET x */;\n\n-- Dump completed on 2026-11-30  2:15:12\n"
    ));
}
