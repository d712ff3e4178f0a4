//! The documents that a command's values name (`awscli/paramfile.py`), read as the CLI reads them: the same expansion,
//! the same decoding. Only regular files: what can be read once belongs to the CLI.

use super::paths;
use crate::engine::aws::documents::{Documents, PLAIN};
use crate::engine::fact::Why;
use crate::world::World;
use sha2::{Digest as _, Sha256};
use std::ffi::OsStr;
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Component, Path, PathBuf};

/// More than any request may have.
const LARGEST: u64 = 64 << 20;

/// Where other people's descriptors stand as files.
const SPECIAL: [&str; 2] = ["/dev", "/proc"];

/// Reads what these URIs name, each as it is written in the words.
pub fn documents(world: &World, wanted: &[String]) -> Documents {
    let mut out = Documents::none();
    for uri in wanted {
        let content = if let Some(path) = uri.strip_prefix("file://") {
            read(world, path).and_then(|bytes| text(world, bytes))
        } else if let Some(path) = uri.strip_prefix("fileb://") {
            read(world, path)
        } else if let Some(path) = uri.strip_prefix(PLAIN) {
            read_at(&world.at(Path::new(path))).and_then(|bytes| text(world, bytes))
        } else {
            // Version 1 fetches `http://` and `https://`; what it would get nobody can know beforehand.
            Err(Why::Unsupported)
        };
        out.insert(uri.as_str(), content);
    }
    out
}

/// SHA-256 over everything that was read, to be compared before the exec.
pub fn documents_digest(documents: &Documents) -> [u8; 32] {
    let mut sum = Sha256::new();
    let mut take = |part: &[u8]| {
        sum.update((part.len() as u64).to_le_bytes());
        sum.update(part);
    };
    for (uri, content) in documents.iter() {
        take(uri.as_bytes());
        match content {
            Ok(bytes) => {
                take(b"read");
                take(bytes);
            }
            Err(why) => take(why.to_string().as_bytes()),
        }
    }
    sum.finalize().into()
}

fn read(world: &World, path: &str) -> Result<Vec<u8>, Why> {
    // Here the home directory is expanded first, then variables.
    let path = paths::expand_vars(world, &paths::expand_user(world, OsStr::new(path)));
    read_at(&world.at(Path::new(&path)))
}

fn read_at(path: &Path) -> Result<Vec<u8>, Why> {
    if is_special(path) {
        return Err(Why::Unsupported);
    }
    let failed = |e: std::io::Error| match e.kind() {
        ErrorKind::NotFound => Why::Failed("no such file".into()),
        ErrorKind::PermissionDenied => Why::Failed("the file may not be read".into()),
        _ => Why::Failed(e.to_string()),
    };
    // Looked at before it is opened: opening a device may do something.
    let fits = |meta: std::fs::Metadata| match meta.file_type() {
        kind if kind.is_file() => Ok(()),
        kind if kind.is_dir() => Err(Why::Failed("it is a directory".into())),
        _ => Err(Why::Unsupported),
    };
    std::fs::metadata(path).map_err(failed).and_then(fits)?;
    let file = std::fs::OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC | libc::O_NOCTTY)
        .open(path)
        .map_err(failed)?;
    file.metadata().map_err(failed).and_then(fits)?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LARGEST {
        return Err(Why::Failed(format!("it is larger than {} MiB", LARGEST >> 20)));
    }
    Ok(bytes)
}

/// `/dev/stdin`, `/proc/self/fd/3`, however they are written.
fn is_special(path: &Path) -> bool {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                plain.pop();
            }
            Component::CurDir => {}
            other => plain.push(other),
        }
    }
    SPECIAL.iter().any(|dir| plain.starts_with(dir))
}

/// Python's text mode: decoded, every line end a newline.
fn text(world: &World, bytes: Vec<u8>) -> Result<Vec<u8>, Why> {
    // Only version 2 reads it; the version is not known yet when documents are read.
    let encoding = world.set_var("AWS_CLI_FILE_ENCODING");
    let is_utf8 = |e: &OsStr| {
        e.to_str().is_some_and(|e| matches!(e.to_ascii_lowercase().as_str(), "utf-8" | "utf8" | "utf_8"))
    };
    if encoding.is_some_and(|e| !is_utf8(e)) {
        return Err(Why::Unsupported);
    }
    let text = String::from_utf8(bytes).map_err(|_| Why::Failed("it is not UTF-8 text".into()))?;
    if !text.contains('\r') {
        return Ok(text.into_bytes());
    }
    Ok(text.replace("\r\n", "\n").replace('\r', "\n").into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    struct Place(tempfile::TempDir, World);

    impl Place {
        fn new() -> Place {
            let dir = tempfile::tempdir().unwrap();
            let home = dir.path().to_str().unwrap().to_owned();
            let world = World::of(&[("HOME", &home), ("NAME", "in")], dir.path());
            Place(dir, world)
        }

        fn put(&self, name: &str, bytes: &[u8]) {
            std::fs::write(self.0.path().join(name), bytes).unwrap();
        }

        fn get(&self, uri: &str) -> Result<Vec<u8>, Why> {
            documents(&self.1, &[uri.to_owned()]).get(uri).unwrap().clone()
        }
    }

    #[test]
    fn files_are_found_as_the_cli_finds_them() {
        let place = Place::new();
        place.put("in.json", b"{}");
        let here = place.0.path().display();
        for uri in ["file://in.json", "file://~/in.json", "file://$NAME.json", "file://${NAME}.json"] {
            assert_eq!(place.get(uri), Ok(b"{}".to_vec()), "{uri}");
        }
        assert_eq!(place.get(&format!("fileb://{here}/./in.json")), Ok(b"{}".to_vec()));
        assert_eq!(place.get("file://absent"), Err(Why::Failed("no such file".into())));
        assert_eq!(place.get("file://$ABSENT"), Err(Why::Failed("no such file".into())));
        assert_eq!(place.get("file://~"), Err(Why::Failed("it is a directory".into())));
    }

    #[test]
    fn text_is_decoded_and_bytes_are_not() {
        let place = Place::new();
        place.put("crlf", b"a\r\nb\rc\n");
        assert_eq!(place.get("file://crlf"), Ok(b"a\nb\nc\n".to_vec()));
        assert_eq!(place.get("fileb://crlf"), Ok(b"a\r\nb\rc\n".to_vec()));
        place.put("latin", b"\xe4");
        assert!(matches!(place.get("file://latin"), Err(Why::Failed(_))));
        assert_eq!(place.get("fileb://latin"), Ok(b"\xe4".to_vec()));
        let world = World::of(&[("AWS_CLI_FILE_ENCODING", "latin-1")], place.0.path());
        let uri = "file://crlf".to_owned();
        let read = documents(&world, std::slice::from_ref(&uri));
        assert_eq!(read.get(&uri), Some(&Err(Why::Unsupported)));
    }

    #[test]
    fn what_can_be_read_once_is_left_to_the_cli() {
        let place = Place::new();
        let fifo = place.0.path().join("fifo");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
        assert!(made.success());
        symlink(&fifo, place.0.path().join("link")).unwrap();
        for uri in [
            "file://fifo",
            "file://link",
            "fileb://fifo",
            "file:///dev/stdin",
            "file:///dev/fd/0",
            "file:///tmp/../dev/null",
            "file:///proc/self/fd/0",
            "file:///proc/self/environ",
            "http://127.0.0.1:9/x",
            "https://127.0.0.1:9/x",
        ] {
            assert_eq!(place.get(uri), Err(Why::Unsupported), "{uri}");
        }
    }

    #[test]
    fn a_plain_path_is_opened_as_it_stands() {
        let place = Place::new();
        place.put("t.yaml", b"a: 1\r\n");
        assert_eq!(place.get("path:t.yaml"), Ok(b"a: 1\n".to_vec()));
        assert!(matches!(place.get("path:~/t.yaml"), Err(Why::Failed(_))), "nothing is expanded");
        assert_eq!(place.get("path:/dev/stdin"), Err(Why::Unsupported));
    }

    #[test]
    fn a_file_that_is_too_large_is_not_read() {
        let place = Place::new();
        let file = std::fs::File::create(place.0.path().join("large")).unwrap();
        file.set_len(LARGEST + 1).unwrap();
        assert!(matches!(place.get("fileb://large"), Err(Why::Failed(_))));
    }

    #[test]
    fn another_content_is_another_digest() {
        let place = Place::new();
        let wanted = ["file://a".to_owned()];
        let digest = || documents_digest(&documents(&place.1, &wanted));
        let absent = digest();
        place.put("a", b"1");
        let one = digest();
        assert_eq!(one, digest());
        place.put("a", b"2");
        assert!(one != absent && digest() != one);
    }
}
