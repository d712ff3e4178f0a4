//! What a command of the AWS CLI comes to: words, target and facts weighed.

use super::situation;
use crate::engine::assess::assess;
use crate::engine::aws::{AwsTarget, Hit, arn, naming};
use crate::engine::challenge::{Challenge, aws_challenge};
use crate::engine::decide::decide;
use crate::engine::effect::Effect;
use crate::engine::impact::Impact;
use crate::engine::policy::place::{self, Classified, IdKind, Identity, Seen};
use crate::engine::situation::Situation;
use crate::engine::tool::TargetKind;
use crate::family::cx::Cx;
use crate::family::judge::Outcome;

/// A command with everything that is known before its target is.
pub(super) struct Stage<'a> {
    pub cx: Cx<'a>,
    pub hit: &'a Hit,
    /// The effect by words.
    pub effect: Effect,
}

impl Stage<'_> {
    /// The decision about it, as far as target and facts are known. `probed` says that the account was asked.
    pub(super) fn decide(&self, target: Option<&AwsTarget>, impact: &Impact, probed: bool) -> Outcome {
        let seen = target.map(AwsTarget::seen).unwrap_or_default();
        let mut place = place::classify_target(&seen, self.cx.policy);
        let others = self.other_accounts(target);
        for (account, other) in &others {
            if other.environment > place.environment {
                place.environment = other.environment;
                place.because = format!("account {account} in the arguments: {}", other.because);
                place.local = false;
            }
        }
        let assessment = assess(self.effect, impact);
        let (name, challenge) = match target {
            Some(target) => (
                target.account_name(place.name.as_deref()),
                aws_challenge(target, place.name.as_deref(), &naming::naming(self.hit), &self.hit.resources),
            ),
            None => (String::new(), Challenge::new("", "account")),
        };
        let facts = situation::Facts {
            words: self.cx.words,
            target,
            seen: &seen,
            others: others.iter().map(|(account, _)| account.as_str()).collect(),
            place: &place,
            assessment: &assessment,
            impact,
            probed,
        };
        let found = situation::of(&facts, self.cx.options.interactive, self.cx.actor);
        let situation = Situation { moved: self.cx.moved, ..found };
        let decision = decide(&situation, self.cx.policy);
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
                of: Some(TargetKind::Account),
                identities: vec![Identity::new(IdKind::Account, arn.account.clone())],
                ..Seen::default()
            };
            let place = place::classify_target(&seen, self.cx.policy);
            out.push((arn.account, place));
        }
        out
    }
}
