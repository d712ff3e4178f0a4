//! Settings put back as they were: contents, modes, owners, links; what is there now is saved first. Each file is written
//! beside its place and moved into it, so that there is never half of one.

use super::manifest::{Is, Manifest, Owner, Role, Settings};
use super::settings::{FILES, copy, names};
use crate::keep::stored::{digest, inside};
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt, lchown, symlink};
use std::path::{Path, PathBuf};

/// How a path is, compared with the copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As it was.
    Same,
    /// Nothing is there.
    Gone,
    /// Something else is there.
    Differs,
}

/// What was done to one path, or why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// As it was before anything was done.
    Same,
    /// Written where nothing was.
    Written,
    /// Only its mode or its owner was another.
    Dressed,
    /// Written over something that was saved.
    Replaced,
    /// Taken away, because nothing was there when the copy was taken; saved.
    TakenAway,
    /// Not done.
    Failed(String),
}

/// Puts files of one copy back.
pub struct Putter<'a> {
    copy: &'a Path,
    root: &'a Path,
    /// Where what is replaced goes.
    aside: PathBuf,
    users: BTreeMap<String, u32>,
    groups: BTreeMap<String, u32>,
}

impl<'a> Putter<'a> {
    /// `aside` is made when something has to be saved.
    pub fn new(copy: &'a Path, root: &'a Path, aside: PathBuf) -> Putter<'a> {
        let by_name = |path: &str| names(&root.join(path)).into_iter().map(|(id, name)| (name, id)).collect();
        Putter { copy, root, aside, users: by_name("etc/passwd"), groups: by_name("etc/group") }
    }

    /// Users that were made anew have other numbers: their names count.
    pub fn again(&mut self) {
        *self = Putter::new(self.copy, self.root, std::mem::take(&mut self.aside));
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.join(path.trim_start_matches('/'))
    }

    fn owners(&self, file: &Settings) -> (u32, u32) {
        let id = |owner: &Owner, names: &BTreeMap<String, u32>| {
            owner.name.as_ref().and_then(|name| names.get(name).copied()).unwrap_or(owner.id)
        };
        (id(&file.owner, &self.users), id(&file.group, &self.groups))
    }

    /// How a path is now.
    pub fn state(&self, file: &Settings) -> io::Result<State> {
        let at = self.at(&file.path);
        let meta = match fs::symlink_metadata(&at) {
            Ok(meta) => meta,
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(if file.is == Is::Absent { State::Same } else { State::Gone });
            }
            Err(e) => return Err(e),
        };
        let (uid, gid) = self.owners(file);
        let owned = meta.uid() == uid && meta.gid() == gid;
        let moded = format!("{:04o}", meta.mode() & 0o7777) == file.mode;
        let same = match &file.is {
            Is::Absent => false,
            // Somebody else's by now, and only made where it is gone.
            Is::Dir => return Ok(if meta.is_dir() { State::Same } else { State::Differs }),
            Is::Link { target } => meta.is_symlink() && fs::read_link(&at)?.as_os_str() == target.as_str(),
            Is::File { bytes, sha256 } => {
                meta.is_file()
                    && owned
                    && moded
                    && meta.len() == *bytes
                    && digest(&at)? == (*bytes, sha256.clone())
            }
        };
        Ok(if same { State::Same } else { State::Differs })
    }

    /// Makes a path what it was.
    pub fn put(&self, file: &Settings) -> Done {
        self.try_put(file).unwrap_or_else(|e| Done::Failed(e.to_string()))
    }

    fn try_put(&self, file: &Settings) -> io::Result<Done> {
        inside(self.root, file.path.trim_start_matches('/'))?;
        let state = self.state(file)?;
        if state == State::Same {
            return Ok(Done::Same);
        }
        let at = self.at(&file.path);
        if state == State::Differs && self.has_content(file, &at)? {
            self.dress(&at, file)?;
            return Ok(Done::Dressed);
        }
        if state == State::Differs {
            self.save(&file.path, &at)?;
        }
        let replaced = |done| if state == State::Differs { Done::Replaced } else { done };
        match &file.is {
            Is::Absent => {
                fs::remove_file(&at)?;
                return Ok(Done::TakenAway);
            }
            Is::Dir if state == State::Differs => {
                return Err(io::Error::other("it was a directory and is none any more"));
            }
            Is::Dir => {
                DirBuilder::new().mode(0o700).create(&at)?;
                self.dress(&at, file)?;
            }
            Is::Link { target } => {
                let beside = beside(&at);
                symlink(target, &beside)?;
                let (uid, gid) = self.owners(file);
                let moved = lchown(&beside, Some(uid), Some(gid)).and_then(|()| fs::rename(&beside, &at));
                clear(&beside, moved)?;
            }
            Is::File { sha256, .. } => {
                let kept = inside(&self.copy.join(FILES), file.path.trim_start_matches('/'))?;
                let beside = beside(&at);
                let written =
                    self.write(&kept, &beside, file, sha256).and_then(|()| fs::rename(&beside, &at));
                clear(&beside, written)?;
            }
        }
        Ok(replaced(Done::Written))
    }

    /// Whether a file has the content of the copy already.
    fn has_content(&self, file: &Settings, at: &Path) -> io::Result<bool> {
        let Is::File { bytes, sha256 } = &file.is else { return Ok(false) };
        let meta = fs::symlink_metadata(at)?;
        Ok(meta.is_file() && meta.len() == *bytes && digest(at)? == (*bytes, sha256.clone()))
    }

    /// Gives a directory that was made before its owner was the owner it had.
    pub fn dress_again(&self, file: &Settings) -> io::Result<()> {
        inside(self.root, file.path.trim_start_matches('/'))?;
        self.dress(&self.at(&file.path), file)
    }

    fn write(&self, kept: &Path, to: &Path, file: &Settings, sha256: &str) -> io::Result<()> {
        let mut new = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to)?;
        let (_, found) = copy(&File::open(kept)?, &mut new)??;
        if found != sha256 {
            return Err(io::Error::other("the copy was changed after it was written"));
        }
        new.sync_all()?;
        self.dress(to, file)
    }

    fn dress(&self, at: &Path, file: &Settings) -> io::Result<()> {
        let (uid, gid) = self.owners(file);
        lchown(at, Some(uid), Some(gid))?;
        let mode = u32::from_str_radix(&file.mode, 8).map_err(io::Error::other)?;
        // After the owner: a change of owner takes the set-id bits away.
        fs::set_permissions(at, Permissions::from_mode(mode))
    }

    /// Saves what is at a path below `aside`, at the same path.
    fn save(&self, path: &str, at: &Path) -> io::Result<()> {
        let place = inside(&self.aside, path.trim_start_matches('/'))?;
        if let Some(dir) = place.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(dir)?;
        }
        if fs::symlink_metadata(&place).is_ok() {
            return Ok(());
        }
        let meta = fs::symlink_metadata(at)?;
        if meta.is_symlink() {
            symlink(fs::read_link(at)?, &place)
        } else if meta.is_file() {
            let mut to = crate::keep::atomic_dir::create(&place)?;
            copy(&File::open(at)?, &mut to)??;
            to.sync_all()?;
            lchown(&place, Some(meta.uid()), Some(meta.gid()))?;
            fs::set_permissions(&place, Permissions::from_mode(meta.mode() & 0o7777))
        } else {
            Err(io::Error::other("what is there now is neither a file nor a link"))
        }
    }
}

/// A name beside a path that no tool takes for settings.
fn beside(at: &Path) -> PathBuf {
    let mut name = std::ffi::OsString::from(".guard-");
    name.push(at.file_name().unwrap_or_default());
    name.push(format!(".{}", std::process::id()));
    at.with_file_name(name)
}

/// Leaves nothing behind where it did not work out.
fn clear<T>(beside: &Path, done: io::Result<T>) -> io::Result<T> {
    if done.is_err() {
        let _ = fs::remove_file(beside);
    }
    done
}

/// The files of a copy in the order they have to be put back: directories first, and those above before those below.
/// Settings of a dropped cluster are of no use without its data, and are left for the person.
pub fn in_order(manifest: &Manifest) -> Vec<&Settings> {
    let mut all: Vec<&Settings> = manifest.files.iter().filter(|f| f.role != Role::Cluster).collect();
    all.sort_by(|a, b| (a.is != Is::Dir, &a.path).cmp(&(b.is != Is::Dir, &b.path)));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, is: Is, mode: &str) -> Settings {
        let me = |id| Owner { id, name: None };
        Settings {
            path: path.into(),
            package: "p".into(),
            role: Role::Conffile,
            is,
            mode: mode.into(),
            owner: me(rustix::process::geteuid().as_raw()),
            group: me(rustix::process::getegid().as_raw()),
        }
    }

    fn text(content: &str) -> Is {
        use sha2::{Digest, Sha256};
        let sum = crate::keep::atomic_dir::hex(&Sha256::digest(content.as_bytes()));
        Is::File { bytes: content.len() as u64, sha256: sum }
    }

    #[test]
    fn everything_is_put_back_and_nothing_is_lost() {
        let dir = tempfile::tempdir().unwrap();
        let (copy, root, aside) =
            (dir.path().join("copy"), dir.path().join("root"), dir.path().join("aside"));
        for sub in ["copy/files/etc/p", "root/etc"] {
            fs::create_dir_all(dir.path().join(sub)).unwrap();
        }
        fs::write(copy.join("files/etc/p/a"), "old a").unwrap();
        fs::write(copy.join("files/etc/b"), "old b").unwrap();
        fs::write(root.join("etc/b"), "new b").unwrap();
        fs::write(root.join("etc/c"), "came with the package").unwrap();
        let putter = Putter::new(&copy, &root, aside.clone());
        let put = |f: &Settings| putter.put(f);
        assert_eq!(put(&file("/etc/p", Is::Dir, "0750")), Done::Written);
        assert_eq!(put(&file("/etc/p/a", text("old a"), "0640")), Done::Written);
        assert_eq!(put(&file("/etc/p/a", text("old a"), "0640")), Done::Same);
        assert_eq!(put(&file("/etc/b", text("old b"), "0600")), Done::Replaced);
        assert_eq!(put(&file("/etc/c", Is::Absent, "0000")), Done::TakenAway);
        assert_eq!(put(&file("/etc/d", Is::Absent, "0000")), Done::Same);
        assert_eq!(put(&file("/etc/l", Is::Link { target: "b".into() }, "0777")), Done::Written);
        assert_eq!(put(&file("/etc/l", Is::Link { target: "p/a".into() }, "0777")), Done::Replaced);
        let read = |path: PathBuf| fs::read_to_string(path).unwrap();
        assert_eq!((read(root.join("etc/p/a")), read(root.join("etc/b"))), ("old a".into(), "old b".into()));
        assert_eq!(read(aside.join("etc/b")), "new b");
        assert_eq!(read(aside.join("etc/c")), "came with the package");
        let mode = |path: &str| fs::metadata(root.join(path)).unwrap().mode() & 0o777;
        assert_eq!((mode("etc/p"), mode("etc/p/a"), mode("etc/b")), (0o750, 0o640, 0o600));
        assert_eq!(read(root.join("etc/l")), "old a");
        fs::set_permissions(root.join("etc/b"), Permissions::from_mode(0o644)).unwrap();
        assert_eq!(put(&file("/etc/b", text("old b"), "0600")), Done::Dressed);
        assert_eq!(mode("etc/b"), 0o600);
        // Not from a copy that somebody changed, and not with half a file left in the place.
        fs::write(copy.join("files/etc/b"), "evil!").unwrap();
        fs::write(root.join("etc/b"), "new b").unwrap();
        assert!(matches!(put(&file("/etc/b", text("old b"), "0600")), Done::Failed(_)));
        assert_eq!(read(root.join("etc/b")), "new b");
        assert!(
            !fs::read_dir(root.join("etc"))
                .unwrap()
                .flatten()
                .any(|e| { e.file_name().to_string_lossy().starts_with(".guard") })
        );
        assert!(matches!(put(&file("/../x", text("x"), "0600")), Done::Failed(_)));
    }

    #[test]
    fn directories_come_first() {
        let all = vec![
            file("/etc/p/a", text(""), "0600"),
            file("/etc/p", Is::Dir, "0700"),
            file("/etc", Is::Dir, "0700"),
        ];
        let manifest = Manifest { files: all, ..Manifest::default() };
        let order: Vec<&str> = in_order(&manifest).iter().map(|f| f.path.as_str()).collect();
        assert_eq!(order, ["/etc", "/etc/p", "/etc/p/a"]);
    }
}
