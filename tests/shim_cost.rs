//! The budget of a harmless call, in instructions: they are the same on every machine and under any load.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "helpers of tests fail as tests do"
)]
#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

use std::path::{Path, PathBuf};
use std::process::Command;

/// Instructions a harmless call may cost in the static musl build, up to the exec of the tool.
const BUDGET: u64 = 60_000;
const TARGET: &str = "x86_64-unknown-linux-musl";

/// The shim as it is released, or why it cannot be built here.
fn released() -> Result<PathBuf, String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let libdir = Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET]).output().unwrap();
    if !Path::new(String::from_utf8_lossy(&libdir.stdout).trim()).is_dir() {
        return Err(format!("the target {TARGET} is not installed"));
    }
    if !Command::new("valgrind").arg("--version").output().is_ok_and(|v| v.status.success()) {
        return Err("valgrind is not installed".into());
    }
    // A target directory of its own: the one of the running tests is locked by their cargo.
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("release");
    let built = Command::new(env!("CARGO"))
        .args([
            "build",
            "--quiet",
            "--release",
            "--no-default-features",
            "--bin",
            "guard-shim",
            "--target",
            TARGET,
        ])
        .args(["--manifest-path", concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml")])
        .env("CARGO_TARGET_DIR", &dir)
        .output()
        .unwrap();
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    Ok(dir.join(TARGET).join("release/guard-shim"))
}

#[test]
fn a_harmless_call_stays_within_its_budget() {
    let shim = match released() {
        Ok(shim) => shim,
        Err(why) => return eprintln!("SKIPPED: the instruction budget was not checked: {why}"),
    };
    let counter = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/bench/instructions");
    let calls = [
        "kubectl get pods",
        "kubectl -n kube-system get pods -o wide",
        "kubectl logs -f web --tail 10",
        "kubectl __complete delete ns",
        "apt-get -s remove postgresql-client-15",
        "apt list --installed",
        "dpkg -l",
        "systemctl status nginx.service --no-pager",
        "aws ec2 describe-instances",
        "aws eks get-token --cluster-name main",
        "aws s3 ls s3://logs --recursive --profile prod --region eu-west-1",
    ];
    for words in calls {
        let out = Command::new(counter).arg(&shim).args(words.split(' ')).output().unwrap();
        let text = String::from_utf8_lossy(&out.stdout);
        let count: u64 =
            text.trim().parse().unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&out.stderr)));
        eprintln!("{count:>7} instructions: {words}");
        assert!(count > 1_000, "{count} is no count of a whole program");
        assert!(count <= BUDGET, "{words}: {count} instructions, the budget is {BUDGET}");
    }
}
