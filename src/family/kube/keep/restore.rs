//! The way back: objects of a copy created again, owners first, nothing overwritten.

use super::capture::namespace_path;
use super::objects::{self, Manifest};
use super::rules::{self, NewOwner};
use super::write_client::{self, Refused};
use crate::engine::fact::Why;
use crate::fail::{Fail, Kind, Result};
use crate::family::kube::probe::catalog::Catalog;
use crate::family::kube::probe::client::{self, Door};
use crate::family::kube::probe::http::{Api, segment};
use crate::run::tasks;
use futures_util::StreamExt;
use futures_util::stream;
use kube::Client;
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// Objects created at once.
const AT_ONCE: usize = 8;
/// The whole way back may take so long.
const DEADLINE: Duration = Duration::from_secs(1800);
/// How long a new definition may take until its objects can be created.
const ESTABLISHED: Duration = Duration::from_secs(30);

/// An owner as the copy names it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Owner {
    api_version: String,
    kind: String,
    name: String,
    uid: String,
    controller: bool,
}

/// One object to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    at: u64,
    length: usize,
    api_version: String,
    /// Kind.
    pub kind: String,
    /// Namespace, when it has one.
    pub namespace: Option<String>,
    /// Name.
    pub name: String,
    uid: String,
    owners: Vec<Owner>,
    /// Rank of the kind, then the distance from the first owner.
    order: (usize, usize),
}

impl Step {
    fn group(&self) -> &str {
        rules::group_of(&self.api_version)
    }

    fn is(&self, group: &str, kind: &str) -> bool {
        self.group() == group && self.kind == kind
    }

    /// `ConfigMap shop/settings`, raw.
    pub fn called(&self) -> String {
        self.called_in(None)
    }

    /// The same for objects that are created in another namespace than their own.
    pub fn called_in(&self, other: Option<&str>) -> String {
        match (&self.namespace, other) {
            (Some(ns), other) => format!("{} {}/{}", self.kind, other.unwrap_or(ns), self.name),
            (None, Some(other)) if self.is("", "Namespace") => format!("{} {other}", self.kind),
            (None, _) => format!("{} {}", self.kind, self.name),
        }
    }
}

/// What a copy's objects come to.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// To create, in their order.
    pub steps: Vec<Step>,
    /// Not created, and why.
    pub left_out: Vec<(String, String)>,
}

fn text<'v>(object: &'v Value, at: &str) -> &'v str {
    object.pointer(at).and_then(Value::as_str).unwrap_or_default()
}

/// Reads a copy through, checks it against its manifest and puts its objects in order.
pub fn plan(dir: &Path, manifest: &Manifest) -> io::Result<Plan> {
    objects::verify(dir, manifest)?;
    let mut plan = Plan::default();
    let mut here: HashMap<String, (String, String)> = HashMap::new();
    objects::each_line(dir, |line, at| {
        let object: Value = serde_json::from_slice(line)?;
        let step = step(&object, at, line.len());
        here.insert(step.uid.clone(), (step.group().to_owned(), step.kind.clone()));
        match rules::left_out(&object) {
            Some(why) => plan.left_out.push((step.called(), why.to_owned())),
            None => plan.steps.push(step),
        }
        Ok(())
    })?;
    let left_out = &mut plan.left_out;
    plan.steps.retain(|step| {
        let maker = step.owners.iter().find(|o| {
            o.controller
                && here.contains_key(&o.uid)
                && rules::remade(step.group(), &step.kind, rules::group_of(&o.api_version), &o.kind)
        });
        if let Some(owner) = maker {
            left_out.push((step.called(), format!("{} {} makes it again", owner.kind, owner.name)));
        }
        maker.is_none()
    });
    in_order(&mut plan.steps);
    Ok(plan)
}

fn step(object: &Value, at: u64, length: usize) -> Step {
    let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
    let owner = |o: &Value| Owner {
        api_version: text(o, "/apiVersion").to_owned(),
        kind: text(o, "/kind").to_owned(),
        name: text(o, "/name").to_owned(),
        uid: text(o, "/uid").to_owned(),
        controller: o.get("controller").and_then(Value::as_bool) == Some(true),
    };
    let namespace = text(object, "/metadata/namespace");
    Step {
        at,
        length,
        api_version: text(object, "/apiVersion").to_owned(),
        kind: text(object, "/kind").to_owned(),
        namespace: (!namespace.is_empty()).then(|| namespace.to_owned()),
        name: text(object, "/metadata/name").to_owned(),
        uid: text(object, "/metadata/uid").to_owned(),
        owners: owners.into_iter().flatten().map(owner).collect(),
        order: (0, 0),
    }
}

/// By rank, but never before an owner: an object takes its owner's place when that comes later than its own.
fn in_order(steps: &mut [Step]) {
    let mut placed: HashMap<String, (usize, usize)> = HashMap::new();
    let own: Vec<(usize, usize)> = steps.iter().map(|s| (rules::rank(s.group(), &s.kind), 0)).collect();
    for (step, order) in steps.iter_mut().zip(own) {
        step.order = order;
        placed.insert(step.uid.clone(), order);
    }
    // A chain of owners is short; the bound ends circles, which no server makes.
    for _ in 0..32 {
        let mut moved = false;
        for step in steps.iter_mut() {
            let after = step
                .owners
                .iter()
                .filter_map(|o| placed.get(&o.uid))
                .map(|(rank, deep)| (*rank, deep + 1))
                .max();
            if let Some(after) = after.filter(|after| *after > step.order) {
                step.order = after;
                placed.insert(step.uid.clone(), after);
                moved = true;
            }
        }
        if !moved {
            break;
        }
    }
    steps.sort_by(|a, b| {
        (a.order, &a.namespace, &a.kind, &a.name).cmp(&(b.order, &b.namespace, &b.kind, &b.name))
    });
}

/// The manifests of a copy, ready to be created, in their order; owners are left out, since their uids are not known.
pub fn manifests(dir: &Path, plan: &Plan, mut each: impl FnMut(Value) -> io::Result<()>) -> io::Result<()> {
    let file = objects::objects(dir)?;
    for step in &plan.steps {
        let mut object = object_of(&file, step)?;
        rules::strip(&mut object);
        rules::remap_owners(&mut object, |_| NewOwner::Gone);
        each(object)?;
    }
    Ok(())
}

fn object_of(file: &File, step: &Step) -> io::Result<Value> {
    let mut line = vec![0; step.length];
    file.read_exact_at(&mut line, step.at)?;
    Ok(serde_json::from_slice(&line)?)
}

/// `metadata.uid` of kube-system where the door leads to.
pub fn cluster_uid(door: &Door<'_>, patience: Duration) -> std::result::Result<String, Why> {
    let asked = tasks::block_on(async {
        let until = tokio::time::Instant::now() + patience;
        let client = client::connect(door, until).await?;
        let meta =
            Api::new(client, until).meta("/api/v1/namespaces/kube-system").await.map_err(|m| m.why())?;
        meta.uid.ok_or_else(|| Why::Failed("kube-system has no uid".into()))
    });
    asked.unwrap_or_else(|e| Err(Why::Failed(e.to_string())))
}

/// How it is carried out.
#[derive(Clone, Copy, Debug)]
pub struct Settings<'a> {
    /// The way to the cluster.
    pub door: Door<'a>,
    /// Another namespace than the one the objects come from.
    pub namespace: Option<&'a str>,
    /// How long something that is still being deleted is waited for.
    pub patience: Duration,
    /// The cluster is the one the copy comes from. On another one no volume is created: two clusters writing to one
    /// disk would ruin what is on it.
    pub at_home: bool,
}

/// What came back and what did not. Texts are raw.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Created anew.
    pub created: Vec<String>,
    /// There already, and left as they are.
    pub there: Vec<String>,
    /// Not created by intention, and why.
    pub left_out: Vec<(String, String)>,
    /// Not created, and why.
    pub failed: Vec<(String, String)>,
    /// What is different from before.
    pub notes: Vec<String>,
}

/// Who watches the work.
pub trait Watch {
    /// This is waited for.
    fn waits(&mut self, what: &str);
    /// One more object was created, or is known not to be.
    fn step(&mut self);
}

/// Creates everything in the plan.
pub fn restore(
    dir: &Path,
    manifest: &Manifest,
    plan: &Plan,
    settings: &Settings<'_>,
    watch: &mut dyn Watch,
) -> Result<Report> {
    let unread = |e: io::Error| Fail::new(Kind::Data, "the copy cannot be read").because(e.to_string());
    let file = objects::objects(dir).map_err(unread)?;
    tasks::block_on(carry_out(&file, manifest, plan, settings, watch)).map_err(unread)?
}

/// The state of one way back.
struct Work<'a> {
    client: Client,
    catalog: Catalog,
    file: &'a File,
    settings: &'a Settings<'a>,
    /// Volumes that are in the copy for their claims' sake only.
    beside: HashSet<&'a str>,
    /// Old uid → new uid.
    uids: HashMap<String, String>,
    /// Whether a claim can find its data in this volume.
    volumes: HashMap<String, bool>,
}

enum End {
    Created(String),
    There(String),
    LeftOut(String),
    Failed(String),
}

struct Done {
    end: End,
    notes: Vec<String>,
    /// A volume, and whether a claim can be bound to it.
    volume: Option<bool>,
}

impl Done {
    fn end(end: End) -> Done {
        Done { end, notes: Vec::new(), volume: None }
    }
}

async fn carry_out(
    file: &File,
    manifest: &Manifest,
    plan: &Plan,
    settings: &Settings<'_>,
    watch: &mut dyn Watch,
) -> Result<Report> {
    let unreachable =
        |why: String| Fail::new(Kind::Unavailable, "the cluster cannot be reached").because(why);
    let until = tokio::time::Instant::now() + DEADLINE;
    let client = client::connect(&settings.door, until).await.map_err(|w| unreachable(w.to_string()))?;
    let catalog = catalog(&client).await.map_err(unreachable)?;
    let mut work = Work {
        client,
        catalog,
        file,
        settings,
        beside: manifest.volumes.iter().map(String::as_str).collect(),
        uids: HashMap::new(),
        volumes: HashMap::new(),
    };
    work.namespaces_gone(plan, watch).await?;
    let mut report = Report { left_out: plan.left_out.clone(), ..Report::default() };
    for group in plan.steps.chunk_by(|a, b| a.order == b.order) {
        let mut ends: Vec<Done> = Vec::with_capacity(group.len());
        let mut creating = stream::iter(group).map(|step| work.create(step)).buffered(AT_ONCE);
        while let Some(done) = creating.next().await {
            watch.step();
            ends.push(done);
        }
        drop(creating);
        for (step, done) in group.iter().zip(ends) {
            report.notes.extend(done.notes);
            if let Some(usable) = done.volume {
                work.volumes.insert(step.name.clone(), usable);
            }
            match done.end {
                End::Created(uid) => {
                    work.uids.insert(step.uid.clone(), uid);
                    report.created.push(step.called_in(settings.namespace));
                }
                End::There(uid) => {
                    work.uids.insert(step.uid.clone(), uid);
                    report.there.push(step.called_in(settings.namespace));
                }
                End::LeftOut(why) => report.left_out.push((step.called_in(settings.namespace), why)),
                End::Failed(why) => report.failed.push((step.called_in(settings.namespace), why)),
            }
        }
        let definitions: Vec<&Step> =
            group.iter().filter(|s| s.is("apiextensions.k8s.io", "CustomResourceDefinition")).collect();
        if !definitions.is_empty() {
            work.established(&definitions, &mut report, watch).await;
        }
    }
    Ok(report)
}

async fn catalog(client: &Client) -> std::result::Result<Catalog, String> {
    let until = tokio::time::Instant::now() + Duration::from_secs(15);
    Catalog::of(&Api::new(client.clone(), until)).await.map_err(|miss| miss.why().to_string())
}

impl Work<'_> {
    /// Nothing can be created in a namespace that is still being deleted.
    async fn namespaces_gone(&self, plan: &Plan, watch: &mut dyn Watch) -> Result<()> {
        let mut names: Vec<&str> = match self.settings.namespace {
            Some(name) => vec![name],
            None => plan
                .steps
                .iter()
                .filter_map(|s| if s.is("", "Namespace") { Some(&s.name) } else { s.namespace.as_ref() })
                .map(String::as_str)
                .collect(),
        };
        names.sort_unstable();
        names.dedup();
        let until = Instant::now() + self.settings.patience;
        for name in names {
            let mut told = false;
            loop {
                match write_client::get(&self.client, &namespace_path(name)).await {
                    Ok(live) if is_leaving(&live) => {}
                    _ => break,
                }
                if Instant::now() >= until {
                    return Err(Fail::new(Kind::Unavailable, format!("namespace {name} is still being deleted"))
                        .because("nothing can be created in it before it is gone")
                        .help("see what holds it with `kubectl get ns -o yaml` (status.conditions), then run this again"));
                }
                if !told {
                    watch.waits(&format!(
                        "namespace {name} is still being deleted; waiting up to {} s",
                        self.settings.patience.as_secs()
                    ));
                    told = true;
                }
                tokio::time::sleep(Duration::from_millis(500)).await;
            }
        }
        Ok(())
    }

    /// Where the step's object belongs.
    fn place(&self, step: &Step) -> Option<String> {
        step.namespace.as_ref().map(|ns| self.settings.namespace.map_or_else(|| ns.clone(), str::to_owned))
    }

    /// Paths of the list and of the object, in the version of the copy.
    fn paths(
        &self,
        api_version: &str,
        kind: &str,
        namespace: Option<&str>,
        name: &str,
    ) -> Option<(String, String)> {
        let found = self.catalog.of_kind(rules::group_of(api_version), kind)?;
        let mut found = found.clone();
        api_version.rsplit('/').next().unwrap_or(api_version).clone_into(&mut found.version);
        Some((found.list(namespace), found.object(namespace, name)))
    }

    async fn create(&self, step: &Step) -> Done {
        match self.try_create(step).await {
            Ok(done) => done,
            Err(why) => Done::end(End::Failed(why)),
        }
    }

    async fn try_create(&self, step: &Step) -> std::result::Result<Done, String> {
        let mut object = object_of(self.file, step).map_err(|e| e.to_string())?;
        let mut notes = Vec::new();
        let namespace = self.place(step);
        let name = match (step.is("", "Namespace"), self.settings.namespace) {
            (true, Some(other)) => other.to_owned(),
            _ => step.name.clone(),
        };
        if step.is("", "PersistentVolume") {
            return self.volume(step, object).await;
        }
        rules::strip(&mut object);
        if let Some(other) = self.settings.namespace {
            move_to(&mut object, step, other);
        }
        let owners = self.owners(step, namespace.as_deref()).await;
        for lost in rules::remap_owners(&mut object, |uid| owners.get(uid).cloned().unwrap_or(NewOwner::Gone))
        {
            notes.push(format!(
                "{}: its owner {lost} is not there, so it has none now",
                step.called_in(self.settings.namespace)
            ));
        }
        if step.is("", "PersistentVolumeClaim") {
            self.claim(step, &mut object, &mut notes).await;
        }
        let Some((list, path)) = self.paths(&step.api_version, &step.kind, namespace.as_deref(), &name)
        else {
            return Err(format!("the server has no kind {} of {}", step.kind, step.api_version));
        };
        let end = self.post(step, &list, &path, &mut object, &mut notes).await?;
        Ok(Done { end, notes, volume: None })
    }

    /// Creates, and waits where waiting helps.
    async fn post(
        &self,
        step: &Step,
        list: &str,
        path: &str,
        object: &mut Value,
        notes: &mut Vec<String>,
    ) -> std::result::Result<End, String> {
        let until = Instant::now() + self.settings.patience;
        let soon = Instant::now() + Duration::from_secs(10);
        loop {
            let refused = match write_client::create(&self.client, list, object).await {
                Ok(made) => return Ok(End::Created(text(&made, "/metadata/uid").to_owned())),
                Err(refused) => refused,
            };
            let busy = matches!(refused.status, 429 | 503);
            // The controllers furnish a new namespace within moments; a new definition is served within moments.
            let not_yet = (refused.status == 403
                && refused.message.contains("error looking up service account"))
                || (refused.is_absent() && !refused.message.contains("namespaces \""));
            if refused.is_there() {
                match write_client::get(&self.client, path).await {
                    Ok(live) if is_leaving(&live) && Instant::now() < until => {}
                    Ok(live) if is_leaving(&live) => return Err("it is still being deleted".into()),
                    Ok(live) => return Ok(End::There(text(&live, "/metadata/uid").to_owned())),
                    Err(gone) if gone.is_absent() => {}
                    Err(other) => return Err(other.message),
                }
            } else if refused.message.contains("provided port is already allocated") && without_ports(object)
            {
                notes.push(format!(
                    "{}: its node port is taken, it gets another one",
                    step.called_in(self.settings.namespace)
                ));
                continue;
            } else if !((busy || not_yet) && Instant::now() < soon) {
                return Err(refused.message);
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
        }
    }

    /// The uids of the owners now.
    async fn owners(&self, step: &Step, namespace: Option<&str>) -> HashMap<String, NewOwner> {
        let mut found = HashMap::new();
        for owner in &step.owners {
            let now = match self.uids.get(&owner.uid) {
                Some(uid) => NewOwner::Is(uid.clone()),
                None => self.live_owner(owner, namespace).await,
            };
            found.insert(owner.uid.clone(), now);
        }
        found
    }

    async fn live_owner(&self, owner: &Owner, namespace: Option<&str>) -> NewOwner {
        let Some((_, path)) = self.paths(&owner.api_version, &owner.kind, namespace, &owner.name) else {
            return NewOwner::Gone;
        };
        match write_client::get(&self.client, &path).await {
            Ok(live) if !is_leaving(&live) => NewOwner::Is(text(&live, "/metadata/uid").to_owned()),
            _ => NewOwner::Gone,
        }
    }

    /// A volume that is still there is made free for its claim again; one that is gone is created only where its
    /// data stayed.
    async fn volume(&self, step: &Step, mut object: Value) -> std::result::Result<Done, String> {
        let path = format!("/api/v1/persistentvolumes/{}", segment(&step.name));
        let (claim_ns, claim) = (
            text(&object, "/spec/claimRef/namespace").to_owned(),
            text(&object, "/spec/claimRef/name").to_owned(),
        );
        let end = |end, volume| Ok(Done { end, notes: Vec::new(), volume: Some(volume) });
        if !self.settings.at_home {
            return end(End::LeftOut("its disk belongs to the cluster the copy comes from".into()), false);
        }
        match write_client::get(&self.client, &path).await {
            Ok(live) => {
                let uid = text(&live, "/metadata/uid").to_owned();
                let goes = is_leaving(&live)
                    || (text(&live, "/spec/persistentVolumeReclaimPolicy") == "Delete"
                        && ["Released", "Failed"].contains(&text(&live, "/status/phase")));
                if goes {
                    return end(End::LeftOut("it is being erased (reclaim Delete)".into()), false);
                }
                let same = text(&live, "/spec/claimRef/namespace") == claim_ns
                    && text(&live, "/spec/claimRef/name") == claim;
                if !same || self.settings.namespace.is_some_and(|other| other != claim_ns) {
                    return end(End::There(uid), false);
                }
                if text(&live, "/status/phase") == "Released" {
                    let patch = json!({"metadata": {"resourceVersion": text(&live, "/metadata/resourceVersion")},
                        "spec": {"claimRef": {"uid": null, "resourceVersion": null}}});
                    write_client::merge(&self.client, &path, &patch).await.map_err(|r| r.message)?;
                    let notes =
                        vec![format!("volume {} is free for claim {claim_ns}/{claim} again", step.name)];
                    return Ok(Done { end: End::There(uid), notes, volume: Some(true) });
                }
                end(End::There(uid), true)
            }
            Err(refused) if refused.is_absent() => {
                let policy = text(&object, "/spec/persistentVolumeReclaimPolicy").to_owned();
                if self.beside.contains(step.name.as_str()) && policy == "Delete" {
                    return end(End::LeftOut("it was erased with its claim (reclaim Delete)".into()), false);
                }
                rules::strip(&mut object);
                let mut notes = Vec::new();
                let list = "/api/v1/persistentvolumes";
                let made = self.post(step, list, &path, &mut object, &mut notes).await?;
                Ok(Done { end: made, notes, volume: Some(true) })
            }
            Err(Refused { message, .. }) => Err(message),
        }
    }

    /// A claim that names a volume which is gone would be lost for good; without the name it gets a new, empty one.
    async fn claim(&self, step: &Step, object: &mut Value, notes: &mut Vec<String>) {
        let volume = text(object, "/spec/volumeName").to_owned();
        if volume.is_empty() {
            return;
        }
        let moved = self.settings.namespace.is_some_and(|other| step.namespace.as_deref() != Some(other));
        let usable = match self.volumes.get(&volume) {
            _ if moved || !self.settings.at_home => false,
            Some(usable) => *usable,
            None => {
                let path = format!("/api/v1/persistentvolumes/{}", segment(&volume));
                // Who may not look has to take the copy's word.
                !write_client::get(&self.client, &path).await.is_err_and(|refused| refused.is_absent())
            }
        };
        if !usable {
            rules::remove(object, &["spec", "volumeName"]);
            notes.push(format!(
                "{}: its volume {volume} is not there for it; it comes back EMPTY",
                step.called_in(self.settings.namespace)
            ));
        }
    }

    /// Waits until the server offers the kinds of new definitions.
    async fn established(&mut self, steps: &[&Step], report: &mut Report, watch: &mut dyn Watch) {
        let until = Instant::now() + ESTABLISHED;
        let mut told = false;
        loop {
            let mut waiting = Vec::new();
            for step in steps {
                if report.failed.iter().any(|(what, _)| *what == step.called_in(self.settings.namespace)) {
                    continue;
                }
                let path = self.paths(&step.api_version, &step.kind, None, &step.name).map(|(_, path)| path);
                let live = match path {
                    Some(path) => write_client::get(&self.client, &path).await.ok(),
                    None => None,
                };
                let conditions = live.as_ref().and_then(|l| l.pointer("/status/conditions")?.as_array());
                let ready = conditions
                    .into_iter()
                    .flatten()
                    .any(|c| text(c, "/type") == "Established" && text(c, "/status") == "True");
                let served = live.as_ref().is_some_and(|l| {
                    self.catalog.of_kind(text(l, "/spec/group"), text(l, "/spec/names/kind")).is_some()
                });
                if !ready || !served {
                    waiting.push(step.name.clone());
                }
            }
            if waiting.is_empty() {
                return;
            }
            if Instant::now() >= until {
                report.notes.push(format!("not served yet: {}", waiting.join(", ")));
                return;
            }
            if !std::mem::replace(&mut told, true) {
                watch.waits(&format!("waiting until the server offers {}", waiting.join(", ")));
            }
            tokio::time::sleep(Duration::from_millis(300)).await;
            if let Ok(catalog) = catalog(&self.client).await {
                self.catalog = catalog;
            }
        }
    }
}

fn is_leaving(live: &Value) -> bool {
    live.pointer("/metadata/deletionTimestamp").is_some_and(|v| !v.is_null())
}

/// Takes out fixed node ports; false when there were none.
fn without_ports(object: &mut Value) -> bool {
    let Some(ports) = object.pointer_mut("/spec/ports").and_then(Value::as_array_mut) else { return false };
    let mut any = false;
    for port in ports.iter_mut().filter_map(Value::as_object_mut) {
        any |= port.shift_remove("nodePort").is_some();
    }
    any
}

/// Puts an object, and accounts it names, into another namespace.
fn move_to(object: &mut Value, step: &Step, other: &str) {
    let Some(old) = step.namespace.clone().or_else(|| step.is("", "Namespace").then(|| step.name.clone()))
    else {
        return;
    };
    if step.is("", "Namespace") {
        rules::remove(object, &["metadata", "labels", "kubernetes.io/metadata.name"]);
        object["metadata"]["name"] = other.into();
        return;
    }
    object["metadata"]["namespace"] = other.into();
    let subjects = object.get_mut("subjects").and_then(Value::as_array_mut);
    for subject in subjects.into_iter().flatten() {
        if text(subject, "/namespace") == old {
            subject["namespace"] = other.into();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(version: &str, kind: &str, name: &str, owner: &str) -> Value {
        let mut one = json!({"apiVersion": version, "kind": kind, "metadata": {"name": name, "namespace": "n", "uid": name}});
        if !owner.is_empty() {
            one["metadata"]["ownerReferences"] = json!([{"apiVersion": "example.com/v1", "kind": "Widget", "name": owner, "uid": owner, "controller": true}]);
        }
        one
    }

    #[test]
    fn owners_come_before_what_they_own() {
        let mut steps: Vec<Step> = [
            object("v1", "Secret", "of-b", "b"),
            object("v1", "Secret", "free", ""),
            object("example.com/v1", "Widget", "b", "a"),
            object("example.com/v1", "Widget", "a", ""),
            object("apps/v1", "Deployment", "d", ""),
            // A circle, which no server makes, ends too.
            object("v1", "ConfigMap", "x", "y"),
            object("v1", "ConfigMap", "y", "x"),
        ]
        .iter()
        .map(|o| step(o, 0, 0))
        .collect();
        in_order(&mut steps);
        let names: Vec<&str> =
            steps.iter().map(|s| s.name.as_str()).filter(|n| !["x", "y"].contains(n)).collect();
        assert_eq!(names, ["free", "d", "a", "b", "of-b"]);
        assert_eq!(steps.len(), 7);
    }

    #[test]
    fn another_namespace_takes_accounts_along() {
        let mut binding = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"name": "b", "namespace": "old"},
            "subjects": [{"kind": "ServiceAccount", "name": "a", "namespace": "old"}, {"kind": "ServiceAccount", "name": "c", "namespace": "z"}]});
        let one = step(&binding, 0, 0);
        move_to(&mut binding, &one, "new");
        assert_eq!(text(&binding, "/metadata/namespace"), "new");
        assert_eq!(text(&binding, "/subjects/0/namespace"), "new");
        assert_eq!(text(&binding, "/subjects/1/namespace"), "z");
    }
}
