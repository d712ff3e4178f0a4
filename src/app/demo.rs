//! `guard demo`: becomes `guard-demo`, the program beside this one that has everything the story needs.

use crate::engine::escape::escape;
use crate::exit::Exit;
use crate::fail::{Fail, Kind, Result};
use crate::run::exec::{self, EnvEdit};
use crate::run::self_path;
use crate::ui::ColourChoice;
use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

/// The program.
const PROGRAM: &str = "guard-demo";

/// Show guard at work in two minutes: no cluster, and nothing of yours is touched
///
/// How a namespace was nearly deleted on the wrong cluster, with the real guard on two clusters inside the program. You give
/// the answers. Everything happens in a throw-away home, which is gone afterwards.
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  guard demo
  guard demo --play        it answers by itself, as it does without a terminal")]
pub struct Args {
    /// Play it without asking you anything
    #[arg(long)]
    pub play: bool,
}

/// Runs the subcommand.
pub fn run(args: &Args, choice: ColourChoice) -> Result<Exit> {
    let own = self_path::own_path()
        .ok_or_else(|| Fail::new(Kind::Bug, "the system does not tell where guard itself is"))?;
    let program = own.with_file_name(PROGRAM);
    if !self_path::may_exist(&program) {
        let shown = escape(program.as_os_str().as_bytes());
        return Err(Fail::new(Kind::NotFound, format!("{shown} is missing"))
            .because("guard was installed without it")
            .help("install the whole package; from source: cargo run --features demo --bin guard-demo"));
    }
    let mut edit = EnvEdit::default();
    match choice {
        ColourChoice::Auto => {}
        ColourChoice::Never => edit.set("NO_COLOR", "1"),
        ColourChoice::Always => {
            edit.remove("NO_COLOR");
            edit.set("CLICOLOR_FORCE", "1");
        }
    }
    let mut argv: Vec<OsString> = vec![PROGRAM.into()];
    if args.play {
        argv.push("--play".into());
    }
    Err(exec::exec(&program, &argv, &edit))
}
