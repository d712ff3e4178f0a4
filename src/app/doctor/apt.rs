//! The layers below PATH: whether apt's and dpkg's hooks are there, as guard wrote them, safe from others, read by apt
//! and dpkg, and whether guard answers behind them. Nothing is installed or removed: the hooks are asked about a package
//! that does not exist, and refuse it.

use super::report::Check;
use super::{Site, shown};
use crate::engine::escape::escape;
use crate::engine::packages::hook::{APT_HOOK, SELFTEST};
use crate::engine::tool::{self, Tool};
use crate::run::approval;
use crate::shim::layers::{self, State, TEXTS};
use crate::shim::{ask, links};
use crate::world::World;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const NAME: &str = "apt and dpkg";
const INSTALL: &str = "run `sudo guard install --apt`";
/// What the hook may take when nothing is removed: apt waits for it on every upgrade.
const BUDGET: Duration = Duration::from_millis(20);

/// Whether apt or dpkg is to call guard's hooks.
pub(super) fn is_there(world: &World) -> bool {
    layers::are_switched_on(&world.absolute("/"))
}

/// The checks. `wanted` when the person asked for them, else only where something of it is there.
pub(super) fn checks(site: &Site<'_>, wanted: bool) -> Vec<Check> {
    let root = site.world.absolute("/");
    let debian = layers::below(&root, "/usr/bin/dpkg").exists();
    if !is_there(site.world) && !wanted {
        let host = site.tools.iter().filter_map(|name| tool::named(name)).any(Tool::is_package_manager);
        let text = "only calls that pass through the shims are looked at: apt and dpkg do not ask themselves";
        return if host && debian { vec![Check::warn(NAME, text, INSTALL)] } else { Vec::new() };
    }
    if !debian {
        return vec![Check::warn(NAME, "this is no Debian: there is no dpkg", "leave --apt out")];
    }
    let mut checks: Vec<Check> = TEXTS.iter().map(|text| file(&root, text)).collect();
    checks.extend(layers::BINARIES.iter().map(|name| binary(&root, name)));
    if site.world.is_made_up() {
        return checks;
    }
    let line = apt_reads_it(site);
    checks.push(match &line {
        Ok(from) => Check::ok("apt reads it", from.clone()),
        Err(why) => {
            Check::fail("apt reads it", why.clone(), "look at `apt-config dump` for what takes it away again")
        }
    });
    checks.push(refuses());
    checks.push(passes());
    checks.push(dpkg_asks(site));
    checks.extend(approvals());
    checks.extend(shims(&root));
    checks
}

/// The host's tools in the directory that comes first under sudo and for root.
fn shims(root: &Path) -> Option<Check> {
    let dir = layers::below(root, layers::SHIMS);
    let tools = layers::host_tools(root);
    let to = Path::new(layers::PROGRAMS).join("guard-shim");
    let ours = |tool: &&String| fs::read_link(dir.join(tool)).is_ok_and(|link| link == to);
    let linked: Vec<&str> = tools.iter().filter(ours).map(String::as_str).collect();
    if linked.is_empty() {
        return None;
    }
    let name = "host's shims";
    let missing: Vec<&str> = tools.iter().filter(|tool| !ours(tool)).map(String::as_str).collect();
    Some(if missing.is_empty() {
        Check::ok(name, format!("{}: {}", shown(&dir), linked.join(", ")))
    } else {
        let text = format!("{}: {} not linked", shown(&dir), missing.join(", "));
        Check::warn(name, text, "run `sudo guard install --apt --shims`")
    })
}

/// A text file is there, root's, and as guard wrote it.
fn file(root: &Path, text: &layers::Text) -> Check {
    let path = shown(&layers::below(root, text.path));
    let (what, edit) =
        (text.what, "look at it; to have guard's back, move it away and run `sudo guard install --apt`");
    match text.state(root) {
        State::Missing => Check::fail(what, format!("{path} is not there"), INSTALL),
        State::Edited => Check::fail(what, format!("{path} was edited by hand"), edit),
        State::Foreign => Check::fail(what, format!("{path} is not guard's"), edit),
        State::Unreadable(why) => {
            Check::fail(what, format!("{path}: {}", escape(why.as_bytes())), "run it as root")
        }
        State::Other(version) => {
            let own = env!("CARGO_PKG_VERSION");
            let text = format!("{path} is of guard {}, this is {own}", escape(version.as_bytes()));
            Check::warn(what, text, INSTALL)
        }
        State::Current => safe(root, text.path, what, path),
    }
}

fn safe(root: &Path, path: &str, what: &'static str, text: String) -> Check {
    match layers::unsafe_at(root, path, 0) {
        None => Check::ok(what, text),
        Some(why) => Check::fail(
            what,
            why,
            "root runs it: let root own it and every directory above it, with mode 0755",
        ),
    }
}

fn binary(root: &Path, name: &str) -> Check {
    let path = format!("{}/{name}", layers::PROGRAMS);
    let file = layers::below(root, &path);
    if fs::symlink_metadata(&file).is_err() {
        let text = format!("{} is not there: the hooks let everything pass", shown(&file));
        return Check::fail("hook's guard", text, INSTALL);
    }
    if !links::is_guard(&file) {
        return Check::fail("hook's guard", format!("{} is not guard", shown(&file)), INSTALL);
    }
    safe(root, &path, "hook's guard", shown(&file))
}

/// apt's own configuration, as it reads it here, holds the hook with its version.
fn apt_reads_it(site: &Site<'_>) -> Result<String, String> {
    let mut command = Command::new("apt-config");
    command.arg("dump").env("LC_ALL", "C");
    let (dump, ended) = ask::ask(command, site.patience);
    if ended != ask::Ended::Itself(Some(0)) {
        return Err("`apt-config dump` does not answer".to_owned());
    }
    let hook =
        dump.lines().find(|line| line.starts_with("DPkg::Pre-Install-Pkgs:: ") && line.contains(APT_HOOK));
    if hook.is_none() {
        let parts = dump.lines().find_map(|line| line.strip_prefix("Dir::Etc::parts "));
        let parts = parts.map(|p| p.trim_matches(['"', ';'])).filter(|p| *p != "apt.conf.d");
        let elsewhere = parts.map(|p| format!(" (it reads {} instead of apt.conf.d)", escape(p.as_bytes())));
        return Err(format!("apt does not call the hook{}", elsewhere.unwrap_or_default()));
    }
    let version = dump.lines().find(|line| line.starts_with("DPkg::Tools::Options::guard%3dapt::Version "));
    match version {
        Some(line) if line.ends_with("\"3\";") => Ok("apt calls the hook, in version 3".to_owned()),
        _ => Err("apt calls the hook in a version that does not name what is removed".to_owned()),
    }
}

/// Runs a hook as apt does, on a text of ours.
fn hook(text: &str) -> std::io::Result<(Option<i32>, String, Duration)> {
    let began = Instant::now();
    let mut child = Command::new("/bin/sh")
        .args(["-c", APT_HOOK])
        .env_remove("APT_HOOK_INFO_FD")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(text.as_bytes())?;
    }
    let output = child.wait_with_output()?;
    Ok((output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned(), began.elapsed()))
}

/// A removal is refused, by a guard of this version.
fn refuses() -> Check {
    let name = "apt's hook asks";
    let text = format!("VERSION 3\nAPT::Architecture=none\n\n{SELFTEST} 1 none none > - - none **REMOVE**\n");
    match hook(&text) {
        Err(why) => Check::fail(name, format!("{}: {why}", APT_HOOK), INSTALL),
        Ok((Some(77), said, _)) => answered(name, &said),
        Ok((code, said, _)) => {
            let code = code.map_or_else(|| "a signal".to_owned(), |c| format!("exit code {c}"));
            let text = format!("a removal was not refused ({code}) {}", first_line(&said));
            Check::fail(name, text, INSTALL)
        }
    }
}

/// Guard's answer to the self-test among what a hook printed.
fn answered(name: &'static str, said: &str) -> Check {
    let answer =
        said.lines().find_map(|line| line.trim().strip_prefix(SELFTEST)?.trim_start().split_once(' '));
    let own = env!("CARGO_PKG_VERSION");
    match answer {
        None => Check::fail(name, format!("guard does not answer behind it: {}", first_line(said)), INSTALL),
        Some((version, path)) if version == own => {
            Check::ok(name, format!("guard answers: {}", escape(path.trim().as_bytes())))
        }
        Some((version, _)) => {
            let text = format!("guard {} answers, this is {own}", escape(version.as_bytes()));
            Check::warn(name, text, INSTALL)
        }
    }
}

/// An upgrade that removes nothing passes, in silence and at once.
fn passes() -> Check {
    let name = "upgrades pass";
    let text = format!("VERSION 3\nAPT::Architecture=none\n\n{SELFTEST} 1 none none < 2 none none /x.deb\n");
    // The best of three: another program may want the processor, too.
    let runs: Vec<_> = (0..3).filter_map(|_| hook(&text).ok()).collect();
    match runs.iter().min_by_key(|(.., took)| *took) {
        Some((Some(0), said, took)) if said.is_empty() => {
            let text =
                format!("the hook takes {:.1} ms when nothing is removed", took.as_secs_f64() * 1000.0);
            if *took > BUDGET {
                Check::warn(name, text, "it should be below 20 ms: is the disk slow?")
            } else {
                Check::ok(name, text)
            }
        }
        _ => Check::fail(name, "the hook does not let an upgrade pass in silence", INSTALL),
    }
}

/// dpkg calls its hook: a rehearsal of a removal shows it. Newer ones (1.22) call no hooks then; they are told to remove
/// the package that does not exist, which comes to nothing.
fn dpkg_asks(site: &Site<'_>) -> Check {
    let name = "dpkg's hook asks";
    let ask = |options: &str| {
        let mut command = Command::new("/bin/sh");
        // Its errors are what is looked at.
        let line = format!("exec /usr/bin/dpkg {options} --remove {SELFTEST} 2>&1");
        command.args(["-c", &line]).env("LC_ALL", "C");
        ask::ask(command, site.patience)
    };
    let (mut said, mut ended) = ask("--no-act");
    if ended == ask::Ended::Itself(Some(0)) {
        if !rustix::process::geteuid().is_root() {
            return Check::warn(name, "this dpkg shows it to root alone: not checked", "run it with sudo");
        }
        (said, ended) = ask("");
    }
    match ended {
        ask::Ended::Itself(Some(0)) => Check::fail(name, "dpkg does not call it", INSTALL),
        ask::Ended::Itself(_) => answered(name, &said),
        _ => Check::fail(name, "dpkg does not answer", "run `dpkg --audit`"),
    }
}

/// Where approvals are left, only root may write.
fn approvals() -> Option<Check> {
    let store = approval::Store::system();
    let name = "approvals";
    if !store.directory().exists() {
        return None;
    }
    Some(match store.trusted() {
        Ok(()) => Check::ok(name, shown(&store.directory())),
        Err(fail) => Check::fail(
            name,
            format!("{}: {}; the hooks ask again", fail.what, fail.because.join("; ")),
            fail.help.unwrap_or_default(),
        ),
    })
}

fn first_line(said: &str) -> String {
    escape(said.lines().next().unwrap_or_default().as_bytes())
}
