//! apt, aptitude and dpkg: what goes by their own plans, and what is lost with it.

mod backup;
mod held;
pub mod keep;
pub mod probe;
mod promise;
mod reading;

pub use reading::PackagesReading;

use super::cx::Cx;
use super::judge::{Facts, Family, Outcome};
use super::machine::{self, weigh};
use super::promise::Promise;
use super::reading::Reading as _;
use crate::engine::effect::Effect;
use crate::engine::fact::{Known, Why};
use crate::engine::impact::Impact;
use crate::engine::packages::dpkg;
use crate::engine::packages::plan::{Change, Plan};
use crate::engine::packages::tables;
use crate::engine::target::Target;
use crate::engine::tool;
use crate::engine::verdict::Verdict;
use crate::fail::{Fail, Kind, Result};
use crate::family::machine::resolve::ResolvedHost;
use crate::family::packages::keep::safer;
use crate::prompt::progress::Progress;
use crate::ui::stderr::is_dumb;
use crate::ui::view::Sight;
use promise::Copies;
use std::path::PathBuf;
use std::time::Duration;
use weigh::Stage;

/// How long a simulation may take when no policy sets a time: apt needs one to four seconds for large lists of packages.
const PLANNING: Duration = Duration::from_secs(15);
/// How long looking at what goes may take: most of it is counting files.
const LOOKING: Duration = Duration::from_secs(3);

/// One command of a package manager.
pub struct Packages<'a> {
    cx: Cx<'a>,
    verdict: Verdict,
    /// The file that will run.
    tool: PathBuf,
    resolved: Result<ResolvedHost>,
    /// The package manager's own plan, handed to guard's hook; taken out when it is looked at.
    ready: Option<Plan>,
    /// The plan is that one, and no simulation.
    by_hook: bool,
    /// What goes, package by package; `None` for what could not be planned.
    plan: Option<Plan>,
    /// What is lost for good, by the names of the phrase.
    lost: Vec<String>,
    /// A removal in place of the purge would erase nothing.
    keeps_by_removal: bool,
    /// What goes into the copy, once one is promised.
    copies: Option<Copies>,
}

impl<'a> Packages<'a> {
    fn begin(cx: Cx<'a>, reading: &PackagesReading, tool: PathBuf) -> Packages<'a> {
        Packages {
            cx,
            verdict: reading.invocation().verdict.clone(),
            tool,
            resolved: Err(Fail::new(Kind::Bug, "the target was not looked for")),
            ready: reading.ready.clone(),
            by_hook: reading.ready.is_some(),
            plan: None,
            lost: Vec::new(),
            keeps_by_removal: false,
            copies: None,
        }
    }

    /// Whether it takes nothing away, as its own plan says: such calls need no policy.
    fn takes_nothing(&mut self) -> bool {
        self.resolve();
        let Ok(found) = &self.resolved else { return false };
        let nothing = |plan: &Plan| !plan.removes() && plan.deconfigured.is_empty();
        !self.verdict.content || matches!(&self.planned(found).plan, Known::Known(plan) if nothing(plan))
    }

    /// The command's own plan.
    fn planned(&self, found: &ResolvedHost) -> probe::Answered {
        probe::plan(&probe::Request {
            tool: self.cx.call.tool.name,
            words: self.cx.call.argv.get(1..).unwrap_or_default(),
            program: &self.tool,
            world: self.cx.world,
            root: &found.root,
            deadline: self.cx.probe_deadline(PLANNING),
        })
    }

    /// Looks at what would go.
    fn look(&mut self, impact: &mut Impact) {
        let Ok(found) = &self.resolved else { return };
        if let Some(remote) = &found.target.remote {
            impact.unseen("what is there", Why::Failed(format!("{} is another machine", remote.value)));
            return self.not_asked(impact);
        }
        let told = format!("{}: looking at what would go", self.cx.call.tool);
        let _progress = self.cx.options.progress.then(|| Progress::start(&told, is_dumb(self.cx.world)));
        let planned = match self.ready.take() {
            Some(plan) => Known::Known(plan),
            None => {
                let answered = self.planned(found);
                if answered.error.is_some() {
                    // The tool itself comes to nothing, and says so better than anybody else.
                    self.verdict.effect = Effect::Read;
                    self.verdict.because.push("the tool itself refuses this, and will say so");
                    return;
                }
                answered.plan
            }
        };
        match planned {
            Known::Known(plan) => {
                let going: Vec<&Change> = plan.removals().collect();
                let patience = self.cx.probe_deadline(LOOKING);
                let mut held = probe::facts::look(&found.root, &going, patience);
                let call = self.cx.call;
                if call.tool.is(&tool::DPKG) && !dpkg::parse(self.cx.raw).has(tables::dpkg::Kind::Install) {
                    probe::facts::look_at_broken(&found.root, &going, &mut held, patience);
                }
                *impact = probe::impact_of(&plan, &held);
                self.lost = probe::lost_things(&plan, &held);
                self.keeps_by_removal = probe::keeps_by_removal(&plan, &held);
                self.plan = Some(plan);
            }
            Known::Unknown(why) => {
                impact.unseen("what would go", why);
                self.not_asked(impact);
            }
        }
    }

    /// What the words alone do not tell was not asked, or nobody answered: what makes room is then not taken for nothing. apt
    /// tells before it removes anything, and asks; dpkg does not.
    fn not_asked(&self, impact: &mut Impact) {
        if self.verdict.content && self.cx.call.tool.is(&tool::DPKG) {
            impact.raise(Effect::Disrupt, "what has to make room for it is not known");
        }
    }

    /// The plan, where something goes by it.
    fn removing(&self) -> Option<&Plan> {
        self.plan.as_ref().filter(|plan| plan.removes())
    }
}

impl Family for Packages<'_> {
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
        let named = self.plan.iter().flat_map(Plan::removals).filter(|change| change.named);
        let stops = weigh::stops(named.map(Change::full_name).collect(), self.cx, impact);
        let stage = Stage {
            cx: self.cx,
            effect: self.verdict.effect,
            target: self.resolved.as_ref().ok().map(|found| &found.target),
            lost: &self.lost,
            machine: None,
            stops: &stops,
        };
        stage.decide(impact, probed)
    }

    fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    fn promise(&mut self, impact: &Impact, outcome: &Outcome) -> Promise {
        self.promised(impact, outcome)
    }

    fn safer(&self, _impact: &Impact, outcome: &Outcome) -> Option<String> {
        let plan = self.removing();
        let plan = plan.filter(|_| outcome.assessment.effect >= Effect::Destroy && self.keeps_by_removal);
        plan.and_then(|plan| safer::safer(plan, self.cx.call.tool.name, self.cx.raw))
    }

    fn target(&self, outcome: &Outcome) -> Result<Target> {
        machine::target(&self.resolved, outcome)
    }

    fn sight(&self, impact: &Impact, outcome: &Outcome) -> Sight {
        machine::sight(self.cx, &self.resolved, impact, outcome)
    }
}
