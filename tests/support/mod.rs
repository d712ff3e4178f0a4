//! What the test programs share: machines to run guarded commands on, servers, terminals. Once per program.
#![allow(dead_code, reason = "every test program uses another part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "test support: a failure is the test's failure"
)]

pub mod apt_stage;
pub mod aws;
pub mod aws_probe;
pub mod aws_stage;
pub mod aws_tape;
pub mod aws_warm;
pub mod cases;
pub mod chroot;
pub mod cluster;
pub mod copies;
pub mod docker;
pub mod docker_machine;
pub mod embedded;
pub mod ended;
pub mod examples;
pub mod fake_daemon;
pub mod fibery;
pub mod kubectls;
pub mod machine;
pub mod manual;
pub mod probing;
pub mod pty;
pub mod recorder;
pub mod shop;
pub mod start;
pub mod turn;

/// A test of this file by the name that its program knows it under, for a program that starts itself again. Such tests
/// are called `as_child_…` where they are nothing by themselves.
#[allow(unused_macros, reason = "most programs are started once")]
macro_rules! own_test {
    ($name:literal) => {
        concat!(module_path!(), "::", $name).split_once("::").unwrap().1
    };
}
#[allow(unused_imports, reason = "most programs are started once")]
pub(crate) use own_test;
