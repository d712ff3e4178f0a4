//! systemctl, service and what takes the machine down: which units stop, and whom that serves.

pub mod probe;
mod reading;
pub mod unattended;

pub use reading::UnitsReading;

use super::cx::Cx;
use super::judge::{Evaluation, Facts, Family, Held, Outcome, Pins};
use super::machine::{self, weigh};
use super::reading::Reading as _;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::Impact;
use crate::engine::target::Target;
use crate::engine::tool;
use crate::engine::units;
use crate::engine::verdict::Verdict;
use crate::fail::{Fail, Kind, Result};
use crate::family::machine::resolve::ResolvedHost;
use crate::family::units::probe::requested_units::{self, Act, Asked};
use crate::prompt::progress::Progress;
use crate::ui::stderr::is_dumb;
use crate::ui::view::Sight;
use std::path::PathBuf;
use std::time::Duration;
use weigh::Stage;

/// One command on units, or on the whole machine.
pub struct Units<'a> {
    cx: Cx<'a>,
    verdict: Verdict,
    /// The file that will run.
    tool: PathBuf,
    resolved: Result<ResolvedHost>,
    /// A milder form of the same command.
    milder: Option<String>,
}

impl<'a> Units<'a> {
    fn begin(cx: Cx<'a>, reading: &UnitsReading, tool: PathBuf) -> Units<'a> {
        Units {
            cx,
            verdict: reading.invocation().verdict.clone(),
            tool,
            resolved: Err(Fail::new(Kind::Bug, "the target was not looked for")),
            milder: None,
        }
    }

    /// Looks at what would stop: what the service manager and the process table say.
    fn look(&mut self, impact: &mut Impact) {
        let Ok(found) = &self.resolved else { return };
        if let Some(remote) = &found.target.remote {
            impact.unseen("what is there", Why::Failed(format!("{} is another machine", remote.value)));
            return self.not_asked(impact);
        }
        let told = format!("{}: looking at what would go", self.cx.call.tool);
        let _progress = self.cx.options.progress.then(|| Progress::start(&told, is_dumb(self.cx.world)));
        let answered = probe::ask(&probe::Request {
            tool: self.cx.call.tool.name,
            words: self.cx.call.argv.get(1..).unwrap_or_default(),
            program: &self.tool,
            world: self.cx.world,
            root: &found.root,
            deadline: self.cx.probe_deadline(probe::DEADLINE),
        });
        if answered.refuses {
            self.verdict.effect = Effect::Read;
            self.verdict.because.push("the tool has no such command, and will say so");
            return;
        }
        self.milder = answered.safer;
        *impact = answered.impact;
    }

    /// What the words alone do not tell was not asked, or nobody answered: what stops by it is then not taken for nothing.
    fn not_asked(&self, impact: &mut Impact) {
        if self.verdict.content {
            impact.raise(Effect::Disrupt, "what it would stop could not be asked");
        }
    }

    /// What happens to the machine itself, in one word of the phrase: how it goes down, or the target that everything else
    /// stops for.
    fn machine(&self) -> Option<String> {
        match requested_units::read_words(self.cx.call.tool.name, self.cx.words) {
            Asked::Down(down) => Some(down.how),
            Asked::Units(units) if units.act == Act::Isolate => units.names.into_iter().next(),
            Asked::Units(_) | Asked::Rehearsal | Asked::Nothing | Asked::LeftOut(_) | Asked::Unclear => None,
        }
    }
}

impl Family for Units<'_> {
    fn resolve(&mut self) {
        self.resolved = machine::resolve(self.cx);
    }

    fn wants_facts(&self, asks: bool) -> bool {
        asks || self.verdict.content
    }

    fn probe(&mut self, _asks: bool) -> Result<Facts> {
        let mut impact = Impact::default();
        self.look(&mut impact);
        Ok(Facts { impact, probed: self.resolved.is_ok() })
    }

    fn unprobed(&self) -> Impact {
        let mut impact = Impact::default();
        impact.unseen("what would go", Why::NotAsked);
        self.not_asked(&mut impact);
        impact
    }

    fn decide(&self, impact: &Impact, probed: bool) -> Outcome {
        let machine = self.machine();
        let stops = weigh::stops(Vec::new(), self.cx, impact);
        let stage = Stage {
            cx: self.cx,
            effect: self.verdict.effect,
            target: self.resolved.as_ref().ok().map(|found| &found.target),
            lost: &[],
            machine: machine.as_deref(),
            stops: &stops,
        };
        stage.decide(impact, probed)
    }

    fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    fn safer(&self, _impact: &Impact, outcome: &Outcome) -> Option<String> {
        self.milder.clone().filter(|_| outcome.assessment.effect >= Effect::Disrupt)
    }

    fn target(&self, outcome: &Outcome) -> Result<Target> {
        machine::target(&self.resolved, outcome)
    }

    fn sight(&self, impact: &Impact, outcome: &Outcome) -> Sight {
        machine::sight(self.cx, &self.resolved, impact, outcome)
    }
}

impl Held for Units<'_> {
    fn unchanged(&self, _judged: &Evaluation<'_>, _prompting: Duration) -> Result<()> {
        match &self.resolved {
            Ok(before) => machine::leads_there_still(self.cx, before),
            // Nothing was known of an unknown machine that could have changed.
            Err(_) => Ok(()),
        }
    }

    /// `service` becomes systemctl, which is not asked about once more.
    fn pin(&mut self, cx: Cx<'_>, _allowed: bool) -> Result<Pins> {
        let mut pins = Pins { argv: cx.call.argv.clone(), ..Pins::default() };
        if cx.call.tool.is(&tool::SERVICE) {
            pins.edit.set(units::ANSWERED, std::process::id().to_string());
        }
        Ok(pins)
    }
}
