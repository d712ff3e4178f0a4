//! `guard` stands in front of kubectl, aws and apt: harmless commands pass at once, and for the rest a person has
//! to type the name of the target that is really going to be hit.
//!
//! The modules depend on each other downwards only (`tests/laws/architecture.rs` holds the rule):
//! `app` → `family` → `prompt`, `keep`, `audit`, `shim`, `probe`, `resolve`, `policy`, `ui` → `run`, `world`, `fail` → `engine`.
//! The engine is pure: it reads bytes and facts and answers with data; everything else fetches facts or carries out.

pub mod engine;
pub mod exit;
pub mod fail;
pub mod run;
pub mod world;

#[cfg(feature = "cli")]
pub mod app;
#[cfg(feature = "cli")]
pub mod audit;
#[cfg(feature = "cli")]
pub mod family;
#[cfg(feature = "cli")]
pub mod keep;
#[cfg(feature = "cli")]
pub mod policy;
#[cfg(feature = "cli")]
pub mod prompt;
#[cfg(feature = "cli")]
pub mod shim;
#[cfg(feature = "cli")]
pub mod ui;
