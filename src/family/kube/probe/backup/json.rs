//! Fields of objects whose kinds belong to somebody else: a field that is missing, or of another type than its definition says,
//! is one that nobody knows, and no reason to lose the object.

use serde_json::Value;

/// The text at a pointer; empty counts as missing.
pub fn text<'a>(of: &'a Value, at: &str) -> Option<&'a str> {
    of.pointer(at).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The same, as one's own.
pub fn owned(of: &Value, at: &str) -> Option<String> {
    text(of, at).map(str::to_owned)
}

/// The number at a pointer.
pub fn number(of: &Value, at: &str) -> Option<u64> {
    of.pointer(at).and_then(Value::as_u64)
}

/// The moment at a pointer (RFC 3339), in seconds since 1970-01-01T00:00Z.
pub fn time(of: &Value, at: &str) -> Option<i64> {
    seconds(text(of, at)?)
}

/// A moment as RFC 3339 has it, in seconds since 1970-01-01T00:00Z.
pub fn seconds(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}

/// The texts of the list at a pointer.
pub fn texts(of: &Value, at: &str) -> Vec<String> {
    list(of, at).filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The list at a pointer; nothing where there is none.
pub fn list<'a>(of: &'a Value, at: &str) -> impl Iterator<Item = &'a Value> {
    of.pointer(at).and_then(Value::as_array).into_iter().flatten()
}

/// Whether the flag at a pointer is set.
pub fn flag(of: &Value, at: &str) -> bool {
    of.pointer(at).and_then(Value::as_bool) == Some(true)
}

/// The value of a label or annotation.
pub fn mark<'a>(of: &'a Value, map: &str, key: &str) -> Option<&'a str> {
    of.pointer("/metadata")?.get(map)?.get(key)?.as_str()
}

/// The uids of its owners.
pub fn owners(of: &Value) -> Vec<String> {
    list(of, "/metadata/ownerReferences").filter_map(|owner| owned(owner, "/uid")).collect()
}
