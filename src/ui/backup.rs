//! The newest usable copy of what holds data, on the screen: how old, how sure, and what takes it along; or that there is none.

use super::human::{age, brief, bytes, counted, number, plural};
use super::screen::{Item, Row};
use crate::engine::backup::standing::{Group, Standing, Unfit};
use crate::engine::backup::{Amount, Backups, Evidence, Expiry, Outcome, Read, Record, Source, Unit};
use crate::engine::fact::Why;
use crate::engine::impact::{Definition, Elsewhere};

/// So many ends are told apart; the rest is counted.
const GROUPS: usize = 3;
/// So many holders of one end are named.
const NAMES: usize = 3;

/// The rows about copies, the worst first; none where nothing that is hit holds data.
pub fn rows(backups: &Backups) -> Vec<Row> {
    let groups = backups.groups();
    let alone = groups.len() == 1;
    let mut rows: Vec<Row> =
        groups.iter().take(GROUPS).map(|group| Row::fact("backup", item(backups, group, alone))).collect();
    let rest: usize = groups.iter().skip(GROUPS).map(|group| group.holders.len()).sum();
    if rest > 0 {
        let more = format!("and {} more with other ends", number(rest as u64));
        rows.push(Row::fact("backup", Item::new().say(more)));
    }
    rows
}

/// Where else the definitions of what goes are; `total` is how many objects go.
pub fn definitions(all: &[Definition], total: u64) -> Option<Row> {
    let one = |definition: &Definition| {
        let Definition { by, count, at, elsewhere } = definition;
        let item = match total.max(*count) {
            1 => Item::new().prose(by),
            total => {
                Item::new().say(format!("{} of {} by ", number(*count), counted(total, "object"))).prose(by)
            }
        };
        let item = match elsewhere {
            Elsewhere::Yes(state) => item.say(" (").prose(state),
            Elsewhere::No(why) => item.say(" (").loss(why),
            Elsewhere::Doubtful(why) => item.say(" (not certain: ").prose(why),
        };
        if at.is_empty() { item.say(")") } else { item.say(", ").prose(at).say(")") }
    };
    let told: u64 = all.iter().map(|definition| definition.count).sum();
    let mut items: Vec<Item> = all.iter().map(one).collect();
    if let rest @ 1.. = total.saturating_sub(told) {
        items.push(Item::new().say(format!("{} nowhere else that is known", number(rest))));
    }
    let mut row = Row::list("definition", items, ("1 more", "more"));
    row.separator = "; ";
    row.lines = Some(3);
    (!all.is_empty()).then_some(row)
}

/// One line for explanations and the audit record: the same words without any colour.
pub fn line(backups: &Backups, group: &Group<'_>) -> String {
    item(backups, group, false).text()
}

fn item(backups: &Backups, group: &Group<'_>, alone: bool) -> Item {
    let names = if alone { Item::new() } else { named(group) };
    let sources = |read: bool| backups.sources.iter().filter(move |source| source.is_read() == read);
    let listed = |list: Vec<&str>| if list.is_empty() { "nothing".to_owned() } else { list.join(", ") };
    let read = || listed(sources(true).map(|source| source.name).collect());
    let unread = || -> Vec<String> { sources(false).map(unread).collect() };
    let tail = |item: Item| match unread() {
        list if list.is_empty() => item,
        list => item.say("; not read: ").prose(&list.join(", ")),
    };
    let now = backups.now;
    match &group.standing {
        Standing::Usable { record, newer } => {
            let item = names.join(&whole(record, now));
            match newer {
                Some((newer, why)) => {
                    item.say("; ").loss(&format!("the newest is no use: {}", reason(newer, *why, now)))
                }
                None => item,
            }
        }
        Standing::Empty(record) => {
            let item = Item::new().loss(&format!("EMPTY: {}", emptiness(record)));
            tail(item.join(&aside(record, now)).join(&after(names)))
        }
        Standing::Dies(record) => {
            let item = Item::new().loss("DIES WITH THIS COMMAND:").say(" ");
            let because = &record.stored.because;
            let item = item.say(record.tool).say(" ").name(&record.object);
            let item = if because.is_empty() { item } else { item.say(" (").prose(because).say(")") };
            let item = match record.age_s(now) {
                Some(s) => item.say(format!(", {} old", age(s))),
                None => item,
            };
            tail(item.join(&after(names)))
        }
        Standing::None(None) => {
            let item = Item::new().loss("NONE FOUND").join(&for_whom(names)).say(" in: ");
            item.say(read()).say(" (all read)")
        }
        Standing::None(Some((record, why))) => {
            let item = Item::new().loss("NO USABLE ONE:").say(" ").prose(&reason(record, *why, now));
            item.join(&after(names)).say("; read: ").say(read())
        }
        Standing::Unknown(seen) => {
            let mut parts: Vec<String> = unread();
            parts.extend(seen.iter().map(|(record, why)| reason(record, *why, now)));
            let item = Item::new().loss("unknown:").say(" ").clause(&parts.join(", "));
            item.join(&after(names))
        }
        Standing::Claimed(record) => {
            let item = Item::new().loss("claimed only:").say(" ").join(&whole(record, now));
            tail(item.join(&after(names)))
        }
    }
}

/// `claims a, b and 2 more: `, before what is said of them.
fn named(group: &Group<'_>) -> Item {
    list(group).say(": ")
}

fn list(group: &Group<'_>) -> Item {
    let mut item = Item::new();
    for (i, holder) in group.holders.iter().take(NAMES).enumerate() {
        item = item.say(if i == 0 { "" } else { ", " }).prose(&holder.what);
    }
    match group.holders.len().saturating_sub(NAMES) {
        0 => item,
        more => item.say(format!(" and {} more", number(more as u64))),
    }
}

/// The same behind it.
fn after(names: Item) -> Item {
    let text = names.text();
    match text.strip_suffix(": ") {
        Some(names) => Item::new().say(" (").clause(names).say(")"),
        None => Item::new(),
    }
}

fn for_whom(names: Item) -> Item {
    let text = names.text();
    match text.strip_suffix(": ") {
        Some(names) => Item::new().say(" for ").clause(names),
        None => Item::new(),
    }
}

/// Everything about one copy, the age first.
fn whole(record: &Record, now: i64) -> Item {
    let item = match record.age_s(now) {
        Some(s) => Item::new().say(format!("{} old", age(s))),
        None => Item::new().say("of an unknown age"),
    };
    let mut item = item.dot().say(record.tool).say(" ").name(&record.object);
    let amounts = amounts(&record.amounts);
    if !amounts.is_empty() {
        item = item.dot().say(amounts);
    }
    if !record.stored.at.is_empty() {
        item = item.dot().prose(&record.stored.at);
    }
    if let Some(fate) = record.stored.fate.says() {
        item = item.dot().say(fate);
    }
    if record.immutable_until.is_some_and(|until| until > now) {
        item = item.dot().say("locked");
    }
    item = match record.read_back_at.filter(|at| *at <= now) {
        Some(at) => item
            .dot()
            .say(format!("read back {} ago", age(u64::try_from(now.saturating_sub(at)).unwrap_or(0)))),
        None if record.evidence == Evidence::Claimed => item,
        None => item.dot().say(record.evidence.word()),
    };
    for remark in &record.remarks {
        item = item.dot().prose(remark);
    }
    item
}

/// What else is known of an empty copy.
fn aside(record: &Record, now: i64) -> Item {
    let item = Item::new().say(" (").say(record.tool).say(" ").name(&record.object);
    match record.age_s(now) {
        Some(s) => item.say(format!(", {} old)", age(s))),
        None => item.say(")"),
    }
}

fn emptiness(record: &Record) -> String {
    let Some(amount) = record.amounts.iter().find(|amount| amount.n == 0) else {
        return "nothing in it".to_owned();
    };
    match (amount.unit, amount.live) {
        (unit, Some(live)) => format!("0 of {}", counted(live, unit.word())),
        (Unit::Bytes, None) => "0 bytes".to_owned(),
        (unit, None) => format!("0 {}", plural(unit.word())),
    }
}

/// `41 tables, 1.2 M rows`.
fn amounts(all: &[Amount]) -> String {
    let one = |amount: &Amount| match amount.unit {
        Unit::Bytes => bytes(amount.n),
        unit if amount.n == 1 => format!("1 {}", unit.word()),
        unit => format!("{} {}", brief(amount.n), plural(unit.word())),
    };
    all.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// What became of one source, for explanations.
pub fn source(source: &Source) -> String {
    if source.is_read() { format!("{}: read", source.name) } else { unread(source) }
}

/// `velero.io (403), none in shop`.
fn unread(source: &Source) -> String {
    let because = |why: &Why| match why {
        Why::Forbidden => "403".to_owned(),
        other => other.to_string(),
    };
    match &source.read {
        Read::All => source.name.to_owned(),
        Read::Not(why) => format!("{} ({})", source.full, because(why)),
        Read::Partly { within, why } => format!("{} ({}), none in {within}", source.full, because(why)),
    }
}

/// Why a copy is no use, as half a sentence; raw.
fn reason(record: &Record, why: Unfit, now: i64) -> String {
    let name = format!("{} {}", record.tool, record.object);
    let ago = |at: i64| age(u64::try_from(now.saturating_sub(at)).unwrap_or(0));
    let old = match record.age_s(now) {
        Some(s) => format!(", {} old,", age(s)),
        None => String::new(),
    };
    match (why, &record.outcome) {
        (Unfit::Ended, Outcome::Partial(what)) => format!("{name}{old} is partial ({what})"),
        (Unfit::Ended, Outcome::Failed(what)) if what.is_empty() => format!("{name}{old} failed"),
        (Unfit::Ended, Outcome::Failed(what)) => format!("{name}{old} failed ({what})"),
        (Unfit::Ended, _) => format!("{name} is still running"),
        (Unfit::NotIn, _) => match record.remarks.first() {
            Some(remark) => format!("{name}{old} does not hold it: {remark}"),
            None => format!("{name}{old} does not hold it"),
        },
        (Unfit::CoverageUnknown, _) => match record.remarks.first() {
            Some(remark) => format!("{name}{}: {remark}", old.trim_end_matches(',')),
            None => format!("whether it is in {name} is not said"),
        },
        (Unfit::EndUnknown, _) => format!("whether {name} ended well is not said"),
        (Unfit::InTheFuture, _) => format!("{name} is dated in the future"),
        (Unfit::Empty, _) => format!("{name}{old} is EMPTY: {}", emptiness(record)),
        (Unfit::Expired, _) => match record.expires {
            Expiry::At(at) => format!("{name} expired {} ago", ago(at)),
            Expiry::Never | Expiry::Unknown => format!("{name} has expired"),
        },
        (Unfit::Unreachable, _) => {
            format!(
                "{name}{old} cannot be read: {}",
                record.stored.unreachable.as_deref().unwrap_or_default()
            )
        }
        (Unfit::Dies, _) => format!("{name}{old} goes with this command"),
        (Unfit::OnlyClaimed, _) => format!("{name}{old} is only claimed"),
    }
}
