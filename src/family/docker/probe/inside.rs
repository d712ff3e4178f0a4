//! What stands in volumes and directories: a database, how much, since when. Looked at where they lie, when that is here and may be
//! read; else through a container that mounts them, whose files the daemon hands out.

use super::client::{Answer, Client};
use super::{encoded, known};
use crate::engine::docker::daemon::{Container, Inside, Learnt, Origin, Volume};
use crate::engine::docker::holders::{self, BELOW, MARKERS, Marker};
use crate::engine::fact::{Known, Why};
use crate::family::machine::servers;
use base64::Engine as _;
use http::{Method, StatusCode};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};
use tokio::time::timeout;

/// So long files are counted.
const COUNTING: Duration = Duration::from_millis(800);
/// So many files are.
const FILES: u64 = 500_000;

/// One volume or directory to look into.
pub(super) struct Look {
    /// Which.
    pub origin: Origin,
    /// Its files are counted: it goes.
    pub counts: bool,
    /// Somebody else has it as well, or it goes: it is worth to be looked at through a container.
    pub shared: bool,
}

/// Looks into each of these.
pub(super) async fn look(client: &Client<'_>, looks: Vec<Look>, local: bool, learnt: &mut Learnt) {
    let ids: Arc<Vec<String>> = Arc::new(learnt.all().iter().map(|one| one.id.clone()).collect());
    for Look { origin, counts, shared } in looks {
        let here = local.then(|| place(&origin, learnt)).flatten();
        let mut seen = match here {
            // What is begun late is not begun: others wait for an answer, too.
            Some(_) if client.is_late() => Known::Unknown(Why::TimedOut),
            Some(path) => walked(path, counts, Arc::clone(&ids)).await,
            None => Known::Unknown(Why::Unsupported),
        };
        if matches!(seen, Known::Unknown(_)) && shared {
            seen = through_container(client, &origin, learnt).await;
        }
        learnt.inside.insert(origin, seen);
    }
}

/// Where it lies on this machine.
fn place(origin: &Origin, learnt: &Learnt) -> Option<PathBuf> {
    match origin {
        Origin::Path(path) => Some(PathBuf::from(path)),
        Origin::Volume(name) => {
            let volume = learnt.volume(name);
            // What only leads elsewhere is an empty directory while nobody mounts it.
            if volume.is_some_and(Volume::is_spared) {
                return None;
            }
            let volume = volume.map(|volume| volume.mountpoint.clone());
            let mounted = || {
                let all = learnt.all().iter().flat_map(|one| &one.mounts);
                all.into_iter().find(|mount| mount.origin == *origin).map(|mount| mount.source.clone())
            };
            volume.or_else(mounted).filter(|path| !path.is_empty()).map(PathBuf::from)
        }
        Origin::None => None,
    }
}

/// A file system that does not answer holds up the thread that asks, and nobody else.
async fn walked(path: PathBuf, counts: bool, ids: Arc<Vec<String>>) -> Known<Inside> {
    let walk = tokio::task::spawn_blocking(move || walk(&path, counts, &ids));
    match timeout(COUNTING * 2, walk).await {
        Ok(Ok(seen)) => seen,
        _ => Known::Unknown(Why::TimedOut),
    }
}

fn walk(path: &Path, counts: bool, ids: &[String]) -> Known<Inside> {
    let failed = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::PermissionDenied => Why::Forbidden,
        _ => Why::Failed(e.to_string()),
    };
    let entries = match std::fs::read_dir(path) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotADirectory => return Known::Known(Inside::default()),
        Err(e) => return Known::Unknown(failed(e)),
    };
    let first: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(|path| !path.ends_with("lost+found")).collect();
    let mut inside = Inside { empty: first.is_empty(), ..Inside::default() };
    let found = BELOW.iter().find_map(|below| Some((*below, marked(&path.join(below))?)));
    if let Some((below, database)) = found {
        (inside.below, inside.database) = (below, Some(database.0));
        inside.surely = database.1;
    }
    // Nobody is looked for in a directory of source code.
    if inside.database.is_some() {
        inside.open_by = server_in(path, ids);
    }
    if counts {
        (inside.bytes, inside.written_s) = counted(first);
    }
    Known::Known(inside)
}

/// The database that this directory is the data of.
fn marked(dir: &Path) -> Option<(String, bool)> {
    let marker = MARKERS.iter().find(|marker| dir.join(marker.path).symlink_metadata().is_ok())?;
    if !marker.version {
        return Some((marker.server.to_owned(), marker.sure));
    }
    let version = crate::family::machine::resolve::read::line(&dir.join(marker.path)).unwrap_or_default();
    Some((with_version(marker, &version), marker.sure))
}

fn with_version(marker: &Marker, version: &str) -> String {
    let version: String = version.trim().chars().take(12).filter(|c| c.is_ascii_graphic()).collect();
    if version.is_empty() { marker.server.to_owned() } else { format!("{} {version}", marker.server) }
}

/// The bytes of all files, and since when nothing was written; without the bytes where there are too many to count.
fn counted(first: Vec<PathBuf>) -> (Option<u64>, Option<u64>) {
    let started = Instant::now();
    let (mut bytes, mut files, mut newest) = (0u64, 0u64, None::<SystemTime>);
    let mut waiting = first;
    let mut whole = true;
    while let Some(path) = waiting.pop() {
        files += 1;
        if files > FILES || (files.is_multiple_of(512) && started.elapsed() > COUNTING) {
            whole = false;
            break;
        }
        let Ok(meta) = path.symlink_metadata() else { continue };
        newest = newest.max(meta.modified().ok());
        if meta.is_dir() {
            match std::fs::read_dir(&path) {
                Ok(entries) => waiting.extend(entries.flatten().map(|entry| entry.path())),
                Err(_) => whole = false,
            }
        } else {
            // What is not written to takes no room.
            bytes += meta.len().min(meta.blocks() * 512);
        }
    }
    let written = newest.map(|at| SystemTime::now().duration_since(at).unwrap_or_default().as_secs());
    (whole.then_some(bytes), written)
}

/// A server of this machine that works in the directory, in no container or in one of another daemon.
fn server_in(path: &Path, ids: &[String]) -> Option<String> {
    let dirs: Vec<PathBuf> = BELOW.iter().map(|below| path.join(below)).filter(|dir| dir.is_dir()).collect();
    servers::working_in(&dirs, ids).map(|(name, pid)| format!("{name}, process {pid} of this machine"))
}

/// Through a container that mounts it, a running one before others.
async fn through_container(client: &Client<'_>, origin: &Origin, learnt: &Learnt) -> Known<Inside> {
    let mut ways: Vec<(&Container, &str)> = learnt
        .all()
        .iter()
        .flat_map(|one| {
            let mounts = one.mounts.iter().filter(|mount| mount.origin == *origin);
            mounts.map(move |mount| (one, mount.target.as_str()))
        })
        .collect();
    ways.sort_by_key(|(one, _)| !one.state.may_run());
    let Some((container, target)) = ways.first() else {
        return Known::Unknown(Why::Failed("no container mounts it".to_owned()));
    };
    known(asked(client, container, target).await)
}

#[derive(serde::Deserialize)]
struct Stat {
    mtime: Option<jiff::Timestamp>,
}

/// When what stands at a path was last written, by the header that comes with it.
fn written(answer: Answer) -> Option<jiff::Timestamp> {
    let json = base64::engine::general_purpose::STANDARD.decode(answer.stat?).ok()?;
    serde_json::from_slice::<Stat>(&json).ok()?.mtime
}

async fn asked(client: &Client<'_>, container: &Container, target: &str) -> Result<Inside, Why> {
    let path = |below: &str| {
        let whole = format!("{}/{below}", target.trim_end_matches('/'));
        let query = encoded(whole.trim_end_matches('/')).replace('/', "%2F");
        format!("/containers/{}/archive?path={query}", encoded(&container.id))
    };
    let expected = holders::at(target);
    for below in BELOW.iter().take(if expected.is_some() { BELOW.len() } else { 1 }) {
        let own = MARKERS.iter().filter(|marker| {
            expected.is_none_or(|server| {
                marker.server.contains(server) || server == "MariaDB" && marker.server.contains("MariaDB")
            })
        });
        for marker in own {
            let at =
                if below.is_empty() { marker.path.to_owned() } else { format!("{below}/{}", marker.path) };
            let answer = client.ask(Method::HEAD, &path(&at)).await?;
            if answer.status == StatusCode::NOT_FOUND {
                continue;
            }
            let answer = answer.good()?;
            let mut newest = written(answer);
            let version = if marker.version { first_file(client, &path(&at)).await } else { String::new() };
            // A lock, or the log of changes, is written more often than what marks the directory.
            for name in
                ["pg_wal", "postmaster.pid", "ib_logfile0", "#innodb_redo", "journal", "appendonlydir"]
            {
                let at = if below.is_empty() { name.to_owned() } else { format!("{below}/{name}") };
                let Ok(answer) = client.ask(Method::HEAD, &path(&at)).await else { break };
                newest = newest.max(written(answer));
            }
            let now = jiff::Timestamp::now();
            return Ok(Inside {
                database: Some(with_version(marker, &version)),
                surely: marker.sure,
                below,
                written_s: newest.and_then(|at| u64::try_from(now.as_second() - at.as_second()).ok()),
                ..Inside::default()
            });
        }
    }
    Ok(Inside::default())
}

/// The first file of an archive, as text: 512 bytes of a header come before it (tar(5)).
async fn first_file(client: &Client<'_>, path: &str) -> String {
    let Ok(answer) = client.ask(Method::GET, path).await else { return String::new() };
    let Ok(answer) = answer.good() else { return String::new() };
    let size = answer.body.get(124..136).and_then(|octal| std::str::from_utf8(octal).ok());
    let size =
        size.and_then(|octal| usize::from_str_radix(octal.trim_matches(['\0', ' ']), 8).ok()).unwrap_or(0);
    let text = answer.body.get(512..512 + size.min(64)).unwrap_or_default();
    String::from_utf8_lossy(text).into_owned()
}
