//! Resource types that hold data or the only record of something, and the one read that tells how much.

use super::super::cli::Cli;
use super::template::Template;
use crate::engine::fact::Why;
use crate::family::aws::probe::json;
use serde_json::Value;

/// How a resource is described.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ask {
    /// By nothing: there is no cheap read.
    Nothing,
    Bucket,
    DbCluster,
    DbInstance,
    EksCluster,
    FileSystem,
    Repository,
    Table,
    Volume,
}

/// A type that holds data.
pub(super) struct Store {
    kind: &'static str,
    /// What a person calls it.
    pub(super) name: &'static str,
    pub(super) ask: Ask,
    /// What to add to "goes" where more than the resource itself is lost, or it is not lost at once.
    pub(super) note: &'static str,
}

const fn store(kind: &'static str, name: &'static str, ask: Ask, note: &'static str) -> Store {
    Store { kind, name, ask, note }
}

/// Sorted by type.
const STORES: &[Store] = &[
    store("AWS::AmazonMQ::Broker", "MQ broker", Ask::Nothing, ""),
    store(
        "AWS::Backup::BackupVault",
        "backup vault",
        Ask::Nothing,
        "a vault with recovery points is not deleted",
    ),
    store("AWS::Cassandra::Table", "Keyspaces table", Ask::Nothing, ""),
    store("AWS::CodeCommit::Repository", "CodeCommit repository", Ask::Nothing, ""),
    store("AWS::Cognito::UserPool", "Cognito user pool", Ask::Nothing, "its users go"),
    store("AWS::DAX::Cluster", "DAX cluster", Ask::Nothing, ""),
    store("AWS::DSQL::Cluster", "DSQL cluster", Ask::Nothing, ""),
    store("AWS::DocDB::DBCluster", "DocumentDB cluster", Ask::DbCluster, ""),
    store("AWS::DynamoDB::GlobalTable", "DynamoDB table", Ask::Table, "in every region"),
    store("AWS::DynamoDB::Table", "DynamoDB table", Ask::Table, ""),
    store("AWS::EC2::Instance", "EC2 instance", Ask::Nothing, ""),
    store("AWS::EC2::Volume", "EBS volume", Ask::Volume, ""),
    store("AWS::ECR::Repository", "ECR repository", Ask::Repository, ""),
    store("AWS::EFS::FileSystem", "EFS file system", Ask::FileSystem, ""),
    store("AWS::EKS::Cluster", "EKS cluster", Ask::EksCluster, "every Kubernetes object in it goes"),
    store("AWS::ElastiCache::CacheCluster", "ElastiCache cluster", Ask::Nothing, ""),
    store("AWS::ElastiCache::ReplicationGroup", "ElastiCache replication group", Ask::Nothing, ""),
    store("AWS::ElastiCache::ServerlessCache", "ElastiCache serverless cache", Ask::Nothing, ""),
    store("AWS::Elasticsearch::Domain", "Elasticsearch domain", Ask::Nothing, ""),
    store("AWS::FSx::FileSystem", "FSx file system", Ask::Nothing, ""),
    store("AWS::KMS::Key", "KMS key", Ask::Nothing, "unusable at once, and with it everything it encrypts"),
    store("AWS::Kinesis::Stream", "Kinesis stream", Ask::Nothing, ""),
    store("AWS::Logs::LogGroup", "log group", Ask::Nothing, ""),
    store("AWS::MSK::Cluster", "MSK cluster", Ask::Nothing, ""),
    store("AWS::MemoryDB::Cluster", "MemoryDB cluster", Ask::Nothing, ""),
    store("AWS::Neptune::DBCluster", "Neptune cluster", Ask::DbCluster, ""),
    store("AWS::OpenSearchService::Domain", "OpenSearch domain", Ask::Nothing, ""),
    store("AWS::RDS::DBCluster", "Aurora cluster", Ask::DbCluster, ""),
    store("AWS::RDS::DBInstance", "DB instance", Ask::DbInstance, ""),
    store("AWS::RDS::GlobalCluster", "Aurora global cluster", Ask::Nothing, ""),
    store("AWS::Redshift::Cluster", "Redshift cluster", Ask::Nothing, ""),
    store("AWS::RedshiftServerless::Namespace", "Redshift namespace", Ask::Nothing, ""),
    store(
        "AWS::Route53::HostedZone",
        "hosted zone",
        Ask::Nothing,
        "a zone with records of others is not deleted",
    ),
    store("AWS::S3::Bucket", "S3 bucket", Ask::Bucket, ""),
    store("AWS::S3Express::DirectoryBucket", "S3 directory bucket", Ask::Nothing, ""),
    store("AWS::SQS::Queue", "SQS queue", Ask::Nothing, ""),
    store("AWS::SSM::Parameter", "SSM parameter", Ask::Nothing, ""),
    store("AWS::SecretsManager::Secret", "secret", Ask::Nothing, ""),
    store("AWS::Timestream::Database", "Timestream database", Ask::Nothing, ""),
    store("AWS::Timestream::Table", "Timestream table", Ask::Nothing, ""),
];

/// The row of a type, when it holds data.
pub(super) fn store_of(kind: &str) -> Option<&'static Store> {
    STORES.binary_search_by_key(&kind, |s| s.kind).ok().and_then(|i| STORES.get(i))
}

/// Whether a type comes by the dozen and rarely is the loss that counts.
pub(super) fn is_small(kind: &str) -> bool {
    matches!(kind, "AWS::Logs::LogGroup" | "AWS::SQS::Queue" | "AWS::SSM::Parameter")
}

/// What a person calls a type: `DB instance`, `EC2 SecurityGroup`, `Custom X`.
pub(super) fn name_of(kind: &str) -> String {
    match store_of(kind) {
        Some(store) => store.name.to_owned(),
        None if kind == "AWS::CloudFormation::Stack" => "nested stack".to_owned(),
        None if kind.is_empty() => "resource of unknown type".to_owned(),
        None => kind.strip_prefix("AWS::").unwrap_or(kind).replace("::", " "),
    }
}

/// What the service says of one resource.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    /// `200 GiB postgres`, `1,200,000 items`.
    pub(super) detail: String,
    /// Why its own deletion is refused, so that it stays.
    pub(super) refuses: Option<String>,
    /// There is nothing in it.
    pub(super) empty: bool,
    /// It was not asked, or gave no answer: nothing of this is known.
    pub(super) unseen: bool,
    /// The service's own description, where it has one; `null` else.
    pub(super) thing: Value,
}

/// Asks for one resource. `None` when the service knows it no more.
pub(super) async fn ask(cli: &Cli<'_>, ask: Ask, id: &str) -> Result<Option<Told>, Why> {
    let one = |answer: Option<Value>, at: &str| answer.and_then(|a| a.pointer(at).cloned());
    Ok(match ask {
        Ask::Nothing => Some(Told::default()),
        Ask::Bucket => {
            let words = ["s3api", "list-object-versions", "--bucket", id, "--max-items", "1"];
            cli.find(&words).await?.map(|a| {
                let any = ["/Versions", "/DeleteMarkers"].iter().any(|at| !json::list(&a, at).is_empty());
                Told { empty: !any, ..Told::default() }
            })
        }
        Ask::DbCluster => {
            let words = ["rds", "describe-db-clusters", "--db-cluster-identifier", id];
            one(cli.find(&words).await?, "/DBClusters/0")
                .map(|c| database(&c, json::list(&c, "/DBClusterMembers").len()))
        }
        Ask::DbInstance => {
            let words = ["rds", "describe-db-instances", "--db-instance-identifier", id];
            one(cli.find(&words).await?, "/DBInstances/0").map(|c| database(&c, 0))
        }
        Ask::EksCluster => {
            one(cli.find(&["eks", "describe-cluster", "--name", id]).await?, "/cluster").map(|c| Told {
                detail: json::text(&c, "/version").map(|v| format!("Kubernetes {v}")).unwrap_or_default(),
                refuses: protected(&c, "/deletionProtection"),
                ..Told::default()
            })
        }
        Ask::FileSystem => {
            let words = ["efs", "describe-file-systems", "--file-system-id", id];
            one(cli.find(&words).await?, "/FileSystems/0").map(|f| Told {
                detail: json::number(&f, "/SizeInBytes/Value").map(json::bytes).unwrap_or_default(),
                ..Told::default()
            })
        }
        Ask::Repository => {
            let words = ["ecr", "list-images", "--repository-name", id, "--max-items", "100"];
            cli.find(&words).await?.map(|a| {
                let n = json::list(&a, "/imageIds").len();
                let least = if json::is_cut_off(&a) { "more than " } else { "" };
                Told {
                    detail: format!("{least}{}", json::counted(n as u64, "image")),
                    empty: n == 0,
                    ..Told::default()
                }
            })
        }
        Ask::Table => {
            one(cli.find(&["dynamodb", "describe-table", "--table-name", id]).await?, "/Table").map(|t| {
                Told {
                    thing: t.clone(),
                    detail: json::number(&t, "/ItemCount")
                        .map(|n| json::counted(n, "item"))
                        .unwrap_or_default(),
                    refuses: protected(&t, "/DeletionProtectionEnabled"),
                    // The count is some six hours old: none is no proof of an empty table.
                    ..Told::default()
                }
            })
        }
        Ask::Volume => {
            let words = ["ec2", "describe-volumes", "--volume-ids", id];
            one(cli.find(&words).await?, "/Volumes/0").map(|v| Told {
                thing: v.clone(),
                detail: json::number(&v, "/Size").map(|n| format!("{n} GiB")).unwrap_or_default(),
                ..Told::default()
            })
        }
    })
}

fn database(value: &Value, members: usize) -> Told {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(json::number(value, "/AllocatedStorage").filter(|n| *n > 1).map(|n| format!("{n} GiB")));
    parts.extend(json::text(value, "/Engine").map(str::to_owned));
    if members > 0 {
        parts.push(json::counted(members as u64, "instance"));
    }
    Told {
        thing: value.clone(),
        detail: parts.join(" "),
        refuses: protected(value, "/DeletionProtection"),
        ..Told::default()
    }
}

fn protected(value: &Value, at: &str) -> Option<String> {
    json::truth(value, at).filter(|on| *on).map(|_| "its own deletion protection refuses".to_owned())
}

/// Whether the template has the resource emptied before it goes, so that what it holds does not stop the deletion.
pub(super) fn is_emptied(ask: Ask, logical: &str, template: Option<&Template>, kinds: &[&str]) -> bool {
    match ask {
        // The AWS CDK's `autoDeleteObjects`: a custom resource for each such bucket; which one cannot be told.
        Ask::Bucket => kinds.contains(&"Custom::S3AutoDeleteObjects"),
        Ask::Repository => {
            let on = template.and_then(|t| t.property(logical, "EmptyOnDelete"));
            kinds.contains(&"Custom::ECRAutoDeleteImages")
                || on.is_some_and(|v| v == &Value::Bool(true) || v.as_str() == Some("true"))
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_names_are_readable() {
        assert!(STORES.is_sorted_by_key(|s| s.kind));
        assert_eq!(name_of("AWS::RDS::DBInstance"), "DB instance");
        assert_eq!(name_of("AWS::EC2::SecurityGroup"), "EC2 SecurityGroup");
        assert_eq!(name_of("Custom::Thing"), "Custom Thing");
    }
}
