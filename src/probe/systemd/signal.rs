//! Signals to the processes of units: servers catch some of them in order to read their configuration again or to reopen
//! their logs; who neither catches nor ignores one ends by it.

use super::Request;
use super::manager::Unit;
use super::stop::pids_of;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::Impact;
use crate::probe::proc::Proc;

/// What a signal does to the processes of units.
pub fn look(request: &Request<'_>, signal: &str, main: bool, units: &[Unit], impact: &mut Impact) {
    let number = match signal {
        "HUP" => 1,
        "USR1" => 10,
        "USR2" => 12,
        "CONT" | "URG" | "WINCH" | "CHLD" | "0" => {
            return impact.lower(Effect::Mutate, format!("SIG{signal} ends nothing"));
        }
        _ => return again(units, impact),
    };
    let processes = match Proc::at(request.root).processes() {
        Ok(processes) => processes,
        Err(why) => return impact.gap(format!("whether its processes catch SIG{signal}"), why),
    };
    let active = || units.iter().filter(|unit| unit.is_active());
    let pids: Vec<u32> = match main {
        true => active().filter_map(|unit| unit.main_pid).collect(),
        false => active().flat_map(|unit| pids_of(unit, &processes)).collect(),
    };
    // A process that is gone meanwhile has nothing to lose; one that may not be looked at counts as one that ends.
    let survives = |pid: &u32| {
        let path = request.root.join(format!("proc/{pid}/status"));
        match std::fs::read_to_string(path) {
            Ok(status) => survives(&status, number),
            Err(error) => error.kind() == std::io::ErrorKind::NotFound && !pids.is_empty(),
        }
    };
    if pids.is_empty() {
        if active().next().is_some() {
            impact.gap(format!("which processes get SIG{signal}"), Why::Failed("none was found".to_owned()));
        }
    } else if pids.iter().all(survives) {
        impact.lower(Effect::Mutate, format!("every process that gets SIG{signal} catches it or ignores it"));
    } else {
        impact.also.push(format!("not every process of it catches SIG{signal}: those that do not end"));
        again(units, impact);
    }
}

/// `SigCgt` and `SigIgn` of proc_pid_status(5): a bit for each signal, the first for number 1.
fn survives(status: &str, number: u32) -> bool {
    ["SigCgt:", "SigIgn:"].iter().any(|field| {
        let mask = status.lines().find_map(|line| line.strip_prefix(field));
        let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
        mask.is_some_and(|mask| mask & (1 << (number - 1)) != 0)
    })
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

    /// As Debian 12 shows them: Redis ignores SIGHUP, nginx catches it, cron catches nothing else.
    #[test]
    fn who_lives_on() {
        let status =
            |ignored: &str, caught: &str| format!("Name:\tx\nSigIgn:\t{ignored}\nSigCgt:\t{caught}\n");
        for (status, number, want) in [
            (status("0000000000003001", "00000001000044ea"), 1, true),
            (status("0000000040001000", "0000000018016a07"), 1, true),
            (status("0000000040001000", "0000000018016a07"), 10, true),
            (status("0000000000000000", "0000000000010001"), 1, true),
            (status("0000000000000000", "0000000000010001"), 10, false),
            (status("0000000000000000", "0000000000000000"), 1, false),
            (String::new(), 1, false),
        ] {
            assert_eq!(survives(&status, number), want, "{number} {status}");
        }
    }
}
