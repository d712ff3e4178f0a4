//! The AWS CLI: aliases, documents, configuration files, the account that answers, what would be lost.

mod explain;
mod going;
mod held;
mod memory;
pub mod probe;
mod reading;
pub mod resolve;
pub mod screen;
mod situation;
mod unknown_command;
mod weigh;

pub use reading::AwsReading;

use super::call::Call;
use super::cx::Cx;
use super::judge::{Facts, Family, Outcome};
use super::reading::Reading as _;
use super::trail::{Going, Other};
use crate::engine::aws::{self, AwsTarget};
use crate::engine::decide::Decision;
use crate::engine::effect::Effect;
use crate::engine::escape::escape;
use crate::engine::fact::Why;
use crate::engine::impact::Impact;
use crate::engine::policy::place::IdKind;
use crate::engine::target::Target;
use crate::engine::trail::Moved;
use crate::engine::verdict::Verdict;
use crate::fail::{Fail, Kind, Result};
use crate::family::aws::probe::Foreign;
use crate::family::aws::probe::keys::Keys;
use crate::family::aws::resolve::ResolvedAws;
use crate::prompt::progress::Progress;
use crate::run::exec::EnvEdit;
use crate::ui::stderr::{complain, is_dumb};
use crate::ui::view::Sight;
use crate::world::World;
use memory::{recall, remember};
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::PathBuf;
use std::time::Duration;
use weigh::Stage;

/// How long a person waits for what the account says after its first answer, when no policy sets a time. A call of the
/// CLI takes half a second before it sends anything.
const DEADLINE: Duration = Duration::from_secs(5);
/// Services whose commands are about the credentials themselves: they have to find them as they always do.
const OF_CREDENTIALS: &[&str] = &["configure", "login", "logout", "sso"];

/// One command of the AWS CLI.
pub struct Aws<'a> {
    cx: Cx<'a>,
    reading: &'a AwsReading,
    verdict: Verdict,
    /// The file that will run.
    tool: PathBuf,
    resolved: Result<ResolvedAws>,
    /// The CLI was asked who it is, and the decision goes by the answer.
    asked: bool,
    /// The keys it was asked with, when the command itself is to get the very same.
    keys: Option<Keys>,
    /// A milder form of the same command.
    milder: Option<String>,
}

impl<'a> Aws<'a> {
    fn begin(cx: Cx<'a>, reading: &'a AwsReading, tool: PathBuf) -> Result<Aws<'a>> {
        if aws::prompts(cx.words, None) {
            return Err(Fail::new(
                Kind::Refused,
                "refused: --cli-auto-prompt lets another command be composed than this one",
            )
            .because("what would run then is not what was looked at")
            .help("leave the option out"));
        }
        let mut verdict = reading.invocation().verdict.clone();
        let hit = &reading.hit;
        let unknown = verdict.effect == Effect::Unknown && reading.shell.is_none();
        // An alias in the place of the service would run in the place of the CLI's answer.
        let shadowed = reading.aliases.shadows(&[hit.service.as_bytes()]);
        if unknown && !shadowed && unknown_command::is_unknown_to(&tool, hit, cx.world) {
            verdict.effect = Effect::Read;
            verdict.because.push("the AWS CLI does not know this command either, and will say so");
        }
        let resolved = Err(Fail::new(Kind::Bug, "the target was not looked for"));
        Ok(Aws { cx, reading, verdict, tool, resolved, asked: false, keys: None, milder: None })
    }

    fn found(&self) -> Option<&AwsTarget> {
        self.resolved.as_ref().ok().map(|r| &r.target)
    }

    fn weighed(&self, target: Option<&AwsTarget>, impact: &Impact, probed: bool) -> Outcome {
        let stage = Stage { cx: self.cx, hit: &self.reading.hit, effect: self.verdict.effect };
        stage.decide(target, impact, probed)
    }

    /// A change that passes whatever the account is: where it goes is told by what is remembered, and no CLI is started
    /// for it. `None` where somebody has to be asked.
    fn pass_unasked(&self) -> Option<ResolvedAws> {
        let world = self.cx.world;
        let mut found = resolve::resolve_unasked(world, &self.reading.hit, &self.tool).ok()?;
        let passes = |found: &ResolvedAws| {
            let outcome = self.weighed(Some(&found.target), &Impact::default(), false);
            matches!(outcome.decision, Decision::Allow(_))
        };
        if !passes(&found) {
            return None;
        }
        recall(world, &mut found);
        passes(&found).then_some(found)
    }

    /// Whether rules go by what only the account itself can say.
    fn by_account(&self) -> bool {
        self.cx.policy.goes_by(IdKind::Account) || self.cx.policy.goes_by(IdKind::Endpoint)
    }

    /// Asks the account through the very binary that will run; with `impact` also what would be lost.
    fn ask(&self, found: &ResolvedAws, impact: bool) -> probe::Answered {
        let Cx { call, world, options, .. } = self.cx;
        // A code or a browser may be asked for on the terminal: nothing else is written there then.
        let quiet = found.access.may_prompt();
        let told = format!("{} {}: asking the account", call.tool, self.reading.hit.verb());
        let _progress = (options.progress && !quiet).then(|| Progress::start(&told, is_dumb(world)));
        let words = self.expanded();
        probe::ask(&self.request(self.reading, &words, found, impact))
    }

    /// The words for the probe: the caller's own, unless an alias rewrote them.
    fn expanded(&self) -> Vec<OsString> {
        if self.reading.invocation().rewritten.is_empty() {
            return self.cx.call.argv.iter().skip(1).cloned().collect();
        }
        self.reading.invocation().words.iter().map(|w| OsString::from_vec(w.clone())).collect()
    }

    /// What the probe has to know.
    fn request<'r>(
        &'r self,
        reading: &'r AwsReading,
        words: &'r [OsString],
        found: &'r ResolvedAws,
        impact: bool,
    ) -> probe::Request<'r> {
        let access = &found.access;
        let foreign = found.target.foreign();
        probe::Request {
            hit: &reading.hit,
            words,
            target: &found.target,
            carry: &access.carry,
            fixed: access.fixed,
            hand_out: access.can_hand_out(),
            keys: None,
            aliases: &reading.aliases,
            foreign: foreign.map(|_| Foreign { whole: access.whole, of_aws: access.is_of_aws() }),
            major: access.major,
            cli: &self.tool,
            world: self.cx.world,
            deadline: self.cx.probe_deadline(DEADLINE),
            terminal: self.cx.options.interactive,
            impact,
        }
    }

    /// Whether the command itself can be given the keys that guard asked with. One that looks for credentials itself, and
    /// one whose profile an alias names, where no word of the caller's can be left out, find their own; who that is is
    /// asked again then.
    fn can_hand_over(&self) -> bool {
        let hit = &self.reading.hit;
        let by_alias = !self.reading.invocation().rewritten.is_empty() && hit.global("profile").is_some();
        !OF_CREDENTIALS.contains(&hit.service.as_str()) && !by_alias
    }
}

impl Family for Aws<'_> {
    fn resolve(&mut self) {
        let passed = if self.verdict.effect == Effect::Mutate { self.pass_unasked() } else { None };
        let resolved = || resolve::resolve(self.cx.world, &self.reading.hit, &self.tool);
        self.resolved = passed.map_or_else(resolved, Ok);
    }

    fn wants_facts(&self, asks: bool) -> bool {
        // What stops or deletes something is shown with its account, and goes to no other, even where nobody is asked.
        let least = if self.cx.options.probe { Effect::Mutate } else { Effect::Read };
        asks || (self.verdict.effect > least && self.by_account())
    }

    fn probe(&mut self, asks: bool) -> Result<Facts> {
        let mut impact = Impact::default();
        if let Ok(found) = &self.resolved {
            let answered = self.ask(found, asks);
            self.asked = answered.account.value().is_some();
            self.keys = answered.keys.filter(|_| self.can_hand_over());
            remember(self.cx.world, found, &answered.account, &answered.principal, &answered.alias);
            impact = answered.impact;
            self.milder = answered.safer;
            let hit = &self.reading.hit;
            if let Ok(found) = &mut self.resolved {
                let target = &mut found.target;
                target.account = answered.account;
                target.principal = answered.principal;
                target.alias = answered.alias;
                target.organisation_name = answered.organisation_name;
                let region = target.region.as_ref().map(|r| r.value.as_str());
                let account = target.account.value().map(String::as_str);
                target.elsewhere = resolve::elsewhere(hit, account, region);
            }
            if let Some(error) = answered.error {
                self.resolved = Err(no_account(&error));
            }
        }
        if self.reading.hit.unread {
            impact.gap("a document that the command reads", Why::Unsupported);
        }
        Ok(Facts { impact, probed: true })
    }

    fn unprobed(&self) -> Impact {
        let mut impact = Impact::default();
        if self.verdict.effect > Effect::Read {
            impact.gap("the account, and what would be lost", Why::NotAsked);
        }
        impact
    }

    fn decide(&self, impact: &Impact, probed: bool) -> Outcome {
        self.weighed(self.found(), impact, probed)
    }

    fn going(&self, outcome: &Outcome) -> Option<Going> {
        self.found().and_then(|found| going::of(found, &outcome.name))
    }

    fn others(&self) -> Vec<Other> {
        going::others(self.cx.world, self.cx.policy, &self.tool)
    }

    fn moved(&mut self, moved: Moved) {
        self.cx.moved = moved;
    }

    fn verdict(&self) -> &Verdict {
        &self.verdict
    }

    fn notes(&self) -> Vec<String> {
        let shell = self.reading.shell.as_ref();
        let told = shell.map(|text| format!("an alias runs a shell line: {}", aws::redact_text(text)));
        told.into_iter().collect()
    }

    fn safer(&self, _impact: &Impact, outcome: &Outcome) -> Option<String> {
        self.milder.clone().filter(|_| outcome.assessment.effect >= Effect::Disrupt)
    }

    fn target(&self, outcome: &Outcome) -> Result<Target> {
        let resolved = self.resolved.as_ref().map_err(Fail::clone)?;
        Ok(resolved.target.data(&outcome.name))
    }

    fn sight(&self, impact: &Impact, outcome: &Outcome) -> Sight {
        let blank = AwsTarget::default();
        let home = self.cx.world.home().map(|home| home.to_string_lossy().into_owned());
        let about = outcome.about(home.as_deref(), impact);
        screen::sight(self.found().unwrap_or(&blank), &about)
    }
}

/// The CLI could not say who it is; nothing that hurts runs for somebody unknown.
fn no_account(error: &str) -> Fail {
    Fail::new(Kind::Unavailable, "the AWS account this command would hit could not be established")
        .because(escape(error.as_bytes()))
        .help(
            "make `aws sts get-caller-identity` work with the same profile and variables, then run it again",
        )
}

/// Makes version 2 of the AWS CLI ask for the rest of a command, or for all of it (`resolve_auto_prompt_mode`).
const AUTO_PROMPT: &str = "AWS_CLI_AUTO_PROMPT";

/// Keeps the CLI from letting the person compose another command than the one that was looked at.
pub(super) fn as_typed(call: &Call, world: &World) -> EnvEdit {
    let mut edit = EnvEdit::default();
    let mode = world.var(AUTO_PROMPT).map(|mode| mode.as_bytes());
    if mode.is_none() {
        // The config file's `cli_auto_prompt` would count.
        edit.set(AUTO_PROMPT, "off");
    }
    if aws::prompts(&call.words(), mode) {
        edit.set(AUTO_PROMPT, "off");
        complain(&format!(
            "guard: {AUTO_PROMPT} is off for this call: what is composed there goes past guard\n"
        ));
    }
    edit
}
