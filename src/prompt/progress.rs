//! One line on the terminal, or a bar, for waits of more than a tenth of a second, gone again before anything else is written.

use super::tty::{open, write_all};
use super::turn::Turn;
use crate::engine::escape::escape;
use crate::engine::human;
use std::os::fd::AsFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Nothing is shown for shorter waits.
const PATIENCE: Duration = Duration::from_millis(100);

/// Shows its line from 100 ms after its start until it is dropped. Without a terminal, or in the background, nothing.
#[must_use]
pub struct Progress {
    done: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Progress {
    /// Starts with one short line: `asking the cluster`. `dumb` terminals get the line and keep it.
    pub fn start(text: &str, dumb: bool) -> Progress {
        Progress::after(PATIENCE, text, dumb)
    }

    /// The same for a wait that is only worth a word when it is longer than this.
    pub fn after(patience: Duration, text: &str, dumb: bool) -> Progress {
        let line = format!("guard: {} ...", escape(text.as_bytes()));
        let (done, wait) = channel::<()>();
        let show = move || {
            if wait.recv_timeout(patience) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let Ok(tty) = open() else { return };
            // Never into somebody's question.
            let Ok(_turn) = Turn::of(tty.as_fd()) else { return };
            // What fails here is not worth a word: the line is a courtesy.
            if dumb {
                let _ = write_all(tty.as_fd(), &format!("{line}\n"));
                return;
            }
            // A line that wraps could not be taken away again.
            let columns = rustix::termios::tcgetwinsize(&tty).map_or(80, |size| usize::from(size.ws_col));
            let line = fitting(&line, if columns == 0 { 80 } else { columns });
            let _ = write_all(tty.as_fd(), &line);
            let _ = wait.recv();
            let _ = write_all(tty.as_fd(), &format!("\r{}\r", " ".repeat(line.width())));
        };
        let thread = std::thread::Builder::new().name("progress".to_owned()).spawn(show).ok();
        Progress { done: Some(done), thread }
    }
}

/// A bar for work whose steps are counted, redrawn while they pass; it begins and ends as [`Progress`] does.
#[must_use]
pub struct Bar {
    steps: Arc<AtomicU64>,
    note: Arc<Mutex<String>>,
    done: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Bar {
    /// Starts with what is done and how many steps it has. On `dumb` terminals, and without one, nothing is drawn.
    pub fn start(text: &str, of: u64, dumb: bool) -> Bar {
        let (steps, note) = (Arc::new(AtomicU64::new(0)), Arc::new(Mutex::new(String::new())));
        let (done, wait) = channel::<()>();
        let (text, passed, said) = (escape(text.as_bytes()), Arc::clone(&steps), Arc::clone(&note));
        let show = move || {
            if dumb || wait.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let Ok(tty) = open() else { return };
            let Ok(_turn) = Turn::of(tty.as_fd()) else { return };
            let mut before = 0;
            loop {
                let columns = rustix::termios::tcgetwinsize(&tty).map_or(80, |size| usize::from(size.ws_col));
                let columns = if columns == 0 { 80 } else { columns };
                let note = said.lock().map(|note| note.clone()).unwrap_or_default();
                let line = fitting(&drawn(&text, passed.load(Ordering::Relaxed), of, &note), columns);
                let blanks = " ".repeat(usize::saturating_sub(before, line.width()));
                let _ = write_all(tty.as_fd(), &format!("\r{line}{blanks}"));
                before = line.width();
                if wait.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                    let _ = write_all(tty.as_fd(), &format!("\r{}\r", " ".repeat(before)));
                    return;
                }
            }
        };
        let thread = std::thread::Builder::new().name("progress".to_owned()).spawn(show).ok();
        Bar { steps, note, done: Some(done), thread }
    }

    /// One more step is done.
    pub fn step(&self) {
        self.steps.fetch_add(1, Ordering::Relaxed);
    }

    /// What is waited for meanwhile.
    pub fn say(&self, text: &str) {
        if let Ok(mut note) = self.note.lock() {
            *note = escape(text.as_bytes());
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        drop(self.done.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// `guard: creating [####------] 1,203 of 5,000, waiting for …`.
fn drawn(text: &str, passed: u64, of: u64, note: &str) -> String {
    const WIDTH: u64 = 20;
    let full = passed.min(of).saturating_mul(WIDTH).checked_div(of).unwrap_or(WIDTH);
    let bar: String = (0..WIDTH).map(|at| if at < full { '#' } else { '-' }).collect();
    let gap = if note.is_empty() { "" } else { ", " };
    format!("guard: {text} [{bar}] {} of {}{gap}{note}", human::number(passed), human::number(of))
}

/// The beginning of a line that leaves the last column free.
fn fitting(line: &str, columns: usize) -> String {
    let mut used = 0;
    line.chars()
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used < columns
        })
        .collect()
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.done.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_fills_as_steps_pass() {
        assert_eq!(drawn("creating", 0, 5000, ""), "guard: creating [--------------------] 0 of 5,000");
        assert_eq!(
            drawn("creating", 1250, 5000, ""),
            "guard: creating [#####---------------] 1,250 of 5,000"
        );
        assert_eq!(drawn("x", 2, 2, "waiting"), "guard: x [####################] 2 of 2, waiting");
        assert_eq!(drawn("x", 0, 0, ""), "guard: x [####################] 0 of 0");
        let bar = Bar::start("x", 1, true);
        bar.step();
        bar.say("y");
        assert_eq!(bar.steps.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn the_line_never_wraps() {
        assert_eq!(fitting("guard: asking", 80), "guard: asking");
        assert_eq!(fitting("guard: asking", 6), "guard");
        assert_eq!(fitting("字字字", 6), "字字");
        assert_eq!(fitting("x", 1), "");
    }
}
