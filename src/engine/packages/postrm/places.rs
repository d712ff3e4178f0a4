//! Which directories hold what would be missed.

use crate::engine::glob::matches;

/// What a place holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// What cannot be made again.
    Data,
    /// Settings: `/etc`.
    Settings,
    /// Files of packages, caches, logs, what a restart makes again.
    Nothing,
}

/// Where data never is (hier(7), FHS 3.0), and where whatever is deleted comes back by itself or from the archive.
const NOTHING: &[&str] = &[
    "/bin",
    "/boot",
    "/dev",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/proc",
    "/run",
    "/sbin",
    "/snap",
    "/sys",
    "/tmp",
    "/usr",
    "/var/cache",
    "/var/catman",
    "/var/crash",
    "/var/lock",
    "/var/log",
    "/var/run",
    "/var/tmp",
    // The package system's own books.
    "/var/lib/apt",
    "/var/lib/dpkg",
    "/var/lib/systemd",
    "/var/lib/ucf",
    "/var/lib/update-rc.d",
    "/var/lib/insserv",
    // Made again by a trigger, the next start or the next update.
    "/var/lib/PackageKit",
    "/var/lib/app-info",
    "/var/lib/apt-xapian-index",
    "/var/lib/aptitude",
    "/var/lib/aspell",
    "/var/lib/ca-certificates-java",
    "/var/lib/clamav",
    "/var/lib/command-not-found",
    "/var/lib/dictionaries-common",
    "/var/lib/doc-base",
    "/var/lib/emacsen-common",
    "/var/lib/ghc",
    "/var/lib/ghostscript",
    "/var/lib/initramfs-tools",
    "/var/lib/ispell",
    "/var/lib/logrotate",
    "/var/lib/man-db",
    "/var/lib/mecab",
    "/var/lib/misc",
    "/var/lib/mlocate",
    "/var/lib/plocate",
    "/var/lib/python",
    "/var/lib/python-wheels",
    "/var/lib/sgml-base",
    "/var/lib/swcatalog",
    "/var/lib/tex-common",
    "/var/lib/texmf",
    "/var/lib/ubuntu-advantage/apt-esm",
    "/var/lib/update-manager",
    "/var/lib/update-notifier",
    "/var/lib/urandom",
    "/var/lib/vim",
    "/var/lib/xkb",
    "/var/lib/xml-core",
    // What the programs keep for the time they run: request bodies, caches, retry hints, message logs, root anchors,
    // what they copy into the directory they lock themselves into.
    "/var/lib/nginx",
    "/var/lib/polkit-1/.cache",
    "/var/lib/tomcat*/temp",
    "/var/lib/roundcube/temp",
    "/var/lib/rabbitmq/plugins-scratch",
    "/var/lib/supervise",
    "/var/lib/apache2",
    "/var/lib/tomcat*/policy",
    "/var/lib/unbound",
    "/var/lib/postfix",
    "/var/spool/postfix/dev",
    "/var/spool/postfix/etc",
    "/var/spool/postfix/lib*",
    "/var/spool/postfix/pid",
    "/var/spool/postfix/private",
    "/var/spool/postfix/public",
    "/var/spool/postfix/usr",
    "/var/spool/exim4/db",
    "/var/spool/exim4/exim-process.info",
    "/var/spool/exim4/gnutls-params*",
    "/var/spool/exim4/msglog",
];

/// Settings that hold what nobody else has: keys, accounts, whole directories of people.
const KEPT_IN_ETC: &[&str] = &["/etc/ldap/slapd.d", "/etc/letsencrypt", "/etc/wireguard", "/etc/openvpn"];

/// What an absolute path holds.
pub fn place(path: &str) -> Place {
    let below = |dirs: &[&str]| {
        dirs.iter().any(|dir| {
            let (mut wanted, mut parts) = (dir.split('/'), path.split('/'));
            wanted.all(|want| parts.next().is_some_and(|part| matches(want, part)))
        })
    };
    if below(NOTHING) || path == "/" || path.is_empty() {
        Place::Nothing
    } else if below(KEPT_IN_ETC) || !below(&["/etc"]) {
        Place::Data
    } else {
        Place::Settings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places() {
        for (path, want) in [
            ("/var/lib/redis", Place::Data),
            ("/var/lib/apteryx", Place::Data),
            ("/var/spool/postfix", Place::Data),
            ("/var/spool/postfix/deferred", Place::Data),
            ("/var/spool/postfix/lib64", Place::Nothing),
            ("/srv/ftp", Place::Data),
            ("/opt/gitlab", Place::Data),
            ("/home/x", Place::Data),
            ("/var/lib/apt/lists", Place::Nothing),
            ("/var/lib/tomcat10/temp", Place::Nothing),
            ("/var/lib/tomcat10/webapps", Place::Data),
            ("/var/log/x", Place::Nothing),
            ("/run/x", Place::Nothing),
            ("/usr/lib/x", Place::Nothing),
            ("/etc/nginx", Place::Settings),
            ("/etc/letsencrypt/live", Place::Data),
            ("/", Place::Nothing),
        ] {
            assert_eq!(place(path), want, "{path}");
        }
    }

    #[test]
    fn the_rows_are_well_formed() {
        assert!(NOTHING.iter().all(|dir| dir.starts_with('/') && !dir.ends_with('/')));
        // Walks look no deeper for them.
        assert!(NOTHING.iter().all(|dir| dir.split('/').count() <= 5));
    }
}
