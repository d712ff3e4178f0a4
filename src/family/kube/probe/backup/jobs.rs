//! Home-made CronJobs and Jobs (batch/v1): that one ended well is about the job, not about the data, so that no more than a
//! claim comes of it.

use super::doomed::Doomed;
use super::held::{Held, namespaces};
use super::json;
use super::lists::Listed;
use crate::engine::backup::place::{Host, of_host};
use crate::engine::backup::script::{LONGEST, Looks, Words, look};
use crate::engine::backup::{Covers, Evidence, Expiry, Fate, Outcome, Record, Stored};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A job that may be a backup.
#[derive(Debug)]
pub struct Job {
    namespace: String,
    name: String,
    kind: &'static str,
    suspended: bool,
    /// When it last ended well.
    finished: Option<i64>,
    failed: bool,
    running: bool,
    words: Words,
    /// What its words look like, scripts read.
    looks: Option<Looks>,
    /// ConfigMaps its pods mount: its script may be in one.
    scripts: Vec<String>,
    claims: Vec<String>,
}

impl Job {
    /// Whether one of these names stands anywhere in what it runs.
    fn names_one_of(&self, namespaces: &BTreeSet<&str>) -> bool {
        let values = self.words.variables.iter().map(|(_, value)| value);
        let mut texts = self.words.texts.iter().chain(values);
        texts.any(|text| namespaces.iter().any(|namespace| text.contains(namespace)))
    }
}

/// What is read of a CronJob. The newest success counts, not the newest start.
pub fn cron_job(of: &Value) -> Option<Job> {
    let finished = json::time(of, "/status/lastSuccessfulTime");
    job(of, "CronJob", "/spec/jobTemplate/spec/template", finished)
}

/// What is read of a Job that no CronJob made.
pub fn lone_job(of: &Value) -> Option<Job> {
    let made = json::list(of, "/metadata/ownerReferences")
        .any(|owner| json::text(owner, "/kind") == Some("CronJob"));
    if made {
        return None;
    }
    let succeeded = json::number(of, "/status/succeeded").is_some_and(|n| n > 0);
    let finished = json::time(of, "/status/completionTime").filter(|_| succeeded);
    job(of, "Job", "/spec/template", finished)
}

fn job(of: &Value, kind: &'static str, template: &str, finished: Option<i64>) -> Option<Job> {
    let template = of.pointer(template)?;
    let mut words = Words { names: vec![json::owned(of, "/metadata/name")?], ..Words::default() };
    for key in ["app", "app.kubernetes.io/name", "app.kubernetes.io/component"] {
        words.names.extend(json::mark(of, "labels", key).map(str::to_owned));
    }
    for list in ["/spec/initContainers", "/spec/containers"] {
        for container in json::list(template, list) {
            words.images.extend(json::owned(container, "/image"));
            let mut line = json::texts(container, "/command");
            line.extend(json::texts(container, "/args"));
            let mut line = line.join(" ");
            line.truncate(line.floor_char_boundary(LONGEST));
            words.texts.push(line);
            for variable in json::list(container, "/env") {
                words.variables.extend(json::owned(variable, "/name").zip(json::owned(variable, "/value")));
            }
        }
    }
    let volumes =
        |at: &'static str| json::list(template, "/spec/volumes").filter_map(move |v| json::owned(v, at));
    Some(Job {
        namespace: json::owned(of, "/metadata/namespace").unwrap_or_default(),
        name: json::owned(of, "/metadata/name")?,
        kind,
        suspended: json::flag(of, "/spec/suspend"),
        finished,
        failed: json::number(of, "/status/failed").is_some_and(|n| n > 0),
        running: json::number(of, "/status/active").is_some_and(|n| n > 0)
            || json::list(of, "/status/active").next().is_some(),
        looks: None,
        words,
        scripts: volumes("/configMap/name").collect(),
        claims: volumes("/persistentVolumeClaim/claimName").collect(),
    })
}

/// What the jobs name that has to be looked up before one can say whom they concern.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// ConfigMaps with scripts: namespace and name.
    pub scripts: BTreeSet<(String, String)>,
    /// Services they take from: namespace and name.
    pub services: BTreeSet<(String, String)>,
    /// Namespaces whose pods have to be known for that.
    pub pods: BTreeSet<String>,
    /// How many scripts more there are than are looked up.
    pub unopened: usize,
}

/// A pod as far as it tells who mounts what.
#[derive(Clone, Debug)]
pub struct Mounting {
    /// Its namespace.
    pub namespace: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Claims it mounts.
    pub claims: Vec<String>,
}

/// What is read of a Pod.
pub fn mounting(of: &Value) -> Option<Mounting> {
    let volumes = json::list(of, "/spec/volumes");
    let claims: Vec<String> =
        volumes.filter_map(|v| json::owned(v, "/persistentVolumeClaim/claimName")).collect();
    let labels = of.pointer("/metadata/labels").and_then(Value::as_object);
    let labels = labels.into_iter().flatten().filter_map(|(k, v)| Some((k.clone(), v.as_str()?.to_owned())));
    let namespace = json::owned(of, "/metadata/namespace")?;
    (!claims.is_empty()).then(|| Mounting { namespace, labels: labels.collect(), claims })
}

/// Everything of the jobs that was read.
#[derive(Debug, Default)]
pub struct Jobs {
    /// CronJobs.
    pub cron: Listed<Job>,
    /// Jobs.
    pub lone: Listed<Job>,
    /// How many scripts were not read.
    pub unopened: usize,
    /// Selectors of Services that were looked up; `None` of one that could not be.
    pub services: BTreeMap<(String, String), Option<BTreeMap<String, String>>>,
    /// Pods of the namespaces that were asked for theirs.
    pub pods: Vec<Mounting>,
    /// Whether those were read.
    pub pods_read: bool,
}

/// So many scripts are looked up, and so many services.
const LOOKED_UP: usize = 8;

impl Jobs {
    fn all(&self) -> impl Iterator<Item = &Job> {
        self.cron.items.iter().chain(&self.lone.items)
    }

    /// Reads the words of every job, once; those that are no backup by them, and have no script that may be one, are put away.
    pub fn read(&mut self, held: &[Held]) {
        let namespaces = namespaces(held);
        for jobs in [&mut self.cron.items, &mut self.lone.items] {
            // A job of another namespace concerns these only where it names one of theirs.
            jobs.retain(|job| namespaces.contains(job.namespace.as_str()) || job.names_one_of(&namespaces));
            jobs.iter_mut().for_each(|job| job.looks = look(&job.words));
            jobs.retain(|job| {
                let mine = namespaces.contains(job.namespace.as_str()) && !job.scripts.is_empty();
                job.looks.is_some() || mine
            });
        }
    }

    /// What has to be looked up for these holders.
    pub fn wanted(&self, held: &[Held]) -> Wanted {
        let mut wanted = Wanted::default();
        let namespaces = namespaces(held);
        for job in self.all() {
            let mine = namespaces.contains(job.namespace.as_str());
            // What is told by the command itself needs no script.
            if job.looks.as_ref().is_none_or(|looks| looks.by_name_only) && mine {
                wanted.scripts.extend(job.scripts.iter().map(|name| (job.namespace.clone(), name.clone())));
            }
            for host in job.looks.iter().flat_map(|looks| &looks.hosts) {
                if let Host::Service(name, namespace) = of_host(host, &job.namespace)
                    && namespaces.contains(namespace.as_str())
                    && wanted.services.len() < LOOKED_UP
                {
                    wanted.pods.insert(namespace.clone());
                    wanted.services.insert((namespace, name));
                }
            }
        }
        while wanted.scripts.len() > LOOKED_UP {
            wanted.scripts.pop_last();
            wanted.unopened += 1;
        }
        wanted
    }

    /// Takes the scripts that were looked up.
    pub fn with_scripts(&mut self, scripts: &BTreeMap<(String, String), String>) {
        for job in self.cron.items.iter_mut().chain(&mut self.lone.items) {
            let key = |name: &String| (job.namespace.clone(), name.clone());
            let texts: Vec<String> =
                job.scripts.iter().filter_map(|name| scripts.get(&key(name)).cloned()).collect();
            if !texts.is_empty() {
                job.words.texts.extend(texts);
                job.looks = look(&job.words);
            }
            job.words.texts.clear();
        }
    }

    /// What the jobs claim to have of one claim.
    pub fn records(&self, held: &Held, doomed: &Doomed) -> Vec<Record> {
        let mut records: Vec<Record> = self.all().filter_map(|job| self.record(job, held, doomed)).collect();
        records.sort_by_key(|record| std::cmp::Reverse((record.covers == Covers::Yes, record.finished_at)));
        records.truncate(2);
        records
    }

    fn record(&self, job: &Job, held: &Held, doomed: &Doomed) -> Option<Record> {
        let looks = job.looks.as_ref()?;
        let covers = self.covers(job, looks, held);
        // A job of another namespace concerns this one only where it says so.
        if covers == Covers::No || (covers == Covers::Unknown && job.namespace != held.namespace) {
            return None;
        }
        let mut remarks = Vec::new();
        match (looks.program, looks.by_name_only) {
            (Some(program), _) => remarks.push(format!("runs {program}")),
            (None, _) => remarks.push("only its name says that it is a backup".to_owned()),
        }
        if covers == Covers::Unknown {
            remarks.push("of what, it does not say".to_owned());
        }
        if looks.hides_failure {
            remarks.push("a dump that fails would look successful".to_owned());
        }
        if job.suspended {
            remarks.push("it is suspended".to_owned());
        }
        Some(Record {
            covers,
            finished_at: job.finished,
            outcome: match (job.finished, job.failed) {
                (Some(_), _) => Outcome::Ok,
                (None, _) if job.running => Outcome::Running,
                (None, true) => Outcome::Failed(String::new()),
                (None, false) => Outcome::Failed("it has never ended well".to_owned()),
            },
            expires: Expiry::Unknown,
            stored: self.stored(job, looks, held, doomed),
            remarks,
            ..Record::of(job.kind, format!("{}/{}", job.namespace, job.name), Evidence::Claimed)
        })
    }

    fn covers(&self, job: &Job, looks: &Looks, held: &Held) -> Covers {
        // A claim that is mounted is what is copied, unless a dump puts its result there.
        if job.namespace == held.namespace && job.claims.contains(&held.name) {
            return if looks.copies_files { Covers::Yes } else { Covers::No };
        }
        let mut of_another = false;
        for host in &looks.hosts {
            let (name, namespace) = match of_host(host, &job.namespace) {
                Host::Service(name, namespace) => (name, namespace),
                // A database elsewhere is nobody's claim here.
                Host::Outside => {
                    of_another = true;
                    continue;
                }
                Host::Unsure => continue,
            };
            if namespace != held.namespace {
                of_another = true;
                continue;
            }
            let Some(Some(selector)) = self.services.get(&(namespace.clone(), name)) else { continue };
            if selector.is_empty() || !self.pods_read {
                continue;
            }
            let picked = |pod: &&Mounting| {
                pod.namespace == namespace && selector.iter().all(|(k, v)| pod.labels.get(k) == Some(v))
            };
            let mounted: Vec<&String> = self.pods.iter().filter(picked).flat_map(|pod| &pod.claims).collect();
            let mine = |name: &&&String| ***name == held.name || held.siblings.contains(**name);
            if mounted.iter().any(|name| mine(&name)) {
                return Covers::Yes;
            }
            // A pooler mounts nothing, and a database that is scaled to nothing has no pods: then nobody can tell.
            of_another |= !mounted.is_empty();
        }
        // Whoever says of what it is and does not mean this one is somebody else's.
        if of_another { Covers::No } else { Covers::Unknown }
    }

    fn stored(&self, job: &Job, looks: &Looks, held: &Held, doomed: &Doomed) -> Stored {
        if let Some(at) = &looks.destination {
            return doomed.stored(at, looks.endpoint.as_deref(), &job.namespace);
        }
        // The claim that is copied is no place for its copy, but where there is no other. Of several it may be the one that goes.
        let mine = |name: &&String| job.namespace == held.namespace && **name == held.name;
        let goes = |name: &&String| doomed.in_claim(&job.namespace, name).fate == Fate::Command;
        let others = || job.claims.iter().filter(|name| !mine(name));
        // What a program copies is no place for the copy; a dump has none but what is mounted.
        let only = job.claims.first().filter(|_| !looks.copies_files);
        let other = others().find(goes).or(others().next()).or(only);
        match other {
            Some(name) => doomed.in_claim(&job.namespace, name),
            None => Stored { fate: Fate::Unknown, ..Stored::default() },
        }
    }
}
