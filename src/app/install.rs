//! `guard install`: links the tools' names to the shim, or lets apt and dpkg themselves ask.

use super::doctor::units;
use super::{init, out};
use crate::engine::escape::escape;
use crate::exit::Exit;
use crate::fail::{Fail, Kind, Result};
use crate::run::self_path;
use crate::shim::{self, Made, layers, links};
use crate::world::World;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// Link the tools' names to guard's shim, so that every call of them passes through guard
#[derive(clap::Args, Debug, Default)]
#[command(before_help = "\
Examples:
  guard install                         the guarded tools that are installed here
  guard install aws                     this one only
  guard install --dir /usr/local/lib/guard/shims kubectl
  guard install && eval \"$(guard init bash)\" && guard doctor
  guard install rm docker               rm, oc and docker are linked for those who ask for them
  sudo guard install --apt              apt and dpkg themselves ask, whoever calls them
  sudo guard install --apt --shims      and apt, systemctl, reboot … ask first, also under sudo

Only links are made, in a directory of guard's own; the real tool is not touched. Running it
again changes nothing.

--apt copies guard to /usr/lib/guard and writes /etc/apt/apt.conf.d/99guard and
/etc/dpkg/dpkg.cfg.d/00guard. Nothing of guard runs when nothing is removed, and a guard that is
gone or broken stops no upgrade. --shims links the host's tools in /usr/local/sbin, which comes
first under sudo and for root: the question then stands before the tool's own, and is asked
once. What calls a tool by its full path, or without that directory (cron, systemd), meets the
hooks alone.")]
pub struct Args {
    /// Where to put the links [default: ~/.local/share/guard/shims]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// The tools to stand in front of [default: those that are installed]
    #[arg(value_name = "TOOL")]
    pub tools: Vec<String>,
    /// Let apt and dpkg themselves ask before packages are removed (as root)
    #[arg(long, conflicts_with_all = ["dir", "tools"])]
    pub apt: bool,
    /// With --apt: also link the host's tools in /usr/local/sbin
    #[arg(long, requires = "apt")]
    pub shims: bool,
    /// With --apt: the system to install into, an image below this directory, say
    #[arg(long, value_name = "DIR", requires = "apt")]
    pub root: Option<PathBuf>,
}

/// Runs the subcommand.
pub fn run(args: &Args, world: &World) -> Result<Exit> {
    if args.apt {
        return apt(args, world);
    }
    let everybodys =
        |tools: &[String]| !tools.is_empty() && tools.iter().all(|t| layers::is_for_everybody(t));
    if args.dir.is_none() && everybodys(&args.tools) && rustix::process::geteuid().is_root() {
        return for_everybody(&args.tools);
    }
    let dir = shim::directory(world, args.dir.as_deref())?;
    let binary = shim::binary(world)?;
    let mut text = String::new();
    let tools = match args.tools.as_slice() {
        [] => links::present(world).into_iter().map(str::to_owned).collect(),
        named => named.to_vec(),
    };
    linked(&mut text, &shim::install(&dir, &binary, &tools)?, &binary);
    if let Some(tool) = args.tools.iter().find(|tool| layers::is_for_everybody(tool)) {
        let _ = write!(
            text,
            "\n`sudo {tool}` goes past this link, for sudo looks elsewhere; for it too: sudo guard install {tool}\n"
        );
    }
    let first =
        world.var("PATH").is_some_and(|path| std::env::split_paths(path).next().is_some_and(|p| p == dir));
    if !first {
        let (line, file) = init::start_up_line(world);
        let line = match &args.dir {
            Some(_) => {
                let shell = world.set_var("SHELL").map(PathBuf::from).unwrap_or_default();
                with_directory(line, &init::for_shell(&shell, &dir.to_string_lossy()))
            }
            None => line.to_owned(),
        };
        let _ = write!(
            text,
            "\nadd this as the last line of {file}, and run it in shells that are open:\n  {line}\n"
        );
    }
    text.push_str(&next(world));
    out::print(&text)?;
    Ok(Exit::Ok)
}

/// What comes next for somebody who has just linked the tools.
fn next(world: &World) -> String {
    let policy = crate::policy::files::user_path(world).is_some_and(|path| path.exists());
    let setup =
        if policy { "" } else { "  guard setup     says which cluster, account and host is production\n" };
    format!(
        "\nnext:\n{setup}  guard doctor    proves that calls pass through guard\n  guard status    says where you are\n"
    )
}

/// Tools of the machine that are linked by name, for root and under sudo: where these look first, to programs that are root's.
fn for_everybody(tools: &[String]) -> Result<Exit> {
    let own = self_path::own_path()
        .ok_or_else(|| Fail::new(Kind::Bug, "the system does not tell where guard itself is"))?;
    let (root, owner) = (Path::new("/"), rustix::process::geteuid().as_raw());
    leave_to_package(root, &own)?;
    let mut text = String::new();
    copied(&mut text, &layers::install_programs(root, own.parent().unwrap_or(root), owner)?);
    let made = layers::install_shims(root, owner, tools)?;
    linked(&mut text, &made, &Path::new(layers::PROGRAMS).join("guard-shim"));
    out::print(&text)?;
    Ok(Exit::Ok)
}

fn copied(text: &mut String, done: &[layers::Done]) {
    for done in done {
        let (word, path) = match done {
            layers::Done::New(path) => ("written ", path),
            layers::Done::Replaced(path) => ("replaced", path),
            layers::Done::Kept(path) => ("present ", path),
        };
        let _ = writeln!(text, "{word}  {}", shown(path));
    }
}

/// Says what was linked.
pub(super) fn linked(text: &mut String, made: &[Made], to: &Path) {
    for made in made {
        let (word, link) = match made {
            Made::New(link) => ("linked ", link),
            Made::Moved(link) => ("moved  ", link),
            Made::Kept(link) => ("present", link),
        };
        let _ = writeln!(text, "{word}  {} -> {}", shown(link), shown(to));
    }
}

/// The layers below PATH: apt's hook and dpkg's.
fn apt(args: &Args, world: &World) -> Result<Exit> {
    let root = system(args.root.as_deref(), world)?;
    let apt = layers::below(&root, "/usr/bin/dpkg");
    if !apt.exists() {
        return Err(Fail::new(Kind::Refused, format!("there is no {}", shown(&apt)))
            .because("--apt is for Debian and what comes from it")
            .help("leave --apt out, or name the system with --root"));
    }
    let own = self_path::own_path()
        .ok_or_else(|| Fail::new(Kind::Bug, "the system does not tell where guard itself is"))?;
    let owner = rustix::process::geteuid().as_raw();
    leave_to_package(&root, &own)?;
    let mut text = String::new();
    copied(&mut text, &layers::install(&root, own.parent().unwrap_or(Path::new("/")), owner)?);
    if args.shims {
        let to = Path::new(layers::PROGRAMS).join("guard-shim");
        linked(&mut text, &layers::install_shims(&root, owner, &layers::host_tools(&root))?, &to);
        if let Some(line) = units::policy_line(world).filter(|_| args.root.is_none()) {
            let _ = write!(
                text,
                "\nthese services call systemctl, reboot or their like themselves; guard refuses them, for nobody is there to ask.\n\
                 Look at each, and where it may, put this into {}:\n  {}\n",
                crate::engine::policy::SYSTEM,
                escape(line.as_bytes())
            );
        }
    }
    if args.root.is_none() {
        let _ = writeln!(text, "\nthen check with: guard doctor --apt");
    }
    out::print(&text)?;
    Ok(Exit::Ok)
}

/// Where a package has brought guard, that guard is the one root's tools call: another one is not copied over its files,
/// which the package's next version would put back without a word.
fn leave_to_package(root: &Path, own: &Path) -> Result<()> {
    let theirs = layers::below(root, layers::PROGRAMS).join("guard");
    if own == theirs || !layers::packaged(root, &theirs) {
        return Ok(());
    }
    Err(Fail::new(Kind::Refused, format!("{} belongs to a package and stays as it is", shown(&theirs)))
        .because(format!("this guard is {}", shown(own)))
        .help(format!("call the package's: {} install …", shown(&theirs))))
}

/// The system that `--apt` is about. Root's own files are for root; in an image they belong to whoever builds it.
pub fn system(root: Option<&Path>, world: &World) -> Result<PathBuf> {
    let root = root.map_or_else(|| PathBuf::from("/"), |root| world.at(root));
    if root == Path::new("/") && !rustix::process::geteuid().is_root() {
        return Err(
            Fail::new(Kind::Refused, "only root may change what apt and dpkg run").help("run it with sudo")
        );
    }
    std::fs::canonicalize(&root).map_err(|e| {
        Fail::new(Kind::NotFound, format!("{} cannot be used", shown(&root))).because(e.to_string())
    })
}

fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_bytes())
}

/// The line for a directory that is not the usual one; `dir` is a word of the line's shell.
fn with_directory(line: &str, dir: &str) -> String {
    let option = format!(" --dir {dir}");
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
            with_directory("eval \"$(guard init zsh)\"", "'/a b'"),
            "eval \"$(guard init zsh --dir '/a b')\""
        );
        assert_eq!(with_directory("guard init fish | source", "/d"), "guard init fish --dir /d | source");
        assert_eq!(with_directory("x ++= [(guard init nu)]", "/d"), "x ++= [(guard init nu --dir /d)]");
    }
}
