//! From what the engine, the resolver and the probe know about a command to the facts on the screen. What differs from
//! one family of tools to the next (where the command goes, how far it reaches) stands in a file per family.

mod aws;
mod host;
mod kube;

use super::human::{counted, number, span};
use super::lookalike::oddity;
use super::screen::{Item, Row, Screen};
use super::words::CommandLine;
use crate::engine::assess::Assessment;
use crate::engine::challenge::Challenge;
use crate::engine::effect::Effect;
use crate::engine::fact::Source;
use crate::engine::impact::{Data, Fate, Group, Impact, Protection, Subject};
use crate::engine::situation::Level;
use crate::engine::target::{Environment, Target};
use std::collections::BTreeMap;

/// What a screen is made from. Texts are raw; they are escaped on their way to the screen.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// What the target is to its people.
    pub environment: Environment,
    /// Why it is that: `its name says so`, `/etc/guard/policy.yaml:12`.
    pub environment_why: &'a str,
    /// The name of the cluster or account as the phrase spells it.
    pub name: &'a str,
    /// The target, every part with its source.
    pub target: Target<'a>,
    /// Command words that say what is done: `delete`, `rollout restart`.
    pub verb: &'a str,
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

/// The screen for a command.
pub fn screen(view: &View<'_>) -> Screen {
    let (headline, mut rows) = match view.target {
        Target::Kube(target) => (kube::headline(view, target), vec![kube::cluster_row(view, target)]),
        Target::Aws(target) => (aws::headline(view, target), aws::rows(view, target)),
        Target::Host(target) => (host::headline(view, target), host::rows(view, target)),
    };
    let opening = rows.len();
    rows.extend(why_row(view));
    rows.extend(subject_row(view));
    let unnamed = view.impact.surprise.as_ref();
    rows.extend(unnamed.map(|text| Row::fact("unnamed", Item::new().loss(text))));
    rows.extend(groups_row(view));
    rows.extend(data_row(&view.impact.data));
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
    // Notes of the other family stand beside the account.
    let target_notes = view.target.kube().map_or(&[][..], |target| &target.notes);
    rows.extend(notes(target_notes));
    rows.extend(notes(view.notes));
    rows.push(command_row(view));
    let mut screen = Screen {
        environment: Some(view.environment),
        headline,
        rows,
        question: question(view, true),
        plain_question: Some(question(view, false)),
    };
    let scope = match view.target {
        Target::Kube(target) => kube::scope_rows(view, target, &screen),
        Target::Aws(_) => aws::scope_rows(view, &screen),
        Target::Host(_) => host::scope_rows(view, &screen),
    };
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
fn phrase_rows(view: &View<'_>, challenge: &Challenge, screen: &Screen) -> Vec<Row> {
    let mut rows = Vec::new();
    if challenge.phrase.is_empty() {
        return rows;
    }
    let whole = challenge.phrase.starts_with(view.name);
    // A name that is cut or written out is not typed as it stands elsewhere.
    let told =
        whole && challenge.names.iter().all(|name| challenge.phrase.contains(name) && screen.tells(name));
    let typed = view.level == Level::Typed;
    if typed && !told {
        rows.push(Row::fact("answer", Item::new().strong(&challenge.phrase)));
    }
    // Nothing is typed at a terminal then, but a pipeline has to know it.
    if challenge.variable_says_more() || (!typed && !told) {
        rows.push(Row::fact("phrase", Item::new().strong(challenge.variable()).say(" for GUARD_CONFIRM")));
    }
    if !typed {
        return rows;
    }
    let names = challenge.names.iter().map(String::as_str);
    for name in std::iter::once(view.name).chain(names).filter(|name| !name.is_empty()) {
        if let Some(odd) = oddity(name) {
            rows.push(Row::fact("name", Item::new().strong(name).say(" ").say(odd)));
        }
    }
    rows
}

/// `main/shop`: the target in one word, for questions and notices. `cluster` alone for what has no namespace; account and
/// region for AWS.
pub fn place(view: &View<'_>) -> String {
    match view.target {
        Target::Aws(target) => return aws::place(view, target),
        Target::Host(target) => return host::place(view, target),
        Target::Kube(_) => {}
    }
    match view.challenge {
        // A sentence names the place; how much of it is meant stands in the facts.
        Some(challenge) if !challenge.kind.contains(kube::PLUGIN) => {
            challenge.phrase.strip_suffix("/*").unwrap_or(&challenge.phrase).to_owned()
        }
        _ => match scope(view) {
            Some(namespace) => format!("{}/{namespace}", view.name),
            None => view.name.to_owned(),
        },
    }
}

/// The target for a line of its own: an account also by its id.
pub(super) fn long_place(view: &View<'_>) -> String {
    match view.target {
        Target::Aws(target) => aws::long_place(view, target),
        Target::Kube(_) | Target::Host(_) => place(view),
    }
}

/// What is done, as one word of a sentence: `to delete it`.
pub(crate) fn action<'a>(view: &View<'a>) -> &'a str {
    match view.target {
        Target::Kube(_) => kube_action(view.verb),
        Target::Aws(_) => aws::action(view.verb),
        Target::Host(_) => host::action_on(view),
    }
}

fn kube_action(verb: &str) -> &str {
    match verb.split_once(' ') {
        None if !verb.is_empty() => verb,
        Some(("rollout", rest)) if !rest.contains(' ') => rest,
        Some(("set", _)) => "change",
        _ => "run",
    }
}

fn from(view: &View<'_>, item: Item, source: &Source) -> Item {
    match source {
        Source::File { path, line } => {
            let short =
                view.home.and_then(|home| path.strip_prefix(home)).filter(|rest| rest.starts_with('/'));
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
        let count = if one_kind { counted(total, &first.kind) } else { counted(total, thing(view)) };
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
    let action = action(view);
    row.label = if action.len() <= 10 { action.to_owned() } else { "hits".to_owned() };
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

/// What the things of this family are called when they are of several kinds.
fn thing(view: &View<'_>) -> &'static str {
    match view.target {
        Target::Kube(_) => "object",
        Target::Aws(_) => "resource",
        Target::Host(_) => host::thing(view),
    }
}

/// The namespace the screen speaks about, where there are namespaces.
fn scope<'a>(view: &View<'a>) -> Option<&'a str> {
    view.target.kube().and_then(|target| kube::scope(view, target))
}

fn match_scope(view: &View<'_>, subject: &Subject) -> bool {
    let scope = scope(view);
    subject.namespace.as_deref() == scope.map(|s| s.strip_suffix("/*").unwrap_or(s))
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
    let lead = Item::new().say(format!("{}:", floor(more, counted(total, thing(view)))));
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
    row.separator = clause_separator(view);
    if let Target::Host(_) = view.target {
        // What stops, what the machine needs and what is lost with it are said of each package.
        row.lines = Some(4);
    }
    (!row.items.is_empty()).then_some(row)
}

/// What stands between clauses: those about AWS hold commas themselves.
fn clause_separator(view: &View<'_>) -> &'static str {
    match view.target {
        Target::Kube(_) => ", ",
        Target::Aws(_) | Target::Host(_) => "; ",
    }
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
    let label = if view.target.kube().is_some() { "protected" } else { "protection" };
    let mut row = Row::list(label, items, ("1 more", "more"));
    row.separator = clause_separator(view);
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
fn row_each(
    label: &'static str,
    items: impl ExactSizeIterator<Item = Item>,
    thing: &str,
) -> impl Iterator<Item = Row> {
    const SHOWN: usize = 8;
    let rest = items.len().saturating_sub(SHOWN) as u64;
    let more = (rest > 0).then(|| Item::new().say(format!("and {}", counted(rest, thing))));
    items.take(SHOWN).chain(more).map(move |item| Row::fact(label, item))
}

fn notes(texts: &[String]) -> impl Iterator<Item = Row> {
    row_each("note", texts.iter().map(|text| Item::new().prose(text)), "more note")
}

fn clauses(label: &str, texts: &[String]) -> Option<Row> {
    let items: Vec<Item> = texts.iter().map(|t| Item::new().prose(t)).collect();
    (!items.is_empty()).then(|| Row::list(label, items, ("", "")).in_full())
}

fn command_row(view: &View<'_>) -> Row {
    let words = view.command.words().iter();
    let more = ("1 more word", "more words");
    let mut row = match view.target {
        Target::Kube(_) | Target::Host(_) => {
            Row::list("runs", words.map(|word| Item::new().shown_word(word)), more)
        }
        Target::Aws(_) => {
            Row::list("runs", words.map(|word| Item::new().shown_word(&aws::shown_word(word))), more)
        }
    };
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
    let action = action(view);
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
                (Some(_), n) => Item::new().prose(&match view.target {
                    Target::Kube(_) => format!("{} objects", number(n)),
                    Target::Aws(_) => aws::several(view, n),
                    Target::Host(_) => counted(n, host::thing(view)),
                }),
                (None, _) => Item::new().say("this"),
            };
            let at = if matches!(view.target, Target::Host(_)) { " on " } else { " in " };
            let item = Item::new().prose(&verb).say(" ").join(&subject).say(at);
            item.strong(place(view)).say("? [y/N]:")
        }
    }
}
