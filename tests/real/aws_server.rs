//! The server that stands for AWS in the tests does what the tests take for granted: two accounts, protections that
//! refuse, faults for one person, and no request that leaves the machine.

use crate::support::aws::{Aws, Cli, Person, Way};
use crate::support::aws_warm::warm;
use crate::support::fibery;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Output;

fn stdout(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn refused(output: &Output, code: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(!output.status.success() && said.contains(&format!("({code})")), "{said}");
}

/// One person's calls through one CLI.
struct Caller<'a> {
    cli: &'a Cli,
    home: &'a Path,
    vars: Vec<(String, String)>,
}

impl Caller<'_> {
    fn run(&self, args: &[&str]) -> Output {
        self.cli.run(self.home, &self.vars, args)
    }
}

#[test]
fn every_cli_reaches_both_accounts_both_ways() {
    let Some(aws) = Aws::start() else { return };
    let home = tempfile::tempdir().unwrap();
    aws.files(home.path(), &[aws.alice("prod"), aws.alice("staging")]);
    for cli in Cli::all().iter().map(warm) {
        for way in [Way::Endpoint, Way::Proxy] {
            let mut vars = aws.vars(way);
            vars.push(("AWS_DEFAULT_OUTPUT".into(), "json".into()));
            let caller = Caller { cli: &cli, home: home.path(), vars };
            for (profile, account) in
                [("prod", "111111111111"), ("staging", "222222222222"), ("prod-admin", "111111111111")]
            {
                let said = stdout(&caller.run(&["sts", "get-caller-identity", "--profile", profile]));
                assert_eq!(said["Account"], account, "{cli:?} {way:?} {profile}");
            }
            let said = stdout(&caller.run(&["iam", "list-account-aliases", "--profile", "prod"]));
            assert_eq!(said["AccountAliases"], json!(["acme-prod"]));
        }
    }
}

#[test]
fn requests_to_the_real_host_names_end_here() {
    let Some(aws) = Aws::start() else { return };
    let home = tempfile::tempdir().unwrap();
    let person = aws.person("prod", "hosts");
    aws.call(
        "prod",
        "s3",
        "create_bucket",
        json!({"Bucket": "hosts-b",
        "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}),
    );
    aws.call("prod", "s3", "put_object", json!({"Bucket": "hosts-b", "Key": "a/b", "Body": "x"}));
    aws.files(home.path(), &[&person]);
    let mut vars = aws.vars(Way::Proxy);
    vars.push(("AWS_PROFILE".into(), "prod".into()));
    for cli in Cli::all().iter().map(warm) {
        let caller = Caller { cli: &cli, home: home.path(), vars: vars.clone() };
        let said = caller.run(&["s3", "ls", "s3://hosts-b/a/"]);
        assert!(String::from_utf8_lossy(&said.stdout).contains(" b"), "{said:?}");
        stdout(&caller.run(&["rds", "describe-db-instances", "--region", "us-east-1", "--output", "json"]));
    }
    let entries = aws.entries(&person);
    assert!(entries.iter().all(|e| e["tls"] == json!(true)), "{entries:?}");
    let hosts: Vec<&str> = entries.iter().filter_map(|e| e["host"].as_str()).collect();
    assert!(hosts.contains(&"hosts-b.s3.eu-west-1.amazonaws.com"), "{hosts:?}");
    assert!(
        hosts.contains(&"rds.us-east-1.amazonaws.com") || hosts.contains(&"rds.amazonaws.com"),
        "{hosts:?}"
    );
    assert_eq!(aws.log(&person)[0], "s3 ListObjectsV2");
}

#[test]
fn a_fault_is_for_one_person_and_one_operation() {
    let Some(aws) = Aws::start() else { return };
    let (ann, bob) = (aws.person("prod", "ann"), aws.person("prod", "bob"));
    let Some(cli) = Cli::v1().as_ref().map(warm) else { return };
    let home = tempfile::tempdir().unwrap();
    let as_person = |p: &Person| {
        let mut vars = aws.vars(Way::Endpoint);
        vars.extend(p.keys());
        vars.extend([
            ("AWS_DEFAULT_REGION".into(), "eu-west-1".into()),
            ("AWS_MAX_ATTEMPTS".into(), "1".into()),
        ]);
        Caller { cli: &cli, home: home.path(), vars }
    };
    let reads: &[(&str, &[&str])] = &[
        ("query", &["cloudformation", "describe-stacks"]),
        ("ec2", &["ec2", "describe-instances"]),
        ("json", &["dynamodb", "list-tables"]),
        ("rest-json", &["eks", "list-clusters"]),
        ("s3", &["s3api", "list-buckets"]),
        ("route53", &["route53", "list-hosted-zones"]),
    ];
    aws.fault(
        &ann,
        json!({"operation": "[DL]*", "code": "AccessDenied", "status": 403, "message": "not you"}),
    );
    for (protocol, words) in reads {
        let said = as_person(&ann).run(words);
        refused(&said, "AccessDenied");
        assert!(String::from_utf8_lossy(&said.stderr).contains("not you"), "{protocol}");
        assert!(as_person(&bob).run(words).status.success(), "{protocol}");
    }
    aws.mend(&ann);
    assert!(as_person(&ann).run(reads[0].1).status.success());
    let log = aws.log(&ann);
    let named = [
        "cloudformation DescribeStacks",
        "ec2 DescribeInstances",
        "dynamodb ListTables",
        "eks ListClusters",
        "s3 ListBuckets",
        "route53 ListHostedZones",
    ];
    assert!(named.iter().all(|n| log.contains(&(*n).to_owned())), "{log:?}");
}

/// Every protection refuses, is seen, is lifted, and then lets the thing go.
#[test]
fn protections_refuse_until_they_are_lifted() {
    let Some(aws) = Aws::start() else { return };
    let call = |service: &str, method: &str, args: Value| aws.call("prod", service, method, args);
    let refused =
        |service: &str, method: &str, args: Value| aws.try_call("prod", service, method, args).unwrap_err();
    let on = |key: &str, value: Value| json!({key: value});

    let template = json!({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}).to_string();
    call("cloudformation", "create_stack", json!({"StackName": "held", "TemplateBody": template}));
    for (state, goes) in [(true, false), (false, true)] {
        let wanted = json!({"StackName": "held", "EnableTerminationProtection": state});
        call("cloudformation", "update_termination_protection", wanted);
        let said = call("cloudformation", "describe_stacks", on("StackName", json!("held")));
        assert_eq!(said["Stacks"][0]["EnableTerminationProtection"], json!(state));
        let gone = aws.try_call("prod", "cloudformation", "delete_stack", on("StackName", json!("held")));
        assert_eq!(gone.is_ok(), goes, "{gone:?}");
    }

    let database = json!({"DBInstanceIdentifier": "held", "Engine": "mysql", "AllocatedStorage": 20,
        "DBInstanceClass": "db.t3.micro", "MasterUsername": "m", "MasterUserPassword": "not-a-secret"});
    call("rds", "create_db_instance", database);
    assert!(
        refused("rds", "delete_db_instance", on("DBInstanceIdentifier", json!("held")))
            .contains("FinalDBSnapshot")
    );
    call("rds", "delete_db_instance", json!({"DBInstanceIdentifier": "held", "SkipFinalSnapshot": true}));

    let launch =
        json!({"LaunchConfigurationName": "held", "ImageId": "ami-12c6146b", "InstanceType": "t3.micro"});
    call("autoscaling", "create_launch_configuration", launch);
    call(
        "autoscaling",
        "create_auto_scaling_group",
        json!({"AutoScalingGroupName": "held", "MinSize": 0, "MaxSize": 1,
        "LaunchConfigurationName": "held", "AvailabilityZones": ["eu-west-1a"], "DeletionProtection": "prevent-all-deletion"}),
    );
    let said = call("autoscaling", "describe_auto_scaling_groups", json!({}));
    assert_eq!(said["AutoScalingGroups"][0]["DeletionProtection"], json!("prevent-all-deletion"), "{said}");
    assert!(
        refused("autoscaling", "delete_auto_scaling_group", on("AutoScalingGroupName", json!("held")))
            .contains("protection")
    );
    call(
        "autoscaling",
        "update_auto_scaling_group",
        json!({"AutoScalingGroupName": "held", "DeletionProtection": "none"}),
    );
    call("autoscaling", "delete_auto_scaling_group", on("AutoScalingGroupName", json!("held")));

    call("logs", "create_log_group", on("logGroupName", json!("held")));
    for (state, goes) in [(true, false), (false, true)] {
        call(
            "logs",
            "put_log_group_deletion_protection",
            json!({"logGroupIdentifier": "held", "deletionProtectionEnabled": state}),
        );
        let gone = aws.try_call("prod", "logs", "delete_log_group", on("logGroupName", json!("held")));
        assert_eq!(gone.is_ok(), goes, "{gone:?}");
    }

    let role = "arn:aws:iam::111111111111:role/Admin";
    call(
        "eks",
        "create_cluster",
        json!({"name": "held", "roleArn": role, "resourcesVpcConfig": {}, "deletionProtection": true}),
    );
    assert_eq!(
        call("eks", "describe_cluster", on("name", json!("held")))["cluster"]["deletionProtection"],
        json!(true)
    );
    assert!(refused("eks", "delete_cluster", on("name", json!("held"))).contains("protection"));
    call("eks", "update_cluster_config", json!({"name": "held", "deletionProtection": false}));
    call("eks", "delete_cluster", on("name", json!("held")));

    let started = call(
        "ec2",
        "run_instances",
        json!({"ImageId": "ami-12c6146b", "MinCount": 1, "MaxCount": 1, "DisableApiTermination": true}),
    );
    let ids = on("InstanceIds", json!([started["Instances"][0]["InstanceId"]]));
    assert!(refused("ec2", "terminate_instances", ids).contains("disableApiTermination"));
}

#[test]
fn the_stack_of_the_story_and_stacks_within_stacks() {
    let Some(aws) = Aws::start() else { return };
    let call = |service: &str, method: &str, args: Value| aws.call("prod", service, method, args);
    let body = fibery::template("made").to_string();
    call(
        "cloudformation",
        "create_stack",
        json!({"StackName": "made", "TemplateBody": body, "Capabilities": ["CAPABILITY_NAMED_IAM"]}),
    );
    let said = call("cloudformation", "list_stack_resources", json!({"StackName": "made"}));
    assert_eq!(said["StackResourceSummaries"].as_array().unwrap().len(), fibery::RESOURCES);
    for (service, method, args) in [
        ("eks", "describe_cluster", json!({"name": "made"})),
        ("rds", "describe_db_instances", json!({"DBInstanceIdentifier": "made-db"})),
        ("dynamodb", "describe_table", json!({"TableName": "made-orders"})),
        ("s3", "get_bucket_location", json!({"Bucket": "made-files"})),
    ] {
        call(service, method, args);
    }
    call(
        "s3",
        "create_bucket",
        json!({"Bucket": "templates", "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}),
    );
    let inner = json!({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}).to_string();
    call("s3", "put_object", json!({"Bucket": "templates", "Key": "inner", "Body": inner}));
    let outer = json!({"Resources": {"Inner": {"Type": "AWS::CloudFormation::Stack",
        "Properties": {"TemplateURL": "https://s3.amazonaws.com/templates/inner"}}}})
    .to_string();
    let made = call("cloudformation", "create_stack", json!({"StackName": "outer", "TemplateBody": outer}));
    let resources = call("cloudformation", "list_stack_resources", json!({"StackName": "outer"}));
    let id = &resources["StackResourceSummaries"][0]["PhysicalResourceId"];
    let nested = call("cloudformation", "describe_stacks", json!({"StackName": id}));
    assert_eq!(nested["Stacks"][0]["ParentId"], made["StackId"], "{nested}");
    assert_eq!(nested["Stacks"][0]["RootId"], made["StackId"]);
    aws.age("prod", "outer", 1000);
}
