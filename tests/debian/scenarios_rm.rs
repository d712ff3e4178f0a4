//! `rm` with guard in front of it, on a real Debian with a real server: what holds data is asked about, everyday removals are not, and
//! packages come and go as ever.

use crate::support::apt_stage::Bed;
use crate::support::machine::REFUSED;

macro_rules! bed {
    ($name:literal) => {
        match Bed::shims($name) {
            Some(bed) => bed,
            None => return,
        }
    };
}

/// A bed where root linked `rm`, as `sudo guard install rm` does.
fn linked(bed: &Bed) {
    bed.root.ok("guard install rm");
    assert_eq!(bed.root.ok("readlink /usr/local/sbin/rm").trim(), "/usr/lib/guard/guard-shim");
}

#[test]
fn a_running_database_does_not_go_by_a_path() {
    let bed = bed!("rm, database");
    linked(&bed);
    bed.start("postgres");
    let before = bed.snapshot();
    for line in [
        "rm -rf /var/lib/postgresql/15",
        "rm -r --force /var/lib/postgresql",
        "cd /var/lib/postgresql/15 && rm -rf main",
        "rm -rf /tmp/../var/lib/postgresql/15/main/",
        "rm -f /var/lib/postgresql/15/main/PG_VERSION",
        "ln -sfn /var/lib/postgresql /srv/pg; rm -rf /srv/pg/15",
        "yes | rm -ri /var/lib/postgresql/15",
        "GUARD_CONFIRM=db1 rm -rf /var/lib/postgresql/15",
    ] {
        bed.alone(line).is(REFUSED).says("PostgreSQL");
        assert_eq!(bed.root.customers(), Some(120_000), "{line}");
    }
    bed.root.ok("rm -f /srv/pg");
    let line = "rm -rf /var/lib/postgresql/15";
    for answer in ["db1", "y", "db1/var/lib/postgresql", "db2/var/lib/postgresql/15"] {
        bed.wrong(line, answer).is(REFUSED).says("ERASED").says("its server runs");
    }
    bed.is_as(&before);
    assert_eq!(bed.root.customers(), Some(120_000), "and the server answers");
    bed.answer(line, "db1/var/lib/postgresql/15").is(0);
    assert!(!bed.root.has("/var/lib/postgresql/15"));
}

#[test]
fn everyday_removals_ask_nobody() {
    let bed = bed!("rm, everyday");
    linked(&bed);
    let before = bed.root.ok("ls -A /srv");
    for line in [
        "touch /srv/a && rm /srv/a",
        "mkdir -p /tmp/x/y && rm -rf /tmp/x",
        "mkdir -p /srv/empty && rm -r /srv/empty",
        "mkdir -p /root/.cache/x/y && echo a >/root/.cache/x/y/z && rm -rf /root/.cache/x",
        "rm -f /srv/gone",
        "rm -rf /srv/gone /tmp/gone",
        "ln -s /var/lib/postgresql /srv/link && rm /srv/link",
        "rm --help >/dev/null",
        "echo a >/srv/-rf && cd /srv && rm -- -rf",
    ] {
        bed.alone(line).is(0);
        bed.unasked(line).is(0);
    }
    assert_eq!(bed.root.ok("ls -A /srv"), before);
    // Not what is mounted in a scratch directory.
    bed.root.ok("mkdir -p /tmp/m && mount -t tmpfs none /tmp/m && mkdir /tmp/m/customers && seq 1000 >/tmp/m/customers/db");
    bed.alone("rm -rf /tmp/m/customers").is(REFUSED).says("ERASED");
    bed.root.ok("umount /tmp/m");
    // A policy that cannot be read stops no plain removal: one of them mends it.
    bed.root.ok("mkdir -p /srv/p && echo 'x: [' >/srv/p/.guard.yaml && echo a >/srv/p/a");
    bed.alone("cd /srv/p && rm a && rm .guard.yaml && rmdir /srv/p").is(0);
    // rm itself says what is wrong.
    bed.alone("rm /srv/gone").is(1).says("No such file or directory");
    // GNU's rm would refuse this, another one would not.
    bed.alone("rm -rf /").is(REFUSED).says("PostgreSQL cluster 15/main");
}

/// What is here and nowhere else is not scratch, and what nobody can look at is not nothing.
#[test]
fn files_that_are_nowhere_else_are_asked_about() {
    let bed = bed!("rm, files");
    linked(&bed);
    bed.root.ok("mkdir -p /srv/shop/data && seq 100000 >/srv/shop/data/orders && mkdir -p /etc/shop && echo a >/etc/shop/conf");
    for line in ["rm -rf /srv/shop", "rm -r /etc/shop", "rm /etc/shop/conf", "cd /srv && rm -rf ./*"] {
        bed.alone(line).is(REFUSED).says("there is no terminal to ask on");
    }
    assert!(bed.root.has("/srv/shop/data/orders") && bed.root.has("/etc/shop/conf"));
    bed.answer("rm -rf /srv/shop", "db1/srv/shop").is(0);
    assert!(!bed.root.has("/srv/shop"));
    bed.alone("GUARD_CONFIRM=db1/etc/shop/conf rm /etc/shop/conf").is(0);
    bed.root.ok("mkdir '/srv/My Documents' && echo a >'/srv/My Documents/a'");
    bed.answer("rm -rf '/srv/My Documents'", "db1/srv/My Documents").is(0);
    bed.root.ok("guard uninstall rm");
    assert!(!bed.root.has("/usr/local/sbin/rm") && bed.root.has("/usr/local/sbin"));
    bed.alone("rm -r /etc/shop").is(0);
}

/// Scripts of packages call `rm` by PATH: whoever confirmed the purge has confirmed what they remove.
#[test]
fn packages_are_purged_as_ever() {
    let bed = bed!("rm, purge");
    linked(&bed);
    bed.root.ok("rm /usr/local/sbin/apt-get /usr/local/sbin/dpkg");
    bed.alone("DEBIAN_FRONTEND=noninteractive apt-get -y purge redis-server redis-tools").is(0);
    assert!(!bed.root.has("/etc/redis/redis.conf") && !bed.root.has("/var/lib/redis"));
    // The variable alone is no dpkg.
    bed.root.ok("mkdir -p /srv/x && echo a >/srv/x/y");
    bed.alone("DPKG_MAINTSCRIPT_PACKAGE=x DPKG_RUNNING_VERSION=1 rm -rf /srv/x").is(REFUSED);
}
