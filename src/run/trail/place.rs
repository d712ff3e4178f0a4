//! The directory, held open: everything in it is opened through it, so that it is one directory from first to last.

use std::ffi::CStr;

/// The variable that says where the directory of this user's session is.
pub const VARIABLE: &str = if cfg!(target_os = "macos") { "TMPDIR" } else { "XDG_RUNTIME_DIR" };

/// Where it is below that.
pub const BELOW: &str = "guard/where";

/// The directory of the memory, open.
#[derive(Debug)]
pub struct Dir(i32);

/// What `fstat(2)` says of a file that may be used.
pub(super) struct Opened {
    /// The descriptor.
    pub fd: i32,
    /// How long it is.
    pub size: u64,
}

impl Dir {
    /// Opens it, when it is there and nobody else can have put anything into it; the value is the variable's. The error is the
    /// system's number, `EPERM` for a directory that is somebody else's or open to others.
    pub fn open(runtime: &[u8]) -> Result<Dir, i32> {
        if runtime.first() != Some(&b'/') {
            return Err(libc::ENOENT);
        }
        let mut path = Vec::with_capacity(runtime.len() + BELOW.len() + 2);
        path.extend_from_slice(runtime);
        path.push(b'/');
        path.extend_from_slice(BELOW.as_bytes());
        path.push(0);
        if path.iter().position(|b| *b == 0) != Some(path.len() - 1) {
            return Err(libc::ENOENT);
        }
        let flags = libc::O_RDONLY | libc::O_DIRECTORY | libc::O_NOFOLLOW | libc::O_CLOEXEC;
        // SAFETY: the path is a C string.
        let fd = unsafe { libc::open(path.as_ptr().cast(), flags) };
        if fd < 0 {
            return Err(errno());
        }
        let dir = Dir(fd);
        let stat = fstat(fd)?;
        #[allow(clippy::unnecessary_cast)] // mode_t is 16 bits wide on macOS
        let private = stat.st_mode as u32 & 0o077 == 0;
        // SAFETY: geteuid(2) has no preconditions.
        if private && stat.st_uid == unsafe { libc::geteuid() } { Ok(dir) } else { Err(libc::EPERM) }
    }

    /// Opens a file in it that is one, and nothing else: no link, no pipe, nothing somebody else owns.
    #[inline(never)]
    pub(super) fn file(&self, name: &CStr, flags: i32) -> Result<Opened, i32> {
        // A pipe is not waited for.
        let flags = flags | libc::O_NOFOLLOW | libc::O_NONBLOCK | libc::O_CLOEXEC;
        // SAFETY: the name is a C string; the directory is open as long as `self` is.
        let fd = unsafe { libc::openat(self.0, name.as_ptr(), flags, 0o600) };
        if fd < 0 {
            return Err(errno());
        }
        let own = fstat(fd).and_then(|stat| {
            #[allow(clippy::unnecessary_cast)] // mode_t is 16 bits wide on macOS
            let is_file = stat.st_mode as u32 & libc::S_IFMT as u32 == libc::S_IFREG as u32;
            // SAFETY: geteuid(2) has no preconditions.
            let own = is_file && stat.st_uid == unsafe { libc::geteuid() };
            if own {
                Ok(Opened { fd, size: u64::try_from(stat.st_size).unwrap_or(0) })
            } else {
                Err(libc::EPERM)
            }
        });
        if own.is_err() {
            close(fd);
        }
        own
    }

    /// Whether this name is still that of the file that is open.
    pub(super) fn is_still(&self, name: &CStr, fd: i32) -> bool {
        let mut named = std::mem::MaybeUninit::<libc::stat>::uninit();
        // SAFETY: the name is a C string; `named` is a valid place for one `struct stat`, read only when it was filled.
        let named = unsafe {
            let flags = libc::AT_SYMLINK_NOFOLLOW;
            if libc::fstatat(self.0, name.as_ptr(), named.as_mut_ptr(), flags) != 0 {
                return false;
            }
            named.assume_init()
        };
        fstat(fd).is_ok_and(|open| (open.st_dev, open.st_ino) == (named.st_dev, named.st_ino))
    }

    /// The key of the hashes.
    pub fn secret(&self) -> Result<[u8; 16], i32> {
        let Opened { fd, .. } = self.file(c"key", libc::O_RDONLY)?;
        let mut key = [0u8; 16];
        // SAFETY: `key` is writable for its length.
        let n = unsafe { libc::read(fd, key.as_mut_ptr().cast(), key.len()) };
        close(fd);
        if n == 16 { Ok(key) } else { Err(libc::ENODATA) }
    }

    /// The end of a file in it, at most so many bytes.
    #[cfg(feature = "cli")]
    pub(super) fn tail(&self, name: &CStr, most: u64) -> Result<Vec<u8>, i32> {
        use std::io::{Read as _, Seek as _, SeekFrom};
        use std::os::fd::FromRawFd as _;
        let Opened { fd, size } = self.file(name, libc::O_RDONLY)?;
        // SAFETY: the descriptor was opened right here and belongs to nobody else.
        let mut file = unsafe { std::fs::File::from_raw_fd(fd) };
        let mut bytes = Vec::new();
        let read = file
            .seek(SeekFrom::Start(size.saturating_sub(most)))
            .and_then(|_| file.take(most).read_to_end(&mut bytes));
        read.map(|_| bytes).map_err(|e| e.raw_os_error().unwrap_or(libc::EIO))
    }

    /// The descriptor.
    pub(super) fn fd(&self) -> i32 {
        self.0
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        close(self.0);
    }
}

pub(super) fn close(fd: i32) {
    // SAFETY: whoever calls this owns the descriptor.
    unsafe { libc::close(fd) };
}

pub(super) fn errno() -> i32 {
    crate::run::self_path::errno()
}

pub(super) fn fstat(fd: i32) -> Result<libc::stat, i32> {
    let mut stat = std::mem::MaybeUninit::<libc::stat>::uninit();
    // SAFETY: `stat` is a valid place for one `struct stat`; it is only read when the call filled it.
    match unsafe { libc::fstat(fd, stat.as_mut_ptr()) } {
        // SAFETY: as above.
        0 => Ok(unsafe { stat.assume_init() }),
        _ => Err(errno()),
    }
}
