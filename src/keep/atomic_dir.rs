//! A copy on its way: written beside its place, for its owner alone, and moved into it when it is whole.

use rustix::fs::FlockOperation;
use serde::Serialize;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// What is known about a copy besides its contents.
pub const MANIFEST: &str = "manifest.json";
/// So long after its last change a copy nobody holds is taken for a dead one, in seconds.
const SETTLED_S: u64 = 60;
/// What a copy being written is called until it is whole.
const PARTIAL: &str = ".partial-";

/// A directory being filled. Dropped before [`Partial::finish`] it leaves nothing behind.
#[derive(Debug)]
pub struct Partial {
    root: PathBuf,
    id: String,
    path: PathBuf,
    /// Locked as long as this process lives: what is not locked, nobody writes any more.
    _alive: File,
}

impl Partial {
    /// Starts a copy below `root`.
    pub fn begin(root: &Path, id: &str) -> io::Result<Partial> {
        prepare(root)?;
        // Whatever cannot be swept is in nobody's way.
        let _ = sweep(root);
        let path = root.join(format!("{PARTIAL}{id}"));
        DirBuilder::new().mode(0o700).create(&path)?;
        let alive = File::open(&path)?;
        rustix::fs::flock(&alive, FlockOperation::NonBlockingLockShared)?;
        Ok(Partial { root: root.to_owned(), id: id.to_owned(), path, _alive: alive })
    }

    /// Where it is being written.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A new file in it.
    pub fn create(&self, name: impl AsRef<Path>) -> io::Result<File> {
        create(&self.path.join(name))
    }

    /// Writes the manifest and everything else out, lets `whole` read it back, and moves the copy into its place.
    pub fn finish(
        mut self,
        manifest: &impl Serialize,
        whole: impl FnOnce(&Path) -> io::Result<()>,
    ) -> io::Result<PathBuf> {
        let mut about = self.create(MANIFEST)?;
        serde_json::to_writer_pretty(&mut about, manifest)?;
        about.write_all(b"\n")?;
        about.sync_all()?;
        File::open(&self.path)?.sync_all()?;
        whole(&self.path)?;
        let place = self.root.join(&self.id);
        fs::rename(&self.path, &place)?;
        File::open(&self.root)?.sync_all()?;
        self.path = PathBuf::new();
        Ok(place)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            // Whatever is left of it is of no use, and nothing else can be done about it here.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

/// Why no copy could be written below `root`, as far as that can be told without writing anything.
pub fn unwritable(root: &Path) -> Option<String> {
    let Some(place) = root.ancestors().find(|p| p.exists()) else {
        return Some(format!("{} cannot be made", root.display()));
    };
    if !place.is_dir() {
        return Some(format!("{} is no directory", place.display()));
    }
    let access = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
    if let Err(e) = rustix::fs::access(place, access) {
        return Some(format!("{}: {}", place.display(), io::Error::from(e)));
    }
    let full =
        rustix::fs::statvfs(place).is_ok_and(|fs| fs.f_bavail == 0 || (fs.f_files > 0 && fs.f_favail == 0));
    full.then(|| format!("{}: no space is left", place.display()))
}

/// Makes the directory of all copies, for its owner alone.
fn prepare(root: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(root)?;
    let meta = fs::symlink_metadata(root)?;
    let own = rustix::process::geteuid().as_raw();
    if !meta.is_dir() || meta.uid() != own {
        return Err(io::Error::other(format!("{} is not a directory of user {own}", root.display())));
    }
    if meta.mode() & 0o077 != 0 {
        fs::set_permissions(root, fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// A new file that only its owner can read.
pub fn create(path: &Path) -> io::Result<File> {
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)
}

/// The names of the copies that are whole, oldest first. No directory is no copies.
pub fn names(root: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(root) {
        Ok(entries) => entries,
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(e) => return Err(e),
    };
    let mut all = Vec::new();
    for entry in entries {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            all.push(name);
        }
    }
    all.sort();
    Ok(all)
}

/// Deletes what interrupted runs left behind: Secrets may be in it. Whoever writes a copy holds a lock on it, which the
/// kernel takes back however a process ends. Guard 0.1 held none; what was touched a moment ago may be one of its.
pub fn sweep(root: &Path) -> io::Result<()> {
    let unlocked = |path: &Path| {
        File::open(path)
            .is_ok_and(|dir| rustix::fs::flock(&dir, FlockOperation::NonBlockingLockExclusive).is_ok())
    };
    let dead = |path: &Path| {
        let age = newest(path).ok().and_then(|at| at.elapsed().ok());
        unlocked(path) && age.is_some_and(|age| age.as_secs() > SETTLED_S)
    };
    for entry in fs::read_dir(root)? {
        let entry = entry?;
        let partial = entry.file_name().to_string_lossy().starts_with(PARTIAL);
        if partial && dead(&entry.path()) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// When a directory, or something right inside it, was written last: a dump of hours touches its file alone.
fn newest(dir: &Path) -> io::Result<std::time::SystemTime> {
    let mut newest = fs::symlink_metadata(dir)?.modified()?;
    for entry in fs::read_dir(dir)? {
        let meta = entry?.metadata()?;
        newest = newest.max(meta.modified()?);
    }
    Ok(newest)
}

/// Deletes one copy.
pub fn delete(root: &Path, id: &str) -> io::Result<()> {
    // Out of sight first, so that half a copy is never taken for one.
    let gone = root.join(format!("{PARTIAL}{id}"));
    fs::rename(root.join(id), &gone)?;
    fs::remove_dir_all(gone)
}

/// Bytes as lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
