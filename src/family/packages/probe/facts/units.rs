//! Units of the service manager that a package brings: which of them are active, and since when.

use super::info::Info;
use super::{PackageFacts, Unit};
use crate::engine::fact::Why;
use crate::run::child;
use crate::run::proc::Proc;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Kinds of units that do something by being active.
const KINDS: &[&str] = &[".service", ".socket", ".timer", ".path", ".mount", ".automount", ".swap"];
/// So long systemd may take: it answers in milliseconds, or not at all.
const PATIENCE: Duration = Duration::from_secs(2);

/// The names of the units a package brings; those of templates end in `@.service`.
pub(super) fn brought(info: &Info) -> impl Iterator<Item = &str> {
    info.paths.iter().filter(|_| info.installed).filter_map(|path| {
        let (dir, name) = path.rsplit_once('/')?;
        // `multi-user.target.wants/x.service` is a link to it.
        (dir.ends_with("/systemd/system") && KINDS.iter().any(|kind| name.ends_with(kind))).then_some(name)
    })
}

/// The template that a unit is an instance of: `postgresql@.service` of `postgresql@15-main.service`.
pub(super) fn template(unit: &str) -> Option<String> {
    let (name, rest) = unit.split_once('@')?;
    let (_, kind) = rest.rsplit_once('.')?;
    Some(format!("{name}@.{kind}"))
}

/// A question to systemd that is under way.
pub(super) struct Asked {
    answer: Option<Receiver<Result<Vec<Unit>, Why>>>,
    until: Instant,
}

impl Asked {
    /// Asks for everything the packages bring at once, where systemd runs.
    pub fn start(root: &Path, infos: &[Info], until: Instant) -> Asked {
        let until = until.min(Instant::now() + PATIENCE);
        let names: Vec<String> =
            infos.iter().flat_map(brought).map(|name| name.replace("@.", "@*.")).collect();
        let running = root == Path::new("/") && Path::new("/run/systemd/system").exists();
        if names.is_empty() || !running {
            return Asked { answer: None, until };
        }
        let (send, answer) = channel();
        let _ = std::thread::Builder::new().name("units".to_owned()).spawn(move || {
            let _ = send.send(show(&names, until));
        });
        Asked { answer: Some(answer), until }
    }

    /// Takes the answer. Without systemd the processes alone say which units there are.
    pub fn fill(self, infos: &[Info], all: &mut [PackageFacts]) {
        let answer = match self.answer {
            None => return by_processes(infos, all),
            Some(answer) => answer.recv_timeout(self.until.saturating_duration_since(Instant::now())),
        };
        let units = match answer {
            Ok(Ok(units)) => units,
            Ok(Err(why)) => return unanswered(infos, all, &why),
            Err(_) => return unanswered(infos, all, &Why::TimedOut),
        };
        for (facts, info) in all.iter_mut().zip(infos) {
            let own: Vec<&str> = brought(info).collect();
            let is_own = |unit: &&Unit| {
                own.contains(&unit.name.as_str())
                    || template(&unit.name).is_some_and(|t| own.contains(&t.as_str()))
            };
            facts.units = units.iter().filter(is_own).cloned().collect();
        }
    }
}

fn unanswered(infos: &[Info], all: &mut [PackageFacts], why: &Why) {
    for (facts, info) in all.iter_mut().zip(infos) {
        if brought(info).next().is_some() {
            facts.gap(format!("units of {}", info.name), why.clone());
        }
    }
    by_processes(infos, all);
}

fn by_processes(infos: &[Info], all: &mut [PackageFacts]) {
    let mut owners: BTreeMap<String, usize> = BTreeMap::new();
    for (n, info) in infos.iter().enumerate() {
        owners.extend(brought(info).map(|unit| (unit.to_owned(), n)));
    }
    let mut found: Vec<(usize, Unit)> = Vec::new();
    for process in all.iter().flat_map(|f| &f.processes) {
        let Some(name) = &process.unit else { continue };
        let owner = owners.get(name).or_else(|| owners.get(&template(name)?));
        if let Some(owner) = owner {
            found.push((*owner, Unit { name: name.clone(), since_s: process.since_s }));
        }
    }
    for (owner, unit) in found {
        let Some(facts) = all.get_mut(owner) else { continue };
        match facts.units.iter_mut().find(|u| u.name == unit.name) {
            // The oldest process began with the unit.
            Some(have) => have.since_s = have.since_s.max(unit.since_s),
            None => facts.units.push(unit),
        }
    }
}

/// `systemctl show`, which answers for patterns too, and for units that are not loaded.
fn show(names: &[String], until: Instant) -> Result<Vec<Unit>, Why> {
    let program = ["/usr/bin/systemctl", "/bin/systemctl"].into_iter().find(|p| Path::new(p).exists());
    let program = program.ok_or_else(|| Why::Failed("no systemctl".to_owned()))?;
    let mut command = Command::new(program);
    command.args(["show", "--no-pager", "-p", "Id,ActiveState,ActiveEnterTimestampMonotonic", "--"]);
    command.args(names).env("LC_ALL", "C");
    let done = child::wait(command, None, until.saturating_duration_since(Instant::now()))?;
    let text = String::from_utf8_lossy(&done.out).into_owned();
    let units = parse(&text, Proc::at(Path::new("/")).uptime());
    // An answer without any unit is none: systemd itself could not be reached.
    if text.trim().is_empty() && names.iter().any(|n| !n.contains('*')) {
        return Err(Why::Unreachable("systemd".to_owned()));
    }
    Ok(units)
}

fn parse(text: &str, uptime: Option<u64>) -> Vec<Unit> {
    let one = |block: &str| {
        let value = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
        let active =
            matches!(value("ActiveState"), Some("active" | "activating" | "reloading" | "refreshing"));
        let entered =
            value("ActiveEnterTimestampMonotonic").and_then(|t| t.parse::<u64>().ok()).filter(|t| *t > 0);
        let since_s = entered.and_then(|t| Some(uptime?.saturating_sub(t / 1_000_000)));
        active.then(|| Unit { name: value("Id").unwrap_or_default().to_owned(), since_s })
    };
    let mut units: Vec<Unit> = text.split("\n\n").filter_map(one).filter(|u| !u.name.is_empty()).collect();
    units.dedup();
    units
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::family::packages::probe::facts::Process;

    fn info() -> Info {
        Info {
            name: "postgresql-common".into(),
            installed: true,
            paths: [
                "/lib/systemd/system/postgresql@.service",
                "/lib/systemd/system/postgresql.service",
                "/usr/lib/systemd/system/x.target",
                "/usr/lib/systemd/user/y.service",
                "/etc/systemd/system/multi-user.target.wants/z.service",
            ]
            .map(str::to_owned)
            .to_vec(),
            ..Info::default()
        }
    }

    #[test]
    fn units_by_their_paths() {
        let info = info();
        assert_eq!(brought(&info).collect::<Vec<_>>(), ["postgresql@.service", "postgresql.service"]);
        assert_eq!(template("postgresql@15-main.service").as_deref(), Some("postgresql@.service"));
        assert_eq!(template("nginx.service"), None);
    }

    #[test]
    fn what_systemctl_says() {
        let text = "Id=a.service\nActiveState=active\nActiveEnterTimestampMonotonic=5000000\n\n\
                    Id=b.service\nActiveState=inactive\nActiveEnterTimestampMonotonic=0\n\n\
                    Id=c.timer\nActiveState=active\nActiveEnterTimestampMonotonic=0\n";
        let units = parse(text, Some(105));
        assert_eq!(
            units,
            [
                Unit { name: "a.service".into(), since_s: Some(100) },
                Unit { name: "c.timer".into(), since_s: None }
            ]
        );
    }

    #[test]
    fn processes_tell_their_units_where_systemd_cannot_be_asked() {
        let process = |unit: &str, since| Process {
            unit: Some(unit.into()),
            since_s: Some(since),
            ..Process::default()
        };
        let server = PackageFacts {
            processes: vec![
                process("postgresql@15-main.service", 5),
                process("postgresql@15-main.service", 9),
            ],
            ..PackageFacts::default()
        };
        let infos = [info(), Info::default()];
        let mut all = [PackageFacts::default(), server];
        by_processes(&infos, &mut all);
        let unit = Unit { name: "postgresql@15-main.service".into(), since_s: Some(9) };
        assert_eq!(all.first().unwrap().units, [unit]);
    }
}
