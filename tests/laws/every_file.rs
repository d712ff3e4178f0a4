//! A test file that no program names would never run, and nobody would notice.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn names(dir: &Path) -> Vec<(String, bool)> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap());
    entries.map(|e| (e.file_name().into_string().unwrap(), e.file_type().unwrap().is_dir())).collect()
}

/// The modules that this file declares.
fn declared(main: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(main).unwrap();
    let module = |line: &str| {
        let line = line.strip_prefix("pub ").unwrap_or(line);
        Some(line.strip_prefix("mod ")?.strip_suffix(';')?.to_owned())
    };
    text.lines().filter_map(module).collect()
}

/// Files of a module tree that no `mod` line leads to.
fn forgotten(dir: &Path, main: &Path, found: &mut Vec<String>) {
    let declared = declared(main);
    for (name, is_dir) in names(dir) {
        let path = dir.join(&name);
        let module = name.strip_suffix(".rs").unwrap_or(&name);
        if path == main || (is_dir && !path.join("mod.rs").exists()) {
            continue;
        }
        match (is_dir, name.ends_with(".rs"), declared.contains(module)) {
            (true, _, true) => forgotten(&path, &path.join("mod.rs"), found),
            (true, _, false) | (false, true, false) => found.push(path.display().to_string()),
            (false, _, _) => {}
        }
    }
}

#[test]
fn no_test_file_is_forgotten() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let mut found = Vec::new();
    let mut programs = Vec::new();
    for (name, is_dir) in names(&tests) {
        let main = tests.join(&name).join("main.rs");
        if is_dir && main.exists() {
            forgotten(&tests.join(&name), &main, &mut found);
            programs.push(name);
        } else if name.ends_with(".rs") {
            programs.push(name);
        }
    }
    forgotten(&tests.join("support"), &tests.join("support/mod.rs"), &mut found);
    assert!(found.is_empty(), "no program runs these: {found:#?}");
    programs.sort();
    // Each more is a link and all of kube's metadata again.
    assert_eq!(programs, ["debian", "laws", "program", "real", "run_pin.rs"]);
}
