//! The exact package files: from apt's own cache, else from a mirror, else put together again by dpkg-repack. None is
//! taken for one before it has been read through and says to be the package that goes.

use super::manifest::{Deb, From};
use super::settings::copy;
use super::system::{Known, System};
use super::{Order, Tools};
use crate::family::machine::child::{self, Out};
use crate::keep::atomic_dir::create;
use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Where they lie in a copy.
pub const DEBS: &str = "debs";
/// Where apt keeps what it has downloaded.
const ARCHIVES: &str = "/var/cache/apt/archives";

/// `NAME_VERSION_ARCH.deb` as apt spells it (`pkgAcqArchive`, `QuoteString(…, "_:")`).
pub fn file_name(known: &Known) -> String {
    let quoted = |text: &str| text.replace('%', "%25").replace('_', "%5f").replace(':', "%3a");
    format!("{}_{}_{}.deb", quoted(&known.name), quoted(&known.version), quoted(&known.arch))
}

/// apt's own copy of a package, when it has one.
pub fn cached(system: &System, known: &Known) -> Option<PathBuf> {
    let path = system.at(ARCHIVES).join(file_name(known));
    fs::symlink_metadata(&path).ok().filter(fs::Metadata::is_file).map(|_| path)
}

/// What became of each package, in the order asked for.
pub type Got = Vec<Result<Deb, String>>;

/// Gets every package into `debs/` of the copy. An error means that the copy cannot be written.
pub fn collect(
    order: &Order<'_>,
    system: &System,
    wanted: &[&Known],
    copy: &Path,
    until: Instant,
) -> io::Result<Got> {
    let debs = copy.join(DEBS);
    DirBuilder::new().mode(0o700).create(&debs)?;
    let mut got: Got = Vec::new();
    for known in wanted {
        got.push(match cached(system, known) {
            Some(path) => from_cache(order.tools, &path, known, &debs, until)?,
            None => Err("apt does not have it in its cache".to_owned()),
        });
    }
    let scratch = copy.join("scratch");
    DirBuilder::new().mode(0o700).create(&scratch)?;
    let missing = |got: &Got| -> Vec<usize> { (0..wanted.len()).filter(|i| got[*i].is_err()).collect() };
    let lost = missing(&got);
    let all: Vec<&Known> = lost.iter().filter_map(|i| wanted.get(*i).copied()).collect();
    if !all.is_empty() {
        let mut why = download(order, &all, &scratch, until).err();
        // One that no mirror has any more keeps apt from fetching the others.
        for (i, known) in lost.iter().zip(&all) {
            let mut path = scratch.join(file_name(known));
            if !path.exists() && all.len() > 1 {
                why = download(order, &[known], &scratch, until).err();
            }
            if !path.exists() {
                path = arrived(&scratch, known).unwrap_or(path);
            }
            let Some(slot) = got.get_mut(*i) else { continue };
            let before = slot.as_ref().err().cloned().filter(|why| !why.starts_with("apt does not"));
            *slot = if path.exists() {
                keep(order.tools, &path, known, From::Download, &debs, until)?
            } else {
                let why = why.clone().unwrap_or_else(|| "the download left no file".to_owned());
                Err(before.map_or_else(|| why.clone(), |before| format!("{before}; {why}")))
            };
        }
    }
    if order.repack {
        for i in missing(&got) {
            let (Some(known), Some(slot)) = (wanted.get(i), got.get_mut(i)) else { continue };
            match repack(order, known, &scratch, until) {
                Ok(path) => *slot = keep(order.tools, &path, known, From::Repack, &debs, until)?,
                Err(why) => {
                    let before = slot.as_ref().err().cloned().unwrap_or_default();
                    *slot = Err(format!("{before}; {why}"));
                }
            }
        }
    }
    fs::remove_dir_all(&scratch)?;
    Ok(got)
}

fn from_cache(
    tools: &Tools,
    path: &Path,
    known: &Known,
    debs: &Path,
    until: Instant,
) -> io::Result<Result<Deb, String>> {
    let from = match File::open(path) {
        Ok(from) => from,
        Err(e) => return Ok(Err(format!("{}: {e}", path.display()))),
    };
    let place = debs.join(file_name(known));
    let mut to = create(&place)?;
    let done = copy(&from, &mut to)?;
    to.sync_all()?;
    let found = match done {
        Ok((bytes, sha256)) => check(tools, &place, known, until)
            .map(|()| deb(known, bytes, sha256, From::Cache))
            .map_err(|why| format!("the file in apt's cache is not it: {why}")),
        Err(e) => Err(format!("{}: {e}", path.display())),
    };
    if found.is_err() {
        fs::remove_file(&place)?;
    }
    Ok(found)
}

/// Moves a file that was made for this copy into its place.
fn keep(
    tools: &Tools,
    path: &Path,
    known: &Known,
    from: From,
    debs: &Path,
    until: Instant,
) -> io::Result<Result<Deb, String>> {
    if let Err(why) = check(tools, path, known, until) {
        return Ok(Err(why));
    }
    let place = debs.join(file_name(known));
    fs::rename(path, &place)?;
    fs::set_permissions(&place, fs::Permissions::from_mode(0o600))?;
    let file = File::open(&place)?;
    file.sync_all()?;
    let (bytes, sha256) = crate::keep::stored::digest(&place)?;
    Ok(Ok(deb(known, bytes, sha256, from)))
}

fn deb(known: &Known, bytes: u64, sha256: String, from: From) -> Deb {
    Deb { file: format!("{DEBS}/{}", file_name(known)), bytes, sha256, from }
}

/// Reads a package through: its control fields are those of the package that goes, and its contents unpack to the end.
pub fn check(tools: &Tools, path: &Path, known: &Known, until: Instant) -> Result<(), String> {
    let world = crate::world::World::default();
    let mut fields = child::tool(&tools.dpkg_deb, &world);
    fields.arg("-f").arg(path).args(["Package", "Version", "Architecture"]);
    let (ended, text) = child::output(fields, until)?;
    if !ended.ok {
        return Err(ended.why());
    }
    let of = |name: &str| {
        text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).unwrap_or_default().trim()
    };
    let is = (of("Package"), of("Version"), of("Architecture"));
    if is != (known.name.as_str(), known.version.as_str(), known.arch.as_str()) {
        return Err(format!("it is {} {} ({})", is.0, is.1, is.2));
    }
    let mut contents = child::tool(&tools.dpkg_deb, &world);
    contents.arg("--fsys-tarfile").arg(path);
    let mut bytes = 0_u64;
    let ended = child::run(contents, Out::To(&mut |some| bytes += some.len() as u64), until)?;
    // Two empty blocks end every archive (tar(5)).
    match (ended.ok, bytes >= 1024) {
        (true, true) => Ok(()),
        (true, false) => Err("it is empty".to_owned()),
        (false, _) => Err(ended.why()),
    }
}

/// `apt-get download P:ARCH=VERSION…`.
fn download(order: &Order<'_>, all: &[&Known], into: &Path, until: Instant) -> Result<(), String> {
    let mut get = child::tool(&order.tools.apt_get, order.world);
    get.current_dir(into);
    if order.root != Path::new("/") {
        get.arg("-o").arg(format!("RootDir={}", order.root.display()));
    }
    // Nobody but root may look into the directory, so root has to write; and a mirror that is down must not hold
    // things up until the deadline.
    for option in [
        "APT::Sandbox::User=root",
        "Acquire::Retries=1",
        "Acquire::http::Timeout=10",
        "Acquire::https::Timeout=10",
    ] {
        get.args(["-o", option]);
    }
    get.args(["-q", "download", "--"]);
    get.args(all.iter().map(|k| match k.arch.as_str() {
        "all" => format!("{}={}", k.name, k.version),
        arch => format!("{}:{arch}={}", k.name, k.version),
    }));
    let (ended, _) = child::output(get, until)?;
    if ended.ok { Ok(()) } else { Err(ended.why()) }
}

/// dpkg-repack spells names its own way.
fn arrived(dir: &Path, known: &Known) -> Option<PathBuf> {
    let begin = format!("{}_", known.name);
    let mut files = fs::read_dir(dir).ok()?.flatten().filter(|e| {
        let name = e.file_name().to_string_lossy().into_owned();
        name.starts_with(&begin) && name.ends_with(".deb")
    });
    files.next().map(|e| e.path())
}

fn repack(order: &Order<'_>, known: &Known, into: &Path, until: Instant) -> Result<PathBuf, String> {
    let Some(program) = &order.tools.dpkg_repack else {
        return Err("dpkg-repack is not installed".to_owned());
    };
    if order.root != Path::new("/") {
        return Err("dpkg-repack is not used on another system".to_owned());
    }
    let mut repack = child::tool(program, order.world);
    repack.current_dir(into).arg(format!("{}:{}", known.name, known.arch));
    if known.arch == "all" {
        repack = child::tool(program, order.world);
        repack.current_dir(into).arg(&known.name);
    }
    let (ended, _) = child::output(repack, until)?;
    if !ended.ok {
        return Err(format!("dpkg-repack: {}", ended.why()));
    }
    arrived(into, known).ok_or_else(|| "dpkg-repack left no file".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelt_as_apt_spells_them() {
        let known = Known {
            name: "libc6".into(),
            version: "1:2.36-9+deb12u1".into(),
            arch: "amd64".into(),
            ..Known::default()
        };
        assert_eq!(file_name(&known), "libc6_1%3a2.36-9+deb12u1_amd64.deb");
    }
}
