//! The three kinds of patch kubectl sends.

use serde_json::{Map, Value};

/// RFC 7386.
pub fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(fields) = target {
        for (key, change) in changes {
            if change.is_null() {
                fields.shift_remove(key);
            } else {
                merge(fields.entry(key.clone()).or_insert(Value::Null), change);
            }
        }
    }
}

/// The key by which the items of a list are told apart in a strategic merge, for the lists that have one.
fn merge_key(list: &str) -> Option<&'static str> {
    Some(match list {
        "containers" | "initContainers" | "ephemeralContainers" | "volumes" | "env" | "imagePullSecrets" => {
            "name"
        }
        "volumeMounts" => "mountPath",
        "volumeDevices" => "devicePath",
        "hostAliases" => "ip",
        "ports" => "containerPort",
        "conditions" => "type",
        "ownerReferences" => "uid",
        "topologySpreadConstraints" => "topologyKey",
        _ => return None,
    })
}

/// Strategic merge with the keys of [`merge_key`]; a Service's ports go by `port`. Directives that only order or
/// prune (`$setElementOrder`, `$retainKeys`) change nothing here; `$patch: delete|replace` and
/// `$deleteFromPrimitiveList` are carried out.
pub fn strategic(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    let Value::Object(fields) = target else { return };
    for (key, change) in changes {
        if let Some(list) = key.strip_prefix("$deleteFromPrimitiveList/") {
            let gone = change.as_array().cloned().unwrap_or_default();
            if let Some(Value::Array(items)) = fields.get_mut(list) {
                items.retain(|item| !gone.contains(item));
            }
        } else if key.starts_with('$') {
        } else if change.is_null() {
            fields.shift_remove(key);
        } else if let (Some(by), Value::Array(new)) = (merge_key(key), change) {
            let slot = fields.entry(key.clone()).or_insert_with(|| Value::Array(Vec::new()));
            strategic_list(slot, new, by);
        } else if change.get("$patch") == Some(&Value::from("delete")) {
            fields.shift_remove(key);
        } else {
            strategic(fields.entry(key.clone()).or_insert(Value::Null), change);
        }
    }
}

fn strategic_list(slot: &mut Value, new: &[Value], by: &str) {
    if !slot.is_array() {
        *slot = Value::Array(Vec::new());
    }
    let Value::Array(items) = slot else { return };
    if new.iter().any(|n| n.get("$patch") == Some(&Value::from("replace"))) {
        *items = new.iter().filter(|n| n.get("$patch").is_none()).cloned().collect();
        return;
    }
    for item in new {
        let key = if item.get(by).is_some() { by } else { "port" };
        let at = items.iter().position(|have| have.get(key).is_some() && have.get(key) == item.get(key));
        if item.get("$patch") == Some(&Value::from("delete")) {
            if let Some(at) = at {
                items.remove(at);
            }
        } else if let Some(at) = at {
            strategic(&mut items[at], item);
        } else {
            items.push(item.clone());
        }
    }
}

/// RFC 6902 without `move` and `copy`. `None`: the patch does not apply.
pub fn json_patch(target: &mut Value, patch: &Value) -> Option<()> {
    for step in patch.as_array()? {
        let path = step.get("path")?.as_str()?;
        let (parent, last) = path.rsplit_once('/')?;
        let last = last.replace("~1", "/").replace("~0", "~");
        match step.get("op")?.as_str()? {
            "test" => {
                if target.pointer(path)? != step.get("value")? {
                    return None;
                }
            }
            "remove" => match target.pointer_mut(parent)? {
                Value::Object(fields) => {
                    fields.shift_remove(&last)?;
                }
                Value::Array(items) => {
                    let at: usize = last.parse().ok()?;
                    (at < items.len()).then(|| items.remove(at))?;
                }
                _ => return None,
            },
            "add" | "replace" => {
                let value = step.get("value")?.clone();
                match target.pointer_mut(parent)? {
                    Value::Object(fields) => {
                        fields.insert(last, value);
                    }
                    Value::Array(items) if last == "-" => items.push(value),
                    Value::Array(items) => {
                        let at: usize = last.parse().ok()?;
                        if step["op"] == "add" && at <= items.len() {
                            items.insert(at, value);
                        } else {
                            *items.get_mut(at)? = value;
                        }
                    }
                    _ => return None,
                }
            }
            _ => return None,
        }
    }
    Some(())
}
