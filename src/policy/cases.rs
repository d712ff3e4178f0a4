//! Decision examples: files in which people write what their policy must decide. `guard policy test` runs them.

use super::example::{moment, situation};
use super::{files, parse};
use crate::engine::backup::Evidence;
use crate::engine::backup::backed::{Backed, Usable};
use crate::engine::decide::{Decision, decide};
use crate::engine::effect::Effect;
use crate::engine::escape::escape;
use crate::engine::human::seconds;
use crate::engine::policy::place::{IdKind, Identity, Seen, classify_target, is_everywhere};
use crate::engine::policy::rule::{Rule, When};
use crate::engine::policy::{Layer, Merged};
use crate::engine::situation::{Actor, Outcome, Situation, Whole};
use crate::engine::target::Environment;
use crate::engine::tool::{self, TargetKind};
use crate::engine::trail::Moved;
use crate::fail::{Fail, Kind, Result};
use serde::Deserialize;
use std::path::Path;

/// One file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseFile {
    /// Version of this format: 1.
    pub version: u32,
    /// The policy files to decide by, next to this file; without them, the ones in force here.
    pub policy: Option<PolicyFiles>,
    /// The cases.
    pub cases: Vec<Case>,
}

/// Which files stand for which layer.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyFiles {
    /// Stands for the system's file.
    pub system: Option<String>,
    /// Stands for the user's file.
    pub user: Option<String>,
    /// Stands for the project's file.
    pub project: Option<String>,
}

/// One case.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The command line.
    pub command: String,
    /// Where it goes.
    #[serde(default)]
    pub target: Target,
    /// What the live system would say.
    #[serde(default)]
    pub impact: Assumed,
    /// Whether a person can be asked.
    #[serde(default = "yes")]
    pub interactive: bool,
    /// human, ci or agent.
    pub actor: Option<String>,
    /// The moment.
    pub now: Option<String>,
    /// Whether it goes elsewhere than its terminal has been.
    pub moved: Option<bool>,
    /// allow, notice, warn, confirm yes-no, confirm typed or deny.
    pub expect: String,
    /// The rules that have to make it so.
    pub rules: Option<Vec<String>>,
}

/// Where a case's command goes.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// False: it could not be resolved.
    pub known: Option<bool>,
    /// What it is; without it, what the policy makes of the identities.
    pub environment: Option<String>,
    /// Kubeconfig cluster entry.
    pub cluster: Option<String>,
    /// Kubeconfig context.
    pub context: Option<String>,
    /// API server.
    pub server: Option<String>,
    /// Cluster uid.
    pub uid: Option<String>,
    /// CA hash.
    pub ca: Option<String>,
    /// AWS account.
    pub account: Option<String>,
    /// AWS region.
    pub region: Option<String>,
    /// A daemon's ID.
    pub daemon: Option<String>,
    /// An endpoint that is not AWS's, or a daemon's.
    pub endpoint: Option<String>,
    /// Machine.
    pub host: Option<String>,
    /// Namespace of objects that name none.
    pub namespace: Option<String>,
}

/// What a case assumes of the live system.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assumed {
    /// The effect after the facts.
    pub effect: Option<String>,
    /// Whole namespaces, `--all`, purge.
    pub whole_scope: Option<bool>,
    /// Labels of every object, `key=value`.
    pub labels: Option<Vec<String>>,
    /// The newest usable copy of what holds data; without it, nothing is known of any.
    pub backup: Option<Copies>,
}

/// What a case assumes of copies.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
pub enum Copies {
    /// `none`, `unknown`, or `no-data` where nothing that is hit holds any.
    Word(String),
    /// The newest usable one.
    Newest(Newest),
}

/// The newest usable copy.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Newest {
    /// How old it is: 90m, 24h, 7d.
    pub age: String,
    /// claimed, recorded, measured or verified; recorded when not given.
    pub evidence: Option<String>,
    /// Whether it lies elsewhere; it does not when not given.
    #[serde(default)]
    pub elsewhere: bool,
}

impl Copies {
    fn backed(&self) -> std::result::Result<Backed, String> {
        let newest = match self {
            Copies::Word(word) => {
                return match word.as_str() {
                    "none" => Ok(Backed::Holders(vec![Vec::new()])),
                    "unknown" => Ok(Backed::Unknown),
                    "no-data" => Ok(Backed::NoData),
                    other => {
                        Err(format!("no backup is called {other:?}: none, unknown, no-data, or its age"))
                    }
                };
            }
            Copies::Newest(newest) => newest,
        };
        let age_s = seconds(&newest.age)
            .ok_or_else(|| format!("{:?} is no span of time such as 90m, 24h or 7d", newest.age))?;
        let evidence = match &newest.evidence {
            None => Evidence::Recorded,
            Some(word) => Evidence::ALL
                .into_iter()
                .find(|evidence| evidence.word() == word)
                .ok_or_else(|| format!("no evidence is called {word:?}"))?,
        };
        Ok(Backed::Holders(vec![vec![Usable { age_s, evidence, elsewhere: newest.elsewhere }]]))
    }
}

fn yes() -> bool {
    true
}

/// A case that came out otherwise.
#[derive(Debug, PartialEq, Eq)]
pub struct Miss {
    /// Its number from 1 and its command.
    pub case: String,
    /// What was expected and what came.
    pub why: String,
}

/// Reads one file of cases.
pub fn read(text: &str, path: &Path) -> Result<CaseFile> {
    let invalid = |what: String| {
        Fail::new(Kind::Data, format!("the decision examples {} are not valid", files::shown(path)))
            .because(what)
    };
    let file: CaseFile = serde_yaml::from_str(text).map_err(|e| {
        let at = e.location().map(|l| super::tree::At {
            line: l.line() as u32,
            column: l.column() as u32,
            width: 1,
        });
        let what = escape(e.to_string().as_bytes());
        match at {
            Some(at) => {
                let excerpt = super::tree::Problem { at, what }.show(&files::shown(path), text);
                Fail::new(Kind::Data, format!("the decision examples {} are not valid", files::shown(path)))
                    .excerpt(excerpt)
            }
            None => invalid(what),
        }
    })?;
    if file.version != 1 {
        return Err(invalid("`version` must be 1".to_owned()));
    }
    Ok(file)
}

/// The policy a file of cases names, or the one in force.
pub fn policy_of(file: &CaseFile, path: &Path, in_force: &Merged) -> Result<Merged> {
    let Some(names) = &file.policy else { return Ok(in_force.clone()) };
    let beside = path.parent().unwrap_or(Path::new("."));
    let load = |name: &Option<String>, layer: Layer| match name {
        None => Ok(None),
        Some(name) => {
            let path = beside.join(name);
            let text = std::fs::read_to_string(&path).map_err(|e| {
                Fail::new(Kind::Policy, format!("the policy file {} cannot be read", files::shown(&path)))
                    .because(e.to_string())
            })?;
            parse(&text, &path, layer).map(Some)
        }
    };
    Ok(Merged {
        system: load(&names.system, Layer::System)?,
        user: load(&names.user, Layer::User)?,
        project: load(&names.project, Layer::Project)?.into_iter().collect(),
        ignored: Vec::new(),
    })
}

/// Runs every case.
pub fn run(file: &CaseFile, policy: &Merged) -> Vec<Miss> {
    let numbered = file.cases.iter().enumerate();
    numbered
        .filter_map(|(i, case)| {
            let miss = |why| Miss { case: format!("{}: {}", i + 1, escape(case.command.as_bytes())), why };
            let s = match assumed(case, policy) {
                Ok(s) => s,
                Err(why) => return Some(miss(why)),
            };
            if let Some(rule) = timed(&s, policy) {
                return Some(miss(format!(
                    "the rule {} looks at the time: say when, with `now`",
                    escape(rule.as_bytes())
                )));
            }
            let decision = decide(&s, policy);
            let word = word(&decision);
            if word != case.expect {
                let by = escape(decision.rules().join(", ").as_bytes());
                return Some(miss(format!(
                    "expected {}, got {word} (effect {}, {}; by {by})",
                    escape(case.expect.as_bytes()),
                    s.effect,
                    s.environment
                )));
            }
            match &case.rules {
                Some(want) if want != decision.rules() => {
                    Some(miss(format!("expected it from {want:?}, got it from {:?}", decision.rules())))
                }
                _ => None,
            }
        })
        .collect()
}

/// A rule that would count at one time and not at another, in a case that does not say when it is. Taken as met it would
/// make every freeze look as if it were now.
fn timed<'a>(s: &Situation, policy: &'a Merged) -> Option<&'a str> {
    if s.now.is_some() {
        return None;
    }
    let counts = |rule: &&Rule| {
        let when = When { time: None, ..rule.when.clone() };
        rule.when.time.is_some() && Rule { when, ..(*rule).clone() }.matches(s)
    };
    policy.layers().flat_map(|layer| &layer.rules).find(counts).map(|rule| rule.id.as_str())
}

/// A decision in the words of `expect`.
pub fn word(decision: &Decision) -> &'static str {
    match decision {
        Decision::Allow(a) if !a.warnings.is_empty() => Outcome::Warn.words(),
        Decision::Allow(a) if a.notice => Outcome::Notice.words(),
        other => other.strength().words(),
    }
}

fn assumed(case: &Case, policy: &Merged) -> std::result::Result<Situation, String> {
    let mut s = situation(&case.command)?;
    let t = &case.target;
    let given = [
        (IdKind::Cluster, &t.cluster),
        (IdKind::Context, &t.context),
        (IdKind::Server, &t.server),
        (IdKind::Uid, &t.uid),
        (IdKind::Ca, &t.ca),
        (IdKind::Account, &t.account),
        (IdKind::Region, &t.region),
        (IdKind::Daemon, &t.daemon),
        (IdKind::Endpoint, &t.endpoint),
        (IdKind::Host, &t.host),
    ];
    let works_on = tool::kind_of(&s.tool);
    let mut seen = Seen { of: works_on, ..Seen::default() };
    if works_on == Some(TargetKind::Daemon) && t.endpoint.as_deref().is_some_and(is_everywhere) {
        seen.unknown.push(IdKind::Endpoint);
    }
    seen.identities.extend(given.iter().filter_map(|(k, v)| Some(Identity::new(*k, v.as_ref()?.as_str()))));
    let classified = classify_target(&seen, policy);
    s.target_known = t.known.unwrap_or(true);
    s.local = classified.local;
    s.environment = match &t.environment {
        Some(word) => {
            Environment::from_word(word).ok_or_else(|| format!("no environment is called {word:?}"))?
        }
        None => classified.environment,
    };
    s.identities = seen.identities;
    s.unknown_identities = seen.unknown;
    s.identities.extend(classified.named(works_on.unwrap_or(TargetKind::Cluster)));
    if let Some(ns) = &t.namespace
        && s.namespaces.is_empty()
        && !s.all_namespaces
    {
        s.namespaces.push(ns.clone());
        s.objects
            .iter_mut()
            .filter(|o| o.namespace.is_none() && !o.is_namespace())
            .for_each(|o| o.namespace = Some(ns.clone()));
    }
    if let Some(word) = &case.impact.effect {
        s.effect = Effect::from_word(word).ok_or_else(|| format!("no effect is called {word:?}"))?;
    }
    s.whole_scope = case.impact.whole_scope.map_or(s.whole_scope, Whole::from);
    if let Some(labels) = &case.impact.labels {
        let pairs: Vec<(String, String)> = labels
            .iter()
            .filter_map(|l| l.split_once('='))
            .map(|(k, v)| (k.to_owned(), v.to_owned()))
            .collect();
        s.objects.iter_mut().for_each(|o| o.labels = Some(pairs.clone()));
    }
    if let Some(copies) = &case.impact.backup {
        s.backed = copies.backed()?;
    }
    s.interactive = case.interactive;
    if let Some(word) = &case.actor {
        s.actor = Actor::ALL
            .into_iter()
            .find(|a| a.word() == word)
            .ok_or_else(|| format!("no actor is called {word:?}"))?;
    }
    if case.moved == Some(true) {
        s.moved = Moved::Yes;
    }
    if let Some(now) = &case.now {
        s.now =
            Some(moment(now).ok_or_else(|| format!("{now:?} is no moment such as 2026-12-24T18:00:00Z"))?);
    }
    Ok(s)
}
