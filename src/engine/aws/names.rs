//! What a command hits, as a person would name it.

use super::hit::Hit;
use super::{arn, naming};
use std::collections::BTreeSet;

/// The names of what is hit, in the order given, each once.
pub fn resources(hit: &Hit) -> Vec<String> {
    if hit.service == "s3" {
        return each_once(paths(hit).into_iter().map(short));
    }
    if matches!(hit.service.as_str(), "s3api" | "s3control")
        && let Some(bucket) = hit.value("bucket")
    {
        let key = hit.value("key").or_else(|| hit.value("prefix"));
        let bucket = short(bucket);
        return each_once(std::iter::once(key.map_or(bucket.clone(), |key| format!("{bucket}/{key}"))));
    }
    let options = targets(hit);
    let given = options.iter().filter(|option| !naming::speaks(option)).flat_map(|option| hit.list(option));
    let names = given.filter(|value| !naming::is_document(value)).flat_map(|value| values(value));
    each_once(names.map(|name| short(&name)))
}

/// Names that say anything, each once: a line may hold ten thousand of them.
pub(super) fn each_once(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut seen = BTreeSet::new();
    names.filter(|name| !name.is_empty() && seen.insert(name.clone())).collect()
}

/// What kind of thing the operation's name speaks of, in the words of the CLI: `stack`, `db-instance`, `instance`.
pub fn kind(hit: &Hit) -> String {
    match (hit.service.as_str(), hit.operation.as_str()) {
        ("s3", "rb" | "mb" | "website") => return "bucket".to_owned(),
        ("s3", _) => return "object".to_owned(),
        _ => {}
    }
    one_of(&noun_of(&hit.operation))
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

/// Whether everything of a kind goes: a whole bucket, or what is one per account and worth as much.
pub fn whole(hit: &Hit) -> bool {
    let root = |path: &String| {
        let rest = path.strip_prefix("s3://").unwrap_or(path);
        path.starts_with("s3://") && !rest.trim_end_matches('/').contains('/')
    };
    match (hit.service.as_str(), hit.operation.as_str()) {
        ("s3", "rb") => hit.has("force"),
        ("s3", "rm" | "mv") => hit.has("recursive") && hit.operands.first().is_some_and(root),
        ("s3", "sync") => hit.has("delete") && hit.operands.get(1).is_some_and(root),
        _ => hit.resources.is_empty() && is_account_wide(hit),
    }
}

/// Operations of the reviewed list that name nothing and cost a whole account or estate.
fn is_account_wide(hit: &Hit) -> bool {
    #[cfg(feature = "cli")]
    if let Some(reviewed) = super::reviewed(&hit.service, &hit.operation) {
        return reviewed.severity == 5 && !reviewed.target.contains("--");
    }
    matches!(
        (hit.service.as_str(), hit.operation.as_str()),
        ("organizations", "leave-organization" | "delete-organization")
    )
}

/// The paths of an `s3` command that lose something: the last of two, or the only one; both of `mv`.
pub(super) fn paths(hit: &Hit) -> Vec<&str> {
    let remote = |path: &&String| path.starts_with("s3://");
    match (hit.operation.as_str(), hit.operands.as_slice()) {
        ("cp" | "sync", [_, to, ..]) => vec![to],
        ("mv", [from, ..]) => vec![from],
        ("rb" | "mb" | "website", operands) => operands.iter().map(String::as_str).collect(),
        (_, operands) => operands.iter().filter(remote).map(String::as_str).collect(),
    }
}

/// The options that name what is hit.
fn targets(hit: &Hit) -> Vec<String> {
    #[cfg(feature = "cli")]
    if let Some(reviewed) = super::reviewed(&hit.service, &hit.operation) {
        let named: Vec<String> = reviewed
            .target
            .split(',')
            .filter_map(|option| option.strip_prefix("--"))
            .filter(|option| hit.has(option) && !naming::speaks(option))
            .filter(|option| !hit.list(option).iter().any(|value| naming::is_document(value)))
            .map(str::to_owned)
            .collect();
        // Of `--cluster c --service s` the last names what goes, the others say where it is. Alternatives
        // (`--stream-name`, `--stream-arn`) never stand together.
        if let Some(last) = named.last() {
            return vec![last.clone()];
        }
    }
    best(hit).map(str::to_owned).into_iter().collect()
}

/// The option that looks most like the one that names what is hit.
pub(super) fn best(hit: &Hit) -> Option<&str> {
    let mut best: Option<(u8, &str)> = None;
    for (option, values) in &hit.options {
        if values.is_empty() {
            continue;
        }
        // What is said or written there is a name only where nothing else is.
        let text = naming::speaks(option) || values.iter().any(|value| naming::is_document(value));
        let rank = rank(option, &hit.operation).min(if text { 1 } else { u8::MAX });
        if rank > 0 && best.is_none_or(|(have, _)| rank > have) {
            best = Some((rank, option));
        }
    }
    best.map(|(_, option)| option)
}

/// How much an option looks like the one that names the thing of `delete-THING`.
pub(super) fn rank(option: &str, operation: &str) -> u8 {
    let noun = operation.split_once('-').map_or(operation, |(_, noun)| noun);
    let stem = |word: &str| word.strip_suffix('s').unwrap_or(word).to_owned();
    let base =
        ["-ids", "-names", "-arns", "-identifiers", "-id", "-name", "-arn", "-identifier", "-url", "-list"]
            .iter()
            .find_map(|end| option.strip_suffix(end));
    match base {
        Some(base) if stem(base) == stem(noun) => 9,
        None if stem(option) == stem(noun) => 8,
        Some(base) if stem(noun).ends_with(&format!("-{}", stem(base))) => 7,
        Some(base) if stem(base).ends_with(&format!("-{}", stem(noun))) => 7,
        None if matches!(option, "name" | "names" | "id" | "ids" | "arn" | "arns" | "identifier") => 6,
        Some("resource") => 5,
        Some(base) if noun.contains(base) => 4,
        Some("client-token" | "role" | "client-request") => 0,
        Some(_) => 2,
        None => 0,
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

#[cfg(test)]
mod tests {
    use crate::engine::aws::{Documents, hit};

    fn of(line: &str) -> Vec<String> {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        hit(&words, &Documents::none()).resources
    }

    #[test]
    fn things_are_named_as_a_person_would() {
        for (line, want) in [
            ("cloudformation delete-stack --stack-name app", vec!["app"]),
            ("ec2 terminate-instances --instance-ids i-1 i-2", vec!["i-1", "i-2"]),
            ("s3 rm s3://bucket/prefix/ --recursive", vec!["bucket/prefix"]),
            ("s3 rb s3://bucket --force", vec!["bucket"]),
            ("s3 sync . s3://bucket/www --delete", vec!["bucket/www"]),
            ("s3api delete-object --bucket b --key a/k", vec!["b/a/k"]),
            ("s3api delete-bucket --bucket b", vec!["b"]),
            ("sns delete-topic --topic-arn arn:aws:sns:eu-west-1:111111111111:orders", vec!["orders"]),
            ("sqs purge-queue --queue-url https://sqs.eu-west-1.amazonaws.com/1/q", vec!["q"]),
            ("ecs delete-service --cluster c --service s", vec!["s"]),
            ("acm-pca delete-policy --resource-arn arn:aws:acm-pca:r:1:certificate-authority/x", vec!["x"]),
            ("efs delete-replication-configuration --source-file-system-id fs-1", vec!["fs-1"]),
            ("securityhub disable-security-hub", vec![]),
        ] {
            assert_eq!(of(line), want, "{line}");
        }
    }
}
