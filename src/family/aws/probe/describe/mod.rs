//! Commands that one description of the thing explains: which read, where in its answer the name, age, amounts and
//! protections stand, and what else is asked beside it. The YAML files hold all that.

mod row;
mod row_fact;
mod words;

use super::cli::Cli;
use super::generic;
use super::json;
use super::safer_command::Form;
use crate::engine::aws::Hit;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::{Data, Fate, Impact, Subject};
use row::{Holds, Row, row_of};
use row_fact::{Fact, Told};
pub(super) use row_fact::{first, newest, off};
use serde_json::Value;
use words::Words;
pub(super) use words::command;

/// So many named things are described one by one; the others are said to be unchecked.
pub(super) const DESCRIBED: usize = 16;

/// Describes what the command names.
pub(super) async fn probe_impact(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    let named = or_gap(row_of(hit), hit, impact).and_then(|row| {
        let option = row.commands.options.iter().find(|o| !hit.list(o).is_empty())?;
        Some((row, option.as_str()))
    });
    let Some((row, option)) = named else { return generic::probe_impact(cli, hit, impact).await };
    let named = names(hit, option);
    let looks = named.iter().take(DESCRIBED).map(|one| describe(cli, hit, row, option, one));
    let seen = crate::run::tasks::gather(looks).await;
    merge(&row.thing.kind, &named, seen, impact);
}

/// Without rows nothing is asked, and that is said.
fn or_gap<'r>(row: Result<Option<&'r Row>, Why>, hit: &Hit, impact: &mut Impact) -> Option<&'r Row> {
    row.unwrap_or_else(|why| {
        impact.gap(format!("what {} {} does", hit.service, hit.operation), why);
        None
    })
}

/// One thing the command names.
pub(super) struct Named {
    /// As it was given.
    pub(super) given: String,
    /// As the phrase has it.
    pub(super) name: String,
}

/// The things an option names, each with the name a person types.
pub(super) fn names(hit: &Hit, option: &str) -> Vec<Named> {
    let values = values(hit, option);
    let alike = values.len() == hit.resources.len();
    let name = |(i, given): (usize, String)| Named {
        name: hit.resources.get(i).filter(|_| alike).cloned().unwrap_or_else(|| short(&given).to_owned()),
        given,
    };
    values.into_iter().enumerate().map(name).collect()
}

/// The values of an option. The CLI takes a list as JSON too.
fn values(hit: &Hit, option: &str) -> Vec<String> {
    let values = hit.list(option);
    match values {
        [one] if one.trim_start().starts_with('[') => {
            serde_json::from_str(one).unwrap_or_else(|_| values.to_vec())
        }
        _ => values.to_vec(),
    }
}

/// The name in an ARN or URL; anything else is a name already (`/app/web`, `db/password`).
pub(super) fn short(value: &str) -> &str {
    let is_address = value.starts_with("arn:") || value.contains("://");
    if is_address { json::tail(value) } else { value }
}

/// What was found of one named thing.
#[allow(clippy::large_enum_variant, reason = "one for each thing named, and soon taken apart")]
pub(super) enum Seen {
    /// It is there.
    There(Impact),
    /// The service says there is no such thing.
    Absent,
    /// It could not be seen.
    Unseen(Why),
}

/// Puts the things together. What does not exist lowers the command only when nothing else is named.
pub(super) fn merge(kind: &str, named: &[Named], seen: Vec<Seen>, impact: &mut Impact) {
    let mut absent = Vec::new();
    let asked = seen.len();
    for (one, seen) in named.iter().zip(seen) {
        match seen {
            Seen::There(other) => impact.absorb(other),
            Seen::Absent => absent.push(one.name.as_str()),
            Seen::Unseen(why) => impact.absorb(unseen(kind, one, why)),
        }
    }
    for one in named.iter().skip(asked) {
        impact.absorb(unseen(kind, one, Why::NotAsked));
    }
    if absent.is_empty() {
        return;
    }
    let text = format!("no such {kind}: {}", first(&absent));
    if absent.len() == named.len() { impact.lower(Effect::Read, text) } else { impact.also.push(text) }
}

async fn describe(cli: &Cli<'_>, hit: &Hit, row: &Row, option: &str, one: &Named) -> Seen {
    let way = Way { cli, hit, option, one };
    let early = crate::run::tasks::gather(
        row.more
            .iter()
            .map(|ask| async { if ask.ask.lean() { None } else { Some(way.ask(&ask.ask, None).await) } }),
    );
    let (main, early) = tokio::join!(way.ask(&row.ask, None), early);
    let thing = match main {
        Err(why) => return Seen::There(by_words(hit, row, one, why)),
        Ok(answer) => match answer.as_ref().and_then(|a| pick(a, row, &one.given)) {
            Some(thing) => thing.clone(),
            None => return Seen::Absent,
        },
    };
    let late = crate::run::tasks::gather(row.more.iter().map(|ask| async {
        if ask.ask.lean() { Some(way.ask(&ask.ask, Some(&thing)).await) } else { None }
    }))
    .await;
    let mut told = Told::default();
    way.tell(&row.facts, &thing, &mut told);
    for (ask, answer) in row.more.iter().zip(early.into_iter().zip(late).map(|(a, b)| a.or(b))) {
        match answer {
            Some(Err(why)) => told.impact.gap(format!("{} of {}", ask.what, one.name), why),
            Some(Ok(answer)) => {
                let answer = answer.unwrap_or_default();
                told.more = json::is_cut_off(&answer);
                way.tell(&ask.facts, &answer, &mut told);
            }
            None => {}
        }
    }
    Seen::There(assemble(hit, row, one, &thing, told))
}

/// What the words alone say of a thing that could not be seen.
pub(super) fn unseen(kind: &str, one: &Named, why: Why) -> Impact {
    let mut impact = Impact {
        subjects: vec![Subject { kind: kind.to_owned(), name: one.name.clone(), ..Subject::default() }],
        subjects_total: 1,
        ..Impact::default()
    };
    impact.gap(format!("{kind} {}", one.name), why);
    impact
}

/// The same with what becomes of its data: that stands in the words.
fn by_words(hit: &Hit, row: &Row, one: &Named, why: Why) -> Impact {
    let mut impact = unseen(&row.thing.kind, one, why);
    let (fate, because) = match &row.data {
        Holds::Nothing => return impact,
        Holds::Goes(because) => (Fate::Erased, because.clone()),
        Holds::Snapshot { named, skip, keep } => {
            let end = last_copy(hit, named, skip.as_deref(), keep.as_deref(), &mut impact);
            // A thing that was not seen may not be there: nothing is certain about it.
            impact.refused = None;
            end
        }
    };
    impact.data.push(Data { what: format!("{} {}", row.thing.kind, one.name), fate, because });
    impact
}

fn pick<'v>(answer: &'v Value, row: &Row, given: &str) -> Option<&'v Value> {
    let there = answer.pointer(&row.thing.at).filter(|v| !v.is_null())?;
    let Some(member) = &row.thing.pick else { return Some(there) };
    there.as_array()?.iter().find(|v| json::text(v, member).is_some_and(|t| t == given || t == short(given)))
}

fn assemble(hit: &Hit, row: &Row, one: &Named, thing: &Value, told: Told) -> Impact {
    let Told { mut impact, amounts, called, more: _ } = told;
    impact.subjects.push(Subject {
        kind: row.thing.kind.clone(),
        name: one.name.clone(),
        age_s: json::age_s(thing, &row.thing.created),
        labels: json::tags(thing, &row.thing.tags),
        ..Subject::default()
    });
    impact.subjects_total = 1;
    impact.also.splice(0..0, called.map(|c| format!("called {c}")));
    let what = match amounts.is_empty() {
        true => format!("{} {}", row.thing.kind, one.name),
        false => format!("{} {}: {}", row.thing.kind, one.name, amounts.join(", ")),
    };
    match &row.data {
        Holds::Nothing => impact.also.extend((!amounts.is_empty()).then(|| amounts.join(", "))),
        Holds::Goes(because) => {
            impact.data.insert(0, Data { what, fate: Fate::Erased, because: because.clone() });
        }
        Holds::Snapshot { named, skip, keep } => {
            let fate = last_copy(hit, named, skip.as_deref(), keep.as_deref(), &mut impact);
            impact.data.insert(0, Data { what, fate: fate.0, because: fate.1 });
        }
    }
    impact
}

/// What the options say about a last copy of the data.
fn last_copy(
    hit: &Hit,
    named: &str,
    skip: Option<&str>,
    keep: Option<&str>,
    impact: &mut Impact,
) -> (Fate, String) {
    if let Some(keep) = keep.filter(|k| hit.switch(k) == Some(true)) {
        return (Fate::Kept, format!("--{keep}"));
    }
    if let Some(name) = hit.value(named) {
        return (Fate::Kept, format!("final snapshot {name}"));
    }
    match skip {
        Some(skip) if hit.switch(skip) == Some(true) => {
            (Fate::Erased, format!("no final snapshot: --{skip}"))
        }
        Some(skip) => {
            impact.refused = Some(format!("neither --{named} nor --{skip} is given"));
            (Fate::Erased, "no final snapshot".to_owned())
        }
        None => (Fate::Erased, format!("no final snapshot: --{named} is not given")),
    }
}

/// The same command with a last copy, where it asks for none.
pub(super) fn safer(hit: &Hit, impact: &Impact) -> Option<String> {
    let Holds::Snapshot { named, skip, .. } = &row_of(hit).ok()??.data else { return None };
    let goes = impact.data.iter().any(|d| d.fate == Fate::Erased);
    let subject = impact.subjects.first().filter(|_| goes && hit.value(named).is_none())?;
    let mut form = Form::of(hit)?;
    if let Some(skip) = skip {
        form = form.without(skip).without(&format!("no-{skip}"));
    }
    Some(form.with(named, &[last_name(&subject.name)]).text())
}

/// What a last copy made today is called.
pub(super) fn last_name(of: &str) -> String {
    format!("{of}-final-{}", jiff::Timestamp::now().strftime("%Y%m%d"))
}

/// One look at one thing.
struct Way<'a> {
    cli: &'a Cli<'a>,
    hit: &'a Hit,
    option: &'a str,
    one: &'a Named,
}

impl Way<'_> {
    async fn ask(&self, words: &Words, thing: Option<&Value>) -> Result<Option<Value>, Why> {
        let words = self.fill(words, thing);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.cli.find(&words).await
    }

    fn fill(&self, words: &Words, thing: Option<&Value>) -> Vec<String> {
        words.fill(self.hit, self.option, &self.one.given, thing)
    }

    fn tell(&self, facts: &[Fact], value: &Value, told: &mut Told) {
        let command = |words: &Words| {
            let words = self.fill(words, None);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            command(self.hit, &words)
        };
        for fact in facts {
            fact.tell(value, &self.one.name, &command, told);
        }
    }
}

#[cfg(test)]
mod row_tests;
#[cfg(test)]
mod tests;
