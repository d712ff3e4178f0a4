//! Which questions are asked before which command: one row for each family.

use super::cli::Cli;
use super::{cloudformation, describe, dynamodb, ecr, ecs, iam, kms, lambda, logs, rds, route53, secrets};
use crate::engine::aws::Hit;
use crate::engine::impact::Impact;
use futures_util::future::LocalBoxFuture;

type Look = for<'a> fn(&'a Cli<'a>, &'a Hit, &'a mut Impact) -> LocalBoxFuture<'a, ()>;
type Safer = fn(&Hit, &Impact) -> Option<String>;

/// Commands that are looked at in the same way.
struct Family {
    service: &'static str,
    /// Empty: every operation of the service.
    operations: &'static [&'static str],
    look: Look,
    /// The safer form of the same command, when there is one.
    safer: Safer,
}

fn none(_: &Hit, _: &Impact) -> Option<String> {
    None
}

/// Sorted by service; the first row that fits counts.
const FAMILIES: &[Family] = &[
    Family {
        service: "cloudformation",
        operations: &[],
        look: |cli, hit, impact| Box::pin(cloudformation::look(cli, hit, impact)),
        safer: cloudformation::safer,
    },
    Family {
        service: "docdb",
        operations: &[],
        look: |cli, hit, impact| Box::pin(rds::look(cli, hit, impact)),
        safer: rds::safer,
    },
    Family {
        service: "dynamodb",
        operations: &[],
        look: |cli, hit, impact| Box::pin(dynamodb::look(cli, hit, impact)),
        safer: dynamodb::safer,
    },
    Family {
        service: "ecr",
        operations: &[],
        look: |cli, hit, impact| Box::pin(ecr::look(cli, hit, impact)),
        safer: none,
    },
    Family {
        service: "ecr-public",
        operations: &[],
        look: |cli, hit, impact| Box::pin(ecr::look(cli, hit, impact)),
        safer: none,
    },
    Family {
        service: "ecs",
        operations: &[],
        look: |cli, hit, impact| Box::pin(ecs::look(cli, hit, impact)),
        safer: none,
    },
    Family {
        service: "iam",
        operations: &[],
        look: |cli, hit, impact| Box::pin(iam::look(cli, hit, impact)),
        safer: iam::safer,
    },
    Family {
        service: "kms",
        operations: &[],
        look: |cli, hit, impact| Box::pin(kms::look(cli, hit, impact)),
        safer: kms::safer,
    },
    Family {
        service: "lambda",
        operations: &[],
        look: |cli, hit, impact| Box::pin(lambda::look(cli, hit, impact)),
        safer: none,
    },
    Family {
        service: "logs",
        operations: &[],
        look: |cli, hit, impact| Box::pin(logs::look(cli, hit, impact)),
        safer: none,
    },
    Family {
        service: "neptune",
        operations: &[],
        look: |cli, hit, impact| Box::pin(rds::look(cli, hit, impact)),
        safer: rds::safer,
    },
    Family {
        service: "rds",
        operations: &[],
        look: |cli, hit, impact| Box::pin(rds::look(cli, hit, impact)),
        safer: rds::safer,
    },
    Family {
        service: "route53",
        operations: &[],
        look: |cli, hit, impact| Box::pin(route53::look(cli, hit, impact)),
        safer: none,
    },
    Family {
        service: "secretsmanager",
        operations: &[],
        look: |cli, hit, impact| Box::pin(secrets::look(cli, hit, impact)),
        safer: secrets::safer,
    },
];

fn family_of(hit: &Hit) -> Option<&'static Family> {
    FAMILIES.iter().find(|f| {
        f.service == hit.service
            && (f.operations.is_empty() || f.operations.contains(&hit.operation.as_str()))
    })
}

/// Asks what the command would do, within the deadline of `cli`.
pub(super) async fn look(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    match family_of(hit) {
        Some(family) => (family.look)(cli, hit, impact).await,
        // Without a family one description may tell it; without that, the words are all there is.
        None => describe::look(cli, hit, impact).await,
    }
}

/// The safer form of the same command.
pub(super) fn safer(hit: &Hit, impact: &Impact) -> Option<String> {
    (family_of(hit)?.safer)(hit, impact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_no_row_is_hidden() {
        assert!(FAMILIES.is_sorted_by_key(|f| f.service));
        for (i, later) in FAMILIES.iter().enumerate() {
            for earlier in FAMILIES.iter().take(i).filter(|e| e.service == later.service) {
                assert!(!earlier.operations.is_empty(), "{} hides a later row", earlier.service);
                for operation in later.operations {
                    assert!(!earlier.operations.contains(operation), "{} {operation} twice", later.service);
                }
            }
        }
    }
}
