//! What commands against RDS and DynamoDB would do, asked of a real server through the real CLI.

use crate::support::aws_probe::{Desk, fate_of, goes, moves, protections};
use guard::engine::fact::Why;
use guard::engine::impact::{Fate, Impact};
use serde_json::{Value, json};

fn instance(name: &str, more: Value) -> Value {
    let mut all = json!({
        "DBInstanceIdentifier": name, "Engine": "postgres", "DBInstanceClass": "db.m5.large", "AllocatedStorage": 200,
        "MasterUsername": "root1", "MasterUserPassword": "not-a-secret", "BackupRetentionPeriod": 7,
        "Tags": [{"Key": "env", "Value": "prod"}],
    });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all
}

fn delete(desk: &Desk, name: &str, more: &[&str]) -> guard::family::aws::probe::Answered {
    let mut words = vec!["rds", "delete-db-instance", "--db-instance-identifier", name];
    words.extend(more);
    desk.ask(&words)
}

#[track_caller]
fn gap(impact: &Impact, what: &str) -> Why {
    let found = impact.gaps.iter().find(|g| g.what == what);
    found.unwrap_or_else(|| panic!("no gap {what} among {:#?}", impact.gaps)).why.clone()
}

#[test]
fn an_instance_goes_with_its_automated_backups_and_leaves_its_snapshots() {
    let Some(desk) = Desk::of("rds-plain") else { return };
    desk.make("rds", "create_db_instance", instance("app-db", json!({"MultiAZ": true})));
    desk.make(
        "rds",
        "create_db_snapshot",
        json!({"DBInstanceIdentifier": "app-db", "DBSnapshotIdentifier": "before-2"}),
    );
    let seen = delete(&desk, "app-db", &["--skip-final-snapshot"]);
    assert_eq!(seen.error, None);
    let impact = &seen.impact;
    assert_eq!(impact.gaps, []);
    let subject = &impact.subjects[0];
    assert_eq!((subject.kind.as_str(), subject.name.as_str()), ("DB instance", "app-db"));
    assert!(subject.age_s.is_some() && subject.labels.contains(&("env".into(), "prod".into())));
    assert!(
        impact.also[0].starts_with("postgres ") && impact.also[0].contains("db.m5.large, 200 GiB, Multi-AZ")
    );
    assert_eq!(
        fate_of(impact, "DB instance app-db, 200 GiB"),
        (Fate::Erased, "no final snapshot: --skip-final-snapshot")
    );
    assert_eq!(
        fate_of(impact, "automated backups of 7 days, newest "),
        (Fate::Erased, "they go too unless --no-delete-automated-backups")
    );
    assert_eq!(fate_of(impact, "manual snapshot before-2"), (Fate::Kept, "manual snapshots stay"));
    assert_eq!(
        protections(impact),
        "deletion protection is OFF; turn on: aws rds modify-db-instance --db-instance-identifier app-db \
         --deletion-protection\n"
    );
    assert_eq!(moves(impact), "");
    let safer = seen.safer.unwrap();
    let begin = "aws rds delete-db-instance --db-instance-identifier app-db --final-db-snapshot-identifier app-db-final-20";
    assert!(safer.starts_with(begin) && !safer.contains("skip"), "{safer}");
}

#[test]
fn a_final_snapshot_keeps_the_data_and_without_a_word_aws_refuses() {
    let Some(desk) = Desk::of("rds-final") else { return };
    desk.make("rds", "create_db_instance", instance("final-db", json!({})));
    let seen = delete(
        &desk,
        "final-db",
        &["--final-db-snapshot-identifier", "final-db-end", "--no-delete-automated-backups"],
    );
    assert_eq!(fate_of(&seen.impact, "DB instance final-db"), (Fate::Kept, "final snapshot final-db-end"));
    assert_eq!(fate_of(&seen.impact, "automated backups"), (Fate::Kept, "--no-delete-automated-backups"));
    assert!(seen.impact.also.contains(&"no manual snapshot exists".to_owned()));
    assert_eq!((seen.safer, seen.impact.refused), (None, None));

    let seen = delete(&desk, "final-db", &[]);
    let refused = "neither --final-db-snapshot-identifier nor --skip-final-snapshot is given";
    assert_eq!(seen.impact.refused.as_deref(), Some(refused));
    assert!(seen.safer.unwrap().contains("--final-db-snapshot-identifier final-db-final-20"));
}

#[test]
fn protection_refuses_the_deletion_and_its_removal_is_said() {
    let Some(desk) = Desk::of("rds-protected") else { return };
    desk.make("rds", "create_db_instance", instance("safe-db", json!({"DeletionProtection": true})));
    let seen = delete(&desk, "safe-db", &["--skip-final-snapshot"]);
    assert_eq!(seen.impact.refused.as_deref(), Some("deletion protection of safe-db is on"));
    assert_eq!(protections(&seen.impact), "deletion protection is ON: refuses the deletion\n");

    let words =
        ["rds", "modify-db-instance", "--db-instance-identifier", "safe-db", "--no-deletion-protection"];
    assert_eq!(protections(&desk.ask(&words).impact), "deletion protection is removed by this command\n");
    let words = ["rds", "modify-db-instance", "--db-instance-identifier", "safe-db"];
    let words: Vec<&str> = words
        .into_iter()
        .chain(["--backup-retention-period", "0", "--db-instance-class", "db.m5.xlarge"])
        .collect();
    let seen = desk.ask(&words).impact;
    assert_eq!(moves(&seen), "+ destroy: all automated backups go\n");
    assert_eq!(fate_of(&seen, "automated backups of 7 days"), (Fate::Erased, "--backup-retention-period 0"));
    assert!(seen.also.contains(&"restarts in the maintenance window to become db.m5.xlarge".to_owned()));
    assert_eq!(protections(&seen), "deletion protection is on\n");
}

#[test]
fn a_read_replica_and_a_cluster_member_hold_no_data_of_their_own() {
    let Some(desk) = Desk::of("rds-members") else { return };
    desk.make("rds", "create_db_instance", instance("source-db", json!({})));
    desk.make(
        "rds",
        "create_db_instance_read_replica",
        json!({"DBInstanceIdentifier": "replica-db", "SourceDBInstanceIdentifier": "source-db"}),
    );
    let seen = delete(&desk, "replica-db", &["--skip-final-snapshot"]);
    assert_eq!(moves(&seen.impact), "- disrupt: a read replica: source-db keeps the data\n");
    assert_eq!(seen.safer, None);
    let seen = delete(&desk, "source-db", &["--skip-final-snapshot"]).impact;
    assert!(seen.also.contains(&"read replicas lose their source: replica-db".to_owned()), "{:?}", seen.also);

    let cluster = json!({"DBClusterIdentifier": "aurora", "Engine": "aurora-postgresql", "MasterUsername": "root1",
                         "MasterUserPassword": "not-a-secret", "BackupRetentionPeriod": 3});
    desk.make("rds", "create_db_cluster", cluster);
    for member in ["aurora-a", "aurora-b"] {
        let engine = json!({"Engine": "aurora-postgresql", "DBClusterIdentifier": "aurora"});
        desk.make("rds", "create_db_instance", instance(member, engine));
    }
    let seen = delete(&desk, "aurora-b", &[]);
    assert_eq!(moves(&seen.impact), "- disrupt: cluster aurora keeps the data\n");
    assert!(seen.impact.also.contains(&"1 other instance of cluster aurora left".to_owned()));
    assert_eq!((seen.impact.data.as_slice(), seen.impact.refused, seen.safer), (&[][..], None, None));

    let words = ["rds", "delete-db-cluster", "--db-cluster-identifier", "aurora", "--skip-final-snapshot"];
    let seen = desk.ask(&words);
    assert!(seen.impact.also.contains(&"AWS wants its instances deleted first".to_owned()));
    assert_eq!(goes(&seen.impact, "DB instance"), 2);
    assert_eq!(
        fate_of(&seen.impact, "DB cluster aurora"),
        (Fate::Erased, "no final snapshot: --skip-final-snapshot")
    );
    assert!(seen.safer.unwrap().contains("--final-db-snapshot-identifier aurora-final-20"));
    let seen = desk.ask(&["rds", "failover-db-cluster", "--db-cluster-identifier", "aurora"]).impact;
    assert!(seen.also.contains(&"2 instances in it".to_owned()), "{:?}", seen.also);
}

#[test]
fn a_snapshot_is_told_with_what_is_left() {
    let Some(desk) = Desk::of("rds-snapshots") else { return };
    desk.make("rds", "create_db_instance", instance("snap-db", json!({"BackupRetentionPeriod": 0})));
    for name in ["snap-1", "snap-2"] {
        let made = json!({"DBInstanceIdentifier": "snap-db", "DBSnapshotIdentifier": name});
        desk.make("rds", "create_db_snapshot", made);
    }
    let words = ["rds", "delete-db-snapshot", "--db-snapshot-identifier", "snap-1"];
    let seen = desk.ask(&words).impact;
    assert_eq!(fate_of(&seen, "DB snapshot snap-1 of snap-db, 200 GiB").0, Fate::Erased);
    assert_eq!(fate_of(&seen, "snapshot snap-2 of snap-db"), (Fate::Kept, "a manual snapshot"));
    desk.make("rds", "delete_db_snapshot", json!({"DBSnapshotIdentifier": "snap-2"}));
    desk.make(
        "rds",
        "delete_db_instance",
        json!({"DBInstanceIdentifier": "snap-db", "SkipFinalSnapshot": true}),
    );
    let seen = desk.ask(&words).impact;
    assert!(seen.also.contains(&"its database snap-db no longer exists".to_owned()), "{:?}", seen.also);
}

#[test]
fn databases_that_may_not_be_seen_or_are_not_there() {
    let Some(desk) = Desk::of("rds-denied") else { return };
    desk.make("rds", "create_db_instance", instance("dark-db", json!({})));
    for (operation, what) in [
        ("DescribeDBInstances", "DB instance dark-db"),
        ("DescribeDBSnapshots", "manual snapshots of dark-db"),
    ] {
        let fault = json!({"service": "rds", "operation": operation, "code": "AccessDenied", "status": 403});
        desk.aws.fault(&desk.person, fault);
        let seen = delete(&desk, "dark-db", &["--skip-final-snapshot"]).impact;
        assert_eq!(gap(&seen, what), Why::Forbidden);
        assert_eq!((moves(&seen), seen.subjects_total), (String::new(), 1));
        assert_eq!(fate_of(&seen, "DB instance dark-db").0, Fate::Erased, "its words say so");
        assert!(!seen.also.contains(&"no manual snapshot exists".to_owned()));
        desk.aws.mend(&desk.person);
    }
    let seen = delete(&desk, "nobody", &["--skip-final-snapshot"]);
    assert_eq!(moves(&seen.impact), "- read: no such DB instance: nobody\n");
    assert_eq!((seen.impact.subjects_total, seen.safer), (0, None));
}

fn table(name: &str, more: Value) -> Value {
    let mut all = json!({
        "TableName": name, "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    });
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all
}

const ITEM: &str = r#"{"id": {"S": "a"}}"#;

#[test]
fn a_table_goes_and_its_backups_stay() {
    let Some(desk) = Desk::of("ddb-table") else { return };
    desk.make("dynamodb", "create_table", table("orders", json!({})));
    desk.make("dynamodb", "put_item", json!({"TableName": "orders", "Item": {"id": {"S": "a"}}}));
    let words = ["dynamodb", "delete-table", "--table-name", "orders"];
    let seen = desk.ask(&words);
    let impact = &seen.impact;
    assert_eq!(impact.gaps, []);
    assert_eq!(
        protections(impact),
        "deletion protection is OFF; turn on: aws dynamodb update-table --table-name orders \
         --deletion-protection-enabled\n\
         point-in-time recovery is OFF; turn on: aws dynamodb update-continuous-backups --table-name orders \
         --point-in-time-recovery-specification PointInTimeRecoveryEnabled=true\n"
    );
    assert_eq!(fate_of(impact, "table orders: 1 item, ").0, Fate::Erased);
    assert!(impact.also.contains(&"no backup exists".to_owned()));
    assert!(impact.subjects[0].age_s.is_some());
    let safer = seen.safer.unwrap();
    assert!(
        safer.starts_with("aws dynamodb create-backup --table-name orders --backup-name orders-final-20"),
        "{safer}"
    );

    desk.make("dynamodb", "create_backup", json!({"TableName": "orders", "BackupName": "monday"}));
    let recovery = json!({"TableName": "orders", "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": true}});
    desk.make("dynamodb", "update_continuous_backups", recovery);
    let seen = desk.ask(&words).impact;
    assert_eq!(fate_of(&seen, "backup monday"), (Fate::Kept, "backups stay"));
    assert_eq!(fate_of(&seen, "a system backup of orders").0, Fate::Kept);
    let off = "PointInTimeRecoveryEnabled=false";
    let words = ["dynamodb", "update-continuous-backups", "--table-name", "orders"];
    let words: Vec<&str> = words.into_iter().chain(["--point-in-time-recovery-specification", off]).collect();
    let seen = desk.ask(&words).impact;
    assert_eq!(fate_of(&seen, "the restore history of orders").0, Fate::Erased);
    assert!(protections(&seen).ends_with("point-in-time recovery is removed by this command\n"));
}

#[test]
fn a_protected_a_missing_and_an_unseen_table() {
    let Some(desk) = Desk::of("ddb-others") else { return };
    desk.make("dynamodb", "create_table", table("kept", json!({"DeletionProtectionEnabled": true})));
    let words = ["dynamodb", "delete-table", "--table-name", "kept"];
    let seen = desk.ask(&words).impact;
    assert_eq!(seen.refused.as_deref(), Some("deletion protection of kept is on"));
    let update = ["dynamodb", "update-table", "--table-name", "kept", "--no-deletion-protection-enabled"];
    assert!(
        protections(&desk.ask(&update).impact)
            .starts_with("deletion protection is removed by this command\n")
    );

    let seen = desk.ask(&["dynamodb", "delete-table", "--table-name", "nowhere"]).impact;
    assert_eq!(
        (moves(&seen).as_str(), seen.subjects_total),
        ("- read: no such DynamoDB table: nowhere\n", 0)
    );

    for (operation, what) in [
        ("DescribeTable", "DynamoDB table kept"),
        ("DescribeContinuousBackups", "point-in-time recovery of kept"),
        ("ListBackups", "backups of kept"),
    ] {
        let fault = json!({"service": "dynamodb", "operation": operation, "code": "AccessDeniedException", "status": 400});
        desk.aws.fault(&desk.person, fault);
        let seen = desk.ask(&words).impact;
        assert_eq!(gap(&seen, what), Why::Forbidden);
        assert_eq!(moves(&seen), "", "{operation}");
        desk.aws.mend(&desk.person);
    }
}

#[test]
fn items_are_looked_for_by_their_key_and_counted_in_batches() {
    let Some(desk) = Desk::of("ddb-items") else { return };
    desk.make("dynamodb", "create_table", table("items", json!({})));
    desk.make("dynamodb", "put_item", json!({"TableName": "items", "Item": {"id": {"S": "a"}}}));
    let delete = |key| ["dynamodb", "delete-item", "--table-name", "items", "--key", key];
    let seen = desk.ask(&delete(ITEM)).impact;
    assert_eq!((fate_of(&seen, "1 item of items").0, moves(&seen).as_str()), (Fate::Erased, ""));
    let seen = desk.ask(&delete(r#"{"id": {"S": "b"}}"#)).impact;
    assert_eq!(moves(&seen), "- read: there is no item with that key\n");
    let batch =
        r#"{"items":[{"DeleteRequest":{"Key":{"id":{"S":"a"}}}},{"PutRequest":{"Item":{"id":{"S":"c"}}}}]}"#;
    let seen = desk.ask(&["dynamodb", "batch-write-item", "--request-items", batch]).impact;
    assert_eq!(fate_of(&seen, "1 item of items").0, Fate::Erased);
    assert!(
        seen.also.contains(&"1 item of items are written over where they exist".to_owned()),
        "{:?}",
        seen.also
    );
    assert!(protections(&seen).starts_with("point-in-time recovery is OFF"));
}
