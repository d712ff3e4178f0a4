//! The questions of `guard setup`, on the terminal.

use super::draft::diff;
use super::place::{Naming, Place};
use crate::engine::escape::escape;
use crate::engine::target::Environment;
use crate::exit::Exit;
use crate::fail::{Fail, Kind, Result};
use crate::policy::files::shown;
use crate::prompt::Terminal;
use crate::prompt::hold::Hold;
use crate::prompt::signals::die_of;
use console::Term;
use dialoguer::theme::SimpleTheme;
use dialoguer::{Confirm, Input, Select};
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

/// The choices, as they are shown; the last one leaves a place out.
const CHOICES: [(Option<Environment>, &str); 4] = [
    (Some(Environment::Production), "production    type its name before something is lost"),
    (Some(Environment::Staging), "staging       y/N before something is lost"),
    (Some(Environment::Development), "development   safe to play with"),
    (None, "leave it out  (it counts as production)"),
];

/// One more choice behind the first question.
const BACK: &str = "go back       to the question before";

/// How one question ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was answered.
    Given,
    /// The person wants to see the one before once more.
    Back,
    /// The person wants to leave.
    Leave,
}

/// What was chosen.
enum Chosen {
    Is(Option<Environment>),
    Back,
    Leave,
}

/// So many of the names that lead to one place are shown.
const SHOWN: usize = 5;

/// Asks on the terminal. Whoever presses Ctrl-C, at a question or between two of them, ends the process: the terminal is
/// put back as it was, and what was to be done next is not done.
pub struct Asker {
    term: Term,
    hold: Option<Hold>,
    written: bool,
}

impl Asker {
    /// Whether anybody can be asked.
    pub fn possible() -> Result<()> {
        Terminal::available().map_err(|_| absent())
    }

    /// Opens the terminal.
    pub fn open() -> Result<Asker> {
        let hold = Hold::take().map_err(|_| absent())?;
        let read = File::options().read(true).write(true).open("/dev/tty").map_err(|_| absent())?;
        let term = Term::read_write_pair(read, hold.writer().map_err(|_| absent())?);
        Ok(Asker { term, hold: Some(hold), written: false })
    }

    /// Something was written.
    pub fn wrote(&mut self) {
        self.written = true;
    }

    /// Prints a line.
    pub fn say(&self, text: &str) -> Result<()> {
        self.term.write_line(text).map_err(|e| broken(&e))
    }

    /// Asks what a place is and what it is called. `back` says that there is a question to go back to.
    pub fn classify(&mut self, place: &mut dyn Place, taken: &[String], back: bool) -> Result<Answer> {
        self.say(&format!("\n{}", place.title()))?;
        let ways = place.ways();
        for way in ways.iter().take(SHOWN) {
            self.say(&format!("  {way}"))?;
        }
        if let more @ 1.. = ways.len().saturating_sub(SHOWN) {
            self.say(&format!("  and {more} more {}", place.ways_word()))?;
        }
        // What was answered before, when the person came back to it.
        let environment = match self.environment(place, place.environment().or(place.suggestion()), back)? {
            Chosen::Is(environment) => environment,
            Chosen::Back => return Ok(Answer::Back),
            Chosen::Leave => return Ok(Answer::Leave),
        };
        let name = match place.naming() {
            Naming::Asked { prompt, empty } if environment.is_some() => {
                self.name(prompt, place.name(), taken, empty)?
            }
            _ => place.name().to_owned(),
        };
        place.call(name, environment);
        Ok(Answer::Given)
    }

    /// Asks which of the places that the policy knows is to be another; `None` for none of them.
    pub fn one_to_change(&mut self, known: &[String]) -> Result<Option<usize>> {
        let mut items = vec!["no, leave them"];
        items.extend(known.iter().map(String::as_str));
        let select = Select::with_theme(&SimpleTheme)
            .with_prompt("In your policy already. Change what one of them is?")
            .items(&items)
            .default(0)
            .interact_on_opt(&self.term);
        Ok(self.answer(select)?.and_then(|choice| choice.checked_sub(1)))
    }

    /// Asks what a place of the policy is now; `None` when it stays as it is.
    pub fn reclassify(&mut self, place: &dyn Place, is: Option<Environment>) -> Result<Option<Environment>> {
        self.say(&format!("\n{}", place.title()))?;
        match self.environment(place, is, false)? {
            Chosen::Is(environment) => Ok(environment),
            Chosen::Back | Chosen::Leave => Ok(None),
        }
    }

    /// What a place is, asked until nobody has second thoughts.
    fn environment(
        &mut self,
        place: &dyn Place,
        suggestion: Option<Environment>,
        back: bool,
    ) -> Result<Chosen> {
        let default = CHOICES.iter().position(|(e, _)| *e == suggestion).unwrap_or(CHOICES.len() - 1);
        let mut words = CHOICES.map(|(_, words)| words).to_vec();
        words.extend(back.then_some(BACK));
        loop {
            let select = Select::with_theme(&SimpleTheme)
                .with_prompt("What is it? (Esc leaves)")
                .items(&words)
                .default(default)
                .interact_on_opt(&self.term);
            let Some(choice) = self.answer(select)? else { return Ok(Chosen::Leave) };
            let Some((environment, _)) = CHOICES.get(choice) else { return Ok(Chosen::Back) };
            if self.meant(place, *environment)? {
                return Ok(Chosen::Is(*environment));
            }
        }
    }

    /// Whether a choice is meant that is milder than what one of the place's own names says.
    fn meant(&mut self, place: &dyn Place, chosen: Option<Environment>) -> Result<bool> {
        let (Some(chosen), Some((said, name))) = (chosen, place.hint()) else { return Ok(true) };
        if chosen >= said {
            return Ok(true);
        }
        self.confirm(&format!(
            "It is also called {}, which says {said}. {chosen} all the same?",
            escape(name.as_bytes())
        ))
    }

    fn name(&mut self, prompt: &str, proposed: &str, taken: &[String], empty: bool) -> Result<String> {
        let taken = taken.to_vec();
        let proposed = if is_name(proposed) { proposed } else { "" };
        // Enter takes what is proposed; where none is a choice too, it stands there to be cleared.
        let input = Input::<String>::with_theme(&SimpleTheme).with_prompt(prompt);
        let input = match (empty, proposed) {
            (true, _) | (_, "") => input.with_initial_text(proposed),
            (false, proposed) => input.default(proposed.to_owned()),
        };
        let input = input
            .allow_empty(empty)
            .validate_with(move |name: &String| match name.trim() {
                "" if empty => Ok(()),
                name if !is_name(name) => Err("a name without blanks, slashes and invisible characters"),
                name if taken.iter().any(|other| other == name) => Err("another place has this name"),
                _ => Ok(()),
            })
            .interact_text_on(&self.term);
        Ok(self.answer(input)?.trim().to_owned())
    }

    /// Shows what would be written and asks.
    pub fn consent_to_write(&mut self, path: &Path, old: Option<&str>, new: &str) -> Result<bool> {
        match old {
            None => self.say(&format!("\n{}\n", new.trim_end()))?,
            Some(old) => self.say(&format!("\n{}", diff(old, new)))?,
        }
        let verb = if old.is_some() { "Change" } else { "Write" };
        self.confirm(&format!("{verb} {}?", shown(path)))
    }

    /// Asks whether the links are to be made.
    pub fn consent_to_install(&mut self, tools: &[String], dir: &Path) -> Result<bool> {
        self.confirm(&format!("Link {} to guard in {}?", tools.join(" and "), shown(dir)))
    }

    /// Shows what a step would do and asks.
    pub fn consent_to(&mut self, what: &str, shown: &str) -> Result<bool> {
        self.say(&format!("\n{}\n", shown.trim_end()))?;
        self.confirm(&format!("{what}?"))
    }

    /// Says that nothing was written.
    pub fn leave(self) -> Result<Exit> {
        self.say(if self.written {
            "left; what was written before stays, and the rest is not done (run it again for that)"
        } else {
            "nothing was written"
        })?;
        Ok(Exit::Refused)
    }

    /// Asks y/N.
    fn confirm(&mut self, question: &str) -> Result<bool> {
        let asked = Confirm::with_theme(&SimpleTheme).with_prompt(question).interact_on_opt(&self.term);
        let consented = self.answer(asked)?.unwrap_or(false);
        // Ctrl-C behind a yes takes it back as long as nothing was done.
        if consented && self.hold.as_ref().is_some_and(|hold| !hold.undisturbed()) {
            return Err(broken(&ErrorKind::Interrupted.into()));
        }
        Ok(consented)
    }

    fn answer<T>(&mut self, asked: dialoguer::Result<T>) -> Result<T> {
        asked.map_err(|dialoguer::Error::IO(error)| {
            let _ = self.term.show_cursor();
            if error.kind() == ErrorKind::Interrupted
                && let Some(hold) = &self.hold
            {
                hold.interrupt();
            }
            broken(&error)
        })
    }
}

impl Drop for Asker {
    fn drop(&mut self) {
        let last_words = if self.written { "\x1b[?25h\n" } else { "\x1b[?25h\nnothing was written\n" };
        if let Some(signal) = self.hold.take().and_then(|hold| hold.release(last_words)) {
            die_of(signal);
        }
    }
}

fn absent() -> Fail {
    Fail::new(Kind::Refused, "the questions of `guard setup` need a terminal")
        .help("run it in a terminal, or edit the output of `guard setup --print`")
}

/// Whether a name can be a phrase: something a person can type and see.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['/', ' ', '\\']) && escape(name.as_bytes()) == name
}

fn broken(error: &std::io::Error) -> Fail {
    Fail::new(Kind::Refused, "the terminal cannot be used").because(error.to_string())
}
