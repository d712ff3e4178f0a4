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
use super::machine::Command;
use super::machine::screen::{Words, second_server};
use super::machine::second::{self, Second};
use super::machine::weigh::Said;
use super::promise::Promise;
use super::reading::Reading as _;
use crate::engine::effect::Effect;
use crate::engine::fact::{Known, Why};
use crate::engine::impact::Impact;
use crate::engine::packages::dpkg;
use crate::engine::packages::plan::{Change, Kind, Plan};
use crate::engine::packages::tables;
use crate::engine::target::Target;
use crate::engine::tool;
use crate::engine::verdict::Verdict;
use crate::fail::Result;
use crate::family::machine::resolve::ResolvedHost;
use crate::family::packages::keep::safer;
use crate::ui::view::Sight;
use promise::Copies;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long a simulation may take when no policy sets a time: apt needs one to four seconds for large lists of packages.
const PLANNING: Duration = Duration::from_secs(15);
/// How long looking at what goes may take: most of it is counting files.
const LOOKING: Duration = Duration::from_secs(3);

/// One command of a package manager.
pub struct Packages<'a> {
    on: Command<'a>,
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
    /// Data that a server in a container has open, and that would get a second one.
    second: Option<Second>,
}

impl<'a> Packages<'a> {
    fn begin(cx: Cx<'a>, reading: &PackagesReading, tool: PathBuf) -> Packages<'a> {
        Packages {
            on: Command::new(cx, &reading.invocation().verdict, tool),
            ready: reading.ready.clone(),
            by_hook: reading.ready.is_some(),
            plan: None,
            lost: Vec::new(),
            keeps_by_removal: false,
            copies: None,
            second: None,
        }
    }

    /// Whether it takes nothing away, as its own plan says: such calls need no policy.
    fn takes_nothing(&mut self) -> bool {
        self.on.resolve();
        let Some(found) = self.on.found() else { return false };
        let nothing = |plan: &Plan| {
            !plan.removes() && plan.deconfigured.is_empty() && second_by(plan, &found.root).is_none()
        };
        !self.on.verdict.content || matches!(&self.planned(found).plan, Known::Known(plan) if nothing(plan))
    }

    /// The command's own plan.
    fn planned(&self, found: &ResolvedHost) -> probe::Answered {
        probe::plan(&probe::Request {
            tool: self.on.cx.call.tool.name,
            words: self.on.cx.call.argv.get(1..).unwrap_or_default(),
            program: &self.on.tool,
            world: self.on.cx.world,
            root: &found.root,
            deadline: self.on.cx.probe_deadline(PLANNING),
        })
    }

    /// Looks at what would go.
    fn look(&mut self, impact: &mut Impact) {
        if let Some(why) = self.on.out_of_sight() {
            impact.unseen("what is there", why);
            return self.not_asked(impact);
        }
        let _progress = self.on.progress();
        let ready = self.ready.take();
        let Some(found) = self.on.found() else { return };
        let planned = match ready {
            Some(plan) => Known::Known(plan),
            None => {
                let answered = self.planned(found);
                if answered.error.is_some() {
                    // The tool itself comes to nothing, and says so better than anybody else.
                    self.on.verdict.effect = Effect::Read;
                    self.on.verdict.because.push("the tool itself refuses this, and will say so");
                    return;
                }
                answered.plan
            }
        };
        match planned {
            Known::Known(plan) => {
                let going: Vec<&Change> = plan.removals().collect();
                let patience = self.on.cx.probe_deadline(LOOKING);
                let mut held = probe::facts::collect(&found.root, &going, patience);
                let call = self.on.cx.call;
                if call.tool.is(&tool::DPKG) && !dpkg::parse(self.on.cx.raw).has(tables::dpkg::Kind::Install)
                {
                    probe::facts::look_at_broken(&found.root, &going, &mut held, patience);
                }
                *impact = probe::impact_of(&plan, &held);
                let until = Instant::now() + patience;
                impact.backups = probe::copies_of(&found.root, self.on.cx.world, &plan, &held, until, impact);
                self.lost = probe::lost_things(&plan, &held);
                self.second = second_by(&plan, &found.root);
                if let Some(second) = &self.second {
                    impact.raise(Effect::Destroy, second.says());
                    self.lost.insert(0, second.name());
                }
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
        if self.on.verdict.content && self.on.cx.call.tool.is(&tool::DPKG) {
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
        let named = self.plan.iter().flat_map(Plan::removals).filter(|change| change.named);
        let stops = named.map(Change::full_name).collect();
        self.on.decide(Said { lost: &self.lost, stops, ..Said::default() }, impact, probed)
    }

    fn verdict(&self) -> &Verdict {
        &self.on.verdict
    }

    fn promise(&mut self, impact: &Impact, outcome: &Outcome) -> Promise {
        self.promised(impact, outcome)
    }

    fn safer(&self, _impact: &Impact, outcome: &Outcome) -> Option<String> {
        let plan = self.removing();
        let plan = plan.filter(|_| outcome.assessment.effect >= Effect::Destroy && self.keeps_by_removal);
        plan.and_then(|plan| safer::safer(plan, self.on.cx.call.tool.name, self.on.cx.raw))
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

/// A server that is installed starts at once: it may be the second on its data.
fn second_by(plan: &Plan, root: &Path) -> Option<Second> {
    let new = plan.changes.iter().filter(|change| change.kind == Kind::Install);
    new.into_iter().find_map(|change| second::by_package(root, &change.name))
}

/// What is done to packages, and what they are called: an installation that takes packages away removes those.
pub fn words<'a>(verb: &'a str, impact: &Impact) -> Words<'a> {
    let kind = impact.subjects.first().map(|subject| subject.kind.as_str());
    let action = match verb {
        "remove" | "autoremove" | "auto-remove" => "remove",
        "purge" | "autopurge" => "purge",
        _ if kind == Some("package") => "remove",
        "dist-upgrade" | "full-upgrade" | "safe-upgrade" | "dselect-upgrade" => "upgrade",
        verb if verb.is_empty() || verb.contains(' ') => "run",
        verb => verb,
    };
    Words { thing: if matches!(kind, Some("package") | None) { "package" } else { "thing" }, action }
}
