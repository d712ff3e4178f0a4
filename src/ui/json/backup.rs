//! Copies of what holds data, as data.

use crate::engine::backup::standing::Standing;
use crate::engine::backup::{Backups, Covers, Expiry, Holder, Outcome, Read, Record};
use crate::engine::impact::{Definition, Elsewhere};
use serde::Serialize;

/// What was found out about copies.
#[derive(Serialize)]
pub(super) struct Report<'a> {
    /// The worst first.
    holders: Vec<Held<'a>>,
    sources: Vec<Source<'a>>,
    /// What may hold data and was not looked at.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    beyond: Vec<Unlooked<'a>>,
    /// When it was looked at, in seconds since 1970-01-01T00:00Z.
    checked_at: i64,
}

#[derive(Serialize)]
struct Unlooked<'a> {
    what: &'a str,
    why: String,
}

#[derive(Serialize)]
struct Held<'a> {
    what: &'a str,
    identity: Option<&'a str>,
    /// `empty`, `none`, `dies`, `unknown`, `claimed`, `usable`.
    standing: &'static str,
    /// Seconds since the newest usable copy was complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    usable_age_s: Option<u64>,
    records: Vec<Copy<'a>>,
}

#[derive(Serialize)]
struct Copy<'a> {
    tool: &'a str,
    object: &'a str,
    covers: Option<bool>,
    finished_at: Option<i64>,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    outcome_because: Option<&'a str>,
    amounts: Vec<Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    previous: Option<Previous>,
    /// `null`: nobody says, or never; `expires` tells which.
    expires_at: Option<i64>,
    expires: &'static str,
    stored_at: &'a str,
    dies_with: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    dies_because: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    unreachable: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    immutable_until: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    read_back_at: Option<i64>,
    evidence: &'static str,
    usable: bool,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    remarks: &'a [String],
}

#[derive(Serialize)]
struct Amount {
    n: u64,
    unit: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    live: Option<u64>,
}

#[derive(Serialize)]
struct Previous {
    finished_at: i64,
    n: u64,
}

#[derive(Serialize)]
struct Source<'a> {
    name: &'a str,
    read: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    within: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    because: Option<String>,
}

/// Where else the definition of some objects is.
#[derive(Serialize)]
pub(super) struct Defined<'a> {
    by: &'a str,
    count: u64,
    at: &'a str,
    /// `null`: one cannot rely on it.
    elsewhere: Option<bool>,
    because: &'a str,
}

pub(super) fn defined(definition: &Definition) -> Defined<'_> {
    let (elsewhere, because) = match &definition.elsewhere {
        Elsewhere::Yes(state) => (Some(true), state),
        Elsewhere::No(why) => (Some(false), why),
        Elsewhere::Doubtful(why) => (None, why),
    };
    let Definition { by, count, at, .. } = definition;
    Defined { by, count: *count, at, elsewhere, because }
}

/// The report; `None` where nothing that is hit holds data.
pub(super) fn report(backups: &Backups) -> Option<Report<'_>> {
    /// Of a hundred thousand claims nobody needs each here.
    const MOST: usize = 1_000;
    if backups.is_empty() {
        return None;
    }
    let groups = backups.groups();
    let holders = groups
        .iter()
        .flat_map(|group| group.holders.iter().map(|holder| held(holder, &group.standing, backups.now)));
    Some(Report {
        holders: holders.take(MOST).collect(),
        sources: backups.sources.iter().map(|source| read(source.name, &source.read)).collect(),
        beyond: backups
            .beyond
            .iter()
            .map(|gap| Unlooked { what: &gap.what, why: gap.why.to_string() })
            .collect(),
        checked_at: backups.now,
    })
}

fn held<'a>(holder: &'a Holder, standing: &Standing<'_>, now: i64) -> Held<'a> {
    let usable = match standing {
        Standing::Usable { record, .. } => record.age_s(now),
        _ => None,
    };
    Held {
        what: &holder.what,
        identity: holder.identity.as_deref(),
        standing: standing.word(),
        usable_age_s: usable,
        records: holder.records.iter().map(|record| copy(record, now)).collect(),
    }
}

fn copy(record: &Record, now: i64) -> Copy<'_> {
    let (outcome, because) = match &record.outcome {
        Outcome::Ok => ("ok", None),
        Outcome::Partial(why) => ("partial", Some(why.as_str())),
        Outcome::Failed(why) => ("failed", Some(why.as_str())),
        Outcome::Running => ("running", None),
        Outcome::Unknown => ("unknown", None),
    };
    let (expires_at, expires) = match record.expires {
        Expiry::Never => (None, "never"),
        Expiry::At(at) => (Some(at), "at"),
        Expiry::Unknown => (None, "unknown"),
    };
    Copy {
        tool: record.tool,
        object: &record.object,
        covers: match record.covers {
            Covers::Yes => Some(true),
            Covers::No => Some(false),
            Covers::Unknown => None,
        },
        finished_at: record.finished_at,
        outcome,
        outcome_because: because.filter(|why| !why.is_empty()),
        amounts: record
            .amounts
            .iter()
            .map(|amount| Amount { n: amount.n, unit: amount.unit.word(), live: amount.live })
            .collect(),
        previous: record.previous.map(|one| Previous { finished_at: one.finished_at, n: one.n }),
        expires_at,
        expires,
        stored_at: &record.stored.at,
        dies_with: record.stored.fate.word(),
        dies_because: &record.stored.because,
        unreachable: record.stored.unreachable.as_deref(),
        immutable_until: record.immutable_until,
        read_back_at: record.read_back_at,
        evidence: record.evidence.word(),
        usable: record.unfit(now).is_none(),
        remarks: &record.remarks,
    }
}

fn read<'a>(name: &'a str, read: &'a Read) -> Source<'a> {
    match read {
        Read::All => Source { name, read: "all", within: None, because: None },
        Read::Partly { within, why } => {
            Source { name, read: "partly", within: Some(within), because: Some(why.to_string()) }
        }
        Read::Not(why) => Source { name, read: "no", within: None, because: Some(why.to_string()) },
    }
}
