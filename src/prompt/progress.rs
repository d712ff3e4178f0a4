//! One line on the terminal for waits of more than a tenth of a second, gone again before anything else is written.

use super::tty::{open, write_all};
use super::turn::Turn;
use crate::engine::escape::escape;
use std::os::fd::AsFd;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
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
    use super::fitting;

    #[test]
    fn the_line_never_wraps() {
        assert_eq!(fitting("guard: asking", 80), "guard: asking");
        assert_eq!(fitting("guard: asking", 6), "guard");
        assert_eq!(fitting("字字字", 6), "字字");
        assert_eq!(fitting("x", 1), "");
    }
}
