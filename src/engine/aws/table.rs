//! What the name of a command says, without its arguments.

use crate::engine::aws::tables;
use crate::engine::effect::Effect;

/// The effect of the ordinary form of a command, and why. `operation` are the words after the service's.
///
/// The lists first, then tags, then the verb. A name whose verb no operation has is unknown: never a read.
pub fn effect(service: &[u8], operation: &[&[u8]]) -> (Effect, &'static str) {
    if !tables::is_service(service) {
        return (Effect::Unknown, "no command of this CLI: an alias, or a newer CLI");
    }
    let Some(name) = operation.last() else {
        let own = tables::exception(service);
        return own.map_or((Effect::Read, "only prints its usage"), |effect| {
            (effect, "a command of the CLI's own")
        });
    };
    if operation.first() == Some(&b"wait".as_slice()) {
        return (Effect::Read, "only waits");
    }
    let mut command = service.to_vec();
    for word in operation {
        command.push(b' ');
        command.extend_from_slice(word);
    }
    if let Some(effect) = tables::exception(&command) {
        return (effect, "in the list of commands");
    }
    if is_about_tags(name) {
        return (Effect::Mutate, "changes tags");
    }
    match tables::verb(verb(name)) {
        Some(effect) => (effect, "by the verb of its name"),
        None => (Effect::Unknown, "an operation with a verb guard does not know"),
    }
}

/// The word of a name that says what is done: the first, or the second after `batch-` and its like.
fn verb(name: &[u8]) -> &[u8] {
    let mut words = name.split(|b| *b == b'-');
    let first = words.next().unwrap_or(name);
    match first {
        b"batch" | b"bulk" | b"admin" => words.next().unwrap_or(first),
        _ => first,
    }
}

fn is_about_tags(name: &[u8]) -> bool {
    let tag = |rest: &[u8]| {
        matches!(rest, b"tag" | b"tags") || rest.starts_with(b"tag-") || rest.starts_with(b"tags-")
    };
    name.starts_with(b"untag-")
        || name.starts_with(b"tag-")
        || [b"delete-".as_slice(), b"remove-", b"create-"]
            .iter()
            .any(|v| name.strip_prefix(*v).is_some_and(tag))
        || name.windows(9).any(|w| w == b"tags-from")
}

#[cfg(test)]
#[path = "table_tests.rs"]
mod listed;

#[cfg(test)]
mod tests {
    use super::effect;
    use crate::engine::effect::Effect::{self, Destroy, Disrupt, Mutate, Read, Unknown};

    fn of(line: &str) -> Effect {
        let mut words = line.split(' ').map(str::as_bytes);
        let service = words.next().unwrap_or_default();
        effect(service, &words.collect::<Vec<_>>()).0
    }

    #[test]
    fn lists_come_before_verbs_and_what_is_not_known_is_no_read() {
        for (line, want) in [
            ("ec2 describe-instances", Read),
            ("ec2 terminate-instances", Destroy),
            ("ec2 stop-instances", Disrupt),
            ("ec2 create-tags", Mutate),
            ("ec2 delete-tags", Mutate),
            ("acm remove-tags-from-certificate", Mutate),
            ("cloudformation wait stack-delete-complete", Read),
            ("kms schedule-key-deletion", Destroy),
            ("ecr batch-delete-image", Destroy),
            ("cognito-idp admin-delete-user", Destroy),
            ("s3 ls", Read),
            ("s3 rb", Destroy),
            ("configure set", Mutate),
            ("configure", Mutate),
            ("s3", Read),
            ("eks get-token", Read),
            ("ecr get-login-password", Read),
            ("secretsmanager validate-resource-policy", Read),
            ("iam delete-role-policy", Destroy),
            ("s3api put-bucket-policy", Disrupt),
            ("iam attach-role-policy", Mutate),
            ("ec2 frobnicate-instances", Unknown),
            ("ec2 Terminate-Instances", Unknown),
            ("nuke", Unknown),
            ("cloudform delete-stack", Unknown),
            ("ec2 delete-something-new", Destroy),
            ("ec2 describe-something-new", Read),
        ] {
            assert_eq!(of(line), want, "{line}");
        }
    }
}
