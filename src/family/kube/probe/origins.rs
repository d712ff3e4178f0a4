//! Where else the definition of an object is: who applied it from elsewhere, by the marks it carries, and whether that still
//! holds. Sources: Argo CD's `util/argo/resource_tracking.go`, Flux's and Helm's documentation.

use super::backup::lists::everywhere;
use super::backup::{Doomed, json};
use super::catalog::{Catalog, Kind};
use super::http::{Api, Meta, segment};
use crate::engine::backup::Fate;
use crate::engine::backup::place;
use crate::engine::impact::{Definition, Elsewhere};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Who applied an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// An Application of Argo CD, by the name its tracking id gives it.
    Argo(String),
    /// A Kustomization of Flux: namespace and name.
    Kustomization(String, String),
    /// A HelmRelease of Flux: namespace and name.
    HelmRelease(String, String),
    /// A release of Helm's own.
    Helm(String),
}

/// The marks of one object.
#[derive(Clone, Copy, Debug, Default)]
pub struct Marks<'a> {
    /// Annotation `argocd.argoproj.io/tracking-id`.
    pub argo: Option<&'a str>,
    /// Labels `kustomize.toolkit.fluxcd.io/namespace` and `/name`.
    pub kustomization: Option<(&'a str, &'a str)>,
    /// Labels `helm.toolkit.fluxcd.io/namespace` and `/name`.
    pub helm_release: Option<(&'a str, &'a str)>,
    /// Annotation `meta.helm.sh/release-name`.
    pub release: Option<&'a str>,
}

/// An object by its whole name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Whole {
    /// API group, empty for the core group.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// Namespace, empty for what has none.
    pub namespace: String,
    /// Name.
    pub name: String,
}

/// Who applied what.
#[derive(Clone, Debug, Default)]
pub struct Origins(BTreeMap<Origin, BTreeSet<Whole>>);

/// Annotation of Argo CD.
pub const ARGO: &str = "argocd.argoproj.io/tracking-id";
/// Annotation of Helm.
pub const HELM: &str = "meta.helm.sh/release-name";
/// Labels of Flux.
pub const FLUX: [&str; 4] = [
    "kustomize.toolkit.fluxcd.io/namespace",
    "kustomize.toolkit.fluxcd.io/name",
    "helm.toolkit.fluxcd.io/namespace",
    "helm.toolkit.fluxcd.io/name",
];

impl<'a> Marks<'a> {
    /// Those of an object whose annotations and labels are at hand.
    pub fn of(
        annotation: impl Fn(&str) -> Option<&'a str>,
        label: impl Fn(&str) -> Option<&'a str>,
    ) -> Marks<'a> {
        let [kustomization_in, kustomization, release_in, release] = FLUX;
        Marks {
            argo: annotation(ARGO),
            kustomization: label(kustomization_in).zip(label(kustomization)),
            helm_release: label(release_in).zip(label(release)),
            release: annotation(HELM),
        }
    }

    /// The same by its metadata.
    pub fn of_meta(meta: &'a Meta) -> Marks<'a> {
        let text = |map: &'a BTreeMap<String, String>, key: &str| map.get(key).map(String::as_str);
        Marks::of(|key| text(&meta.annotations, key), |key| text(&meta.labels, key))
    }
}

impl Origins {
    /// Notes an object by its metadata.
    pub fn note_meta(&mut self, kind: &Kind, meta: &Meta) {
        self.note(kind, meta.namespace.as_deref(), &meta.name, &Marks::of_meta(meta));
    }
}

impl Marks<'_> {
    fn is_empty(&self) -> bool {
        self.argo.is_none()
            && self.kustomization.is_none()
            && self.helm_release.is_none()
            && self.release.is_none()
    }

    /// Who applied the object that carries them. A tracking id counts on the object it names: copies carry it along.
    pub fn origin(&self, of: &Whole) -> Option<Origin> {
        if let Some(id) = self.argo {
            let (app, rest) = id.split_once(':')?;
            // Of what has no namespace Argo CD writes the application's own.
            let (kind, place) = rest.split_once(':')?;
            let (namespace, name) = place.split_once('/')?;
            let same = kind == format!("{}/{}", of.group, of.kind)
                && name == of.name
                && (namespace == of.namespace || of.namespace.is_empty());
            return (same && !app.is_empty()).then(|| Origin::Argo(app.to_owned()));
        }
        let pair = |(namespace, name): (&str, &str)| (namespace.to_owned(), name.to_owned());
        if let Some((namespace, name)) = self.kustomization.map(pair) {
            return Some(Origin::Kustomization(namespace, name));
        }
        if let Some((namespace, name)) = self.helm_release.map(pair) {
            return Some(Origin::HelmRelease(namespace, name));
        }
        self.release.map(|name| Origin::Helm(name.to_owned()))
    }
}

impl Origins {
    /// Notes one object by its marks.
    pub fn note(&mut self, kind: &Kind, namespace: Option<&str>, name: &str, marks: &Marks<'_>) {
        if marks.is_empty() {
            return;
        }
        let whole = Whole {
            group: kind.group.clone(),
            kind: kind.kind.clone(),
            namespace: namespace.unwrap_or_default().to_owned(),
            name: name.to_owned(),
        };
        if let Some(origin) = marks.origin(&whole) {
            self.0.entry(origin).or_default().insert(whole);
        }
    }

    /// Takes in what another list found.
    pub fn absorb(&mut self, other: Origins) {
        for (origin, objects) in other.0 {
            self.0.entry(origin).or_default().extend(objects);
        }
    }

    /// Whether nothing carries such a mark.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What became of them: each with how many objects it brings back, and whether one can rely on it.
    pub async fn look_up(self, api: &Api, catalog: &Catalog, doomed: &Doomed) -> Vec<Definition> {
        let apps: BTreeSet<&str> = self
            .0
            .keys()
            .filter_map(|origin| if let Origin::Argo(app) = origin { Some(app.as_str()) } else { None })
            .collect();
        let apps = applications(api, catalog, &apps);
        let flux = async {
            let asked = self.0.keys().map(async |origin| flux(api, catalog, origin).await);
            crate::run::tasks::gather(asked).await
        };
        let (apps, flux) = tokio::join!(apps, flux);
        let mut all = Vec::new();
        for ((origin, objects), flux) in self.0.iter().zip(flux) {
            all.extend(match origin {
                Origin::Argo(app) => of_argo(app, objects, &apps, doomed),
                Origin::Kustomization(_, name) => {
                    vec![of_flux(&format!("Flux {name}"), objects, flux, doomed)]
                }
                Origin::HelmRelease(_, name) => {
                    vec![of_flux(&format!("Flux release {name}"), objects, flux, doomed)]
                }
                Origin::Helm(name) => vec![Definition {
                    by: format!("Helm {name}"),
                    count: objects.len() as u64,
                    at: String::new(),
                    elsewhere: Elsewhere::No("its release is in the cluster only".to_owned()),
                }],
            });
        }
        all
    }
}

/// An Application as far as one can rely on it.
struct Application {
    name: String,
    namespace: String,
    repositories: Vec<String>,
    synced: bool,
    broken: bool,
    resources: BTreeSet<Whole>,
}

/// The Applications of these names; `None` when they could not be read.
async fn applications(api: &Api, catalog: &Catalog, names: &BTreeSet<&str>) -> Option<Vec<Application>> {
    let kind = catalog.of_resource("argoproj.io", "applications")?;
    if names.is_empty() {
        return Some(Vec::new());
    }
    let form = |of: &Value| {
        let name = json::owned(of, "/metadata/name")?;
        let namespace = json::owned(of, "/metadata/namespace").unwrap_or_default();
        // In any namespace but its own Argo CD says the namespace as well.
        let wanted = names.contains(name.as_str()) || names.contains(format!("{namespace}_{name}").as_str());
        let part = |one: &Value, at: &str| json::owned(one, at).unwrap_or_default();
        let resources = json::list(of, "/status/resources").map(|one| Whole {
            group: part(one, "/group"),
            kind: part(one, "/kind"),
            namespace: part(one, "/namespace"),
            name: part(one, "/name"),
        });
        wanted.then(|| Application {
            repositories: json::owned(of, "/spec/source/repoURL")
                .into_iter()
                .chain(json::list(of, "/spec/sources").filter_map(|one| json::owned(one, "/repoURL")))
                .collect(),
            synced: json::text(of, "/status/sync/status") == Some("Synced"),
            broken: json::list(of, "/status/conditions")
                .any(|one| json::text(one, "/type").is_some_and(|kind| kind.ends_with("Error"))),
            resources: resources.collect(),
            name,
            namespace,
        })
    };
    let listed = everywhere(api, kind, "", &[], form).await;
    (listed.whole() || !listed.items.is_empty()).then_some(listed.items)
}

fn of_argo(
    app: &str,
    objects: &BTreeSet<Whole>,
    apps: &Option<Vec<Application>>,
    doomed: &Doomed,
) -> Vec<Definition> {
    let one = |count: usize, at: &str, elsewhere: Elsewhere| Definition {
        by: format!("Argo CD {app}"),
        count: count as u64,
        at: at.to_owned(),
        elsewhere,
    };
    let named = |a: &&Application| a.name == app || format!("{}_{}", a.namespace, a.name) == app;
    let Some(found) = apps.as_ref().and_then(|apps| apps.iter().find(named)) else {
        let why =
            if apps.is_some() { "the application is not there" } else { "the application could not be read" };
        return vec![one(objects.len(), "", Elsewhere::Doubtful(why.to_owned()))];
    };
    let first = found.repositories.first().map(|one| place::shown(one)).unwrap_or_default();
    let away = elsewhere(&found.repositories, &found.namespace, doomed);
    let doubt = if !found.synced {
        Some("not Synced")
    } else if found.broken {
        Some("it reports an error")
    } else if found.repositories.is_empty() {
        Some("its repository is not said")
    } else {
        None
    };
    if let Some(doubt) = doubt {
        return vec![one(objects.len(), &first, Elsewhere::Doubtful(doubt.to_owned()))];
    }
    let listed = objects.iter().filter(|object| found.resources.contains(object)).count();
    let elsewhere = away.unwrap_or_else(|| Elsewhere::Yes("Synced".to_owned()));
    let mut all = Vec::new();
    if listed > 0 {
        all.push(one(listed, &first, elsewhere));
    }
    if listed < objects.len() {
        let why = "it does not list them".to_owned();
        all.push(one(objects.len() - listed, "", Elsewhere::Doubtful(why)));
    }
    all
}

/// Why these repositories are no other place, where they are none.
fn elsewhere(repositories: &[String], here: &str, doomed: &Doomed) -> Option<Elsewhere> {
    let mut worst = None;
    for repository in repositories {
        let stored = doomed.stored(repository, None, here);
        match stored.fate {
            Fate::Command => return Some(Elsewhere::No("its repository goes with this command".to_owned())),
            Fate::Cluster => worst = Some(Elsewhere::No("its repository is in this cluster".to_owned())),
            Fate::Nothing => {}
            _ => {
                let unknown = Elsewhere::Doubtful("where its repository is, nobody knows".to_owned());
                worst = worst.or(Some(unknown));
            }
        }
    }
    worst
}

/// An object of Flux's, and the address of its source.
struct Flux {
    object: Value,
    source: Option<String>,
    namespace: String,
}

/// What Flux says of one of its own; `None` of what is no such object.
async fn flux(api: &Api, catalog: &Catalog, origin: &Origin) -> Option<Result<Flux, String>> {
    let (group, resource, namespace, name) = match origin {
        Origin::Kustomization(namespace, name) => {
            ("kustomize.toolkit.fluxcd.io", "kustomizations", namespace, name)
        }
        Origin::HelmRelease(namespace, name) => ("helm.toolkit.fluxcd.io", "helmreleases", namespace, name),
        Origin::Argo(_) | Origin::Helm(_) => return None,
    };
    let Some(kind) = catalog.of_resource(group, resource) else {
        return Some(Err("Flux is not there any more".to_owned()));
    };
    let path = format!("{}/{}", kind.list(Some(namespace)), segment(name));
    let object = match api.json::<Value>(&path).await {
        Ok(object) => object,
        Err(miss) => return Some(Err(miss.why().to_string())),
    };
    let places = ["/spec/sourceRef", "/spec/chartRef", "/spec/chart/spec/sourceRef"];
    let reference = places.iter().find_map(|at| object.pointer(at));
    let mut source = None;
    if let Some((reference, kind)) = reference
        .and_then(|of| Some((of, catalog.of_kind("source.toolkit.fluxcd.io", json::text(of, "/kind")?)?)))
    {
        let own = json::text(reference, "/namespace").unwrap_or(namespace);
        let path = kind.object(Some(own), json::text(reference, "/name").unwrap_or_default());
        if let Ok(found) = api.json::<Value>(&path).await {
            // A bucket says its server, anything else its address.
            source = json::owned(&found, "/spec/url").or_else(|| {
                json::owned(&found, "/spec/endpoint").map(|endpoint| format!("https://{endpoint}"))
            });
        }
    }
    Some(Ok(Flux { object, source, namespace: namespace.clone() }))
}

fn of_flux(
    by: &str,
    objects: &BTreeSet<Whole>,
    found: Option<Result<Flux, String>>,
    doomed: &Doomed,
) -> Definition {
    let ready = |of: &Value| {
        json::list(of, "/status/conditions").any(|condition| {
            json::text(condition, "/type") == Some("Ready")
                && json::text(condition, "/status") == Some("True")
        })
    };
    let (at, elsewhere) = match found {
        Some(Ok(Flux { object: of, source, namespace })) => {
            let revision = json::text(&of, "/status/lastAppliedRevision").unwrap_or_default();
            let elsewhere = if json::flag(&of, "/spec/suspend") {
                Elsewhere::Doubtful("it is suspended".to_owned())
            } else if !ready(&of) {
                Elsewhere::Doubtful("not Ready".to_owned())
            } else {
                let away =
                    source.as_ref().map(|source| elsewhere(std::slice::from_ref(source), &namespace, doomed));
                match away {
                    Some(None) => Elsewhere::Yes("Ready".to_owned()),
                    Some(Some(not)) => not,
                    None => Elsewhere::Doubtful("its source could not be read".to_owned()),
                }
            };
            (revision.to_owned(), elsewhere)
        }
        Some(Err(why)) => (String::new(), Elsewhere::Doubtful(why)),
        None => (String::new(), Elsewhere::Doubtful("it could not be read".to_owned())),
    };
    Definition { by: by.to_owned(), count: objects.len() as u64, at, elsewhere }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn web() -> Whole {
        let [group, kind, namespace, name] = ["apps", "Deployment", "shop", "web"].map(str::to_owned);
        Whole { group, kind, namespace, name }
    }

    #[test]
    fn a_tracking_id_counts_on_the_object_it_names() {
        let origin = |id: &str| Marks { argo: Some(id), ..Marks::default() }.origin(&web());
        assert_eq!(origin("shop:apps/Deployment:shop/web"), Some(Origin::Argo("shop".to_owned())));
        assert_eq!(origin("ns_shop:apps/Deployment:shop/web"), Some(Origin::Argo("ns_shop".to_owned())));
        // Copied along with the annotations of another object.
        assert_eq!(origin("shop:apps/Deployment:shop/api"), None);
        assert_eq!(origin("shop"), None);
        assert_eq!(origin(":apps/Deployment:shop/web"), None);
        let [group, kind, namespace, name] = ["", "ClusterRole", "", "reader"].map(str::to_owned);
        let role = Whole { group, kind, namespace, name };
        let marks = Marks { argo: Some("shop:/ClusterRole:shop/reader"), ..Marks::default() };
        assert_eq!(marks.origin(&role), Some(Origin::Argo("shop".to_owned())));
    }

    #[test]
    fn the_strongest_mark_counts() {
        let marks = Marks {
            kustomization: Some(("flux-system", "apps")),
            release: Some("index"),
            ..Marks::default()
        };
        assert_eq!(
            marks.origin(&web()),
            Some(Origin::Kustomization("flux-system".to_owned(), "apps".to_owned()))
        );
        assert_eq!(
            Marks { release: Some("index"), ..Marks::default() }.origin(&web()),
            Some(Origin::Helm("index".to_owned()))
        );
        assert_eq!(Marks::default().origin(&web()), None);
    }
}
