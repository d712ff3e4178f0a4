//! The Docker daemon that tests run against is a real one: containers, volumes, networks, Compose, PostgreSQL; and nothing
//! of it is left, however a test ends.

use crate::support::cluster::within;
use crate::support::docker::{Daemon, left_of};
use crate::support::ended::{said, told};
use crate::support::own_test;
use std::fs;
use std::io::{BufRead, BufReader};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

macro_rules! daemon {
    ($name:literal, $images:expr) => {
        match Daemon::start($name, $images) {
            Some(daemon) => daemon,
            None => return,
        }
    };
}

/// Sockets of shims have a place of their own, which all daemons of a machine share.
fn shim_sockets() -> usize {
    fs::read_dir("/run/containerd/s").map_or(0, Iterator::count)
}

fn is_volume_without_a_name(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit())
}

#[test]
fn containers_run_and_nothing_is_left_of_them() {
    let began = Instant::now();
    let daemon = daemon!("containers", &["busybox"]);
    println!("with an image after {:?}", began.elapsed());
    assert_eq!(daemon.ok(&["run", "--rm", "busybox", "echo", "here"]), "here");
    let (status, info) = daemon.api("GET", "/info");
    assert_eq!(
        (status, &info["DockerRootDir"]),
        (200, &daemon.dir().join("data").display().to_string().into())
    );
    assert_eq!(info["Swarm"]["LocalNodeState"], "inactive");
    assert_eq!(daemon.api("GET", "/volumes/none").0, 404);

    daemon.ok(&[
        "run",
        "-d",
        "--name",
        "web",
        "-v",
        "named:/data",
        "-v",
        "/also",
        "--restart",
        "always",
        "busybox",
        "sleep",
        "1d",
    ]);
    assert_eq!(daemon.ok(&["exec", "web", "sh", "-c", "echo kept >/data/file && cat /data/file"]), "kept");
    assert!(
        matches!(&daemon.volumes()[..], [a, b] if is_volume_without_a_name(a) && b == "named"),
        "{:?}",
        daemon.volumes()
    );
    // The numbers of its processes are this machine's, and its files lie where the daemon says.
    let pid = daemon.inspect("web", "/State/Pid");
    assert_eq!(fs::read(format!("/proc/{pid}/cmdline")).unwrap(), b"sleep\x001d\x00");
    let (_, volume) = daemon.api("GET", "/volumes/named");
    assert_eq!(fs::read(Path::new(volume["Mountpoint"].as_str().unwrap()).join("file")).unwrap(), b"kept\n");

    // What is hard to end: one that is started again, one that is frozen, one that hears no signal.
    daemon.ok(&["run", "-d", "--name", "frozen", "busybox", "sleep", "1d"]);
    daemon.ok(&["pause", "frozen"]);
    daemon.ok(&[
        "run",
        "-d",
        "--name",
        "deaf",
        "busybox",
        "sh",
        "-c",
        "trap '' TERM; while :; do sleep 1; done",
    ]);
    if daemon.has_bridge() {
        daemon.ok(&["network", "create", "own"]);
        daemon.ok(&[
            "run",
            "-d",
            "--name",
            "served",
            "--network",
            "own",
            "-p",
            "8080:80",
            "busybox",
            "sleep",
            "1d",
        ]);
        assert_eq!(daemon.inspect("served", "/NetworkSettings/Ports")["80/tcp"][0]["HostPort"], "8080");
    } else {
        eprintln!("SKIPPED: no bridges in this kernel: containers have no network");
    }
    let sockets = shim_sockets();
    let began = Instant::now();
    let dir = daemon.end();
    println!("ended after {:?}", began.elapsed());
    assert_eq!(left_of(&dir), [""; 0]);
    assert!(shim_sockets() < sockets, "no socket of its shims is left");
}

#[test]
fn only_this_daemon_is_asked() {
    let daemon = daemon!("words", &[]);
    let refused = |args: &[&str], vars: &[(&str, &str)]| {
        catch_unwind(AssertUnwindSafe(|| daemon.command(args, vars))).is_err()
    };
    for words in [
        &["-H", "tcp://10.0.0.1", "ps"][..],
        &["-Htcp://10.0.0.1", "ps"],
        &["--log-level", "debug", "--host=tcp://10.0.0.1", "ps"],
        &["--context", "prod", "ps"],
        &["-c", "prod", "ps"],
        &["compose", "-c", "prod", "down"],
    ] {
        assert!(refused(words, &[]), "{words:?}");
    }
    for name in ["DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG"] {
        assert!(refused(&["ps"], &[(name, "prod")]), "{name}");
    }
    assert!(!refused(&["exec", "x", "sh", "-c", "true"], &[("DOCKER_API_VERSION", "1.40")]));
    assert!(
        !refused(&["run", "-h", "db1", "-c", "2", "busybox"], &[]),
        "behind the command they mean something else"
    );

    // guard on its machine reads the same daemon, and the CLI behind the shim too.
    let machine = daemon.machine();
    let shown = machine.alone(machine.docker(&["info", "--format", "{{.DockerRootDir}}"]), b"");
    assert_eq!(told(&shown).is(0).output.trim(), daemon.dir().join("data").display().to_string());
    assert!(daemon.guard(&["--version"]).status.success());
}

#[test]
fn a_postgres_keeps_its_data_in_its_volume() {
    let daemon = daemon!("postgres", &["postgres"]);
    let began = Instant::now();
    daemon.postgres("db", "pgdata", &["-e", "POSTGRES_DB=shop"]);
    println!("answers after {:?}", began.elapsed());
    daemon.sql("db", "create table customers as select generate_series(1, 1000) as id");
    assert_eq!(daemon.sql("db", "select datname from pg_database where datname = 'shop'"), "shop");
    assert!(
        daemon
            .ok(&["exec", "db", "pg_dump", "-U", "postgres", "postgres"])
            .contains("CREATE TABLE public.customers")
    );
    let data = daemon.inspect("db", "/Mounts/0/Source");
    assert!(Path::new(data.as_str().unwrap()).join("PG_VERSION").exists(), "{data}");
    // As in the official image: SIGINT, which is a fast shutdown.
    let began = Instant::now();
    daemon.ok(&["stop", "db"]);
    println!("stopped after {:?}", began.elapsed());
    assert_eq!(daemon.inspect("db", "/State/ExitCode"), 0, "{}", daemon.logs("db"));
    assert!(daemon.logs("db").contains("database system is shut down"));
    daemon.ok(&["rm", "db"]);

    daemon.postgres("again", "pgdata", &[]);
    assert_eq!(daemon.sql("again", "select count(*) from customers"), "1000");
    daemon.ok(&["rm", "-fv", "again"]);
    assert_eq!(daemon.volumes(), ["pgdata"], "its name is what keeps it");

    // Both make a cluster, which is the slow part.
    let files = daemon.dir().join("files");
    fs::create_dir(&files).unwrap();
    let bind = format!("{}:/var/lib/postgresql/data", files.display());
    daemon.ok(&["run", "-d", "--rm", "--name", "bound", "-v", &bind, "postgres:15"]);
    daemon.postgres("unnamed", "", &[]);
    assert!(daemon.volumes().iter().any(|name| is_volume_without_a_name(name)));
    daemon.ok(&["rm", "-fv", "unnamed"]);
    assert_eq!(daemon.volumes(), ["pgdata"], "the one without goes along");
    daemon.answers("bound");
    assert!(files.join("PG_VERSION").exists());
}

#[test]
fn compose_brings_a_project_up_and_down() {
    let daemon = daemon!("compose", &["busybox"]);
    if !daemon.has_compose("compose") {
        return;
    }
    let project = daemon.dir().join("shop");
    fs::create_dir(&project).unwrap();
    let network = if daemon.has_bridge() { "" } else { ", network_mode: none" };
    let service = |volumes: &str| {
        format!("{{image: busybox, command: sleep 1d, stop_grace_period: 0s, volumes: [{volumes}]{network}}}")
    };
    let text = format!(
        "services:\n  web: {}\n  db: {}\nvolumes:\n  pgdata: {{}}\n",
        service("/scratch"),
        service("'pgdata:/data'")
    );
    fs::write(project.join("compose.yaml"), text).unwrap();
    let began = Instant::now();
    daemon.compose_ok(&project, &["up", "-d"]);
    println!("up after {:?}", began.elapsed());
    assert_eq!(daemon.inspect("shop-db-1", "/Config/Labels")["com.docker.compose.project"], "shop");
    assert_eq!(daemon.compose_ok(&project, &["exec", "-T", "db", "echo", "here"]), "here");
    daemon.compose_ok(&project, &["down"]);
    assert!(daemon.volumes().contains(&"shop_pgdata".to_owned()), "{:?}", daemon.volumes());
    daemon.compose_ok(&project, &["up", "-d"]);
    daemon.compose_ok(&project, &["down", "-v"]);
    assert!(!daemon.volumes().contains(&"shop_pgdata".to_owned()), "{:?}", daemon.volumes());
    assert_eq!(daemon.ok(&["ps", "-aq"]), "");
}

#[test]
fn redis_and_mariadb_answer() {
    let all = std::env::var_os("GUARD_TEST_ALL").is_some();
    let images: &[&str] = if all { &["redis", "mariadb"] } else { &["redis"] };
    let daemon = daemon!("servers", images);
    let asks = |name: &str, words: &[&str], answer: &str| {
        let ready = within(Duration::from_secs(60), || {
            let out = daemon.docker(&[&["exec", name], words].concat());
            out.status.success() && String::from_utf8_lossy(&out.stdout).trim() == answer
        });
        assert!(ready, "{name} {words:?}: {}", daemon.logs(name));
    };
    daemon.ok(&["run", "-d", "--name", "cache", "-v", "cache:/data", "redis:7"]);
    asks("cache", &["redis-cli", "ping"], "PONG");
    asks("cache", &["redis-cli", "set", "a", "b"], "OK");
    daemon.ok(&["stop", "cache"]);
    let data = daemon.inspect("cache", "/Mounts/0/Source");
    assert!(
        Path::new(data.as_str().unwrap()).join("dump.rdb").exists(),
        "it saves what it has when it is stopped"
    );
    if all {
        daemon.ok(&["run", "-d", "--name", "maria", "-e", "MARIADB_DATABASE=shop", "mariadb:10.11"]);
        asks("maria", &["mariadb", "-BNe", "show databases like 'shop'"], "shop");
    } else {
        eprintln!("left to tests/run --all: MariaDB in a container");
    }
}

#[test]
fn a_port_with_tls_answers_who_has_the_certificate() {
    let Some(daemon) = Daemon::start_tls("tls", &[]) else { return };
    let (endpoint, certs) = daemon.tls();
    let ask = |dir: &Path| {
        let mut command = Command::new(daemon.cli());
        command.args(["version", "--format", "{{.Server.Version}}"]).env_clear().env("HOME", daemon.dir());
        command.env("DOCKER_HOST", endpoint).env("DOCKER_TLS_VERIFY", "1").env("DOCKER_CERT_PATH", dir);
        command.output().unwrap()
    };
    let out = ask(&certs);
    assert!(out.status.success() && out.stdout.starts_with(b"20.10."), "{}", said(&out));
    let stranger = daemon.dir().join("stranger");
    fs::create_dir(&stranger).unwrap();
    fs::copy(certs.join("ca.pem"), stranger.join("ca.pem")).unwrap();
    assert!(!ask(&stranger).status.success(), "whoever has none is sent away");
}

/// The other half of the next test: it is started by it, to be killed.
#[test]
#[ignore = "started by the next one, to be killed"]
fn as_child_hold() {
    let daemon = daemon!("holder", &["busybox"]);
    daemon.ok(&["run", "-d", "busybox", "sleep", "1d"]);
    println!("holds {}", daemon.dir().display());
    std::thread::sleep(Duration::from_secs(100));
}

#[test]
fn it_ends_with_whoever_held_it() {
    let panicked = std::thread::spawn(|| {
        let daemon = Daemon::start("panics", &["busybox"])?;
        daemon.ok(&["run", "-d", "busybox", "sleep", "1d"]);
        std::panic::panic_any(daemon.dir().to_owned())
    });
    let dir = match panicked.join() {
        Err(dir) => *dir.downcast::<PathBuf>().unwrap(),
        Ok::<Option<()>, _>(_) => return,
    };
    assert_eq!(left_of(&dir), [""; 0]);

    let mut holder = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", own_test!("as_child_hold"), "--ignored", "--nocapture"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(holder.stdout.take().unwrap()).lines();
    let dir = lines.map_while(Result::ok).find_map(|line| Some(PathBuf::from(line.split_once("holds ")?.1)));
    let dir = dir.expect("a daemon is held");
    assert!(!left_of(&dir).is_empty());
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert!(within(Duration::from_secs(60), || left_of(&dir).is_empty()), "{:#?}", left_of(&dir));
}
