//! What goes with the command: by it is told which copies go along.

use super::json;
use crate::engine::backup::{Fate, Stored};
use serde_json::Value;
use std::collections::{BTreeSet, HashSet};

/// What goes with the command.
#[derive(Clone, Debug, Default)]
pub struct Doomed {
    /// Namespaces that go as a whole.
    pub namespaces: BTreeSet<String>,
    /// Uids of the objects that the command names.
    pub uids: HashSet<String>,
    /// Claims that go, as `namespace/name`.
    pub claims: BTreeSet<String>,
}

impl Doomed {
    /// Whether an object goes along: with its namespace, by its own name, or with its owner.
    pub fn takes(&self, object: &Value) -> bool {
        let owners = json::owners(object);
        json::text(object, "/metadata/namespace").is_some_and(|namespace| self.namespaces.contains(namespace))
            || json::text(object, "/metadata/uid").is_some_and(|uid| self.uids.contains(uid))
            || owners.iter().any(|uid| self.uids.contains(uid))
    }

    /// Where something at an address lies: `at` is shown, `endpoint` is the server that holds it where that is not the
    /// cloud's own.
    pub fn stored(&self, at: &str, endpoint: Option<&str>, here: &str) -> Stored {
        let at = without_secrets(at);
        let Some(host) = endpoint.and_then(host) else {
            let fate = if at.contains("://") { Fate::Nothing } else { Fate::Unknown };
            return Stored { at, fate, ..Stored::default() };
        };
        // An address of a number may be anywhere, this machine included.
        if host.parse::<std::net::IpAddr>().is_ok() || host == "localhost" {
            return Stored { at: format!("{at} on {host}"), fate: Fate::Unknown, ..Stored::default() };
        }
        match service(&host, here) {
            Some((name, namespace)) if self.namespaces.contains(&namespace) => Stored {
                at,
                fate: Fate::Command,
                because: format!("its bucket is on {name}.{namespace}, which goes"),
                unreachable: None,
            },
            Some((name, namespace)) => {
                let at = format!("{at} on {name}.{namespace}");
                Stored { at, fate: Fate::Cluster, ..Stored::default() }
            }
            None => Stored { at, fate: Fate::Nothing, ..Stored::default() },
        }
    }

    /// Where something in a claim lies.
    pub fn in_claim(&self, namespace: &str, name: &str) -> Stored {
        let full = format!("{namespace}/{name}");
        let goes = self.namespaces.contains(namespace) || self.claims.contains(&full);
        Stored {
            at: format!("claim {name}"),
            fate: if goes { Fate::Command } else { Fate::Cluster },
            because: if goes { format!("it is kept in claim {name}, which goes") } else { String::new() },
            unreachable: None,
        }
    }
}

/// The host of an endpoint: `http://minio.shop.svc:9000` → `minio.shop.svc`.
fn host(endpoint: &str) -> Option<String> {
    let rest = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
    let rest = rest.split(['/', '?', '#']).next()?;
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    let host = match rest.strip_prefix('[') {
        Some(rest) => rest.split(']').next()?,
        None => rest.split(':').next()?,
    };
    (!host.is_empty()).then(|| host.to_ascii_lowercase())
}

/// The Service that a host name stands for, and its namespace; names without one are of the namespace `here`.
pub fn service(host: &str, here: &str) -> Option<(String, String)> {
    let host = host.trim_end_matches('.');
    let mut labels = host.split('.');
    let name = labels.next().filter(|name| !name.is_empty() && *name != "localhost")?;
    let rest: Vec<&str> = labels.collect();
    match rest.as_slice() {
        [] => Some((name.to_owned(), here.to_owned())),
        // Two labels may be a domain of its own: what ends like one is.
        [namespace] if !TLDS.contains(namespace) => Some((name.to_owned(), (*namespace).to_owned())),
        [namespace, "svc", ..] => Some((name.to_owned(), (*namespace).to_owned())),
        _ => None,
    }
}

/// Ends of names that two labels have on the internet; no namespace of a cluster that reads its mail is called so.
const TLDS: &[&str] =
    &["com", "net", "org", "io", "dev", "cloud", "eu", "de", "uk", "fr", "nl", "ch", "local", "internal"];

/// An address without what follows its place and without a login in it.
fn without_secrets(at: &str) -> String {
    let at = at.split(['?', '#', ' ']).next().unwrap_or_default();
    match at.split_once("://") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_once('/').map_or((rest, ""), |(host, path)| (host, path));
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            let slash = if path.is_empty() { "" } else { "/" };
            format!("{scheme}://{host}{slash}{path}")
        }
        None => at.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_bucket_is() {
        let doomed = Doomed { namespaces: ["shop".to_owned()].into(), ..Doomed::default() };
        for (at, endpoint, fate) in [
            ("s3://acme-pg/main", None, Fate::Nothing),
            ("s3://acme-pg", Some("https://s3.eu-west-1.amazonaws.com"), Fate::Nothing),
            ("s3://acme-pg", Some("https://minio.example.com"), Fate::Nothing),
            ("s3://pg", Some("http://minio.shop.svc:9000"), Fate::Command),
            ("s3://pg", Some("http://minio.shop.svc.cluster.local:9000/x"), Fate::Command),
            ("s3://pg", Some("http://minio:9000"), Fate::Command),
            ("s3://pg", Some("http://minio.storage:9000"), Fate::Cluster),
            ("s3://pg", Some("http://minio.storage.svc"), Fate::Cluster),
            ("s3://pg", Some("http://wasabi.com"), Fate::Nothing),
            ("s3://pg", Some("http://10.0.0.7:9000"), Fate::Unknown),
            ("s3://pg", Some("http://[::1]:9000"), Fate::Unknown),
            ("s3://pg", Some("http://localhost:9000"), Fate::Unknown),
            ("/backups", None, Fate::Unknown),
        ] {
            assert_eq!(doomed.stored(at, endpoint, "shop").fate, fate, "{at} {endpoint:?}");
        }
    }

    #[test]
    fn no_secret_of_an_address_is_shown() {
        let doomed = Doomed::default();
        for (at, shown) in [
            ("s3://key:secret@host/bucket?sig=abc", "s3://host/bucket"),
            ("https://x.blob.core.windows.net/pg?sv=2020&sig=abc", "https://x.blob.core.windows.net/pg"),
            ("s3://bucket", "s3://bucket"),
        ] {
            assert_eq!(doomed.stored(at, None, "shop").at, shown);
        }
    }
}
