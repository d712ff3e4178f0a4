//! The go-ahead for a guarded call: policy allows it, or its question is answered.

use super::given::{Consent, Ending, No, Yes};
use super::hint as classify_hint;
use super::variable::{self, Asked};
use crate::app::show::{self, Facts, Refused, Shown};
use crate::app::{origin, record};
use crate::engine::backup::backed::WITHOUT;
use crate::engine::challenge::Challenge;
use crate::engine::decide::{self, Cause, Decision, Denied, Nobody};
use crate::engine::situation::Actor;
use crate::engine::tool::TargetKind;
use crate::fail::{Fail, Kind, Result};
use crate::family::actor::{Agency, agency};
use crate::family::judge::Evaluation;
use crate::prompt::{self, Answer, Ask, Question, Terminal};
use crate::run::exec::CONFIRM;
use crate::ui::{ColourChoice, Hint};
use crate::world::World;
use std::time::{Duration, Instant};

/// The shortest written reason that is taken for one.
const SHORTEST_REASON: usize = 8;

/// Gets the go-ahead, or ends the call.
///
/// # Errors
/// It is refused.
pub fn ask<'c>(judged: Evaluation<'c>, choice: ColourChoice) -> Result<Consent<Evaluation<'c>>> {
    let asking = Asking { judged: &judged, shown: Shown::new(&judged), world: judged.cx.world, choice };
    let yes = match &judged.outcome.decision {
        Decision::Allow(allowed) => {
            show::allowed(&asking.shown, allowed, asking.world, choice);
            Yes::Allowed
        }
        Decision::Deny(denied) => return Err(asking.denied(denied)),
        Decision::Confirm(asked) => asking.confirm(asked)?,
    };
    drop(asking);
    Ok(Consent::of(judged, yes))
}

/// One question, and who asks it.
struct Asking<'a> {
    judged: &'a Evaluation<'a>,
    shown: Shown<'a>,
    world: &'a World,
    choice: ColourChoice,
}

impl Asking<'_> {
    /// Puts a refusal on record; what is answered with it is for the person.
    fn refuse(&self, no: No, refused: &Refused<'_>) -> Fail {
        record::refused(self.judged, &Ending::refused(no), &refused.because.join("; "));
        show::refusal(&self.shown, refused, self.world, self.choice)
    }

    fn denied(&self, denied: &Denied) -> Fail {
        let judged = self.judged;
        record::refused(self.judged, &Ending::refused(No::NotAsked), &denied.reason);
        // Nothing is known that could be shown; why that is so can be put right.
        if let Some(fail) = judged.unresolved() {
            return fail.because(format!("{} was not run: {}", judged.cx.call.tool, denied.reason));
        }
        let (kind, hint) = match denied.cause {
            Cause::Nobody(Nobody::VariableForbidden) => (Kind::Unanswered, hint(self.world, None)),
            Cause::Nobody(_) => (Kind::Refused, hint(self.world, None)),
            Cause::Rules | Cause::NoTarget => (Kind::Refused, Hint::None),
        };
        let mut because = vec![denied.reason.clone()];
        because.extend(origin::lines(denied, judged.cx.policy, judged.outcome.situation.now));
        let refused = Refused { kind, what: "refused by policy", because, hint, facts: Facts::Unseen };
        show::refusal(&self.shown, &refused, self.world, self.choice)
    }

    fn confirm(&self, asked: &decide::Confirmation) -> Result<Yes> {
        let judged = self.judged;
        if let Some(server) = &judged.impact.refused {
            let why = format!("the server would refuse it: {server}");
            return Err(self.refuse(No::NotAsked, &Refused::because(why)));
        }
        if show::must_know(judged) {
            let why = "policy demands that the live system is asked first, and it could not be";
            return Err(self.refuse(No::NotAsked, &Refused::because(why).kind(Kind::Unprobed)));
        }
        let whom = Asked {
            actor: judged.outcome.situation.actor,
            interactive: judged.outcome.situation.interactive,
        };
        if let Some(value) = variable::given(&whom, &judged.terms, self.world) {
            return self.by_variable(asked, value);
        }
        if judged.outcome.situation.actor == Actor::Agent && !judged.cx.policy.agents_terminal() {
            let why = "policy lets a coding agent answer no question on a terminal";
            let refused = Refused::because(why).hint(hint(self.world, None));
            return Err(self.refuse(No::NoTerminal, &refused));
        }
        if asked.show_diff {
            judged.held.show_difference(judged.cx, &judged.tool)?;
        }
        self.at_terminal(asked)
    }

    /// The variable has a say, and this is what it says.
    fn by_variable(&self, asked: &decide::Confirmation, value: &[u8]) -> Result<Yes> {
        let (judged, world) = (self.judged, self.world);
        if !asked.env_confirm {
            let refused = if judged.outcome.situation.actor == Actor::Agent {
                Refused::because("a coding agent cannot confirm it: only a person can")
            } else {
                Refused::because(format!("policy forbids {CONFIRM}")).kind(Kind::Unanswered)
            };
            return Err(self.refuse(No::NoTerminal, &refused.hint(hint(world, None))));
        }
        if asked.justification {
            let why = "policy demands a written reason, which only a person at a terminal can give";
            return Err(self.refuse(No::NoTerminal, &Refused::because(why).hint(hint(world, None))));
        }
        if judged.outcome.challenge.accepts_variable(value, judged.outcome.assessment.effect) {
            show::confirmed_by_variable(&self.shown, world, self.choice);
            return Ok(Yes::Variable);
        }
        let refused = Refused::because(not_this_target(judged, value)).kind(Kind::Unanswered);
        Err(self.refuse(No::Mismatched, &refused.hint(hint(world, Some(&judged.outcome.challenge)))))
    }

    /// Puts the question to the person.
    fn at_terminal(&self, asked: &decide::Confirmation) -> Result<Yes> {
        let judged = self.judged;
        let mut question = Question::new(&judged.outcome.challenge, asked.level);
        question.attempts = judged.terms.prompt_attempts;
        question.deadline = Duration::from_secs(u64::from(judged.terms.prompt_timeout_s));
        question.also = asked.without_backup.then_some(WITHOUT);
        question.justification = asked.justification.then_some(SHORTEST_REASON);
        let started = Instant::now();
        let mut screen = self.shown.screen_to_ask();
        screen.rows.extend(classify_hint::row(
            judged.outcome.place.environment,
            judged.cx.call.tool.family.kind(),
            self.world,
        ));
        let answer = Terminal::new(self.world, self.choice).ask(&screen, &question);
        let seen = |why: &str| Refused::because(why).facts(Facts::Seen);
        Err(match answer {
            Answer::Matched { justification } => {
                return Ok(Yes::Matched { justification, prompting: started.elapsed() });
            }
            Answer::Mismatched => {
                let challenge = &judged.outcome.challenge;
                let asked_for = format!("asked for was {}, {}", challenge.pattern(), challenge.stands(false));
                let refused = seen("what was typed is not the name of the target");
                self.refuse(No::Mismatched, &refused.hint(Hint::Say(&asked_for)))
            }
            Answer::NotAlso => {
                let refused = seen("that there is no backup as policy demands it was not confirmed");
                self.refuse(No::Declined, &refused.hint(Hint::Say("make one first")))
            }
            Answer::Unexplained => self.refuse(No::Declined, &seen("no reason was given")),
            Answer::Declined => self.refuse(No::Declined, &seen("the answer was no")),
            Answer::TimedOut => self.refuse(No::TimedOut, &seen("nobody answered in time")),
            Answer::NoTerminal(absent) => {
                let variable = asked.env_confirm.then_some(&judged.outcome.challenge);
                let kind = if variable.is_some() { Kind::Unanswered } else { Kind::Refused };
                let refused = Refused::because(absent.because()).kind(kind);
                self.refuse(No::NoTerminal, &refused.hint(hint(self.world, variable)))
            }
            Answer::Interrupted(signal) => {
                let ending = Ending::refused(No::Interrupted);
                record::refused(self.judged, &ending, "interrupted");
                prompt::signals::die_of(signal);
            }
        })
    }
}

/// The one thing to do where nobody could be asked; `variable` says what `GUARD_CONFIRM` would have to name, where it may
/// answer. Whoever might be an agent is sent to the person, and told of no variable.
fn hint<'a>(world: &World, variable: Option<&'a Challenge>) -> Hint<'a> {
    match (agency(world), variable) {
        (Agency::None, None) => Hint::Say("run it at a terminal"),
        // For an agent only where policy allows it.
        (Agency::None | Agency::Certain, Some(challenge)) => Hint::Confirm(challenge),
        _ => Hint::Say("ask the person to run it in a terminal of their own"),
    }
}

/// Why the variable does not answer. Whoever still gives the phrase of guard 0.1, or the phrase alone where policy demands a
/// backup, is told the one that counts now.
fn not_this_target(judged: &Evaluation<'_>, value: &[u8]) -> String {
    let formerly = judged.outcome.challenge.was_formerly(value, &judged.outcome.name);
    if formerly && judged.outcome.situation.actor != Actor::Agent {
        let variable = judged.outcome.challenge.variable();
        let why = match judged.cx.call.tool.family.kind() {
            _ if variable.ends_with(WITHOUT) => "does not say that there is no backup as policy demands",
            // Guards of that time knew no daemons.
            TargetKind::Daemon => "names less than goes, or not all of it",
            TargetKind::Cluster | TargetKind::Account | TargetKind::Machine => {
                "has the phrase that earlier guards took"
            }
        };
        return format!("{CONFIRM} {why}; for this command it is now '{variable}'");
    }
    format!("{CONFIRM} does not name this command's target")
}
