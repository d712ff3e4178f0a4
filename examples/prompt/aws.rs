//! Made-up facts of AWS commands.

use super::{Scene, assessed, data, file, groups};
use guard::engine::assess::Assessment;
use guard::engine::aws::AwsTarget;
use guard::engine::aws::naming::Naming;
use guard::engine::challenge::{Challenge, aws_challenge};
use guard::engine::effect::Effect;
use guard::engine::fact::{Known, Source, Sourced, Why};
use guard::engine::impact::{Fate, Gap, Impact, Protection, Subject};
use guard::engine::situation::Level;
use guard::engine::target::Environment;
use guard::ui::CommandLine;

const PROD: &str = "111111111111";

fn env(name: &str) -> Source {
    Source::Env(name.to_owned())
}

fn owned(names: &[&str]) -> Vec<String> {
    names.iter().map(|n| (*n).to_owned()).collect()
}

/// The account of production, reached with keys somebody exported; AWS_PROFILE says staging.
fn production() -> AwsTarget {
    AwsTarget {
        account: Known::Known(PROD.to_owned()),
        principal: Known::Known(format!("arn:aws:sts::{PROD}:assumed-role/admin/anna@example.com")),
        alias: Known::Known(Some("acme-prod".to_owned())),
        organisation_name: Known::Unknown(Why::NotAsked),
        profile: Some(Sourced::new("staging".to_owned(), env("AWS_PROFILE"))),
        credentials: Some(Sourced::new("environment keys".to_owned(), env("AWS_ACCESS_KEY_ID"))),
        suggested_account: None,
        region: Some(Sourced::new("eu-west-1".to_owned(), file("/home/anna/.aws/config", 7))),
        notes: owned(&["AWS_PROFILE=staging is not used: environment keys beat it"]),
        ..AwsTarget::default()
    }
}

fn scene(name: &'static str, target: AwsTarget, kind: &str, resources: &[&str]) -> Scene {
    let naming = Naming { kind: kind.to_owned(), names: owned(resources), ..Naming::default() };
    let challenge = aws_challenge(&target, None, &naming, &[]);
    Scene {
        name,
        environment: Environment::Production,
        why: "\"prod\" in account acme-prod",
        cluster: target.account_name(None),
        aws: Some(target),
        verb: "cloudformation delete-stack",
        assessment: assessed(Effect::Destroy),
        impact: Impact::default(),
        challenge,
        level: Level::Typed,
        command: CommandLine::of(["aws"]),
        copy: Vec::new(),
        safer: None,
        ..super::delete()
    }
}

/// The production stack in place of the new one.
pub fn stack() -> Scene {
    let off = "is OFF; turn on: aws --region eu-west-1 cloudformation update-termination-protection \
               --enable-termination-protection --stack-name app";
    Scene {
        impact: Impact {
            subjects: vec![Subject {
                kind: "CloudFormation stack".to_owned(),
                name: "app".to_owned(),
                age_s: Some(31_557_600 * 3 + 86_400),
                changed_s: Some(86_400 * 2),
                ..Subject::default()
            }],
            subjects_total: 1,
            groups: groups(&[
                ("DB instance", 1, &["app-db"]),
                ("DynamoDB table", 1, &["orders"]),
                ("EKS cluster", 1, &["app"]),
                ("S3 bucket", 3, &["app-logs", "app-media", "app-state"]),
                ("nested stack", 2, &["app-data", "app-edge"]),
                ("IAM role", 11, &["app-node", "app-ci"]),
                ("security group", 9, &["sg-0a1", "sg-0a2"]),
                ("Lambda function", 8, &["app-mail", "app-thumb"]),
                ("log group", 5, &["/app/api"]),
            ]),
            data: vec![
                data("EKS cluster app", Fate::Erased, ""),
                data("DynamoDB table orders, 1,200,000 items", Fate::Erased, ""),
                data("DB instance app-db, 200 GiB", Fate::Kept, "snapshot first"),
                data("bucket app-logs", Fate::Kept, "Retain"),
                data("bucket app-media", Fate::Kept, "Retain"),
                data("bucket app-state", Fate::Kept, "Retain"),
            ],
            protections: vec![Protection {
                what: "termination protection".to_owned(),
                effect: off.to_owned(),
            }],
            gaps: vec![Gap { what: "exports other stacks use".to_owned(), why: Why::Forbidden }],
            ..Impact::default()
        },
        command: CommandLine::of(["aws", "cloudformation", "delete-stack", "--stack-name", "app"]),
        ..scene("aws", production(), "stack", &["app"])
    }
}

/// The profile's own account is another one than the keys'.
pub fn mismatch() -> Scene {
    let mut target = production();
    target.suggested_account = Some(Sourced::new("222222222222".to_owned(), env("AWS_PROFILE")));
    target.elsewhere = owned(&["account 333333333333 (in --role-arn)"]);
    let from = stack();
    Scene {
        aws: Some(target),
        impact: Impact {
            protections: vec![Protection {
                what: "termination protection".to_owned(),
                effect: "refuses the deletion".to_owned(),
            }],
            ..from.impact
        },
        ..Scene { name: "aws-mismatch", ..stack() }
    }
}

/// Three instances, typed; two of them cannot be told.
pub fn instances() -> Scene {
    let names = ["i-0aa11bb22cc33dd44", "i-0aa11bb22cc33dd45", "i-0aa11bb22cc33dd46"];
    let subject = |name: &&str| Subject {
        kind: "EC2 instance".to_owned(),
        name: (*name).to_owned(),
        age_s: Some(86_400 * 400),
        ..Subject::default()
    };
    Scene {
        verb: "ec2 terminate-instances",
        impact: Impact {
            subjects: names.iter().map(subject).collect(),
            subjects_total: 3,
            data: vec![
                data("volume vol-1 (8 GiB, /dev/sda1)", Fate::Erased, "DeleteOnTermination"),
                data("volume vol-2 (500 GiB, /dev/sdf)", Fate::Kept, "no DeleteOnTermination"),
            ],
            also: owned(&["Auto Scaling group web replaces i-0aa11bb22cc33dd44"]),
            protections: vec![Protection {
                what: "termination protection of i-0aa11bb22cc33dd45".to_owned(),
                effect: "is removed by this command".to_owned(),
            }],
            ..Impact::default()
        },
        command: CommandLine::of(
            ["aws", "ec2", "terminate-instances", "--instance-ids"].iter().chain(&names),
        ),
        safer: Some(
            "aws ec2 stop-instances --instance-ids i-0aa11bb22cc33dd44 i-0aa11bb22cc33dd45 i-0aa11bb22cc33dd46",
        ),
        ..scene("aws-instances", production(), "instance", &names)
    }
}

/// The same ones stopped: y/N.
pub fn stop() -> Scene {
    let from = instances();
    Scene {
        verb: "ec2 stop-instances",
        assessment: assessed(Effect::Disrupt),
        impact: Impact { data: Vec::new(), protections: Vec::new(), also: Vec::new(), ..from.impact },
        level: Level::YesNo,
        command: CommandLine::of([
            "aws",
            "ec2",
            "stop-instances",
            "--instance-ids",
            "i-0aa11bb22cc33dd44",
            "i-0aa11bb22cc33dd45",
            "i-0aa11bb22cc33dd46",
        ]),
        safer: None,
        ..Scene { name: "aws-stop", ..instances() }
    }
}

/// A database of staging, and the safer form of its deletion.
pub fn staging() -> Scene {
    let target = AwsTarget {
        account: Known::Known("222222222222".to_owned()),
        principal: Known::Known("arn:aws:iam::222222222222:user/anna".to_owned()),
        alias: Known::Known(Some("acme-staging".to_owned())),
        credentials: Some(Sourced::new("profile staging".to_owned(), Source::Flag("profile".to_owned()))),
        region: Some(Sourced::new("us-east-1".to_owned(), Source::Flag("region".to_owned()))),
        notes: Vec::new(),
        ..production()
    };
    Scene {
        environment: Environment::Staging,
        why: "/home/anna/.config/guard/policy.yaml:14",
        verb: "rds delete-db-instance",
        assessment: Assessment {
            because: owned(&["automated backups go with the instance"]),
            ..assessed(Effect::Destroy)
        },
        impact: Impact {
            subjects: vec![Subject {
                kind: "DB instance".to_owned(),
                name: "orders".to_owned(),
                age_s: Some(86_400 * 200),
                ..Subject::default()
            }],
            subjects_total: 1,
            data: vec![data("PostgreSQL 16, 200 GiB", Fate::Erased, "no snapshot: --skip-final-snapshot")],
            also: owned(&["newest snapshot orders-2026-11-02, 20 days old, stays"]),
            protections: vec![Protection {
                what: "deletion protection".to_owned(),
                effect: "is OFF; turn on: aws --profile staging --region us-east-1 rds modify-db-instance \
                         --db-instance-identifier orders --deletion-protection --apply-immediately"
                    .to_owned(),
            }],
            ..Impact::default()
        },
        level: Level::YesNo,
        command: CommandLine::of([
            "aws",
            "--profile",
            "staging",
            "--region",
            "us-east-1",
            "rds",
            "delete-db-instance",
            "--db-instance-identifier",
            "orders",
            "--skip-final-snapshot",
        ]),
        safer: Some(
            "aws --profile staging --region us-east-1 rds delete-db-instance --db-instance-identifier orders \
             --final-db-snapshot-identifier orders-final",
        ),
        ..scene("aws-staging", target, "table", &["orders"])
    }
}

/// A stand-in for AWS on this machine, a document among the words.
pub fn local() -> Scene {
    let target = AwsTarget {
        account: Known::Known("000000000000".to_owned()),
        principal: Known::Known("arn:aws:iam::000000000000:root".to_owned()),
        alias: Known::Known(None),
        credentials: Some(Sourced::new("environment keys".to_owned(), env("AWS_ACCESS_KEY_ID"))),
        endpoint: Some(Sourced::new("http://127.0.0.1:4566".to_owned(), env("AWS_ENDPOINT_URL"))),
        region: Some(Sourced::new("us-east-1".to_owned(), env("AWS_DEFAULT_REGION"))),
        notes: Vec::new(),
        ..production()
    };
    let names: Vec<String> =
        (0..40).map(|i| format!("{{\"DeleteRequest\":{{\"Key\":{{\"id\":{i}}}}}}}")).collect();
    let document = format!("{{\"orders\":[{}]}}", names.join(","));
    Scene {
        environment: Environment::Development,
        why: "a local endpoint",
        verb: "dynamodb batch-write-item",
        level: Level::YesNo,
        impact: Impact {
            subjects: vec![Subject {
                kind: "DynamoDB table".to_owned(),
                name: "orders".to_owned(),
                ..Subject::default()
            }],
            subjects_total: 1,
            data: vec![data("40 items of orders", Fate::Erased, "")],
            ..Impact::default()
        },
        command: CommandLine::of(["aws", "dynamodb", "batch-write-item", "--request-items", &document]),
        ..scene("aws-local", target, "table", &["orders"])
    }
}

/// Nobody answers for the account.
pub fn unknown() -> Scene {
    let why =
        || Why::Failed("ExpiredToken: the security token included in the request is expired".to_owned());
    let target = AwsTarget {
        account: Known::Unknown(why()),
        principal: Known::Unknown(why()),
        alias: Known::Unknown(Why::NotAsked),
        notes: Vec::new(),
        ..production()
    };
    let gap = |what: &str, why: Why| Gap { what: what.to_owned(), why };
    Scene {
        environment: Environment::Unclassified,
        why: "no policy names it",
        challenge: Challenge::new("", "account"),
        cluster: String::new(),
        impact: Impact {
            subjects: vec![Subject {
                kind: "CloudFormation stack".to_owned(),
                name: "app".to_owned(),
                ..Subject::default()
            }],
            subjects_total: 1,
            gaps: vec![gap("what would be lost", Why::NotAsked), gap("the stack", Why::Forbidden)],
            ..Impact::default()
        },
        command: CommandLine::of(["aws", "cloudformation", "delete-stack", "--stack-name", "app"]),
        ..scene("aws-unknown", target, "stack", &[])
    }
}

/// A hosted zone of an account without an alias, with a letter that is not what it looks like.
pub fn lookalike() -> Scene {
    let target = AwsTarget {
        alias: Known::Unknown(Why::Forbidden),
        global_service: true,
        notes: Vec::new(),
        ..production()
    };
    let bucket = "pr\u{43e}d-media";
    Scene {
        environment: Environment::Unclassified,
        why: "no policy names it",
        verb: "s3 rb",
        impact: Impact {
            subjects: vec![Subject { kind: "S3 bucket".into(), name: bucket.into(), ..Subject::default() }],
            subjects_total: 1,
            data: vec![data("12,345,678 objects, 3 TiB", Fate::Erased, "")],
            ..Impact::default()
        },
        command: CommandLine::of(["aws", "s3", "rb", "--force", &format!("s3://{bucket}")]),
        ..scene("aws-lookalike", target, "bucket", &[bucket])
    }
}
