//! What of outside a new container can reach: volumes, directories of the host, other containers' volumes, the machine itself.
//!
//! docker/cli `opts/mount.go` and `cli/compose/loader/volume.go`; docker-run(1), podman-run(1).

use super::words::Words;
use crate::engine::grammar::cobra::go_bool;

/// What is mounted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source<'a> {
    /// A file or directory of the host the daemon runs on.
    Path(&'a [u8]),
    /// A named volume.
    Volume(&'a [u8]),
    /// A volume that is made for this container.
    Anonymous,
    /// Whatever this other container mounts.
    Container(&'a [u8]),
    /// Memory: nothing of it stays.
    Memory,
    /// An image, a cluster volume, what else there may be.
    Other,
}

/// One mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mount<'a> {
    /// What is mounted.
    pub source: Source<'a>,
    /// Where in the container; empty where the words do not say.
    pub target: &'a [u8],
    /// Whether the container cannot write to it.
    pub read_only: bool,
}

/// The mounts that the words name, in their order.
pub fn of<'s, 'a>(words: &'s Words<'a>) -> impl Iterator<Item = Mount<'a>> + 's {
    words.given.iter().filter_map(|given| {
        if given.level != super::words::Level::Command {
            return None;
        }
        match given.flag?.name {
            "volume" => Some(bind(given.value)),
            "mount" | "mount-add" => Some(mount(given.value)),
            "volumes-from" => Some(from_container(given.value)),
            "tmpfs" => Some(Mount {
                source: Source::Memory,
                target: part(given.value, 0).unwrap_or_default(),
                read_only: false,
            }),
            _ => None,
        }
    })
}

/// Whether the container can change something outside of it.
pub fn reach_out(words: &Words<'_>) -> bool {
    // What a file of Compose mounts stands in there.
    if words.strange || words.row().is_some_and(|row| row.group == super::tables::COMPOSE.name) {
        return true;
    }
    let writes =
        |mount: Mount<'_>| !mount.read_only && !matches!(mount.source, Source::Anonymous | Source::Memory);
    let gives = |flag| words.all_of(flag).next().is_some();
    of(words).any(writes)
        || words.on("privileged")
        || ["pid", "ipc", "userns", "uts", "device", "cap-add", "security-opt", "rootfs", "cgroupns", "pod"]
            .into_iter()
            .any(gives)
}

fn part(value: &[u8], nth: usize) -> Option<&[u8]> {
    value.split(|b| *b == b':').nth(nth)
}

fn source(text: &[u8]) -> Source<'_> {
    match text {
        [] => Source::Anonymous,
        [b'/' | b'.' | b'~' | b'$', ..] => Source::Path(text),
        name => Source::Volume(name),
    }
}

/// `-v [SOURCE:]TARGET[:OPTIONS]`.
fn bind(value: &[u8]) -> Mount<'_> {
    match (part(value, 0), part(value, 1), part(value, 2)) {
        (Some(from), Some(target), options) => {
            let mut options = options.unwrap_or_default().split(|b| *b == b',');
            Mount {
                source: source(from),
                target,
                read_only: options.any(|option| matches!(option, b"ro" | b"readonly")),
            }
        }
        (target, ..) => {
            Mount { source: Source::Anonymous, target: target.unwrap_or_default(), read_only: false }
        }
    }
}

/// `--mount type=volume,source=NAME,target=PATH,readonly`.
fn mount(value: &[u8]) -> Mount<'_> {
    let (mut kind, mut from) = (&b"volume"[..], None);
    let mut found = Mount { source: Source::Other, target: b"", read_only: false };
    let mut device = None;
    // A line of comma-separated values: a field may stand in quotes. Keys and types count in any case. Whatever it is, the shim hands it
    // on to guard, and need not know.
    let whole = cfg!(feature = "cli");
    let same = |one: &[u8], other: &[u8]| if whole { one.eq_ignore_ascii_case(other) } else { one == other };
    for field in value.split(|b| *b == b',') {
        let field = if whole { unquoted(field) } else { field };
        let split = field.iter().position(|b| *b == b'=').unwrap_or(field.len());
        let (key, rest) = field.split_at_checked(split).unwrap_or((field, b""));
        let value = rest.get(1..);
        let named = |name: &[u8]| same(key, name);
        if named(b"type") {
            kind = value.unwrap_or_default();
        } else if named(b"source") || named(b"src") {
            from = value;
        } else if named(b"target") || named(b"dst") || named(b"destination") {
            found.target = value.unwrap_or_default();
        } else if named(b"readonly") || named(b"ro") {
            found.read_only = value.is_none_or(|value| go_bool(value) == Some(true));
        } else if whole && named(b"volume-opt") {
            device = value.and_then(|option| option.strip_prefix(b"device=")).or(device);
        }
    }
    let from = from.unwrap_or_default();
    let is = |name: &[u8]| same(kind, name);
    found.source = match device {
        Some(device @ [b'/', ..]) if is(b"volume") => Source::Path(device),
        _ if is(b"volume") && from.is_empty() => Source::Anonymous,
        _ if is(b"volume") => Source::Volume(from),
        _ if is(b"bind") => Source::Path(from),
        _ if is(b"tmpfs") || is(b"ramfs") => Source::Memory,
        _ => Source::Other,
    };
    found
}

fn unquoted(field: &[u8]) -> &[u8] {
    match field {
        [b'"', inner @ .., b'"'] => inner,
        field => field,
    }
}

/// `--volumes-from CONTAINER[:OPTIONS]`.
fn from_container(value: &[u8]) -> Mount<'_> {
    let read_only = part(value, 1).is_some_and(|options| options.split(|b| *b == b',').any(|o| o == b"ro"));
    Mount { source: Source::Container(part(value, 0).unwrap_or_default()), target: b"", read_only }
}

#[cfg(test)]
mod tests {
    use super::super::tables::Cli;
    use super::Source::*;
    use super::*;

    fn all(line: &str) -> String {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let shown = |mount: Mount<'_>| {
            let source = match mount.source {
                Path(path) => text(path),
                Volume(name) => format!("volume {}", text(name)),
                Anonymous => "new".to_owned(),
                Container(name) => format!("of {}", text(name)),
                Memory => "memory".to_owned(),
                Other => "other".to_owned(),
            };
            let only = if mount.read_only { " ro" } else { "" };
            format!("{source} at {}{only}", text(mount.target))
        };
        of(&Words::read(Cli::Docker, &words, false)).map(shown).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn mounts_are_read() {
        for (line, want) in [
            ("run -v pgdata:/d img", "volume pgdata at /d"),
            ("run -v pgdata:/d:ro,z img", "volume pgdata at /d ro"),
            ("run -v/srv/pg:/d img", "/srv/pg at /d"),
            ("run --volume=./x:/d img", "./x at /d"),
            ("run -v /d img", "new at /d"),
            ("run --mount type=bind,src=/srv,dst=/d,ro img", "/srv at /d ro"),
            ("run --mount source=v,target=/d,readonly=false img", "volume v at /d"),
            ("run --mount target=/d img", "new at /d"),
            ("run --mount type=tmpfs,target=/d img", "memory at /d"),
            ("run --mount type=cluster,target=/d img", "other at /d"),
            ("run --volumes-from db:ro img", "of db at  ro"),
            ("run --tmpfs /run:size=1m img", "memory at /run"),
            ("create -v a:/a -v b:/b img -v c:/c", "volume a at /a, volume b at /b"),
            ("rm -v web", ""),
            ("compose run -v a:/a web", "volume a at /a"),
            ("run -v", "new at "),
            ("run --mount , img", "new at "),
        ] {
            assert_eq!(all(line), want, "{line}");
        }
    }

    /// What guard reads of a mount's words and the shim leaves to it.
    #[test]
    #[cfg(feature = "cli")]
    fn mounts_are_read_as_docker_does() {
        for (line, want) in [
            ("run --mount Type=BIND,Source=/srv,Target=/d img", "/srv at /d"),
            ("run --mount type=volume,\"source=v\",target=/d img", "volume v at /d"),
            (
                "run --mount type=volume,volume-opt=type=none,volume-opt=device=/srv/pg,target=/d img",
                "/srv/pg at /d",
            ),
        ] {
            assert_eq!(all(line), want, "{line}");
        }
    }

    #[test]
    fn what_a_container_reaches() {
        let reaches = |line: &str| {
            let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
            reach_out(&Words::read(Cli::Docker, &words, false))
        };
        for line in [
            "run -v a:/a img",
            "run --privileged img",
            "run --pid=host img",
            "run --volumes-from db img",
            "compose run web",
            "run --frobnicate img",
        ] {
            assert!(reaches(line), "{line}");
        }
        for line in
            ["run --rm img", "run -v a:/a:ro img", "run -v /a img", "run --tmpfs /a img", "run -p 80:80 img"]
        {
            assert!(!reaches(line), "{line}");
        }
    }
}
