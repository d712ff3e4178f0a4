//! What people lose on AWS, played through the shim on a terminal with a real CLI: what was refused is still there,
//! what was confirmed is gone. The CLI speaks to the real host names, which all end on loopback.

use crate::support::aws::{Cli, Way};
use crate::support::aws_stage::{Scene, has_stack};
use crate::support::ended::ended;
use crate::support::fibery;
use crate::support::machine::REFUSED;
use serde_json::json;

macro_rules! scene {
    ($name:literal) => {
        match Scene::new($name) {
            Some(scene) => scene,
            None => return,
        }
    };
}

/// Fibery, 2022: the stack that went was the production's and not the new one.
#[test]
fn the_old_stack_does_not_go_by_the_new_ones_name() {
    for s in Scene::each("fib") {
        let app = format!("fib-app-v{}", s.cli.major);
        let new = format!("{app}-new");
        s.stack(&app, &fibery::template(&app));
        s.aws.age("prod", &app, 1100);
        s.small_stack(&new);
        let delete = ["cloudformation", "delete-stack", "--stack-name", &app];
        let refused = s.wrong(&delete, &format!("acme-prod/stack/{new}")).is(REFUSED);
        let shown = [
            "PRODUCTION",
            "acme-prod",
            "111111111111",
            "eu-west-1",
            "3 years old",
            "37 resources",
            "EKS cluster",
            "200 GiB",
            "DynamoDB table",
            "kept (in a snapshot",
            "10 SQS queues",
            "termination protection is OFF",
            "update-termination-protection --enable-termination-protection",
        ];
        shown.into_iter().fold(refused, |said, fact| said.says(fact));
        assert!(s.has_stack(&app) && s.has_stack(&new));
        assert_eq!(s.changes(), Vec::<String>::new());
        s.answer(&delete, "tries: ", &format!("acme-prod/stack/{app}")).is(0);
        assert!(!s.has_stack(&app) && s.has_stack(&new));
        assert_eq!(s.changes(), ["cloudformation DeleteStack"]);
    }
}

/// `deploy` reads its template itself, by a plain path: what was confirmed is what runs.
#[test]
fn a_template_that_changes_while_the_question_stands_is_refused() {
    let s = scene!("deployed");
    let table = json!({"Type": "AWS::DynamoDB::Table", "Properties": {"TableName": "deployed-orders",
        "BillingMode": "PAY_PER_REQUEST", "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}]}});
    let queue = json!({"Type": "AWS::SQS::Queue"});
    s.stack("deployed", &json!({"Resources": {"Orders": table, "Q": queue}}));
    let without = json!({"Resources": {"Q": queue}}).to_string();
    let path = s.stage.file("new.json", &without);
    let deploy = ["cloudformation", "deploy", "--stack-name", "deployed", "--template-file", &path];
    let mut terminal = s.terminal(&deploy);
    terminal.expect("tries: ");
    s.stage.file("new.json", &without.replace('}', " }"));
    terminal.send("acme-prod/stack/deployed\n");
    ended(terminal).is(REFUSED).says("a file that the command reads changed");
    assert_eq!(s.changes(), Vec::<String>::new());
}

#[test]
fn a_protected_stack_is_not_even_asked_about() {
    let s = scene!("protected");
    s.small_stack("protected-1");
    let on = json!({"StackName": "protected-1", "EnableTerminationProtection": true});
    s.call("cloudformation", "update_termination_protection", on);
    s.unasked(&["cloudformation", "delete-stack", "--stack-name", "protected-1"])
        .is(REFUSED)
        .says("termination protection")
        .not("tries: ");
    assert!(s.has_stack("protected-1"));
}

#[test]
fn keys_of_production_under_the_name_of_staging() {
    for s in Scene::each("keys") {
        let (mut s, name) = (s, "keys-app");
        let here = json!({"StackName": name, "@region": "us-east-1", "TemplateBody":
            json!({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}).to_string()});
        s.call("cloudformation", "create_stack", here);
        for (variable, value) in s.ann.keys() {
            s.stage.env(&variable, value);
        }
        s.stage.env("AWS_PROFILE", "staging");
        let delete = ["cloudformation", "delete-stack", "--stack-name", name];
        s.wrong(&delete, &format!("acme-staging/stack/{name}"))
            .is(REFUSED)
            .says("acme-prod")
            .says("us-east-1")
            .says("AWS_PROFILE=staging");
        // The option beats the keys, and then it really is staging.
        let said = s.check(&[&delete[..], &["--profile", "staging"]].concat());
        assert_eq!(said["target"]["account"], json!("222222222222"), "{said}");
        s.answer(&delete, "tries: ", &format!("acme-prod/stack/{name}")).is(0);
        let gone = s.aws.try_call(
            "prod",
            "cloudformation",
            "describe_stacks",
            json!({"StackName": name, "@region": "us-east-1"}),
        );
        assert!(gone.is_err(), "{gone:?}");
    }
}

#[test]
fn two_instances_go_by_the_first_and_a_count() {
    let s = scene!("ec2");
    let (a, b, other) = (s.instance("web-1"), s.instance("web-2"), s.instance("db-1"));
    let terminate = ["ec2", "terminate-instances", "--instance-ids", &a, &b];
    s.wrong(&terminate, &format!("acme-prod/instance/{a}"))
        .is(REFUSED)
        .says("web-1")
        .says("web-2")
        .says("2 ");
    assert_eq!((s.state(&a), s.state(&b)), ("running".into(), "running".into()));
    s.answer(&terminate, "tries: ", &format!("acme-prod/instance/{a}+1")).is(0).says("TerminatingInstances");
    assert_ne!(s.state(&a), "running");
    assert_ne!(s.state(&b), "running");
    assert_eq!(s.state(&other), "running");
}

#[test]
fn an_instance_with_protection_is_refused_with_the_servers_reason() {
    let s = scene!("ec2p");
    let id = s.instance("kept");
    let on = json!({"InstanceId": id, "DisableApiTermination": {"Value": true}});
    s.call("ec2", "modify_instance_attribute", on);
    s.unasked(&["ec2", "terminate-instances", "--instance-ids", &id]).is(REFUSED).says("protection");
    assert_eq!(s.state(&id), "running");
}

/// Version 2 can let a person compose the command inside a prompt of its own, which nobody looks at.
#[test]
fn no_other_command_is_composed_behind_the_question() {
    let Some(cli) = Cli::v2() else { return };
    let Some(mut s) = Scene::with("compose", cli, Way::Proxy) else { return };
    s.small_stack("compose-app");
    s.stage.env("AWS_CLI_AUTO_PROMPT", "on");
    let delete = ["cloudformation", "delete-stack", "--stack-name", "compose-app"];
    s.unasked(&[&delete[..], &["--cli-auto-prompt"]].concat()).is(REFUSED).says("--cli-auto-prompt");
    s.unasked(&["sts", "get-caller-identity"]).is(0).says("AWS_CLI_AUTO_PROMPT is off").says("111111111111");
    s.answer(&delete, "tries: ", "acme-prod/stack/compose-app").is(0);
    assert!(!s.has_stack("compose-app"));
}

/// An account without an alias is called by its id.
#[test]
fn the_id_answers_for_an_account_without_a_name() {
    let mut s = scene!("noname");
    let eve = s.aws.person("play", "eve-noname");
    s.aws.files(s.stage.home.path(), &[&eve]);
    s.stage.env("AWS_PROFILE", "play");
    let stack = json!({"StackName": "noname-app", "TemplateBody":
        json!({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}).to_string()});
    s.aws.call("play", "cloudformation", "create_stack", stack);
    let delete = ["cloudformation", "delete-stack", "--stack-name", "noname-app"];
    s.wrong(&delete, "play/stack/noname-app").is(REFUSED).says("333333333333").not("PRODUCTION");
    assert!(has_stack(s.aws, "play", "noname-app"));
    s.answer(&delete, "tries: ", "333333333333/stack/noname-app").is(0);
    assert!(!has_stack(s.aws, "play", "noname-app"));
}

#[test]
fn a_prefix_of_a_bucket_goes_and_the_rest_stays() {
    let s = scene!("s3");
    s.bucket("scene-s3", &["logs/1", "logs/2", "keep/1"]);
    let rm = ["s3", "rm", "--recursive", "s3://scene-s3/logs/"];
    let asked = s.check(&rm);
    let phrase = asked["challenge"]["phrase"].as_str().unwrap_or_else(|| panic!("{asked}")).to_owned();
    assert!(phrase.starts_with("acme-prod/bucket/scene-s3/logs/*"), "{phrase}");
    s.wrong(&rm, "acme-prod").is(REFUSED).says("scene-s3").says("2 ");
    assert_eq!(s.keys("scene-s3").len(), 3);
    s.answer(&rm, "tries: ", &phrase).is(0).says("delete: s3://scene-s3/logs/1");
    assert_eq!(s.keys("scene-s3"), ["keep/1"]);
    // A dry run is a read: nothing is asked.
    s.unasked(&["s3", "rm", "--recursive", "s3://scene-s3/", "--dryrun"])
        .is(0)
        .says("(dryrun) delete")
        .not("stops");
    assert_eq!(s.keys("scene-s3"), ["keep/1"]);
}

#[test]
fn a_database_without_a_final_snapshot() {
    let s = scene!("rds");
    let db = json!({"DBInstanceIdentifier": "scene-db", "Engine": "postgres", "AllocatedStorage": 200,
        "DBInstanceClass": "db.r6g.large", "MasterUsername": "m", "MasterUserPassword": "not-a-secret"});
    s.call("rds", "create_db_instance", db);
    let delete =
        ["rds", "delete-db-instance", "--db-instance-identifier", "scene-db", "--skip-final-snapshot"];
    s.wrong(&delete, "acme-prod/db-instance/scene")
        .is(REFUSED)
        .says("scene-db")
        .says("postgres")
        .says("skip-final-snapshot")
        .says("final-db-snapshot-identifier");
    let all = s.call("rds", "describe_db_instances", json!({"DBInstanceIdentifier": "scene-db"}));
    assert_eq!(all["DBInstances"][0]["DBInstanceStatus"], json!("available"));
    s.answer(&delete, "tries: ", "acme-prod/db-instance/scene-db").is(0);
    assert!(
        s.aws
            .try_call("prod", "rds", "describe_db_instances", json!({"DBInstanceIdentifier": "scene-db"}))
            .is_err()
    );
}

#[test]
fn a_table() {
    let s = scene!("ddb");
    let table = json!({"TableName": "scene-orders", "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}]});
    s.call("dynamodb", "create_table", table);
    let delete = ["dynamodb", "delete-table", "--table-name", "scene-orders"];
    s.wrong(&delete, "orders").is(REFUSED).says("scene-orders");
    s.call("dynamodb", "describe_table", json!({"TableName": "scene-orders"}));
    s.answer(&delete, "tries: ", "acme-prod/table/scene-orders").is(0);
    assert!(
        s.aws.try_call("prod", "dynamodb", "describe_table", json!({"TableName": "scene-orders"})).is_err()
    );
}

#[test]
fn a_stack_that_is_not_there_costs_no_question_of_production() {
    let s = scene!("absent");
    let said = s.check(&["cloudformation", "delete-stack", "--stack-name", "absent-1"]);
    assert_ne!(said["effect"], json!("destroy"), "{said}");
}

#[test]
fn the_role_of_another_profile_is_named() {
    let s = scene!("role");
    s.small_stack("role-app");
    let said =
        s.check(&["--profile", "prod-admin", "cloudformation", "delete-stack", "--stack-name", "role-app"]);
    assert_eq!(said["target"]["account"], json!("111111111111"), "{said}");
    assert!(said["target"]["principal"].as_str().unwrap().contains("assumed-role/Admin"), "{said}");
    assert_eq!(said["challenge"]["phrase"], json!("acme-prod/eu-west-1/stack/role-app"));
    assert_eq!(said["exit"], json!(3));
}

#[test]
fn what_the_cli_itself_refuses_ends_with_its_own_code() {
    let s = scene!("own");
    let id = s.instance("own");
    let terminate = ["ec2", "terminate-instances", "--instance-ids", &id];
    s.aws.fault(&s.ann, json!({"operation": "TerminateInstances", "code": "UnauthorizedOperation", "status": 403, "message": "no"}));
    let code = if s.cli.major == 1 { 255 } else { 254 };
    s.answer(&terminate, "tries: ", &format!("acme-prod/instance/{id}"))
        .is(code)
        .says("(UnauthorizedOperation)");
    assert_eq!(s.state(&id), "running");
}

#[test]
fn another_instance_behind_the_same_question_is_a_new_question() {
    let s = scene!("loop");
    let ids = [s.instance("loop-1"), s.instance("loop-2")];
    let line =
        format!("for i in {} {}; do aws ec2 terminate-instances --instance-ids $i; done", ids[0], ids[1]);
    let mut terminal = s.stage.shell(&line);
    terminal.expect("tries: ");
    terminal.send(format!("acme-prod/instance/{}\n", ids[0]));
    terminal.expect("TerminatingInstances");
    terminal.expect("tries: ");
    terminal.send("\x04");
    let end = ended(terminal);
    assert_eq!(end.code, REFUSED, "{}", end.output);
    assert_ne!(s.state(&ids[0]), "running");
    assert_eq!(s.state(&ids[1]), "running");
}
