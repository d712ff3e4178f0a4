//! Running a program for its answer: a session of its own, no input, a deadline.

use rustix::fs::{OFlags, fcntl_setfl};
use std::io::{ErrorKind, Read};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
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

/// What a program said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
    /// How it ended; `None` for one that was never started.
    pub ended: Option<Ended>,
}

/// Runs a program to its end or the deadline and gives back its standard output. See [`listen`].
pub fn ask(command: Command, patience: Duration) -> (String, Ended) {
    let said = run(command, patience, Stdio::null());
    (said.out, said.ended.unwrap_or(Ended::TimedOut))
}

/// Runs a program to its end or the deadline and gives back all it said.
///
/// It gets a session of its own: an interactive shell would otherwise take the terminal away from this process. What a
/// start-up file leaves running in the background does not hold the answer up.
pub fn listen(command: Command, patience: Duration) -> Said {
    run(command, patience, Stdio::piped())
}

fn run(mut command: Command, patience: Duration, errors: Stdio) -> Said {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors);
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
        Err(error) => {
            return Said { ended: Some(Ended::NotStarted(error.to_string())), ..Said::default() };
        }
    };
    let mut out = child.stdout.take().filter(|out| fcntl_setfl(out, OFlags::NONBLOCK).is_ok());
    let mut err = child.stderr.take().filter(|err| fcntl_setfl(err, OFlags::NONBLOCK).is_ok());
    let (mut text, mut errors) = (Vec::new(), Vec::new());
    let until = Instant::now() + patience;
    let ended = loop {
        read(out.as_mut(), &mut text);
        read(err.as_mut(), &mut errors);
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
    // What it wrote before its end is in the pipe, whoever may hold that open.
    read(out.as_mut(), &mut text);
    read(err.as_mut(), &mut errors);
    let all = |mut bytes: Vec<u8>| {
        bytes.truncate(LARGEST);
        String::from_utf8_lossy(&bytes).into_owned()
    };
    Said { out: all(text), err: all(errors), ended: Some(ended) }
}

/// Reads what is there, and not more than an answer at once: something may be writing without end.
fn read(out: Option<&mut impl Read>, text: &mut Vec<u8>) {
    let Some(out) = out else { return };
    let mut block = [0; 4096];
    for _ in 0..LARGEST / block.len() {
        match out.read(&mut block) {
            Ok(n @ 1..) if text.len() < LARGEST => text.extend_from_slice(&block[..n]),
            Ok(1..) => {}
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Ok(0) | Err(_) => return,
        }
    }
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
        let long = sh("head -c 3000000 /dev/zero; exit 3", 60_000);
        assert_eq!((long.0.len(), long.1), (LARGEST, Ended::Itself(Some(3))));
        assert_eq!(sh("echo a; exit 3", 60_000), ("a\n".to_owned(), Ended::Itself(Some(3))));
        assert_eq!(sh("echo a; sleep 600", 3000), ("a\n".to_owned(), Ended::TimedOut));
        assert!(matches!(ask(Command::new("/nonexistent"), Duration::ZERO).1, Ended::NotStarted(_)));
    }

    #[test]
    fn what_stays_in_the_background_does_not_hold_the_answer_up() {
        let began = Instant::now();
        assert_eq!(sh("sleep 90 & echo a", 60_000).0, "a\n");
        assert!(began.elapsed() < Duration::from_secs(60));
    }

    #[test]
    fn the_program_has_no_terminal() {
        assert_eq!(sh("exec 2>/dev/null; (: </dev/tty) && echo terminal || echo none", 60_000).0, "none\n");
    }
}
