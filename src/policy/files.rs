//! Which files are policy, and who may have written them: the system's file root alone, the user's file the user and
//! root, a project's file also whoever owns its directory.

use crate::engine::escape::escape;
use crate::engine::policy::{BELOW_CONFIG, CONFIG_HOME, Layer, PROJECT, SYSTEM};
use crate::fail::{Fail, Kind, Result};
use crate::run::trust::{self, Asked, Refused};
use crate::world::World;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// A policy is something people read; a larger file is a mistake.
const LARGEST: u64 = 256 << 10;

/// A path as it is shown.
pub fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_bytes())
}

/// The user's file, wherever the environment puts it.
pub fn user_path(world: &World) -> Option<PathBuf> {
    // The XDG base directory specification: relative paths in the variable are to be ignored.
    let config = world.set_var("XDG_CONFIG_HOME").map(PathBuf::from).filter(|p| p.is_absolute());
    let config = config.or_else(|| world.home().map(|h| h.join(CONFIG_HOME)))?;
    Some(config.join(BELOW_CONFIG))
}

/// Every place a policy file may be at, strongest layer first. Projects are looked for from the working directory
/// upwards to the root of the repository, or the home directory.
pub fn candidates(world: &World) -> Vec<(Layer, PathBuf)> {
    let mut all = vec![(Layer::System, world.absolute(SYSTEM))];
    let home = world.home();
    for dir in world.cwd().ancestors().filter(|d| !d.as_os_str().is_empty()) {
        all.push((Layer::Project, dir.join(PROJECT)));
        if home.as_deref() == Some(dir) || dir.join(".git").exists() {
            break;
        }
    }
    all.extend(user_path(world).map(|p| (Layer::User, p)));
    all
}

/// Whether any policy file exists; a path that cannot be looked at counts as one.
pub fn exists(world: &World) -> bool {
    candidates(world).iter().any(|(_, path)| match path.symlink_metadata() {
        Ok(_) => true,
        Err(e) => !matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory),
    })
}

/// What stands at a place where a policy may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// Nothing.
    Nothing,
    /// A policy.
    Text(String),
    /// A file that anybody may have put there, and why it does not count.
    Ignored(String),
}

/// The text of a policy file that may be believed.
pub fn open(world: &World, layer: Layer, path: &Path) -> Result<Found> {
    let fail = |what: &str| Fail::new(Kind::Policy, format!("the policy file {} {what}", shown(path)));
    let unreadable = |e: std::io::Error| fail("cannot be read").because(e.to_string());
    let opened = match layer {
        Layer::Project => project(path),
        _ => {
            let home = world.home();
            let root = world.is_made_up().then(|| world.absolute("/"));
            let top = if layer == Layer::System { root } else { home };
            let owners = owners(world, layer);
            let asked = Asked { owners: &owners, own_group: layer != Layer::System, top: top.as_deref() };
            trust::open(path, &asked).map(Ok)
        }
    };
    let file = match opened {
        Ok(Ok(file)) => file,
        Ok(Err(why)) => return Ok(Found::Ignored(why)),
        Err(Refused::Unreadable(e)) => {
            let absent = matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory);
            if absent && !path.is_symlink() {
                return Ok(Found::Nothing);
            }
            // A directory is no policy, whatever it is to the kernel.
            if e.raw_os_error() == Some(libc::EISDIR) {
                return Err(fail("is no regular file"));
            }
            return Err(unreadable(e));
        }
        Err(Refused::Unsafe { path, why }) => return Err(unsafe_file(&path, why, layer)),
    };
    let meta = file.metadata().map_err(unreadable)?;
    if !meta.is_file() {
        return Err(fail("is no regular file"));
    }
    let mut text = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut text).map_err(unreadable)?;
    if text.len() as u64 > LARGEST {
        return Err(fail("is too large").because(format!("more than {} KiB", LARGEST >> 10)));
    }
    String::from_utf8(text).map(Found::Text).map_err(|e| {
        fail("is not UTF-8").because(format!("the byte at offset {} is none", e.utf8_error().valid_up_to()))
    })
}

/// A project's file can only tighten, so it may also come from whoever owns the directory it lies in. In a directory
/// where anybody can put files it is nobody's, and does not count.
fn project(path: &Path) -> std::result::Result<std::result::Result<File, String>, Refused> {
    let at = path.parent().unwrap_or(Path::new("/"));
    let file = trust::open_plain(path)?;
    let dir = std::fs::metadata(at)?;
    let mode = dir.mode() & 0o7777;
    if mode & 0o1002 != 0 {
        return Ok(Err(format!("anybody can put files into {} (mode {mode:o})", shown(at))));
    }
    let owners = [rustix::process::geteuid().as_raw(), 0, dir.uid()];
    let asked = Asked { owners: &owners, own_group: true, top: None };
    let refused = |path: &Path| {
        let path = path.to_owned();
        move |why| Refused::Unsafe { path, why }
    };
    trust::writers(&dir, &asked).map_err(refused(at))?;
    trust::writers(&file.metadata()?, &asked).map_err(refused(path))?;
    Ok(Ok(file))
}

/// Who may have written a layer's file: root takes nobody's but its own. Below a test's root whoever runs the test
/// stands for root.
fn owners(world: &World, layer: Layer) -> Vec<u32> {
    let mut owners = vec![0];
    let caller = rustix::process::geteuid().as_raw();
    if caller != 0 && (layer != Layer::System || world.is_made_up()) {
        owners.push(caller);
    }
    owners
}

fn unsafe_file(path: &Path, why: String, layer: Layer) -> Fail {
    let shown = shown(path);
    let root = layer == Layer::User && rustix::process::geteuid().is_root();
    let help = match root {
        true => format!(
            "for root it has to be root's alone: put the policy into {SYSTEM}, or chown root {shown} and chmod go-w it"
        ),
        false => format!("chmod go-w {shown}, and chown it to whom it belongs"),
    };
    Fail::new(Kind::Policy, format!("{shown} cannot be trusted as policy, or to hold one"))
        .because(why)
        .help(help)
}
