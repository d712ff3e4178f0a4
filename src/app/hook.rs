//! `guard hook`: answers the hooks of coding agents, which ask about a whole command line before it runs.
//!
//! A hook sees words, not the target: variables are not expanded, the kubeconfig may change before the command runs. So
//! it judges by words alone and is careful: what may stop or lose something, and what cannot be read, is refused. The
//! shim underneath sees the real argv and the real target and decides again; it is the layer that every program on the
//! machine passes, agents that skip their hooks included.
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
use serde_json::{Value, json};
use std::ffi::OsString;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;

/// More input than this is no hook's.
const LARGEST_INPUT: u64 = 16 << 20;

/// Answer the hook of a coding agent: refuse command lines that may stop or lose something
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  guard hook claude-code < event.json             exit code 2 and the reason on standard error, or silence
  guard hook cursor < event.json                  {\"permission\":\"deny\", ...} or {\"permission\":\"allow\"}
  guard hook pre-command 'kubectl delete ns shop' exit code 77 and the reason, or silence

Settings for the agents are in shell/hooks of guard's source.")]
pub struct Args {
    /// Whose hook it is
    #[arg(value_enum)]
    pub name: Name,
    /// Let a line pass that sets GUARD_CONFIRM itself: guard then compares it with the real target
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
    out::complain(&answer.stderr);
    out::print(&answer.stdout)?;
    Ok(answer.exit)
}

/// Why a line may not run, or `None`.
fn judge(line: &[u8], allow_confirmed: bool) -> Option<String> {
    // Commands of tools that guard does not stand in front of are not its business, readable or not.
    let effect = judge_line(line).guarded?;
    let what = match effect {
        Effect::Read | Effect::Mutate => return None,
        Effect::Disrupt => "it stops or removes something",
        Effect::Destroy => "it can lose data, or the only record of it",
        Effect::Unknown => "it cannot be told what it does",
    };
    if allow_confirmed && sets_confirm(line) {
        return None;
    }
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

/// Whether the line begins with a value of its own for `GUARD_CONFIRM`. Whether the value is right is for the shim to
/// say.
fn sets_confirm(line: &[u8]) -> bool {
    let line = line.trim_ascii_start();
    let line = line.strip_prefix(b"env ").map_or(line, <[u8]>::trim_ascii_start);
    line.strip_prefix(b"GUARD_CONFIRM=")
        .is_some_and(|rest| rest.first().is_some_and(|b| !b.is_ascii_whitespace()))
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
        Some(reason) => {
            let json = json!({"hookSpecificOutput": {
                "hookEventName": "PreToolUse",
                "permissionDecision": "deny",
                "permissionDecisionReason": reason,
            }});
            Answer { stdout: format!("{json}\n"), stderr: reason + "\n", exit: Exit::HookBlocks }
        }
    }
}

fn cursor(event: std::result::Result<&Value, &String>, allow_confirmed: bool) -> Answer {
    let (refused, exit) = match event {
        Err(why) => (Some(unreadable(why)), Exit::HookBlocks),
        Ok(event) => match event["command"].as_str() {
            Some(line) => (judge(line.as_bytes(), allow_confirmed), Exit::Ok),
            None => (Some(unreadable("there is no command")), Exit::HookBlocks),
        },
    };
    let json = match &refused {
        None => json!({"permission": "allow"}),
        Some(reason) => json!({"permission": "deny", "user_message": reason, "agent_message": reason}),
    };
    Answer { stdout: format!("{json}\n"), stderr: String::new(), exit }
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
        assert!(judge(line, true).is_none());
        assert!(judge(b"GUARD_CONFIRM= kubectl delete ns x", true).is_some());
        assert!(
            judge(b"GUARD_CONFIRM=acme-prod/app aws cloudformation delete-stack --stack-name app", true)
                .is_none()
        );
        assert!(judge(b"echo GUARD_CONFIRM=x; kubectl delete ns x", true).is_some());
    }

    #[test]
    fn the_reason_carries_no_control_characters() {
        let reason = judge("kubectl delete ns \u{1b}[2Jx".as_bytes(), false).unwrap();
        assert!(!reason.contains('\u{1b}'));
    }
}
