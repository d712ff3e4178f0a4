//! Daemons of somebody's desktop: play things of this machine, by their socket *and* by what they call themselves. A socket alone proves
//! nothing, it may lead anywhere; nor does a name that anybody can give a server.
//!
//! Sockets and names: the manuals of Docker Desktop, Colima, OrbStack, Rancher Desktop and Lima.

use crate::engine::glob;

/// The end of the socket's path, the daemon's name, its operating system; an empty word is not looked at.
const DESKTOPS: &[(&str, &str, &str)] = &[
    ("*/.docker/desktop/docker.sock", "docker-desktop", "Docker Desktop"),
    ("*/.docker/run/docker.sock", "docker-desktop", "Docker Desktop"),
    ("*/.colima/*docker.sock", "colima*", ""),
    ("*/.config/colima/*docker.sock", "colima*", ""),
    ("*/.orbstack/run/docker.sock", "orbstack", "OrbStack"),
    ("*/.rd/docker.sock", "lima-rancher-desktop", ""),
    ("*/.lima/*/sock/docker.sock", "lima-*", ""),
];

/// Whether that is one.
pub fn is_desktop(socket: &str, name: &str, system: &str) -> bool {
    DESKTOPS.iter().any(|(path, named, runs)| {
        glob::matches(path, socket) && glob::matches(named, name) && (runs.is_empty() || system == *runs)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_desktop_is_known_by_its_socket_and_its_name() {
        for (socket, name, system, want) in [
            ("/home/a/.docker/desktop/docker.sock", "docker-desktop", "Docker Desktop", true),
            ("/home/a/.docker/desktop/docker.sock", "db1", "Debian GNU/Linux 12", false),
            ("/var/run/docker.sock", "docker-desktop", "Docker Desktop", false),
            ("/Users/a/.colima/default/docker.sock", "colima", "Ubuntu 24.04", true),
            ("/Users/a/.colima/docker.sock", "colima-work", "Ubuntu 24.04", true),
            ("/var/run/docker.sock", "colima", "Ubuntu 24.04", false),
            ("/Users/a/.orbstack/run/docker.sock", "orbstack", "OrbStack", true),
        ] {
            assert_eq!(is_desktop(socket, name, system), want, "{socket} {name}");
        }
    }
}
