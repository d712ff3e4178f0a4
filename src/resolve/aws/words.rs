//! What the words of a command do not say themselves: aliases, and documents that values stand in.

use super::paths;
use crate::engine::aws::Documents;
use crate::engine::aws::alias::Aliases;
use crate::engine::escape::escape;
use crate::engine::fact::Why;
use crate::exit::Exit;
use crate::fail::{Fail, Result};
use crate::world::World;
use std::ffi::OsStr;
use std::fs::OpenOptions;
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// The largest document that is read; AWS takes requests of a few megabytes at most.
const LARGEST: u64 = 64 << 20;

/// The aliases of the person at work.
#[derive(Clone, Debug)]
pub struct LoadedAliases {
    /// The file they stand in.
    pub path: PathBuf,
    /// The aliases.
    pub aliases: Aliases,
}

/// Reads `~/.aws/cli/alias` (`awscli/alias.py`: from `HOME`, no variable names another place). `None` when there is no
/// such file; a file that cannot be read or understood is an error, as it is for the CLI.
pub fn aliases(world: &World) -> Result<Option<LoadedAliases>> {
    let Some(home) = paths::home(world) else { return Ok(None) };
    let path = world.at(&home.join(".aws/cli/alias"));
    let shown = || escape(path.as_os_str().as_encoded_bytes());
    let bytes = match read(&path) {
        Ok(bytes) => bytes,
        Err(Unread::Missing) => return Ok(None),
        Err(Unread::Other(why)) => {
            return Err(Fail::new(Exit::Data, format!("cannot read {}", shown()))
                .because(why.to_string())
                .help("the AWS CLI reads its aliases there; make the file readable, or move it away"));
        }
    };
    let text = String::from_utf8_lossy(&bytes);
    let aliases = Aliases::parse(&text).map_err(|why| {
        Fail::new(Exit::Data, format!("{} cannot be understood", shown()))
            .because(why)
            .help("the AWS CLI refuses it too: mend the line, or move the file away")
    })?;
    Ok(Some(LoadedAliases { path, aliases }))
}

/// Reads the documents that values stand in, each as the CLI names it (`file://~/in.json`, `fileb://$DIR/x`; `~` and
/// variables are written out as `os.path.expanduser` and `expandvars` do). Regular files only: what a pipe or a device
/// holds can be read once, and that once is the command's.
pub fn documents(world: &World, wanted: &[String]) -> Documents {
    let mut out = Documents::none();
    for uri in wanted {
        let content = match uri.strip_prefix("file://").or_else(|| uri.strip_prefix("fileb://")) {
            None => Err(Why::Unsupported),
            Some(path) => {
                let path = paths::expand_vars(world, &paths::expand_user(world, OsStr::new(path)));
                read(&world.at(Path::new(&path))).map_err(|unread| match unread {
                    Unread::Missing => Why::Failed("no such file".to_owned()),
                    Unread::Other(why) => why,
                })
            }
        };
        out.insert(uri.clone(), content);
    }
    out
}

/// Why a file gave nothing.
enum Unread {
    Missing,
    Other(Why),
}

fn read(path: &Path) -> std::result::Result<Vec<u8>, Unread> {
    let failed = |e: std::io::Error| match e.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => Unread::Missing,
        _ => Unread::Other(Why::Failed(e.to_string())),
    };
    // Opening a FIFO for reading would wait for a writer.
    let file = OpenOptions::new().read(true).custom_flags(libc::O_NONBLOCK).open(path).map_err(failed)?;
    let meta = file.metadata().map_err(failed)?;
    if !meta.is_file() || meta.len() > LARGEST {
        return Err(Unread::Other(Why::Unsupported));
    }
    let mut bytes = Vec::new();
    file.take(LARGEST).read_to_end(&mut bytes).map_err(failed)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn documents_are_found_as_the_cli_finds_them() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("in.json"), "{}").unwrap();
        let here = dir.path().to_str().unwrap();
        let world = World::of(&[("HOME", here), ("DIR", here)], dir.path());
        let uris = ["file://in.json", "file://~/in.json", "fileb://$DIR/in.json", "file://${DIR}/in.json"];
        let mut wanted: Vec<String> = uris.iter().map(|u| (*u).to_owned()).collect();
        wanted.extend(["file://missing".to_owned(), "file:///dev/null".to_owned(), "https://x/y".to_owned()]);
        let read = documents(&world, &wanted);
        for uri in uris {
            assert_eq!(read.get(uri), Some(&Ok(b"{}".to_vec())), "{uri}");
        }
        assert_eq!(read.get("file://missing"), Some(&Err(Why::Failed("no such file".into()))));
        assert_eq!(read.get("file:///dev/null"), Some(&Err(Why::Unsupported)));
        assert_eq!(read.get("https://x/y"), Some(&Err(Why::Unsupported)));
    }

    #[test]
    fn a_fifo_keeps_nobody_waiting() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("pipe");
        let status = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
        assert!(status.success());
        let uri = format!("file://{}", path.display());
        let read = documents(&World::of(&[], "/"), std::slice::from_ref(&uri));
        assert_eq!(read.get(&uri), Some(&Err(Why::Unsupported)));
    }

    #[test]
    fn aliases_come_from_the_home_directory() {
        let dir = tempfile::tempdir().unwrap();
        let world = World::of(&[("HOME", dir.path().to_str().unwrap())], "/");
        assert!(aliases(&world).unwrap().is_none());
        let file = dir.path().join(".aws/cli/alias");
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, "[toplevel]\nwho = sts get-caller-identity\n").unwrap();
        assert_eq!(aliases(&world).unwrap().map(|l| l.path), Some(file.clone()));
        fs::write(&file, "who = sts\n").unwrap();
        let fail = aliases(&world).unwrap_err();
        assert_eq!(fail.exit, Exit::Data);
    }
}
