//! How far a kubectl command reaches, from its words, the documents it brings along and what the server said about them.
//!
//! The widest of what is possible counts: a document nobody could read may lie in any namespace, and a kind nobody knows
//! may be anything. Facts only ever narrow it.

use super::documents::{Document, Documents};
use super::kinds::{self, Placed};
use crate::engine::challenge::Scope;
use crate::engine::effect::Effect;
use crate::engine::grammar::cobra::Parsed;
use crate::engine::grammar::table::Role;
use crate::engine::impact::{Consequence, Impact, Subject};
use crate::engine::kube::KubeTarget;
use crate::engine::situation::{Object, Situation, Whole};
use std::collections::BTreeSet;

/// The gap about what `apply --prune` deletes: only the server's dry run tells.
pub const PRUNED: &str = "what --prune deletes";

/// The gap about objects that kubectl's own dry run names and guard did not find in the files.
pub const DIFFERENT: &str = "the set of objects";

/// How far a command reaches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reach {
    /// The namespaces that what is hit lies in, those that go themselves included.
    pub namespaces: BTreeSet<String>,
    /// A whole namespace is meant, or whatever in it fits a selector.
    pub whole: bool,
    /// Cluster-scoped objects are hit, by name.
    pub cluster: bool,
    /// Cluster-scoped objects are hit that nobody has named.
    pub unnamed: bool,
    /// What is hit may lie in any namespace: that is meant, or not everything was seen.
    pub anywhere: bool,
}

impl Reach {
    /// What has to be typed for it.
    pub fn scope(&self) -> Scope {
        let mixed = self.cluster && !self.namespaces.is_empty();
        if self.anywhere || self.unnamed || mixed {
            Scope::Everything
        } else if self.namespaces.is_empty() {
            Scope::Cluster
        } else {
            Scope::Namespaces { names: self.namespaces.iter().cloned().collect(), whole: self.whole }
        }
    }

    fn within(&mut self, namespace: &str, whole: bool) {
        self.namespaces.insert(namespace.to_owned());
        self.whole |= whole;
    }

    /// What is pruned stands in no file: only the server's dry run tells it, and only all of it counts.
    fn prunes(&mut self, impact: &Impact) {
        self.anywhere |= !saw_all(impact);
        self.hits(&impact.subjects);
    }

    /// What the live system says is hit.
    fn hits(&mut self, subjects: &[Subject]) {
        for subject in subjects {
            match &subject.namespace {
                _ if kinds::is_namespace(&subject.kind) => self.within(&subject.name, true),
                Some(namespace) => self.within(namespace, false),
                None => self.cluster = true,
            }
        }
    }
}

/// Whether a command deletes what it hits: `delete`, `replace --force`, `apply --force`, `apply --prune`.
pub fn deletes(parsed: &Parsed<'_>) -> bool {
    match parsed.path() {
        "delete" => true,
        "replace" => parsed.on("force"),
        "apply" => parsed.on("force") || prunes(parsed),
        _ => false,
    }
}

/// Whether it deletes what is no longer in its files.
pub fn prunes(parsed: &Parsed<'_>) -> bool {
    parsed.on("prune") || parsed.last("applyset").is_some()
}

/// Whether it takes its objects from files.
pub fn from_files(parsed: &Parsed<'_>) -> bool {
    parsed.role(Role::Filename).is_some()
}

/// How far it reaches; `worded` is what its words alone say.
pub fn reach(
    parsed: &Parsed<'_>,
    worded: &Situation,
    documents: &Documents,
    target: &KubeTarget,
    impact: &Impact,
) -> Reach {
    let mut reach = Reach::default();
    let here = target.namespace.value.as_str();
    let command = parsed.path().split(' ').next().unwrap_or_default();
    let selected = parsed.role(Role::Selector).is_some() || parsed.on("all");
    // A line kubectl would read in another way than guard has no bounds.
    reach.anywhere = worded.all_namespaces || parsed.problem.is_some();
    if parsed.last("raw").is_some() {
        raw(&worded.objects, &mut reach);
    } else if from_files(parsed) {
        files(parsed, documents, here, impact, &mut reach);
    } else if prunes(parsed) {
        reach.prunes(impact);
    } else if super::NODE_COMMANDS.contains(&command) {
        let named = !worded.objects.is_empty() && !selected;
        reach.cluster |= named;
        reach.unnamed |= !named;
    } else if let Some(pods) = super::pods_of(parsed) {
        for namespace in pods {
            reach.within(namespace.as_deref().unwrap_or(here), false);
        }
    } else {
        for object in &worded.objects {
            named(object, selected, here, impact, &mut reach);
        }
    }
    if reach == Reach::default() {
        reach.within(here, false);
    }
    reach
}

/// One object or kind that the words name.
fn named(object: &Object, selected: bool, here: &str, impact: &Impact, reach: &mut Reach) {
    let single = object.name.is_some() && !selected;
    if object.is_namespace() {
        match &object.name {
            Some(name) => reach.within(name, true),
            None => reach.anywhere = true,
        }
        return;
    }
    let word = if object.group.is_empty() {
        object.resource.clone()
    } else {
        format!("{}.{}", object.resource, object.group)
    };
    match placed(&word, kinds::placed(&word), impact) {
        Some(Placed::Namespaced) => reach.within(here, !single),
        Some(Placed::Cluster) if single => reach.cluster = true,
        Some(Placed::Cluster) => reach.unnamed = true,
        None => reach.anywhere = true,
    }
}

/// What the server said of a kind, else what is built in.
fn placed(word: &str, built_in: Option<Placed>, impact: &Impact) -> Option<Placed> {
    let said = impact.kinds.iter().find(|k| k.word.eq_ignore_ascii_case(word));
    let said = said.map(|k| if k.namespaced { Placed::Namespaced } else { Placed::Cluster });
    said.or(built_in)
}

/// A path: it says it all, and what it does not name has no namespace.
fn raw(objects: &[Object], reach: &mut Reach) {
    if objects.is_empty() {
        reach.anywhere = true;
    }
    for object in objects {
        match (&object.namespace, &object.name) {
            (Some(namespace), name) => reach.within(namespace, name.is_none()),
            (None, Some(name)) if object.is_namespace() => reach.within(name, true),
            (None, Some(_)) => reach.cluster = true,
            // A collection over all namespaces, or one of cluster-scoped objects.
            (None, None) if kinds::is_cluster_scoped(&object.resource) && !object.is_namespace() => {
                reach.unnamed = true;
            }
            (None, None) => reach.anywhere = true,
        }
    }
}

fn files(parsed: &Parsed<'_>, documents: &Documents, here: &str, impact: &Impact, reach: &mut Reach) {
    reach.anywhere |= !documents.unread.is_empty() || impact.gaps.iter().any(|gap| gap.what == DIFFERENT);
    // What the live system says is hit counts, whatever guard read in the files.
    reach.hits(&impact.subjects);
    for document in documents.objects.iter().filter(|d| d.is_object()) {
        let here = document.namespace().unwrap_or(here);
        if kinds::is_namespace(document.kind()) {
            reach.within(document.name(), true);
            continue;
        }
        let built_in = kinds::placed_kind(document.group(), document.kind());
        match placed(&document.full_kind(), built_in, impact) {
            Some(Placed::Namespaced) => reach.within(here, false),
            Some(Placed::Cluster) => reach.cluster = true,
            None => reach.anywhere = true,
        }
    }
    if prunes(parsed) {
        reach.prunes(impact);
    }
}

/// Whether everything that is hit was seen, and nothing remained unchecked.
pub fn saw_all(impact: &Impact) -> bool {
    impact.gaps.is_empty()
        && impact.subjects.len() as u64 == impact.subjects_total
        && impact.subjects_total > 0
}

/// Whether a whole scope goes: a namespace, everything of a kind, whatever fits `--all`. Files nobody could read count
/// as one when they are deleted; not a URL on a known local cluster, where there is little to lose and pipelines do
/// nothing else.
pub fn whole(
    parsed: &Parsed<'_>,
    worded: &Situation,
    documents: &Documents,
    impact: &Impact,
    local: bool,
) -> Whole {
    let deletes = deletes(parsed);
    let unlike = from_files(parsed) && impact.gaps.iter().any(|gap| gap.what == DIFFERENT);
    let in_files = deletes && documents.objects.iter().any(|d| takes_along(d.kind()));
    if impact.whole_scope
        || worded.whole_scope == Whole::Yes
        || worded.all_namespaces
        || prunes(parsed)
        || in_files
    {
        return Whole::Yes;
    }
    let unread = documents.unread.iter().any(|u| !(u.remote && local));
    if deletes && (unread || unlike) { Whole::Unknown } else { worded.whole_scope }
}

/// Whether more goes with an object of this kind than it owns.
fn takes_along(kind: &str) -> bool {
    kinds::is_namespace(kind) || kinds::is_definition(kind)
}

/// What only facts rule out: a scale may take claims along where the set says so (`whenScaled: Delete`, Kubernetes 1.27),
/// which neither words nor files tell. `None` where the words are the worst already.
pub fn worst(parsed: &Parsed<'_>, worded: &Situation, documents: &Documents) -> Option<Consequence> {
    let sets =
        |word: &str| matches!(word.to_ascii_lowercase().as_str(), "statefulsets" | "statefulset" | "sts");
    // A kind nobody knows may be one that keeps its claims in the same way.
    let may = |word: &str, placed: Option<Placed>| sets(word) || placed.is_none();
    if parsed.path() != "scale" {
        return None;
    }
    let named = worded.objects.iter().any(|o| may(&o.resource, kinds::placed(&o.resource)));
    let filed = from_files(parsed)
        && (!documents.unread.is_empty()
            || documents.objects.iter().any(|d| may(d.kind(), kinds::placed_kind(d.group(), d.kind()))));
    let because = "whether claims go with the replicas could not be checked".to_owned();
    (named || filed).then_some(Consequence { effect: Effect::Destroy, raises: true, because })
}

/// The objects of the documents as rules look at them. Labels of a document say nothing about those of its namespace,
/// nor about those the live object has.
pub fn objects(documents: &Documents, target: Option<&KubeTarget>, impact: &Impact) -> Vec<Object> {
    let object = |d: &Document| {
        let built_in = kinds::placed_kind(d.group(), d.kind());
        let namespaced = placed(&d.full_kind(), built_in, impact) != Some(Placed::Cluster);
        let here = d.namespace().map(str::to_owned).or_else(|| target.map(|t| t.namespace.value.clone()));
        Object {
            kind: d.kind().to_owned(),
            group: d.group().to_owned(),
            resource: String::new(),
            name: Some(d.name().to_owned()).filter(|n| !n.is_empty()),
            namespace: here.filter(|_| namespaced),
            labels: None,
        }
    };
    documents.objects.iter().filter(|d| d.is_object()).map(object).collect()
}

/// So many objects are named on the screen although the live system has not said that they are there.
const NAMED: usize = 100;

/// What the documents name, for the case that the live system could not be asked: each may well be there.
pub fn subjects(documents: &Documents, target: &KubeTarget, impact: &Impact) -> (Vec<Subject>, u64) {
    let all = objects(documents, Some(target), impact);
    let named: Vec<Object> = all.into_iter().filter(|o| o.name.is_some()).collect();
    let subject = |o: &Object| Subject {
        kind: o.kind.clone(),
        group: o.group.clone(),
        name: o.name.clone().unwrap_or_default(),
        namespace: o.namespace.clone(),
        labels_unknown: true,
        ..Subject::default()
    };
    (named.iter().take(NAMED).map(subject).collect(), named.len() as u64)
}
