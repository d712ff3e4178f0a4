//! A way past `~/.aws/cli/alias`: no option and no variable moves that file, only the home does (`awscli/clidriver.py`
//! and `alias.py` of both versions). An alias `sts = !…` would answer guard's own question, and its shell line would run
//! before any answer of the person's. So guard's own calls get a home that holds everything but that one file.

use std::ffi::OsStr;
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A home without aliases; it goes with this.
#[derive(Debug)]
pub(super) struct Past(PathBuf);

impl Past {
    /// Everything of this home as it is, but for the alias file.
    pub(super) fn of(home: &Path, scratch: &Path) -> io::Result<Past> {
        // What the CLI keeps there (sessions of roles, which may have cost a code of the person's) has to be kept.
        match std::fs::create_dir(home.join(".aws/cli/cache")) {
            Err(e) if e.kind() != io::ErrorKind::AlreadyExists => return Err(e),
            _ => {}
        }
        let past = Past::empty(scratch)?;
        mirror(home, &past.0, OsStr::new(".aws"))?;
        let own = past.0.join(".aws");
        dir(&own)?;
        mirror(&home.join(".aws"), &own, OsStr::new("cli"))?;
        let cli = own.join("cli");
        dir(&cli)?;
        mirror(&home.join(".aws/cli"), &cli, OsStr::new("alias"))?;
        Ok(past)
    }

    /// The directory to be `HOME`.
    pub(super) fn home(&self) -> &Path {
        &self.0
    }

    fn empty(scratch: &Path) -> io::Result<Past> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let mut tries = 0;
        loop {
            let nth = COUNT.fetch_add(1, Ordering::Relaxed);
            let at = scratch.join(format!("guard-home-{}-{nth}", std::process::id()));
            match dir(&at) {
                // What an ended guard left, or somebody else put there: the next name.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists && tries < 100 => tries += 1,
                made => return made.map(|()| Past(at)),
            }
        }
    }
}

impl Drop for Past {
    fn drop(&mut self) {
        // Links are taken away, never followed.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A new directory of nobody else's; one that is there is an error.
fn dir(at: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().mode(0o700).create(at)
}

/// A link to everything in `from`, but for one name.
fn mirror(from: &Path, to: &Path, but: &OsStr) -> io::Result<()> {
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        if entry.file_name() != but {
            symlink(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn everything_but_the_aliases_is_there() {
        let dir = tempfile::tempdir().unwrap();
        let (home, scratch) = (dir.path().join("home"), dir.path().join("scratch"));
        for path in [".aws/cli", ".aws/sso/cache", "bin"] {
            fs::create_dir_all(home.join(path)).unwrap();
        }
        fs::create_dir(&scratch).unwrap();
        for path in [".aws/cli/alias", ".aws/config", ".aws/sso/cache/t", "bin/tool", ".boto"] {
            fs::write(home.join(path), path).unwrap();
        }
        let past = Past::of(&home, &scratch).unwrap();
        for path in [".aws/config", ".aws/sso/cache/t", "bin/tool", ".boto"] {
            assert_eq!(fs::read_to_string(past.home().join(path)).unwrap(), path);
        }
        assert!(!past.home().join(".aws/cli/alias").exists());
        // What the CLI remembers there is remembered.
        fs::write(past.home().join(".aws/cli/cache/role.json"), "x").unwrap();
        assert!(home.join(".aws/cli/cache/role.json").exists());
        let other = Past::of(&home, &scratch).unwrap();
        assert_ne!(other.home(), past.home());
        drop((past, other));
        assert_eq!(fs::read_dir(&scratch).unwrap().count(), 0);
        assert!(home.join(".aws/cli/alias").exists() && home.join("bin/tool").exists());
    }

    #[test]
    fn without_a_home_there_is_no_way_past() {
        let dir = tempfile::tempdir().unwrap();
        assert!(Past::of(&dir.path().join("none"), dir.path()).is_err());
        assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 0);
    }
}
