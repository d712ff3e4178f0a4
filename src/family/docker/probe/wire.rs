//! The answers of a daemon, only what is read of them, and what they come to.

use crate::engine::docker::daemon::{Container, Mounted, Origin, State, Volume, is_anonymous};
use crate::engine::docker::holders::{Signs, programs};
use crate::engine::fact::Known;
use serde::Deserialize;
use std::collections::BTreeMap;

/// What stands in JSON as `null` for an empty list or map.
fn or_default<'de, T: Default + Deserialize<'de>, D: serde::Deserializer<'de>>(
    from: D,
) -> Result<T, D::Error> {
    Ok(Option::<T>::deserialize(from)?.unwrap_or_default())
}

/// `GET /info`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Info {
    /// `7TRN:IPZB:…`, since 24.0 a UUID.
    #[serde(rename = "ID", deserialize_with = "or_default")]
    pub id: String,
    /// The daemon's host name.
    #[serde(deserialize_with = "or_default")]
    pub name: String,
    /// `Debian GNU/Linux 12 (bookworm)`, `Docker Desktop`.
    #[serde(deserialize_with = "or_default")]
    pub operating_system: String,
    /// `20.10.24+dfsg1`.
    #[serde(deserialize_with = "or_default")]
    pub server_version: String,
    /// Its part in a swarm.
    #[serde(deserialize_with = "or_default")]
    pub swarm: Swarm,
}

/// A part of [`Info`].
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Swarm {
    /// `inactive`, `active`, `locked` …
    #[serde(deserialize_with = "or_default")]
    pub local_node_state: String,
    /// Whether it is a manager.
    #[serde(deserialize_with = "or_default")]
    pub control_available: bool,
}

/// One entry of `GET /containers/json`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Listed {
    #[serde(deserialize_with = "or_default")]
    id: String,
    #[serde(deserialize_with = "or_default")]
    names: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    image: String,
    #[serde(deserialize_with = "or_default")]
    created: serde_json::Value,
    #[serde(deserialize_with = "or_default")]
    ports: Vec<Port>,
    #[serde(deserialize_with = "or_default")]
    labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "or_default")]
    state: String,
    #[serde(deserialize_with = "or_default")]
    status: String,
    #[serde(deserialize_with = "or_default")]
    mounts: Vec<Mount>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct Port {
    #[serde(rename = "IP")]
    ip: Option<String>,
    #[serde(rename = "PublicPort")]
    public: Option<u32>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Mount {
    #[serde(deserialize_with = "or_default")]
    r#type: String,
    #[serde(deserialize_with = "or_default")]
    name: String,
    #[serde(deserialize_with = "or_default")]
    source: String,
    #[serde(deserialize_with = "or_default")]
    destination: String,
    #[serde(rename = "RW")]
    writable: Option<bool>,
}

impl Mount {
    fn read(self) -> Mounted {
        let origin = match self.r#type.as_str() {
            "volume" if !self.name.is_empty() => Origin::Volume(self.name),
            "tmpfs" | "image" | "npipe" => Origin::None,
            _ if self.source.is_empty() => Origin::None,
            _ => Origin::Path(self.source.clone()),
        };
        // What does not say so may be written to.
        Mounted {
            origin,
            source: self.source,
            target: self.destination,
            writable: self.writable.unwrap_or(true),
            is: None,
        }
    }
}

impl Listed {
    /// The container, `now` in seconds since 1970.
    pub fn read(self, now: i64) -> Container {
        let name = self.names.iter().find(|name| name.matches('/').count() <= 1).or(self.names.first());
        let name = name.map(|name| name.trim_start_matches('/').to_owned());
        let mut ports: Vec<String> = self
            .ports
            .iter()
            .filter_map(|port| {
                let public = port.public?;
                Some(match port.ip.as_deref().unwrap_or_default() {
                    "" | "0.0.0.0" | "::" => public.to_string(),
                    ip => format!("{ip}:{public}"),
                })
            })
            .collect();
        ports.sort();
        ports.dedup();
        Container {
            name: name.filter(|name| !name.is_empty()).unwrap_or_else(|| self.id.chars().take(12).collect()),
            image: self.image,
            state: State::of(&self.state),
            age_s: created(&self.created).and_then(|at| u64::try_from(now - at).ok()),
            id: self.id,
            status: self.status,
            labels: self.labels,
            ports,
            mounts: self.mounts.into_iter().map(Mount::read).collect(),
            ..Container::default()
        }
    }
}

/// Seconds since 1970: a number, in podman's answers before 5 a text of RFC 3339.
fn created(value: &serde_json::Value) -> Option<i64> {
    value.as_i64().or_else(|| moment(value.as_str()?))
}

fn moment(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(|at| at.as_second())
}

/// `GET /containers/ID/json`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Inspected {
    /// How it was set up.
    #[serde(deserialize_with = "or_default")]
    pub host_config: HostConfig,
    /// The program that was started.
    #[serde(deserialize_with = "or_default")]
    path: String,
    /// Its arguments.
    #[serde(deserialize_with = "or_default")]
    args: Vec<String>,
    /// What it was made of.
    #[serde(deserialize_with = "or_default")]
    config: Config,
    /// What it wrote outside of its mounts, in bytes; with `?size=1` alone.
    pub size_rw: Option<u64>,
}

/// A part of [`Inspected`]. Variables hold passwords: they are looked through and let go.
#[derive(Clone, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Config {
    #[serde(deserialize_with = "or_default")]
    image: String,
    #[serde(deserialize_with = "or_default")]
    env: Vec<String>,
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config").field("image", &self.image).finish_non_exhaustive()
    }
}

/// A part of [`Inspected`].
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct HostConfig {
    /// `--rm`.
    pub auto_remove: Option<bool>,
    /// `-v NAME:TARGET:OPTIONS`.
    #[serde(deserialize_with = "or_default")]
    binds: Vec<String>,
    /// `--mount`.
    #[serde(deserialize_with = "or_default")]
    mounts: Vec<Asked>,
    /// `--volumes-from`.
    #[serde(deserialize_with = "or_default")]
    volumes_from: Vec<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Asked {
    #[serde(deserialize_with = "or_default")]
    source: String,
}

/// One entry of `GET /containers/ID/changes`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Change {
    /// The path.
    pub path: String,
    /// 0 changed, 1 added, 2 gone.
    pub kind: u8,
}

/// `GET /containers/ID/top`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Top {
    #[serde(deserialize_with = "or_default")]
    titles: Vec<String>,
    #[serde(deserialize_with = "or_default")]
    processes: Vec<Vec<String>>,
}

impl Top {
    /// The command line of each process; `None` where no column has it.
    pub fn programs(self) -> Option<Vec<String>> {
        programs(&self.titles, self.processes)
    }
}

/// `GET /volumes`, and a part of `GET /system/df`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Volumes {
    /// All of them.
    #[serde(deserialize_with = "or_default")]
    pub volumes: Vec<Kept>,
}

/// `GET /volumes/NAME`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Kept {
    #[serde(deserialize_with = "or_default")]
    name: String,
    #[serde(deserialize_with = "or_default")]
    driver: String,
    #[serde(deserialize_with = "or_default")]
    mountpoint: String,
    #[serde(deserialize_with = "or_default")]
    labels: BTreeMap<String, String>,
    #[serde(deserialize_with = "or_default")]
    options: BTreeMap<String, String>,
    #[serde(deserialize_with = "or_default")]
    usage_data: Usage,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Usage {
    /// -1 where nobody counted.
    size: Option<i64>,
}

impl Kept {
    /// The volume. `CreatedAt` is left out: of a local one it is when its directory last changed (tried with 20.10).
    pub fn read(self) -> Volume {
        Volume {
            bytes: self.usage_data.size.and_then(|size| u64::try_from(size).ok()),
            name: self.name,
            driver: self.driver,
            mountpoint: self.mountpoint,
            labels: self.labels,
            options: self.options,
        }
    }
}

/// What an inspection adds to a container.
pub fn add(container: &mut Container, inspected: &Inspected) {
    if let Some(removes) = inspected.host_config.auto_remove {
        container.removes_itself = Known::Known(removes);
    }
    let binds = inspected.host_config.binds.iter().filter_map(|bind| bind.split(':').next());
    let mounts = inspected.host_config.mounts.iter().map(|mount| mount.source.as_str());
    container.named = Some(binds.chain(mounts).filter(|name| !name.is_empty()).map(str::to_owned).collect());
    if !inspected.host_config.volumes_from.is_empty()
        && let Some(named) = &mut container.named
    {
        // What another container was told by name.
        let taken = container.mounts.iter().filter_map(|mount| match &mount.origin {
            Origin::Volume(name) if !is_anonymous(name) => Some(name.clone()),
            _ => None,
        });
        named.extend(taken);
    }
    container.wrote_bytes = inspected.size_rw;
    let words = std::iter::once(&inspected.path).chain(&inspected.args).map(String::as_str);
    let variables = inspected.config.env.iter().map(String::as_str);
    container.signs = Signs::read(&inspected.config.image, words, variables);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_as_daemons_give_them() {
        let docker = r#"[{"Id":"3f2a","Names":["/web/db","/web"],"Image":"nginx","Created":1700000000,"State":"running",
            "Status":"Up 2 hours","Labels":null,"Ports":[{"IP":"0.0.0.0","PrivatePort":80,"PublicPort":8080,"Type":"tcp"},
            {"IP":"::","PrivatePort":80,"PublicPort":8080,"Type":"tcp"},{"PrivatePort":443,"Type":"tcp"}],
            "Mounts":[{"Type":"volume","Name":"pgdata","Source":"","Destination":"/d","RW":true},
            {"Type":"bind","Source":"/srv","Destination":"/s","RW":false},{"Type":"tmpfs","Destination":"/t"}]}]"#;
        let listed: Vec<Listed> = serde_json::from_str(docker).unwrap();
        let read = listed[0].clone().read(1_700_003_600);
        assert_eq!((read.name.as_str(), read.age_s, read.state), ("web", Some(3600), State::Runs));
        assert_eq!(read.ports, ["8080"]);
        let origins: Vec<(Origin, bool)> =
            read.mounts.into_iter().map(|mount| (mount.origin, mount.writable)).collect();
        assert_eq!(
            origins,
            [
                (Origin::Volume("pgdata".into()), true),
                (Origin::Path("/srv".into()), false),
                (Origin::None, true)
            ]
        );
        let podman = r#"[{"Id":"aa","Names":["/p"],"Created":"2023-11-14T22:13:20Z","State":"configured"}]"#;
        let listed: Vec<Listed> = serde_json::from_str(podman).unwrap();
        let read = listed[0].clone().read(1_700_003_600);
        assert_eq!((read.age_s, read.state), (Some(3600), State::Stopped));
    }

    #[test]
    fn a_volume_of_a_driver_that_reports_a_status() {
        let text = r#"{"Volumes":[{"Name":"v","Driver":"rexray","Mountpoint":"","Status":{"availability":"b","size":16},
            "CreatedAt":"2023-11-14T22:13:20Z","Labels":null,"Options":null,"Scope":"","UsageData":{"Size":-1,"RefCount":-1}}]}"#;
        let volumes: Volumes = serde_json::from_str(text).unwrap();
        let read = volumes.volumes[0].clone().read();
        assert_eq!((read.name.as_str(), read.bytes), ("v", None));
    }

    #[test]
    fn programs_stand_in_the_last_column() {
        let top: Top = serde_json::from_str(
            r#"{"Titles":["UID","PID","CMD"],"Processes":[["0","1","postgres: walwriter"]]}"#,
        )
        .unwrap();
        assert_eq!(top.programs(), Some(vec!["postgres: walwriter".to_owned()]));
        let odd: Top = serde_json::from_str(r#"{"Titles":["PID"],"Processes":[["1"]]}"#).unwrap();
        assert_eq!(odd.programs(), None);
    }

    #[test]
    fn an_inspection_says_what_a_container_of_a_bare_id_runs() {
        let said = r#"{"Path":"docker-entrypoint.sh","Args":["redis-server"],"Config":{"Image":"cda7afbb8cc6",
            "Env":["REDIS_PASSWORD=hunter2"],"Cmd":["redis-server"]},"HostConfig":{"AutoRemove":false,"Binds":null}}"#;
        let inspected: Inspected = serde_json::from_str(said).unwrap();
        assert!(!format!("{inspected:?}").contains("hunter2"));
        let mut container = Container { image: "cda7afbb8cc6".into(), ..Container::default() };
        assert!(container.signs.leave_open(&container.image));
        add(&mut container, &inspected);
        assert!(!container.signs.leave_open(&container.image));
        let odd: Inspected = serde_json::from_str(r#"{"Path":null,"Args":null,"Config":null}"#).unwrap();
        add(&mut container, &odd);
        assert!(container.signs.leave_open(&container.image));
    }
}
