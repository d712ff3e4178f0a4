//! From an assessed command and a policy to a decision. Total: a decision for every input. Monotone: nothing becomes
//! easier by becoming worse, and no layer weakens the system's floor.

use super::backup::backed::{Backed, Unmet};
use super::effect::Effect;
use super::policy::builtin::{self, Basis};
use super::policy::rule::Rule;
use super::policy::{Layer, Merged, Mode, Policy, UnknownAs};
use super::situation::{Actor, Level, Outcome, Situation, Whole};
use super::tool::{self, TargetKind};

/// What happens to the command. Only `Allow`, or `Confirm` with a matched answer, ever reaches the exec.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Decision {
    /// It runs.
    Allow(Allowed),
    /// It runs after the right answer.
    Confirm(Confirmation),
    /// It does not run.
    Deny(Denied),
}

/// Terms of an allowed command.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Allowed {
    /// Print one line that says where this goes.
    pub notice: bool,
    /// Warnings to print first (policy outcome `warn`, or mode `warn` standing down a stronger outcome).
    pub warnings: Vec<String>,
    /// Which rules made it so (ids; built-in ones start with `builtin/`).
    pub rules: Vec<String>,
    /// What modes `warn` and `audit` kept from happening, for the audit record: `confirm typed by builtin/…`.
    pub stood_down: Vec<String>,
}

/// Terms of a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Confirmation {
    /// How it is asked.
    pub level: Level,
    /// A written justification is demanded and recorded.
    pub justification: bool,
    /// `kubectl diff` (or the tool's like) is shown first.
    pub show_diff: bool,
    /// That there is no backup as policy demands it has to be typed, too.
    pub without_backup: bool,
    /// `GUARD_CONFIRM` may answer when there is no terminal.
    pub env_confirm: bool,
    /// What the rules say to the person: reasons of the rules that ask, and warnings.
    pub notes: Vec<String>,
    /// Which rules made it so.
    pub rules: Vec<String>,
    /// What modes `warn` and `audit` kept from happening.
    pub stood_down: Vec<String>,
}

/// Why a command is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denied {
    /// The policy's own reason, or guard's.
    pub reason: String,
    /// What kind of refusal it is: nobody has to read that from the rules' names.
    pub cause: Cause,
    /// Which rules made it so.
    pub rules: Vec<String>,
    /// What modes `warn` and `audit` kept from happening.
    pub stood_down: Vec<String>,
}

/// What kind of refusal it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Rules refuse it.
    Rules,
    /// The target could not be resolved, and nothing else speaks against it: why not is the thing to put right.
    NoTarget,
    /// It would be asked about, and there is nobody to ask.
    Nobody(Nobody),
}

/// Why nobody can answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nobody {
    /// A coding agent is at the terminal, and policy lets it answer nothing.
    AgentMayNot,
    /// A coding agent without a terminal.
    OnlyAPerson,
    /// No terminal, and policy forbids the variable.
    VariableForbidden,
    /// No terminal, and no target whose name could be given.
    NoName,
}

impl Nobody {
    /// For the refusal.
    pub const fn reason(self) -> &'static str {
        match self {
            Nobody::AgentMayNot => "policy lets a coding agent answer no question",
            Nobody::OnlyAPerson => "a coding agent cannot confirm it: only a person can",
            Nobody::VariableForbidden => {
                "there is no terminal to confirm it at, and policy forbids GUARD_CONFIRM"
            }
            Nobody::NoName => {
                "there is no terminal to confirm it at, and no target whose name could be given"
            }
        }
    }
}

impl Decision {
    /// How strong it is: what the person has to overcome. Notices and warnings do not count.
    pub fn strength(&self) -> Outcome {
        match self {
            Decision::Allow(_) => Outcome::Allow,
            Decision::Confirm(asked) => Outcome::Confirm(asked.level),
            Decision::Deny(_) => Outcome::Deny,
        }
    }

    /// The rules that made it.
    pub fn rules(&self) -> &[String] {
        match self {
            Decision::Allow(a) => &a.rules,
            Decision::Confirm(a) => &a.rules,
            Decision::Deny(d) => &d.rules,
        }
    }

    /// What modes `warn` and `audit` kept from happening.
    pub fn stood_down(&self) -> &[String] {
        match self {
            Decision::Allow(a) => &a.stood_down,
            Decision::Confirm(a) => &a.stood_down,
            Decision::Deny(d) => &d.stood_down,
        }
    }
}

/// The rule named when nobody can be asked and nothing may answer instead.
pub const NO_TERMINAL: &str = "builtin/no-terminal";

/// One voice for an outcome.
struct Vote<'a> {
    then: Outcome,
    rule: &'a str,
    /// Which of guard's own rules it is; `None` for a policy's.
    basis: Option<Basis>,
    mode: Mode,
    /// What the rule's author, or guard, says about it.
    says: String,
    justification: bool,
    show_diff: bool,
    without_backup: bool,
}

impl<'a> Vote<'a> {
    fn of(then: Outcome, rule: &'a str, mode: Mode) -> Vote<'a> {
        Vote {
            then,
            rule,
            basis: None,
            mode,
            says: String::new(),
            justification: false,
            show_diff: false,
            without_backup: false,
        }
    }
}

/// Decides. Reads always pass; for the rest the strongest voice counts: the built-in table (which the user's file may
/// relax), the user's rules, the project's, the system's.
pub fn decide(s: &Situation, m: &Merged) -> Decision {
    if s.effect == Effect::Read {
        return Decision::Allow(Allowed::default());
    }
    let mut votes: Vec<Vote<'_>> = Vec::new();
    votes.extend(builtin_vote(s, m));
    votes.extend(m.system.iter().chain(&m.project).filter_map(|layer| unknown_vote(s, layer)));
    for layer in
        [m.user.as_ref()].into_iter().chain(m.project.iter().map(Some)).chain([m.system.as_ref()]).flatten()
    {
        // Relaxing rules speak through the built-in vote, and there only those of the user's file.
        let raising = layer.rules.iter().filter(|r| !r.relax && r.matches(s));
        votes.extend(raising.clone().map(|r| vote(r, layer, s)));
        votes.extend(raising.filter_map(|r| demand(r, layer, s)));
    }
    weigh(s, m, &votes)
}

/// What the built-in table says after the user's relaxations.
fn builtin_vote<'a>(s: &Situation, m: &'a Merged) -> Option<Vote<'a>> {
    let (mut then, basis) = builtin_outcome(s, m.unknown());
    let mut basis = Some(basis?);
    let mut rule = basis.map_or("", Basis::id);
    let mut says = builtin_reason(s, basis);
    // A target that could not be resolved cannot be relaxed: relaxing rules say where they hold, or hold nowhere here.
    let relaxable = basis != Some(Basis::NoTarget) && !m.builtin_is_floor();
    let user = m.user.iter().filter(|p| p.layer == Layer::User).flat_map(|p| &p.rules);
    for r in user.filter(|r| relaxable && r.relax && r.matches(s)) {
        if r.then < then {
            then = r.then;
            (basis, rule) = (None, &r.id);
            says = r.reason.clone().unwrap_or_default();
        }
    }
    Some(Vote { says, basis, ..Vote::of(then, rule, m.builtin_mode()) })
}

/// What the system or a project says about unknown effects is theirs: no relaxing rule touches it.
fn unknown_vote<'a>(s: &Situation, layer: &Policy) -> Option<Vote<'a>> {
    if s.effect != Effect::Unknown {
        return None;
    }
    let (then, basis) = builtin_outcome(s, layer.unknown?);
    let (rule, mode) = (basis?.id(), layer.mode.unwrap_or_default());
    let says = builtin_reason(s, basis);
    Some(Vote { says, basis, ..Vote::of(then, rule, mode) })
}

fn builtin_outcome(s: &Situation, unknown: UnknownAs) -> (Outcome, Option<Basis>) {
    let stops_others = matches!(tool::kind_of(&s.tool), Some(TargetKind::Machine | TargetKind::Daemon));
    let heavy = stops_others && !s.light;
    builtin::outcome(s.environment, s.effect, s.whole_scope > Whole::No, s.target_known, unknown, heavy)
}

fn builtin_reason(s: &Situation, basis: Option<Basis>) -> String {
    match basis {
        Some(Basis::NoTarget) => {
            format!(
                "the target of this command could not be resolved, and it would {} something there",
                s.effect
            )
        }
        Some(Basis::Unknown) => "what this command does cannot be told from its words".to_owned(),
        Some(Basis::Row(_)) | None => String::new(),
    }
}

fn vote<'a>(rule: &'a Rule, layer: &Policy, s: &Situation) -> Vote<'a> {
    let mut says = match &rule.reason {
        Some(reason) => reason.clone(),
        None if rule.freeze => "the target is frozen: nothing but reads".to_owned(),
        None if rule.then == Outcome::Deny => format!("the {} policy forbids it", layer.layer.word()),
        None if rule.then == Outcome::Warn => format!("the {} policy warns about this", layer.layer.word()),
        None => String::new(),
    };
    if !says.is_empty() && rule.matches_for_want_of_facts(s) {
        says.push_str(" (counts because not everything it looks at is known)");
    }
    Vote {
        says,
        justification: rule.justification,
        show_diff: rule.show_diff,
        ..Vote::of(rule.then, &rule.id, layer.mode.unwrap_or_default())
    }
}

/// What a rule demands of the copies, where that is not met.
fn demand<'a>(rule: &'a Rule, layer: &Policy, s: &Situation) -> Option<Vote<'a>> {
    let demand = rule.backup.as_ref().filter(|demand| !demand.is_met(&s.backed))?;
    let then = match demand.unmet {
        Unmet::Ask => Outcome::Confirm(Level::Typed),
        Unmet::Deny => Outcome::Deny,
    };
    let known =
        if s.backed == Backed::Unknown { "what there is could not be told" } else { "there is no such one" };
    let says = format!("{} is demanded, and {known}", demand.words());
    let vote = Vote::of(then, &rule.id, layer.mode.unwrap_or_default());
    Some(Vote { says, without_backup: demand.unmet == Unmet::Ask, ..vote })
}

/// The strongest enforced voice decides; what the modes stand down is kept for the record.
fn weigh(s: &Situation, m: &Merged, votes: &[Vote<'_>]) -> Decision {
    let mut stood_down = Vec::new();
    let mut warnings = Vec::new();
    let mut notice = false;
    let mut strongest = Outcome::Allow;
    for v in votes {
        match (v.then, v.mode) {
            (Outcome::Allow, _) => {}
            (Outcome::Notice, Mode::Audit) => {}
            (Outcome::Notice, _) => notice = true,
            (Outcome::Warn, Mode::Audit) => stood_down.push(format!("warn by {}", v.rule)),
            (Outcome::Warn, _) => warnings.push(v.says.clone()),
            (then, Mode::Enforce) => strongest = strongest.max(then),
            (then, mode) => {
                let would = format!("{} by {}", then.words(), v.rule);
                if mode == Mode::Warn {
                    let why = if v.says.is_empty() { String::new() } else { format!(": {}", v.says) };
                    warnings.push(format!("would {}{why} (mode warn)", would_do(then, v.rule)));
                }
                stood_down.push(would);
            }
        }
    }
    let enforced = |v: &&Vote<'_>| v.mode == Mode::Enforce;
    let deciding = || votes.iter().filter(enforced).filter(|v| v.then == strongest);
    let ids = |of: &mut dyn Iterator<Item = &Vote<'_>>| {
        let mut ids: Vec<String> = of.map(|v| v.rule.to_owned()).collect();
        ids.dedup();
        ids
    };
    match strongest {
        Outcome::Deny => {
            let mut reasons: Vec<&str> = deciding().map(|v| v.says.as_str()).collect();
            reasons.dedup();
            let alone = deciding().all(|v| v.basis == Some(Basis::NoTarget));
            let cause = if alone { Cause::NoTarget } else { Cause::Rules };
            Decision::Deny(Denied {
                reason: reasons.join("; "),
                cause,
                rules: ids(&mut deciding()),
                stood_down,
            })
        }
        Outcome::Confirm(level) => {
            let asking = || votes.iter().filter(enforced).filter(|v| matches!(v.then, Outcome::Confirm(_)));
            let mut rules = ids(&mut deciding());
            rules.extend(
                asking()
                    .filter(|v| v.then != strongest && (v.justification || v.show_diff))
                    .map(|v| v.rule.to_owned()),
            );
            let agent = s.actor == Actor::Agent;
            let env_confirm = m.terms().env_confirm && (!agent || m.agents_confirm());
            let asked_here = s.interactive && (!agent || m.agents_terminal());
            // Without a terminal only the target's own name can answer, and that has to be allowed and known.
            let nobody = match (agent, env_confirm, s.target_known) {
                (true, false, _) if s.interactive => Some(Nobody::AgentMayNot),
                (true, false, _) => Some(Nobody::OnlyAPerson),
                (false, false, _) => Some(Nobody::VariableForbidden),
                (_, true, false) => Some(Nobody::NoName),
                (_, true, true) => None,
            };
            if let Some(nobody) = nobody.filter(|_| !asked_here) {
                rules.push(NO_TERMINAL.to_owned());
                let (reason, cause) = (nobody.reason().to_owned(), Cause::Nobody(nobody));
                return Decision::Deny(Denied { reason, cause, rules, stood_down });
            }
            let mut notes: Vec<String> = asking().map(|v| v.says.clone()).filter(|t| !t.is_empty()).collect();
            notes.extend(warnings);
            notes.dedup();
            Decision::Confirm(Confirmation {
                level,
                justification: asking().any(|v| v.justification),
                show_diff: asking().any(|v| v.show_diff),
                without_backup: asking().any(|v| v.without_backup),
                env_confirm,
                notes,
                rules,
                stood_down,
            })
        }
        Outcome::Allow | Outcome::Notice | Outcome::Warn => {
            let spoke = votes.iter().filter(|v| v.then <= Outcome::Warn);
            let rules = ids(&mut spoke.into_iter());
            Decision::Allow(Allowed { notice, warnings, rules, stood_down })
        }
    }
}

fn would_do(then: Outcome, rule: &str) -> String {
    match then {
        Outcome::Deny => format!("be refused by {rule}"),
        Outcome::Confirm(Level::Typed) => format!("ask to type the target, by {rule}"),
        _ => format!("ask, by {rule}"),
    }
}

#[cfg(test)]
mod table_tests;
