//! Small notes guard keeps for itself between two calls: a version, an account, where a kubectl goes.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;

/// Writes a note beside its place and moves it there, so that nobody ever reads half of one. It is the caller's alone to
/// read; its directory is made where there is none.
pub fn write(place: &Path, text: &[u8]) -> io::Result<()> {
    let dir = place.parent().unwrap_or(Path::new("/"));
    DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let new = dir.join(format!(".{name}-{}", std::process::id()));
    // What an earlier process with this number left.
    let _ = fs::remove_file(&new);
    let written = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&new)
        .and_then(|mut file| file.write_all(text))
        .and_then(|()| fs::rename(&new, place));
    if written.is_err() {
        let _ = fs::remove_file(&new);
    }
    written
}
