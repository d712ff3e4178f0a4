//! What each package that goes owns, runs and serves: its data, its databases, its processes, units and clients, its
//! changed settings. Read from the system below `root`; only `systemctl show` is run, and only where systemd is.
//!
//! What could not be read before the deadline is a gap of that package, so that "not seen" is never taken for "nothing
//! there".

mod conffiles;
mod data;
mod dbconfig;
mod debconf;
mod info;
mod postgres;
mod processes;
pub mod status;
mod units;
mod vital;

use crate::engine::fact::Why;
use crate::engine::impact::Gap;
use crate::engine::packages::plan::{Change, Kind};
use crate::family::machine::postgres as postgresql;
use crate::run::proc::{Listener, Protocol};
use info::Info;
use status::Status;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What is known of one package that goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PackageFacts {
    /// Its name without the architecture.
    pub name: String,
    /// Its architecture as the plan says it.
    pub arch: Option<String>,
    /// The version that is installed, or was.
    pub version: Option<String>,
    /// What dpkg holds of it.
    pub state: State,
    /// The first line of its description.
    pub summary: Option<String>,
    /// What dpkg's books call it: `Essential`, `Protected`, `Important`.
    pub marks: Vec<&'static str>,
    /// What the machine needs it for: `the way in by ssh`.
    pub vital: Option<String>,
    /// Another package of the plan that it depends on: why it goes along.
    pub needs: Option<String>,
    /// Directories with data in them, those that are deleted first.
    pub stores: Vec<Store>,
    /// PostgreSQL's clusters of this version.
    pub clusters: Vec<Cluster>,
    /// Databases that dbconfig-common may drop.
    pub databases: Vec<Database>,
    /// What its removal scripts run of which nobody can say what that does, as written.
    pub unclear: Vec<String>,
    /// Those of them that run at removal already.
    pub unclear_at_removal: Vec<String>,
    /// Settings files that were changed since they were installed.
    pub changed_settings: Vec<String>,
    /// Directories of settings that its purge script deletes with more in them than the package brought.
    pub deleted_settings: Vec<String>,
    /// Whether a purge loses what a removal leaves: settings made here, a database, or nobody can tell.
    pub purge_adds: bool,
    /// Its processes.
    pub processes: Vec<Process>,
    /// Where they listen, and who is connected.
    pub listens: Vec<Listener>,
    /// Its units that are active.
    pub units: Vec<Unit>,
    /// What it has cron run.
    pub jobs: Vec<String>,
    /// Processes of others that have its libraries loaded.
    pub borrowers: Vec<Process>,
    /// Packages that stay, although they cannot be without this one.
    pub broken: Vec<Broken>,
    /// What could not be learnt.
    pub gaps: Vec<Gap>,
}

/// A package that stays without what it needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Broken {
    /// Its name.
    pub name: String,
    /// Whether something of it runs, or would run.
    pub runs: bool,
}

/// What dpkg holds of a package.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Its files are there.
    Installed,
    /// It was removed; settings and script are left.
    Leftover,
    /// dpkg does not know it.
    #[default]
    Absent,
}

/// A directory with data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Store {
    /// Where, as the system below `root` names it.
    pub path: PathBuf,
    /// How much.
    pub size: Size,
    /// What becomes of it.
    pub end: End,
}

/// How much there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Size {
    /// Bytes on disk.
    pub bytes: u64,
    /// Files, directories not counted.
    pub files: u64,
    /// Whether everything was counted; else there is at least this much.
    pub whole: bool,
    /// Seconds since the newest file was written.
    pub written_s: Option<u64>,
    /// File systems mounted there, with their type: `/srv/pg (xfs)`.
    pub mounts: Vec<String>,
}

/// What becomes of data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum End {
    /// The removal deletes it already.
    Removal,
    /// The purge deletes it and asks nobody.
    Purge,
    /// The purge asks first.
    Asked {
        /// The question's name.
        question: String,
        /// Whether it is deleted when nobody answers: the default, or an answer given before.
        deletes: bool,
    },
    /// No script deletes it.
    Stays,
}

/// A PostgreSQL cluster, and what a package's scripts do to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cluster {
    /// The cluster.
    pub found: postgresql::Cluster,
    /// How much its data is; `None` where it was not looked at.
    pub size: Option<Size>,
    /// What becomes of it at purge; `None` when its package has no script that drops it.
    pub end: Option<End>,
}

/// A database that dbconfig-common looks after.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Database {
    /// `mysql`, `pgsql` …
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The server, where it is not this machine.
    pub host: Option<String>,
    /// Whether it is dropped when nobody answers.
    pub dropped: bool,
}

/// A process.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Process {
    /// Its number.
    pub pid: u32,
    /// What it calls itself.
    pub name: String,
    /// The unit or session it runs in.
    pub unit: Option<String>,
    /// Since when, in seconds.
    pub since_s: Option<u64>,
}

/// Who is connected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Clients {
    /// Connections over the network, loopback included.
    pub count: u64,
    /// The addresses they come from, each once.
    pub hosts: Vec<IpAddr>,
    /// Connections through sockets in the file system.
    pub local: u64,
}

impl Clients {
    /// All connections.
    pub fn total(&self) -> u64 {
        self.count + self.local
    }
}

/// A unit that is active.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unit {
    /// Its name.
    pub name: String,
    /// Since when, in seconds.
    pub since_s: Option<u64>,
}

impl PackageFacts {
    fn gap(&mut self, what: impl Into<String>, why: Why) {
        let gap = Gap { what: what.into(), why };
        if !self.gaps.contains(&gap) {
            self.gaps.push(gap);
        }
    }

    /// Who is connected to its processes.
    pub fn clients(&self) -> Clients {
        let mut clients = Clients::default();
        for listener in &self.listens {
            if listener.protocol == Protocol::Unix {
                clients.local += listener.clients;
            } else {
                clients.count += listener.clients;
            }
            let new = listener.peers.iter().filter(|p| !clients.hosts.contains(p)).copied();
            let new: Vec<IpAddr> = new.collect();
            clients.hosts.extend(new);
        }
        clients
    }

    /// Whether something of it runs, or would run.
    pub fn is_live(&self) -> bool {
        !self.processes.is_empty() || !self.units.is_empty() || !self.jobs.is_empty()
    }
}

/// Looks at what goes. `root` is the system's root directory.
pub fn collect(root: &Path, changes: &[&Change], deadline: Duration) -> Vec<PackageFacts> {
    let until = Instant::now() + deadline;
    let removals: Vec<&Change> = changes.iter().copied().filter(|c| c.kind != Kind::Install).collect();
    if removals.is_empty() {
        return Vec::new();
    }
    let status = Status::read(root).going(&removals);
    let infos: Vec<Info> = removals.iter().map(|change| Info::read(root, change, &status)).collect();
    let mut all: Vec<PackageFacts> =
        removals.iter().zip(&infos).map(|(change, info)| books(root, change, info, &status)).collect();
    let walker = data::Walker::start(root, until);
    let asked: Vec<data::Asked> = infos.iter().map(|info| data::ask(root, info, &walker)).collect();
    let clusters: Vec<_> = infos.iter().map(|info| postgres::ask(root, info, &walker)).collect();
    let units = units::Asked::start(root, &infos, until);
    processes::fill(root, &infos, &mut all, until);
    units.fill(&infos, &mut all);
    for ((facts, info), (asked, clusters)) in all.iter_mut().zip(&infos).zip(asked.into_iter().zip(clusters))
    {
        data::fill(facts, info, asked, &walker);
        postgres::fill(facts, clusters, &walker);
        // A gap may hide what would be missed. Settings that are as they came are in the package.
        facts.purge_adds |= !facts.gaps.is_empty() || !facts.clusters.is_empty();
        facts.purge_adds |= !facts.changed_settings.is_empty() || !facts.deleted_settings.is_empty();
    }
    all
}

/// Adds what stays without what it needs, and whether it runs: for dpkg, which takes away what others need where its
/// checks are off.
pub fn look_at_broken(root: &Path, changes: &[&Change], all: &mut [PackageFacts], deadline: Duration) {
    let until = Instant::now() + deadline;
    let status = Status::read(root).going(changes);
    let broken = status.broken();
    if broken.is_empty() {
        return;
    }
    let change = |name: &str, arch: &str| Change {
        name: name.to_owned(),
        arch: Some(arch.to_owned()),
        version: None,
        kind: Kind::Remove,
        named: false,
        unused: false,
    };
    let infos: Vec<Info> = broken
        .iter()
        .map(|(package, _)| Info::read(root, &change(&package.name, &package.arch), &status))
        .collect();
    let mut seen: Vec<PackageFacts> = infos
        .iter()
        .map(|info| PackageFacts { name: info.name.clone(), jobs: info.jobs(), ..PackageFacts::default() })
        .collect();
    let units = units::Asked::start(root, &infos, until);
    processes::fill(root, &infos, &mut seen, until);
    units.fill(&infos, &mut seen);
    for ((_, needs), seen) in broken.iter().zip(seen) {
        if let Some(facts) = all.iter_mut().find(|facts| facts.name == *needs) {
            facts.broken.push(Broken { runs: seen.is_live(), name: seen.name });
            seen.gaps.into_iter().for_each(|gap| facts.gap(gap.what, gap.why));
        }
    }
}

/// What dpkg's own files say.
fn books(root: &Path, change: &Change, info: &Info, status: &Status) -> PackageFacts {
    let mut facts =
        PackageFacts { name: change.name.clone(), arch: change.arch.clone(), ..PackageFacts::default() };
    if let Err(why) = &status.whole {
        facts.gap("dpkg's status", why.clone());
    }
    if let Some(package) = status.find(change) {
        facts.version = Some(package.version.clone());
        facts.state = package.state;
        facts.summary.clone_from(&package.summary);
        facts.marks.clone_from(&package.marks);
        facts.needs = status.needs(package);
        conffiles::fill(root, &mut facts, package, info);
    } else if status.whole.is_ok() {
        facts.gap(format!("package {}", change.full_name()), Why::Failed("not in dpkg's status".to_owned()));
    }
    facts.vital = vital::of(root, &change.name, status);
    dbconfig::fill(root, &mut facts, info);
    facts.unclear.clone_from(&info.script.unclear);
    facts.unclear_at_removal.clone_from(&info.script.unclear_at_removal);
    facts.jobs = info.jobs();
    facts.purge_adds |= info.script.dbconfig || !info.script.unclear.is_empty();
    for (what, why) in &info.gaps {
        facts.gap(what.clone(), why.clone());
    }
    facts
}
