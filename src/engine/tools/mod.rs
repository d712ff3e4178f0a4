//! One file per tool, data only.

pub mod apt;
pub mod aptitude;
pub mod aws;
pub mod dpkg;
pub mod host;
pub mod inline;
pub mod kubectl;
pub mod programs;

use super::table::Tool;

/// The tool that is called by this name (the basename of `argv[0]`).
pub fn by_name(name: &[u8]) -> Option<&'static Tool> {
    match name {
        b"kubectl" => Some(&kubectl::TOOL),
        _ => None,
    }
}
