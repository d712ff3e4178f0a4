//! Small files of the system, read without ever waiting: nothing but regular files, and only so much of them.

use std::fs::{File, Metadata, OpenOptions};
use std::io::Read;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// What a file holds, and what the open file itself says of its owner and mode.
pub struct Text {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Of the file that was read, whatever its name points to by now.
    pub meta: Metadata,
}

/// Reads a regular file of at most `largest` bytes. `Ok(None)`: there is none. A larger one, a pipe and a directory are
/// errors, in words.
pub fn file(path: &Path, largest: u64) -> Result<Option<Text>, String> {
    let (open, meta) = match open(path) {
        Ok(pair) => pair,
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(e) => return Err(e.to_string()),
    };
    if !meta.is_file() {
        return Err("not a regular file".to_owned());
    }
    let bytes = bytes(&open, largest.saturating_add(1))?;
    if bytes.len() as u64 > largest {
        return Err(format!("larger than {largest} bytes"));
    }
    Ok(Some(Text { bytes, meta }))
}

/// The first line of a small file, without space around it; `None` when there is none or it is empty.
pub fn line(path: &Path) -> Option<String> {
    let text = file(path, 4096).ok()??;
    let text = String::from_utf8_lossy(&text.bytes);
    let line = text.lines().next().unwrap_or_default().trim();
    (!line.is_empty()).then(|| line.to_owned())
}

/// The start of a file below `/proc`, whose length nobody knows before it has been read.
pub fn start(path: &Path, largest: u64) -> Option<Vec<u8>> {
    let (open, meta) = open(path).ok()?;
    if !meta.is_file() {
        return None;
    }
    bytes(&open, largest).ok()
}

fn open(path: &Path) -> std::io::Result<(File, Metadata)> {
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK | libc::O_NOCTTY).open(path)?;
    let meta = file.metadata()?;
    Ok((file, meta))
}

fn bytes(file: &File, largest: u64) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    file.take(largest).read_to_end(&mut bytes).map_err(|e| e.to_string())?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn only_regular_files_of_a_sane_size() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        assert!(file(&path, 4).unwrap().is_none());
        fs::write(&path, "abcd").unwrap();
        assert_eq!(file(&path, 4).unwrap().unwrap().bytes, b"abcd");
        assert!(file(&path, 3).is_err());
        assert!(file(dir.path(), 10).is_err());
        assert!(file(&path.join("below"), 10).unwrap().is_none());
        assert_eq!(start(&path, 2).unwrap(), b"ab");
        let pipe = dir.path().join("pipe");
        rustix::fs::mknodat(
            rustix::fs::CWD,
            &pipe,
            rustix::fs::FileType::Fifo,
            rustix::fs::Mode::from_raw_mode(0o600),
            0,
        )
        .unwrap();
        // Nobody writes into it: a reader that waited would never come back.
        assert!(file(&pipe, 10).is_err());
        assert!(start(&pipe, 10).is_none());
    }

    #[test]
    fn the_first_line_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("f");
        fs::write(&path, " db1 \nsecond\n").unwrap();
        assert_eq!(line(&path).as_deref(), Some("db1"));
        fs::write(&path, "\n").unwrap();
        assert_eq!(line(&path), None);
    }
}
