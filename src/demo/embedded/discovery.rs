//! What the server says about itself: discovery in both forms, and as much OpenAPI as kubectl asks for.

use super::kinds::Kind;
use serde_json::{Map, Value, json};

/// Content type of aggregated discovery.
pub const AGGREGATED: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

fn gvk(kind: &Kind) -> Value {
    json!({"group": kind.group, "version": kind.version, "kind": kind.kind})
}

/// Group, version, resources; in the order of the table, the core group apart.
fn grouped(kinds: &[Kind]) -> Vec<(String, String, Vec<Kind>)> {
    let mut out: Vec<(String, String, Vec<Kind>)> = Vec::new();
    for kind in kinds {
        match out.iter_mut().find(|(g, v, _)| *g == kind.group && *v == kind.version) {
            Some((_, _, list)) => list.push(kind.clone()),
            None => out.push((kind.group.clone(), kind.version.clone(), vec![kind.clone()])),
        }
    }
    out
}

/// `/api` (`core`) or `/apis` in the aggregated form. `stale` are aggregated APIs whose server does not answer.
pub fn aggregated(kinds: &[Kind], core: bool, stale: &[(String, String)]) -> Value {
    let mut items = Vec::new();
    for (group, version, list) in grouped(kinds).into_iter().filter(|(g, _, _)| g.is_empty() == core) {
        let resources: Vec<Value> = list.iter().map(discovered).collect();
        // The core group goes without a name, as the real server writes it.
        let mut metadata = json!({"creationTimestamp": null});
        if !group.is_empty() {
            metadata["name"] = group.into();
        }
        items.push(json!({
            "metadata": metadata,
            "versions": [{"version": version, "freshness": "Current", "resources": resources}],
        }));
    }
    for (group, version) in stale.iter().filter(|_| !core) {
        items.push(json!({"metadata": {"name": group, "creationTimestamp": null},
            "versions": [{"version": version, "freshness": "Stale"}]}));
    }
    json!({"kind": "APIGroupDiscoveryList", "apiVersion": "apidiscovery.k8s.io/v2", "metadata": {}, "items": items})
}

fn discovered(kind: &Kind) -> Value {
    let mut out = json!({
        "resource": kind.plural, "responseKind": gvk(kind), "scope": if kind.namespaced { "Namespaced" } else { "Cluster" },
        "singularResource": kind.kind.to_lowercase(), "verbs": kind.verbs(),
    });
    if !kind.short.is_empty() {
        out["shortNames"] = json!(kind.short);
    }
    if !kind.categories.is_empty() {
        out["categories"] = json!(kind.categories);
    }
    let subresources: Vec<Value> = kind
        .subresources
        .iter()
        .map(|name| {
            let (response, verbs) = subresource(kind, name);
            json!({"subresource": name, "responseKind": response, "verbs": verbs})
        })
        .collect();
    if !subresources.is_empty() {
        out["subresources"] = subresources.into();
    }
    out
}

fn subresource(kind: &Kind, name: &str) -> (Value, Vec<&'static str>) {
    match name {
        "scale" => (
            json!({"group": "autoscaling", "version": "v1", "kind": "Scale"}),
            vec!["get", "patch", "update"],
        ),
        "eviction" => (json!({"group": "policy", "version": "v1", "kind": "Eviction"}), vec!["create"]),
        "finalize" => (gvk(kind), vec!["update"]),
        _ => (gvk(kind), vec!["get", "patch", "update"]),
    }
}

/// `/api` in the old form.
pub fn versions() -> Value {
    json!({"kind": "APIVersions", "versions": ["v1"],
        "serverAddressByClientCIDRs": [{"clientCIDR": "0.0.0.0/0", "serverAddress": "127.0.0.1"}]})
}

fn group(name: &str, version: &str) -> Value {
    let this = json!({"groupVersion": format!("{name}/{version}"), "version": version});
    json!({"name": name, "versions": [this], "preferredVersion": this})
}

/// `/apis` in the old form.
pub fn groups(kinds: &[Kind], stale: &[(String, String)]) -> Value {
    let served = grouped(kinds).into_iter().map(|(g, v, _)| (g, v)).filter(|(g, _)| !g.is_empty());
    let all: Vec<Value> = served.chain(stale.iter().cloned()).map(|(g, v)| group(&g, &v)).collect();
    json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": all})
}

/// `/apis/GROUP`.
pub fn one_group(kinds: &[Kind], name: &str) -> Option<Value> {
    let kind = kinds.iter().find(|k| k.group == name && !name.is_empty())?;
    let mut out = group(name, &kind.version);
    out["kind"] = "APIGroup".into();
    out["apiVersion"] = "v1".into();
    Some(out)
}

/// `/api/v1` or `/apis/GROUP/VERSION`.
pub fn resources(kinds: &[Kind], group: &str, version: &str) -> Option<Value> {
    let here: Vec<&Kind> = kinds.iter().filter(|k| k.group == group && k.version == version).collect();
    let first = here.first()?;
    let mut list = Vec::new();
    for kind in &here {
        let mut row = json!({"name": kind.plural, "singularName": kind.kind.to_lowercase(), "namespaced": kind.namespaced,
            "kind": kind.kind, "verbs": kind.verbs()});
        if !kind.short.is_empty() {
            row["shortNames"] = json!(kind.short);
        }
        if !kind.categories.is_empty() {
            row["categories"] = json!(kind.categories);
        }
        list.push(row);
        for name in &kind.subresources {
            let (response, verbs) = subresource(kind, name);
            list.push(json!({"name": format!("{}/{name}", kind.plural), "singularName": "", "namespaced": kind.namespaced,
                "group": response["group"], "version": response["version"], "kind": response["kind"], "verbs": verbs}));
        }
    }
    Some(
        json!({"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": first.api_version(), "resources": list}),
    )
}

fn base(kind: &Kind) -> String {
    if kind.group.is_empty() {
        format!("api/{}", kind.version)
    } else {
        format!("apis/{}/{}", kind.group, kind.version)
    }
}

/// `/openapi/v3`.
pub fn openapi_index(kinds: &[Kind]) -> Value {
    let mut paths = Map::new();
    for kind in kinds {
        let base = base(kind);
        paths.insert(base.clone(), json!({"serverRelativeURL": format!("/openapi/v3/{base}?hash=1")}));
    }
    json!({"paths": paths})
}

/// `/openapi/v3/BASE`: the paths with their kinds and the parameters kubectl looks for. It carries no schemas: the
/// server takes any fields.
pub fn openapi(kinds: &[Kind], of: &str) -> Option<Value> {
    let mut paths = Map::new();
    for kind in kinds.iter().filter(|k| base(k) == of) {
        let place = if kind.namespaced { "/namespaces/{namespace}" } else { "" };
        let query = |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string", "uniqueItems": true}});
        let operation = json!({
            "x-kubernetes-group-version-kind": gvk(kind), "parameters": [query("dryRun"), query("fieldValidation")],
            "responses": {"200": {"description": "OK"}},
        });
        paths.insert(format!("/{of}{place}/{}", kind.plural), json!({"post": operation}));
        paths.insert(
            format!("/{of}{place}/{}/{{name}}", kind.plural),
            json!({"patch": operation, "put": operation, "delete": operation}),
        );
    }
    (!paths.is_empty()).then(|| {
        json!({"openapi": "3.0.0", "info": {"title": "Kubernetes", "version": "unversioned"}, "paths": paths,
            "components": {"schemas": {}}})
    })
}
