//! What volumes and containers hold, as a row says it.

use super::Loss;
use crate::engine::docker::daemon::{Container, Inside, Learnt, Origin, Volume, called};
use crate::engine::docker::holders;
use crate::engine::fact::Known;
use crate::engine::human::{bytes, span};
use crate::engine::impact::{Data, Fate};

/// A volume and what is in it: `volume pgdata: PostgreSQL 15, 231 MB, last written 4 s ago`. `target` is where a container mounts it:
/// where nobody could look, that says what it is for.
pub(super) fn volume_data(volume: &Volume, target: &str, learnt: &Learnt) -> String {
    let seen = learnt.inside.get(&Origin::Volume(volume.name.clone()));
    let inside = seen.and_then(Known::value);
    let place = || {
        let targets = learnt.users(&volume.name).flat_map(|user| &user.mounts);
        let of_it = targets.filter(|mount| mount.origin == Origin::Volume(volume.name.clone()));
        let mut all = std::iter::once(target).chain(of_it.map(|mount| mount.target.as_str()));
        all.find_map(holders::at).map(|server| format!("where {server} keeps its data"))
    };
    let mut told = Vec::new();
    match inside {
        Some(inside) => told.extend(content(inside, volume.bytes)),
        None => {
            told.extend(place());
            told.extend(volume.bytes.map(bytes));
        }
    }
    if !matches!(volume.driver.as_str(), "" | "local") {
        told.push(format!("driver {}", volume.driver));
    }
    if let Some(kind) = volume.options.get("type").filter(|kind| !kind.is_empty()) {
        told.push(format!("a mount of type {kind}"));
    }
    let name = called(&volume.name);
    if told.is_empty() { name } else { format!("{name}: {}", told.join(", ")) }
}

fn content(inside: &Inside, counted: Option<u64>) -> Vec<String> {
    if inside.empty {
        return vec!["empty".to_owned()];
    }
    let mut told: Vec<String> = inside.database.iter().cloned().collect();
    told.extend(inside.bytes.or(counted).map(bytes));
    told.extend(inside.written_s.map(|s| format!("last written {} ago", span(s))));
    told
}

/// What a row about files of a container begins with.
pub(super) const OWN: &str = "own files of container";

/// What a container wrote outside of its mounts goes with it. The answer is whether nothing of it would be missed.
pub(super) fn own_files(container: &Container, loss: &mut Loss) -> bool {
    let name = &container.name;
    let (what, fate) = match &container.wrote {
        Known::Known(paths) => {
            // Where something is mounted the daemon makes a directory, and those above it.
            let mounted = |path: &str| {
                let ways = container.mounts.iter().map(|mount| mount.target.trim_end_matches('/'));
                ways.into_iter().any(|to| to == path || holders::is_below(to, path))
            };
            let counts = |path: &&str| !holders::is_passing(path) && !mounted(path);
            let files: Vec<&str> = paths.iter().map(String::as_str).filter(counts).collect();
            // A directory is said by what is in it.
            let whole: Vec<&&str> = files
                .iter()
                .filter(|path| !files.iter().any(|other| holders::is_below(other, path)))
                .collect();
            let Some(first) = whole.first() else { return true };
            let more = if whole.len() > 1 { format!(" and {} more", whole.len() - 1) } else { String::new() };
            let size = container.wrote_bytes.map(|n| format!(", {}", bytes(n))).unwrap_or_default();
            (format!("{OWN} {name}: {first}{more}{size}"), Fate::Erased)
        }
        Known::Unknown(why) => {
            loss.impact.unseen(format!("{OWN} {name}"), why.clone());
            (format!("{OWN} {name}"), Fate::Unknown)
        }
    };
    if !loss.lost.contains(name) {
        loss.lost.push(name.clone());
    }
    loss.impact.data.push(Data { what, fate, because: String::new() });
    false
}
