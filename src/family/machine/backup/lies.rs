//! Where a copy on this machine lies, and with what it goes: the very command, the disk, the host, or nothing of these.

use crate::engine::backup::{Fate, Stored};
use crate::family::machine::links::below;
use crate::run::mounts::{Mount, Mounts};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// What decides where a copy lies.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// The system below.
    pub root: &'a Path,
    /// What is mounted where.
    pub mounts: &'a Mounts,
    /// What the command takes away, as the system below `root` names it.
    pub going: &'a [PathBuf],
}

impl Ground<'_> {
    /// Where a file lies that is a copy of what these directories hold.
    pub fn stored(&self, file: &Path, data: &[&Path]) -> Stored {
        let at = file.display().to_string();
        let real = std::fs::canonicalize(below(self.root, file)).unwrap_or_else(|_| below(self.root, file));
        let inside = |dir: &Path| {
            let dir = std::fs::canonicalize(below(self.root, dir)).unwrap_or_else(|_| below(self.root, dir));
            real.starts_with(dir)
        };
        if let Some(dir) = self.going.iter().find(|dir| inside(dir)) {
            let because = format!("it lies in {}", dir.display());
            return Stored { at, fate: Fate::Command, because, unreachable: None };
        }
        let mount = self.mounts.of(&real);
        // A file system of another machine is another host; of a process nobody knows.
        let fate = match mount {
            Some(mount) if mount.kind.starts_with("fuse") || mount.kind == "autofs" => Fate::Unknown,
            Some(mount) if Mount::is_elsewhere(mount) => Fate::Nothing,
            _ => {
                let device = |path: &Path| std::fs::metadata(path).ok().map(|meta| meta.dev());
                let own = device(&real);
                let same = data.iter().any(|dir| own.is_some() && device(&below(self.root, dir)) == own);
                if same { Fate::Storage } else { Fate::Host }
            }
        };
        Stored { at, fate, because: String::new(), unreachable: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_in_what_goes_goes_with_it() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(dir.path().join("srv/pg/dumps")).unwrap();
        std::fs::create_dir_all(dir.path().join("var/backups")).unwrap();
        for file in ["srv/pg/dumps/x.dump", "var/backups/y.dump"] {
            std::fs::write(dir.path().join(file), "x").unwrap();
        }
        std::os::unix::fs::symlink(dir.path().join("srv/pg/dumps"), dir.path().join("var/link")).unwrap();
        let mounts = Mounts::default();
        let going = [PathBuf::from("/srv/pg")];
        let ground = Ground { root: dir.path(), mounts: &mounts, going: &going };
        let fate = |file: &str| ground.stored(Path::new(file), &[Path::new("/srv/pg")]).fate;
        assert_eq!(fate("/srv/pg/dumps/x.dump"), Fate::Command);
        assert_eq!(fate("/var/link/x.dump"), Fate::Command, "by way of a link");
        assert_eq!(fate("/var/backups/y.dump"), Fate::Storage);
        assert_eq!(ground.stored(Path::new("/var/backups/y.dump"), &[]).fate, Fate::Host);
    }
}
