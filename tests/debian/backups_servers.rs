//! Living servers that are asked what they hold, each of them for itself; and copies that are no longer whole, or go with the command.

use crate::backups_dumps::{REMOVE, bed, copies, dump, holder, screen, sql, standing};

#[test]
fn a_database_that_lets_nobody_in_holds_something_and_a_dump_that_is_named_goes() {
    let root = bed!("lets_nobody_in");
    root.start("postgres");
    sql(&root, "create database locked; alter database locked allow_connections false;");
    dump(&root, "pg_dump -Fc prod", "/var/backups/pg/prod.dump");
    let backups = copies(&root, REMOVE);
    assert_eq!((standing(&backups, "locked"), standing(&backups, "prod")), ("none", "usable"));
    root.ok("ln -s /var/backups /bk && mkdir -p /srv/real && ln -s /srv/real/prod.dump /var/backups/pg/linked.dump");
    for file in ["/var/backups/pg/prod.dump", "/bk/pg/prod.dump", "/var/backups/pg/../pg/prod.dump"] {
        let backups = copies(&root, &format!("rm -rf /var/lib/postgresql/15/main {file}"));
        assert_eq!(standing(&backups, "prod"), "dies", "{file}");
    }
    root.ok("mv /var/backups/pg/prod.dump /srv/real/");
    let backups = copies(&root, "rm -rf /var/lib/postgresql/15/main /srv/real");
    assert_eq!(standing(&backups, "prod"), "dies", "what the link leads to goes");
    // A whole server's files, and then the list of them alone.
    root.ok("rm -r /var/backups/pg; install -d -o postgres /var/backups/pg; cd /tmp; su postgres -c 'pg_basebackup -c fast -D /var/backups/pg/base'");
    assert_eq!(standing(&copies(&root, REMOVE), "prod"), "usable");
    root.ok("rm -r /var/backups/pg/base/base");
    assert_eq!(standing(&copies(&root, REMOVE), "prod"), "none");
    assert!(screen(&root, REMOVE).contains("files are not there"), "{}", screen(&root, REMOVE));
}

#[test]
fn tables_that_are_locked_are_said_to_be_unknown() {
    let root = bed!("tables_that_are_locked");
    root.start("postgres");
    sql(&root, "create database shop; create database crm;");
    dump(&root, "pg_dump -Fc prod", "/var/backups/pg/prod.dump");
    root.ok(
        "cd /tmp; (setsid su postgres -c \"psql -qc 'begin; lock table pg_class in access exclusive mode; select pg_sleep(60)' prod\" \
         >/dev/null 2>&1 </dev/null &) ; until su postgres -c \"psql -Atc \\\"select 1 from pg_locks where mode = 'AccessExclusiveLock' \
         and relation = 1259\\\"\" | grep -qx 1; do sleep 0.1; done",
    );
    let backups = copies(&root, REMOVE);
    assert_eq!(
        backups["beyond"][0]["because"].as_str().or(backups["beyond"][0]["why"].as_str()),
        Some("the server did not say the tables of prod in time"),
        "{backups}"
    );
    let record = &holder(&backups, "database prod (15/main)")["records"][0];
    assert_eq!(record["evidence"], "recorded", "{backups}");
    assert_eq!(standing(&backups, "crm"), "none");
}

#[test]
fn rows_of_mariadb_are_counted_and_a_second_server_is_asked_itself() {
    let root = bed!("rows_of_mariadb");
    root.ok("DEBIAN_FRONTEND=noninteractive apt-get -qq install -y mariadb-server mariadb-backup 2>&1");
    root.ok(
        "install -d -o mysql /run/mysqld; mysql_install_db --user=mysql --datadir=/srv/my2 >/dev/null 2>&1; \
         setsid mariadbd --user=mysql >/tmp/mariadb.log 2>&1 </dev/null & \
         setsid mariadbd --user=mysql --datadir=/srv/my2 --socket=/srv/my2/my.sock --port=3307 --pid-file=/srv/my2/pid \
         >/tmp/my2.log 2>&1 </dev/null & \
         until mariadb -e 'select 1' >/dev/null 2>&1; do sleep 0.1; done; \
         until mariadb -S /srv/my2/my.sock -e 'select 1' >/dev/null 2>&1; do sleep 0.1; done",
    );
    root.ok("mariadb -e 'create database shop; create table shop.orders (id int); create table shop.`we``ird` (id int)'; \
        mariadb -S /srv/my2/my.sock -e 'create database crm; create table crm.people (id int)'");
    root.ok("mkdir -p /var/backups/my && mariadb-dump shop >/var/backups/my/shop.sql; mariadb -e 'insert into shop.orders values (1)'");
    let line = "apt-get remove -y mariadb-server";
    assert!(screen(&root, line).contains("orders: 0 of 1 row"), "{}", screen(&root, line));
    root.ok("mariadb -e 'delete from shop.orders; insert into shop.`we``ird` values (1), (2)'");
    assert!(screen(&root, line).contains("we`ird: 0 of 2 rows"), "{}", screen(&root, line));
    let second = copies(&root, "rm -rf /srv/my2");
    assert_eq!(holder(&second, "database crm (/srv/my2)")["standing"], "none");
    assert!(!second.to_string().contains("database shop"), "{second}");
    // What the first one has says nothing of a directory that no server works in.
    root.ok("cp -a /var/lib/mysql /srv/my3");
    let third = copies(&root, "rm -rf /srv/my3");
    assert!(third["beyond"].to_string().contains("another one"), "{third}");
    root.ok("mariadb-backup --backup --target-dir=/var/backups/my/full >/tmp/full.log 2>&1; rm /var/backups/my/*.sql");
    assert_eq!(holder(&copies(&root, line), "database shop (/var/lib/mysql)")["standing"], "usable");
    root.ok("mv /var/backups/my/full/shop /tmp/; rm /var/backups/my/full/ibdata1");
    assert!(screen(&root, line).contains("ibdata1, shop/ are not there"), "{}", screen(&root, line));
}

#[test]
fn a_second_redis_is_asked_itself_and_for_all_its_databases() {
    let root = bed!("a_second_redis");
    root.ok(
        "install -d /srv/r1 /srv/r2 /var/backups/r; redis-server --port 6379 --dir /srv/r1 --daemonize yes >/dev/null; \
         redis-server --port 6380 --dir /srv/r2 --daemonize yes >/dev/null; \
         until redis-cli ping && redis-cli -p 6380 ping; do sleep 0.1; done; \
         redis-cli set one 1; redis-cli save; cp /srv/r1/dump.rdb /var/backups/r/r.rdb; \
         for n in $(seq 1 3000); do echo \"set k$n v\"; done | redis-cli -p 6380 -n 5 >/dev/null; redis-cli -p 6380 save",
    );
    let first = copies(&root, "rm -rf /srv/r1");
    assert_eq!(holder(&first, "Redis data in /srv/r1")["standing"], "usable", "{first}");
    let second = copies(&root, "rm -rf /srv/r2");
    assert_eq!(holder(&second, "Redis data in /srv/r2")["standing"], "none", "{second}");
    assert!(
        screen(&root, "rm -rf /srv/r2").contains("1 of 3000 keys"),
        "{}",
        screen(&root, "rm -rf /srv/r2")
    );
}
