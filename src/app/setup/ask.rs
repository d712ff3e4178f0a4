//! The questions of `guard setup`, on the terminal.

use super::draft::{Server, diff};
use crate::engine::escape::escape;
use crate::engine::target::Environment;
use crate::exit::Exit;
use crate::fail::{Fail, Result};
use crate::policy::files::shown;
use crate::prompt::Terminal;
use crate::prompt::signals::{Watch, die_of};
use console::Term;
use dialoguer::theme::SimpleTheme;
use dialoguer::{Confirm, Input, Select};
use std::fs::File;
use std::io::ErrorKind;
use std::path::Path;

/// The choices, as they are shown; the last one leaves a server out.
const CHOICES: [(Option<Environment>, &str); 4] = [
    (Some(Environment::Production), "production    type its name before something is lost"),
    (Some(Environment::Staging), "staging       y/N before something is lost"),
    (Some(Environment::Development), "development   safe to play with"),
    (None, "leave it out  (it counts as production)"),
];

/// Asks on the terminal. Signals are caught meanwhile, so that Ctrl-C leaves the terminal as it was.
pub struct Asker {
    term: Term,
    watch: Option<Watch>,
}

impl Asker {
    /// Opens the terminal.
    pub fn open() -> Result<Asker> {
        let absent = || {
            Fail::new(Exit::Refused, "the questions of `guard setup` need a terminal")
                .help("run it in a terminal, or edit the output of `guard setup --print`")
        };
        Terminal::available().map_err(|_| absent())?;
        let open = || File::options().read(true).write(true).open("/dev/tty");
        let (read, write) = (open().map_err(|_| absent())?, open().map_err(|_| absent())?);
        let watch = Watch::start().ok();
        Ok(Asker { term: Term::read_write_pair(read, write), watch })
    }

    /// Prints a line.
    pub fn say(&self, text: &str) -> Result<()> {
        self.term.write_line(text).map_err(|e| broken(&e))
    }

    /// Asks what a server is and what it is called. False when the person wants to leave.
    pub fn classify(&mut self, server: &mut Server, taken: &[String]) -> Result<bool> {
        self.say(&format!("\n{}", server.shown()))?;
        for context in server.contexts.iter().take(5) {
            let current = if context.current { ", in use now" } else { "" };
            let file = format!("{}:{}", escape(context.file.as_bytes()), context.line);
            self.say(&format!("  context {} ({file}{current})", escape(context.name.as_bytes())))?;
        }
        if server.contexts.len() > 5 {
            self.say(&format!("  and {} more contexts", server.contexts.len() - 5))?;
        }
        let suggestion = server.suggestion();
        let default = CHOICES.iter().position(|(e, _)| *e == suggestion).unwrap_or(CHOICES.len() - 1);
        let words = CHOICES.map(|(_, words)| words);
        let select = Select::with_theme(&SimpleTheme)
            .with_prompt("What is it? (arrows and Enter; Esc leaves, nothing is written)")
            .items(words)
            .default(default)
            .interact_on_opt(&self.term);
        let Some(choice) = self.answer(select)? else { return Ok(false) };
        server.environment = CHOICES.get(choice).and_then(|(environment, _)| *environment);
        if server.environment.is_some() {
            let taken = taken.to_vec();
            let proposed = if is_name(&server.name) { server.name.clone() } else { String::new() };
            let input = Input::<String>::with_theme(&SimpleTheme)
                .with_prompt("Its name, as it has to be typed")
                .with_initial_text(proposed)
                .validate_with(move |name: &String| match name.trim() {
                    name if !is_name(name) => Err("a name without blanks, slashes and invisible characters"),
                    name if taken.iter().any(|other| other == name) => Err("another cluster has this name"),
                    _ => Ok(()),
                })
                .interact_text_on(&self.term);
            server.name = self.answer(input)?.trim().to_owned();
        }
        Ok(true)
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
    pub fn consent_to_install(&mut self, dir: &Path) -> Result<bool> {
        self.confirm(&format!("Link kubectl to guard in {}?", shown(dir)))
    }

    /// Says that nothing was written.
    pub fn leave(self) -> Result<Exit> {
        self.say("nothing was written")?;
        Ok(Exit::Refused)
    }

    fn confirm(&mut self, question: &str) -> Result<bool> {
        let asked = Confirm::with_theme(&SimpleTheme).with_prompt(question).interact_on_opt(&self.term);
        Ok(self.answer(asked)?.unwrap_or(false))
    }

    fn answer<T>(&mut self, asked: dialoguer::Result<T>) -> Result<T> {
        match asked {
            Ok(answer) => Ok(answer),
            Err(dialoguer::Error::IO(error)) => {
                let _ = self.term.show_cursor();
                let caught = self.watch.as_ref().and_then(Watch::next);
                if error.kind() == ErrorKind::Interrupted {
                    let _ = self.term.write_line("\nnothing was written");
                    self.watch = None;
                    die_of(caught.unwrap_or(libc::SIGINT));
                }
                Err(broken(&error))
            }
        }
    }
}

/// Whether a name can be a phrase: something a person can type and see.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['/', ' ', '\\']) && escape(name.as_bytes()) == name
}

fn broken(error: &std::io::Error) -> Fail {
    Fail::new(Exit::Refused, "the terminal cannot be used").because(error.to_string())
}
