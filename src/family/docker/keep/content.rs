//! What is in a volume: read by tar(1) where it lies, else handed out by the daemon; packed, read back and counted.
//!
//! Tried with dockerd 20.10: the daemon's own archive keeps owners, modes, times and links, leaves out `user.*` attributes and
//! sockets, and fills holes with zeros. GNU tar keeps attributes and holes, and a daemon unpacks what it wrote (tar(1), POSIX format).

use super::api::{Api, Refused};
use super::helper::Helper;
use super::manifest::{By, Content};
use crate::engine::docker::daemon::Volume;
use crate::family::docker::probe::encoded;
use crate::keep::atomic_dir::create;
use crate::keep::stored::Stored;
use crate::run::child::{self, Out};
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Component, Path, PathBuf};
use std::process::Command;
use tokio::sync::Notify;

/// Why what came is not what is mounted there.
const NO_DIRECTORY: &str = "it is no directory that came, but a link to one";
/// Of a volume that was smaller nobody can tell by its size whether it is whole.
const SURE: u64 = 1 << 20;
/// As fast as the disk, and a third of the size.
const LEVEL: i32 = 1;

/// A file that is written packed.
pub struct Pack {
    out: zstd::Encoder<'static, BufWriter<File>>,
    bytes: u64,
    most: u64,
}

impl Pack {
    /// Begins it: no more than `most` bytes are taken.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn begin(path: &Path, most: u64) -> io::Result<Pack> {
        let mut out = zstd::Encoder::new(BufWriter::new(create(path)?), LEVEL)?;
        out.include_checksum(true)?;
        Ok(Pack { out, bytes: 0, most })
    }

    /// Takes the next piece.
    ///
    /// # Errors
    /// It is too much, or cannot be written.
    pub fn take(&mut self, some: &[u8]) -> io::Result<()> {
        self.bytes += some.len() as u64;
        if self.bytes > self.most {
            let why = format!("more than {} MiB come", self.most >> 20);
            return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
        }
        self.out.write_all(some)
    }

    /// Writes it out.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn end(self) -> io::Result<()> {
        let file = self.out.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.sync_all()
    }
}

/// The tar that a packed file holds.
///
/// # Errors
/// It cannot be opened.
pub fn unpacked(path: &Path) -> io::Result<impl Read + Send + use<>> {
    zstd::Decoder::with_buffer(BufReader::new(File::open(path)?))
}

/// What a tar holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counted {
    /// Files, directories, links …
    pub entries: u64,
    /// Bytes of its files.
    pub bytes: u64,
}

/// Reads a packed tar to its end. All of it has to lie in the directory `top`.
///
/// # Errors
/// It breaks off, or holds something else.
pub fn read_back(path: &Path, top: &str) -> io::Result<Counted> {
    let mut counted = Counted::default();
    let mut archive = tar::Archive::new(unpacked(path)?);
    for entry in archive.entries()? {
        let entry = entry?;
        let at = entry.path_bytes();
        let inside = at.strip_prefix(top.as_bytes()).is_some_and(|rest| matches!(rest, [] | [b'/', ..]));
        // A file with holes is kept by its pieces: `top/GNUSparseFile.0/name`.
        if !inside && !at.starts_with(b"GNUSparseFile.") {
            let why = format!("{} is none of it", String::from_utf8_lossy(&at));
            return Err(io::Error::new(io::ErrorKind::InvalidData, why));
        }
        if counted.entries == 0 && !entry.header().entry_type().is_dir() {
            return Err(io::Error::new(io::ErrorKind::InvalidData, NO_DIRECTORY));
        }
        counted.entries += 1;
        counted.bytes += entry.size();
    }
    // Whatever comes behind the end counts for the checksum.
    io::copy(&mut archive.into_inner(), &mut io::sink())?;
    Ok(counted)
}

/// How many entries a tar of this directory has: sockets are none (tar(1)).
pub fn entries_of(dir: &Path) -> io::Result<u64> {
    let (mut entries, mut waiting) = (1, vec![dir.to_owned()]);
    while let Some(dir) = waiting.pop() {
        for entry in std::fs::read_dir(&dir)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            entries += u64::from(!kind.is_socket());
            if kind.is_dir() {
                waiting.push(entry.path());
            }
        }
    }
    Ok(entries)
}

/// Where the content of a volume can be read.
pub enum Way {
    /// Here: this directory.
    Here(PathBuf),
    /// Through this container, which has it at this path.
    Through(String, String),
    /// Through a container that is made for it.
    Helper,
}

/// What is taken, and how much of it at most.
pub struct Wanted<'a> {
    /// The volume.
    pub volume: &'a Volume,
    /// Where it can be read.
    pub way: Way,
    /// The copy that is being written.
    pub copy: &'a Path,
    /// The file in it.
    pub file: String,
    /// No more bytes than this.
    pub most: u64,
}

/// Whether tar(1) here keeps what a volume may have.
pub async fn has_tar(until: tokio::time::Instant) -> bool {
    let mut said = Vec::new();
    let mut asked = tar();
    asked.arg("--version");
    let done = child::pour(asked, Out::To(&mut |some| said.extend_from_slice(some)), until).await;
    done.is_ok_and(|done| done.ok) && said.starts_with(b"tar (GNU tar)")
}

/// tar(1), with nothing of the caller's world.
pub fn tar() -> Command {
    let mut tar = Command::new("tar");
    tar.env_clear().envs([("PATH", "/usr/bin:/bin"), ("LC_ALL", "C")]).current_dir("/");
    tar
}

/// Attributes of every kind are wanted, and numbers of owners: names are those of another machine.
pub const TAR_KEEPS: [&str; 5] =
    ["--numeric-owner", "--xattrs", "--xattrs-include=*", "--acls", "--warning=no-file-ignored"];

/// Whether a copy begins with this one directory, in which everything lies.
///
/// # Errors
/// It cannot be read.
pub fn lies_in(file: &Path, top: &str) -> io::Result<bool> {
    let one = Path::new(top).components();
    let plain = one.clone().count() == 1 && one.clone().all(|part| matches!(part, Component::Normal(_)));
    let mut tar = tar::Archive::new(unpacked(file)?);
    let first = tar.entries()?.next().transpose()?;
    let first = first.as_ref().map(tar::Entry::path).transpose()?;
    Ok(plain && first.is_some_and(|path| path.components().eq(one)))
}

/// Takes the content of one volume.
///
/// # Errors
/// Why there is none.
pub async fn take(api: &Api<'_>, wanted: &Wanted<'_>) -> Result<Content, String> {
    // A mount that a link leads to comes as the link: then it is reached through a container of guard's own.
    match taken(api, wanted, &wanted.way).await {
        Err(why) if !matches!(wanted.way, Way::Helper) && why.contains(NO_DIRECTORY) => {
            std::fs::remove_file(wanted.copy.join(&wanted.file)).map_err(|e| e.to_string())?;
            taken(api, wanted, &Way::Helper).await
        }
        done => done,
    }
}

async fn taken(api: &Api<'_>, wanted: &Wanted<'_>, way: &Way) -> Result<Content, String> {
    let path = wanted.copy.join(&wanted.file);
    let (top, by) = match way {
        Way::Here(dir) => (packed_here(dir, &path, wanted.most, api.until()).await?, By::Tar),
        Way::Through(container, target) => {
            (packed_through(api, container, target, &path, wanted.most).await?, By::Archive)
        }
        Way::Helper => {
            let helper = Helper::make(api, &wanted.volume.name).await?;
            let done = packed_through(api, helper.id(), helper.target(), &path, wanted.most).await;
            helper.remove(api).await?;
            (done?, By::Archive)
        }
    };
    let unread = |e: io::Error| format!("it cannot be read back: {e}");
    let counted = read_back(&path, &top).map_err(unread)?;
    let expected = wanted.volume.bytes.unwrap_or(0);
    if by == By::Archive && expected > SURE && counted.bytes < expected / 2 {
        let (came, expected) = (counted.bytes >> 10, expected >> 10);
        return Err(format!("{came} KiB of the {expected} that the daemon counts are in the copy"));
    }
    if let Way::Here(dir) = way {
        let there = entries_of(dir).map_err(|e| e.to_string())?;
        if there != counted.entries {
            return Err(format!("{there} files and directories are there, {} in the copy", counted.entries));
        }
    }
    let stored = Stored::of(wanted.copy, &wanted.file).map_err(unread)?;
    Ok(Content { stored, top, entries: counted.entries, live_bytes: counted.bytes, by })
}

/// Packs a directory of this machine; answers with the one that everything lies in.
async fn packed_here(
    dir: &Path,
    into: &Path,
    most: u64,
    until: tokio::time::Instant,
) -> Result<String, String> {
    let (Some(above), Some(top)) = (dir.parent(), dir.file_name().and_then(|name| name.to_str())) else {
        return Err(format!("{} is no directory in another", dir.display()));
    };
    let mut pack = Pack::begin(into, most).map_err(|e| e.to_string())?;
    let mut tar = tar();
    tar.args([
        "--create",
        "--file=-",
        "--format=posix",
        "--pax-option=delete=atime,delete=ctime",
        "--sparse",
    ]);
    tar.args(TAR_KEEPS).arg("--directory").arg(above).arg("--").arg(top);
    let (mut failed, full) = (None, Notify::new());
    let mut sink = |some: &[u8]| {
        if failed.is_none() {
            failed = pack.take(some).err();
            if failed.is_some() {
                full.notify_one();
            }
        }
    };
    let done = tokio::select! {
        done = child::pour(tar, Out::To(&mut sink), until) => Some(done),
        () = full.notified() => None,
    };
    if let Some(why) = failed {
        return Err(why.to_string());
    }
    match done {
        Some(Ok(done)) if done.ok => pack.end().map_err(|e| e.to_string()).map(|()| top.to_owned()),
        Some(Ok(done)) => Err(first_line(&done.err)),
        Some(Err(why)) => Err(why.to_string()),
        None => Err("it was not written".to_owned()),
    }
}

/// What a tool says first is why; then it says that it ends.
pub fn first_line(said: &[u8]) -> String {
    const LONGEST: usize = 200;
    let said = String::from_utf8_lossy(said);
    let line = said.lines().map(str::trim).find(|line| !line.is_empty());
    line.unwrap_or("it ended without a word").chars().take(LONGEST).collect()
}

/// Packs what a container has at a path; answers with the directory that everything lies in.
async fn packed_through(
    api: &Api<'_>,
    container: &str,
    target: &str,
    into: &Path,
    most: u64,
) -> Result<String, String> {
    let target = target.trim_end_matches('/');
    let Some(top) = target.rsplit('/').next().filter(|top| !top.is_empty()) else {
        return Err("it is mounted in the place of everything".to_owned());
    };
    let mut pack = Pack::begin(into, most).map_err(|e| e.to_string())?;
    let path =
        format!("/containers/{}/archive?path={}", encoded(container), encoded(target).replace('/', "%2F"));
    api.download(&path, |some| pack.take(some)).await.map_err(|refused: Refused| refused.to_string())?;
    pack.end().map_err(|e| e.to_string())?;
    Ok(top.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packed(dir: &Path, with: impl FnOnce(&mut tar::Builder<Vec<u8>>)) -> PathBuf {
        let mut tar = tar::Builder::new(Vec::new());
        with(&mut tar);
        let path = dir.join("a.tar.zst");
        let mut pack = Pack::begin(&path, 1 << 20).unwrap();
        pack.take(&tar.into_inner().unwrap()).unwrap();
        pack.end().unwrap();
        path
    }

    fn file(tar: &mut tar::Builder<Vec<u8>>, name: &str, content: &[u8]) {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o600);
        header.set_entry_type(tar::EntryType::Regular);
        tar.append_data(&mut header, name, content).unwrap();
    }

    #[test]
    fn a_copy_is_counted_and_one_that_breaks_off_is_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = packed(dir.path(), |tar| {
            tar.append_dir("_data", dir.path()).unwrap();
            file(tar, "_data/a", b"12345");
            file(tar, "_data/b/c", b"");
        });
        assert_eq!(read_back(&path, "_data").unwrap(), Counted { entries: 3, bytes: 5 });
        let other = tempfile::tempdir().unwrap();
        let link = packed(other.path(), |tar| file(tar, "_data", b""));
        assert!(read_back(&link, "_data").unwrap_err().to_string().contains(NO_DIRECTORY));
        assert!(read_back(&path, "_dat").unwrap_err().to_string().contains("is none of it"));
        let whole = std::fs::read(&path).unwrap();
        for cut in [whole.len() - 1, whole.len() / 2] {
            std::fs::write(&path, &whole[..cut]).unwrap();
            assert!(read_back(&path, "_data").is_err(), "cut at {cut}");
        }
    }

    #[test]
    fn more_than_there_may_be_is_not_written() {
        let dir = tempfile::tempdir().unwrap();
        let mut pack = Pack::begin(&dir.path().join("a"), 1 << 20).unwrap();
        pack.take(&[0; 1 << 20]).unwrap();
        assert_eq!(pack.take(&[0]).unwrap_err().to_string(), "more than 1 MiB come");
    }

    #[test]
    fn a_directory_with_everything_in_it_is_packed_whole() {
        use std::os::unix::fs::{MetadataExt as _, symlink};
        let dir = tempfile::tempdir().unwrap();
        let data = dir.path().join("_data");
        std::fs::create_dir_all(data.join("base/1")).unwrap();
        std::fs::write(data.join("base/1/f"), b"rows").unwrap();
        std::fs::hard_link(data.join("base/1/f"), data.join("again")).unwrap();
        symlink("base/1/f", data.join("link")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(data.join("socket")).unwrap();
        let hole = File::create(data.join("hole")).unwrap();
        hole.set_len(30 << 20).unwrap();
        let into = dir.path().join("copy.tar.zst");
        let packed = async {
            let until = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
            packed_here(&data, &into, 1 << 20, until).await
        };
        let top = crate::run::tasks::block_on(packed).unwrap().unwrap();
        let counted = read_back(&into, &top).unwrap();
        assert_eq!(counted.entries, entries_of(&data).unwrap());
        assert_eq!(counted.entries, 7, "the directory, two below it, two files, a link, a hole");
        assert!(std::fs::metadata(&into).unwrap().size() < 4096, "holes take no room");
    }
}
