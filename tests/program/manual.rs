//! The manual: every block says what it is, its policies are policies, its links lead somewhere, and what it tells people to
//! type does what it says. What needs an account or a Debian: `tests/real/aws_manual.rs`, `tests/debian/manual.rs`.

use crate::support::cluster;
use crate::support::embedded::{Embedded, Seed};
use crate::support::machine::Machine;
use crate::support::manual::{Kind, Page, anchors, blocks, directory, links, pages, play, spans};
use crate::support::shop::shop;
use guard::engine::policy::Layer;
use serde_json::json;
use std::fs;
use std::path::Path;
use std::process::Output;
use std::sync::Mutex;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The pages, all of whose blocks are marked.
fn manual() -> Vec<Page> {
    let (pages, problems) = pages();
    assert!(problems.is_empty(), "blocks that no test knows:\n{}", problems.join("\n"));
    pages
}

#[test]
fn every_block_says_what_it_is() {
    let pages = manual();
    let of = |kind: &Kind| pages.iter().flat_map(|p| &p.blocks).filter(|b| b.kind == *kind).count();
    for stage in crate::support::manual::STAGES {
        assert!(of(&Kind::Run(stage)) > 0, "no block runs on {stage}");
        println!("{stage}: {} blocks", of(&Kind::Run(stage)));
    }
}

#[test]
fn a_block_that_says_nothing_is_named_with_its_line() {
    for (text, why) in [
        ("a\n\n```sh\nls\n```\n", "x.md:3: ```sh: not marked"),
        ("```\nls\n```\n", "x.md:1: ```: not marked"),
        ("```sh,embeded\nls\n```\n", "nobody knows the mark \"embeded\""),
        ("```sh,none()\nls\n```\n", "no reason"),
        ("```yaml,embedded\nls\n```\n", "nobody knows the mark"),
        ("```sh,embedded,aws\nls\n```\n", "two marks"),
        ("```text,says\nls\n```\n", "nothing is run before it"),
        ("```text\nls\n", "it has no end"),
    ] {
        let mut problems = Vec::new();
        blocks("x.md", text, &mut problems);
        assert!(problems.len() == 1 && problems[0].contains(why), "{text:?}: {problems:?}");
    }
    let mut problems = Vec::new();
    let text = "```sh,none(a, b)\nls\n```\n```yaml,policy,file=a.yaml\nx\n```\n```text\nls\n```\n";
    let kinds: Vec<Kind> = blocks("x.md", text, &mut problems).into_iter().map(|b| b.kind).collect();
    assert_eq!((kinds, problems), (vec![Kind::Left, Kind::Policy("user"), Kind::Text], Vec::new()));
}

#[test]
fn a_page_that_says_something_else_fails() {
    let stage = Machine::empty();
    let played = |text: &str| {
        let mut problems = Vec::new();
        let blocks = blocks("x.md", text, &mut problems);
        let page = Page { name: "x.md".to_owned(), text: text.to_owned(), blocks };
        play(&page, "embedded", &|script| run(&stage, script), &|name, text| drop(stage.file(name, text)))
    };
    let said = "```text,says\none…three\n```\n";
    assert_eq!(
        played(&format!("```sh,embedded\necho one two three\nfalse # exit 1: no\n```\n{said}")),
        Ok(1)
    );
    assert_eq!(
        played("```yaml,cases,file=f\nx\n```\n```sh,embedded\ncat \\\n  f\nA=1\ntest $A = 1\n```\n"),
        Ok(1)
    );
    for (text, why) in [
        ("```sh,embedded\ntrue\nfalse\n```\n".to_owned(), "x.md:1: ends with 1 and not with 0"),
        ("```sh,embedded\ntrue # exit 3\n```\n".to_owned(), "x.md:1: ends with 0 and not with 3"),
        ("```sh,embedded\nexit 0\ntrue\n```\n".to_owned(), "x.md:1: ends with never"),
        (format!("```sh,embedded\necho one; echo three\n```\n{said}"), "x.md:4: nobody says"),
    ] {
        let wrong = played(&text).unwrap_err();
        assert!(wrong.starts_with(why), "{wrong}");
    }
}

#[test]
fn every_policy_is_one() {
    for block in manual().iter().flat_map(|page| &page.blocks) {
        let Kind::Policy(layer) = block.kind else { continue };
        let layer = match layer {
            "system" => Layer::System,
            "project" => Layer::Project,
            _ => Layer::User,
        };
        let whole = block.text.lines().any(|line| line.starts_with("version:"));
        assert!(whole || block.file.is_none(), "{}: a file is a whole policy", block.at);
        let text = if whole { block.text.clone() } else { format!("version: 1\n{}", block.text) };
        guard::policy::parse(&text, Path::new(&block.at), layer).unwrap_or_else(|e| panic!("{e}\n{text}"));
    }
}

#[test]
fn decision_examples_and_files_are_what_they_say() {
    for block in manual().iter().flat_map(|page| &page.blocks) {
        match &block.kind {
            Kind::Cases => {
                let file = guard::policy::cases::read(&block.text, Path::new(&block.at));
                assert!(!file.unwrap_or_else(|e| panic!("{e}")).cases.is_empty(), "{}", block.at);
            }
            Kind::Is(path) => {
                let text = fs::read_to_string(Path::new(ROOT).join(path)).unwrap();
                let (is, text) = if path.ends_with(".svg") {
                    (said(&block.text), pictured(&text))
                } else {
                    (block.text.clone(), text)
                };
                assert_eq!(is, text, "{}: is not {path} any more", block.at);
            }
            _ => {}
        }
    }
}

/// The lines of a screen.
fn said(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

/// The lines of a screen that was made into a picture, without the badge's background.
fn pictured(svg: &str) -> String {
    let lines = svg.split_once("<text").unwrap().1.lines().skip(1).filter(|line| !line.contains('█'));
    let plain = lines.map(|line| {
        let texts = line.split('<').map(|part| part.split_once('>').map_or(part, |(_, text)| text));
        texts.collect::<String>().replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    });
    said(&plain.collect::<Vec<_>>().join("\n"))
}

#[test]
fn every_link_leads_somewhere_and_every_page_is_listed() {
    let pages = manual();
    let mut wrong = Vec::new();
    let at = |file: &str| fs::read_to_string(Path::new(ROOT).join(file)).unwrap();
    let mut texts: Vec<(String, String)> =
        pages.iter().map(|page| (format!("docs/src/{}", page.name), page.text.clone())).collect();
    for file in ["docs/src/SUMMARY.md", "README.md", "SECURITY.md", "CONTRIBUTING.md"] {
        texts.push((file.to_owned(), at(file)));
    }
    for (file, text) in &texts {
        let page = Path::new(ROOT).join(file);
        let dir = page.parent().unwrap();
        for link in links(text).iter().filter(|link| !link.contains("://")) {
            let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
            let target = if path.is_empty() { page.clone() } else { dir.join(path) };
            // The book has its pages only; the rest of the repository is not in it.
            let outside = file.starts_with("docs/src/") && !target.starts_with(directory());
            let known = target.exists() && (anchor.is_empty() || has(&target, anchor));
            if !known || outside || path.contains("..") {
                wrong.push(format!("{file}: {link}"));
            }
        }
    }
    assert!(wrong.is_empty(), "links that lead nowhere:\n{}", wrong.join("\n"));
    let listed = links(&at("docs/src/SUMMARY.md"));
    for page in &pages {
        assert!(listed.contains(&page.name), "{} is not in SUMMARY.md", page.name);
    }
    assert_eq!(listed.len(), pages.len(), "SUMMARY.md lists each page once");
}

/// Options stand in the help texts; what the manual says of them in passing has to be one of them.
#[test]
fn every_command_that_is_named_is_one() {
    use guard::app::cli::command;
    let mut wrong = Vec::new();
    let mut texts: Vec<(String, String)> = manual().into_iter().map(|page| (page.name, page.text)).collect();
    texts.push(("README.md".to_owned(), fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap()));
    for (file, text) in texts {
        for span in spans(&text) {
            let line = span.strip_prefix("sudo ").unwrap_or(&span);
            // What the shell does with it is none of its words.
            let line = line.split(['|', '>']).next().unwrap().trim_end_matches(['\\', ' ']);
            if !line.starts_with("guard ") {
                continue;
            }
            use clap::error::ErrorKind::{InvalidSubcommand, InvalidValue, UnknownArgument};
            let words = shell_words::split(&line.replace("SHELL", "bash")).unwrap();
            // What is not there is the reader's to fill in.
            let error = command().try_get_matches_from(words).err();
            if let Some(e) =
                error.filter(|e| matches!(e.kind(), InvalidSubcommand | InvalidValue | UnknownArgument))
            {
                wrong.push(format!("{file}: {line}: {e}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn has(page: &Path, anchor: &str) -> bool {
    anchors(&fs::read_to_string(page).unwrap()).iter().any(|a| a == anchor)
}

/// The cluster of the manual: `main`, with a namespace `shop` that somebody would miss.
fn seed() -> Seed {
    let labels = json!({"app": "web"});
    let pod =
        json!({"metadata": {"labels": labels}, "spec": {"containers": [{"name": "web", "image": "web:1"}]}});
    shop()
        .object(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "shop"},
            "spec": {"replicas": 2, "selector": {"matchLabels": labels}, "template": pod}}))
        .object(json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "db-password", "namespace": "shop"},
            "data": {"password": "aHVudGVyMg=="}}))
        .object(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "preview-42"}}))
        .object(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c", "namespace": "preview-42"}}))
}

/// Runs a script as somebody's shell would, where guard is installed and no terminal is there.
fn run(stage: &Machine, script: &str) -> Output {
    let bin = Path::new(env!("CARGO_BIN_EXE_guard")).parent().unwrap();
    let mut command = stage.command("/bin/bash", &["-c", script]);
    command.env("PATH", format!("{}:{}", stage.path(), bin.display()));
    stage.alone(command, b"")
}

#[test]
fn what_is_typed_does_what_the_manual_says() {
    let Some(kubectl) = cluster::real_kubectl() else {
        return cluster::skip("no real kubectl: run tests/fetch-kubectl");
    };
    let pages = manual();
    let of = |page: &&Page| page.blocks.iter().any(|b| b.kind == Kind::Run("embedded"));
    let played = |page: &Page| {
        let cluster = Embedded::start(seed());
        let mut stage = Machine::with_tool(&kubectl);
        stage.on(&cluster.url, "main");
        // No account answers here, and none is made up.
        stage.program("real/aws", "#!/bin/sh\necho 'Unable to locate credentials' >&2\nexit 253\n");
        stage.link("shims", "aws", env!("CARGO_BIN_EXE_guard-shim"));
        // Everything else is as without a policy.
        stage.policy("version: 1\nprobe: {timeout_ms: 20000}\n");
        stage.file("commands.txt", "kubectl get pods\nkubectl delete ns shop\n");
        let write = |name: &str, text: &str| drop(stage.file(name, text));
        play(page, "embedded", &|script| run(&stage, script), &write).err()
    };
    // A few at a time: each asks servers of its own, which have deadlines.
    let (next, wrong) = (Mutex::new(pages.iter().filter(of)), Mutex::new(Vec::new()));
    let work = || {
        while let Some(page) = { next.lock().unwrap().next() } {
            let end = played(page);
            wrong.lock().unwrap().extend(end);
        }
    };
    std::thread::scope(|scope| (0..3).for_each(|_| drop(scope.spawn(work))));
    let wrong: Vec<String> = wrong.into_inner().unwrap();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}
