//! Debian systems to take packages away from: a throw-away copy of one that `tests/apt/install` built, with processes,
//! a network and a host name (`db1`) of its own.
//!
//! What changes in it is in memory, and it all goes with its first process, which ends when this test program does, in
//! whatever way: nothing stays mounted and nothing stays running. By hand: `tests/apt/enter`.

use super::ended::said;
use super::pty::Pty;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// Where packages, lists and caches of apt belong, relative to the checkout.
const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/apt");

/// What changes by itself, or is only a copy of something: no part of "as it was before".
pub const PASSING: &[&str] = &[
    "dev",
    "proc",
    "sys",
    "run",
    "tmp",
    "var/tmp",
    "var/log",
    "var/cache/apt",
    "var/lib/apt/lists",
    "srv/mirror",
];

/// A Debian release that can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// apt 2.6; PostgreSQL 15 with the cluster `main` and in it the database `prod`, Redis, nginx, postfix, a removed
    /// etcd with its data, the metapackage `shop`, a held rsync.
    Twelve,
    /// apt 3.0; Redis, nginx, postfix, `shop`, rsync.
    Thirteen,
}

/// A running copy.
#[derive(Debug)]
pub struct Root {
    /// The number of its first process, as this machine counts.
    pid: u32,
    /// Its first process is systemd.
    booted: bool,
    /// While this is open it lives.
    alive: Option<ChildStdin>,
    child: Child,
}

impl Root {
    /// A new copy of Debian 12 with `guard` and `guard-shim` in /usr/local/bin, or `None` with a loud word when there
    /// is none to copy. `test` names it in messages.
    pub fn fresh(test: &str) -> Option<Root> {
        Root::of(Release::Twelve, test)
    }

    /// The same of any release.
    pub fn of(release: Release, test: &str) -> Option<Root> {
        Root::enter(release, false, &binaries(), test)
    }

    /// Debian 12 with systemd as its first process, which has started every server. Takes seconds.
    pub fn booted(test: &str) -> Option<Root> {
        Root::enter(Release::Twelve, true, &binaries(), test)
    }

    /// A copy with these files of the machine at these places in it.
    pub fn enter(release: Release, booted: bool, binds: &[(PathBuf, &str)], test: &str) -> Option<Root> {
        let number = if release == Release::Twelve { "12" } else { "13" };
        if release == Release::Thirteen && std::env::var_os("GUARD_TEST_ALL").is_none() {
            eprintln!("left to tests/run --all: {test}: Debian 13");
            return None;
        }
        let mut enter = Command::new(format!("{SCRIPTS}/enter"));
        enter.args(["--hold", "--release", number]).args(booted.then_some("--boot"));
        for (from, to) in binds {
            enter.args(["--bind", &format!("{}={to}", from.display())]);
        }
        let mut child =
            enter.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        if let Some(pid) = line.trim().strip_prefix("ready ") {
            let root = Root { pid: pid.parse().unwrap(), booted, alive: child.stdin.take(), child };
            let brings_guard = binds.iter().any(|(_, to)| *to == "/usr/local/bin/guard");
            let starts = root.run("guard --version");
            assert!(
                starts.status.success() || !brings_guard,
                "guard, built for this machine, does not start in Debian {number}: {}",
                String::from_utf8_lossy(&starts.stderr)
            );
            return Some(root);
        }
        let end = child.wait_with_output().unwrap();
        let why = String::from_utf8_lossy(&end.stderr);
        assert_eq!(end.status.code(), Some(3), "{test}: no copy of Debian {number}: {why}");
        // As root it can be had; without, not even in CI.
        let must = std::env::var("CI").as_deref() == Ok("true") && rustix::process::getuid().is_root();
        assert!(!must, "{test}: no Debian {number} to copy: run `tests/run apt`: {why}");
        eprintln!("SKIPPED: {test}: no Debian {number} to take packages from (as root: `tests/run apt`)");
        None
    }

    /// Its root directory, as seen from outside. Absolute links inside lead out of it.
    pub fn path(&self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root", self.pid))
    }

    /// The number of its first process, as this machine counts.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// A program to be started inside: as root, with the environment of a fresh login and nothing of this process's.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["-t", &self.pid.to_string(), "-m", "-p", "-u", "-n", "-i", "-C", "--root"]);
        command.arg(format!("--wd=/proc/{}/root/root", self.pid)).arg("--").args(words).env_clear();
        for (name, value) in [
            ("HOME", "/root"),
            ("USER", "root"),
            ("LOGNAME", "root"),
            ("SHELL", "/bin/bash"),
            ("TERM", "xterm"),
            ("LC_ALL", "C.UTF-8"),
            ("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
        ] {
            command.env(name, value);
        }
        command
    }

    /// Runs a line of shell without a terminal and without input.
    pub fn run(&self, line: &str) -> Output {
        self.run_with(line, &[], b"")
    }

    /// The same with variables and with bytes on standard input.
    pub fn run_with(&self, line: &str, vars: &[(&str, &str)], input: &[u8]) -> Output {
        let mut command = self.command(&["/bin/sh", "-c", line]);
        command.envs(vars.iter().copied());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // SAFETY: setsid is async-signal-safe and takes no pointers. Without it the test runner's terminal is at hand.
        unsafe {
            command.pre_exec(|| {
                if libc::setsid() == -1 { Err(std::io::Error::last_os_error()) } else { Ok(()) }
            });
        }
        let mut child = command.spawn().unwrap();
        // It may well end without reading.
        let _ = child.stdin.take().unwrap().write_all(input);
        child.wait_with_output().unwrap()
    }

    /// Runs a line that has to succeed, and gives its output.
    #[track_caller]
    pub fn ok(&self, line: &str) -> String {
        let out = self.run(line);
        assert!(out.status.success(), "{line}\n{}", said(&out));
        String::from_utf8_lossy(&out.stdout).into_owned()
    }

    /// A line of shell on a terminal of its own.
    pub fn pty(&self, line: &str) -> Pty {
        // The session that the terminal belongs to has to be one of inside, or no process there is in its foreground.
        Pty::spawn(self.command(&["setsid", "--ctty", "/bin/sh", "-c", line]), 100)
    }

    /// Writes a file inside, with everything above it.
    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let out = self.run_with(
            "mkdir -p \"$(dirname \"$FILE\")\" && cat >\"$FILE\"",
            &[("FILE", path)],
            text.as_ref(),
        );
        assert!(out.status.success(), "{path}: {}", said(&out));
    }

    /// Whether there is something at this place inside.
    pub fn has(&self, path: &str) -> bool {
        self.run(&format!("test -e '{path}' || test -L '{path}'")).status.success()
    }

    /// Links these names to the shim in /usr/local/sbin, where `sudo` and root's own PATH look first.
    pub fn shims(&self, names: &[&str]) {
        for name in names {
            self.ok(&format!("ln -sf /usr/local/bin/guard-shim /usr/local/sbin/{name}"));
        }
    }

    /// The packages dpkg has in this state (`ii`, `rc`), all of these.
    pub fn in_state(&self, state: &str, packages: &[&str]) -> bool {
        let list = self.ok("dpkg-query -W -f='${db:Status-Abbrev} ${Package}\\n'");
        packages.iter().all(|package| {
            list.lines().any(|line| {
                let mut words = line.split_whitespace();
                words.next() == Some(state) && words.next() == Some(package)
            })
        })
    }

    /// Waits until guard has taken back what aptitude was refused: aptitude itself does that once more, and holds its locks.
    pub fn aptitude_has_ended(&self) {
        self.ok("while pgrep -f '[s]chedule-only' >/dev/null; do sleep 0.1; done");
    }

    /// Starts a server and waits until it answers: `postgres`, `redis`, `nginx`, `postfix` or `ssh`.
    pub fn start(&self, service: &str) {
        let (start, answers) = match service {
            "postgres" => {
                ("pg_ctlcluster 15 main start", "su postgres -c 'psql -Atc \"select 1\" prod' | grep -qx 1")
            }
            "redis" => ("/etc/init.d/redis-server start", "redis-cli ping | grep -qx PONG"),
            "nginx" => ("/etc/init.d/nginx start", "ss -Hltn 'sport = :80' | grep -q ."),
            "postfix" => ("/etc/init.d/postfix start", "ss -Hltn 'sport = :25' | grep -q ."),
            "ssh" => ("mkdir -p /run/sshd && /usr/sbin/sshd", "ss -Hltn 'sport = :22' | grep -q ."),
            other => panic!("no service {other} in the test bed"),
        };
        let unit = match service {
            "postgres" => "postgresql@15-main",
            "redis" => "redis-server",
            other => other,
        };
        let start = if self.booted { format!("systemctl start {unit}") } else { start.to_owned() };
        self.ok(&format!(
            "{{ {start}; }} >/tmp/start.log 2>&1 </dev/null || {{ cat /tmp/start.log; exit 1; }}"
        ));
        let end = Instant::now() + Duration::from_secs(60);
        while !self.run(answers).status.success() {
            assert!(Instant::now() < end, "{service} does not answer: {}", self.ok("cat /tmp/start.log"));
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// The rows of the table in the PostgreSQL database, counted by the server, which must be running.
    pub fn customers(&self) -> Option<u64> {
        let out = self.run("su postgres -c 'psql -Atc \"select count(*) from customers\" prod'");
        String::from_utf8_lossy(&out.stdout).trim().parse().ok()
    }

    /// Everything as it is now, but for [`PASSING`] and `besides`.
    pub fn snapshot(&self, besides: &[&str]) -> Snapshot {
        let mut prune = String::new();
        for path in PASSING.iter().chain(besides) {
            let _ = write!(prune, " -path './{path}' -prune -o");
        }
        // Contents where packages, settings and data are; elsewhere what a file's entry says.
        let list = self.ok(&format!(
            "cd / && find .{prune} -printf '%y %m %U:%G %s %T@ %l\\t%p\\n' && echo &&
             find ./etc ./var ./home ./srv ./opt ./root{prune} -type f -print0 | xargs -0 sha256sum"
        ));
        let (entries, sums) = list.split_once("\n\n").unwrap();
        let sums: BTreeMap<&str, &str> =
            sums.lines().filter_map(|line| line.split_once("  ")).map(|(sum, path)| (path, sum)).collect();
        let files = entries.lines().filter_map(|line| line.split_once('\t')).map(|(entry, path)| {
            let mut parts: Vec<&str> = entry.splitn(6, ' ').collect();
            // A directory's size and time say no more than its entries; a known content says more than both.
            match sums.get(path) {
                Some(sum) => parts[4] = sum,
                None if parts[0] == "d" => (parts[3], parts[4]) = ("", ""),
                None => {}
            }
            (path.to_owned(), parts.join(" "))
        });
        Snapshot { packages: self.ok("dpkg -l"), files: files.collect() }
    }

    /// Asserts that every package and every byte is as it was, but for `besides`.
    #[track_caller]
    pub fn is_as(&self, before: &Snapshot, besides: &[&str]) {
        let differences = before.differences(&self.snapshot(besides));
        assert!(differences.is_empty(), "changed:\n{}", differences.join("\n"));
    }
}

impl Drop for Root {
    fn drop(&mut self) {
        // Its first process reads the end of its input and ends, and with it every other one and every mount.
        self.alive = None;
        let end = Instant::now() + Duration::from_secs(10);
        while let Ok(None) = self.child.try_wait() {
            if Instant::now() > end {
                let _ = self.child.kill();
                let _ = self.child.wait();
                return;
            }
            std::thread::sleep(Duration::from_millis(2));
        }
    }
}

/// guard as it was built for the tests, where it belongs.
fn binaries() -> Vec<(PathBuf, &'static str)> {
    binaries_at(["/usr/local/bin/guard", "/usr/local/bin/guard-shim"]).to_vec()
}

/// guard and its shim as they were built for the tests, at these places.
pub fn binaries_at(places: [&'static str; 2]) -> [(PathBuf, &'static str); 2] {
    let built = [option_env!("CARGO_BIN_EXE_guard"), option_env!("CARGO_BIN_EXE_guard-shim")];
    let built = built.map(|path| PathBuf::from(path.expect("cargo built it")));
    let [guard, shim] = built;
    [(guard, places[0]), (shim, places[1])]
}

/// A state of the whole system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// `dpkg -l`.
    pub packages: String,
    /// Each path with kind, mode, owner, size, and content or time.
    pub files: BTreeMap<String, String>,
}

impl Snapshot {
    /// What is otherwise in the later one, a line each.
    pub fn differences(&self, later: &Snapshot) -> Vec<String> {
        let mut found: Vec<String> = Vec::new();
        for line in self.packages.lines().filter(|line| !later.packages.lines().any(|l| l == *line)) {
            found.push(format!("package, before: {line}"));
        }
        for (path, entry) in &self.files {
            match later.files.get(path) {
                None => found.push(format!("gone: {path}")),
                Some(now) if now != entry => found.push(format!("changed: {path}: {entry} -> {now}")),
                Some(_) => {}
            }
        }
        found.extend(
            later.files.keys().filter(|path| !self.files.contains_key(*path)).map(|p| format!("new: {p}")),
        );
        found
    }
}

/// The mounts of this machine, outside of every copy.
pub fn mounts_outside() -> Vec<String> {
    fs::read_to_string("/proc/self/mountinfo").unwrap().lines().map(str::to_owned).collect()
}

/// The directory a release is kept in, which no copy may change.
pub fn original(release: Release) -> Option<PathBuf> {
    let number = if release == Release::Twelve { "12=" } else { "13=" };
    let out = Command::new(format!("{SCRIPTS}/install")).arg("--dir").output().unwrap();
    let said = String::from_utf8_lossy(&out.stdout).into_owned();
    said.lines().find_map(|line| line.strip_prefix(number)).map(Path::new).map(Path::to_owned)
}
