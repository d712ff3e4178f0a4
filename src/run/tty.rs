//! The terminal, handed to a child that asks the person something itself.

use rustix::fs::{Mode, OFlags};
use rustix::termios::{self, OptionalActions, Termios};
use std::os::fd::OwnedFd;

/// The terminal with the modes it had: a question for a password or an MFA code that is cut off would leave it without echo.
///
/// Such questions are written to the terminal itself (Python's `getpass`, ssh(1)), so that standard error can be kept for the reason
/// of a failure.
pub struct Tty(OwnedFd, Option<Termios>);

impl Tty {
    /// The controlling terminal, if there is one.
    pub fn open() -> Option<Tty> {
        let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOCTTY;
        let tty = rustix::fs::open("/dev/tty", flags, Mode::empty()).ok()?;
        let before = termios::tcgetattr(&tty).ok();
        Some(Tty(tty, before))
    }

    /// A standard input for the child.
    pub fn input(&self) -> Option<OwnedFd> {
        self.0.try_clone().ok()
    }

    /// Gives it the modes back that it had.
    pub fn restore(&self) {
        if let Some(before) = &self.1 {
            // A terminal that is gone needs no modes.
            let _ = termios::tcsetattr(&self.0, OptionalActions::Now, before);
        }
    }
}
