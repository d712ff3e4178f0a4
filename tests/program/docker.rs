//! docker and Compose with guard in front of them, before a daemon that is made up: the question, its phrase, what runs, what is
//! refused, and what is said where nobody answers.

use crate::support::ended::{Ended, answered, answered_wrongly, ended, told};
use crate::support::fake_daemon::{FakeDaemon, container, volume};
use crate::support::machine::{Machine, REFUSED};
use crate::support::pty::Pty;
use serde_json::{Value, json};
use snapbox::{assert_data_eq, file};
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::time::{Duration, Instant};

/// A tool that says how it was called, and what Compose makes of its files.
const TOOL: &str = r#"#!/bin/sh
case " $* " in
*" config --format json "*) cat "$HOME/config.json" 2>/dev/null || { echo "no configuration file provided: not found" >&2; exit 14; } ;;
*"version --format "*) cat "$HOME/api" 2>/dev/null || echo 1.43 ;;
*) echo "$DOCKER_HOST|$DOCKER_CONTEXT|$*" >>"$HOME/ran" ;;
esac
"#;

/// A machine with a daemon, and docker behind guard.
pub struct Stage {
    /// The machine.
    pub machine: Machine,
    /// The daemon.
    pub daemon: FakeDaemon,
}

impl Stage {
    /// One with nothing in it.
    pub fn new() -> Stage {
        let mut machine = Machine::bare();
        machine.program("real/docker", TOOL);
        for tool in ["docker", "docker-compose"] {
            symlink(env!("CARGO_BIN_EXE_guard-shim"), machine.at("shims").join(tool)).unwrap();
        }
        let daemon = FakeDaemon::start("db1");
        // This daemon has nothing that could be copied: `scenarios_docker` and the test below look at copies.
        machine.env("DOCKER_HOST", daemon.endpoint()).env("GUARD_KEEP", "off");
        Stage { machine, daemon }
    }

    /// `docker` with these words, as a shell would start it.
    pub fn docker(&self, line: &str) -> Command {
        let words: Vec<&str> = line.split(' ').collect();
        let mut command = self.machine.command(self.machine.at("shims/docker"), &words);
        command.arg0("docker");
        command
    }

    /// The same without a terminal.
    pub fn alone(&self, line: &str) -> Ended {
        told(&self.machine.alone(self.docker(line), b""))
    }

    /// The same at a terminal, with this answer.
    pub fn answer(&self, line: &str, answer: &str) -> Ended {
        answered(self.machine.terminal_of(self.docker(line)), "3 tries: ", answer)
    }

    fn wrong(&self, line: &str, answer: &str) -> Ended {
        answered_wrongly(self.machine.terminal_of(self.docker(line)), answer)
    }

    /// What ran.
    pub fn ran(&self) -> String {
        fs::read_to_string(self.machine.at("ran")).unwrap_or_default()
    }

    fn check(&self, line: &str) -> Value {
        let words: Vec<&str> =
            ["check", "--json", "--", "docker"].into_iter().chain(line.split(' ')).collect();
        let out = self.machine.guard(&words);
        serde_json::from_slice(&out.stdout).unwrap_or_else(|e| panic!("{line}: {e}\n{}", told(&out).output))
    }

    /// The effect after the facts, and the phrase where one is asked for.
    pub fn asked(&self, line: &str) -> String {
        let checked = self.check(line);
        let phrase = checked["challenge"]["phrase"].as_str().unwrap_or("-");
        format!("{} {phrase}", checked["effect"].as_str().unwrap_or("?"))
    }

    fn config(&self, value: &Value) {
        self.machine.file("config.json", &value.to_string());
    }
}

const PG: &str = "/var/lib/postgresql/data";

#[test]
fn a_volume_is_asked_for_by_its_daemon_and_its_name() {
    let s = Stage::new();
    s.daemon.volumes(vec![volume("pgdata"), volume("used")]);
    s.daemon.containers(vec![container("web", "exited", &["used:/srv"])]);
    let screen = s.alone("volume rm pgdata").is(REFUSED);
    let screen = screen
        .says("UNCLASSIFIED   db1")
        .says("volume pgdata: 231 MB")
        .says("id AAAA:BBBB:CCCC")
        .says("$DOCKER_HOST");
    screen.says("runs       docker volume rm pgdata");
    assert_eq!(s.ran(), "", "nothing ran");
    s.wrong("volume rm pgdata", "db1").is(REFUSED);
    s.wrong("volume rm pgdata", "db1/used").is(REFUSED);
    s.answer("volume rm pgdata", "db1/pgdata").is(0);
    // The words are the caller's; the daemon cannot be another one any more.
    assert_eq!(s.ran(), format!("{}||volume rm pgdata\n", s.daemon.endpoint()));
    for (line, want) in [
        ("volume rm pgdata", "destroy db1/pgdata"),
        ("volume rm used", "mutate -"),
        ("volume rm nope", "mutate -"),
        ("volume prune", "mutate -"),
        ("volume prune -f -a", "destroy db1/*"),
        ("rm -f web", "mutate -"),
    ] {
        assert_eq!(s.asked(line), want, "{line}");
    }
    s.machine.file("api", "1.41\n");
    assert_eq!(s.asked("volume prune"), "destroy db1/*", "this daemon takes those with a name, too");
}

#[test]
fn a_second_server_is_stopped_before_it_begins() {
    let s = Stage::new();
    s.daemon.containers(vec![container(
        "app_db_1",
        "running",
        &["/srv/pg:/var/lib/postgresql/data", "logs:/var/log"],
    )]);
    let says = "/srv/pg is open by PostgreSQL of container app_db_1";
    for line in [
        "run -d -v /srv/pg:/d postgres",
        "create --mount type=bind,src=/srv/pg,dst=/d postgres",
        "run --volumes-from app_db_1 postgres",
    ] {
        s.alone(line).is(REFUSED).says("second").says(says);
        assert_eq!(s.asked(line), "destroy db1/srv/pg", "{line}");
    }
    assert_eq!(s.ran(), "");
    s.answer("run -d -v /srv/pg:/d postgres", "db1/srv/pg").is(0);
    assert!(s.ran().ends_with("|run -d -v /srv/pg:/d postgres\n"), "{}", s.ran());
    for line in [
        "run -d -v /srv/pg:/d:ro postgres",
        "run -d -v /srv/pg2:/d postgres",
        "run -d -v logs:/var/log postgres",
        "run --rm -v /srv/pg:/d busybox tar cf - /d",
        "run -d postgres",
    ] {
        s.alone(line).is(0).not("guard:");
    }
    // Nobody could look: it is said, and it is no reason to take it for the narrow case.
    s.daemon.json("/containers/json", 500, &json!({"message": "boom"}));
    assert!(
        s.check("run -d -v /srv/pg:/d postgres")["unchecked"][0]["why"].as_str().unwrap().contains("boom")
    );
}

#[test]
fn what_opens_nothing_asks_nothing() {
    let s = Stage::new();
    s.alone("run -d nginx").is(0);
    s.alone("ps -a").is(0);
    assert_eq!(s.daemon.asked(), Vec::<String>::new(), "no request for what mounts nothing");
    s.alone("run -d -v uploads:/srv/www nginx").is(0);
    assert_eq!(s.daemon.asked(), ["GET /containers/json"], "one request for what does");
}

#[test]
fn a_daemon_that_does_not_answer_is_no_empty_daemon() {
    for (what, broken) in [
        ("no such socket", (|_: &FakeDaemon| ()) as fn(&FakeDaemon)),
        ("garbage", |daemon: &FakeDaemon| daemon.text("/volumes/pgdata", "<html>")),
        ("refused", |daemon: &FakeDaemon| daemon.json("/volumes/pgdata", 403, &json!({"message": "no"}))),
        ("half an answer", |daemon: &FakeDaemon| daemon.breaks("/containers/json")),
        ("another shape", |daemon: &FakeDaemon| daemon.json("/containers/json", 200, &json!({"a": 1}))),
        ("an error", |daemon: &FakeDaemon| {
            daemon.json("/volumes/pgdata", 500, &json!({"message": "disk I/O error"}))
        }),
    ] {
        let mut s = Stage::new();
        s.daemon.volumes(vec![volume("pgdata")]);
        broken(&s.daemon);
        if what == "no such socket" {
            s.machine.env("DOCKER_HOST", "unix:///nonexistent/docker.sock");
        }
        let screen = s.alone("volume rm pgdata").is(REFUSED).says("unchecked");
        let checked = s.check("volume rm pgdata");
        assert_eq!(checked["effect"], "destroy", "{what}: {}", screen.output);
        // The volume is named in words: without its users' names it is no other one.
        let phrase = checked["challenge"]["phrase"].as_str().unwrap();
        assert!(phrase.ends_with("/*") || phrase == "db1/pgdata", "{what}: {checked}");
        assert!(!checked["unchecked"].as_array().unwrap().is_empty(), "{what}: {checked}");
    }
    let mut s = Stage::new();
    s.daemon.silent("/containers/json");
    s.machine.policy("version: 1\nprobe: {timeout_ms: 300}\n");
    let started = Instant::now();
    s.alone("volume rm pgdata").is(REFUSED).says("timed out");
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    s.machine.env("DOCKER_HOST", "tcp://127.0.0.1:1");
    s.alone("volume rm pgdata").is(REFUSED).says("Connection refused");
}

#[test]
fn what_changed_while_the_question_stood_does_not_go() {
    let s = Stage::new();
    s.daemon.volumes(vec![volume("pgdata")]);
    let ask = || {
        let mut terminal = s.machine.terminal_of(s.docker("volume rm pgdata"));
        terminal.expect("3 tries: ");
        terminal
    };
    let mut terminal = ask();
    s.daemon.is("DDDD:EEEE", "db1");
    terminal.send("db1/pgdata\n");
    ended(terminal).is(REFUSED).says("the target changed while the question stood");
    let mut terminal = ask();
    s.daemon.breaks("/info");
    terminal.send("db1/pgdata\n");
    ended(terminal).is(REFUSED).says("the daemon could not be asked again");
    assert_eq!(s.ran(), "");
}

#[test]
fn a_context_is_pinned_and_one_that_changes_refuses() {
    let mut s = Stage::new();
    s.daemon.volumes(vec![volume("pgdata")]);
    let endpoint = s.daemon.endpoint();
    s.machine.unset("DOCKER_HOST");
    for (name, digest) in [
        // SHA-256 of the names.
        ("one", "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed"),
        ("two", "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3"),
    ] {
        let meta = json!({"Name": name, "Endpoints": {"docker": {"Host": endpoint}}});
        s.machine.file(&format!(".docker/contexts/meta/{digest}/meta.json"), &meta.to_string());
    }
    s.machine.file(".docker/config.json", r#"{"currentContext": "one"}"#);
    let mut terminal = s.machine.terminal_of(s.docker("volume rm pgdata"));
    terminal.expect("3 tries: ");
    s.machine.file(".docker/config.json", r#"{"currentContext": "two"}"#);
    terminal.send("db1/pgdata\n");
    ended(terminal).is(REFUSED).says("the target changed");
    s.answer("volume rm pgdata", "db1/pgdata").is(0);
    assert_eq!(s.ran(), format!("{endpoint}||volume rm pgdata\n"), "pinned by its address");
}

fn shop() -> Value {
    json!({"name": "shop", "services": {
        "db": {"image": "postgres", "environment": {"POSTGRES_PASSWORD": "hunter2-secret"},
            "volumes": [{"type": "volume", "source": "pgdata", "target": PG}]},
        "web": {"image": "nginx", "volumes": [{"type": "volume", "source": "shared", "target": "/srv"}]}},
        "volumes": {"pgdata": {"name": "shop_pgdata"}, "shared": {"name": "shared", "external": true}}})
}

fn of_shop(service: &str, state: &str, mounts: &[&str]) -> Value {
    let mut one = container(&format!("shop-{service}-1"), state, mounts);
    one["Labels"] = json!({"com.docker.compose.project": "shop", "com.docker.compose.service": service, "com.docker.compose.oneoff": "False"});
    one
}

#[test]
fn a_project_goes_by_what_compose_makes_of_its_files() {
    let s = Stage::new();
    s.config(&shop());
    s.daemon.volumes(vec![volume("shop_pgdata"), volume("shared")]);
    s.daemon.containers(vec![
        of_shop("db", "running", &["shop_pgdata:/var/lib/postgresql/data"]),
        of_shop("web", "running", &["shared:/srv"]),
    ]);
    let screen = s.alone("compose down -v").is(REFUSED);
    let screen = screen.says("volume shop_pgdata").says("external: Compose leaves").says("down without -v");
    assert!(!screen.output.contains("hunter2"), "{}", screen.output);
    for (line, want) in [
        ("compose down -v", "destroy db1/shop/*"),
        ("compose down", "disrupt db1/shop-db-1+1.c51d"),
        ("compose stop web", "disrupt db1/shop-web-1"),
        ("compose up -d", "mutate -"),
        ("compose up -d --scale db=2", "destroy db1/shop_pgdata"),
        ("compose run --rm db psql -c x", "mutate -"),
        ("compose run --rm db", "destroy db1/shop_pgdata"),
    ] {
        assert_eq!(s.asked(line), want, "{line}");
    }
    s.answer("compose down -v", "db1/shop/*").is(0);
    let record = s.machine.last_record().to_string();
    assert!(record.contains("shop_pgdata") && !record.contains("hunter2"), "{record}");
    assert!(s.ran().ends_with("|compose down -v\n"));
}

#[test]
fn the_service_of_another_project_counts_and_its_own_does_not() {
    let s = Stage::new();
    let mut other = shop();
    other["services"]["db"]["volumes"][0] = json!({"type": "bind", "source": "/srv/pg", "target": PG});
    s.config(&other);
    let mut there = of_shop("db", "running", &["/srv/pg:/var/lib/postgresql/data"]);
    s.daemon.containers(vec![there.clone()]);
    s.alone("compose up -d").is(0);
    there["Labels"]["com.docker.compose.project"] = json!("old-shop");
    s.daemon.containers(vec![there]);
    s.alone("compose up -d").is(REFUSED).says("/srv/pg is open by PostgreSQL of container shop-db-1");
    // Not where the new one is not started.
    s.alone("compose up -d web").is(0);
}

#[test]
fn files_that_compose_cannot_read_are_a_gap() {
    let s = Stage::new();
    let screen = s.alone("compose down -v").is(REFUSED);
    screen.says("no configuration file provided").says("what the project's");
    assert_eq!(s.asked("compose down -v"), "destroy db1/*");
    let mut s = Stage::new();
    s.machine.env("COMPOSE_FILE", "oci://registry.example.com/shop");
    s.alone("compose down -v").is(REFUSED).says("(oci://registry.example.com/shop)");
}

/// A copy that was promised and cannot be taken: nothing runs, and nothing of guard's own is left at the daemon.
#[test]
fn without_the_copy_that_was_promised_nothing_goes() {
    let mut s = Stage::new();
    s.machine.unset("GUARD_KEEP");
    s.daemon.volumes(vec![volume("pgdata")]);
    let kept = s.machine.at(".local/state/guard/kept");
    let shown = || told(&s.machine.guard(&["check", "--", "docker", "volume", "rm", "pgdata"]));
    shown().says("copy       1 volume (231 MB) in").says("back with: guard");
    s.daemon.json("/images/json", 200, &json!([{"Id": "sha256:aa", "Size": 5}]));
    s.daemon.json("/containers/create", 201, &json!({"Id": "helper1"}));
    s.daemon.json("/containers/helper1", 200, &Value::Null);
    for (what, broken, why) in [
        (
            "no image",
            (|daemon: &FakeDaemon| daemon.json("/images/json", 200, &json!([]))) as fn(&FakeDaemon),
            "has no image to reach it through",
        ),
        (
            "no room",
            |daemon: &FakeDaemon| {
                daemon.json("/images/json", 200, &json!([{"Id": "sha256:aa", "Size": 5}]));
                daemon.json("/containers/create", 500, &json!({"message": "no space left on device"}));
            },
            "no space left on device",
        ),
        (
            "gone half-way",
            |daemon: &FakeDaemon| {
                daemon.json("/containers/create", 201, &json!({"Id": "helper1"}));
                daemon.breaks("/containers/helper1/archive");
            },
            "the answer broke off",
        ),
        (
            "no archive",
            |daemon: &FakeDaemon| daemon.text("/containers/helper1/archive", "<html>"),
            "it cannot be read back",
        ),
    ] {
        broken(&s.daemon);
        let end = s.answer("volume rm pgdata", "db1/pgdata").is(REFUSED);
        end.says("the copy that was promised could not be taken").says(why).says("GUARD_KEEP=off");
        assert_eq!(s.ran(), "", "{what}");
        assert_eq!(fs::read_dir(&kept).unwrap().count(), 0, "{what}: half a copy is left");
        let done = s.daemon.done();
        if what.starts_with("gone") || what == "no archive" {
            assert!(
                done.last().is_some_and(|last| last.starts_with("DELETE /containers/helper1")),
                "{done:?}"
            );
        }
    }
    // More than is copied by the way is said before the question, and goes without a copy.
    s.machine.policy("version: 1\ncopies: {volumes_mib: 100}\n");
    shown().says("copy       NONE: 231 MB are more than the 104 MB");
    s.answer("volume rm pgdata", "db1/pgdata").is(0);
    assert!(s.ran().ends_with("volume rm pgdata\n"));
}

/// The question as a person sees it, with the name of the socket as it is elsewhere.
#[test]
fn the_question_as_it_is_seen() {
    let mut s = Stage::new();
    s.machine
        .policy("version: 1\ndaemons:\n- {name: db1, environment: production, daemon: 'AAAA:BBBB:CCCC'}\n");
    s.daemon.containers(vec![
        container("wiki_db", "running", &["wiki:/var/lib/postgresql/data"]),
        container("web", "running", &["uploads:/srv"]),
    ]);
    s.machine.env("TERM", "xterm-256color").env("COLORTERM", "truecolor");
    let mut terminal =
        Pty::spawn(s.docker("run -d --name wiki_db_new -v wiki:/var/lib/postgresql/data postgres:15"), 80);
    terminal.expect("3 tries: ");
    let path = s.daemon.socket().display().to_string();
    let shown = terminal.output();
    let at = shown.find(" ▲ PRODUCTION").or_else(|| shown.find('▲')).unwrap();
    let start = shown[..at].rfind('\n').map_or(0, |n| n + 1);
    // As long as the other one, so that lines end where they did.
    let elsewhere =
        format!("{:.<width$}", "/run/docker/", width = path.len() - 5).replace('.', "d") + ".sock";
    let text = shown[start..].replace(&path, &elsewhere).replace('\r', "");
    terminal.send("\x04");
    ended(terminal).is(REFUSED);
    assert_data_eq!(text, file!["../../examples/prompt-docker.svg": TermSvg].raw());
}

#[test]
fn a_hundred_thousand_volumes_are_counted() {
    let s = Stage::new();
    let many: Vec<Value> = (0..100_000).map(|n| volume(&format!("v{n}"))).collect();
    s.daemon.json("/volumes", 200, &json!({"Volumes": many}));
    s.daemon.json("/system/df", 200, &json!({"Volumes": []}));
    let started = Instant::now();
    s.alone("volume prune -af").is(REFUSED).says("100,000");
    println!("100,000 volumes: {:?} to the question", started.elapsed());
    assert_eq!(s.asked("volume prune -af"), "destroy db1/*");
}
