//! The AWS CLI's files as Python's `configparser.RawConfigParser()` reads them, with botocore's one level of nested
//! blocks (`botocore/configloader.py`, the same in both versions of the CLI), and the line of every value.

/// One parsed file. No `Debug`: it holds secrets.
#[derive(Default)]
pub(super) struct Ini {
    /// In the order of their first appearance; `[DEFAULT]` is folded into the others.
    pub(super) sections: Vec<Section>,
}

/// One `[section]`.
#[derive(Clone, Default)]
pub(super) struct Section {
    /// What stands between the brackets, as it stands there.
    pub(super) name: String,
    /// The line of the header, from 1.
    pub(super) line: u32,
    pub(super) items: Vec<Item>,
}

/// One `key = value`.
#[derive(Clone)]
pub(super) struct Item {
    /// In lower case, as `optionxform` leaves it.
    pub(super) key: String,
    /// The line of the key, from 1.
    pub(super) line: u32,
    pub(super) value: Value,
}

#[derive(Clone)]
pub(super) enum Value {
    Text(String),
    /// `s3 =` with indented `key = value` lines below it.
    Block(Vec<Inner>),
}

/// One line of a nested block.
#[derive(Clone)]
pub(super) struct Inner {
    /// Case is kept here.
    pub(super) key: String,
    pub(super) value: String,
    pub(super) line: u32,
}

impl Section {
    pub(super) fn item(&self, key: &str) -> Option<&Item> {
        self.items.iter().find(|item| item.key == key)
    }
}

impl Ini {
    pub(super) fn section(&self, name: &str) -> Option<&Section> {
        self.sections.iter().find(|s| s.name == name)
    }
}

/// Why a file cannot be parsed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bad {
    pub(super) line: u32,
    pub(super) why: String,
}

/// How a value that starts with an empty line is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Blocks {
    /// As a nested block; a line without `=` in it makes the whole file unreadable.
    Parse,
    /// As text, for the alias file.
    Keep,
}

/// A value while its continuation lines are collected, each with its line.
struct Raw {
    key: String,
    line: u32,
    parts: Vec<(String, u32)>,
}

struct RawSection {
    name: String,
    line: u32,
    items: Vec<Raw>,
}

const DEFAULTS: &str = "DEFAULT";

/// Parses one file.
pub(super) fn parse(bytes: &[u8], blocks: Blocks) -> Result<Ini, Bad> {
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let before = bytes.get(..e.valid_up_to()).unwrap_or_default();
        let line = before.iter().filter(|b| **b == b'\n').count() + 1;
        Bad { line: number(line), why: "it is not UTF-8".into() }
    })?;
    let sections = collect(text)?;
    let mut defaults = Vec::new();
    let mut done = Ini::default();
    for section in sections {
        let mut items = Vec::with_capacity(section.items.len());
        for raw in section.items {
            items.push(finish(raw, blocks)?);
        }
        if section.name == DEFAULTS {
            defaults = items;
        } else {
            done.sections.push(Section { name: section.name, line: section.line, items });
        }
    }
    for section in &mut done.sections {
        for item in &defaults {
            if section.item(&item.key).is_none() {
                section.items.push(item.clone());
            }
        }
    }
    Ok(done)
}

fn collect(text: &str) -> Result<Vec<RawSection>, Bad> {
    let mut sections: Vec<RawSection> = Vec::new();
    let mut current: Option<usize> = None;
    let mut in_option = false;
    let mut indent = 0;
    // A line without a delimiter is reported only after the whole file has been read, so that other errors come first.
    let mut late: Option<Bad> = None;
    for (nth, line) in lines(text).enumerate() {
        let at = number(nth + 1);
        let value = strip(line);
        let section = current.and_then(|i| sections.get_mut(i));
        if value.starts_with(['#', ';']) {
            continue;
        }
        if value.is_empty() {
            if let Some(option) = section.filter(|_| in_option).and_then(|s| s.items.last_mut()) {
                option.parts.push((String::new(), at));
            }
            continue;
        }
        let column = line.chars().take_while(|c| is_space(*c)).count();
        if in_option
            && column > indent
            && let Some(option) = section.and_then(|s| s.items.last_mut())
        {
            option.parts.push((value.to_owned(), at));
            continue;
        }
        indent = column;
        if let Some(name) = header(value) {
            in_option = false;
            current = match sections.iter().position(|s| s.name == name) {
                Some(_) if name != DEFAULTS => {
                    return Err(Bad { line: at, why: format!("there is a second [{name}]") });
                }
                Some(known) => Some(known),
                None => {
                    sections.push(RawSection { name: name.to_owned(), line: at, items: Vec::new() });
                    Some(sections.len() - 1)
                }
            };
            continue;
        }
        let Some(section) = current.and_then(|i| sections.get_mut(i)) else {
            return Err(Bad { line: at, why: "it stands before the first [section]".into() });
        };
        let Some((key, rest)) = value.split_once(['=', ':']) else {
            late.get_or_insert(Bad { line: at, why: "it is neither [section] nor key = value".into() });
            continue;
        };
        let key = strip(key).to_lowercase();
        if key.is_empty() {
            late.get_or_insert(Bad { line: at, why: "there is no key before the equals sign".into() });
        }
        if section.items.iter().any(|i| i.key == key) {
            return Err(Bad { line: at, why: format!("there is a second {key} in [{}]", section.name) });
        }
        section.items.push(Raw { key, line: at, parts: vec![(strip(rest).to_owned(), at)] });
        in_option = true;
    }
    late.map_or(Ok(sections), Err)
}

fn finish(raw: Raw, blocks: Blocks) -> Result<Item, Bad> {
    let joined: Vec<&str> = raw.parts.iter().map(|(text, _)| text.as_str()).collect();
    let joined = joined.join("\n");
    let text = joined.trim_end_matches(is_space);
    if !text.starts_with('\n') || blocks == Blocks::Keep {
        return Ok(Item { key: raw.key, line: raw.line, value: Value::Text(text.to_owned()) });
    }
    let mut inner: Vec<Inner> = Vec::new();
    for (part, line) in &raw.parts {
        for text in part.split(LINE_ENDS).map(strip).filter(|t| !t.is_empty()) {
            let Some((key, value)) = text.split_once('=') else {
                return Err(Bad {
                    line: *line,
                    why: format!("a line of the block {} is no key = value", raw.key),
                });
            };
            let (key, value) = (strip(key), strip(value));
            inner.retain(|i| i.key != key);
            inner.push(Inner { key: key.to_owned(), value: value.to_owned(), line: *line });
        }
    }
    Ok(Item { key: raw.key, line: raw.line, value: Value::Block(inner) })
}

/// `\[(?P<header>.+)\]` at the start of the line, as long as can be.
fn header(line: &str) -> Option<&str> {
    let inner = line.strip_prefix('[')?;
    let end = inner.rfind(']')?;
    inner.get(..end).filter(|name| !name.is_empty())
}

/// Lines as Python's text mode reads them.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text).filter(|t| !t.is_empty());
    std::iter::from_fn(move || {
        let whole = rest?;
        let Some(at) = whole.find(['\n', '\r']) else {
            rest = None;
            return Some(whole);
        };
        let (line, end) = whole.split_at(at);
        let after = end.strip_prefix("\r\n").or_else(|| end.get(1..)).unwrap_or_default();
        rest = Some(after).filter(|t| !t.is_empty());
        Some(line)
    })
}

/// What `str.splitlines()` splits at besides the line ends of files.
const LINE_ENDS: [char; 8] =
    ['\u{b}', '\u{c}', '\u{1c}', '\u{1d}', '\u{1e}', '\u{85}', '\u{2028}', '\u{2029}'];

/// White space as Python's `str.isspace()` has it.
pub(super) fn is_space(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{1c}'..='\u{1f}')
}

fn strip(text: &str) -> &str {
    text.trim_matches(is_space)
}

fn number(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<String> {
        let mut out = Vec::new();
        for s in parse(text.as_bytes(), Blocks::Parse).ok().unwrap().sections {
            out.push(format!("[{}]:{}", s.name, s.line));
            for i in s.items {
                match i.value {
                    Value::Text(t) => out.push(format!("{}={t:?}:{}", i.key, i.line)),
                    Value::Block(inner) => {
                        out.push(format!("{}:{}", i.key, i.line));
                        out.extend(inner.iter().map(|i| format!("  {}={}:{}", i.key, i.value, i.line)));
                    }
                }
            }
        }
        out
    }

    fn bad(text: &[u8]) -> (u32, String) {
        parse(text, Blocks::Parse).err().map(|b| (b.line, b.why)).unwrap()
    }

    #[test]
    fn values_keep_their_lines() {
        assert_eq!(
            read("# c\n[default]\nRegion = eu-west-1 # no comment\n\n[profile x]; trailing\na: b=c\n"),
            ["[default]:2", "region=\"eu-west-1 # no comment\":3", "[profile x]:5", "a=\"b=c\":6"]
        );
    }

    #[test]
    fn indented_lines_continue_a_value() {
        assert_eq!(read("[a]\nk = 1\n  2\n\n  3\n# c\nl=\n"), ["[a]:1", "k=\"1\\n2\\n\\n3\":2", "l=\"\":7"]);
        assert_eq!(read("[a]\n  k = 1\n  l = 2\n"), ["[a]:1", "k=\"1\":2", "l=\"2\":3"]);
        // A section header may be indented, but after an option it is that option's continuation.
        assert_eq!(read("[a]\nk = 1\n [b]\n"), ["[a]:1", "k=\"1\\n[b]\":2"]);
    }

    #[test]
    fn one_level_of_blocks() {
        assert_eq!(
            read("[a]\ns3 =\n  Max = 1\n  url = http://h:1/?a=b\n  Max = 2\nregion = r\n"),
            ["[a]:1", "s3:2", "  url=http://h:1/?a=b:4", "  Max=2:5", "region=\"r\":6"]
        );
        assert_eq!(bad(b"[a]\ns3 =\n  x\n").0, 3);
        let kept = parse(b"[toplevel]\nx =\n  a b\n", Blocks::Keep).ok().unwrap();
        assert!(matches!(&kept.sections[0].items[0].value, Value::Text(t) if t == "\na b"));
    }

    #[test]
    fn the_default_section_of_configparser_fills_the_others() {
        assert_eq!(
            read("[DEFAULT]\nregion=a\n[x]\nk=1\n[y]\nregion=b\n"),
            ["[x]:3", "k=\"1\":4", "region=\"a\":2", "[y]:5", "region=\"b\":6"]
        );
    }

    #[test]
    fn what_configparser_refuses() {
        assert_eq!(bad(b"a=1\n"), (1, "it stands before the first [section]".into()));
        assert_eq!(bad(b"\xef\xbb\xbf[default]\n").0, 1);
        assert_eq!(bad(b"[a]\nk=1\n[a]\n"), (3, "there is a second [a]".into()));
        assert_eq!(bad(b"[a]\nk=1\nK = 2\n"), (3, "there is a second k in [a]".into()));
        assert_eq!(bad(b"[a]\nnothing\nk=1\n"), (2, "it is neither [section] nor key = value".into()));
        assert_eq!(bad(b"[a]\n=1\n").0, 2);
        assert_eq!(bad(b"[a]\n\xff=1\n"), (2, "it is not UTF-8".into()));
        // The missing delimiter is reported last.
        assert_eq!(bad(b"[a]\nnothing\n[a]\n").0, 3);
    }

    #[test]
    fn any_line_end_will_do() {
        assert_eq!(read("[a]\r\nk=1\rl=2\n"), ["[a]:1", "k=\"1\":2", "l=\"2\":3"]);
    }
}
