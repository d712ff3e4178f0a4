//! What a command that stops units or the whole machine would stop: asked of the service manager (`systemctl show`, which
//! only reads) and read out of `/proc`, before anything runs.
//!
//! Nothing here fails: a question without an answer is a gap. Where systemd does not run, units are a gap too, and what
//! the process table alone can tell is still told. Texts are as they were given; whoever shows them escapes them.

mod after;
mod check;
mod clean;
mod copies;
mod counted;
mod limit;
mod manager;
pub mod requested_units;
mod sessions;
mod shutdown;
mod signal;
mod start;
mod unit_stop;
mod vital;
mod when;

use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::Impact;
use crate::engine::units;
use crate::world::World;
use requested_units::Asked;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// How long everything may take when nobody says otherwise: systemctl answers in some 10 ms; a check of a configuration
/// may look up names.
pub const DEADLINE: Duration = Duration::from_secs(4);

/// What the probe needs to know about one command.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The tool by its name: `systemctl`, `service`, `reboot` …
    pub tool: &'a str,
    /// The words after it, as typed.
    pub words: &'a [OsString],
    /// The real tool.
    pub program: &'a Path,
    /// The process's environment and working directory.
    pub world: &'a World,
    /// The system the words work on.
    pub root: &'a Path,
    /// How long everything together may take.
    pub deadline: Duration,
}

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answered {
    /// What stops, and what that means.
    pub impact: Impact,
    /// A milder form of the same command, ready to be copied.
    pub safer: Option<String>,
    /// The tool has no such command, and says so itself.
    pub refuses: bool,
}

/// Looks at what the words would stop.
pub fn probe_impact(request: &Request<'_>) -> Impact {
    ask(request).impact
}

/// The same, with a milder command where there is one.
///
/// Starts its own single-threaded runtime, and ends every process it started when the deadline passes.
pub fn ask(request: &Request<'_>) -> Answered {
    let mut answered = Answered::default();
    let words: Vec<&[u8]> = request.words.iter().map(|w| w.as_bytes()).collect();
    match requested_units::read_words(request.tool, &words) {
        Asked::Nothing => {}
        Asked::LeftOut(why) => answered.impact.lower(Effect::Mutate, why),
        Asked::Rehearsal => shutdown::rehearse(request.root, &mut answered.impact),
        Asked::Unclear if no_such_command(request, &words) => answered.refuses = true,
        Asked::Unclear => {
            let why = Why::Failed("no words that are understood here".to_owned());
            answered.impact.unseen("what this stops", why);
        }
        Asked::Down(down) => shutdown::probe_impact(request, &down, &mut answered),
        Asked::Units(units) => {
            let until = Instant::now() + request.deadline;
            if let Err(e) =
                crate::run::tasks::block_on(unit_stop::probe_impact(request, &units, until, &mut answered))
            {
                answered.impact.unseen("what this stops", Why::Failed(e.to_string()));
            }
        }
    }
    answered
}

/// Whether the tool knows no command of this name: systemctl lists all it has; `service` passes what is no action of its
/// own to the script of that name, when there is one (service(8), init-system-helpers 1.65).
fn no_such_command(request: &Request<'_>, words: &[&[u8]]) -> bool {
    let until = Instant::now() + request.deadline;
    match request.tool {
        "systemctl" => {
            let line = units::systemctl(words);
            let Some(name) = line.arg(0).and_then(|name| std::str::from_utf8(name).ok()) else {
                return false;
            };
            let asked = crate::run::tasks::block_on(async {
                manager::Manager::new(request, false, until).ok()?.has_command(name).await
            });
            !line.strange() && matches!(asked, Ok(Some(false)))
        }
        "service" if start::is_booted(request.root) => {
            let (name, _) = units::service(words);
            let Some(name) = name.and_then(|name| std::str::from_utf8(name).ok()) else { return false };
            !name.contains('/') && !request.root.join("etc/init.d").join(name).exists()
        }
        _ => false,
    }
}
