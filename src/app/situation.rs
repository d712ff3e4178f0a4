//! What the rules look at, put together from words, target and facts.

pub mod aws;
pub mod host;

use crate::engine::assess::Assessment;
use crate::engine::effect::Effect;
use crate::engine::grammar::cobra::Parsed;
use crate::engine::impact::{Impact, Subject};
use crate::engine::kube::documents::Documents;
use crate::engine::kube::kinds;
use crate::engine::kube::reach::{self, Reach, saw_all};
use crate::engine::policy::place::{Classified, IdKind, Identity, Seen};
use crate::engine::situation::{Actor, Object, Situation};
use crate::engine::target::KubeTarget;
use std::time::SystemTime;

/// `config` and `kuberc` change files of this machine and reach no cluster.
pub fn is_local_only(parsed: &Parsed<'_>) -> bool {
    let path = parsed.path();
    path.starts_with("config") || path.starts_with("kuberc")
}

/// What [`of`] puts together.
pub struct Facts<'a> {
    /// The words.
    pub parsed: &'a Parsed<'a>,
    /// What they say.
    pub worded: Situation,
    /// The target, when it could be resolved.
    pub target: Option<&'a KubeTarget>,
    /// Its identities.
    pub seen: &'a Seen,
    /// What it is to its people.
    pub place: &'a Classified,
    /// Words and facts weighed.
    pub assessment: &'a Assessment,
    /// What would go.
    pub impact: &'a Impact,
    /// Whether the live system was asked.
    pub probed: bool,
    /// What the command's files hold.
    pub documents: &'a Documents,
    /// How far it reaches.
    pub reach: &'a Reach,
}

/// The situation a policy decides about.
pub fn of(mut facts: Facts<'_>, interactive: bool, actor: Actor) -> Situation {
    let parsed = facts.parsed;
    let whole_scope = reach::whole(parsed, &facts.worded, facts.documents, facts.impact, facts.place.local);
    // Taken out: there may be a hundred thousand of them.
    let objects = std::mem::take(&mut facts.worded.objects);
    let worded = facts.worded;
    let effect = effect_of(facts.assessment);
    let impact = facts.impact;
    let seen_all = facts.probed && saw_all(impact);
    let namespace = facts.target.map(|t| t.namespace.value.clone());
    let mut objects: Vec<Object> = if impact.subjects.is_empty() {
        let all_namespaces = worded.all_namespaces;
        let placed = |o: Object| match o.namespace {
            None if !all_namespaces && !kinds::is_cluster_scoped(&o.resource) => {
                Object { namespace: namespace.clone(), ..o }
            }
            _ => o,
        };
        objects.into_iter().map(placed).collect()
    } else {
        objects_of(impact)
    };
    // What the files name counts until the live system has said that it is not there, and what they make anew always.
    objects.extend(impact.created.iter().map(object_of));
    let read_all = facts.documents.unread.is_empty();
    if !seen_all {
        let named = reach::objects(facts.documents, facts.target, impact);
        objects.extend(named.into_iter().filter(|o| !objects_hold(impact, o)));
    }
    let named_in_files = reach::from_files(parsed) && read_all && !facts.documents.objects.is_empty();
    let mut identities = facts.seen.identities.clone();
    // Rules may name a cluster by the name that policy gave it.
    identities.extend(facts.place.name.iter().map(|name| Identity::new(IdKind::Cluster, name.clone())));
    Situation {
        effect,
        whole_scope,
        objects,
        objects_complete: seen_all
            || (impact.subjects.is_empty() && worded.objects_complete)
            || (named_in_files && !reach::prunes(parsed)),
        kinds_complete: seen_all || worded.kinds_complete || (named_in_files && !reach::prunes(parsed)),
        namespaces: facts.reach.namespaces.iter().cloned().collect(),
        all_namespaces: facts.reach.anywhere,
        environment: facts.place.environment,
        target_known: facts.target.is_some(),
        identities,
        unknown_identities: facts.seen.unknown.clone(),
        local: facts.place.local,
        interactive,
        actor,
        now: now(),
        ..worded
    }
}

/// What the families whose words name things directly have in common.
struct Common<'a> {
    seen: &'a Seen,
    place: &'a Classified,
    assessment: &'a Assessment,
    impact: &'a Impact,
    probed: bool,
    /// What kind of identity the name that policy gives the target is.
    called: IdKind,
}

/// What the words said, completed by what was found.
fn completed(mut worded: Situation, common: &Common<'_>) -> Situation {
    let impact = common.impact;
    let seen_all = common.probed && saw_all(impact);
    let mut identities = common.seen.identities.clone();
    // Rules may name a target by the name that policy gave it.
    identities.extend(common.place.name.iter().map(|name| Identity::new(common.called, name.clone())));
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
        ..worded
    }
}

/// The effect that rules see: where nothing is there to lose, it still is a change that they may speak about.
fn effect_of(assessment: &Assessment) -> Effect {
    if assessment.effect == Effect::Read && assessment.words != Effect::Read {
        Effect::Mutate
    } else {
        assessment.effect
    }
}

/// What the live system says is hit.
fn objects_of(impact: &Impact) -> Vec<Object> {
    impact.subjects.iter().map(object_of).collect()
}

fn object_of(s: &Subject) -> Object {
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
fn objects_hold(impact: &Impact, one: &Object) -> bool {
    impact.subjects.iter().chain(&impact.created).any(|s| {
        s.kind == one.kind
            && s.group == one.group
            && Some(&s.name) == one.name.as_ref()
            && s.namespace == one.namespace
    })
}

/// Seconds since 1970-01-01T00:00Z.
fn now() -> Option<i64> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}
