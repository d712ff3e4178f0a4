//! Which line of which start-up file puts guard first in new shells.

use super::Shell;
use crate::run::self_path;
use crate::world::World;
use std::path::{Path, PathBuf};

/// What a line that a start-up file has to have looks like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartUp {
    /// The file, below the home directory.
    pub file: String,
    /// The line.
    pub text: String,
    /// What a line that does the same has in it.
    pub sign: &'static str,
}

/// What a line that loads guard's code has in it.
const LOADS: &str = "guard init";

/// What a line that reads ~/.bashrc has in it.
pub const READS_BASHRC: &str = "bashrc";

/// Where nu looks for its files, below the home directory.
const NU: &str = if cfg!(target_os = "macos") {
    "~/Library/Application Support/nushell/config.nu"
} else {
    "~/.config/nushell/config.nu"
};

/// A word as the shell of this file has to read it: plain where that is enough.
pub fn for_shell(shell: &Path, text: &str) -> String {
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-+".contains(&b));
    if plain { text.to_owned() } else { Shell::at(shell).unwrap_or(Shell::Bash).quoted(text) }
}

/// The line for a shell's start-up file, and that file: what `guard install` and `guard doctor` tell people to add.
pub fn start_up_line(world: &World) -> (&'static str, &'static str) {
    let shell = world.set_var("SHELL").map(PathBuf::from).unwrap_or_default();
    match Shell::at(&shell).unwrap_or(Shell::Bash) {
        Shell::Bash => ("eval \"$(guard init bash)\"", "~/.bashrc"),
        Shell::Zsh => ("eval \"$(guard init zsh)\"", "~/.zshrc"),
        Shell::Fish => ("guard init fish | source", "~/.config/fish/config.fish"),
        Shell::Nu => ("$env.config.hooks.pre_prompt ++= [(guard init nu)]", NU),
        Shell::Sh => ("eval \"$(guard init sh)\"", "~/.profile"),
    }
}

/// Whether there is code for this shell.
pub fn is_known(shell: &Path) -> bool {
    Shell::at(shell).is_some()
}

/// What the start-up files of this shell have to have so that every new one finds guard first: as an interactive shell, and as
/// the shell of a login. `knows_guard` says that `guard` is found there by its name.
pub fn start_up(world: &World, shell: &Path, knows_guard: bool) -> Vec<StartUp> {
    let (line, file) = start_up_line(world);
    let own = self_path::own_path().filter(|_| !knows_guard);
    // Where a new shell does not find `guard` by its name, the line has to say where it is.
    let text = match own.map(|path| for_shell(shell, &path.to_string_lossy())) {
        // A quoted word is no command to nu.
        Some(path) if Shell::at(shell) == Some(Shell::Nu) => line.replacen("(guard", &format!("(^{path}"), 1),
        Some(path) => line.replacen("guard", &path, 1),
        None => line.to_owned(),
    };
    let file = file.trim_start_matches("~/").to_owned();
    let first = StartUp { file, text, sign: LOADS };
    match Shell::at(shell) {
        Some(Shell::Bash) => {
            let login = of_a_bash_login(world);
            vec![first, login]
        }
        // What an interactive one reads comes after ~/.profile, and may put something in front again.
        Some(Shell::Sh) => match interactive_sh(world, shell) {
            Some(file) => vec![StartUp { file, ..first.clone() }, first],
            None => vec![first],
        },
        _ => vec![first],
    }
}

/// bash reads the first of these at a login, and only that; a new one in front would keep it from reading the others. A login
/// to a desktop reads ~/.profile in another shell.
fn of_a_bash_login(world: &World) -> StartUp {
    let there = |name: &&&str| world.home().is_some_and(|home| home.join(name).exists());
    let (file, text) = match [".bash_profile", ".bash_login"].iter().find(there) {
        Some(name) => (*name, ". ~/.bashrc"),
        None => (".profile", "[ -z \"$BASH_VERSION\" ] || . ~/.bashrc"),
    };
    StartUp { file: file.to_owned(), text: text.to_owned(), sign: READS_BASHRC }
}

/// The file that a POSIX shell reads whenever somebody types into it, below the home directory, where there is one: that of
/// `ENV`, else the one that ksh and mksh have without it.
fn interactive_sh(world: &World, shell: &Path) -> Option<String> {
    let home = world.home()?;
    let named = world.set_var("ENV").map(PathBuf::from);
    let own = match shell.file_name()?.to_str()? {
        "ksh" | "ksh93" => Some(".kshrc"),
        "mksh" => Some(".mkshrc"),
        _ => None,
    };
    let path = named.or_else(|| own.map(|name| home.join(name)))?;
    // Only what is there is read; elsewhere than at home it is not the user's alone.
    let below = path.strip_prefix(home).ok().filter(|_| path.exists())?;
    below.to_str().map(str::to_owned)
}
