//! `guard man`: the manual pages, made from the command line's own data.

use super::out;
use crate::engine::escape::escape;
use crate::exit::Exit;
use crate::fail::{Fail, Kind, Result};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

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
    match &args.dir {
        Some(dir) => {
            std::fs::create_dir_all(dir).and_then(|()| clap_mangen::generate_to(command, dir)).map_err(
                |e| {
                    let shown = escape(dir.as_os_str().as_bytes());
                    Fail::new(Kind::Usage, format!("the manual pages cannot be written to {shown}"))
                        .because(e.to_string())
                        .help("name a directory you may write to")
                },
            )?;
        }
        None => {
            let mut page = Vec::new();
            // Writing to a Vec cannot fail.
            let _ = clap_mangen::Man::new(command).render(&mut page);
            out::print_bytes(&page)?;
        }
    }
    Ok(Exit::Ok)
}
