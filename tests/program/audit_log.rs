//! The audit log under real conditions: many writers at once, a full disk, changes made afterwards.

use crate::support::own_test;
use guard::audit::{self, Caller, Record};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn record(word: &str) -> Record {
    Record::new(jiff::Timestamp::now(), audit::entropy(), Caller::default(), "kubectl", &[word.to_owned()])
}

fn guard(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_guard"))
        .args(args)
        .env_clear()
        .env("HOME", "/nonexistent")
        .output()
        .unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn log(dir: &Path, words: &[&str]) -> PathBuf {
    let path = dir.join("audit.jsonl");
    for word in words {
        audit::append(&record(word), &path).unwrap();
    }
    path
}

#[test]
fn many_writers_lose_and_mix_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("audit.jsonl");
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let path = &path;
            scope.spawn(move || {
                for n in 0..50 {
                    audit::append(&record(&format!("{writer}-{n}-{}", "x".repeat(3000))), path).unwrap();
                }
            });
        }
    });
    let verified = audit::verify(&path).unwrap().unwrap();
    assert_eq!((verified.lines, verified.files, verified.earlier_missing), (400, 1, false));
}

/// Earlier guards that were killed while they moved the log on left a new log that names nothing before it.
#[test]
fn a_log_that_begins_anew_after_a_broken_rotation_is_accepted_and_said() {
    let dir = tempfile::tempdir().unwrap();
    let path = log(dir.path(), &["a", "b"]);
    let aside = dir.path().join("aside");
    fs::rename(&path, &aside).unwrap();
    log(dir.path(), &["c", "d"]);
    fs::rename(&aside, dir.path().join("audit.jsonl.1")).unwrap();
    let file = path.to_str().unwrap();
    let good = guard(&["audit", "verify", "--file", file]);
    assert!(good.status.success(), "{}", text(&good));
    for part in ["ok: 4 records in 2 files, the chain holds", "begins anew", "cannot be told", "head: "] {
        assert!(text(&good).contains(part), "{part}: {}", text(&good));
    }
    // Within one file nothing begins anew.
    let whole = fs::read_to_string(&path).unwrap();
    let first = whole.lines().next().unwrap();
    fs::write(&path, format!("{whole}{first}\n")).unwrap();
    assert_eq!(guard(&["audit", "verify", "--file", file]).status.code(), Some(65));
}

/// A killed rotation leaves no log; the one that is begun next goes on from the older one.
#[test]
fn a_log_that_is_gone_after_a_broken_rotation_goes_on() {
    let dir = tempfile::tempdir().unwrap();
    let path = log(dir.path(), &["a", "b"]);
    fs::rename(&path, dir.path().join("audit.jsonl.1")).unwrap();
    log(dir.path(), &["c"]);
    let verified = audit::verify(&path).unwrap().unwrap();
    assert_eq!((verified.lines, verified.files, verified.restarts.len()), (3, 2, 0));
}

#[test]
fn the_first_changed_removed_or_torn_line_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = log(dir.path(), &["a", "b", "c", "d"]);
    let file = path.to_str().unwrap();
    let good = guard(&["audit", "verify", "--file", file]);
    assert!(
        good.status.success() && text(&good).starts_with("ok: 4 records, the chain holds"),
        "{}",
        text(&good)
    );
    let head = text(&good).lines().find_map(|l| l.strip_prefix("head: ")).unwrap().to_owned();

    let whole = fs::read_to_string(&path).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let join = |lines: &[&str]| lines.join("\n") + "\n";
    let changed = lines[1].replace("\"b\"", "\"B\"");
    for (content, line) in [
        (join(&[lines[0], &changed, lines[2], lines[3]]), 3),
        (join(&[lines[0], lines[2], lines[3]]), 2),
        (join(&[lines[0], lines[2], lines[1], lines[3]]), 2),
        (join(&[lines[0], lines[1], lines[1], lines[2], lines[3]]), 3),
        (join(&[lines[0], "not a record", lines[2]]), 2),
        (whole[..whole.len() - 5].to_owned(), 4),
    ] {
        fs::write(&path, content).unwrap();
        let bad = guard(&["audit", "verify", "--file", file]);
        assert_eq!(bad.status.code(), Some(65), "{}", text(&bad));
        assert!(text(&bad).contains(&format!("audit.jsonl:{line}\n")), "line {line}: {}", text(&bad));
    }

    // Lines cut off at the end are found by a head kept elsewhere, and only so.
    fs::write(&path, join(&lines[..3])).unwrap();
    assert!(guard(&["audit", "verify", "--file", file]).status.success());
    assert_eq!(guard(&["audit", "verify", "--file", file, "--head", &head]).status.code(), Some(65));
    fs::write(&path, &whole).unwrap();
    assert!(guard(&["audit", "verify", "--file", file, "--head", &head]).status.success());
}

#[test]
fn showing_is_safe_and_can_be_narrowed() {
    let dir = tempfile::tempdir().unwrap();
    let path = log(dir.path(), &["first", "\u{1b}]0;x\u{7}second", "third"]);
    let file = path.to_str().unwrap();
    let shown = text(&guard(&["audit", "show", "--file", file, "--last", "2"]));
    assert!(!shown.contains("first") && shown.contains("third") && !shown.contains('\u{1b}'), "{shown}");
    let json = guard(&["audit", "show", "--file", file, "--json", "--since", "1h"]);
    assert_eq!(json.stdout, fs::read(&path).unwrap());
    assert!(guard(&["audit", "show", "--file", file, "--since", "2100-01-01"]).stdout.is_empty());
    assert_eq!(guard(&["audit", "show", "--file", file, "--since", "soon"]).status.code(), Some(64));
}

/// A child of this test that may write no file beyond a few kilobytes, as on a full disk.
#[test]
fn a_full_disk_is_an_error_and_leaves_no_half_line() {
    if let Some(dir) = std::env::var_os("GUARD_TEST_FULL") {
        let path = PathBuf::from(dir).join("audit.jsonl");
        let fail = (0..100).find_map(|n| audit::append(&record(&format!("{n}")), &path).err()).unwrap();
        assert_eq!(fail.exit().code(), 74, "{fail}");
        assert!(fail.to_string().contains("make room"), "{fail}");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    // SIGXFSZ ignored and the limit set by the shell; `exec` keeps both. 8 blocks of 512 or 1024 bytes.
    let output = Command::new("bash")
        .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" --exact \"$1\" --nocapture"])
        .arg(std::env::current_exe().unwrap())
        .arg(own_test!("a_full_disk_is_an_error_and_leaves_no_half_line"))
        .env("GUARD_TEST_FULL", dir.path())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output));
    let path = dir.path().join("audit.jsonl");
    let verified = audit::verify(&path).unwrap().unwrap();
    assert!(verified.lines > 3 && fs::metadata(&path).unwrap().len() <= 8192, "{verified:?}");
}
