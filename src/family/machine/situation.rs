//! What the rules look at, for a command that works on a host.

use crate::engine::assess::Assessment;
use crate::engine::backup::backed::Backed;
use crate::engine::classify::situation_of;
use crate::engine::effect::Effect;
use crate::engine::impact::Impact;
use crate::engine::machine::HostTarget;
use crate::engine::policy::place::{Classified, Seen};
use crate::engine::situation::{Actor, Situation};
use crate::engine::tool::Tool;
use crate::family::situation::{Common, completed};

/// What [`of`] puts together.
pub struct Facts<'a> {
    /// The tool.
    pub tool: &'static Tool,
    /// The words after its name.
    pub words: &'a [&'a [u8]],
    /// The target, when it could be resolved.
    pub target: Option<&'a HostTarget>,
    /// Its identities.
    pub seen: &'a Seen,
    /// What the target is to its people.
    pub place: &'a Classified,
    /// Words and facts weighed.
    pub assessment: &'a Assessment,
    /// What would go.
    pub impact: &'a Impact,
    /// Whether the host was looked at.
    pub probed: bool,
    /// Whether the phrase names anything: a host nobody can name is no known target.
    pub named: bool,
}

/// The situation a policy decides about.
pub fn of(facts: &Facts<'_>, interactive: bool, actor: Actor) -> Situation {
    let mut worded = situation_of(facts.tool, facts.words, facts.assessment.effect);
    let Facts { seen, place, assessment, impact, probed, .. } = *facts;
    let works_on = facts.tool.family.kind();
    let common = Common { seen, place, assessment, impact, probed, works_on };
    let target_known = facts.target.is_some() && facts.named;
    // What is not known is not light.
    let light = probed && impact.light && impact.gaps.is_empty();
    // Where only some of very many are told one by one, the words have them all.
    let told_all = impact.subjects.len() as u64 >= impact.subjects_total;
    let named = if told_all { Vec::new() } else { std::mem::take(&mut worded.objects) };
    let mut found = Situation { target_known, light, interactive, actor, ..completed(worded, &common) };
    // What stops may serve data of which nobody knows where it is.
    if found.effect >= Effect::Disrupt && !light && !impact.backups.looked {
        found.backed = Backed::Unknown;
    }
    if named.len() > found.objects.len() {
        found.objects = named;
        found.objects_complete = false;
    }
    found
}
