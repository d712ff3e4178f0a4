//! The machine as a target: what packages, units and files are changed on.

mod situation;
mod target;

pub use situation::situation;
pub use target::{HostTarget, is_generic};
