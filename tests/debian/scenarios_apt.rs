//! What people lose by apt, aptitude and dpkg, played on a terminal of a real Debian with real servers: what was refused
//! is there to the last byte, what was confirmed is gone.

use crate::support::apt_stage::Bed;
use crate::support::ended;
use crate::support::machine::REFUSED;

macro_rules! bed {
    ($name:literal) => {
        match Bed::shims($name) {
            Some(bed) => bed,
            None => return,
        }
    };
}

/// alwaysdata, 2011: the client's package was named, the running server went with it.
#[test]
fn the_server_does_not_go_with_its_client_unseen() {
    let bed = bed!("incident, remove");
    bed.start("postgres");
    let before = bed.snapshot();
    let line = "apt-get remove postgresql-client-15";
    bed.declined(line)
        .is(REFUSED)
        .says("you named 1 package, 2 go; not named by you: postgresql-15")
        .says("PostgreSQL cluster 15/main")
        .says("stops postgres of postgresql-15")
        .says("port 5432");
    bed.is_as(&before);
    assert_eq!(bed.root.customers(), Some(120_000), "and the server answers");

    let mut terminal = bed.terminal(line);
    let question = bed.question(&mut terminal);
    terminal.send(question.right);
    // apt's own question comes after guard's.
    terminal.expect("Do you want to continue? [Y/n] ");
    terminal.send("y\n");
    ended::ended(terminal).is(0);
    assert!(bed.root.in_state("rc", &["postgresql-15"]));
    assert!(bed.root.has("/var/lib/postgresql/15/main/PG_VERSION"), "removed is not purged");
}

/// One word more, and the data goes too: the phrase names the machine and the cluster.
#[test]
fn the_purge_of_the_client_asks_for_the_cluster_by_name() {
    let bed = bed!("incident, purge");
    bed.start("postgres");
    let before = bed.snapshot();
    let line = "DEBIAN_FRONTEND=noninteractive apt-get -y purge postgresql-client-15";
    for answer in ["db1", "y", "postgresql-client-15", "db2/15/main", "db1/15/replica"] {
        bed.wrong(line, answer)
            .is(REFUSED)
            .says("you named 1 package, 2 go; not named by you: postgresql-15")
            .says("ERASED")
            .says("PostgreSQL cluster 15/main");
    }
    bed.is_as(&before);
    assert_eq!(bed.root.customers(), Some(120_000));

    bed.answer(line, "db1/15/main").is(0).says("Dropping cluster main");
    assert!(!bed.root.has("/var/lib/postgresql/15/main"));
}

#[test]
fn nobody_to_ask_means_no() {
    let bed = bed!("no terminal");
    bed.start("postgres");
    let before = bed.snapshot();
    for line in [
        "apt-get -y remove postgresql-client-15",
        "yes | apt-get remove postgresql-client-15",
        "apt-get -qq remove postgresql-client-15 </dev/null",
        "DEBIAN_FRONTEND=noninteractive apt-get -y purge postgresql-client-15",
        "apt-get -y purge 'postgresql-1?'",
        "apt-get -y install postgresql-client-15-",
        "GUARD_CONFIRM=db2 apt-get -y remove postgresql-client-15",
        "GUARD_CONFIRM=yes apt-get -y remove postgresql-client-15",
        "GUARD_CONFIRM=db1 apt-get -y purge postgresql-client-15",
        "GUARD_CONFIRM=db1/postgresql-15 apt-get -y purge postgresql-client-15",
        "GUARD_CONFIRM=db1 apt-get -y remove postgresql-client-15",
        "GUARD_CONFIRM=db1/postgresql-client-15 apt-get -y remove postgresql-client-15",
        "aptitude -y purge postgresql-client-15",
        "dpkg --purge --force-depends postgresql-15",
    ] {
        bed.alone(line).is(REFUSED);
        bed.is_as(&before);
    }
    assert_eq!(bed.root.customers(), Some(120_000));
    bed.alone("GUARD_CONFIRM=db1/postgresql-15 apt-get -y remove postgresql-client-15").is(0);
    assert!(bed.root.in_state("rc", &["postgresql-15"]));
}

/// One part of the shop, and the metapackage with everything that is only there for it goes.
#[test]
fn a_metapackage_and_its_parts_are_shown_before_they_go() {
    let bed = bed!("cascade");
    let before = bed.snapshot();
    let refused =
        bed.declined("apt-get remove --auto-remove shop-base").is(REFUSED).says("you named 1 package, 5 go");
    for name in ["shop-ledger", "shop-web", "shop-worker", "/var/lib/shop-ledger"] {
        assert!(refused.output.contains(name), "no {name} in:\n{}", refused.output);
    }
    bed.wrong("apt-get purge --auto-remove shop", "db1/shop")
        .is(REFUSED)
        .says("ERASED")
        .says("/var/lib/shop-ledger");
    bed.is_as(&before);
    bed.answer("apt-get -y purge --auto-remove shop", "db1/shop-ledger").is(0);
    assert!(!bed.root.has("/var/lib/shop-ledger"));
}

/// Two mail servers exclude each other: installing one removes the other, which runs.
#[test]
fn an_install_that_takes_a_server_away_is_asked_about() {
    let bed = bed!("swap");
    bed.start("postfix");
    let before = bed.snapshot();
    bed.declined("apt-get install exim4-daemon-light")
        .is(REFUSED)
        .says("not named by you: postfix")
        .says("port 25");
    bed.is_as(&before);
    bed.alone("apt-get install -y exim4-daemon-light </dev/null").is(REFUSED);
    bed.is_as(&before);
    // What takes nothing away is nobody's question.
    bed.alone("DEBIAN_FRONTEND=noninteractive apt-get install -y nano").is(0);
    assert!(bed.root.in_state("ii", &["nano"]));
}

/// apt refuses these by itself: its words and its exit code are what one gets, without a question before.
#[test]
fn what_apt_refuses_by_itself_is_left_to_it() {
    let bed = bed!("held and essential");
    let before = bed.snapshot();
    let mut held = bed.alone("apt-get -y remove rsync").is(100);
    held = held.not("guard");
    assert!(held.output.contains("Held packages were changed"), "{}", held.output);
    bed.alone("apt-get -y remove dash").is(100).says("--allow-remove-essential").not("guard");
    bed.alone("apt-get -y remove no-such-package").is(100).says("Unable to locate").not("guard");
    bed.is_as(&before);
    bed.alone("apt-get -y remove --allow-remove-essential dash").is(REFUSED).says("dash");
    bed.is_as(&before);
}

/// What was removed a while ago and left its data: the purge of the leftovers is when it goes.
#[test]
fn leftovers_are_data_too() {
    let bed = bed!("leftovers");
    let before = bed.snapshot();
    bed.wrong("apt purge '~c'", "db1").is(REFUSED).says("ERASED").says("/var/lib/etcd");
    bed.alone("apt-get -y purge '?config-files'").is(REFUSED);
    bed.alone("aptitude -y purge '~c'").is(REFUSED);
    bed.alone("dpkg -P etcd-server").is(REFUSED);
    bed.alone("GUARD_CONFIRM=db1 dpkg -P etcd-server").is(REFUSED);
    bed.is_as(&before);
    assert!(bed.root.has("/var/lib/etcd/default/member/snap/db"));
    bed.answer("apt-get -y purge '~c'", "db1/etcd-server").is(0);
    assert!(!bed.root.has("/var/lib/etcd"));
}

/// Dry runs, questions and what removes nothing of weight pass without a word.
#[test]
fn what_takes_nothing_passes() {
    let bed = bed!("passes");
    let before = bed.snapshot();
    for line in [
        "apt-get -s remove postgresql-client-15",
        "apt-get purge --dry-run redis-tools",
        "aptitude -s -y remove redis-tools",
        "dpkg --no-act --purge redis-server",
        "dpkg -l redis-server",
        "apt list --installed",
        "apt-get check",
        "apt-cache policy nano",
    ] {
        bed.alone(line).is(0).not("guard");
    }
    bed.is_as(&before);
    bed.alone("apt-get -y install nano").is(0).not("guard");
}

/// Under sudo the PATH is sudo's own: the shims in /usr/local/sbin come first on it.
#[test]
fn sudo_does_not_go_round() {
    let bed = bed!("sudo");
    bed.start("postgres");
    let before = bed.snapshot();
    // Without sudo nothing can happen, and nobody is asked.
    let powerless = bed.alone("runuser -u alice -- apt-get -y remove postgresql-client-15");
    powerless.is(100).says("are you root?").not("guard:");
    let alice = "runuser -u alice -- sudo -n";
    bed.alone(&format!("{alice} apt-get -y remove postgresql-client-15")).is(REFUSED);
    bed.alone(&format!("{alice} aptitude -y purge redis-tools")).is(REFUSED);
    let line = format!("{alice} apt-get -y remove postgresql-client-15");
    bed.declined(&line).is(REFUSED).says("sudo by alice");
    bed.is_as(&before);
    let mut terminal = bed.terminal(&line);
    let question = bed.question(&mut terminal);
    terminal.send(question.right);
    ended::ended(terminal).is(0);
    assert!(bed.root.in_state("rc", &["postgresql-15"]));
}

/// systemd itself: stopping the unit is the same outage as removing the package.
#[test]
#[ignore = "tests/run --all: one more booted systemd"]
fn units_and_the_machine_itself_are_asked_about() {
    let Some(bed) = Bed::booted("units") else { return };
    bed.start("postgres");
    for line in [
        "systemctl stop postgresql@15-main",
        "systemctl restart nginx",
        "systemctl reboot",
        "systemctl poweroff",
    ] {
        bed.alone(line).is(REFUSED).says("db1");
        bed.declined(line).is(REFUSED);
    }
    bed.alone("systemctl is-active postgresql@15-main nginx").is(0).not("guard");
    bed.alone("systemctl status nginx").is(0).not("guard");
    assert_eq!(bed.root.customers(), Some(120_000));
    let mut terminal = bed.terminal("systemctl stop postgresql@15-main");
    let question = bed.question(&mut terminal);
    terminal.send(question.right);
    ended::ended(terminal).is(0);
    assert_eq!(bed.root.customers(), None);
}

/// By night, without a terminal: a timer's own restart goes through, and that of a service policy names. What a person
/// hands to systemd-run does not, nor do an agent that runs as a service, a way in, and a service nobody knows.
#[test]
#[ignore = "tests/run --all: one more booted systemd"]
fn the_machine_may_look_after_itself() {
    let Some(bed) = Bed::booted("housekeeping") else { return };
    let oneshot = |more: &str| {
        format!("[Service]\nType=oneshot\n{more}ExecStart=/usr/local/sbin/systemctl restart cron\n")
    };
    for (unit, text) in [
        ("nightly", oneshot("")),
        ("run-u7", oneshot("")),
        ("agent", oneshot("Environment=CLAUDECODE=1\n")),
        ("dropbear", oneshot("")),
        ("amazon-ssm-agent", oneshot("")),
        ("unheard-of", oneshot("")),
        ("failover", oneshot("")),
    ] {
        bed.root.write(&format!("/etc/systemd/system/{unit}.service"), &text);
    }
    bed.root.write("/etc/systemd/system/nightly.timer", "[Timer]\nOnCalendar=daily\n");
    bed.root.write("/etc/guard/policy.yaml", "version: 1\nhousekeeping: [failover]\n");
    bed.alone("/usr/bin/systemctl daemon-reload").is(0);
    let since = || bed.alone("/usr/bin/systemctl show -P MainPID cron").output;
    let before = since();
    for unit in ["run-u7", "agent", "dropbear", "amazon-ssm-agent", "unheard-of"] {
        let end = bed.alone(&format!("/usr/bin/systemctl start {unit}"));
        assert!(end.code != 0, "{unit}: {}", end.output);
        let code = bed.alone(&format!("/usr/bin/systemctl show -P ExecMainStatus {unit}")).output;
        assert_eq!(code.trim(), REFUSED.to_string(), "{unit}");
        assert_eq!(since(), before, "{unit}");
    }
    bed.alone("/usr/bin/systemctl start nightly").is(0);
    let after = since();
    assert_ne!(after, before);
    bed.alone("/usr/bin/systemctl start failover").is(0);
    assert_ne!(since(), after);
}

/// Tiger Team X with a package in the place of the second container: what is installed or started here would open the data that a server
/// in a container writes to.
#[test]
fn a_package_and_a_unit_are_no_second_server_on_a_containers_data() {
    let bed = bed!("second server");
    let starts = ["service redis-server start", "apt-get -y install --reinstall redis-server"];
    for line in starts {
        let checked = bed.root.run(&format!("guard check -- {line}"));
        ended::told(&checked).not("is open by");
    }
    // A process that is called so, works there and has mounts of its own, as one in a container has.
    bed.root.ok("cp /bin/sleep /tmp/redis-server; cd /var/lib/redis; \
        unshare --mount /tmp/redis-server 600 >/dev/null 2>&1 </dev/null & \
        until pidof redis-server >/dev/null; do sleep 0.05; done");
    for line in starts {
        let screen = bed.alone(line).is(REFUSED).says("second     /var/lib/redis is open by Redis in");
        screen.says("write over each other, and neither").says("the facts and 1 more reason");
        bed.wrong(line, "db1").is(REFUSED);
    }
    assert!(!bed.root.has("/run/redis/redis-server.pid"), "nothing was started");
    bed.root.ok("kill $(pidof redis-server); while pidof redis-server >/dev/null; do sleep 0.05; done");
    bed.alone("service redis-server start").is(0).not("second");
}
