//! Commands that one description of the thing explains: which read, where in its answer the name, age, amounts and
//! protections stand, and what else is asked beside it. The rows are data; `rows_*.rs` hold them.

mod fact;
mod rows_data;
mod rows_network;
mod rows_other;

use super::cli::Cli;
use super::form::Form;
use super::{generic, read};
use crate::engine::aws::Hit;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::{Data, Fate, Impact, Subject};
use fact::{Fact, Told};
pub(super) use fact::{first, newest, off};
use serde_json::Value;

/// So many named things are described one by one; the others are said to be unchecked.
pub(super) const DESCRIBED: usize = 16;

/// One question and what its answer tells.
struct Ask {
    /// How a gap calls it.
    what: &'static str,
    /// The command. `{}` is the name as it was given, `--{}` the option that gave it, `{x}` the value of the option `x`
    /// (left out with the option before it when there is none), `{/a/b}` a place in the description.
    words: &'static [&'static str],
    /// Where the thing, or the list of things, stands in the answer.
    at: &'static str,
    facts: &'static [Fact],
}

/// What becomes of the data that the thing holds.
#[derive(Clone, Copy)]
enum Holds {
    /// It holds none.
    Nothing,
    /// It goes.
    Goes(&'static str),
    /// It goes unless a last copy is asked for. The names of the options: the copy's name, the one that asks for none
    /// where AWS otherwise insists, the one that keeps the data.
    Snapshot { named: &'static str, skip: Option<&'static str>, keep: Option<&'static str> },
}

/// One kind of thing.
struct Row {
    service: &'static str,
    operations: &'static [&'static str],
    /// What a person calls it.
    kind: &'static str,
    /// The options that may name it.
    options: &'static [&'static str],
    main: Ask,
    /// In an answer with several things: the member that has to be equal to the name.
    pick: Option<&'static str>,
    created: &'static str,
    tags: &'static str,
    holds: Holds,
    more: &'static [Ask],
}

fn rows() -> impl Iterator<Item = &'static Row> {
    rows_data::ROWS.iter().chain(rows_network::ROWS).chain(rows_other::ROWS)
}

fn row_of(hit: &Hit) -> Option<&'static Row> {
    rows().find(|r| r.service == hit.service && r.operations.contains(&hit.operation.as_str()))
}

/// Describes what the command names.
pub(super) async fn look(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    let named = row_of(hit).and_then(|row| {
        let option = row.options.iter().copied().find(|o| !hit.list(o).is_empty())?;
        Some((row, option))
    });
    let Some((row, option)) = named else { return generic::look(cli, hit, impact).await };
    let named = names(hit, option);
    let looks = named.iter().take(DESCRIBED).map(|one| describe(cli, hit, row, option, one));
    let seen = crate::probe::gather(looks).await;
    merge(row.kind, &named, seen, impact);
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
    if is_address { read::tail(value) } else { value }
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
    let (main, early) = tokio::join!(
        way.ask(&row.main, None),
        crate::probe::gather(
            row.more
                .iter()
                .map(|ask| async { if ask.leans() { None } else { Some(way.ask(ask, None).await) } })
        )
    );
    let thing = match main {
        Err(why) => return Seen::There(by_words(hit, row, one, why)),
        Ok(answer) => match answer.as_ref().and_then(|a| pick(a, row, &one.given)) {
            Some(thing) => thing.clone(),
            None => return Seen::Absent,
        },
    };
    let late = crate::probe::gather(
        row.more
            .iter()
            .map(|ask| async { if ask.leans() { Some(way.ask(ask, Some(&thing)).await) } else { None } }),
    )
    .await;
    let mut told = Told::default();
    way.tell(row.main.facts, &thing, &mut told);
    for (ask, answer) in row.more.iter().zip(early.into_iter().zip(late).map(|(a, b)| a.or(b))) {
        match answer {
            Some(Err(why)) => told.impact.gap(format!("{} of {}", ask.what, one.name), why),
            Some(Ok(answer)) => {
                let empty = Value::Array(Vec::new());
                let there = answer.as_ref().and_then(|a| a.pointer(ask.at)).unwrap_or(&empty);
                told.more = answer.as_ref().is_some_and(read::is_cut_off);
                way.tell(ask.facts, there, &mut told);
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
    let mut impact = unseen(row.kind, one, why);
    let (fate, because) = match row.holds {
        Holds::Nothing => return impact,
        Holds::Goes(because) => (Fate::Erased, because.to_owned()),
        Holds::Snapshot { named, skip, keep } => {
            let end = last_copy(hit, named, skip, keep, &mut impact);
            // A thing that was not seen may not be there: nothing is certain about it.
            impact.refused = None;
            end
        }
    };
    impact.data.push(Data { what: format!("{} {}", row.kind, one.name), fate, because });
    impact
}

fn pick<'v>(answer: &'v Value, row: &Row, given: &str) -> Option<&'v Value> {
    let there = answer.pointer(row.main.at).filter(|v| !v.is_null())?;
    let Some(member) = row.pick else { return Some(there) };
    there.as_array()?.iter().find(|v| read::text(v, member).is_some_and(|t| t == given || t == short(given)))
}

fn assemble(hit: &Hit, row: &Row, one: &Named, thing: &Value, told: Told) -> Impact {
    let Told { mut impact, amounts, called, more: _ } = told;
    impact.subjects.push(Subject {
        kind: row.kind.to_owned(),
        name: one.name.clone(),
        age_s: read::age_s(thing, row.created),
        labels: read::tags(thing, row.tags),
        ..Subject::default()
    });
    impact.subjects_total = 1;
    impact.also.splice(0..0, called.map(|c| format!("called {c}")));
    let what = match amounts.is_empty() {
        true => format!("{} {}", row.kind, one.name),
        false => format!("{} {}: {}", row.kind, one.name, amounts.join(", ")),
    };
    match row.holds {
        Holds::Nothing => impact.also.extend((!amounts.is_empty()).then(|| amounts.join(", "))),
        Holds::Goes(because) => {
            impact.data.insert(0, Data { what, fate: Fate::Erased, because: because.to_owned() });
        }
        Holds::Snapshot { named, skip, keep } => {
            let fate = last_copy(hit, named, skip, keep, &mut impact);
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
    let Holds::Snapshot { named, skip, .. } = row_of(hit)?.holds else { return None };
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

impl Ask {
    /// Whether the question needs the description first.
    fn leans(&self) -> bool {
        self.words.iter().any(|w| w.starts_with("{/"))
    }
}

impl Way<'_> {
    async fn ask(&self, ask: &Ask, thing: Option<&Value>) -> Result<Option<Value>, Why> {
        let words = self.fill(ask.words, thing);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.cli.find(&words).await
    }

    fn fill(&self, words: &[&str], thing: Option<&Value>) -> Vec<String> {
        fill(self.hit, self.option, self.one, words, thing)
    }

    fn tell(&self, facts: &[Fact], value: &Value, told: &mut Told) {
        let command = |words: &[&str]| {
            let words = self.fill(words, None);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            command(self.hit, &words)
        };
        for fact in facts {
            fact.tell(value, &self.one.name, &command, told);
        }
    }
}

/// The words of a command with their places filled; see [`Ask::words`].
fn fill(hit: &Hit, option: &str, one: &Named, words: &[&str], thing: Option<&Value>) -> Vec<String> {
    let mut filled: Vec<String> = Vec::with_capacity(words.len());
    for word in words {
        let place = word.split_once('{').and_then(|(before, rest)| {
            let (place, after) = rest.split_once('}')?;
            Some((before, place, after))
        });
        let Some((before, place, after)) = place else {
            filled.push((*word).to_owned());
            continue;
        };
        let value = match place {
            "" if before == "--" => Some(option.to_owned()),
            "" => Some(one.given.clone()),
            at if at.starts_with('/') => thing.and_then(|t| read::text(t, at)).map(str::to_owned),
            other => hit.value(other).map(str::to_owned),
        };
        match value {
            Some(value) => filled.push(format!("{before}{value}{after}")),
            // The option that waits for it goes too.
            None => drop(filled.pop()),
        }
    }
    filled
}

/// A command of guard's own for the person to copy, with the global options of the one at hand. The words are service,
/// operation, then options with their values.
pub(super) fn command(hit: &Hit, words: &[&str]) -> String {
    let (service, operation) = (words.first().unwrap_or(&""), words.get(1).unwrap_or(&""));
    let mut form = Form::new(hit, service, operation);
    let options = words.get(2..).unwrap_or_default();
    for (i, word) in options.iter().enumerate().filter(|(_, w)| w.starts_with("--")) {
        let rest = options.get(i + 1..).unwrap_or_default();
        let values: Vec<&str> = rest.iter().take_while(|w| !w.starts_with("--")).copied().collect();
        form = form.with(word.trim_start_matches("--"), &values);
    }
    form.text()
}

#[cfg(test)]
mod tests;
