//! The examples that tests run: as `tests/setup/demo` built them, else built as the test was.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

/// `examples/prompt`, which shows a question.
pub fn prompt() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| example("prompt", "GUARD_TEST_DEMO")).clone()
}

/// `examples/acoustid`, which is `guard-demo` without the feature.
pub fn story() -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| example("acoustid", "GUARD_TEST_STORY")).clone()
}

fn example(name: &str, variable: &str) -> PathBuf {
    if let Some(built) = std::env::var_os(variable) {
        return built.into();
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
    let status = Command::new(cargo).args(["build", "--quiet", "--example", name]).status().unwrap();
    assert!(status.success());
    // target/PROFILE/deps/this-test → target/PROFILE/examples/NAME
    let here = std::env::current_exe().unwrap();
    here.parent().unwrap().parent().unwrap().join("examples").join(name)
}
