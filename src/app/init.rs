//! `guard init`: code for a shell to eval. The code itself stands in `shell/`, where editors and linters read it.

use super::out;
use crate::engine::escape::escape;
use crate::exit::Exit;
use crate::fail::{Fail, Kind, Result};
use crate::run::self_path;
use crate::shim::{self, links};
use crate::ui::stderr;
use crate::world::World;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Print shell code that puts guard's shims first on PATH and keeps them there
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  eval \"$(guard init bash)\"       last line of ~/.bashrc
  eval \"$(guard init zsh)\"        last line of ~/.zshrc
  guard init fish | source        last line of ~/.config/fish/config.fish
  eval \"$(guard init bash --off)\" without guard in this shell, until it ends

The code also completes guard's own command line. Aliases such as k=kubectl are left alone and
go through guard.")]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
    /// Where the shims are, when `guard install --dir` put them somewhere else
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Do not look at PATH again before each prompt
    #[arg(long)]
    pub no_prompt_hook: bool,
    /// Do not complete guard's own command line
    #[arg(long)]
    pub no_completion: bool,
    /// Take the shims off the PATH of this shell again, until it ends
    #[arg(long, conflicts_with_all = ["no_prompt_hook", "no_completion"])]
    pub off: bool,
}

/// The shells there is code for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Shell {
    /// Bash, 3.2 and later
    Bash,
    /// Zsh
    Zsh,
    /// Fish
    Fish,
}

impl Shell {
    /// The parts of its code: the path, the prompt hook, the completion.
    const fn parts(self) -> [&'static str; 3] {
        match self {
            Shell::Bash => [
                include_str!("../../shell/guard.bash"),
                include_str!("../../shell/guard-prompt.bash"),
                include_str!("../../shell/guard-complete.bash"),
            ],
            Shell::Zsh => [
                include_str!("../../shell/guard.zsh"),
                include_str!("../../shell/guard-prompt.zsh"),
                include_str!("../../shell/guard-complete.zsh"),
            ],
            Shell::Fish => [
                include_str!("../../shell/guard.fish"),
                include_str!("../../shell/guard-prompt.fish"),
                include_str!("../../shell/guard-complete.fish"),
            ],
        }
    }

    /// The code that takes it all back.
    const fn off(self) -> &'static str {
        match self {
            Shell::Bash => include_str!("../../shell/guard-off.bash"),
            Shell::Zsh => include_str!("../../shell/guard-off.zsh"),
            Shell::Fish => include_str!("../../shell/guard-off.fish"),
        }
    }

    /// A word as this shell has to read it to get the text back.
    fn quoted(self, text: &str) -> String {
        match self {
            Shell::Bash | Shell::Zsh => format!("'{}'", text.replace('\'', "'\\''")),
            // In fish's single quotes, only the backslash and the quote itself can be escaped.
            Shell::Fish => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
        }
    }
}

/// Runs the subcommand.
pub fn run(args: &Args, world: &World) -> Result<Exit> {
    let dir = shim::directory(world, args.dir.as_deref())?;
    let code = code(args, &dir.to_string_lossy())?;
    if let Some(warning) = (!args.off).then(|| nothing_there(&dir)).flatten() {
        // On standard error: what goes to standard output is run.
        stderr::complain(&format!("guard: {warning}\n"));
    }
    out::print(&code)?;
    Ok(Exit::Ok)
}

/// What is the matter with a directory of shims that stands in front of nothing.
fn nothing_there(dir: &Path) -> Option<String> {
    let shown = |path: &Path| escape(path.as_os_str().as_bytes());
    let linked = links::linked(dir);
    if linked.is_empty() {
        return Some(format!(
            "there are no links in {}: no tool passes through guard; run `guard install`",
            shown(dir)
        ));
    }
    let gone = linked.iter().map(|tool| dir.join(tool)).find(|link| !link.exists())?;
    Some(format!("{} leads to a file that is gone; run `guard install`", shown(&gone)))
}

/// The code itself, for shims in `dir`.
pub fn code(args: &Args, dir: &str) -> Result<String> {
    if dir.contains([':', '\n', char::REPLACEMENT_CHARACTER]) {
        return Err(Fail::new(Kind::Usage, format!("{} cannot stand on PATH", escape(dir.as_bytes())))
            .because("it holds a colon, a line break or bytes that are not UTF-8")
            .help("choose another directory with --dir, here and for `guard install`"));
    }
    if args.off {
        return Ok(args.shell.off().replace("@DIR@", &args.shell.quoted(dir)));
    }
    let [path, prompt, complete] = args.shell.parts();
    let mut code = path.replace("@DIR@", &args.shell.quoted(dir));
    if !args.no_prompt_hook {
        code.push_str(prompt);
    }
    if !args.no_completion {
        code.push_str(complete);
    }
    Ok(code)
}

/// A word as a shell with this name has to read it: plain where that is enough.
pub fn quoted(shell: &Path, text: &str) -> String {
    let plain = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"/._-+".contains(&b));
    match shell.file_name() {
        _ if plain => text.to_owned(),
        Some(name) if name == "fish" => Shell::Fish.quoted(text),
        _ => Shell::Bash.quoted(text),
    }
}

/// The line for a shell's start-up file, and that file: what `guard install` and `guard doctor` tell people to add.
pub fn start_up_line(world: &World) -> (&'static str, &'static str) {
    let shell = world.set_var("SHELL").map(PathBuf::from).unwrap_or_default();
    match shell.file_name().and_then(|name| name.to_str()) {
        Some("zsh") => ("eval \"$(guard init zsh)\"", "~/.zshrc"),
        Some("fish") => ("guard init fish | source", "~/.config/fish/config.fish"),
        _ => ("eval \"$(guard init bash)\"", "~/.bashrc"),
    }
}

/// Whether there is code for this shell.
pub fn is_known(shell: &Path) -> bool {
    ["bash", "zsh", "fish"].iter().any(|name| shell.ends_with(name))
}

/// A line that a start-up file has to have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StartUp {
    /// The file, below the home directory.
    pub file: &'static str,
    /// The line.
    pub text: String,
    /// What a line that does the same has in it.
    pub sign: &'static str,
}

/// What the start-up files of this shell have to have so that every new one finds guard first: as an interactive shell, and as
/// the shell of a login. `knows_guard` says that `guard` is found there by its name.
pub fn start_up(world: &World, shell: &Path, knows_guard: bool) -> Vec<StartUp> {
    let (line, file) = start_up_line(world);
    let own = self_path::own_path().filter(|_| !knows_guard);
    // Where a new shell does not find `guard` by its name, the line has to say where it is.
    let text = match own.map(|path| quoted(shell, &path.to_string_lossy())) {
        Some(path) => line.replacen("guard", &path, 1),
        None => line.to_owned(),
    };
    let mut lines = vec![StartUp { file: file.trim_start_matches("~/"), text, sign: "guard init" }];
    if shell.ends_with("bash") {
        // bash reads the first of these, and only that; a new one in front would keep it from reading the others. A login to a
        // desktop reads ~/.profile in another shell.
        let there = |name: &&&str| world.home().is_some_and(|home| home.join(name).exists());
        let (file, text) = match [".bash_profile", ".bash_login"].iter().find(there) {
            Some(name) => (*name, ". ~/.bashrc"),
            None => (".profile", "[ -z \"$BASH_VERSION\" ] || . ~/.bashrc"),
        };
        lines.push(StartUp { file, text: text.to_owned(), sign: "bashrc" });
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(shell: Shell) -> Args {
        Args { shell, dir: None, no_prompt_hook: false, no_completion: false, off: false }
    }

    #[test]
    fn every_part_is_filled_in_and_can_be_left_out() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
            let whole = code(&args(shell), "/d").unwrap();
            assert!(!whole.contains("@DIR@") && whole.contains("'/d'"));
            let bare = Args { no_prompt_hook: true, no_completion: true, ..args(shell) };
            let bare = code(&bare, "/d").unwrap();
            assert!(
                !bare.contains("PROMPT_COMMAND") && !bare.contains("precmd") && !bare.contains("fish_prompt")
            );
            assert!(!bare.contains("completions"));
            let off = code(&Args { off: true, ..args(shell) }, "/d").unwrap();
            assert!(!off.contains("@DIR@") && off.contains("'/d'"));
        }
    }

    #[test]
    fn a_directory_that_cannot_stand_on_path_is_refused() {
        assert_eq!(code(&args(Shell::Bash), "/a:b").unwrap_err().exit(), Exit::Usage);
    }
}
