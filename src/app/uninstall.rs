//! `guard uninstall`: takes guard's links away, and nothing else.

use super::{install, out, setup};
use crate::engine::escape::escape;
use crate::engine::tool::TOOLS;
use crate::exit::Exit;
use crate::fail::{Fail, Kind, Result};
use crate::family::actor::{Agency, agency};
use crate::shim::{self, layers};
use crate::world::World;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Remove guard's links again
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  guard uninstall                       every link in ~/.local/share/guard/shims
  guard uninstall kubectl               this one only
  guard uninstall --all                 everything that `guard setup --all` did
  sudo guard uninstall --apt            what `guard install --apt` wrote; edited files stay

Policy, audit log and kept copies stay. A `guard init` line that you wrote yourself stays, too:
take it out of the shell's start-up file.")]
pub struct Args {
    /// Where the links are [default: ~/.local/share/guard/shims]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// The tools to leave alone from now on [default: all]
    #[arg(value_name = "TOOL")]
    pub tools: Vec<String>,
    /// Take back everything that `guard setup --all` did
    #[arg(long, conflicts_with_all = ["dir", "tools"])]
    pub all: bool,
    /// Take away what lets apt and dpkg themselves ask (as root)
    #[arg(long, conflicts_with_all = ["dir", "tools", "all"])]
    pub apt: bool,
    /// With --apt: the system to take it away from
    #[arg(long, value_name = "DIR", requires = "apt")]
    pub root: Option<PathBuf>,
}

/// Runs the subcommand.
pub fn run(args: &Args, world: &World) -> Result<Exit> {
    // What stands in front of an agent is not for the agent to take away.
    if agency(world) == Agency::Certain {
        return Err(Fail::new(Kind::Refused, "refused: a coding agent does not switch guard off")
            .because("nothing was removed")
            .help("ask the person to run it in a terminal of their own"));
    }
    if args.all {
        return setup::all::undo(world);
    }
    if args.apt {
        return apt(args, world);
    }
    let (dir, mut text) = (shim::directory(world, args.dir.as_deref())?, String::new());
    let by_root = args.dir.is_none() && rustix::process::geteuid().is_root();
    links(&mut text, &dir, &args.tools, by_root)?;
    out::print(&text)?;
    Ok(Exit::Ok)
}

/// Takes the links away and says so: those of these tools, or all. `by_root` also what `guard install NAME` put there for
/// everybody.
pub(super) fn links(text: &mut String, dir: &Path, tools: &[String], by_root: bool) -> Result<()> {
    let mut dir = dir.to_owned();
    let mut removed = shim::Removed::default();
    let everybodys: Vec<String> = TOOLS
        .iter()
        .map(|tool| tool.name.to_owned())
        .filter(|name| layers::is_for_everybody(name) && (tools.is_empty() || tools.contains(name)))
        .collect();
    if by_root && !everybodys.is_empty() {
        removed.links = shim::unlink(Path::new(layers::SHIMS), &everybodys)?.links;
    }
    if by_root && !tools.is_empty() && tools.iter().all(|name| everybodys.contains(name)) {
        dir = PathBuf::from(layers::SHIMS);
    } else {
        let own = shim::uninstall(&dir, tools)?;
        removed.links.extend(own.links);
        removed.left = own.left;
    }
    for link in &removed.links {
        let _ = writeln!(text, "removed  {}", escape(link.as_os_str().as_bytes()));
    }
    for left in &removed.left {
        let _ = writeln!(text, "left     {} (not guard's)", escape(left.as_os_str().as_bytes()));
    }
    if removed.links.is_empty() {
        let _ = writeln!(text, "no links of guard's in {}", escape(dir.as_os_str().as_bytes()));
    }
    Ok(())
}

fn apt(args: &Args, world: &World) -> Result<Exit> {
    let root = install::system(args.root.as_deref(), world)?;
    let removed = layers::uninstall(&root, |path| layers::packaged(&root, path))?;
    let mut text = String::new();
    for path in &removed.gone {
        let _ = writeln!(text, "removed  {}", escape(path.as_os_str().as_bytes()));
    }
    for (path, why) in &removed.left {
        let _ =
            writeln!(text, "left     {} ({})", escape(path.as_os_str().as_bytes()), escape(why.as_bytes()));
    }
    if removed.gone.is_empty() && removed.left.is_empty() {
        let _ =
            writeln!(text, "nothing of guard's for apt and dpkg in {}", escape(root.as_os_str().as_bytes()));
    }
    out::print(&text)?;
    Ok(Exit::Ok)
}
