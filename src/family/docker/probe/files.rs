//! What Compose makes of its files: asked of Compose itself, with the caller's own words and variables. Its answer holds secrets of
//! the services and is read for mounts alone; nothing of it is written down.

use super::{Request, real};
use crate::engine::docker::daemon::{Mounted, Origin};
use crate::engine::docker::loss::{File, FileVolume, Service};
use crate::engine::docker::tables::Cli;
use crate::engine::docker::wish::{before_command, config_words};
use crate::engine::docker::words::Given;
use crate::engine::fact::{Known, Why};
use crate::run::child;
use serde_json::Value;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use tokio::time::Instant;

/// Reads them.
pub(super) async fn read(request: &Request<'_>, until: Instant) -> Known<File> {
    let Some(mut words) = config_words(request.words) else {
        return Known::Unknown(Why::Failed("which project this is the words do not tell".to_owned()));
    };
    if let Some(pipe) = pipe(request, &words) {
        return Known::Unknown(Why::Failed(format!(
            "{pipe} can be read once only, and the command reads it"
        )));
    }
    if let Some(remote) = remote(request) {
        return Known::Unknown(Why::Failed(format!(
            "its file lies elsewhere ({remote}) and is not fetched twice"
        )));
    }
    let mut done = run(request, &words, until).await;
    if request.words.cli == Cli::Compose && done.is_err() {
        // Version 1 writes YAML, and only that.
        words.truncate(words.len() - 2);
        done = run(request, &words, until).await;
    }
    match done {
        Ok(text) => {
            let value =
                serde_json::from_slice::<Value>(&text).or_else(|_| serde_yaml::from_slice::<Value>(&text));
            match value.ok().filter(Value::is_object) {
                Some(value) => Known::Known(file(&value, request)),
                None => {
                    Known::Unknown(Why::Failed("what Compose says of its files cannot be read".to_owned()))
                }
            }
        }
        Err(why) => Known::Unknown(why),
    }
}

async fn run(request: &Request<'_>, words: &[&[u8]], until: Instant) -> Result<Vec<u8>, Why> {
    let mut compose = child::command(request.tool, request.world);
    compose.args(words.iter().map(|word| OsStr::from_bytes(word)));
    let done = child::run(compose, None, until).await?;
    if done.ok {
        return Ok(done.out);
    }
    let said = String::from_utf8_lossy(&done.err);
    let line = said.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or("Compose gave no reason");
    Err(Why::Failed(line.chars().take(200).collect()))
}

/// The version of the API that the command will be carried out by: the lower one of both sides, or what `DOCKER_API_VERSION` says. The
/// command line knows.
pub(super) async fn api_spoken(request: &Request<'_>, until: Instant) -> Option<(u32, u32)> {
    let mut words = before_command(request.words);
    words.extend([&b"version"[..], b"--format", b"{{.Client.APIVersion}}"]);
    let said = String::from_utf8(run(request, &words, until).await.ok()?).ok()?;
    let (major, minor) = said.trim().split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

/// A pipe among the words or the variables: whoever reads it first has it.
fn pipe(request: &Request<'_>, words: &[&[u8]]) -> Option<String> {
    let descriptor = |text: &str| {
        text.starts_with("/dev/fd/") || text.starts_with("/proc/self/fd/") || text == "/dev/stdin"
    };
    let is_pipe = |text: &str| {
        use std::os::unix::fs::FileTypeExt as _;
        let kind = std::fs::metadata(request.world.at(text)).map(|meta| meta.file_type());
        descriptor(text) || (text.contains('/') && kind.is_ok_and(|kind| kind.is_fifo()))
    };
    let words = words.iter().map(|word| String::from_utf8_lossy(word).into_owned());
    let values = request.world.vars().iter().map(|(_, value)| value.to_string_lossy().into_owned());
    let stdin = || {
        request
            .words
            .given
            .iter()
            .any(|given| given.flag.is_some_and(|f| f.name == "file") && given.value == b"-")
    };
    words
        .flat_map(|word| word.split_once('=').map_or(vec![word.clone()], |(_, value)| vec![value.to_owned()]))
        .find(|word| is_pipe(word))
        .or_else(|| values.into_iter().find(|value| descriptor(value)))
        .or_else(|| stdin().then(|| "standard input".to_owned()))
}

/// A file that would be fetched from elsewhere.
fn remote(request: &Request<'_>) -> Option<String> {
    let given = request.words.given.iter().filter(|given| given.flag.is_some_and(|flag| flag.name == "file"));
    let named: Vec<String> = given.map(|given| String::from_utf8_lossy(given.value).into_owned()).collect();
    let by_variable = request.world.set_var("COMPOSE_FILE").map(|files| files.to_string_lossy().into_owned());
    let all = if named.is_empty() { by_variable.into_iter().collect() } else { named };
    all.into_iter().find(|file| {
        ["oci://", "https://", "http://", "git@", "ssh://", "git://"]
            .into_iter()
            .any(|scheme| file.starts_with(scheme))
            || file.ends_with(".git")
            || file.contains(".git#")
    })
}

fn file(value: &Value, request: &Request<'_>) -> File {
    let project = value["name"].as_str().map_or_else(|| project_name(request), str::to_owned);
    let empty = serde_json::Map::new();
    let map = |value: &'_ Value| value.as_object().cloned().unwrap_or_else(|| empty.clone());
    let listed = map(&value["volumes"]);
    let name_of = |key: &str, volume: &Value| match volume["name"].as_str() {
        Some(name) => name.to_owned(),
        None => volume["external"]["name"].as_str().map_or_else(|| format!("{project}_{key}"), str::to_owned),
    };
    let is_external = |volume: &Value| match &volume["external"] {
        Value::Bool(external) => *external,
        other => !other.is_null(),
    };
    let volumes = listed
        .iter()
        .map(|(key, volume)| FileVolume { name: name_of(key, volume), external: is_external(volume) })
        .collect();
    let source =
        |key: &str| listed.get(key).map_or_else(|| format!("{project}_{key}"), |volume| name_of(key, volume));
    let services = map(&value["services"])
        .iter()
        .map(|(name, service)| Service {
            name: name.clone(),
            mounts: service["volumes"]
                .as_array()
                .map(|all| all.iter().filter_map(|one| mount(one, &source, request)).collect())
                .unwrap_or_default(),
            needs: needs(service),
            takes_from: texts(&service["volumes_from"])
                .into_iter()
                .filter_map(|from| Some(from.strip_prefix("container:")?.split(':').next()?.to_owned()))
                .collect(),
            replicas: ["scale"]
                .into_iter()
                .find_map(|key| service[key].as_u64())
                .or_else(|| service["deploy"]["replicas"].as_u64())
                .map_or(1, |n| u32::try_from(n).unwrap_or(u32::MAX)),
        })
        .collect();
    let mut file = File { project, services, volumes, by_labels: false };
    take_over(&mut file, value);
    file
}

/// Texts of a list, or the keys of a map: Compose writes either.
fn texts(value: &Value) -> Vec<String> {
    match value {
        Value::Array(all) => all.iter().filter_map(|one| one.as_str().map(str::to_owned)).collect(),
        Value::Object(all) => all.keys().cloned().collect(),
        _ => Vec::new(),
    }
}

/// The services that are started before this one.
fn needs(service: &Value) -> Vec<String> {
    let plain = |text: String| text.split(':').next().unwrap_or_default().to_owned();
    let of_mode = |key: &str| Some(service[key].as_str()?.strip_prefix("service:")?.to_owned());
    let mut all: Vec<String> = ["depends_on", "links", "volumes_from"]
        .into_iter()
        .flat_map(|key| texts(&service[key]))
        .filter(|text| !text.starts_with("container:"))
        .map(plain)
        .collect();
    all.extend(["network_mode", "ipc", "pid"].into_iter().filter_map(of_mode));
    all
}

/// `volumes_from` of another service: its mounts as well, read-only where that is said.
fn take_over(file: &mut File, value: &Value) {
    let before = file.services.clone();
    for service in &mut file.services {
        for from in texts(&value["services"][&service.name]["volumes_from"]) {
            let (name, mode) = from.split_once(':').unwrap_or((&from, ""));
            let Some(other) = before.iter().find(|other| other.name == name) else { continue };
            let taken = other.mounts.iter().cloned();
            service.mounts.extend(taken.map(|one| Mounted { writable: one.writable && mode != "ro", ..one }));
        }
    }
}

fn mount(value: &Value, volume: &dyn Fn(&str) -> String, request: &Request<'_>) -> Option<Mounted> {
    let path = |path: &str| real(&request.world.at(path));
    let made = |kind: &str, source: &str, target: &str, writable: bool| {
        let (origin, source) = match kind {
            "volume" if !source.is_empty() => (Origin::Volume(volume(source)), String::new()),
            "bind" => (Origin::Path(path(source)), path(source)),
            _ => (Origin::None, String::new()),
        };
        Mounted { origin, source, target: target.to_owned(), writable, is: None }
    };
    match value {
        // Version 1: `SOURCE:TARGET:MODE`.
        Value::String(text) => {
            let mut parts = text.split(':');
            let (first, second) = (parts.next().unwrap_or_default(), parts.next()?);
            let kind = if first.starts_with(['/', '.', '~']) { "bind" } else { "volume" };
            let read_only = parts.next().is_some_and(|mode| mode.split(',').any(|word| word == "ro"));
            Some(made(kind, first, second, !read_only))
        }
        Value::Object(_) => Some(made(
            value["type"].as_str().unwrap_or_default(),
            value["source"].as_str().unwrap_or_default(),
            value["target"].as_str().unwrap_or_default(),
            value["read_only"].as_bool() != Some(true),
        )),
        _ => None,
    }
}

/// The last value of a flag, on whichever level it stands.
pub(super) fn given(request: &Request<'_>, name: &str) -> Option<String> {
    let named = |given: &&Given<'_>| given.flag.is_some_and(|flag| flag.name == name);
    let last = request.words.given.iter().rev().find(named)?;
    Some(String::from_utf8_lossy(last.value).into_owned())
}

/// The name of a project as version 1 makes it, which does not say it: `-p`, `COMPOSE_PROJECT_NAME`, the directory's name.
fn project_name(request: &Request<'_>) -> String {
    let given = |name| given(request, name);
    let named = given("project-name").or_else(|| {
        request.world.set_var("COMPOSE_PROJECT_NAME").map(|name| name.to_string_lossy().into_owned())
    });
    let dir = || {
        let at = given("project-directory").or_else(|| {
            let file = given("file")?;
            Some(Path::new(&file).parent()?.to_string_lossy().into_owned())
        });
        let at = request.world.at(at.unwrap_or_default());
        at.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    };
    let name = named.unwrap_or_else(dir).to_lowercase();
    name.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect()
}
