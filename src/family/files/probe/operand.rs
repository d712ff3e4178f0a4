//! What stands at each path that `rm` is given, and what of it `rm` would take (coreutils 9.1, `src/remove.c`, tried on Debian 12):
//! a link goes and not what it leads to, but for `link/` with `-r`, which empties the directory behind it; `.` and `..` are
//! refused; a directory stays without `-r`, and with `-d` when it is not empty.

use crate::engine::fact::Why;
use crate::engine::files::grammar::Rm;
use crate::engine::files::pass::{joined, split};
use crate::world::World;
use rustix::fs::{Access, AtFlags, CWD, accessat};
use rustix::io::Errno;
use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, Metadata};
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::FileTypeExt;
use std::path::{Path, PathBuf};

/// One path of the command.
#[derive(Debug)]
pub(super) struct Operand {
    /// Where it really lies: the links of its directory followed, its own not.
    pub path: PathBuf,
    /// What is there.
    pub what: What,
}

/// What is there, and goes.
#[derive(Debug)]
pub(super) enum What {
    /// Nothing goes, and this is why.
    Nothing(&'static str),
    /// A link, which goes alone.
    Link(Option<PathBuf>),
    /// A file.
    File(Metadata),
    /// A directory with all that is in it.
    Directory(Metadata),
    /// A directory that is empty.
    Empty,
    /// A socket, a pipe, a device.
    Other(&'static str),
    /// It could not be looked at.
    Hidden(Why),
}

/// Looks at each path once, in the order given.
pub(super) fn look(rm: &Rm<'_>, world: &World) -> Vec<Operand> {
    let mut seen = HashSet::new();
    let all = rm.operands.iter().filter(|word| !word.is_empty()).map(|word| one(word, rm, world));
    all.filter(|operand| seen.insert(operand.path.clone())).collect()
}

fn one(word: &[u8], rm: &Rm<'_>, world: &World) -> Operand {
    if !word.starts_with(b"/") && !world.cwd().is_dir() {
        // Its `..` still leads somewhere, and its old path may be another directory's by now.
        let path = PathBuf::from(OsStr::from_bytes(word));
        return Operand {
            path,
            what: What::Hidden(Why::Failed("the working directory was deleted".to_owned())),
        };
    }
    let full = world.at(OsStr::from_bytes(word)).into_os_string().into_vec();
    let bare = match full.iter().rposition(|b| *b != b'/') {
        Some(last) => full.get(..=last).unwrap_or(&full),
        None => return at_root(rm),
    };
    let slashed = bare.len() < full.len();
    let (dir, name) = split(bare);
    let given = |what| Operand { path: PathBuf::from(OsString::from_vec(bare.to_vec())), what };
    if matches!(name, b"." | b"..") {
        return given(What::Nothing("rm refuses . and .."));
    }
    let parent = match fs::canonicalize(OsStr::from_bytes(dir)) {
        Ok(parent) => parent,
        Err(e) => return given(unseen(&e)),
    };
    let path = PathBuf::from(OsString::from_vec(joined(parent.as_os_str().as_bytes(), name)));
    let meta = match fs::symlink_metadata(&path) {
        Ok(meta) => meta,
        Err(e) => return Operand { what: unseen(&e), path },
    };
    if slashed && meta.is_symlink() {
        return behind(path, rm);
    }
    let what = match meta.file_type() {
        kind if kind.is_dir() => directory(&path, meta, rm),
        _ if slashed => What::Nothing("no directory, as the slash behind it says"),
        kind if kind.is_symlink() => What::Link(fs::canonicalize(&path).ok()),
        kind if kind.is_file() => What::File(meta),
        kind if kind.is_socket() => What::Other("socket"),
        kind if kind.is_fifo() => What::Other("pipe"),
        _ => What::Other("device"),
    };
    let alone = !matches!(what, What::Directory(_) | What::Nothing(_));
    let what = if alone && is_kept_from(&parent) { What::Nothing("you may not remove it") } else { what };
    Operand { path, what }
}

/// `link/`: the directory behind it is emptied and stays, the link stays.
fn behind(link: PathBuf, rm: &Rm<'_>) -> Operand {
    let found = fs::canonicalize(&link).and_then(|path| Ok((fs::metadata(&path)?, path)));
    match found {
        Ok((meta, path)) if meta.is_dir() && rm.recursive => {
            let what = if is_empty(&path) {
                What::Nothing("rm does not take a link by its slash")
            } else {
                What::Directory(meta)
            };
            Operand { path, what }
        }
        Ok(_) => Operand { path: link, what: What::Nothing("rm does not take a link by its slash") },
        Err(e) => Operand { path: link, what: unseen(&e) },
    }
}

fn at_root(rm: &Rm<'_>) -> Operand {
    let path = PathBuf::from("/");
    let what = match fs::metadata(&path) {
        // That rm refuses it by itself is no reason to say that nothing goes: others do not.
        Ok(meta) => directory(&path, meta, rm),
        Err(e) => unseen(&e),
    };
    Operand { path, what }
}

fn directory(path: &Path, meta: Metadata, rm: &Rm<'_>) -> What {
    let empty = is_empty(path);
    match (rm.recursive, rm.directories) {
        (false, false) => What::Nothing("a directory, which stays without -r"),
        (false, true) if !empty => What::Nothing("a directory that is not empty, which stays without -r"),
        _ if empty => What::Empty,
        _ => What::Directory(meta),
    }
}

fn is_empty(path: &Path) -> bool {
    fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none())
}

fn unseen(error: &io::Error) -> What {
    match error.raw_os_error() {
        Some(code) if code == Errno::NOENT.raw_os_error() || code == Errno::NOTDIR.raw_os_error() => {
            What::Nothing("nothing is there")
        }
        _ => What::Hidden(why(error)),
    }
}

/// Why something could not be looked at.
pub(super) fn why(error: &io::Error) -> Why {
    match error.kind() {
        io::ErrorKind::PermissionDenied => Why::Forbidden,
        _ => Why::Failed(error.to_string()),
    }
}

/// Whether this user can take nothing out of a directory. Anything but a plain no counts as a yes.
fn is_kept_from(dir: &Path) -> bool {
    let no = [Errno::ACCESS, Errno::PERM, Errno::ROFS];
    let wanted = Access::WRITE_OK | Access::EXEC_OK;
    accessat(CWD, dir, wanted, AtFlags::EACCESS).is_err_and(|errno| no.contains(&errno))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn shown(line: &str, dir: &Path) -> String {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let world = World::of(&[], dir);
        let one = |o: &Operand| {
            let path = o.path.strip_prefix(dir).unwrap_or(&o.path).display().to_string();
            let what = match &o.what {
                What::Nothing(_) => "-",
                What::Link(_) => "link",
                What::File(_) => "file",
                What::Directory(_) => "directory",
                What::Empty => "empty",
                What::Other(what) => what,
                What::Hidden(_) => "?",
            };
            format!("{path}:{what}")
        };
        look(&Rm::read(&words, false), &world).iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn what_goes_is_what_rm_takes() {
        let dir = tempfile::tempdir().unwrap();
        let dir = dir.path().canonicalize().unwrap();
        for name in ["d/e", "empty"] {
            fs::create_dir_all(dir.join(name)).unwrap();
        }
        for name in ["f", "d/f"] {
            fs::write(dir.join(name), "x").unwrap();
        }
        for (to, at) in
            [("d", "l"), ("f", "lf"), ("none", "dangling"), ("../../d", "d/e/up"), ("empty", "le")]
        {
            symlink(to, dir.join(at)).unwrap();
        }
        let _socket = std::os::unix::net::UnixListener::bind(dir.join("s")).unwrap();
        for (line, want) in [
            ("f none", "f:file none:-"),
            ("f ./f", "f:file"),
            ("d", "d:-"),
            ("-r d", "d:directory"),
            ("-r d/", "d:directory"),
            ("-d d", "d:-"),
            ("-d empty", "empty:empty"),
            ("-r empty", "empty:empty"),
            ("empty", "empty:-"),
            ("l", "l:link"),
            ("-r l", "l:link"),
            ("l/", "l:-"),
            ("-r l/", "d:directory"),
            ("-r le/", "empty:-"),
            ("-r d/e/up/f", "d/f:file"),
            ("lf/", "lf:-"),
            ("f/", "f:-"),
            ("f/x", "f/x:-"),
            ("dangling", "dangling:link"),
            ("-rf . d/..", ":- d/..:-"),
            ("s", "s:socket"),
            ("-r /", "/:directory"),
            ("/", "/:-"),
        ] {
            assert_eq!(shown(line, &dir), want, "{line}");
        }
    }
}
