//! kubectl's preferences file (kuberc): aliases and defaults, expanded as kubectl itself does
//! (`staging/src/k8s.io/kubectl/pkg/kuberc/kuberc.go`). Reading the file is the resolver's work.

use crate::engine::grammar::cobra::{Problem, parse};
use crate::engine::grammar::table::{Command, Role, Table};
use std::borrow::Cow;

/// What a kuberc file says, of either API version (`v1alpha1` calls defaults `overrides` and options `flags`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kuberc {
    /// New words for commands.
    pub aliases: Vec<Alias>,
    /// Flag values used when the command line gives none.
    pub defaults: Vec<Defaults>,
    /// Which credential plugins may run.
    pub policy: CredentialPolicy,
}

/// A new word for a command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Alias {
    /// The word.
    pub name: String,
    /// The command it stands for: `delete`, `set image`.
    pub command: String,
    /// Words put right after the command.
    pub prepend_args: Vec<String>,
    /// Words put at the end.
    pub append_args: Vec<String>,
    /// Flags used unless given, by long name.
    pub options: Vec<Opt>,
}

/// Flag values for one command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Defaults {
    /// The command as the file names it.
    pub command: String,
    /// Flags used unless given, by long name.
    pub options: Vec<Opt>,
}

/// A flag and its value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Opt {
    /// Long name without dashes.
    pub name: String,
    /// The value, as it would stand after `=`.
    pub value: String,
}

/// The credential plugin policy (kubectl 1.35 and newer).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum CredentialPolicy {
    /// Every plugin may run.
    #[default]
    AllowAll,
    /// None may.
    DenyAll,
    /// Only these commands may.
    Allowlist(Vec<String>),
}

/// The words kubectl really carries out, with what changed them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expanded<'a> {
    /// The words after `argv[0]`.
    pub words: Vec<Cow<'a, [u8]>>,
    /// The alias that was replaced.
    pub alias: Option<String>,
    /// Defaults that took effect, as `--flag=value`.
    pub defaults: Vec<String>,
}

/// Expands aliases, or applies defaults where no alias was used; the words come back as they are when neither fits.
///
/// Flags from the file are put in front in the form `--flag=value`: kubectl sets them before it reads the words, so that
/// everything typed comes later and wins.
pub fn expand<'a>(tool: &'static Table, kuberc: &Kuberc, words: &'a [&'a [u8]]) -> Expanded<'a> {
    let parsed = parse(tool, words);
    match (parsed.command, &parsed.problem) {
        (None, Some(Problem::UnknownCommand(_))) => expand_alias(tool, kuberc, words),
        (None, _) => Expanded::unchanged(words),
        (Some(command), _) => apply_defaults(tool, kuberc, words, command),
    }
}

impl<'a> Expanded<'a> {
    fn unchanged(words: &[&'a [u8]]) -> Expanded<'a> {
        Expanded {
            words: words.iter().map(|w| Cow::Borrowed(*w)).collect(),
            alias: None,
            defaults: Vec::new(),
        }
    }

    /// Whether the file changed anything.
    pub fn is_changed(&self) -> bool {
        self.alias.is_some() || !self.defaults.is_empty()
    }

    /// Puts the flags of the file in front.
    fn put_defaults(&mut self) {
        let flags = self.defaults.iter().map(|text| Cow::Owned(text.as_bytes().to_vec()));
        self.words.splice(0..0, flags);
    }
}

fn expand_alias<'a>(tool: &'static Table, kuberc: &Kuberc, words: &'a [&'a [u8]]) -> Expanded<'a> {
    let mut out = Expanded::unchanged(words);
    // The alias is the first word that does not start with a dash, be it a flag's value or not.
    let is_name = |word: &&[u8]| !word.starts_with(b"-") && !word.starts_with(b"__complete");
    let Some(at) = words.iter().position(is_name) else { return out };
    let name = words.get(at).copied().unwrap_or(&[]);
    let Some(alias) = kuberc.aliases.iter().find(|a| a.name.as_bytes() == name) else { return out };
    if tool.child(None, name).is_some() {
        return out;
    }
    let Some(command) = command_of(tool, &alias.command) else { return out };
    let owned = |text: &str| Cow::Owned(text.as_bytes().to_vec());
    let replacement = command.path.split(' ').map(owned).chain(alias.prepend_args.iter().map(|a| owned(a)));
    out.words.splice(at..=at, replacement);
    out.words.extend(alias.append_args.iter().map(|a| owned(a)));
    out.alias = Some(alias.name.clone());
    out.defaults = flags_not_given(tool, command, &alias.options, words);
    // The flags are set on the alias itself: a subcommand typed behind an alias for a group sees the global ones only.
    let borrowed: Vec<&[u8]> = out.words.iter().map(AsRef::as_ref).collect();
    if parse(tool, &borrowed).path() != command.path {
        let is_global = |text: &String| {
            let name = text.strip_prefix("--").and_then(|t| t.split('=').next()).unwrap_or_default();
            tool.own_flag(command, name.as_bytes()).is_none()
        };
        out.defaults.retain(is_global);
    }
    out.put_defaults();
    out
}

fn apply_defaults<'a>(
    tool: &'static Table,
    kuberc: &Kuberc,
    words: &'a [&'a [u8]],
    command: &'static Command,
) -> Expanded<'a> {
    let mut out = Expanded::unchanged(words);
    for defaults in &kuberc.defaults {
        // kubectl compares the last word of the two commands only: `config view` also means `kuberc view`.
        if command_of(tool, &defaults.command).is_some_and(|c| c.name() == command.name()) {
            out.defaults.extend(flags_not_given(tool, command, &defaults.options, words));
        }
    }
    out.put_defaults();
    out
}

/// The command a file names, found as kubectl finds one.
fn command_of(tool: &'static Table, text: &str) -> Option<&'static Command> {
    let words: Vec<&[u8]> = text.split_whitespace().map(str::as_bytes).collect();
    parse(tool, &words).command
}

fn flags_not_given(tool: &'static Table, command: &Command, options: &[Opt], words: &[&[u8]]) -> Vec<String> {
    let mut flags = Vec::new();
    for option in options {
        let name = option.name.as_bytes();
        let flag = tool.own_flag(command, name).or_else(|| tool.global_flag(name));
        // A flag the command does not have ends kubectl with an error; `--help` is not there yet at that point.
        if flag.is_some_and(|f| f.role != Role::Help && !was_given(words, f.long, f.short)) {
            flags.push(format!("--{}={}", option.name, option.value));
        }
    }
    flags
}

/// kubectl's `searchInArgs`: looks at every raw word, past `--` too, and takes any cluster of letters that holds the
/// flag's letter for the flag (`-oyaml` counts as `-l` given).
fn was_given(words: &[&[u8]], long: &str, short: u8) -> bool {
    words.iter().any(|word| {
        let long_form = word.strip_prefix(b"--").and_then(|rest| rest.strip_prefix(long.as_bytes()));
        if long_form.is_some_and(|tail| tail.is_empty() || tail.starts_with(b"=")) {
            return true;
        }
        match word {
            _ if short == 0 => false,
            [b'-', letter, ..] if *letter == short => true,
            [b'-', letters @ ..] => letters.iter().all(u8::is_ascii_alphabetic) && letters.contains(&short),
            _ => false,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::kube::kubectl::TABLE;

    fn opt(name: &str, value: &str) -> Opt {
        Opt { name: name.into(), value: value.into() }
    }

    fn kuberc() -> Kuberc {
        let alias = |name: &str, command: &str, prepend: &[&str], append: &[&str], options: Vec<Opt>| Alias {
            name: name.into(),
            command: command.into(),
            prepend_args: prepend.iter().map(|s| (*s).into()).collect(),
            append_args: append.iter().map(|s| (*s).into()).collect(),
            options,
        };
        Kuberc {
            aliases: vec![
                alias("bye", "delete", &["namespace"], &[], vec![opt("wait", "false")]),
                alias("roll", "rollout restart", &[], &["deploy/web"], vec![opt("namespace", "b")]),
                alias("get", "delete", &[], &[], vec![]),
                alias("mk", "create", &[], &[], vec![opt("dry-run", "client"), opt("namespace", "c")]),
            ],
            defaults: vec![
                Defaults {
                    command: "delete".into(),
                    options: vec![opt("namespace", "b"), opt("bogus", "1")],
                },
                Defaults { command: "config view".into(), options: vec![opt("output", "json")] },
            ],
            policy: CredentialPolicy::AllowAll,
        }
    }

    #[test]
    fn rows() {
        for (line, want) in [
            ("bye x", "--wait=false delete namespace x"),
            ("--kuberc=F bye x", "--wait=false --kuberc=F delete namespace x"),
            ("--kuberc F bye x", "--kuberc F bye x"),
            ("-n a bye x", "-n a bye x"),
            ("bye x --wait", "delete namespace x --wait"),
            ("roll", "--namespace=b rollout restart deploy/web"),
            ("roll -n c", "rollout restart -n c deploy/web"),
            ("get pods", "get pods"),
            ("delete cm x", "--namespace=b delete cm x"),
            ("delete cm x -nq", "delete cm x -nq"),
            ("delete cm -- -n", "delete cm -- -n"),
            ("kuberc view", "--output=json kuberc view"),
            ("other x", "other x"),
            ("mk -f x", "--dry-run=client --namespace=c create -f x"),
            ("mk cm x", "--namespace=c create cm x"),
        ] {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            let kuberc = kuberc();
            let out = expand(&TABLE, &kuberc, &words);
            let text = out.words.iter().map(|w| String::from_utf8_lossy(w)).collect::<Vec<_>>().join(" ");
            assert_eq!(text, want, "{line}");
        }
    }
}
