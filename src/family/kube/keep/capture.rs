//! Taking the copy: every object the command deletes, as the server has it, streamed to disk page by page.

use super::objects::{Added, Cluster, Manifest, Writer};
use super::rules;
use crate::engine::fact::Why;
use crate::engine::impact::Gap;
use crate::fail::{self, Fail, Result};
use crate::family::kube::probe::Request;
use crate::family::kube::probe::catalog::{Catalog, Kind};
use crate::family::kube::probe::client;
use crate::family::kube::probe::http::{Api, List, Meta, Miss, parse, segment};
use crate::family::kube::probe::selection::{self, Selection};
use crate::family::kube::probe::subjects::Listing;
use crate::keep::head::Missing;
use crate::run::tasks;
use futures_util::StreamExt;
use futures_util::stream;
use serde_json::Value;
use std::collections::{BTreeSet, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// No copy gets larger than this.
pub const LARGEST: u64 = 200 << 20;
/// Objects of a first page: even if each is as large as a server allows, a page is held in memory without harm.
const PAGE: u32 = 50;
/// Pages that follow are as large as this allows by the size of the ones before, and never more than 500 objects.
const PAGE_BYTES: usize = 16 << 20;
/// Requests under way at once.
const AT_ONCE: usize = 6;

/// What to copy, and where to.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// The command, its target, and how long it may take.
    pub request: &'a Request<'a>,
    /// The directory of all copies.
    pub root: &'a Path,
    /// The id of this one.
    pub id: &'a str,
    /// The command for the manifest: tool first, secrets replaced.
    pub argv: &'a [String],
    /// Where the objects come from.
    pub cluster: &'a Cluster,
    /// Whether Secrets go in.
    pub secrets: bool,
    /// What is owned by the objects stays (`--cascade=orphan`).
    pub orphan: bool,
    /// The most bytes.
    pub largest: u64,
}

/// A copy in its place.
#[derive(Clone, Debug)]
pub struct Taken {
    /// What is in it, and what is not.
    pub manifest: Manifest,
    /// Where it is.
    pub dir: PathBuf,
    /// What is not in it, as its manifest says, and why.
    pub left_out: Vec<LeftOut>,
}

/// Something that is not in a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// What: `secrets in shop`, `ConfigMap a`.
    pub what: String,
    /// Why.
    pub why: Reason,
}

/// Why something is not in a copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The cluster did not hand it out.
    Unanswered(Why),
    /// The copy would become too large.
    TooLarge,
}

impl LeftOut {
    /// Whether it is this thing, or all of this kind in one namespace.
    pub fn is(&self, what: &str) -> bool {
        self.what.strip_prefix(what).is_some_and(|rest| rest.is_empty() || rest.starts_with(" in "))
    }

    /// As the manifest has it.
    pub fn missing(&self) -> Missing {
        let why = match &self.why {
            Reason::Unanswered(why) => why.to_string(),
            Reason::TooLarge => format!("the copy would be larger than {} MiB", LARGEST >> 20),
        };
        Missing { what: self.what.clone(), why }
    }
}

impl From<Gap> for LeftOut {
    fn from(gap: Gap) -> LeftOut {
        LeftOut { what: gap.what, why: Reason::Unanswered(gap.why) }
    }
}

/// Takes the copy. An error means that there is none; what is missing from one that there is stands in its manifest.
pub fn take(order: &Order<'_>) -> Result<Taken> {
    let started = Instant::now();
    let mut writer = Writer::begin(order.root, order.id, order.largest).map_err(|e| unwritten(&e))?;
    let left_out =
        tasks::block_on(collect(order, &mut writer)).and_then(|left| left).map_err(|e| unwritten(&e))?;
    let gaps: Vec<Missing> = left_out.iter().map(LeftOut::missing).collect();
    if writer.manifest.objects == 0 {
        let why = gaps.first().map_or("nothing was found".to_owned(), |g| format!("{}: {}", g.what, g.why));
        return Err(Fail::new(fail::Kind::Unavailable, "no manifests could be copied").because(why));
    }
    let manifest = &mut writer.manifest;
    manifest.gaps = gaps;
    manifest.ts = jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    manifest.guard = env!("CARGO_PKG_VERSION").to_owned();
    manifest.argv = order.argv.to_vec();
    manifest.cluster = order.cluster.clone();
    manifest.secrets = order.secrets;
    manifest.took_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let manifest = writer.finish().map_err(|e| unwritten(&e))?;
    Ok(Taken { manifest, dir: order.root.join(order.id), left_out })
}

fn unwritten(e: &io::Error) -> Fail {
    Fail::new(fail::Kind::Unavailable, "the copy could not be written").because(e.to_string())
}

/// One copy on its way.
struct Collector<'a> {
    api: Api,
    writer: &'a mut Writer,
    left_out: Vec<LeftOut>,
    secrets: bool,
    /// Volumes of the claims that went by.
    volumes: BTreeSet<String>,
    /// Set when the copy is full; nothing more is asked for then.
    full: bool,
}

async fn collect(order: &Order<'_>, writer: &mut Writer) -> io::Result<Vec<LeftOut>> {
    let until = tokio::time::Instant::now() + order.request.deadline;
    let all = |why: Why| Ok(vec![Gap { what: "the cluster".into(), why }.into()]);
    let client = match client::connect(&order.request.door(), until).await {
        Ok(client) => client,
        Err(why) => return all(why),
    };
    let api = Api::new(client, until);
    let catalog = match Catalog::of(&api).await {
        Ok(catalog) => catalog,
        Err(miss) => return all(miss.why()),
    };
    let Selection { objects, mut lists, gaps } = selection::aim(&api, &catalog, order.request).await;
    let left_out = gaps.into_iter().map(LeftOut::from).collect();
    let whole: HashSet<String> =
        objects.iter().filter(|o| o.kind.is("", "namespaces")).map(|o| o.name.clone()).collect();
    let mut one =
        Collector { api, writer, left_out, secrets: order.secrets, volumes: BTreeSet::new(), full: false };
    lists.retain(|list| one.wants(&list.kind));
    one.objects(objects.into_iter().map(|o| (o.kind, o.namespace, o.name)).collect()).await?;
    one.lists(lists).await?;
    if !order.orphan {
        one.owned(&catalog, &whole).await?;
    }
    one.bound_volumes(&catalog).await?;
    Ok(one.left_out)
}

impl Collector<'_> {
    fn wants(&self, kind: &Kind) -> bool {
        self.secrets || !kind.is("", "secrets")
    }

    fn leave_out(&mut self, one: LeftOut) {
        if !self.left_out.contains(&one) {
            self.left_out.push(one);
        }
    }

    fn missing(&mut self, what: String, miss: Miss) {
        self.leave_out(LeftOut { what, why: Reason::Unanswered(miss.why()) });
    }

    fn write(&mut self, kind: &Kind, mut object: Value) -> io::Result<()> {
        // Lists of built-in kinds leave both out of their items.
        if let Some(map) = object.as_object_mut() {
            let version = if kind.group.is_empty() {
                kind.version.clone()
            } else {
                format!("{}/{}", kind.group, kind.version)
            };
            map.entry("apiVersion").or_insert(version.into());
            map.entry("kind").or_insert(kind.kind.clone().into());
        }
        if kind.is("", "persistentvolumeclaims")
            && let Some(volume) = object.pointer("/spec/volumeName").and_then(Value::as_str)
            && !volume.is_empty()
        {
            self.volumes.insert(volume.to_owned());
        }
        if self.writer.add(&object)? == Added::TooLarge && !self.full {
            self.full = true;
            let what = "everything after that".to_owned();
            self.leave_out(LeftOut { what, why: Reason::TooLarge });
        }
        Ok(())
    }

    /// Objects by name. One that is not there is no gap: it does not go either.
    async fn objects(&mut self, all: Vec<(Kind, Option<String>, String)>) -> io::Result<()> {
        let api = self.api.clone();
        let api = &api;
        let wanted: Vec<_> = all.into_iter().filter(|(kind, ..)| self.wants(kind)).collect();
        let mut answers = stream::iter(wanted)
            .map(|(kind, namespace, name)| async move {
                let path = kind.object(namespace.as_deref(), &name);
                let answer = api.json::<Value>(&path).await;
                (kind, name, answer)
            })
            .buffered(AT_ONCE);
        while let Some((kind, name, answer)) = answers.next().await {
            match answer {
                _ if self.full => break,
                Ok(object) => self.write(&kind, object)?,
                Err(Miss::Absent) => {}
                Err(miss) => self.missing(format!("{} {name}", kind.kind), miss),
            }
        }
        Ok(())
    }

    /// Lists: the first pages several at a time, what follows them one after the other.
    async fn lists(&mut self, lists: Vec<Listing>) -> io::Result<()> {
        let api = self.api.clone();
        let api = &api;
        let mut pages = stream::iter(lists)
            .map(|list| async move {
                let path = list.kind.list(list.namespace.as_deref());
                let first = api.page_of(PAGE, &path, &list.query, "").await;
                (list, path, first)
            })
            .buffered(AT_ONCE);
        while let Some((list, path, mut page)) = pages.next().await {
            let mut again = true;
            loop {
                let bytes = page.as_ref().map_or(0, Vec::len);
                let (items, token) = match page.and_then(|body| items(&body)) {
                    Ok(read) => read,
                    // The list has to start anew; what is in the copy already is not written twice.
                    Err(Miss::Expired) if again => {
                        again = false;
                        page = api.page_of(PAGE, &path, &list.query, "").await;
                        continue;
                    }
                    Err(Miss::Absent) => break,
                    Err(miss) => {
                        let place = list.namespace.as_ref().map(|ns| format!(" in {ns}")).unwrap_or_default();
                        self.missing(format!("{}{place}", list.kind.full()), miss);
                        break;
                    }
                };
                let each = (bytes / items.len().max(1)).max(1);
                let limit = u32::try_from((PAGE_BYTES / each).clamp(20, 500)).unwrap_or(PAGE);
                for item in items {
                    self.write(&list.kind, item)?;
                }
                if token.is_empty() || self.full {
                    break;
                }
                page = api.page_of(limit, &path, &list.query, &token).await;
            }
            if self.full {
                break;
            }
        }
        Ok(())
    }

    /// What the garbage collector takes after the objects that are in the copy.
    async fn owned(&mut self, catalog: &Catalog, whole: &HashSet<String>) -> io::Result<()> {
        let namespaces: BTreeSet<String> =
            self.writer.manifest.namespaces.iter().filter(|ns| !whole.contains(*ns)).cloned().collect();
        if namespaces.is_empty() || self.full {
            return Ok(());
        }
        let remade = |kind: &Kind, meta: &Meta| {
            meta.controller().is_some_and(|o| {
                rules::remade(&kind.group, &kind.kind, rules::group_of(&o.api_version), &o.kind)
            })
        };
        let owners = self.writer.uids().clone();
        let (found, gaps) = selection::owned(&self.api, catalog, &namespaces, owners, remade).await;
        for gap in gaps {
            self.leave_out(gap.into());
        }
        self.objects(found.into_iter().map(|o| (o.kind, o.namespace, o.name)).collect()).await
    }

    /// The volumes behind the claims: a claim finds its data again through them, where the data stays.
    async fn bound_volumes(&mut self, catalog: &Catalog) -> io::Result<()> {
        let Some(kind) = catalog.of_resource("", "persistentvolumes") else { return Ok(()) };
        let names: Vec<String> = std::mem::take(&mut self.volumes).into_iter().collect();
        self.writer.manifest.volumes = names.clone();
        self.objects(names.into_iter().map(|name| (kind.clone(), None, name)).collect()).await
    }
}

/// The objects of a page, and where the next one starts.
fn items(body: &[u8]) -> std::result::Result<(Vec<Value>, String), Miss> {
    let list: List<Value> = parse(body)?;
    Ok((list.items.unwrap_or_default(), list.metadata.cont.unwrap_or_default()))
}

/// `/api/v1/namespaces/NAME`.
pub(super) fn namespace_path(name: &str) -> String {
    format!("/api/v1/namespaces/{}", segment(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_known_before_is_known_by_its_name_and_namespace() {
        let left = |what: &str, why| LeftOut { what: what.to_owned(), why };
        let forbidden = left("secrets in shop", Reason::Unanswered(Why::Forbidden));
        for (what, is) in
            [("secrets in shop", true), ("secrets", true), ("secret", false), ("secrets in", false)]
        {
            assert_eq!(forbidden.is(what), is, "{what}");
        }
        // The manifest's words are a format that older guards read.
        let missing = forbidden.missing();
        assert_eq!((missing.what.as_str(), missing.why.as_str()), ("secrets in shop", "forbidden"));
        let full = left("everything after that", Reason::TooLarge).missing();
        assert_eq!(full.why, "the copy would be larger than 200 MiB");
    }
}
