//! The directory of all copies: one directory each, with `manifest.json` in it. What else lies there belongs to the kind of
//! copy: [`crate::family::kube::keep::objects`], [`crate::family::packages::keep`].

use super::head::Kept;
use crate::keep::atomic_dir::{MANIFEST, names};
pub use crate::keep::atomic_dir::{delete, sweep, unwritable};
use std::fs;
use std::io;
use std::path::Path;

/// A copy, or what is wrong with its directory.
pub type Entry = (String, io::Result<Kept>);

/// Every copy, oldest first. No directory is no copies.
pub fn list(root: &Path) -> io::Result<Vec<Entry>> {
    Ok(names(root)?.into_iter().map(|name| (name.clone(), read(&root.join(name)))).collect())
}

/// What one copy says of itself.
pub fn read(dir: &Path) -> io::Result<Kept> {
    Kept::of(&fs::read(dir.join(MANIFEST))?)
}
