//! One request to the embedded server: what it addresses, whether the user may, what it does.

use super::discovery;
use super::kinds::Kind;
use super::patch;
use super::select::Selector;
use super::status::Reply;
use super::store::{Cascade, Deleted, Key, Object, Store, now};
use super::{Rights, Settings, User};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use std::sync::Arc;

/// A request as it came in.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// `GET`, `DELETE` …
    pub method: String,
    /// Path without the query.
    pub path: String,
    /// Decoded query parameters in their order.
    pub query: Vec<(String, String)>,
    /// `Accept`.
    pub accept: String,
    /// `Content-Type`.
    pub content_type: String,
    /// `User-Agent`.
    pub agent: String,
    /// Body.
    pub body: Vec<u8>,
}

impl Request {
    /// A query parameter that is there and not empty.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str()).filter(|v| !v.is_empty())
    }
}

/// What goes back.
pub enum Answer {
    /// A whole answer.
    Whole(Reply),
    /// A stream of changes of a resource.
    Watch(Box<Watch>),
}

/// A watch to be served.
pub struct Watch {
    /// The kind watched.
    pub kind: Kind,
    /// One namespace, or all.
    pub namespace: Option<String>,
    /// Label selector.
    pub labels: Selector,
    /// Field selector.
    pub fields: Selector,
    /// Changes after this resource version; 0 starts with what is there.
    pub after: u64,
    /// Seconds until the server ends the stream.
    pub seconds: u64,
}

impl Watch {
    /// Whether an object belongs into the stream.
    pub fn fits(&self, object: &Object) -> bool {
        self.namespace.as_deref().is_none_or(|ns| ns == object.meta_str("namespace"))
            && self.labels.labels_fit(&object.value)
            && self.fields.fields_fit(&object.value)
    }
}

/// What a path under `/api/v1` or `/apis/G/V` addresses.
#[derive(Debug)]
pub struct Place {
    /// API group.
    pub group: String,
    /// API version.
    pub version: String,
    /// Namespace in the path.
    pub namespace: Option<String>,
    /// Plural name of the resource.
    pub plural: String,
    /// Name in the path.
    pub name: Option<String>,
    /// Subresource.
    pub sub: Option<String>,
}

impl Place {
    /// Reads a resource path.
    pub fn of(path: &str) -> Option<Place> {
        let words: Vec<&str> = path.trim_matches('/').split('/').collect();
        let (group, version, rest) = match words.as_slice() {
            ["api", version, rest @ ..] => ("", *version, rest),
            ["apis", group, version, rest @ ..] => (*group, *version, rest),
            _ => return None,
        };
        let (namespace, rest) = match rest {
            // `namespaces/NAME` and its two subresources are about the namespace itself.
            ["namespaces", _, "finalize" | "status"] | ["namespaces"] | ["namespaces", _] => (None, rest),
            ["namespaces", ns, rest @ ..] => (Some((*ns).to_owned()), rest),
            _ => (None, rest),
        };
        let (plural, name, sub) = match rest {
            [plural] => (plural, None, None),
            [plural, name] => (plural, Some(*name), None),
            [plural, name, sub] => (plural, Some(*name), Some(*sub)),
            _ => return None,
        };
        Some(Place {
            group: group.into(),
            version: version.into(),
            namespace,
            plural: (*plural).to_owned(),
            name: name.map(String::from),
            sub: sub.map(String::from),
        })
    }

    fn verb(&self, request: &Request) -> &'static str {
        match (request.method.as_str(), &self.name) {
            ("GET", Some(_)) => "get",
            ("GET", None) if watches(request) => "watch",
            ("GET", None) => "list",
            ("POST", _) => "create",
            ("PUT", _) => "update",
            ("PATCH", _) => "patch",
            ("DELETE", Some(_)) => "delete",
            _ => "deletecollection",
        }
    }
}

fn watches(request: &Request) -> bool {
    matches!(request.param("watch"), Some("true" | "1"))
}

/// Carries out one request.
pub fn answer(store: &mut Store, settings: &Settings, user: &User, request: &Request) -> Answer {
    match serve(store, settings, user, request) {
        Ok(answer) => answer,
        Err(reply) => Answer::Whole(reply),
    }
}

fn serve(store: &mut Store, settings: &Settings, user: &User, request: &Request) -> Result<Answer, Reply> {
    if let Some(reply) = about_server(store, settings, user, request) {
        return reply.map(Answer::Whole);
    }
    let place = Place::of(&request.path).ok_or_else(Reply::no_such_path)?;
    if settings.stale.iter().any(|(g, v)| *g == place.group && *v == place.version) {
        return Err(Reply::unavailable());
    }
    let kind = store.kind(&place.group, &place.version, &place.plural).ok_or_else(Reply::no_such_path)?;
    if place.namespace.is_some() && !kind.namespaced {
        return Err(Reply::no_such_path());
    }
    authorize(settings, user, &kind, &place, request)?;
    if let Some(sub) = place.sub.clone() {
        return subresource(store, &kind, &place, &sub, request).map(Answer::Whole);
    }
    match (request.method.as_str(), &place.name) {
        ("GET", None) if watches(request) => Ok(Answer::Watch(Box::new(watch(&kind, &place, request)?))),
        ("GET", None) => list(store, &kind, &place, request).map(Answer::Whole),
        ("GET", Some(name)) => {
            let object = find(store, &kind, &place, name)?;
            Ok(Answer::Whole(one(200, &object, request)))
        }
        ("POST", None) => create(store, &kind, &place, request).map(Answer::Whole),
        ("PUT", Some(name)) => {
            let old = find(store, &kind, &place, name)?;
            let object = store.update(&kind, &old, body(request)?, dry(request)?)?;
            Ok(Answer::Whole(one(200, &object, request)))
        }
        ("PATCH", Some(name)) => patched(store, &kind, &place, name, request).map(Answer::Whole),
        ("DELETE", Some(name)) => delete(store, &kind, &place, name, request).map(Answer::Whole),
        ("DELETE", None) if kind.verbs().contains(&"deletecollection") => {
            delete_collection(store, &kind, &place, request).map(Answer::Whole)
        }
        _ => Err(Reply::not_allowed()),
    }
}

/// Everything that is not a resource: version, health, discovery, OpenAPI, access reviews.
fn about_server(
    store: &Store,
    settings: &Settings,
    user: &User,
    request: &Request,
) -> Option<Result<Reply, Reply>> {
    let path = request.path.trim_end_matches('/');
    let aggregated = !settings.legacy_discovery && request.accept.contains("as=APIGroupDiscoveryList");
    let value = match path {
        "/readyz" | "/livez" | "/healthz" => return Some(Ok(Reply::text(200, "ok"))),
        "/version" => {
            let mut parts = settings.version.trim_start_matches('v').splitn(3, '.');
            json!({"major": parts.next().unwrap_or(""), "minor": parts.next().unwrap_or(""), "gitVersion": settings.version,
                "gitCommit": "", "gitTreeState": "clean", "buildDate": "1970-01-01T00:00:00Z", "goVersion": "go1.26",
                "compiler": "gc", "platform": "linux/amd64"})
        }
        "/api" | "/apis" if aggregated => {
            let value = discovery::aggregated(&store.kinds(), path == "/api", &settings.stale);
            let mut reply = Reply::json(200, &value);
            reply.mime = discovery::AGGREGATED.into();
            return Some(Ok(reply));
        }
        "/api" => discovery::versions(),
        "/apis" => discovery::groups(&store.kinds(), &settings.stale),
        "/openapi/v3" => discovery::openapi_index(&store.kinds()),
        "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews" => {
            return Some(review(settings, user, request));
        }
        _ => {
            if let Some(of) = path.strip_prefix("/openapi/v3/") {
                return Some(
                    discovery::openapi(&store.kinds(), of)
                        .map(|v| Reply::json(200, &v))
                        .ok_or_else(Reply::no_such_path),
                );
            }
            let words: Vec<&str> = path.trim_start_matches('/').split('/').collect();
            let found = match words.as_slice() {
                ["api", version] => discovery::resources(&store.kinds(), "", version),
                ["apis", group] => discovery::one_group(&store.kinds(), group),
                ["apis", group, version] => {
                    if settings.stale.iter().any(|(g, v)| g == group && v == version) {
                        return Some(Err(Reply::unavailable()));
                    }
                    discovery::resources(&store.kinds(), group, version)
                }
                _ => return None,
            };
            return Some(found.map(|v| Reply::json(200, &v)).ok_or_else(Reply::no_such_path));
        }
    };
    Some(if request.method == "GET" { Ok(Reply::json(200, &value)) } else { Err(Reply::not_allowed()) })
}

fn allowed(
    settings: &Settings,
    user: &User,
    verb: &str,
    group: &str,
    plural: &str,
    namespace: Option<&str>,
) -> bool {
    let qualified = if group.is_empty() { plural.to_owned() } else { format!("{plural}.{group}") };
    let forbidden =
        settings.forbidden.iter().any(|(v, r)| (v == "*" || v == verb) && (r == plural || *r == qualified));
    !forbidden
        && match &user.rights {
            Rights::All => true,
            Rights::Nothing => false,
            Rights::Namespace(mine) => namespace == Some(mine.as_str()),
        }
}

fn authorize(
    settings: &Settings,
    user: &User,
    kind: &Kind,
    place: &Place,
    request: &Request,
) -> Result<(), Reply> {
    let verb = place.verb(request);
    // A namespace counts as lying in itself, as in the real authorizer.
    let own = (kind.qualified() == "namespaces").then_some(place.name.as_deref()).flatten();
    let namespace = place.namespace.as_deref().or(own);
    if allowed(settings, user, verb, &kind.group, &kind.plural, namespace) {
        return Ok(());
    }
    Err(Reply::may_not(&user.name, verb, &kind.plural, &kind.group, namespace, place.name.as_deref()))
}

fn review(settings: &Settings, user: &User, request: &Request) -> Result<Reply, Reply> {
    let mut asked = body(request)?;
    if !asked.is_object() {
        return Err(Reply::bad_request("a review is an object"));
    }
    let what = asked["spec"]["resourceAttributes"].clone();
    let text = |key: &str| what[key].as_str().unwrap_or("").to_owned();
    let namespace = text("namespace");
    let namespace = (!namespace.is_empty()).then_some(namespace.as_str());
    let yes = allowed(settings, user, &text("verb"), &text("group"), &text("resource"), namespace);
    asked["status"] = json!({"allowed": yes});
    Ok(Reply::json(201, &asked))
}

/// A delete that has a body is described by the body alone: the query then counts for nothing.
fn dry(request: &Request) -> Result<bool, Reply> {
    if request.method == "DELETE" && !request.body.is_empty() {
        return Ok(body(request)?["dryRun"].as_array().is_some_and(|list| list.iter().any(|v| v == "All")));
    }
    let why = |said| {
        format!("Invalid value: [{said:?}]: dryRun: Unsupported value: {said:?}: supported values: \"All\"")
    };
    match request.param("dryRun") {
        None => Ok(false),
        Some("All") => Ok(true),
        Some(said) => Err(Reply::bad_request(&why(said))),
    }
}

fn body(request: &Request) -> Result<Value, Reply> {
    if !request.content_type.is_empty()
        && !request.content_type.contains("json")
        && !request.content_type.contains("yaml")
    {
        return Err(Reply::unsupported(&request.content_type));
    }
    if request.content_type.contains("yaml") {
        return serde_yaml::from_slice(&request.body).map_err(|e| Reply::bad_request(&e.to_string()));
    }
    serde_json::from_slice(&request.body).map_err(|e| Reply::bad_request(&e.to_string()))
}

fn find(store: &Store, kind: &Kind, place: &Place, name: &str) -> Result<Arc<Object>, Reply> {
    let namespace = place.namespace.as_deref().unwrap_or("");
    store.get(kind, namespace, name).ok_or_else(|| Reply::not_found(&kind.qualified(), name))
}

fn metadata_only(request: &Request, form: &str) -> bool {
    let first = request.accept.split(',').map(str::trim).find(|a| !a.contains("as=Table")).unwrap_or("");
    first.split(';').any(|p| p.trim() == format!("as={form}"))
}

fn one(code: u16, object: &Object, request: &Request) -> Reply {
    if metadata_only(request, "PartialObjectMetadata") {
        let meta = &object.value["metadata"];
        return Reply::json(
            code,
            &json!({"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": meta}),
        );
    }
    Reply::raw(code, object.full.clone())
}

fn selectors(request: &Request) -> Result<(Selector, Selector), Reply> {
    let read = |name: &str| {
        let text = request.param(name).unwrap_or("");
        Selector::parse(text)
            .ok_or_else(|| Reply::bad_request(&format!("unable to parse requirement: {text}")))
    };
    Ok((read("labelSelector")?, read("fieldSelector")?))
}

fn list(store: &Store, kind: &Kind, place: &Place, request: &Request) -> Result<Reply, Reply> {
    let (labels, fields) = selectors(request)?;
    let limit =
        request.param("limit").and_then(|l| l.parse::<usize>().ok()).filter(|l| *l > 0).unwrap_or(usize::MAX);
    let after = request.param("continue").map(read_token).transpose()?;
    let meta_only = metadata_only(request, "PartialObjectMetadataList");
    let picky = !labels.is_empty() || !fields.is_empty();

    let namespace = place.namespace.as_deref();
    let mut found = store
        .list(kind, namespace, after.as_ref())
        .filter(|(_, o)| !picky || (labels.labels_fit(&o.value) && fields.fields_fit(&o.value)));
    let mut items = String::new();
    let (mut count, mut last) = (0, None);
    for (key, object) in found.by_ref().take(limit) {
        if count > 0 {
            items.push(',');
        }
        items.push_str(if meta_only { &object.meta } else { &object.full });
        (count, last) = (count + 1, Some(key));
    }
    let mut metadata = json!({"resourceVersion": store.rv().to_string()});
    let left = found.count();
    if let (true, Some(last)) = (left > 0, last) {
        metadata["continue"] = write_token(store.rv(), last).into();
        if !picky {
            metadata["remainingItemCount"] = left.into();
        }
    }
    let (list_kind, api) = if meta_only {
        ("PartialObjectMetadataList".to_owned(), "meta.k8s.io/v1".to_owned())
    } else {
        (format!("{}List", kind.kind), kind.api_version())
    };
    let head = json!({"kind": list_kind, "apiVersion": api, "metadata": metadata}).to_string();
    Ok(Reply::raw(200, format!("{},\"items\":[{items}]}}", head.trim_end_matches('}').to_owned() + "}")))
}

fn write_token(rv: u64, key: &Key) -> String {
    URL_SAFE_NO_PAD.encode(json!({"v": "embedded", "rv": rv, "start": [key.0, key.1]}).to_string())
}

fn read_token(token: &str) -> Result<Key, Reply> {
    let bad = || Reply::bad_request("continue key is not valid");
    let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| bad())?;
    let value: Value = serde_json::from_slice(&bytes).map_err(|_| bad())?;
    let word = |i: usize| value["start"][i].as_str().map(String::from).ok_or_else(bad);
    Ok((word(0)?, word(1)?))
}

fn watch(kind: &Kind, place: &Place, request: &Request) -> Result<Watch, Reply> {
    let (labels, fields) = selectors(request)?;
    Ok(Watch {
        kind: kind.clone(),
        namespace: place.namespace.clone(),
        labels,
        fields,
        after: request.param("resourceVersion").and_then(|v| v.parse().ok()).unwrap_or(0),
        seconds: request.param("timeoutSeconds").and_then(|v| v.parse().ok()).unwrap_or(300),
    })
}

fn create(store: &mut Store, kind: &Kind, place: &Place, request: &Request) -> Result<Reply, Reply> {
    let value = body(request)?;
    let namespace = match (&place.namespace, kind.namespaced) {
        (Some(ns), true) => ns.clone(),
        (None, true) => return Err(Reply::not_allowed()),
        _ => String::new(),
    };
    if value["kind"] != kind.kind.as_str() {
        return Err(Reply::bad_request(&format!("the kind of the object is not {}", kind.kind)));
    }
    let object = store.create(kind, &namespace, value, dry(request)?)?;
    Ok(one(201, &object, request))
}

fn patched(
    store: &mut Store,
    kind: &Kind,
    place: &Place,
    name: &str,
    request: &Request,
) -> Result<Reply, Reply> {
    let change = body(request)?;
    let media = request.content_type.split(';').next().unwrap_or("").trim();
    let Ok(old) = find(store, kind, place, name) else {
        if media != "application/apply-patch+yaml" {
            return Err(Reply::not_found(&kind.qualified(), name));
        }
        let object = store.create(kind, place.namespace.as_deref().unwrap_or(""), change, dry(request)?)?;
        return Ok(one(201, &object, request));
    };
    let mut value = old.value.clone();
    match media {
        "application/merge-patch+json" => patch::merge(&mut value, &change),
        "application/strategic-merge-patch+json" if !kind.custom => patch::strategic(&mut value, &change),
        "application/apply-patch+yaml" => patch::strategic(&mut value, &change),
        "application/json-patch+json" => patch::json_patch(&mut value, &change).ok_or_else(|| {
            Reply::invalid(&kind.kind, name, "the server rejected our request due to an error in our request")
        })?,
        other => return Err(Reply::unsupported(other)),
    }
    let object = store.update(kind, &old, value, dry(request)?)?;
    Ok(one(200, &object, request))
}

/// Dependents are deleted unless the request orphans them.
fn cascade(options: &Value, request: &Request) -> Cascade {
    let asked = if request.body.is_empty() {
        request.param("propagationPolicy")
    } else {
        options["propagationPolicy"].as_str()
    };
    let orphan = asked == Some("Orphan") || options["orphanDependents"] == Value::Bool(true);
    if orphan { Cascade::Orphan } else { Cascade::Dependents }
}

fn options(request: &Request) -> Result<Value, Reply> {
    if request.body.is_empty() { Ok(json!({})) } else { body(request) }
}

fn delete(
    store: &mut Store,
    kind: &Kind,
    place: &Place,
    name: &str,
    request: &Request,
) -> Result<Reply, Reply> {
    let options = options(request)?;
    let object = find(store, kind, place, name)?;
    for (field, label) in [("uid", "UID"), ("resourceVersion", "ResourceVersion")] {
        let wanted = options["preconditions"][field].as_str();
        let have = object.meta_str(field);
        if let Some(wanted) = wanted.filter(|w| *w != have) {
            let why = format!(
                "the {label} in the precondition ({wanted}) does not match the {label} in record ({have}). The object might have been deleted and then recreated"
            );
            let what = if kind.group.is_empty() {
                kind.kind.clone()
            } else {
                format!("{}.{}", kind.kind, kind.group)
            };
            return Err(Reply::conflict(&what, name, &why));
        }
    }
    Ok(match store.delete(kind, &object, cascade(&options, request), dry(request)?)? {
        Deleted::Marked(object) => one(200, &object, request),
        // A pod's delete answers with the pod.
        Deleted::Gone(object) if kind.qualified() == "pods" => one(200, &object, request),
        Deleted::Gone(object) => Reply::deleted(&kind.plural, &kind.group, name, object.meta_str("uid")),
    })
}

fn delete_collection(
    store: &mut Store,
    kind: &Kind,
    place: &Place,
    request: &Request,
) -> Result<Reply, Reply> {
    let (labels, fields) = selectors(request)?;
    let (options, dry) = (options(request)?, dry(request)?);
    let namespace = place.namespace.as_deref();
    if namespace.is_none() && kind.namespaced {
        return Err(Reply::not_allowed());
    }
    let chosen: Vec<_> = store
        .list(kind, namespace, None)
        .map(|(_, o)| Arc::clone(o))
        .filter(|o| labels.labels_fit(&o.value) && fields.fields_fit(&o.value))
        .collect();
    let mut items = Vec::new();
    for object in chosen {
        if store.get(kind, object.meta_str("namespace"), object.meta_str("name")).is_some() {
            store.delete(kind, &object, cascade(&options, request), dry)?;
        }
        items.push(object.value.clone());
    }
    let head = json!({"resourceVersion": store.rv().to_string()});
    Ok(Reply::json(
        200,
        &json!({"kind": format!("{}List", kind.kind), "apiVersion": kind.api_version(), "metadata": head, "items": items}),
    ))
}

fn subresource(
    store: &mut Store,
    kind: &Kind,
    place: &Place,
    sub: &str,
    request: &Request,
) -> Result<Reply, Reply> {
    if !kind.subresources.iter().any(|s| s == sub) {
        return Err(Reply::no_such_path());
    }
    let name = place.name.as_deref().unwrap_or("");
    let old = find(store, kind, place, name)?;
    match (sub, request.method.as_str()) {
        ("scale", "GET") => Ok(Reply::json(200, &scale(&old))),
        ("scale", "PUT" | "PATCH") => {
            let mut wanted = scale(&old);
            let change = body(request)?;
            patch::merge(&mut wanted, &change);
            let mut value = old.value.clone();
            value["spec"]["replicas"] = wanted["spec"]["replicas"].clone();
            let object = store.update(kind, &old, value, dry(request)?)?;
            Ok(Reply::json(200, &scale(&object)))
        }
        ("eviction", "POST") => evict(store, kind, &old, request),
        ("status", "GET") => Ok(one(200, &old, request)),
        ("status", "PUT" | "PATCH") => {
            let mut value = old.value.clone();
            let change = body(request)?;
            patch::merge(&mut value["status"], &change["status"]);
            let object = store.update(kind, &old, value, dry(request)?)?;
            Ok(one(200, &object, request))
        }
        // Dropping the finalizers of a namespace by hand: it goes, whatever is still in it stays behind unreachable.
        ("finalize", "PUT") => Ok(one(200, &old, request)),
        _ => Err(Reply::not_allowed()),
    }
}

fn scale(object: &Object) -> Value {
    let meta = &object.value["metadata"];
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1",
        "metadata": {"name": meta["name"], "namespace": meta["namespace"], "uid": meta["uid"],
            "resourceVersion": meta["resourceVersion"], "creationTimestamp": meta["creationTimestamp"]},
        "spec": {"replicas": object.value["spec"]["replicas"].as_u64().unwrap_or(1)},
        "status": {"replicas": object.value["status"]["replicas"].as_u64().unwrap_or(0)},
    })
}

fn evict(store: &mut Store, kind: &Kind, pod: &Arc<Object>, request: &Request) -> Result<Reply, Reply> {
    let budgets = store.kind("policy", "v1", "poddisruptionbudgets").ok_or_else(Reply::no_such_path)?;
    // A pod that does not run disturbs nobody.
    let idle =
        matches!(pod.value["status"]["phase"].as_str(), None | Some("Pending" | "Succeeded" | "Failed"));
    for (_, budget) in store.list(&budgets, Some(pod.meta_str("namespace")), None).filter(|_| !idle) {
        let wanted = budget.value["spec"]["selector"]["matchLabels"].as_object();
        let covers =
            wanted.is_some_and(|w| w.iter().all(|(k, v)| pod.value["metadata"]["labels"].get(k) == Some(v)));
        if covers && budget.value["status"]["disruptionsAllowed"].as_u64().unwrap_or(0) == 0 {
            let why = "Cannot evict pod as it would violate the pod's disruption budget.";
            return Err(Reply::too_many(why, budget.meta_str("name")));
        }
    }
    store.delete(kind, pod, Cascade::Dependents, dry(request)?)?;
    Ok(Reply::json(
        201,
        &json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201,
        "details": {"retryAfterSeconds": 0, "at": now()}}),
    ))
}
