//! How the story ends early: Ctrl-C, a closed terminal, a request to stop, a reader that has seen enough. Every wait of the
//! story passes here, so that it can be left at any point and what it made is taken away.

use rustix::event::{PollFd, PollFlags, Timespec};
use std::io::{self, ErrorKind, PipeReader};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, IntoRawFd};
use std::os::unix::process::parent_id;
use std::sync::atomic::{AtomicI32, Ordering};
use std::time::{Duration, Instant};

/// Why the story is not told to its end.
#[derive(Debug)]
pub enum Stop {
    /// Whoever watched wants no more.
    Left,
    /// A signal, by its number.
    Signal(i32),
    /// Something that is needed is not there, or the story is not true.
    Failed(String),
}

/// The rest of the story, or why there is none.
pub type Told<T> = Result<T, Stop>;

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Stop {
        match error.kind() {
            ErrorKind::BrokenPipe => Stop::Left,
            _ => Stop::Failed(error.to_string()),
        }
    }
}

impl From<rustix::io::Errno> for Stop {
    fn from(error: rustix::io::Errno) -> Stop {
        io::Error::from(error).into()
    }
}

/// Where the handler writes; -1 until somebody watches.
static PIPE: AtomicI32 = AtomicI32::new(-1);
/// The first signal that came.
static CAME: AtomicI32 = AtomicI32::new(0);

/// How often a long wait looks whether whoever started this is still there.
const LOOK: Duration = Duration::from_millis(500);

/// Catches what ends a program, for good.
pub struct Ending {
    pipe: PipeReader,
    /// Whoever started this, where that one has to be there.
    parent: Option<u32>,
}

impl Ending {
    /// Begins. What the caller ignores (`nohup`) stays ignored.
    pub fn watch() -> io::Result<Ending> {
        let (pipe, write) = io::pipe()?;
        PIPE.store(write.into_raw_fd(), Ordering::SeqCst);
        for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP, libc::SIGQUIT] {
            catch(signal)?;
        }
        Ok(Ending { pipe, parent: None })
    }

    /// From now on the end of the shell that started this ends it too, as the end of the terminal does: what is left alone in the
    /// background of a terminal would wait there for an answer that nobody can give.
    pub fn with_parent(self) -> Ending {
        Ending { parent: Some(parent_id()), ..self }
    }

    /// Says so when a signal came.
    pub fn heed(&self) -> Told<()> {
        match CAME.load(Ordering::SeqCst) {
            0 if self.parent.is_some_and(|parent| parent != parent_id()) => Err(Stop::Signal(libc::SIGHUP)),
            0 => Ok(()),
            signal => Err(Stop::Signal(signal)),
        }
    }

    /// Waits until there is something to read, or for a time; whether there is.
    pub fn wait(&self, on: Option<BorrowedFd<'_>>, limit: Duration) -> Told<bool> {
        let end = Instant::now() + limit;
        loop {
            self.heed()?;
            let left = end.saturating_duration_since(Instant::now());
            let last = left <= LOOK;
            // Less than a second, so that it has nanoseconds alone.
            let left = Timespec { tv_sec: 0, tv_nsec: left.min(LOOK).subsec_nanos().into() };
            let mut fds = vec![PollFd::from_borrowed_fd(self.pipe.as_fd(), PollFlags::IN)];
            fds.extend(on.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN)));
            match rustix::event::poll(&mut fds, Some(&left)) {
                Ok(0) if last => return Ok(false),
                Ok(_) if fds.get(1).is_some_and(|fd| !fd.revents().is_empty()) => return Ok(true),
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

fn catch(signal: libc::c_int) -> io::Result<()> {
    let mut before = MaybeUninit::<libc::sigaction>::zeroed();
    // SAFETY: a null new action only asks; the place for the old one is live.
    if unsafe { libc::sigaction(signal, std::ptr::null(), before.as_mut_ptr()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call above has filled it; all-zero is a valid action whose fields are set below.
    let (before, mut action) =
        unsafe { (before.assume_init(), MaybeUninit::<libc::sigaction>::zeroed().assume_init()) };
    if before.sa_sigaction == libc::SIG_IGN {
        return Ok(());
    }
    action.sa_sigaction = on_signal as extern "C" fn(libc::c_int) as libc::sighandler_t;
    // SAFETY: the action is live, and its handler does only what a handler may.
    match unsafe { libc::sigaction(signal, &action, std::ptr::null_mut()) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Only what is async-signal-safe: two atomics and one write. Nothing is waiting whose `errno` it could spoil but the
/// poll above, which looks at the signal first.
extern "C" fn on_signal(signal: libc::c_int) {
    let _ = CAME.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
    let byte = 0_u8;
    // SAFETY: one live byte; a full pipe has been heard already.
    unsafe { libc::write(PIPE.load(Ordering::SeqCst), std::ptr::from_ref(&byte).cast(), 1) };
}
