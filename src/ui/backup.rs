//! The newest usable copy of what holds data, on the screen: how old, how sure, and what takes it along; or that there is none.

use super::human::{age, brief, bytes, counted, number, plural};
use super::screen::{Item, Row};
use crate::engine::backup::standing::{Group, Standing, Unfit};
use crate::engine::backup::{Amount, Backups, Beyond, Evidence, Expiry, Outcome, Read, Record, Source, Unit};
use crate::engine::fact::Why;
use crate::engine::impact::{Definition, Elsewhere};

/// So many ends are told apart; the rest is counted.
const GROUPS: usize = 4;
/// So many holders of one end are named.
const NAMES: usize = 3;

/// The rows about copies, the worst first; none where nothing that is hit holds data.
pub fn rows(backups: &Backups) -> Vec<Row> {
    let groups = backups.groups();
    let shown = groups.iter().take(GROUPS);
    let alone = groups.len() == 1;
    let mut rows: Vec<Row> = shown
        .enumerate()
        .map(|(i, group)| {
            let item = item(backups, group, alone);
            // What could not be read is said once: with what is unknown for it, or else with the worst.
            let told = groups.iter().any(|group| matches!(group.standing, Standing::Unknown(_)));
            Row::fact(
                "backup",
                if i == 0 && !told { item.join(&unread_beside(backups, group)) } else { item },
            )
        })
        .collect();
    let rest: usize = groups.iter().skip(GROUPS).map(|group| group.holders.len()).sum();
    if rest > 0 {
        rows.push(Row::fact(
            "backup",
            Item::new().say(format!("{} more: guard explain tells them", number(rest as u64))),
        ));
    }
    rows.extend((!backups.beyond.is_empty()).then(|| Row::fact("backup", beyond(backups))));
    rows
}

/// What may hold data and was not looked at.
fn beyond(backups: &Backups) -> Item {
    let one = |gap: &Beyond| format!("{} ({})", gap.what, because(&gap.why));
    let all: Vec<String> = backups.beyond.iter().map(one).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    Item::new().loss("unknown:").say(" ").clause(&few(&all))
}

/// Every row as one line for explanations and the audit record, without any colour.
pub fn lines(backups: &Backups) -> Vec<String> {
    let groups = backups.groups();
    let mut lines: Vec<String> = groups.iter().map(|group| line(backups, group)).collect();
    lines.extend((!backups.beyond.is_empty()).then(|| beyond(backups).text()));
    lines
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

/// What could not be read, behind an end that does not say it itself.
fn unread_beside(backups: &Backups, group: &Group<'_>) -> Item {
    let unread: Vec<String> = backups.sources.iter().filter(|source| !source.is_read()).map(unread).collect();
    match group.standing {
        Standing::Usable { .. } | Standing::Unknown(_) => Item::new(),
        _ if unread.is_empty() => Item::new(),
        _ => Item::new().say("; not read: ").prose(&unread.join(", ")),
    }
}

fn item(backups: &Backups, group: &Group<'_>, alone: bool) -> Item {
    let names = if alone { String::new() } else { holders(group) };
    let behind = || if names.is_empty() { Item::new() } else { Item::new().say(" (").prose(&names).say(")") };
    let read: Vec<&str> =
        backups.sources.iter().filter(|source| source.is_read()).map(|source| source.name).collect();
    let read = if read.is_empty() { "nothing".to_owned() } else { read.join(", ") };
    let now = backups.now;
    match &group.standing {
        Standing::Usable { record, newer } => {
            let item = if names.is_empty() { Item::new() } else { Item::new().prose(&names).say(": ") };
            let item = item.join(&whole(group, record, now));
            match newer {
                Some((newer, why)) => {
                    let why = reason(&name(newer), newer, *why, now);
                    item.say("; ").loss(&format!("the newest is no use: {why}"))
                }
                None => item,
            }
        }
        Standing::Empty(record) => {
            let item = Item::new().loss(&format!("EMPTY: {}", emptiness(&group.amounts())));
            let item = item.say(" (").say(record.tool).say(" ").prose(&objects(group));
            let item = match record.age_s(now) {
                Some(s) => item.say(format!(", {} old)", age(s))),
                None => item.say(")"),
            };
            item.join(&behind())
        }
        Standing::Dies(record) => {
            let item = Item::new().loss("DIES WITH THIS COMMAND:").say(" ");
            let item = item.say(record.tool).say(" ").prose(&objects(group));
            let because = &record.stored.because;
            let item = if because.is_empty() { item } else { item.say(" (").prose(because).say(")") };
            let item = match record.age_s(now) {
                Some(s) => item.say(format!(", {} old", age(s))),
                None => item,
            };
            let claimed = record.evidence == Evidence::Claimed;
            let item = if claimed { item.say(", claimed") } else { item };
            item.join(&behind())
        }
        Standing::None(None) => {
            let item = Item::new().loss("NONE FOUND");
            let item = if names.is_empty() { item } else { item.say(" for ").prose(&names) };
            item.say(" in: ").say(read).say(" (all read)")
        }
        Standing::None(Some((record, why))) => {
            let why = reason(&all_names(group, record), record, *why, now);
            let item = Item::new().loss("NO USABLE ONE:").say(" ").prose(&why);
            item.join(&behind()).say("; read: ").say(read)
        }
        Standing::Unknown(seen) => {
            let unread = backups.sources.iter().filter(|source| !source.is_read()).map(unread);
            let why = seen.iter().map(|(record, why)| reason(&all_names(group, record), record, *why, now));
            let parts: Vec<String> = unread.chain(why).collect();
            Item::new().loss("unknown:").say(" ").clause(&parts.join(", ")).join(&behind())
        }
        Standing::Claimed { record, other } => {
            let item = Item::new().loss("claimed only:").say(" ").join(&whole(group, record, now));
            let item = match other {
                Some((other, why)) => item.say("; ").loss(&reason(&name(other), other, *why, now)),
                None => item,
            };
            item.join(&behind())
        }
    }
}

/// `claims a, b and 2 more`, `databases a, b (15/main)`.
fn holders(group: &Group<'_>) -> String {
    let all: Vec<&str> = group.holders.iter().map(|holder| holder.what.as_str()).collect();
    // Kind, name, and what it is in.
    let parts = |what: &'_ str| {
        let at = what.rfind(" (").filter(|_| what.ends_with(')')).unwrap_or(what.len());
        let (head, around) = what.split_at(at);
        head.rsplit_once(' ').map(|(kind, name)| (kind.to_owned(), name.to_owned(), around.to_owned()))
    };
    let each: Option<Vec<(String, String, String)>> = all.iter().map(|what| parts(what)).collect();
    // What is everybody's is said once.
    match each.as_deref() {
        Some([(kind, _, around), rest @ ..])
            if !rest.is_empty() && rest.iter().all(|(k, _, a)| k == kind && a == around) =>
        {
            let names: Vec<&str> = each.iter().flatten().map(|(_, name, _)| name.as_str()).collect();
            format!("{} {}{around}", plural(kind), few(&names))
        }
        _ => few(&all),
    }
}

/// The first ones, and how many more.
fn few(all: &[&str]) -> String {
    let shown = all.iter().take(NAMES).copied().collect::<Vec<_>>().join(", ");
    match all.len().saturating_sub(NAMES) {
        0 => shown,
        more => format!("{shown} and {} more", number(more as u64)),
    }
}

/// What the copies of a group are called.
fn objects(group: &Group<'_>) -> String {
    few(&group.objects())
}

fn all_names(group: &Group<'_>, record: &Record) -> String {
    format!("{} {}", record.tool, objects(group))
}

fn name(record: &Record) -> String {
    format!("{} {}", record.tool, record.object)
}

/// Everything about one copy, the age first.
fn whole(group: &Group<'_>, record: &Record, now: i64) -> Item {
    let item = match record.age_s(now) {
        Some(s) => Item::new().say(format!("{} old", age(s))),
        None => Item::new().say("of an unknown age"),
    };
    let mut item = item.dot().say(record.tool).say(" ").prose(&objects(group));
    let amounts = amounts(&group.amounts());
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
        Some(at) => item.dot().say(format!("read back {} ago", since(at, now))),
        None if record.evidence == Evidence::Claimed => item,
        None => item.dot().say(record.evidence.word()),
    };
    for remark in &record.remarks {
        item = item.dot().prose(remark);
    }
    item
}

/// How long ago a moment was.
fn since(at: i64, now: i64) -> String {
    age(u64::try_from(now.saturating_sub(at)).unwrap_or(0))
}

fn emptiness(amounts: &[Amount]) -> String {
    let Some(amount) = amounts.iter().find(|amount| amount.n == 0) else {
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

fn because(why: &Why) -> String {
    match why {
        Why::Forbidden => "403".to_owned(),
        other => other.to_string(),
    }
}

/// `velero.io (403), none in shop`.
fn unread(source: &Source) -> String {
    match &source.read {
        Read::All => source.name.to_owned(),
        Read::Not(why) => format!("{} ({})", source.full, because(why)),
        Read::Partly { within, why } => format!("{} ({}), none in {within}", source.full, because(why)),
    }
}

/// Why a copy is no use, as half a sentence; raw.
fn reason(name: &str, record: &Record, why: Unfit, now: i64) -> String {
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
        (Unfit::EndUnknown, _) => match record.remarks.first() {
            Some(remark) => format!("{name}: {remark}"),
            None => format!("whether {name} ended well is not said"),
        },
        (Unfit::InTheFuture, _) => format!("{name} is dated in the future"),
        (Unfit::Empty, _) => format!("{name}{old} is EMPTY: {}", emptiness(&record.amounts)),
        (Unfit::Expired, _) => match record.expires {
            Expiry::At(at) => format!("{name} expired {} ago", since(at, now)),
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
