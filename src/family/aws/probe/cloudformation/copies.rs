//! The copies of what holds data in a stack that goes. A snapshot that CloudFormation takes first (`DeletionPolicy: Snapshot`) is a
//! plan and no evidence; a copy under a key of the same stack goes with the key.

use super::super::cli::Cli;
use super::stores::{Ask, Told, is_small, name_of, store_of};
use super::template::Policy;
use super::tree::{Resource, Tree};
use crate::engine::backup::{Backups, Beyond};
use crate::engine::fact::Why;
use crate::family::aws::probe::copies::{CLUSTER, Copies, INSTANCE, Loss};
use crate::family::aws::probe::{dynamodb, ec2, json, s3};
use crate::run::tasks::gather;

/// The copies of so many are looked for.
const HOLDERS: usize = 8;

/// Types that hold data and whose loss no copy would make good, or that do not go with data in them.
const APART: &[&str] =
    &["AWS::Backup::BackupVault", "AWS::DAX::Cluster", "AWS::KMS::Key", "AWS::Route53::HostedZone"];

/// Types of keys, by which copies go.
const KEYS: &[&str] = &["AWS::KMS::Key", "AWS::KMS::ReplicaKey"];

/// Where a database that has no data of its own takes it from.
const NOT_ITS_OWN: [&str; 3] = [
    "/DBClusterIdentifier",
    "/ReadReplicaSourceDBInstanceIdentifier",
    "/ReadReplicaSourceDBClusterIdentifier",
];

/// Looks for the copies of what goes; `told` is what the services say of the stores of the tree.
pub(super) async fn find(cli: &Cli<'_>, tree: &Tree, told: &[(&Resource, Told)]) -> Backups {
    let doomed = doomed_keys(&tree.resources);
    let (holders, mut beyond) = sort(told);
    if tree.unread {
        let unread = tree.gaps.iter().filter(|(what, _)| what.starts_with("resources of "));
        beyond.extend(unread.map(|(what, why)| Beyond { what: what.clone(), why: why.clone() }));
    }
    let rest = holders.len().saturating_sub(HOLDERS);
    if rest > 0 {
        let what = format!("{} that hold data", json::counted(rest as u64, "more resource"));
        beyond.push(Beyond { what, why: Why::NotAsked });
    }
    let asked = holders.iter().take(HOLDERS).map(|(resource, told)| of_one(cli, resource, told, &doomed));
    let mut all = Backups { looked: true, beyond, ..Backups::default() };
    for found in gather(asked).await {
        all.absorb(found);
    }
    all
}

/// The ids of the keys that go. One that may go is no key to rely on.
fn doomed_keys(resources: &[Resource]) -> Vec<String> {
    let goes = |r: &&Resource| KEYS.contains(&r.kind.as_str()) && !matches!(r.policy, Policy::Retain(_));
    let known = |r: &Resource| Some(r.physical.clone()).filter(|id| !id.is_empty());
    resources.iter().filter(goes).filter_map(known).collect()
}

/// What goes with data in it: what its copies are known of, and the rest by its kind.
fn sort<'a>(told: &'a [(&'a Resource, Told)]) -> (Vec<(&'a Resource, &'a Told)>, Vec<Beyond>) {
    let mut holders = Vec::new();
    let mut others: Vec<(String, Why, Vec<&str>)> = Vec::new();
    for (resource, told) in told.iter().filter(|(resource, told)| goes(resource, told)) {
        let why = match ask_of(resource) {
            Ask::DbInstance if NOT_ITS_OWN.iter().any(|at| json::text(&told.thing, at).is_some()) => continue,
            _ if told.unseen => Why::Failed("it could not be looked at".to_owned()),
            Ask::Bucket | Ask::DbCluster | Ask::DbInstance | Ask::Table | Ask::Volume => {
                holders.push((*resource, told));
                continue;
            }
            _ => Why::Failed("no source of copies is known".to_owned()),
        };
        let kind = name_of(&resource.kind);
        match others.iter_mut().find(|(other, because, _)| *other == kind && *because == why) {
            Some((_, _, names)) => names.push(&resource.physical),
            None => others.push((kind, why, vec![&resource.physical])),
        }
    }
    let beyond = others.into_iter().map(|(kind, why, names)| {
        let one = |name: &&str| format!("{kind} {}", json::tail(name));
        let what = match names.as_slice() {
            [name] => one(name),
            names => json::counted(names.len() as u64, &kind),
        };
        Beyond { what, why }
    });
    (holders, beyond.collect())
}

fn ask_of(resource: &Resource) -> Ask {
    store_of(&resource.kind).map_or(Ask::Nothing, |store| store.ask)
}

/// Whether it goes, with data in it.
fn goes(resource: &Resource, told: &Told) -> bool {
    let stays = matches!(resource.policy, Policy::Retain(_)) || told.refuses.is_some();
    let apart = is_small(&resource.kind) || APART.contains(&resource.kind.as_str());
    // What has to be empty goes with data only where the stack empties it itself.
    let full = !matches!(ask_of(resource), Ask::Bucket | Ask::Repository) || resource.emptied;
    !stays && !apart && full && !told.empty && !resource.physical.is_empty()
}

async fn of_one(cli: &Cli<'_>, resource: &Resource, told: &Told, doomed: &[String]) -> Backups {
    let (name, thing) = (resource.physical.as_str(), &told.thing);
    let shown = format!("{} {}", name_of(&resource.kind), json::tail(name));
    let of = |identity: &str| Copies::of(shown.clone(), json::text(thing, identity)).without_keys(doomed);
    match ask_of(resource) {
        Ask::DbInstance | Ask::DbCluster => {
            let of_kind = if ask_of(resource) == Ask::DbInstance { &INSTANCE } else { &CLUSTER };
            // The properties that keep automated backups are not looked at: at worst they stay all the same.
            let loss = Loss { service: "rds", of: of_kind, name, automated_go: true, snapshots: None };
            loss.copies(cli, of(of_kind.id), thing).await
        }
        Ask::Table => dynamodb::copies(cli, of("/TableId"), name, thing).await,
        Ask::Volume => {
            let mut found = of("/VolumeId");
            found.of_volume(&ec2::snapshots(cli, &[name]).await, name);
            found.check(cli).await;
            found.done()
        }
        Ask::Bucket => s3::copies(cli, of(""), name).await,
        _ => of("").done(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn resource(kind: &str, physical: &str, policy: Policy) -> Resource {
        Resource {
            logical: "L".into(),
            physical: physical.into(),
            kind: kind.into(),
            policy,
            status: String::new(),
            age_s: None,
            within: None,
            emptied: false,
        }
    }

    /// The holders, and what is not looked at.
    fn of(all: &[(Resource, Told)]) -> (Vec<String>, Vec<String>) {
        let told: Vec<(&Resource, Told)> = all.iter().map(|(r, t)| (r, t.clone())).collect();
        let (holders, beyond) = sort(&told);
        let beyond = beyond.into_iter().map(|gap| format!("{}: {}", gap.what, gap.why));
        (holders.iter().map(|(r, _)| r.physical.clone()).collect(), beyond.collect())
    }

    #[test]
    fn what_goes_with_data_in_it_holds_data() {
        let told = |thing: Value| Told { thing, ..Told::default() };
        let plain = || told(json!({}));
        let keep = || Policy::Retain("Retain".into());
        let all = [
            (resource("AWS::RDS::DBInstance", "db", Policy::Snapshot { by_default: true }), plain()),
            (
                resource("AWS::RDS::DBInstance", "member", Policy::Delete),
                told(json!({"DBClusterIdentifier": "c"})),
            ),
            (resource("AWS::DynamoDB::Table", "kept", keep()), plain()),
            (resource("AWS::DynamoDB::Table", "orders", Policy::Unknown("x".into())), plain()),
            (
                resource("AWS::RDS::DBCluster", "guarded", Policy::Delete),
                Told { refuses: Some("x".into()), ..plain() },
            ),
            (resource("AWS::S3::Bucket", "full", Policy::Delete), plain()),
            (Resource { emptied: true, ..resource("AWS::S3::Bucket", "emptied", Policy::Delete) }, plain()),
            (
                Resource { emptied: true, ..resource("AWS::S3::Bucket", "empty", Policy::Delete) },
                Told { empty: true, ..plain() },
            ),
            (resource("AWS::SQS::Queue", "q", Policy::Delete), plain()),
            (resource("AWS::KMS::Key", "k", Policy::Delete), plain()),
            (resource("AWS::EFS::FileSystem", "fs-1", Policy::Delete), plain()),
            (resource("AWS::EC2::Volume", "vol-1", Policy::Delete), Told { unseen: true, ..plain() }),
            (resource("AWS::Kinesis::Stream", "a", Policy::Delete), plain()),
            (resource("AWS::Kinesis::Stream", "b", Policy::Delete), plain()),
            (resource("AWS::Redshift::Cluster", "", Policy::Delete), plain()),
        ];
        let (holders, beyond) = of(&all);
        assert_eq!(holders, ["db", "orders", "emptied"]);
        assert_eq!(
            beyond,
            [
                "EFS file system fs-1: no source of copies is known",
                "EBS volume vol-1: it could not be looked at",
                "2 Kinesis streams: no source of copies is known"
            ]
        );
    }

    #[test]
    fn keys_that_go_or_may_go_are_no_keys_to_rely_on() {
        let all = [
            resource("AWS::KMS::Key", "k-1", Policy::Delete),
            resource("AWS::KMS::Key", "k-2", Policy::Retain("Retain".into())),
            resource("AWS::KMS::ReplicaKey", "mrk-3", Policy::Unknown("x".into())),
            resource("AWS::KMS::Alias", "alias/a", Policy::Delete),
            resource("AWS::KMS::Key", "", Policy::Delete),
        ];
        assert_eq!(doomed_keys(&all), ["k-1", "mrk-3"]);
    }
}
