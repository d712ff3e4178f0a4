//! Copies of databases that go or stop, where their data lies on this machine: what lies here of dumps, catalogues and repositories is
//! looked at as for a server of the machine itself.

use crate::engine::docker::daemon::{Learnt, Origin, called, is_anonymous};
use crate::engine::docker::holders;
use crate::engine::docker::loss::Loss;
use crate::engine::fact::Known;
use crate::engine::impact::{Fate, Impact};
use crate::family::machine::backup::{self, Kind, Place};
use crate::family::machine::postgres::cluster::system_id;
use crate::world::World;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// So long copies are looked for.
const LOOKING: Duration = Duration::from_millis(1_500);
/// Of so many databases.
const MOST: usize = 8;

/// A database, and whether its data goes.
pub(super) struct Held {
    place: Place,
    goes: bool,
}

/// The databases among what goes, and those whose server stops.
pub(super) fn held(loss: &Loss, learnt: &Learnt) -> Vec<Held> {
    let mut all: Vec<Held> = Vec::new();
    let mut put = |origin: &Origin, source: &str, target: &str, goes: bool| {
        let inside = learnt.inside.get(origin).and_then(Known::value);
        let seen = inside.and_then(|inside| Some((inside.database.clone()?, inside.below)));
        let Some((server, below)) = seen.or_else(|| Some((holders::at(target)?.to_owned(), ""))) else {
            return;
        };
        if source.is_empty() || all.len() == MOST {
            return;
        }
        let data = Path::new(source).join(below);
        let what = match origin {
            Origin::Volume(name) => format!("{server} in {}", called(name)),
            Origin::Path(_) | Origin::None => format!("{server} in {source}"),
        };
        let mut place = place(what, &server, data);
        place.aliases = aliases(origin, learnt);
        if !all.iter().any(|held| held.place.data == place.data) {
            all.push(Held { place, goes });
        }
    };
    let lost = |name: &str| loss.lost.iter().any(|lost| lost == name);
    for volume in learnt.volumes.value().into_iter().flatten().filter(|volume| lost(&volume.name)) {
        put(&Origin::Volume(volume.name.clone()), &volume.mountpoint, "", true);
    }
    let hit = learnt.all().iter().filter(|one| one.state.may_run() && loss.stops.contains(&one.name));
    for container in hit {
        for mount in container.mounts.iter().filter(|mount| mount.writable) {
            let source = match &mount.origin {
                Origin::Volume(name) => {
                    learnt.volume(name).map_or(mount.source.as_str(), |volume| volume.mountpoint.as_str())
                }
                Origin::Path(_) | Origin::None => mount.source.as_str(),
            };
            put(&mount.origin, source, &mount.target, false);
        }
    }
    all
}

/// What people call the data of a volume: as the volume, as the containers that have it, as their project.
fn aliases(origin: &Origin, learnt: &Learnt) -> Vec<String> {
    let Origin::Volume(name) = origin else { return Vec::new() };
    let users = || learnt.users(name);
    let projects = users().filter_map(|user| user.project().map(str::to_owned));
    let own = Some(name.clone()).filter(|name| !is_anonymous(name));
    own.into_iter().chain(users().map(|user| user.name.clone())).chain(projects).collect()
}

fn place(what: String, server: &str, data: PathBuf) -> Place {
    let kind = match server {
        _ if server.starts_with("PostgreSQL") => Kind::Postgres,
        _ if server.contains("MySQL") || server.contains("MariaDB") => Kind::MySql,
        "Redis" | "Valkey" => Kind::Redis,
        _ => Kind::Other,
    };
    let postgres = kind == Kind::Postgres;
    Place {
        what,
        kind,
        system_id: postgres.then(|| system_id(&data.join("global/pg_control"))).flatten(),
        version: postgres.then(|| server.rsplit_once(' ').map(|(_, version)| version.to_owned())).flatten(),
        data,
        ..Place::default()
    }
}

/// Looks for their copies.
pub(super) fn find(world: &World, held: Vec<Held>, impact: &mut Impact) {
    let erased = impact.data.iter().any(|data| data.fate != Fate::Kept);
    if held.is_empty() || (!erased && impact.light) {
        return;
    }
    let going = held.iter().filter(|held| held.goes).map(|held| held.place.data.clone()).collect();
    let places = held.into_iter().map(|held| held.place).collect();
    impact.backups = backup::find(Path::new("/"), world, places, going, Instant::now() + LOOKING);
}
