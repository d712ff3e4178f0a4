//! What the cloud has written about this machine onto the machine itself. Nothing is asked over the network.

use super::read;
use crate::engine::fact::{Source, Sourced};
use crate::world::World;
use serde::Deserialize;
use std::path::Path;

/// cloud-init's own account of the instance (world-readable; secrets are in another file). Most have some 20 KiB; user
/// data without secrets stands in it too.
const INSTANCE_DATA: &str = "/run/cloud-init/instance-data.json";
const LARGEST: u64 = 4 << 20;

/// What is known of the instance.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cloud {
    /// Its id.
    pub instance: Option<Sourced<String>>,
    /// Cloud, region and zone.
    pub cloud: Option<Sourced<String>>,
    /// What could not be read.
    pub note: Option<String>,
}

/// The standardised part (cloud-init's documentation, "Instance metadata", keys of `v1`). Older releases wrote the
/// names with dashes.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Standard {
    #[serde(alias = "cloud-name")]
    cloud_name: Option<String>,
    region: Option<String>,
    #[serde(alias = "availability-zone")]
    availability_zone: Option<String>,
    #[serde(alias = "instance-id")]
    instance_id: Option<String>,
}

#[derive(Debug, Deserialize)]
struct InstanceData {
    #[serde(default)]
    v1: Standard,
}

/// Reads what there is. Inside a container the firmware speaks of another machine, so that only the file counts there.
pub fn read(world: &World, in_container: bool) -> Cloud {
    let mut found = by_cloud_init(&world.absolute(INSTANCE_DATA));
    if !in_container {
        let firmware = by_firmware(world);
        found.instance = found.instance.or(firmware.instance);
        found.cloud = found.cloud.or(firmware.cloud);
    }
    found
}

fn by_cloud_init(path: &Path) -> Cloud {
    let name = path.display().to_string();
    let note = |why: String| Cloud { note: Some(format!("{name}: {why}")), ..Cloud::default() };
    let text = match read::file(path, LARGEST) {
        Ok(Some(text)) => text,
        Ok(None) => return Cloud::default(),
        Err(why) => return note(why),
    };
    let data: InstanceData = match serde_json::from_slice(&text.bytes) {
        Ok(data) => data,
        Err(e) => return note(e.to_string()),
    };
    let from = || Source::File { path: name.clone(), line: None };
    let said = |text: Option<String>| {
        text.filter(|t| !matches!(t.to_ascii_lowercase().as_str(), "" | "none" | "unknown" | "null"))
    };
    let v1 = data.v1;
    let place = said(v1.availability_zone).or_else(|| said(v1.region));
    let parts: Vec<String> = said(v1.cloud_name).into_iter().chain(place).collect();
    Cloud {
        instance: said(v1.instance_id)
            .filter(|id| !is_made_up(id))
            .map(|id| Sourced::new(id.to_ascii_lowercase(), from())),
        cloud: (!parts.is_empty()).then(|| Sourced::new(parts.join(" "), from())),
        note: None,
    }
}

/// Ids that seed files carry over from the documentation, the same on many machines: `nocloud`, `iid-datasource-none`,
/// `iid-local01`, `i-abcdefg`.
fn is_made_up(id: &str) -> bool {
    let id = id.to_ascii_lowercase();
    id == "nocloud" || id == "i-abcdefg" || id.starts_with("iid-")
}

fn by_firmware(world: &World) -> Cloud {
    const DMI: &str = "/sys/class/dmi/id/";
    let field = |name: &str| read::line(&world.absolute(&format!("{DMI}{name}")));
    let from = |name: &str| Source::File { path: format!("{DMI}{name}"), line: None };
    let mut found = Cloud::default();
    match field("sys_vendor").as_deref() {
        Some("Amazon EC2") => found.cloud = Some(Sourced::new("aws".to_owned(), from("sys_vendor"))),
        Some("Google") => found.cloud = Some(Sourced::new("gce".to_owned(), from("sys_vendor"))),
        _ => {}
    }
    // Xen instances of EC2 leave it empty or say something else there.
    if let Some(id) = field("board_asset_tag").filter(|id| is_ec2(id)) {
        found.instance = Some(Sourced::new(id, from("board_asset_tag")));
    }
    found
}

/// `i-` and 8 or 17 hexadecimal digits.
fn is_ec2(id: &str) -> bool {
    let digits = id.strip_prefix("i-").unwrap_or_default();
    matches!(digits.len(), 8 | 17) && digits.bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn at(files: &[(&str, &str)], in_container: bool) -> Cloud {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = root.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        read(&World::of(&[], "/").with_root(root.path()), in_container)
    }

    fn values(found: &Cloud) -> (Option<&str>, Option<&str>) {
        (found.instance.as_ref().map(|v| v.value.as_str()), found.cloud.as_ref().map(|v| v.value.as_str()))
    }

    const FILE: &str = "run/cloud-init/instance-data.json";

    #[test]
    fn what_cloud_init_wrote() {
        let whole = r#"{"base64_encoded_keys": [], "ds": {"meta_data": {"tags": {}}}, "v1": {
            "cloud_name": "aws", "region": "eu-west-1", "availability_zone": "eu-west-1a",
            "instance_id": "i-0123456789abcdef0", "local_hostname": "ip-10-0-0-7"}}"#;
        assert_eq!(
            values(&at(&[(FILE, whole)], false)),
            (Some("i-0123456789abcdef0"), Some("aws eu-west-1a"))
        );
        let old = r#"{"v1": {"cloud-name": "openstack", "region": "RegionOne", "availability-zone": null,
            "instance-id": "4D6F-A1"}}"#;
        assert_eq!(values(&at(&[(FILE, old)], true)), (Some("4d6f-a1"), Some("openstack RegionOne")));
        let seed = r#"{"v1": {"cloud_name": "unknown", "region": null, "instance_id": "iid-local01"}}"#;
        assert_eq!(at(&[(FILE, seed)], false), Cloud::default());
        for broken in ["", "{\"v1\": 3}", "{\"v1\": {\"region\": {}}}"] {
            let found = at(&[(FILE, broken)], false);
            assert!(found.note.is_some() && found.instance.is_none(), "{broken:?}: {found:?}");
        }
        assert_eq!(at(&[(FILE, "{}")], false), Cloud::default());
        assert_eq!(at(&[], false), Cloud::default());
    }

    #[test]
    fn what_the_firmware_says() {
        let files = [
            ("sys/class/dmi/id/sys_vendor", "Amazon EC2\n"),
            ("sys/class/dmi/id/board_asset_tag", "i-0123456789abcdef0\n"),
        ];
        assert_eq!(values(&at(&files, false)), (Some("i-0123456789abcdef0"), Some("aws")));
        assert_eq!(at(&files, true), Cloud::default());
        let other = [("sys/class/dmi/id/board_asset_tag", "Not Specified\n")];
        assert_eq!(at(&other, false), Cloud::default());
        assert!(is_ec2("i-1234abcd") && !is_ec2("i-1234abc") && !is_ec2("1234abcd") && !is_ec2("i-1234abcg"));
    }
}
