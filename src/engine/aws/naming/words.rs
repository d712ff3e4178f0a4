//! The names of options by what they say: where, what, which version of it; or only how.
//!
//! The words come from the names of all required options of the operations that destroy or stop something (AWS CLI 1.46.3,
//! 3,700 operations); `law_tests.rs` beside this file holds the rule against all of them.

/// Options that say where the thing is that another option names, the outermost first; those of a command's own row come
/// before them.
pub(super) const PLACES: &[&str] = &[
    "bucket",
    "catalog-id",
    "hosted-zone-id",
    "cluster",
    "cluster-arn",
    "cluster-name",
    "cluster-identifier",
    "db-cluster-identifier",
    "db-instance-identifier",
    "keyspace-name",
    "database-name",
    "table-name",
    "repository-name",
    "stack-name",
    "stack-set-name",
    "rest-api-id",
    "api-id",
    "application-id",
    "application-name",
    "user-pool-id",
    "identity-pool-id",
    "identity-store-id",
    "directory-id",
    "vault-name",
    "backup-vault-name",
    "auto-scaling-group-name",
    "load-balancer-name",
    "load-balancer-arn",
    "listener-arn",
    "target-group-arn",
    "function-name",
    "log-group-name",
    "event-bus-name",
    "queue-url",
    "topic-arn",
    "detector-id",
    "graph-arn",
    "instance-arn",
    "file-system-id",
    "network-acl-id",
    "route-table-id",
    "domain-id",
    "workspace-id",
    "project-name",
    "job-name",
    "thing-name",
    "role-name",
    "user-name",
    "group-name",
];

/// Options that name the account whose it is; where that is the one at work the phrase has it already.
pub(super) const ACCOUNTS: &[&str] = &["account-id", "aws-account-id", "catalog-id", "registry-id"];

/// Options that stand before all others: whose it is.
pub(super) const OWNERS: &[&str] =
    &["account-id", "aws-account-id", "registry-id", "scope", "service-namespace", "catalog", "domain"];

/// Other options that rather say where a thing is than which one.
pub(super) const PARENTS: &[&str] = &[
    "app-id",
    "app-monitor-name",
    "domain-identifier",
    "domain-name",
    "gateway-arn",
    "gateway-identifier",
    "instance-id",
    "profiling-group-name",
    "repository",
    "resource-arn",
    "resource-id",
    "stage-arn",
];

/// How the names of options end that name something.
pub(super) const WORDS: &[&str] = &[
    "account",
    "action",
    "address",
    "alias",
    "application",
    "arn",
    "asn",
    "attribute",
    "block",
    "branch",
    "bucket",
    "case",
    "catalog",
    "category",
    "channel",
    "cidr",
    "cidrip",
    "cluster",
    "config",
    "connection",
    "content",
    "database",
    "date",
    "destination",
    "device",
    "dimension",
    "domain",
    "endpoint",
    "entity",
    "environment",
    "event",
    "field",
    "file",
    "firewall",
    "format",
    "function",
    "group",
    "handle",
    "host",
    "id",
    "identifier",
    "identity",
    "image",
    "index",
    "instance",
    "integration",
    "ip",
    "job",
    "key",
    "keyword",
    "label",
    "locale",
    "member",
    "method",
    "name",
    "namespace",
    "number",
    "origin",
    "package",
    "page",
    "path",
    "policies",
    "pool",
    "port",
    "prefix",
    "principal",
    "protocol",
    "provider",
    "qualifier",
    "queue",
    "region",
    "repository",
    "resource",
    "revision",
    "role",
    "rule",
    "run",
    "schema",
    "scope",
    "serial",
    "service",
    "set",
    "shard",
    "split",
    "merge",
    "specifier",
    "store",
    "stream",
    "subtype",
    "table",
    "target",
    "task",
    "timestamp",
    "topic",
    "type",
    "uri",
    "url",
    "user",
    "username",
    "uuid",
    "version",
    "zone",
];

/// Options that name something although their last word does not say so.
pub(super) const ALSO: &[&str] = &[
    "chat-configuration",
    "iso-country-code",
    "mrap",
    "quota-code",
    "record-identifier-value-as-string",
    "retrieval-token",
    "service-code",
    "status-code",
    "sync-source",
    "task-definition",
    "job-definition",
    "daemon-task-definition",
];

/// Options that name what a command makes, uses or reports to, or how a thing is set, and not what is hit; the ones in whose
/// command's own name the word stands do (`remove-role-from-db-cluster --role-arn`).
pub(super) const USED: &[&str] = &[
    "ca-certificate-identifier",
    "content-type",
    "db-instance-class",
    "engine-version",
    "execution-role",
    "ip-address-type",
    "kms-key-arn",
    "kms-key-id",
    "kms-key-identifier",
    "license-type",
    "network-type",
    "node-type",
    "role-arn",
    "service-role",
    "storage-type",
];

/// How the names of such options begin.
pub(super) const OF_SETTINGS: &[&str] = &[
    "current-",
    "default-",
    "desired-",
    "expected-",
    "final-",
    "latest-",
    "max-",
    "min-",
    "new-",
    "next-",
    "output-",
    "preferred-",
    "previous-",
];

/// Options that say which version of a thing that another option names.
pub(super) const VERSIONS: &[&str] = &[
    "qualifier",
    "revision",
    "revision-number",
    "version",
    "version-id",
    "version-identifier",
    "version-number",
];

/// Names that have slashes in them as a rule: `SERVICE`, the option. Keys of S3, parameters, secrets, log groups,
/// repositories, aliases of keys, networks, hosted zones (`/hostedzone/Z1`).
pub(super) const SLASHES: &[(&str, &str)] = &[
    ("amplify", "branch-name"),
    ("application-autoscaling", "resource-id"),
    ("codecommit", "branch-name"),
    ("ec2", "destination-cidr-block"),
    ("ec2", "destination-ipv6-cidr-block"),
    ("ecr", "repository-name"),
    ("ecr-public", "repository-name"),
    ("kms", "alias-name"),
    ("kms", "key-id"),
    ("logs", "log-group-identifier"),
    ("logs", "log-group-name"),
    ("logs", "log-stream-name"),
    ("route53", "hosted-zone-id"),
    ("route53", "id"),
    ("s3api", "delete"),
    ("s3api", "key"),
    ("s3api", "prefix"),
    ("secretsmanager", "secret-id"),
    ("ssm", "name"),
    ("ssm", "names"),
];

/// Whether phrases told the option as a place before there was a rule.
pub(super) fn is_listed(option: &str) -> bool {
    PLACES.contains(&option)
}

/// Whether the option says whose it is.
pub(super) fn is_account(option: &str) -> bool {
    ACCOUNTS.contains(&option)
}

/// Whether names of this option usually have slashes in them.
pub(super) fn has_slashes(service: &str, option: &str) -> bool {
    SLASHES.contains(&(service, option))
}

/// Whether the value counts to the last byte: a key with a slash at its end is another key.
pub(super) fn is_exact(option: &str) -> bool {
    matches!(option, "key" | "prefix")
}
