//! kubectl as a person has it with guard in front: the shim first on PATH, the real kubectl behind it, a home of its
//! own, and no terminal anywhere.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// guard refused.
pub const REFUSED: i32 = 77;

/// One prepared place to run guarded commands in.
#[derive(Debug)]
pub struct Guarded {
    /// `HOME`, with `shims/kubectl` and `real/kubectl` in it.
    pub home: tempfile::TempDir,
    vars: Vec<(String, String)>,
    stdin: Vec<u8>,
}

impl Guarded {
    /// A shim directory in front of `kubectl`, with this kubeconfig.
    pub fn new(kubectl: &Path, kubeconfig: &Path) -> Guarded {
        let home = tempfile::tempdir().unwrap();
        for (dir, target) in [("shims", Path::new(env!("CARGO_BIN_EXE_guard-shim"))), ("real", kubectl)] {
            fs::create_dir(home.path().join(dir)).unwrap();
            symlink(target, home.path().join(dir).join("kubectl")).unwrap();
        }
        Guarded {
            home,
            vars: vec![("KUBECONFIG".into(), kubeconfig.display().to_string())],
            stdin: Vec::new(),
        }
    }

    /// Sets a variable for the runs that follow.
    pub fn env(&mut self, name: &str, value: impl Into<String>) -> &mut Guarded {
        self.vars.retain(|(n, _)| n != name);
        self.vars.push((name.to_owned(), value.into()));
        self
    }

    /// What the runs that follow read from standard input.
    pub fn stdin(&mut self, bytes: impl Into<Vec<u8>>) -> &mut Guarded {
        self.stdin = bytes.into();
        self
    }

    /// Writes a file below the home and returns its path.
    pub fn file(&self, name: &str, text: &str) -> PathBuf {
        let path = self.home.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// The shim as it stands on PATH.
    pub fn shim(&self) -> PathBuf {
        self.home.path().join("shims/kubectl")
    }

    /// `PATH`: shims, the real tool, the system.
    pub fn path(&self) -> String {
        let home = self.home.path().display();
        format!("{home}/shims:{home}/real:/usr/bin:/bin")
    }

    /// Runs `kubectl ARGS` through the shim.
    pub fn kubectl(&self, args: &[&str]) -> Output {
        self.run(&self.shim(), args)
    }

    /// Runs `guard ARGS`.
    pub fn guard(&self, args: &[&str]) -> Output {
        self.run(Path::new(env!("CARGO_BIN_EXE_guard")), args)
    }

    /// Runs a program in this environment, in a session of its own so that there is no terminal to ask on.
    pub fn run(&self, program: &Path, args: &[&str]) -> Output {
        let mut command = Command::new(program);
        command.args(args).env_clear().env("HOME", self.home.path()).env("PATH", self.path());
        command.envs(self.vars.iter().map(|(k, v)| (k, v))).current_dir(self.home.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // SAFETY: setsid is async-signal-safe and takes no pointers.
        unsafe {
            command.pre_exec(|| if libc::setsid() == -1 { Err(io::Error::last_os_error()) } else { Ok(()) });
        }
        let mut child = command.spawn().unwrap_or_else(|e| panic!("{}: {e}", program.display()));
        // The child may well end without reading.
        let _ = child.stdin.take().unwrap().write_all(&self.stdin);
        child.wait_with_output().unwrap()
    }
}

/// Everything a run said, for messages of failing tests.
pub fn said(out: &Output) -> String {
    format!(
        "exit {:?}\nstdout: {}\nstderr: {}",
        out.status.code(),
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    )
}
