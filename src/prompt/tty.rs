//! The question on `/dev/tty`, whatever the standard streams are. The line is edited by the kernel (canonical mode);
//! what was typed before the question is thrown away, and so is what is left of the answer, before the modes go back.

use super::signals::{Watch, without_ttou};
use super::turn::{self, Refused, TURN, Turn};
use super::{Absent, Answer, Ask, Question};
use crate::engine::escape::escape;
use crate::engine::situation::Level;
use crate::ui::{ColourChoice, Colours, Look, Screen, human};
use crate::world::World;
use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;
use rustix::termios::{self, InputModes, LocalModes, OptionalActions, OutputModes, QueueSelector, Termios};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::{Duration, Instant};

/// The process's controlling terminal.
#[derive(Clone, Debug)]
pub struct Terminal {
    world: World,
    choice: ColourChoice,
}

impl Terminal {
    /// The terminal, with colours and characters as this world wants them.
    pub fn new(world: &World, choice: ColourChoice) -> Terminal {
        Terminal { world: world.clone(), choice }
    }

    /// Whether somebody could be asked now: there is a terminal and this process is in its foreground.
    pub fn available() -> Result<(), Absent> {
        open().map(drop)
    }

    /// How text looks on the terminal right now; asked again each time, since windows change their size.
    fn look(&self, tty: BorrowedFd<'_>) -> Look {
        let columns = termios::tcgetwinsize(tty).ok().map(|size| size.ws_col);
        Look::of(&self.world, self.choice, true, columns)
    }
}

impl Ask for Terminal {
    fn ask(&self, screen: &Screen, question: &Question<'_>) -> Answer {
        let asked = open().and_then(|tty| {
            let watch = Watch::start().map_err(|_| Absent::Broken)?;
            let mut session =
                Session { terminal: self, modes: Modes::new(tty), watch, pending: Vec::new(), turn: None };
            Ok(session.run(screen, question))
        });
        asked.unwrap_or_else(Answer::NoTerminal)
    }
}

/// Opens the controlling terminal, if this process may ask on it.
pub(super) fn open() -> Result<OwnedFd, Absent> {
    let flags = OFlags::RDWR | OFlags::CLOEXEC | OFlags::NOCTTY;
    let tty = rustix::fs::open("/dev/tty", flags, Mode::empty()).map_err(|_| Absent::NoTty)?;
    if is_foreground(tty.as_fd()) { Ok(tty) } else { Err(Absent::Background) }
}

pub(super) fn is_foreground(tty: BorrowedFd<'_>) -> bool {
    // Entered from another namespace of processes, the own group may have no number (pid_namespaces(7)): that is 0 here, and no
    // value that rustix's type can have.
    // SAFETY: getpgrp(2) has no preconditions.
    let own = unsafe { libc::getpgrp() };
    termios::tcgetpgrp(tty).is_ok_and(|group| group.as_raw_nonzero().get() == own)
}

/// The terminal's modes: made sane for a question, put back when it is over, in whatever way it ends.
pub(super) struct Modes {
    pub(super) tty: OwnedFd,
    saved: Option<Termios>,
}

impl Modes {
    pub(super) fn new(tty: OwnedFd) -> Modes {
        Modes { tty, saved: None }
    }

    /// Canonical mode with echo and signals, also when the program before left it raw.
    fn enter(&mut self) -> Result<(), Errno> {
        let before = termios::tcgetattr(&self.tty)?;
        let mut sane = before.clone();
        sane.input_modes.remove(InputModes::IGNCR | InputModes::INLCR);
        sane.input_modes.insert(InputModes::ICRNL);
        sane.output_modes.insert(OutputModes::OPOST | OutputModes::ONLCR);
        sane.local_modes.remove(LocalModes::ECHONL | LocalModes::NOFLSH);
        sane.local_modes.insert(
            LocalModes::ICANON
                | LocalModes::ISIG
                | LocalModes::IEXTEN
                | LocalModes::ECHO
                | LocalModes::ECHOE
                | LocalModes::ECHOK,
        );
        termios::tcsetattr(&self.tty, OptionalActions::Now, &sane)?;
        self.saved = Some(before);
        Ok(())
    }

    /// Every key at once, unseen, and none of them a signal; what is written looks as it did.
    pub(super) fn enter_raw(&mut self) -> Result<(), Errno> {
        let before = termios::tcgetattr(&self.tty)?;
        let mut raw = before.clone();
        raw.make_raw();
        raw.output_modes = before.output_modes;
        termios::tcsetattr(&self.tty, OptionalActions::Now, &raw)?;
        self.saved = Some(before);
        Ok(())
    }

    /// Changes the modes that were entered, where the terminal is still ours.
    pub(super) fn change(&mut self, change: impl FnOnce(&mut Termios)) {
        if self.saved.is_some()
            && is_foreground(self.tty.as_fd())
            && let Ok(mut modes) = termios::tcgetattr(&self.tty)
        {
            change(&mut modes);
            // A terminal that is gone needs no modes.
            let _ = without_ttou(|| termios::tcsetattr(&self.tty, OptionalActions::Now, &modes));
        }
    }

    /// Puts the modes back and drops what is left in the queue, so that no rest of the answer reaches the tool or the
    /// shell. In the background the terminal belongs to somebody else and stays untouched.
    pub(super) fn leave(&mut self) {
        let Some(before) = self.saved.take() else { return };
        if is_foreground(self.tty.as_fd()) {
            without_ttou(|| {
                // A terminal that is gone needs no modes.
                let _ = termios::tcflush(&self.tty, QueueSelector::IFlush);
                let _ = termios::tcsetattr(&self.tty, OptionalActions::Now, &before);
            });
        }
    }
}

impl Drop for Modes {
    fn drop(&mut self) {
        self.leave();
    }
}

/// What came in.
enum Event {
    /// A line, without its newline.
    Line(Vec<u8>),
    /// Stopped and continued: everything has to be shown again.
    Again,
    /// It is over.
    Over(Answer),
}

/// One question from its first line to its answer. The fields drop in order: first the modes, then the signals, and
/// only then may the next question have the terminal.
struct Session<'a> {
    terminal: &'a Terminal,
    modes: Modes,
    watch: Watch,
    /// What was read of a line that is not finished.
    pending: Vec<u8>,
    /// Held while this question is the one on the terminal.
    turn: Option<Turn>,
}

impl Session<'_> {
    fn run(&mut self, screen: &Screen, question: &Question<'_>) -> Answer {
        loop {
            if let Some(over) = self.take_turn(question.deadline) {
                return over;
            }
            if self.modes.enter().is_err() {
                return Answer::NoTerminal(Absent::Broken);
            }
            let facts = format!("\n{}\n", screen.facts(self.terminal.look(self.modes.tty.as_fd())));
            let outcome = match self.say(&facts) {
                Ok(()) => self.challenge(screen, question),
                Err(answer) => Event::Over(answer),
            };
            match outcome {
                Event::Over(answer) => return answer,
                Event::Again | Event::Line(_) => self.modes.leave(),
            }
        }
    }

    /// Waits until no other question stands on this terminal (`xargs -P4 kubectl delete …`): with two of them the
    /// answer meant for the one on the screen could reach the other. One that is stopped stands for nobody.
    fn take_turn(&mut self, patience: Duration) -> Option<Answer> {
        let started = Instant::now();
        let deadline = started + patience;
        let mut said = false;
        while self.turn.is_none() {
            match Turn::of(self.modes.tty.as_fd()) {
                Ok(turn) => self.turn = Some(turn),
                // Taken as soon as it is free; until then it is not this one's to give away.
                Err(Refused::Stopped) => return None,
                Err(Refused::Taken(_)) if Instant::now() >= deadline => return Some(Answer::TimedOut),
                Err(Refused::Taken(holder)) => {
                    if !said && started.elapsed() >= turn::AT_ONCE {
                        said = true;
                        // A courtesy: the terminal may be gone.
                        let _ = self
                            .say(&format!("\nguard: this one waits for {holder}, which has this terminal\n"));
                    }
                    if let Some(signal) = self.watch.next()
                        && let Event::Over(answer) = self.on_signal(signal)
                    {
                        return Some(answer);
                    }
                    std::thread::sleep(TURN);
                }
            }
        }
        None
    }

    /// Asks until the answer is right or the attempts are used up, then for the written reason.
    fn challenge(&mut self, screen: &Screen, question: &Question<'_>) -> Event {
        let deadline = Instant::now() + question.deadline;
        let pattern = question.challenge.pattern();
        let attempts = question.attempts.max(1);
        for left in (0..attempts).rev() {
            let look = self.terminal.look(self.modes.tty.as_fd());
            let first = left + 1 == attempts;
            let text = if first { screen.question(look) } else { format!(" {pattern}: ") };
            let line = match self.ask_line(&text, deadline, question) {
                Event::Line(line) => line,
                other => return other,
            };
            if line.is_empty() {
                return Event::Over(Answer::Declined);
            }
            let matched = match question.level {
                Level::Typed => question.challenge.accepts(&line),
                // Blanks around it are no other answer, as around a phrase.
                Level::YesNo => {
                    [&b"y"[..], b"yes"].iter().any(|yes| line.trim_ascii().eq_ignore_ascii_case(yes))
                }
            };
            if matched {
                return self.also(question);
            }
            if question.level == Level::YesNo {
                return Event::Over(Answer::Declined);
            }
            let stands = question.challenge.stands(look.colours != Colours::None);
            let rest = match left {
                0 => "No try is left".to_owned(),
                1 => "1 try is left".to_owned(),
                n => format!("{n} tries are left"),
            };
            let wrong = format!(" You typed '{}'. Asked for is {pattern}, {stands}. {rest}.\n", typed(&line));
            if let Err(answer) = self.say(&wrong) {
                return Event::Over(answer);
            }
        }
        Event::Over(Answer::Mismatched)
    }

    /// The second line that policy demands.
    fn also(&mut self, question: &Question<'_>) -> Event {
        let Some(also) = question.also else { return self.justify(question) };
        let deadline = Instant::now() + question.deadline;
        for left in (0..question.attempts.max(1)).rev() {
            let text = format!(" Type '{also}' as well to go on: ");
            let line = match self.ask_line(&text, deadline, question) {
                Event::Line(line) => line,
                other => return other,
            };
            if line.trim_ascii().is_empty() {
                return Event::Over(Answer::Declined);
            }
            if line.trim_ascii() == also.as_bytes() {
                return self.justify(question);
            }
            if left > 0
                && let Err(answer) = self.say(&format!(" You typed '{}'.\n", typed(&line)))
            {
                return Event::Over(answer);
            }
        }
        Event::Over(Answer::NotAlso)
    }

    fn justify(&mut self, question: &Question<'_>) -> Event {
        let Some(least) = question.justification else {
            return Event::Over(Answer::Matched { justification: None });
        };
        let deadline = Instant::now() + question.deadline;
        for left in (0..question.attempts.max(1)).rev() {
            let text = format!(" Why? It is recorded ({least} characters or more): ");
            let line = match self.ask_line(&text, deadline, question) {
                Event::Line(line) => line,
                other => return other,
            };
            let why = String::from_utf8_lossy(&line).trim().to_owned();
            if why.chars().count() >= least {
                return Event::Over(Answer::Matched { justification: Some(why) });
            }
            // The right answer stands; only the reason is asked for again.
            if left > 0
                && let Err(answer) = self.say(" That is too short.\n")
            {
                return Event::Over(answer);
            }
        }
        Event::Over(Answer::Unexplained)
    }

    /// Drops what was typed so far, puts the question and waits for one line.
    fn ask_line(&mut self, text: &str, deadline: Instant, question: &Question<'_>) -> Event {
        self.pending.clear();
        // Flushed before the question is written and not after: who answers at once must not lose the answer.
        if termios::tcflush(&self.modes.tty, QueueSelector::IFlush).is_err() {
            return Event::Over(Answer::Declined);
        }
        if let Err(answer) = self.say(text) {
            return Event::Over(answer);
        }
        let event = self.read_line(deadline);
        match &event {
            Event::Over(Answer::TimedOut) => {
                let _ =
                    self.say(&format!("\n No answer within {}.\n", human::span(question.deadline.as_secs())));
            }
            Event::Over(_) => {
                let _ = self.say("\n");
            }
            Event::Line(_) | Event::Again => {}
        }
        event
    }

    fn read_line(&mut self, deadline: Instant) -> Event {
        let mut buffer = [0_u8; 4096];
        loop {
            if let Some(signal) = self.watch.next() {
                return self.on_signal(signal);
            }
            if let Some(end) = self.pending.iter().position(|b| *b == b'\n') {
                let line = self.pending.drain(..=end).take(end).collect::<Vec<u8>>();
                return Event::Line(without_paste_marks(line));
            }
            let mut left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Event::Over(Answer::TimedOut);
            }
            if self.turn.is_none() {
                // Beside one that is stopped: when that goes on, it has to wait for this one.
                self.turn = Turn::of(self.modes.tty.as_fd()).ok();
                left = left.min(TURN);
            }
            match wait::readable(self.modes.tty.as_fd(), self.watch.fd(), left) {
                Ok(true) => {}
                Ok(false) | Err(Errno::INTR) => continue,
                Err(_) => return Event::Over(Answer::Declined),
            }
            match rustix::io::read(&self.modes.tty, &mut buffer) {
                // End of file: Ctrl-D, or the terminal is gone.
                Ok(0) => return Event::Over(Answer::Declined),
                Ok(n) => self.pending.extend_from_slice(&buffer[..n]),
                Err(Errno::INTR | Errno::AGAIN) => {}
                Err(_) => return Event::Over(Answer::Declined),
            }
        }
    }

    /// What a signal means here.
    fn on_signal(&mut self, signal: libc::c_int) -> Event {
        match signal {
            libc::SIGHUP => Event::Over(Answer::Declined),
            libc::SIGTSTP => {
                self.modes.leave();
                // Whoever is asked in the foreground meanwhile must not wait for this one.
                self.turn = None;
                match self.watch.stop_by(libc::SIGTSTP) {
                    Ok(_) => self.wait_for_foreground(),
                    Err(_) => Event::Over(Answer::NoTerminal(Absent::Broken)),
                }
            }
            // Continued after a stop that cannot be caught. Whoever was asked meanwhile goes first.
            libc::SIGCONT => {
                self.turn = None;
                std::thread::sleep(3 * TURN);
                self.wait_for_foreground()
            }
            other => Event::Over(Answer::Interrupted(other)),
        }
    }

    /// After `bg` a question stops again, as every program does that reads the terminal in the background.
    fn wait_for_foreground(&mut self) -> Event {
        while !is_foreground(self.modes.tty.as_fd()) {
            // The modes are the shell's by now, and so is the terminal.
            self.modes.saved = None;
            self.turn = None;
            match self.watch.stop_by(libc::SIGTTIN) {
                Ok(true) => {}
                // An orphaned process group is never stopped; nobody will bring it to the foreground.
                Ok(false) | Err(_) => return Event::Over(Answer::NoTerminal(Absent::Background)),
            }
        }
        Event::Again
    }

    fn say(&self, text: &str) -> Result<(), Answer> {
        write_all(self.modes.tty.as_fd(), text).map_err(|_| Answer::Declined)
    }
}

/// Writes everything, whatever signals come.
pub(super) fn write_all(tty: BorrowedFd<'_>, text: &str) -> Result<(), Errno> {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        match rustix::io::write(tty, rest) {
            Ok(n) => rest = &rest[n..],
            Err(Errno::INTR) => {}
            Err(e) => return Err(e),
        }
    }
    Ok(())
}

/// A terminal whose bracketed paste was left on wraps a paste in marks; they are the terminal's, not the person's.
fn without_paste_marks(line: Vec<u8>) -> Vec<u8> {
    match line.strip_prefix(b"\x1b[200~").and_then(|l| l.strip_suffix(b"\x1b[201~")) {
        Some(inner) => inner.to_vec(),
        None => line,
    }
}

/// A wrong answer, short enough for one message.
fn typed(line: &[u8]) -> String {
    const LONGEST: usize = 200;
    match line.get(..LONGEST) {
        Some(head) => format!("{} [cut]", escape(head)),
        None => escape(line),
    }
}

pub(super) mod wait {
    //! Waiting for the terminal or a signal. `poll` on `/dev/tty` fails on macOS (it does not take devices), `select`
    //! works there; Linux uses `poll`, which has no limit on descriptor numbers.

    use rustix::io::Errno;
    use std::os::fd::BorrowedFd;
    use std::time::Duration;

    /// Waits until the terminal can be read (true), or a signal came or the time is over (false).
    #[cfg(not(target_os = "macos"))]
    pub(in crate::prompt) fn readable(
        tty: BorrowedFd<'_>,
        signals: BorrowedFd<'_>,
        time: Duration,
    ) -> Result<bool, Errno> {
        use rustix::event::{PollFd, PollFlags, Timespec, poll};
        let time = Timespec::try_from(time).map_err(|_| Errno::INVAL)?;
        let mut fds =
            [PollFd::from_borrowed_fd(tty, PollFlags::IN), PollFd::from_borrowed_fd(signals, PollFlags::IN)];
        poll(&mut fds, Some(&time))?;
        // A signal counts first: Ctrl-C behind a half-typed line is a Ctrl-C.
        Ok(fds[1].revents().is_empty() && !fds[0].revents().is_empty())
    }

    #[cfg(any(target_os = "macos", test))]
    #[cfg_attr(not(target_os = "macos"), allow(dead_code))]
    pub(in crate::prompt) fn by_select(
        tty: BorrowedFd<'_>,
        signals: BorrowedFd<'_>,
        time: Duration,
    ) -> Result<bool, Errno> {
        use std::os::fd::AsRawFd;
        let (tty, signals) = (tty.as_raw_fd(), signals.as_raw_fd());
        let highest = tty.max(signals);
        if usize::try_from(highest).map_or(true, |fd| fd >= libc::FD_SETSIZE) {
            return Err(Errno::MFILE);
        }
        let mut time = libc::timeval {
            tv_sec: time.as_secs().min(86_400) as libc::time_t,
            tv_usec: time.subsec_micros() as libc::suseconds_t,
        };
        // SAFETY: both descriptors are open (borrowed) and below FD_SETSIZE; the set is initialised by FD_ZERO.
        unsafe {
            let mut set = std::mem::MaybeUninit::<libc::fd_set>::uninit();
            libc::FD_ZERO(set.as_mut_ptr());
            let mut set = set.assume_init();
            libc::FD_SET(tty, &mut set);
            libc::FD_SET(signals, &mut set);
            let none = std::ptr::null_mut();
            if libc::select(highest + 1, &mut set, none, none, &mut time) < 0 {
                return Err(Errno::from_io_error(&std::io::Error::last_os_error()).unwrap_or(Errno::IO));
            }
            Ok(!libc::FD_ISSET(signals, &set) && libc::FD_ISSET(tty, &set))
        }
    }

    #[cfg(target_os = "macos")]
    pub(in crate::prompt) use by_select as readable;

    #[cfg(test)]
    mod tests {
        use super::*;
        use std::os::fd::AsFd;

        #[test]
        fn select_and_poll_agree() {
            let (read, write) = rustix::pipe::pipe().unwrap();
            let (signals, raised) = rustix::pipe::pipe().unwrap();
            let soon = Duration::from_millis(5);
            let both = || {
                let poll = readable(read.as_fd(), signals.as_fd(), soon).unwrap();
                assert_eq!(by_select(read.as_fd(), signals.as_fd(), soon).unwrap(), poll);
                poll
            };
            assert!(!both());
            rustix::io::write(&write, b"x").unwrap();
            assert!(both());
            rustix::io::write(&raised, b"x").unwrap();
            assert!(!both());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paste_marks_are_not_part_of_the_answer() {
        let line = |text: &[u8]| without_paste_marks(text.to_vec());
        assert_eq!(line(b"\x1b[200~main/shop\x1b[201~"), b"main/shop");
        assert_eq!(line(b"main/shop"), b"main/shop");
        assert_eq!(line(b"\x1b[200~main/shop"), b"\x1b[200~main/shop");
    }

    #[test]
    fn a_wrong_answer_is_shown_escaped_and_short() {
        assert_eq!(typed(b"ma\x1bin"), "ma\\u{1b}in");
        assert!(typed(&[b'x'; 5000]).len() < 220);
    }
}
