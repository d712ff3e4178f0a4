//! The pure engine: argv → parse → classify → assess → decide → challenge. No I/O, no clock, no environment, no panic;
//! `tests/laws/architecture.rs` reads these files and fails on anything else.

pub mod assess;
pub mod aws;
pub mod challenge;
pub mod classify;
pub mod decide;
pub mod effect;
pub mod escape;
pub mod fact;
pub mod files;
pub mod glob;
pub mod grammar;
pub mod human;
pub mod impact;
pub mod inner;
pub mod kube;
pub mod line;
pub mod machine;
pub mod packages;
pub mod policy;
pub mod redact;
pub mod server;
pub mod situation;
pub mod target;
pub mod tool;
pub mod units;
pub mod verdict;
