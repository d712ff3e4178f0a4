//! Kinds whose objects stand for data: deleting the object makes an operator delete (or keep) what it stands for.

use crate::engine::impact::Fate;

/// One row.
#[derive(Clone, Copy, Debug)]
pub struct Operator {
    /// API group, or its end after a dot (`.aws.upbound.io`).
    pub group: &'static str,
    /// Kind; `*` stands for every kind of the group.
    pub kind: &'static str,
    /// What a person calls it.
    pub what: &'static str,
    /// What becomes of the data when nothing more is known.
    pub fate: Fate,
    /// Why.
    pub because: &'static str,
    /// The field or annotation that decides it.
    pub policy: Option<Policy>,
}

/// A field that decides what becomes of the data.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    /// JSON pointer into the object.
    pub at: &'static str,
    /// Values that keep the data.
    pub keeps: &'static [&'static str],
    /// Values that erase it.
    pub erases: &'static [&'static str],
}

const fn row(
    group: &'static str,
    kind: &'static str,
    what: &'static str,
    fate: Fate,
    because: &'static str,
) -> Operator {
    Operator { group, kind, what, fate, because, policy: None }
}

const fn with(
    mut row: Operator,
    at: &'static str,
    keeps: &'static [&'static str],
    erases: &'static [&'static str],
) -> Operator {
    row.policy = Some(Policy { at, keeps, erases });
    row
}

/// The operators' own documents say so; where they do not, the fate is unknown and counts as erased.
pub const OPERATORS: &[Operator] = &[
    row("postgresql.cnpg.io", "Cluster", "PostgreSQL cluster", Fate::Erased, "its claims belong to it"),
    row(
        "acid.zalan.do",
        "postgresql",
        "PostgreSQL cluster",
        Fate::Erased,
        "its claims go with it unless the operator retains them",
    ),
    row(
        "postgres-operator.crunchydata.com",
        "PostgresCluster",
        "PostgreSQL cluster",
        Fate::Erased,
        "its claims belong to it",
    ),
    row(
        "pxc.percona.com",
        "PerconaXtraDBCluster",
        "MySQL cluster",
        Fate::Unknown,
        "claims go with the finalizer delete-pxc-pvc",
    ),
    row(
        "psmdb.percona.com",
        "PerconaServerMongoDB",
        "MongoDB cluster",
        Fate::Unknown,
        "claims go with the finalizer delete-psmdb-pvc",
    ),
    row(
        "pgv2.percona.com",
        "PerconaPGCluster",
        "PostgreSQL cluster",
        Fate::Unknown,
        "claims go with the finalizer delete-pvc",
    ),
    with(
        row(
            "elasticsearch.k8s.elastic.co",
            "Elasticsearch",
            "Elasticsearch",
            Fate::Erased,
            "volumeClaimDeletePolicy is DeleteOnScaledownAndClusterDeletion unless set",
        ),
        "/spec/volumeClaimDeletePolicy",
        &["DeleteOnScaledownOnly"],
        &["DeleteOnScaledownAndClusterDeletion"],
    ),
    row("kafka.strimzi.io", "Kafka", "Kafka cluster", Fate::Unknown, "storage.deleteClaim decides"),
    with(
        row(
            "kafka.strimzi.io",
            "KafkaNodePool",
            "Kafka node pool",
            Fate::Unknown,
            "storage.deleteClaim decides",
        ),
        "/spec/storage/deleteClaim",
        &["false"],
        &["true"],
    ),
    row("kafka.strimzi.io", "KafkaTopic", "Kafka topic", Fate::Erased, "the topic goes with it"),
    with(
        row(
            "apps.kubeblocks.io",
            "Cluster",
            "KubeBlocks cluster",
            Fate::Unknown,
            "terminationPolicy decides",
        ),
        "/spec/terminationPolicy",
        &["DoNotTerminate", "Halt"],
        &["Delete", "WipeOut"],
    ),
    with(
        row("kubedb.com", "*", "KubeDB database", Fate::Unknown, "deletionPolicy decides"),
        "/spec/deletionPolicy",
        &["DoNotTerminate", "Halt"],
        &["Delete", "WipeOut"],
    ),
    row("mysql.oracle.com", "InnoDBCluster", "MySQL cluster", Fate::Unknown, "its operator decides"),
    row("mongodbcommunity.mongodb.com", "MongoDBCommunity", "MongoDB", Fate::Unknown, "its operator decides"),
    row("mariadb.mmontes.io", "MariaDB", "MariaDB", Fate::Unknown, "its operator decides"),
    row("k8s.mariadb.com", "MariaDB", "MariaDB", Fate::Unknown, "its operator decides"),
    row("k8ssandra.io", "K8ssandraCluster", "Cassandra cluster", Fate::Unknown, "its operator decides"),
    row(
        "cassandra.datastax.com",
        "CassandraDatacenter",
        "Cassandra datacenter",
        Fate::Unknown,
        "its operator decides",
    ),
    row(
        "clickhouse.altinity.com",
        "ClickHouseInstallation",
        "ClickHouse",
        Fate::Unknown,
        "its operator decides",
    ),
    row("redis.redis.opstreelabs.in", "*", "Redis", Fate::Unknown, "its operator decides"),
    row("databases.spotahome.com", "RedisFailover", "Redis", Fate::Unknown, "its operator decides"),
    row("rabbitmq.com", "RabbitmqCluster", "RabbitMQ cluster", Fate::Erased, "its claims belong to it"),
    row("ceph.rook.io", "CephCluster", "Ceph cluster", Fate::Unknown, "cleanupPolicy decides"),
    row("ceph.rook.io", "CephBlockPool", "Ceph pool", Fate::Erased, "the pool goes with it"),
    row(
        "ceph.rook.io",
        "CephFilesystem",
        "Ceph filesystem",
        Fate::Unknown,
        "preserveFilesystemOnDelete decides",
    ),
    row("ceph.rook.io", "CephObjectStore", "Ceph object store", Fate::Unknown, "its operator decides"),
    row("objectbucket.io", "ObjectBucketClaim", "bucket", Fate::Unknown, "the storage class decides"),
    row("longhorn.io", "Volume", "Longhorn volume", Fate::Erased, "the volume goes with it"),
    row("minio.min.io", "Tenant", "MinIO tenant", Fate::Unknown, "its operator decides"),
    row("vault.banzaicloud.com", "Vault", "Vault", Fate::Unknown, "its operator decides"),
    row(
        "velero.io",
        "BackupStorageLocation",
        "backup location",
        Fate::Kept,
        "the bucket stays, its backups are no longer known",
    ),
    row(
        "velero.io",
        "Backup",
        "backup record",
        Fate::Kept,
        "the bucket keeps it until it is synced or expires",
    ),
    row("velero.io", "Schedule", "backup schedule", Fate::Kept, "no new backups are taken"),
    with(
        row(
            "snapshot.storage.k8s.io",
            "VolumeSnapshotContent",
            "volume snapshot",
            Fate::Unknown,
            "deletionPolicy decides",
        ),
        "/spec/deletionPolicy",
        &["Retain"],
        &["Delete"],
    ),
    row(
        "snapshot.storage.k8s.io",
        "VolumeSnapshot",
        "volume snapshot",
        Fate::Unknown,
        "its content's deletionPolicy decides",
    ),
    with(
        row(".upbound.io", "*", "cloud resource", Fate::Erased, "Crossplane deletes it in the cloud"),
        "/spec/deletionPolicy",
        &["Orphan"],
        &["Delete"],
    ),
    with(
        row(".crossplane.io", "*", "cloud resource", Fate::Erased, "Crossplane deletes it in the cloud"),
        "/spec/deletionPolicy",
        &["Orphan"],
        &["Delete"],
    ),
    with(
        row(".services.k8s.aws", "*", "cloud resource", Fate::Erased, "ACK deletes it in the cloud"),
        "/metadata/annotations/services.k8s.aws~1deletion-policy",
        &["retain"],
        &["delete"],
    ),
    with(
        row(
            ".cnrm.cloud.google.com",
            "*",
            "cloud resource",
            Fate::Erased,
            "Config Connector deletes it in the cloud",
        ),
        "/metadata/annotations/cnrm.cloud.google.com~1deletion-policy",
        &["abandon"],
        &["delete", "none"],
    ),
    row(
        "cluster.x-k8s.io",
        "Cluster",
        "Kubernetes cluster",
        Fate::Erased,
        "Cluster API deletes its machines",
    ),
    row("cluster.x-k8s.io", "Machine", "machine", Fate::Erased, "Cluster API deletes it"),
    row("cluster.x-k8s.io", "MachineDeployment", "machines", Fate::Erased, "Cluster API deletes them"),
];

/// The row for a kind.
pub fn operator(group: &str, kind: &str) -> Option<&'static Operator> {
    OPERATORS.iter().find(|o| {
        let fits = if o.group.starts_with('.') { group.ends_with(o.group) } else { o.group == group };
        // Providers' own configuration is no cloud resource.
        let own = ["pkg.crossplane.io", "apiextensions.crossplane.io", "meta.pkg.crossplane.io"]
            .contains(&group)
            || kind.starts_with("ProviderConfig")
            || group == "core.cnrm.cloud.google.com";
        fits && (o.kind == kind || o.kind == "*") && !(o.group.starts_with('.') && own)
    })
}

/// What becomes of the data of one object, and why.
pub fn fate(row: &Operator, object: Option<&serde_json::Value>) -> (Fate, String) {
    if let (Some(policy), Some(object)) = (row.policy, object)
        && let Some(value) = object.pointer(policy.at)
    {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let name = policy.at.rsplit('/').next().unwrap_or_default().replace("~1", "/");
        let because = format!("{name} {value}");
        return if policy.keeps.contains(&value.as_str()) {
            (Fate::Kept, because)
        } else if policy.erases.contains(&value.as_str()) {
            (Fate::Erased, because)
        } else {
            (Fate::Unknown, because)
        };
    }
    (row.fate, row.because.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn rows_are_found_by_group_and_kind() {
        assert_eq!(operator("postgresql.cnpg.io", "Cluster").map(|o| o.what), Some("PostgreSQL cluster"));
        assert_eq!(operator("cluster.x-k8s.io", "Cluster").map(|o| o.what), Some("Kubernetes cluster"));
        assert_eq!(operator("rds.aws.upbound.io", "Instance").map(|o| o.what), Some("cloud resource"));
        assert_eq!(operator("s3.services.k8s.aws", "Bucket").map(|o| o.what), Some("cloud resource"));
        assert!(operator("pkg.crossplane.io", "Provider").is_none());
        assert!(operator("aws.upbound.io", "ProviderConfig").is_none());
        assert!(operator("postgresql.cnpg.io", "Pooler").is_none());
        assert!(operator("", "ConfigMap").is_none());
    }

    #[test]
    fn the_object_decides_where_it_has_a_say() {
        let es = operator("elasticsearch.k8s.elastic.co", "Elasticsearch").unwrap();
        assert_eq!(fate(es, None).0, Fate::Erased);
        let kept = json!({"spec": {"volumeClaimDeletePolicy": "DeleteOnScaledownOnly"}});
        assert_eq!(
            fate(es, Some(&kept)),
            (Fate::Kept, "volumeClaimDeletePolicy DeleteOnScaledownOnly".into())
        );
        let pool = operator("kafka.strimzi.io", "KafkaNodePool").unwrap();
        assert_eq!(fate(pool, Some(&json!({"spec": {"storage": {"deleteClaim": true}}}))).0, Fate::Erased);
        let bucket = operator("s3.services.k8s.aws", "Bucket").unwrap();
        let kept = json!({"metadata": {"annotations": {"services.k8s.aws/deletion-policy": "retain"}}});
        assert_eq!(fate(bucket, Some(&kept)).0, Fate::Kept);
        assert_eq!(fate(bucket, Some(&json!({"spec": {}}))).0, Fate::Erased);
    }

    #[test]
    fn every_row_says_why() {
        assert!(OPERATORS.iter().all(|o| !o.because.is_empty() && !o.what.is_empty()));
    }
}
