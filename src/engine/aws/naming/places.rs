//! Which options name something, and in which order a phrase says them: the rule for every operation that no table speaks of.
//!
//! The words come from the names of all required options of the operations that destroy or stop something (AWS CLI 1.46.3,
//! 3,700 operations); `laws.rs` beside this file holds the rule against all of them.

use super::beside::is_quiet;
use super::document::{is_document, speaks};
use super::step::Step;
use crate::engine::aws::hit::Hit;
use crate::engine::aws::{names, redact_option};
use std::cmp::Reverse;

/// Options that say where the thing is that another option names, the outermost first; those of a command's own row come
/// before them.
const PLACES: &[&str] = &[
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
const ACCOUNTS: &[&str] = &["account-id", "aws-account-id", "catalog-id", "registry-id"];

/// Options that stand before all others: whose it is.
const OWNERS: &[&str] =
    &["account-id", "aws-account-id", "registry-id", "scope", "service-namespace", "catalog", "domain"];

/// Other options that rather say where a thing is than which one.
const PARENTS: &[&str] = &[
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
const WORDS: &[&str] = &[
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
const ALSO: &[&str] = &[
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
const USED: &[&str] = &[
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
const OF_SETTINGS: &[&str] = &[
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
const VERSIONS: &[&str] = &[
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
const SLASHES: &[(&str, &str)] = &[
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

/// The accounts and the places in the closed list that were given and that the path does not have.
pub(super) fn outer(hit: &Hit, path: &[Step<'_>]) -> Vec<&'static str> {
    let have = |option: &str| path.iter().any(|step| step.option == option);
    let accounts = ACCOUNTS.iter().filter(|option| !is_listed(option));
    accounts.chain(PLACES).copied().filter(|option| hit.has(option) && !have(option)).collect()
}

/// The version of what a table's path names, where one was given that the path does not have.
pub(super) fn version(hit: &Hit, path: &[String]) -> Option<String> {
    let have = |option: &str| path.iter().any(|step| step.trim_start_matches(['%', '#', '@']) == option);
    let version = given(hit).find(|option| VERSIONS.contains(option) && !have(option))?;
    (!path.iter().any(|step| step.starts_with('%'))).then(|| format!("%{version}"))
}

/// The path of a command that no table speaks of: owners, places, what is hit, and its version behind a `%`.
pub(super) fn path(hit: &Hit) -> Vec<String> {
    let Some(own) = own(hit) else { return fallback(hit).map(str::to_owned).into_iter().collect() };
    let stem = own.rsplit_once('-').map_or(own, |(stem, _)| stem);
    let versions: Vec<&str> = given(hit)
        .filter(|option| *option != own)
        .filter(|option| {
            VERSIONS.contains(option)
                || option.strip_suffix("-version").is_some_and(|of| of == stem || of == own)
        })
        .take(1)
        .collect();
    let mut places: Vec<&str> = given(hit)
        .filter(|option| *option != own && !versions.contains(option) && names_one(hit, option))
        .collect();
    places.sort_unstable_by_key(|option| order(option));
    places.dedup();
    places
        .into_iter()
        .chain([own])
        .map(str::to_owned)
        .chain(versions.iter().map(|option| format!("%{option}")))
        .collect()
}

/// Whether an option rather says where than what.
fn is_parent(option: &str) -> bool {
    [OWNERS, PLACES, PARENTS].iter().any(|list| list.contains(&option))
}

/// Where an option stands: whose it is, then the known places, then the others by name.
fn order(option: &str) -> (usize, &str) {
    let at = |list: &[&str]| list.iter().position(|have| *have == option);
    let place = OWNERS.len() + PLACES.len();
    let known = at(OWNERS).or_else(|| at(PLACES).map(|at| OWNERS.len() + at));
    (known.unwrap_or(if is_parent(option) { place } else { place + 1 }), option)
}

/// Every option that has a value.
fn given(hit: &Hit) -> impl Iterator<Item = &str> {
    hit.options.iter().map(|(option, _)| option.as_str()).filter(|option| !hit.list(option).is_empty())
}

/// The option that says what is hit itself: the one most like what the operation's name speaks of.
fn own(hit: &Hit) -> Option<&str> {
    // Without `batch-` and its like.
    let operation = format!("x-{}", names::noun_of(&hit.operation));
    let rated = given(hit).filter_map(|option| {
        let text = speaks(option) || hit.list(option).iter().any(|value| is_document(value));
        let named = !text && is_name(hit, option) && is_shown(hit, option);
        let rank = match names::rank(option, &operation) {
            // `admin-disable-user --username`
            0 if option == "username" && operation.contains("user") => 7,
            rank if !named => rank.min(1),
            rank => rank,
        };
        // Of `channel-membership` the member counts, not the channel: what is spoken of stands last.
        let stem = option.split('-').next().unwrap_or(option);
        let last = operation.rfind(stem);
        (named || rank > 0 && !is_quiet(option) && !is_used(hit, option)).then_some((
            named,
            rank,
            !is_listed(option),
            last,
            Reverse(option),
            option,
        ))
    });
    rated.max().map(|(.., option)| option)
}

/// Where nothing looks like a name: whatever text was given, unless it is a remark or a number.
fn fallback(hit: &Hit) -> Option<&str> {
    const REMARKS: [&str; 6] = ["reason", "description", "comment", "token", "message", "policy"];
    let plain = |value: &str| {
        value.bytes().any(|b| b.is_ascii_alphabetic())
            && !matches!(value, "true" | "false")
            && !is_document(value)
    };
    given(hit)
        .filter(|option| !option.rsplit('-').next().is_some_and(|last| REMARKS.contains(&last)))
        .filter(|option| !is_quiet(option) && !speaks(option) && is_shown(hit, option))
        .filter(|option| matches!(hit.list(option), [one] if plain(one)))
        .min()
}

/// Whether an option names one thing: not a list, not a document, not a secret.
fn names_one(hit: &Hit, option: &str) -> bool {
    matches!(hit.list(option), [one] if !is_document(one)) && is_name(hit, option) && is_shown(hit, option)
}

/// Whether nothing of its value has to be kept from sight.
fn is_shown(hit: &Hit, option: &str) -> bool {
    let command = hit.verb();
    hit.list(option).iter().all(|value| redact_option(&command, option, value) == *value)
}

/// Whether an option names something of what is hit.
fn is_name(hit: &Hit, option: &str) -> bool {
    let last = option.rsplit('-').next().unwrap_or(option);
    let one = names::one_of(last);
    let named = WORDS.contains(&last) || WORDS.contains(&one.as_str()) || ALSO.contains(&option);
    named && !speaks(option) && !is_quiet(option) && !is_used(hit, option)
}

/// Whether an option names what is used or made, and not what is hit.
fn is_used(hit: &Hit, option: &str) -> bool {
    let used = USED.contains(&option)
        || ["-role-arn", "-kms-key-id"].iter().any(|end| option.ends_with(end))
        || OF_SETTINGS.iter().any(|start| option.starts_with(start));
    let spoken = || {
        let noun = names::noun_of(&hit.operation);
        let word = option.split('-').find(|word| !matches!(*word, "service" | "execution" | "kms"));
        word.is_some_and(|word| noun.split('-').any(|part| part == word))
    };
    used && !spoken()
}
