//! The JSON schema of a policy file, printed from the same table the reader checks files against.

use super::keys::{Key, Kind, TOP};
use serde_json::{Map, Value, json};

/// The schema as JSON text.
pub fn json() -> String {
    let mut root = object(TOP);
    let head = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "guard policy",
    });
    if let (Some(root), Value::Object(mut all)) = (root.as_object_mut(), head) {
        all.append(root);
        *root = all;
    }
    // A table of names and numbers always serialises.
    let mut text = serde_json::to_string_pretty(&root).unwrap_or_default();
    text.push('\n');
    text
}

fn object(keys: &[Key]) -> Value {
    let mut properties = Map::new();
    for key in keys {
        let mut value = kind(key.kind);
        if let Some(map) = value.as_object_mut() {
            map.insert("description".to_owned(), json!(key.doc));
        }
        properties.insert(key.name.to_owned(), value);
    }
    let required: Vec<&str> = keys.iter().filter(|k| k.required).map(|k| k.name).collect();
    json!({ "type": "object", "additionalProperties": false, "required": required, "properties": properties })
}

fn kind(kind: Kind) -> Value {
    // Unquoted numbers are texts too: an account id is written as people write it.
    let text = || json!({ "type": ["string", "number"] });
    match kind {
        Kind::Text => text(),
        Kind::Texts => json!({ "anyOf": [text(), { "type": "array", "minItems": 1, "items": text() }] }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Count(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::Span => json!({ "type": "string", "pattern": "^[0-9]+[mhdw]$" }),
        Kind::Choice(words) => json!({ "enum": words }),
        Kind::Choices(words) => {
            json!({ "anyOf": [{ "enum": words }, { "type": "array", "minItems": 1, "items": { "enum": words } }] })
        }
        Kind::Map(keys) => object(keys),
        Kind::List(keys) => json!({ "type": ["array", "null"], "items": object(keys) }),
        Kind::Labels => json!({
            "type": "object",
            "minProperties": 1,
            "additionalProperties": { "anyOf": [text(), { "type": "array", "items": text() }] },
        }),
        Kind::Tools(keys) => json!({ "type": "object", "additionalProperties": object(keys) }),
        Kind::Examples(keys) => {
            json!({ "type": "array", "items": { "anyOf": [{ "type": "string" }, object(keys)] } })
        }
    }
}
