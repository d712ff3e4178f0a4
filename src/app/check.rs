//! `guard check`: the decision without the deed.

use super::{origin, show};
use crate::engine::decide::Decision;
use crate::engine::fact::Why;
use crate::exit::Exit;
use crate::fail::{Fail, Kind, Result};
use crate::family;
use crate::family::call::{Call, Options};
use crate::family::cx::Cx;
use crate::family::judge::Evaluation;
use crate::policy;
use crate::ui::ColourChoice;
use crate::ui::json::{Checked, render_json};
use crate::world::World;
use std::ffi::OsString;
use std::io::Write;

/// Say what would happen to a command, without running it
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  guard check kubectl delete ns shop
  guard check --json kubectl delete ns shop | jq .challenge
  guard check aws s3 rm --recursive s3://logs
  guard check --offline kubectl apply -f app.yaml

Exit codes: 0 it would run, 3 it would be asked about, 77 it would be refused; others as for
every command of guard.")]
pub struct Args {
    /// Answer as data (schema 1)
    #[arg(long)]
    pub json: bool,
    /// Do not ask the live system; what it would have said counts as unknown
    #[arg(long)]
    pub offline: bool,
    /// The command; what stands behind its name is its own
    #[arg(trailing_var_arg = true, required = true, value_name = "CMD")]
    pub command: Vec<OsString>,
}

/// The call a command line of guard's own names.
pub fn named_call(command: &[OsString]) -> Result<Call> {
    Call::of(command.to_vec()).ok_or_else(|| {
        let name = command.first().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let known: Vec<&str> = crate::run::names::all().collect();
        Fail::new(
            Kind::Usage,
            format!("`{}` is no tool guard knows", crate::engine::escape::escape(name.as_bytes())),
        )
        .because(format!("it knows: {}", known.join(", ")))
        .help("put the whole command after `--`, the tool's name first")
    })
}

/// Runs the subcommand.
pub fn run(args: &Args, world: &World, choice: ColourChoice) -> Result<Exit> {
    let call = named_call(&args.command)?;
    let reading = family::read(&call, world)?;
    let read = reading.invocation().only_reads(call.tool);
    if read && !args.json {
        return Ok(Exit::Ok);
    }
    let policy = policy::load(world)?;
    let options = Options {
        probe: !args.offline && !read,
        interactive: true,
        progress: !args.json,
        recalls: false,
        runs: false,
    };
    let (raw, words) = (call.words(), reading.invocation().slices());
    let judged = reading.judge(Cx::new(&call, &raw, &words, world, &policy, options))?;
    if let Some(fail) = judged.unresolved() {
        return Err(fail);
    }
    let outcome = &judged.outcome;
    let exit = match &outcome.decision {
        Decision::Allow(_) => Exit::Ok,
        Decision::Confirm(_) if judged.impact.refused.is_some() => Exit::Refused,
        Decision::Confirm(_) => Exit::WouldAsk,
        Decision::Deny(_) => Exit::Refused,
    };
    let text = if args.json {
        let checked = Checked {
            decision: &outcome.decision,
            assessment: &outcome.assessment,
            whole_scope: outcome.situation.whole_scope,
            environment: (outcome.place.environment, &outcome.place.because),
            tool: call.tool.name,
            target: judged.target.as_ref().map_err(Fail::clone)?,
            impact: &judged.impact,
            challenge: matches!(outcome.decision, Decision::Confirm(_)).then_some(&outcome.challenge),
            tells_phrase: show::tells_phrase(&judged),
            moving: judged.moving.as_ref(),
            ignored: &policy.ignored,
            exit,
        };
        let json = render_json(&checked);
        json.map_err(|e| {
            Fail::new(Kind::Bug, "the answer could not be written as JSON").because(e.to_string())
        })?
    } else {
        plain(&judged, &show::Shown::new(&judged), world, choice)
    };
    match writeln!(std::io::stdout(), "{}", text.trim_end()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Fail::new(Kind::Bug, "cannot write the answer").because(e.to_string()))
        }
        _ => Ok(exit),
    }
}

fn plain(judged: &Evaluation<'_>, shown: &show::Shown<'_>, world: &World, choice: ColourChoice) -> String {
    use crate::engine::backup::backed::WITHOUT;
    use crate::engine::situation::Level;
    use std::io::IsTerminal;
    let columns = super::out::columns().and_then(|columns| u16::try_from(columns).ok());
    let look = crate::ui::Look::of(world, choice, std::io::stdout().is_terminal(), columns);
    let verdict = match &judged.outcome.decision {
        Decision::Allow(_) => match judged.impact.gaps.iter().find(|gap| gap.why == Why::NotAsked) {
            Some(gap) => format!("would run; not asked: {}", gap.what),
            None => "would run".to_owned(),
        },
        Decision::Confirm(_) if judged.impact.refused.is_some() => {
            "would be refused by the server".to_owned()
        }
        Decision::Confirm(asked) if asked.level == Level::Typed => {
            let also = if asked.without_backup { format!(", and then '{WITHOUT}'") } else { String::new() };
            format!("would ask to type {}{also}", judged.outcome.challenge.pattern())
        }
        Decision::Confirm(_) => "would ask y/N".to_owned(),
        Decision::Deny(denied) => {
            format!("would be refused: {}", crate::engine::escape::escape(denied.reason.as_bytes()))
        }
    };
    let rules = judged.outcome.decision.rules();
    let by = if rules.is_empty() { String::new() } else { format!(" ({})", rules.join(", ")) };
    let from = match &judged.outcome.decision {
        Decision::Deny(denied) => origin::lines(denied, judged.cx.policy, judged.outcome.situation.now),
        _ => Vec::new(),
    };
    let from: String = from.iter().map(|line| format!("\n  {line}")).collect();
    format!("{}\n{verdict}{by}{from}", shown.screen().facts(look).trim_end())
}
