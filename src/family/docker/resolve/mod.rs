//! Which daemon a command goes to, found as the tool itself finds it. docker/cli v28.2.2, `resolveContextName` and
//! `resolveDockerEndpoint` in `cli/command/cli.go`; podman(1).

mod config;
mod endpoint;

pub use endpoint::{Endpoint, Tls};

use crate::engine::docker::tables::Cli;
use crate::engine::docker::words::{Level, Words};
use crate::engine::fact::{Known, Source, Sourced, Why};
use crate::engine::machine::HostTarget;
use crate::fail::{Fail, Kind, Result};
use crate::family::machine::resolve::{self, ResolvedHost, read};
use crate::run::child;
use crate::world::World;
use std::path::Path;
use std::time::Duration;

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
    /// How it is reached.
    pub way: Endpoint,
    /// The machine.
    pub host: ResolvedHost,
    /// The same address as it was given: it may hold a password, and is never shown.
    pub address: String,
    /// What a person should know about how it was found.
    pub notes: Vec<String>,
}

impl Daemon {
    /// Whether a later look found the same one.
    pub fn is_still(&self, later: &Daemon) -> bool {
        self.endpoint == later.endpoint
            && self.context == later.context
            && self.way == later.way
            && self.host.is_still(&later.host)
    }

    /// The daemon in a few words, for a message.
    pub fn told(&self) -> String {
        format!("{} ({})", self.host.told(), self.endpoint.value)
    }
}

/// Whether a program that is called docker is podman: a link to it, or the script of the package podman-docker.
pub fn is_podman(tool: &Path) -> bool {
    let real = std::fs::canonicalize(tool).unwrap_or_else(|_| tool.to_owned());
    let named = real.file_name().is_some_and(|name| name == "podman" || name == "podman-remote");
    let script = || {
        const SCRIPT: u64 = 4096;
        let text = read::file(&real, SCRIPT).ok().flatten();
        text.is_some_and(|text| {
            let text = String::from_utf8_lossy(&text.bytes);
            text.starts_with("#!")
                && text.lines().any(|line| line.trim_start().starts_with("exec ") && line.contains("podman"))
        })
    };
    named || script()
}

/// What says where a command goes.
struct Led {
    endpoint: Sourced<String>,
    context: Option<Sourced<String>>,
    tls: Option<Tls>,
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
    let address = led.endpoint.value.clone();
    let endpoint = Sourced::new(endpoint::shown(&address), led.endpoint.from.clone());
    let mut host = machine(world, &endpoint)?;
    host.target.notes.extend(led.notes.iter().cloned());
    let way = match led.endpoint.value.as_str() {
        HERE => podman_socket(world),
        connection if connection.starts_with(CONNECTION) => {
            Endpoint::Other("only podman's own files say where it leads")
        }
        address if cli == Cli::Podman && address.starts_with("ssh://") => {
            Endpoint::Other("podman over ssh is not asked")
        }
        address => endpoint::parse(address, led.tls, world),
    };
    Ok(Daemon { endpoint, context: led.context, way, host, address, notes: led.notes })
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
    let (endpoint, tls) = match &context {
        Some(context) => config::endpoint(&dir, context)?,
        None => {
            let default = || Sourced::new(DEFAULT.to_owned(), Source::Default);
            (host.or(by_variable).unwrap_or_else(default), tls(world, words, &dir))
        }
    };
    Ok(Led { endpoint, context, tls, notes })
}

/// How a connection is secured that no context describes (docker/cli `cli/flags/options.go`): `--tlsverify`, `DOCKER_TLS_VERIFY`; the
/// files of `DOCKER_CERT_PATH`, else of docker's own directory, unless flags name them.
fn tls(world: &World, words: &Words<'_>, dir: &config::Dir) -> Option<Tls> {
    let on = |name| flag(words, name).map(|given| !matches!(given.value.as_str(), "false" | "0" | "f" | "F"));
    let verified = on("tlsverify").unwrap_or_else(|| world.set_var("DOCKER_TLS_VERIFY").is_some());
    if !verified {
        let named = ["tlscacert", "tlscert", "tlskey"].into_iter().any(|name| flag(words, name).is_some());
        let secured = on("tls").unwrap_or_else(|| world.set_var("DOCKER_TLS").is_some()) || named;
        return secured.then_some(Tls::Unverified);
    }
    let certs = world.set_var("DOCKER_CERT_PATH").map_or_else(|| dir.path().to_owned(), |dir| world.at(dir));
    let file =
        |name, own: &str| flag(words, name).map_or_else(|| certs.join(own), |given| world.at(given.value));
    Some(Tls::Verified {
        ca: file("tlscacert", "ca.pem"),
        cert: file("tlscert", "cert.pem"),
        key: file("tlskey", "key.pem"),
    })
}

/// podman has no daemon; where its service runs for this user, that sees the same containers (podman-system-service(1)).
fn podman_socket(world: &World) -> Endpoint {
    let own = world.set_var("XDG_RUNTIME_DIR").map(|dir| world.at(dir).join("podman/podman.sock"));
    let root = rustix::process::geteuid().is_root().then(|| world.absolute("/run/podman/podman.sock"));
    match root.or(own).filter(|path| path.exists()) {
        Some(path) => Endpoint::Unix(path),
        None => Endpoint::Other("podman's service does not run (podman.socket)"),
    }
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
    let led = |endpoint, context| Led { endpoint, context, tls: None, notes: Vec::new() };
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
        match endpoint.value.starts_with("ssh://").then(|| meant_by_ssh(world, &name)) {
            None | Some(Ok(None)) => Known::Known(Sourced::new(name, endpoint.from.clone())),
            Some(Ok(Some(real))) => Known::Known(Sourced::new(real, endpoint.from.clone())),
            Some(Err(why)) => Known::Unknown(why),
        }
    };
    let target = HostTarget {
        name,
        remote: Some(endpoint.clone()),
        origin: own.target.origin.clone(),
        ..HostTarget::default()
    };
    Ok(ResolvedHost { target, ..own })
}

/// The host that a name of ssh's own configuration stands for (`Host` and `HostName` of ssh_config(5)), as `ssh -G` says without going
/// there; `None` where it is the same. A name that somebody chose says nothing of a machine.
fn meant_by_ssh(world: &World, name: &str) -> std::result::Result<Option<String>, Why> {
    const PATIENCE: Duration = Duration::from_secs(1);
    if world.is_made_up() || name.starts_with('-') {
        return Ok(None);
    }
    let mut ssh = child::command("ssh", world);
    ssh.args(["-G", "--", name]);
    let done = child::wait(ssh, None, PATIENCE)?;
    let said = String::from_utf8_lossy(&done.out);
    let real = said.lines().find_map(|line| line.strip_prefix("hostname ")).map(str::trim);
    match real.filter(|real| done.ok && !real.is_empty()) {
        Some(real) => Ok((real != name).then(|| real.to_owned())),
        None => Err(Why::Failed("ssh -G does not say which machine it is".to_owned())),
    }
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
