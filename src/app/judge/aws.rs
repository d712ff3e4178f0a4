//! The way of the AWS CLI: aliases, documents, configuration files, the account that answers, what would be lost.

use super::{Call, How, Judged, Outcome, Words, real_tool, target_changed};
use crate::app::caller::actor;
use crate::app::out::dumb;
use crate::app::situation;
use crate::app::typo;
use crate::engine::assess::assess;
use crate::engine::aws::alias::{self, Aliases};
use crate::engine::aws::documents::{self, Documents};
use crate::engine::aws::{self, Hit, arn, grammar, naming};
use crate::engine::challenge::{Challenge, aws_challenge};
use crate::engine::decide::{Decision, decide};
use crate::engine::effect::Effect;
use crate::engine::escape::escape;
use crate::engine::fact::{Known, Sourced, Why};
use crate::engine::impact::Impact;
use crate::engine::line;
use crate::engine::policy::Merged;
use crate::engine::policy::place::{self, Classified, IdKind, Identity, Seen};
use crate::engine::target::AwsTarget;
use crate::engine::verdict::Verdict;
use crate::fail::{Fail, Kind, Result};
use crate::probe;
use crate::probe::aws::Foreign;
use crate::probe::aws::keys::Keys;
use crate::probe::aws::remembered::{self, Remembered};
use crate::prompt::progress::Progress;
use crate::resolve::aws::ResolvedAws;
use crate::resolve::{self, Resolved};
use crate::run::exec::EnvEdit;
use crate::run::inputs::Inputs;
use crate::world::World;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a person waits for what the account says after its first answer, when no policy sets a time. A call of the
/// CLI takes half a second before it sends anything.
const DEADLINE: Duration = Duration::from_secs(5);
/// Services whose commands are about the credentials themselves: they have to find them as they always do.
const OF_CREDENTIALS: &[&str] = &["configure", "login", "logout", "sso"];

/// What was established of a command of the AWS CLI.
#[derive(Clone, Debug, Default)]
pub struct AwsFacts {
    /// The CLI was asked who it is, and the decision goes by the answer.
    pub asked: bool,
    /// The keys it was asked with, when the command itself is to get the very same.
    pub keys: Option<Keys>,
}

/// What a command line of the AWS CLI says, documents and aliases included.
#[derive(Clone, Debug, Default)]
pub struct AwsWords {
    /// The command taken apart.
    pub hit: Hit,
    /// The documents its words name, as they were read.
    pub documents: Documents,
    /// The line an alias hands to a shell in place of the command.
    pub shell: Option<String>,
    /// The words that people put in the place of the CLI's own.
    pub aliases: Aliases,
}

/// Reads the words, aliases and documents applied.
pub(super) fn read_words(call: &Call, world: &World) -> Result<Words> {
    let raw = call.words();
    let loaded = resolve::aws::aliases(world)?;
    // Which version runs is not known yet; with `None` an alias of either counts.
    let aliases = loaded.as_ref().map(|l| l.aliases.clone()).unwrap_or_default();
    let expanded = alias::expand(&aliases, &raw, None);
    let words = expanded.words;
    let slices: Vec<&[u8]> = words.iter().map(Vec::as_slice).collect();
    let (documents, verdict) = match &expanded.shell {
        Some(text) => (Documents::default(), of_shell(text)),
        None => {
            let verdict = aws::classify(&slices);
            let wanted = if verdict.effect > Effect::Read || verdict.content {
                documents::wanted(&slices)
            } else {
                Vec::new()
            };
            if wanted.is_empty() {
                (Documents::default(), verdict)
            } else {
                let documents = resolve::aws::documents(world, &wanted);
                let verdict = aws::classify_with(&slices, &documents);
                (documents, verdict)
            }
        }
    };
    let hit = if expanded.shell.is_some() { Hit::default() } else { aws::hit(&slices, &documents) };
    Ok(Words {
        verdict,
        rewritten: expanded.used,
        preferences: loaded.map(|l| l.path),
        kuberc: None,
        aws: Some(Box::new(AwsWords { hit, documents, shell: expanded.shell, aliases })),
        words,
    })
}

/// An alias that runs a shell line: what the line does, and never less than unknown.
fn of_shell(text: &str) -> Verdict {
    let judged = line::judge_line(text.as_bytes());
    Verdict {
        effect: judged.effect.max(Effect::Unknown),
        because: vec!["an alias puts a shell line in the place of the command"],
        ..Verdict::default()
    }
}

/// Judges a call.
pub(super) fn judge(
    call: &Call,
    mut words: Words,
    policy: Merged,
    world: &World,
    how: How,
) -> Result<Judged> {
    let terms = policy.terms();
    let tool = real_tool(call.file(), &terms, world)?;
    let read = words.aws.as_deref().cloned().unwrap_or_default();
    let hit = &read.hit;
    if aws::prompts(&words.slices(), None) {
        return Err(Fail::new(
            Kind::Refused,
            "refused: --cli-auto-prompt lets another command be composed than this one",
        )
        .because("what would run then is not what was looked at")
        .help("leave the option out"));
    }
    let unknown = words.verdict.effect == Effect::Unknown && read.shell.is_none();
    // An alias in the place of the service would run in the place of the CLI's answer.
    let shadowed = read.aliases.shadows(&[hit.service.as_bytes()]);
    if unknown && !shadowed && typo::is_unknown_to_aws(&tool, hit, world) {
        words.verdict.effect = Effect::Read;
        words.verdict.because.push("the AWS CLI does not know this command either, and will say so");
    }
    let stage = Stage { hit, words: &words, policy: &policy, world, how };
    let effect = words.verdict.effect;

    // Without facts every unknown counts as the worse possibility, so a pass here is a pass with them, too.
    let mut impact = Impact::default();
    let mut safer = None;
    let mut facts = AwsFacts::default();
    let started = Instant::now();
    let passed = if effect == Effect::Mutate { stage.pass_unasked(&tool) } else { None };
    let (mut resolved, mut outcome) = match passed {
        Some((found, outcome)) => (Ok(found), outcome),
        None => {
            let resolved = resolve::aws::resolve(world, hit, &tool);
            let outcome = stage.decide(resolved.as_ref().ok().map(|r| &r.target), &impact, false);
            (resolved, outcome)
        }
    };
    let resolving = started.elapsed();
    let asks = !matches!(outcome.decision, Decision::Allow(_)) || effect >= Effect::Unknown;
    // What stops or deletes something is shown with its account, and goes to no other, even where nobody is asked.
    let by_account = policy.goes_by(IdKind::Account) || policy.goes_by(IdKind::Endpoint);
    let wanted = asks || (effect > Effect::Mutate && by_account);
    let started = Instant::now();
    if wanted && how.probe {
        if let Ok(found) = &mut resolved {
            let answered = ask(&stage, call, found, &tool, asks);
            facts.asked = answered.account.value().is_some();
            facts.keys = answered.keys.filter(|_| can_hand_over(hit, &words));
            remember(world, found, &answered.account, &answered.principal, &answered.alias);
            found.target.account = answered.account;
            found.target.principal = answered.principal;
            found.target.alias = answered.alias;
            found.target.organisation_name = answered.organisation_name;
            impact = answered.impact;
            safer = answered.safer;
            let region = found.target.region.as_ref().map(|r| r.value.clone());
            let account = found.target.account.value().cloned();
            found.target.elsewhere = resolve::aws::elsewhere(hit, account.as_deref(), region.as_deref());
            if let Some(error) = answered.error {
                resolved = Err(no_account(&error));
            }
        }
        if hit.unread {
            impact.gap("a document that the command reads", Why::Unsupported);
        }
        outcome = stage.decide(resolved.as_ref().ok().map(|r| &r.target), &impact, true);
    } else if effect > Effect::Read && !how.probe && (wanted || by_account) {
        impact.gap("the account, and what would be lost", Why::NotAsked);
        outcome = stage.decide(resolved.as_ref().ok().map(|r| &r.target), &impact, false);
    }
    let probing = started.elapsed();
    let Outcome { place, name, challenge, assessment, situation, decision } = outcome;
    let safer = safer.filter(|_| assessment.effect >= Effect::Disrupt);
    Ok(Judged {
        words,
        policy,
        terms,
        resolved: resolved.map(|r| Resolved::Aws(Box::new(r))),
        inputs: Inputs::default(),
        tool,
        impact,
        place,
        name,
        challenge,
        assessment,
        situation,
        decision,
        copy: crate::app::promise::Promise::Nothing,
        safer,
        host: None,
        aws: Some(Box::new(facts)),
        resolving,
        probing,
    })
}

/// Asks the account through the very binary that will run; with `impact` also what would be lost.
fn ask(
    stage: &Stage<'_>,
    call: &Call,
    found: &ResolvedAws,
    tool: &Path,
    impact: bool,
) -> probe::aws::Answered {
    let Stage { hit, policy, world, how, .. } = *stage;
    // A code or a browser may be asked for on the terminal: nothing else is written there then.
    let quiet = found.access.may_prompt();
    let told = format!("aws {}: asking the account", hit.verb());
    let _progress = (how.progress && !quiet).then(|| Progress::start(&told, dumb(world)));
    let written = stage.words.rewritten.is_empty();
    let expanded: Vec<OsString> = stage.words.words.iter().map(|w| OsString::from_vec(w.clone())).collect();
    let words = if written { call.argv.get(1..).unwrap_or_default() } else { &expanded };
    let none = Aliases::default();
    let aliases = stage.words.aws.as_deref().map_or(&none, |read| &read.aliases);
    probe::aws::ask(&request(hit, words, aliases, found, tool, world, how, impact, deadline(policy)))
}

/// Whether the command itself can be given the keys that guard asked with. One that looks for credentials itself, and one
/// whose profile an alias names, where no word of the caller's can be left out, find their own; who that is is asked
/// again then.
fn can_hand_over(hit: &Hit, words: &Words) -> bool {
    let by_alias = !words.rewritten.is_empty() && hit.global("profile").is_some();
    !OF_CREDENTIALS.contains(&hit.service.as_str()) && !by_alias
}

/// Gives the command the very keys that guard asked with. The words without `--profile`, which would make the CLI pass
/// over them; the profile stands in a variable instead.
pub fn hand_over(judged: &Judged, argv: Vec<OsString>, edit: &mut EnvEdit) -> Vec<OsString> {
    let Some(keys) = judged.aws.as_ref().and_then(|facts| facts.keys.as_ref()) else { return argv };
    for (name, value) in keys.variables() {
        match value {
            Some(value) => edit.set(name, value),
            None => edit.remove(name),
        }
    }
    let words: Vec<&[u8]> = argv.iter().skip(1).map(|w| w.as_bytes()).collect();
    let profile = grammar::profile_places(&words, 2);
    let kept = |at: usize| at.checked_sub(1).is_none_or(|at| !profile.contains(&at));
    argv.iter().enumerate().filter(|(at, _)| kept(*at)).map(|(_, word)| word.clone()).collect()
}

/// A principal without the name of its session: a role that is assumed anew is the same role.
fn without_session(arn: &str) -> &str {
    let Some(at) = arn.find(":assumed-role/") else { return arn };
    match arn.rfind('/') {
        Some(end) if end > at + ":assumed-role/".len() => arn.get(..end).unwrap_or(arn),
        _ => arn,
    }
}

/// What credentials are remembered by; `None` for those that may lead elsewhere tomorrow, and for what is not AWS.
fn memory_key(found: &ResolvedAws) -> Option<String> {
    let target = &found.target;
    if !found.access.leads_to_one_account() || target.endpoint.is_some() {
        return None;
    }
    let text = |part: &Option<Sourced<String>>| part.as_ref().map(|p| p.value.clone()).unwrap_or_default();
    let (profile, credentials) = (text(&target.profile), text(&target.credentials));
    let id = found.access.access_key_id.clone().unwrap_or_default();
    Some(remembered::key(&[&id, &profile, &credentials]))
}

/// Keeps which account answered, for what passes without a question.
fn remember(
    world: &World,
    found: &ResolvedAws,
    account: &Known<String>,
    principal: &Known<String>,
    alias: &Known<Option<String>>,
) {
    let (Some(key), Some(account)) = (memory_key(found), account.value()) else { return };
    let principal = principal.value().cloned().unwrap_or_default();
    let alias = alias.value().cloned().flatten();
    remembered::keep(world, &key, &Remembered { account: account.clone(), principal, alias });
}

/// The policy's time for the probe, else what a call of this CLI needs.
fn deadline(policy: &Merged) -> Duration {
    let set = policy.layers().find_map(|p| p.probe_timeout_ms);
    set.map_or(DEADLINE, |ms| Duration::from_millis(u64::from(ms)))
}

/// What the probe has to know.
#[allow(clippy::too_many_arguments, reason = "one call site for each of the two looks at the account")]
fn request<'a>(
    hit: &'a Hit,
    words: &'a [OsString],
    aliases: &'a Aliases,
    found: &'a ResolvedAws,
    tool: &'a Path,
    world: &'a World,
    how: How,
    impact: bool,
    deadline: Duration,
) -> probe::aws::Request<'a> {
    probe::aws::Request {
        hit,
        words,
        target: &found.target,
        carry: &found.access.carry,
        fixed: found.access.fixed,
        hand_out: found.access.can_hand_out(),
        keys: None,
        aliases,
        foreign: found
            .target
            .foreign()
            .map(|_| Foreign { whole: found.access.whole, of_aws: found.access.is_of_aws() }),
        major: found.access.major,
        cli: tool,
        world,
        deadline,
        terminal: how.interactive,
        impact,
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

#[derive(Clone, Copy)]
struct Stage<'a> {
    hit: &'a Hit,
    words: &'a Words,
    policy: &'a Merged,
    world: &'a World,
    how: How,
}

impl Stage<'_> {
    /// A change that passes whatever the account is: where it goes is told by what is remembered, and no CLI is started
    /// for it. `None` where somebody has to be asked.
    fn pass_unasked(&self, tool: &Path) -> Option<(ResolvedAws, Outcome)> {
        let mut found = resolve::aws::resolve_unasked(self.world, self.hit, tool).ok()?;
        let nothing = Impact::default();
        let passes = |found: &ResolvedAws| {
            let outcome = self.decide(Some(&found.target), &nothing, false);
            matches!(outcome.decision, Decision::Allow(_)).then_some(outcome)
        };
        let plain = passes(&found)?;
        let Some(who) = memory_key(&found).and_then(|key| remembered::recall(self.world, &key)) else {
            return Some((found, plain));
        };
        found.target.account = Known::Known(who.account);
        found.target.principal = Known::Known(who.principal);
        found.target.alias = Known::Known(who.alias);
        found.target.remembered = true;
        let outcome = passes(&found)?;
        Some((found, outcome))
    }

    fn decide(&self, target: Option<&AwsTarget>, impact: &Impact, probed: bool) -> Outcome {
        let seen = target.map(Seen::of_aws).unwrap_or_default();
        let mut place = place::classify_target(&seen, self.policy);
        let others = self.other_accounts(target);
        for (account, other) in &others {
            if other.environment > place.environment {
                place.environment = other.environment;
                place.because = format!("account {account} in the arguments: {}", other.because);
                place.local = false;
            }
        }
        let assessment = assess(self.words.verdict.effect, impact);
        let (name, challenge) = match target {
            Some(target) => (
                target.account_name(place.name.as_deref()),
                aws_challenge(target, place.name.as_deref(), &naming::naming(self.hit), &self.hit.resources),
            ),
            None => (String::new(), Challenge::new("", "account")),
        };
        let facts = situation::aws::Facts {
            words: &self.words.slices(),
            target,
            seen: &seen,
            others: others.iter().map(|(account, _)| account.as_str()).collect(),
            place: &place,
            assessment: &assessment,
            impact,
            probed,
        };
        let situation = situation::aws::of(&facts, self.how.interactive, actor(self.world));
        let decision = decide(&situation, self.policy);
        Outcome { place, name, challenge, assessment, situation, decision }
    }

    /// Accounts that ARNs in the arguments name, with what they are: what belongs to somebody else counts by itself.
    fn other_accounts(&self, target: Option<&AwsTarget>) -> Vec<(String, Classified)> {
        let own = target.and_then(|t| t.account.value());
        let mut out: Vec<(String, Classified)> = Vec::new();
        for arn in arn::elsewhere(self.hit) {
            let known = own.is_none_or(|id| *id == arn.account) || out.iter().any(|(a, _)| *a == arn.account);
            if known || arn.account.is_empty() {
                continue;
            }
            let seen = Seen {
                identities: vec![Identity::new(IdKind::Account, arn.account.clone())],
                ..Seen::default()
            };
            let place = place::classify_target(&seen, self.policy);
            out.push((arn.account, place));
        }
        out
    }
}

/// Looks at everything again before the command runs: files, variables, documents, and the account itself wherever it may
/// be another one by now. It cannot be where the credentials are keys whose bytes have not changed, and need not be
/// asked for where the command gets the very keys that were asked with.
pub fn still_the_same(judged: &Judged, before: &ResolvedAws, call: &Call, world: &World) -> Result<()> {
    let changed = |was, is| target_changed(was, is, "aws sts get-caller-identity");
    let now = read_words(call, world)?;
    let (was, is) = (judged.words.aws.as_deref(), now.aws.as_deref());
    let same = now.words == judged.words.words
        && was.map(|w| (&w.hit, &w.shell, &w.documents)) == is.map(|w| (&w.hit, &w.shell, &w.documents));
    if !same {
        return Err(Fail::new(
            Kind::Refused,
            "refused: a file that the command reads changed while the question stood",
        )
        .because("what would run is not what was confirmed")
        .help("nothing was run; run the command again"));
    }
    let Some(words) = is else { return Ok(()) };
    let facts = judged.aws.as_deref().cloned().unwrap_or_default();
    let passes =
        matches!(judged.decision, Decision::Allow(_)) && judged.words.verdict.effect <= Effect::Mutate;
    let resolved = if passes && !facts.asked {
        resolve::aws::resolve_unasked(world, &words.hit, &judged.tool)?
    } else {
        resolve::aws::resolve(world, &words.hit, &judged.tool)?
    };
    let place = |r: &ResolvedAws| {
        let part = |label: &str, s: &Option<Sourced<String>>| {
            s.as_ref().map(|s| format!("{label} {} from {}", aws::redact_text(&s.value), s.from))
        };
        let target = &r.target;
        let parts = [
            part("profile", &target.profile),
            part("credentials", &target.credentials),
            part("region", &target.region),
            part("endpoint", &target.endpoint),
        ];
        escape(parts.into_iter().flatten().collect::<Vec<_>>().join(", ").as_bytes())
    };
    if resolved.access.digest != before.access.digest {
        return Err(changed(place(before), place(&resolved)));
    }
    if !facts.asked || before.access.fixed || facts.keys.is_some() {
        return Ok(());
    }
    let how = How { probe: true, interactive: true, progress: false };
    let request = request(
        &words.hit,
        call.argv.get(1..).unwrap_or_default(),
        &words.aliases,
        before,
        &judged.tool,
        world,
        how,
        false,
        deadline(&judged.policy),
    );
    let (account, arn) = probe::aws::identity(&request).map_err(|error| no_account(&error))?;
    let who =
        (before.target.account.value(), before.target.principal.value().map(|arn| without_session(arn)));
    if who == (Some(&account), Some(without_session(&arn))) {
        return Ok(());
    }
    let name =
        |known: &Known<String>| known.value().map_or_else(|| "unknown".to_owned(), |v| escape(v.as_bytes()));
    let was = format!("account {}, {}", name(&before.target.account), name(&before.target.principal));
    Err(changed(was, format!("account {}, {}", escape(account.as_bytes()), escape(arn.as_bytes()))))
}

#[cfg(test)]
mod tests {
    use super::without_session;

    #[test]
    fn a_session_is_no_other_principal() {
        for (arn, want) in [
            ("arn:aws:sts::1:assumed-role/admin/botocore-session-1", "arn:aws:sts::1:assumed-role/admin"),
            ("arn:aws:sts::1:assumed-role/admin", "arn:aws:sts::1:assumed-role/admin"),
            ("arn:aws:iam::1:user/ops/anna", "arn:aws:iam::1:user/ops/anna"),
            ("arn:aws:iam::1:root", "arn:aws:iam::1:root"),
        ] {
            assert_eq!(without_session(arn), want);
        }
    }
}
