//! The way of kubectl: kuberc, kubeconfig, the cluster's own answers.

use super::{Call, How, Judged, Outcome, Words, real_tool};
use crate::app::caller::actor;
use crate::app::kubectl::{self, Kubectl};
use crate::app::out::dumb;
use crate::app::{promise, render, situation, typo};
use crate::engine::assess::assess;
use crate::engine::challenge::{self, Challenge, Scope};
use crate::engine::classify::classify_tool;
use crate::engine::decide::{Decision, decide};
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::grammar::cobra::{Parsed, parse};
use crate::engine::impact::{Gap, Impact};
use crate::engine::inner;
use crate::engine::kube::classify::{Filed, judge_filed, refused_by_kubectl};
use crate::engine::kube::documents::{Document, Documents};
use crate::engine::kube::kubectl::TABLE;
use crate::engine::kube::kuberc;
use crate::engine::kube::reach::{self, Reach};
use crate::engine::policy::place::{self, IdKind, Seen};
use crate::engine::policy::words as policy_words;
use crate::engine::policy::{Merged, Terms};
use crate::engine::situation::Actor;
use crate::engine::target::KubeTarget;
use crate::engine::verdict::Verdict;
use crate::fail::Result;
use crate::probe;
use crate::probe::client;
use crate::prompt::progress::Progress;
use crate::resolve::{self, Access, Resolved, ResolvedKube};
use crate::run::exec::CONFIRM;
use crate::run::inputs::{Inputs, Loose};
use crate::run::pin::Pinned;
use crate::world::World;
use std::borrow::Cow;
use std::ffi::OsString;
use std::path::Path;
use std::time::{Duration, Instant};

/// Reads the words, kuberc applied.
pub(super) fn read_words(call: &Call, world: &World) -> Result<Words> {
    let raw = call.words();
    let kuberc = resolve::kuberc::load(world, &raw)?;
    let mut rewritten = Vec::new();
    let words = match &kuberc {
        Some(loaded) => {
            let expanded = kuberc::expand(&TABLE, &loaded.kuberc, &raw);
            rewritten.extend(expanded.alias.map(|alias| format!("alias {alias}")));
            rewritten.extend(expanded.defaults);
            expanded.words.into_iter().map(Cow::into_owned).collect()
        }
        None => raw.iter().map(|w| w.to_vec()).collect(),
    };
    let preferences = kuberc.as_ref().map(|k| k.path.clone());
    let words = Words { verdict: Verdict::default(), words, rewritten, preferences, kuberc, aws: None };
    Ok(Words { verdict: classify_tool(call.tool, &words.slices()), ..words })
}

/// Judges a call. `words` come from [`read_words`]; the policy has been read.
pub(super) fn judge(
    call: &Call,
    mut words: Words,
    policy: Merged,
    world: &World,
    how: How,
) -> Result<Judged> {
    let terms = policy.terms();
    let tool = real_tool(call.file(), &terms, world)?;
    let started = Instant::now();
    let table = &TABLE;
    let unknown = words.verdict.effect == Effect::Unknown;
    if unknown && typo::is_unknown_to(&tool, &parse(table, &words.slices()), world) {
        words.verdict.effect = Effect::Read;
        words.verdict.because.push("kubectl does not know this command either, and will say so");
    }
    if let Some(because) = refused_by_kubectl(&parse(table, &words.slices())) {
        words.verdict.effect = Effect::Read;
        words.verdict.because = vec![because];
    }
    let slices = words.slices();
    let parsed = parse(table, &slices);
    let program = Kubectl::at(&tool);
    let callers = world;
    let world = &*program.world(&parsed, callers);
    let mut resolved = kubectl::target(&parsed, world);
    if let Ok(resolved) = &mut resolved {
        program.explain(&parsed, callers, &mut resolved.target);
    }
    let resolving = started.elapsed();
    // By the caller's own words: these are what runs, and the pins are put into them.
    let raw = call.words();
    let mut inputs = Inputs::take(&parse(table, &raw))?;
    render::loose(&mut inputs, &tool, world)?;
    let documents = documents(&inputs);
    let stage = Evaluation {
        tool: call.tool.name,
        parsed: &parsed,
        effect: words.verdict.effect,
        documents: &documents,
        policy: &policy,
        interactive: how.interactive,
        actor: actor(world),
    };

    // Without facts every unknown counts as the worse possibility, so a pass here is a pass with them, too.
    let mut impact = Impact::default();
    let mut outcome = stage.decide(target(&resolved), &impact, false);
    let asks = !matches!(outcome.decision, Decision::Allow(_)) || words.verdict.effect >= Effect::Unknown;
    let wanted = asks || words.verdict.content || policy.goes_by(IdKind::Uid);
    let started = Instant::now();
    // Whether the live system said what goes.
    let mut seen = false;
    if wanted && how.probe && !situation::is_local_only(&parsed) {
        if let Ok(resolved) = &mut resolved {
            let settled = settle(resolved, &terms, world, how.progress);
            let lent = Lent::of(&resolved.access)?;
            let _progress = how.progress.then(|| Progress::start("asking the cluster", dumb(world)));
            let held = held_words(&inputs, call, lent.path());
            let request = probe::Request {
                parsed: &parsed,
                words: call.argv.get(1..).unwrap_or_default(),
                held: held.get(1..).unwrap_or_default(),
                stdin: inputs.stdin(),
                target: &resolved.target,
                effective_kubeconfig: &resolved.access.effective,
                plugins: (&resolved.access.plugin_policy).into(),
                documents: &documents,
                kubectl: program.for_dry_runs(),
                world,
                deadline: patience(&parsed, &terms),
                verdict: &words.verdict,
                kubeconfig: lent.path().map(Path::new),
            };
            let probed = match settled {
                Ok(()) => probe::kube(&request),
                Err(why) => probe::Probed::nothing(&why, Duration::ZERO),
            };
            resolved.target.uid = probed.uid;
            impact = probed.impact;
            seen = !impact.subjects.is_empty();
            name_from_files(&parsed, &documents, &resolved.target, &mut impact);
        }
        // Of an unknown command a refusal is certain where nobody can answer.
        let answerable = how.interactive || world.set_var(CONFIRM).is_some();
        let asks_tool = words.verdict.effect != Effect::Unknown || answerable;
        let found = resolved.as_ref().ok().filter(|_| asks_tool);
        match found.map(|r| program.confirm(r, &parsed, world)).transpose() {
            Ok(gap) => impact.gaps.extend(gap.flatten()),
            // Below a disruption an unknown target would pass.
            Err(elsewhere) if words.verdict.effect < Effect::Disrupt => return Err(elsewhere),
            Err(elsewhere) => {
                // What is there, or is not, says nothing of the other place.
                impact = Impact::default();
                resolved = Err(elsewhere);
            }
        }
        outcome = stage.decide(target(&resolved), &impact, true);
    } else if wanted && !how.probe {
        impact.gaps.push(Gap { what: "what would be lost".to_owned(), why: Why::NotAsked });
        outcome = stage.decide(target(&resolved), &impact, true);
    }
    let probing = started.elapsed();
    let Outcome { place, name, challenge, assessment, situation, decision } = outcome;
    let copy = match &resolved {
        Ok(_) => promise::intend(&parsed, &impact, &assessment, seen, how, world),
        Err(_) => promise::Promise::Nothing,
    };
    let safer = promise::safer(&parsed, &impact).filter(|_| assessment.effect >= Effect::Destroy);
    Ok(Judged {
        words,
        policy,
        terms,
        resolved: resolved.map(|r| Resolved::Kube(Box::new(r))),
        inputs,
        tool,
        impact,
        place,
        name,
        challenge,
        assessment,
        situation,
        decision,
        copy,
        safer,
        host: None,
        aws: None,
        resolving,
        probing,
    })
}

/// How long the live system has for its answers. What a change takes away is known by the dry run alone, and the change
/// itself takes as long: it is given more time before it has to be asked about for want of an answer.
fn patience(parsed: &Parsed<'_>, terms: &Terms) -> Duration {
    let time = Duration::from_millis(u64::from(terms.probe_timeout_ms));
    if matches!(parsed.path(), "apply" | "replace") { time * 4 } else { time }
}

/// Starts the credential plugin where there is one, before the clock of the probe starts: its answer serves the probe,
/// the dry run and the copy.
pub(in crate::app) fn settle(
    resolved: &mut ResolvedKube,
    terms: &Terms,
    world: &World,
    progress: bool,
) -> std::result::Result<(), Why> {
    let Some(plugin) = client::plugin_of(&resolved.access.effective) else { return Ok(()) };
    let name = plugin.rsplit('/').next().unwrap_or_default();
    let _progress = progress
        .then(|| Progress::after(PATIENCE, &format!("waiting for credentials from {name}"), dumb(world)));
    let door = client::Door {
        kubeconfig: &resolved.access.effective,
        world,
        plugins: (&resolved.access.plugin_policy).into(),
    };
    let budget = Duration::from_millis(u64::from(terms.credentials_timeout_ms));
    let settled = client::settle(&door, &resolved.access.kubeconfig, budget)?;
    resolved.access.effective = settled.effective;
    resolved.access.settled = Some(settled.children);
    Ok(())
}

/// The kubeconfig lent to kubectls that guard starts, where the caller's would start a credential plugin once more. It is
/// there as long as this is.
pub(in crate::app) struct Lent(Option<(OsString, Pinned)>);

impl Lent {
    pub(in crate::app) fn of(access: &Access) -> Result<Lent> {
        let pin = access.settled.as_deref().map(|bytes| Pinned::of("the kubeconfig", bytes)).transpose()?;
        Ok(Lent(pin.map(|pin| (pin.shared_path(), pin))))
    }

    pub(in crate::app) fn path(&self) -> Option<&OsString> {
        self.0.as_ref().map(|(path, _)| path)
    }
}

/// The caller's words with what was read in the place of files, for kubectls that guard starts; a file that
/// `--kubeconfig` names is replaced by this one.
pub(in crate::app) fn held_words(
    inputs: &Inputs,
    call: &Call,
    kubeconfig: Option<&OsString>,
) -> Vec<OsString> {
    let mut words = inputs.argv_for_children(&call.argv);
    let Some(path) = kubeconfig else { return words };
    let raw = call.words();
    for given in parse(&TABLE, &raw).given.iter().filter(|g| g.flag.is_some_and(|f| f.long == "kubeconfig")) {
        // The words start behind the tool's name.
        let (at, with) = match given.value_at {
            Some(at) => (at, path.clone()),
            None => {
                let mut word = OsString::from("--kubeconfig=");
                word.push(path);
                (given.at, word)
            }
        };
        if let Some(word) = words.get_mut(at + 1) {
            *word = with;
        }
    }
    words
}

/// A plugin that answers sooner is not worth a word.
const PATIENCE: Duration = Duration::from_millis(300);

/// Everything the command's files hold, and what of it could not be read.
pub(in crate::app) fn documents(inputs: &Inputs) -> Documents {
    let mut documents = Documents::default();
    for manifest in inputs.manifests() {
        if manifest.patch {
            documents.patches.push(manifest.bytes.clone());
        } else {
            documents.add(&manifest.name, &manifest.bytes);
        }
    }
    for loose in inputs.loose() {
        let (Loose::Kustomize(text) | Loose::Url(text) | Loose::Pattern(text)) = loose;
        let why = match loose {
            Loose::Url(_) => "not fetched before the answer",
            Loose::Kustomize(_) | Loose::Pattern(_) => "not read before the answer",
        };
        let what = text.to_string_lossy().into_owned();
        documents.leave(what, Why::Failed(why.to_owned()), matches!(loose, Loose::Url(_)));
    }
    documents
}

/// Where the live system could not say what is hit, what the files name is shown: it may well be there.
fn name_from_files(parsed: &Parsed<'_>, documents: &Documents, target: &KubeTarget, impact: &mut Impact) {
    for unread in &documents.unread {
        impact.gap(unread.what.clone(), unread.why.clone());
    }
    if reach::from_files(parsed)
        && impact.subjects.is_empty()
        && impact.subjects_total == 0
        && !impact.gaps.is_empty()
    {
        (impact.subjects, impact.subjects_total) = reach::subjects(documents, target, impact);
    }
}

fn target(resolved: &Result<ResolvedKube>) -> Option<&KubeTarget> {
    resolved.as_ref().ok().map(|r| &r.target)
}

/// A command with everything that is known before its target is: what the last stages weigh, and what the laws are
/// tested on.
pub struct Evaluation<'a> {
    /// The tool's name.
    pub tool: &'a str,
    /// The words, kuberc applied.
    pub parsed: &'a Parsed<'a>,
    /// The effect by words.
    pub effect: Effect,
    /// What the command's files hold.
    pub documents: &'a Documents,
    /// The policy in force.
    pub policy: &'a Merged,
    /// Whether a person can be asked.
    pub interactive: bool,
    /// Who is at work.
    pub actor: Actor,
}

impl Evaluation<'_> {
    /// What has to be typed: for a plugin its name, since nobody knows how far it reaches.
    fn scope(&self, reach: &Reach) -> Scope {
        if self.effect >= Effect::Unknown && self.parsed.command.is_none() {
            let name = self.parsed.words.iter().find(|w| !w.starts_with(b"-"));
            return Scope::Plugin(name.map(|n| String::from_utf8_lossy(n).into_owned()).unwrap_or_default());
        }
        reach.scope()
    }

    /// The decision about it, as far as target and facts are known. `probed` says that the live system was asked.
    pub fn decide(&self, target: Option<&KubeTarget>, impact: &Impact, probed: bool) -> Outcome {
        let seen = target.map(Seen::of_kube).unwrap_or_default();
        let place = place::classify_target(&seen, self.policy);
        // Kinds that stand in a file count like those that stand in the words.
        let kinds: Vec<&str> = self.documents.objects.iter().map(Document::kind).collect();
        let filed = Filed { kinds: &kinds, unread: !self.documents.unread.is_empty() };
        let worded = judge_filed(self.parsed, filed, inner::judge);
        let effect =
            if reach::from_files(self.parsed) { worded.effect.max(self.effect) } else { self.effect };
        let unseen = !probed || !impact.gaps.is_empty();
        let named = policy_words::situation_of(self.tool, self.parsed, self.effect);
        let mut assessment = match reach::worst(self.parsed, &named, self.documents).filter(|_| unseen) {
            Some(worst) => {
                let mut impact = impact.clone();
                impact.consequences.push(worst);
                assess(effect, &impact)
            }
            None => assess(effect, impact),
        };
        if assessment.effect == worded.effect && effect >= Effect::Disrupt {
            assessment.because.extend(worded.because.iter().map(|b| (*b).to_owned()));
        }
        let reach =
            target.map(|t| reach::reach(self.parsed, &named, self.documents, t, impact)).unwrap_or_default();
        let (name, challenge) = match target {
            Some(target) => (
                challenge::cluster_name(target, place.name.as_deref()),
                challenge::challenge(target, place.name.as_deref(), &self.scope(&reach)),
            ),
            // Nothing answers for a target nobody knows.
            None => (String::new(), Challenge::new("", "cluster")),
        };
        let facts = situation::Facts {
            parsed: self.parsed,
            worded: named,
            target,
            seen: &seen,
            place: &place,
            assessment: &assessment,
            impact,
            probed,
            documents: self.documents,
            reach: &reach,
        };
        let situation = situation::of(facts, self.interactive, self.actor);
        let decision = decide(&situation, self.policy);
        Outcome { place, name, challenge, assessment, situation, decision }
    }
}
