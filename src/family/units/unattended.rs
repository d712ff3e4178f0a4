//! Whether the machine itself is at work, and no person: log rotation, timers, cron jobs and updates call `systemctl` by
//! night, by PATH, and mean the machine they run on. What guard is for, the right command in the wrong place, takes a
//! person; refusing these for want of a terminal would break the machine instead.
//!
//! What is known to be housekeeping passes; what is known to be a way in does not; of the rest nobody knows who is at
//! work, and policy says which of it may (`housekeeping:`).

pub mod unit_files;

use crate::engine::glob;
use crate::engine::situation::Actor;
use crate::family::actor::actor;
use crate::family::machine::resolve::{doors, login_session};
use crate::policy;
use crate::prompt::Terminal;
use crate::run::proc::Proc;
use crate::world::World;
use std::path::Path;
use unit_files::Manager;

/// Programs that restart services as the end of a change of packages, after their own question.
const AFTER_PACKAGES: &[&str] = &["needrestart"];
/// How far above a call they are looked for.
const HEIGHT: usize = 6;
/// Programs that run what was written down for a time. What they run may be in a session of its own (pam_systemd).
const SCHEDULERS: &[&str] = &["cron", "crond", "anacron", "fcron"];

/// Services that look after a machine by themselves, besides those that a timer starts: names without `.service`, up to
/// an `@`; patterns.
///
/// Sources: the service files of Debian 12 and 13 and of the vendors named.
const KEEPERS: &[&str] = &[
    // What was written down for a time.
    "cron",
    "crond",
    "anacron",
    "fcron",
    // systemd's own parts, devices and networks as they come and go.
    "systemd-*",
    "udev",
    "networkd-dispatcher",
    "NetworkManager-dispatcher",
    "networking",
    "ifup",
    "ifupdown-*",
    // What runs once while the machine starts or stops.
    "cloud-init*",
    "cloud-config",
    "cloud-final",
    "rc-local",
    "google-startup-scripts",
    "google-shutdown-scripts",
    "libvirt-guests",
    "kdump-tools",
    // Power, batteries, temperature, a hanging machine.
    "acpid",
    "apcupsd",
    "nut-monitor",
    "upsmon",
    "smartmontools",
    "smartd",
    "watchdog",
    // Updates.
    "apt-daily*",
    "unattended-upgrades",
    "packagekit*",
    "dnf-*",
    "snapd",
    "fwupd*",
    "logrotate",
    // Clusters and supervisors that start and stop by rule.
    "monit",
    "keepalived",
    "pacemaker",
    "corosync",
    // Configuration management that pulls its state.
    "puppet",
    "pe-puppet",
    "chef-client",
    "cinc-client",
    "cfengine3",
    "cf-execd",
];

/// Whether a call comes from the machine itself. Agents and pipelines never
/// count, whatever started them.
pub fn is_housekeeping(world: &World) -> bool {
    if actor(world) != Actor::Human {
        return false;
    }
    let above: Vec<String> = login_session::ancestors(world).into_iter().map(|(_, name)| name).collect();
    if above.iter().take(HEIGHT).any(|name| AFTER_PACKAGES.contains(&name.as_str())) {
        return true;
    }
    if Terminal::available().is_ok() {
        return false;
    }
    let own = Proc::at(Path::new("/")).process(std::process::id());
    let place = own.and_then(|own| own.cgroup);
    let started = Started {
        by_timer: &|manager, unit| unit_files::has_timer(world, manager, unit),
        by_policy: &|unit, exactly| {
            policy::load(world).is_ok_and(|policy| policy.lets_housekeep(unit, exactly))
        },
    };
    is_machine(place.as_deref().unwrap_or_default(), &above, &started)
}

/// What is said of a service elsewhere.
struct Started<'a> {
    by_timer: &'a dyn Fn(Manager, &str) -> bool,
    by_policy: &'a dyn Fn(&str, bool) -> bool,
}

/// Whether it is the machine that calls, by the place in systemd's hierarchy of control groups and the programs above.
fn is_machine(place: &str, above: &[String], started: &Started<'_>) -> bool {
    let scheduled = above.iter().any(|name| SCHEDULERS.contains(&name.as_str()));
    let door_above = above.iter().any(|name| doors::by_program(name).is_some());
    let Some((manager, unit)) = service(place) else { return scheduled && !door_above };
    let system = manager == Manager::System;
    if door_above || doors::by_unit(unit).is_some() {
        // A machine may be run by its Salt, say: that has to be written down, and by name.
        return system && (started.by_policy)(unit, true);
    }
    let name = unit.strip_suffix(".service").unwrap_or(unit);
    // What a person starts with systemd-run is called `run-….service`.
    if name.starts_with("run-") {
        return false;
    }
    (system && is_known(unit))
        || scheduled
        || (started.by_timer)(manager, unit)
        || (system && (started.by_policy)(unit, false))
}

/// Whether a service of the machine is known to look after it.
pub fn is_known(unit: &str) -> bool {
    let name = unit.strip_suffix(".service").unwrap_or(unit);
    let name = name.split('@').next().unwrap_or(name);
    KEEPERS.iter().any(|keeper| glob::matches(keeper, name))
}

/// The service a place in the hierarchy belongs to, and whose it is.
fn service(place: &str) -> Option<(Manager, &str)> {
    let unit = place.rsplit('/').find(|part| part.ends_with(".service"))?;
    if place.starts_with("/system.slice/") {
        return Some((Manager::System, unit));
    }
    let below_users = place.strip_prefix("/user.slice/")?.split('/').any(|part| part.starts_with("user@"));
    (below_users && !unit.starts_with("user@")).then_some((Manager::User, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(place: &str, above: &[&str]) -> bool {
        let above: Vec<String> = above.iter().map(|name| (*name).to_owned()).collect();
        let started = Started {
            by_timer: &|manager, unit| match manager {
                Manager::System => {
                    matches!(unit, "certbot.service" | "backup@db.service" | "ssh.service" | "run-u9.service")
                }
                Manager::User => unit == "mine.service",
            },
            by_policy: &|unit, exactly| match unit {
                "failover.service" => true,
                "amazon-ssm-agent.service" => !exactly,
                "salt-minion.service" => exactly,
                _ => false,
            },
        };
        is_machine(place, &above, &started)
    }

    #[test]
    fn what_looks_after_the_machine() {
        for place in [
            "/system.slice/logrotate.service",
            "/system.slice/cron.service",
            "/system.slice/apt-daily-upgrade.service",
            "/system.slice/systemd-logind.service",
            "/system.slice/system-ifup.slice/ifup@eth0.service",
            "/system.slice/certbot.service",
            "/system.slice/system-backup.slice/backup@db.service",
            "/system.slice/failover.service",
            "/user.slice/user-1000.slice/user@1000.service/app.slice/mine.service",
        ] {
            assert!(machine(place, &["bash", "systemd"]), "{place}");
        }
        // A way in that policy names.
        assert!(machine("/system.slice/salt-minion.service", &["sh", "salt-minion", "systemd"]));
        // A session of its own, as cron opens one where PAM says so.
        assert!(machine("/user.slice/user-0.slice/session-5.scope", &["sh", "cron", "systemd"]));
        assert!(machine("", &["sh", "crond"]));
    }

    #[test]
    fn what_people_come_through_and_what_nobody_knows() {
        for place in [
            "/user.slice/user-1000.slice/session-3.scope",
            "/user.slice/user-1000.slice/user@1000.service/app.slice/x.service",
            "/user.slice/user-1000.slice/user@1000.service",
            "/system.slice/ssh.service",
            "/system.slice/sshd@4-10.0.0.1:22.service",
            "/system.slice/system-getty.slice/getty@tty1.service",
            "/system.slice/amazon-ssm-agent.service",
            "/system.slice/snap.amazon-ssm-agent.amazon-ssm-agent.service",
            "/system.slice/tailscaled.service",
            "/system.slice/teleport.service",
            "/system.slice/qemu-guest-agent.service",
            "/system.slice/jenkins.service",
            "/system.slice/webmin.service",
            "/system.slice/jupyter.service",
            "/system.slice/run-u12.service",
            "/system.slice/run-u9.service",
            "/system.slice/docker-abc.scope",
            "/system.slice/app.service",
            "/system.slice",
            "/",
            "",
        ] {
            assert!(!machine(place, &["bash", "systemd"]), "{place}");
        }
        // A door above counts wherever its processes were put.
        for door in ["sshd", "ssm-document-wo", "salt-minion", "tailscaled", "qemu-ga", "miniserv.pl"] {
            assert!(!machine("/system.slice/cron.service", &["sh", door, "systemd"]), "{door}");
        }
    }
}
