//! `manifest.json` of a copy of what a daemon had. Field names are a public format: schema 1 only ever gains fields.
//!
//! What containers were told (their variables hold passwords) is none of them: it lies in files of the copy, as the daemon said it.

use crate::keep::head::{Kind, Missing};
use crate::keep::stored::Stored;
use serde::{Deserialize, Serialize};

/// What is known about the copy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Always 1.
    pub schema: u32,
    /// What `guard restore` takes.
    pub id: String,
    /// Always [`Kind::Docker`].
    pub kind: Kind,
    /// When, RFC 3339 in UTC.
    pub ts: String,
    /// The version of guard that wrote it.
    pub guard: String,
    /// The command that was about to run, tool first, secrets replaced.
    pub argv: Vec<String>,
    /// The machine of the daemon, as phrases spell it.
    pub host: String,
    /// The daemon.
    pub daemon: Daemon,
    /// Volumes that go.
    pub volumes: Vec<Volume>,
    /// Dumps of databases that ran, by the tools of their own containers.
    #[serde(default)]
    pub dumps: Vec<Dump>,
    /// Volumes that stay, only lead elsewhere or lie in memory: how they were made, and nothing of what is in them.
    #[serde(default)]
    pub definitions: Vec<Definition>,
    /// Containers that go.
    #[serde(default)]
    pub containers: Vec<Container>,
    /// Networks that those were in and that somebody made.
    #[serde(default)]
    pub networks: Vec<Network>,
    /// Files of Compose that the project was made of.
    #[serde(default)]
    pub files: Vec<File>,
    /// Size of everything in it.
    pub bytes: u64,
    /// What a person has to know of it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What could not be copied; an empty list is a whole copy.
    #[serde(default)]
    pub gaps: Vec<Missing>,
    /// How long it took.
    #[serde(default)]
    pub took_ms: u64,
}

/// A daemon.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Daemon {
    /// What it calls itself; absent where it has no name for itself (podman).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Where it listened.
    pub endpoint: String,
}

/// A volume.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Volume {
    /// Its name.
    pub name: String,
    /// What the daemon said of it.
    pub inspect: Stored,
    /// What was in it.
    pub content: Content,
    /// The database that kept its data there: `PostgreSQL 15`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub database: Option<String>,
}

/// How a volume was made.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Definition {
    /// Its name.
    pub name: String,
    /// What the daemon said of it.
    pub inspect: Stored,
}

/// What was in a volume: a tar, packed by zstd.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// The file.
    #[serde(flatten)]
    pub stored: Stored,
    /// The directory that everything in the tar lies in.
    pub top: String,
    /// Files, directories, links and whatever else there was, counted when it was read back; the directory itself is one.
    pub entries: u64,
    /// Bytes of all files in it.
    pub live_bytes: u64,
    /// How it was read.
    pub by: By,
}

/// How the content of a volume was read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum By {
    /// By tar(1), where it lay: with extended attributes and holes.
    #[default]
    Tar,
    /// By the daemon, which leaves out extended attributes and fills holes with zeros.
    Archive,
}

/// A dump of all databases of a server: SQL, packed by zstd, read back and found whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dump {
    /// The container that it ran in.
    pub container: String,
    /// The server: `PostgreSQL 15`.
    pub database: String,
    /// The file.
    #[serde(flatten)]
    pub stored: Stored,
    /// Tables in it.
    pub tables: u64,
    /// Rows of these.
    pub rows: u64,
}

/// A container.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Container {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// The image it was made of, as it was named then.
    pub image: String,
    /// Whether its program ran.
    pub ran: bool,
    /// What the daemon said of it.
    pub inspect: Stored,
}

/// A network.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Network {
    /// Its name.
    pub name: String,
    /// Its id.
    pub id: String,
    /// What the daemon said of it.
    pub inspect: Stored,
}

/// A file that lay on the machine where guard ran.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// Its path there.
    pub path: String,
    /// The file in the copy.
    #[serde(flatten)]
    pub stored: Stored,
}

impl Manifest {
    /// Its files.
    pub fn stored(&self) -> impl Iterator<Item = &Stored> {
        let volumes = self.volumes.iter().flat_map(|one| [&one.inspect, &one.content.stored]);
        let containers = self.containers.iter().map(|one| &one.inspect);
        let networks = self.networks.iter().map(|one| &one.inspect);
        let dumps = self.dumps.iter().map(|one| &one.stored);
        let definitions = self.definitions.iter().map(|one| &one.inspect);
        volumes
            .chain(dumps)
            .chain(definitions)
            .chain(containers)
            .chain(networks)
            .chain(self.files.iter().map(|one| &one.stored))
    }

    /// Bytes of all files in all volumes.
    pub fn live_bytes(&self) -> u64 {
        self.volumes.iter().map(|one| one.content.live_bytes).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_as_documented() {
        let volume = Volume {
            name: "pgdata".into(),
            content: Content {
                stored: Stored { file: "volumes/0.tar.zst".into(), bytes: 9, sha256: "ab".into() },
                top: "_data".into(),
                entries: 3,
                live_bytes: 20,
                by: By::Archive,
            },
            ..Volume::default()
        };
        let text = serde_json::to_string(&volume).unwrap();
        assert!(text.contains(
            r#""content":{"file":"volumes/0.tar.zst","bytes":9,"sha256":"ab","top":"_data","entries":3,"live_bytes":20,"by":"archive"}"#
        ));
        assert_eq!(serde_json::from_str::<Volume>(&text).unwrap(), volume);
        let manifest = Manifest { schema: 1, kind: Kind::Docker, ..Manifest::default() };
        assert!(serde_json::to_string(&manifest).unwrap().contains(r#""kind":"docker""#));
    }
}
