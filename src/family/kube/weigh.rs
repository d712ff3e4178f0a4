//! What a kubectl command comes to: words, target and facts weighed.

use super::situation;
use crate::engine::assess::assess;
use crate::engine::challenge::{self, Challenge, Scope};
use crate::engine::decide::decide;
use crate::engine::effect::Effect;
use crate::engine::grammar::cobra::Parsed;
use crate::engine::impact::Impact;
use crate::engine::inner;
use crate::engine::kube;
use crate::engine::kube::KubeTarget;
use crate::engine::kube::classify::{Filed, classify_filed};
use crate::engine::kube::documents::{Document, Documents};
use crate::engine::kube::reach::{self, Reach};
use crate::engine::policy::Merged;
use crate::engine::policy::place;
use crate::engine::situation::{Actor, Situation};
use crate::engine::trail::Moved;
use crate::family::judge::Outcome;

/// A command with everything that is known before its target is: what the last stages weigh, and what the laws are
/// tested on.
pub struct Stage<'a> {
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
    /// Whether it goes elsewhere than its terminal has been.
    pub moved: Moved,
}

impl Stage<'_> {
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
        let seen = target.map(KubeTarget::seen).unwrap_or_default();
        let place = place::classify_target(&seen, self.policy);
        // Kinds that stand in a file count like those that stand in the words.
        let kinds: Vec<&str> = self.documents.objects.iter().map(Document::kind).collect();
        let filed = Filed { kinds: &kinds, unread: !self.documents.unread.is_empty() };
        let worded = classify_filed(self.parsed, filed, inner::classify);
        let effect =
            if reach::from_files(self.parsed) { worded.effect.max(self.effect) } else { self.effect };
        let unseen = !probed || !impact.gaps.is_empty();
        let named = kube::situation(self.tool, self.parsed, self.effect);
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
        let found = situation::of(facts, self.interactive, self.actor);
        let situation = Situation { moved: self.moved, ..found };
        let decision = decide(&situation, self.policy);
        Outcome { place, name, challenge, assessment, situation, decision }
    }
}
