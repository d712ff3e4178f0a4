//! What the person sees: facts as data ([`screen::Screen`]), rendered for the width, character set and colours of one
//! stream ([`colour::Look`]). Everything that comes from outside is escaped here, so callers hand in raw text.

pub mod backup;
pub mod badge;
pub mod colour;
pub use crate::engine::human;
pub mod command_line;
pub mod json;
pub mod lookalike;
pub mod notice;
pub mod screen;
pub mod stderr;
pub mod view;

pub use colour::{ColourChoice, Colours, Look};
pub use command_line::CommandLine;
pub use notice::{Hint, Refusal, render_notice, render_refusal};
pub use screen::Screen;
pub use view::View;
