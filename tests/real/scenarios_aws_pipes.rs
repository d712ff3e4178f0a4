//! `aws` where it is not a person's first command of the day: in pipelines, behind `xargs`, as kubectl's credential
//! helper, against an endpoint on this machine. Reads pass as if guard were not there.

use crate::support::aws::{Cli, Way};
use crate::support::aws_stage::{Scene, has_stack};
use crate::support::ended::{ended, told};
use crate::support::machine::REFUSED;
use serde_json::json;
use std::fs;

macro_rules! scene {
    ($name:literal) => {
        match Scene::new($name) {
            Some(scene) => scene,
            None => return,
        }
    };
}

#[test]
fn a_pipeline_is_refused_and_told_the_way() {
    for s in Scene::each("ci") {
        let mut s = s;
        let name = format!("ci-app-v{}", s.cli.major);
        s.small_stack(&name);
        let delete = ["cloudformation", "delete-stack", "--stack-name", &name];
        s.told(&delete).is(REFUSED).says("GUARD_CONFIRM").says("<account>/<region>/stack/<name>");
        assert!(s.has_stack(&name));
        // The same stack in another region is another one, and so is the one of which nobody knows where it is.
        let elsewhere = ["us-east-1/", "*/", ""].map(|region| format!("acme-prod/{region}stack/{name}"));
        let wrong = ["yes", "acme-prod", "acme-staging/stack/ci-app", ""].map(str::to_owned);
        for wrong in wrong.into_iter().chain(elsewhere) {
            s.stage.env("GUARD_CONFIRM", &wrong);
            s.told(&delete).is(REFUSED);
            assert!(s.has_stack(&name), "{wrong}");
        }
        s.stage.env("GUARD_CONFIRM", format!("acme-prod/eu-west-1/stack/{name}"));
        s.told(&delete).is(0);
        assert!(!s.has_stack(&name));
        assert_eq!(s.changes(), ["cloudformation DeleteStack"]);
        let record = s.stage.last_record();
        assert_eq!(record["answer"], json!("variable"), "{record}");
    }
}

#[test]
fn reads_pass_as_if_nothing_stood_in_front() {
    for s in Scene::each("reads") {
        s.bucket(&format!("reads-v{}", s.cli.major), &["a"]);
        let vars: Vec<(String, String)> =
            [s.aws.vars(Way::Proxy), vec![("AWS_PROFILE".into(), "prod".into())]].concat();
        let lines: [&[&str]; 4] = [
            &["sts", "get-caller-identity", "--output", "json"],
            &["s3api", "list-buckets", "--query", "Buckets[].Name", "--output", "text"],
            &["cloudformation", "describe-stacks", "--stack-name", "not-there"],
            &["ec2", "terminate-instances", "--dry-run", "--instance-ids", "i-1234567890abcdef0"],
        ];
        for line in lines {
            let before = s.aws.log(&s.ann).len();
            let plain = s.cli.run(s.stage.home.path(), &vars, line);
            let middle = s.aws.log(&s.ann).len();
            let guarded = s.pipeline(line);
            assert_eq!(guarded.status.code(), plain.status.code(), "{line:?}: {}", told(&guarded).output);
            assert_eq!(guarded.stdout, plain.stdout, "{line:?}");
            assert_eq!(guarded.stderr, plain.stderr, "{line:?}");
            assert_eq!(
                s.aws.log(&s.ann).len() - middle,
                middle - before,
                "{line:?}: guard asked something itself"
            );
        }
        assert!(!s.stage.at(".local/state/guard").exists(), "a read left a record");
    }
}

/// kubectl calls this for every one of its own commands.
#[test]
fn the_credential_helper_of_kubectl_is_silent() {
    for s in Scene::each("token") {
        let out = s.pipeline(&["eks", "get-token", "--cluster-name", "app", "--output", "json"]);
        assert_eq!(out.status.code(), Some(0), "{}", told(&out).output);
        assert_eq!(String::from_utf8_lossy(&out.stderr), "");
        let said: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
        assert_eq!(said["kind"], json!("ExecCredential"));
        assert_eq!(s.aws.log(&s.ann), Vec::<String>::new());
    }
}

#[test]
fn xargs_hands_on_what_a_pipe_says_and_the_question_comes_to_the_terminal() {
    let s = scene!("xargs");
    let (a, b) = (s.instance("x-1"), s.instance("x-2"));
    let line = format!("printf '{a}\\n{b}\\n' | xargs aws ec2 terminate-instances --instance-ids");
    let mut terminal = s.stage.shell(&line);
    terminal.expect("tries: ");
    terminal.send(format!("acme-prod/instance/{a}+1\n"));
    ended(terminal).is(0).says("TerminatingInstances");
    assert_ne!(s.state(&b), "running");
    // One call each: the second is refused, and xargs ends with its own 123.
    let (c, d) = (s.instance("x-3"), s.instance("x-4"));
    let line = format!("printf '{c}\\n{d}\\n' | xargs -n1 aws ec2 terminate-instances --instance-ids");
    let mut terminal = s.stage.shell(&line);
    terminal.expect("tries: ");
    terminal.send(format!("acme-prod/instance/{c}\n"));
    terminal.expect("TerminatingInstances");
    terminal.expect("tries: ");
    terminal.send("\x04");
    ended(terminal).is(123);
    assert_eq!(s.state(&d), "running");
}

#[test]
fn a_redirected_output_holds_the_clis_words_alone() {
    let s = scene!("stdout");
    let id = s.instance("out");
    let line = format!(
        "aws ec2 terminate-instances --instance-ids {id} --query 'TerminatingInstances[].InstanceId' --output text >out.txt 2>err.txt"
    );
    let mut terminal = s.stage.shell(&line);
    terminal.expect("tries: ");
    terminal.send(format!("acme-prod/instance/{id}\n"));
    ended(terminal).is(0);
    assert_eq!(fs::read_to_string(s.stage.at("out.txt")).unwrap(), format!("{id}\n"));
    assert_eq!(fs::read_to_string(s.stage.at("err.txt")).unwrap(), "");
}

#[test]
fn what_answers_on_loopback_is_development() {
    let Some(cli) = Cli::v2().or_else(Cli::v1) else { return };
    let Some(mut s) = Scene::with("local", cli, Way::Endpoint) else { return };
    let eve = s.aws.person("play", "eve-local");
    s.aws.files(s.stage.home.path(), &[&eve, &s.ann]);
    s.stage.env("AWS_PROFILE", "play");
    let stack = |name: &str| {
        let template = json!({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}).to_string();
        json!({"StackName": name, "TemplateBody": template})
    };
    s.aws.call("play", "cloudformation", "create_stack", stack("local-app"));
    let delete = ["cloudformation", "delete-stack", "--stack-name", "local-app"];
    let end = s.told(&delete).is(0);
    assert!(end.output.contains("333333333333") && end.output.contains("a local endpoint"), "{}", end.output);
    assert_eq!(end.output.trim().lines().count(), 1, "{}", end.output);
    assert!(!has_stack(s.aws, "play", "local-app"));
    // A loopback address may be the end of a tunnel: an account that calls itself production is taken at its word.
    s.small_stack("local-app");
    s.stage.env("AWS_PROFILE", "prod");
    s.told(&delete).is(REFUSED).says("LOCAL").says("PRODUCTION");
    assert!(s.has_stack("local-app"));
}

/// Version 1 sends some services to AWS whatever the variable says: there the endpoint counts for nothing.
#[test]
fn an_endpoint_the_cli_ignores_does_not_count() {
    let Some(cli) = Cli::v1() else { return };
    let Some(mut s) = Scene::with("ignored", cli, Way::Proxy) else { return };
    let eve = s.aws.person("play", "eve-ignored");
    s.aws.files(s.stage.home.path(), &[&eve]);
    s.stage.env("AWS_ENDPOINT_URL", s.aws.url()).env("AWS_PROFILE", "play");
    let delete = ["rds", "delete-db-instance", "--db-instance-identifier", "x", "--skip-final-snapshot"];
    let said = s.check(&[&delete[..], &["--region", "us-east-1"]].concat());
    assert_eq!(said["environment"]["name"], json!("unclassified"), "{said}");
    let said = s.check(&[&delete[..], &["--region", "us-east-1", "--endpoint-url", &s.aws.url()]].concat());
    assert_eq!(said["environment"]["name"], json!("development"), "{said}");
}

#[test]
fn the_report_for_machines() {
    let s = scene!("json");
    s.small_stack("json-app");
    let said = s.check(&["cloudformation", "delete-stack", "--stack-name", "json-app"]);
    let expected = [
        ("/schema", json!(1)),
        ("/decision", json!("confirm")),
        ("/exit", json!(3)),
        ("/effect", json!("destroy")),
        ("/environment/name", json!("production")),
        ("/target/tool", json!("aws")),
        ("/target/account", json!("111111111111")),
        ("/target/alias", json!("acme-prod")),
        ("/target/region/value", json!("eu-west-1")),
        ("/target/profile/value", json!("prod")),
        ("/challenge/phrase", json!("acme-prod/eu-west-1/stack/json-app")),
        ("/challenge/level", json!("typed")),
        ("/impact/subjects/0/name", json!("json-app")),
    ];
    for (at, value) in expected {
        assert_eq!(said.pointer(at), Some(&value), "{at}: {said}");
    }
    assert!(s.has_stack("json-app"));
    assert_eq!(s.changes(), Vec::<String>::new());
    // A read is allowed without asking anybody anything.
    let before = s.aws.log(&s.ann).len();
    let said = s.check(&["cloudformation", "describe-stacks"]);
    assert_eq!((&said["decision"], &said["exit"]), (&json!("allow"), &json!(0)), "{said}");
    assert_eq!(s.aws.log(&s.ann).len(), before);
}

#[test]
fn a_shell_line_with_aws_in_it_is_judged_like_the_command() {
    let s = scene!("words");
    let lines = [
        ("destroy", "sudo -E aws --profile prod cloudformation delete-stack --stack-name app"),
        ("destroy", "aws s3 sync . s3://b/p --del"),
        ("read", "aws s3 ls s3://b | sort"),
        (
            "destroy",
            "aws ec2 describe-instances --query x --output text | xargs -n1 aws ec2 terminate-instances --instance-ids",
        ),
        ("read", "aws-vault list"),
    ];
    for (effect, line) in lines {
        let out = s.stage.alone(
            s.stage.command(env!("CARGO_BIN_EXE_guard"), &["classify"]),
            format!("{line}\n").as_bytes(),
        );
        let text = String::from_utf8_lossy(&out.stdout).into_owned();
        if line.starts_with("aws-vault") {
            continue;
        }
        assert!(text.starts_with(&format!("{effect}\t")), "{line}: {text}");
    }
}
