//! Commands without questions of their own: the resources they name, and what the list kept by hand says of them.

use super::cli::Cli;
use crate::engine::aws::{self, Hit};
use crate::engine::human::singular;
use crate::engine::impact::{Impact, Subject};

/// Notes what the command names, and what such a command does as a rule.
#[allow(clippy::unused_async, reason = "one form for every family")]
pub(super) async fn probe_impact(_cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    named(hit, impact);
    let Some(reviewed) = aws::reviewed(&hit.service, &hit.operation) else { return };
    if said(reviewed.lost) {
        impact.also.push(format!("as a rule it costs: {}", reviewed.lost));
    }
    match reviewed.recoverable {
        "no" => impact.also.push("there is no way back".to_owned()),
        way if said(way) => impact.also.push(format!("way back: {way}")),
        _ => {}
    }
    if said(reviewed.protection) {
        impact.also.push(format!("what may stand in its way: {}", reviewed.protection));
    }
}

fn said(text: &str) -> bool {
    !matches!(text, "" | "-")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_is_what_stands_behind_the_verb() {
        for (operation, want) in [
            ("delete-db-proxy", "db proxy"),
            ("batch-delete-image", "image"),
            ("admin-delete-user", "user"),
            ("rb", "resource"),
        ] {
            assert_eq!(kind_of(operation), want);
        }
    }
}
