//! Documents, statements and lists among the values of options: the things they speak of.

#[cfg(feature = "cli")]
use crate::engine::aws::{is_secret, names, redact_text, value};
#[cfg(feature = "cli")]
use crate::engine::inner::sql;

/// Whether a value is no name but a document: JSON, the CLI's shorthand, or lines of text. Names may hold blanks (`High CPU`).
pub(in crate::engine::aws) fn is_document(value: &str) -> bool {
    let value = value.trim();
    let is_key = |key: &str| !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric());
    value.starts_with(['{', '[']) && !is_list_of_names(value)
        || value.contains(['\n', '\t'])
        || value.split_once('=').is_some_and(|(key, _)| is_key(key))
}

/// Whether an option's values are statements or texts, whatever they look like: no name stands in them.
pub(in crate::engine::aws) fn speaks(option: &str) -> bool {
    const WORDS: [&str; 22] = [
        "sql",
        "sqls",
        "statement",
        "statements",
        "query",
        "queries",
        "code",
        "script",
        "body",
        "document",
        "definition",
        "command",
        "commands",
        "policy",
        "content",
        "input",
        "payload",
        "message",
        "text",
        "expression",
        "prompt",
        "description",
    ];
    // `task-definition` is a name, `status-code` a number.
    const NAMES: [&str; 7] = [
        "daemon-task-definition",
        "iso-country-code",
        "job-definition",
        "quota-code",
        "service-code",
        "status-code",
        "task-definition",
    ];
    if NAMES.contains(&option) {
        return false;
    }
    option.ends_with("query-string") || option.rsplit('-').next().is_some_and(|last| WORDS.contains(&last))
}

/// `["a", "b"]`: a list as the CLI takes it, too.
fn is_list_of_names(value: &str) -> bool {
    #[cfg(feature = "cli")]
    if let Ok(list) = serde_json::from_str::<Vec<String>>(value) {
        return list.iter().all(|name| !name.contains(' '));
    }
    let _ = value;
    false
}

/// Whether a value stands for a document that was not read.
pub(super) fn is_unread(value: &str) -> bool {
    value.starts_with("file://") || value.starts_with("fileb://")
}

/// One thing a document speaks of.
pub(super) struct Member {
    /// Its name, where it has one.
    pub name: Option<String>,
    /// The name is all that is said of it.
    pub bare: bool,
}

/// The things that documents speak of: items of a list, also of the only list in an object; the statements of SQL.
#[cfg(feature = "cli")]
pub(super) fn members(values: &[String]) -> Vec<Member> {
    use serde_json::Value;
    let mut out = Vec::new();
    for value in values {
        let read =
            if is_document(value) || value.trim_start().starts_with('[') { value::read(value) } else { None };
        match read {
            Some(Value::Array(list)) => out.extend(list.iter().map(member)),
            Some(Value::Object(map)) => {
                let lists: Vec<&Vec<Value>> = map.values().filter_map(Value::as_array).collect();
                if lists.is_empty() {
                    out.push(member(&Value::Object(map)));
                } else {
                    out.extend(lists.into_iter().flatten().map(member));
                }
            }
            Some(other) => out.push(member(&other)),
            None if value.contains([' ', '\n', '\t', ';']) => {
                let statements = value.split(';').filter(|s| !s.trim().is_empty()).count().max(1);
                out.extend((0..statements).map(|_| Member { name: None, bare: false }));
            }
            None => out.push(Member { name: plain_name(value), bare: true }),
        }
    }
    out
}

#[cfg(not(feature = "cli"))]
pub(super) fn members(values: &[String]) -> Vec<Member> {
    values.iter().map(|_| Member { name: None, bare: false }).collect()
}

/// A thing by the shortest of its members that name one: `Key` rather than `VersionId`, `imageTag` rather than
/// `imageDigest`.
#[cfg(feature = "cli")]
fn member(value: &serde_json::Value) -> Member {
    use serde_json::Value;
    const ENDS: [&str; 7] = ["id", "name", "arn", "identifier", "tag", "digest", "key"];
    match value {
        Value::String(text) => Member { name: plain_name(text), bare: true },
        Value::Object(map) => {
            let named = map.iter().filter_map(|(key, value)| {
                let lower = key.to_ascii_lowercase();
                let names = ENDS.iter().any(|end| lower.ends_with(end)) && !lower.ends_with("token");
                Some((key.len(), key, plain_name(value.as_str()?)?)).filter(|_| names)
            });
            let name = selected(map).or_else(|| named.min().map(|(_, _, name)| name));
            Member { name, bare: map.len() == 1 }
        }
        _ => Member { name: None, bare: false },
    }
}

/// What a selector takes: `tag:Env=prod` of `Key=tag:Env,Values=prod`. The key alone would stand for every value.
#[cfg(feature = "cli")]
fn selected(map: &serde_json::Map<String, serde_json::Value>) -> Option<String> {
    let of =
        |wanted: &str| map.iter().find(|(key, _)| key.eq_ignore_ascii_case(wanted)).map(|(_, value)| value);
    let key = plain_name(of("Key").or_else(|| of("Name"))?.as_str()?)?;
    let values: Vec<String> = match of("Values")? {
        serde_json::Value::Array(list) => list.iter().map(value::scalar).collect::<Option<_>>()?,
        one => vec![value::scalar(one)?],
    };
    let values: Vec<&str> =
        values.iter().map(String::as_str).filter(|text| plain_name(text).is_some()).collect();
    // `tag:Env` is a setting's name by chance, `tag:Password` a secret's on purpose.
    let word = key.rsplit([':', '.', '/']).next().unwrap_or_default();
    let hidden =
        is_secret(&value::option_name(word)) || values.iter().any(|text| redact_text(text) != **text);
    Some(if values.is_empty() || hidden { key } else { format!("{key}={}", values.join(",")) })
}

/// A text that can be a name: one word.
#[cfg(feature = "cli")]
fn plain_name(text: &str) -> Option<String> {
    let plain = !text.is_empty() && !text.contains(char::is_whitespace) && !is_document(text);
    plain.then(|| text.to_owned())
}

/// The tables that DynamoDB's documents and statements name, each once.
#[cfg(feature = "cli")]
pub(super) fn tables(values: &[String]) -> Vec<String> {
    use serde_json::Value;
    let mut out: Vec<String> = Vec::new();
    for value in values {
        match value::read(value) {
            Some(Value::String(text)) => out.extend(sql::tables(&text)),
            Some(document) => {
                value::members(&document, &mut |key, value| match (key, value) {
                    ("TableName", Value::String(name)) => out.push(name.clone()),
                    ("Statement", Value::String(text)) => out.extend(sql::tables(text)),
                    // `--request-items`: tables are the members' names.
                    (table, Value::Array(list))
                        if list.iter().any(|r| r.get("PutRequest").or(r.get("DeleteRequest")).is_some()) =>
                    {
                        out.push(table.to_owned());
                    }
                    _ => {}
                });
                value::texts(&document, &mut |text| {
                    if text.contains(' ') && !out.iter().any(|have| text.contains(have.as_str())) {
                        out.extend(sql::tables(text));
                    }
                });
            }
            None => out.extend(sql::tables(value)),
        }
    }
    let mut tables: Vec<String> = out.iter().map(|name| names::short(name)).collect();
    tables.sort_unstable();
    tables.dedup();
    tables
}

#[cfg(not(feature = "cli"))]
pub(super) fn tables(_: &[String]) -> Vec<String> {
    Vec::new()
}
