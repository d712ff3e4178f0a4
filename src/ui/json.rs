//! `guard check --json`: the decision and every fact behind it as data. Schema 1: fields are added, never renamed,
//! removed or given another meaning.

mod backup;

use crate::engine::assess::Assessment;
use crate::engine::challenge::Challenge;
use crate::engine::decide::Decision;
use crate::engine::human::counted;
use crate::engine::impact::{Fate, Impact};
use crate::engine::policy::Ignored;
use crate::engine::situation::{Level, Whole};
use crate::engine::target::{Environment, Target, Value};
use crate::engine::trail::Moved;
use crate::engine::trail::moved::Moving;
use crate::exit::Exit;
use serde::ser::SerializeMap as _;
use serde::{Serialize, Serializer};
use std::borrow::Cow;

/// The number of the schema.
pub const SCHEMA: u32 = 1;

/// What `guard check` found out.
#[derive(Clone, Copy, Debug)]
pub struct Checked<'a> {
    /// What would happen.
    pub decision: &'a Decision,
    /// Words and facts weighed.
    pub assessment: &'a Assessment,
    /// Whether a whole scope goes; `null` when not everything that goes was seen.
    pub whole_scope: Whole,
    /// What the target is to its people, and why.
    pub environment: (Environment, &'a str),
    /// The tool that was called.
    pub tool: &'a str,
    /// The target.
    pub target: &'a Target,
    /// What would go.
    pub impact: &'a Impact,
    /// What would have to be typed.
    pub challenge: Option<&'a Challenge>,
    /// Whether the caller is told what that is; a coding agent is not.
    pub tells_phrase: bool,
    /// That it goes elsewhere than its terminal has been.
    pub moving: Option<&'a Moving>,
    /// Policy files that were found and do not count.
    pub ignored: &'a [Ignored],
    /// How the process ends.
    pub exit: Exit,
}

/// The report as one line of JSON, without a newline. Raw text from outside is escaped as JSON wants it.
pub fn render_json(checked: &Checked<'_>) -> Result<String, serde_json::Error> {
    serde_json::to_string(&Report::of(checked))
}

#[derive(Serialize)]
struct Report<'a> {
    schema: u32,
    decision: &'static str,
    exit: u8,
    effect: &'static str,
    effect_by_words: &'static str,
    because: &'a [String],
    whole_scope: Option<bool>,
    environment: Environ<'a>,
    target: Known<'a>,
    impact: Blast<'a>,
    unchecked: Vec<Gap<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    challenge: Option<Asks<'a>>,
    rules: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    warnings: &'a [String],
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    stood_down: &'a [String],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ignored_policies: Vec<IgnoredPolicy<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    moved: Option<Elsewhere<'a>>,
}

/// That it goes elsewhere than its terminal has been.
#[derive(Serialize)]
struct Elsewhere<'a> {
    /// False: nobody can tell.
    certain: bool,
    #[serde(flatten)]
    moving: &'a Moving,
}

#[derive(Serialize)]
struct IgnoredPolicy<'a> {
    file: &'a str,
    because: &'a str,
}

#[derive(Serialize)]
struct Environ<'a> {
    name: &'static str,
    because: &'a str,
}

/// The target: the tool that was called, what it is known by, notes.
struct Known<'a> {
    tool: &'a str,
    target: &'a Target,
}

impl Serialize for Known<'_> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut map = to.serialize_map(None)?;
        map.serialize_entry("tool", self.tool)?;
        for part in &self.target.parts {
            let Some(key) = part.key else { continue };
            match &part.value {
                Value::None | Value::Nothing(_) | Value::Unknown(_) => map.serialize_entry(key, &())?,
                Value::Text(text) | Value::Live { value: text, .. } => map.serialize_entry(key, text)?,
                Value::Said { value, from } => map.serialize_entry(key, &Part { value, from })?,
                Value::Flag(flag) => map.serialize_entry(key, flag)?,
                Value::List(texts) => map.serialize_entry(key, texts)?,
            }
            if let Some(key) = part.why {
                let why = match &part.value {
                    Value::Unknown(why) => Some(why.to_string()),
                    _ => None,
                };
                map.serialize_entry(key, &why)?;
            }
        }
        map.serialize_entry("notes", &few(&self.target.notes))?;
        map.end()
    }
}

#[derive(Serialize)]
struct Part<'a> {
    value: &'a str,
    from: &'a str,
}

#[derive(Serialize)]
struct Blast<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    surprise: Option<&'a str>,
    subjects_total: u64,
    subjects: Vec<Subject<'a>>,
    groups: Vec<Group<'a>>,
    data: Vec<Data<'a>>,
    also: &'a [String],
    protections: Vec<Protection<'a>>,
    refused: Option<&'a str>,
    /// Copies of what holds data; left out where nothing that is hit does.
    #[serde(skip_serializing_if = "Option::is_none")]
    backups: Option<backup::Report<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    definitions: Vec<backup::Defined<'a>>,
}

#[derive(Serialize)]
struct Subject<'a> {
    kind: &'a str,
    group: &'a str,
    resource: &'a str,
    name: &'a str,
    namespace: Option<&'a str>,
    uid: Option<&'a str>,
    age_s: Option<u64>,
    changed_s: Option<u64>,
}

#[derive(Serialize)]
struct Group<'a> {
    kind: &'a str,
    group: &'a str,
    count: u64,
    /// There are more than `count`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    more: bool,
    names: &'a [String],
}

#[derive(Serialize)]
struct Data<'a> {
    what: &'a str,
    fate: &'static str,
    because: &'a str,
}

#[derive(Serialize)]
struct Protection<'a> {
    what: &'a str,
    effect: &'a str,
}

#[derive(Serialize)]
struct Gap<'a> {
    what: &'a str,
    why: String,
}

#[derive(Serialize)]
struct Asks<'a> {
    level: &'static str,
    kind: &'a str,
    phrase: Option<&'a str>,
    justification: bool,
    /// Policy demands a backup that is not there: `without backup` is part of the phrase.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    without_backup: bool,
    env_confirm: bool,
}

impl<'a> Report<'a> {
    fn of(c: &Checked<'a>) -> Report<'a> {
        let (decision, rules): (_, &[String]) = match c.decision {
            Decision::Allow(a) => ("allow", &a.rules),
            Decision::Confirm(a) => ("confirm", &a.rules),
            Decision::Deny(d) => ("deny", &d.rules),
        };
        let reason = match c.decision {
            Decision::Deny(d) => Some(d.reason.as_str()),
            _ => None,
        };
        let warnings: &[String] = match c.decision {
            Decision::Allow(a) => &a.warnings,
            Decision::Confirm(a) => &a.notes,
            Decision::Deny(_) => &[],
        };
        let challenge = match (c.decision, c.challenge) {
            (Decision::Confirm(asked), Some(challenge)) => Some(Asks {
                level: level(asked.level),
                kind: &challenge.kind,
                phrase: c.tells_phrase.then_some(challenge.variable()),
                justification: asked.justification,
                without_backup: asked.without_backup,
                env_confirm: asked.env_confirm,
            }),
            _ => None,
        };
        Report {
            schema: SCHEMA,
            decision,
            exit: c.exit.code(),
            effect: c.assessment.effect.word(),
            effect_by_words: c.assessment.words.word(),
            because: &c.assessment.because,
            whole_scope: match c.whole_scope {
                Whole::No => Some(false),
                Whole::Unknown => None,
                Whole::Yes => Some(true),
            },
            environment: Environ { name: c.environment.0.word(), because: c.environment.1 },
            target: Known { tool: c.tool, target: c.target },
            impact: blast(c.impact),
            unchecked: c.impact.gaps.iter().map(|g| Gap { what: &g.what, why: g.why.to_string() }).collect(),
            challenge,
            rules,
            reason,
            warnings,
            stood_down: c.decision.stood_down(),
            ignored_policies: c
                .ignored
                .iter()
                .map(|i| IgnoredPolicy { file: &i.file, because: &i.why })
                .collect(),
            moved: c.moving.map(|moving| Elsewhere { certain: moving.moved == Moved::Yes, moving }),
        }
    }
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::YesNo => "yes-no",
        Level::Typed => "typed",
    }
}

fn blast(impact: &Impact) -> Blast<'_> {
    Blast {
        surprise: impact.surprise.as_deref(),
        subjects_total: impact.subjects_total,
        subjects: impact
            .subjects
            .iter()
            .map(|s| Subject {
                kind: &s.kind,
                group: &s.group,
                resource: &s.resource,
                name: &s.name,
                namespace: s.namespace.as_deref(),
                uid: s.uid.as_deref(),
                age_s: s.age_s,
                changed_s: s.changed_s,
            })
            .collect(),
        groups: impact
            .groups
            .iter()
            .map(|g| Group { kind: &g.kind, group: &g.group, count: g.count, more: g.more, names: &g.names })
            .collect(),
        data: impact
            .data
            .iter()
            .map(|d| Data { what: &d.what, fate: fate(d.fate), because: &d.because })
            .collect(),
        also: &impact.also,
        protections: impact
            .protections
            .iter()
            .map(|p| Protection { what: &p.what, effect: &p.effect })
            .collect(),
        refused: impact.refused.as_deref(),
        backups: backup::report(&impact.backups),
        definitions: impact.definitions.iter().map(backup::defined).collect(),
    }
}

/// Of notes about files the first ones: of thousands that are missing nobody needs each.
fn few(notes: &[String]) -> Vec<Cow<'_, str>> {
    const MOST: usize = 64;
    let mut out: Vec<Cow<'_, str>> = notes.iter().take(MOST).map(Cow::from).collect();
    if let more @ 1.. = notes.len().saturating_sub(MOST) {
        out.push(format!("and {}", counted(more as u64, "more note")).into());
    }
    out
}

const fn fate(fate: Fate) -> &'static str {
    match fate {
        Fate::Kept => "kept",
        Fate::Unknown => "unknown",
        Fate::Erased => "erased",
    }
}
