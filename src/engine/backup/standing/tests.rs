use super::*;
use crate::engine::backup::Stored;
use crate::engine::fact::Why;
use proptest::prelude::*;

const NOW: i64 = 1_800_000_000;

/// A copy that is usable, so many seconds old.
fn good(ago: i64) -> Record {
    Record {
        covers: Covers::Yes,
        finished_at: Some(NOW - ago),
        outcome: Outcome::Ok,
        expires: Expiry::Never,
        stored: Stored { fate: Fate::Nothing, ..Stored::default() },
        ..Record::of("Velero", format!("b{ago}"), Evidence::Recorded)
    }
}

fn amount(n: u64, unit: Unit, live: Option<u64>) -> Vec<Amount> {
    vec![Amount { n, unit, live }]
}

fn with(records: Vec<Record>, reads: &[Read]) -> Backups {
    let sources = reads.iter().map(|read| Source { name: "velero", full: "velero.io", read: read.clone() });
    let holder = Holder { what: "claim a".to_owned(), identity: None, records };
    Backups { now: NOW, holders: vec![holder], sources: sources.collect(), ..Backups::default() }
}

fn said(records: Vec<Record>, reads: &[Read]) -> (&'static str, Option<String>) {
    let all = with(records, reads);
    let standing = all.standing(&all.holders[0]);
    (standing.word(), standing.record().map(|record| record.object.clone()))
}

#[test]
fn none_is_said_only_where_all_was_read() {
    let forbidden = || Read::Not(Why::Forbidden);
    let partly = || Read::Partly { within: "shop".to_owned(), why: Why::Forbidden };
    assert_eq!(said(vec![], &[Read::All]).0, "none");
    assert_eq!(said(vec![], &[]).0, "none");
    assert_eq!(said(vec![], &[Read::All, forbidden()]).0, "unknown");
    assert_eq!(said(vec![], &[partly()]).0, "unknown");
    // What is there is there, whatever else could not be read.
    assert_eq!(said(vec![good(60)], &[forbidden()]), ("usable", Some("b60".to_owned())));
}

#[test]
fn what_makes_a_copy_no_use() {
    let table: Vec<(&str, Record, Unfit)> = vec![
        ("not in it", Record { covers: Covers::No, ..good(60) }, Unfit::NotIn),
        ("not said", Record { covers: Covers::Unknown, ..good(60) }, Unfit::CoverageUnknown),
        ("partial", Record { outcome: Outcome::Partial("3 errors".into()), ..good(60) }, Unfit::Ended),
        ("failed", Record { outcome: Outcome::Failed(String::new()), ..good(60) }, Unfit::Ended),
        ("running", Record { outcome: Outcome::Running, ..good(60) }, Unfit::Ended),
        ("no end", Record { outcome: Outcome::Unknown, ..good(60) }, Unfit::EndUnknown),
        ("no time", Record { finished_at: None, ..good(60) }, Unfit::EndUnknown),
        ("tomorrow", Record { finished_at: Some(NOW + 86_400), ..good(60) }, Unfit::InTheFuture),
        ("no table", Record { amounts: amount(0, Unit::Tables, Some(41)), ..good(60) }, Unfit::Empty),
        ("no byte", Record { amounts: amount(0, Unit::Bytes, None), ..good(60) }, Unfit::Empty),
        ("over", Record { expires: Expiry::At(NOW - 1), ..good(60) }, Unfit::Expired),
        ("claimed", Record { evidence: Evidence::Claimed, ..good(60) }, Unfit::OnlyClaimed),
    ];
    for (what, record, why) in table {
        assert_eq!(record.unfit(NOW), Some(why), "{what}");
    }
    let away = Stored { unreachable: Some("location minio is Unavailable".into()), ..good(1).stored };
    assert_eq!(Record { stored: away, ..good(60) }.unfit(NOW), Some(Unfit::Unreachable));
    let dies = Stored { fate: Fate::Command, ..Stored::default() };
    assert_eq!(Record { stored: dies, ..good(60) }.unfit(NOW), Some(Unfit::Dies));
    // Clocks differ a little; and a holder that is as empty loses nothing.
    assert_eq!(Record { finished_at: Some(NOW + 30), ..good(60) }.unfit(NOW), None);
    assert_eq!(Record { amounts: amount(0, Unit::Tables, Some(0)), ..good(60) }.unfit(NOW), None);
    // Bytes of a dump without a single table say nothing.
    let husk = [amount(864, Unit::Bytes, None), amount(0, Unit::Tables, Some(41))].concat();
    assert_eq!(Record { amounts: husk, ..good(60) }.unfit(NOW), Some(Unfit::Empty));
}

#[test]
fn the_newest_usable_one_counts_and_a_newer_one_that_is_not_is_told() {
    let failed = Record { outcome: Outcome::Failed(String::new()), ..good(10) };
    let all = with(vec![good(500), good(60), failed], &[Read::All]);
    let Standing::Usable { record, newer } = all.standing(&all.holders[0]) else { panic!() };
    assert_eq!(
        (record.object.as_str(), newer.map(|(r, why)| (r.object.as_str(), why))),
        ("b60", Some(("b10", Unfit::Ended)))
    );
    // A newer one of somebody else is no news.
    let other = Record { covers: Covers::No, ..good(10) };
    let all = with(vec![good(60), other], &[Read::All]);
    assert!(matches!(all.standing(&all.holders[0]), Standing::Usable { newer: None, .. }));
}

#[test]
fn dies_empty_claimed_and_unknown() {
    let dies = || Record { stored: Stored { fate: Fate::Command, ..Stored::default() }, ..good(60) };
    let empty = || Record { amounts: amount(0, Unit::Tables, Some(41)), ..good(30) };
    let claimed = || Record { evidence: Evidence::Claimed, covers: Covers::Unknown, ..good(20) };
    let vague = || Record { covers: Covers::Unknown, ..good(5) };
    assert_eq!(said(vec![dies(), empty()], &[Read::All]).0, "dies");
    assert_eq!(said(vec![empty(), claimed()], &[Read::All]).0, "empty");
    assert_eq!(said(vec![claimed()], &[Read::All]).0, "claimed");
    // Kept in what goes, it goes: whoever says so.
    let kept = Record { stored: Stored { fate: Fate::Command, ..Stored::default() }, ..claimed() };
    assert_eq!(said(vec![kept], &[Read::All]).0, "dies");
    // What a catalogue lists and is no use is told beside a claim.
    let failed = Record { outcome: Outcome::Failed(String::new()), ..good(1) };
    let all = with(vec![claimed(), failed], &[Read::All]);
    assert!(matches!(
        all.standing(&all.holders[0]),
        Standing::Claimed { other: Some((_, Unfit::Ended)), .. }
    ));
    // A job's word is no answer of a source that could not be read.
    assert_eq!(said(vec![claimed()], &[Read::Not(Why::TimedOut)]).0, "unknown");
    assert_eq!(said(vec![vague()], &[Read::All]), ("unknown", Some("b5".to_owned())));
    let other = Record { covers: Covers::No, ..good(1) };
    assert_eq!(said(vec![other.clone()], &[Read::All]), ("none", Some("b1".to_owned())));
    // A failure of the thing's own says more than a success of something else.
    let failed = Record { outcome: Outcome::Failed(String::new()), ..good(90) };
    assert_eq!(said(vec![other, failed], &[Read::All]), ("none", Some("b90".to_owned())));
    let expired = Record { expires: Expiry::At(NOW - 5), ..good(60) };
    assert_eq!(said(vec![expired], &[Read::All]), ("none", Some("b60".to_owned())));
}

#[test]
fn holders_are_summed_the_worst_first() {
    let holder = |what: &str, records| Holder { what: what.to_owned(), identity: None, records };
    let all = Backups {
        now: NOW,
        holders: vec![
            holder("a", vec![good(60)]),
            holder("b", vec![]),
            holder("c", vec![Record { tool: "VolumeSnapshot", ..good(9_000) }]),
            holder("d", vec![]),
            holder("e", vec![good(70)]),
        ],
        sources: vec![Source { name: "velero", full: "velero.io", read: Read::All }],
        ..Backups::default()
    };
    let told: Vec<(&str, Vec<&str>)> = all
        .groups()
        .iter()
        .map(|group| {
            (group.standing.word(), group.holders.iter().map(|holder| holder.what.as_str()).collect())
        })
        .collect();
    assert_eq!(told, [("none", vec!["b", "d"]), ("usable", vec!["c"]), ("usable", vec!["a", "e"])]);
    let groups = all.groups();
    assert_eq!(groups[2].objects(), ["b60", "b70"]);
    // The oldest stands for all.
    assert_eq!(groups[2].standing.record().map(|record| record.object.as_str()), Some("b70"));
}

#[test]
fn amounts_are_summed_by_what_each_of_them_has() {
    let of = |bytes: u64, rows: Option<u64>| Record {
        amounts: [
            amount(bytes, Unit::Bytes, None),
            rows.map(|n| amount(n, Unit::Rows, None)).unwrap_or_default(),
        ]
        .concat(),
        ..good(60)
    };
    let records = [of(5, Some(1)), of(7, None)];
    let group =
        Group { standing: Standing::None(None), holders: Vec::new(), records: records.iter().collect() };
    assert_eq!(group.amounts(), amount(12, Unit::Bytes, None));
}

fn record() -> impl Strategy<Value = Record> {
    let outcome = prop_oneof![
        4 => Just(Outcome::Ok),
        1 => Just(Outcome::Failed(String::new())),
        1 => Just(Outcome::Running),
        1 => Just(Outcome::Unknown),
    ];
    let covers = prop_oneof![4 => Just(Covers::Yes), 1 => Just(Covers::No), 1 => Just(Covers::Unknown)];
    let fate = prop_oneof![3 => Just(Fate::Nothing), 1 => Just(Fate::Command), 1 => Just(Fate::Unknown)];
    let expires = prop_oneof![Just(Expiry::Never), Just(Expiry::At(NOW - 9)), Just(Expiry::At(NOW + 9))];
    let evidence = proptest::sample::select(Evidence::ALL.to_vec());
    let ago = proptest::option::weighted(0.9, -100_000_i64..1_000_000);
    let tables = proptest::option::of(0_u64..3);
    (outcome, covers, fate, expires, evidence, ago, tables).prop_map(
        |(outcome, covers, fate, expires, evidence, ago, tables)| Record {
            outcome,
            covers,
            finished_at: ago.map(|ago| NOW - ago),
            expires,
            amounts: tables.map(|n| amount(n, Unit::Tables, None)).unwrap_or_default(),
            stored: Stored { fate, ..Stored::default() },
            ..Record::of("Velero", "b", evidence)
        },
    )
}

proptest! {
    /// Whatever is taken away of what is known, nothing becomes usable by it, and NONE needs every source.
    #[test]
    fn a_fact_that_is_missing_makes_no_copy_usable(record in record(), at in 0_usize..4) {
        let mut less = record.clone();
        match at {
            0 => less.covers = Covers::Unknown,
            1 => less.finished_at = None,
            2 => less.outcome = Outcome::Unknown,
            _ => less.evidence = Evidence::Claimed,
        }
        prop_assert!(less.unfit(NOW).is_some());
        let all = with(vec![record], &[Read::All, Read::Not(Why::TimedOut)]);
        let word = all.standing(&all.holders[0]).word();
        prop_assert!(word != "none" && word != "claimed");
    }
}
