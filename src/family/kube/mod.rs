//! kubectl and what takes its words: kuberc, kubeconfig, the cluster's own answers.

mod backup;
mod diff;
mod documents;
mod explain;
mod going;
mod held;
pub mod inputs;
pub mod keep;
mod kustomize;
pub mod lent;
pub mod probe;
pub mod program;
mod promise;
mod reading;
mod remembered;
pub mod resolve;
pub mod screen;
mod situation;
mod unknown_command;
pub mod weigh;

pub use reading::KubeReading;

use super::cx::Cx;
use super::judge::{Facts, Family, Outcome};
use super::promise::Promise;
use super::trail::{Going, Other};
use crate::engine::effect::Effect;
use crate::engine::fact::{Known, Why};
use crate::engine::grammar::cobra::{Parsed, parse};
use crate::engine::impact::Impact;
use crate::engine::kube::KubeTarget;
use crate::engine::kube::classify::refused_by_kubectl;
use crate::engine::kube::documents::Documents;
use crate::engine::kube::kubectl::TABLE;
use crate::engine::policy::Terms;
use crate::engine::policy::place::IdKind;
use crate::engine::target::Target;
use crate::engine::trail::Moved;
use crate::engine::verdict::Verdict;
use crate::fail::{Fail, Result};
use crate::family::kube::inputs::Inputs;
use crate::family::kube::resolve::ResolvedKube;
use crate::prompt::progress::Progress;
use crate::run::exec::CONFIRM;
use crate::ui::stderr::is_dumb;
use crate::ui::view::Sight;
use crate::world::World;
use lent::Lent;
use program::Kubectl;
use std::borrow::Cow;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;
use weigh::Stage;

/// One kubectl command.
pub struct Kube<'a> {
    cx: Cx<'a>,
    reading: &'a KubeReading,
    verdict: Verdict,
    /// The words with preferences applied.
    parsed: Parsed<'a>,
    /// The caller's own words: these are what runs, and the pins are put into them.
    raw: Parsed<'a>,
    /// The file that will run.
    tool: PathBuf,
    /// The world as that kubectl sees it.
    world: Cow<'a, World>,
    /// Files and standard input the command reads, pinned.
    inputs: Inputs,
    documents: Documents,
    resolved: Result<ResolvedKube>,
    /// Whether the live system said what goes.
    seen: bool,
    /// Whether Secrets go into the copy.
    secrets: bool,
}

impl<'a> Kube<'a> {
    fn begin(cx: Cx<'a>, reading: &'a KubeReading, tool: PathBuf) -> Result<Kube<'a>> {
        let mut verdict = super::reading::Reading::invocation(reading).verdict.clone();
        let parsed = parse(&TABLE, cx.words);
        let unknown = verdict.effect == Effect::Unknown;
        if unknown && unknown_command::is_unknown_to(&tool, &parsed, cx.world) {
            verdict.effect = Effect::Read;
            verdict.because.push("kubectl does not know this command either, and will say so");
        }
        if let Some(because) = refused_by_kubectl(&parsed) {
            verdict.effect = Effect::Read;
            verdict.because = vec![because];
        }
        let world = Kubectl::at(&tool).world(&parsed, cx.world);
        let raw = parse(&TABLE, cx.raw);
        let mut inputs = Inputs::take(&raw)?;
        kustomize::render(&mut inputs, &tool, &world)?;
        let documents = documents::of(&inputs);
        let resolved = Err(Fail::new(crate::fail::Kind::Bug, "the target was not looked for"));
        Ok(Kube {
            cx,
            reading,
            verdict,
            parsed,
            raw,
            tool,
            world,
            inputs,
            documents,
            resolved,
            seen: false,
            secrets: true,
        })
    }

    fn program(&self) -> Kubectl<'_> {
        Kubectl::at(&self.tool)
    }

    fn found(&self) -> Option<&KubeTarget> {
        self.resolved.as_ref().ok().map(|r| &r.target)
    }

    /// What is asked of the cluster, for the question and for the copy.
    fn request<'r>(
        &'r self,
        resolved: &'r ResolvedKube,
        lent: &'r Lent,
        held: &'r [OsString],
        deadline: Duration,
    ) -> probe::Request<'r> {
        probe::Request {
            parsed: &self.parsed,
            words: self.cx.call.argv.get(1..).unwrap_or_default(),
            held: held.get(1..).unwrap_or_default(),
            stdin: self.inputs.stdin(),
            target: &resolved.target,
            effective_kubeconfig: &resolved.access.effective,
            plugins: (&resolved.access.plugin_policy).into(),
            documents: &self.documents,
            kubectl: Kubectl::at(&self.tool).for_dry_runs(),
            world: &self.world,
            deadline,
            verdict: &self.verdict,
            kubeconfig: lent.path().map(std::path::Path::new),
        }
    }

    /// Asks the cluster what goes.
    fn ask(&mut self, impact: &mut Impact) -> Result<()> {
        let terms = self.cx.policy.terms();
        let Ok(resolved) = &mut self.resolved else { return Ok(()) };
        let settled = lent::settle(resolved, &terms, &self.world, self.cx.options.progress);
        let Ok(resolved) = &self.resolved else { return Ok(()) };
        let lent = Lent::of(&resolved.access)?;
        let progress = self.cx.options.progress;
        let _progress = progress.then(|| Progress::start("asking the cluster", is_dumb(&self.world)));
        let held = lent::held_words(&self.inputs, self.cx.call, &self.raw, lent.path());
        let probed = match settled {
            Ok(()) => probe::kube(&self.request(resolved, &lent, &held, patience(&self.parsed, &terms))),
            Err(why) => probe::Probed::nothing(&why, Duration::ZERO),
        };
        if let Ok(resolved) = &mut self.resolved {
            resolved.target.uid = probed.uid;
            remembered::keep(self.cx.world, &resolved.target);
            *impact = probed.impact;
            self.seen = !impact.subjects.is_empty();
            documents::name_from_files(&self.parsed, &self.documents, &resolved.target, impact);
        }
        Ok(())
    }
}

impl Family for Kube<'_> {
    fn resolve(&mut self) {
        self.resolved = program::target(&self.parsed, &self.world).map(|mut found| {
            self.program().explain(&self.parsed, self.cx.world, &mut found.target);
            if self.cx.options.recalls
                && let Some(uid) = remembered::recall(self.cx.world, &found.target)
            {
                found.target.uid = Known::Known(uid);
            }
            found
        });
    }

    fn wants_facts(&self, asks: bool) -> bool {
        let wanted = asks || self.verdict.content || self.cx.policy.goes_by(IdKind::Uid);
        wanted && !(self.cx.options.probe && situation::is_local_only(&self.parsed))
    }

    fn probe(&mut self, _asks: bool) -> Result<Facts> {
        let mut impact = Impact::default();
        self.ask(&mut impact)?;
        // Of an unknown command a refusal is certain where nobody can answer.
        let answerable = self.cx.options.interactive || self.world.set_var(CONFIRM).is_some();
        let asks_tool = self.verdict.effect != Effect::Unknown || answerable;
        let found = self.resolved.as_ref().ok().filter(|_| asks_tool);
        match found.map(|r| self.program().confirm(r, &self.parsed, &self.world)).transpose() {
            Ok(gap) => impact.gaps.extend(gap.flatten()),
            // Below a disruption an unknown target would pass.
            Err(elsewhere) if self.verdict.effect < Effect::Disrupt => return Err(elsewhere),
            Err(elsewhere) => {
                // What is there, or is not, says nothing of the other place.
                impact = Impact::default();
                self.resolved = Err(elsewhere);
            }
        }
        Ok(Facts { impact, probed: true })
    }

    fn unprobed(&self) -> Impact {
        let mut impact = Impact::default();
        impact.gap("what would be lost", Why::NotAsked);
        impact
    }

    fn decide(&self, impact: &Impact, probed: bool) -> Outcome {
        let stage = Stage {
            tool: self.cx.call.tool.name,
            parsed: &self.parsed,
            effect: self.verdict.effect,
            documents: &self.documents,
            policy: self.cx.policy,
            interactive: self.cx.options.interactive,
            actor: self.cx.actor,
            moved: self.cx.moved,
        };
        stage.decide(self.found(), impact, probed)
    }

    fn going(&self, outcome: &Outcome) -> Option<Going> {
        let found = self.found()?;
        Some(going::of(found, outcome))
    }

    fn others(&self) -> Vec<Other> {
        going::others(&self.world, self.cx.policy)
    }

    fn moved(&mut self, moved: Moved) {
        self.cx.moved = moved;
    }

    fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    fn promise(&mut self, impact: &Impact, outcome: &Outcome) -> Promise {
        self.promised(impact, outcome)
    }

    fn safer(&self, impact: &Impact, outcome: &Outcome) -> Option<String> {
        promise::safer(&self.parsed, impact).filter(|_| outcome.assessment.effect >= Effect::Destroy)
    }

    fn target(&self, outcome: &Outcome) -> Result<Target> {
        let resolved = self.resolved.as_ref().map_err(Fail::clone)?;
        Ok(resolved.target.data(&outcome.name, &outcome.situation.namespaces))
    }

    fn sight(&self, impact: &Impact, outcome: &Outcome) -> Sight {
        let blank;
        let target = match self.found() {
            Some(target) => target,
            None => {
                blank = KubeTarget::unknown();
                &blank
            }
        };
        let home = self.cx.world.home().map(|home| home.to_string_lossy().into_owned());
        screen::sight(target, &outcome.about(home.as_deref(), impact))
    }
}

/// How long the live system has for its answers. What a change takes away is known by the dry run alone, and the change
/// itself takes as long: it is given more time before it has to be asked about for want of an answer.
fn patience(parsed: &Parsed<'_>, terms: &Terms) -> Duration {
    let time = Duration::from_millis(u64::from(terms.probe_timeout_ms));
    if matches!(parsed.path(), "apply" | "replace") { time * 4 } else { time }
}
