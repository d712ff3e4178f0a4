//! Changes that destroy: what the server would make of the command (its dry run's answer) set against what is there.

use super::catalog::Catalog;
use super::http::{Api, Miss};
use super::protect::is_telling;
use crate::engine::effect::Effect;
use crate::engine::impact::Impact;
use serde_json::Value;

/// So many objects are compared.
const COMPARED: usize = 200;

/// Compares the objects a dry run answered with the live ones.
pub async fn compare(api: &Api, catalog: &Catalog, after: &[Value], impact: &mut Impact) {
    if after.len() > COMPARED {
        impact.gap(
            format!("what changes in {} more objects", after.len() - COMPARED),
            crate::engine::fact::Why::NotAsked,
        );
    }
    let parts =
        crate::run::tasks::gather(after.iter().take(COMPARED).map(|one| compare_one(api, catalog, one)))
            .await;
    for part in parts {
        impact.absorb(part);
    }
}

fn text<'v>(value: &'v Value, at: &str) -> &'v str {
    value.pointer(at).and_then(Value::as_str).unwrap_or_default()
}

async fn compare_one(api: &Api, catalog: &Catalog, after: &Value) -> Impact {
    let mut impact = Impact::default();
    let name = format!("{} {}", text(after, "/kind"), text(after, "/metadata/name"));
    let group = text(after, "/apiVersion").rsplit_once('/').map_or("", |(group, _)| group);
    let Some(kind) = catalog.of_kind(group, text(after, "/kind")) else { return impact };
    let namespace = after.pointer("/metadata/namespace").and_then(Value::as_str);
    let path = kind.object(namespace, text(after, "/metadata/name"));
    // The values of a Secret are not fetched: its finalizers and owners are in the metadata.
    let before = if kind.is("", "secrets") {
        api.meta(&path).await.map(|m| {
            serde_json::json!({ "metadata": { "finalizers": m.finalizers, "deletionTimestamp": m.deletion_timestamp,
                "ownerReferences": m.owner_references.iter().map(|o| serde_json::json!({ "uid": o.uid })).collect::<Vec<_>>() } })
        })
    } else {
        api.json::<Value>(&path).await
    };
    let before = match before {
        Ok(before) => before,
        // It is created: an owner that does not exist counts all the same.
        Err(Miss::Absent) => Value::Null,
        Err(miss) => {
            impact.gap(format!("what changes in {name}"), miss.why());
            return impact;
        }
    };
    // What a Secret held is not fetched: one that is left with nothing may have lost all of it.
    let keys = |at: &str| after.pointer(at).and_then(Value::as_object).is_some_and(|map| !map.is_empty());
    if kind.is("", "secrets") && !before.is_null() && !keys("/data") && !keys("/stringData") {
        impact.raise(Effect::Destroy, format!("{name}: it is left without data"));
    }
    for (effect, because) in differences(&before, after) {
        impact.raise(effect, format!("{name}: {because}"));
    }
    for owner in new_owners(&before, after) {
        if let Some(because) = ghost(api, catalog, namespace, owner).await {
            match because {
                Ok(because) => impact.raise(Effect::Destroy, format!("{name}: {because}")),
                Err(why) => impact.gap(format!("owner {} of {name}", text(owner, "/name")), why),
            }
        }
    }
    impact
}

/// What the change takes away, as far as the two objects say it.
pub fn differences(before: &Value, after: &Value) -> Vec<(Effect, String)> {
    let mut found = Vec::new();
    let list = |of: &Value, at: &str| -> Vec<String> {
        let items = of.pointer(at).and_then(Value::as_array);
        items.into_iter().flatten().filter_map(|v| v.as_str()).map(str::to_owned).collect()
    };
    let left = list(after, "/metadata/finalizers");
    let deleting = before.pointer("/metadata/deletionTimestamp").is_some_and(|v| !v.is_null());
    for finalizer in list(before, "/metadata/finalizers").iter().filter(|f| !left.contains(f)) {
        if deleting {
            found.push((
                Effect::Destroy,
                format!("without finalizer {finalizer} it vanishes at once, its cleanup is skipped"),
            ));
        } else if is_telling(finalizer) || finalizer.contains("protection") {
            found
                .push((Effect::Destroy, format!("finalizer {finalizer} is removed: its cleanup is skipped")));
        }
    }
    let flips = [
        (
            "/spec/persistentVolumeReclaimPolicy",
            "reclaim policy becomes Delete: the volume goes with its claim",
        ),
        (
            "/spec/persistentVolumeClaimRetentionPolicy/whenDeleted",
            "whenDeleted becomes Delete: claims go with the StatefulSet",
        ),
        (
            "/spec/persistentVolumeClaimRetentionPolicy/whenScaled",
            "whenScaled becomes Delete: claims go when it is scaled down",
        ),
        ("/deletionPolicy", "deletionPolicy becomes Delete"),
        ("/spec/deletionPolicy", "deletionPolicy becomes Delete"),
    ];
    for (at, because) in flips {
        if !before.is_null() && text(after, at) == "Delete" && text(before, at) != "Delete" {
            found.push((Effect::Destroy, because.to_owned()));
        }
    }
    // Replicas by patch, apply or replace are a scale.
    let number = |of: &Value| of.pointer("/spec/replicas").and_then(Value::as_i64);
    if let (Some(was), Some(is)) = (number(before), number(after)) {
        if is < was && text(after, "/spec/persistentVolumeClaimRetentionPolicy/whenScaled") == "Delete" {
            found.push((
                Effect::Destroy,
                format!("from {was} to {is} replicas with whenScaled Delete: claims go"),
            ));
        } else if is == 0 && was > 0 {
            found.push((Effect::Disrupt, "replicas become 0: every pod stops".to_owned()));
        }
    }
    let versions = |of: &Value| -> Vec<String> {
        let items = of.pointer("/spec/versions").and_then(Value::as_array);
        let served = items.into_iter().flatten().filter(|v| v.get("served") == Some(&true.into()));
        served.map(|v| text(v, "/name").to_owned()).collect()
    };
    if text(after, "/kind") == "CustomResourceDefinition" && !before.is_null() {
        let now = versions(after);
        for gone in versions(before).iter().filter(|v| !now.contains(v)) {
            found.push((Effect::Disrupt, format!("version {gone} is no longer served")));
        }
    }
    if ["ConfigMap", "Secret"].contains(&text(after, "/kind")) {
        let keys = |of: &Value| -> Vec<String> {
            let maps = ["/data", "/binaryData"].into_iter().filter_map(|at| of.pointer(at)?.as_object());
            maps.flat_map(|m| m.keys().cloned()).collect()
        };
        let (was, is) = (keys(before), keys(after));
        let gone: Vec<&str> = was.iter().filter(|k| !is.contains(k)).map(String::as_str).collect();
        if !gone.is_empty() && is.is_empty() {
            found.push((
                Effect::Destroy,
                format!("all its data goes: {}", super::inventory::first(gone.into_iter())),
            ));
        }
    }
    for (key, unwanted) in [
        ("/metadata/labels/policy.kruise.io~1delete-protection", ["Always", "Cascading"].as_slice()),
        ("/metadata/annotations/helm.sh~1resource-policy", &["keep"]),
    ] {
        if unwanted.contains(&text(before, key)) && !unwanted.contains(&text(after, key)) {
            let name = key.rsplit('/').next().unwrap_or_default().replace("~1", "/");
            found.push((Effect::Disrupt, format!("its protection {name} is lifted")));
        }
    }
    found.extend(by_another_name(before, after));
    found
}

/// Changes that are another command by another name: `set selector`, and who may reach a cluster of Amazon's.
fn by_another_name(before: &Value, after: &Value) -> Option<(Effect, String)> {
    let differs = |at: &str| before.pointer(at) != after.pointer(at);
    match text(after, "/kind") {
        _ if before.is_null() => None,
        "Service" if text(after, "/apiVersion") == "v1" && differs("/spec/selector") => {
            Some((Effect::Disrupt, "its selector changes: traffic goes to other pods, or to none".to_owned()))
        }
        "ConfigMap"
            if text(after, "/metadata/namespace") == "kube-system"
                && text(after, "/metadata/name") == "aws-auth"
                && differs("/data") =>
        {
            Some((
                Effect::Disrupt,
                "it says who may reach the cluster: one mistake locks everybody out".to_owned(),
            ))
        }
        _ => None,
    }
}

/// Owners the change adds.
fn new_owners<'v>(before: &Value, after: &'v Value) -> Vec<&'v Value> {
    let uids = |of: &Value| -> Vec<String> {
        let items = of.pointer("/metadata/ownerReferences").and_then(Value::as_array);
        items.into_iter().flatten().map(|o| text(o, "/uid").to_owned()).collect()
    };
    let had = uids(before);
    let items = after.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    items.into_iter().flatten().filter(|o| !had.iter().any(|u| u == text(o, "/uid"))).collect()
}

/// Whether an owner does not exist: then the garbage collector deletes what it is said to own.
async fn ghost(
    api: &Api,
    catalog: &Catalog,
    namespace: Option<&str>,
    owner: &Value,
) -> Option<Result<String, crate::engine::fact::Why>> {
    let name = text(owner, "/name");
    let called = format!("{} {name}", text(owner, "/kind"));
    let group = text(owner, "/apiVersion").rsplit_once('/').map_or("", |(group, _)| group);
    let gone =
        || Some(Ok(format!("its new owner {called} does not exist: the garbage collector deletes it")));
    let Some(kind) = catalog.of_kind(group, text(owner, "/kind")) else {
        return if catalog.gaps.is_empty() { gone() } else { Some(Err(crate::engine::fact::Why::Stale)) };
    };
    match api.meta(&kind.object(namespace, name)).await {
        Ok(meta) if meta.uid.as_deref() == Some(text(owner, "/uid")) => None,
        Ok(_) => {
            Some(Ok(format!("its new owner {called} has another uid: the garbage collector deletes it")))
        }
        Err(Miss::Absent) => gone(),
        Err(miss) => Some(Err(miss.why())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(before: Value, after: Value) -> Vec<(Effect, String)> {
        differences(&before, &after)
    }

    #[test]
    fn finalizers_that_go_are_found() {
        let before = json!({"metadata": {"finalizers": ["example.com/a", "kubernetes.io/pv-protection"]}});
        let after = json!({"metadata": {"finalizers": ["kubernetes.io/pv-protection"]}});
        assert_eq!(said(before.clone(), after).len(), 1);
        assert_eq!(said(before.clone(), json!({"metadata": {}})).len(), 2);
        assert!(said(before.clone(), before.clone()).is_empty());
        assert!(said(Value::Null, before).is_empty());
    }

    #[test]
    fn policies_that_flip_are_found() {
        let pv = |p: &str| json!({"kind": "PersistentVolume", "spec": {"persistentVolumeReclaimPolicy": p}});
        assert_eq!(said(pv("Retain"), pv("Delete")).first().map(|d| d.0), Some(Effect::Destroy));
        assert!(said(pv("Delete"), pv("Retain")).is_empty());
        assert!(said(Value::Null, pv("Delete")).is_empty());
        let sts = |n: i64, p: &str| {
            json!({"spec": {"replicas": n,
            "persistentVolumeClaimRetentionPolicy": {"whenScaled": p}}})
        };
        assert_eq!(said(sts(3, "Delete"), sts(1, "Delete")).first().map(|d| d.0), Some(Effect::Destroy));
        assert_eq!(said(sts(3, "Retain"), sts(0, "Retain")).first().map(|d| d.0), Some(Effect::Disrupt));
        assert!(said(sts(3, "Retain"), sts(2, "Retain")).is_empty());
    }

    #[test]
    fn emptied_config_is_found() {
        let cm = |d: Value| json!({"kind": "ConfigMap", "data": d});
        assert_eq!(said(cm(json!({"a": "1"})), cm(Value::Null)).first().map(|d| d.0), Some(Effect::Destroy));
        assert!(said(cm(json!({"a": "1", "b": "2"})), cm(json!({"a": "1"}))).is_empty());
    }

    #[test]
    fn what_is_another_command_by_another_name_is_found() {
        let svc =
            |app: &str| json!({"apiVersion": "v1", "kind": "Service", "spec": {"selector": {"app": app}}});
        assert_eq!(said(svc("a"), svc("b")).first().map(|d| d.0), Some(Effect::Disrupt));
        assert!(said(svc("a"), svc("a")).is_empty());
        assert!(said(Value::Null, svc("a")).is_empty());
        let auth = |ns: &str, roles: &str| json!({"kind": "ConfigMap", "metadata": {"namespace": ns, "name": "aws-auth"}, "data": {"mapRoles": roles}});
        assert_eq!(
            said(auth("kube-system", "a"), auth("kube-system", "b")).first().map(|d| d.0),
            Some(Effect::Disrupt)
        );
        assert!(said(auth("kube-system", "a"), auth("kube-system", "a")).is_empty());
        assert!(said(auth("shop", "a"), auth("shop", "b")).is_empty());
    }

    #[test]
    fn only_new_owners_are_asked_for() {
        let with = |uids: &[&str]| json!({"metadata": {"ownerReferences": uids.iter().map(|u| json!({"uid": u})).collect::<Vec<_>>()}});
        assert_eq!(new_owners(&with(&["a"]), &with(&["a", "b"])).len(), 1);
        assert_eq!(new_owners(&Value::Null, &with(&["a"])).len(), 1);
    }
}
