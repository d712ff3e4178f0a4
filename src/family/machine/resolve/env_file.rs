//! Files of `KEY=value` lines as systemd reads them (`parse_env_file_internal` in `src/basic/env-file.c`, systemd 252):
//! comments, both kinds of quotes, lines that go on after a backslash. Total: every byte sequence is read.

/// One assignment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub key: String,
    /// Its value, quotes and escapes taken away.
    pub value: String,
    /// The line, from 1, it starts on.
    pub line: u32,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    BeforeKey,
    Key,
    BeforeValue,
    Value,
    ValueEscape,
    Single,
    Double,
    DoubleEscape,
    Comment,
    CommentEscape,
}

/// Reads every assignment, in order. With several of one name the last counts.
pub fn parse(bytes: &[u8]) -> Vec<Entry> {
    let text = String::from_utf8_lossy(bytes);
    let mut out = Vec::new();
    let (mut state, mut line, mut starts) = (State::BeforeKey, 1u32, 1u32);
    let (mut key, mut value, mut plain) = (String::new(), String::new(), 0usize);
    for c in text.chars() {
        let ends = matches!(c, '\n' | '\r');
        state = match state {
            State::BeforeKey if matches!(c, '#' | ';') => State::Comment,
            State::BeforeKey if c.is_ascii_whitespace() => State::BeforeKey,
            State::BeforeKey => {
                key.clear();
                value.clear();
                (plain, starts) = (0, line);
                key.push(c);
                State::Key
            }
            // A line without `=` says nothing.
            State::Key if ends => State::BeforeKey,
            State::Key if c == '=' => State::BeforeValue,
            State::Key => {
                key.push(c);
                State::Key
            }
            State::BeforeValue | State::Value if ends => {
                push(&mut out, &key, &value, plain, starts);
                State::BeforeKey
            }
            State::BeforeValue if c == '\'' => State::Single,
            State::BeforeValue if c == '"' => State::Double,
            State::BeforeValue | State::Value if c == '\\' => State::ValueEscape,
            State::BeforeValue if c.is_ascii_whitespace() => State::BeforeValue,
            State::BeforeValue | State::Value => {
                value.push(c);
                // Space at the end of what stands outside quotes does not count.
                if !c.is_ascii_whitespace() {
                    plain = value.len();
                }
                State::Value
            }
            State::ValueEscape => {
                if !ends {
                    value.push(c);
                    plain = value.len();
                }
                State::Value
            }
            State::Single | State::Double if c == if state == State::Single { '\'' } else { '"' } => {
                plain = value.len();
                State::BeforeValue
            }
            State::Single => {
                value.push(c);
                State::Single
            }
            State::Double if c == '\\' => State::DoubleEscape,
            State::Double => {
                value.push(c);
                State::Double
            }
            State::DoubleEscape => {
                if !ends {
                    if !matches!(c, '"' | '\\' | '`' | '$') {
                        value.push('\\');
                    }
                    value.push(c);
                }
                State::Double
            }
            State::Comment if ends => State::BeforeKey,
            State::Comment if c == '\\' => State::CommentEscape,
            State::Comment | State::CommentEscape => State::Comment,
        };
        if c == '\n' {
            line = line.saturating_add(1);
        }
    }
    let quoted = matches!(state, State::Single | State::Double | State::DoubleEscape);
    if quoted {
        plain = value.len();
    }
    if !matches!(state, State::BeforeKey | State::Key | State::Comment | State::CommentEscape) {
        push(&mut out, &key, &value, plain, starts);
    }
    out
}

fn push(out: &mut Vec<Entry>, key: &str, value: &str, plain: usize, line: u32) {
    let value = value.get(..plain).unwrap_or(value);
    out.push(Entry { key: key.trim_end().to_owned(), value: value.to_owned(), line });
}

/// The last assignment to a name, unless its value is empty.
pub fn last<'e>(entries: &'e [Entry], key: &str) -> Option<&'e Entry> {
    entries.iter().rev().find(|e| e.key == key).filter(|e| !e.value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_as_systemd_reads_them() {
        for (text, want) in [
            ("A=b", vec![("A", "b", 1)]),
            ("A=b\n", vec![("A", "b", 1)]),
            ("# A=x\n; A=y\n\nA=b\n", vec![("A", "b", 4)]),
            ("A=\"DB primary (Oslo)\"\n", vec![("A", "DB primary (Oslo)", 1)]),
            ("A='it''s'\n", vec![("A", "its", 1)]),
            ("A='a # b'\n", vec![("A", "a # b", 1)]),
            ("A=a # b \n", vec![("A", "a # b", 1)]),
            ("  A = b c  \nB=d", vec![("A", "b c", 1), ("B", "d", 2)]),
            ("A=a\\\nb\nC=d", vec![("A", "ab", 1), ("C", "d", 3)]),
            ("A=\"a\\\nb\\\"c\\$d\\e\"", vec![("A", "ab\"c$d\\e", 1)]),
            ("A=\"two\nlines\"\nB=c", vec![("A", "two\nlines", 1), ("B", "c", 3)]),
            ("A=\"  x  \"", vec![("A", "  x  ", 1)]),
            ("A=\"open", vec![("A", "open", 1)]),
            ("A=", vec![("A", "", 1)]),
            ("no line\nA=b", vec![("A", "b", 2)]),
            ("A=b\r\nC=d\r\n", vec![("A", "b", 1), ("C", "d", 2)]),
            ("# c\\\nA=b\n", vec![]),
            ("", vec![]),
        ] {
            let got = parse(text.as_bytes());
            let got: Vec<_> = got.iter().map(|e| (e.key.as_str(), e.value.as_str(), e.line)).collect();
            assert_eq!(got, want, "{text:?}");
        }
    }

    #[test]
    fn the_last_one_counts_and_an_empty_one_says_nothing() {
        let entries = parse(b"A=1\nA=2\nB=1\nB=\n");
        assert_eq!(last(&entries, "A").map(|e| (e.value.as_str(), e.line)), Some(("2", 2)));
        assert_eq!(last(&entries, "B"), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let lines = u32::try_from(bytes.split(|b| *b == b'\n').count()).unwrap();
            prop_assert!(parse(&bytes).iter().all(|e| !e.key.is_empty() && e.line >= 1 && e.line <= lines));
        }

        #[test]
        fn so_is_what_looks_like_such_a_file(text in "[A=\"'\\\\# \n;b]{0,60}") {
            let entries = parse(text.as_bytes());
            prop_assert!(entries.iter().all(|e| !e.key.contains('\n')));
        }

        #[test]
        fn what_is_quoted_comes_back(value in "[ -~&&[^\"\\\\`$]]{0,30}") {
            let entries = parse(format!("X=1\nDEPLOYMENT=\"{value}\"\nY=2\n").as_bytes());
            prop_assert_eq!(entries.len(), 3);
            prop_assert_eq!(&entries[1].value, &value);
            prop_assert_eq!(entries[1].line, 2);
        }
    }
}
