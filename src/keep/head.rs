//! What every copy says of itself, whatever it holds: enough to list it, find it and delete it. Each kind of copy has a manifest
//! of its own that says the rest.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use std::io;

/// What a copy holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Objects of a cluster. Copies that say nothing are such.
    #[default]
    Kubernetes,
    /// Packages of a host.
    Apt,
    /// Volumes and containers of a daemon.
    Docker,
}

/// Something that is not in a copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missing {
    /// What.
    pub what: String,
    /// Why.
    pub why: String,
}

/// What every manifest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// What `guard restore` takes.
    pub id: String,
    /// What the copy holds.
    pub kind: Kind,
    /// When it was taken, RFC 3339 in UTC.
    pub ts: String,
    /// The command that was about to run, tool first, secrets replaced.
    pub argv: Vec<String>,
    /// The cluster or host, as phrases spell it.
    pub place: String,
    /// What is not in it; an empty list is a whole copy.
    pub gaps: Vec<Missing>,
    /// Its size in bytes.
    pub bytes: u64,
}

/// A copy as its directory describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// What every copy says.
    pub head: Head,
    manifest: Value,
}

/// The only format this guard reads.
const SCHEMA: u64 = 1;

impl Kept {
    /// Reads `manifest.json`. Its fields are a public format: those of a newer guard stay in [`Kept::manifest`] unread.
    pub fn of(text: &[u8]) -> io::Result<Kept> {
        /// The place has another name in each kind of copy.
        #[derive(Deserialize)]
        struct Fields {
            id: String,
            ts: String,
            argv: Vec<String>,
            bytes: u64,
            #[serde(default)]
            gaps: Vec<Missing>,
            #[serde(default)]
            cluster: Option<Named>,
            #[serde(default)]
            host: Option<String>,
        }
        #[derive(Deserialize)]
        struct Named {
            name: String,
        }
        let invalid = |found: String| io::Error::new(io::ErrorKind::InvalidData, found);
        let manifest: Value = serde_json::from_slice(text)?;
        match manifest.get("schema").and_then(Value::as_u64) {
            Some(SCHEMA) => {}
            Some(other) => return Err(invalid(format!("its format is {other}, this guard reads {SCHEMA}"))),
            None => return Err(invalid("it does not say its format".to_owned())),
        }
        let kind = match manifest.get("kind") {
            None | Some(Value::Null) => Kind::default(),
            Some(kind) => Kind::deserialize(kind)
                .map_err(|_| invalid(format!("it is of kind {kind}, which this guard does not know")))?,
        };
        let fields = Fields::deserialize(&manifest)?;
        let place = match kind {
            Kind::Kubernetes => fields.cluster.map(|cluster| cluster.name),
            Kind::Apt | Kind::Docker => fields.host,
        };
        let Fields { id, ts, argv, bytes, gaps, .. } = fields;
        let place = place.ok_or_else(|| invalid("it does not say where it comes from".to_owned()))?;
        Ok(Kept { head: Head { id, kind, ts, argv, place, gaps, bytes }, manifest })
    }

    /// The whole manifest, read as the kind of copy it is.
    pub fn manifest<M: DeserializeOwned>(&self) -> io::Result<M> {
        Ok(M::deserialize(&self.manifest)?)
    }
}

/// As the manifest is written: `guard kept list --json`, `guard kept show --json`.
impl Serialize for Kept {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.manifest.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(manifest: &Value) -> Result<Head, String> {
        Kept::of(manifest.to_string().as_bytes()).map(|kept| kept.head).map_err(|e| e.to_string())
    }

    #[test]
    fn every_kind_of_copy_says_where_it_comes_from() {
        let common =
            json!({"schema": 1, "id": "i", "ts": "t", "argv": ["kubectl"], "bytes": 7, "newer": true});
        let with = |more: Value| {
            let mut all = common.clone();
            all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            of(&all)
        };
        let old = with(json!({"cluster": {"name": "main", "server": "s"}})).unwrap();
        assert_eq!((old.kind, old.place.as_str(), old.bytes), (Kind::Kubernetes, "main", 7));
        let apt = with(json!({"kind": "apt", "host": "db1", "gaps": [{"what": "a", "why": "b"}]})).unwrap();
        assert_eq!((apt.kind, apt.place.as_str(), apt.gaps.len()), (Kind::Apt, "db1", 1));
        for (more, why) in [
            (json!({"schema": 2}), "its format is 2, this guard reads 1"),
            (json!({"kind": "tape"}), "it is of kind \"tape\", which this guard does not know"),
            (json!({"host": "db1"}), "it does not say where it comes from"),
            (json!({"bytes": "many", "host": "h"}), "invalid type"),
        ] {
            let found = with(more).unwrap_err();
            assert!(found.contains(why), "{found}");
        }
        assert!(of(&json!({})).unwrap_err().contains("does not say its format"));
        assert!(Kept::of(b"{").is_err());
    }

    #[test]
    fn what_is_shown_is_what_is_written() {
        let text = r#"{"schema":1,"id":"i","ts":"t","argv":[],"bytes":0,"cluster":{"name":"m","server":"s"},"later":[1]}"#;
        let kept = Kept::of(text.as_bytes()).unwrap();
        assert_eq!(serde_json::to_string(&kept).unwrap(), text);
    }
}
