//! What the rules look at, for a command of the AWS CLI.

use crate::engine::assess::Assessment;
use crate::engine::aws::AwsTarget;
use crate::engine::classify::situation_of;
use crate::engine::impact::Impact;
use crate::engine::policy::place::{Classified, IdKind, Identity, Seen};
use crate::engine::situation::{Actor, Situation};
use crate::engine::tool::{self, TargetKind};
use crate::family::situation::{Common, completed};

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
    let worded = situation_of(&tool::AWS, facts.words, facts.assessment.effect);
    let Facts { seen, place, assessment, impact, probed, .. } = *facts;
    let works_on = TargetKind::Account;
    let common = Common { seen, place, assessment, impact, probed, works_on };
    // Files and variables alone only suggest an account; once it has been asked, it has to have answered.
    // An endpoint that is not AWS's is known by itself.
    let target_known =
        facts.target.is_some_and(|t| !probed || t.account.value().is_some() || t.foreign().is_some());
    let mut situation = Situation { target_known, interactive, actor, ..completed(worded, &common) };
    // Rules hold for what the arguments name as well.
    situation.identities.extend(facts.others.iter().map(|id| Identity::new(IdKind::Account, *id)));
    situation
}
