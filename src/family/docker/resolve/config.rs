//! docker's own files: `config.json`, which names the current context, and the contexts' `meta.json`; and podman's list of connections.

use super::endpoint::Tls;
use crate::engine::fact::{Source, Sourced};
use crate::fail::{Fail, Kind, Result};
use crate::family::machine::resolve::read;
use crate::keep::atomic_dir::hex;
use crate::world::World;
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

/// More than any of these files is.
const LARGEST: u64 = 1 << 20;

/// The directory that holds them.
pub struct Dir(PathBuf);

impl Dir {
    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

/// Finds it: `--config`, `DOCKER_CONFIG`, `~/.docker`.
pub fn directory(world: &World, flag: Option<Sourced<String>>) -> Dir {
    let given = flag
        .map(|flag| flag.value)
        .or_else(|| world.set_var("DOCKER_CONFIG").map(|dir| dir.to_string_lossy().into_owned()));
    Dir(match given {
        Some(dir) => world.at(dir),
        None => world.home().unwrap_or_default().join(".docker"),
    })
}

fn json(path: &Path, what: &str) -> Result<Option<Value>> {
    let failed = |why: String| {
        Fail::new(Kind::Unavailable, "the daemon this command would go to could not be established")
            .because(format!("{what} {}: {why}", path.display()))
            .help("look at `docker context ls`, or name the daemon with --host or --context")
    };
    let Some(text) = read::file(path, LARGEST).map_err(failed)? else { return Ok(None) };
    serde_json::from_slice(&text.bytes).map(Some).map_err(|error| failed(error.to_string()))
}

/// `currentContext` of `config.json`.
///
/// # Errors
/// The file is there and cannot be read.
pub fn current_context(dir: &Dir) -> Result<Option<Sourced<String>>> {
    let path = dir.0.join("config.json");
    let Some(config) = json(&path, "the file")? else { return Ok(None) };
    let name = config["currentContext"].as_str().filter(|name| !name.is_empty());
    let from = Source::File { path: path.display().to_string(), line: None };
    Ok(name.map(|name| Sourced::new(name.to_owned(), from)))
}

/// Where a context's daemon listens, and how that is secured: its `meta.json` lies below the digest of its name, its certificates
/// beside that (docker/cli `cli/context/store`).
///
/// # Errors
/// There is no such context, it cannot be read, or it says nothing of a daemon.
pub fn endpoint(dir: &Dir, context: &Sourced<String>) -> Result<(Sourced<String>, Option<Tls>)> {
    let digest = hex(&Sha256::digest(context.value.as_bytes()));
    let path = dir.0.join("contexts/meta").join(&digest).join("meta.json");
    let meta = json(&path, "context")?;
    let host = meta.as_ref().and_then(|meta| meta["Endpoints"]["docker"]["Host"].as_str());
    let from = Source::File { path: path.display().to_string(), line: None };
    let certs = dir.0.join("contexts/tls").join(&digest).join("docker");
    let skips =
        meta.as_ref().and_then(|meta| meta["Endpoints"]["docker"]["SkipTLSVerify"].as_bool()) == Some(true);
    let tls = match (certs.is_dir(), skips) {
        (_, true) => Some(Tls::Unverified),
        (true, false) => Some(Tls::below(&certs)),
        (false, false) => None,
    };
    let found = host.filter(|host| !host.is_empty()).map(|host| (Sourced::new(host.to_owned(), from), tls));
    found.ok_or_else(|| {
        Fail::new(Kind::Unavailable, "the daemon this command would go to could not be established")
            .because(match meta {
                Some(_) => format!("context {} ({}) names none", context.value, context.from),
                None => format!("there is no context {} ({})", context.value, context.from),
            })
            .help("look at `docker context ls`")
    })
}

/// podman's connections (podman-system-connection(1), podman 5): the URI of this one, or of the default one.
pub fn connection(world: &World, name: Option<&Sourced<String>>) -> Option<(String, Sourced<String>)> {
    let dir = world.set_var("XDG_CONFIG_HOME").map(|dir| world.at(dir));
    let dir = dir.or_else(|| Some(world.home()?.join(".config")))?;
    let path = dir.join("containers/podman-connections.json");
    let list = json(&path, "the file").ok().flatten()?;
    let name = match name {
        Some(name) => name.value.clone(),
        None => list["Connection"]["Default"].as_str()?.to_owned(),
    };
    let uri = list["Connection"]["Connections"][&name]["URI"].as_str().filter(|uri| !uri.is_empty())?;
    let from = Source::File { path: path.display().to_string(), line: None };
    Some((name, Sourced::new(uri.to_owned(), from)))
}

/// Whether podman is told to work on another machine without a word of it (`remote` of `[engine]`, containers.conf(5)). Any line that
/// says so counts, in whatever table it stands.
pub fn is_remote(world: &World) -> Option<Source> {
    let own = world.set_var("XDG_CONFIG_HOME").map(|dir| world.at(dir));
    let own = own.or_else(|| Some(world.home()?.join(".config")));
    let named = world.set_var("CONTAINERS_CONF").map(|path| world.at(path));
    let all = named
        .into_iter()
        .chain(own.map(|dir| dir.join("containers/containers.conf")))
        .chain([PathBuf::from("/etc/containers/containers.conf")]);
    let says = |text: &str| {
        let key = |line: &str| {
            Some(line.trim().strip_prefix("remote")?.trim_start().strip_prefix('=')?.trim().to_owned())
        };
        text.lines().filter_map(key).any(|value| value.starts_with("true"))
    };
    for path in all {
        let text = read::file(&path, LARGEST).ok().flatten();
        if text.is_some_and(|text| says(&String::from_utf8_lossy(&text.bytes))) {
            return Some(Source::File { path: path.display().to_string(), line: None });
        }
    }
    None
}
