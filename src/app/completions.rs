//! `guard completions`: the completion script of a shell, made from the command line's own data.

use super::out;
use crate::exit::Exit;
use crate::fail::Result;
use clap_complete::{generate, shells};

/// Print the completion script for guard's own command line
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  guard completions bash > ~/.local/share/bash-completion/completions/guard
  guard completions zsh > \"${fpath[1]}/_guard\"
  guard completions fish > ~/.config/fish/completions/guard.fish
  guard completions nu | save ($nu.user-autoload-dirs.0 | path join guard.nu)

`guard init bash|zsh|fish` already loads it; this is for packages and for the other shells.")]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

/// The shells there is a script for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Shell {
    /// Bash
    Bash,
    /// Elvish
    Elvish,
    /// Fish
    Fish,
    /// Nu
    #[value(alias = "nushell")]
    Nu,
    /// PowerShell
    #[value(name = "powershell")]
    PowerShell,
    /// Zsh
    Zsh,
}

/// Runs the subcommand. `command` is the whole command line of `guard`.
pub fn run(args: &Args, mut command: clap::Command) -> Result<Exit> {
    let mut script = Vec::new();
    let (command, out) = (&mut command, &mut script);
    match args.shell {
        Shell::Bash => generate(shells::Bash, command, "guard", out),
        Shell::Elvish => generate(shells::Elvish, command, "guard", out),
        Shell::Fish => generate(shells::Fish, command, "guard", out),
        Shell::Nu => generate(clap_complete_nushell::Nushell, command, "guard", out),
        Shell::PowerShell => generate(shells::PowerShell, command, "guard", out),
        Shell::Zsh => generate(shells::Zsh, command, "guard", out),
    }
    out::print_bytes(&script)?;
    Ok(Exit::Ok)
}
