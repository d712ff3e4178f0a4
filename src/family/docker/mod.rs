//! docker, Compose and podman: which daemon a command goes to, what that daemon says would go, and whether a second server would
//! open the data of a first one.

mod backup;
mod held;
pub mod identity;
pub mod keep;
mod probe;
mod promise;
mod reading;
pub mod resolve;
mod screen;

pub use reading::DockerReading;

use super::cx::Cx;
use super::judge::{Facts, Family, Outcome};
use super::machine::Command;
use super::machine::resolve::ResolvedHost;
use super::machine::weigh::Said;
use super::promise::Promise;
use super::reading::Reading as _;
use crate::engine::classify::classify;
use crate::engine::docker::daemon::{SHOWN_OF_ANONYMOUS, is_anonymous};
use crate::engine::docker::loss::Whole;
use crate::engine::docker::tables::Cli;
use crate::engine::docker::wish::{self, Wish};
use crate::engine::docker::words::Words;
use crate::engine::effect::Effect;
use crate::engine::fact::{Known, Why};
use crate::engine::impact::{Fate, Impact};
use crate::engine::policy::place::{IdKind, Seen};
use crate::engine::target::{Part, Target, Value};
use crate::engine::tool::{self, TargetKind};
use crate::engine::verdict::Verdict;
use crate::fail::{Fail, Kind, Result};
use crate::ui::view::Sight;
use probe::{Answered, Info, Request};
use resolve::Daemon;
use std::path::PathBuf;

/// One command for a daemon.
pub struct Docker<'a> {
    on: Command<'a>,
    /// Which program it really is: `docker` may be podman by another name.
    cli: Cli,
    daemon: Result<Daemon>,
    wish: Wish,
    answered: Answered,
    /// The copy that was promised.
    copy: Option<promise::Volumes>,
}

impl<'a> Docker<'a> {
    fn begin(cx: Cx<'a>, reading: &DockerReading, tool: PathBuf) -> Docker<'a> {
        let daemon = Err(Fail::new(Kind::Bug, "the target was not looked for"));
        let named = Cli::of(cx.call.tool);
        let cli = if named == Cli::Docker && resolve::is_podman(&tool) { Cli::Podman } else { named };
        let mut verdict = reading.invocation().verdict.clone();
        if cli != named {
            // Some words mean more there: `volume prune` takes all that nobody uses.
            verdict = verdict.or_worse(classify(tool::PODMAN.name.as_bytes(), cx.words));
        }
        let wish = wish::of(&Words::read(cli, cx.words, false));
        let on = Command::new(cx, &verdict, tool);
        Docker { on, cli, daemon, wish, answered: Answered::default(), copy: None }
    }

    fn look(&self) -> Result<Daemon> {
        resolve::daemon(self.on.cx.world, self.cli, self.on.cx.words)
    }

    /// Asks the daemon something, with everything that such a question needs.
    fn request<T>(&self, daemon: &Daemon, asks: bool, ask: impl FnOnce(&Request<'_>) -> T) -> T {
        let words = Words::read(self.cli, self.on.cx.words, false);
        ask(&Request {
            wish: &self.wish,
            words: &words,
            way: &daemon.way,
            tool: &self.on.tool,
            world: self.on.cx.world,
            deadline: self.on.cx.probe_deadline(probe::DEADLINE),
            asks,
            by_id: self.on.cx.policy.goes_by(IdKind::Daemon),
        })
    }

    /// What the daemon says of itself.
    fn info(&self) -> Option<&Info> {
        self.answered.info.as_ref()?.value()
    }

    /// The machine that the daemon says it runs on takes the place of what its address says.
    fn named_by_itself(&mut self) {
        let (Ok(daemon), Some(info)) = (&self.daemon, self.info()) else { return };
        if let Some(target) = identity::machine(daemon, info) {
            self.on.leads_to(Ok(ResolvedHost { target, ..daemon.host.clone() }));
        }
    }

    /// What the daemon is known by besides its machine.
    fn known_by(&self) -> Seen {
        let Ok(daemon) = &self.daemon else {
            return Seen { of: Some(TargetKind::Daemon), ..Seen::default() };
        };
        identity::known_by(daemon, self.info(), self.cli == Cli::Podman || self.answered.is_podman)
    }

    fn unasked(&self, why: Why) -> Impact {
        let mut impact = Impact::default();
        if self.on.verdict.effect > Effect::Mutate {
            impact.unseen("containers, volumes, and who uses them", why);
        }
        impact
    }
}

impl Family for Docker<'_> {
    fn resolve(&mut self) {
        self.daemon = self.look();
        self.on.leads_to(self.daemon.as_ref().map(|daemon| daemon.host.clone()).map_err(Fail::clone));
    }

    fn wants_facts(&self, asks: bool) -> bool {
        let by_id = self.on.verdict.effect > Effect::Read && self.on.cx.policy.goes_by(IdKind::Daemon);
        asks || by_id || (self.on.verdict.content && self.wish != Wish::Other)
    }

    fn probe(&mut self, asks: bool) -> Result<Facts> {
        let Ok(daemon) = &self.daemon else {
            return Ok(Facts { impact: self.unasked(Why::NotAsked), probed: false });
        };
        self.answered = {
            let _progress = self.on.progress();
            self.request(daemon, asks, probe::ask)
        };
        self.named_by_itself();
        Ok(Facts { impact: self.answered.loss.impact.clone(), probed: true })
    }

    fn unprobed(&self) -> Impact {
        self.unasked(Why::NotAsked)
    }

    fn decide(&self, impact: &Impact, probed: bool) -> Outcome {
        let loss = &self.answered.loss;
        let whole = loss.whole.as_ref().map(|whole| match whole {
            Whole::Daemon => "",
            Whole::Project(name) => name.as_str(),
        });
        let lost: Vec<String> = loss.lost.iter().map(|name| typed(name).to_owned()).collect();
        self.on.decide(
            Said {
                lost: &lost,
                whole,
                stops: loss.stops.clone(),
                known_by: self.known_by(),
                ..Said::default()
            },
            impact,
            probed,
        )
    }

    fn verdict(&self) -> &Verdict {
        &self.on.verdict
    }

    fn promise(&mut self, impact: &Impact, outcome: &Outcome) -> Promise {
        self.promised(impact, outcome)
    }

    fn safer(&self, impact: &Impact, _outcome: &Outcome) -> Option<String> {
        let erased = impact.data.iter().any(|data| data.fate == Fate::Erased);
        let clashes = !self.answered.loss.clashes.is_empty();
        wish::safer(&self.wish, clashes).filter(|_| erased || clashes).map(str::to_owned)
    }

    fn target(&self, outcome: &Outcome) -> Result<Target> {
        let daemon = self.daemon.as_ref().map_err(Fail::clone)?;
        let mut target = self.on.target(outcome)?;
        let context = daemon.context.as_ref().map_or(Value::None, Value::from);
        let id = match &self.answered.info {
            None => Value::None,
            Some(Known::Known(info)) if info.id.is_empty() => Value::None,
            Some(info) => Value::live(&info_id(info), "", crate::engine::target::LIVE),
        };
        target.parts.extend([
            Part::new("endpoint", Value::from(&daemon.endpoint)).label("endpoint").record("endpoint"),
            Part::new("context", context).label("context").record("context"),
            Part::new("daemon", id).or_why("daemon_unknown").label("daemon").record("daemon"),
        ]);
        Ok(target)
    }

    fn sight(&self, impact: &Impact, outcome: &Outcome) -> Sight {
        let mut sight = self.on.sight(impact, outcome, screen::words(&self.wish));
        if let Ok(daemon) = &self.daemon {
            let home = self.on.cx.world.home().map(|home| home.to_string_lossy().into_owned());
            let elsewhere = self.on.found().is_some_and(|found| found.target.remote.is_some());
            let rows = screen::daemon(daemon, self.answered.info.as_ref(), elsewhere, home.as_deref());
            // Said with the daemon.
            sight.rows.retain(|row| row.label != "remote");
            sight.rows.splice(0..0, rows);
        }
        let project = self.answered.project.as_ref().map(|(name, services)| screen::project(name, *services));
        sight.rows.splice(0..0, screen::clashes(&self.answered.loss.clashes).into_iter().chain(project));
        sight
    }
}

/// What a person types for it: a path without its first slash, of a name that nobody chose as much as they are shown.
fn typed(name: &str) -> &str {
    match name.get(..SHOWN_OF_ANONYMOUS) {
        Some(shown) if is_anonymous(name) => shown,
        _ => name.trim_start_matches('/'),
    }
}

fn info_id(info: &Known<Info>) -> Known<String> {
    match info {
        Known::Known(info) => Known::Known(info.id.clone()),
        Known::Unknown(why) => Known::Unknown(why.clone()),
    }
}
