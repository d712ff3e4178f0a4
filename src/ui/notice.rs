//! One line for commands that pass, and the words of a refusal.

use super::colour::{Colours, Look};
use super::screen::Screen;
use super::view::View;
use crate::engine::challenge::Challenge;
use crate::engine::escape::escape;
use crate::engine::human::counted;
use crate::fail::{Fail, Kind};

/// One line that says where a command goes: `guard: main/shop (production, its name says so): kubectl scale …`.
pub fn render_notice(view: &View<'_>, look: Look) -> String {
    let why = if view.environment_why.is_empty() {
        String::new()
    } else {
        format!(", {}", escape(view.environment_why.as_bytes()))
    };
    let line = format!(
        "guard: {} ({}{why}): {}",
        escape(view.sight.long_place.as_bytes()),
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

/// The refusal, for standard error: the facts unless already seen, what, why, and what to do.
pub fn refuse(refusal: &Refusal<'_>, kind: Kind, look: Look) -> Fail {
    const SHOWN: usize = 8;
    let mut fail = Fail::new(kind, in_charset(escape(refusal.what.as_bytes()), look));
    fail.facts = refusal.screen.map(|screen| screen.facts(look));
    fail.because.extend(refusal.because.iter().take(SHOWN).map(|why| in_charset(reason(why), look)));
    if let more @ 1.. = refusal.because.len().saturating_sub(SHOWN) {
        fail.because.push(counted(more as u64, "more reason"));
    }
    fail.help = match refusal.hint {
        Hint::None => None,
        Hint::Say(text) => Some(escape(text.as_bytes())),
        Hint::Confirm(challenge) => Some(format!(
            "run it at a terminal, or set GUARD_CONFIRM='{}', {}",
            challenge.variable_pattern(),
            challenge.variable_stands()
        )),
    }
    .map(|help| in_charset(help, look));
    fail
}

/// The refusal as it goes to standard error.
pub fn render_refusal(refusal: &Refusal<'_>, look: Look) -> String {
    format!("{}\n", refuse(refusal, Kind::Refused, look))
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
