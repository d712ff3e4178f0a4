//! `-f 'dir/*.yaml'`: the files a pattern stands for when kubectl itself expands it.
//!
//! kubectl (k8s.io/cli-runtime `resource.expandIfFilePattern`) hands a name that is no file to Go's `filepath.Glob`, and
//! reads what comes back like files and directories that were named one by one.

use super::{Files, list_directory, unreadable};
use crate::engine::escape::escape;
use crate::fail::{Fail, Kind, Result};
use crate::run::pin::{MAX_INPUT, read_bounded};
use std::fs::File;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// So many files one pattern may stand for.
const MOST: usize = 10_000;

/// The files with their bytes, in kubectl's order; `None` when the pattern is not understood. An empty list is known to
/// be one: kubectl refuses a pattern that fits nothing.
pub(super) fn files(pattern: &[u8], recursive: bool) -> Result<Option<Files>> {
    let Some(paths) = std::str::from_utf8(pattern).ok().and_then(expand) else { return Ok(None) };
    let mut files = Files::new();
    let mut left = MAX_INPUT;
    for path in paths {
        let shown = escape(path.as_os_str().as_bytes());
        let meta = std::fs::metadata(&path).map_err(|e| unreadable(&shown, &e))?;
        let more = if meta.is_dir() {
            list_directory(&path, recursive)?
        } else {
            let mut file = File::open(&path).map_err(|e| unreadable(&shown, &e))?;
            vec![(path, read_bounded(&shown, &mut file)?)]
        };
        for (path, bytes) in more {
            left = left.checked_sub(bytes.len() as u64).ok_or_else(|| {
                let what = format!("the files of {} are larger than 64 MiB", escape(pattern));
                Fail::new(Kind::Data, what).help("name them in several steps")
            })?;
            files.push((path, bytes));
        }
    }
    Ok(Some(files))
}

/// `filepath.Glob`: component by component, names sorted within each directory, hidden ones as good as others.
fn expand(pattern: &str) -> Option<Vec<PathBuf>> {
    let mut found = vec![if pattern.starts_with('/') { PathBuf::from("/") } else { PathBuf::new() }];
    for component in pattern.split('/').filter(|c| !c.is_empty()) {
        let mut next = Vec::new();
        if component.contains(['*', '?', '[', '\\']) {
            let tokens = tokens(component)?;
            for dir in &found {
                let here = if dir.as_os_str().is_empty() { Path::new(".") } else { dir.as_path() };
                // A directory nobody can read fits nothing, to Go as well.
                let Ok(entries) = std::fs::read_dir(here) else { continue };
                let mut names: Vec<_> = entries.filter_map(|e| Some(e.ok()?.file_name())).collect();
                names.sort();
                let fitting = names.into_iter().filter(|n| matches(&tokens, &n.to_string_lossy()));
                next.extend(fitting.map(|n| dir.join(n)));
            }
        } else {
            next.extend(found.iter().map(|dir| dir.join(component)));
        }
        next.retain(|path| path.symlink_metadata().is_ok());
        if next.len() > MOST {
            return None;
        }
        found = next;
    }
    Some(found)
}

/// One part of a pattern, after Go's `filepath.Match`.
#[derive(Debug, PartialEq, Eq)]
enum Token {
    Star,
    Any,
    One(char),
    Class { negated: bool, ranges: Vec<(char, char)> },
}

/// `None` for what Go calls a bad pattern.
fn tokens(pattern: &str) -> Option<Vec<Token>> {
    let mut chars = pattern.chars().peekable();
    let mut all = Vec::new();
    while let Some(c) = chars.next() {
        all.push(match c {
            '*' => Token::Star,
            '?' => Token::Any,
            '\\' => Token::One(chars.next()?),
            '[' => {
                let negated = chars.next_if_eq(&'^').is_some();
                let mut ranges = Vec::new();
                let edge = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>| match chars.next()? {
                    '-' | ']' => None,
                    '\\' => chars.next(),
                    c => Some(c),
                };
                loop {
                    if !ranges.is_empty() && chars.next_if_eq(&']').is_some() {
                        break;
                    }
                    let low = edge(&mut chars)?;
                    let high = if chars.next_if_eq(&'-').is_some() { edge(&mut chars)? } else { low };
                    ranges.push((low, high));
                }
                Token::Class { negated, ranges }
            }
            c => Token::One(c),
        });
    }
    Some(all)
}

fn matches(tokens: &[Token], name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    let (mut token, mut at) = (0, 0);
    // Where the last star stands, and how much of the name it has taken.
    let mut star: Option<(usize, usize)> = None;
    loop {
        let fits = match (tokens.get(token), name.get(at)) {
            (None, None) => return true,
            (Some(Token::Star), _) => {
                star = Some((token, at));
                token += 1;
                continue;
            }
            (Some(one), Some(c)) => one.fits(*c),
            _ => false,
        };
        if fits {
            (token, at) = (token + 1, at + 1);
        } else if let Some((back, taken)) = star.filter(|(_, taken)| *taken < name.len()) {
            star = Some((back, taken + 1));
            (token, at) = (back + 1, taken + 1);
        } else {
            return false;
        }
    }
}

impl Token {
    fn fits(&self, c: char) -> bool {
        match self {
            Token::Star => false,
            Token::Any => true,
            Token::One(want) => *want == c,
            Token::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_fit_as_in_go() {
        for (pattern, name, want) in [
            ("*.yaml", "a.yaml", Some(true)),
            ("*.yaml", ".yaml", Some(true)),
            ("*.yaml", "a.yml", Some(false)),
            ("a*b*c", "aXbYbZc", Some(true)),
            ("a?c", "abc", Some(true)),
            ("a?c", "ac", Some(false)),
            ("[a-c]x", "bx", Some(true)),
            ("[^a-c]x", "bx", Some(false)),
            ("[!a]x", "!x", Some(true)),
            ("a\\*", "a*", Some(true)),
            ("a\\*", "ab", Some(false)),
            ("[\\]]", "]", Some(true)),
            ("[", "a", None),
            ("[]a]", "]", None),
            ("[-x]", "x", None),
            ("a\\", "a", None),
            ("*", "ü", Some(true)),
        ] {
            assert_eq!(tokens(pattern).map(|t| matches(&t, name)), want, "{pattern} {name}");
        }
    }

    #[test]
    fn a_pattern_stands_for_files_and_directories() {
        let dir = tempfile::tempdir().unwrap();
        for name in ["b.yaml", "a.yaml", ".h.yaml", "c.txt", "sub/d.yaml", "sub/e.txt", "other/d.yaml"] {
            let path = dir.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, name).unwrap();
        }
        let of = |pattern: &str| -> Option<Vec<String>> {
            let files = files(format!("{}/{pattern}", dir.path().display()).as_bytes(), false).unwrap()?;
            Some(files.into_iter().map(|(_, bytes)| String::from_utf8(bytes).unwrap()).collect())
        };
        let names = |all: &[&str]| Some(all.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>());
        assert_eq!(of("*.yaml"), names(&[".h.yaml", "a.yaml", "b.yaml"]));
        assert_eq!(of("*/d.yaml"), names(&["other/d.yaml", "sub/d.yaml"]));
        assert_eq!(of("su*"), names(&["sub/d.yaml"]));
        assert_eq!(of("c.*"), names(&["c.txt"]));
        assert_eq!(of("none*"), names(&[]));
        assert_eq!(of("[.yaml"), None);
    }
}
