//! Everything a rule can look at, and what can follow from one: the words that policy and decision share.

use super::backup::backed::Backed;
use super::effect::Effect;
use super::kube::kinds;
use super::policy::place::{IdKind, Identity};
use crate::engine::target::Environment;
use crate::engine::trail::Moved;

/// One object the command hits, as far as it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Object {
    /// Kind as the API names it; empty when only the word of the command line is known.
    pub kind: String,
    /// API group, empty for the core group or when not known.
    pub group: String,
    /// Plural resource name, or the word of the command line; empty when not known.
    pub resource: String,
    /// Its name; `None` when the words choose by label, file or `--all` and nobody has looked.
    pub name: Option<String>,
    /// Its namespace; `None` for cluster-scoped objects (and under `-A`, where it is not known).
    pub namespace: Option<String>,
    /// Its labels and those of its namespace; `None` when they could not be read.
    pub labels: Option<Vec<(String, String)>>,
}

impl Object {
    /// Whether it is a namespace itself.
    pub fn is_namespace(&self) -> bool {
        kinds::is_namespace(&self.kind) || kinds::is_namespace(&self.resource)
    }
}

/// Whether a whole scope goes: a namespace, `--all`, a whole kind, a purge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Whole {
    /// Certainly not.
    #[default]
    No,
    /// Not everything that goes was seen: counts as one, and lowers nothing.
    Unknown,
    /// Yes.
    Yes,
}

impl From<bool> for Whole {
    fn from(whole: bool) -> Whole {
        if whole { Whole::Yes } else { Whole::No }
    }
}

/// Everything a rule can look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Situation {
    /// The tool's name.
    pub tool: String,
    /// The command's path (`rollout restart`); for a plugin its name.
    pub verb: String,
    /// The effect after the facts.
    pub effect: Effect,
    /// Whole namespaces, `--all`, a whole kind, purge.
    pub whole_scope: Whole,
    /// On a host: what stops is known to hold no data, to serve nobody and to take nothing along that was not named, and
    /// it is not the machine. False when that is not known.
    pub light: bool,
    /// The objects the command hits.
    pub objects: Vec<Object>,
    /// True when `objects` holds every one of them.
    pub objects_complete: bool,
    /// True when every kind that is hit stands in `objects` at least once.
    pub kinds_complete: bool,
    /// The namespaces the command works in; `delete ns x` works in `x`.
    pub namespaces: Vec<String>,
    /// True when what is hit may lie in any namespace: `-A` says so, or not everything was seen.
    pub all_namespaces: bool,
    /// What the target is; meaningless when `target_known` is false.
    pub environment: Environment,
    /// False when the target could not be resolved.
    pub target_known: bool,
    /// What identifies the target, the name policy gives it included.
    pub identities: Vec<Identity>,
    /// Kinds of identity the target has that could not be learnt.
    pub unknown_identities: Vec<IdKind>,
    /// A known local cluster.
    pub local: bool,
    /// Whether a person can be asked.
    pub interactive: bool,
    /// Who is at work.
    pub actor: Actor,
    /// Seconds since 1970-01-01T00:00Z; `None` when no clock could be read.
    pub now: Option<i64>,
    /// Whether it goes elsewhere than its terminal has been.
    pub moved: Moved,
    /// What copies there are of what it hits.
    pub backed: Backed,
}

impl Situation {
    /// A situation of which nothing is known but the tool, the verb and the effect.
    pub fn of(tool: impl Into<String>, verb: impl Into<String>, effect: Effect) -> Situation {
        Situation {
            tool: tool.into(),
            verb: verb.into(),
            effect,
            whole_scope: Whole::No,
            light: false,
            objects: Vec::new(),
            objects_complete: false,
            kinds_complete: false,
            namespaces: Vec::new(),
            all_namespaces: false,
            environment: Environment::Unclassified,
            target_known: false,
            identities: Vec::new(),
            unknown_identities: Vec::new(),
            local: false,
            interactive: true,
            actor: Actor::Human,
            now: None,
            moved: Moved::No,
            backed: Backed::Unknown,
        }
    }
}

/// Who is at work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// A person.
    #[default]
    Human,
    /// A pipeline.
    Ci,
    /// A coding agent.
    Agent,
}

impl Actor {
    /// All of them.
    pub const ALL: [Actor; 3] = [Actor::Human, Actor::Ci, Actor::Agent];

    /// The word used in output and policy files.
    pub const fn word(self) -> &'static str {
        match self {
            Actor::Human => "human",
            Actor::Ci => "ci",
            Actor::Agent => "agent",
        }
    }
}

/// How strongly a person has to confirm.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// y/N, the target named in the question.
    YesNo,
    /// The target's name has to be typed.
    Typed,
}

impl Level {
    /// In a word or two.
    pub const fn told(self) -> &'static str {
        match self {
            Level::YesNo => "y/N",
            Level::Typed => "typed",
        }
    }
}

/// What follows from a rule. The order is the order of strength.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// It runs.
    Allow,
    /// It runs, with one line that says where.
    Notice,
    /// It runs, with the rule's warning.
    Warn,
    /// It runs after the right answer.
    Confirm(Level),
    /// It does not run.
    Deny,
}

impl Outcome {
    /// The words used in output and policy files.
    pub const fn words(self) -> &'static str {
        match self {
            Outcome::Allow => "allow",
            Outcome::Notice => "notice",
            Outcome::Warn => "warn",
            Outcome::Confirm(Level::YesNo) => "confirm yes-no",
            Outcome::Confirm(Level::Typed) => "confirm typed",
            Outcome::Deny => "deny",
        }
    }
}
