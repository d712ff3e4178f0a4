//! What comes after a unit has ended: units that start then, what happens to the machine, and what stops because nothing
//! needs it any more.

use super::manager::{Manager, Unit};
use super::start::takes_machine_down;
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::Impact;
use crate::engine::units::takes_down;
use std::collections::BTreeSet;

/// What follows the end of these units, whichever way they end. Whether the machine goes down by it.
pub async fn sequel(manager: &Manager<'_>, ending: &[&Unit], impact: &mut Impact) -> bool {
    let mut goes_down = false;
    for unit in ending {
        for (setting, value) in &unit.machine {
            goes_down = true;
            let when = if *setting == "SuccessAction" { "has ended" } else { "fails by it" };
            impact
                .also
                .insert(0, format!("THE MACHINE goes down when {} {when} ({setting}={value})", unit.name()));
            impact.raise(Effect::Disrupt, format!("the machine goes down with {}", unit.name()));
        }
    }
    let mut names: Vec<String> =
        ending.iter().flat_map(|u| u.then.iter().map(|(_, name)| name.clone())).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return goes_down;
    }
    let units = match manager.show(&names).await {
        Ok(units) => units,
        Err(why) => {
            impact.gap("what starts when it has ended", why);
            return goes_down || names.iter().any(|name| takes_down(name.as_bytes()).is_some());
        }
    };
    for unit in units {
        let setting = ending.iter().flat_map(|e| &e.then).find(|(_, name)| *name == unit.id);
        let setting = setting.map_or("OnSuccess", |(setting, _)| setting);
        match takes_machine_down(&unit) {
            Some(how) => {
                goes_down = true;
                impact.also.insert(0, format!("THE MACHINE: {setting}={} starts then: {how}", unit.name()));
                impact.raise(Effect::Disrupt, format!("{} takes the machine down", unit.name()));
            }
            None if unit.is_active() => {}
            None => impact.also.push(format!("starts {} then ({setting}=)", unit.name())),
        }
    }
    goes_down
}

/// Units that run only as long as something needs them (`StopWhenUnneeded=`), and that nothing needs when these are gone.
pub async fn unneeded(manager: &Manager<'_>, going: &[&Unit]) -> Result<Vec<Unit>, Why> {
    let mut gone: BTreeSet<String> = going.iter().map(|unit| unit.id.clone()).collect();
    let mut names: Vec<String> =
        going.iter().filter(|u| u.is_active()).flat_map(|u| u.pulls.clone()).collect();
    let mut found = Vec::new();
    // One may need the next.
    for _ in 0..4 {
        names.sort_unstable();
        names.dedup();
        names.retain(|name| !gone.contains(name));
        if names.is_empty() {
            break;
        }
        let new = manager.show(&names).await?;
        names = Vec::new();
        for unit in new.into_iter().filter(|unit| unit.unneeded_stops && unit.is_active()) {
            let others: Vec<String> =
                unit.needed_by.iter().filter(|name| !gone.contains(*name)).cloned().collect();
            let needed =
                !others.is_empty() && manager.show(&others).await?.iter().any(|other| other.is_active());
            if !needed {
                gone.insert(unit.id.clone());
                names.extend(unit.pulls.clone());
                found.push(unit);
            }
        }
    }
    Ok(found)
}
