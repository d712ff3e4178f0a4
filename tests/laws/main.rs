//! Laws and screens: pure functions and generated cases; no process is started.
#![cfg(feature = "cli")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "a test's own helpers"
)]

#[path = "../support/cases.rs"]
mod cases;
#[allow(dead_code, reason = "the example shows more of them")]
#[path = "../../examples/prompt/scenes.rs"]
mod scenes;

mod architecture;
mod circles;
mod decide_laws;
mod engine_laws;
mod every_file;
mod missing_facts;
mod policy_files;
mod policy_terms;
mod policy_trust;
mod sources;
mod ui_laws;
mod ui_screens;
