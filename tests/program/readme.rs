//! The README: its commands are those that `tests/readme` runs, and those of the manual (`manual.rs`). What the manual says
//! about phrases, and the snippets with it, is what is asked for.

use crate::support::manual::{blocks, commands, directory};

const README: &str = include_str!("../../README.md");
const AWS: &str = include_str!("../../docs/src/aws.md");

/// `tests/readme` looks for these below their headings, and runs them in a clean home.
const COMMANDS: &[&str] = &[
    "cargo install --path .",
    "guard install && eval \"$(guard init bash)\"",
    "guard setup",
    "cargo run --example acoustid",
    "tests/run",
];

#[test]
fn every_command_is_one_that_is_run() {
    // Blocks of a page say what they are; those of the README have a language and nothing else.
    let marked = README.replace("\n```sh\n", "\n```sh,embedded\n");
    let mut problems = Vec::new();
    let blocks = blocks("README.md", &marked, &mut problems);
    assert!(problems.is_empty(), "{problems:#?}");
    let lines = blocks.iter().flat_map(|block| commands(&block.text));
    let lines: Vec<String> =
        lines.map(|(line, _)| line.split(" #").next().unwrap().trim().to_owned()).collect();
    assert_eq!(lines, COMMANDS);
    let start = std::fs::read_to_string(directory().join("quick-start.md")).unwrap();
    for line in &COMMANDS[1..3] {
        assert!(start.lines().any(|l| l.starts_with(line)), "the manual does not run {line}");
    }
}

/// The phrase of a command of the AWS CLI in the account `acme-prod`, as `GUARD_CONFIRM` has to say it.
fn phrase_of(words: &[String]) -> String {
    use guard::engine::aws::AwsTarget;
    use guard::engine::aws::{Documents, hit, naming::naming};
    use guard::engine::challenge::aws_challenge;
    use guard::engine::fact::{Known, Source, Sourced};
    let words: Vec<&[u8]> = words.iter().map(|word| word.as_bytes()).collect();
    let hit = hit(&words, &Documents::none());
    let account = Known::Known("111111111111".to_owned());
    let alias = Known::Known(Some("acme-prod".to_owned()));
    let region = Some(Sourced::new("eu-west-1".to_owned(), Source::Default));
    let target = AwsTarget { account, alias, region, ..AwsTarget::default() };
    aws_challenge(&target, None, &naming(&hit), &hit.resources).variable().to_owned()
}

#[test]
fn every_phrase_of_an_account_is_the_one_asked_for() {
    let lines: Vec<Vec<String>> = AWS
        .lines()
        .filter_map(|line| line.split("| `GUARD_CONFIRM=").nth(1)?.split_once("` |").map(|(line, _)| line))
        .map(|line| shell_words::split(line).unwrap())
        .collect();
    assert!(lines.len() >= 4, "{lines:?}");
    for line in lines {
        let [phrase, tool, words @ ..] = line.as_slice() else { panic!("{line:?}") };
        assert_eq!(tool, "aws");
        assert_eq!(*phrase, phrase_of(words), "{line:?}");
    }
    for (file, phrase) in [
        (
            include_str!("../../shell/ci/github-actions.yml"),
            "GUARD_CONFIRM: destroy acme-prod/eu-west-1/stack/preview-42\n",
        ),
        (
            include_str!("../../shell/ci/gitlab-ci.yml"),
            "GUARD_CONFIRM='destroy acme-prod/eu-west-1/stack/preview-42' aws",
        ),
    ] {
        assert!(file.contains(phrase), "{phrase}");
    }
    let words = ["cloudformation", "delete-stack", "--stack-name", "preview-42"].map(str::to_owned);
    assert_eq!(phrase_of(&words), "acme-prod/eu-west-1/stack/preview-42");
}
