//! The real kubectls the tables are held against; `tests/fetch-kubectl` fetches them.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// The newest; the gate holds the tables against it alone, `tests/run --all` against the others as well.
pub const NEWEST: &str = "1.37";

/// Where `tests/fetch-kubectl` puts the kubectl of this minor version; `None` (said loudly) when it is not there.
/// Under `CI=true` a missing one is a failure.
pub fn kubectl(minor: &str) -> Option<PathBuf> {
    if minor != NEWEST && !super::cases::is_all() && std::env::var_os("GUARD_TEST_MINOR").is_none() {
        eprintln!("left to tests/run --all: kubectl {minor}");
        return None;
    }
    let path = super::cluster::cache().join("kubectl").join(minor).join("kubectl");
    if path.is_file() {
        return Some(path);
    }
    let text = format!("SKIPPED: {} is not there; run tests/fetch-kubectl {minor}", path.display());
    assert!(std::env::var_os("CI").is_none_or(|v| v != "true"), "{text}");
    eprintln!("{text}");
    None
}

/// Runs a kubectl that can reach nothing: no configuration, no server, no plugins.
pub fn run<S: AsRef<OsStr>>(kubectl: &PathBuf, words: &[S], env: &[(&str, &str)]) -> Output {
    Command::new(kubectl)
        .args(words)
        .env_clear()
        .env("HOME", "/nonexistent")
        .env("PATH", "/nonexistent")
        .env("KUBECONFIG", "/dev/null")
        .env("KUBERNETES_MASTER", "http://127.0.0.1:1")
        .envs(env.iter().copied())
        .stdin(Stdio::null())
        .output()
        .unwrap_or_else(|e| panic!("{}: {e}", kubectl.display()))
}
