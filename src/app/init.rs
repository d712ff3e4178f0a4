//! `guard init`: code for a shell to eval. The code itself stands in `shell/`, where editors and linters read it.

mod start_up;

pub use start_up::{READS_BASHRC, StartUp, for_shell, is_known, start_up, start_up_line};

use super::out;
use crate::engine::escape::escape;
use crate::exit::Exit;
use crate::fail::{Fail, Kind, Result};
use crate::family::whereabouts;
use crate::policy;
use crate::run::trail;
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
  $env.config.hooks.pre_prompt ++= [(guard init nu)]
                                  last line of ~/.config/nushell/config.nu
  eval \"$(guard init sh)\"         last line of ~/.profile (dash, busybox, ksh)
  eval \"$(guard init bash --off)\" without guard in this shell, until it ends

Shells nobody types into (scripts, `ssh HOST COMMAND`, cron) have the PATH of whoever starts
them. To put guard first there:
  bash  guard init bash --non-interactive > ~/.guard.bash, and BASH_ENV=~/.guard.bash for them;
        for `ssh HOST COMMAND`, `. ~/.guard.bash` as the first line of ~/.bashrc
  zsh   eval \"$(guard init zsh --non-interactive)\" in ~/.zshenv
  fish  guard init fish --non-interactive | source in config.fish, outside of
        `if status is-interactive`
  sh    nothing is read by such a shell: the line in ~/.profile, and start it below that login
  nu    guard init nu --non-interactive | save ~/.guard.nu, and `source ~/.guard.nu` in
        config.nu, for `nu --login -c`

The code also completes guard's own command line. Aliases such as k=kubectl are left alone and
go through guard.")]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
    /// Where the shims are, when `guard install --dir` put them somewhere else
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Do not look at PATH again before each prompt; the first one still tells what came before guard
    #[arg(long)]
    pub no_prompt_hook: bool,
    /// Do not complete guard's own command line
    #[arg(long)]
    pub no_completion: bool,
    /// Nothing but PATH, once: for files that shells read which nobody types into
    #[arg(long)]
    pub non_interactive: bool,
    /// Take the shims off the PATH of this shell again, until it ends
    #[arg(long, conflicts_with_all = ["no_prompt_hook", "no_completion", "non_interactive"])]
    pub off: bool,
}

impl Args {
    /// All there is for this shell.
    pub const fn of(shell: Shell) -> Args {
        Args {
            shell,
            dir: None,
            no_prompt_hook: false,
            no_completion: false,
            non_interactive: false,
            off: false,
        }
    }
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
    /// Nu
    #[value(alias = "nushell")]
    Nu,
    /// Every other POSIX shell: dash, busybox, ksh, mksh
    #[value(aliases = ["posix", "dash", "ash", "ksh", "mksh"])]
    Sh,
}

impl Shell {
    /// The shell of this file.
    pub fn at(path: &Path) -> Option<Shell> {
        match path.file_name()?.to_str()? {
            "bash" => Some(Shell::Bash),
            "zsh" => Some(Shell::Zsh),
            "fish" => Some(Shell::Fish),
            "nu" => Some(Shell::Nu),
            "sh" | "dash" | "ash" | "busybox" | "ksh" | "ksh93" | "mksh" => Some(Shell::Sh),
            _ => None,
        }
    }

    /// The parts of its code: the path, the prompt hook, the completion.
    const fn parts(self) -> [&'static str; 3] {
        match self {
            Shell::Bash => [
                include_str!("../../shell/guard.bash"),
                include_str!("../../shell/guard-path-hook.bash"),
                include_str!("../../shell/guard-complete.bash"),
            ],
            Shell::Zsh => [
                include_str!("../../shell/guard.zsh"),
                include_str!("../../shell/guard-path-hook.zsh"),
                include_str!("../../shell/guard-complete.zsh"),
            ],
            Shell::Fish => [
                include_str!("../../shell/guard.fish"),
                include_str!("../../shell/guard-path-hook.fish"),
                include_str!("../../shell/guard-complete.fish"),
            ],
            // What completes guard there can not be fetched when it is first asked for: `guard completions nu` prints it.
            Shell::Nu => {
                [include_str!("../../shell/guard.nu"), include_str!("../../shell/guard-path-hook.nu"), ""]
            }
            // POSIX knows no hook before a prompt and no completion.
            Shell::Sh => [include_str!("../../shell/guard.sh"), "", ""],
        }
    }

    /// The code that takes it all back.
    const fn off(self) -> &'static str {
        match self {
            Shell::Bash => include_str!("../../shell/guard-off.bash"),
            Shell::Zsh => include_str!("../../shell/guard-off.zsh"),
            Shell::Fish => include_str!("../../shell/guard-off.fish"),
            Shell::Nu => include_str!("../../shell/guard-off.nu"),
            Shell::Sh => include_str!("../../shell/guard-off.sh"),
        }
    }

    /// What is called before a prompt: one that speaks at the first, one that looks at PATH at each.
    const fn hooks(self, no_prompt_hook: bool) -> [&'static str; 2] {
        match (self, no_prompt_hook) {
            (Shell::Fish, false) => ["__guard_path", "guard is first again"],
            // An event calls the other there.
            (Shell::Fish, true) => ["true", LEFT_SO],
            (_, false) => ["__guard_first __guard_path", "guard is first again"],
            (_, true) => ["__guard_first", LEFT_SO],
        }
    }

    /// A word as this shell has to read it to get the text back.
    fn quoted(self, text: &str) -> String {
        match self {
            Shell::Bash | Shell::Zsh | Shell::Sh => format!("'{}'", text.replace('\'', "'\\''")),
            // In fish's single quotes, only the backslash and the quote itself can be escaped.
            Shell::Fish => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
            // Nothing is escaped in nu's raw strings; they end with as many hashes as they began with.
            Shell::Nu => {
                let mut hashes = "#".to_owned();
                while text.contains(&format!("'{hashes}")) {
                    hashes.push('#');
                }
                format!("r{hashes}'{text}'{hashes}")
            }
        }
    }
}

/// What the first prompt says to who wanted no hook that mends it.
const LEFT_SO: &str = "tools go past guard here, for --no-prompt-hook leaves it so";

/// Runs the subcommand.
pub fn run(args: &Args, world: &World) -> Result<Exit> {
    let dir = shim::directory(world, args.dir.as_deref())?;
    let code = code(args, &dir.to_string_lossy())?;
    if !(args.off || args.non_interactive) {
        remember_terminals(world);
    }
    if let Some(warning) = (!args.off).then(|| nothing_there(&dir)).flatten() {
        // On standard error: what goes to standard output is run.
        stderr::complain(&format!("guard: {warning}\n"));
    }
    out::print(&code)?;
    Ok(Exit::Ok)
}

/// Begins to remember where the commands of each terminal go, or ends it where policy says so. The place they go to as this
/// shell starts is looked up once: whoever changes it from another window changes it for this one, too.
fn remember_terminals(world: &World) {
    // A policy that cannot be read is told by the first command that needs it.
    let Ok(policy) = policy::load(world) else { return };
    if !policy.remembers_terminals() {
        trail::make::remove(world);
    } else if trail::make::make(world).is_ok() {
        trail::make::clear(world);
        whereabouts::cluster(world, &policy);
        whereabouts::account(world, &policy);
    }
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
    let quoted = |text: &str| args.shell.quoted(text);
    if args.off {
        return Ok(args.shell.off().replace("@DIR@", &quoted(dir)));
    }
    let [path, prompt, complete] = args.shell.parts();
    let mut code = path.to_owned();
    // nu has no words for the first prompt: its code is run there, after all start-up files.
    if !(args.non_interactive || args.shell == Shell::Nu && args.no_prompt_hook) {
        let [hooks, mended] = args.shell.hooks(args.no_prompt_hook);
        code.push_str(&prompt.replace("@HOOKS@", hooks).replace("@MENDED@", &quoted(mended)));
    }
    if !(args.non_interactive || args.no_completion) {
        code.push_str(complete);
    }
    Ok(code.replace("@DIR@", &quoted(dir)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Shell; 5] = [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::Nu, Shell::Sh];

    #[test]
    fn every_part_is_filled_in_and_can_be_left_out() {
        for shell in ALL {
            let own = shell.quoted("/d");
            for no_prompt_hook in [false, true] {
                let whole = code(&Args { no_prompt_hook, ..Args::of(shell) }, "/d").unwrap();
                assert!(whole.contains(&own), "{whole}");
                assert!(!["@DIR@", "@HOOKS@", "@MENDED@"].iter().any(|mark| whole.contains(mark)), "{whole}");
            }
            let bare = code(&Args { non_interactive: true, ..Args::of(shell) }, "/d").unwrap();
            assert!(
                !["PROMPT_COMMAND", "precmd", "fish_prompt", "++= [{"].iter().any(|hook| bare.contains(hook))
            );
            assert!(!bare.contains("completions"));
            let off = code(&Args { off: true, ..Args::of(shell) }, "/d").unwrap();
            assert!(!off.contains("@DIR@") && off.contains(&own));
        }
    }

    #[test]
    fn nothing_ends_a_word_before_its_end() {
        assert_eq!(Shell::Nu.quoted("/d"), "r#'/d'#");
        assert_eq!(Shell::Nu.quoted("/a'#b'"), "r##'/a'#b''##");
        assert_eq!(Shell::Sh.quoted("it's"), "'it'\\''s'");
    }

    #[test]
    fn a_directory_that_cannot_stand_on_path_is_refused() {
        assert_eq!(code(&Args::of(Shell::Bash), "/a:b").unwrap_err().exit(), Exit::Usage);
    }
}
