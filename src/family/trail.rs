//! Where this terminal has been, looked at before a question, and the names of places, kept whenever one is found out.

use super::cx::Cx;
use crate::engine::classify::says;
use crate::engine::trail::moved::{Here, Moving, Place, Stop, moved};
use crate::engine::trail::says::Said;
use crate::engine::trail::step::{Stamp, Step};
use crate::run::trail::leave;
use crate::run::trail::look::steps;
use crate::run::trail::names::Names;
use crate::run::trail::terminal::Terminal;
use crate::run::trail::{Dir, VARIABLE};
use std::os::unix::ffi::OsStrExt as _;
use std::time::{SystemTime, UNIX_EPOCH};

/// Where a command goes, for the memory of its terminal.
pub struct Going {
    /// The place.
    pub place: Place,
    /// Whether it names no namespace, so that the one of its context counts.
    pub inside_counts: bool,
}

/// A place that other words or variables than these lead to.
pub struct Other {
    /// What is other: flags (`--context`) and variables (`KUBECONFIG`), with their values or without.
    pub with: Vec<(&'static str, Option<String>)>,
    /// The place.
    pub place: Place,
}

/// Looks back, and keeps the name of where this goes. `None`: it goes where the terminal has been, has been nowhere yet, or
/// nothing is remembered here. `others` are the places that other words lead to.
pub(super) fn look_back(
    cx: Cx<'_>,
    going: Option<&Going>,
    others: impl FnOnce() -> Vec<Other>,
) -> Option<Moving> {
    let says = says(cx.call.tool)?;
    let dir = match Dir::open(cx.world.set_var(VARIABLE)?.as_bytes()) {
        Ok(dir) => dir,
        // Open to others: whoever they are may have written anything. Not there, or another user's: there is no memory.
        Err(libc::EPERM) => return Some(Moving::unknown()),
        Err(_) => return None,
    };
    let Ok(secret) = dir.secret() else { return Some(Moving::unknown()) };
    let env: Vec<Vec<u8>> = cx
        .world
        .vars()
        .iter()
        .map(|(name, value)| [name.as_bytes(), b"=", value.as_bytes()].concat())
        .collect();
    let env: Vec<&[u8]> = env.iter().map(Vec::as_slice).collect();
    // The caller's own words: they are what the shim reads.
    let said = Said::of(says, cx.raw, &env);
    let here = leave::step(&said, secret, false);
    let mut names = Names::of(&dir);
    let been = if cx.options.recalls { None } else { Terminal::here() };
    let steps = been.map(|terminal| steps(&dir, &terminal, here.kind));
    // By the names as they were: what these words led to then may be another place than now.
    let stops = steps.map(|steps| steps.map(|steps| names.stops(steps)));
    if let Some(going) = going {
        // Without the name less is known later, and counts as elsewhere.
        let _ = names.learn(&dir, &here, &going.place);
    }
    let Ok(mut stops) = stops? else { return Some(Moving::unknown()) };
    for (step, place) in name_by_others(&mut stops, &here, &said, secret, others) {
        // They are not looked for twice.
        let _ = names.learn(&dir, &step, &place);
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).ok()?;
    moved(
        &stops,
        &Here {
            step: here,
            place: going.map(|going| &going.place),
            inside_counts: going.is_some_and(|going| going.inside_counts),
            now: u64::try_from(now.as_nanos()).unwrap_or(u64::MAX),
        },
    )
}

/// Names steps by what other words and variables lead to. The answer is what was found out, each once.
fn name_by_others(
    stops: &mut [Stop],
    here: &Step,
    said: &Said<'_>,
    secret: [u8; 16],
    others: impl FnOnce() -> Vec<Other>,
) -> Vec<(Step, Place)> {
    let nameless = |stop: &Stop| stop.place.is_none() && !stop.step.switches && stop.step.key != here.key;
    if !stops.iter().any(nameless) {
        return Vec::new();
    }
    let others = others();
    let known = others.iter().map(|other| {
        let value = |value: &'_ Option<String>| value.as_ref().map(|value| value.as_bytes().to_vec());
        let values: Vec<_> = other.with.iter().map(|(name, with)| (*name, value(with))).collect();
        let said = values.iter().fold(*said, |said, (name, value)| said.with(name, value.as_deref()));
        let step = leave::step(&said, secret, false);
        (step.key, step.file, &other.place)
    });
    let known: Vec<_> = known.collect();
    let mut found: Vec<(Step, Place)> = Vec::new();
    for stop in stops.iter_mut().filter(|stop| nameless(stop)) {
        let same = |key: u64, file: Stamp| (key, file) == (stop.step.key, stop.step.file);
        let Some((_, _, place)) = known.iter().find(|(key, file, _)| same(*key, *file)) else { continue };
        if !found.iter().any(|(step, _)| same(step.key, step.file)) {
            found.push((stop.step, (*place).clone()));
        }
        stop.place = Some((*place).clone());
    }
    found
}
