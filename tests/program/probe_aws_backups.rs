//! The newest copy of what an AWS command deletes or stops, asked of a real server through the real CLI.

use crate::support::aws_probe::Desk;
use guard::engine::impact::Impact;
use guard::ui::backup::line;
use serde_json::{Value, json};

/// What is said of copies, ages left out: the recording is as old as it is.
fn said(impact: &Impact) -> String {
    let all = impact.backups.groups();
    let text = all.iter().map(|group| line(&impact.backups, group)).collect::<Vec<_>>().join("; ");
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
