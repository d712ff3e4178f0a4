//! The links that make a shell find guard where it looks for `kubectl`: where they are, which are guard's own, how they
//! are made and taken away, and whether calls really pass through them.

pub mod ask;
pub mod layers;
pub mod links;
pub mod selftest;
pub mod shells;

pub use links::{Made, Removed, binary, directory, install, uninstall, unlink};
