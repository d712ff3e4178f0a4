//! The options of one command with every document put in its place.

use super::documents::{Documents, is_fetched, is_uri};
use super::grammar::Parsed;

/// One option with its values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opt {
    /// Its name without dashes; as written when it is not certain.
    pub name: String,
    /// Its values, documents put in.
    pub values: Vec<String>,
    /// Whether the name is certain; otherwise it may be an abbreviation.
    pub sure: bool,
    /// Whether a value is in a document that nobody has read yet.
    pub pending: bool,
    /// Whether a value is in a document that could not be read.
    pub unread: bool,
}

impl Opt {
    /// Whether this option is, or may be, the one of this name.
    pub fn may_be(&self, name: &str) -> bool {
        self.name == name || (!self.sure && !self.name.is_empty() && name.starts_with(&self.name))
    }
}

/// Every option of one command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opts {
    /// In the order given, those of a document behind.
    pub list: Vec<Opt>,
    /// A whole request is in a document that nobody has read yet.
    pub pending: bool,
    /// A whole request is in a document that cannot be read.
    pub unread: bool,
    /// A whole request is no object at all, so that the CLI sends nothing (`Invalid JSON received`).
    pub refused: bool,
}

/// Options whose value is an address as such (`awscli/paramfile.py`, `PARAMFILE_DISABLED`), of which the CLI fetches nothing.
const ADDRESSES: [&str; 6] =
    ["queue-url", "endpoint", "url", "callback-url", "template-url", "notification-endpoint"];

/// Puts documents in the place of their names.
pub fn resolve(parsed: &Parsed<'_>, documents: &Documents) -> Opts {
    let mut out = Opts::default();
    let mut inputs: Vec<(bool, Opt)> = Vec::new();
    for given in &parsed.options {
        let mut opt = Opt {
            name: String::from_utf8_lossy(given.name).into_owned(),
            values: Vec::with_capacity(given.values.len()),
            sure: given.sure,
            pending: false,
            unread: false,
        };
        for (_, value) in &given.values {
            let text = String::from_utf8_lossy(value).into_owned();
            match documents.get(&text) {
                _ if given.values.len() > 1 || !(is_uri(value) || is_fetched(value)) => opt.values.push(text),
                Some(Ok(content)) => opt.values.push(String::from_utf8_lossy(content).into_owned()),
                Some(Err(_)) => {
                    opt.unread = true;
                    opt.values.push(text);
                }
                // Version 1 fetches URLs, but which options are addresses as such is its own business.
                None if is_fetched(value) => {
                    opt.unread = !ADDRESSES.iter().any(|name| opt.name.ends_with(name));
                    opt.values.push(text);
                }
                None => {
                    opt.pending = true;
                    opt.values.push(text);
                }
            }
        }
        let yaml = opt.may_be("cli-input-yaml");
        if yaml || opt.may_be("cli-input-json") {
            inputs.push((yaml, opt));
        } else {
            out.list.push(opt);
        }
    }
    // The last one counts, as for every option with one value.
    if let Some((yaml, input)) = inputs.pop() {
        merge(&mut out, yaml, &input);
    }
    out
}

/// Adds the members of a whole request that no option overrides (`customizations/cliinputjson.py`).
#[cfg(feature = "cli")]
fn merge(out: &mut Opts, yaml: bool, input: &Opt) {
    use super::value::{option_name, scalar};
    use serde_json::Value;
    if input.pending || input.unread {
        out.pending |= input.pending;
        out.unread |= input.unread;
        return;
    }
    let text = input.values.first().map(String::as_str).unwrap_or_default();
    let read: Option<Value> =
        if yaml { serde_yaml::from_str(text).ok() } else { serde_json::from_str(text).ok() };
    let Some(Value::Object(members)) = read else {
        out.unread = true;
        out.refused = !yaml && !text.trim_start().starts_with('{');
        return;
    };
    for (member, value) in members {
        let name = option_name(&member);
        let opposite = format!("no-{name}");
        if out.list.iter().any(|opt| opt.may_be(&name) || opt.may_be(&opposite)) {
            continue;
        }
        let (name, values) = match value {
            Value::Bool(true) => (name, Vec::new()),
            Value::Bool(false) => (opposite, Vec::new()),
            Value::Null => continue,
            Value::Array(list) => {
                (name, list.iter().map(|v| scalar(v).unwrap_or_else(|| v.to_string())).collect())
            }
            value => {
                let text = scalar(&value).unwrap_or_else(|| value.to_string());
                (name, vec![text])
            }
        };
        out.list.push(Opt { name, values, sure: true, pending: false, unread: false });
    }
}

/// The lean build reads no documents: the full guard does.
#[cfg(not(feature = "cli"))]
fn merge(out: &mut Opts, _: bool, _: &Opt) {
    out.pending = true;
}
