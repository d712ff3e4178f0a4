//! The objects of the embedded server, and what happens to others when one goes.

use super::kinds::{self, Kind};
use super::status::Reply;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Namespace (empty for cluster-scoped objects) and name.
pub type Key = (String, String);

/// A stored object with its JSON, so that listing many objects is copying bytes.
#[derive(Debug)]
pub struct Object {
    /// The object.
    pub value: Value,
    /// The object as JSON.
    pub full: String,
    /// Its metadata alone, as an item of a `PartialObjectMetadataList`.
    pub meta: String,
}

impl Object {
    fn new(value: Value) -> Arc<Object> {
        let full = value.to_string();
        let meta = json!({"metadata": value["metadata"]}).to_string();
        Arc::new(Object { value, full, meta })
    }

    /// `metadata.FIELD` as text, empty when absent.
    pub fn meta_str(&self, field: &str) -> &str {
        self.value["metadata"][field].as_str().unwrap_or("")
    }
}

/// How a delete treats the objects that belong to the deleted one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cascade {
    /// They go too.
    Dependents,
    /// They stay, and forget their owner.
    Orphan,
}

/// What a delete did.
#[derive(Debug)]
pub enum Deleted {
    /// The object is gone.
    Gone(Arc<Object>),
    /// Finalizers or contents keep it; it carries a deletion timestamp now.
    Marked(Arc<Object>),
}

/// A change, for watchers.
#[derive(Clone, Debug)]
pub struct Change {
    /// Resource version of the change.
    pub rv: u64,
    /// `ADDED`, `MODIFIED`, `DELETED`.
    pub what: &'static str,
    /// Qualified resource.
    pub resource: String,
    /// The object after (for a removal: before) the change.
    pub object: Arc<Object>,
}

const PROTECTED: &[&str] = &["default", "kube-system", "kube-public"];
const LOG_LIMIT: usize = 4096;

/// Everything the server holds.
#[derive(Debug)]
pub struct Store {
    kinds: Vec<Kind>,
    objects: BTreeMap<String, BTreeMap<Key, Arc<Object>>>,
    rv: u64,
    log: VecDeque<Change>,
    uid_state: u64,
}

/// What the server writes into has to be what it takes it for, whoever sends it.
fn well_formed(kind: &Kind, value: &Value) -> Result<(), Reply> {
    let may_hold = |part: &Value| part.is_null() || part.is_object();
    // What a definition's objects hold besides is theirs.
    let parts: &[&str] =
        if kind.custom { &["metadata", "status"] } else { &["metadata", "status", "spec", "data"] };
    let fits = value.is_object()
        && parts.iter().all(|part| may_hold(&value[part]))
        && may_hold(&value["metadata"]["labels"]);
    if fits { Ok(()) } else { Err(Reply::bad_request("a part of the object is no object")) }
}

/// The time as the API writes it.
pub fn now() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

impl Store {
    /// An empty cluster with the namespaces every cluster has.
    pub fn new() -> Store {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let uid_state = (since.as_nanos() as u64) ^ (u64::from(std::process::id()) << 32);
        let mut store = Store {
            kinds: kinds::built_in(),
            objects: BTreeMap::new(),
            rv: 1,
            log: VecDeque::new(),
            uid_state,
        };
        for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
            store.seed(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}));
        }
        store
    }

    /// All kinds: the built-in ones and those of the CustomResourceDefinitions.
    pub fn kinds(&self) -> Vec<Kind> {
        let custom = self.objects.get("customresourcedefinitions.apiextensions.k8s.io");
        let custom = custom.into_iter().flatten().filter_map(|(_, crd)| Kind::of_definition(&crd.value));
        self.kinds.iter().cloned().chain(custom).collect()
    }

    /// The kind served under a group, version and plural.
    pub fn kind(&self, group: &str, version: &str, plural: &str) -> Option<Kind> {
        let fits = |k: &Kind| k.group == group && k.version == version && k.plural == plural;
        if let Some(kind) = self.kinds.iter().find(|k| fits(k)) {
            return Some(kind.clone());
        }
        self.kinds().into_iter().find(fits)
    }

    /// The latest resource version.
    pub fn rv(&self) -> u64 {
        self.rv
    }

    /// Changes after `rv`; `None` when the log does not reach back that far.
    pub fn changes_after(&self, rv: u64) -> Option<Vec<Change>> {
        let oldest = self.log.front().map_or(self.rv + 1, |c| c.rv);
        if rv + 1 < oldest && rv < self.rv && self.log.len() >= LOG_LIMIT {
            return None;
        }
        Some(self.log.iter().filter(|c| c.rv > rv).cloned().collect())
    }

    /// One object.
    pub fn get(&self, kind: &Kind, namespace: &str, name: &str) -> Option<Arc<Object>> {
        self.objects.get(&kind.qualified())?.get(&(namespace.to_owned(), name.to_owned())).cloned()
    }

    /// Objects of a kind in key order, in one namespace or in all.
    pub fn list<'a>(
        &'a self,
        kind: &Kind,
        namespace: Option<&'a str>,
        after: Option<&Key>,
    ) -> impl Iterator<Item = (&'a Key, &'a Arc<Object>)> + use<'a> {
        use std::ops::Bound::{Excluded, Included, Unbounded};
        let from = match (after, namespace) {
            (Some(key), _) => Excluded(key.clone()),
            (None, Some(ns)) => Included((ns.to_owned(), String::new())),
            (None, None) => Unbounded,
        };
        let all = self.objects.get(&kind.qualified());
        all.into_iter()
            .flat_map(move |m| m.range((from.clone(), Unbounded)))
            .take_while(move |(key, _)| namespace.is_none_or(|ns| key.0 == ns))
    }

    fn uid(&mut self) -> String {
        // splitmix64, twice: unique within the server's life, and different in the next one.
        let mut next = || {
            self.uid_state = self.uid_state.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.uid_state;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        let (a, b) = (next(), next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            a >> 32,
            (a >> 16) & 0xffff,
            a & 0xfff,
            0x8000 | (b >> 48) & 0x3fff,
            b & 0xffff_ffff_ffff
        )
    }

    fn put(&mut self, kind: &Kind, mut value: Value, what: &'static str) -> Arc<Object> {
        self.rv += 1;
        value["metadata"]["resourceVersion"] = self.rv.to_string().into();
        let object = Object::new(value);
        let key = (object.meta_str("namespace").to_owned(), object.meta_str("name").to_owned());
        self.objects.entry(kind.qualified()).or_default().insert(key, Arc::clone(&object));
        self.record(kind, what, &object);
        object
    }

    fn record(&mut self, kind: &Kind, what: &'static str, object: &Arc<Object>) {
        if self.log.len() == LOG_LIMIT {
            self.log.pop_front();
        }
        self.log.push_back(Change {
            rv: self.rv,
            what,
            resource: kind.qualified(),
            object: Arc::clone(object),
        });
    }

    /// Fills in what a server fills in. Existing values stay, so that a seed can say how old an object is.
    fn complete(&mut self, kind: &Kind, value: &mut Value) {
        value["apiVersion"] = kind.api_version().into();
        value["kind"] = kind.kind.clone().into();
        if value["metadata"]["uid"].as_str().is_none_or(str::is_empty) {
            value["metadata"]["uid"] = self.uid().into();
        }
        if value["metadata"]["creationTimestamp"].is_null() {
            value["metadata"]["creationTimestamp"] = now().into();
        }
        if value.get("spec").is_some() && value["metadata"]["generation"].is_null() {
            value["metadata"]["generation"] = 1.into();
        }
        match kind.kind.as_str() {
            "Namespace" => {
                let name = value["metadata"]["name"].clone();
                value["metadata"]["labels"]["kubernetes.io/metadata.name"] = name;
                value["spec"]["finalizers"] = json!(["kubernetes"]);
                value["status"]["phase"] = "Active".into();
            }
            "Pod" if value["status"]["phase"].is_null() => value["status"]["phase"] = "Pending".into(),
            "PersistentVolumeClaim" if value["status"]["phase"].is_null() => {
                value["status"]["phase"] =
                    if value["spec"]["volumeName"].is_string() { "Bound" } else { "Pending" }.into();
            }
            "Secret" => {
                if value["type"].is_null() {
                    value["type"] = "Opaque".into();
                }
                if let Some(Value::Object(plain)) =
                    value.as_object_mut().and_then(|o| o.shift_remove("stringData"))
                {
                    use base64::Engine;
                    let encode = |v: &Value| {
                        base64::engine::general_purpose::STANDARD.encode(v.as_str().unwrap_or(""))
                    };
                    for (key, text) in &plain {
                        value["data"][key] = encode(text).into();
                    }
                }
            }
            "CustomResourceDefinition" => {
                value["status"]["conditions"] = json!([
                    {"type": "NamesAccepted", "status": "True", "reason": "NoConflicts", "message": "no conflicts found"},
                    {"type": "Established", "status": "True", "reason": "InitialNamesAccepted", "message": "accepted"},
                ]);
                value["status"]["acceptedNames"] = value["spec"]["names"].clone();
            }
            _ => {}
        }
    }

    /// Puts an object of a seed file in place, without the checks a request meets. Returns why it cannot.
    pub fn try_seed(&mut self, mut value: Value) -> Result<(), String> {
        let api = value["apiVersion"].as_str().ok_or("a seed object has no apiVersion")?.to_owned();
        let kind_name = value["kind"].as_str().ok_or("a seed object has no kind")?.to_owned();
        let found = self.kinds().into_iter().find(|k| k.kind == kind_name && k.api_version() == api);
        let kind = found.ok_or_else(|| format!("no kind {kind_name} in {api}; seed its definition first"))?;
        if kind.namespaced && value["metadata"]["namespace"].is_null() {
            value["metadata"]["namespace"] = "default".into();
        }
        let namespace = value["metadata"]["namespace"].as_str().unwrap_or("").to_owned();
        // A seed names owners by kind and name; the uid is whatever the owner got.
        if let Some(owners) = value["metadata"].get("ownerReferences").and_then(Value::as_array).cloned() {
            for (i, owner) in owners.iter().enumerate().filter(|(_, o)| o["uid"].is_null()) {
                let all = self.kinds();
                let uid = all
                    .iter()
                    .filter(|k| owner["kind"] == k.kind.as_str())
                    .find_map(|k| {
                        self.get(k, if k.namespaced { &namespace } else { "" }, owner["name"].as_str()?)
                    })
                    .map(|o| o.meta_str("uid").to_owned())
                    .ok_or_else(|| {
                        format!("the owner {} {} is not seeded yet", owner["kind"], owner["name"])
                    })?;
                value["metadata"]["ownerReferences"][i]["uid"] = uid.into();
            }
        }
        let old = self.get(&kind, &namespace, value["metadata"]["name"].as_str().unwrap_or(""));
        if let (Some(old), true) = (old, value["metadata"]["uid"].is_null()) {
            value["metadata"]["uid"] = old.meta_str("uid").into();
        }
        self.complete(&kind, &mut value);
        let namespace =
            (kind.kind == "Namespace").then(|| value["metadata"]["name"].as_str().unwrap_or("").to_owned());
        self.put(&kind, value, "ADDED");
        if let Some(name) = namespace {
            self.furnish(&name);
        }
        Ok(())
    }

    fn seed(&mut self, value: Value) {
        let done = self.try_seed(value);
        debug_assert!(done.is_ok());
    }

    /// What the controllers put into every new namespace.
    fn furnish(&mut self, namespace: &str) {
        let certificate = "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n";
        for value in [
            json!({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": namespace}}),
            json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"ca.crt": certificate},
                "metadata": {"name": "kube-root-ca.crt", "namespace": namespace}}),
        ] {
            self.seed(value);
        }
    }

    /// Creates an object as a POST does.
    pub fn create(
        &mut self,
        kind: &Kind,
        namespace: &str,
        mut value: Value,
        dry: bool,
    ) -> Result<Arc<Object>, Reply> {
        well_formed(kind, &value)?;
        if !value["metadata"].is_object() {
            value["metadata"] = Value::Object(Map::new());
        }
        if let Some(prefix) = value["metadata"]["generateName"].as_str().map(String::from)
            && value["metadata"]["name"].as_str().is_none_or(str::is_empty)
        {
            let uid = self.uid();
            value["metadata"]["name"] = format!("{prefix}{}", &uid[..5]).into();
        }
        let name = value["metadata"]["name"].as_str().unwrap_or("").to_owned();
        if name.is_empty() {
            return Err(Reply::invalid(
                &kind.kind,
                "",
                "metadata.name: Required value: name or generateName is required",
            ));
        }
        if kind.namespaced {
            let said = value["metadata"]["namespace"].as_str().unwrap_or("");
            if !said.is_empty() && said != namespace {
                return Err(Reply::bad_request(
                    "the namespace of the provided object does not match the namespace sent on the request",
                ));
            }
            value["metadata"]["namespace"] = namespace.into();
            let home = self.kind("", "v1", "namespaces").and_then(|k| self.get(&k, "", namespace));
            match home {
                None => return Err(Reply::not_found("namespaces", namespace)),
                Some(home) if home.value["metadata"]["deletionTimestamp"].is_string() => {
                    let why = format!(
                        "unable to create new content in namespace {namespace} because it is being terminated"
                    );
                    return Err(Reply::refused(&kind.qualified(), &name, &why));
                }
                Some(_) => {}
            }
        }
        if self.get(kind, namespace, &name).is_some() {
            return Err(Reply::already_exists(&kind.qualified(), &name));
        }
        if let Some(meta) = value["metadata"].as_object_mut() {
            for server_side in
                ["uid", "creationTimestamp", "deletionTimestamp", "resourceVersion", "selfLink", "generation"]
            {
                meta.shift_remove(server_side);
            }
        }
        self.complete(kind, &mut value);
        if dry {
            return Ok(Object::new(value));
        }
        let object = self.put(kind, value, "ADDED");
        if kind.kind == "Namespace" {
            self.furnish(&name);
        }
        Ok(object)
    }

    /// Replaces an object as a PUT or a carried out PATCH does.
    pub fn update(
        &mut self,
        kind: &Kind,
        old: &Object,
        mut value: Value,
        dry: bool,
    ) -> Result<Arc<Object>, Reply> {
        well_formed(kind, &value)?;
        let name = old.meta_str("name").to_owned();
        let sent = value["metadata"]["resourceVersion"].as_str().unwrap_or("");
        if !sent.is_empty() && sent != old.meta_str("resourceVersion") {
            return Err(Reply::conflict(
                &kind.qualified(),
                &name,
                "the object has been modified; please apply your changes to the latest version and try again",
            ));
        }
        if value["metadata"]["name"] != old.value["metadata"]["name"] {
            return Err(Reply::bad_request("the name of the object does not match the name on the URL"));
        }
        for fixed in
            ["uid", "creationTimestamp", "namespace", "deletionTimestamp", "deletionGracePeriodSeconds"]
        {
            match old.value["metadata"].get(fixed) {
                Some(kept) => value["metadata"][fixed] = kept.clone(),
                None => {
                    value["metadata"].as_object_mut().map(|m| m.shift_remove(fixed));
                }
            }
        }
        let generation = old.value["metadata"]["generation"].as_u64().unwrap_or(0);
        if value.get("spec") != old.value.get("spec") {
            value["metadata"]["generation"] = (generation + 1).into();
        }
        self.complete_update(kind, old, &mut value);
        let free = value["metadata"]["finalizers"].as_array().is_none_or(Vec::is_empty);
        if dry {
            return Ok(Object::new(value));
        }
        let leaving = value["metadata"]["deletionTimestamp"].is_string() && kind.kind != "Namespace";
        let object = self.put(kind, value, "MODIFIED");
        if leaving && free {
            self.remove(kind, &object, Cascade::Dependents);
        }
        Ok(object)
    }

    fn complete_update(&mut self, kind: &Kind, old: &Object, value: &mut Value) {
        value["apiVersion"] = kind.api_version().into();
        value["kind"] = kind.kind.clone().into();
        if value.get("status").is_none()
            && let Some(status) = old.value.get("status")
        {
            value["status"] = status.clone();
        }
    }

    /// Deletes an object as a DELETE does.
    pub fn delete(
        &mut self,
        kind: &Kind,
        object: &Arc<Object>,
        cascade: Cascade,
        dry: bool,
    ) -> Result<Deleted, Reply> {
        let name = object.meta_str("name").to_owned();
        if kind.kind == "Namespace" && PROTECTED.contains(&name.as_str()) {
            return Err(Reply::refused("namespaces", &name, "this namespace may not be deleted"));
        }
        let held = kind.kind == "Namespace"
            || object.value["metadata"]["finalizers"].as_array().is_some_and(|list| !list.is_empty());
        if dry {
            return Ok(if held {
                Deleted::Marked(Arc::clone(object))
            } else {
                Deleted::Gone(Arc::clone(object))
            });
        }
        if !held {
            self.remove(kind, object, cascade);
            return Ok(Deleted::Gone(Arc::clone(object)));
        }
        let mut value = object.value.clone();
        if value["metadata"]["deletionTimestamp"].is_null() {
            value["metadata"]["deletionTimestamp"] = now().into();
            value["metadata"]["deletionGracePeriodSeconds"] = 0.into();
        }
        if kind.kind == "Namespace" {
            value["status"]["phase"] = "Terminating".into();
        }
        let marked = self.put(kind, value, "MODIFIED");
        if kind.kind == "Namespace" {
            self.empty_namespace(&name);
            self.close_namespace(&name);
        }
        Ok(Deleted::Marked(marked))
    }

    fn empty_namespace(&mut self, namespace: &str) {
        for kind in self.kinds().into_iter().filter(|k| k.namespaced) {
            let inside: Vec<_> =
                self.list(&kind, Some(namespace), None).map(|(_, o)| Arc::clone(o)).collect();
            for object in inside {
                // An owner that went a moment ago may have taken it along.
                if self.get(&kind, namespace, object.meta_str("name")).is_some() {
                    let _ = self.delete(&kind, &object, Cascade::Dependents, false);
                }
            }
        }
    }

    /// Removes a namespace that is being deleted and has nothing left in it.
    fn close_namespace(&mut self, namespace: &str) {
        let Some(namespaces) = self.kind("", "v1", "namespaces") else { return };
        let Some(home) = self.get(&namespaces, "", namespace) else { return };
        let occupied = self
            .kinds()
            .iter()
            .filter(|k| k.namespaced)
            .any(|k| self.list(k, Some(namespace), None).next().is_some());
        if home.value["metadata"]["deletionTimestamp"].is_string() && !occupied {
            self.remove(&namespaces, &home, Cascade::Dependents);
        }
    }

    /// Takes an object out, and does to others what the controllers would.
    fn remove(&mut self, kind: &Kind, object: &Arc<Object>, cascade: Cascade) {
        let key = (object.meta_str("namespace").to_owned(), object.meta_str("name").to_owned());
        if self.objects.get_mut(&kind.qualified()).and_then(|m| m.remove(&key)).is_none() {
            return;
        }
        self.rv += 1;
        self.record(kind, "DELETED", object);
        self.leave_dependents(object.meta_str("uid"), cascade);
        match kind.kind.as_str() {
            "PersistentVolumeClaim" => self.release_volume(object),
            "CustomResourceDefinition" => {
                if let Some(resource) = Kind::of_definition(&object.value) {
                    self.objects.remove(&resource.qualified());
                }
            }
            _ => {}
        }
        if !key.0.is_empty() {
            self.close_namespace(&key.0);
        }
    }

    fn leave_dependents(&mut self, uid: &str, cascade: Cascade) {
        let owned = |o: &Object| {
            let owners = o.value["metadata"]["ownerReferences"].as_array();
            owners.into_iter().flatten().any(|owner| owner["uid"] == uid)
        };
        for kind in self.kinds() {
            let children: Vec<_> =
                self.list(&kind, None, None).map(|(_, o)| o).filter(|o| owned(o)).map(Arc::clone).collect();
            for child in children {
                let mut value = child.value.clone();
                if let Some(owners) = value["metadata"]["ownerReferences"].as_array_mut() {
                    owners.retain(|owner| owner["uid"] != uid);
                    let last = owners.is_empty();
                    if last && cascade == Cascade::Dependents {
                        let _ = self.delete(&kind, &child, Cascade::Dependents, false);
                    } else {
                        if last {
                            value["metadata"].as_object_mut().map(|m| m.shift_remove("ownerReferences"));
                        }
                        self.put(&kind, value, "MODIFIED");
                    }
                }
            }
        }
    }

    /// A claim that goes takes its volume along, or leaves it `Released`, as the volume's reclaim policy says.
    fn release_volume(&mut self, claim: &Object) {
        let Some(kind) = self.kind("", "v1", "persistentvolumes") else { return };
        let name = claim.value["spec"]["volumeName"].as_str().unwrap_or("").to_owned();
        let Some(volume) = self.get(&kind, "", &name) else { return };
        if volume.value["spec"]["persistentVolumeReclaimPolicy"] == "Delete" {
            self.remove(&kind, &volume, Cascade::Dependents);
        } else {
            let mut value = volume.value.clone();
            value["status"]["phase"] = "Released".into();
            self.put(&kind, value, "MODIFIED");
        }
    }
}
