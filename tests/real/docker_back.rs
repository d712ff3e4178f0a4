//! The way back where the world has gone on: a second server, volumes and images that are gone, a restore that was killed; and what
//! somebody else did while the question stood.

use crate::docker_keep::Stage;
use crate::support::docker::Daemon;
use crate::support::ended::{ended, told};
use crate::support::machine::REFUSED;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// Not everything could be put back.
const UNAVAILABLE: i32 = 69;

fn removed(s: &Stage, line: &str) -> String {
    let before = s.copies();
    s.answer(line, &s.phrase(line)).is(0).says("guard: kept");
    s.copies().into_iter().find(|id| !before.contains(id)).unwrap()
}

#[test]
fn a_restore_starts_no_second_server() {
    let Some(daemon) = Daemon::start("docker, a second server at the way back", &["postgres"]) else {
        return;
    };
    let s = Stage::new(&daemon);
    daemon.postgres("old", "data", &["-v", "/extra"]);
    daemon.ok(&["exec", "old", "sh", "-c", "echo e >/extra/f"]);
    let id = removed(&s, "rm -fv old");
    daemon.postgres("new", "data", &[]);
    let end = s.restore(&id).is(UNAVAILABLE).says("made      container old");
    end.says("start of container old").says("is open by PostgreSQL").says("of container new");
    assert_eq!(daemon.inspect("old", "/State/Running"), false);
    daemon.answers("new");
}

#[test]
fn a_volume_that_is_nowhere_is_not_made_empty_and_an_image_keeps_no_data_back() {
    let Some(daemon) = Daemon::start("docker, volumes and images that are gone", &["busybox"]) else {
        return;
    };
    let s = Stage::new(&daemon);
    // Slashes to spare are none for the daemon.
    daemon.ok(&[
        "run",
        "-d",
        "--name",
        "one",
        "-v",
        "named:/d/",
        "-v",
        "/extra",
        "busybox",
        "sh",
        "-c",
        "echo a >/d/a; echo e >/extra/e; exec sleep 1d",
    ]);
    let first = removed(&s, "rm -fv one");
    let second = removed(&s, "volume rm named");
    let refused = told(&s.machine.guard(&["restore", &first])).is(REFUSED);
    let refused = refused.says("volume that containers mount is not there");
    refused
        .says("named: neither there nor in this copy")
        .says(&format!("guard restore {second} --data-only"));
    assert_eq!(daemon.volumes(), Vec::<String>::new());
    s.restore(&second).is(0);
    s.restore(&first).is(0).says("started   container one");
    assert_eq!(daemon.ok(&["exec", "one", "cat", "/d/a", "/extra/e"]), "a\ne");
    // An image of one's own that is gone.
    daemon.ok(&["commit", "one", "local/app:3"]);
    let write = "echo x >/v/x; exec sleep 1d";
    daemon.ok(&["run", "-d", "--name", "two", "-v", "/v", "local/app:3", "sh", "-c", write]);
    let mounts = daemon.inspect("two", "/Mounts").as_array().unwrap().clone();
    let mount = mounts.iter().find(|mount| mount["Destination"] == "/v").unwrap();
    let volume = mount["Name"].as_str().unwrap().to_owned();
    let third = removed(&s, "rm -fv two");
    daemon.ok(&["rmi", "-f", "local/app:3"]);
    let refused = told(&s.machine.guard(&["restore", &third])).is(UNAVAILABLE);
    refused.says("missing: local/app:3").says("--data-only puts back the volumes alone");
    let dry = told(&s.machine.guard(&["restore", &third, "--dry-run", "--data-only"])).is(0);
    dry.says("make      anonymous volume").not("container two");
    let data = ["restore", &third, "--data-only"];
    let back = s.machine.command(env!("CARGO_BIN_EXE_guard"), &data);
    crate::support::ended::answered(s.machine.terminal_of(back), "[y/N]: ", "y")
        .is(0)
        .says("2 made, 0 started");
    assert_eq!(daemon.ok(&["run", "--rm", "-v", &format!("{volume}:/v"), "busybox", "cat", "/v/x"]), "x");
}

/// Kills a restore as soon as this volume is there. Whether it was under way then.
fn killed(s: &Stage, daemon: &Daemon, id: &str, volume: &str) -> bool {
    let mut command = s.machine.command(env!("CARGO_BIN_EXE_guard"), &["restore", id]);
    command.env("GUARD_CONFIRM", "db1").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut guard = command.spawn().unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    while !daemon.volumes().iter().any(|one| one == volume) {
        assert!(Instant::now() < end && guard.try_wait().unwrap().is_none(), "no volume was made");
    }
    guard.kill().unwrap();
    guard.wait().unwrap();
    s.kept.join(id).join("restoring").exists()
}

/// The commands that a refusal names.
fn take_away(output: &str) -> String {
    let said = output.split("what takes it away: ").nth(1).unwrap();
    let until = said.find("\n  help:").or_else(|| said.find("help:")).unwrap();
    said[..until].split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_restore_that_was_killed_is_told_with_what_takes_it_away() {
    let Some(daemon) = Daemon::start("docker, a restore is killed", &["busybox"]) else { return };
    let s = Stage::new(&daemon);
    daemon.ok(&["network", "create", "--internal", "net"]);
    daemon.ok(&[
        "run",
        "-d",
        "--name",
        "one",
        "-v",
        "/v",
        "busybox",
        "sh",
        "-c",
        "dd if=/dev/urandom of=/v/x bs=1M count=48; exec sleep 1d",
    ]);
    let volume = daemon.inspect("one", "/Mounts/0/Name").as_str().unwrap().to_owned();
    let written = || daemon.docker(&["exec", "one", "sh", "-c", "test $(stat -c %s /v/x) = 50331648"]);
    assert!(crate::support::cluster::within(Duration::from_secs(60), || written().status.success()));
    let id = removed(&s, "rm -fv one");
    let shell = |script: &str| {
        let mut sh = s.machine.command("/bin/sh", &["-ec", script]);
        sh.env("PATH", format!("{}:/usr/bin:/bin", daemon.cli().parent().unwrap().display()));
        told(&sh.output().unwrap())
    };
    let again =
        || told(&s.machine.guard(&["restore", &id])).is(REFUSED).says("an earlier restore of this copy");
    assert!(killed(&s, &daemon, &id, &volume), "it was through before it could be killed");
    let said = again().says("was broken off").output;
    shell(&take_away(&said)).is(0);
    s.restore(&id).is(0).says("started   container one");
    written();
    // One that came to its end is told from that, and what takes it away knows all of it.
    let said = again().says("made it, and came to its end").output;
    shell(&take_away(&said)).is(0);
    assert_eq!((daemon.ok(&["ps", "-aq"]), daemon.volumes()), (String::new(), vec![]));
}

#[test]
fn what_goes_by_now_and_was_not_shown_refuses() {
    let Some(daemon) = Daemon::start("docker, more goes by now", &["busybox"]) else { return };
    let s = Stage::new(&daemon);
    for (name, volume) in [("idle", "first"), ("holder", "second")] {
        let mount = format!("{volume}:/d");
        let write = "echo precious >/d/f; exec sleep 1d";
        daemon.ok(&["run", "-d", "--name", name, "-v", &mount, "busybox", "sh", "-c", write]);
    }
    daemon.ok(&["rm", "-f", "idle"]);
    let words = ["volume", "prune", "-f"];
    let mut terminal = s.machine.terminal_of(s.machine.docker(&words));
    terminal.expect("3 tries: ");
    daemon.ok(&["rm", "-f", "holder"]);
    terminal.send("db1/*\n");
    ended(terminal).is(REFUSED).says("volume second would go as well by now");
    assert_eq!(daemon.volumes(), ["first", "second"]);
    assert_eq!(s.copies().len(), 1, "what was shown had been kept");
}

#[test]
fn data_that_lies_behind_a_link_comes_along() {
    let Some(daemon) = Daemon::start("docker, data behind a link", &["busybox"]) else { return };
    let s = Stage::new(&daemon);
    daemon.ok(&["run", "--rm", "-v", "moved:/d", "busybox", "sh", "-c", "echo a >/d/a"]);
    let data = PathBuf::from(daemon.ok(&["volume", "inspect", "-f", "{{.Mountpoint}}", "moved"]));
    // Beside the volumes: another directory of the daemon's may be another file system.
    let disk = data.parent().unwrap().with_file_name("disk");
    fs::rename(&data, &disk).unwrap();
    symlink(&disk, &data).unwrap();
    let id = removed(&s, "volume rm moved");
    assert!(!disk.exists(), "docker goes behind the link");
    s.restore(&id).is(0);
    assert_eq!(daemon.ok(&["run", "--rm", "-v", "moved:/d", "busybox", "cat", "/d/a"]), "a");
}

#[test]
fn a_project_without_its_file_goes_by_its_labels() {
    let name = "compose, a project without its file";
    let Some(daemon) = Daemon::start(name, &["busybox"]) else { return };
    if !daemon.has_compose(name) {
        return;
    }
    let mut s = Stage::new(&daemon);
    let dir = s.machine.dir("shop");
    let file = "name: shop\nservices:\n  web: {image: busybox, command: sleep 1d, volumes: [\"data:/d\"], stop_grace_period: 0s}\n\
        volumes: {data: {}}\n";
    s.machine.file("shop/compose.yaml", file);
    daemon.compose_ok(&dir, &["up", "-d"]);
    daemon.ok(&["exec", "shop-web-1", "sh", "-c", "echo rows >/d/rows"]);
    // The files of another project lie here: with `-p` and without `-f` Compose reads none of them.
    let other = s.machine.dir("other");
    s.machine.file("other/compose.yaml", "services: {x: {image: busybox}}\n");
    s.machine.cd(&other);
    let screen = s.answer("compose -p shop down -v", "db1/shop/*").is(0);
    let screen = screen.says("project    shop, by its labels");
    screen.says("volume shop_data").says("guard: kept 1 volume");
    assert_eq!((daemon.ok(&["ps", "-aq"]), daemon.volumes()), (String::new(), vec![]));
    s.restore(&s.only_copy()).is(0);
    assert_eq!(daemon.ok(&["exec", "shop-web-1", "cat", "/d/rows"]), "rows");
    // Nothing of this name is nothing that goes.
    let words = ["check", "--", "docker", "compose", "-p", "nobody", "down", "-v"];
    told(&s.machine.guard(&words)).is(0).says("would run");
}
