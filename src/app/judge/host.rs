//! The way of the tools that work on the host itself: which machine, what goes from it or stops on it, what is lost.

use super::{Call, How, Judged, Outcome, Words, real_tool, target_changed};
use crate::app::caller::actor;
use crate::app::out::dumb;
use crate::app::{promise, situation};
use crate::engine::assess::assess;
use crate::engine::challenge::{Challenge, HostScope, host_challenge};
use crate::engine::classify::classify_tool;
use crate::engine::decide::{Decision, decide};
use crate::engine::effect::Effect;
use crate::engine::escape::escape;
use crate::engine::fact::{Known, Why};
use crate::engine::impact::Impact;
use crate::engine::packages::dpkg;
use crate::engine::packages::named::named;
use crate::engine::packages::plan::{Change, Kind, Plan};
use crate::engine::packages::tables;
use crate::engine::policy::Merged;
use crate::engine::policy::place::{self, Seen};
use crate::engine::target::HostTarget;
use crate::engine::tool::{self, Tool};
use crate::engine::verdict::Verdict;
use crate::fail::{self, Fail, Result};
use crate::keep::apt::safer;
use crate::probe;
use crate::probe::systemd::asked::{self, Act, Asked};
use crate::prompt::progress::Progress;
use crate::resolve::host::ResolvedHost;
use crate::resolve::{self, Resolved};
use crate::run::inputs::Inputs;
use crate::world::World;
use rustix::fs::{Access, AtFlags, CWD, accessat};
use rustix::io::Errno;
use std::path::Path;
use std::time::{Duration, Instant};

/// How long a simulation may take when no policy sets a time: apt needs one to four seconds for large lists of packages.
const PLANNING: Duration = Duration::from_secs(15);
/// How long looking at what goes may take: most of it is counting files.
const LOOKING: Duration = Duration::from_secs(3);
/// What is known of a command that works on a host, for those that carry it out.
#[derive(Clone, Debug, Default)]
pub struct HostFacts {
    /// What goes, package by package; `None` for units and for what could not be planned.
    pub plan: Option<Plan>,
    /// What is lost for good, by the names of the phrase.
    pub lost: Vec<String>,
    /// A milder form of the same command.
    pub safer: Option<String>,
    /// A removal in place of the purge would erase nothing.
    pub keeps_by_removal: bool,
    /// The plan is the package manager's own, handed to guard's hook, and not a simulation.
    pub by_hook: bool,
}

/// Reads the words. These tools have no aliases, and what their configuration adds a simulation knows.
pub(super) fn read_words(call: &Call) -> Words {
    let words = call.words();
    Words {
        verdict: classify_tool(call.tool, &words),
        words: words.iter().map(|word| word.to_vec()).collect(),
        rewritten: Vec::new(),
        preferences: None,
        kuberc: None,
        aws: None,
    }
}

/// Judges a call.
pub(super) fn judge(call: &Call, words: Words, policy: Merged, world: &World, how: How) -> Result<Judged> {
    let tool = real_tool(call.file(), &policy.terms(), world)?;
    judge_with(call, words, policy, world, how, tool, None)
}

/// Judges what the package manager is about to do, by its own plan: for the hook that it calls. The words are those of
/// the call that led there, as far as they are known; the plan alone says how bad it is.
pub fn judge_plan(call: &Call, plan: Plan, policy: Merged, world: &World, how: How) -> Result<Judged> {
    let mut words = read_words(call);
    let worst = plan.removals().map(|change| change.kind).max();
    let effect = match worst {
        Some(Kind::Purge) => Effect::Destroy,
        Some(Kind::Remove) => Effect::Disrupt,
        Some(Kind::Install) | None => Effect::Mutate,
    };
    words.verdict =
        Verdict { effect, content: false, completion: false, because: vec!["by the plan of packages"] };
    let tool = real_tool(call.file(), &policy.terms(), world).unwrap_or_else(|_| call.tool.name.into());
    judge_with(call, words, policy, world, how, tool, Some(plan))
}

fn judge_with(
    call: &Call,
    mut words: Words,
    policy: Merged,
    world: &World,
    how: How,
    tool: std::path::PathBuf,
    ready: Option<Plan>,
) -> Result<Judged> {
    let terms = policy.terms();
    let started = Instant::now();
    let resolved = resolve::host::host(world, call.tool.name.as_bytes(), &call.words());
    let resolving = started.elapsed();
    let mut facts = HostFacts { by_hook: ready.is_some(), ..HostFacts::default() };
    let mut impact = Impact::default();
    let target = resolved.as_ref().ok().map(|r| &r.target);
    let stage = Stage { call, policy: &policy, world, how };
    let mut outcome = stage.decide(&words, target, &impact, &facts, false);
    let asks = !matches!(outcome.decision, Decision::Allow(_)) || words.verdict.effect >= Effect::Unknown;
    let wanted = asks || words.verdict.content;
    let started = Instant::now();
    if wanted {
        // Made anew with the facts: there may be a hundred thousand of them.
        outcome.situation.objects = Vec::new();
    }
    if let (true, true, Ok(found)) = (wanted, how.probe, &resolved) {
        impact = look(&stage, &mut words, found, &tool, ready, &mut facts);
        outcome = stage.decide(&words, target, &impact, &facts, true);
    } else if wanted {
        if !how.probe {
            impact.gap("what would go", Why::NotAsked);
            unasked(call, &words, &mut impact);
        }
        outcome = stage.decide(&words, target, &impact, &facts, false);
    }
    let probing = started.elapsed();
    let Outcome { place, name, challenge, assessment, situation, decision } = outcome;
    let plan = facts.plan.as_ref().filter(|plan| plan.removes());
    let copy = match (&resolved, plan) {
        (Ok(found), Some(plan)) => {
            promise::packages::intend(plan, &found.root, &name, &impact, &assessment, how, world)
        }
        _ => None,
    };
    let safer = plan
        .filter(|_| assessment.effect >= Effect::Destroy && facts.keeps_by_removal)
        .and_then(|plan| safer::safer(plan, call.tool.name, &call.words()))
        .or_else(|| facts.safer.clone().filter(|_| assessment.effect >= Effect::Disrupt));
    Ok(Judged {
        words,
        policy,
        terms,
        resolved: resolved.map(|r| Resolved::Host(Box::new(r))),
        inputs: Inputs::default(),
        tool,
        impact,
        place,
        name,
        challenge,
        assessment,
        situation,
        decision,
        copy: copy.map_or(promise::Promise::Nothing, promise::Promise::Copy),
        safer,
        host: Some(Box::new(facts)),
        aws: None,
        resolving,
        probing,
    })
}

/// Whether this user can change no package of the system that the words mean: its database can neither be locked nor
/// written. The tool finds that out itself, and says it better than a question does.
pub fn is_powerless(call: &Call, world: &World) -> bool {
    if !call.tool.is_package_manager() {
        return false;
    }
    let Ok(found) = resolve::host::host(world, call.tool.name.as_bytes(), &call.words()) else {
        return false;
    };
    // Anything but a plain no counts as a yes: then the command is judged.
    let refused = |path: &Path| {
        let no = [Errno::ACCESS, Errno::PERM, Errno::ROFS, Errno::NOENT];
        accessat(CWD, path, Access::WRITE_OK, AtFlags::EACCESS).is_err_and(|errno| no.contains(&errno))
    };
    let database = &found.database;
    let locks = [database.clone(), database.join("lock-frontend"), database.join("lock")];
    database.is_dir() && found.target.remote.is_none() && locks.iter().all(|path| refused(path))
}

/// Whether a call of a package manager takes nothing away, as its own plan says: such calls need no policy.
pub fn takes_nothing(call: &Call, words: &Words, world: &World) -> bool {
    if !call.tool.is_package_manager() || words.verdict.effect > Effect::Mutate {
        return false;
    }
    let policy = Merged::default();
    let (Ok(tool), Ok(found)) = (
        real_tool(call.file(), &policy.terms(), world),
        resolve::host::host(world, call.tool.name.as_bytes(), &call.words()),
    ) else {
        return false;
    };
    let how = How { probe: true, interactive: false, progress: false };
    let stage = Stage { call, policy: &policy, world, how };
    !words.verdict.content
        || matches!(plan(&stage, &found, &tool).plan, Known::Known(plan) if !plan.removes() && plan.deconfigured.is_empty())
}

/// Looks at what would go, or stop.
fn look(
    stage: &Stage<'_>,
    words: &mut Words,
    found: &ResolvedHost,
    tool: &Path,
    ready: Option<Plan>,
    facts: &mut HostFacts,
) -> Impact {
    let Stage { call, world, how, .. } = *stage;
    let mut impact = Impact::default();
    if let Some(remote) = &found.target.remote {
        impact.gap("what is there", Why::Failed(format!("{} is another machine", remote.value)));
        unasked(call, words, &mut impact);
        return impact;
    }
    let told = format!("{}: looking at what would go", call.tool);
    let _progress = how.progress.then(|| Progress::start(&told, dumb(world)));
    if !call.tool.is_package_manager() {
        let answered = stops(stage, found, tool);
        if answered.refuses {
            words.verdict.effect = Effect::Read;
            words.verdict.because.push("the tool has no such command, and will say so");
            return impact;
        }
        facts.safer = answered.safer;
        return answered.impact;
    }
    let planned = match ready {
        Some(plan) => Known::Known(plan),
        None => {
            let answered = plan(stage, found, tool);
            if answered.error.is_some() {
                // The tool itself comes to nothing, and says so better than anybody else.
                words.verdict.effect = Effect::Read;
                words.verdict.because.push("the tool itself refuses this, and will say so");
                return impact;
            }
            answered.plan
        }
    };
    match planned {
        Known::Known(plan) => {
            let going: Vec<&Change> = plan.removals().collect();
            let patience = deadline(stage.policy, LOOKING);
            let mut held = probe::apt::facts::look(&found.root, &going, patience);
            if call.tool.is(&tool::DPKG) && !dpkg::parse(&call.words()).has(tables::dpkg::Kind::Install) {
                probe::apt::facts::look_at_broken(&found.root, &going, &mut held, patience);
            }
            impact = probe::apt::impact_of(&plan, &held);
            facts.lost = probe::apt::lost_things(&plan, &held);
            facts.keeps_by_removal = probe::apt::keeps_by_removal(&plan, &held);
            facts.plan = Some(plan);
        }
        Known::Unknown(why) => {
            impact.gap("what would go", why);
            unasked(call, words, &mut impact);
        }
    }
    impact
}

/// What the words alone do not tell was not asked, or nobody answered: what stops or makes room by it is then not taken
/// for nothing. apt tells before it removes anything, and asks; dpkg and systemctl do not.
fn unasked(call: &Call, words: &Words, impact: &mut Impact) {
    if !words.verdict.content {
        return;
    }
    if call.tool.is(&tool::DPKG) {
        impact.raise(Effect::Disrupt, "what has to make room for it is not known");
    } else if !call.tool.is_package_manager() {
        impact.raise(Effect::Disrupt, "what it would stop could not be asked");
    }
}

/// What the service manager and the process table say of units, or of the whole machine.
fn stops(stage: &Stage<'_>, found: &ResolvedHost, tool: &Path) -> probe::systemd::Answered {
    probe::systemd::ask(&probe::systemd::Request {
        tool: stage.call.tool.name,
        words: stage.call.argv.get(1..).unwrap_or_default(),
        program: tool,
        world: stage.world,
        root: &found.root,
        deadline: deadline(stage.policy, probe::systemd::DEADLINE),
    })
}

/// The command's own plan.
fn plan(stage: &Stage<'_>, found: &ResolvedHost, tool: &Path) -> probe::apt::Answered {
    probe::apt::plan(&probe::apt::Request {
        tool: stage.call.tool.name,
        words: stage.call.argv.get(1..).unwrap_or_default(),
        program: tool,
        world: stage.world,
        root: &found.root,
        deadline: deadline(stage.policy, PLANNING),
    })
}

/// The policy's time for the probe, else what this one needs.
fn deadline(policy: &Merged, needed: Duration) -> Duration {
    let set = policy.layers().find_map(|p| p.probe_timeout_ms);
    set.map_or(needed, |ms| Duration::from_millis(u64::from(ms)))
}

#[derive(Clone, Copy)]
struct Stage<'a> {
    call: &'a Call,
    policy: &'a Merged,
    world: &'a World,
    how: How,
}

impl Stage<'_> {
    fn decide(
        &self,
        words: &Words,
        target: Option<&HostTarget>,
        impact: &Impact,
        facts: &HostFacts,
        probed: bool,
    ) -> Outcome {
        let seen = target.map(Seen::of_host).unwrap_or_default();
        let place = place::classify_target(&seen, self.policy);
        let assessment = assess(words.verdict.effect, impact);
        let slices = words.slices();
        let (name, challenge) = match target {
            Some(target) => {
                let lost = if assessment.effect >= Effect::Destroy { facts.lost.as_slice() } else { &[] };
                let machine = machine(self.call.tool, &slices);
                let scope = HostScope {
                    lost,
                    machine: machine.as_deref(),
                    unnamed: &impact.unnamed,
                    unseen: is_unseen(impact),
                    stops: &stopped(self.call.tool.name, &slices, facts, impact),
                };
                let challenge = host_challenge(target, place.name.as_deref(), &scope);
                (target.host_name(place.name.as_deref()), challenge)
            }
            None => (String::new(), Challenge::new("", "host")),
        };
        let facts = situation::host::Facts {
            tool: self.call.tool.name,
            words: &slices,
            target,
            seen: &seen,
            place: &place,
            assessment: &assessment,
            impact,
            probed,
            named: !name.is_empty(),
        };
        let situation = situation::host::of(&facts, self.how.interactive, actor(self.world));
        let decision = decide(&situation, self.policy);
        Outcome { place, name, challenge, assessment, situation, decision }
    }
}

/// What happens to the machine itself, in one word of the phrase: how it goes down, or the target that everything else stops
/// for.
fn machine(tool: &Tool, words: &[&[u8]]) -> Option<String> {
    if tool.is_package_manager() {
        return None;
    }
    match asked::read_words(tool.name, words) {
        Asked::Down(down) => Some(down.how),
        Asked::Units(units) if units.act == Act::Isolate => units.names.into_iter().next(),
        Asked::Units(_) | Asked::Rehearsal | Asked::Nothing | Asked::LeftOut(_) | Asked::Unclear => None,
    }
}

/// Whether it is not known what all goes or stops; whom that serves, or how it is configured, is another matter.
fn is_unseen(impact: &Impact) -> bool {
    impact.gaps.iter().any(|gap| ["stop", "would go", "is there"].iter().any(|part| gap.what.contains(part)))
}

/// What was named and goes or stops, as `GUARD_CONFIRM` has to say it; where nothing was, everything that does, else the
/// command's own word.
fn stopped(tool: &str, words: &[&[u8]], facts: &HostFacts, impact: &Impact) -> Vec<String> {
    let plan = facts.plan.iter().flat_map(Plan::removals);
    let mut stops: Vec<String> = plan.filter(|change| change.named).map(Change::full_name).collect();
    // Of very many only the first are told one by one; the words have them all.
    if stops.is_empty() && impact.subjects.len() as u64 >= impact.subjects_total {
        let subjects = impact.subjects.iter().map(|subject| subject.name.clone());
        stops = subjects.filter(|name| !impact.unnamed.contains(name)).collect();
    }
    if stops.is_empty() {
        let named = named(tool.as_bytes(), words);
        stops = named.things.into_iter().filter_map(|(_, name)| name).collect();
        if stops.is_empty() {
            stops.extend(Some(named.verb).filter(|verb| !verb.is_empty()));
        }
    }
    stops
}

/// Looks at everything again before the command runs: the machine, and what would go. Another terminal may have
/// installed or removed something while the person was reading.
pub fn still_the_same(
    judged: &Judged,
    before: &ResolvedHost,
    call: &Call,
    world: &World,
    prompting: Duration,
) -> Result<()> {
    let now = resolve::host::host(world, call.tool.name.as_bytes(), &call.words())?;
    if !before.is_still(&now) {
        let told = |host: &ResolvedHost| escape(host.told().as_bytes());
        return Err(target_changed(told(before), told(&now), "hostnamectl"));
    }
    let facts = judged.host.as_deref();
    let Some(planned) = facts.filter(|f| !f.by_hook && !prompting.is_zero()).and_then(|f| f.plan.as_ref())
    else {
        return Ok(());
    };
    let how = How { probe: true, interactive: true, progress: false };
    let stage = Stage { call, policy: &judged.policy, world, how };
    match plan(&stage, before, &judged.tool).plan {
        Known::Known(again) if again.same_removals(planned) => Ok(()),
        _ => Err(Fail::new(fail::Kind::Refused, "refused: what would go changed while the question stood")
            .because("packages were installed or removed meanwhile, or the plan could not be made again")
            .help("nothing was run; run the command again")),
    }
}
