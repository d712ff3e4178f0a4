//! The settings that are shipped for agents, as their shells run them: they block on every end of the hook but success, and
//! the hook itself ends.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const SETTINGS: &[(&str, &str)] = &[
    ("claude-code", include_str!("../../shell/hooks/claude-code.json")),
    ("cursor", include_str!("../../shell/hooks/cursor.json")),
];

/// Every hook command of a settings file.
fn commands(settings: &str) -> Vec<String> {
    fn collect(value: &serde_json::Value, out: &mut Vec<String>) {
        match value {
            serde_json::Value::Object(map) => {
                if let Some(command) = map.get("command").and_then(serde_json::Value::as_str) {
                    out.push(command.to_owned());
                }
                map.values().for_each(|v| collect(v, out));
            }
            serde_json::Value::Array(list) => list.iter().for_each(|v| collect(v, out)),
            _ => {}
        }
    }
    let mut out = Vec::new();
    collect(&serde_json::from_str(settings).unwrap(), &mut out);
    assert!(!out.is_empty());
    out
}

/// Runs a hook command as an agent does: by a shell, with the event on standard input.
fn run(command: &str, path: &str, event: &str) -> Output {
    let mut child = Command::new("/bin/sh")
        .args(["-c", command])
        .env("PATH", path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A hook that is killed may be gone before it has read anything.
    let _ = child.stdin.take().unwrap().write_all(event.as_bytes());
    child.wait_with_output().unwrap()
}

fn event(line: &str) -> String {
    serde_json::json!({"tool_name": "Bash", "tool_input": {"command": line}, "command": line}).to_string()
}

fn real() -> String {
    let guard = std::path::Path::new(env!("CARGO_BIN_EXE_guard"));
    format!("{}:/usr/bin:/bin", guard.parent().unwrap().display())
}

#[test]
fn a_hook_that_is_killed_or_missing_blocks() {
    let dir = tempfile::tempdir().unwrap();
    let path = format!("{}:/usr/bin:/bin", dir.path().display());
    let guard = dir.path().join("guard");
    for (name, settings) in SETTINGS {
        for command in commands(settings) {
            assert_eq!(run(&command, "/nonexistent", &event("ls")).status.code(), Some(2), "{name}: missing");
            for signal in ["KILL", "ABRT", "SEGV", "TERM", "ALRM", "XCPU"] {
                fs::write(&guard, format!("#!/bin/sh\nkill -{signal} $$\nsleep 60\n")).unwrap();
                fs::set_permissions(&guard, fs::Permissions::from_mode(0o755)).unwrap();
                let out = run(&command, &path, &event("ls"));
                assert_eq!(out.status.code(), Some(2), "{name}: {signal}");
                assert!(!String::from_utf8_lossy(&out.stdout).contains("allow"), "{name}: {signal}");
            }
        }
    }
}

#[test]
fn the_real_hook_answers_through_them() {
    for (name, settings) in SETTINGS {
        for command in commands(settings) {
            for (line, passes) in [
                ("kubectl get pods", true),
                ("trap 'kubectl delete ns shop' EXIT", false),
                (
                    "x=aaaaaaaaaaaaaaaa; for i in 1 2 3; do x=$x$x$x$x$x$x$x$x$x$x$x$x$x$x$x$x; done; for i in 1; do x=$x$x; done",
                    true,
                ),
                (&"kubectl get ns\n".repeat(20_000), false),
            ] {
                let out = run(&command, &real(), &event(line));
                let said = String::from_utf8_lossy(&out.stdout).into_owned();
                let allowed = out.status.success() && !said.contains("deny");
                assert_eq!(allowed, passes, "{name}: {}: {said}", &line[..line.len().min(60)]);
            }
        }
    }
}

/// An agent that never closes the hook's standard input, and waits.
#[test]
fn a_hook_that_hears_nothing_refuses() {
    let started = Instant::now();
    let mut child = Command::new("/bin/sh")
        .args(["-c", "guard hook claude-code || exit 2"])
        .env("PATH", real())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let held = child.stdin.take();
    assert_eq!(child.wait().unwrap().code(), Some(2));
    drop(held);
    assert!(started.elapsed() > Duration::from_secs(2), "it waits for its input first");
}
