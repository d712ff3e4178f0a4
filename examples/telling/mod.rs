//! How the incidents are told: sentences on the screen, claims that have to hold, and an exit code at the end.

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;

pub type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

/// Whether this program was called by the name of a tool: then it plays guard's part.
pub fn is_called(names: &[&str]) -> bool {
    let called = std::env::args_os().next().unwrap_or_default();
    Path::new(&called).file_name().is_some_and(|called| names.iter().any(|name| called == *name))
}

/// The end of a story; what went wrong is said under its title.
pub fn end(title: &str, done: Outcome<ExitCode>) -> ExitCode {
    done.unwrap_or_else(|why| {
        let _ = writeln!(io::stderr(), "{title}: {why}");
        ExitCode::FAILURE
    })
}

pub fn say(text: &str) -> io::Result<()> {
    writeln!(io::stdout(), "{text}")
}

/// A sentence of the story that must be true.
pub fn holds(claim: &str, true_so_far: bool) -> Outcome<()> {
    say(&format!("  {} {claim}", if true_so_far { "ok  " } else { "FAIL" }))?;
    if true_so_far { Ok(()) } else { Err(format!("not so: {claim}").into()) }
}
