//! Which kubeconfig files count, what stands in them, and which entry wins (client-go `tools/clientcmd/loader.go`).

use crate::engine::escape::escape;
use crate::engine::fact::Source;
use crate::fail::{self, Fail, Result};
use crate::family::kube::resolve::yaml::{self, Bad, Node, Value};
use crate::world::World;
use base64::Engine as _;
use std::ffi::OsStr;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{FileTypeExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Everything kubectl would load, in its order of precedence.
pub(crate) struct Files {
    pub(crate) files: Vec<File>,
    /// What chose the files.
    pub(crate) chosen_by: Source,
    /// Listed, but not there; kubectl skips them without a word.
    pub(crate) missing: Vec<String>,
}

/// One kubeconfig file.
pub(crate) struct File {
    /// The path as it was given.
    pub(crate) path: String,
    /// Directory that relative paths in it start from.
    pub(crate) base: PathBuf,
    root: Node,
}

/// An entry of one of the three lists.
pub(crate) struct Entry<'a> {
    pub(crate) name: &'a str,
    pub(crate) file: &'a File,
    pub(crate) line: u32,
    /// What stands under `cluster`, `user` or `context`; `None` when nothing does.
    pub(crate) body: Option<&'a Node>,
}

/// The three lists with the key that holds the body of an entry.
pub(crate) const CLUSTERS: (&str, &str) = ("clusters", "cluster");
pub(crate) const USERS: (&str, &str) = ("users", "user");
pub(crate) const CONTEXTS: (&str, &str) = ("contexts", "context");

impl<'a> Entry<'a> {
    pub(crate) fn node(&self, key: &str) -> Option<&'a Node> {
        self.body.and_then(|b| b.get(key))
    }

    /// A string that is not empty, with its line.
    pub(crate) fn text(&self, key: &str) -> Option<(&'a str, u32)> {
        let node = self.node(key)?;
        node.text().filter(|t| !t.is_empty()).map(|t| (t, node.line))
    }

    pub(crate) fn source(&self, line: u32) -> Source {
        Source::File { path: self.file.path.clone(), line: Some(line) }
    }
}

impl File {
    pub(crate) fn entries(
        &self,
        (list, inner): (&'static str, &'static str),
    ) -> impl Iterator<Item = Entry<'_>> {
        let items = self.root.get(list).map_or(&[][..], Node::items);
        items.iter().map(move |item| Entry {
            name: item.get("name").and_then(Node::text).unwrap_or(""),
            file: self,
            line: item.line,
            body: item.get(inner),
        })
    }

    pub(crate) fn current_context(&self) -> Option<(&str, u32)> {
        let node = self.root.get("current-context")?;
        node.text().filter(|t| !t.is_empty()).map(|t| (t, node.line))
    }
}

impl Files {
    /// The first file that has the name wins whole.
    pub(crate) fn find(&self, list: (&'static str, &'static str), name: &str) -> Option<Entry<'_>> {
        self.files.iter().flat_map(|f| f.entries(list)).find(|e| e.name == name)
    }

    /// The first file that says something wins.
    pub(crate) fn current_context(&self) -> Option<(&str, Source)> {
        self.files.iter().find_map(|f| {
            f.current_context()
                .map(|(name, line)| (name, Source::File { path: f.path.clone(), line: Some(line) }))
        })
    }
}

/// Finds and reads the files.
pub(crate) fn load(world: &World, explicit: Option<&str>) -> Result<Files> {
    let default = home_file(world, "config");
    let (paths, chosen_by): (Vec<PathBuf>, Source) = if let Some(path) = explicit {
        (vec![PathBuf::from(path)], Source::Flag("kubeconfig".into()))
    } else if let Some(list) = world.set_var("KUBECONFIG") {
        let mut paths: Vec<PathBuf> = Vec::new();
        for part in list.as_bytes().split(|b| *b == b':').filter(|p| !p.is_empty()) {
            let path = PathBuf::from(OsStr::from_bytes(part));
            // `PathBuf` compares by components; kubectl compares the bytes.
            if !paths.iter().any(|p| p.as_os_str() == path.as_os_str()) {
                paths.push(path);
            }
        }
        (paths, Source::Env("KUBECONFIG".into()))
    } else {
        (vec![default.clone()], Source::File { path: shown(&default), line: None })
    };
    let migrated = migration(world, &default)?;
    let mut files = Files { files: Vec::new(), chosen_by, missing: Vec::new() };
    for path in paths {
        let name = shown(&path);
        let mut opened = open(&world.at(&path), &name)?;
        let is_default = || clean(&world.at(&path)) == clean(&world.at(&default));
        if let Some(old) = migrated.as_ref().filter(|_| opened.is_none() && is_default()) {
            opened = open(old, &name)?;
        }
        let Some(bytes) = opened else {
            if explicit.is_some() {
                return Err(unreadable(&name, "it does not exist".into()));
            }
            files.missing.push(name);
            continue;
        };
        let root = read(&bytes).map_err(|bad| malformed(&name, &bytes, &bad))?;
        let base = clean(&world.at(&path)).parent().map_or_else(|| PathBuf::from("/"), Path::to_path_buf);
        files.files.push(File { path: name, base, root });
    }
    Ok(files)
}

/// A file of the kubectl directory below the home directory, `.kube/NAME` below the working directory without `HOME`.
pub(crate) fn home_file(world: &World, name: &str) -> PathBuf {
    world.home().unwrap_or_default().join(".kube").join(name)
}

/// The file kubectl would copy to `~/.kube/config` before it does anything else, when that one is absent.
fn migration(world: &World, default: &Path) -> Result<Option<PathBuf>> {
    use std::io::ErrorKind::{NotFound, PermissionDenied};
    match std::fs::metadata(world.at(default)) {
        Ok(_) => return Ok(None),
        Err(e) if e.kind() == PermissionDenied => return Ok(None),
        Err(e) if e.kind() != NotFound => return Err(unreadable(&shown(default), e.to_string())),
        Err(_) => {}
    }
    let old = world.at(home_file(world, ".kubeconfig"));
    match std::fs::metadata(&old) {
        Ok(m) if m.is_dir() => {
            Err(unreadable(&shown(&old), "it is a directory, kubectl cannot migrate it".into()))
        }
        Ok(_) => Ok(Some(old)),
        Err(e) if matches!(e.kind(), NotFound | PermissionDenied) => Ok(None),
        Err(e) => Err(unreadable(&shown(&old), e.to_string())),
    }
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn unreadable(name: &str, why: String) -> Fail {
    Fail::new(fail::Kind::Data, format!("the kubeconfig {} cannot be read", escape(name.as_bytes())))
        .because(why)
        .help("set KUBECONFIG or --kubeconfig to a readable kubeconfig file")
}

fn malformed(name: &str, bytes: &[u8], bad: &Bad) -> Fail {
    let name = escape(name.as_bytes());
    let mut fail = Fail::new(fail::Kind::Data, format!("the kubeconfig {name} cannot be understood"));
    if bad.line == 0 {
        return fail.because(escape(bad.why.as_bytes()));
    }
    let index = usize::try_from(bad.line).unwrap_or(usize::MAX).saturating_sub(1);
    if let Some(line) = bytes.split(|b| *b == b'\n').nth(index) {
        // Lines may hold secrets: the key is enough to find the place.
        let key = line.split(|b| *b == b':').next().unwrap_or_default();
        if key.len() < line.len() && key.len() < 80 {
            fail = fail.excerpt(format!("{name}:{}: {}:", bad.line, escape(key).trim_end()));
        }
    }
    fail.because(format!("line {}: {}", bad.line, escape(bad.why.as_bytes())))
}

/// The bytes of a regular file, `None` when it does not exist. Pipes are left alone: reading one would take its content
/// from kubectl.
pub(crate) fn open(path: &Path, name: &str) -> Result<Option<Vec<u8>>> {
    let meta = match std::fs::metadata(path) {
        Ok(meta) => meta,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(unreadable(name, e.to_string())),
    };
    if meta.is_dir() {
        return Err(unreadable(name, "it is a directory".into()));
    }
    if meta.file_type().is_char_device() && path == Path::new("/dev/null") {
        return Ok(Some(Vec::new()));
    }
    if !meta.is_file() {
        return Err(Fail::new(
            fail::Kind::Data,
            format!("the kubeconfig {} is no regular file", escape(name.as_bytes())),
        )
        .because("it can be read only once, and kubectl has to read it too")
        .help("write it to a file first"));
    }
    if meta.len() > yaml::MAX_BYTES {
        return Err(unreadable(name, format!("it is larger than {} MiB", yaml::MAX_BYTES >> 20)));
    }
    let mut bytes = Vec::new();
    std::fs::OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK | libc::O_CLOEXEC)
        .open(path)
        .and_then(|f| f.take(yaml::MAX_BYTES + 1).read_to_end(&mut bytes))
        .map_err(|e| unreadable(name, e.to_string()))?;
    if bytes.len() as u64 > yaml::MAX_BYTES {
        return Err(unreadable(name, format!("it is larger than {} MiB", yaml::MAX_BYTES >> 20)));
    }
    Ok(Some(bytes))
}

/// Parses one kubeconfig and checks the types of everything kubectl would decode.
pub(crate) fn read(bytes: &[u8]) -> std::result::Result<Node, Bad> {
    let root = yaml::first_document(bytes)?.unwrap_or(Node { value: Value::Null, line: 1 });
    check(&root, &CONFIG, "the file")?;
    for (key, good) in [("apiVersion", "v1"), ("kind", "Config")] {
        let wrong = root.get(key).filter(|n| n.text().is_some_and(|t| !t.is_empty() && t != good));
        if let Some(node) = wrong {
            return Err(Bad { line: node.line, why: format!("{key} is not {good}") });
        }
    }
    for (list, inner) in [CLUSTERS, USERS, CONTEXTS] {
        let mut seen = std::collections::HashSet::new();
        for item in root.get(list).map_or(&[][..], Node::items) {
            let name = item.get("name").and_then(Node::text).unwrap_or("");
            if !seen.insert(name) {
                return Err(Bad {
                    line: item.line,
                    why: format!("there are two {inner} entries named \"{name}\""),
                });
            }
        }
    }
    Ok(root)
}

/// What a field has to be (client-go `tools/clientcmd/api/v1/types.go`); unknown fields are ignored, `null` fits all.
enum Kind {
    Str,
    Bool,
    Base64,
    Any,
    List(&'static Kind),
    MapOf(&'static Kind),
    Object(&'static [(&'static str, Kind)]),
}

const EXTENSIONS: Kind = Kind::List(&Kind::Object(&[("name", Kind::Str), ("extension", Kind::Any)]));

const CONFIG: Kind = Kind::Object(&[
    ("kind", Kind::Str),
    ("apiVersion", Kind::Str),
    ("preferences", Kind::Object(&[("colors", Kind::Bool), ("extensions", EXTENSIONS)])),
    ("clusters", Kind::List(&Kind::Object(&[("name", Kind::Str), ("cluster", CLUSTER)]))),
    ("users", Kind::List(&Kind::Object(&[("name", Kind::Str), ("user", USER)]))),
    ("contexts", Kind::List(&Kind::Object(&[("name", Kind::Str), ("context", CONTEXT)]))),
    ("current-context", Kind::Str),
    ("extensions", EXTENSIONS),
]);

const CLUSTER: Kind = Kind::Object(&[
    ("server", Kind::Str),
    ("tls-server-name", Kind::Str),
    ("insecure-skip-tls-verify", Kind::Bool),
    ("certificate-authority", Kind::Str),
    ("certificate-authority-data", Kind::Base64),
    ("proxy-url", Kind::Str),
    ("disable-compression", Kind::Bool),
    ("extensions", EXTENSIONS),
]);

const CONTEXT: Kind = Kind::Object(&[
    ("cluster", Kind::Str),
    ("user", Kind::Str),
    ("namespace", Kind::Str),
    ("extensions", EXTENSIONS),
]);

const USER: Kind = Kind::Object(&[
    ("client-certificate", Kind::Str),
    ("client-certificate-data", Kind::Base64),
    ("client-key", Kind::Str),
    ("client-key-data", Kind::Base64),
    ("token", Kind::Str),
    ("tokenFile", Kind::Str),
    ("as", Kind::Str),
    ("as-uid", Kind::Str),
    ("as-groups", Kind::List(&Kind::Str)),
    ("as-user-extra", Kind::MapOf(&Kind::List(&Kind::Str))),
    ("username", Kind::Str),
    ("password", Kind::Str),
    ("auth-provider", Kind::Object(&[("name", Kind::Str), ("config", Kind::MapOf(&Kind::Str))])),
    (
        "exec",
        Kind::Object(&[
            ("command", Kind::Str),
            ("args", Kind::List(&Kind::Str)),
            ("env", Kind::List(&Kind::Object(&[("name", Kind::Str), ("value", Kind::Str)]))),
            ("apiVersion", Kind::Str),
            ("installHint", Kind::Str),
            ("provideClusterInfo", Kind::Bool),
            ("interactiveMode", Kind::Str),
        ]),
    ),
    ("extensions", EXTENSIONS),
]);

fn check(node: &Node, kind: &Kind, what: &str) -> std::result::Result<(), Bad> {
    let wrong = |want: &str| {
        let quote = match node.value {
            Value::Bool(_) | Value::Number(_) if matches!(kind, Kind::Str) => "; put it in quotes",
            _ => "",
        };
        Err(Bad { line: node.line, why: format!("{what} is {}, not {want}{quote}", node.kind()) })
    };
    match (kind, &node.value) {
        (Kind::Any, _) | (_, Value::Null) | (Kind::Str, Value::Str(_)) | (Kind::Bool, Value::Bool(_)) => {
            Ok(())
        }
        (Kind::Base64, Value::Str(text)) => match base64_of(text) {
            Some(_) => Ok(()),
            None => Err(Bad { line: node.line, why: format!("{what} is no base64 data") }),
        },
        (Kind::List(of), Value::Seq(items)) => items.iter().try_for_each(|i| check(i, of, what)),
        (Kind::MapOf(of), Value::Map(pairs)) => pairs.iter().try_for_each(|(k, v)| check(v, of, k)),
        (Kind::Object(fields), Value::Map(pairs)) => pairs.iter().try_for_each(|(key, value)| {
            fields
                .iter()
                .find(|(name, _)| name == key)
                .map_or(Ok(()), |(name, kind)| check(value, kind, name))
        }),
        (Kind::Str | Kind::Base64, _) => wrong("a string"),
        (Kind::Bool, _) => wrong("a boolean"),
        (Kind::List(_), _) => wrong("a list"),
        (Kind::MapOf(_) | Kind::Object(_), _) => wrong("a mapping"),
    }
}

/// Base64 as Go's `encoding/base64` takes it: line ends are skipped.
pub(crate) fn base64_of(text: &str) -> Option<Vec<u8>> {
    let bytes: Vec<u8> = text.bytes().filter(|b| !matches!(b, b'\r' | b'\n')).collect();
    base64::engine::general_purpose::GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        // Go takes any bits in the unused tail.
        base64::engine::GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
    )
    .decode(bytes)
    .ok()
}

/// Go's `filepath.Clean`: purely by the text, `a/../b` is `b` even where `a` is a link.
pub(crate) fn clean(path: &Path) -> PathBuf {
    use std::path::Component;
    let mut out: Vec<Component<'_>> = Vec::new();
    for part in path.components() {
        match (part, out.last()) {
            (Component::CurDir, _) | (Component::ParentDir, Some(Component::RootDir)) => {}
            (Component::ParentDir, Some(Component::Normal(_))) => {
                out.pop();
            }
            _ => out.push(part),
        }
    }
    if out.is_empty() { PathBuf::from(".") } else { out.iter().collect() }
}

/// A path of an entry as kubectl resolves it: relative ones start at the directory of the file they stand in.
pub(crate) fn from_file(file: &File, path: &str) -> String {
    if path.is_empty() || path.starts_with('/') {
        path.to_owned()
    } else {
        shown(&clean(&file.base.join(path)))
    }
}

#[cfg(test)]
#[path = "files_tests.rs"]
mod tests;
