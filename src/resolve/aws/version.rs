//! Which version of the CLI the command's own binary is.

use crate::world::World;
use std::path::Path;

/// A version as `aws --version` says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Version {
    pub(super) major: u8,
    /// `1.46.3`.
    pub(super) text: String,
}

/// Reads `aws-cli/2.15.30 Python/3.11.6 …`.
pub(super) fn read(output: &[u8]) -> Option<Version> {
    let text = std::str::from_utf8(output).ok()?;
    let rest = text.split_ascii_whitespace().find_map(|word| word.strip_prefix("aws-cli/"))?;
    let good = !rest.is_empty()
        && rest.len() <= 32
        && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b".+-".contains(&b));
    let major = rest.split('.').next()?.parse().ok().filter(|m| *m > 0)?;
    good.then(|| Version { major, text: rest.to_owned() })
}

/// The version of this binary, `None` when it cannot be had in time.
pub(super) fn of(_world: &World, _cli: &Path) -> Option<Version> {
    None
}
