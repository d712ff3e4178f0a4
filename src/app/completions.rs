//! `guard completions`: the completion script of a shell, made from the command line's own data.

use super::out;
use crate::exit::Exit;
use crate::fail::Result;
use clap_complete::Shell;

/// Print the completion script for guard's own command line
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  guard completions bash > ~/.local/share/bash-completion/completions/guard
  guard completions zsh > \"${fpath[1]}/_guard\"
  guard completions fish > ~/.config/fish/completions/guard.fish

`guard init bash|zsh|fish` already loads it; this is for packages and for shells without `guard
init`.")]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// Runs the subcommand. `command` is the whole command line of `guard`.
pub fn run(args: &Args, mut command: clap::Command) -> Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "guard", &mut script);
    out::print_bytes(&script)?;
    Ok(Exit::Ok)
}
