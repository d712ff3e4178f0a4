//! Directories of units that `systemctl clean` removes, with what is in them.

use super::manager::Unit;
use crate::engine::effect::Effect;
use crate::engine::human::{bytes, span};
use crate::engine::impact::{Data, Fate, Impact};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// Where the directories of each kind are (systemd.exec(5)).
const BELOW: [(&str, &str); 5] = [
    ("state", "var/lib"),
    ("cache", "var/cache"),
    ("logs", "var/log"),
    ("configuration", "etc"),
    ("runtime", "run"),
];
/// These come again by themselves.
const REMADE: [&str; 2] = ["cache", "runtime"];

/// What is in a directory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Held {
    files: u64,
    bytes: u64,
    newest: Option<SystemTime>,
    whole: bool,
}

/// Tells what goes of units that are not running; systemctl refuses the others.
pub fn probe_impact(root: &Path, what: &[String], units: &[Unit], until: Instant, impact: &mut Impact) {
    let all = what.iter().any(|w| w == "all");
    let mut lost = false;
    for unit in units {
        for (kind, dir) in unit.directories.iter().filter(|(kind, _)| all || what.iter().any(|w| w == kind)) {
            let below = BELOW.iter().find(|(k, _)| k == kind).map_or("var/lib", |(_, below)| below);
            let path = root.join(below).join(dir);
            let Ok(meta) = fs::symlink_metadata(&path) else { continue };
            // With DynamicUser= the directory is a link into `private`.
            let place = if meta.is_symlink() {
                fs::canonicalize(&path).unwrap_or_else(|_| path.clone())
            } else {
                path.clone()
            };
            let held = held(&place, until);
            if held.whole && held.files == 0 {
                continue;
            }
            let shown = PathBuf::from("/").join(below).join(dir);
            if REMADE.contains(kind) {
                impact.also.push(format!("{} ({}) goes, and comes again", shown.display(), told(held)));
            } else {
                lost = true;
                impact.data.push(Data {
                    what: format!("{}: {}", shown.display(), told(held)),
                    fate: Fate::Erased,
                    because: format!("{kind} of {}", unit.name()),
                });
            }
        }
    }
    if lost {
        impact.raise(Effect::Destroy, "its directories hold data");
    } else {
        impact.lower(Effect::Mutate, "these directories hold no data");
    }
}

/// `231 MB in 12 files, last written 4 s ago`.
fn told(held: Held) -> String {
    let more = if held.whole { "" } else { "at least " };
    let files = if held.files == 1 { "1 file".to_owned() } else { format!("{} files", held.files) };
    let age = held.newest.and_then(|newest| SystemTime::now().duration_since(newest).ok());
    let age =
        age.map(|age: Duration| format!(", last written {} ago", span(age.as_secs()))).unwrap_or_default();
    format!("{more}{} in {files}{age}", bytes(held.bytes))
}

/// Adds up a directory without following links or leaving its file system by them.
fn held(path: &Path, until: Instant) -> Held {
    const MOST: u64 = 200_000;
    let mut sum = Held { whole: true, ..Held::default() };
    let mut dirs = vec![path.to_owned()];
    while let Some(dir) = dirs.pop() {
        let Ok(entries) = fs::read_dir(&dir) else {
            sum.whole = false;
            continue;
        };
        for entry in entries.flatten() {
            if sum.files >= MOST || Instant::now() >= until {
                sum.whole = false;
                return sum;
            }
            let Ok(meta) = entry.metadata() else { continue };
            if meta.is_dir() {
                dirs.push(entry.path());
                continue;
            }
            sum.files += 1;
            sum.bytes = sum.bytes.saturating_add(meta.len());
            sum.newest = sum.newest.max(meta.modified().ok());
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(directories: &[(&'static str, &str)]) -> Unit {
        Unit {
            id: "x.service".to_owned(),
            directories: directories.iter().map(|(kind, dir)| (*kind, (*dir).to_owned())).collect(),
            ..Unit::default()
        }
    }

    fn at(root: &Path, what: &[&str], unit: Unit) -> Impact {
        let what: Vec<String> = what.iter().map(|w| (*w).to_owned()).collect();
        let mut impact = Impact::default();
        probe_impact(root, &what, &[unit], Instant::now() + Duration::from_secs(5), &mut impact);
        impact
    }

    #[test]
    fn data_goes_only_where_there_is_some() {
        let root = tempfile::tempdir().unwrap();
        let dirs = [("state", "x"), ("cache", "x")];
        let none = at(root.path(), &["state"], unit(&dirs));
        assert!(none.data.is_empty() && none.consequences.iter().all(|c| !c.raises), "{none:?}");
        fs::create_dir_all(root.path().join("var/lib/x/deep")).unwrap();
        fs::create_dir_all(root.path().join("var/cache/x")).unwrap();
        fs::write(root.path().join("var/lib/x/deep/db"), vec![0; 2_500_000]).unwrap();
        fs::write(root.path().join("var/cache/x/c"), "cc").unwrap();
        std::os::unix::fs::symlink("/", root.path().join("var/lib/x/all")).unwrap();
        let some = at(root.path(), &["state", "cache"], unit(&dirs));
        assert_eq!(some.data.len(), 1);
        assert!(some.data[0].what.starts_with("/var/lib/x: 2.5 MB in 2 files, last written"), "{some:?}");
        assert_eq!((some.data[0].fate, some.consequences[0].effect), (Fate::Erased, Effect::Destroy));
        assert!(some.also[0].starts_with("/var/cache/x (2 B in 1 file"), "{some:?}");
        // Runtime and cache alone are no loss.
        let cache = at(root.path(), &["cache"], unit(&dirs));
        assert!(cache.data.is_empty() && !cache.consequences[0].raises);
        assert_eq!(at(root.path(), &["all"], unit(&dirs)).data.len(), 1);
    }
}
