//! From what is known about a command to the facts on the screen. What differs from one family of tools to the next (where the
//! command goes, how far it reaches, what things are called) comes as data: [`Sight`].

use super::backup;
use super::human::{counted, number, span};
use super::lookalike::oddity;
use super::screen::{Item, Row, Screen};
use crate::engine::assess::Assessment;
use crate::engine::challenge::Challenge;
use crate::engine::effect::Effect;
use crate::engine::fact::Source;
use crate::engine::impact::{Data, Fate, Group, Impact, Protection, Subject};
use crate::engine::situation::Level;
use crate::engine::target::Environment;
use crate::ui::command_line::CommandLine;
use std::collections::BTreeMap;

/// What a screen is made from. Texts are raw; they are escaped on their way to the screen.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// That it goes elsewhere than this terminal has been.
    pub alarm: Option<&'a str>,
    /// What the target is to its people.
    pub environment: Environment,
    /// Why it is that: `its name says so`, `/etc/guard/policy.yaml:12`.
    pub environment_why: &'a str,
    /// The name of the cluster or account as the phrase spells it.
    pub name: &'a str,
    /// What the family says of the target.
    pub sight: &'a Sight,
    /// Words and facts weighed.
    pub assessment: &'a Assessment,
    /// What would go.
    pub impact: &'a Impact,
    /// What has to be typed; `None` when nothing is asked.
    pub challenge: Option<&'a Challenge>,
    /// How it is asked.
    pub level: Level,
    /// How often an answer may be given.
    pub attempts: u32,
    /// The command as it will run, secrets replaced.
    pub command: &'a CommandLine,
    /// What is kept before it runs and how to get it back, or why nothing is: one clause each.
    pub copy: &'a [String],
    /// A milder way to the same end.
    pub safer: Option<&'a str>,
    /// Anything else worth a line: ignored variables, warnings of rules.
    pub notes: &'a [String],
    /// The home directory, shown as `~`.
    pub home: Option<&'a str>,
}

/// What a family says of its target on the screen. The rest of the screen is the same for all.
#[derive(Clone, Debug, Default)]
pub struct Sight {
    /// Which target, beside the badge.
    pub headline: Vec<Item>,
    /// How far the command reaches: the rows that stand first.
    pub scope: Vec<Row>,
    /// Which target, how it was chosen and as whom.
    pub rows: Vec<Row>,
    /// What a person should know about the resolution itself, below the losses.
    pub notes: Vec<String>,
    /// Things of this namespace are named without it.
    pub namespace: Option<String>,
    /// How the phrase is told.
    pub phrase: Phrase,
    /// What things are called.
    pub nouns: Nouns,
    /// What is done, as a word or two of a sentence: `to delete it`.
    pub action: String,
    /// `main/shop`: the target in one word, for questions and notices.
    pub place: String,
    /// The same for a line of its own, which has room for an account's id.
    pub long_place: String,
}

/// How the person comes to know what has to be typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Phrase {
    /// Its names stand among the facts; one that does not gets a row.
    #[default]
    ByNames,
    /// The rows of the scope say it.
    ByScope {
        /// They say all of it.
        whole: bool,
        /// What of it may look like another name.
        names: Vec<String>,
    },
}

/// What things are called, and how lists of them are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nouns {
    /// One of the things that are hit, where they are of several kinds.
    pub thing: String,
    /// One of them in a y/N question.
    pub asked: String,
    /// What stands before the place in a sentence: `in`.
    pub at: &'static str,
    /// What stands between clauses: those that hold commas themselves need more.
    pub between: &'static str,
    /// The label of what protects it.
    pub protection: &'static str,
    /// How many lines other consequences may take, where that is not as for every row.
    pub also_lines: Option<usize>,
    /// Long documents among the words are shortened in their middle.
    pub shortens: bool,
}

impl Default for Nouns {
    fn default() -> Nouns {
        Nouns {
            thing: "thing".to_owned(),
            asked: "thing".to_owned(),
            at: "in",
            between: "; ",
            protection: "protection",
            also_lines: None,
            shortens: false,
        }
    }
}

/// What a family can go by when it says where a command goes.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The name of the target as the phrase spells it.
    pub name: &'a str,
    /// Command words that say what is done: `delete`, `rollout restart`.
    pub verb: &'a str,
    /// What would go.
    pub impact: &'a Impact,
    /// What has to be typed; `None` when nothing is asked.
    pub challenge: Option<&'a Challenge>,
    /// How it is asked.
    pub level: Level,
    /// The home directory, shown as `~`.
    pub home: Option<&'a str>,
}

/// The screen for a command.
pub fn screen(view: &View<'_>) -> Screen {
    let mut rows = view.sight.rows.clone();
    let opening = rows.len();
    rows.extend(why_row(view));
    rows.extend(subject_row(view));
    let unnamed = view.impact.surprise.as_ref();
    rows.extend(unnamed.map(|text| Row::fact("unnamed", Item::new().loss(text))));
    rows.extend(groups_row(view));
    rows.extend(data_row(&view.impact.data));
    rows.extend(backup::rows(&view.impact.backups));
    rows.extend(backup::definitions(&view.impact.definitions, view.impact.definable()));
    rows.extend(also_row(view));
    rows.extend(unchecked_row(view));
    rows.extend(protection_rows(view));
    if let Some(refused) = &view.impact.refused {
        rows.push(Row::fact("server", Item::new().say("would refuse this: ").prose(refused)));
    }
    rows.extend(clauses("copy", view.copy));
    rows.extend(
        view.safer.map(|s| copyable("safer", s).unwrap_or_else(|| Row::fact("safer", Item::new().prose(s)))),
    );
    rows.extend(notes(&view.sight.notes));
    rows.extend(notes(view.notes));
    rows.push(command_row(view));
    let mut screen = Screen {
        alarm: view.alarm.map(str::to_owned),
        environment: Some(view.environment),
        headline: view.sight.headline.clone(),
        rows,
        question: question(view, true),
        plain_question: Some(question(view, false)),
    };
    let scope = view.sight.scope.iter().cloned().chain(phrase_rows(view, &screen)).collect::<Vec<_>>();
    screen.rows.splice(opening..opening, scope);
    screen
}

/// The screen for a person at a terminal. The variable does not answer there; only what it says of several things helps to
/// compare them.
pub fn screen_to_ask(view: &View<'_>) -> Screen {
    let mut screen = screen(view);
    if !view.challenge.is_some_and(Challenge::tells_several) {
        screen.rows.retain(|row| row.label != "phrase");
    }
    screen
}

/// Everything of the phrase that no fact names yet: what has to be typed must be there to be read. And what `GUARD_CONFIRM`
/// would have to be, where that says more than what is typed.
fn phrase_rows(view: &View<'_>, screen: &Screen) -> Vec<Row> {
    let Some(challenge) = view.challenge.filter(|challenge| !challenge.phrase.is_empty()) else {
        return Vec::new();
    };
    let typed = view.level == Level::Typed;
    let mut rows = Vec::new();
    let names: Vec<&str> = match &view.sight.phrase {
        Phrase::ByScope { .. } if !typed => return rows,
        Phrase::ByScope { whole, names } => {
            if !whole && !screen.tells(&challenge.phrase) {
                rows.push(Row::fact("answer", Item::new().strong(challenge.shown())));
            }
            names.iter().map(String::as_str).collect()
        }
        Phrase::ByNames => {
            let whole = challenge.phrase.starts_with(view.name);
            // A name that is cut or written out is not typed as it stands elsewhere.
            let told = whole
                && challenge.names.iter().all(|name| challenge.phrase.contains(name) && screen.tells(name));
            if typed && !told {
                rows.push(Row::fact("answer", Item::new().strong(challenge.shown())));
            }
            // Nothing is typed at a terminal then, but a pipeline has to know it.
            if challenge.variable_says_more() || (!typed && !told) {
                let phrase = Item::new().strong(challenge.variable()).say(" for GUARD_CONFIRM");
                rows.push(Row::fact("phrase", phrase));
            }
            challenge.names.iter().map(String::as_str).collect()
        }
    };
    let names = std::iter::once(view.name).chain(names).filter(|name| typed && !name.is_empty());
    for name in names {
        if let Some(odd) = oddity(name) {
            rows.push(Row::fact("name", Item::new().strong(name).say(" ").say(odd)));
        }
    }
    rows
}

/// Where a value comes from, behind it. Below the home directory `home` it is written with `~`.
pub fn from(home: Option<&str>, item: Item, source: &Source) -> Item {
    match source {
        Source::File { path, line } => {
            let short = home.and_then(|home| path.strip_prefix(home)).filter(|rest| rest.starts_with('/'));
            let path = short.map_or_else(|| path.clone(), |rest| format!("~{rest}"));
            item.name(line.map_or(path.clone(), |line| format!("{path}:{line}")))
        }
        Source::Flag(_) | Source::Env(_) => item.name(source.to_string()),
        Source::InCluster | Source::Default | Source::Probe => item.say(source.to_string()),
    }
}

fn why_row(view: &View<'_>) -> Option<Row> {
    let mut items = Vec::new();
    if !view.environment_why.is_empty() {
        let why = match view.home.filter(|home| home.len() > 1) {
            Some(home) => view.environment_why.replace(&format!("{home}/"), "~/"),
            None => view.environment_why.to_owned(),
        };
        items.push(Item::new().say(view.environment.word()).say(": ").prose(&why));
    }
    let assessed = view.assessment;
    if assessed.effect != assessed.words {
        let moved =
            Item::new().say(format!("{} by its words, {} by the facts", assessed.words, assessed.effect));
        items.push(moved);
    }
    items.extend(assessed.because.iter().map(|b| Item::new().prose(b)));
    let mut row = Row::list("why", items, ("1 more reason", "more reasons"));
    row.separator = "; ";
    (!row.items.is_empty()).then_some(row)
}

fn subject_row(view: &View<'_>) -> Option<Row> {
    let impact = view.impact;
    let first = impact.subjects.first()?;
    let one_kind = impact.subjects.iter().all(|s| s.kind == first.kind);
    let total = impact.subjects_total.max(impact.subjects.len() as u64);
    let loss = view.assessment.effect == Effect::Destroy;
    let named = |s: &Subject, kind: bool| {
        let item = Item::new();
        let item = if kind { item.name(&s.kind).say(" ") } else { item };
        let home = match_scope(view, s);
        match (&s.namespace, home) {
            (Some(namespace), false) => item.strong(format!("{namespace}/{}", s.name)),
            _ => item.strong(&s.name),
        }
    };
    let mut row = if total == 1 {
        Row::list("", vec![named(first, true)], ("", "")).in_full()
    } else {
        let items = impact.subjects.iter().map(|s| named(s, !one_kind));
        let count =
            if one_kind { counted(total, &first.kind) } else { counted(total, &view.sight.nouns.thing) };
        let lead = if loss {
            Item::new().loss(&format!("{count}:"))
        } else {
            Item::new().prose(&format!("{count}:"))
        };
        let mut row = Row::list("", items, ("1 more", "more")).lead(lead);
        row.beyond += total - impact.subjects.len() as u64;
        row
    };
    let ages = ages(&impact.subjects, total);
    if total == 1 {
        row.items.extend(ages);
    } else if !ages.is_empty() {
        // Before the names, so that it is never among the dropped ones.
        let ages: Vec<String> = ages.iter().map(Item::text).collect();
        let lead = format!(" ({})", ages.join(", "));
        let text = row.lead.text();
        let text = format!("{}{lead}:", text.trim_end_matches(':'));
        // The text is escaped already and holds nothing of the outside but the kind.
        row.lead = Item::new().say(text);
    }
    let action = &view.sight.action;
    row.label = if action.len() <= 10 { action.clone() } else { "hits".to_owned() };
    Some(row)
}

/// Ages of one object, or the extremes of several; nothing unless every one of them was seen.
fn ages(subjects: &[Subject], total: u64) -> Vec<Item> {
    if total != subjects.len() as u64 {
        return Vec::new();
    }
    let oldest = subjects.iter().filter_map(|s| s.age_s).max();
    let newest = subjects.iter().filter_map(|s| s.changed_s).min();
    let (age, changed) = if total == 1 { ("", " old") } else { ("oldest ", "") };
    let age = oldest.map(|s| Item::new().say(format!("{age}{}{changed}", span(s))));
    let changed = newest.map(|s| Item::new().say(format!("last change {} ago", span(s))));
    age.into_iter().chain(changed).collect()
}

/// Whether a thing is named without its namespace.
fn match_scope(view: &View<'_>, subject: &Subject) -> bool {
    subject.namespace == view.sight.namespace
}

fn groups_row(view: &View<'_>) -> Option<Row> {
    let impact = view.impact;
    if impact.groups.is_empty() {
        return None;
    }
    let total: u64 = impact.groups.iter().map(|g| g.count).sum();
    let floor = |more: bool, count: String| if more { format!("more than {count}") } else { count };
    let count = |g: &Group| floor(g.more, counted(g.count, &g.kind));
    let brief = impact.groups.iter().map(|g| Item::new().unbroken(&count(g))).collect();
    let full = impact.groups.iter().map(|g| with_names(Item::new().unbroken(&count(g)), g));
    let more = impact.groups.iter().any(|g| g.more);
    let lead = Item::new().say(format!("{}:", floor(more, counted(total, &view.sight.nouns.thing))));
    let mut row = Row::list("goes", full, ("1 more kind", "more kinds")).lead(lead);
    row.brief = brief;
    row.brief.truncate(row.items.len());
    Some(row)
}

fn with_names(item: Item, group: &Group) -> Item {
    if group.names.is_empty() {
        return item;
    }
    let mut item = item.say(" (");
    const SHOWN: usize = 8;
    let shown = group.names.len().min(SHOWN);
    for (i, name) in group.names.iter().take(shown).enumerate() {
        item = item.say(if i == 0 { "" } else { ", " }).name(name);
    }
    let hidden = group.count.saturating_sub(shown as u64);
    if hidden > 0 { item.say(format!(" and {} more)", number(hidden))) } else { item.say(")") }
}

/// What is erased stands first, then what may be, then what stays; things with the same end are said together.
fn data_row(data: &[Data]) -> Option<Row> {
    if data.is_empty() {
        return None;
    }
    // The worst first; among equals in the order of the facts, which begin with what counts most.
    let mut ends: Vec<((Fate, &str), Vec<&Data>)> =
        together(data.iter().map(|d| ((d.fate, d.because.as_str()), d)));
    ends.sort_by_key(|((fate, _), _)| std::cmp::Reverse(*fate));
    // Many endings, each with fewer names: none of them is to be pushed off the screen by another's.
    let shown = if ends.len() > 2 { 2 } else { 4 };
    let mut items = Vec::new();
    for ((fate, because), these) in ends {
        let end = match fate {
            Fate::Erased => "ERASED",
            Fate::Unknown => "could not be told, taken as erased",
            Fate::Kept => "kept",
        };
        let mut item = if fate == Fate::Kept { Item::new().say(end) } else { Item::new().loss(end) };
        if !because.is_empty() {
            item = item.say(" (").prose(because).say(")");
        }
        item = item.say(":");
        for (i, d) in these.iter().take(shown).enumerate() {
            item = item.say(if i == 0 { " " } else { ", " }).prose(&d.what);
        }
        if these.len() > shown {
            item = item.say(format!(" and {} more", number((these.len() - shown) as u64)));
        }
        items.push(item);
    }
    let mut row = Row::list("data", items, ("1 more group", "more groups of data"));
    row.lines = Some(if data.len() > 4 { 5 } else { 3 });
    row.separator = "; ";
    Some(row)
}

/// What has the same key, under the key, in the order in which the keys come up.
fn together<K: Clone + Ord, T>(pairs: impl Iterator<Item = (K, T)>) -> Vec<(K, Vec<T>)> {
    let mut place: BTreeMap<K, usize> = BTreeMap::new();
    let mut out: Vec<(K, Vec<T>)> = Vec::new();
    for (key, value) in pairs {
        let at = *place.entry(key.clone()).or_insert(out.len());
        match out.get_mut(at) {
            Some((_, values)) => values.push(value),
            None => out.push((key, vec![value])),
        }
    }
    out
}

fn also_row(view: &View<'_>) -> Option<Row> {
    let mut row =
        Row::list("also", view.impact.also.iter().map(|a| Item::new().prose(a)), ("1 more", "more"));
    row.separator = view.sight.nouns.between;
    row.lines = view.sight.nouns.also_lines.or(row.lines);
    (!row.items.is_empty()).then_some(row)
}

/// Gaps with the same reason are said together.
fn unchecked_row(view: &View<'_>) -> Option<Row> {
    let reasons: Vec<(String, Vec<&str>)> =
        together(view.impact.gaps.iter().map(|gap| (gap.why.to_string(), gap.what.as_str())));
    const SHOWN: usize = 4;
    let item = |(why, what): &(String, Vec<&str>)| {
        let mut item = Item::new().prose(why).say(":");
        for (i, name) in what.iter().take(SHOWN).enumerate() {
            item = item.say(if i == 0 { " " } else { ", " }).prose(name);
        }
        match what.len().saturating_sub(SHOWN) {
            0 => item,
            more => item.say(format!(" and {} more", number(more as u64))),
        }
    };
    let mut row = Row::list("unchecked", reasons.iter().map(item), ("1 more reason", "more reasons"));
    row.separator = "; ";
    (!row.items.is_empty()).then_some(row)
}

/// What protects the thing, what does not although it could, and the command that would switch that on: on lines of its
/// own, to be copied as it stands.
fn protection_rows(view: &View<'_>) -> Vec<Row> {
    let mut items = Vec::new();
    let mut commands = Vec::new();
    for Protection { what, effect } in &view.impact.protections {
        let (effect, command) = match effect.split_once("; turn on: ") {
            Some((effect, command)) => (effect, Some(command)),
            None => (effect.as_str(), None),
        };
        let item = Item::new().prose(what).say(" ");
        let absent = effect.starts_with("is OFF") || effect.contains("removed by this command");
        items.push(if absent { item.loss(effect) } else { item.prose(effect) });
        commands.extend(command);
    }
    if items.is_empty() {
        return Vec::new();
    }
    let mut row = Row::list(view.sight.nouns.protection, items, ("1 more", "more"));
    row.separator = view.sight.nouns.between;
    let mut rows = vec![row];
    let row = |command| {
        copyable("turn on", command).unwrap_or_else(|| Row::fact("turn on", Item::new().prose(command)))
    };
    // One is advice; a list of them would bury the losses.
    const SHOWN: usize = 2;
    rows.extend(commands.iter().take(SHOWN).map(|command| row(command)));
    rows
}

/// A command of the AWS CLI that the person may copy; `None` for anything else.
fn copyable(label: &str, text: &str) -> Option<Row> {
    // Nobody copies a screenful; what is longer is shown like other prose.
    const LONGEST: usize = 4096;
    if !text.starts_with("aws ") || text.len() > LONGEST {
        return None;
    }
    let words = CommandLine::of(shell_words::split(text).ok()?);
    if words.beyond() > 0 {
        return None;
    }
    let items = words.words().iter().map(|word| Item::new().unbroken_escaped(word));
    let mut row = Row::list(label, items, ("", "")).in_full();
    row.separator = " ";
    row.copyable = true;
    Some(row)
}

/// A row for each of these; a handful, for a list of them would bury the losses.
pub fn row_each(
    label: &'static str,
    items: impl ExactSizeIterator<Item = Item>,
    thing: &str,
) -> impl Iterator<Item = Row> {
    const SHOWN: usize = 8;
    let rest = items.len().saturating_sub(SHOWN) as u64;
    let more = (rest > 0).then(|| Item::new().say(format!("and {}", counted(rest, thing))));
    items.take(SHOWN).chain(more).map(move |item| Row::fact(label, item))
}

/// A row for each note.
pub fn notes(texts: &[String]) -> impl Iterator<Item = Row> {
    row_each("note", texts.iter().map(|text| Item::new().prose(text)), "more note")
}

fn clauses(label: &str, texts: &[String]) -> Option<Row> {
    let items: Vec<Item> = texts.iter().map(|t| Item::new().clause(t)).collect();
    (!items.is_empty()).then(|| {
        let mut row = Row::list(label, items, ("", "")).in_full();
        // There are commas in them.
        row.separator = "; ";
        row
    })
}

fn command_row(view: &View<'_>) -> Row {
    let shown = |word: &String| match view.sight.nouns.shortens {
        true => Item::new().shown_word(&shortened(word)),
        false => Item::new().shown_word(word),
    };
    let mut row = Row::list("runs", view.command.words().iter().map(shown), ("1 more word", "more words"));
    row.beyond += view.command.beyond();
    row.separator = " ";
    row.lines = Some(4);
    row
}

/// Names the kind of thing to type and where it stands, never the thing; a y/N question names the target.
fn question(view: &View<'_>, bold: bool) -> Item {
    let Some(challenge) = view.challenge else {
        return Item::new();
    };
    let action = view.sight.action.as_str();
    match view.level {
        Level::Typed => {
            let object = match (action, view.impact.subjects_total) {
                ("run" | "change", _) | (_, 0 | 1) => "it",
                _ => "them",
            };
            let tries = match view.attempts {
                1 => "1 try".to_owned(),
                n => format!("{n} tries"),
            };
            let stands = challenge.stands(bold);
            let end = format!(", {stands}, to {action} {object}; {tries}:");
            Item::new().say("Type ").say(challenge.pattern()).say(end)
        }
        Level::YesNo => {
            let mut verb = action.to_owned();
            if let Some(first) = verb.get_mut(..1) {
                first.make_ascii_uppercase();
            }
            let subject = match (view.impact.subjects.first(), view.impact.subjects_total) {
                (Some(s), 0 | 1) => Item::new().name(&s.kind).say(" ").name(&s.name),
                (Some(_), n) => Item::new().prose(&counted(n, &view.sight.nouns.asked)),
                (None, _) => Item::new().say("this"),
            };
            let at = format!(" {} ", view.sight.nouns.at);
            let item = Item::new().prose(&verb).say(" ").join(&subject).say(at);
            item.strong(&view.sight.place).say("? [y/N]:")
        }
    }
}

/// A word of the command as it is shown: a long document is shortened in its middle, a name never. Names hold no
/// blanks, quotes, braces or commas.
fn shortened(word: &str) -> String {
    const LONGEST: usize = 60;
    const HEAD: usize = 36;
    const TAIL: usize = 18;
    let is_document = word.contains(['{', '[', '"', ' ', ',']);
    let length = word.chars().count();
    if !is_document || length <= LONGEST {
        return word.to_owned();
    }
    let head: String = word.chars().take(HEAD).collect();
    let tail: String = word.chars().skip(length - TAIL).collect();
    format!("{head}[...]{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_shortened_in_the_middle_and_names_never() {
        let name = format!("arn:aws:secretsmanager:eu-west-1:111111111111:secret:{}", "x".repeat(300));
        assert_eq!(shortened(&name), name);
        let document = format!("'{{\"Changes\":[{}]}}'", "x".repeat(300));
        let shown = shortened(&document);
        assert!(
            shown.starts_with("'{\"Changes\":[x") && shown.ends_with("x]}'") && shown.contains("[...]"),
            "{shown}"
        );
        assert!(shown.chars().count() <= 60);
    }
}
