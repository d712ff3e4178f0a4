//! A container that is made to reach a volume through it, never started, and removed afterwards. It is of an image that is there;
//! none is fetched.

use super::api::Api;
use crate::engine::docker::daemon::HELPER;
use crate::family::docker::probe::encoded;
use serde::Deserialize;
use serde_json::json;

/// No image has a directory of this name: what it had there would be copied into an empty volume.
const TARGET: &str = "/guard-volume";

/// A container that has one volume at [`Helper::target`].
pub struct Helper {
    id: String,
    target: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Image {
    id: String,
    #[serde(default)]
    size: u64,
}

impl Helper {
    /// Makes one for the volume of this name.
    ///
    /// # Errors
    /// There is no image, or the daemon refuses.
    pub async fn make(api: &Api<'_>, volume: &str) -> Result<Helper, String> {
        Helper::with(api, volume, TARGET).await
    }

    /// The same with the volume at another path.
    ///
    /// # Errors
    /// As for [`Helper::make`].
    pub async fn with(api: &Api<'_>, volume: &str, target: &str) -> Result<Helper, String> {
        let images: Vec<Image> = api.get("/images/json").await.map_err(|refused| refused.to_string())?;
        let image = images.into_iter().min_by_key(|image| image.size);
        let image = image.ok_or("the daemon has no image to reach it through, and none is fetched")?;
        // An image that has no command of its own needs one to be made into a container.
        let body = json!({
            "Image": image.id,
            "Cmd": ["true"],
            "Labels": { HELPER: "a volume is read or written through it; it is never started" },
            "HostConfig": {
                "NetworkMode": "none",
                "Mounts": [{
                    "Type": "volume", "Source": volume, "Target": target, "VolumeOptions": { "NoCopy": true },
                }],
            },
        });
        let made =
            api.post("/containers/create", &body).await.map_err(|refused| format!("no helper: {refused}"))?;
        let id = made["Id"].as_str().ok_or("the daemon did not say which container it made")?;
        Ok(Helper { id: id.to_owned(), target: target.to_owned() })
    }

    /// Its id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Where it has the volume.
    pub fn target(&self) -> &str {
        &self.target
    }

    /// Removes it, with what an image of its own volumes made for it. The volume was named and stays.
    ///
    /// # Errors
    /// It is still there, and has the volume.
    pub async fn remove(self, api: &Api<'_>) -> Result<(), String> {
        remove(api, &self.id).await
    }
}

/// Removes the helpers that an interrupted run has left for any of these volumes.
pub async fn sweep(api: &Api<'_>, volumes: &[String]) {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Left {
        id: String,
        #[serde(default)]
        mounts: Option<Vec<Mount>>,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Mount {
        #[serde(default)]
        name: String,
    }
    let filters = json!({ "label": [HELPER] }).to_string();
    let path = format!("/containers/json?all=1&filters={}", encoded(&filters));
    let left: Vec<Left> = api.get(&path).await.unwrap_or_default();
    for one in left {
        let ours = one.mounts.iter().flatten().any(|mount| volumes.contains(&mount.name));
        if ours {
            // Whatever cannot be removed is in nobody's way yet.
            let _ = remove(api, &one.id).await;
        }
    }
}

async fn remove(api: &Api<'_>, id: &str) -> Result<(), String> {
    let path = format!("/containers/{}?v=1&force=1", encoded(id));
    match api.delete(&path).await {
        Err(refused) if !refused.is_absent() => {
            Err(format!("the helper {} could not be removed: {refused}", id.get(..12).unwrap_or(id)))
        }
        _ => Ok(()),
    }
}
