//! What the story is played on: two clusters, a home with two kubeconfigs and one line of policy, guard called as the tool
//! first on PATH, and a stand-in for the tool behind it. Nothing of the caller's environment is handed on but how text looks.

use super::clusters;
use super::embedded::{Embedded, Seen};
use super::ending::{Stop, Told};
use super::home::{self, Home};
use guard::run::self_path;
use serde_json::Value;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Set for everything that belongs to the story; guard plays its part, and the stand-in its own, only where it is.
pub const MARK: &str = "GUARD_DEMO";
/// Below the home: the empty directory that stands for `/` where guard looks for the machine's own policy and log.
pub const ROOT: &str = "root";
/// How the program is called to be the stand-in.
pub const STAND_IN: &str = "--stand-in";
/// What the stand-in is asked to see whether it can be run.
pub const READY: &str = "--ready";

/// What decides how text looks.
const LOOKS: [&str; 9] = [
    "TERM",
    "COLORTERM",
    "NO_COLOR",
    "CLICOLOR",
    "CLICOLOR_FORCE",
    "FORCE_COLOR",
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
];

/// The one authority that the story's commands trust. Nobody has its key, and nobody is asked for a certificate; but where a
/// machine has no authorities at all (a small container), no client can be made, for plain HTTP neither.
const AUTHORITY: &str = "\
-----BEGIN CERTIFICATE-----
MIIBgTCCASegAwIBAgIUCqJJDEjZEfPAMWmEZKBAVthcnVAwCgYIKoZIzj0EAwIw
FTETMBEGA1UEAwwKZ3VhcmQtZGVtbzAgFw0yNjExMzAxMzQyNDRaGA8yMTI2MTEw
NjEzNDI0NFowFTETMBEGA1UEAwwKZ3VhcmQtZGVtbzBZMBMGByqGSM49AgEGCCqG
SM49AwEHA0IABOOrMqArfDruL4s0c30SjN1ohvFuurFjvM67wMsrVS0XmSKnO1jL
rCEvQ2R0gajKrBLKCJzxEXdXj308/6f6GFmjUzBRMB0GA1UdDgQWBBRQ+xiSq1h2
AT1C2pnpqVI0dzhcJTAfBgNVHSMEGDAWgBRQ+xiSq1h2AT1C2pnpqVI0dzhcJTAP
BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQCqU5tgGPAomVVSbvYt
MSrQOl1Q6Gw7PT8CARCO9dHI9wIgSaSHxUFN8E11QpItmS56QytgwudMsnYVbIWf
A8zrhYs=
-----END CERTIFICATE-----
";

/// Which kubeconfig the shell points at.
pub const OLD: &str = "kube/main.yaml";

/// Everything that is set up.
pub struct Stage {
    /// The old cluster, which is production.
    pub main: Embedded,
    /// The new one, which was meant.
    pub new: Embedded,
    home: Home,
}

impl Stage {
    /// Sets it up. To be called while there is one thread.
    pub fn set() -> Told<Stage> {
        let own = self_path::own_path()
            .ok_or_else(|| Stop::Failed("the system does not tell where this program is".to_owned()))?;
        // What is written is for nobody else, whatever the caller's mask.
        // SAFETY: no preconditions, and there is one thread.
        unsafe { libc::umask(0o077) };
        let home = Home::make(|at| furnish(at, &own))?;
        let started = |seed| Embedded::serve(seed).map_err(Stop::Failed);
        let stage = Stage { main: started(clusters::old())?, new: started(clusters::new())?, home };
        for (name, cluster) in [("main", &stage.main), ("new", &stage.new)] {
            let text = Embedded::kubeconfig_for(&cluster.url, name, None);
            fs::write(stage.at("kube").join(format!("{name}.yaml")), text)?;
        }
        // One line of policy: which server is production, and what it is called.
        let policy = format!(
            "version: 1\nclusters:\n  - {{name: main, environment: production, server: \"{}\"}}\n",
            stage.main.url
        );
        fs::write(stage.at("kube/authority.pem"), AUTHORITY)?;
        fs::create_dir_all(stage.at(".config/guard"))?;
        fs::write(stage.at(".config/guard/policy.yaml"), policy)?;
        Ok(stage)
    }

    fn at(&self, path: &str) -> PathBuf {
        self.home.path().join(path)
    }

    /// A command line of the story; its first word is `kubectl` or `guard`, and either is guard.
    pub fn command(&self, line: &[&str]) -> Command {
        let (name, words) = line.split_first().map_or(("guard", line), |(name, words)| (*name, words));
        let mut command = Command::new(self.at("shims").join(name));
        command.arg0(name).args(words).env_clear().current_dir(self.home.path());
        command.envs(LOOKS.iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        let home = self.home.path().display();
        command.env("PATH", format!("{home}/shims:{home}/real:/usr/bin:/bin"));
        command.env("HOME", self.home.path()).env("KUBECONFIG", self.at(OLD)).env(MARK, "1");
        command.env("SSL_CERT_FILE", self.at("kube/authority.pem"));
        ends_with_us(&mut command);
        command
    }

    /// What the last question said of backups, as the record of it has it; empty where it said nothing.
    pub fn said_of_backups(&self) -> String {
        let log = fs::read_to_string(self.at(".local/state/guard/audit.jsonl")).unwrap_or_default();
        let last = log.lines().last().and_then(|line| serde_json::from_str::<Value>(line).ok());
        let rows = last.as_ref().and_then(|record| record.pointer("/facts/backup")).and_then(Value::as_array);
        rows.into_iter().flatten().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")
    }

    /// Whether any request changed something on this cluster.
    pub fn changed(cluster: &Embedded) -> bool {
        cluster.requests().iter().any(Seen::mutates)
    }
}

/// What stands in the home, and whether it can be used: a file system may run no programs.
fn furnish(at: &Path, own: &Path) -> io::Result<()> {
    for dir in ["kube", "shims", "real", ROOT] {
        fs::create_dir(at.join(dir))?;
    }
    for name in ["kubectl", "guard"] {
        symlink(own, at.join("shims").join(name))?;
    }
    // Called k3s, a kubectl that guard knows by its file; any other program would be asked where it goes. A script, since
    // this program carries guard's mark, and guard never takes itself for the tool.
    let stand_in = at.join("real/k3s");
    let mut script = fs::File::options().write(true).create_new(true).mode(0o700).open(&stand_in)?;
    let own = home::quoted(own.as_os_str());
    script.write_all(
        &[b"#!/bin/sh\nexec ".as_slice(), &own, format!(" {STAND_IN} \"$@\"\n").as_bytes()].concat(),
    )?;
    drop(script);
    symlink("k3s", at.join("real/kubectl"))?;
    let mut ready = Command::new(&stand_in);
    ready.arg(READY).env(MARK, "1").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let ran = ready.status().map_err(|e| io::Error::other(format!("a script cannot be run there: {e}")))?;
    if ran.success() { Ok(()) } else { Err(io::Error::other("programs cannot be run there")) }
}

/// Whatever becomes of this process, the command does not outlive it.
fn ends_with_us(command: &mut Command) {
    #[cfg(target_os = "linux")]
    {
        let parent = std::os::unix::process::parent_id;
        let own = std::process::id();
        let tie = move || {
            // SAFETY: a plain system call, allowed between fork and exec.
            if unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGTERM) } != 0 {
                return Err(io::Error::last_os_error());
            }
            // Gone before that was said.
            if parent() == own { Ok(()) } else { Err(io::Error::from_raw_os_error(libc::ESRCH)) }
        };
        // SAFETY: the closure only makes system calls.
        unsafe { command.pre_exec(tie) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = command;
}
