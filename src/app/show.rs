//! What a judged call shows: the screen, the one-line notices, the refusal.

use crate::engine::challenge::Challenge;
use crate::engine::classify::redact;
use crate::engine::decide::{Allowed, Decision};
use crate::engine::effect::Effect;
use crate::engine::fact::Why;
use crate::engine::impact::Impact;
use crate::engine::kube::classify::NAMESPACES_UNBOUND;
use crate::engine::policy::{Ignored, OnFailure};
use crate::engine::situation::Actor;
use crate::engine::verdict::Verdict;
use crate::fail::{Fail, Kind};
use crate::family::judge::Evaluation;
use crate::ui::stderr::{complain, look};
use crate::ui::{self, ColourChoice, CommandLine, Hint, Refusal, Screen, View, render_notice};
use crate::world::World;

/// A judged call, ready to be shown.
pub struct Shown<'a> {
    judged: &'a Evaluation<'a>,
    command: CommandLine,
    notes: Vec<String>,
    copy: Vec<String>,
    home: Option<String>,
    alarm: Option<String>,
    screen: Screen,
}

impl<'a> Shown<'a> {
    /// Puts the screen together.
    pub fn new(judged: &'a Evaluation<'a>) -> Shown<'a> {
        let (call, invocation) = (judged.cx.call, judged.invocation);
        let mut notes = Vec::new();
        if let Err(why) = &judged.target {
            notes.push(format!("the target is not known: {}", why.what));
        }
        if let Some(file) = invocation.preferences.as_ref().filter(|_| !invocation.rewritten.is_empty()) {
            // Preferences may hold a password as well as the words do.
            let words = CommandLine::of(redact(call.tool, judged.cx.words));
            notes.push(format!("{} turns this into: {} {words}", file.display(), call.tool));
        }
        notes.extend(judged.notes.iter().cloned());
        notes.extend(judged.cx.policy.ignored.iter().map(Ignored::note));
        if let Decision::Confirm(asked) = &judged.outcome.decision {
            notes.extend(asked.notes.iter().cloned());
        }
        let mut shown = Shown {
            judged,
            command: CommandLine::of(call.redacted()),
            notes,
            copy: judged.promise.clauses(),
            home: judged.cx.world.home().map(|h| h.to_string_lossy().into_owned()),
            // Where nothing stops, goes or is told, it may go anywhere.
            alarm: is_told(judged).then(|| judged.moving.as_ref()?.sentence()).flatten(),
            screen: Screen::default(),
        };
        shown.screen = ui::view::screen(&shown.view());
        if !tells_phrase(judged) {
            shown.screen.rows.retain(|row| !matches!(row.label.as_str(), "answer" | "phrase"));
        }
        shown
    }

    /// The screen for the person at a terminal, who has to read what to type, whoever called.
    pub fn screen_to_ask(&self) -> Screen {
        ui::view::screen_to_ask(&self.view())
    }

    /// The screen.
    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    /// What the screen is made from.
    pub fn view(&self) -> View<'_> {
        let Evaluation { outcome, impact, terms, sight, safer, .. } = self.judged;
        View {
            alarm: self.alarm.as_deref(),
            environment: outcome.place.environment,
            environment_why: &outcome.place.because,
            name: &outcome.name,
            sight,
            assessment: &outcome.assessment,
            impact,
            challenge: self.challenge(),
            level: outcome.level(),
            attempts: terms.prompt_attempts,
            command: &self.command,
            copy: &self.copy,
            safer: safer.as_deref(),
            notes: &self.notes,
            home: self.home.as_deref(),
        }
    }

    /// What would have to be typed.
    pub fn challenge(&self) -> Option<&Challenge> {
        Some(&self.judged.outcome.challenge)
    }
}

/// Whether a person reads anything about where it goes.
fn is_told(judged: &Evaluation<'_>) -> bool {
    let quiet = matches!(&judged.outcome.decision, Decision::Allow(allowed) if !allowed.notice);
    !quiet || judged.outcome.assessment.effect >= Effect::Unknown
}

/// Whether the caller is told what would have to be typed: where nothing is asked there is nothing to tell, and a coding
/// agent is not told unless policy lets it answer.
pub fn tells_phrase(judged: &Evaluation<'_>) -> bool {
    if !matches!(judged.outcome.decision, Decision::Confirm(_)) || judged.impact.refused.is_some() {
        return false;
    }
    judged.outcome.situation.actor != Actor::Agent
        || (judged.terms.env_confirm && judged.cx.policy.agents_confirm())
}

/// Notices and warnings of an allowed command.
pub fn allowed(shown: &Shown<'_>, allowed: &Allowed, world: &World, choice: ColourChoice) {
    let look = look(world, choice);
    if let Some(alarm) = &shown.alarm {
        complain(&format!("guard: ! {}\n", crate::engine::escape::escape(alarm.as_bytes())));
    }
    if allowed.notice {
        complain(&format!("{}\n", render_notice(&shown.view(), look)));
    }
    if let Some(text) = shown.judged.verdict.because.iter().find(|b| **b == NAMESPACES_UNBOUND) {
        complain(&format!("{}\n", ui::notice::render_warning(text, look)));
    }
    if let Some(text) = passed_untried(&shown.judged.verdict, &shown.judged.impact) {
        complain(&format!("{}\n", ui::notice::render_warning(&text, look)));
    }
    for ignored in &shown.judged.cx.policy.ignored {
        complain(&format!("{}\n", ui::notice::render_warning(&ignored.note(), look)));
    }
    for warning in &allowed.warnings {
        complain(&format!("{}\n", ui::notice::render_warning(warning, look)));
    }
}

/// What to say of a change that passes although there was no time to see what its content takes away. Other reasons are
/// left to the tool: it meets them itself and says so.
fn passed_untried(verdict: &Verdict, impact: &Impact) -> Option<String> {
    let late = impact.gaps.iter().find(|gap| gap.why == Why::TimedOut).filter(|_| verdict.content)?;
    Some(format!("not checked in time: {}", late.what))
}

/// One line for the log of a pipeline: the question was answered by the variable.
pub fn confirmed_by_variable(shown: &Shown<'_>, world: &World, choice: ColourChoice) {
    let look = look(world, choice);
    complain(&format!("{}\n", shown.screen.facts(look).trim_end()));
    complain("guard: confirmed by GUARD_CONFIRM\n");
}

/// Whether policy demands answers from the live system that could not be had.
pub fn must_know(judged: &Evaluation<'_>) -> bool {
    judged.terms.probe_on_failure == OnFailure::Refuse
        && judged
            .impact
            .gaps
            .iter()
            .any(|g| matches!(g.why, Why::TimedOut | Why::Unreachable(_) | Why::Failed(_)))
}

/// Why a command does not run.
pub struct Refused<'a> {
    /// What kind of refusal it is.
    pub kind: Kind,
    /// What happened.
    pub what: &'static str,
    /// The reasons.
    pub because: Vec<String>,
    /// The one thing to do.
    pub hint: Hint<'a>,
    /// Whether the facts have to be shown with it.
    pub facts: Facts,
}

/// Whether the person has just seen the facts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Facts {
    /// They stand on the terminal.
    Seen,
    /// They go with the refusal.
    Unseen,
}

impl<'a> Refused<'a> {
    /// A plain refusal for one reason, with the facts and nothing to do about it.
    pub fn because(why: impl Into<String>) -> Refused<'a> {
        Refused {
            kind: Kind::Refused,
            what: "refused",
            because: vec![why.into()],
            hint: Hint::None,
            facts: Facts::Unseen,
        }
    }

    /// Of another kind.
    pub fn kind(self, kind: Kind) -> Refused<'a> {
        Refused { kind, ..self }
    }

    /// With something to do about it.
    pub fn hint(self, hint: Hint<'a>) -> Refused<'a> {
        Refused { hint, ..self }
    }

    /// With the facts, or without.
    pub fn facts(self, facts: Facts) -> Refused<'a> {
        Refused { facts, ..self }
    }
}

/// A refusal, ready to be printed.
pub fn refusal(shown: &Shown<'_>, refused: &Refused<'_>, world: &World, choice: ColourChoice) -> Fail {
    let mut screen = shown.screen().clone();
    if shown.judged.promise.intent().is_some() {
        // What is refused takes no copy, and no id leads to one.
        screen.rows.retain(|row| row.label != "copy");
    }
    let Refused { kind, what, because, hint, facts } = refused;
    let screen = (*facts == Facts::Unseen).then_some(&screen);
    let refusal = Refusal { screen, what, because, hint: *hint };
    ui::notice::refuse(&refusal, *kind, look(world, choice))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_that_passes_untried_is_told() {
        let mut impact = Impact::default();
        let content = Verdict { content: true, ..Verdict::default() };
        assert_eq!(passed_untried(&content, &impact), None);
        impact.gap("the volumes", Why::Forbidden);
        assert_eq!(passed_untried(&content, &impact), None);
        impact.gap("what the change takes away", Why::TimedOut);
        let said = passed_untried(&content, &impact);
        assert_eq!(said.as_deref(), Some("not checked in time: what the change takes away"));
        assert_eq!(passed_untried(&Verdict::default(), &impact), None);
    }

    #[test]
    fn no_secret_is_shown() {
        let words: Vec<&[u8]> = vec![b"delete", b"ns", b"a", b"--token=abc"];
        assert_eq!(redact(&crate::engine::tool::KUBECTL, &words).concat(), b"deletensa--token=[redacted]");
    }
}
