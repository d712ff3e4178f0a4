//! The way of kubectl: kuberc, kubeconfig, the cluster's own answers.

use super::{Call, How, Judged, Outcome, Words, dumb, real_tool, table_of};
use crate::app::caller::actor;
use crate::app::{keeping, render, situation, typo};
use crate::engine::assess::assess;
use crate::engine::challenge::{self, Challenge};
use crate::engine::classify::{Verdict, classify};
use crate::engine::decide::{Decision, decide};
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::{Gap, Impact};
use crate::engine::kuberc::{self, CredentialPolicy};
use crate::engine::parse::{Parsed, parse};
use crate::engine::policy::Merged;
use crate::engine::policy::place::{self, IdKind, Seen};
use crate::fail::Result;
use crate::probe;
use crate::prompt::progress::Progress;
use crate::resolve::{self, Resolved, ResolvedKube};
use crate::run::inputs::{Inputs, Loose};
use crate::world::World;
use std::borrow::Cow;
use std::time::{Duration, Instant};

/// Reads the words, kuberc applied.
pub(super) fn read_words(call: &Call, world: &World) -> Result<Words> {
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
    let preferences = kuberc.as_ref().map(|k| k.path.clone());
    let words = Words { verdict: Verdict::default(), words, rewritten, preferences, kuberc, aws: None };
    Ok(Words { verdict: classify(call.tool.as_bytes(), &words.slices()), ..words })
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
    let wanted = asks || words.verdict.content || policy.goes_by(IdKind::Uid);
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
    let Outcome { place, name, challenge, assessment, situation, decision } = outcome;
    let copy = keeping::intend(&parsed, &impact, &assessment, how, world).filter(|_| resolved.is_ok());
    let safer = keeping::safer(&parsed, &impact).filter(|_| assessment.effect >= Effect::Destroy);
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
        resolving,
        probing,
    })
}

/// What a source that the tool reads by itself is called where it could not be checked.
fn unheld(loose: &Loose) -> String {
    let (Loose::Kustomize(text) | Loose::Url(text) | Loose::Pattern(text)) = loose;
    format!("the contents of {}", text.to_string_lossy())
}

struct Stage<'a> {
    call: &'a Call,
    world: &'a World,
    parsed: &'a Parsed<'a>,
    words: &'a Words,
    policy: &'a Merged,
    how: How,
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
        let (name, challenge) = match target {
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
        Outcome { place, name, challenge, assessment, situation, decision }
    }
}
