//! `guard run`: one command through guard, without any shim.

use super::check::named_call;
use super::intercept::intercept;
use crate::exit::Exit;
use crate::fail::Result;
use crate::ui::ColourChoice;
use crate::world::World;
use std::ffi::OsString;

/// Run a command through guard, as the shim would
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  guard run -- kubectl delete ns shop
  GUARD_CONFIRM='main/shop/*' guard run -- kubectl delete ns shop

The exit code is the tool's own when it ran.")]
pub struct Args {
    /// The command; what stands behind its name is its own
    #[arg(trailing_var_arg = true, required = true, value_name = "CMD")]
    pub command: Vec<OsString>,
}

/// Runs the subcommand.
pub fn run(args: &Args, world: &World, choice: ColourChoice) -> Result<Exit> {
    intercept(&named_call(&args.command)?, world, choice)
}
