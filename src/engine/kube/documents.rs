//! The documents a command brings along, split and read as kubectl does: a YAML stream, a stream of JSON objects, lists.
//!
//! kubectl (k8s.io/apimachinery `pkg/util/yaml`, k8s.io/cli-runtime `pkg/resource`) reads one document after the other
//! and acts on each before it reads the next: one that cannot be read takes back nothing of what came before it. So every
//! document is read by itself here, and what stays unread is listed beside what was read.

use crate::engine::fact::Why;
use serde_json::Value;

/// Everything the files of a command hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Documents {
    /// What was read, lists taken apart.
    pub objects: Vec<Document>,
    /// What was not.
    pub unread: Vec<Unread>,
    /// The bytes of patches (`patch --patch-file`), which are no objects.
    pub patches: Vec<Vec<u8>>,
}

/// One object.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// Where it stands, as it is shown: a path, `standard input`.
    pub source: String,
    /// What stands there.
    pub value: Value,
}

/// Something the command reads and guard could not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// What it is, as it is shown: `https://…`, `document 3 of app.yaml`.
    pub what: String,
    /// Why it was not read.
    pub why: Why,
    /// It lies behind a URL.
    pub remote: bool,
}

impl Documents {
    /// Takes in one stream.
    pub fn add(&mut self, source: &str, bytes: &[u8]) {
        for (index, one) in read(bytes).into_iter().enumerate() {
            match one {
                Ok(value) => self.flatten(source, index, value, None, 0),
                Err(why) => self.broken(source, index, &why),
            }
        }
    }

    /// Notes a source that was not read at all.
    pub fn leave(&mut self, what: String, why: Why, remote: bool) {
        self.unread.push(Unread { what, why, remote });
    }

    fn broken(&mut self, source: &str, index: usize, why: &str) {
        let what = format!("document {} of {source}", index + 1);
        self.unread.push(Unread { what, why: Why::Failed(why.to_owned()), remote: false });
    }

    /// Takes lists apart. kubectl does so by one level, and refuses what lies deeper.
    /// `outer` is the kind and version of the list it stands in: an item of a `PodList` that says neither is a Pod of that
    /// version (apimachinery `unstructuredJSONScheme.decodeToList`).
    fn flatten(
        &mut self,
        source: &str,
        index: usize,
        mut value: Value,
        outer: Option<&(String, String)>,
        depth: u8,
    ) {
        let Some(map) = value.as_object_mut() else {
            return self.broken(source, index, "it is no object");
        };
        if let Some((kind, version)) = outer {
            for (key, said) in [("kind", kind), ("apiVersion", version)] {
                if map.get(key).is_none_or(|v| v.is_null() || v == "") {
                    map.insert(key.to_owned(), said.clone().into());
                }
            }
        }
        if depth < 4
            && let Some(Value::Array(items)) = map.get_mut("items")
        {
            let items = std::mem::take(items);
            // Whatever carries items is a list to kubectl (apimachinery `unstructured.UnstructuredList`).
            let text = |key: &str| map.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let (kind, version) = (text("kind"), text("apiVersion"));
            let list = kind.ends_with("List");
            let inner = kind.strip_suffix("List").filter(|k| !k.is_empty()).map(|k| (k.to_owned(), version));
            for item in items {
                self.flatten(source, index, item, inner.as_ref(), depth + 1);
            }
            if list {
                return;
            }
        }
        let text = |at: &str| value.pointer(at).is_none_or(|v| v.is_string() || v.is_null());
        if !["/apiVersion", "/kind", "/metadata/name", "/metadata/namespace"].into_iter().all(text) {
            return self.broken(source, index, "its kind, name or namespace is no text");
        }
        self.objects.push(Document { source: source.to_owned(), value });
    }
}

impl Document {
    fn text(&self, at: &str) -> &str {
        self.value.pointer(at).and_then(Value::as_str).unwrap_or_default()
    }

    /// `apiVersion`.
    pub fn api_version(&self) -> &str {
        self.text("/apiVersion")
    }

    /// The group of its `apiVersion`, empty for the core group.
    pub fn group(&self) -> &str {
        self.api_version().rsplit_once('/').map_or("", |(group, _)| group)
    }

    /// `kind`.
    pub fn kind(&self) -> &str {
        self.text("/kind")
    }

    /// `metadata.name`; empty when it has none (`generateName`).
    pub fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    /// `metadata.namespace`, when it says one.
    pub fn namespace(&self) -> Option<&str> {
        Some(self.text("/metadata/namespace")).filter(|ns| !ns.is_empty())
    }

    /// `metadata.labels`.
    pub fn labels(&self) -> Vec<(String, String)> {
        let map = self.value.pointer("/metadata/labels").and_then(Value::as_object);
        let text = |v: &Value| v.as_str().map(str::to_owned);
        map.into_iter().flatten().filter_map(|(k, v)| Some((k.clone(), text(v)?))).collect()
    }

    /// Whether it can be an object of a server at all: without `apiVersion` and `kind` kubectl refuses it.
    pub fn is_object(&self) -> bool {
        !self.api_version().is_empty() && !self.kind().is_empty()
    }

    /// Its kind with the group, `Certificate.cert-manager.io`: how the server's answer about the kind is remembered.
    pub fn full_kind(&self) -> String {
        format!("{}.{}", self.kind(), self.group())
    }
}

/// Every document of a stream, each by itself; empty ones are left out.
///
/// A stream that starts with a brace is JSON objects one behind the other, anything else YAML between lines of `---`.
/// Which of the two holds after a document of the other kind differs between releases of kubectl (1.32 learned to go
/// from JSON to YAML); here everything that any of them reads is read.
pub fn read(bytes: &[u8]) -> Vec<Result<Value, String>> {
    let mut all = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        if let Some(after) = objects(rest, &mut all) {
            rest = after;
            continue;
        }
        let (document, after) = next(rest);
        all.extend(yaml(document));
        rest = after;
    }
    all
}

/// Reads JSON objects as long as there are some, and gives back what follows; `None` when there is not even one.
fn objects<'b>(bytes: &'b [u8], all: &mut Vec<Result<Value, String>>) -> Option<&'b [u8]> {
    if !bytes.trim_ascii_start().starts_with(b"{") {
        return None;
    }
    let mut stream = serde_json::Deserializer::from_slice(bytes).into_iter::<Value>();
    let mut end = 0;
    while let Some(Ok(value)) = stream.next() {
        all.push(Ok(value));
        end = stream.byte_offset();
        // What is no object belongs to no stream of them.
        if !bytes.get(end..).unwrap_or_default().trim_ascii_start().starts_with(b"{") {
            break;
        }
    }
    (end > 0).then(|| bytes.get(end..).unwrap_or_default())
}

/// The text up to the next separator, and what follows it.
fn next(bytes: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let line = rest.iter().position(|b| *b == b'\n').map_or(rest.len(), |n| n + 1);
        let text = rest.get(..line).unwrap_or_default();
        if is_separator(text) {
            return (bytes.get(..at).unwrap_or_default(), bytes.get(at + line..).unwrap_or_default());
        }
        at += line;
    }
    (bytes, &[])
}

/// `---` and nothing but blanks or a comment behind it.
fn is_separator(line: &[u8]) -> bool {
    line.strip_prefix(b"---").is_some_and(|rest| matches!(rest.trim_ascii().first(), None | Some(b'#')))
}

/// One document of YAML; the last of equal keys counts, as with kubectl's own reader.
fn yaml(bytes: &[u8]) -> Vec<Result<Value, String>> {
    if bytes.trim_ascii().is_empty() {
        return Vec::new();
    }
    let read = || -> Result<Vec<Value>, String> {
        let text = std::str::from_utf8(bytes).map_err(|e| e.to_string())?;
        let options =
            serde_saphyr::options! { duplicate_keys: serde_saphyr::options::DuplicateKeyPolicy::LastWins };
        serde_saphyr::from_multiple_with_options(text, options)
            .map_err(|e| e.to_string().lines().next().unwrap_or_default().to_owned())
    };
    match read() {
        Ok(values) => {
            let mut all: Vec<_> = values.into_iter().filter(|v| !v.is_null()).map(Ok).collect();
            // YAML 1.1, which kubectl reads, ends a line (and a comment) at these as well; YAML 1.2 does not.
            let breaks = ["\u{85}", "\u{2028}", "\u{2029}"].map(str::as_bytes);
            if breaks.iter().any(|b| bytes.windows(b.len()).any(|w| w == *b)) {
                all.push(Err("it has line breaks that only older YAML knows".to_owned()));
            }
            all
        }
        Err(why) => vec![Err(why)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Kinds and names, `!` for what could not be read.
    fn of(text: &str) -> Vec<String> {
        let mut documents = Documents::default();
        documents.add("x", text.as_bytes());
        let mut all: Vec<String> =
            documents.objects.iter().map(|d| format!("{} {}", d.kind(), d.name())).collect();
        all.extend(documents.unread.iter().map(|u| format!("! {}", u.what)));
        all
    }

    #[test]
    fn streams_are_read_as_kubectl_reads_them() {
        let pod =
            |n: &str| format!("{{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{{\"name\":\"{n}\"}}}}");
        let list =
            format!("{{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{},{}]}}", pod("a"), pod("b"));
        let yaml = |n: &str| format!("apiVersion: v1\nkind: Pod\nmetadata:\n  name: {n}\n");
        for (text, want) in [
            (pod("a"), vec!["Pod a"]),
            // What `jq -c '.items[]'` prints, and two `get -o json` behind each other.
            (format!("{}\n{}\n", pod("a"), pod("b")), vec!["Pod a", "Pod b"]),
            (format!("{}{}", pod("a"), pod("b")), vec!["Pod a", "Pod b"]),
            (format!("{list}\n{list}"), vec!["Pod a", "Pod b", "Pod a", "Pod b"]),
            (format!("{}---\n{}", yaml("a"), yaml("b")), vec!["Pod a", "Pod b"]),
            (format!("---\n{}--- # more\n{}---\n", yaml("a"), yaml("b")), vec!["Pod a", "Pod b"]),
            (format!("{}---\r\n{}", yaml("a"), yaml("b")), vec!["Pod a", "Pod b"]),
            (format!("{}---\n{}", pod("a"), yaml("b")), vec!["Pod a", "Pod b"]),
            (format!("{}---\n{}\n{}", yaml("a"), pod("b"), pod("c")), vec!["Pod a", "Pod b", "Pod c"]),
            (format!("{}\n---\n{}", list, pod("c")), vec!["Pod a", "Pod b", "Pod c"]),
            // Flow style is no JSON.
            ("{kind: Pod, apiVersion: v1, metadata: {name: a}}".into(), vec!["Pod a"]),
            ("  kind: Pod\n  metadata: {name: a}\n".into(), vec!["Pod a"]),
            // One that is broken takes nothing of the others away.
            (
                format!("{}---\na: [\n---\n{}", yaml("a"), yaml("b")),
                vec!["Pod a", "Pod b", "! document 2 of x"],
            ),
            (
                format!("{}\n{{\"kind\":\n---\n{}", pod("a"), yaml("b")),
                vec!["Pod a", "Pod b", "! document 2 of x"],
            ),
            (format!("{}---\n- a\n", yaml("a")), vec!["Pod a", "! document 2 of x"]),
            (format!("{}---\njust text\n", yaml("a")), vec!["Pod a", "! document 2 of x"]),
            ("kind: Pod\nmetadata: {name: 7}\n".into(), vec!["! document 1 of x"]),
            ("\u{0}".into(), vec!["! document 1 of x"]),
            ("# nothing\n---\n\n---\nnull\n".into(), vec![]),
            ("kind: Secret\nkind: Pod\nmetadata: {name: a}\n".into(), vec!["Pod a"]),
            // Typed lists, lists in lists, and whatever carries items.
            ("kind: PodList\nitems: [{kind: Pod, metadata: {name: a}}]\n".into(), vec!["Pod a"]),
            // An item of a typed list need not say what it is.
            (
                "kind: NamespaceList\napiVersion: v1\nitems: [{metadata: {name: a}}]\n".into(),
                vec!["Namespace a"],
            ),
            (
                "kind: List\napiVersion: v1\nitems: [{kind: PodList, items: [{metadata: {name: a}}]}]\n"
                    .into(),
                vec!["Pod a"],
            ),
            // A line break of YAML 1.1 may end a comment.
            (
                "kind: Pod # x\u{2028}metadata: {name: b}\nmetadata: {name: a}\n".into(),
                vec!["Pod a", "! document 2 of x"],
            ),
            (
                "kind: List\nitems: [{kind: List, items: [{kind: Pod, metadata: {name: a}}]}]".into(),
                vec!["Pod a"],
            ),
            ("kind: Odd\nitems: [{kind: Pod, metadata: {name: a}}]\n".into(), vec!["Pod a", "Odd "]),
        ] {
            assert_eq!(of(&text), want, "{text}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_unread() {
        let mut documents = Documents::default();
        documents.add("x", b"kind: \xff\n---\nkind: Pod\n");
        assert_eq!((documents.objects.len(), documents.unread.len()), (1, 1));
    }

    proptest::proptest! {
        #[test]
        fn any_bytes_end(bytes in proptest::collection::vec(proptest::sample::select(b"{}[]\"a:-\n #,\\\xff".to_vec()), 0..200)) {
            let _ = read(&bytes);
        }
    }
}
