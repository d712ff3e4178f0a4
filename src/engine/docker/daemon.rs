//! What a daemon says of its containers and volumes: the parts that say what would be lost, and who uses it. The Engine API,
//! versions 1.41 to 1.51, `docs/api` of moby/moby; podman answers in the same words.

use super::holders::Signs;
use crate::engine::fact::{Known, Why};
use std::collections::{BTreeMap, BTreeSet};

/// What a container is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Its program runs, or will again in a moment: running, paused, restarting.
    Runs,
    /// It is there and nothing of it runs: created, exited.
    Stopped,
    /// A word that nobody knows. It may run.
    Unknown,
}

impl State {
    /// By the daemon's own word.
    pub fn of(word: &str) -> State {
        match word {
            "running" | "paused" | "restarting" | "stopping" => State::Runs,
            // `configured`, `initialized`, `stopped` are podman's.
            "created" | "exited" | "dead" | "configured" | "initialized" | "stopped" => State::Stopped,
            _ => State::Unknown,
        }
    }

    /// Whether it may run.
    pub fn may_run(self) -> bool {
        self != State::Stopped
    }
}

/// What stands behind a mount.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// A volume of this name.
    Volume(String),
    /// A path of the machine that the daemon runs on.
    Path(String),
    /// Memory, an image: nothing that others have as well.
    None,
}

/// Something that is mounted into a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mounted {
    /// What.
    pub origin: Origin,
    /// Where it lies on the daemon's machine, volumes too; empty where nobody says.
    pub source: String,
    /// Where in the container.
    pub target: String,
    /// Whether the container can write to it.
    pub writable: bool,
    /// Which directory that is, by device and inode, where it can be seen from here: links and bind mounts are looked through.
    pub is: Option<(u64, u64)>,
}

impl Mounted {
    /// Whether it is the volume of this name.
    pub fn is_of(&self, volume: &str) -> bool {
        matches!(&self.origin, Origin::Volume(name) if name == volume)
    }
}

/// A container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Container {
    /// 64 hexadecimal digits.
    pub id: String,
    /// Its name, without a slash.
    pub name: String,
    /// The image it was made of, as it was named.
    pub image: String,
    /// What it is doing.
    pub state: State,
    /// Seconds since it was made.
    pub age_s: Option<u64>,
    /// The same in the daemon's words: `Up 41 days (healthy)`.
    pub status: String,
    /// Labels, by their keys.
    pub labels: BTreeMap<String, String>,
    /// Ports of the machine that lead to it: `0.0.0.0:5432`.
    pub ports: Vec<String>,
    /// What is mounted.
    pub mounts: Vec<Mounted>,
    /// The volumes that it was told to mount by their names; of most nobody asks. What it mounts besides goes with it where `-v`
    /// says so, whatever its name looks like: Compose hands an anonymous volume on to the next container by its name.
    pub named: Option<Vec<String>>,
    /// Whether the daemon removes it as soon as it stops (`--rm`); of most nobody asks.
    pub removes_itself: Known<bool>,
    /// The paths it wrote outside of its mounts, first ones first; of most nobody asks.
    pub wrote: Known<Vec<String>>,
    /// So many bytes of it, where somebody counted.
    pub wrote_bytes: Option<u64>,
    /// The programs that run in it, where somebody looked.
    pub programs: Known<Vec<String>>,
    /// By what a server is told that has in memory what no file has yet; of most nobody asks.
    pub signs: Signs,
}

impl Default for Container {
    fn default() -> Container {
        Container {
            id: String::new(),
            name: String::new(),
            image: String::new(),
            state: State::Stopped,
            age_s: None,
            status: String::new(),
            labels: BTreeMap::new(),
            ports: Vec::new(),
            mounts: Vec::new(),
            named: None,
            removes_itself: Known::Unknown(Why::NotAsked),
            wrote: Known::Unknown(Why::NotAsked),
            wrote_bytes: None,
            programs: Known::Unknown(Why::NotAsked),
            signs: Signs::default(),
        }
    }
}

// Labels by which Compose knows its own (`pkg/api/labels.go` of docker/compose v2.40.0; version 1 has the same).
/// The label that tells the project of Compose which something belongs to.
pub const PROJECT: &str = "com.docker.compose.project";
const SERVICE: &str = "com.docker.compose.service";
const ONE_OFF: &str = "com.docker.compose.oneoff";
/// What marks a container that a volume was reached through, and that never runs.
pub const HELPER: &str = "guard.helper";
/// What marks a volume that nobody has named, from API 1.42 on.
const ANONYMOUS: &str = "com.docker.volume.anonymous";

impl Container {
    /// The project of Compose it belongs to.
    pub fn project(&self) -> Option<&str> {
        self.labels.get(PROJECT).map(String::as_str)
    }

    /// The service of that.
    pub fn service(&self) -> Option<&str> {
        self.labels.get(SERVICE).map(String::as_str)
    }

    /// Whether `compose run` made it.
    pub fn is_one_off(&self) -> bool {
        self.labels.get(ONE_OFF).is_some_and(|word| word.eq_ignore_ascii_case("true"))
    }

    /// The volumes it mounts.
    pub fn volumes(&self) -> impl Iterator<Item = &str> {
        self.mounts.iter().filter_map(|mount| match &mount.origin {
            Origin::Volume(name) => Some(name.as_str()),
            Origin::Path(_) | Origin::None => None,
        })
    }

    /// Whether it mounts this volume.
    pub fn mounts_volume(&self, name: &str) -> bool {
        self.mounts.iter().any(|mount| mount.is_of(name))
    }
}

/// A volume.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Volume {
    /// Its name.
    pub name: String,
    /// Who keeps it: `local`, a plugin.
    pub driver: String,
    /// Where it lies on the daemon's machine.
    pub mountpoint: String,
    /// Labels, by their keys.
    pub labels: BTreeMap<String, String>,
    /// What the driver was told: `type=nfs`.
    pub options: BTreeMap<String, String>,
    /// Its size in bytes, where the daemon has counted.
    pub bytes: Option<u64>,
}

impl Volume {
    /// Whether a prune leaves it alone, used or not: another driver's, or one whose driver was told something (moby
    /// `volume/service/service.go`, `pruneVolumes`; tried with 20.10).
    pub fn is_spared(&self) -> bool {
        !matches!(self.driver.as_str(), "" | "local") || !self.options.is_empty()
    }

    /// Whether it only leads to data: a directory, an NFS server. Removing it leaves that where it is (`local` driver, `--opt device=`).
    pub fn leads_elsewhere(&self) -> bool {
        let kind = self.options.get("type").map(String::as_str);
        matches!(self.driver.as_str(), "" | "local")
            && self.options.contains_key("device")
            && kind != Some("tmpfs")
    }

    /// Whether nobody gave it a name.
    pub fn is_anonymous(&self) -> bool {
        is_anonymous(&self.name) || self.labels.contains_key(ANONYMOUS)
    }
}

/// Whether a volume's name is one that the daemon makes up: 64 hexadecimal digits. Before API 1.42 no label says so.
pub fn is_anonymous(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

/// So much is shown of a name that the daemon made up, as docker itself shows that much of an id.
pub const SHOWN_OF_ANONYMOUS: usize = 12;

/// A volume as people are told of it: the made-up name is cut.
pub fn called(name: &str) -> String {
    match name.get(..SHOWN_OF_ANONYMOUS) {
        Some(short) if is_anonymous(name) => format!("anonymous volume {short}"),
        _ => format!("volume {name}"),
    }
}

/// What of a volume's or directory's content was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Inside {
    /// The database that keeps its data there: `PostgreSQL 15`.
    pub database: Option<String>,
    /// It is known by a file that nothing else has.
    pub surely: bool,
    /// The directory of it that is that data; empty where it is all of it.
    pub below: &'static str,
    /// Nothing at all is in it.
    pub empty: bool,
    /// Its size in bytes; `None` where nobody counted to the end.
    pub bytes: Option<u64>,
    /// Seconds since something of it was last written.
    pub written_s: Option<u64>,
    /// A process outside of all containers that has it open.
    pub open_by: Option<String>,
}

/// What was learnt from one daemon for one command.
#[derive(Clone, Debug)]
pub struct Learnt {
    /// Every container, the stopped ones too.
    pub containers: Known<Vec<Container>>,
    /// Every volume, or those that are named.
    pub volumes: Known<Vec<Volume>>,
    /// How many volumes there are, where somebody counted.
    pub volumes_total: Option<u64>,
    /// What stands in volumes and directories, as far as somebody could look.
    pub inside: BTreeMap<Origin, Known<Inside>>,
    /// The version of the API that the command will be carried out by: it decides what a prune takes.
    pub api: Option<(u32, u32)>,
    /// Whether it is podman that answers.
    pub is_podman: bool,
}

impl Default for Learnt {
    fn default() -> Learnt {
        Learnt {
            containers: Known::Unknown(Why::NotAsked),
            volumes: Known::Unknown(Why::NotAsked),
            volumes_total: None,
            inside: BTreeMap::new(),
            api: None,
            is_podman: false,
        }
    }
}

impl Learnt {
    /// The containers that a word of a command line means: the one of this id or name, else those whose id begins so (moby
    /// `daemon/container.go`, `GetContainer`; of several docker takes none).
    pub fn called<'s>(&'s self, word: &'s str) -> Vec<&'s Container> {
        let plain = word.strip_prefix('/').unwrap_or(word);
        let exact = |one: &&Container| one.id == word || one.name == plain;
        let named: Vec<&Container> = self.all().iter().filter(exact).collect();
        if !named.is_empty() || word.is_empty() {
            return named;
        }
        self.all().iter().filter(|one| one.id.starts_with(word)).collect()
    }

    /// Those that any of these words means, each once.
    pub fn meant(&self, words: &[String]) -> Vec<&Container> {
        let ids: BTreeSet<&str> =
            words.iter().flat_map(|word| self.called(word)).map(|one| one.id.as_str()).collect();
        self.all().iter().filter(|one| ids.contains(one.id.as_str())).collect()
    }

    /// The containers, or none where nobody knows them.
    pub fn all(&self) -> &[Container] {
        self.containers.value().map_or(&[], Vec::as_slice)
    }

    /// The volume of this name.
    pub fn volume(&self, name: &str) -> Option<&Volume> {
        self.volumes.value()?.iter().find(|volume| volume.name == name)
    }

    /// The containers that mount this volume.
    pub fn users<'s>(&'s self, volume: &'s str) -> impl Iterator<Item = &'s Container> + 's {
        // What an interrupted copy has left is nobody's.
        let uses = move |container: &&Container| {
            container.mounts_volume(volume) && !container.labels.contains_key(HELPER)
        };
        self.all().iter().filter(uses)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn containers_are_meant_by_name_or_id() {
        let one =
            |id: &str, name: &str| Container { id: id.into(), name: name.into(), ..Container::default() };
        let all = vec![one("3f2a91", "web"), one("db77", "prod"), one("9c", "db")];
        let learnt = Learnt { containers: Known::Known(all), ..Learnt::default() };
        for (word, want) in [
            ("web", "web"),
            ("/web", "web"),
            ("3f2a91", "web"),
            ("3", "web"),
            ("we", ""),
            ("", ""),
            // The name counts before the beginning of another one's id.
            ("db", "db"),
            ("db7", "prod"),
        ] {
            let names: Vec<&str> = learnt.called(word).iter().map(|one| one.name.as_str()).collect();
            assert_eq!(names.join(" "), want, "{word}");
        }
    }

    #[test]
    fn states_nobody_knows_may_run() {
        for (word, want) in [
            ("running", State::Runs),
            ("paused", State::Runs),
            ("exited", State::Stopped),
            ("configured", State::Stopped),
            ("", State::Unknown),
            ("thawing", State::Unknown),
        ] {
            assert_eq!(State::of(word), want, "{word}");
        }
        assert!(State::Unknown.may_run());
    }

    #[test]
    fn made_up_names_are_told() {
        let made_up = "0123456789abcdef".repeat(4);
        assert!(is_anonymous(&made_up) && !is_anonymous("pgdata") && !is_anonymous(&made_up.to_uppercase()));
        assert_eq!(called(&made_up), "anonymous volume 0123456789ab");
        assert_eq!(called("pgdata"), "volume pgdata");
        let labelled = Volume {
            name: "x".into(),
            labels: BTreeMap::from([(ANONYMOUS.to_owned(), String::new())]),
            ..Volume::default()
        };
        assert!(labelled.is_anonymous());
    }
}
