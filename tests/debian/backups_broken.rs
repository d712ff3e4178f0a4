//! Dumps that break off, leave something out, or cannot be read; and odd ones that are whole.

use crate::backups_dumps::{REMOVE, bed, copies, dump, screen, sql, standing};
use guard::family::machine::postgres::archive;

/// Two tables each, so that what is missing is in the last one.
const DATABASES: &str = r#"
create database shop; create database crm; create database fun; create database docs; create database wide;
create database tenant_1; create database tenant_2;
create user "Erika Muster"; create database om owner "Erika Muster";
\c shop
create table a as select n, md5(n::text) t from generate_series(1,3000) n;
create table z as select n, md5(n::text) t from generate_series(1,3000) n;
\c crm
create table a as select n, md5(n::text) t from generate_series(1,3000) n;
create table contacts as select n, md5(n::text) t from generate_series(1,3000) n;
\c fun
create table t (n int, x text); insert into t select n, 'x' from generate_series(1,2000) n;
create function f() returns trigger language plpgsql as $$
begin
INSERT INTO public.t VALUES (new.n, 'it''s -- '';');
return new;
end $$;
\c docs
create table t(a oid); insert into t select lo_from_bytea(0, decode(md5(n::text),'hex')) from generate_series(1,20) n;
\c wide
select 'create table w (' || string_agg('a_column_with_a_long_name_' || n || ' int', ', ') || ')' from generate_series(1,300) n \gexec
insert into w (a_column_with_a_long_name_1) select n from generate_series(1,1500) n;
\c om
set role "Erika Muster"; create table t as select n from generate_series(1,1500) n;
\c tenant_1
create table t as select n from generate_series(1,50) n;
\c tenant_2
create table t as select n from generate_series(1,70) n;
"#;

#[test]
fn what_breaks_off_or_leaves_something_out_is_no_use() {
    let root = bed!("what_breaks_off");
    root.start("postgres");
    sql(&root, DATABASES);
    let pg = |name: &str| format!("/var/backups/pg/{name}");
    for (words, to) in [
        ("pg_dump -Fc -a crm", "crm.dump"),
        ("pg_dump -s fun", "fun.sql"),
        ("pg_dump -Fc -B docs", "docs.dump"),
        ("pg_dump wide", "wide.sql"),
        ("pg_dump -Fc om", "om.dump"),
        ("pg_dump -Fc tenant_1", "tenant_1.dump"),
        ("pg_dump -Fc tenant_2", "tenant_2.dump"),
    ] {
        dump(&root, words, &pg(to));
    }
    // pg_restore itself says nothing of a tar that ends in a row.
    root.ok("cd /var/backups/pg; su postgres -c 'pg_dump -Ft shop' >t; head -c $(($(stat -c %s t) * 95 / 100)) t >shop.tar; rm t");
    sql(&root, "\\c om\ncreate table made_since (n int);");
    let backups = copies(&root, REMOVE);
    for (database, want) in [
        ("shop", "none"),
        ("crm", "none"),
        ("fun", "empty"),
        ("docs", "none"),
        ("wide", "usable"),
        ("om", "usable"),
        ("tenant_1", "usable"),
        ("tenant_2", "usable"),
        ("prod", "none"),
    ] {
        assert_eq!(standing(&backups, database), want, "{database}: {backups}");
    }
    let said = screen(&root, REMOVE);
    assert!(said.contains("EMPTY: 0 of 1 table"), "{said}");
    // What is called like a dump and cannot be read may be one.
    dump(&root, "pg_dump prod | gzip | gzip", &pg("prod.sql.gz"));
    assert_eq!(standing(&copies(&root, REMOVE), "prod"), "unknown");
    // Several in one file, the first of which broke off; and a directory whose last rows did.
    root.ok(
        "cd /var/backups/pg; rm -r *; su postgres -c 'pg_dump -C shop' >s; su postgres -c 'pg_dump -C crm' >c; \
         { head -c $(($(stat -c %s s) * 95 / 100)) s; cat c; } >all.sql; rm s c; \
         su postgres -c 'pg_dump -Fd -Z0 -f fun.d fun'; f=$(ls -S fun.d/*.dat | grep -v toc | head -n 1); \
         truncate -s $(($(stat -c %s $f) / 2)) $f; su postgres -c 'pg_dump -Fc docs' >docs.dump",
    );
    let backups = copies(&root, REMOVE);
    for (database, want) in [("shop", "none"), ("crm", "usable"), ("fun", "none"), ("docs", "usable")] {
        assert_eq!(standing(&backups, database), want, "{database}: {backups}");
    }
    let said = screen(&root, REMOVE);
    assert!(
        said.contains("it breaks off before the next one") && said.contains("a row in it is torn"),
        "{said}"
    );
}

#[test]
fn the_end_of_a_large_archive_is_known_without_reading_it() {
    let root = bed!("the_end_of_a_large_archive");
    root.start("postgres");
    sql(&root, DATABASES);
    root.ok("install -d -o postgres /srv/a");
    let list = root.ok("cd /tmp; su postgres -c 'pg_dump -Fc shop | pg_restore --list'");
    for words in [
        "pg_dump -Fc -f /srv/a/x shop",
        "pg_dump -Fc shop >/srv/a/x",
        "pg_dump -Fc shop | cat >/srv/a/x",
        "pg_dump -Fc -Z0 -f /srv/a/x shop",
        "pg_dump -Fc -f /srv/a/x docs",
        "pg_dump -Ft -f /srv/a/x shop",
    ] {
        root.ok(&format!("cd /tmp; su postgres -c '{words}'"));
        let path = root.path().join("srv/a/x");
        assert!(archive::ends_whole(&path, &list), "{words}");
        let whole = std::fs::read(&path).unwrap();
        for left in [whole.len() - 1, whole.len() * 99 / 100, whole.len() * 9 / 10, whole.len() / 2] {
            std::fs::write(&path, &whole[..left]).unwrap();
            let zeros = whole[..left].iter().rev().take_while(|b| **b == 0).count();
            // Of a tar that lacks a few of its last zeros nothing is lost. Behind large objects there are two lengths of nothing.
            let seems = archive::ends_whole(&path, &list);
            let is_near = words.contains("docs") && whole.len() - left < 5;
            assert!(!seems || zeros >= 1024 || is_near, "{words}: {left} of {}", whole.len());
        }
        std::fs::write(&path, [whole, vec![0; 1 << 16]].concat()).unwrap();
        assert!(!archive::ends_whole(&path, &list), "{words}: a hole at its end");
    }
    root.ok("cd /tmp; su postgres -c 'pg_dump -Fd -f /srv/a/d shop'");
    let path = root.path().join("srv/a/d");
    assert!(archive::ends_whole(&path, &list));
    root.ok("rm $(ls -S /srv/a/d/*.dat.gz | head -n 1)");
    assert!(!archive::ends_whole(&path, &list), "a file is missing");
}
