use super::*;

fn dump(tables: &[(&str, u64)]) -> Contents {
    let table = |(name, rows): &(&str, u64)| Table { name: format!("public.{name}"), rows: Some(*rows) };
    Contents { tables: tables.iter().map(table).collect(), read: Through::Whole, ..Contents::default() }
}

fn live(tables: &[(&str, LiveRows)]) -> Vec<LiveTable> {
    let table = |(name, rows): &(&str, LiveRows)| LiveTable { name: format!("public.{name}"), rows: *rows };
    tables.iter().map(table).collect()
}

fn said(found: &Findings) -> String {
    match &found.outcome {
        Outcome::Ok => "ok".to_owned(),
        Outcome::Partial(why) => format!("partial: {why}"),
        Outcome::Failed(why) => format!("failed: {why}"),
        other => format!("{other:?}"),
    }
}

#[test]
fn against_the_living_database() {
    use LiveRows::{About, Exactly, Some as One, Unknown};
    for (dump, live, want) in [
        (dump(&[("a", 5)]), live(&[("a", About(5))]), "ok"),
        (
            dump(&[("a", 5)]),
            live(&[("a", About(5)), ("orders", About(200_000))]),
            "partial: missing: orders (200,000 rows)",
        ),
        (dump(&[("a", 5)]), live(&[("a", About(5)), ("b", Unknown)]), "partial: missing: b"),
        // Bloat is no row; a table that shrinks or is small alarms nobody.
        (dump(&[("a", 300)]), live(&[("a", About(300))]), "ok"),
        (dump(&[("a", 400)]), live(&[("a", About(999))]), "ok"),
        (dump(&[("a", 600)]), live(&[("a", About(1_000))]), "ok"),
        (dump(&[("a", 499)]), live(&[("a", About(1_000))]), "partial: a: 499 of about 1,000 rows"),
        // No row against an estimate is a doubt; somebody has to have seen one.
        (dump(&[("a", 0)]), live(&[("a", About(5_000))]), "ok"),
        (dump(&[("a", 0)]), live(&[("a", One)]), "partial: a: no row of it"),
        (dump(&[("a", 0)]), live(&[("a", Exactly(2))]), "partial: a: 0 of 2 rows"),
        (dump(&[("a", 0)]), live(&[("a", Unknown)]), "ok"),
        // One that was made since, without a row so far.
        (dump(&[("a", 5)]), live(&[("a", About(5)), ("new", Exactly(0))]), "ok"),
        // What is not in the living one any more was dropped.
        (dump(&[("a", 5), ("old", 9)]), live(&[("a", About(5))]), "ok"),
    ] {
        let found = dump.findings(Some(&live), &[]);
        assert_eq!(said(&found), want);
        assert_eq!(found.measured, want == "ok");
    }
}

#[test]
fn emptiness_is_in_the_amounts() {
    let none = dump(&[]);
    let amounts = |live: &[LiveTable]| none.findings(Some(live), &[]).amounts;
    let tables = |live| vec![Amount { n: 0, unit: Unit::Tables, live }];
    assert_eq!(amounts(&live(&[("a", LiveRows::Unknown); 5])), tables(Some(5)));
    assert_eq!(amounts(&[]), tables(None), "an empty database has an empty dump");
    assert_eq!(none.findings(None, &[]).amounts, tables(None));
}

#[test]
fn against_the_ones_before() {
    let before = |tables, rows| Earlier { tables, rows };
    let one = |rows| dump(&[("a", rows)]);
    for (dump, earlier, want) in [
        (one(50), vec![], "ok"),
        (one(50), vec![before(41, None)], "partial: 1 table, 41 in the one before"),
        (one(4_000), vec![before(1, Some(9_000))], "partial: 4,000 rows, 9,000 in the one before"),
        (
            one(400),
            vec![before(1, Some(700)), before(1, Some(90_000)), before(1, Some(90_000))],
            "partial: 400 rows, 90,000 in those before",
        ),
        (one(7_000), vec![before(1, Some(9_000))], "ok"),
        (one(3), vec![before(1, Some(900))], "ok"),
    ] {
        assert_eq!(said(&dump.findings(None, &earlier)), want);
    }
    let yellow = one(7_000).findings(None, &[before(1, Some(9_000))]);
    assert_eq!(yellow.remarks, ["7,000 rows, 9,000 in the one before"]);
    assert!(one(8_900).findings(None, &[before(1, Some(9_000))]).remarks.is_empty());
    // The first one has nothing to be compared with.
    assert!(!one(5).findings(None, &[]).measured);
}

#[test]
fn a_broken_one_is_no_use_whatever_is_in_it() {
    let mut broken = dump(&[("a", 5)]);
    broken.read = Through::Broken("it ends before its end".to_owned());
    let found = broken.findings(Some(&live(&[("a", LiveRows::About(5))])), &[]);
    assert_eq!((said(&found).as_str(), found.measured), ("failed: it ends before its end", false));
}

#[test]
fn of_a_beginning_nothing_is_said() {
    let mut begun = dump(&[("a", 5)]);
    for (ends, want) in [(true, Outcome::Ok), (false, Outcome::Unknown)] {
        begun.read = Through::Begun { ends };
        let found = begun.findings(Some(&live(&[("b", LiveRows::About(5_000))])), &[]);
        assert_eq!((found.outcome, found.measured, found.amounts), (want, false, vec![]));
    }
    begun.tables.clear();
    assert!(begun.findings(None, &[]).amounts.is_empty(), "it is not empty for that");
}

#[test]
fn less_than_before_is_no_lack_where_all_is_there() {
    let before = [Earlier { tables: 2, rows: Some(9_000) }];
    let one = dump(&[("a", 50)]);
    let all_there = one.findings(Some(&live(&[("a", LiveRows::About(50))])), &before);
    assert_eq!(said(&all_there), "ok");
    assert_eq!(all_there.remarks, ["1 table, 2 in the one before"]);
    let said = said(&one.findings(Some(&live(&[("a", LiveRows::Unknown)])), &before));
    assert_eq!(said, "partial: 50 rows, 9,000 in the one before");
}

#[test]
fn a_list_alone_is_no_measure() {
    let mut listed = dump(&[("a", 5)]);
    listed.tables[0].rows = None;
    let all = live(&[("a", LiveRows::About(5_000))]);
    for (ends, want) in [(true, Outcome::Ok), (false, Outcome::Unknown)] {
        listed.read = Through::Listed { ends };
        let found = listed.findings(Some(&all), &[]);
        assert_eq!((found.outcome, found.measured, found.remarks.len()), (want, false, 1));
    }
    let more = live(&[("a", LiveRows::About(5)), ("b", LiveRows::Some)]);
    assert_eq!(said(&listed.findings(Some(&more), &[])), "partial: missing: b");
}

#[test]
fn what_makes_no_table_and_what_has_none() {
    let mut rows = dump(&[("a", 5)]);
    rows.defined = Some(0);
    assert_eq!(said(&rows.findings(None, &[])), "partial: rows only, it makes no table");
    let mut views = dump(&[]);
    views.defined = Some(3);
    assert_eq!(views.findings(Some(&[]), &[]).amounts, [], "a database of views is not empty");
    assert_eq!(views.findings(Some(&live(&[("a", LiveRows::Some)])), &[]).amounts.len(), 1);
}

#[test]
fn large_objects_are_missed() {
    let mut all = live(&[("a", LiveRows::About(5))]);
    all.push(LiveTable { name: LARGE_OBJECTS.to_owned(), rows: LiveRows::Exactly(500) });
    let mut one = dump(&[("a", 5)]);
    assert_eq!(said(&one.findings(Some(&all), &[])), "partial: missing: 500 large objects");
    assert!(one.doubtful(&all).is_empty());
    one.others = 1;
    let found = one.findings(Some(&all), &[]);
    assert_eq!((said(&found).as_str(), found.amounts[0].live), ("ok", Some(1)));
    let mut none = dump(&[]);
    none.defined = Some(2);
    assert_eq!(said(&none.findings(Some(&all[1..]), &[])), "partial: missing: 500 large objects");
}

#[test]
fn doubts_are_named() {
    let all = live(&[
        ("a", LiveRows::About(5)),
        ("b", LiveRows::Exactly(0)),
        ("c", LiveRows::Unknown),
        ("d", LiveRows::About(5_000)),
        ("e", LiveRows::About(5_000)),
    ]);
    let doubtful = dump(&[("a", 0), ("b", 0), ("c", 1), ("d", 9), ("e", 4_000)]);
    let names: Vec<&str> = doubtful.doubtful(&all).iter().map(|t| t.name.as_str()).collect();
    assert_eq!(names, ["public.d", "public.a"]);
}
