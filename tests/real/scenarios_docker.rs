//! docker and Compose with guard in front of them, before a real daemon: what guard says would go is what then goes, and a second
//! server on one data directory does not begin.

use crate::support::docker::Daemon;
use crate::support::ended::{Ended, answered, told};
use crate::support::machine::{Machine, REFUSED};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

/// A machine whose policy knows the daemon as `db1`, by its ID.
fn machine(daemon: &Daemon) -> Machine {
    let machine = daemon.machine();
    let id = daemon.ok(&["info", "-f", "{{.ID}}"]);
    machine.policy(&format!(
        "version: 1\ndaemons:\n- name: db1\n  environment: production\n  daemon: {id}\nprobe: {{timeout_ms: 30000}}\n"
    ));
    machine
}

fn words(line: &str) -> Vec<&str> {
    line.split(' ').collect()
}

fn alone(machine: &Machine, line: &str) -> Ended {
    told(&machine.alone(machine.docker(&words(line)), b""))
}

fn answer(machine: &Machine, line: &str, phrase: &str) -> Ended {
    let question = if phrase == "y" { "[y/N]: " } else { "3 tries: " };
    answered(machine.terminal_of(machine.docker(&words(line))), question, phrase)
}

fn check(machine: &Machine, line: &str) -> Value {
    let out = machine.guard(&[&["check", "--json", "--", "docker"], words(line).as_slice()].concat());
    serde_json::from_slice(&out.stdout).unwrap_or_else(|e| panic!("{line}: {e}\n{}", told(&out).output))
}

fn asked(machine: &Machine, line: &str) -> String {
    let checked = check(machine, line);
    let phrase = checked["challenge"]["phrase"].as_str().unwrap_or("-");
    format!("{} {phrase}", checked["effect"].as_str().unwrap_or("?"))
}

/// The names of volumes that guard says are erased.
fn erased(checked: &Value) -> BTreeSet<String> {
    let rows = checked["impact"]["data"].as_array().cloned().unwrap_or_default();
    let gone = rows.iter().filter(|row| row["fate"] == "erased");
    let name = |row: &Value| {
        let what = row["what"].as_str()?.split(':').next()?.to_owned();
        Some(what.strip_prefix("anonymous volume ").or(what.strip_prefix("volume "))?.to_owned())
    };
    gone.filter_map(name).collect()
}

/// The same of what really went: names as rows have them.
fn went(before: &[String], after: &[String]) -> BTreeSet<String> {
    let short = |name: &String| if name.len() == 64 { name[..12].to_owned() } else { name.clone() };
    before.iter().filter(|name| !after.contains(name)).map(short).collect()
}

#[test]
fn a_volume_with_a_database_is_named_with_what_is_in_it() {
    let Some(daemon) = Daemon::start("docker volume rm", &["postgres", "busybox"]) else { return };
    let machine = machine(&daemon);
    daemon.postgres("db", "pgdata", &[]);
    daemon.sql("db", "create table t as select generate_series(1, 50000)");
    // docker refuses what is in use; guard says so and leaves it to docker.
    assert_eq!(asked(&machine, "volume rm pgdata"), "mutate -");
    alone(&machine, "volume rm pgdata").is(1).says("volume is in use");
    // Whoever stops a server of data says which daemon.
    assert_eq!(asked(&machine, "stop db"), "disrupt db1/db");
    alone(&machine, "rm -f db").is(REFUSED).says("kept").says("volume pgdata: PostgreSQL 15");
    answer(&machine, "rm -f db", "db1").is(0);
    let screen = alone(&machine, "volume rm pgdata").is(REFUSED).says("PRODUCTION");
    screen.says("volume pgdata: PostgreSQL 15, ").says(" MB, last").says("db1");
    assert_eq!(asked(&machine, "volume rm pgdata"), "destroy db1/pgdata");
    answer(&machine, "volume rm pgdata", "db1/pgdata").is(0);
    assert_eq!(daemon.volumes(), Vec::<String>::new());
    // What holds nothing is nobody's question.
    daemon.ok(&["volume", "create", "hollow"]);
    alone(&machine, "volume rm hollow").is(0);
    // Another volume of the name that was confirmed is another volume.
    daemon.ok(&["run", "--rm", "-v", "data:/d", "busybox", "sh", "-c", "echo a >/d/a"]);
    let mut terminal = machine.terminal_of(machine.docker(&["volume", "rm", "data"]));
    terminal.expect("3 tries: ");
    daemon.ok(&["volume", "rm", "data"]);
    daemon.ok(&["run", "--rm", "-v", "data:/d", "busybox", "sh", "-c", "echo b >/d/b"]);
    terminal.send("db1/data\n");
    crate::support::ended::ended(terminal).is(REFUSED).says("volume data was made anew meanwhile");
    assert_eq!(daemon.volumes(), ["data"]);
    // Where files are added while somebody reads, it still is the same one.
    let mut terminal = machine.terminal_of(machine.docker(&["volume", "rm", "data"]));
    terminal.expect("3 tries: ");
    daemon.ok(&["run", "--rm", "-v", "data:/d", "busybox", "sh", "-c", "echo c >/d/c"]);
    terminal.send("db1/data\n");
    crate::support::ended::ended(terminal).is(0);
}

#[test]
fn a_second_server_on_the_data_of_a_first_does_not_begin() {
    let Some(daemon) = Daemon::start("docker, second server", &["postgres", "busybox"]) else { return };
    let machine = machine(&daemon);
    let srv = daemon.dir().join("srv pg");
    std::fs::create_dir(&srv).unwrap();
    let pg = srv.display().to_string();
    daemon.postgres("app_db_1", "pgdata", &[]);
    daemon.postgres("other_db_1", &pg, &[]);
    daemon.sql("app_db_1", "create table t as select 1");
    let open = "is open by PostgreSQL of container app_db_1";
    for line in ["run -d -v pgdata:/data postgres:15", "create --volumes-from app_db_1 postgres:15"] {
        alone(&machine, line).is(REFUSED).says("second").says(&format!("volume pgdata {open}"));
        assert_eq!(asked(&machine, line), "destroy db1/pgdata", "{line}");
    }
    let bind =
        machine.docker(&["run", "-d", "--mount", &format!("type=bind,src={pg},dst=/d"), "postgres:15"]);
    let screen = told(&machine.alone(bind, b"")).is(REFUSED).says("is open by PostgreSQL of container");
    screen.says("srv pg").says("other_db_1");
    // Made while the first one was down, started beside it.
    daemon.ok(&["create", "--name", "late", "-v", "pgdata:/var/lib/postgresql/data", "postgres:15"]);
    alone(&machine, "start late").is(REFUSED).says(open);
    daemon.ok(&["rm", "late"]);
    // What only reads, what is no server, and what has no first one.
    for line in [
        "run --rm -v pgdata:/d:ro busybox ls /d",
        "run --rm -v pgdata:/d busybox tar cf /dev/null /d/PG_VERSION",
        "run --rm -v fresh:/var/lib/postgresql/data busybox true",
        "run --rm busybox true",
    ] {
        alone(&machine, line).is(0).not("refused").not("unchecked");
    }
    assert_eq!(daemon.sql("app_db_1", "select count(*) from t"), "1");
    daemon.ok(&["stop", "app_db_1"]);
    alone(&machine, "start app_db_1").is(0);
    daemon.answers("app_db_1");
}

const COMPOSE: &str = "name: shop
services:
  db:
    image: postgres:15
    volumes: [\"pgdata:/var/lib/postgresql/data\"]
    environment: {POSTGRES_PASSWORD: hunter2}
  web:
    image: busybox
    command: sh -c 'echo a >/cache/a; exec sleep 1d'
    volumes: [\"/cache\", \"shared:/srv\"]
    healthcheck: {disable: true}
volumes:
  pgdata:
  shared: {external: true, name: common}
";

#[test]
fn a_project_goes_with_what_its_files_name() {
    let Some(daemon) = Daemon::start("compose down -v", &["postgres", "busybox"]) else { return };
    if !daemon.has_compose("compose down -v") {
        return;
    }
    let mut machine = machine(&daemon);
    let dir = machine.dir("shop");
    machine.file("shop/compose.yaml", COMPOSE);
    machine.cd(&dir);
    daemon.ok(&["volume", "create", "common"]);
    daemon.compose_ok(&dir, &["up", "-d"]);
    daemon.answers("shop-db-1");
    let before = daemon.volumes();
    // Nothing of it changes, and nothing is asked.
    alone(&machine, "compose up -d").is(0).not("refused").not("unchecked");
    assert_eq!(asked(&machine, "compose stop web"), "disrupt db1/shop-web-1");
    let said = check(&machine, "compose down -v");
    assert_eq!(said["challenge"]["phrase"], "db1/shop/*");
    let screen = alone(&machine, "compose down -v").is(REFUSED).says("volume shop_pgdata: PostgreSQL 15");
    screen.says("volume common").says("external: Compose leaves").not("hunter2");
    // The same project's second service on that directory.
    let twice =
        COMPOSE.replace("  web:", "  db-new:\n    image: postgres:15\n    volumes: [\"pgdata:/x\"]\n  web:");
    machine.file("shop/compose.yaml", &twice);
    alone(&machine, "compose up -d db-new").is(REFUSED).says("is open by PostgreSQL of").says("shop-db-1");
    machine.file("shop/compose.yaml", COMPOSE);
    answer(&machine, "compose down -v", "db1/shop/*").is(0);
    assert_eq!(erased(&said), went(&before, &daemon.volumes()), "what was said is what went");
    assert!(daemon.volumes().contains(&"common".to_owned()));
    let record = machine.last_record().to_string();
    assert!(record.contains("shop_pgdata") && !record.contains("hunter2"), "{record}");
}

/// What guard says a prune takes, and a removal with its volumes, against what docker then takes.
#[test]
fn what_is_said_to_go_goes() {
    let Some(daemon) = Daemon::start("docker prune", &["busybox"]) else { return };
    let machine = machine(&daemon);
    let fill = |volume: &str| {
        daemon.ok(&["run", "--rm", "-v", &format!("{volume}:/d"), "busybox", "sh", "-c", "echo a >/d/a"]);
    };
    let stage = || {
        for volume in ["kept", "loose", "of-stopped"] {
            fill(volume);
        }
        daemon.ok(&["volume", "create", "--opt", "type=tmpfs", "--opt", "device=tmpfs", "memory"]);
        daemon.ok(&["run", "-d", "--name", "runs", "-v", "kept:/k", "busybox", "sleep", "1d"]);
        daemon.ok(&[
            "run",
            "--name",
            "stopped",
            "-v",
            "of-stopped:/s",
            "-v",
            "/anon",
            "busybox",
            "sh",
            "-c",
            "echo b >/anon/b",
        ]);
    };
    let reset = || {
        daemon.docker(&["rm", "-fv", "runs", "stopped"]);
        for volume in daemon.volumes() {
            daemon.ok(&["volume", "rm", "-f", &volume]);
        }
    };
    for (line, phrase) in [
        ("volume prune -f", "db1/*"),
        ("system prune -f --volumes", "db1/*"),
        ("system prune -f", ""),
        ("rm -v stopped", ""),
        ("rm -fv stopped runs", ""),
        ("rm stopped", ""),
    ] {
        stage();
        let before = daemon.volumes();
        let said = check(&machine, line);
        let own = said["challenge"]["phrase"].as_str().unwrap_or_default().to_owned();
        assert!(phrase.is_empty() || own == phrase, "{line}: {own}");
        if said["decision"] == "allow" {
            alone(&machine, line).is(0);
        } else {
            let typed = said["challenge"]["level"] == "typed";
            answer(&machine, line, if typed { &own } else { "y" }).is(0);
        }
        assert_eq!(erased(&said), went(&before, &daemon.volumes()), "{line}: {said:#}");
        reset();
    }
}

#[test]
fn a_container_that_removes_itself_is_no_container_that_stops() {
    let Some(daemon) = Daemon::start("docker stop of --rm", &["busybox"]) else { return };
    let machine = machine(&daemon);
    daemon.ok(&[
        "run",
        "-d",
        "--rm",
        "--name",
        "own",
        "-v",
        "/anon",
        "busybox",
        "sh",
        "-c",
        "echo a >/anon/a; echo b >/b; exec sleep 1d",
    ]);
    daemon.ok(&["run", "-d", "--name", "plain", "busybox", "sh", "-c", "echo x >/tmp/x; exec sleep 1d"]);
    alone(&machine, "stop own")
        .is(REFUSED)
        .says("own is removed as soon as it stops")
        .says("anonymous volume")
        .says("/b");
    assert!(asked(&machine, "stop own").starts_with("destroy "));
    assert_eq!(asked(&machine, "stop plain"), "disrupt db1/plain");
    assert_eq!(asked(&machine, "rm -f plain"), "disrupt db1/plain", "only a temporary file");
    daemon.ok(&["exec", "plain", "sh", "-c", "echo y >/srv.txt"]);
    assert_eq!(asked(&machine, "rm -f plain"), "destroy db1/plain");
}

#[test]
fn a_daemon_behind_tls_is_asked_with_the_callers_certificates() {
    let Some(daemon) = Daemon::start_tls("docker, TLS", &["busybox"]) else { return };
    let machine = machine(&daemon);
    daemon.ok(&["run", "--rm", "-v", "data:/d", "busybox", "sh", "-c", "echo a >/d/a"]);
    let (address, certs) = daemon.tls();
    let certs = certs.display().to_string();
    let with = |vars: &[(&str, &str)], line: &str| {
        let mut command = machine.docker(&words(line));
        command.envs(vars.iter().copied());
        told(&machine.alone(command, b""))
    };
    let good = [("DOCKER_HOST", address), ("DOCKER_TLS_VERIFY", "1"), ("DOCKER_CERT_PATH", certs.as_str())];
    with(&good, "volume rm data").is(REFUSED).says("volume data").not("unchecked");
    let nowhere = machine.dir("nocerts").display().to_string();
    let bad = [("DOCKER_HOST", address), ("DOCKER_TLS_VERIFY", "1"), ("DOCKER_CERT_PATH", nowhere.as_str())];
    with(&bad, "volume rm data").is(REFUSED).says("unchecked").says("TLS: ");
    let plain = [("DOCKER_HOST", address)];
    with(&plain, "volume rm data").is(REFUSED).says("unchecked");
    assert!(Path::new(&certs).exists());
}
