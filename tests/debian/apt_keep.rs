//! Packages taken away for good, and back again: with the real apt, dpkg and PostgreSQL, in a throw-away Debian.

use crate::support::chroot::Root;
use crate::support::ended::said;
use crate::support::own_test;
use guard::engine::packages::simulated;
use guard::family::packages::keep::{self, Order, Tools};
use guard::world::World;
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Output;
use std::time::Duration;

macro_rules! fresh {
    ($name:literal) => {
        match Root::fresh($name) {
            Some(root) => root,
            None => return,
        }
    };
}

/// Where this program lies inside.
const KEEPER: &str = "/tmp/keeper";
/// Where copies go.
const KEPT: &str = "/root/.local/state/guard/kept";

/// Not a test: what [`take`] runs inside, where /proc, sockets and apt's own files are those of the packages.
#[test]
#[ignore = "run inside by the others"]
fn as_child_keep() {
    let world = World::of_process();
    let word = |name: &str| std::env::var(name).unwrap_or_default();
    let tools = Tools::find(&world).unwrap();
    let words: Vec<String> = word("KEEP_WORDS").split(' ').map(str::to_owned).collect();
    let simulated =
        std::process::Command::new(&tools.apt_get).args(["-qq", "-s"]).args(&words).output().unwrap();
    let plan = simulated::apt(&simulated.stdout).unwrap();
    assert!(plan.removes(), "{}", String::from_utf8_lossy(&simulated.stderr));
    let mut argv = vec!["apt-get".to_owned()];
    argv.extend(words);
    let taken = keep::take(&Order {
        plan: &plan,
        root: Path::new("/"),
        world: &world,
        tools: &tools,
        dir: Path::new(&word("KEEP_DIR")),
        id: "one",
        argv: &argv,
        host: "db1",
        deadline: Duration::from_secs(120),
        databases: Some(Duration::from_secs(300)),
        repack: word("KEEP_REPACK") == "yes",
        public_only: word("KEEP_PUBLIC") == "yes",
        largest: keep::LARGEST,
    });
    match taken {
        Ok(taken) => println!("\nKEPT {}", serde_json::to_string(&taken.manifest).unwrap()),
        Err(fail) => println!("\nFAIL {}", fail.to_string().replace('\n', " ")),
    }
}

fn keeper(root: &Root) {
    if !root.has(KEEPER) {
        let at = root.path().join(KEEPER.trim_start_matches('/'));
        fs::copy(std::env::current_exe().unwrap(), &at).unwrap();
        fs::set_permissions(&at, fs::Permissions::from_mode(0o755)).unwrap();
    }
}

/// Takes a copy before `apt-get WORDS`, inside.
fn try_take(root: &Root, words: &str, vars: &[(&str, &str)]) -> Result<Value, String> {
    keeper(root);
    let mut all = vec![("KEEP_WORDS", words), ("KEEP_DIR", KEPT)];
    for (name, value) in vars {
        all.retain(|(n, _)| n != name);
        all.push((name, value));
    }
    let out = root.run_with(
        &format!("{KEEPER} --ignored --exact {} --nocapture", own_test!("as_child_keep")),
        &all,
        b"",
    );
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let found = text.lines().find_map(|line| line.strip_prefix("KEPT ").map(|json| Ok(json.to_owned())));
    let found =
        found.or_else(|| text.lines().find_map(|l| l.strip_prefix("FAIL ").map(|f| Err(f.to_owned()))));
    match found {
        Some(Ok(json)) => Ok(serde_json::from_str(&json).unwrap()),
        Some(Err(fail)) => Err(fail),
        None => panic!("{}", said(&out)),
    }
}

#[track_caller]
fn take(root: &Root, words: &str) -> Value {
    let kept = try_take(root, words, &[]).unwrap();
    assert_eq!(kept["gaps"], serde_json::json!([]), "{words}");
    kept
}

fn gaps(kept: &Value) -> String {
    let all = kept["gaps"].as_array().unwrap().iter();
    all.map(|g| format!("{}: {}\n", g["what"].as_str().unwrap(), g["why"].as_str().unwrap())).collect()
}

fn restore(root: &Root) -> Output {
    root.run_with("guard restore one", &[("GUARD_CONFIRM", "db1")], b"")
}

/// What has to be as it was: packages, marks, and everything in /etc with content, mode and owner. A package's own user
/// is deleted by its purge and made anew, at another place in the lists of users.
fn state(root: &Root) -> Vec<String> {
    let all = root.ok("dpkg -l; for m in auto manual hold; do apt-mark show$m | sed \"s/^/$m /\"; done;
         cd /etc && find . ! -name '*.cache' -printf '%p %y %m %u:%g %l\\n' | sort;
         find . -type f ! -name ld.so.cache -print0 | sort -z | xargs -0 sha256sum |
         grep -Ev '  ./(passwd|shadow|group|gshadow)-?$'");
    all.lines().map(str::to_owned).collect()
}

#[track_caller]
fn is_as(root: &Root, before: &[String]) {
    let now = state(root);
    let lost: Vec<&String> = before.iter().filter(|line| !now.contains(line)).collect();
    let new: Vec<&String> = now.iter().filter(|line| !before.contains(line)).collect();
    assert!(lost.is_empty() && new.is_empty(), "lost: {lost:#?}\nnew: {new:#?}");
}

/// An administrator has been here.
fn lived_in(root: &Root) {
    root.ok(
        "set -e
         echo '# ours' >>/etc/redis/redis.conf
         echo 'include ours' >/etc/redis/ours.conf && chmod 600 /etc/redis/ours.conf && chown redis:redis /etc/redis/ours.conf
         echo 'ULIMIT=1' >>/etc/default/redis-server
         mkdir -p /etc/systemd/system/redis-server.service.d
         printf '[Service]\\nNice=5\\n' >/etc/systemd/system/redis-server.service.d/nice.conf
         rm /etc/logrotate.d/redis-server
         apt-mark auto redis-tools >/dev/null
         apt-mark hold redis-server >/dev/null",
    );
}

#[test]
fn removed_packages_come_back_as_they_were() {
    let root = fresh!("removed packages come back");
    lived_in(&root);
    let before = state(&root);
    let kept = take(&root, "--allow-change-held-packages remove redis-tools redis-server");
    assert_eq!(kept["packages"].as_array().unwrap().len(), 2);
    assert!(kept["packages"].as_array().unwrap().iter().all(|p| p["deb"]["from"] == "cache"));
    root.ok("apt-get -qq -y --allow-change-held-packages remove redis-tools redis-server 2>&1");
    assert!(root.in_state("rc", &["redis-tools", "redis-server"]));
    let out = restore(&root);
    assert!(out.status.success(), "{}", said(&out));
    is_as(&root, &before);
    // Nobody but root can look into the copy.
    assert_eq!(root.ok(&format!("find {KEPT} -perm /077 ! -type l")), "");
    // Once more: there is nothing to do, and nothing is done.
    let out = restore(&root);
    assert!(out.status.success(), "{}", said(&out));
    assert!(said(&out).contains("everything that is in the copy is as it was"), "{}", said(&out));
    is_as(&root, &before);
    let list = root.ok("guard kept list");
    assert!(list.contains("db1  2 packages, "), "{list}");
    let show = root.ok("guard kept show one");
    assert!(show.contains("redis-server:amd64 5:7.0.15") && show.contains("automatic"), "{show}");
    assert!(root.ok("guard kept show one --json").contains(r#""kind": "apt""#));
}

#[test]
fn purged_packages_come_back_as_they_were() {
    let root = fresh!("purged packages come back");
    lived_in(&root);
    let before = state(&root);
    take(&root, "--allow-change-held-packages purge redis-tools redis-server");
    root.ok("apt-get -qq -y --allow-change-held-packages purge redis-tools redis-server 2>&1");
    assert!(!root.has("/etc/redis"));
    let dry = root.run("guard restore one --dry-run");
    assert!(dry.status.success() && said(&dry).contains("write     /etc/redis/ours.conf"), "{}", said(&dry));
    assert!(!root.has("/etc/redis"), "a dry run");
    let out = restore(&root);
    assert!(out.status.success(), "{}", said(&out));
    is_as(&root, &before);
}

#[test]
fn what_changed_meanwhile_is_saved() {
    let root = fresh!("what changed meanwhile is saved");
    take(&root, "remove redis-server");
    root.ok("apt-get -qq -y remove redis-server 2>&1; echo '# later' >>/etc/redis/redis.conf");
    let later = root.ok("sha256sum </etc/redis/redis.conf");
    let out = restore(&root);
    assert!(out.status.success(), "{}", said(&out));
    assert!(said(&out).contains("replaced  /etc/redis/redis.conf"), "{}", said(&out));
    assert_eq!(root.ok("grep -c '# later' /etc/redis/redis.conf || true").trim(), "0");
    assert_eq!(root.ok(&format!("cat {KEPT}/one/aside-*/etc/redis/redis.conf | sha256sum")), later);
}

#[test]
fn a_purged_database_comes_back_from_its_dump() {
    let root = fresh!("a purged database comes back");
    root.start("postgres");
    root.ok("su postgres -c 'psql -q prod' <<'SQL'
create role seller login password 'x';
create table orders (at date, n int) partition by range (at);
create table orders_1 partition of orders for values from ('2026-01-01') to ('2027-01-01');
create table orders_0 partition of orders default;
insert into orders select '2026-01-01'::date + n % 300, n from generate_series(1, 1000) n;
create table nothing (a int);
create unlogged table passing as select 1 as a;
alter table orders owner to seller;
create database empty;
create database \"odd = name'\"\" 1\";
SQL");
    let kept = take(&root, "purge postgresql-client-15");
    let cluster = &kept["clusters"][0];
    assert_eq!((cluster["version"].as_str(), cluster["owner"].as_str()), (Some("15"), Some("postgres")));
    let names: Vec<&str> =
        cluster["databases"].as_array().unwrap().iter().map(|d| d["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["empty", "odd = name'\" 1", "postgres", "prod"]);
    let prod = &cluster["databases"][3];
    assert_eq!((prod["rows"].as_u64(), prod["tables"].as_u64()), (Some(121_001), Some(5)));
    root.ok("apt-get -qq -y purge postgresql-client-15 2>&1");
    assert!(!root.has("/var/lib/postgresql/15/main"), "its data is gone");
    let out = restore(&root);
    assert!(out.status.success(), "{}", said(&out));
    assert!(root.in_state("ii", &["postgresql-15", "postgresql-client-15"]));
    // The commands as they were printed, the last one aside, which only compares.
    let text = String::from_utf8_lossy(&out.stdout).into_owned();
    let (_, after) = text.split_once("database  dumps of PostgreSQL 15/main").unwrap();
    let mut commands: Vec<&str> = after.lines().filter_map(|line| line.strip_prefix("  ")).collect();
    assert!(commands.pop().unwrap().starts_with("diff -r "), "{text}");
    assert_eq!(commands.first(), Some(&"pg_ctlcluster 15 main start"), "{text}");
    for command in commands {
        let out = root.run(command);
        let harmless = command.contains(" psql ") && said(&out).contains("role \"postgres\" already exists");
        assert!(out.status.success() || harmless, "{command}: {}", said(&out));
    }
    assert_eq!(root.customers(), Some(120_000));
    let ask = |query: &str| {
        let line = format!("cd / && su postgres -c 'psql -At prod' <<'SQL'\n{query}\nSQL");
        root.ok(&line).trim().to_owned()
    };
    assert_eq!(ask("select count(*) from orders"), "1000");
    assert_eq!(ask("select tableowner from pg_tables where tablename = 'orders'"), "seller");
}

/// Stands in for pg_dump, for one database: `$REAL` is the real one.
fn pg_dump(root: &Root, script: &str) {
    let real = "/usr/lib/postgresql/15/bin/pg_dump";
    root.ok(&format!("test -e {real}.real || mv {real} {real}.real"));
    root.write(real, format!("#!/bin/bash\nREAL={real}.real\n{script}\n"));
    root.ok(&format!("chmod 755 {real}; rm -rf {KEPT}"));
}

#[test]
fn a_dump_that_is_not_whole_is_never_taken_for_one() {
    let root = fresh!("dumps that are not whole");
    root.start("postgres");
    let prod = |script: &str| format!("case \"$*\" in *prod*) {script} ;; *) exec $REAL \"$@\" ;; esac");
    for (script, why) in [
        // Cut off: the tool says so, or the disk did, and nobody hears it behind a pipe.
        ("$REAL \"$@\" | head -c 1000000; exit 0", "the dump cannot be read back"),
        ("$REAL \"$@\" | head -c 100; exit 0", "the dump cannot be read back"),
        ("exit 0", "the dump cannot be read back"),
        ("exec $REAL --exclude-table-data=customers \"$@\"", "the dump is empty: 0 of 1 table"),
        ("exec $REAL --schema-only \"$@\"", "the dump is empty: 0 of 1 table"),
        ("$REAL \"$@\"; echo 'pg_dump: error: no space' >&2; exit 1", "pg_dump: error: no space"),
        // One byte in the middle.
        (
            "$REAL \"$@\" >/tmp/d; printf X | dd of=/tmp/d bs=1 seek=2000000 conv=notrunc 2>/dev/null; cat /tmp/d",
            "the dump cannot be read back",
        ),
    ] {
        pg_dump(&root, &prod(script));
        let kept = try_take(&root, "purge postgresql-15", &[]).unwrap();
        let gaps = gaps(&kept);
        assert!(gaps.starts_with(&format!("database prod of cluster 15/main: {why}")), "{script}: {gaps}");
        let names: Vec<&Value> =
            kept["clusters"][0]["databases"].as_array().unwrap().iter().map(|d| &d["name"]).collect();
        assert_eq!(names, ["postgres"], "{script}");
        let dumps = root.ok(&format!("ls {KEPT}/one/clusters/15-main"));
        assert_eq!(dumps.lines().collect::<Vec<_>>(), ["0.dump", "globals.sql"], "{script}");
    }
    // Far too small for what it is of, though it names every table.
    root.ok("su postgres -c \"psql -qc 'create table big as select n, md5(n::text) from generate_series(1, 300000) n; create table big2 (n int)' prod\"");
    let swap = "$REAL --exclude-table-data=big --exclude-table-data=customers \"$@\"";
    pg_dump(&root, &prod(swap));
    let kept = try_take(&root, "purge postgresql-15", &[]).unwrap();
    assert!(
        gaps(&kept).contains("the dump is not whole: missing: big (300,000 rows), customers"),
        "{}",
        gaps(&kept)
    );
    // Rows that are no more, and rows that are all the same: small dumps that are whole.
    root.ok("su postgres -c \"psql -qc 'delete from big; delete from customers; create table same as select repeat(chr(97), 500) from generate_series(1, 50000)' prod\"");
    pg_dump(&root, "exec $REAL \"$@\"");
    let kept = take(&root, "purge postgresql-15");
    let database = &kept["clusters"][0]["databases"][1];
    let (bytes, live) = (database["bytes"].as_u64().unwrap(), database["live_bytes"].as_u64().unwrap());
    assert!(bytes * 100 < live, "{bytes} of {live} is suspicious");
    assert_eq!(database["rows"], 50_000);
}

#[test]
fn of_a_server_that_is_down_the_directories_are_kept() {
    let root = fresh!("a server that is down");
    let kept = try_take(&root, "purge postgresql-15", &[]).unwrap();
    assert_eq!(gaps(&kept), "");
    assert!(kept["clusters"][0]["directories"]["bytes"].as_u64().unwrap() > 20 << 20, "{kept}");
    let packed = root.ok(&format!("tar -tf {KEPT}/one/clusters/15-main.tar"));
    for file in ["var/lib/postgresql/15/main/global/pg_control", "etc/postgresql/15/main/postgresql.conf"] {
        assert!(packed.lines().any(|line| line == file), "{file}");
    }
    // A pid file that a crash left behind is no running server.
    root.ok("printf '1\\n/var/lib/postgresql/15/main\\n1\\n5432\\n/tmp\\n' >/var/lib/postgresql/15/main/postmaster.pid");
    root.ok(&format!("rm -rf {KEPT}"));
    let kept = try_take(&root, "purge postgresql-15", &[]).unwrap();
    assert_eq!(gaps(&kept), "");
    assert!(kept["clusters"][0]["directories"]["bytes"].as_u64().unwrap() > 20 << 20, "{kept}");
    let packed = root.ok(&format!("tar -tf {KEPT}/one/clusters/15-main.tar"));
    for file in ["var/lib/postgresql/15/main/global/pg_control", "etc/postgresql/15/main/postgresql.conf"] {
        assert!(packed.lines().any(|line| line == file), "{file}");
    }
}

#[test]
fn packages_are_fetched_where_apt_has_none() {
    let root = fresh!("packages are fetched");
    root.ok("rm /var/cache/apt/archives/redis*");
    let kept = take(&root, "remove redis-tools");
    assert!(kept["packages"].as_array().unwrap().iter().all(|p| p["deb"]["from"] == "download"), "{kept}");
    root.ok("apt-get -qq -y remove redis-tools 2>&1");
    let out = restore(&root);
    assert!(out.status.success(), "{}", said(&out));
    assert!(root.in_state("ii", &["redis-tools", "redis-server"]));
}

#[test]
fn a_file_that_is_not_the_package_is_not_taken_for_it() {
    let root = fresh!("a corrupt cache");
    let tools = "$(ls /var/cache/apt/archives/redis-tools_*)";
    for damage in [
        format!("truncate -s -2000 {tools}"),
        format!("cp $(ls /var/cache/apt/archives/less_*) {tools}"),
        format!(": >{tools}"),
        format!("printf X | dd of={tools} bs=1 seek=200000 conv=notrunc 2>/dev/null"),
    ] {
        root.ok(&format!("rm -rf {KEPT}; cp /srv/mirror/redis-tools_* /var/cache/apt/archives/; {damage}"));
        let kept = take(&root, "remove redis-tools");
        let from: Vec<&str> =
            kept["packages"].as_array().unwrap().iter().map(|p| p["deb"]["from"].as_str().unwrap()).collect();
        assert!(from.contains(&"download"), "{damage}: {from:?}");
    }
}

#[test]
fn a_package_that_nobody_has_any_more_is_said_to_be_missing() {
    let root = fresh!("a package that nobody has");
    root.ok("rm /var/cache/apt/archives/redis* /srv/mirror/redis-tools*");
    let kept = try_take(&root, "remove redis-tools", &[]).unwrap();
    let missing = gaps(&kept);
    assert!(missing.starts_with("package redis-tools 5:7.0.15") && missing.lines().count() == 1, "{missing}");
    root.ok("apt-get -qq -y remove redis-tools 2>&1");
    let out = restore(&root);
    assert!(!out.status.success());
    // Asked to, dpkg-repack makes one from what is installed.
    let root = fresh!("a package made again");
    root.ok("rm /var/cache/apt/archives/shop-web* /srv/mirror/shop-web*");
    let kept = try_take(&root, "remove shop-web", &[("KEEP_REPACK", "yes")]).unwrap();
    assert_eq!(gaps(&kept), "");
    let from: Vec<&Value> = kept["packages"].as_array().unwrap().iter().map(|p| &p["deb"]["from"]).collect();
    assert!(from.iter().any(|f| **f == "repack"), "{from:?}");
}

#[test]
fn without_room_there_is_no_copy_and_nothing_is_left() {
    let root = fresh!("no room");
    root.ok("mkdir -p /mnt/small && mount -t tmpfs -o size=8m small /mnt/small");
    let fail = try_take(&root, "remove redis-tools", &[("KEEP_DIR", "/mnt/small/kept")]).unwrap_err();
    assert!(fail.contains("MiB are free"), "{fail}");
    assert_eq!(root.ok("ls -A /mnt/small/kept"), "");
    // A disk that fills up while it is being written to.
    root.ok("mount -o remount,size=90m /mnt/small && head -c 88M /dev/zero >/mnt/small/full");
    let fail = try_take(&root, "remove redis-tools", &[("KEEP_DIR", "/mnt/small/kept")]).unwrap_err();
    assert!(fail.contains("MiB are free"), "{fail}");
    root.ok("mount -o remount,ro /mnt/small");
    let fail = try_take(&root, "remove redis-tools", &[("KEEP_DIR", "/mnt/small/kept")]).unwrap_err();
    assert!(fail.contains("Read-only file system"), "{fail}");
}

#[test]
fn only_root_and_only_when_nobody_else_is_at_it() {
    let root = fresh!("who may restore, and when");
    take(&root, "remove redis-server");
    root.ok("apt-get -qq -y remove redis-server 2>&1");
    // Of another user's copy nothing is seen at all; of a copy handed on, the way to restore it is.
    root.ok("mkdir -p /home/alice/.local/state/guard && cp -r /root/.local/state/guard/kept /home/alice/.local/state/guard/ && chown -R alice: /home/alice/.local");
    let out = root.run("su alice -c 'guard restore one'");
    assert_eq!(out.status.code(), Some(77), "{}", said(&out));
    assert!(said(&out).contains("sudo guard restore one"), "{}", said(&out));
    let out = root.run("guard restore one");
    assert_eq!(out.status.code(), Some(77), "nobody to ask: {}", said(&out));
    let out = root.run_with("guard restore one", &[("GUARD_CONFIRM", "db2")], b"");
    assert_eq!(out.status.code(), Some(77), "another host: {}", said(&out));
    assert!(root.in_state("rc", &["redis-server"]));
    // Somebody holds dpkg's lock.
    root.ok("python3 -c 'import fcntl,time,os
f=open(\"/var/lib/dpkg/lock-frontend\",\"w\"); fcntl.lockf(f,fcntl.LOCK_EX)
os.fork() and os._exit(0)
fcntl.lockf(f,fcntl.LOCK_EX); print(os.getpid(), file=open(\"/tmp/pid\",\"w\")); os.rename(\"/tmp/pid\",\"/tmp/locked\"); time.sleep(600)' >/dev/null 2>&1 </dev/null &
while [ ! -e /tmp/locked ]; do sleep 0.05; done");
    let out = restore(&root);
    assert_eq!(out.status.code(), Some(69), "{}", said(&out));
    assert!(said(&out).contains("FAILED    redis-server"), "{}", said(&out));
    assert!(root.in_state("rc", &["redis-server"]));
    // One that has ended and was not waited for has no command line any more.
    root.ok(
        "p=$(cat /tmp/locked); kill $p; while grep -q . /proc/$p/cmdline 2>/dev/null; do sleep 0.05; done",
    );
    let out = restore(&root);
    assert!(out.status.success(), "{}", said(&out));
}

#[test]
fn a_changed_copy_is_not_installed() {
    let root = fresh!("a changed copy");
    take(&root, "remove redis-server");
    root.ok("apt-get -qq -y remove redis-server 2>&1");
    root.ok(&format!("cp /srv/mirror/less_* {KEPT}/one/debs/redis-server_*"));
    let out = restore(&root);
    assert_eq!(out.status.code(), Some(65), "{}", said(&out));
    assert!(said(&out).contains("was changed after it was written"), "{}", said(&out));
    assert!(root.in_state("rc", &["redis-server"]));
}

#[test]
fn settings_that_not_everybody_may_read_can_be_left_out() {
    let root = fresh!("secrets left out");
    lived_in(&root);
    let kept = try_take(&root, "--allow-change-held-packages purge redis-server", &[("KEEP_PUBLIC", "yes")])
        .unwrap();
    assert!(gaps(&kept).contains("that not everybody may read: left out, as asked for"), "{}", gaps(&kept));
    assert!(!root.has(&format!("{KEPT}/one/files/etc/redis/ours.conf")));
    assert!(root.has(&format!("{KEPT}/one/files/etc/default/redis-server")));
}

#[test]
fn what_has_to_go_for_it_is_shown_first() {
    let root = fresh!("a conflict on the way back");
    // postfix goes because exim comes.
    let before = root.ok("dpkg-query -W -f='${db:Status-Abbrev} ${Version}' postfix");
    take(&root, "install exim4-daemon-light");
    root.ok("DEBIAN_FRONTEND=noninteractive apt-get -qq -y install exim4-daemon-light 2>&1");
    assert!(root.in_state("rc", &["postfix"]));
    let dry = root.ok("guard restore one --dry-run");
    assert!(dry.contains("REMOVE    exim4-daemon-light"), "{dry}");
    let out = restore(&root);
    assert!(out.status.success(), "{}", said(&out));
    assert_eq!(root.ok("dpkg-query -W -f='${db:Status-Abbrev} ${Version}' postfix"), before);
    assert!(root.in_state("rc", &["exim4-daemon-light"]));
}

/// `apt-get WORDS` through the shim, confirmed.
fn guarded(root: &Root, words: &str, phrase: &str) -> Output {
    root.shims(&["apt-get", "dpkg"]);
    root.run_with(
        &format!("DEBIAN_FRONTEND=noninteractive apt-get -y {words}"),
        &[("GUARD_CONFIRM", phrase)],
        b"",
    )
}

#[test]
fn what_the_screen_promises_is_kept_before_anything_goes() {
    let root = fresh!("a promised copy");
    root.start("postgres");
    let out = guarded(&root, "purge postgresql-client-15", "db1/15/main");
    assert!(out.status.success(), "{}", said(&out));
    let text = said(&out);
    assert!(text.contains("2 packages (.deb), 6 settings files, a dump of PostgreSQL 15/main"), "{text}");
    assert!(
        text.contains("safer      keep data and settings: apt-get -y remove postgresql-client-15"),
        "{text}"
    );
    assert!(
        text.contains("guard: kept 2 packages, 6 settings files, 2 databases with 120,000 rows"),
        "{text}"
    );
    assert!(!root.has("/var/lib/postgresql/15/main"));
    let id = root.ok(&format!("ls {KEPT}")).trim().to_owned();
    let out = root.run_with(&format!("guard restore {id}"), &[("GUARD_CONFIRM", "db1")], b"");
    assert!(out.status.success(), "{}", said(&out));
    assert!(root.in_state("ii", &["postgresql-15", "postgresql-client-15"]));
}

#[test]
fn a_promised_dump_that_fails_stops_the_purge() {
    let root = fresh!("a promised dump that fails");
    root.start("postgres");
    pg_dump(&root, "$REAL \"$@\" | head -c 2000000; exit 0");
    let out = guarded(&root, "purge postgresql-15", "db1/15/main");
    assert_eq!(out.status.code(), Some(77), "{}", said(&out));
    assert!(
        said(&out).contains("the copy of the databases that was promised is not whole"),
        "{}",
        said(&out)
    );
    assert!(root.in_state("ii", &["postgresql-15"]));
    assert_eq!(root.customers(), Some(120_000));
    // Who does not want a copy says so.
    let out = root.run_with(
        "DEBIAN_FRONTEND=noninteractive apt-get -y purge postgresql-15",
        &[("GUARD_CONFIRM", "db1/15/main"), ("GUARD_KEEP", "off")],
        b"",
    );
    assert!(out.status.success() && !root.in_state("ii", &["postgresql-15"]), "{}", said(&out));
}

#[test]
fn an_interrupted_way_back_says_so_and_goes_on_later() {
    let root = fresh!("an interrupted way back");
    lived_in(&root);
    let before = state(&root);
    take(&root, "--allow-change-held-packages purge redis-tools redis-server");
    root.ok("apt-get -qq -y --allow-change-held-packages purge redis-tools redis-server 2>&1");
    // The signal comes while packages are being unpacked.
    root.write("/etc/apt/apt.conf.d/99slow", "DPkg::Pre-Invoke { \"touch /tmp/now; sleep 5\"; };\n");
    let out = root.run_with(
        "guard restore one & pid=$!; while [ ! -e /tmp/now ]; do sleep 0.05; done; kill -TERM $pid; wait $pid; echo ended $?",
        &[("GUARD_CONFIRM", "db1")],
        b"",
    );
    let text = said(&out);
    assert!(text.contains("ended 143") && text.contains("the way back is NOT complete"), "{text}");
    root.ok("rm /etc/apt/apt.conf.d/99slow");
    let out = restore(&root);
    assert!(out.status.success(), "{}", said(&out));
    is_as(&root, &before);
}
