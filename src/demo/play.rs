//! How a command line of the story is run: on the terminal of whoever watches, who answers, or on one of its own, where the
//! answers are played.

use super::ending::{Stop, Told};
use super::pair;
use super::voice::Voice;
use guard::exit::Exit;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long guard may take to ask, or to end.
const LONG: Duration = Duration::from_secs(60);
/// How long a command may take to end by itself after a signal.
const GRACE: Duration = Duration::from_secs(3);
/// How often it is looked whether a command has ended.
const TICK: Duration = Duration::from_millis(20);

/// What is typed, with Enter, once this stands on the screen.
pub struct Cue<'a> {
    pub after: &'a str,
    pub typed: &'a str,
}

/// What became of a command.
pub struct Ended {
    pub code: i32,
    /// What it printed, where that was asked for.
    pub printed: String,
}

/// Runs it on the terminal of this process, for whoever sits there.
pub fn theirs(mut command: Command, printed: bool, voice: &Voice) -> Told<Ended> {
    if printed {
        command.stdout(Stdio::piped());
    }
    let mut child = Running(command.spawn()?);
    let code = child.end(voice)?;
    Ok(Ended { code, printed: child.printed() })
}

/// Runs it on a terminal of its own, with these answers; what is seen there is shown.
pub fn played(mut command: Command, printed: bool, cues: &[Cue<'_>], voice: &Voice) -> Told<Ended> {
    let (master, slave) = pair::open(voice.columns())?;
    pair::lead(&mut command, &slave)?;
    if !voice.watched {
        command.env("NO_COLOR", "1");
    }
    if printed {
        command.stdout(Stdio::piped());
    }
    let child = Running(command.spawn()?);
    // The terminal has to be the command's alone, so that its end is seen.
    drop((command, slave));
    let mut scene = Scene { child, master, seen: Vec::new(), plain: Plain::default(), voice };
    for cue in cues {
        if !scene.comes(cue.after)? {
            break;
        }
        scene.types(cue.typed)?;
    }
    while scene.more()? {}
    scene.close()?;
    let code = scene.child.end(voice)?;
    Ok(Ended { code, printed: scene.child.printed() })
}

/// A command that does not outlive its scene.
struct Running(Child);

impl Running {
    /// Waits for its end. A signal to this process alone is passed on, so that it can put the terminal back.
    fn end(&mut self, voice: &Voice) -> Told<i32> {
        loop {
            if let Some(status) = self.0.try_wait()? {
                // Ctrl-C went to both.
                voice.ending.heed()?;
                return match status.signal() {
                    Some(signal @ (libc::SIGINT | libc::SIGTERM | libc::SIGHUP | libc::SIGQUIT)) => {
                        Err(Stop::Signal(signal))
                    }
                    Some(signal) => Ok(128 + signal),
                    None if status.code() == Some(i32::from(Exit::Interrupted.code())) => {
                        Err(Stop::Signal(libc::SIGINT))
                    }
                    None => Ok(status.code().unwrap_or_default()),
                };
            }
            if let Err(stop) = voice.ending.wait(None, TICK) {
                self.stop(&stop);
                return Err(stop);
            }
        }
    }

    fn stop(&mut self, why: &Stop) {
        let signal = if let Stop::Signal(signal) = why { *signal } else { libc::SIGTERM };
        if let Ok(pid) = libc::pid_t::try_from(self.0.id()) {
            // SAFETY: the child is ours and was not waited for.
            unsafe { libc::kill(pid, signal) };
        }
        let end = Instant::now() + GRACE;
        while Instant::now() < end && matches!(self.0.try_wait(), Ok(None)) {
            std::thread::sleep(TICK);
        }
    }

    fn printed(&mut self) -> String {
        let mut text = Vec::new();
        if let Some(mut out) = self.0.stdout.take() {
            // What could not be read was not printed.
            let _ = out.read_to_end(&mut text);
        }
        String::from_utf8_lossy(&text).into_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

/// One command on a terminal of its own.
struct Scene<'a> {
    child: Running,
    master: File,
    /// What was seen and not waited for yet.
    seen: Vec<u8>,
    plain: Plain,
    voice: &'a Voice,
}

impl Scene<'_> {
    /// Waits until this is seen; false when the command ends before.
    fn comes(&mut self, text: &str) -> Told<bool> {
        loop {
            if let Some(at) = self.seen.windows(text.len()).position(|part| part == text.as_bytes()) {
                self.seen.drain(..at + text.len());
                return Ok(true);
            }
            if !self.more()? {
                return Ok(false);
            }
        }
    }

    /// Types, as fast as a person where one watches.
    fn types(&mut self, text: &str) -> Told<()> {
        // Long enough to read what stands above it.
        self.voice.breathe(2500)?;
        for key in text.bytes().chain([b'\n']) {
            self.master.write_all(&[key])?;
            if self.voice.watched {
                self.voice.breathe(60)?;
                // The echo, so that it is seen key by key.
                if self.voice.ending.wait(Some(self.master.as_fd()), Duration::from_millis(60))? {
                    self.more()?;
                }
            }
        }
        Ok(())
    }

    /// Reads what comes next and shows it; false at the end.
    fn more(&mut self) -> Told<bool> {
        if !self.voice.ending.wait(Some(self.master.as_fd()), LONG)? {
            return Err(Stop::Failed("guard does not answer".to_owned()));
        }
        let mut bytes = [0; 4096];
        // Linux ends the reading of a terminal that nobody has any more with an error.
        let count = self.master.read(&mut bytes).unwrap_or(0);
        let new = bytes.get(..count).unwrap_or_default();
        self.seen.extend_from_slice(new);
        self.show(new)?;
        Ok(count > 0)
    }

    /// Shows what was seen: as it is to whoever watches, else as plain lines.
    fn show(&mut self, bytes: &[u8]) -> Told<()> {
        let mut out = io::stdout().lock();
        if self.voice.watched {
            out.write_all(bytes)?;
        } else {
            for line in self.plain.lines(bytes) {
                writeln!(out, "{}", line.trim_end())?;
            }
        }
        Ok(out.flush()?)
    }

    /// Ends a line that the command has left unfinished.
    fn close(&mut self) -> Told<()> {
        // Progress that was wiped away left nothing but blanks.
        if self.plain.line.iter().all(|byte| *byte == b' ') { Ok(()) } else { self.show(b"\n") }
    }
}

/// What stands on a terminal, line by line: sequences of control characters count for nothing, and a line that is begun
/// again is what it was last.
#[derive(Default)]
struct Plain {
    line: Vec<u8>,
    at: At,
}

/// Where in a sequence of control characters it is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum At {
    #[default]
    Text,
    Return,
    Escape,
    Sequence,
}

impl Plain {
    /// The lines that these bytes finish.
    fn lines(&mut self, bytes: &[u8]) -> Vec<String> {
        let mut lines = Vec::new();
        for &byte in bytes {
            self.at = match (self.at, byte) {
                (At::Escape, b'[') => At::Sequence,
                (At::Sequence, b' '..=b'?') => At::Sequence,
                (At::Escape | At::Sequence, _) => At::Text,
                (_, 0x1b) => At::Escape,
                (At::Text | At::Return, b'\n') => {
                    lines.push(String::from_utf8_lossy(&self.line).into_owned());
                    self.line.clear();
                    At::Text
                }
                (At::Text | At::Return, b'\r') => At::Return,
                (At::Return, _) => {
                    self.line.clear();
                    self.line.push(byte);
                    At::Text
                }
                (At::Text, byte) => {
                    self.line.push(byte);
                    At::Text
                }
            };
        }
        lines
    }
}
