//! A login over ssh that a person has to help with: a password, a passphrase, the key of a host that nobody has seen yet. It is made
//! once, on the terminal, and what guard asks goes over it (ssh_config(5), `ControlMaster`); it ends before the command runs, which
//! logs in for itself.

use crate::engine::fact::Why;
use crate::family::docker::resolve::Endpoint;
use crate::run::child;
use crate::run::tty::Tty;
use crate::world::World;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

/// How long the person may take.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long ending it may take.
const END: Duration = Duration::from_secs(2);
/// So many seconds it stays where guard was killed and could not end it.
const PERSIST: &str = "ControlPersist=600";
/// A socket's path has no more than 104 bytes on every system, and ssh puts 17 behind it while it is made.
const LONGEST_PATH: usize = 104 - 17 - 1;

/// A login that is there, and ends with this.
#[derive(Debug)]
pub struct Login {
    way: Endpoint,
    dir: PathBuf,
    world: World,
}

/// ssh as the caller has it, over a login that is there already where there is one.
///
/// # Errors
/// The way is another one.
pub(super) fn ssh(way: &Endpoint, world: &World) -> Result<Command, Why> {
    let Endpoint::Ssh { shared, .. } = way else { return Err(Why::Unsupported) };
    let mut ssh = child::command("ssh", world);
    ssh.args(["-o", "ConnectTimeout=10"]);
    if let Some(path) = shared {
        ssh.args(["-o", "ControlMaster=no", "-o"]).arg(control(path));
    }
    Ok(ssh)
}

/// As whom, and where: the end of ssh's own words.
pub(super) fn to(ssh: &mut Command, way: &Endpoint) {
    let Endpoint::Ssh { user, host, port, .. } = way else { return };
    if let Some(user) = user {
        ssh.args(["-l", user]);
    }
    if let Some(port) = port {
        ssh.args(["-p", &port.to_string()]);
    }
    ssh.args(["--", host]);
}

fn control(path: &Path) -> String {
    // `%` begins a name of ssh's own there.
    format!("ControlPath={}", path.display().to_string().replace('%', "%%"))
}

impl Login {
    /// Lets ssh ask the person what it wants to know. `None` where that led nowhere: ssh has said why on the terminal.
    pub fn open(way: &Endpoint, world: &World) -> Option<Login> {
        let tty = Tty::open()?;
        let dir = private(world)?;
        let path = dir.join("s");
        let mut shared = way.clone();
        if let Endpoint::Ssh { shared, .. } = &mut shared {
            *shared = Some(path.clone());
        }
        let login = Login { way: shared, dir, world: world.clone() };
        let mut ssh = child::command("ssh", world);
        ssh.args(["-o", "ConnectTimeout=10", "-o", "ControlMaster=yes", "-o", PERSIST, "-o"])
            .arg(control(&path));
        ssh.args(["-f", "-N", "-T"]);
        to(&mut ssh, way);
        ssh.stdin(Stdio::from(tty.input()?)).stdout(Stdio::null());
        let there = child::attended(ssh, PATIENCE) == Some(true) && path.exists();
        tty.restore();
        there.then_some(login)
    }

    /// The way over it.
    pub fn way(&self) -> &Endpoint {
        &self.way
    }
}

impl Drop for Login {
    fn drop(&mut self) {
        if let Ok(mut ssh) = ssh(&self.way, &self.world) {
            ssh.args(["-O", "exit"]);
            to(&mut ssh, &self.way);
            // Where it does not answer it is gone, or goes by itself.
            let _ = child::wait(ssh, None, END);
        }
        let _ = std::fs::remove_dir_all(&self.dir);
    }
}

/// A new directory that nobody else can look into.
fn private(world: &World) -> Option<PathBuf> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let named = ["XDG_RUNTIME_DIR", "TMPDIR"].into_iter().filter_map(|name| world.set_var(name));
    let all = named.map(PathBuf::from).filter(|dir| dir.is_absolute()).chain([PathBuf::from("/tmp")]);
    all.into_iter().find_map(|above| {
        let nth = COUNT.fetch_add(1, Ordering::Relaxed);
        let dir = above.join(format!("guard-ssh-{}-{nth}", std::process::id()));
        let fits = dir.as_os_str().len() + "/s".len() <= LONGEST_PATH;
        // One that is there already is not made, and not taken.
        (fits && std::fs::DirBuilder::new().mode(0o700).create(&dir).is_ok()).then_some(dir)
    })
}
