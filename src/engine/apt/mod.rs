//! Command lines of apt, aptitude, dpkg and what belongs to them, judged from their words. None of them reads words as
//! the cobra tools in [`parse`](super::parse) do, and no two of the three alike. Pure: words in, data out.

pub mod aptitude;
pub mod dpkg;
pub mod getopt;
pub mod grammar;
mod judge;
pub mod words;

pub use judge::program;

use super::classify::Verdict;

/// Judges the words after the name of a tool of this family; `None` for other tools.
pub fn classify(tool: &[u8], words: &[&[u8]]) -> Option<Verdict> {
    if let Some(program) = program(tool) {
        return Some(judge::classify(program, words));
    }
    match tool {
        b"aptitude" | b"aptitude-curses" => Some(aptitude::classify(words)),
        _ => dpkg::classify(tool, words),
    }
}
