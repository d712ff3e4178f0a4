//! Limits of units that run (`systemctl set-property`; systemd.resource-control(5)): a limit below what is used ends, stops
//! or cuts off what it is set for, at once.

use super::Request;
use super::counted::pids_of;
use super::manager::Unit;
use crate::engine::effect::Effect;
use crate::engine::human::{bytes, number};
use crate::engine::impact::Impact;
use crate::run::proc::{Proc, Process};
use std::fs;
use std::path::Path;

/// What a running unit uses; `None` where nobody says.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Used {
    memory: Option<u64>,
    tasks: Option<u64>,
    /// Per cent of one processor, on average since it started.
    cpu: Option<f64>,
    /// The machine's memory.
    machine: Option<u64>,
    denies_addresses: bool,
    lists_devices: bool,
}

/// Tells what the settings do to the units that run.
pub fn probe_impact(request: &Request<'_>, settings: &[String], units: &[Unit], impact: &mut Impact) {
    let running: Vec<&Unit> = units.iter().filter(|unit| unit.is_active()).collect();
    if running.is_empty() {
        return;
    }
    let proc = Proc::at(request.root);
    let processes = proc.processes().unwrap_or_default();
    let machine = memory_of_machine(request.root);
    for unit in running {
        let used = used(request, unit, &processes, proc.uptime(), machine);
        for setting in settings {
            if let Some(why) = cuts(setting, &used) {
                impact.also.insert(0, format!("{}: {setting}: {why}", unit.name()));
                impact.raise(Effect::Disrupt, format!("{setting} while {} runs: {why}", unit.name()));
            }
        }
    }
}

fn used(
    request: &Request<'_>,
    unit: &Unit,
    processes: &[Process],
    uptime: Option<u64>,
    machine: Option<u64>,
) -> Used {
    let pids = pids_of(unit, processes);
    let resident = |pid: &u32| {
        let text = fs::read_to_string(request.root.join(format!("proc/{pid}/status"))).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1024)
    };
    // Without accounting: what its processes hold. Pages they share count more than once, which errs to the safe side.
    let resident = || pids.iter().map(resident).try_fold(0_u64, |sum, one| Some(sum + one?));
    let seconds =
        uptime.zip(unit.active_since).map(|(up, since)| up.saturating_sub(since / 1_000_000).max(1));
    Used {
        memory: unit.memory.or_else(resident).filter(|_| unit.memory.is_some() || !pids.is_empty()),
        tasks: unit.tasks.or((!pids.is_empty()).then_some(pids.len() as u64)),
        cpu: unit.cpu_ns.zip(seconds).map(|(ns, s)| ns as f64 / 1e7 / s as f64),
        machine,
        denies_addresses: unit.denies_addresses,
        lists_devices: unit.lists_devices,
    }
}

fn memory_of_machine(root: &Path) -> Option<u64> {
    let text = fs::read_to_string(root.join("proc/meminfo")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    Some(line.trim().trim_end_matches(" kB").parse::<u64>().ok()? * 1024)
}

/// What a setting does at once to something that runs and uses this much; `None` when it does nothing that is known to
/// stop or cut off anything.
fn cuts(setting: &str, used: &Used) -> Option<String> {
    let (name, value) = setting.split_once('=')?;
    let value = value.trim();
    let lifts = value.is_empty() || value == "infinity";
    match name {
        "MemoryMax" | "MemoryLimit" | "MemoryHigh" if !lifts => {
            let then = if name == "MemoryHigh" { "it is slowed down" } else { "processes of it are ended" };
            match (size(value, used.machine), used.memory) {
                (Some(limit), Some(now)) if limit >= now => None,
                (Some(_), Some(now)) => Some(format!("it uses {}: {then}", bytes(now))),
                (Some(_), None) => Some(format!("how much it uses is not known; where it is more, {then}")),
                // systemctl refuses what is no size.
                (None, _) => None,
            }
        }
        "TasksMax" if !lifts && !value.ends_with('%') => {
            let limit: u64 = value.parse().ok()?;
            match used.tasks {
                Some(now) if limit > now => None,
                Some(now) => Some(format!("it has {} tasks: no other can start", number(now))),
                None => Some("how many tasks it has is not known; no other may be able to start".to_owned()),
            }
        }
        "CPUQuota" if !lifts => {
            let limit: f64 = value.strip_suffix('%')?.parse().ok()?;
            slowed(limit, used)
        }
        "AllowedCPUs" if !lifts => slowed(100.0 * processors(value)? as f64, used),
        "IPAddressDeny" if !value.is_empty() => Some("its connections to these addresses are cut".to_owned()),
        "IPAddressAllow" if value.is_empty() && used.denies_addresses => {
            Some("only what it denies is left: connections it allowed until now are cut".to_owned())
        }
        "IPIngressFilterPath" | "IPEgressFilterPath" if !value.is_empty() => {
            Some("its connections pass another filter from now on".to_owned())
        }
        "RestrictNetworkInterfaces" if !value.is_empty() => {
            Some("its connections over other interfaces are cut".to_owned())
        }
        "DevicePolicy" if matches!(value, "closed" | "strict") => {
            Some("other devices are cut off".to_owned())
        }
        "DeviceAllow" if !value.is_empty() && !used.lists_devices => {
            Some("every device that is not listed is cut off".to_owned())
        }
        _ => None,
    }
}

/// Whether fewer processors than it uses are left to it.
fn slowed(limit: f64, used: &Used) -> Option<String> {
    const LEAST: f64 = 5.0;
    match used.cpu {
        Some(now) if limit >= now && limit >= LEAST => None,
        Some(now) => Some(format!("it uses {now:.0} % of a processor on average: it is slowed down")),
        None => Some("how much it uses is not known; it may be slowed down".to_owned()),
    }
}

/// `512M`, `1.5G`, `10%`: units are powers of 1024 (`parse_size` in `src/basic/parse-util.c`).
fn size(value: &str, machine: Option<u64>) -> Option<u64> {
    if let Some(share) = value.strip_suffix('%') {
        return Some((machine? as f64 * share.trim().parse::<f64>().ok()? / 100.0) as u64);
    }
    let end = value.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(value.len());
    let (number, unit) = value.split_at_checked(end)?;
    let power = match unit.trim() {
        "" | "B" => 0,
        "K" => 1,
        "M" => 2,
        "G" => 3,
        "T" => 4,
        "P" => 5,
        "E" => 6,
        _ => return None,
    };
    Some((number.parse::<f64>().ok()? * 1024_f64.powi(power)) as u64)
}

/// How many processors a list such as `0-3,5` names.
fn processors(list: &str) -> Option<u64> {
    let parts = list.split([',', ' ']).filter(|part| !part.is_empty());
    let mut sum = 0_u64;
    for part in parts {
        let (from, to) = part.split_once('-').unwrap_or((part, part));
        let (from, to) = (from.parse::<u64>().ok()?, to.parse::<u64>().ok()?);
        sum = sum.checked_add(to.checked_sub(from)?.checked_add(1)?)?;
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const USED: Used = Used {
        memory: Some(1 << 30),
        tasks: Some(20),
        cpu: Some(150.0),
        machine: Some(8 << 30),
        denies_addresses: false,
        lists_devices: false,
    };

    #[test]
    fn what_cuts_off() {
        for setting in [
            "MemoryMax=512M",
            "MemoryMax=1%",
            "MemoryLimit=1000",
            "MemoryHigh=0.5G",
            "TasksMax=20",
            "TasksMax=1",
            "CPUQuota=100%",
            "CPUQuota=1%",
            "AllowedCPUs=0",
            "IPAddressDeny=any",
            "IPAddressDeny=10.0.0.0/8",
            "RestrictNetworkInterfaces=eth0",
            "IPIngressFilterPath=/sys/fs/bpf/x",
            "DevicePolicy=strict",
            "DeviceAllow=/dev/null rw",
        ] {
            assert!(cuts(setting, &USED).is_some(), "{setting}");
        }
        for setting in [
            "MemoryMax=2G",
            "MemoryMax=infinity",
            "MemoryMax=",
            "MemoryMax=20%",
            "MemoryLow=1G",
            "TasksMax=21",
            "TasksMax=infinity",
            "TasksMax=80%",
            "CPUQuota=200%",
            "CPUQuota=",
            "CPUWeight=1",
            "AllowedCPUs=0-1",
            "AllowedCPUs=",
            "IPAddressDeny=",
            "IPAddressAllow=",
            "IPAddressAllow=10.0.0.0/8",
            "DevicePolicy=auto",
            "DeviceAllow=",
            "MemoryMax",
            "MemoryMax=much",
        ] {
            assert_eq!(cuts(setting, &USED), None, "{setting}");
        }
        let walled = Used { denies_addresses: true, ..USED };
        assert!(cuts("IPAddressAllow=", &walled).is_some());
        assert_eq!(cuts("DeviceAllow=/dev/null rw", &Used { lists_devices: true, ..USED }), None);
    }

    /// What is not known is never taken for little.
    #[test]
    fn without_figures_a_limit_may_cut() {
        let nothing = Used::default();
        for setting in ["MemoryMax=64G", "TasksMax=9999", "CPUQuota=50%", "IPAddressDeny=any", "AllowedCPUs="]
        {
            let lifted = setting.ends_with('=');
            assert_eq!(cuts(setting, &nothing).is_some(), !lifted, "{setting}");
        }
    }

    proptest! {
        #[test]
        fn any_setting_is_read(setting in "[A-Za-z]{0,12}=?[-0-9.%KMGT, a-z/]{0,12}") {
            let _ = cuts(&setting, &USED);
            for name in ["MemoryMax", "TasksMax", "CPUQuota", "AllowedCPUs"] {
                let _ = cuts(&format!("{name}={setting}"), &USED);
            }
        }

        #[test]
        fn taking_a_figure_away_never_calms(
            name in prop::sample::select(vec!["MemoryMax=700M", "MemoryMax=2G", "TasksMax=9", "CPUQuota=20%", "AllowedCPUs=0"]),
            memory in prop::option::of(0_u64..4 << 30), tasks in prop::option::of(0_u64..40), cpu in prop::option::of(0.0..300.0),
        ) {
            let used = Used { memory, tasks, cpu, ..USED };
            let less = Used { memory: None, tasks: None, cpu: None, ..USED };
            prop_assert!(cuts(name, &used).is_none() || cuts(name, &less).is_some(), "{name}");
        }
    }
}
