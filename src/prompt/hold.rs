//! The terminal while a wizard has it. Its modes are the same from the first question to the last, so that a Ctrl-C
//! typed between two questions is a byte that the next read finds; and a signal interrupts the wizard again and again
//! until it has noticed, whatever it was about to wait for.

use super::Absent;
use super::signals::{self, Watch, without_ttou};
use super::tty::{Modes, is_foreground, open, wait, write_all};
use rustix::io::{Errno, FdFlags, fcntl_setfd};
use rustix::termios::LocalModes;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd, RawFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// How often a wizard that has not noticed its signal yet is interrupted.
const AGAIN: Duration = Duration::from_millis(10);
/// What Ctrl-C is while it is no signal.
const CTRL_C: u8 = 3;

/// Holds the terminal until it is released or dropped, by the thread that took it.
pub struct Hold {
    modes: Modes,
    /// The signal that ends the wizard, 0 while there is none.
    came: Arc<AtomicI32>,
    interrupted: Cell<bool>,
    watch: Option<Watch>,
    insisting: Option<Insisting>,
}

/// The thread that interrupts, and what tells it to stop.
struct Insisting {
    thread: JoinHandle<()>,
    pipe: OwnedFd,
    channel: Sender<()>,
}

impl Hold {
    /// Takes the terminal, if this process may ask on it.
    pub fn take() -> Result<Hold, Absent> {
        let modes = Modes::new(open()?);
        let mut hold =
            Hold { modes, came: Arc::default(), interrupted: Cell::new(false), watch: None, insisting: None };
        hold.start().map_err(|_| Absent::Broken)?;
        Ok(hold)
    }

    fn start(&mut self) -> io::Result<()> {
        let watch = Watch::ending()?;
        let caught = watch.fd().try_clone_to_owned()?;
        self.watch = Some(watch);
        let (stop, pipe) = rustix::pipe::pipe()?;
        for end in [&stop, &pipe] {
            fcntl_setfd(end, FdFlags::CLOEXEC)?;
        }
        let (channel, stopped) = channel();
        // SAFETY: no preconditions.
        let asking = unsafe { libc::pthread_self() } as usize;
        let came = Arc::clone(&self.came);
        let insist = move || insist(asking, &caught, &stop, &stopped, &came);
        let thread = std::thread::Builder::new().name("signals".to_owned()).spawn(insist)?;
        self.insisting = Some(Insisting { thread, pipe, channel });
        self.modes.enter_raw()?;
        Ok(())
    }

    /// Where the wizard writes; it can no more once a signal has come.
    pub fn writer(&self) -> io::Result<Writer> {
        let tty = File::from(self.modes.tty.try_clone()?);
        Ok(Writer { tty, came: Arc::clone(&self.came) })
    }

    /// Ctrl-C was read, or a read was interrupted. Which signal did that is found out at the end: the thread that is
    /// told of it may not have got that far.
    pub fn interrupt(&self) {
        self.interrupted.set(true);
    }

    /// Whether nobody wants out: no signal has come, and no Ctrl-C is among what was typed ahead, which is dropped.
    pub fn undisturbed(&self) -> bool {
        let mut buffer = [0_u8; 256];
        // In the background reading would stop this process, and what is typed is for somebody else.
        while is_foreground(self.modes.tty.as_fd())
            && rustix::io::ioctl_fionread(&self.modes.tty).is_ok_and(|waiting| waiting > 0)
        {
            match rustix::io::read(&self.modes.tty, &mut buffer) {
                Ok(0) => break,
                Ok(n) if buffer.iter().take(n).any(|byte| *byte == CTRL_C) => self.interrupt(),
                Ok(_) | Err(Errno::INTR) => {}
                Err(_) => break,
            }
        }
        !self.interrupted.get() && self.came.load(Ordering::SeqCst) == 0
    }

    /// Gives the terminal back as it was. The signal that ends the wizard, if one came; the last words are written then.
    pub fn release(mut self, last_words: &str) -> Option<i32> {
        self.let_go();
        let signal = Some(self.came.load(Ordering::SeqCst)).filter(|signal| *signal != 0)?;
        // The terminal may be gone.
        let _ = without_ttou(|| write_all(self.modes.tty.as_fd(), last_words));
        Some(signal)
    }

    fn let_go(&mut self) {
        let Some(watch) = self.watch.take() else { return };
        // From here on Ctrl-C is a signal again; what was typed before is still there to be looked at.
        self.modes.change(|modes| modes.local_modes.insert(LocalModes::ISIG));
        self.undisturbed();
        if let Some(Insisting { thread, pipe, channel }) = self.insisting.take() {
            drop((pipe, channel));
            let _ = thread.join();
        }
        self.modes.leave();
        let caught = watch.fd().try_clone_to_owned();
        // Looked at only when no more can come in.
        drop(watch);
        if let Some(signal) = caught.ok().and_then(|caught| signals::next(&caught)) {
            let _ = self.came.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
        }
        if self.interrupted.get() {
            let _ = self.came.compare_exchange(0, libc::SIGINT, Ordering::SeqCst, Ordering::SeqCst);
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.let_go();
    }
}

/// Waits for a signal, says which, and interrupts the asking thread until told to stop: a signal that comes just before
/// that thread begins to wait for a key would wake nobody.
fn insist(asking: usize, caught: &OwnedFd, stop: &OwnedFd, stopped: &Receiver<()>, came: &AtomicI32) {
    const LONG: Duration = Duration::from_secs(3600);
    let signal = loop {
        if let Some(signal) = signals::next(caught) {
            break signal;
        }
        match wait::readable(caught.as_fd(), stop.as_fd(), LONG) {
            Ok(true) | Err(Errno::INTR) => {}
            // The hour is over, or the wizard.
            Ok(false) if stopped.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty) => {}
            Ok(false) | Err(_) => return,
        }
    };
    let _ = came.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst);
    loop {
        // SAFETY: that thread waits for the end of this one before it stops catching signals or ends.
        unsafe { libc::pthread_kill(asking as libc::pthread_t, signal) };
        if stopped.recv_timeout(AGAIN) != Err(RecvTimeoutError::Timeout) {
            return;
        }
    }
}

/// Writes to the terminal until a signal comes.
#[derive(Debug)]
pub struct Writer {
    tty: File,
    came: Arc<AtomicI32>,
}

impl Write for Writer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.came.load(Ordering::SeqCst) != 0 {
            return Err(io::Error::other("interrupted by a signal"));
        }
        self.tty.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.tty.flush()
    }
}

impl AsRawFd for Writer {
    fn as_raw_fd(&self) -> RawFd {
        self.tty.as_raw_fd()
    }
}
