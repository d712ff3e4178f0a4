//! One file per subcommand, and the question that a guarded call leads to. `cli.rs` is data.

pub mod apt_hook;
pub mod audit;
pub mod check;
pub mod classify;
pub mod cli;
pub mod colour;
pub mod completions;
pub mod consent;
pub mod demo;
pub mod doctor;
pub mod explain;
pub mod hook;
pub mod init;
pub mod install;
pub mod intercept;
pub mod kept;
pub mod man;
mod origin;
pub mod out;
pub mod policy;
mod record;
pub mod restore;
pub mod run;
pub mod segment;
pub mod setup;
mod show;
pub mod status;
pub mod uninstall;
pub mod version;

use crate::exit::Exit;
use crate::fail::{Fail, Kind, Result};
use crate::family::call::Call;
use crate::run::names::{self, Called};
use crate::run::signals;
use crate::ui::ColourChoice;
use crate::world::World;
use clap::Parser;
use cli::{Cli, Cmd};
use std::ffi::OsString;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::process::ExitCode;

/// The whole program: behaves as a tool when it is called by a tool's name, else by its own command line.
pub fn main() -> ExitCode {
    main_in(&World::of_process())
}

/// The same in a world that is not quite this process's: `guard demo` has none of the machine's own policy and log.
pub fn main_in(world: &World) -> ExitCode {
    signals::survive_file_limit();
    signals::raise_open_files();
    let argv: Vec<OsString> = std::env::args_os().collect();
    let done = match names::called_as(argv.first().map(|a| a.as_bytes())) {
        Called::Tool(name) => {
            let words: Vec<&[u8]> = argv.iter().skip(1).map(|word| word.as_bytes()).collect();
            if let Some(answer) = crate::run::shim::selftest(&words) {
                return match out::print(&answer) {
                    Ok(()) => ExitCode::SUCCESS,
                    Err(fail) => ExitCode::from(fail.exit().code()),
                };
            }
            let tool = name.tool;
            intercept::intercept(&Call { tool, argv }, world, ColourChoice::Auto)
        }
        Called::Nameless => {
            Err(Fail::new(Kind::Usage, "there is no argv[0], so there is no telling what was meant"))
        }
        // An installed copy may carry a version in its name; everything that is no tool is guard itself.
        Called::Own | Called::Unknown(_) => own(&argv, world),
    };
    match done {
        Ok(exit) => ExitCode::from(exit.code()),
        Err(fail) => {
            // Nobody listens when standard error is closed; the exit code says it all the same.
            let _ = writeln!(std::io::stderr().lock(), "{fail}");
            ExitCode::from(fail.exit().code())
        }
    }
}

fn own(argv: &[OsString], world: &World) -> Result<Exit> {
    if let Some(done) = segment::run_alone(argv, world) {
        return done;
    }
    let cli = match Cli::try_parse_from(argv) {
        Ok(cli) => cli,
        Err(e) => {
            let _ = e.print();
            return Ok(if e.use_stderr() { Exit::Usage } else { Exit::Ok });
        }
    };
    let choice = cli.color.into();
    if matches!(
        cli.command,
        Cmd::Check(_) | Cmd::Explain(_) | Cmd::Run(_) | Cmd::Kept(_) | Cmd::Restore(_) | Cmd::AptHook(_)
    ) {
        enough_files()?;
    }
    match &cli.command {
        Cmd::Check(args) => check::run(args, world, choice),
        Cmd::Explain(args) => explain::run(args, world, choice),
        Cmd::Run(args) => run::run(args, world, choice),
        Cmd::Classify(args) => classify::run(args),
        Cmd::Init(args) => init::run(args, world),
        Cmd::Install(args) => install::run(args, world),
        Cmd::Uninstall(args) => uninstall::run(args, world),
        Cmd::Status(args) => status::run(args, world, choice),
        Cmd::Segment(args) => segment::run(args, world, choice),
        Cmd::Doctor(args) => doctor::run(args, world, audit_path(world).as_deref()),
        Cmd::Policy(args) => policy::run(args, world),
        Cmd::Audit(args) => audit::run(args, world, audit_path(world).as_deref()),
        Cmd::Kept(args) => kept::run(args, world, choice),
        Cmd::Restore(args) => restore::run(args, world, choice),
        Cmd::Setup(args) => setup::run(args, world),
        Cmd::Hook(args) => hook::run(args),
        Cmd::Demo(args) => demo::run(args, choice),
        Cmd::AptHook(args) => apt_hook::run(args, world, choice),
        Cmd::Completions(args) => completions::run(args, cli::command()),
        Cmd::Man(args) => man::run(args, cli::command()),
        Cmd::Version(args) => version::run(args, world),
    }
}

/// Whether there is room for what asking a cluster takes.
fn enough_files() -> Result<()> {
    if signals::has_room_for_files() {
        return Ok(());
    }
    Err(Fail::new(Kind::Unavailable, "this process may open too few files to look at what a command does")
        .because("the limit on open files (`ulimit -n`) is too low")
        .help("raise it: ulimit -n 64"))
}

/// Where the policy wants the audit log; `None` is the default place, also when the policy cannot be read.
fn audit_path(world: &World) -> Option<PathBuf> {
    let terms = crate::policy::load(world).ok()?.terms();
    terms.audit_path.map(PathBuf::from)
}
