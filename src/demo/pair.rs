//! A pseudo-terminal, and a program that has it as its own: session leader, with the slave as its controlling terminal.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

/// How high the window is; nothing here looks at that.
const ROWS: u16 = 40;

/// The two ends, both closed on exec: what is typed and read on one side, the program's terminal on the other.
pub fn open(columns: u16) -> io::Result<(File, OwnedFd)> {
    let (mut master, mut slave) = (-1, -1);
    let none = std::ptr::null_mut();
    // SAFETY: openpty writes two descriptors; the other arguments may be null.
    if unsafe { libc::openpty(&mut master, &mut slave, none, std::ptr::null_mut(), std::ptr::null_mut()) }
        != 0
    {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: both were opened just now and belong to nobody else.
    let (master, slave) = unsafe { (OwnedFd::from_raw_fd(master), OwnedFd::from_raw_fd(slave)) };
    for end in [&master, &slave] {
        // SAFETY: the descriptor is open.
        if unsafe { libc::fcntl(end.as_raw_fd(), libc::F_SETFD, libc::FD_CLOEXEC) } < 0 {
            return Err(io::Error::last_os_error());
        }
    }
    let master = File::from(master);
    resize(&master, columns)?;
    Ok((master, slave))
}

/// Gives the window another width; the program gets `SIGWINCH`.
pub fn resize(master: &File, columns: u16) -> io::Result<()> {
    let size = libc::winsize { ws_row: ROWS, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    // SAFETY: the descriptor is a terminal's and `size` is live.
    match unsafe { libc::ioctl(master.as_raw_fd(), libc::TIOCSWINSZ, &size) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Makes the program the leader of a session of its own on this terminal, with all three streams on it. Streams may be
/// pointed elsewhere afterwards; the slave has to be open until it was started.
pub fn lead(command: &mut Command, slave: &OwnedFd) -> io::Result<()> {
    for stream in [Command::stdin, Command::stdout, Command::stderr] {
        stream(command, Stdio::from(slave.try_clone()?));
    }
    let tty = slave.as_raw_fd();
    let become_leader = move || {
        // SAFETY: all are plain system calls, allowed between fork and exec; the descriptor is open in the child.
        unsafe {
            // A caller in the background hands down an ignored SIGINT; a terminal's session starts without.
            for signal in [libc::SIGINT, libc::SIGQUIT, libc::SIGTSTP, libc::SIGHUP, libc::SIGPIPE] {
                libc::signal(signal, libc::SIG_DFL);
            }
            if libc::setsid() < 0 || libc::ioctl(tty, libc::TIOCSCTTY as _, 0) < 0 {
                return Err(io::Error::last_os_error());
            }
        }
        Ok(())
    };
    // SAFETY: the closure only makes system calls.
    unsafe { command.pre_exec(become_leader) };
    Ok(())
}
