//! Who uses what would go: processes that have a file of it open, work in it, or run a program of it.

use crate::engine::fact::Why;
use crate::run::approval;
use crate::run::proc::{Proc, Process};
use std::collections::HashSet;
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// One process that uses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct User {
    /// The process.
    pub process: Process,
    /// What it does there, in words.
    pub how: &'static str,
    /// The path it does that with, as it knows it.
    pub path: PathBuf,
}

/// Everybody who uses it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Users {
    /// Those seen, each once.
    pub all: Vec<User>,
    /// Processes of others could not be looked at.
    pub hidden: bool,
    /// Not everything was looked at.
    pub missed: Option<Why>,
}

/// What every process uses, read once for all the paths of a call.
#[derive(Debug, Default)]
pub(super) struct Table {
    all: Vec<Uses>,
    hidden: bool,
    missed: Option<Why>,
}

#[derive(Debug)]
struct Uses {
    process: Process,
    files: Vec<Use>,
}

#[derive(Debug)]
struct Use {
    how: &'static str,
    path: PathBuf,
    /// Which file it is, where its path is that of another root directory.
    file: Option<(u64, u64)>,
}

impl Table {
    /// Reads it, without this process and those above it: the shell that calls stands in the directory as often as not.
    pub fn read(until: Instant) -> Table {
        let proc = Proc::at(Path::new("/"));
        let processes = match proc.processes() {
            Ok(processes) => processes,
            Err(why) => return Table { missed: Some(why), ..Table::default() },
        };
        let own: HashSet<u32> = approval::Process::ancestors().map(|seen| seen.process.pid).collect();
        let mut table = Table::default();
        for process in processes.into_iter().filter(|process| !own.contains(&process.pid)) {
            if Instant::now() >= until {
                table.missed = Some(Why::TimedOut);
                break;
            }
            let same_root = proc.shares_root(process.pid) != Some(false);
            match uses_of(&process, same_root) {
                Ok(files) => table.all.push(Uses { process, files }),
                Err(_) => table.hidden = true,
            }
        }
        table
    }

    /// Those who use what lies at a path or below it. `files` are known by number, for processes that live below another root
    /// directory, as in a container, and know them by other paths.
    pub fn of(&self, top: &Path, files: &HashSet<(u64, u64)>) -> Users {
        let known = |used: &&Use| match used.file {
            Some(file) => files.contains(&file),
            None => used.path.starts_with(top),
        };
        let all = self.all.iter().filter_map(|uses| {
            let used = uses.files.iter().find(known)?;
            Some(User { process: uses.process.clone(), how: used.how, path: used.path.clone() })
        });
        Users { all: all.collect(), hidden: self.hidden, missed: self.missed.clone() }
    }
}

/// What one process uses; the error of what may not be looked at. One that has ended uses nothing.
fn uses_of(process: &Process, same_root: bool) -> io::Result<Vec<Use>> {
    let dir = PathBuf::from(format!("/proc/{}", process.pid));
    let ended = |e: io::Error| match e.kind() {
        io::ErrorKind::NotFound => Ok(Vec::new()),
        _ if e.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error()) => Ok(Vec::new()),
        _ => Err(e),
    };
    let mut uses = Vec::new();
    if same_root {
        let runs =
            process.exe.iter().map(|exe| Use { how: "runs a program of it", path: exe.clone(), file: None });
        uses.extend(runs);
        match fs::read_link(dir.join("cwd")) {
            Ok(path) => uses.push(Use { how: "works in it", path, file: None }),
            Err(e) => return ended(e),
        }
    }
    let entries = match fs::read_dir(dir.join("fd")) {
        Ok(entries) => entries,
        Err(e) => return ended(e),
    };
    for entry in entries.flatten() {
        let Ok(target) = fs::read_link(entry.path()) else { continue };
        // Not sockets and pipes, which have no path.
        if !target.as_os_str().as_bytes().starts_with(b"/") {
            continue;
        }
        let id = || fs::metadata(entry.path()).ok().map(|meta| (meta.dev(), meta.ino()));
        match if same_root { None } else { Some(id()) } {
            Some(None) => {}
            file => uses.push(Use { how: "has files of it open", path: whole(target), file: file.flatten() }),
        }
    }
    Ok(uses)
}

/// A link to a file that is gone says so at its end.
fn whole(path: PathBuf) -> PathBuf {
    match path.as_os_str().as_bytes().strip_suffix(b" (deleted)") {
        Some(kept) => PathBuf::from(std::ffi::OsString::from_vec(kept.to_vec())),
        None => path,
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use std::process::{Child, Command, Stdio};
    use std::time::Duration;

    struct Ended(Child);

    impl Drop for Ended {
        fn drop(&mut self) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }

    #[test]
    fn who_has_a_file_open_and_who_works_there() {
        let dir = tempfile::tempdir().unwrap();
        let top = dir.path().canonicalize().unwrap();
        let (works, open) = (top.join("works"), top.join("open"));
        fs::create_dir(&works).unwrap();
        fs::create_dir(&open).unwrap();
        let start = |cwd: &Path, input: Stdio| {
            Ended(Command::new("sleep").arg("60").current_dir(cwd).stdin(input).spawn().unwrap())
        };
        let file = fs::File::create_new(open.join("f")).unwrap();
        let (one, two) = (start(&works, Stdio::null()), start(Path::new("/"), Stdio::from(file)));
        let users_of = |path: &Path| {
            let users = Table::read(Instant::now() + Duration::from_secs(20)).of(path, &HashSet::new());
            users.all.iter().map(|user| (user.process.pid, user.how)).collect::<Vec<_>>()
        };
        assert_eq!(users_of(&works), [(one.0.id(), "works in it")]);
        assert_eq!(users_of(&open), [(two.0.id(), "has files of it open")]);
        assert_eq!(users_of(&top).len(), 2);
        assert!(users_of(&top.join("none")).is_empty());
        let late = Table::read(Instant::now()).of(&top, &HashSet::new());
        assert_eq!(late.missed, Some(Why::TimedOut));
    }
}
