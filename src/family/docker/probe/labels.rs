//! A project of Compose that goes by its name alone: then Compose reads no file, and takes what bears the project's labels (Compose
//! 2.40, `cmd/compose/compose.go` `projectOrName`, `pkg/compose/down.go` `getProjectWithResources`).

use super::client::Client;
use super::files::given;
use super::wire::Volumes;
use super::{Request, encoded};
use crate::engine::docker::daemon::{Learnt, PROJECT};
use crate::engine::docker::loss::{File, FileVolume, Service};
use crate::engine::docker::tables::{COMPOSE, Cli};
use crate::engine::fact::{Known, Why};
use serde_json::json;
use std::collections::BTreeMap;

/// The commands that a name is enough for.
const BY_NAME: [&str; 8] = ["down", "kill", "pause", "restart", "rm", "start", "stop", "unpause"];

/// Where a project's parts are told from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Its files.
    Files,
    /// Its files, and where they cannot be read the labels of this name.
    FilesOrLabels(String),
    /// The labels of this name: Compose 2 reads no file.
    Labels(String),
    /// Both: `docker-compose` may be of version 1, which reads files, or of version 2.
    Both(String),
}

/// Where Compose takes it from, by the words and the variables.
pub(super) fn told(request: &Request<'_>) -> Told {
    let by_name =
        request.words.row().is_some_and(|row| row.group == COMPOSE.name && BY_NAME.contains(&row.name));
    if !by_name {
        return Told::Files;
    }
    let flag = |name| given(request, name).filter(|value| !value.is_empty());
    match (flag("project-name"), flag("file")) {
        (Some(name), None) if request.words.cli == Cli::Compose => Told::Both(name),
        (Some(name), None) => Told::Labels(name),
        // Both versions read the files then, or say what is wrong with them; version 2 not where this says which project it is.
        _ => match request.world.set_var("COMPOSE_PROJECT_NAME") {
            Some(name) => Told::FilesOrLabels(name.to_string_lossy().into_owned()),
            None => Told::Files,
        },
    }
}

/// What bears the labels of this project.
pub(super) async fn file(client: &Client<'_>, name: &str, learnt: &Learnt) -> Known<File> {
    if let Known::Unknown(why) = &learnt.containers {
        return Known::Unknown(why.clone());
    }
    let filters = json!({ "label": [format!("{PROJECT}={name}")] }).to_string();
    let volumes: Result<Volumes, Why> = client.json(&format!("/volumes?filters={}", encoded(&filters))).await;
    let volumes = match volumes {
        Ok(all) => all.volumes,
        Err(why) => return Known::Unknown(why),
    };
    let mut services: BTreeMap<&str, Service> = BTreeMap::new();
    let own = learnt.all().iter().filter(|one| one.project() == Some(name) && !one.is_one_off());
    for container in own {
        let Some(called) = container.service() else { continue };
        let service = services.entry(called).or_insert_with(|| Service {
            name: called.to_owned(),
            replicas: 0,
            ..Service::default()
        });
        service.replicas += 1;
        for mount in &container.mounts {
            if !service.mounts.contains(mount) {
                service.mounts.push(mount.clone());
            }
        }
    }
    let services = services.into_values().collect();
    let volumes =
        volumes.into_iter().map(|one| FileVolume { name: one.read().name, external: false }).collect();
    Known::Known(File { project: name.to_owned(), services, volumes, by_labels: true })
}

/// What stands in the files, and what bears the labels besides.
pub(super) fn both(files: File, labels: File) -> File {
    let mut all = files;
    for service in labels.services {
        if !all.services.iter().any(|one| one.name == service.name) {
            all.services.push(service);
        }
    }
    for volume in labels.volumes {
        if !all.volumes.iter().any(|one| one.name == volume.name) {
            all.volumes.push(volume);
        }
    }
    all
}
