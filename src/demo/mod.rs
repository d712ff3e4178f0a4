//! What `guard demo` shows: guard itself, on a story that needs no cluster, no tool and no network. One copy for the program
//! `guard-demo`, which packages carry beside guard, and for `cargo run --example acoustid`.
//!
//! The program plays three parts, told apart by how it is called: the story; guard itself, called as the tool, as the shim
//! would be; and a stand-in for the tool.

mod clusters;
#[allow(dead_code, reason = "the tests use the rest of the server")]
mod embedded;
mod ending;
mod home;
mod pair;
mod play;
mod stage;
mod stand_in;
mod story;
mod voice;

use ending::{Ending, Stop, Told};
use guard::exit::Exit;
use guard::prompt::{Terminal, signals};
use guard::world::World;
use stage::{MARK, ROOT, STAND_IN, Stage};
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use story::Story;
use voice::Voice;

// What the caller left ignored, blocked or closed goes to the tool as it came.
guard::record_inherited!();

const HELP: &str = "\
Usage: guard demo [--play]

Tells how a namespace was nearly deleted on the wrong cluster, with the real guard,
on two clusters inside this program. You give the answers; with --play, or without
a terminal, it is played by itself. Nothing outside this program is touched.
";

/// The whole program.
pub fn main() -> ExitCode {
    let world = World::of_process();
    if let (Some(_), Some(home)) = (world.set_var(MARK), world.home())
        && is_called(&["kubectl", "guard"])
    {
        // The machine's own policy and log are no part of the story.
        return guard::app::main_in(&world.with_root(home.join(ROOT)));
    }
    let args: Vec<String> =
        std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let told = match words.as_slice() {
        [STAND_IN, ..] => stand_in::run(args.get(1..).unwrap_or_default()),
        [] => tell(false),
        ["--play"] => tell(true),
        ["-h" | "--help"] => print(HELP),
        _ => {
            let _ = io::stderr().write_all(HELP.as_bytes());
            return ExitCode::from(Exit::Usage.code());
        }
    };
    match told {
        Ok(()) | Err(Stop::Left) => ExitCode::SUCCESS,
        // Its default would leave a core file behind.
        Err(Stop::Signal(libc::SIGQUIT)) => ExitCode::from(128 + 3),
        Err(Stop::Signal(signal)) => signals::die_of(signal),
        Err(Stop::Failed(why)) => {
            let _ = writeln!(io::stderr(), "guard demo: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Whether this program was called by the name of a tool: then it plays guard's part.
fn is_called(names: &[&str]) -> bool {
    let called = std::env::args_os().next().unwrap_or_default();
    Path::new(&called).file_name().is_some_and(|called| names.iter().any(|name| called == *name))
}

/// Tells the story. What was made for it is gone when this returns.
fn tell(play: bool) -> Told<()> {
    let ending = Ending::watch()?;
    let here = io::stdin().is_terminal() && io::stdout().is_terminal() && Terminal::available().is_ok();
    // The stage first: it is set while there is one thread.
    let stage = Stage::set()?;
    let asks = here && !play;
    let ending = if asks { ending.with_parent() } else { ending };
    Story { stage, voice: Voice::new(ending, asks), asks }.tell()
}

fn print(text: &str) -> Told<()> {
    Ok(io::stdout().write_all(text.as_bytes())?)
}
