//! Holds the table of docker's commands and flags against the real CLI, where one of the version is there that the table is made
//! from: every group, every command, every flag, every letter, every arity. Only `--help` is asked, and no daemon.

use guard::engine::docker::tables::{Cli, Group, Kind, Row, flag_in};
use guard::engine::grammar::table::Arity;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// What the table was made from.
const VERSION: &str = "Docker version 28.2.";

/// What the CLI has and does not tell: deprecated, or for other programs (`MarkHidden`, `MarkDeprecated`, `Hidden`).
const HIDDEN: &[(&str, &[&str])] = &[
    ("container run", &["dns-opt", "net", "net-alias"]),
    ("container create", &["dns-opt", "net", "net-alias", "detach", "detach-keys", "sig-proxy"]),
    ("container restart", &["time"]),
    ("container stop", &["time"]),
    ("container update", &["kernel-memory"]),
    ("system dial-stdio", &[]),
];

/// Each by its name: its letter, and whether it takes a value.
type Flags = BTreeMap<String, (u8, bool)>;

fn docker(words: &[&str]) -> Option<String> {
    let mut command = Command::new("docker");
    let command = command.args(words).env("DOCKER_HOST", "unix:///nonexistent").env("COLUMNS", "300");
    let output = command.output().ok()?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// The lines below a heading that ends in this word.
fn below<'t>(text: &'t str, heading: &'t str) -> impl Iterator<Item = &'t str> {
    let mut inside = false;
    text.lines().filter(move |line| {
        if line.ends_with(':') && !line.starts_with(' ') {
            inside = line.trim_end_matches(':').ends_with(heading);
        }
        inside && line.starts_with("  ")
    })
}

/// `-f, --force`, `--signal string`: name, letter, whether it takes a value.
fn flag(line: &str) -> Option<(String, (u8, bool))> {
    // What is said of a flag stands further in.
    if !matches!(line.len() - line.trim_start().len(), 2 | 6) {
        return None;
    }
    let (letter, rest) = match line.trim_start().strip_prefix('-')?.split_once(", --") {
        Some((letter, rest)) if letter.len() == 1 => (letter.as_bytes()[0], rest),
        _ => (0, line.trim_start().strip_prefix("--")?),
    };
    let told = rest.split("   ").next()?;
    let (name, kind) = told.split_once(' ').unwrap_or((told, ""));
    Some((name.to_owned(), (letter, !kind.trim().is_empty())))
}

fn hold(row: &Row, differences: &mut Vec<String>) {
    let path = row.path();
    let hidden = HIDDEN.iter().find(|(known, _)| *known == path).map_or(&[][..], |(_, flags)| flags);
    if path == "system dial-stdio" {
        return;
    }
    let words: Vec<&str> = path.split(' ').chain(["--help"]).collect();
    let text = docker(&words).unwrap_or_default();
    // `run` and `create` tell of the one every command has.
    let told = below(&text, "Options").filter_map(flag).filter(|(name, _)| name != "help");
    let theirs: Flags = told.collect();
    let ours: Flags = row
        .flags()
        .into_iter()
        .map(|(letter, flag)| (flag.name.to_owned(), (letter, flag.arity != Arity::Switch)))
        .filter(|(name, _)| !hidden.contains(&name.as_str()))
        .collect();
    if ours != theirs {
        let only = |a: &Flags, b: &Flags| {
            let only = a.iter().filter(|(name, kind)| b.get(*name) != Some(kind));
            only.map(|(name, kind)| format!("{name} {kind:?}")).collect::<Vec<_>>()
        };
        differences.push(format!(
            "{path}: table {:?}, docker {:?}",
            only(&ours, &theirs),
            only(&theirs, &ours)
        ));
    }
}

fn hold_group(group: Group, differences: &mut Vec<String>) {
    let rows: Vec<Row> = group.commands().collect();
    let level = |parent: &str| {
        let names = rows.iter().filter_map(|row| match (parent, row.name.split_once('/')) {
            ("", None) => Some(row.name.to_owned()),
            (parent, Some((above, name))) if above == parent => Some(name.to_owned()),
            _ => None,
        });
        names.collect::<BTreeSet<_>>()
    };
    let parents = rows.iter().filter_map(|row| Some(row.name.split_once('/')?.0.to_owned()));
    let parents: BTreeSet<String> = parents.chain([String::new()]).collect();
    for parent in &parents {
        let words = [group.name, parent.as_str(), "--help"];
        let text =
            docker(&words.into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>()).unwrap_or_default();
        let named =
            below(&text, "Commands").filter_map(|line| line.split_whitespace().next().map(str::to_owned));
        let theirs: BTreeSet<String> = named.collect();
        // Other names of commands, and what is told nowhere.
        let ours: BTreeSet<String> = level(parent).into_iter().filter(|name| name != "dial-stdio").collect();
        let other: BTreeSet<&String> = theirs.iter().filter(|name| !ours.contains(*name)).collect();
        let unknown =
            other.iter().filter(|name| group.command(Cli::Docker, parent, name.as_bytes()).is_none());
        let unknown: Vec<_> = unknown.collect();
        let gone: Vec<_> = ours.difference(&theirs).collect();
        if !unknown.is_empty() || !gone.is_empty() {
            differences
                .push(format!("{} {parent}: docker has {unknown:?} besides, and not {gone:?}", group.name));
        }
    }
    for row in rows.iter().filter(|row| row.kind != Kind::Group) {
        hold(row, differences);
    }
}

#[test]
fn docker_28() {
    let version = docker(&["--version"]).unwrap_or_default();
    if !version.starts_with(VERSION) {
        eprintln!("SKIPPED: no {VERSION}* is here, but {version:?}");
        return;
    }
    let mut differences = Vec::new();
    let text = docker(&["--help"]).unwrap_or_default();
    let theirs: Flags = below(&text, "Options").filter_map(flag).collect();
    for name in theirs.keys() {
        let known = flag_in(Cli::Docker.globals(), name.as_bytes());
        if known.is_none() {
            differences.push(format!("--{name} is not among the globals"));
        }
    }
    for line in below(&text, "Commands") {
        let Some(name) = line.split_whitespace().next() else { continue };
        // Plugins have a star.
        let plugin = name.ends_with('*');
        let top = Cli::Docker.top().command(Cli::Docker, "", name.as_bytes());
        if !plugin && top.is_none() && Cli::Docker.group(name.as_bytes()).is_none() {
            differences.push(format!("{name} is not in the table"));
        }
    }
    let groups = Cli::Docker.groups().iter().filter(|name| !matches!(**name, "buildx" | "compose"));
    for group in groups.filter_map(|name| Cli::Docker.group(name.as_bytes())) {
        hold_group(group, &mut differences);
    }
    for row in Cli::Docker.top().commands() {
        hold(&row, &mut differences);
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
