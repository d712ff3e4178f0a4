//! The whole machine goes down: whom it serves, who is on it, what is under way, what starts in its place.

use super::counted::served;
use super::requested_units::Down;
use super::{Answered, Request, copies, sessions, when};
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::human::{counted, span};
use crate::engine::impact::{Group, Impact, Subject};
use crate::family::machine::servers::{DATABASES, is_database};
use crate::run::proc::{Listener, Proc, Process, Protocol};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::Instant;

/// Programs that must not be cut short, and why.
const BUSY: &[(&str, &str)] = &[
    ("dpkg", "packages are being changed: a half-installed system may not start again"),
    ("apt-get", "packages are being changed"),
    ("apt", "packages are being changed"),
    ("aptitude", "packages are being changed"),
    ("unattended-upgr", "unattended-upgrades is at work or waits to be"),
    ("pg_dump", "a dump is being made"),
    ("pg_dumpall", "a dump is being made"),
    ("pg_basebackup", "a backup is being made"),
    ("pgbackrest", "pgBackRest is at work"),
    ("wal-g", "WAL-G is at work"),
    ("restic", "restic is at work"),
    ("borg", "borg is at work"),
    ("mysqldump", "a dump is being made"),
    ("mariadb-dump", "a dump is being made"),
    ("rsync", "rsync is copying"),
    ("fwupdtool", "firmware is being written"),
    ("flashrom", "firmware is being written"),
    ("mkfs.ext4", "a file system is being made"),
    ("resize2fs", "a file system is being resized"),
    ("pvmove", "LVM is moving data"),
];

/// Looks at the machine.
pub fn probe_impact(request: &Request<'_>, down: &Down, answered: &mut Answered) {
    let impact = &mut answered.impact;
    let proc = Proc::at(request.root);
    impact.whole_scope = true;
    impact.subjects.push(Subject {
        kind: "machine".to_owned(),
        resource: "machines".to_owned(),
        name: name(request),
        age_s: None,
        ..Subject::default()
    });
    impact.subjects_total = 1;
    impact.raise(if down.forced { Effect::Destroy } else { Effect::Disrupt }, reason(down));
    let mut logind = true;
    match proc.processes() {
        Ok(processes) => {
            // It starts when it is called, where there is a bus to call it by.
            let keeper =
                |name: &str| matches!(name, "systemd-logind" | "dbus-daemon" | "dbus-broker" | "elogind");
            logind = processes.iter().any(|process| keeper(&process.name));
            busy(&processes, impact);
            serving(&proc, &processes, impact);
            containers(&processes, impact);
            if !down.only_sleeps() {
                let holds = processes.iter().filter(|process| is_database(&process.name));
                let pids: Vec<u32> = holds.map(|process| process.pid).collect();
                copies::of_processes(request, &pids, Instant::now() + request.deadline, impact);
            }
        }
        Err(why) => impact.gap("what runs on it", why),
    }
    raid(request.root, impact);
    inhibitors(request.root, impact);
    match sessions::all(request.root) {
        Some(sessions) => impact.also.extend(sessions::clause(&sessions)),
        None => impact.gap("who is logged in", Why::Failed("neither logind nor utmp is here".to_owned())),
    }
    if let Some(uptime) = proc.uptime() {
        impact.also.push(format!("up {}", span(uptime)));
    }
    if !down.only_sleeps() {
        impact.also.extend(next_kernel(request.root));
    }
    impact.also.splice(0..0, timing(request.root, down, logind));
    if down.forced {
        answered.safer =
            Some(if down.how == "reboot" { "systemctl reboot" } else { "systemctl poweroff" }.to_owned());
    } else if down.when.is_none()
        && matches!(down.how.as_str(), "reboot" | "poweroff")
        && request.tool != "shutdown"
    {
        let letter = if down.how == "reboot" { "-r" } else { "-P" };
        answered.safer = Some(format!("shutdown {letter} +5"));
    }
}

fn name(request: &Request<'_>) -> String {
    let path = request.root.join("proc/sys/kernel/hostname");
    fs::read_to_string(path).map(|name| name.trim().to_owned()).unwrap_or_default()
}

fn reason(down: &Down) -> &'static str {
    match () {
        () if down.forced => "nothing is stopped or written to disk first",
        () if down.only_sleeps() => "everything stands still until it is woken",
        () if down.how == "reboot" || down.how == "soft-reboot" || down.how == "kexec" => {
            "everything on it stops until it is up again"
        }
        () => "everything on it stops, and somebody has to start it again",
    }
}

/// When it happens, and what stands in the way of that: first of all, because it may be otherwise than it reads.
fn timing(root: &Path, down: &Down, logind: bool) -> Vec<String> {
    let now = Timestamp::now();
    let mut lines = Vec::new();
    if let Some(stray) = &down.stray {
        lines.push(format!("AT ONCE: `{stray}` is no time for this command, only a word for the next start"));
    }
    if let Some(when) = &down.when {
        lines.push(when::told(when, &now.to_zoned(when::zone(root))));
        // `logind_schedule_shutdown`: "proceeding with immediate shutdown".
        if !logind {
            lines.insert(0, "AT ONCE: logind, which keeps such plans, does not run here".to_owned());
        }
        lines.extend(when::planned(root, now).map(|plan| format!("takes the place of {}", plan.told())));
    }
    lines
}

/// A rehearsal is planned like the real thing, and there is one plan.
pub fn rehearse(root: &Path, impact: &mut Impact) {
    if let Some(plan) = when::planned(root, Timestamp::now()) {
        let told = plan.told();
        impact.also.push(format!("{told} will NOT happen: the rehearsal takes its place"));
        impact.raise(Effect::Disrupt, format!("calls off {told}"));
        impact.light = true;
    }
}

/// What is under way, before anything else.
fn busy(processes: &[Process], impact: &mut Impact) {
    for (name, why) in BUSY {
        if let Some(process) = processes.iter().find(|process| process.name == *name && process.exe.is_some())
        {
            // unattended-upgrades waits for the shutdown from the start of the machine on.
            let waits = *name == "unattended-upgr" && processes.iter().all(|p| p.name != "dpkg");
            if !waits {
                impact.also.insert(0, format!("{why} ({name}, process {})", process.pid));
            }
        }
    }
}

/// Units with clients or with an address that others reach, those with most clients first; databases in any case.
fn serving(proc: &Proc, processes: &[Process], impact: &mut Impact) {
    const SHOWN: usize = 6;
    let listeners = match proc.listeners() {
        Ok(listeners) => listeners,
        Err(why) => return impact.gap("whom it serves", why),
    };
    let mut owners: BTreeMap<u64, &Process> = BTreeMap::new();
    let mut hidden = None;
    for process in processes {
        match proc.sockets_of(process.pid) {
            Ok(inodes) => {
                for inode in inodes {
                    // The service rather than the manager that opened its socket for it.
                    let have = owners.entry(inode).or_insert(process);
                    if have.pid == 1 {
                        *have = process;
                    }
                }
            }
            Err(why) => hidden = Some(why),
        }
    }
    if let Some(why) = hidden {
        impact.gap("processes of other users", why);
    }
    let mut by_service: BTreeMap<String, Vec<Listener>> = BTreeMap::new();
    for listener in listeners {
        let Some(process) = listener.inodes.iter().find_map(|inode| owners.get(inode)) else { continue };
        by_service.entry(service(process)).or_default().push(listener);
    }
    for process in processes {
        if let Some((_, what)) = DATABASES.iter().find(|(name, _)| *name == process.name) {
            // Its children have the same name.
            let is_child = processes.iter().any(|p| p.pid == process.parent && p.name == process.name);
            if !is_child {
                by_service.entry(service(process)).or_default();
                impact.raise(Effect::Disrupt, format!("{what} runs on it"));
            }
        }
    }
    let mut found: Vec<(u64, bool, String)> = Vec::new();
    for (name, mut listeners) in by_service {
        listeners.sort_by_key(|l| std::cmp::Reverse(l.clients));
        let clients: u64 = listeners.iter().map(|l| l.clients).sum();
        let reached = listeners.iter().any(|l| !l.is_local && l.protocol == Protocol::Tcp);
        let only_itself = listeners.iter().all(|l| l.protocol == Protocol::Unix);
        let holds =
            processes.iter().any(|p| service(p) == name && DATABASES.iter().any(|(d, _)| *d == p.name));
        if holds || (!only_itself && (clients > 0 || reached)) {
            let what = served(&listeners).map(|s| format!(": {s}")).unwrap_or_default();
            found.push((clients, holds, format!("{name}{what}")));
        }
    }
    found.sort_by_key(|(clients, holds, _)| std::cmp::Reverse((*clients, *holds)));
    let names: Vec<String> =
        found.iter().map(|(_, _, clause)| clause.split(':').next().unwrap_or_default().to_owned()).collect();
    if !names.is_empty() {
        impact.groups.push(Group {
            kind: "service".to_owned(),
            count: names.len() as u64,
            names: names.into_iter().take(SHOWN).collect(),
            ..Group::default()
        });
    }
    impact.also.extend(
        found.into_iter().take(SHOWN).filter(|(clients, ..)| *clients > 0).map(|(_, _, clause)| clause),
    );
}

/// The unit of a process without `.service`, else its own name.
fn service(process: &Process) -> String {
    let unit =
        process.unit.as_deref().filter(|unit| unit.ends_with(".service") && !unit.starts_with("user@"));
    unit.map_or_else(|| process.name.clone(), |unit| unit.trim_end_matches(".service").to_owned())
}

/// Containers have networks of their own: their number stands for what they serve.
fn containers(processes: &[Process], impact: &mut Impact) {
    let is_container = |cgroup: &&str| {
        ["/docker-", "/docker/", "/libpod-", "/kubepods", "/lxc.payload", "/machine.slice/"]
            .iter()
            .any(|m| cgroup.contains(m))
    };
    let found: BTreeSet<&str> =
        processes.iter().filter_map(|p| p.cgroup.as_deref()).filter(is_container).collect();
    if !found.is_empty() {
        let stop = if found.len() == 1 { "stops" } else { "stop" };
        impact.also.push(format!("{} {stop} too", counted(found.len() as u64, "container")));
    }
}

/// md(4): an array that is being rebuilt starts over, or is one disk away from being lost.
fn raid(root: &Path, impact: &mut Impact) {
    let text = fs::read_to_string(root.join("proc/mdstat")).unwrap_or_default();
    let mut array = "";
    for line in text.lines() {
        if let Some((name, _)) = line.split_once(" : ") {
            array = name;
        }
        if ["recovery =", "resync =", "reshape ="].iter().any(|word| line.contains(word)) {
            impact.also.insert(0, format!("the array {array} is being rebuilt"));
        }
    }
}

/// Programs that have asked for no shutdown now (logind's inhibitor locks).
fn inhibitors(root: &Path, impact: &mut Impact) {
    let Ok(entries) = fs::read_dir(root.join("run/systemd/inhibit")) else { return };
    for entry in entries.flatten().filter(|e| e.file_type().is_ok_and(|kind| kind.is_file())) {
        let Ok(text) = fs::read_to_string(entry.path()) else { continue };
        let get = |key: &str| {
            let value = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            value.map(|value| value.trim_matches('"').to_owned()).unwrap_or_default()
        };
        if get("WHAT").split(':').any(|what| what == "shutdown") && get("MODE") == "block" {
            impact.also.insert(0, format!("{} asks not to be interrupted: {}", get("WHO"), get("WHY")));
        }
    }
}

/// What starts, where that is another kernel than the one that runs.
fn next_kernel(root: &Path) -> Option<String> {
    let running = fs::read_to_string(root.join("proc/sys/kernel/osrelease")).ok()?;
    let running = running.trim();
    let link = ["vmlinuz", "boot/vmlinuz"].iter().find_map(|name| fs::read_link(root.join(name)).ok())?;
    let next = link.file_name()?.to_str()?.strip_prefix("vmlinuz-")?;
    (next != running && !running.is_empty()).then(|| format!("starts the kernel {next} (now {running})"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::family::units::probe::requested_units::When;
    use crate::world::World;
    use std::time::Duration;

    struct Machine(tempfile::TempDir);

    impl Machine {
        fn new() -> Machine {
            let machine = Machine(tempfile::tempdir().unwrap());
            machine.write("proc/uptime", "35600000.10 0.0\n");
            machine.write("proc/sys/kernel/hostname", "db1\n");
            machine.write("proc/sys/kernel/osrelease", "6.1.0-25-amd64\n");
            machine.process(1, "systemd", "0::/init.scope", &[]);
            machine
        }

        fn write(&self, name: &str, text: &str) {
            let path = self.0.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }

        fn process(&self, pid: u32, name: &str, cgroup: &str, sockets: &[u64]) {
            let rest =
                ["S", "1"].into_iter().chain(std::iter::repeat_n("0", 20)).collect::<Vec<_>>().join(" ");
            self.write(&format!("proc/{pid}/stat"), &format!("{pid} ({name}) {rest}\n"));
            self.write(&format!("proc/{pid}/cgroup"), &format!("{cgroup}\n"));
            let dir = self.0.path().join(format!("proc/{pid}/fd"));
            fs::create_dir_all(&dir).unwrap();
            for (at, inode) in sockets.iter().enumerate() {
                std::os::unix::fs::symlink(format!("socket:[{inode}]"), dir.join(at.to_string())).unwrap();
            }
            std::os::unix::fs::symlink(
                format!("/usr/bin/{name}"),
                self.0.path().join(format!("proc/{pid}/exe")),
            )
            .unwrap();
        }

        fn down(&self, how: &str, forced: bool, when: Option<&str>) -> Answered {
            let world = World::of(&[], "/");
            let request = Request {
                tool: how,
                words: &[],
                program: Path::new("/nonexistent"),
                world: &world,
                root: self.0.path(),
                deadline: Duration::from_secs(2),
            };
            let mut answered = Answered::default();
            let when = when.map(|when| When::Shutdown(when.to_owned()));
            let down = Down { how: how.to_owned(), forced, when, stray: None };
            probe_impact(&request, &down, &mut answered);
            answered
        }
    }

    #[test]
    #[cfg(target_endian = "little")]
    fn a_server_that_serves() {
        let machine = Machine::new();
        machine.process(20, "postgres", "0::/system.slice/postgresql@15-main.service", &[11]);
        machine.process(21, "nginx", "0::/system.slice/nginx.service", &[12]);
        machine.process(22, "dpkg", "0::/user.slice/user-0.slice/session-1.scope", &[]);
        machine.process(23, "x", "0::/system.slice/docker-ab12.scope", &[]);
        let line = |n, local: &str, remote: &str, state: &str, inode| {
            format!(
                "   {n}: {local} {remote} {state} 00000000:00000000 00:00000000 00000000 0 0 {inode} 1 0\n"
            )
        };
        let table = [
            "  sl  local_address rem_address st\n".to_owned(),
            line(0, "00000000:1538", "00000000:0000", "0A", 11),
            line(1, "00000000:0050", "00000000:0000", "0A", 12),
            line(2, "0701000A:1538", "0901000A:C350", "01", 31),
            line(3, "0701000A:1538", "0801000A:C350", "01", 32),
        ];
        machine.write("proc/net/tcp", &table.concat());
        machine.write("run/systemd/sessions/1", "USER=anna\nCLASS=user\nREMOTE_HOST=10.0.0.7\n");
        machine.write(
            "run/systemd/inhibit/1",
            "WHAT=shutdown\nMODE=block\nWHO=fwupd\nWHY=Firmware update in progress\n",
        );
        machine.write(
            "proc/mdstat",
            "md0 : active raid1 sdb1[2] sda1[0]\n      [>....]  recovery =  3.1% (1/2)\n",
        );
        std::os::unix::fs::symlink("boot/vmlinuz-6.1.0-28-amd64", machine.0.path().join("vmlinuz")).unwrap();
        let found = machine.down("reboot", false, None);
        assert_eq!(
            found.impact.also,
            [
                "fwupd asks not to be interrupted: Firmware update in progress",
                "the array md0 is being rebuilt",
                "packages are being changed: a half-installed system may not start again (dpkg, process 22)",
                "postgresql@15-main: 2 clients from 2 addresses (0.0.0.0:5432)",
                "1 container stops too",
                "1 session is open: anna from 10.0.0.7",
                "up 1 year",
                "starts the kernel 6.1.0-28-amd64 (now 6.1.0-25-amd64)",
            ]
        );
        assert_eq!(found.impact.groups[0].names, ["postgresql@15-main", "nginx"]);
        let why: Vec<&str> = found.impact.consequences.iter().map(|c| c.because.as_str()).collect();
        assert_eq!(why, ["everything on it stops until it is up again", "PostgreSQL runs on it"]);
        assert!(found.impact.gaps.is_empty(), "{:?}", found.impact.gaps);
        assert_eq!(found.safer.as_deref(), Some("shutdown -r +5"));
    }

    #[test]
    fn how_and_when() {
        let machine = Machine::new();
        machine.write("proc/net/tcp", "");
        let forced = machine.down("reboot", true, None);
        assert_eq!(forced.impact.consequences[0].effect, Effect::Destroy);
        assert_eq!(forced.safer.as_deref(), Some("systemctl reboot"));
        // Nobody keeps track of sessions here, nor of plans, and that is said.
        let planned = machine.down("poweroff", false, Some("+1")).impact;
        assert!(planned.also[0].starts_with("AT ONCE: logind"), "{planned:?}");
        assert_eq!(planned.gaps.len(), 1);
        machine.process(9, "systemd-logind", "0::/system.slice/systemd-logind.service", &[]);
        let planned = machine.down("poweroff", false, Some("+1")).impact;
        assert!(planned.also[0].starts_with("in 1 minute;"), "{planned:?}");
        machine.write("run/systemd/shutdown/scheduled", "USEC=99999999999999999\nMODE=reboot\n");
        let planned = machine.down("poweroff", false, Some("+1")).impact;
        assert!(planned.also[1].starts_with("takes the place of the reboot planned in"), "{planned:?}");
        let asleep = machine.down("suspend", false, None);
        assert!(asleep.impact.consequences[0].because.contains("woken"));
    }

    #[test]
    fn without_a_process_table_nothing_is_taken_for_granted() {
        let root = tempfile::tempdir().unwrap();
        let machine = Machine(root);
        let found = machine.down("reboot", false, None).impact;
        assert_eq!(found.gaps.len(), 2, "{found:?}");
    }
}
