//! A program in a terminal of its own: a pseudo-terminal pair, the child as session leader with the slave as its
//! controlling terminal, everything it writes collected by a thread.

#[path = "../../src/demo/pair.rs"]
mod pair;

use rustix::event::{PollFd, PollFlags, Timespec};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long anything may take on a busy machine.
pub const LONG: Duration = Duration::from_secs(60);

/// A running program and the other side of its terminal.
pub struct Pty {
    child: Child,
    master: Option<File>,
    /// Held open, so that the modes can be read after the program's end.
    slave: Option<OwnedFd>,
    modes: String,
    seen: Arc<(Mutex<Seen>, Condvar)>,
    reader: Option<JoinHandle<()>>,
    stop: Arc<AtomicBool>,
    /// How far `expect` has read.
    at: usize,
}

#[derive(Default)]
struct Seen {
    bytes: Vec<u8>,
    over: bool,
}

impl Pty {
    /// Starts a program on a terminal of this size. Standard streams that `command` does not redirect are the terminal.
    pub fn spawn(command: Command, columns: u16) -> Pty {
        Pty::spawn_with(command, columns, |_| {})
    }

    /// The same; `redirect` may point standard streams elsewhere.
    pub fn spawn_with(mut command: Command, columns: u16, redirect: impl FnOnce(&mut Command)) -> Pty {
        let (master, slave) = pair::open(columns).unwrap();
        pair::lead(&mut command, &slave).unwrap();
        redirect(&mut command);
        let modes = modes(&slave);
        let child = command.spawn().unwrap();
        drop(command);
        let seen = Arc::new((Mutex::new(Seen::default()), Condvar::new()));
        let (theirs, mut from) = (Arc::clone(&seen), master.try_clone().unwrap());
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while !stopped.load(Ordering::SeqCst) {
                // Polled, so that the thread can be told to let go of the terminal.
                let mut fds = [PollFd::new(&from, PollFlags::IN)];
                let tick = Timespec { tv_sec: 0, tv_nsec: 20_000_000 };
                if rustix::event::poll(&mut fds, Some(&tick)).unwrap_or(0) == 0 {
                    continue;
                }
                let n = from.read(&mut buffer).unwrap_or(0);
                let mut seen = theirs.0.lock().unwrap();
                seen.bytes.extend_from_slice(&buffer[..n]);
                seen.over = n == 0;
                theirs.1.notify_all();
                if n == 0 {
                    return;
                }
            }
        });
        Pty {
            child,
            master: Some(master),
            slave: Some(slave),
            modes,
            seen,
            reader: Some(reader),
            stop,
            at: 0,
        }
    }

    /// Types.
    pub fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.master.as_mut().unwrap().write_all(bytes.as_ref()).unwrap();
    }

    /// Waits until this text comes after what was expected before, and returns what came up to its end.
    pub fn expect(&mut self, text: &str) -> String {
        match self.wait_for(text, LONG) {
            Some(found) => found,
            None => panic!("no {text:?} after {:?} in:\n{}", self.at, self.output()),
        }
    }

    /// Whether this text comes within a time; nothing is consumed when it does not.
    pub fn comes(&mut self, text: &str, within: Duration) -> bool {
        self.wait_for(text, within).is_some()
    }

    fn wait_for(&mut self, text: &str, within: Duration) -> Option<String> {
        let end = Instant::now() + within;
        let mut seen = self.seen.0.lock().unwrap();
        loop {
            let rest = &seen.bytes[self.at..];
            if let Some(found) = rest.windows(text.len()).position(|w| w == text.as_bytes()) {
                let upto = found + text.len();
                let out = String::from_utf8_lossy(&rest[..upto]).into_owned();
                self.at += upto;
                return Some(out);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() || seen.over {
                return None;
            }
            seen = self.seen.1.wait_timeout(seen, left).unwrap().0;
        }
    }

    /// Whether this text comes before the program ends.
    pub fn comes_before_its_end(&mut self, text: &str) -> bool {
        let end = Instant::now() + LONG;
        loop {
            let ended = self.child.try_wait().unwrap().is_some();
            if ended {
                self.read_up();
            }
            if self.comes(text, Duration::from_millis(20)) {
                return true;
            }
            if ended {
                return false;
            }
            assert!(Instant::now() < end, "neither {text:?} nor its end in:\n{}", self.output());
        }
    }

    /// Waits until so many bytes of whole lines (or of keys, where the terminal is raw) wait to be read.
    pub fn typed_ahead(&self, bytes: usize) {
        let waiting = || rustix::io::ioctl_fionread(self.slave.as_ref().unwrap()).unwrap();
        self.until("typed ahead", || waiting() >= bytes as u64);
    }

    /// Everything written so far.
    pub fn output(&self) -> String {
        String::from_utf8_lossy(&self.seen.0.lock().unwrap().bytes).into_owned()
    }

    /// Gives the window another width; the program gets `SIGWINCH`.
    pub fn resize(&self, columns: u16) {
        pair::resize(self.master.as_ref().unwrap(), columns).unwrap();
    }

    /// The terminal's modes, as `stty -g` compares them.
    pub fn modes(&self) -> String {
        modes(self.slave.as_ref().unwrap())
    }

    /// The modes before the program had the terminal.
    pub fn modes_before(&self) -> &str {
        &self.modes
    }

    /// Waits until something is so.
    pub fn until(&self, what: &str, so: impl Fn() -> bool) {
        let end = Instant::now() + LONG;
        while !so() {
            assert!(Instant::now() < end, "never: {what}:\n{}", self.output());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sends a signal to the program.
    pub fn signal(&self, signal: i32) {
        // SAFETY: the child is ours and not yet waited for.
        unsafe { libc::kill(self.child.id() as i32, signal) };
    }

    /// Pulls the plug: the terminal is gone, and the kernel tells its session so.
    pub fn hang_up(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        self.slave = None;
        self.master = None;
    }

    /// Waits for the program's end, and until all it wrote has been read.
    pub fn wait(&mut self) -> ExitStatus {
        let end = Instant::now() + LONG;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                self.read_up();
                return status;
            }
            assert!(Instant::now() < end, "still running:\n{}", self.output());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until everything that was written to the terminal so far has come through it. The end of the file does not
    /// tell: the terminal is held open here, and perhaps by what the program left behind.
    fn read_up(&mut self) {
        const MARK: &[u8] = b"\0all was read\0";
        let Some(slave) = &self.slave else { return };
        let end = Instant::now() + LONG;
        if rustix::io::write(slave, MARK) != Ok(MARK.len()) {
            return;
        }
        let mut seen = self.seen.0.lock().unwrap();
        loop {
            if let Some(at) = seen.bytes.windows(MARK.len()).position(|w| w == MARK) {
                seen.bytes.drain(at..at + MARK.len());
                return;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "the terminal swallows what is written");
            if seen.over {
                return;
            }
            seen = self.seen.1.wait_timeout(seen, left).unwrap().0;
        }
    }

    /// Waits, and gives the exit code, or 128 + the signal that ended it.
    pub fn code(&mut self) -> i32 {
        let status = self.wait();
        status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
        self.hang_up();
    }
}

fn modes(tty: &OwnedFd) -> String {
    format!("{:?}", rustix::termios::tcgetattr(tty.as_fd()).unwrap())
}
