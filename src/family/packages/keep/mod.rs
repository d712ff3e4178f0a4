//! Copies of packages: what has to be at hand to have a host as it was before packages were removed from it.
//!
//! `debs/` holds the exact packages, `files/` their settings as they were, `status` what dpkg had written down about
//! them, `clusters/` dumps of the PostgreSQL databases that a purge drops, or the directories of a cluster that is down. Other data of a package is not in it.

mod debs;
pub mod manifest;
pub mod postgres;
pub mod put_settings;
pub mod restore;
pub mod safer;
pub mod settings;
pub mod system;

pub use manifest::Manifest;

use crate::engine::packages::plan::{Kind, Plan};
use crate::fail::{self, Fail, Result};
use crate::keep::atomic_dir::Partial;
use crate::keep::head::{self, Missing};
use crate::keep::stored::{digest, inside, too_little};
use crate::run::find::{self, Lookup};
use crate::run::self_path;
use crate::world::World;
use manifest::{Is, Package};
use settings::{FILES, Keeper};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use system::{Known, System};

/// No copy gets larger than this, databases aside.
pub const LARGEST: u64 = 4 << 30;
/// What dpkg had written down about the packages.
const STATUS: &str = "status";

/// The tools a copy needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tools {
    /// `apt-get`.
    pub apt_get: PathBuf,
    /// `apt-mark`.
    pub apt_mark: PathBuf,
    /// `dpkg`.
    pub dpkg: PathBuf,
    /// `dpkg-deb`.
    pub dpkg_deb: PathBuf,
    /// `dpkg-repack`, when it is installed.
    pub dpkg_repack: Option<PathBuf>,
}

impl Tools {
    /// The real tools on PATH, guard's own links passed over; where PATH leaves them out, they lie in /usr/bin.
    pub fn find(world: &World) -> Result<Tools> {
        let selves = self_path::selves();
        let on = |tool: &str, path: &std::ffi::OsStr| {
            let path = Some(path);
            find::lookup(&Lookup {
                tool: tool.as_bytes(),
                path,
                selves: &selves,
                shim_dirs: &[],
                fixed: None,
            })
        };
        let find = |tool: &str| {
            let path = world.set_var("PATH").unwrap_or_default();
            on(tool, path).or_else(|e| on(tool, "/usr/bin:/bin".as_ref()).map_err(|_| e))
        };
        Ok(Tools {
            apt_get: find("apt-get").map_err(Fail::from)?,
            apt_mark: find("apt-mark").map_err(Fail::from)?,
            dpkg: find("dpkg").map_err(Fail::from)?,
            dpkg_deb: find("dpkg-deb").map_err(Fail::from)?,
            dpkg_repack: find("dpkg-repack").ok(),
        })
    }
}

/// What to copy, and where to.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// What goes.
    pub plan: &'a Plan,
    /// The system it goes from.
    pub root: &'a Path,
    /// The caller's variables: proxies, APT_CONFIG.
    pub world: &'a World,
    /// The tools.
    pub tools: &'a Tools,
    /// The directory of all copies.
    pub dir: &'a Path,
    /// The id of this one.
    pub id: &'a str,
    /// The command for the manifest: tool first, secrets replaced.
    pub argv: &'a [String],
    /// The host, as phrases spell it.
    pub host: &'a str,
    /// How long packages and settings may take.
    pub deadline: Duration,
    /// How long the dumps of databases may take; `None` leaves them out.
    pub databases: Option<Duration>,
    /// Put packages together again that cannot be had in any other way. Takes a minute for each.
    pub repack: bool,
    /// Leave out settings that not everybody may read.
    pub public_only: bool,
    /// The most bytes, databases aside.
    pub largest: u64,
}

/// A copy in its place.
#[derive(Clone, Debug)]
pub struct Taken {
    /// What is in it, and what is not.
    pub manifest: Manifest,
    /// Where it is.
    pub dir: PathBuf,
    /// What of the databases is not in it, or not whole.
    pub undumped: Vec<Missing>,
}

fn unwritten(e: &io::Error) -> Fail {
    Fail::new(fail::Kind::Unavailable, "the copy could not be written").because(e.to_string())
}

/// What a copy would hold, as far as files tell; for the question.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Survey {
    /// Packages whose files go.
    pub packages: usize,
    /// How many of them apt still has in its cache.
    pub cached: usize,
    /// Settings files.
    pub settings: usize,
    /// Bytes that packages and settings may take at most.
    pub bytes: u64,
    /// PostgreSQL clusters that are dropped.
    pub clusters: Vec<postgres::Found>,
}

/// Counts what a copy would hold, in a few milliseconds.
pub fn survey(plan: &Plan, root: &Path, public_only: bool) -> io::Result<Survey> {
    let system = System::read(root)?;
    let mut survey = Survey::default();
    let mut keeper = Keeper::new(&system, None, public_only);
    let mut wanted = Vec::new();
    for change in plan.removals() {
        let Some(known) = system.of(change) else { continue };
        wanted.push((known.name.as_str(), settings::wanted(&system, known, change.kind == Kind::Purge).0));
        if known.is_there() {
            survey.packages += 1;
            let cached = debs::cached(&system, known);
            survey.cached += usize::from(cached.is_some());
            survey.bytes += size(known, cached.as_deref());
        }
    }
    keeper.keep(&wanted)?;
    survey.settings =
        keeper.files.iter().filter(|f| matches!(f.is, Is::File { .. } | Is::Link { .. })).count();
    survey.bytes += keeper.bytes;
    survey.clusters = postgres::dropped(plan, &system);
    Ok(survey)
}

/// How large a package's file is at most: packed, it is smaller than what it unpacks to.
fn size(known: &Known, cached: Option<&Path>) -> u64 {
    let file = cached.and_then(|path| std::fs::metadata(path).ok()).map(|meta| meta.len());
    file.unwrap_or(known.size_kib << 10)
}

/// Takes the copy. An error means that there is none; what is missing from one that there is stands in its manifest.
pub fn take(order: &Order<'_>) -> Result<Taken> {
    let started = Instant::now();
    let until = started + order.deadline;
    let system = System::read(order.root).map_err(|e| {
        Fail::new(fail::Kind::Unavailable, "what is installed could not be read").because(e.to_string())
    })?;
    let mut manifest = Manifest {
        schema: 1,
        id: order.id.to_owned(),
        kind: head::Kind::Apt,
        ts: jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        guard: env!("CARGO_PKG_VERSION").to_owned(),
        argv: order.argv.to_vec(),
        host: order.host.to_owned(),
        root: order.root.display().to_string(),
        ..Manifest::default()
    };
    let missing = |manifest: &mut Manifest, what: &str, why: String| {
        manifest.gaps.push(Missing { what: what.to_owned(), why });
    };
    let mut known: Vec<&Known> = Vec::new();
    for change in order.plan.removals() {
        match system.of(change) {
            Some(found) => {
                known.push(found);
                manifest.packages.push(Package {
                    name: found.name.clone(),
                    arch: found.arch.clone(),
                    version: found.is_there().then(|| found.version.clone()),
                    purged: change.kind == Kind::Purge,
                    auto: system.is_auto(found),
                    want: found.want.clone(),
                    deb: None,
                    units: Vec::new(),
                });
            }
            None => missing(&mut manifest, &change.full_name(), "dpkg does not know it".to_owned()),
        }
    }
    if known.is_empty() {
        return Err(Fail::new(fail::Kind::Unavailable, "nothing that goes could be copied")
            .because("dpkg knows none of the packages"));
    }
    let partial = Partial::begin(order.dir, order.id).map_err(|e| unwritten(&e))?;
    room(order, partial.path()).map_err(|e| unwritten(&e))?;
    keep_settings(order, &system, &known, &partial, &mut manifest).map_err(|e| unwritten(&e))?;

    let there: Vec<&Known> = known.iter().copied().filter(|k| k.is_there()).collect();
    let got = debs::collect(order, &system, &there, partial.path(), until).map_err(|e| unwritten(&e))?;
    for (known, got) in there.iter().zip(got) {
        let Some(package) =
            manifest.packages.iter_mut().find(|p| p.name == known.name && p.arch == known.arch)
        else {
            continue;
        };
        match got {
            Ok(deb) => {
                manifest.bytes += deb.bytes;
                package.deb = Some(deb);
            }
            Err(why) => missing(&mut manifest, &format!("package {} {}", known.name, known.version), why),
        }
    }
    let found = postgres::dropped(order.plan, &system);
    let mut undumped = Vec::new();
    if let Some(patience) = order.databases {
        let until = Instant::now() + patience;
        let (clusters, gaps) = postgres::dump(&found, &partial, until).map_err(|e| unwritten(&e))?;
        let stored = clusters.iter().flat_map(manifest::Cluster::stored);
        manifest.bytes += stored.map(|s| s.bytes).sum::<u64>();
        manifest.clusters = clusters;
        manifest.gaps.extend_from_slice(&gaps);
        undumped = gaps;
    } else {
        for cluster in found {
            let what = format!("PostgreSQL cluster {}", cluster.cluster.called());
            missing(&mut manifest, &what, "left out".to_owned());
        }
    }
    manifest.took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let place = partial.finish(&manifest, |dir| verify(dir, &manifest)).map_err(|e| unwritten(&e))?;
    Ok(Taken { manifest, dir: place, undumped })
}

/// Refuses to fill the disk.
fn room(order: &Order<'_>, at: &Path) -> io::Result<()> {
    let survey = survey(order.plan, order.root, order.public_only)?;
    if survey.bytes > order.largest {
        let why = format!("it may take {} MiB, more than {}", survey.bytes >> 20, order.largest >> 20);
        return Err(io::Error::other(why));
    }
    match too_little(at, survey.bytes)? {
        Some(why) => Err(io::Error::new(io::ErrorKind::StorageFull, why)),
        None => Ok(()),
    }
}

fn keep_settings(
    order: &Order<'_>,
    system: &System,
    known: &[&Known],
    partial: &Partial,
    manifest: &mut Manifest,
) -> io::Result<()> {
    let mut status = partial.create(STATUS)?;
    let into = partial.path().join(FILES);
    let mut keeper = Keeper::new(system, Some(&into), order.public_only);
    let mut all = Vec::new();
    for (known, package) in known.iter().zip(&mut manifest.packages) {
        writeln!(status, "{}\n", known.paragraph)?;
        let (wanted, units) = settings::wanted(system, known, package.purged);
        package.units = units;
        all.push((known.name.as_str(), wanted));
    }
    keeper.keep(&all)?;
    status.sync_all()?;
    if keeper.private > 0 {
        let what = format!("{} settings files that not everybody may read", keeper.private);
        manifest.gaps.push(Missing { what, why: "left out, as asked for".to_owned() });
    }
    manifest.bytes += keeper.bytes;
    manifest.files = keeper.files;
    manifest.gaps.append(&mut keeper.gaps);
    Ok(())
}

/// Reads a copy back: everything its manifest names is there, unchanged.
pub fn verify(dir: &Path, manifest: &Manifest) -> io::Result<()> {
    let same = |place: &Path, bytes: u64, sha256: &str| {
        let found = digest(place)?;
        if found == (bytes, sha256.to_owned()) {
            return Ok(());
        }
        let what = place.strip_prefix(dir).unwrap_or(place).display();
        Err(io::Error::new(io::ErrorKind::InvalidData, format!("{what} was changed after it was written")))
    };
    for deb in manifest.packages.iter().filter_map(|p| p.deb.as_ref()) {
        same(&inside(dir, &deb.file)?, deb.bytes, &deb.sha256)?;
    }
    for file in &manifest.files {
        if let Is::File { bytes, sha256 } = &file.is {
            same(&inside(&dir.join(FILES), file.path.trim_start_matches('/'))?, *bytes, sha256)?;
        }
    }
    for cluster in &manifest.clusters {
        for stored in cluster.stored() {
            stored.verify(dir)?;
        }
    }
    Ok(())
}
