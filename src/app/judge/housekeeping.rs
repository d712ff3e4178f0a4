//! Whether the machine itself is at work, and no person: log rotation, timers, cron jobs and updates call `systemctl` by
//! night, by PATH, and mean the machine they run on. What guard is for, the right command in the wrong place, takes a
//! person; refusing these for want of a terminal would break the machine instead.

use crate::app::caller::actor;
use crate::engine::policy::rule::Actor;
use crate::probe::proc::Proc;
use crate::prompt::Terminal;
use crate::run::token::Process;
use crate::world::World;
use std::path::Path;

/// Services through which people come: what runs below them is a person's, session or not.
const DOORS: &[&str] = &[
    "ssh",
    "sshd",
    "dropbear",
    "telnet",
    "telnetd",
    "inetd",
    "xinetd",
    "cockpit",
    "shellinabox",
    "ttyd",
    "wetty",
];
/// Programs that restart services as the end of a change of packages, after their own question.
const AFTER_PACKAGES: &[&str] = &["needrestart"];
/// How far above a call they are looked for.
const HEIGHT: usize = 6;

/// Whether a call of a tool for units or for the whole machine comes from the machine itself. Agents and pipelines never
/// count, whatever started them.
pub fn is_housekeeping(tool: &str, world: &World) -> bool {
    if super::host::is_package_tool(tool) || actor(world) != Actor::Human {
        return false;
    }
    let proc = Proc::at(Path::new("/"));
    let above = |seen: crate::run::token::Seen| proc.process(seen.process.pid).map(|p| p.name);
    if Process::ancestors().take(HEIGHT).filter_map(above).any(|name| AFTER_PACKAGES.contains(&name.as_str()))
    {
        return true;
    }
    let own = proc.process(std::process::id());
    Terminal::available().is_err() && own.and_then(|own| own.cgroup).is_some_and(|place| is_service(&place))
}

/// Whether a place in systemd's hierarchy of control groups is that of a service nobody logs in through. What a person
/// starts with systemd-run is called `run-….service`.
fn is_service(place: &str) -> bool {
    let Some(unit) = place.strip_prefix("/system.slice/").and_then(|rest| rest.rsplit('/').next()) else {
        return false;
    };
    let Some(name) = unit.strip_suffix(".service") else { return false };
    let name = name.split('@').next().unwrap_or(name);
    let door = DOORS.contains(&name) || name.contains("getty");
    !door && !name.starts_with("run-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_and_what_people_come_through() {
        for place in [
            "/system.slice/logrotate.service",
            "/system.slice/cron.service",
            "/system.slice/apt-daily-upgrade.service",
            "/system.slice/system-backup.slice/backup@db.service",
        ] {
            assert!(is_service(place), "{place}");
        }
        for place in [
            "/user.slice/user-1000.slice/session-3.scope",
            "/user.slice/user-1000.slice/user@1000.service/app.slice/x.service",
            "/system.slice/ssh.service",
            "/system.slice/sshd@4-10.0.0.1:22.service",
            "/system.slice/system-getty.slice/getty@tty1.service",
            "/system.slice/run-u12.service",
            "/system.slice/docker-abc.scope",
            "/system.slice",
            "/",
            "",
        ] {
            assert!(!is_service(place), "{place}");
        }
    }
}
