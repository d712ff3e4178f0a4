//! Amazon Resource Names among the arguments: `arn:partition:service:region:account:resource`.

use super::hit::Hit;

/// Where an argument points that may not be where the command goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arn {
    /// The account it names, twelve digits; empty when the ARN has none.
    pub account: String,
    /// The region it names; empty when the ARN has none.
    pub region: String,
    /// The option it stands in, without dashes; empty for an operand.
    pub option: String,
}

/// The parts of an ARN: service, region, account, resource.
pub fn parts(text: &str) -> Option<(&str, &str, &str, &str)> {
    let mut fields = text.splitn(6, ':');
    let (arn, partition) = (fields.next()?, fields.next()?);
    let (service, region, account, resource) =
        (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    (arn == "arn" && partition.starts_with("aws")).then_some((service, region, account, resource))
}

/// Whether this is an account's id: twelve digits. `aws` stands in ARNs of what belongs to AWS itself.
pub fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit())
}

/// Every account and region the arguments name, for the resolver to compare with the command's own.
pub fn elsewhere(hit: &Hit) -> Vec<Arn> {
    let mut out: Vec<Arn> = Vec::new();
    let mut add = |account: &str, region: &str, option: &str| {
        let arn = Arn {
            account: if is_account(account) { account.to_owned() } else { String::new() },
            region: region.to_owned(),
            option: option.to_owned(),
        };
        let names_a_place = !arn.account.is_empty() || !arn.region.is_empty();
        if names_a_place && !out.contains(&arn) {
            out.push(arn);
        }
    };
    for (option, values) in &hit.options {
        for value in values {
            for text in within(value) {
                if let Some((_, region, account, _)) = parts(text) {
                    add(account, region, option);
                }
            }
            if matches!(
                option.as_str(),
                "account-id" | "aws-account-id" | "catalog-id" | "registry-id" | "owner-account-id"
            ) {
                add(value, "", option);
            }
            // https://sqs.eu-west-1.amazonaws.com/111111111111/queue
            if let Some((host, path)) =
                value.strip_prefix("https://sqs.").and_then(|rest| rest.split_once('/'))
            {
                add(
                    path.split('/').next().unwrap_or_default(),
                    host.split('.').next().unwrap_or_default(),
                    option,
                );
            }
        }
    }
    for operand in &hit.operands {
        let text = operand.strip_prefix("s3://").unwrap_or(operand);
        if let Some((_, region, account, _)) = parts(text) {
            add(account, region, "");
        }
    }
    out
}

/// The ARNs inside a value, which may be JSON or shorthand.
fn within(value: &str) -> impl Iterator<Item = &str> {
    value
        .split(|c: char| c.is_whitespace() || "\"',=[]{}()".contains(c))
        .filter(|part| part.starts_with("arn:"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::aws::{Documents, hit};

    fn of(line: &str) -> Vec<String> {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let all = elsewhere(&hit(&words, &Documents::none()));
        all.iter().map(|a| format!("{}/{}/{}", a.option, a.account, a.region)).collect()
    }

    #[test]
    fn accounts_and_regions_are_found_wherever_they_stand() {
        for (line, want) in [
            (
                "sns delete-topic --topic-arn arn:aws:sns:eu-west-1:222222222222:orders",
                vec!["topic-arn/222222222222/eu-west-1"],
            ),
            (
                "s3control delete-bucket --account-id 222222222222 --bucket b",
                vec!["account-id/222222222222/"],
            ),
            (
                "sqs purge-queue --queue-url https://sqs.eu-west-1.amazonaws.com/222222222222/q",
                vec!["queue-url/222222222222/eu-west-1"],
            ),
            ("s3 rm s3://arn:aws:s3:us-west-2:222222222222:accesspoint/p/k", vec!["/222222222222/us-west-2"]),
            ("iam detach-role-policy --role-name r --policy-arn arn:aws:iam::aws:policy/Admin", vec![]),
            ("x delete-y --list [\"arn:aws:x:r:222222222222:a/b\"]", vec!["list/222222222222/r"]),
            ("ec2 terminate-instances --instance-ids i-1", vec![]),
        ] {
            assert_eq!(of(line), want, "{line}");
        }
    }
}
