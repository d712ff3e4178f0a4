//! Signals while something is under way that has to be brought to an end, or taken back: packages that are installed, settings put
//! back, containers that stand still for a copy. They are noted, and told when there is something true to say. A tool that was
//! started gets them from the terminal itself and knows when it can stop.

use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicI32, Ordering};

/// What ends a program by default. A caller that ignores one (`nohup`) goes on ignoring it.
const ENDING: [libc::c_int; 4] = [libc::SIGINT, libc::SIGQUIT, libc::SIGTERM, libc::SIGHUP];

/// The last of them that came; 0 before the first.
static CAME: AtomicI32 = AtomicI32::new(0);

/// Only notes signals as long as it lives. A program that is started meanwhile has them as they were by default: a
/// handler does not outlive an exec, unlike being ignored.
pub struct Uninterrupted {
    before: Vec<(libc::c_int, libc::sigaction)>,
}

impl Uninterrupted {
    /// Starts noting.
    pub fn start() -> Uninterrupted {
        let mut before = Vec::new();
        for signal in ENDING {
            // SAFETY: all-zero is a valid `sigaction`, whose fields are set or written by the kernel; the pointers are
            // to live values or null; the handler only stores to an atomic.
            unsafe {
                let mut old: libc::sigaction = MaybeUninit::zeroed().assume_init();
                if libc::sigaction(signal, ptr::null(), &mut old) != 0 || old.sa_sigaction == libc::SIG_IGN {
                    continue;
                }
                let mut new: libc::sigaction = MaybeUninit::zeroed().assume_init();
                new.sa_sigaction = note as extern "C" fn(libc::c_int) as libc::sighandler_t;
                new.sa_flags = libc::SA_RESTART;
                libc::sigemptyset(&mut new.sa_mask);
                if libc::sigaction(signal, &new, ptr::null_mut()) == 0 {
                    before.push((signal, old));
                }
            }
        }
        Uninterrupted { before }
    }

    /// The signal that would have ended this program.
    pub fn came(&self) -> Option<i32> {
        Some(CAME.load(Ordering::SeqCst)).filter(|signal| *signal != 0)
    }
}

impl Drop for Uninterrupted {
    fn drop(&mut self) {
        for (signal, old) in &self.before {
            // SAFETY: the disposition is the one the kernel gave for this signal.
            unsafe { libc::sigaction(*signal, old, ptr::null_mut()) };
        }
    }
}

extern "C" fn note(signal: libc::c_int) {
    CAME.store(signal, Ordering::SeqCst);
}
