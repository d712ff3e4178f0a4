//! Commands without questions of their own: the resources they name are all there is to show.

use super::cli::Cli;
use crate::engine::aws::Hit;
use crate::engine::human::singular;
use crate::engine::impact::{Impact, Subject};

/// Notes what the command names.
pub(super) async fn look(_cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    named(hit, impact);
}

/// The resources of the arguments as subjects.
pub(super) fn named(hit: &Hit, impact: &mut Impact) {
    let kind = kind_of(&hit.operation);
    impact.subjects = hit
        .resources
        .iter()
        .map(|name| Subject { kind: kind.clone(), name: name.clone(), ..Subject::default() })
        .collect();
    impact.subjects_total = impact.subjects.len() as u64;
}

/// `delete-db-proxy` is about a `db proxy`, `reboot-instances` about one `instance` or several.
fn kind_of(operation: &str) -> String {
    let rest =
        operation.strip_prefix("batch-").or_else(|| operation.strip_prefix("admin-")).unwrap_or(operation);
    rest.split_once('-').map_or("resource".to_owned(), |(_, kind)| singular(&kind.replace('-', " ")))
}
