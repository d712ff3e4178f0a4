//! Units that stop: which ones, what stops with them, whom they serve, whether they would come back.

use super::asked::{Act, Units};
use super::check::{self, Checked};
use super::manager::{Manager, Unit};
use super::{Answered, Request, clean, vital};
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::human::{counted, span};
use crate::engine::impact::{Group, Impact, Subject};
use crate::probe::proc::{Listener, Proc, Process, Protocol};
use std::path::Path;
use tokio::time::Instant;

/// Looks at what becomes of units.
pub async fn look(request: &Request<'_>, asked: &Units, until: Instant, answered: &mut Answered) {
    let impact = &mut answered.impact;
    let manager = match Manager::new(request, asked.user, until) {
        Ok(manager) => manager,
        Err(why) => return without_manager(request, asked, why, impact),
    };
    let wanted = if asked.act == Act::Isolate { vec!["*".to_owned()] } else { asked.names.clone() };
    if wanted.is_empty() {
        return impact.gap("which units stop", Why::Failed("the words name none".to_owned()));
    }
    let mut units = match manager.show(&wanted).await {
        Ok(units) => units,
        Err(why) => return without_manager(request, asked, why, impact),
    };
    if asked.act == Act::Isolate {
        units = match isolated(&manager, asked, units).await {
            Ok(units) => units,
            Err(why) => return impact.gap("which units stop", why),
        };
        impact.whole_scope = true;
    }
    impact.subjects = units.iter().map(subject).collect();
    impact.subjects_total = units.len() as u64;
    if units.is_empty() && asked.act != Act::Isolate {
        // Only a pattern names nothing.
        return impact.lower(Effect::Read, "no unit that is loaded has such a name");
    }
    if !units.is_empty() && units.iter().all(|unit| !unit.exists()) {
        return impact.lower(Effect::Read, "there is no such unit");
    }
    match &asked.act {
        Act::Clean { what } => return cleaned(request, what, &units, until, impact),
        Act::Mask { now: false } => masked(&manager, &units, impact).await,
        Act::Kill { signal } => killed(request, signal, &units, impact),
        Act::Stop | Act::Restart { .. } | Act::Mask { now: true } | Act::Freeze | Act::Isolate => {}
    }
    let restarts = matches!(asked.act, Act::Restart { .. });
    if let Act::Restart { reloads, only_running } = asked.act {
        restart(request, asked, &units, (reloads, only_running), until, answered).await;
    }
    let impact = &mut answered.impact;
    let running: Vec<&Unit> = units.iter().filter(|unit| unit.is_active()).collect();
    let stops = !matches!(asked.act, Act::Mask { now: false } | Act::Kill { .. } | Act::Freeze);
    // What is only reloaded takes nothing along.
    let reloads = matches!(asked.act, Act::Restart { reloads: true, .. });
    let gone: Vec<Unit> = units.iter().filter(|unit| !(reloads && unit.can_reload)).cloned().collect();
    let with = if stops {
        match manager.dependents(&gone).await {
            Ok(with) => with,
            Err(why) => {
                impact.gap("what stops with it", why);
                Vec::new()
            }
        }
    } else {
        Vec::new()
    };
    if running.is_empty() && with.is_empty() && !restarts {
        impact.lower(Effect::Mutate, not_running(&units));
    }
    if stops && !running.is_empty() && with.is_empty() && running.iter().all(|u| only_starts_others(u)) {
        impact.lower(Effect::Mutate, "it runs nothing itself: it only starts other units no more");
    }
    along(&with, impact);
    let all: Vec<&Unit> = running.iter().copied().chain(&with).collect();
    serving(request, asked.user, &all, impact);
    for unit in &all {
        // What ssh and the network are without matters when they stay away; a restart that works is over at once.
        if let Some(what) = vital::without(unit.name()).filter(|_| !restarts || cuts_off(unit.name())) {
            impact.also.insert(0, format!("{}: {what}", unit.name()));
        }
        if unit.restarts > 0 {
            let times =
                if unit.restarts == 1 { "once".to_owned() } else { format!("{} times", unit.restarts) };
            impact.also.push(format!("{} has failed and been started again {times}", unit.name()));
        }
    }
    if asked.act == Act::Stop {
        again(&manager, &running, impact).await;
    }
}

/// A restart of these is an interruption by itself.
fn cuts_off(name: &str) -> bool {
    !matches!(
        name,
        "ssh"
            | "sshd"
            | "ssh.socket"
            | "dropbear"
            | "systemd-networkd"
            | "systemd-resolved"
            | "systemd-logind"
            | "systemd-journald"
            | "containerd"
            | "kubelet"
            | "nftables"
            | "netfilter-persistent"
            | "ufw"
            | "firewalld"
    )
}

/// Timers and paths run nothing; sockets listen, so that they are none of them.
fn only_starts_others(unit: &Unit) -> bool {
    unit.is_a(".timer") || unit.is_a(".path")
}

fn not_running(units: &[Unit]) -> String {
    match units {
        [unit] if unit.active == "failed" => format!("{} has failed and is not running", unit.name()),
        [unit] => format!("{} is not running", unit.name()),
        _ => "none of them is running".to_owned(),
    }
}

fn subject(unit: &Unit) -> Subject {
    Subject {
        kind: "unit".to_owned(),
        resource: "units".to_owned(),
        name: unit.name().to_owned(),
        ..Subject::default()
    }
}

/// Units that stop with those that were named.
fn along(with: &[Unit], impact: &mut Impact) {
    if with.is_empty() {
        return;
    }
    for unit in with {
        let kind = unit.id.rsplit_once('.').map_or("unit", |(_, kind)| kind);
        match impact.groups.iter_mut().find(|group| group.kind == kind) {
            Some(group) => {
                group.count += 1;
                group.names.push(unit.name().to_owned());
            }
            None => impact.groups.push(Group {
                kind: kind.to_owned(),
                count: 1,
                names: vec![unit.name().to_owned()],
                ..Group::default()
            }),
        }
    }
    let names: Vec<&str> = with.iter().take(3).map(Unit::name).collect();
    let more = if with.len() > 3 { format!(" and {} more", with.len() - 3) } else { String::new() };
    let named = impact.subjects.len() as u64;
    impact.unnamed = with.iter().map(|unit| unit.name().to_owned()).collect();
    impact.surprise = Some(format!(
        "you named {}, {} stop; not named by you: {}{more}",
        counted(named, "unit"),
        named + with.len() as u64,
        names.join(", "),
    ));
    impact.raise(Effect::Disrupt, format!("takes along {}{more}", names.join(", ")));
}

/// Everything that is active now and that the target does not bring.
async fn isolated(manager: &Manager<'_>, asked: &Units, all: Vec<Unit>) -> Result<Vec<Unit>, Why> {
    let mut stays: Vec<String> = Vec::new();
    for target in &asked.names {
        stays.extend(manager.pulled_in_by(target).await?);
    }
    let runs = |unit: &Unit| unit.is_a(".service") || unit.is_a(".socket") || unit.is_a(".scope");
    let goes =
        |unit: &Unit| unit.is_active() && runs(unit) && !unit.ignores_isolate && !stays.contains(&unit.id);
    Ok(all.into_iter().filter(|unit| unit.id != "init.scope" && goes(unit)).collect())
}

fn cleaned(request: &Request<'_>, what: &[String], units: &[Unit], until: Instant, impact: &mut Impact) {
    let running: Vec<&str> = units.iter().filter(|u| u.is_active()).map(Unit::name).collect();
    if !running.is_empty() && running.len() == units.len() {
        // `unit_clean` wants it inactive.
        impact.lower(
            Effect::Read,
            format!("{} runs: systemctl cleans only what is stopped", running.join(", ")),
        );
        return;
    }
    let still: Vec<Unit> = units.iter().filter(|unit| !unit.is_active()).cloned().collect();
    clean::look(request.root, what, &still, until, impact);
}

/// What is masked goes on running, but starts no more, and neither does what needs it.
async fn masked(manager: &Manager<'_>, units: &[Unit], impact: &mut Impact) {
    let running: Vec<&str> = units.iter().filter(|u| u.is_active()).map(Unit::name).collect();
    if running.is_empty() {
        match manager.dependents(units).await {
            Ok(with) if with.is_empty() => {
                impact.lower(Effect::Mutate, "it does not run, and nothing that runs needs it");
            }
            Ok(with) => {
                let names: Vec<&str> = with.iter().take(3).map(Unit::name).collect();
                impact.also.push(format!("needed by {}", names.join(", ")));
            }
            Err(why) => impact.gap("what needs it", why),
        }
    } else {
        impact
            .also
            .push(format!("{} runs on until it is stopped, and does not start again", running.join(", ")));
    }
}

/// Servers catch some signals in order to read their configuration again or to reopen their logs; others end by them.
fn killed(request: &Request<'_>, signal: &str, units: &[Unit], impact: &mut Impact) {
    let number = match signal {
        "HUP" => 1,
        "USR1" => 10,
        "CONT" | "URG" | "WINCH" | "0" => {
            return impact.lower(Effect::Mutate, format!("SIG{signal} ends nothing"));
        }
        _ => {
            for unit in units.iter().filter(|u| {
                u.is_active() && matches!(u.restart.as_str(), "always" | "on-failure" | "on-abnormal")
            }) {
                impact.also.push(format!(
                    "systemd may start {} again (Restart={})",
                    unit.name(),
                    unit.restart
                ));
            }
            return;
        }
    };
    let Ok(processes) = Proc::at(request.root).processes() else {
        return impact.gap("what the signal does", Why::Failed("processes could not be read".to_owned()));
    };
    let active: Vec<&Unit> = units.iter().filter(|unit| unit.is_active()).collect();
    let pids: Vec<u32> = active.iter().flat_map(|unit| pids_of(unit, &processes)).collect();
    let caught = |pid: &u32| {
        let path = request.root.join(format!("proc/{pid}/status"));
        let status = std::fs::read_to_string(path).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
        let mask = line.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        mask.is_some_and(|mask| mask & (1 << (number - 1)) != 0)
    };
    if !pids.is_empty() && pids.iter().all(caught) {
        impact.lower(Effect::Mutate, format!("every process of it catches SIG{signal}"));
    } else if !pids.is_empty() {
        impact.also.push(format!("not every process of it catches SIG{signal}: those that do not end"));
    }
}

/// What is particular about a restart.
async fn restart(
    request: &Request<'_>,
    asked: &Units,
    units: &[Unit],
    (reloads, only_running): (bool, bool),
    until: Instant,
    answered: &mut Answered,
) {
    let impact = &mut answered.impact;
    if units.iter().all(|unit| !unit.is_active()) {
        let what = if only_running { "nothing is restarted" } else { "it is only started" };
        impact.lower(Effect::Mutate, format!("{}: {what}", not_running(units)));
    }
    if reloads && units.iter().all(|unit| unit.can_reload || !unit.is_active()) {
        impact.lower(Effect::Mutate, "it is reloaded, which stops nothing");
    } else if request.tool == "systemctl"
        && !asked.user
        && units.iter().all(|unit| unit.can_reload && unit.is_active())
        && units
            .iter()
            .all(|unit| !unit.name().contains(|c: char| !c.is_ascii_alphanumeric() && !"@-_.:".contains(c)))
    {
        let names: Vec<&str> = units.iter().map(Unit::name).collect();
        answered.safer = Some(format!("systemctl reload {}", names.join(" ")));
    }
    // What a user's own manager runs is not what the machine's configuration files are about.
    for unit in units.iter().filter(|_| !asked.user) {
        match check::run(request, unit.name(), until).await {
            Checked::None | Checked::Good => {}
            Checked::Bad(line) => {
                impact.also.insert(0, format!("{} WOULD NOT COME BACK: {line}", unit.name()));
                impact.raise(
                    Effect::Disrupt,
                    format!("the configuration of {} is refused: {line}", unit.name()),
                );
                answered.safer = None;
            }
            Checked::Unknown(why) => impact.gap(format!("the configuration of {}", unit.name()), why),
        }
    }
}

/// Sockets, timers and paths that start again what is stopped.
async fn again(manager: &Manager<'_>, running: &[&Unit], impact: &mut Impact) {
    let mut names: Vec<String> = running.iter().flat_map(|unit| unit.triggered_by.clone()).collect();
    names.retain(|name| running.iter().all(|unit| unit.id != *name));
    names.dedup();
    if names.is_empty() {
        return;
    }
    // Without an answer it is only a hint that is missing.
    let Ok(triggers) = manager.show(&names).await else { return };
    let active: Vec<&str> = triggers.iter().filter(|unit| unit.is_active()).map(Unit::name).collect();
    if !active.is_empty() {
        impact.also.push(format!("{} can start it again", active.join(", ")));
    }
}

/// The processes of a unit: everything in its control group, and its main process.
pub(super) fn pids_of(unit: &Unit, processes: &[Process]) -> Vec<u32> {
    let inside = |process: &&Process| match (&unit.cgroup, &process.cgroup) {
        (Some(own), Some(theirs)) => {
            theirs == own || theirs.strip_prefix(own.as_str()).is_some_and(|rest| rest.starts_with('/'))
        }
        (None, _) => process.unit.as_deref() == Some(unit.id.as_str()),
        (Some(_), None) => false,
    };
    let mut pids: Vec<u32> = processes.iter().filter(inside).map(|process| process.pid).collect();
    if let Some(main) = unit.main_pid.filter(|main| !pids.contains(main)) {
        pids.push(main);
    }
    pids
}

/// Who is served by the units, one clause each, those with most clients first.
fn serving(request: &Request<'_>, user: bool, units: &[&Unit], impact: &mut Impact) {
    if units.is_empty() {
        return;
    }
    let proc = Proc::at(request.root);
    let processes = match proc.processes() {
        Ok(processes) => processes,
        Err(why) => return impact.gap("connections to it", why),
    };
    let mut clauses: Vec<(u64, bool, String)> = Vec::new();
    for unit in units {
        let pids = pids_of(unit, &processes);
        let main = unit.main_pid.or(pids.first().copied());
        let age = main.and_then(|pid| processes.iter().find(|p| p.pid == pid)?.age_s);
        let age = age.or_else(|| Some(proc.uptime()?.saturating_sub(unit.active_since? / 1_000_000)));
        let mut parts = Vec::new();
        let runs = !pids.is_empty();
        match age {
            Some(age) if runs => parts.push(format!("running {}", span(age))),
            Some(age) => parts.push(format!("active {}, without a process", span(age))),
            None => {}
        }
        let mut clients = 0;
        match proc.listeners_of(&pids) {
            Ok(listeners) => {
                clients = listeners.iter().map(|l| l.clients).sum();
                parts.extend(served(&listeners));
            }
            // Others' sockets are root's to see.
            Err(why) if runs && !user => impact.gap(format!("connections to {}", unit.name()), why),
            Err(_) => {}
        }
        if !parts.is_empty() {
            clauses.push((clients, runs, format!("{}: {}", unit.name(), parts.join(", "))));
        }
    }
    clauses.sort_by_key(|(clients, runs, _)| std::cmp::Reverse((*clients, *runs)));
    // Beside units with processes those that only stand for something tell nothing.
    let any = clauses.iter().any(|(_, runs, _)| *runs);
    impact.also.extend(clauses.into_iter().filter(|(_, runs, _)| *runs || !any).map(|(_, _, clause)| clause));
}

/// `37 clients from 5 addresses (0.0.0.0:5432, /run/postgresql/.s.PGSQL.5432)`; without clients what is listened on.
pub(super) fn served(listeners: &[Listener]) -> Option<String> {
    const SHOWN: usize = 3;
    // Abstract and private sockets are between a program and itself.
    let worth = |l: &&Listener| l.protocol != Protocol::Unix || l.clients > 0;
    let counts: Vec<&Listener> = listeners.iter().filter(worth).collect();
    let first = counts.first()?;
    let clients: u64 = counts.iter().map(|l| l.clients).sum();
    let mut peers: Vec<_> = counts.iter().flat_map(|l| l.peers.iter()).collect();
    peers.sort_unstable();
    peers.dedup();
    let mut places: Vec<&str> =
        counts.iter().filter(|l| clients == 0 || l.clients > 0).map(|l| l.address.as_str()).collect();
    places.dedup();
    let more = places.len().saturating_sub(SHOWN);
    places.truncate(SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let places = format!("{}{more}", places.join(", "));
    Some(match (clients, peers.as_slice()) {
        (0, _) if counts.iter().all(|l| l.is_local) => {
            format!("listens on {places} for this machine alone, no clients now")
        }
        (0, _) if first.protocol == Protocol::Udp && counts.iter().all(|l| l.protocol == Protocol::Udp) => {
            format!("listens on {places} (udp)")
        }
        (0, _) => format!("listens on {places}, no clients now"),
        (clients, [peer]) => format!("{} from {peer} ({places})", counted(clients, "client")),
        (clients, []) => format!("{} of this machine ({places})", counted(clients, "client")),
        (clients, peers) => {
            format!("{} from {} addresses ({places})", counted(clients, "client"), peers.len())
        }
    })
}

/// Without the manager: what the process table says of the processes whose numbers the service itself left in `/run`.
/// That units could not be asked for stays a gap.
fn without_manager(request: &Request<'_>, asked: &Units, why: Why, impact: &mut Impact) {
    impact.subjects =
        asked.names.iter().map(|name| subject(&Unit { id: name.clone(), ..Unit::default() })).collect();
    impact.subjects_total = impact.subjects.len() as u64;
    impact.gap("what the service manager would stop", why);
    let proc = Proc::at(request.root);
    let mut lines = Vec::new();
    for name in &asked.names {
        let name = name.strip_suffix(".service").unwrap_or(name);
        let Some(pid) = by_pid_file(request.root, name) else { continue };
        let Some(main) = proc.process(pid) else { continue };
        let age = main.age_s.map(|age| format!(" running {}", span(age))).unwrap_or_default();
        let served = proc.listeners_of(&[pid]).ok().and_then(|l| served(&l)).map(|s| format!(", {s}"));
        lines.push(format!("{name}: {} (process {pid}){age}{}", main.name, served.unwrap_or_default()));
        impact.also.extend(vital::without(name).map(|what| format!("{name}: {what}")));
    }
    impact.also.extend(lines);
}

/// The number in a file that daemons write (hier(7), `/run`); PostgreSQL's is named after its cluster.
fn by_pid_file(root: &Path, name: &str) -> Option<u32> {
    if name.contains('/') || name.starts_with('.') {
        return None;
    }
    let cluster = name.strip_prefix("postgresql@").map(|cluster| format!("run/postgresql/{cluster}.pid"));
    let usual = [format!("run/{name}.pid"), format!("run/{name}/{name}.pid"), format!("run/{name}d.pid")];
    cluster.into_iter().chain(usual).find_map(|path| {
        let text = std::fs::read_to_string(root.join(path)).ok()?;
        text.split_ascii_whitespace().next()?.parse().ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listener(address: &str, clients: u64, peers: &[&str]) -> Listener {
        Listener {
            protocol: if address.starts_with('/') { Protocol::Unix } else { Protocol::Tcp },
            address: address.to_owned(),
            port: None,
            is_local: address.starts_with("127.") || address.starts_with('/'),
            inodes: vec![1],
            clients,
            peers: peers.iter().map(|p| p.parse().unwrap()).collect(),
        }
    }

    #[test]
    fn whom_it_serves() {
        let tcp = |clients, peers: &[&str]| listener("0.0.0.0:5432", clients, peers);
        let unix = |clients| listener("/run/s", clients, &[]);
        for (listeners, want) in [
            (vec![], None),
            (vec![unix(0)], None),
            (vec![tcp(0, &[])], Some("listens on 0.0.0.0:5432, no clients now")),
            (
                vec![listener("127.0.0.1:1", 0, &[])],
                Some("listens on 127.0.0.1:1 for this machine alone, no clients now"),
            ),
            (vec![tcp(1, &["10.0.0.9"])], Some("1 client from 10.0.0.9 (0.0.0.0:5432)")),
            (
                vec![tcp(36, &["10.0.0.9", "10.0.0.8"]), unix(1)],
                Some("37 clients from 2 addresses (0.0.0.0:5432, /run/s)"),
            ),
            (vec![tcp(0, &[]), unix(2)], Some("2 clients of this machine (/run/s)")),
        ] {
            assert_eq!(served(&listeners).as_deref(), want);
        }
    }

    #[test]
    fn processes_of_a_unit() {
        let process = |pid, cgroup: &str, unit: &str| Process {
            pid,
            cgroup: Some(cgroup.to_owned()),
            unit: Some(unit.to_owned()),
            ..Process::default()
        };
        let table = [
            process(10, "/system.slice/x.service", "x.service"),
            process(11, "/system.slice/x.service/worker", "x.service"),
            process(12, "/system.slice/x.service2", "x.service2"),
        ];
        let unit = |cgroup: Option<&str>, main_pid| Unit {
            id: "x.service".to_owned(),
            cgroup: cgroup.map(str::to_owned),
            main_pid,
            ..Unit::default()
        };
        assert_eq!(pids_of(&unit(Some("/system.slice/x.service"), Some(9)), &table), [10, 11, 9]);
        assert_eq!(pids_of(&unit(None, None), &table), [10, 11]);
    }
}
