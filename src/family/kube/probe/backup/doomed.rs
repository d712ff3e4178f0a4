//! What goes with the command: by it is told which copies go along.

use super::json;
use crate::engine::backup::place::{self, Host};
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

    /// Where something at an address lies, seen from the namespace `here`: by the server that holds it, where that is said, and
    /// else by the address itself.
    pub fn stored(&self, address: &str, endpoint: Option<&str>, here: &str) -> Stored {
        let at = place::shown(address);
        let host = match endpoint.filter(|endpoint| !endpoint.is_empty()) {
            Some(endpoint) => place::host(endpoint).map_or(Host::Unsure, |host| place::of_host(&host, here)),
            None => place::of_address(address, here),
        };
        match host {
            Host::Service(name, namespace) if self.namespaces.contains(&namespace) => Stored {
                at,
                fate: Fate::Command,
                because: format!("its place is {name}.{namespace}, which goes"),
                unreachable: None,
            },
            Host::Service(name, namespace) => {
                // What is deleted there may be what the server itself lies on.
                let beside = format!("{namespace}/");
                let touched = self.claims.iter().any(|claim| claim.starts_with(&beside));
                let at = if at.contains(&name) { at } else { format!("{at} on {name}.{namespace}") };
                Stored { at, fate: if touched { Fate::Unknown } else { Fate::Cluster }, ..Stored::default() }
            }
            Host::Outside => Stored { at, fate: Fate::Nothing, ..Stored::default() },
            Host::Unsure => Stored { at, fate: Fate::Unknown, ..Stored::default() },
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_bucket_is() {
        let doomed = Doomed { namespaces: ["shop".to_owned()].into(), ..Doomed::default() };
        for (at, endpoint, fate) in [
            ("s3://acme-pg/main", None, Fate::Nothing),
            ("s3://acme-pg", Some("https://s3.eu-west-1.amazonaws.com"), Fate::Nothing),
            ("s3://pg", Some("http://minio.shop.svc:9000"), Fate::Command),
            ("s3://pg", Some("http://minio-0.minio.shop.svc.cluster.local:9000/x"), Fate::Command),
            ("s3://pg", Some("http://minio:9000"), Fate::Command),
            ("http://minio.shop.svc:9000/b", None, Fate::Command),
            ("s3://pg", Some("http://minio.storage:9000"), Fate::Cluster),
            ("s3://pg", Some("http://minio.dev"), Fate::Unknown),
            ("s3://pg", Some("http://[::1]:9000"), Fate::Unknown),
            ("s3://pg", Some("$S3_URL"), Fate::Unknown),
            ("/backups", None, Fate::Unknown),
        ] {
            assert_eq!(doomed.stored(at, endpoint, "shop").fate, fate, "{at} {endpoint:?}");
        }
        let beside = Doomed { claims: ["storage/minio-data".to_owned()].into(), ..Doomed::default() };
        assert_eq!(beside.stored("s3://pg", Some("http://minio.storage:9000"), "shop").fate, Fate::Unknown);
    }
}
