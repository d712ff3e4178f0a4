//! Holds the tables of the AWS CLI's commands against the list that `tests/aws/refresh-operations --list` makes of the
//! CLI that PyPI has today.
//! It is none of the tests of the lean parts: there the list is not at hand.
#![cfg(all(feature = "cli", target_os = "linux"))]

use crate::engine::aws::table::effect;
use crate::engine::effect::Effect;
use crate::engine::tools::aws;
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
    println!("the table is of awscli {}, today's is {version}: {total} commands", aws::version());
    println!("{} are unknown, {} differ", unknown.len(), differences.len());
    if version == aws::version() {
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
    let rows = include_str!("../tools/aws/reviewed.tsv").lines().skip(1);
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
