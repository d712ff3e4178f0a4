//! A copy on its way: written beside its place, for its owner alone, and moved into it when it is whole.

use serde::Serialize;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// What is known about a copy besides its contents.
pub const MANIFEST: &str = "manifest.json";
/// What a copy being written is called until it is whole.
const PARTIAL: &str = ".partial-";

/// A directory being filled. Dropped before [`Partial::finish`] it leaves nothing behind.
#[derive(Debug)]
pub struct Partial {
    root: PathBuf,
    id: String,
    path: PathBuf,
}

impl Partial {
    /// Starts a copy below `root`.
    pub fn begin(root: &Path, id: &str) -> io::Result<Partial> {
        prepare(root)?;
        // Whatever cannot be swept is in nobody's way.
        let _ = sweep(root);
        let path = root.join(format!("{PARTIAL}{id}"));
        DirBuilder::new().mode(0o700).create(&path)?;
        Ok(Partial { root: root.to_owned(), id: id.to_owned(), path })
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

/// Deletes what interrupted runs left behind. A copy being written is touched all the time; what has not been touched
/// for a day is dead.
pub fn sweep(root: &Path) -> io::Result<()> {
    let dead = |path: &Path| {
        let age = newest(path).ok().and_then(|at| at.elapsed().ok());
        age.is_some_and(|age| age.as_secs() > 24 * 3600)
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
