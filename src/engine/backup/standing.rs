//! What the copies of a holder come to: the newest usable one, or why there is none.

use super::{Amount, Backups, Covers, Evidence, Expiry, Fate, Holder, Outcome, Read, Record, Source, Unit};

/// Clocks differ by so many seconds without anybody noticing; what is further in the future has no age.
const SKEW_S: i64 = 120;

/// What the copies of one holder come to; the worst first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing<'a> {
    /// The newest one holds nothing, and no other is usable.
    Empty(&'a Record),
    /// Every source was read, and there is none; or there are some, and this is why the newest is no use.
    None(Option<(&'a Record, Unfit)>),
    /// The newest usable one goes with what this very command takes away.
    Dies(&'a Record),
    /// None that is usable was found, and not everything could be read or told.
    Unknown(Option<(&'a Record, Unfit)>),
    /// Something that looks like a backup says it ended well; nobody's catalogue does.
    Claimed {
        /// That.
        record: &'a Record,
        /// What a catalogue lists and is no use.
        other: Option<(&'a Record, Unfit)>,
    },
    /// The newest usable one.
    Usable {
        /// That one.
        record: &'a Record,
        /// A newer one that is not, and why.
        newer: Option<(&'a Record, Unfit)>,
    },
}

/// Why a copy is no use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// The holder's data is not in it.
    NotIn,
    /// Whether it is, nobody says.
    CoverageUnknown,
    /// It did not end well.
    Ended,
    /// Whether it has ended, or when, nobody says.
    EndUnknown,
    /// It is said to have ended in the future: the clocks are not to be trusted.
    InTheFuture,
    /// There is nothing in it.
    Empty,
    /// Its time is over; it may go any minute.
    Expired,
    /// Where it lies cannot be reached.
    Unreachable,
    /// It goes with what this command takes away.
    Dies,
    /// Nothing but a job says so.
    OnlyClaimed,
}

impl Unfit {
    /// Whether that is for want of an answer, and not a fact.
    const fn is_unknown(self) -> bool {
        matches!(self, Unfit::CoverageUnknown | Unfit::EndUnknown | Unfit::InTheFuture)
    }
}

impl Record {
    /// When it was complete, where that can be: not in the future.
    pub fn finished(&self, now: i64) -> Option<i64> {
        self.finished_at.filter(|at| *at <= now.saturating_add(SKEW_S))
    }

    /// How old its content is, in seconds.
    pub fn age_s(&self, now: i64) -> Option<u64> {
        self.finished(now).map(|at| u64::try_from(now.saturating_sub(at)).unwrap_or(0))
    }

    /// Whether there is nothing in it: no table, no row, no file, no byte.
    pub fn is_empty(&self) -> bool {
        let counted = |unit: Unit| self.amounts.iter().find(|amount| amount.unit == unit);
        let first = [Unit::Tables, Unit::Keys, Unit::Items, Unit::Files, Unit::Rows, Unit::Bytes];
        // A live holder that is as empty loses nothing.
        first.into_iter().find_map(counted).is_some_and(|amount| amount.n == 0 && amount.live != Some(0))
    }

    /// Why it is no use, when it is none.
    pub fn unfit(&self, now: i64) -> Option<Unfit> {
        let expired = matches!(self.expires, Expiry::At(at) if at <= now);
        Some(match (self.covers, &self.outcome) {
            (Covers::No, _) => Unfit::NotIn,
            (_, Outcome::Failed(_) | Outcome::Partial(_) | Outcome::Running) => Unfit::Ended,
            _ if self.finished_at.is_some() && self.finished(now).is_none() => Unfit::InTheFuture,
            (_, Outcome::Unknown) => Unfit::EndUnknown,
            _ if self.finished_at.is_none() => Unfit::EndUnknown,
            _ if self.is_empty() => Unfit::Empty,
            _ if expired => Unfit::Expired,
            _ if self.stored.unreachable.is_some() => Unfit::Unreachable,
            _ if self.stored.fate == Fate::Command => Unfit::Dies,
            // A job's word about what it covers is no worse than its word about the rest.
            _ if self.evidence < Evidence::Recorded => Unfit::OnlyClaimed,
            (Covers::Unknown, _) => Unfit::CoverageUnknown,
            _ => return None,
        })
    }
}

impl Source {
    /// Whether all of it was read.
    pub fn is_read(&self) -> bool {
        self.read == Read::All
    }
}

impl Backups {
    /// What the copies of one holder come to.
    pub fn standing<'a>(&self, holder: &'a Holder) -> Standing<'a> {
        let judged = || holder.records.iter().map(|record| (record, record.unfit(self.now)));
        let newest = |fits: &dyn Fn(Option<Unfit>) -> bool| {
            let all = judged().filter(|(_, unfit)| fits(*unfit)).map(|(record, _)| record);
            all.max_by_key(|record| record.finished_at)
        };
        let unfit = |fits: &dyn Fn(Unfit) -> bool| {
            let all = judged().filter_map(|(record, unfit)| Some((record, unfit?)));
            all.filter(|(_, unfit)| fits(*unfit)).max_by_key(|(record, _)| record.finished_at)
        };
        if let Some(record) = newest(&|unfit| unfit.is_none()) {
            let counts =
                |why: Unfit| !matches!(why, Unfit::NotIn | Unfit::CoverageUnknown | Unfit::OnlyClaimed);
            let newer = unfit(&counts).filter(|(other, _)| other.finished_at > record.finished_at);
            return Standing::Usable { record, newer };
        }
        if let Some(record) = newest(&|unfit| unfit == Some(Unfit::Dies)) {
            return Standing::Dies(record);
        }
        if let Some(record) = newest(&|unfit| unfit == Some(Unfit::Empty)) {
            return Standing::Empty(record);
        }
        if !self.sources.iter().all(Source::is_read) || unfit(&Unfit::is_unknown).is_some() {
            // What is wrong with a copy that is known to hold it tells more than what nobody knows of another.
            let flawed = |why: Unfit| !why.is_unknown() && !matches!(why, Unfit::NotIn | Unfit::OnlyClaimed);
            return Standing::Unknown(unfit(&flawed).or_else(|| unfit(&Unfit::is_unknown)));
        }
        if let Some(record) = newest(&|unfit| unfit == Some(Unfit::OnlyClaimed)) {
            let own = |why: Unfit| !matches!(why, Unfit::NotIn | Unfit::CoverageUnknown | Unfit::OnlyClaimed);
            return Standing::Claimed { record, other: unfit(&own) };
        }
        // What is there and does not hold it would be taken for a backup otherwise.
        Standing::None(unfit(&|why| why != Unfit::NotIn).or_else(|| unfit(&|_| true)))
    }

    /// The holders put together by what their copies come to, the worst first.
    pub fn groups(&self) -> Vec<Group<'_>> {
        let mut groups: Vec<Group<'_>> = Vec::new();
        for holder in &self.holders {
            let standing = self.standing(holder);
            let record = standing.record();
            match groups.iter_mut().find(|group| group.standing.is_told_like(&standing)) {
                Some(group) => {
                    group.holders.push(holder);
                    group.records.extend(record);
                    // The oldest of them stands for all.
                    let older = |a: Option<&Record>, b: Option<&Record>| {
                        a.and_then(|a| a.finished_at) < b.and_then(|b| b.finished_at)
                    };
                    if older(record, group.standing.record()) {
                        group.standing = standing;
                    }
                }
                None => {
                    let records = record.into_iter().collect();
                    groups.push(Group { standing, holders: vec![holder], records });
                }
            }
        }
        // Of usable ones the oldest is the worst.
        groups.sort_by_key(|group| {
            let age = group.standing.record().and_then(|record| record.age_s(self.now));
            (group.standing.rank(), std::cmp::Reverse(age), std::cmp::Reverse(group.holders.len()))
        });
        groups
    }

    /// Whether this says anything at all.
    pub fn is_empty(&self) -> bool {
        self.holders.is_empty() && self.beyond.is_empty()
    }
}

/// Holders whose copies come to the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group<'a> {
    /// To what; of several the oldest copy.
    pub standing: Standing<'a>,
    /// Which holders.
    pub holders: Vec<&'a Holder>,
    /// The copies it is about, one of each holder that has one.
    pub records: Vec<&'a Record>,
}

impl Group<'_> {
    /// What the copies are called, each once.
    pub fn objects(&self) -> Vec<&str> {
        let mut all: Vec<&str> = Vec::new();
        for record in &self.records {
            if !all.contains(&record.object.as_str()) {
                all.push(&record.object);
            }
        }
        all
    }

    /// How much is in all of them together, by the measures that each of them has.
    pub fn amounts(&self) -> Vec<Amount> {
        let Some((first, rest)) = self.records.split_first() else { return Vec::new() };
        let sum = |amount: &Amount| {
            rest.iter().try_fold(*amount, |sum, record| {
                let same = record.amounts.iter().find(|other| other.unit == sum.unit)?;
                let live = sum.live.zip(same.live).map(|(a, b)| a.saturating_add(b));
                Some(Amount { n: sum.n.saturating_add(same.n), unit: sum.unit, live })
            })
        };
        first.amounts.iter().filter_map(sum).collect()
    }
}

impl<'a> Standing<'a> {
    /// The order of gravity, the worst first.
    const fn rank(&self) -> u8 {
        match self {
            Standing::Empty(_) => 0,
            Standing::None(_) => 1,
            Standing::Dies(_) => 2,
            Standing::Unknown(_) => 3,
            Standing::Claimed { .. } => 4,
            Standing::Usable { .. } => 5,
        }
    }

    /// The word used in output and records.
    pub const fn word(&self) -> &'static str {
        match self {
            Standing::Empty(_) => "empty",
            Standing::None(_) => "none",
            Standing::Dies(_) => "dies",
            Standing::Unknown(_) => "unknown",
            Standing::Claimed { .. } => "claimed",
            Standing::Usable { .. } => "usable",
        }
    }

    /// The copy it is about.
    pub fn record(&self) -> Option<&'a Record> {
        match self {
            Standing::Empty(record)
            | Standing::Dies(record)
            | Standing::Claimed { record, .. }
            | Standing::Usable { record, .. } => Some(record),
            Standing::None(why) | Standing::Unknown(why) => why.map(|(record, _)| record),
        }
    }

    /// Whether one sentence tells both: the same end, by copies that differ in nothing but name, age and amount.
    fn is_told_like(&self, other: &Standing<'_>) -> bool {
        let same = |a: Option<&Record>, b: Option<&Record>| match (a, b) {
            (Some(a), Some(b)) => {
                (a.tool, &a.stored, &a.outcome, a.evidence, &a.remarks)
                    == (b.tool, &b.stored, &b.outcome, b.evidence, &b.remarks)
            }
            (None, None) => true,
            _ => false,
        };
        // How much is missing is said where the holder has it, and is not where it has not.
        let known = |of: &Standing<'_>| {
            of.record().is_some_and(|r| r.amounts.iter().any(|amount| amount.live.is_some()))
        };
        let alike = !matches!(self, Standing::Empty(_)) || known(self) == known(other);
        self.rank() == other.rank()
            && self.unfit() == other.unfit()
            && alike
            && same(self.record(), other.record())
    }

    /// Why the copy it is about, or a newer one, is no use.
    fn unfit(&self) -> Option<Unfit> {
        match self {
            Standing::None(why) | Standing::Unknown(why) => why.map(|(_, why)| why),
            Standing::Usable { newer: other, .. } | Standing::Claimed { other, .. } => {
                other.map(|(_, why)| why)
            }
            Standing::Empty(_) | Standing::Dies(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
