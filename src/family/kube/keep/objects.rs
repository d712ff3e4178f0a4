//! A copy of a cluster's objects: `manifest.json` beside `objects.jsonl` (raw objects, one a line).

use crate::keep::atomic_dir::{Partial, hex};
use crate::keep::head::{Kind, Missing};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Write};
use std::path::Path;

/// The objects.
const OBJECTS: &str = "objects.jsonl";

/// `manifest.json`. Field names are a public format: schema 1 only ever gains fields.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Always 1.
    pub schema: u32,
    /// What `guard restore` takes.
    pub id: String,
    /// Always [`Kind::Kubernetes`].
    #[serde(default)]
    pub kind: Kind,
    /// When, RFC 3339 in UTC.
    pub ts: String,
    /// The version of guard that wrote it.
    pub guard: String,
    /// The command that was about to run, tool first, secrets replaced.
    pub argv: Vec<String>,
    /// Where the objects come from.
    pub cluster: Cluster,
    /// Namespaces with objects in the copy.
    #[serde(default)]
    pub namespaces: Vec<String>,
    /// How many objects.
    pub objects: u64,
    /// How many of each kind, `Kind.group` as key.
    pub kinds: BTreeMap<String, u64>,
    /// Size of `objects.jsonl`.
    pub bytes: u64,
    /// SHA-256 of `objects.jsonl`, lower-case hex.
    pub sha256: String,
    /// Whether Secrets are in it.
    pub secrets: bool,
    /// Volumes (PersistentVolume names) that are in the copy because claims in it are bound to them.
    #[serde(default)]
    pub volumes: Vec<String>,
    /// What could not be copied; an empty list is a whole copy.
    #[serde(default)]
    pub gaps: Vec<Missing>,
    /// How long it took.
    #[serde(default)]
    pub took_ms: u64,
}

/// The cluster a copy comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// As phrases spell it.
    pub name: String,
    /// The server's URL.
    pub server: String,
    /// `metadata.uid` of kube-system; absent when it could not be asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
    /// The context in use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context: Option<String>,
}

/// A copy being written. Dropped before [`Writer::finish`] it leaves nothing behind.
#[derive(Debug)]
pub struct Writer {
    partial: Partial,
    file: Option<BufWriter<File>>,
    hash: Sha256,
    seen: HashSet<String>,
    largest: u64,
    /// What has been written so far.
    pub manifest: Manifest,
}

/// What became of one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// Written.
    Yes,
    /// It is in the copy already.
    Already,
    /// The copy would get larger than it may.
    TooLarge,
}

impl Writer {
    /// Starts a copy below `root`.
    pub fn begin(root: &Path, id: &str, largest: u64) -> io::Result<Writer> {
        let partial = Partial::begin(root, id)?;
        let file = Some(BufWriter::new(partial.create(OBJECTS)?));
        Ok(Writer {
            partial,
            file,
            hash: Sha256::new(),
            seen: HashSet::new(),
            largest,
            manifest: Manifest { schema: 1, id: id.to_owned(), ..Manifest::default() },
        })
    }

    /// Adds one raw object, which has to carry `apiVersion` and `kind`.
    pub fn add(&mut self, object: &Value) -> io::Result<Added> {
        let text = |at: &str| object.pointer(at).and_then(Value::as_str).unwrap_or_default();
        let (version, kind) = (text("/apiVersion"), text("/kind"));
        let key = match text("/metadata/uid") {
            // Only made-up servers give none.
            "" => format!("{version} {kind} {} {}", text("/metadata/namespace"), text("/metadata/name")),
            uid => uid.to_owned(),
        };
        if self.seen.contains(&key) {
            return Ok(Added::Already);
        }
        let mut line = serde_json::to_vec(object)?;
        line.push(b'\n');
        if self.manifest.bytes + line.len() as u64 > self.largest {
            return Ok(Added::TooLarge);
        }
        let file = self.file.as_mut().ok_or_else(|| io::Error::other("the copy is finished"))?;
        file.write_all(&line)?;
        self.hash.update(&line);
        self.seen.insert(key);
        self.manifest.bytes += line.len() as u64;
        self.manifest.objects += 1;
        let name = match super::rules::group_of(version) {
            "" => kind.to_owned(),
            group => format!("{kind}.{group}"),
        };
        *self.manifest.kinds.entry(name).or_default() += 1;
        let namespace =
            if kind == "Namespace" { text("/metadata/name") } else { text("/metadata/namespace") };
        if !namespace.is_empty() && !self.manifest.namespaces.iter().any(|n| n == namespace) {
            self.manifest.namespaces.push(namespace.to_owned());
        }
        Ok(Added::Yes)
    }

    /// Whether an object with this uid is in the copy.
    pub fn has(&self, uid: &str) -> bool {
        self.seen.contains(uid)
    }

    /// The uids in the copy.
    pub fn uids(&self) -> &HashSet<String> {
        &self.seen
    }

    /// Writes everything out, reads it back, counts it, and moves it into its place.
    pub fn finish(mut self) -> io::Result<Manifest> {
        let file = self.file.take().ok_or_else(|| io::Error::other("the copy is finished"))?;
        file.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        self.manifest.sha256 = hex(&std::mem::take(&mut self.hash).finalize());
        let manifest = std::mem::take(&mut self.manifest);
        self.partial.finish(&manifest, |dir| verify(dir, &manifest))?;
        Ok(manifest)
    }
}

/// Reads a copy's objects back: as many as the manifest says, every line whole, the bytes unchanged.
pub fn verify(dir: &Path, manifest: &Manifest) -> io::Result<()> {
    let mut hash = Sha256::new();
    let mut objects = 0;
    each_line(dir, |line, _| {
        hash.update(line);
        objects += 1;
        serde_json::from_slice::<serde::de::IgnoredAny>(line)?;
        Ok(())
    })?;
    if objects != manifest.objects {
        let found = format!("{objects} objects are in it, not {}", manifest.objects);
        return Err(io::Error::new(io::ErrorKind::InvalidData, found));
    }
    if hex(&hash.finalize()) != manifest.sha256 {
        return Err(io::Error::new(
            io::ErrorKind::InvalidData,
            "its objects were changed after they were written",
        ));
    }
    Ok(())
}

/// Hands out every line, its end included, with its place in the file.
pub fn each_line(dir: &Path, mut each: impl FnMut(&[u8], u64) -> io::Result<()>) -> io::Result<()> {
    let mut file = BufReader::new(File::open(dir.join(OBJECTS))?);
    let (mut line, mut at) = (Vec::new(), 0);
    while file.read_until(b'\n', &mut line)? > 0 {
        each(&line, at)?;
        at += line.len() as u64;
        line.clear();
    }
    Ok(())
}

/// The file with the objects.
pub fn objects(dir: &Path) -> io::Result<File> {
    File::open(dir.join(OBJECTS))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keep::atomic_dir::MANIFEST;
    use crate::keep::store::{delete, list, read};
    use serde_json::json;
    use std::fs;
    use std::os::unix::fs::MetadataExt;

    fn object(name: &str) -> Value {
        json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "n", "uid": name}})
    }

    #[test]
    fn a_copy_is_private_whole_and_counted() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("state/kept");
        let mut writer = Writer::begin(&root, "one", 1 << 20).unwrap();
        assert_eq!(writer.add(&object("a")).unwrap(), Added::Yes);
        assert_eq!(writer.add(&object("a")).unwrap(), Added::Already);
        assert_eq!(writer.add(&object("b")).unwrap(), Added::Yes);
        assert!(list(&root).unwrap().is_empty(), "not there before it is whole");
        let manifest = writer.finish().unwrap();
        assert_eq!((manifest.objects, manifest.kinds.get("ConfigMap")), (2, Some(&2)));
        assert_eq!(read(&root.join("one")).unwrap().manifest::<Manifest>().unwrap(), manifest);
        let mode = |p: &Path| fs::metadata(p).unwrap().mode() & 0o777;
        assert_eq!((mode(&root), mode(&root.join("one"))), (0o700, 0o700));
        assert_eq!(
            (mode(&root.join("one").join(OBJECTS)), mode(&root.join("one").join(MANIFEST))),
            (0o600, 0o600)
        );
        verify(&root.join("one"), &manifest).unwrap();

        let text = fs::read_to_string(root.join("one").join(OBJECTS)).unwrap();
        fs::write(root.join("one").join(OBJECTS), text.replace("\"a\"", "\"c\"")).unwrap();
        assert!(verify(&root.join("one"), &manifest).unwrap_err().to_string().contains("were changed"));
        fs::write(root.join("one").join(OBJECTS), "").unwrap();
        assert!(verify(&root.join("one"), &manifest).unwrap_err().to_string().contains("0 objects"));
        delete(&root, "one").unwrap();
        assert!(list(&root).unwrap().is_empty() && fs::read_dir(&root).unwrap().next().is_none());
    }

    #[test]
    fn an_unfinished_copy_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let mut writer = Writer::begin(dir.path(), "one", 200).unwrap();
        assert_eq!(writer.add(&object("a")).unwrap(), Added::Yes);
        assert_eq!(writer.add(&object(&"b".repeat(500))).unwrap(), Added::TooLarge);
        drop(writer);
        assert!(fs::read_dir(dir.path()).unwrap().next().is_none());
    }

    #[test]
    fn copies_from_before_there_were_two_families_are_read() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().join("kept");
        let writer = Writer::begin(&root, "one", 1 << 20).unwrap();
        writer.finish().unwrap();
        let about = root.join("one").join(MANIFEST);
        let mut text: Value = serde_json::from_slice(&fs::read(&about).unwrap()).unwrap();
        assert_eq!(text.as_object_mut().unwrap().shift_remove("kind"), Some(json!("kubernetes")));
        fs::write(&about, text.to_string()).unwrap();
        let head = read(&root.join("one")).unwrap().head;
        assert_eq!((head.kind, head.id.as_str()), (Kind::Kubernetes, "one"));
        text["kind"] = json!("snap");
        fs::write(&about, text.to_string()).unwrap();
        assert!(read(&root.join("one")).unwrap_err().to_string().contains("snap"));
    }
}
