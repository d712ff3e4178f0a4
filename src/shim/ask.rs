//! Running a program for its answer: a session of its own, no input, a deadline.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What is read of an answer.
const LARGEST: usize = 1 << 20;

/// How a program ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// By itself, with this status (`None`: by a signal).
    Itself(Option<i32>),
    /// The deadline passed; it was killed.
    TimedOut,
    /// It could not be started.
    NotStarted(String),
}

/// Runs a program to its end or the deadline and gives back its standard output.
///
/// It gets a session of its own: an interactive shell would otherwise take the terminal away from this process. What a
/// start-up file leaves running in the background does not hold the answer up.
pub fn ask(mut command: Command, patience: Duration) -> (String, Ended) {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    // SAFETY: setsid(2) is async-signal-safe and the closure touches no memory of the parent.
    unsafe {
        command.pre_exec(|| {
            // Fails only for the leader of a process group, which a child just forked is not.
            let _ = rustix::process::setsid();
            Ok(())
        });
    }
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return (String::new(), Ended::NotStarted(error.to_string())),
    };
    let text = Arc::new(Mutex::new(Vec::new()));
    let reader = child.stdout.take().map(|mut out| {
        let text = Arc::clone(&text);
        std::thread::spawn(move || {
            let mut block = [0; 4096];
            while let Ok(n @ 1..) = out.read(&mut block) {
                let mut text = text.lock().unwrap_or_else(PoisonError::into_inner);
                if text.len() < LARGEST {
                    text.extend_from_slice(&block[..n]);
                }
            }
        })
    });
    let until = Instant::now() + patience;
    let ended = loop {
        match child.try_wait() {
            Ok(Some(status)) => break Ended::Itself(status.code()),
            Ok(None) if Instant::now() < until => std::thread::sleep(Duration::from_millis(5)),
            Ok(None) => break Ended::TimedOut,
            Err(error) => break Ended::NotStarted(error.to_string()),
        }
    };
    if ended == Ended::TimedOut {
        // The session's leader leads its process group too.
        if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = child.kill();
        let _ = child.wait();
    }
    // Usually the pipe is at its end now. Something left in the background may hold it open; its text is not wanted.
    let settled = Instant::now() + Duration::from_millis(100);
    while reader.as_ref().is_some_and(|r| !r.is_finished()) && Instant::now() < settled {
        std::thread::sleep(Duration::from_millis(2));
    }
    let text = text.lock().unwrap_or_else(PoisonError::into_inner);
    (String::from_utf8_lossy(&text).into_owned(), ended)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(code: &str, patience: u64) -> (String, Ended) {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", code]);
        ask(command, Duration::from_millis(patience))
    }

    #[test]
    fn answers_ends_and_deadlines() {
        assert_eq!(sh("echo a; exit 3", 5000), ("a\n".to_owned(), Ended::Itself(Some(3))));
        assert_eq!(sh("echo a; sleep 60", 300), ("a\n".to_owned(), Ended::TimedOut));
        assert!(matches!(ask(Command::new("/nonexistent"), Duration::ZERO).1, Ended::NotStarted(_)));
    }

    #[test]
    fn what_stays_in_the_background_does_not_hold_the_answer_up() {
        let began = Instant::now();
        assert_eq!(sh("sleep 4 & echo a", 20_000).0, "a\n");
        assert!(began.elapsed() < Duration::from_secs(3));
    }

    #[test]
    fn the_program_has_no_terminal() {
        assert_eq!(sh("exec 2>/dev/null; (: </dev/tty) && echo terminal || echo none", 5000).0, "none\n");
    }
}
