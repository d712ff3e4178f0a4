//! kubectl's preferences file (kuberc): aliases and defaults, expanded as kubectl itself does
//! (`staging/src/k8s.io/kubectl/pkg/kuberc/kuberc.go`). Reading the file is the resolver's work.

use super::parse::{Parsed, parse};
use super::table::{Command, Role, Tool};
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
    /// The words after argv[0].
    pub words: Vec<Cow<'a, [u8]>>,
    /// The alias that was replaced.
    pub alias: Option<String>,
    /// Defaults that took effect, as `--flag=value`.
    pub defaults: Vec<String>,
}

/// Expands aliases, or applies defaults where no alias was used; the words come back as they are when neither fits.
pub fn expand<'a>(tool: &'static Tool, kuberc: &Kuberc, words: &'a [&'a [u8]]) -> Expanded<'a> {
    let parsed = parse(tool, words);
    match parsed.command {
        None => expand_alias(tool, kuberc, words),
        Some(command) => apply_defaults(tool, kuberc, &parsed, command),
    }
}

fn unchanged<'a>(words: &[&'a [u8]]) -> Expanded<'a> {
    Expanded { words: words.iter().map(|w| Cow::Borrowed(*w)).collect(), alias: None, defaults: Vec::new() }
}

fn expand_alias<'a>(tool: &'static Tool, kuberc: &Kuberc, words: &'a [&'a [u8]]) -> Expanded<'a> {
    let _ = tool;
    // The alias is the first word that does not start with a dash, wherever a flag's value may stand.
    let Some(at) = words.iter().position(|word| !word.starts_with(b"-")) else { return unchanged(words) };
    let name = words.get(at).copied().unwrap_or(&[]);
    let Some(alias) = kuberc.aliases.iter().find(|a| a.name.as_bytes() == name) else {
        return unchanged(words);
    };
    let mut out: Vec<Cow<'a, [u8]>> = Vec::with_capacity(words.len() + 8);
    out.extend(words.iter().take(at).map(|w| Cow::Borrowed(*w)));
    let own = |text: &str| Cow::Owned(text.as_bytes().to_vec());
    out.extend(alias.command.split_whitespace().map(own));
    out.extend(alias.prepend_args.iter().map(|a| own(a)));
    out.extend(words.iter().skip(at + 1).map(|w| Cow::Borrowed(*w)));
    let mut defaults = Vec::new();
    for option in &alias.options {
        if !was_given(words, &option.name, 0) {
            defaults.push(format!("--{}={}", option.name, option.value));
        }
    }
    // Before a `--` among the words, so that they stay flags.
    let end = out.iter().position(|w| w.as_ref() == b"--").unwrap_or(out.len());
    for (nth, text) in defaults.iter().enumerate() {
        out.insert(end + nth, own(text));
    }
    out.extend(alias.append_args.iter().map(|a| own(a)));
    Expanded { words: out, alias: Some(alias.name.clone()), defaults }
}

fn apply_defaults<'a>(
    tool: &'static Tool,
    kuberc: &Kuberc,
    parsed: &Parsed<'a>,
    command: &'static Command,
) -> Expanded<'a> {
    let words = parsed.words;
    let mut out = unchanged(words);
    // kubectl compares the last word of the command only.
    let mine = kuberc.defaults.iter().filter(|d| d.command.split_whitespace().last() == Some(command.name()));
    for option in mine.flat_map(|d| &d.options) {
        let name = option.name.as_bytes();
        let flag = tool.own_flag(command, name).or_else(|| tool.global_flag(name));
        let Some(flag) = flag.filter(|f| f.role != Role::Help) else { continue };
        if !was_given(words, flag.long, flag.short) {
            out.defaults.push(format!("--{}={}", option.name, option.value));
        }
    }
    let end = words.iter().position(|w| *w == b"--").unwrap_or(words.len());
    for (nth, text) in out.defaults.iter().enumerate() {
        out.words.insert(end + nth, Cow::Owned(text.as_bytes().to_vec()));
    }
    out
}

/// kubectl's `searchInArgs`: looks at every raw word, past `--` too.
fn was_given(words: &[&[u8]], long: &str, short: u8) -> bool {
    words.iter().any(|word| {
        let long_form = word.strip_prefix(b"--").is_some_and(|rest| {
            rest.strip_prefix(long.as_bytes()).is_some_and(|tail| tail.is_empty() || tail.starts_with(b"="))
        });
        long_form || (short != 0 && matches!(word, [b'-', letter, ..] if *letter == short))
    })
}
