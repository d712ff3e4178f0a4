//! What holds data here, as the sources are asked about it: claims.

use super::json;
use crate::engine::backup::Holder;
use crate::family::kube::probe::http::Meta;
use std::collections::BTreeSet;

/// A claim.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Held {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub name: String,
    /// Its uid: a name may be another claim's tomorrow.
    pub uid: Option<String>,
    /// When it was made, in seconds since 1970-01-01T00:00Z.
    pub made: Option<i64>,
    /// The CloudNativePG cluster it belongs to.
    pub cnpg: Option<String>,
    /// Other claims of the same cluster: its instances hold the same data.
    pub siblings: Vec<String>,
    /// Marks by which Velero leaves it out.
    pub left_out: bool,
}

/// The label by which CloudNativePG marks what belongs to a cluster (pkg/utils/labels_annotations.go).
pub const CNPG_CLUSTER: &str = "cnpg.io/cluster";
/// The label by which Velero leaves an object out (pkg/apis/velero/v1/labels_annotations.go).
const EXCLUDED: &str = "velero.io/exclude-from-backup";

/// The namespaces of these claims.
pub fn namespaces(held: &[Held]) -> BTreeSet<&str> {
    held.iter().map(|one| one.namespace.as_str()).collect()
}

impl Held {
    /// By the claim's metadata.
    pub fn of(meta: &Meta) -> Held {
        Held {
            namespace: meta.namespace.clone().unwrap_or_default(),
            name: meta.name.clone(),
            uid: meta.uid.clone(),
            made: meta.creation_timestamp.as_deref().and_then(json::seconds),
            cnpg: meta.labels.get(CNPG_CLUSTER).cloned(),
            siblings: Vec::new(),
            left_out: meta.labels.get(EXCLUDED).is_some_and(|value| value == "true"),
        }
    }

    /// A claim of which no more is known than its name.
    pub fn named(namespace: &str, name: &str) -> Held {
        Held { namespace: namespace.to_owned(), name: name.to_owned(), ..Held::default() }
    }

    /// The holder without any copy; `apart` says that claims of several namespaces go.
    pub fn holder(&self, apart: bool) -> Holder {
        let what = if apart {
            format!("claim {}/{}", self.namespace, self.name)
        } else {
            format!("claim {}", self.name)
        };
        Holder { what, identity: self.uid.clone(), records: Vec::new() }
    }
}
