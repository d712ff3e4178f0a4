//! The Fibery incident of 2022, replayed: `aws cloudformation delete-stack` meant for the stack of the new production,
//! typed with the name of the old one, which was the company's whole production.
//!
//! ```text
//! tests/run aws                          # once: the AWS CLI, and moto to answer it
//! cargo run --example fibery
//! ```
//! Nothing outside this machine is touched: the CLI speaks to the host names of AWS, and moto on loopback answers. The
//! program plays two parts, told apart by how it is called: the story; and guard itself (called as `aws`, as the shim
//! would be).

#[allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "test support: the tests use the rest, and its failure is theirs"
)]
#[path = "../tests/support"]
mod support {
    pub mod aws;
    pub mod fibery;
    pub mod pty;
}
#[path = "telling/mod.rs"]
mod telling;

use serde_json::json;
use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use support::aws::{Aws, Cli, Person, Way};
use support::fibery;
use support::pty::Pty;
use telling::{Outcome, holds, row, say, shown};

/// The stack that is everything, and the one that was meant.
const OLD: &str = "app";
const NEW: &str = "app-new";

fn main() -> ExitCode {
    if telling::is_called(&["aws"]) {
        return guard::app::main();
    }
    telling::end("fibery", story())
}

fn story() -> Outcome<ExitCode> {
    let (Some(aws), Some(cli)) = (Aws::start(), Cli::v2().or_else(Cli::v1)) else {
        say(
            "This story needs the AWS CLI and moto: `tests/run aws` installs both into the cache of the tests.",
        )?;
        return Ok(ExitCode::SUCCESS);
    };
    let stage = Stage::set(aws, &cli)?;
    make(aws, OLD, &fibery::template(OLD).to_string());
    aws.age("prod", OLD, 1200);
    let fresh = json!({"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}});
    make(aws, NEW, &fresh.to_string());
    let old = ["cloudformation", "delete-stack", "--stack-name", OLD];
    let new = ["cloudformation", "delete-stack", "--stack-name", NEW];

    say(&format!("The real tool is {} (version {}).", cli.path.display(), cli.major))?;
    say(
        "\n1. The new production is to be thrown away and made again. In the shell's history stands the old one.\n",
    )?;
    say(&format!("$ export AWS_PROFILE=prod\n$ aws {}", old.join(" ")))?;
    let mut terminal = Pty::spawn(stage.command(&old), 80);
    let screen = terminal.expect("tries: ");
    shown(&screen)?;
    terminal.send(format!("acme-prod/stack/{NEW}\n"));
    shown(&terminal.expect(">: "))?;
    terminal.send("\x04");
    let code = ended(&mut terminal, ">: ")?;
    let backup = row(&screen, "backup");
    holds(
        "the question said that its tables have no backup",
        backup.contains(&format!("NONE FOUND for DynamoDB tables {OLD}-orders, {OLD}-sessions in: ")),
    )?;
    holds(
        "and that the automated backups of its database go with it",
        backup.contains("DIES WITH THIS COMMAND: RDS automated backups"),
    )?;
    holds("the name of the stack they had in mind did not open the door", code == 77)?;
    holds("the old stack is still there", there(aws, OLD))?;
    holds("nothing was asked of AWS but reads", changes(aws, &stage.person).is_empty())?;

    say("\n2. The same line in a pipeline, where nobody can be asked.\n")?;
    for (confirm, claim) in [
        (None, "without a terminal it is refused"),
        (Some(format!("acme-prod/eu-west-1/stack/{NEW}")), "a confirmation for another stack does not count"),
    ] {
        let set = confirm.as_ref().map(|c| format!("GUARD_CONFIRM={c} ")).unwrap_or_default();
        say(&format!("$ {set}aws {} < /dev/null", old.join(" ")))?;
        let code = stage.pipeline(confirm.as_deref(), &old)?;
        holds(claim, code == 77 && there(aws, OLD))?;
    }

    say("\n3. The right stack.\n")?;
    say(&format!("$ aws {}", new.join(" ")))?;
    let mut terminal = Pty::spawn(stage.command(&new), 80);
    shown(&terminal.expect("tries: "))?;
    terminal.send(format!("acme-prod/stack/{NEW}\n"));
    let code = ended(&mut terminal, "tries: ")?;
    holds("typing the name of the stack at hand runs the command", code == 0)?;
    holds("the new stack is gone", !there(aws, NEW))?;
    holds("the old one is not", there(aws, OLD))?;
    holds("one change was asked of AWS", changes(aws, &stage.person) == ["cloudformation DeleteStack"])?;
    Ok(ExitCode::SUCCESS)
}

fn make(aws: &Aws, name: &str, template: &str) {
    let stack =
        json!({"StackName": name, "TemplateBody": template, "Capabilities": ["CAPABILITY_NAMED_IAM"]});
    aws.call("prod", "cloudformation", "create_stack", stack);
}

fn there(aws: &Aws, name: &str) -> bool {
    aws.try_call("prod", "cloudformation", "describe_stacks", json!({"StackName": name})).is_ok()
}

/// What this person asked for that is no read.
fn changes(aws: &Aws, person: &Person) -> Vec<String> {
    let reads = ["BatchGet", "Describe", "Get", "Head", "List", "Lookup", "Search"];
    let is_read = |asked: &String| reads.iter().any(|r| asked.contains(&format!(" {r}")));
    aws.log(person).into_iter().filter(|asked| !is_read(asked)).collect()
}

/// Waits for the end, shows what came after the last question, and gives the exit code.
fn ended(terminal: &mut Pty, question: &str) -> Outcome<i32> {
    let code = terminal.code();
    shown(terminal.output().rsplit(question).next().unwrap_or_default())?;
    say(&format!("$ echo $?\n{code}\n"))?;
    Ok(code)
}

/// A home with a profile of the production account, guard called `aws` first on PATH, and a CLI behind it.
struct Stage {
    home: tempfile::TempDir,
    person: Person,
    vars: Vec<(String, String)>,
}

impl Stage {
    fn set(aws: &Aws, cli: &Cli) -> Outcome<Stage> {
        let home = tempfile::tempdir()?;
        for dir in ["shims", "real"] {
            fs::create_dir(home.path().join(dir))?;
        }
        symlink(std::env::current_exe()?, home.path().join("shims/aws"))?;
        symlink(&cli.path, home.path().join("real/aws"))?;
        // On a busy machine the CLI takes its time; the story waits for all of its facts.
        fs::create_dir_all(home.path().join(".config/guard"))?;
        fs::write(home.path().join(".config/guard/policy.yaml"), "version: 1\nprobe: {timeout_ms: 40000}\n")?;
        let person = aws.person("prod", "michael");
        aws.files(home.path(), &[&person]);
        let mut vars = aws.vars(Way::Proxy);
        vars.push(("AWS_PROFILE".into(), "prod".into()));
        Ok(Stage { home, person, vars })
    }

    fn command(&self, args: &[&str]) -> Command {
        let at = self.home.path().display();
        let mut command = Command::new(self.home.path().join("shims/aws"));
        command.arg0("aws").args(args).env_clear().current_dir(self.home.path());
        command.env("PATH", format!("{at}/shims:{at}/real:/usr/bin:/bin")).env("HOME", self.home.path());
        command.env("TERM", std::env::var("TERM").unwrap_or_else(|_| "xterm-256color".into()));
        command.env("LANG", "C.UTF-8").envs(telling::colours()).envs(self.vars.iter().map(|(n, v)| (n, v)));
        command
    }

    /// Runs without any terminal, as a pipeline does, and gives the exit code.
    fn pipeline(&self, confirm: Option<&str>, args: &[&str]) -> Outcome<i32> {
        let guarded = self.command(args);
        let mut command = Command::new("setsid");
        command.arg("--wait").arg(guarded.get_program()).args(args).env_clear().current_dir(self.home.path());
        command.envs(guarded.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("CI", "true");
        command.envs(confirm.map(|phrase| ("GUARD_CONFIRM", phrase)));
        let output = command.stdin(std::process::Stdio::null()).output()?;
        shown(&String::from_utf8_lossy(&output.stderr))?;
        let code = output.status.code().unwrap_or(-1);
        say(&format!("$ echo $?\n{code}\n"))?;
        Ok(code)
    }
}
