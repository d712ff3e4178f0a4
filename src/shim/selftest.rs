//! Proof that a call really passes through guard: words that only guard answers, with a number nobody else knows.

use super::ask::{Ended, ask};
use crate::run::shim::SELFTEST;
use std::process::Command;
use std::time::Duration;

/// What guard answered from the other side of the call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The version of the guard that answered.
    pub version: String,
    /// Its file.
    pub path: String,
}

/// A number for one test.
pub fn nonce() -> String {
    let mut nonce = String::new();
    for byte in crate::audit::entropy() {
        nonce.push_str(&format!("{byte:02x}"));
    }
    nonce
}

/// Finds guard's answer among what a call printed.
pub fn read(output: &str, nonce: &str) -> Option<Answer> {
    output.lines().find_map(|line| {
        let (version, path) =
            line.strip_prefix(SELFTEST)?.trim_start().strip_prefix(nonce)?.trim_start().split_once(' ')?;
        Some(Answer { version: version.to_owned(), path: path.to_owned() })
    })
}

/// Makes the call. `Err` says what came instead of guard's answer.
pub fn call(mut program: Command, patience: Duration) -> Result<Answer, String> {
    let nonce = nonce();
    program.args([SELFTEST, nonce.as_str()]);
    let (output, ended) = ask(program, patience);
    read(&output, &nonce).ok_or_else(|| match ended {
        Ended::Itself(Some(code)) => format!("something else answered (exit code {code})"),
        Ended::Itself(None) => "it was ended by a signal".to_owned(),
        Ended::TimedOut => "no answer in time".to_owned(),
        Ended::NotStarted(why) => format!("it could not be started: {why}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::shim::selftest;

    #[test]
    fn the_answer_is_found_among_other_output() {
        let nonce = nonce();
        let answer = selftest(&[SELFTEST.as_bytes(), nonce.as_bytes()]).unwrap();
        let read = read(&format!("motd\n{answer}more\n"), &nonce).unwrap();
        assert_eq!(read.version, env!("CARGO_PKG_VERSION"));
        assert_eq!(std::path::PathBuf::from(read.path), crate::run::self_path::own_path().unwrap());
        assert_eq!(super::read(&answer, "another"), None);
        assert_eq!(super::read("", &nonce), None);
    }
}
