//! See the prompt without a cluster or an account: made-up facts, the real screen, the real question.
//!
//! ```text
//! cargo run --example prompt                            # delete a namespace in production
//! cargo run --example prompt -- scale                   # y/N on a cluster nobody classified
//! cargo run --example prompt -- delete -- echo it runs  # COMMAND runs only after the right answer
//! ```
//! Scenes: `delete`, `scale`, `staging`, `gaps`, `lookalike`, `notice`, `json`; of AWS: `aws`, `aws-mismatch`,
//! `aws-instances`, `aws-stop`, `aws-staging`, `aws-local`, `aws-unknown`, `aws-lookalike`, `aws-notice`, `aws-json`;
//! of a host: `host`, `host-install`, `host-restart`, `host-elsewhere`,
//! `host-remote`, `host-json`. `--seconds N` sets the deadline,
//! `--reason N` demands a written reason of N characters, `--slow MS` waits first, as a slow cluster would make it.

mod scenes;

use guard::engine::decide::{Confirmation, Decision};
use guard::exit::Exit;
use guard::prompt::progress::Progress;
use guard::prompt::signals::die_of;
use guard::prompt::{Answer, Ask, Question, Terminal};
use guard::ui::json::{Checked, render_json};
use guard::ui::{ColourChoice, Hint, Look, Refusal, render_notice, render_refusal, view};
use guard::world::World;
use std::io::{IsTerminal, Write, stderr, stdout};
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};
use std::time::Duration;

fn main() -> ExitCode {
    let mut scene = "delete".to_owned();
    let (mut seconds, mut reason, mut slow) = (120, None, 0);
    let mut command = Vec::new();
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut number = || args.next().and_then(|n| n.parse::<u64>().ok()).unwrap_or_default();
        match arg.as_str() {
            "--seconds" => seconds = number(),
            "--reason" => reason = usize::try_from(number()).ok(),
            "--slow" => slow = number(),
            "--" => command = args.by_ref().collect(),
            name => scene = name.to_owned(),
        }
    }
    let world = World::of_process();
    let look = Look::of(&world, ColourChoice::Auto, stderr().is_terminal(), None);
    let Some(scene) = scenes::named(&scene) else {
        return fail("there is no such scene", Exit::Usage);
    };
    if slow > 0 {
        let dumb = world.set_var("TERM").is_none_or(|t| t == "dumb");
        let _line = Progress::start("asking the cluster", dumb);
        std::thread::sleep(Duration::from_millis(slow));
    }
    let sight = scene.sight();
    let view = scene.view(&sight);
    if scene.name == "notice" {
        return fail(&render_notice(&view, look), Exit::Ok);
    }
    if scene.name == "json" {
        return json(&scene);
    }
    let screen = view::screen(&view);
    let mut question = Question::new(&scene.challenge, scene.level);
    question.deadline = Duration::from_secs(seconds);
    question.justification = reason;
    let answer = Terminal::new(&world, ColourChoice::Auto).ask(&view::screen_to_ask(&view), &question);
    let (seen, because) = match answer {
        Answer::Matched { .. } => return run(&command),
        Answer::Interrupted(signal) => die_of(signal),
        Answer::Mismatched | Answer::NotAlso | Answer::Unexplained => {
            (true, "something else was typed".to_owned())
        }
        Answer::Declined => (true, "the answer was no".to_owned()),
        Answer::TimedOut => (true, "nobody answered in time".to_owned()),
        Answer::NoTerminal(absent) => (false, absent.because().to_owned()),
    };
    let refusal = Refusal {
        screen: (!seen).then_some(&screen),
        what: "refused, nothing was run",
        because: &[because],
        hint: if seen { Hint::None } else { Hint::Confirm(&scene.challenge) },
    };
    fail(render_refusal(&refusal, look).trim_end(), Exit::Refused)
}

fn run(command: &[String]) -> ExitCode {
    match command.split_first() {
        None => fail("the answer was right: now the command would run", Exit::Ok),
        Some((program, args)) => fail(&Command::new(program).args(args).exec().to_string(), Exit::NotFound),
    }
}

fn json(scene: &scenes::Scene) -> ExitCode {
    let decision = Decision::Confirm(Confirmation {
        level: scene.level,
        justification: false,
        show_diff: false,
        without_backup: false,
        env_confirm: true,
        rules: vec!["builtin/production-destroy".to_owned()],
        notes: Vec::new(),
        stood_down: Default::default(),
    });
    let text = render_json(&Checked {
        decision: &decision,
        assessment: &scene.assessment,
        whole_scope: scene.assessment.whole_scope.into(),
        environment: (scene.environment, scene.why),
        tool: scene.tool(),
        target: &scene.target(),
        impact: &scene.impact,
        challenge: Some(&scene.challenge),
        tells_phrase: true,
        moving: None,
        ignored: &[],
        exit: Exit::WouldAsk,
    });
    match text.map(|text| writeln!(stdout(), "{text}")) {
        Ok(Ok(())) => ExitCode::from(Exit::WouldAsk.code()),
        _ => ExitCode::from(Exit::Bug.code()),
    }
}

fn fail(text: &str, exit: Exit) -> ExitCode {
    match writeln!(stderr(), "{text}") {
        Ok(()) => ExitCode::from(exit.code()),
        Err(_) => ExitCode::from(Exit::Bug.code()),
    }
}
