//! What the rules look at, put together from words, target and facts: the parts that families share.

use crate::engine::assess::Assessment;
use crate::engine::backup::backed::Backed;
use crate::engine::effect::Effect;
use crate::engine::impact::{Impact, Subject};
use crate::engine::kube::reach::saw_all;
use crate::engine::policy::place::{Classified, Seen};
use crate::engine::situation::{Object, Situation};
use crate::engine::tool::TargetKind;
use std::time::SystemTime;

/// What the families whose words name things directly have in common.
pub(super) struct Common<'a> {
    pub seen: &'a Seen,
    pub place: &'a Classified,
    pub assessment: &'a Assessment,
    pub impact: &'a Impact,
    pub probed: bool,
    /// What kind of target it is.
    pub works_on: TargetKind,
}

/// What the words said, completed by what was found.
pub(super) fn completed(mut worded: Situation, common: &Common<'_>) -> Situation {
    let impact = common.impact;
    let seen_all = common.probed && saw_all(impact);
    let mut identities = common.seen.identities.clone();
    // Rules may name a target by the name that policy gave it.
    identities.extend(common.place.named(common.works_on));
    Situation {
        effect: effect_of(common.assessment),
        whole_scope: worded.whole_scope.max(common.assessment.whole_scope.into()),
        objects: match impact.subjects.as_slice() {
            [] => std::mem::take(&mut worded.objects),
            _ => objects_of(impact),
        },
        objects_complete: seen_all || (impact.subjects.is_empty() && worded.objects_complete),
        kinds_complete: seen_all || worded.kinds_complete,
        environment: common.place.environment,
        identities,
        unknown_identities: common.seen.unknown.clone(),
        local: common.place.local,
        now: now(),
        // Where nobody looks for copies, those of what holds data are not known.
        backed: Backed::of(impact, common.probed, impact.data.is_empty()),
        ..worded
    }
}

/// The effect that rules see: where nothing is there to lose, it still is a change that they may speak about.
pub(super) fn effect_of(assessment: &Assessment) -> Effect {
    if assessment.effect == Effect::Read && assessment.words != Effect::Read {
        Effect::Mutate
    } else {
        assessment.effect
    }
}

/// What the live system says is hit.
pub(super) fn objects_of(impact: &Impact) -> Vec<Object> {
    impact.subjects.iter().map(object_of).collect()
}

pub(super) fn object_of(s: &Subject) -> Object {
    Object {
        kind: s.kind.clone(),
        group: s.group.clone(),
        resource: s.resource.clone(),
        name: Some(s.name.clone()),
        namespace: s.namespace.clone(),
        labels: (!s.labels_unknown).then(|| s.labels.clone()),
    }
}

/// Whether the live system has already named this object.
pub(super) fn objects_hold(impact: &Impact, one: &Object) -> bool {
    impact.subjects.iter().chain(&impact.created).any(|s| {
        s.kind == one.kind
            && s.group == one.group
            && Some(&s.name) == one.name.as_ref()
            && s.namespace == one.namespace
    })
}

/// Seconds since 1970-01-01T00:00Z.
pub(super) fn now() -> Option<i64> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}
