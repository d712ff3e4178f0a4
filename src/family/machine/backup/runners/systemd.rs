//! Timers of systemd and how what they start ended, asked of the manager and of its journal.
//!
//! What was tried with systemd 252: `Result=success` stands there for a unit that never ran. A persistent timer gets its stamp
//! when it is first started, and after that a restart shows the time of that file as its last trigger: neither says that anything
//! ran. Moments of the service do (`ExecMainExitTimestamp`), and so does the journal (`JOB_RESULT`).

use super::{Candidate, How, Last, READABLE, Runner, Side, in_time, judge};
use crate::engine::backup::script::shell::{self, Values};
use crate::engine::fact::Why;
use crate::family::machine::backup::Look;
use crate::family::machine::backup::tool::{self, Tool};
use crate::family::machine::resolve::env_file;
use crate::run::child::Done;
use std::collections::BTreeMap;
use std::path::Path;

/// So many timers are looked at.
const TIMERS: usize = 256;
/// So many files of variables of one unit.
const FILES: usize = 8;
const LARGEST: u64 = 64 << 10;

/// The properties of one unit.
type Unit = BTreeMap<String, Vec<String>>;

/// The timers that run a backup.
pub(super) fn find(look: &Look<'_>) -> Side {
    let mut side = Side::default();
    // sd_booted(3). Where it does not run, no timer runs either; of another system nobody can ask.
    if look.root != Path::new("/") {
        side.gaps.push(("cron", Why::Failed("it is another system".to_owned())));
        return side;
    }
    if !look.root.join("run/systemd/system").is_dir() {
        return side;
    }
    if let Err(why) = ask(look, &mut side) {
        side.gaps.push(("cron", why));
    }
    side
}

fn ask(look: &Look<'_>, side: &mut Side) -> Result<(), Why> {
    let systemctl = Tool::find(look, "systemctl", None)?;
    let show = |properties: &str, units: &[&str]| -> Result<Vec<Unit>, Why> {
        let mut args = vec!["show", "--no-pager", "--timestamp=unix", "-p", properties, "--"];
        args.extend(units);
        let done = systemctl.ask(&args, &[], look.until)?;
        // A version before 247 does not know the form of time; without one nothing of it would be a moment.
        if done.ok { Ok(parse(&String::from_utf8_lossy(&done.out))) } else { Err(tool::why(&done)) }
    };
    let mut timers = show("Id,Unit,LastTriggerUSec", &["*.timer"])?;
    if timers.len() > TIMERS {
        side.gaps.push((READABLE, Why::Failed(format!("only {TIMERS} were looked at"))));
        timers.truncate(TIMERS);
    }
    let services: Vec<&str> =
        timers.iter().map(|timer| one(timer, "Unit")).filter(|unit| !unit.is_empty()).collect();
    if services.is_empty() {
        return Ok(());
    }
    const OF_SERVICES: &str = "Id,Type,ActiveState,Result,ExecMainCode,ExecMainStatus,ExecMainExitTimestamp,ExecStartPre,\
                               ExecStart,ExecStartPost,Environment,EnvironmentFiles,User";
    let services = show(OF_SERVICES, &services)?;
    for timer in &timers {
        if !in_time(look) {
            return Err(Why::TimedOut);
        }
        let Some(service) = services.iter().find(|service| one(service, "Id") == one(timer, "Unit")) else {
            continue;
        };
        let mut unread = Vec::new();
        let of = candidate(timer, service, &mut unread);
        if let Some(runner) = judge(look, of, &mut side.gaps) {
            // Variables of what is no backup are nobody's concern.
            side.gaps.append(&mut unread);
            let last = last(look, timer, service);
            side.runners.push(Runner { last, ..runner });
        }
    }
    Ok(())
}

fn candidate(timer: &Unit, service: &Unit, unread: &mut Vec<(&'static str, Why)>) -> Candidate {
    let mut variables = Values::new();
    // Written as words of a shell, quotes included.
    shell::commands(one(service, "Environment"), &mut variables);
    for file in service.get("EnvironmentFiles").into_iter().flatten().take(FILES) {
        let path = file.split(" (").next().unwrap_or_default();
        match tool::read(Path::new(path), LARGEST) {
            Ok(text) => {
                let text = text.unwrap_or_default();
                variables.extend(
                    env_file::parse(text.as_bytes()).into_iter().map(|entry| (entry.key, entry.value)),
                );
            }
            Err(why) => unread.push((READABLE, why)),
        }
    }
    let starts = ["ExecStartPre", "ExecStart", "ExecStartPost"];
    let lines = starts.iter().filter_map(|name| service.get(*name)).flatten();
    Candidate {
        name: one(timer, "Id").to_owned(),
        how: How::Timer,
        lines: lines.filter_map(|value| argv(value)).map(str::to_owned).collect(),
        variables,
        user: Some(one(service, "User").to_owned()).filter(|user| !user.is_empty()),
    }
}

/// How the service of a timer ended the last time: by the manager while it still knows, and else by the journal.
fn last(look: &Look<'_>, timer: &Unit, service: &Unit) -> Last {
    if let Some(last) = by_manager(service) {
        return last;
    }
    if one(service, "Type") != "oneshot" {
        // Of the others the journal says when they were started.
        return Last::Unknown(Why::Failed("nothing says how it ended".to_owned()));
    }
    match by_journal(look, one(service, "Id")) {
        Ok(Some(last)) => last,
        Ok(None) if !one(timer, "LastTriggerUSec").is_empty() => {
            Last::Unknown(Why::Failed("the journal does not say how it ended".to_owned()))
        }
        // Without a journal that outlives a start, nobody knows what was before this one.
        Ok(None) if look.root.join("var/log/journal").is_dir() => Last::Never,
        Ok(None) => Last::Unknown(Why::Failed("it has not run since this machine started".to_owned())),
        Err(why) => Last::Unknown(why),
    }
}

/// What the manager knows. `Result` alone says nothing.
fn by_manager(service: &Unit) -> Option<Last> {
    if matches!(one(service, "ActiveState"), "activating" | "active" | "reloading" | "deactivating") {
        // What stays active when it has ended (`RemainAfterExit=`) has a moment.
        if one(service, "ExecMainExitTimestamp").is_empty() {
            return Some(Last::Running);
        }
    }
    let at = one(service, "ExecMainExitTimestamp").strip_prefix('@')?.parse().ok()?;
    // 1 is CLD_EXITED (`waitid(2)`).
    let ok = one(service, "Result") == "success"
        && one(service, "ExecMainCode") == "1"
        && one(service, "ExecMainStatus") == "0"
        && one(service, "ActiveState") != "failed";
    Some(Last::Ended { at, ok })
}

/// The last end of a start in the journal; `None` where a journal that may be read has none.
fn by_journal(look: &Look<'_>, unit: &str) -> Result<Option<Last>, Why> {
    let journalctl = Tool::find(look, "journalctl", None)?;
    let unit = format!("UNIT={unit}");
    let args = [
        "-o",
        "json",
        "-n",
        "1",
        "--no-pager",
        "_PID=1",
        &unit,
        "JOB_TYPE=start",
        "JOB_RESULT=done",
        "JOB_RESULT=failed",
    ];
    answer(&journalctl.ask(&args, &[], look.until)?)
}

fn answer(done: &Done) -> Result<Option<Last>, Why> {
    let said = String::from_utf8_lossy(&done.err);
    // Whoever may not read all of it gets an empty answer, with a hint (journalctl(1), "Access Control").
    if said.contains("insufficient permissions") || said.contains("not seeing messages") {
        return Err(Why::Forbidden);
    }
    // No match is status 1 from systemd 254 on, and nothing is said then.
    if !done.ok && !said.trim().is_empty() {
        return Err(tool::why(done));
    }
    Ok(entry(&done.out))
}

fn entry(out: &[u8]) -> Option<Last> {
    let line = out.split(|b| *b == b'\n').find(|line| !line.is_empty())?;
    let entry: serde_json::Value = serde_json::from_slice(line).ok()?;
    let text = |name: &str| entry.get(name).and_then(serde_json::Value::as_str);
    let at = text("__REALTIME_TIMESTAMP")?.parse::<i64>().ok()? / 1_000_000;
    Some(Last::Ended { at, ok: text("JOB_RESULT") == Some("done") })
}

/// Reads what `systemctl show` prints: `Key=value` lines, several of one name where there are several, an empty line between
/// units. Total.
fn parse(out: &str) -> Vec<Unit> {
    let mut all = vec![Unit::new()];
    for line in out.lines() {
        match (line.split_once('='), all.last_mut()) {
            (Some((key, value)), Some(unit)) => {
                unit.entry(key.to_owned()).or_default().push(value.to_owned())
            }
            _ if line.is_empty() => all.push(Unit::new()),
            _ => {}
        }
    }
    all.retain(|unit| !one(unit, "Id").is_empty());
    all
}

fn one<'a>(unit: &'a Unit, name: &str) -> &'a str {
    unit.get(name).and_then(|values| values.first()).map_or("", String::as_str)
}

/// The words of a program that a unit starts: `{ path=/bin/x ; argv[]=/bin/x -a ; … }`.
fn argv(value: &str) -> Option<&str> {
    value.split_once("argv[]=").map(|(_, argv)| argv.split(" ; ignore_errors=").next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Printed by systemd 252 as the first process of a test bed; shortened.
    const SHOWN: &str = include_str!("../../../../../tests/backups/systemd-252-show.txt");
    const DONE: &str = include_str!("../../../../../tests/backups/systemd-252-journal.json");

    #[test]
    fn success_alone_is_no_run() {
        let units = parse(SHOWN);
        let of = |name: &str| units.iter().find(|unit| one(unit, "Id") == name).unwrap();
        assert_eq!(one(of("never-backup.service"), "Result"), "success");
        assert_eq!(by_manager(of("never-backup.service")), None);
        assert_eq!(by_manager(of("nope.service")), None);
        assert_eq!(by_manager(of("ok-backup.service")), Some(Last::Ended { at: 1_796_083_543, ok: true }));
        assert_eq!(by_manager(of("bad-backup.service")), Some(Last::Ended { at: 1_796_083_543, ok: false }));
        assert_eq!(by_manager(of("run-backup.service")), Some(Last::Running));
    }

    #[test]
    fn the_words_of_a_unit() {
        let units = parse(SHOWN);
        let of = |name: &str| units.iter().find(|unit| one(unit, "Id") == name).unwrap();
        let found = candidate(of("ok-backup.timer"), of("ok-backup.service"), &mut Vec::new());
        assert_eq!((found.name.as_str(), found.user.as_deref()), ("ok-backup.timer", Some("postgres")));
        assert_eq!(found.lines, ["/usr/local/bin/ok-backup"]);
        let of = |name: &str| found.variables.get(name).map(String::as_str);
        assert_eq!((of("PGPORT"), of("A")), (Some("5433"), Some("b c")));
    }

    #[test]
    fn an_end_in_the_journal() {
        assert_eq!(entry(DONE.as_bytes()), Some(Last::Ended { at: 1_796_083_543, ok: true }));
        let failed = DONE.replace("\"JOB_RESULT\":\"done\"", "\"JOB_RESULT\":\"failed\"");
        assert_eq!(entry(failed.as_bytes()), Some(Last::Ended { at: 1_796_083_543, ok: false }));
        assert_eq!(entry(b""), None);
        let of = |err: &str| answer(&Done { ok: err.is_empty(), code: None, out: vec![], err: err.into() });
        assert_eq!(of(""), Ok(None));
        let denied = "No journal files were opened due to insufficient permissions.\n";
        assert_eq!(of(denied), Err(Why::Forbidden));
        assert!(of("Failed to open files: Input/output error\n").is_err());
        assert_eq!(entry(b"\n{}"), None);
    }

    #[test]
    fn timers_of_another_system_are_unknown() {
        let root = tempfile::tempdir().unwrap();
        let world = crate::world::World::of(&[], "/");
        let look = Look { root: root.path(), world: &world, until: std::time::Instant::now(), now: 0 };
        assert_eq!(find(&look).gaps.len(), 1);
    }
}
