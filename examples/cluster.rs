//! Runs the real API server of the tests until it is interrupted or its standard input ends.
//!
//! ```text
//! cargo run --example cluster -- DIR
//! KUBECONFIG=DIR/admin.kubeconfig kubectl get ns
//! ```
//! `GUARD_TEST_CLUSTER=DIR cargo test` then uses it instead of starting one per test binary.

#[allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "test support: the tests use the rest, and its failure is theirs"
)]
#[path = "../tests/support"]
mod support {
    pub mod cluster;
}

use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use support::cluster;

fn main() -> ExitCode {
    let mut out = io::stdout();
    let Some(dir) = std::env::args_os().nth(1).map(PathBuf::from) else {
        let _ = writeln!(out, "usage: cargo run --example cluster -- DIR");
        return ExitCode::from(64);
    };
    let started = std::fs::create_dir_all(&dir).ok().and_then(|()| cluster::Cluster::serve(&dir));
    let Some(cluster) = started else {
        let _ = writeln!(out, "the cluster does not start; see tests/cluster/build and tests/fetch-kubectl");
        return ExitCode::FAILURE;
    };
    let _ = writeln!(
        out,
        "{} is ready; KUBECONFIG={}",
        cluster.url(),
        cluster.kubeconfig(cluster::ADMIN).display()
    );
    // The servers are ended by the kernel together with this process.
    let _ = io::stdin().read_to_end(&mut Vec::new());
    ExitCode::SUCCESS
}
