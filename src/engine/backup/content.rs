//! What a dump of a database holds, against the living database and the dumps before it: empty, short, or whole. By tables and
//! rows, never by a ratio of sizes: of eight healthy databases the dump was 0.01 to 25 percent of what lies on disk.

use super::{Amount, Outcome, Unit};
use crate::engine::human::{counted, number};
use std::borrow::Cow;
use std::collections::HashMap;

/// What a dump of one database holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// The tables whose data is in it, also of those without a row.
    pub tables: Vec<Table>,
    /// What else it holds: large objects, materialised views.
    pub others: u64,
    /// How many things it makes: tables, views, functions, extensions; `None` where that is not known.
    pub defined: Option<u64>,
    /// How far it was read.
    pub read: Through,
}

/// A table in a dump.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// With its schema where it has one: `public.orders`.
    pub name: String,
    /// Its rows; `None` where the dump was not read so far.
    pub rows: Option<u64>,
}

/// How far a dump was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Through {
    /// To its end, and it ends as a whole one does.
    Whole,
    /// All of its list of contents: rows were not counted.
    Listed {
        /// It ends as a whole one does; otherwise that was not seen either.
        ends: bool,
    },
    /// Only its beginning: what it holds is not known.
    Begun {
        /// It ends as a whole one does; otherwise that was not seen either.
        ends: bool,
    },
    /// It does not end as a whole one does, or cannot be read back: why.
    Broken(String),
}

impl Default for Through {
    fn default() -> Through {
        Through::Listed { ends: false }
    }
}

/// A table of the living database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveTable {
    /// As in [`Table`].
    pub name: String,
    /// Its rows.
    pub rows: LiveRows,
}

/// Large objects of a living database, as if they were a table: each of those has its schema's name before a dot.
pub const LARGE_OBJECTS: &str = "large objects";

/// How many rows a living table has, as far as it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LiveRows {
    /// As the server's statistics have it.
    About(u64),
    /// So many were counted.
    Exactly(u64),
    /// One at least.
    Some,
    /// Nobody knows: the statistics are empty after a crash, or nobody has analysed it.
    Unknown,
}

impl LiveRows {
    /// The number, where there is one.
    pub const fn number(self) -> Option<u64> {
        match self {
            LiveRows::About(n) | LiveRows::Exactly(n) => Some(n),
            LiveRows::Some | LiveRows::Unknown => None,
        }
    }
}

/// Totals of an earlier dump of the same source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// Tables in it.
    pub tables: u64,
    /// Rows in it, where they were counted.
    pub rows: Option<u64>,
}

/// Below so many rows a table that shrinks is everyday life.
const FEW_ROWS: u64 = 1_000;
/// So many tables are named.
const NAMES: usize = 3;
/// The median is taken of so many dumps.
const MEDIAN_OF: usize = 7;

/// What is said of one dump.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// Tables and rows.
    pub amounts: Vec<Amount>,
    /// Why it is no use, or that nothing speaks against it.
    pub outcome: Outcome,
    /// It was counted, and compared with the living database or an earlier dump.
    pub measured: bool,
    /// What else a person should know.
    pub remarks: Vec<String>,
}

impl Contents {
    /// All rows; `None` where those of one table are not known.
    pub fn rows(&self) -> Option<u64> {
        self.tables.iter().try_fold(0_u64, |sum, table| Some(sum.saturating_add(table.rows?)))
    }

    /// The tables in it.
    pub fn count(&self) -> u64 {
        self.tables.len() as u64
    }

    /// Totals, for the dump after it.
    pub fn totals(&self) -> Earlier {
        Earlier { tables: self.count(), rows: self.rows() }
    }

    /// The living tables that seem to have rows which are not in it, those with most first: they are worth being counted before
    /// anybody is alarmed by an estimate.
    pub fn doubtful<'a>(&self, live: &'a [LiveTable]) -> Vec<&'a LiveTable> {
        let index = self.index();
        let short = |table: &&LiveTable| {
            match (index.get(&*in_one_line(&table.name)), table.rows) {
                // A table without a row was made since, or is no loss.
                (None | Some(Some(0)), rows) => rows != LiveRows::Exactly(0),
                (Some(Some(rows)), LiveRows::About(n)) => n >= FEW_ROWS && *rows < n.div_ceil(2),
                _ => false,
            }
        };
        let mut found: Vec<&LiveTable> =
            live.iter().filter(|table| table.name != LARGE_OBJECTS).filter(short).collect();
        found.sort_by_key(|table| std::cmp::Reverse(table.rows.number()));
        found
    }

    /// Holds it against the living database, where that was asked, and against the dumps before it, newest first.
    pub fn findings(&self, live: Option<&[LiveTable]>, earlier: &[Earlier]) -> Findings {
        let mut found = Findings { amounts: self.amounts(live), ..Findings::default() };
        found.outcome = match &self.read {
            Through::Broken(why) => Outcome::Failed(why.clone()),
            Through::Begun { ends } => {
                let known = if *ends { "its last line is there" } else { "how it ends is not known" };
                found.remarks.push(format!("too large to be read in time, {known}"));
                found.amounts.clear();
                found.outcome = if *ends { Outcome::Ok } else { Outcome::Unknown };
                return found;
            }
            // That there is nothing in it is said by the amounts.
            _ if self.tables.is_empty() => self
                .lacks_objects(live)
                .map_or(Outcome::Ok, |why| Outcome::Partial(format!("missing: {why}"))),
            read => match self.lacks(live, earlier) {
                Some(why) => Outcome::Partial(why),
                None if *read == (Through::Listed { ends: false }) => Outcome::Unknown,
                None => Outcome::Ok,
            },
        };
        if let Through::Listed { ends } = self.read {
            let known = if ends { "its end is there" } else { "how it ends is not known" };
            found.remarks.push(format!("too large to be read in time, {known}"));
        } else if found.outcome == Outcome::Ok {
            found.remarks.extend(self.shrunk(earlier, true).or_else(|| self.smaller(earlier)));
            found.measured = live.is_some() || !earlier.is_empty();
        }
        found
    }

    /// Why it is no whole one.
    fn lacks(&self, live: Option<&[LiveTable]>, earlier: &[Earlier]) -> Option<String> {
        if self.defined == Some(0) {
            return Some("rows only, it makes no table".to_owned());
        }
        // What the living one has not any more is not lost with it: a dump that has all there is lacks nothing, and it is a remark
        // that there was more before.
        let counted = |live: &[LiveTable]| live.iter().all(|table| table.rows.number().is_some());
        let all_there = live.is_some_and(counted) && self.rows().is_some();
        let shrunk = || if all_there { None } else { self.shrunk(earlier, live.is_none()) };
        self.short_of(live.unwrap_or_default()).or_else(shrunk)
    }

    /// Whether anything is in it, or it makes anything.
    pub fn holds_anything(&self) -> bool {
        !self.tables.is_empty() || self.others > 0 || self.defined.is_some_and(|n| n > 0)
    }

    /// The large objects of the living one, where none are in it. How many there are in it, no list says.
    fn lacks_objects(&self, live: Option<&[LiveTable]>) -> Option<String> {
        let objects = live?.iter().find(|table| table.name == LARGE_OBJECTS)?;
        let n = objects.rows.number().filter(|n| *n > 0 && self.others == 0)?;
        Some(counted(n, "large object"))
    }

    /// Its tables by name.
    fn index(&self) -> HashMap<&str, Option<u64>> {
        self.tables.iter().map(|table| (table.name.as_str(), table.rows)).collect()
    }

    fn amounts(&self, live: Option<&[LiveTable]>) -> Vec<Amount> {
        // A database without a table loses nothing, and its dump is an empty one all the same.
        let tables = live.map(|live| real(live).count() as u64).filter(|n| *n > 0);
        let mut all = vec![Amount { n: self.count(), unit: Unit::Tables, live: tables }];
        // A database may hold nothing but large objects, views and functions.
        if self.tables.is_empty() && tables.is_none() && self.holds_anything() {
            all.clear();
        }
        // A row can only be counted where there is a table.
        if let Some(n) = self.rows().filter(|_| !self.tables.is_empty()) {
            let rows =
                live.and_then(|live| real(live).try_fold(0_u64, |sum, t| Some(sum + t.rows.number()?)));
            all.push(Amount { n, unit: Unit::Rows, live: rows });
        }
        all
    }

    /// What the living database has and this has not.
    fn short_of(&self, live: &[LiveTable]) -> Option<String> {
        let index = self.index();
        let inside = |table: &LiveTable| index.get(&*in_one_line(&table.name)).copied();
        let with = |table: &LiveTable| match table.rows {
            LiveRows::About(n) | LiveRows::Exactly(n) => {
                format!("{} ({})", bare(&table.name), counted(n, "row"))
            }
            LiveRows::Some | LiveRows::Unknown => bare(&table.name).to_owned(),
        };
        // One that is empty was made since, or is no loss.
        let lacks = |table: &&LiveTable| inside(table).is_none() && table.rows != LiveRows::Exactly(0);
        let mut missing: Vec<&LiveTable> = real(live).filter(lacks).collect();
        missing.sort_by_key(|table| std::cmp::Reverse(table.rows.number()));
        let missing: Vec<String> =
            missing.iter().map(|table| with(table)).chain(self.lacks_objects(Some(live))).collect();
        if !missing.is_empty() {
            return Some(format!("missing: {}", few(missing)));
        }
        let short = |table: &LiveTable| {
            let rows = inside(table)??;
            let says = |of: String| Some(format!("{}: {} of {of}", bare(&table.name), number(rows)));
            match table.rows {
                LiveRows::About(n) if n >= FEW_ROWS && rows < n.div_ceil(2) && rows > 0 => {
                    says(format!("about {}", counted(n, "row")))
                }
                LiveRows::Exactly(n) if (n >= FEW_ROWS && rows < n.div_ceil(2)) || (rows == 0 && n > 0) => {
                    says(counted(n, "row"))
                }
                LiveRows::Some if rows == 0 => Some(format!("{}: no row of it", bare(&table.name))),
                // That a table has rows is an estimate until somebody has seen one.
                _ => None,
            }
        };
        let short: Vec<String> = real(live).filter_map(short).collect();
        (!short.is_empty()).then(|| few(short))
    }

    /// Much less than the ones before had.
    fn shrunk(&self, earlier: &[Earlier], by_tables: bool) -> Option<String> {
        let before = earlier.first()?;
        if by_tables && self.count() < before.tables {
            return Some(format!(
                "{}, {} in the one before",
                counted(self.count(), "table"),
                number(before.tables)
            ));
        }
        let rows = self.rows()?;
        let says = |n: u64, of: &str| format!("{}, {} in {of}", counted(rows, "row"), number(n));
        if let Some(n) = before.rows.filter(|n| *n >= FEW_ROWS && rows < n.div_ceil(2)) {
            return Some(says(n, "the one before"));
        }
        let mut last: Vec<u64> = earlier.iter().take(MEDIAN_OF).filter_map(|one| one.rows).collect();
        last.sort_unstable();
        let median = last.get(last.len() / 2).copied()?;
        (median >= FEW_ROWS && rows < median / 10).then(|| says(median, "those before"))
    }

    /// Noticeably less than the one before had.
    fn smaller(&self, earlier: &[Earlier]) -> Option<String> {
        let before = earlier.first()?.rows.filter(|n| *n >= FEW_ROWS)?;
        let rows = self.rows().filter(|rows| rows.saturating_mul(5) < before.saturating_mul(4))?;
        Some(format!("{}, {} in the one before", counted(rows, "row"), number(before)))
    }
}

/// Those that are tables.
fn real(live: &[LiveTable]) -> impl Iterator<Item = &LiveTable> {
    live.iter().filter(|table| table.name != LARGE_OBJECTS)
}

/// A name as it stands in a comment of a dump (`sanitize_line` of PostgreSQL's `dumputils.c`).
fn in_one_line(name: &str) -> Cow<'_, str> {
    if name.contains(['\n', '\r']) {
        Cow::Owned(name.replace(['\n', '\r'], " "))
    } else {
        Cow::Borrowed(name)
    }
}

/// A table as a person calls it: without the schema that every database has.
fn bare(name: &str) -> &str {
    name.strip_prefix("public.").unwrap_or(name)
}

/// The first ones, and how many more.
fn few(mut all: Vec<String>) -> String {
    let more = all.len().saturating_sub(NAMES);
    all.truncate(NAMES);
    let shown = all.join(", ");
    if more > 0 { format!("{shown} and {} more", number(more as u64)) } else { shown }
}

#[cfg(test)]
mod tests;
