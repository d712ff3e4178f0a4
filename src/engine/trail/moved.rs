//! Whether a command goes elsewhere than its terminal has been, and how to say it.

use super::Moved;
use super::says::Kind;
use super::step::Step;
use crate::engine::human::{counted, span};
use serde::{Deserialize, Serialize};

/// So many commands elsewhere in a row, and where the terminal was before counts no more: people who work in two places go to
/// and fro by single commands.
const LONG: u64 = 3;

/// A place as the memory knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// What tells it from others: the server and its certificates, the account and its region.
    pub identity: String,
    /// What people call it.
    pub name: String,
    /// Its address, for two that are called the same.
    pub address: String,
    /// The context or profile that led there; empty where none did.
    pub chosen: String,
    /// The namespace that counts where none is named; empty where there is no such thing.
    pub inside: String,
}

/// A step, and the place it led to where that is known.
#[derive(Clone, Debug)]
pub struct Stop {
    /// The step.
    pub step: Step,
    /// Where it led.
    pub place: Option<Place>,
}

/// The command at hand.
#[derive(Clone, Copy, Debug)]
pub struct Here<'a> {
    /// The step it would be.
    pub step: Step,
    /// Where it goes.
    pub place: Option<&'a Place>,
    /// Whether it names no namespace, so that the one of its context counts.
    pub inside_counts: bool,
    /// Nanoseconds since 1970, for the age of a file's change.
    pub now: u64,
}

/// That it goes elsewhere, or that nobody can tell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Moving {
    /// How sure that is.
    #[serde(skip)]
    pub moved: Moved,
    /// How many commands in a row went there last.
    pub commands: u64,
    /// Where they went: a name, or `another target`; `null` where they may have gone to the same.
    pub went: Option<String>,
    /// Where this one goes; `null` when that is not known.
    pub goes: Option<String>,
    /// What changed since the last of them, and when.
    pub changed: Option<String>,
}

/// What is said of places nobody has a name for.
pub const ANOTHER: &str = "another target";

impl Moving {
    /// Where the terminal has been cannot be told at all.
    pub fn unknown() -> Moving {
        Moving { moved: Moved::Unknown, commands: 0, went: None, goes: None, changed: None }
    }

    /// In one sentence, without a full stop; `None` when there is nothing that a person could look at.
    pub fn sentence(&self) -> Option<String> {
        let goes = self.goes.as_ref()?;
        let last = match self.commands {
            0 => return None,
            1 => "the last command here".to_owned(),
            n => format!("the last {} here", counted(n, "command")),
        };
        Some(match (&self.went, &self.changed) {
            (Some(went), None) => format!("{last} went to {went}; this one goes to {goes}"),
            (Some(went), Some(changed)) => {
                format!("{last} went to {went}; this one goes to {goes} ({changed})")
            }
            (None, Some(changed)) => format!("{changed}, after {last}; this one goes to {goes}"),
            (None, None) => return None,
        })
    }
}

/// Looks back. The stops are those of this terminal and this kind of place, oldest first. `None`: it goes where the terminal
/// has been, or the terminal has been nowhere yet.
pub fn moved(stops: &[Stop], here: &Here<'_>) -> Option<Moving> {
    let been = || stops.iter().rev().filter(|stop| !stop.step.switches);
    let newest = been().next()?;
    let switched_here = stops.iter().rev().take_while(|stop| stop.step.switches).count() > 0;
    let says_same = newest.step.key == here.step.key;
    let changed =
        (says_same && newest.step.file != here.step.file).then(|| change(newest, here, switched_here));
    let Some(place) = here.place else {
        return (!same_call(newest, here)).then(Moving::unknown);
    };
    let run = been().take_while(|stop| are_alike(stop, newest)).count() as u64;
    match is_same(newest, here) {
        Some(true) => {
            // Only what somebody else changed: whoever chooses a namespace here knows it.
            let there = newest.place.as_ref().filter(|_| here.inside_counts && !switched_here)?;
            let known = !there.inside.is_empty() && !place.inside.is_empty();
            let other = known && there.inside != place.inside && changed.is_some();
            other.then(|| Moving {
                moved: Moved::Yes,
                commands: been().take_while(|stop| stop.place.as_ref() == Some(there)).count() as u64,
                went: Some(format!("{}/{}", there.name, there.inside)),
                goes: Some(format!("{}/{}", place.name, place.inside)),
                changed,
            })
        }
        Some(false) => {
            let away = been().take_while(|stop| is_same(stop, here) != Some(true)).count() as u64;
            let visited = been().any(|stop| is_same(stop, here) == Some(true));
            let by_another = changed.is_some() && !switched_here;
            if visited && away < LONG && !by_another {
                return None;
            }
            let went = newest.place.as_ref();
            let alike = went.filter(|went| went.name == place.name);
            let one_account = alike.is_some_and(|went| went.identity == place.identity);
            let told = |place: &Place| match (alike.is_some(), one_account) {
                (true, true) => format!("{}/{}", place.name, place.inside),
                (true, false) => format!("{} ({})", place.name, place.address),
                (false, _) => place.name.clone(),
            };
            let went = went.map_or_else(|| ANOTHER.to_owned(), told);
            Some(Moving {
                moved: Moved::Yes,
                commands: run,
                went: Some(went),
                goes: Some(told(place)),
                changed,
            })
        }
        None => Some(Moving {
            moved: Moved::Unknown,
            commands: run,
            went: None,
            goes: Some(place.name.clone()),
            changed,
        }),
    }
}

/// Whether a call said the same and went by the same file.
fn same_call(stop: &Stop, here: &Here<'_>) -> bool {
    (stop.step.key, stop.step.file) == (here.step.key, here.step.file)
}

/// Whether it went where this one goes; `None` when it said the same, by a file that has changed since.
fn is_same(stop: &Stop, here: &Here<'_>) -> Option<bool> {
    match (&stop.place, here.place) {
        _ if same_call(stop, here) => Some(true),
        (Some(there), Some(place)) => {
            // An account is many places; a service without regions is in all of them.
            let regions = [&there.inside, &place.inside];
            let apart = here.step.kind == Kind::Account
                && regions.iter().all(|region| !region.is_empty())
                && there.inside != place.inside;
            Some(there.identity == place.identity && !apart)
        }
        _ if stop.step.key == here.step.key => None,
        _ => Some(false),
    }
}

/// Whether two stops were at one place, as far as anybody can tell.
fn are_alike(one: &Stop, other: &Stop) -> bool {
    match (&one.place, &other.place) {
        (Some(one), Some(other)) => (&one.identity, &one.name) == (&other.identity, &other.name),
        (None, None) => true,
        _ => false,
    }
}

fn change(newest: &Stop, here: &Here<'_>, switched_here: bool) -> String {
    let chosen = |place: Option<&Place>| place.map(|place| place.chosen.clone());
    let context = match (chosen(newest.place.as_ref()), chosen(here.place)) {
        (Some(then), Some(now)) => then != now,
        _ => false,
    };
    let what = match (here.step.kind, context) {
        (Kind::Cluster, true) => "current-context",
        (Kind::Cluster, false) => "the kubeconfig",
        (Kind::Account, _) => "the credentials file",
    };
    let whose = if switched_here { " here" } else { "" };
    // A file from before the last command, or of a time to come, was copied or the clock was set.
    let ago = here.now.checked_sub(here.step.file.changed).map(|ago| ago / 1_000_000_000);
    match ago.filter(|_| here.step.file.changed > 0) {
        _ if here.step.file == Default::default() => format!("{what} is gone"),
        Some(ago) => format!("{what} changed{whose} {} ago", span(ago)),
        None => format!("{what} changed{whose}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::trail::step::Stamp;

    fn place(name: &str) -> Place {
        Place {
            identity: format!("https://{name}"),
            name: name.to_owned(),
            address: format!("{name}:6443"),
            chosen: format!("admin@{name}"),
            inside: "default".to_owned(),
        }
    }

    fn step(key: u64, changed: u64) -> Step {
        Step {
            at: 0,
            kind: Kind::Cluster,
            switches: false,
            key,
            file: Stamp { device: 1, inode: 2, changed },
        }
    }

    fn stop(key: u64, changed: u64, name: Option<&str>) -> Stop {
        Stop { step: step(key, changed), place: name.map(place) }
    }

    fn times(n: usize, one: &Stop) -> Vec<Stop> {
        vec![one.clone(); n]
    }

    fn look(stops: &[Stop], key: u64, changed: u64, to: Option<&str>) -> Option<Moving> {
        let place = to.map(place);
        moved(
            stops,
            &Here {
                step: step(key, changed),
                place: place.as_ref(),
                inside_counts: true,
                now: 90_000_000_000,
            },
        )
    }

    fn says(stops: &[Stop], key: u64, changed: u64, to: &str) -> String {
        look(stops, key, changed, Some(to)).map_or_else(String::new, |m| m.sentence().unwrap_or_default())
    }

    #[test]
    fn the_context_was_changed_from_elsewhere() {
        let standby = stop(1, 5, Some("standby"));
        let at = 50_000_000_000;
        assert_eq!(
            says(&times(14, &standby), 1, at, "main"),
            "the last 14 commands here went to standby; this one goes to main (current-context changed 40 s ago)"
        );
        let mut here = times(14, &standby);
        here.push(Stop { step: Step { switches: true, ..step(1, 5) }, place: None });
        assert!(says(&here, 1, at, "main").ends_with("(current-context changed here 40 s ago)"));
        // Also where the terminal had been at main before, one command ago.
        let fro = [stop(1, 4, Some("main")), standby];
        assert!(says(&fro, 1, at, "main").starts_with("the last command here went to standby;"));
        // A clock that was set back.
        assert!(says(&fro, 1, 91_000_000_000, "main").ends_with("(current-context changed)"));
    }

    #[test]
    fn another_variable_or_flag_is_elsewhere_too() {
        let standby = stop(1, 5, Some("standby"));
        let want = "the last 2 commands here went to standby; this one goes to main";
        assert_eq!(says(&times(2, &standby), 2, 9, "main"), want);
        assert_eq!(
            says(&times(3, &stop(1, 5, None)), 2, 9, "main"),
            "the last 3 commands here went to another target; this one goes to main"
        );
    }

    #[test]
    fn where_the_terminal_has_been_is_not_elsewhere() {
        assert_eq!(look(&[], 1, 5, Some("main")), None);
        assert_eq!(look(&[stop(1, 5, None)], 1, 5, Some("main")), None, "the very same call");
        assert_eq!(
            look(&[stop(2, 7, Some("main"))], 1, 5, Some("main")),
            None,
            "the same place by other words"
        );
        // To and fro by single commands.
        let fro = [stop(1, 5, Some("main")), stop(2, 5, Some("standby"))];
        assert_eq!(look(&fro, 1, 5, Some("main")), None);
        let mut long = fro.to_vec();
        long.extend(times(2, &stop(2, 5, Some("standby"))));
        assert!(says(&long, 1, 5, "main").starts_with("the last 3 commands here"));
        // Of a switch alone nobody has been anywhere.
        let switch = Stop { step: Step { switches: true, ..step(1, 5) }, place: None };
        assert_eq!(look(&[switch], 1, 9, Some("main")), None);
    }

    #[test]
    fn a_file_that_changed_may_lead_elsewhere() {
        let moving = look(&times(4, &stop(1, 5, None)), 1, 30_000_000_000, Some("main")).unwrap();
        assert_eq!(moving.moved, Moved::Unknown);
        assert_eq!(
            moving.sentence().unwrap(),
            "the kubeconfig changed 1 min ago, after the last 4 commands here; this one goes to main"
        );
        // It is known to lead to the same.
        assert_eq!(look(&[stop(1, 5, Some("main"))], 1, 9, Some("main")), None);
    }

    #[test]
    fn the_namespace_of_the_context_counts_where_somebody_else_chose_it() {
        let mut there = stop(1, 5, Some("main"));
        there.place.as_mut().unwrap().inside = "shop".to_owned();
        let stops = times(2, &there);
        assert_eq!(
            says(&stops, 1, 30_000_000_000, "main"),
            "the last 2 commands here went to main/shop; this one goes to main/default (the kubeconfig changed 1 min ago)"
        );
        let main = place("main");
        let here = Here { step: step(1, 9), place: Some(&main), inside_counts: false, now: 9 };
        assert_eq!(moved(&stops, &here), None, "the command names its namespace");
        let mut switched = stops;
        switched.push(Stop { step: Step { switches: true, ..step(1, 5) }, place: None });
        assert_eq!(look(&switched, 1, 9, Some("main")), None);
    }

    #[test]
    fn two_that_are_called_the_same_are_told_by_their_addresses() {
        let mut other = stop(1, 5, Some("main"));
        other.place.as_mut().unwrap().identity = "https://old".to_owned();
        other.place.as_mut().unwrap().address = "old:6443".to_owned();
        assert!(
            says(&[other], 2, 5, "main")
                .ends_with("went to main (old:6443); this one goes to main (main:6443)")
        );
    }

    #[test]
    fn an_unknown_target_counts_as_elsewhere() {
        let moving = look(&[stop(1, 5, Some("main"))], 2, 5, None).unwrap();
        assert_eq!((moving.moved, moving.sentence()), (Moved::Unknown, None));
        assert_eq!(look(&[stop(1, 5, Some("main"))], 1, 5, None), None);
    }

    /// Every row of stops of these few kinds, up to three long.
    fn rows() -> impl Iterator<Item = Vec<Stop>> {
        let kinds = [
            stop(1, 5, Some("main")),
            stop(1, 5, Some("standby")),
            stop(1, 6, Some("standby")),
            stop(2, 5, Some("main")),
            stop(2, 6, None),
            Stop { step: Step { switches: true, ..step(1, 5) }, place: None },
        ];
        (0..6 * 6 * 6)
            .map(move |n| vec![kinds[n % 6].clone(), kinds[n / 6 % 6].clone(), kinds[n / 36].clone()])
    }

    #[test]
    fn a_fact_less_never_says_less() {
        let strength = |stops: &[Stop], to| look(stops, 1, 6, to).map_or(Moved::No, |moving| moving.moved);
        for stops in rows() {
            let whole = strength(&stops, Some("main"));
            for at in 0..stops.len() {
                let mut less = stops.clone();
                less[at].place = None;
                let then = strength(&less, Some("main"));
                // What is not known counts as elsewhere for every rule that asks.
                assert!(whole == Moved::No || then > Moved::No, "{stops:?} without {at}");
            }
            assert!(whole == Moved::No || strength(&stops, None) > Moved::No, "{stops:?}");
        }
    }
}
