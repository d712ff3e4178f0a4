//! Units that start: what they bring along, and what stops because it conflicts with any of that.

use super::counted::group;
use super::manager::{Manager, Unit};
use super::requested_units::{Units, is_unit};
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::Impact;
use crate::engine::units::{classify, takes_down};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// How many names stand in a sentence.
const SHOWN: usize = 3;
/// How far what is brought along is followed.
const DEEPEST: usize = 16;
/// The largest number of units that are looked at; the whole of a machine has some hundreds.
const MOST: usize = 5_000;

/// Whether systemd is at work in the system below this directory (sd_booted(3)). Where it is not, systemctl starts nothing.
pub fn is_booted(root: &Path) -> bool {
    root.join("run/systemd/system").is_dir()
}

/// What stops when these units start, what needs it included. Raises what is found.
pub async fn probe_impact(
    manager: &Manager<'_>,
    asked: &Units,
    units: &[Unit],
    impact: &mut Impact,
) -> Result<Vec<Unit>, Why> {
    let around = Around::of(manager, units).await?;
    let starting: Vec<&Unit> = around.starting.iter().filter_map(|id| around.known.get(id)).collect();
    for unit in &starting {
        if let Some(how) = takes_machine_down(unit) {
            impact.also.insert(0, format!("{}: {how}", unit.name()));
            impact.raise(Effect::Disrupt, format!("starts {}, which takes the machine down", unit.name()));
        }
    }
    let conflicts: BTreeSet<&String> = starting.iter().flat_map(|unit| &unit.conflicts).collect();
    let own = |id: &String| around.starting.contains(id);
    let stops = conflicts.into_iter().filter(|id| !own(id)).filter_map(|id| around.known.get(id));
    let mut stops: Vec<Unit> = stops.filter(|unit| unit.is_active()).cloned().collect();
    if stops.is_empty() {
        return Ok(stops);
    }
    let with = manager.dependents(&stops).await?;
    stops.extend(with.into_iter().filter(|unit| !own(&unit.id)));
    group(&stops, impact);
    // A person's own units stand for each other more often than not.
    if !asked.user {
        impact.raise(Effect::Disrupt, "stops what it conflicts with");
    }
    let some = |names: Vec<&str>| {
        let more = names.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        names.into_iter().take(SHOWN).collect::<Vec<_>>().join(", ") + &more
    };
    let names = asked.names.iter().map(|name| name.strip_suffix(".service").unwrap_or(name)).collect();
    let gone = stops.iter().map(Unit::name).collect();
    impact.surprise = Some(format!("starting {} stops what it conflicts with: {}", some(names), some(gone)));
    Ok(stops)
}

/// The units that start, and every one that has to do with them.
struct Around {
    known: BTreeMap<String, Unit>,
    starting: BTreeSet<String>,
}

impl Around {
    /// Follows what is brought along and does not run yet. A timer, a path or a socket may start its service at once, and
    /// what ends may start what is to follow it.
    async fn of(manager: &Manager<'_>, units: &[Unit]) -> Result<Around, Why> {
        let known = units.iter().map(|unit| (unit.id.clone(), unit.clone())).collect();
        let mut around = Around { known, starting: units.iter().map(|unit| unit.id.clone()).collect() };
        // A unit may be known by several names; what was asked for is not asked for again.
        let mut asked = around.starting.clone();
        // With it everything stops; it is active only while that happens.
        asked.insert("shutdown.target".to_owned());
        for _ in 0..DEEPEST {
            around.grow();
            let starting = around.starting.iter().filter_map(|id| around.known.get(id));
            let names = starting.flat_map(|unit| brings(unit).chain(&unit.conflicts));
            let next: BTreeSet<String> = names.filter(|name| !asked.contains(*name)).cloned().collect();
            if next.is_empty() || around.starting.len() > MOST {
                break;
            }
            asked.extend(next.iter().cloned());
            let next: Vec<String> = next.into_iter().collect();
            around.known.extend(manager.show(&next).await?.into_iter().map(|unit| (unit.id.clone(), unit)));
        }
        Ok(around)
    }

    /// Adds what starts with what starts, as far as it is known.
    fn grow(&mut self) {
        loop {
            let starting = self.starting.iter().filter_map(|id| self.known.get(id));
            let names = starting.flat_map(brings).filter(|name| !self.starting.contains(*name));
            let starts = |name: &&String| self.known.get(*name).is_some_and(|u| u.exists() && !u.is_active());
            let new: Vec<String> = names.filter(starts).cloned().collect();
            if new.is_empty() {
                return;
            }
            self.starting.extend(new);
        }
    }
}

/// What a unit brings with it when it starts, or may.
fn brings(unit: &Unit) -> impl Iterator<Item = &String> {
    unit.pulls.iter().chain(&unit.triggers).chain(unit.then.iter().map(|(_, name)| name))
}

/// A unit file by its path, as `systemctl enable --now /opt/x.service` links and starts it; what the manager does not know
/// yet stands in it (systemd.syntax(7), without drop-ins). `None` for what is no file of a unit.
pub fn by_file(root: &Path, path: &str) -> Option<Unit> {
    const LARGEST: u64 = 256 << 10;
    let name = path.rsplit('/').next().filter(|name| path.starts_with('/') && is_unit(name))?;
    let file = root.join(path.trim_start_matches('/'));
    let text = fs::metadata(&file).ok().filter(|meta| meta.is_file() && meta.len() <= LARGEST);
    let text = text.and_then(|_| fs::read_to_string(&file).ok())?;
    let mut unit = Unit { id: name.to_owned(), load: "loaded".to_owned(), ..Unit::default() };
    for line in text.replace("\\\n", " ").lines().filter(|line| !line.trim_start().starts_with(['#', ';'])) {
        let Some((key, value)) = line.split_once('=') else { continue };
        let words = || value.split_ascii_whitespace().map(str::to_owned);
        match key.trim() {
            "Conflicts" => unit.conflicts.extend(words()),
            "Requires" | "Wants" | "BindsTo" | "Upholds" => unit.pulls.extend(words()),
            "OnSuccess" => unit.then.extend(words().map(|name| ("OnSuccess", name))),
            "SuccessAction" if value.trim() != "none" => {
                unit.machine.push(("SuccessAction", value.trim().to_owned()));
            }
            "ExecStart" => unit.starts.push(value.trim_start_matches(['@', '-', ':', '+', '!']).to_owned()),
            "Unit" => unit.triggers.extend(words()),
            _ => {}
        }
    }
    Some(unit)
}

/// How a unit takes the machine down when it starts: by what it is, by what systemd does when it has ended, or by the
/// program it runs.
pub fn takes_machine_down(unit: &Unit) -> Option<String> {
    if takes_down(unit.id.as_bytes()).is_some() {
        return Some("takes the machine down".to_owned());
    }
    if let Some((setting, value)) = unit.machine.iter().find(|(setting, _)| *setting == "SuccessAction") {
        return Some(format!("when it has ended the machine goes down ({setting}={value})"));
    }
    let line = unit.starts.iter().find(|line| is_shutdown(line))?;
    Some(format!("runs `{line}`"))
}

/// Whether a program's words stop the whole machine.
fn is_shutdown(line: &str) -> bool {
    let words: Vec<&[u8]> = line.split_ascii_whitespace().map(str::as_bytes).collect();
    let Some((program, rest)) = words.split_first() else { return false };
    let name = program.rsplit(|b| *b == b'/').next().unwrap_or(program);
    let power: [&[u8]; 7] =
        [b"halt", b"poweroff", b"reboot", b"kexec", b"soft-reboot", b"suspend", b"hibernate"];
    let machine = match name {
        b"shutdown" | b"halt" | b"poweroff" | b"reboot" | b"coldreboot" | b"telinit" | b"init" | b"kexec" => {
            true
        }
        b"systemctl" => rest.iter().any(|word| power.contains(word)),
        _ => false,
    };
    machine && classify(name, rest).is_some_and(|verdict| verdict.effect >= Effect::Disrupt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_is_not_linked_yet() {
        let root = tempfile::tempdir().unwrap();
        let text = "[Unit]\n# Conflicts=no.service\nConflicts=a.service \\\n  b.service\nWants=c.service\n\
                    [Service]\nExecStart=-/sbin/reboot\n";
        fs::write(root.path().join("x.service"), text).unwrap();
        let unit = by_file(root.path(), "/x.service").unwrap();
        assert_eq!(
            (unit.id.as_str(), unit.conflicts.join(" ")),
            ("x.service", "a.service b.service".to_owned())
        );
        assert_eq!(unit.pulls, ["c.service"]);
        assert!(takes_machine_down(&unit).is_some());
        fs::create_dir(root.path().join("home")).unwrap();
        for path in ["/home", "/nothing.service", "x.service"] {
            assert_eq!(by_file(root.path(), path), None, "{path}");
        }
    }

    #[test]
    fn programs_that_stop_the_machine() {
        for (line, want) in [
            ("/sbin/reboot", true),
            ("/usr/bin/systemctl --no-block reboot", true),
            ("/sbin/shutdown -r +5", true),
            ("/sbin/shutdown -c", false),
            ("/usr/bin/systemctl restart nginx", false),
            ("/bin/sleep 99", false),
            ("/usr/bin/echo reboot", false),
            ("", false),
        ] {
            assert_eq!(is_shutdown(line), want, "{line}");
        }
    }
}
