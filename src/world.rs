//! The one seam to the process: environment variables, working directory, home. Everything that resolves a target
//! asks a [`World`], so a test can hand in any world without touching its own process.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

/// What a process can see of itself, taken once.
#[derive(Clone, Debug, Default)]
pub struct World {
    vars: Vec<(OsString, OsString)>,
    cwd: PathBuf,
    /// Directory that stands in for `/` when well-known absolute paths are read (`/etc/guard`,
    /// `/var/run/secrets/…`); empty in production, a scratch directory in tests.
    root: Option<PathBuf>,
}

impl World {
    /// This process as it is now.
    pub fn of_process() -> World {
        World {
            vars: std::env::vars_os().collect(),
            cwd: std::env::current_dir().unwrap_or_default(),
            root: None,
        }
    }

    /// A made-up world.
    pub fn of(vars: &[(&str, &str)], cwd: impl Into<PathBuf>) -> World {
        World {
            vars: vars.iter().map(|(k, v)| (OsString::from(k), OsString::from(v))).collect(),
            cwd: cwd.into(),
            root: None,
        }
    }

    /// The same world with well-known absolute paths looked up below `root`.
    #[must_use]
    pub fn with_root(mut self, root: impl Into<PathBuf>) -> World {
        self.root = Some(root.into());
        self
    }

    /// The same world with a variable set.
    #[must_use]
    pub fn with_var(mut self, name: &str, value: impl Into<OsString>) -> World {
        self.vars.retain(|(k, _)| k != name);
        self.vars.push((name.into(), value.into()));
        self
    }

    /// The same world without a variable.
    #[must_use]
    pub fn without_var(mut self, name: &str) -> World {
        self.vars.retain(|(k, _)| k != name);
        self
    }

    /// A variable, also when it is empty. With duplicate names the first counts, as `getenv` does.
    pub fn var(&self, name: &str) -> Option<&OsStr> {
        self.vars.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_os_str())
    }

    /// A variable that is set and not empty.
    pub fn set_var(&self, name: &str) -> Option<&OsStr> {
        self.var(name).filter(|v| !v.is_empty())
    }

    /// All variables, in their order.
    pub fn vars(&self) -> &[(OsString, OsString)] {
        &self.vars
    }

    /// The working directory.
    pub fn cwd(&self) -> &Path {
        &self.cwd
    }

    /// The home directory as the tools see it: `$HOME` when it is not empty.
    pub fn home(&self) -> Option<PathBuf> {
        self.set_var("HOME").map(PathBuf::from)
    }

    /// A well-known absolute path, below the test root if there is one.
    pub fn absolute(&self, path: &str) -> PathBuf {
        match &self.root {
            Some(root) => root.join(path.trim_start_matches('/')),
            None => PathBuf::from(path),
        }
    }

    /// True when well-known paths are looked up below a test's root.
    pub fn is_made_up(&self) -> bool {
        self.root.is_some()
    }

    /// A path as the process would open it: relative ones start at the working directory.
    pub fn at(&self, path: impl AsRef<Path>) -> PathBuf {
        self.cwd.join(path)
    }
}
