//! What the caller handed over and Rust's runtime changes before `main`: an ignored SIGPIPE, and closed standard
//! streams (which it opens on /dev/null). The full `guard` records both before the runtime starts and gives them back
//! right before it becomes the tool. The shim has no runtime and needs none of this.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};

static RECORDED: AtomicBool = AtomicBool::new(false);
/// Bit n-1 set: signal n was ignored.
static IGNORED: AtomicU64 = AtomicU64::new(0);
/// Bit n-1 set: signal n was blocked.
static BLOCKED: AtomicU64 = AtomicU64::new(0);
/// Bit n set: descriptor n was closed.
static CLOSED: AtomicU8 = AtomicU8::new(0);

/// Signals are numbered from 1 to 64 (Linux) or 31 (macOS); asking for more fails harmlessly.
const SIGNALS: std::ops::RangeInclusive<i32> = 1..=64;

/// Notes the inherited state. Runs before Rust's runtime through [`record_inherited!`](crate::record_inherited);
/// calls async-signal-safe functions only and touches no memory but its own atomics.
pub extern "C" fn record() {
    let (mut ignored, mut blocked, mut closed) = (0u64, 0u64, 0u8);
    let mut mask = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: a null new set only asks for the mask; `mask` is a valid place for it.
    let have_mask = unsafe { libc::sigprocmask(libc::SIG_BLOCK, std::ptr::null(), mask.as_mut_ptr()) } == 0;
    for signal in SIGNALS {
        if disposition(signal) == Some(libc::SIG_IGN) {
            ignored |= bit(signal);
        }
        // SAFETY: sigprocmask succeeded, so the set is initialised; a number out of range is answered with -1.
        if have_mask && unsafe { libc::sigismember(mask.as_ptr(), signal) } == 1 {
            blocked |= bit(signal);
        }
    }
    for fd in 0..3 {
        // SAFETY: F_GETFD only reads the descriptor's flags; a closed one is answered with EBADF.
        if unsafe { libc::fcntl(fd, libc::F_GETFD) } == -1 {
            closed |= 1 << fd;
        }
    }
    IGNORED.store(ignored, Relaxed);
    BLOCKED.store(blocked, Relaxed);
    CLOSED.store(closed, Relaxed);
    RECORDED.store(true, Relaxed);
}

/// Gives back what was recorded: every signal's disposition and mask, and closed standard streams. To be called right
/// before the exec; does nothing when nothing was recorded.
pub fn restore_inherited() {
    if !RECORDED.load(Relaxed) {
        return;
    }
    restore_open_files();
    let (ignored, blocked) = (IGNORED.load(Relaxed), BLOCKED.load(Relaxed));
    for signal in SIGNALS {
        let Some(now) = disposition(signal) else { continue };
        let then = if ignored & bit(signal) != 0 { libc::SIG_IGN } else { libc::SIG_DFL };
        if now != then {
            // SAFETY: sets a plain disposition (ignore or default); no handler is installed.
            unsafe { libc::signal(signal, then) };
        }
    }
    let mut mask = std::mem::MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: sigemptyset initialises the set; the calls after it get an initialised set and valid numbers.
    unsafe {
        libc::sigemptyset(mask.as_mut_ptr());
        for signal in SIGNALS {
            if blocked & bit(signal) != 0 {
                libc::sigaddset(mask.as_mut_ptr(), signal);
            }
        }
        libc::sigprocmask(libc::SIG_SETMASK, mask.as_ptr(), std::ptr::null_mut());
    }
    for fd in 0..3 {
        if CLOSED.load(Relaxed) & (1 << fd) != 0 {
            // SAFETY: the descriptor was closed at the start; what stands there now was opened by the runtime.
            unsafe { libc::close(fd) };
        }
    }
}

/// Lets a write beyond the caller's limit on the size of files (`ulimit -f`) fail like one to a full disk, where the
/// signal would end guard without a word. The tool gets the signal back as it was.
pub fn survive_file_limit() {
    // SAFETY: sets a plain disposition; no handler is installed.
    unsafe { libc::signal(libc::SIGXFSZ, libc::SIG_IGN) };
}

/// The caller's soft and hard limit on open files, given back before the exec; [`u64::MAX`] until they were raised.
static OPEN_FILES: [AtomicU64; 2] = [AtomicU64::new(u64::MAX), AtomicU64::new(u64::MAX)];
/// More files than guard ever has open at once.
const ENOUGH_FILES: libc::rlim_t = 256;
/// As many as it has open at least: a runtime, a socket, pins, the log.
const FEWEST_FILES: usize = 9;

/// Raises the limit on open files as far as this process may: the tool would have been content with less.
pub fn raise_open_files() {
    let Some(before) = open_files().filter(|limit| limit.rlim_cur < ENOUGH_FILES) else { return };
    let wanted = [
        // Only root may raise the hard limit.
        libc::rlimit { rlim_cur: ENOUGH_FILES, rlim_max: before.rlim_max.max(ENOUGH_FILES) },
        libc::rlimit { rlim_cur: before.rlim_max, rlim_max: before.rlim_max },
    ];
    if wanted.iter().any(set_open_files) {
        #[allow(clippy::unnecessary_cast)] // 64 bits wide everywhere but on some 32-bit systems
        for (kept, value) in OPEN_FILES.iter().zip([before.rlim_cur as u64, before.rlim_max as u64]) {
            kept.store(value, Relaxed);
        }
    }
}

/// Whether enough files can be opened for anything beyond handing a command on.
pub fn has_room_for_files() -> bool {
    let Ok(null) = std::fs::File::open("/dev/null") else { return false };
    let more: Vec<_> = (1..FEWEST_FILES).map_while(|_| null.try_clone().ok()).collect();
    more.len() + 1 == FEWEST_FILES
}

fn restore_open_files() {
    let [soft, hard] = OPEN_FILES.each_ref().map(|kept| kept.load(Relaxed));
    if soft != u64::MAX {
        set_open_files(&libc::rlimit { rlim_cur: soft as libc::rlim_t, rlim_max: hard as libc::rlim_t });
    }
}

fn open_files() -> Option<libc::rlimit> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: getrlimit(2) fills the struct it is given.
    (unsafe { libc::getrlimit(libc::RLIMIT_NOFILE, &mut limit) } == 0).then_some(limit)
}

fn set_open_files(limit: &libc::rlimit) -> bool {
    // SAFETY: setrlimit(2) reads the struct it is given.
    unsafe { libc::setrlimit(libc::RLIMIT_NOFILE, limit) == 0 }
}

/// Whether a standard stream was closed when the process started. Rust's runtime hides that behind /dev/null.
pub fn was_closed(fd: i32) -> bool {
    RECORDED.load(Relaxed) && (0..3).contains(&fd) && CLOSED.load(Relaxed) & (1 << fd) != 0
}

fn disposition(signal: i32) -> Option<libc::sighandler_t> {
    let mut action = std::mem::MaybeUninit::<libc::sigaction>::uninit();
    // SAFETY: a null new action only asks; `action` is a valid place for the answer.
    let asked = unsafe { libc::sigaction(signal, std::ptr::null(), action.as_mut_ptr()) };
    // SAFETY: sigaction(2) returned 0, so it has filled the struct.
    (asked == 0).then(|| unsafe { action.assume_init() }.sa_sigaction)
}

const fn bit(signal: i32) -> u64 {
    1 << (signal - 1)
}

/// Makes the running binary record what it inherits before Rust's runtime changes it. Stands once in `main.rs` of the
/// full guard; the shim goes without, so that it does not pay for it.
#[macro_export]
macro_rules! record_inherited {
    () => {
        #[used]
        #[cfg_attr(target_os = "linux", unsafe(link_section = ".init_array"))]
        #[cfg_attr(target_os = "macos", unsafe(link_section = "__DATA,__mod_init_func"))]
        static RECORD_INHERITED: extern "C" fn() = $crate::run::signals::record;
    };
}
