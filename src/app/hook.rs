//! `guard hook`: answers the hooks of coding agents, which ask about a whole command line before it runs.
//!
//! A hook sees words, not the target: variables are not expanded, the kubeconfig may change before the command runs. So
//! it judges by words alone and is careful: what may stop or lose something, and what cannot be read, is refused. The
//! shim underneath sees the real argv and the real target and decides again; it is the layer that every program on the
//! machine passes, agents that skip their hooks included.
//!
//! A hook that dies or hangs is taken for consent by agents, so it has a deadline of its own and a memory limit, the reader
//! of lines has caps, and the settings that are shipped block on every end but success.
//!
//! A command that passes is answered with silence, never with "allow": an agent's own permission rules stay in force.
//!
//! How agents read the answer: Claude Code blocks on exit code 2 and shows standard error to the model; other non-zero
//! codes do not block (<https://code.claude.com/docs/en/hooks>). Cursor reads `permission` from the JSON on standard
//! output; `ask` is not honoured in every mode, `deny` is (<https://cursor.com/docs/agent/hooks>).

use super::out;
use crate::engine::effect::Effect;
use crate::engine::escape::escape;
use crate::engine::line::judge_line;
use crate::exit::Exit;
use crate::fail::Result;
use crate::ui::stderr;
use serde_json::{Value, json};
use std::ffi::OsString;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

/// More input than this is no hook's.
const LARGEST_INPUT: u64 = 16 << 20;
/// No line takes this long to read. Agents wait longer, and then go on without an answer.
const DEADLINE: Duration = Duration::from_secs(5);
/// More memory than this is not needed for the largest input; beyond it the process is aborted, which blocks.
const MEMORY: u64 = 512 << 20;

/// Answer the hook of a coding agent: refuse command lines that may stop or lose something
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  guard hook claude-code < event.json             exit code 2 and the reason, or silence
  guard hook cursor < event.json                  {\"permission\":\"deny\", …} or \"allow\"
  guard hook pre-command 'kubectl delete ns shop' exit code 77 and the reason, or silence

Settings for the agents are in shell/hooks of guard's source.")]
pub struct Args {
    /// Whose hook it is
    #[arg(value_enum)]
    pub name: Name,
    /// Let a line pass in which every guarded command sets GUARD_CONFIRM itself: guard then compares it with the real target
    #[arg(long)]
    pub allow_confirmed: bool,
    /// The command line, for pre-command
    #[arg(value_name = "LINE", trailing_var_arg = true, allow_hyphen_values = true)]
    pub line: Vec<OsString>,
}

/// The hooks that are known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Name {
    /// Claude Code, PreToolUse
    ClaudeCode,
    /// Cursor, beforeShellExecution
    Cursor,
    /// Anything that can pass a command line as an argument
    PreCommand,
}

/// What is to be said.
#[derive(Debug, PartialEq, Eq)]
struct Answer {
    stdout: String,
    stderr: String,
    exit: Exit,
}

/// Runs the subcommand.
pub fn run(args: &Args) -> Result<Exit> {
    limit_memory();
    let name = args.name;
    std::thread::spawn(move || {
        std::thread::sleep(DEADLINE);
        let answer = too_long(name);
        stderr::complain(&answer.stderr);
        let _ = out::print(&answer.stdout);
        std::process::exit(answer.exit.code().into());
    });
    let answer = if args.name == Name::PreCommand {
        let words: Vec<&[u8]> = args.line.iter().map(|word| word.as_bytes()).collect();
        pre_command(judge(&words.join(&b' '), args.allow_confirmed))
    } else {
        let mut input = Vec::new();
        let read = std::io::stdin().lock().take(LARGEST_INPUT).read_to_end(&mut input);
        let event = match read {
            Ok(_) => serde_json::from_slice(&input).map_err(|e| e.to_string()),
            Err(error) => Err(error.to_string()),
        };
        match args.name {
            Name::Cursor => cursor(event.as_ref(), args.allow_confirmed),
            _ => claude_code(event.as_ref(), args.allow_confirmed),
        }
    };
    stderr::complain(&answer.stderr);
    out::print(&answer.stdout)?;
    Ok(answer.exit)
}

/// Keeps a line that grows without end from taking the machine with it.
fn limit_memory() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let held = getrlimit(Resource::Data);
    let current = held.current.map_or(MEMORY, |now| now.min(MEMORY));
    // Without the limit the caps of the reader still hold.
    let _ = setrlimit(Resource::Data, Rlimit { current: Some(current), maximum: held.maximum });
}

/// The answer when there is none in time.
fn too_long(name: Name) -> Answer {
    let reason = format!(
        "guard: refused: the command line was not read within {} seconds\n\
         Ask the person to run it in a terminal of their own.",
        DEADLINE.as_secs()
    );
    match name {
        Name::PreCommand => pre_command(Some(reason)),
        Name::ClaudeCode => blocked(reason),
        Name::Cursor => cursor_denies(&reason, Exit::HookBlocks),
    }
}

/// Why a line may not run, or `None`.
fn judge(line: &[u8], allow_confirmed: bool) -> Option<String> {
    // Commands of tools that guard does not stand in front of are not its business, readable or not.
    let verdict = judge_line(line);
    let effect = if allow_confirmed { verdict.unconfirmed? } else { verdict.guarded? };
    let what = match effect {
        Effect::Read | Effect::Mutate => return None,
        Effect::Disrupt => "it stops or removes something",
        Effect::Destroy => "it can lose data, or the only record of it",
        Effect::Unknown => "it cannot be told what it does",
    };
    let mut reason = format!(
        "guard: refused: {what} ({effect}): {}\n\
         Show what would be lost with: guard check -- COMMAND\n\
         Ask the person to run it in a terminal of their own, where guard asks for the target's name.",
        escape(shortened(line))
    );
    if allow_confirmed {
        reason.push_str(
            "\nWith the person's consent to this very target, it may be run with GUARD_CONFIRM='<the target's name>' set \
             for this one command.",
        );
    }
    Some(reason)
}

fn shortened(line: &[u8]) -> &[u8] {
    line.get(..500).unwrap_or(line)
}

fn unreadable(why: &str) -> String {
    format!("guard: refused: the hook's input cannot be read ({})", escape(why.as_bytes()))
}

fn pre_command(refused: Option<String>) -> Answer {
    match refused {
        None => Answer { stdout: String::new(), stderr: String::new(), exit: Exit::Ok },
        Some(reason) => Answer { stdout: String::new(), stderr: reason + "\n", exit: Exit::Refused },
    }
}

fn claude_code(event: std::result::Result<&Value, &String>, allow_confirmed: bool) -> Answer {
    let refused = match event {
        Err(why) => Some(unreadable(why)),
        Ok(event) => match (event["tool_name"].as_str(), event["tool_input"]["command"].as_str()) {
            (_, Some(line)) => judge(line.as_bytes(), allow_confirmed),
            (Some("Bash") | None, None) => Some(unreadable("there is no tool_input.command")),
            (Some(_), None) => None,
        },
    };
    match refused {
        None => Answer { stdout: String::new(), stderr: String::new(), exit: Exit::Ok },
        Some(reason) => blocked(reason),
    }
}

fn blocked(reason: String) -> Answer {
    let json = json!({"hookSpecificOutput": {
        "hookEventName": "PreToolUse",
        "permissionDecision": "deny",
        "permissionDecisionReason": reason,
    }});
    Answer { stdout: format!("{json}\n"), stderr: reason + "\n", exit: Exit::HookBlocks }
}

fn cursor_denies(reason: &str, exit: Exit) -> Answer {
    let json = json!({"permission": "deny", "user_message": reason, "agent_message": reason});
    Answer { stdout: format!("{json}\n"), stderr: String::new(), exit }
}

fn cursor(event: std::result::Result<&Value, &String>, allow_confirmed: bool) -> Answer {
    let (refused, exit) = match event {
        Err(why) => (Some(unreadable(why)), Exit::HookBlocks),
        Ok(event) => match event["command"].as_str() {
            Some(line) => (judge(line.as_bytes(), allow_confirmed), Exit::Ok),
            None => (Some(unreadable("there is no command")), Exit::HookBlocks),
        },
    };
    match refused {
        Some(reason) => cursor_denies(&reason, exit),
        None => {
            let json = json!({"permission": "allow"});
            Answer { stdout: format!("{json}\n"), stderr: String::new(), exit }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bash(line: &str) -> Value {
        json!({"hook_event_name": "PreToolUse", "tool_name": "Bash", "tool_input": {"command": line}})
    }

    #[test]
    fn what_passes_is_answered_with_silence() {
        for line in [
            "kubectl get pods",
            "ls -la && cargo test",
            "python deploy.py",
            "echo kubectl delete ns x",
            "",
            "aws s3 ls && aws ec2 describe-instances --region eu-west-1",
            "aws eks get-token --cluster-name c",
        ] {
            let answer = claude_code(Ok(&bash(line)), false);
            assert_eq!(
                answer,
                Answer { stdout: String::new(), stderr: String::new(), exit: Exit::Ok },
                "{line}"
            );
        }
        let edit = json!({"tool_name": "Edit", "tool_input": {"file_path": "x"}});
        assert_eq!(claude_code(Ok(&edit), false).exit, Exit::Ok);
    }

    #[test]
    fn what_may_lose_something_is_blocked_in_the_way_each_agent_honours() {
        for line in [
            "kubectl delete ns shop",
            "cd x && k delete pvc --all",
            "for c in a b; do kubectl --context $c drain n1; done",
            "sh -c 'kubectl delete ns x'",
            "aws --profile prod cloudformation delete-stack --stack-name app",
            "AWS_PROFILE=prod aws s3 rm --recur s3://logs",
            "aws ec2 describe-instances --query 'x' --output text | xargs aws ec2 terminate-instances --instance-ids",
        ] {
            let answer = claude_code(Ok(&bash(line)), false);
            assert_eq!(answer.exit.code(), 2, "{line}");
            assert!(answer.stderr.contains("guard check --"));
            let json: Value = serde_json::from_str(&answer.stdout).unwrap();
            assert_eq!(json["hookSpecificOutput"]["permissionDecision"], "deny");

            let answer = cursor(Ok(&json!({"command": line, "cwd": "/"})), false);
            assert_eq!(serde_json::from_str::<Value>(&answer.stdout).unwrap()["permission"], "deny");
            assert_eq!(pre_command(judge(line.as_bytes(), false)).exit, Exit::Refused);
        }
    }

    #[test]
    fn input_that_cannot_be_read_blocks() {
        assert_eq!(claude_code(Err(&"EOF".to_owned()), false).exit, Exit::HookBlocks);
        assert_eq!(
            claude_code(Ok(&json!({"tool_name": "Bash", "tool_input": {}})), false).exit,
            Exit::HookBlocks
        );
        assert_eq!(claude_code(Ok(&json!([])), false).exit, Exit::HookBlocks);
        assert_eq!(cursor(Ok(&json!({})), false).exit, Exit::HookBlocks);
    }

    #[test]
    fn a_phrase_of_its_own_counts_only_when_asked_for() {
        let line = b"GUARD_CONFIRM=main/shop kubectl delete cm x -n shop";
        assert!(judge(line, false).is_some());
        for line in [
            "GUARD_CONFIRM=main/shop kubectl delete cm x -n shop",
            "GUARD_CONFIRM='destroy main/shop' KUBECONFIG=/k kubectl delete cm x -n shop",
            "GUARD_CONFIRM=acme-prod/stack/app aws cloudformation delete-stack --stack-name app",
            "env GUARD_CONFIRM=main/shop kubectl delete cm x -n shop",
            "sudo GUARD_CONFIRM=db1/nginx apt-get purge nginx",
            "cd x && GUARD_CONFIRM=main/shop kubectl delete cm x -n shop && kubectl get cm -n shop",
            "GUARD_CONFIRM=main/a kubectl delete cm x -n a; GUARD_CONFIRM=main/b kubectl delete cm x -n b",
        ] {
            assert!(judge(line.as_bytes(), true).is_none(), "{line}");
        }
    }

    #[test]
    fn a_phrase_counts_for_its_own_command_alone() {
        for line in [
            "GUARD_CONFIRM= kubectl delete ns x",
            "GUARD_CONFIRM=a/b true; kubectl delete ns shop",
            "GUARD_CONFIRM=a/b true && kubectl delete ns shop",
            "GUARD_CONFIRM=a/b; kubectl delete ns shop",
            "export GUARD_CONFIRM=a/b; kubectl delete ns shop",
            "GUARD_CONFIRM=a/b kubectl delete cm x -n b; kubectl delete ns shop",
            "GUARD_CONFIRM=a/b kubectl delete cm x -n b | kubectl delete ns shop",
            "GUARD_CONFIRM=a/b kubectl delete cm $(kubectl delete ns shop)",
            "GUARD_CONFIRM=a/b sh -c 'kubectl delete ns a; kubectl delete ns b'",
            "GUARD_CONFIRM=a/b xargs kubectl delete ns",
            "GUARD_CONFIRM=a/b ssh prod kubectl delete ns shop",
            "GUARD_CONFIRM=a/b eval kubectl delete ns shop",
            "GUARD_CONFIRM=a/b make clean CMD='kubectl delete ns shop'",
            "GUARD_CONFIRM=\"$X\" kubectl delete ns shop",
            "GUARD_CONFIRM=$(guard check -- kubectl delete ns shop) kubectl delete ns shop",
            "echo GUARD_CONFIRM=x; kubectl delete ns x",
            // past guard, or with another tool under the name
            "GUARD_CONFIRM=a/b /usr/bin/kubectl delete ns shop",
            "GUARD_CONFIRM=a/b PATH=/usr/bin kubectl delete ns shop",
            "PATH=/usr/bin:$PATH; GUARD_CONFIRM=a/b kubectl delete ns shop",
            "GUARD_CONFIRM=a/b DPKG_MAINTSCRIPT_NAME=x apt-get purge p",
            "GUARD_CONFIRM=a/b LD_PRELOAD=/x.so kubectl delete ns shop",
            "kubectl() { /usr/bin/kubectl \"$@\"; }; GUARD_CONFIRM=a/b kubectl delete ns shop",
            "alias kubectl=/usr/bin/kubectl; GUARD_CONFIRM=a/b kubectl delete ns shop",
            "hash -p /usr/bin/kubectl kubectl; GUARD_CONFIRM=a/b kubectl delete ns shop",
            "GUARD_CONFIRM=a/b oc delete ns shop",
        ] {
            assert!(judge(line.as_bytes(), true).is_some(), "{line}");
        }
    }

    #[test]
    fn no_answer_in_time_is_a_refusal() {
        for (name, code) in [(Name::ClaudeCode, 2), (Name::Cursor, 2), (Name::PreCommand, 77)] {
            let answer = too_long(name);
            assert_eq!(i32::from(answer.exit.code()), code);
            assert!(format!("{}{}", answer.stdout, answer.stderr).contains("refused"));
        }
    }

    #[test]
    fn the_reason_carries_no_control_characters() {
        let reason = judge("kubectl delete ns \u{1b}[2Jx".as_bytes(), false).unwrap();
        assert!(!reason.contains('\u{1b}'));
    }
}
