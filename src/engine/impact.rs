//! What would really go, as the live system says. The probe fills this in; assess, policy and the screen read it.

use super::backup::Backups;
use super::effect::Effect;
use super::fact::Why;

/// The blast radius of one command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Impact {
    /// What goes without the person having named it, in one sentence.
    pub surprise: Option<String>,
    /// The names of that, in the same order.
    pub unnamed: Vec<String>,
    /// The objects the command itself hits, first ones first; `subjects_total` says how many there are.
    pub subjects: Vec<Subject>,
    /// How many objects the command itself hits.
    pub subjects_total: u64,
    /// Everything that goes with them, by kind, owners grouped, largest first (noise such as events left out).
    pub groups: Vec<Group>,
    /// What holds data, and what becomes of it.
    pub data: Vec<Data>,
    /// Volumes (PersistentVolume names) whose reclaim policy erases them when their claim goes.
    pub erased_volumes: Vec<String>,
    /// Other consequences, one short clause each: `load balancer 203.0.113.7`, `Helm releases api, index`.
    pub also: Vec<String>,
    /// Protections of the field found on the way.
    pub protections: Vec<Protection>,
    /// What could not be checked. Empty only when everything asked for was answered.
    pub gaps: Vec<Gap>,
    /// On a machine: among what could not be checked is what all goes or stops. Whom that serves, or how it is configured, is
    /// another matter.
    pub unseen: bool,
    /// The server's own words when a dry run of this very command was refused.
    pub refused: Option<String>,
    /// What the facts do to the effect judged from the words.
    pub consequences: Vec<Consequence>,
    /// True when whole namespaces, `--all`, or a whole kind goes.
    pub whole_scope: bool,
    /// A stop on a host that is known to take no data, no clients and nothing but what was named, and not the machine.
    pub light: bool,
    /// Where objects of the kinds that are hit live, as the server says.
    pub kinds: Vec<KindScope>,
    /// Objects of the caller's documents that are not there yet.
    pub created: Vec<Subject>,
    /// Where else the definitions of what goes are.
    pub definitions: Vec<Definition>,
    /// Copies of what holds data. What of them could not be read is said there, and is no gap of the impact.
    pub backups: Backups,
}

/// Whether objects of a kind live in namespaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindScope {
    /// The kind as the command has it: the word of the command line, or `Certificate.cert-manager.io` of a document.
    pub word: String,
    /// Whether they do.
    pub namespaced: bool,
}

impl Impact {
    /// Takes in what another question found.
    pub fn absorb(&mut self, other: Impact) {
        self.surprise = self.surprise.take().or(other.surprise);
        extend_new(&mut self.unnamed, other.unnamed);
        self.subjects.extend(other.subjects);
        self.subjects_total += other.subjects_total;
        for group in other.groups {
            match self.groups.iter_mut().find(|g| g.kind == group.kind && g.group == group.group) {
                Some(mine) => {
                    mine.count += group.count;
                    mine.more |= group.more;
                    mine.names.extend(group.names);
                }
                None => self.groups.push(group),
            }
        }
        self.data.extend(other.data);
        extend_new(&mut self.erased_volumes, other.erased_volumes);
        extend_new(&mut self.also, other.also);
        extend_new(&mut self.protections, other.protections);
        extend_new(&mut self.gaps, other.gaps);
        self.unseen |= other.unseen;
        self.refused = self.refused.take().or(other.refused);
        extend_new(&mut self.consequences, other.consequences);
        self.whole_scope |= other.whole_scope;
        extend_new(&mut self.kinds, other.kinds);
        extend_new(&mut self.created, other.created);
        extend_new(&mut self.definitions, other.definitions);
        self.backups.absorb(other.backups);
    }

    /// How many objects go that somebody may have defined elsewhere: what is in a scope that goes as a whole, or those that are
    /// named. What a controller makes again is not defined anywhere.
    pub fn definable(&self) -> u64 {
        let inside: u64 = self.groups.iter().map(|group| group.count).sum();
        if self.whole_scope && inside > 0 { inside } else { self.subjects_total }
    }

    /// Notes a question without an answer, once.
    pub fn gap(&mut self, what: impl Into<String>, why: Why) {
        extend_new(&mut self.gaps, vec![Gap { what: what.into(), why }]);
    }

    /// The same about what all goes or stops: the phrase then stands for all of it.
    pub fn unseen(&mut self, what: impl Into<String>, why: Why) {
        self.unseen = true;
        self.gap(what, why);
    }

    /// Notes a fact that makes the command at least this bad.
    pub fn raise(&mut self, effect: Effect, because: impl Into<String>) {
        extend_new(
            &mut self.consequences,
            vec![Consequence { effect, raises: true, because: because.into() }],
        );
    }

    /// Notes a fact by which the command is no worse than this.
    pub fn lower(&mut self, effect: Effect, because: impl Into<String>) {
        extend_new(
            &mut self.consequences,
            vec![Consequence { effect, raises: false, because: because.into() }],
        );
    }
}

fn extend_new<T: PartialEq>(to: &mut Vec<T>, from: Vec<T>) {
    for one in from {
        if !to.contains(&one) {
            to.push(one);
        }
    }
}

/// One object hit by the command itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subject {
    /// Kind as the API names it (`Namespace`, `Deployment`).
    pub kind: String,
    /// API group, empty for the core group.
    pub group: String,
    /// Plural resource name (`namespaces`).
    pub resource: String,
    /// Object name.
    pub name: String,
    /// Its namespace; `None` for cluster-scoped objects.
    pub namespace: Option<String>,
    /// `metadata.uid`, when seen.
    pub uid: Option<String>,
    /// Seconds since creation.
    pub age_s: Option<u64>,
    /// Seconds since the last recorded change (managedFields), never more than `age_s`.
    pub changed_s: Option<u64>,
    /// Its labels and those of its namespace, for policy matchers.
    pub labels: Vec<(String, String)>,
    /// The labels, or some of them, could not be read.
    pub labels_unknown: bool,
}

/// How many objects of one kind go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// Kind as the API names it.
    pub kind: String,
    /// API group, empty for the core group.
    pub group: String,
    /// How many.
    pub count: u64,
    /// There are more than were counted, or there may be.
    pub more: bool,
    /// The first few names.
    pub names: Vec<String>,
}

/// Something that holds data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Data {
    /// What it is: `claim pg-data-0`, `PostgreSQL cluster main (postgresql.cnpg.io)`.
    pub what: String,
    /// What becomes of the data.
    pub fate: Fate,
    /// Why: `reclaim Delete`, `reclaim Retain`, `whenDeleted Delete`.
    pub because: String,
}

/// What becomes of data.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fate {
    /// It stays, though detached.
    Kept,
    /// It could not be told; treated as erased.
    Unknown,
    /// It is gone.
    Erased,
}

impl Fate {
    /// In one word.
    pub const fn word(self) -> &'static str {
        match self {
            Fate::Kept => "kept",
            Fate::Unknown => "unknown",
            Fate::Erased => "erased",
        }
    }
}

/// Who applied some of the objects that go, and whether they can be made again from there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// As a person calls it: `Argo CD shop`.
    pub by: String,
    /// How many of the objects.
    pub count: u64,
    /// Where they are defined: a repository, a revision; empty where nobody says.
    pub at: String,
    /// Whether one can rely on it.
    pub elsewhere: Elsewhere,
}

/// Whether a definition is elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Elsewhere {
    /// It is, in a state that says so: `Synced`.
    Yes(String),
    /// It goes along, or lies where the objects lie.
    No(String),
    /// One cannot rely on it, and why.
    Doubtful(String),
}

/// A protection found on an object or promised by the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protection {
    /// In the field's words: `policy.kruise.io/delete-protection=Always`.
    pub what: String,
    /// What it does here: `refuses the deletion`, `keeps the volume`.
    pub effect: String,
}

/// One question that was not answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// What was asked for (`certificates.cert-manager.io`, `volumes`).
    pub what: String,
    /// Why there is no answer.
    pub why: Why,
}

/// A known fact that changes how bad the command is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consequence {
    /// The level it argues for.
    pub effect: Effect,
    /// `true`: at least this bad. `false`: no worse than this, *if* nothing is unchecked and nothing raises.
    pub raises: bool,
    /// The fact, as the person reads it: `its ReplicaSet re-creates it`.
    pub because: String,
}
