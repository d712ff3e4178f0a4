//! A real Docker daemon of a test's own: Debian's dockerd and CLI from `tests/docker/install`, started by
//! `tests/docker/serve`, which ends with this value, or with this process however that ends. Then no process, no mount and
//! no file of it is left.
//!
//! It starts within a second, so every test has its own, and several claims go into one test. Containers run with plain
//! `docker run`. Where the kernel has bridges they have the usual networks and ports, inside a network that nothing else
//! is in; Compose's own network costs nothing more. `busybox`, `postgres:15`, `redis:7` and `mariadb:10.11` are what
//! stands in [`Daemon::start`]'s list, and nothing can be pulled.

use super::cluster::{skip, within};
use super::ended::{said, told};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::time::Duration;

const SCRIPTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/docker");

/// How long anything may take on a busy machine.
const LONG: Duration = Duration::from_secs(60);

/// The CLI's own flags that have a value behind them (`docker --help`, 20.10).
const VALUED: &[&str] = &["--config", "-l", "--log-level", "--tlscacert", "--tlscert", "--tlskey"];

/// What names a daemon, before the command.
const ELSEWHERE: &[&str] = &["-H", "--host", "-c", "--context"];

/// The variables that say where the CLI goes.
const PLACES: &[&str] =
    &["DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH"];

/// A running daemon.
#[derive(Debug)]
pub struct Daemon {
    dir: PathBuf,
    installed: Installed,
    tls: Option<String>,
    /// While this is open it lives.
    alive: Option<ChildStdin>,
    child: Child,
}

/// What `tests/docker/install` printed.
#[derive(Clone, Debug)]
struct Installed {
    bin: PathBuf,
    images: PathBuf,
    /// `None` where there was no Go toolchain to build Compose with.
    plugins: Option<PathBuf>,
}

impl Installed {
    fn find(test: &str) -> Option<Installed> {
        let out = Command::new(format!("{SCRIPTS}/install")).arg("--dir").output().unwrap();
        if !rustix::process::getuid().is_root() {
            // Not even in CI: only root can have it.
            eprintln!("SKIPPED: {test}: no Docker daemon, which only root can run");
            return None;
        }
        if !out.status.success() {
            skip(&format!("{test}: no Docker daemon: run tests/run docker"));
            return None;
        }
        let text = String::from_utf8(out.stdout).unwrap();
        let of = |name: &str| {
            text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).map(PathBuf::from)
        };
        Some(Installed { bin: of("bin")?, images: of("images")?, plugins: of("plugins") })
    }
}

impl Daemon {
    /// A new daemon with these images, or `None` with a loud word where it cannot be had. `test` names it in messages.
    pub fn start(test: &str, images: &[&str]) -> Option<Daemon> {
        Daemon::launch(test, images, false)
    }

    /// The same, which listens on a port of 127.0.0.1 too, with TLS, to whom has the certificate: see [`Daemon::tls`].
    pub fn start_tls(test: &str, images: &[&str]) -> Option<Daemon> {
        Daemon::launch(test, images, true)
    }

    fn launch(test: &str, images: &[&str], tls: bool) -> Option<Daemon> {
        let installed = Installed::find(test)?;
        // The path of a socket has 107 bytes, and containerd's is 34 further down.
        let below = Some(std::env::temp_dir()).filter(|dir| dir.as_os_str().len() < 50);
        let below = below.unwrap_or_else(|| "/tmp".into());
        let dir = tempfile::Builder::new().prefix("guard-docker.").tempdir_in(below).unwrap().keep();
        let mut serve = Command::new(format!("{SCRIPTS}/serve"));
        serve.arg(&dir).env_remove("GUARD_BED_NETWORK");
        let mut listens = None;
        if tls {
            let certs = dir.join("tls");
            certificates(&certs).unwrap();
            // Free until somebody else takes it, who then has the whole range to choose from.
            let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
            let at = format!("tcp://127.0.0.1:{port}");
            serve.args(["--host", &at, "--tlsverify"]).env("GUARD_BED_NETWORK", "host");
            for (option, file) in
                [("--tlscacert", "ca.pem"), ("--tlscert", "server.pem"), ("--tlskey", "server-key.pem")]
            {
                serve.arg(option).arg(certs.join(file));
            }
            listens = Some(at);
        }
        // A group of its own: whoever ends the test's group leaves the one that puts things away.
        serve.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = serve.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let alive = child.stdin.take();
        if line.trim() != "ready" {
            drop(alive);
            panic!("{test}: no Docker daemon: {}", said(&child.wait_with_output().unwrap()));
        }
        let daemon = Daemon { dir, installed, tls: listens, alive, child };
        let plugins = daemon.dir.join("home/.docker/cli-plugins");
        fs::create_dir_all(&plugins).unwrap();
        if let Some(compose) = &daemon.installed.plugins {
            symlink(compose.join("docker-compose"), plugins.join("docker-compose")).unwrap();
        }
        for name in images {
            let file = daemon.installed.images.join(format!("{name}.tar"));
            daemon.ok(&["load", "--quiet", "--input", &file.display().to_string()]);
        }
        Some(daemon)
    }

    /// Where everything of it is: `data` is its data root.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The path of its socket.
    pub fn socket(&self) -> PathBuf {
        self.dir.join("docker.sock")
    }

    /// `unix:///…/docker.sock`
    pub fn endpoint(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// Of [`Daemon::start_tls`]: `tcp://127.0.0.1:PORT`, and the directory with `ca.pem`, `cert.pem` and `key.pem`, as
    /// `DOCKER_CERT_PATH` has them.
    pub fn tls(&self) -> (&str, PathBuf) {
        (self.tls.as_deref().expect("a daemon with TLS"), self.dir.join("tls"))
    }

    /// The real CLI's program.
    pub fn cli(&self) -> PathBuf {
        self.installed.bin.join("docker")
    }

    /// Whether there is a Compose, said loudly when not.
    pub fn has_compose(&self, test: &str) -> bool {
        let has = self.installed.plugins.is_some();
        if !has {
            skip(&format!("{test}: no Compose, which is built with a Go toolchain: run tests/run docker"));
        }
        has
    }

    /// The directory of Compose, where it could be built.
    pub fn plugins(&self) -> Option<&Path> {
        self.installed.plugins.as_deref()
    }

    /// Whether containers have networks and ports here.
    pub fn has_bridge(&self) -> bool {
        self.ok(&["network", "ls", "--quiet", "--filter", "name=^bridge$"]).lines().count() == 1
    }

    /// `docker ARGS` of the real CLI against this daemon, with nothing of the caller's environment and these variables.
    /// Words and variables that name another daemon are the test's failure.
    #[track_caller]
    pub fn command(&self, args: &[&str], vars: &[(&str, &str)]) -> Command {
        if let Some(word) = names_a_daemon(args) {
            panic!("{word} in {args:?} names a daemon: this one is {}", self.endpoint());
        }
        for (name, value) in vars {
            assert!(!PLACES.contains(name), "{name}={value} names a daemon: this one is {}", self.endpoint());
        }
        let home = self.dir.join("home");
        let mut command = Command::new(self.cli());
        command
            .args(args)
            .env_clear()
            .envs(vars.iter().copied())
            .env("HOME", &home)
            .env("PATH", "/usr/bin:/bin");
        command.env("DOCKER_CONFIG", home.join(".docker")).env("DOCKER_HOST", self.endpoint());
        command.current_dir(&home).stdin(Stdio::null());
        command
    }

    /// Runs `docker ARGS`.
    #[track_caller]
    pub fn docker(&self, args: &[&str]) -> Output {
        self.command(args, &[]).output().unwrap()
    }

    /// Runs `docker ARGS`, which has to succeed. Returns what it printed, without the last line's end.
    #[track_caller]
    pub fn ok(&self, args: &[&str]) -> String {
        let out = self.docker(args);
        assert!(out.status.success(), "docker {args:?}\n{}", said(&out));
        String::from_utf8_lossy(&out.stdout).trim_end().to_owned()
    }

    /// Runs `docker compose ARGS` in this directory.
    #[track_caller]
    pub fn compose(&self, dir: &Path, args: &[&str]) -> Output {
        self.command(&[&["compose"], args].concat(), &[]).current_dir(dir).output().unwrap()
    }

    /// The same, which has to succeed.
    #[track_caller]
    pub fn compose_ok(&self, dir: &Path, args: &[&str]) -> String {
        let out = self.compose(dir, args);
        assert!(out.status.success(), "docker compose {args:?}\n{}", said(&out));
        String::from_utf8_lossy(&out.stdout).trim_end().to_owned()
    }

    /// One request of the API: the status, and the body where it is JSON.
    pub fn api(&self, method: &str, path: &str) -> (u16, Value) {
        let mut stream = UnixStream::connect(self.socket()).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        // 1.0, so that the body is not in chunks.
        write!(stream, "{method} {path} HTTP/1.0\r\nHost: docker\r\n\r\n").unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let answer = String::from_utf8_lossy(&answer);
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        (
            status.unwrap_or_else(|| panic!("{method} {path}: {head}")),
            serde_json::from_str(body).unwrap_or(Value::Null),
        )
    }

    /// What `docker inspect` has of it at this place: `/State/Pid`.
    #[track_caller]
    pub fn inspect(&self, name: &str, pointer: &str) -> Value {
        let all: Value = serde_json::from_str(&self.ok(&["inspect", name])).unwrap();
        all[0].pointer(pointer).unwrap_or_else(|| panic!("no {pointer} in {name}")).clone()
    }

    /// The names of the volumes, in order.
    pub fn volumes(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.ok(&["volume", "ls", "--quiet"]).lines().map(str::to_owned).collect();
        names.sort();
        names
    }

    /// Starts a PostgreSQL whose data is in this volume or directory, with more words for `docker run`, and waits until
    /// it answers. Empty: a volume without a name. Its image has to be among those the daemon was started with.
    #[track_caller]
    pub fn postgres(&self, name: &str, data: &str, more: &[&str]) {
        let volume = format!("{data}:/var/lib/postgresql/data");
        let data: &[&str] = if data.is_empty() { &[] } else { &["-v", &volume] };
        self.ok(&[&["run", "-d", "--name", name], data, more, &["postgres:15"]].concat());
        self.answers(name);
    }

    /// Waits until the PostgreSQL in this container answers.
    #[track_caller]
    pub fn answers(&self, name: &str) {
        let ready = within(LONG, || {
            let out = self.docker(&["exec", name, "psql", "-U", "postgres", "-qAtc", "select 1"]);
            // Nothing is to be waited for where there is nobody.
            assert!(
                out.status.success() || self.inspect(name, "/State/Running") == true,
                "{}",
                self.logs(name)
            );
            out.status.success()
        });
        assert!(ready, "{name} does not answer: {}", self.logs(name));
    }

    /// Asks the PostgreSQL in this container, as its administrator.
    #[track_caller]
    pub fn sql(&self, name: &str, statement: &str) -> String {
        self.ok(&["exec", name, "psql", "-U", "postgres", "-v", "ON_ERROR_STOP=1", "-qAtc", statement])
    }

    /// Everything that a container said.
    pub fn logs(&self, name: &str) -> String {
        told(&self.docker(&["logs", name])).output
    }

    /// Ends it and gives back the directory that it had.
    pub fn end(self) -> PathBuf {
        let dir = self.dir.clone();
        drop(self);
        dir
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        drop(self.alive.take());
        let mut complaints = String::new();
        let _ = self.child.stderr.take().map(|mut pipe| pipe.read_to_string(&mut complaints));
        let _ = self.child.wait();
        let left = left_of(&self.dir);
        if !std::thread::panicking() {
            assert!(left.is_empty(), "left of a daemon: {left:#?}\n{complaints}");
        }
    }
}

/// Processes, mounts, groups of processes and files of a daemon that had this directory.
pub fn left_of(dir: &Path) -> Vec<String> {
    let name = dir.display().to_string();
    let mut left = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let pid = entry.file_name();
        if !pid.to_string_lossy().bytes().all(|b| b.is_ascii_digit())
            || *pid == *std::process::id().to_string()
        {
            continue;
        }
        // A child of this test that has not become its program yet still has the words of the test.
        let words = fs::read(entry.path().join("cmdline")).unwrap_or_default();
        let words = String::from_utf8_lossy(&words).replace('\0', " ");
        let vars = fs::read(entry.path().join("environ")).unwrap_or_default();
        let at = ["cwd", "root"].map(|link| fs::read_link(entry.path().join(link)).unwrap_or_default());
        if words.contains(&name)
            || String::from_utf8_lossy(&vars).contains(&name)
            || at.iter().any(|path| path.starts_with(dir))
        {
            left.push(format!("process {}: {words}", pid.to_string_lossy()));
        }
    }
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    left.extend(mounts.lines().filter(|line| line.contains(&name)).map(|line| format!("mount {line}")));
    if dir.exists() {
        left.push(format!("directory {name}"));
    }
    left
}

/// The word before the command that names a daemon. Behind it such words are the command's own: `docker exec x sh -c …`.
/// A plugin takes them behind its name as well.
fn names_a_daemon<'a>(args: &[&'a str]) -> Option<&'a str> {
    let mut words = args.iter();
    let mut inside_plugin = false;
    while let Some(word) = words.next() {
        let name = word.split_once('=').map_or(*word, |(name, _)| name);
        if ELSEWHERE.contains(&name)
            || word.starts_with("-H")
            || (word.starts_with("-c") && !word.starts_with("--"))
        {
            return Some(word);
        }
        if !word.starts_with('-') {
            if inside_plugin || *word != "compose" {
                return None;
            }
            inside_plugin = true;
        } else if VALUED.contains(word) {
            words.next();
        }
    }
    None
}

/// An authority, a server of 127.0.0.1 and a client, each with its key, under the names that Docker's CLI expects.
fn certificates(dir: &Path) -> Result<(), rcgen::Error> {
    use rcgen::{
        BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    };
    fs::create_dir_all(dir).unwrap();
    let write = |name: &str, text: &str| fs::write(dir.join(name), text).unwrap();
    let key = KeyPair::generate()?;
    let mut ca = CertificateParams::new(Vec::<String>::new())?;
    ca.distinguished_name.push(DnType::CommonName, "guard-tests");
    ca.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    write("ca.pem", &ca.self_signed(&key)?.pem());
    let issuer = Issuer::new(ca, key);
    for (name, key_name, usage) in [
        ("server.pem", "server-key.pem", ExtendedKeyUsagePurpose::ServerAuth),
        ("cert.pem", "key.pem", ExtendedKeyUsagePurpose::ClientAuth),
    ] {
        let mut params = CertificateParams::new(vec!["127.0.0.1".to_owned(), "localhost".to_owned()])?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.extended_key_usages = vec![usage];
        let key = KeyPair::generate()?;
        write(name, &params.signed_by(&key, &issuer)?.pem());
        write(key_name, &key.serialize_pem());
    }
    Ok(())
}
