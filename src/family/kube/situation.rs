//! What the rules look at, for a kubectl command.

use crate::engine::assess::Assessment;
use crate::engine::backup::backed::Backed;
use crate::engine::grammar::cobra::Parsed;
use crate::engine::impact::Impact;
use crate::engine::kube::KubeTarget;
use crate::engine::kube::documents::Documents;
use crate::engine::kube::kinds;
use crate::engine::kube::reach::{self, Reach, saw_all};
use crate::engine::kube::whereto;
use crate::engine::policy::place::{Classified, IdKind, Identity, Seen};
use crate::engine::situation::{Actor, Object, Situation};
use crate::family::situation::{effect_of, now, object_of, objects_hold, objects_of};

/// What changes files of this machine and reaches no cluster.
pub(super) fn is_local_only(parsed: &Parsed<'_>) -> bool {
    whereto::stays(parsed.path())
}

/// What [`of`] puts together.
pub(super) struct Facts<'a> {
    /// The words.
    pub(super) parsed: &'a Parsed<'a>,
    /// What they say.
    pub(super) worded: Situation,
    /// The target, when it could be resolved.
    pub(super) target: Option<&'a KubeTarget>,
    /// Its identities.
    pub(super) seen: &'a Seen,
    /// What it is to its people.
    pub(super) place: &'a Classified,
    /// Words and facts weighed.
    pub(super) assessment: &'a Assessment,
    /// What would go.
    pub(super) impact: &'a Impact,
    /// Whether the live system was asked.
    pub(super) probed: bool,
    /// What the command's files hold.
    pub(super) documents: &'a Documents,
    /// How far it reaches.
    pub(super) reach: &'a Reach,
}

/// The situation a policy decides about.
pub(super) fn of(mut facts: Facts<'_>, interactive: bool, actor: Actor) -> Situation {
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
        backed: Backed::of(impact, facts.probed, false),
        ..worded
    }
}
