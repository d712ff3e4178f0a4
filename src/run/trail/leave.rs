//! What every guarded call does that goes somewhere: one record is added to the file of its terminal. Whatever stands in the
//! way of that, the call goes on.

use super::place::{Dir, Opened, close};
use super::terminal::Terminal;
use crate::engine::trail::says::Said;
use crate::engine::trail::step::{LEN, Stamp, Step};

/// A file that has got this long is put aside: 4,096 calls, twice.
pub(super) const FULL: u64 = 4096 * LEN as u64;

/// Adds the record of a call. `runtime` is the value of [`VARIABLE`](super::VARIABLE), `switches` says that the call changes what
/// later ones go by. Answers the error number of what was in the way; [`None`] is no answer worth telling: there is no
/// directory, or no terminal.
pub fn leave(runtime: Option<&[u8]>, said: &Said<'_>, switches: bool) -> Result<(), Option<i32>> {
    let dir = match Dir::open(runtime.ok_or(None)?) {
        Ok(dir) => dir,
        Err(libc::ENOENT | libc::ENOTDIR) => return Err(None),
        Err(other) => return Err(Some(other)),
    };
    let terminal = Terminal::here().ok_or(None)?;
    let step = step(said, dir.secret()?, switches);
    Ok(append(&dir, &terminal, &step.bytes())?)
}

/// The record of a call, as of now.
pub fn step(said: &Said<'_>, secret: [u8; 16], switches: bool) -> Step {
    let mut others = Vec::new();
    let file = stamp(said, &mut others);
    let key = said.key(secret, &others);
    Step { at: now(), kind: said.kind(), switches, says_inside: said.says_inside, key, file }
}

fn append(dir: &Dir, terminal: &Terminal, bytes: &[u8; LEN]) -> Result<(), i32> {
    let flags = libc::O_WRONLY | libc::O_APPEND | libc::O_CREAT;
    let name = terminal.file();
    let mut file = dir.file(&name, flags)?;
    // Full, or a record was cut off by a full file system: what stands behind it would be read askew.
    if file.size >= FULL || file.size % LEN as u64 != 0 {
        // Unless another call has just done it: then a new one stands there.
        if dir.is_still(&name, file.fd) {
            let old = terminal.old_file();
            // SAFETY: both names are C strings, the directory is open.
            unsafe { libc::renameat(dir.fd(), name.as_ptr(), dir.fd(), old.as_ptr()) };
        }
        close(file.fd);
        file = dir.file(&name, flags)?;
    }
    let Opened { fd, .. } = file;
    // Beyond its limit a write does not fail: it ends the process (SIGXFSZ), and with it the harmless call.
    if !may_write() {
        close(fd);
        return Err(libc::EFBIG);
    }
    // SAFETY: the bytes are valid for their length.
    let n = unsafe { libc::write(fd, bytes.as_ptr().cast(), LEN) };
    let failed = if n < 0 { super::place::errno() } else { libc::ENOSPC };
    close(fd);
    if n == LEN as isize { Ok(()) } else { Err(failed) }
}

/// Whether files of this process may be as long as such a file gets (`ulimit -f`).
fn may_write() -> bool {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: `limit` is a valid place for one `struct rlimit`.
    let told = unsafe { libc::getrlimit(libc::RLIMIT_FSIZE, &raw mut limit) };
    told == 0 && limit.rlim_cur >= FULL + LEN as u64
}

/// Nanoseconds of the clock that goes on through sleep and that nobody sets.
pub fn now() -> u64 {
    #[cfg(target_os = "linux")]
    const CLOCK: libc::clockid_t = libc::CLOCK_BOOTTIME;
    // There it goes on while the machine sleeps (clock_gettime(3)).
    #[cfg(not(target_os = "linux"))]
    const CLOCK: libc::clockid_t = libc::CLOCK_MONOTONIC;
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place for one `struct timespec`.
    unsafe { libc::clock_gettime(CLOCK, &raw mut time) };
    #[allow(clippy::unnecessary_cast)] // the field types differ between architectures
    nanoseconds(time.tv_sec as i64, time.tv_nsec as i64)
}

/// Which file a call goes by, as it is now, and by which others.
fn stamp(said: &Said<'_>, others: &mut Vec<u64>) -> Stamp {
    let mut stamp = Stamp::default();
    let mut first = true;
    said.each_file(|path, below| {
        let file = stat(path, below);
        let (device, inode, changed) = file.unwrap_or_default();
        if std::mem::take(&mut first) {
            (stamp.device, stamp.inode) = (device, inode);
        } else {
            others.extend([device, inode]);
        }
        stamp.changed = stamp.changed.max(changed);
    });
    stamp
}

#[inline(never)]
fn stat(path: &[u8], below: &str) -> Option<(u64, u64, u64)> {
    let mut whole = Vec::with_capacity(path.len() + below.len() + 1);
    whole.extend_from_slice(path);
    whole.extend_from_slice(below.as_bytes());
    whole.push(0);
    let mut stat = std::mem::MaybeUninit::<libc::stat>::uninit();
    // SAFETY: the path ends in a null byte; `stat` is a valid place for one `struct stat`, read only when it was filled.
    let stat = unsafe {
        if libc::stat(whole.as_ptr().cast(), stat.as_mut_ptr()) != 0 {
            return None;
        }
        stat.assume_init()
    };
    #[allow(clippy::unnecessary_cast)] // the field types differ between Linux and macOS
    Some((
        stat.st_dev as u64,
        stat.st_ino as u64,
        nanoseconds(stat.st_ctime as i64, stat.st_ctime_nsec as i64),
    ))
}

fn nanoseconds(seconds: i64, rest: i64) -> u64 {
    (seconds.max(0) as u64).saturating_mul(1_000_000_000).saturating_add(rest.max(0) as u64)
}
