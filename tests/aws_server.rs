//! The server that stands for AWS in the tests does what the tests take for granted: two accounts, protections that
//! refuse, faults for one person, and no request that leaves the machine.
#![cfg(feature = "cli")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's own helpers")]

#[path = "support/aws.rs"]
mod aws;

use aws::{Aws, Cli, Person, Way};
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
    for cli in Cli::all() {
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
    for cli in Cli::all() {
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
    let Some(cli) = Cli::v1() else { return };
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
