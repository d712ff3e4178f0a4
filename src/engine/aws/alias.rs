//! `~/.aws/cli/alias`: words that stand for other words, or for a shell line (`awscli/alias.py` of both versions).
//!
//! Version 1 knows `[toplevel]`; version 2 also `[command a b]`. The file is read as Python's `configparser` reads it.

use super::grammar::{self, Given};
use crate::engine::aws::tables;

/// How often one command line is expanded. The CLI itself ends in a recursion error.
const DEPTH: usize = 16;

/// One section: its name's words, and its aliases.
type Section = (Vec<String>, Vec<(String, String)>);

/// The aliases of one file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Aliases {
    sections: Vec<Section>,
}

/// What the words become.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expanded {
    /// The words after `aws`, aliases replaced; the caller's own where no alias took part.
    pub words: Vec<Vec<u8>>,
    /// The shell line that runs instead, arguments appended.
    pub shell: Option<String>,
    /// The names of the aliases, outermost first.
    pub used: Vec<String>,
    /// Why the CLI would refuse: aliases in a circle, quotes left open.
    pub problem: Option<String>,
}

impl Aliases {
    /// Reads the file. An error is what the CLI would stop at, on every call.
    pub fn parse(text: &str) -> Result<Aliases, String> {
        let mut sections: Vec<Section> = Vec::new();
        let mut indent = 0;
        for (number, line) in text.lines().enumerate() {
            let stripped = line.trim();
            if stripped.is_empty() || stripped.starts_with(['#', ';']) {
                continue;
            }
            let depth = line.len() - line.trim_start().len();
            let open = sections.last_mut().and_then(|(_, aliases)| aliases.last_mut());
            if let (Some((_, value)), true) = (open, depth > indent) {
                value.push('\n');
                value.push_str(stripped);
                continue;
            }
            indent = depth;
            if let Some(name) = stripped.strip_prefix('[').and_then(|rest| rest.rsplit_once(']')) {
                let words: Vec<String> = name.0.split_whitespace().map(str::to_owned).collect();
                if sections.iter().any(|(have, _)| *have == words) {
                    return Err(format!("line {}: section [{}] stands twice", number + 1, name.0));
                }
                sections.push((words, Vec::new()));
                continue;
            }
            let Some((_, aliases)) = sections.last_mut() else {
                return Err(format!("line {}: no section before it", number + 1));
            };
            let Some(at) = stripped.find(['=', ':']).filter(|at| *at > 0) else {
                return Err(format!("line {}: neither `name = value` nor a section", number + 1));
            };
            let (name, value) = stripped.split_at(at);
            // configparser lowers the names of options.
            let name = name.trim().to_lowercase();
            if aliases.iter().any(|(have, _)| *have == name) {
                return Err(format!("line {}: alias {name} stands twice", number + 1));
            }
            aliases.push((name, value.get(1..).unwrap_or_default().trim().to_owned()));
        }
        Ok(Aliases { sections })
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.sections.iter().all(|(_, aliases)| aliases.is_empty())
    }

    /// Whether an alias stands in the place of these words: of the service, or of an operation below it.
    pub fn shadows(&self, words: &[&[u8]]) -> bool {
        (0..words.len()).any(|below| {
            let (command, name) = (words.get(..below), words.get(below));
            // configparser lowers the names of aliases, and the CLI looks the words up as they are.
            command.zip(name).is_some_and(|(command, name)| self.get(command, name).is_some())
        })
    }

    /// The value of an alias: of the top level, or below the words of a command.
    fn get(&self, command: &[&[u8]], name: &[u8]) -> Option<&str> {
        let fits = |section: &[String]| match (section, command) {
            ([top], []) => top == "toplevel",
            ([head, rest @ ..], below) => {
                head == "command"
                    && !below.is_empty()
                    && rest.len() == below.len()
                    && rest.iter().zip(below).all(|(have, want)| have.as_bytes() == *want)
            }
            _ => false,
        };
        // `[DEFAULT]` counts in every section.
        let of = |fits: &dyn Fn(&[String]) -> bool| {
            self.sections
                .iter()
                .filter(|(words, _)| fits(words))
                .flat_map(|(_, aliases)| aliases)
                .find(|(have, _)| have.as_bytes() == name)
                .map(|(_, value)| value.trim())
        };
        let there = self.sections.iter().any(|(words, _)| fits(words));
        of(&fits).or_else(|| of(&|words| there && words == ["DEFAULT"]))
    }
}

/// Replaces the aliases among the words after `aws`. `major` is the CLI's; `None` when it is not known, which is read as
/// the version that knows more aliases.
pub fn expand(aliases: &Aliases, words: &[&[u8]], major: Option<u8>) -> Expanded {
    let mut out = Expanded { words: words.iter().map(|w| w.to_vec()).collect(), ..Expanded::default() };
    let version = major.unwrap_or(2);
    for _ in 0..DEPTH {
        let step = {
            let words: Vec<&[u8]> = out.words.iter().map(Vec::as_slice).collect();
            toplevel(aliases, &words, version)
                .or_else(|| (version >= 2).then(|| below(aliases, &words, version)).flatten())
        };
        let Some(step) = step else { return out };
        if step.proxies && out.used.last() == Some(&step.name) {
            // A built-in of the alias's own name: what it stands for has been reached.
            return out;
        }
        out.used.push(step.name);
        match step.into {
            Into::Shell(line) => {
                out.shell = Some(line);
                return out;
            }
            Into::Open => {
                out.problem = Some("an alias with a quotation mark left open".to_owned());
                return out;
            }
            Into::Words(words) => out.words = words,
        }
        if step.proxies {
            return out;
        }
    }
    out.problem = Some("aliases that stand for each other in a circle".to_owned());
    out
}

enum Into {
    Words(Vec<Vec<u8>>),
    Shell(String),
    Open,
}

struct Step {
    name: String,
    into: Into,
    /// The alias keeps a built-in of its own name: nothing further is expanded.
    proxies: bool,
}

fn toplevel(aliases: &Aliases, words: &[&[u8]], major: u8) -> Option<Step> {
    let main = grammar::main(words, major);
    let (_, name) = main.service?;
    let value = aliases.get(&[], name)?;
    let rest: Vec<&[u8]> = main.rest.iter().map(|(_, word)| *word).collect();
    let name = String::from_utf8_lossy(name).into_owned();
    if let Some(line) = value.strip_prefix('!') {
        return Some(Step { name, into: Into::Shell(shell_line(line, &rest)), proxies: false });
    }
    let Some(inner) = split(value) else { return Some(Step { name, into: Into::Open, proxies: false }) };
    let inner: Vec<&[u8]> = inner.iter().map(Vec::as_slice).collect();
    let stands_for = grammar::main(&inner, major).service.map(|(_, word)| word.to_vec());
    let proxies = stands_for.as_deref() == Some(name.as_bytes()) && tables::is_service(name.as_bytes());
    let words = globals(&main.globals).into_iter().chain(owned(&inner)).chain(owned(&rest)).collect();
    Some(Step { name, into: Into::Words(words), proxies })
}

fn below(aliases: &Aliases, words: &[&[u8]], major: u8) -> Option<Step> {
    let parsed = grammar::parse(words, major);
    let (service_at, service) = parsed.service?;
    let mut path = vec![service];
    for (_, word) in &parsed.operation {
        let Some(value) = aliases.get(&path, word) else {
            path.push(word);
            continue;
        };
        let name = String::from_utf8_lossy(word).into_owned();
        let taken: Vec<usize> = parsed.operation.iter().map(|(at, _)| *at).take(path.len()).collect();
        let gone = |index: usize| {
            let of = |given: &Given<'_>| given.at == index || given.values.iter().any(|(at, _)| *at == index);
            index == service_at || taken.contains(&index) || parsed.globals.iter().any(of)
        };
        let rest: Vec<&[u8]> =
            words.iter().enumerate().filter(|(index, _)| !gone(*index)).map(|(_, word)| *word).collect();
        if let Some(line) = value.strip_prefix('!') {
            return Some(Step { name, into: Into::Shell(shell_line(line, &rest)), proxies: false });
        }
        let Some(inner) = split(value) else { return Some(Step { name, into: Into::Open, proxies: false }) };
        let head: Vec<Vec<u8>> = globals(&parsed.globals).into_iter().chain(owned(&path)).collect();
        let full: Vec<Vec<u8>> =
            head.iter().cloned().chain(inner.iter().cloned()).chain(owned(&rest)).collect();
        // A name that an operation has stays that operation: only the alias's further words are added. Without the
        // list of all operations a verb that operations have is the sign; the worse of the two readings is kept.
        let kept: Vec<Vec<u8>> = head
            .into_iter()
            .chain([word.to_vec()])
            .chain(without_command(&inner, major))
            .chain(owned(&rest))
            .collect();
        let effect =
            |words: &[Vec<u8>]| super::classify(&words.iter().map(Vec::as_slice).collect::<Vec<_>>()).effect;
        let kept_counts = match is_operation(&path, word) {
            Some(known) => known,
            None => effect(&kept) >= effect(&full),
        };
        return Some(Step {
            name,
            into: Into::Words(if kept_counts { kept } else { full }),
            proxies: kept_counts,
        });
    }
    None
}

/// Whether the CLI has an operation of this name; `None` when the tables cannot tell.
#[cfg(feature = "cli")]
fn is_operation(path: &[&[u8]], word: &[u8]) -> Option<bool> {
    let mut command = path.join(&b' ');
    command.push(b' ');
    command.extend_from_slice(word);
    Some(tables::exists(&command))
}

/// The lean build has no list of names.
#[cfg(not(feature = "cli"))]
fn is_operation(_: &[&[u8]], _: &[u8]) -> Option<bool> {
    None
}

/// The alias's words after its command's name.
fn without_command(inner: &[Vec<u8>], major: u8) -> Vec<Vec<u8>> {
    let words: Vec<&[u8]> = inner.iter().map(Vec::as_slice).collect();
    let at = grammar::main(&words, major).service.map(|(at, _)| at);
    inner.iter().enumerate().filter(|(index, _)| Some(*index) != at).map(|(_, word)| word.clone()).collect()
}

fn owned(words: &[&[u8]]) -> Vec<Vec<u8>> {
    words.iter().map(|word| word.to_vec()).collect()
}

/// Global options, written out.
fn globals(given: &[Given<'_>]) -> Vec<Vec<u8>> {
    given
        .iter()
        .map(|g| {
            let mut word = b"--".to_vec();
            word.extend_from_slice(g.name);
            if let Some((_, value)) = g.values.first() {
                word.push(b'=');
                word.extend_from_slice(value);
            }
            word
        })
        .collect()
}

fn shell_line(line: &str, rest: &[&[u8]]) -> String {
    let mut out = line.to_owned();
    for word in rest {
        let word = String::from_utf8_lossy(word);
        out.push(' ');
        out.push_str(&quote(&word));
    }
    out
}

/// `shlex.quote`
fn quote(word: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"@%+=:,./-_".contains(&b);
    if !word.is_empty() && word.bytes().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\"'\"'"))
}

/// `shlex.split`: `None` when a quotation mark or an escape is left open.
fn split(text: &str) -> Option<Vec<Vec<u8>>> {
    let mut out = Vec::new();
    let mut word: Option<Vec<u8>> = None;
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' => out.extend(word.take()),
            b'\\' => word.get_or_insert_default().push(bytes.next()?),
            b'\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match bytes.next()? {
                        b'\'' => break,
                        byte => word.push(byte),
                    }
                }
            }
            b'"' => {
                let word = word.get_or_insert_default();
                loop {
                    match bytes.next()? {
                        b'"' => break,
                        b'\\' => match bytes.next()? {
                            byte @ (b'"' | b'\\') => word.push(byte),
                            byte => word.extend_from_slice(&[b'\\', byte]),
                        },
                        byte => word.push(byte),
                    }
                }
            }
            byte => word.get_or_insert_default().push(byte),
        }
    }
    out.extend(word);
    Some(out)
}

#[cfg(all(test, feature = "cli"))]
mod tests {
    use super::*;

    const FILE: &str = "\
# comment
[toplevel]
nuke = cloudformation delete-stack --stack-name
S3 = !echo HIJACKED
whoami = !aws sts get-caller-identity \\
    --output text
sts = sts --region ap-south-1
prod = --profile prod ec2
open = ec2 'x
a = b
b = a

[command cloudformation]
rmit = delete-stack --stack-name
describe-stacks = delete-stack
wipe-all = !rm -rf /
list-and-kill = delete-stack --stack-name

[command ec2 wait]
gone = instance-terminated
";

    fn of(line: &str, major: u8) -> String {
        let aliases = Aliases::parse(FILE).unwrap_or_default();
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let out = expand(&aliases, &words, Some(major));
        if let Some(problem) = out.problem {
            return format!("problem: {problem}");
        }
        match out.shell {
            Some(shell) => format!("!{shell}"),
            None => out.words.iter().map(|w| String::from_utf8_lossy(w)).collect::<Vec<_>>().join(" "),
        }
    }

    #[test]
    fn an_alias_may_stand_in_the_place_of_what_guard_itself_asks_with() {
        let aliases = Aliases::parse(&format!("{FILE}\n[DEFAULT]\nlist-exports = !x\n")).unwrap_or_default();
        let shadows = |line: &str| {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            aliases.shadows(&words)
        };
        for line in [
            "sts get-caller-identity",
            "s3 rm",
            "cloudformation describe-stacks --stack-name x",
            "cloudformation list-exports",
            "ec2 wait gone",
        ] {
            assert!(shadows(line), "{line}");
        }
        for line in
            ["iam list-account-aliases", "cloudformation list-stacks", "ec2 describe-instances", "s3api x"]
        {
            assert!(!shadows(line), "{line}");
        }
    }

    #[test]
    fn aliases_are_expanded_as_the_cli_does() {
        for (line, one, two) in [
            ("nuke t1", "cloudformation delete-stack --stack-name t1", ""),
            ("--region r nuke t1", "--region=r cloudformation delete-stack --stack-name t1", ""),
            ("s3 ls", "!echo HIJACKED ls", ""),
            ("s3 ls a\u{a0}b", "!echo HIJACKED ls 'a\u{a0}b'", ""),
            ("sts get-caller-identity", "sts --region ap-south-1 get-caller-identity", ""),
            ("prod describe-instances --profile x", "--profile=x --profile prod ec2 describe-instances", ""),
            (
                "cloudformation rmit t1",
                "cloudformation rmit t1",
                "cloudformation delete-stack --stack-name t1",
            ),
            (
                "cloudformation describe-stacks --stack-name t1",
                "cloudformation describe-stacks --stack-name t1",
                "",
            ),
            ("cloudformation wipe-all x", "cloudformation wipe-all x", "!rm -rf / x"),
            (
                "cloudformation list-and-kill x",
                "cloudformation list-and-kill x",
                "cloudformation delete-stack --stack-name x",
            ),
            (
                "ec2 wait gone --instance-ids i",
                "ec2 wait gone --instance-ids i",
                "ec2 wait instance-terminated --instance-ids i",
            ),
            ("open", "problem: an alias with a quotation mark left open", ""),
            ("a x", "problem: aliases that stand for each other in a circle", ""),
            ("ec2 describe-instances", "ec2 describe-instances", ""),
        ] {
            assert_eq!(of(line, 1), one, "{line} (version 1)");
            assert_eq!(of(line, 2), if two.is_empty() { one } else { two }, "{line} (version 2)");
        }
    }

    #[test]
    fn a_file_the_cli_stops_at_is_an_error() {
        for (text, line) in
            [("x = y", 1), ("[toplevel]\nx", 2), ("[toplevel]\na = b\na = c", 3), ("[a]\n[a]", 2)]
        {
            let error = Aliases::parse(text).err().unwrap_or_default();
            assert!(error.starts_with(&format!("line {line}:")), "{text:?}: {error}");
        }
        assert!(Aliases::parse("").is_ok_and(|a| a.is_empty()));
    }
}
