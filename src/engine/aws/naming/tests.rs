use super::*;
use crate::engine::aws::AwsTarget;
use crate::engine::aws::tables;
use crate::engine::aws::{Documents, hit};
use crate::engine::challenge::{Challenge, LONGEST, aws_challenge};
use crate::engine::fact::{Known, Source, Sourced};

pub(super) fn challenge(words: &[&str]) -> Challenge {
    let words: Vec<&[u8]> = words.iter().map(|w| w.as_bytes()).collect();
    let hit = hit(&words, &Documents::none());
    let mut target = AwsTarget { account: Known::Known("111111111111".into()), ..AwsTarget::default() };
    target.alias = Known::Known(Some("acme-prod".into()));
    target.region = Some(Sourced::new("eu-west-1".into(), Source::Default));
    aws_challenge(&target, None, &naming(&hit), &hit.resources)
}

pub(super) fn phrase(line: &str) -> String {
    let words = shell_words::split(line).unwrap_or_default();
    challenge(&words.iter().map(String::as_str).collect::<Vec<_>>()).phrase
}

#[test]
fn kind_place_and_name() {
    for (line, want) in [
        ("cloudformation delete-stack --stack-name app", "stack/app"),
        (
            "cloudformation delete-stack --stack-name arn:aws:cloudformation:eu-west-1:111111111111:stack/app/0a1b",
            "stack/app",
        ),
        ("cloudformation deploy --stack-name app --template-file t", "stack/app"),
        ("cloudformation execute-change-set --change-set-name c1 --stack-name app", "change-set/app/c1"),
        ("ec2 terminate-instances --instance-ids i-1", "instance/i-1"),
        ("ec2 terminate-instances --instance-ids i-1 i-2 i-3", "instance/i-1+2"),
        (
            "ec2 delete-route --route-table-id rtb-1 --destination-cidr-block 0.0.0.0/0",
            "route/rtb-1/0.0.0.0/0",
        ),
        ("s3 rb s3://logs --force", "bucket/logs/*"),
        ("s3 rb s3://logs", "bucket/logs"),
        ("s3api delete-bucket --bucket logs", "bucket/logs"),
        ("s3 rm s3://logs --recursive", "bucket/logs/*"),
        ("s3 rm s3://logs/2024 --recursive", "bucket/logs/2024/*"),
        ("s3 rm s3://logs/2024/ --recursive", "bucket/logs/2024/*"),
        ("s3 sync . s3://logs/www --delete", "bucket/logs/www/*"),
        ("s3 rm s3://logs/2024/a.gz", "object/logs/2024/a.gz"),
        ("s3 mv s3://logs/a s3://other/b", "object/logs/a"),
        ("s3api delete-object --bucket logs --key 2024/a.gz", "object/logs/2024/a.gz"),
        ("s3api delete-object --bucket logs --key a --version-id v1", "object/logs/a#v1"),
        (
            r#"s3api delete-objects --bucket logs --delete '{"Objects":[{"Key":"a"},{"Key":"b"}],"Quiet":true}'"#,
            "object/logs/a+1",
        ),
        (
            "s3api delete-objects --bucket logs --delete 'Objects=[{Key=a},{Key=b},{Key=c}]'",
            "object/logs/a+2",
        ),
        (
            "s3api put-bucket-versioning --bucket logs --versioning-configuration Status=Suspended",
            "bucket-versioning/logs",
        ),
        ("eks delete-cluster --name app", "eks-cluster/app"),
        ("redshift delete-cluster --cluster-identifier app", "redshift-cluster/app"),
        ("ecs delete-cluster --cluster app", "ecs-cluster/app"),
        ("eks delete-nodegroup --cluster-name app --nodegroup-name n", "nodegroup/app/n"),
        ("ecs delete-service --cluster app --service web", "ecs-service/app/web"),
        ("rds delete-db-instance --db-instance-identifier db", "db-instance/db"),
        ("docdb delete-db-instance --db-instance-identifier db", "docdb-db-instance/db"),
        (
            "ecr batch-delete-image --repository-name team/app --image-ids imageTag=v1",
            "ecr-image/team/app/v1",
        ),
        (
            "ecr batch-delete-image --repository-name app --image-ids imageTag=v1,imageDigest=sha256:0a imageTag=v2",
            "ecr-image/app/v1+1",
        ),
        ("dynamodb delete-table --table-name orders", "table/orders"),
        (r#"dynamodb delete-item --table-name orders --key '{"id":{"S":"42"}}'"#, "item/orders/1"),
        (
            r#"dynamodb batch-write-item --request-items '{"orders":[{"DeleteRequest":{"Key":{"id":{"S":"1"}}}},{"DeleteRequest":{"Key":{"id":{"S":"2"}}}}]}'"#,
            "item/orders/2",
        ),
        (
            r#"dynamodb transact-write-items --transact-items '[{"Delete":{"TableName":"orders","Key":{"id":{"S":"1"}}}}]'"#,
            "item/orders/1",
        ),
        (
            r#"dynamodb execute-statement --statement 'DELETE FROM "orders" WHERE id = 1'"#,
            "dynamodb-statement/orders/1",
        ),
        (
            "rds-data execute-statement --resource-arn arn:aws:rds:eu-west-1:111111111111:cluster:shop --secret-arn s --database db --sql 'DROP TABLE a; DROP TABLE b'",
            "rds-data-statement/shop/db/2",
        ),
        // A statement without blanks is no name.
        (
            "redshift-data execute-statement --cluster-identifier dwh --database db --sql 'delete/**/from/**/users'",
            "redshift-data-statement/dwh/db/1",
        ),
        (
            "redshift-data execute-statement --cluster-identifier dwh --database db --sql 'drop/**/table/**/a;drop/**/table/**/b'",
            "redshift-data-statement/dwh/db/2",
        ),
        (
            "redshift-data execute-statement --cluster-identifier dwh --database db --sql 'TRUNCATE x'",
            "redshift-data-statement/dwh/db/1",
        ),
        (
            r#"route53 change-resource-record-sets --hosted-zone-id Z1 --change-batch '{"Changes":[{"Action":"DELETE","ResourceRecordSet":{"Name":"a."}},{"Action":"DELETE","ResourceRecordSet":{"Name":"b."}}]}'"#,
            "record-set/Z1/2",
        ),
        ("route53 delete-hosted-zone --id /hostedzone/Z1", "hosted-zone//hostedzone/Z1"),
        (
            "elbv2 delete-load-balancer --load-balancer-arn arn:aws:elasticloadbalancing:eu-west-1:111111111111:loadbalancer/app/web/50dc6c495c0c9188",
            "load-balancer/web",
        ),
        (
            "elbv2 delete-listener --listener-arn arn:aws:elasticloadbalancing:eu-west-1:111111111111:listener/app/web/50dc6c495c0c9188/f2f7dc8efc522ab2",
            "elbv2-listener/web/f2f7dc8efc522ab2",
        ),
        (
            "elbv2 delete-target-group --target-group-arn arn:aws:elasticloadbalancing:eu-west-1:111111111111:targetgroup/web/73e2d6bc24d8a067",
            "target-group/web",
        ),
        ("kms schedule-key-deletion --key-id 1234", "key/1234"),
        ("securityhub disable-security-hub", "security-hub"),
        ("organizations leave-organization", "organization"),
        ("sqs purge-queue --queue-url https://sqs.eu-west-1.amazonaws.com/1/jobs", "queue-messages/jobs"),
        (
            "workspaces terminate-workspaces --terminate-workspace-requests WorkspaceId=ws-1 WorkspaceId=ws-2",
            "workspace/ws-1+1",
        ),
        ("cloudwatch delete-alarms --alarm-names 'High CPU'", "alarm/High\\u{20}CPU"),
        (
            "neptunedata execute-open-cypher-query --open-cypher-query 'MATCH (n) DETACH DELETE n'",
            "open-cypher-query/1",
        ),
        ("apigateway delete-resource --rest-api-id a1 --resource-id r1", "apigateway-resource/a1/r1"),
        ("cloudformation delete-stack --stack-name file://name", "stack/*"),
        ("ecs execute-command --cluster c --task t --interactive --command 'rm -rf /'", "ecs-command/c/t"),
        (
            "ssm send-command --document-name AWS-RunShellScript --instance-ids i-1 i-2 --parameters 'commands=[rm]'",
            "ssm-command/AWS-RunShellScript/i-1+1",
        ),
        ("emr ssh --cluster-id j-1 --command 'rm -rf /'", "emr-command/j-1"),
        (
            "dms start-replication-task --replication-task-arn arn:aws:dms:eu-west-1:111111111111:task:T1 --start-replication-task-type reload-target",
            "replication-task/T1",
        ),
    ] {
        assert_eq!(phrase(line), format!("acme-prod/{want}"), "{line}");
    }
}

#[test]
fn the_question_shows_what_is_typed_as_it_stands() {
    for (words, pattern, variable) in [
        (
            "cloudformation delete-stack --stack-name app",
            "<account>/stack/<name>",
            "<account>/<region>/stack/<name>",
        ),
        // What a name holds for everywhere needs no region.
        ("s3api delete-bucket --bucket logs", "<account>/bucket/<name>", "<account>/bucket/<name>"),
        ("s3 rm s3://logs --recursive", "<account>/bucket/<bucket>/*", "<account>/bucket/<bucket>/*"),
        (
            "ec2 terminate-instances --instance-ids a b",
            "<account>/instance/<first>+<others>",
            "<account>/<region>/instance/<first>+<others>.<digest>",
        ),
        (
            "dynamodb delete-item --table-name t --key id={S=1}",
            "<account>/item/<table>/<count>",
            "<account>/<region>/item/<table>/<count>.<digest>",
        ),
    ] {
        let words = shell_words::split(words).unwrap();
        let c = challenge(&words.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((c.pattern().as_str(), c.variable_pattern().as_str()), (pattern, variable));
    }
}

#[test]
fn the_variable_tells_several_from_others() {
    let of = |line: &str| challenge(&line.split(' ').collect::<Vec<_>>());
    let one = of("ec2 terminate-instances --instance-ids i-1 i-2");
    let other = of("ec2 terminate-instances --instance-ids i-1 i-3");
    assert_eq!(one.phrase, other.phrase);
    assert_ne!(one.variable(), other.variable());
    use crate::engine::effect::Effect::Destroy;
    assert!(one.accepts_variable(one.variable().as_bytes(), Destroy));
    assert!(one.accepts_variable(format!("destroy {}", one.variable()).as_bytes(), Destroy));
    assert!(
        !one.accepts_variable(one.phrase.as_bytes(), Destroy)
            && !one.accepts_variable(other.variable().as_bytes(), Destroy)
    );
    // Typed by a person who has read the screen either will do.
    assert!(one.accepts(one.phrase.as_bytes()) && one.accepts(one.variable().as_bytes()));
    // The order in which the others were given says nothing.
    let turned = of("ec2 terminate-instances --instance-ids i-1 i-3 i-2");
    assert_eq!(turned.variable(), of("ec2 terminate-instances --instance-ids i-1 i-2 i-3").variable());
    // Another document is another thing.
    let run = |text: &str| {
        of(&format!("ssm send-command --document-name D --instance-ids i-1 --parameters commands={text}"))
    };
    assert_eq!(run("ls").phrase, run("rm").phrase);
    assert_ne!(run("ls").variable(), run("rm").variable());
    let item = |key: &str| of(&format!("dynamodb delete-item --table-name orders --key {key}"));
    assert_ne!(item(r#"{"id":{"S":"1"}}"#).variable(), item(r#"{"id":{"S":"2"}}"#).variable());
}

#[test]
fn what_answered_formerly_is_told() {
    let of = |line: &str| challenge(&line.split(' ').collect::<Vec<_>>());
    let stack = of("cloudformation delete-stack --stack-name app");
    assert!(stack.was_formerly(b"acme-prod/app", "acme-prod"));
    assert!(stack.was_formerly(b"destroy acme-prod/app", "acme-prod"));
    assert!(!stack.was_formerly(b"acme-prod/other", "acme-prod"));
    // What is typed says no region; the variable has to.
    assert!(stack.was_formerly(b"acme-prod/stack/app", "acme-prod"));
    assert!(!stack.was_formerly(b"acme-prod/eu-west-1/stack/app", "acme-prod"));
    let version = of("s3api delete-object --bucket logs --key a --version-id v1");
    assert!(version.was_formerly(b"acme-prod/object/logs/a/v1", "acme-prod"));
    let user = of("connect delete-user --instance-id prod --user-id u");
    assert!(user.was_formerly(b"acme-prod/connect-user/u", "acme-prod"));
    let images =
        of("ecr batch-delete-image --registry-id 222222222222 --repository-name t/a --image-ids imageTag=v1");
    assert!(images.was_formerly(b"acme-prod/ecr-image/t/a/v1", "acme-prod"));
    let several = of("ec2 terminate-instances --instance-ids i-1 i-2");
    assert!(several.was_formerly(b"acme-prod/i-1+1", "acme-prod"));
    assert!(several.was_formerly(b"acme-prod/instance/i-1+1", "acme-prod"));
    assert!(of("s3 rb s3://logs").was_formerly(b"acme-prod/logs", "acme-prod"));
}

/// What a value of an option of this name may look like, at its longest: a document, a statement where statements stand, a
/// name of 1,024 characters, an ARN.
fn value(option: &str, form: usize) -> String {
    let long = "x".repeat(1024);
    let last = option.rsplit('-').next().unwrap_or_default();
    let says = option == "query-string"
        || [
            "sql",
            "sqls",
            "statement",
            "statements",
            "query",
            "command",
            "commands",
            "code",
            "script",
            "input",
            "payload",
            "body",
            "message",
        ]
        .contains(&last);
    match form {
        0 => {
            format!(r#"{{"Changes":[{{"Action":"DELETE","Name":"{long}","Value":{{"S":"secret word"}}}}]}}"#)
        }
        1 if says => format!("DELETE FROM \"{long}\" WHERE a = 'secret word'; DROP TABLE {long}"),
        2 => format!("arn:aws:x:eu-west-1:111111111111:{option}/{long}/{long}"),
        _ => format!("{option}-{long}"),
    }
}

#[test]
fn every_reviewed_command_has_a_short_phrase_with_its_place_and_never_a_document() {
    let mut wrong = Vec::new();
    for row in tables::all_reviewed() {
        let command = row.split('\t').next().unwrap();
        // Paths are no options: their forms stand above.
        let Some(options) = tables::options(command.as_bytes()).filter(|_| !command.starts_with("s3 "))
        else {
            continue;
        };
        let options: Vec<&str> = options
            .split(' ')
            .filter(|o| !o.is_empty() && !o.ends_with('!'))
            .map(|o| o.trim_end_matches('*'))
            .collect();
        for form in 0..3 {
            let mut words: Vec<String> = command.split(' ').map(str::to_owned).collect();
            for option in &options {
                words.extend([format!("--{option}"), value(option, form)]);
            }
            let c = challenge(&words.iter().map(String::as_str).collect::<Vec<_>>());
            for phrase in [c.phrase.as_str(), c.variable()] {
                let good = phrase.len() <= LONGEST
                    && phrase.bytes().all(|b| b.is_ascii_graphic())
                    && phrase.starts_with("acme-prod/")
                    && !phrase.contains(['{', '}'])
                    && !phrase.contains("\":")
                    && !phrase.contains("secret word")
                    && !phrase.contains("DELETE");
                if !good {
                    wrong.push(format!("{command}: {phrase}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_reviewed_command_names_where_it_is() {
    // Options that say where: whichever of them is given has to stand in the phrase.
    let mut wrong = Vec::new();
    for row in tables::all_reviewed() {
        let command = row.split('\t').next().unwrap();
        let Some(options) = tables::options(command.as_bytes()) else { continue };
        let given: Vec<&str> =
            options.split(' ').map(|o| o.trim_end_matches('*')).filter(|o| words::is_listed(o)).collect();
        for place in given {
            let place_value = format!("the-{place}");
            let mut words: Vec<&str> = command.split(' ').collect();
            let option = format!("--{place}");
            words.extend([option.as_str(), place_value.as_str()]);
            let phrase = challenge(&words).phrase;
            if !phrase.contains(&place_value) {
                wrong.push(format!("{command} --{place}: {phrase}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_two_services_share_a_kind() {
    let mut kinds: std::collections::BTreeMap<String, String> = std::collections::BTreeMap::new();
    let mut wrong = Vec::new();
    for row in tables::all_reviewed() {
        let (service, operation) = row.split('\t').next().unwrap().split_once(' ').unwrap_or(("", ""));
        let hit = Hit { service: service.into(), operation: operation.into(), ..Hit::default() };
        let family = if service == "s3" { "s3api" } else { service };
        let kind = kind(&hit);
        // Both say the very instance of EC2.
        if kind == "instance" {
            continue;
        }
        if let Some(other) = kinds.insert(kind.clone(), family.to_owned()).filter(|other| other != family) {
            wrong.push(format!("{kind}: {other} and {family}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_row_of_the_table_can_be_read() {
    for row in tables::all_naming() {
        let fields: Vec<&str> = row.split('\t').collect();
        let [command, kind, path] = fields.as_slice() else { panic!("{row}") };
        assert!(
            !kind.is_empty()
                && kind.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'),
            "{row}"
        );
        let Some(options) = tables::options(command.as_bytes()) else { continue };
        let known: Vec<&str> = options.split(' ').map(|o| o.trim_end_matches(['*', '!'])).collect();
        for option in path.split([',', '|']) {
            assert!(
                known.contains(&option.trim_start_matches(['#', '@', '%'])),
                "{command} has no --{option}"
            );
        }
    }
}
