//! Printing to standard output: a reader that has seen enough (a closed pipe) is not an error.

use crate::fail::{Fail, Kind, Result};
use std::io::{ErrorKind, Write};

/// Prints text to standard output as it is.
pub fn print(text: &str) -> Result<()> {
    print_bytes(text.as_bytes())
}

/// Prints bytes to standard output as they are.
pub fn print_bytes(bytes: &[u8]) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(bytes).and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Fail::new(Kind::Audit, "standard output cannot be written").because(error.to_string()))
        }
        _ => Ok(()),
    }
}

/// How many columns standard output has, when it is a terminal that says so.
pub fn columns() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    Some(usize::from(size.ws_col)).filter(|columns| *columns > 0)
}
