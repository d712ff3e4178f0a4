//! Holds the tables of the AWS CLI's commands against the list that `tests/aws/refresh-operations --list` makes of the
//! CLI that PyPI has today.
//! It is none of the tests of the lean parts: there the list is not at hand.
#![cfg(all(feature = "cli", target_os = "linux"))]

use crate::engine::aws::table::effect;
use crate::engine::aws::tables;
use crate::engine::effect::Effect;
use std::collections::BTreeSet;
use std::path::PathBuf;

fn cache() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    set("GUARD_TEST_CACHE")
        .or_else(|| set("XDG_CACHE_HOME").map(|dir| dir.join("guard-tests")))
        .or_else(|| set("HOME").map(|dir| dir.join(".cache/guard-tests")))
        .unwrap_or_default()
}

fn of(command: &str) -> Effect {
    let mut words = command.split(' ').map(str::as_bytes);
    let service = words.next().unwrap();
    effect(service, &words.collect::<Vec<_>>()).0
}

#[test]
fn every_command_has_the_effect_the_sources_give_it() {
    let path = cache().join("aws/operations.tsv");
    let Ok(text) = std::fs::read_to_string(&path) else {
        let told =
            format!("SKIPPED: {} is not there; run tests/aws/refresh-operations --list", path.display());
        assert!(std::env::var_os("CI").is_none_or(|v| v != "true"), "{told}");
        eprintln!("{told}");
        return;
    };
    let mut lines = text.lines();
    let version = lines.next().and_then(|l| l.strip_prefix("# awscli ")).expect("the version");
    let (mut differences, mut unknown, mut total) = (Vec::new(), Vec::new(), 0);
    for line in lines {
        let fields: Vec<&str> = line.split('\t').collect();
        let [command, want, ..] = fields.as_slice() else { panic!("{line}") };
        let (want, got) = (Effect::from_word(want).expect("an effect"), of(command));
        total += 1;
        if got == Effect::Unknown {
            unknown.push(*command);
        } else if got != want {
            differences.push(format!("{command}: {got} in the table, {want} today"));
        }
    }
    println!("the table is of awscli {}, today's is {version}: {total} commands", tables::version());
    println!("{} are unknown, {} differ", unknown.len(), differences.len());
    if version == tables::version() {
        assert!(unknown.is_empty(), "{unknown:?}");
        assert!(differences.is_empty(), "{}", differences.join("\n"));
    } else {
        // A newer CLI: the verb rule has to carry nearly all of it, and nothing that loses something may look milder.
        assert!(unknown.len() * 50 < total, "{} of {total} unknown: {unknown:?}", unknown.len());
        assert!(differences.len() * 100 < total, "{}", differences.join("\n"));
    }
}

/// The reviewed list is the word of people; the generated tables have to say the same.
#[test]
fn reviewed_commands_are_never_milder_than_reviewed() {
    let rows = include_str!("tables/reviewed.tsv").lines().skip(1);
    for row in rows {
        let fields: Vec<&str> = row.split('\t').collect();
        let (command, class, condition) = (fields[0], fields[1], fields.get(8).copied().unwrap_or_default());
        let got = of(command);
        let fine = match class {
            // `s3 sync` destroys with `--delete` alone: its row of conditions says so.
            "destroy" if condition.starts_with("with ") => got >= Effect::Mutate,
            "destroy" => got == Effect::Destroy,
            "disrupt" => got == Effect::Disrupt,
            "mutate" => got == Effect::Mutate,
            "read" => got == Effect::Read,
            // Access given is a change, access taken away or replaced interrupts, the record gone is a loss.
            "permissions" => got >= Effect::Mutate,
            other => panic!("{other}"),
        };
        assert!(fine, "{command}: {class}, but {got} in the tables");
    }
}

/// Operations whose documentation speaks of a loss and that stay a mere change all the same: the reason stands beside them.
#[test]
fn what_sounds_like_a_loss_has_a_reason() {
    let text = include_str!("../../../tests/aws/said.txt");
    let (mut reason, mut seen, mut wrong) = ("", BTreeSet::new(), Vec::new());
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        if let Some(said) = line.strip_prefix("= ") {
            reason = said;
            continue;
        }
        assert!(!reason.is_empty(), "{line}");
        for command in line.split(';').map(str::trim).filter(|command| !command.is_empty()) {
            if of(command) != Effect::Mutate || !tables::exists(command.as_bytes()) || !seen.insert(command) {
                wrong.push(format!("{command}: {}", of(command)));
            }
        }
    }
    assert!(wrong.is_empty() && seen.len() > 400, "{} {}", seen.len(), wrong.join("\n"));
}

/// Services that do the same to things of another kind.
const SIBLINGS: [&[&str]; 7] = [
    &["docdb", "neptune", "rds"],
    &["s3api", "s3control"],
    &["network-firewall", "wafv2"],
    &["waf", "waf-regional"],
    &["ses", "sesv2"],
    &["kinesisanalytics", "kinesisanalyticsv2"],
    &["es", "opensearch"],
];

/// What one of them knows better: a job of batch operations deletes or writes.
const UNLIKE: [&str; 1] = ["create-job"];

#[test]
fn siblings_agree() {
    let rows = |command: &str| tables::conditions(command.as_bytes()).collect::<BTreeSet<_>>();
    let mut wrong = Vec::new();
    for command in tables::named_commands() {
        let Some((service, operation)) = command.split_once(' ') else { continue };
        let family = SIBLINGS.iter().find(|family| family.contains(&service));
        for other in family.into_iter().copied().flatten().filter(|other| **other != service) {
            let sibling = format!("{other} {operation}");
            if UNLIKE.contains(&operation) || !tables::exists(sibling.as_bytes()) {
                continue;
            }
            if of(command) != of(&sibling) {
                wrong.push(format!("{command}: {}, {sibling}: {}", of(command), of(&sibling)));
            }
            let shared = |row: &&str| {
                let option = row.split(['\t', ' ']).nth(2).unwrap_or_default().trim_start_matches("no-");
                let has = |command: &str| {
                    let all = tables::options(command.as_bytes()).unwrap_or_default();
                    all.split(' ').any(|have| have.trim_end_matches(['*', '!']) == option)
                };
                has(command) && has(&sibling)
            };
            let (mine, theirs) = (rows(command), rows(&sibling));
            if let Some(row) = mine.symmetric_difference(&theirs).copied().find(|row| shared(row)) {
                wrong.push(format!("{command} and {sibling} differ in: {row}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    for (one, other) in [
        ("elbv2 modify-listener", "elbv2 modify-rule"),
        ("cognito-idp update-user-pool", "cognito-idp update-user-pool-client"),
        ("dms reload-tables", "dms reload-replication-tables"),
        ("rds modify-db-instance", "redshift modify-cluster"),
        ("ecr put-lifecycle-policy", "mediastore put-lifecycle-policy"),
        ("logs put-retention-policy", "workmail put-retention-policy"),
        ("ecs update-service", "ecs update-express-gateway-service"),
    ] {
        assert_eq!(of(one), of(other), "{one}, {other}");
    }
}
