//! Everything in namespaces, counted: one request per kind, several at once, metadata only, owners in front of what
//! they own. Nothing but counts and the first names is kept, whatever the size.

use super::catalog::{Catalog, Kind};
use super::http::{Answer, Api, ListMeta, Miss, parse};
use super::object::{Claim, Service, Whole};
use super::operators::{self, operator};
use super::origins::{Marks, Origins};
use super::protect::is_telling;
use crate::engine::impact::{Data, Group, Impact, Protection};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// How many names of one kind are kept.
const NAMES: usize = 5;
/// So many namespaces are listed one by one; for more, every kind is listed once for the whole cluster.
const ONE_BY_ONE: usize = 4;

/// Kinds nobody misses: they come back by themselves or only record what happened.
pub const NOISE: &[(&str, &str)] = &[
    ("", "endpoints"),
    ("", "events"),
    ("apps", "controllerrevisions"),
    ("coordination.k8s.io", "leases"),
    ("discovery.k8s.io", "endpointslices"),
    ("events.k8s.io", "events"),
    ("metrics.k8s.io", "pods"),
    ("cilium.io", "ciliumendpoints"),
];

/// Kinds whose objects often belong to a controller; they are read to the end.
const OFTEN_OWNED: &[(&str, &str)] = &[
    ("", "pods"),
    ("apps", "replicasets"),
    ("apps", "statefulsets"),
    ("batch", "jobs"),
    ("policy", "poddisruptionbudgets"),
];

/// Objects every namespace has.
const DEFAULTS: &[(&str, &str, &str)] =
    &[("", "configmaps", "kube-root-ca.crt"), ("", "serviceaccounts", "default")];

/// What lists found.
#[derive(Debug, Default)]
pub struct Inventory {
    /// Groups, data, clauses and gaps.
    pub impact: Impact,
    /// Claims, for the fate of their volumes.
    pub(super) claims: Vec<Claim>,
    /// Pods, owned or not.
    pub pods: u64,
    /// Objects that are no defaults, owned ones included.
    pub objects: u64,
    /// When the newest object was made (RFC 3339).
    pub newest: Option<String>,
    secrets: BTreeMap<String, u64>,
    releases: BTreeSet<String>,
    addresses: Vec<String>,
    finalizers: BTreeMap<(String, String), u64>,
    /// Who applied what of it.
    pub(super) origins: Origins,
}

/// Where to look.
struct Place<'a> {
    namespace: Option<&'a str>,
    only: Option<&'a HashSet<&'a str>>,
}

impl Place<'_> {
    fn has(&self, namespace: Option<&str>) -> bool {
        self.only.is_none_or(|only| namespace.is_some_and(|ns| only.contains(ns)))
    }
}

/// Everything in these namespaces.
pub async fn namespaces(api: &Api, catalog: &Catalog, names: &[String]) -> Inventory {
    let kinds = || {
        catalog.kinds.iter().filter(|k| {
            k.namespaced && k.holds_objects && !NOISE.contains(&(k.group.as_str(), k.resource.as_str()))
        })
    };
    let set: HashSet<&str> = names.iter().map(String::as_str).collect();
    let everywhere = Place { namespace: None, only: Some(&set) };
    let places: Vec<Place<'_>> = if names.len() > ONE_BY_ONE {
        vec![everywhere]
    } else {
        names.iter().map(|n| Place { namespace: Some(n), only: None }).collect()
    };
    let mut bulk = Inventory::default();
    let asked: Vec<(&Kind, &Place<'_>)> = places.iter().flat_map(|p| kinds().map(move |k| (k, p))).collect();
    for part in crate::run::tasks::gather(asked.into_iter().map(|(k, p)| one_kind(api, k, p))).await {
        bulk.add(part);
    }
    bulk.impact.gaps.extend(catalog.gaps.iter().cloned());
    bulk.finish();
    bulk
}

/// Every object of one kind, everywhere.
pub async fn whole_kind(api: &Api, kind: &Kind) -> Inventory {
    let mut bulk = one_kind(api, kind, &Place { namespace: None, only: None }).await;
    bulk.finish();
    bulk
}

impl Inventory {
    fn add(&mut self, other: Inventory) {
        self.impact.absorb(other.impact);
        self.claims.extend(other.claims);
        self.pods += other.pods;
        self.objects += other.objects;
        self.newest = self.newest.take().max(other.newest);
        for (kind, n) in other.secrets {
            *self.secrets.entry(kind).or_default() += n;
        }
        self.releases.extend(other.releases);
        self.addresses.extend(other.addresses);
        self.origins.absorb(other.origins);
        for (key, n) in other.finalizers {
            *self.finalizers.entry(key).or_default() += n;
        }
    }

    /// Turns counts into clauses, largest first.
    fn finish(&mut self) {
        self.impact.groups.retain(|g| g.count > 0);
        self.impact.groups.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.kind.cmp(&b.kind)));
        if self.pods > 0 {
            self.impact.also.push(format!(
                "{} {} stop",
                self.pods,
                if self.pods == 1 { "pod" } else { "pods" }
            ));
        }
        if !self.addresses.is_empty() {
            let word = if self.addresses.len() == 1 { "load balancer" } else { "load balancers" };
            self.impact.also.push(format!("{word} {}", first(self.addresses.iter().map(String::as_str))));
        }
        if !self.releases.is_empty() {
            let word = if self.releases.len() == 1 { "Helm release" } else { "Helm releases" };
            self.impact.also.push(format!("{word} {}", first(self.releases.iter().map(String::as_str))));
        }
        let mut types: Vec<(&String, &u64)> = self.secrets.iter().collect();
        types.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
        let types: Vec<String> = types.into_iter().map(|(kind, n)| format!("{n} {kind}")).collect();
        if !types.is_empty() {
            self.impact.also.push(format!("secrets: {}", first(types.iter().map(String::as_str))));
        }
        for ((finalizer, kind), n) in &self.finalizers {
            self.impact.protections.push(Protection {
                what: format!("finalizer {finalizer} on {n} {kind}"),
                effect: "the deletion waits for its controller".into(),
            });
        }
        self.impact.data = super::volumes::shorten(std::mem::take(&mut self.impact.data));
    }

    /// Counts one object. `owned` by a controller that is counted itself.
    fn count(&mut self, kind: &Kind, tally: &mut Group, seen: &Seen<'_>) {
        if DEFAULTS.contains(&(kind.group.as_str(), kind.resource.as_str(), seen.name)) {
            return;
        }
        self.objects += 1;
        if kind.is("", "pods") {
            self.pods += 1;
        }
        if let Some(made) = seen.made
            && self.newest.as_deref().is_none_or(|newest| newest < made)
        {
            self.newest = Some(made.to_owned());
        }
        for finalizer in seen.finalizers.iter().filter(|f| is_telling(f)) {
            *self.finalizers.entry((finalizer.to_string(), kind.kind.clone())).or_default() += 1;
        }
        if seen.owned {
            return;
        }
        tally.count += 1;
        self.origins.note(kind, seen.namespace, seen.name, &seen.marks);
        if tally.names.len() < NAMES {
            tally.names.push(seen.name.to_owned());
        }
    }
}

/// What is looked at of every object.
struct Seen<'a> {
    name: &'a str,
    namespace: Option<&'a str>,
    made: Option<&'a str>,
    owned: bool,
    finalizers: &'a [Cow<'a, str>],
    marks: Marks<'a>,
}

#[derive(Deserialize)]
struct Page<'a> {
    #[serde(default)]
    metadata: ListMeta,
    #[serde(borrow)]
    items: Option<Vec<Item<'a>>>,
    /// Rows of a table.
    #[serde(borrow)]
    rows: Option<Vec<Row<'a>>>,
}

#[derive(Deserialize)]
struct Item<'a> {
    #[serde(borrow)]
    metadata: Lean<'a>,
    /// The type of a Secret, from servers that have no tables. Its data is not read.
    #[serde(borrow, rename = "type")]
    kind: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct Row<'a> {
    cells: Vec<serde_json::Value>,
    #[serde(borrow)]
    object: RowObject<'a>,
}

#[derive(Deserialize)]
struct RowObject<'a> {
    #[serde(borrow)]
    metadata: Lean<'a>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Lean<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    namespace: Option<Cow<'a, str>>,
    #[serde(borrow)]
    creation_timestamp: Option<Cow<'a, str>>,
    owner_references: Option<Vec<LeanOwner>>,
    finalizers: Option<Vec<Cow<'a, str>>>,
    #[serde(borrow)]
    annotations: Option<LeanAnnotations<'a>>,
    #[serde(borrow)]
    labels: Option<LeanLabels<'a>>,
}

/// The annotations that say who applied an object; the others are passed over.
#[derive(Deserialize)]
struct LeanAnnotations<'a> {
    #[serde(borrow, rename = "argocd.argoproj.io/tracking-id")]
    argo: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "meta.helm.sh/release-name")]
    release: Option<Cow<'a, str>>,
}

/// The labels that say it.
#[derive(Deserialize)]
struct LeanLabels<'a> {
    #[serde(borrow, rename = "kustomize.toolkit.fluxcd.io/namespace")]
    kustomization_in: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "kustomize.toolkit.fluxcd.io/name")]
    kustomization: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "helm.toolkit.fluxcd.io/namespace")]
    helm_release_in: Option<Cow<'a, str>>,
    #[serde(borrow, rename = "helm.toolkit.fluxcd.io/name")]
    helm_release: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct LeanOwner {
    controller: Option<bool>,
}

impl Lean<'_> {
    fn owned(&self) -> bool {
        self.owner_references.iter().flatten().any(|o| o.controller == Some(true))
    }

    fn marks(&self) -> Marks<'_> {
        let labels = self.labels.as_ref();
        let annotations = self.annotations.as_ref();
        Marks {
            argo: annotations.and_then(|a| a.argo.as_deref()),
            release: annotations.and_then(|a| a.release.as_deref()),
            kustomization: labels
                .and_then(|l| Some((l.kustomization_in.as_deref()?, l.kustomization.as_deref()?))),
            helm_release: labels
                .and_then(|l| Some((l.helm_release_in.as_deref()?, l.helm_release.as_deref()?))),
        }
    }

    fn seen(&self) -> Seen<'_> {
        Seen {
            name: &self.name,
            namespace: self.namespace.as_deref(),
            marks: self.marks(),
            made: self.creation_timestamp.as_deref(),
            owned: self.owned(),
            finalizers: self.finalizers.as_deref().unwrap_or_default(),
        }
    }
}

async fn one_kind(api: &Api, kind: &Kind, place: &Place<'_>) -> Inventory {
    let mut bulk = Inventory::default();
    let answer = if kind.is("", "persistentvolumeclaims") {
        whole(api, kind, place, &mut bulk, |bulk, claim: Claim| bulk.claims.push(claim)).await
    } else if kind.is("", "services") {
        let addresses = |bulk: &mut Inventory, service: Service| {
            let addresses = service.load_balancer().into_iter().flatten();
            bulk.addresses.extend(addresses.map(str::to_owned));
        };
        whole(api, kind, place, &mut bulk, addresses).await
    } else if operator(&kind.group, &kind.kind).is_some_and(|o| o.policy.is_some()) {
        with_policy(api, kind, place, &mut bulk).await
    } else {
        metadata(api, kind, place, &mut bulk).await
    };
    match answer {
        // The kind has gone since discovery.
        Ok(()) | Err(Miss::Absent) => {}
        Err(miss) => bulk.impact.gap(kind.full(), miss.why()),
    }
    bulk
}

fn tally(kind: &Kind) -> Group {
    Group { kind: kind.kind.clone(), group: kind.group.clone(), ..Group::default() }
}

/// Claims and Services: their content matters.
async fn whole<S, T>(
    api: &Api,
    kind: &Kind,
    place: &Place<'_>,
    bulk: &mut Inventory,
    note: impl Fn(&mut Inventory, Whole<S, T>),
) -> Answer<()>
where
    Whole<S, T>: DeserializeOwned,
{
    let (objects, left) = api.list::<Whole<S, T>>(&kind.list(place.namespace), "", false, 20_000).await?;
    let mut tally = tally(kind);
    for object in objects {
        let meta = &object.metadata;
        if !place.has(meta.namespace.as_deref()) {
            continue;
        }
        let finalizers: Vec<Cow<'_, str>> =
            meta.finalizers.iter().map(|f| Cow::Borrowed(f.as_str())).collect();
        let seen = Seen {
            marks: Marks::of_meta(meta),
            name: &meta.name,
            namespace: meta.namespace.as_deref(),
            made: meta.creation_timestamp.as_deref(),
            owned: meta.controller().is_some(),
            finalizers: &finalizers,
        };
        bulk.count(kind, &mut tally, &seen);
        note(bulk, object);
    }
    tally.count += left;
    bulk.objects += left;
    bulk.impact.groups.push(tally);
    Ok(())
}

/// Objects of operators that say themselves what becomes of their data.
async fn with_policy(api: &Api, kind: &Kind, place: &Place<'_>, bulk: &mut Inventory) -> Answer<()> {
    let (objects, left) =
        api.list::<serde_json::Value>(&kind.list(place.namespace), "", false, 2_000).await?;
    let mut tally = tally(kind);
    for object in &objects {
        let text = |at: &str| object.pointer(at).and_then(|v| v.as_str());
        if !place.has(text("/metadata/namespace")) {
            continue;
        }
        let owners = object.pointer("/metadata/ownerReferences").and_then(|v| v.as_array());
        let list = object.pointer("/metadata/finalizers").and_then(|v| v.as_array());
        let finalizers: Vec<Cow<'_, str>> =
            list.into_iter().flatten().filter_map(|f| f.as_str()).map(Cow::Borrowed).collect();
        let mark = |map: &str, key: &str| object.pointer(map)?.get(key)?.as_str();
        let seen = Seen {
            marks: Marks::of(|key| mark("/metadata/annotations", key), |key| mark("/metadata/labels", key)),
            name: text("/metadata/name").unwrap_or_default(),
            namespace: text("/metadata/namespace"),
            made: text("/metadata/creationTimestamp"),
            owned: owners.into_iter().flatten().any(|o| o.get("controller") == Some(&true.into())),
            finalizers: &finalizers,
        };
        bulk.count(kind, &mut tally, &seen);
        if let Some(row) = operator(&kind.group, &kind.kind) {
            let (fate, because) = operators::fate(row, Some(object));
            bulk.impact.data.push(Data { what: format!("{} {}", row.what, seen.name), fate, because });
        }
    }
    tally.count += left;
    bulk.objects += left;
    bulk.impact.groups.push(tally);
    Ok(())
}

/// Everything else: names and owners.
async fn metadata(api: &Api, kind: &Kind, place: &Place<'_>, bulk: &mut Inventory) -> Answer<()> {
    let list = kind.list(place.namespace);
    let secrets = kind.is("", "secrets");
    let to_the_end = OFTEN_OWNED.contains(&(kind.group.as_str(), kind.resource.as_str()));
    let data = operator(&kind.group, &kind.kind);
    let (mut tally, mut token, mut left) = (tally(kind), String::new(), None);
    loop {
        let body = if secrets {
            api.table_page(&list, "", &token).await
        } else {
            api.meta_page(&list, "", &token).await
        };
        let body = match (body, left) {
            (Ok(body), _) => body,
            // The rest is known by number, though not by name.
            (Err(Miss::Why(_) | Miss::Expired), Some(n)) => {
                tally.count += n;
                bulk.objects += n;
                bulk.pods += if kind.is("", "pods") { n } else { 0 };
                break;
            }
            (Err(miss), _) => return Err(miss),
        };
        let page: Page<'_> = parse(&body)?;
        let mut owned = false;
        for item in page.items.iter().flatten() {
            if !place.has(item.metadata.namespace.as_deref()) {
                continue;
            }
            owned |= item.metadata.owned();
            bulk.count(kind, &mut tally, &item.metadata.seen());
            if let (true, Some(of)) = (secrets, &item.kind) {
                bulk.secret(of, &item.metadata.name);
            }
            if let Some(row) = data.filter(|_| !item.metadata.owned()) {
                let (fate, because) = operators::fate(row, None);
                bulk.impact.data.push(Data {
                    what: format!("{} {}", row.what, item.metadata.name),
                    fate,
                    because,
                });
            }
        }
        for row in page.rows.iter().flatten() {
            if !place.has(row.object.metadata.namespace.as_deref()) {
                continue;
            }
            owned |= row.object.metadata.owned();
            bulk.count(kind, &mut tally, &row.object.metadata.seen());
            // The columns of Secrets: name, type, number of keys, age.
            if let Some(of) = row.cells.get(1).and_then(|c| c.as_str()) {
                bulk.secret(of, &row.object.metadata.name);
            }
        }
        left = page.metadata.remaining_item_count.filter(|_| place.only.is_none());
        token = page.metadata.cont.unwrap_or_default();
        if token.is_empty() {
            break;
        }
        if let (false, false, false, None, Some(n)) = (to_the_end, owned, secrets, data, left) {
            tally.count += n;
            bulk.objects += n;
            break;
        }
    }
    bulk.impact.groups.push(tally);
    Ok(())
}

impl Inventory {
    fn secret(&mut self, of: &str, name: &str) {
        // Helm keeps one Secret per revision: sh.helm.release.v1.NAME.vN.
        if of == "helm.sh/release.v1" {
            let release = name.strip_prefix("sh.helm.release.v1.").and_then(|r| r.rsplit_once(".v"));
            self.releases.extend(release.map(|(release, _)| release.to_owned()));
        }
        let word = match of {
            "kubernetes.io/tls" => "TLS",
            "kubernetes.io/dockerconfigjson" | "kubernetes.io/dockercfg" => "registry login",
            "kubernetes.io/service-account-token" => "service account token",
            "helm.sh/release.v1" => "Helm release",
            other => other,
        };
        *self.secrets.entry(word.to_owned()).or_default() += 1;
    }
}

/// The first few of a list, and how many more.
pub fn first<'a>(all: impl Iterator<Item = &'a str>) -> String {
    let all: Vec<&str> = all.collect();
    let shown = all.iter().take(NAMES).copied().collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(NAMES) {
        0 => shown,
        n => format!("{shown} and {n} more"),
    }
}
