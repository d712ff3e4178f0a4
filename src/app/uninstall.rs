//! `guard uninstall`: takes guard's links away, and nothing else.

use super::out;
use crate::engine::escape::escape;
use crate::exit::Exit;
use crate::fail::Result;
use crate::shim;
use crate::world::World;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// Remove guard's links again
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  guard uninstall                       removes every link of guard's from ~/.local/share/guard/shims
  guard uninstall kubectl               this one only

Policy, audit log and kept copies stay. Take the `guard init` line out of the shell's start-up file yourself.")]
pub struct Args {
    /// Where the links are [default: ~/.local/share/guard/shims]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// The tools to leave alone from now on [default: all]
    #[arg(value_name = "TOOL")]
    pub tools: Vec<String>,
}

/// Runs the subcommand.
pub fn run(args: &Args, world: &World) -> Result<Exit> {
    let dir = shim::directory(world, args.dir.as_deref())?;
    let removed = shim::uninstall(&dir, &args.tools)?;
    let mut text = String::new();
    for link in &removed.links {
        let _ = writeln!(text, "removed  {}", escape(link.as_os_str().as_bytes()));
    }
    for left in &removed.left {
        let _ = writeln!(text, "left     {} (not guard's)", escape(left.as_os_str().as_bytes()));
    }
    if removed.links.is_empty() {
        let _ = writeln!(text, "no links of guard's in {}", escape(dir.as_os_str().as_bytes()));
    }
    out::print(&text)?;
    Ok(Exit::Ok)
}
