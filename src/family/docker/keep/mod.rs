//! Copies of what a daemon removes: volumes with everything in them, and what it takes to make the containers and networks again.
//!
//! `volumes/` holds the content of each volume, `dumps/` what the tools of running databases say of them, `inspect/` what the daemon said of volumes, containers and networks, `compose/` the
//! files that a project was made of. Containers that run and go are frozen while their volumes are read, so that a database finds what
//! it would find after a crash; they go on if the copy fails. What containers wrote outside of volumes is not in it.

mod api;
mod body;
mod content;
mod dump;
mod freeze;
mod helper;
pub mod manifest;
pub mod restore;
pub mod way;

pub use manifest::Manifest;

use super::probe::{Goes, encoded};
use super::resolve::Daemon;
use crate::engine::docker::daemon::{Volume, called};
use crate::keep::atomic_dir::{Partial, create};
use crate::keep::head::{Kind, Missing};
use crate::keep::stored::{Stored, too_little};
use crate::run::tasks::block_on;
use crate::run::uninterrupted::Uninterrupted;
use crate::world::World;
use api::Api;
use content::{Wanted, Way};
use freeze::Frozen;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::DirBuilder;
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::Instant;

/// How long a copy may take.
pub const PATIENCE: Duration = Duration::from_secs(600);
/// How long the daemon may take to go on as before.
const THAWING: Duration = Duration::from_secs(30);
/// A file of Compose that is larger is none.
const LARGEST_FILE: u64 = 1 << 20;

/// What to copy, and where to.
pub struct Order<'a> {
    /// What goes.
    pub goes: &'a Goes,
    /// The daemon it goes from.
    pub daemon: &'a Daemon,
    /// What that calls itself.
    pub daemon_id: Option<String>,
    /// The caller's variables.
    pub world: &'a World,
    /// The directory of all copies.
    pub dir: &'a Path,
    /// The id of this one.
    pub id: &'a str,
    /// The command for the manifest: tool first, secrets replaced.
    pub argv: &'a [String],
    /// The machine, as phrases spell it.
    pub host: &'a str,
    /// Where more bytes come from all volumes together there is no copy.
    pub most: u64,
    /// Told what is begun, and whether that is one of the volumes.
    pub begins: &'a dyn Fn(&str, bool),
}

/// Why there is no copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed {
    /// By this signal.
    Interrupted(i32),
    /// In words.
    Why(String),
}

impl<E: std::fmt::Display> From<E> for Failed {
    fn from(why: E) -> Failed {
        Failed::Why(why.to_string())
    }
}

/// A copy in its place.
#[derive(Clone, Debug)]
pub struct Taken {
    /// What is in it, and what is not.
    pub manifest: Manifest,
    /// What a person has to know.
    pub notes: Vec<String>,
}

/// Takes the copy.
///
/// # Errors
/// There is none: nothing of what goes may go.
pub fn take(order: &Order<'_>) -> Result<Taken, Failed> {
    let started = Instant::now();
    let signals = Uninterrupted::start();
    let partial = Partial::begin(order.dir, order.id)?;
    let expected = order.goes.volumes.iter().filter_map(|volume| volume.bytes).sum();
    if let Some(why) = too_little(partial.path(), expected)? {
        return Err(Failed::Why(why));
    }
    for dir in ["volumes", "dumps", "inspect", "compose"] {
        DirBuilder::new().mode(0o700).create(partial.path().join(dir))?;
    }
    let names: Vec<String> = order.goes.volumes.iter().map(|volume| volume.name.clone()).collect();
    let taken = block_on(async {
        let frozen = Frozen::default();
        let api = Api::new(&order.daemon.way, order.world, started + PATIENCE);
        let done = tokio::select! {
            done = collect(&api, order, partial.path(), &frozen) => done,
            signal = interrupted(&signals) => Err(Failed::Interrupted(signal)),
        };
        let after = Api::new(&order.daemon.way, order.world, Instant::now() + THAWING);
        let notes = frozen.thaw(&after).await;
        if done.is_err() {
            helper::sweep(&after, &names).await;
        }
        (done, notes)
    });
    let (done, mut notes) = taken?;
    // The tool that read died of the same signal, or had just come to its end: the command does not run all the same.
    if let Some(signal) = signals.came() {
        return Err(Failed::Interrupted(signal));
    }
    let mut manifest = match done {
        Ok((manifest, undumped)) => {
            notes.extend(undumped);
            manifest
        }
        Err(Failed::Interrupted(signal)) => return Err(Failed::Interrupted(signal)),
        Err(Failed::Why(why)) if notes.is_empty() => return Err(Failed::Why(why)),
        Err(Failed::Why(why)) => return Err(Failed::Why(format!("{why}; {}", notes.join("; ")))),
    };
    manifest.took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    manifest.bytes = manifest.stored().map(|stored| stored.bytes).sum();
    partial.finish(&manifest, |dir| manifest.stored().try_for_each(|stored| is_there(dir, stored)))?;
    Ok(Taken { manifest, notes })
}

/// What was read back a moment ago need only lie in its place.
fn is_there(dir: &Path, stored: &Stored) -> io::Result<()> {
    let meta = std::fs::metadata(crate::keep::stored::inside(dir, &stored.file)?)?;
    if meta.len() == stored.bytes {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::InvalidData, format!("{} is not what was written", stored.file)))
}

/// Reads a copy back: everything its manifest names is there, unchanged.
///
/// # Errors
/// It is not.
pub fn verify(dir: &Path, manifest: &Manifest) -> io::Result<()> {
    let named = dir.file_name().is_some_and(|name| name == manifest.id.as_str());
    let volumes = manifest.volumes.iter().map(|one| one.name.as_str());
    let names = volumes.chain(manifest.definitions.iter().map(|one| one.name.as_str()));
    let names = names.chain(manifest.containers.iter().map(|one| one.name.as_str()));
    if !named || names.chain(manifest.networks.iter().map(|one| one.name.as_str())).any(str::is_empty) {
        return Err(io::Error::new(io::ErrorKind::InvalidData, "manifest.json is not as guard writes it"));
    }
    manifest.stored().try_for_each(|stored| stored.verify(dir))
}

async fn interrupted(signals: &Uninterrupted) -> i32 {
    const OFTEN: Duration = Duration::from_millis(50);
    loop {
        if let Some(signal) = signals.came() {
            return signal;
        }
        tokio::time::sleep(OFTEN).await;
    }
}

/// Asks for everything and writes it down.
async fn collect(
    api: &Api<'_>,
    order: &Order<'_>,
    copy: &Path,
    frozen: &Frozen,
) -> Result<(Manifest, Vec<String>), Failed> {
    let goes = order.goes;
    let mut manifest = Manifest {
        schema: 1,
        id: order.id.to_owned(),
        kind: Kind::Docker,
        ts: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        guard: env!("CARGO_PKG_VERSION").to_owned(),
        argv: order.argv.to_vec(),
        host: order.host.to_owned(),
        daemon: manifest::Daemon {
            id: order.daemon_id.clone(),
            endpoint: order.daemon.endpoint.value.clone(),
        },
        ..Manifest::default()
    };
    let mut inspected = Vec::new();
    for id in &goes.containers {
        let path = format!("/containers/{}/json", encoded(id));
        match api.get::<Value>(&path).await {
            Ok(one) => {
                manifest.containers.push(container(&one, copy, manifest.containers.len())?);
                inspected.push(one);
            }
            // It went by itself meanwhile.
            Err(refused) if refused.is_absent() => {}
            Err(refused) => return Err(refused.into()),
        }
    }
    networks(api, &inspected, copy, &mut manifest).await?;
    files(&inspected, copy, &mut manifest)?;
    let has_tar = goes.local && rustix::process::geteuid().is_root() && content::has_tar(api.until()).await;
    // What an earlier run has left would be in the way of the command itself.
    let names: Vec<String> = goes.volumes.iter().map(|volume| volume.name.clone()).collect();
    helper::sweep(api, &names).await;
    definitions(api, &inspected, goes, copy, &mut manifest).await?;
    let (dumps, notes, gaps) =
        dump::all(api, &inspected, goes, copy, order.most, &|name| (order.begins)(name, false)).await;
    manifest.dumps = dumps;
    manifest.gaps.extend(gaps);
    manifest.notes.clone_from(&notes);
    let users = if has_tar { Vec::new() } else { freeze::users(api, &goes.volumes).await? };
    let unfrozen = frozen.freeze(api, &inspected, goes).await;
    for (nth, volume) in goes.volumes.iter().enumerate() {
        if in_memory(volume) {
            continue;
        }
        (order.begins)(&called(&volume.name), true);
        let inspect = api.get::<Value>(&format!("/volumes/{}", encoded(&volume.name))).await?;
        let way = match PathBuf::from(&volume.mountpoint) {
            dir if has_tar && dir.is_absolute() && std::fs::read_dir(&dir).is_ok() => Way::Here(dir),
            _ => users.iter().find_map(|user| user.reaches(&volume.name)).unwrap_or(Way::Helper),
        };
        let file = format!("volumes/{nth}.tar.zst");
        let so_far = manifest.live_bytes();
        let wanted = Wanted { volume, way, copy, file, most: order.most.saturating_sub(so_far) };
        let why = |why: String| format!("{}: {why}", called(&volume.name));
        if let Some((name, reason)) = unfrozen.iter().find(|(name, _)| name == &volume.name) {
            if let Some(database) = goes.databases.get(name) {
                return Err(Failed::Why(why(format!("{database} writes to it, and {reason}"))));
            }
            let what = format!("what was written to volume {name} while it was read");
            manifest.gaps.push(Missing { what, why: reason.clone() });
        }
        let content = content::take(api, &wanted).await.map_err(why)?;
        manifest.volumes.push(manifest::Volume {
            name: volume.name.clone(),
            inspect: written(copy, &format!("inspect/volume-{nth}.json"), &inspect)?,
            content,
            database: goes.databases.get(&volume.name).cloned(),
        });
    }
    frozen.still(api).await.map_err(Failed::Why)?;
    Ok((manifest, notes))
}

/// What is in it is gone as soon as nobody mounts it.
pub(super) fn in_memory(volume: &Volume) -> bool {
    volume.options.get("type").is_some_and(|kind| kind == "tmpfs")
}

/// How volumes were made that have nothing of their own, or stay: containers that are made again mount them.
async fn definitions(
    api: &Api<'_>,
    inspected: &[Value],
    goes: &Goes,
    copy: &Path,
    manifest: &mut Manifest,
) -> Result<(), Failed> {
    let mut names: Vec<String> = Vec::new();
    for volume in goes.volumes.iter().filter(|volume| in_memory(volume)) {
        let why = "it lies in memory, and goes with its containers".to_owned();
        manifest.gaps.push(Missing { what: called(&volume.name), why });
        names.push(volume.name.clone());
    }
    let mounts = inspected.iter().flat_map(|one| one["Mounts"].as_array().cloned().unwrap_or_default());
    for name in mounts.filter_map(|mount| mount["Name"].as_str().map(str::to_owned)) {
        if !names.contains(&name) && !goes.volumes.iter().any(|volume| volume.name == name) {
            names.push(name);
        }
    }
    for (nth, name) in names.into_iter().filter(|name| !name.is_empty()).enumerate() {
        let Ok(said) = api.get::<Value>(&format!("/volumes/{}", encoded(&name))).await else { continue };
        let inspect = written(copy, &format!("inspect/definition-{nth}.json"), &said)?;
        manifest.definitions.push(manifest::Definition { name, inspect });
    }
    Ok(())
}

/// Writes what the daemon said.
fn written(copy: &Path, name: &str, said: &Value) -> io::Result<Stored> {
    let mut file = create(&copy.join(name))?;
    serde_json::to_writer_pretty(&mut file, said)?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    Stored::of(copy, name)
}

fn container(said: &Value, copy: &Path, nth: usize) -> io::Result<manifest::Container> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(manifest::Container {
        name: text(&said["Name"]).trim_start_matches('/').to_owned(),
        id: text(&said["Id"]),
        image: text(&said["Config"]["Image"]),
        ran: said["State"]["Running"].as_bool().unwrap_or(false),
        inspect: written(copy, &format!("inspect/container-{nth}.json"), said)?,
    })
}

/// The networks that the containers are in, but those that every daemon has.
async fn networks(
    api: &Api<'_>,
    inspected: &[Value],
    copy: &Path,
    manifest: &mut Manifest,
) -> Result<(), Failed> {
    let of = |one: &Value| one["NetworkSettings"]["Networks"].as_object().cloned().unwrap_or_default();
    let names: BTreeMap<String, Value> = inspected.iter().flat_map(of).collect();
    let own = names.keys().filter(|name| !matches!(name.as_str(), "bridge" | "host" | "none" | "podman"));
    for (nth, name) in own.enumerate() {
        match api.get::<Value>(&format!("/networks/{}", encoded(name))).await {
            Ok(said) => manifest.networks.push(manifest::Network {
                name: name.clone(),
                id: said["Id"].as_str().unwrap_or_default().to_owned(),
                inspect: written(copy, &format!("inspect/network-{nth}.json"), &said)?,
            }),
            Err(refused) => {
                manifest.gaps.push(Missing { what: format!("network {name}"), why: refused.message });
            }
        }
    }
    Ok(())
}

/// The files of Compose that the containers say they were made of (`com.docker.compose.project.config_files`).
fn files(inspected: &[Value], copy: &Path, manifest: &mut Manifest) -> io::Result<()> {
    const LABEL: &str = "com.docker.compose.project.config_files";
    let mut paths: Vec<String> = Vec::new();
    for one in inspected {
        let named = one["Config"]["Labels"][LABEL].as_str().unwrap_or_default();
        for path in named.split(',').filter(|path| path.starts_with('/')) {
            if !paths.iter().any(|known| known == path) {
                paths.push(path.to_owned());
            }
        }
    }
    for (nth, path) in paths.into_iter().enumerate() {
        let read = crate::family::machine::resolve::read::file(Path::new(&path), LARGEST_FILE);
        let Ok(Some(text)) = read else {
            let why = "it could not be read here".to_owned();
            manifest.gaps.push(Missing { what: format!("file {path}"), why });
            continue;
        };
        let name = format!("compose/{nth}.yaml");
        let mut file = create(&copy.join(&name))?;
        file.write_all(&text.bytes)?;
        file.sync_all()?;
        manifest.files.push(manifest::File { path, stored: Stored::of(copy, &name)? });
    }
    Ok(())
}
