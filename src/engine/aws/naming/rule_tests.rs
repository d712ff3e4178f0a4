//! What the rule makes of command lines: places, names that look like something else, what only the variable tells.

use super::naming;
use super::tests::{challenge, phrase};
use crate::engine::aws::AwsTarget;
use crate::engine::aws::{Documents, hit};
use crate::engine::challenge::aws_challenge;
use crate::engine::fact::{Known, Source, Sourced};

#[test]
fn places_stand_before_what_is_hit() {
    for (line, want) in [
        ("connect delete-user --user-id u --instance-id prod", "connect-user/prod/u"),
        ("kms revoke-grant --grant-id g --key-id k", "grant/k/g"),
        ("ec2 release-address --public-ip 1.2.3.4", "address/1.2.3.4"),
        (
            "rds delete-db-instance-automated-backup --dbi-resource-id db-1",
            "db-instance-automated-backup/db-1",
        ),
        (
            "lexv2-models delete-slot --slot-id s --bot-id b --bot-version DRAFT --locale-id en --intent-id i",
            "lexv2-models-slot/b/DRAFT/i/en/s",
        ),
        ("lambda delete-function --function-name f --qualifier 3", "function/f#3"),
        ("cognito-idp admin-disable-user --user-pool-id p --username u", "cognito-idp-user/p/u"),
        (
            "chime-sdk-messaging delete-channel-membership --channel-arn c --member-arn m --chime-bearer x",
            "channel-membership/c/m",
        ),
        // The own account is said already; another one is told.
        ("quicksight delete-analysis --aws-account-id 111111111111 --analysis-id a", "analysis/a"),
        (
            "quicksight delete-analysis --aws-account-id 222222222222 --analysis-id a",
            "analysis/222222222222/a",
        ),
        ("glacier delete-vault --account-id - --vault-name v", "vault/v"),
        (
            "ecr batch-delete-image --registry-id 222222222222 --repository-name t/a --image-ids imageTag=v1",
            "ecr-image/222222222222/\"t/a\"/v1",
        ),
        // What a command makes or uses is none of what it hits.
        (
            "elasticache delete-replication-group --replication-group-id r --final-snapshot-identifier s",
            "replication-group/r",
        ),
        ("ecs deregister-task-definition --task-definition web:3", "task-definition/web:3"),
        ("xray cancel-trace-retrieval --retrieval-token t", "trace-retrieval/t"),
    ] {
        assert_eq!(phrase(line), format!("acme-prod/{want}"), "{line}");
    }
}

#[test]
fn no_two_things_have_one_phrase_because_of_what_their_names_are_made_of() {
    for (one, two) in [
        (
            "s3api delete-object --bucket logs --key a --version-id v1",
            "s3api delete-object --bucket logs --key a/v1",
        ),
        (
            "s3api delete-object --bucket logs --key a --version-id v1",
            "s3api delete-object --bucket logs --key a#v1",
        ),
        ("s3api delete-object --bucket logs --key a", "s3api delete-object --bucket logs --key a/"),
        ("s3 rm s3://logs/a", "s3 rm s3://logs/a/"),
        ("s3 rm s3://logs/a --recursive", "s3 rm s3://logs/a/*"),
        ("cloudwatch delete-alarms --alarm-names a b", "cloudwatch delete-alarms --alarm-names a+1"),
        ("cloudformation delete-stack --stack-name file://x", "cloudformation delete-stack --stack-name '*'"),
        (
            "cloudwatch delete-alarms --alarm-names 'a b'",
            r"cloudwatch delete-alarms --alarm-names 'a\u{20}b'",
        ),
        (
            "logs delete-log-stream --log-group-name /aws/a --log-stream-name b/c",
            "logs delete-log-stream --log-group-name /aws/a/b --log-stream-name c",
        ),
        (
            "ecr batch-delete-image --repository-name a/b --image-ids imageTag=c",
            "ecr batch-delete-image --repository-name a --image-ids imageTag=b/c",
        ),
        (
            "ssm send-command --document-name D --targets Key=tag:Env,Values=prod",
            "ssm send-command --document-name D --targets Key=tag:Env,Values=test",
        ),
        ("s3 rb s3://logs --force", "s3 rb s3://logs"),
        ("s3 sync s3://logs . --delete", "s3 sync . s3://logs --delete"),
    ] {
        assert_ne!(phrase(one), phrase(two), "{one}\n{two}");
    }
    assert_eq!(phrase("cloudwatch delete-alarms --alarm-names a+1"), "acme-prod/alarm/\"a+1\"");
    assert_eq!(phrase("s3 sync s3://logs . --delete"), "acme-prod/directory/./*");
    assert_eq!(
        phrase("ssm send-command --document-name D --targets Key=tag:Env,Values=prod"),
        "acme-prod/ssm-command/D/tag:Env=prod"
    );
    // The usual stays as it is.
    assert_eq!(phrase("ssm delete-parameter --name /app/db"), "acme-prod/parameter//app/db");
    assert_eq!(phrase("secretsmanager delete-secret --secret-id prod/db"), "acme-prod/secret/prod/db");
    assert_eq!(
        phrase("logs delete-log-stream --log-group-name /aws/a --log-stream-name b/c"),
        "acme-prod/log-stream/\"/aws/a\"/b/c"
    );
}

#[test]
fn the_variable_tells_what_the_phrase_does_not() {
    let of = |line: &str| {
        challenge(&shell_words::split(line).unwrap().iter().map(String::as_str).collect::<Vec<_>>())
    };
    for (one, two) in [
        (
            "rds delete-db-instance --db-instance-identifier db --skip-final-snapshot",
            "rds delete-db-instance --db-instance-identifier db --final-db-snapshot-identifier s",
        ),
        ("s3 rb s3://logs --force", "s3 rm s3://logs --recursive"),
        ("s3 sync ./www s3://logs --delete", "s3 sync ./empty s3://logs --delete"),
        ("s3 rm s3://logs --recursive", "s3 rm s3://logs --recursive --exclude '*.gz'"),
        (
            "sns delete-topic --topic-arn arn:aws:sns:eu-west-1:111111111111:orders",
            "sns delete-topic --topic-arn arn:aws:sns:us-east-1:111111111111:orders",
        ),
        (
            "sns delete-topic --topic-arn arn:aws:sns:eu-west-1:111111111111:orders",
            "sns delete-topic --topic-arn arn:aws:sns:eu-west-1:222222222222:orders",
        ),
        (
            "sqs purge-queue --queue-url https://sqs.eu-west-1.amazonaws.com/111111111111/q",
            "sqs purge-queue --queue-url https://sqs.eu-west-1.amazonaws.com/222222222222/q",
        ),
        ("s3api delete-bucket --bucket app.2024", "s3api delete-bucket --bucket app"),
    ] {
        assert_ne!(of(one).variable(), of(two).variable(), "{one}\n{two}");
    }
    for (one, two) in [
        // The order of options, how the answer is shown, and a repeated call's key mean nothing.
        (
            "rds delete-db-instance --db-instance-identifier db --skip-final-snapshot",
            "rds delete-db-instance --skip-final-snapshot --output json --no-cli-pager --db-instance-identifier db",
        ),
        (
            "cloudformation delete-stack --stack-name a",
            "cloudformation delete-stack --stack-name a --client-request-token t",
        ),
        (
            "sns delete-topic --topic-arn arn:aws:sns:eu-west-1:111111111111:orders",
            "sns delete-topic --topic-arn orders",
        ),
        ("s3 rm s3://logs --recursive", "s3 rm s3://logs/ --recursive --quiet"),
        // What a secret is does not show.
        (
            "rds modify-db-instance --db-instance-identifier db --master-user-password one",
            "rds modify-db-instance --db-instance-identifier db --master-user-password two",
        ),
    ] {
        assert_eq!(of(one).variable(), of(two).variable(), "{one}\n{two}");
    }
    assert_eq!(of("sns delete-topic --topic-arn orders").variable(), "acme-prod/eu-west-1/topic/orders");
    assert_eq!(of("s3 rm s3://logs --recursive").variable(), "acme-prod/bucket/logs/*");
}

#[test]
fn the_region_stands_in_the_variable_where_it_says_anything() {
    let at = |region: Option<&str>, global: bool, line: &str| {
        let words: Vec<&[u8]> = line.split(' ').map(str::as_bytes).collect();
        let hit = hit(&words, &Documents::none());
        let target = AwsTarget {
            account: Known::Known("111111111111".into()),
            region: region.map(|region| Sourced::new(region.into(), Source::Default)),
            global_service: global,
            ..AwsTarget::default()
        };
        let challenge = aws_challenge(&target, None, &naming(&hit), &hit.resources);
        (challenge.phrase.clone(), challenge.variable().to_owned())
    };
    let owned = |a: &str, b: &str| (format!("111111111111/{a}"), format!("111111111111/{b}"));
    let stack = "cloudformation delete-stack --stack-name app";
    assert_eq!(at(Some("eu-west-1"), false, stack), owned("stack/app", "eu-west-1/stack/app"));
    assert_eq!(at(Some("us-east-1"), false, stack), owned("stack/app", "us-east-1/stack/app"));
    // Where nobody knows it, it is none of them.
    assert_eq!(at(None, false, stack), owned("stack/app", "*/stack/app"));
    assert_eq!(at(Some("eu-west-1"), true, "iam delete-role --role-name r"), owned("role/r", "role/r"));
    let bucket = "s3api delete-bucket --bucket logs";
    assert_eq!(at(Some("eu-west-1"), false, bucket), owned("bucket/logs", "bucket/logs"));
}
