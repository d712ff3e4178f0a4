//! How the incidents are told: sentences on the screen, claims that have to hold, and an exit code at the end.

use std::io::{self, IsTerminal, Write};
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

/// What stood on a terminal of the story. Progress that was wiped away is left out.
pub fn shown(text: &str) -> io::Result<()> {
    let lines = text.lines().map(|line| line.trim_end_matches('\r'));
    let last = |line: &'_ str| line.rsplit('\r').next().unwrap_or_default().trim_end().to_owned();
    let lines: Vec<String> = lines.map(last).collect();
    writeln!(io::stdout(), "{}", lines.join("\n").trim_end())
}

/// A sentence of the story that must be true.
pub fn holds(claim: &str, true_so_far: bool) -> Outcome<()> {
    say(&format!("  {} {claim}", if true_so_far { "ok  " } else { "FAIL" }))?;
    if true_so_far { Ok(()) } else { Err(format!("not so: {claim}").into()) }
}

/// Asks for no colours where what is told is not seen on a terminal.
pub fn colours() -> Option<(&'static str, &'static str)> {
    (!io::stdout().is_terminal()).then_some(("NO_COLOR", "1"))
}

/// What a screen says under this label, in one line and without colours; empty where it has no such row.
pub fn row(screen: &str, label: &str) -> String {
    let screen = plain(screen);
    let mut words = Vec::new();
    let mut inside = false;
    for line in screen.lines() {
        // A label stands at the fourth column; what goes on below it is indented further.
        match line.strip_prefix("   ") {
            Some(rest) if !rest.starts_with(' ') => inside = rest.split_whitespace().next() == Some(label),
            Some(_) => {}
            None => inside = false,
        }
        if inside {
            words.extend(line.split_whitespace().map(str::to_owned));
        }
    }
    words.join(" ")
}

/// Without escape sequences (`ESC [ … letter`) and carriage returns.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\x1b' => _ = rest.by_ref().find(char::is_ascii_alphabetic),
            '\r' => {}
            c => out.push(c),
        }
    }
    out
}
