//! What the copies come to for a rule that demands one.

use super::{Backups, Covers, Evidence, Fate, Read};
use crate::engine::backup::standing::Unfit;
use crate::engine::impact::Impact;

/// Whether what a command hits has copies, as far as a rule can look at that.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Backed {
    /// Nobody asked, or not all that holds data could be seen.
    #[default]
    Unknown,
    /// Nothing that is hit holds data.
    NoData,
    /// Of each thing that holds data the copies that are some use.
    Holders(Vec<Vec<Usable>>),
}

/// A copy that is some use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Usable {
    /// How old its content is, in seconds.
    pub age_s: u64,
    /// How sure it is.
    pub evidence: Evidence,
    /// Whether it lies where nothing of the holder's own can take it along, or nobody can take it away.
    pub elsewhere: bool,
}

/// What a rule demands of the newest copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Demand {
    /// How old it may be at most, in seconds.
    pub max_age_s: Option<u64>,
    /// How sure it has to be.
    pub evidence: Evidence,
    /// Whether it has to lie elsewhere.
    pub other_domain: bool,
    /// What follows where there is none.
    pub unmet: Unmet,
}

/// What follows where a demand is not met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unmet {
    /// The person has to type that there is none, after the phrase.
    #[default]
    Ask,
    /// The command is refused.
    Deny,
}

impl Unmet {
    /// Both, mildest first.
    pub const ALL: [Unmet; 2] = [Unmet::Ask, Unmet::Deny];

    /// The word used in policy files.
    pub const fn word(self) -> &'static str {
        match self {
            Unmet::Ask => "ask",
            Unmet::Deny => "deny",
        }
    }
}

/// What is typed, after the phrase, by whoever goes on without a copy.
pub const WITHOUT: &str = "without backup";

impl Backed {
    /// By what was found out. `bare` says that nothing that is hit holds data as far as anybody can see, where nobody looks for
    /// copies.
    pub fn of(impact: &Impact, probed: bool, bare: bool) -> Backed {
        let Backups { now, holders, looked, beyond, .. } = &impact.backups;
        if !probed || !beyond.is_empty() {
            return Backed::Unknown;
        }
        if holders.is_empty() {
            let seen = (*looked || bare) && impact.gaps.is_empty();
            return if seen { Backed::NoData } else { Backed::Unknown };
        }
        let of = |record: &super::Record| {
            let claimed = record.covers == Covers::Yes && record.stored.fate != Fate::Command;
            match record.unfit(*now) {
                None => {}
                Some(Unfit::OnlyClaimed) if claimed => {}
                Some(_) => return None,
            }
            let locked = record.immutable_until.is_some_and(|until| until > *now);
            Some(Usable {
                age_s: record.age_s(*now)?,
                evidence: record.evidence,
                elsewhere: record.stored.fate == Fate::Nothing || locked,
            })
        };
        let holders = holders.iter().map(|holder| holder.records.iter().filter_map(of).collect());
        let holders: Vec<Vec<Usable>> = holders.collect();
        // What was not read may have what is not there.
        let unread = impact.backups.sources.iter().any(|source| source.read != Read::All);
        if unread && holders.iter().any(Vec::is_empty) {
            return Backed::Unknown;
        }
        Backed::Holders(holders)
    }
}

impl Demand {
    /// Whether every holder has a copy as it is demanded. What is not known is not met.
    pub fn is_met(&self, backed: &Backed) -> bool {
        let fits = |copy: &Usable| {
            self.max_age_s.is_none_or(|most| copy.age_s <= most)
                && copy.evidence >= self.evidence
                && (copy.elsewhere || !self.other_domain)
        };
        match backed {
            Backed::Unknown => false,
            Backed::NoData => true,
            Backed::Holders(holders) => holders.iter().all(|copies| copies.iter().any(fits)),
        }
    }

    /// What is demanded, in one clause: `a backup at most 1 day old, recorded, elsewhere`.
    pub fn words(&self) -> String {
        let age = self.max_age_s.map(|s| format!(" at most {} old", crate::engine::human::age(s)));
        let place = if self.other_domain { ", elsewhere" } else { "" };
        format!("a backup{}, {}{place}", age.unwrap_or_default(), self.evidence.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::backup::{Beyond, Expiry, Holder, Outcome, Record, Source, Stored};
    use crate::engine::fact::Why;

    const NOW: i64 = 1_800_000_000;
    const DAY: u64 = 86_400;

    fn demand() -> Demand {
        Demand { max_age_s: Some(DAY), evidence: Evidence::Recorded, other_domain: true, unmet: Unmet::Ask }
    }

    fn usable(age_s: u64, evidence: Evidence, elsewhere: bool) -> Backed {
        Backed::Holders(vec![vec![Usable { age_s, evidence, elsewhere }]])
    }

    #[test]
    fn a_demand_is_met_by_one_copy_that_is_all_of_it() {
        use Evidence::{Claimed, Measured, Recorded};
        for (backed, met) in [
            (Backed::Unknown, false),
            (Backed::NoData, true),
            (Backed::Holders(vec![vec![]]), false),
            (usable(DAY, Recorded, true), true),
            (usable(DAY + 1, Recorded, true), false),
            (usable(60, Claimed, true), false),
            (usable(60, Measured, true), true),
            (usable(60, Recorded, false), false),
            // Young here and elsewhere old is neither.
            (
                Backed::Holders(vec![vec![
                    Usable { age_s: 60, evidence: Recorded, elsewhere: false },
                    Usable { age_s: 2 * DAY, evidence: Recorded, elsewhere: true },
                ]]),
                false,
            ),
            // One holder without one is enough.
            (
                Backed::Holders(vec![
                    vec![Usable { age_s: 60, evidence: Recorded, elsewhere: true }],
                    vec![],
                ]),
                false,
            ),
        ] {
            assert_eq!(demand().is_met(&backed), met, "{backed:?}");
        }
    }

    #[test]
    fn what_was_not_seen_is_not_known() {
        let mut impact = Impact::default();
        assert_eq!(Backed::of(&impact, true, false), Backed::Unknown, "nobody looked");
        assert_eq!(Backed::of(&impact, true, true), Backed::NoData);
        impact.backups.looked = true;
        assert_eq!(Backed::of(&impact, true, false), Backed::NoData);
        assert_eq!(Backed::of(&impact, false, false), Backed::Unknown);
        let mut less = impact.clone();
        less.backups.beyond.push(Beyond { what: "3 more claims".to_owned(), why: Why::NotAsked });
        assert_eq!(Backed::of(&less, true, false), Backed::Unknown);
        impact.gap("claims", Why::Forbidden);
        assert_eq!(Backed::of(&impact, true, false), Backed::Unknown);
    }

    #[test]
    fn copies_that_are_no_use_do_not_count_and_a_claim_counts_as_one() {
        let good = Record {
            covers: Covers::Yes,
            finished_at: Some(NOW - 60),
            outcome: Outcome::Ok,
            expires: Expiry::Never,
            stored: Stored { fate: Fate::Nothing, ..Stored::default() },
            ..Record::of("Velero", "b", Evidence::Recorded)
        };
        let expired = Record { expires: Expiry::At(NOW - 1), ..good.clone() };
        let claimed = Record { evidence: Evidence::Claimed, ..good.clone() };
        let vague = Record { covers: Covers::Unknown, ..claimed.clone() };
        let locked = Record {
            immutable_until: Some(NOW + 60),
            stored: Stored { fate: Fate::Account, ..Stored::default() },
            ..good.clone()
        };
        let holder = |records| Holder { what: "claim a".to_owned(), identity: None, records };
        let mut impact = Impact::default();
        impact.backups.now = NOW;
        impact.backups.holders.push(holder(vec![good, expired, claimed, vague, locked]));
        let Backed::Holders(holders) = Backed::of(&impact, true, false) else { panic!() };
        let told: Vec<(Evidence, bool)> =
            holders[0].iter().map(|copy| (copy.evidence, copy.elsewhere)).collect();
        assert_eq!(told, [(Evidence::Recorded, true), (Evidence::Claimed, true), (Evidence::Recorded, true)]);
        // A source that could not be read takes nothing away from what is there, and may have what is not.
        let unread = Source { name: "cnpg", full: "postgresql.cnpg.io", read: Read::Not(Why::Forbidden) };
        impact.backups.sources.push(unread);
        assert!(matches!(Backed::of(&impact, true, false), Backed::Holders(_)));
        impact.backups.holders.push(holder(Vec::new()));
        assert_eq!(Backed::of(&impact, true, false), Backed::Unknown);
    }

    #[test]
    fn what_is_demanded_is_said() {
        assert_eq!(demand().words(), "a backup at most 24 h old, recorded, elsewhere");
        let any = Demand { max_age_s: None, other_domain: false, ..demand() };
        assert_eq!(any.words(), "a backup, recorded");
    }
}
