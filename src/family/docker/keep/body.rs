//! What the daemon is told to make again, of what it had said of it: pure, JSON of one kind to JSON of the other.

use super::manifest::Container;
use serde_json::{Map, Value, json};

/// What is made again bears this, with the copy's id: whoever finds it half done knows whose it is.
pub(super) const RESTORED: &str = "guard.restored";

/// The body of a volume, a network or a container with that label.
pub(super) fn marked(mut body: Value, id: &str) -> Value {
    if let Some(body) = body.as_object_mut() {
        let mut labels = body.get("Labels").and_then(Value::as_object).cloned().unwrap_or_default();
        labels.insert(RESTORED.to_owned(), id.into());
        body.insert("Labels".to_owned(), Value::Object(labels));
    }
    body
}

/// A network as it is made, of what was said of it.
pub(super) fn network_body(said: &Value) -> Value {
    let mut body = Map::new();
    let keys = ["Name", "Driver", "Internal", "Attachable", "EnableIPv6", "IPAM", "Options", "Labels"];
    for key in keys {
        if let Some(value) = said.get(key).filter(|value| !value.is_null()) {
            body.insert(key.to_owned(), value.clone());
        }
    }
    body.insert("CheckDuplicate".to_owned(), Value::Bool(true));
    Value::Object(body)
}

/// The containers that a container shares something with, by their names or ids.
pub(super) fn others_of(host: &Value) -> Vec<String> {
    let modes = ["NetworkMode", "IpcMode", "PidMode"].into_iter();
    let modes = modes.filter_map(|key| host[key].as_str()?.strip_prefix("container:").map(str::to_owned));
    let list = |key: &str| host[key].as_array().cloned().unwrap_or_default();
    let first = |value: &Value| {
        let word = value.as_str()?.split(':').next()?;
        Some(word.trim_start_matches('/').to_owned())
    };
    let named: Vec<String> = list("Links").iter().chain(&list("VolumesFrom")).filter_map(first).collect();
    modes.chain(named).collect()
}

/// A container as it is made, of what was said of it, and the networks that it joins afterwards: before API 1.44 one alone can be said
/// at the beginning.
pub(super) fn container_body(said: &Value, image: &str, all: &[Container]) -> (Value, Vec<(String, Value)>) {
    let id = said["Id"].as_str().unwrap_or_default();
    let short = id.get(..12).unwrap_or(id);
    let mut config = said["Config"].as_object().cloned().unwrap_or_default();
    config.insert("Image".to_owned(), image.into());
    if config.get("Hostname").and_then(Value::as_str) == Some(short) {
        config.remove("Hostname");
    }
    let mut host = said["HostConfig"].as_object().cloned().unwrap_or_default();
    // What it shares with another one it shares with that one's successor.
    for key in ["NetworkMode", "IpcMode", "PidMode"] {
        let other = host.get(key).and_then(Value::as_str).and_then(|mode| mode.strip_prefix("container:"));
        let named = other.and_then(|other| all.iter().find(|one| one.id == other));
        if let Some(named) = named {
            host.insert(key.to_owned(), format!("container:{}", named.name).into());
        }
    }
    share(said, &mut host, all);
    if host.get("NetworkMode").and_then(Value::as_str).is_some_and(|mode| mode.starts_with("container:")) {
        config.remove("Hostname");
        config.remove("ExposedPorts");
    }
    mount_unnamed(said, &mut host);
    let mode = host.get("NetworkMode").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (mut first, mut others) = (Map::new(), Vec::new());
    for (name, endpoint) in said["NetworkSettings"]["Networks"].as_object().into_iter().flatten() {
        let endpoint = endpoint_body(endpoint, short);
        if *name == mode || (mode == "default" && name == "bridge") {
            first.insert(name.clone(), endpoint);
        } else if !mode.starts_with("container:") && !matches!(mode.as_str(), "host" | "none") {
            others.push((name.clone(), endpoint));
        }
    }
    config.insert("HostConfig".to_owned(), Value::Object(host));
    config.insert("NetworkingConfig".to_owned(), json!({ "EndpointsConfig": first }));
    (Value::Object(config), others)
}

/// Containers that were named by their ids have new ones, and are named by their names.
fn share(said: &Value, host: &mut Map<String, Value>, all: &[Container]) {
    let named =
        |word: &str| all.iter().find(|one| one.id == word).map_or(word.to_owned(), |one| one.name.clone());
    let each = |key: &str, of: &dyn Fn(&str) -> String| -> Option<Value> {
        let list = said["HostConfig"][key].as_array()?;
        Some(list.iter().filter_map(Value::as_str).map(|one| Value::from(of(one))).collect())
    };
    let from = each("VolumesFrom", &|one| match one.split_once(':') {
        Some((word, mode)) => format!("{}:{mode}", named(word)),
        None => named(one),
    });
    // `/db:/web/alias`, as it is said; `db:alias`, as it is told.
    let links = each("Links", &|one| match one.split_once(':') {
        Some((other, alias)) => {
            format!("{}:{}", other.trim_start_matches('/'), alias.rsplit('/').next().unwrap_or(alias))
        }
        None => one.to_owned(),
    });
    host.extend(from.map(|list| ("VolumesFrom".to_owned(), list)));
    host.extend(links.map(|list| ("Links".to_owned(), list)));
}

/// Volumes that nobody had named are mounted by their names: else the daemon would make new ones.
fn mount_unnamed(said: &Value, host: &mut Map<String, Value>) {
    let list = |value: Option<&Value>| value.and_then(Value::as_array).cloned().unwrap_or_default();
    let (mut binds, mounts) = (list(host.get("Binds")), list(host.get("Mounts")));
    let target_of = |bind: &Value| bind.as_str().and_then(|bind| bind.split(':').nth(1)).map(cleaned);
    let mut known: Vec<String> = binds.iter().filter_map(target_of).collect();
    let named = mounts.iter().filter(|mount| mount["Source"].as_str().is_some_and(|name| !name.is_empty()));
    known.extend(named.filter_map(|mount| mount["Target"].as_str().map(cleaned)));
    let mut replaced = Vec::new();
    for mount in said["Mounts"].as_array().into_iter().flatten() {
        let (Some("volume"), Some(name), Some(target)) =
            (mount["Type"].as_str(), mount["Name"].as_str(), mount["Destination"].as_str())
        else {
            continue;
        };
        let target = cleaned(target);
        if !known.contains(&target) {
            let mode = if mount["RW"].as_bool() == Some(false) { ":ro" } else { "" };
            binds.push(format!("{name}:{target}{mode}").into());
            replaced.push(target);
        }
    }
    if replaced.is_empty() {
        return;
    }
    let stays =
        |mount: &Value| mount["Target"].as_str().map(cleaned).is_none_or(|at| !replaced.contains(&at));
    host.insert("Mounts".to_owned(), mounts.into_iter().filter(stays).collect());
    host.insert("Binds".to_owned(), Value::Array(binds));
}

/// A path as the daemon keeps it, which people write with slashes to spare (`filepath.Clean`).
fn cleaned(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// What a container had been told for a network; its own short id is a name that the next one has no use for.
fn endpoint_body(endpoint: &Value, short: &str) -> Value {
    let mut body = Map::new();
    for key in ["IPAMConfig", "Links", "DriverOpts"] {
        if let Some(value) = endpoint.get(key).filter(|value| !value.is_null()) {
            body.insert(key.to_owned(), value.clone());
        }
    }
    let aliases = endpoint["Aliases"].as_array().into_iter().flatten();
    let aliases: Vec<Value> = aliases.filter(|alias| alias.as_str() != Some(short)).cloned().collect();
    body.insert("Aliases".to_owned(), Value::Array(aliases));
    Value::Object(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_is_made_as_it_was_told() {
        let said = json!({
            "Id": "0123456789abcdef", "Name": "/shop-db-1",
            "Config": { "Hostname": "0123456789ab", "Image": "postgres:15", "Env": ["A=b"], "Labels": {"x": "y"} },
            "HostConfig": { "NetworkMode": "shop_default", "Binds": ["shop_pgdata:/data:rw"], "IpcMode": "container:ffff",
                "VolumesFrom": ["ffff:ro"], "Links": ["/shop-web-1:/shop-db-1/web"] },
            "Mounts": [
                { "Type": "volume", "Name": "shop_pgdata", "Destination": "/data", "RW": true },
                { "Type": "volume", "Name": "aaaa", "Destination": "/anon", "RW": false },
                { "Type": "bind", "Source": "/srv", "Destination": "/srv" },
            ],
            "NetworkSettings": { "Networks": {
                "shop_default": { "Aliases": ["db", "0123456789ab"], "IPAMConfig": null, "NetworkID": "n" },
                "other": { "Aliases": null, "IPAMConfig": { "IPv4Address": "10.0.0.9" } },
            } },
        });
        let sibling = Container { name: "shop-web-1".into(), id: "ffff".into(), ..Container::default() };
        let (body, others) = container_body(&said, "postgres:15", &[sibling]);
        assert_eq!(body["Env"], json!(["A=b"]));
        assert!(body.get("Hostname").is_none());
        assert_eq!(body["HostConfig"]["Binds"], json!(["shop_pgdata:/data:rw", "aaaa:/anon:ro"]));
        assert_eq!(body["HostConfig"]["VolumesFrom"], json!(["shop-web-1:ro"]));
        assert_eq!(body["HostConfig"]["Links"], json!(["shop-web-1:web"]));
        assert_eq!(others_of(&said["HostConfig"]), ["ffff", "shop-web-1", "ffff"]);
        assert_eq!(body["HostConfig"]["IpcMode"], "container:shop-web-1");
        assert_eq!(
            body["NetworkingConfig"]["EndpointsConfig"],
            json!({ "shop_default": { "Aliases": ["db"] } })
        );
        assert_eq!(
            others,
            [("other".to_owned(), json!({ "IPAMConfig": { "IPv4Address": "10.0.0.9" }, "Aliases": [] }))]
        );
    }

    #[test]
    fn what_is_made_bears_the_copys_id() {
        assert_eq!(marked(json!({"Labels": null}), "20"), json!({"Labels": {"guard.restored": "20"}}));
        let labels = json!({"Labels": {"a": "b", "guard.restored": "20"}});
        assert_eq!(marked(json!({"Labels": {"a": "b"}}), "20"), labels);
    }

    #[test]
    fn targets_are_compared_as_the_daemon_keeps_them() {
        for (path, want) in
            [("/data/", "/data"), ("//data//x", "/data/x"), ("/a/../b/.", "/b"), ("/", "/"), ("", "/")]
        {
            assert_eq!(cleaned(path), want, "{path}");
        }
        let said = json!({ "Mounts": [
            { "Type": "volume", "Name": "named", "Destination": "/data", "RW": true },
            { "Type": "volume", "Name": "other", "Destination": "/x/home", "RW": true },
        ] });
        let mut host = Map::new();
        host.insert("Binds".to_owned(), json!(["named:/data/"]));
        host.insert("Mounts".to_owned(), json!([{ "Type": "volume", "Source": "", "Target": "/x/home/" }]));
        mount_unnamed(&said, &mut host);
        assert_eq!(
            (&host["Binds"], &host["Mounts"]),
            (&json!(["named:/data/", "other:/x/home"]), &json!([]))
        );
    }

    #[test]
    fn a_mount_that_named_no_volume_gets_its_name() {
        let said =
            json!({ "Mounts": [{ "Type": "volume", "Name": "aaaa", "Destination": "/d", "RW": true }] });
        let mut host = Map::new();
        host.insert("Mounts".to_owned(), json!([{ "Type": "volume", "Source": "", "Target": "/d" }]));
        mount_unnamed(&said, &mut host);
        assert_eq!((&host["Mounts"], &host["Binds"]), (&json!([]), &json!(["aaaa:/d"])));
    }
}
