//! How a daemon is reached: its address taken apart, and the files that prove who it is.

use crate::world::World;
use std::path::{Path, PathBuf};

/// A way to a daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// A socket of this machine.
    Unix(PathBuf),
    /// A port.
    Tcp {
        /// The host.
        host: String,
        /// The port.
        port: u16,
        /// How it is secured, where it is.
        tls: Option<Tls>,
    },
    /// A login on another machine, which hands the connection on.
    Ssh {
        /// As whom, where it says so.
        user: Option<String>,
        /// The host, or a name of ssh's own configuration.
        host: String,
        /// The port.
        port: Option<u16>,
        /// The socket there, where it is another than docker finds there by itself.
        path: Option<String>,
    },
    /// One that guard does not speak over, and why.
    Other(&'static str),
}

/// How a connection is secured.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Both sides show who they are, by these files.
    Verified {
        /// Certificates of whoever vouches for the daemon.
        ca: PathBuf,
        /// The caller's own certificate.
        cert: PathBuf,
        /// Its key.
        key: PathBuf,
    },
    /// Nobody looks who answers.
    Unverified,
}

impl Tls {
    /// The three files as docker calls them.
    pub fn below(dir: &Path) -> Tls {
        let file = |name: &str| dir.join(name);
        Tls::Verified { ca: file("ca.pem"), cert: file("cert.pem"), key: file("key.pem") }
    }
}

/// Where docker listens when nothing says otherwise.
const SOCKET: &str = "/var/run/docker.sock";

/// Takes an address apart (docker/cli `opts/hosts.go`). `tls` is what flags, variables and the context say.
pub fn parse(address: &str, tls: Option<Tls>, world: &World) -> Endpoint {
    let (scheme, rest) = address.split_once("://").unwrap_or(("tcp", address));
    match scheme {
        "unix" if rest.is_empty() => Endpoint::Unix(world.absolute(SOCKET)),
        "unix" => Endpoint::Unix(world.at(rest)),
        "ssh" => {
            let (authority, path) = rest.split_once('/').map_or((rest, None), |(a, path)| (a, Some(path)));
            let (user, host) =
                authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
            // A password in there ssh would refuse, and nobody is to see it.
            let user = user.map(|user| user.split(':').next().unwrap_or(user).to_owned());
            let (host, port) = host_and_port(host);
            if host.is_empty() || host.starts_with('-') {
                return Endpoint::Other("its address names no host");
            }
            let path = path.filter(|path| !path.is_empty()).map(|path| format!("/{path}"));
            Endpoint::Ssh { user, host, port, path }
        }
        "tcp" | "http" | "https" => {
            let authority = rest.split(['/', '?']).next().unwrap_or(rest);
            let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
            let (host, port) = host_and_port(authority);
            let tls = tls.or((scheme == "https").then_some(Tls::Unverified));
            let port = port.unwrap_or(if tls.is_some() { 2376 } else { 2375 });
            let host = if host.is_empty() { "localhost".to_owned() } else { host };
            Endpoint::Tcp { host, port, tls }
        }
        "npipe" => Endpoint::Other("a named pipe of Windows"),
        _ => Endpoint::Other("guard does not know this kind of address"),
    }
}

fn host_and_port(authority: &str) -> (String, Option<u16>) {
    if let Some((v6, rest)) = authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (v6.to_owned(), rest.strip_prefix(':').and_then(|port| port.parse().ok()));
    }
    match authority.split_once(':') {
        Some((host, port)) if !port.contains(':') => (host.to_owned(), port.parse().ok()),
        _ => (authority.to_owned(), None),
    }
}

/// An address as it may be seen: without the password and the query that may stand in it.
pub fn shown(address: &str) -> String {
    let plain = address.split('?').next().unwrap_or(address);
    let Some((scheme, rest)) = plain.split_once("://") else { return plain.to_owned() };
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let Some((user, host)) = authority.rsplit_once('@') else { return plain.to_owned() };
    let user = user.split_once(':').map_or(user.to_owned(), |(user, _)| format!("{user}:***"));
    format!("{scheme}://{user}@{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_apart() {
        let world = World::of(&[], "/home/anna");
        let unix = |path: &str| Endpoint::Unix(path.into());
        let tcp = |host: &str, port| Endpoint::Tcp { host: host.into(), port, tls: None };
        let ssh = |user: Option<&str>, host: &str, port, path: Option<&str>| Endpoint::Ssh {
            user: user.map(str::to_owned),
            host: host.into(),
            port,
            path: path.map(str::to_owned),
        };
        for (address, want) in [
            ("unix:///run/x.sock", unix("/run/x.sock")),
            ("unix://", unix("/var/run/docker.sock")),
            ("unix://x.sock", unix("/home/anna/x.sock")),
            ("tcp://db1", tcp("db1", 2375)),
            ("tcp://db1:99/", tcp("db1", 99)),
            ("tcp://[::1]:99", tcp("::1", 99)),
            ("tcp://:2375", tcp("localhost", 2375)),
            ("db1:99", tcp("db1", 99)),
            ("ssh://root@db1", ssh(Some("root"), "db1", None, None)),
            ("ssh://anna:secret@db1:22/run/d.sock", ssh(Some("anna"), "db1", Some(22), Some("/run/d.sock"))),
            ("ssh://db1/", ssh(None, "db1", None, None)),
            ("ssh://-oProxyCommand=x", Endpoint::Other("its address names no host")),
            ("npipe:////./pipe/docker_engine", Endpoint::Other("a named pipe of Windows")),
        ] {
            assert_eq!(parse(address, None, &world), want, "{address}");
        }
        assert_eq!(shown("tcp://u:secret@db1:2376/x?token=y"), "tcp://u:***@db1:2376/x");
        assert_eq!(shown("ssh://root@db1"), "ssh://root@db1");
        assert_eq!(shown("unix:///run/d.sock"), "unix:///run/d.sock");
        assert_eq!(parse("tcp://u:p@db1", None, &world), tcp("db1", 2375));
        let secured =
            Endpoint::Tcp { host: "db1".into(), port: 2376, tls: Some(Tls::below(Path::new("/c"))) };
        assert_eq!(parse("tcp://db1", Some(Tls::below(Path::new("/c"))), &world), secured);
    }
}
