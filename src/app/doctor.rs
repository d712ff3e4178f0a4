//! `guard doctor`: whether calls really pass through guard, here and in the shells this user opens.

mod apt;
mod aws;
mod guards;
mod report;
mod shells;
mod sudo;
mod terminals;
pub mod units;

use super::{init, out};
use crate::engine::escape::escape;
use crate::engine::tool;
use crate::exit::Exit;
use crate::fail::{Fail, Result};
use crate::family::kube::program::Kubectl;
use crate::run::{find, self_path};
use crate::shim::shells::Start;
use crate::shim::{self, layers, links, selftest};
use crate::world::World;
use report::{Check, Status};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// Check that calls of the tools pass through guard: here, in new shells, under sudo
#[derive(clap::Args, Debug)]
#[command(before_help = "\
Examples:
  guard doctor                               one line when all is well, else what to mend, by tool
  guard doctor -v                            every check
  guard doctor --json | jq '.checks[] | select(.status != \"ok\")'
  guard doctor --require-interception aws    in CI: 69 unless aws passes through guard here
  guard doctor --apt                         the hooks of apt and dpkg, too

To prove it, each tool is called with a word that only guard answers; nothing is asked of any
cluster or account. The user's shell is started once as an interactive and once as a login
shell. The hooks of apt and dpkg are asked about a package that does not exist, and refuse it.
Exit code 0 when nothing FAILs, else 69.")]
pub struct Args {
    /// Where the links are [default: ~/.local/share/guard/shims]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Print the checks as one JSON object
    #[arg(long)]
    pub json: bool,
    /// Print every check with what was found
    #[arg(short, long, conflicts_with = "json")]
    pub verbose: bool,
    /// Look at this environment only, and fail unless the tools pass through guard in it
    #[arg(long)]
    pub require_interception: bool,
    /// Check that apt and dpkg themselves ask before packages are removed [default: where something of that is there]
    #[arg(long)]
    pub apt: bool,
    /// Seconds a shell has to start
    #[arg(long, value_name = "SECONDS", default_value_t = 5)]
    pub patience: u64,
    /// The tools to check [default: those that are linked]
    #[arg(value_name = "TOOL", value_parser = clap::builder::PossibleValuesParser::new(links::all()))]
    pub tools: Vec<String>,
}

/// Where everything is that the checks look at.
struct Site<'a> {
    world: &'a World,
    dir: PathBuf,
    tools: Vec<&'static str>,
    patience: Duration,
    /// What to type to get guard in front again.
    line: String,
}

/// Runs the subcommand. `audit` is where the policy wants the audit log, when it says so.
pub fn run(args: &Args, world: &World, audit: Option<&Path>) -> Result<Exit> {
    let (line, file) = init::start_up_line(world);
    let dir = shim::directory(world, args.dir.as_deref())?;
    let site = Site {
        world,
        tools: tools(args, &dir, world),
        dir,
        patience: Duration::from_secs(args.patience.clamp(1, 60)),
        line: format!("make `{line}` the last line of {file} and open a new shell"),
    };
    let mut checks = Vec::new();
    let mut intercepted = true;
    for tool in &site.tools {
        let here = interception(&site, tool);
        intercepted &= here.status == Status::Ok;
        checks.extend([links(&site, tool), here, real_tool(&site, tool)].map(|check| check.of(tool)));
    }
    checks.extend(unlinked(&site, args));
    checks.extend(guards::checks(&site));
    checks.extend(variables(world).into_iter().filter(|_| site.tools.contains(&tool::KUBECTL.name)));
    if site.tools.contains(&tool::AWS.name) {
        checks.extend(aws::checks(world));
    }
    if !args.require_interception {
        checks.extend(shells::checks(&site, Start::Interactive));
        checks.extend(shells::checks(&site, Start::Login));
        checks.extend(sudo::checks(&site));
        checks.extend(apt::checks(&site, args.apt));
        checks.extend(units::check(world));
    }
    checks.push(policy(world));
    checks.push(terminals::check(world));
    let ignored = crate::policy::load(world).unwrap_or_default().ignored;
    checks.extend(ignored.iter().map(|file| {
        Check::warn("policy", file.note(), "move it to a directory that is yours alone, or remove it")
    }));
    checks.push(audit_log(world, audit));
    let failed = if args.require_interception {
        !intercepted
    } else {
        checks.iter().any(|check| check.status == Status::Fail)
    };
    out::print(&match (args.json, args.verbose) {
        (true, _) => report::as_json(&checks, intercepted),
        (false, true) => report::in_full(&checks),
        (false, false) => report::brief(&checks, &site.tools),
    })?;
    Ok(if failed { Exit::Unavailable } else { Exit::Ok })
}

/// The tools to check: those named; else those linked; else those that would be.
fn tools(args: &Args, dir: &Path, world: &World) -> Vec<&'static str> {
    let named: Vec<&str> = links::all().filter(|tool| args.tools.iter().any(|name| name == tool)).collect();
    let linked = links::linked(dir);
    match (named.is_empty(), linked.is_empty()) {
        (false, _) => named,
        (true, false) => linked,
        // Whoever lets apt and dpkg ask, and nothing else, has no links to check.
        (true, true) if args.apt || apt::is_there(world) => Vec::new(),
        (true, true) => links::present(world),
    }
}

/// Tools that are installed and that guard does not stand in front of.
fn unlinked(site: &Site<'_>, args: &Args) -> Vec<Check> {
    if !args.tools.is_empty() {
        return Vec::new();
    }
    let found =
        |tool: &&str| find::find(tool.as_bytes(), site.world.var("PATH"), &self_path::selves()).is_ok();
    // The host's tools are a choice of their own: where none of them is linked, none is missing.
    let host = site.tools.iter().any(|tool| layers::is_host_tool(tool));
    let wanted = |tool: &&str| !site.tools.contains(tool) && (host || !layers::is_host_tool(tool));
    let missing: Vec<&str> = links::tools().filter(wanted).filter(found).collect();
    if missing.is_empty() {
        return Vec::new();
    }
    let text = format!("installed, and not passing through guard: {}", missing.join(", "));
    vec![Check::warn("link", text, format!("run `guard install {}`", missing.join(" ")))]
}

fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_bytes())
}

/// The link is there, leads to a shim, and that shim is of this guard's version.
fn links(site: &Site<'_>, tool: &str) -> Check {
    let link = site.dir.join(tool);
    let install = "run `guard install`";
    match links::place(&link) {
        links::Place::Free => return Check::fail("link", format!("{} is not there", shown(&link)), install),
        links::Place::Foreign => {
            let help = "move it away and run `guard install`, or choose another directory with --dir";
            return Check::fail("link", format!("{} is not guard's", shown(&link)), help);
        }
        links::Place::Ours => {}
    }
    let Ok(target) = fs::canonicalize(&link) else {
        return Check::fail("link", format!("{} leads to a file that is gone", shown(&link)), install);
    };
    let own = env!("CARGO_PKG_VERSION");
    match selftest::call(Command::new(&link), site.patience) {
        Err(why) => Check::fail("link", format!("{}: {}", shown(&link), escape(why.as_bytes())), install),
        Ok(answer) if answer.version != own => {
            let text = format!(
                "{} is guard {}, this is guard {own}",
                shown(&target),
                escape(answer.version.as_bytes())
            );
            Check::fail("link", text, "run `guard install` with the guard you want to use")
        }
        Ok(_) => Check::ok("link", format!("{} -> {} (version {own})", shown(&link), shown(&target))),
    }
}

/// Calls a tool as any program started from here would.
fn interception(site: &Site<'_>, tool: &str) -> Check {
    let first = candidates(site.world, tool).into_iter().next();
    let Some(first) = first else {
        let text = format!("there is no {tool} on PATH, not even guard's");
        return Check::fail("here", text, site.line.clone());
    };
    match selftest::call(Command::new(&first), site.patience) {
        Ok(_) => Check::ok("here", format!("{tool} is {}, and guard answers", shown(&first))),
        Err(why) if links::is_guard(&first) => Check::fail(
            "here",
            format!("{}: {}", shown(&first), escape(why.as_bytes())),
            "run `guard install`",
        ),
        Err(_) => Check::fail("here", format!("{tool} is {}, not guard", shown(&first)), site.line.clone()),
    }
}

/// Every executable of this name on PATH, in its order.
fn candidates(world: &World, tool: &str) -> Vec<PathBuf> {
    let path = world.var("PATH").unwrap_or_default();
    let executable = |path: &PathBuf| {
        fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
    };
    let mut found: Vec<PathBuf> = Vec::new();
    for candidate in std::env::split_paths(path).filter(|d| d.is_absolute()).map(|d| d.join(tool)) {
        if executable(&candidate) && !found.contains(&candidate) {
            found.push(candidate);
        }
    }
    found
}

fn real_tool(site: &Site<'_>, tool: &str) -> Check {
    let name = format!("real {tool}");
    match find::find(tool.as_bytes(), site.world.var("PATH"), &self_path::selves()) {
        Ok(real) => {
            let others: Vec<String> = candidates(site.world, tool)
                .iter()
                .filter(|path| {
                    !links::is_guard(path) && fs::canonicalize(path).ok() != fs::canonicalize(&real).ok()
                })
                .map(|path| shown(path))
                .collect();
            let also =
                if others.is_empty() { String::new() } else { format!("; not used: {}", others.join(", ")) };
            let kind = if tool == tool::KUBECTL.name { Kubectl::at(&real).described() } else { "" };
            Check::ok(name, format!("{}{kind}{also}", shown(&real)))
        }
        Err(missing) => {
            let fail = Fail::from(missing);
            Check::fail(name, fail.what, fail.help.unwrap_or_else(|| format!("install {tool}")))
        }
    }
}

/// Variables by which other programs find kubectl without looking at PATH.
const PATH_VARIABLES: &[(&str, &str)] = &[
    ("KUBECTL_PATH", "kubectl's plugins"),
    ("KUBECOLOR_KUBECTL", "kubecolor"),
    ("KUBECTL_COMMAND", "wrappers of kubectl"),
];

fn variables(world: &World) -> Vec<Check> {
    let mut checks = Vec::new();
    for (name, user) in PATH_VARIABLES {
        let Some(path) = world.set_var(name).map(PathBuf::from).filter(|path| path.is_absolute()) else {
            continue;
        };
        if !links::is_guard(&path) {
            let text = format!("{name}={} sends {user} past guard", shown(&path));
            checks.push(Check::warn("variable", text, format!("unset {name}, or point it to guard's link")));
        }
    }
    checks
}

fn policy(world: &World) -> Check {
    match crate::policy::load(world) {
        Ok(merged) if merged.is_empty() => Check::ok("policy", "no file; the built-in table is in force"),
        Ok(merged) => {
            let files: Vec<&str> = merged.layers().map(|layer| layer.file.as_str()).collect();
            let doubts = super::policy::doubts_in_force(world);
            match doubts.split_first() {
                None => Check::ok("policy", files.join(", ")),
                Some((first, rest)) => {
                    let more =
                        if rest.is_empty() { String::new() } else { format!(", and {} more", rest.len()) };
                    Check::warn(
                        "policy",
                        format!("{first}{more}"),
                        "run `guard policy check`: such a rule may never count",
                    )
                }
            }
        }
        Err(fail) => {
            let why: Vec<String> = std::iter::once(fail.what).chain(fail.because).collect();
            let help =
                fail.help.unwrap_or_else(|| "run `guard policy check` and correct the file".to_owned());
            Check::fail("policy", why.join(": "), help)
        }
    }
}

fn audit_log(world: &World, path: Option<&Path>) -> Check {
    let Some(path) = path.map(Path::to_owned).or_else(|| crate::audit::default_path(world)) else {
        return Check::fail("audit log", "neither HOME nor XDG_STATE_HOME is set", "set HOME");
    };
    match crate::audit::check(&path) {
        Ok(()) => Check::ok("audit log", shown(&path)),
        Err(fail) => Check::fail(
            "audit log",
            format!("{}: {}", fail.what, fail.because.join("; ")),
            fail.help.unwrap_or_default(),
        ),
    }
}
