//! What a deletion takes, as the requests that fetch it: for the copy that is made before it runs.

use super::catalog::{Catalog, Kind};
use super::http::{Api, Meta};
use super::named_objects::{Chosen, chosen};
use super::subjects::{self, Listing, Plan, Reference, Set};
use super::{Request, aggregated};
use super::{impact, server_dry_run};
use crate::engine::grammar::cobra::Parsed;
use crate::engine::impact::Gap;
use crate::engine::kube::reach::{self, PRUNED, prunes};
use serde::Deserialize;
use std::collections::{BTreeSet, HashSet};

/// Kinds of which nothing can be brought back: the server or a controller writes them anew, or they only record.
pub const NOT_WORTH_KEEPING: &[(&str, &str)] = super::inventory::NOISE;

/// Objects owned by what is deleted are looked for in so many namespaces.
const NAMESPACES: usize = 8;
/// So many owned objects are fetched one by one.
const OWNED: usize = 2_000;

/// What to fetch.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Objects by name.
    pub objects: Vec<Reference>,
    /// Lists.
    pub lists: Vec<Listing>,
    /// What could not be worked out.
    pub gaps: Vec<Gap>,
}

/// Whether a command deletes objects whose manifests can be kept: also by `delete --raw`, not by `replace --raw`.
pub fn deletes(parsed: &Parsed<'_>) -> bool {
    reach::deletes(parsed) && !(parsed.path() == "replace" && parsed.last("raw").is_some())
}

/// Works out what the command deletes, the same way the probe does.
pub async fn aim(api: &Api, catalog: &Catalog, request: &Request<'_>) -> Selection {
    let chosen = chosen(request.parsed);
    let mut set = Set { read_all: true, ..Set::default() };
    let mut aim = Selection { gaps: catalog.gaps.clone(), ..Selection::default() };
    let takes = !prunes(request.parsed) || request.parsed.on("force");
    let Plan { references, listings } =
        if takes { subjects::plan(catalog, request, &chosen, &mut set) } else { Plan::default() };
    (aim.objects, aim.lists) = (references, listings);
    // `delete --raw …/SUBRESOURCE` is not the object.
    if set.raw.as_ref().is_some_and(|raw| raw.sub.is_some()) {
        aim.objects.clear();
    }
    aim.gaps.append(&mut set.impact.gaps);
    // What of them could not be read stands among the gaps already.
    if chosen == Chosen::Files && request.documents.objects.is_empty() && request.documents.unread.is_empty()
    {
        aim.gaps.push(gap("the manifests named by -f or -k", "their contents are not at hand"));
    }
    if request.parsed.path() == "apply" && prunes(request.parsed) {
        pruned(api, catalog, request, &mut aim).await;
    }
    by_name(api, &mut aim).await;
    everything(catalog, &mut aim);
    aim
}

fn gap(what: impl Into<String>, why: &str) -> Gap {
    Gap { what: what.into(), why: crate::engine::fact::Why::Failed(why.to_owned()) }
}

/// What `apply --prune` would delete is known by kubectl's own dry run alone.
async fn pruned(api: &Api, catalog: &Catalog, request: &Request<'_>, aim: &mut Selection) {
    if aggregated::may_ignore_dry_run(api, request).await {
        return aim.gaps.push(gap("what --prune deletes", "it cannot be tried first"));
    }
    let said = match server_dry_run::run(request, api.until()).await {
        Some((_, Ok(said))) if said.ok => said,
        Some((_, Ok(_))) => return aim.gaps.push(gap(PRUNED, "the dry run failed")),
        Some((_, Err(why))) => return aim.gaps.push(Gap { what: PRUNED.into(), why }),
        None => return aim.gaps.push(gap(PRUNED, "it cannot be tried first")),
    };
    let places = impact::places(request);
    for (word, name) in said.pruned() {
        let Some(kind) = catalog.one(&word) else {
            aim.gaps.push(gap(format!("{word} {name}"), "not supported by the server"));
            continue;
        };
        // kubectl does not say the namespace; what is not there is no gap.
        let places = if kind.namespaced { places.as_slice() } else { places.get(..1).unwrap_or_default() };
        aim.objects.extend(places.iter().map(|place| Reference {
            kind: kind.clone(),
            namespace: kind.namespaced.then(|| place.clone()),
            name: name.clone(),
        }));
    }
}

/// Selected namespaces and definitions take along what is in them, so they are needed by name.
async fn by_name(api: &Api, aim: &mut Selection) {
    #[derive(Deserialize)]
    struct One {
        metadata: Meta,
    }
    let takes_along =
        |k: &Kind| k.is("", "namespaces") || k.is("apiextensions.k8s.io", "customresourcedefinitions");
    let (named, left): (Vec<Listing>, Vec<Listing>) =
        std::mem::take(&mut aim.lists).into_iter().partition(|l| takes_along(&l.kind));
    aim.lists = left;
    for listing in named {
        match api.list::<One>(&listing.kind.list(None), &listing.query, true, 20_000).await {
            Ok((items, _)) => aim.objects.extend(items.into_iter().map(|i| Reference {
                kind: listing.kind.clone(),
                namespace: None,
                name: i.metadata.name,
            })),
            Err(miss) => aim.gaps.push(Gap { what: listing.kind.full(), why: miss.why() }),
        }
    }
}

/// Namespaces take everything in them along, definitions all objects of their kind.
fn everything(catalog: &Catalog, aim: &mut Selection) {
    for object in &aim.objects {
        if !object.kind.is("apiextensions.k8s.io", "customresourcedefinitions") {
            continue;
        }
        // Its name is always the plural and the group (apiextensions validation).
        let kind = object.name.split_once('.').and_then(|(plural, group)| catalog.of_resource(group, plural));
        aim.lists.extend(kind.map(|kind| Listing {
            kind: kind.clone(),
            namespace: None,
            query: String::new(),
        }));
    }
    let gone: BTreeSet<String> =
        aim.objects.iter().filter(|o| o.kind.is("", "namespaces")).map(|o| o.name.clone()).collect();
    for namespace in gone {
        aim.lists.extend(contents(catalog).map(|kind| Listing {
            kind: kind.clone(),
            namespace: Some(namespace.clone()),
            query: String::new(),
        }));
    }
}

/// The kinds of a namespace that are worth keeping.
pub fn contents(catalog: &Catalog) -> impl Iterator<Item = &Kind> {
    catalog.kinds.iter().filter(|k| {
        k.namespaced
            && k.holds_objects
            && !NOT_WORTH_KEEPING.contains(&(k.group.as_str(), k.resource.as_str()))
    })
}

/// Objects that the garbage collector takes after these owners (by uid), in their namespaces.
///
/// Metadata of everything in the namespaces is read once; what belongs to a controller that is named here is left
/// out where `remade` says that the controller makes it again.
pub async fn owned(
    api: &Api,
    catalog: &Catalog,
    namespaces: &BTreeSet<String>,
    owners: HashSet<String>,
    remade: impl Fn(&Kind, &Meta) -> bool,
) -> (Vec<Reference>, Vec<Gap>) {
    #[derive(Deserialize)]
    struct One {
        metadata: Meta,
    }
    let mut gaps = Vec::new();
    if namespaces.len() > NAMESPACES {
        gaps.push(gap(
            format!("what is owned in {} more namespaces", namespaces.len() - NAMESPACES),
            "not asked",
        ));
    }
    let asked: Vec<(&Kind, &String)> = namespaces
        .iter()
        .take(NAMESPACES)
        .flat_map(|ns| contents(catalog).map(move |kind| (kind, ns)))
        .collect();
    let answers = crate::run::tasks::gather(
        asked
            .iter()
            .map(|(kind, ns)| async move { api.list::<One>(&kind.list(Some(ns)), "", true, 20_000).await }),
    )
    .await;
    let mut all: Vec<(&Kind, Meta)> = Vec::new();
    for ((kind, ns), answer) in asked.iter().zip(answers) {
        match answer {
            // Owned objects alone are of interest; the rest of a large namespace is not held.
            Ok((items, _)) => all.extend(
                items
                    .into_iter()
                    .filter(|i| !i.metadata.owner_references.is_empty())
                    .map(|i| (*kind, i.metadata)),
            ),
            Err(super::http::Miss::Absent) => {}
            Err(miss) => {
                gaps.push(Gap { what: format!("owned {} in {ns}", kind.full()), why: miss.why() });
            }
        }
    }
    let (mut gone, mut found) = (owners, Vec::new());
    loop {
        let before = all.len();
        let mut left = Vec::new();
        for (kind, meta) in all {
            if meta.owner_references.iter().all(|o| gone.contains(&o.uid)) {
                gone.extend(meta.uid.clone());
                if !remade(kind, &meta) {
                    found.push(Reference {
                        kind: kind.clone(),
                        namespace: meta.namespace.clone(),
                        name: meta.name.clone(),
                    });
                }
            } else {
                left.push((kind, meta));
            }
        }
        all = left;
        if all.len() == before {
            break;
        }
    }
    if found.len() > OWNED {
        gaps.push(gap(format!("{} more owned objects", found.len() - OWNED), "not asked"));
        found.truncate(OWNED);
    }
    (found, gaps)
}
