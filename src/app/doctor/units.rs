//! Services of this machine that call its tools themselves, and that guard would refuse: nobody is there to ask, and
//! nobody has said that they may. Unit files are read, and the scripts they start; nothing is run.

use super::report::Check;
use super::shown;
use crate::engine::effect::Effect;
use crate::engine::line::judge_line;
use crate::engine::tool::{FamilyId, TOOLS};
use crate::family::units::unattended::{is_known, unit_files};
use crate::policy;
use crate::shim::layers;
use crate::world::World;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use unit_files::Manager;

/// What a service runs, by the keys of its file (systemd.service(5)).
const RUNS: &[&str] = &[
    "ExecCondition",
    "ExecReload",
    "ExecStart",
    "ExecStartPost",
    "ExecStartPre",
    "ExecStop",
    "ExecStopPost",
];
/// Tools that stop or restart something. With a path in front guard does not see them.
fn tools() -> impl Iterator<Item = &'static str> {
    TOOLS.iter().filter(|tool| tool.family == FamilyId::Units).map(|tool| tool.name)
}

/// No script that a service starts is longer.
const LARGEST: u64 = 256 << 10;

/// The services whose calls guard would refuse, by name, sorted.
pub fn refused(world: &World) -> BTreeSet<String> {
    let policy = policy::load(world).unwrap_or_default();
    let services = unit_files::with_ending(world, Manager::System, ".service");
    let callers = services.into_iter().filter(|(_, path)| calls_tools(world, &unit_files::text(path)));
    let names = callers.map(|(name, _)| name).filter(|name| {
        !is_known(name)
            && !policy.lets_housekeep(name, true)
            && !policy.lets_housekeep(name, false)
            && !unit_files::has_timer(world, Manager::System, name)
    });
    names.map(|name| name.trim_end_matches(".service").to_owned()).collect()
}

/// The line of a policy that lets them; `None` where there are none.
pub fn policy_line(world: &World) -> Option<String> {
    let names: Vec<String> = refused(world).into_iter().map(|name| quoted(&name)).collect();
    (!names.is_empty()).then(|| format!("housekeeping: [{}]", names.join(", ")))
}

/// A name as YAML reads it as a text.
fn quoted(name: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let begins = name.bytes().next().is_some_and(|b| b.is_ascii_alphabetic());
    if begins && name.bytes().all(plain) {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', "''"))
    }
}

/// The check, where guard stands in front of these tools for the whole machine.
pub(super) fn check(world: &World) -> Option<Check> {
    let root = world.absolute("/");
    let to = Path::new(layers::PROGRAMS).join("guard-shim");
    let dir = layers::below(&root, layers::SHIMS);
    if !tools().any(|tool| fs::read_link(dir.join(tool)).is_ok_and(|link| link == to)) {
        return None;
    }
    let name = "services";
    Some(match policy_line(world) {
        None => Check::ok(name, "none that calls systemctl, reboot or their like would be refused"),
        Some(line) => Check::warn(
            name,
            format!(
                "these call systemctl, reboot or their like themselves, and are refused: {}",
                shown(Path::new(&line))
            ),
            format!("look at each, and where it may: put that line into {}", crate::engine::policy::SYSTEM),
        ),
    })
}

/// Whether a service's file, or a script it starts, calls one of the tools by its bare name and stops something with it.
fn calls_tools(world: &World, text: &str) -> bool {
    RUNS.iter().flat_map(|key| unit_files::values(text, key)).any(|value| {
        // What may stand in front of the program (systemd.service(5), "COMMAND LINES").
        let command = value.trim_start_matches(['-', '@', ':', '+', '!', '|']);
        stops_something(command)
            || command
                .split_whitespace()
                .any(|word| script(world, word).is_some_and(|text| stops_something(&text)))
    })
}

fn stops_something(text: &str) -> bool {
    let is_word = |c: char| c.is_ascii_alphanumeric() || "_-./".contains(c);
    let named = text.split(|c| !is_word(c)).any(|word| tools().any(|tool| tool == word));
    named && judge_line(text.as_bytes()).guarded.is_some_and(|effect| effect >= Effect::Unknown)
}

/// The text of a script that a word names by its path.
fn script(world: &World, word: &str) -> Option<String> {
    let path = Some(word).filter(|word| word.starts_with('/')).map(|word| world.absolute(word))?;
    let small = fs::metadata(&path).is_ok_and(|meta| meta.is_file() && meta.len() <= LARGEST);
    let text = small.then(|| fs::read(&path).ok()).flatten()?;
    text.starts_with(b"#!").then(|| String::from_utf8_lossy(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_that_stop_things_and_may_not() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path.trim_start_matches('/'));
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        let unit = |name: &str, runs: &str| {
            write(&format!("/etc/systemd/system/{name}.service"), &format!("[Service]\n{runs}\n"));
        };
        unit("failover", "ExecStart=-/bin/sh -c 'systemctl restart haproxy'");
        unit("by-script", "ExecStart=/bin/bash /opt/watch.sh --all");
        write("/opt/watch.sh", "#!/bin/bash\nwhile sleep 9; do\n  ping -c1 gw || reboot\ndone\n");
        unit("full-path", "ExecStop=/usr/bin/systemctl stop x");
        unit("looks", "ExecStartPre=/bin/sh -c 'systemctl is-active x'");
        unit("says", "ExecStart=/bin/echo reboot needed");
        unit("web", "ExecStart=/usr/sbin/nginx\nExecReload=/bin/kill -HUP $MAINPID");
        unit("nightly", "ExecStart=/bin/sh -c 'systemctl restart x'");
        write("/etc/systemd/system/nightly.timer", "[Timer]\n");
        unit("cron", "ExecStart=/bin/sh -c 'systemctl restart x'");
        unit("allowed", "ExecStart=/bin/sh -c 'systemctl restart x'");
        unit("odd@x", "ExecStart=/bin/sh -c 'service x \\\n stop'");
        write("/etc/guard/policy.yaml", "version: 1\nhousekeeping: [allowed]\n");
        let world = World::of(&[], "/").with_root(root.path());
        let names: Vec<String> = refused(&world).into_iter().collect();
        assert_eq!(names, ["by-script", "failover", "odd@x"]);
        assert_eq!(policy_line(&world).as_deref(), Some("housekeeping: [by-script, failover, 'odd@x']"));
        // As it stands it is a policy.
        let text = format!("version: 1\n{}\n", policy_line(&world).unwrap());
        write("/etc/guard/policy.yaml", &text.replace('[', "[allowed, "));
        assert!(refused(&world).is_empty() && policy_line(&world).is_none());
    }
}
