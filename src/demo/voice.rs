//! How the story is told: paragraphs that fit the window, command lines as one would type them, claims that have to hold.

use super::ending::{Ending, Stop, Told};
use guard::ui::{ColourChoice, Colours, Look};
use guard::world::World;
use rustix::termios;
use std::io::{self, IsTerminal, Write};
use std::os::fd::AsFd;
use std::time::Duration;

/// Wider text is not read.
const WIDEST: usize = 78;
/// A question between two scenes stands for a lunch.
const PATIENCE: Duration = Duration::from_secs(3600);

/// Tells it on standard output.
pub struct Voice {
    look: Look,
    /// Standard output is a terminal.
    pub watched: bool,
    /// What is played has the pace of a person.
    paced: bool,
    pub ending: Ending,
}

impl Voice {
    pub fn new(ending: Ending, asks: bool) -> Voice {
        let out = io::stdout();
        let watched = out.is_terminal();
        let columns = termios::tcgetwinsize(out.as_fd()).ok().map(|size| size.ws_col);
        let look = Look::of(&World::of_process(), ColourChoice::Auto, watched, columns);
        Voice { look, watched, paced: watched && !asks, ending }
    }

    /// The columns of the window, for a terminal of guard's own.
    pub fn columns(&self) -> u16 {
        u16::try_from(self.look.width).unwrap_or(80)
    }

    /// A paragraph with this before its first line, and as much room before the others.
    pub fn say(&self, margin: &str, text: &str) -> Told<()> {
        self.ending.heed()?;
        let mut out = io::stdout().lock();
        let mut before = margin;
        let room = " ".repeat(margin.len());
        for line in wrapped(text, self.look.width.saturating_sub(1).min(WIDEST).saturating_sub(margin.len()))
        {
            writeln!(out, "{before}{line}")?;
            before = &room;
        }
        Ok(out.flush()?)
    }

    /// The title of a scene.
    pub fn title(&self, text: &str) -> Told<()> {
        self.line(&format!("\n{}", self.bold(&format!("== {text}"))))
    }

    /// A command line, as one types it.
    pub fn typed(&self, line: &str) -> Told<()> {
        self.line(&format!("$ {}", self.bold(line)))?;
        self.breathe(800)
    }

    /// One line as it is.
    pub fn line(&self, text: &str) -> Told<()> {
        self.ending.heed()?;
        let mut out = io::stdout().lock();
        writeln!(out, "{text}")?;
        Ok(out.flush()?)
    }

    /// A sentence of the story that must be true.
    pub fn holds(&self, claim: &str, so: bool) -> Told<()> {
        self.say(if so { "  ok   " } else { "  FAIL " }, claim)?;
        if so { Ok(()) } else { Err(Stop::Failed(format!("not so: {claim}"))) }
    }

    /// Time to read, where somebody watches and is asked nothing.
    pub fn breathe(&self, milliseconds: u64) -> Told<()> {
        if self.paced {
            self.ending.wait(None, Duration::from_millis(milliseconds))?;
        }
        Ok(())
    }

    /// Waits for Enter.
    pub fn turn_page(&self) -> Told<()> {
        let mut out = io::stdout().lock();
        write!(out, "\n[Enter] goes on, q leaves: ")?;
        out.flush()?;
        let stdin = io::stdin();
        let mut line = Vec::new();
        while !line.ends_with(b"\n") {
            let mut bytes = [0; 256];
            if !self.ending.wait(Some(stdin.as_fd()), PATIENCE)? {
                return Err(Stop::Left);
            }
            match rustix::io::read(&stdin, &mut bytes) {
                Ok(0) => return Err(Stop::Left),
                Ok(count) => line.extend_from_slice(bytes.get(..count).unwrap_or_default()),
                Err(rustix::io::Errno::INTR) => {}
                Err(_) => return Err(Stop::Left),
            }
        }
        match line.first() {
            Some(b'q' | b'Q') => Err(Stop::Left),
            _ => Ok(()),
        }
    }

    fn bold(&self, text: &str) -> String {
        match self.look.colours {
            Colours::None => text.to_owned(),
            _ => format!("\x1b[1m{text}\x1b[0m"),
        }
    }
}

/// The words in lines of at most so many columns; the text is ASCII.
fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.len() + 1 + word.len() <= columns => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}
