//! Values that stand in a file: `file://`, `fileb://`, the documents of `--cli-input-json` and `--cli-input-yaml`, and the
//! template that `cloudformation deploy` reads by a plain path.
//! The engine names them; whoever may read files hands them in.

use super::grammar::{Given, parse};
use crate::engine::fact::Why;

/// What was read for the URIs of one command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Documents {
    read: Vec<(String, Result<Vec<u8>, Why>)>,
}

impl Documents {
    /// No document has been read.
    pub fn none() -> Documents {
        Documents::default()
    }

    /// Adds what was read for a URI as it was written.
    pub fn insert(&mut self, uri: impl Into<String>, content: Result<Vec<u8>, Why>) {
        self.read.push((uri.into(), content));
    }

    /// What was read for this URI; `None` when nobody has tried.
    pub fn get(&self, uri: &str) -> Option<&Result<Vec<u8>, Why>> {
        self.read.iter().find(|(name, _)| name == uri).map(|(_, content)| content)
    }

    /// What was read of a file that the command opens by this path; `None` when nobody has tried.
    pub fn at(&self, path: &str) -> Option<&Result<Vec<u8>, Why>> {
        self.read.iter().find(|(name, _)| name.strip_prefix(PLAIN) == Some(path)).map(|(_, content)| content)
    }

    /// Every document with its URI.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Result<Vec<u8>, Why>)> {
        self.read.iter().map(|(uri, content)| (uri.as_str(), content))
    }
}

/// The URIs a value may begin with (`awscli/paramfile.py`); version 1 fetches `http` and `https` too.
const PREFIXES: [&[u8]; 4] = [b"file://", b"fileb://", b"http://", b"https://"];

/// Whether the CLI puts something else in the place of this value. Options that take URLs as such are not asked.
pub fn is_uri(value: &[u8]) -> bool {
    value.starts_with(b"file://") || value.starts_with(b"fileb://")
}

/// Whether version 1 would fetch this value from a server (`cli_follow_urlparam`).
pub fn is_fetched(value: &[u8]) -> bool {
    PREFIXES.iter().skip(2).any(|prefix| value.starts_with(prefix))
}

/// Stands before the path of a file that the command itself opens, nothing in it expanded.
pub const PLAIN: &str = "path:";

/// Commands that open a file by a plain path, and the option that names it (`customizations/cloudformation/deploy.py`).
const BY_PATH: &[(&[u8], &[u8])] = &[(b"cloudformation deploy", b"template-file")];

/// Every document the command names, as written, each once.
pub fn wanted(words: &[&[u8]]) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut want = |uri: String| {
        if !out.contains(&uri) {
            out.push(uri);
        }
    };
    for major in [1, 2] {
        let parsed = parse(words, major);
        let command = parsed.command();
        for given in &parsed.options {
            uris(given).for_each(|uri| want(String::from_utf8_lossy(uri).into_owned()));
            let may_be =
                |option: &[u8]| given.name == option || (!given.sure && option.starts_with(given.name));
            if BY_PATH.iter().any(|(of, option)| *of == command.as_slice() && may_be(option)) {
                let paths = given.values.iter().map(|(_, path)| String::from_utf8_lossy(path));
                paths.for_each(|path| want(format!("{PLAIN}{path}")));
            }
        }
    }
    out
}

/// The URIs among the values of one option: the whole value, or what follows `@=` in shorthand (version 2).
fn uris<'a>(given: &'a Given<'_>) -> impl Iterator<Item = &'a [u8]> {
    given.values.iter().flat_map(|(_, value)| {
        let whole = is_uri(value).then_some(*value);
        let inner = value.windows(2).enumerate().filter(|(_, w)| w == b"@=").filter_map(|(at, _)| {
            let rest = value.get(at + 2..)?;
            let end = rest.iter().position(|b| matches!(b, b',' | b'}' | b']')).unwrap_or(rest.len());
            rest.get(..end).filter(|uri| is_uri(uri))
        });
        whole.into_iter().chain(inner)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Vec<String> {
        wanted(&line.split(' ').map(str::as_bytes).collect::<Vec<_>>())
    }

    #[test]
    fn documents_are_named_as_written() {
        for (line, want) in [
            ("cloudformation delete-stack --cli-input-json file://in.json", vec!["file://in.json"]),
            ("cloudformation delete-stack --stack-name=file://~/n.txt", vec!["file://~/n.txt"]),
            ("s3api put-bucket-policy --bucket b --policy file://p.json", vec!["file://p.json"]),
            ("lambda update-function-code --zip-file fileb://f.zip", vec!["fileb://f.zip"]),
            ("x y --z k@=file://a,b=c --z k@=file://a", vec!["file://a"]),
            ("sqs purge-queue --queue-url https://sqs/q", vec![]),
            ("--query file://x ec2 describe-instances", vec![]),
            ("cloudformation deploy --stack-name a --template-file t.yaml", vec!["path:t.yaml"]),
            ("cloudformation deploy --template-file=~/t.yaml --stack-name a", vec!["path:~/t.yaml"]),
            ("cloudformation package --template-file t.yaml", vec![]),
        ] {
            assert_eq!(of(line), want, "{line}");
        }
    }
}
