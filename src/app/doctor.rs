//! `guard doctor`: whether calls really pass through guard, here and in the shells this user opens.

mod apt;
mod aws;
pub mod units;

use super::{init, out};
use crate::engine::escape::escape;
use crate::engine::tool;
use crate::exit::Exit;
use crate::fail::{Fail, Result};
use crate::family::kube::program::Kubectl;
use crate::run::{find, self_path};
use crate::shim::{self, layers, links, selftest, shells};
use crate::world::World;
use serde_json::json;
use std::borrow::Cow;
use std::fmt::Write;
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
  guard doctor
  guard doctor --json | jq '.checks[] | select(.status != \"ok\")'
  guard doctor --require-interception aws    in CI: exit code 69 unless aws passes through guard here
  guard doctor --apt                         the hooks of apt and dpkg, too, also where there are none

To prove it, each tool is called with a word that only guard answers; nothing is asked of any cluster or account. The
user's shell is started once as an interactive and once as a login shell. The hooks of apt and dpkg are asked about a
package that does not exist, and refuse it. Exit code 0 when nothing FAILs, else 69.")]
pub struct Args {
    /// Where the links are [default: ~/.local/share/guard/shims]
    #[arg(long, value_name = "DIR")]
    pub dir: Option<PathBuf>,
    /// Print the checks as one JSON object
    #[arg(long)]
    pub json: bool,
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
    #[arg(value_name = "TOOL", value_parser = clap::builder::PossibleValuesParser::new(links::tools()))]
    pub tools: Vec<String>,
}

/// How one check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Ok,
    Warn,
    Fail,
}

impl Status {
    const fn word(self) -> &'static str {
        match self {
            Status::Ok => "ok",
            Status::Warn => "warn",
            Status::Fail => "FAIL",
        }
    }
}

/// One line of the report.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Check {
    name: Cow<'static, str>,
    status: Status,
    /// What was found; safe to show.
    text: String,
    /// What to do about it.
    help: Option<String>,
}

impl Check {
    fn ok(name: impl Into<Cow<'static, str>>, text: impl Into<String>) -> Check {
        Check { name: name.into(), status: Status::Ok, text: text.into(), help: None }
    }

    fn warn(name: impl Into<Cow<'static, str>>, text: impl Into<String>, help: impl Into<String>) -> Check {
        Check { name: name.into(), status: Status::Warn, text: text.into(), help: Some(help.into()) }
    }

    fn fail(name: impl Into<Cow<'static, str>>, text: impl Into<String>, help: impl Into<String>) -> Check {
        Check { name: name.into(), status: Status::Fail, text: text.into(), help: Some(help.into()) }
    }
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
        checks.extend([links(&site, tool), here, real_tool(&site, tool)]);
    }
    checks.extend(unlinked(&site, args));
    checks.extend(variables(world).into_iter().filter(|_| site.tools.contains(&tool::KUBECTL.name)));
    if site.tools.contains(&tool::AWS.name) {
        checks.extend(aws::checks(world));
    }
    if !args.require_interception {
        checks.extend(shell(&site, shells::Start::Interactive));
        checks.extend(shell(&site, shells::Start::Login));
        checks.extend(sudo(&site));
        checks.extend(apt::checks(&site, args.apt));
        checks.extend(units::check(world));
    }
    checks.push(policy(world));
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
    out::print(&if args.json { as_json(&checks, intercepted) } else { as_text(&checks) })?;
    Ok(if failed { Exit::Unavailable } else { Exit::Ok })
}

/// The tools to check: those named; else those linked; else those that would be.
fn tools(args: &Args, dir: &Path, world: &World) -> Vec<&'static str> {
    let named: Vec<&str> = links::tools().filter(|tool| args.tools.iter().any(|name| name == tool)).collect();
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
    let missing = links::tools().filter(wanted).filter(found);
    missing
        .map(|tool| {
            let text = format!("{tool} is installed and does not pass through guard");
            Check::warn("link", text, format!("run `guard install {tool}`"))
        })
        .collect()
}

fn as_text(checks: &[Check]) -> String {
    let mut text = String::new();
    for check in checks {
        let _ = writeln!(text, "{:<4}  {:<18} {}", check.status.word(), check.name, check.text);
        if let Some(help) = &check.help {
            let _ = writeln!(text, "      {:<18} {help}", "->");
        }
    }
    text
}

fn as_json(checks: &[Check], intercepted: bool) -> String {
    let checks: Vec<_> = checks
        .iter()
        .map(|c| json!({"name": c.name, "status": c.status.word(), "text": c.text, "help": c.help}))
        .collect();
    format!(
        "{}\n",
        json!({"interception": intercepted, "guard": env!("CARGO_PKG_VERSION"), "checks": checks})
    )
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

/// What the user's own shell makes of the tools' names.
fn shell(site: &Site<'_>, start: shells::Start) -> Vec<Check> {
    let name = match start {
        shells::Start::Interactive => "interactive shell",
        shells::Start::Login => "login shell",
    };
    let Some(shell) = site.world.set_var("SHELL").map(PathBuf::from) else {
        let help = "set SHELL to the shell you use, then run this again";
        return vec![Check::warn(name, "SHELL is not set: not checked", help)];
    };
    let said = match shells::inspect(site.world, &shell, start, &site.tools, site.patience) {
        Ok(said) => said,
        Err(why) => {
            let text = format!("{}: {}", shown(&shell), escape(why.as_bytes()));
            let tool = site.tools.first().copied().unwrap_or(tool::KUBECTL.name);
            let help =
                format!("run `{tool} __guard_selftest 1` there: guard answers with its version and path");
            return vec![Check::warn(name, text, help)];
        }
    };
    let site = &Site {
        world: site.world,
        dir: site.dir.clone(),
        tools: site.tools.clone(),
        patience: site.patience,
        line: advice(site.world, start, &shell, said.knows_guard),
    };
    let each = site.tools.iter().zip(&said.tools);
    let mut checks: Vec<Check> =
        each.map(|(tool, heard)| heard_check(name, &shell, tool, heard, &said.path, site)).collect();
    checks.extend(aliases(&said, &site.tools));
    checks
}

/// What to add to which file so that a shell started like this finds guard first. A test does what it says.
fn advice(world: &World, start: shells::Start, shell: &Path, knows_guard: bool) -> String {
    let (line, file) = init::start_up_line(world);
    let own = self_path::own_path().filter(|_| !knows_guard);
    // Where a new shell does not find `guard` by its name, the line has to say where it is.
    let line = match own.map(|path| init::quoted(shell, &path.to_string_lossy())) {
        Some(path) => line.replacen("guard", &path, 1),
        None => line.to_owned(),
    };
    let interactive = format!("make `{line}` the last line of {file} and open a new shell");
    if start == shells::Start::Interactive || !shell.ends_with("bash") {
        return interactive;
    }
    // bash reads the first of these, and only that; a new one in front would keep it from reading the others. A login to a
    // desktop reads ~/.profile in another shell.
    let there = |name: &&&str| world.home().is_some_and(|home| home.join(name).exists());
    let names = [".bash_profile", ".bash_login"];
    match names.iter().find(there) {
        Some(name) => format!("{interactive}; let ~/{name} end with `. ~/.bashrc`"),
        None => format!("{interactive}; let ~/.profile end with `[ -z \"$BASH_VERSION\" ] || . ~/.bashrc`"),
    }
}

/// The check that a shell's answer about one tool makes.
fn heard_check(
    name: &'static str,
    shell: &Path,
    tool: &str,
    heard: &shells::Heard,
    path: &[PathBuf],
    site: &Site<'_>,
) -> Check {
    let found = escape(heard.found.as_bytes());
    let shell = shown(shell);
    if heard.answer.is_some() {
        return Check::ok(name, format!("{shell}: {tool} is {found}, and guard answers"));
    }
    match path.iter().position(|entry| *entry == site.dir) {
        _ if heard.found.is_empty() => Check::fail(name, format!("{shell}: no {tool}"), site.line.clone()),
        Some(0) if !heard.found.starts_with('/') => {
            let help = format!(
                "a function or alias of that name goes past guard: take it out, or let it call `{tool}` by name"
            );
            Check::fail(name, format!("{shell}: {tool} is {found}"), help)
        }
        Some(0) => {
            let help = "the shell remembers another path: run `hash -r`, and look for `hash -p` in its start-up files";
            Check::fail(name, format!("{shell}: {tool} is {found}, not guard"), help)
        }
        Some(at) => {
            let text = format!("{shell}: {tool} is {found}; guard's directory is entry {} of PATH", at + 1);
            Check::fail(name, text, site.line.clone())
        }
        None => {
            let text = format!("{shell}: {tool} is {found}; guard's directory is not on PATH");
            Check::fail(name, text, site.line.clone())
        }
    }
}

fn aliases(said: &shells::Said, tools: &[&str]) -> Option<Check> {
    let (past, tool) = said.aliases.iter().find_map(|alias| {
        let (path, tool) = shells::absolute(alias, tools)?;
        (!links::is_guard(Path::new(path))).then_some((alias, tool))
    })?;
    let text = format!("{} goes past guard", escape(past.as_bytes()));
    Some(Check::warn("alias", text, format!("let it call `{tool}` by name")))
}

/// `sudo` replaces PATH by its `secure_path`.
fn sudo(site: &Site<'_>) -> Vec<Check> {
    let name = "sudo";
    let installed = std::env::split_paths(site.world.var("PATH").unwrap_or_default())
        .any(|dir| dir.is_absolute() && dir.join("sudo").is_file());
    if !installed {
        return Vec::new();
    }
    let help = |tool: &str| {
        format!(
            "for `sudo {tool}`: sudo guard install --dir /usr/local/lib/guard/shims, and put that directory first in \
             secure_path (visudo)"
        )
    };
    let help = |tool: &str| {
        if layers::is_host_tool(tool) {
            "run `sudo guard install --apt --shims`".to_owned()
        } else {
            help(tool)
        }
    };
    let Some(path) = secure_path(site) else {
        let first = site.tools.first().copied().unwrap_or(tool::KUBECTL.name);
        return vec![Check::warn(name, "its secure_path could not be read: not checked", help(first))];
    };
    let check = |tool: &&str| {
        let first = std::env::split_paths(&path).map(|dir| dir.join(tool)).find(|path| path.is_file());
        match first {
            None => Check::ok(name, format!("no {tool} on its secure_path")),
            Some(first) if links::is_guard(&first) => {
                Check::ok(name, format!("{tool} is {}, guard's", shown(&first)))
            }
            Some(first) => {
                Check::warn(name, format!("`sudo {tool}` is {}, not guard", shown(&first)), help(tool))
            }
        }
    };
    site.tools.iter().map(check).collect()
}

/// From the sudoers file when it may be read, else from sudo itself when it answers without a password.
fn secure_path(site: &Site<'_>) -> Option<String> {
    if let Ok(text) = fs::read_to_string(site.world.absolute("/etc/sudoers")) {
        return secure_path_in(&text);
    }
    let mut command = Command::new("sudo");
    command.args(["-n", "-l"]).env("LC_ALL", "C");
    secure_path_in(&shim::ask::ask(command, site.patience).0)
}

/// `secure_path` in a sudoers file or in the output of `sudo -l` (which writes `\:` for a colon).
fn secure_path_in(text: &str) -> Option<String> {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    lines
        .filter_map(|line| {
            let value = line.split_once("secure_path")?.1.trim_start().strip_prefix('=')?.trim_start();
            let value = match value.strip_prefix('"') {
                Some(quoted) => quoted.split('"').next()?,
                None => value.split([',', ' ', '\t']).next()?,
            };
            Some(value.replace("\\:", ":"))
        })
        .next_back()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secure_path_as_sudoers_and_sudo_print_it() {
        let wanted = Some("/usr/sbin:/usr/bin".to_owned());
        for text in [
            "Defaults\tenv_reset\nDefaults\tsecure_path=\"/usr/sbin:/usr/bin\"\n",
            "Defaults secure_path = /usr/sbin:/usr/bin\n",
            "#Defaults secure_path=/x\nDefaults secure_path=/old\nDefaults secure_path=/usr/sbin:/usr/bin",
            "    env_reset, secure_path=/usr/sbin\\:/usr/bin, use_pty\n",
        ] {
            assert_eq!(secure_path_in(text), wanted, "{text}");
        }
        assert_eq!(secure_path_in("Defaults env_reset\n# secure_path=/x\n"), None);
    }

    #[test]
    fn each_way_past_guard_has_its_own_advice() {
        let world = World::of(&[], "/");
        let site = Site {
            world: &world,
            dir: "/s".into(),
            tools: vec!["aws"],
            patience: Duration::ZERO,
            line: "LINE".to_owned(),
        };
        let check = |heard: &shells::Heard, path: &[&str]| {
            let path: Vec<PathBuf> = path.iter().map(PathBuf::from).collect();
            heard_check("interactive shell", Path::new("/bin/bash"), "aws", heard, &path, &site)
        };
        let at = |found: &str| shells::Heard { found: found.to_owned(), answer: None };
        for (found, path, help) in [
            ("aws", &["/s", "/usr/bin"][..], "a function or alias"),
            ("alias aws='/usr/bin/aws'", &["/s"], "let it call `aws` by name"),
            ("/usr/bin/aws", &["/s", "/usr/bin"], "the shell remembers"),
            ("/usr/bin/aws", &["/usr/bin", "/s"], "LINE"),
            ("/usr/bin/aws", &["/usr/bin"], "LINE"),
            ("", &["/usr/bin"], "LINE"),
        ] {
            let check = check(&at(found), path);
            assert_eq!(check.status, Status::Fail, "{found}");
            assert!(check.help.unwrap().contains(help), "{found}");
        }
        let answer = selftest::Answer { version: "1".to_owned(), path: "/x".to_owned() };
        let heard = shells::Heard { found: "aws".to_owned(), answer: Some(answer) };
        assert_eq!(check(&heard, &[]).status, Status::Ok);
    }
}
