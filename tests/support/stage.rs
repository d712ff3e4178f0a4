//! A machine for whole-program scenarios: a home with the shim first on PATH and a tool behind it, kubeconfigs and a
//! policy, and commands run on a terminal of their own or on none.

use super::embedded::Embedded;
use super::pty::Pty;
use serde_json::Value;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

/// guard refused.
pub const REFUSED: i32 = 77;

/// A file that is open for writing cannot be executed, and a child forked meanwhile holds such a descriptor until its
/// own exec: writing and starting take turns.
static TURNS: Mutex<()> = Mutex::new(());

fn turn() -> MutexGuard<'static, ()> {
    TURNS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// One prepared home.
#[derive(Debug)]
pub struct Stage {
    pub home: tempfile::TempDir,
    vars: Vec<(String, String)>,
    cwd: PathBuf,
}

/// How a command on a terminal ended.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    /// Everything on the terminal, without colours and carriage returns.
    pub output: String,
}

impl Ended {
    /// The exit code is this one, else everything that was said is the message.
    #[track_caller]
    pub fn is(self, code: i32) -> Ended {
        assert_eq!(self.code, code, "{}", self.output);
        self
    }

    /// The terminal showed this.
    #[track_caller]
    pub fn says(self, text: &str) -> Ended {
        assert!(self.output.contains(text), "no {text:?} in:\n{}", self.output);
        self
    }

    /// The terminal did not show this.
    #[track_caller]
    pub fn not(self, text: &str) -> Ended {
        assert!(!self.output.contains(text), "{text:?} in:\n{}", self.output);
        self
    }
}

impl Stage {
    /// The shim in front of this program, called `kubectl`.
    pub fn with_tool(tool: &Path) -> Stage {
        let stage = Stage::bare();
        symlink(tool, stage.at("real/kubectl")).unwrap();
        stage
    }

    /// The shim in front of a shell script called `kubectl`.
    pub fn with_script(text: &str) -> Stage {
        let stage = Stage::bare();
        stage.program("real/kubectl", text);
        stage
    }

    /// The shim with no tool behind it.
    pub fn bare() -> Stage {
        let home = tempfile::tempdir().unwrap();
        for dir in ["shims", "real", "kube"] {
            fs::create_dir(home.path().join(dir)).unwrap();
        }
        symlink(env!("CARGO_BIN_EXE_guard-shim"), home.path().join("shims/kubectl")).unwrap();
        let cwd = home.path().to_owned();
        Stage { home, vars: Vec::new(), cwd }
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
        let _turn = turn();
        let path = self.file(path, text);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    /// Sets a variable for the commands that follow.
    pub fn env(&mut self, name: &str, value: impl Into<String>) -> &mut Stage {
        self.vars.retain(|(n, _)| n != name);
        self.vars.push((name.to_owned(), value.into()));
        self
    }

    /// Takes a variable away again.
    pub fn unset(&mut self, name: &str) -> &mut Stage {
        self.vars.retain(|(n, _)| n != name);
        self
    }

    /// Where the commands that follow start.
    pub fn cd(&mut self, dir: impl Into<PathBuf>) -> &mut Stage {
        self.cwd = dir.into();
        self
    }

    /// `KUBECONFIG` is a new file with this server, one context of this name.
    pub fn on(&mut self, url: &str, context: &str) -> &mut Stage {
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
        let _turn = turn();
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
        self.alone(self.kubectl(args), b"")
    }

    /// Runs `guard ARGS` without any terminal.
    pub fn guard(&self, args: &[&str]) -> Output {
        self.alone(self.command(env!("CARGO_BIN_EXE_guard"), args), b"")
    }

    /// Runs a command in a session of its own, so that there is no terminal to ask on.
    pub fn alone(&self, mut command: Command, stdin: &[u8]) -> Output {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // SAFETY: setsid is async-signal-safe and takes no pointers.
        unsafe {
            command.pre_exec(|| if libc::setsid() == -1 { Err(io::Error::last_os_error()) } else { Ok(()) });
        }
        let mut child = {
            let _turn = turn();
            command.spawn().unwrap()
        };
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

/// Scenes on stage now. A simulation of apt is seconds of processor time, a call of the AWS CLI some 0.4 s, and guard
/// makes several at once: more scenes than processors only run into each other's deadlines.
static ON_STAGE: (Mutex<usize>, Condvar) = (Mutex::new(0), Condvar::new());

/// The right to be on stage.
#[derive(Debug)]
pub struct Turn;

impl Turn {
    /// Waits for a place.
    pub fn wait() -> Arc<Turn> {
        let most = std::thread::available_parallelism().map_or(1, usize::from);
        let (count, freed) = &ON_STAGE;
        let mut playing = count.lock().unwrap_or_else(PoisonError::into_inner);
        while *playing >= most {
            playing = freed.wait(playing).unwrap_or_else(PoisonError::into_inner);
        }
        *playing += 1;
        Arc::new(Turn)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        *ON_STAGE.0.lock().unwrap_or_else(PoisonError::into_inner) -= 1;
        ON_STAGE.1.notify_one();
    }
}

/// Types an answer to the one question and waits for the end.
pub fn answered(mut terminal: Pty, question: &str, answer: &str) -> Ended {
    terminal.expect(question);
    terminal.send(format!("{answer}\n"));
    ended(terminal)
}

/// Types this where a name is asked for, which has to be wrong, gives up, and waits for the end.
pub fn answered_wrongly(mut terminal: Pty, answer: &str) -> Ended {
    terminal.expect("stops: ");
    terminal.send(format!("{answer}\n"));
    terminal.expect("2 attempts left");
    terminal.expect("stops: ");
    terminal.send("\n");
    ended(terminal)
}

/// Waits for the end of a command on a terminal.
pub fn ended(mut terminal: Pty) -> Ended {
    let code = terminal.code();
    Ended { code, output: plain(&terminal.output()) }
}

/// Terminal output without carriage returns and escape sequences (`ESC [ … letter`).
pub fn plain(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    let rest =
        parts.map(|part| part.trim_start_matches(|c: char| !c.is_ascii_alphabetic()).get(1..).unwrap_or(""));
    rest.fold(first, |text, part| text + part).replace('\r', "")
}

/// A run without a terminal in the same words.
pub fn told(output: &Output) -> Ended {
    use std::os::unix::process::ExitStatusExt;
    let code = output.status.code().unwrap_or_else(|| 128 + output.status.signal().unwrap_or(0));
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    Ended { code, output: String::from_utf8_lossy(&text).into_owned() }
}
