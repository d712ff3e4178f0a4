//! What a command on a machine comes to: words, target and facts weighed. The same for packages and units.

use super::Command;
use super::situation;
use crate::engine::assess::assess;
use crate::engine::challenge::{Challenge, HostScope, host_challenge};
use crate::engine::classify::situation_of;
use crate::engine::decide::decide;
use crate::engine::effect::Effect;
use crate::engine::impact::Impact;
use crate::engine::machine::HostTarget;
use crate::engine::policy::place::{self, Seen};
use crate::family::cx::Cx;
use crate::family::judge::Outcome;

/// What the phrase has to say besides the machine.
#[derive(Default)]
pub(in crate::family) struct Said<'a> {
    /// What is lost for good.
    pub lost: &'a [String],
    /// All of something goes: of the project of this name, or with an empty one whatever there is of a kind.
    pub whole: Option<&'a str>,
    /// What happens to the machine itself, in one word.
    pub machine: Option<&'a str>,
    /// What goes or stops by name, as far as the family knows it better than impact and words.
    pub stops: Vec<String>,
    /// What the target is known by besides its machine.
    pub known_by: Seen,
}

impl Command<'_> {
    /// The decision about it. `probed` says that the machine was looked at.
    pub fn decide(&self, said: Said<'_>, impact: &Impact, probed: bool) -> Outcome {
        let Cx { words, policy, options, actor, .. } = self.cx;
        let target = self.found().map(|found| &found.target);
        let mut seen = target.map(HostTarget::seen).unwrap_or_default();
        let Seen { of, identities, unknown, local, .. } = said.known_by;
        seen.of = of.or(seen.of);
        seen.identities.extend(identities);
        seen.unknown.extend(unknown);
        seen.local = seen.local.or(local);
        let place = place::classify_target(&seen, policy);
        let assessment = assess(self.verdict.effect, impact);
        let (name, challenge) = match target {
            Some(target) => {
                let lost = if assessment.effect >= Effect::Destroy { said.lost } else { &[] };
                let scope = HostScope {
                    lost,
                    whole: said.whole.filter(|_| assessment.effect >= Effect::Disrupt),
                    machine: said.machine,
                    unnamed: &impact.unnamed,
                    unseen: impact.unseen,
                    stops: &stops(said.stops, self.cx, impact),
                };
                let challenge = host_challenge(target, place.name.as_deref(), &scope);
                (target.host_name(place.name.as_deref()), challenge)
            }
            None => (String::new(), Challenge::new("", "host")),
        };
        let facts = situation::Facts {
            tool: self.cx.call.tool,
            words,
            target,
            seen: &seen,
            place: &place,
            assessment: &assessment,
            impact,
            probed,
            named: !name.is_empty(),
        };
        let situation = situation::of(&facts, options.interactive, actor);
        let decision = decide(&situation, policy);
        Outcome { place, name, challenge, assessment, situation, decision }
    }
}

/// What was named and goes or stops, as `GUARD_CONFIRM` has to say it; where nothing was, everything that does, else the
/// command's own word. `named` is what the family itself knows of it.
fn stops(mut named: Vec<String>, cx: Cx<'_>, impact: &Impact) -> Vec<String> {
    // Of very many only the first are told one by one; the words have them all.
    if named.is_empty() && impact.subjects.len() as u64 >= impact.subjects_total {
        let subjects = impact.subjects.iter().map(|subject| subject.name.clone());
        named = subjects.filter(|name| !impact.unnamed.contains(name)).collect();
    }
    if named.is_empty() {
        let words = situation_of(cx.call.tool, cx.words, Effect::Unknown);
        named = words.objects.into_iter().filter_map(|object| object.name).collect();
        if named.is_empty() {
            named.extend(Some(words.verb).filter(|verb| !verb.is_empty()));
        }
    }
    named
}
