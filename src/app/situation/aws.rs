//! What the rules look at, for a command of the AWS CLI.

use super::{effect_of, now, objects_of, saw_all};
use crate::engine::assess::Assessment;
use crate::engine::decide::Situation;
use crate::engine::impact::Impact;
use crate::engine::policy::place::{Classified, IdKind, Identity, Seen};
use crate::engine::policy::rule::Actor;
use crate::engine::policy::words;
use crate::engine::target::AwsTarget;

/// What [`of`] puts together.
pub struct Facts<'a> {
    /// The words after the tool's name, aliases written out.
    pub words: &'a [&'a [u8]],
    /// The target, when it could be resolved.
    pub target: Option<&'a AwsTarget>,
    /// Its identities.
    pub seen: &'a Seen,
    /// Other accounts that the arguments name.
    pub others: Vec<&'a str>,
    /// What the target is to its people.
    pub place: &'a Classified,
    /// Words and facts weighed.
    pub assessment: &'a Assessment,
    /// What would go.
    pub impact: &'a Impact,
    /// Whether the account was asked.
    pub probed: bool,
}

/// The situation a policy decides about.
pub fn of(facts: &Facts<'_>, interactive: bool, actor: Actor) -> Situation {
    let worded = words::situation_of_words("aws", facts.words);
    let impact = facts.impact;
    let seen_all = facts.probed && saw_all(impact);
    let objects = if impact.subjects.is_empty() { worded.objects.clone() } else { objects_of(impact) };
    let mut identities = facts.seen.identities.clone();
    // Rules may name an account by the name that policy gave it, and hold for what the arguments name as well.
    identities.extend(facts.place.name.iter().map(|name| Identity::new(IdKind::Account, name.clone())));
    identities.extend(facts.others.iter().map(|id| Identity::new(IdKind::Account, *id)));
    Situation {
        effect: effect_of(facts.assessment),
        whole_scope: facts.assessment.whole_scope || worded.whole_scope,
        objects,
        objects_complete: seen_all || (impact.subjects.is_empty() && worded.objects_complete),
        kinds_complete: seen_all || worded.kinds_complete,
        environment: facts.place.environment,
        // Files and variables alone only suggest an account; once it has been asked, it has to have answered.
        target_known: facts.target.is_some_and(|t| !facts.probed || t.account.value().is_some()),
        identities,
        unknown_identities: facts.seen.unknown.clone(),
        local: facts.place.local,
        interactive,
        actor,
        now: now(),
        ..worded
    }
}
