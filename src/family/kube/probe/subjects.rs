//! Which objects the command itself hits: the words resolved the way kubectl resolves them.

use super::Request;
use super::catalog::{Catalog, Kind};
use super::http::{Answer, Api, Meta, Miss, segment};
use super::named_objects::{Chosen, RawPath, raw_path};
use super::object::{self, Object};
use crate::engine::fact::{Source, Why};
use crate::engine::impact::{Impact, KindScope, Subject};
use crate::engine::kube::documents::{Document, Documents};

/// So many objects are looked at one by one; of more only the number is kept.
const LOOKED_AT: usize = 2_000;
/// So many are handed on by name.
const NAMED: usize = 100;

/// One object the command hits.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// Its kind.
    pub kind: Kind,
    /// What is known of it.
    pub object: Object,
}

/// One object by name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Its kind.
    pub kind: Kind,
    /// Its namespace, when it has one.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

/// The set.
#[derive(Debug, Default)]
pub struct Set {
    /// What is there.
    pub(super) found: Vec<Found>,
    /// How many there are in all.
    pub total: u64,
    /// What the server does not have.
    pub absent: Vec<Reference>,
    /// Why kubectl will refuse the words by itself.
    pub mistake: Option<String>,
    /// The raw path, when one was given.
    pub raw: Option<RawPath>,
    /// Gaps, and whether a whole scope is meant.
    pub impact: Impact,
    /// False when the manifests were not at hand.
    pub read_all: bool,
}

/// Several objects by one list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// Their kind.
    pub kind: Kind,
    /// The namespace, or everywhere.
    pub namespace: Option<String>,
    /// Selectors, as a query.
    pub query: String,
}

/// What the words choose, before any object has been looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// By name.
    pub references: Vec<Reference>,
    /// By `--all` or selectors.
    pub listings: Vec<Listing>,
}

/// Resolves what was chosen.
pub async fn resolve(api: &Api, catalog: &Catalog, request: &Request<'_>, chosen: &Chosen) -> Set {
    let mut set = Set { read_all: true, ..Set::default() };
    let plan = plan(catalog, request, chosen, &mut set);
    let asked = plan.listings.iter().map(|l| list(api, l));
    for (listing, answer) in plan.listings.iter().zip(crate::run::tasks::gather(asked).await) {
        listed(&listing.kind, answer, &mut set);
    }
    look_up(api, plan.references, &mut set).await;
    set
}

/// Reads the words against the kinds the server has. What cannot be read is noted in the set.
pub fn plan(catalog: &Catalog, request: &Request<'_>, chosen: &Chosen, set: &mut Set) -> Plan {
    let namespace = request.target.namespace.value.as_str();
    let scoped = |kind: &Kind| kind.namespaced.then(|| namespace.to_owned());
    let mut plan = Plan::default();
    match chosen {
        Chosen::Nothing => {}
        Chosen::Raw(path) => raw(catalog, path, set, &mut plan),
        Chosen::Files => {
            let Documents { objects, unread, patches: _ } = request.documents;
            set.read_all = unread.is_empty() && !objects.is_empty();
            for unread in unread {
                set.impact.gap(unread.what.clone(), unread.why.clone());
            }
            for document in objects {
                manifest(catalog, request, document, set, &mut plan.references);
            }
        }
        Chosen::Slashed(pairs) => {
            for (word, name) in pairs {
                match catalog.one(word) {
                    Some(kind) => {
                        set.said(word.clone(), kind.namespaced);
                        plan.references.push(Reference {
                            namespace: scoped(kind),
                            kind: kind.clone(),
                            name: name.clone(),
                        });
                    }
                    None => unknown_kind(catalog, word, set),
                }
            }
        }
        Chosen::Types { types, names } => {
            let mut kinds = Vec::new();
            for word in types {
                let found = catalog.find(word);
                match found.as_slice() {
                    [] => unknown_kind(catalog, word, set),
                    all => {
                        // A category may hold both; the wider counts.
                        let inside = all.iter().all(|k| k.namespaced);
                        if inside || all.iter().all(|k| !k.namespaced) {
                            set.said(word.clone(), inside);
                        }
                    }
                }
                kinds.extend(found);
            }
            if names.is_empty() {
                selected(request, &kinds, set, &mut plan.listings);
            }
            for kind in kinds {
                plan.references.extend(names.iter().map(|name| Reference {
                    namespace: scoped(kind),
                    kind: kind.clone(),
                    name: name.clone(),
                }));
            }
        }
    }
    plan
}

fn unknown_kind(catalog: &Catalog, word: &str, set: &mut Set) {
    if catalog.gaps.is_empty() {
        set.mistake = Some(format!("the server has no kind {word}"));
    } else {
        set.impact.gap(format!("kind {word}"), Why::Unsupported);
    }
}

/// Gets objects by name; several at once.
pub async fn look_up(api: &Api, references: Vec<Reference>, set: &mut Set) {
    let over = references.len().saturating_sub(LOOKED_AT);
    set.total += over as u64;
    if over > 0 {
        set.impact.gap(format!("{over} more objects"), Why::NotAsked);
    }
    let asked = references.iter().take(LOOKED_AT);
    for (one, answer) in asked.clone().zip(crate::run::tasks::gather(asked.map(|r| get(api, r))).await) {
        match answer {
            Ok(object) => {
                set.total += 1;
                set.found.push(Found { kind: one.kind.clone(), object });
            }
            Err(Miss::Absent) => set.absent.push(one.clone()),
            Err(miss) => {
                // It may well be there: it counts, by the name it was given.
                set.total += 1;
                set.impact.gap(format!("{} {}", one.kind.kind, one.name), miss.why());
                let metadata =
                    Meta { name: one.name.clone(), namespace: one.namespace.clone(), ..Meta::default() };
                let unseen = Subject { labels_unknown: true, ..subject(&one.kind, &metadata, None) };
                set.impact.subjects.push(unseen);
            }
        }
    }
}

async fn get(api: &Api, one: &Reference) -> Answer<Object> {
    object::get(api, &one.kind, &one.kind.object(one.namespace.as_deref(), &one.name)).await
}

/// `--all`, `-l`, `--field-selector`.
fn selected(request: &Request<'_>, kinds: &[&Kind], set: &mut Set, listings: &mut Vec<Listing>) {
    let parsed = request.parsed;
    let text =
        |long| parsed.last(long).map(|v| String::from_utf8_lossy(v).into_owned()).filter(|v| !v.is_empty());
    let (labels, fields) = (text("selector"), text("field-selector"));
    let all = parsed.on("all");
    // Without a name kubectl restarts every object of the kind in the namespace (`rollout_restart.go`).
    let every = parsed.path() == "rollout restart";
    if !all && !every && labels.is_none() && fields.is_none() {
        set.mistake.get_or_insert_with(|| "no name and no selector was given".to_owned());
        return;
    }
    let mut query = Vec::new();
    query.extend(labels.as_deref().map(|l| format!("labelSelector={}", segment(l))));
    query.extend(fields.as_deref().map(|f| format!("fieldSelector={}", segment(f))));
    set.impact.whole_scope |= all && fields.is_none() && labels.is_none();
    let namespace = (!request.target.all_namespaces).then_some(request.target.namespace.value.as_str());
    listings.extend(kinds.iter().map(|kind| Listing {
        kind: (*kind).clone(),
        namespace: namespace.map(str::to_owned),
        query: query.join("&"),
    }));
}

fn listed(kind: &Kind, answer: Answer<(Vec<Object>, u64)>, set: &mut Set) {
    match answer {
        Ok((objects, left)) => {
            set.total += objects.len() as u64 + left;
            if left > 0 {
                set.impact.gap(format!("{left} more {}", kind.full()), Why::NotAsked);
            }
            set.found.extend(objects.into_iter().map(|object| Found { kind: kind.clone(), object }));
        }
        // A category may name kinds that have no list.
        Err(Miss::Why(Why::Unsupported)) => {}
        Err(miss) => set.impact.gap(kind.full(), miss.why()),
    }
}

async fn list(api: &Api, listing: &Listing) -> Answer<(Vec<Object>, u64)> {
    let Listing { kind, namespace, query } = listing;
    object::list(api, kind, &kind.list(namespace.as_deref()), query, LOOKED_AT).await
}

fn raw(catalog: &Catalog, path: &str, set: &mut Set, plan: &mut Plan) {
    let Some(read) = raw_path(path) else {
        return set.impact.gap(format!("path {path}"), Why::Unsupported);
    };
    match catalog.of_resource(&read.group, &read.resource) {
        None => set.impact.gap(format!("path {path}"), Why::Unsupported),
        Some(kind) => match &read.name {
            Some(name) => plan.references.push(Reference {
                kind: kind.clone(),
                namespace: read.namespace.clone(),
                name: name.clone(),
            }),
            None => {
                set.impact.whole_scope |= !read.query.contains("Selector=");
                let query: Vec<&str> = read.query.split('&').filter(|q| q.contains("Selector=")).collect();
                plan.listings.push(Listing {
                    kind: kind.clone(),
                    namespace: read.namespace.clone(),
                    query: query.join("&"),
                });
            }
        },
    }
    set.raw = Some(read);
}

fn manifest(
    catalog: &Catalog,
    request: &Request<'_>,
    document: &Document,
    set: &mut Set,
    references: &mut Vec<Reference>,
) {
    if !document.is_object() {
        // Guard's own opinion of one document decides nothing about the others.
        return set.impact.gap("a document", Why::Failed("it has no apiVersion or kind".into()));
    }
    let Some(kind) = catalog.of_kind(document.group(), document.kind()) else {
        let what = format!("kind {} of {}", document.kind(), document.api_version());
        return set.impact.gap(what, Why::Failed("the server does not list it".into()));
    };
    set.said(document.full_kind(), kind.namespaced);
    // `generateName` names nothing that is there.
    let name = document.name();
    if name.is_empty() {
        return;
    }
    let by_flag = matches!(&request.target.namespace.from, Source::Flag(f) if f == "namespace");
    let default = request.target.namespace.value.as_str();
    let own = document.namespace();
    let namespace = kind.namespaced.then(|| own.unwrap_or(default).to_owned());
    if by_flag && kind.namespaced && own.is_some_and(|ns| ns != default) {
        let why = "its manifest and --namespace do not name the same namespace";
        set.impact.gap(name, Why::Failed(why.into()));
    }
    references.push(Reference { kind: kind.clone(), namespace, name: name.to_owned() });
}

/// The subject as it is handed on.
pub fn subject(kind: &Kind, meta: &Meta, now: Option<jiff::Timestamp>) -> Subject {
    let ago = |when: Option<&str>| {
        let when: jiff::Timestamp = when?.parse().ok()?;
        u64::try_from(now?.as_second() - when.as_second()).ok()
    };
    let age_s = ago(meta.creation_timestamp.as_deref());
    Subject {
        kind: kind.kind.clone(),
        group: kind.group.clone(),
        resource: kind.resource.clone(),
        name: meta.name.clone(),
        namespace: meta.namespace.clone(),
        uid: meta.uid.clone(),
        age_s,
        changed_s: ago(meta.last_change()).map(|c| age_s.map_or(c, |age| c.min(age))),
        labels: meta.labels.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
        labels_unknown: false,
    }
}

impl Set {
    /// Remembers what the server says of a kind.
    fn said(&mut self, word: String, namespaced: bool) {
        let one = KindScope { word, namespaced };
        if !self.impact.kinds.contains(&one) {
            self.impact.kinds.push(one);
        }
    }

    /// The subjects to hand on, first ones first.
    pub fn subjects(
        &self,
        now: jiff::Timestamp,
        namespaces: &[(String, Vec<(String, String)>)],
    ) -> Vec<Subject> {
        let found = self.found.iter().take(NAMED).map(|f| {
            let mut one = subject(&f.kind, f.object.metadata(), Some(now));
            let labels = namespaces.iter().find(|(ns, _)| one.namespace.as_ref() == Some(ns));
            one.labels_unknown = one.namespace.is_some() && labels.is_none();
            one.labels.extend(labels.iter().flat_map(|(_, l)| l.iter().cloned()));
            one
        });
        found.chain(self.impact.subjects.iter().cloned()).take(NAMED).collect()
    }
}
