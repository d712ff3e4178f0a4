//! A machine for whole-program scenarios with `aws`: the shim first on PATH, a real CLI behind it, and a person of the
//! production account. The CLI speaks to the real host names, which all end on loopback. It is a warm one (see
//! `aws_warm`), except where a scene is made `cold`.

use super::aws::{Aws, Cli, Person, Way};
use super::aws_warm::warm;
use super::ended::{Ended, answered, answered_wrongly, ended, told};
use super::machine::Machine;
use super::pty::Pty;
use super::turn::Turn;
use serde_json::{Value, json};
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::process::{Command, Output};
use std::sync::Arc;

/// Where scenarios are played.
pub struct Scene {
    pub aws: &'static Aws,
    /// The one behind the shim.
    pub cli: Cli,
    pub stage: Machine,
    /// Of the production account, with a log and faults of its own; the profile `prod`.
    pub ann: Person,
    /// Of the staging account; the profile `staging`.
    pub bob: Person,
    _turn: Arc<Turn>,
}

impl Scene {
    /// A scene for the newest CLI there is, with `AWS_PROFILE=prod`; `None` where none is installed.
    pub fn new(name: &str) -> Option<Scene> {
        Scene::with(name, Cli::v2().or_else(Cli::v1)?, Way::Proxy)
    }

    /// The same scene for every CLI of [`Cli::all`].
    pub fn each(name: &str) -> Vec<Scene> {
        let turn = Turn::wait();
        let scene = |cli: Cli| {
            Scene::set(&format!("{name}-v{}", cli.major), warm(&cli), Way::Proxy, Arc::clone(&turn))
        };
        Cli::all().into_iter().filter_map(scene).collect()
    }

    /// A scene with this CLI.
    pub fn with(name: &str, cli: Cli, way: Way) -> Option<Scene> {
        Scene::set(name, warm(&cli), way, Turn::wait())
    }

    /// A scene with this CLI as it is, started anew for every command.
    pub fn cold(name: &str, cli: Cli, way: Way) -> Option<Scene> {
        Scene::set(name, cli, way, Turn::wait())
    }

    fn set(name: &str, cli: Cli, way: Way, turn: Arc<Turn>) -> Option<Scene> {
        let aws = Aws::start()?;
        let mut stage = Machine::bare();
        symlink(env!("CARGO_BIN_EXE_guard-shim"), stage.at("shims/aws")).unwrap();
        symlink(&cli.path, stage.at("real/aws")).unwrap();
        let (ann, bob) =
            (aws.person("prod", &format!("ann-{name}")), aws.person("staging", &format!("bob-{name}")));
        aws.files(stage.home.path(), &[&ann, &bob]);
        for (name, value) in aws.vars(way) {
            stage.env(&name, value);
        }
        stage.env("AWS_PROFILE", "prod");
        // Everything else is as without a policy.
        stage.policy("version: 1\nprobe: {timeout_ms: 40000}\n");
        Some(Scene { aws, cli, stage, ann, bob, _turn: turn })
    }

    /// `aws ARGS` through the shim.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = self.stage.command(self.stage.at("shims/aws"), args);
        command.arg0("aws");
        command
    }

    /// Starts `aws ARGS` on a terminal.
    pub fn terminal(&self, args: &[&str]) -> Pty {
        self.stage.terminal_of(self.command(args))
    }

    /// Runs `aws ARGS` on a terminal and types an answer to the one question.
    pub fn answer(&self, args: &[&str], question: &str, answer: &str) -> Ended {
        answered(self.terminal(args), question, answer)
    }

    /// Runs `aws ARGS` on a terminal, types this where a name is asked for, which has to be wrong, and gives up.
    pub fn wrong(&self, args: &[&str], answer: &str) -> Ended {
        answered_wrongly(self.terminal(args), answer)
    }

    /// Runs `aws ARGS` on a terminal where nothing is typed.
    pub fn unasked(&self, args: &[&str]) -> Ended {
        ended(self.terminal(args))
    }

    /// Runs `aws ARGS` without any terminal.
    pub fn pipeline(&self, args: &[&str]) -> Output {
        self.stage.alone(self.command(args), b"")
    }

    /// The same, output and errors together.
    pub fn told(&self, args: &[&str]) -> Ended {
        told(&self.pipeline(args))
    }

    /// `guard check --json -- aws ARGS`.
    pub fn check(&self, args: &[&str]) -> Value {
        let output = self.stage.guard(&[&["check", "--json", "--", "aws"], args].concat());
        serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {}", told(&output).output))
    }

    /// A call of boto3 in the production account.
    #[track_caller]
    pub fn call(&self, service: &str, method: &str, args: Value) -> Value {
        self.aws.call("prod", service, method, args)
    }

    /// A stack of this template.
    pub fn stack(&self, name: &str, template: &Value) {
        self.call(
            "cloudformation",
            "create_stack",
            json!({"StackName": name, "TemplateBody": template.to_string(), "Capabilities": ["CAPABILITY_NAMED_IAM"]}),
        );
    }

    /// A small stack: one queue.
    pub fn small_stack(&self, name: &str) {
        self.stack(
            name,
            &json!({"Resources": {"Q": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": name}}}}),
        );
    }

    /// Whether production has this stack.
    pub fn has_stack(&self, name: &str) -> bool {
        has_stack(self.aws, "prod", name)
    }

    /// An instance of production called so; gives its id.
    pub fn instance(&self, name: &str) -> String {
        let made = self.call(
            "ec2",
            "run_instances",
            json!({"ImageId": "ami-12c6146b", "MinCount": 1, "MaxCount": 1, "InstanceType": "t3.large",
                "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}]}),
        );
        made["Instances"][0]["InstanceId"].as_str().unwrap().to_owned()
    }

    /// The state of an instance of production.
    pub fn state(&self, id: &str) -> String {
        let said = self.call("ec2", "describe_instances", json!({"InstanceIds": [id]}));
        said["Reservations"][0]["Instances"][0]["State"]["Name"].as_str().unwrap().to_owned()
    }

    /// A bucket of production with these objects.
    pub fn bucket(&self, name: &str, keys: &[&str]) {
        self.call(
            "s3",
            "create_bucket",
            json!({"Bucket": name, "CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}),
        );
        for key in keys {
            self.call("s3", "put_object", json!({"Bucket": name, "Key": key, "Body": "content"}));
        }
    }

    /// The keys in a bucket.
    pub fn keys(&self, bucket: &str) -> Vec<String> {
        let said = self.call("s3", "list_objects_v2", json!({"Bucket": bucket}));
        let key = |o: &Value| o["Key"].as_str().unwrap().to_owned();
        said["Contents"].as_array().map(|all| all.iter().map(key).collect()).unwrap_or_default()
    }

    /// The operations that ann has asked for and that change something.
    pub fn changes(&self) -> Vec<String> {
        const READS: &[&str] =
            &["Get", "List", "Describe", "Head", "Lookup", "Search", "BatchGet", "AssumeRole", "GET", "HEAD"];
        let reads = |asked: &String| {
            let operation = asked.split(' ').nth(1).unwrap_or_default();
            READS.iter().any(|r| operation.starts_with(r))
        };
        self.aws.log(&self.ann).into_iter().filter(|asked| !reads(asked)).collect()
    }
}

/// Whether an account has this stack.
pub fn has_stack(aws: &Aws, profile: &str, name: &str) -> bool {
    match aws.try_call(profile, "cloudformation", "describe_stacks", json!({"StackName": name})) {
        Ok(said) => said["Stacks"][0]["StackStatus"] != json!("DELETE_COMPLETE"),
        Err(_) => false,
    }
}
