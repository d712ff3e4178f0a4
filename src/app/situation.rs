//! What the rules look at, put together from words, target and facts.

pub mod aws;
pub mod host;

use crate::engine::assess::Assessment;
use crate::engine::challenge::Scope;
use crate::engine::decide::{Object, Situation};
use crate::engine::effect::Effect;
use crate::engine::impact::{Impact, Subject};
use crate::engine::parse::Parsed;
use crate::engine::policy::place::{Classified, IdKind, Identity, Seen};
use crate::engine::policy::rule::Actor;
use crate::engine::policy::words;
use crate::engine::target::KubeTarget;
use std::time::SystemTime;

/// `config` and `kuberc` change files of this machine and reach no cluster.
pub fn is_local_only(parsed: &Parsed<'_>) -> bool {
    let path = parsed.path();
    path.starts_with("config") || path.starts_with("kuberc")
}

/// How far the command reaches: by the objects seen, else by the words.
pub fn scope(parsed: &Parsed<'_>, target: Option<&KubeTarget>, impact: &Impact) -> Scope {
    let worded = words::situation_of("kubectl", parsed, Effect::Unknown);
    // `-A` is every namespace, also those that come into being while the question stands.
    if worded.all_namespaces {
        return Scope::Cluster;
    }
    let seen_all = !impact.subjects.is_empty() && impact.subjects.len() as u64 == impact.subjects_total;
    if seen_all {
        let namespaces: Vec<Option<String>> = impact
            .subjects
            .iter()
            .map(|s| if s.kind == "Namespace" { Some(s.name.clone()) } else { s.namespace.clone() })
            .collect();
        return Scope::of(&namespaces);
    }
    let objects = &worded.objects;
    if !objects.is_empty() && objects.iter().all(Object::is_namespace) {
        let names: Option<Vec<String>> = objects.iter().map(|o| o.name.clone()).collect();
        return names.map_or(Scope::Cluster, Scope::Namespaces);
    }
    if parsed.last("raw").is_some() {
        // A path says it all: what it does not name has no namespace.
        return if worded.namespaces.is_empty() {
            Scope::Cluster
        } else {
            Scope::Namespaces(worded.namespaces)
        };
    }
    if parsed.on("prune") || objects.iter().any(|o| words::is_cluster_scoped(&o.resource)) {
        return Scope::Cluster;
    }
    target.map_or(Scope::Cluster, |t| Scope::Namespaces(vec![t.namespace.value.clone()]))
}

/// What [`of`] puts together.
pub struct Facts<'a> {
    /// The tool's name.
    pub tool: &'a str,
    /// The words.
    pub parsed: &'a Parsed<'a>,
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
    /// How far it reaches.
    pub scope: &'a Scope,
}

/// The situation a policy decides about.
pub fn of(facts: &Facts<'_>, interactive: bool, actor: Actor) -> Situation {
    let parsed = facts.parsed;
    let mut worded = words::situation_of(facts.tool, parsed, facts.assessment.effect);
    let effect = effect_of(facts.assessment);
    let impact = facts.impact;
    let seen_all = facts.probed && saw_all(impact);
    let namespace = facts.target.map(|t| t.namespace.value.clone());
    let objects: Vec<Object> = if impact.subjects.is_empty() {
        // Taken out: there may be a hundred thousand of them.
        let objects = std::mem::take(&mut worded.objects);
        let all_namespaces = worded.all_namespaces;
        let placed = |o: Object| match o.namespace {
            None if !all_namespaces && !words::is_cluster_scoped(&o.resource) => {
                Object { namespace: namespace.clone(), ..o }
            }
            _ => o,
        };
        objects.into_iter().map(placed).collect()
    } else {
        objects_of(impact)
    };
    let namespaces = match facts.scope {
        Scope::Namespaces(names) => names.clone(),
        Scope::Cluster => Vec::new(),
    };
    let mut identities = facts.seen.identities.clone();
    // Rules may name a cluster by the name that policy gave it.
    identities.extend(facts.place.name.iter().map(|name| Identity::new(IdKind::Cluster, name.clone())));
    Situation {
        effect,
        whole_scope: facts.assessment.whole_scope
            || worded.whole_scope
            || worded.all_namespaces
            || parsed.on("prune"),
        objects,
        objects_complete: seen_all || (impact.subjects.is_empty() && worded.objects_complete),
        kinds_complete: seen_all || worded.kinds_complete,
        namespaces,
        all_namespaces: worded.all_namespaces,
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
        whole_scope: common.assessment.whole_scope || worded.whole_scope,
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

/// Whether everything that is hit was seen, and nothing remained unchecked.
fn saw_all(impact: &Impact) -> bool {
    impact.gaps.is_empty()
        && impact.subjects.len() as u64 == impact.subjects_total
        && impact.subjects_total > 0
}

/// What the live system says is hit.
fn objects_of(impact: &Impact) -> Vec<Object> {
    let object = |s: &Subject| Object {
        kind: s.kind.clone(),
        group: s.group.clone(),
        resource: s.resource.clone(),
        name: Some(s.name.clone()),
        namespace: s.namespace.clone(),
        labels: Some(s.labels.clone()),
    };
    impact.subjects.iter().map(object).collect()
}

/// Seconds since 1970-01-01T00:00Z.
fn now() -> Option<i64> {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
    i64::try_from(since.as_secs()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::fact::{Source, Sourced};
    use crate::engine::parse::parse;
    use crate::engine::tools;

    fn scope_of(line: &str) -> Scope {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let tool = tools::by_name(b"kubectl").unwrap();
        let target = KubeTarget::at(
            Sourced::new("https://h:6443".into(), Source::Default),
            Sourced::new("ctx".into(), Source::Default),
        );
        scope(&parse(tool, &words), Some(&target), &Impact::default())
    }

    fn namespaces(names: &[&str]) -> Scope {
        Scope::Namespaces(names.iter().map(|n| (*n).to_owned()).collect())
    }

    #[test]
    fn the_words_tell_how_far_it_reaches() {
        assert_eq!(scope_of("delete cm x"), namespaces(&["ctx"]));
        assert_eq!(scope_of("delete ns a b"), namespaces(&["a", "b"]));
        assert_eq!(scope_of("delete NAMESPACES/a"), namespaces(&["a"]));
        assert_eq!(scope_of("delete ns --all"), Scope::Cluster);
        assert_eq!(scope_of("delete pv x"), Scope::Cluster);
        assert_eq!(scope_of("delete pods --all -A"), Scope::Cluster);
        assert_eq!(scope_of("delete pods,pv x"), Scope::Cluster);
        assert_eq!(scope_of("drain n1"), Scope::Cluster);
        assert_eq!(scope_of("apply --prune --all -f x"), Scope::Cluster);
        assert_eq!(scope_of("delete --raw /api/v1/namespaces/shop/pods/x"), namespaces(&["shop"]));
        assert_eq!(scope_of("delete --raw /api/v1/nodes/x"), Scope::Cluster);
    }
}
