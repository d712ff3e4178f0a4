//! What is said on standard error, beside the question.

use super::colour::{ColourChoice, Look};
use super::notice;
use crate::engine::escape::escape;
use crate::world::World;
use std::io::{IsTerminal, Write};

/// Prints text. What cannot be written there has no other place to go: whoever closed it does not want to hear it.
pub fn complain(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

/// How standard error is written to.
pub fn look(world: &World, choice: ColourChoice) -> Look {
    Look::of(world, choice, std::io::stderr().is_terminal(), None)
}

/// Prints a warning; the text is raw.
pub fn warn(text: &str, world: &World, choice: ColourChoice) {
    let text = escape(text.as_bytes());
    complain(&format!("{}\n", notice::render_warning(&text, look(world, choice))));
}

/// Whether the terminal cannot redraw a line.
pub fn is_dumb(world: &World) -> bool {
    world.var("TERM").is_none_or(|term| term == "dumb")
}
