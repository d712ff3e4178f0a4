//! What kinds of objects the server knows: discovery, aggregated where the server offers it.

use super::http::{Answer, Api, Miss, null_is_default, parse, segment};
use crate::engine::fact::Why;
use crate::engine::impact::Gap;
use futures_util::StreamExt;
use futures_util::stream::FuturesOrdered;
use serde::Deserialize;

/// Everything in two answers (v2 since 1.30, v2beta1 since 1.27), or the old index when the server is older.
const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
    application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";

/// One kind of object, in the version the server prefers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kind {
    /// API group, empty for the core group.
    pub group: String,
    /// Version.
    pub version: String,
    /// Plural name, as in paths.
    pub resource: String,
    /// Singular name.
    pub singular: String,
    /// Kind.
    pub kind: String,
    /// Whether its objects live in namespaces.
    pub namespaced: bool,
    /// Short names, case-sensitive.
    pub short: Vec<String>,
    /// Categories such as `all`.
    pub categories: Vec<String>,
    /// Whether it can be listed and deleted.
    pub holds_objects: bool,
}

impl Kind {
    /// Path of the list in one namespace, or everywhere.
    pub fn list(&self, namespace: Option<&str>) -> String {
        let mut path = if self.group.is_empty() {
            format!("/api/{}", self.version)
        } else {
            format!("/apis/{}/{}", self.group, self.version)
        };
        if let (true, Some(ns)) = (self.namespaced, namespace) {
            path.push_str("/namespaces/");
            path.push_str(&segment(ns));
        }
        path.push('/');
        path.push_str(&self.resource);
        path
    }

    /// Path of one object.
    pub fn object(&self, namespace: Option<&str>, name: &str) -> String {
        format!("{}/{}", self.list(namespace), segment(name))
    }

    /// Whether it is this resource of this group.
    pub fn is(&self, group: &str, resource: &str) -> bool {
        self.group == group && self.resource == resource
    }

    /// `certificates.cert-manager.io`, as people name it.
    pub fn full(&self) -> String {
        if self.group.is_empty() {
            self.resource.clone()
        } else {
            format!("{}.{}", self.resource, self.group)
        }
    }
}

/// All kinds, in the order that decides between equal names.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// The kinds.
    pub kinds: Vec<Kind>,
    /// APIs that are announced but do not answer.
    pub gaps: Vec<Gap>,
}

#[derive(Deserialize)]
struct Groups {
    #[serde(default)]
    kind: String,
    #[serde(default, deserialize_with = "null_is_default")]
    items: Vec<GroupFound>,
    #[serde(default, deserialize_with = "null_is_default")]
    groups: Vec<OldGroup>,
}

#[derive(Deserialize)]
struct GroupFound {
    #[serde(default)]
    metadata: Named,
    #[serde(default, deserialize_with = "null_is_default")]
    versions: Vec<VersionFound>,
}

#[derive(Default, Deserialize)]
struct Named {
    #[serde(default, deserialize_with = "null_is_default")]
    name: String,
}

#[derive(Deserialize)]
struct VersionFound {
    version: String,
    #[serde(default)]
    freshness: String,
    #[serde(default, deserialize_with = "null_is_default")]
    resources: Vec<ResourceFound>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ResourceFound {
    resource: String,
    #[serde(default)]
    response_kind: Option<ResponseKind>,
    #[serde(default)]
    scope: String,
    #[serde(default)]
    singular_resource: String,
    #[serde(default, deserialize_with = "null_is_default")]
    verbs: Vec<String>,
    #[serde(default, deserialize_with = "null_is_default")]
    short_names: Vec<String>,
    #[serde(default, deserialize_with = "null_is_default")]
    categories: Vec<String>,
}

#[derive(Deserialize)]
struct ResponseKind {
    #[serde(default)]
    kind: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OldGroup {
    name: String,
    #[serde(default, deserialize_with = "null_is_default")]
    versions: Vec<OldVersion>,
    preferred_version: Option<OldVersion>,
}

#[derive(Clone, Deserialize)]
struct OldVersion {
    version: String,
}

#[derive(Deserialize)]
struct OldResources {
    #[serde(default, deserialize_with = "null_is_default")]
    resources: Vec<OldResource>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OldResource {
    name: String,
    #[serde(default)]
    singular_name: String,
    #[serde(default)]
    namespaced: bool,
    #[serde(default)]
    kind: String,
    #[serde(default, deserialize_with = "null_is_default")]
    verbs: Vec<String>,
    #[serde(default, deserialize_with = "null_is_default")]
    short_names: Vec<String>,
    #[serde(default, deserialize_with = "null_is_default")]
    categories: Vec<String>,
}

fn holds_objects(verbs: &[String]) -> bool {
    ["list", "delete"].iter().all(|verb| verbs.iter().any(|v| v == verb))
}

impl Catalog {
    /// Asks the server.
    pub async fn of(api: &Api) -> Answer<Catalog> {
        let (core, groups) = tokio::join!(api.bytes("/api", AGGREGATED), api.bytes("/apis", AGGREGATED));
        let (core, groups) = (parse::<Groups>(&core?.0)?, parse::<Groups>(&groups?.0)?);
        let mut catalog = Catalog::default();
        let mut old = FuturesOrdered::new();
        if core.kind == "APIGroupDiscoveryList" {
            catalog.take(core.items);
        } else {
            old.push_back(resources(api, "", "v1".to_owned()));
        }
        if groups.kind == "APIGroupDiscoveryList" {
            catalog.take(groups.items);
        } else {
            for group in &groups.groups {
                let first = group.preferred_version.iter();
                let rest = group.versions.iter().filter(|v| {
                    group.preferred_version.as_ref().is_none_or(|preferred| preferred.version != v.version)
                });
                for one in first.chain(rest) {
                    old.push_back(resources(api, &group.name, one.version.clone()));
                }
            }
        }
        while let Some((group, version, answer)) = old.next().await {
            match answer {
                Ok(list) => {
                    for r in list.resources.into_iter().filter(|r| !r.name.contains('/')) {
                        catalog.add(Kind {
                            group: group.to_owned(),
                            version: version.clone(),
                            singular: r.singular_name,
                            kind: r.kind,
                            namespaced: r.namespaced,
                            short: r.short_names,
                            categories: r.categories,
                            holds_objects: holds_objects(&r.verbs),
                            resource: r.name,
                        });
                    }
                }
                Err(miss) => catalog.gaps.push(Gap { what: format!("{group}/{version}"), why: miss.why() }),
            }
        }
        if catalog.kinds.is_empty() {
            return Err(Miss::Why(Why::Failed("the server names no resources".into())));
        }
        Ok(catalog)
    }

    fn take(&mut self, groups: Vec<GroupFound>) {
        for group in groups {
            for version in group.versions {
                if version.freshness == "Stale" {
                    self.gaps.push(Gap {
                        what: format!("{}/{}", group.metadata.name, version.version),
                        why: Why::Stale,
                    });
                }
                for r in version.resources {
                    let Some(response) = r.response_kind else { continue };
                    self.add(Kind {
                        group: group.metadata.name.clone(),
                        version: version.version.clone(),
                        singular: r.singular_resource,
                        kind: response.kind,
                        namespaced: r.scope == "Namespaced",
                        short: r.short_names,
                        categories: r.categories,
                        holds_objects: holds_objects(&r.verbs),
                        resource: r.resource,
                    });
                }
            }
        }
    }

    /// Keeps a kind in the first, preferred version that has it.
    fn add(&mut self, kind: Kind) {
        if !self.kinds.iter().any(|k| k.is(&kind.group, &kind.resource)) {
            self.kinds.push(kind);
        }
    }

    /// The kinds a word such as `deploy`, `Deployment`, `deployments.v1.apps` or `all` stands for, as kubectl reads it.
    pub fn find(&self, word: &str) -> Vec<&Kind> {
        let members: Vec<&Kind> =
            self.kinds.iter().filter(|k| k.categories.iter().any(|c| c == word)).collect();
        if !members.is_empty() {
            return members;
        }
        self.one(word).into_iter().collect()
    }

    /// The single kind a word stands for.
    pub fn one(&self, word: &str) -> Option<&Kind> {
        if let Some((name, rest)) = word.split_once('.')
            && let Some((version, group)) = rest.split_once('.')
            && version.starts_with('v')
            && version.get(1..2).is_some_and(|d| d.chars().all(|c| c.is_ascii_digit()))
            && let Some(kind) = self.named(name, |k| k.group == group)
        {
            return Some(kind);
        }
        let (name, group) = word.split_once('.').unwrap_or((word, ""));
        self.named(name, |k| group.is_empty() || k.group.starts_with(group))
    }

    /// Full names ignore case, short names do not; among equals the first group counts.
    fn named(&self, name: &str, fits: impl Fn(&Kind) -> bool) -> Option<&Kind> {
        let lower = name.to_lowercase();
        let full = |k: &&Kind| {
            fits(k) && (k.resource == lower || k.singular == lower || k.kind.to_lowercase() == lower)
        };
        self.kinds
            .iter()
            .find(full)
            .or_else(|| self.kinds.iter().find(|k| fits(k) && k.short.iter().any(|s| s == name)))
    }

    /// The kind with this group and kind; kubectl's mapper takes it in small letters as well (apimachinery
    /// `meta.DefaultRESTMapper`).
    pub fn of_kind(&self, group: &str, kind: &str) -> Option<&Kind> {
        self.kinds.iter().find(|k| k.group == group && k.kind.eq_ignore_ascii_case(kind))
    }

    /// The resource of this group.
    pub fn of_resource(&self, group: &str, resource: &str) -> Option<&Kind> {
        self.kinds.iter().find(|k| k.is(group, resource))
    }
}

async fn resources<'g>(
    api: &Api,
    group: &'g str,
    version: String,
) -> (&'g str, String, Answer<OldResources>) {
    let path = if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") };
    let answer = api.json(&path).await;
    (group, version, answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(group: &str, resource: &str, kind: &str, short: &[&str], categories: &[&str]) -> Kind {
        Kind {
            group: group.into(),
            version: "v1".into(),
            resource: resource.into(),
            singular: kind.to_lowercase(),
            kind: kind.into(),
            namespaced: true,
            short: short.iter().map(|s| (*s).to_owned()).collect(),
            categories: categories.iter().map(|s| (*s).to_owned()).collect(),
            holds_objects: true,
        }
    }

    #[test]
    fn words_for_kinds_are_read_as_kubectl_does() {
        let mut catalog = Catalog::default();
        for k in [
            kind("", "namespaces", "Namespace", &["ns"], &[]),
            kind("", "pods", "Pod", &["po"], &["all"]),
            kind("", "events", "Event", &["ev"], &[]),
            kind("apps", "deployments", "Deployment", &["deploy"], &["all"]),
            kind("events.k8s.io", "events", "Event", &["ev"], &[]),
            kind("db.example.com", "clusters", "Cluster", &[], &["databases"]),
            kind("cluster.x-k8s.io", "clusters", "Cluster", &["cl"], &[]),
        ] {
            catalog.add(k);
        }
        let names = |word| catalog.find(word).iter().map(|k| k.full()).collect::<Vec<_>>().join(" ");
        for (word, want) in [
            ("ns", "namespaces"),
            ("NS", ""),
            ("NAMESPACES", "namespaces"),
            ("Namespace", "namespaces"),
            ("namespaces.v1.", "namespaces"),
            ("deploy.app", "deployments.apps"),
            ("deployments.ap", "deployments.apps"),
            ("deployments.v1.apps", "deployments.apps"),
            ("all", "pods deployments.apps"),
            ("databases", "clusters.db.example.com"),
            ("events", "events"),
            ("ev.events.k8s.io", "events.events.k8s.io"),
            ("clusters", "clusters.db.example.com"),
            ("clusters.cluster.x-k8s.io", "clusters.cluster.x-k8s.io"),
            ("cl", "clusters.cluster.x-k8s.io"),
            ("nothing", ""),
        ] {
            assert_eq!(names(word), want, "{word}");
        }
    }

    #[test]
    fn paths() {
        let mut k = kind("apps", "deployments", "Deployment", &[], &[]);
        assert_eq!(k.object(Some("a"), "b c"), "/apis/apps/v1/namespaces/a/deployments/b%20c");
        assert_eq!(k.list(None), "/apis/apps/v1/deployments");
        k.namespaced = false;
        k.group = String::new();
        assert_eq!(k.list(Some("a")), "/api/v1/deployments");
    }
}
