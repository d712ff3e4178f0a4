//! What docker removed comes back: volumes with everything in them, databases with their rows, containers and networks, before a real
//! daemon. And where no copy can be taken, everything stays as it was.

use crate::support::cluster::within;
use crate::support::docker::Daemon;
use crate::support::ended::{Ended, answered, ended, told};
use crate::support::machine::{Machine, REFUSED};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// How long anything may take on a busy machine.
const LONG: Duration = Duration::from_secs(60);

/// A machine that calls the daemon production.
pub struct Stage {
    /// The machine.
    pub machine: Machine,
    /// Where its copies lie.
    pub kept: PathBuf,
}

impl Stage {
    /// One for this daemon.
    pub fn new(daemon: &Daemon) -> Stage {
        let machine = daemon.machine();
        let id = daemon.ok(&["info", "-f", "{{.ID}}"]);
        machine.policy(&format!(
            "version: 1\ndaemons:\n- name: db1\n  environment: production\n  daemon: {id}\nprobe: {{timeout_ms: 30000}}\n"
        ));
        let kept = machine.at(".local/state/guard/kept");
        Stage { machine, kept }
    }

    /// At a terminal, with this answer.
    pub fn answer(&self, line: &str, phrase: &str) -> Ended {
        let words: Vec<&str> = line.split(' ').collect();
        let question = if phrase == "y" { "[y/N]: " } else { "3 tries: " };
        answered(self.machine.terminal_of(self.machine.docker(&words)), question, phrase)
    }

    /// What answers the question about it.
    pub fn phrase(&self, line: &str) -> String {
        let words: Vec<&str> =
            ["check", "--json", "--", "docker"].into_iter().chain(line.split(' ')).collect();
        let checked: Value = serde_json::from_slice(&self.machine.guard(&words).stdout).unwrap();
        checked["challenge"]["phrase"].as_str().unwrap().to_owned()
    }

    /// The ids of all copies.
    pub fn copies(&self) -> Vec<String> {
        let all = fs::read_dir(&self.kept).into_iter().flatten().flatten();
        all.map(|entry| entry.file_name().into_string().unwrap())
            .filter(|name| !name.starts_with('.'))
            .collect()
    }

    /// The only copy there is.
    pub fn only_copy(&self) -> String {
        let [one] = self.copies().try_into().unwrap();
        one
    }

    /// Puts a copy back, at a terminal.
    pub fn restore(&self, id: &str) -> Ended {
        let guard = self.machine.command(env!("CARGO_BIN_EXE_guard"), &["restore", id]);
        answered(self.machine.terminal_of(guard), "[y/N]: ", "y")
    }

    /// Deletes all copies.
    pub fn forget(&self) {
        fs::remove_dir_all(&self.kept).unwrap();
    }
}

/// Everything about every file below a directory that a copy has to keep; sockets are of use to nobody. `own` leaves out what no
/// archive of the daemon has: attributes and holes.
fn everything(root: &Path, own: bool) -> BTreeMap<PathBuf, String> {
    let (mut all, mut waiting) = (BTreeMap::new(), vec![root.to_owned()]);
    while let Some(path) = waiting.pop() {
        let meta = fs::symlink_metadata(&path).unwrap();
        if meta.file_type().is_socket() {
            continue;
        }
        let mut about = format!("{:o} {}:{} {}", meta.mode(), meta.uid(), meta.gid(), meta.mtime());
        if meta.is_dir() {
            waiting.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            about += &format!(" {} links, {} bytes", meta.nlink(), meta.len());
        }
        if meta.is_symlink() {
            about += &format!(" -> {}", fs::read_link(&path).unwrap().display());
        }
        if meta.is_file() {
            let content = fs::read(&path).unwrap();
            about += &format!(" {:?}", &content[content.len().saturating_sub(8)..]);
        }
        if own && !meta.is_symlink() {
            let mut value = [0; 64];
            let n = rustix::fs::getxattr(&path, "user.note", &mut value).unwrap_or(0);
            about += &format!(" {:?} {}", &value[..n], meta.blocks() < 4096);
        }
        all.insert(path.strip_prefix(root).unwrap().to_owned(), about);
    }
    all
}

/// A volume with something of every kind in it.
fn fill(daemon: &Daemon, volume: &str) -> PathBuf {
    daemon.ok(&["volume", "create", "--label", "team=shop", volume]);
    let data = PathBuf::from(daemon.ok(&["volume", "inspect", "-f", "{{.Mountpoint}}", volume]));
    fs::create_dir_all(data.join("deep/empty")).unwrap();
    fs::write(data.join("deep/file"), "some rows").unwrap();
    fs::write(data.join("a name with \n and ä"), "").unwrap();
    fs::hard_link(data.join("deep/file"), data.join("again")).unwrap();
    symlink("deep/file", data.join("link")).unwrap();
    symlink("/etc/passwd", data.join("away")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, data.join("fifo"), rustix::fs::Mode::from_raw_mode(0o600)).unwrap();
    drop(std::os::unix::net::UnixListener::bind(data.join("socket")).unwrap());
    let hole = fs::File::create(data.join("hole")).unwrap();
    hole.set_len(64 << 20).unwrap();
    rustix::fs::setxattr(data.join("again"), "user.note", b"kept", rustix::fs::XattrFlags::empty()).unwrap();
    for (path, uid, mode) in
        [("deep", 999, 0o2750), ("deep/file", 70, 0o640), ("deep/empty", 70, 0o1777), ("", 999, 0o700)]
    {
        std::os::unix::fs::chown(data.join(path), Some(uid), Some(uid)).unwrap();
        fs::set_permissions(data.join(path), std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    }
    data
}

#[test]
fn a_volume_comes_back_with_everything_in_it() {
    let Some(daemon) = Daemon::start_tls("docker, a volume comes back", &["busybox"]) else { return };
    let mut s = Stage::new(&daemon);
    let data = fill(&daemon, "data");
    let before = everything(&data, true);
    let end = s.answer("volume rm data", "db1/data").is(0).says("copy       1 volume (");
    end.says("guard: kept 1 volume: ").says("read back; back with: guard restore");
    assert_eq!(daemon.volumes(), Vec::<String>::new());
    let id = s.only_copy();
    told(&s.machine.guard(&["restore", &id, "--dry-run"])).is(0).says("make      volume data");
    s.restore(&id).is(0).says("made      volume data");
    assert_eq!(everything(&data, true), before);
    assert_eq!(daemon.inspect("data", "/Labels/team"), "shop");
    // What is there is not touched.
    fs::write(data.join("newer"), "x").unwrap();
    let guard = |s: &Stage| told(&s.machine.guard(&["restore", &id]));
    guard(&s).is(REFUSED).says("volume data is there").says("nothing was made");
    assert!(data.join("newer").exists());
    fs::remove_file(data.join("newer")).unwrap();
    // One that was changed is none any more.
    let file = s.kept.join(&id).join("volumes/0.tar.zst");
    let whole = fs::read(&file).unwrap();
    fs::write(&file, &whole[1..]).unwrap();
    guard(&s).is(65).says("changed after it was written");
    s.forget();
    // A daemon whose directories are not here hands it out, and takes it back, through a container that never starts.
    let (address, certs) = daemon.tls();
    let (address, certs) = (address.to_owned(), certs.display().to_string());
    s.machine.env("DOCKER_HOST", address).env("DOCKER_TLS_VERIFY", "1").env("DOCKER_CERT_PATH", certs);
    let before = everything(&data, false);
    s.answer("volume rm data", "db1/data").is(0);
    assert_eq!(daemon.volumes(), Vec::<String>::new());
    s.restore(&s.only_copy()).is(0).says("made      volume data");
    assert_eq!(everything(&data, false), before);
    assert_eq!(daemon.ok(&["ps", "-aq"]), "", "no helper is left");
    // An agent, or a pipeline that names another daemon's copy.
    let manifest = s.kept.join(s.only_copy()).join("manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    let own = daemon.ok(&["info", "-f", "{{.ID}}"]);
    fs::write(&manifest, text.replace(&own, "AAAA:BBBB")).unwrap();
    told(&s.machine.guard(&["restore", &s.only_copy()]))
        .is(REFUSED)
        .says("may not be the daemon the copy comes from");
}

const COMPOSE: &str = "name: shop
services:
  db:
    image: postgres:15
    volumes: [\"pgdata:/var/lib/postgresql/data\"]
    environment: {POSTGRES_PASSWORD: hunter2}
  web:
    image: busybox
    depends_on: [db]
    command: sh -c 'test -e /cache/a || echo first >/cache/a; exec sleep 1d'
    volumes: [\"/cache\"]
    stop_grace_period: 0s
  job: {image: busybox, command: \"true\"}
volumes:
  pgdata:
";

#[test]
fn a_project_comes_back_with_its_rows() {
    let Some(daemon) = Daemon::start("compose, a project comes back", &["postgres", "busybox"]) else {
        return;
    };
    if !daemon.has_compose("compose, a project comes back") {
        return;
    }
    let mut s = Stage::new(&daemon);
    let dir = s.machine.dir("shop");
    s.machine.file("shop/compose.yaml", COMPOSE);
    s.machine.cd(&dir);
    daemon.compose_ok(&dir, &["up", "-d"]);
    daemon.answers("shop-db-1");
    daemon.sql("shop-db-1", "create table orders as select generate_series(1, 50000) as id");
    daemon.ok(&["exec", "shop-web-1", "sh", "-c", "echo second >/cache/a"]);
    let end = s.answer("compose down -v", "db1/shop/*").is(0);
    end.says("1 dump of 50,000 rows, read back").says("safer      down without -v");
    assert_eq!((daemon.ok(&["ps", "-aq"]), daemon.volumes()), (String::new(), vec![]));
    let id = s.only_copy();
    let shown = told(&s.machine.guard(&["kept", "show", &id])).is(0);
    shown.says("volume shop_pgdata: PostgreSQL 15").says("50,000 rows of 1 table,").says("compose.yaml");
    told(&s.machine.guard(&["kept", "show", &id, "--json"])).is(0).not("hunter2");
    told(&s.machine.guard(&["kept", "list"])).is(0).says("2 volumes, 3 containers");
    s.restore(&id).is(0).says("started   container shop-db-1").says("0 failed");
    daemon.answers("shop-db-1");
    assert_eq!(daemon.sql("shop-db-1", "select count(*) from orders"), "50000");
    assert_eq!(daemon.ok(&["exec", "shop-web-1", "cat", "/cache/a"]), "second");
    assert_eq!(
        daemon.inspect("shop-job-1", "/State/Status"),
        "created",
        "it had ended, and is not run again"
    );
    // For Compose it is the project that it was: there is nothing to make anew.
    let ids = daemon.ok(&["ps", "-q"]);
    daemon.compose_ok(&dir, &["up", "-d", "db", "web"]);
    assert_eq!(daemon.ok(&["ps", "-q"]), ids);
    // Nothing of it is touched where a name is taken.
    let guard = told(&s.machine.guard(&["restore", &id])).is(REFUSED);
    guard.says("volume shop_pgdata").says("container shop-db-1").says("nothing was made");
    assert_eq!(daemon.ok(&["ps", "-q"]), ids);
}

#[test]
fn other_databases_come_back_and_what_was_in_memory_only() {
    let Some(daemon) = Daemon::start("docker, databases come back", &["redis", "mariadb"]) else { return };
    let s = Stage::new(&daemon);
    daemon.ok(&["run", "-d", "--name", "cache", "-v", "redis:/data", "redis:7"]);
    daemon.ok(&["run", "-d", "--name", "wiki", "-v", "/var/lib/mysql", "mariadb:10.11"]);
    let redis = |words: &[&str]| daemon.ok(&[&["exec", "cache", "redis-cli"], words].concat());
    let maria = |statement: &str| daemon.docker(&["exec", "wiki", "mariadb", "-uroot", "-Ne", statement]);
    assert!(within(LONG, || daemon.docker(&["exec", "cache", "redis-cli", "ping"]).status.success()));
    assert!(within(LONG, || maria("select 1").status.success()), "{}", daemon.logs("wiki"));
    redis(&["set", "first", "1"]);
    redis(&["save"]);
    redis(&["set", "second", "2"]);
    let made = maria("create database w; use w; create table page as select seq from seq_1_to_3000");
    assert!(made.status.success(), "{}", told(&made).output);
    s.answer("rm -fv wiki", &s.phrase("rm -fv wiki")).is(0).says("1 dump of ").says(", read back; back with");
    s.restore(&s.only_copy()).is(0).says("started   container wiki");
    assert!(within(LONG, || maria("select 1").status.success()), "{}", daemon.logs("wiki"));
    assert_eq!(told(&maria("select count(*) from w.page")).is(0).output.trim(), "3000");
    s.forget();
    // What no file has yet.
    daemon.ok(&["run", "-d", "--name", "young", "-v", "/data", "redis:7"]);
    let young = |words: &[&str]| daemon.docker(&[&["exec", "young", "redis-cli"], words].concat());
    assert!(within(LONG, || young(&["set", "only", "1"]).status.success()));
    s.answer("rm -fv young", &s.phrase("rm -fv young"))
        .is(0)
        .says("in memory goes with it")
        .says("guard: kept");
    s.restore(&s.only_copy()).is(0);
    assert!(within(LONG, || young(&["ping"]).status.success()));
    assert_eq!(told(&young(&["get", "only"])).is(0).output.trim(), "1");
    s.forget();
    // Its data has a name: docker leaves it with `-v`, and the copy is asked for by who removes the volume.
    daemon.ok(&["rm", "-f", "cache"]);
    s.answer("volume rm redis", "db1/redis").is(0);
    s.restore(&s.only_copy()).is(0);
    daemon.ok(&["run", "-d", "--name", "cache", "-v", "redis:/data", "redis:7"]);
    assert!(within(LONG, || daemon.docker(&["exec", "cache", "redis-cli", "ping"]).status.success()));
    assert_eq!(redis(&["get", "first"]), "1");
}

/// What stands between the question and the deed, at the way back: what somebody else has made meanwhile is theirs.
#[test]
fn a_name_that_is_taken_while_the_question_stands_is_somebody_elses() {
    let Some(daemon) = Daemon::start("docker, a name taken at the way back", &["busybox"]) else { return };
    let s = Stage::new(&daemon);
    fill(&daemon, "data");
    s.answer("volume rm data", "db1/data").is(0);
    let id = s.only_copy();
    let guard = s.machine.command(env!("CARGO_BIN_EXE_guard"), &["restore", &id]);
    let mut terminal = s.machine.terminal_of(guard);
    terminal.expect("[y/N]: ");
    daemon.ok(&["run", "--rm", "-v", "data:/d", "busybox", "sh", "-c", "echo theirs >/d/rows"]);
    terminal.send("y\n");
    ended(terminal).is(69).says("volume data is there by now");
    let rows =
        daemon.ok(&["run", "--rm", "-v", "data:/d", "busybox", "sh", "-c", "cat /d/rows; ls /d | wc -l"]);
    assert_eq!(rows, "theirs\n1");
    // Containers that share something come back in an order in which that is there, and mounts as they were told.
    daemon.ok(&["volume", "rm", "data"]);
    let bind = daemon.dir().join("srv");
    fs::create_dir(&bind).unwrap();
    fs::write(bind.join("here"), "x").unwrap();
    let device = format!("device={}", bind.display());
    daemon.ok(&["volume", "create", "-o", "type=none", "-o", "o=bind", "-o", &device, "leads"]);
    let sleep = ["busybox", "sh", "-c", "echo a >/data/a; exec sleep 1d"];
    daemon.ok(&[&["run", "-d", "--name", "p1", "-v", "/data", "-v", "leads:/b"][..], &sleep].concat());
    let first = daemon.inspect("p1", "/Id").as_str().unwrap().to_owned();
    let more = ["run", "-d", "--name", "p2", "--network", "container:p1", "--volumes-from", &first];
    daemon.ok(&[&more[..], &["busybox", "sleep", "1d"]].concat());
    s.forget();
    s.answer("rm -fv p2 p1", &s.phrase("rm -fv p2 p1")).is(0);
    daemon.ok(&["volume", "rm", "leads"]);
    s.restore(&s.only_copy()).is(0).says("started   container p2").says("volume leads, as it was told");
    assert_eq!(daemon.ok(&["exec", "p2", "cat", "/data/a", "/b/here"]), "a\nx");
}

#[test]
fn a_copy_of_what_moved_is_none() {
    let Some(daemon) = Daemon::start("docker, what moved", &["busybox"]) else { return };
    let s = Stage::new(&daemon);
    let script = "dd if=/dev/urandom of=/data/rows bs=1M count=200 2>/dev/null; exec sleep 1d";
    daemon.ok(&["run", "-d", "--name", "writes", "-v", "/data", "busybox", "sh", "-c", script]);
    let [volume] = daemon.volumes().try_into().unwrap();
    let rows = daemon.dir().join("data/volumes").join(&volume).join("_data/rows");
    assert!(within(LONG, || fs::metadata(&rows).is_ok_and(|meta| meta.len() == 200 << 20)));
    let mut terminal = s.machine.terminal_of(s.machine.docker(&["rm", "-fv", "writes"]));
    terminal.expect("3 tries: ");
    terminal.send(format!("db1/{}\n", &volume[..12]));
    assert!(within(LONG, || daemon.inspect("writes", "/State/Paused") == true));
    daemon.ok(&["unpause", "writes"]);
    ended(terminal).is(REFUSED).says("went on while its volumes were read");
    assert_eq!((daemon.volumes(), s.copies()), (vec![volume], vec![]));
}

#[test]
fn whoever_is_interrupted_loses_nothing() {
    let Some(daemon) = Daemon::start("docker, an interrupted copy", &["busybox"]) else { return };
    let s = Stage::new(&daemon);
    // As much as takes a while, and does not pack well.
    let script = "dd if=/dev/urandom of=/data/rows bs=1M count=300 2>/dev/null; exec sleep 1d";
    daemon.ok(&["run", "-d", "--name", "writes", "-v", "/data", "busybox", "sh", "-c", script]);
    let [volume] = daemon.volumes().try_into().unwrap();
    let rows = daemon.dir().join("data/volumes").join(&volume).join("_data/rows");
    assert!(within(LONG, || fs::metadata(&rows).is_ok_and(|meta| meta.len() == 300 << 20)));
    let mut terminal = s.machine.terminal_of(s.machine.docker(&["rm", "-fv", "writes"]));
    terminal.expect("3 tries: ");
    let phrase = format!("db1/{}\n", &volume[..12]);
    terminal.send(&phrase);
    assert!(
        within(LONG, || daemon.inspect("writes", "/State/Paused") == true),
        "it stands still for the copy"
    );
    terminal.send("\x03");
    ended(terminal).says("interrupted while the copy was taken");
    assert_eq!(daemon.inspect("writes", "/State/Paused"), false);
    assert_eq!(daemon.inspect("writes", "/State/Running"), true);
    assert_eq!((daemon.volumes(), s.copies()), (vec![volume.clone()], vec![]));
    let left = fs::read_dir(&s.kept).unwrap().count();
    assert_eq!(left, 0, "nothing of half a copy");
    let record = s.machine.last_record().to_string();
    assert!(record.contains("interrupted"), "{record}");
    // Left alone it goes, with a copy.
    let mut terminal = s.machine.terminal_of(s.machine.docker(&["rm", "-fv", "writes"]));
    terminal.expect("3 tries: ");
    terminal.send(&phrase);
    ended(terminal).is(0).says("guard: kept 1 volume: 314 MB");
    assert_eq!(daemon.volumes(), Vec::<String>::new());
}

#[test]
fn a_full_disk_is_said_before_the_question_and_stops_what_was_not_foreseen() {
    let Some(daemon) = Daemon::start("docker, a full disk", &["busybox"]) else { return };
    let s = Stage::new(&daemon);
    let write = |megabytes: u32| {
        let script = format!("dd if=/dev/urandom of=/d/rows bs=1M count={megabytes} 2>/dev/null");
        daemon.ok(&["run", "--rm", "-v", "data:/d", "busybox", "sh", "-c", &script]);
    };
    write(40);
    let disk = s.machine.dir(".local/state/guard");
    let size = |megabytes: u32| format!("size={megabytes}m,mode=0700");
    let mount = |options: &str| {
        let done = std::process::Command::new("mount")
            .args(["-t", "tmpfs", "-o", options, "tmpfs"])
            .arg(&disk)
            .status();
        assert!(done.unwrap().success());
    };
    let _gone = Unmounted(disk.clone());
    mount(&size(70));
    let checked = told(&s.machine.guard(&["check", "--", "docker", "volume", "rm", "data"]));
    checked.says("copy       NONE: 70 MiB are free, 104 may be needed");
    // It grows while somebody reads.
    mount(&size(110));
    let mut terminal = s.machine.terminal_of(s.machine.docker(&["volume", "rm", "data"]));
    terminal.expect("3 tries: ");
    write(200);
    terminal.send("db1/data\n");
    ended(terminal).is(REFUSED).says("the copy that was promised could not be taken").says("No space left");
    assert_eq!((daemon.volumes(), s.copies()), (vec!["data".to_owned()], vec![]));
}

/// A mount that ends with the test, however that ends.
struct Unmounted(PathBuf);

impl Drop for Unmounted {
    fn drop(&mut self) {
        while std::process::Command::new("umount")
            .arg("-l")
            .arg(&self.0)
            .output()
            .is_ok_and(|out| out.status.success())
        {}
    }
}

/// Never saved, and nothing in the image's name says what it is.
#[test]
fn what_is_in_memory_only_is_kept_whatever_its_image_is_called() {
    let Some(daemon) = Daemon::start("docker, what is in memory only", &["redis"]) else { return };
    let s = Stage::new(&daemon);
    let bare = daemon.ok(&["images", "-q", "redis:7"]);
    daemon.ok(&["tag", "redis:7", "acme/cachething:1"]);
    let run = |name: &str, words: &[&str]| {
        daemon.ok(&[&["run", "-d", "--name", name, "-v", "/data"], words].concat());
    };
    let answers = |name: &str, words: &[&str]| {
        within(LONG, || daemon.docker(&[&["exec", name, "redis-cli"], words].concat()).status.success())
    };
    // By what it was started with, and, where a script starts it, by what runs.
    run("bare", &[&bare]);
    run("tagged", &["-e", "REDIS_VERSION=7", "acme/cachething:1"]);
    run("script", &["--entrypoint", "sh", "acme/cachething:1", "-c", "cd /data && exec redis-server"]);
    for name in ["bare", "tagged", "script"] {
        assert!(answers(name, &["set", "only", name]), "{}", daemon.logs(name));
        let line = format!("rm -fv {name}");
        let end = s.answer(&line, &s.phrase(&line)).is(0).says("in memory goes with it");
        end.says("guard: kept 1 volume").not("has in memory only");
        s.restore(&s.only_copy()).is(0);
        assert!(answers(name, &["ping"]), "{}", daemon.logs(name));
        assert_eq!(daemon.ok(&["exec", name, "redis-cli", "get", "only"]), name);
        s.forget();
    }
    // Another program with an empty volume loses nothing, whatever is set for it.
    run("app", &["-e", "REDIS_VERSION=7", "--entrypoint", "sleep", "acme/cachething:1", "1d"]);
    let checked = s.machine.guard(&["check", "--json", "--", "docker", "rm", "-fv", "app"]);
    let checked: Value = serde_json::from_slice(&checked.stdout).unwrap();
    assert_eq!((&checked["effect"], &checked["unchecked"]), (&"disrupt".into(), &Value::Array(vec![])));
    // What is saved outside of what is copied is missed, and it is said; what nobody could tell as well.
    run("out", &["redis:7", "redis-server", "--save", "", "--dir", "/tmp"]);
    run("mute", &["redis:7", "redis-server", "--rename-command", "CONFIG", ""]);
    run("still", &["redis:7"]);
    assert!(answers("still", &["set", "only", "still"]), "{}", daemon.logs("still"));
    daemon.ok(&["pause", "still"]);
    for (name, why) in [
        ("out", "it saves to /tmp, which is in no volume"),
        ("mute", "whether it is in the copy could not be told: CONFIG GET dir: ERR unknown command"),
        ("still", "it is not saved: it is paused"),
    ] {
        assert!(name == "still" || answers(name, &["set", "only", name]), "{}", daemon.logs(name));
        let line = format!("rm -fv {name}");
        let said = format!("what Redis of container {name} has in memory only: {why}");
        s.answer(&line, &s.phrase(&line)).is(0).says(&format!("guard: {said}"));
        told(&s.machine.guard(&["kept", "show", &s.only_copy()])).is(0).says(&said);
        s.forget();
    }
}

/// A dump holds locks: nothing of it goes on where guard does not. The server that it ran beside is none the worse.
#[test]
fn a_dump_ends_with_guard() {
    let Some(daemon) = Daemon::start("docker, an interrupted dump", &["postgres"]) else { return };
    let s = Stage::new(&daemon);
    daemon.postgres("db", "", &[]);
    daemon.sql("db", "create table orders as select generate_series(1, 9) as id");
    let volumes = daemon.volumes();
    let phrase = format!("{}\n", s.phrase("rm -fv db"));
    let counted = |what: &str| daemon.sql("db", &format!("select count(*) from {what}")) == "1";
    let is_of_a_dump = |program: &str| program.contains("pg_dump") || program.starts_with("sleep ");
    let dumps = || -> Vec<String> {
        let all = daemon.ok(&["top", "db", "-eo", "pid,args"]);
        let programs = all.lines().filter_map(|line| line.trim().split_once(' '));
        programs.map(|(_, program)| program.trim().to_owned()).filter(|one| is_of_a_dump(one)).collect()
    };
    for (times, is_killed) in [(1, false), (2, true)] {
        // The dump waits for whoever has the table.
        let hold = "begin; lock table orders; select pg_sleep(600)";
        let mut holder = daemon.command(&["exec", "db", "psql", "-U", "postgres", "-c", hold], &[]);
        let mut holder = holder.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let held =
            "pg_locks where mode = 'AccessExclusiveLock' and granted and relation = 'orders'::regclass";
        assert!(within(LONG, || counted(held)));
        let mut terminal = s.machine.terminal_of(s.machine.docker(&["rm", "-fv", "db"]));
        terminal.expect("3 tries: ");
        terminal.send(&phrase);
        let waits = "pg_stat_activity where application_name = 'pg_dump' and wait_event_type = 'Lock'";
        assert!(within(LONG, || counted(waits)), "{:?}", dumps());
        if is_killed {
            terminal.signal(9);
            assert_eq!(terminal.code(), 128 + 9);
        } else {
            terminal.send("\x03");
            ended(terminal).says("interrupted while the copy was taken");
        }
        assert!(within(LONG, || dumps() == Vec::<String>::new()), "{:?}", dumps());
        // It was ended: it did not give up by itself, as it does after ten seconds.
        assert_eq!(daemon.logs("db").matches("canceling statement due to user request").count(), times);
        daemon.sql("db", "select pg_terminate_backend(pid) from pg_locks where mode = 'AccessExclusiveLock'");
        holder.wait().unwrap();
        assert_eq!((daemon.volumes(), s.copies()), (volumes.clone(), vec![]));
    }
    // Whatever of a dump dies of a signal and is left to PostgreSQL it takes for a crash of its own.
    assert!(!daemon.logs("db").contains("reinitializing"), "{}", daemon.logs("db"));
    s.answer("rm -fv db", phrase.trim()).is(0).says("1 dump of 9 rows");
}
