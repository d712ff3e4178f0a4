//! Which machine a command of the host really works on: its name, what its people and its cloud call it, whether this is
//! the machine itself, and whether the words lead elsewhere. Files and the kernel are read; nothing is sent anywhere
//! except by [`fqdn`], and that only where the name alone names no machine.

pub mod address;
mod apt_conf;
mod cloud;
mod container;
pub mod doors;
pub(super) mod env_file;
pub mod login_session;
pub(in crate::family) mod read;
mod remote;

use crate::engine::fact::{Known, Source, Sourced, Why};
use crate::engine::machine::{HostTarget, is_generic};
use crate::engine::policy::place::deployment;
use crate::engine::target::Environment;
use crate::fail::Result;
use crate::world::World;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A resolved machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedHost {
    /// Where the command goes, every part with its source.
    pub target: HostTarget,
    /// The root directory of the system that is changed: `/` unless the words name another.
    pub root: PathBuf,
    /// dpkg's database of that system.
    pub database: PathBuf,
}

impl ResolvedHost {
    /// Whether another look, right before the command runs, still found the same machine and the same system on it. A
    /// full name that did not come in time the second time, and other notes, make no difference.
    pub fn is_still(&self, later: &ResolvedHost) -> bool {
        let told = |host: &ResolvedHost| {
            let HostTarget { name, static_name, deployment, instance, within, root, remote, .. } =
                host.target.clone();
            (name, static_name, deployment, instance, within, root, remote, host.target.host_name(None))
        };
        told(self) == told(later) && self.root == later.root && self.database == later.database
    }

    /// The machine and the system on it in a few words, for a message.
    pub fn told(&self) -> String {
        let name = self.target.host_name(None);
        let name = if name.is_empty() { "a machine without a name".to_owned() } else { name };
        match &self.target.root {
            Some(root) => format!("{} on {name}", root.value),
            None => name,
        }
    }
}

/// Resolves the machine that the words after `tool` work on.
///
/// # Errors
/// Never at present: what is not known of a machine is a fact of its own.
pub fn host(world: &World, tool: &[u8], words: &[&[u8]]) -> Result<ResolvedHost> {
    let led = remote::named_by(world, tool, words);
    let mut target =
        HostTarget { origin: login_session::clauses(world), notes: led.notes, ..HostTarget::default() };
    match &led.remote {
        Some(remote) => of_remote(world, &mut target, remote),
        None => of_machine(world, &mut target),
    }
    let root = match &led.root {
        Some(dir) if led.remote.is_none() => {
            other_system(world, &mut target, Path::new(&dir.value));
            world.at(&dir.value)
        }
        _ => world.absolute("/"),
    };
    target.root = led.root;
    let database = led.database.map_or_else(|| root.join("var/lib/dpkg"), |dir| world.at(dir.value));
    Ok(ResolvedHost { target, root, database })
}

/// The full name of the machine, where its own is none or names none: from /etc/hosts, else from the resolver, which has
/// [`address::PATIENCE`].
pub fn fqdn(world: &World, name: &str) -> Option<String> {
    let found = address::in_hosts(world, name);
    found.or_else(|| if world.is_made_up() { None } else { address::by_resolver(name) })
}

/// Another machine: nothing that is known of this one holds there.
fn of_remote(world: &World, target: &mut HostTarget, remote: &remote::Remote) {
    target.name = Known::Known(Sourced::new(remote.name.clone(), remote.written.from.clone()));
    target.remote = Some(remote.written.clone());
    target.within = remote.container.as_ref().map(|name| format!("container ({name})"));
    if remote.here {
        // Its containers stop with a production machine, and stand on it: what it says of itself holds for them.
        machine_info(world, target);
        if let Some(name) = own_name(world) {
            target.notes.push(format!("a container of {name}"));
        }
        let container = container::detect(world);
        target.notes.extend(container.clause().map(|clause| format!("this is itself a {clause}")));
    }
}

/// This machine as far as its own files tell: nobody is asked for its full name, and nothing is said of who sits at it.
pub fn by_files(world: &World) -> HostTarget {
    let mut target = HostTarget::default();
    let own = of_files(world, &mut target);
    if let (None, Some(name)) = (&target.fqdn, own) {
        target.fqdn = address::in_hosts(world, &name);
    }
    target
}

fn of_machine(world: &World, target: &mut HostTarget) {
    let own = of_files(world, target);
    target.address = address::primary(world);
    let generic = own.as_deref().is_none_or(is_generic);
    if target.fqdn.is_none()
        && let Some(name) = own.as_deref()
    {
        target.fqdn = if generic && target.instance.is_none() {
            fqdn(world, name)
        } else {
            address::in_hosts(world, name)
        };
    }
}

/// What files and the kernel say; the answer is the machine's own name.
fn of_files(world: &World, target: &mut HostTarget) -> Option<String> {
    let within = container::detect(world);
    target.within = within.clause();
    if within.chroot.is_none() && rustix::process::geteuid().is_root() {
        // Others may not look at process 1 at all.
        target.notes.push("whether this is a chroot could not be told".to_owned());
    }
    let own = own_name(world);
    target.name = match &own {
        Some(name) => Known::Known(Sourced::new(name.clone(), Source::Probe)),
        None => Known::Unknown(Why::Failed("this machine has no name".to_owned())),
    };
    names(world, target, own.as_deref());
    machine_info(world, target);
    let cloud = cloud::read(world, within.container.is_some());
    target.instance = cloud.instance;
    target.cloud = cloud.cloud;
    target.notes.extend(cloud.note);
    own
}

/// What gethostname(2) gives.
fn own_name(world: &World) -> Option<String> {
    let name = if world.is_made_up() {
        read::line(&world.absolute("/proc/sys/kernel/hostname"))
    } else {
        Some(rustix::system::uname().nodename().to_string_lossy().into_owned())
    };
    // What the kernel says before anybody has named the machine (uname(2)).
    name.filter(|name| !matches!(name.as_str(), "" | "(none)"))
}

/// The name in /etc/hostname (hostname(5)): comments, and the first word that is none. Where the two differ only by the
/// domain, the longer one is the full name.
fn names(world: &World, target: &mut HostTarget, own: Option<&str>) {
    const PATH: &str = "/etc/hostname";
    let text = match read::file(&world.absolute(PATH), 4096) {
        Ok(Some(text)) => String::from_utf8_lossy(&text.bytes).into_owned(),
        Ok(None) => return,
        Err(why) => {
            target.notes.push(format!("{PATH}: {why}"));
            return;
        }
    };
    let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim()));
    let found = lines.into_iter().find(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let Some((at, name)) = found else { return };
    let first = |name: &str| name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    let own = own.unwrap_or_default();
    if own.eq_ignore_ascii_case(name) {
        return;
    }
    if first(own) == first(name) && (own.contains('.') != name.contains('.')) {
        let longer = if name.len() > own.len() { name } else { own };
        target.fqdn = (longer != own).then(|| longer.to_owned());
        return;
    }
    let from = Source::File { path: PATH.to_owned(), line: u32::try_from(at).ok() };
    target.static_name = Some(Sourced::new(name.to_owned(), from));
}

const MACHINE_INFO: &str = "/etc/machine-info";
const LARGEST: u64 = 64 << 10;

/// What is read of a machine-info file.
struct Info {
    entries: Vec<env_file::Entry>,
    /// Only root can have written it.
    trusted: bool,
}

fn info(world: &World, path: &Path) -> std::result::Result<Option<Info>, String> {
    let Some(text) = read::file(path, LARGEST)? else { return Ok(None) };
    // In a made-up world its maker is root.
    let owner = text.meta.uid();
    let roots = owner == 0 || (world.is_made_up() && owner == rustix::process::geteuid().as_raw());
    let trusted = roots && text.meta.mode() & 0o022 == 0;
    Ok(Some(Info { entries: env_file::parse(&text.bytes), trusted }))
}

/// machine-info(5). A word that makes things easier counts only where none but root can have written it.
fn machine_info(world: &World, target: &mut HostTarget) {
    let info = match info(world, &world.absolute(MACHINE_INFO)) {
        Ok(Some(info)) => info,
        Ok(None) => return,
        Err(why) => {
            target.notes.push(format!("{MACHINE_INFO}: {why}"));
            return;
        }
    };
    let get = |key: &str| {
        let entry = env_file::last(&info.entries, key)?;
        let from = Source::File { path: MACHINE_INFO.to_owned(), line: Some(entry.line) };
        Some(Sourced::new(entry.value.clone(), from))
    };
    target.pretty = get("PRETTY_HOSTNAME");
    target.location = get("LOCATION");
    let declared = get("DEPLOYMENT");
    let lowers = |word: &str| deployment(word).is_some_and(|e| e < Environment::Unclassified);
    match declared {
        Some(word) if !info.trusted && lowers(&word.value) => target.notes.push(format!(
            "DEPLOYMENT={} in {} does not count: others than root can write that file",
            word.value, word.from
        )),
        declared => target.deployment = declared,
    }
}

/// What a system below another directory says of itself: a note where it has another name; where it calls itself
/// production, so is the target.
fn other_system(world: &World, target: &mut HostTarget, root: &Path) {
    let root = world.at(root);
    let name = read::line(&root.join("etc/hostname")).filter(|name| !name.starts_with('#'));
    let own = target.name.value().map(|name| name.value.as_str());
    if let Some(name) = name.filter(|name| Some(name.as_str()) != own) {
        target.notes.push(format!("the system below {} calls itself {name}", root.display()));
    }
    let path = root.join(MACHINE_INFO.trim_start_matches('/'));
    let Ok(Some(info)) = info(world, &path) else { return };
    if let Some(entry) = env_file::last(&info.entries, "DEPLOYMENT")
        && deployment(&entry.value) == Some(Environment::Production)
    {
        let from = Source::File { path: path.display().to_string(), line: Some(entry.line) };
        target.deployment = Some(Sourced::new(entry.value.clone(), from));
    }
}

#[cfg(test)]
mod tests;
