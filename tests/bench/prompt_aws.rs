//! How long a person waits for the question about `aws cloudformation delete-stack` of a stack with forty resources,
//! against the slowest single one of the CLI calls that the answer needs. Printed, not asserted:
//! `cargo bench --bench prompt_aws`.
//!
//! Starting the CLI costs some 0.4 s of processor time, so that on few cores the calls wait for each other; with AWS's
//! own latency on top (the second row) they wait side by side.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test's own helpers"
)]

#[allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "test support: the tests use the rest, and its failure is theirs"
)]
#[path = "../support"]
mod support {
    pub mod aws;
    pub mod fibery;
}

use serde_json::json;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use support::aws::{Aws, Cli, Person, Way};
use support::fibery;

const ROUNDS: usize = 5;
const STACK: &str = "bench";

/// The reads of the answer, each as a person would ask for it.
const CALLS: &[&[&str]] = &[
    &["sts", "get-caller-identity"],
    &["iam", "list-account-aliases"],
    &["cloudformation", "describe-stacks", "--stack-name", STACK],
    &["cloudformation", "list-stack-resources", "--stack-name", STACK],
    &["cloudformation", "get-template", "--stack-name", STACK, "--template-stage", "Processed"],
    &["cloudformation", "list-exports"],
];

fn main() {
    // `cargo test --benches` and `cargo bench -- --list` pass flags of the test harness.
    if std::env::args().any(|a| a == "--list" || a == "--test") {
        return;
    }
    passes();
    let Some(aws) = Aws::start() else { return };
    let body = fibery::template(STACK).to_string();
    let stack = json!({"StackName": STACK, "TemplateBody": body, "Capabilities": ["CAPABILITY_NAMED_IAM"]});
    aws.call("prod", "cloudformation", "create_stack", stack);
    let person = aws.person("prod", "bench");
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    println!(
        "time to the question for `aws cloudformation delete-stack`, {} resources, {cores} cores",
        fibery::RESOURCES
    );
    println!(
        "{:<22} {:>10} {:>10} {:>7} {:>6}   (the fastest of {ROUNDS} runs)",
        "", "slowest ms", "guard ms", "ratio", "calls"
    );
    for cli in Cli::all() {
        for latency in [0.0, 1.0] {
            aws.mend(&person);
            aws.fault(&person, json!({"delay": latency}));
            measure(aws, &cli, &person, latency);
        }
    }
}

fn measure(aws: &Aws, cli: &Cli, person: &Person, latency: f64) {
    let home = tempfile::tempdir().expect("a scratch directory");
    aws.files(home.path(), &[person]);
    let mut vars = aws.vars(Way::Proxy);
    vars.push(("AWS_PROFILE".into(), "prod".into()));
    let single = |words: &[&str]| {
        let timed = || {
            let started = Instant::now();
            let output = cli.run(home.path(), &vars, words);
            assert!(output.status.success(), "{words:?}: {}", String::from_utf8_lossy(&output.stderr));
            started.elapsed()
        };
        (0..ROUNDS).map(|_| timed()).min().unwrap_or_default()
    };
    let slowest = CALLS.iter().map(|c| single(c)).max().unwrap_or_default();
    let before = aws.log(person).len();
    let whole = (0..ROUNDS).map(|_| question(cli, &vars, home.path())).min().unwrap_or_default();
    let calls = (aws.log(person).len() - before) / ROUNDS;
    let ms = |d: Duration| d.as_secs_f64() * 1e3;
    println!(
        "CLI {}, latency {latency:.1} s   {:>10.0} {:>10.0} {:>7.2} {calls:>6}",
        cli.major,
        ms(slowest),
        ms(whole),
        ms(whole) / ms(slowest)
    );
}

/// What guard adds to a change that passes, with a policy that knows accounts: no CLI is started for it. The CLI itself is
/// a program that does nothing.
fn passes() {
    const MANY: usize = 40;
    let home = tempfile::tempdir().expect("a scratch directory");
    let at = |path: &str| home.path().join(path);
    for dir in ["real", "shims", ".aws", ".config/guard"] {
        std::fs::create_dir_all(at(dir)).expect("a directory");
    }
    std::fs::copy("/bin/true", at("real/aws")).expect("a program that does nothing");
    symlink(env!("CARGO_BIN_EXE_guard-shim"), at("shims/aws")).expect("a link");
    let keys = "[default]\nregion = eu-west-1\naws_access_key_id = AKIAQAAAAAAAEXAMPLE7\naws_secret_access_key = x\n";
    let policy =
        "version: 1\naccounts:\n  - {name: acme, environment: production, account: '111111111111'}\n";
    std::fs::write(at(".aws/credentials"), keys).expect("a file");
    std::fs::write(at(".config/guard/policy.yaml"), policy).expect("a file");
    let took = |program: &str| {
        let mut all: Vec<Duration> = (0..MANY)
            .map(|_| {
                let mut command = Command::new(at(program));
                command.args(["ssm", "put-parameter", "--name", "a", "--value", "b"]).env_clear();
                let path = format!("{}:{}:/usr/bin:/bin", at("shims").display(), at("real").display());
                command.env("HOME", home.path()).env("PATH", path).stdin(std::process::Stdio::null());
                let started = Instant::now();
                let output = command.output().expect("it runs");
                assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
                started.elapsed()
            })
            .collect();
        all.sort();
        all.get(MANY / 2).copied().unwrap_or_default()
    };
    let (plain, guarded) = (took("real/aws"), took("shims/aws"));
    let more = guarded.saturating_sub(plain).as_secs_f64() * 1e3;
    println!("an AWS change that passes, with a policy: {more:.1} ms more than without guard (budget 30)");
}

/// The whole of guard up to the question.
fn question(cli: &Cli, vars: &[(String, String)], home: &Path) -> Duration {
    let real = home.join("real");
    std::fs::create_dir_all(&real).expect("a directory");
    let _ = symlink(&cli.path, real.join("aws"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_guard"));
    command.args(["check", "--json", "--", "aws", "cloudformation", "delete-stack", "--stack-name", STACK]);
    command.env_clear().env("HOME", home).env("PATH", format!("{}:/usr/bin:/bin", real.display()));
    command.envs(vars.iter().map(|(n, v)| (n, v)));
    let started = Instant::now();
    let output = command.output().expect("guard runs");
    let elapsed = started.elapsed();
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    elapsed
}
