//! The pure engine: argv → parse → classify → assess → decide → challenge. No I/O, no clock, no environment, no panic;
//! `tests/laws/architecture.rs` reads these files and fails on anything else.

pub mod apt;
pub mod assess;
pub mod aws;
pub mod challenge;
pub mod classify;
#[cfg(feature = "cli")]
pub mod content;
pub mod decide;
pub mod effect;
pub mod escape;
pub mod fact;
pub mod glob;
pub mod host;
pub mod human;
pub mod impact;
pub mod inner;
pub mod kube;
pub mod kuberc;
pub mod line;
pub mod parse;
pub mod policy;
pub mod redact;
pub mod situation;
pub mod table;
pub mod target;
pub mod tool;
pub mod tools;
pub mod verdict;
