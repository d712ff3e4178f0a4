//! What apt does not tell its hooks: which of the packages that go are purged, where it is not apt itself that asks;
//! which ones the person named, and which go only because nothing needs them any more. A simulation of the same words
//! knows; it takes a second or two and happens only when something goes that nobody has confirmed yet.

use super::caller::Caller;
use crate::engine::classify::classify;
use crate::engine::effect::Effect;
use crate::engine::fact::Known;
use crate::engine::packages::hook::{Told, mark_named};
use crate::engine::packages::plan::{Change, Kind, Plan};
use crate::engine::tool;
use crate::family::call::Call;
use crate::family::packages::probe::{self, Request};
use crate::shim::layers::{State, TEXTS};
use crate::world::World;
use std::path::Path;
use std::time::Duration;

/// How long a simulation may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// Completes what apt said.
/// `armed` goes with every purge, and stands in a simulation of one.
pub(super) fn fill_in(told: &mut Told, caller: &Caller, world: &World, armed: &[Change]) {
    let Some(program) = &caller.program else {
        if told.purge.is_none() {
            // A program that uses apt's library. What it purges dpkg's own hook asks about, before that begins.
            told.settle(!dpkg_asks());
        }
        let call = Call { tool: &tool::APT_GET, argv: vec!["apt-get".into(), "autoremove".into()] };
        if let Some(unused) = simulate(&call, Path::new("/usr/bin/apt-get"), world) {
            mark_unused(&mut told.plan, &unused);
        }
        return;
    };
    let (tool, words) = (caller.call.tool.name.as_bytes(), caller.call.words());
    mark_named(&mut told.plan, tool, &words);
    match simulate(&caller.call, program, world) {
        Some(mut simulated) => {
            simulated.changes.retain(|c| {
                !armed.iter().any(|a| same(a, c) && !c.named) || told.plan.removals().any(|t| same(t, c))
            });
            if same_names(&told.plan, &simulated) {
                take_over(told, &simulated);
            } else {
                guess(told, tool, &words);
            }
        }
        None => guess(told, tool, &words),
    }
}

/// By the words alone.
fn guess(told: &mut Told, tool: &[u8], words: &[&[u8]]) {
    if told.purge.is_none() {
        told.settle(classify(tool, words).effect >= Effect::Destroy || !dpkg_asks());
    }
}

fn simulate(call: &Call, program: &Path, world: &World) -> Option<Plan> {
    let words = call.argv.get(1..).unwrap_or_default();
    let request =
        Request { tool: call.tool.name, words, program, world, root: Path::new("/"), deadline: PATIENCE };
    match probe::plan(&request).plan {
        Known::Known(plan) => Some(plan),
        Known::Unknown(_) => None,
    }
}

/// Whether dpkg's own hook is in place.
fn dpkg_asks() -> bool {
    TEXTS.iter().all(|text| matches!(text.state(Path::new("/")), State::Current | State::Other(_)))
}

fn same(one: &Change, other: &Change) -> bool {
    one.name == other.name && one.arch == other.arch
}

/// Whether the same packages go, whether they are purged or not.
fn same_names(one: &Plan, other: &Plan) -> bool {
    let within = |all: &Plan, part: &Plan| part.removals().all(|c| all.removals().any(|a| same(a, c)));
    within(one, other) && within(other, one)
}

/// The simulation knows more about each package; where apt itself said whether it purges, that counts.
fn take_over(told: &mut Told, simulated: &Plan) {
    let gone = told.plan.changes.iter_mut().filter(|c| c.kind != Kind::Install);
    for change in gone {
        let Some(seen) = simulated.removals().find(|s| same(s, change)) else { continue };
        change.named |= seen.named;
        change.unused |= seen.unused;
        if told.purge.is_none() {
            change.kind = seen.kind;
        }
    }
}

fn mark_unused(plan: &mut Plan, unused: &Plan) {
    for change in &mut plan.changes {
        change.unused |= !change.named && unused.removals().any(|u| same(u, change));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::packages::hook::read;

    fn told(config: &str) -> Told {
        let text = format!(
            "VERSION 3\nAPT::Architecture=amd64\n{config}\n\nserver 1 amd64 none > - - none **REMOVE**\nclient 1 amd64 none > - - none **REMOVE**\n"
        );
        read(text.as_bytes()).unwrap()
    }

    fn simulated(kind: Kind) -> Plan {
        let change = |name: &str, named| Change {
            name: name.into(),
            arch: None,
            version: Some("1".into()),
            kind,
            named,
            unused: !named,
        };
        Plan { changes: vec![change("client", true), change("server", false)], ..Plan::default() }
    }

    #[test]
    fn a_simulation_of_the_same_set_tells_the_rest() {
        let mut from_aptitude = told("a=b");
        take_over(&mut from_aptitude, &simulated(Kind::Remove));
        let seen: Vec<_> =
            from_aptitude.plan.changes.iter().map(|c| (c.name.as_str(), c.kind, c.named, c.unused)).collect();
        assert_eq!(seen, [("server", Kind::Remove, false, true), ("client", Kind::Remove, true, false)]);
        let mut from_apt = told("CommandLine::AsString=apt-get%20purge%20client\nAPT::Get::Purge=1");
        take_over(&mut from_apt, &simulated(Kind::Remove));
        assert!(from_apt.plan.changes.iter().all(|c| c.kind == Kind::Purge), "apt's own word counts");
    }

    #[test]
    fn another_set_tells_nothing() {
        let told = told("a=b");
        assert!(same_names(&told.plan, &simulated(Kind::Purge)));
        let mut less = simulated(Kind::Purge);
        less.changes.pop();
        assert!(!same_names(&told.plan, &less) && !same_names(&less, &told.plan));
        less.changes.push(Change { name: "other".into(), ..less.changes[0].clone() });
        assert!(!same_names(&told.plan, &less));
    }

    #[test]
    fn what_nothing_needs_any_more_is_marked() {
        let mut told = told("a=b");
        mark_unused(
            &mut told.plan,
            &Plan { changes: vec![simulated(Kind::Remove).changes[1].clone()], ..Plan::default() },
        );
        assert_eq!(told.plan.changes.iter().map(|c| c.unused).collect::<Vec<_>>(), [true, false]);
    }
}
