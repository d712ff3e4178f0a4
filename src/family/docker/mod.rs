//! docker, Compose and podman: which daemon a command goes to. Nobody asks that daemon yet: what would be lost is a gap, so that
//! whatever stops or loses something by its words is asked about.

mod reading;
pub mod resolve;

pub use reading::DockerReading;

use super::cx::Cx;
use super::judge::{Evaluation, Facts, Family, Held, Outcome, target_changed};
use super::machine::Command;
use super::machine::screen::Words;
use super::machine::weigh::Said;
use super::reading::Reading as _;
use crate::engine::docker::tables::Cli;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::Impact;
use crate::engine::target::{Part, Target, Value};
use crate::engine::verdict::Verdict;
use crate::fail::{Fail, Kind, Result};
use crate::ui::screen::{Item, Row};
use crate::ui::view::{Sight, from};
use resolve::Daemon;
use std::path::PathBuf;
use std::time::Duration;

/// One command for a daemon.
pub struct Docker<'a> {
    on: Command<'a>,
    daemon: Result<Daemon>,
}

impl<'a> Docker<'a> {
    fn begin(cx: Cx<'a>, reading: &DockerReading, tool: PathBuf) -> Docker<'a> {
        let daemon = Err(Fail::new(Kind::Bug, "the target was not looked for"));
        Docker { on: Command::new(cx, &reading.invocation().verdict, tool), daemon }
    }

    fn look(&self) -> Result<Daemon> {
        resolve::daemon(self.on.cx.world, Cli::of(self.on.cx.call.tool), self.on.cx.words)
    }

    fn unasked(&self, why: Why) -> Impact {
        let mut impact = Impact::default();
        if self.on.verdict.effect > Effect::Read {
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
        asks
    }

    fn probe(&mut self, _asks: bool) -> Result<Facts> {
        // guard has no question for a daemon yet.
        Ok(Facts { impact: self.unasked(Why::Failed("the daemon was not asked".to_owned())), probed: false })
    }

    fn unprobed(&self) -> Impact {
        self.unasked(Why::NotAsked)
    }

    fn decide(&self, impact: &Impact, probed: bool) -> Outcome {
        self.on.decide(Said::default(), impact, probed)
    }

    fn verdict(&self) -> &Verdict {
        &self.on.verdict
    }

    fn target(&self, outcome: &Outcome) -> Result<Target> {
        let daemon = self.daemon.as_ref().map_err(Fail::clone)?;
        let mut target = self.on.target(outcome)?;
        let context = daemon.context.as_ref().map_or(Value::None, Value::from);
        target.parts.extend([
            Part::new("endpoint", Value::from(&daemon.endpoint)).label("endpoint").record("endpoint"),
            Part::new("context", context).label("context").record("context"),
        ]);
        Ok(target)
    }

    fn sight(&self, impact: &Impact, outcome: &Outcome) -> Sight {
        let mut sight = self.on.sight(impact, outcome, Words { thing: "thing", action: "run" });
        if let Ok(daemon) = &self.daemon {
            let home = self.on.cx.world.home().map(|home| home.to_string_lossy().into_owned());
            let told = |value: &str| Item::new().name(value).say(", from ");
            let row = |label, part: &crate::engine::fact::Sourced<String>| {
                Row::fact(label, from(home.as_deref(), told(&part.value), &part.from))
            };
            let context = daemon.context.as_ref().map(|context| row("context", context));
            sight.rows.splice(0..0, std::iter::once(row("daemon", &daemon.endpoint)).chain(context));
        }
        sight
    }
}

impl Held for Docker<'_> {
    /// Whether the words still lead to the same daemon: `docker context use` in another terminal leads elsewhere.
    fn unchanged(&self, _judged: &Evaluation<'_>, _prompting: Duration) -> Result<()> {
        let Ok(before) = &self.daemon else { return Ok(()) };
        let now = self.look()?;
        if before.is_still(&now) {
            return Ok(());
        }
        Err(target_changed(before.told(), now.told(), "docker context ls"))
    }
}
