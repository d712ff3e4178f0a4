//! What commands against queues, logs, files, names, containers and functions would do, asked of a real server through
//! the real CLI.

use crate::support::aws_probe::{Desk, fate_of, goes, moves, protections};
use guard::engine::fact::Why;
use guard::engine::impact::{Fate, Impact};
use serde_json::json;

#[track_caller]
fn also(impact: &Impact, text: &str) {
    assert!(impact.also.iter().any(|a| a == text), "no {text:?} among {:#?}", impact.also);
}

#[track_caller]
fn gap(impact: &Impact, what: &str) -> Why {
    let found = impact.gaps.iter().find(|g| g.what == what);
    found.unwrap_or_else(|| panic!("no gap {what} among {:#?}", impact.gaps)).why.clone()
}

fn deny(desk: &Desk, service: &str, operation: &str) {
    let fault =
        json!({"service": service, "operation": operation, "code": "AccessDeniedException", "status": 400});
    desk.aws.fault(&desk.person, fault);
}

#[test]
fn a_log_group_by_its_exact_name() {
    let Some(desk) = Desk::of("logs") else { return };
    for name in ["/app", "/app/web"] {
        desk.make("logs", "create_log_group", json!({"logGroupName": name}));
    }
    let words = ["logs", "delete-log-group", "--log-group-name", "/app"];
    let seen = desk.ask(&words).impact;
    assert_eq!(seen.gaps, []);
    assert_eq!((seen.subjects_total, seen.subjects[0].name.as_str()), (1, "/app"));
    assert!(seen.subjects[0].age_s.is_some());
    assert_eq!(fate_of(&seen, "log group /app: 0 B stored"), (Fate::Erased, "its events are gone for ever"));
    assert_eq!(
        protections(&seen),
        "deletion protection is OFF; turn on: aws logs put-log-group-deletion-protection --log-group-identifier /app \
         --deletion-protection-enabled\n"
    );
    let on = json!({"logGroupIdentifier": "/app", "deletionProtectionEnabled": true});
    desk.make("logs", "put_log_group_deletion_protection", on);
    assert_eq!(desk.ask(&words).impact.refused.as_deref(), Some("deletion protection of /app is on"));
    let off = ["logs", "put-log-group-deletion-protection", "--log-group-identifier", "/app"];
    let off: Vec<&str> = off.into_iter().chain(["--no-deletion-protection-enabled"]).collect();
    assert_eq!(protections(&desk.ask(&off).impact), "deletion protection is removed by this command\n");

    let keep =
        |days| ["logs", "put-retention-policy", "--log-group-name", "/app/web", "--retention-in-days", days];
    let seen = desk.ask(&keep("30")).impact;
    assert_eq!(
        fate_of(&seen, "events of /app/web older than 30 days"),
        (Fate::Erased, "kept for ever so far")
    );
    desk.make("logs", "put_retention_policy", json!({"logGroupName": "/app/web", "retentionInDays": 7}));
    assert_eq!(moves(&desk.ask(&keep("30")).impact), "- mutate: events are kept for 30 days, 7 so far\n");
    let seen = desk.ask(&["logs", "delete-log-group", "--log-group-name", "/ap"]).impact;
    assert_eq!(moves(&seen), "- read: no such log group: /ap\n");
    deny(&desk, "logs", "DescribeLogGroups");
    let seen = desk.ask(&words).impact;
    assert_eq!((gap(&seen, "log group /app"), moves(&seen)), (Why::Forbidden, String::new()));
}

#[test]
fn a_queue_with_its_messages() {
    let Some(desk) = Desk::of("sqs") else { return };
    let url = desk.make("sqs", "create_queue", json!({"QueueName": "jobs"}));
    let url = url["QueueUrl"].as_str().unwrap().to_owned();
    for body in ["a", "b"] {
        desk.make("sqs", "send_message", json!({"QueueUrl": url, "MessageBody": body}));
    }
    // Version 1 takes no endpoint for this service from its environment.
    let endpoint = desk.aws.url();
    let mut words = vec!["--endpoint-url", &endpoint, "sqs", "purge-queue", "--queue-url", &url];
    let seen = desk.ask(&words).impact;
    assert_eq!(seen.gaps, []);
    let what = "about 2 messages waiting, 0 messages in flight, 0 messages delayed";
    assert_eq!(fate_of(&seen, what), (Fate::Erased, "SQS keeps no copy"));
    assert!(seen.subjects[0].age_s.is_some());
    let none = format!("{url}-none");
    words[5] = &none;
    assert!(moves(&desk.ask(&words).impact).starts_with("- read: no such queue: "));
    words[5] = &url;
    deny(&desk, "sqs", "GetQueueAttributes");
    let seen = desk.ask(&words).impact;
    assert_eq!((seen.gaps[0].why.clone(), seen.subjects_total), (Why::Forbidden, 1));
}

#[test]
fn files_user_pools_and_vaults() {
    let Some(desk) = Desk::of("rows") else { return };
    let made = desk.make(
        "efs",
        "create_file_system",
        json!({"CreationToken": "x", "Tags": [{"Key": "Name", "Value": "home"}]}),
    );
    let id = made["FileSystemId"].as_str().unwrap().to_owned();
    let seen = desk.ask(&["efs", "delete-file-system", "--file-system-id", &id]).impact;
    also(&seen, "called home");
    assert_eq!(fate_of(&seen, &format!("file system {id}: 0 B")), (Fate::Erased, "EFS keeps no copy"));
    let seen = desk.ask(&["efs", "delete-file-system", "--file-system-id", "fs-00000000"]).impact;
    assert_eq!(moves(&seen), "- read: no such file system: fs-00000000\n");

    let pool = json!({"PoolName": "customers", "DeletionProtection": "ACTIVE"});
    let made = desk.make("cognito-idp", "create_user_pool", pool);
    let id = made["UserPool"]["Id"].as_str().unwrap().to_owned();
    let words = ["cognito-idp", "delete-user-pool", "--user-pool-id", &id];
    let seen = desk.ask(&words).impact;
    also(&seen, "called customers");
    assert_eq!(seen.refused, Some(format!("deletion protection of {id} is on")));
    assert_eq!(protections(&seen), "deletion protection is ON: refuses the deletion\n");
    let client = json!({"UserPoolId": id, "ClientName": "web"});
    desk.make("cognito-idp", "create_user_pool_client", client);
    desk.make("cognito-idp", "update_user_pool", json!({"UserPoolId": id, "DeletionProtection": "INACTIVE"}));
    let seen = desk.ask(&words).impact;
    also(&seen, "1 app client with it");
    assert!(protections(&seen).contains(&format!(
        "is OFF; turn on: aws cognito-idp update-user-pool --user-pool-id {id} --deletion-protection ACTIVE"
    )));
    assert_eq!(fate_of(&seen, &format!("user pool {id}")).0, Fate::Erased);
    deny(&desk, "cognito-idp", "ListUserPoolClients");
    assert_eq!(gap(&desk.ask(&words).impact, &format!("the app clients of {id}")), Why::Forbidden);

    desk.make("backup", "create_backup_vault", json!({"BackupVaultName": "nightly"}));
    let seen = desk.ask(&["backup", "delete-backup-vault", "--backup-vault-name", "nightly"]).impact;
    assert!(
        protections(&seen)
            .starts_with("vault lock is OFF; turn on: aws backup put-backup-vault-lock-configuration")
    );
    assert_eq!(seen.refused, None);
}

#[test]
fn a_warehouse_and_a_cache_with_or_without_a_last_copy() {
    let Some(desk) = Desk::of("warehouse") else { return };
    let cluster = json!({"ClusterIdentifier": "dwh", "NodeType": "ra3.large", "MasterUsername": "root1", "DBName": "sales",
                         "MasterUserPassword": "Not-a-secret1", "NumberOfNodes": 2, "ClusterType": "multi-node"});
    desk.make("redshift", "create_cluster", cluster);
    let made = json!({"SnapshotIdentifier": "monday", "ClusterIdentifier": "dwh"});
    desk.make("redshift", "create_cluster_snapshot", made);
    let words =
        ["redshift", "delete-cluster", "--cluster-identifier", "dwh", "--skip-final-cluster-snapshot"];
    let seen = desk.ask(&words);
    let begin = "aws redshift delete-cluster --cluster-identifier dwh --final-cluster-snapshot-identifier dwh-final-20";
    assert!(
        seen.safer.as_ref().is_some_and(|s| s.starts_with(begin) && !s.contains("skip")),
        "{:?}",
        seen.safer
    );
    let seen = seen.impact;
    assert_eq!(
        fate_of(&seen, "Redshift cluster dwh: 2 nodes, ra3.large"),
        (Fate::Erased, "no final snapshot: --skip-final-cluster-snapshot")
    );
    assert_eq!(fate_of(&seen, "manual snapshot monday"), (Fate::Kept, "manual snapshots stay"));
    also(&seen, "database sales");
    let seen = desk.ask(&words[..4]).impact;
    assert!(seen.refused.unwrap().starts_with("neither --final-cluster-snapshot-identifier nor"));

    let group = json!({"ReplicationGroupId": "sessions", "ReplicationGroupDescription": "x", "CacheNodeType": "cache.t3.micro",
                       "Engine": "redis"});
    desk.make("elasticache", "create_replication_group", group);
    let words = ["elasticache", "delete-replication-group", "--replication-group-id", "sessions"];
    let seen = desk.ask(&words).impact;
    assert_eq!(
        fate_of(&seen, "replication group sessions: 1 node, cache.t3.micro"),
        (Fate::Erased, "no final snapshot: --final-snapshot-identifier is not given")
    );
    let kept: Vec<&str> = words.into_iter().chain(["--retain-primary-cluster"]).collect();
    assert_eq!(
        fate_of(&desk.ask(&kept).impact, "replication group sessions"),
        (Fate::Kept, "--retain-primary-cluster")
    );
}

const ZONE: &str = "example.com";

#[test]
fn a_zone_and_the_records_a_batch_takes_away() {
    let Some(desk) = Desk::of("route53") else { return };
    let made = desk.make("route53", "create_hosted_zone", json!({"Name": ZONE, "CallerReference": "x"}));
    let id = made["HostedZone"]["Id"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let seen = desk.ask(&["route53", "delete-hosted-zone", "--id", &id]).impact;
    also(&seen, "public zone example.com: 2 records");
    assert_eq!(seen.refused, None);
    let record = |action: &str, name: &str, value: &str| {
        let record = json!({"Name": name, "Type": "A", "TTL": 300, "ResourceRecords": [{"Value": value}]});
        json!({"Action": action, "ResourceRecordSet": record})
    };
    let batch = json!({"Changes": [record("CREATE", "www.example.com", "192.0.2.1"), record("CREATE", "api.example.com", "192.0.2.2")]});
    let made = json!({"HostedZoneId": id, "ChangeBatch": batch});
    desk.make("route53", "change_resource_record_sets", made);
    let change = |changes: &[serde_json::Value]| {
        let batch = json!({"Changes": changes}).to_string();
        desk.ask(&[
            "route53",
            "change-resource-record-sets",
            "--hosted-zone-id",
            &id,
            "--change-batch",
            &batch,
        ])
        .impact
    };
    let seen = change(&[
        record("DELETE", "www.example.com", "192.0.2.1"),
        record("UPSERT", "API.example.com.", "192.0.2.9"),
        record("CREATE", "new.example.com", "192.0.2.3"),
    ]);
    assert_eq!(seen.gaps, []);
    assert_eq!(fate_of(&seen, "A www.example.com = 192.0.2.1 (TTL 300)"), (Fate::Erased, "DELETE"));
    also(&seen, "A API.example.com: 192.0.2.2 becomes 192.0.2.9");
    also(&seen, "1 record added");
    assert_eq!(moves(&seen), "");
    let seen = change(&[record("UPSERT", "new.example.com", "192.0.2.3")]);
    assert_eq!(moves(&seen), "- mutate: no record there now is changed\n");
    let seen = desk.ask(&["route53", "delete-hosted-zone", "--id", &id]).impact;
    assert_eq!(seen.refused.as_deref(), Some("2 records still in the zone"));
    deny(&desk, "route53", "ListResourceRecordSets");
    let seen = change(&[record("DELETE", "www.example.com", "192.0.2.1")]);
    assert_eq!(gap(&seen, "the records as they are now"), Why::Forbidden);
    assert_eq!((fate_of(&seen, "A www.example.com").0, moves(&seen).as_str()), (Fate::Erased, ""));
    let seen = desk.ask(&["route53", "delete-hosted-zone", "--id", "Z0000000NOBODY"]).impact;
    assert_eq!(moves(&seen), "- read: no such hosted zone: Z0000000NOBODY\n");
}

#[test]
fn services_tasks_and_clusters_of_containers() {
    let Some(desk) = Desk::of("ecs") else { return };
    desk.make("ecs", "create_cluster", json!({"clusterName": "main"}));
    let seen = desk.ask(&["ecs", "delete-cluster", "--cluster", "main"]).impact;
    assert_eq!(moves(&seen), "- disrupt: it is empty\n");
    let definition =
        json!({"family": "web", "containerDefinitions": [{"name": "web", "image": "nginx:1", "memory": 64}]});
    desk.make("ecs", "register_task_definition", definition);
    let service =
        json!({"cluster": "main", "serviceName": "web", "taskDefinition": "web", "desiredCount": 2});
    desk.make("ecs", "create_service", service);
    // moto counts no services, but it does count tasks.
    let subnets = desk.make("ec2", "describe_subnets", json!({}));
    let network = json!({"awsvpcConfiguration": {"subnets": [subnets["Subnets"][0]["SubnetId"]]}});
    let run = json!({"cluster": "main", "taskDefinition": "web", "launchType": "FARGATE", "networkConfiguration": network});
    let ran = desk.make("ecs", "run_task", run);
    let seen = desk.ask(&["ecs", "delete-cluster", "--cluster", "main"]).impact;
    // moto counts it as running and as pending.
    assert!(goes(&seen, "task") >= 1);
    assert!(seen.refused.as_deref().is_some_and(|r| r.ends_with("still in it")), "{:?}", seen.refused);
    let task = ran["tasks"][0]["taskArn"].as_str().unwrap().to_owned();
    let seen = desk.ask(&["ecs", "stop-task", "--task", &task, "--cluster", "main"]).impact;
    also(&seen, "nothing starts another one");
    also(&seen, "runs web:1");
    let words = ["ecs", "delete-service", "--service", "web", "--cluster", "main"];
    let seen = desk.ask(&words).impact;
    assert_eq!(seen.refused.as_deref(), Some("it still wants 2 tasks: --force is not given"));
    let forced: Vec<&str> = words.into_iter().chain(["--force"]).collect();
    assert_eq!(desk.ask(&forced).impact.refused, None);
    let scale = |n| ["ecs", "update-service", "--service", "web", "--cluster", "main", "--desired-count", n];
    assert_eq!(moves(&desk.ask(&scale("5")).impact), "- mutate: no task stops\n");
    let seen = desk.ask(&scale("0")).impact;
    assert!(seen.also.iter().any(|a| a.starts_with("every task stops: ")), "{:?}", seen.also);
    let words = ["ecs", "delete-service", "--service", "nobody", "--cluster", "main"];
    assert_eq!(moves(&desk.ask(&words).impact), "- read: no such ECS service: nobody\n");
    let seen = desk.ask(&["ecs", "delete-cluster", "--cluster", "nobody"]).impact;
    assert_eq!(moves(&seen), "- read: no such ECS cluster: nobody\n");
    deny(&desk, "ecs", "DescribeServices");
    let seen = desk.ask(&forced).impact;
    assert_eq!((gap(&seen, "ECS service web"), moves(&seen)), (Why::Forbidden, String::new()));
}

#[test]
fn images_and_functions() {
    let Some(desk) = Desk::of("ecr") else { return };
    desk.make("ecr", "create_repository", json!({"repositoryName": "web"}));
    let words = ["ecr", "delete-repository", "--repository-name", "web", "--force"];
    assert_eq!(moves(&desk.ask(&words).impact), "- disrupt: it holds no image\n");
    let layer = json!({"mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip", "size": 1000, "digest": format!("sha256:{}", "a".repeat(64))});
    let manifest = json!({"schemaVersion": 2, "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
                          "config": layer, "layers": [layer]});
    let image = json!({"repositoryName": "web", "imageManifest": manifest.to_string(), "imageTag": "v1"});
    desk.make("ecr", "put_image", image);
    let seen = desk.ask(&words).impact;
    assert_eq!(fate_of(&seen, "1 image of web, ").0, Fate::Erased);
    also(&seen, "tags v1");
    let seen = desk.ask(&words[..4]).impact;
    assert_eq!(seen.refused.as_deref(), Some("1 image still in it: --force is not given"));
    deny(&desk, "ecr", "DescribeImages");
    let seen = desk.ask(&words).impact;
    assert_eq!(
        (gap(&seen, "images of web"), fate_of(&seen, "images of web").0),
        (Why::Forbidden, Fate::Unknown)
    );
    let seen = desk.ask(&["ecr", "delete-repository", "--repository-name", "nobody"]).impact;
    assert_eq!(moves(&seen), "- read: no such image repository: nobody\n");

    let trust = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;
    let role =
        desk.make("iam", "create_role", json!({"RoleName": "fn-role", "AssumeRolePolicyDocument": trust}));
    let function = json!({"FunctionName": "mailer", "Runtime": "python3.12", "Handler": "a.b", "Role": role["Role"]["Arn"],
                          "Code": {"ZipFile": "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="}, "Environment": {"Variables": {"A": "1", "B": "2"}}});
    desk.make("lambda", "create_function", function);
    let seen = desk.ask(&["lambda", "delete-function", "--function-name", "mailer"]).impact;
    assert_eq!(seen.gaps, []);
    assert_eq!(fate_of(&seen, "function mailer: python3.12").1, "Lambda keeps no copy of the code");
    let words = ["lambda", "update-function-configuration", "--function-name", "mailer"];
    let words: Vec<&str> = words.into_iter().chain(["--environment", "Variables={A=3}"]).collect();
    assert_eq!(fate_of(&desk.ask(&words).impact, "environment variable B").0, Fate::Erased);
    let stop = ["lambda", "put-function-concurrency", "--function-name", "mailer"];
    let stop: Vec<&str> = stop.into_iter().chain(["--reserved-concurrent-executions", "0"]).collect();
    also(&desk.ask(&stop).impact, "no call of it succeeds until this is taken back");
    let seen = desk.ask(&["lambda", "delete-function", "--function-name", "nobody"]).impact;
    assert_eq!(moves(&seen), "- read: no such Lambda function: nobody\n");
    deny(&desk, "lambda", "ListEventSourceMappings");
    let seen = desk.ask(&["lambda", "delete-function", "--function-name", "mailer"]).impact;
    assert_eq!(gap(&seen, "event sources of mailer"), Why::Forbidden);
}
