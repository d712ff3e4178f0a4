//! The questions of `guard setup`, on the terminal.

use super::accounts::Account;
use super::draft::{Server, diff};
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

    /// The policy was written.
    pub fn wrote(&mut self) {
        self.written = true;
    }

    /// Prints a line.
    pub fn say(&self, text: &str) -> Result<()> {
        self.term.write_line(text).map_err(|e| broken(&e))
    }

    /// Asks what a server is and what it is called. False when the person wants to leave.
    pub fn classify(&mut self, server: &mut Server, taken: &[String]) -> Result<bool> {
        self.say(&format!("\n{}", server.shown()))?;
        for context in server.contexts.iter().take(SHOWN) {
            let current = if context.current { ", in use now" } else { "" };
            let file = format!("{}:{}", escape(context.file.as_bytes()), context.line);
            self.say(&format!("  context {} ({file}{current})", escape(context.name.as_bytes())))?;
        }
        self.and_more(server.contexts.len(), "contexts")?;
        let Some(environment) = self.environment(server.suggestion())? else { return Ok(false) };
        server.environment = environment;
        if server.environment.is_some() {
            server.name = self.name("Its name, as it has to be typed", &server.name, taken, false)?;
        }
        Ok(true)
    }

    /// Asks what an account is, and what it is called unless it has an alias. False when the person wants to leave.
    pub fn classify_account(&mut self, account: &mut Account, taken: &[String]) -> Result<bool> {
        let called = account.called.as_deref().map(|name| format!(" ({})", escape(name.as_bytes())));
        self.say(&format!("\nAWS account {}{}", account.id, called.unwrap_or_default()))?;
        for profile in account.profiles.iter().take(SHOWN) {
            self.say(&format!("  {} ({})", profile.shown(), escape(profile.at.to_string().as_bytes())))?;
        }
        self.and_more(account.profiles.len(), "profiles")?;
        let Some(environment) = self.environment(account.suggestion())? else { return Ok(false) };
        account.environment = environment;
        if account.environment.is_some() && account.called.is_none() {
            let prompt = "It has no alias. Its name, as it has to be typed (empty: the id)";
            account.name = self.name(prompt, &account.name, taken, true)?;
        }
        Ok(true)
    }

    fn and_more(&self, all: usize, what: &str) -> Result<()> {
        match all.saturating_sub(SHOWN) {
            0 => Ok(()),
            more => self.say(&format!("  and {more} more {what}")),
        }
    }

    /// The environment that was chosen, `Some(None)` when it is to be left out, `None` when the person wants to leave.
    fn environment(&mut self, suggestion: Option<Environment>) -> Result<Option<Option<Environment>>> {
        let default = CHOICES.iter().position(|(e, _)| *e == suggestion).unwrap_or(CHOICES.len() - 1);
        let words = CHOICES.map(|(_, words)| words);
        let select = Select::with_theme(&SimpleTheme)
            .with_prompt("What is it? (arrows and Enter; Esc leaves, nothing is written)")
            .items(words)
            .default(default)
            .interact_on_opt(&self.term);
        let choice = self.answer(select)?;
        Ok(choice.map(|choice| CHOICES.get(choice).and_then(|(environment, _)| *environment)))
    }

    fn name(&mut self, prompt: &str, proposed: &str, taken: &[String], empty: bool) -> Result<String> {
        let taken = taken.to_vec();
        let proposed = if is_name(proposed) { proposed } else { "" };
        let input = Input::<String>::with_theme(&SimpleTheme)
            .with_prompt(prompt)
            .with_initial_text(proposed)
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

    /// Says that nothing was written.
    pub fn leave(self) -> Result<Exit> {
        self.say("nothing was written")?;
        Ok(Exit::Refused)
    }

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
