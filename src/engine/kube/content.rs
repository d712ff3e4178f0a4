//! What patches and manifests carry: the content that destroys although the words only say "change".
//!
//! kubectl takes JSON and YAML alike (`sigs.k8s.io/yaml`), and JSON is YAML.

use crate::engine::effect::Effect;
use crate::engine::kube::keys::{LIFTS, lifts};
use serde_yaml::Value;

/// How a patch is read (`kubectl patch --type`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PatchKind {
    /// Strategic merge, kubectl's default: lists of finalizers are merged.
    Strategic,
    /// JSON merge patch (RFC 7386): lists are replaced.
    Merge,
    /// JSON patch (RFC 6902): a list of operations.
    Json,
}

impl PatchKind {
    /// The kind the value of `--type` names. kubectl compares without regard to case.
    pub fn from_flag(value: Option<&[u8]>) -> PatchKind {
        match value {
            Some(v) if v.eq_ignore_ascii_case(b"json") => PatchKind::Json,
            Some(v) if v.eq_ignore_ascii_case(b"merge") => PatchKind::Merge,
            _ => PatchKind::Strategic,
        }
    }
}

/// What some content can do, at least.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judged {
    /// The worst of what was found; [`Effect::Mutate`] when nothing was.
    pub effect: Effect,
    /// What was found.
    pub because: Vec<&'static str>,
    /// It could not be read, or only the live object tells what it does.
    pub unread: bool,
}

impl Judged {
    fn nothing() -> Judged {
        Judged { effect: Effect::Mutate, because: Vec::new(), unread: false }
    }

    fn found(&mut self, effect: Effect, because: &'static str) {
        self.effect = self.effect.max(effect);
        if !self.because.contains(&because) {
            self.because.push(because);
        }
    }
}

const NO_FINALIZERS: &str = "removes finalizers: what is being deleted vanishes, its cleanup is skipped";
const OWNERS: &str =
    "sets ownerReferences: an owner that does not exist makes the garbage collector delete the object";
const RECLAIM: &str = "reclaim policy Delete: the volume goes with its claim";
const RETENTION: &str = "claim retention Delete: claims go when the StatefulSet is scaled down or deleted";
const NO_REPLICAS: &str = "replicas 0: every pod stops";
const VERSIONS: &str = "stops serving a version of a custom resource";
const CORDON: &str = "unschedulable: no new pods on the node";
const WIPE: &str = "clears the object's whole metadata or spec";
const SELECTOR: &str = "changes the selector: traffic goes to other pods, or to none";
const LABELS: &str = "changes labels: what selects the pod may lose it";
const TAINTS: &str = "taints: no new pods on the node, and with NoExecute those that run there go";
const AWS_AUTH: &str = "aws-auth says who may reach the cluster: one mistake locks everybody out";

/// What a patch goes to, as far as it matters to what it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hit {
    /// Something whose selector decides which pods it reaches: a Service, a ReplicationController.
    Service,
    /// Something that others select by its labels: a pod, a ReplicaSet.
    Selected,
    /// Another kind.
    Other,
    /// The words do not name the kind.
    Unknown,
}

/// Judges a patch. Content that cannot be read is a change whose effect is not known: [`Judged::unread`].
pub fn classify_patch(kind: PatchKind, bytes: &[u8]) -> Judged {
    classify_patch_of(kind, Hit::Unknown, bytes)
}

/// The same where the words name the kind of the object.
pub fn classify_patch_of(kind: PatchKind, hit: Hit, bytes: &[u8]) -> Judged {
    let mut judged = Judged::nothing();
    let Ok(value) = serde_yaml::from_slice::<Value>(bytes) else {
        judged.unread = true;
        return judged;
    };
    // A patch of the other shape is refused by kubectl; it is judged as what it looks like.
    match &value {
        Value::Sequence(operations) => {
            operations.iter().for_each(|o| operation(hit, o, &mut judged));
            judged.unread = judged.unread || kind != PatchKind::Json;
        }
        Value::Mapping(_) => {
            merge(kind, hit, &value, &mut judged);
            judged.unread = judged.unread || kind == PatchKind::Json;
        }
        _ => judged.unread = true,
    }
    judged
}

/// A merge patch: the object's own shape, with null for what goes.
fn merge(kind: PatchKind, hit: Hit, value: &Value, judged: &mut Judged) {
    if let Some(metadata) = get(value, "metadata") {
        if metadata.is_null() {
            judged.found(Effect::Destroy, WIPE);
        }
        finalizers(kind, metadata, judged);
        if get(metadata, "ownerReferences").is_some_and(is_filled) {
            judged.found(Effect::Destroy, OWNERS);
        }
        marks(metadata, judged);
        if get(metadata, "labels").is_some() {
            labels(hit, judged);
        }
    }
    if let Some(spec) = get(value, "spec") {
        // Taken out, replaced as a whole, or left to nothing, the selector goes as well; a Service of this type has none.
        let replaced = spec.is_null() || ["$patch", "$retainKeys"].iter().any(|key| get(spec, key).is_some());
        let outside = text(get(spec, "type")) == Some("ExternalName");
        if get(spec, "selector").is_some() || replaced || outside {
            selector(hit, judged);
        }
        // A Namespace keeps its finalizers in its spec.
        finalizers(kind, spec, judged);
        spec_fields(spec, judged);
    }
    if text(get(value, "$patch")) == Some("delete") {
        judged.found(Effect::Destroy, WIPE);
    }
}

fn finalizers(kind: PatchKind, part: &Value, judged: &mut Judged) {
    if get(part, "$deleteFromPrimitiveList/finalizers").is_some_and(is_filled) {
        judged.found(Effect::Destroy, NO_FINALIZERS);
    }
    if let Some(list) = get(part, "finalizers") {
        if !is_filled(list) {
            judged.found(Effect::Destroy, NO_FINALIZERS);
        } else if kind == PatchKind::Merge {
            // The list is replaced: whether one goes, only the live object tells.
            judged.unread = true;
        }
    }
}

fn selector(hit: Hit, judged: &mut Judged) {
    if matches!(hit, Hit::Service | Hit::Unknown) {
        judged.found(Effect::Disrupt, SELECTOR);
    }
}

fn labels(hit: Hit, judged: &mut Judged) {
    if hit == Hit::Selected {
        judged.found(Effect::Disrupt, LABELS);
    }
}

/// Labels and annotations that lift a protection; null takes one away.
fn marks(metadata: &Value, judged: &mut Judged) {
    for place in ["labels", "annotations"] {
        let Some(marks) = get(metadata, place).and_then(Value::as_mapping) else { continue };
        for (key, value) in marks {
            if key.as_str().is_some_and(|key| mark_lifts(key, value)) {
                judged.found(Effect::Disrupt, LIFTS);
            }
        }
    }
}

fn mark_lifts(key: &str, value: &Value) -> bool {
    match value {
        Value::Null => lifts(format!("{key}-").as_bytes()),
        Value::String(text) => lifts(format!("{key}={text}").as_bytes()),
        Value::Bool(on) => lifts(format!("{key}={on}").as_bytes()),
        _ => false,
    }
}

/// Fields of a spec that destroy or stop things wherever they are set.
fn spec_fields(spec: &Value, judged: &mut Judged) {
    if text(get(spec, "persistentVolumeReclaimPolicy")) == Some("Delete") {
        judged.found(Effect::Destroy, RECLAIM);
    }
    if let Some(retention) = get(spec, "persistentVolumeClaimRetentionPolicy")
        && ["whenDeleted", "whenScaled"].iter().any(|when| text(get(retention, when)) == Some("Delete"))
    {
        judged.found(Effect::Destroy, RETENTION);
    }
    if let Some(Value::Sequence(versions)) = get(spec, "versions")
        && versions.iter().any(|v| get(v, "served").and_then(Value::as_bool) == Some(false))
    {
        judged.found(Effect::Destroy, VERSIONS);
    }
    if get(spec, "replicas").is_some_and(is_zero) {
        judged.found(Effect::Disrupt, NO_REPLICAS);
    }
    if get(spec, "unschedulable").and_then(Value::as_bool) == Some(true) {
        judged.found(Effect::Disrupt, CORDON);
    }
    if let Some(Value::Sequence(taints)) = get(spec, "taints")
        && taints.iter().any(|t| matches!(text(get(t, "effect")), Some("NoSchedule" | "NoExecute")))
    {
        judged.found(Effect::Disrupt, TAINTS);
    }
}

/// One operation of a JSON patch.
fn operation(hit: Hit, operation: &Value, judged: &mut Judged) {
    let op = text(get(operation, "op")).unwrap_or_default();
    let path = text(get(operation, "path")).unwrap_or_default();
    let value = get(operation, "value");
    let from = text(get(operation, "from")).unwrap_or_default();
    let gone = if op == "move" { from } else { path };
    if matches!(op, "remove" | "move") {
        removed(gone, judged);
    }
    if op != "test" {
        let part =
            |prefix: &str| [path, gone].iter().any(|p| *p == prefix || p.starts_with(&format!("{prefix}/")));
        if part("/spec/selector") || [path, gone].iter().any(|p| matches!(*p, "/spec" | "")) {
            selector(hit, judged);
        }
        if part("/metadata/labels") {
            labels(hit, judged);
        }
        if let Some(key) =
            path.strip_prefix("/metadata/annotations/").or(path.strip_prefix("/metadata/labels/"))
        {
            let key = key.replace("~1", "/").replace("~0", "~");
            let gone = Value::Null;
            let value = if op == "remove" { &gone } else { value.unwrap_or(&gone) };
            if mark_lifts(&key, value) {
                judged.found(Effect::Disrupt, LIFTS);
            }
        }
    }
    if !matches!(op, "add" | "replace" | "move" | "copy") {
        return;
    }
    let at = |prefix: &str| path == prefix || path.strip_prefix(prefix).is_some_and(|r| r.starts_with('/'));
    if at("/metadata/finalizers") || at("/spec/finalizers") {
        // `replace` drops what stood there; `add` to the list itself replaces it as well.
        if op == "replace" || value.is_some_and(|v| path.ends_with("/finalizers") && !is_filled(v)) {
            judged.found(Effect::Destroy, NO_FINALIZERS);
        } else if path.ends_with("/finalizers") {
            judged.unread = true;
        }
    }
    if at("/metadata/ownerReferences") && value.is_none_or(is_filled) {
        judged.found(Effect::Destroy, OWNERS);
    }
    if op == "copy" || op == "move" {
        judged.unread = judged.unread || at("/spec") || at("/metadata");
        return;
    }
    // Put the value where its path says and read it as the merge patch it amounts to.
    if let Some(value) = value {
        let mut whole = value.clone();
        for part in path.rsplit('/').take_while(|p| !p.is_empty()) {
            let mut mapping = serde_yaml::Mapping::new();
            mapping.insert(Value::String(part.replace("~1", "/").replace("~0", "~")), whole);
            whole = Value::Mapping(mapping);
        }
        if let Some(spec) = get(&whole, "spec") {
            spec_fields(spec, judged);
            // `/spec/versions/0/served`: the index became a key.
            let served = get(spec, "versions").and_then(Value::as_mapping);
            if served
                .is_some_and(|v| v.values().any(|v| get(v, "served").and_then(Value::as_bool) == Some(false)))
            {
                judged.found(Effect::Destroy, VERSIONS);
            }
        }
        if path.is_empty() || path == "/metadata" {
            judged.found(Effect::Destroy, WIPE);
        }
    }
}

fn removed(path: &str, judged: &mut Judged) {
    let part = |prefix: &str| path == prefix || path.strip_prefix(prefix).is_some_and(|r| r.starts_with('/'));
    if part("/metadata/finalizers") || part("/spec/finalizers") {
        judged.found(Effect::Destroy, NO_FINALIZERS);
    }
    if path.strip_prefix("/spec/versions/").is_some_and(|rest| !rest.contains('/'))
        || path == "/spec/versions"
    {
        judged.found(Effect::Destroy, VERSIONS);
    }
    if matches!(path, "" | "/metadata" | "/spec") {
        judged.found(Effect::Destroy, WIPE);
    }
}

/// One object of a manifest, with what it can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// `apiVersion`, empty when absent.
    pub api_version: String,
    /// `kind`, empty when absent.
    pub kind: String,
    /// `metadata.namespace`.
    pub namespace: Option<String>,
    /// `metadata.name`.
    pub name: Option<String>,
    /// What its content can do when it is applied over a live object.
    pub judged: Judged,
}

/// Every object of a manifest file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Manifest {
    /// The objects, lists flattened one level as kubectl does.
    pub documents: Vec<Document>,
    /// Why the rest could not be read.
    pub error: Option<String>,
}

impl Manifest {
    /// The worst of all objects; a manifest that cannot be read is [`Effect::Unknown`].
    pub fn effect(&self) -> Effect {
        let worst = self.documents.iter().map(|d| d.judged.effect).max().unwrap_or(Effect::Mutate);
        if self.error.is_some() { worst.max(Effect::Unknown) } else { worst }
    }
}

/// Judges a manifest: YAML or JSON, one or many documents. What it finds are possibilities: a reclaim policy that
/// already was Delete changes nothing, which only the live object tells.
pub fn classify_manifest(bytes: &[u8]) -> Manifest {
    let mut manifest = Manifest::default();
    for document in serde_yaml::Deserializer::from_slice(bytes) {
        match <Value as serde::Deserialize>::deserialize(document) {
            Ok(Value::Null) => {}
            Ok(value) => object(&value, &mut manifest, true),
            Err(error) => {
                manifest.error = Some(error.to_string());
                break;
            }
        }
    }
    manifest
}

fn object(value: &Value, manifest: &mut Manifest, outermost: bool) {
    let kind = text(get(value, "kind")).unwrap_or_default();
    if let (true, true, Some(Value::Sequence(items))) =
        (outermost, kind.ends_with("List"), get(value, "items"))
    {
        items.iter().for_each(|item| object(item, manifest, false));
        return;
    }
    let mut judged = Judged::nothing();
    let metadata = get(value, "metadata");
    if let Some(metadata) = metadata {
        if get(metadata, "finalizers").is_some_and(|list| !is_filled(list)) {
            judged.found(Effect::Destroy, NO_FINALIZERS);
        }
        if get(metadata, "ownerReferences").is_some_and(is_filled) {
            judged.found(Effect::Destroy, OWNERS);
        }
    }
    if let Some(metadata) = metadata {
        marks(metadata, &mut judged);
    }
    if kind == "ConfigMap" && is_aws_auth(metadata) {
        judged.found(Effect::Disrupt, AWS_AUTH);
    }
    if let Some(spec) = get(value, "spec") {
        if get(spec, "finalizers").is_some_and(|list| !is_filled(list)) {
            judged.found(Effect::Destroy, NO_FINALIZERS);
        }
        spec_fields(spec, &mut judged);
    }
    let name = |key: &str| metadata.and_then(|m| text(get(m, key))).map(str::to_owned);
    manifest.documents.push(Document {
        api_version: text(get(value, "apiVersion")).unwrap_or_default().to_owned(),
        kind: kind.to_owned(),
        namespace: name("namespace"),
        name: name("name"),
        judged,
    });
}

/// The ConfigMap by which Amazon EKS knows who is who, also where its namespace is left to the words.
fn is_aws_auth(metadata: Option<&Value>) -> bool {
    let field = |key| metadata.and_then(|m| text(get(m, key)));
    field("name") == Some("aws-auth") && field("namespace").is_none_or(|ns| ns == "kube-system")
}

fn get<'v>(value: &'v Value, key: &str) -> Option<&'v Value> {
    value.as_mapping().and_then(|m| m.get(key))
}

fn text(value: Option<&Value>) -> Option<&str> {
    value.and_then(Value::as_str)
}

/// Whether a list or map has anything in it; null has not.
fn is_filled(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Sequence(list) => !list.is_empty(),
        Value::Mapping(map) => !map.is_empty(),
        Value::String(text) => !text.is_empty(),
        _ => true,
    }
}

fn is_zero(value: &Value) -> bool {
    value.as_i64() == Some(0) || value.as_f64() == Some(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patches() {
        use Effect::*;
        use PatchKind::*;
        for (kind, patch, want) in [
            (Merge, r#"{"metadata":{"finalizers":null}}"#, Destroy),
            (Merge, r#"{"metadata":{"finalizers":[]}}"#, Destroy),
            (Strategic, "metadata: {finalizers: ~}", Destroy),
            (Strategic, "metadata:\n  $deleteFromPrimitiveList/finalizers: [a/b]\n", Destroy),
            (Merge, r#"{"spec":{"finalizers":[]}}"#, Destroy),
            (Strategic, r#"{"metadata":{"finalizers":["a/b"]}}"#, Mutate),
            (Json, r#"[{"op":"remove","path":"/metadata/finalizers"}]"#, Destroy),
            (Json, r#"[{"op":"remove","path":"/metadata/finalizers/0"}]"#, Destroy),
            (Json, r#"[{"op":"replace","path":"/metadata/finalizers","value":[]}]"#, Destroy),
            (Json, r#"[{"op":"add","path":"/metadata/finalizers/-","value":"a/b"}]"#, Mutate),
            (Json, r#"[{"op":"test","path":"/metadata/finalizers","value":[]}]"#, Mutate),
            (
                Json,
                r#"[{"op":"move","from":"/metadata/finalizers","path":"/metadata/annotations/x"}]"#,
                Destroy,
            ),
            (Json, r#"[{"op":"replace","path":"/spec/replicas","value":0}]"#, Disrupt),
            (Json, r#"[{"op":"replace","path":"/spec/replicas","value":3}]"#, Mutate),
            (
                Json,
                r#"[{"op":"replace","path":"/spec/persistentVolumeReclaimPolicy","value":"Delete"}]"#,
                Destroy,
            ),
            (Json, r#"[{"op":"replace","path":"/spec/versions/0/served","value":false}]"#, Destroy),
            (Merge, r#"{"metadata":{"ownerReferences":[{"uid":"x"}]}}"#, Destroy),
            (Merge, r#"{"metadata":{"ownerReferences":null}}"#, Mutate),
            (Strategic, r#"{"spec":{"persistentVolumeReclaimPolicy":"Delete"}}"#, Destroy),
            (Strategic, r#"{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}"#, Mutate),
            (Strategic, "spec: {persistentVolumeClaimRetentionPolicy: {whenScaled: Delete}}", Destroy),
            (Strategic, r#"{"spec":{"replicas":0}}"#, Disrupt),
            (Strategic, r#"{"spec":{"unschedulable":true}}"#, Disrupt),
            (Merge, r#"{"data":null}"#, Mutate),
            (Strategic, r#"{"spec":{"template":{"spec":{"containers":[{"image":"x"}]}}}}"#, Mutate),
        ] {
            assert_eq!(classify_patch(kind, patch.as_bytes()).effect, want, "{kind:?} {patch}");
        }
    }

    #[test]
    fn patches_that_are_other_commands_by_another_name() {
        use Effect::*;
        use PatchKind::*;
        for (kind, hit, patch, want) in [
            // `set selector`
            (Strategic, Hit::Service, r#"{"spec":{"selector":{"app":"x"}}}"#, Disrupt),
            (Merge, Hit::Service, r#"{"spec":{"selector":null}}"#, Disrupt),
            (
                Json,
                Hit::Service,
                r#"[{"op":"replace","path":"/spec/selector","value":{"app":"x"}}]"#,
                Disrupt,
            ),
            (Json, Hit::Service, r#"[{"op":"replace","path":"/spec/selector/app","value":"x"}]"#, Disrupt),
            (Json, Hit::Service, r#"[{"op":"remove","path":"/spec/selector/app"}]"#, Disrupt),
            (
                Json,
                Hit::Service,
                r#"[{"op":"move","from":"/spec/selector/a","path":"/metadata/labels/a"}]"#,
                Disrupt,
            ),
            (Json, Hit::Service, r#"[{"op":"test","path":"/spec/selector","value":{}}]"#, Mutate),
            (Merge, Hit::Unknown, r#"{"spec":{"selector":{"app":"x"}}}"#, Disrupt),
            (Merge, Hit::Other, r#"{"spec":{"selector":{"app":"x"}}}"#, Mutate),
            (Merge, Hit::Service, r#"{"spec":{"type":"NodePort"}}"#, Mutate),
            (Merge, Hit::Service, r#"{"spec":{"type":"ExternalName","externalName":"x"}}"#, Disrupt),
            (Merge, Hit::Service, r#"{"spec":null}"#, Disrupt),
            (Strategic, Hit::Service, r#"{"spec":{"$patch":"replace","ports":[{"port":80}]}}"#, Disrupt),
            (Strategic, Hit::Service, r#"{"spec":{"$retainKeys":["ports"],"ports":[{"port":80}]}}"#, Disrupt),
            (
                Json,
                Hit::Service,
                r#"[{"op":"replace","path":"/spec","value":{"ports":[{"port":80}]}}]"#,
                Disrupt,
            ),
            // `label pod … --overwrite`
            (Merge, Hit::Selected, r#"{"metadata":{"labels":{"app":"x"}}}"#, Disrupt),
            (Json, Hit::Selected, r#"[{"op":"replace","path":"/metadata/labels/app","value":"x"}]"#, Disrupt),
            (Merge, Hit::Other, r#"{"metadata":{"labels":{"app":"x"}}}"#, Mutate),
            (Merge, Hit::Selected, r#"{"metadata":{"annotations":{"note":"x"}}}"#, Mutate),
            // `annotate … KEY-`
            (Merge, Hit::Other, r#"{"metadata":{"annotations":{"helm.sh/resource-policy":null}}}"#, Disrupt),
            (Merge, Hit::Other, r#"{"metadata":{"annotations":{"helm.sh/resource-policy":"keep"}}}"#, Mutate),
            (
                Merge,
                Hit::Other,
                r#"{"metadata":{"annotations":{"confirmation.gardener.cloud/deletion":"true"}}}"#,
                Disrupt,
            ),
            (
                Json,
                Hit::Other,
                r#"[{"op":"remove","path":"/metadata/annotations/helm.sh~1resource-policy"}]"#,
                Disrupt,
            ),
            (
                Json,
                Hit::Other,
                r#"[{"op":"add","path":"/metadata/labels/policy.kruise.io~1delete-protection","value":"Never"}]"#,
                Disrupt,
            ),
            // `taint`
            (Merge, Hit::Other, r#"{"spec":{"taints":[{"key":"a","effect":"NoExecute"}]}}"#, Disrupt),
            (Merge, Hit::Other, r#"{"spec":{"taints":[{"key":"a","effect":"PreferNoSchedule"}]}}"#, Mutate),
            (Merge, Hit::Other, r#"{"spec":{"taints":null}}"#, Mutate),
        ] {
            assert_eq!(
                classify_patch_of(kind, hit, patch.as_bytes()).effect,
                want,
                "{kind:?} {hit:?} {patch}"
            );
        }
    }

    #[test]
    fn a_manifest_of_who_may_reach_the_cluster_disrupts() {
        for (text, want) in [
            ("kind: ConfigMap\nmetadata: {name: aws-auth, namespace: kube-system}", Effect::Disrupt),
            ("kind: ConfigMap\nmetadata: {name: aws-auth}", Effect::Disrupt),
            ("kind: ConfigMap\nmetadata: {name: aws-auth, namespace: shop}", Effect::Mutate),
            ("kind: Service\nmetadata: {name: aws-auth, namespace: kube-system}", Effect::Mutate),
        ] {
            assert_eq!(classify_manifest(text.as_bytes()).effect(), want, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_said() {
        for (kind, patch) in [
            (PatchKind::Merge, "{"),
            (PatchKind::Merge, "$PATCH"),
            (PatchKind::Json, "{}"),
            (PatchKind::Merge, r#"{"metadata":{"finalizers":["a/b"]}}"#),
        ] {
            assert!(classify_patch(kind, patch.as_bytes()).unread, "{patch}");
        }
    }

    #[test]
    fn manifests() {
        let text = "---\n# nothing\n---\napiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: PersistentVolume, \
                    metadata: {name: a}, spec: {persistentVolumeReclaimPolicy: Delete}}\n---\napiVersion: apps/v1\n\
                    kind: Deployment\nmetadata: {name: w, namespace: s}\nspec: {replicas: 0}\n";
        let manifest = classify_manifest(text.as_bytes());
        assert_eq!(manifest.error, None);
        let seen: Vec<_> = manifest.documents.iter().map(|d| (d.kind.as_str(), d.judged.effect)).collect();
        assert_eq!(seen, [("PersistentVolume", Effect::Destroy), ("Deployment", Effect::Disrupt)]);
        assert_eq!(manifest.documents[1].namespace.as_deref(), Some("s"));
        assert_eq!(classify_manifest(b"a: [").effect(), Effect::Unknown);
    }
}
