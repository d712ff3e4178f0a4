//! The machine as a target: what packages, units and files are changed on.

mod target;

pub use target::{HostTarget, is_generic};
