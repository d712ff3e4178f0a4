//! From a plan of packages and the facts about them to what the person reads, the surprise first: what goes without having
//! been named, what stops, what is lost.

use super::facts::{Broken, Cluster, End, PackageFacts, Process, Size, Store};
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::human::{bytes, counted, number, span};
use crate::engine::impact::{Data, Fate, Group, Impact, Subject};
use crate::engine::packages::plan::{Change, Kind, Plan};
use crate::family::machine::postgres;
use crate::run::proc::Protocol;
use std::path::Path;

/// What no script deletes is worth a line from here on.
const WORTH_A_LINE: u64 = 1_000_000;
/// So many names stand in a sentence.
const NAMES: usize = 3;
/// From so many packages on they are put into groups.
const GROUPED: usize = 7;

const ASKS_NOBODY: &str = "the purge script asks nobody";
const UNLESS_NO: &str = "unless you answer no";
const UNLESS_YES: &str = "unless you answer yes";
const AT_REMOVAL: &str = "at removal already";
const LATER: &str = "a later purge deletes it";
const NO_SCRIPT: &str = "no script deletes it";
const UNCLEAR: &str = "what a script of it runs is not clear";

/// A package that goes, with what is known of it.
struct Going<'a> {
    change: &'a Change,
    facts: Option<&'a PackageFacts>,
}

/// What goes, what it holds, and what that makes of the command.
pub fn impact_of(plan: &Plan, facts: &[PackageFacts]) -> Impact {
    let all = going(plan, facts);
    let mut impact = Impact::default();
    if !plan.deconfigured.is_empty() {
        let names = list(&plan.deconfigured);
        impact.raise(Effect::Disrupt, format!("{names}: deconfigured, what runs of it may stop meanwhile"));
    }
    if all.is_empty() {
        impact.also.extend(upgrades(plan));
        impact.lower(Effect::Mutate, "nothing is removed");
        return impact;
    }
    impact.surprise = surprise(plan, facts);
    impact.unnamed = all.iter().filter(|g| g.is_surprise()).map(|g| g.change.full_name()).collect();
    impact.subjects = all.iter().map(|g| subject(g.change)).collect();
    impact.subjects_total = impact.subjects.len() as u64;
    impact.groups = groups(&all);
    for one in &all {
        data(one, &mut impact);
    }
    // Those that matter most stand first, whatever package they are of.
    for told in [stops, keeps_the_machine] {
        impact.also.extend(all.iter().filter_map(told));
    }
    impact.also.extend(settings(&all));
    for told in [breaks, jobs, borrowers, dependants] {
        impact.also.extend(all.iter().filter_map(told));
    }
    impact.also.extend(installs(plan));
    impact.also.extend(upgrades(plan));
    for one in &all {
        gaps(one, &mut impact);
    }
    levels(&all, &mut impact);
    impact
}

/// The names of what is lost for good, as the phrase has them, what counts most first: a cluster by its own name, other
/// data by the package that owns it. Where nothing is known to be lost, the package that is purged first.
pub fn lost_things(plan: &Plan, facts: &[PackageFacts]) -> Vec<String> {
    let all = going(plan, facts);
    let mut lost: Vec<String> = Vec::new();
    let mut add = |name: String| {
        if !lost.contains(&name) {
            lost.push(name);
        }
    };
    for one in &all {
        let clusters = one.clusters().iter().filter(|c| one.fate_of_cluster(c).0 == Fate::Erased);
        clusters.map(|c| c.found.called()).for_each(&mut add);
    }
    let mut erased: Vec<(u64, &str)> = all
        .iter()
        .filter_map(|one| {
            let stores = one.stores().iter().filter(|s| one.fate(&s.end).0 == Fate::Erased);
            let size = stores.map(|s| s.size.bytes).reduce(|a, b| a + b)?;
            Some((size, one.change.name.as_str()))
        })
        .collect();
    erased.sort_by_key(|(size, _)| std::cmp::Reverse(*size));
    erased.into_iter().for_each(|(_, name)| add(name.to_owned()));
    for one in &all {
        let databases = one.facts.iter().flat_map(|f| &f.databases).filter(|d| d.dropped);
        databases.map(|d| d.name.clone()).for_each(&mut add);
    }
    if lost.is_empty() {
        let may = all.iter().filter(|g| g.change.kind == Kind::Purge || !g.unclear().is_empty());
        let best = may.max_by_key(|g| (g.held(), !g.unclear().is_empty()));
        lost.extend(best.map(|g| g.change.name.clone()));
    }
    lost
}

/// Directories with data of what goes, by package, with what becomes of each.
pub(super) fn stores_of<'a>(plan: &'a Plan, facts: &'a [PackageFacts]) -> Vec<(&'a str, &'a Path, Fate)> {
    let all = going(plan, facts);
    let of = |one: &Going<'a>| {
        let Some(facts) = one.facts else { return Vec::new() };
        let each = facts
            .stores
            .iter()
            .map(|store| (facts.name.as_str(), store.path.as_path(), one.fate(&store.end).0));
        each.collect()
    };
    all.iter().flat_map(of).collect()
}

/// PostgreSQL's clusters of what goes, with what becomes of each.
pub(super) fn clusters_of<'a>(
    plan: &'a Plan,
    facts: &'a [PackageFacts],
) -> Vec<(&'a postgres::Cluster, Fate)> {
    let all = going(plan, facts);
    let of = |one: &Going<'a>| {
        let clusters = one.facts.map(|facts| facts.clusters.as_slice()).unwrap_or_default();
        clusters.iter().map(|cluster| (&cluster.found, one.fate_of_cluster(cluster).0)).collect::<Vec<_>>()
    };
    all.iter().flat_map(of).collect()
}

/// Whether the same packages could be removed, and not purged, without anything being erased: the milder way.
pub fn keeps_by_removal(plan: &Plan, facts: &[PackageFacts]) -> bool {
    let mut milder = plan.clone();
    // What was removed before has nothing left to be removed.
    milder.changes.retain(|change| change.version.is_some());
    for change in milder.changes.iter_mut().filter(|c| c.kind == Kind::Purge) {
        change.kind = Kind::Remove;
    }
    let erases = |one: &Going<'_>| {
        let Some(facts) = one.facts else { return true };
        one.erased() > 0 || !one.unclear().is_empty() || facts.databases.iter().any(|d| d.dropped)
    };
    !going(&milder, facts).iter().any(erases)
}

/// What goes without having been named, in one sentence; also what apt takes for unused although it runs or holds data.
pub fn surprise(plan: &Plan, facts: &[PackageFacts]) -> Option<String> {
    let all = going(plan, facts);
    let surprising: Vec<&Going<'_>> = all.iter().filter(|g| g.is_surprise()).collect();
    let first = surprising.first()?;
    let named = plan.changes.iter().filter(|c| c.named).count() as u64;
    let installed = named > 0 && !plan.removals().any(|c| c.named);
    let named = match named {
        0 => "you named no package".to_owned(),
        n if installed => format!("you named {} to install", counted(n, "package")),
        n => format!("you named {}", counted(n, "package")),
    };
    let goes = match all.len() as u64 {
        1 => "1 goes".to_owned(),
        n => format!("{} go", number(n)),
    };
    let mut names: Vec<String> = surprising.iter().take(NAMES).map(|g| g.described()).collect();
    // Of many the first one alone is described: a sentence that nobody reads to its end warns nobody.
    if surprising.len() > NAMES {
        names = surprising.iter().take(NAMES).skip(1).map(|g| g.change.full_name()).collect();
        names.insert(0, first.described());
        names.push(format!("{} more", number((surprising.len() - NAMES) as u64)));
    }
    Some(format!("{named}, {goes}; not named by you: {}", names.join(", ")))
}

/// What goes: what was not named first, then what was, then what nothing needs any more; in each what is worst first.
fn going<'a>(plan: &'a Plan, facts: &'a [PackageFacts]) -> Vec<Going<'a>> {
    let of = |change: &Change| {
        let same = facts.iter().filter(|f| f.name == change.name);
        same.clone().find(|f| f.arch == change.arch).or_else(|| same.clone().next())
    };
    let mut all: Vec<Going<'_>> = plan.removals().map(|change| Going { change, facts: of(change) }).collect();
    all.sort_by_key(|g| {
        let rank = match (g.is_surprise(), g.change.unused) {
            (true, _) => 0,
            (false, false) => 1,
            (false, true) => 2,
        };
        let live = g.facts.is_some_and(PackageFacts::is_live);
        (rank, std::cmp::Reverse((g.erased(), g.clients(), live, g.held())))
    });
    all
}

impl Going<'_> {
    fn stores(&self) -> &[Store] {
        self.facts.map(|f| f.stores.as_slice()).unwrap_or_default()
    }

    fn clusters(&self) -> &[Cluster] {
        self.facts.map(|f| f.clusters.as_slice()).unwrap_or_default()
    }

    fn clients(&self) -> u64 {
        self.facts.map(|f| f.clients().total()).unwrap_or_default()
    }

    /// Not named, and not merely left over.
    fn is_surprise(&self) -> bool {
        let live = |f: &PackageFacts| f.is_live() || f.vital.is_some() || self.erased() > 0;
        !self.change.named && (!self.change.unused || self.facts.is_some_and(live))
    }

    /// What becomes of data with this end, and why.
    fn fate(&self, end: &End) -> (Fate, &'static str) {
        match (end, self.change.kind) {
            (End::Removal, _) => (Fate::Erased, AT_REMOVAL),
            (End::Purge, Kind::Purge) => (Fate::Erased, ASKS_NOBODY),
            (End::Asked { deletes: true, .. }, Kind::Purge) => (Fate::Erased, UNLESS_NO),
            _ if !self.unclear().is_empty() => (Fate::Unknown, UNCLEAR),
            (End::Asked { deletes: false, .. }, Kind::Purge) => (Fate::Kept, UNLESS_YES),
            (End::Purge | End::Asked { deletes: true, .. }, _) => (Fate::Kept, LATER),
            (End::Stays | End::Asked { .. }, _) => (Fate::Kept, NO_SCRIPT),
        }
    }

    /// What its scripts run in this plan of which nobody knows what it does.
    fn unclear(&self) -> &[String] {
        match self.facts {
            Some(facts) if self.change.kind == Kind::Purge => &facts.unclear,
            Some(facts) => &facts.unclear_at_removal,
            None => &[],
        }
    }

    fn fate_of_cluster(&self, cluster: &Cluster) -> (Fate, &'static str) {
        self.fate(cluster.end.as_ref().unwrap_or(&End::Stays))
    }

    /// Bytes that are deleted.
    fn erased(&self) -> u64 {
        let stores = self.stores().iter().filter(|s| self.fate(&s.end).0 == Fate::Erased);
        let clusters = self.clusters().iter().filter(|c| self.fate_of_cluster(c).0 == Fate::Erased);
        // A cluster whose size nobody could tell is not nothing.
        stores.map(|s| s.size.bytes.max(1)).sum::<u64>() + clusters.map(|c| size_of(c).max(1)).sum::<u64>()
    }

    /// Bytes that it holds, whatever becomes of them.
    fn held(&self) -> u64 {
        self.stores().iter().map(|s| s.size.bytes).sum::<u64>()
            + self.clusters().iter().map(size_of).sum::<u64>()
    }

    /// Data that a script deletes, now or at a later purge.
    fn has_data(&self) -> bool {
        let deletes = |end: &End| *end != End::Stays;
        self.stores().iter().any(|s| deletes(&s.end))
            || self.clusters().iter().any(|c| c.end.is_some())
            || self.facts.is_some_and(|f| !f.databases.is_empty())
    }

    /// A question whose answer may delete data, and whose default is no.
    fn may_ask(&self) -> bool {
        let no = |end: &End| matches!(end, End::Asked { deletes: false, .. });
        self.change.kind == Kind::Purge && self.stores().iter().any(|s| no(&s.end))
    }

    /// `postgresql-15 (server, 231 MB, running 41 days, 37 clients)`.
    fn described(&self) -> String {
        let name = self.change.full_name();
        let Some(facts) = self.facts else { return name };
        let mut parts: Vec<String> = Vec::new();
        if let Some(vital) = &facts.vital {
            parts.push(vital.clone());
        } else if !facts.listens.is_empty() {
            parts.push("server".to_owned());
        }
        let held = self.held();
        if held > 0 && (self.has_data() || held >= WORTH_A_LINE) {
            parts.push(bytes(held));
        }
        match age(facts) {
            Some(age) => parts.push(format!("running {}", span(age))),
            None if !facts.processes.is_empty() || !facts.units.is_empty() => {
                parts.push("running".to_owned())
            }
            None => {}
        }
        match self.clients() {
            0 => {}
            n => parts.push(counted(n, "client")),
        }
        if parts.is_empty() { name } else { format!("{name} ({})", parts.join(", ")) }
    }
}

fn size_of(cluster: &Cluster) -> u64 {
    cluster.size.as_ref().map_or(0, |s| s.bytes)
}

/// Since when the oldest part of it runs.
fn age(facts: &PackageFacts) -> Option<u64> {
    let processes = facts.processes.iter().filter_map(|p| p.since_s).max();
    processes.or_else(|| facts.units.iter().filter_map(|u| u.since_s).max())
}

fn subject(change: &Change) -> Subject {
    Subject {
        kind: "package".to_owned(),
        resource: "packages".to_owned(),
        name: change.full_name(),
        ..Subject::default()
    }
}

/// Which of many were named, which were not, and which nothing needs any more.
fn groups(all: &[Going<'_>]) -> Vec<Group> {
    if all.len() < GROUPED {
        return Vec::new();
    }
    let mut groups: Vec<Group> = Vec::new();
    for one in all {
        let kind = match (one.change.named, one.change.unused) {
            (true, _) => "named package",
            (false, false) => "unnamed package",
            (false, true) => "unused package",
        };
        match groups.iter_mut().find(|g| g.kind == kind) {
            Some(group) => group.count += 1,
            None => groups.push(Group { kind: kind.to_owned(), count: 1, ..Group::default() }),
        }
        if let Some(group) = groups.iter_mut().find(|g| g.kind == kind)
            && group.names.len() < 2 * NAMES
        {
            group.names.push(one.change.full_name());
        }
    }
    if groups.len() < 2 { Vec::new() } else { groups }
}

fn data(one: &Going<'_>, impact: &mut Impact) {
    for cluster in one.clusters() {
        let (fate, because) = one.fate_of_cluster(cluster);
        let size = cluster.size.as_ref().map_or_else(|| "size not known".to_owned(), amount);
        let mut what = format!(
            "PostgreSQL cluster {}: {size} in {}",
            cluster.found.called(),
            cluster.found.data.display()
        );
        match cluster.found.elsewhere.len() as u64 {
            0 => {}
            n => what.push_str(&format!(" and {}", counted(n, "other directory"))),
        }
        what.push_str(&cluster.size.as_ref().map(written).unwrap_or_default());
        impact.data.push(Data { what, fate, because: because.to_owned() });
    }
    for store in one.stores() {
        let (fate, because) = one.fate(&store.end);
        if store.end == End::Stays && store.size.bytes < WORTH_A_LINE {
            continue;
        }
        let size = amount(&store.size);
        let what = format!("{}: {size} in {}{}", one.change.name, store.path.display(), written(&store.size));
        impact.data.push(Data { what, fate, because: because.to_owned() });
    }
    let Some(facts) = one.facts else { return };
    for database in &facts.databases {
        let at = database.host.as_ref().map(|host| format!(" on {host}")).unwrap_or_default();
        let what = format!("{} database {}{at} of {}", database.kind, database.name, facts.name);
        let (fate, because) =
            if database.dropped { (Fate::Erased, AT_REMOVAL) } else { (Fate::Kept, UNLESS_YES) };
        impact.data.push(Data { what, fate, because: because.to_owned() });
    }
    let script = if one.change.kind == Kind::Purge { "purge" } else { "removal" };
    for line in one.unclear().iter().take(NAMES) {
        let what = format!("what {}'s {script} script does: {line}", facts.name);
        impact.data.push(Data { what, fate: Fate::Unknown, because: String::new() });
    }
    if let more @ 1.. = one.unclear().len().saturating_sub(NAMES) {
        let what = format!("{} more of what it does", number(more as u64));
        impact.data.push(Data { what, fate: Fate::Unknown, because: String::new() });
    }
}

/// `231 MB`, `at least 12 GB`.
fn amount(size: &Size) -> String {
    let least = if size.whole { "" } else { "at least " };
    format!("{least}{}", bytes(size.bytes))
}

/// `, last written 4 s ago`; what is mounted there is said as well.
fn written(size: &Size) -> String {
    let mut text = String::new();
    if let Some(seconds) = size.written_s {
        text.push_str(&format!(", last written {} ago", span(seconds)));
    }
    if let Some(mount) = size.mounts.first() {
        text.push_str(&format!(", with {mount} mounted there"));
    }
    text
}

/// What stops, with whom it serves.
fn stops(one: &Going<'_>) -> Option<String> {
    let facts = one.facts?;
    if facts.processes.is_empty() && facts.units.is_empty() {
        return None;
    }
    let mut names: Vec<String> = facts.units.iter().map(|u| u.name.clone()).collect();
    let mut loose: Vec<String> = Vec::new();
    for process in &facts.processes {
        let Some(unit) = process.unit.as_ref().filter(|u| u.ends_with(".service")) else {
            loose.push(process.name.clone());
            continue;
        };
        // Its user's manager is not what stops.
        if unit.starts_with("user@") {
            loose.push(process.name.clone());
        } else if !names.contains(unit) {
            names.push(unit.clone());
        }
    }
    let units = !names.is_empty();
    if !units {
        loose.sort();
        loose.dedup();
        names = loose;
    }
    let mut text = format!("stops {}", list(&names));
    if !units && names.as_slice() != [one.change.name.as_str()] {
        text.push_str(&format!(" of {}", one.change.name));
    }
    let mut details = Vec::new();
    details.extend(age(facts).map(|age| format!("running {}", span(age))));
    let mut ports: Vec<String> = Vec::new();
    for listener in &facts.listens {
        if let (Some(port), true) = (listener.port, listener.protocol != Protocol::Unix) {
            let port =
                if listener.protocol == Protocol::Udp { format!("{port}/udp") } else { port.to_string() };
            if !ports.contains(&port) {
                ports.push(port);
            }
        }
    }
    match ports.as_slice() {
        [] => {}
        [port] => details.push(format!("port {port}")),
        ports => details.push(format!("ports {}", list(ports))),
    }
    let clients = facts.clients();
    match (clients.total(), clients.hosts.len() as u64) {
        (0, _) => {}
        (n, 0) => details.push(counted(n, "client")),
        (n, hosts) => details.push(format!("{} from {}", counted(n, "client"), counted(hosts, "address"))),
    }
    if !details.is_empty() {
        text.push_str(&format!(" ({})", details.join(", ")));
    }
    Some(text)
}

fn keeps_the_machine(one: &Going<'_>) -> Option<String> {
    let facts = one.facts?;
    let mut what: Vec<String> = facts.vital.iter().cloned().collect();
    what.extend(facts.marks.iter().map(|mark| format!("marked {mark}")));
    (!what.is_empty()).then(|| format!("{}: {}", one.change.name, what.join(", ")))
}

/// Why it goes along.
fn dependants(one: &Going<'_>) -> Option<String> {
    let needs = one.facts?.needs.as_ref().filter(|_| one.is_surprise())?;
    Some(format!("{} needs {needs}", one.change.name))
}

/// Settings that nobody has but this machine, of all packages together.
fn settings(all: &[Going<'_>]) -> Option<String> {
    let purged = || all.iter().filter(|g| g.change.kind == Kind::Purge).filter_map(|g| g.facts);
    let mut dirs: Vec<String> = purged().flat_map(|f| f.deleted_settings.iter().cloned()).collect();
    let files = purged().flat_map(|f| f.changed_settings.iter());
    let inside = |path: &str| {
        dirs.iter().any(|dir| path.strip_prefix(dir.as_str()).is_some_and(|p| p.starts_with('/')))
    };
    let files: Vec<String> = files.filter(|path| !inside(path)).cloned().collect();
    dirs.extend(files);
    dirs.dedup();
    (!dirs.is_empty()).then(|| format!("settings made here are lost: {}", list(&dirs)))
}

fn jobs(one: &Going<'_>) -> Option<String> {
    let jobs = &one.facts?.jobs;
    (!jobs.is_empty()).then(|| format!("no longer run by cron: {}", list(jobs)))
}

/// What stays and cannot be without it: only dpkg with its checks off goes so far.
fn breaks(one: &Going<'_>) -> Option<String> {
    let facts = one.facts.filter(|f| !f.broken.is_empty())?;
    let mut broken: Vec<&Broken> = facts.broken.iter().collect();
    broken.sort_by_key(|b| !b.runs);
    let named = |b: &&Broken| if b.runs { format!("{} (running)", b.name) } else { b.name.clone() };
    let names: Vec<String> = broken.iter().map(named).collect();
    Some(format!("stays without {}, which it needs: {}", one.change.name, list(&names)))
}

fn borrowers(one: &Going<'_>) -> Option<String> {
    let facts = one.facts.filter(|f| !f.borrowers.is_empty())?;
    let mut names: Vec<String> = facts.borrowers.iter().map(|p: &Process| p.name.clone()).collect();
    names.sort();
    names.dedup();
    Some(format!("{} is loaded by {}", one.change.name, list(&names)))
}

/// What comes in place of what goes.
fn installs(plan: &Plan) -> Option<String> {
    let mut new: Vec<&Change> =
        plan.changes.iter().filter(|c| c.kind == Kind::Install && c.version.is_none()).collect();
    new.sort_by_key(|c| !c.named);
    let new: Vec<String> = new.into_iter().map(Change::full_name).collect();
    (!new.is_empty()).then(|| format!("installs {}", list(&new)))
}

/// What is replaced by another version: its old scripts run with `upgrade` and, where that fails, its new ones with
/// `failed-upgrade` (deb-prerm(5)). Nobody reads them for what they do then, and that is said.
fn upgrades(plan: &Plan) -> Option<String> {
    let names: Vec<String> = plan.upgrades().map(Change::full_name).collect();
    (!names.is_empty())
        .then(|| format!("upgrades {}: what their scripts do by it was not looked at", list(&names)))
}

/// `a, b and 3 more`.
fn list(names: &[String]) -> String {
    let shown = names.iter().take(NAMES).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES) {
        0 => shown,
        more => format!("{shown} and {} more", number(more as u64)),
    }
}

fn gaps(one: &Going<'_>, impact: &mut Impact) {
    match one.facts {
        Some(facts) => facts.gaps.iter().for_each(|gap| impact.gap(gap.what.clone(), gap.why.clone())),
        None => impact.gap(format!("what {} holds and runs", one.change.name), Why::NotAsked),
    }
}

/// What the facts make of the level.
fn levels(all: &[Going<'_>], impact: &mut Impact) {
    for one in all {
        let name = &one.change.name;
        let erased = one.erased();
        if erased > 1 {
            impact.raise(Effect::Destroy, format!("{name} takes {} of data with it", bytes(erased)));
        } else if erased > 0 {
            impact.raise(Effect::Destroy, format!("{name} takes its data with it"));
        }
        let Some(facts) = one.facts else { continue };
        if let Some(database) = facts.databases.iter().find(|d| d.dropped) {
            impact.raise(Effect::Destroy, format!("{name} drops the database {}", database.name));
        }
        if !one.unclear().is_empty() {
            let script = if one.change.kind == Kind::Purge { "purge" } else { "removal" };
            impact.raise(Effect::Destroy, format!("{name}'s {script} script may delete data"));
        }
        let broken: Vec<String> = facts.broken.iter().filter(|b| b.runs).map(|b| b.name.clone()).collect();
        if !broken.is_empty() {
            impact.raise(Effect::Disrupt, format!("{} needs {name}, stays and runs", list(&broken)));
        }
        if !facts.processes.is_empty() || !facts.units.is_empty() {
            impact.raise(Effect::Disrupt, format!("{name} runs"));
        }
        if !facts.jobs.is_empty() {
            impact.raise(Effect::Disrupt, format!("cron runs {name}"));
        }
        if let Some(vital) = &facts.vital {
            impact.raise(Effect::Disrupt, format!("{name}: {vital}"));
        }
        if let Some(mark) = facts.marks.first() {
            impact.raise(Effect::Disrupt, format!("{name} is marked {mark}"));
        }
        if !facts.borrowers.is_empty() && !one.change.unused {
            impact.raise(Effect::Disrupt, format!("running processes have {name} loaded"));
        }
    }
    let surprising: Vec<String> =
        all.iter().filter(|g| g.is_surprise()).map(|g| g.change.full_name()).collect();
    if !surprising.is_empty() {
        impact.raise(Effect::Disrupt, format!("takes along what you did not name: {}", list(&surprising)));
    }
    // Whoever has to answer a question about data is not told that there is nothing to it.
    if all.iter().any(|g| g.facts.is_none() || g.may_ask()) {
        return;
    }
    impact.lower(Effect::Disrupt, "no data is deleted");
    let purges_more = |g: &Going<'_>| g.change.kind == Kind::Purge && g.facts.is_none_or(|f| f.purge_adds);
    if !all.iter().any(|g| purges_more(g) || g.has_data()) {
        impact.lower(Effect::Mutate, "nothing of it runs or holds data");
    }
}

#[cfg(test)]
mod tests;
