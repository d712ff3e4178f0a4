//! kubectl's preferences file: where it is and what stands in it (kubectl `pkg/kuberc/{kuberc,marshal}.go`). What its
//! aliases and defaults do to the words is decided elsewhere, without any file.

use super::kubeconfig::files::{home_file, open};
use super::yaml::{self, Bad, Node, Value};
use crate::engine::escape::escape;
use crate::engine::kube::kuberc::{Alias, CredentialPolicy, Defaults, Kuberc, Opt};
use crate::fail::{Fail, Kind, Result};
use crate::world::World;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// A kuberc file that kubectl would use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedKuberc {
    /// What it says.
    pub kuberc: Kuberc,
    /// The file, as it was named.
    pub path: PathBuf,
    /// Its bytes, for checking later that it is still the same.
    pub bytes: Vec<u8>,
}

/// Finds and reads the kuberc file that kubectl 1.34 or newer would use for these words (those after `argv[0]`).
/// `None` when there is none, or when the environment switches it off.
pub fn load(world: &World, words: &[&[u8]]) -> Result<Option<LoadedKuberc>> {
    let Some((path, explicit)) = find(world, words)? else { return Ok(None) };
    let shown = path.to_string_lossy().into_owned();
    let bytes = match open(&world.at(&path), &shown) {
        Ok(Some(bytes)) => bytes,
        Ok(None) if !explicit => return Ok(None),
        Ok(None) => {
            return Err(cannot(&path).because("it does not exist").help("correct --kuberc or $KUBERC"));
        }
        // kubectl only warns about its own default file when that cannot be opened.
        Err(_) if !explicit && std::fs::File::open(world.at(&path)).is_err() => return Ok(None),
        Err(fail) => return Err(Fail { what: cannot(&path).what, ..fail }),
    };
    match decode(&bytes).map_err(|bad| {
        cannot(&path)
            .because(match bad.line {
                0 => escape(bad.why.as_bytes()),
                line => format!("line {line}: {}", escape(bad.why.as_bytes())),
            })
            .help("correct it, or switch it off with KUBERC=off")
    })? {
        Decoded::Preferences(kuberc) => Ok(Some(LoadedKuberc { kuberc, path, bytes })),
        Decoded::Empty => Ok(None),
        // kubectl warns about its own default file and goes on without it.
        Decoded::Unusable if !explicit => Ok(None),
        Decoded::Unusable => Err(cannot(&path)
            .because("no document in it is a Preference of kubectl.config.k8s.io/v1beta1 or v1alpha1")),
    }
}

fn cannot(path: &Path) -> Fail {
    Fail::new(Kind::Data, format!("the kuberc file {} cannot be used", escape(path.as_os_str().as_bytes())))
}

/// The file kubectl would look at, and whether it was named explicitly.
pub fn find(world: &World, words: &[&[u8]]) -> Result<Option<(PathBuf, bool)>> {
    if world.var("KUBECTL_KUBERC").is_some_and(|v| v.eq_ignore_ascii_case("false")) || words.is_empty() {
        return Ok(None);
    }
    let flag = flag(words)?;
    let variable = world.set_var("KUBERC");
    if variable == Some(OsStr::new("off")) {
        return match flag {
            None => Ok(None),
            Some(_) => Err(Fail::new(Kind::Data, "--kuberc is given and KUBERC=off switches kuberc off")
                .because("kubectl refuses the two together")
                .help("drop one of the two")),
        };
    }
    let default = home_file(world, "kuberc");
    let path = flag.map(|f| PathBuf::from(OsStr::from_bytes(f)));
    // The variable also wins over a flag that names the default file.
    match (path, variable) {
        (Some(path), Some(variable)) if path.as_os_str() == default.as_os_str() => {
            Ok(Some((PathBuf::from(variable), true)))
        }
        (Some(path), _) => Ok(Some((path, true))),
        (None, Some(variable)) => Ok(Some((PathBuf::from(variable), true))),
        (None, None) => Ok(Some((default, false))),
    }
}

/// kubectl looks for the flag by hand, before it parses anything: `--kuberc X` or any word that contains `--kuberc=`, of
/// which what stands between the first and the second `=` counts.
fn flag<'a>(words: &[&'a [u8]]) -> Result<Option<&'a [u8]>> {
    let missing = || {
        Fail::new(Kind::Data, "--kuberc is given without a file")
            .because("kubectl refuses that")
            .help("name a file")
    };
    for (i, word) in words.iter().enumerate() {
        if *word == b"--" {
            break;
        }
        if *word == b"--kuberc" {
            let next = words.get(i + 1).copied().ok_or_else(missing)?;
            return Ok(Some(next).filter(|n| !n.is_empty()));
        }
        if word.windows(9).any(|w| w == b"--kuberc=") {
            let value = word.split(|b| *b == b'=').nth(1).unwrap_or_default();
            return if value.is_empty() { Err(missing()) } else { Ok(Some(value)) };
        }
    }
    Ok(None)
}

/// What a file holds.
#[derive(Debug, PartialEq, Eq)]
enum Decoded {
    Preferences(Kuberc),
    /// No document at all.
    Empty,
    /// Documents, but none that kubectl takes.
    Unusable,
}

fn decode(bytes: &[u8]) -> std::result::Result<Decoded, Bad> {
    let mut seen = false;
    for (first_line, text) in documents(bytes) {
        if text.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        seen = true;
        let shift = |bad: Bad| Bad { line: if bad.line == 0 { 0 } else { bad.line + first_line }, ..bad };
        let Some(root) = yaml::first_document(text).map_err(shift)? else { continue };
        if let Some((mut kuberc, policy)) = preference(&root) {
            validate(&kuberc).map_err(shift)?;
            kuberc.policy = policy.map_err(shift)?;
            return Ok(Decoded::Preferences(kuberc));
        }
    }
    Ok(if seen { Decoded::Unusable } else { Decoded::Empty })
}

/// Splits at lines that are `---` and nothing but a comment, as the reader of k8s.io/apimachinery does. With the number
/// of lines before each part.
fn documents(bytes: &[u8]) -> Vec<(u32, &[u8])> {
    let (mut out, mut start, mut at, mut line, mut first) = (Vec::new(), 0, 0, 0_u32, 0_u32);
    for part in bytes.split_inclusive(|b| *b == b'\n') {
        let end = at + part.len();
        line += 1;
        if let Some(rest) = part.strip_prefix(b"---") {
            let rest = rest.trim_ascii_start();
            if (rest.is_empty() || rest.starts_with(b"#")) && at > start {
                out.push((first, bytes.get(start..at).unwrap_or_default()));
                (start, first) = (end, line);
            }
        }
        at = end;
    }
    if at > start {
        out.push((first, bytes.get(start..at).unwrap_or_default()));
    }
    out
}

type Policy = std::result::Result<CredentialPolicy, Bad>;

/// A document as a Preference; `None` when kubectl would pass over it (another kind, a wrong type somewhere).
fn preference(root: &Node) -> Option<(Kuberc, Policy)> {
    let string = |key: &str| root.get(key).and_then(Node::text);
    let beta = match string("apiVersion")? {
        "kubectl.config.k8s.io/v1beta1" => true,
        "kubectl.config.k8s.io/v1alpha1" => false,
        _ => return None,
    };
    if string("kind")? != "Preference" {
        return None;
    }
    let (defaults_key, options_key) = if beta { ("defaults", "options") } else { ("overrides", "flags") };
    let mut kuberc = Kuberc::default();
    for item in list(root.get(defaults_key))? {
        let command = text(item, "command")?;
        kuberc.defaults.push(Defaults { command, options: options(item.get(options_key))? });
    }
    for item in list(root.get("aliases"))? {
        kuberc.aliases.push(Alias {
            name: text(item, "name")?,
            command: text(item, "command")?,
            prepend_args: texts(item.get("prependArgs"))?,
            append_args: texts(item.get("appendArgs"))?,
            options: options(item.get(options_key))?,
        });
    }
    let policy = if beta { plugin_policy(root)? } else { Ok(CredentialPolicy::AllowAll) };
    Some((kuberc, policy))
}

fn plugin_policy(root: &Node) -> Option<Policy> {
    let word = text(root, "credentialPluginPolicy")?;
    let node = root.get("credentialPluginAllowlist").filter(|n| n.value != Value::Null);
    let mut allowed = Vec::new();
    for item in list(node)? {
        let command = Some(text(item, "command")?).filter(|c| !c.is_empty());
        allowed.push(command.unwrap_or(text(item, "name")?));
    }
    let line = node.or(root.get("credentialPluginPolicy")).map_or(root.line, |n| n.line);
    let bad = |why: &str| Err(Bad::at(line, why));
    Some(match (word.as_str(), node.is_some()) {
        ("" | "AllowAll", false) => Ok(CredentialPolicy::AllowAll),
        ("DenyAll", false) => Ok(CredentialPolicy::DenyAll),
        ("" | "AllowAll" | "DenyAll", true) => {
            bad("credentialPluginAllowlist needs credentialPluginPolicy: Allowlist")
        }
        ("Allowlist", false) => bad("credentialPluginPolicy: Allowlist needs a credentialPluginAllowlist"),
        ("Allowlist", true) if allowed.is_empty() || allowed.iter().any(String::is_empty) => {
            bad("the credentialPluginAllowlist or an entry of it is empty")
        }
        ("Allowlist", true) => Ok(CredentialPolicy::Allowlist(allowed)),
        _ => bad("credentialPluginPolicy is none of AllowAll, DenyAll, Allowlist"),
    })
}

/// What makes kubectl itself end with an error.
fn validate(kuberc: &Kuberc) -> std::result::Result<(), Bad> {
    let mut seen = std::collections::HashSet::new();
    for alias in &kuberc.aliases {
        if alias.name.is_empty() || !alias.name.bytes().all(|b| b.is_ascii_alphabetic()) {
            return Err(Bad::at(0, format!("the alias name {:?} is not made of letters only", alias.name)));
        }
        if !seen.insert(alias.name.as_str()) {
            return Err(Bad::at(0, format!("there are two aliases named {}", alias.name)));
        }
    }
    let options =
        kuberc.aliases.iter().flat_map(|a| &a.options).chain(kuberc.defaults.iter().flat_map(|d| &d.options));
    for Opt { name, .. } in options {
        if name.starts_with('-') {
            return Err(Bad::at(0, format!("the flag name {name} has to stand without dashes")));
        }
    }
    Ok(())
}

/// The items; `None` when it is something else than a list.
fn list(node: Option<&Node>) -> Option<&[Node]> {
    match node.map(|n| &n.value) {
        None | Some(Value::Null) => Some(&[]),
        Some(Value::Seq(items)) => Some(items),
        Some(_) => None,
    }
}

/// A string field, empty when absent; `None` when it is something else (`default: true` without quotes).
fn text(item: &Node, key: &str) -> Option<String> {
    if !matches!(item.value, Value::Map(_) | Value::Null) {
        return None;
    }
    match item.get(key).map(|n| &n.value) {
        None | Some(Value::Null) => Some(String::new()),
        Some(Value::Str(s)) => Some(s.clone()),
        Some(_) => None,
    }
}

fn texts(node: Option<&Node>) -> Option<Vec<String>> {
    let one = |n: &Node| match &n.value {
        Value::Str(s) => Some(s.clone()),
        Value::Null => Some(String::new()),
        _ => None,
    };
    list(node)?.iter().map(one).collect()
}

fn options(node: Option<&Node>) -> Option<Vec<Opt>> {
    list(node)?
        .iter()
        .map(|item| Some(Opt { name: text(item, "name")?, value: text(item, "default")? }))
        .collect()
}

#[cfg(test)]
#[path = "kuberc_tests.rs"]
mod tests;
