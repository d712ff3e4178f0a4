//! What a command of the apt family would do, asked of the very tool that will run: the caller's own words, replayed as
//! a simulation. That changes nothing, takes no locks and needs no root.

mod aptitude;
mod copies;
mod dpkg;
pub mod facts;
mod get;
pub mod impact;
pub mod simulate;

pub use copies::copies_of;
pub use impact::{impact_of, keeps_by_removal, lost_things};

use crate::engine::fact::{Known, Why};
use crate::engine::packages::plan::Plan;
use crate::engine::packages::status::armed;
use crate::world::World;
use simulate::Stage;
use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

/// What the probe needs to know about one command.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The tool by its name: `apt-get`, `apt`, `aptitude`, `dpkg`, `tasksel`.
    pub tool: &'a str,
    /// The words after it, as typed.
    pub words: &'a [OsString],
    /// The real tool.
    pub program: &'a Path,
    /// The process's environment and working directory.
    pub world: &'a World,
    /// The system the words work on: `/` unless they name another one.
    pub root: &'a Path,
    /// How long everything together may take.
    pub deadline: Duration,
}

/// What the tool said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// What would happen. Not known where the simulation failed, or the tool has none.
    pub plan: Known<Plan>,
    /// The tool's own words in one line, where the simulation failed in a way in which the command itself will fail as
    /// well, with nothing changed.
    pub error: Option<String>,
}

impl Answered {
    /// A plan that is known.
    fn known(plan: Plan) -> Answered {
        Answered { plan: Known::Known(plan), error: None }
    }

    /// Words by which no package changes.
    fn nothing() -> Answered {
        Answered::known(Plan::default())
    }

    /// No plan.
    fn unknown(why: Why) -> Answered {
        Answered { plan: Known::Unknown(why), error: None }
    }

    /// No plan, and none for the command itself either.
    fn refused(line: String) -> Answered {
        Answered { plan: Known::Unknown(Why::Failed(line.clone())), error: Some(line) }
    }
}

/// Asks the tool what the words would do.
///
/// Starts its own single-threaded runtime, and ends every process it started, with their children, when the deadline
/// passes.
pub fn plan(request: &Request<'_>) -> Answered {
    crate::run::tasks::block_on(over(request))
        .unwrap_or_else(|e| Answered::unknown(Why::Failed(e.to_string())))
}

async fn over(request: &Request<'_>) -> Answered {
    let stage = Stage::new(request);
    if let Some(why) = stage.read_once() {
        return Answered::unknown(why);
    }
    let mut answered = ask(&stage, request).await;
    if let (Known::Known(plan), true) = (&mut answered.plan, request.tool != "dpkg") {
        // That dpkg's list cannot be read is said by whoever looks at what goes.
        let list = std::fs::read(request.root.join("var/lib/dpkg/status")).unwrap_or_default();
        plan.add_armed(&armed(&list));
    }
    answered
}

async fn ask(stage: &Stage<'_>, request: &Request<'_>) -> Answered {
    match request.tool {
        "apt" | "apt-get" => get::plan(stage, request.tool, request.program, request.words).await,
        "aptitude" | "aptitude-curses" => aptitude::plan(stage).await,
        "dpkg" => dpkg::plan(stage).await,
        "tasksel" => get::tasksel(stage).await,
        // Marks, selections, settings, files: packages change only when something else runs.
        "apt-mark" | "apt-cache" | "apt-config" | "apt-cdrom" | "dpkg-query" | "dpkg-deb" | "dpkg-divert"
        | "dpkg-statoverride" => Answered::nothing(),
        _ => Answered::unknown(Why::Unsupported),
    }
}
