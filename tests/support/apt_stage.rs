//! A Debian with guard in front of its package tools, and people at its terminals.

use super::chroot::{Root, Snapshot};
use super::ended::{Ended, answered, answered_wrongly, ended, told};
use super::pty::{LONG, Pty};
use super::turn::Turn;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What guard itself leaves, and what a server that runs writes by itself.
const BESIDES: &[&str] = &[
    "root/.local",
    "root/.cache",
    "root/.lesshst",
    "var/lib/guard",
    "var/lib/postgresql",
    "var/lib/postfix",
    "var/spool/postfix",
    "var/lib/redis",
    "var/lib/sudo",
    "var/lib/apt/extended_states.lock",
];

/// Everything that is linked to the shim.
pub const TOOLS: &[&str] =
    &["apt", "apt-get", "aptitude", "dpkg", "systemctl", "reboot", "shutdown", "service"];

/// A question of guard's, as it stands on the terminal.
#[derive(Clone, Debug)]
pub struct Question {
    /// Its last words.
    pub asks: &'static str,
    /// The answer that lets the command run.
    pub right: String,
    /// The answer that does not, and asks for no more.
    pub wrong: &'static str,
}

/// Where scenarios are played.
pub struct Bed {
    pub root: Root,
    _turn: Arc<Turn>,
}

impl Bed {
    /// Debian 12 with the shims in /usr/local/sbin, and nothing else of guard's.
    pub fn shims(test: &str) -> Option<Bed> {
        let turn = Turn::wait();
        let root = Root::fresh(test)?;
        root.shims(TOOLS);
        Some(Bed { root, _turn: turn })
    }

    /// Debian 12 with what `guard install --apt` writes: the hooks of apt and dpkg, and nothing in front of the tools.
    pub fn hooks(test: &str) -> Option<Bed> {
        let turn = Turn::wait();
        let root = Root::fresh(test)?;
        root.ok("guard install --apt");
        Some(Bed { root, _turn: turn })
    }

    /// All of it.
    pub fn whole(test: &str) -> Option<Bed> {
        let turn = Turn::wait();
        let root = Root::fresh(test)?;
        root.ok("guard install --apt --shims");
        Some(Bed { root, _turn: turn })
    }

    /// The same with systemd, and every server running.
    pub fn booted(test: &str) -> Option<Bed> {
        let turn = Turn::wait();
        let root = Root::booted(test)?;
        root.ok("guard install --apt --shims");
        Some(Bed { root, _turn: turn })
    }

    /// Starts a server.
    pub fn start(&self, service: &str) {
        self.root.start(service);
    }

    /// A line of shell on a terminal.
    pub fn terminal(&self, line: &str) -> Pty {
        self.root.pty(line)
    }

    /// Runs a line on a terminal and types an answer to guard's question.
    pub fn answer(&self, line: &str, answer: &str) -> Ended {
        answered(self.terminal(line), "tries: ", answer)
    }

    /// Runs a line on a terminal, types this where a name is asked for, which has to be wrong, and gives up.
    pub fn wrong(&self, line: &str, answer: &str) -> Ended {
        answered_wrongly(self.terminal(line), answer)
    }

    /// Waits for guard's question about something that stops or goes and loses no data.
    pub fn question(&self, terminal: &mut Pty) -> Question {
        let end = Instant::now() + LONG;
        let tick = Duration::from_millis(20);
        while Instant::now() < end {
            if terminal.comes("[y/N]: ", tick) {
                return Question { asks: "[y/N]: ", right: "y\n".to_owned(), wrong: "no\n" };
            }
            if terminal.comes("tries: ", tick) {
                return Question {
                    asks: "tries: ",
                    right: format!("{}\n", asked_for(&terminal.output())),
                    wrong: "\n",
                };
            }
        }
        panic!("no question in:\n{}", terminal.output());
    }

    /// Runs a line on a terminal and says no to guard's question about it.
    pub fn declined(&self, line: &str) -> Ended {
        let mut terminal = self.terminal(line);
        let question = self.question(&mut terminal);
        terminal.send(question.wrong);
        ended(terminal)
    }

    /// Runs a line on a terminal where nothing is typed.
    pub fn unasked(&self, line: &str) -> Ended {
        ended(self.terminal(line))
    }

    /// Runs a line without a terminal.
    pub fn alone(&self, line: &str) -> Ended {
        told(&self.root.run(line))
    }

    /// Everything as it is now.
    pub fn snapshot(&self) -> Snapshot {
        self.root.snapshot(BESIDES)
    }

    /// Every package and every byte is as it was.
    #[track_caller]
    pub fn is_as(&self, before: &Snapshot) {
        self.root.is_as(before, BESIDES);
    }
}

/// What the question on the screen wants to be typed: the machine, and what goes without having been named.
pub fn asked_for(screen: &str) -> String {
    let screen = &super::ended::plain(screen);
    let row = |label: &str| {
        let line = screen.lines().rev().find(|line| line.trim_start().starts_with(label))?;
        line.split_whitespace().nth(1).map(str::to_owned)
    };
    let unnamed = || {
        let (_, names) = screen.rsplit_once("not named by you: ")?;
        let name = names.split([' ', ',', '\r', '\n']).find(|word| !word.is_empty())?;
        Some(format!("db1/{name}"))
    };
    // `<host>/reboot`, `<host>/*`: what stands outside of the brackets is typed as it stands there.
    let machine = || {
        let (_, how) = screen.rsplit_once("Type <host>/")?;
        let (how, _) = how.split_once(',')?;
        (!how.contains('<')).then(|| format!("db1/{how}"))
    };
    match () {
        () if screen.contains("Type <host>,") => "db1".to_owned(),
        () => {
            let word = machine().or_else(|| row("answer")).or_else(unnamed);
            word.unwrap_or_else(|| panic!("no word to type in:\n{screen}"))
        }
    }
}
