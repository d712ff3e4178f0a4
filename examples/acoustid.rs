//! The AcoustID incident of 2021, replayed on two embedded clusters: `kubectl delete ns acoustid` meant for the new
//! cluster, with `KUBECONFIG` still pointing at the old one, which was production.
//!
//! ```text
//! cargo run --example acoustid
//! ```
//! The same as `guard demo`: you give the answers, and without a terminal, or with `-- --play`, it is played by itself.
//! Nothing outside this process is touched.

#[path = "../src/demo/mod.rs"]
mod demo;

fn main() -> std::process::ExitCode {
    demo::main()
}
