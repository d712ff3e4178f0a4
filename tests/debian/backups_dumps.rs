//! Copies of databases on a machine, all of them real: which dump is empty, short, or whole, and what is said of it before the
//! database goes.

use crate::support::chroot::Root;
use serde_json::{Value, json};

/// A Debian with a running PostgreSQL, or the end of the test where there is none.
macro_rules! bed {
    ($name:literal) => {
        match $crate::support::chroot::Root::fresh($name) {
            Some(root) => root,
            None => return,
        }
    };
}
pub(crate) use bed;

/// Eight healthy databases, a shop, and one of which only the definitions are dumped.
const DATABASES: &str = r#"
create database none; create database tiny; create database indexed; create database bloat; create database js;
create database emptied; create database blobs; create database shop; create database bare;
\c tiny
create table t(a int); insert into t select generate_series(1,5);
\c indexed
create table t as select n as a, n*7 b, n%13 c from generate_series(1,50000) n;
create index on t(a); create index on t(b); create index on t(c); create index on t(a,b); create index on t(b,c); create index on t(a,c);
\c bloat
create table t as select n as a, repeat('x',400) b from generate_series(1,20000) n; analyze; delete from t where a>300;
\c js
create table t as select jsonb_build_object('n',n,'t',md5(n::text)) as j from generate_series(1,20000) n;
\c emptied
create table t as select n from generate_series(1,20000) n; analyze; truncate t;
\c blobs
create table t(a oid); insert into t select lo_from_bytea(0, decode(md5('x'),'hex'));
select lo_from_bytea(0, decode(repeat(md5(n::text),50),'hex')) from generate_series(1,50) n \g /dev/null
\c shop
create table customers as select n as id from generate_series(1,20000) n;
create table orders as select n as id, md5(n::text) t from generate_series(1,200000) n;
create table parts (id int, at date) partition by range (at);
create table parts_25 partition of parts for values from ('2025-01-01') to ('2026-01-01');
insert into parts select n, '2025-03-01' from generate_series(1,1500) n;
create table "Odd; Name" (a text); insert into "Odd; Name" values (E'a\nb');
\c bare
create table a as select n from generate_series(1,4000) n; create table b(n int); create table c(n int); create table d(n int); create table e(n int);
"#;

pub fn sql(root: &Root, text: &str) {
    let out = root.run_with("cd /tmp && su postgres -c 'psql -q -v ON_ERROR_STOP=1'", &[], text.as_bytes());
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

/// The statistics of the server come when they come.
fn sees_rows(root: &Root, database: &str, table: &str) {
    root.ok(&format!(
        "cd /tmp; until su postgres -c \"psql -Atc \\\"select pg_stat_get_live_tuples('{table}'::regclass) > 0\\\" {database}\" | grep -qx t; do sleep 0.1; done"
    ));
}

pub fn dump(root: &Root, words: &str, to: &str) {
    root.ok(&format!("mkdir -p $(dirname {to}) && chown postgres: $(dirname {to}) && cd /tmp && su postgres -c '{words}' >{to}"));
}

/// `guard check --json`, of which the copies are of interest.
pub fn copies(root: &Root, line: &str) -> Value {
    let out = root.run(&format!("guard check --json -- {line}"));
    let all: Value = serde_json::from_slice(&out.stdout).unwrap_or_else(|e| {
        panic!("{e}: {}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr))
    });
    all["impact"]["backups"].clone()
}

pub fn holder<'a>(backups: &'a Value, what: &str) -> &'a Value {
    let all = backups["holders"].as_array().unwrap_or_else(|| panic!("{backups}"));
    all.iter().find(|holder| holder["what"] == what).unwrap_or_else(|| panic!("no {what}: {backups}"))
}

pub fn standing<'a>(backups: &'a Value, database: &str) -> &'a str {
    holder(backups, &format!("database {database} (15/main)"))["standing"].as_str().unwrap()
}

pub const REMOVE: &str = "apt-get remove -y postgresql-15";

pub fn screen(root: &Root, line: &str) -> String {
    let out = root.run(&format!("COLUMNS=200 guard check -- {line}"));
    String::from_utf8_lossy(&out.stdout).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn empty_and_short_dumps_are_told_and_healthy_ones_alarm_nobody() {
    let root = bed!("empty_and_short_dumps");
    root.start("postgres");
    sql(&root, DATABASES);
    sees_rows(&root, "shop", "orders");
    for database in ["none", "tiny", "indexed", "bloat", "js", "emptied", "blobs"] {
        dump(&root, &format!("pg_dump -Fc {database}"), &format!("/var/backups/pg/{database}.dump"));
    }
    dump(&root, "pg_dump -Fc -T orders shop", "/var/backups/pg/shop.dump");
    dump(&root, "pg_dump -Fc -s bare", "/var/backups/pg/bare.dump");
    let backups = copies(&root, REMOVE);
    for (database, want) in [
        ("none", "empty"),
        ("bare", "empty"),
        ("shop", "none"),
        ("prod", "none"),
        ("tiny", "usable"),
        ("indexed", "usable"),
        ("bloat", "usable"),
        ("js", "usable"),
        ("emptied", "usable"),
        ("blobs", "usable"),
    ] {
        assert_eq!(standing(&backups, database), want, "{database}: {backups}");
    }
    let said = screen(&root, REMOVE);
    for want in [
        "EMPTY: 0 of 5 tables",
        "is partial (missing: orders (200,000 rows))",
        "NONE FOUND for database prod (15/main) in: dumps",
        "6 more: guard explain tells them",
    ] {
        assert!(said.contains(want), "{want}: {said}");
    }
    // The same holds whatever the dump is written in.
    root.ok("rm /var/backups/pg/*");
    for (words, to) in [
        ("pg_dump tiny", "/var/backups/pg/tiny.sql"),
        ("pg_dump --inserts bloat | gzip", "/var/backups/pg/bloat.sql.gz"),
        ("pg_dump -Ft js", "/var/backups/pg/js.tar"),
        ("pg_dump -s bare", "/var/backups/pg/bare.sql"),
        ("pg_dump -T orders shop", "/var/backups/pg/shop-2026-11-30.sql"),
    ] {
        dump(&root, words, to);
    }
    root.ok("cd /tmp && su postgres -c 'pg_dump -Fd -f /var/backups/pg/indexed.d indexed'");
    // Failed in a pipe, and nobody noticed.
    root.ok("cd /tmp; su postgres -c 'pg_dump nosuch 2>/dev/null | gzip >/var/backups/pg/blobs.sql.gz'");
    // The end is missing, and the list of contents is not.
    dump(&root, "pg_dump -Fc emptied", "/var/backups/pg/emptied.dump");
    root.ok(
        "cd /var/backups/pg && su postgres -c 'pg_dump -Fc prod' >prod.dump && truncate -s -2000 prod.dump",
    );
    let backups = copies(&root, REMOVE);
    for (database, want) in [
        ("tiny", "usable"),
        ("bloat", "usable"),
        ("js", "usable"),
        ("indexed", "usable"),
        ("bare", "empty"),
        ("blobs", "empty"),
        ("shop", "none"),
        ("prod", "none"),
        ("emptied", "usable"),
    ] {
        assert_eq!(standing(&backups, database), want, "{database}: {backups}");
    }
    let said = screen(&root, REMOVE);
    for want in ["missing: orders (200,000 rows)", "cannot be read back", "EMPTY: 0 bytes"] {
        assert!(said.contains(want), "{want}: {said}");
    }
}

#[test]
fn a_policy_demands_one_of_each_database() {
    let root = bed!("a_policy_demands");
    root.start("postgres");
    root.write(
        "/etc/guard/policy.yaml",
        "version: 1\nhosts: [{name: db1, environment: development, host: [db1]}]\n\
         rules: [{id: backed-up, when: {effect: disrupt}, backup: {max_age: 24h, evidence: measured}}]\n",
    );
    let asks = |what: &str| {
        let said = screen(&root, REMOVE);
        assert!(
            said.contains(&format!("a backup at most 24 h old, measured is demanded, and {what}")),
            "{said}"
        );
    };
    asks("there is no such one");
    dump(&root, "pg_dump -Fc prod", "/var/backups/prod.dump");
    assert!(!screen(&root, REMOVE).contains("is demanded"), "{}", screen(&root, REMOVE));
    root.ok("touch -d '2 days ago' /var/backups/prod.dump");
    asks("there is no such one");
    // A server that does not answer has databases that nobody knows.
    root.ok("pg_ctlcluster 15 main stop");
    asks("what there is could not be told");
    root.shims(&["apt-get"]);
    let out = root.run_with(REMOVE, &[("GUARD_CONFIRM", "db1/postgresql-15")], b"");
    assert_eq!(out.status.code(), Some(77), "{}", String::from_utf8_lossy(&out.stderr));
    let said = String::from_utf8_lossy(&out.stderr).into_owned();
    assert!(said.contains("without backup"), "{said}");
    let out = root.run_with(REMOVE, &[("GUARD_CONFIRM", "db1/postgresql-15 without backup")], b"");
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
}

#[test]
fn a_dump_of_the_whole_server_is_one_of_each_of_its_databases() {
    let root = bed!("a_dump_of_the_whole_server");
    root.start("postgres");
    sql(&root, "create database shop; \\c shop\ncreate table t as select 1 as a;");
    dump(&root, "pg_dumpall", "/var/backups/all.sql");
    let backups = copies(&root, REMOVE);
    assert_eq!((standing(&backups, "prod"), standing(&backups, "shop")), ("usable", "usable"), "{backups}");
    let record = &holder(&backups, "database prod (15/main)")["records"][0];
    assert_eq!(
        (&record["tool"], &record["evidence"]),
        (&"pg_dumpall".into(), &"measured".into()),
        "{record}"
    );
    // Only the roles: complete, and nothing in it.
    dump(&root, "pg_dumpall -g", "/var/backups/all.sql");
    let backups = copies(&root, REMOVE);
    assert_eq!(standing(&backups, "prod"), "none", "{backups}");
    assert!(screen(&root, REMOVE).contains("only roles are in it"));
    // A copy of the server's files knows whose it is.
    root.ok("cd /tmp && su postgres -c 'mkdir /var/lib/postgresql/backups && pg_basebackup -D /var/lib/postgresql/backups/base'");
    let backups = copies(&root, REMOVE);
    assert_eq!(standing(&backups, "prod"), "usable", "{backups}");
    assert!(screen(&root, REMOVE).contains("pg_basebackup base"));
    root.ok("rm -r /var/lib/postgresql/backups; cd /tmp; pg_createcluster 15 other >/dev/null; pg_ctlcluster 15 other start; \
        su postgres -c 'pg_basebackup -p 5433 -D /var/lib/postgresql/backups/base'; pg_dropcluster --stop 15 other");
    assert_eq!(standing(&copies(&root, REMOVE), "prod"), "none", "another server's");
}

#[test]
fn what_shrinks_from_one_night_to_the_next_is_told_without_the_server() {
    let root = bed!("what_shrinks");
    root.start("postgres");
    sql(
        &root,
        "create database shop; \\c shop\ncreate table a as select n from generate_series(1,9000) n; create table b(n int);",
    );
    dump(&root, "pg_dump -Fc shop", "/var/backups/shop-2026-11-28.dump");
    sql(&root, "\\c shop\ndrop table b; delete from a where n > 100; analyze;");
    dump(&root, "pg_dump -Fc shop", "/var/backups/shop-2026-11-29.dump");
    root.ok("touch -d '1 day ago' /var/backups/shop-2026-11-28.dump");
    let said = screen(&root, REMOVE);
    // It has all that would be lost now; that there was more is said.
    assert!(
        !said.contains("the newest is no use") && said.contains("1 table, 2 in the one before"),
        "{said}"
    );
    // Overwritten each night: guard itself has the numbers.
    root.ok("rm /var/backups/*.dump");
    sql(&root, "\\c shop\ninsert into a select n from generate_series(1,8900) n; analyze;");
    dump(&root, "pg_dump -Fc shop", "/var/backups/shop.dump");
    assert_eq!(standing(&copies(&root, REMOVE), "shop"), "usable");
    sql(&root, "\\c shop\ntruncate a; insert into a select n from generate_series(1,1200) n; analyze;");
    root.ok("cd /tmp; sleep 1; su postgres -c 'pg_dump -Fc shop' >/var/backups/shop.dump");
    root.ok("pg_ctlcluster 15 main stop");
    let said = screen(&root, REMOVE);
    assert!(
        said.contains("unknown: databases of PostgreSQL cluster 15/main (its server does not run)"),
        "{said}"
    );
    assert!(said.contains("1,200 rows, 9,000 in the one before"), "{said}");
}

#[test]
fn a_second_server_over_one_directory_is_said_first() {
    let root = bed!("a_second_server");
    root.start("postgres");
    dump(&root, "pg_dump -Fc prod", "/var/backups/prod.dump");
    assert_eq!(standing(&copies(&root, REMOVE), "prod"), "usable");
    // Where neither processes nor shared memory of the first are seen, as in another container, the lock is taken for a dead one's.
    root.ok(
        "setsid unshare --pid --ipc --fork --mount-proc su postgres -c '/usr/lib/postgresql/15/bin/postgres \
         -D /var/lib/postgresql/15/main -c config_file=/etc/postgresql/15/main/postgresql.conf -p 5499 -c unix_socket_directories=/tmp' \
         >/tmp/second.log 2>&1 </dev/null & \
         until su postgres -c 'psql -h /tmp -p 5499 -Atc \"select 1\" prod' 2>/dev/null | grep -qx 1; do \
         kill -0 $! || { cat /tmp/second.log; exit 1; }; sleep 0.1; done",
    );
    let said = screen(&root, REMOVE);
    assert!(said.contains("TWO SERVERS run over /var/lib/postgresql/15/main"), "{said}");
    assert!(said.contains("in a container"), "{said}");
    assert!(!said.contains("read back"), "no dump is trusted: {said}");
}

#[test]
fn a_stop_a_restart_and_a_deletion_have_the_row() {
    let root = match Root::booted("a_stop_and_a_deletion") {
        Some(root) => root,
        None => return,
    };
    root.ok(
        "until su postgres -c 'psql -Atc \"select 1\" prod' 2>/dev/null | grep -qx 1; do sleep 0.1; done",
    );
    root.ok("ln -s /bin/systemctl /sbin/reboot");
    root.ok("until redis-cli ping 2>/dev/null | grep -qx PONG; do sleep 0.1; done");
    dump(&root, "pg_dump -Fc prod", "/var/lib/postgresql/backups/prod.dump");
    for line in
        ["systemctl restart postgresql@15-main", "systemctl stop postgresql", "service postgresql restart"]
    {
        let said = screen(&root, line);
        assert!(
            said.contains("pg_dump prod.dump · 1 table, 120 k rows") || said.contains("pg_dump prod.dump"),
            "{line}: {said}"
        );
        assert!(said.contains("same storage") || said.contains("same host"), "{line}: {said}");
    }
    // The machine goes down, and everything on it with it.
    let backups = copies(&root, "reboot");
    assert_eq!(standing(&backups, "prod"), "usable", "{backups}");
    let redis = |line: &str| {
        let backups = copies(&root, line);
        holder(&backups, "Redis data in /var/lib/redis")["standing"].as_str().unwrap().to_owned()
    };
    assert_eq!(redis("reboot"), "none");
    // What the data goes with takes the copy along.
    let said = screen(&root, "rm -rf /var/lib/postgresql");
    assert!(
        said.contains("DIES WITH THIS COMMAND: pg_dump prod.dump (it lies in /var/lib/postgresql)"),
        "{said}"
    );
    assert_eq!(standing(&copies(&root, "rm -rf /var/lib/postgresql/15/main"), "prod"), "usable");
    // Redis has keys in place of tables; the file it works with is no copy.
    root.ok("mkdir -p /var/backups/redis && redis-cli save && cp /var/lib/redis/dump.rdb /var/backups/redis/dump.rdb");
    assert_eq!(redis("systemctl stop redis-server"), "usable");
    assert!(
        screen(&root, "systemctl stop redis-server").contains("20,000 keys"),
        "{}",
        screen(&root, "systemctl stop redis-server")
    );
    root.ok("redis-server --port 0 --daemonize no --save '' --dir /tmp --dbfilename none.rdb --unixsocket /tmp/none.sock & \
        until redis-cli -s /tmp/none.sock save 2>/dev/null; do sleep 0.1; done; redis-cli -s /tmp/none.sock shutdown nosave; \
        cp /tmp/none.rdb /var/backups/redis/dump.rdb");
    assert_eq!(redis("apt-get remove -y redis-server"), "empty");
    // What holds no data has no row, and a rule that demands a copy lets it be.
    assert!(copies(&root, "systemctl stop nginx").is_null());
}

#[test]
fn mariadb_has_tables_and_copies_of_its_files() {
    let root = bed!("mariadb");
    root.ok("DEBIAN_FRONTEND=noninteractive apt-get -qq install -y mariadb-server mariadb-backup 2>&1");
    root.ok(
        "install -d -o mysql /run/mysqld; setsid mariadbd --user=mysql >/tmp/mariadb.log 2>&1 </dev/null & \
         until mariadb -e 'select 1' >/dev/null 2>&1; do sleep 0.1; done",
    );
    let tables = br"create database shop; create table shop.orders (id int, t text);
        insert into shop.orders values (1, 'it\'s; ('), (2, null); create table shop.none (id int);
        create database crm; create table crm.people (id int);";
    assert!(root.run_with("mariadb", &[], tables).status.success());
    let line = "apt-get remove -y mariadb-server";
    let of = |database: &str| {
        let backups = copies(&root, line);
        let what = format!("database {database} (/var/lib/mysql)");
        holder(&backups, &what)["standing"].as_str().unwrap().to_owned()
    };
    assert_eq!(of("shop"), "none");
    root.ok("mkdir -p /var/backups/my && mariadb-dump shop >/var/backups/my/nightly.sql && mariadb-dump --no-data crm >/var/backups/my/crm.sql");
    assert_eq!((of("shop").as_str(), of("crm").as_str()), ("usable", "empty"));
    assert!(screen(&root, line).contains("2 tables, 2 rows"), "{}", screen(&root, line));
    root.ok("mariadb-dump --ignore-table=shop.orders shop >/var/backups/my/nightly.sql");
    assert_eq!(of("shop"), "none");
    assert!(screen(&root, line).contains("missing: orders"));
    root.ok("mariadb-dump --all-databases | gzip >/var/backups/my/all.sql.gz");
    assert_eq!((of("shop").as_str(), of("crm").as_str()), ("usable", "usable"));
    root.ok("rm /var/backups/my/*; mariadb-backup --backup --target-dir=/var/backups/my/full >/tmp/full.log 2>&1 || { cat /tmp/full.log; exit 1; }");
    assert_eq!((of("shop").as_str(), of("crm").as_str()), ("usable", "usable"));
    assert!(screen(&root, line).contains("not prepared yet"));
}

#[test]
fn what_makes_copies_and_what_lists_them_are_read_as_well() {
    let root = bed!("what_makes_copies");
    root.ok("sed -i '\\,file:/srv/mirror,!d' /etc/apt/sources.list; apt-get -qq install -y pgbackrest >/dev/null 2>&1");
    root.start("postgres");
    // A script says where dumps lie that nobody would look for.
    root.write("/etc/cron.d/nightly", "0 3 * * * postgres pg_dump -Fc prod > /srv/own/prod.dump\n");
    let backups = copies(&root, REMOVE);
    assert_eq!(standing(&backups, "prod"), "unknown", "cron keeps no result: {backups}");
    dump(&root, "pg_dump -Fc prod", "/srv/own/prod.dump");
    let backups = copies(&root, REMOVE);
    let of = holder(&backups, "database prod (15/main)");
    assert_eq!(
        (of["standing"].as_str(), of["records"].as_array().unwrap().len()),
        (Some("usable"), 1),
        "{of}"
    );
    // The dump has the name of the database, and is another server's.
    root.write(
        "/etc/cron.d/nightly",
        "0 3 * * * root docker exec pg pg_dump -Fc prod > /srv/own/prod.dump\n",
    );
    let said = screen(&root, REMOVE);
    assert!(
        said.contains("of which server, docker exec does not say") && !said.contains("read back"),
        "{said}"
    );
    root.write("/etc/cron.d/nightly", "0 3 * * * postgres pg_dump -p 5433 -Fc prod > /srv/own/prod.dump\n");
    assert!(
        screen(&root, REMOVE).contains("does not hold it: of the server on port 5433"),
        "{}",
        screen(&root, REMOVE)
    );
    root.ok("rm /etc/cron.d/nightly");
    assert!(
        screen(&root, REMOVE).contains("NONE FOUND in: dumps, pgbackrest, timers (all read)"),
        "{}",
        screen(&root, REMOVE)
    );
    // Its own catalogue, joined by what no other server has.
    root.write("/etc/pgbackrest.conf", "[global]\nrepo1-path=/srv/pgbackrest\nlog-level-file=off\nstart-fast=y\n[main]\npg1-path=/var/lib/postgresql/15/main\n");
    root.ok(
        "install -d -o postgres -m 750 /srv/pgbackrest; pg_ctlcluster 15 main stop; \
         printf \"archive_mode = on\\narchive_command = 'pgbackrest --stanza=main archive-push %%p'\\n\" >>/etc/postgresql/15/main/postgresql.conf",
    );
    root.start("postgres");
    root.ok("su postgres -c 'pgbackrest --stanza=main stanza-create && pgbackrest --stanza=main --type=full backup' 2>&1");
    let said = screen(&root, REMOVE);
    assert!(said.contains("pgBackRest") && said.contains("/srv/pgbackrest"), "{said}");
    assert_eq!(standing(&copies(&root, REMOVE), "prod"), "usable");
}

#[test]
#[ignore = "two gigabytes in memory: tests/run --all"]
fn a_large_dump_is_read_as_a_stream() {
    let root = bed!("a_large_dump");
    root.start("postgres");
    root.ok(
        "mkdir /var/backups/big; { printf -- '--\\n-- PostgreSQL database dump\\n--\\n\\nCOPY public.customers (id, name, address) FROM stdin;\\n'; \
         yes '1\tc4ca4238a0b923820dcc509a6f75849b\t28c8edde3d61a0411511d3b1866f0636' | head -n 31000000; \
         printf '\\\\.\\n\\n--\\n-- PostgreSQL database dump complete\\n--\\n\\n'; } >/var/backups/big/prod.sql; \
         test \"$(stat -c %s /var/backups/big/prod.sql)\" -gt 2000000000",
    );
    // What is held of it is one piece: with so little memory nothing else would do.
    let line = format!("bash -c 'ulimit -v 700000; exec guard check --json -- {REMOVE}'");
    let started = std::time::Instant::now();
    let out = root.run(&line);
    println!("a dump of 2 GB: {} ms to the question", started.elapsed().as_millis());
    let all: Value = serde_json::from_slice(&out.stdout).unwrap();
    let backups = &all["impact"]["backups"];
    assert_eq!(standing(backups, "prod"), "usable", "{backups}");
    let record = &holder(backups, "database prod (15/main)")["records"][0];
    println!("{record}");
    // Either all of it was counted, or it is said that there was no time for that.
    let counted = record["evidence"] == "measured" && record["amounts"][1]["n"] == 31_000_000;
    let begun = record["amounts"] == json!([])
        && record["remarks"] == json!(["too large to be read in time, its last line is there"]);
    assert!(counted || begun, "{record}");
}
