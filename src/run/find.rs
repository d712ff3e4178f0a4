//! Finding the real tool: PATH walked as `execvp` walks it, minus everything that is guard.

use super::names;
use crate::engine::escape::escape;
use crate::fail::{Fail, Kind};
use crate::run::elf_note;
use crate::run::self_path::{self, FileId};
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// Where `execvp` looks when PATH is unset (musl's list; glibc leaves the first out).
const DEFAULT_PATH: &[u8] = b"/usr/local/bin:/bin:/usr/bin";

/// What is to be found, and what must not be.
#[derive(Clone, Copy, Debug)]
pub struct Lookup<'a> {
    /// The file name: `kubectl`.
    pub tool: &'a [u8],
    /// `$PATH` as it stands; `None` when it is unset.
    pub path: Option<&'a OsStr>,
    /// The files of this guard ([`self_path::selves`]).
    pub selves: &'a [FileId],
    /// Directories that hold shims by their own record; passed over unread.
    pub shim_dirs: &'a [&'a Path],
    /// The tool as policy names it (`tools.kubectl.path`); PATH is then not searched.
    pub fixed: Option<&'a Path>,
}

/// Why a place was passed over. What is simply not there is not listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// An empty PATH entry means the working directory; never searched.
    Empty,
    /// A PATH entry that does not start at `/` depends on the working directory; never searched.
    Relative,
    /// A shim directory by the record of its installation.
    ShimDir,
    /// This guard, or a guard: same file, a link to one, or a file with guard's mark.
    Guard,
    /// A directory, device or pipe.
    NotAFile,
    /// A file without permission to execute it.
    NotExecutable,
    /// Nothing there.
    Missing,
    /// It could not be looked at.
    Unreadable(i32),
}

/// A lookup that found nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotFound {
    /// The file name looked for.
    pub tool: Vec<u8>,
    /// The directories searched, in order.
    pub searched: Vec<Vec<u8>>,
    /// What was passed over, and why.
    pub skipped: Vec<(Vec<u8>, Why)>,
}

/// Finds the real tool on `path`. See [`lookup`] for the rest of the knobs.
pub fn find(tool: &[u8], path: Option<&OsStr>, selves: &[FileId]) -> Result<PathBuf, NotFound> {
    lookup(&Lookup { tool, path, selves, shim_dirs: &[], fixed: None })
}

/// Finds the real tool.
pub fn lookup(what: &Lookup<'_>) -> Result<PathBuf, NotFound> {
    let mut skipped = Vec::new();
    if let Some(fixed) = what.fixed {
        let mut z = fixed.as_os_str().as_bytes().to_vec();
        z.push(0);
        let why = if fixed.is_absolute() { judge(&mut z, what.selves) } else { Some(Why::Relative) };
        return match why {
            None => Ok(fixed.to_path_buf()),
            Some(why) => {
                z.pop();
                Err(NotFound { tool: what.tool.to_vec(), searched: Vec::new(), skipped: vec![(z, why)] })
            }
        };
    }
    let path = what.path.map_or(DEFAULT_PATH, OsStrExt::as_bytes);
    let mut candidate: Vec<u8> = Vec::with_capacity(256);
    for dir in path.split(|b| *b == b':') {
        if dir.first() != Some(&b'/') {
            skipped.push((dir.to_vec(), if dir.is_empty() { Why::Empty } else { Why::Relative }));
            continue;
        }
        if !what.shim_dirs.is_empty() && is_one_of(dir, what.shim_dirs) {
            skipped.push((dir.to_vec(), Why::ShimDir));
            continue;
        }
        candidate.clear();
        candidate.extend_from_slice(dir);
        if !dir.ends_with(b"/") {
            candidate.push(b'/');
        }
        candidate.extend_from_slice(what.tool);
        candidate.push(0);
        match judge(&mut candidate, what.selves) {
            None => {
                candidate.pop();
                return Ok(PathBuf::from(OsString::from_vec(candidate)));
            }
            Some(Why::Missing) => {}
            Some(why) => {
                candidate.pop();
                skipped.push((candidate.clone(), why));
            }
        }
    }
    let searched =
        path.split(|b| *b == b':').filter(|d| d.first() == Some(&b'/')).map(<[u8]>::to_vec).collect();
    Err(NotFound { tool: what.tool.to_vec(), searched, skipped })
}

/// Whether a candidate is the real tool (`None`), or why not. The path ends in a NUL byte.
fn judge(candidate: &mut [u8], selves: &[FileId]) -> Option<Why> {
    let meta = match self_path::stat(candidate) {
        Ok(meta) => meta,
        Err(libc::ENOENT | libc::ENOTDIR) => return Some(Why::Missing),
        Err(errno) => return Some(Why::Unreadable(errno)),
    };
    if !meta.is_file() {
        return Some(Why::NotAFile);
    }
    if selves.contains(&meta.id) {
        return Some(Why::Guard);
    }
    // SAFETY: `stat` above accepted the path, so it is NUL-terminated.
    if unsafe { libc::access(candidate.as_ptr().cast(), libc::X_OK) } != 0 {
        return Some(Why::NotExecutable);
    }
    if links_to_guard(candidate) || elf_note::is_marked(candidate) {
        return Some(Why::Guard);
    }
    None
}

/// Whether a chain of symlinks ends at (or passes) a file called `guard` or `guard-shim`: a guard of another build or
/// place, even one whose file cannot be read.
fn links_to_guard(candidate: &[u8]) -> bool {
    let mut at = candidate.to_vec();
    // The kernel gives up after 40 links; so does this.
    for _ in 0..40 {
        let Some(target) = self_path::read_link(&at) else { return false };
        if names::OWN.contains(&names::basename(&target)) {
            return true;
        }
        if target.first() == Some(&b'/') {
            at.clear();
        } else {
            let dir = at.iter().rposition(|b| *b == b'/').map_or(0, |slash| slash + 1);
            at.truncate(dir);
        }
        at.extend_from_slice(&target);
        at.push(0);
    }
    false
}

/// Whether two spellings name one directory: byte for byte up to trailing slashes, or by identity.
fn is_one_of(dir: &[u8], recorded: &[&Path]) -> bool {
    let id = |bytes: &[u8]| {
        let mut z = bytes.to_vec();
        z.push(0);
        self_path::stat(&z).ok().map(|m| m.id)
    };
    let own = id(dir);
    recorded.iter().any(|r| {
        let r = r.as_os_str().as_bytes();
        trim(r) == trim(dir) || (own.is_some() && own == id(r))
    })
}

fn trim(dir: &[u8]) -> &[u8] {
    let len = dir.iter().rposition(|b| *b != b'/').map_or(0, |last| last + 1);
    dir.get(..len).unwrap_or(dir)
}

impl Why {
    fn text(self) -> String {
        match self {
            Why::Empty => "an empty PATH entry is the working directory and is not searched".into(),
            Why::Relative => "not an absolute path, not searched".into(),
            Why::ShimDir => "guard's shim directory".into(),
            Why::Guard => "that is guard itself".into(),
            Why::NotAFile => "not a regular file".into(),
            Why::NotExecutable => "no permission to execute it".into(),
            Why::Missing => "not there".into(),
            Why::Unreadable(errno) => std::io::Error::from_raw_os_error(errno).to_string(),
        }
    }
}

impl From<NotFound> for Fail {
    /// 126 when a file was found that may not be executed, else 127, as shells have it.
    fn from(missing: NotFound) -> Fail {
        let tool = escape(&missing.tool);
        let blocked = missing.skipped.iter().any(|(_, why)| {
            matches!(why, Why::NotExecutable | Why::NotAFile) || *why == Why::Unreadable(libc::EACCES)
        });
        let (kind, what) = if blocked {
            (Kind::NotExecutable, format!("the real {tool} cannot be executed"))
        } else {
            (Kind::NotFound, format!("the real {tool} was not found"))
        };
        let mut fail = Fail::new(kind, what);
        if !missing.searched.is_empty() {
            let dirs: Vec<String> = missing.searched.iter().map(|d| escape(d)).collect();
            fail = fail.because(format!("looked in {}", dirs.join(", ")));
        }
        for (path, why) in &missing.skipped {
            let path = if path.is_empty() { String::new() } else { format!("{}: ", escape(path)) };
            fail = fail.because(format!("{path}{}", why.text()));
        }
        if missing.searched.is_empty() && !missing.skipped.is_empty() {
            return fail.help(format!("correct the path of {tool}"));
        }
        fail.help(format!("install {tool}, or put its directory on PATH after guard's shims"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::Exit;
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};

    struct Dirs(tempfile::TempDir);

    impl Dirs {
        fn new() -> Dirs {
            Dirs(tempfile::tempdir().unwrap())
        }
        fn dir(&self, name: &str) -> PathBuf {
            let dir = self.0.path().join(name);
            fs::create_dir_all(&dir).unwrap();
            dir
        }
        fn tool(&self, dir: &str, mode: u32) -> PathBuf {
            let file = self.dir(dir).join("kubectl");
            fs::write(&file, "#!/bin/sh\n").unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            file
        }
        fn path(&self, dirs: &[&str]) -> OsString {
            std::env::join_paths(dirs.iter().map(|d| self.dir(d))).unwrap()
        }
    }

    #[test]
    fn the_first_executable_file_counts() {
        let d = Dirs::new();
        d.tool("b", 0o755);
        d.tool("c", 0o755);
        assert_eq!(
            find(b"kubectl", Some(&d.path(&["a", "b", "c"])), &[]).unwrap(),
            d.dir("b").join("kubectl")
        );
    }

    #[test]
    fn directories_and_files_that_cannot_run_are_passed_over() {
        let d = Dirs::new();
        fs::create_dir(d.dir("a").join("kubectl")).unwrap();
        d.tool("b", 0o644);
        d.tool("c", 0o755);
        let path = d.path(&["a", "b", "c"]);
        assert_eq!(find(b"kubectl", Some(&path), &[]).unwrap(), d.dir("c").join("kubectl"));
        let fail = Fail::from(find(b"kubectl", Some(&d.path(&["a", "b"])), &[]).unwrap_err());
        assert_eq!(fail.exit(), Exit::NotExecutable);
        assert!(fail.to_string().contains("no permission to execute it"), "{fail}");
        let fail = Fail::from(find(b"kubectl", Some(&d.path(&["x"])), &[]).unwrap_err());
        assert_eq!(fail.exit(), Exit::NotFound);
    }

    #[test]
    fn empty_and_relative_entries_are_not_searched() {
        let d = Dirs::new();
        d.tool("b", 0o755);
        let err = find(b"kubectl", Some(OsStr::new(":bin:./x")), &[]).unwrap_err();
        let whys: Vec<Why> = err.skipped.iter().map(|(_, w)| *w).collect();
        assert_eq!(whys, [Why::Empty, Why::Relative, Why::Relative]);
    }

    #[test]
    fn guard_is_never_the_tool() {
        let d = Dirs::new();
        let real = d.tool("real", 0o755);
        let own = self_path::own_path().unwrap();
        // A link to this very file, a copy of a guard binary, and links to a guard of another place.
        symlink(&own, d.dir("link").join("kubectl")).unwrap();
        fs::copy(&own, d.dir("copy").join("kubectl")).unwrap();
        fs::write(d.dir("elsewhere").join("guard-shim"), "#!/bin/sh\n").unwrap();
        fs::set_permissions(d.dir("elsewhere").join("guard-shim"), fs::Permissions::from_mode(0o755))
            .unwrap();
        symlink("../elsewhere/guard-shim", d.dir("hop").join("next")).unwrap();
        symlink("next", d.dir("hop").join("kubectl")).unwrap();
        let path = d.path(&["link", "copy", "hop", "real"]);
        assert_eq!(find(b"kubectl", Some(&path), &self_path::selves()).unwrap(), real);
        let err =
            find(b"kubectl", Some(&d.path(&["link", "copy", "hop"])), &self_path::selves()).unwrap_err();
        assert!(err.skipped.iter().all(|(_, why)| *why == Why::Guard) && err.skipped.len() == 3, "{err:?}");
        assert_eq!(Fail::from(err).exit(), Exit::NotFound);
    }

    #[test]
    fn recorded_shim_directories_are_passed_over_however_they_are_spelt() {
        let d = Dirs::new();
        d.tool("shims", 0o755);
        let real = d.tool("real", 0o755);
        let shims = d.dir("shims");
        symlink(&shims, d.0.path().join("alias")).unwrap();
        let path = std::env::join_paths([&d.0.path().join("alias"), &d.dir("real")]).unwrap();
        let what =
            Lookup { tool: b"kubectl", path: Some(&path), selves: &[], shim_dirs: &[&shims], fixed: None };
        assert_eq!(lookup(&what).unwrap(), real);
    }

    #[test]
    fn a_fixed_path_beats_path_and_is_checked() {
        let d = Dirs::new();
        d.tool("b", 0o755);
        let path = d.path(&["b"]);
        let at = |fixed: &Path| {
            lookup(&Lookup {
                tool: b"kubectl",
                path: Some(&path),
                selves: &self_path::selves(),
                shim_dirs: &[],
                fixed: Some(fixed),
            })
        };
        assert_eq!(at(&d.tool("fixed", 0o755)).unwrap(), d.dir("fixed").join("kubectl"));
        assert_eq!(Fail::from(at(Path::new("/nonexistent/kubectl")).unwrap_err()).exit(), Exit::NotFound);
        assert_eq!(at(&self_path::own_path().unwrap()).unwrap_err().skipped[0].1, Why::Guard);
        assert_eq!(at(Path::new("bin/kubectl")).unwrap_err().skipped[0].1, Why::Relative);
    }

    #[test]
    fn what_is_shown_is_escaped() {
        let err = find(b"kubectl", Some(OsStr::from_bytes(b"/a\x1b[2Jb")), &[]).unwrap_err();
        assert!(Fail::from(err).to_string().contains("/a\\u{1b}[2Jb"));
    }
}
