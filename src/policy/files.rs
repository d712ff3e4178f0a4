//! Which files are policy, and who may have written them. Owner and mode are checked on the open file, so that nothing
//! can be swapped between the check and the read.

use crate::engine::escape::escape;
use crate::engine::policy::{BELOW_CONFIG, CONFIG_HOME, Layer, PROJECT, SYSTEM};
use crate::exit::Exit;
use crate::fail::{Fail, Result};
use crate::world::World;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
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

/// The text of a policy file, `None` when there is none.
pub fn open(world: &World, layer: Layer, path: &Path) -> Result<Option<String>> {
    let fail = |what: &str| Fail::new(Exit::Policy, format!("the policy file {} {what}", shown(path)));
    // A pipe in place of the file must not hang the command.
    let mut options = File::options();
    options.read(true).custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC | libc::O_NOCTTY);
    let file = match options.open(path) {
        Ok(file) => file,
        Err(e)
            if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) && !path.is_symlink() =>
        {
            return Ok(None);
        }
        Err(e) => return Err(fail("cannot be read").because(e.to_string())),
    };
    let unreadable = |e: std::io::Error| fail("cannot be read").because(e.to_string());
    let meta = file.metadata().map_err(unreadable)?;
    if !meta.is_file() {
        return Err(fail("is no regular file"));
    }
    if layer == Layer::System {
        let owners = trusted_owners(world);
        trusted(&meta, &owners).map_err(|why| unsafe_file(path, why))?;
        if let Some(dir) = path.parent() {
            let meta = File::open(dir).and_then(|d| d.metadata()).map_err(unreadable)?;
            trusted(&meta, &owners).map_err(|why| unsafe_file(dir, why))?;
        }
    } else if meta.mode() & 0o002 != 0 {
        return Err(unsafe_file(path, "anybody can write to it".to_owned()));
    }
    let mut text = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut text).map_err(unreadable)?;
    if text.len() as u64 > LARGEST {
        return Err(fail("is too large").because(format!("more than {} KiB", LARGEST >> 10)));
    }
    String::from_utf8(text).map(Some).map_err(|e| {
        fail("is not UTF-8").because(format!("the byte at offset {} is none", e.utf8_error().valid_up_to()))
    })
}

/// Root; below a test's root also whoever runs the test.
fn trusted_owners(world: &World) -> Vec<u32> {
    let mut owners = vec![0];
    if world.is_made_up() {
        owners.push(rustix::process::geteuid().as_raw());
    }
    owners
}

fn trusted(meta: &std::fs::Metadata, owners: &[u32]) -> std::result::Result<(), String> {
    if !owners.contains(&meta.uid()) {
        return Err(format!("it belongs to user {}, not to root", meta.uid()));
    }
    if meta.mode() & 0o022 != 0 {
        return Err(format!("others than its owner can write to it (mode {:o})", meta.mode() & 0o7777));
    }
    Ok(())
}

fn unsafe_file(path: &Path, why: String) -> Fail {
    let shown = shown(path);
    Fail::new(Exit::Policy, format!("{shown} cannot be trusted as policy"))
        .because(why)
        .help(format!("chmod go-w {shown}, and chown it to whom it belongs"))
}
