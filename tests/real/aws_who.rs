//! Who it is when it runs: credentials that change while the question stands, aliases in the place of guard's own words,
//! endpoints that are not AWS's. With real CLIs, both versions, each started anew: where credentials come from is the point.

use crate::support::aws::{Cli, Person, Way};
use crate::support::aws_stage::{Scene, has_stack};
use crate::support::ended::{Ended, ended};
use crate::support::machine::REFUSED;
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpListener;

/// A scene for each major version there is, with a stack of this name in both accounts.
fn twins(name: &str) -> Vec<Scene> {
    let scenes = [Cli::v1(), Cli::v2()].into_iter().flatten();
    let scene = |cli: Cli| {
        let s = Scene::cold(&format!("{name}-v{}", cli.major), cli, Way::Proxy)?;
        for profile in ["prod", "staging"] {
            let stack = json!({"StackName": twin(name, &s), "@region": "eu-west-1", "TemplateBody":
                json!({"Resources": {"Q": {"Type": "AWS::SQS::Queue"}}}).to_string()});
            s.aws.call(profile, "cloudformation", "create_stack", stack);
        }
        Some(s)
    };
    scenes.filter_map(scene).collect()
}

fn twin(name: &str, s: &Scene) -> String {
    format!("{name}-v{}", s.cli.major)
}

/// Whether the account still has the stack.
fn stands(s: &Scene, profile: &str, stack: &str) -> bool {
    let asked = json!({"StackName": stack, "@region": "eu-west-1"});
    match s.aws.try_call(profile, "cloudformation", "describe_stacks", asked) {
        Ok(said) => said["Stacks"][0]["StackStatus"] != json!("DELETE_COMPLETE"),
        Err(_) => false,
    }
}

/// The answer of a credential process.
fn process(person: &Person) -> String {
    json!({"Version": 1, "AccessKeyId": person.key, "SecretAccessKey": person.secret}).to_string()
}

/// A program that hands out whatever stands in `who` just now.
fn program(s: &Scene) -> String {
    s.stage.file("who", &process(&s.bob));
    let home = s.stage.home.path().display().to_string();
    s.stage.program("bin/hand-out", &format!("#!/bin/sh\necho x >>'{home}/handed'\nexec cat '{home}/who'\n"))
}

/// Asks as staging, switches, answers; version 2 runs with the keys that were asked, version 1 refuses.
#[track_caller]
fn switched(s: &Scene, words: &[&str], stack: &str, switch: impl FnOnce()) {
    let mut terminal = s.terminal(words);
    terminal.expect("acme-staging");
    terminal.expect("? [y/N]");
    switch();
    terminal.send("y\n");
    let end = ended(terminal);
    assert!(stands(s, "prod", stack), "production's went: {}", end.output);
    assert!(s.aws.log(&s.ann).iter().all(|asked| !asked.contains("DeleteStack")));
    if s.cli.major == 2 {
        assert_eq!(end.code, 0, "{}", end.output);
        assert!(!stands(s, "staging", stack), "{}", end.output);
    } else {
        end.is(REFUSED).says("changed while the question stood");
        assert!(stands(s, "staging", stack));
    }
    let record = s.stage.last_record();
    assert_eq!(record["target"]["account"]["value"], json!("222222222222"), "{record}");
}

const POLICY: &str = "version: 1\nprobe: {timeout_ms: 40000}\naccounts:\n  - {environment: staging, account: '222222222222'}\n  - {environment: production, account: '111111111111'}\nrules:\n  - {id: ask, when: {tool: aws, effect: disrupt}, then: confirm, level: yes-no}\n";

#[test]
fn a_process_that_hands_out_other_keys_meanwhile_moves_nothing() {
    for s in twins("twin") {
        let stack = twin("twin", &s);
        s.stage.policy(POLICY);
        let hand_out = program(&s);
        s.stage.file(
            ".aws/config",
            &format!("[profile twin]\nregion = eu-west-1\ncredential_process = {hand_out}\n"),
        );
        s.stage.file(".aws/credentials", "");
        let ann = process(&s.ann);
        let words = ["cloudformation", "delete-stack", "--prof=twin", "--stack-name", &stack];
        switched(&s, &words, &stack, || drop(s.stage.file("who", &ann)));
    }
}

#[test]
fn a_role_assumed_from_keys_that_change_is_the_one_that_was_asked() {
    for mut s in twins("source") {
        let stack = twin("source", &s);
        s.stage.policy(POLICY);
        let hand_out = program(&s);
        let config = |account: &str| {
            format!(
                "[profile twin]\nregion = eu-west-1\nrole_arn = arn:aws:iam::{account}:role/Admin\nsource_profile = base\n\n\
                 [profile base]\ncredential_process = {hand_out}\n"
            )
        };
        s.stage.file(".aws/config", &config("222222222222"));
        s.stage.file(".aws/credentials", "");
        s.stage.env("AWS_PROFILE", "twin");
        let words = ["cloudformation", "delete-stack", "--stack-name", &stack];
        // What the CLI keeps of the role is somebody else's by then.
        let cache = s.stage.at(".aws/cli/cache");
        switched(&s, &words, &stack, || {
            for entry in std::fs::read_dir(&cache).into_iter().flatten().flatten() {
                // Version 2 keeps a data base there as well.
                let kept = std::fs::read(entry.path()).unwrap();
                let Ok(mut kept) = serde_json::from_slice::<serde_json::Value>(&kept) else { continue };
                kept["Credentials"]["AccessKeyId"] = json!(s.ann.key);
                kept["Credentials"]["SecretAccessKey"] = json!(s.ann.secret);
                kept["Credentials"]["SessionToken"] = json!(null);
                std::fs::write(entry.path(), kept.to_string()).unwrap();
            }
            s.stage.file("who", &process(&s.ann));
        });
    }
}

/// A container's credentials: whoever answers at the address is it.
#[test]
fn a_container_whose_role_changes_moves_nothing() {
    for mut s in twins("container") {
        let stack = twin("container", &s);
        s.stage.policy(POLICY);
        s.stage.file("who", &process(&s.bob));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/role", listener.local_addr().unwrap());
        let who = s.stage.at("who");
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let Ok(mut stream) = stream else { return };
                let mut asked = [0; 4096];
                let _ = stream.read(&mut asked);
                let keys: serde_json::Value =
                    serde_json::from_slice(&std::fs::read(&who).unwrap_or_default()).unwrap_or_default();
                let body =
                    json!({"AccessKeyId": keys["AccessKeyId"], "SecretAccessKey": keys["SecretAccessKey"],
                    "Token": "t", "Expiration": "2099-01-01T00:00:00Z"})
                    .to_string();
                let head = format!(
                    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                let _ = stream.write_all((head + &body).as_bytes());
            }
        });
        std::fs::remove_dir_all(s.stage.at(".aws")).unwrap();
        s.stage.unset("AWS_PROFILE").env("AWS_DEFAULT_REGION", "eu-west-1").env("AWS_REGION", "eu-west-1");
        s.stage.env("AWS_CONTAINER_CREDENTIALS_FULL_URI", url);
        let ann = process(&s.ann);
        let words = ["cloudformation", "delete-stack", "--stack-name", &stack];
        switched(&s, &words, &stack, || drop(s.stage.file("who", &ann)));
    }
}

#[test]
fn keys_for_good_are_asked_once() {
    for s in twins("once") {
        let stack = twin("once", &s);
        let words = ["cloudformation", "delete-stack", "--stack-name", &stack];
        s.answer(&words, "tries: ", &format!("acme-prod/stack/{stack}")).is(0);
        assert!(!stands(&s, "prod", &stack));
        let asked = s.aws.log(&s.ann);
        let count = |operation: &str| asked.iter().filter(|a| a.ends_with(operation)).count();
        assert_eq!(count("GetCallerIdentity"), 1, "{asked:?}");
        let mut reads: Vec<&String> = asked.iter().collect();
        reads.sort();
        reads.dedup();
        assert_eq!(reads.len(), asked.len(), "the same read is not made twice: {asked:?}");
    }
}

/// `sts` and `iam` that answer for another account, and leave a trace.
const ALIASES: &str = "[toplevel]\nsts = !touch \"$HOME/ran\"; echo '{\"Account\": \"222222222222\", \"Arn\": \"arn:aws:iam::222222222222:user/bob\"}'; true\n\
    iam = !touch ran; echo '{\"AccountAliases\": [\"acme-staging\"]}'; true\n\
    configure = !touch ran; echo '{\"AccessKeyId\": \"x\", \"SecretAccessKey\": \"x\"}'; true\n\
    s3api = !touch ran; echo '{}'; true\n\
    [command cloudformation]\ndescribe-stacks = !touch ran; echo '{\"Stacks\": []}'; true\n\
    list-stack-resources = !touch ran; echo '{}'; true\n";

#[test]
fn aliases_in_the_place_of_guards_own_words_answer_nothing() {
    for s in twins("shadow") {
        let stack = twin("shadow", &s);
        s.stage.file(".aws/cli/alias", ALIASES);
        let ran = |s: &Scene| s.stage.at("ran").exists() || s.stage.at("shims/ran").exists();
        let words = ["cloudformation", "delete-stack", "--stack-name", &stack];
        let said = s.wrong(&words, "nothing").is(REFUSED);
        said.says("acme-prod").says("111111111111").says(&stack).not("222222222222").not("acme-staging");
        assert!(!ran(&s) && stands(&s, "prod", &stack));
        let bucket = format!("shadow-v{}", s.cli.major);
        s.bucket(&bucket, &["logs/1", "logs/2"]);
        s.wrong(&["s3", "rm", "--recursive", &format!("s3://{bucket}/logs/")], "nothing")
            .is(REFUSED)
            .says("acme-prod")
            .says("2 ");
        assert!(!ran(&s));
        // Keys of a process come past it, too, and the command itself gets them.
        let hand_out = program(&s);
        s.stage.file("who", &process(&s.ann));
        s.stage.file(
            ".aws/config",
            &format!("[profile prod]\nregion = eu-west-1\ncredential_process = {hand_out}\n"),
        );
        s.stage.file(".aws/credentials", "");
        s.answer(&words, "tries: ", &format!("acme-prod/stack/{stack}")).is(0);
        assert!(!ran(&s) && !stands(&s, "prod", &stack) && stands(&s, "staging", &stack));
        // The home that stood in for the caller's is gone, and the caller's is whole.
        assert!(s.stage.at(".aws/cli/alias").exists() && s.stage.at("who").exists());
    }
}

/// Anything but AWS's own endpoints is a place of its own, by host and port, whatever AWS knows of the keys.
#[test]
fn an_endpoint_of_somebody_else_is_a_target_of_its_own() {
    for mut s in twins("minio") {
        let bucket = format!("minio-v{}", s.cli.major);
        s.bucket(&bucket, &["logs/1", "logs/2", "keep"]);
        let at = "https://minio:9000";
        let rm = ["s3", "rm", "--recursive", &format!("s3://{bucket}/logs/"), "--endpoint-url", at];
        let denied = json!({"service": "sts", "code": "InvalidClientTokenId", "status": 403, "message": "The security token included in the request is invalid"});
        s.aws.fault(&s.ann, denied);
        let asked = s.check(&rm);
        assert_eq!(asked["exit"], json!(3), "{asked}");
        assert_eq!(asked["target"]["account"], json!(null), "{asked}");
        let phrase = asked["challenge"]["phrase"].as_str().unwrap().to_owned();
        assert!(phrase.starts_with("minio:9000/") && phrase.contains(&bucket), "{phrase}");
        s.wrong(&rm, "acme-prod")
            .is(REFUSED)
            .says("minio:9000")
            .says("2 ")
            .says(&s.ann.key)
            .not("acme-prod (");
        assert_eq!(s.keys(&bucket).len(), 3);
        s.answer(&rm, "tries: ", &phrase).is(0);
        assert_eq!(s.keys(&bucket), ["keep"]);
        // Where AWS knows the key, production stays production, and the name stays that of the endpoint.
        s.aws.mend(&s.ann);
        let rb = ["s3", "rb", &format!("s3://{bucket}"), "--force"];
        for (name, value) in [("AWS_ENDPOINT_URL_S3", at), ("AWS_ENDPOINT_URL", at)] {
            s.stage.env(name, value);
            let asked = s.check(&rb);
            let phrase = asked["challenge"]["phrase"].as_str().unwrap_or_default();
            assert!(phrase.starts_with("minio:9000/"), "{name}: {asked}");
            s.stage.unset(name);
        }
        // A policy says what it is: by host, by host and port, by URL.
        let denied =
            json!({"service": "sts", "code": "InvalidClientTokenId", "status": 403, "message": "no"});
        s.aws.fault(&s.ann, denied);
        let entry = |endpoint: &str, environment: &str| {
            format!(
                "version: 1\nprobe: {{timeout_ms: 40000}}\naccounts:\n  - {{environment: {environment}, endpoint: '{endpoint}'}}\n"
            )
        };
        let rb = [&rb[..], &["--endpoint-url", at]].concat();
        for (endpoint, environment, want) in [
            ("minio:9000", "development", "development"),
            ("min*", "staging", "staging"),
            ("https://minio:9000", "production", "production"),
            ("minio:9001", "development", "unclassified"),
            ("other.lab", "development", "unclassified"),
        ] {
            s.stage.policy(&entry(endpoint, environment));
            let asked = s.check(&rb);
            assert_eq!(asked["environment"]["name"], json!(want), "{endpoint}: {asked}");
        }
    }
}

/// A change that passes starts no other CLI than the caller's own; where it went before is told.
#[test]
fn what_passes_asks_nobody() {
    for s in twins("pass") {
        s.stage.policy(POLICY);
        let queue = format!("pass-v{}", s.cli.major);
        let create = ["sqs", "create-queue", "--queue-name", &queue];
        let told = |end: Ended| end.is(0).says(&queue);
        told(s.unasked(&create)).not("acme-prod");
        assert_eq!(s.aws.log(&s.ann), ["sqs CreateQueue"]);
        let stack = twin("pass", &s);
        let delete = ["cloudformation", "delete-stack", "--stack-name", &stack];
        s.wrong(&delete, "n").is(REFUSED);
        let before = s.aws.log(&s.ann).len();
        told(s.unasked(&create)).says("acme-prod");
        assert_eq!(s.aws.log(&s.ann).len(), before + 1);
        assert!(has_stack(s.aws, "prod", &stack));
    }
}
