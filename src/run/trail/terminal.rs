//! Which terminal this is: its device, the leader of its session and when that was started. A pseudo terminal's number is given
//! to another window as soon as it is free, a process's number some time later; all three together never come again before
//! the machine starts anew.

use std::ffi::CString;

/// A terminal, as the name of its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// Its device number.
    pub device: u64,
    /// The number of the leader of its session.
    pub leader: u32,
    /// When that was started: ticks since the boot (Linux), microseconds since 1970 (macOS).
    pub started: u64,
}

impl Terminal {
    /// The controlling terminal of this process; `None` where there is none (a pipeline, cron, an agent that detached), or
    /// where the leader of the session may not be looked at.
    pub fn here() -> Option<Terminal> {
        // SAFETY: getsid(2) has no preconditions.
        let leader = u32::try_from(unsafe { libc::getsid(0) }).ok().filter(|sid| *sid > 0)?;
        Terminal::led_by(leader)
    }

    /// The one whose session this process leads; `None` where it is gone, or has no terminal.
    pub fn led_by(leader: u32) -> Option<Terminal> {
        let (device, started) = imp::of(leader)?;
        (device != 0).then_some(Terminal { device, leader, started })
    }

    /// The name of its file.
    pub fn file(&self) -> CString {
        self.named_with("")
    }

    /// The name of the file with the steps before those.
    pub fn old_file(&self) -> CString {
        self.named_with(OLD)
    }

    #[inline(never)]
    fn named_with(&self, end: &str) -> CString {
        let mut name = Vec::with_capacity(64);
        for (number, before) in
            [(self.device, None), (u64::from(self.leader), Some(b'-')), (self.started, Some(b'-'))]
        {
            name.extend(before);
            push(&mut name, number);
        }
        name.extend_from_slice(end.as_bytes());
        // Digits, dashes and that ending.
        CString::new(name).unwrap_or_default()
    }

    /// The terminal whose file has this name.
    #[cfg(feature = "cli")]
    pub fn named(name: &str) -> Option<Terminal> {
        let mut numbers = name.split('-');
        let mut next = || numbers.next()?.parse::<u64>().ok();
        let terminal = Terminal { device: next()?, leader: u32::try_from(next()?).ok()?, started: next()? };
        (terminal.file().as_bytes() == name.as_bytes()).then_some(terminal)
    }

    /// Whether its session is still there.
    #[cfg(feature = "cli")]
    pub fn is_there(&self) -> bool {
        Terminal::led_by(self.leader) == Some(*self)
    }
}

/// What the name of the older file ends in.
pub(super) const OLD: &str = ".old";

/// The digits of a number: what formats any number is thousands of instructions, on every call.
fn push(out: &mut Vec<u8>, number: u64) {
    if number >= 10 {
        push(out, number / 10);
    }
    out.push(b'0' + (number % 10) as u8);
}

#[cfg(target_os = "linux")]
mod imp {
    use crate::run::proc_stat::Stat;

    /// Device and start of a process, from the kernel's one line about it.
    pub fn of(pid: u32) -> Option<(u64, u64)> {
        let mut path = Vec::with_capacity(24);
        path.extend_from_slice(b"/proc/");
        super::push(&mut path, u64::from(pid));
        path.extend_from_slice(b"/stat\0");
        let mut line = [0u8; 512];
        // SAFETY: the path is a C string; `line` is writable for its length; the descriptor is this function's own.
        let n = unsafe {
            let fd = libc::open(path.as_ptr().cast(), libc::O_RDONLY | libc::O_CLOEXEC);
            if fd < 0 {
                return None;
            }
            let n = libc::read(fd, line.as_mut_ptr().cast(), line.len());
            libc::close(fd);
            n
        };
        let stat = Stat::of(line.get(..usize::try_from(n).ok()?)?)?;
        Some((u64::try_from(stat.terminal).ok()?, stat.start?))
    }
}

#[cfg(target_os = "macos")]
mod imp {
    /// `proc_pidinfo` (libproc.h), which shows a user the processes of that user.
    pub fn of(pid: u32) -> Option<(u64, u64)> {
        let mut info = std::mem::MaybeUninit::<libc::proc_bsdinfo>::zeroed();
        let size = i32::try_from(size_of::<libc::proc_bsdinfo>()).ok()?;
        let pid = i32::try_from(pid).ok()?;
        // SAFETY: `info` is a valid place for one struct of this flavour, and `size` is its size.
        let n = unsafe { libc::proc_pidinfo(pid, libc::PROC_PIDTBSDINFO, 0, info.as_mut_ptr().cast(), size) };
        if n != size {
            return None;
        }
        // SAFETY: the call filled all of it.
        let info = unsafe { info.assume_init() };
        // No terminal is NODEV, which is -1.
        let device = if info.e_tdev == u32::MAX { 0 } else { u64::from(info.e_tdev) };
        Some((device, info.pbi_start_tvsec * 1_000_000 + info.pbi_start_tvusec))
    }
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
mod imp {
    /// Nothing is known of processes here.
    pub fn of(_: u32) -> Option<(u64, u64)> {
        None
    }
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_terminal() {
        let terminal = Terminal { device: 34816, leader: 7, started: u64::MAX };
        assert_eq!(terminal.file().as_c_str(), c"34816-7-18446744073709551615");
        assert_eq!(terminal.old_file().as_c_str(), c"34816-7-18446744073709551615.old");
        assert_eq!(Terminal::named("34816-7-18446744073709551615"), Some(terminal));
        for odd in
            ["", "key", "names", "1-2", "1-2-3-4", "01-2-3", "1-2-3.old", "1--3", "+1-2-3", "1-99999999999-3"]
        {
            assert_eq!(Terminal::named(odd), None, "{odd}");
        }
        assert!(!terminal.is_there());
    }

    #[test]
    fn a_process_without_a_terminal_has_none() {
        // The first process of a machine or container is started by no shell.
        assert_eq!(Terminal::led_by(u32::MAX), None);
    }
}
