//! The questions for one command, in their order: what is hit, what goes with it, what the server says to a dry run.

use super::Request;
use super::act::{Act, act};
use super::aggregated;
use super::catalog::{Catalog, Kind};
use super::copies::Copies;
use super::deletion::{self, Deeper, Manner};
use super::dry_run_diff;
use super::http::Api;
use super::named_objects::{Chosen, chosen};
use super::node::{self, Drain};
use super::object::{Object, Scalable};
use super::server_dry_run::{self, Form, Said};
use super::stops::{self, Behind};
use super::subjects::{self, Found, Reference, Set};
use super::volumes;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::grammar::cobra::Parsed;
use crate::engine::impact::{Impact, Subject};
use crate::engine::kube::content::{PatchKind, classify_manifest, classify_patch};
use crate::engine::kube::documents::{Document, Documents};
use crate::engine::kube::reach::{DIFFERENT, PRUNED};
use serde_json::Value;
use std::collections::HashMap;

/// What a change was asked about.
pub const TAKES_AWAY: &str = "what the change takes away";

/// Everything the cluster says about one command.
pub async fn probe_impact(api: &Api, request: &Request<'_>) -> Impact {
    let chosen = chosen(request.parsed);
    if chosen == Chosen::Nothing {
        let mut impact = Impact::default();
        if names_nothing(request.parsed) {
            impact.lower(Effect::Read, "kubectl will refuse this: nothing is named");
        }
        return impact;
    }
    // kubectl's own view is asked for at the same time.
    let tried = async {
        if aggregated::may_ignore_dry_run(api, request).await {
            return None;
        }
        server_dry_run::run(request, api.until()).await
    };
    let (mut impact, said) = tokio::join!(own_view(api, request, &chosen), tried);
    match said {
        None => {
            if act(request.parsed) == Act::Change && !matches!(chosen, Chosen::Raw(_)) {
                impact.impact.gap(TAKES_AWAY, Why::NotAsked);
                untried(&Untried::of(request), &[], &impact.set, &mut impact.impact);
            } else if request.parsed.path() == "replace" {
                // A PUT cannot be tried first: what it sends counts as what it may do.
                untried(&Untried::of(request), &[], &impact.set, &mut impact.impact);
            }
            impact.impact
        }
        Some((form, answer)) => kubectls_view(api, request, impact, form, answer).await,
    }
}

/// What of a command counts when its change could not be tried.
struct Untried<'a> {
    parsed: &'a Parsed<'a>,
    documents: &'a Documents,
    /// The namespace of documents that name none.
    here: &'a str,
}

impl<'a> Untried<'a> {
    fn of(request: &Request<'a>) -> Untried<'a> {
        let here = request.target.namespace.value.as_str();
        Untried { parsed: request.parsed, documents: request.documents, here }
    }
}

/// Documents the server gave no answer about count by their own words: what could go by them counts as going, unless
/// they are not there yet. `answered` holds the objects of the dry run's answer.
fn untried(of: &Untried<'_>, answered: &[Value], set: &Set, impact: &mut Impact) {
    let here = of.here;
    match of.parsed.path() {
        "apply" | "replace" => {}
        "patch" => {
            let absent = set.total == 0 && set.impact.gaps.is_empty();
            for patch in of.documents.patches.iter().filter(|_| !absent) {
                let judged = classify_patch(PatchKind::from_flag(of.parsed.last("type")), patch);
                judged.because.iter().for_each(|because| impact.raise(judged.effect, *because));
            }
            return;
        }
        _ => return,
    }
    // Where nobody answered, what the change takes away may be anything that a change can take.
    let silent = impact.gaps.iter().any(|gap| matches!(gap.why, Why::TimedOut | Why::Unreachable(_)));
    for document in &of.documents.objects {
        let (kind, name) = (document.kind(), document.name());
        let place = document.namespace().unwrap_or(here);
        let answered = answered.iter().any(|one| {
            let text = |at: &str| one.pointer(at).and_then(Value::as_str).unwrap_or_default();
            let group = text("/apiVersion").rsplit_once('/').map_or("", |(group, _)| group);
            let namespace = text("/metadata/namespace");
            text("/kind").eq_ignore_ascii_case(kind)
                && text("/metadata/name") == name
                && group == document.group()
                && (namespace.is_empty() || namespace == place)
        });
        let new = set.absent.iter().any(|one| names(document, one, here));
        if answered || new {
            continue;
        }
        if silent {
            impact.raise(Effect::Disrupt, "what the change takes away could not be tried");
        }
        let bytes = serde_json::to_vec(&document.value).unwrap_or_default();
        for judged in classify_manifest(&bytes).documents {
            for because in judged.judged.because {
                impact.raise(judged.judged.effect, format!("{kind} {name}: {because}"));
            }
        }
    }
}

/// Whether a document names this object; `here` is the namespace of documents that name none.
fn names(document: &Document, one: &Reference, here: &str) -> bool {
    document.kind().eq_ignore_ascii_case(&one.kind.kind)
        && document.group() == one.kind.group
        && document.name() == one.name
        && one.namespace.as_deref().is_none_or(|ns| ns == document.namespace().unwrap_or(here))
}

/// Whether a deletion or a scale names no object at all, in whatever way: kubectl asks for "one or more resources".
fn names_nothing(parsed: &Parsed<'_>) -> bool {
    matches!(parsed.path(), "delete" | "scale" | "rollout restart" | "rollout undo")
        && parsed.problem.is_none()
        && parsed.args.is_empty()
        && !["filename", "kustomize", "raw"].iter().any(|flag| parsed.all(flag).next().is_some())
}

/// What guard found on its own.
#[derive(Default)]
struct View {
    impact: Impact,
    set: Set,
    catalog: Catalog,
}

async fn own_view(api: &Api, request: &Request<'_>, chosen: &Chosen) -> View {
    let mut view = View::default();
    view.catalog = match Catalog::of(api).await {
        Ok(catalog) => catalog,
        Err(miss) => {
            view.impact.gap("what kinds of objects there are", miss.why());
            return view;
        }
    };
    view.set = subjects::resolve(api, &view.catalog, request, chosen).await;
    view.impact = consequences(api, request, &view.catalog, &view.set).await;
    view
}

/// What follows for the set that was found.
async fn consequences(api: &Api, request: &Request<'_>, catalog: &Catalog, set: &Set) -> Impact {
    let parsed = request.parsed;
    let mut impact = Impact {
        subjects_total: set.total,
        whole_scope: set.impact.whole_scope,
        gaps: set.impact.gaps.clone(),
        kinds: set.impact.kinds.clone(),
        ..Impact::default()
    };
    if let Some(mistake) = &set.mistake {
        impact.also.push(format!("kubectl will refuse this: {mistake}"));
    }
    let labels = deletion::namespace_labels(api, set, makes(parsed));
    let deeper = async {
        match act(parsed) {
            Act::Delete => deletion::deepen(api, catalog, set, manner(parsed)).await,
            Act::Scale => {
                let (impact, behind) =
                    tokio::join!(scaled(api, parsed, set), stops::scaled(api, parsed, set));
                Deeper { impact, behind, ..Deeper::default() }
            }
            Act::Restart => Deeper { behind: stops::restarted(api, set).await, ..Deeper::default() },
            Act::Drain => {
                let nodes: Vec<String> = set.found.iter().map(|f| f.object.metadata().name.clone()).collect();
                let how = Drain {
                    force: parsed.on("force"),
                    emptydir: parsed.on("delete-emptydir-data") || parsed.on("delete-local-data"),
                    disable_eviction: parsed.on("disable-eviction"),
                    ignore_daemonsets: parsed.on("ignore-daemonsets"),
                };
                let (impact, held) = node::drained(api, &nodes, how).await;
                let behind = Behind::of(held);
                Deeper { impact, behind, ..Deeper::default() }
            }
            Act::Change | Act::Other => Deeper { impact: raw(set, parsed), ..Deeper::default() },
        }
    };
    let copies = Copies::of(Some(&request.target.namespace.value), set, act(parsed));
    let (labels, deeper, asked) = tokio::join!(labels, deeper, copies.ask(api, catalog));
    let Deeper { impact: deeper, newest, behind, origins } = deeper;
    impact.absorb(deeper);
    let copied = copies.about(api, catalog, asked, behind, &impact);
    let (backups, definitions) = tokio::join!(copied, copies.defined(api, catalog, origins));
    (impact.backups, impact.definitions) = (backups, definitions);
    let now = jiff::Timestamp::now();
    impact.subjects = set.subjects(now, &labels);
    impact.created = created(request, set, &labels);
    // The newest object inside tells more about a namespace than the namespace's own metadata.
    if let (Some(newest), [one]) = (newest, impact.subjects.as_mut_slice())
        && let Ok(at) = newest.parse::<jiff::Timestamp>()
    {
        let ago = u64::try_from(now.as_second() - at.as_second()).unwrap_or(0);
        one.changed_s = Some(one.changed_s.map_or(ago, |c| c.min(ago)));
    }
    absent(parsed, set, &mut impact);
    impact
}

/// Whether the command makes what is not there.
fn makes(parsed: &Parsed<'_>) -> bool {
    matches!(parsed.path(), "apply" | "create" | "replace")
}

/// What the documents make anew: rules look at it as at anything else, by the labels it comes with.
fn created(request: &Request<'_>, set: &Set, namespaces: &[(String, Vec<(String, String)>)]) -> Vec<Subject> {
    if !makes(request.parsed) {
        return Vec::new();
    }
    let here = request.target.namespace.value.as_str();
    let one = |r: &Reference| {
        let mine = request.documents.objects.iter().find(|d| names(d, r, here))?;
        let around = namespaces.iter().find(|(ns, _)| r.namespace.as_ref() == Some(ns));
        let mut labels = mine.labels();
        labels.extend(around.iter().flat_map(|(_, l)| l.iter().cloned()));
        Some(Subject {
            kind: r.kind.kind.clone(),
            group: r.kind.group.clone(),
            resource: r.kind.resource.clone(),
            name: r.name.clone(),
            namespace: r.namespace.clone(),
            labels,
            labels_unknown: r.namespace.is_some() && around.is_none(),
            ..Subject::default()
        })
    };
    set.absent.iter().filter_map(one).collect()
}

/// Objects that are not there: the command fails by itself, when that is certain.
fn absent(parsed: &Parsed<'_>, set: &Set, impact: &mut Impact) {
    let hits_all_or_named = matches!(act(parsed), Act::Delete | Act::Scale | Act::Drain);
    // Without a name `rollout restart` takes every object of the kind: there only names that are not there are certain.
    let hits_named = matches!(parsed.path(), "cordon" | "taint" | "exec" | "attach")
        || parsed.path().starts_with("rollout ")
        || parsed.path().starts_with("set ");
    let named = set.mistake.is_none() && !set.absent.is_empty();
    if !(hits_all_or_named || hits_named && named) || parsed.path() == "apply" {
        return;
    }
    let certain = set.total == 0 && set.read_all && set.impact.gaps.is_empty() && impact.gaps.is_empty();
    if !set.absent.is_empty() {
        let names: Vec<String> = set.absent.iter().map(|r| format!("{} {}", r.kind.kind, r.name)).collect();
        let names = super::inventory::first(names.iter().map(String::as_str));
        impact.also.push(format!("not found: {names}"));
    }
    if certain && (set.mistake.is_some() || parsed.path() != "replace") {
        let because = if let Some(mistake) = &set.mistake {
            mistake.clone()
        } else if set.absent.is_empty() {
            "nothing found".to_owned()
        } else {
            "nothing of that name found".to_owned()
        };
        impact.lower(Effect::Read, because);
    }
}

pub fn manner(parsed: &Parsed<'_>) -> Manner {
    let orphan = matches!(
        parsed.last("cascade"),
        Some(b"orphan" | b"false" | b"f" | b"F" | b"0" | b"False" | b"FALSE")
    );
    Manner { orphan, force: parsed.on("force") || parsed.last("grace-period") == Some(b"0") }
}

/// `--raw` below subresources that destroy.
fn raw(set: &Set, parsed: &Parsed<'_>) -> Impact {
    let mut impact = Impact::default();
    let Some(raw) = &set.raw else { return impact };
    match (parsed.path(), raw.sub.as_deref()) {
        ("replace", Some("finalize")) => {
            impact.raise(
                Effect::Destroy,
                "drops the namespace's finalizers: what is still in it is left behind",
            );
        }
        ("create", Some("eviction")) => impact.raise(Effect::Disrupt, "evicts the pod"),
        // What is sent over an existing object cannot be tried first.
        ("replace", _) if set.total > 0 => {
            impact.gap(TAKES_AWAY, Why::NotAsked);
            impact.raise(Effect::Disrupt, "what is sent over the object cannot be tried first");
        }
        _ => {}
    }
    impact
}

/// Kinds whose replicas are asked for when a scale hits them; custom ones may mean anything by the word.
const SCALABLE: &[(&str, &str)] = &[
    ("", "replicationcontrollers"),
    ("apps", "deployments"),
    ("apps", "replicasets"),
    ("apps", "statefulsets"),
];

/// The most replicas any object of the set wants, when that is known of all of them.
async fn most_replicas(api: &Api, set: &Set) -> Option<i64> {
    let known = |f: &Found| SCALABLE.contains(&(f.kind.group.as_str(), f.kind.resource.as_str()));
    let all = !set.found.is_empty()
        && set.found.len() as u64 == set.total
        && set.found.len() <= 50
        && set.found.iter().all(known);
    if !all {
        return None;
    }
    let asked = set.found.iter().map(async |found| {
        if let Object::StatefulSet(one) = &found.object
            && let Some(replicas) = one.spec.replicas
        {
            return Some(replicas);
        }
        let meta = found.object.metadata();
        let path = found.kind.object(meta.namespace.as_deref(), &meta.name);
        api.json::<Scalable>(&path).await.ok()?.spec.replicas
    });
    crate::run::tasks::gather(asked)
        .await
        .into_iter()
        .collect::<Option<Vec<i32>>>()?
        .into_iter()
        .max()
        .map(i64::from)
}

async fn scaled(api: &Api, parsed: &Parsed<'_>, set: &Set) -> Impact {
    let mut impact = Impact::default();
    let to = parsed.last("replicas").and_then(|v| std::str::from_utf8(v).ok()?.trim().parse::<i64>().ok());
    let Some(to) = to else { return impact };
    if let Some(most) = most_replicas(api, set).await
        && most <= to
    {
        impact.lower(Effect::Mutate, format!("no pod stops: there are {most} replicas"));
    }
    for one in set.found.iter().filter_map(|f| f.object.stateful_set()).take(50) {
        let (name, was) = (&one.metadata.name, i64::from(one.spec.replicas.unwrap_or(1)));
        if to < was {
            impact.also.push(format!("{name}: from {was} to {to} replicas"));
        }
        if to >= was || !one.claims_go_when_scaled() {
            continue;
        }
        match stops::claims_of(api, one, |n| n >= one.start() + to).await {
            Ok(claims) => {
                let mut part = volumes::fates(api, &claims).await;
                part.data.iter_mut().for_each(|d| d.because = format!("whenScaled Delete, {}", d.because));
                impact.absorb(part);
                if !claims.is_empty() {
                    impact.raise(
                        Effect::Destroy,
                        format!("{name} has whenScaled Delete: {} claims go", claims.len()),
                    );
                }
            }
            Err(miss) => {
                impact.raise(Effect::Destroy, format!("{name} has whenScaled Delete"));
                impact.gap(format!("claims of {name}"), miss.why());
            }
        }
    }
    impact
}

/// Puts kubectl's own view beside guard's.
async fn kubectls_view(
    api: &Api,
    request: &Request<'_>,
    view: View,
    form: Form,
    answer: Result<Said, Why>,
) -> Impact {
    let View { mut impact, set, catalog } = view;
    let parsed = request.parsed;
    let prune = parsed.path() == "apply" && (parsed.on("prune") || parsed.last("applyset").is_some());
    let said = match answer {
        Ok(said) => said,
        Err(why) => {
            // For a deletion guard's own view is whole without it; a change is known by it alone.
            if form == Form::Objects {
                impact.gap(TAKES_AWAY, why);
                untried(&Untried::of(request), &[], &set, &mut impact);
            } else if prune {
                impact.gap(PRUNED, why);
            }
            return impact;
        }
    };
    match said.refusal() {
        Some(Ok(words)) => impact.refused = Some(words),
        Some(Err(words)) => impact.also.push(format!("refused in part by the server: {words}")),
        None => {}
    }
    if let Some(mistake) = said.mistake()
        && set.total == 0
    {
        impact.also.push(format!("kubectl will refuse this: {mistake}"));
        // The dry run got no further than the words, and neither does the command.
        impact.lower(Effect::Read, mistake.to_owned());
    }
    if prune {
        return pruned(api, request, &catalog, impact, &said).await;
    }
    match form {
        // What a dry run named before it failed over something else is hit all the same.
        Form::Names => differ(api, request, set, &catalog, impact, &said).await,
        Form::Objects => {
            let after = said.objects();
            if !said.ok && impact.refused.is_none() {
                let why = said.errors.first().cloned().unwrap_or_else(|| "the dry run failed".to_owned());
                impact.gap(TAKES_AWAY, Why::Failed(why));
                untried(&Untried::of(request), &after, &set, &mut impact);
            }
            dry_run_diff::compare(api, &catalog, &after, &mut impact).await;
            impact
        }
        _ => impact,
    }
}

/// `apply --prune`: what is pruned is deleted, whatever the manifests say.
async fn pruned(
    api: &Api,
    request: &Request<'_>,
    catalog: &Catalog,
    mut impact: Impact,
    said: &Said,
) -> Impact {
    if !said.ok && impact.refused.is_none() {
        let why = said.errors.first().cloned().unwrap_or_else(|| "the dry run failed".to_owned());
        impact.gap(PRUNED, Why::Failed(why));
    }
    let names = said.pruned();
    if names.is_empty() {
        if said.ok {
            impact.lower(Effect::Mutate, "nothing is pruned");
        }
        return impact;
    }
    let places = places(request);
    let set = by_name(api, catalog, &names, &places).await;
    let deeper = consequences_of_deletion(api, catalog, &set).await;
    let all: Vec<String> = names.iter().map(|(k, n)| format!("{k}/{n}")).collect();
    impact.raise(
        Effect::Destroy,
        format!("prunes {}", super::inventory::first(all.iter().map(String::as_str))),
    );
    // What is pruned stands first.
    let Impact { subjects, .. } = deeper;
    impact.subjects.splice(0..0, subjects);
    impact.absorb(Impact { subjects: Vec::new(), ..deeper });
    impact
}

async fn consequences_of_deletion(api: &Api, catalog: &Catalog, set: &Set) -> Impact {
    let copies = Copies::of(None, set, Act::Delete);
    let deeper = deletion::deepen(api, catalog, set, Manner::default());
    let (deeper, asked) = tokio::join!(deeper, copies.ask(api, catalog));
    let Deeper { mut impact, behind, .. } = deeper;
    impact.backups = copies.about(api, catalog, asked, behind, &impact).await;
    impact.subjects = set.subjects(jiff::Timestamp::now(), &[]);
    impact.subjects_total = set.total;
    impact.gaps.extend(set.impact.gaps.clone());
    impact.consequences.clear();
    impact
}

/// Namespaces an object kubectl names without one may be in.
pub fn places(request: &Request<'_>) -> Vec<String> {
    let mut places = vec![request.target.namespace.value.clone()];
    for namespace in request.documents.objects.iter().filter_map(Document::namespace) {
        if !places.iter().any(|p| p == namespace) {
            places.push(namespace.to_owned());
        }
    }
    places
}

/// Looks up objects kubectl named.
async fn by_name(api: &Api, catalog: &Catalog, names: &[(String, String)], places: &[String]) -> Set {
    let mut set = Set { read_all: true, ..Set::default() };
    for (word, name) in names {
        let Some(kind) = catalog.one(word) else {
            set.total += 1;
            set.impact.gap(format!("{word} {name}"), Why::Unsupported);
            continue;
        };
        let places: &[String] = if kind.namespaced { places } else { places.get(..1).unwrap_or_default() };
        let before = set.total;
        for place in places {
            let one = Reference {
                kind: kind.clone(),
                namespace: kind.namespaced.then(|| place.clone()),
                name: name.clone(),
            };
            subjects::look_up(api, vec![one], &mut set).await;
            if set.total > before {
                break;
            }
        }
        if set.total == before {
            set.total += 1;
            set.impact.gap(format!("{word} {name}"), Why::Failed("kubectl finds it, guard does not".into()));
        }
    }
    set.absent.clear();
    set
}

/// Two views of the same set: when they differ the larger one counts, and that they differ is said.
async fn differ(
    api: &Api,
    request: &Request<'_>,
    set: Set,
    catalog: &Catalog,
    mut impact: Impact,
    said: &Said,
) -> Impact {
    let theirs = said.names();
    let total = theirs.len() as u64;
    let mut found: HashMap<&str, Vec<&Kind>> = HashMap::new();
    for f in &set.found {
        found.entry(f.object.metadata().name.as_str()).or_default().push(&f.kind);
    }
    let missing: Vec<(String, String)> = theirs
        .into_iter()
        .filter(|(word, name)| {
            let kind = catalog.one(word);
            let kinds = found.get(name.as_str()).map(Vec::as_slice).unwrap_or_default();
            !kinds.iter().any(|f| kind.is_none_or(|k| k == *f))
        })
        .collect();
    // A dry run that failed names only what it got to.
    if missing.is_empty() && (total == set.total || !said.ok) {
        return impact;
    }
    if !missing.is_empty() && request.parsed.path() == "delete" {
        let more = by_name(api, catalog, missing.get(..200).unwrap_or(&missing), &places(request)).await;
        let deeper = consequences_of_deletion(api, catalog, &more).await;
        // How many there are in all is counted below.
        impact.absorb(Impact { subjects_total: 0, ..deeper });
    }
    // Manifests guard could not read are told by kubectl; anything else is a difference worth saying.
    if set.read_all || !missing.is_empty() {
        impact.gap(
            DIFFERENT,
            Why::Failed(format!("kubectl's dry run names {total}, guard finds {}", set.total)),
        );
    }
    impact.subjects_total = set.total.max(total);
    impact.consequences.retain(|c| c.raises);
    impact
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_without_an_object_hit_none() {
        let tool = &crate::engine::kube::kubectl::TABLE;
        for (line, want) in [
            ("delete", true),
            ("delete --all -n shop", true),
            ("rollout restart", true),
            ("delete pod", false),
            ("delete -f x", false),
            ("delete -k x", false),
            ("delete --raw /api/v1/nodes/x", false),
            ("delete --unheard-of", false),
            ("delete -- pod x", false),
            ("drain", false),
        ] {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            assert_eq!(names_nothing(&crate::engine::grammar::cobra::parse(tool, &words)), want, "{line}");
        }
    }

    #[test]
    fn a_change_nobody_could_try_counts_by_its_own_words() {
        let tool = &crate::engine::kube::kubectl::TABLE;
        let mut documents = Documents::default();
        documents.add(
            "x",
            b"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec: {replicas: 0}\n---\n\
            apiVersion: v1\nkind: PersistentVolume\nmetadata: {name: v}\n\
            spec: {persistentVolumeReclaimPolicy: Delete}\n",
        );
        documents.patches.push(br#"{"spec":{"replicas":0}}"#.to_vec());
        let said = |line: &str, answered: &[Value], set: &Set| {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            let parsed = crate::engine::grammar::cobra::parse(tool, &words);
            let mut impact = Impact::default();
            let of = Untried { parsed: &parsed, documents: &documents, here: "default" };
            untried(&of, answered, set, &mut impact);
            impact.consequences.iter().map(|c| (c.effect, c.because.clone())).collect::<Vec<_>>()
        };
        let stops = (Effect::Disrupt, "Deployment web: replicas 0: every pod stops".to_owned());
        let goes = (
            Effect::Destroy,
            "PersistentVolume v: reclaim policy Delete: the volume goes with its claim".to_owned(),
        );
        let there = Set { total: 2, read_all: true, ..Set::default() };
        assert_eq!(said("apply -f x", &[], &there), [stops.clone(), goes.clone()]);
        // One was tried, and the server's answer says what it takes away.
        let answer = |namespace: &str| {
            serde_json::json!({"apiVersion": "apps/v1", "kind": "Deployment",
                "metadata": {"name": "web", "namespace": namespace}})
        };
        assert_eq!(said("apply -f x", &[answer("default")], &there), vec![goes.clone()]);
        assert_eq!(said("apply -f x", &[answer("shop")], &there), [stops.clone(), goes.clone()]);
        // What is certainly not there is created; what was not seen may be there.
        let volume = Reference {
            kind: Kind { kind: "PersistentVolume".into(), ..Default::default() },
            namespace: None,
            name: "v".into(),
        };
        let absent = Set { absent: vec![volume], read_all: true, ..Set::default() };
        assert_eq!(said("apply -f x", &[], &absent), vec![stops.clone()]);
        assert_eq!(said("label -f x a=b", &[], &there), [], "the file only says which object");
        let patch = (Effect::Disrupt, "replicas 0: every pod stops".to_owned());
        assert_eq!(said("patch deploy web --patch-file p", &[], &there), [patch]);
        assert_eq!(said("patch deploy web --patch-file p", &[], &Set::default()), [], "nothing is there");
    }
}
