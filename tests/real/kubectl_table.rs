//! Holds the table of commands and flags against real kubectls: every command, every flag, every letter, every arity.

use crate::support::kubectls;
use guard::engine::grammar::table::{Arity, Command, Flag};
use guard::engine::kube::kubectl::TABLE;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

#[test]
fn kubectl_1_24() {
    hold("1.24");
}

#[test]
fn kubectl_1_31() {
    hold("1.31");
}

#[test]
fn kubectl_1_34() {
    hold("1.34");
}

#[test]
fn kubectl_1_37() {
    hold("1.37");
}

/// Another minor version, named in `GUARD_TEST_MINOR`.
#[test]
fn kubectl_of_your_choice() {
    if let Ok(minor) = std::env::var("GUARD_TEST_MINOR") {
        hold(&minor);
    }
}

fn hold(minor: &str) {
    let Some(kubectl) = kubectls::kubectl(minor) else { return };
    let number: u8 = minor.rsplit('.').next().and_then(|n| n.parse().ok()).expect("1.N");
    let mut differences = Vec::new();
    let here = |since: u8, until: u8| since <= number && number <= until;
    let commands: Vec<&Command> =
        TABLE.commands.iter().filter(|c| here(c.since, c.until) && !c.path.starts_with("__")).collect();
    let mut all: Vec<Option<&Command>> = commands.iter().copied().map(Some).collect();
    all.push(None);
    for command in all {
        let seen = Seen::of(&kubectl, command);
        let path = command.map_or("kubectl", |c| c.path);
        let mut differs = |what: String| differences.push(format!("{minor} {path}: {what}"));

        let ours: BTreeSet<String> = commands
            .iter()
            .filter(|c| is_below(c, command) && !HIDDEN.contains(&c.path))
            .map(|c| c.name().to_owned())
            .collect();
        let theirs: BTreeSet<String> =
            seen.children.iter().filter(|c| !HIDDEN.contains(&c.as_str())).cloned().collect();
        if ours != theirs {
            differs(format!("commands below: table {ours:?}, kubectl {theirs:?}"));
        }

        // A command's own flag hides the global one of the same name.
        let own = command.into_iter().flat_map(|c| c.flags).map(|i| &TABLE.pool[usize::from(*i)]);
        let flags = TABLE.globals.iter().chain(own).filter(|f| here(f.since, f.until));
        let table: BTreeMap<&str, &Flag> = flags.map(|f| (f.long, f)).collect();
        for (long, short) in &seen.flags {
            match table.get(long.as_str()) {
                None => differs(format!("--{long} is not in the table")),
                Some(_) if short.is_none() && is_later_letter(number, path, long) => {}
                // 1.24 completes the letter of the global flag that a command's own one hides.
                Some(_) if TABLE.global_flag(long.as_bytes()).is_some_and(|g| Some(g.short) == *short) => {}
                Some(f) if f.short != short.unwrap_or(0) => {
                    differs(format!("--{long} has the letter {short:?}"))
                }
                Some(_) => {}
            }
        }
        for (long, is_bool) in &seen.booleans {
            let flag = table.get(long.as_str());
            let impossible = if *is_bool { Arity::Value } else { Arity::Switch };
            if flag.is_some_and(|f| f.arity == impossible) {
                differs(format!("--{long} is a boolean: {is_bool}"));
            }
        }
        if let Some(command) = command {
            differences.extend(arities(&kubectl, minor, command, &table, &seen));
        }
    }
    assert!(differences.is_empty(), "{} differences:\n{}", differences.len(), differences.join("\n"));
}

/// Commands that completion does not list.
const HIDDEN: &[&str] = &["alpha", "options", "help"];

/// Letters that came after their flag: the table has them from the start, which no older kubectl would accept.
const LATER_LETTERS: &[(&str, &str, u8)] =
    &[("config set-context", "namespace", 35), ("explain", "output", 32), ("explain", "recursive", 36)];

fn is_later_letter(minor: u8, path: &str, long: &str) -> bool {
    LATER_LETTERS.iter().any(|(p, l, since)| *p == path && *l == long && minor < *since)
}

/// In 1.24 `--validate` took the next word; the table says what every later one does.
fn is_other_arity(minor: &str, long: &str) -> bool {
    minor == "1.24" && long == "validate"
}

fn is_below(command: &Command, parent: Option<&Command>) -> bool {
    match (command.path.rsplit_once(' '), parent) {
        (Some((prefix, _)), Some(parent)) => prefix == parent.path,
        (None, None) => true,
        _ => false,
    }
}

/// What a kubectl says of one of its commands.
struct Seen {
    children: BTreeSet<String>,
    flags: Vec<(String, Option<u8>)>,
    booleans: Vec<(String, bool)>,
}

impl Seen {
    fn of(kubectl: &PathBuf, command: Option<&Command>) -> Seen {
        let path: Vec<&str> = command.map_or(Vec::new(), |c| c.path.split(' ').collect());
        let complete = |last: &str| {
            let words: Vec<&str> =
                ["__complete"].into_iter().chain(path.iter().copied()).chain([last]).collect();
            String::from_utf8(kubectls::run(kubectl, &words, &[]).stdout).expect("UTF-8")
        };
        let mut flags: Vec<(String, Option<u8>)> = Vec::new();
        for line in complete("-").lines() {
            let name = line.split('\t').next().unwrap_or(line);
            if let Some(long) = name.strip_prefix("--") {
                flags.push((long.to_owned(), None));
            } else if let ([b'-', letter], Some(last)) = (name.as_bytes(), flags.last_mut()) {
                // Completion names the letter right after its long form.
                last.1 = Some(*letter);
            }
        }
        let listed = complete("");
        // Commands come with a description; resources, contexts and shells do not.
        let children = listed
            .lines()
            .filter(|l| !l.starts_with('-'))
            .filter_map(|l| l.split_once('\t'))
            .map(|(name, _)| name.to_owned());
        let children = match command.map(|c| c.path) {
            // Their arguments carry descriptions as well.
            Some("completion" | "help") => BTreeSet::new(),
            _ => children.collect(),
        };
        let help: Vec<&str> = path.iter().copied().chain(["--help"]).collect();
        let help = String::from_utf8(kubectls::run(kubectl, &help, &[]).stdout).expect("UTF-8");
        let booleans = help.lines().filter_map(boolean).collect();
        Seen { children, flags, booleans }
    }
}

/// `    -A, --all=false:` in the help of a command: the flag, and whether its default is a boolean. (Before 1.26 the
/// help is cut off where its output is no terminal; completion and the probes below do not depend on it.)
fn boolean(line: &str) -> Option<(String, bool)> {
    let (_, flag) = line.strip_prefix("    ")?.split_once("--")?;
    let (long, default) = flag.strip_suffix(':')?.split_once('=')?;
    long.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-').then_some(())?;
    Some((long.to_owned(), matches!(default, "true" | "false")))
}

/// Finds out by trying which flags take the next word. Nothing is carried out: the last flag is always unknown.
fn arities(
    kubectl: &PathBuf,
    minor: &str,
    command: &Command,
    table: &BTreeMap<&str, &Flag>,
    seen: &Seen,
) -> Vec<String> {
    let mut differences = Vec::new();
    // kubectl opens the kuberc file before it reads any flag, so that it cannot be tried this way.
    let own = |f: &&&Flag| {
        f.long != "kuberc" && command.flags.iter().any(|i| TABLE.pool[usize::from(*i)].long == f.long)
    };
    let mut rest: Vec<&Flag> =
        table.values().filter(|f| f.arity == Arity::Value).filter(own).copied().collect();
    // Each flag that takes a word takes the unknown flag behind it; pflag may dislike that as a value, which shows the
    // same thing.
    while !rest.is_empty() {
        let mut words: Vec<String> = command.path.split(' ').map(str::to_owned).collect();
        for (nth, flag) in rest.iter().enumerate() {
            words.extend([format!("--{}", flag.long), format!("--zzz{nth}")]);
        }
        words.push("--yyy".to_owned());
        let stderr = stderr_of(kubectl, &words);
        let after = |text: &str| stderr.split(text).nth(1).map(str::to_owned);
        let nth = |t: String| {
            t.bytes().take_while(u8::is_ascii_digit).fold(0, |n, b| n * 10 + usize::from(b - b'0'))
        };
        if let Some(at) = after("invalid argument \"--zzz").map(nth) {
            rest.drain(..=at.min(rest.len() - 1));
        } else if let Some(at) = after("unknown flag: --zzz").map(nth) {
            let at = at.min(rest.len() - 1);
            differences
                .push(format!("{minor} {}: --{} does not take the next word", command.path, rest[at].long));
            rest.drain(..=at);
        } else if stderr.contains("unknown flag: --yyy") {
            break;
        } else if let Some(name) = after("unknown flag: --") {
            let name = name.lines().next().unwrap_or_default();
            differences.push(format!("{minor} {}: --{name} is in the table, not in kubectl", command.path));
            rest.retain(|f| f.long != name);
        } else {
            differences.push(format!("{minor} {}: unforeseen answer {stderr:?}", command.path));
            break;
        }
    }
    // Flags with an optional value and those completion hides: one try each.
    let listed = |f: &&&Flag| seen.flags.iter().any(|(long, _)| long == f.long);
    let single = table.values().filter(own).filter(|f| f.arity != Arity::Value);
    for flag in single.filter(|f| matches!(f.arity, Arity::Optional(_)) || !listed(f)) {
        if is_other_arity(minor, flag.long) {
            continue;
        }
        let mut words: Vec<String> = command.path.split(' ').map(str::to_owned).collect();
        words.extend([format!("--{}", flag.long), "--zzz".to_owned(), "--yyy".to_owned()]);
        let stderr = stderr_of(kubectl, &words);
        if !stderr.contains("unknown flag: --zzz") {
            differences.push(format!("{minor} {}: --{}: {stderr:?}", command.path, flag.long));
        }
    }
    differences
}

fn stderr_of(kubectl: &PathBuf, words: &[String]) -> String {
    String::from_utf8(kubectls::run(kubectl, words, &[]).stderr).expect("UTF-8")
}
