//! Whose turn it is on a terminal: one question stands at a time, whoever asks it.

use crate::engine::escape::escape;
use crate::run::names::basename;
use rustix::fs::FlockOperation;
use rustix::io::Errno;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

/// How often a question looks whether the one before it is over.
pub(super) const TURN: Duration = Duration::from_millis(20);
/// For shorter waits nobody is told: a line about a wait of its own keeps a terminal for a moment, too.
pub(super) const AT_ONCE: Duration = Duration::from_millis(250);

/// Why it is not this one's turn.
pub(super) enum Refused {
    /// Somebody else has it; who that is, for the person.
    Taken(String),
    /// Somebody has it who is stopped and asks nobody.
    Stopped,
}

/// The right to write on the terminal and read from it: an advisory lock on the terminal's own device, so that guards of
/// different users see each other, and the kernel takes it back in whatever way a process ends. Where the device cannot
/// be found or opened, everybody has the right: two questions at once are better than none.
pub(super) struct Turn {
    _device: Option<OwnedFd>,
}

impl Turn {
    /// Takes it, or says at once who has it.
    pub(super) fn of(tty: BorrowedFd<'_>) -> Result<Turn, Refused> {
        let Some(device) = device::open(tty) else { return Ok(Turn { _device: None }) };
        match rustix::fs::flock(&device, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK) => Err(refused(device.as_fd())),
            Ok(()) => Ok(Turn { _device: Some(device) }),
            Err(_) => Ok(Turn { _device: None }),
        }
    }
}

/// Who holds the lock on this device, where the system tells.
fn refused(device: BorrowedFd<'_>) -> Refused {
    let Some(holder) = holder::of(device) else { return Refused::Taken("another command".to_owned()) };
    if holder.is_stopped() {
        return Refused::Stopped;
    }
    Refused::Taken(match holder.name() {
        Some(name) => format!("{} (process {})", escape(basename(&name)), holder.pid),
        None => format!("process {}", holder.pid),
    })
}

mod holder {
    //! The process that holds a lock, by the kernel's list of locks (proc_locks(5)).

    use std::fs;
    use std::os::fd::BorrowedFd;

    pub(super) struct Holder {
        pub(super) pid: u32,
    }

    #[cfg(target_os = "linux")]
    pub(super) fn of(device: BorrowedFd<'_>) -> Option<Holder> {
        let stat = rustix::fs::fstat(device).ok()?;
        let locks = fs::read_to_string("/proc/locks").ok()?;
        Some(Holder { pid: in_list(&locks, stat.st_dev, stat.st_ino)? })
    }

    /// Nothing tells there.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn of(_: BorrowedFd<'_>) -> Option<Holder> {
        None
    }

    /// `1: FLOCK  ADVISORY  WRITE 4711 00:18:5 0 EOF`; a number that is 0 belongs to a process nobody here can see.
    #[cfg(target_os = "linux")]
    pub(super) fn in_list(locks: &str, dev: u64, inode: u64) -> Option<u32> {
        let file = format!("{:02x}:{:02x}:{inode}", rustix::fs::major(dev), rustix::fs::minor(dev));
        locks.lines().find_map(|line| {
            let fields: Vec<&str> = line.split_ascii_whitespace().collect();
            match fields.as_slice() {
                [_, "FLOCK", _, _, pid, place, ..] if *place == file => {
                    pid.parse().ok().filter(|pid| *pid != 0)
                }
                _ => None,
            }
        })
    }

    impl Holder {
        /// Whether it is stopped, by a signal or by a debugger (proc_pid_stat(5)).
        pub(super) fn is_stopped(&self) -> bool {
            let stat = fs::read(format!("/proc/{}/stat", self.pid)).unwrap_or_default();
            let state = stat.iter().rposition(|b| *b == b')').and_then(|at| stat.get(at + 2));
            matches!(state, Some(b'T' | b't'))
        }

        /// What it was called as. Its other words may hold secrets.
        pub(super) fn name(&self) -> Option<Vec<u8>> {
            let words = fs::read(format!("/proc/{}/cmdline", self.pid)).ok()?;
            words.split(|b| *b == 0).next().filter(|word| !word.is_empty()).map(<[u8]>::to_vec)
        }
    }
}

mod device {
    //! The device behind `/dev/tty`: every process opens the same `/dev/tty`, whatever its terminal is.

    use rustix::fs::{Mode, OFlags};
    use std::os::fd::{BorrowedFd, OwnedFd};

    const FLAGS: OFlags = OFlags::RDONLY.union(OFlags::CLOEXEC).union(OFlags::NOCTTY).union(OFlags::NONBLOCK);

    /// Opens it again under its own name.
    #[cfg(target_os = "linux")]
    pub(super) fn open(tty: BorrowedFd<'_>) -> Option<OwnedFd> {
        use std::os::fd::AsRawFd;
        let mut number: libc::c_uint = 0;
        // SAFETY: TIOCGDEV (tty(4)) writes one unsigned int, which `number` is.
        if unsafe { libc::ioctl(tty.as_raw_fd(), libc::TIOCGDEV, &mut number) } != 0 {
            return None;
        }
        // As the kernel's `new_encode_dev` puts them together.
        let (major, minor) = ((number & 0xf_ff00) >> 8, (number & 0xff) | ((number >> 12) & 0xf_ff00));
        let name = if (136..=143).contains(&major) {
            format!("/dev/pts/{}", (major - 136) * 256 + minor)
        } else {
            format!("/dev/tty{minor}")
        };
        let device = rustix::fs::open(name, FLAGS, Mode::empty()).ok()?;
        let found = rustix::fs::fstat(&device).ok()?.st_rdev;
        // In a container the terminal may belong to another mount of devpts.
        (rustix::fs::major(found) == major && rustix::fs::minor(found) == minor).then_some(device)
    }

    /// Opens it again under the name that one of the standard streams has for it.
    #[cfg(not(target_os = "linux"))]
    pub(super) fn open(_: BorrowedFd<'_>) -> Option<OwnedFd> {
        use rustix::termios::{tcgetsid, ttyname};
        let session = rustix::process::getsid(None).ok()?;
        let streams = [rustix::stdio::stdin(), rustix::stdio::stdout(), rustix::stdio::stderr()];
        // Only the controlling terminal tells its session.
        let own = streams.into_iter().find(|fd| tcgetsid(fd) == Ok(session))?;
        rustix::fs::open(ttyname(own, Vec::new()).ok()?, FLAGS, Mode::empty()).ok()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::holder::in_list;

    #[test]
    fn the_holder_by_the_kernels_list() {
        let locks = "1: FLOCK  ADVISORY  WRITE 4711 00:18:5 0 EOF\n\
                     1: -> FLOCK  ADVISORY  WRITE 4712 00:18:6 0 EOF\n\
                     2: POSIX  ADVISORY  WRITE 12 08:01:9 0 EOF\n\
                     3: FLOCK  ADVISORY  WRITE 0 00:18:7 0 EOF\n";
        let dev = rustix::fs::makedev(0, 0x18);
        assert_eq!(in_list(locks, dev, 5), Some(4711));
        assert_eq!(in_list(locks, dev, 6), None);
        assert_eq!(in_list(locks, dev, 7), None);
        assert_eq!(in_list(locks, rustix::fs::makedev(8, 1), 9), None);
        assert_eq!(in_list("", dev, 5), None);
    }
}
