//! Where this guard lives: its own file, and the two binaries beside it. Never looked up on PATH, so nothing a
//! caller puts into the environment can stand in for them.

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// One file, whatever names lead to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileId {
    /// Device number.
    pub dev: u64,
    /// Inode number.
    pub ino: u64,
}

/// The kind and identity of a file behind symlinks.
#[derive(Clone, Copy, Debug)]
pub struct Meta {
    /// Which file it is.
    pub id: FileId,
    /// The type and permission bits.
    pub mode: u32,
}

impl Meta {
    /// Whether it is a regular file.
    #[allow(clippy::unnecessary_cast)] // mode_t is 16 bits wide on macOS
    pub fn is_file(&self) -> bool {
        self.mode & (libc::S_IFMT as u32) == libc::S_IFREG as u32
    }
}

/// `stat(2)` on a path that ends in a NUL byte; `Err` is the error number.
pub fn stat(path_z: &[u8]) -> Result<Meta, i32> {
    if path_z.last() != Some(&0) {
        return Err(libc::EINVAL);
    }
    let mut st = std::mem::MaybeUninit::<libc::stat>::uninit();
    // SAFETY: the path is NUL-terminated (checked above) and `st` is a valid place for one `struct stat`.
    if unsafe { libc::stat(path_z.as_ptr().cast(), st.as_mut_ptr()) } != 0 {
        return Err(errno());
    }
    // SAFETY: stat(2) returned 0, so it has filled the whole struct.
    let st = unsafe { st.assume_init() };
    #[allow(clippy::unnecessary_cast)] // the field types differ between Linux and macOS
    Ok(Meta { id: FileId { dev: st.st_dev as u64, ino: st.st_ino as u64 }, mode: st.st_mode as u32 })
}

/// The error number of the last failed call.
pub fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}

/// The real path of the running program, or `None` when the system does not tell.
pub fn own_path() -> Option<PathBuf> {
    imp::own_path().map(|bytes| PathBuf::from(OsString::from_vec(bytes)))
}

/// The full `guard` beside the running program. The file need not exist.
pub fn full_guard() -> Option<PathBuf> {
    Some(own_path()?.parent()?.join("guard"))
}

/// The files that must never be taken for the real tool: this program and the two guard binaries beside it.
pub fn selves() -> Vec<FileId> {
    let Some(mut path) = imp::own_path() else { return Vec::new() };
    let mut ids = Vec::with_capacity(3);
    let dir = path.iter().rposition(|b| *b == b'/').map_or(0, |at| at + 1);
    for name in [None, Some("guard"), Some("guard-shim")] {
        if let Some(name) = name {
            path.truncate(dir);
            path.extend_from_slice(name.as_bytes());
        }
        path.push(0);
        if let Ok(meta) = stat(&path) {
            ids.push(meta.id);
        }
    }
    // The file that runs may have been replaced since it was started; /proc still knows its inode.
    #[cfg(target_os = "linux")]
    if let Ok(meta) = stat(b"/proc/self/exe\0")
        && !ids.contains(&meta.id)
    {
        ids.push(meta.id);
    }
    ids
}

/// Reads one symlink; `None` when it is none or cannot be read.
pub fn read_link(path_z: &[u8]) -> Option<Vec<u8>> {
    if path_z.last() != Some(&0) {
        return None;
    }
    // On the stack and not cleared: this runs on every call of a guarded tool.
    let mut out = std::mem::MaybeUninit::<[u8; libc::PATH_MAX as usize]>::uninit();
    // SAFETY: the path is NUL-terminated (checked above); `out` is writable for the length given.
    let n = unsafe { libc::readlink(path_z.as_ptr().cast(), out.as_mut_ptr().cast(), size_of_val(&out)) };
    let n = usize::try_from(n).ok()?;
    // SAFETY: readlink(2) has filled the first `n` bytes, and `n` is not more than the buffer holds.
    Some(unsafe { std::slice::from_raw_parts(out.as_ptr().cast::<u8>(), n) }.to_vec())
}

/// Whether a path exists as anything at all. An error other than "not there" counts as existing: the caller then
/// looks closer instead of passing by.
pub fn may_exist(path: &Path) -> bool {
    use std::os::unix::ffi::OsStrExt;
    let mut z = Vec::with_capacity(path.as_os_str().len() + 1);
    z.extend_from_slice(path.as_os_str().as_bytes());
    z.push(0);
    !matches!(stat(&z), Err(libc::ENOENT | libc::ENOTDIR))
}

#[cfg(target_os = "linux")]
mod imp {
    use super::read_link;

    /// `/proc/self/exe`; without /proc (a bare chroot) the path the kernel was given, resolved.
    pub fn own_path() -> Option<Vec<u8>> {
        if let Some(mut path) = read_link(b"/proc/self/exe\0")
            && path.first() == Some(&b'/')
        {
            // Replaced or removed while running (an upgrade): the directory is still right.
            if let Some(kept) = path.strip_suffix(b" (deleted)").map(<[u8]>::len) {
                path.truncate(kept);
            }
            return Some(path);
        }
        // SAFETY: getauxval has no preconditions; AT_EXECFN is 0 or a C string that lives as long as the process.
        let given = unsafe { libc::getauxval(libc::AT_EXECFN) } as *const libc::c_char;
        super::resolve(given)
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    unsafe extern "C" {
        // libc marks its own declaration deprecated in favour of a crate of its own.
        fn _NSGetExecutablePath(buffer: *mut libc::c_char, size: *mut u32) -> libc::c_int;
    }

    /// `_NSGetExecutablePath` (dyld(3)), resolved: it gives the path the program was started by, symlinks and all.
    pub fn own_path() -> Option<Vec<u8>> {
        let mut buffer = vec![0 as libc::c_char; libc::PATH_MAX as usize];
        let mut size = buffer.len() as u32;
        // SAFETY: `buffer` is writable for `size` bytes; on success it holds a C string.
        if unsafe { _NSGetExecutablePath(buffer.as_mut_ptr(), &raw mut size) } != 0 {
            return None;
        }
        super::resolve(buffer.as_ptr())
    }
}

/// `realpath(3)` of a C string that may be null.
fn resolve(path: *const libc::c_char) -> Option<Vec<u8>> {
    if path.is_null() {
        return None;
    }
    let mut out = vec![0u8; libc::PATH_MAX as usize];
    // SAFETY: `path` is a C string, `out` has the PATH_MAX bytes realpath(3) asks for.
    if unsafe { libc::realpath(path, out.as_mut_ptr().cast()) }.is_null() {
        return None;
    }
    let len = out.iter().position(|b| *b == 0)?;
    out.truncate(len);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_path_is_the_test_binary_and_one_of_the_selves() {
        let path = own_path().unwrap();
        assert_eq!(path, std::env::current_exe().unwrap().canonicalize().unwrap());
        let mut z = path.into_os_string().into_vec();
        z.push(0);
        assert!(selves().contains(&stat(&z).unwrap().id));
    }

    #[test]
    fn a_path_that_cannot_be_looked_at_may_exist() {
        assert!(!may_exist(Path::new("/nonexistent/x")));
        assert!(may_exist(Path::new("/")));
        assert!(
            may_exist(Path::new(&format!("/{}", "x".repeat(300)))),
            "ENAMETOOLONG is no proof of absence"
        );
    }
}
