//! What a command is about to do to a daemon's things, by its words: the start of what has to be asked.

use super::data_dir;
use super::mounts::{self, Source};
use super::program::program;
use super::tables::{COMPOSE, Row};
use super::words::Words;

/// What is done to containers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Act {
    /// They stop; they are there afterwards.
    Stop,
    /// They stop and start again.
    Restart,
    /// They go, and `volumes` says whether those nobody has named go along.
    Remove {
        /// `-v`.
        volumes: bool,
    },
    /// They are changed and go on.
    Change,
}

/// Which volumes a prune takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unused {
    /// None.
    No,
    /// What the daemon takes by itself: before API 1.42 all that no container uses, since then those without a name.
    ByVersion,
    /// All that no container uses.
    All,
}

/// What a prune takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prune {
    /// Every stopped container.
    pub containers: bool,
    /// Volumes.
    pub volumes: Unused,
    /// Networks that no container uses.
    pub networks: bool,
    /// A filter narrows it.
    pub filtered: bool,
}

/// What a command of Compose does to its project.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// To the containers that there are.
    pub act: Act,
    /// Of these services; of all, where none is named.
    pub services: Vec<String>,
    /// Named volumes of the project's file go.
    pub named_volumes: bool,
    /// Volumes that nobody has named go along with their containers, or are left behind for new ones.
    pub anonymous: bool,
    /// Containers of the project that its file does not name go as well.
    pub orphans: bool,
    /// Containers may be made or started: with the data that others have open.
    pub starts: bool,
    /// So many of one service: `--scale web=2`.
    pub scale: Vec<(String, u32)>,
    /// Services that others need are started, too.
    pub with_needed: bool,
    /// Containers that run are left alone (`rm` without `--stop`).
    pub only_stopped: bool,
    /// What the words mount besides.
    pub mounts: Vec<New>,
    /// A container for one command is made, which is this program where the words name it.
    pub one_off: bool,
}

/// What is mounted into a new container, by the words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// A volume.
    Volume(String),
    /// A path of the daemon's machine, or for a relative one of the caller's directory.
    Path(String),
    /// All that this container mounts.
    Of(String),
}

/// A mount of a new container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct New {
    /// What.
    pub wanted: Wanted,
    /// Where in the container.
    pub target: String,
}

/// What a command is about to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Something to containers.
    Containers {
        /// As the words name them; all, where that is said.
        names: Vec<String>,
        /// Every one (`podman stop --all`), or the newest.
        all: bool,
        /// What.
        act: Act,
    },
    /// Volumes go.
    Volumes {
        /// Their names.
        names: Vec<String>,
        /// Every one (`podman volume rm --all`).
        all: bool,
    },
    /// What is not used goes.
    Prune(Prune),
    /// Something to a project of Compose.
    Project(Project),
    /// A container is made, with these mounts that it can write to. `serves` is false where its program is known to be no server.
    Create {
        /// The mounts.
        mounts: Vec<New>,
        /// Its program may be a server.
        serves: bool,
        /// The container of this name goes first (`podman run --replace`).
        replaces: Option<String>,
    },
    /// Containers start again, with the mounts they have.
    Start {
        /// As the words name them.
        names: Vec<String>,
    },
    /// Networks go, or a container leaves one.
    Networks {
        /// Their names.
        names: Vec<String>,
    },
    /// Something of the caller's own machine alone: a context.
    Own,
    /// Something else, of which guard knows no question.
    Other,
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// What the words are about to do; [`Wish::Other`] where they lead to no command or to one that touches none of these.
pub fn of(words: &Words<'_>) -> Wish {
    let Some(row) = words.row() else { return Wish::Other };
    let names: Vec<String> = words.operands.iter().map(|(_, word)| text(word)).collect();
    let all = words.on("all") || words.on("latest");
    let containers = |act| Wish::Containers { names: names.clone(), all, act };
    match (row.group, row.name) {
        ("compose", _) => project(words, row, names),
        // A signal that says something else than to end (docker-kill(1)).
        ("container", "kill") if words.last("signal").is_some_and(|signal| !ends(signal)) => {
            containers(Act::Change)
        }
        ("container", "stop" | "kill") => containers(Act::Stop),
        ("container", "pause") => containers(Act::Change),
        ("container", "restart") => containers(Act::Restart),
        ("container", "update" | "attach") => containers(Act::Change),
        ("context", _) => Wish::Own,
        // `--link` takes a name away, no container.
        ("container", "rm") if !words.on("link") => containers(Act::Remove { volumes: words.on("volumes") }),
        ("container", "start") => Wish::Start { names },
        ("container", "run" | "create") => create(words),
        ("volume", "rm") => Wish::Volumes { names, all },
        ("volume", "prune") => {
            let all = words.on("all") || words.all_of("filter").any(|given| is_all(given.value));
            let filtered = words.all_of("filter").any(|given| !is_all(given.value));
            let volumes = if all { Unused::All } else { Unused::ByVersion };
            Wish::Prune(Prune { containers: false, volumes, networks: false, filtered })
        }
        ("container", "prune") => Wish::Prune(Prune {
            containers: true,
            volumes: Unused::No,
            networks: false,
            filtered: words.on("filter"),
        }),
        ("network", "prune") => Wish::Prune(Prune {
            containers: false,
            volumes: Unused::No,
            networks: true,
            filtered: words.on("filter"),
        }),
        ("system", "prune") => Wish::Prune(Prune {
            containers: true,
            volumes: if words.on("volumes") { Unused::ByVersion } else { Unused::No },
            networks: true,
            filtered: words.on("filter"),
        }),
        ("network", "rm") => Wish::Networks { names },
        ("network", "disconnect") => Wish::Networks { names: names.into_iter().take(1).collect() },
        _ => Wish::Other,
    }
}

/// Whether a signal ends a program: by name, with or without `SIG`, or by number.
fn ends(signal: &[u8]) -> bool {
    let name = signal.to_ascii_uppercase();
    let name = name.strip_prefix(b"SIG").unwrap_or(&name);
    !matches!(name, b"HUP" | b"1" | b"USR1" | b"10" | b"USR2" | b"12" | b"WINCH" | b"28" | b"CONT" | b"18")
}

/// `--filter all=1` is `--all` (docker/cli `cli/command/volume/prune.go`).
fn is_all(filter: &[u8]) -> bool {
    filter
        .strip_prefix(b"all=")
        .is_some_and(|value| matches!(value, b"1" | b"true" | b"t" | b"T" | b"True" | b"TRUE"))
}

fn project(words: &Words<'_>, row: &Row, operands: Vec<String>) -> Wish {
    let orphans = words.on("remove-orphans");
    let base = Project {
        act: Act::Change,
        services: operands,
        named_volumes: false,
        anonymous: false,
        orphans,
        starts: false,
        scale: Vec::new(),
        with_needed: !words.on("no-deps"),
        only_stopped: false,
        mounts: Vec::new(),
        one_off: false,
    };
    let scale = |words: &Words<'_>| words.all_of("scale").filter_map(|given| scaled(given.value)).collect();
    Wish::Project(match row.name {
        "down" => {
            let volumes = words.on("volumes");
            Project { act: Act::Remove { volumes }, named_volumes: volumes, anonymous: volumes, ..base }
        }
        "rm" => {
            let volumes = words.on("volumes");
            let only_stopped = !words.on("stop");
            Project { act: Act::Remove { volumes }, anonymous: volumes, only_stopped, ..base }
        }
        "kill" if words.last("signal").is_some_and(|signal| !ends(signal)) => base,
        "stop" | "kill" => Project { act: Act::Stop, ..base },
        "pause" => base,
        "restart" => Project { act: Act::Restart, starts: true, with_needed: false, ..base },
        "up" | "create" => {
            // What is made anew loses what it wrote for itself; its volumes are handed on, or left behind.
            let anew = words.on("force-recreate") || words.on("renew-anon-volumes");
            Project {
                act: if anew { Act::Remove { volumes: false } } else { Act::Change },
                anonymous: words.on("renew-anon-volumes"),
                starts: true,
                scale: scale(words),
                ..base
            }
        }
        "attach" => base,
        "start" | "watch" | "alpha/watch" => Project { starts: true, ..base },
        "scale" | "alpha/scale" => {
            let scale: Vec<(String, u32)> =
                words.operands.iter().filter_map(|(_, word)| scaled(word)).collect();
            let services = scale.iter().map(|(service, _)| service.clone()).collect();
            let fewer = scale.iter().any(|(_, count)| *count == 0);
            Project {
                act: if fewer { Act::Stop } else { Act::Change },
                services,
                starts: true,
                scale,
                ..base
            }
        }
        "run" => {
            let service = base.services.first().cloned();
            let serves = program(words).is_none_or(|program| !super::holders::is_client(&program));
            Project {
                services: service.into_iter().collect(),
                starts: serves,
                one_off: true,
                mounts: new_mounts(words),
                ..base
            }
        }
        _ => return Wish::Other,
    })
}

fn scaled(word: &[u8]) -> Option<(String, u32)> {
    let word = text(word);
    let (service, count) = word.split_once('=')?;
    Some((service.to_owned(), count.parse().ok()?))
}

fn create(words: &Words<'_>) -> Wish {
    Wish::Create {
        mounts: new_mounts(words),
        serves: program(words).is_none_or(|program| !super::holders::is_client(&program)),
        replaces: words.on("replace").then(|| words.last("name").map(text)).flatten(),
    }
}

/// What the words mount that can be written to.
fn new_mounts(words: &Words<'_>) -> Vec<New> {
    let writes = mounts::of(words).filter(|mount| !mount.read_only);
    let mounts = writes.filter_map(|mount| {
        let wanted = match mount.source {
            Source::Path(path) => Wanted::Path(text(path)),
            Source::Volume(name) => Wanted::Volume(text(name)),
            Source::Container(name) => Wanted::Of(text(name)),
            Source::Anonymous | Source::Memory | Source::Other => return None,
        };
        Some(New { wanted, target: text(mount.target) })
    });
    let mut all: Vec<New> = mounts.collect();
    let told = data_dir::told(words);
    let deeper = |mount: &New, dir: &String| {
        let (Wanted::Path(path), Some(rest)) =
            (&mount.wanted, dir.strip_prefix(mount.target.trim_end_matches('/')))
        else {
            return None;
        };
        let path = format!("{}{rest}", path.trim_end_matches('/'));
        rest.starts_with('/').then(|| New { wanted: Wanted::Path(path), target: dir.clone() })
    };
    let more: Vec<New> =
        all.iter().flat_map(|mount| told.iter().filter_map(move |dir| deeper(mount, dir))).collect();
    all.extend(more);
    all
}

/// A way to nearly the same end by which data stays. `clashes` says that two servers would open one directory.
pub fn safer(wish: &Wish, clashes: bool) -> Option<&'static str> {
    match wish {
        _ if clashes => {
            Some("stop the first server, or give the new one a volume of its own; to look only, mount it :ro")
        }
        Wish::Project(project) if project.named_volumes => Some("down without -v: the volumes stay"),
        Wish::Project(project) if project.anonymous => Some("the same without -v or -V: the volumes stay"),
        Wish::Containers { act: Act::Remove { volumes: true }, .. } => {
            Some("rm without -v: the volumes stay")
        }
        Wish::Containers { act: Act::Remove { volumes: false }, .. } => {
            Some("stop: the container stays, with what it wrote")
        }
        Wish::Prune(prune) if prune.containers && prune.volumes != Unused::No => {
            Some("the same without --volumes, or with --filter label=…")
        }
        Wish::Prune(_) => Some("the same with --filter until=24h or label=…"),
        _ => None,
    }
}

/// Whether a wish can only be told together with what Compose makes of its files.
pub fn wants_files(wish: &Wish) -> bool {
    matches!(wish, Wish::Project(_))
}

/// The flags that stand before everything: which daemon it is.
pub fn before_command<'a>(words: &Words<'a>) -> Vec<&'a [u8]> {
    let before = words.given.iter().filter(|given| given.level == super::words::Level::Tool);
    let end = before.map(|given| given.value_at.unwrap_or(given.at) + 1).max().unwrap_or(0);
    words.words.get(..end).unwrap_or_default().to_vec()
}

/// The command of Compose that says what its files come to, with everything that stands before the caller's own command:
/// `docker --context x compose -f a.yml config`. `None` where the words are no command of Compose.
pub fn config_words<'a>(words: &Words<'a>) -> Option<Vec<&'a [u8]>> {
    let row = words.row().filter(|row| row.group == COMPOSE.name)?;
    // The word that names the command: the first one behind all flags of the levels before it.
    let before = words
        .given
        .iter()
        .filter(|given| matches!(given.level, super::words::Level::Tool | super::words::Level::Compose));
    let behind = before.map(|given| given.value_at.unwrap_or(given.at) + 1).max().unwrap_or(0);
    let named = words.words.iter().enumerate().skip(behind).find(|(_, word)| {
        let name = row.name.split('/').next().unwrap_or(row.name);
        **word == name.as_bytes()
    });
    let (at, _) = named?;
    let mut all: Vec<&[u8]> = words.words.get(..at)?.to_vec();
    // A service that is named needs no profile; without one it would not be told.
    if !words.operands.is_empty() {
        all.extend([&b"--profile"[..], b"*"]);
    }
    all.extend([&b"config"[..], b"--format", b"json"]);
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::super::tables::Cli;
    use super::*;

    fn wish(cli: Cli, line: &str) -> Wish {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        of(&Words::read(cli, &words, false))
    }

    #[test]
    fn words_are_told_as_wishes() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        for (line, want) in [
            ("stop web db", Wish::Containers { names: names(&["web", "db"]), all: false, act: Act::Stop }),
            (
                "rm -fv web",
                Wish::Containers { names: names(&["web"]), all: false, act: Act::Remove { volumes: true } },
            ),
            (
                "rm -fv=false web",
                Wish::Containers { names: names(&["web"]), all: false, act: Act::Remove { volumes: false } },
            ),
            ("rm -l web/db", Wish::Other),
            ("start db", Wish::Start { names: names(&["db"]) }),
            ("volume rm pgdata", Wish::Volumes { names: names(&["pgdata"]), all: false }),
            ("network disconnect net web", Wish::Networks { names: names(&["net"]) }),
            ("ps", Wish::Other),
            ("frobnicate", Wish::Other),
        ] {
            assert_eq!(wish(Cli::Docker, line), want, "{line}");
        }
        assert_eq!(
            wish(Cli::Podman, "rm -a"),
            Wish::Containers { names: vec![], all: true, act: Act::Remove { volumes: false } }
        );
    }

    #[test]
    fn prunes_take_what_their_flags_say() {
        let prune = |line: &str| match wish(Cli::Docker, line) {
            Wish::Prune(prune) => (prune.containers, prune.volumes, prune.filtered),
            other => panic!("{line}: {other:?}"),
        };
        for (line, want) in [
            ("volume prune", (false, Unused::ByVersion, false)),
            ("volume prune -af", (false, Unused::All, false)),
            ("volume prune --filter all=1", (false, Unused::All, false)),
            ("volume prune --filter label=x", (false, Unused::ByVersion, true)),
            ("system prune -af --volumes", (true, Unused::ByVersion, false)),
            ("system prune -af", (true, Unused::No, false)),
            ("container prune --filter until=24h", (true, Unused::No, true)),
        ] {
            assert_eq!(prune(line), want, "{line}");
        }
    }

    #[test]
    fn projects_by_their_commands() {
        let project = |line: &str| match wish(Cli::Docker, line) {
            Wish::Project(project) => {
                let flags = [
                    (project.named_volumes, "named"),
                    (project.anonymous, "anonymous"),
                    (project.orphans, "orphans"),
                    (project.starts, "starts"),
                    (project.one_off, "one-off"),
                ];
                let flags: Vec<&str> =
                    flags.into_iter().filter(|(on, _)| *on).map(|(_, word)| word).collect();
                format!("{:?} {} {:?} {:?}", project.act, flags.join("+"), project.services, project.scale)
            }
            other => panic!("{line}: {other:?}"),
        };
        for (line, want) in [
            ("compose down -v", "Remove { volumes: true } named+anonymous [] []"),
            ("compose down", "Remove { volumes: false }  [] []"),
            ("compose rm -sfv web", "Remove { volumes: true } anonymous [\"web\"] []"),
            ("compose up -d --scale db=2", "Change starts [] [(\"db\", 2)]"),
            ("compose up -V", "Remove { volumes: false } anonymous+starts [] []"),
            ("compose run --rm db psql -c x", "Change one-off [\"db\"] []"),
            ("compose run --rm db", "Change starts+one-off [\"db\"] []"),
            ("compose scale db=0", "Stop starts [\"db\"] [(\"db\", 0)]"),
            ("compose stop web", "Stop  [\"web\"] []"),
        ] {
            assert_eq!(project(line), want, "{line}");
        }
    }

    #[test]
    fn new_containers_by_what_they_can_write_to() {
        let mounts = |line: &str| match wish(Cli::Docker, line) {
            Wish::Create { mounts, serves, .. } => {
                let told = |new: &New| match &new.wanted {
                    Wanted::Volume(name) => format!("{name} at {}", new.target),
                    Wanted::Path(path) => format!("{path} at {}", new.target),
                    Wanted::Of(name) => format!("all of {name}"),
                };
                (mounts.iter().map(told).collect::<Vec<_>>().join(", "), serves)
            }
            other => panic!("{line}: {other:?}"),
        };
        for (line, want, serves) in [
            (
                "run -d -v pgdata:/var/lib/postgresql/data postgres",
                "pgdata at /var/lib/postgresql/data",
                true,
            ),
            ("run -v pgdata:/d:ro postgres", "", true),
            ("run -v ./db:/d -v /x postgres", "./db at /d", true),
            ("run --volumes-from db postgres", "all of db", true),
            ("run --rm -v pgdata:/d busybox tar cf - /d", "pgdata at /d", false),
            ("run --rm -v pgdata:/d busybox sh -c x", "pgdata at /d", true),
            ("run -v /srv:/x -e PGDATA=/x/pg postgres", "/srv at /x, /srv/pg at /x/pg", true),
            ("run -v /:/x/ postgres -D /x/srv", "/ at /x/, /srv at /x/srv", true),
            ("run -v /srv:/x -e PGDATA=/xy postgres", "/srv at /x", true),
        ] {
            assert_eq!(mounts(line), (want.to_owned(), serves), "{line}");
        }
    }

    #[test]
    fn compose_is_asked_in_the_callers_own_words() {
        let config = |cli: Cli, line: &str| {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            config_words(&Words::read(cli, &words, false))
                .map(|words| String::from_utf8(words.join(&b' ')).unwrap())
        };
        for (cli, line, want) in [
            (Cli::Docker, "compose down -v", Some("compose config --format json")),
            (
                Cli::Docker,
                "--context x compose -f a.yml -p down down -v",
                Some("--context x compose -f a.yml -p down config --format json"),
            ),
            (Cli::Compose, "-f down.yml down", Some("-f down.yml config --format json")),
            (Cli::Compose, "down", Some("config --format json")),
            (Cli::Docker, "compose up -d db", Some("compose --profile * config --format json")),
            (Cli::Docker, "volume rm x", None),
        ] {
            assert_eq!(config(cli, line).as_deref(), want, "{line}");
        }
    }
}
