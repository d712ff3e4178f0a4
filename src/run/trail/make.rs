//! Making the directory, clearing it of terminals that are gone, taking it away.

use super::place::{BELOW, VARIABLE};
use super::terminal::{OLD, Terminal};
use crate::world::World;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Where it is, or would be; `None` where the session has no directory of its own.
pub fn directory(world: &World) -> Option<PathBuf> {
    let runtime = PathBuf::from(world.set_var(VARIABLE)?);
    runtime.is_absolute().then(|| runtime.join(BELOW))
}

/// Makes it, with a key, when the session has a directory that is this user's own. Does nothing where it is there.
///
/// # Errors
/// It cannot be made.
pub fn make(world: &World) -> io::Result<()> {
    let Some(dir) = directory(world) else { return Ok(()) };
    let Some(runtime) = dir.ancestors().nth(2).filter(|runtime| is_own(runtime)) else { return Ok(()) };
    for part in [runtime.join("guard"), dir.clone()] {
        match DirBuilder::new().mode(0o700).create(&part) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
            _ if is_own(&part) => {}
            _ => return Err(io::Error::from(io::ErrorKind::PermissionDenied)),
        }
    }
    let key = dir.join("key");
    if is_key(&key) {
        return Ok(());
    }
    let mut random = [0; 16];
    fs::File::open("/dev/urandom")?.read_exact(&mut random)?;
    // Two shells that start at once: one key is moved into its place, and a key that is there stays.
    let new = dir.join(format!("key.{}", std::process::id()));
    let made = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new);
    let made = made.and_then(|mut file| file.write_all(&random)).and_then(|()| {
        match fs::hard_link(&new, &key) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists && is_key(&key) => Ok(()),
            // Something else stands there, or half a key.
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => fs::rename(&new, &key),
            other => other,
        }
    });
    let _ = fs::remove_file(&new);
    made
}

fn is_key(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|key| key.is_file() && key.len() == 16)
}

fn is_own(path: &Path) -> bool {
    let own = rustix::process::geteuid().as_raw();
    fs::symlink_metadata(path)
        .is_ok_and(|meta| meta.is_dir() && meta.uid() == own && meta.mode() & 0o077 == 0)
}

/// The terminal whose file has this name, or its older file.
fn terminal(name: &str) -> Option<Terminal> {
    Terminal::named(name.strip_suffix(OLD).unwrap_or(name))
}

/// Takes away the files of terminals that are gone.
pub fn clear(world: &World) {
    for (path, name) in files(world) {
        if terminal(&name).is_some_and(|terminal| !terminal.is_there()) {
            let _ = fs::remove_file(path);
        }
    }
}

/// Takes away everything of the memory, and the directory. What guard did not put there stays, and with it the directory.
pub fn remove(world: &World) {
    let Some(dir) = directory(world).filter(|dir| is_own(dir)) else { return };
    for (path, name) in files(world) {
        let own = matches!(name.as_str(), "key" | "names" | "names.new") || name.starts_with("key.");
        if own || terminal(&name).is_some() {
            let _ = fs::remove_file(path);
        }
    }
    let _ = fs::remove_dir(&dir);
    let _ = dir.parent().map(fs::remove_dir);
}

/// How many terminals there is a memory of.
pub fn count(world: &World) -> usize {
    files(world).iter().filter(|(_, name)| Terminal::named(name).is_some()).count()
}

fn files(world: &World) -> Vec<(PathBuf, String)> {
    let entries = directory(world).filter(|dir| is_own(dir)).and_then(|dir| fs::read_dir(dir).ok());
    let named = |entry: io::Result<fs::DirEntry>| {
        let entry = entry.ok()?;
        Some((entry.path(), entry.file_name().into_string().ok()?))
    };
    entries.into_iter().flatten().filter_map(named).collect()
}
