//! Unit files, as far as they say what starts a service: found where systemd looks for them, in its order
//! (systemd.unit(5)). Nothing is asked of the service manager.

use crate::world::World;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// What is larger is no unit file.
const LARGEST: u64 = 256 << 10;
/// Where the system's units are, the first of a name counts. What is transient (`systemd-run`) is left out: a person
/// started that.
const SYSTEM: &[&str] = &[
    "/etc/systemd/system",
    "/run/systemd/system",
    "/run/systemd/generator",
    "/usr/local/lib/systemd/system",
    "/usr/lib/systemd/system",
    "/lib/systemd/system",
];
/// Where the units of users' own service managers are, besides `~/.config/systemd/user`.
const USER: &[&str] =
    &["/etc/systemd/user", "/run/systemd/user", "/usr/local/lib/systemd/user", "/usr/lib/systemd/user"];

/// Whose service manager a unit belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manager {
    /// The machine's.
    System,
    /// A user's own.
    User,
}

/// The unit files with this ending, by name. A name that is masked is not among them.
pub fn with_ending(world: &World, manager: Manager, ending: &str) -> BTreeMap<String, PathBuf> {
    let mut found: BTreeMap<String, PathBuf> = BTreeMap::new();
    for dir in directories(world, manager) {
        let Ok(entries) = fs::read_dir(dir) else { continue };
        for entry in entries.flatten() {
            if let Some(name) = entry.file_name().to_str().filter(|name| name.ends_with(ending)) {
                found.entry(name.to_owned()).or_insert_with(|| entry.path());
            }
        }
    }
    // A link to /dev/null masks; a link that leads nowhere is none either.
    found.retain(|_, path| path.is_file());
    found
}

fn directories(world: &World, manager: Manager) -> Vec<PathBuf> {
    let (own, all) = match manager {
        Manager::System => (None, SYSTEM),
        Manager::User => (world.home().map(|home| home.join(".config/systemd/user")), USER),
    };
    own.into_iter().chain(all.iter().map(|dir| world.absolute(dir))).collect()
}

/// The text of a unit file; empty where it cannot be read.
pub fn text(path: &Path) -> String {
    let read = fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.len() <= LARGEST);
    if read { fs::read_to_string(path).unwrap_or_default() } else { String::new() }
}

/// The values a key has in a unit file, continued lines put together.
pub fn values(text: &str, key: &str) -> Vec<String> {
    let joined = text.replace("\\\n", " ");
    let of = |line: &str| {
        let (name, value) = line.trim().split_once('=')?;
        (name.trim_end() == key).then(|| value.trim().to_owned())
    };
    joined.lines().filter_map(of).collect()
}

/// Whether a timer starts this service.
pub fn has_timer(world: &World, manager: Manager, service: &str) -> bool {
    let Some(stem) = service.strip_suffix(".service") else { return false };
    let template = stem.split_once('@').map(|(name, _)| format!("{name}@"));
    let timers = with_ending(world, manager, ".timer");
    timers.iter().any(|(name, path)| {
        let timer = name.trim_end_matches(".timer");
        let named = timer == stem || template.as_deref() == Some(timer);
        // `Unit=` names another one than that of its own name (systemd.timer(5)).
        match values(&text(path), "Unit").last() {
            Some(unit) => {
                unit == service
                    || template.as_ref().is_some_and(|t| unit.starts_with(t.as_str()) && unit.contains('%'))
            }
            None => named,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn timers_by_their_name_and_by_what_they_say() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path.trim_start_matches('/'));
        let write = |path: &str, text: &str| {
            fs::create_dir_all(at(path).parent().unwrap()).unwrap();
            fs::write(at(path), text).unwrap();
        };
        write("/usr/lib/systemd/system/logrotate.timer", "[Timer]\nOnCalendar=daily\n");
        write("/etc/systemd/system/night.timer", "[Timer]\nOnCalendar=daily\nUnit=backup.service\n");
        write("/usr/lib/systemd/system/dump@.timer", "[Timer]\n");
        write("/usr/lib/systemd/system/each@.timer", "[Timer]\nUnit=job@%i.service\n");
        write("/usr/lib/systemd/system/masked.timer", "[Timer]\n");
        symlink("/dev/null", at("/etc/systemd/system/masked.timer")).unwrap();
        write("/home/anna/.config/systemd/user/mine.timer", "[Timer]\n");
        let home = at("/home/anna").display().to_string();
        let world = World::of(&[("HOME", home.as_str())], "/").with_root(root.path());
        for (service, system, user) in [
            ("logrotate.service", true, false),
            ("backup.service", true, false),
            ("night.service", false, false),
            ("dump@a.service", true, false),
            ("job@a.service", true, false),
            ("masked.service", false, false),
            ("mine.service", false, true),
            ("nginx.service", false, false),
            ("x", false, false),
        ] {
            let has = |manager| has_timer(&world, manager, service);
            assert_eq!((has(Manager::System), has(Manager::User)), (system, user), "{service}");
        }
    }
}
