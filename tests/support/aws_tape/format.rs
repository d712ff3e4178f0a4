//! The recordings as files: JSON that is folded where a line would get long, so that a difference is a few lines.

use serde_json::Value;
use std::fmt::Write as _;
use std::path::PathBuf;

/// As long as a line of the sources.
const WIDTH: usize = 110;

/// Where the recordings are.
pub fn directory() -> PathBuf {
    concat!(env!("CARGO_MANIFEST_DIR"), "/tests/program/recordings/aws").into()
}

/// The recording of this name.
pub fn read(name: &str) -> Value {
    find(name).unwrap_or_else(|| panic!("no recording {name} can be read; `tests/aws/record` makes it"))
}

/// The same, where there is one that can be read.
pub fn find(name: &str) -> Option<Value> {
    let text = std::fs::read_to_string(directory().join(name).with_extension("json")).ok()?;
    serde_json::from_str(&text).ok()
}

/// Every recording by its name.
pub fn all() -> Vec<(String, Value)> {
    let files = std::fs::read_dir(directory()).unwrap();
    let mut names: Vec<String> = files
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(".json").map(str::to_owned))
        .collect();
    names.sort();
    names.into_iter().map(|name| (name.clone(), read(&name))).collect()
}

/// Written beside its place and moved into it: a test that is ended half-way leaves the old one.
pub fn write(name: &str, recording: &Value) {
    let at = directory().join(name).with_extension("json");
    let part = at.with_extension("part");
    std::fs::create_dir_all(directory()).unwrap();
    std::fs::write(&part, fold(recording) + "\n").unwrap();
    std::fs::rename(&part, &at).unwrap();
}

/// The value on one line where that is short enough, else member by member.
pub fn fold(value: &Value) -> String {
    let mut out = String::new();
    put(&mut out, value, 0, 0);
    out
}

fn put(out: &mut String, value: &Value, indent: usize, used: usize) {
    let line = value.to_string();
    let (open, close, members): (char, char, Vec<(String, &Value)>) = match value {
        Value::Object(map) if indent + used + line.len() > WIDTH => {
            ('{', '}', map.iter().map(|(name, v)| (format!("{}:", Value::from(name.as_str())), v)).collect())
        }
        Value::Array(list) if indent + used + line.len() > WIDTH => {
            ('[', ']', list.iter().map(|v| (String::new(), v)).collect())
        }
        _ => {
            out.push_str(&line);
            return;
        }
    };
    out.push(open);
    for (at, (name, member)) in members.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let _ = write!(out, "{comma}\n{:indent$}{name}", "", indent = indent + 1);
        put(out, member, indent + 1, name.len() + 1);
    }
    let _ = write!(out, "\n{:indent$}{close}", "");
}
