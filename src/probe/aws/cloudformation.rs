//! CloudFormation: what a stack holds, and what of it stays.

use super::cli::Cli;
use super::generic;
use crate::engine::aws::Hit;
use crate::engine::impact::Impact;

/// Looks at the stack.
pub(super) async fn look(_cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    generic::named(hit, impact);
}
