//! Where an address leads, as far as its name tells: a Service of this cluster, somewhere else, or nobody knows.

/// Where a host is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    /// A Service of this cluster: name and namespace.
    Service(String, String),
    /// Outside of it.
    Outside,
    /// It may be either.
    Unsure,
}

/// Ends of names on the internet that are no names of namespaces.
const OUTSIDE: &[&str] = &["com", "net", "org", "edu", "gov"];
/// Names of machines by which their own number is told.
const MIRRORS: &[&str] = &["nip.io", "sslip.io", "xip.io"];

/// Where a host is; names without a namespace are of the namespace `here`.
pub fn of_host(host: &str, here: &str) -> Host {
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    // A number may be anywhere, this machine and this cluster included.
    let unsure = host.is_empty()
        || host.contains('$')
        || host == "localhost"
        || host.parse::<core::net::IpAddr>().is_ok()
        || MIRRORS.iter().any(|end| host.ends_with(end));
    if unsure {
        return Host::Unsure;
    }
    let labels: Vec<&str> = host.split('.').collect();
    let service = |name: &str, namespace: &str| Host::Service(name.to_owned(), namespace.to_owned());
    // `NAME.NAMESPACE.svc…`, with the pod's name before it for a pod of a StatefulSet.
    if let Some(at) = labels.iter().position(|label| *label == "svc").filter(|at| *at >= 2) {
        return service(labels[at - 2], labels[at - 1]);
    }
    match labels.as_slice() {
        [name] => service(name, here),
        [.., last] if OUTSIDE.contains(last) => Host::Outside,
        // Every namespace may be called like an end of names; two letters behind two others are a country's.
        [name, namespace] if namespace.len() > 3 => service(name, namespace),
        [_, _, .., last] if labels.len() > 2 && last.len() == 2 => Host::Outside,
        [_, _, .., "io" | "dev" | "app" | "cloud"] if labels.len() > 2 => Host::Outside,
        _ => Host::Unsure,
    }
}

/// The host of an address: `http://minio.shop.svc:9000/x` → `minio.shop.svc`, `git@github.com:acme/shop` → `github.com`.
pub fn host(address: &str) -> Option<String> {
    let rest = match address.split_once("://") {
        Some((_, rest)) => rest,
        None => match address.split_once('@') {
            Some((_, rest)) if rest.contains(':') => rest,
            _ => address,
        },
    };
    let rest = rest.split(['/', '?', '#']).next()?;
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let host = match rest.strip_prefix('[') {
        Some(rest) => rest.split(']').next()?,
        None => rest.split(':').next()?,
    };
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}

/// Schemes behind which a host stands; behind the others stands a bucket of a cloud.
const OF_HOSTS: &[&str] = &["http", "https", "sftp", "ssh", "rest", "git", "oci", "ftp", "nfs", "smb"];
/// Schemes of the clouds' own stores.
const OF_CLOUDS: &[&str] = &["s3", "gs", "az", "azblob", "azure", "b2", "swift"];

/// Where what an address names lies, by its own words.
pub fn of_address(address: &str, here: &str) -> Host {
    match address.split_once("://") {
        Some((scheme, rest)) if OF_CLOUDS.contains(&scheme) => {
            let named = !rest.starts_with(['/', '$']) && !rest.is_empty();
            if named { Host::Outside } else { Host::Unsure }
        }
        Some((scheme, _)) if OF_HOSTS.contains(&scheme) => match host(address) {
            Some(host) => of_host(&host, here),
            None => Host::Unsure,
        },
        None if address.contains('@') && address.contains(':') => match host(address) {
            Some(host) => of_host(&host, here),
            None => Host::Unsure,
        },
        _ => Host::Unsure,
    }
}

/// An address as it may be shown: without a login, and without what follows its place.
pub fn shown(address: &str) -> String {
    let address = address.split(['?', '#', ' ']).next().unwrap_or_default();
    match address.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/').map_or((rest, ""), |(host, path)| (host, path));
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            // A bucket has no port: what stands behind the colon may be half of a login.
            let host =
                if OF_CLOUDS.contains(&scheme) { host.split(':').next().unwrap_or_default() } else { host };
            let slash = if path.is_empty() { "" } else { "/" };
            format!("{scheme}://{host}{slash}{path}")
        }
        // `git@github.com:acme/shop`; anything else with a sign in it may be a secret.
        None if address.starts_with("git@") => address.to_owned(),
        None if address.bytes().all(|b| b.is_ascii_alphanumeric() || b"._/-".contains(&b)) => {
            address.to_owned()
        }
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        let service = |name: &str, namespace: &str| Host::Service(name.to_owned(), namespace.to_owned());
        for (host, want) in [
            ("minio", service("minio", "here")),
            ("minio.shop.svc", service("minio", "shop")),
            ("minio.shop.svc.cluster.local", service("minio", "shop")),
            ("minio-0.minio.shop.svc.cluster.local.", service("minio", "shop")),
            ("minio.storage", service("minio", "storage")),
            ("minio.dev", Host::Unsure),
            ("minio.io", Host::Unsure),
            ("minio-0.minio.shop", Host::Unsure),
            ("wasabi.com", Host::Outside),
            ("s3.eu-west-1.amazonaws.com", Host::Outside),
            ("s3.example.de", Host::Outside),
            ("minio.acme.dev", Host::Outside),
            ("minio.acme.internal", Host::Unsure),
            ("10.0.0.7", Host::Unsure),
            ("::1", Host::Unsure),
            ("127.0.0.1.nip.io", Host::Unsure),
            ("localhost", Host::Unsure),
            ("$s3_url", Host::Unsure),
            ("", Host::Unsure),
        ] {
            assert_eq!(of_host(host, "here"), want, "{host}");
        }
    }

    #[test]
    fn addresses() {
        let service = |name: &str, namespace: &str| Host::Service(name.to_owned(), namespace.to_owned());
        for (address, want) in [
            ("s3://acme-pg/main", Host::Outside),
            ("s3://", Host::Unsure),
            ("pvc://b", Host::Unsure),
            ("file:///srv/git/x", Host::Unsure),
            ("http://minio.shop.svc:9000/b", service("minio", "shop")),
            ("sftp://u@backup.example.com/x", Host::Outside),
            ("git@github.com:acme/shop.git", Host::Outside),
            ("git@gitea.git.svc:acme/shop.git", service("gitea", "git")),
            ("http://10.96.3.4/acme.git", Host::Unsure),
            ("/backups", Host::Unsure),
        ] {
            assert_eq!(of_address(address, "here"), want, "{address}");
        }
    }

    #[test]
    fn no_secret_of_an_address_is_shown() {
        for (address, want) in [
            ("s3://key:secret@bucket/x?sig=abc", "s3://bucket/x"),
            ("s3://key:secret", "s3://key"),
            ("https://x.blob.core.windows.net/pg?sv=2020&sig=abc", "https://x.blob.core.windows.net/pg"),
            ("https://me:token@github.com/acme/shop", "https://github.com/acme/shop"),
            ("http://minio:9000/b", "http://minio:9000/b"),
            ("key:secret@minio:9000/b", ""),
            ("rclone::s3,access_key_id=AKIA,secret_access_key=SECRET:b", ""),
            ("git@github.com:acme/shop.git", "git@github.com:acme/shop.git"),
            ("/backups/pg", "/backups/pg"),
        ] {
            assert_eq!(shown(address), want, "{address}");
        }
    }
}
