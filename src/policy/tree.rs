//! YAML as a tree that remembers where everything stands, so that every mistake in a file can be shown at once, each
//! with its line and a caret, and `policy show` can say where a rule comes from.

use crate::engine::escape::escape;
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;
use std::fmt;

/// Where something stands: line and column from 1, and how many characters to underline.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct At {
    /// The line.
    pub line: u32,
    /// The column.
    pub column: u32,
    /// The width of the caret line.
    pub width: u32,
}

/// One node.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it starts.
    pub at: At,
    /// What it is.
    pub is: Is,
}

/// What a node is. Scalars keep their text as it was written: an account id may start with a zero.
#[derive(Clone, Debug)]
pub enum Is {
    /// Nothing.
    Null,
    /// A scalar and whether YAML takes it for a boolean.
    Text(String, Option<bool>),
    /// A list.
    List(Vec<Node>),
    /// A mapping, in its order.
    Map(Vec<(String, At, Node)>),
}

impl Node {
    /// The value under this key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.is {
            Is::Map(entries) => entries.iter().find(|(k, _, _)| k == key).map(|(_, _, n)| n),
            _ => None,
        }
    }

    /// Its text, when it is a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.is {
            Is::Text(text, _) => Some(text),
            _ => None,
        }
    }

    /// Its truth, when it is a boolean.
    pub fn flag(&self) -> Option<bool> {
        match &self.is {
            Is::Text(_, flag) => *flag,
            _ => None,
        }
    }

    /// Its items: of a list all, of anything else itself.
    pub fn items(&self) -> &[Node] {
        match &self.is {
            Is::List(items) => items,
            Is::Null => &[],
            _ => std::slice::from_ref(self),
        }
    }
}

/// How much of a line is shown before a mistake, and altogether.
const BEFORE: u32 = 80;
const WINDOW: usize = 160;

/// Something wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub at: At,
    /// What, one line.
    pub what: String,
}

impl Problem {
    /// The problem as it is shown: place, source line, caret.
    pub fn show(&self, file: &str, text: &str) -> String {
        let At { line, column, width } = self.at;
        let source = text.lines().nth((line.max(1) - 1) as usize).unwrap_or("");
        let number = line.to_string();
        let pad = " ".repeat(number.len());
        // A long line is shown from shortly before the mistake.
        let skip = (column.max(1) - 1).saturating_sub(BEFORE) as usize;
        let source: Vec<char> =
            source.chars().skip(skip).take(WINDOW).map(|c| if c == '\t' { ' ' } else { c }).collect();
        let start = ((column.max(1) - 1) as usize).saturating_sub(skip).min(source.len());
        let text = |chars: &[char]| escape(chars.iter().collect::<String>().as_bytes());
        let (before, rest) = source.split_at(start);
        let under = rest.get(..(width.max(1) as usize).min(rest.len())).unwrap_or(rest);
        let carets = "^".repeat(text(under).chars().count().max(1));
        let (indent, shown) = (text(before).chars().count(), text(&source));
        format!(
            "{pad}--> {file}:{line}:{column}\n{pad} |\n{number} | {shown}\n{pad} | {}{carets} {}\n",
            " ".repeat(indent),
            self.what
        )
    }
}

/// Reads one document. Duplicate keys, anchors that explode and several documents are errors.
pub fn parse(text: &str) -> Result<Node, Problem> {
    // A policy of 256 KiB has far fewer; more means anchors that multiply.
    let options = serde_saphyr::options! { budget: serde_saphyr::budget! { max_nodes: MOST_NODES, max_depth: DEEPEST } };
    let raw: Spanned<Raw> = serde_saphyr::from_str_with_options(text, options).map_err(|e| {
        let at = e.location().map_or(At { line: 1, column: 1, width: 1 }, |l| At {
            line: l.line() as u32,
            column: l.column() as u32,
            width: 1,
        });
        let full = e.without_snippet().to_string();
        Problem { at, what: plain_message(&full) }
    })?;
    Ok(node(raw, text))
}

/// More nodes than any policy that fits the size limit and is written by people.
const MOST_NODES: usize = 30_000;
/// The format itself is six levels deep.
const DEEPEST: usize = 32;

/// The parser's words on one line, without the place, which stands beside them anyway.
fn plain_message(full: &str) -> String {
    let first = full.lines().next().unwrap_or("cannot be read");
    let first = first.strip_prefix("error: ").unwrap_or(first);
    let cut = first.split(" at line ").next().unwrap_or(first);
    let cut =
        cut.split_once(": ").filter(|(head, _)| head.starts_with("line ")).map_or(cut, |(_, rest)| rest);
    // Advice for programmers who call the parser.
    let cut = cut.split(", set ").next().unwrap_or(cut);
    let cut = if cut.starts_with("budget breached") { "too many or too deeply nested values" } else { cut };
    escape(cut.trim().as_bytes())
}

/// What the deserialiser gives; the text of scalars is cut out of the source afterwards.
enum Raw {
    Null,
    Bool(bool),
    Number,
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Raw, D::Error> {
        d.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }
    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }
    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }
    fn visit_some<D: Deserializer<'de>>(self, d: D) -> Result<Raw, D::Error> {
        d.deserialize_any(RawVisitor)
    }
    fn visit_bool<E>(self, b: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(b))
    }
    fn visit_i64<E>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::Number)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::Number)
    }
    fn visit_i128<E>(self, _: i128) -> Result<Raw, E> {
        Ok(Raw::Number)
    }
    fn visit_u128<E>(self, _: u128) -> Result<Raw, E> {
        Ok(Raw::Number)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Number)
    }
    fn visit_str<E>(self, s: &str) -> Result<Raw, E> {
        Ok(Raw::Text(s.to_owned()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

fn node(raw: Spanned<Raw>, text: &str) -> Node {
    let at = place(&raw.referenced);
    let source = || {
        let span = raw.defined.span();
        let (start, len) = (span.byte_offset().unwrap_or(0) as usize, span.byte_len().unwrap_or(0) as usize);
        text.get(start..start.saturating_add(len)).unwrap_or("").trim().to_owned()
    };
    let is = match raw.value {
        Raw::Null => Is::Null,
        Raw::Bool(b) => Is::Text(source(), Some(b)),
        Raw::Number => Is::Text(source(), None),
        Raw::Text(t) => Is::Text(t, None),
        Raw::List(items) => Is::List(items.into_iter().map(|i| node(i, text)).collect()),
        Raw::Map(entries) => Is::Map(
            entries
                .into_iter()
                .map(|(k, v)| (k.value.clone(), place(&k.referenced), node(v, text)))
                .collect(),
        ),
    };
    Node { at, is }
}

fn place(l: &serde_saphyr::Location) -> At {
    At { line: l.line() as u32, column: l.column() as u32, width: l.span().len() as u32 }
}

/// The candidate a typo most likely meant: at most a third of its letters away (optimal string alignment).
pub fn did_you_mean<'a>(typed: &str, candidates: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (typed.chars().count() / 3).max(1);
    candidates.map(|c| (distance(typed, c), c)).filter(|(d, _)| *d <= limit).min().map(|(_, c)| c)
}

fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let cost = usize::from(a[i - 1] != b[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(rows[i][j - 1] + 1).min(rows[i - 1][j - 1] + cost);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

/// All texts of a text or list of texts.
pub fn texts(node: Option<&Node>) -> Vec<String> {
    node.map(Node::items).unwrap_or_default().iter().filter_map(Node::text).map(str::to_owned).collect()
}

/// A mapping from label to texts.
pub fn labels(node: Option<&Node>) -> Vec<(String, Vec<String>)> {
    match node.map(|n| &n.is) {
        Some(Is::Map(entries)) => entries.iter().map(|(k, _, v)| (k.clone(), texts(Some(v)))).collect(),
        _ => Vec::new(),
    }
}
