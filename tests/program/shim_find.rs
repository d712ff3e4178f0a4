//! Which file the shim takes for the real tool, when it hands over, and how a loop ends.

use crate::support::machine::Machine;
use crate::support::start::{Start, fake_tool};

const SHIM: &str = env!("CARGO_BIN_EXE_guard-shim");

/// A copy of the shim in a directory of its own, so that no full guard stands beside it.
fn alone(place: &Machine, dir: &str) -> std::path::PathBuf {
    place.tool(dir, "guard-shim", std::fs::read(SHIM).unwrap())
}

fn get(place: &Machine, program: impl Into<std::path::PathBuf>, dirs: &[&str]) -> Start {
    Start::of(program, &["kubectl", "get", "pods"])
        .env(place.path_of(dirs))
        .env(format!("HOME={}", place.dir("home").display()))
}

#[test]
fn two_guard_builds_on_path_never_take_each_other_for_the_tool() {
    let place = Machine::empty();
    let (one, two) = (alone(&place, "one"), alone(&place, "two"));
    let first = place.link("a", "kubectl", &one);
    place.link("b", "kubectl", &two);
    // A copy under the tool's own name, as a careless installation would make it.
    place.tool("c", "kubectl", std::fs::read(SHIM).unwrap());
    place.link("real", "kubectl", fake_tool());
    let (end, report) = get(&place, &first, &["a", "b", "c", "real"]).report(place.home.path());
    assert_eq!(end.code, Some(0), "{}", end.stderr);
    assert!(report.contains("env GUARD_DEPTH=1\n"), "{report}");

    let end = get(&place, &first, &["a", "b", "c"]).run();
    assert_eq!(end.code, Some(127));
    assert_eq!(end.stderr.matches("that is guard itself").count(), 3, "{}", end.stderr);
}

#[test]
fn a_wrapper_that_leads_back_ends_with_both_names() {
    let place = Machine::empty();
    let shim = place.link("a", "kubectl", alone(&place, "one"));
    let back = place.tool("b", "kubectl", "#!/bin/sh\nexec kubectl \"$@\"\n");
    let end = get(&place, &shim, &["a", "b"]).run();
    assert_eq!(end.code, Some(126), "{}", end.stderr);
    let first = end.stderr.lines().next().unwrap();
    assert!(first.contains("one/guard-shim") && first.contains(back.to_str().unwrap()), "{first}");
    assert!(first.ends_with("call each other"), "{first}");
}

#[test]
fn a_depth_made_up_by_the_caller_never_skips_the_check() {
    let place = Machine::empty();
    let shim = place.link("a", "kubectl", alone(&place, "one"));
    place.link("real", "kubectl", fake_tool());
    for depth in ["0", "1", "7", "x", "-1", ""] {
        let mut start = get(&place, &shim, &["a", "real"]).env(format!("GUARD_DEPTH={depth}"));
        start.argv = ["kubectl", "delete", "ns", "web"].map(|w| w.as_bytes().to_vec()).to_vec();
        let (end, report) = start.report(place.home.path());
        assert_eq!((end.code, report.as_str()), (Some(127), ""), "GUARD_DEPTH={depth} let a delete through");
    }
}

#[test]
fn without_the_full_guard_reads_pass_and_the_rest_is_refused() {
    let place = Machine::empty();
    let shim = place.link("a", "kubectl", alone(&place, "one"));
    place.link("real", "kubectl", fake_tool());
    let run = |words: &[&str]| {
        let mut start = get(&place, &shim, &["a", "real"]);
        start.argv.truncate(1);
        start.argv.extend(words.iter().map(|w| w.as_bytes().to_vec()));
        start.report(place.home.path())
    };
    let (end, report) = run(&["get", "pods"]);
    assert!(end.code == Some(0) && !report.is_empty());
    for words in [
        &["delete", "ns", "web"][..],
        &["apply", "-f", "x"],
        &["no-such-plugin"],
        &["--frobnicate", "delete"],
    ] {
        let (end, report) = run(words);
        assert_eq!((end.code, report.as_str()), (Some(127), ""), "{words:?}");
        assert!(
            end.stderr.contains("one/guard: No such file")
                && end.stderr.contains("help: install guard again"),
            "{}",
            end.stderr
        );
    }
}

#[test]
fn the_full_guard_is_started_under_the_tools_name_and_never_from_path() {
    let place = Machine::empty();
    let shim = place.link("a", "kubectl", alone(&place, "one"));
    place.tool("one", "guard", std::fs::read(fake_tool()).unwrap());
    place.tool("evil", "guard", "#!/bin/sh\nexit 42\n");
    place.link("real", "kubectl", fake_tool());
    let mut start = get(&place, &shim, &["evil", "a", "real"]).env("GUARD_CONFIRM=main/web").env(b"A=\xff");
    start.argv = ["/x/kubectl", "delete", "ns", "web"].map(|w| w.as_bytes().to_vec()).to_vec();
    let (end, report) = start.report(place.home.path());
    assert_eq!(end.code, Some(0), "{}", end.stderr);
    assert!(report.starts_with("argv /x/kubectl\nargv delete\nargv ns\nargv web\n"), "{report}");
    assert!(report.contains("one/guard\"") && report.contains("env GUARD_CONFIRM=main/web\n"), "{report}");
    assert!(!report.contains("GUARD_DEPTH"), "{report}");
}

#[test]
fn changes_go_to_the_full_guard_when_a_policy_or_preferences_are_there() {
    let place = Machine::empty();
    let shim = place.link("a", "kubectl", alone(&place, "one"));
    place.tool("one", "guard", "#!/bin/sh\nexit 42\n");
    place.tool("real", "kubectl", "#!/bin/sh\nexit 0\n");
    let home = place.dir("home");
    let work = place.dir("work/deep/er");
    let code = |words: &[&str], extra: &[&str]| {
        let mut start = get(&place, &shim, &["a", "real"]);
        start.cwd = work.clone();
        start.argv.truncate(1);
        start.argv.extend(words.iter().map(|w| w.as_bytes().to_vec()));
        extra.iter().fold(start, |s, e| s.env(e)).run().code.unwrap()
    };
    let mutate = ["create", "namespace", "web"];
    let verdict = guard::engine::classify::classify(b"kubectl", &mutate.map(str::as_bytes));
    assert!(verdict.effect == guard::engine::effect::Effect::Mutate && !verdict.content, "{verdict:?}");
    assert_eq!(code(&mutate, &[]), 0);

    let at = |file: std::path::PathBuf| {
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, "").unwrap();
        file
    };
    for file in [
        home.join(".config/guard/policy.yaml"),
        home.join(".kube/kuberc"),
        place.home.path().join("work/.guard.yaml"),
        work.join(".guard.yaml"),
    ] {
        let file = at(file);
        assert_eq!(code(&mutate, &[]), 42, "{}", file.display());
        assert_eq!(code(&["get", "pods"], &[]), 0, "a read does not look at {}", file.display());
        std::fs::remove_file(&file).unwrap();
        assert_eq!(code(&mutate, &[]), 0);
    }
    let config = at(home.join("xdg/guard/policy.yaml"));
    let xdg = format!("XDG_CONFIG_HOME={}", config.parent().unwrap().parent().unwrap().display());
    assert_eq!(code(&mutate, &[&xdg]), 42);
    assert_eq!(code(&mutate, &["KUBERC=/some/where"]), 42);
    assert_eq!(code(&mutate, &["KUBERC=off"]), 0);
    assert_eq!(code(&["create", "namespace", "web", "--kuberc=/x"], &[]), 42);
}

#[test]
fn a_script_without_a_first_line_runs_as_in_a_shell() {
    let place = Machine::empty();
    let shim = place.link("a", "kubectl", alone(&place, "one"));
    place.tool("real", "kubectl", "echo \"$1 $2\"; exit 5\n");
    let end = get(&place, &shim, &["a", "real"]).run();
    assert_eq!((end.code, end.stdout.as_str()), (Some(5), "get pods\n"), "{}", end.stderr);
}

#[test]
fn names_are_told_apart() {
    let place = Machine::empty();
    let shim = alone(&place, "one");
    place.link("real", "kubectl", fake_tool());
    let run = |argv: &[&str]| {
        let start = Start { argv: Vec::new(), ..get(&place, &shim, &["real"]) };
        Start { argv: argv.iter().map(|w| w.as_bytes().to_vec()).collect(), ..start }
            .report(place.home.path())
    };
    let (end, report) = run(&["k", "get", "pods"]);
    assert!(end.code == Some(0) && report.starts_with("argv k\n"), "{}", end.stderr);
    for (argv, says) in [
        (&["guard-shim", "get"][..], "tools' names are linked to it"),
        (&["helm", "get"], "`helm` is no tool guard knows"),
        (&["k\x1b[2J"], "`k\\u{1b}[2J` is no tool"),
        (&[""], "there is no argv[0]"),
    ] {
        let (end, report) = run(argv);
        assert_eq!((end.code, report.as_str()), (Some(64), ""), "{argv:?}");
        assert!(
            end.stderr.contains(says) && end.stderr.contains("it answers to: kubectl, k"),
            "{}",
            end.stderr
        );
    }
}
