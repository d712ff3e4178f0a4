//! Signals while a question stands: caught into a pipe, and every disposition and the mask put back exactly as they
//! were, because the tool that runs next inherits them.

use rustix::fs::{OFlags, fcntl_setfl};
use rustix::io::{FdFlags, fcntl_setfd};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

/// Ends the question. `SIGHUP` and `SIGTERM` stay ignored when the caller ignores them (`nohup`); `SIGINT` and
/// `SIGQUIT` do not, since Ctrl-C has to be a way out of every question.
const ENDING: [libc::c_int; 4] = [libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGHUP];

/// The pipe the handler writes to; -1 while nobody watches.
static PIPE: AtomicI32 = AtomicI32::new(-1);

/// Catches signals as long as it lives.
pub(crate) struct Watch {
    before: Vec<(libc::c_int, libc::sigaction)>,
    mask: libc::sigset_t,
    read: OwnedFd,
    /// Open as long as the handler may write to it.
    _write: OwnedFd,
}

impl Watch {
    /// Starts catching. One watch at a time: signal dispositions belong to the whole process.
    pub(crate) fn start() -> io::Result<Watch> {
        Watch::of(ENDING.into_iter().chain([libc::SIGTSTP, libc::SIGCONT]))
    }

    /// The same for the signals that end a question; who is stopped stops.
    pub(crate) fn ending() -> io::Result<Watch> {
        Watch::of(ENDING.into_iter())
    }

    fn of(signals: impl Iterator<Item = libc::c_int>) -> io::Result<Watch> {
        // macOS has no pipe2. Nothing is executed between these calls.
        let (read, write) = rustix::pipe::pipe()?;
        for end in [&read, &write] {
            fcntl_setfd(end, FdFlags::CLOEXEC)?;
            fcntl_setfl(end, OFlags::NONBLOCK)?;
        }
        PIPE.compare_exchange(-1, write.as_raw_fd(), Ordering::SeqCst, Ordering::SeqCst)
            .map_err(|_| io::Error::from(io::ErrorKind::ResourceBusy))?;
        let mut watch = Watch { before: Vec::new(), mask: no_signals(), read, _write: write };
        let mut wanted = no_signals();
        for signal in signals {
            let before = disposition(signal, None)?;
            let ignored = before.sa_sigaction == libc::SIG_IGN;
            if ignored && matches!(signal, libc::SIGTSTP | libc::SIGHUP | libc::SIGTERM) {
                continue;
            }
            disposition(signal, Some(&caught()))?;
            watch.before.push((signal, before));
            // SAFETY: `wanted` is an initialised set and `signal` a valid number.
            unsafe { libc::sigaddset(&mut wanted, signal) };
        }
        // A caller that blocks Ctrl-C would make it dead at the question.
        // SAFETY: both sets are initialised and live; the old mask is written to the second.
        unsafe { libc::pthread_sigmask(libc::SIG_UNBLOCK, &wanted, &mut watch.mask) };
        Ok(watch)
    }

    /// The end to poll.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.read.as_fd()
    }

    /// The oldest signal not yet taken.
    pub(crate) fn next(&self) -> Option<libc::c_int> {
        next(&self.read)
    }

    /// Stops like a job that got this signal, with the caller's own disposition of it, and comes back when continued.
    /// False when nothing happened: the signal is ignored, or the process group is orphaned and cannot be stopped.
    pub(crate) fn stop_by(&self, signal: libc::c_int) -> io::Result<bool> {
        while self.next().is_some() {}
        let ours = disposition(signal, None)?;
        let before = self.before.iter().find(|(s, _)| *s == signal).map(|(_, a)| *a);
        disposition(signal, before.as_ref())?;
        let mut old = no_signals();
        let mut set = no_signals();
        // SAFETY: the sets are initialised and live, the signal number is valid; raising a stop signal is what the
        // terminal itself would do.
        unsafe {
            libc::sigaddset(&mut set, signal);
            libc::pthread_sigmask(libc::SIG_UNBLOCK, &set, &mut old);
            libc::raise(signal);
            libc::pthread_sigmask(libc::SIG_SETMASK, &old, ptr::null_mut());
        }
        disposition(signal, Some(&ours))?;
        let mut continued = false;
        while let Some(caught) = self.next() {
            continued |= caught == libc::SIGCONT;
        }
        Ok(continued)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        for (signal, before) in self.before.drain(..) {
            // Nothing can be done about a failure, and there is none for a valid number.
            let _ = disposition(signal, Some(&before));
        }
        // SAFETY: the mask is the one `start` was given by the kernel.
        unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &self.mask, ptr::null_mut()) };
        PIPE.store(-1, Ordering::SeqCst);
    }
}

/// The oldest signal in a watch's pipe.
pub(super) fn next(pipe: &OwnedFd) -> Option<libc::c_int> {
    let mut byte = [0_u8];
    match rustix::io::read(pipe, &mut byte) {
        Ok(1) => Some(libc::c_int::from(byte[0])),
        _ => None,
    }
}

/// Lets Ctrl-C end this process, also when the caller ignores or blocks it; for good.
pub(crate) fn heed_interrupts() {
    for signal in [libc::SIGINT, libc::SIGQUIT] {
        heed(signal);
    }
}

/// Ends this process by this signal, so that the parent sees what it would see of any program; used after Ctrl-C.
pub fn die_of(signal: i32) -> ! {
    heed(signal);
    // SAFETY: the number comes from a handler, or is refused by the kernel.
    unsafe { libc::raise(signal) };
    std::process::exit(128 + signal)
}

/// Gives a signal its default meaning and lets it through.
fn heed(signal: libc::c_int) {
    // SAFETY: an all-zero `sigaction` with `SIG_DFL` is the default disposition; the set is initialised; a number that
    // is none is refused by the kernel.
    unsafe {
        let mut default: libc::sigaction = MaybeUninit::zeroed().assume_init();
        default.sa_sigaction = libc::SIG_DFL;
        libc::sigaction(signal, &default, ptr::null_mut());
        let mut set = no_signals();
        libc::sigaddset(&mut set, signal);
        libc::pthread_sigmask(libc::SIG_UNBLOCK, &set, ptr::null_mut());
    }
}

/// Runs `work` with `SIGTTOU` blocked: setting the modes of a terminal then does not stop a background process.
pub(crate) fn without_ttou<T>(work: impl FnOnce() -> T) -> T {
    let mut set = no_signals();
    let mut old = no_signals();
    // SAFETY: the sets are initialised and live.
    unsafe {
        libc::sigaddset(&mut set, libc::SIGTTOU);
        libc::pthread_sigmask(libc::SIG_BLOCK, &set, &mut old);
    }
    let out = work();
    // SAFETY: the mask is the one the kernel gave above.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, &old, ptr::null_mut()) };
    out
}

fn no_signals() -> libc::sigset_t {
    let mut set = MaybeUninit::uninit();
    // SAFETY: sigemptyset initialises the set.
    unsafe {
        libc::sigemptyset(set.as_mut_ptr());
        set.assume_init()
    }
}

fn caught() -> libc::sigaction {
    // SAFETY: all-zero is a valid `sigaction`; its fields are set below.
    let mut action: libc::sigaction = unsafe { MaybeUninit::zeroed().assume_init() };
    action.sa_sigaction = on_signal as extern "C" fn(libc::c_int) as libc::sighandler_t;
    action.sa_mask = no_signals();
    action
}

/// Reads, and with `new` sets, the disposition of a signal.
fn disposition(signal: libc::c_int, new: Option<&libc::sigaction>) -> io::Result<libc::sigaction> {
    let mut old = MaybeUninit::zeroed();
    let new = new.map_or(ptr::null(), ptr::from_ref);
    // SAFETY: `new` is null or a live `sigaction`, `old` is written by the call.
    unsafe {
        if libc::sigaction(signal, new, old.as_mut_ptr()) != 0 {
            return Err(io::Error::last_os_error());
        }
        Ok(old.assume_init())
    }
}

/// Only what is async-signal-safe: one write, `errno` kept.
extern "C" fn on_signal(signal: libc::c_int) {
    // SAFETY: the errno location of the current thread is always valid; `write` is given one live byte. A full or
    // closed pipe is an error that is dropped on purpose.
    unsafe {
        let errno = errno();
        let saved = *errno;
        let byte = signal as u8;
        libc::write(PIPE.load(Ordering::SeqCst), ptr::from_ref(&byte).cast(), 1);
        *errno = saved;
    }
}

#[cfg(target_os = "linux")]
unsafe fn errno() -> *mut libc::c_int {
    // SAFETY: no preconditions; valid for the calling thread.
    unsafe { libc::__errno_location() }
}

#[cfg(not(target_os = "linux"))]
unsafe fn errno() -> *mut libc::c_int {
    // SAFETY: no preconditions; valid for the calling thread.
    unsafe { libc::__error() }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    /// Dispositions of the process and the mask of this thread, as the kernel tells them.
    fn signals() -> Vec<String> {
        let status = std::fs::read_to_string("/proc/thread-self/status").unwrap();
        let wanted = |line: &&str| ["SigBlk", "SigIgn", "SigCgt"].iter().any(|name| line.starts_with(name));
        status.lines().filter(wanted).map(str::to_owned).collect()
    }

    #[test]
    fn everything_is_as_before() {
        // Dispositions no program starts with, to see that they come back and not the defaults.
        // SAFETY: no other thread of this test changes these signals.
        unsafe {
            libc::signal(libc::SIGTSTP, libc::SIG_IGN);
            libc::signal(libc::SIGHUP, libc::SIG_IGN);
            libc::signal(libc::SIGQUIT, libc::SIG_IGN);
            let mut set = no_signals();
            libc::sigaddset(&mut set, libc::SIGINT);
            libc::sigaddset(&mut set, libc::SIGUSR1);
            libc::pthread_sigmask(libc::SIG_BLOCK, &set, ptr::null_mut());
        }
        let before = signals();
        let watch = Watch::start().unwrap();
        assert_ne!(signals(), before, "it watches");
        assert!(Watch::start().is_err(), "one at a time");
        // SAFETY: the signal is caught by the watch; the mask lets it through to this thread.
        unsafe { libc::raise(libc::SIGINT) };
        assert_eq!(watch.next(), Some(libc::SIGINT));
        assert_eq!(watch.next(), None);
        // SAFETY: `nohup` keeps its meaning: the signal is ignored and stays so.
        unsafe { libc::raise(libc::SIGHUP) };
        assert_eq!(watch.next(), None);
        assert!(!watch.stop_by(libc::SIGTSTP).unwrap(), "an ignored stop does not stop");
        drop(watch);
        assert_eq!(signals(), before);
        let inside = without_ttou(signals);
        assert_ne!(inside, before);
        assert_eq!(signals(), before);
    }
}
