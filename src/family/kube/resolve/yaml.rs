//! YAML as kubectl reads it: the first document, with the YAML 1.1 scalars of go.yaml.in/yaml/v2 (below
//! sigs.k8s.io/yaml), duplicate keys settled in favour of the last, and the line of every node.
//!
//! `context: no` is a boolean there, and kubectl refuses the file; a YAML 1.2 reader would see the string "no" and
//! resolve something kubectl never does. That is why the events of the parser are put together here.

use serde_saphyr::granit_parser::{self, Event, Parser, ScalarStyle, Span, Tag};
use std::borrow::Cow;
use std::collections::HashMap;

/// Files larger than this are refused: the largest kubeconfigs of the field stay far below.
pub const MAX_BYTES: u64 = 8 << 20;
/// Nodes after all aliases are expanded; a bomb ends here.
const MAX_NODES: usize = 500_000;
const MAX_DEPTH: usize = 100;

/// A value and the line (from 1) it starts on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Its line, from 1.
    pub line: u32,
}

/// What JSON, into which kubectl turns every YAML file first, can hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// `null`, `~` or nothing.
    Null,
    /// A boolean, also one written `yes` or `off`.
    Bool(bool),
    /// A number, as it was written.
    Number(String),
    /// A string.
    Str(String),
    /// A sequence.
    Seq(Vec<Node>),
    /// A mapping; keys are unique, in order of their first appearance.
    Map(Vec<(String, Node)>),
}

/// Why a text cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bad {
    /// The line, from 1; 0 when it concerns the whole text.
    pub line: u32,
    /// What is wrong, in plain words; may quote the text, so escape it.
    pub why: String,
}

impl Bad {
    pub(crate) fn at(line: u32, why: impl Into<String>) -> Bad {
        Bad { line, why: why.into() }
    }
}

impl Node {
    /// The value under this key, byte for byte: kubectl is case-sensitive here.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.value {
            Value::Map(pairs) => pairs.iter().find(|(k, _)| k == key).map(|(_, v)| v),
            _ => None,
        }
    }

    /// The string, when it is one.
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::Str(s) => Some(s),
            _ => None,
        }
    }

    /// The items, when it is a sequence.
    pub fn items(&self) -> &[Node] {
        match &self.value {
            Value::Seq(items) => items,
            _ => &[],
        }
    }

    /// The word for the kind of value, as error texts use it.
    pub fn kind(&self) -> &'static str {
        match self.value {
            Value::Null => "null",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::Str(_) => "a string",
            Value::Seq(_) => "a list",
            Value::Map(_) => "a mapping",
        }
    }

    fn count(&self) -> usize {
        match &self.value {
            Value::Seq(items) => 1 + items.iter().map(Node::count).sum::<usize>(),
            Value::Map(pairs) => 1 + pairs.iter().map(|(_, v)| 1 + v.count()).sum::<usize>(),
            _ => 1,
        }
    }
}

/// Reads the first document. `None` when there is none (an empty file, comments only).
pub fn first_document(bytes: &[u8]) -> Result<Option<Node>, Bad> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let line = bytes.get(..e.valid_up_to()).unwrap_or_default().iter().filter(|b| **b == b'\n').count();
        Bad::at(u32::try_from(line + 1).unwrap_or(u32::MAX), "it is not UTF-8 text")
    })?;
    let mut options = granit_parser::options! {};
    options.set_emit_comments(false);
    let mut build = Build { frames: Vec::new(), anchors: HashMap::new(), nodes: 0 };
    for event in Parser::new_from_str_with_options(text, options) {
        let (event, span) = event.map_err(|e| Bad::at(number(e.marker().line()), e.to_string()))?;
        if let Some(root) = build.take(event, span)? {
            return Ok(Some(root));
        }
    }
    Ok(None)
}

fn number(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
}

/// A collection that is still open.
enum Frame {
    Seq { line: u32, anchor: usize, items: Vec<Node> },
    Map { line: u32, anchor: usize, pairs: Pairs, key: Option<Key> },
}

struct Key {
    name: String,
    /// A plain `<<`: its value's pairs are taken over.
    merge: bool,
}

/// The pairs of a mapping with an index, so that a mapping of a hundred thousand keys is not quadratic.
#[derive(Default)]
struct Pairs {
    list: Vec<(String, Node)>,
    at: HashMap<String, usize>,
}

impl Pairs {
    fn put(&mut self, key: String, node: Node) {
        if let Some(slot) = self.at.get(&key).and_then(|i| self.list.get_mut(*i)) {
            slot.1 = node;
            return;
        }
        self.at.insert(key.clone(), self.list.len());
        self.list.push((key, node));
    }
}

struct Build {
    frames: Vec<Frame>,
    anchors: HashMap<usize, Node>,
    nodes: usize,
}

impl Build {
    /// Takes one event; gives the root when the document is complete.
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<Option<Node>, Bad> {
        let line = number(span.start.line());
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                if let Some(Frame::Map { key: key @ None, .. }) = self.frames.last_mut() {
                    let merge = text == "<<" && plain;
                    let node = Node { value: scalar(&text, plain, tag.as_deref(), line)?, line };
                    *key = Some(Key { name: key_text(&node)?, merge });
                    self.spend(1, line)?;
                    self.remember(anchor, &node)?;
                    return Ok(None);
                }
                let node = Node { value: scalar(&text, plain, tag.as_deref(), line)?, line };
                self.remember(anchor, &node)?;
                self.place(node, 1)
            }
            Event::Alias(id) => {
                let node = self
                    .anchors
                    .get(&id)
                    .ok_or_else(|| Bad::at(line, "an alias stands inside what it names"))?;
                let size = node.count();
                // Counted before it is copied.
                if self.nodes.saturating_add(size) > MAX_NODES {
                    return Err(Bad::at(line, "its aliases expand to too much"));
                }
                let node = node.clone();
                if let Some(Frame::Map { key: key @ None, .. }) = self.frames.last_mut() {
                    *key = Some(Key { name: key_text(&node)?, merge: false });
                    self.spend(size, line)?;
                    return Ok(None);
                }
                self.place(node, size)
            }
            Event::SequenceStart(_, anchor, _) => {
                self.open(Frame::Seq { line, anchor, items: Vec::new() }, line)?;
                Ok(None)
            }
            Event::MappingStart(_, anchor, _) => {
                self.open(Frame::Map { line, anchor, pairs: Pairs::default(), key: None }, line)?;
                Ok(None)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let (node, anchor) = match self.frames.pop() {
                    Some(Frame::Seq { line, anchor, items }) => {
                        (Node { value: Value::Seq(items), line }, anchor)
                    }
                    Some(Frame::Map { line, anchor, pairs, .. }) => {
                        (Node { value: Value::Map(pairs.list), line }, anchor)
                    }
                    None => return Err(Bad::at(line, "a collection ends that never began")),
                };
                self.remember(anchor, &node)?;
                self.place(node, 1)
            }
            Event::UnresolvedAlias(_) => Err(Bad::at(line, "an alias names nothing")),
            _ => Ok(None),
        }
    }

    fn open(&mut self, frame: Frame, line: u32) -> Result<(), Bad> {
        if let Some(Frame::Map { key: None, .. }) = self.frames.last() {
            return Err(Bad::at(line, "a key is a list or a mapping"));
        }
        if self.frames.len() >= MAX_DEPTH {
            return Err(Bad::at(line, "it is nested too deeply"));
        }
        self.frames.push(frame);
        Ok(())
    }

    fn spend(&mut self, size: usize, line: u32) -> Result<(), Bad> {
        self.nodes = self.nodes.saturating_add(size);
        if self.nodes > MAX_NODES { Err(Bad::at(line, "it holds too many values")) } else { Ok(()) }
    }

    /// Keeps a copy for later aliases; copies count, so that anchors in anchors do not multiply.
    fn remember(&mut self, anchor: usize, node: &Node) -> Result<(), Bad> {
        if anchor != 0 {
            self.spend(node.count(), node.line)?;
            self.anchors.insert(anchor, node.clone());
        }
        Ok(())
    }

    fn place(&mut self, node: Node, size: usize) -> Result<Option<Node>, Bad> {
        self.spend(size, node.line)?;
        match self.frames.last_mut() {
            None => Ok(Some(node)),
            Some(Frame::Seq { items, .. }) => {
                items.push(node);
                Ok(None)
            }
            Some(Frame::Map { pairs, key, .. }) => {
                match key.take() {
                    Some(k) if k.merge => merge(pairs, node)?,
                    Some(k) => pairs.put(k.name, node),
                    None => return Err(Bad::at(node.line, "a key is a list or a mapping")),
                }
                Ok(None)
            }
        }
    }
}

/// `<<: *base`: as the Go reader does it, in place: what stands later in the mapping wins, and of several maps the first.
fn merge(into: &mut Pairs, node: Node) -> Result<(), Bad> {
    let line = node.line;
    match node.value {
        Value::Map(pairs) => {
            for (key, value) in pairs {
                into.put(key, value);
            }
            Ok(())
        }
        Value::Seq(items) => {
            for item in items.into_iter().rev() {
                if !matches!(item.value, Value::Map(_)) {
                    return Err(Bad::at(line, "<< needs a mapping"));
                }
                merge(into, item)?;
            }
            Ok(())
        }
        _ => Err(Bad::at(line, "<< needs a mapping")),
    }
}

fn key_text(node: &Node) -> Result<String, Bad> {
    match &node.value {
        Value::Str(s) | Value::Number(s) => Ok(s.clone()),
        Value::Bool(b) => Ok(b.to_string()),
        _ => Err(Bad::at(node.line, format!("a key is {}", node.kind()))),
    }
}

fn scalar(text: &str, plain: bool, tag: Option<&Tag>, line: u32) -> Result<Value, Bad> {
    let Some(tag) = tag else {
        return Ok(if plain { resolve_plain(text) } else { Value::Str(text.to_owned()) });
    };
    let suffix = match tag.suffix_in_namespace("tag:yaml.org,2002:") {
        Some(suffix) => suffix,
        None => return Ok(Value::Str(text.to_owned())),
    };
    let value = resolve_plain(text);
    match (suffix.as_ref(), &value) {
        ("str", _) => Ok(Value::Str(text.to_owned())),
        ("null", Value::Null) | ("bool", Value::Bool(_)) | ("int" | "float", Value::Number(_)) => Ok(value),
        // A timestamp stays the string it was written as.
        ("timestamp", Value::Str(_)) => Ok(value),
        (other, _) => Err(Bad::at(line, format!("the tag !!{other} is not understood here"))),
    }
}

/// What an unquoted scalar is, after the resolver of go.yaml.in/yaml/v2 (`resolve.go`).
pub(crate) fn resolve_plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Value::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Value::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Value::Bool(false);
        }
        ".nan" | ".NaN" | ".NAN" | ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" | "-.inf"
        | "-.Inf" | "-.INF" => return Value::Number(text.to_owned()),
        _ => {}
    }
    let numeric = match text.as_bytes().first() {
        Some(b'.') => is_float(text),
        Some(b'0'..=b'9' | b'+' | b'-') => {
            let bare: Cow<'_, str> =
                if text.contains('_') { Cow::Owned(text.replace('_', "")) } else { Cow::Borrowed(text) };
            is_integer(&bare) || is_float(&bare)
        }
        _ => false,
    };
    if numeric { Value::Number(text.to_owned()) } else { Value::Str(text.to_owned()) }
}

/// Go's `ParseInt(s, 0, 64)` and `ParseUint`: an optional sign, a base prefix, digits of that base, within 64 bits.
fn is_integer(text: &str) -> bool {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let bytes = digits.as_bytes();
    let (radix, digits) = match (bytes.first(), bytes.get(1)) {
        (Some(b'0'), Some(b'x' | b'X')) => (16, digits.get(2..)),
        (Some(b'0'), Some(b'o' | b'O')) => (8, digits.get(2..)),
        (Some(b'0'), Some(b'b' | b'B')) => (2, digits.get(2..)),
        (Some(b'0'), Some(_)) => (8, digits.get(1..)),
        _ => (10, Some(digits)),
    };
    let digits = digits.unwrap_or_default();
    if digits.is_empty() || !digits.chars().all(|c| c.is_digit(radix)) {
        return false;
    }
    let signed = negative || text.starts_with('+');
    match u64::from_str_radix(digits, radix) {
        Ok(n) if negative => n <= i64::MIN.unsigned_abs(),
        Ok(n) if signed => i64::try_from(n).is_ok(),
        Ok(_) => true,
        Err(_) => false,
    }
}

/// `^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`
fn is_float(text: &str) -> bool {
    let text = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((m, e)) => (m, Some(e.strip_prefix(['-', '+']).unwrap_or(e))),
        None => (text, None),
    };
    let all_digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if exponent.is_some_and(|e| e.is_empty() || !all_digits(e)) {
        return false;
    }
    match mantissa.split_once('.') {
        Some(("", frac)) => !frac.is_empty() && all_digits(frac),
        Some((whole, frac)) => all_digits(whole) && all_digits(frac),
        None => !mantissa.is_empty() && all_digits(mantissa),
    }
}

/// Writes a value as JSON in ASCII wherever a YAML 1.1 reader could stumble (line separators, C1 controls, the byte-order
/// mark), so that kubectl reads back exactly this value.
pub fn to_json(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Number(n) => out.push_str(n),
        Value::Str(s) => push_string(s, out),
        Value::Seq(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                to_json(&item.value, out);
            }
            out.push(']');
        }
        Value::Map(pairs) => {
            out.push('{');
            for (i, (key, item)) in pairs.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                push_string(key, out);
                out.push_str(": ");
                to_json(&item.value, out);
            }
            out.push('}');
        }
    }
}

fn push_string(s: &str, out: &mut String) {
    out.push('"');
    for c in s.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            ' '..='~' => out.push(c),
            // A YAML 1.1 reader refuses JSON's surrogate pairs and reads these characters as they are.
            '\u{10000}'.. => out.push(c),
            _ => {
                let code = u32::from(c);
                out.push_str("\\u");
                for shift in [12, 8, 4, 0] {
                    out.push(char::from_digit((code >> shift) & 15, 16).unwrap_or('0'));
                }
            }
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Node {
        first_document(text.as_bytes()).unwrap().unwrap()
    }

    fn json(text: &str) -> String {
        let mut out = String::new();
        to_json(&read(text).value, &mut out);
        out
    }

    /// Each row was read from `resolve.go`; the differential test asks the real kubectl about them.
    #[test]
    fn plain_scalars_are_yaml_1_1() {
        for word in ["y", "Y", "yes", "on", "On", "true", "n", "NO", "off", "False"] {
            assert!(matches!(resolve_plain(word), Value::Bool(_)), "{word}");
        }
        for word in ["~", "", "null", "NULL"] {
            assert_eq!(resolve_plain(word), Value::Null, "{word}");
        }
        for word in [
            "1",
            "-1",
            "+12",
            "0x1F",
            "0o17",
            "0b101",
            "017",
            "1_000",
            "1.5",
            ".5",
            "1.",
            "1e3",
            "-.inf",
            "123456789012",
            "08",
            "0",
        ] {
            assert!(matches!(resolve_plain(word), Value::Number(_)), "{word}");
        }
        for word in [
            "prod",
            "yEs",
            "tRue",
            "nO",
            "1.2.3",
            "1-2",
            "2001-01-01",
            "10.0.0.1",
            "e3",
            "0x",
            "-",
            "+",
            "0xg",
            "1:30",
            "_1",
            "...",
            "1e",
            "nullx",
            "0b102x",
        ] {
            assert!(matches!(resolve_plain(word), Value::Str(_)), "{word}");
        }
    }

    #[test]
    fn quoted_and_tagged_scalars_are_strings() {
        assert_eq!(
            json(r#"{a: "no", b: 'on', c: !!str yes, d: no}"#),
            r#"{"a": "no", "b": "on", "c": "yes", "d": false}"#
        );
    }

    #[test]
    fn the_last_of_two_equal_keys_counts() {
        assert_eq!(json("a: 1\nb: 2\na: 3\n"), r#"{"a": 3, "b": 2}"#);
        assert_eq!(json(r#"{"a": 1, "a": {"b": 1, "b": 2}}"#), r#"{"a": {"b": 2}}"#);
    }

    #[test]
    fn only_the_first_document_counts() {
        assert_eq!(json("a: x\n---\na: y\n"), r#"{"a": "x"}"#);
        assert_eq!(first_document(b"").unwrap(), None);
        assert_eq!(first_document(b"# nothing\n").unwrap(), None);
        assert_eq!(read("---\n---\na: y\n").value, Value::Null);
    }

    #[test]
    fn lines_are_counted_from_one() {
        let node = read("\n# c\nclusters:\n- name: a\n  cluster:\n    server: x\n");
        let first = &node.get("clusters").unwrap().items()[0];
        assert_eq!(first.line, 4);
        assert_eq!(first.get("cluster").unwrap().get("server").unwrap().line, 6);
    }

    #[test]
    fn anchors_and_merges() {
        assert_eq!(
            json("a: &x {k: 1, l: 2}\nb: *x\nc: {<<: *x, k: 3}\nd: {k: 3, <<: *x}\n"),
            r#"{"a": {"k": 1, "l": 2}, "b": {"k": 1, "l": 2}, "c": {"k": 3, "l": 2}, "d": {"k": 1, "l": 2}}"#
        );
        assert_eq!(
            json("a: &x {k: 1}\nb: &y {k: 2, m: 4}\nc: {<<: [*x, *y]}\n"),
            r#"{"a": {"k": 1}, "b": {"k": 2, "m": 4}, "c": {"k": 1, "m": 4}}"#
        );
    }

    #[test]
    fn bombs_end_early() {
        let mut laughs = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n");
        for i in 1..12 {
            let row = vec![format!("*a{}", i - 1); 10].join(",");
            laughs.push_str(&format!("a{i}: &a{i} [{row}]\n"));
        }
        assert!(first_document(laughs.as_bytes()).is_err());
        assert!(first_document("[".repeat(100_000).as_bytes()).is_err());
        assert!(first_document("{a: ".repeat(100_000).as_bytes()).is_err());
        assert!(first_document("a: &a [*a]".as_bytes()).is_err());
        let nested = (0..5_000).map(|i| format!("{}a:\n", " ".repeat(i))).collect::<String>();
        assert!(first_document(nested.as_bytes()).is_err());
    }

    #[test]
    fn five_megabytes_are_read_in_bounded_time() {
        let row = format!("- {{name: a, cluster: {{server: 'https://x', data: {}}}}}\n", "A".repeat(1_000));
        let text = format!("clusters:\n{}", row.repeat(5 * 1024 * 1024 / row.len()));
        let node = read(&text);
        assert!(node.get("clusters").unwrap().items().len() > 4_000);
        let many = "- a\n".repeat(5 * 1024 * 1024 / 4);
        assert!(first_document(many.as_bytes()).is_err(), "too many values");
    }

    proptest! {
        #[test]
        fn reading_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = first_document(&bytes);
        }

        #[test]
        fn yaml_like_text_never_panics(text in "[a-c:\\-\\[\\]{}&*!|>'\"#%@`,? \n\t<.~0-2]{0,80}") {
            let _ = first_document(text.as_bytes());
        }

        #[test]
        fn strings_survive_the_round_trip(s in any::<String>()) {
            let mut out = String::new();
            to_json(&Value::Str(s.clone()), &mut out);
            prop_assert_eq!(serde_json::from_str::<String>(&out).unwrap(), s.clone());
            prop_assert_eq!(read(&out).value, Value::Str(s));
        }
    }
}
