//! `manifest.json` of a copy of packages. Field names are a public format: schema 1 only ever gains fields.

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
    /// Always [`Kind::Apt`].
    pub kind: Kind,
    /// When, RFC 3339 in UTC.
    pub ts: String,
    /// The version of guard that wrote it.
    pub guard: String,
    /// The command that was about to run, tool first, secrets replaced.
    pub argv: Vec<String>,
    /// The host, as phrases spell it.
    pub host: String,
    /// The system the packages are of: `/`, or the directory the command named.
    pub root: String,
    /// Every package that goes.
    pub packages: Vec<Package>,
    /// Every settings file, link and directory in it, as it was.
    #[serde(default)]
    pub files: Vec<Settings>,
    /// PostgreSQL clusters that the command drops.
    #[serde(default)]
    pub clusters: Vec<Cluster>,
    /// Size of everything in it.
    pub bytes: u64,
    /// What could not be copied; an empty list is a whole copy.
    #[serde(default)]
    pub gaps: Vec<Missing>,
    /// How long it took.
    #[serde(default)]
    pub took_ms: u64,
}

/// One package as it was.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Package {
    /// Its name without the architecture.
    pub name: String,
    /// Its architecture (`amd64`, `all`).
    pub arch: String,
    /// The version that was installed; absent for a leftover whose settings alone remained.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Its purge script was going to run.
    pub purged: bool,
    /// It was installed automatically, as a dependency.
    pub auto: bool,
    /// What dpkg was told to do with it: `install`, `hold`, `deinstall`.
    pub want: String,
    /// The package itself; absent when it could not be had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deb: Option<Deb>,
    /// Its units.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub units: Vec<Unit>,
}

/// A unit of systemd.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unit {
    /// `nginx.service`.
    pub name: String,
    /// Whether something was going to start it.
    pub enabled: bool,
}

impl Package {
    /// The name as dpkg takes it, with the architecture.
    pub fn full_name(&self) -> String {
        format!("{}:{}", self.name, self.arch)
    }
}

/// A package's file in the copy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Deb {
    /// Its place in the copy.
    pub file: String,
    /// Its size.
    pub bytes: u64,
    /// SHA-256, lower-case hex.
    pub sha256: String,
    /// Where it was had from.
    pub from: From,
}

/// Where a package's file was had from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum From {
    /// /var/cache/apt/archives.
    #[default]
    Cache,
    /// A mirror.
    Download,
    /// Put together from the installed files by dpkg-repack.
    Repack,
}

/// A settings file, link or directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settings {
    /// Its path in the system.
    pub path: String,
    /// The package it was kept for.
    pub package: String,
    /// Why it was kept.
    pub role: Role,
    /// What it is.
    #[serde(flatten)]
    pub is: Is,
    /// Its mode, in octal.
    pub mode: String,
    /// Its owner.
    pub owner: Owner,
    /// Its group.
    pub group: Owner,
}

/// What lies at a path.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub enum Is {
    /// A file; its content lies at the same path below `files/`.
    File {
        /// Its size.
        bytes: u64,
        /// SHA-256, lower-case hex.
        sha256: String,
    },
    /// A symbolic link.
    Link {
        /// What it points to.
        target: String,
    },
    /// A directory.
    Dir,
    /// Nothing: a settings file of the package that somebody had deleted.
    Absent,
}

/// Why a file was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// dpkg calls it one of the package's settings.
    Conffile,
    /// It lies where the package's own settings lie, or its scripts delete it.
    Settings,
    /// What an administrator did to a unit.
    Unit,
    /// Settings of a database cluster, which are of use to that cluster alone.
    Cluster,
}

/// A user or group: the number, and the name it had.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The number.
    pub id: u32,
    /// The name, when it had one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// A PostgreSQL cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// `15`.
    pub version: String,
    /// `main`.
    pub name: String,
    /// Who owns its data.
    pub owner: String,
    /// Its port.
    pub port: u16,
    /// Its data directory.
    pub data: String,
    /// `SHOW server_encoding` and the like, for `pg_createcluster`: encoding.
    #[serde(default)]
    pub encoding: String,
    /// Locale of template1.
    #[serde(default)]
    pub locale: String,
    /// Roles and tablespaces; absent when they could not be had.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub globals: Option<Stored>,
    /// A dump of every database that could be had whole.
    #[serde(default)]
    pub databases: Vec<Database>,
    /// Its directories, packed by tar(1), where its server did not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directories: Option<Stored>,
}

impl Cluster {
    /// Its files in the copy.
    pub fn stored(&self) -> impl Iterator<Item = &Stored> {
        self.globals.iter().chain(self.databases.iter().map(|d| &d.dump)).chain(&self.directories)
    }

    /// `15/main`.
    pub fn called(&self) -> String {
        format!("{}/{}", self.version, self.name)
    }
}

/// A dump of one database, read back and found whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Database {
    /// Its name.
    pub name: String,
    /// The dump.
    #[serde(flatten)]
    pub dump: Stored,
    /// Size of the live database.
    pub live_bytes: u64,
    /// Tables it had.
    pub tables: u64,
    /// Rows that the dump holds, counted while it was read back.
    pub rows: u64,
}

impl Manifest {
    /// How many settings files (links included, directories not).
    pub fn settings(&self) -> usize {
        self.files.iter().filter(|f| matches!(f.is, Is::File { .. } | Is::Link { .. })).count()
    }

    /// How many package files.
    pub fn debs(&self) -> usize {
        self.packages.iter().filter(|p| p.deb.is_some()).count()
    }

    /// How many clusters whose directories were packed.
    pub fn packed(&self) -> usize {
        self.clusters.iter().filter(|c| c.directories.is_some()).count()
    }

    /// How many dumps.
    pub fn dumps(&self) -> usize {
        self.clusters.iter().map(|c| c.databases.len()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_format_is_as_documented() {
        let file = Settings {
            path: "/etc/x".into(),
            package: "x".into(),
            role: Role::Conffile,
            is: Is::File { bytes: 3, sha256: "ab".into() },
            mode: "0640".into(),
            owner: Owner { id: 0, name: Some("root".into()) },
            group: Owner { id: 7, name: None },
        };
        let text = serde_json::to_string(&file).unwrap();
        assert_eq!(
            text,
            r#"{"path":"/etc/x","package":"x","role":"conffile","type":"file","bytes":3,"sha256":"ab","mode":"0640","owner":{"id":0,"name":"root"},"group":{"id":7}}"#
        );
        assert_eq!(serde_json::from_str::<Settings>(&text).unwrap(), file);
        let database = Database { name: "prod".into(), rows: 5, ..Database::default() };
        let text = serde_json::to_string(&database).unwrap();
        assert_eq!(serde_json::from_str::<Database>(&text).unwrap(), database);
        let manifest = Manifest { schema: 1, kind: Kind::Apt, ..Manifest::default() };
        assert!(serde_json::to_string(&manifest).unwrap().contains(r#""kind":"apt""#));
    }
}
