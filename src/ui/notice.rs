//! One line for commands that pass, and the words of a refusal.

use super::colour::{Colours, Look};
use super::screen::Screen;
use super::view::{View, long_place};
use crate::engine::challenge::Challenge;
use crate::engine::escape::escape;
use crate::engine::human::counted;

/// One line that says where a command goes: `guard: main/shop (production, its name says so): kubectl scale …`.
pub fn render_notice(view: &View<'_>, look: Look) -> String {
    let why = if view.environment_why.is_empty() {
        String::new()
    } else {
        format!(", {}", escape(view.environment_why.as_bytes()))
    };
    let line = format!(
        "guard: {} ({}{why}): {}",
        escape(long_place(view).as_bytes()),
        view.environment,
        view.command.brief()
    );
    in_charset(line, look)
}

/// A warning line of a rule that stands down or only warns.
pub fn render_warning(text: &str, look: Look) -> String {
    in_charset(format!("guard: warning: {}", reason(text)), look)
}

/// Why a command does not run.
#[derive(Clone, Debug)]
pub struct Refusal<'a> {
    /// The facts; `None` when they already stand on the terminal.
    pub screen: Option<&'a Screen>,
    /// What happened, raw: `refused: nobody could be asked`.
    pub what: &'a str,
    /// The reasons, raw.
    pub because: &'a [String],
    /// The one thing to do.
    pub hint: Hint<'a>,
}

/// The one thing to do about a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hint<'a> {
    /// Nothing: the person said no.
    None,
    /// Words.
    Say(&'a str),
    /// `GUARD_CONFIRM` would answer; shows the form of the phrase, whose words stand in the facts.
    Confirm(&'a Challenge),
}

/// The refusal as it goes to standard error: the facts unless already seen, what, why, and what to do.
pub fn render_refusal(refusal: &Refusal<'_>, look: Look) -> String {
    let mut out = String::new();
    if let Some(screen) = refusal.screen {
        out.push_str(&screen.facts(look));
        out.push('\n');
    }
    let mut line = |label: &str, text: &str| {
        out.push_str(&in_charset(format!("{label}{text}"), look));
        out.push('\n');
    };
    line("guard: ", &escape(refusal.what.as_bytes()));
    const SHOWN: usize = 8;
    for why in refusal.because.iter().take(SHOWN) {
        line("  because: ", &reason(why));
    }
    if let more @ 1.. = refusal.because.len().saturating_sub(SHOWN) {
        line("  because: ", &counted(more as u64, "more reason"));
    }
    match refusal.hint {
        Hint::None => {}
        Hint::Say(text) => line("  help: ", &escape(text.as_bytes())),
        Hint::Confirm(challenge) => line(
            "  help: ",
            &format!(
                "run it at a terminal, or set GUARD_CONFIRM='{}', {}",
                challenge.variable_pattern(),
                challenge.variable_stands()
            ),
        ),
    }
    out
}

/// A reason, escaped; what a server or a policy says is cut where nobody reads on.
fn reason(text: &str) -> String {
    const LONGEST: usize = 1024;
    match text.char_indices().nth(LONGEST).and_then(|(end, _)| text.get(..end)) {
        Some(head) => format!("{} [cut]", escape(head.as_bytes())),
        None => escape(text.as_bytes()),
    }
}

fn in_charset(line: String, look: Look) -> String {
    if look.utf8 || line.is_ascii() {
        return line;
    }
    let mut out = String::with_capacity(line.len());
    for c in line.chars() {
        if c.is_ascii() { out.push(c) } else { out.extend(c.escape_unicode()) }
    }
    out
}

/// The same look without colours, for streams that are no terminal.
pub fn plain(look: Look) -> Look {
    Look { colours: Colours::None, ..look }
}
