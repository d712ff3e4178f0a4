//! The name inside a value, and inside an operation's name: ARNs, URLs, paths, lists, plurals.

use super::arn;
use std::collections::BTreeSet;

/// Names that say anything, each once: a line may hold ten thousand of them.
pub(super) fn each_once(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    names.filter(|name| !name.is_empty() && seen.insert(name.clone())).collect()
}

/// What stands behind the verb of an operation's name: `db-instance` of `delete-db-instance`.
pub(super) fn noun_of(operation: &str) -> String {
    let name = operation.rsplit(' ').next().unwrap_or_default();
    let mut words = name.split('-');
    if matches!(words.next(), Some("batch" | "bulk" | "admin")) {
        words.next();
    }
    words.collect::<Vec<_>>().join("-")
}

/// One of several: `policy` of `policies`. `tests/aws/refresh-kinds` has the same.
pub(super) fn one_of(noun: &str) -> String {
    if let Some(stem) = noun.strip_suffix("ies") {
        return format!("{stem}y");
    }
    // access, status, analysis, alias, bus
    if ["ss", "us", "is", "as"].iter().any(|end| noun.ends_with(end)) {
        return noun.to_owned();
    }
    match noun.strip_suffix('s') {
        Some(one) if one.ends_with("sse") => one.strip_suffix('e').unwrap_or(one).to_owned(),
        Some(one) => one.to_owned(),
        None => noun.to_owned(),
    }
}

/// The names inside a value: JSON lists count one by one.
pub(super) fn values(value: &str) -> Vec<String> {
    #[cfg(feature = "cli")]
    if let Some(serde_json::Value::Array(list)) = super::value::read(value) {
        return list.iter().filter_map(super::value::scalar).collect();
    }
    vec![value.to_owned()]
}

/// The name in an ARN or URL; `bucket/prefix` of an S3 path.
pub(super) fn short(value: &str) -> String {
    path_of(value).pop().unwrap_or_default()
}

/// Where a thing is and its name, as an ARN says it: `["web", "3e1f"]` of a listener of the load balancer `web`. Of anything
/// else the name alone.
pub(super) fn path_of(value: &str) -> Vec<String> {
    let value = value.trim_end_matches(['\n', '\r']);
    let value = value.strip_prefix("s3://").unwrap_or(value);
    if let Some((service, _, _, resource)) = arn::parts(value) {
        return path_of_arn(service, resource.trim_end_matches('/'));
    }
    let name = match value.split_once("://") {
        Some((_, rest)) => {
            let rest = rest.trim_end_matches('/');
            rest.rsplit(['/', ':']).next().unwrap_or(rest)
        }
        None => value.trim_end_matches('/'),
    };
    vec![name.to_owned()]
}

/// The forms of resources are those of the service authorization reference ("Resource types defined by ...").
fn path_of_arn(service: &str, resource: &str) -> Vec<String> {
    let whole = || vec![resource.to_owned()];
    let last = || vec![resource.rsplit(['/', ':']).next().unwrap_or(resource).to_owned()];
    let parts: Vec<&str> = resource.split(['/', ':']).collect();
    let owned = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect::<Vec<_>>();
    match (service, parts.as_slice()) {
        ("s3" | "s3-outposts" | "s3-object-lambda", _) => whole(),
        ("elasticloadbalancing", ["loadbalancer", "app" | "net" | "gwy", name, _]) => owned(&[name]),
        ("elasticloadbalancing", ["targetgroup", name, _]) => owned(&[name]),
        ("elasticloadbalancing", ["listener", _, balancer, _, id]) => owned(&[balancer, id]),
        ("elasticloadbalancing", ["listener-rule", _, balancer, _, _, id]) => owned(&[balancer, id]),
        ("cloudformation", ["stack" | "changeSet" | "stackset", name, ..]) => owned(&[name]),
        ("kafka" | "apprunner", ["cluster" | "service", name, _]) => owned(&[name]),
        ("dynamodb", ["table", table, _, id, ..]) => owned(&[table, id]),
        ("ecs", ["task" | "service" | "container-instance" | "task-set", cluster, .., id]) => {
            owned(&[cluster, id])
        }
        // `task-definition/web:3`: without its revision it is another one.
        ("ecs", ["task-definition", name, revision]) => vec![format!("{name}:{revision}")],
        ("sns", [topic, id]) => owned(&[topic, id]),
        ("states", ["execution" | "express", machine, .., id]) => owned(&[machine, id]),
        ("wafv2", [_, _, name, _]) => owned(&[name]),
        ("lambda", ["function" | "layer", name, version]) => vec![format!("{name}:{version}")],
        ("mq", ["broker" | "configuration", name, _]) => owned(&[name]),
        ("codeartifact", ["repository", domain, repository]) => owned(&[domain, repository]),
        ("sso", ["permissionSet", instance, id]) => owned(&[instance, id]),
        ("eks", ["nodegroup" | "addon" | "fargateprofile", cluster, name, ..]) => owned(&[cluster, name]),
        // Names with slashes or colons in them.
        ("ecr", ["repository", ..]) | ("ssm", ["parameter", ..]) | ("secretsmanager", ["secret", ..]) => {
            let rest = resource.split_once(['/', ':']).map_or(resource, |(_, rest)| rest);
            vec![rest.to_owned()]
        }
        ("rds", [_, _, ..]) => vec![resource.split_once(':').map_or(resource, |(_, rest)| rest).to_owned()],
        ("logs", ["log-group", ..]) => {
            let rest = resource.strip_prefix("log-group:").unwrap_or(resource);
            match rest.split_once(":log-stream:") {
                Some((group, stream)) => owned(&[group, stream]),
                None => owned(&[rest.trim_end_matches(":*")]),
            }
        }
        _ => last(),
    }
}
