use super::*;

fn hit(options: &[(&str, &[&str])]) -> Hit {
    Hit {
        service: "redshift".into(),
        operation: "delete-cluster".into(),
        globals: vec![("profile".into(), Some("prod".into()))],
        options: options
            .iter()
            .map(|(n, v)| ((*n).to_owned(), v.iter().map(|v| (*v).to_owned()).collect()))
            .collect(),
        ..Hit::default()
    }
}

#[test]
fn the_last_copy_is_what_the_options_say() {
    let told = |options: &[(&str, &[&str])]| {
        let mut impact = Impact::default();
        let skip = Some("skip-final-cluster-snapshot");
        let (fate, because) =
            last_copy(&hit(options), "final-cluster-snapshot-identifier", skip, None, &mut impact);
        (fate, because, impact.refused.is_some())
    };
    assert_eq!(
        told(&[("skip-final-cluster-snapshot", &[])]),
        (Fate::Erased, "no final snapshot: --skip-final-cluster-snapshot".into(), false)
    );
    assert_eq!(
        told(&[("final-cluster-snapshot-identifier", &["x"])]),
        (Fate::Kept, "final snapshot x".into(), false)
    );
    assert_eq!(told(&[]), (Fate::Erased, "no final snapshot".into(), true));
}

#[test]
fn places_in_commands_are_filled_or_left_out() {
    let hit = hit(&[("cluster-identifier", &["c 1"])]);
    let filled = |words: &str, thing: Option<&Value>| {
        Words::from(words.to_owned()).fill(&hit, "cluster-identifier", "c 1", thing)
    };
    assert_eq!(filled("a --{} {}", None), ["a", "--cluster-identifier", "c 1"]);
    assert_eq!(filled("a --x {none} --y 1", None), ["a", "--y", "1"]);
    assert_eq!(filled("Name=id,Values={}", None), ["Name=id,Values=c 1"]);
    let thing = serde_json::json!({"Arn": "arn:x"});
    assert_eq!(filled("--arn {/Arn}", Some(&thing)), ["--arn", "arn:x"]);
    assert_eq!(
        command(&hit, &["redshift", "modify-cluster", "--cluster-identifier", "c 1", "--flag"]),
        "aws --profile prod redshift modify-cluster --cluster-identifier 'c 1' --flag"
    );
}

#[test]
fn what_is_absent_lowers_only_when_nothing_else_is_named() {
    let named = |names: &[&str]| -> Vec<Named> {
        names.iter().map(|n| Named { given: (*n).to_owned(), name: (*n).to_owned() }).collect()
    };
    let mut impact = Impact::default();
    merge("queue", &named(&["a"]), vec![Seen::Absent], &mut impact);
    assert_eq!((impact.subjects_total, impact.consequences.len()), (0, 1));
    assert_eq!(impact.consequences[0].because, "no such queue: a");
    let mut impact = Impact::default();
    let there = Seen::There(Impact { subjects_total: 1, ..Impact::default() });
    merge("queue", &named(&["a", "b"]), vec![Seen::Absent, there], &mut impact);
    assert_eq!(
        (impact.also.as_slice(), impact.consequences.len()),
        (&["no such queue: a".to_owned()][..], 0)
    );
    let mut impact = Impact::default();
    merge("queue", &named(&["a"]), vec![Seen::Unseen(Why::Forbidden)], &mut impact);
    assert_eq!((impact.gaps.len(), impact.subjects_total, impact.consequences.len()), (1, 1, 0));
    let mut impact = Impact::default();
    merge("queue", &named(&["a", "b"]), vec![Seen::Absent], &mut impact);
    assert_eq!((impact.gaps[0].why.clone(), impact.consequences.len()), (Why::NotAsked, 0));
}

#[test]
fn names_are_those_of_the_phrase_and_a_list_may_be_json() {
    let told = |resources: &[&str], values: &[&str]| -> Vec<(String, String)> {
        let mut hit = hit(&[("names", values)]);
        hit.resources = resources.iter().map(|r| (*r).to_owned()).collect();
        names(&hit, "names").into_iter().map(|n| (n.given, n.name)).collect()
    };
    let pair = |given: &str, name: &str| (given.to_owned(), name.to_owned());
    assert_eq!(
        told(&["app"], &["arn:aws:rds:eu-west-1:1:db:app"]),
        [pair("arn:aws:rds:eu-west-1:1:db:app", "app")]
    );
    assert_eq!(told(&[], &["/app/web"]), [pair("/app/web", "/app/web")]);
    assert_eq!(told(&[], &["https://sqs.eu-west-1.amazonaws.com/1/jobs"])[0].1, "jobs");
    assert_eq!(told(&["x"], &[r#"["a", "b"]"#]), [pair("a", "a"), pair("b", "b")]);
    assert_eq!(told(&[], &["[odd"]), [pair("[odd", "[odd")]);
}

#[test]
fn what_cannot_be_seen_keeps_the_end_its_words_give_it() {
    let one = Named { given: "dwh".into(), name: "dwh".into() };
    let told = |options: &[(&str, &[&str])]| {
        let hit = hit(options);
        by_words(&hit, row_of(&hit).unwrap().unwrap(), &one, Why::TimedOut)
    };
    let impact = told(&[("skip-final-cluster-snapshot", &[])]);
    assert_eq!((impact.subjects_total, impact.gaps[0].why.clone()), (1, Why::TimedOut));
    assert_eq!(impact.data[0].fate, Fate::Erased);
    assert_eq!(impact.data[0].because, "no final snapshot: --skip-final-cluster-snapshot");
    assert_eq!(told(&[("final-cluster-snapshot-identifier", &["x"])]).data[0].fate, Fate::Kept);
    // It may not be there at all: then AWS says something else.
    assert_eq!(told(&[]).refused, None);
}

#[test]
fn entries_that_cannot_be_read_are_a_gap() {
    let mut impact = Impact::default();
    let why = row::read(&[("x.yaml", "- for: sqs delete-queue --queue-url\n  nonsense: 1\n")]).unwrap_err();
    assert!(why.starts_with("guard's own x.yaml is not valid: ") && why.contains("nonsense"), "{why}");
    assert!(or_gap(Err(Why::Failed(why)), &hit(&[]), &mut impact).is_none());
    assert_eq!(impact.gaps[0].what, "what redshift delete-cluster does");
    let mut impact = Impact::default();
    assert!(or_gap(row_of(&hit(&[])), &hit(&[]), &mut impact).is_some());
    assert!(impact.gaps.is_empty());
}
