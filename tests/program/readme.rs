//! The README's blocks, run as they stand: what it tells people to type works, and its policies are policies. The first two
//! blocks, which build, are run by `tests/readme`.

use crate::support::ended::told;
use crate::support::machine::Machine;
use crate::support::shop::{scene, shop};
use guard::engine::policy::Layer;
use std::path::Path;
use std::process::Output;

const README: &str = include_str!("../../README.md");

/// The blocks of this language below a heading; all of them when it is empty.
fn blocks(heading: &str, language: &str) -> Vec<String> {
    let mut found = Vec::new();
    let (mut below, mut block) = (heading.is_empty(), None::<String>);
    for line in README.lines() {
        match &mut block {
            Some(_) if line == "```" => found.extend(block.take()),
            Some(text) => *text += &format!("{line}\n"),
            None if line.strip_prefix("```") == Some(language) && below => block = Some(String::new()),
            None if line.starts_with("## ") && !heading.is_empty() => below = line == format!("## {heading}"),
            None => {}
        }
    }
    assert!(!found.is_empty(), "no block of {language} below {heading:?}");
    found
}

/// Each line of "Daily use" by its beginning, and how it ends in the scene below.
const DAILY: &[(&str, i32)] = &[
    ("guard check -- kubectl delete ns shop ", 3),
    ("guard explain -- kubectl delete ns shop ", 0),
    ("guard classify < commands.txt ", 0),
    ("GUARD_CONFIRM='main/shop/*' kubectl delete ns shop ", 0),
    // No account answers here, and none is made up.
    ("guard check -- aws s3 rm --recursive s3://logs ", 69),
    // Without a terminal there is nobody to ask.
    ("guard setup ", 77),
    ("guard policy check && guard policy show ", 0),
    ("guard audit show --last 5 ", 0),
    ("guard kept list && guard restore ID ", 0),
];

fn line(stage: &Machine, line: &str) -> Output {
    let bin = Path::new(env!("CARGO_BIN_EXE_guard")).parent().unwrap();
    let path = format!("{}:{}", stage.path(), bin.display());
    let mut command = stage.command("/bin/bash", &["-c", line]);
    command.env("PATH", path);
    stage.alone(command, b"")
}

#[test]
fn daily_use() {
    let (cluster, s) = scene!(shop(), "main");
    s.file("commands.txt", "kubectl get pods\nkubectl delete ns shop\n");
    s.program("real/aws", "#!/bin/sh\necho 'Unable to locate credentials' >&2\nexit 253\n");
    s.policy("version: 1\n");
    let lines: Vec<String> = blocks("Daily use", "sh").concat().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), DAILY.len(), "every line of the block stands in the table: {lines:#?}");
    for (text, (begins, code)) in lines.iter().zip(DAILY) {
        assert!(text.starts_with(begins), "{text:?} is not {begins:?}");
        let mut text = text.clone();
        if text.contains("restore ID") {
            let id = s.audit().iter().find_map(|r| r["kept"].as_str().map(str::to_owned));
            let list = told(&line(&s, "guard kept list")).is(0).output;
            let id = id.or_else(|| list.split_whitespace().find(|w| w.contains('T')).map(str::to_owned));
            text = text.replace("restore ID", &format!("restore {}", id.expect("a copy was kept")));
            text = format!("export GUARD_CONFIRM=main/shop; {text}");
        }
        let out = told(&line(&s, &text));
        assert_eq!(out.code, *code, "{text}\n{}", out.output);
    }
    assert!(cluster.requests().iter().any(|r| r.method == "DELETE"), "what was confirmed was run");
}

#[test]
fn every_policy_is_one() {
    for text in blocks("", "yaml") {
        let text = format!("version: 1\n{text}");
        guard::policy::parse(&text, Path::new("README.md"), Layer::User)
            .unwrap_or_else(|e| panic!("{e}\n{text}"));
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
    let lines: Vec<Vec<String>> = README
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
