//! What no recording can answer: reads that hang, deadlines, which calls are made, and how long they take.

use crate::support::aws::{Cli, Way};
use crate::support::aws_probe::{Desk, goes};
use guard::engine::fact::{Known, Why};
use serde_json::json;
use std::time::{Duration, Instant};

const WORDS: [&str; 4] = ["cloudformation", "delete-stack", "--stack-name", "nothing"];

fn desk(user: &str) -> Option<Desk> {
    Desk::live(user, Cli::v1()?)
}

#[test]
fn throttled_and_hanging_reads_are_gaps() {
    let Some(mut desk) = desk("slow") else { return };
    let stack = json!({"StackName": "slow", "TemplateBody": "Resources: { T: { Type: 'AWS::SNS::Topic' } }"});
    desk.make("cloudformation", "create_stack", stack);
    let words = ["cloudformation", "delete-stack", "--stack-name", "slow"];
    desk.aws.fault(&desk.person, json!({"service": "cloudformation", "operation": "GetTemplate", "code": "Throttling", "message": "Rate exceeded", "status": 400}));
    let seen = desk.ask(&words);
    let gap = seen.impact.gaps.iter().find(|g| g.what.starts_with("template of slow")).unwrap();
    assert!(
        matches!(&gap.why, Why::Failed(text) if text.contains("(Throttling)") && text.contains("Rate exceeded")),
        "{gap:?}"
    );
    desk.aws.mend(&desk.person);

    // One read hangs: the deadline ends it, and what has been answered is shown.
    desk.deadline = Duration::from_secs(30);
    desk.aws.fault(
        &desk.person,
        json!({"service": "cloudformation", "operation": "ListStackResources", "delay": 200}),
    );
    let start = Instant::now();
    let seen = desk.ask(&words);
    assert!(start.elapsed() < Duration::from_secs(100), "{:?}", start.elapsed());
    assert_eq!(seen.impact.subjects[0].name, "slow");
    assert!(
        seen.impact.gaps.iter().any(|g| g.what == "resources of slow" && g.why == Why::TimedOut),
        "{:?}",
        seen.impact.gaps
    );
}

/// Every call of guard's own is written down by a wrapper in front of the real CLI.
#[test]
fn the_alias_is_remembered_by_account_and_the_identity_is_not() {
    let Some(mut desk) = desk("remember") else { return };
    // An endpoint from the environment keeps the notes unused; the real host names go through the proxy.
    desk.vars = desk.aws.vars(Way::Proxy);
    desk.vars.extend(desk.person.keys());
    desk.set("AWS_DEFAULT_REGION", "eu-west-1");
    let log = desk.path().join("calls");
    desk.wrap(&format!("echo \"$1 $2 depth=$GUARD_DEPTH pager=[$AWS_PAGER] confirm=[$GUARD_CONFIRM]\" >> {}\nexec \"$AWS\" \"$@\"", log.display()));
    desk.set("GUARD_CONFIRM", "secret");
    desk.set("GUARD_DEPTH", "2");
    let calls =
        |word: &str| std::fs::read_to_string(&log).unwrap().lines().filter(|l| l.starts_with(word)).count();
    for round in 1..=2 {
        let seen = desk.ask(&["iam", "create-user", "--user-name", "x"]);
        assert_eq!((seen.error, seen.alias), (None, Known::Known(Some("acme-prod".into()))));
        assert_eq!((calls("sts "), calls("iam list-account-aliases")), (round, 1), "round {round}");
    }
    let text = std::fs::read_to_string(&log).unwrap();
    assert!(text.lines().all(|l| l.ends_with("depth=3 pager=[] confirm=[]")), "{text}");
    // The command that changes the name asks anew.
    let seen = desk.ask(&["iam", "delete-account-alias", "--account-alias", "acme-prod"]);
    assert_eq!((seen.error, calls("iam list-account-aliases") >= 2), (None, true));
    // Another account is another note.
    let other = desk.aws.person("staging", "remember-staging");
    for (name, value) in other.keys() {
        desk.set(&name, &value);
    }
    let seen = desk.ask(&["iam", "create-user", "--user-name", "x"]);
    assert_eq!(seen.alias, Known::Known(Some("acme-staging".into())));
}

/// Ctrl-C ends the whole group; a deadline ends the children one by one. Nothing may be left.
#[test]
fn no_child_outlives_the_deadline() {
    let Some(mut desk) = desk("orphans") else { return };
    desk.is_aws = true;
    let pids = desk.path().join("pids");
    desk.wrap(&format!("echo $$ >> {}\nexec sleep 300", pids.display()));
    // Long enough for three of them to start.
    desk.deadline = Duration::from_secs(10);
    let seen = desk.ask(&WORDS);
    let error = seen.error.unwrap();
    assert_eq!(error, "aws sts get-caller-identity gave no answer within 20 s");
    let pids = std::fs::read_to_string(pids).unwrap();
    assert!(pids.lines().count() >= 3, "{pids}");
    if cfg!(target_os = "linux") {
        let end = Instant::now() + Duration::from_secs(60);
        for pid in pids.lines() {
            while std::path::Path::new("/proc").join(pid).exists() {
                assert!(Instant::now() < end, "{pid} lives");
                std::thread::sleep(Duration::from_millis(20));
            }
        }
    }
}

const TABLE: &str = "
    Type: AWS::DynamoDB::Table
    Properties:
      TableName: NAME
      AttributeDefinitions: [{ AttributeName: id, AttributeType: S }]
      KeySchema: [{ AttributeName: id, KeyType: HASH }]
      BillingMode: PAY_PER_REQUEST
";

/// Printed, not judged: `cargo test --test real -- --ignored --nocapture time_to_the_facts`.
#[test]
#[ignore = "a measurement: nothing else may run beside it"]
fn time_to_the_facts_of_forty_resources() {
    let Some(desk) = desk("cfn-time") else { return };
    let topics: String = (0..38).map(|i| format!("  T{i}: {{ Type: AWS::SNS::Topic }}\n")).collect();
    let tables = ["a", "b"]
        .map(|n| format!("  {}:{}", n.to_uppercase(), TABLE.replace("NAME", &format!("cfn-t-{n}"))));
    let body = format!("Resources:\n{topics}{}", tables.concat());
    desk.make("cloudformation", "create_stack", json!({"StackName": "cfn-t", "TemplateBody": body}));
    let mut vars = desk.vars.clone();
    vars.push(("AWS_MAX_ATTEMPTS".into(), "2".into()));
    let calls: [&[&str]; 6] = [
        &["sts", "get-caller-identity"],
        &["iam", "list-account-aliases"],
        &["cloudformation", "describe-stacks", "--stack-name", "cfn-t"],
        &["cloudformation", "list-stack-resources", "--stack-name", "cfn-t"],
        &["cloudformation", "get-template", "--stack-name", "cfn-t", "--template-stage", "Processed"],
        &["dynamodb", "describe-table", "--table-name", "cfn-t-a"],
    ];
    for round in 0..4 {
        let mut single = Vec::new();
        for call in calls {
            let start = Instant::now();
            assert!(desk.cli.run(desk.path(), &vars, call).status.success());
            single.push(start.elapsed().as_secs_f64());
        }
        let seen = desk.ask(&["cloudformation", "delete-stack", "--stack-name", "cfn-t"]);
        assert_eq!((seen.error, seen.impact.gaps.len(), goes(&seen.impact, "SNS Topic")), (None, 0, 38));
        let (all, slowest) = (seen.took.as_secs_f64(), single.iter().copied().fold(0.0, f64::max));
        let sum: f64 = single.iter().sum();
        println!(
            "round {round}: facts {all:.2} s, slowest call {slowest:.2} s, ratio {:.2}; in series {sum:.2} s",
            all / slowest
        );
    }
}
