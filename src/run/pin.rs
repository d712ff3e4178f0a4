//! Bytes that cannot change any more, behind a path the tool can open. What was judged is then what runs.
//!
//! Linux: a sealed memfd, read through `/proc/self/fd/N`; every open starts at offset 0, so a tool may read it twice.
//! macOS: opening `/dev/fd/N` shares one offset, so a second read finds nothing; there it is a private file in the
//! per-user temporary directory, swept by the next guard once its owner is gone.

use crate::fail::{Fail, Kind, Result};
use crate::run::self_path;
use std::ffi::OsString;
use std::fs::File;
use std::io::{Read, Write};
#[cfg(target_os = "linux")]
use std::os::fd::FromRawFd;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

/// The most that is read from standard input or a file. A manifest is kept in memory whole; no API server takes an
/// object above a few MiB.
pub const MAX_INPUT: u64 = 64 * 1024 * 1024;

/// Pinned bytes. The descriptor is closed on exec until [`Pinned::inherit`] is called.
#[derive(Debug)]
pub struct Pinned {
    fd: OwnedFd,
    #[cfg(not(target_os = "linux"))]
    path: std::path::PathBuf,
}

impl Pinned {
    /// Pins these bytes. `what` names them in an error.
    pub fn of(what: &str, bytes: &[u8]) -> Result<Pinned> {
        imp::pin(bytes).map_err(|err| {
            Fail::new(Kind::Unavailable, format!("{what} could not be pinned"))
                .because(err.to_string())
                .help("see whether /proc is mounted and memory is left")
        })
    }

    /// The path by which the tool itself opens the bytes.
    pub fn path(&self) -> OsString {
        imp::path(self)
    }

    /// The path for an environment variable, which programs started by the tool see too. Some of them close every
    /// descriptor they were not given (Python's subprocess does), so it names this process, which the exec keeps.
    pub fn shared_path(&self) -> OsString {
        imp::shared_path(self)
    }

    /// Lets the tool have the descriptor. To be called right before the exec.
    pub fn inherit(&self) -> Result<()> {
        // SAFETY: the descriptor is open; only its close-on-exec flag is cleared.
        if unsafe { libc::fcntl(self.fd.as_raw_fd(), libc::F_SETFD, 0) } == 0 {
            Ok(())
        } else {
            Err(lost("a pinned input"))
        }
    }

    /// Puts the bytes, from their start, where standard input is.
    pub fn become_stdin(&self) -> Result<()> {
        let fresh = imp::reopen(self).map_err(|_| lost("standard input"))?;
        // SAFETY: `fresh` is open; descriptor 0 is replaced on purpose and is not owned by anything else.
        if unsafe { libc::dup2(fresh.as_raw_fd(), 0) } == 0 { Ok(()) } else { Err(lost("standard input")) }
    }

    /// The descriptor, for tests and diagnostics.
    pub fn fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }
}

fn lost(what: &str) -> Fail {
    Fail::new(Kind::Unavailable, format!("{what} could not be handed to the tool"))
        .because(std::io::Error::last_os_error().to_string())
        .help("nothing was run; run the command again")
}

/// Reads all of it, up to [`MAX_INPUT`] bytes; more is an error that says so.
pub fn read_bounded(name: &str, from: &mut impl Read) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(MAX_INPUT + 1).read_to_end(&mut bytes).map_err(|err| {
        Fail::new(Kind::Data, format!("{name} cannot be read"))
            .because(err.to_string())
            .help(format!("check {name}; the command was not run"))
    })?;
    if bytes.len() as u64 > MAX_INPUT {
        return Err(Fail::new(Kind::Data, format!("{name} is larger than {} MiB", MAX_INPUT / 1024 / 1024))
            .because("it is kept in memory, so that what is judged is what runs")
            .help("split it into several files"));
    }
    Ok(bytes)
}

/// Moves a descriptor out of the way of the low numbers scripts use by hand.
#[cfg(target_os = "linux")]
fn high(fd: OwnedFd) -> std::io::Result<OwnedFd> {
    // SAFETY: `fd` is open; F_DUPFD_CLOEXEC makes a new descriptor.
    let new = unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, 10) };
    if new < 0 {
        return Err(std::io::Error::last_os_error());
    }
    // SAFETY: `new` was just made and belongs to nobody else.
    Ok(unsafe { OwnedFd::from_raw_fd(new) })
}

#[cfg(target_os = "linux")]
mod imp {
    use super::*;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};

    pub fn pin(bytes: &[u8]) -> std::io::Result<Pinned> {
        let mut file = memfd()?;
        file.write_all(bytes)?;
        // Some tools warn about files others may read.
        file.set_permissions(std::fs::Permissions::from_mode(0o400))?;
        let seals = libc::F_SEAL_SEAL | libc::F_SEAL_SHRINK | libc::F_SEAL_GROW | libc::F_SEAL_WRITE;
        // SAFETY: the descriptor is an open memfd; sealing only restricts it.
        if unsafe { libc::fcntl(file.as_raw_fd(), libc::F_ADD_SEALS, seals) } != 0 {
            return Err(std::io::Error::last_os_error());
        }
        // A read-only descriptor of its own, also as proof that /proc is there for the tool to open it by.
        let reader = open_read_only(file.as_raw_fd())?;
        Ok(Pinned { fd: high(reader.into())? })
    }

    fn memfd() -> std::io::Result<File> {
        const MFD_NOEXEC_SEAL: libc::c_uint = 8; // Linux 6.3; older kernels answer EINVAL
        let flags = libc::MFD_CLOEXEC | libc::MFD_ALLOW_SEALING;
        for flags in [flags | MFD_NOEXEC_SEAL, flags] {
            // SAFETY: the name is a C string; the call makes a new descriptor.
            let fd = unsafe { libc::memfd_create(c"guard".as_ptr(), flags) };
            if fd >= 0 {
                // SAFETY: `fd` was just made and belongs to nobody else.
                return Ok(unsafe { File::from_raw_fd(fd) });
            }
        }
        Err(std::io::Error::last_os_error())
    }

    fn open_read_only(fd: RawFd) -> std::io::Result<File> {
        File::open(format!("/proc/self/fd/{fd}"))
    }

    pub fn path(pinned: &Pinned) -> OsString {
        format!("/proc/self/fd/{}", pinned.fd.as_raw_fd()).into()
    }

    pub fn shared_path(pinned: &Pinned) -> OsString {
        let by_pid = format!("/proc/{}/fd/{}", std::process::id(), pinned.fd.as_raw_fd());
        // In a PID namespace with a foreign /proc the number means another process: then only "self" is right.
        let own = std::fs::metadata(path(pinned)).map(|m| (m.dev(), m.ino()));
        match (self_path::stat(format!("{by_pid}\0").as_bytes()), own) {
            (Ok(there), Ok((dev, ino))) if there.id == (self_path::FileId { dev, ino }) => by_pid.into(),
            _ => path(pinned),
        }
    }

    pub fn reopen(pinned: &Pinned) -> std::io::Result<OwnedFd> {
        Ok(open_read_only(pinned.fd.as_raw_fd())?.into())
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    use super::*;
    use std::os::unix::fs::OpenOptionsExt;
    use std::sync::atomic::{AtomicU32, Ordering};

    static COUNT: AtomicU32 = AtomicU32::new(0);
    const PREFIX: &str = "guard-pin-";

    pub fn pin(bytes: &[u8]) -> std::io::Result<Pinned> {
        sweep();
        let n = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("{PREFIX}{}-{n}", std::process::id()));
        let mut file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o400).open(&path)?;
        file.write_all(bytes)?;
        Ok(Pinned { fd: File::open(&path)?.into(), path })
    }

    pub fn path(pinned: &Pinned) -> OsString {
        pinned.path.clone().into()
    }

    pub fn shared_path(pinned: &Pinned) -> OsString {
        path(pinned)
    }

    pub fn reopen(pinned: &Pinned) -> std::io::Result<OwnedFd> {
        let fresh = File::open(&pinned.path)?;
        // Nobody opens standard input by its name.
        std::fs::remove_file(&pinned.path)?;
        Ok(fresh.into())
    }

    /// Removes files of guards that are gone. Best effort: a file that stays is private and harmless.
    fn sweep() {
        let Ok(entries) = std::fs::read_dir(std::env::temp_dir()) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let pid = name
                .to_str()
                .and_then(|n| n.strip_prefix(PREFIX))
                .and_then(|n| n.split('-').next()?.parse().ok());
            // SAFETY: signal 0 only asks whether the process is there.
            if pid.is_some_and(|pid: i32| {
                pid > 0 && unsafe { libc::kill(pid, 0) } != 0 && self_path::errno() == libc::ESRCH
            }) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pinned_bytes_can_be_read_again_and_again_but_not_changed() {
        let pinned = Pinned::of("x", b"a: 1\n").unwrap();
        for path in [pinned.path(), pinned.path(), pinned.shared_path()] {
            assert_eq!(std::fs::read(path).unwrap(), b"a: 1\n");
        }
        for path in [pinned.path(), pinned.shared_path()] {
            // Root may open it for writing; the seal holds all the same.
            if let Ok(mut file) = std::fs::OpenOptions::new().write(true).open(&path) {
                assert!(file.write_all(b"b").is_err() && file.set_len(0).is_err(), "{path:?}");
            }
        }
        assert!(pinned.fd() >= 10);
    }

    #[test]
    fn it_is_closed_on_exec_until_it_is_handed_over() {
        let pinned = Pinned::of("x", b"").unwrap();
        // SAFETY: only reads the flags of an open descriptor.
        let flags = || unsafe { libc::fcntl(pinned.fd(), libc::F_GETFD) };
        assert_eq!(flags() & libc::FD_CLOEXEC, libc::FD_CLOEXEC);
        pinned.inherit().unwrap();
        assert_eq!(flags() & libc::FD_CLOEXEC, 0);
    }

    #[test]
    fn reading_stops_at_the_bound() {
        let fits = read_bounded("x", &mut std::io::repeat(b'a').take(MAX_INPUT)).unwrap();
        assert_eq!(fits.len() as u64, MAX_INPUT);
        let fail = read_bounded("standard input", &mut std::io::repeat(b'a')).unwrap_err();
        assert_eq!(
            fail.to_string().lines().next(),
            Some("guard: error: standard input is larger than 64 MiB")
        );
    }
}
