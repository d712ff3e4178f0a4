//! `guard install`: links the tools' names to the shim.

use super::{init, out};
use crate::engine::escape::escape;
use crate::exit::Exit;
use crate::fail::Result;
use crate::shim::{self, Made, links};
use crate::world::World;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Link the tools' names to guard's shim, so that every call of them passes through guard
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  guard install                         links kubectl and aws, as far as they are installed, in ~/.local/share/guard/shims
  guard install aws                     this one only
  guard install --dir /usr/local/lib/guard/shims kubectl
  guard install && eval \"$(guard init bash)\" && guard doctor

Only links are made, in a directory of guard's own; the real tool is not touched. Running it again changes nothing.")]
pub struct Args {
    /// Where to put the links [default: ~/.local/share/guard/shims]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// The tools to stand in front of [default: those that are installed]
    #[arg(value_name = "TOOL")]
    pub tools: Vec<String>,
}

/// Runs the subcommand.
pub fn run(args: &Args, world: &World) -> Result<Exit> {
    let dir = shim::directory(world, args.dir.as_deref())?;
    let binary = shim::binary(world)?;
    let mut text = String::new();
    let tools = match args.tools.as_slice() {
        [] => links::present(world).into_iter().map(str::to_owned).collect(),
        named => named.to_vec(),
    };
    for made in shim::install(&dir, &binary, &tools)? {
        let (word, link) = match &made {
            Made::New(link) => ("linked ", link),
            Made::Moved(link) => ("moved  ", link),
            Made::Kept(link) => ("present", link),
        };
        let _ = writeln!(
            text,
            "{word}  {} -> {}",
            escape(link.as_os_str().as_bytes()),
            escape(binary.as_os_str().as_bytes())
        );
    }
    let first =
        world.var("PATH").is_some_and(|path| std::env::split_paths(path).next().is_some_and(|p| p == dir));
    if !first {
        let (line, file) = init::start_up_line(world);
        let line = match &args.dir {
            Some(_) => with_directory(line, &dir.to_string_lossy()),
            None => line.to_owned(),
        };
        let _ = write!(
            text,
            "\nadd this as the last line of {file}, and run it in shells that are open:\n  {line}\n"
        );
        let _ = writeln!(text, "then check with: guard doctor");
    }
    out::print(&text)?;
    Ok(Exit::Ok)
}

fn with_directory(line: &str, dir: &str) -> String {
    let option = format!(" --dir {}", shell_words::quote(dir));
    match line.find([')', '|']) {
        Some(end) => {
            let (head, tail) = line.split_at(end);
            let gap = if tail.starts_with('|') { " " } else { "" };
            format!("{}{option}{gap}{tail}", head.trim_end())
        }
        None => format!("{line}{option}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_up_line_names_another_directory() {
        assert_eq!(
            with_directory("eval \"$(guard init zsh)\"", "/a b"),
            "eval \"$(guard init zsh --dir '/a b')\""
        );
        assert_eq!(with_directory("guard init fish | source", "/d"), "guard init fish --dir /d | source");
    }
}
