//! Where a copy lies, seen from the machine whose data it holds.

use super::Place;
use crate::engine::backup::{Fate, Stored, place};
use crate::family::machine::links::below;
use crate::run::mounts::Mounts;
use std::fs;
use std::net::IpAddr;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// In a directory or a file of this machine: on the device of the data or on another one; on another machine where that is what
/// is mounted there.
pub fn in_path(root: &Path, path: &Path, of: &Place) -> Stored {
    let stored = |fate, because: &str| Stored {
        at: path.display().to_string(),
        fate,
        because: because.to_owned(),
        unreachable: None,
    };
    let here = root == Path::new("/");
    let mounts = if here { Mounts::read() } else { Mounts::default() };
    // Whether looking there would wait for somebody else is asked first.
    if mounts.of(path).is_some_and(|mount| mount.is_elsewhere()) {
        let network =
            mounts.of(path).is_some_and(|mount| !mount.kind.starts_with("fuse") && mount.kind != "autofs");
        return if network { stored(Fate::Nothing, "") } else { stored(Fate::Unknown, "") };
    }
    let device = |path: &Path| {
        let mut dirs = path.ancestors();
        dirs.find_map(|dir| fs::metadata(below(root, dir)).ok()).map(|meta| meta.dev())
    };
    match (device(path), device(&of.data)) {
        (Some(a), Some(b)) if a == b => stored(Fate::Storage, "on the device of the data"),
        (Some(_), Some(_)) => stored(Fate::Host, ""),
        _ => stored(Fate::Unknown, ""),
    }
}

/// At an address: on another machine, or nobody knows.
pub fn at_address(root: &Path, address: &str, endpoint: Option<&str>) -> Stored {
    let host = endpoint.and_then(place::host).or_else(|| {
        let cloud = place::of_address(address, "") == place::Host::Outside;
        if cloud { None } else { place::host(address) }
    });
    let fate = match host {
        Some(host) => on_host(root, &host),
        None if place::of_address(address, "") == place::Host::Outside => Fate::Nothing,
        None => Fate::Unknown,
    };
    Stored { at: place::shown(address), fate, ..Stored::default() }
}

/// On a host of this name. A number may be one of this machine or of its containers, and behind a loopback there may be a tunnel:
/// of these nobody knows.
pub fn on_host(root: &Path, host: &str) -> Fate {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let number = host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok();
    let inside =
        [".svc", ".svc.cluster.local", ".localhost", ".localdomain"].iter().any(|end| host.ends_with(end));
    let mirror = ["nip.io", "sslip.io", "xip.io"].iter().any(|end| host.ends_with(end));
    if host.is_empty() || host.contains(['$', '\u{1}']) || host == "localhost" || number || inside || mirror {
        return Fate::Unknown;
    }
    let own = own_names(root);
    let first = |name: &str| name.split('.').next().unwrap_or_default().to_owned();
    if own.iter().any(|name| *name == host || (!host.contains('.') && first(name) == host)) {
        return Fate::Host;
    }
    Fate::Nothing
}

/// What this machine is called: by the kernel, and by its own table of hosts.
fn own_names(root: &Path) -> Vec<String> {
    let mut own = vec![own_name().to_ascii_lowercase()];
    let hosts = super::tool::read(&root.join("etc/hosts"), 256 << 10).ok().flatten().unwrap_or_default();
    for line in hosts.lines() {
        let mut words = line.split('#').next().unwrap_or_default().split_whitespace();
        let loops =
            words.next().and_then(|word| word.parse::<IpAddr>().ok()).is_some_and(|ip| ip.is_loopback());
        if loops {
            own.extend(words.map(str::to_ascii_lowercase));
        }
    }
    own
}

/// What the kernel calls it (uname(2)).
pub fn own_name() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// Whether a name in a catalogue is that of this machine; short and full names are the same.
pub fn is_own(name: &str) -> bool {
    let first = |name: &str| name.split('.').next().unwrap_or_default().to_ascii_lowercase();
    !name.is_empty() && first(name) == first(&own_name())
}

#[cfg(test)]
mod tests {
    use super::super::Kind;
    use super::*;

    #[test]
    fn hosts() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("etc")).unwrap();
        fs::write(root.path().join("etc/hosts"), "127.0.1.1 db1.example.org db1\n10.0.0.9 nas\n").unwrap();
        for (host, want) in [
            ("backup.example.com", Fate::Nothing),
            ("nas", Fate::Nothing),
            ("db1", Fate::Host),
            ("DB1.example.org.", Fate::Host),
            ("localhost", Fate::Unknown),
            ("127.0.0.1", Fate::Unknown),
            ("10.0.0.7", Fate::Unknown),
            ("minio.shop.svc", Fate::Unknown),
            ("$HOST", Fate::Unknown),
            ("", Fate::Unknown),
        ] {
            assert_eq!(on_host(root.path(), host), want, "{host}");
        }
        assert_eq!(on_host(root.path(), &own_name()), Fate::Host);
    }

    #[test]
    fn addresses() {
        for (address, endpoint, want, shown) in [
            ("s3://acme-pg/main", None, Fate::Nothing, "s3://acme-pg/main"),
            ("s3://acme-pg", Some("http://127.0.0.1:9000"), Fate::Unknown, "s3://acme-pg"),
            ("s3://acme-pg", Some("https://s3.eu-west-1.amazonaws.com"), Fate::Nothing, "s3://acme-pg"),
            ("sftp://u@backup.example.com/x", None, Fate::Nothing, "sftp://backup.example.com/x"),
            ("ssh://u:pw@localhost:2222/./r", None, Fate::Unknown, "ssh://localhost:2222/./r"),
            ("https://u:secret@rest.example.com/", None, Fate::Nothing, "https://rest.example.com"),
        ] {
            let stored = at_address(Path::new("/nonexistent"), address, endpoint);
            assert_eq!((stored.fate, stored.at.as_str()), (want, shown), "{address}");
        }
    }

    #[test]
    fn paths() {
        let dir = tempfile::tempdir().unwrap();
        let of = Place {
            what: "x".into(),
            kind: Kind::Other,
            data: dir.path().to_owned(),
            elsewhere: vec![],
            system_id: None,
            version: None,
            port: None,
            ..Place::default()
        };
        assert_eq!(in_path(Path::new("/"), &dir.path().join("not/there"), &of).fate, Fate::Storage);
        assert_eq!(in_path(Path::new("/"), Path::new("/proc/self"), &of).fate, Fate::Host);
    }
}
