//! Mounted file systems, from the kernel's own list: asking the files themselves would hang on a server that is gone.

use std::path::{Path, PathBuf};

/// File systems that live on another machine, or in a process.
const NETWORK: &[&str] = &[
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

/// The mount table of this process.
#[derive(Clone, Debug, Default)]
pub(super) struct Mounts {
    all: Vec<(PathBuf, String)>,
}

impl Mounts {
    /// Reads it (proc(5), `/proc/PID/mountinfo`).
    pub fn read() -> Mounts {
        std::fs::read_to_string("/proc/self/mountinfo")
            .map_or_else(|_| Mounts::default(), |t| Mounts::parse(&t))
    }

    fn parse(text: &str) -> Mounts {
        let one = |line: &str| {
            let (place, kind) = line.split_once(" - ")?;
            let path = unescape(place.split(' ').nth(4)?);
            Some((PathBuf::from(path), kind.split(' ').next()?.to_owned()))
        };
        Mounts { all: text.lines().filter_map(one).collect() }
    }

    /// The type of the file system that is mounted on exactly this directory.
    pub fn on(&self, path: &Path) -> Option<&str> {
        // The last mount on a place covers the ones before.
        self.all.iter().rfind(|(place, _)| place == path).map(|(_, kind)| kind.as_str())
    }

    /// The mount that holds this path, with its type.
    pub fn of(&self, path: &Path) -> Option<(&Path, &str)> {
        let holding = self.all.iter().filter(|(place, _)| path.starts_with(place));
        let deepest = holding.max_by_key(|(place, _)| place.components().count());
        deepest.map(|(place, kind)| (place.as_path(), kind.as_str()))
    }
}

/// Whether looking into such a file system may wait for somebody else.
pub(super) fn is_network(kind: &str) -> bool {
    NETWORK.contains(&kind) || kind.starts_with("fuse.") || kind == "fuse"
}

/// Blanks and the like are written `\040`.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        let (head, tail) = rest.split_at(at);
        out.push_str(head);
        let code = tail.get(1..4).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match code {
            Some(byte) => {
                out.push(char::from(byte));
                rest = tail.get(4..).unwrap_or_default();
            }
            None => {
                out.push('\\');
                rest = tail.get(1..).unwrap_or_default();
            }
        }
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read() {
        let mounts = Mounts::parse(
            "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n\
             30 27 0:9 / /srv/my\\040data rw shared:1 - nfs4 box:/x rw\n\
             31 27 0:9 / /srv rw - tmpfs a rw\n31 27 0:9 / /srv rw - xfs b rw\n",
        );
        assert_eq!(mounts.on(Path::new("/srv/my data")), Some("nfs4"));
        assert_eq!(mounts.on(Path::new("/srv/x")), None);
        assert_eq!(mounts.of(Path::new("/srv/x")), Some((Path::new("/srv"), "xfs")));
        assert_eq!(mounts.of(Path::new("/srvx")), Some((Path::new("/"), "ext4")));
        assert!(is_network("nfs4") && is_network("fuse.sshfs") && !is_network("xfs"));
    }
}
