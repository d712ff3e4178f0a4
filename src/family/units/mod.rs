//! systemctl, service and what takes the machine down: which units stop, and whom that serves.

pub mod probe;
mod reading;
pub mod unattended;

pub use reading::UnitsReading;

use super::cx::Cx;
use super::judge::{Evaluation, Facts, Family, Held, Outcome, Pins};
use super::machine::Command;
use super::machine::screen::{Words, second_server};
use super::machine::second::{self, Second};
use super::machine::weigh::Said;
use super::reading::Reading as _;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::Impact;
use crate::engine::target::Target;
use crate::engine::tool;
use crate::engine::units;
use crate::engine::verdict::Verdict;
use crate::fail::Result;
use crate::family::units::probe::requested_units::{self, Act, Asked};
use crate::ui::view::Sight;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One command on units, or on the whole machine.
pub struct Units<'a> {
    on: Command<'a>,
    /// A milder form of the same command.
    milder: Option<String>,
    /// Data that a server in a container has open, and that would get a second one.
    second: Option<Second>,
}

impl<'a> Units<'a> {
    fn begin(cx: Cx<'a>, reading: &UnitsReading, tool: PathBuf) -> Units<'a> {
        Units { on: Command::new(cx, &reading.invocation().verdict, tool), milder: None, second: None }
    }

    /// Looks at what would stop: what the service manager and the process table say.
    fn look(&mut self, impact: &mut Impact) {
        if let Some(why) = self.on.out_of_sight() {
            impact.unseen("what is there", why);
            return self.not_asked(impact);
        }
        let Some(found) = self.on.found() else { return };
        let _progress = self.on.progress();
        let answered = probe::ask(&probe::Request {
            tool: self.on.cx.call.tool.name,
            words: self.on.cx.call.argv.get(1..).unwrap_or_default(),
            program: &self.on.tool,
            world: self.on.cx.world,
            root: &found.root,
            deadline: self.on.cx.probe_deadline(probe::DEADLINE),
        });
        if answered.refuses {
            self.on.verdict.effect = Effect::Read;
            self.on.verdict.because.push("the tool has no such command, and will say so");
            return;
        }
        let root = found.root.clone();
        self.milder = answered.safer;
        *impact = answered.impact;
        self.second = self.second_on(&root);
        if let Some(second) = &self.second {
            impact.raise(Effect::Destroy, second.says());
        }
    }

    /// What starts a server, or starts one again, may be the second on its data.
    fn second_on(&self, root: &Path) -> Option<Second> {
        let Asked::Units(units) = requested_units::read_words(self.on.cx.call.tool.name, self.on.cx.words)
        else {
            return None;
        };
        let starts = matches!(units.act, Act::Start | Act::Restart { .. }) && !units.user;
        starts.then(|| units.names.iter().find_map(|unit| second::by_unit(root, unit))).flatten()
    }

    /// What the words alone do not tell was not asked, or nobody answered: what stops by it is then not taken for nothing.
    fn not_asked(&self, impact: &mut Impact) {
        if self.on.verdict.content {
            impact.raise(Effect::Disrupt, "what it would stop could not be asked");
        }
    }

    /// What happens to the machine itself, in one word of the phrase: how it goes down, or the target that everything else
    /// stops for.
    fn machine(&self) -> Option<String> {
        match requested_units::read_words(self.on.cx.call.tool.name, self.on.cx.words) {
            Asked::Down(down) => Some(down.how),
            Asked::Units(units) if units.act == Act::Isolate => units.names.into_iter().next(),
            Asked::Units(_) | Asked::Rehearsal | Asked::Nothing | Asked::LeftOut(_) | Asked::Unclear => None,
        }
    }
}

impl Family for Units<'_> {
    fn resolve(&mut self) {
        self.on.resolve();
    }

    fn wants_facts(&self, asks: bool) -> bool {
        asks || self.on.verdict.content
    }

    fn probe(&mut self, _asks: bool) -> Result<Facts> {
        let mut impact = Impact::default();
        self.look(&mut impact);
        Ok(Facts { impact, probed: self.on.found().is_some() })
    }

    fn unprobed(&self) -> Impact {
        let mut impact = Impact::default();
        impact.unseen("what would go", Why::NotAsked);
        self.not_asked(&mut impact);
        impact
    }

    fn decide(&self, impact: &Impact, probed: bool) -> Outcome {
        let machine = self.machine();
        let lost: Vec<String> = self.second.iter().map(Second::name).collect();
        let said = Said { machine: machine.as_deref(), lost: &lost, ..Said::default() };
        self.on.decide(said, impact, probed)
    }

    fn verdict(&self) -> &Verdict {
        &self.on.verdict
    }

    fn safer(&self, _impact: &Impact, outcome: &Outcome) -> Option<String> {
        self.milder.clone().filter(|_| outcome.assessment.effect >= Effect::Disrupt)
    }

    fn target(&self, outcome: &Outcome) -> Result<Target> {
        self.on.target(outcome)
    }

    fn sight(&self, impact: &Impact, outcome: &Outcome) -> Sight {
        let mut sight = self.on.sight(impact, outcome, words(&outcome.situation.verb, impact));
        sight.rows.splice(0..0, second_server(self.second.as_ref()));
        sight
    }
}

impl Held for Units<'_> {
    fn unchanged(&self, _judged: &Evaluation<'_>, _prompting: Duration) -> Result<()> {
        self.on.leads_there_still()
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

/// What is done to units, or to the machine, and what they are called.
pub fn words<'a>(verb: &'a str, impact: &Impact) -> Words<'a> {
    let action = match verb {
        "condrestart" | "try-restart" | "reload-or-restart" | "force-reload" => "restart",
        "condstop" => "stop",
        "shutdown" | "halt" | "poweroff" => "shut down",
        "coldreboot" => "reboot",
        "init" | "telinit" | "" => "run",
        verb if verb.contains(' ') => "run",
        verb => verb,
    };
    let thing = match impact.subjects.first().map(|subject| subject.kind.as_str()) {
        Some("unit") | None => "unit",
        Some(_) => "thing",
    };
    Words { thing, action }
}
