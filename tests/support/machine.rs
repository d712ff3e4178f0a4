//! A machine to run guarded commands on: a home with the shim first on PATH and a tool behind it, kubeconfigs and a
//! policy, and commands run on a terminal of their own or on none. Nothing of the caller's environment is handed on.

use super::embedded::Embedded;
use super::ended::{Ended, answered, answered_wrongly, ended, told};
use super::pty::Pty;
use serde_json::Value;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// guard refused.
pub const REFUSED: i32 = 77;

/// One prepared home.
#[derive(Debug)]
pub struct Machine {
    pub home: tempfile::TempDir,
    vars: Vec<(String, String)>,
    cwd: PathBuf,
    stdin: Vec<u8>,
}

impl Machine {
    /// The shim in front of this program, called `kubectl`.
    pub fn with_tool(tool: &Path) -> Machine {
        let machine = Machine::bare();
        symlink(tool, machine.at("real/kubectl")).unwrap();
        machine
    }

    /// The shim in front of a shell script called `kubectl`.
    pub fn with_script(text: &str) -> Machine {
        let machine = Machine::bare();
        machine.script(text);
        machine
    }

    /// Puts a shell script behind the shim. It is called k3s, which is a kubectl that guard knows by its file: any other
    /// program would be asked where it goes.
    pub fn script(&self, text: &str) {
        let _ = fs::remove_file(self.at("real/kubectl"));
        self.program("real/k3s", text);
        symlink("k3s", self.at("real/kubectl")).unwrap();
    }

    /// The shim in front of this program, called `kubectl`, which has this kubeconfig.
    pub fn behind(tool: &Path, kubeconfig: &Path) -> Machine {
        let mut machine = Machine::with_tool(tool);
        machine.env("KUBECONFIG", kubeconfig.display().to_string());
        machine
    }

    /// An empty home.
    pub fn empty() -> Machine {
        let home = tempfile::tempdir().unwrap();
        let cwd = home.path().to_owned();
        Machine { home, vars: Vec::new(), cwd, stdin: Vec::new() }
    }

    /// The shim with no tool behind it.
    pub fn bare() -> Machine {
        let machine = Machine::empty();
        let home = &machine.home;
        for dir in ["shims", "real", "kube"] {
            fs::create_dir(home.path().join(dir)).unwrap();
        }
        symlink(env!("CARGO_BIN_EXE_guard-shim"), home.path().join("shims/kubectl")).unwrap();
        machine
    }

    /// A path below the home.
    pub fn at(&self, path: &str) -> PathBuf {
        self.home.path().join(path)
    }

    /// Writes a file below the home and returns its path as text.
    pub fn file(&self, path: &str, text: &str) -> String {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// Writes an executable file below the home.
    pub fn program(&self, path: &str, text: &str) -> String {
        let at = self.at(path);
        executable(&at, text.as_bytes());
        at.display().to_string()
    }

    /// A directory below the home.
    pub fn dir(&self, name: &str) -> PathBuf {
        let dir = self.at(name);
        fs::create_dir_all(&dir).unwrap();
        dir
    }

    /// A symlink `DIR/NAME` to a program.
    pub fn link(&self, dir: &str, name: &str, to: impl AsRef<Path>) -> PathBuf {
        let at = self.dir(dir).join(name);
        symlink(to, &at).unwrap();
        at
    }

    /// An executable file `DIR/NAME` with this text or these bytes.
    pub fn tool(&self, dir: &str, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let at = self.dir(dir).join(name);
        executable(&at, content.as_ref());
        at
    }

    /// `PATH=` of directories below the home, as an entry of an environment.
    pub fn path_of(&self, dirs: &[&str]) -> String {
        let dirs: Vec<String> = dirs.iter().map(|d| self.dir(d).display().to_string()).collect();
        format!("PATH={}", dirs.join(":"))
    }

    /// What the pipelines that follow read from standard input.
    pub fn stdin(&mut self, bytes: impl Into<Vec<u8>>) -> &mut Machine {
        self.stdin = bytes.into();
        self
    }

    /// Sets a variable for the commands that follow.
    pub fn env(&mut self, name: &str, value: impl Into<String>) -> &mut Machine {
        self.vars.retain(|(n, _)| n != name);
        self.vars.push((name.to_owned(), value.into()));
        self
    }

    /// Takes a variable away again.
    pub fn unset(&mut self, name: &str) -> &mut Machine {
        self.vars.retain(|(n, _)| n != name);
        self
    }

    /// Where the commands that follow start.
    pub fn cd(&mut self, dir: impl Into<PathBuf>) -> &mut Machine {
        self.cwd = dir.into();
        self
    }

    /// `KUBECONFIG` is a new file with this server, one context of this name.
    pub fn on(&mut self, url: &str, context: &str) -> &mut Machine {
        let path = self.kubeconfig(context, url);
        self.env("KUBECONFIG", path)
    }

    /// Writes `kube/NAME.yaml` with one context of that name and returns its path.
    pub fn kubeconfig(&self, name: &str, url: &str) -> String {
        self.file(&format!("kube/{name}.yaml"), &Embedded::kubeconfig_for(url, name, None))
    }

    /// The user's policy.
    pub fn policy(&self, text: &str) -> String {
        self.file(".config/guard/policy.yaml", text)
    }

    /// `PATH`: shims, the real tool, the system.
    pub fn path(&self) -> String {
        let home = self.home.path().display();
        format!("{home}/shims:{home}/real:/usr/bin:/bin")
    }

    /// The command `NAME ARGS` as a shell would start it here.
    pub fn command(&self, program: impl AsRef<Path>, args: &[&str]) -> Command {
        let program = program.as_ref();
        let mut command = Command::new(program);
        command.args(args).env_clear().env("HOME", self.home.path()).env("PATH", self.path());
        command.env("LANG", "C.UTF-8").env("TERM", "xterm-256color").current_dir(&self.cwd);
        for (name, value) in &self.vars {
            command.env(name, value);
        }
        command
    }

    /// `kubectl ARGS` through the shim.
    pub fn kubectl(&self, args: &[&str]) -> Command {
        let mut command = self.command(self.at("shims/kubectl"), args);
        command.arg0("kubectl");
        command
    }

    /// `docker ARGS` through the shim, on a machine of [`super::docker::Daemon::machine`].
    pub fn docker(&self, args: &[&str]) -> Command {
        let mut command = self.command(self.at("shims/docker"), args);
        command.arg0("docker");
        command
    }

    /// Starts `kubectl ARGS` on a terminal.
    pub fn terminal(&self, args: &[&str]) -> Pty {
        self.terminal_of(self.kubectl(args))
    }

    /// Starts a shell line on a terminal.
    pub fn shell(&self, line: &str) -> Pty {
        self.terminal_of(self.command("/bin/bash", &["-c", line]))
    }

    /// Starts a command on a terminal.
    pub fn terminal_of(&self, command: Command) -> Pty {
        Pty::spawn(command, 100)
    }

    /// Runs `kubectl ARGS` on a terminal and types an answer to the one question.
    pub fn answer(&self, args: &[&str], question: &str, answer: &str) -> Ended {
        answered(self.terminal(args), question, answer)
    }

    /// Runs `kubectl ARGS` on a terminal, types this where a name is asked for, which has to be wrong, and gives up.
    pub fn wrong(&self, args: &[&str], answer: &str) -> Ended {
        answered_wrongly(self.terminal(args), answer)
    }

    /// Runs `kubectl ARGS` on a terminal where nothing is typed.
    pub fn unasked(&self, args: &[&str]) -> Ended {
        ended(self.terminal(args))
    }

    /// Runs `kubectl ARGS` without any terminal; it has to be refused.
    #[track_caller]
    pub fn unasked_refusal(&self, args: &[&str]) -> Ended {
        told(&self.pipeline(args)).is(REFUSED)
    }

    /// Runs `kubectl ARGS` without any terminal.
    pub fn pipeline(&self, args: &[&str]) -> Output {
        self.alone(self.kubectl(args), &self.stdin)
    }

    /// Runs `guard ARGS` without any terminal.
    pub fn guard(&self, args: &[&str]) -> Output {
        self.run(Path::new(env!("CARGO_BIN_EXE_guard")), args)
    }

    /// Runs a program without any terminal.
    pub fn run(&self, program: &Path, args: &[&str]) -> Output {
        self.alone(self.command(program, args), &self.stdin)
    }

    /// Runs a command in a session of its own, so that there is no terminal to ask on.
    pub fn alone(&self, mut command: Command, stdin: &[u8]) -> Output {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // SAFETY: setsid is async-signal-safe and takes no pointers.
        unsafe {
            command.pre_exec(|| if libc::setsid() == -1 { Err(io::Error::last_os_error()) } else { Ok(()) });
        }
        let mut child = command.spawn().unwrap_or_else(|e| panic!("{:?}: {e}", command.get_program()));
        let mut pipe = child.stdin.take().unwrap();
        let bytes = stdin.to_vec();
        // The child may well end without reading, or write before it reads.
        let writer = std::thread::spawn(move || {
            let _ = pipe.write_all(&bytes);
        });
        let output = child.wait_with_output().unwrap();
        writer.join().unwrap();
        output
    }

    /// The records of the audit log.
    pub fn audit(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.at(".local/state/guard/audit.jsonl")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The last record of the audit log.
    #[track_caller]
    pub fn last_record(&self) -> Value {
        self.audit().pop().expect("an audit record")
    }
}

/// Writes a program file. A file that is open for writing cannot be executed, and a child forked meanwhile by another test
/// holds such a descriptor until its own exec: so somebody else writes it.
pub fn executable(at: &Path, content: &[u8]) {
    fs::create_dir_all(at.parent().unwrap()).unwrap();
    let mut install = Command::new("install");
    install.args(["-m", "755", "/dev/stdin"]).arg(at).stdin(Stdio::piped());
    let mut child = install.spawn().unwrap();
    child.stdin.take().unwrap().write_all(content).unwrap();
    assert!(child.wait().unwrap().success(), "{} cannot be written", at.display());
}
