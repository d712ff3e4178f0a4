//! `guard man`: the manual pages, made from the command line's own data.

use super::out;
use crate::engine::escape::escape;
use crate::exit::Exit;
use crate::fail::{Fail, Kind, Result};
use clap_mangen::roff::{Roff, roman};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Print the manual page, or write the pages of all subcommands into a directory
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  guard man | man -l -
  guard man --dir ~/.local/share/man/man1")]
pub struct Args {
    /// Write guard.1 and one page for each subcommand into this directory
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
}

/// Runs the subcommand. `command` is the whole command line of `guard`.
pub fn run(args: &Args, command: clap::Command) -> Result<Exit> {
    let Some(dir) = &args.dir else {
        out::print_bytes(&page(command))?;
        return Ok(Exit::Ok);
    };
    let mut command = command.disable_help_subcommand(true);
    command.build();
    std::fs::create_dir_all(dir).and_then(|()| write(command, dir)).map_err(|e| {
        let shown = escape(dir.as_os_str().as_bytes());
        Fail::new(Kind::Usage, format!("the manual pages cannot be written to {shown}"))
            .because(e.to_string())
            .help("name a directory you may write to")
    })?;
    Ok(Exit::Ok)
}

/// The page of a command, and of everything below it.
fn write(command: clap::Command, dir: &Path) -> io::Result<()> {
    for below in command.get_subcommands().filter(|below| !below.is_hide_set()) {
        write(below.clone(), dir)?;
    }
    let name = clap_mangen::Man::new(command.clone()).get_filename();
    std::fs::write(dir.join(name), page(command))
}

/// One page. What stands before the help on the screen, the examples first of all, clap_mangen leaves out.
fn page(command: clap::Command) -> Vec<u8> {
    let before = command.get_before_help().map(ToString::to_string).unwrap_or_default();
    let mut page = Vec::new();
    // Writing to a Vec cannot fail.
    let _ = clap_mangen::Man::new(command).render(&mut page);
    if !before.is_empty() {
        let mut roff = Roff::new();
        roff.control("SH", ["EXAMPLES"]).control("nf", []);
        for line in before.lines().filter(|line| *line != "Examples:") {
            roff.text([roman(line)]);
        }
        roff.control("fi", []);
        page.extend(roff.to_roff().into_bytes());
    }
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_are_on_the_page() {
        let command = clap::Command::new("x").before_help("Examples:\n  x -y 'a'\n\n.no macro \\n");
        let page = String::from_utf8(page(command)).unwrap();
        let examples = &page[page.find(".SH EXAMPLES").unwrap()..];
        assert!(examples.contains("x \\-y"), "{examples}");
        assert!(examples.contains("\n\\&.no macro \\\\n\n"), "{examples}");
    }
}
