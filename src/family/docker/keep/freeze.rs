//! Containers that stand still while what they write to is read: then a copy is what a crash would have left, which every database
//! can begin from. Only those that the command removes anyway are made to.

use super::api::{Api, Refused};
use super::content::Way;
use crate::engine::docker::daemon::Volume;
use crate::family::docker::probe::{Goes, encoded};
use serde::Deserialize;
use serde_json::Value;
use std::cell::RefCell;

/// Containers that stand still for this copy.
#[derive(Default)]
pub struct Frozen {
    /// Those that were made to, by id and name: they go on afterwards.
    own: RefCell<Vec<(String, String)>>,
    /// All that have to stand still until everything is read, with when they had been started.
    all: RefCell<Vec<(String, String, String)>>,
}

/// A container that uses volumes.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct User {
    id: String,
    #[serde(default)]
    mounts: Option<Vec<Mount>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Mount {
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    destination: String,
}

impl User {
    /// The way to a volume through this container.
    pub fn reaches(&self, volume: &str) -> Option<Way> {
        let all = self.mounts.as_deref().unwrap_or_default();
        let mount = all.iter().find(|mount| mount.r#type == "volume" && mount.name == volume)?;
        // Below another mount, or above one, it is not the volume alone that is handed out.
        let apart = |other: &&Mount| {
            let (one, two) = (format!("{}/", mount.destination), format!("{}/", other.destination));
            other.destination != mount.destination && (one.starts_with(&two) || two.starts_with(&one))
        };
        if all.iter().find(apart).is_some() {
            return None;
        }
        Some(Way::Through(self.id.clone(), mount.destination.clone()))
    }
}

/// The containers that mount one of these volumes, but those that mount a part of one.
///
/// # Errors
/// The daemon does not say.
pub async fn users(api: &Api<'_>, volumes: &[Volume]) -> Result<Vec<User>, Refused> {
    let all: Vec<User> = api.get("/containers/json?all=1").await?;
    let mut whole = Vec::new();
    let mounts_one = |user: &User| {
        let mut mounts = user.mounts.iter().flatten();
        mounts.any(|mount| volumes.iter().any(|volume| volume.name == mount.name))
    };
    for user in all.into_iter().filter(mounts_one) {
        let said = api.get::<Value>(&format!("/containers/{}/json", encoded(&user.id))).await;
        let said = said.unwrap_or_default();
        let mounts = said["HostConfig"]["Mounts"].as_array().cloned().unwrap_or_default();
        let part = |mount: &Value| mount["VolumeOptions"]["Subpath"].as_str().is_some_and(|p| !p.is_empty());
        if !said.is_null() && !mounts.iter().any(part) {
            whole.push(user);
        }
    }
    Ok(whole)
}

impl Frozen {
    /// Freezes those of the containers that run and write to a volume that goes. The answer is the volumes of which one could not be,
    /// and why.
    pub async fn freeze(&self, api: &Api<'_>, inspected: &[Value], goes: &Goes) -> Vec<(String, String)> {
        let mut failed = Vec::new();
        for one in inspected {
            let state = &one["State"];
            let runs = state["Running"].as_bool() == Some(true);
            let mounts = one["Mounts"].as_array().cloned().unwrap_or_default();
            let of_it = |name: &str| mounts.iter().any(|mount| mount["Name"].as_str() == Some(name));
            let volumes: Vec<&str> =
                goes.volumes.iter().map(|volume| volume.name.as_str()).filter(|name| of_it(name)).collect();
            let (Some(id), Some(name)) = (one["Id"].as_str(), one["Name"].as_str()) else { continue };
            if !runs || volumes.is_empty() {
                continue;
            }
            let name = name.trim_start_matches('/');
            let started = state["StartedAt"].as_str().unwrap_or_default().to_owned();
            self.all.borrow_mut().push((id.to_owned(), name.to_owned(), started));
            // Somebody else has frozen it, and lets it go on.
            if state["Paused"].as_bool() == Some(true) {
                continue;
            }
            // Noted before: whoever is interrupted in between lets it go on.
            self.own.borrow_mut().push((id.to_owned(), name.to_owned()));
            let paused = api.post(&format!("/containers/{}/pause", encoded(id)), &Value::Null).await;
            if let Err(refused) = paused {
                self.own.borrow_mut().retain(|(known, _)| known != id);
                self.all.borrow_mut().retain(|(known, ..)| known != id);
                let why = match state["Restarting"].as_bool() {
                    Some(true) => {
                        format!("container {name} restarts again and again: docker stop {name} first")
                    }
                    _ => format!("container {name} could not be paused: {refused}"),
                };
                failed.extend(volumes.iter().map(|volume| ((*volume).to_owned(), why.clone())));
            }
        }
        failed
    }

    /// Whether all of them have stood still from the first byte to the last.
    ///
    /// # Errors
    /// One has not: what was read is of no one moment.
    pub async fn still(&self, api: &Api<'_>) -> Result<(), String> {
        let all = self.all.borrow().clone();
        for (id, name, started) in all {
            let said = api.get::<Value>(&format!("/containers/{}/json", encoded(&id))).await;
            let said = said.map_err(|refused| format!("container {name}: {refused}"))?;
            let state = &said["State"];
            if state["Paused"].as_bool() != Some(true)
                || state["StartedAt"].as_str() != Some(started.as_str())
            {
                return Err(format!("container {name} went on while its volumes were read"));
            }
        }
        Ok(())
    }

    /// Lets them go on. The answer names those that did not.
    pub async fn thaw(&self, api: &Api<'_>) -> Vec<String> {
        let frozen = self.own.take();
        let mut notes = Vec::new();
        for (id, name) in frozen {
            let done = api.post(&format!("/containers/{}/unpause", encoded(&id)), &Value::Null).await;
            if let Err(refused) = done
                // It is gone, or was not frozen yet.
                && !refused.is_absent()
                && !refused.message.contains("not paused")
            {
                notes.push(format!("container {name} is still paused ({refused}): docker unpause {name}"));
            }
        }
        notes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_volume_with_another_mount_in_it_is_not_reached_through_that_container() {
        let user = |json: &str| serde_json::from_str::<User>(json).unwrap();
        let way = |user: User| match user.reaches("pgdata") {
            Some(Way::Through(id, at)) => format!("{id} {at}"),
            _ => String::new(),
        };
        let one = user(
            r#"{"Id":"a","Mounts":[{"Type":"volume","Name":"pgdata","Destination":"/d"},{"Type":"bind","Destination":"/dx"}]}"#,
        );
        assert_eq!(way(one), "a /d");
        let two = user(
            r#"{"Id":"a","Mounts":[{"Type":"volume","Name":"pgdata","Destination":"/d"},{"Type":"bind","Destination":"/d/wal"}]}"#,
        );
        assert_eq!(way(two), "");
        let none = user(r#"{"Id":"a","Mounts":null}"#);
        assert_eq!(way(none), "");
    }
}
