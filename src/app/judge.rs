//! Everything up to the decision, for a call, a check or an explanation alike: words → target → facts → decision.
//! Nothing here asks a person or runs the command.

use super::call::Call;
use super::caller::actor;
use super::{keeping, render, situation, typo};
use crate::engine::assess::{Assessment, assess};
use crate::engine::challenge::{self, Challenge};
use crate::engine::classify::{Verdict, classify};
use crate::engine::decide::{Decision, Situation, decide};
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::{Gap, Impact};
use crate::engine::kuberc::{self, CredentialPolicy};
use crate::engine::parse::{Parsed, parse};
use crate::engine::policy::builtin::NO_TARGET;
use crate::engine::policy::place::{self, Classified, IdKind, Seen};
use crate::engine::policy::{Merged, Terms};
use crate::engine::table::Tool;
use crate::engine::tools;
use crate::exit::Exit;
use crate::fail::{Fail, Result};
use crate::probe;
use crate::prompt::progress::Progress;
use crate::resolve::kuberc::LoadedKuberc;
use crate::resolve::{self, ResolvedKube};
use crate::run::find::{self, Lookup};
use crate::run::home;
use crate::run::inputs::{Inputs, Loose};
use crate::world::World;
use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// What the words alone say, kubectl's own preferences applied.
pub struct Words {
    /// The words as the tool will read them: aliases and defaults of a kuberc expanded.
    pub words: Vec<Vec<u8>>,
    /// The verdict on them.
    pub verdict: Verdict,
    /// What the kuberc file did to them, for the screen: `alias bye`, `--namespace=b`; empty when it did nothing.
    pub rewritten: Vec<String>,
    /// The kuberc file in force.
    pub kuberc: Option<LoadedKuberc>,
}

impl Words {
    /// The words as slices, for the parser.
    pub fn slices(&self) -> Vec<&[u8]> {
        self.words.iter().map(Vec::as_slice).collect()
    }
}

/// The table of a call's tool.
pub fn table_of(call: &Call) -> Result<&'static Tool> {
    tools::by_name(call.tool.as_bytes())
        .ok_or_else(|| Fail::new(Exit::Bug, format!("no table for {}", call.tool)))
}

/// Reads the words, kuberc applied.
pub fn read_words(call: &Call, world: &World) -> Result<Words> {
    let raw = call.words();
    let kuberc = resolve::kuberc::load(world, &raw)?;
    let mut rewritten = Vec::new();
    let words = match &kuberc {
        Some(loaded) => {
            let expanded = kuberc::expand(table_of(call)?, &loaded.kuberc, &raw);
            rewritten.extend(expanded.alias.map(|alias| format!("alias {alias}")));
            rewritten.extend(expanded.defaults);
            expanded.words.into_iter().map(Cow::into_owned).collect()
        }
        None => raw.iter().map(|w| w.to_vec()).collect(),
    };
    let words = Words { verdict: Verdict::default(), words, rewritten, kuberc };
    Ok(Words { verdict: classify(call.tool.as_bytes(), &words.slices()), ..words })
}

/// A command judged: every stage's result.
pub struct Judged {
    /// The words and what they say.
    pub words: Words,
    /// The policy in force.
    pub policy: Merged,
    /// Its settings.
    pub terms: Terms,
    /// The target, or why it could not be resolved.
    pub resolved: Result<ResolvedKube>,
    /// Files and standard input the command reads, pinned.
    pub inputs: Inputs,
    /// The real tool.
    pub tool: PathBuf,
    /// What would be lost.
    pub impact: Impact,
    /// What the target is to its people.
    pub place: Classified,
    /// The cluster's name as the phrase spells it.
    pub cluster: String,
    /// What answers a typed question.
    pub challenge: Challenge,
    /// Words and facts weighed.
    pub assessment: Assessment,
    /// What the rules looked at.
    pub situation: Situation,
    /// The verdict.
    pub decision: Decision,
    /// The copy of manifests that is taken before the command runs.
    pub copy: Option<keeping::Intent>,
    /// A command that keeps data which would be lost.
    pub safer: Option<String>,
    /// Time spent on the target.
    pub resolving: Duration,
    /// Time spent asking the live system.
    pub probing: Duration,
}

impl Judged {
    /// Why the target is not known, when that alone is what refuses the command.
    pub fn unresolved(&self) -> Option<Fail> {
        let fail = self.resolved.as_ref().err()?;
        let alone = matches!(&self.decision, Decision::Deny(d) if d.rules.iter().all(|r| r == NO_TARGET));
        alone.then(|| fail.clone())
    }
}

/// Finds the real tool, as the policy and PATH say.
pub fn real_tool(tool: &str, terms: &Terms, world: &World) -> Result<PathBuf> {
    let fixed = terms.tools.iter().find(|(name, _)| name == tool).map(|(_, path)| Path::new(path));
    let selves = home::selves();
    let path = world.var("PATH");
    find::lookup(&Lookup { tool: tool.as_bytes(), path, selves: &selves, shim_dirs: &[], fixed })
        .map_err(Fail::from)
}

/// How the stages are carried out.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// Ask the live system at all (`guard check --offline` does not).
    pub probe: bool,
    /// Whether a person can be asked.
    pub interactive: bool,
    /// Show a progress line on the terminal.
    pub progress: bool,
}

/// Judges a call. `words` come from [`read_words`]; the policy has been read.
pub fn judge(call: &Call, mut words: Words, policy: Merged, world: &World, how: How) -> Result<Judged> {
    let terms = policy.terms();
    let tool = real_tool(call.tool, &terms, world)?;
    let started = Instant::now();
    let table = table_of(call)?;
    let unknown = words.verdict.effect == Effect::Unknown;
    if unknown && typo::is_unknown_to(&tool, &parse(table, &words.slices()), world) {
        words.verdict.effect = Effect::Read;
        words.verdict.because.push("kubectl does not know this command either, and will say so");
    }
    let slices = words.slices();
    let parsed = parse(table, &slices);
    let mut resolved = resolve::kubeconfig::kube(world, &parsed);
    let resolving = started.elapsed();
    // By the caller's own words: these are what runs, and the pins are put into them.
    let raw = call.words();
    let mut inputs = Inputs::take(&parse(table, &raw))?;
    render::loose(&mut inputs, &tool, world)?;
    let mut stage = Stage { call, world, parsed: &parsed, words: &words, policy: &policy, how };

    // Without facts every unknown counts as the worse possibility, so a pass here is a pass with them, too.
    let mut impact = Impact::default();
    let mut outcome = stage.decide(&resolved, &impact, false);
    let asks = !matches!(outcome.decision, Decision::Allow(_)) || words.verdict.effect >= Effect::Unknown;
    let wanted = asks || words.verdict.content || names_uids(&policy);
    let started = Instant::now();
    if wanted && how.probe && stage.reaches_a_cluster() {
        if let Ok(resolved) = &mut resolved {
            let _progress = how.progress.then(|| Progress::start("asking the cluster", dumb(world)));
            let manifests: Vec<(String, Vec<u8>)> =
                inputs.manifests().iter().map(|m| (m.name.clone(), m.bytes.clone())).collect();
            let held = inputs.argv_for_children(&call.argv);
            let probed = probe::kube(&probe::Request {
                parsed: &parsed,
                words: call.argv.get(1..).unwrap_or_default(),
                held: held.get(1..).unwrap_or_default(),
                stdin: inputs.stdin(),
                target: &resolved.target,
                effective_kubeconfig: &resolved.access.effective,
                plugins: match &resolved.access.plugin_policy {
                    CredentialPolicy::AllowAll => probe::Plugins::All,
                    CredentialPolicy::DenyAll => probe::Plugins::None,
                    CredentialPolicy::Allowlist(names) => probe::Plugins::Only(names),
                },
                manifests: &manifests,
                kubectl: Some(&tool),
                world,
                deadline: Duration::from_millis(u64::from(terms.probe_timeout_ms)),
                verdict: &words.verdict,
            });
            resolved.target.uid = probed.uid;
            impact = probed.impact;
            impact
                .gaps
                .extend(inputs.loose().map(|loose| Gap { what: unheld(loose), why: Why::Unsupported }));
        }
        stage.how.probe = true;
        outcome = stage.decide(&resolved, &impact, true);
    } else if wanted && !how.probe {
        impact.gaps.push(Gap { what: "what would be lost".to_owned(), why: Why::NotAsked });
        outcome = stage.decide(&resolved, &impact, true);
    }
    let probing = started.elapsed();
    let Outcome { place, cluster, challenge, assessment, situation, decision } = outcome;
    let copy = keeping::intend(&parsed, &impact, &assessment, how, world).filter(|_| resolved.is_ok());
    let safer = keeping::safer(&parsed, &impact).filter(|_| assessment.effect >= Effect::Destroy);
    Ok(Judged {
        words,
        policy,
        terms,
        resolved,
        inputs,
        tool,
        impact,
        place,
        cluster,
        challenge,
        assessment,
        situation,
        decision,
        copy,
        safer,
        resolving,
        probing,
    })
}

/// What a source that the tool reads by itself is called where it could not be checked.
fn unheld(loose: &Loose) -> String {
    let (Loose::Kustomize(text) | Loose::Url(text) | Loose::Pattern(text)) = loose;
    format!("the contents of {}", text.to_string_lossy())
}

fn dumb(world: &World) -> bool {
    world.var("TERM").is_none_or(|term| term == "dumb")
}

/// Whether some entry or rule of the policy names a cluster by what only the live system can tell.
fn names_uids(policy: &Merged) -> bool {
    let by_uid =
        |identity: &Vec<(IdKind, Vec<String>)>| identity.iter().any(|(kind, _)| *kind == IdKind::Uid);
    policy.layers().any(|p| {
        p.places.iter().any(|p| by_uid(&p.identity)) || p.rules.iter().any(|r| by_uid(&r.when.identity))
    })
}

struct Stage<'a> {
    call: &'a Call,
    world: &'a World,
    parsed: &'a Parsed<'a>,
    words: &'a Words,
    policy: &'a Merged,
    how: How,
}

struct Outcome {
    place: Classified,
    cluster: String,
    challenge: Challenge,
    assessment: Assessment,
    situation: Situation,
    decision: Decision,
}

impl Stage<'_> {
    /// `config` and `kuberc` change local files only; there is no cluster to ask.
    fn reaches_a_cluster(&self) -> bool {
        !situation::is_local_only(self.parsed)
    }

    fn decide(&self, resolved: &Result<ResolvedKube>, impact: &Impact, probed: bool) -> Outcome {
        let target = resolved.as_ref().ok().map(|r| &r.target);
        let seen = target.map(Seen::of_kube).unwrap_or_default();
        let place = place::classify_target(&seen, self.policy);
        let assessment = assess(self.words.verdict.effect, impact);
        let scope = situation::scope(self.parsed, target, impact);
        let (cluster, challenge) = match target {
            Some(target) => (
                challenge::cluster_name(target, place.name.as_deref()),
                challenge::challenge(target, place.name.as_deref(), &scope),
            ),
            // Nothing answers for a target nobody knows.
            None => (String::new(), Challenge { phrase: String::new(), kind: "cluster" }),
        };
        let facts = situation::Facts {
            tool: self.call.tool,
            parsed: self.parsed,
            target,
            seen: &seen,
            place: &place,
            assessment: &assessment,
            impact,
            probed,
            scope: &scope,
        };
        let situation = situation::of(&facts, self.how.interactive, actor(self.world));
        let decision = decide(&situation, self.policy);
        Outcome { place, cluster, challenge, assessment, situation, decision }
    }
}
