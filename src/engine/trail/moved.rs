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
    /// Where they went: a name, or `another target`; `null` when that cannot be told at all.
    pub went: Option<String>,
    /// Where this one goes; `null` when that is not known.
    pub goes: Option<String>,
    /// What changed since the last of them that said the same, and when.
    pub changed: Option<String>,
    /// How many have come here since, by somebody else's change that nobody may have noticed.
    pub since: u64,
}

/// What is said of places nobody has a name for.
pub const ANOTHER: &str = "another target";

impl Moving {
    /// Where the terminal has been cannot be told at all.
    pub fn unknown() -> Moving {
        Moving { moved: Moved::Unknown, commands: 0, went: None, goes: None, changed: None, since: 0 }
    }

    /// In one sentence, without a full stop; `None` when there is nothing that a person could look at.
    pub fn sentence(&self) -> Option<String> {
        let (went, goes) = (self.went.as_ref()?, self.goes.as_ref()?);
        let last = match (self.commands, self.since) {
            (0, _) => return None,
            (1, 0) => "the last command here".to_owned(),
            (n, 0) => format!("the last {} here", counted(n, "command")),
            (n, 1) => format!("until the last command here, {}", counted(n, "command")),
            (n, since) => format!("until the last {since} here, {}", counted(n, "command")),
        };
        let verb = if self.moved == Moved::Yes { "went" } else { "may have gone" };
        let changed = self.changed.as_ref().map(|changed| format!(" ({changed})")).unwrap_or_default();
        Some(format!("{last} {verb} to {went}; this one goes to {goes}{changed}"))
    }
}

/// Looks back. The stops are those of this terminal and this kind of place, oldest first. `None`: it goes where the terminal
/// has been, or the terminal has been nowhere yet.
pub fn moved(stops: &[Stop], here: &Here<'_>) -> Option<Moving> {
    let been = || stops.iter().rev().filter(|stop| !stop.step.switches);
    let newest = been().next()?;
    let said_same = |stop: &&Stop| stop.step.key == here.step.key;
    let change = been().find(said_same).and_then(|before| Change::since(before, stops, here));
    let Some(place) = here.place else {
        return (!same_call(newest, here)).then(Moving::unknown);
    };
    let same = is_same(newest, here);
    if same == Some(true) {
        return inside_moved(been, place, here, change.as_ref())
            .or_else(|| moved_unnoticed(stops, place, here));
    }
    let away = been().take_while(|stop| is_same(stop, here) != Some(true)).count() as u64;
    let visited = been().any(|stop| is_same(stop, here) == Some(true));
    let by_another = change.as_ref().is_some_and(|change| !change.here);
    if visited && away < LONG && !by_another {
        return None;
    }
    let run = been().take_while(|stop| are_alike(stop, newest, here)).count() as u64;
    let went = newest.place.as_ref();
    let called_alike = went.is_some_and(|went| went.name == place.name);
    let one_account = went.is_some_and(|went| went.identity == place.identity);
    let told = |place: &Place| match (called_alike, one_account) {
        (true, true) => format!("{}/{}", place.name, place.inside),
        (true, false) => format!("{} ({})", place.name, place.address),
        (false, _) => place.name.clone(),
    };
    Some(Moving {
        moved: if same == Some(false) { Moved::Yes } else { Moved::Unknown },
        commands: run,
        went: Some(went.map_or_else(|| ANOTHER.to_owned(), told)),
        goes: Some(told(place)),
        changed: change.map(|change| change.text(newest, here)),
        since: 0,
    })
}

/// The terminal was brought here by somebody else, one or two commands ago: a `get` that looks as it should is no proof that anybody
/// noticed.
fn moved_unnoticed(stops: &[Stop], place: &Place, here: &Here<'_>) -> Option<Moving> {
    let been = || stops.iter().rev().filter(|stop| !stop.step.switches);
    let here_already = |stop: &&Stop| is_same(stop, here) == Some(true);
    let recent = been().take_while(here_already).count();
    // The newest that said the same and was not here: others may have come between by flags and variables.
    let elsewhere = |stop: &&Stop| stop.step.key == here.step.key && !here_already(stop);
    let mut older = been().skip(recent).skip_while(|stop| !elsewhere(stop));
    let before = older.next().filter(|_| (recent as u64) < LONG)?;
    let change = Change::since(before, stops, here).filter(|change| !change.here)?;
    let there = before.place.as_ref();
    Some(Moving {
        // Files change for many reasons: of what is not known nothing is said here, and rules count it.
        moved: if there.is_some() { Moved::Yes } else { Moved::Unknown },
        commands: 1 + older.take_while(|stop| are_alike(stop, before, here)).count() as u64,
        went: there.map(|there| there.name.clone()),
        goes: Some(place.name.clone()),
        changed: Some(change.text(before, here)),
        since: recent as u64,
    })
}

/// The same cluster, and another namespace of its context: said only where somebody else changed it, for whoever chooses one here
/// knows it, and only of commands that named none, as this one names none.
fn inside_moved<'s, I: Iterator<Item = &'s Stop>>(
    been: impl Fn() -> I,
    place: &Place,
    here: &Here<'_>,
    change: Option<&Change>,
) -> Option<Moving> {
    let change = change.filter(|change| here.inside_counts && !change.here)?;
    let newest = been().next().filter(|newest| !newest.step.says_inside)?;
    let there = newest.place.as_ref()?;
    let other = !there.inside.is_empty() && !place.inside.is_empty() && there.inside != place.inside;
    let alike = |stop: &&Stop| stop.place.as_ref() == Some(there) && !stop.step.says_inside;
    other.then(|| Moving {
        moved: Moved::Yes,
        commands: been().take_while(alike).count() as u64,
        went: Some(format!("{}/{}", there.name, there.inside)),
        goes: Some(format!("{}/{}", place.name, place.inside)),
        changed: Some(change.text(newest, here)),
        since: 0,
    })
}

/// Whether a call said the same and went by the same file.
fn same_call(stop: &Stop, here: &Here<'_>) -> bool {
    (stop.step.key, stop.step.file) == (here.step.key, here.step.file)
}

/// Whether it went where this one goes; `None` when nobody can tell.
fn is_same(stop: &Stop, here: &Here<'_>) -> Option<bool> {
    match (&stop.place, here.place) {
        (Some(there), Some(place)) => Some(is_one_place(there, place, here.step.kind)),
        _ => same_call(stop, here).then_some(true),
    }
}

fn is_one_place(one: &Place, other: &Place, kind: Kind) -> bool {
    // An account is many places; a service without regions is in all of them.
    let apart = kind == Kind::Account
        && [one, other].iter().all(|place| !place.inside.is_empty())
        && one.inside != other.inside;
    one.identity == other.identity && !apart
}

/// Whether two stops were at one place, as far as anybody can tell.
fn are_alike(one: &Stop, other: &Stop, here: &Here<'_>) -> bool {
    match (&one.place, &other.place) {
        (Some(there), Some(place)) => there.name == place.name && is_one_place(there, place, here.step.kind),
        (None, None) => one.step.key == other.step.key,
        _ => false,
    }
}

/// What changed since the last command that said the same.
struct Change {
    /// It did, of a place that is known, and led through another context then.
    context: bool,
    /// A command of this terminal did it.
    here: bool,
}

impl Change {
    /// What changed since this command, which said the same.
    fn since(before: &Stop, stops: &[Stop], here: &Here<'_>) -> Option<Change> {
        let (then, now) = (before.step.file, here.step.file);
        // Another file is no change of this one: a variable or flag names it.
        if (then.device, then.inode) != (now.device, now.inode) || then.changed == now.changed {
            return None;
        }
        let chosen = |place: Option<&Place>| place.map(|place| place.chosen.clone());
        let context = match (chosen(before.place.as_ref()), chosen(here.place)) {
            (Some(then), Some(now)) => then != now,
            _ => false,
        };
        // The switch has looked at the file right before it wrote it.
        let at = here.changed_at();
        let wrote = |stop: &Stop| {
            let same = (stop.step.file.device, stop.step.file.inode) == (now.device, now.inode);
            stop.step.switches
                && same
                && at.is_some_and(|at| at + SLACK >= stop.step.at && at <= stop.step.at + WRITES)
        };
        Some(Change {
            context,
            here: stops.iter().rev().take_while(|stop| stop.step.at >= before.step.at).any(wrote),
        })
    }

    /// In words, with its age where it is younger than the newest command.
    fn text(&self, newest: &Stop, here: &Here<'_>) -> String {
        let what = match (here.step.kind, self.context) {
            (Kind::Cluster, true) => "current-context",
            (Kind::Cluster, false) => "the kubeconfig",
            (Kind::Account, _) => "the AWS files",
        };
        if here.step.file.inode == 0 {
            return format!("{what} is gone");
        }
        let whose = if self.here { " here" } else { "" };
        let since = here.changed_at().filter(|at| at + SLACK >= newest.step.at && *at <= here.step.at);
        match since.map(|at| (here.step.at - at) / 1_000_000_000) {
            Some(ago) => format!("{what} changed{whose} {} ago", span(ago)),
            None => format!("{what} changed{whose}"),
        }
    }
}

/// The clock of files is as coarse as this (a tick of the kernel).
const SLACK: u64 = 20_000_000;
/// A command that changes a file has written it within this time.
const WRITES: u64 = 2_000_000_000;

impl Here<'_> {
    /// When the file changed, by the clock of the steps; `None` when by its own clock that is yet to come.
    fn changed_at(&self) -> Option<u64> {
        let age = self.now.checked_sub(self.step.file.changed)?;
        self.step.at.checked_sub(age)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::trail::step::Stamp;

    /// The clock of the steps began so many nanoseconds before that of the files.
    const EPOCH: u64 = 1_000_000_000_000;
    const SECOND: u64 = 1_000_000_000;
    /// Now, by the clock of the files.
    const NOW: u64 = 90 * SECOND;

    fn place(name: &str) -> Place {
        Place {
            identity: format!("https://{name}"),
            name: name.to_owned(),
            address: format!("{name}:6443"),
            chosen: format!("admin@{name}"),
            inside: "default".to_owned(),
        }
    }

    /// A command of the tenth second that said this, by a file that changed then.
    fn step(key: u64, changed: u64) -> Step {
        Step {
            at: EPOCH + 10 * SECOND,
            kind: Kind::Cluster,
            switches: false,
            says_inside: false,
            key,
            file: Stamp { device: 1, inode: 2, changed },
        }
    }

    fn stop(key: u64, changed: u64, name: Option<&str>) -> Stop {
        Stop { step: step(key, changed), place: name.map(place) }
    }

    /// `config use-context` of this terminal, at this moment.
    fn switch(second: u64) -> Stop {
        Stop { step: Step { at: EPOCH + second * SECOND, switches: true, ..step(1, 5) }, place: None }
    }

    fn times(n: usize, one: &Stop) -> Vec<Stop> {
        vec![one.clone(); n]
    }

    fn look(stops: &[Stop], key: u64, changed: u64, to: Option<&str>) -> Option<Moving> {
        let place = to.map(place);
        let step = Step { at: EPOCH + NOW, ..step(key, changed) };
        moved(stops, &Here { step, place: place.as_ref(), inside_counts: true, now: NOW })
    }

    fn says(stops: &[Stop], key: u64, changed: u64, to: &str) -> String {
        look(stops, key, changed, Some(to)).map_or_else(String::new, |m| m.sentence().unwrap_or_default())
    }

    #[test]
    fn the_context_was_changed_from_elsewhere() {
        let standby = stop(1, 5, Some("standby"));
        let at = 50 * SECOND;
        assert_eq!(
            says(&times(14, &standby), 1, at, "main"),
            "the last 14 commands here went to standby; this one goes to main (current-context changed 40 s ago)"
        );
        // Also where the terminal had been at main before, one command ago, and where the newest command said something else.
        let fro = [stop(1, 4, Some("main")), standby.clone()];
        assert!(says(&fro, 1, at, "main").starts_with("the last command here went to standby;"));
        let by_flag = [stop(1, 4, Some("main")), standby, stop(7, 5, Some("standby"))];
        assert!(says(&by_flag, 1, at, "main").starts_with("the last 2 commands here went to standby;"));
        // A change of a time to come, and one from before the last command: the file was copied.
        assert!(says(&fro, 1, 91 * SECOND, "main").ends_with("(current-context changed)"));
        assert!(says(&fro, 1, 6 * SECOND, "main").ends_with("(current-context changed)"));
        assert!(says(&fro, 1, 0, "main").ends_with("(current-context changed)"));
    }

    #[test]
    fn a_look_around_is_no_proof_that_anybody_noticed() {
        let standby = stop(1, 5, Some("standby"));
        let at = 50 * SECOND;
        let main = Stop { step: Step { at: EPOCH + 60 * SECOND, ..step(1, at) }, place: Some(place("main")) };
        let with = |n: usize| says(&[times(6, &standby), times(n, &main)].concat(), 1, at, "main");
        assert_eq!(
            with(1),
            "until the last command here, 6 commands went to standby; this one goes to main (current-context changed 40 s ago)"
        );
        assert!(with(2).starts_with("until the last 2 here, 6 commands went to standby;"));
        assert_eq!(with(3), "", "whoever has worked here since knows");
        // By a switch of this terminal, another flag or variable: whoever did it knows it.
        let switched = [times(6, &standby), vec![switch(49)], times(1, &main)].concat();
        assert_eq!(says(&switched, 1, at, "main"), "");
        let mut by_flag = main;
        by_flag.step.key = 2;
        assert_eq!(says(&[times(6, &standby), times(1, &by_flag)].concat(), 2, 5, "main"), "");
    }

    #[test]
    fn a_switch_of_this_terminal_is_one_that_wrote_the_file() {
        let with = |switches: &[Stop]| {
            let all = [times(2, &stop(1, 5, Some("standby"))), switches.to_vec()].concat();
            says(&all, 1, 50 * SECOND, "main")
        };
        assert!(with(&[switch(49)]).ends_with("(current-context changed here 40 s ago)"));
        assert!(with(&[switch(49), switch(60)]).ends_with("(current-context changed here 40 s ago)"));
        // It failed, or somebody else changed it again.
        assert!(with(&[switch(20)]).ends_with("(current-context changed 40 s ago)"));
        assert!(with(&[switch(60)]).ends_with("(current-context changed 40 s ago)"));
        let mut other = switch(49);
        other.step.file.inode = 9;
        assert!(with(&[other]).ends_with("(current-context changed 40 s ago)"), "of another file");
    }

    #[test]
    fn another_variable_or_flag_is_elsewhere_too() {
        let standby = stop(1, 5, Some("standby"));
        let want = "the last 2 commands here went to standby; this one goes to main";
        assert_eq!(says(&times(2, &standby), 2, 9, "main"), want);
        let unknown = look(&times(3, &stop(1, 5, None)), 2, 9, Some("main")).unwrap();
        assert_eq!(unknown.moved, Moved::Unknown);
        assert_eq!(
            unknown.sentence().unwrap(),
            "the last 3 commands here may have gone to another target; this one goes to main"
        );
        // Two that said something else are not one.
        let two = [stop(1, 5, None), stop(3, 5, None)];
        assert!(says(&two, 2, 9, "main").starts_with("the last command here"));
        // Another file, by the same words.
        let mut other = standby;
        other.step.file.inode = 9;
        assert_eq!(says(&times(2, &other), 1, 9, "main"), want);
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
        assert_eq!(look(&[switch(9)], 1, 9, Some("main")), None);
    }

    #[test]
    fn the_same_words_by_the_same_file_may_have_led_elsewhere() {
        // What they led to is known, and is another place: a second file has changed, or a variable that nobody looks at.
        assert!(
            says(&[stop(1, 5, Some("standby"))], 1, 5, "main")
                .starts_with("the last command here went to standby")
        );
    }

    #[test]
    fn a_file_that_changed_may_lead_elsewhere() {
        let moving = look(&times(4, &stop(1, 5, None)), 1, 30 * SECOND, Some("main")).unwrap();
        assert_eq!(moving.moved, Moved::Unknown);
        assert_eq!(
            moving.sentence().unwrap(),
            "the last 4 commands here may have gone to another target; this one goes to main (the kubeconfig changed 1 min ago)"
        );
        // It is known to lead to the same.
        assert_eq!(look(&[stop(1, 5, Some("main"))], 1, 30 * SECOND, Some("main")), None);
    }

    #[test]
    fn the_namespace_of_the_context_counts_where_somebody_else_chose_it() {
        let mut there = stop(1, 5, Some("main"));
        there.place.as_mut().unwrap().inside = "shop".to_owned();
        let stops = times(2, &there);
        assert_eq!(
            says(&stops, 1, 30 * SECOND, "main"),
            "the last 2 commands here went to main/shop; this one goes to main/default (the kubeconfig changed 1 min ago)"
        );
        let main = place("main");
        let here = Here {
            step: Step { at: EPOCH + NOW, ..step(1, 30 * SECOND) },
            place: Some(&main),
            inside_counts: false,
            now: NOW,
        };
        assert_eq!(moved(&stops, &here), None, "the command names its namespace");
        let mut named = stops.clone();
        named.iter_mut().for_each(|stop| stop.step.says_inside = true);
        assert_eq!(look(&named, 1, 30 * SECOND, Some("main")), None, "the commands before named theirs");
        let switched = [stops, vec![switch(29)]].concat();
        assert_eq!(look(&switched, 1, 30 * SECOND, Some("main")), None, "it was chosen here");
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
    fn an_account_is_many_places() {
        let at = |region: &str| {
            let place = Place { inside: region.to_owned(), ..place("acme") };
            Stop { step: Step { kind: Kind::Account, ..step(1, 5) }, place: Some(place) }
        };
        let says = |there: &Stop, region: &str| {
            let place = at(region).place.unwrap();
            let step = Step { at: EPOCH + NOW, kind: Kind::Account, ..step(2, 5) };
            let here = Here { step, place: Some(&place), inside_counts: true, now: NOW };
            moved(std::slice::from_ref(there), &here).and_then(|moving| moving.sentence())
        };
        assert_eq!(
            says(&at("eu-west-1"), "us-east-1").unwrap(),
            "the last command here went to acme/eu-west-1; this one goes to acme/us-east-1"
        );
        // A service without regions is in all of them.
        assert_eq!((says(&at("eu-west-1"), ""), says(&at(""), "us-east-1")), (None, None));
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
            switch(10),
        ];
        (0..6 * 6 * 6)
            .map(move |n| vec![kinds[n % 6].clone(), kinds[n / 6 % 6].clone(), kinds[n / 36].clone()])
    }

    #[test]
    fn a_fact_less_never_says_less() {
        let strength = |stops: &[Stop], to| look(stops, 1, 7, to).map_or(Moved::No, |moving| moving.moved);
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
