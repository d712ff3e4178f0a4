//! What the rules look at, put together from words, target and facts.

use crate::engine::assess::Assessment;
use crate::engine::challenge::Scope;
use crate::engine::decide::{Object, Situation};
use crate::engine::effect::Effect;
use crate::engine::impact::Impact;
use crate::engine::parse::Parsed;
use crate::engine::policy::place::{Classified, Seen};
use crate::engine::policy::rule::Actor;
use crate::engine::target::KubeTarget;
use std::time::SystemTime;

/// Commands whose first positional words name objects (`TYPE NAME…`, `TYPE/NAME…`).
const NAMING: &[&str] = &[
    "annotate",
    "apply edit-last-applied",
    "autoscale",
    "delete",
    "edit",
    "expose",
    "label",
    "patch",
    "rollout pause",
    "rollout restart",
    "rollout resume",
    "rollout undo",
    "scale",
    "set env",
    "set image",
    "set resources",
    "set selector",
    "set serviceaccount",
    "set subject",
    "taint",
];

/// Commands whose positional words are nodes.
const NODES: &[&str] = &["cordon", "drain", "uncordon"];

/// Kinds without a namespace, by every full name and short name they go by (kubectl api-resources of 1.36). A kind that
/// is not in here and not known to the live system is taken for a namespaced one.
const CLUSTER_SCOPED: &[&str] = &[
    "apiservice",
    "apiservices",
    "certificatesigningrequest",
    "certificatesigningrequests",
    "clusterrole",
    "clusterrolebinding",
    "clusterrolebindings",
    "clusterroles",
    "crd",
    "crds",
    "csidriver",
    "csidrivers",
    "csinode",
    "csinodes",
    "csr",
    "customresourcedefinition",
    "customresourcedefinitions",
    "flowschema",
    "flowschemas",
    "ingressclass",
    "ingressclasses",
    "mutatingwebhookconfiguration",
    "mutatingwebhookconfigurations",
    "namespace",
    "namespaces",
    "no",
    "node",
    "nodes",
    "ns",
    "pc",
    "persistentvolume",
    "persistentvolumes",
    "priorityclass",
    "priorityclasses",
    "prioritylevelconfiguration",
    "prioritylevelconfigurations",
    "pv",
    "runtimeclass",
    "runtimeclasses",
    "sc",
    "storageclass",
    "storageclasses",
    "validatingadmissionpolicies",
    "validatingadmissionpolicy",
    "validatingwebhookconfiguration",
    "validatingwebhookconfigurations",
    "volumeattachment",
    "volumeattachments",
    "volumesnapshotclass",
    "volumesnapshotclasses",
    "volumesnapshotcontent",
    "volumesnapshotcontents",
];

/// `config` and `kuberc` change files of this machine and reach no cluster.
pub fn is_local_only(parsed: &Parsed<'_>) -> bool {
    let path = parsed.path();
    path.starts_with("config") || path.starts_with("kuberc")
}

/// One object of the words: its type as written, and its name when there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Worded {
    kind: String,
    name: Option<String>,
}

impl Worded {
    fn is_namespace(&self) -> bool {
        matches!(self.plain_kind().as_str(), "ns" | "namespace" | "namespaces")
    }

    /// The type without its version and group, lower case unless it is a short name.
    fn plain_kind(&self) -> String {
        let kind = self.kind.split('.').next().unwrap_or_default();
        if kind.len() > 3 { kind.to_ascii_lowercase() } else { kind.to_owned() }
    }

    fn is_cluster_scoped(&self) -> bool {
        CLUSTER_SCOPED.binary_search(&self.plain_kind().as_str()).is_ok()
    }
}

/// The objects as the words name them.
fn worded(parsed: &Parsed<'_>) -> Vec<Worded> {
    let path = parsed.path();
    let text = |b: &[u8]| String::from_utf8_lossy(b).into_owned();
    let args: Vec<String> = parsed.args.iter().map(|(_, b)| text(b)).collect();
    if NODES.contains(&path) {
        return args.into_iter().map(|n| Worded { kind: "nodes".into(), name: Some(n) }).collect();
    }
    if let Some(raw) = parsed.last("raw") {
        return raw_path(&text(raw)).into_iter().collect();
    }
    if !NAMING.contains(&path) {
        return Vec::new();
    }
    let Some((first, rest)) = args.split_first() else { return Vec::new() };
    if first.contains('/') {
        let pairs = args.iter().filter_map(|a| a.split_once('/'));
        return pairs.map(|(kind, name)| Worded { kind: kind.into(), name: Some(name.into()) }).collect();
    }
    let names: Vec<&String> = rest.iter().filter(|a| !is_change(path, a)).collect();
    let mut out = Vec::new();
    for kind in first.split(',').filter(|k| !k.is_empty()) {
        if names.is_empty() {
            out.push(Worded { kind: kind.to_owned(), name: None });
        }
        out.extend(names.iter().map(|n| Worded { kind: kind.to_owned(), name: Some((*n).clone()) }));
    }
    out
}

/// `key=value`, `key-`: what is changed, no name.
fn is_change(path: &str, word: &str) -> bool {
    matches!(path, "annotate" | "label" | "taint" | "set env" | "set image" | "set selector")
        && (word.contains('=') || word.ends_with('-'))
}

/// `/api/v1/namespaces/x/pods/y` as an object.
fn raw_path(path: &str) -> Option<Worded> {
    let path = path.split('?').next().unwrap_or(path);
    let parts: Vec<&str> = path.split('/').filter(|p| !p.is_empty()).collect();
    let rest = match parts.as_slice() {
        ["api", _, rest @ ..] | ["apis", _, _, rest @ ..] => rest,
        _ => return None,
    };
    let rest = match rest {
        ["namespaces", _, kind, rest @ ..] if !matches!(*kind, "finalize" | "status") => {
            return Some(Worded { kind: (*kind).to_owned(), name: rest.first().map(|n| (*n).to_owned()) });
        }
        rest => rest,
    };
    rest.split_first()
        .map(|(kind, rest)| Worded { kind: (*kind).to_owned(), name: rest.first().map(|n| (*n).to_owned()) })
}

/// The namespace a `--raw` path names.
fn raw_namespace(path: &str) -> Option<String> {
    let parts: Vec<&str> =
        path.split('?').next().unwrap_or(path).split('/').filter(|p| !p.is_empty()).collect();
    let at = parts.iter().position(|p| *p == "namespaces")?;
    parts.get(at + 1).map(|n| (*n).to_owned())
}

/// How far the command reaches: by the objects seen, else by the words.
pub fn scope(parsed: &Parsed<'_>, target: Option<&KubeTarget>, impact: &Impact) -> Scope {
    let seen_all = !impact.subjects.is_empty() && impact.subjects.len() as u64 == impact.subjects_total;
    if seen_all {
        let namespaces: Vec<Option<String>> = impact
            .subjects
            .iter()
            .map(|s| if s.kind == "Namespace" { Some(s.name.clone()) } else { s.namespace.clone() })
            .collect();
        return Scope::of(&namespaces);
    }
    let worded = worded(parsed);
    if let Some(raw) = parsed.last("raw") {
        return match raw_namespace(&String::from_utf8_lossy(raw)) {
            Some(namespace) => Scope::Namespaces(vec![namespace]),
            None => Scope::Cluster,
        };
    }
    let namespaces: Vec<&Worded> = worded.iter().filter(|w| w.is_namespace()).collect();
    if !namespaces.is_empty() && namespaces.len() == worded.len() {
        let names: Option<Vec<String>> = namespaces.iter().map(|w| w.name.clone()).collect();
        return names.map_or(Scope::Cluster, Scope::Namespaces);
    }
    let everywhere =
        parsed.on("all-namespaces") || target.is_some_and(|t| t.all_namespaces) || parsed.on("prune");
    if everywhere || worded.iter().any(Worded::is_cluster_scoped) {
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
    let words = worded(parsed);
    let verb = match parsed.path() {
        "" => parsed.args.first().map(|(_, b)| String::from_utf8_lossy(b).into_owned()).unwrap_or_default(),
        path => path.to_owned(),
    };
    let effect = if facts.assessment.effect == Effect::Read && facts.assessment.words != Effect::Read {
        // Nothing there to lose: it still is a change that rules may speak about.
        Effect::Mutate
    } else {
        facts.assessment.effect
    };
    let impact = facts.impact;
    let seen_all = facts.probed
        && impact.gaps.is_empty()
        && impact.subjects.len() as u64 == impact.subjects_total
        && impact.subjects_total > 0;
    let namespace = facts.target.map(|t| t.namespace.value.clone());
    let everywhere = parsed.on("all-namespaces");
    let objects: Vec<Object> = if impact.subjects.is_empty() {
        words
            .iter()
            .map(|w| Object {
                resource: w.kind.clone(),
                name: w.name.clone(),
                namespace: if w.is_cluster_scoped() || everywhere { None } else { namespace.clone() },
                ..Object::default()
            })
            .collect()
    } else {
        impact
            .subjects
            .iter()
            .map(|s| Object {
                kind: s.kind.clone(),
                group: s.group.clone(),
                resource: s.resource.clone(),
                name: Some(s.name.clone()),
                namespace: s.namespace.clone(),
                labels: Some(s.labels.clone()),
            })
            .collect()
    };
    let by_words = words.iter().all(|w| w.name.is_some()) && !words.is_empty();
    let namespaces = match facts.scope {
        Scope::Namespaces(names) => names.clone(),
        Scope::Cluster => Vec::new(),
    };
    let whole = parsed.on("all")
        || everywhere
        || parsed.on("prune")
        || (verb == "delete" && words.iter().any(Worded::is_namespace));
    Situation {
        effect,
        whole_scope: facts.assessment.whole_scope || whole,
        objects,
        objects_complete: seen_all || (impact.subjects.is_empty() && by_words),
        kinds_complete: seen_all || !words.is_empty(),
        namespaces,
        all_namespaces: everywhere,
        environment: facts.place.environment,
        target_known: facts.target.is_some(),
        identities: facts.seen.identities.clone(),
        unknown_identities: facts.seen.unknown.clone(),
        local: facts.place.local,
        interactive,
        actor,
        now: SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .ok()
            .and_then(|d| i64::try_from(d.as_secs()).ok()),
        ..Situation::of(facts.tool, verb, effect)
    }
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

    #[test]
    fn the_table_is_sorted() {
        assert!(CLUSTER_SCOPED.windows(2).all(|w| w[0] < w[1]));
    }
}
