//! The one pipeline from words to a decision, for a call, a check or an explanation alike: words → target → decision without
//! facts → facts → decision. Nothing here asks a person or runs the command. What differs from family to family stands
//! behind [`Family`]; what has to be kept until the command runs, behind [`Held`].

use super::cx::Cx;
use super::invocation::Invocation;
use super::promise::{Copied, Intent, Promise};
use super::trail::{self, Going, Other};
use crate::engine::assess::Assessment;
use crate::engine::backup::backed::WITHOUT;
use crate::engine::challenge::Challenge;
use crate::engine::decide::{Cause, Decision};
use crate::engine::effect::Effect;
use crate::engine::impact::Impact;
use crate::engine::policy::Terms;
use crate::engine::policy::place::Classified;
use crate::engine::situation::{Level, Situation};
use crate::engine::target::Target;
use crate::engine::trail::Moved;
use crate::engine::trail::moved::Moving;
use crate::engine::verdict::{Goes, Verdict};
use crate::fail::{Fail, Kind, Result};
use crate::run::exec::EnvEdit;
use crate::run::pin::Pinned;
use crate::ui::ColourChoice;
use crate::ui::view::{About, Sight};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What a family knows of one call, stage by stage.
pub trait Family: Held {
    /// Finds where the command goes. What it did not find is a fact of its own.
    fn resolve(&mut self);

    /// Whether facts are wanted. `asks` says that without them somebody would have to be asked.
    fn wants_facts(&self, asks: bool) -> bool;

    /// Asks the live system.
    ///
    /// # Errors
    /// The tool would go elsewhere than was found.
    fn probe(&mut self, asks: bool) -> Result<Facts>;

    /// What is said in the place of facts where nobody may be asked.
    fn unprobed(&self) -> Impact;

    /// What it comes to by all that is known. `probed` says that the live system was asked.
    fn decide(&self, impact: &Impact, probed: bool) -> Outcome;

    /// Which place that is, for the memory of the terminal; `None` where nobody knows, and for what goes nowhere but to this
    /// machine.
    fn going(&self, _outcome: &Outcome) -> Option<Going> {
        None
    }

    /// Places that other words than these lead to, for steps of the terminal whose place nobody kept.
    fn others(&self) -> Vec<Other> {
        Vec::new()
    }

    /// Takes up whether it goes elsewhere than its terminal has been.
    fn moved(&mut self, _moved: Moved) {}

    /// What the words say, after everything that was found out about them.
    fn verdict(&self) -> &Verdict;

    /// What a person should know about the words.
    fn notes(&self) -> Vec<String> {
        Vec::new()
    }

    /// The copy that will be taken if the command runs.
    fn promise(&mut self, _impact: &Impact, _outcome: &Outcome) -> Promise {
        Promise::Nothing
    }

    /// A command that keeps what would be lost.
    fn safer(&self, _impact: &Impact, _outcome: &Outcome) -> Option<String> {
        None
    }

    /// Where the command goes, as data.
    ///
    /// # Errors
    /// It could not be found.
    fn target(&self, outcome: &Outcome) -> Result<Target>;

    /// The same on the screen.
    fn sight(&self, impact: &Impact, outcome: &Outcome) -> Sight;
}

/// What is held for a command until it runs.
pub trait Held {
    /// Takes the copy that was promised.
    fn keep(&self, _judged: &Evaluation<'_>, _intent: &Intent, _choice: ColourChoice) -> Copied {
        Copied::default()
    }

    /// Looks once more whether what was judged still is what would run. `prompting` is how long a person took to answer.
    ///
    /// # Errors
    /// Something changed: nothing runs.
    fn unchanged(&self, judged: &Evaluation<'_>, prompting: Duration) -> Result<()>;

    /// Makes what runs the very thing that was looked at: bytes that cannot change any more, keys, variables. `allowed` says
    /// that nobody was asked.
    ///
    /// # Errors
    /// It cannot be held.
    fn pin(&mut self, cx: Cx<'_>, _allowed: bool) -> Result<Pins> {
        Ok(Pins { argv: cx.call.argv.clone(), ..Pins::default() })
    }

    /// Hands over what is held, right before guard becomes the tool.
    ///
    /// # Errors
    /// It cannot be handed over: nothing runs.
    fn hand_over(&mut self) -> Result<()> {
        Ok(())
    }

    /// Shows on the terminal what the command would change, where policy wants that before the question.
    ///
    /// # Errors
    /// It cannot be made.
    fn show_difference(&self, _cx: Cx<'_>, _tool: &Path) -> Result<()> {
        Ok(())
    }
}

/// What runs: the caller's own words, with what is pinned in the place of what they name.
#[derive(Default)]
pub struct Pins {
    /// Every word, `argv[0]` first.
    pub argv: Vec<OsString>,
    /// What becomes of the variables.
    pub edit: EnvEdit,
    /// Bytes that have to be there until the exec.
    pub held: Vec<Pinned>,
}

/// What the live system said.
pub struct Facts {
    /// What would be lost.
    pub impact: Impact,
    /// Whether it was asked at all.
    pub probed: bool,
}

/// What a command comes to.
pub struct Outcome {
    /// What the target is to its people.
    pub place: Classified,
    /// The name of the target as the phrase spells it.
    pub name: String,
    /// What answers a typed question.
    pub challenge: Challenge,
    /// Words and facts weighed.
    pub assessment: Assessment,
    /// What the rules looked at.
    pub situation: Situation,
    /// The verdict.
    pub decision: Decision,
}

impl Outcome {
    /// How is asked, where something is.
    pub fn level(&self) -> Level {
        match &self.decision {
            Decision::Confirm(asked) => asked.level,
            Decision::Allow(_) | Decision::Deny(_) => Level::YesNo,
        }
    }

    /// What the screen can go by when it says where a command goes. `home` is shown as `~`.
    pub fn about<'a>(&'a self, home: Option<&'a str>, impact: &'a Impact) -> About<'a> {
        About {
            name: &self.name,
            verb: &self.situation.verb,
            impact,
            challenge: Some(&self.challenge),
            level: self.level(),
            home,
        }
    }
}

/// A call and every stage's result.
pub struct Evaluation<'a> {
    /// What was looked at.
    pub cx: Cx<'a>,
    /// The words as they were read.
    pub invocation: &'a Invocation,
    /// What they say, after everything that was found out about them.
    pub verdict: Verdict,
    /// What a person should know about the words.
    pub notes: Vec<String>,
    /// The policy's settings.
    pub terms: Terms,
    /// Where the command goes, or why nobody knows.
    pub target: Result<Target>,
    /// The same on the screen; of an unknown target as much as there is.
    pub sight: Sight,
    /// The real tool.
    pub tool: PathBuf,
    /// What would be lost.
    pub impact: Impact,
    /// What it comes to.
    pub outcome: Outcome,
    /// That it goes elsewhere than its terminal has been, or that nobody can tell.
    pub moving: Option<Moving>,
    /// Whether a copy of what goes is taken before the command runs.
    pub promise: Promise,
    /// A command that keeps data which would be lost.
    pub safer: Option<String>,
    /// What the family keeps until the command runs.
    pub held: Box<dyn Held + 'a>,
    /// Time spent on the target.
    pub resolving: Duration,
    /// Time spent asking the live system.
    pub probing: Duration,
}

impl Evaluation<'_> {
    /// Why the target is not known, when that alone is what refuses the command.
    pub fn unresolved(&self) -> Option<Fail> {
        let fail = self.target.as_ref().err()?;
        let alone = matches!(&self.outcome.decision, Decision::Deny(d) if d.cause == Cause::NoTarget);
        alone.then(|| fail.clone())
    }
}

/// Whether this goes elsewhere than the terminal has been. What goes nowhere is no step of it.
fn look_back(cx: Cx<'_>, family: &impl Family, outcome: &Outcome) -> Option<Moving> {
    let verdict = family.verdict();
    if verdict.goes != Goes::Out && verdict.effect < Effect::Unknown {
        return None;
    }
    trail::look_back(cx, family.going(outcome).as_ref(), || family.others())
}

/// What it comes to, with what the answer has to say besides the phrase.
fn decided(family: &impl Family, impact: &Impact, probed: bool) -> Outcome {
    let mut outcome = family.decide(impact, probed);
    if matches!(&outcome.decision, Decision::Confirm(asked) if asked.without_backup) {
        outcome.challenge.also(WITHOUT);
    }
    outcome
}

/// Carries a call through all stages.
///
/// # Errors
/// Those of [`Family::probe`].
pub fn judge<'a, F: Family + 'a>(
    cx: Cx<'a>,
    invocation: &'a Invocation,
    tool: PathBuf,
    mut family: F,
) -> Result<Evaluation<'a>> {
    let started = Instant::now();
    family.resolve();
    let resolving = started.elapsed();
    // Without facts every unknown counts as the worse possibility, so a pass here is a pass with them, too.
    let mut impact = Impact::default();
    let mut outcome = decided(&family, &impact, false);
    let mut moving = look_back(cx, &family, &outcome);
    if let Some(moving) = &moving {
        family.moved(moving.moved);
        outcome = decided(&family, &impact, false);
    }
    let asks = !matches!(outcome.decision, Decision::Allow(_)) || family.verdict().effect >= Effect::Unknown;
    let started = Instant::now();
    if family.wants_facts(asks) {
        // Made anew with the facts: there may be a hundred thousand of them.
        outcome.situation.objects = Vec::new();
        let facts = if cx.options.probe {
            family.probe(asks)?
        } else {
            Facts { impact: family.unprobed(), probed: false }
        };
        outcome = decided(&family, &facts.impact, facts.probed);
        impact = facts.impact;
        // What the live system calls itself may be another place than files and variables had said.
        let now = look_back(cx, &family, &outcome);
        let moved = |moving: &Option<Moving>| moving.as_ref().map_or(Moved::No, |moving| moving.moved);
        if moved(&now) != moved(&moving) {
            family.moved(moved(&now));
            outcome = decided(&family, &impact, facts.probed);
        }
        moving = now;
    }
    let probing = started.elapsed();
    Ok(Evaluation {
        cx,
        invocation,
        verdict: family.verdict().clone(),
        notes: family.notes(),
        terms: cx.policy.terms(),
        target: family.target(&outcome),
        sight: family.sight(&impact, &outcome),
        tool,
        moving,
        // What is refused takes no copy, and no id leads to one.
        promise: match &outcome.decision {
            Decision::Deny(_) => Promise::Nothing,
            Decision::Allow(_) | Decision::Confirm(_) => family.promise(&impact, &outcome),
        },
        safer: family.safer(&impact, &outcome),
        impact,
        outcome,
        held: Box::new(family),
        resolving,
        probing,
    })
}

/// Refuses a command whose target moved while the person was reading; `look` is a command that shows where it is now.
pub fn target_changed(was: String, is: String, look: &str) -> Fail {
    Fail::new(Kind::Refused, "refused: the target changed while the question stood")
        .because(format!("it was {was}"))
        .because(format!("it is now {is}"))
        .help(format!("nothing was run; look at `{look}`, then run the command again"))
}
