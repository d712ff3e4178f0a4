//! Policies that demand a backup: what is asked, refused and let through, at a terminal and in a pipeline.

use crate::support::copies::{claim, definitions, velero};
use crate::support::embedded::{Embedded, Seed};
use crate::support::ended::{ended, told};
use crate::support::machine::{Machine, REFUSED};
use crate::support::shop::{DELETE, scene, shop};
use serde_json::Value;

const NS: &[&str] = &["delete", "ns", "shop"];
const CLAIM: &str = "/api/v1/namespaces/shop/persistentvolumeclaims/pg";
const DEMAND: &str =
    "version: 1\nrules:\n- {id: backed-up, when: {effect: disrupt}, backup: {max_age: 24h}}\n";

/// The shop with a claim, and a copy of it so many seconds old.
fn seed(seconds: Option<i64>) -> Seed {
    let copies: Vec<Value> = seconds.map(|s| velero("shop", "pg", s)).unwrap_or_default();
    definitions(&["velero.io"])
        .into_iter()
        .chain([claim("shop", "pg")])
        .chain(copies)
        .fold(shop(), Seed::object)
}

fn set(seconds: Option<i64>, policy: &str) -> Option<(Embedded, Machine)> {
    let (cluster, stage) = crate::support::shop::set(seed(seconds), "lab")?;
    stage.policy(policy);
    Some((cluster, stage))
}

#[test]
fn without_one_that_is_typed_as_well() {
    let Some((cluster, stage)) = set(Some(90_000), DEMAND) else { return };
    let mut terminal = stage.terminal(NS);
    let screen = terminal.expect("tries: ");
    assert!(screen.contains("25 h old"), "{screen}");
    assert!(
        screen.contains("a backup at most 24 h old, recorded is demanded, and there is no such one"),
        "{screen}"
    );
    // The phrase alone is no answer to it, nor is the second line to the first.
    terminal.send("without backup\n");
    terminal.expect("You typed 'without backup'.");
    terminal.expect(">/*: ");
    terminal.send("lab/shop/*\n");
    terminal.expect("Type 'without backup' as well to go on: ");
    terminal.send("yes\n");
    terminal.expect("You typed 'yes'.");
    terminal.expect("as well to go on: ");
    terminal.send("\n");
    ended(terminal).is(REFUSED).says("the answer was no");
    assert!(cluster.exists(CLAIM));
    let mut terminal = stage.terminal(NS);
    terminal.expect("tries: ");
    terminal.send("lab/shop/*\n");
    terminal.expect("Type 'without backup' as well to go on: ");
    terminal.send(" without backup \n");
    ended(terminal).is(0).says("deleted");
    assert!(!cluster.exists(CLAIM));
    let record = stage.last_record();
    let said = record["facts"]["backup"].to_string();
    assert!(said.contains("claim pg: 25 h old · Velero nightly-1"), "{record}");
}

#[test]
fn three_wrong_second_lines_refuse() {
    let Some((cluster, stage)) = set(None, DEMAND) else { return };
    let mut terminal = stage.terminal(NS);
    terminal.expect("tries: ");
    terminal.send("lab/shop/*\n");
    for _ in 0..3 {
        terminal.expect("as well to go on: ");
        terminal.send("with backup\n");
    }
    ended(terminal).is(REFUSED).says("that there is no backup as policy demands it was not confirmed");
    assert!(cluster.exists(CLAIM));
}

#[test]
fn one_that_is_young_enough_asks_no_more_than_the_phrase() {
    let Some((cluster, stage)) = set(Some(3_600), DEMAND) else { return };
    let mut terminal = stage.terminal(NS);
    let screen = terminal.expect("tries: ");
    assert!(screen.contains("1 h old") && !screen.contains("demanded"), "{screen}");
    terminal.send("lab/shop/*\n");
    let end = ended(terminal).is(0).says("deleted");
    assert!(!end.output.contains("without backup"), "{}", end.output);
    assert!(!cluster.exists(CLAIM));
}

#[test]
fn in_a_pipeline_the_variable_says_it() {
    let Some((cluster, mut stage)) = set(None, DEMAND) else { return };
    stage.env("GUARD_CONFIRM", "lab/shop/*");
    let refused = told(&stage.pipeline(NS));
    assert_eq!(refused.code, REFUSED);
    let why = "does not say that there is no backup as policy demands; for this command it is now 'lab/shop/* without backup'";
    assert!(refused.output.contains(why), "{}", refused.output);
    for wrong in [
        "without backup",
        "lab/shop without backup",
        "lab/shop/* without  backup",
        "disrupt lab/shop/* without backup",
    ] {
        stage.env("GUARD_CONFIRM", wrong);
        assert_eq!(told(&stage.pipeline(NS)).code, REFUSED, "{wrong}");
    }
    let check = stage.guard(&["check", "--json", "--", "kubectl", "delete", "ns", "shop"]);
    let json: Value = serde_json::from_slice(&check.stdout).unwrap();
    assert_eq!(json["challenge"]["phrase"], "lab/shop/* without backup", "{json}");
    assert_eq!(json["challenge"]["without_backup"], true);
    assert_eq!(json["impact"]["backups"]["holders"][0]["standing"], "none");
    assert!(cluster.exists(CLAIM));
    stage.env("GUARD_CONFIRM", "destroy lab/shop/* without backup");
    told(&stage.pipeline(NS)).is(0).says("deleted");
    assert!(!cluster.exists(CLAIM));
}

#[test]
fn deny_refuses_and_names_what_is_demanded() {
    let policy = DEMAND.replace("{max_age: 24h}", "{max_age: 90m, other_domain: required, unmet: deny}");
    let Some((cluster, stage)) = set(Some(7_200), &policy) else { return };
    let mut terminal = stage.terminal(NS);
    terminal.wait();
    ended(terminal)
        .is(REFUSED)
        .says("a backup at most 1 h 30 min old, recorded, elsewhere is demanded, and there is no such one");
    assert!(cluster.exists(CLAIM));
}

#[test]
fn what_could_not_be_read_is_unmet() {
    let seed = seed(None).forbid("list", "backups.velero.io");
    let Some((cluster, stage)) = crate::support::shop::set(seed, "lab") else { return };
    stage.policy(DEMAND);
    let mut terminal = stage.terminal(&["delete", "pvc", "pg", "-n", "shop"]);
    let screen = terminal.expect("tries: ");
    assert!(screen.contains("velero.io (403)"), "{screen}");
    assert!(screen.contains("what there is could not be told"), "{screen}");
    terminal.send("lab/shop\n");
    terminal.expect("Type 'without backup' as well to go on: ");
    terminal.send("\n");
    ended(terminal).is(REFUSED);
    assert!(cluster.exists(CLAIM));
}

#[test]
fn what_holds_no_data_needs_none() {
    let (cluster, stage) = scene!(shop(), "lab");
    stage.policy(DEMAND);
    let mut terminal = stage.terminal(DELETE);
    let screen = terminal.expect("tries: ");
    assert!(!screen.contains("demanded"), "{screen}");
    terminal.send("lab/shop\n");
    ended(terminal).is(0).says("deleted");
    assert!(!cluster.exists(crate::support::shop::MAP));
}
