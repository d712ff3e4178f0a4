//! Which daemon a command goes to, found as the tool itself finds it. docker/cli v28.2.2, `resolveContextName` and
//! `resolveDockerEndpoint` in `cli/command/cli.go`; podman(1).

mod config;

use crate::engine::docker::tables::Cli;
use crate::engine::docker::words::{Level, Words};
use crate::engine::fact::{Known, Source, Sourced, Why};
use crate::engine::machine::HostTarget;
use crate::fail::{Fail, Kind, Result};
use crate::family::machine::resolve::{self, ResolvedHost};
use crate::world::World;

/// The daemon's address where nothing says another one.
const DEFAULT: &str = "unix:///var/run/docker.sock";
/// podman without an address.
const HERE: &str = "this machine";
/// A connection of podman whose address is not known here.
const CONNECTION: &str = "connection ";
/// The name of the context that is none: the address is the one of `DOCKER_HOST`, or the default.
const NO_CONTEXT: &str = "default";

/// A daemon, and the machine it runs on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Daemon {
    /// Where it listens: `unix:///var/run/docker.sock`, `tcp://db1:2376`, `ssh://root@db1`.
    pub endpoint: Sourced<String>,
    /// The context that says so.
    pub context: Option<Sourced<String>>,
    /// The machine.
    pub host: ResolvedHost,
}

impl Daemon {
    /// Whether a later look found the same one.
    pub fn is_still(&self, later: &Daemon) -> bool {
        self.endpoint == later.endpoint && self.context == later.context && self.host.is_still(&later.host)
    }

    /// The daemon in a few words, for a message.
    pub fn told(&self) -> String {
        format!("{} ({})", self.host.told(), self.endpoint.value)
    }
}

/// What says where a command goes.
struct Led {
    endpoint: Sourced<String>,
    context: Option<Sourced<String>>,
    notes: Vec<String>,
}

/// Finds the daemon that the words go to.
///
/// # Errors
/// Two flags speak against each other, the context is not there, or its files cannot be read: the tool refuses that, too.
pub fn daemon(world: &World, cli: Cli, words: &[&[u8]]) -> Result<Daemon> {
    let words = Words::read(cli, words, false);
    let led = match cli {
        Cli::Docker | Cli::Compose => of_docker(world, &words)?,
        Cli::Podman => of_podman(world, &words),
    };
    let mut host = machine(world, &led.endpoint)?;
    host.target.notes.extend(led.notes);
    Ok(Daemon { endpoint: led.endpoint, context: led.context, host })
}

/// The last value of a flag that stands before the command.
fn flag(words: &Words<'_>, name: &'static str) -> Option<Sourced<String>> {
    let given = words.given.iter().rev().find(|given| {
        matches!(given.level, Level::Tool | Level::Compose)
            && given.flag.is_some_and(|flag| flag.name == name)
    })?;
    Some(Sourced::new(String::from_utf8_lossy(given.value).into_owned(), Source::Flag(name.to_owned())))
}

/// A variable that is not empty.
fn variable(world: &World, name: &str) -> Option<Sourced<String>> {
    let value = world.set_var(name)?.to_string_lossy().into_owned();
    Some(Sourced::new(value, Source::Env(name.to_owned())))
}

fn of_docker(world: &World, words: &Words<'_>) -> Result<Led> {
    let host = flag(words, "host");
    let context = flag(words, "context");
    if host.is_some() && context.is_some() {
        return Err(Fail::new(Kind::Unavailable, "the daemon this command would go to is not clear")
            .because("--host and --context are both given, which docker refuses")
            .help("leave one of them out"));
    }
    let by_variable = variable(world, "DOCKER_HOST");
    let dir = config::directory(world, flag(words, "config"));
    let mut notes = Vec::new();
    let context = match (&host, context, &by_variable) {
        (Some(_), ..) => None,
        (None, Some(context), _) => Some(context),
        (None, None, Some(_)) => {
            notes.extend(ignored(world, &dir));
            None
        }
        (None, None, None) => match variable(world, "DOCKER_CONTEXT") {
            Some(context) => Some(context),
            None => config::current_context(&dir)?,
        },
    };
    let context = context.filter(|context| context.value != NO_CONTEXT && !context.value.is_empty());
    let endpoint = match &context {
        Some(context) => config::endpoint(&dir, context)?,
        None => host.or(by_variable).unwrap_or_else(|| Sourced::new(DEFAULT.to_owned(), Source::Default)),
    };
    Ok(Led { endpoint, context, notes })
}

/// The context that `DOCKER_HOST` beats, the other way round than docker's own manual says.
fn ignored(world: &World, dir: &config::Dir) -> Option<String> {
    let context = match variable(world, "DOCKER_CONTEXT") {
        Some(context) => context,
        None => config::current_context(dir).ok().flatten()?,
    };
    let named = context.value != NO_CONTEXT;
    named.then(|| format!("context {} ({}) is not used: $DOCKER_HOST beats it", context.value, context.from))
}

/// podman works on this machine unless something says otherwise (podman(1), `--remote`); where a connection leads its own files say,
/// since podman 5.
fn of_podman(world: &World, words: &Words<'_>) -> Led {
    let url = flag(words, "url").or_else(|| flag(words, "host"));
    let connection = flag(words, "connection");
    let led = |endpoint, context| Led { endpoint, context, notes: Vec::new() };
    if let Some(url) = url {
        return led(url, None);
    }
    let named = |name: Sourced<String>| match config::connection(world, Some(&name)) {
        Some((_, uri)) => led(uri, Some(name)),
        None => led(Sourced::new(format!("{CONNECTION}{}", name.value), name.from.clone()), Some(name)),
    };
    if let Some(name) = connection {
        return named(name);
    }
    if let Some(url) = variable(world, "CONTAINER_HOST") {
        return led(url, None);
    }
    if let Some(name) = variable(world, "CONTAINER_CONNECTION") {
        return named(name);
    }
    let by_flag =
        flag(words, "remote").filter(|given| !matches!(given.value.as_str(), "false" | "0" | "f" | "F"));
    if let Some(from) = by_flag.map(|given| given.from).or_else(|| config::is_remote(world)) {
        return match config::connection(world, None) {
            Some((name, uri)) => {
                let from = uri.from.clone();
                led(uri, Some(Sourced::new(name, from)))
            }
            None => led(Sourced::new(format!("{CONNECTION}by default"), from), None),
        };
    }
    led(Sourced::new(HERE.to_owned(), Source::Default), None)
}

/// The machine behind an address: this one behind a socket, else the host that it names.
fn machine(world: &World, endpoint: &Sourced<String>) -> Result<ResolvedHost> {
    let own = resolve::host(world, b"", &[])?;
    let name = if endpoint.value.starts_with(CONNECTION) {
        // What somebody calls a connection is no name of a machine.
        Known::Unknown(Why::Failed("podman's own files say where its connection leads".to_owned()))
    } else {
        let Some(name) = other_machine(&endpoint.value) else { return Ok(own) };
        Known::Known(Sourced::new(name, endpoint.from.clone()))
    };
    let target = HostTarget {
        name,
        remote: Some(endpoint.clone()),
        origin: own.target.origin.clone(),
        ..HostTarget::default()
    };
    Ok(ResolvedHost { target, ..own })
}

/// The host that an address names; `None` for this machine's own sockets.
fn other_machine(endpoint: &str) -> Option<String> {
    let (scheme, rest) = endpoint.split_once("://").unwrap_or(("tcp", endpoint));
    if matches!(scheme, "unix" | "npipe" | "fd") || endpoint == HERE {
        return None;
    }
    let authority = rest.split(['/', '?']).next().unwrap_or(rest);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((v6, _)) => v6,
        None => host.split(':').next().unwrap_or(host),
    };
    // `tcp://:2375` is this machine's own port.
    Some(if host.is_empty() { "localhost".to_owned() } else { host.to_owned() })
}

#[cfg(test)]
mod tests;
