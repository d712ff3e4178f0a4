//! What is mounted at and below a path, from the kernel's own table (proc_pid_mountinfo(5)): asking the files themselves would
//! wait for a server that is gone.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// File systems that live on another machine, or in a process.
const ELSEWHERE: &[&str] = &[
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "ceph",
    "glusterfs",
    "lustre",
    "gpfs",
    "beegfs",
    "afs",
    "9p",
    "ocfs2",
    "gfs2",
    "orangefs",
    "pvfs2",
    "davfs",
    "autofs",
];

/// One mounted file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// Where.
    pub path: PathBuf,
    /// Its type.
    pub kind: String,
}

impl Mount {
    /// Whether looking into it may wait for somebody else.
    pub fn is_elsewhere(&self) -> bool {
        ELSEWHERE.contains(&self.kind.as_str()) || self.kind == "fuse" || self.kind.starts_with("fuse.")
    }

    /// Whether `--one-file-system` leaves it alone: only where its device is another one. A part of the same file system that
    /// is mounted there (a bind mount) is emptied all the same.
    pub fn is_left_by(&self, operand: &Path) -> bool {
        let device = |path: &Path| fs::symlink_metadata(path).map(|meta| meta.dev()).ok();
        // What may hang is on another device for certain.
        self.is_elsewhere() || device(&self.path).zip(device(operand)).is_some_and(|(a, b)| a != b)
    }
}

/// The mount table of this process.
#[derive(Clone, Debug, Default)]
pub struct Mounts {
    all: Vec<Mount>,
    /// It could be read.
    pub known: bool,
}

impl Mounts {
    /// Reads it (proc_pid_mountinfo(5)).
    pub fn read() -> Mounts {
        fs::read("/proc/self/mountinfo").map_or_else(|_| Mounts::default(), |text| Mounts::parse(&text))
    }

    fn parse(text: &[u8]) -> Mounts {
        let one = |line: &[u8]| {
            let mut fields = line.split(|b| *b == b' ');
            let path = unescaped(fields.nth(4)?);
            let kind = fields.skip_while(|field| *field != b"-").nth(1)?;
            let kind = String::from_utf8_lossy(kind).into_owned();
            Some(Mount { path: PathBuf::from(OsString::from_vec(path)), kind })
        };
        Mounts { all: text.split(|b| *b == b'\n').filter_map(one).collect(), known: true }
    }

    /// What is mounted at a path or below it, each place once: the last one covers those before.
    pub fn at_or_below(&self, path: &Path) -> Vec<&Mount> {
        let mut found: Vec<&Mount> = Vec::new();
        for mount in self.all.iter().rev().filter(|mount| mount.path.starts_with(path)) {
            if !found.iter().any(|known| known.path == mount.path) {
                found.push(mount);
            }
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        found
    }

    /// What is mounted on exactly this directory.
    pub fn on(&self, path: &Path) -> Option<&Mount> {
        self.all.iter().rfind(|mount| mount.path == path)
    }

    /// What holds this path.
    pub fn of(&self, path: &Path) -> Option<&Mount> {
        path.ancestors().find_map(|dir| self.on(dir))
    }
}

/// Blanks and the like are written `\040`.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let [first, after @ ..] = rest {
        let code = after.get(..3).filter(|_| *first == b'\\');
        let code = code.and_then(|digits| std::str::from_utf8(digits).ok());
        match code.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                out.push(byte);
                rest = after.get(3..).unwrap_or_default();
            }
            None => {
                out.push(*first);
                rest = after;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let mounts = Mounts::parse(
            b"27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n\
              30 27 0:9 / /srv/my\\040data rw shared:1 master:2 - nfs4 box:/x rw\n\
              31 27 0:9 / /srv rw - tmpfs a rw\n31 27 0:9 / /srv rw - xfs b rw\nnothing\n",
        );
        let names = |mounts: Vec<&Mount>| {
            mounts.iter().map(|m| format!("{} {}", m.path.display(), m.kind)).collect::<Vec<_>>()
        };
        assert_eq!(names(mounts.at_or_below(Path::new("/srv"))), ["/srv xfs", "/srv/my data nfs4"]);
        assert!(mounts.at_or_below(Path::new("/srv/x")).is_empty());
        assert_eq!(mounts.of(Path::new("/srv/x/y")).map(|m| m.kind.as_str()), Some("xfs"));
        assert_eq!(mounts.of(Path::new("/srvx")).map(|m| m.kind.as_str()), Some("ext4"));
        assert!(mounts.on(Path::new("/srv/my data")).is_some_and(Mount::is_elsewhere));
        assert!(!mounts.on(Path::new("/srv")).is_some_and(Mount::is_elsewhere));
        assert_eq!(mounts.on(Path::new("/srv/x")), None);
        assert_eq!(mounts.of(Path::new("/srv/x")).map(|m| m.path.as_path()), Some(Path::new("/srv")));
        assert_eq!(mounts.of(Path::new("/srvx")).map(|m| m.path.as_path()), Some(Path::new("/")));
        let sshfs = Mount { path: PathBuf::from("/x"), kind: "fuse.sshfs".to_owned() };
        assert!(sshfs.is_elsewhere());
        assert_eq!(unescaped(b"a\\134b\\0"), b"a\\b\\0");
        assert_eq!(unescaped(b"\\777"), b"\\777");
    }
}
