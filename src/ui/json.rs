//! `guard check --json`: the decision and every fact behind it as data. Schema 1: fields are added, never renamed,
//! removed or given another meaning.

use crate::engine::assess::Assessment;
use crate::engine::aws::redact_text as redacted;
use crate::engine::challenge::Challenge;
use crate::engine::decide::Decision;
use crate::engine::fact::{Known, Source, Sourced, Why};
use crate::engine::human::counted;
use crate::engine::impact::{Fate, Impact};
use crate::engine::policy::Ignored;
use crate::engine::situation::{Level, Whole};
use crate::engine::target::{self, AwsTarget, Environment, HostTarget, KubeTarget};
use crate::exit::Exit;
use serde::Serialize;
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
    /// The name of the cluster or account as the phrase spells it.
    pub name: &'a str,
    /// The tool that was called.
    pub tool: &'a str,
    /// The target.
    pub target: target::Target<'a>,
    /// What would go.
    pub impact: &'a Impact,
    /// What would have to be typed.
    pub challenge: Option<&'a Challenge>,
    /// Whether the caller is told what that is; a coding agent is not.
    pub tells_phrase: bool,
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
    target: Target<'a>,
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

#[derive(Serialize)]
#[serde(untagged)]
enum Target<'a> {
    Kube(Kube<'a>),
    Aws(Aws<'a>),
    Host(Host<'a>),
}

#[derive(Serialize)]
struct Host<'a> {
    tool: &'a str,
    host: &'a str,
    name: Option<Part<'a>>,
    name_unknown: Option<String>,
    static_name: Option<Part<'a>>,
    fqdn: Option<&'a str>,
    deployment: Option<Part<'a>>,
    pretty: Option<Part<'a>>,
    location: Option<Part<'a>>,
    instance: Option<Part<'a>>,
    cloud: Option<Part<'a>>,
    address: Option<&'a str>,
    within: Option<&'a str>,
    root: Option<Part<'a>>,
    remote: Option<Part<'a>>,
    origin: &'a [String],
    notes: Vec<Cow<'a, str>>,
}

#[derive(Serialize)]
struct Aws<'a> {
    tool: &'a str,
    account_name: &'a str,
    account: Option<&'a str>,
    account_unknown: Option<String>,
    alias: Option<&'a str>,
    organisation_name: Option<&'a str>,
    principal: Option<&'a str>,
    credentials: Option<Part<'a>>,
    suggested_account: Option<Part<'a>>,
    profile: Option<Part<'a>>,
    region: Option<Part<'a>>,
    global_service: bool,
    endpoint: Option<Part<'a>>,
    access_key_id: Option<&'a str>,
    elsewhere: &'a [String],
    notes: Vec<Cow<'a, str>>,
}

#[derive(Serialize)]
struct Kube<'a> {
    tool: &'a str,
    cluster: &'a str,
    server: Part<'a>,
    context: Option<Part<'a>>,
    cluster_entry: Option<Part<'a>>,
    user: Option<Part<'a>>,
    acting_as: Option<Part<'a>>,
    namespace: Part<'a>,
    all_namespaces: bool,
    ca_sha256: Option<&'a str>,
    uid: Option<&'a str>,
    uid_unknown: Option<String>,
    chosen_by: String,
    notes: Vec<Cow<'a, str>>,
}

#[derive(Serialize)]
struct Part<'a> {
    value: Cow<'a, str>,
    from: String,
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
    env_confirm: bool,
}

impl<'a> Part<'a> {
    fn of(part: &'a Sourced<String>) -> Part<'a> {
        Part { value: Cow::Borrowed(&part.value), from: Source::to_string(&part.from) }
    }
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
            target: target(c),
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
        }
    }
}

const fn level(level: Level) -> &'static str {
    match level {
        Level::YesNo => "yes-no",
        Level::Typed => "typed",
    }
}

fn target<'a>(c: &Checked<'a>) -> Target<'a> {
    match c.target {
        target::Target::Kube(target) => Target::Kube(kube(c, target)),
        target::Target::Aws(target) => Target::Aws(aws(c, target)),
        target::Target::Host(target) => Target::Host(host(c, target)),
    }
}

fn aws<'a>(c: &Checked<'a>, t: &'a AwsTarget) -> Aws<'a> {
    let (account, account_unknown) = match &t.account {
        Known::Known(id) => (Some(id.as_str()), None),
        // There is nothing to be known.
        Known::Unknown(Why::Unsupported) if t.foreign().is_some() => (None, None),
        Known::Unknown(why) => (None, Some(why.to_string())),
    };
    let name = |known: &'a Known<Option<String>>| known.value().and_then(|name| name.as_deref());
    Aws {
        tool: c.tool,
        account_name: c.name,
        account,
        account_unknown,
        alias: name(&t.alias),
        organisation_name: name(&t.organisation_name),
        principal: t.principal.value().map(String::as_str),
        credentials: t.credentials.as_ref().map(Part::of),
        suggested_account: t.suggested_account.as_ref().map(Part::of),
        profile: t.profile.as_ref().map(Part::of),
        region: t.region.as_ref().map(Part::of),
        global_service: t.global_service,
        endpoint: t.endpoint.as_ref().map(|e| Part { value: redacted(&e.value).into(), ..Part::of(e) }),
        access_key_id: t.access_key_id.as_deref(),
        elsewhere: &t.elsewhere,
        notes: few(&t.notes),
    }
}

fn host<'a>(c: &Checked<'a>, t: &'a HostTarget) -> Host<'a> {
    let (name, name_unknown) = match &t.name {
        Known::Known(name) => (Some(Part::of(name)), None),
        Known::Unknown(why) => (None, Some(why.to_string())),
    };
    Host {
        tool: c.tool,
        host: c.name,
        name,
        name_unknown,
        static_name: t.static_name.as_ref().map(Part::of),
        fqdn: t.fqdn.as_deref(),
        deployment: t.deployment.as_ref().map(Part::of),
        pretty: t.pretty.as_ref().map(Part::of),
        location: t.location.as_ref().map(Part::of),
        instance: t.instance.as_ref().map(Part::of),
        cloud: t.cloud.as_ref().map(Part::of),
        address: t.address.as_deref(),
        within: t.within.as_deref(),
        root: t.root.as_ref().map(Part::of),
        remote: t.remote.as_ref().map(Part::of),
        origin: &t.origin,
        notes: few(&t.notes),
    }
}

fn kube<'a>(c: &Checked<'a>, t: &'a KubeTarget) -> Kube<'a> {
    let (uid, uid_unknown) = match &t.uid {
        Known::Known(uid) => (Some(uid.as_str()), None),
        Known::Unknown(why) => (None, Some(why.to_string())),
    };
    Kube {
        tool: c.tool,
        cluster: c.name,
        server: Part::of(&t.server),
        context: t.context.as_ref().map(Part::of),
        cluster_entry: t.cluster.as_ref().map(Part::of),
        user: t.user.as_ref().map(Part::of),
        acting_as: t.acting_as.as_ref().map(Part::of),
        namespace: Part::of(&t.namespace),
        all_namespaces: t.all_namespaces,
        ca_sha256: t.ca_sha256.as_deref(),
        uid,
        uid_unknown,
        chosen_by: t.chosen_by.to_string(),
        notes: few(&t.notes),
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
