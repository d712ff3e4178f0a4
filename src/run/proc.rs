//! Processes as the kernel shows them below `/proc` (proc(5)), read without starting a program: what runs, since when, for
//! which unit of the service manager, and what it listens on. Where there is no `/proc` (another system below a
//! directory, macOS) every question gets its reason in place of an answer.

mod net;

pub use net::{Listener, Protocol};

use crate::engine::fact::Why;
use crate::run::proc_stat::Stat;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Kernel ticks in a second, as `/proc` counts them: 100 on every architecture that Debian has released since 2013.
const TICKS: u64 = 100;

/// The process table of one system.
#[derive(Clone, Debug)]
pub struct Proc {
    root: PathBuf,
    dir: PathBuf,
    uptime: Option<u64>,
}

/// One process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// Its parent's.
    pub parent: u32,
    /// Its short name (at most 15 bytes).
    pub name: String,
    /// The program it runs, as a path in its own root directory; `None` where that may not be read, and for threads of
    /// the kernel.
    pub exe: Option<PathBuf>,
    /// The file it runs is not there any more: replaced by an upgrade, or removed.
    pub replaced: bool,
    /// Seconds since it started.
    pub age_s: Option<u64>,
    /// Whom it runs as.
    pub uid: Option<u32>,
    /// The system manager's unit it belongs to: `postgresql@15-main.service`, `session-3.scope`.
    pub unit: Option<String>,
    /// Its place in systemd's own hierarchy of control groups: `/system.slice/nginx.service`.
    pub cgroup: Option<String>,
}

impl Proc {
    /// The one below this root directory.
    pub fn at(root: &Path) -> Proc {
        let dir = root.join("proc");
        let uptime = text(&dir.join("uptime"), 128).ok();
        let uptime = uptime.and_then(|t| t.split(['.', ' ']).next()?.parse().ok());
        Proc { root: root.to_owned(), dir, uptime }
    }

    /// Seconds since the machine started.
    pub fn uptime(&self) -> Option<u64> {
        self.uptime
    }

    /// Every process. Those that end meanwhile are left out.
    ///
    /// # Errors
    /// When there is no process table here, or it is hidden from this user (`hidepid`).
    pub fn processes(&self) -> Result<Vec<Process>, Why> {
        let entries = fs::read_dir(&self.dir).map_err(|e| why(&self.dir, &e))?;
        let pids = entries.filter_map(|e| e.ok()?.file_name().to_str()?.parse::<u32>().ok());
        let mut found: Vec<Process> = pids.filter_map(|pid| self.process(pid)).collect();
        if found.is_empty() {
            return Err(Why::Failed(format!("{}: no process is shown", self.dir.display())));
        }
        if !found.iter().any(|p| p.pid == 1) {
            return Err(Why::Forbidden);
        }
        found.sort_by_key(|p| p.pid);
        Ok(found)
    }

    /// One process; `None` when there is none.
    pub fn process(&self, pid: u32) -> Option<Process> {
        let dir = self.dir.join(pid.to_string());
        let line = text(&dir.join("stat"), 4096).ok()?;
        let stat = Stat::of(line.as_bytes())?;
        let started = stat.start.map(|ticks| ticks / TICKS);
        let age_s = started.and_then(|s| Some(self.uptime?.saturating_sub(s)));
        let (exe, replaced) = match fs::read_link(dir.join("exe")) {
            Ok(path) => whole(path),
            Err(_) => (None, false),
        };
        let cgroup = text(&dir.join("cgroup"), 64 << 10).unwrap_or_default();
        Some(Process {
            pid,
            parent: stat.parent,
            name: String::from_utf8_lossy(stat.name).into_owned(),
            exe,
            replaced,
            age_s,
            uid: fs::metadata(&dir).ok().map(|meta| meta.uid()),
            unit: unit_of(&cgroup),
            cgroup: place_of(&cgroup).map(str::to_owned),
        })
    }

    /// Whether a process lives below the same root directory as this system: one in a container or a chroot has files of
    /// its own. `None` when that may not be looked at.
    pub fn shares_root(&self, pid: u32) -> Option<bool> {
        let theirs = fs::metadata(self.dir.join(pid.to_string()).join("root/.")).ok()?;
        let ours = fs::metadata(&self.root).ok()?;
        Some((theirs.dev(), theirs.ino()) == (ours.dev(), ours.ino()))
    }

    /// The sockets a process has open, by their inodes.
    ///
    /// # Errors
    /// When they may not be looked at. A process that has ended has none.
    pub fn sockets_of(&self, pid: u32) -> Result<BTreeSet<u64>, Why> {
        let dir = self.dir.join(pid.to_string()).join("fd");
        let entries = match fs::read_dir(&dir) {
            Ok(entries) => entries,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
            Err(e) => return Err(why(&dir, &e)),
        };
        let links = entries.filter_map(|e| fs::read_link(e.ok()?.path()).ok());
        Ok(links.filter_map(|link| inode(link.to_str()?)).collect())
    }

    /// What these processes listen on, and how many clients each of it has. Connections are counted by the address they
    /// go to: servers hand them to processes of their own.
    ///
    /// # Errors
    /// When it may not be looked at.
    pub fn listeners_of(&self, pids: &[u32]) -> Result<Vec<Listener>, Why> {
        let mut own = BTreeSet::new();
        for pid in pids {
            own.extend(self.sockets_of(*pid)?);
        }
        if own.is_empty() {
            return Ok(Vec::new());
        }
        // The first one's own view of the network: a unit may have one to itself.
        let all = net::listeners(&self.dir.join(pids.first().unwrap_or(&1).to_string()).join("net"))?;
        let mut mine: Vec<Listener> =
            all.into_iter().filter(|l| l.inodes.iter().any(|i| own.contains(i))).collect();
        mine.sort_by(|a, b| b.clients.cmp(&a.clients).then_with(|| a.address.cmp(&b.address)));
        Ok(mine)
    }

    /// Everything that is listened on in this process's own network.
    ///
    /// # Errors
    /// When there is no such table.
    pub fn listeners(&self) -> Result<Vec<Listener>, Why> {
        net::listeners(&self.dir.join("net"))
    }
}

/// A link to a file that is gone says so at its end.
fn whole(path: PathBuf) -> (Option<PathBuf>, bool) {
    match path.to_str().and_then(|p| p.strip_suffix(" (deleted)")) {
        Some(path) => (Some(PathBuf::from(path)), true),
        None => (Some(path), false),
    }
}

/// `socket:[4711]`.
fn inode(link: &str) -> Option<u64> {
    link.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
}

/// A process's place in systemd's own hierarchy of control groups: the one of its name, or the unified one.
fn place_of(cgroup: &str) -> Option<&str> {
    cgroup.lines().find_map(|line| {
        let mut fields = line.splitn(3, ':');
        let (number, controllers, path) = (fields.next()?, fields.next()?, fields.next()?);
        // A hierarchy that systemd does not use is there all the same, and everything is at its top.
        let its = controllers == "name=systemd" || (number == "0" && controllers.is_empty());
        (its && path != "/").then_some(path)
    })
}

/// The unit in a process's control group (`cg_path_get_unit` in `src/basic/cgroup-util.c`): the first part that is no
/// slice.
fn unit_of(cgroup: &str) -> Option<String> {
    let is_unit =
        |part: &&str| [".service", ".scope", ".socket", ".mount", ".swap"].iter().any(|e| part.ends_with(e));
    // A container that shows the groups of its machine puts one of its own in front.
    let part = place_of(cgroup)?.split('/').find(is_unit)?;
    Some(part.strip_prefix('_').unwrap_or(part).to_owned())
}

fn text(path: &Path, largest: u64) -> io::Result<String> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(largest).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn why(path: &Path, error: &io::Error) -> Why {
    match error.kind() {
        io::ErrorKind::PermissionDenied => Why::Forbidden,
        _ => Why::Failed(format!("{}: {error}", path.display())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use std::process::{Command, Stdio};

    #[test]
    fn units_by_their_control_group() {
        for (cgroup, unit) in [
            (
                "0::/system.slice/system-postgresql.slice/postgresql@15-main.service\n",
                Some("postgresql@15-main.service"),
            ),
            ("0::/system.slice/nginx.service/worker\n", Some("nginx.service")),
            ("0::/user.slice/user-0.slice/session-3.scope\n", Some("session-3.scope")),
            (
                "0::/user.slice/user-1000.slice/user@1000.service/app.slice/x.service\n",
                Some("user@1000.service"),
            ),
            ("12:cpu:/\n1:name=systemd:/system.slice/cron.service\n0::/\n", Some("cron.service")),
            ("9:name=systemd:/\n0::/system.slice/cron.service\n", Some("cron.service")),
            ("0::/system.slice/docker-4c2f.scope\n", Some("docker-4c2f.scope")),
            ("0::/system.slice/_odd.service\n", Some("odd.service")),
            ("0::/init.scope\n", Some("init.scope")),
            ("0::/kubepods/burstable/pod1\n", None),
            ("0::/lxc/web1/system.slice/x.service\n", Some("x.service")),
            ("7:name=systemd:/\n1:cpu:/\n0::/system.slice/x.service\n", Some("x.service")),
            ("0::/\n", None),
            ("", None),
        ] {
            assert_eq!(unit_of(cgroup).as_deref(), unit, "{cgroup}");
        }
    }

    #[test]
    fn a_process_out_of_files() {
        let root = tempfile::tempdir().unwrap();
        let dir = root.path().join("proc/42");
        fs::create_dir_all(dir.join("fd")).unwrap();
        fs::write(root.path().join("proc/uptime"), "1000.50 2000.00\n").unwrap();
        let rest = ["S", "1"].into_iter().chain(std::iter::repeat_n("0", 17)).chain(["40000", "0"]);
        fs::write(dir.join("stat"), format!("42 (a) b) {}\n", rest.collect::<Vec<_>>().join(" "))).unwrap();
        fs::write(dir.join("cgroup"), "0::/system.slice/x.service\n").unwrap();
        symlink("/usr/sbin/x (deleted)", dir.join("exe")).unwrap();
        symlink("socket:[7]", dir.join("fd/3")).unwrap();
        symlink("/dev/null", dir.join("fd/0")).unwrap();
        let proc = Proc::at(root.path());
        let found = proc.process(42).unwrap();
        assert_eq!((found.name.as_str(), found.parent, found.age_s), ("a) b", 1, Some(600)));
        assert_eq!((found.exe.as_deref(), found.replaced), (Some(Path::new("/usr/sbin/x")), true));
        assert_eq!(found.unit.as_deref(), Some("x.service"));
        assert_eq!(proc.sockets_of(42).unwrap(), BTreeSet::from([7]));
        assert_eq!(proc.process(43), None);
        assert!(proc.sockets_of(43).unwrap().is_empty());
        // Without process 1 in sight not everything is.
        assert_eq!(proc.processes(), Err(Why::Forbidden));
        assert!(Proc::at(&root.path().join("none")).processes().is_err());
    }

    /// A real server and a real client, in the real process table.
    #[test]
    #[cfg(target_os = "linux")]
    fn this_machine() {
        let proc = Proc::at(Path::new("/"));
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let clients: Vec<_> =
            (0..3).map(|_| std::net::TcpStream::connect(("127.0.0.1", port)).unwrap()).collect();
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("s");
        let unix = std::os::unix::net::UnixListener::bind(&path).unwrap();
        let local = std::os::unix::net::UnixStream::connect(&path).unwrap();
        let accepted = unix.accept().unwrap();
        let own = std::process::id();
        let found = proc.listeners_of(&[own]).unwrap();
        let tcp = found.iter().find(|l| l.port == Some(port)).unwrap();
        assert_eq!((tcp.protocol, tcp.clients, tcp.is_local), (Protocol::Tcp, 3, true));
        assert_eq!(tcp.peers, ["127.0.0.1".parse::<std::net::IpAddr>().unwrap()]);
        let socket = found.iter().find(|l| l.address == path.to_str().unwrap()).unwrap();
        assert_eq!((socket.protocol, socket.clients), (Protocol::Unix, 1));
        drop((clients, local, accepted, unix));
        let mut child = Command::new("sleep").arg("30").stdin(Stdio::null()).spawn().unwrap();
        let seen = proc.process(child.id()).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(seen.parent, own);
        assert!(seen.age_s.is_some_and(|age| age < 30), "{seen:?}");
        assert_eq!(proc.process(own).unwrap().exe, std::env::current_exe().ok());
        assert!(proc.processes().unwrap().iter().any(|p| p.pid == own));
        assert_eq!(proc.shares_root(own), Some(true));
    }
}
