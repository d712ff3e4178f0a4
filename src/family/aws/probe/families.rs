//! Which questions are asked before which command: one row for each family.

use super::cli::Cli;
use super::{
    autoscaling, cloudformation, describe, dynamodb, ec2, ecr, ecs, elb, iam, kms, lambda, logs, rds,
    route53, s3, secrets,
};
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

/// A row: the service, the module that looks, the function that knows a safer form.
macro_rules! family {
    ($service:literal, $module:ident, $safer:path) => {
        Family {
            service: $service,
            operations: &[],
            look: |cli, hit, impact| Box::pin($module::probe_impact(cli, hit, impact)),
            safer: $safer,
        }
    };
}

/// Sorted by service; the first row that fits counts.
const FAMILIES: &[Family] = &[
    family!("autoscaling", autoscaling, autoscaling::safer),
    family!("cloudformation", cloudformation, cloudformation::safer),
    family!("docdb", rds, rds::safer),
    family!("dynamodb", dynamodb, dynamodb::safer),
    family!("ec2", ec2, ec2::safer),
    family!("ecr", ecr, none),
    family!("ecr-public", ecr, none),
    family!("ecs", ecs, none),
    family!("elb", elb, none),
    family!("elbv2", elb, none),
    family!("iam", iam, iam::safer),
    family!("kms", kms, kms::safer),
    family!("lambda", lambda, none),
    family!("logs", logs, none),
    family!("neptune", rds, rds::safer),
    family!("rds", rds, rds::safer),
    family!("route53", route53, none),
    family!("s3", s3, s3::safer),
    family!("s3api", s3, none),
    family!("secretsmanager", secrets, secrets::safer),
];

fn family_of(hit: &Hit) -> Option<&'static Family> {
    FAMILIES.iter().find(|f| {
        f.service == hit.service
            && (f.operations.is_empty() || f.operations.contains(&hit.operation.as_str()))
    })
}

/// Asks what the command would do, within the deadline of `cli`.
pub(super) async fn probe_impact(cli: &Cli<'_>, hit: &Hit, impact: &mut Impact) {
    match family_of(hit) {
        Some(family) => (family.look)(cli, hit, impact).await,
        // Without a family one description may tell it; without that, the words are all there is.
        None => describe::probe_impact(cli, hit, impact).await,
    }
}

/// The safer form of the same command.
pub(super) fn safer(hit: &Hit, impact: &Impact) -> Option<String> {
    match family_of(hit) {
        Some(family) => (family.safer)(hit, impact),
        None => describe::safer(hit, impact),
    }
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
