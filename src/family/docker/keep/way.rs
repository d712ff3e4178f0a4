//! Whether a copy can go back: names that somebody has, images and volumes that are not there, and what an earlier restore of the same
//! copy has left.

use super::api::Api;
use super::body::RESTORED;
use super::encoded;
use super::helper;
use super::manifest::{Container, Manifest};
use crate::engine::docker::daemon::called;
use crate::family::docker::resolve::Endpoint;
use crate::keep::stored::{Stored, inside};
use crate::run::tasks::block_on;
use crate::world::World;
use serde_json::Value;
use std::path::Path;
use std::time::Duration;
use tokio::time::Instant;

/// Lies in the copy as long as it is put back: where it is left, that was broken off.
pub(super) const UNDER_WAY: &str = "restoring";

/// How long taking away what was made, or looking, may take.
pub(super) const AFTERWARDS: Duration = Duration::from_secs(60);

/// A copy that goes back.
pub struct Back<'a> {
    /// Where it lies.
    pub dir: &'a Path,
    /// What is in it.
    pub manifest: &'a Manifest,
    /// How the daemon is reached that it goes to.
    pub way: &'a Endpoint,
    /// Whether that one's paths are this machine's.
    pub local: bool,
    /// Volumes alone: no networks and no containers.
    pub data_only: bool,
    /// Variables and files.
    pub world: &'a World,
}

/// What stands in its way, or how it goes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Way {
    /// Names that somebody has: nothing is made then.
    pub taken: Vec<String>,
    /// What of it an earlier restore of this copy had made.
    pub earlier: Earlier,
    /// Volumes that containers mount, which are neither there nor in the copy: the daemon would make empty ones.
    pub absent: Vec<String>,
    /// Images that are not there: no container can be made of them.
    pub images: Vec<String>,
    /// Networks of the copy that are still there.
    pub there: Vec<String>,
    /// What a person should know.
    pub notes: Vec<String>,
}

/// What an earlier restore of the same copy had made, by names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Earlier {
    /// Whether it did not come to its end: then a volume may be half filled.
    pub broken: bool,
    /// Containers.
    pub containers: Vec<String>,
    /// Networks.
    pub networks: Vec<String>,
    /// Volumes.
    pub volumes: Vec<String>,
}

impl Earlier {
    /// The commands that take it away again; empty where there is nothing.
    pub fn commands(&self) -> Vec<String> {
        let of = |words: &str, names: &[String]| {
            (!names.is_empty()).then(|| format!("docker {words} {}", shell_words::join(names)))
        };
        let all =
            [of("rm -f", &self.containers), of("network rm", &self.networks), of("volume rm", &self.volumes)];
        all.into_iter().flatten().collect()
    }
}

/// Looks whether it can go back.
///
/// # Errors
/// The daemon does not say, or the copy cannot be read.
pub fn way(back: &Back<'_>) -> Result<Way, String> {
    let looked = async {
        let api = Api::new(back.way, back.world, Instant::now() + AFTERWARDS);
        look(&api, back).await
    };
    block_on(looked).map_err(|e| e.to_string())?
}

pub(super) async fn look(api: &Api<'_>, back: &Back<'_>) -> Result<Way, String> {
    let mut way = Way::default();
    let manifest = back.manifest;
    way.earlier.broken = back.dir.join(UNDER_WAY).exists();
    if way.earlier.broken {
        let names: Vec<String> = manifest.volumes.iter().map(|volume| volume.name.clone()).collect();
        helper::sweep(api, &names).await;
    }
    let ours = |labels: &Value| labels[RESTORED].as_str() == Some(&manifest.id);
    for volume in &manifest.volumes {
        if let Some(found) = there(api, &format!("/volumes/{}", encoded(&volume.name))).await? {
            way.taken.push(called(&volume.name));
            if ours(&found["Labels"]) {
                way.earlier.volumes.push(volume.name.clone());
            }
        }
    }
    if back.data_only {
        return Ok(way);
    }
    for one in &manifest.definitions {
        let is_there = there(api, &format!("/volumes/{}", encoded(&one.name))).await?.is_some();
        if !is_there && !says_all(&read(back.dir, &one.inspect)?) {
            way.absent.push(one.name.clone());
        }
    }
    for container in &manifest.containers {
        let found = there(api, &format!("/containers/{}/json", encoded(&container.name))).await?;
        let named = |found: &Value| {
            found["Name"].as_str().is_some_and(|name| name.trim_start_matches('/') == container.name)
        };
        if let Some(found) = found.filter(named) {
            way.taken.push(format!("container {}", container.name));
            if ours(&found["Config"]["Labels"]) {
                way.earlier.containers.push(container.name.clone());
            }
        }
        let said = read(back.dir, &container.inspect)?;
        match image(api, container, &said).await? {
            None => way.images.push(container.image.clone()),
            Some((_, note)) => way.notes.extend(note),
        }
    }
    for network in &manifest.networks {
        match there(api, &format!("/networks/{}", encoded(&network.name))).await? {
            Some(found) if found["Id"].as_str() == Some(&network.id) => way.there.push(network.name.clone()),
            Some(found) => {
                way.taken.push(format!("network {}", network.name));
                if ours(&found["Labels"]) {
                    way.earlier.networks.push(network.name.clone());
                }
            }
            None => {}
        }
    }
    way.images.sort();
    way.images.dedup();
    Ok(way)
}

/// Whether what was said of a volume is all that there is to it: it leads elsewhere, lies in memory, or with another driver.
fn says_all(said: &Value) -> bool {
    let told = said["Options"].as_object().is_some_and(|options| !options.is_empty());
    told || said["Driver"].as_str().is_some_and(|driver| driver != "local")
}

/// What there is of this name.
pub(super) async fn there(api: &Api<'_>, path: &str) -> Result<Option<Value>, String> {
    match api.get::<Value>(path).await {
        Ok(found) => Ok(Some(found)),
        Err(refused) if refused.is_absent() => Ok(None),
        Err(refused) => Err(refused.to_string()),
    }
}

/// The image that a container is made of again: the one of its name if that is still the same, else by its id.
pub(super) async fn image(
    api: &Api<'_>,
    container: &Container,
    said: &Value,
) -> Result<Option<(String, Option<String>)>, String> {
    let was = said["Image"].as_str().unwrap_or_default();
    let at = |name: &str| format!("/images/{}/json", encoded(name));
    let named = there(api, &at(&container.image)).await?;
    if named.as_ref().is_some_and(|image| image["Id"].as_str() == Some(was)) {
        return Ok(Some((container.image.clone(), None)));
    }
    if !was.is_empty() && there(api, &at(was)).await?.is_some() {
        let note =
            format!("{} is another image by now: {} is made of the old one", container.image, container.name);
        return Ok(Some((was.to_owned(), Some(note))));
    }
    let note =
        || format!("{} is of another image than before: the old {} is gone", container.name, container.image);
    Ok(named.map(|_| (container.image.clone(), Some(note()))))
}

/// What the daemon had said.
pub(super) fn read(dir: &Path, stored: &Stored) -> Result<Value, String> {
    let text = inside(dir, &stored.file).and_then(std::fs::read);
    let text = text.map_err(|e| format!("{}: {e}", stored.file))?;
    serde_json::from_slice(&text).map_err(|e| format!("{}: {e}", stored.file))
}
