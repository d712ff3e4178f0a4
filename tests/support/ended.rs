//! How guarded commands end: exit codes, and what stands on the screen.

use super::pty::Pty;
use std::process::Output;

/// How a command on a terminal ended.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    /// Everything on the terminal, without colours and carriage returns.
    pub output: String,
}

impl Ended {
    /// The exit code is this one, else everything that was said is the message.
    #[track_caller]
    pub fn is(self, code: i32) -> Ended {
        assert_eq!(self.code, code, "{}", self.output);
        self
    }

    /// The terminal showed this.
    #[track_caller]
    pub fn says(self, text: &str) -> Ended {
        assert!(self.output.contains(text), "no {text:?} in:\n{}", self.output);
        self
    }

    /// The terminal did not show this.
    #[track_caller]
    pub fn not(self, text: &str) -> Ended {
        assert!(!self.output.contains(text), "{text:?} in:\n{}", self.output);
        self
    }
}

/// Types an answer to the one question and waits for the end.
pub fn answered(mut terminal: Pty, question: &str, answer: &str) -> Ended {
    terminal.expect(question);
    terminal.send(format!("{answer}\n"));
    ended(terminal)
}

/// Types this where a name is asked for, which has to be wrong, gives up, and waits for the end.
pub fn answered_wrongly(mut terminal: Pty, answer: &str) -> Ended {
    terminal.expect("3 tries: ");
    terminal.send(format!("{answer}\n"));
    terminal.expect("2 tries are left");
    terminal.expect(": ");
    terminal.send("\n");
    ended(terminal)
}

/// Waits for the end of a command on a terminal.
pub fn ended(mut terminal: Pty) -> Ended {
    let code = terminal.code();
    Ended { code, output: plain(&terminal.output()) }
}

/// Terminal output without carriage returns and escape sequences (`ESC [ … letter`).
pub fn plain(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let first = parts.next().unwrap_or_default().to_owned();
    let rest =
        parts.map(|part| part.trim_start_matches(|c: char| !c.is_ascii_alphabetic()).get(1..).unwrap_or(""));
    rest.fold(first, |text, part| text + part).replace('\r', "")
}

/// A run without a terminal in the same words.
pub fn told(output: &Output) -> Ended {
    use std::os::unix::process::ExitStatusExt;
    let code = output.status.code().unwrap_or_else(|| 128 + output.status.signal().unwrap_or(0));
    let text = [output.stdout.as_slice(), &output.stderr].concat();
    Ended { code, output: String::from_utf8_lossy(&text).into_owned() }
}

/// Everything a run said, for messages of failing tests.
pub fn said(out: &Output) -> String {
    format!(
        "exit {:?}\nstdout: {}\nstderr: {}",
        out.status.code(),
        String::from_utf8_lossy(&out.stdout),
        String::from_utf8_lossy(&out.stderr)
    )
}
