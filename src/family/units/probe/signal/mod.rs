//! Signals to the processes of units: servers catch some of them in order to read their configuration again or to reopen
//! their logs, and some in order to stop; who neither catches nor ignores one ends by most of them.

mod programs;

use super::Request;
use super::counted::pids_of;
use super::manager::Unit;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::Impact;
use crate::run::proc::{Proc, Process};
use programs::{Meaning, meaning};
use std::path::Path;

/// What a signal makes of one process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// It does not notice.
    Nothing,
    /// It has a function of its own for it.
    Catches,
    /// It ends.
    Ends,
}

/// What a signal does to the processes of units.
pub fn probe_impact(request: &Request<'_>, signal: &str, main: bool, units: &[Unit], impact: &mut Impact) {
    let number = match signal {
        "HUP" => 1,
        "USR1" => 10,
        "USR2" => 12,
        "WINCH" => 28,
        // Who catches these goes on as well: something else may be waited for, or be told.
        "CONT" | "URG" | "CHLD" | "0" => {
            return impact.lower(Effect::Mutate, format!("SIG{signal} ends nothing"));
        }
        _ => return again(units, impact),
    };
    let processes = match Proc::at(request.root).processes() {
        Ok(processes) => processes,
        Err(why) => return impact.gap(format!("whether its processes catch SIG{signal}"), why),
    };
    let mut given: Vec<(&Unit, &Process)> = Vec::new();
    for unit in units.iter().filter(|unit| unit.is_active()) {
        let pids = if main { unit.main_pid.into_iter().collect() } else { pids_of(unit, &processes) };
        // One that is gone meanwhile has nothing to lose.
        given.extend(processes.iter().filter(|p| pids.contains(&p.pid)).map(|process| (unit, process)));
    }
    if given.is_empty() {
        if units.iter().any(Unit::is_active) {
            impact.gap(format!("which processes get SIG{signal}"), Why::Failed("none was found".to_owned()));
        }
        return;
    }
    let (mut known, mut lives) = (Vec::new(), true);
    for (unit, process) in given {
        match fate(request.root, process.pid, number) {
            Fate::Nothing => {}
            Fate::Ends => {
                lives = false;
                note(&mut impact.also, format!("{} does not catch SIG{signal}: it ends", process.name));
            }
            Fate::Catches => match does(unit, process, &processes, signal) {
                Some((Meaning::GoesOn, does)) => note(&mut known, format!("{} {does}", process.name)),
                Some((Meaning::Stops, does)) => {
                    lives = false;
                    note(&mut impact.also, format!("by SIG{signal} {} {does}", process.name));
                }
                None => {
                    lives = false;
                    let text =
                        format!("what {} does by SIG{signal}, which it catches, is not known", process.name);
                    note(&mut impact.also, text);
                }
            },
        }
    }
    if !lives {
        return again(units, impact);
    }
    let why = match known.as_slice() {
        [] => format!("every process that gets SIG{signal} ignores it"),
        known => format!("by SIG{signal} {}", known.join(", ")),
    };
    impact.lower(Effect::Mutate, why);
}

/// What a process does that catches a signal: as its manual says, or as its unit does, whose reload is that signal.
fn does(unit: &Unit, process: &Process, all: &[Process], signal: &str) -> Option<(Meaning, &'static str)> {
    let file =
        |p: &Process| p.exe.as_deref().and_then(Path::file_name).map(|n| n.to_string_lossy().into_owned());
    let by_file = file(process).and_then(|name| meaning(&name, signal));
    if let Some(found) = by_file.or_else(|| meaning(&process.name, signal)) {
        return Some(found);
    }
    let main = all.iter().find(|p| Some(p.pid) == unit.main_pid)?;
    let same = process.pid == main.pid || (process.exe.is_some() && process.exe == main.exe);
    let reloads = unit.reload_signal.as_deref() == Some(signal);
    (same && reloads).then_some((Meaning::GoesOn, "reads its configuration again, as its unit has it"))
}

fn note(all: &mut Vec<String>, text: String) {
    if !all.contains(&text) {
        all.push(text);
    }
}

/// `SigCgt` and `SigIgn` of proc_pid_status(5). One that may not be looked at counts as one that ends.
fn fate(root: &Path, pid: u32, number: u32) -> Fate {
    match std::fs::read_to_string(root.join(format!("proc/{pid}/status"))) {
        Ok(status) => fate_of(&status, number),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Fate::Nothing,
        Err(_) => Fate::Ends,
    }
}

/// A bit for each signal, the first for number 1.
fn fate_of(status: &str, number: u32) -> Fate {
    /// SIGWINCH does nothing to whom it is new (signal(7), "Standard signals").
    const IGNORED: u32 = 28;
    let has = |field: &str| {
        let mask = status.lines().find_map(|line| line.strip_prefix(field));
        let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        mask.map(|mask| mask & (1 << (number - 1)) != 0)
    };
    match (has("SigCgt:"), has("SigIgn:")) {
        (Some(true), _) => Fate::Catches,
        (_, Some(true)) => Fate::Nothing,
        (Some(false), Some(false)) if number == IGNORED => Fate::Nothing,
        _ => Fate::Ends,
    }
}

/// What systemd starts again.
fn again(units: &[Unit], impact: &mut Impact) {
    let restarts = |unit: &&Unit| matches!(unit.restart.as_str(), "always" | "on-failure" | "on-abnormal");
    for unit in units.iter().filter(|unit| unit.is_active()).filter(restarts) {
        impact.also.push(format!("systemd may start {} again (Restart={})", unit.name(), unit.restart));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::assess::assess;
    use crate::world::World;

    /// As Debian 12 shows them: Redis ignores SIGHUP, nginx catches it, cron catches nothing else, Apache catches WINCH.
    #[test]
    fn who_notices() {
        let status =
            |ignored: &str, caught: &str| format!("Name:\tx\nSigIgn:\t{ignored}\nSigCgt:\t{caught}\n");
        for (status, number, want) in [
            (status("0000000000003001", "00000001000044ea"), 1, Fate::Nothing),
            (status("0000000040001000", "0000000018016a07"), 1, Fate::Catches),
            (status("0000000040001000", "0000000018016a07"), 10, Fate::Catches),
            (status("0000000040001000", "0000000018016a07"), 28, Fate::Catches),
            (status("0000000000000000", "0000000000010001"), 1, Fate::Catches),
            (status("0000000000000000", "0000000000010001"), 10, Fate::Ends),
            (status("0000000000000000", "0000000000010001"), 28, Fate::Nothing),
            (status("0000000000000000", "0000000000000000"), 1, Fate::Ends),
            (String::new(), 1, Fate::Ends),
            (String::new(), 28, Fate::Ends),
        ] {
            assert_eq!(fate_of(&status, number), want, "{number} {status}");
        }
    }

    /// One process in a process table of its own, in a unit of its own.
    fn told(name: &str, caught: u64, signal: &str, reload: Option<&str>) -> (Effect, Vec<String>) {
        let root = tempfile::tempdir().unwrap();
        for (pid, name) in [(1, "systemd"), (7, name)] {
            let dir = root.path().join(format!("proc/{pid}"));
            std::fs::create_dir_all(&dir).unwrap();
            let fields = "S 1 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100 0";
            std::fs::write(dir.join("stat"), format!("{pid} ({name}) {fields}\n")).unwrap();
            std::fs::write(dir.join("cgroup"), "0::/system.slice/x.service\n").unwrap();
            let status = format!("SigIgn:\t0000000000000000\nSigCgt:\t{caught:016x}\n");
            std::fs::write(dir.join("status"), status).unwrap();
        }
        let unit = Unit {
            id: "x.service".into(),
            load: "loaded".into(),
            active: "active".into(),
            main_pid: Some(7),
            reload_signal: reload.map(str::to_owned),
            ..Unit::default()
        };
        let request = Request {
            tool: "systemctl",
            words: &[],
            program: Path::new("/bin/systemctl"),
            world: &World::default(),
            root: root.path(),
            deadline: std::time::Duration::from_secs(1),
        };
        let mut impact = Impact::default();
        probe_impact(&request, signal, true, &[unit], &mut impact);
        (assess(Effect::Disrupt, &impact).effect, impact.also)
    }

    #[test]
    fn only_a_signal_whose_meaning_is_known_is_harmless() {
        let all = u64::MAX;
        for (name, caught, signal, reload, want) in [
            ("nginx", all, "USR1", None, Effect::Mutate),
            ("nginx", all, "WINCH", None, Effect::Disrupt),
            ("apache2", all, "WINCH", None, Effect::Disrupt),
            ("apache2", all, "HUP", None, Effect::Disrupt),
            ("apache2", all, "USR1", None, Effect::Mutate),
            ("haproxy", all, "USR1", None, Effect::Disrupt),
            // Who does not catch it does not stop by it.
            ("cron", 0, "WINCH", None, Effect::Mutate),
            ("cron", 0, "HUP", None, Effect::Disrupt),
            ("cron", 1, "HUP", None, Effect::Mutate),
            // A Go program's runtime catches everything.
            ("etcd", all, "HUP", None, Effect::Disrupt),
            ("etcd", all, "HUP", Some("USR1"), Effect::Disrupt),
            ("etcd", all, "HUP", Some("HUP"), Effect::Mutate),
            ("java", all, "HUP", Some("HUP"), Effect::Disrupt),
            ("x", all, "CONT", None, Effect::Mutate),
            ("x", all, "TERM", None, Effect::Disrupt),
        ] {
            let (effect, also) = told(name, caught, signal, reload);
            assert_eq!(effect, want, "{name} {signal}: {also:?}");
        }
        assert_eq!(told("apache2", all, "WINCH", None).1, ["by SIGWINCH apache2 stops gracefully"]);
        assert_eq!(
            told("etcd", all, "HUP", None).1,
            ["what etcd does by SIGHUP, which it catches, is not known"]
        );
    }
}
