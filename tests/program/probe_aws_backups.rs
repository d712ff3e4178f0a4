//! The newest copy of what an AWS command deletes or stops, asked of a real server through the real CLI.

use crate::support::aws_probe::Desk;
use guard::engine::impact::Impact;
use guard::ui::backup::lines;
use serde_json::{Value, json};

/// What is said of copies, ages left out: the recording is as old as it is.
fn said(impact: &Impact) -> String {
    let text = lines(&impact.backups).join("; ");
    let is_age = |word: &str| {
        word.parse::<u32>().is_ok() || ["h", "min", "s", "less", "than", "a", "second"].contains(&word)
    };
    let mut out: Vec<&str> = Vec::new();
    for word in text.split(' ') {
        if word.trim_end_matches(',') == "old" {
            while out.last().is_some_and(|last| is_age(last)) {
                out.pop();
            }
        }
        out.push(word);
    }
    out.join(" ")
}

fn instance(name: &str, days: u32) -> Value {
    json!({
        "DBInstanceIdentifier": name, "Engine": "postgres", "DBInstanceClass": "db.m5.large", "AllocatedStorage": 20,
        "MasterUsername": "root1", "MasterUserPassword": "not-a-secret", "BackupRetentionPeriod": days,
    })
}

#[test]
fn automated_backups_go_and_snapshots_stay() {
    let Some(desk) = Desk::of("backup-rds") else { return };
    desk.make("rds", "create_db_instance", instance("bk-app", 7));
    let delete = ["rds", "delete-db-instance", "--db-instance-identifier", "bk-app", "--skip-final-snapshot"];
    let kept = [&delete[..], &["--no-delete-automated-backups"]].concat();
    assert_eq!(
        said(&desk.ask(&delete).impact),
        "DIES WITH THIS COMMAND: RDS automated backups (they go with it), old (DB instance bk-app)"
    );
    assert_eq!(
        said(&desk.ask(&kept).impact),
        "DB instance bk-app: old · RDS automated backups · same account · recorded"
    );
    let stop = ["rds", "stop-db-instance", "--db-instance-identifier", "bk-app"];
    assert_eq!(
        said(&desk.ask(&stop).impact),
        "DB instance bk-app: old · RDS automated backups · same account · recorded"
    );
    desk.make(
        "rds",
        "create_db_snapshot",
        json!({"DBInstanceIdentifier": "bk-app", "DBSnapshotIdentifier": "bk-before"}),
    );
    let text = said(&desk.ask(&delete).impact);
    assert!(
        text.starts_with("DB instance bk-app: old · snapshot bk-before · same account · recorded"),
        "{text}"
    );
}

#[test]
fn where_nothing_else_is_there_aws_backup_is_asked() {
    let Some(desk) = Desk::of("backup-points") else { return };
    let made = desk.make("rds", "create_db_instance", instance("bk-bare", 0));
    let delete =
        ["rds", "delete-db-instance", "--db-instance-identifier", "bk-bare", "--skip-final-snapshot"];
    assert_eq!(
        said(&desk.ask(&delete).impact),
        "NONE FOUND for DB instance bk-bare in: automated backups, snapshots, AWS Backup (all read)"
    );
    let arn = made["DBInstance"]["DBInstanceArn"].as_str().unwrap().to_owned();
    let role = "arn:aws:iam::111111111111:role/backup";
    let job = json!({"BackupVaultName": "nightly", "ResourceArn": arn, "IamRoleArn": role});
    desk.make("backup", "start_backup_job", job);
    let text = said(&desk.ask(&delete).impact);
    let point = "AWS Backup nightly/00000000000000000000000000000001";
    assert_eq!(text, format!("DB instance bk-bare: old · {point} · 5 MB · same account · recorded"));
    let refused = json!({"service": "backup", "code": "AccessDeniedException", "message": "no", "status": 403, "operation": "*"});
    desk.aws.fault(&desk.person, refused);
    let text = said(&desk.ask(&delete).impact);
    assert!(text.starts_with("unknown: AWS Backup (403)"), "{text}");
}

#[test]
fn a_table_has_its_history_and_its_backups() {
    let Some(desk) = Desk::of("backup-table") else { return };
    desk.make(
        "dynamodb",
        "create_table",
        json!({"TableName": "bk-orders", "BillingMode": "PAY_PER_REQUEST",
               "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
               "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}),
    );
    let delete = ["dynamodb", "delete-table", "--table-name", "bk-orders"];
    assert_eq!(
        said(&desk.ask(&delete).impact),
        "NONE FOUND for table bk-orders in: point-in-time recovery, backups, AWS Backup (all read)"
    );
    desk.make("dynamodb", "create_backup", json!({"TableName": "bk-orders", "BackupName": "bk-1"}));
    let text = said(&desk.ask(&delete).impact);
    assert!(text.starts_with("table bk-orders: old · DynamoDB bk-1"), "{text}");
}

#[test]
fn a_volume_has_its_snapshots() {
    let Some(desk) = Desk::of("backup-volume") else { return };
    let zone = json!({"AvailabilityZone": "eu-west-1a", "Size": 8});
    let volume = desk.make("ec2", "create_volume", zone)["VolumeId"].as_str().unwrap().to_owned();
    let delete = ["ec2", "delete-volume", "--volume-id", volume.as_str()];
    assert_eq!(
        said(&desk.ask(&delete).impact),
        format!("NONE FOUND for volume {volume} in: snapshots (all read)")
    );
    let made = desk.make("ec2", "create_snapshot", json!({"VolumeId": volume}));
    let id = made["SnapshotId"].as_str().unwrap();
    assert_eq!(
        said(&desk.ask(&delete).impact),
        format!("volume {volume}: old · snapshot {id} · same account · recorded")
    );
}

/// How often this person has asked for an operation.
fn asked(desk: &Desk, operation: &str) -> usize {
    desk.aws.log(&desk.person).iter().filter(|one| *one == operation).count()
}

#[test]
fn a_copy_is_worth_no_more_than_its_key_and_its_vault() {
    let Some(desk) = Desk::of("backup-key") else { return };
    let key = desk.make("kms", "create_key", json!({}))["KeyMetadata"].clone();
    let mut encrypted = instance("bk-closed", 0);
    encrypted["StorageEncrypted"] = true.into();
    encrypted["KmsKeyId"] = key["Arn"].clone();
    let made = desk.make("rds", "create_db_instance", encrypted);
    for name in ["bk-old", "bk-new"] {
        let args = json!({"DBInstanceIdentifier": "bk-closed", "DBSnapshotIdentifier": name});
        desk.make("rds", "create_db_snapshot", args);
    }
    let delete =
        ["rds", "delete-db-instance", "--db-instance-identifier", "bk-closed", "--skip-final-snapshot"];
    let whole = "DB instance bk-closed: old · snapshot bk-new · same account · recorded";
    assert_eq!(said(&desk.ask(&delete).impact), whole);
    // One key of two snapshots is asked for once, and AWS Backup not at all.
    assert_eq!(
        (asked(&desk, "kms DescribeKey"), asked(&desk, "backup ListRecoveryPointsByResource")),
        (1, 0)
    );
    let denied = json!({"service": "kms", "code": "AccessDeniedException", "message": "no", "status": 403, "operation": "*"});
    desk.aws.fault(&desk.person, denied);
    assert_eq!(
        said(&desk.ask(&delete).impact),
        format!("{whole} · its key could not be looked at (forbidden)")
    );
    desk.aws.mend(&desk.person);
    desk.make("kms", "schedule_key_deletion", json!({"KeyId": key["KeyId"], "PendingWindowInDays": 7}));
    assert_eq!(
        said(&desk.ask(&delete).impact),
        "NO USABLE ONE: snapshot bk-new, old, cannot be read: its key is pending deletion (DB instance bk-closed); \
         read: automated backups, snapshots, AWS Backup"
    );
    let arn = made["DBInstance"]["DBInstanceArn"].as_str().unwrap().to_owned();
    let role = "arn:aws:iam::111111111111:role/backup";
    for (vault, told) in [("open", ""), ("locked-1", " · locked")] {
        desk.make("backup", "create_backup_vault", json!({"BackupVaultName": vault}));
        let job = json!({"BackupVaultName": vault, "ResourceArn": arn, "IamRoleArn": role});
        desk.make("backup", "start_backup_job", job);
        let text = said(&desk.ask(&delete).impact);
        let end = format!(" · 5 MB · same account{told} · recorded");
        assert!(text.contains(&format!("AWS Backup {vault}/")) && text.ends_with(&end), "{text}");
    }
    // Only of a vault that is locked for good more is asked.
    assert_eq!(
        (asked(&desk, "backup DescribeBackupVault"), asked(&desk, "backup DescribeRecoveryPoint")),
        (2, 1)
    );
}

#[test]
fn a_bucket_has_no_copy_in_itself() {
    let Some(desk) = Desk::with("backup-bucket", 2) else { return };
    let here = json!({"LocationConstraint": desk.person.region});
    for name in ["bk-logs", "bk-near"] {
        desk.make("s3", "create_bucket", json!({"Bucket": name, "CreateBucketConfiguration": here}));
        let on = json!({"Bucket": name, "VersioningConfiguration": {"Status": "Enabled"}});
        desk.make("s3", "put_bucket_versioning", on);
    }
    for key in ["logs/1", "logs/2", "other"] {
        desk.make("s3", "put_object", json!({"Bucket": "bk-logs", "Key": key, "Body": "12345"}));
    }
    let whole = ["s3", "rb", "s3://bk-logs", "--force"];
    let logs = ["s3", "rm", "s3://bk-logs/logs/", "--recursive"];
    let one = ["s3api", "delete-object", "--bucket", "bk-logs", "--key", "logs/1"];
    let none = |what: &str| format!("NONE FOUND for {what} in: replication, AWS Backup (all read)");
    assert_eq!(said(&desk.ask(&whole).impact), none("bucket bk-logs"));
    assert_eq!(said(&desk.ask(&logs).impact), none("prefix bk-logs/logs/"));
    assert_eq!(said(&desk.ask(&one).impact), none("object bk-logs/logs/1"));

    let replicate = |to: &str, account: &str, deletions: &str| {
        let destination = json!({"Bucket": format!("arn:aws:s3:::{to}"), "Account": account});
        let rule = json!({"Status": "Enabled", "Priority": 1, "Filter": {"Prefix": "logs/"},
            "DeleteMarkerReplication": {"Status": deletions}, "Destination": destination});
        let configuration = json!({"Role": "arn:aws:iam::111111111111:role/r", "Rules": [rule]});
        let args = json!({"Bucket": "bk-logs", "ReplicationConfiguration": configuration});
        desk.make("s3", "put_bucket_replication", args);
    };
    replicate("bk-near", "111111111111", "Disabled");
    assert_eq!(
        said(&desk.ask(&whole).impact),
        "unknown: S3 replication: only what begins with logs/ is in s3://bk-near (bucket bk-logs)"
    );
    assert_eq!(
        said(&desk.ask(&logs).impact),
        "unknown: S3 replication: how much of it is in s3://bk-near is not said (prefix bk-logs/logs/)"
    );
    // One object says itself that it has arrived; then nobody else is asked.
    let before = asked(&desk, "backup ListRecoveryPointsByResource");
    let object = "object bk-logs/logs/1: old · S3 replication";
    assert_eq!(said(&desk.ask(&one).impact), format!("{object} · s3://bk-near · same account · recorded"));
    assert_eq!(asked(&desk, "backup ListRecoveryPointsByResource"), before);
    replicate("bk-far", "222222222222", "Disabled");
    assert_eq!(said(&desk.ask(&one).impact), format!("{object} · s3://bk-far · elsewhere · recorded"));
    replicate("bk-far", "222222222222", "Enabled");
    assert_eq!(
        said(&desk.ask(&one).impact),
        "NO USABLE ONE: S3 replication does not hold it: deletions are replicated to s3://bk-far \
         (object bk-logs/logs/1); read: replication, AWS Backup"
    );
    let role = "arn:aws:iam::111111111111:role/backup";
    let job =
        json!({"BackupVaultName": "nightly", "ResourceArn": "arn:aws:s3:::bk-logs", "IamRoleArn": role});
    desk.make("backup", "start_backup_job", job);
    let point = "AWS Backup nightly/00000000000000000000000000000001";
    assert_eq!(
        said(&desk.ask(&whole).impact),
        format!("bucket bk-logs: old · {point} · 5 MB · same account · recorded")
    );
    let denied = json!({"service": "s3", "operation": "GetBucketReplication", "code": "AccessDenied", "message": "no", "status": 403});
    desk.aws.fault(&desk.person, denied);
    let near = ["s3", "rb", "s3://bk-near", "--force"];
    let empty = desk.ask(&near).impact;
    assert_eq!((said(&empty).as_str(), empty.backups.looked), ("", true));
    desk.make("s3", "put_object", json!({"Bucket": "bk-near", "Key": "a", "Body": "1"}));
    assert_eq!(said(&desk.ask(&near).impact), "unknown: replication (403) (bucket bk-near)");
}

const STACK: &str = r#"
Resources:
  Key:
    Type: AWS::KMS::Key
    Properties: { KeyPolicy: '{"Version": "2012-10-17", "Statement": []}' }
  Db:
    Type: AWS::RDS::DBInstance
    DeletionPolicy: Snapshot
    Properties:
      DBInstanceIdentifier: bk-stack-db
      Engine: postgres
      DBInstanceClass: db.m5.large
      AllocatedStorage: 20
      MasterUsername: root1
      MasterUserPassword: not-a-secret
      BackupRetentionPeriod: 0
      StorageEncrypted: true
      KmsKeyId: !GetAtt Key.Arn
  Orders:
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: bk-stack-orders
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
      BillingMode: PAY_PER_REQUEST
  Events: { Type: AWS::Kinesis::Stream, Properties: { Name: bk-events, ShardCount: 1 } }
  Queue: { Type: AWS::SQS::Queue }
"#;

#[test]
fn a_stack_takes_the_key_of_its_copies_along() {
    let Some(desk) = Desk::of("backup-stack") else { return };
    desk.make("cloudformation", "create_stack", json!({"StackName": "bk-stack", "TemplateBody": STACK}));
    let delete = ["cloudformation", "delete-stack", "--stack-name", "bk-stack"];
    let rest = "unknown: Kinesis stream bk-events (no source of copies is known)";
    assert_eq!(
        said(&desk.ask(&delete).impact),
        format!(
            "NONE FOUND for DB instance bk-stack-db, DynamoDB table bk-stack-orders in: automated backups, snapshots, \
             AWS Backup, point-in-time recovery, backups (all read); {rest}"
        )
    );
    let snapshot = json!({"DBInstanceIdentifier": "bk-stack-db", "DBSnapshotIdentifier": "bk-shut"});
    desk.make("rds", "create_db_snapshot", snapshot);
    desk.make("dynamodb", "create_backup", json!({"TableName": "bk-stack-orders", "BackupName": "bk-1"}));
    let text = said(&desk.ask(&delete).impact);
    assert_eq!(
        text,
        format!(
            "DIES WITH THIS COMMAND: snapshot bk-shut (its key goes with the stack), old (DB instance bk-stack-db); \
             DynamoDB table bk-stack-orders: old · DynamoDB bk-1 · 123 B · same account · recorded; {rest}"
        )
    );
    // Where the key stays, the copy does.
    let kept = [&delete[..], &["--retain-resources", "Key"]].concat();
    let text = said(&desk.ask(&kept).impact);
    assert!(
        text.contains("DB instance bk-stack-db: old · snapshot bk-shut · same account · recorded"),
        "{text}"
    );
}
