//! Units that stop: which ones, what stops with them, whom they serve, whether they would come back.

use super::check::{self, Checked};
use super::counted::{group, pids_of, served};
use super::manager::{Manager, Unit};
use super::requested_units::{Act, Units};
use super::{Answered, Request, after, clean, copies, limit, signal, start, vital};
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::human::{counted, span};
use crate::engine::impact::{Impact, Subject};
use crate::family::machine::servers;
use crate::run::proc::Proc;
use std::collections::BTreeSet;
use std::path::Path;
use tokio::time::Instant;

/// Looks at what becomes of units.
pub async fn probe_impact(request: &Request<'_>, asked: &Units, until: Instant, answered: &mut Answered) {
    let impact = &mut answered.impact;
    // Nothing is named: systemctl says so itself.
    let only_changes = matches!(asked.act, Act::Start | Act::Limit { .. } | Act::Revert);
    if only_changes && (asked.names.is_empty() || !start::is_booted(request.root)) {
        return;
    }
    let manager = match Manager::new(request, asked.user, until) {
        Ok(manager) => manager,
        Err(why) if only_changes => return unseen(why, impact),
        Err(why) => return without_manager(request, asked, why, impact),
    };
    let files: Vec<Unit> = match asked.act {
        Act::Start => asked.names.iter().filter_map(|name| start::by_file(request.root, name)).collect(),
        _ => Vec::new(),
    };
    let wanted = match asked.act {
        Act::Isolate | Act::Marked => vec!["*".to_owned()],
        // A file goes by its last part once it is linked.
        Act::Start if !files.is_empty() => {
            asked.names.iter().map(|name| name.rsplit('/').next().unwrap_or(name).to_owned()).collect()
        }
        _ => asked.names.clone(),
    };
    if wanted.is_empty() {
        return impact.unseen("which units stop", Why::Failed("the words name none".to_owned()));
    }
    let mut units = match manager.show(&wanted).await {
        Ok(units) => units,
        // Nor does the command itself come further: it goes the same way.
        Err(Why::Failed(why)) if asked.user && why.starts_with("Failed to connect to") => {
            return impact.lower(Effect::Read, format!("there is no manager of yours to reach: {why}"));
        }
        Err(why) if only_changes => return unseen(why, impact),
        Err(why) => return without_manager(request, asked, why, impact),
    };
    let marked = (asked.act == Act::Marked).then(|| Units {
        // A unit that does not run is not started for it (`manager_enqueue_marked_jobs`).
        act: Act::Restart { reloads: false, only_running: true },
        ..asked.clone()
    });
    if marked.is_some() {
        if units.iter().any(|unit| unit.markers.is_none()) {
            let why = Why::Failed("the manager does not say what is marked".to_owned());
            return impact.unseen("which units stop", why);
        }
        units.retain(|unit| unit.markers.as_ref().is_some_and(|marks| !marks.is_empty()));
        if units.is_empty() {
            return impact.lower(Effect::Read, "no unit is marked");
        }
        let restarts = |unit: &Unit| {
            !unit.can_reload || unit.markers.iter().flatten().any(|mark| mark != "needs-reload")
        };
        let (restarted, reloaded): (Vec<Unit>, Vec<Unit>) = units.into_iter().partition(restarts);
        impact.also.extend(reloaded.iter().map(|unit| format!("{} is only reloaded", unit.name())));
        units = restarted;
        if units.is_empty() {
            return impact.lower(Effect::Mutate, "what is marked is only reloaded");
        }
    }
    let asked = marked.as_ref().unwrap_or(asked);
    if asked.act == Act::Isolate {
        units = match isolated(&manager, asked, units).await {
            Ok(units) => units,
            Err(why) => return impact.unseen("which units stop", why),
        };
        impact.whole_scope = true;
    }
    for file in files {
        if let Some(unit) = units.iter_mut().find(|unit| unit.id == file.id && !unit.exists()) {
            *unit = file;
        }
    }
    // What is there before what is not: those may be very many.
    let (there, missing): (Vec<&Unit>, Vec<&Unit>) = units.iter().partition(|unit| unit.exists());
    impact.subjects_total = units.len() as u64;
    let first = there.iter().copied().chain(missing.into_iter().take(MOST_MISSING));
    impact.subjects = first.map(|unit| subject(unit.name())).collect();
    if units.is_empty() && asked.act != Act::Isolate {
        // Only a pattern names nothing.
        return impact.lower(Effect::Read, "no unit that is loaded has such a name");
    }
    if !units.is_empty() && units.iter().all(|unit| !unit.exists()) {
        return impact.lower(Effect::Read, "there is no such unit");
    }
    match &asked.act {
        Act::Clean { what } => return cleaned(request, what, &units, until, impact),
        Act::Revert => return reverted(request, &units, impact),
        Act::Limit { settings } => {
            limit::probe_impact(request, settings, &units, impact);
            let running: Vec<&Unit> = units.iter().filter(|unit| unit.is_active()).collect();
            // Only where something is cut off it matters from whom.
            if !impact.consequences.is_empty() {
                serving(request, asked.user, &running, impact);
            }
            return;
        }
        Act::Start => {
            match start::probe_impact(&manager, asked, &units, impact).await {
                Ok(stops) => {
                    let stops: Vec<&Unit> = stops.iter().collect();
                    serving(request, asked.user, &stops, impact);
                    copies::of_units(request, &stops, until.into_std(), impact);
                    tell_vital(&stops, false, impact);
                }
                Err(why) => unseen(why, impact),
            }
            return;
        }
        Act::Mask { now: false } => masked(&manager, &units, impact).await,
        Act::Kill { signal, main } => signal::probe_impact(request, signal, *main, &units, impact),
        Act::Stop
        | Act::Restart { .. }
        | Act::Mask { now: true }
        | Act::Freeze
        | Act::Isolate
        | Act::Marked => {}
    }
    let restarts = matches!(asked.act, Act::Restart { .. });
    if let Act::Restart { reloads, only_running } = asked.act {
        restart(request, asked, &units, (reloads, only_running), until, answered).await;
    }
    let impact = &mut answered.impact;
    let running: Vec<&Unit> = units.iter().filter(|unit| unit.is_active()).collect();
    let ends = !matches!(asked.act, Act::Mask { now: false } | Act::Freeze);
    let stops = ends && !matches!(asked.act, Act::Kill { .. });
    // What is only reloaded takes nothing along.
    let reloads = matches!(asked.act, Act::Restart { reloads: true, .. });
    let gone: Vec<Unit> = units.iter().filter(|unit| !(reloads && unit.can_reload)).cloned().collect();
    let with = if stops { with_them(&manager, asked, &gone, impact).await } else { Vec::new() };
    if running.is_empty() && with.is_empty() && !restarts {
        impact.lower(Effect::Mutate, not_running(&units));
    }
    let all: Vec<&Unit> = running.iter().copied().chain(&with).collect();
    let nothing_runs = !all.is_empty() && all.iter().all(|unit| runs_nothing(unit));
    if stops && nothing_runs {
        impact.lower(Effect::Mutate, "it runs nothing itself: it only stands for other units or starts them");
    } else {
        along(&with, asked.user, impact);
    }
    let ending: Vec<&Unit> = gone.iter().filter(|unit| unit.is_active() && ends).collect();
    let goes_down = after::sequel(&manager, &ending, impact).await;
    let serves = serving(request, asked.user, &all, impact);
    if ends {
        copies::of_units(request, &all, until.into_std(), impact);
    }
    let vital = tell_vital(&all, restarts, impact);
    for unit in all.iter().filter(|unit| unit.restarts > 0) {
        let times = if unit.restarts == 1 { "once".to_owned() } else { format!("{} times", unit.restarts) };
        impact.also.push(format!("{} has failed and been started again {times}", unit.name()));
    }
    if asked.act == Act::Stop {
        again(&manager, &running, impact).await;
    }
    let whole = asked.act == Act::Isolate || goes_down;
    let plain = |unit: &&Unit| unit.is_a(".service") || unit.is_a(".socket") || runs_nothing(unit);
    impact.light = !whole
        && !vital
        && with.is_empty()
        && all.iter().all(plain)
        && serves.is_some_and(|serves| serves.clients == 0 && !serves.data);
    // What a person's own manager runs is theirs alone, unless others are served by it.
    let own = serves.is_some_and(|serves| serves.remote == 0 && !serves.data);
    if asked.user && own && !whole && impact.gaps.is_empty() {
        impact.lower(Effect::Mutate, "it is your own, holds no data and serves nobody on another machine");
    }
}

/// What stops by a start could not be learnt: then it is not taken for nothing.
fn unseen(why: Why, impact: &mut Impact) {
    impact.unseen("what this stops", why);
    impact.raise(Effect::Disrupt, "what it would stop could not be asked");
}

/// What stops with units that stop: what depends on them, what nothing needs any more, and what a restart conflicts with.
async fn with_them(manager: &Manager<'_>, asked: &Units, gone: &[Unit], impact: &mut Impact) -> Vec<Unit> {
    let mut with = match manager.dependents(gone).await {
        Ok(with) => with,
        Err(why) => {
            impact.unseen("what stops with it", why);
            Vec::new()
        }
    };
    let going: Vec<&Unit> = gone.iter().chain(&with).collect();
    let restarts = matches!(asked.act, Act::Restart { .. });
    let starts = matches!(asked.act, Act::Restart { only_running: false, .. });
    // What comes back needs the rest again.
    let more = if restarts { Ok(Vec::new()) } else { after::unneeded(manager, &going).await };
    match more {
        Ok(more) => with.extend(more),
        Err(why) => impact.unseen("what stops because nothing needs it then", why),
    }
    if starts {
        match start::probe_impact(manager, asked, gone, impact).await {
            Ok(more) => with.extend(more),
            Err(why) => impact.unseen("what stops by what it conflicts with", why),
        }
    }
    let mut seen = BTreeSet::new();
    with.retain(|unit| gone.iter().all(|own| own.id != unit.id) && seen.insert(unit.id.clone()));
    with
}

/// Tells what is gone without units that the machine cannot do without; whether there are any.
fn tell_vital(units: &[&Unit], restarts: bool, impact: &mut Impact) -> bool {
    // What ssh and the network are without matters when they stay away; a restart that works is over at once.
    let found = units.iter().filter(|unit| !restarts || cuts_off(unit.name()));
    let found: Vec<String> =
        found.filter_map(|unit| Some(format!("{}: {}", unit.name(), vital::without(unit.name())?))).collect();
    let any = !found.is_empty();
    for line in found {
        impact.also.insert(0, line);
    }
    any
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

/// Targets stand for other units, timers and paths start them; sockets listen, so that they are none of these.
fn runs_nothing(unit: &Unit) -> bool {
    unit.is_a(".timer") || unit.is_a(".path") || unit.is_a(".target")
}

fn not_running(units: &[Unit]) -> String {
    match units {
        [unit] if unit.active == "failed" => format!("{} has failed and is not running", unit.name()),
        [unit] => format!("{} is not running", unit.name()),
        _ => "none of them is running".to_owned(),
    }
}

/// How many units that are not there, or that nobody could ask about, are told one by one.
const MOST_MISSING: usize = 1_000;

fn subject(name: &str) -> Subject {
    Subject {
        kind: "unit".to_owned(),
        resource: "units".to_owned(),
        name: name.strip_suffix(".service").unwrap_or(name).to_owned(),
        ..Subject::default()
    }
}

/// Units that stop with those that were named.
fn along(with: &[Unit], user: bool, impact: &mut Impact) {
    if with.is_empty() {
        return;
    }
    group(with, impact);
    let names: Vec<&str> = with.iter().take(3).map(Unit::name).collect();
    let more = if with.len() > 3 { format!(" and {} more", with.len() - 3) } else { String::new() };
    let named = impact.subjects_total;
    impact.surprise.get_or_insert_with(|| {
        format!(
            "you named {}, {} stop; not named by you: {}{more}",
            counted(named, "unit"),
            named + with.len() as u64,
            names.join(", "),
        )
    });
    // A person's own units belong together more often than not; a session's target takes the whole of it along.
    if !user || impact.subjects.iter().any(|subject| subject.name.ends_with(".target")) {
        impact.raise(Effect::Disrupt, format!("takes along {}{more}", names.join(", ")));
    }
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
    clean::probe_impact(request.root, what, &still, until, impact);
}

/// What was written in `/etc` goes: drop-ins, limits that were set, and a file of its own where its package has one
/// (`unit_file_revert` in `src/shared/install.c`).
fn reverted(request: &Request<'_>, units: &[Unit], impact: &mut Impact) {
    let vendor = |unit: &Unit| {
        ["usr/lib", "lib"]
            .iter()
            .any(|dir| request.root.join(dir).join("systemd/system").join(&unit.id).exists())
    };
    let goes = |unit: &&Unit, file: &str| {
        // Not those for all units of a kind, or of a prefix.
        let beside = file.contains(&format!("/{}.d/", unit.id));
        let own = file.rsplit('/').next() == Some(unit.id.as_str());
        file.starts_with("/etc/systemd/") && (beside || (own && vendor(unit)))
    };
    let files: Vec<String> =
        units.iter().flat_map(|u| u.files.iter().filter(move |f| goes(&u, f))).cloned().collect();
    if !files.is_empty() {
        impact.raise(Effect::Disrupt, "what was written about it on this machine is removed, without a copy");
        impact.also.extend(files.into_iter().map(|file| format!("{file} is removed")));
        impact.light = true;
    }
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

/// Whom units serve.
#[derive(Clone, Copy, Debug, Default)]
struct Serves {
    /// Connections that are open to them.
    clients: u64,
    /// Addresses of other machines among those.
    remote: usize,
    /// A program that holds data runs in one of them.
    data: bool,
}

/// Who is served by the units, one clause each, those with most clients first; `None` where that is not known.
fn serving(request: &Request<'_>, user: bool, units: &[&Unit], impact: &mut Impact) -> Option<Serves> {
    let mut sum = Serves::default();
    if units.is_empty() {
        return Some(sum);
    }
    let proc = Proc::at(request.root);
    let processes = match proc.processes() {
        Ok(processes) => processes,
        Err(why) => {
            impact.gap("connections to it", why);
            return None;
        }
    };
    let mut known = true;
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
                sum.clients += clients;
                sum.remote += listeners.iter().flat_map(|l| &l.peers).filter(|p| !p.is_loopback()).count();
                parts.extend(served(&listeners));
            }
            // Others' sockets are root's to see.
            Err(why) if runs && !user => {
                known = false;
                impact.gap(format!("connections to {}", unit.name()), why);
            }
            Err(_) => known &= !runs,
        }
        sum.data |= processes.iter().any(|p| pids.contains(&p.pid) && servers::is_database(&p.name));
        if !parts.is_empty() {
            clauses.push((clients, runs, format!("{}: {}", unit.name(), parts.join(", "))));
        }
    }
    clauses.sort_by_key(|(clients, runs, _)| std::cmp::Reverse((*clients, *runs)));
    // Beside units with processes those that only stand for something tell nothing.
    let any = clauses.iter().any(|(_, runs, _)| *runs);
    impact.also.extend(clauses.into_iter().filter(|(_, runs, _)| *runs || !any).map(|(_, _, clause)| clause));
    known.then_some(sum)
}

/// Without the manager: what the process table says of the processes whose numbers the service itself left in `/run`.
/// That units could not be asked for stays a gap.
fn without_manager(request: &Request<'_>, asked: &Units, why: Why, impact: &mut Impact) {
    impact.subjects = asked.names.iter().take(MOST_MISSING).map(|name| subject(name)).collect();
    impact.subjects_total = asked.names.len() as u64;
    impact.unseen("what the service manager would stop", why);
    let proc = Proc::at(request.root);
    let mut lines = Vec::new();
    for name in asked.names.iter().take(MOST_MISSING) {
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
    use crate::run::proc::{Listener, Process, Protocol};

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
